#pragma once
/// Walsh-Hadamard transforms of lines of arrays, of panels and of single vectors. The bits of a result depend on neither layout,
/// nor threads, nor alignment, nor instruction set: all stages run in the order of ascending distance, then the core, then the
/// scale.
#include <vector>

#include "flatnet/engine/lines.hpp"
#include "flatnet/kernels/table.hpp"

namespace flatnet::engine {

/// Order of the rows of H: Kronecker's; by the number of sign changes (Walsh); by bit-reversed index (Paley).
enum class FwhtOrder : int { natural = 0, sequency, dyadic };

/// Largest order of a core that is no power of two: it is applied densely.
constexpr index_t largest_hadamard_core = 1024;

/// A +-1 matrix H of this order, row-major, with H H^T = order I; empty where doubling and Paley's two constructions over
/// fields of p or p^2 elements (p an odd prime) reach none up to `largest_hadamard_core`.
std::vector<std::int8_t> hadamard_core(index_t order);

/// The smallest base that has a core with n = base 2^k, 1 for powers of two; 0 where none is known.
index_t hadamard_base(index_t n);

/// y = scale (H_base (x) H_{2^k}) x along every line, n = base 2^k. Orders other than the natural one need base 1. Integers are
/// exact: the caller has seen that n max|x| is in range, and scale is 1. y may be x with the same steps.
/// Throws shape_error when n is no such length.
void fwht(Dtype dtype, const Lines& lines, const void* x, void* y, index_t base, FwhtOrder order, double scale, int threads,
          const kernels::Table* table = nullptr);

/// I_a (x) H_n (x) I_d in place on the rows of a panel, `lanes` components each; n a power of two. component: i32, i64, f32, f64.
void fwht_panel(const kernels::Table& table, Dtype component, index_t a, index_t n, index_t d, index_t lanes, void* panel);

/// H of 2^log_n on one contiguous vector, in place, on this thread.
void fwht_vector(const kernels::Table& table, Dtype component, int log_n, void* x);

}  // namespace flatnet::engine
