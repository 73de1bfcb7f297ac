// Products of neighbours against plain matrix products: every kind with every kind, the numerical-zero rule, bounds, refusals.
#include "flatnet/network/product.hpp"

#include "flatnet/network/sparse_product.hpp"
#include "flatnet/transforms/list.hpp"
#include "harness.hpp"
#include "oracle.hpp"

using namespace flatnet;
using test::Matrix;
using test::matrix_of;
using test::Named;
using test::Random;
using test::wide;

namespace {

constexpr double unlimited = 1e18;  // bytes

// Non-zero terms of each entry.
Matrix terms_of(const Matrix& l, const Matrix& r) {
  const auto present = [](wide v) { return wide(v != wide(0)); };
  return l.mapped(present) * r.mapped(present);
}

// Every entry: integers exact. An entry kept is within k eps of its magnitude and one rounding to the result's dtype; an entry
// of k > 1 terms may be dropped within 4 k eps; a single term is never dropped.
bool agrees(const Matrix& got, const Matrix& l, const Matrix& r, double eps, double rounding) {
  const Matrix sums = l * r, magnitudes = l.magnitudes() * r.magnitudes(), terms = terms_of(l, r);
  if (got.rows != sums.rows || got.cols != sums.cols) return false;
  for (index_t i = 0; i < got.rows; ++i)
    for (index_t j = 0; j < got.cols; ++j) {
      const long double k = terms(i, j).real(), m = magnitudes(i, j).real(), error = std::abs(got(i, j) - sums(i, j));
      const bool dropped = got(i, j) == wide(0) && k > 1;
      if (error > (dropped ? 4 * k * eps * m : 0) + (2 * k * 0x1p-52L * (eps > 0 ? 1 : 0) + rounding) * m) return false;
    }
  return true;
}

void check_pair(const Named& l, const Named& r) {
  const std::string words = l.name + " @ " + r.name;
  const Factor &a = l.factor, &b = r.factor;
  const ProductEstimate estimate = estimate_product(a, b);
  const Factor p = product(a, b, unlimited);
  const double eps = product_eps(a.dtype(), b.dtype());
  const bool narrow = p.dtype() == Dtype::f32 || p.dtype() == Dtype::c64;
  CHECK(agrees(matrix_of(p), matrix_of(a), matrix_of(b), eps, narrow ? 0x1p-23 : 0), words, p.kind());
  CHECK(estimate.synapses >= static_cast<double>(p.synapses()), words, estimate.synapses, p.synapses());
  if (!a.get<Gather>() && !b.get<Gather>()) CHECK(p.dtype() == product_dtype(a.dtype(), b.dtype()), words);
}

}  // namespace

TEST(every_kind_meets_every_kind) {
  const std::pair<Dtype, Dtype> pairs[] = {{Dtype::i64, Dtype::i64}, {Dtype::f64, Dtype::f64},   {Dtype::f32, Dtype::f32},
                                           {Dtype::c64, Dtype::c64}, {Dtype::c128, Dtype::c128}, {Dtype::f32, Dtype::f64},
                                           {Dtype::i64, Dtype::f32}, {Dtype::f64, Dtype::c64}};
  for (const auto& [lt, rt] : pairs) {
    Random random(20), choice(21);
    const auto left = test::factors(random, lt), right = test::factors(random, rt);
    for (const Named& l : left)
      for (const Named& r : right) {
        if (l.factor.cols() != r.factor.rows() || (test::emulated() && choice.below(4) != 0)) continue;
        const bool permuted = l.name.find("permuted") != std::string::npos || r.name.find("permuted") != std::string::npos;
        if (!permuted || choice.below(16) == 0)
          check_pair({l.name + ", " + name(lt), l.factor}, {r.name + ", " + name(rt), r.factor});
      }
  }
}

// 1 + (-1 + g): two terms, magnitude 2 - g, zero when |g| <= 4 * 2 * eps * 2 = 16 eps. On each path of the product.
TEST(numerical_zeros) {
  const double eps = 0x1p-52;
  for (const double g : {0.0, 10 * eps, 20 * eps}) {
    const index_t expected = g > 16 * eps;
    const Buffer row = copy_of<double>({1, 1}), column = copy_of<double>({1, -1 + g});
    const Buffer rows = copy_of<double>({1, 1, 1, 1}), columns = copy_of<double>({1, -1 + g, 1, -1 + g});
    CHECK(product(dense(row, 1, 2), dense(column, 2, 1), unlimited).synapses() == expected, g / eps);
    CHECK(product(kronecker_sparse(rows, 2, 1, 2, 1), kronecker_sparse(columns, 2, 2, 1, 1), unlimited).synapses() ==
              2 * expected,
          g / eps);
    const Factor l = sparse(1, 2, test::shared({0, 2}), {0, 1}, row), r = sparse(2, 1, test::shared({0, 1, 2}), {0, 0}, column);
    CHECK(product(l, r, unlimited).synapses() == expected, g / eps);
    CHECK(product(l, dense(column, 2, 1), unlimited).synapses() == expected, g / eps);
  }
  // A single term cannot cancel, however small it is beside its row.
  const Factor tiny = product(dense(copy_of<double>({1e-200, 1}), 1, 2), dense(copy_of<double>({1, 1, 0, 1}), 2, 2), unlimited);
  CHECK(tiny.synapses() == 2 && matrix_of(tiny)(0, 0) == wide(1e-200));
  // float32 weights bring their eps along: 1 + (-1 + 2^-22) is noise there.
  CHECK(product(dense(copy_of<float>({1, 1}), 1, 2), dense(copy_of<double>({1, -1 + 0x1p-22}), 2, 1), unlimited).synapses() ==
        0);
}

TEST(chains_flatten_to_what_they_are) {
  const auto flatten = [](const std::vector<Layer>& layers) {
    Factor p = layers.front().weight;
    for (std::size_t i = 1; i < layers.size(); ++i) p = product(layers[i].weight, p, unlimited);
    return p;
  };
  const index_t n = 64;
  // Stages of a butterfly merge into block patterns: q stages hold 2^q n synapses, without being opened.
  const auto stages = hadamard(n).layers();
  for (std::size_t q = 1; q <= stages.size(); ++q) {
    const Factor p = flatten({stages.begin(), stages.begin() + static_cast<std::ptrdiff_t>(q)});
    CHECK(p.get<Blocks>() && p.synapses() == n << q && p.bytes() == index_t{8} << (2 * q), q, p.kind());
  }
  CHECK(flatten(dft(n).layers()).synapses() == n * n);

  // There and back is the identity: n synapses after exact cancellation (integers) and after the zero rule (complex).
  auto round_trip = [&](const Network& there, const Network& back) {
    auto layers = there.layers();
    for (const Layer& l : back.layers()) layers.push_back(l);
    return flatten(layers);
  };
  const Matrix scaled = matrix_of(round_trip(hadamard(n), hadamard(n)));
  for (index_t i = 0; i < n; ++i) CHECK(scaled(i, i) == wide(n), i);
  CHECK(scaled.non_zeros() == n);
  CHECK(matrix_of(round_trip(zeta(5), zeta(5, true))).non_zeros() == 32);
  CHECK(round_trip(dft(n), dft(n, true)).synapses() == n);
}

TEST(results_above_half_full_are_dense) {
  Random random(22);
  const Factor a = test::random_sparse(random, 16, 16, 0.2, Dtype::f64),
               b = test::random_sparse(random, 16, 16, 0.6, Dtype::f64);
  CHECK(product(a, a, unlimited).kind() == "Sparse" && product(b, b, unlimited).kind() == "Dense");
}

TEST(same_product_for_any_number_of_threads) {
  Random random(23);
  const int before = default_threads();
  const Factor a = test::random_sparse(random, 300, 300, 0.05, Dtype::f64),
               b = test::random_sparse(random, 300, 300, 0.05, Dtype::f64);
  const Factor c = kronecker_sparse(test::numbers<double>(random, 4096), 4, 16, 16, 4), d = c.transpose();
  set_default_threads(1);
  const Matrix sparse_one = matrix_of(product(a, b, unlimited)), block_one = matrix_of(product(c, d, unlimited));
  for (const int threads : {2, 3, 4}) {
    set_default_threads(threads);
    CHECK(matrix_of(product(a, b, unlimited)) == sparse_one && matrix_of(product(c, d, unlimited)) == block_one, threads);
  }
  set_default_threads(before);
}

TEST(refusals) {
  Random random(24);
  const Factor l = dense(test::numbers<double>(random, 12), 3, 4), r = dense(test::numbers<double>(random, 10), 5, 2);
  CHECK_SENTENCE(shape_error, "the left factor takes 4 inputs, the right one gives 5", product(l, r, unlimited));
  CHECK_SENTENCE(shape_error, "the left factor takes 4 inputs, the right one gives 5", estimate_product(l, r));
  // 2^20 x 2^20 of 8 bytes: 8 TiB, refused from the shapes alone.
  const Factor column = dense(copy_of(std::vector<double>(1 << 20, 1.0).data(), 1 << 20), 1 << 20, 1);
  CHECK_SENTENCE(too_large_error, "the product of 1048576 x 1048576 needs at least 8.38861e+06 MiB, the limit is 1024 MiB",
                 product(column, column.transpose(), 0x1p30));
  CHECK(estimate_product(column, column.transpose()).bytes == 0x1p43);
  const Factor big = dense(copy_of<index_t>({index_t{1} << 40}), 1, 1);
  CHECK(!test::thrown<shape_error>([&] { product(big, big, unlimited); }).empty());
  CHECK(product(big, dense(copy_of<index_t>({1 << 20}), 1, 1), unlimited).max_abs() == 0x1p60);
}

TEST(empty_products) {
  const Factor none = dense(copy_of<double>({}), 0, 3), tall = dense(copy_of<double>({}), 3, 0);
  CHECK(product(none, tall, unlimited).rows() == 0);
  const Factor zero = product(tall, none, unlimited);
  CHECK(zero.rows() == 3 && zero.cols() == 3 && zero.synapses() == 0);
  for (const auto& [l, r] : {std::pair<Factor, Factor>{none, tall}, {tall, none}}) {
    const ProductEstimate e = estimate_product(l, r);
    CHECK(e.synapses == 0 || e.synapses == 9, e.synapses);
    CHECK(!std::isnan(e.bytes));
  }
  const Buffer core = copy_of<double>({1, 1, 1, 1});
  CHECK(estimate_product(kronecker(0, core, 2, 2, 8), kronecker(0, core, 2, 2, 4)).synapses == 0);
}

TEST_MAIN
