// Compressed sparse rows and permutations on panels, on every instruction set, against their definitions
// y[r] = sum_e values[e] x[indices[e]] and y[r] = x[index[r]].
#include "harness.hpp"
#include "memory.hpp"

using namespace flatnet;
using test::Guarded;
using test::Random;
using test::Terms;

namespace {

// Rows of 0, 1, 2, 3, ... entries in turn, up to all columns; columns ascend.
template <class T, class I> struct Matrix {
  index_t rows, cols, parts;
  std::vector<index_t> begin{0};
  std::vector<I> indices;
  std::vector<T> values;

  Matrix(Random& random, index_t rows_, index_t cols_, index_t parts_) : rows(rows_), cols(cols_), parts(parts_) {
    for (index_t r = 0; r < rows; ++r) {
      auto p = random.permutation(cols);
      p.resize(static_cast<std::size_t>(r % (cols + 1)));
      std::sort(p.begin(), p.end());
      for (const index_t c : p) indices.push_back(static_cast<I>(c));
      begin.push_back(static_cast<index_t>(indices.size()));
    }
    values.resize(indices.size() * static_cast<std::size_t>(parts));
    for (T& v : values) v = random.number<T>();
  }
  kernels::CsrArgs args(const Guarded<T>& x, Guarded<T>& y, index_t lanes) const {
    return {rows, begin.data(), indices.data(), values.data(), x.data(), y.data(), lanes};
  }
  Terms<T> oracle(const Guarded<T>& x, index_t r, index_t part, index_t lanes, index_t p) const {
    Terms<T> t;
    for (index_t e = begin[r]; e < begin[r + 1]; ++e) {
      const index_t row = static_cast<index_t>(indices[e]) * parts;
      t.add(values[e * parts], x[(row + part) * lanes + p]);
      if (parts == 2) t.add(part == 0 ? -values[2 * e + 1] : values[2 * e + 1], x[(row + 1 - part) * lanes + p]);
    }
    return t;
  }
};

template <class T, class I> void agrees(index_t parts) {
  const Dtype weights = parts == 1 ? dtype_of<T>::value : sizeof(T) == 4 ? Dtype::c64 : Dtype::c128;
  Random random(2);
  for (const std::string& isa : test::isas()) {
    const auto& table = sizeof(I) == 4 ? kernels_of(isa).csr32 : kernels_of(isa).csr64;
    for (const index_t lanes : test::panel_lanes(test::vector_bytes(isa) / static_cast<index_t>(sizeof(T))))
      for (const auto& [rows, cols] : {std::pair<index_t, index_t>{1, 1}, {9, 4}, {20, 17}, {0, 3}, {3, 0}, {1, 40}}) {
        const Matrix<T, I> m(random, rows, cols, parts);
        Guarded<T> x(cols * parts * lanes, lanes % 4), y(rows * parts * lanes, lanes % 3);
        for (index_t i = 0; i < x.size(); ++i) x[i] = random.number<T>();
        table[static_cast<int>(weights)](m.args(x, y, lanes));
        bool right = true;
        for (index_t r = 0; r < rows; ++r)
          for (index_t part = 0; part < parts; ++part)
            for (index_t p = 0; p < lanes; ++p)
              right = right && m.oracle(x, r, part, lanes, p).allows(y[(r * parts + part) * lanes + p]);
        CHECK(right, isa, rows, cols, lanes);
        CHECK(x.intact() && y.intact(), isa, rows, cols, lanes);
      }
  }
}

// Equal columns give equal bits in every lane.
template <class T> void same_bits_everywhere(index_t parts) {
  const Dtype weights = parts == 1 ? dtype_of<T>::value : sizeof(T) == 4 ? Dtype::c64 : Dtype::c128;
  Random random(3);
  for (const std::string& isa : test::isas())
    for (const index_t lanes : test::panel_lanes(test::vector_bytes(isa) / static_cast<index_t>(sizeof(T)))) {
      const Matrix<T, std::int32_t> m(random, 20, 17, parts);
      Guarded<T> x(17 * parts * lanes), y(20 * parts * lanes);
      for (index_t r = 0; r < 17 * parts; ++r) std::fill_n(x.data() + r * lanes, lanes, random.number<T>());
      kernels_of(isa).csr32[static_cast<int>(weights)](m.args(x, y, lanes));
      bool same = true;
      for (index_t i = 0; i < y.size(); ++i) same = same && std::memcmp(&y[i], &y[i / lanes * lanes], sizeof(T)) == 0;
      CHECK(same, isa, lanes);
    }
}

template <class T> void gathers() {
  Random random(4);
  for (const std::string& isa : test::isas())
    for (const index_t width : test::panel_lanes(test::vector_bytes(isa) / static_cast<index_t>(sizeof(T))))
      for (const index_t rows : {0, 1, 7, 32}) {
        Guarded<T> x(rows * width, width % 4), y(rows * width, width % 3);
        for (index_t i = 0; i < x.size(); ++i) x[i] = random.number<T>();
        const auto index = random.permutation(rows);
        kernels_of(isa).gather[kernels::size_index(sizeof(T))]({rows, index.data(), x.data(), y.data(), width});
        bool right = true;
        for (index_t r = 0; r < rows; ++r)
          for (index_t p = 0; p < width; ++p) right = right && y[r * width + p] == x[index[r] * width + p];
        CHECK(right && x.intact() && y.intact(), isa, rows, width);
      }
}

}  // namespace

TEST(int32_agrees) { agrees<std::int32_t, std::int32_t>(1), agrees<std::int32_t, std::int64_t>(1); }
TEST(int64_agrees) { agrees<std::int64_t, std::int32_t>(1), agrees<std::int64_t, std::int64_t>(1); }
TEST(float32_agrees) { agrees<float, std::int32_t>(1), agrees<float, std::int64_t>(1); }
TEST(float64_agrees) { agrees<double, std::int32_t>(1), agrees<double, std::int64_t>(1); }
TEST(complex64_agrees) { agrees<float, std::int32_t>(2), agrees<float, std::int64_t>(2); }
TEST(complex128_agrees) { agrees<double, std::int32_t>(2), agrees<double, std::int64_t>(2); }
TEST(real_same_bits_everywhere) { same_bits_everywhere<float>(1), same_bits_everywhere<double>(1); }
TEST(complex_same_bits_everywhere) { same_bits_everywhere<float>(2), same_bits_everywhere<double>(2); }
TEST(gather_moves_rows) { gathers<float>(), gathers<double>(); }

TEST_MAIN
