#pragma once
/// Convolutions along one axis: transform, product with the kernel's spectrum and transform back while a block is in cache.
#include <memory>
#include <vector>

#include "flatnet/engine/lines.hpp"
#include "flatnet/kernels/table.hpp"

namespace flatnet::engine {

/// y[i] = sum_k v[k] a[first + i - k], i < a.n_out: a stretch of the full convolution of a.n_in + v.n_in - 1 elements.
/// `a` goes from the data to y, `v` from the kernels to y: both have y's batch, steps of 0 where they repeat. dtype: i64 (sums
/// modulo 2^64), f32, f64, c64, c128. y overlaps neither input. The result does not depend on `threads`.
void convolve(Dtype dtype, const Lines& a, const Lines& v, const void* a_data, const void* v_data, void* y, index_t first,
              int threads, const kernels::Table* table = nullptr);

/// A circulant matrix: y[i] = sum_k kernel[k] x[(i - k) mod n], with the kernel's spectrum kept. Immutable; used from many
/// threads.
class Circulant {
 public:
  /// n contiguous elements of the kernel; dtype f32, f64, c64 or c128.
  Circulant(Dtype dtype, index_t n, const void* kernel, const kernels::Table* table = nullptr);

  /// Data of the kernel's precision, real or complex; complex for a complex kernel. y may be x (same strides).
  void apply(bool complex_data, const Lines& lines, const void* x, void* y, int threads) const;

  Dtype dtype() const { return dtype_; }
  index_t n() const { return n_; }
  index_t nbytes() const { return static_cast<index_t>(spectrum_.size()); }
  /// n interleaved pairs, divided by n.
  const void* spectrum() const { return spectrum_.data(); }

 private:
  Dtype dtype_;
  index_t n_;
  const kernels::Table& table_;
  std::vector<std::byte> spectrum_;
};

}  // namespace flatnet::engine
