// Walsh-Hadamard transforms of arrays: a way without detours for plain arrays, one for any layout, and the cores.
#include "flatnet/engine/fwht.hpp"

#include <pybind11/stl.h>

#include "arrays.hpp"
#include "bindings.hpp"
#include "flatnet/core/isa.hpp"
#include "flatnet/core/parallel.hpp"

namespace flatnet::python {
namespace {

using engine::FwhtOrder;
using engine::Lines;

/// The dtype of a native floating-point array; nothing for all others.
std::optional<Dtype> float_dtype(const py::array& x) {
  const auto d = x.dtype();
  const char order = d.byteorder();
  if (order != '=' && order != '|') return {};
  switch (d.num()) {
    case py::detail::npy_api::NPY_FLOAT_: return Dtype::f32;
    case py::detail::npy_api::NPY_DOUBLE_: return Dtype::f64;
    case py::detail::npy_api::NPY_CFLOAT_: return Dtype::c64;
    case py::detail::npy_api::NPY_CDOUBLE_: return Dtype::c128;
    default: return {};
  }
}

/// An array proper (no subclass), C-contiguous.
bool is_plain(const py::handle& x) {
  return Py_TYPE(x.ptr()) == py::detail::npy_api::get().PyArray_Type_ &&
         (py::reinterpret_borrow<py::array>(x).flags() & py::array::c_style);
}

/// y takes the transform of x: of its shape and dtype, writeable, x itself or apart from it.
bool fits(const py::array& x, const py::array& y) {
  if (!y.writeable() || y.ndim() != x.ndim() || !std::equal(x.shape(), x.shape() + x.ndim(), y.shape())) return false;
  if (float_dtype(y) != float_dtype(x)) return false;
  const auto* from = static_cast<const std::byte*>(x.data());
  const auto* to = static_cast<const std::byte*>(y.data());
  return from == to || from + x.nbytes() <= to || to + x.nbytes() <= from;
}

// The unscaled natural transform of the last axis of a C-contiguous floating-point array, a power of two long; None for all else.
py::object fwht_plain(const py::object& x, const py::object& out) {
  constexpr index_t held_bytes = index_t{1} << 15;     // below, releasing the interpreter costs more than it gives
  constexpr index_t checked_bytes = index_t{1} << 28;  // above, memory is asked for with words
  if (!is_plain(x) || !(out.is_none() || is_plain(out))) return py::none();
  const auto a = py::reinterpret_borrow<py::array>(x);
  const auto dims = a.ndim();
  const index_t n = dims ? a.shape(dims - 1) : 0;
  const auto dtype = float_dtype(a);
  if (n < 1 || (n & (n - 1)) || !dtype || a.size() == 0) return py::none();
  if (out.is_none() && a.nbytes() > checked_bytes) return py::none();
  if (!out.is_none() && !fits(a, py::reinterpret_borrow<py::array>(out))) return py::none();
  py::array y = out.is_none() ? py::array(a.dtype(), std::vector<py::ssize_t>(a.shape(), a.shape() + dims))
                              : py::reinterpret_borrow<py::array>(out);
  const Lines lines = Lines::rows(a.size() / n, n, n);
  void* to = y.mutable_data();
  const auto run = [&] { engine::fwht(*dtype, lines, a.data(), to, 1, FwhtOrder::natural, 1.0, 0); };
  if (a.nbytes() <= held_bytes) {
    run();
  } else {
    released(run);
  }
  return std::move(y);
}

void fwht(const py::array& x, py::array out, int axis, index_t base, int order, double scale, int threads,
          const std::string& isa) {
  const ConstArrayView from = view(x);
  const ArrayView to = mutable_view(out);
  require(from.scalar == scalar_of(to.dtype) && !from.swapped, "fwht reads what it writes, native ", name(to.dtype));
  released([&] {
    const index_t size = size_of(to.dtype);
    const Lines lines(from.sizes, from.strides, size, to.sizes, to.strides, size, axis);
    engine::fwht(to.dtype, lines, from.data, to.data, base, static_cast<FwhtOrder>(order), scale, threads,
                 isa.empty() ? nullptr : &kernels_of(isa));
  });
}

py::object hadamard_core(index_t order) {
  const auto core = engine::hadamard_core(order);
  if (core.empty()) return py::none();
  py::array_t<std::int8_t> matrix({order, order});
  std::copy(core.begin(), core.end(), matrix.mutable_data());
  return std::move(matrix);
}

}  // namespace

void bind_fwht(py::module_& m) {
  m.def(
      "fwht_plain", &fwht_plain, py::arg("x"), py::arg("out"),
      "The unscaled transform of the last axis of a C-contiguous native floating-point array; None for all other calls, which "
      "leave out as it was.");
  m.def("fwht", &fwht, py::arg("x"), py::arg("out"), py::arg("axis"), py::arg("base"), py::arg("order"), py::arg("scale"),
        py::arg("threads"), py::arg("isa") = "", "Writes scale * H x along `axis` to `out`; both of one native dtype.");
  m.def("hadamard_core", &hadamard_core, py::arg("order"), "A +-1 matrix H with H H^T = order I, int8, or None.");
  m.def("hadamard_base", &engine::hadamard_base, py::arg("n"), "The smallest base with n = base 2^k, 0 where none is known.");
}

}  // namespace flatnet::python
