// What factors say about themselves, and their algebra, against plain matrices of their entries.
#include "harness.hpp"
#include "oracle.hpp"

using namespace flatnet;
using test::Matrix;
using test::matrix_of;
using test::Named;
using test::Random;
using test::wide;

namespace {

constexpr Dtype dtypes[] = {Dtype::i32, Dtype::i64, Dtype::f32, Dtype::f64, Dtype::c64, Dtype::c128};

// f(name, factor, its matrix, dtype) over THE LIST in every dtype.
template <class F> void each_factor(F&& f) {
  for (const Dtype t : dtypes) {
    Random random(10);
    for (const Named& n : test::factors(random, t)) f(n.name + ", " + name(t), n.factor, matrix_of(n.factor), t);
  }
}

Factor as_factor(const Csr& m) { return Factor("Sparse", m); }

// Largest |entry|, and largest sum of them over a row.
double largest(const Matrix& m) {
  long double v = 0;
  for (const wide& e : m.entries) v = std::max(v, std::abs(e));
  return static_cast<double>(v);
}
double largest_row(const Matrix& m) {
  long double v = 0;
  for (index_t r = 0; r < m.rows; ++r) {
    long double sum = 0;
    for (index_t c = 0; c < m.cols; ++c) sum += std::abs(m(r, c));
    v = std::max(v, sum);
  }
  return static_cast<double>(v);
}
bool close(double a, double b) { return std::abs(a - b) <= 1e-14 * std::abs(b); }

}  // namespace

TEST(counts_and_norms) {
  each_factor([](const std::string& words, const Factor& f, const Matrix& m, Dtype t) {
    CHECK(f.synapses() == m.non_zeros(), words, f.synapses(), m.non_zeros());
    CHECK(close(f.max_abs(), largest(m)), words, f.max_abs(), largest(m));
    CHECK(close(f.max_row_sum(), largest_row(m)), words, f.max_row_sum(), largest_row(m));
    CHECK(f.dtype() == (f.get<Gather>() ? Dtype::i64 : t), words);
  });
}

TEST(exact_zeros_are_not_synapses) {
  CHECK(dense(copy_of<double>({1, 0, -0.0, 2}), 2, 2).synapses() == 2);
  CHECK(kronecker(3, copy_of<double>({1, 0, 1, 1}), 2, 2, 5).synapses() == 45);
  CHECK(to_csr(kronecker(3, copy_of<double>({1, 0, 1, 1}), 2, 2, 5)).values.size() == 45);
  const Factor s = sparse(2, 3, test::shared({0, 2, 3}), {0, 2, 1}, copy_of<double>({0, 4, 0}));
  CHECK(s.synapses() == 1 && to_csr(s).values.size() == 1);
  // i(pi/2) twiddles: their real parts are exact zeros, and so is nothing else.
  CHECK(fourier_stage(8, 2).synapses() == 16);
}

TEST(shared_weights_count_without_being_formed) {
  const index_t half = index_t{1} << 39;
  const Factor f = kronecker(half, copy_of<index_t>({1, 1, 1, -1}), 2, 2, 1);
  CHECK(f.rows() == 2 * half && f.synapses() == 4 * half && f.bytes() == 32);
}

TEST(sparse_rows_hold_the_matrix) {
  each_factor([](const std::string& words, const Factor& f, const Matrix& m, Dtype) {
    const Csr csr = to_csr(f);
    CHECK(csr.rows == m.rows && csr.cols == m.cols && csr.values.size() == m.non_zeros(), words);
    CHECK(matrix_of(as_factor(csr)) == m, words);
    bool ascending = true;
    for (index_t r = 0; r < csr.rows; ++r)
      for (index_t e = (*csr.begin)[r] + 1; e < (*csr.begin)[r + 1]; ++e)
        ascending = ascending && csr.indices.as<std::int32_t>()[e - 1] < csr.indices.as<std::int32_t>()[e];
    CHECK(ascending, words);
  });
}

TEST(transposes_and_conjugates) {
  each_factor([](const std::string& words, const Factor& f, const Matrix& m, Dtype) {
    CHECK(matrix_of(f.transpose()) == m.transposed(), words);
    CHECK(matrix_of(f.transpose().transpose()) == m, words);
    CHECK(matrix_of(f.conj()) == m.mapped([](wide v) { return std::conj(v); }), words);
  });
}

TEST(permutations_fold_in) {
  Random random(11);
  each_factor([&](const std::string& words, const Factor& f, const Matrix& m, Dtype) {
    const auto p = random.permutation(m.cols), q = random.permutation(m.rows);
    // y = z[q], z = m (x[p]): row r of the result is row q[r] of m, column p[c] is column c of m.
    Matrix expected(m.rows, m.cols);
    for (index_t r = 0; r < m.rows; ++r)
      for (index_t c = 0; c < m.cols; ++c) expected(r, p[c]) = m(q[r], c);
    if (f.get<Gather>() && m.rows != m.cols) return;
    CHECK(matrix_of(f.permuted(test::shared(p), test::shared(q))) == expected, words);
    CHECK(matrix_of(f.permuted(nullptr, nullptr)) == m, words);
  });
}

TEST(scalar_multiples) {
  each_factor([](const std::string& words, const Factor& f, const Matrix& m, Dtype t) {
    const Factor twice = f.scaled(2.0), turned = f.scaled(c128(0, 1)), thrice = f.scaled_int(3);
    const Dtype weights = f.dtype();
    CHECK(matrix_of(twice) == m.mapped([](wide v) { return 2.0L * v; }), words);
    CHECK(matrix_of(turned) == m.mapped([](wide v) { return wide(-v.imag(), v.real()); }), words);
    CHECK(is_complex(turned.dtype()) && (t != Dtype::f32 || turned.dtype() == Dtype::c64 || f.get<Gather>()), words);
    CHECK(twice.dtype() == (is_integer(weights) ? Dtype::f64 : weights), words);
    if (is_integer(weights)) {
      CHECK(thrice.dtype() == Dtype::i64 && matrix_of(thrice) == m.mapped([](wide v) { return 3.0L * v; }), words);
    }
    CHECK(f.scaled(0.0).synapses() == 0, words);
  });
}

TEST(conversions) {
  each_factor([](const std::string& words, const Factor& f, const Matrix& m, Dtype t) {
    const Dtype to = is_complex(t) ? Dtype::c64 : Dtype::f32;
    const Factor g = f.astype(to);
    CHECK(f.get<Gather>() || g.dtype() == to, words);
    CHECK(matrix_of(g) == m.mapped([](wide v) {
      return wide(static_cast<float>(static_cast<double>(v.real())), static_cast<float>(static_cast<double>(v.imag())));
    }),
          words);
  });
}

// Sparse rows whose support is a pattern become that pattern, whatever the pattern; one entry more or less, and they do not.
TEST(patterns_are_recognised) {
  Random random(12);
  for (const index_t a : {1, 2, 3})
    for (const index_t b : {1, 2, 3})
      for (const index_t c : {1, 2, 3})
        for (const index_t d : {1, 2, 4}) {
          const Factor f = kronecker_sparse(test::numbers<double>(random, a * b * c * d), a, b, c, d);
          const Csr m = to_csr(f);
          const auto found = recognise(m);
          CHECK(found && found->get<Blocks>() && matrix_of(*found) == matrix_of(f), a, b, c, d);
          if (found) CHECK(found->kind() == "KroneckerSparse" && found->bytes() == f.bytes(), a, b, c, d);

          Csr shifted = m;  // the last entry moved one column to the left, where there is room
          std::vector<index_t> indices;
          for (index_t e = 0; e < m.values.size(); ++e) indices.push_back(m.indices.as<std::int32_t>()[e]);
          const std::size_t last = indices.size() - 1;
          if (indices[last] == 0 || (c > 1 && indices[last - 1] == indices[last] - 1)) continue;
          --indices[last];
          const Factor moved = sparse(m.rows, m.cols, m.begin, indices, m.values.get());
          const auto other = recognise(*moved.get<Csr>());
          CHECK(!other || matrix_of(*other) == matrix_of(moved), a, b, c, d);
        }
  CHECK(!recognise(*test::random_sparse(random, 16, 16, 0.2, Dtype::f64).get<Csr>()));
  CHECK(!recognise(*test::random_sparse(random, 16, 16, 0, Dtype::f64).get<Csr>()));
  CHECK(!recognise(*sparse(0, 3, test::shared({0}), {}, copy_of<double>({})).get<Csr>()));
  CHECK(!recognise(*sparse(2, 2, test::shared({0, 2, 2}), {0, 1}, copy_of<double>({1, 2})).get<Csr>()));
}

TEST_MAIN
