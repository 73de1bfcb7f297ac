#include <algorithm>
#include <cstring>

#include "flatnet/core/check.hpp"
#include "flatnet/core/isa.hpp"
#include "flatnet/core/parallel.hpp"
#include "flatnet/core/scratch.hpp"
#include "flatnet/engine/convolve.hpp"
#include "flatnet/engine/fourier.hpp"
#include "flatnet/kernels/fourier.hpp"
#include "spectrum.hpp"

namespace flatnet::engine {
namespace {

/// Contiguous lines one by one: E = 1 through real transforms and half of the spectrum, E = 2 through complex ones.
template <class T, int E> void by_lines(const Lines& lines, const T* x, T* y, const T* factors, int threads,
                                        const kernels::Table& table) {
  const index_t n = lines.n_in, pairs = E == 1 ? n / 2 + 1 : n;
  const auto plan = fourier_plan(dtype_of<T>::value, n, &table);
  const bool strided = lines.x_step != 1 || lines.y_step != 1;
  const index_t line_bytes = strided ? aligned<T>(E * n) : 0, spectrum_bytes = aligned<T>(2 * pairs);
  const index_t mine = line_bytes + spectrum_bytes + (plan->scratch_bytes() + 63) / 64 * 64;
  threads = team(lines.count * n, lines.count, threads);
  const Scratch scratch(static_cast<std::size_t>(mine * threads));
  parallel_for(lines.count, threads, [&](index_t i, int thread) {
    std::byte* own = scratch.data() + mine * thread;
    T* line = reinterpret_cast<T*>(own);
    T* spectrum = reinterpret_cast<T*>(own + line_bytes);
    void* rest = own + line_bytes + spectrum_bytes;
    index_t from, to;
    lines.offsets(i, 1, &from, &to);
    const T* in = x + E * from;
    T* out = y + E * to;
    if (strided) {
      fill<T, E>(in, lines.x_step, n, 0, n, line);
      in = out = line;
    }
    if constexpr (E == 1) plan->r2c(in, spectrum, false, 1.0, rest);
    else plan->c2c(in, spectrum, false, 1.0, rest);
    multiply(spectrum, factors, pairs);
    if constexpr (E == 1) plan->c2r(spectrum, out, true, 1.0, rest);
    else plan->c2c(spectrum, out, true, 1.0, rest);
    if (strided) drain<T, E>(line, n, y + E * to, lines.y_step);
  });
}

/// Real lines side by side: a row of a planar panel holds 2 W of them, W as real and W as imaginary parts, since a real
/// circulant acts on both alike.
template <class T> void by_panels(const Lines& lines, const T* x, T* y, const T* factors, int threads,
                                  const kernels::Table& table) {
  constexpr int type = sizeof(T) == 4 ? 0 : 1;
  const index_t n = lines.n_in, width = table.fourier->width[type], columns = 2 * width;
  const index_t panel_bytes = aligned<T>(n * columns), mine = 2 * panel_bytes;
  const index_t tasks = (lines.count + columns - 1) / columns;
  threads = team(lines.count * n, tasks, threads);
  const Scratch scratch(static_cast<std::size_t>(mine * threads));
  parallel_for(tasks, threads, [&](index_t i, int thread) {
    T* panel = reinterpret_cast<T*>(scratch.data() + mine * thread);
    void* rest = scratch.data() + mine * thread + panel_bytes;
    const index_t first = i * columns, present = std::min(columns, lines.count - first);
    index_t from[128], to[128];  // columns <= 2 * 16
    lines.offsets(first, present, from, to);
    const bool x_adjacent = present == columns && from[columns - 1] - from[0] == columns - 1;
    const bool y_adjacent = present == columns && to[columns - 1] - to[0] == columns - 1;
    for (index_t r = 0; r < n; ++r) {
      T* row = panel + r * columns;
      if (x_adjacent) {
        std::memcpy(row, x + from[0] + r * lines.x_step, static_cast<std::size_t>(columns) * sizeof(T));
        continue;
      }
      for (index_t j = 0; j < present; ++j) row[j] = x[from[j] + r * lines.x_step];
      std::fill(row + present, row + columns, T(0));
    }
    const kernels::FourierRows rows{panel, panel + width, columns, kernels::FourierLayout::planar};
    c2c_panel(table, dtype_of<T>::value, 1, n, 1, width, panel, rest, false);
    table.fourier->rows[type]({rows, rows, n, nullptr, nullptr, factors, nullptr, 0, nullptr, 1.0});
    c2c_panel(table, dtype_of<T>::value, 1, n, 1, width, panel, rest, true);
    for (index_t r = 0; r < n; ++r) {
      const T* row = panel + r * columns;
      if (y_adjacent) std::memcpy(y + to[0] + r * lines.y_step, row, static_cast<std::size_t>(columns) * sizeof(T));
      else
        for (index_t j = 0; j < present; ++j) y[to[j] + r * lines.y_step] = row[j];
    }
  });
}

constexpr index_t panel_limit = index_t{1} << 20;  // bytes: a panel and its scratch stay in the second cache

template <class T> void apply_to(const Lines& lines, bool complex_data, const void* x, void* y, const void* spectrum,
                                 int threads, const kernels::Table& table) {
  const T* from = static_cast<const T*>(x);
  const T* factors = static_cast<const T*>(spectrum);
  T* to = static_cast<T*>(y);
  const index_t columns = 2 * table.fourier->width[sizeof(T) == 4 ? 0 : 1];
  const bool strided = lines.x_step != 1 && lines.y_step != 1;
  if (complex_data) by_lines<T, 2>(lines, from, to, factors, threads, table);
  else if (strided && lines.count >= columns / 2 && lines.n_in * columns * static_cast<index_t>(sizeof(T)) <= panel_limit)
    by_panels<T>(lines, from, to, factors, threads, table);
  else by_lines<T, 1>(lines, from, to, factors, threads, table);
}

template <class T> void form(bool complex_kernel, index_t n, const T* kernel, T* spectrum, const kernels::Table& table) {
  for (index_t i = 0; i < n; ++i) {
    spectrum[2 * i] = complex_kernel ? kernel[2 * i] : kernel[i];
    spectrum[2 * i + 1] = complex_kernel ? kernel[2 * i + 1] : T(0);
  }
  const auto plan = fourier_plan(dtype_of<T>::value, n, &table);
  const Scratch scratch(static_cast<std::size_t>(plan->scratch_bytes()));
  plan->c2c(spectrum, spectrum, false, 1.0 / static_cast<double>(n), scratch.data());
}

}  // namespace

Circulant::Circulant(Dtype dtype, index_t n, const void* kernel, const kernels::Table* table)
    : dtype_(dtype), n_(n), table_(table ? *table : active_kernels()) {
  require(n >= 1, "a circulant needs n >= 1, got ", n);
  require(!is_integer(dtype), "a circulant computes in float32, float64, complex64 or complex128, got ", name(dtype));
  const bool single = component(dtype) == Dtype::f32;
  spectrum_.resize(static_cast<std::size_t>(2 * n * (single ? 4 : 8)));
  if (single) form(is_complex(dtype), n, static_cast<const float*>(kernel), reinterpret_cast<float*>(spectrum_.data()), table_);
  else form(is_complex(dtype), n, static_cast<const double*>(kernel), reinterpret_cast<double*>(spectrum_.data()), table_);
}

void Circulant::apply(bool complex_data, const Lines& lines, const void* x, void* y, int threads) const {
  require(lines.n_in == n_ && lines.n_out == n_, "the circulant has n = ", n_, ", x has ", lines.n_in,
          " elements along the axis and the output ", lines.n_out);
  require(complex_data || !is_complex(dtype_), "a complex circulant needs complex data");
  if (lines.count == 0) return;
  if (component(dtype_) == Dtype::f32) apply_to<float>(lines, complex_data, x, y, spectrum(), threads, table_);
  else apply_to<double>(lines, complex_data, x, y, spectrum(), threads, table_);
}

}  // namespace flatnet::engine
