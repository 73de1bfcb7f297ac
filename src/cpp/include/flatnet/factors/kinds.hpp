#pragma once
/// THE LIST of factor kinds: one constructor each. A kind is a name and a way to fill `Blocks`, `Csr` or `Gather`.
#include "flatnet/factors/factor.hpp"

namespace flatnet {

/// exp(2 pi i k / n), k >= 0, with exact zeros and ones: the angle is folded into the first octant, so cos(pi/2) is 0, not 6e-17.
c128 unit_root(index_t k, index_t n);

/// m x n, row-major with any strides [elements].
Factor dense(Buffer values, index_t m, index_t n);
/// n x n.
Factor diagonal(Buffer values);
/// I_a (x) K (x) I_d, K (b x c) row-major and shared.
Factor kronecker(index_t a, Buffer core, index_t b, index_t c, index_t d);
/// values[i,j,k,l] at row (i*b+j)*d+l, column (i*c+k)*d+l; share_a / share_d: that axis of `values` has length 1.
Factor kronecker_sparse(Buffer values, index_t a, index_t b, index_t c, index_t d, bool share_a = false, bool share_d = false);
/// Radix-2 decimation-in-time stage `stage` = 0 .. log2(n)-1 of the DFT on n points:
/// I_{n/2d} (x) [[I, W], [I, -W]] with d = 2^stage and W = diag(exp(-+ 2 pi i l / 2d)), l < d (plus sign for the inverse).
Factor fourier_stage(index_t n, int stage, bool inverse = false);
/// Compressed sparse rows; columns ascending and in range, begin non-decreasing (checked).
Factor sparse(index_t rows, index_t cols, Index begin, std::vector<index_t> indices, Buffer values);
/// y[r] = x[index[r]]; a permutation of 0 .. n-1 (checked).
Factor permutation(Index index);

/// A buffer holding a copy of `count` elements.
template <class T> Buffer copy_of(const T* data, index_t count) {
  auto p = allocate(count, dtype_of<T>::value);
  T* to = static_cast<T*>(p.get());
  for (index_t i = 0; i < count; ++i) to[i] = data[i];
  return {p, count, dtype_of<T>::value};
}
template <class T> Buffer copy_of(std::initializer_list<T> list) {
  return copy_of(list.begin(), static_cast<index_t>(list.size()));
}

}  // namespace flatnet
