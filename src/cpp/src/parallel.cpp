#include "flatnet/core/parallel.hpp"

#include <atomic>
#include <cstdlib>
#include <thread>
#include <vector>

#include "flatnet/core/check.hpp"

#if defined(__linux__)
#include <sched.h>
#endif
#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif
#ifdef _OPENMP
#include <omp.h>
#endif

namespace flatnet {
namespace {

std::atomic<bool> forked_child{false};
std::atomic<int> default_count{0};

int usable_cores() {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
  const unsigned n = std::thread::hardware_concurrency();
  return n ? static_cast<int>(n) : 1;
}

int initial_threads() {
  const char* text = std::getenv("FLATNET_THREADS");
  if (!text || !*text) return usable_cores();
  char* end = nullptr;
  const long n = std::strtol(text, &end, 10);
  require(*end == '\0' && n >= 1 && n <= max_threads, "FLATNET_THREADS needs a whole number from 1 to ", max_threads, ", got '",
          text, "'");
  return static_cast<int>(n);
}

struct ForkGuard {
  ForkGuard() {
#if defined(__unix__) || defined(__APPLE__)
    pthread_atfork(nullptr, nullptr, [] { forked_child = true; });
#endif
  }
} fork_guard;

using Task = void (*)(void*, index_t, int);

void run_std_threads(index_t count, int threads, Task task, void* context) {
  std::atomic<index_t> next{0};
  auto work = [&](int t) {
    for (index_t i; (i = next.fetch_add(1)) < count;) task(context, i, t);
  };
  std::vector<std::thread> team;
  team.reserve(static_cast<std::size_t>(threads) - 1);
  int started = 1;
  try {
    for (; started < threads; ++started) team.emplace_back(work, started);
  } catch (const std::system_error&) {
    // The system gives no more threads: those we have share the work.
  }
  work(0);
  for (auto& member : team) member.join();
}

}  // namespace

int default_threads() {
  int n = default_count.load();
  if (n == 0) default_count = n = initial_threads();
  return n;
}

void set_default_threads(int n) {
  require(n >= 1 && n <= max_threads, "the number of threads must be from 1 to ", max_threads, ", got ", n);
  default_count = n;
}

const char* threading_layer() {
#ifdef _OPENMP
  return "OpenMP";
#else
  return "std::thread";
#endif
}

void parallel_for(index_t count, int threads, Task task, void* context) {
  if (count < threads) threads = static_cast<int>(count);
  if (threads <= 1) {
    for (index_t i = 0; i < count; ++i) task(context, i, 0);
    return;
  }
#ifdef _OPENMP
  if (!forked_child) {
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (index_t i = 0; i < count; ++i) task(context, i, omp_get_thread_num());
    return;
  }
#endif
  run_std_threads(count, threads, task, context);
}

}  // namespace flatnet
