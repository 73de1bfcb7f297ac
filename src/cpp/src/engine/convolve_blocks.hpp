#pragma once
// How a convolution is cut into circular ones, and the sums of products of short kernels. Internal to the engine.
#include "flatnet/core/types.hpp"

namespace flatnet::engine::convolution {

/// Block b reads `length` elements from a[start + b * step] on and writes `step` outputs (the last one fewer), which stand at
/// [skip, skip + step) of the circular convolution.
struct Blocks { index_t length, count, start, step, skip; };

/// The cheapest cut by a model of arithmetic and caches: one block, or overlapping ones (overlap-save).
Blocks blocks(index_t n_a, index_t taps, index_t first, index_t n_y, index_t element_bytes);

/// True where sums of products beat any transform.
bool direct_is_cheaper(index_t n_y, index_t taps);

/// y[i] = sum_k v[k] x[i + taps - 1 - k], i < count.
template <class U> void products(const U* x, const U* v, index_t taps, index_t count, U* y) {
  // Eight neighbouring sums advance together, so that each has one accumulator and a tap is read once for all.
  constexpr index_t group = 64 / static_cast<index_t>(sizeof(U)) * 2;
  index_t i = 0;
  for (; i + group <= count; i += group) {
    U sum[group] = {};
    for (index_t k = 0; k < taps; ++k) {
      const U factor = v[k];
      const U* from = x + i + taps - 1 - k;
      for (index_t j = 0; j < group; ++j) sum[j] += factor * from[j];
    }
    for (index_t j = 0; j < group; ++j) y[i + j] = sum[j];
  }
  for (; i < count; ++i) {
    U sum = 0;
    for (index_t k = 0; k < taps; ++k) sum += v[k] * x[i + taps - 1 - k];
    y[i] = sum;
  }
}

}  // namespace flatnet::engine::convolution
