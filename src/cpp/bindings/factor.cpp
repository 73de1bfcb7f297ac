#include <pybind11/complex.h>
#include <pybind11/stl.h>

#include "arrays.hpp"
#include "bindings.hpp"

namespace flatnet::python {
namespace {

// values of shape (a or 1, b, c, d or 1)
Factor make_blocks(const std::string& kind, const py::array& values, index_t a, index_t d) {
  require(values.ndim() == 4, "a pattern's values need 4 axes (a, b, c, d), got ", values.ndim());
  const index_t sa = values.shape(0), b = values.shape(1), c = values.shape(2), sd = values.shape(3);
  require((sa == a || sa == 1) && (sd == d || sd == 1), "values of shape (", sa, ", ", b, ", ", c, ", ", sd,
          ") do not fit a=", a, ", d=", d);
  const Factor f = kronecker_sparse(buffer(values), a, b, c, d, sa == 1 && a != 1, sd == 1 && d != 1);
  Blocks g = *f.get<Blocks>();
  // One block is shared trivially: its d rows are one long row for the kernels.
  if (d == 1) g.vd = 0;
  if (a == 1) g.va = 0;
  return Factor(kind, std::move(g));
}

py::object pattern(const Factor& f) {
  const auto* b = f.get<Blocks>();
  if (!b) return py::none();
  return py::make_tuple(b->a, b->b, b->c, b->d);
}

py::object values(const Factor& f) {
  if (const auto* m = f.get<Csr>()) return as_numpy(m->values.get());
  const auto* b = f.get<Blocks>();
  if (!b) return py::none();
  const index_t a = b->shared_a() ? std::min<index_t>(b->a, 1) : b->a, d = b->shared_d() ? std::min<index_t>(b->d, 1) : b->d;
  return as_numpy(b->values.get(), {a, b->b, b->c, d}, {b->va, b->vb, b->vc, b->vd});
}

py::object output_permutation(const Factor& f) {
  const auto* b = f.get<Blocks>();
  if (!b || !b->output) return py::none();
  auto p = std::make_shared<std::vector<index_t>>(b->output->size());  // y = z[p]: the inverse of where rows go
  for (std::size_t r = 0; r < p->size(); ++r) (*p)[static_cast<std::size_t>((*b->output)[r])] = static_cast<index_t>(r);
  return as_numpy(Index(p));
}

py::tuple csr(const Factor& f) {
  const Csr m = released([&] { return to_csr(f); });
  return py::make_tuple(as_numpy(m.begin), as_numpy(m.indices), as_numpy(m.values.get()));
}

// Dense values, row-major.
py::array dense_values(const Factor& f) {
  const Csr m = released([&] { return to_csr(f); });
  const Buffer own = m.values.get();
  py::array out(numpy_dtype(own.dtype), std::vector<index_t>{m.rows, m.cols});
  void* data = out.mutable_data();
  released([&] {
    std::memset(data, 0, static_cast<std::size_t>(m.rows * m.cols * size_of(own.dtype)));
    with_type(own.dtype, [&](auto t) {
      using T = decltype(t);
      for (index_t r = 0; r < m.rows; ++r)
        for (index_t e = (*m.begin)[r]; e < (*m.begin)[r + 1]; ++e) {
          const index_t c = m.indices.dtype == Dtype::i32 ? m.indices.as<std::int32_t>()[e] : m.indices.as<std::int64_t>()[e];
          static_cast<T*>(data)[r * m.cols + c] = own.as<T>()[e];
        }
    });
  });
  return out;
}

Factor make_sparse(const IndexArray& begin, const IndexArray& indices, const py::array& values, index_t rows, index_t cols) {
  return sparse(rows, cols, index(begin), std::vector<index_t>(indices.data(), indices.data() + indices.size()),
                buffer(values));
}

// A method without arguments, taken by reference: pybind11 hands None to a member pointer as null, to a reference never.
template <auto Method> auto of() {
  return [](const Factor& f) { return (f.*Method)(); };
}

}  // namespace

void bind_factor(py::module_& m) {
  py::class_<Factor>(m, "Factor", "A matrix with structure; see flatnet.factors.")
      .def_static("blocks", &make_blocks, py::arg("kind"), py::arg("values"), py::arg("a"), py::arg("d"))
      .def_static("sparse", &make_sparse, py::arg("begin"), py::arg("indices"), py::arg("values"), py::arg("rows"),
                  py::arg("cols"))
      .def_static(
          "permutation", [](const IndexArray& p) { return permutation(index(p)); }, py::arg("index"))
      .def_static("fourier_stage", &fourier_stage, py::arg("n"), py::arg("stage"), py::arg("inverse"))
      .def_property_readonly("kind", of<&Factor::kind>())
      .def_property_readonly("rows", of<&Factor::rows>())
      .def_property_readonly("cols", of<&Factor::cols>())
      .def_property_readonly("dtype", [](const Factor& f) { return numpy_dtype(f.dtype()); })
      .def_property_readonly("nbytes", of<&Factor::bytes>())
      .def_property_readonly("pattern", &pattern)
      .def_property_readonly("values", &values)
      .def_property_readonly("index",
                             [](const Factor& f) { return as_numpy(f.get<Gather>() ? f.get<Gather>()->index : nullptr); })
      .def_property_readonly("input_permutation",
                             [](const Factor& f) { return as_numpy(f.get<Blocks>() ? f.get<Blocks>()->input : nullptr); })
      .def_property_readonly("output_permutation", &output_permutation)
      .def("synapses", of<&Factor::synapses>(), py::call_guard<py::gil_scoped_release>())
      .def("max_abs", of<&Factor::max_abs>())
      .def("max_row_sum", of<&Factor::max_row_sum>())
      .def("transpose", of<&Factor::transpose>())
      .def("conj", of<&Factor::conj>())
      .def("scaled", &Factor::scaled, py::arg("scale"))
      .def("scaled_int", &Factor::scaled_int, py::arg("scale"))
      .def(
          "permuted",
          [](const Factor& f, const std::optional<IndexArray>& i, const std::optional<IndexArray>& o) {
            return f.permuted(index(i), index(o));
          },
          py::arg("input"), py::arg("output"))
      .def(
          "astype", [](const Factor& f, const py::dtype& d) { return f.astype(dtype_from(d)); }, py::arg("dtype"))
      .def("csr", &csr, "(row pointers, columns, values), exact zeros dropped.")
      .def("dense", &dense_values, "All entries, row-major.");
}

}  // namespace flatnet::python
