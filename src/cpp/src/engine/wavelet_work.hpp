#pragma once
/// How wavelet transforms part their work and share scratch.
#include <algorithm>
#include <atomic>

#include "flatnet/core/parallel.hpp"
#include "flatnet/core/scratch.hpp"
#include "flatnet/core/types.hpp"

namespace flatnet::engine {

inline constexpr index_t wavelet_cache = index_t{1} << 19;  // bytes of the second-level cache that a tile may fill
inline constexpr index_t wavelet_task = index_t{1} << 15;   // components of work, far above the cost of handing a task out
inline constexpr double wavelet_past = 1 << 23;             // bytes of a result above which it passes by the caches
inline constexpr double wavelet_serial = 1e5;               // components below which one thread does it all

inline int wavelet_team(double components, int threads) {
  return components < wavelet_serial ? 1 : threads > 0 ? threads : default_threads();
}

/// What has passed by the caches stands before what the thread writes next.
inline void wavelet_fence(bool past) {
  if (past) std::atomic_thread_fence(std::memory_order_seq_cst);
}

/// Scratch of a call: `shared` components for all, then `own` components for each thread.
template <class T> class Workspace {
 public:
  Workspace(index_t shared, index_t own, int threads)
      : shared_((shared + 15) / 16 * 16),
        own_((own + 15) / 16 * 16),
        scratch_(static_cast<std::size_t>(shared_ + own_ * threads) * sizeof(T)) {}
  T* shared() const { return reinterpret_cast<T*>(scratch_.data()); }
  T* own(int thread) const { return shared() + shared_ + own_ * thread; }

 private:
  index_t shared_, own_;
  Scratch scratch_;
};

}  // namespace flatnet::engine
