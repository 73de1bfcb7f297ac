#include "flatnet/core/parallel.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <system_error>
#include <thread>

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

using Task = void (*)(void*, index_t, int);

// Threads of the process that wait for tasks. A call does its tasks itself and shares them with whoever comes in time: it waits
// for tasks that others have begun, never for a thread that has not come, so that a core that is busy elsewhere costs help and
// no delay. Never destroyed: threads may outlive what ends with the program.
class Team {
 public:
  // False, and nothing done, when another call has the team.
  bool run(index_t count, int threads, Task task, void* context) {
    if (taken_.exchange(true, std::memory_order_acquire)) return false;
    grow(threads - 1);
    task_ = task;
    context_ = context;
    next_.store(0, std::memory_order_relaxed);
    count_.store(count, std::memory_order_relaxed);
    seats_.store(threads - 1, std::memory_order_relaxed);
    inside_.store(0);  // open
    wake(threads - 1);
    work(0);
    inside_.fetch_or(closed);
    for (int looks = 0; inside_.load(std::memory_order_acquire) != closed; ++looks) wait(looks);
    taken_.store(false, std::memory_order_release);
    return true;
  }

 private:
  static constexpr int closed = 1 << 30;
  static constexpr int looks_for_work = 2000;  // some 40 us before a thread sleeps

  static void pause() {
#if defined(__SSE2__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }
  static void wait(int looks) { looks < 1000 ? pause() : std::this_thread::yield(); }

  // Whether it may be worth to enter: a hint, since the call may end meanwhile.
  bool open() const {
    return inside_.load() < closed && seats_.load(std::memory_order_relaxed) > 0 &&
           next_.load(std::memory_order_relaxed) < count_.load(std::memory_order_relaxed);
  }
  bool enter() {
    int inside = inside_.load();
    while (inside < closed)
      if (inside_.compare_exchange_weak(inside, inside + 1, std::memory_order_acquire)) return true;
    return false;
  }
  void work(int thread) {
    const index_t count = count_.load(std::memory_order_relaxed);
    for (index_t i; (i = next_.fetch_add(1, std::memory_order_relaxed)) < count;) task_(context_, i, thread);
  }

  void live() {
    for (;;) {
      for (int looks = 0; looks < looks_for_work && !open(); ++looks) pause();
      if (!open()) {
        std::unique_lock<std::mutex> lock(mutex_);
        ++asleep_;
        work_.wait(lock, [this] { return open(); });
        --asleep_;
      }
      if (!enter()) continue;
      const int seat = seats_.fetch_sub(1, std::memory_order_relaxed);
      if (seat > 0) work(seat);
      inside_.fetch_sub(1, std::memory_order_release);
    }
  }

  void grow(int members) {
    try {
      for (; members_ < members; ++members_) std::thread([this] { live(); }).detach();
    } catch (const std::system_error&) {
      // The system gives no more threads: those we have share the work.
    }
  }
  void wake(int members) {
    if (asleep_.load() == 0) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    if (members >= asleep_.load()) return work_.notify_all();
    for (int i = 0; i < members; ++i) work_.notify_one();
  }

  // Of the call that has the team; written before it opens and read by those inside.
  Task task_ = nullptr;
  void* context_ = nullptr;
  std::atomic<index_t> next_{0}, count_{0};
  std::atomic<int> seats_{0};        // the thread that takes the last seat is thread 1
  std::atomic<int> inside_{closed};  // threads at work beside the caller, and whether more may enter
  std::atomic<bool> taken_{false};
  int members_ = 0;

  std::mutex mutex_;
  std::condition_variable work_;
  std::atomic<int> asleep_{0};
};

std::atomic<Team*> team{nullptr};
std::atomic<bool> forked_child{false};  // OpenMP's team does not survive a fork

Team& the_team() {
  Team* found = team.load(std::memory_order_acquire);
  if (found) return *found;
  auto* made = new Team;
  if (team.compare_exchange_strong(found, made)) return *made;
  delete made;
  return *found;
}

// A forked child has none of its parent's threads: it leaves their team behind and makes its own.
struct ForkGuard {
  ForkGuard() {
#if defined(__unix__) || defined(__APPLE__)
    pthread_atfork(nullptr, nullptr, [] { team.store(nullptr), forked_child = true; });
#endif
  }
} fork_guard;

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
#ifdef _OPENMP
  if (threads > 1 && !forked_child) {
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (index_t i = 0; i < count; ++i) task(context, i, omp_get_thread_num());
    return;
  }
#endif
  // Where other calls keep the team busy, and within a task, the caller is as fast alone.
  if (threads > 1 && the_team().run(count, threads, task, context)) return;
  for (index_t i = 0; i < count; ++i) task(context, i, 0);
}

}  // namespace flatnet
