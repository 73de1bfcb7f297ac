#include "cosine_line.hpp"

#include <cmath>
#include <vector>

#include "flatnet/engine/fourier.hpp"
#include "fourier_cache.hpp"

namespace flatnet::engine::trigonometric {
namespace {

constexpr index_t aligned(index_t bytes) { return (bytes + 63) / 64 * 64; }
constexpr double half_root = 0.70710678118654752440, root = 1.41421356237309504880;

/// exp(-i pi (first + step k) / denominator), k < count, rounded once.
template <class T> std::vector<T> roots(index_t count, index_t first, index_t step, index_t denominator) {
  std::vector<T> w(static_cast<std::size_t>(2 * count));
  for (index_t k = 0; k < count; ++k) {
    const long double angle =
        std::acos(-1.0L) * static_cast<long double>(first + step * k) / static_cast<long double>(denominator);
    w[static_cast<std::size_t>(2 * k)] = static_cast<T>(std::cos(angle));
    w[static_cast<std::size_t>(2 * k + 1)] = static_cast<T>(-std::sin(angle));
  }
  return w;
}

/// Tables that a kind of transform shares between its directions and families, kept in the engine's bounded cache.
template <class T> struct Roots {
  std::vector<T> values;
  explicit Roots(std::vector<T> w) : values(std::move(w)) {}
  index_t bytes() const { return static_cast<index_t>(values.size() * sizeof(T)); }
};

template <class T, class Make>
std::shared_ptr<const Roots<T>> kept(fourier::PlanKind kind, index_t n, Make&& make) {
  return fourier::cached_plan<Roots<T>>({kind, dtype_of<T>::value, n, nullptr},
                                        [&] { return std::make_shared<const Roots<T>>(make()); });
}

template <class T> class Base : public LinePlan<T> {
 protected:
  /// A real vector of `reals` elements, then `pairs` complex numbers, then the Fourier plan's own scratch.
  Base(const kernels::Table& table, index_t n, index_t fourier_n, index_t reals, index_t pairs)
      : n_(n), fourier_(fourier_plan(dtype_of<T>::value, fourier_n, &table)) {
    pairs_at_ = aligned(reals * static_cast<index_t>(sizeof(T)));
    fourier_at_ = pairs_at_ + aligned(2 * pairs * static_cast<index_t>(sizeof(T)));
    this->scratch_bytes_ = fourier_at_ + fourier_->scratch_bytes();
  }
  T* reals(void* scratch) const { return static_cast<T*>(scratch); }
  T* pairs(void* scratch) const { return reinterpret_cast<T*>(static_cast<std::byte*>(scratch) + pairs_at_); }
  void* rest(void* scratch) const { return static_cast<std::byte*>(scratch) + fourier_at_; }

  index_t n_, pairs_at_, fourier_at_;
  std::shared_ptr<const FourierPlan> fourier_;
};

/// Even extension of cos 1: length 2 (n - 1); odd one of sin 1: length 2 (n + 1).
template <class T, bool sine> class Type1 final : public Base<T> {
 public:
  Type1(const kernels::Table& table, index_t n)
      : Base<T>(table, n, 2 * (sine ? n + 1 : n - 1), 2 * (sine ? n + 1 : n - 1), (sine ? n + 1 : n - 1) + 1) {}

  void run(const T* x, T* y, T scale, bool orthogonal, void* scratch) const noexcept override {
    const index_t n = this->n_;
    T* a = this->reals(scratch);
    T* s = this->pairs(scratch);
    if constexpr (sine) {
      a[0] = a[n + 1] = 0;
      for (index_t j = 0; j < n; ++j) a[j + 1] = x[j];
      for (index_t j = 0; j < n; ++j) a[2 * n + 1 - j] = -x[j];
      this->fourier_->r2c(a, s, false, static_cast<double>(scale), this->rest(scratch));
      for (index_t k = 0; k < n; ++k) y[k] = -s[2 * k + 3];
    } else {
      for (index_t j = 0; j < n; ++j) a[j] = x[j];
      if (orthogonal) {
        a[0] *= T(root);
        a[n - 1] *= T(root);
      }
      for (index_t j = 1; j < n - 1; ++j) a[2 * (n - 1) - j] = x[j];
      this->fourier_->r2c(a, s, false, static_cast<double>(scale), this->rest(scratch));
      for (index_t k = 0; k < n; ++k) y[k] = s[2 * k];
      if (orthogonal) {
        y[0] *= T(half_root);
        y[n - 1] *= T(half_root);
      }
    }
  }
};

/// The evens, then the odds backwards, make V = F v; then y_k - i y_{n-k} = 2 w_k V_k with w_k = exp(-i pi k / 2n).
/// Type 2 goes this way, type 3 back. Sines: x_j (-1)^j in, and y backwards out.
template <class T, bool sine> class Type23 final : public Base<T> {
 public:
  Type23(const kernels::Table& table, index_t n, bool third)
      : Base<T>(table, n, n, n, n / 2 + 1),
        third_(third),
        w_(kept<T>(fourier::PlanKind::cosine2, n, [n] { return roots<T>(n / 2 + 1, 0, 1, 2 * n); })) {}

  void run(const T* x, T* y, T scale, bool orthogonal, void* scratch) const noexcept override {
    third_ ? backward(x, y, scale, orthogonal, scratch) : forward(x, y, scale, orthogonal, scratch);
  }

 private:
  static constexpr T odd_sign = sine ? T(-1) : T(1);
  static T& at(T* y, index_t n, index_t k) { return y[sine ? n - 1 - k : k]; }

  void forward(const T* x, T* y, T scale, bool orthogonal, void* scratch) const noexcept {
    const index_t n = this->n_, half = n / 2;
    const T* w = w_->values.data();
    T* v = this->reals(scratch);
    T* s = this->pairs(scratch);
    for (index_t i = 0; i < half; ++i) {
      v[i] = x[2 * i];
      v[n - 1 - i] = odd_sign * x[2 * i + 1];
    }
    if (n % 2) v[half] = x[n - 1];
    this->fourier_->r2c(v, s, false, 2.0 * static_cast<double>(scale), this->rest(scratch));
    at(y, n, 0) = orthogonal ? s[0] * T(half_root) : s[0];
    for (index_t k = 1; k < n - k; ++k) {
      const T re = s[2 * k], im = s[2 * k + 1], c = w[2 * k], d = w[2 * k + 1];
      at(y, n, k) = re * c - im * d;
      at(y, n, n - k) = -(re * d + im * c);
    }
    if (n % 2 == 0) at(y, n, half) = s[n] * T(half_root);
  }

  void backward(const T* x, T* y, T scale, bool orthogonal, void* scratch) const noexcept {
    const index_t n = this->n_, half = n / 2;
    const T* w = w_->values.data();
    T* v = this->reals(scratch);
    T* s = this->pairs(scratch);
    const auto in = [x, n](index_t k) { return x[sine ? n - 1 - k : k]; };
    s[0] = orthogonal ? in(0) * T(root) : in(0);
    s[1] = 0;
    for (index_t k = 1; k < n - k; ++k) {
      const T re = in(k), im = -in(n - k), c = w[2 * k], d = -w[2 * k + 1];
      s[2 * k] = re * c - im * d;
      s[2 * k + 1] = re * d + im * c;
    }
    if (n % 2 == 0) {
      s[n] = in(half) * T(root);
      s[n + 1] = 0;
    }
    this->fourier_->c2r(s, v, true, static_cast<double>(scale), this->rest(scratch));
    for (index_t i = 0; i < half; ++i) {
      y[2 * i] = v[i];
      y[2 * i + 1] = odd_sign * v[n - 1 - i];
    }
    if (n % 2) y[n - 1] = v[half];
  }

  bool third_;
  std::shared_ptr<const Roots<T>> w_;
};

/// Even n: c = w F_{n/2} w (x_{2j} + i x_{n-1-2j}), w_j = exp(-i pi (8j+1) / 8n); y_{2k} = 2 Re c_k, y_{n-1-2k} = -2 Im c_k.
/// Sines: x backwards in, odd outputs negated.
template <class T, bool sine> class Type4 final : public Base<T> {
 public:
  Type4(const kernels::Table& table, index_t n)
      : Base<T>(table, n, n / 2, 0, n / 2),
        w_(kept<T>(fourier::PlanKind::cosine4, n, [n] { return roots<T>(n / 2, 1, 8, 8 * n); })) {}

  void run(const T* x, T* y, T scale, bool, void* scratch) const noexcept override {
    const index_t n = this->n_, half = n / 2;
    const T* w = w_->values.data();
    T* z = this->pairs(scratch);
    for (index_t j = 0; j < half; ++j) {
      const T front = x[2 * j], back = x[n - 1 - 2 * j], c = w[2 * j], d = w[2 * j + 1];
      const T re = sine ? back : front, im = sine ? front : back;
      z[2 * j] = re * c - im * d;
      z[2 * j + 1] = re * d + im * c;
    }
    this->fourier_->c2c(z, z, false, 2.0 * static_cast<double>(scale), this->rest(scratch));
    for (index_t k = 0; k < half; ++k) {
      const T re = z[2 * k], im = z[2 * k + 1], c = w[2 * k], d = w[2 * k + 1];
      y[2 * k] = re * c - im * d;
      y[n - 1 - 2 * k] = (sine ? T(1) : T(-1)) * (re * d + im * c);
    }
  }

 private:
  std::shared_ptr<const Roots<T>> w_;
};

/// Jacobi symbols (2 / c) and (-2 / c) of odd c: the signs of cos(2 pi c / 8) and sin(2 pi c / 8).
constexpr bool two_negative(index_t c) { return c % 8 == 3 || c % 8 == 5; }
constexpr bool minus_two_negative(index_t c) { return c % 8 == 5 || c % 8 == 7; }

/// Odd n, for which 8 and n are coprime: with u n + 8 v = 1 the phase (2j+1)(2k+1) / 8n is u ab / 8 + v ab / n, so the transform
/// is a real Fourier transform of n points between two signed permutations (Chan & Ho, IEEE Proc. F 137 (1990) 433).
template <class T> struct SignedPermutations {
  struct Entry {
    index_t index;
    T re, im;  // signs
  };
  std::vector<Entry> in, out;

  explicit SignedPermutations(index_t n) : in(static_cast<std::size_t>(n)), out(static_cast<std::size_t>(n)) {
    index_t v = 0;
    while ((8 * v) % n != 1 % n) ++v;
    const index_t u = ((1 - 8 * v) / n % 8 + 8) % 8;
    for (index_t a = 1; a < 2 * n; a += 2) {
      const index_t source = a % 4 == 1 ? a : 2 * n - a;
      in[static_cast<std::size_t>(v * a % n)] = {(source - 1) / 2, two_negative(source) ? T(-1) : T(1), 0};
    }
    for (index_t k = 0; k < n; ++k) {
      const index_t b = 2 * k + 1, f = b % n, c = u * (b % 8);
      const bool upper = 2 * f > n;  // the conjugate of the value at n - f
      out[static_cast<std::size_t>(k)] = {upper ? n - f : f, two_negative(c) ? T(-1) : T(1),
                                          minus_two_negative(c) != upper ? T(-1) : T(1)};
    }
  }
  index_t bytes() const { return static_cast<index_t>((in.size() + out.size()) * sizeof(Entry)); }
};

template <class T, bool sine> class OddType4 final : public Base<T> {
 public:
  OddType4(const kernels::Table& table, index_t n)
      : Base<T>(table, n, n, n, n / 2 + 1),
        signs_(fourier::cached_plan<SignedPermutations<T>>({fourier::PlanKind::cosine4, dtype_of<T>::value, n, nullptr},
                                                           [n] { return std::make_shared<const SignedPermutations<T>>(n); })) {}

  void run(const T* x, T* y, T scale, bool, void* scratch) const noexcept override {
    const index_t n = this->n_;
    const auto *in = signs_->in.data(), *out = signs_->out.data();
    T* v = this->reals(scratch);
    T* s = this->pairs(scratch);
    for (index_t m = 0; m < n; ++m) v[m] = in[m].re * x[sine ? n - 1 - in[m].index : in[m].index];
    this->fourier_->r2c(v, s, false, root * static_cast<double>(scale), this->rest(scratch));
    s[1] = 0;
    for (index_t k = 0; k < n; ++k) {
      const T value = out[k].re * s[2 * out[k].index] + out[k].im * s[2 * out[k].index + 1];
      y[k] = sine && k % 2 ? -value : value;
    }
  }

 private:
  std::shared_ptr<const SignedPermutations<T>> signs_;
};

template <class T, bool sine> std::shared_ptr<const LinePlan<T>> plan(const kernels::Table& table, index_t n, int type) {
  if (type == 1) return std::make_shared<const Type1<T, sine>>(table, n);
  if (type == 2 || type == 3) return std::make_shared<const Type23<T, sine>>(table, n, type == 3);
  if (n % 2) return std::make_shared<const OddType4<T, sine>>(table, n);
  return std::make_shared<const Type4<T, sine>>(table, n);
}

}  // namespace

template <class T>
std::shared_ptr<const LinePlan<T>> LinePlan<T>::make(const kernels::Table& table, index_t n, int type, bool sine) {
  return sine ? plan<T, true>(table, n, type) : plan<T, false>(table, n, type);
}
template class LinePlan<float>;
template class LinePlan<double>;

}  // namespace flatnet::engine::trigonometric
