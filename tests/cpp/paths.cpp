// Which inputs reach which outputs: every kind of factor against its matrix, and counts of bits.
#include "flatnet/network/paths.hpp"

#include <limits>

#include "harness.hpp"
#include "oracle.hpp"

using namespace flatnet;
using test::Matrix;
using test::matrix_of;
using test::Random;

namespace {

constexpr float inf = std::numeric_limits<float>::infinity();

bool entry(const Matrix& m, index_t r, index_t c) { return m(r, c) != test::wide(0); }

// Ranks 1..cols in some order, `lanes` of them a column.
std::vector<float> ranks(Random& random, index_t count, index_t lanes) {
  std::vector<float> x(static_cast<std::size_t>(count * lanes));
  for (index_t l = 0; l < lanes; ++l) {
    const auto order = random.permutation(count);
    for (index_t i = 0; i < count; ++i) x[i * lanes + l] = static_cast<float>(order[i] + 1);
  }
  return x;
}

void check_least(const std::string& words, const Paths& p, const Matrix& m, Random& random, index_t lanes) {
  const std::vector<float> x = ranks(random, m.cols, lanes);
  std::vector<float> y(static_cast<std::size_t>(m.rows * lanes), -1.0f);
  p.least(lanes, x.data(), y.data());
  bool same = true;
  for (index_t r = 0; r < m.rows; ++r)
    for (index_t l = 0; l < lanes; ++l) {
      float least = inf;
      for (index_t c = 0; c < m.cols; ++c)
        if (entry(m, r, c)) least = std::min(least, x[c * lanes + l]);
      same &= y[r * lanes + l] == least;
    }
  CHECK(same, words, lanes);
}

void check_sum(const std::string& words, const Paths& p, const Matrix& m, index_t lanes) {
  std::vector<double> x(static_cast<std::size_t>(m.cols * lanes)), y(static_cast<std::size_t>(m.rows * lanes), -1.0);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i + 1);
  p.sum(lanes, x.data(), y.data());
  bool same = true;
  for (index_t r = 0; r < m.rows; ++r)
    for (index_t l = 0; l < lanes; ++l) {
      double sum = 0;
      for (index_t c = 0; c < m.cols; ++c)
        if (entry(m, r, c)) sum += x[c * lanes + l];
      same &= y[r * lanes + l] == sum;
    }
  CHECK(same, words, lanes);
}

// Each input (or output) has a bit of its own: what arrives is the matrix, column by column (row by row).
void check_marks(const std::string& words, const Paths& p, const Matrix& m, index_t count, bool forward) {
  const index_t from = forward ? m.cols : m.rows, to = forward ? m.rows : m.cols;
  std::vector<std::uint64_t> x(static_cast<std::size_t>(from * count)), y(static_cast<std::size_t>(to * count), ~0ull);
  for (index_t i = 0; i < from; ++i) x[i * count + i / 64 % count] = 1ull << (i % 64);
  if (forward) p.outputs(count, x.data(), y.data());
  else p.inputs(count, x.data(), y.data());
  bool same = true;
  index_t entries = 0;
  for (index_t i = 0; i < to; ++i)
    for (index_t j = 0; j < from; ++j) {
      const bool there = forward ? entry(m, i, j) : entry(m, j, i);
      entries += there;
      same &= (y[i * count + j / 64 % count] >> (j % 64) & 1) == static_cast<std::uint64_t>(there);
    }
  CHECK(same, words, count, forward);
  index_t counted = 0;
  for (const index_t n : count_marks(to, count, y.data())) counted += n;
  CHECK(counted == entries, words, counted, entries);
}

void check_factor(const std::string& words, const Factor& f, Random& random) {
  const Matrix m = matrix_of(f);
  const Paths p(f);
  CHECK(p.rows() == m.rows && p.cols() == m.cols, words);
  CHECK(p.work() <= m.rows * m.cols + m.rows + m.cols, words, p.work());
  for (const index_t lanes : {1, 3, 16}) {
    check_least(words, p, m, random, lanes);
    check_sum(words, p, m, lanes);
  }
  for (const index_t count : {1, 2})
    for (const bool forward : {false, true}) check_marks(words, p, m, count, forward);
}

}  // namespace

TEST(every_kind_and_its_transpose) {
  for (const Dtype t : {Dtype::i64, Dtype::f64, Dtype::c64}) {
    Random random(30);
    for (const auto& [name, f] : test::factors(random, t)) {
      check_factor(name, f, random);
      check_factor(name + " transposed", f.transpose(), random);
    }
  }
}

TEST(zeros_inside_blocks_are_no_paths) {
  Random random(31);
  const std::vector<double> core = {1, 0, 2, 0, 0, 3}, one = {0, 0, 0, 5};
  const auto weights = [](const std::vector<double>& v) { return copy_of(v.data(), static_cast<index_t>(v.size())); };
  check_factor("kronecker", kronecker(3, weights(core), 2, 3, 4), random);
  check_factor(
      "kronecker, permuted",
      kronecker(2, weights(core), 3, 2, 2).permuted(test::shared(random.permutation(8)), test::shared(random.permutation(12))),
      random);
  check_factor("own weights", kronecker_sparse(weights({1, 0, 2, 3, 0, 4, 5, 6}), 2, 2, 2, 1, false, false), random);
  check_factor("dense, one entry", dense(weights(one), 2, 2), random);
}

TEST(patterns_without_weights) {
  Random random(32);
  const Paths p(3, 2, 4, 5);
  Matrix m(30, 60);
  for (index_t r = 0; r < 30; ++r)
    for (index_t c = 0; c < 60; ++c) m(r, c) = r / 10 == c / 20 && r % 5 == c % 5 ? 1 : 0;
  for (const index_t lanes : {1, 16}) check_least("pattern", p, m, random, lanes);
  check_marks("pattern", p, m, 1, true);
  check_marks("pattern", p, m, 1, false);
  CHECK(p.work() == 3 * 5 * (2 + 4));
  CHECK_SENTENCE(shape_error, "a pattern needs sizes >= 0, got (1, -2, 1, 1)", Paths(1, -2, 1, 1));
}

TEST(empty_sizes) {
  std::vector<float> y(6, 0.0f);
  Paths(1, 2, 0, 3).least(1, nullptr, y.data());  // rows without columns
  CHECK(std::all_of(y.begin(), y.end(), [](float v) { return v == inf; }));
  Paths(0, 2, 2, 3).least(1, nullptr, nullptr);
  CHECK(count_marks(0, 1, nullptr) == std::vector<index_t>(64, 0));
}

TEST_MAIN
