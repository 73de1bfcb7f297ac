// The built-in chains against the definitions of what they compute, and their counts against closed forms.
#include "flatnet/transforms/list.hpp"

#include "harness.hpp"
#include "oracle.hpp"

using namespace flatnet;
using test::Matrix;
using test::matrix_of;
using test::wide;

namespace {

Matrix matrix_of_chain(const Network& net) {
  Matrix m = matrix_of(net.layers().front().weight);
  for (std::size_t i = 1; i < net.layers().size(); ++i) m = matrix_of(net.layers()[i].weight) * m;
  return m;
}
int ones(index_t v) { return __builtin_popcountll(static_cast<unsigned long long>(v)); }
int log2_of(index_t n) {
  int m = 0;
  while ((index_t{1} << m) < n) ++m;
  return m;
}
long double distance(const Matrix& a, const Matrix& b) {
  long double d = a.rows == b.rows && a.cols == b.cols ? 0 : INFINITY;
  for (std::size_t i = 0; i < std::min(a.entries.size(), b.entries.size()); ++i)
    d = std::max(d, std::abs(a.entries[i] - b.entries[i]));
  return d;
}

// The output of a network for each unit vector: its columns, as computed. The dtype is that of T.
template <class T> Matrix computed(const Network& net) {
  const index_t n = net.cols(), m = net.rows();
  std::vector<T> x(static_cast<std::size_t>(n * n)), y(static_cast<std::size_t>(n * m));
  for (index_t i = 0; i < n; ++i) x[i * n + i] = T(1);
  net.apply(x.data(), y.data(), n);
  Matrix a(m, n);
  for (index_t i = 0; i < n; ++i)
    for (index_t r = 0; r < m; ++r) a(r, i) = test::widened(y[i * m + r]);
  return a;
}

}  // namespace

TEST(hadamard_is_its_definition) {
  for (const index_t n : {1, 2, 4, 16, 64}) {
    const Network net = hadamard(n);
    Matrix expected(n, n);
    for (index_t i = 0; i < n; ++i)
      for (index_t j = 0; j < n; ++j) expected(i, j) = ones(i & j) % 2 ? -1 : 1;
    CHECK(matrix_of_chain(net) == expected, n);
    CHECK(computed<std::int32_t>(net) == expected && computed<std::int64_t>(net) == expected, n);
    CHECK(computed<float>(net) == expected && computed<double>(net) == expected, n);
    CHECK(computed<c64>(net) == expected && computed<c128>(net) == expected, n);
    const int m = log2_of(n);
    CHECK(net.synapses() == (m ? 2 * n * m : 1) && net.depth() == std::max(m - 1, 0), n);
    CHECK(net.neurons() == n * net.depth(), n);
  }
  CHECK(hadamard(index_t{1} << 40).synapses() == (index_t{2} << 40) * 40);
}

TEST(zeta_sums_over_subsets) {
  for (const int m : {0, 1, 3, 6}) {
    const index_t n = index_t{1} << m;
    Matrix sums(n, n), moebius(n, n);
    for (index_t s = 0; s < n; ++s)
      for (index_t t = 0; t < n; ++t)
        if ((s & t) == t) sums(s, t) = 1, moebius(s, t) = ones(s ^ t) % 2 ? -1 : 1;
    CHECK(matrix_of_chain(zeta(m)) == sums && computed<std::int64_t>(zeta(m)) == sums, m);
    CHECK(matrix_of_chain(zeta(m, true)) == moebius && computed<double>(zeta(m, true)) == moebius, m);
    CHECK(zeta(m).synapses() == (m ? 3 * m * n / 2 : 1), m);
  }
  CHECK(zeta(9).synapses() == 6912);
}

// Each stage adds at most eps to the relative error of an entry of modulus one (a rounded twiddle and a rounded product).
TEST(dft_is_its_definition) {
  constexpr long double tau = 6.283185307179586476925286766559005768L;
  for (const index_t n : {1, 2, 4, 8, 32, 128}) {
    Matrix forward(n, n);
    for (index_t i = 0; i < n; ++i)
      for (index_t j = 0; j < n; ++j)
        forward(i, j) = std::polar(1.0L, -tau * static_cast<long double>(i * j % n) / static_cast<long double>(n));
    const Matrix inverse = forward.mapped([n](wide v) { return std::conj(v) / static_cast<long double>(n); });
    const int m = log2_of(n);
    const long double eps = 0x1p-52L * std::max(m, 1), eps32 = 0x1p-23L * std::max(m, 1);
    CHECK(distance(matrix_of_chain(dft(n)), forward) <= eps, n);
    CHECK(distance(matrix_of_chain(dft(n, true)), inverse) <= eps / static_cast<long double>(n), n);
    CHECK(distance(computed<c128>(dft(n)), forward) <= 2 * eps, n);
    CHECK(distance(computed<c64>(dft(n)), forward) <= 2 * eps32, n);
    CHECK(distance(computed<c128>(dft(n, true)), inverse) <= 2 * eps / static_cast<long double>(n), n);
    CHECK(dft(n).synapses() == (m ? 2 * n * m : 1) && dft(n, true).synapses() == dft(n).synapses(), n);
  }
  CHECK(dft(1024).synapses() == 20480);
}

TEST(twiddles_have_exact_zeros_and_are_within_half_an_ulp) {
  constexpr long double tau = 6.283185307179586476925286766559005768L;
  for (const bool inverse : {false, true})
    for (int stage = 0; stage < 10; ++stage) {
      const index_t d = index_t{1} << stage;
      const Factor f = fourier_stage(1024, stage, inverse);
      const Buffer v = f.get<Blocks>()->values.get();
      for (index_t l = 0; l < d; ++l) {
        const c128 w = v.as<c128>()[d + l];
        const long double angle = (inverse ? tau : -tau) * static_cast<long double>(l) / static_cast<long double>(2 * d);
        CHECK(std::abs(w.real() - std::cos(angle)) <= 0x1p-53L && std::abs(w.imag() - std::sin(angle)) <= 0x1p-53L, d, l);
        if (4 * l == 2 * d) CHECK(w.real() == 0 && std::abs(w.imag()) == 1, d);
        if (8 * l == 2 * d) CHECK(w.real() == std::abs(w.imag()), d);
        CHECK(v.as<c128>()[3 * d + l] == -w, d, l);
      }
    }
}

TEST(bit_reversal_reverses) {
  CHECK(*bit_reversal(8) == (std::vector<index_t>{0, 4, 2, 6, 1, 5, 3, 7}));
  CHECK(*bit_reversal(1) == std::vector<index_t>{0});
  const auto p = *bit_reversal(1024);
  for (index_t i = 0; i < 1024; ++i) CHECK(p[p[i]] == i, i);
}

TEST_MAIN
