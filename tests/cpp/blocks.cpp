// The kernel of every structured factor, on every instruction set, against its definition
// y[(i*b+j)*d+l] = sum_k v[i,j,k,l] x[(i*c+k)*d+l], with rows renamed by `input` and `output`.
#include "harness.hpp"
#include "memory.hpp"

using namespace flatnet;
using test::Guarded;
using test::Random;
using test::Terms;

namespace {

struct Pattern { index_t a, b, c, d; };
// How the weights lie in memory.
enum Layout { row_major, transposed, padded, layouts };

// A call and what it reads and writes. T is the component; complex weights, and then complex panels, have `parts` == 2.
template <class T> struct Call {
  Pattern s;
  index_t parts, lanes;
  kernels::BlocksArgs args{};
  std::vector<T> weights;
  std::vector<index_t> input, output;
  Guarded<T> x, y;

  Call(Random& random, Pattern p, index_t parts_, index_t lanes_, int sharing, Layout layout, int permuted, index_t shift)
      : s(p),
        parts(parts_),
        lanes(lanes_),
        x(p.a * p.c * p.d * lanes * parts, shift),
        y(p.a * p.b * p.d * lanes * parts, shift) {
    const index_t sa = sharing & 1 ? 1 : s.a, sd = sharing & 2 ? 1 : s.d, step = layout == padded ? 3 : 1;
    index_t va = s.b * s.c * sd * step, vb = s.c * sd * step, vc = sd * step;
    if (layout == transposed) vb = sd * step, vc = s.b * sd * step;
    weights.resize(static_cast<std::size_t>(sa * s.b * s.c * sd * step * parts));
    for (T& w : weights) w = random.number<T>();
    for (index_t i = 0; i < x.size(); ++i) x[i] = random.number<T>();
    if (permuted & 1) input = random.permutation(s.a * s.c * s.d);
    if (permuted & 2) output = random.permutation(s.a * s.b * s.d);
    args = {s.a,
            s.b,
            s.c,
            s.d,
            sharing & 1 ? 0 : va,
            vb,
            vc,
            sharing & 2 ? 0 : step,
            weights.data(),
            x.data(),
            y.data(),
            lanes,
            permuted & 1 ? input.data() : nullptr,
            permuted & 2 ? output.data() : nullptr};
  }
  T weight(index_t i, index_t j, index_t k, index_t l, index_t part) const {
    return weights[(i * args.va + j * args.vb + k * args.vc + l * args.vd) * parts + part];
  }
  index_t in_row(index_t r) const { return input.empty() ? r : input[r]; }
  index_t out_row(index_t r) const { return output.empty() ? r : output[r]; }
  T& at(Guarded<T>& panel, index_t row, index_t part, index_t p) const { return panel[(row * parts + part) * lanes + p]; }
  std::string words() const {
    return sentence_of({s.a, s.b, s.c, s.d}) + " strides " + sentence_of({args.va, args.vb, args.vc, args.vd}) + " lanes " +
           std::to_string(lanes) + (input.empty() ? "" : " input") + (output.empty() ? "" : " output");
  }
  static std::string sentence_of(std::initializer_list<index_t> list) {
    std::string s;
    for (const index_t i : list) s += (s.empty() ? "(" : ", ") + std::to_string(i);
    return s + ")";
  }

  // The definition, for part (0 real, 1 imaginary) of one output.
  Terms<T> oracle(index_t i, index_t j, index_t l, index_t part, index_t p) {
    Terms<T> t;
    for (index_t k = 0; k < s.c; ++k) {
      const index_t r = in_row((i * s.c + k) * s.d + l);
      t.add(weight(i, j, k, l, 0), at(x, r, part, p));
      if (parts == 2) t.add(part == 0 ? -weight(i, j, k, l, 1) : weight(i, j, k, l, 1), at(x, r, 1 - part, p));
    }
    return t;
  }
  bool right() {
    for (index_t i = 0; i < s.a; ++i)
      for (index_t j = 0; j < s.b; ++j)
        for (index_t l = 0; l < s.d; ++l)
          for (index_t part = 0; part < parts; ++part)
            for (index_t p = 0; p < lanes; ++p)
              if (!oracle(i, j, l, part, p).allows(at(y, out_row((i * s.b + j) * s.d + l), part, p))) return false;
    return true;
  }
};

std::vector<Pattern> patterns(index_t N) {
  // One row to more rows and columns than a tile holds; empty sizes; Dense, Diagonal, block diagonal, butterfly.
  std::vector<Pattern> all = {{1, 1, 1, 1}, {1, 3, 5, 1}, {2, 2, 2, 4}, {3, 4, 1, 2}, {1, 1, 7, 3}, {2, 5, 3, 3},
                              {1, 8, 8, 1}, {1, 9, 2, 1}, {4, 1, 1, 9}, {5, 6, 6, 1}, {2, 3, 3, 2}, {1, 2, 17, 1},
                              {1, 3, 0, 2}, {2, 0, 3, 4}, {0, 2, 2, 2}, {2, 2, 2, 0}};
  for (const index_t d : test::around(N)) {
    all.push_back({1, 2, 2, d});
    all.push_back({2, 1, 1, d});
    all.push_back({1, 3, 4, d});
  }
  return all;
}

// f(call) over patterns, sharings, layouts, permutations and panel widths; widths and alignments take turns.
template <class T, class F> void each_call(index_t N, index_t parts, F&& f) {
  Random random(1);
  const auto widths = test::panel_lanes(N);
  std::size_t turn = 0;
  for (const Pattern& s : patterns(N))
    for (int sharing = 0; sharing < 4; ++sharing)
      for (int layout = 0; layout < layouts; ++layout)
        for (int permuted = 0; permuted < 4; ++permuted)
          for (int repeat = 0; repeat < 2; ++repeat) {
            const index_t lanes = repeat == 0 ? widths[turn++ % widths.size()] : 1;
            Call<T> call(random, s, parts, lanes, sharing, static_cast<Layout>(layout), permuted,
                         static_cast<index_t>(turn % 4));
            f(call);
          }
}

template <class T, class F> void each_isa_call(index_t parts, F&& f) {
  const Dtype weights = parts == 1 ? dtype_of<T>::value : sizeof(T) == 4 ? Dtype::c64 : Dtype::c128;
  for (const std::string& isa : test::isas()) {
    const auto kernel = kernels_of(isa).blocks[static_cast<int>(weights)];
    each_call<T>(test::vector_bytes(isa) / static_cast<index_t>(sizeof(T)), parts,
                 [&](Call<T>& call) { f(isa, kernel, call); });
  }
}

template <class T> void agrees(index_t parts) {
  each_isa_call<T>(parts, [](const std::string& isa, auto kernel, Call<T>& call) {
    kernel(call.args);
    CHECK(call.right(), isa, call.words());
    CHECK(call.x.intact() && call.y.intact(), isa, call.words());
  });
}

// Equal columns (and equal rows along d where the weights are) give equal bits wherever they stand in the panel.
template <class T> void same_bits_everywhere(index_t parts) {
  each_isa_call<T>(parts, [parts](const std::string& isa, auto kernel, Call<T>& call) {
    const Pattern& s = call.s;
    const bool along_d = call.args.vd == 0;
    for (index_t i = 0; i < s.a * s.c; ++i)
      for (index_t l = 0; l < s.d; ++l)
        for (index_t part = 0; part < parts; ++part)
          for (index_t p = 0; p < call.lanes; ++p)
            call.at(call.x, call.in_row(i * s.d + l), part, p) =
                call.at(call.x, call.in_row(i * s.d + (along_d ? 0 : l)), part, 0);
    kernel(call.args);
    bool same = true;
    for (index_t i = 0; i < s.a * s.b; ++i)
      for (index_t l = 0; l < s.d; ++l)
        for (index_t part = 0; part < parts; ++part)
          for (index_t p = 0; p < call.lanes; ++p) {
            const T &one = call.at(call.y, call.out_row(i * s.d + (along_d ? 0 : l)), part, 0),
                    &other = call.at(call.y, call.out_row(i * s.d + l), part, p);
            same = same && std::memcmp(&one, &other, sizeof(T)) == 0;
          }
    CHECK(same, isa, call.words());
  });
}

// Where the kernel promises it, the output may lie on the input.
template <class T> void in_place_bits(index_t parts) {
  each_isa_call<T>(parts, [parts](const std::string& isa, auto kernel, Call<T>& call) {
    if (!kernels::in_place(call.args, parts == 2)) return;
    kernel(call.args);
    call.args.y = call.x.data();
    kernel(call.args);
    CHECK(call.x.same_bits(call.y) && call.x.intact(), isa, call.words());
  });
}

}  // namespace

TEST(int32_agrees) { agrees<std::int32_t>(1); }
TEST(int64_agrees) { agrees<std::int64_t>(1); }
TEST(float32_agrees) { agrees<float>(1); }
TEST(float64_agrees) { agrees<double>(1); }
TEST(complex64_agrees) { agrees<float>(2); }
TEST(complex128_agrees) { agrees<double>(2); }

TEST(float32_same_bits_everywhere) { same_bits_everywhere<float>(1); }
TEST(float64_same_bits_everywhere) { same_bits_everywhere<double>(1); }
TEST(complex64_same_bits_everywhere) { same_bits_everywhere<float>(2); }
TEST(complex128_same_bits_everywhere) { same_bits_everywhere<double>(2); }

TEST(int32_in_place) { in_place_bits<std::int32_t>(1); }
TEST(int64_in_place) { in_place_bits<std::int64_t>(1); }
TEST(float32_in_place) { in_place_bits<float>(1); }
TEST(float64_in_place) { in_place_bits<double>(1); }
TEST(complex64_in_place) { in_place_bits<float>(2); }
TEST(complex128_in_place) { in_place_bits<double>(2); }

// NaN, infinities and the sign of zero travel as IEEE says: the first term is a plain product, nothing is skipped.
TEST(special_values) {
  const float inf = INFINITY, nan = NAN;
  const float v[] = {1, 0}, x[] = {inf, 1, -0.0f, 2, nan, 0};
  for (const std::string& isa : test::isas())
    for (const index_t lanes : test::panel_lanes(test::vector_bytes(isa) / 4)) {
      std::vector<float> panel, y(static_cast<std::size_t>(lanes));
      for (const index_t pair : {0, 1, 2}) {
        panel.assign(static_cast<std::size_t>(2 * lanes), x[2 * pair]);
        std::fill(panel.begin() + lanes, panel.end(), x[2 * pair + 1]);
        kernels::BlocksArgs args{1, 1, 2, 1, 2, 2, 1, 1, v, panel.data(), y.data(), lanes, nullptr, nullptr};
        kernels_of(isa).blocks[static_cast<int>(Dtype::f32)](args);
        for (const float got : y) {
          if (pair == 0) CHECK(got == inf, isa, lanes, got);
          if (pair == 1) CHECK(got == 0 && !std::signbit(got), isa, lanes, "-0 + 0 = 0");
          if (pair == 2) CHECK(std::isnan(got), isa, lanes, got);
        }
      }
      const float minus_zero = -0.0f;
      panel.assign(static_cast<std::size_t>(lanes), 1.0f);
      kernels_of(isa).blocks[static_cast<int>(Dtype::f32)](
          {1, 1, 1, 1, 1, 1, 1, 0, &minus_zero, panel.data(), y.data(), lanes, nullptr, nullptr});
      for (const float got : y) CHECK(got == 0 && std::signbit(got), isa, lanes, "-0 * 1 = -0");
    }
}

TEST_MAIN
