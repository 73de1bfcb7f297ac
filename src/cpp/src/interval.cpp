#include "flatnet/core/interval.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace flatnet {
namespace {

constexpr index_t stretch = 4096;  // elements between two looks
constexpr index_t period = 1024;   // bounds of intervals that repeat along a line, at most

// The least number of T from `low` on, and the largest up to `high`: comparisons in T are those in double then.
template <class T> T lowest(double low) {
  const T t = static_cast<T>(low);
  return static_cast<double>(t) >= low ? t : std::nextafter(t, std::numeric_limits<T>::infinity());
}
template <class T> T highest(double high) { return -lowest<T>(-high); }

// 16 bytes of T, and what comparing them gives: all instruction sets have that much.
template <class T> struct Some;
template <> struct Some<float> {
  typedef float V __attribute__((vector_size(16)));
  typedef std::int32_t M __attribute__((vector_size(16)));
};
template <> struct Some<double> {
  typedef double V __attribute__((vector_size(16)));
  typedef std::int64_t M __attribute__((vector_size(16)));
};
template <class T> constexpr index_t width = 16 / sizeof(T);

template <class T> typename Some<T>::V load(const T* p) {
  typename Some<T>::V v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
template <class T> bool all(typename Some<T>::M inside) {
  for (index_t i = 0; i < width<T>; ++i)
    if (!inside[i]) return false;
  return true;
}

// Elements side by side, against one interval, or against low[i], high[i].
template <class T> bool one_interval(const T* x, index_t count, T low, T high) {
  using V = typename Some<T>::V;
  const V lows = low - V{}, highs = high - V{};
  constexpr index_t four = 4 * width<T>;
  index_t i = 0;
  while (i + four <= count) {
    typename Some<T>::M inside = lows == lows;
    for (const index_t end = std::min(count, i + stretch); i + four <= end; i += four)
      for (index_t k = 0; k < four; k += width<T>) {
        const V v = load(x + i + k);
        inside &= (v >= lows) & (v <= highs);
      }
    if (!all<T>(inside)) return false;
  }
  for (; i < count; ++i)
    if (!(x[i] >= low && x[i] <= high)) return false;
  return true;
}
template <class T> bool own_intervals(const T* x, index_t count, const T* low, const T* high) {
  index_t i = 0;
  typename Some<T>::M inside = load(low) == load(low);
  for (; i + width<T> <= count; i += width<T>) {
    const auto v = load(x + i);
    inside &= (v >= load(low + i)) & (v <= load(high + i));
  }
  for (; i < count; ++i)
    if (!(x[i] >= low[i] && x[i] <= high[i])) return false;
  return all<T>(inside);
}

// Elements anywhere, at any byte.
template <class T> bool scattered(const char* x, index_t count, index_t step, T low, T high) {
  for (index_t i = 0; i < count; ++i) {
    T v;
    std::memcpy(&v, x + i * step, sizeof v);
    if (!(v >= low && v <= high)) return false;
  }
  return true;
}

template <class T> bool is_aligned(const char* p) { return reinterpret_cast<std::uintptr_t>(p) % alignof(T) == 0; }

template <class T> bool line(const char* x, const BatchAxis& axis, T low, T high) {
  if (axis.x == static_cast<index_t>(sizeof(T)) && is_aligned<T>(x))
    return one_interval(reinterpret_cast<const T*>(x), axis.size, low, high);
  return scattered<T>(x, axis.size, axis.x, low, high);
}

// Every line of an array: its fastest axis.
template <class T> bool lines(const char* x, const BatchAxes& axes, std::size_t axis, T low, T high) {
  if (axes.empty()) return line<T>(x, {1, 0, 0}, low, high);
  if (axis + 1 == axes.size()) return line<T>(x, axes[axis], low, high);
  for (index_t i = 0; i < axes[axis].size; ++i)
    if (!lines<T>(x + i * axes[axis].x, axes, axis + 1, low, high)) return false;
  return true;
}

// Vectors of n elements that follow each other, as many periods of the bounds as fit in one look.
template <class T> bool vectors(const T* x, index_t count, index_t n, const double* low, const double* high) {
  T lows[period] = {}, highs[period] = {};
  const index_t whole = period / n * n;
  for (index_t i = 0; i < whole; ++i) lows[i] = lowest<T>(low[i % n]), highs[i] = highest<T>(high[i % n]);
  for (index_t from = 0; from < count; from += whole)
    if (!own_intervals(x + from, std::min(whole, count - from), lows, highs)) return false;
  return true;
}

template <class T>
bool within(const ConstArrayView& x, int axis, const double* low, const double* high, index_t intervals) {
  const auto* data = static_cast<const char*>(x.data);
  BatchAxes axes;
  for (int i = 0; i < static_cast<int>(x.sizes.size()); ++i) {
    if (x.sizes[i] == 0) return true;
    if (x.sizes[i] != 1 && (i != axis || intervals == 1)) axes.push_back({x.sizes[i], x.strides[i], x.strides[i]});
  }
  arrange(axes, &BatchAxis::x);
  if (intervals == 1) return lines<T>(data, axes, 0, lowest<T>(low[0]), highest<T>(high[0]));
  const index_t n = x.sizes[axis], step = x.strides[axis], size = sizeof(T);
  const bool follow = axes.empty() || (axes.size() == 1 && axes[0].x == n * size);
  if (step == size && follow && n <= period && is_aligned<T>(data))
    return vectors(reinterpret_cast<const T*>(data), n * (axes.empty() ? 1 : axes[0].size), n, low, high);
  for (index_t i = 0; i < n; ++i)
    if (!lines<T>(data + i * step, axes, 0, lowest<T>(low[i]), highest<T>(high[i]))) return false;
  return true;
}

}  // namespace

bool lies_within(const ConstArrayView& x, int axis, const double* low, const double* high, index_t intervals) {
  const int ndim = static_cast<int>(x.sizes.size());
  require((x.scalar == Scalar::f32 || x.scalar == Scalar::f64) && !x.swapped,
          "intervals hold floats of 32 or 64 bits in native order");
  require(axis >= 0 && axis < ndim, "axis ", axis, " is out of range for an array of ", ndim, " dimensions");
  require(intervals == 1 || intervals == x.sizes[axis], "x has ", x.sizes[axis], " elements on axis ", axis, ", there are ",
          intervals, " intervals");
  return x.scalar == Scalar::f32 ? within<float>(x, axis, low, high, intervals) : within<double>(x, axis, low, high, intervals);
}

}  // namespace flatnet
