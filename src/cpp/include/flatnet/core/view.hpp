#pragma once
/// Arrays of any layout, as a pointer, sizes and strides. Strides count bytes: a field of a record need not be a multiple of
/// its element. Kernels never see these views; they work on panels (core/panel.hpp).
#include <vector>

#include "flatnet/core/types.hpp"

namespace flatnet {

/// Input: `swapped` says that the bytes of each component are in the other order than the machine's.
struct ConstArrayView {
  const void* data = nullptr;
  Scalar scalar = Scalar::f64;
  bool swapped = false;
  std::vector<index_t> sizes;
  std::vector<index_t> strides;  // bytes
};

/// Output: native byte order, the dtype the network computes in.
struct ArrayView {
  void* data = nullptr;
  Dtype dtype = Dtype::f64;
  std::vector<index_t> sizes;
  std::vector<index_t> strides;  // bytes
};

/// One axis of a batch that two arrays share: its size, and the steps of x and of y from one vector to the next.
struct BatchAxis { index_t size, x, y; };

/// Offsets in x and y, in the unit of the steps, of vectors first .. first + present - 1; the last axis runs fastest.
inline void batch_offsets(const std::vector<BatchAxis>& batch, index_t first, index_t present, index_t* x, index_t* y) {
  for (index_t j = 0; j < present; ++j) {
    index_t rest = first + j;
    x[j] = y[j] = 0;
    for (auto axis = batch.rbegin(); axis != batch.rend(); ++axis) {
      x[j] += rest % axis->size * axis->x;
      y[j] += rest % axis->size * axis->y;
      rest /= axis->size;
    }
  }
}

/// A C-order (batch, n) array: the same memory as a column-major n x batch matrix.
template <class T> ConstArrayView rows(const T* data, index_t batch, index_t n) {
  const auto s = static_cast<index_t>(sizeof(T));
  return {data, scalar_of(dtype_of<T>::value), false, {batch, n}, {n * s, s}};
}
template <class T> ArrayView rows(T* data, index_t batch, index_t n) {
  const auto s = static_cast<index_t>(sizeof(T));
  return {data, dtype_of<T>::value, {batch, n}, {n * s, s}};
}

}  // namespace flatnet
