// Cosine and sine transforms of all types on every instruction set, against their sums in a wider type: one vector, rows,
// columns side by side; nothing is written past the ends.
#include "flatnet/engine/cosine.hpp"

#include <cmath>
#include <limits>
#include <map>
#include <tuple>

#include "harness.hpp"
#include "memory.hpp"

using namespace flatnet;
using engine::Lines;
using test::Guarded;
using test::Random;

namespace {

// cos(pi a / b), b > 0, the angle reduced exactly.
long double cosine_of(index_t a, index_t b) {
  const index_t reduced = (a % (2 * b) + 2 * b) % (2 * b);
  return std::cos(std::acos(-1.0L) * static_cast<long double>(reduced) / static_cast<long double>(b));
}

// Entry (k, j) of the transforms in engine/cosine.hpp; sin t = cos(t - pi / 2).
long double entry(int type, bool sine, index_t n, index_t k, index_t j) {
  switch (type) {
    case 1:
      if (sine) return 2 * cosine_of(2 * (j + 1) * (k + 1) - (n + 1), 2 * (n + 1));
      return (j == 0 || j == n - 1 ? 1 : 2) * cosine_of(j * k, n - 1);
    case 2: return sine ? 2 * cosine_of((2 * j + 1) * (k + 1) - n, 2 * n) : 2 * cosine_of((2 * j + 1) * k, 2 * n);
    case 3:
      if (sine) return (j == n - 1 ? 1 : 2) * cosine_of((j + 1) * (2 * k + 1) - n, 2 * n);
      return (j == 0 ? 1 : 2) * cosine_of(j * (2 * k + 1), 2 * n);
    default: return 2 * cosine_of((2 * j + 1) * (2 * k + 1) - (sine ? 2 * n : 0), 4 * n);
  }
}

const std::vector<long double>& matrix(int type, bool sine, index_t n) {
  static std::map<std::tuple<int, bool, index_t>, std::vector<long double>> all;
  auto& m = all[{type, sine, n}];
  if (m.empty())
    for (index_t k = 0; k < n; ++k)
      for (index_t j = 0; j < n; ++j) m.push_back(entry(type, sine, n, k, j));
  return m;
}

/// Lines of n: `count` rows, or columns.
Lines lines_of(index_t n, index_t count, bool columns, index_t element) {
  if (!columns) return Lines::rows(count, n, n);
  return Lines({n, count}, {count * element, element}, element, {n, count}, {count * element, element}, element, 0);
}

template <class T> void check_all(const std::string& isa, index_t n, index_t count, bool columns) {
  Random random(static_cast<unsigned>(n + count));
  std::vector<T> x;
  for (index_t i = 0; i < n * count; ++i) x.push_back(static_cast<T>(2 * random.unit() - 1));
  const auto at = [&](index_t line, index_t i) { return static_cast<std::size_t>(columns ? i * count + line : line * n + i); };
  const Lines lines = lines_of(n, count, columns, static_cast<index_t>(sizeof(T)));
  // Every stage rounds; errors grow like log2 n of the 2-norm, at most sqrt(n) times the largest output (Higham, sec. 24.1).
  const long double stages = std::log2(static_cast<long double>(16 * n));
  for (int type = 1; type <= 4; ++type)
    for (const bool sine : {false, true}) {
      if (type == 1 && !sine && n == 1) continue;
      const auto& m = matrix(type, sine, n);
      Guarded<T> y(n * count);
      engine::cosine(dtype_of<T>::value, lines, x.data(), y.data(), type, sine, 0.5, false, 1, &kernels_of(isa));
      CHECK(y.intact(), isa, n, count, columns, type, sine);
      std::vector<T> again = x;
      engine::cosine(dtype_of<T>::value, lines, again.data(), again.data(), type, sine, 0.5, false, 1, &kernels_of(isa));
      for (index_t line = 0; line < count; line += std::max<index_t>(1, count / 3)) {
        long double norm = 0, error = 0;
        for (index_t k = 0; k < n; ++k) {
          long double sum = 0;
          for (index_t j = 0; j < n; ++j)
            sum += m[static_cast<std::size_t>(k * n + j)] * static_cast<long double>(x[at(line, j)]);
          const long double wrong = static_cast<long double>(y.data()[at(line, k)]) - sum / 2;
          norm += sum * sum / 4;
          error += wrong * wrong;
          CHECK(again[at(line, k)] == y.data()[at(line, k)], isa, n, count, columns, type, sine, k, "in place");
        }
        const long double limit = 4 * stages * std::numeric_limits<T>::epsilon() * std::sqrt(norm);
        CHECK(std::sqrt(error) <= limit, isa, n, count, columns, type, sine, line, std::sqrt(error), limit);
      }
    }
}

TEST(cosines_and_sines_are_their_sums) {
  for (const std::string& isa : test::isas())
    for (const index_t n : {1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 33, 63, 64, 65, 96, 100, 127, 128, 129, 256})
      for (const index_t count : {1, 5, 37}) {
        if (test::emulated() && n > 64 && count != 5) continue;
        check_all<float>(isa, n, count, false);
        check_all<double>(isa, n, count, false);
        check_all<float>(isa, n, count, true);
        check_all<double>(isa, n, count, true);
      }
}

}  // namespace

TEST_MAIN
