#pragma once
/// A layer: y = activation(weight x + bias).
#include "flatnet/factors/factor.hpp"
#include "flatnet/kernels/table.hpp"

namespace flatnet {

using kernels::Activation;

struct Layer {
  Factor weight;
  Values bias{};  // rows() elements, or empty
  Activation activation = Activation::identity;

  Layer(Factor w) : weight(std::move(w)) {}  // NOLINT: a factor is a one-layer network
  Layer(Factor w, Values b, Activation s) : weight(std::move(w)), bias(std::move(b)), activation(s) {}
};

}  // namespace flatnet
