#pragma once
// NumPy arrays through NumPy's own C structures: what calls of well below a microsecond need.
#include "arrays.hpp"

namespace flatnet::python {

using Proxy = py::detail::PyArray_Proxy;

inline constexpr index_t long_transform = index_t{1} << 14;  // elements from which on the GIL is released
inline constexpr index_t checked_bytes = index_t{1} << 28;   // of a result: above, memory is asked for with words
inline constexpr int contiguous = py::detail::npy_api::NPY_ARRAY_C_CONTIGUOUS_,
                     aligned = py::detail::npy_api::NPY_ARRAY_ALIGNED_, writeable = py::detail::npy_api::NPY_ARRAY_WRITEABLE_;

// NumPy's dtypes by Dtype, made once; borrowed for the life of the process.
inline PyObject* descriptor(Dtype t) {
  static PyObject* const all[] = {numpy_dtype(Dtype::f32).release().ptr(), numpy_dtype(Dtype::f64).release().ptr(),
                                  numpy_dtype(Dtype::c64).release().ptr(), numpy_dtype(Dtype::c128).release().ptr()};
  return all[static_cast<int>(t) - static_cast<int>(Dtype::f32)];
}
/// An array proper (no subclass) that has all of `flags`; null for all else.
inline const Proxy* exact_array(PyObject* o, int flags) {
  if (Py_TYPE(o) != py::detail::npy_api::get().PyArray_Type_) return nullptr;
  const Proxy* a = py::detail::array_proxy(o);
  return (a->flags & flags) == flags ? a : nullptr;
}
/// The same, C-contiguous and aligned.
inline const Proxy* plain_array(PyObject* o) { return exact_array(o, contiguous | aligned); }
/// The dtype of a native array of floats; nothing for all others.
inline std::optional<Dtype> float_dtype(const Proxy* a) {
  for (const Dtype t : {Dtype::f32, Dtype::f64, Dtype::c64, Dtype::c128})
    if (a->descr == descriptor(t)) return t;
  return {};
}
constexpr Dtype complex_of(Dtype component) { return component == Dtype::f32 ? Dtype::c64 : Dtype::c128; }

/// An uninitialised array in C order, or null with a Python error set.
inline PyObject* empty(Dtype t, int nd, const ssize_t* sizes) {
  auto& api = py::detail::npy_api::get();
  PyObject* d = descriptor(t);
  Py_INCREF(d);
  return api.PyArray_NewFromDescr_(api.PyArray_Type_, d, nd, sizes, nullptr, nullptr, 0, nullptr);
}

}  // namespace flatnet::python
