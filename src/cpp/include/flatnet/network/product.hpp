#pragma once
/// Flattening, one step: the product of two neighbours in its best format.
#include "flatnet/factors/kinds.hpp"

namespace flatnet {

/// Structural upper bounds on left * right; nothing is formed.
struct ProductEstimate {
  double synapses;
  double bytes;
};
ProductEstimate estimate_product(const Factor& left, const Factor& right);

/// left * right (right is applied first). Structured neighbours stay structured: chainable patterns (a,b,c,d), diagonals and
/// permutations fold in closed form; everything else goes through sparse rows, and is held densely above half full.
/// An entry of a sum of k > 1 terms is zero when |c_ij| <= 4 k eps (|left| |right|)_ij; integers are exact, and refused where
/// an entry could pass 2^62. Throws too_large_error when the result would take more than `max_bytes`, before allocating.
Factor product(const Factor& left, const Factor& right, double max_bytes);

}  // namespace flatnet
