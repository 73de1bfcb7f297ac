// Bias and activation in place, on every instruction set. Identity, relu and square round as the plain expression does;
// the logistic function is held to an error in units in the last place (ulp).
#include "harness.hpp"
#include "memory.hpp"

using namespace flatnet;
using kernels::Activation;
using test::Guarded;
using test::Random;

namespace {

template <class T> void touch(const std::string& isa, Activation f, const kernels::TouchArgs& args) {
  const auto& k = kernels_of(isa);
  (sizeof(T) == 4 ? k.touch_f32 : k.touch_f64)[static_cast<int>(f)](args);
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

// First-order error, u = eps / 2: exp(-|x|) is off by 3 u (reduction 0.4, Horner's last product and sum 0.6 + 1, its tail 1),
// 1 + t and the quotient by u each: 5 u, which is 2.5 ulp where an ulp is 2 u and 5 where it is u. Roundings do not all point
// the same way: no point of the grid may be off by more than 2.5 ulp.
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
    CHECK(worst <= 2.5, isa, worst, at);
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
TEST(logistic_of_special_values) { logistic_special_values<float>(), logistic_special_values<double>(); }
TEST(logistic_same_bits_everywhere) { logistic_same_bits<float>(), logistic_same_bits<double>(); }

TEST_MAIN
