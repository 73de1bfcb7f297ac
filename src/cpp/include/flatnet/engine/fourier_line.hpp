#pragma once
/// The Fourier transform of one contiguous vector. A plan is immutable: threads share it, each with scratch of its own.
#include <memory>

#include "flatnet/core/types.hpp"
#include "flatnet/kernels/fourier_line.hpp"
#include "flatnet/kernels/table.hpp"

namespace flatnet::engine {

class LinePlan {
 public:
  /// Whether there is a plan for n numbers: powers of two, and n = 2^a 3^b 5^c 7^d with a >= 2, n >= 16; up to 2^24.
  static bool supports(index_t n);
  /// Whether r2c and c2r exist: n is even and n / 2 is supported.
  static bool supports_real(index_t n) { return n % 2 == 0 && supports(n / 2); }

  /// A plan for n numbers of component f32 or f64. Throws shape_error where n is not supported.
  static std::shared_ptr<const LinePlan> make(const kernels::Table& table, Dtype component, index_t n);

  index_t size() const { return n_; }
  /// What the methods below need as scratch, aligned to 64 bytes.
  index_t scratch_bytes() const { return scratch_bytes_; }
  /// Memory of the plan.
  index_t bytes() const;

  /// y = scale F x with exp(-2 pi i j k / n), or exp(+2 pi i j k / n) for the inverse. Interleaved, any alignment; y may be x.
  void c2c(const void* x, void* y, bool inverse, double scale, void* scratch) const noexcept;
  /// x: n reals, y: the first n/2 + 1 numbers of their transform. No overlap.
  void r2c(const void* x, void* y, bool inverse, double scale, void* scratch) const noexcept;
  /// x: n/2 + 1 numbers (the first and the last count as real), y: n reals. No overlap.
  void c2r(const void* x, void* y, bool inverse, double scale, void* scratch) const noexcept;

  LinePlan(const LinePlan&) = delete;
  LinePlan& operator=(const LinePlan&) = delete;

 private:
  struct Pass {
    kernels::FourierLineKernel kernel[2];  // [inverse]
    const void *weights, *inner;
    index_t s, m;
  };
  struct Free { void operator()(void* p) const; };
  using Weights = std::unique_ptr<void, Free>;

  LinePlan() = default;
  static std::shared_ptr<LinePlan> build(const kernels::Table& table, Dtype component, index_t n, bool real);
  template <class T> friend class LineBuilder;

  template <class T> void r2c_direct(const void*, void*, bool, double, void*) const noexcept;
  template <class T> void c2r_direct(const void*, void*, bool, double, void*) const noexcept;

  index_t n_ = 0, component_bytes_ = 0, scratch_bytes_ = 0, weights_bytes_ = 0;
  index_t planar_bytes_ = 0;  // from the scratch's first planar vector to its second
  int passes_ = 0;
  bool turns_ = false;    // whether the passes between the first and the last may hold rows turned
  index_t real_row_ = 0;  // from the real parts of real_weights_ to the imaginary ones
  index_t row_ = 0;       // the first radix
  Pass pass_[24];
  Weights weights_;
  kernels::FourierLineReal real_{};
  const void* real_weights_ = nullptr;
  index_t packed_bytes_ = 0;              // scratch of c2r before that of half_
  std::shared_ptr<const LinePlan> half_;  // of n / 2 numbers, for r2c and c2r
};

}  // namespace flatnet::engine
