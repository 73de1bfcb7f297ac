// Walsh-Hadamard transforms of arrays: a way without detours for plain arrays, one for any layout, and the cores.
#include "flatnet/engine/fwht.hpp"

#include <pybind11/stl.h>

#include "bindings.hpp"
#include "flatnet/core/isa.hpp"
#include "flatnet/core/parallel.hpp"
#include "plain_arrays.hpp"

namespace flatnet::python {
namespace {

using engine::FwhtOrder;
using engine::Lines;

/// y takes the transform of x: of its shape and dtype, writeable, x itself or apart from it.
bool fits(const Proxy* x, const Proxy* y, index_t bytes) {
  if (!y || !(y->flags & writeable) || y->nd != x->nd || y->descr != x->descr) return false;
  if (!std::equal(x->dimensions, x->dimensions + x->nd, y->dimensions)) return false;
  return x->data == y->data || x->data + bytes <= y->data || y->data + bytes <= x->data;
}

// The unscaled natural transform of the last axis of a C-contiguous floating-point array, a power of two long; None for all else.
py::object fwht_plain(const py::object& x, const py::object& out) {
  constexpr index_t held_bytes = index_t{1} << 15;  // below, releasing the interpreter costs more than it gives
  const Proxy* a = plain_array(x.ptr());
  const auto dtype = a ? float_dtype(a) : std::nullopt;
  const index_t n = dtype && a->nd ? a->dimensions[a->nd - 1] : 0;
  if (n < 1 || (n & (n - 1))) return py::none();
  const index_t bytes = py::reinterpret_borrow<py::array>(x).nbytes();
  if (bytes == 0) return py::none();
  if (out.is_none() ? bytes > checked_bytes : !fits(a, plain_array(out.ptr()), bytes)) return py::none();
  py::object y = out.is_none() ? py::reinterpret_steal<py::object>(empty(*dtype, a->nd, a->dimensions)) : out;
  if (!y) throw py::error_already_set();
  const Lines lines = Lines::rows(bytes / size_of(*dtype) / n, n, n);
  void* to = py::detail::array_proxy(y.ptr())->data;
  const auto run = [&] { engine::fwht(*dtype, lines, a->data, to, 1, FwhtOrder::natural, 1.0, 0); };
  if (bytes <= held_bytes) {
    run();
  } else {
    released(run);
  }
  return y;
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
