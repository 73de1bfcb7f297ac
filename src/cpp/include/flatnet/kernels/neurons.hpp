#pragma once
/// Small layers with their activations, one after another on a few vectors of columns: what stands between two layers stays in the
/// nearest cache.
///
/// A pair is two logistic neurons with inputs b + t and b - t whose readers give both the same weight: with c = cosh t,
///     s(b + t) + s(b - t) = 2 s(b) + q,   q = gain (c - 1) / (middle + (c - 1)),   gain = -tanh(b/2), middle = 1 + cosh b,
/// one quotient and no exponential for two neurons, and no difference of near numbers. Readers hold 2 s(b) in their biases.
#include "flatnet/kernels/table.hpp"

namespace flatnet::kernels {

/// Rows of sums sum_e weight[e] x[column[e]] + bias, begin[r] <= e < begin[r + 1], in the order of e; the first `plain` of them go
/// through the activation, the others are the t of pairs. Row r of the result is to[r].
struct NeuronLayer {
  static constexpr int pair_numbers = 5;  // gain, middle, b, 2 s(b) and what its rounding left out
  int plain, pairs;
  int full;               // columns, where every row has a term for each; else 0
  Activation activation;  // not softmax
  const std::int32_t* begin;
  const std::uint16_t* column;
  const std::uint16_t* to;
  const void* weight;
  const void* bias;  // -0 where there is none: it changes nothing
  const void* pair;  // of row `plain`, then of the next
};

struct NeuronsArgs {
  static constexpr int most_rows = 128;  // of every layer, and of x
  int layers;
  const NeuronLayer* layer;
  int inputs, outputs, widest;  // rows of x, of y, and the most that any layer has
  const void* x;
  index_t x_row;  // from one row to the next [elements]
  void* y;
  index_t y_row;
  index_t lanes;        // any number
  bool stream = false;  // y goes past the caches
};

/// float, double.
struct NeuronsTable {
  void (*run[2])(const NeuronsArgs&) noexcept;
  index_t width[2];  // elements a vector
};

}  // namespace flatnet::kernels
