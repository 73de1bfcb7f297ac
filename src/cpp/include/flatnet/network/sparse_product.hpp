#pragma once
/// Products of sparse rows with the numerical-zero rule of network/product.hpp.
#include <cmath>

#include "flatnet/core/parallel.hpp"
#include "flatnet/factors/factor.hpp"

namespace flatnet {

/// The dtype of left * right: integers stay int64, float32 meets float32 in float32, anything else is double precision.
Dtype product_dtype(Dtype left, Dtype right);
/// Unit of the numerical-zero rule: eps of the less precise factor, 0 for integers.
double product_eps(Dtype left, Dtype right);
/// Throws too_large_error, naming both sizes, when `bytes` is above `max_bytes`.
void refuse_above(double max_bytes, double bytes, index_t rows, index_t cols);

/// One entry of a product: sum, sum of magnitudes, number of terms. float sums run in double.
template <class T> struct Sum {
  using Wide = std::conditional_t<std::is_same_v<T, float>, double, std::conditional_t<std::is_same_v<T, c64>, c128, T>>;
  Wide sum{};
  double magnitude = 0;
  index_t terms = 0;

  void add(T v, T w) {
    const Wide p = Wide(v) * Wide(w);
    sum += p;
    if constexpr (is_complex_v<T>) magnitude += std::sqrt(std::norm(p));
    else magnitude += std::abs(static_cast<double>(p));
    terms += v != T{} && w != T{};
  }
  /// The sum of two sums.
  void join(const Sum& other) {
    sum += other.sum;
    magnitude += other.magnitude;
    terms += other.terms;
  }
  /// A single term cannot cancel; k > 1 terms are zero within 4 k eps of their magnitudes.
  T value(double eps) const {
    if constexpr (std::is_same_v<T, index_t>) return sum;
    else return terms > 1 && std::abs(sum) <= 4.0 * static_cast<double>(terms) * eps * magnitude ? T{} : T(sum);
  }
};

/// out (m x n) = left (m x c) right (c x n), row-major, all in the dtype of `left` (integers exact); numerical zeros become zeros.
void dense_product(const Buffer& left, const Buffer& right, void* out, index_t m, index_t c, index_t n, double eps);

/// Number of multiplications of left * right, an upper bound on its entries.
double sparse_terms(const Csr& left, const Csr& right);

/// left * right with `right` a full matrix (c x cols), row-major in `dtype`, no integers: the same weights as those of sparse_product.
Factor sparse_by_dense(const Csr& left, const Buffer& right, index_t cols, double eps);

/// left * right as sparse rows, or Dense above half full.
Factor sparse_product(const Csr& left, const Csr& right, Dtype dtype, double eps, double max_bytes);

}  // namespace flatnet
