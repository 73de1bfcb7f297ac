#pragma once
/// Discrete Fourier transforms along one axis: y[k] = scale * sum_j x[j] exp(-+ 2 pi i jk / n), natural order, any length.
#include <memory>

#include "flatnet/engine/lines.hpp"
#include "flatnet/kernels/table.hpp"

namespace flatnet::engine {

/// Sign -1 (inverse: +1). `component` is f32 or f64; x and y hold interleaved complex numbers of it. y may be x (same strides).
/// Throws shape_error unless lines.n_out == lines.n_in. The result does not depend on `threads`.
void c2c(Dtype component, const Lines& lines, const void* x, void* y, bool inverse, double scale, int threads,
         const kernels::Table* table = nullptr);

/// Real x to the first n / 2 + 1 outputs (inverse: of sign +1, the conjugates). x and y must not overlap.
void r2c(Dtype component, const Lines& lines, const void* x, void* y, bool inverse, double scale, int threads,
         const kernels::Table* table = nullptr);

/// The n = lines.n_out real sums of a spectrum of which x holds the first n / 2 + 1 values; sign +1 (inverse = true) or -1.
/// Imaginary parts of x[0] and, for even n, of x[n / 2] count as zero. x and y must not overlap.
void c2r(Dtype component, const Lines& lines, const void* x, void* y, bool inverse, double scale, int threads,
         const kernels::Table* table = nullptr);

/// I_a (x) F_n (x) I_d in place on a planar panel: row r is `lanes` real parts, then `lanes` imaginary parts. No threads.
/// `scratch` has the panel's size.
void c2c_panel(const kernels::Table& table, Dtype component, index_t a, index_t n, index_t d, index_t lanes, void* panel,
               void* scratch, bool inverse);

/// Transforms of one contiguous vector, any alignment; made once, used from many threads, each with its own scratch.
class FourierPlan {
 public:
  virtual ~FourierPlan() = default;
  virtual void c2c(const void* x, void* y, bool inverse, double scale, void* scratch) const noexcept = 0;  // y may be x
  virtual void r2c(const void* x, void* y, bool inverse, double scale, void* scratch) const noexcept = 0;
  virtual void c2r(const void* x, void* y, bool inverse, double scale, void* scratch) const noexcept = 0;
  index_t n() const { return n_; }
  Dtype component() const { return component_; }
  index_t scratch_bytes() const { return scratch_bytes_; }  // 64-byte aligned
  index_t bytes() const { return bytes_; }                  // of the tables

 protected:
  FourierPlan(Dtype component, index_t n) : component_(component), n_(n) {}
  Dtype component_;
  index_t n_, scratch_bytes_ = 0, bytes_ = 0;
};

/// The plan of a length, from a cache of plans that holds at most 64 MiB: least recently used plans go first.
std::shared_ptr<const FourierPlan> fourier_plan(Dtype component, index_t n, const kernels::Table* table = nullptr);
void fourier_cache_clear();
index_t fourier_cache_bytes();

}  // namespace flatnet::engine
