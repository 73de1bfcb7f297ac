#include "fourier_cache.hpp"

#include <list>
#include <map>
#include <mutex>

#include "flatnet/engine/fourier.hpp"

namespace flatnet::engine {
namespace fourier {
namespace {

constexpr index_t most_bytes = index_t{64} << 20;
constexpr std::size_t most_plans = 128;
constexpr index_t entry_bytes = 256;  // a plan without tables still takes this

class Cache {
 public:
  std::shared_ptr<const void> get(const PlanKey& key, const std::function<Cached()>& make) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const auto found = where_.find(key);
      if (found != where_.end()) {
        recent_.splice(recent_.begin(), recent_, found->second);
        return found->second->plan;
      }
    }
    Cached made = make();
    const std::lock_guard<std::mutex> lock(mutex_);
    made.bytes += entry_bytes;
    if (made.bytes > most_bytes || where_.count(key)) return made.plan;
    recent_.push_front({key, made.plan, made.bytes});
    where_[key] = recent_.begin();
    bytes_ += made.bytes;
    while (bytes_ > most_bytes || recent_.size() > most_plans) drop_last();
    return made.plan;
  }
  void clear() {
    const std::lock_guard<std::mutex> lock(mutex_);
    while (!recent_.empty()) drop_last();
  }
  index_t bytes() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return bytes_;
  }

 private:
  struct Entry {
    PlanKey key;
    std::shared_ptr<const void> plan;
    index_t bytes;
  };
  void drop_last() {
    bytes_ -= recent_.back().bytes;
    where_.erase(recent_.back().key);
    recent_.pop_back();
  }
  std::mutex mutex_;
  std::list<Entry> recent_;
  std::map<PlanKey, std::list<Entry>::iterator> where_;
  index_t bytes_ = 0;
};

Cache& cache() {
  static Cache all;
  return all;
}

}  // namespace

std::shared_ptr<const void> cached(const PlanKey& key, const std::function<Cached()>& make) { return cache().get(key, make); }

}  // namespace fourier

void fourier_cache_clear() { fourier::cache().clear(); }
index_t fourier_cache_bytes() { return fourier::cache().bytes(); }

}  // namespace flatnet::engine
