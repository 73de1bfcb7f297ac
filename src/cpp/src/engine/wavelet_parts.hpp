#pragma once
/// How a cascade along one axis is parted: by blocks and columns, or by ranges within each level.
#include <vector>

#include "wavelet_level.hpp"
#include "wavelet_work.hpp"

namespace flatnet::engine {

inline constexpr index_t wavelet_row_bytes = 1024;  // least piece of a row that a sweep along another axis takes
// Lines that two taps are given: components, and the fewest coefficients that their last level has.
struct HaarLine {
  index_t components, least;
  explicit HaarLine(bool narrow) : components(index_t{1} << (narrow ? 13 : 16)), least(narrow ? 64 : 1) {}
};

// Columns that a cascade over `rows` rows of scratch takes at a time: whole cache lines.
inline index_t column_chunk(index_t inner, index_t rows, index_t size) {
  const index_t line = 64 / size;
  if (inner < line) return inner;
  const index_t fits = wavelet_cache / size / std::max<index_t>(rows, 1) / line * line;
  return std::min(inner, std::max(fits, wavelet_row_bytes / size));
}

// WaveletParts of a problem: `blocks` times `chunks` columns, `group` parts a task.
struct WaveletParts {
  index_t blocks, inner, chunk, chunks, group;
  WaveletParts(index_t blocks_, index_t inner_, index_t chunk_, index_t rows)
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
template <class T, class F> void each_part(const WaveletParts& parts, index_t components, bool past, int threads, F&& f) {
  const auto team = static_cast<int>(std::max<index_t>(1, std::min<index_t>(threads, parts.tasks())));
  const Workspace<T> workspace(0, components, team);
  parallel_for(parts.tasks(), team, [&](index_t task, int thread) {
    const index_t end = std::min(parts.count(), (task + 1) * parts.group);
    for (index_t part = task * parts.group; part < end; ++part) f(part, workspace.own(thread));
    wavelet_fence(past);
  });
}

// f(level, part, scratch of this thread) for all parts; `edge` components of scratch come before the level's own.
template <class T, class Bank, class F>
void each_level(const kernels::Table& table, const Bank& bank, WaveletMode mode, const WaveletParts& parts, index_t edge,
                bool past, int threads, F&& f) {
  const Level<T> widest(table, bank, mode, parts.inner, parts.chunk);
  each_part<T>(parts, edge + widest.scratch(), past, threads, [&](index_t part, T* scratch) {
    Level<T> level(table, bank, mode, parts.inner, parts.width(part));
    level.past = past;
    f(level, part, scratch);
  });
}

// f(first, last, scratch of this thread) over ranges of [0, count), first even: `cost` components of work per step.
template <class T, class F> void each_range(index_t count, index_t cost, const Workspace<T>& workspace, bool past, int threads,
                                            F&& f) {
  const index_t range = std::max<index_t>(2, wavelet_task / std::max<index_t>(1, cost) / 2 * 2);
  parallel_for((count + range - 1) / range, threads, [&](index_t r, int thread) {
    f(r * range, std::min(count, (r + 1) * range), workspace.own(thread));
    wavelet_fence(past);
  });
}

// Rows of the two buffers that approximations alternate between; short signals grow from level to level.
struct WaveletBuffers {
  index_t rows[2] = {0, 0};
  void fit(index_t turn, index_t n) { rows[turn % 2] = std::max(rows[turn % 2], n); }
  index_t both() const { return rows[0] + rows[1]; }
  template <class T> Rows<T> get(index_t turn, T* data, index_t width) const {
    return {data + turn % 2 * rows[0] * width, width};
  }
};

}  // namespace flatnet::engine
