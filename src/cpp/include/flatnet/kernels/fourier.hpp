#pragma once
/// Kernels of the discrete Fourier transform on panels. A row is one complex
/// vector, W = width lanes of W lines; every factor of a transform is the same
/// for all lanes and is broadcast. Sign -1; the inverse swaps real and
/// imaginary parts on both sides.
#include "flatnet/kernels/table.hpp"

namespace flatnet::kernels {

/// How the rows lie in memory. planar: real parts at re + r * pitch, imaginary
/// parts at im + r * pitch; the others have W interleaved pairs at re + r *
/// pitch (swapped: imaginary part first).
enum class FourierLayout : int { planar = 0, pairs, swapped };

struct FourierRows {
  void* re;
  void* im;
  index_t pitch;  // elements
  FourierLayout layout;
  bool streamed = false;  // rows of pairs, written only, past the caches:
                          // aligned to 64 bytes, `settle` follows
};

/// Columns that are needed next, copied to a planar panel while passes compute
/// on others, so that memory and arithmetic overlap: each of `passes` passes
/// over as many rows takes its share. Rows are counted down as they are copied.
struct FourierFetch {
  const void* x;  // the next row of W interleaved pairs
  index_t pitch;  // components
  void* panel;    // where it goes
  index_t count;  // rows in all
  index_t rows;   // rows to go
  index_t passes;
  bool swapped;
  index_t credit = 0;
};

/// One pass of radix r: y[t] = scale * after[t] * w[p,k] * sum_j exp(-2 pi i jk
/// / r) x[q + s(p + mj)], t = q + s(rp + k), or p + k spread when spread > 0
/// and s = 1; p < m, q < s. y may be x only when m = s = 1.
struct FourierPassArgs {
  FourierRows x, y;
  index_t m, s;
  const void* twiddle;  // pairs w[p,k], k = 1 .. r-1; row p = 0 is one and is
                        // not read; null when m = 1
  const void* after;    // pairs, or null
  index_t after_step;   // pairs between factors of neighbouring rows of y
  double scale;
  index_t radix;        // read by the generic odd radix only
  const void* roots;    // pairs (cos, sin)(2 pi t / radix), t < radix; generic odd
                        // radix only
  index_t spread;       // rows of y between outputs k and k + 1, or 0
  FourierFetch* fetch;  // or null
};
inline constexpr index_t fourier_largest_radix = 16;  // pass[0] is the generic odd radix
inline constexpr index_t fourier_largest_odd = 251;

/// y[yi[i]] = scale * after[yi[i]] * (w[i] * x[xi[i]] + add); factors and index
/// lists may be null (one; i). y may be x when both lists are null.
struct FourierRowsArgs {
  FourierRows x, y;
  index_t count;
  const index_t* xi;
  const index_t* yi;
  const void* w;
  const void* after;
  index_t after_step;
  const void* add;  // one planar vector: W real parts, W imaginary parts
  double scale;
};

/// Spectra of real vectors of even length 2 half, whose even elements are the
/// real parts and odd ones the imaginary parts of z. unpack: rows 0 .. half of
/// x from rows 0 .. half - 1 of the spectrum z; pack: the way back, with a
/// factor 2.
struct FourierRealArgs {
  FourierRows z;  // planar
  FourierRows x;
  index_t half;
  const void* w;   // pairs exp(-2 pi i k / (2 half)), k <= half / 2
  double scale;    // of unpack
  bool conjugate;  // x is the conjugate spectrum
};

/// `vectors` neighbouring groups of W columns of an array to or from planar
/// panels of n rows: group v stands at panel + v * step. Rows are read and
/// written whole, fetched ahead; streamed: written past the caches. vectors
/// <= 8.
struct FourierColumnsArgs {
  index_t n;
  index_t vectors;
  void* array;    // row r at array + r * pitch: interleaved pairs, or real numbers
  index_t pitch;  // elements of a component
  void* panel;    // row r of a group: W real and W imaginary parts; W numbers when
                  // real
  index_t step;
  bool real;
  bool swapped;   // parts of pairs exchanged
  bool streamed;  // out only
};

/// Contiguous numbers to where they are not needed again soon, while as many
/// bytes at `next` (or null) are fetched.
struct FourierCopyArgs {
  index_t bytes;
  const void* x;
  void* y;
  const void* next;
};

/// Between the two halves of a long transform n = n1 n2: a panel of rows k1,
/// lanes j2, becomes rows j2 of n1 interleaved numbers k1, y[j2][k1] =
/// x[k1][j2] v[j2][k1 % W] s[j2][k1 / W].
struct FourierTurnArgs {
  const void* x;  // planar panel of n1 rows
  index_t n1;
  index_t present;  // lanes j2 of x in use
  const void* v;    // planar vectors: lane i of row j2 is the factor exp(-2 pi i j2 i / n)
  const void* s;    // pairs exp(-2 pi i j2 b W / n), all blocks b of a row j2 side by side
  void* y;          // number k1 = 0 of the first row
  index_t pitch;    // components between rows of y
  index_t shift;    // numbers before the first aligned one; 0 unless W divides n1
  bool streamed;    // y is written past the caches: number `shift` of every row is
                    // then aligned to 64 bytes; `settle` follows
};

/// y[i] = scale * x[i] * w[i], interleaved pairs; swap_in (swap_out): the parts
/// of x (of y) are exchanged.
struct FourierProductArgs {
  index_t count;
  const void* x;
  const void* w;
  void* y;
  double scale;
  bool swap_in, swap_out;
};

struct FourierTable {
  index_t width[2];                                                             // lanes of a row: float32, float64
  void (*pass[2][fourier_largest_radix + 1])(const FourierPassArgs&) noexcept;  // null where there is no such radix
  void (*rows[2])(const FourierRowsArgs&) noexcept;
  void (*unpack[2])(const FourierRealArgs&) noexcept;
  void (*pack[2])(const FourierRealArgs&) noexcept;
  void (*columns_in[2])(const FourierColumnsArgs&) noexcept;
  void (*columns_out[2])(const FourierColumnsArgs&) noexcept;
  void (*stream)(const FourierCopyArgs&) noexcept;
  void (*turn[2])(const FourierTurnArgs&) noexcept;
  void (*settle)() noexcept;  // after streamed rows: they are seen before what
                              // this thread writes later
  void (*product[2])(const FourierProductArgs&) noexcept;
};

}  // namespace flatnet::kernels
