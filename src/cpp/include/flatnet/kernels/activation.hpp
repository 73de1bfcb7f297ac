#pragma once
/// Activations: on the rows of a panel, fused behind a layer, and on arrays.
#include "flatnet/kernels/table.hpp"

namespace flatnet::kernels {

/// y[i] = f(x[i]), `count` elements side by side; x may be y.
struct MapArgs {
  index_t count;
  const void* x;
  void* y;
  bool stream = false;  // y goes past the caches
};

/// y[i] = s(b + x[i]) - s(b) with the logistic function s, from s(b), s(-b) and e^b, e^-b.
struct CentredArgs {
  index_t count;
  const void* x;
  void* y;
  double below, above;              // s(b), s(-b)
  double ratio_below, ratio_above;  // e^b, e^-b
};

/// Entries in the order of Activation; float, then double. map has none for softmax.
struct ActivationTable {
  void (*touch[2][activation_count])(const TouchArgs&) noexcept;
  void (*map[2][activation_count])(const MapArgs&) noexcept;
  void (*centred[2])(const CentredArgs&) noexcept;
};

}  // namespace flatnet::kernels
