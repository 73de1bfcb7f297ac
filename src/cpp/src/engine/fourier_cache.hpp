#pragma once
// Plans kept between calls: a bounded cache, least recently used plans go first. Internal to the engine.
#include <functional>
#include <memory>
#include <tuple>

#include "flatnet/kernels/table.hpp"

namespace flatnet::engine::fourier {

enum class PlanKind : int {
  panel,
  accurate_panel,
  real,
  vector,
  cosine1,
  cosine2,
  cosine4,
  cosine1_rows,
  cosine2_rows,
  cosine4_rows
};

struct PlanKey {
  PlanKind kind;
  Dtype component;
  index_t n;
  const kernels::Table* table;
  auto tied() const { return std::tie(kind, component, n, table); }
  bool operator<(const PlanKey& other) const { return tied() < other.tied(); }
};

struct Cached {
  std::shared_ptr<const void> plan;
  index_t bytes = 0;
};

/// The plan of a key, made outside the lock when it is not there (two threads may both make it; one is kept).
std::shared_ptr<const void> cached(const PlanKey& key, const std::function<Cached()>& make);

template <class Plan, class Make> std::shared_ptr<const Plan> cached_plan(const PlanKey& key, Make&& make) {
  return std::static_pointer_cast<const Plan>(cached(key, [&] {
    std::shared_ptr<const Plan> plan = make();
    return Cached{plan, plan->bytes()};
  }));
}

}  // namespace flatnet::engine::fourier
