#pragma once
/// Fourier transform of one contiguous vector: Stockham passes (Van Loan, Computational Frameworks for the FFT, sec. 1.7) over
/// planar blocks. With n = s r m, the pass of radix r reads element q + s (p + m j), transforms over j < r, multiplies output k
/// by w^(p k), w = exp(-2 pi i / (r m)), and writes element q + s (r p + k).
///
/// Inside, complex numbers lie in blocks of `lanes` real parts followed by `lanes` imaginary parts. The first pass (s = 1) reads
/// interleaved numbers, the last one (m = 1) writes them. An inverse transform is a forward one with the two parts exchanged
/// where the first pass loads them and where the last one stores them.
#include "flatnet/core/types.hpp"

namespace flatnet::kernels {

struct FourierLineArgs {
  const void* x;
  void* y;
  const void* w;      // weights of the pass, see FourierLineSet
  const void* inner;  // weights within a radix that is taken in two steps
  index_t s, m;
  double scale;  // of what a last pass stores
  // Between a first pass of radix `row` and a last one, number k of each `row` stands at k - turn modulo row, turn < lanes: the
  // last pass stores whole vectors from y + turn numbers on, but for one of each row, whose last `turn` numbers begin the row.
  index_t turn = 0, row = 0;
};
using FourierLineKernel = void (*)(const FourierLineArgs&) noexcept;

/// The radices; kernels are indexed by their place in this list and null where there is none.
inline constexpr int fourier_line_radices[] = {2, 3, 4, 5, 7, 8, 9, 15, 16, 24, 25, 32, 48, 63, 64, 128, 256};
inline constexpr int fourier_line_radix_count = 17;
constexpr int fourier_line_index(int radix) {
  int i = 0;
  while (fourier_line_radices[i] != radix) ++i;
  return i;
}

/// A large radix is taken as first * (radix / first) with the weights exp(-2 pi i b c / radix) between the steps: for each
/// b < radix / first and each c = 1 .. first - 1, real and imaginary part.
constexpr int fourier_line_first(int radix) {
  return radix == 63 ? 7 : radix == 15 || radix == 25 ? 5 : radix < 16 ? radix : radix <= 32 ? 4 : radix <= 128 ? 8 : 16;
}

/// First passes of these radices can turn rows, which pays where a row is several vectors.
constexpr bool fourier_line_turns(int radix) { return radix >= 48; }

/// Whether a first pass of this radix multiplies output c + first d with the product of two weights, w^(p c) w^(p first d): a
/// table of them all would cost more of the caches than the products do.
constexpr bool fourier_line_products(int radix) { return radix >= 256; }

/// Passes that work on `lanes` numbers at once.
struct FourierLineSet {
  index_t lanes;
  int number[16];  // a lane holds this one of `lanes` numbers
  /// [inverse][radix], radices are multiples of lanes. Chunk c of lanes begins at p = min(c lanes, m - lanes), which asks for
  /// m >= lanes. Weights: for each chunk and each k < r, `lanes` real parts and `lanes` imaginary parts; of products
  /// (fourier_line_products): for each chunk the weights k = 0 .. first - 1, then k = 0, first, 2 first, ..
  FourierLineKernel first[2][fourier_line_radix_count];
  /// [radix]; s is a multiple of lanes. Weights: for each p and each k < r, real and imaginary part.
  FourierLineKernel middle[fourier_line_radix_count];
  /// [inverse][radix]; s is a multiple of lanes, m = 1, no weights.
  FourierLineKernel last[2][fourier_line_radix_count];
};

/// All passes at once, in registers, for n = 2^log. Weights of all passes but the last, one pass after the other: for each
/// `lanes` numbers q + s p and each k = 1 .. r-1, `lanes` real parts and `lanes` imaginary parts.
struct FourierLineSmall {
  index_t lanes;
  int radices[4];            // 0 where there are fewer passes
  FourierLineKernel run[2];  // [inverse]; null: none of this size
};

/// From the transform of h numbers x[2j] + i x[2j+1] to that of the 2 h real numbers x, and back (the numbers whose inverse
/// transform, not divided, holds the real numbers). m = h; s = 1 conjugates the 2 h reals' transform, s = 0 does not.
/// Weights: exp(-pi i k / h), k = 1 .. h/2, real parts, then, from w + row on, imaginary parts. y may be x.
struct FourierLineReal {
  FourierLineKernel unpack;  // x: h interleaved numbers, y: scale times h + 1 interleaved numbers
  FourierLineKernel pack;    // x: h + 1 interleaved numbers, y: scale times h interleaved numbers
};

inline constexpr int fourier_line_sets = 3;
inline constexpr int fourier_line_small = 9;

struct FourierLineTable {
  FourierLineSet sets[2][fourier_line_sets];      // by component size (4, 8 bytes); most lanes first, lanes = 0: none
  FourierLineSmall small[2][fourier_line_small];  // by component size and log2 n
  FourierLineReal real[2];                        // by component size
};

}  // namespace flatnet::kernels
