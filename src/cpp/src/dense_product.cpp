// Dense times dense through the apply kernels, and the numerical-zero rule without looking at most entries.
#include <algorithm>
#include <cmath>

#include "flatnet/network/network.hpp"
#include "flatnet/network/sparse_product.hpp"

namespace flatnet {
namespace {

// out (m x n) = left (m x c) times right (c x n), all row-major in the dtype of `left`.
void multiply(const Buffer& left, index_t m, index_t c, const void* right, void* out, index_t n) {
  const Dtype t = left.dtype;
  const index_t s = size_of(t);
  const Network net({Layer(dense(left, m, c))});
  net.apply({right, scalar_of(t), false, {c, n}, {n * s, s}}, {out, t, {m, n}, {n * s, s}}, 0);
}

template <class T, class F> Buffer mapped(const T* v, index_t count, F f) {
  auto p = allocate(count, Dtype::f64);
  for (index_t i = 0; i < count; ++i) static_cast<double*>(p.get())[i] = f(v[i]);
  return {p, count, Dtype::f64};
}

template <class T> double modulus(T v) {
  if constexpr (is_complex_v<T>) return std::sqrt(std::norm(v));
  else return std::abs(static_cast<double>(v));
}

// (|A| |B|)_ij <= |row i of A| |column j of B| (Cauchy and Schwarz) and k <= c: an entry above that bound is no numerical zero.
template <class T> bool any_suspect(const T* l, const T* r, const T* out, index_t m, index_t c, index_t n, double eps) {
  std::vector<double> row(static_cast<std::size_t>(m), 0.0), column(static_cast<std::size_t>(n), 0.0);
  for (index_t i = 0; i < m; ++i)
    for (index_t k = 0; k < c; ++k) row[i] += std::norm(l[i * c + k]);
  for (index_t k = 0; k < c; ++k)
    for (index_t j = 0; j < n; ++j) column[j] += std::norm(r[k * n + j]);
  for (auto& v : row) v = std::sqrt(v);
  for (auto& v : column) v = std::sqrt(v);
  for (index_t i = 0; i < m; ++i)
    for (index_t j = 0; j < n; ++j)
      if (modulus(out[i * n + j]) <= 4.0 * static_cast<double>(c) * eps * row[i] * column[j]) return true;
  return false;
}

template <class T> void drop_zeros(const T* l, const T* r, T* out, index_t m, index_t c, index_t n, double eps) {
  if (c < 2 || !any_suspect(l, r, out, m, c, n, eps)) return;
  auto size = [](T v) { return modulus(v); };
  auto present = [](T v) { return v == T{} ? 0.0 : 1.0; };
  std::vector<double> magnitude(static_cast<std::size_t>(m * n)), terms(static_cast<std::size_t>(m * n));
  multiply(mapped(l, m * c, size), m, c, mapped(r, c * n, size).template as<double>(), magnitude.data(), n);
  multiply(mapped(l, m * c, present), m, c, mapped(r, c * n, present).template as<double>(), terms.data(), n);
  for (index_t e = 0; e < m * n; ++e)
    if (terms[e] > 1 && modulus(out[e]) <= 4.0 * terms[e] * eps * magnitude[e]) out[e] = T{};
}

}  // namespace

void dense_product(const Buffer& left, const Buffer& right, void* out, index_t m, index_t c, index_t n, double eps) {
  multiply(left, m, c, right.data.get(), out, n);
  with_type(left.dtype, [&](auto t) {
    using T = decltype(t);
    if constexpr (!std::is_integral_v<T>) drop_zeros(left.as<T>(), right.as<T>(), static_cast<T*>(out), m, c, n, eps);
  });
}

}  // namespace flatnet
