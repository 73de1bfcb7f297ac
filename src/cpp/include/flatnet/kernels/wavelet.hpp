#pragma once
/// One level of a discrete wavelet transform, away from the boundary: the caller extends the signal, kernels see valid samples.
/// A sample is a row of `width` components (1 real, 2 for a complex number, more when other axes lie innermost).
#include "flatnet/core/types.hpp"

namespace flatnet::kernels {

/// Analysis, k in [0, count): lo[k] = sum_m low[m] x[2k+m], hi[k] likewise, m in [0, taps).
/// `filters` holds low[0], high[0], low[1], high[1], ... in the type of the samples.
/// Synthesis, p in [0, count): y[2p+s] = sum_i a_s[i] lo[p+i] + d_s[i] hi[p+i], i in [0, taps), s in {0, 1}.
/// `filters` holds a_0[0], a_1[0], d_0[0], d_1[0], a_0[1], ...; x is then what is written.
/// Terms are added in the order of their index, each by one fused multiply-add where the instruction set has one: an element's
/// bits do not depend on where it stands.
struct WaveletArgs {
  index_t count;
  index_t width;  // components a row
  index_t taps;
  const void* filters;
  void* x;
  void* lo;
  void* hi;
  index_t x_step, lo_step, hi_step;  // from one row to the next [components]
  /// What is not read again soon may pass by the caches: lo and hi of the analysis, x of the synthesis. It is for the caller
  /// to put a sequentially consistent fence between a kernel and other threads' reads.
  bool stream_lo = false, stream_hi = false, stream_x = false;
};

/// Entries by component size (size_index). `line` wants rows that follow each other without gaps (all steps equal to width)
/// and puts vectors along the samples; `rows` puts them along the row.
struct WaveletTable {
  void (*analyze_line[2])(const WaveletArgs&) noexcept;
  void (*analyze_rows[2])(const WaveletArgs&) noexcept;
  void (*synthesize_line[2])(const WaveletArgs&) noexcept;
  void (*synthesize_rows[2])(const WaveletArgs&) noexcept;
};

}  // namespace flatnet::kernels
