#pragma once
/// Runs of 2 x 2 stages: up to three stages of neighbouring strides in one sweep over a panel, in registers; and one column of a
/// batch, where the vector lies along the stage. Both work in place and add their terms in the order of kernels/blocks-inl.hpp:
/// a run gives the bits of its layers.
#include "flatnet/kernels/table.hpp"

namespace flatnet::kernels {

/// I_{n/2d} (x) (2 x 2) (x) I_d with the weight of [i,j,k,l] at i*va + j*vb + k*vc + l*vd [elements]; a stride of 0 shares.
struct ButterflyStage {
  index_t d;
  index_t va, vb, vc, vd;
  const void* values;
};

struct ButterflyArgs {
  static constexpr int most_stages = 6;
  index_t n;  // rows, a multiple of 2 d for every stage
  int stages;
  ButterflyStage stage[most_stages];  // in the order of application
  void* x;
  index_t lanes;
};

/// By Dtype of the weights: a real stage treats a complex panel as one of twice the lanes.
struct ButterflyTable {
  /// Stages a sweep at most (2 or 3), for real and for complex weights.
  int fused[2];
  /// Elements a vector, by Dtype (complex: pairs of components).
  index_t width[dtype_count];
  /// 2 or 3 stages, each with twice (or each with half) the stride of the one before. lanes is a multiple of 16; or lanes is 1, the
  /// smallest d a multiple of the width, and vd is 1 in all stages or 0 in all.
  void (*sweep[dtype_count])(const ButterflyArgs&) noexcept;
  /// lanes = 1, n a multiple of the width, every d below it: up to six stages within the vector. Weights as `within` wants them.
  void (*column[dtype_count])(const ButterflyArgs&) noexcept;
};

/// Stages that `column` takes: weights shared along a, or all of a stage's weights side by side in the order i, j, k, l.
constexpr bool within(const ButterflyStage& s) {
  return s.va == 0 || (s.va == 4 * s.d && s.vb == 2 * s.d && s.vc == s.d && s.vd == 1);
}

}  // namespace flatnet::kernels
