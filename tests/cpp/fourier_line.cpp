// Plans of one contiguous vector, on every instruction set, against a transform computed in a wider type.
#include "flatnet/engine/fourier_line.hpp"

#include <complex>
#include <memory>

#include "flatnet/core/check.hpp"
#include "harness.hpp"
#include "memory.hpp"

using namespace flatnet;
using engine::LinePlan;
using test::Guarded;
using test::Random;
using test::Wide;

namespace {

template <class T> using Vector = std::vector<std::complex<Wide<T>>>;

/// exp(sign 2 pi i k / n) for every k.
template <class W> std::vector<std::complex<W>> roots(index_t n, int sign) {
  std::vector<std::complex<W>> all(static_cast<std::size_t>(n));
  const long double step = sign * 2 * 3.14159265358979323846264338327950288L / static_cast<long double>(n);
  for (index_t k = 0; k < n; ++k) {
    const long double angle = step * static_cast<long double>(k);
    all[k] = {static_cast<W>(std::cos(angle)), static_cast<W>(std::sin(angle))};
  }
  return all;
}

/// The transform by its definition along the smallest factor of n, again on the rest: n times the sum of the prime factors.
template <class W> std::vector<std::complex<W>> oracle(const std::vector<std::complex<W>>& x,
                                                       const std::vector<std::complex<W>>& w) {
  const index_t n = static_cast<index_t>(x.size());
  if (n == 1) return x;
  index_t r = 2;
  while (n % r != 0) ++r;
  const index_t m = n / r, step = static_cast<index_t>(w.size()) / n;
  std::vector<std::complex<W>> y(x.size());
  for (index_t j = 0; j < r; ++j) {
    std::vector<std::complex<W>> part(static_cast<std::size_t>(m));
    for (index_t i = 0; i < m; ++i) part[i] = x[i * r + j];
    part = oracle(part, w);
    for (index_t k = 0; k < n; ++k) y[k] += part[k % m] * w[(j * k % n) * step];
  }
  return y;
}

template <class T> Dtype component() { return dtype_of<T>::value; }

/// A plan and what its calls read and write, `shift` components past a 64-byte boundary.
template <class T> struct Bench {
  index_t n;
  std::shared_ptr<const LinePlan> plan;
  Guarded<T> x, y, scratch;
  Bench(const std::string& isa, index_t n_, index_t shift)
      : n(n_),
        plan(LinePlan::make(kernels_of(isa), component<T>(), n_)),
        x(2 * n_ + 2, shift),
        y(2 * n_ + 2, shift == 0 ? 0 : shift + 1),
        scratch(plan->scratch_bytes() / static_cast<index_t>(sizeof(T)), 0) {
    Random random(static_cast<std::uint64_t>(n));
    for (index_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(2 * random.unit() - 1);
  }
  Vector<T> input(index_t count) const {
    Vector<T> v(static_cast<std::size_t>(count));
    for (index_t i = 0; i < count; ++i) v[i] = {x[2 * i], x[2 * i + 1]};
    return v;
  }
  bool intact() const { return x.intact() && y.intact() && scratch.intact(); }
};

/// The largest error of `got`, in units of eps times the norm of the exact result over sqrt n.
template <class T> double error(const T* got, const Vector<T>& want, index_t count) {
  Wide<T> worst = 0, norm = 0;
  for (const auto& z : want) norm += std::norm(z);
  for (index_t k = 0; k < count; ++k)
    worst = std::max(worst, std::abs(std::complex<Wide<T>>(got[2 * k], got[2 * k + 1]) - want[k]));
  const Wide<T> unit = std::numeric_limits<T>::epsilon() * std::sqrt(norm / static_cast<Wide<T>>(want.size()));
  return static_cast<double>(worst / unit);
}
// Each of log2 n levels rounds a number at most 4 times to eps / 2 of its size; the largest error among n numbers stays
// below that sum (it would be reached only if every rounding conspired), and the typical number is of the size of the norm.
double bound(index_t n) { return 2 + 2 * std::log2(static_cast<double>(n)); }

std::vector<index_t> sizes() {
  std::vector<index_t> all;
  for (index_t n = 1; n <= (test::emulated() ? 1024 : 4096); ++n)
    if (LinePlan::supports(n)) all.push_back(n);
  if (test::emulated()) return all;
  for (const index_t n : {8000, 8192, 10000, 16384, 30000, 32768, 65536, 100000, 131072}) all.push_back(n);
  return all;
}

template <class T, class F> void each(F&& f) {
  index_t shift = 0;
  for (const index_t n : sizes()) {
    for (const std::string& isa : test::isas()) f(isa, n, shift);
    shift = (shift + 1) % 5;
  }
}

template <class T> void complex_transforms() {
  each<T>([](const std::string& isa, index_t n, index_t shift) {
    for (const bool inverse : {false, true}) {
      Bench<T> b(isa, n, shift);
      const double scale = n % 3 == 0 ? 1.0 : 1.0 / static_cast<double>(n);
      auto want = oracle(b.input(n), roots<Wide<T>>(n, inverse ? 1 : -1));
      for (auto& z : want) z *= static_cast<Wide<T>>(static_cast<T>(scale));
      b.plan->c2c(b.x.data(), b.y.data(), inverse, scale, b.scratch.data());
      const double e = error<T>(b.y.data(), want, n);
      CHECK(e <= bound(n), isa, n, inverse, e);
      CHECK(b.intact(), isa, n);
      b.plan->c2c(b.x.data(), b.x.data(), inverse, scale, b.scratch.data());
      CHECK(std::memcmp(b.x.data(), b.y.data(), static_cast<std::size_t>(2 * n) * sizeof(T)) == 0, "in place", isa, n, inverse);
    }
  });
}

template <class T> void real_transforms() {
  each<T>([](const std::string& isa, index_t n, index_t shift) {
    if (!LinePlan::supports_real(n)) return;
    for (const bool inverse : {false, true}) {
      Bench<T> b(isa, n, shift);
      Vector<T> x(static_cast<std::size_t>(n));
      for (index_t i = 0; i < n; ++i) x[i] = b.x[i];
      auto want = oracle(x, roots<Wide<T>>(n, inverse ? 1 : -1));
      b.plan->r2c(b.x.data(), b.y.data(), inverse, 1, b.scratch.data());
      const double e = error<T>(b.y.data(), want, n / 2 + 1);
      CHECK(e <= bound(n), isa, n, inverse, e);
      CHECK(b.y[1] == 0 && b.y[n + 1] == 0, isa, n, "the ends are real");
      // There and back: twice the error, and that of the division by n.
      b.plan->c2r(b.y.data(), b.x.data(), !inverse, 1.0 / static_cast<double>(n), b.scratch.data());
      Wide<T> worst = 0, norm = 0;
      for (index_t i = 0; i < n; ++i) worst = std::max(worst, std::abs(Wide<T>(b.x[i]) - x[i].real())), norm += std::norm(x[i]);
      const double back =
          static_cast<double>(worst / std::sqrt(norm / static_cast<Wide<T>>(n)) / std::numeric_limits<T>::epsilon());
      CHECK(back <= 2 * bound(n), isa, n, inverse, back);
      CHECK(b.intact(), isa, n);
    }
  });
}

// Where y begins within a cache line decides how a plan stores, never what.
template <class T> void bits_of_alignments() {
  for (const std::string& isa : test::isas())
    for (const index_t n : {48, 256, 1024, 1536, 3072, 4096, 12288, 16384}) {
      for (const bool inverse : {false, true}) {
        Bench<T> aligned(isa, n, 0);
        aligned.plan->c2c(aligned.x.data(), aligned.y.data(), inverse, 0.5, aligned.scratch.data());
        for (index_t shift = 1; shift < 64 / static_cast<index_t>(sizeof(T)); ++shift) {
          Guarded<T> y(2 * n, shift);
          aligned.plan->c2c(aligned.x.data(), y.data(), inverse, 0.5, aligned.scratch.data());
          CHECK(std::memcmp(aligned.y.data(), y.data(), static_cast<std::size_t>(2 * n) * sizeof(T)) == 0, isa, n, shift);
          CHECK(y.intact(), isa, n, shift);
        }
      }
    }
}

// The parts of a Hermitian input that the definition ignores do not matter.
template <class T> void ends_count_as_real() {
  for (const std::string& isa : test::isas())
    for (const index_t n : {2, 4, 16, 256, 320, 1024})
      for (const bool inverse : {false, true}) {
        Bench<T> b(isa, n, 1);
        b.plan->c2r(b.x.data(), b.y.data(), inverse, 1, b.scratch.data());
        std::vector<T> first(b.y.data(), b.y.data() + n);
        b.x[1] = b.x[n + 1] = 0;
        b.plan->c2r(b.x.data(), b.y.data(), inverse, 1, b.scratch.data());
        CHECK(std::memcmp(first.data(), b.y.data(), static_cast<std::size_t>(n) * sizeof(T)) == 0, isa, n, inverse);
      }
}

// A unit vector has a transform of roots of one, whatever it is multiplied with on its way: exact where they are.
template <class T> void impulses() {
  for (const std::string& isa : test::isas())
    for (const index_t n : {1, 2, 4, 8, 32, 64, 240, 256, 1000, 1024, 4096}) {
      Bench<T> b(isa, n, 0);
      for (index_t i = 0; i < 2 * n; ++i) b.x[i] = 0;
      b.x[0] = 1;
      b.plan->c2c(b.x.data(), b.y.data(), false, 1, b.scratch.data());
      bool ones = true;
      for (index_t k = 0; k < n; ++k) ones = ones && b.y[2 * k] == 1 && b.y[2 * k + 1] == 0;
      CHECK(ones, isa, n);
    }
}

}  // namespace

TEST(float32_complex) { complex_transforms<float>(); }
TEST(float64_complex) { complex_transforms<double>(); }
TEST(float32_real) { real_transforms<float>(); }
TEST(float64_real) { real_transforms<double>(); }
TEST(float32_bits_of_alignments) { bits_of_alignments<float>(); }
TEST(float64_bits_of_alignments) { bits_of_alignments<double>(); }
TEST(float32_ends_count_as_real) { ends_count_as_real<float>(); }
TEST(float64_ends_count_as_real) { ends_count_as_real<double>(); }
TEST(float32_impulses) { impulses<float>(); }
TEST(float64_impulses) { impulses<double>(); }

TEST(which_sizes) {
  for (const index_t n : {1, 2, 4, 8, 16, 20, 64, 96, 100, 1000, 1024, 65536, 100000, 1 << 24}) CHECK(LinePlan::supports(n), n);
  for (const index_t n : {-4, 0, 3, 6, 12, 22, 44, 49, 1001, 1002, 1 << 25}) CHECK(!LinePlan::supports(n), n);
  const kernels::Table& table = kernels_of(test::isas().front());
  CHECK_SENTENCE(shape_error, "a line plan wants a power of two or a 7-smooth multiple of 4 up to 16777216, got n = 44",
                 LinePlan::make(table, Dtype::f32, 44));
  CHECK_SENTENCE(shape_error, "a line plan computes in float32 or float64, got int32", LinePlan::make(table, Dtype::i32, 64));
  CHECK(LinePlan::make(table, Dtype::f64, 1024)->bytes() > 0);
}

TEST_MAIN
