#pragma once
// What a transform of one length needs, from the cache. Internal to the engine.
#include "flatnet/core/isa.hpp"
#include "flatnet/kernels/fourier.hpp"
#include "fourier_cache.hpp"
#include "fourier_panel.hpp"

namespace flatnet::engine::fourier {

inline const kernels::Table& table_or_active(const kernels::Table* table) { return table ? *table : active_kernels(); }

template <class T>
std::shared_ptr<const PanelPlan<T>> panel_plan(const kernels::Table& table, index_t n, bool accurate = false) {
  return cached_plan<PanelPlan<T>>({accurate ? PlanKind::accurate_panel : PlanKind::panel, dtype_of<T>::value, n, &table},
                                   [&] { return PanelPlan<T>::make(*table.fourier, n, accurate); });
}

/// Real lines up to here go through complex ones without imaginary parts: unpacking would round more than all the rest.
inline constexpr index_t whole_limit = 128;
/// Whether real lines of n are half as many complex numbers.
constexpr bool by_halves(index_t n) { return n % 2 == 0 && n > whole_limit; }

/// Real lines of n elements in panels: by half as many complex rows, or by complex rows without imaginary parts.
template <class T> class RealPlan {
 public:
  RealPlan(const kernels::Table& table, index_t n)
      : n_(n), halves_(by_halves(n)), complex_(panel_plan<T>(table, halves_ ? n / 2 : n, true)), unit_(halves_ ? n : 1) {}
  index_t n() const { return n_; }
  bool halves() const { return halves_; }
  const PanelPlan<T>& complex() const { return *complex_; }
  const T* unit() const { return unit_(0); }
  index_t bytes() const { return 2 * n_ * static_cast<index_t>(sizeof(T)); }

 private:
  index_t n_;
  bool halves_;
  std::shared_ptr<const PanelPlan<T>> complex_;
  UnitRoots<T> unit_;
};

template <class T> std::shared_ptr<const RealPlan<T>> real_plan(const kernels::Table& table, index_t n) {
  return cached_plan<RealPlan<T>>({PlanKind::real, dtype_of<T>::value, n, &table},
                                  [&] { return std::make_shared<const RealPlan<T>>(table, n); });
}

}  // namespace flatnet::engine::fourier
