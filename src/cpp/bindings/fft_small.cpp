// Small transforms of plain arrays in raw CPython: fft(x) and its kin with any of their usual arguments cost a few hundred
// nanoseconds beyond the transform. A call that is not of that kind, or that is wrong, returns None: flatnet.fft then takes the
// long way, which knows every case and every sentence.
#include <algorithm>
#include <cmath>

#include "bindings.hpp"
#include "flatnet/core/scratch.hpp"
#include "flatnet/engine/cosine.hpp"
#include "flatnet/engine/fourier.hpp"
#include "fourier_kind.hpp"
#include "plain_arrays.hpp"

namespace flatnet::python {
namespace {

using engine::FourierPlan;
using engine::Lines;

constexpr int most_axes = 8;

// --- arguments -------------------------------------------------------------------------------------------------------

/// A plain array of few elements: contiguous, native, aligned.
struct Input {
  PyObject* object;
  const Proxy* x;
  bool real, wide;
  index_t size = 1;

  explicit Input(PyObject* o) : object(o), x(nullptr) {
    const Proxy* a = plain_array(o);
    if (!a || a->nd < 1 || a->nd > most_axes) return;
    const auto t = float_dtype(a);
    if (!t) return;
    wide = t == Dtype::f64 || t == Dtype::c128;
    real = !is_complex(*t);
    for (int i = 0; i < a->nd; ++i) {
      if (a->dimensions[i] > long_transform) return;
      size *= a->dimensions[i];
      if (size > long_transform) return;
    }
    if (size > 0) x = a;
  }
  Dtype component() const { return wide ? Dtype::f64 : Dtype::f32; }
};

/// An exact int within limits.
bool small_int(PyObject* o, long least, long most, long& value) {
  if (!PyLong_CheckExact(o)) return false;
  int overflow = 0;
  value = PyLong_AsLongAndOverflow(o, &overflow);
  return !overflow && value >= least && value <= most;
}
bool axis_of(PyObject* o, int nd, int& axis) {
  long value;
  if (!small_int(o, -nd, nd - 1, value)) return false;
  axis = static_cast<int>(value < 0 ? value + nd : value);
  return true;
}
/// Small transforms run on one thread, whatever number is asked for.
bool usual_workers(PyObject* o) {
  long count;
  return o == Py_None || small_int(o, 1, 1024, count);
}
/// 0: no scale, 1: 1/sqrt(N), 2: 1/N, of a forward transform.
bool norm_of(PyObject* o, bool forward, int& mode) {
  if (o == Py_None) mode = 0;
  else if (!PyUnicode_CheckExact(o)) return false;
  else if (PyUnicode_CompareWithASCIIString(o, "ortho") == 0) mode = 1;
  else if (PyUnicode_CompareWithASCIIString(o, "backward") == 0) mode = 0;
  else if (PyUnicode_CompareWithASCIIString(o, "forward") == 0) mode = 2;
  else return false;
  if (!forward) mode = 2 - mode;
  return true;
}
double scale_of(int mode, double total) { return mode == 0 ? 1.0 : mode == 2 ? 1.0 / total : 1.0 / std::sqrt(total); }

/// `axes` of an n-D transform: None (all), an int or a tuple of different ones, in their order. False where it is not so.
bool axes_of(PyObject* o, int nd, int (&axes)[most_axes], int& count) {
  count = 0;
  if (o == Py_None) {
    for (; count < nd; ++count) axes[count] = count;
    return true;
  }
  if (!PyTuple_CheckExact(o)) {
    count = 1;
    return axis_of(o, nd, axes[0]);
  }
  if (PyTuple_GET_SIZE(o) < 1 || PyTuple_GET_SIZE(o) > nd) return false;
  for (; count < PyTuple_GET_SIZE(o); ++count) {
    if (!axis_of(PyTuple_GET_ITEM(o, count), nd, axes[count])) return false;
    if (std::find(axes, axes + count, axes[count]) != axes + count) return false;
  }
  return true;
}

/// A new array for the result, or `out` where it is as plain as x and either apart from it or, `in_place`, x itself. Null with
/// a Python error set; null without one where the call is not a plain one.
PyObject* result_for(const Input& in, PyObject* out, Dtype t, const ssize_t* shape, bool in_place) {
  const int nd = in.x->nd;
  if (out == Py_None) return empty(t, nd, shape);
  const Proxy* y = plain_array(out);
  if (!y || !(y->flags & writeable) || y->nd != nd || y->descr != descriptor(t) ||
      !std::equal(shape, shape + nd, y->dimensions))
    return nullptr;
  index_t bytes = size_of(t);
  for (int i = 0; i < nd; ++i) bytes *= shape[i];
  const Dtype from = in.real ? in.component() : complex_of(in.component());
  const bool apart = in.x->data + in.size * size_of(from) <= y->data || y->data + bytes <= in.x->data;
  if (!apart && !(in_place && y->data == in.x->data)) return nullptr;
  Py_INCREF(out);
  return out;
}

// --- transforms ------------------------------------------------------------------------------------------------------

/// Lines along one axis of arrays in C order; sizes differ on that axis only. `y_row`: elements between lines of y.
Lines lines_along(const ssize_t* shape, int nd, int axis, index_t n_in, index_t n_out, index_t y_row, index_t x_element,
                  index_t y_element) {
  index_t outer = 1, inner = 1;
  for (int i = 0; i < axis; ++i) outer *= shape[i];
  for (int i = axis + 1; i < nd; ++i) inner *= shape[i];
  if (inner == 1 && y_row == n_out) return Lines::rows(outer, n_in, n_out);
  return Lines({outer, n_in, inner}, {n_in * inner * x_element, inner * x_element, x_element}, x_element, {outer, n_out, inner},
               {y_row * inner * y_element, inner * y_element, y_element}, y_element, 1);
}

/// Strides [bytes] of an array in C order.
std::vector<index_t> c_strides(const std::vector<index_t>& sizes, index_t element) {
  std::vector<index_t> strides(sizes.size());
  for (std::size_t i = sizes.size(); i-- > 0; element *= sizes[i]) strides[i] = element;
  return strides;
}

const FourierPlan& recent_plan(Dtype component, index_t n) {
  thread_local std::shared_ptr<const FourierPlan> last;
  if (!last || last->n() != n || last->component() != component) last = engine::fourier_plan(component, n);
  return *last;
}

void transform(Kind kind, Dtype component, const Lines& lines, const void* x, void* y, bool inverse, double scale) {
  if (lines.count == 1 && lines.x_step == 1 && lines.y_step == 1) {
    const FourierPlan& plan = recent_plan(component, kind == Kind::c2r ? lines.n_out : lines.n_in);
    const Scratch scratch(static_cast<std::size_t>(plan.scratch_bytes()));
    return run_vector(plan, kind, x, y, inverse, scale, scratch.data());
  }
  run_lines(kind, component, lines, x, y, inverse, scale, 1);
}

/// y[n-k] = conj(y[k]) along an axis of n elements.
template <class T> void mirror(T* y, index_t outer, index_t n, index_t inner) {
  for (index_t o = 0; o < outer; ++o, y += 2 * n * inner)
    for (index_t k = 1; k < n - k; ++k)
      for (index_t i = 0; i < inner; ++i) {
        y[2 * ((n - k) * inner + i)] = y[2 * (k * inner + i)];
        y[2 * ((n - k) * inner + i) + 1] = -y[2 * (k * inner + i) + 1];
      }
}
void mirror(Dtype component, void* y, const ssize_t* shape, int nd, int axis) {
  index_t outer = 1, inner = 1;
  for (int i = 0; i < axis; ++i) outer *= shape[i];
  for (int i = axis + 1; i < nd; ++i) inner *= shape[i];
  if (component == Dtype::f32) mirror(static_cast<float*>(y), outer, shape[axis], inner);
  else mirror(static_cast<double*>(y), outer, shape[axis], inner);
}

/// Runs f, which may run out of memory; true unless a Python error is set.
template <class F> bool guarded(F&& f) {
  try {
    f();
    return true;
  } catch (const std::exception& e) {
    PyErr_SetString(PyExc_MemoryError, e.what());
    return false;
  }
}

PyObject* none_unless_error() {
  if (PyErr_Occurred()) return nullptr;
  Py_RETURN_NONE;
}
bool wrong_count(const char* name, ssize_t count, ssize_t wanted) {
  if (count == wanted) return false;
  PyErr_Format(PyExc_TypeError, "%s takes %zd arguments, got %zd", name, wanted, count);
  return true;
}

/// fft, ifft, rfft, irfft, hfft, ihfft (which = 0 .. 5): which, x, n, axis, norm, overwrite_x, workers, plan, out.
PyObject* fourier_small(PyObject*, PyObject* const* args, ssize_t count) {
  if (wrong_count("fourier_small", count, 9)) return nullptr;
  long which;
  if (!small_int(args[0], 0, 5, which)) return PyErr_Format(PyExc_ValueError, "fourier_small knows 0 to 5, got %R", args[0]);
  const Input in(args[1]);
  const bool inverse = which == 1 || which == 3 || which == 5;
  const bool to_half = which == 2 || which == 5, from_half = which == 3 || which == 4;
  int axis, mode;
  if (!in.x || (to_half && !in.real) || (from_half && in.real) || !axis_of(args[3], in.x->nd, axis)) Py_RETURN_NONE;
  const index_t m = in.x->dimensions[axis], n = from_half ? 2 * (m - 1) : m, n_out = to_half ? n / 2 + 1 : n;
  long length;
  if (n < 1 || (args[2] != Py_None && !small_int(args[2], n, n, length)) || !norm_of(args[4], !inverse, mode) ||
      args[5] != Py_False || !usual_workers(args[6]) || args[7] != Py_None)
    Py_RETURN_NONE;
  const int nd = in.x->nd;
  ssize_t shape[most_axes];
  std::copy_n(in.x->dimensions, nd, shape);
  shape[axis] = n_out;
  const Dtype component = in.component();
  const auto result = py::reinterpret_steal<py::object>(
      result_for(in, args[8], from_half ? component : complex_of(component), shape, which < 2 && !in.real));
  if (!result) return none_unless_error();
  void* y = py::detail::array_proxy(result.ptr())->data;
  const bool mirrored = in.real && !to_half;
  const Kind kind = from_half ? Kind::c2r : in.real ? Kind::r2c : Kind::c2c;
  const index_t part = size_of(component), written = mirrored ? n / 2 + 1 : n_out;
  const bool done = guarded([&] {
    const Lines lines = lines_along(shape, nd, axis, m, written, n_out, in.real ? part : 2 * part, from_half ? part : 2 * part);
    transform(kind, component, lines, in.x->data, y, inverse, scale_of(mode, static_cast<double>(n)));
    if (mirrored) mirror(component, y, shape, nd, axis);
  });
  return done ? Py_NewRef(result.ptr()) : nullptr;
}

/// y at an index is the conjugate of y at the negative one, over the turned axes; written where the last of them is past its half.
template <class T> void mirror_all(T* y, const ssize_t* shape, int nd, const bool* turned, int last) {
  index_t at[most_axes] = {}, step[most_axes];
  for (int i = nd - 1; i >= 0; --i) step[i] = i == nd - 1 ? 2 : step[i + 1] * shape[i + 1];
  const index_t past = shape[last] / 2 + 1;
  if (past >= shape[last]) return;
  at[last] = past;
  for (int i = nd; i >= 0;) {
    index_t to = 0, from = 0;
    for (int d = 0; d < nd; ++d) {
      to += at[d] * step[d];
      from += (turned[d] && at[d] > 0 ? shape[d] - at[d] : at[d]) * step[d];
    }
    y[to] = y[from];
    y[to + 1] = -y[from + 1];
    for (i = nd - 1; i >= 0 && ++at[i] == shape[i]; --i) at[i] = i == last ? past : 0;
  }
}

/// fftn, ifftn, rfftn, irfftn, hfftn, ihfftn (which = 0 .. 5): which, x, s, axes, norm, overwrite_x, workers, plan, out.
PyObject* fourier_small_nd(PyObject*, PyObject* const* args, ssize_t count) {
  if (wrong_count("fourier_small_nd", count, 9)) return nullptr;
  long which;
  if (!small_int(args[0], 0, 5, which)) return PyErr_Format(PyExc_ValueError, "fourier_small_nd knows 0 to 5, got %R", args[0]);
  const Input in(args[1]);
  const bool inverse = which == 1 || which == 3 || which == 5;
  const bool to_half = which == 2 || which == 5, from_half = which == 3 || which == 4;
  int axes[most_axes], transformed, mode;
  if (!in.x || (to_half && !in.real) || (from_half && in.real) || args[2] != Py_None || !norm_of(args[4], !inverse, mode) ||
      !axes_of(args[3], in.x->nd, axes, transformed) || args[5] != Py_False || !usual_workers(args[6]) || args[7] != Py_None)
    Py_RETURN_NONE;
  const int nd = in.x->nd, last = axes[transformed - 1];
  const bool mirrored = in.real && !to_half;
  std::vector<index_t> x_sizes(in.x->dimensions, in.x->dimensions + nd), half = x_sizes;
  ssize_t shape[most_axes];
  std::copy_n(in.x->dimensions, nd, shape);
  if (from_half) shape[last] = 2 * (shape[last] - 1);
  if (shape[last] < 1) Py_RETURN_NONE;
  double total = 1;
  bool turned[most_axes] = {};
  for (int i = 0; i < transformed; ++i) {
    total *= static_cast<double>(shape[axes[i]]);
    turned[axes[i]] = true;
  }
  if (in.real) half[static_cast<std::size_t>(last)] = shape[last] / 2 + 1;
  if (to_half) shape[last] = shape[last] / 2 + 1;
  const Dtype component = in.component(), pairs = complex_of(component);
  const auto result =
      py::reinterpret_steal<py::object>(result_for(in, args[8], from_half ? component : pairs, shape, !in.real && !from_half));
  if (!result) return none_unless_error();
  // Half a spectrum is transformed over the other axes before it becomes real, in an array of its own.
  const auto own = py::reinterpret_steal<py::object>(from_half && transformed > 1 ? empty(pairs, nd, in.x->dimensions)
                                                                                  : Py_NewRef(result.ptr()));
  if (!own) return nullptr;
  void *y = py::detail::array_proxy(result.ptr())->data, *work = py::detail::array_proxy(own.ptr())->data;
  const double scale = scale_of(mode, total);
  const bool done = guarded([&] {
    const std::vector<index_t> y_sizes(shape, shape + nd);
    const index_t part = size_of(component), pair = 2 * part, x_part = in.real ? part : pair;
    const auto x_strides = c_strides(x_sizes, x_part);
    const auto work_strides = c_strides(from_half ? x_sizes : y_sizes, pair);
    const void* x = in.x->data;
    bool first = true;
    for (int i = transformed - (from_half ? 2 : 1); i >= 0; --i, x = work, first = false) {
      const bool real = in.real && first;
      const Lines lines(real ? x_sizes : half, first ? x_strides : work_strides, real ? part : pair, half, work_strides, pair,
                        axes[i]);
      transform(real ? Kind::r2c : Kind::c2c, component, lines, x, work, inverse, first && !from_half ? scale : 1.0);
    }
    if (from_half) {
      const Lines lines(x_sizes, x_strides, pair, y_sizes, c_strides(y_sizes, part), part, last);
      transform(Kind::c2r, component, lines, x, y, inverse, scale);
    } else if (mirrored) {
      if (component == Dtype::f32) mirror_all(static_cast<float*>(y), shape, nd, turned, last);
      else mirror_all(static_cast<double*>(y), shape, nd, turned, last);
    }
  });
  return done ? Py_NewRef(result.ptr()) : nullptr;
}

/// The real transforms over `axes`: what dct and dctn share.
PyObject* cosines(const Input& in, long which, PyObject* type, const int* axes, int transformed, PyObject* norm,
                  PyObject* orthogonalize, PyObject* out) {
  const bool inverse = which & 1, sine = which & 2;
  long kind;
  int mode;
  if (!small_int(type, 1, 4, kind) || !norm_of(norm, !inverse, mode)) Py_RETURN_NONE;
  if (orthogonalize != Py_None && !PyBool_Check(orthogonalize)) Py_RETURN_NONE;
  const bool orthogonal = orthogonalize == Py_None ? mode == 1 : orthogonalize == Py_True;
  if (inverse && (kind == 2 || kind == 3)) kind = 5 - kind;
  const index_t shift = kind != 1 ? 0 : sine ? 1 : -1;
  const int nd = in.x->nd;
  const ssize_t* shape = in.x->dimensions;
  double total = 1;
  for (int i = 0; i < transformed; ++i) {
    if (shape[axes[i]] + shift < 1) Py_RETURN_NONE;
    total *= static_cast<double>(2 * (shape[axes[i]] + shift));
  }
  const Dtype component = in.component();
  const auto result = py::reinterpret_steal<py::object>(result_for(in, out, component, shape, true));
  if (!result) return none_unless_error();
  void* y = py::detail::array_proxy(result.ptr())->data;
  const index_t part = size_of(component);
  const bool done = guarded([&] {
    const void* x = in.x->data;
    double scale = scale_of(mode, total);
    for (int i = transformed - 1; i >= 0; --i, x = y, scale = 1) {
      const index_t n = shape[axes[i]];
      const Lines lines = lines_along(shape, nd, axes[i], n, n, n, part, part);
      engine::cosine(component, lines, x, y, static_cast<int>(kind), sine, scale, orthogonal, 1);
    }
  });
  return done ? Py_NewRef(result.ptr()) : nullptr;
}

/// dct, idct, dst, idst (which = 0 .. 3): which, x, type, n, axis, norm, overwrite_x, workers, orthogonalize, out.
PyObject* cosine_small(PyObject*, PyObject* const* args, ssize_t count) {
  if (wrong_count("cosine_small", count, 10)) return nullptr;
  long which, length;
  if (!small_int(args[0], 0, 3, which)) return PyErr_Format(PyExc_ValueError, "cosine_small knows 0 to 3, got %R", args[0]);
  const Input in(args[1]);
  int axis;
  if (!in.x || !in.real || !axis_of(args[4], in.x->nd, axis)) Py_RETURN_NONE;
  const index_t n = in.x->dimensions[axis];
  if ((args[3] != Py_None && !small_int(args[3], n, n, length)) || args[6] != Py_False || !usual_workers(args[7]))
    Py_RETURN_NONE;
  return cosines(in, which, args[2], &axis, 1, args[5], args[8], args[9]);
}

/// dctn, idctn, dstn, idstn (which = 0 .. 3): which, x, type, s, axes, norm, overwrite_x, workers, orthogonalize, out.
PyObject* cosine_small_nd(PyObject*, PyObject* const* args, ssize_t count) {
  if (wrong_count("cosine_small_nd", count, 10)) return nullptr;
  long which;
  if (!small_int(args[0], 0, 3, which)) return PyErr_Format(PyExc_ValueError, "cosine_small_nd knows 0 to 3, got %R", args[0]);
  const Input in(args[1]);
  int axes[most_axes], transformed;
  if (!in.x || !in.real || args[3] != Py_None || !axes_of(args[4], in.x->nd, axes, transformed) || args[6] != Py_False ||
      !usual_workers(args[7]))
    Py_RETURN_NONE;
  return cosines(in, which, args[2], axes, transformed, args[5], args[8], args[9]);
}

PyCFunction fast(PyObject* (*f)(PyObject*, PyObject* const*, ssize_t)) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(f));
}

PyMethodDef functions[] = {
    {"fourier_small", fast(&fourier_small), METH_FASTCALL,
     "fft, ifft, rfft, irfft, hfft, ihfft (which = 0 .. 5) of a small plain array, or None where it is not one."},
    {"fourier_small_nd", fast(&fourier_small_nd), METH_FASTCALL,
     "fftn, ifftn, rfftn, irfftn, hfftn, ihfftn (which = 0 .. 5) of a small plain array, or None where it is not one."},
    {"cosine_small", fast(&cosine_small), METH_FASTCALL,
     "dct, idct, dst, idst (which = 0 .. 3) of a small plain array, or None where it is not one."},
    {"cosine_small_nd", fast(&cosine_small_nd), METH_FASTCALL,
     "dctn, idctn, dstn, idstn (which = 0 .. 3) of a small plain array, or None where it is not one."},
    {nullptr, nullptr, 0, nullptr}};

}  // namespace

void bind_fft_small(py::module_& m) {
  descriptor(Dtype::f32);
  if (PyModule_AddFunctions(m.ptr(), functions) != 0) throw py::error_already_set();
}

}  // namespace flatnet::python
