#pragma once
/// What a kernel sees: pointers, sizes, strides in elements. A panel holds `lanes` columns of the batch: row r of a panel x
/// starts at x + r * lanes. A complex panel is planar: row r is `lanes` real parts, then `lanes` imaginary parts.
/// Kernels are noexcept, allocate nothing and know neither Eigen nor Python.
#include "flatnet/core/types.hpp"

namespace flatnet::kernels {

/// y[(i*b+j)*d+l] = sum_k v[i,j,k,l] x[(i*c+k)*d+l]: the matrix I_a (x) (b x c) (x) I_d with weights of its own, or shared
/// ones where a stride is 0. With `input` (or `output`), row r of the input (output) stands at row input[r] (output[r]).
/// y may be x when in_place(args): a tile then reads all rows of a block before it writes any.
struct BlocksArgs {
  index_t a, b, c, d;
  index_t va, vb, vc, vd;  // strides of the weights [elements]
  const void* values;
  const void* x;
  void* y;
  index_t lanes;          // columns in the panel
  const index_t* input;   // a*c*d rows or null
  const index_t* output;  // a*b*d rows or null
};

constexpr bool in_place(const BlocksArgs& g, bool complex_weights) {
  return g.b == g.c && g.b <= (complex_weights ? 2 : 4) && !g.input && !g.output;
}

/// Rows of a sparse matrix in slices of four: y[order[p]] = sum_e values[e] x[indices[e]], lengths[p] entries in their order.
/// Within a slice lengths descend; its entries are those that all four rows have, entry by entry, row by row, and then the
/// rest of each row. Slice s starts at entry begin[s].
struct CsrArgs {
  static constexpr index_t slice = 4;
  index_t first, last;  // slices
  index_t rows;         // of the matrix: the last slice may have fewer than four
  const index_t* begin;
  const void* order;    // int32, with indices of 64 bits int64
  const void* lengths;  // as order
  const void* indices;  // uint16, int32 or int64, as the table entry says
  const void* values;
  bool shared;  // one value for all entries
  const void* x;
  void* y;
  index_t lanes;
  index_t x_row, y_row;  // from one row to the next [elements]; a complex row has its imaginary parts `lanes` further
};

/// y[r] = x[index[r]], `width` elements a row.
struct GatherArgs {
  index_t rows;
  const index_t* index;
  const void* x;
  void* y;
  index_t width;
};

/// Columns of a batch to and from the rows of a panel. Column j starts at data + offsets[j] bytes, or without offsets at
/// data + j * step; its elements lie side by side.
struct TransposeArgs {
  index_t n;               // elements a column
  index_t columns;         // columns present
  index_t lanes;           // panel row length
  const index_t* offsets;  // bytes, or null
  void* data;
  void* panel;
  index_t step;  // bytes
  index_t room;  // lanes written on the way in, columns <= room <= lanes: those beyond `columns` are set to zero
};

/// Interleaved complex numbers (count pairs) to and from planar halves.
struct PlanarArgs {
  index_t count;
  void* interleaved;
  void* re;
  void* im;
};

/// softmax is taken over the rows of a panel, column by column; all others element by element.
enum class Activation : int { identity = 0, logistic, relu, square, softmax, tanh, softplus, gelu, silu, sin, exp };
inline constexpr int activation_count = 11;

/// x[r] = activation(x[r] + bias[r]) in place; bias may be null.
struct TouchArgs {
  index_t rows;
  index_t lanes;
  const void* bias;
  void* x;
};

// THE LIST of kernels. X(member, argument type, first index): each member is an array of function pointers.
//   by Dtype: blocks, csr of 16, 32 and 64-bit indices; by component size (4, 8 bytes): gather, transposes, planar.
#define FLATNET_KERNELS(X)           \
  X(blocks, BlocksArgs, dtype_count) \
  X(csr16, CsrArgs, dtype_count)     \
  X(csr32, CsrArgs, dtype_count)     \
  X(csr64, CsrArgs, dtype_count)     \
  X(gather, GatherArgs, 2)           \
  X(transpose_in, TransposeArgs, 2)  \
  X(transpose_out, TransposeArgs, 2) \
  X(deinterleave, PlanarArgs, 2)     \
  X(interleave, PlanarArgs, 2)

// THE LIST of kernel families beyond the layers of a network. X(member, table type): each has a header kernels/<member>.hpp
// with its table, kernels/<member>-inl.hpp, src/isa/<member>.inc and one object per instruction set (FLATNET_FAMILIES in
// cmake/FlatnetLibrary.cmake), which defines `extern const <table type> <member>_table` in the instruction set's namespace.
#define FLATNET_KERNEL_FAMILIES(X)  \
  X(activation, ActivationTable)    \
  X(butterfly, ButterflyTable)      \
  X(hadamard, HadamardTable)        \
  X(fourier, FourierTable)          \
  X(fourier_line, FourierLineTable) \
  X(wavelet, WaveletTable)          \
  X(cosine, CosineTable)            \
  X(neurons, NeuronsTable)

#define FLATNET_MEMBER(name, Type) struct Type;
FLATNET_KERNEL_FAMILIES(FLATNET_MEMBER)
#undef FLATNET_MEMBER

struct Table {
#define FLATNET_MEMBER(name, Args, extent) void (*name[extent])(const Args&) noexcept;
  FLATNET_KERNELS(FLATNET_MEMBER)
#undef FLATNET_MEMBER
#define FLATNET_MEMBER(name, Type) const Type* name;
  FLATNET_KERNEL_FAMILIES(FLATNET_MEMBER)
#undef FLATNET_MEMBER
};

/// Index of the component size in the tables above.
constexpr int size_index(index_t bytes) { return bytes == 4 ? 0 : 1; }

}  // namespace flatnet::kernels
