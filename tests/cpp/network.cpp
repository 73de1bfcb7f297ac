// Networks on batches: every factor in every dtype from every kind of array against plain sums, the same bits for any number
// of threads and any layout, bias and activation, empty batches.
#include "flatnet/network/network.hpp"

#include <thread>

#include "flatnet/transforms/list.hpp"
#include "harness.hpp"
#include "layouts.hpp"
#include "oracle.hpp"

using namespace flatnet;
using test::Array;
using test::Layout;
using test::Matrix;
using test::matrix_of;
using test::Random;
using test::wide;

namespace {

const Layout plain{{0, 1, 2}};

template <class T> Array random_array(Random& random, std::vector<index_t> sizes, const Layout& layout) {
  Array a(std::move(sizes), sizeof(T), layout);
  for (index_t i = 0; i < a.count(); ++i) {
    // Integers stay small: sums of products with weights of 2^12 (int32) or 2^28 (int64) are exact.
    if constexpr (std::is_integral_v<T>) a.put(i, static_cast<T>(random.below(15) - (std::is_signed_v<T> ? 7 : 0)));
    else a.put(i, random.number<T>());
  }
  return a;
}

// (outer, n, inner): number of element r of column j, and the columns an array of three axes has along the middle one.
struct Batch {
  index_t outer, inner;
  index_t columns() const { return outer * inner; }
  index_t element(index_t column, index_t r, index_t n) const { return (column / inner * n + r) * inner + column % inner; }
};

// |y - A x| <= (k + 2) eps |A| |x| in each component: k products and sums, rounding of weights and of data to the dtype.
// Real and imaginary parts of a complex product are sums of 2 k terms.
template <class S, class T> bool agrees(const Matrix& a, const Array& x, const Array& y, const Batch& batch, bool swapped) {
  for (index_t column = 0; column < batch.columns(); ++column)
    for (index_t r = 0; r < a.rows; ++r) {
      long double re = 0, im = 0, magnitude = 0;
      for (index_t c = 0; c < a.cols; ++c) {
        const wide w = a(r, c);
        if (w == wide(0)) continue;
        S v = x.get<S>(batch.element(column, c, a.cols));
        if (swapped) {
          Array other({1}, sizeof(S), {{0}, 0, {}, false, true});
          other.put(0, v);
          v = other.get<S>(0);
        }
        const wide u = test::widened(v);
        re += w.real() * u.real() - w.imag() * u.imag();
        im += w.real() * u.imag() + w.imag() * u.real();
        magnitude += (std::abs(w.real()) + std::abs(w.imag())) * (std::abs(u.real()) + std::abs(u.imag()));
      }
      const wide got = test::widened(y.get<T>(batch.element(column, r, a.rows)));
      long double allowed = 0;
      if constexpr (!std::is_integral_v<T>) {
        const double eps = sizeof(T) / (is_complex_v<T> ? 2 : 1) == 4 ? 0x1p-23 : 0x1p-52;
        allowed = static_cast<long double>(2 * a.cols + 2) * eps * magnitude;
      }
      if (!(std::abs(got.real() - re) <= allowed && std::abs(got.imag() - im) <= allowed)) return false;
    }
  return true;
}

// The arrays from which a computation in dtype t may read.
std::vector<Scalar> inputs_of(Dtype t) {
  if (t == Dtype::i32) return {Scalar::i8, Scalar::i16, Scalar::i32, Scalar::u8, Scalar::u16};
  std::vector<Scalar> all = {Scalar::i8, Scalar::i16, Scalar::i32, Scalar::i64, Scalar::u8, Scalar::u16, Scalar::u32};
  if (t == Dtype::i64) return all;
  all.insert(all.end(), {Scalar::u64, Scalar::f32, Scalar::f64});
  if (is_complex(t)) all.insert(all.end(), {Scalar::c64, Scalar::c128});
  return all;
}

std::vector<unsigned char> bytes_of(const Network& net, const Array& x, Scalar s, Dtype t, const Batch& batch, int threads,
                                    const kernels::Table& k) {
  Array y({batch.outer, net.rows(), batch.inner}, size_of(t), plain);
  net.apply(x.input(s), y.output(t), 1, threads, &k);
  return y.bytes();
}

// Four layers of different kinds, one of them with permutations, 64 -> 64, complex where `t` is.
Network mixed(Random& random, Dtype t) {
  const auto some = [&](index_t count) { return test::numbers(random, count, t); };
  return Network({kronecker_sparse(some(128), 8, 2, 2, 4).permuted(test::shared(random.permutation(64)), nullptr),
                  kronecker(1, some(4), 2, 2, 32), test::random_sparse(random, 64, 64, 0.1, t),
                  permutation(test::shared(random.permutation(64))), dense(some(64 * 64), 64, 64)});
}

}  // namespace

TEST(every_factor_in_every_dtype) {
  Random random(30);
  for (const std::string& isa : test::isas())
    for (const Dtype t : {Dtype::i32, Dtype::i64, Dtype::f32, Dtype::f64, Dtype::c64, Dtype::c128})
      for (const Dtype weights : std::set<Dtype>{component(t), t}) {
        for (const test::Named& n : test::factors(random, weights)) {
          const Batch batch{1 + random.below(3), 1 + random.below(20)};
          with_type(t, [&](auto out) {
            using T = decltype(out);
            const Array x = random_array<T>(random, {batch.outer, n.factor.cols(), batch.inner}, plain);
            Array y({batch.outer, n.factor.rows(), batch.inner}, sizeof(T), plain);
            Network({n.factor}).apply(x.input(scalar_of(t)), y.output(t), 1, 1, &kernels_of(isa));
            CHECK((agrees<T, T>(matrix_of(n.factor), x, y, batch, false)), isa, n.name, name(weights), name(t),
                  batch.columns());
            CHECK(y.fenced(), isa, n.name);
          });
        }
      }
}

TEST(every_array_in_every_layout) {
  Random random(31);
  for (const std::string& isa : test::isas())
    for (const Dtype t : {Dtype::i32, Dtype::i64, Dtype::f32, Dtype::f64, Dtype::c64, Dtype::c128}) {
      const Factor f = test::random_sparse(random, 6, 9, 0.5, is_integer(t) ? Dtype::i32 : t);
      const Network net({f});
      for (const Scalar s : inputs_of(t))
        for (const Layout& from : test::layouts()) {
          Layout to = test::layouts()[static_cast<std::size_t>(random.below(static_cast<index_t>(test::layouts().size())))];
          to.swapped = false;  // outputs have the machine's byte order
          const Batch batch{1 + random.below(3), 1 + random.below(20)};
          test::with_scalar_type(s, [&](auto in) {
            with_type(t, [&](auto out) {
              using S = decltype(in);
              using T = decltype(out);
              const Array x = random_array<S>(random, {batch.outer, 9, batch.inner}, from);
              Array y({batch.outer, 6, batch.inner}, sizeof(T), to);
              net.apply(x.input(s), y.output(t), 1, 2, &kernels_of(isa));
              CHECK((agrees<S, T>(matrix_of(f), x, y, batch, from.swapped)), isa, static_cast<int>(s), name(t));
              CHECK(y.fenced() && x.fenced(), isa, static_cast<int>(s), name(t));
            });
          });
        }
    }
}

TEST(axes_and_sizes) {
  Random random(32);
  const Factor f = dense(test::numbers<double>(random, 35), 5, 7);
  const Network net({f});
  for (const index_t outer : {1, 2, 3, 5, 17, 70})
    for (const index_t inner : {1, 2, 16, 65}) {
      const Batch batch{outer, inner};
      const Array x = random_array<double>(random, {outer, 7, inner}, plain);
      Array y({outer, 5, inner}, sizeof(double), plain);
      net.apply(x.input(Scalar::f64), y.output(Dtype::f64), 1, 1);
      CHECK((agrees<double, double>(matrix_of(f), x, y, batch, false)), outer, inner);
    }
  // The same numbers with the vectors on the first and on the last axis.
  const Array rows = random_array<double>(random, {4, 3, 7}, plain);
  Array columns({7, 4, 3}, sizeof(double), plain), y({4, 3, 5}, sizeof(double), plain), z({5, 4, 3}, sizeof(double), plain);
  for (index_t j = 0; j < 12; ++j)
    for (index_t r = 0; r < 7; ++r) columns.put(r * 12 + j, rows.get<double>(j * 7 + r));
  net.apply(rows.input(Scalar::f64), y.output(Dtype::f64), 2);
  net.apply(columns.input(Scalar::f64), z.output(Dtype::f64), 0);
  for (index_t j = 0; j < 12; ++j)
    for (index_t r = 0; r < 5; ++r) CHECK(y.get<double>(j * 5 + r) == z.get<double>(r * 12 + j), j, r);
}

TEST(repeated_columns_may_share_memory) {
  const double one[] = {1, 2, 3, 4};
  std::vector<double> y(4 * 10);
  hadamard(4).apply({one, Scalar::f64, false, {10, 4}, {0, 8}}, rows(y.data(), 10, 4), 1);
  for (index_t j = 0; j < 10; ++j) CHECK(y[4 * j] == 10 && y[4 * j + 1] == -2 && y[4 * j + 2] == -4 && y[4 * j + 3] == 0, j);
}

TEST(same_bits_for_any_number_of_threads_and_any_layout) {
  Random random(33);
  for (const std::string& isa : test::isas())
    for (const Dtype t : {Dtype::i64, Dtype::f32, Dtype::f64, Dtype::c64, Dtype::c128}) {
      const Network net = t == Dtype::i64 ? hadamard(64) : mixed(random, t);
      for (const index_t columns : {1, 2, 3, 15, 64, 65, 300})
        with_type(t, [&](auto v) {
          using T = decltype(v);
          const Batch batch{columns, 1};
          const Array x = random_array<T>(random, {columns, 64, 1}, plain);
          const auto once = bytes_of(net, x, scalar_of(t), t, batch, 1, kernels_of(isa));
          for (const int threads : {2, 3, 4})
            CHECK(bytes_of(net, x, scalar_of(t), t, batch, threads, kernels_of(isa)) == once, isa, name(t), columns, threads);
          for (const Layout& layout : test::layouts()) {
            if (columns > 65) break;
            Array other({columns, 64, 1}, sizeof(T), layout);
            for (index_t i = 0; i < x.count(); ++i) other.put(i, x.get<T>(i));
            CHECK(bytes_of(net, other, scalar_of(t), t, batch, 2, kernels_of(isa)) == once, isa, name(t), columns);
          }
        });
    }
}

TEST(bias_and_activation) {
  Random random(34);
  const index_t n = 6, batch = 21;
  for (const Activation f : {Activation::identity, Activation::logistic, Activation::relu, Activation::square}) {
    const Factor w = dense(test::numbers<double>(random, n * n), n, n);
    const Buffer bias = test::numbers<double>(random, n);
    const Network net({Layer(w, Values(bias), f), Layer(w)});
    std::vector<double> x(static_cast<std::size_t>(n * batch)), y(x.size());
    for (double& v : x) v = random.number<double>();
    net.apply(x.data(), y.data(), batch);
    const Matrix a = matrix_of(w);
    for (index_t j = 0; j < batch; ++j) {
      Matrix h(n, 1);
      for (index_t r = 0; r < n; ++r) {
        long double v = bias.as<double>()[r];
        for (index_t c = 0; c < n; ++c) v += a(r, c).real() * static_cast<long double>(x[j * n + c]);
        if (f == Activation::logistic) v = 1 / (1 + std::exp(-v));
        if (f == Activation::relu) v = std::max(v, 0.0L);
        h(r, 0) = f == Activation::square ? v * v : v;
      }
      const Matrix out = a * h;
      for (index_t r = 0; r < n; ++r)
        CHECK(std::abs(y[j * n + r] - static_cast<double>(out(r, 0).real())) <= 1e-9, static_cast<int>(f), j, r);
    }
  }
  // A complex bias is added part by part.
  const Network shifted(
      {Layer(permutation(test::shared({1, 0})), Values(copy_of<c128>({c128(1, 2), c128(3, 4)})), Activation::identity)});
  const c128 x[] = {{10, 20}, {30, 40}};
  c128 y[2];
  shifted.apply(x, y, 1);
  CHECK(y[0] == c128(31, 42) && y[1] == c128(13, 24));
}

TEST(empty_arrays) {
  const Network net = hadamard(4);
  double x[4] = {}, y[4] = {7, 7, 7, 7};
  net.apply(rows(static_cast<const double*>(x), 0, 4), rows(y, 0, 4), 1);
  CHECK(y[0] == 7);
  const Network tall({dense(copy_of<double>({}), 3, 0)}), flat({dense(copy_of<double>({}), 0, 4)});
  tall.apply(rows(static_cast<const double*>(x), 1, 0), rows(y, 1, 3), 1);
  CHECK(y[0] == 0 && y[1] == 0 && y[2] == 0 && y[3] == 7);
  flat.apply(rows(static_cast<const double*>(x), 1, 4), rows(y, 1, 0), 1);
  CHECK(y[3] == 7);
}

// Conversions of weights at first use are safe from many threads at once.
TEST(one_network_many_callers) {
  const Network net = dft(256);
  Random random(35);
  std::vector<c64> x(256 * 8), expected(x.size());
  for (auto& v : x) v = random.number<c64>();
  dft(256).apply(x.data(), expected.data(), 8);
  std::vector<std::vector<c64>> results(6, std::vector<c64>(x.size()));
  std::vector<std::thread> callers;
  for (auto& y : results) callers.emplace_back([&net, &x, &y] { net.apply(x.data(), y.data(), 8, 2); });
  for (auto& caller : callers) caller.join();
  for (const auto& y : results) CHECK(y == expected);
}

TEST_MAIN
