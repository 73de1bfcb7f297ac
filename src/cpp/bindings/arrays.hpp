#pragma once
// The one bridge between NumPy arrays and flatnet's buffers and views, and the one place that releases the GIL.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include "flatnet/factors/kinds.hpp"
#include "flatnet/network/network.hpp"

namespace py = pybind11;

namespace flatnet::python {

/// Runs f without the GIL. f must not touch Python objects.
template <class F> decltype(auto) released(F&& f) {
  const py::gil_scoped_release release;
  return f();
}

inline py::dtype numpy_dtype(Dtype t) { return py::dtype(name(t)); }

/// The dtype of weights or outputs; TypeError-free here: Python has checked, anything else is a programming error.
inline Dtype dtype_from(const py::dtype& d) {
  const char kind = d.kind(), order = d.byteorder();
  const auto size = d.itemsize();
  if (order == '=' || order == '|') {
    if (kind == 'f' && (size == 4 || size == 8)) return size == 4 ? Dtype::f32 : Dtype::f64;
    if (kind == 'c' && (size == 8 || size == 16)) return size == 8 ? Dtype::c64 : Dtype::c128;
    if (kind == 'i' && (size == 4 || size == 8)) return size == 4 ? Dtype::i32 : Dtype::i64;
  }
  throw py::type_error("flatnet computes in int32, int64, float32, float64, complex64 and complex128, got " +
                       py::str(d).cast<std::string>());
}

inline Scalar scalar_from(const py::dtype& d) {
  const char kind = d.kind();
  const auto size = d.itemsize();
  if (kind == 'i') return size == 1 ? Scalar::i8 : size == 2 ? Scalar::i16 : size == 4 ? Scalar::i32 : Scalar::i64;
  if (kind == 'u') return size == 1 ? Scalar::u8 : size == 2 ? Scalar::u16 : size == 4 ? Scalar::u32 : Scalar::u64;
  if (kind == 'f' && (size == 4 || size == 8)) return size == 4 ? Scalar::f32 : Scalar::f64;
  if (kind == 'c' && (size == 8 || size == 16)) return size == 8 ? Scalar::c64 : Scalar::c128;
  throw py::type_error("flatnet reads integers, float32, float64, complex64 and complex128, got " +
                       py::str(d).cast<std::string>());
}

/// A view of any array: any strides, any alignment, either byte order.
inline ConstArrayView view(const py::array& x) {
  const char order = x.dtype().byteorder();
  ConstArrayView v{x.data(), scalar_from(x.dtype()), order == '>', {}, {}};
  v.sizes.assign(x.shape(), x.shape() + x.ndim());
  v.strides.assign(x.strides(), x.strides() + x.ndim());
  return v;
}

inline ArrayView mutable_view(py::array& y) {
  ArrayView v{y.mutable_data(), dtype_from(y.dtype()), {}, {}};
  v.sizes.assign(y.shape(), y.shape() + y.ndim());
  v.strides.assign(y.strides(), y.strides() + y.ndim());
  return v;
}

/// A copy of a native array's elements in C order.
inline Buffer buffer(const py::array& values) {
  const Dtype t = dtype_from(values.dtype());
  const py::array c = py::array::ensure(values, py::array::c_style);
  auto p = allocate(c.size(), t);
  std::memcpy(p.get(), c.data(), static_cast<std::size_t>(c.nbytes()));
  return {p, static_cast<index_t>(c.size()), t};
}

/// A read-only NumPy view that keeps the buffer alive; strides in elements.
inline py::array as_numpy(const Buffer& b, std::vector<index_t> sizes, std::vector<index_t> strides) {
  for (auto& s : strides) s *= size_of(b.dtype);
  const py::capsule owner(new std::shared_ptr<const void>(b.data),
                          [](void* p) { delete static_cast<std::shared_ptr<const void>*>(p); });
  py::array a(numpy_dtype(b.dtype), std::move(sizes), std::move(strides), b.data.get(), owner);
  a.attr("setflags")(py::arg("write") = false);
  return a;
}

inline py::array as_numpy(const Buffer& b) { return as_numpy(b, {b.size}, {1}); }

inline py::object as_numpy(const Index& p) {
  if (!p) return py::none();
  return as_numpy(Buffer{std::shared_ptr<const void>(p, p->data()), static_cast<index_t>(p->size()), Dtype::i64});
}

using IndexArray = py::array_t<index_t, py::array::c_style>;

inline Index index(const std::optional<IndexArray>& p) {
  if (!p) return nullptr;
  return std::make_shared<std::vector<index_t>>(p->data(), p->data() + p->size());
}

}  // namespace flatnet::python
