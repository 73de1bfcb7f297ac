#pragma once
// What convolutions share: lines in and out of contiguous memory, products of spectra. Internal to the engine.
#include <algorithm>
#include <cstring>

#include "flatnet/core/types.hpp"

namespace flatnet::engine {

/// Bytes of `count` elements, rounded up to a cache line.
template <class T> constexpr index_t aligned(index_t count) { return (count * static_cast<index_t>(sizeof(T)) + 63) / 64 * 64; }

/// Threads for `tasks` of together `work` elements: a team costs more than a little work.
inline int team(index_t work, index_t tasks, int threads) {
  constexpr index_t least_work = index_t{1} << 15;
  return work < least_work ? 1 : static_cast<int>(std::clamp<index_t>(threads, 1, std::max<index_t>(tasks, 1)));
}

/// to[i] = line[start + i], i < count, zero outside the line's n elements. E reals an element, `step` in elements.
template <class T, int E> void fill(const T* line, index_t step, index_t n, index_t start, index_t count, T* to) {
  const index_t low = std::clamp<index_t>(-start, 0, count), high = std::clamp<index_t>(n - start, low, count);
  std::fill(to, to + E * low, T(0));
  if (step == 1) {
    std::memcpy(to + E * low, line + E * (start + low), static_cast<std::size_t>(E * (high - low)) * sizeof(T));
  } else {
    for (index_t i = low; i < high; ++i)
      for (int e = 0; e < E; ++e) to[E * i + e] = line[E * (start + i) * step + e];
  }
  std::fill(to + E * high, to + E * count, T(0));
}

/// line[i] = from[i], i < count.
template <class T, int E> void drain(const T* from, index_t count, T* line, index_t step) {
  if (step == 1) {
    std::memcpy(line, from, static_cast<std::size_t>(E * count) * sizeof(T));
    return;
  }
  for (index_t i = 0; i < count; ++i)
    for (int e = 0; e < E; ++e) line[E * i * step + e] = from[E * i + e];
}

/// x[k] *= w[k], interleaved pairs.
template <class T> void multiply(T* x, const T* w, index_t count) {
  for (index_t k = 0; k < count; ++k) {
    const T re = x[2 * k], im = x[2 * k + 1], c = w[2 * k], d = w[2 * k + 1];
    x[2 * k] = re * c - im * d;
    x[2 * k + 1] = re * d + im * c;
  }
}

}  // namespace flatnet::engine
