// What the machine can do at most: fused multiply-adds a second, and bytes moved a second in a working set of a given size.
// Every thread has its own data; the work is as regular as it can be.
#include <pybind11/pybind11.h>

#include <algorithm>
#include <atomic>
#include <chrono>
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

// 12 independent accumulators cover 2 units x 4..6 cycles of latency.
template <class T> double fma_rate(int threads, int repeats) {
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
        for (auto& v : a) v = v * x + y;
      for (auto& v : a) asm volatile("" : : IN_REGISTER(v));
    });
    best = std::max(best, 2.0 * chains * inner * (sizeof(Vec) / sizeof(T)) * threads / seconds);
  }
  return best;  // flop/s, a multiply-add is two
}

// Copies half of the working set to the other half; bytes read and written a second, the best of the repeats.
double copy_rate(double working_set, int threads, int repeats) {
  const auto half = static_cast<std::size_t>(working_set / 2 / threads) / 64 * 64;
  std::vector<std::vector<char>> from(threads, std::vector<char>(half, 1)), to(threads, std::vector<char>(half, 2));
  const int passes = std::max(1, static_cast<int>(64e6 / working_set));
  double best = 0;
  py::gil_scoped_release release;
  for (int r = 0; r < repeats; ++r) {
    const double seconds = together(threads, [&](int t) {
      for (int p = 0; p < passes; ++p) {
        std::memcpy(to[t].data(), from[t].data(), half);
        asm volatile("" : : "r"(to[t].data()) : "memory");
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
  module.def("copy_rate", &copy_rate, py::arg("working_set"), py::arg("threads"), py::arg("repeats") = 15);
}
