// The wavelet kernels on every instruction set against their definitions, and the engine against the sum over the extended
// signal: cA[k] = sum_j h[j] x[2k + o - j]. Rows of every width from one component to more than two vectors.
#include "flatnet/engine/wavelet.hpp"

#include "flatnet/core/check.hpp"
#include "flatnet/kernels/wavelet.hpp"
#include "harness.hpp"
#include "memory.hpp"

using namespace flatnet;
using engine::FilterBank;
using engine::WaveletArray;
using engine::WaveletMode;
using test::Guarded;
using test::Random;
using test::Terms;

namespace {

std::vector<double> numbers(Random& random, index_t count) {
  std::vector<double> v(static_cast<std::size_t>(count));
  for (double& x : v) x = random.number<double>();
  return v;
}

template <class T> void fill(Guarded<T>& x, Random& random) {
  for (index_t i = 0; i < x.size(); ++i) x[i] = random.number<T>();
}

std::vector<index_t> widths(index_t N) { return {1, 2, 3, N - 1, N, N + 1, 2 * N + 3, 600}; }

template <class T> void kernels_agree() {
  Random random(1);
  for (const std::string& isa : test::isas()) {
    const auto& family = *kernels_of(isa).wavelet;
    const index_t N = test::vector_bytes(isa) / static_cast<index_t>(sizeof(T)), size = kernels::size_index(sizeof(T));
    for (const index_t taps : {1, 2, 3, 4, 6, 8, 20})
      for (const index_t w : widths(N))
        for (const index_t count : {index_t{1}, index_t{3}, index_t{4}, N, 2 * N + 1, w < 4 ? index_t{1100} : index_t{5}})
          for (const bool line : {true, false}) {
            if (w < 1) continue;
            const index_t step = line ? w : w + count % 3, samples = 2 * (count - 1) + taps;
            Guarded<T> x((samples - 1) * step + w, count % 4), lo((count - 1) * step + w, 1), hi((count - 1) * step + w);
            Guarded<T> filters(2 * taps);
            fill(x, random), fill(filters, random);
            const kernels::WaveletArgs args{count, w, taps, filters.data(), x.data(), lo.data(), hi.data(), step, step, step};
            (line ? family.analyze_line : family.analyze_rows)[size](args);
            bool right = lo.intact() && hi.intact();
            for (index_t k = 0; k < count; ++k)
              for (index_t c = 0; c < w; ++c) {
                Terms<T> low, high;
                for (index_t m = 0; m < taps; ++m) {
                  low.add(filters[2 * m], x[(2 * k + m) * step + c]);
                  high.add(filters[2 * m + 1], x[(2 * k + m) * step + c]);
                }
                right = right && low.allows(lo[k * step + c]) && high.allows(hi[k * step + c]);
              }
            CHECK(right, isa, "analysis", taps, w, count, line);
          }
  }
}

template <class T> void inverse_kernels_agree() {
  Random random(2);
  for (const std::string& isa : test::isas()) {
    const auto& family = *kernels_of(isa).wavelet;
    const index_t N = test::vector_bytes(isa) / static_cast<index_t>(sizeof(T)), size = kernels::size_index(sizeof(T));
    for (const index_t taps : {1, 2, 3, 4, 10})
      for (const index_t w : widths(N))
        for (const index_t count : {index_t{1}, index_t{3}, index_t{4}, N, 2 * N + 1, w < 4 ? index_t{1100} : index_t{5}})
          for (const bool line : {true, false}) {
            if (w < 1) continue;
            const index_t step = line ? w : w + count % 3, rows = count + taps - 1;
            Guarded<T> lo((rows - 1) * step + w, count % 4), hi((rows - 1) * step + w, 1), x((2 * count - 1) * step + w);
            Guarded<T> filters(4 * taps);
            fill(lo, random), fill(hi, random), fill(filters, random);
            const kernels::WaveletArgs args{count, w, taps, filters.data(), x.data(), lo.data(), hi.data(), step, step, step};
            (line ? family.synthesize_line : family.synthesize_rows)[size](args);
            bool right = x.intact();
            for (index_t t = 0; t < 2 * count; ++t)
              for (index_t c = 0; c < w; ++c) {
                Terms<T> sum;
                for (index_t i = 0; i < taps; ++i) {
                  sum.add(filters[4 * i + t % 2], lo[(t / 2 + i) * step + c]);
                  sum.add(filters[4 * i + 2 + t % 2], hi[(t / 2 + i) * step + c]);
                }
                right = right && sum.allows(x[t * step + c]);
              }
            CHECK(right, isa, "synthesis", taps, w, count, line);
          }
  }
}

// Results that pass by the caches are the same, on boundaries and off them.
template <class T> void streams_agree() {
  Random random(5);
  for (const std::string& isa : test::isas()) {
    const auto& family = *kernels_of(isa).wavelet;
    const index_t N = test::vector_bytes(isa) / static_cast<index_t>(sizeof(T)), size = kernels::size_index(sizeof(T));
    for (const index_t w : {index_t{1}, index_t{2}, N, 4 * N, 4 * N + 1})
      for (const index_t taps : {2, 4})
        for (const index_t shift : {0, 1})
          for (const bool line : {true, false}) {
            const index_t count = 4 * N, held = (count + 8) * w + 2 * N;
            std::vector<T> x(static_cast<std::size_t>(2 * held)), filters(static_cast<std::size_t>(4 * taps));
            for (T& v : x) v = random.number<T>();
            for (T& v : filters) v = random.number<T>();
            std::vector<T> plain[3], past[3];
            for (const bool stream : {false, true}) {
              auto& bands = stream ? past : plain;
              T* out[3];
              for (int i = 0; i < 3; ++i) {
                bands[i].assign(static_cast<std::size_t>(2 * held), T{});
                const auto beyond = reinterpret_cast<std::uintptr_t>(bands[i].data()) % 64 / sizeof(T);
                out[i] = bands[i].data() + (beyond ? 64 / sizeof(T) - beyond : 0) + (i == 1 ? shift : 0);
              }
              kernels::WaveletArgs args{count, w, taps, filters.data(), x.data(), out[0], out[1],
                                        w,     w, w,    stream,         stream,   stream};
              (line ? family.analyze_line : family.analyze_rows)[size](args);
              args.x = out[2];
              args.lo = x.data();
              args.hi = x.data() + held;
              (line ? family.synthesize_line : family.synthesize_rows)[size](args);
              for (int i = 0; i < 3; ++i) bands[i] = {out[i], out[i] + (i < 2 ? 1 : 2) * count * w};
            }
            bool same = true;
            for (int i = 0; i < 3; ++i) same = same && plain[i] == past[i];
            CHECK(same, isa, "streams", w, taps, shift, line);
          }
  }
}

// Where a mode is one sample with a sign, in words that the engine does not share.
double extended(const std::vector<double>& x, WaveletMode mode, index_t p) {
  const auto n = static_cast<index_t>(x.size());
  double sign = 1;
  while (p < 0 || p >= n) {
    switch (mode) {
      case WaveletMode::zero: return 0;
      case WaveletMode::constant: return p < 0 ? x.front() : x.back();
      case WaveletMode::periodic: p += p < 0 ? n : -n; break;
      case WaveletMode::reflect: p = p < 0 ? -p : 2 * n - 2 - p; break;
      case WaveletMode::antisymmetric: sign = -sign; [[fallthrough]];
      default: p = p < 0 ? -1 - p : 2 * n - 1 - p;
    }
  }
  return sign * x[static_cast<std::size_t>(p)];
}

}  // namespace

TEST(float32_analysis) { kernels_agree<float>(); }
TEST(float64_analysis) { kernels_agree<double>(); }
TEST(float32_synthesis) { inverse_kernels_agree<float>(); }
TEST(float64_synthesis) { inverse_kernels_agree<double>(); }

TEST(float32_streams) { streams_agree<float>(); }
TEST(float64_streams) { streams_agree<double>(); }

TEST(one_level_is_the_sum) {
  Random random(3);
  for (const std::string& isa : test::isas())
    for (const WaveletMode mode : {WaveletMode::zero, WaveletMode::constant, WaveletMode::symmetric, WaveletMode::periodic,
                                   WaveletMode::reflect, WaveletMode::antisymmetric})
      for (const index_t taps : {2, 5, 8})
        for (const index_t n : {2, 3, 7, 150}) {
          const auto h = numbers(random, taps), g = numbers(random, taps), x = numbers(random, n);
          const FilterBank bank(h, g, h, g);
          const index_t m = engine::wavelet_length(n, taps, mode);
          Guarded<double> lo(m), hi(m);
          void* const out[] = {lo.data(), hi.data()};
          engine::wavelet_dec(Dtype::f64, bank, mode, 1, WaveletArray{1, n, 1, n, 1}, x.data(), out, 1, &kernels_of(isa));
          bool right = lo.intact() && hi.intact();
          for (index_t k = 0; k < m; ++k) {
            Terms<double> low, high;
            for (index_t j = 0; j < taps; ++j) {
              low.add(h[j], extended(x, mode, 2 * k + 1 - j));
              high.add(g[j], extended(x, mode, 2 * k + 1 - j));
            }
            right = right && low.allows(lo[k]) && high.allows(hi[k]);
          }
          CHECK(right, isa, static_cast<int>(mode), taps, n);
        }
}

// A column of the array gives the same bits wherever it stands, and whatever the number of threads.
TEST(same_bits_everywhere) {
  Random random(4);
  const index_t n = 3000, inner = 70;
  const FilterBank bank(numbers(random, 8), numbers(random, 8), numbers(random, 8), numbers(random, 8));
  for (const std::string& isa : test::isas())
    for (const WaveletMode mode : {WaveletMode::symmetric, WaveletMode::periodization, WaveletMode::smooth}) {
      std::vector<float> x(static_cast<std::size_t>(n * inner)), column(static_cast<std::size_t>(n));
      for (index_t r = 0; r < n; ++r) {
        column[r] = random.number<float>();
        std::fill(x.begin() + r * inner, x.begin() + (r + 1) * inner, column[r]);
      }
      const index_t m = engine::wavelet_length(n, 8, mode), last = engine::wavelet_length(m, 8, mode);
      const auto run = [&](index_t wide, const float* data, int threads) {
        std::vector<std::vector<float>> bands;
        for (const index_t rows : {last, last, m}) bands.emplace_back(static_cast<std::size_t>(rows * wide));
        void* const out[] = {bands[0].data(), bands[1].data(), bands[2].data()};
        engine::wavelet_dec(Dtype::f32, bank, mode, 2, {1, n, wide, n * wide, wide}, data, out, threads, &kernels_of(isa));
        const index_t back = engine::wavelet_inverse_length(m, 8, mode);
        bands.emplace_back(static_cast<std::size_t>(back * wide));
        const void* const in[] = {bands[0].data(), bands[1].data(), bands[2].data()};
        engine::wavelet_rec(Dtype::f32, bank, mode, {last, last, m}, 1, wide, in, bands[3].data(), threads, &kernels_of(isa));
        return bands;
      };
      const auto narrow = run(1, column.data(), 1), one = run(inner, x.data(), 1), three = run(inner, x.data(), 3);
      CHECK(one == three, isa, "threads");
      bool same = true;
      for (std::size_t b = 0; b < one.size(); ++b)
        for (std::size_t i = 0; i < one[b].size(); ++i)
          same = same && std::memcmp(&one[b][i], &narrow[b][i / inner], sizeof(float)) == 0;
      CHECK(same, isa, "columns", static_cast<int>(mode));
    }
}

TEST(refused_in_one_sentence) {
  const std::vector<double> taps = {1, 1}, three = {1, 1, 1};
  CHECK_SENTENCE(shape_error, "a filter bank needs four filters of one length, got 2, 2, 2 and 3 taps",
                 FilterBank(taps, taps, taps, three));
  const FilterBank haar(taps, taps, taps, taps), odd(three, three, three, three);
  double x[4] = {7, 7, 7, 7};
  void* const out[] = {x, x};
  CHECK_SENTENCE(shape_error, "a wavelet transform needs at least 1 sample, the axis has 0",
                 engine::wavelet_dec(Dtype::f64, haar, WaveletMode::zero, 1, {1, 0, 1, 0, 1}, x, out, 1));
  CHECK_SENTENCE(shape_error, "a mode that reflects about a sample needs at least 2 of them, level 1 has 1",
                 engine::wavelet_dec(Dtype::f64, haar, WaveletMode::reflect, 1, {1, 1, 1, 1, 1}, x, out, 1));
  const void* const in[] = {x, x};
  CHECK_SENTENCE(shape_error, "an inverse wavelet transform needs filters of even length, got 3 taps",
                 engine::wavelet_rec(Dtype::f64, odd, WaveletMode::zero, {2, 2}, 1, 1, in, x, 1));
  CHECK_SENTENCE(shape_error, "details of length 3 do not go with an approximation of length 2",
                 engine::wavelet_rec(Dtype::f64, haar, WaveletMode::zero, {2, 3}, 1, 1, in, x, 1));
  CHECK(x[0] == 7 && x[3] == 7, "a refused call writes nothing");
}

TEST_MAIN
