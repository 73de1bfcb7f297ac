// Cascades along one axis. Work is parted by blocks and columns while there are enough of them: all levels of a part then run
// in the second-level cache. A few long signals are parted within each level instead.
#include "flatnet/engine/wavelet.hpp"

#include <algorithm>

#include "flatnet/core/check.hpp"
#include "flatnet/core/isa.hpp"
#include "wavelet_level.hpp"
#include "wavelet_work.hpp"

namespace flatnet::engine {
namespace {

constexpr index_t long_signal = index_t{1} << 17;      // components of a signal that is rebuilt tile by tile
constexpr index_t tile_components = index_t{1} << 14;  // of such a tile
constexpr index_t tile_inner = 64;                     // widest row of such a signal
constexpr index_t tile_levels = 6;                     // levels that a tile runs through

// Columns that a cascade over `rows` rows of scratch takes at a time: whole cache lines.
index_t column_chunk(index_t inner, index_t rows, index_t size) {
  const index_t line = 64 / size;
  if (inner < line) return inner;
  const index_t fits = wavelet_cache / size / std::max<index_t>(rows, 1) / line * line;
  return std::min(inner, std::max(fits, 2 * line));
}

// Parts of a problem: `blocks` times `chunks` columns, `group` parts a task.
struct Parts {
  index_t blocks, inner, chunk, chunks, group;
  Parts(index_t blocks_, index_t inner_, index_t chunk_, index_t rows)
      : blocks(blocks_),
        inner(inner_),
        chunk(chunk_),
        chunks((inner_ + chunk_ - 1) / chunk_),
        group(std::max<index_t>(1, wavelet_task / std::max<index_t>(1, rows * chunk_))) {}
  index_t count() const { return blocks * chunks; }
  index_t tasks() const { return (count() + group - 1) / group; }
  index_t column(index_t part) const { return part % chunks * chunk; }
  index_t width(index_t part) const { return std::min(chunk, inner - column(part)); }
};

// f(part, scratch of this thread) for all parts, `components` of scratch each.
template <class T, class F> void each_part(const Parts& parts, index_t components, int threads, F&& f) {
  const auto team = static_cast<int>(std::max<index_t>(1, std::min<index_t>(threads, parts.tasks())));
  const Workspace<T> workspace(0, components, team);
  parallel_for(parts.tasks(), team, [&](index_t task, int thread) {
    const index_t end = std::min(parts.count(), (task + 1) * parts.group);
    for (index_t part = task * parts.group; part < end; ++part) f(part, workspace.own(thread));
  });
}

// f(first, last, scratch of this thread) over ranges of [0, count), first even: `cost` components of work per step.
template <class T, class F> void each_range(index_t count, index_t cost, const Workspace<T>& workspace, int threads, F&& f) {
  const index_t range = std::max<index_t>(2, wavelet_task / std::max<index_t>(1, cost) / 2 * 2);
  parallel_for((count + range - 1) / range, threads,
               [&](index_t r, int thread) { f(r * range, std::min(count, (r + 1) * range), workspace.own(thread)); });
}

// Rows of the two buffers that approximations alternate between; short signals grow from level to level.
struct Buffers {
  index_t rows[2] = {0, 0};
  void fit(index_t turn, index_t n) { rows[turn % 2] = std::max(rows[turn % 2], n); }
  index_t both() const { return rows[0] + rows[1]; }
  template <class T> Rows<T> get(index_t turn, T* data, index_t width) const {
    return {data + turn % 2 * rows[0] * width, width};
  }
};

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
  Buffers buffers() const {
    Buffers b;
    for (index_t l = 1; l < levels; ++l) b.fit(l, length(l));
    return b;
  }
  // Coefficients of one block in out[i], of a level of n of them.
  Rows<T> target(index_t i, index_t n, index_t block, index_t column) const {
    return {out[static_cast<std::size_t>(i)] + block * n * x.inner + column, x.inner};
  }

  // All levels of one block's columns: run(samples, n, coefficients, lo, hi).
  template <class Run> void cascade(index_t block, index_t column, index_t width, const Buffers& b, T* kept, Run&& run) const {
    Rows<const T> from{data + block * x.block_step + column, x.step};
    for (index_t l = 1; l <= levels; ++l) {
      const index_t count = length(l);
      const Rows<T> lo = l == levels ? target(0, count, block, column) : b.get(l, kept, width);
      run(from, length(l - 1), count, lo, target(levels + 1 - l, count, block, column));
      from = {lo.data, lo.step};
    }
  }

  void run(int threads) const {
    const Buffers b = buffers();
    const Parts parts(x.outer, x.inner, column_chunk(x.inner, b.both(), sizeof(T)), length(0));
    if (threads > 1 && parts.tasks() < 2 * threads && length(0) >= 64) return in_ranges(b, threads);
    const index_t edge = b.both() * parts.chunk;
    const Level<T> widest(table, bank, mode, parts.inner, parts.chunk);
    each_part<T>(parts, edge + widest.scratch(), threads, [&](index_t part, T* scratch) {
      const Level<T> level(table, bank, mode, parts.inner, parts.width(part));
      cascade(part / parts.chunks, parts.column(part), level.width, b, scratch,
              [&](Rows<const T> from, index_t n, index_t count, Rows<T> lo, Rows<T> hi) {
                level.analyze(from, n, 0, count, lo, hi, scratch + edge);
              });
    });
  }

  void in_ranges(const Buffers& b, int threads) const {
    const Level<T> level(table, bank, mode, x.inner, x.inner);
    const Workspace<T> workspace(b.both() * x.inner, level.scratch(), threads);
    for (index_t block = 0; block < x.outer; ++block)
      cascade(block, 0, x.inner, b, workspace.shared(),
              [&](Rows<const T> from, index_t n, index_t count, Rows<T> lo, Rows<T> hi) {
                each_range(count, 2 * x.inner, workspace, threads,
                           [&](index_t first, index_t last, T* edge) { level.analyze(from, n, first, last, lo, hi, edge); });
              });
  }
};

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
  // Samples that a level leaves behind: what the next one uses.
  index_t left(index_t level) const { return level == levels() ? n : used(level + 1); }
  Buffers buffers() const {
    Buffers b;
    for (index_t l = 1; l < levels(); ++l) b.fit(l, left(l));
    return b;
  }
  Rows<const T> coefficient(index_t i, index_t block, index_t column) const {
    return {coefficients[static_cast<std::size_t>(i)] + block * used(i) * inner + column, inner};
  }

  // All levels of one block's columns: run(lo, hi, coefficients, samples, target).
  template <class Run> void cascade(index_t block, index_t column, index_t width, const Buffers& b, T* kept, Run&& run) const {
    Rows<const T> lo = coefficient(0, block, column);
    for (index_t l = 1; l <= levels(); ++l) {
      const Rows<T> to = l == levels() ? Rows<T>{y + block * n * inner + column, inner} : b.get(l, kept, width);
      run(lo, coefficient(l, block, column), used(l), left(l), to);
      lo = {to.data, to.step};
    }
  }

  void run(int threads) const {
    if (mode != WaveletMode::periodization && inner <= tile_inner && n * inner >= long_signal && levels() > 1)
      return in_tiles(threads);
    const Buffers b = buffers();
    const Parts parts(outer, inner, column_chunk(inner, b.both(), sizeof(T)), n);
    if (threads > 1 && parts.tasks() < 2 * threads && n >= 64) return in_ranges(b, threads);
    const index_t edge = b.both() * parts.chunk;
    const Level<T> widest(table, bank, mode, parts.inner, parts.chunk);
    each_part<T>(parts, edge + widest.scratch(), threads, [&](index_t part, T* scratch) {
      const Level<T> level(table, bank, mode, parts.inner, parts.width(part));
      cascade(part / parts.chunks, parts.column(part), level.width, b, scratch,
              [&](Rows<const T> lo, Rows<const T> hi, index_t m, index_t count, Rows<T> to) {
                level.synthesize(lo, hi, m, 0, count, to, scratch + edge);
              });
    });
  }

  // Tiles of the signal, each from the coefficients that it needs: the finest levels of a tile run while it is in cache. Only
  // without wrap-around does a tile need one run of each level.
  void in_tiles(int threads) const {
    const index_t fused = std::min(levels(), tile_levels), base = levels() - fused, half = bank.taps() / 2;
    const index_t length = std::max(64 * half, tile_components / inner / 2 * 2), room = (length + 2 * half + 4) * inner;
    const Level<T> level(table, bank, mode, inner, inner);
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
        level.synthesize(lo, coefficient(at, block, 0), used(at), first[l], last[l], to, own + 2 * room);
        lo = {to.data, to.step};
      }
    });
  }

  void in_ranges(const Buffers& b, int threads) const {
    const Level<T> level(table, bank, mode, inner, inner);
    const Workspace<T> workspace(b.both() * inner, level.scratch(), threads);
    for (index_t block = 0; block < outer; ++block)
      cascade(block, 0, inner, b, workspace.shared(),
              [&](Rows<const T> lo, Rows<const T> hi, index_t m, index_t count, Rows<T> to) {
                each_range(count, inner, workspace, threads,
                           [&](index_t first, index_t last, T* edge) { level.synthesize(lo, hi, m, first, last, to, edge); });
              });
  }
};

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
      Decomposition<T>{table ? *table : active_kernels(),
                       bank,
                       mode,
                       levels,
                       x,
                       std::move(lengths),
                       static_cast<const T*>(data),
                       std::move(typed)}
          .run(team);
    });
  };
  component == Dtype::f32 ? run(float{}) : run(double{});
}

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
    Reconstruction<T>{
        table ? *table : active_kernels(), bank, mode, lengths, outer, inner, n, std::move(typed), static_cast<T*>(y)}
        .run(team);
  };
  component == Dtype::f32 ? run(float{}) : run(double{});
}

}  // namespace flatnet::engine
