// Bias and activation in place, on every instruction set. Identity, relu and square round as the plain expression does;
// all others are held to an error in units in the last place (ulp).
#include "flatnet/kernels/activation.hpp"
#include "harness.hpp"
#include "memory.hpp"

using namespace flatnet;
using kernels::Activation;
using test::Guarded;
using test::Random;

namespace {

template <class T> void touch(const std::string& isa, Activation f, const kernels::TouchArgs& args) {
  kernels_of(isa).activation->touch[sizeof(T) == 4 ? 0 : 1][static_cast<int>(f)](args);
}

template <class T> T logistic(const std::string& isa, T x, index_t lanes = 1, index_t p = 0) {
  std::vector<T> panel(static_cast<std::size_t>(lanes), x);
  touch<T>(isa, Activation::logistic, {1, lanes, nullptr, panel.data()});
  return panel[p];
}

template <class T> T plain(Activation f, T x) {
  if (f == Activation::relu) return x < 0 ? T(0) : x;
  if (f == Activation::square) return x * x;
  return x;
}

// All rows and lanes, with and without bias, bit by bit.
template <class T> void plain_activations() {
  Random random(6);
  for (const std::string& isa : test::isas())
    for (const index_t lanes : test::panel_lanes(test::vector_bytes(isa) / static_cast<index_t>(sizeof(T))))
      for (const Activation f : {Activation::identity, Activation::relu, Activation::square})
        for (const bool biased : {false, true}) {
          const index_t rows = 5;
          Guarded<T> x(rows * lanes, lanes % 4), expected(rows * lanes);
          std::vector<T> bias(rows);
          for (T& b : bias) b = random.number<T>();
          for (index_t i = 0; i < x.size(); ++i) {
            x[i] = i % 7 == 0 ? T(-0.0) : i % 11 == 0 ? T(INFINITY) : random.number<T>();
            expected[i] = plain<T>(f, biased ? x[i] + bias[i / lanes] : x[i]);
          }
          touch<T>(isa, f, {rows, lanes, biased ? bias.data() : nullptr, x.data()});
          CHECK(x.same_bits(expected) && x.intact(), isa, static_cast<int>(f), biased, lanes);
        }
}

// The logistic function in a wider type: the same formula, with the library's exp.
template <class T> test::Wide<T> exact_logistic(T x) {
  using W = test::Wide<T>;
  const W t = std::exp(-std::abs(W(x)));
  return x >= 0 ? 1 / (1 + t) : t / (1 + t);
}

// |got - exact| in units of the spacing of T at `exact`, subnormal spacing included.
template <class T> double ulps(T got, test::Wide<T> exact) {
  using L = std::numeric_limits<T>;
  int e;
  std::frexp(exact, &e);
  return static_cast<double>(std::abs(test::Wide<T>(got) - exact) /
                             std::ldexp(test::Wide<T>(1), std::max(e, L::min_exponent) - L::digits));
}

// Points of every magnitude of both signs, and evenly spaced ones over the range where the result is neither 0 nor 1.
template <class T> std::vector<T> grid() {
  const double lowest = sizeof(T) == 4 ? -105 : -747, highest = sizeof(T) == 4 ? 20 : 40;
  const int count = 60000;
  Random random(7);
  std::vector<T> x;
  for (int i = 0; i < count; ++i) {
    x.push_back(static_cast<T>(lowest + (highest - lowest) * (i + random.unit()) / count));
    x.push_back(static_cast<T>(std::ldexp(2 * random.unit() - 1, static_cast<int>(random.below(40)) - 30)));
    x.push_back(static_cast<T>(lowest * (0.82 + 0.18 * random.unit())));  // subnormal results begin at 0.84 and 0.95
  }
  return x;
}

// The bounds that kernels/activation_exp-inl.hpp derives; bench/sweep.py tries more floats.
template <class T> void logistic_error() {
  const auto x = grid<T>();
  for (const std::string& isa : test::isas()) {
    const index_t lanes = 8 * test::vector_bytes(isa) / static_cast<index_t>(sizeof(T)) + 2;  // a vector body and a tail
    auto y = x;
    const auto rows = static_cast<index_t>(x.size()) / lanes;
    touch<T>(isa, Activation::logistic, {rows, lanes, nullptr, y.data()});
    double worst = 0;
    T at = 0;
    for (index_t i = 0; i < rows * lanes; ++i) {
      const double e = ulps<T>(y[i], exact_logistic(x[i]));
      if (!(e <= worst)) worst = e, at = x[i];
    }
    std::cout << "logistic, " << 8 * sizeof(T) << " bits, " << isa << ": at most " << worst << " ulp, at x = " << at << "\n";
    CHECK(worst <= (sizeof(T) == 4 ? 2.0 : 1.9), isa, worst, at);
  }
}

template <class T> void logistic_special_values() {
  using L = std::numeric_limits<T>;
  for (const std::string& isa : test::isas())
    for (const index_t lanes : test::panel_lanes(test::vector_bytes(isa) / static_cast<index_t>(sizeof(T))))
      for (const index_t p : {index_t{0}, lanes - 1}) {
        const auto f = [&](T x) { return logistic<T>(isa, x, lanes, p); };
        CHECK(f(0) == T(0.5) && f(T(-0.0)) == T(0.5), isa, lanes);
        CHECK(f(T(INFINITY)) == 1 && f(-T(INFINITY)) == 0, isa, lanes);
        CHECK(!std::signbit(f(-T(INFINITY))), isa, lanes);
        CHECK(f(L::max()) == 1 && f(L::lowest()) == 0, isa, lanes);
        CHECK(std::isnan(f(L::quiet_NaN())) && std::isnan(f(-L::quiet_NaN())), isa, lanes);
        CHECK(f(L::denorm_min()) == T(0.5) && f(-L::denorm_min()) == T(0.5) && f(L::min()) == T(0.5), isa, lanes);
        // The last argument whose image is not zero gives the smallest subnormal: ln(denorm_min) = -103.28 and -744.44.
        const T low = sizeof(T) == 4 ? T(-103.2) : T(-744.4);
        CHECK(f(low) == L::denorm_min(), isa, lanes, f(low));
        CHECK(f(sizeof(T) == 4 ? T(-104.5) : T(-746)) == 0, isa, lanes);
      }
}

struct Exact {
  const char* name;
  Activation f;
  double ulps, lowest, highest;  // of double; a float's range is the first part of it that matters
  test::Wide<double> (*value)(test::Wide<double>);
};
using W = test::Wide<double>;
const Exact exact[] = {
    {"tanh", Activation::tanh, 3, -25, 25, [](W x) { return std::tanh(x); }},
    {"softplus", Activation::softplus, 3.5, -745, 700,
     [](W x) { return std::max(x, W(0)) + std::log1p(std::exp(-std::abs(x))); }},
    {"gelu", Activation::gelu, 6, -38, 12, [](W x) { return x * std::erfc(-x * std::sqrt(W(0.5))) / 2; }},
    {"silu", Activation::silu, 3, -750, 700,
     [](W x) { return x < 0 ? x * std::exp(x) / (1 + std::exp(x)) : x / (1 + std::exp(-x)); }},
    {"sin", Activation::sin, 3, -1e6, 1e6, [](W x) { return std::sin(x); }},
    {"exp", Activation::exp, 1.5, -744, 709, [](W x) { return std::exp(x); }},
};

// Against the library in 80 bits (long double everywhere: a float's error counts in its own units), even spacing and every
// magnitude of both signs.
template <class T> void other_activations() {
  for (const Exact& e : exact) {
    const double shrink = sizeof(T) == 8 ? 1 : e.f == Activation::gelu ? 0.36 : e.f == Activation::sin ? 1 : 0.124;
    Random random(9);
    std::vector<T> x;
    for (int i = 0; i < 6000; ++i) {
      x.push_back(static_cast<T>(shrink * (e.lowest + (e.highest - e.lowest) * random.unit())));
      x.push_back(static_cast<T>(std::ldexp(2 * random.unit() - 1, static_cast<int>(random.below(34)) - 30)));
    }
    for (const std::string& isa : test::isas()) {
      auto y = x;
      touch<T>(isa, e.f, {1, static_cast<index_t>(x.size()), nullptr, y.data()});
      double worst = 0;
      T at = 0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double u = ulps<T>(y[i], e.value(x[i]));
        if (!(u <= worst)) worst = u, at = x[i];
      }
      std::cout << e.name << ", " << 8 * sizeof(T) << " bits, " << isa << ": at most " << worst << " ulp, at x = " << at
                << "\n";
      CHECK(worst <= e.ulps + (isa == "v2" ? 0.5 : 0), e.name, isa, worst, at);
    }
  }
}

template <class T> void special_values() {
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN(),
          huge = std::numeric_limits<T>::max();
  struct Row {
    Activation f;
    T minus_inf, minus_huge, minus_zero, huge, inf;
  };
  const Row rows[] = {
      {Activation::tanh, -1, -1, T(-0.0), 1, 1},
      {Activation::softplus, 0, 0, static_cast<T>(std::log(2.0L)), huge, inf},
      {Activation::gelu, T(-0.0), T(-0.0), T(-0.0), huge, inf},
      {Activation::silu, T(-0.0), T(-0.0), T(-0.0), huge, inf},
      {Activation::exp, 0, 0, 1, inf, inf},
  };
  const auto same = [](T a, T b) { return std::memcmp(&a, &b, sizeof a) == 0; };
  for (const std::string& isa : test::isas())
    for (const Row& row : rows) {
      std::vector<T> x = {-inf, -huge, T(-0.0), huge, inf, nan};
      touch<T>(isa, row.f, {1, 6, nullptr, x.data()});
      const bool right = same(x[0], row.minus_inf) && same(x[1], row.minus_huge) &&
                         std::abs(x[2] - row.minus_zero) <= 2 * std::numeric_limits<T>::epsilon() &&
                         std::signbit(x[2]) == std::signbit(row.minus_zero) && same(x[3], row.huge) && same(x[4], row.inf) &&
                         std::isnan(x[5]);
      CHECK(right, isa, static_cast<int>(row.f), x[0], x[1], x[2], x[3], x[4]);
    }
  for (const std::string& isa : test::isas()) {
    std::vector<T> x = {-inf, inf, nan, T(-0.0), 0};
    touch<T>(isa, Activation::sin, {1, 5, nullptr, x.data()});
    CHECK(std::isnan(x[0]) && std::isnan(x[1]) && std::isnan(x[2]) && same(x[3], T(-0.0)) && same(x[4], 0), isa, x[3], x[4]);
  }
}

// Over the rows of each column: positive, of sum 1, exactly 0 where x is -inf, the same column by column.
template <class T> void softmax() {
  Random random(10);
  for (const std::string& isa : test::isas())
    for (const index_t lanes : test::panel_lanes(test::vector_bytes(isa) / static_cast<index_t>(sizeof(T)))) {
      const index_t rows = 23;
      Guarded<T> x(rows * lanes, lanes % 4);
      std::vector<T> bias(rows), before;
      for (T& b : bias) b = random.number<T>();
      for (index_t i = 0; i < x.size(); ++i) x[i] = i / lanes == 4 ? T(-INFINITY) : 200 * random.number<T>();
      before.assign(x.data(), x.data() + x.size());
      touch<T>(isa, Activation::softmax, {rows, lanes, bias.data(), x.data()});
      bool right = x.intact(), same = true;
      for (index_t p = 0; p < lanes; ++p) {
        std::vector<T> column(rows);
        W most = -INFINITY, sum = 0;
        for (index_t r = 0; r < rows; ++r) column[r] = before[r * lanes + p], most = std::max(most, W(column[r] + bias[r]));
        for (index_t r = 0; r < rows; ++r) sum += std::exp(W(T(column[r] + bias[r])) - most);
        for (index_t r = 0; r < rows; ++r) {
          // x - max rounds by u |x - max|, the exponential by 1.3 ulp, sum and quotient by u each
          const W z = W(T(column[r] + bias[r])) - most, e = std::exp(z) / sum;
          const W u = std::numeric_limits<T>::epsilon() / 2, tiny = 2 * std::numeric_limits<T>::denorm_min();
          right = right && std::abs(x[r * lanes + p] - e) <= (6 + std::abs(std::isinf(z) ? 0 : z)) * u * e + tiny;
        }
        right = right && x[4 * lanes + p] == 0;
        touch<T>(isa, Activation::softmax, {rows, 1, bias.data(), column.data()});
        for (index_t r = 0; r < rows; ++r) same = same && column[r] == x[r * lanes + p];
      }
      CHECK(right && same, isa, lanes, right, same);
    }
}

// Equal arguments give equal bits in every lane.
template <class T> void logistic_same_bits() {
  Random random(8);
  for (const std::string& isa : test::isas())
    for (const index_t lanes : test::panel_lanes(test::vector_bytes(isa) / static_cast<index_t>(sizeof(T)))) {
      const index_t rows = 200;
      Guarded<T> x(rows * lanes, lanes % 4);
      std::vector<T> bias(rows);
      for (index_t r = 0; r < rows; ++r) {
        bias[r] = random.number<T>();
        std::fill_n(x.data() + r * lanes, lanes, static_cast<T>(80 * random.unit() - 60));
      }
      touch<T>(isa, Activation::logistic, {rows, lanes, bias.data(), x.data()});
      bool same = x.intact();
      for (index_t i = 0; i < x.size(); ++i) same = same && std::memcmp(&x[i], &x[i / lanes * lanes], sizeof(T)) == 0;
      CHECK(same, isa, lanes);
    }
}

}  // namespace

TEST(plain_activations_agree) { plain_activations<float>(), plain_activations<double>(); }
TEST(logistic_error_in_ulp) { logistic_error<float>(), logistic_error<double>(); }
TEST(other_activations_in_ulp) { other_activations<float>(), other_activations<double>(); }
TEST(other_special_values) { special_values<float>(), special_values<double>(); }
TEST(softmax_over_rows) { softmax<float>(), softmax<double>(); }
TEST(logistic_of_special_values) { logistic_special_values<float>(), logistic_special_values<double>(); }
TEST(logistic_same_bits_everywhere) { logistic_same_bits<float>(), logistic_same_bits<double>(); }

TEST_MAIN
