#include "flatnet/engine/cosine.hpp"

#include <algorithm>
#include <cstring>

#include "cosine_plan.hpp"
#include "flatnet/core/check.hpp"
#include "flatnet/core/isa.hpp"
#include "flatnet/core/parallel.hpp"
#include "flatnet/core/scratch.hpp"
#include "fourier_stage.hpp"
#include "fourier_vector.hpp"
#include "spectrum.hpp"

namespace flatnet::engine {
namespace {

constexpr index_t tile_lines = 16;                 // of a task; they share cache lines where an axis is strided
constexpr index_t line_copy_bytes = 1 << 15;       // longer lines are written where they belong at once
constexpr index_t panel_limit = index_t{1} << 15;  // longer lines are transformed one by one

// Copies of `present` lines between an array and contiguous rows of n.
template <class T> void gather(const T* x, index_t step, const index_t* offsets, index_t present, index_t n, T* rows) {
  for (index_t r = 0; r < n; ++r)
    for (index_t j = 0; j < present; ++j) rows[j * n + r] = x[offsets[j] + r * step];
}
template <class T> void scatter(const T* rows, index_t n, index_t present, const index_t* offsets, index_t step, T* y) {
  for (index_t r = 0; r < n; ++r)
    for (index_t j = 0; j < present; ++j) y[offsets[j] + r * step] = rows[j * n + r];
}

/// Whether vectors of n numbers are transformed faster one by one, where they are contiguous, than W side by side.
bool lines_beat_panels(index_t n, int type, bool sine) {
  const index_t length = type > 1 ? n : sine ? n + 1 : n - 1;
  return length % 2 == 0 && fourier::vector_plan_beats_panels(length / 2);
}

template <class T> using Plan = trigonometric::Plan<T>;
using trigonometric::Call;

// f(lines present, their offsets in x and y, scratch of this thread) over tiles of lines, `bytes` of scratch each.
template <class T, class F> void over_tiles(const Lines& lines, index_t bytes, int threads, F&& f) {
  const index_t tasks = (lines.count + tile_lines - 1) / tile_lines;
  threads = team(lines.count * lines.n_in, tasks, threads);
  const Scratch scratch(static_cast<std::size_t>(bytes * threads));
  parallel_for(tasks, threads, [&](index_t i, int thread) {
    const index_t first = i * tile_lines, present = std::min(tile_lines, lines.count - first);
    index_t from[tile_lines], to[tile_lines];
    lines.offsets(first, present, from, to);
    f(present, from, to, scratch.data() + bytes * thread);
  });
}

// Lines through a tile of contiguous copies.
template <class T> void by_tiles(const Plan<T>& plan, const Lines& lines, const T* x, T* y, const Call& call, int threads) {
  const index_t n = lines.n_in, rows = aligned<T>(tile_lines * n), bytes = rows + aligned<T>(plan.scratch());
  over_tiles<T>(lines, bytes, threads, [&](index_t present, const index_t* from, const index_t* to, std::byte* mine) {
    T *line = reinterpret_cast<T*>(mine), *rest = reinterpret_cast<T*>(mine + rows);
    gather(x, lines.x_step, from, present, n, line);
    for (index_t j = 0; j < present; ++j) plan.run(line + j * n, line + j * n, call, rest);
    scatter(line, n, present, to, lines.y_step, y);
  });
}

// Contiguous lines are read and written where they lie; short ones of a large output are written past the caches from a copy.
template <class T> void by_lines(const Plan<T>& plan, const kernels::Table& table, const Lines& lines, const T* x, T* y,
                                 const Call& call, int threads) {
  const index_t n = lines.n_in, line_bytes = n * static_cast<index_t>(sizeof(T));
  const bool streamed = x != y && line_bytes <= line_copy_bytes && lines.count * line_bytes >= fourier::streamed_bytes;
  const index_t copy = streamed ? aligned<T>(n) : 0, bytes = copy + aligned<T>(plan.scratch());
  over_tiles<T>(lines, bytes, threads, [&](index_t present, const index_t* from, const index_t* to, std::byte* mine) {
    T *line = reinterpret_cast<T*>(mine), *rest = reinterpret_cast<T*>(mine + copy);
    for (index_t j = 0; j < present; ++j) {
      plan.run(x + from[j], streamed ? line : y + to[j], call, rest);
      // The line after the next is on its way while this one leaves.
      if (streamed) table.fourier->stream({line_bytes, line, y + to[j], j + 2 < present ? x + from[j + 2] : nullptr});
    }
  });
}

// W lines side by side are the lanes of a panel; several panels are loaded and stored together.
template <class T> void by_panels(const Plan<T>& plan, const kernels::Table& table, const Lines& lines, const T* x, T* y,
                                  const Call& call, int threads) {
  using fourier::Side;
  const index_t n = lines.n_in, W = table.fourier->width[sizeof(T) == 8], panel = W * n;
  const index_t together = fourier::group_of<T>(panel), group = together * W, tasks = (lines.count + group - 1) / group;
  const index_t panels_bytes = aligned<T>(together * panel), bytes = panels_bytes + aligned<T>(plan.scratch());
  const bool streamed = x != y && lines.count * n * static_cast<index_t>(sizeof(T)) >= fourier::streamed_bytes;
  threads = team(lines.count * n, tasks, threads);
  const Scratch scratch(static_cast<std::size_t>(bytes * threads));
  parallel_for(tasks, threads, [&](index_t i, int thread) {
    T* panels = reinterpret_cast<T*>(scratch.data() + bytes * thread);
    T* rest = reinterpret_cast<T*>(scratch.data() + bytes * thread + panels_bytes);
    const index_t first = i * group, present = std::min(group, lines.count - first);
    Side<T> from{const_cast<T*>(x), lines.x_step, 1, false, present, {}}, to{y, lines.y_step, 1, streamed, present, {}};
    lines.offsets(first, present, from.offset, to.offset);
    const fourier::Stage<T> stage(table, panels, panel);
    stage.load(from, n, false);
    for (index_t v = 0; v * W < present; ++v) plan.run(panels + v * panel, panels + v * panel, call, rest);
    stage.store(to, n, false);
  });
}

template <class T> void run(const Lines& lines, const T* x, T* y, int type, const Call& call, int threads,
                            const kernels::Table& table) {
  const index_t n = lines.n_in, W = table.fourier->width[sizeof(T) == 8];
  const bool contiguous = lines.x_step == 1 && lines.y_step == 1;
  if (n <= panel_limit && 4 * lines.count > W && !(contiguous && lines_beat_panels(n, type, call.sine)))
    if (const auto plan = Plan<T>::get(table, n, type, call.sine, true))
      return by_panels<T>(*plan, table, lines, x, y, call, threads);
  const auto plan = Plan<T>::get(table, n, type, call.sine, false);
  if (contiguous) by_lines<T>(*plan, table, lines, x, y, call, threads);
  else by_tiles<T>(*plan, lines, x, y, call, threads);
}

}  // namespace

void cosine(Dtype component, const Lines& lines, const void* x, void* y, int type, bool sine, double scale, bool orthogonal,
            int threads, const kernels::Table* table) {
  require(type >= 1 && type <= 4, "cosine and sine transforms have types 1 to 4, got ", type);
  require(component == Dtype::f32 || component == Dtype::f64, "cosine and sine transforms compute in float32 or float64, got ",
          name(component));
  require(lines.n_in == lines.n_out, "x has ", lines.n_in, " elements along the axis, the output ", lines.n_out);
  const index_t least = type == 1 && !sine ? 2 : 1;
  require(lines.n_in >= least, "this transform needs at least ", least, " elements along the axis, got ", lines.n_in);
  if (lines.count == 0) return;
  const kernels::Table& kernels = table ? *table : active_kernels();
  const Call call{sine, type == 3, orthogonal, scale};
  if (component == Dtype::f32) run(lines, static_cast<const float*>(x), static_cast<float*>(y), type, call, threads, kernels);
  else run(lines, static_cast<const double*>(x), static_cast<double*>(y), type, call, threads, kernels);
}

}  // namespace flatnet::engine
