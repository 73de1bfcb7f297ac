#pragma once
/// Whether the numbers of an array lie in intervals: one pass at the speed of memory, which ends early where one does not.
#include "flatnet/core/view.hpp"

namespace flatnet {

/// True if low[i] <= x <= high[i] for every element x with index i on `axis`; with one interval, for every element. NaN lies in none. x
/// holds 32 or 64-bit floats in native order.
bool lies_within(const ConstArrayView& x, int axis, const double* low, const double* high, index_t intervals);

}  // namespace flatnet
