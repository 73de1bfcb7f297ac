#pragma once
/// The only place that starts threads: a team of the library's own, which sleeps between calls and waits for nobody that is not at
/// work. Built with OpenMP, the library shares the program's team instead, but in a forked child, which that team does not survive.
#include "flatnet/core/types.hpp"

namespace flatnet {

/// The most threads that any call may ask for.
inline constexpr int max_threads = 4096;
/// The process's default: FLATNET_THREADS, else the cores this process may use. At least 1.
int default_threads();
/// Sets the process's default for later calls (1 <= n <= max_threads).
void set_default_threads(int n);
/// "OpenMP" or "std::thread".
const char* threading_layer();

/// Runs task(context, i, thread) for i in [0, count), thread in [0, threads). Tasks must not throw. A task's work may not
/// depend on `thread` except for scratch, so that results are the same for any number of threads.
void parallel_for(index_t count, int threads, void (*task)(void* context, index_t i, int thread), void* context);

template <class F> void parallel_for(index_t count, int threads, F&& f) {
  parallel_for(count, threads, [](void* c, index_t i, int t) { (*static_cast<std::remove_reference_t<F>*>(c))(i, t); }, &f);
}

}  // namespace flatnet
