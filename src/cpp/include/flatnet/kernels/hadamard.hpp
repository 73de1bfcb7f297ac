#pragma once
/// Walsh-Hadamard kernels, for i32, i64, f32 and f64 (entries in the order of Dtype). Every stage adds and subtracts pairs, in
/// the order of ascending distance, so that all instruction sets, layouts and blockings give the same bits.
#include "flatnet/core/types.hpp"

namespace flatnet::kernels {

/// y = scale (H_n (x) I_{2^low}) x on `count` rows of 2^(log_n + low) neighbouring elements. low <= 1 (1: complex numbers, two
/// components an element). y may be x when the steps agree. Any alignment.
struct HadamardRowsArgs {
  index_t count;
  int log_n, low;
  const void* x;
  index_t x_step;  // from row to row [elements]
  void* y;
  index_t y_step;
  double scale;
  bool stream;    // write y past the caches: the work is done in scratch
  void* scratch;  // for `stream`: a row, or 32 KiB for shorter ones, 64-byte aligned
  bool fetch;     // x is far: fetch what follows while working, past its end too
};

/// y = scale (H_n (x) I_width) x: n rows of `width` neighbouring elements. y may be x when the steps agree. With `scratch` (n rows
/// of `width` elements, 64-byte aligned) x is read once and y written once; without it the work is done in y.
struct HadamardColumnsArgs {
  int log_n;
  index_t width;
  const void* x;
  index_t x_step;  // from row to row [elements]
  void* y;
  index_t y_step;
  void* scratch;
  index_t ahead;  // elements from a row of this tile to that of the next one, fetched meanwhile; 0: none
  double scale;
  bool stream;  // write y past the caches
};

/// y_i = scale sum_j signs[i, j] x_j, i and j below `order`: rows of `width` neighbouring elements. y may be x when the steps agree.
struct HadamardMixArgs {
  index_t order;
  const void* signs;  // order x order, +1 and -1 in the type of x
  index_t width;
  const void* x;
  index_t x_step;
  void* y;
  index_t y_step;
  void* scratch;  // 64 bytes a row, 64-byte aligned
  double scale;
};

struct HadamardTable {
  void (*rows[4])(const HadamardRowsArgs&) noexcept;
  void (*columns[4])(const HadamardColumnsArgs&) noexcept;
  void (*mix[4])(const HadamardMixArgs&) noexcept;
};

}  // namespace flatnet::kernels
