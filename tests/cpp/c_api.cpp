// flatnet.h and fht.h against the definitions in plain loops, through strides, in place and out of place; what they refuse.
#include <cmath>
#include <cstring>
#include <limits>
#include <thread>
#include <vector>

#include "flatnet/fht.h"
#include "harness.hpp"

extern "C" int c_user(void);  // c_api_user.c: the same headers in C

namespace {

constexpr double pi = 3.14159265358979323846;

template <class T> std::vector<T> data(std::size_t count, unsigned seed = 1) {
  std::vector<T> x(count);
  for (T& v : x) {
    seed = seed * 1664525u + 1013904223u;
    const int small = static_cast<int>(seed >> 24) - 128;  // sums of some thousands are exact in float
    if constexpr (std::is_arithmetic_v<T>) v = static_cast<T>(small);
    else v = T(static_cast<float>(small), static_cast<float>(static_cast<int>(seed >> 16 & 255) - 128));
  }
  return x;
}

int sign(std::size_t i, std::size_t j) {
  int s = 1;
  for (std::size_t both = i & j; both != 0; both &= both - 1) s = -s;
  return s;
}

template <class T> using Fwht = int (*)(const T*, T*, flatnet_lines, flatnet_order, double, int);

// y = H x by definition, elements of vector b at x[b * between + j * step].
template <class T> std::vector<T> hadamard(const std::vector<T>& x, std::size_t n, std::size_t batch, std::ptrdiff_t step,
                                           std::ptrdiff_t between) {
  std::vector<T> y(x.size());
  for (std::size_t b = 0; b < batch; ++b)
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) {
        const T v = x[b * between + j * step];
        y[b * between + i * step] += sign(i, j) > 0 ? v : -v;
      }
  return y;
}

template <class T> void fwht_agrees(const char* name, Fwht<T> fwht) {
  for (const std::size_t n : {1, 2, 8, 64, 256})
    for (const std::size_t batch : {1, 5, 33})
      for (const bool columns : {false, true}) {
        const auto lines = columns ? flatnet_columns(n, batch) : flatnet_rows(n, batch);
        const auto x = data<T>(n * batch), expected = hadamard(x, n, batch, lines.x_step, lines.x_batch);
        std::vector<T> y(x.size()), z = x;
        CHECK(fwht(x.data(), y.data(), lines, FLATNET_NATURAL, 1.0, 1) == FLATNET_OK, flatnet_last_error());
        CHECK(y == expected, name, "n", n, "batch", batch, "columns", columns);
        CHECK(fwht(z.data(), z.data(), lines, FLATNET_NATURAL, 1.0, 2) == FLATNET_OK && z == expected, name, "in place, n", n);
      }
}

template <class C> using C2c = int (*)(const C*, C*, flatnet_lines, flatnet_direction, double, int);

// |found - expected| in units of eps * log2(n) * the largest |expected|: 16 of them is far above any algorithm's error and far
// below a wrong element.
template <class C> bool close(const std::vector<C>& found, const std::vector<std::complex<double>>& expected, std::size_t n) {
  using R = typename C::value_type;
  double largest = 0, error = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    largest = std::max(largest, std::abs(expected[i]));
    error = std::max(error, std::abs(std::complex<double>(found[i]) - expected[i]));
  }
  return error <= 16 * std::numeric_limits<R>::epsilon() * (1 + std::log2(static_cast<double>(n))) * largest;
}

template <class V> std::vector<std::complex<double>> dft(const std::vector<V>& x, std::size_t n, std::size_t batch,
                                                         int direction, std::size_t kept) {
  std::vector<std::complex<double>> y(batch * kept);
  for (std::size_t b = 0; b < batch; ++b)
    for (std::size_t k = 0; k < kept; ++k)
      for (std::size_t j = 0; j < n; ++j)
        y[b * kept + k] += std::complex<double>(x[b * n + j]) *
                           std::polar(1.0, (direction ? 2 : -2) * pi * static_cast<double>(j * k % n) / static_cast<double>(n));
  return y;
}

template <class C> void c2c_agrees(C2c<C> c2c, flatnet_precision precision) {
  for (const std::size_t n : {1, 2, 7, 16, 60, 97, 128, 1000})
    for (const flatnet_direction way : {FLATNET_FORWARD, FLATNET_INVERSE}) {
      const std::size_t batch = 3;
      const auto x = data<C>(n * batch);
      const auto expected = dft(x, n, batch, way, n);
      std::vector<C> y(x.size()), z = x;
      CHECK(c2c(x.data(), y.data(), flatnet_rows(n, batch), way, 1.0, 1) == FLATNET_OK, flatnet_last_error());
      CHECK(close(y, expected, n), "c2c, n", n, "direction", way);
      CHECK(c2c(z.data(), z.data(), flatnet_rows(n, batch), way, 1.0, 2) == FLATNET_OK && z == y, "in place, n", n);

      flatnet_fft_plan* plan = flatnet_fft_plan_new(n, FLATNET_C2C, precision, way, 0.5);
      CHECK(plan != nullptr, flatnet_last_error());
      std::vector<C> w(n), half(n);
      CHECK(flatnet_fft_execute(plan, x.data() + n, w.data()) == FLATNET_OK, flatnet_last_error());
      std::transform(y.begin() + n, y.begin() + 2 * n, half.begin(), [](C v) { return v * typename C::value_type(0.5); });
      std::vector<std::complex<double>> same(half.begin(), half.end());
      CHECK(close(w, same, n), "plan, n", n);
      w.assign(x.begin() + n, x.begin() + 2 * n);
      CHECK(flatnet_fft_execute(plan, w.data(), w.data()) == FLATNET_OK && close(w, same, n), "plan in place, n", n);
      flatnet_fft_plan_free(plan);
    }
}

template <class R> void real_agrees(int (*r2c)(const R*, std::complex<R>*, flatnet_lines, flatnet_direction, double, int),
                                    int (*c2r)(const std::complex<R>*, R*, flatnet_lines, flatnet_direction, double, int),
                                    flatnet_precision precision) {
  using C = std::complex<R>;
  for (const std::size_t n : {1, 2, 5, 8, 60, 101, 256}) {
    const std::size_t batch = 4, half = n / 2 + 1;
    const auto x = data<R>(n * batch);
    const auto expected = dft(x, n, batch, FLATNET_FORWARD, half);
    std::vector<C> y(half * batch), kept;
    CHECK(r2c(x.data(), y.data(), flatnet_rows_r2c(n, batch), FLATNET_FORWARD, 1.0, 1) == FLATNET_OK, flatnet_last_error());
    CHECK(close(y, expected, n), "r2c, n", n);
    kept = y;
    std::vector<R> back(x.size());
    const double scale = 1.0 / static_cast<double>(n);
    CHECK(c2r(y.data(), back.data(), flatnet_rows_c2r(n, batch), FLATNET_INVERSE, scale, 2) == FLATNET_OK,
          flatnet_last_error());
    CHECK(close(std::vector<C>(back.begin(), back.end()), {x.begin(), x.end()}, n), "c2r, n", n);
    CHECK(y == kept, "c2r leaves its input as it was, n", n);

    flatnet_fft_plan* forward = flatnet_fft_plan_new(n, FLATNET_R2C, precision, FLATNET_FORWARD, 1.0);
    flatnet_fft_plan* inverse = flatnet_fft_plan_new(n, FLATNET_C2R, precision, FLATNET_INVERSE, scale);
    CHECK(forward && inverse, flatnet_last_error());
    CHECK(flatnet_fft_execute(forward, x.data(), y.data()) == FLATNET_OK && close(y, expected, n), "r2c plan, n", n);
    CHECK(flatnet_fft_execute(inverse, kept.data(), back.data()) == FLATNET_OK, flatnet_last_error());
    CHECK(close(std::vector<C>(back.begin(), back.begin() + n), {x.begin(), x.begin() + n}, n), "c2r plan, n", n);
    flatnet_fft_plan_free(forward);
    flatnet_fft_plan_free(inverse);
  }
}

bool says(const std::string& expected) { return expected == flatnet_last_error(); }

}  // namespace

TEST(every_type_of_fwht) {
  fwht_agrees<float>("f32", flatnet_fwht_f32);
  fwht_agrees<double>("f64", flatnet_fwht_f64);
  fwht_agrees<int32_t>("i32", flatnet_fwht_i32);
  fwht_agrees<int64_t>("i64", flatnet_fwht_i64);
  fwht_agrees<flatnet_c64>("c64", flatnet_fwht_c64);
  fwht_agrees<flatnet_c128>("c128", flatnet_fwht_c128);
}

TEST(orders_and_scale) {
  const std::vector<double> x = data<double>(16);
  const auto natural = hadamard(x, 16, 1, 1, 16);
  std::vector<double> y(16), z(16);
  CHECK(flatnet_fwht_f64(x.data(), y.data(), flatnet_rows(16, 1), FLATNET_DYADIC, 0.25, 1) == FLATNET_OK, flatnet_last_error());
  CHECK(flatnet_fwht_f64(x.data(), z.data(), flatnet_rows(16, 1), FLATNET_SEQUENCY, 0.25, 1) == FLATNET_OK,
        flatnet_last_error());
  for (unsigned k = 0; k < 16; ++k) {
    const auto reversed = [](unsigned i) { return (i & 1) << 3 | (i & 2) << 1 | (i & 4) >> 1 | (i & 8) >> 3; };
    CHECK(y[k] == 0.25 * natural[reversed(k)], "dyadic, row", k);
    CHECK(z[k] == 0.25 * natural[reversed(k ^ k >> 1)], "sequency, row", k);
  }
}

TEST(negative_and_different_steps) {
  const std::size_t n = 32, batch = 3;
  const auto x = data<float>(n * batch);
  std::vector<float> reversed(x.rbegin(), x.rend()), y(2 * n * batch, -1.0f), expected = hadamard(x, n, batch, 1, n);
  // x backwards from its last element; y every other element.
  flatnet_lines lines = {n, batch, -1, -static_cast<std::ptrdiff_t>(n), 2, static_cast<std::ptrdiff_t>(2 * n)};
  CHECK(flatnet_fwht_f32(reversed.data() + n * batch - 1, y.data(), lines, FLATNET_NATURAL, 1.0, 1) == FLATNET_OK,
        flatnet_last_error());
  for (std::size_t i = 0; i < n * batch; ++i) CHECK(y[2 * i] == expected[i] && y[2 * i + 1] == -1.0f, "element", i);
  // Every vector the same one.
  lines = {n, batch, 1, 0, 1, static_cast<std::ptrdiff_t>(n)};
  CHECK(flatnet_fwht_f32(x.data(), y.data(), lines, FLATNET_NATURAL, 1.0, 1) == FLATNET_OK, flatnet_last_error());
  for (std::size_t i = 0; i < n * batch; ++i) CHECK(y[i] == expected[i % n], "element", i);
}

TEST(fourier) {
  c2c_agrees<flatnet_c64>(flatnet_fft_c2c_c64, FLATNET_F32);
  c2c_agrees<flatnet_c128>(flatnet_fft_c2c_c128, FLATNET_F64);
  real_agrees<float>(flatnet_fft_r2c_f32, flatnet_fft_c2r_f32, FLATNET_F32);
  real_agrees<double>(flatnet_fft_r2c_f64, flatnet_fft_c2r_f64, FLATNET_F64);
}

TEST(a_plan_serves_many_threads) {
  const std::size_t n = 360;
  const auto x = data<flatnet_c128>(n);
  std::vector<flatnet_c128> expected(n);
  flatnet_fft_plan* plan = flatnet_fft_plan_new(n, FLATNET_C2C, FLATNET_F64, FLATNET_FORWARD, 1.0);
  CHECK(flatnet_fft_execute(plan, x.data(), expected.data()) == FLATNET_OK);
  std::vector<int> right(4);
  std::vector<std::thread> team;
  for (int& mine : right)
    team.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        std::vector<flatnet_c128> y(n);
        mine += flatnet_fft_execute(plan, x.data(), y.data()) == FLATNET_OK && y == expected;
      }
    });
  for (std::thread& t : team) t.join();
  for (const int count : right) CHECK(count == 50);
  flatnet_fft_plan_free(plan);
}

TEST(ffht_names) {
  for (int log_n = 0; log_n <= 17; ++log_n) {  // 2^17 floats are beyond 256 KiB, where the engine takes over
    const std::size_t n = std::size_t{1} << log_n;
    auto x = data<float>(n, static_cast<unsigned>(log_n));
    for (float& v : x) v = log_n > 14 && v > 64 ? 64 : log_n > 14 && v < -64 ? -64 : v;  // 2^17 x 64 = 2^23: exact
    const std::vector<double> wide(x.begin(), x.end());
    std::vector<float> expected(n), y = x, z(n);
    std::vector<double> w = wide, v(n);
    CHECK(flatnet_fwht_f32(x.data(), expected.data(), flatnet_rows(n, 1), FLATNET_NATURAL, 1.0, 1) == FLATNET_OK);
    const std::vector<double> same(expected.begin(), expected.end());
    CHECK(fht_float(y.data(), log_n) == 0 && y == expected, "in place, float, log_n", log_n);
    CHECK(fht(const_cast<float*>(x.data()), z.data(), log_n) == 0 && z == expected, "apart, float, log_n", log_n);
    CHECK(fht_double(w.data(), log_n) == 0 && w == same, "in place, double, log_n", log_n);
    CHECK(fht_double_oop(const_cast<double*>(wide.data()), v.data(), log_n) == 0 && v == same, "apart, double, log_n", log_n);
  }
  float one = 0;
  CHECK(fht_float(&one, -1) == FLATNET_BAD_ARGUMENT && says("log_n must be from 0 to 40, got -1"), flatnet_last_error());
  CHECK(fht_double(nullptr, 3) == FLATNET_BAD_ARGUMENT && says("the vector is a null pointer, it must hold 2^3 elements"));
}

TEST(refused_with_a_sentence) {
  std::vector<float> x(64, 1.0f), y(64, 7.0f);
  const std::vector<float> before = y;
  const auto fwht = [&](const float* from, float* to, flatnet_lines lines, int order = 0, int threads = 1) {
    return flatnet_fwht_f32(from, to, lines, static_cast<flatnet_order>(order), 1.0, threads);
  };
  CHECK(fwht(x.data(), y.data(), flatnet_rows(12, 1)) == FLATNET_BAD_ARGUMENT);
  CHECK(says("the Walsh-Hadamard transform needs a power of two, got n=12"), flatnet_last_error());
  CHECK(fwht(x.data(), y.data(), flatnet_rows(0, 1)) == FLATNET_BAD_ARGUMENT);
  CHECK(fwht(nullptr, y.data(), flatnet_rows(16, 2)) == FLATNET_BAD_ARGUMENT);
  CHECK(says("x is a null pointer, it must hold 2 vectors of 16 elements"), flatnet_last_error());
  CHECK(fwht(x.data(), nullptr, flatnet_rows(16, 2)) == FLATNET_BAD_ARGUMENT);
  CHECK(fwht(x.data(), y.data(), flatnet_rows(16, 2), 3) == FLATNET_BAD_ARGUMENT && says("order must be 0, 1 or 2, got 3"));
  CHECK(fwht(x.data(), y.data(), flatnet_rows(16, 2), 0, -1) == FLATNET_BAD_ARGUMENT);
  CHECK(says("threads must be from 0 (the default) to 4096, got -1"), flatnet_last_error());
  CHECK(fwht(x.data(), x.data() + 8, flatnet_rows(16, 1)) == FLATNET_BAD_ARGUMENT);
  CHECK(says("x and y overlap: y must be x itself with the same steps, or lie apart"), flatnet_last_error());
  CHECK(fwht(x.data(), x.data(), {8, 2, 1, 8, 2, 1}) == FLATNET_BAD_ARGUMENT);
  CHECK(fwht(x.data(), y.data(), {8, 2, 1, 8, 1, 4}) == FLATNET_BAD_ARGUMENT);
  CHECK(says("y has elements that share memory: 8 of them 1 apart, 2 vectors 4 apart"), flatnet_last_error());
  CHECK(fwht(x.data(), y.data(), {8, 2, 1, 8, 0, 1}) == FLATNET_BAD_ARGUMENT);
  CHECK(fwht(x.data(), y.data(), {8, 2, 1, 8, 1, PTRDIFF_MAX}) == FLATNET_BAD_ARGUMENT);
  CHECK(fwht(x.data(), y.data(), {8, SIZE_MAX, 1, 8, 1, 8}) == FLATNET_BAD_ARGUMENT);
  CHECK(y == before);
  CHECK(fwht(nullptr, nullptr, flatnet_rows(16, 0)) == FLATNET_OK);

  const flatnet_lines interleaved = {8, 2, 2, 1, 2, 1};  // elements of two vectors take turns: nothing is shared
  CHECK(fwht(x.data(), y.data(), interleaved) == FLATNET_OK, flatnet_last_error());
}

TEST(integers_refuse_what_could_overflow) {
  std::vector<int32_t> x(4, 1 << 29), y(4, 5);
  const auto kept = y;
  CHECK(flatnet_fwht_i32(x.data(), y.data(), flatnet_rows(4, 1), FLATNET_NATURAL, 1.0, 1) == FLATNET_BAD_ARGUMENT);
  CHECK(says("sums of 4 elements as large as 536870912 can pass the range of int32") && y == kept, flatnet_last_error());
  std::vector<int64_t> z(2, std::numeric_limits<int64_t>::min());
  CHECK(flatnet_fwht_i64(z.data(), z.data(), flatnet_rows(2, 1), FLATNET_NATURAL, 1.0, 1) == FLATNET_BAD_ARGUMENT);
  CHECK(says("sums of 2 elements as large as -9223372036854775808 can pass the range of int64"), flatnet_last_error());
  x.assign(4, (1 << 29) - 1);
  CHECK(flatnet_fwht_i32(x.data(), y.data(), flatnet_rows(4, 1), FLATNET_NATURAL, 1.0, 1) == FLATNET_OK);
  CHECK(y == std::vector<int32_t>({2147483644, 0, 0, 0}));
  CHECK(flatnet_fwht_i32(x.data(), y.data(), flatnet_rows(4, 1), FLATNET_NATURAL, 0.5, 1) == FLATNET_BAD_ARGUMENT);
  CHECK(says("integers take scale 1 only, got 0.5"), flatnet_last_error());
}

TEST(fourier_refuses) {
  std::vector<flatnet_c64> x(16), y(16);
  CHECK(flatnet_fft_c2c_c64(x.data(), y.data(), flatnet_rows(0, 1), FLATNET_FORWARD, 1.0, 1) == FLATNET_BAD_ARGUMENT);
  CHECK(says("the Fourier transform needs n >= 1, got n=0"), flatnet_last_error());
  CHECK(flatnet_fft_c2c_c64(x.data(), y.data(), flatnet_rows(16, 1), static_cast<flatnet_direction>(2), 1.0, 1) ==
        FLATNET_BAD_ARGUMENT);
  CHECK(says("direction must be 0 (forward) or 1 (inverse), got 2"), flatnet_last_error());
  CHECK(flatnet_fft_r2c_f32(reinterpret_cast<float*>(x.data()), x.data(), flatnet_rows_r2c(16, 1), FLATNET_FORWARD, 1.0, 1) ==
        FLATNET_BAD_ARGUMENT);
  CHECK(says("x and y overlap: they must lie apart"), flatnet_last_error());
  CHECK(!flatnet_fft_plan_new(0, FLATNET_C2C, FLATNET_F32, FLATNET_FORWARD, 1.0));
  CHECK(!flatnet_fft_plan_new(8, static_cast<flatnet_fft_kind>(3), FLATNET_F32, FLATNET_FORWARD, 1.0));
  CHECK(says("kind must be 0, 1 or 2, got 3"), flatnet_last_error());
  CHECK(!flatnet_fft_plan_new(SIZE_MAX, FLATNET_C2C, FLATNET_F32, FLATNET_FORWARD, 1.0));
  CHECK(flatnet_fft_execute(nullptr, x.data(), y.data()) == FLATNET_BAD_ARGUMENT && says("the plan is a null pointer"));
  flatnet_fft_plan* plan = flatnet_fft_plan_new(8, FLATNET_C2C, FLATNET_F32, FLATNET_FORWARD, 1.0);
  CHECK(flatnet_fft_execute(plan, x.data(), nullptr) == FLATNET_BAD_ARGUMENT && says("y is a null pointer"));
  CHECK(flatnet_fft_execute(plan, x.data(), x.data() + 1) == FLATNET_BAD_ARGUMENT);
  CHECK(says("x and y overlap: y must lie apart, or be x itself in c2c"), flatnet_last_error());
  flatnet_fft_plan_free(plan);
  flatnet_fft_plan_free(nullptr);
}

TEST(the_sentence_belongs_to_its_thread) {
  float one = 0;
  CHECK(fht_float(&one, 99) != 0);
  std::string other = "?";
  std::thread([&] { other = flatnet_last_error(); }).join();
  CHECK(other.empty() && says("log_n must be from 0 to 40, got 99"), other);
}

TEST(from_c) { CHECK(c_user() == 0, flatnet_last_error()); }

TEST(the_instruction_set_has_a_name) { CHECK(std::string(flatnet_isa()) == flatnet::active_isa()); }

TEST_MAIN
