#pragma once
// Which of the three Fourier transforms: by a plan on one vector, by the engine on lines.
#include "flatnet/engine/fourier.hpp"

namespace flatnet::python {

enum class Kind : int { c2c = 0, r2c, c2r };

inline void run_vector(const engine::FourierPlan& plan, Kind kind, const void* x, void* y, bool inverse, double scale,
                       void* scratch) {
  if (kind == Kind::c2c) plan.c2c(x, y, inverse, scale, scratch);
  else if (kind == Kind::r2c) plan.r2c(x, y, inverse, scale, scratch);
  else plan.c2r(x, y, inverse, scale, scratch);
}

inline void run_lines(Kind kind, Dtype component, const engine::Lines& lines, const void* x, void* y, bool inverse,
                      double scale, int threads) {
  const auto run = kind == Kind::c2c ? engine::c2c : kind == Kind::r2c ? engine::r2c : engine::c2r;
  run(component, lines, x, y, inverse, scale, threads, nullptr);
}

}  // namespace flatnet::python
