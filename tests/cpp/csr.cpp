// Compressed sparse rows and permutations on panels, on every instruction set, against their definitions
// y[r] = sum_e values[e] x[indices[e]] and y[r] = x[index[r]].
#include "flatnet/factors/kinds.hpp"
#include "flatnet/factors/sliced.hpp"
#include "harness.hpp"
#include "memory.hpp"

using namespace flatnet;
using test::Guarded;
using test::Random;
using test::Terms;

namespace {

// Rows of 0, 1, 2, 3, ... entries in turn, up to all columns (`even`: all of as many); columns ascend. `ones`: one value for all.
template <class T> Factor matrix(Random& random, index_t rows, index_t cols, index_t bits, bool even, bool ones) {
  auto begin = std::make_shared<std::vector<index_t>>(1, 0);
  std::vector<index_t> columns;
  for (index_t r = 0; r < rows; ++r) {
    auto p = random.permutation(cols);
    p.resize(static_cast<std::size_t>((even ? cols / 2 : r) % (cols + 1)));
    std::sort(p.begin(), p.end());
    columns.insert(columns.end(), p.begin(), p.end());
    begin->push_back(static_cast<index_t>(columns.size()));
  }
  const auto count = static_cast<index_t>(columns.size());
  const auto values = allocate(count, dtype_of<T>::value);
  const T one = random.number<T>();
  for (index_t e = 0; e < count; ++e) static_cast<T*>(values.get())[e] = ones ? one : random.number<T>();
  // Columns that no entry has make the indices as wide as wanted, and cost nothing.
  const index_t width = bits == 16 ? cols : bits == 32 ? 65537 : (index_t{1} << 31) + 1;
  return sparse(rows, width, begin, columns, {values, count, dtype_of<T>::value});
}

// The rows of `f` on x, in `parts` parts.
template <class R> void run(const std::string& isa, const Factor& f, Dtype weights, R* x, R* y, index_t lanes, index_t x_row,
                            index_t y_row, index_t parts) {
  const Csr& m = *f.get<Csr>();
  const kernels::Table& k = kernels_of(isa);
  for (index_t part = 0; part < parts; ++part) {
    kernels::CsrArgs args = m.sliced->args(m, weights);
    Sliced::share(args, part, parts);
    args.x = x;
    args.y = y;
    args.lanes = lanes;
    args.x_row = x_row;
    args.y_row = y_row;
    const int bits = Sliced::index_bits(m);
    (bits == 16 ? k.csr16 : bits == 32 ? k.csr32 : k.csr64)[static_cast<int>(weights)](args);
  }
}

template <class R, class T> Terms<R> oracle(const Csr& m, const Guarded<R>& x, index_t r, index_t part, index_t row,
                                            index_t lanes, index_t p) {
  Terms<R> t;
  const Buffer own = m.values.get();
  for (index_t e = (*m.begin)[r]; e < (*m.begin)[r + 1]; ++e) {
    const index_t c = m.indices.dtype == Dtype::i32 ? index_t{m.indices.as<std::int32_t>()[e]} : m.indices.as<index_t>()[e];
    if constexpr (is_complex_v<T>) {
      const T w = own.as<T>()[e];
      t.add(w.real(), x[c * row + part * lanes + p]);
      t.add(part == 0 ? -w.imag() : w.imag(), x[c * row + (1 - part) * lanes + p]);
    } else {
      t.add(own.as<T>()[e], x[c * row + p]);
    }
  }
  return t;
}

// Real weights on a panel of R = T, complex ones on the planar panel of R; rows may lie further apart than they are long.
template <class R, class T> void agrees() {
  constexpr index_t parts = is_complex_v<T> ? 2 : 1;
  Random random(2);
  for (const std::string& isa : test::isas())
    for (const index_t lanes : test::panel_lanes(test::vector_bytes(isa) / static_cast<index_t>(sizeof(R))))
      for (const index_t bits : {16, 32, 64})
        for (const auto& [rows, cols] :
             {std::pair<index_t, index_t>{1, 1}, {9, 4}, {20, 17}, {0, 3}, {3, 0}, {1, 40}, {8, 6}}) {
          const index_t apart = lanes % 3 == 0 ? 5 : 0, x_row = parts * lanes + apart, y_row = parts * lanes + 2 * apart;
          const Factor f = matrix<T>(random, rows, cols, bits, rows == 8, lanes % 2 == 0);
          const Csr& m = *f.get<Csr>();
          Guarded<R> x(cols * x_row, lanes % 4), y(rows * y_row, lanes % 3);
          for (index_t i = 0; i < x.size(); ++i) x[i] = random.number<R>();
          for (index_t i = 0; i < y.size(); ++i) y[i] = R(77);
          run(isa, f, dtype_of<T>::value, x.data(), y.data(), lanes, x_row, y_row, 1 + lanes % 3);
          bool right = true;
          for (index_t r = 0; r < rows; ++r) {
            for (index_t part = 0; part < parts; ++part)
              for (index_t p = 0; p < lanes; ++p)
                right = right && oracle<R, T>(m, x, r, part, x_row, lanes, p).allows(y[r * y_row + part * lanes + p]);
            for (index_t p = parts * lanes; p < y_row; ++p) right = right && y[r * y_row + p] == R(77);
          }
          CHECK(right, isa, rows, cols, lanes, bits);
          CHECK(x.intact() && y.intact(), isa, rows, cols, lanes, bits);
        }
}

// Equal columns give equal bits in every lane, whatever their number: one sum has one order.
template <class R, class T> void same_bits_everywhere() {
  constexpr index_t parts = is_complex_v<T> ? 2 : 1;
  for (const std::string& isa : test::isas())
    for (const bool ones : {false, true}) {
      std::vector<R> first;
      for (const index_t lanes : test::panel_lanes(test::vector_bytes(isa) / static_cast<index_t>(sizeof(R)))) {
        Random random(3);
        const Factor f = matrix<T>(random, 22, 17, 16, false, ones);
        Guarded<R> x(17 * parts * lanes), y(22 * parts * lanes);
        for (index_t r = 0; r < 17 * parts; ++r) std::fill_n(x.data() + r * lanes, lanes, random.number<R>());
        run(isa, f, dtype_of<T>::value, x.data(), y.data(), lanes, parts * lanes, parts * lanes, 2);
        if (first.empty())
          for (index_t r = 0; r < 22 * parts; ++r) first.push_back(y[r * lanes]);
        bool same = true;
        for (index_t i = 0; i < y.size(); ++i) same = same && std::memcmp(&y[i], &first[i / lanes], sizeof(R)) == 0;
        CHECK(same, isa, lanes, ones);
      }
    }
}

// Rows without entries are +0; a single product keeps the sign of its zero; NaN and infinity stay in their rows.
template <class T> void signs_of_zero() {
  const Factor f = sparse(4, 2, std::make_shared<std::vector<index_t>>(std::vector<index_t>{0, 0, 1, 2, 4}), {0, 1, 0, 1},
                          copy_of<T>({T(-1), T(1), T(1), T(1)}));
  for (const std::string& isa : test::isas())
    for (const index_t lanes : {1, 3, 16}) {
      Guarded<T> x(2 * lanes), y(4 * lanes);
      for (index_t p = 0; p < lanes; ++p) {
        x[p] = T(0);
        x[lanes + p] = std::numeric_limits<T>::infinity();
      }
      run(isa, f, dtype_of<T>::value, x.data(), y.data(), lanes, lanes, lanes, 1);
      for (index_t p = 0; p < lanes; ++p) {
        CHECK(y[p] == 0 && !std::signbit(y[p]), isa, lanes);
        CHECK(y[lanes + p] == 0 && std::signbit(y[lanes + p]), isa, lanes);
        CHECK(std::isinf(y[2 * lanes + p]) && std::isinf(y[3 * lanes + p]), isa, lanes);
      }
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

// Each slice belongs to one part, whatever the number of parts; parts have about as many entries.
TEST(rows_are_shared) {
  Random random(5);
  const Factor f = matrix<float>(random, 1000, 90, 16, false, false);
  const Csr& m = *f.get<Csr>();
  for (const index_t parts : {1, 2, 3, 7, 250, 1000}) {
    index_t next = 0;
    for (index_t part = 0; part < parts; ++part) {
      kernels::CsrArgs args = m.sliced->args(m, Dtype::f32);
      const index_t slices = args.last, entries = args.begin[slices];
      Sliced::share(args, part, parts);
      CHECK(args.first == next && args.last <= slices, parts, part);
      if (parts == 2) CHECK(2 * (args.begin[args.last] - args.begin[args.first]) > entries / 2, part);
      next = args.last;
      if (part == parts - 1) CHECK(next == slices, parts);
    }
  }
}

// The converted values are those of this factor: a scaled copy has its own.
TEST(copies_share_and_changes_do_not) {
  Random random(6);
  const Factor f = matrix<double>(random, 9, 4, 16, false, false);
  const Factor copy = f, scaled = f.scaled(2.0);
  const auto values = [](const Factor& g) { return g.get<Csr>()->sliced->args(*g.get<Csr>(), Dtype::f64).values; };
  CHECK(values(f) == values(copy));
  CHECK(static_cast<const double*>(values(scaled))[0] == 2 * static_cast<const double*>(values(f))[0]);
}

TEST(int32_agrees) { agrees<std::int32_t, std::int32_t>(); }
TEST(int64_agrees) { agrees<std::int64_t, std::int64_t>(); }
TEST(float32_agrees) { agrees<float, float>(); }
TEST(float64_agrees) { agrees<double, double>(); }
TEST(complex64_agrees) { agrees<float, c64>(); }
TEST(complex128_agrees) { agrees<double, c128>(); }
TEST(real_same_bits_everywhere) { same_bits_everywhere<float, float>(), same_bits_everywhere<double, double>(); }
TEST(complex_same_bits_everywhere) { same_bits_everywhere<float, c64>(), same_bits_everywhere<double, c128>(); }
TEST(zeros_and_infinities) { signs_of_zero<float>(), signs_of_zero<double>(); }
TEST(gather_moves_rows) { gathers<float>(), gathers<double>(); }

TEST_MAIN
