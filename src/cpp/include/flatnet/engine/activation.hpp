#pragma once
/// Activations of arrays of any layout.
#include "flatnet/core/isa.hpp"
#include "flatnet/core/view.hpp"

namespace flatnet::engine {

using kernels::Activation;

/// y = f(x) element by element; f is not softmax. y is float32 or float64, of the shape of x, and x itself (same strides) or apart
/// from it. x holds integers or floats, in either byte order; they are converted block by block. The result's bits do not depend
/// on layout or threads (0: the process's default).
void activate(Activation f, const ConstArrayView& x, const ArrayView& y, int threads = 0, const kernels::Table* k = nullptr);

/// y = s(b + x) - s(b), s the logistic function, to the last digits of small x; |b| <= 60 in float32, 600 in float64.
void logistic_centred(double bias, const ConstArrayView& x, const ArrayView& y, int threads = 0,
                      const kernels::Table* k = nullptr);

/// exp(x - max x) over its sum, along `axis`.
void softmax(const ConstArrayView& x, const ArrayView& y, int axis, int threads = 0, const kernels::Table* k = nullptr);

/// The same as `activate` on elements side by side.
void activate_line(Activation f, Dtype dtype, index_t count, const void* x, void* y, int threads = 0,
                   const kernels::Table* k = nullptr);

}  // namespace flatnet::engine
