#pragma once
/// One level of a wavelet transform on one block of rows: what lies at the boundary is extended into a scratch buffer, what
/// lies inside goes from the source to the kernel as it is.
#include "flatnet/engine/wavelet.hpp"
#include "flatnet/kernels/wavelet.hpp"

namespace flatnet::engine {

/// Rows of `width` components, `step` components apart.
template <class T> struct Rows {
  T* data;
  index_t step;
  T* row(index_t r) const { return data + r * step; }
};

/// The rows, at most three, whose weighted sum stands for row p of a signal of n rows.
struct Mixture {
  int terms = 0;
  index_t row[3] = {};
  double weight[3] = {};
};
Mixture extension(WaveletMode mode, index_t n, index_t p);
/// y = row p of the extended signal.
template <class T> void extended_row(WaveletMode mode, index_t n, index_t p, Rows<const T> x, index_t width, T* y);

/// A pass of the cascade: what all its rows share.
template <class T> struct Level {
  const kernels::WaveletTable& kernels;
  const FilterBank& bank;
  WaveletMode mode;
  index_t width;
  bool line;          // rows follow each other: vectors along the samples
  bool past = false;  // results pass by the caches: a fence is due before other threads read them

  /// Rows of `inner` components lie side by side; `width` of them, a column of the array, take part.
  Level(const kernels::Table& table, const FilterBank& bank, WaveletMode mode, index_t inner, index_t width);

  /// Components of scratch that a call of either function needs.
  index_t scratch() const;
  /// Coefficients first .. last - 1 of n samples; lo and hi point to coefficient 0. lo is a result when `done`.
  void analyze(Rows<const T> x, index_t n, index_t first, index_t last, Rows<T> lo, Rows<T> hi, T* scratch, bool done) const;
  /// Samples first .. last - 1 from m coefficients; y points to sample 0. first is even. y is a result when `done`.
  void synthesize(Rows<const T> lo, Rows<const T> hi, index_t m, index_t first, index_t last, Rows<T> y, T* scratch,
                  bool done) const;

 private:
  void run_analysis(const T* x, index_t x_step, index_t count, T* lo, index_t lo_step, T* hi, index_t hi_step, bool past_lo,
                    bool past_hi) const;
  void run_synthesis(const T* lo, index_t lo_step, const T* hi, index_t hi_step, index_t count, T* y, index_t y_step,
                     bool past_y) const;
  void analyze_edge(Rows<const T> x, index_t n, index_t first, index_t last, Rows<T> lo, Rows<T> hi, T* scratch) const;
  void synthesize_edge(Rows<const T> lo, Rows<const T> hi, index_t m, index_t first, index_t last, Rows<T> y, T* scratch) const;
};

}  // namespace flatnet::engine
