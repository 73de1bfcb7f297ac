#pragma once
/// Plain matrices, read from a factor's definition entry by entry: the oracle of everything above the kernels.
#include <complex>
#include <memory>
#include <string>
#include <vector>

#include "flatnet/factors/kinds.hpp"
#include "memory.hpp"

namespace test {

using flatnet::Dtype;
using flatnet::Factor;
using wide = std::complex<long double>;

struct Matrix {
  index_t rows = 0, cols = 0;
  std::vector<wide> entries;  // row-major

  Matrix() = default;
  Matrix(index_t m, index_t n) : rows(m), cols(n), entries(static_cast<std::size_t>(m * n)) {}
  wide& operator()(index_t r, index_t c) { return entries[r * cols + c]; }
  wide operator()(index_t r, index_t c) const { return entries[r * cols + c]; }
  bool operator==(const Matrix& o) const { return rows == o.rows && cols == o.cols && entries == o.entries; }

  index_t non_zeros() const {
    index_t count = 0;
    for (const wide& v : entries) count += v != wide(0);
    return count;
  }
  Matrix transposed() const {
    Matrix t(cols, rows);
    for (index_t r = 0; r < rows; ++r)
      for (index_t c = 0; c < cols; ++c) t(c, r) = (*this)(r, c);
    return t;
  }
  template <class F> Matrix mapped(F&& f) const {
    Matrix m = *this;
    for (wide& v : m.entries) v = f(v);
    return m;
  }
  Matrix magnitudes() const {
    return mapped([](wide v) { return wide(std::abs(v)); });
  }
};

inline Matrix operator*(const Matrix& l, const Matrix& r) {
  Matrix p(l.rows, r.cols);
  for (index_t i = 0; i < l.rows; ++i)
    for (index_t k = 0; k < l.cols; ++k) {
      const wide w = l(i, k);
      if (w == wide(0)) continue;
      for (index_t j = 0; j < r.cols; ++j) {
        const wide v = r(k, j);  // by hand: the library's product looks for infinities
        p(i, j) += wide(w.real() * v.real() - w.imag() * v.imag(), w.real() * v.imag() + w.imag() * v.real());
      }
    }
  return p;
}

template <class T> wide widened(T v) {
  if constexpr (flatnet::is_complex_v<T>) return {v.real(), v.imag()};
  else return static_cast<long double>(v);
}
inline wide element(const flatnet::Buffer& b, index_t i) {
  return flatnet::with_type(b.dtype, [&](auto t) { return widened(b.as<decltype(t)>()[i]); });
}

/// Every entry of a factor, from the formula beside its shape in factors/factor.hpp.
inline Matrix matrix_of(const Factor& f) {
  Matrix m(f.rows(), f.cols());
  if (const auto* b = f.get<flatnet::Blocks>()) {
    const flatnet::Buffer v = b->values.get();
    for (index_t i = 0; i < b->a; ++i)
      for (index_t j = 0; j < b->b; ++j)
        for (index_t k = 0; k < b->c; ++k)
          for (index_t l = 0; l < b->d; ++l) {
            const index_t r = (i * b->b + j) * b->d + l, c = (i * b->c + k) * b->d + l;
            m(b->output ? (*b->output)[r] : r, b->input ? (*b->input)[c] : c) =
                element(v, i * b->va + j * b->vb + k * b->vc + l * b->vd);
          }
  } else if (const auto* s = f.get<flatnet::Csr>()) {
    const flatnet::Buffer v = s->values.get();
    for (index_t r = 0; r < s->rows; ++r)
      for (index_t e = (*s->begin)[r]; e < (*s->begin)[r + 1]; ++e)
        m(r, static_cast<index_t>(element(s->indices, e).real())) = element(v, e);
  } else {
    const auto& p = *f.get<flatnet::Gather>()->index;
    for (index_t r = 0; r < m.rows; ++r) m(r, p[r]) = 1;
  }
  return m;
}

template <class T> flatnet::Buffer numbers(Random& random, index_t count) {
  std::vector<T> v(static_cast<std::size_t>(count));
  for (T& w : v) w = random.number<T>();
  return flatnet::copy_of(v.data(), count);
}
inline flatnet::Buffer numbers(Random& random, index_t count, Dtype t) {
  return flatnet::with_type(t, [&](auto v) { return numbers<decltype(v)>(random, count); });
}
inline flatnet::Index shared(std::vector<index_t> v) { return std::make_shared<std::vector<index_t>>(std::move(v)); }

/// Sparse rows with about `density` of the entries.
inline Factor random_sparse(Random& random, index_t rows, index_t cols, double density, Dtype t) {
  std::vector<index_t> begin{0}, indices;
  for (index_t r = 0; r < rows; ++r) {
    for (index_t c = 0; c < cols; ++c)
      if (random.unit() < density) indices.push_back(c);
    begin.push_back(static_cast<index_t>(indices.size()));
  }
  const auto count = static_cast<index_t>(indices.size());
  return flatnet::sparse(rows, cols, shared(begin), std::move(indices), numbers(random, count, t));
}

struct Named {
  std::string name;
  Factor factor;
};

/// THE LIST of factors that tests run over: every kind on 16 points, square and rectangular, with and without permutations.
inline std::vector<Named> factors(Random& random, Dtype t) {
  const auto some = [&](index_t count) { return numbers(random, count, t); };
  const auto order = [&] { return shared(random.permutation(16)); };
  std::vector<Named> all = {
      {"dense 16x16", flatnet::dense(some(256), 16, 16)},
      {"dense 16x5", flatnet::dense(some(80), 16, 5)},
      {"dense 5x16", flatnet::dense(some(80), 5, 16)},
      {"dense 1x16", flatnet::dense(some(16), 1, 16)},
      {"dense 16x1", flatnet::dense(some(16), 16, 1)},
      {"diagonal", flatnet::diagonal(some(16))},
      {"kronecker (1, 2x2, 8)", flatnet::kronecker(1, some(4), 2, 2, 8)},
      {"kronecker (4, 2x2, 2)", flatnet::kronecker(4, some(4), 2, 2, 2)},
      {"kronecker (8, 2x2, 1)", flatnet::kronecker(8, some(4), 2, 2, 1)},
      {"kronecker (2, 3x4, 2)", flatnet::kronecker(2, some(12), 3, 4, 2)},
      {"kronecker (2, 4x3, 2)", flatnet::kronecker(2, some(12), 4, 3, 2)},
      {"kronecker (16, 1x1, 1)", flatnet::kronecker(16, some(1), 1, 1, 1)},
      {"butterfly (1, 2, 2, 8)", flatnet::kronecker_sparse(some(32), 1, 2, 2, 8)},
      {"butterfly (2, 2, 2, 4)", flatnet::kronecker_sparse(some(32), 2, 2, 2, 4)},
      {"butterfly (8, 2, 2, 1)", flatnet::kronecker_sparse(some(32), 8, 2, 2, 1)},
      {"pattern (4, 4, 4, 1)", flatnet::kronecker_sparse(some(64), 4, 4, 4, 1)},
      {"pattern (1, 4, 4, 4)", flatnet::kronecker_sparse(some(64), 1, 4, 4, 4)},
      {"pattern (2, 1, 4, 2)", flatnet::kronecker_sparse(some(16), 2, 1, 4, 2)},
      {"pattern (2, 4, 1, 2)", flatnet::kronecker_sparse(some(16), 2, 4, 1, 2)},
      {"pattern (2, 2, 2, 4) shared a", flatnet::kronecker_sparse(some(16), 2, 2, 2, 4, true, false)},
      {"pattern (2, 2, 2, 4) shared d", flatnet::kronecker_sparse(some(8), 2, 2, 2, 4, false, true)},
      {"sparse 16x16", random_sparse(random, 16, 16, 0.2, t)},
      {"sparse 5x16", random_sparse(random, 5, 16, 0.3, t)},
      {"sparse 16x5", random_sparse(random, 16, 5, 0.3, t)},
      {"sparse 16x16 without entries", random_sparse(random, 16, 16, 0, t)},
      {"permutation", flatnet::permutation(order())},
  };
  if (t == Dtype::c128)
    for (const int stage : {0, 2, 3}) all.push_back({"fourier stage", flatnet::fourier_stage(16, stage)});
  const std::size_t plain = all.size();
  for (std::size_t i = 0; i < plain; ++i) {
    const auto [name, f] = all[i];
    const bool in = f.cols() == 16, out = f.rows() == 16;
    if (in) all.push_back({name + ", input permuted", f.permuted(order(), nullptr)});
    if (out) all.push_back({name + ", output permuted", f.permuted(nullptr, order())});
    if (in && out) all.push_back({name + ", both permuted", f.permuted(order(), order())});
  }
  return all;
}

}  // namespace test
