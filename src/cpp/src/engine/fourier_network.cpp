// Transforms inside networks: panels whose rows are wider or narrower than a vector.
#include <algorithm>

#include "flatnet/core/check.hpp"
#include "flatnet/core/scratch.hpp"
#include "flatnet/engine/fourier.hpp"
#include "fourier_plans.hpp"

namespace flatnet::engine {
namespace {

using namespace fourier;

// `present` lanes of rows that are d rows of `lanes` lanes apart, through rows of W lanes.
template <class T> void part_in(const T* panel, index_t n, index_t step, index_t lanes, index_t present, index_t W, T* rows) {
  for (index_t r = 0; r < n; ++r)
    for (index_t h = 0; h < 2; ++h) {
      std::copy_n(panel + r * step + h * lanes, present, rows + (2 * r + h) * W);
      std::fill_n(rows + (2 * r + h) * W + present, W - present, T{});
    }
}
template <class T> void part_out(const T* rows, index_t n, index_t step, index_t lanes, index_t present, index_t W, T* panel) {
  for (index_t r = 0; r < n; ++r)
    for (index_t h = 0; h < 2; ++h) std::copy_n(rows + (2 * r + h) * W, present, panel + r * step + h * lanes);
}

template <class T>
void run(const kernels::Table& table, index_t a, index_t n, index_t d, index_t lanes, T* panel, T* scratch, bool inverse) {
  const auto plan = panel_plan<T>(table, n);
  const index_t W = table.fourier->width[sizeof(T) == 8], whole = lanes / W * W, step = 2 * lanes * d;
  const index_t part = whole < lanes ? 2 * W * n : 0, needed = part + plan->scratch();
  // The caller's scratch serves while it is large enough.
  const bool given = needed <= 2 * a * n * d * lanes;
  const Scratch own(given ? 0 : static_cast<std::size_t>(needed) * sizeof(T));
  T* inner = given ? scratch : reinterpret_cast<T*>(own.data());
  for (index_t i = 0; i < a; ++i)
    for (index_t l = 0; l < d; ++l) {
      T* first = panel + (i * n * d + l) * 2 * lanes;
      for (index_t j = 0; j < whole; j += W) {
        FourierRows rows{first + j, first + lanes + j, step, FourierLayout::planar};
        if (inverse) rows = swapped(rows);
        plan->run(rows, rows, nullptr, 0, 1.0, inner);
      }
      if (part == 0) continue;
      part_in(first + whole, n, step, lanes, lanes - whole, W, inner);
      const FourierRows rows = inverse ? swapped(planar_rows(inner, W)) : planar_rows(inner, W);
      plan->run(rows, rows, nullptr, 0, 1.0, inner + part);
      part_out(inner, n, step, lanes, lanes - whole, W, first + whole);
    }
}

}  // namespace

void c2c_panel(const kernels::Table& table, Dtype component, index_t a, index_t n, index_t d, index_t lanes, void* panel,
               void* scratch, bool inverse) {
  require(component == Dtype::f32 || component == Dtype::f64, "Fourier transforms compute in float32 and float64, got ",
          name(component));
  if (a * n * d * lanes == 0) return;
  if (component == Dtype::f32) run(table, a, n, d, lanes, static_cast<float*>(panel), static_cast<float*>(scratch), inverse);
  else run(table, a, n, d, lanes, static_cast<double*>(panel), static_cast<double*>(scratch), inverse);
}

}  // namespace flatnet::engine
