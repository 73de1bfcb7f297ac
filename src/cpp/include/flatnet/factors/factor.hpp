#pragma once
/// A factor: a matrix with structure. Every structured factor is one shape, `Blocks`: I_a (x) (b x c) (x) I_d with weights of
/// its own or shared along a and d, so Dense is (1,m,n,1), Diagonal (1,1,1,n), Kronecker shares both, a Fourier stage shares a.
/// `Csr` holds everything else, `Gather` is a permutation. Factors are immutable values; copies share the weights.
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "flatnet/core/check.hpp"
#include "flatnet/factors/values.hpp"

namespace flatnet {

/// Index arrays are shared, immutable int64.
using Index = std::shared_ptr<const std::vector<index_t>>;

/// y[(i*b+j)*d+l] = sum_k v[i,j,k,l] x[(i*c+k)*d+l]; a stride of 0 shares the weights. Row r of the input stands at input[r] of
/// x, row r of the output at output[r] of y (null: in place).
struct Blocks {
  index_t a = 1, b = 0, c = 0, d = 1;
  index_t va = 0, vb = 0, vc = 0, vd = 0;  // strides [elements of `values`]
  Values values;
  Index input, output;
  bool no_zeros = false;  // every weight is known to be non-zero without looking
  // A stage of the Fourier transform known without looking: values root_scale * (1, w, 1, -w) of d elements each,
  // w_l = exp(2 pi i root_sign l / 2d); a sign of 0 says nothing.
  int root_sign = 0;
  c128 root_scale = 1.0;

  bool shared_a() const { return va == 0; }
  bool shared_d() const { return vd == 0; }
};

/// What the kernels read of sparse rows (factors/sliced.hpp): made at first use.
class Sliced;
std::shared_ptr<Sliced> no_slices();

struct Csr {
  index_t rows = 0, cols = 0;
  Index begin;     // rows + 1
  Buffer indices;  // int32 when rows and columns fit, else int64; ascending within a row
  Values values;
  std::shared_ptr<Sliced> sliced = no_slices();  // of these rows and values: shared by copies, new where one of them changes
};

struct Gather {
  Index index;  // y[r] = x[index[r]]
};

/// The inverse of a permutation; null stands for the identity, here and below.
Index inverse(const Index& p);
/// (p o q)[i] = p[q[i]]: gathering through p and then through q.
Index compose(const Index& p, const Index& q);

class Factor {
 public:
  using Core = std::variant<Blocks, Csr, Gather>;
  Factor(std::string kind, Core core) : kind_(std::move(kind)), core_(std::move(core)) {}

  const std::string& kind() const { return kind_; }
  const Core& core() const { return core_; }
  template <class T> const T* get() const { return std::get_if<T>(&core_); }

  index_t rows() const;
  index_t cols() const;
  Dtype dtype() const;    // of the stored weights (i64 for a permutation)
  index_t bytes() const;  // stored: weights and index arrays

  /// Non-zero entries of the matrix: synapses. Shared weights count wherever they stand.
  index_t synapses() const;
  /// Largest |entry|; 0 for a matrix without entries.
  double max_abs() const;
  /// Largest sum of |entry| over a row: the growth bound of exact integer arithmetic.
  double max_row_sum() const;

  Factor transpose() const;
  Factor conj() const;
  /// The matrix times a number; the weights are copied, in the promoted dtype.
  Factor scaled(c128 s) const;
  Factor scaled_int(index_t s) const;
  /// y = z[output], z = core(x[input]); null leaves that side alone.
  Factor permuted(const Index& input, const Index& output) const;
  /// Weights converted to `dtype`.
  Factor astype(Dtype dtype) const;

 private:
  std::string kind_;
  Core core_;
};

/// "flatnet indexes with 64 bits": a*b*c, refused with the size instead of wrapping around.
index_t checked_product(const char* what, std::initializer_list<index_t> factors);

/// Rows, columns and non-zero entries, exact zeros dropped, columns ascending.
Csr to_csr(const Factor& f);

/// A CSR matrix that is a pattern (a,b,c,d) with every entry present, as that pattern; nothing otherwise.
std::optional<Factor> recognise(const Csr& m);

}  // namespace flatnet
