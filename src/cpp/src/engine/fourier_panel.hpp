#pragma once
// Transforms of n rows of W lanes (kernels/fourier.hpp), planned once per
// length: passes of small radices, two lengths in turn, Rader for primes p with
// smooth p - 1, Bluestein for the rest. Internal to the engine.
#include <memory>
#include <vector>

#include "flatnet/kernels/fourier.hpp"

namespace flatnet::engine::fourier {

using kernels::FourierFetch;
using kernels::FourierLayout;
using kernels::FourierRows;

/// exp(-2 pi i k / n), 0 <= k < n, as a pair rounded once.
void unit_root(index_t k, index_t n, double* w);

/// The same for all k, rounded once to T.
template <class T> class UnitRoots {
 public:
  explicit UnitRoots(index_t n);
  /// Pair k mod n.
  const T* operator()(index_t k) const { return values_.data() + 2 * (k % n_); }

 private:
  index_t n_;
  std::vector<T> values_;
};

/// Rows from row r on.
template <class T> FourierRows from_row(FourierRows x, index_t r) {
  x.re = static_cast<T*>(x.re) + r * x.pitch;
  if (x.layout == FourierLayout::planar) x.im = static_cast<T*>(x.im) + r * x.pitch;
  return x;
}
/// Rows of W interleaved pairs, `pitch` components apart.
template <class T>
FourierRows pair_rows(const T* first, index_t pitch, bool swapped, bool streamed = false) {
  T* p = const_cast<T*>(first);
  return {p, p, pitch, swapped ? FourierLayout::swapped : FourierLayout::pairs, streamed};
}
/// Every step-th row.
inline FourierRows every(FourierRows x, index_t step) {
  x.pitch *= step;
  return x;
}
/// Real and imaginary parts exchanged: transforms of swapped rows into swapped
/// rows have sign +1.
FourierRows swapped(FourierRows x);
template <class T> FourierRows planar_rows(T* panel, index_t lanes) {
  return {panel, panel + lanes, 2 * lanes, FourierLayout::planar};
}

template <class T> class PanelPlan {
 public:
  virtual ~PanelPlan() = default;
  /// `accurate`: prime factors up to the largest odd radix by their definition,
  /// where Rader would be faster and round more.
  static std::shared_ptr<const PanelPlan> make(const kernels::FourierTable& table, index_t n, bool accurate = false);

  /// y = scale * after * F x, sign -1: row k of y times pair k * after_step of
  /// `after` (or null). y may be x. With `fetch` (for n rows) other columns are
  /// copied meanwhile; only plans with passes() do that.
  virtual void run(const FourierRows& x, const FourierRows& y, const T* after, index_t after_step, double scale, T* scratch,
                   FourierFetch* fetch = nullptr) const noexcept = 0;
  /// How often the rows are passed over where y is written once, in rows;
  /// otherwise 0.
  index_t passes() const { return passes_; }
  index_t n() const { return n_; }
  index_t scratch() const { return scratch_; }  // elements, 64-byte aligned
  index_t bytes() const { return bytes_; }      // of the plan's tables, shared ones counted once a plan

 protected:
  PanelPlan(const kernels::FourierTable& table, index_t n) : kernels_(table), n_(n) {}
  static constexpr int type = sizeof(T) == 4 ? 0 : 1;
  index_t lanes() const { return kernels_.width[type]; }

  const kernels::FourierTable& kernels_;
  index_t n_, scratch_ = 0, bytes_ = 0, passes_ = 0;
};

/// The prime factors of n, ascending.
std::vector<index_t> prime_factors(index_t n);
/// g^e modulo p < 2^31; the least primitive root of a prime p.
index_t power(index_t g, index_t e, index_t p);
index_t primitive_root(index_t p);
/// 1 for n = 1.
inline index_t largest_prime(index_t n) { return n > 1 ? prime_factors(n).back() : 1; }
/// The cheapest length >= n with factors 2, 3, 5, 7 only.
index_t smooth_length(index_t n);

}  // namespace flatnet::engine::fourier
