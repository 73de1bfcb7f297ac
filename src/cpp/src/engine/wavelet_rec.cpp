// Reconstruction along one axis.
#include <algorithm>
#include <memory>

#include "flatnet/core/check.hpp"
#include "flatnet/core/isa.hpp"
#include "wavelet_parts.hpp"

namespace flatnet::engine {
namespace {

constexpr index_t long_signal = index_t{1} << 17;      // components of a signal that is rebuilt tile by tile
constexpr index_t tile_components = index_t{1} << 14;  // of such a tile
constexpr index_t tile_inner = 64;                     // widest row of such a signal
constexpr index_t tile_levels = 6;                     // levels that a tile runs through

template <class T> struct Reconstruction {
  const kernels::Table& table;
  const FilterBank& bank;
  WaveletMode mode;
  const std::vector<index_t>& lengths;
  index_t outer, inner, n;
  std::vector<const T*> coefficients;
  T* y;

  index_t levels() const { return static_cast<index_t>(lengths.size()) - 1; }
  index_t used(index_t level) const { return lengths[static_cast<std::size_t>(level)]; }
  // Samples that a level leaves behind: one more than the next uses where that is odd.
  index_t left(index_t level) const { return level == levels() ? n : (used(level + 1) + 1) / 2 * 2; }
  bool past() const { return static_cast<double>(outer * n) * static_cast<double>(inner * sizeof(T)) > wavelet_past; }
  WaveletBuffers buffers() const {
    WaveletBuffers b;
    for (index_t l = 1; l < levels(); ++l) b.fit(l, left(l));
    return b;
  }
  Rows<const T> coefficient(index_t i, index_t block, index_t column) const {
    return {coefficients[static_cast<std::size_t>(i)] + block * used(i) * inner + column, inner};
  }

  // All levels of one block's columns: run(lo, hi, coefficients, samples, target, whether it is the result).
  template <class Run> void cascade(index_t block, index_t column, index_t width, const WaveletBuffers& b, T* kept,
                                    Run&& run) const {
    Rows<const T> lo = coefficient(0, block, column);
    for (index_t l = 1; l <= levels(); ++l) {
      const Rows<T> to = l == levels() ? Rows<T>{y + block * n * inner + column, inner} : b.get(l, kept, width);
      run(lo, coefficient(l, block, column), used(l), left(l), to, l == levels());
      lo = {to.data, to.step};
    }
  }

  void run(int threads) const {
    if (mode != WaveletMode::periodization && inner <= tile_inner && n * inner >= long_signal && levels() > 1)
      return in_tiles(threads);
    const WaveletBuffers b = buffers();
    const WaveletParts parts(outer, inner, column_chunk(inner, b.both(), sizeof(T)), n);
    if (threads > 1 && parts.tasks() < 2 * threads && n >= 64) return in_ranges(b, threads);
    const index_t edge = b.both() * parts.chunk;
    each_level<T>(table, bank, mode, parts, edge, past(), threads, [&](Level<T>& level, index_t part, T* scratch) {
      cascade(part / parts.chunks, parts.column(part), level.width, b, scratch,
              [&](Rows<const T> lo, Rows<const T> hi, index_t m, index_t count, Rows<T> to, bool done) {
                level.synthesize(lo, hi, m, 0, count, to, scratch + edge, done);
              });
    });
  }

  // Tiles of the signal, each from the coefficients that it needs: the finest levels of a tile run while it is in cache. Only
  // without wrap-around does a tile need one run of each level.
  void in_tiles(int threads) const {
    const index_t fused = std::min(levels(), tile_levels), base = levels() - fused, half = bank.taps() / 2;
    const index_t length = std::max(64 * half, tile_components / inner / 2 * 2), room = (length + 2 * half + 4) * inner;
    Level<T> level(table, bank, mode, inner, inner);
    level.past = past();
    std::vector<T> start(static_cast<std::size_t>(base > 0 ? outer * left(base) * inner : 0));
    std::vector<index_t> coarse(lengths.begin(), lengths.begin() + base + 1);
    if (base > 0)
      Reconstruction{table,       bank,  mode,       coarse,
                     outer,       inner, left(base), {coefficients.begin(), coefficients.begin() + base + 1},
                     start.data()}
          .run(threads);
    const index_t tiles = (n + length - 1) / length;
    const Workspace<T> workspace(0, 2 * room + level.scratch(), threads);
    parallel_for(outer * tiles, threads, [&](index_t task, int thread) {
      const index_t block = task / tiles;
      T* const own = workspace.own(thread);
      index_t first[tile_levels + 1], last[tile_levels + 1];  // samples of each level, from the finest
      first[0] = task % tiles * length;
      last[0] = std::min(n, first[0] + length);
      for (index_t l = 1; l < fused; ++l) {
        first[l] = first[l - 1] / 2 / 2 * 2;
        last[l] = (last[l - 1] - 1) / 2 + half;
      }
      Rows<const T> lo = base > 0 ? Rows<const T>{start.data() + block * left(base) * inner, inner} : coefficient(0, block, 0);
      for (index_t l = fused; l-- > 0;) {
        const index_t at = levels() - l;
        const Rows<T> to =
            l == 0 ? Rows<T>{y + block * n * inner, inner} : Rows<T>{own + l % 2 * room - first[l] * inner, inner};
        level.synthesize(lo, coefficient(at, block, 0), used(at), first[l], last[l], to, own + 2 * room, l == 0);
        lo = {to.data, to.step};
      }
      wavelet_fence(level.past);
    });
  }

  void in_ranges(const WaveletBuffers& b, int threads) const {
    Level<T> level(table, bank, mode, inner, inner);
    level.past = past();
    const Workspace<T> workspace(b.both() * inner, level.scratch(), threads);
    for (index_t block = 0; block < outer; ++block)
      cascade(block, 0, inner, b, workspace.shared(),
              [&](Rows<const T> lo, Rows<const T> hi, index_t m, index_t count, Rows<T> to, bool done) {
                each_range(count, inner, workspace, level.past, threads, [&](index_t first, index_t last, T* edge) {
                  level.synthesize(lo, hi, m, first, last, to, edge, done);
                });
              });
  }
};

// The inverse of `decompose`: the finest levels over lines joined or cut, the others before them.
template <class T> void reconstruct(const Reconstruction<T>& all, int threads) {
  const index_t levels = all.levels(), inner = all.inner, size = all.n * inner;
  const HaarLine haar(inner < wavelet_rows_from(dtype_of<T>::value));
  index_t joint = 0;
  while (joint < levels && (joint == 0 || all.used(levels - joint + 1) % 2 == 0) &&
         (haar.least << (joint + 1)) * inner <= haar.components)
    ++joint;
  const index_t left = levels - joint, samples = all.outer * all.n, line = haar.components / inner >> joint << joint;
  const bool uncut = size <= haar.components && (all.outer == 1 || size > haar.components / 2);
  if (all.bank.taps() != 2 || uncut || joint == 0 || (left > 0 && (joint < 4 || all.used(left + 1) % 2 != 0)))
    return all.run(threads);
  const std::unique_ptr<T[]> kept(left > 0 ? new T[static_cast<std::size_t>((samples >> joint) * inner)] : nullptr);
  if (left > 0) {
    const std::vector<index_t> lengths(all.lengths.begin(), all.lengths.begin() + left + 1);
    reconstruct(Reconstruction<T>{all.table,
                                  all.bank,
                                  all.mode,
                                  lengths,
                                  all.outer,
                                  inner,
                                  all.used(left + 1),
                                  {all.coefficients.begin(), all.coefficients.begin() + left + 1},
                                  kept.get()},
                threads);
  }
  const auto piece = [&](index_t first, index_t lines, index_t n) {
    if (lines == 0 || n == 0) return;
    std::vector<index_t> lengths{n >> joint};
    std::vector<const T*> from{(left > 0 ? kept.get() : all.coefficients[0]) + (first >> joint) * inner};
    for (index_t l = joint; l >= 1; --l) {
      lengths.push_back(n >> l);
      from.push_back(all.coefficients[static_cast<std::size_t>(levels + 1 - l)] + (first >> l) * inner);
    }
    Reconstruction<T>{all.table, all.bank, all.mode, lengths, lines, inner, n, std::move(from), all.y + first * inner}.run(
        threads);
  };
  const index_t whole = samples / line;
  piece(0, whole, line);
  piece(whole * line, 1, samples - whole * line);
}

}  // namespace

void wavelet_rec(Dtype component, const FilterBank& bank, WaveletMode mode, const std::vector<index_t>& lengths, index_t outer,
                 index_t inner, const void* const* coefficients, void* y, int threads, const kernels::Table* table) {
  require(bank.taps() % 2 == 0, "an inverse wavelet transform needs filters of even length, got ", bank.taps(), " taps");
  require(lengths.size() >= 2 && lengths[0] == lengths[1], "details of length ", lengths.size() >= 2 ? lengths[1] : 0,
          " do not go with an approximation of length ", lengths.empty() ? 0 : lengths[0]);
  index_t n = 0;
  for (std::size_t l = 1; l < lengths.size(); ++l) {
    require(lengths[l] >= 1 && (l == 1 || lengths[l] == n || lengths[l] == n - 1), "details of length ", lengths[l],
            " do not go with an approximation of length ", l == 1 ? lengths[0] : n);
    n = wavelet_inverse_length(lengths[l], bank.taps(), mode);
    require(n >= 1, lengths[l], " coefficients are too few for ", bank.taps(),
            " taps: filters and mode must be those of the decomposition");
  }
  if (outer == 0 || inner == 0) return;
  const int team = wavelet_team(static_cast<double>(outer) * static_cast<double>(n) * static_cast<double>(inner), threads);
  const auto run = [&](auto t) {
    using T = decltype(t);
    std::vector<const T*> typed;
    for (std::size_t i = 0; i < lengths.size(); ++i) typed.push_back(static_cast<const T*>(coefficients[i]));
    reconstruct(Reconstruction<T>{table ? *table : active_kernels(), bank, mode, lengths, outer, inner, n, std::move(typed),
                                  static_cast<T*>(y)},
                team);
  };
  component == Dtype::f32 ? run(float{}) : run(double{});
}

}  // namespace flatnet::engine
