// One level along two neighbouring axes in one sweep: a strip of lines is transformed along the second axis into a buffer in
// the second-level cache, and from there along the first axis.
#include "flatnet/core/check.hpp"
#include "flatnet/core/isa.hpp"
#include "wavelet_level.hpp"
#include "wavelet_work.hpp"

namespace flatnet::engine {
namespace {

constexpr index_t columns = 1024;  // components of a line that a tile takes

void require_samples(index_t n, WaveletMode mode) {
  require(n >= 1, "a wavelet transform needs at least 1 sample, the axis has ", n);
  require(n > 1 || (mode != WaveletMode::reflect && mode != WaveletMode::antireflect),
          "a mode that reflects about a sample needs at least 2 of them, the axis has 1");
}

// Lines that a strip advances by: both halves of its buffer stay in the cache.
index_t strip_lines(index_t width, index_t size) {
  return std::clamp<index_t>(wavelet_cache / 2 / (2 * width * size) / 2 * 2, 8, 128);
}

template <class T> struct PlaneAnalysis {
  const kernels::Table& table;
  const WaveletPlane& plane;
  const WaveletPlanes& x;
  const T* data;
  T* out[4];

  index_t m0, m1, chunk, chunks, strip, strips, pairs;
  bool past;  // details pass by the caches; the approximation may be wanted again

  PlaneAnalysis(const kernels::Table& table_, const WaveletPlane& plane_, const WaveletPlanes& x_, const void* data_,
                void* const* out_)
      : table(table_), plane(plane_), x(x_), data(static_cast<const T*>(data_)) {
    for (int i = 0; i < 4; ++i) out[i] = static_cast<T*>(out_[i]);
    m0 = wavelet_length(x.n0, plane.bank[0]->taps(), plane.mode[0]);
    m1 = wavelet_length(x.n1, plane.bank[1]->taps(), plane.mode[1]);
    chunk = std::min(m1, std::max<index_t>(1, columns / x.inner));
    chunks = (m1 + chunk - 1) / chunk;
    pairs = strip_lines(chunk * x.inner, sizeof(T)) / 2;
    strip = std::max<index_t>(64, 4 * wavelet_task / (chunk * x.inner)) / pairs * pairs;  // of coefficients, a task each
    strip = std::max(strip, pairs);
    strips = (m0 + strip - 1) / strip;
    past = static_cast<double>(x.outer * x.n0) * static_cast<double>(x.n1 * x.inner) * sizeof(T) > wavelet_past;
  }

  index_t lines() const { return 2 * pairs + plane.bank[0]->taps(); }

  void run(int threads) const {
    const index_t tasks = x.outer * chunks * strips;
    const auto team = static_cast<int>(std::max<index_t>(1, std::min<index_t>(threads, tasks)));
    const Level<T> across(table, *plane.bank[1], plane.mode[1], x.inner, x.inner);
    const index_t width = chunk * x.inner;
    const Workspace<T> workspace(0, 2 * (lines() + 1) * width + across.scratch(), team);
    parallel_for(tasks, team, [&](index_t task, int thread) {
      const index_t first = task % strips * strip, column = task / strips % chunks * chunk;
      Tile tile{*this, across, task / strips / chunks, column, std::min(chunk, m1 - column), width, workspace.own(thread)};
      tile.sweep(first, std::min(m0, first + strip));
      wavelet_fence(past);
    });
  }

  struct Tile {
    const PlaneAnalysis& all;
    const Level<T>& across;
    index_t block, column, count, width;  // coefficients along the second axis, and components of a line of the buffer
    T* buffer;

    T* low(index_t line) const { return buffer + 2 * line * width; }
    T* high(index_t line) const { return low(line) + width; }
    T* edge() const { return low(all.lines() + 1); }

    void line(index_t row, index_t to) const {
      const index_t inner = all.x.inner, shift = column * inner;
      const Rows<const T> from{all.data + block * all.x.block_step + row * all.x.step, inner};
      across.analyze(from, all.x.n1, column, column + count, {low(to) - shift, inner}, {high(to) - shift, inner}, edge(),
                     false);
    }

    // Line p of the signal extended along the first axis.
    void extended_line(index_t p, index_t to) const {
      const Mixture m = extension(all.plane.mode[0], all.x.n0, p);
      if (m.terms == 0) return std::fill(low(to), low(to) + 2 * width, T{});
      line(m.row[0], to);
      if (m.terms == 1 && m.weight[0] == 1) return;
      const T first = static_cast<T>(m.weight[0]);
      for (index_t c = 0; c < 2 * width; ++c) low(to)[c] *= first;
      for (int i = 1; i < m.terms; ++i) {
        const index_t spare = all.lines();
        line(m.row[i], spare);
        const T weight = static_cast<T>(m.weight[i]);
        for (index_t c = 0; c < 2 * width; ++c) low(to)[c] += weight * low(spare)[c];
      }
    }

    void sweep(index_t first, index_t last) const {
      const index_t taps = all.plane.bank[0]->taps();
      const index_t offset = all.plane.mode[0] == WaveletMode::periodization ? taps / 2 : 1;
      index_t kept = 0;  // lines of the strip before that this one needs again
      for (index_t k = first; k < last; k += all.pairs) {
        const index_t end = std::min(last, k + all.pairs), begin = 2 * k + offset - (taps - 1);
        const index_t needed = 2 * (end - k - 1) + taps;
        if (kept > 0) std::copy(low(2 * all.pairs), low(2 * all.pairs + kept), low(0));
        for (index_t i = kept; i < needed; ++i) extended_line(begin + i, i);
        kept = std::max<index_t>(0, taps - 2);
        down(k, end - k, low(0), 0, 2);
        down(k, end - k, high(0), 1, 3);
      }
    }

    void down(index_t k, index_t rows, T* from, int lo, int hi) const {
      const index_t inner = all.x.inner, step = all.m1 * inner, at = ((block * all.m0 + k) * all.m1 + column) * inner;
      const FilterBank& bank = *all.plane.bank[0];
      all.table.wavelet->analyze_rows[kernels::size_index(sizeof(T))]({rows, count * inner, bank.taps(), bank.analysis<T>(),
                                                                       from, all.out[lo] + at, all.out[hi] + at, 2 * width,
                                                                       step, step, all.past && lo > 0, all.past, false});
    }
  };
};

template <class T> struct PlaneSynthesis {
  const kernels::Table& table;
  const WaveletPlane& plane;
  const WaveletPlanes& x;
  const void* const* coefficients;
  T* y;
  index_t n0, n1;

  Rows<const T> band(int i, index_t block) const {
    return {static_cast<const T*>(coefficients[i]) + block * x.block_step, x.step};
  }

  void run(int threads) const {
    const index_t width = x.n1 * x.inner, lines = strip_lines(width, sizeof(T)), strips = (n0 + lines - 1) / lines;
    const Level<T> down(table, *plane.bank[0], plane.mode[0], width, width);
    Level<T> across(table, *plane.bank[1], plane.mode[1], x.inner, x.inner);
    across.past = static_cast<double>(x.outer * n0) * static_cast<double>(n1 * x.inner) * sizeof(T) > wavelet_past;
    const auto team = static_cast<int>(std::max<index_t>(1, std::min<index_t>(threads, x.outer * strips)));
    const Workspace<T> workspace(0, 2 * lines * width + std::max(down.scratch(), across.scratch()), team);
    parallel_for(x.outer * strips, team, [&](index_t task, int thread) {
      const index_t block = task / strips, first = task % strips * lines, last = std::min(n0, first + lines);
      T *const low = workspace.own(thread), *const high = low + lines * width, *const edge = high + lines * width;
      const index_t back = first * width;
      down.synthesize(band(0, block), band(2, block), x.n0, first, last, {low - back, width}, edge, false);
      down.synthesize(band(1, block), band(3, block), x.n0, first, last, {high - back, width}, edge, false);
      for (index_t r = first; r < last; ++r) {
        const index_t at = (r - first) * width;
        across.synthesize({low + at, x.inner}, {high + at, x.inner}, x.n1, 0, n1,
                          {y + (block * n0 + r) * n1 * x.inner, x.inner}, edge, true);
      }
      wavelet_fence(across.past);
    });
  }
};

template <class F> void with_component(Dtype component, F&& f) { component == Dtype::f32 ? f(float{}) : f(double{}); }

}  // namespace

void wavelet_dec2(Dtype component, const WaveletPlane& plane, const WaveletPlanes& x, const void* data, void* const* out,
                  int threads, const kernels::Table* table) {
  require_samples(x.n0, plane.mode[0]);
  require_samples(x.n1, plane.mode[1]);
  if (x.outer == 0 || x.inner == 0) return;
  const double components = static_cast<double>(x.outer * x.n0) * static_cast<double>(x.n1 * x.inner);
  with_component(component, [&](auto t) {
    PlaneAnalysis<decltype(t)>(table ? *table : active_kernels(), plane, x, data, out).run(wavelet_team(components, threads));
  });
}

void wavelet_rec2(Dtype component, const WaveletPlane& plane, const WaveletPlanes& x, const void* const* coefficients, void* y,
                  int threads, const kernels::Table* table) {
  index_t n[2] = {x.n0, x.n1};
  for (int i = 0; i < 2; ++i) {
    const index_t taps = plane.bank[i]->taps(), m = n[i];
    require(taps % 2 == 0, "an inverse wavelet transform needs filters of even length, got ", taps, " taps");
    n[i] = wavelet_inverse_length(m, taps, plane.mode[i]);
    require(m >= 1 && n[i] >= 1, m, " coefficients are too few for ", taps,
            " taps: filters and mode must be those of the decomposition");
  }
  if (x.outer == 0 || x.inner == 0) return;
  const double components = static_cast<double>(x.outer * n[0]) * static_cast<double>(n[1] * x.inner);
  with_component(component, [&](auto t) {
    using T = decltype(t);
    PlaneSynthesis<T>{table ? *table : active_kernels(), plane, x, coefficients, static_cast<T*>(y), n[0], n[1]}.run(
        wavelet_team(components, threads));
  });
}

}  // namespace flatnet::engine
