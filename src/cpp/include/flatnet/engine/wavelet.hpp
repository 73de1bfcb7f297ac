#pragma once
/// Discrete wavelet transforms along one axis, or two neighbouring ones, of an array of float32 or float64 components.
///
/// With low and high pass h, g of K taps and the signal x extended beyond its ends by the mode:
///   cA[k] = sum_j h[j] x[2k + o - j],  cD[k] = sum_j g[j] x[2k + o - j],  o = K/2 for periodization, else 1.
#include <vector>

#include "flatnet/core/types.hpp"
#include "flatnet/kernels/table.hpp"

namespace flatnet::engine {

/// How a signal goes on beyond its ends, in PyWavelets' order.
enum class WaveletMode : int {
  zero = 0,
  constant,
  symmetric,
  periodic,
  smooth,
  periodization,
  reflect,
  antisymmetric,
  antireflect
};
inline constexpr int wavelet_modes = 9;

/// Four filters of one length, arranged for the kernels in both precisions. Immutable.
class FilterBank {
 public:
  /// Throws shape_error when the lengths differ or are 0.
  FilterBank(const std::vector<double>& dec_lo, const std::vector<double>& dec_hi, const std::vector<double>& rec_lo,
             const std::vector<double>& rec_hi);

  index_t taps() const { return taps_; }
  /// low[0], high[0], low[1], ... with low[m] the weight of sample 2k + o - (K-1) + m.
  template <class T> const T* analysis() const;
  /// a_0[0], a_1[0], d_0[0], d_1[0], a_0[1], ...: weights of the K/2 coefficients that meet in two samples.
  template <class T> const T* synthesis() const;

 private:
  index_t taps_;
  std::vector<double> analysis64_, synthesis64_;
  std::vector<float> analysis32_, synthesis32_;
};

/// Coefficients of a level over n >= 1 samples: ceil(n/2) for periodization, else floor((n + taps - 1) / 2).
index_t wavelet_length(index_t n, index_t taps, WaveletMode mode);
/// Samples that m coefficients give: 2m for periodization, else 2m - taps + 2 (may be < 1).
index_t wavelet_inverse_length(index_t m, index_t taps, WaveletMode mode);

/// Where the samples of x lie: `outer` blocks of n rows of `inner` components (a complex number has two), which stand side by
/// side in a row. Distances in components; where inner is less than wavelet_rows_from() the rows follow each other: step == inner.
struct WaveletArray {
  index_t outer, n, inner;
  index_t block_step, step;
};
index_t wavelet_rows_from(Dtype component);

/// `levels` >= 1 levels. out: approximation, then details from the coarsest level to the finest, each (outer, length, inner) in
/// C order. Throws shape_error for an empty axis, or a level of length 1 in a mode that reflects about a sample; nothing has
/// been written then.
void wavelet_dec(Dtype component, const FilterBank& bank, WaveletMode mode, index_t levels, const WaveletArray& x,
                 const void* data, void* const* out, int threads, const kernels::Table* table = nullptr);

/// The inverse. coefficients: approximation, then details, C order; lengths[l] >= 1 is the axis of details l and also says how
/// much of the approximation so far is used; lengths[0] is that of the approximation. y: (outer, result, inner), result =
/// wavelet_inverse_length of the last. Throws shape_error for an odd number of taps and for lengths that do not fit.
void wavelet_rec(Dtype component, const FilterBank& bank, WaveletMode mode, const std::vector<index_t>& lengths, index_t outer,
                 index_t inner, const void* const* coefficients, void* y, int threads, const kernels::Table* table = nullptr);

/// What differs between the two neighbouring axes of a plane.
struct WaveletPlane {
  const FilterBank* bank[2];
  WaveletMode mode[2];
};
/// `outer` planes of n0 x n1 rows of `inner` components; the n1 rows of a line follow each other. Distances in components.
struct WaveletPlanes {
  index_t outer, n0, n1, inner;
  index_t block_step, step;
};

/// One level along two neighbouring axes. out: approximation on both, then details along the second, the first and both axes,
/// each (outer, length 0, length 1, inner) in C order. Errors as for wavelet_dec.
void wavelet_dec2(Dtype component, const WaveletPlane& plane, const WaveletPlanes& x, const void* data, void* const* out,
                  int threads, const kernels::Table* table = nullptr);

/// The inverse, from coefficients (outer, m0, m1, inner) in C order: x gives outer, m0, m1 and inner as its sizes and the
/// distances between planes and lines of each. Errors as for wavelet_rec.
void wavelet_rec2(Dtype component, const WaveletPlane& plane, const WaveletPlanes& x, const void* const* coefficients, void* y,
                  int threads, const kernels::Table* table = nullptr);

}  // namespace flatnet::engine
