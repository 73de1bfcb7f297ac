#include "flatnet/engine/fourier.hpp"

#include <algorithm>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "flatnet/core/check.hpp"
#include "flatnet/core/memory.hpp"
#include "flatnet/core/parallel.hpp"
#include "flatnet/core/scratch.hpp"
#include "fourier_stage.hpp"
#include "fourier_vector.hpp"

namespace flatnet::engine {
namespace {

using namespace fourier;

constexpr index_t least_work = 100000;             // elements; below it one thread
constexpr index_t panel_limit = index_t{1} << 15;  // longer lines are transformed one by one
constexpr index_t most_chunk = 256;                // lines of a task
constexpr index_t line_copy_bytes = 1 << 20;       // longer lines are written where they belong at once
constexpr index_t together_bytes = 1 << 14;        // of short lines that are written together
constexpr index_t line_ahead_bytes = 1 << 17;      // longer lines are asked for one line ahead, not two
constexpr index_t task_elements = 1 << 16;         // of the lines that one task takes

template <class T> index_t lanes_of(const kernels::Table& table) { return table.fourier->width[sizeof(T) == 8]; }

// Scratch beyond the caches in large pages, where the system has them: its rows
// are pages apart.
void large_pages([[maybe_unused]] void* data, [[maybe_unused]] index_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  constexpr std::uintptr_t page = 1 << 21;
  const auto begin = (reinterpret_cast<std::uintptr_t>(data) + page - 1) / page * page;
  const auto end = (reinterpret_cast<std::uintptr_t>(data) + static_cast<std::uintptr_t>(bytes)) / page * page;
  if (end > begin) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#endif
}

template <class F> void with_component(Dtype component, F&& f) {
  require(component == Dtype::f32 || component == Dtype::f64, "Fourier transforms compute in float32 and float64, got ",
          name(component));
  if (component == Dtype::f32) f(float{});
  else f(double{});
}

int useful_threads(const Lines& lines, int threads) {
  return lines.count * std::max(lines.n_in, lines.n_out) < least_work ? 1 : std::max(threads, 1);
}

// Neighbouring columns before the first that begins a cache line of y: a group
// of their own, so that the others write whole lines.
index_t lead_of(const Lines& lines, const void* y, index_t element, index_t group) {
  const auto behind = static_cast<index_t>(reinterpret_cast<std::uintptr_t>(y) % 64);
  const bool columns = !lines.batch.empty() && lines.batch.back().y == 1 && lines.y_step * element % 64 == 0;
  if (!columns || behind == 0 || behind % element || lines.count < 2 * group) return 0;
  return (64 - behind) / element;
}

// task(first line, lines present, scratch) over groups of panels, each thread
// with `elements` of scratch.
template <class T, class F>
void over_groups(const Lines& lines, index_t lead, index_t group, index_t elements, int threads, F&& task) {
  const index_t tasks = (lines.count - lead + group - 1) / group + (lead > 0);
  threads = static_cast<int>(std::min<index_t>(useful_threads(lines, threads), tasks));
  elements = (elements + 15) / 16 * 16;
  const Scratch scratch(static_cast<std::size_t>(threads * elements) * sizeof(T));
  T* base = reinterpret_cast<T*>(scratch.data());
  parallel_for(tasks, threads, [&](index_t i, int thread) {
    const index_t first = lead == 0 ? i * group : i == 0 ? 0 : lead + (i - 1) * group;
    const index_t last = lead > 0 && i == 0 ? lead : std::min(lines.count, first + group);
    task(first, last - first, base + thread * elements);
  });
}

// Whether lines are transformed one by one rather than W at a time.
bool one_by_one(const Lines& lines, index_t n, index_t W) {
  if (n > panel_limit || 4 * lines.count <= W) return true;
  return lines.x_step == 1 && lines.y_step == 1 && vector_plan_beats_panels(n);
}

// Real lines whose largest prime factor the panels take by its definition are
// left to them: a chirp rounds more.
bool real_one_by_one(const Lines& lines, index_t n, index_t W) {
  const index_t largest = largest_prime(n);
  if (largest > 61 && largest <= kernels::fourier_largest_odd && n <= panel_limit) return false;
  return one_by_one(lines, n, W);
}

template <class T> Side<T> side(const void* data, index_t step, index_t parts) {
  return {static_cast<T*>(const_cast<void*>(data)), step, parts, false, 1, {}};
}

// Both sides of lines first .. first + present - 1. Outputs larger than the
// caches are streamed, not those that lie on x.
template <class T> struct Sides {
  Side<T> x, y;
  Sides(const Lines& lines, const void* from, index_t x_parts, void* to, index_t y_parts, index_t first, index_t present)
      : x(side<T>(from, lines.x_step, x_parts)), y(side<T>(to, lines.y_step, y_parts)) {
    x.present = y.present = present;
    y.streamed = from != to && lines.count * lines.n_out * y_parts * static_cast<index_t>(sizeof(T)) >= streamed_bytes;
    lines.offsets(first, present, x.offset, y.offset);
  }
};

// run(x, y, scratch, threads) on every line, through contiguous copies where a
// line is not.
template <class T, class Run>
void over_lines(const kernels::Table& table, const Lines& lines, const void* x, index_t x_parts, void* y, index_t y_parts,
                index_t scratch_bytes, int threads, Run&& run) {
  threads = useful_threads(lines, threads);
  const index_t size = sizeof(T), line_bytes = lines.n_out * y_parts * size;
  // Short lines of a large output are written past the caches from a copy.
  const bool streamed =
      x != y && lines.y_step == 1 && line_bytes <= line_copy_bytes && lines.count * line_bytes >= streamed_bytes;
  const bool copy_x = lines.x_step != 1, copy_y = lines.y_step != 1 || streamed;
  const index_t x_bytes = copy_x ? whole_lines(lines.n_in * x_parts * size) : 0;
  // Several at once where they lie side by side.
  const bool side_by_side = lines.batch.size() == 1 && lines.batch[0].y == lines.n_out;
  const index_t together = streamed && side_by_side ? std::clamp<index_t>(together_bytes / line_bytes, 1, most_chunk) : 1;
  const index_t y_bytes = copy_y ? whole_lines(together * line_bytes) : 0;
  const index_t least = std::clamp<index_t>(lines.count / (4 * threads), 1, 8);
  const index_t chunk = std::clamp<index_t>(task_elements / std::max(lines.n_in, lines.n_out), least, most_chunk);
  const index_t tasks = (lines.count + chunk - 1) / chunk;
  const int team = lines.count == 1 ? 1 : static_cast<int>(std::min<index_t>(threads, tasks));
  const index_t own = whole_lines(scratch_bytes) + x_bytes + y_bytes;
  const Scratch scratch(static_cast<std::size_t>(team * own));
  large_pages(scratch.data(), team * own);
  parallel_for(tasks, team, [&](index_t task, int thread) {
    std::byte* at = scratch.data() + thread * own;
    index_t xo[most_chunk], yo[most_chunk];
    const index_t first = task * chunk, present = std::min(chunk, lines.count - first);
    lines.offsets(first, present, xo, yo);
    for (index_t j = 0; j < present; ++j) {
      const T* line = static_cast<const T*>(x) + xo[j] * x_parts;
      T* result = static_cast<T*>(y) + yo[j] * y_parts;
      const T* from = line;
      T* to = result;
      if (copy_x) {
        T* copy = reinterpret_cast<T*>(at);
        for (index_t r = 0; r < lines.n_in; ++r)
          std::memcpy(copy + r * x_parts, line + r * lines.x_step * x_parts, static_cast<std::size_t>(x_parts * size));
        from = copy;
      }
      const index_t slot = j % together;
      if (copy_y) to = reinterpret_cast<T*>(at + x_bytes + slot * line_bytes);
      run(from, to, at + x_bytes + y_bytes, lines.count == 1 ? threads : 1);
      if (streamed) {
        if (slot + 1 < together && j + 1 < present) continue;
        // The lines after the next are on their way while these leave.
        const index_t next = j + 1 + (line_bytes <= line_ahead_bytes ? together : 0);
        const void* fetched = next < present && !copy_x ? static_cast<const T*>(x) + xo[next - slot] * x_parts : nullptr;
        table.fourier->stream({(slot + 1) * line_bytes, at + x_bytes, result - slot * lines.n_out * y_parts, fetched});
      } else if (copy_y) {
        for (index_t r = 0; r < lines.n_out; ++r)
          std::memcpy(result + r * lines.y_step * y_parts, to + r * y_parts, static_cast<std::size_t>(y_parts * size));
      }
    }
  });
}

// Whether whole tiles of W columns go from array to array, nothing between.
template <class T>
bool direct(const Sides<T>& sides, index_t W, const PanelPlan<T>& plan) {
  const Side<T>&x = sides.x, &y = sides.y;
  if (plan.passes() == 0 || x.present % W || x.step == 1 || y.step == 1 || !x.neighbours() || !y.neighbours()) return false;
  const auto misaligned = reinterpret_cast<std::uintptr_t>(y.at(0, 0)) | static_cast<std::uintptr_t>(2 * y.step * sizeof(T));
  return !y.streamed || misaligned % 64 == 0;
}

template <class T>
void c2c_panels(const kernels::Table& table, const Lines& lines, const void* x, void* y, bool inverse, double scale,
                int threads) {
  const auto plan = panel_plan<T>(table, lines.n_in);
  const index_t W = lanes_of<T>(table), n = lines.n_in, panel = 2 * W * n, group = std::max<index_t>(group_of<T>(panel), 2);
  const index_t lead = lead_of(lines, y, 2 * static_cast<index_t>(sizeof(T)), group * W);
  over_groups<T>(
      lines, lead, group * W, group * panel + plan->scratch(), threads, [&](index_t first, index_t present, T* scratch) {
        const Sides<T> sides(lines, x, 2, y, 2, first, present);
        const Stage<T> stage(table, scratch, panel);
        if (direct(sides, W, *plan)) {
          const index_t pitch = 2 * sides.x.step;
          T *here = scratch, *other = scratch + panel;
          table.fourier->columns_in[sizeof(T) == 8]({n, 1, sides.x.at(0, 0), pitch, here, panel, false, inverse, false});
          for (index_t v = 0; v < present; v += W, std::swap(here, other)) {
            FourierFetch fetch{sides.x.at(v, 0) + 2 * W, pitch, other, n, n, plan->passes(), inverse};
            plan->run(planar_rows(here, W), pair_rows(sides.y.at(v, 0), 2 * sides.y.step, inverse, sides.y.streamed), nullptr,
                      0, scale, scratch + group * panel, v + W < present ? &fetch : nullptr);
          }
          if (sides.y.streamed) table.fourier->settle();
          return;
        }
        stage.load(sides.x, n, inverse);
        for (index_t v = 0; v * W < present; ++v) {
          const FourierRows rows = planar_rows(scratch + v * panel, W);
          plan->run(rows, rows, nullptr, 0, scale, scratch + group * panel);
        }
        stage.store(sides.y, n, inverse);
      });
}

// Rows of W real numbers to complex rows without imaginary parts.
template <class T> void spread(const T* values, index_t n, index_t W, T* z) {
  for (index_t r = 0; r < n; ++r) {
    std::copy_n(values + W * r, W, z + 2 * W * r);
    std::fill_n(z + 2 * W * r + W, W, T{});
  }
}

template <class T>
void r2c_panels(const kernels::Table& table, const Lines& lines, const void* x, void* y, bool inverse, double scale,
                int threads) {
  const auto plan = real_plan<T>(table, lines.n_in);
  const index_t W = lanes_of<T>(table), n = lines.n_in, h = n / 2, group = group_of<T>(W * n);
  const index_t spectrum = 2 * W * (plan->halves() ? h + 1 : n), values = group * spectrum;
  const index_t elements = values + group * W * n + plan->complex().scratch();
  const index_t lead = lead_of(lines, y, 2 * static_cast<index_t>(sizeof(T)), group * W);
  over_groups<T>(lines, lead, group * W, elements, threads, [&](index_t first, index_t present, T* scratch) {
    const Sides<T> sides(lines, x, 1, y, 2, first, present);
    T *real = scratch + values, *inner = real + group * W * n;
    Stage<T>(table, real, W * n).load(sides.x, n, false);
    for (index_t v = 0; v * W < present; ++v) {
      const FourierRows to = planar_rows(scratch + v * spectrum, W), z = planar_rows(real + v * W * n, W);
      if (plan->halves()) {
        plan->complex().run(z, z, nullptr, 0, 1.0, inner);
        table.fourier->unpack[sizeof(T) == 8]({z, to, h, plan->unit(), scale, inverse});
      } else {
        spread(real + v * W * n, n, W, scratch + v * spectrum);
        const FourierRows from = inverse ? swapped(to) : to;
        plan->complex().run(from, from, nullptr, 0, scale, inner);
      }
    }
    Stage<T>(table, scratch, spectrum).store(sides.y, h + 1, false);
  });
}

// The whole spectrum of real numbers: its second half is the conjugate of the
// first; `conjugate`: so is what is given.
template <class T> void complete(T* z, index_t n, index_t W, bool conjugate) {
  for (index_t k = 0; k <= n / 2; ++k)
    for (index_t j = 0; j < W; ++j) {
      T *row = z + 2 * W * k + j, *mirror = z + 2 * W * ((n - k) % n) + j;
      const T im = k == 0 ? T{} : conjugate ? -row[W] : row[W];
      mirror[0] = row[0];
      mirror[W] = -im;
      row[W] = im;
    }
}

template <class T>
void c2r_panels(const kernels::Table& table, const Lines& lines, const void* x, void* y, bool inverse, double scale,
                int threads) {
  const auto plan = real_plan<T>(table, lines.n_out);
  const index_t W = lanes_of<T>(table), n = lines.n_out, h = n / 2, group = group_of<T>(W * n);
  const index_t spectrum = 2 * W * (plan->halves() ? h + 1 : n), values = group * spectrum;
  const index_t elements = values + group * W * n + plan->complex().scratch();
  const index_t lead = lead_of(lines, y, static_cast<index_t>(sizeof(T)), group * W);
  over_groups<T>(lines, lead, group * W, elements, threads, [&](index_t first, index_t present, T* scratch) {
    const Sides<T> sides(lines, x, 2, y, 1, first, present);
    T *real = scratch + values, *inner = real + group * W * n;
    Stage<T>(table, scratch, spectrum).load(sides.x, h + 1, false);
    for (index_t v = 0; v * W < present; ++v) {
      const FourierRows from = planar_rows(scratch + v * spectrum, W), z = planar_rows(real + v * W * n, W);
      if (plan->halves()) {
        table.fourier->pack[sizeof(T) == 8]({z, from, h, plan->unit(), 1.0, !inverse});
        plan->complex().run(swapped(z), swapped(z), nullptr, 0, scale, inner);
      } else {
        complete(scratch + v * spectrum, n, W, !inverse);
        plan->complex().run(swapped(from), swapped(from), nullptr, 0, scale, inner);
        for (index_t r = 0; r < n; ++r) std::copy_n(scratch + v * spectrum + 2 * W * r, W, real + v * W * n + W * r);
      }
    }
    Stage<T>(table, real, W * n).store(sides.y, n, false);
  });
}

void check_complex(const char* what, index_t n, index_t half) {
  require(half == n / 2 + 1, what, " of ", n, " real numbers has ", n / 2 + 1, " complex ones, got ", half);
}

}  // namespace

void c2c(Dtype component, const Lines& lines, const void* x, void* y, bool inverse, double scale, int threads,
         const kernels::Table* table) {
  require(lines.n_in == lines.n_out, "c2c maps n values to n, got ", lines.n_in, " and ", lines.n_out);
  if (lines.count == 0 || lines.n_in == 0) return;
  with_component(component, [&](auto t) {
    using T = decltype(t);
    const kernels::Table& kernels = table_or_active(table);
    if (!one_by_one(lines, lines.n_in, lanes_of<T>(kernels)))
      return c2c_panels<T>(kernels, lines, x, y, inverse, scale, threads);
    const auto plan = vector_plan<T>(kernels, lines.n_in);
    const index_t bytes = lines.count == 1 ? plan->shared_bytes(useful_threads(lines, threads)) : plan->scratch_bytes();
    over_lines<T>(kernels, lines, x, 2, y, 2, bytes, threads, [&](const void* from, void* to, void* scratch, int team) {
      plan->shared(from, to, inverse, scale, scratch, team);
    });
  });
}

void r2c(Dtype component, const Lines& lines, const void* x, void* y, bool inverse, double scale, int threads,
         const kernels::Table* table) {
  check_complex("r2c", lines.n_in, lines.n_out);
  if (lines.count == 0 || lines.n_in == 0) return;
  with_component(component, [&](auto t) {
    using T = decltype(t);
    const kernels::Table& kernels = table_or_active(table);
    if (!real_one_by_one(lines, lines.n_in, lanes_of<T>(kernels)))
      return r2c_panels<T>(kernels, lines, x, y, inverse, scale, threads);
    const auto plan = vector_plan<T>(kernels, lines.n_in);
    over_lines<T>(kernels, lines, x, 1, y, 2, plan->scratch_bytes(), threads,
                  [&](const void* from, void* to, void* scratch, int) { plan->r2c(from, to, inverse, scale, scratch); });
  });
}

void c2r(Dtype component, const Lines& lines, const void* x, void* y, bool inverse, double scale, int threads,
         const kernels::Table* table) {
  check_complex("c2r", lines.n_out, lines.n_in);
  if (lines.count == 0 || lines.n_out == 0) return;
  with_component(component, [&](auto t) {
    using T = decltype(t);
    const kernels::Table& kernels = table_or_active(table);
    if (!real_one_by_one(lines, lines.n_out, lanes_of<T>(kernels)))
      return c2r_panels<T>(kernels, lines, x, y, inverse, scale, threads);
    const auto plan = vector_plan<T>(kernels, lines.n_out);
    over_lines<T>(kernels, lines, x, 2, y, 1, plan->scratch_bytes(), threads,
                  [&](const void* from, void* to, void* scratch, int) { plan->c2r(from, to, inverse, scale, scratch); });
  });
}

}  // namespace flatnet::engine
