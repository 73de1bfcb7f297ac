// Threads: every task once, nested and concurrent calls, and a forked child, where the parent's team is gone.
#include "flatnet/core/parallel.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "flatnet/core/scratch.hpp"
#include "flatnet/transforms/list.hpp"
#include "harness.hpp"
#include "memory.hpp"

using namespace flatnet;

namespace {

bool every_task_once(index_t count, int threads) {
  std::vector<std::atomic<int>> seen(static_cast<std::size_t>(count));
  std::atomic<bool> in_range{true};
  parallel_for(count, threads, [&](index_t i, int thread) {
    ++seen[static_cast<std::size_t>(i)];
    if (thread < 0 || thread >= threads) in_range = false;
  });
  return in_range && std::all_of(seen.begin(), seen.end(), [](const auto& n) { return n == 1; });
}

std::vector<float> transformed(int threads) {
  std::vector<float> x(256 * 100), y(x.size());
  test::Random random(40);
  for (float& v : x) v = random.number<float>();
  hadamard(256).apply(x.data(), y.data(), 100, threads);
  return y;
}

}  // namespace

TEST(tasks_run_once) {
  for (const index_t count : {0, 1, 2, 7, 1000})
    for (const int threads : {1, 2, 3, 4, 16}) CHECK(every_task_once(count, threads), count, threads);
}

// Calls one after another: threads come late, leave late, and sleep in between.
TEST(a_team_serves_many_calls) {
  std::atomic<bool> right{true};
  const auto calls = [&](unsigned seed) {
    test::Random random(seed);
    for (int call = 0; call < (test::emulated() ? 200 : 20000); ++call) {
      const auto count = static_cast<index_t>(random.below(9));
      const int threads = 1 + static_cast<int>(random.below(5));
      std::atomic<index_t> sum{0};
      index_t plain[8] = {};  // written by whoever has the task, read after the call
      parallel_for(count, threads, [&](index_t i, int) { sum += i + 1, plain[i] = i + 1; });
      index_t total = 0;
      for (index_t i = 0; i < count; ++i) total += plain[i];
      if (sum != count * (count + 1) / 2 || total != sum) right = false;
      if (call % 1000 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  };
  calls(1);
  CHECK(right);
  std::vector<std::thread> callers;
  for (unsigned i = 0; i < 3; ++i) callers.emplace_back(calls, i);
  for (auto& caller : callers) caller.join();
  CHECK(right, "three callers");
}

TEST(calls_may_be_nested_and_concurrent) {
  std::atomic<int> done{0};
  parallel_for(4, 2, [&](index_t, int) { done += every_task_once(50, 2); });
  CHECK(done == 4);
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) callers.emplace_back([&] { done += every_task_once(200, 3); });
  for (auto& caller : callers) caller.join();
  CHECK(done == 8);
}

TEST(a_forked_child_computes_too) {
  const auto expected = transformed(4);          // the parent's team exists when it forks
  const int threads = test::emulated() ? 1 : 4;  // qemu-user 7.2 fails an assertion when a forked child starts threads
  const pid_t child = fork();
  if (child == 0) _exit(transformed(threads) == expected ? 0 : 1);
  int status = -1;
  CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0, status);
  CHECK(transformed(3) == expected);
}

TEST(scratch_is_aligned_and_apart) {
  for (const std::size_t bytes : {1, 64, 1000, 100000}) {
    const Scratch a(bytes), b(bytes);
    CHECK(a.data() != b.data() && reinterpret_cast<std::uintptr_t>(a.data()) % Scratch::alignment == 0);
    std::memset(a.data(), 1, bytes);
    std::memset(b.data(), 2, bytes);
    CHECK(a.data()[bytes - 1] == std::byte{1});
  }
}

TEST(the_layer_has_a_name) {
  const std::string layer = threading_layer();
  CHECK(layer == "OpenMP" || layer == "std::thread", layer);
}

TEST_MAIN
