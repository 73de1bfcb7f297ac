#pragma once
/// Cosine and sine transforms of types 1 to 4 along one axis, through Fourier transforms of about the same length.
#include "flatnet/engine/lines.hpp"
#include "flatnet/kernels/table.hpp"

namespace flatnet::engine {

/// y = scale * T x with T unnormalised as in scipy.fft:
///   cos 1: x0 + (-1)^k x_{n-1} + 2 sum_{0<j<n-1} x_j cos(pi j k / (n-1))      sin 1: 2 sum_j x_j sin(pi (j+1)(k+1) / (n+1))
///   cos 2: 2 sum_j x_j cos(pi (2j+1) k / 2n)                                  sin 2: 2 sum_j x_j sin(pi (2j+1)(k+1) / 2n)
///   cos 3: x0 + 2 sum_{j>0} x_j cos(pi j (2k+1) / 2n)           sin 3: (-1)^k x_{n-1} + 2 sum_{j<n-1} x_j sin(pi (j+1)(2k+1) / 2n)
///   cos 4: 2 sum_j x_j cos(pi (2j+1)(2k+1) / 4n)                              sin 4: 2 sum_j x_j sin(pi (2j+1)(2k+1) / 4n)
/// `orthogonal` scales the first and last elements so that T is a multiple of an orthogonal matrix. x and y are real (component
/// f32 or f64); y may be x (same strides). Throws shape_error unless lines.n_in == lines.n_out >= 1 (2 for cos 1), 1 <= type <= 4.
/// The result does not depend on `threads`.
void cosine(Dtype component, const Lines& lines, const void* x, void* y, int type, bool sine, double scale, bool orthogonal,
            int threads, const kernels::Table* table = nullptr);

}  // namespace flatnet::engine
