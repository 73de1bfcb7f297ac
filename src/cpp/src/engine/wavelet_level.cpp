#include "wavelet_level.hpp"

#include <algorithm>

namespace flatnet::engine {
namespace {

index_t modulo(index_t p, index_t n) {
  if (p >= 0 && p < n) return p;
  if (p < 0 && p >= -n) return p + n;
  return (p % n + n) % n;
}

Mixture one(index_t row, double weight = 1) { return {1, {row}, {weight}}; }

// Straight lines through the two outermost samples: x[-k] = (1+k) x[0] - k x[1], and the same on the right.
Mixture smooth(index_t n, index_t p) {
  const auto k = static_cast<double>(p < 0 ? -p : p - (n - 1));
  const index_t end = p < 0 ? 0 : n - 1, next = p < 0 ? 1 : n - 2;
  return {2, {end, next}, {1 + k, -k}};
}

// Point reflection at both ends; two of them shift by 2(n-1) and add 2 (x[n-1] - x[0]).
Mixture antireflect(index_t n, index_t p) {
  const index_t period = 2 * n - 2, inside = modulo(p, period), turns = (p - inside) / period;
  const bool mirrored = inside >= n;
  Mixture m = mirrored ? one(period - inside, -1) : one(inside);
  const auto add = [&m](index_t row, double weight) {
    if (weight == 0) return;  // 0 * inf is not 0
    m.row[m.terms] = row;
    m.weight[m.terms++] = weight;
  };
  add(0, -2.0 * static_cast<double>(turns));
  add(n - 1, 2.0 * static_cast<double>(turns) + (mirrored ? 2.0 : 0.0));
  return m;
}

}  // namespace

Mixture extension(WaveletMode mode, index_t n, index_t p) {
  if (p >= 0 && p < n) return one(p);
  switch (mode) {
    case WaveletMode::zero: return {};
    case WaveletMode::periodic: return one(modulo(p, n));
    case WaveletMode::periodization:
      return one(std::min(modulo(p, n + n % 2), n - 1));  // an odd length repeats the last sample
    case WaveletMode::symmetric:
    case WaveletMode::antisymmetric: {
      const index_t r = modulo(p, 2 * n);
      const bool mirrored = r >= n;
      return one(mirrored ? 2 * n - 1 - r : r, mirrored && mode == WaveletMode::antisymmetric ? -1 : 1);
    }
    case WaveletMode::reflect: {
      const index_t r = modulo(p, 2 * n - 2);
      return one(std::min(r, 2 * n - 2 - r));
    }
    case WaveletMode::antireflect: return antireflect(n, p);
    case WaveletMode::smooth:
      if (n > 1) return smooth(n, p);
      [[fallthrough]];
    default: return one(p < 0 ? 0 : n - 1);
  }
}

// Rows first .. last - 1 of x side by side.
template <class T> void copy_rows(Rows<const T> x, index_t first, index_t last, index_t width, T* y) {
  if (x.step == width) {
    std::copy(x.row(first), x.row(last), y);
    return;
  }
  for (index_t r = first; r < last; ++r, y += width) std::copy(x.row(r), x.row(r) + width, y);
}

template <class T> void extended_row(WaveletMode mode, index_t n, index_t p, Rows<const T> x, index_t width, T* y) {
  const Mixture m = extension(mode, n, p);
  if (m.terms == 0) {
    std::fill(y, y + width, T{});
    return;
  }
  const T* from = x.row(m.row[0]);
  if (m.terms == 1 && m.weight[0] == 1) {
    if (width == 1) *y = *from;
    else std::copy(from, from + width, y);
    return;
  }
  const T first = static_cast<T>(m.weight[0]);
  for (index_t c = 0; c < width; ++c) y[c] = first * from[c];
  for (int i = 1; i < m.terms; ++i) {
    const T weight = static_cast<T>(m.weight[i]);
    const T* more = x.row(m.row[i]);
    for (index_t c = 0; c < width; ++c) y[c] += weight * more[c];
  }
}

template <class T>
Level<T>::Level(const kernels::Table& table, const FilterBank& bank_, WaveletMode mode_, index_t inner, index_t width_)
    : kernels(*table.wavelet),
      bank(bank_),
      mode(mode_),
      width(width_),
      line(inner == width_ && width_ < wavelet_rows_from(dtype_of<T>::value)) {}

// An edge has fewer than taps coefficients, or the whole level is one: whole() has at most 256 components or 2 taps samples.
// Analysis holds the samples; synthesis holds both coefficients and the samples.
template <class T> index_t Level<T>::scratch() const { return (10 * bank.taps() + 16) * width + 1024; }

template <class T>
void Level<T>::run_analysis(const T* x, index_t x_step, index_t count, T* lo, index_t lo_step, T* hi, index_t hi_step,
                            bool past_lo, bool past_hi) const {
  if (count <= 0) return;
  const kernels::WaveletArgs args{
      count,   width,   bank.taps(), bank.analysis<T>(), const_cast<T*>(x), lo, hi, x_step, lo_step, hi_step,
      past_lo, past_hi, false};
  (line ? kernels.analyze_line : kernels.analyze_rows)[kernels::size_index(sizeof(T))](args);
}

template <class T>
void Level<T>::analyze_edge(Rows<const T> x, index_t n, index_t first, index_t last, Rows<T> lo, Rows<T> hi, T* scratch) const {
  if (first >= last) return;
  const index_t taps = bank.taps(), offset = mode == WaveletMode::periodization ? taps / 2 : 1;
  const index_t begin = 2 * first + offset - (taps - 1), end = 2 * (last - 1) + offset + 1;
  const index_t there = std::clamp<index_t>(0, begin, end), gone = std::clamp(n, there, end);
  const auto extend = [&](index_t p) { extended_row<T>(mode, n, p, x, width, scratch + (p - begin) * width); };
  for (index_t p = begin; p < there; ++p) extend(p);
  copy_rows(x, there, gone, width, scratch + (there - begin) * width);
  for (index_t p = gone; p < end; ++p) extend(p);
  run_analysis(scratch, width, last - first, lo.row(first), lo.step, hi.row(first), hi.step, false, false);
}

template <class T>
void Level<T>::analyze(Rows<const T> x, index_t n, index_t first, index_t last, Rows<T> lo, Rows<T> hi, T* scratch,
                       bool done) const {
  const index_t taps = bank.taps(), offset = mode == WaveletMode::periodization ? taps / 2 : 1;
  // The coefficients whose samples all exist: 2k + offset - (taps-1) >= 0 and 2k + offset < n.
  const index_t inside = std::max(first, (taps - offset) / 2);
  const index_t outside = n > offset ? std::min(last, (n - 1 - offset) / 2 + 1) : 0;
  const bool edges = inside > first || outside < last;
  if (inside >= outside || (edges && (last - first) * 2 * width <= 256))
    return analyze_edge(x, n, first, last, lo, hi, scratch);
  analyze_edge(x, n, first, inside, lo, hi, scratch);
  run_analysis(x.row(2 * inside + offset - (taps - 1)), x.step, outside - inside, lo.row(inside), lo.step, hi.row(inside),
               hi.step, past && done, past);
  analyze_edge(x, n, outside, last, lo, hi, scratch);
}

template <class T>
void Level<T>::run_synthesis(const T* lo, index_t lo_step, const T* hi, index_t hi_step, index_t count, T* y, index_t y_step,
                             bool past_y) const {
  if (count <= 0) return;
  const kernels::WaveletArgs args{
      count, width, bank.taps() / 2, bank.synthesis<T>(), y, const_cast<T*>(lo), const_cast<T*>(hi), y_step, lo_step, hi_step,
      false, false, past_y};
  (line ? kernels.synthesize_line : kernels.synthesize_rows)[kernels::size_index(sizeof(T))](args);
}

// Pair p of samples, 2p - shift and the next, needs the coefficients p - lead .. p - lead + taps/2 - 1. Periodization turns the
// signal by taps/2 - 1 samples; an odd turn parts the pairs.
struct Turn {
  index_t shift, lead;
  Turn(WaveletMode mode, index_t taps) {
    const index_t turn = mode == WaveletMode::periodization ? taps / 2 - 1 : 0;
    shift = turn % 2;
    lead = (turn + 1) / 2;
  }
};

template <class T>
void Level<T>::synthesize_edge(Rows<const T> lo, Rows<const T> hi, index_t m, index_t first, index_t last, Rows<T> y,
                               T* scratch) const {
  if (first >= last) return;
  const Turn turn(mode, bank.taps());
  const index_t begin = (first + turn.shift) / 2, count = (last - 1 + turn.shift) / 2 + 1 - begin;
  const index_t needed = count + bank.taps() / 2 - 1;
  T *a = scratch, *d = a + needed * width, *pairs = d + needed * width;
  for (index_t i = 0; i < needed;) {
    const index_t from = modulo(begin - turn.lead + i, m), run = std::min(needed - i, m - from);
    copy_rows(lo, from, from + run, width, a + i * width);
    copy_rows(hi, from, from + run, width, d + i * width);
    i += run;
  }
  run_synthesis(a, width, d, width, count, pairs, width, false);
  const T* from = pairs + (first + turn.shift - 2 * begin) * width;
  if (y.step == width) {
    std::copy(from, from + (last - first) * width, y.row(first));
    return;
  }
  for (index_t t = first; t < last; ++t, from += width) std::copy(from, from + width, y.row(t));
}

template <class T>
void Level<T>::synthesize(Rows<const T> lo, Rows<const T> hi, index_t m, index_t first, index_t last, Rows<T> y, T* scratch,
                          bool done) const {
  const Turn turn(mode, bank.taps());
  // Pairs whose coefficients all exist and whose two samples are both wanted.
  const index_t inside = std::max((first + turn.shift + 1) / 2, turn.lead);
  const index_t outside = std::min((last + turn.shift) / 2, m - bank.taps() / 2 + 1 + turn.lead);
  const bool edges = 2 * inside - turn.shift > first || 2 * outside - turn.shift < last;
  if (inside >= outside || (edges && (last - first) * width <= 256)) return synthesize_edge(lo, hi, m, first, last, y, scratch);
  synthesize_edge(lo, hi, m, first, 2 * inside - turn.shift, y, scratch);
  run_synthesis(lo.row(inside - turn.lead), lo.step, hi.row(inside - turn.lead), hi.step, outside - inside,
                y.row(2 * inside - turn.shift), y.step, past && done);
  synthesize_edge(lo, hi, m, 2 * outside - turn.shift, last, y, scratch);
}

#define FLATNET_INSTANTIATE(T)                                                              \
  template void extended_row<T>(WaveletMode, index_t, index_t, Rows<const T>, index_t, T*); \
  template struct Level<T>;
FLATNET_INSTANTIATE(float)
FLATNET_INSTANTIATE(double)
#undef FLATNET_INSTANTIATE

}  // namespace flatnet::engine
