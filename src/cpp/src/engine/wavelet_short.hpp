#pragma once
/// Levels of short lines: each line is extended once, in a buffer, by weights that are worked out once for all of them. The
/// shortest lines of the buffer are one line to the kernel; the coefficients between two of them are left behind.
#include <vector>

#include "wavelet_level.hpp"

namespace flatnet::engine {

inline constexpr index_t wavelet_short = index_t{1} << 12;  // components of a line that counts as short
inline constexpr index_t wavelet_lines = 16;                // lines that go through a level together

template <class T> class ShortLevels {
 public:
  /// lengths: of the signal, then of each level's coefficients. Samples are rows of `width` components side by side.
  ShortLevels(const kernels::Table& table, const FilterBank& bank, WaveletMode mode, index_t width, const index_t* lengths,
              index_t levels);
  /// Components of scratch for `lines` lines.
  index_t scratch(index_t lines) const { return 2 * lines * pitch_; }
  /// Lines at a distance of x_step. out: approximation, then details from the coarsest level to the finest, each line's
  /// coefficients behind those of the line before; `first` lines of each are skipped.
  void analyze(index_t lines, const T* x, index_t x_step, T* const* out, index_t first, T* scratch) const;

 private:
  // A sample beyond the ends: at row `to` of the extended line, a weighted sum of rows of it.
  struct Beyond {
    index_t to, row[3];
    int terms;
    T weight[3];
  };
  struct Step {
    index_t before, start, n, count, pitch;  // rows before the signal, first one used, samples, coefficients; line to line
    std::vector<Beyond> beyond;
  };
  const Step& step(index_t level) const { return steps_[step_[static_cast<std::size_t>(level)]]; }
  void extend(const Step& step, T* line) const;

  const kernels::WaveletTable& kernels_;
  const FilterBank& bank_;
  index_t width_, pitch_;
  std::vector<Step> steps_;
  std::vector<std::size_t> step_;  // of each level: those of a very short signal are alike
};

}  // namespace flatnet::engine
