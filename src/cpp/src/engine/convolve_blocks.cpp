#include "convolve_blocks.hpp"

#include <algorithm>
#include <cmath>

namespace flatnet::engine::convolution {
namespace {

/// Relative cost of a transform there and back: operations, dearer where the block leaves the caches.
double cost(index_t length, index_t element_bytes) {
  const double n = static_cast<double>(length), bytes = n * static_cast<double>(element_bytes);
  const double cache = bytes <= 512e3 ? 1.0 : bytes <= 8e6 ? 1.4 : 2.0;
  return n * (std::log2(n) + 5.0) * cache;
}

/// The smallest 2^a 3^b 5^c >= n, a multiple of 8 (complex transforms of half the length then have full vectors).
index_t smooth(index_t n) {
  index_t best = 8;
  while (best < n) best *= 2;
  for (index_t five = 8; five < best; five *= 5)
    for (index_t three = five; three < best; three *= 3) {
      index_t product = three;
      while (product < n) product *= 2;
      best = std::min(best, product);
    }
  return best;
}

}  // namespace

Blocks blocks(index_t n_a, index_t taps, index_t first, index_t n_y, index_t element_bytes) {
  // One block: what wraps around must miss the outputs.
  const index_t full = n_a + taps - 1;
  const index_t length = smooth(std::max({full - first, first + n_y, n_a, taps}));
  Blocks best{length, 1, 0, n_y, first};
  double least = cost(length, element_bytes);
  for (index_t power = 64; power < 4 * length; power *= 2) {
    if (power < 2 * taps) continue;
    const index_t step = power - taps + 1, count = (n_y + step - 1) / step;
    const double total = static_cast<double>(count) * cost(power, element_bytes);
    if (total < least) {
      least = total;
      best = {power, count, first - (taps - 1), step, taps - 1};
    }
  }
  return best;
}

bool direct_is_cheaper(index_t n_y, index_t taps) { return std::min(n_y, taps) <= 24; }

}  // namespace flatnet::engine::convolution
