// Walsh-Hadamard transforms: integers against a plain sum over signs, floats bit for bit against stages written out.
#include "flatnet/engine/fwht.hpp"

#include "flatnet/core/check.hpp"
#include "harness.hpp"
#include "memory.hpp"

using namespace flatnet;
using engine::FwhtOrder;
using engine::Lines;
using test::Guarded;
using test::Random;

namespace {

int parity(index_t i) { return __builtin_parityll(static_cast<unsigned long long>(i)); }

/// H (rows of 2^k in natural order) between cores, entry by entry.
int sign(const std::vector<std::int8_t>& core, index_t base, index_t section, index_t i, index_t j) {
  return core[i / section * base + j / section] * (parity(i % section & j % section) ? -1 : 1);
}

/// The stages in ascending distance, then the core, then the scale: what every path must give bit for bit.
template <class T> std::vector<T> stages(std::vector<T> v, index_t base, double scale) {
  const auto n = static_cast<index_t>(v.size()), section = n / base;
  for (index_t h = 1; h < section; h *= 2)
    for (index_t i = 0; i < n; ++i) {
      if (i % section & h) continue;
      const T a = v[i], b = v[i + h];
      v[i] = a + b;
      v[i + h] = a - b;
    }
  const auto core = engine::hadamard_core(base);
  std::vector<T> y(v.size());
  for (index_t i = 0; i < n; ++i) {
    T sum = 0;
    for (index_t j = 0; j < base; ++j) {
      const T term = v[j * section + i % section];
      sum = core[i / section * base + j] > 0 ? sum + term : sum - term;
    }
    y[i] = scale == 1.0 ? sum : sum * static_cast<T>(scale);
  }
  return y;
}

template <class T> T number(Random& random) {
  if constexpr (std::is_integral_v<T>) return static_cast<T>(random.below(201) - 100);
  else return static_cast<T>(2 * random.unit() - 1);
}

// Lines in four layouts: rows, columns, rows with gaps, every second element.
template <class T>
void check_array(const std::string& isa, index_t n, index_t base, index_t rows, index_t columns, int layout, int threads,
                 double scale) {
  Random random(static_cast<std::uint64_t>(n * 131 + rows * 17 + columns));
  constexpr auto size = static_cast<index_t>(sizeof(T));
  // (outer, inner, along the line) in elements, and the room they take
  const index_t steps[4][4] = {{columns * n, n, 1, rows * columns * n},
                               {columns * n, 1, columns, rows * columns * n},
                               {columns * (n + 3), n + 3, 1, rows * columns * (n + 3)},
                               {2 * columns * n, 2, 2 * columns, 2 * rows * columns * n}};
  const auto* st = steps[layout];
  const Lines lines({rows, columns, n}, {st[0] * size, st[1] * size, st[2] * size}, size, {rows, columns, n},
                    {st[0] * size, st[1] * size, st[2] * size}, size, 2);
  Guarded<T> x(st[3], layout % 2), y(st[3], (layout + 1) % 3);
  for (index_t i = 0; i < st[3]; ++i) x[i] = number<T>(random), y[i] = T(7);
  Guarded<T> before = x;
  engine::fwht(dtype_of<T>::value, lines, x.data(), y.data(), base, FwhtOrder::natural, scale, threads, &kernels_of(isa));
  bool right = true;
  std::vector<bool> written(static_cast<std::size_t>(st[3]), false);
  for (index_t i = 0; i < rows; ++i)
    for (index_t j = 0; j < columns; ++j) {
      std::vector<T> line(static_cast<std::size_t>(n));
      for (index_t r = 0; r < n; ++r) line[r] = x[i * st[0] + j * st[1] + r * st[2]];
      const auto want = stages(line, base, scale);
      for (index_t r = 0; r < n; ++r) {
        const index_t at = i * st[0] + j * st[1] + r * st[2];
        right = right && y[at] == want[r];
        written[at] = true;
      }
    }
  for (index_t i = 0; i < st[3]; ++i) right = right && (written[i] || y[i] == T(7));
  CHECK(right && x.same_bits(before) && x.intact() && y.intact(), isa, size, n, base, rows, columns, layout, threads);
  engine::fwht(dtype_of<T>::value, lines, x.data(), x.data(), base, FwhtOrder::natural, scale, 1, &kernels_of(isa));
  bool same = true;
  for (index_t i = 0; i < st[3]; ++i) same = same && (!written[i] || x[i] == y[i]);
  CHECK(same && x.intact(), "in place", isa, size, n, base, rows, columns, layout);
}

template <class T> void arrays_agree() {
  const double half = std::is_integral_v<T> ? 1.0 : 0.3;
  for (const std::string& isa : test::isas()) {
    for (int log_n = 0; log_n <= 11; ++log_n)
      for (int layout = 0; layout < 4; ++layout) {
        check_array<T>(isa, index_t{1} << log_n, 1, 1, 1, layout, 1, 1.0);
        check_array<T>(isa, index_t{1} << log_n, 1, 3, 5, layout, 2, half);
        check_array<T>(isa, index_t{1} << log_n, 1, 2, 37, layout, 3, 1.0);
      }
    for (const index_t base : {12, 20, 28, 36, 40, 44, 52})
      for (const index_t section : {1, 2, 8, 16, 64})
        for (int layout = 0; layout < 4; ++layout) check_array<T>(isa, base * section, base, 2, 19, layout, 2, half);
    check_array<T>(isa, index_t{1} << 8, 1, 1, 8300, 0, 2, half);
    check_array<T>(isa, index_t{1} << 10, 1, 3, 700, 2, 1, 1.0);
    check_array<T>(isa, index_t{1} << 15, 1, 1, 9, 0, 2, 1.0);
    check_array<T>(isa, index_t{1} << 15, 1, 1, 9, 3, 2, 1.0);
    check_array<T>(isa, index_t{1} << 13, 1, 1, 300, 1, 2, 1.0);
    if (test::emulated()) continue;
    check_array<T>(isa, index_t{1} << 20, 1, 1, 1, 2, 2, half);
    check_array<T>(isa, index_t{1} << 22, 1, 1, 1, 0, 1, half);  // more than 8 MiB: fetched ahead, rows past the caches
    check_array<T>(isa, index_t{1} << 22, 1, 1, 1, 0, 3, 1.0);
    check_array<T>(isa, index_t{1} << 16, 1, 1, 33, 0, 1, half);
    check_array<T>(isa, index_t{12} << 17, 12, 1, 1, 0, 2, half);
  }
}

template <class T> void panels_agree() {
  Random random(3);
  for (const std::string& isa : test::isas())
    for (const index_t a : {1, 3})
      for (const index_t n : {1, 2, 8, 64, 512})
        for (const index_t d : {1, 2, 4, 16})
          for (const index_t lanes : {1, 2, 3, 16, 32}) {
            Guarded<T> panel(a * n * d * lanes);
            std::vector<T> want(static_cast<std::size_t>(panel.size()));
            for (index_t i = 0; i < panel.size(); ++i) panel[i] = number<T>(random);
            for (index_t i = 0; i < a; ++i)
              for (index_t c = 0; c < d * lanes; ++c) {
                std::vector<T> line(static_cast<std::size_t>(n));
                for (index_t r = 0; r < n; ++r) line[r] = panel[(i * n + r) * d * lanes + c];
                line = stages(line, 1, 1.0);
                for (index_t r = 0; r < n; ++r) want[(i * n + r) * d * lanes + c] = line[r];
              }
            engine::fwht_panel(kernels_of(isa), dtype_of<T>::value, a, n, d, lanes, panel.data());
            CHECK(std::equal(want.begin(), want.end(), panel.data()) && panel.intact(), isa, a, n, d, lanes);
          }
}

}  // namespace

TEST(cores_are_hadamard_matrices) {
  for (index_t n = 1; n <= 128; ++n) {
    const auto h = engine::hadamard_core(n);
    if (h.empty()) {
      CHECK(n > 2 && (n % 4 != 0 || n == 92 || n == 116), n);
      continue;
    }
    bool right = true;
    for (index_t i = 0; i < n; ++i)
      for (index_t j = 0; j < n; ++j) {
        index_t sum = 0;
        for (index_t k = 0; k < n; ++k) sum += h[i * n + k] * h[j * n + k];
        right = right && sum == (i == j ? n : 0);
      }
    CHECK(right, n);
  }
}

TEST(bases) {
  CHECK(engine::hadamard_base(64) == 1 && engine::hadamard_base(24) == 12 && engine::hadamard_base(80) == 20);
  CHECK(engine::hadamard_base(56) == 28 && engine::hadamard_base(6) == 0 && engine::hadamard_base(0) == 0);
}

TEST(integers_follow_the_definition) {
  for (const std::string& isa : test::isas())
    for (const index_t base : {1, 12, 20})
      for (const index_t section : {1, 4, 32}) {
        const index_t n = base * section;
        const auto core = engine::hadamard_core(base);
        Random random(9);
        std::vector<std::int64_t> x(static_cast<std::size_t>(n)), y(x);
        for (auto& e : x) e = number<std::int64_t>(random);
        engine::fwht(Dtype::i64, Lines::rows(1, n, n), x.data(), y.data(), base, FwhtOrder::natural, 1.0, 1, &kernels_of(isa));
        for (index_t i = 0; i < n; ++i) {
          std::int64_t sum = 0;
          for (index_t j = 0; j < n; ++j) sum += sign(core, base, section, i, j) * x[j];
          CHECK(y[i] == sum, isa, n, base, i);
        }
      }
}

TEST(arrays_of_integers) { arrays_agree<std::int32_t>(), arrays_agree<std::int64_t>(); }
TEST(arrays_of_floats) { arrays_agree<float>(), arrays_agree<double>(); }
TEST(panels_of_integers) { panels_agree<std::int32_t>(), panels_agree<std::int64_t>(); }
TEST(panels_of_floats) { panels_agree<float>(), panels_agree<double>(); }

TEST(complex_lines_are_two_real_ones) {
  Random random(5);
  for (const std::string& isa : test::isas())
    for (int log_n = 0; log_n <= 17; ++log_n) {
      const index_t n = index_t{1} << log_n;
      std::vector<c64> z(static_cast<std::size_t>(n));
      std::vector<float> re(z.size()), im(z.size());
      for (index_t i = 0; i < n; ++i) z[i] = {re[i] = number<float>(random), im[i] = number<float>(random)};
      engine::fwht(Dtype::c64, Lines::rows(1, n, n), z.data(), z.data(), 1, FwhtOrder::natural, 1.0, 2, &kernels_of(isa));
      re = stages(re, 1, 1.0), im = stages(im, 1, 1.0);
      bool right = true;
      for (index_t i = 0; i < n; ++i) right = right && z[i] == c64(re[i], im[i]);
      CHECK(right, isa, n);
    }
}

TEST(orders_sort_the_rows) {
  for (const std::string& isa : test::isas())
    for (int log_n = 0; log_n <= 13; ++log_n)
      for (const index_t count : {1, 3})
        for (const bool columns : {false, true}) {
          const index_t n = index_t{1} << log_n;
          std::vector<std::int32_t> x(static_cast<std::size_t>(n * count)), natural(x), y(x);
          Random random(2);
          for (auto& e : x) e = number<std::int32_t>(random);
          const index_t step = columns ? count * 4 : 4, next = columns ? 4 : n * 4;
          const Lines lines({count, n}, {next, step}, 4, {count, n}, {next, step}, 4, 1);
          engine::fwht(Dtype::i32, lines, x.data(), natural.data(), 1, FwhtOrder::natural, 1.0, 1, &kernels_of(isa));
          for (const FwhtOrder order : {FwhtOrder::sequency, FwhtOrder::dyadic}) {
            engine::fwht(Dtype::i32, lines, x.data(), y.data(), 1, order, 1.0, 2, &kernels_of(isa));
            bool right = true;
            for (index_t i = 0; i < n; ++i) {
              index_t from = 0, code = order == FwhtOrder::sequency ? i ^ i >> 1 : i;
              for (int b = 0; b < log_n; ++b) from = from << 1 | (code >> b & 1);
              for (index_t j = 0; j < count; ++j)
                right = right && y[(i * step + j * next) / 4] == natural[(from * step + j * next) / 4];
            }
            CHECK(right, isa, n, count, columns, static_cast<int>(order));
          }
        }
}

TEST(vectors_in_place) {
  for (const std::string& isa : test::isas())
    for (int log_n = 0; log_n <= (test::emulated() ? 16 : 19); ++log_n)
      for (const index_t shift : {0, 1}) {
        Random random(1);
        Guarded<double> x(index_t{1} << log_n, shift);
        std::vector<double> want;
        for (index_t i = 0; i < x.size(); ++i) want.push_back(x[i] = number<double>(random));
        want = stages(want, 1, 1.0);
        engine::fwht_vector(kernels_of(isa), Dtype::f64, log_n, x.data());
        CHECK(std::equal(want.begin(), want.end(), x.data()) && x.intact(), isa, log_n);
      }
}

TEST(refused) {
  double x[12] = {};
  const auto run = [&](index_t n, index_t base, FwhtOrder order, Dtype t, double scale) {
    engine::fwht(t, Lines::rows(1, n, n), x, x, base, order, scale, 1);
  };
  CHECK_SENTENCE(shape_error, "fwht with base=1 needs 1 times a power of two, got n=10",
                 run(10, 1, FwhtOrder::natural, Dtype::f64, 1));
  CHECK_SENTENCE(shape_error, "the orders sequency and dyadic need a power of two, got base=12",
                 run(12, 12, FwhtOrder::dyadic, Dtype::f64, 1));
  CHECK_SENTENCE(shape_error, "integers are not scaled, got scale=0.5", run(4, 1, FwhtOrder::natural, Dtype::i64, 0.5));
}

TEST_MAIN
