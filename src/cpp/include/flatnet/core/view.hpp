#pragma once
/// Arrays of any layout, as a pointer, sizes and strides. Strides count bytes: a field of a record need not be a multiple of
/// its element. Kernels never see these views; they work on panels (core/panel.hpp).
#include <algorithm>
#include <initializer_list>
#include <utility>
#include <vector>

#include "flatnet/core/check.hpp"
#include "flatnet/core/types.hpp"

namespace flatnet {

/// What is told of the axes of one array: a list with a fixed capacity, so that a view allocates nothing. NumPy has at most 64
/// axes; one of them may be seen as three.
template <class T> class Axes {
 public:
  static constexpr std::size_t capacity = 66;

  Axes() {}  // NOLINT: the items stay as they are until they are used
  Axes(std::initializer_list<T> items) { assign(items.begin(), items.end()); }
  Axes(const std::vector<T>& items) { assign(items.begin(), items.end()); }  // NOLINT: a vector is a list of axes
  Axes(const Axes& other) : size_(other.size_) { std::copy_n(other.items_, size_, items_); }
  Axes& operator=(const Axes& other) {
    size_ = other.size_;
    std::copy_n(other.items_, size_, items_);
    return *this;
  }

  template <class It> void assign(It first, It last) {
    size_ = 0;
    for (; first != last; ++first) push_back(static_cast<T>(*first));
  }
  void push_back(const T& item) {
    require(size_ < capacity, "an array has at most ", capacity - 2, " axes, this one has more");
    items_[size_++] = item;
  }
  void erase(T* at) {
    std::copy(at + 1, end(), at);
    --size_;
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](std::size_t i) { return items_[i]; }
  const T& operator[](std::size_t i) const { return items_[i]; }
  const T& back() const { return items_[size_ - 1]; }
  T* begin() { return items_; }
  T* end() { return items_ + size_; }
  const T* begin() const { return items_; }
  const T* end() const { return items_ + size_; }
  friend bool operator==(const Axes& p, const Axes& q) { return std::equal(p.begin(), p.end(), q.begin(), q.end()); }
  friend bool operator!=(const Axes& p, const Axes& q) { return !(p == q); }

 private:
  std::size_t size_ = 0;
  T items_[capacity];
};

using Extents = Axes<index_t>;

/// Input: `swapped` says that the bytes of each component are in the other order than the machine's.
struct ConstArrayView {
  const void* data = nullptr;
  Scalar scalar = Scalar::f64;
  bool swapped = false;
  Extents sizes;
  Extents strides;  // bytes
};

/// Output: native byte order, the dtype the network computes in.
struct ArrayView {
  void* data = nullptr;
  Dtype dtype = Dtype::f64;
  Extents sizes;
  Extents strides;  // bytes
};

/// One axis of a batch that two arrays share: its size, and the steps of x and of y from one vector to the next.
struct BatchAxis { index_t size, x, y; };
using BatchAxes = Axes<BatchAxis>;

/// The axis with the largest steps first, by x or by y; axes that step as one become one.
inline void arrange(BatchAxes& batch, index_t BatchAxis::* by) {
  const auto step = [by](const BatchAxis& axis) { return axis.*by < 0 ? -(axis.*by) : axis.*by; };
  for (std::size_t i = 1; i < batch.size(); ++i)  // by insertion: stable, and there are few
    for (std::size_t j = i; j > 0 && step(batch[j]) > step(batch[j - 1]); --j) std::swap(batch[j], batch[j - 1]);
  for (std::size_t i = 0; i + 1 < batch.size();) {
    BatchAxis& slow = batch[i];
    const BatchAxis& fast = batch[i + 1];
    if (slow.x == fast.x * fast.size && slow.y == fast.y * fast.size) {
      slow = {slow.size * fast.size, fast.x, fast.y};
      batch.erase(batch.begin() + i + 1);
    } else {
      ++i;
    }
  }
}

/// Offsets in x and y, in the unit of the steps, of vectors first .. first + present - 1; the last axis runs fastest.
inline void batch_offsets(const BatchAxes& batch, index_t first, index_t present, index_t* x, index_t* y) {
  if (batch.size() == 1) {
    for (index_t j = 0; j < present; ++j) {
      x[j] = (first + j) * batch[0].x;
      y[j] = (first + j) * batch[0].y;
    }
    return;
  }
  for (index_t j = 0; j < present; ++j) {
    index_t rest = first + j;
    x[j] = y[j] = 0;
    for (std::size_t axis = batch.size(); axis-- > 0;) {
      x[j] += rest % batch[axis].size * batch[axis].x;
      y[j] += rest % batch[axis].size * batch[axis].y;
      rest /= batch[axis].size;
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
