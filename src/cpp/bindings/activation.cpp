// Activations of arrays: a way without detours for plain arrays of floats, one for any layout.
#include "flatnet/engine/activation.hpp"

#include <pybind11/stl.h>

#include "bindings.hpp"
#include "flatnet/core/parallel.hpp"
#include "flatnet/kernels/activation.hpp"
#include "output.hpp"
#include "plain_arrays.hpp"

namespace flatnet::python {
namespace {

using engine::Activation;

Activation activation(int f) {
  require(f >= 0 && f < kernels::activation_count && f != static_cast<int>(Activation::softmax),
          "activations of elements are numbered below ", kernels::activation_count, ", without softmax's ",
          static_cast<int>(Activation::softmax), ", got ", f);
  return static_cast<Activation>(f);
}

/// y takes f(x): of its shape and dtype, writeable, x itself or apart from it.
bool fits(const Proxy* x, const Proxy* y, index_t bytes) {
  if (!y || !(y->flags & writeable) || y->nd != x->nd || y->descr != x->descr) return false;
  if (!std::equal(x->dimensions, x->dimensions + x->nd, y->dimensions)) return false;
  return x->data == y->data || x->data + bytes <= y->data || y->data + bytes <= x->data;
}

// A number of threads, 0 for None, -1 for what the long way refuses.
int team_of(PyObject* o) {
  if (o == Py_None) return 0;
  const long n = PyLong_CheckExact(o) ? PyLong_AsLong(o) : -1;
  if (n == -1) PyErr_Clear();
  return n >= 1 && n <= max_threads ? static_cast<int>(n) : -1;
}

// (f, x, out, threads): f of a C-contiguous native array of floats that has axes, to a new array or to such an `out`; None for all
// other calls, which leave `out` as it was.
PyObject* activate_plain(PyObject*, PyObject* const* args, Py_ssize_t count) {
  constexpr index_t held_elements = index_t{1} << 13;  // below, releasing the interpreter costs more than it gives
  const int team = count == 4 ? team_of(args[3]) : -1;
  if (team < 0 || !PyLong_Check(args[0])) Py_RETURN_NONE;
  const long f = PyLong_AsLong(args[0]);
  if (f == -1) PyErr_Clear();  // it may have been too large
  const Proxy* x = plain_array(args[1]);
  const auto dtype = x ? float_dtype(x) : std::nullopt;
  if (f < 0 || f >= kernels::activation_count || f == static_cast<int>(Activation::softmax)) Py_RETURN_NONE;
  if (!dtype || is_complex(*dtype) || x->nd == 0) Py_RETURN_NONE;
  index_t elements = 1;
  for (int i = 0; i < x->nd; ++i) elements *= x->dimensions[i];
  const index_t bytes = elements * size_of(*dtype);
  PyObject* y = args[2];
  if (y == Py_None) {
    if (bytes > checked_bytes) Py_RETURN_NONE;
    try {
      y = bytes < (index_t{1} << 16) ? empty(*dtype, x->nd, x->dimensions)
                                     : output(py::reinterpret_borrow<py::dtype>(descriptor(*dtype)),
                                              std::vector<py::ssize_t>(x->dimensions, x->dimensions + x->nd))
                                           .release()
                                           .ptr();
    } catch (py::error_already_set& e) {
      e.restore();
      return nullptr;
    } catch (const std::exception& e) {
      PyErr_SetString(PyExc_MemoryError, e.what());
      return nullptr;
    }
    if (!y) return nullptr;
  } else {
    if (!fits(x, plain_array(y), bytes)) Py_RETURN_NONE;
    Py_INCREF(y);
  }
  void* to = py::detail::array_proxy(y)->data;
  PyThreadState* state = elements > held_elements ? PyEval_SaveThread() : nullptr;
  engine::activate_line(static_cast<Activation>(f), *dtype, elements, x->data, to, team);
  if (state) PyEval_RestoreThread(state);
  return y;
}

PyMethodDef plain_method = {
    "activate_plain", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&activate_plain)), METH_FASTCALL,
    "activate_plain(f, x, out, threads): activation number f of a plain array of floats; None for all other calls."};

const kernels::Table* table(const std::string& isa) { return isa.empty() ? nullptr : &kernels_of(isa); }

}  // namespace

void bind_activation(py::module_& m) {
  m.attr("activate_plain") = py::reinterpret_steal<py::object>(PyCFunction_NewEx(&plain_method, nullptr, nullptr));
  m.def(
      "activate",
      [](int f, const py::array& x, py::array out, int threads, const std::string& isa) {
        const Activation a = activation(f);
        const ConstArrayView from = view(x);
        const ArrayView to = mutable_view(out);
        const auto* k = table(isa);
        released([&] { engine::activate(a, from, to, threads, k); });
      },
      py::arg("f"), py::arg("x"), py::arg("out"), py::arg("threads"), py::arg("isa") = "",
      "Writes activation number f of x, element by element, to `out`.");
  m.def(
      "logistic_centred",
      [](double bias, const py::array& x, py::array out, int threads, const std::string& isa) {
        const ConstArrayView from = view(x);
        const ArrayView to = mutable_view(out);
        const auto* k = table(isa);
        released([&] { engine::logistic_centred(bias, from, to, threads, k); });
      },
      py::arg("bias"), py::arg("x"), py::arg("out"), py::arg("threads"), py::arg("isa") = "",
      "Writes s(bias + x) - s(bias) to `out`, s the logistic function.");
  m.def(
      "softmax",
      [](const py::array& x, py::array out, int axis, int threads, const std::string& isa) {
        const ConstArrayView from = view(x);
        const ArrayView to = mutable_view(out);
        const auto* k = table(isa);
        released([&] { engine::softmax(from, to, axis, threads, k); });
      },
      py::arg("x"), py::arg("out"), py::arg("axis"), py::arg("threads"), py::arg("isa") = "",
      "Writes exp(x - max x) over its sum along `axis` to `out`.");
}

}  // namespace flatnet::python
