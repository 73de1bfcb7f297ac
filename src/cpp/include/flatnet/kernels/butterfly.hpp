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

/// Stages of strides d, 2 d, ..., 2^(stages-1) d (`up`), or the same downwards, on blocks of 2^stages rows that lie d rows apart:
/// block i has its row j at x + i * x_next + j * x_step and goes to the same place of y. Real weights, packed: for every block,
/// sweep of sweep() stages, group of 2^sweep rows (those above the sweep's bits slowest), stage and pair the four weights
/// (0,0), (0,1), (1,0), (1,1). y may be x.
struct ButterflyPass {
  static constexpr int most_stages = 7;
  int stages;
  bool up;
  bool ahead;   // fetch rows of the next block on the way
  bool stream;  // write y past the caches: its vectors are aligned
  index_t blocks;
  index_t lanes;  // a multiple of the width
  const void* x;
  index_t x_next, x_step;  // [elements], here and below
  void* y;
  index_t y_next, y_step;
  void* buffer;  // 2^stages * lanes elements
  const void* weights;

  /// Stages of the next sweep when `left` are left: pairs, and three at the start of an odd number.
  static constexpr int sweep(int left) { return left == 1 ? 1 : left % 2 ? 3 : 2; }
};

/// One column in place: up to three stages of strides lowest, 2 lowest, ... (`up`), or the same downwards. Real weights, packed. lowest
/// is a multiple of the width V: for every stretch of 2^stages lowest rows, V of its first `lowest` rows, stage and pair the weights
/// (0,0) of V rows, then (0,1), (1,0), (1,1). Or all strides are powers of two below V, and n is a multiple of it: for every V rows
/// and stage, what each row takes of the first row of its pair, then what it takes of the second.
struct ButterflyAlong {
  static constexpr int most_stages = 3;
  int stages;
  bool up;
  index_t n, lowest;
  void* x;
  const void* weights;
  index_t begin, end;  // the groups of rows to do, 2^stages * V or V rows each, of all that n has
};

/// y[(i*b+j)*d+l] = sum_k v[i,j,k,l] x[(i*c+k)*d+l] with real weights of its own for every i and l, packed in tiles of `tile_rows`
/// rows j: block (i, l) after block, tile after tile, k, row of the tile; rows beyond b are zero. x and y lie apart.
struct TilesArgs {
  index_t a, b, c, d;  // b and c at least 1
  const void* weights;
  const void* x;
  index_t x_row;  // from a row of x to the next [elements]
  void* y;
  index_t y_row;
  index_t lanes;         // any number
  const index_t* input;  // row r of the block pattern stands at row input[r] of x, output[r] of y; or null
  const index_t* output;
  index_t begin, end;  // the tiles to compute, of a * d * ceil(b / tile_rows)
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
  /// float, double.
  void (*pass[2])(const ButterflyPass&) noexcept;
  void (*along[2])(const ButterflyAlong&) noexcept;
  void (*tiles[2])(const TilesArgs&) noexcept;
  int tile_rows;
};

/// Stages that `column` takes: weights shared along a, or all of a stage's weights side by side in the order i, j, k, l.
constexpr bool within(const ButterflyStage& s) {
  return s.va == 0 || (s.va == 4 * s.d && s.vb == 2 * s.d && s.vc == s.d && s.vd == 1);
}

}  // namespace flatnet::kernels
