#pragma once
/// Which inputs reach which outputs through a factor: the support of a product of many factors, followed from layer to layer
/// without forming it. Minima of random ranks give the sizes of all rows at once (Cohen 1998), sets of bits give the rows of 64
/// outputs a word exactly.
#include <vector>

#include "flatnet/factors/factor.hpp"

namespace flatnet {

/// The non-zero entries of one factor, weights forgotten: I_a (x) M (x) I_d between two permutations, M in compressed rows or
/// without zeros. Immutable. Arrays are C-ordered, (rows or columns of the factor, lanes or words).
class Paths {
 public:
  explicit Paths(const Factor& f);
  /// I_a (x) 1_(b x c) (x) I_d, where the weights are not at hand.
  Paths(index_t a, index_t b, index_t c, index_t d);

  index_t rows() const { return a_ * b_ * d_; }
  index_t cols() const { return a_ * c_ * d_; }
  /// Elements that one sweep with one lane reads or writes: the entries, or b + c instead of b c for a block without zeros.
  index_t work() const;

  /// y[r] = min of x[c] over the columns c of row r; +infinity for a row without entries.
  void least(index_t lanes, const float* x, float* y) const;
  /// y[r] = sum of x[c] over the columns c of row r: from ones, the number of paths.
  void sum(index_t lanes, const double* x, double* y) const;
  /// y[r] = union of x[c] over the columns c of row r.
  void outputs(index_t words, const std::uint64_t* x, std::uint64_t* y) const;
  /// y[c] = union of x[r] over the rows r of column c.
  void inputs(index_t words, const std::uint64_t* x, std::uint64_t* y) const;

 private:
  template <class Op, class T> void swept(index_t lanes, const T* x, T* y) const;

  index_t a_ = 1, b_ = 0, c_ = 0, d_ = 1;
  Index begin_;  // null: M has no zeros
  Buffer indices_;
  Index input_, output_;  // as those of Blocks
};

/// counts[64 w + i] = rows of x (count, words) whose word w has bit i.
std::vector<index_t> count_marks(index_t count, index_t words, const std::uint64_t* x);

}  // namespace flatnet
