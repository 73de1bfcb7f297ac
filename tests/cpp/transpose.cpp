// Columns of a batch to and from panels, interleaved complex numbers to and from planar halves: copies, so bits must agree.
#include "harness.hpp"
#include "memory.hpp"

using namespace flatnet;
using test::Guarded;
using test::Random;

namespace {

// Columns at byte offsets in any order, with gaps, at any alignment; the bytes around them are fenced.
template <class T> struct Columns {
  index_t n, count;
  std::vector<index_t> offsets;
  std::vector<unsigned char> bytes;

  Columns(Random& random, index_t n_, index_t count_, bool aligned) : n(n_), count(count_) {
    const auto size = static_cast<index_t>(sizeof(T));
    index_t at = aligned ? 0 : 1;
    for (const index_t place : random.permutation(count)) offsets.push_back(place);
    const index_t step = n * size + (aligned ? size : 3);
    for (index_t& o : offsets) o = o * step + at;
    bytes.assign(static_cast<std::size_t>(count * step + at + size), 0xA5);
  }
  T get(index_t j, index_t r) const {
    T v;
    std::memcpy(&v, bytes.data() + offsets[j] + r * static_cast<index_t>(sizeof(T)), sizeof v);
    return v;
  }
  void put(index_t j, index_t r, T v) {
    std::memcpy(bytes.data() + offsets[j] + r * static_cast<index_t>(sizeof(T)), &v, sizeof v);
  }
};

template <class T> std::vector<T> numbers(index_t count) {  // all different, exact in float
  std::vector<T> v(static_cast<std::size_t>(count));
  for (index_t i = 0; i < count; ++i) v[i] = static_cast<T>(i + 1);
  return v;
}

template <class T, class F> void each_shape(F&& f) {
  Random random(5);
  for (const std::string& isa : test::isas()) {
    const index_t N = test::vector_bytes(isa) / static_cast<index_t>(sizeof(T));
    auto sizes = test::around(N);
    sizes.insert({0, 2, 16, 48, 64});
    for (const index_t n : sizes)
      for (const index_t columns : sizes)
        for (const index_t spare : {index_t{0}, index_t{1}, N})
          for (const bool aligned : {true, false}) f(isa, Columns<T>(random, n, columns, aligned), columns + spare);
  }
}

template <class T> void in_agrees() {
  each_shape<T>([](const std::string& isa, Columns<T> c, index_t lanes) {
    const auto values = numbers<T>(c.n * c.count);
    for (index_t j = 0; j < c.count; ++j)
      for (index_t r = 0; r < c.n; ++r) c.put(j, r, values[j * c.n + r]);
    const auto before = c.bytes;
    Guarded<T> panel(c.n * lanes, lanes % 4);
    kernels_of(isa).transpose_in[kernels::size_index(sizeof(T))](
        {c.n, c.count, lanes, c.offsets.data(), c.bytes.data(), panel.data(), 0, lanes});
    bool right = true;
    for (index_t r = 0; r < c.n; ++r)
      for (index_t p = 0; p < lanes; ++p) right = right && panel[r * lanes + p] == (p < c.count ? values[p * c.n + r] : T(0));
    CHECK(right, isa, c.n, c.count, lanes);
    CHECK(panel.intact() && c.bytes == before, isa, c.n, c.count, lanes);
  });
}

template <class T> void out_agrees() {
  each_shape<T>([](const std::string& isa, Columns<T> c, index_t lanes) {
    const auto values = numbers<T>(c.n * lanes);
    Guarded<T> panel(c.n * lanes, lanes % 4);
    std::copy(values.begin(), values.end(), panel.data());
    Columns<T> expected = c;
    for (index_t j = 0; j < c.count; ++j)
      for (index_t r = 0; r < c.n; ++r) expected.put(j, r, values[r * lanes + j]);
    kernels_of(isa).transpose_out[kernels::size_index(sizeof(T))](
        {c.n, c.count, lanes, c.offsets.data(), c.bytes.data(), panel.data(), 0, lanes});
    CHECK(c.bytes == expected.bytes, isa, c.n, c.count, lanes);  // the gaps included
    CHECK(std::equal(values.begin(), values.end(), panel.data()) && panel.intact(), isa, c.n, c.count, lanes);
  });
}

// Columns one step apart, close together (those of one to four elements have loops of their own) or not; a stretch of the panel's
// lanes, zeros beyond the columns and nothing further.
template <class T> void even_steps() {
  Random random(6);
  const auto size = static_cast<index_t>(sizeof(T));
  for (const std::string& isa : test::isas()) {
    const kernels::Table& k = kernels_of(isa);
    const int s = kernels::size_index(size);
    auto counts = test::around(test::vector_bytes(isa) / size);
    counts.insert({0, 2, 16, 48});
    for (const index_t n : {0, 1, 2, 3, 4, 5, 8, 17})
      for (const index_t columns : counts)
        for (const index_t gap : {0, 1, 5}) {
          const index_t step = n * size + gap, lanes = columns + 7, room = columns + 3;
          const auto values = numbers<T>(n * columns);
          std::vector<unsigned char> bytes(static_cast<std::size_t>(columns * step + 1 + size), 0xA5);
          const auto at = [&](index_t j, index_t r) { return bytes.data() + 1 + j * step + r * size; };
          for (index_t j = 0; j < columns; ++j)
            for (index_t r = 0; r < n; ++r) std::memcpy(at(j, r), &values[j * n + r], sizeof(T));
          const auto before = bytes;
          Guarded<T> panel(n * lanes, lanes % 4);
          for (index_t i = 0; i < panel.size(); ++i) panel[i] = T(-1);
          k.transpose_in[s]({n, columns, lanes, nullptr, bytes.data() + 1, panel.data(), step, room});
          bool right = panel.intact() && bytes == before;
          for (index_t r = 0; r < n; ++r)
            for (index_t p = 0; p < lanes; ++p)
              right = right && panel[r * lanes + p] == (p < columns ? values[p * n + r] : p < room ? T(0) : T(-1));
          CHECK(right, isa, n, columns, gap);

          for (index_t j = 0; j < columns; ++j) std::fill_n(at(j, 0), n * size, static_cast<unsigned char>(0));
          k.transpose_out[s]({n, columns, lanes, nullptr, bytes.data() + 1, panel.data(), step, room});
          CHECK(bytes == before, isa, n, columns, gap);
        }
  }
}

template <class T> void planar_agrees() {
  for (const std::string& isa : test::isas()) {
    auto sizes = test::around(test::vector_bytes(isa) / static_cast<index_t>(sizeof(T)));
    sizes.insert({0, 2, 64});
    for (const index_t n : sizes)
      for (const index_t shift : {0, 1, 3}) {
        const auto values = numbers<T>(2 * n);
        std::vector<unsigned char> bytes(2 * static_cast<std::size_t>(n) * sizeof(T) + 2, 0xA5);
        std::memcpy(bytes.data() + 1, values.data(), bytes.size() - 2);  // pairs start at any byte
        Guarded<T> re(n, shift), im(n, 1);
        kernels_of(isa).deinterleave[kernels::size_index(sizeof(T))]({n, bytes.data() + 1, re.data(), im.data()});
        bool right = re.intact() && im.intact();
        for (index_t i = 0; i < n; ++i) right = right && re[i] == values[2 * i] && im[i] == values[2 * i + 1];
        CHECK(right, isa, n, shift);

        const auto before = bytes;
        std::fill(bytes.begin() + 1, bytes.end() - 1, static_cast<unsigned char>(0));
        kernels_of(isa).interleave[kernels::size_index(sizeof(T))]({n, bytes.data() + 1, re.data(), im.data()});
        CHECK(bytes == before, isa, n, shift);
      }
  }
}

}  // namespace

TEST(columns_to_rows) { in_agrees<float>(), in_agrees<double>(); }
TEST(rows_to_columns) { out_agrees<float>(), out_agrees<double>(); }
TEST(columns_one_step_apart) { even_steps<float>(), even_steps<double>(); }
TEST(complex_to_planar_and_back) { planar_agrees<float>(), planar_agrees<double>(); }

TEST_MAIN
