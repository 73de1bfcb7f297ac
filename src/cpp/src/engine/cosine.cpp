#include "flatnet/engine/cosine.hpp"

#include <cmath>
#include <cstring>

#include "cosine_line.hpp"
#include "flatnet/core/check.hpp"
#include "flatnet/core/isa.hpp"
#include "flatnet/core/parallel.hpp"
#include "flatnet/core/scratch.hpp"
#include "spectrum.hpp"

namespace flatnet::engine {
namespace {

constexpr index_t tile_lines = 16;  // lines that share cache lines where an axis is strided

// Copies of `present` lines between an array and contiguous rows of n.
template <class T> void gather(const T* x, index_t step, const index_t* offsets, index_t present, index_t n, T* rows) {
  if (step == 1) {
    for (index_t j = 0; j < present; ++j) std::memcpy(rows + j * n, x + offsets[j], static_cast<std::size_t>(n) * sizeof(T));
    return;
  }
  for (index_t r = 0; r < n; ++r)
    for (index_t j = 0; j < present; ++j) rows[j * n + r] = x[offsets[j] + r * step];
}
template <class T> void scatter(const T* rows, index_t n, index_t present, const index_t* offsets, index_t step, T* y) {
  if (step == 1) {
    for (index_t j = 0; j < present; ++j) std::memcpy(y + offsets[j], rows + j * n, static_cast<std::size_t>(n) * sizeof(T));
    return;
  }
  for (index_t r = 0; r < n; ++r)
    for (index_t j = 0; j < present; ++j) y[offsets[j] + r * step] = rows[j * n + r];
}

constexpr std::size_t rounded(std::size_t bytes) {
  return (bytes + Scratch::alignment - 1) / Scratch::alignment * Scratch::alignment;
}

template <class T> void run(const Lines& lines, const T* x, T* y, int type, bool sine, T scale, bool orthogonal, int threads,
                            const kernels::Table& table) {
  const index_t n = lines.n_in;
  const auto plan = trigonometric::LinePlan<T>::make(table, n, type, sine);
  // Contiguous lines are read and written where they lie.
  const bool in_place = lines.x_step == 1 && lines.y_step == 1;
  const index_t tile = in_place ? 1 : tile_lines;
  const index_t tasks = (lines.count + tile - 1) / tile;
  const std::size_t rows = in_place ? 0 : rounded(static_cast<std::size_t>(tile * n) * sizeof(T));
  const std::size_t bytes = rows + rounded(static_cast<std::size_t>(plan->scratch_bytes()));
  threads = team(lines.count * n, tasks, threads);
  const Scratch scratch(bytes * static_cast<std::size_t>(threads));
  parallel_for(tasks, threads, [&](index_t i, int thread) {
    std::byte* mine = scratch.data() + bytes * static_cast<std::size_t>(thread);
    const index_t first = i * tile, present = std::min(tile, lines.count - first);
    index_t from[tile_lines], to[tile_lines];
    lines.offsets(first, present, from, to);
    if (in_place) {
      plan->run(x + from[0], y + to[0], scale, orthogonal, mine);
      return;
    }
    T* line = reinterpret_cast<T*>(mine);
    gather(x, lines.x_step, from, present, n, line);
    for (index_t j = 0; j < present; ++j) plan->run(line + j * n, line + j * n, scale, orthogonal, mine + rows);
    scatter(line, n, present, to, lines.y_step, y);
  });
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
  if (component == Dtype::f32)
    run(lines, static_cast<const float*>(x), static_cast<float*>(y), type, sine, static_cast<float>(scale), orthogonal, threads,
        kernels);
  else run(lines, static_cast<const double*>(x), static_cast<double*>(y), type, sine, scale, orthogonal, threads, kernels);
}

}  // namespace flatnet::engine
