// What the machine can do at most: fused multiply-adds and additions a second, and bytes moved a second in a working set of a
// given size, by plain and by streaming stores. Every thread has its own data; the work is as regular as it can be.
#include <pybind11/pybind11.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

namespace py = pybind11;

namespace {

using Clock = std::chrono::steady_clock;

#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
#elif defined(__AVX__)
constexpr int vector_bytes = 32;
#else
constexpr int vector_bytes = 16;
#endif
#if defined(__aarch64__)
#define IN_REGISTER "w"
#else
#define IN_REGISTER "x"
#endif

// Runs `work(thread)` on all threads at once; seconds from the common start to the last end.
template <class Work> double together(int threads, Work work) {
  std::atomic<int> waiting{threads};
  std::vector<Clock::time_point> begin(threads), end(threads);
  auto run = [&](int t) {
    --waiting;
    while (waiting.load() > 0) std::this_thread::yield();
    begin[t] = Clock::now();
    work(t);
    end[t] = Clock::now();
  };
  std::vector<std::thread> others;
  for (int t = 1; t < threads; ++t) others.emplace_back(run, t);
  run(0);
  for (auto& other : others) other.join();
  const auto spent = *std::max_element(end.begin(), end.end()) - *std::min_element(begin.begin(), begin.end());
  return std::chrono::duration<double>(spent).count();
}

// 12 independent accumulators cover 2 units x 4..6 cycles of latency. Operations on elements a second: multiply-adds, or sums.
template <class T, bool fused> double rate(int threads, int repeats) {
  typedef T Vec __attribute__((vector_size(vector_bytes)));
  constexpr int chains = 12, inner = 200000;
  double best = 0;
  py::gil_scoped_release release;
  for (int r = 0; r < repeats; ++r) {
    const double seconds = together(threads, [](int t) {
      Vec a[chains], x, y;
      for (std::size_t k = 0; k < sizeof(Vec) / sizeof(T); ++k) x[k] = T(0.999), y[k] = T(1e-3) * T(t + 1);
      for (auto& v : a) {
        v = x;
        asm volatile("" : "+" IN_REGISTER(v));  // equal chains would be computed once
      }
      asm volatile("" : "+" IN_REGISTER(x), "+" IN_REGISTER(y));
      for (int i = 0; i < inner; ++i)
        for (auto& v : a) v = fused ? v * x + y : v + y;
      for (auto& v : a) asm volatile("" : : IN_REGISTER(v));
    });
    best = std::max(best, 1.0 * chains * inner * (sizeof(Vec) / sizeof(T)) * threads / seconds);
  }
  return best;
}

template <class T> double fma_rate(int threads, int repeats) { return 2 * rate<T, true>(threads, repeats); }  // flop/s
template <class T> double add_rate(int threads, int repeats) { return rate<T, false>(threads, repeats); }

// Copies whole vectors past the caches where the machine has such stores.
void stream(char* to, const char* from, std::size_t bytes) {
#if defined(__AVX512F__)
  for (std::size_t i = 0; i < bytes; i += 64) _mm512_stream_si512((__m512i*)(to + i), _mm512_load_si512(from + i));
#elif defined(__AVX__)
  for (std::size_t i = 0; i < bytes; i += 32)
    _mm256_stream_si256((__m256i*)(to + i), _mm256_load_si256((const __m256i*)(from + i)));
#elif defined(__SSE2__)
  for (std::size_t i = 0; i < bytes; i += 16) _mm_stream_si128((__m128i*)(to + i), _mm_load_si128((const __m128i*)(from + i)));
#else
  std::memcpy(to, from, bytes);
#endif
}

char* aligned(std::vector<char>& buffer) {
  return buffer.data() + (64 - reinterpret_cast<std::uintptr_t>(buffer.data()) % 64) % 64;
}

// Copies half of the working set to the other half; bytes read and written a second, the best of the repeats.
double copy_rate(double working_set, int threads, bool streaming, int repeats) {
  const auto half = static_cast<std::size_t>(working_set / 2 / threads) / 64 * 64;
  std::vector<std::vector<char>> from(threads, std::vector<char>(half + 64, 1)), to(threads, std::vector<char>(half + 64, 2));
  const int passes = std::max(1, static_cast<int>(64e6 / working_set));
  double best = 0;
  py::gil_scoped_release release;
  for (int r = 0; r < repeats; ++r) {
    const double seconds = together(threads, [&](int t) {
      char* target = aligned(to[t]);
      const char* source = aligned(from[t]);
      for (int p = 0; p < passes; ++p) {
        if (streaming) stream(target, source, half);
        else std::memcpy(target, source, half);
        asm volatile("" : : "r"(target) : "memory");
      }
    });
    best = std::max(best, 2.0 * half * threads * passes / seconds);
  }
  return best;
}

}  // namespace

PYBIND11_MODULE(limits, module) {
  module.def("fma_rate_f32", &fma_rate<float>, py::arg("threads"), py::arg("repeats") = 60);
  module.def("fma_rate_f64", &fma_rate<double>, py::arg("threads"), py::arg("repeats") = 60);
  module.def("add_rate_f32", &add_rate<float>, py::arg("threads"), py::arg("repeats") = 60);
  module.def("add_rate_f64", &add_rate<double>, py::arg("threads"), py::arg("repeats") = 60);
  module.def("copy_rate", &copy_rate, py::arg("working_set"), py::arg("threads"), py::arg("streaming") = false,
             py::arg("repeats") = 15);
}
