#include "fourier_vector.hpp"

#include <algorithm>
#include <cstring>

#include "flatnet/core/check.hpp"
#include "flatnet/engine/fourier_line.hpp"

namespace flatnet::engine {
namespace fourier {
namespace {

constexpr index_t line_limit = index_t{1} << 17;  // beyond it two rounds of panels are faster than the line kernels

template <class T> T component_at(const void* x, index_t i) {
  T v;
  std::memcpy(&v, static_cast<const T*>(x) + i, sizeof v);
  return v;
}
template <class T> void set_component(void* y, index_t i, T v) { std::memcpy(static_cast<T*>(y) + i, &v, sizeof v); }

// The line kernels.
template <class T> class LineVector final : public VectorPlan<T> {
 public:
  LineVector(const kernels::Table& table, index_t n, bool real)
      : VectorPlan<T>(table, n),
        line_(LinePlan::make(table, dtype_of<T>::value, n)),
        real_(LinePlan::supports_real(n) && by_halves(n)) {
    this->scratch_bytes_ = line_->scratch_bytes();
    this->bytes_ = line_->bytes();
    if (real && !real_) this->add_real();
  }
  void shared(const void* x, void* y, bool inverse, double scale, void* scratch, int) const noexcept override {
    line_->c2c(x, y, inverse, scale, scratch);
  }
  void r2c(const void* x, void* y, bool inverse, double scale, void* scratch) const noexcept override {
    if (real_) line_->r2c(x, y, inverse, scale, scratch);
    else VectorPlan<T>::r2c(x, y, inverse, scale, scratch);
  }
  void c2r(const void* x, void* y, bool inverse, double scale, void* scratch) const noexcept override {
    if (real_) line_->c2r(x, y, inverse, scale, scratch);
    else VectorPlan<T>::c2r(x, y, inverse, scale, scratch);
  }

 private:
  std::shared_ptr<const LinePlan> line_;
  bool real_;
};

// Short lengths: the vector is the first lane of a panel.
template <class T> class LaneVector final : public VectorPlan<T> {
 public:
  LaneVector(const kernels::Table& table, index_t n) : VectorPlan<T>(table, n), plan_(panel_plan<T>(table, n, true)) {
    this->bytes_ = plan_->bytes();
    this->scratch_bytes_ = (2 * this->lanes() * n + plan_->scratch()) * static_cast<index_t>(sizeof(T));
  }
  void shared(const void* x, void* y, bool inverse, double scale, void* scratch, int) const noexcept override {
    const index_t W = this->lanes(), n = this->n_;
    T* panel = static_cast<T*>(scratch);
    std::fill_n(panel, 2 * W * n, T{});
    for (index_t i = 0; i < 2 * n; ++i) panel[i * W] = component_at<T>(x, i);
    const FourierRows rows = inverse ? swapped(planar_rows(panel, W)) : planar_rows(panel, W);
    plan_->run(rows, rows, nullptr, 0, scale, panel + 2 * W * n);
    for (index_t i = 0; i < 2 * n; ++i) set_component(y, i, panel[i * W]);
  }

 private:
  std::shared_ptr<const PanelPlan<T>> plan_;
};

}  // namespace

bool vector_plan_beats_panels(index_t n) { return LinePlan::supports(n) && n <= line_limit; }

template <class T> void VectorPlan<T>::add_real() {
  if (n_ > 128 && n_ <= kernels::fourier_largest_odd && largest_prime(n_) == n_)
    odd_ = std::make_shared<LaneVector<T>>(table_, n_);
  if (by_halves(n_)) {
    half_ = make(table_, n_ / 2, false);
    unit_.resize(static_cast<std::size_t>(n_ / 4 * 2 + 2));
    for (index_t k = 0; k <= n_ / 4; ++k) {
      double w[2];
      unit_root(k, n_, w);
      unit_[2 * k] = static_cast<T>(w[0]);
      unit_[2 * k + 1] = static_cast<T>(w[1]);
    }
  }
  buffer_bytes_ = whole_lines((half_ ? n_ : 2 * n_) * static_cast<index_t>(sizeof(T)));
  const VectorPlan* inner = half_ ? half_.get() : odd_.get();
  scratch_bytes_ = std::max(scratch_bytes_, buffer_bytes_ + (inner ? inner->scratch_bytes() : scratch_bytes_));
  bytes_ += static_cast<index_t>(unit_.size() * sizeof(T)) + (inner ? inner->bytes() : 0);
}

// Even n: elements 2j and 2j + 1 are one complex number (kernels/fourier_real-inl.hpp says why this is right).
template <class T>
void VectorPlan<T>::r2c(const void* x, void* y, bool inverse, double scale, void* scratch) const noexcept {
  T* z = static_cast<T*>(scratch);
  std::byte* inner = static_cast<std::byte*>(scratch) + buffer_bytes_;
  const T sign = inverse ? T(-1) : T(1);
  if (!half_) {
    for (index_t i = 0; i < n_; ++i) {
      z[2 * i] = component_at<T>(x, i);
      z[2 * i + 1] = T{};
    }
    (odd_ ? *odd_ : *this).c2c(z, z, inverse, scale, inner);
    std::memcpy(y, z, static_cast<std::size_t>(n_ / 2 + 1) * 2 * sizeof(T));
    return;
  }
  half_->c2c(x, z, false, scale, inner);
  const index_t h = n_ / 2;
  set_component(y, 0, z[0] + z[1]);
  set_component(y, 1, T{});
  set_component(y, 2 * h, z[0] - z[1]);
  set_component(y, 2 * h + 1, T{});
  for (index_t k = 1; k <= h - k; ++k) {
    const T *a = z + 2 * k, *b = z + 2 * (h - k), *w = unit_.data() + 2 * k;
    const T er = (a[0] + b[0]) / 2, ei = (a[1] - b[1]) / 2, dr = (a[0] - b[0]) / 2, di = (a[1] + b[1]) / 2;
    const T tr = w[1] * dr + w[0] * di, ti = w[1] * di - w[0] * dr;
    set_component(y, 2 * k, er + tr);
    set_component(y, 2 * k + 1, sign * (ei + ti));
    set_component(y, 2 * (h - k), er - tr);
    set_component(y, 2 * (h - k) + 1, sign * (ti - ei));
  }
}

template <class T>
void VectorPlan<T>::c2r(const void* x, void* y, bool inverse, double scale, void* scratch) const noexcept {
  T* z = static_cast<T*>(scratch);
  std::byte* inner = static_cast<std::byte*>(scratch) + buffer_bytes_;
  const T sign = inverse ? T(1) : T(-1);
  if (!half_) {
    z[0] = component_at<T>(x, 0);
    z[1] = T{};
    for (index_t k = 1; k <= n_ / 2; ++k) {
      z[2 * k] = z[2 * (n_ - k)] = component_at<T>(x, 2 * k);
      z[2 * k + 1] = sign * component_at<T>(x, 2 * k + 1);
      z[2 * (n_ - k) + 1] = -z[2 * k + 1];
    }
    (odd_ ? *odd_ : *this).c2c(z, z, true, scale, inner);
    for (index_t i = 0; i < n_; ++i) set_component(y, i, z[2 * i]);
    return;
  }
  const index_t h = n_ / 2;
  const T first = component_at<T>(x, 0), last = component_at<T>(x, 2 * h);
  z[0] = first + last;
  z[1] = first - last;
  for (index_t k = 1; k <= h - k; ++k) {
    const T ar = component_at<T>(x, 2 * k), ai = sign * component_at<T>(x, 2 * k + 1);
    const T br = component_at<T>(x, 2 * (h - k)), bi = sign * component_at<T>(x, 2 * (h - k) + 1);
    const T* w = unit_.data() + 2 * k;
    const T er = ar + br, ei = ai - bi, dr = ar - br, di = ai + bi;
    const T tr = w[1] * dr - w[0] * di, ti = w[1] * di + w[0] * dr;
    z[2 * k] = er + tr;
    z[2 * k + 1] = ei + ti;
    z[2 * (h - k)] = er - tr;
    z[2 * (h - k) + 1] = ti - ei;
  }
  half_->c2c(z, y, true, scale, inner);
}

// Primes p whose p - 1 goes without a chirp. In double precision three radices of 3 in a row round more than pocketfft does.
template <class T> bool rader_pays(const kernels::Table& table, index_t p) {
  if (LinePlan::supports(p - 1)) return true;
  if (p > 1 << 13 || (sizeof(T) == 8 && (p - 1) % 27 == 0)) return false;
  return long_factors(p - 1, table.fourier->width[sizeof(T) == 8], 31).first >= 2;
}

template <class T>
std::shared_ptr<const VectorPlan<T>> VectorPlan<T>::make(const kernels::Table& table, index_t n, bool real) {
  if (LinePlan::supports(n) && n <= line_limit) return std::make_shared<LineVector<T>>(table, n, real);
  std::shared_ptr<VectorPlan<T>> plan;
  const index_t W = table.fourier->width[type], largest = largest_prime(n);
  const auto [n1, n2] = long_factors(n, W, 61);
  // A chirp rounds more than the definition: it is left to lengths whose primes have none here.
  const auto [m1, m2] = long_factors(n, W, kernels::fourier_largest_odd);
  if (n1 >= 16) plan = long_plan<T>(table, n1, n2, false);
  else if (n <= 128) plan = std::make_shared<LaneVector<T>>(table, n);
  else if (n <= line_limit && largest == n && rader_pays<T>(table, n)) plan = rader_plan<T>(table, n);
  else if (m1 >= 2 && n <= line_limit) plan = long_plan<T>(table, m1, m2, true);
  else if (n <= kernels::fourier_largest_odd) plan = std::make_shared<LaneVector<T>>(table, n);
  else plan = chirp_plan<T>(table, n);
  if (real) plan->add_real();
  return plan;
}

void transform_constants(const kernels::Table& table, std::vector<double>& pairs, double scale) {
  const auto plan = VectorPlan<double>::make(table, static_cast<index_t>(pairs.size() / 2), false);
  std::vector<double> scratch(static_cast<std::size_t>(plan->scratch_bytes() / 8 + 8));
  void* aligned = reinterpret_cast<void*>(whole_lines(reinterpret_cast<index_t>(scratch.data())));
  plan->c2c(pairs.data(), pairs.data(), false, scale, aligned);
}

template class VectorPlan<float>;
template class VectorPlan<double>;

}  // namespace fourier

std::shared_ptr<const FourierPlan> fourier_plan(Dtype component, index_t n, const kernels::Table* table) {
  using namespace fourier;
  require(n >= 1, "a Fourier plan needs n >= 1, got ", n);
  require(component == Dtype::f32 || component == Dtype::f64, "Fourier transforms compute in float32 and float64, got ",
          name(component));
  const kernels::Table& kernels = table_or_active(table);
  if (component == Dtype::f32) return vector_plan<float>(kernels, n);
  return vector_plan<double>(kernels, n);
}

}  // namespace flatnet::engine
