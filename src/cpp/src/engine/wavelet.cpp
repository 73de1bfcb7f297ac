// Cascades along one axis. Work is parted by blocks and columns while there are enough of them: all levels of a part then run
// in the second-level cache. A few long signals are parted within each level instead.
#include "flatnet/engine/wavelet.hpp"

#include <algorithm>
#include <memory>

#include "flatnet/core/check.hpp"
#include "flatnet/core/isa.hpp"
#include "wavelet_parts.hpp"
#include "wavelet_short.hpp"

namespace flatnet::engine {
namespace {

// Of the signal, then of each level's coefficients.
std::vector<index_t> lengths_of(index_t n, index_t taps, WaveletMode mode, index_t levels) {
  std::vector<index_t> lengths{n};
  for (index_t l = 0; l < levels; ++l) {
    require(n >= 1, "a wavelet transform needs at least 1 sample, the axis has ", n);
    require(n > 1 || (mode != WaveletMode::reflect && mode != WaveletMode::antireflect),
            "a mode that reflects about a sample needs at least 2 of them, level ", l + 1, " has 1");
    lengths.push_back(n = wavelet_length(n, taps, mode));
  }
  return lengths;
}

template <class T> struct Decomposition {
  const kernels::Table& table;
  const FilterBank& bank;
  WaveletMode mode;
  index_t levels;
  const WaveletArray& x;
  std::vector<index_t> lengths;
  const T* data;
  std::vector<T*> out;

  index_t length(index_t level) const { return lengths[static_cast<std::size_t>(level)]; }
  bool past() const {
    return static_cast<double>(x.outer * length(0)) * static_cast<double>(x.inner * sizeof(T)) > wavelet_past;
  }
  WaveletBuffers buffers() const {
    WaveletBuffers b;
    for (index_t l = 1; l < levels; ++l) b.fit(l, length(l));
    return b;
  }
  // Coefficients of one block in out[i], of a level of n of them.
  Rows<T> target(index_t i, index_t n, index_t block, index_t column) const {
    return {out[static_cast<std::size_t>(i)] + block * n * x.inner + column, x.inner};
  }

  // All levels of one block's columns: run(samples, n, coefficients, lo, hi, whether lo is a result).
  template <class Run> void cascade(index_t block, index_t column, index_t width, const WaveletBuffers& b, T* kept,
                                    Run&& run) const {
    Rows<const T> from{data + block * x.block_step + column, x.step};
    for (index_t l = 1; l <= levels; ++l) {
      const index_t count = length(l);
      const Rows<T> lo = l == levels ? target(0, count, block, column) : b.get(l, kept, width);
      run(from, length(l - 1), count, lo, target(levels + 1 - l, count, block, column), l == levels);
      from = {lo.data, lo.step};
    }
  }

  void run(int threads) const {
    const WaveletBuffers b = buffers();
    const WaveletParts parts(x.outer, x.inner, column_chunk(x.inner, b.both(), sizeof(T)), length(0));
    if (threads > 1 && parts.tasks() < 2 * threads && length(0) >= 64) return in_ranges(b, threads);
    if (x.inner < wavelet_rows_from(dtype_of<T>::value)) return in_lines(threads);
    const index_t edge = b.both() * parts.chunk;
    each_level<T>(table, bank, mode, parts, edge, past(), threads, [&](Level<T>& level, index_t part, T* scratch) {
      cascade(part / parts.chunks, parts.column(part), level.width, b, scratch,
              [&](Rows<const T> from, index_t n, index_t count, Rows<T> lo, Rows<T> hi, bool done) {
                level.analyze(from, n, 0, count, lo, hi, scratch + edge, done);
              });
    });
  }

  // Samples side by side: long levels line by line, short ones for some lines together.
  void in_lines(int threads) const {
    index_t own = 0;
    const auto inside = [&](index_t l) { return bank.taps() == 2 && length(l) % 2 == 0; };  // no boundary is met
    while (own < levels && (length(own) * x.inner > wavelet_short || inside(own))) ++own;
    WaveletBuffers b;
    for (index_t l = 1; l <= own; ++l) b.fit(l, length(l));
    Level<T> level(table, bank, mode, x.inner, x.inner);
    level.past = past();
    const ShortLevels<T> rest(table, bank, mode, x.inner, lengths.data() + own, levels - own);
    const index_t group = own > 0 ? 1 : std::clamp<index_t>(2 * wavelet_short / (length(0) * x.inner), 1, wavelet_lines);
    const WaveletParts parts((x.outer + group - 1) / group, x.inner, x.inner, group * length(0));
    const index_t edge = b.both() * x.inner;
    each_part<T>(parts, edge + std::max(level.scratch(), rest.scratch(group)), past(), threads, [&](index_t part, T* scratch) {
      const index_t block = part * group;
      Rows<const T> from{data + block * x.block_step, x.inner};
      for (index_t l = 1; l <= own; ++l) {
        const Rows<T> lo = l == levels ? target(0, length(l), block, 0) : b.get(l, scratch, x.inner);
        level.analyze(from, length(l - 1), 0, length(l), lo, target(levels + 1 - l, length(l), block, 0), scratch + edge,
                      l == levels);
        from = {lo.data, lo.step};
      }
      if (own < levels)
        rest.analyze(std::min(group, x.outer - block), from.data, x.block_step, out.data(), block, scratch + edge);
    });
  }

  void in_ranges(const WaveletBuffers& b, int threads) const {
    Level<T> level(table, bank, mode, x.inner, x.inner);
    level.past = past();
    const Workspace<T> workspace(b.both() * x.inner, level.scratch(), threads);
    for (index_t block = 0; block < x.outer; ++block)
      cascade(block, 0, x.inner, b, workspace.shared(),
              [&](Rows<const T> from, index_t n, index_t count, Rows<T> lo, Rows<T> hi, bool done) {
                each_range(count, 2 * x.inner, workspace, level.past, threads, [&](index_t first, index_t last, T* edge) {
                  level.analyze(from, n, first, last, lo, hi, edge, done);
                });
              });
  }
};

// Two taps over an even number of samples meet no boundary. While all lengths are even, lines that follow each other are one
// line, which may be cut anywhere between pairs of its last level: short lines are joined, long ones cut to what stays in cache
// through as many levels as can be. The levels that are left follow by themselves.
template <class T> void decompose(const Decomposition<T>& all, int threads) {
  const WaveletArray& x = all.x;
  const HaarLine haar(x.inner < wavelet_rows_from(dtype_of<T>::value));
  index_t joint = 0;
  while (joint < all.levels && all.length(joint) % 2 == 0 && (haar.least << (joint + 1)) * x.inner <= haar.components) ++joint;
  const bool contiguous = x.step == x.inner && (x.outer == 1 || x.block_step == x.n * x.inner);
  const bool uncut = x.n * x.inner <= haar.components && (x.outer == 1 || x.n * x.inner > haar.components / 2);
  if (all.bank.taps() != 2 || !contiguous || uncut || joint == 0 || (joint < all.levels && joint < 4)) return all.run(threads);
  const index_t samples = x.outer * x.n, left = all.levels - joint, line = haar.components / x.inner >> joint << joint;
  const std::unique_ptr<T[]> kept(left > 0 ? new T[static_cast<std::size_t>((samples >> joint) * x.inner)] : nullptr);
  const auto piece = [&](index_t first, index_t lines, index_t n) {
    if (lines == 0 || n == 0) return;
    const WaveletArray part{lines, n, x.inner, n * x.inner, x.inner};
    std::vector<index_t> lengths{n};
    std::vector<T*> out{(left > 0 ? kept.get() : all.out[0]) + (first >> joint) * x.inner};
    for (index_t l = joint; l >= 1; --l)
      out.push_back(all.out[static_cast<std::size_t>(all.levels + 1 - l)] + (first >> l) * x.inner);
    for (index_t l = 1; l <= joint; ++l) lengths.push_back(n >> l);
    Decomposition<T>{all.table, all.bank, all.mode, joint, part, std::move(lengths), all.data + first * x.inner, std::move(out)}
        .run(threads);
  };
  const index_t whole = samples / line;
  piece(0, whole, line);
  piece(whole * line, 1, samples - whole * line);
  if (left == 0) return;
  const index_t n = all.length(joint);
  const WaveletArray rest{x.outer, n, x.inner, n * x.inner, x.inner};
  decompose(Decomposition<T>{all.table,
                             all.bank,
                             all.mode,
                             left,
                             rest,
                             {all.lengths.begin() + joint, all.lengths.end()},
                             kept.get(),
                             {all.out.begin(), all.out.begin() + left + 1}},
            threads);
}

template <class T, class F> void with_pointers(void* const* pointers, std::size_t count, F&& f) {
  std::vector<T*> typed(count);
  for (std::size_t i = 0; i < count; ++i) typed[i] = static_cast<T*>(pointers[i]);
  f(std::move(typed));
}

}  // namespace

void wavelet_dec(Dtype component, const FilterBank& bank, WaveletMode mode, index_t levels, const WaveletArray& x,
                 const void* data, void* const* out, int threads, const kernels::Table* table) {
  require(levels >= 1, "a wavelet decomposition needs at least 1 level, got ", levels);
  std::vector<index_t> lengths = lengths_of(x.n, bank.taps(), mode, levels);
  if (x.outer == 0 || x.inner == 0) return;
  const int team =
      wavelet_team(static_cast<double>(x.outer) * static_cast<double>(x.n) * static_cast<double>(x.inner), threads);
  const auto run = [&](auto t) {
    using T = decltype(t);
    with_pointers<T>(out, static_cast<std::size_t>(levels) + 1, [&](std::vector<T*> typed) {
      decompose(Decomposition<T>{table ? *table : active_kernels(), bank, mode, levels, x, std::move(lengths),
                                 static_cast<const T*>(data), std::move(typed)},
                team);
    });
  };
  component == Dtype::f32 ? run(float{}) : run(double{});
}

}  // namespace flatnet::engine
