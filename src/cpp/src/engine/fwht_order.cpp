// Other orders of the rows of H. The row of sequency i is row reverse(i ^ i >> 1) of the natural order, the dyadic row i is row
// reverse(i): both maps are linear over GF(2), place(i ^ j) = place(i) ^ place(j).
#include <algorithm>
#include <cstring>

#include "fwht_parts.hpp"

namespace flatnet::engine::walsh {
namespace {

// Indices are high | middle | low, `side` bits at each end: the low bits of i are the high ones of place(i), so that a tile of
// all high and low bits reads and writes runs of 2^side elements.
constexpr int side = 4;

template <class T>
void reorder_as(FwhtOrder order, int log_n, const T* x, T* y, index_t y_step, index_t first, index_t end) {
  const auto move = [&](index_t to, index_t from) { std::memcpy(y + to * y_step, x + from, sizeof(T)); };
  if (log_n < 2 * side) {
    for (index_t i = first; i < end; ++i) move(i, place(order, log_n, i));
    return;
  }
  const int above = log_n - side;
  index_t high[1 << side], low[1 << side];
  for (index_t a = 0; a < 1 << side; ++a) high[a] = place(order, log_n, a << above), low[a] = place(order, log_n, a);
  for (index_t m = first >> (2 * side); m < end >> (2 * side); ++m) {
    const index_t to = m << side, from = place(order, log_n, to);
    for (index_t b = 0; b < 1 << side; ++b)
      for (index_t a = 0; a < 1 << side; ++a) move(a << above | to | b, from ^ high[a] ^ low[b]);
  }
}

}  // namespace

index_t place(FwhtOrder order, int log_n, index_t i) {
  if (order == FwhtOrder::natural) return i;
  if (order == FwhtOrder::sequency) i ^= i >> 1;
  index_t reversed = 0;
  for (int b = 0; b < log_n; ++b) reversed |= (i >> b & 1) << (log_n - 1 - b);
  return reversed;
}

void reorder(FwhtOrder order, int log_n, index_t bytes, const void* x, void* y, index_t y_step, index_t first, index_t end) {
  struct Pair { std::uint64_t halves[2]; };
  const auto as = [&](auto element) {
    using T = decltype(element);
    reorder_as(order, log_n, static_cast<const T*>(x), static_cast<T*>(y), y_step, first, end);
  };
  if (bytes == 4) return as(std::uint32_t{});
  if (bytes == 8) return as(std::uint64_t{});
  as(Pair{});
}

}  // namespace flatnet::engine::walsh
