#include <pybind11/stl.h>

#include "arrays.hpp"
#include "bindings.hpp"
#include "flatnet/core/check.hpp"
#include "flatnet/core/isa.hpp"
#include "flatnet/engine/convolve.hpp"
#include "flatnet/engine/cosine.hpp"
#include "output.hpp"

namespace flatnet::python {
namespace {

using engine::Lines;

const kernels::Table* table_of(const std::string& isa) { return isa.empty() ? nullptr : &kernels_of(isa); }

/// Both arrays native and of one dtype: the callers in flatnet have seen to it.
void require_same(const char* what, const ConstArrayView& x, const ArrayView& y) {
  require(x.scalar == scalar_of(y.dtype) && !x.swapped, what, " needs native arrays of one dtype");
}
Lines lines_of(const ConstArrayView& x, const ArrayView& y, int axis) {
  const index_t element = size_of(y.dtype);
  return Lines(x.sizes, x.strides, element, y.sizes, y.strides, element, axis);
}

void cosine(const py::array& x, py::array out, int axis, int type, bool sine, double scale, bool orthogonal, int threads,
            const std::string& isa) {
  const auto in = view(x);
  const auto y = mutable_view(out);
  require_same("cosine", in, y);
  const Lines lines = lines_of(in, y, axis);
  const auto* table = table_of(isa);
  released([&] { engine::cosine(y.dtype, lines, in.data, y.data, type, sine, scale, orthogonal, threads, table); });
}

void convolve(const py::array& a, const py::array& v, py::array out, int axis, index_t first, int threads,
              const std::string& isa) {
  const auto data = view(a), kernel = view(v);
  const auto y = mutable_view(out);
  require_same("convolve", data, y);
  require_same("convolve", kernel, y);
  const Lines a_lines = lines_of(data, y, axis), v_lines = lines_of(kernel, y, axis);
  const auto* table = table_of(isa);
  released([&] { engine::convolve(y.dtype, a_lines, v_lines, data.data, kernel.data, y.data, first, threads, table); });
}

engine::Circulant make_circulant(const py::array& kernel, const std::string& isa) {
  const py::array c = py::array::ensure(kernel, py::array::c_style);
  return engine::Circulant(dtype_from(c.dtype()), c.size(), c.data(), table_of(isa));
}

void apply(const engine::Circulant& plan, const py::array& x, py::array out, int axis, int threads) {
  const auto in = view(x);
  const auto y = mutable_view(out);
  require_same("the circulant", in, y);
  require(component(y.dtype) == component(plan.dtype()), "the circulant is of ", name(plan.dtype()), ", x of ", name(y.dtype));
  const Lines lines = lines_of(in, y, axis);
  released([&] { plan.apply(is_complex(y.dtype), lines, in.data, y.data, threads); });
}

}  // namespace

void bind_signal(py::module_& m) {
  m.def("cosine", &cosine, py::arg("x"), py::arg("out"), py::arg("axis"), py::arg("type"), py::arg("sine"), py::arg("scale"),
        py::arg("orthogonal"), py::arg("threads"), py::arg("isa") = "",
        "Cosine or sine transform of type 1 to 4 along one axis, times scale; out may be x.");
  m.def("output", &output, py::arg("dtype"), py::arg("shape"), "An uninitialised array in C order for a large result.");
  m.def("convolve", &convolve, py::arg("a"), py::arg("v"), py::arg("out"), py::arg("axis"), py::arg("first"),
        py::arg("threads"), py::arg("isa") = "",
        "Elements first, first + 1, ... of the full convolution along one axis; the batch of a and v is that of out.");
  py::class_<engine::Circulant>(m, "Circulant", "Circular convolution with a kept spectrum; see flatnet.fft.circulant.")
      .def(py::init(&make_circulant), py::arg("kernel"), py::arg("isa") = "")
      .def("apply", &apply, py::arg("x"), py::arg("out"), py::arg("axis"), py::arg("threads"),
           "Writes the circular convolution of x along `axis` to out; out may be x.")
      .def_property_readonly("n", &engine::Circulant::n)
      .def_property_readonly("nbytes", &engine::Circulant::nbytes)
      .def_property_readonly("dtype", [](const engine::Circulant& c) { return numpy_dtype(c.dtype()); });
}

}  // namespace flatnet::python
