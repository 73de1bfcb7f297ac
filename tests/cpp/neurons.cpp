// Small layers in one step: the bits of the layers one by one where no neurons are joined, and of no other layout, batch or number of
// threads; pairs of logistic neurons within their bound of the exact sum, wherever their inputs lie.
#include "flatnet/network/neurons.hpp"

#include <cmath>
#include <cstring>

#include "flatnet/core/interval.hpp"
#include "flatnet/network/network.hpp"
#include "harness.hpp"
#include "oracle.hpp"

using namespace flatnet;
using kernels::Activation;
using test::Random;

namespace {

template <class T> using Numbers = std::vector<T>;

// Columns of a batch, row by row or column by column, rows `row` elements apart, `shift` elements past an aligned address.
template <class T> struct Place {
  bool columns;
  index_t n, batch, row, shift;
  std::vector<T> memory;
  Place(bool c, index_t n_, index_t batch_, index_t gap, index_t shift_)
      : columns(c),
        n(n_),
        batch(batch_),
        row((c ? batch_ : n_) + gap),
        shift(shift_),
        memory(static_cast<std::size_t>(row * (c ? n_ : batch_) + 2 * 64), T(7)) {}
  T* data() {
    auto* p = memory.data();
    while (reinterpret_cast<std::uintptr_t>(p) % 64 != 0) ++p;
    return p + shift;
  }
  T& at(index_t r, index_t j) { return data()[columns ? r * row + j : j * row + r]; }
  Extents sizes() const { return columns ? Extents{n, batch} : Extents{batch, n}; }
  Extents strides() const {
    const index_t s = sizeof(T);
    return {row * s, s};
  }
};

template <class T> void apply(const Network& net, Place<T>& x, Place<T>& y, int threads, const std::string& isa) {
  net.apply({x.data(), scalar_of(dtype_of<T>::value), false, x.sizes(), x.strides()},
            {y.data(), dtype_of<T>::value, y.sizes(), y.strides()}, x.columns ? 0 : 1, threads, &kernels_of(isa));
}

template <class T> Layer layer(Random& random, index_t m, index_t n, bool bias, Activation f, bool sparse) {
  const Dtype t = dtype_of<T>::value;
  Factor w = sparse ? test::random_sparse(random, m, n, 0.4, t) : dense(test::numbers(random, m * n, t), m, n);
  return Layer(std::move(w), bias ? Values(test::numbers(random, m, t)) : Values(), f);
}

std::string said(const Network& net, Dtype t = Dtype::f64) {
  std::string all;
  for (const std::string& s : net.steps(t)) all += (all.empty() ? "" : "; ") + s;
  return all;
}

bool same(double p, double q) { return std::memcmp(&p, &q, sizeof p) == 0 || (std::isnan(p) && std::isnan(q)); }

template <class T> void bits_of_layers() {
  Random random(91);
  using A = Activation;
  const std::vector<std::vector<Layer>> chains = {
      {layer<T>(random, 3, 2, true, A::relu, false), layer<T>(random, 1, 3, false, A::identity, false)},
      {layer<T>(random, 7, 5, true, A::logistic, false), layer<T>(random, 9, 7, true, A::tanh, true),
       layer<T>(random, 4, 9, true, A::softmax, false)},
      {layer<T>(random, 16, 1, false, A::gelu, false), layer<T>(random, 1, 16, true, A::exp, false)},
      {layer<T>(random, 6, 16, true, A::sin, true), layer<T>(random, 16, 6, true, A::silu, true),
       layer<T>(random, 3, 16, false, A::softplus, true), layer<T>(random, 3, 3, true, A::square, false)}};
  for (const std::string& isa : test::isas())
    for (const auto& layers : chains) {
      const Network net(layers);
      const index_t n = net.cols(), m = net.rows();
      CHECK(net.steps(dtype_of<T>::value).size() == 1, said(net));
      for (const index_t batch : {1, 2, 3, 7, 8, 17, 64, 131, 1061}) {
        Numbers<T> x(static_cast<std::size_t>(n * batch));
        for (T& v : x) v = 4 * random.number<T>();
        if (batch > 8) x[3] = std::numeric_limits<T>::infinity(), x[5] = std::numeric_limits<T>::quiet_NaN(), x[7] = T(-0.0);
        Place<T> at(true, n, batch, 0, 0);
        for (index_t r = 0; r < n; ++r)
          for (index_t j = 0; j < batch; ++j) at.at(r, j) = x[static_cast<std::size_t>(r * batch + j)];
        for (const Layer& l : layers) {
          Place<T> next(true, l.weight.rows(), batch, 0, 0);
          apply(Network({l}), at, next, 1, isa);
          at = std::move(next);
        }
        for (const bool columns : {true, false})
          for (const index_t shift : {0, 1, 5})
            for (const int threads : {1, 3}) {
              Place<T> from(columns, n, batch, shift, shift), to(columns, m, batch, shift, shift / 2);
              for (index_t r = 0; r < n; ++r)
                for (index_t j = 0; j < batch; ++j) from.at(r, j) = x[static_cast<std::size_t>(r * batch + j)];
              apply(net, from, to, threads, isa);
              bool equal = true;
              for (index_t r = 0; r < m; ++r)
                for (index_t j = 0; j < batch; ++j)
                  equal = equal && same(static_cast<double>(to.at(r, j)), static_cast<double>(at.at(r, j)));
              // A softmax over the rows of a single column adds in another order of vectors: held to its own tests.
              CHECK(equal || (batch <= 2 && layers.back().activation == A::softmax), isa, said(net), batch, columns, shift,
                    threads);
            }
      }
    }
}

// w^T (s(b + u) ...) over pairs of neurons, and one neuron that stays alone.
struct Gate {
  std::vector<double> direction, bias, weight;  // of pairs: t = direction x + shift, biases bias +- shift
  double shift, offset;
};

template <class T> Network network(const Gate& g) {
  std::vector<T> a, b, w;
  const auto pairs = static_cast<index_t>(g.direction.size());
  for (const int sign : {1, -1})
    for (index_t p = 0; p < pairs; ++p) {
      a.push_back(static_cast<T>(sign * g.direction[p]));
      b.push_back(static_cast<T>(g.bias[p] + sign * g.shift));
      w.push_back(static_cast<T>(g.weight[p]));
    }
  a.push_back(T(0.75)), b.push_back(T(0.25)), w.push_back(T(2));
  const std::vector<T> c{static_cast<T>(g.offset)};
  const index_t n = 2 * pairs + 1;
  return Network({Layer(dense(copy_of(a.data(), n), n, 1), Values(copy_of(b.data(), n)), Activation::logistic),
                  Layer(dense(copy_of(w.data(), n), 1, n), Values(copy_of(c.data(), 1)), Activation::identity)});
}

template <class T> void pairs_are_near() {
  using W = long double;
  const auto s = [](W x) { return 1 / (1 + std::exp(-x)); };
  const W u = std::numeric_limits<T>::epsilon() / 2;
  const Gate gates[] = {{{0.25, -0.5}, {-2.25, -2.25}, {64, -64}, 0, 0}, {{1, 2, 0.5}, {0.5, 1.5, -7}, {3, -1, 2}, 0.25, -1}};
  for (const std::string& isa : test::isas())
    for (const Gate& g : gates) {
      const Network net = network<T>(g);
      const index_t batch = 4001;
      Place<T> x(true, 1, batch, 0, 0), y(true, 1, batch, 0, 0), z(false, 1, batch, 2, 3), back(false, 1, batch, 1, 1);
      for (index_t j = 0; j < batch; ++j) {
        const W p = (W(j) - 2000) / 2000;
        x.at(0, j) = z.at(0, j) = static_cast<T>(j % 3 == 0 ? 0.5L * p : j % 3 == 1 ? 40 * p * p * p : 1e-3L * p);
      }
      apply(net, x, y, 1, isa);
      apply(net, z, back, 1, isa);
      for (index_t j = 0; j < batch; ++j) {
        const W v = x.at(0, j);
        // Two neurons of 2.5 ulp each where t is large, a pair's 6 u else; sums of all terms, the affine maps' rounding by the
        // slope, at most 1/4, of each neuron.
        W exact = g.offset + 2 * s(0.75L * v + 0.25L), size = std::abs(W(g.offset)) + 2;
        for (std::size_t p = 0; p < g.direction.size(); ++p)
          for (const int sign : {1, -1}) {
            exact += g.weight[p] * s(g.bias[p] + sign * (g.direction[p] * v + g.shift));
            size += std::abs(W(g.weight[p])) * (1 + (std::abs(g.bias[p]) + std::abs(g.direction[p] * v) + g.shift) / 4);
          }
        CHECK(std::abs(y.at(0, j) - exact) <= 8 * u * size, isa, said(net), double(v), double(y.at(0, j)), double(exact));
        CHECK(same(static_cast<double>(y.at(0, j)), static_cast<double>(back.at(0, j))), isa, said(net), double(v));
      }
    }
}

Network of(const std::vector<double>& a, index_t rows, Activation f, const std::vector<double>& w, index_t outputs) {
  const index_t cols = static_cast<index_t>(a.size()) / rows;
  return Network({Layer(dense(copy_of(a.data(), rows * cols), rows, cols), Values(), f),
                  Layer(dense(copy_of(w.data(), rows * outputs), outputs, rows))});
}

}  // namespace

TEST(bits_are_those_of_the_layers) {
  bits_of_layers<float>();
  bits_of_layers<double>();
}

TEST(pairs_are_near_the_exact_sum) {
  pairs_are_near<float>();
  pairs_are_near<double>();
}

// A difference of pairs keeps its digits where the neurons, one by one, lose them: the product of u and v as the scale goes to 0.
TEST(pairs_cancel_nothing) {
  for (const double scale : {0x1p-6, 0x1p-20, 0x1p-40}) {
    const double b = -2.25, s = 1 / (1 + std::exp(-b)), second = s * (1 - s) * (1 - 2 * s);
    const double weight = 1 / (4 * second * scale * scale);
    const std::vector<double> a{scale, scale, scale, -scale, -scale, -scale, -scale, scale}, bias(4, b);
    const Network net({Layer(dense(copy_of(a.data(), 8), 4, 2), Values(copy_of(bias.data(), 4)), Activation::logistic),
                       Layer(dense(copy_of<double>({weight, -weight, weight, -weight}), 1, 4))});
    const double x[] = {0.75, -0.625};
    double y = 0;
    net.apply(rows(x, 1, 2), rows(&y, 1, 1), 1, 1);
    // Truncation: 2 scale^2 at most of a product below 1; rounding some 1e-14.
    CHECK(std::abs(y - x[0] * x[1]) <= 2 * scale * scale + 1e-14, scale, y);
  }
}

TEST(ends_of_the_range) {
  const Network net = of({2, -2, 1}, 3, Activation::logistic, {3, 3, 1}, 1);
  CHECK(said(net) == "neurons 1 -> 3 -> 1, logistic, 1 pair", said(net));
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  const double x[] = {inf, -inf, nan, 0, -0.0, 1e308, 5e-324};
  double y[7];
  net.apply(rows(x, 7, 1), rows(y, 7, 1), 1, 1);
  const double expected[] = {4, 3, nan, 3.5, 3.5, 4, 3.5};
  for (int i = 0; i < 7; ++i)
    CHECK(std::abs(y[i] - expected[i]) < 1e-14 || (std::isnan(y[i]) && std::isnan(expected[i])), x[i], y[i]);
}

TEST(what_is_seen) {
  const auto logistic = Activation::logistic;
  // One reader weighs the two apart; other numbers; another activation; no activation between the layers.
  CHECK(said(of({1, -1}, 2, logistic, {1, 1, 2, 2}, 2)) == "neurons 1 -> 2 -> 2, logistic, 1 pair");
  CHECK(said(of({1, -1}, 2, logistic, {1, 1, 2, 3}, 2)) == "neurons 1 -> 2 -> 2, logistic");
  CHECK(said(of({1, -2}, 2, logistic, {1, 1}, 1)) == "neurons 1 -> 2 -> 1, logistic");
  CHECK(said(of({1, -1}, 2, Activation::tanh, {1, 1}, 1)) == "neurons 1 -> 2 -> 1, tanh");
  CHECK(said(of({1, -1}, 2, Activation::identity, {1, 1}, 1)) == "layer 0 Dense; layer 1 Dense");
  // Wide layers with every entry present stay with the kernels of matrix products.
  Random random(5);
  const Network wide(
      {layer<double>(random, 40, 10, true, logistic, false), layer<double>(random, 10, 40, true, logistic, false)});
  CHECK(wide.steps(Dtype::f64).size() == 2, said(wide));
  CHECK(said(of({1, -1}, 2, logistic, {1, 1}, 1), Dtype::f32) == "neurons 1 -> 2 -> 1, logistic, 1 pair");
}

TEST(intervals) {
  Random random(6);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const index_t n : {1, 2, 3, 7, 40})
    for (const index_t batch : {0, 1, 5, 16, 1000, 9001})
      for (const bool columns : {true, false})
        for (const index_t gap : {0, 3}) {
          Place<float> f(columns, n, batch, gap, 1);
          Place<double> d(columns, n, batch, gap, 1);
          std::vector<double> low, high;
          for (index_t r = 0; r < n; ++r)
            low.push_back(-1 - 0.5 * static_cast<double>(r)), high.push_back(0.1 * static_cast<double>(r));
          for (index_t r = 0; r < n; ++r)
            for (index_t j = 0; j < batch; ++j) {
              const double w = j % 3 == 0 ? low[r] : j % 3 == 1 ? high[r] : 0.5 * (low[r] + high[r]);
              d.at(r, j) = w;
              f.at(r, j) = static_cast<float>(0.999 * w);
            }
          const auto view = [](auto& p) {
            using T = std::remove_reference_t<decltype(p.at(0, 0))>;
            return ConstArrayView{p.data(), scalar_of(dtype_of<T>::value), false, p.sizes(), p.strides()};
          };
          const int axis = columns ? 0 : 1;
          const double least = low.back(), most = high.back();
          // The first interval has 0 as its upper end: 0.999 of its lower end is inside as well.
          CHECK(lies_within(view(d), axis, low.data(), high.data(), n), n, batch, columns, gap);
          CHECK(lies_within(view(f), axis, low.data(), high.data(), n), n, batch, columns, gap);
          CHECK(lies_within(view(d), axis, &least, &most, 1), n, batch, columns, gap);
          if (batch == 0) continue;
          for (const double bad : {nan, 50.0, -50.0, static_cast<double>(INFINITY)}) {
            const index_t r = random.below(n), j = random.below(batch);
            const double before = d.at(r, j);
            d.at(r, j) = bad;
            f.at(r, j) = static_cast<float>(bad);
            CHECK(!lies_within(view(d), axis, low.data(), high.data(), n), n, batch, columns, gap, r, j, bad);
            CHECK(!lies_within(view(d), axis, &least, &most, 1), n, batch, columns, gap, r, j, bad);
            CHECK(!lies_within(view(f), axis, low.data(), high.data(), n), n, batch, columns, gap, r, j, bad);
            d.at(r, j) = before;
            f.at(r, j) = static_cast<float>(0.999 * before);
          }
          // The next number below an end, seen in double.
          d.at(n - 1, batch - 1) = std::nextafter(low.back(), -2e9);
          CHECK(!lies_within(view(d), axis, low.data(), high.data(), n), n, batch, columns, gap);
          f.at(n - 1, batch - 1) = static_cast<float>(0.1 * static_cast<double>(n - 1));
          CHECK(lies_within(view(f), axis, low.data(), high.data(), n) ==
                    (static_cast<double>(f.at(n - 1, batch - 1)) <= high.back()),
                n, batch, columns, gap);
        }
}

TEST_MAIN
