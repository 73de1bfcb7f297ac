#pragma once
// Transforms of one contiguous vector. Internal to the engine.
#include "flatnet/engine/fourier.hpp"
#include "fourier_plans.hpp"
#include "fourier_stage.hpp"

namespace flatnet::engine::fourier {

template <class T> class VectorPlan : public FourierPlan {
 public:
  /// The plan of a length; `real` says that r2c and c2r will be asked for.
  static std::shared_ptr<const VectorPlan> make(const kernels::Table& table, index_t n, bool real = true);

  void c2c(const void* x, void* y, bool inverse, double scale, void* scratch) const noexcept override {
    shared(x, y, inverse, scale, scratch, 1);
  }
  void r2c(const void* x, void* y, bool inverse, double scale, void* scratch) const noexcept override;
  void c2r(const void* x, void* y, bool inverse, double scale, void* scratch) const noexcept override;

  /// c2c with the work shared among threads; scratch of shared_bytes(threads). The same bits for any number of them.
  virtual void shared(const void* x, void* y, bool inverse, double scale, void* scratch, int threads) const noexcept = 0;
  virtual index_t shared_bytes(int) const { return scratch_bytes_; }

 protected:
  VectorPlan(const kernels::Table& table, index_t n) : FourierPlan(dtype_of<T>::value, n), table_(table) {}
  static constexpr int type = sizeof(T) == 4 ? 0 : 1;
  index_t lanes() const { return table_.fourier->width[type]; }
  /// Makes what r2c and c2r need, after scratch_bytes_ is set.
  void add_real();

  const kernels::Table& table_;

 private:
  std::shared_ptr<const VectorPlan> half_;  // even n
  std::shared_ptr<const VectorPlan> odd_;   // odd n: what real transforms take in place of c2c, where it rounds less
  std::vector<T> unit_;                     // exp(-2 pi i k / n), k <= n / 4
  index_t buffer_bytes_ = 0;                // of the complex vector of a real transform
};

/// Whether contiguous vectors of n numbers are transformed faster one by one than in panels of W of them.
bool vector_plan_beats_panels(index_t n);

template <class T> std::shared_ptr<const VectorPlan<T>> vector_plan(const kernels::Table& table, index_t n) {
  return cached_plan<VectorPlan<T>>({PlanKind::vector, dtype_of<T>::value, n, &table},
                                    [&] { return VectorPlan<T>::make(table, n); });
}

inline index_t whole_lines(index_t bytes) { return (bytes + 63) / 64 * 64; }

/// Transforms numbers in place, in double whatever the plan's type: the constants of convolutions.
void transform_constants(const kernels::Table& table, std::vector<double>& pairs, double scale);
/// n = n1 n2, n1 <= n2 both in reach of panels, or {0, 0}: transforms by two rounds of panels. No prime factor above `largest`.
std::pair<index_t, index_t> long_factors(index_t n, index_t lanes, index_t largest);
template <class T> std::shared_ptr<VectorPlan<T>> long_plan(const kernels::Table& table, index_t n1, index_t n2, bool accurate);
/// Odd primes p.
template <class T> std::shared_ptr<VectorPlan<T>> rader_plan(const kernels::Table& table, index_t p);
template <class T> std::shared_ptr<VectorPlan<T>> chirp_plan(const kernels::Table& table, index_t n);

}  // namespace flatnet::engine::fourier
