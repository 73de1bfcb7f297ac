// Discrete Fourier transforms on every instruction set: against the sum itself in a wider type, in all layouts, and against
// their own laws where the sum is too long.
#include "flatnet/engine/fourier.hpp"

#include "flatnet/core/check.hpp"
#include "harness.hpp"
#include "memory.hpp"

using namespace flatnet;
using engine::Lines;
using test::Guarded;
using test::Random;

namespace {

using Wide = std::complex<long double>;

template <class T> constexpr Dtype component = dtype_of<T>::value;

// exp(-+ 2 pi i k / n)
Wide unit(index_t k, index_t n, bool inverse) {
  const long double turn = 2 * std::acos(-1.0L) * static_cast<long double>(k % n) / static_cast<long double>(n);
  return {std::cos(turn), inverse ? std::sin(turn) : -std::sin(turn)};
}

// One vector by the definition; long ones at a few outputs only.
template <class T> std::vector<Wide> outputs(const std::vector<std::complex<T>>& x, const std::vector<index_t>& at,
                                             bool inverse) {
  const auto n = static_cast<index_t>(x.size());
  std::vector<Wide> circle;
  for (index_t k = 0; k < n; ++k) circle.push_back(unit(k, n, inverse));
  std::vector<Wide> y;
  for (const index_t k : at) {
    Wide sum = 0;
    for (index_t j = 0; j < n; ++j) sum += Wide(x[j]) * circle[static_cast<std::size_t>(j * k % n)];
    y.push_back(sum);
  }
  return y;
}

// Every stage rounds; errors of a transform grow like log2 n (Higham, sec. 24.1), those of a chirp are two longer transforms.
template <class T> long double tolerance(index_t n) {
  const auto stages = static_cast<long double>(std::log2(static_cast<double>(2 * n)));
  return 8 * stages * std::numeric_limits<T>::epsilon();
}

const std::vector<index_t>& lengths() {
  static const std::vector<index_t> all = [] {
    std::vector<index_t> n;
    for (index_t i = 1; i <= 64; ++i) n.push_back(i);
    for (const index_t i : {67, 71, 97, 101, 120, 127, 128, 131, 143, 169, 191, 241, 256, 257, 343, 360, 509, 512, 625, 719})
      n.push_back(i);
    for (const index_t i : {1000, 1009, 1024, 1031, 1155, 1536, 2048, 2187, 3000, 4096, 4097, 4099, 5000})
      if (i < 1500 || !test::emulated()) n.push_back(i);
    return n;
  }();
  return all;
}

template <class T> std::complex<T> number(Random& random) {
  const auto re = static_cast<T>(2 * random.unit() - 1);
  return {re, static_cast<T>(2 * random.unit() - 1)};
}
template <class T> std::vector<std::complex<T>> numbers(Random& random, index_t count) {
  std::vector<std::complex<T>> x;
  for (index_t i = 0; i < count; ++i) x.push_back(number<T>(random));
  return x;
}

std::vector<index_t> some_rows(index_t n) {
  std::vector<index_t> at;
  for (index_t k = 0; k < n; k += n <= 64 ? 1 : n / 17) at.push_back(k);
  at.push_back(n - 1);
  return at;
}

// `count` lines of n elements: line j, element r stands at j * line + r * step.
struct Layout {
  const char* name;
  index_t line, step;
  Lines lines(index_t count, index_t n_in, index_t n_out, index_t x_element, index_t y_element, const Layout& y) const {
    return Lines({count, n_in}, {line * x_element, step * x_element}, x_element, {count, n_out},
                 {y.line * y_element, y.step * y_element}, y_element, 1);
  }
  index_t size(index_t count, index_t n) const { return (count - 1) * line + (n - 1) * step + 1; }
};

std::vector<Layout> layouts(index_t count, index_t n) {
  return {{"rows", n, 1},
          {"padded rows", n + 3, 1},
          {"columns", 1, count},
          {"padded columns", 1, count + 5},
          {"spread", 2 * n + 1, 2}};
}

template <class T> long double norm_of(const std::vector<std::complex<T>>& x) {
  long double sum = 0;
  for (const auto& v : x) sum += std::norm(Wide(v));
  return std::sqrt(sum);
}

template <class T>
void check_c2c(const std::string& isa, Random& random, index_t n, index_t count, const Layout& lx, const Layout& ly,
               bool inverse) {
  const kernels::Table& table = kernels_of(isa);
  using C = std::complex<T>;
  Guarded<C> x(lx.size(count, n), random.below(8)), y(ly.size(count, n), random.below(8));
  for (index_t i = 0; i < x.size(); ++i) x[i] = number<T>(random);
  const Lines lines = lx.lines(count, n, n, sizeof(C), sizeof(C), ly);
  engine::c2c(component<T>, lines, x.data(), y.data(), inverse, 0.5, 1, &table);
  const auto at = some_rows(n);
  for (const index_t j : {index_t{0}, count / 2, count - 1}) {
    std::vector<C> line;
    for (index_t r = 0; r < n; ++r) line.push_back(x[j * lx.line + r * lx.step]);
    const auto want = outputs(line, at, inverse);
    for (std::size_t i = 0; i < at.size(); ++i) {
      const long double error = std::abs(Wide(y[j * ly.line + at[i] * ly.step]) - 0.5L * want[i]);
      CHECK(error <= tolerance<T>(n) * norm_of(line), isa, n, count, lx.name, ly.name, inverse, j, at[i]);
    }
  }
  CHECK(x.intact() && y.intact(), isa, n, count, lx.name, ly.name);
  if (lx.line != ly.line || lx.step != ly.step) return;
  engine::c2c(component<T>, lines, x.data(), x.data(), inverse, 0.5, 1, &table);
  bool same = true;
  for (index_t j = 0; j < count; ++j)
    for (index_t r = 0; r < n; ++r) same = same && x[j * lx.line + r * lx.step] == y[j * lx.line + r * lx.step];
  CHECK(same, "in place", isa, n, count, lx.name);
}

template <class T> void c2c_agrees() {
  Random random(1);
  std::size_t turn = 0;
  for (const std::string& isa : test::isas())
    for (const index_t n : lengths()) {
      check_c2c<T>(isa, random, n, 1, {"row", n, 1}, {"row", n, 1}, turn++ % 2);
      for (const index_t count : {index_t{3}, index_t{19}, index_t{37}}) {
        if (n > 300 && count != 19) continue;
        const auto all = layouts(count, n);
        const auto &lx = all[turn % all.size()], &ly = all[turn / 3 % all.size()];
        check_c2c<T>(isa, random, n, count, lx, ly, turn % 2);
        check_c2c<T>(isa, random, n, count, ly, ly, turn % 2);
        ++turn;
      }
    }
}

template <class T> void real_agrees() {
  Random random(2);
  using C = std::complex<T>;
  std::size_t turn = 0;
  for (const std::string& isa : test::isas())
    for (const index_t n : lengths())
      for (const index_t count : {index_t{1}, index_t{21}}) {
        const index_t half = n / 2 + 1;
        const bool inverse = turn % 2;
        const bool columns = ++turn % 3 == 0;
        const Layout lr = columns ? Layout{"columns", 1, count} : Layout{"rows", n, 1};
        const Layout lc = columns ? Layout{"columns", 1, count} : Layout{"rows", half, 1};
        Guarded<T> x(lr.size(count, n), random.below(8)), back(lr.size(count, n), random.below(8));
        Guarded<C> y(lc.size(count, half), random.below(8));
        for (index_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(2 * random.unit() - 1);
        const kernels::Table& table = kernels_of(isa);
        engine::r2c(component<T>, lr.lines(count, n, half, sizeof(T), sizeof(C), lc), x.data(), y.data(), inverse, 1.0, 1,
                    &table);
        engine::c2r(component<T>, lc.lines(count, half, n, sizeof(C), sizeof(T), lr), y.data(), back.data(), !inverse,
                    1.0 / static_cast<double>(n), 1, &table);
        const index_t j = count / 2;
        std::vector<C> line;
        for (index_t r = 0; r < n; ++r) line.push_back(x[j * lr.line + r * lr.step]);
        const auto at = some_rows(half);
        const auto want = outputs(line, at, inverse);
        const long double bound = tolerance<T>(n) * norm_of(line);
        for (std::size_t i = 0; i < at.size(); ++i)
          CHECK(std::abs(Wide(y[j * lc.line + at[i] * lc.step]) - want[i]) <= bound, isa, n, count, lr.name, inverse, at[i]);
        for (index_t r = 0; r < n; ++r)
          CHECK(std::abs(back[j * lr.line + r * lr.step] - line[r].real()) <= bound, "round trip", isa, n, count, lr.name, r);
        CHECK(x.intact() && y.intact() && back.intact(), isa, n, count, lr.name);
      }
}

// Lengths that the sum is too slow for: two rounds of panels, chirps, with tails on both sides.
const std::vector<index_t>& long_lengths() {
  static const std::vector<index_t> all = {16384, 30030, 65536, 65537, 100000, 117649, 177147, index_t{1} << 18, 360360};
  static const std::vector<index_t> few = {16384, 30030, 65537, 117649};
  return test::emulated() ? few : all;
}

template <class T> void long_ones() {
  Random random(3);
  for (const std::string& isa : test::isas())
    for (const index_t n : long_lengths()) {
      const kernels::Table& table = kernels_of(isa);
      const Lines lines = Lines::rows(1, n, n);
      const auto x = numbers<T>(random, n);
      std::vector<std::complex<T>> y(x.size()), back(x.size()), shared(x.size());
      engine::c2c(component<T>, lines, x.data(), y.data(), false, 1.0, 1, &table);
      const std::vector<index_t> at = {0, 1, n / 3, n - 1};
      const auto want = outputs(x, at, false);
      const long double bound = tolerance<T>(n) * norm_of(x);
      for (std::size_t i = 0; i < at.size(); ++i) CHECK(std::abs(Wide(y[at[i]]) - want[i]) <= bound, isa, n, at[i]);
      const long double parseval = norm_of(y) / norm_of(x) / std::sqrt(static_cast<long double>(n));
      CHECK(std::abs(parseval - 1) <= tolerance<T>(n), isa, n, "Parseval", static_cast<double>(parseval));
      engine::c2c(component<T>, lines, y.data(), back.data(), true, 1.0 / static_cast<double>(n), 1, &table);
      long double error = 0;
      for (index_t i = 0; i < n; ++i) error += std::norm(Wide(back[i]) - Wide(x[i]));
      CHECK(std::sqrt(error) <= tolerance<T>(n) * norm_of(x), isa, n, "round trip");
      engine::c2c(component<T>, lines, x.data(), shared.data(), false, 1.0, 3, &table);
      CHECK(shared == y, isa, n, "three threads");
    }
}

// Linearity and the shift theorem on panels and lines.
template <class T> void laws() {
  Random random(4);
  using C = std::complex<T>;
  for (const std::string& isa : test::isas())
    for (const index_t n : {index_t{24}, index_t{77}, index_t{128}, index_t{521}, index_t{1000}}) {
      const kernels::Table& table = kernels_of(isa);
      const index_t count = 16;
      const Lines columns({n, count}, {count * index_t(sizeof(C)), sizeof(C)}, sizeof(C), {n, count},
                          {count * index_t(sizeof(C)), sizeof(C)}, sizeof(C), 0);
      const auto a = numbers<T>(random, n * count), b = numbers<T>(random, n * count);
      std::vector<C> sum(a.size()), moved(a.size()), fa(a.size()), fb(a.size()), fsum(a.size()), fmoved(a.size());
      for (std::size_t i = 0; i < a.size(); ++i) {
        sum[i] = a[i] + b[i];
        moved[(i + 5 * count) % a.size()] = a[i];
      }
      const auto run = [&](const std::vector<C>& x, std::vector<C>& y) {
        engine::c2c(component<T>, columns, x.data(), y.data(), false, 1.0, 1, &table);
      };
      run(a, fa), run(b, fb), run(sum, fsum), run(moved, fmoved);
      const long double bound = 4 * tolerance<T>(n) * norm_of(a) / std::sqrt(static_cast<long double>(count)) * 2;
      for (index_t k = 0; k < n; ++k)
        for (index_t j = 0; j < count; ++j) {
          const auto i = static_cast<std::size_t>(k * count + j);
          CHECK(std::abs(Wide(fsum[i]) - Wide(fa[i]) - Wide(fb[i])) <= bound, isa, n, "linear", k, j);
          CHECK(std::abs(Wide(fmoved[i]) - Wide(fa[i]) * unit(5 * k, n, false)) <= bound, isa, n, "shift", k, j);
        }
    }
}

// The same bits for any number of threads, any alignment and any place in the array.
template <class T> void same_bits() {
  Random random(5);
  using C = std::complex<T>;
  for (const std::string& isa : test::isas())
    for (const index_t n : {index_t{60}, index_t{131}, index_t{512}}) {
      const kernels::Table& table = kernels_of(isa);
      const index_t count = 400, pitch = 448;
      Guarded<C> x(n * pitch, 0), y(n * pitch, 0), z(n * pitch, 3);
      const auto one = numbers<T>(random, n);
      for (index_t r = 0; r < n; ++r)
        for (index_t j = 0; j < count; ++j) x[r * pitch + j] = one[r];
      const index_t e = sizeof(C);
      const Lines lines({n, count}, {pitch * e, e}, e, {n, count}, {pitch * e, e}, e, 0);
      engine::c2c(component<T>, lines, x.data(), y.data(), false, 1.0, 1, &table);
      engine::c2c(component<T>, lines, x.data(), z.data(), false, 1.0, 4, &table);
      bool same = true;
      for (index_t r = 0; r < n; ++r)
        for (index_t j = 0; j < count; ++j) same = same && y[r * pitch + j] == y[r * pitch] && z[r * pitch + j] == y[r * pitch];
      CHECK(same, isa, n);
    }
}

// Long vectors, written through the caches and past them: the same bits at any place, in place and for any number of threads.
template <class T> void long_same_bits() {
  Random random(7);
  using C = std::complex<T>;
  for (const std::string& isa : test::isas())
    for (const index_t n : {index_t{1} << 18, index_t{1} << (test::emulated() ? 19 : 21)}) {
      const kernels::Table& table = kernels_of(isa);
      const auto x = numbers<T>(random, n);
      std::vector<C> first(x.size());
      const Lines lines = Lines::rows(1, n, n);
      engine::c2c(component<T>, lines, x.data(), first.data(), true, 1.0, 1, &table);
      const long double parseval = norm_of(first) / norm_of(x) / std::sqrt(static_cast<long double>(n));
      CHECK(std::abs(parseval - 1) <= tolerance<T>(n), isa, n, "Parseval");
      for (const index_t shift : {1, 6}) {
        Guarded<C> y(n, shift);
        engine::c2c(component<T>, lines, x.data(), y.data(), true, 1.0, 3, &table);
        CHECK(y.intact() && std::equal(first.begin(), first.end(), y.data()), isa, n, shift);
        std::copy(x.begin(), x.end(), y.data());
        engine::c2c(component<T>, lines, y.data(), y.data(), true, 1.0, 2, &table);
        CHECK(y.intact() && std::equal(first.begin(), first.end(), y.data()), isa, n, shift, "in place");
      }
    }
}

// Inside networks: I_a (x) F_n (x) I_d on rows of any number of lanes.
template <class T> void panels() {
  Random random(6);
  for (const std::string& isa : test::isas())
    for (const index_t lanes : {1, 2, 7, 16, 21, 64})
      for (const index_t n : {1, 2, 12, 64, 67}) {
        const index_t a = 2, d = 3;
        const bool inverse = n % 4 == 0;
        Guarded<T> x(a * n * d * 2 * lanes), scratch(a * n * d * 2 * lanes);
        for (index_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(2 * random.unit() - 1);
        std::vector<T> before(x.data(), x.data() + x.size());
        engine::c2c_panel(kernels_of(isa), component<T>, a, n, d, lanes, x.data(), scratch.data(), inverse);
        const auto at = some_rows(n);
        for (index_t i = 0; i < a; ++i)
          for (index_t l = 0; l < d; ++l)
            for (const index_t p : {index_t{0}, lanes - 1}) {
              const auto row = [&](index_t r) { return ((i * n + r) * d + l) * 2 * lanes + p; };
              std::vector<std::complex<T>> line;
              for (index_t r = 0; r < n; ++r) line.push_back({before[row(r)], before[row(r) + lanes]});
              const auto want = outputs(line, at, inverse);
              for (std::size_t k = 0; k < at.size(); ++k) {
                const Wide got(x[row(at[k])], x[row(at[k]) + lanes]);
                CHECK(std::abs(got - want[k]) <= tolerance<T>(n) * norm_of(line), isa, lanes, n, i, l, p);
              }
            }
        CHECK(x.intact() && scratch.intact(), isa, lanes, n);
      }
}

}  // namespace

TEST(complex64_agrees) { c2c_agrees<float>(); }
TEST(complex128_agrees) { c2c_agrees<double>(); }
TEST(real_float32_agrees) { real_agrees<float>(); }
TEST(real_float64_agrees) { real_agrees<double>(); }
TEST(long_complex64) { long_ones<float>(); }
TEST(long_complex128) { long_ones<double>(); }
TEST(long_same_bits_complex64) { long_same_bits<float>(); }
TEST(long_same_bits_complex128) { long_same_bits<double>(); }
TEST(laws_complex64) { laws<float>(); }
TEST(laws_complex128) { laws<double>(); }
TEST(same_bits_complex64) { same_bits<float>(); }
TEST(same_bits_complex128) { same_bits<double>(); }
TEST(panels_complex64) { panels<float>(); }
TEST(panels_complex128) { panels<double>(); }

TEST(plans_are_kept_and_bounded) {
  engine::fourier_cache_clear();
  CHECK(engine::fourier_cache_bytes() == 0);
  const auto one = engine::fourier_plan(Dtype::f32, 1000), again = engine::fourier_plan(Dtype::f32, 1000);
  CHECK(one == again && one->n() == 1000 && one->component() == Dtype::f32);
  for (index_t n = 100000; n < 101000; n += 100) engine::fourier_plan(Dtype::f64, n);
  CHECK(engine::fourier_cache_bytes() > 0 && engine::fourier_cache_bytes() <= index_t{64} << 20, engine::fourier_cache_bytes());
  engine::fourier_cache_clear();
  CHECK(engine::fourier_cache_bytes() == 0);
}

TEST(refusals) {
  CHECK_SENTENCE(shape_error, "c2c maps n values to n, got 4 and 5",
                 engine::c2c(Dtype::f32, Lines::rows(1, 4, 5), nullptr, nullptr, false, 1, 1));
  CHECK_SENTENCE(shape_error, "r2c of 8 real numbers has 5 complex ones, got 4",
                 engine::r2c(Dtype::f32, Lines::rows(1, 8, 4), nullptr, nullptr, false, 1, 1));
  CHECK_SENTENCE(shape_error, "c2r of 8 real numbers has 5 complex ones, got 4",
                 engine::c2r(Dtype::f32, Lines::rows(1, 4, 8), nullptr, nullptr, false, 1, 1));
  CHECK_SENTENCE(shape_error, "Fourier transforms compute in float32 and float64, got int32",
                 engine::fourier_plan(Dtype::i32, 8));
  engine::c2c(Dtype::f32, Lines::rows(0, 4, 4), nullptr, nullptr, false, 1, 1);
}

TEST_MAIN
