#include "cosine_plan.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "flatnet/engine/fourier.hpp"
#include "flatnet/kernels/cosine.hpp"
#include "fourier_plans.hpp"

namespace flatnet::engine::trigonometric {
namespace {

using fourier::PlanKind;
using kernels::CosineArgs;

constexpr double root_half = 0.70710678118654752440, root = 1.41421356237309504880;

template <class T> constexpr index_t whole(index_t elements) {
  constexpr index_t line = 64 / static_cast<index_t>(sizeof(T));
  return (elements + line - 1) / line * line;
}

/// Re and Im of exp(-pi i (first + step k) / denominator) times exp(-pi i quarters / 2), k < count, planar, rounded once.
template <class T>
void push_roots(std::vector<T>& w, index_t count, index_t first, index_t step, index_t denominator, bool turned = false) {
  const std::size_t at = w.size();
  w.resize(at + static_cast<std::size_t>(2 * count));
  for (index_t k = 0; k < count; ++k) {
    const long double angle =
        std::acos(-1.0L) * static_cast<long double>(first + step * k) / static_cast<long double>(denominator);
    const T c = static_cast<T>(std::cos(angle)), s = static_cast<T>(std::sin(angle));
    w[at + static_cast<std::size_t>(k)] = turned ? -s : c;
    w[at + static_cast<std::size_t>(count + k)] = turned ? -c : -s;
  }
}

/// The Fourier transform inside, and the steps around it, for a vector or for the rows of a panel.
template <class T> class Inner {
 public:
  Inner(const kernels::Table& table, index_t n, bool rows) : n_(n), lanes_(rows ? table.fourier->width[type] : 1) {
    if (rows) {
      panel_ = fourier::panel_plan<T>(table, n, true);
      scratch_ = panel_->scratch();
    } else {
      vector_ = fourier_plan(dtype_of<T>::value, n, &table);
      scratch_ = (vector_->scratch_bytes() + static_cast<index_t>(sizeof(T)) - 1) / static_cast<index_t>(sizeof(T));
    }
  }
  index_t lanes() const { return lanes_; }
  index_t scratch() const { return scratch_; }

  void c2c(T* z, bool inverse, double scale, T* scratch) const noexcept {
    if (vector_) return vector_->c2c(z, z, inverse, scale, scratch);
    const auto planar = fourier::planar_rows(z, lanes_), x = inverse ? fourier::swapped(planar) : planar;
    panel_->run(x, x, nullptr, 0, scale, scratch);
  }
  /// Odd n: real v to z; of a panel all n rows of z are written.
  void r2c(const T* v, T* z, double scale, T* scratch) const noexcept {
    if (vector_) return vector_->r2c(v, z, false, scale, scratch);
    for (index_t i = 0; i < n_; ++i) {
      std::copy_n(v + i * lanes_, lanes_, z + 2 * i * lanes_);
      std::fill_n(z + (2 * i + 1) * lanes_, lanes_, T{});
    }
    c2c(z, false, scale, scratch);
  }
  /// Odd n: z of n / 2 + 1 numbers, destroyed, and room for n of them.
  void c2r(T* z, T* v, double scale, T* scratch) const noexcept {
    if (vector_) return vector_->c2r(z, v, true, scale, scratch);
    for (index_t k = 1; k <= n_ / 2; ++k) {
      const T* row = z + 2 * k * lanes_;
      T* mirror = z + 2 * (n_ - k) * lanes_;
      for (index_t j = 0; j < lanes_; ++j) {
        mirror[j] = row[j];
        mirror[lanes_ + j] = -row[lanes_ + j];
      }
    }
    c2c(z, true, scale, scratch);
    for (index_t i = 0; i < n_; ++i) std::copy_n(z + 2 * i * lanes_, lanes_, v + i * lanes_);
  }

 private:
  static constexpr int type = sizeof(T) == 4 ? 0 : 1;
  index_t n_, lanes_, scratch_;
  std::shared_ptr<const FourierPlan> vector_;
  std::shared_ptr<const fourier::PanelPlan<T>> panel_;
};

template <class T> class Base : public Plan<T> {
 protected:
  /// The Fourier transform's length; `complex` numbers of work, then `reals`.
  Base(const kernels::Table& table, index_t n, index_t fourier_n, bool rows, index_t complex, index_t reals)
      : n_(n), steps_((rows ? table.cosine->rows : table.cosine->line)[sizeof(T) == 8]), inner_(table, fourier_n, rows) {
    reals_at_ = whole<T>(2 * complex * inner_.lanes());
    rest_at_ = reals_at_ + whole<T>(reals * inner_.lanes());
    this->scratch_ = rest_at_ + inner_.scratch();
  }
  void tables(std::vector<T> w) {
    w_ = std::move(w);
    this->bytes_ = static_cast<index_t>(w_.size() * sizeof(T));
  }
  CosineArgs args(const T* x, T* y, const Call& call, double first = 1) const {
    return {n_, x, nullptr, y, nullptr, w_.data(), call.sine, first};
  }
  void scale_row(T* y, index_t i, double factor) const {
    for (index_t j = 0; j < inner_.lanes(); ++j) y[i * inner_.lanes() + j] *= static_cast<T>(factor);
  }

  index_t n_, reals_at_ = 0, rest_at_ = 0;
  const kernels::CosineSet& steps_;
  Inner<T> inner_;
  std::vector<T> w_;
};

/// Even n of types 2 and 3: half as many complex numbers. Odd n: the real transform of n.
template <class T> class Type23 final : public Base<T> {
 public:
  Type23(const kernels::Table& table, index_t n, bool rows)
      : Base<T>(table, n, n % 2 ? n : n / 2, rows, n % 2 ? n + 1 : n / 2, n % 2 ? n : 0) {
    std::vector<T> w;
    push_roots<T>(w, n % 2 ? n / 2 + 1 : n / 4 + 1, 0, 1, 2 * n);
    if (n % 2 == 0) push_roots<T>(w, n / 4 + 1, 0, 5, 2 * n, true);
    this->tables(std::move(w));
  }

  void run(const T* x, T* y, const Call& call, T* scratch) const noexcept override {
    const bool odd = this->n_ % 2;
    T *z = scratch, *v = odd ? scratch + this->reals_at_ : z, *rest = scratch + this->rest_at_;
    const auto& steps = this->steps_;
    if (call.third) {
      (odd ? steps.to_whole : steps.to_half)(this->args(x, z, call, call.orthogonal ? root : 1));
      if (odd) this->inner_.c2r(z, v, call.scale, rest);
      else this->inner_.c2c(z, true, call.scale, rest);
      steps.merge(this->args(v, y, call));
      return;
    }
    steps.split(this->args(x, v, call));
    if (odd) this->inner_.r2c(v, z, 2 * call.scale, rest);
    else this->inner_.c2c(z, false, call.scale, rest);
    (odd ? steps.from_whole : steps.from_half)(this->args(z, y, call));
    if (call.orthogonal) this->scale_row(y, call.sine ? this->n_ - 1 : 0, root_half);
  }
};

/// Even n: c = w F_{n/2} w (x_{2j} + i x_{n-1-2j}), w_j = exp(-i pi (8j+1) / 8n).
template <class T> class Type4 final : public Base<T> {
 public:
  Type4(const kernels::Table& table, index_t n, bool rows) : Base<T>(table, n, n / 2, rows, n / 2, 0) {
    std::vector<T> w;
    push_roots<T>(w, n / 2, 1, 8, 8 * n);
    this->tables(std::move(w));
  }
  void run(const T* x, T* y, const Call& call, T* scratch) const noexcept override {
    this->steps_.pair4(this->args(x, scratch, call));
    this->inner_.c2c(scratch, false, 2 * call.scale, scratch + this->rest_at_);
    this->steps_.part4(this->args(scratch, y, call));
  }
};

/// Jacobi symbols (2 / c) and (-2 / c) of odd c: the signs of cos(2 pi c / 8) and sin(2 pi c / 8).
constexpr bool two_negative(index_t c) { return c % 8 == 3 || c % 8 == 5; }
constexpr bool minus_two_negative(index_t c) { return c % 8 == 5 || c % 8 == 7; }

/// Odd n, for which 8 and n are coprime: with u n + 8 v = 1 the phase (2j+1)(2k+1) / 8n is u ab / 8 + v ab / n, so the transform
/// is a real Fourier transform of n points between two signed permutations (Chan & Ho, IEEE Proc. F 137 (1990) 433).
template <class T> class OddType4 final : public Base<T> {
 public:
  OddType4(const kernels::Table& table, index_t n)
      : Base<T>(table, n, n, false, n / 2 + 1, n), in_(static_cast<std::size_t>(n)), out_(static_cast<std::size_t>(n)) {
    index_t v = 0;
    while ((8 * v) % n != 1 % n) ++v;
    const index_t u = ((1 - 8 * v) / n % 8 + 8) % 8;
    for (index_t a = 1; a < 2 * n; a += 2) {
      const index_t source = a % 4 == 1 ? a : 2 * n - a;
      in_[static_cast<std::size_t>(v * a % n)] = {(source - 1) / 2, two_negative(source) ? T(-1) : T(1), 0};
    }
    for (index_t k = 0; k < n; ++k) {
      const index_t b = 2 * k + 1, f = b % n, c = u * (b % 8);
      const bool upper = 2 * f > n;  // the conjugate of the value at n - f
      out_[static_cast<std::size_t>(k)] = {upper ? n - f : f, two_negative(c) ? T(-1) : T(1),
                                           minus_two_negative(c) != upper ? T(-1) : T(1)};
    }
    this->bytes_ = static_cast<index_t>((in_.size() + out_.size()) * sizeof(Entry));
  }

  void run(const T* x, T* y, const Call& call, T* scratch) const noexcept override {
    const index_t n = this->n_;
    T *s = scratch, *v = scratch + this->reals_at_;
    for (index_t m = 0; m < n; ++m) {
      const Entry& e = in_[static_cast<std::size_t>(m)];
      v[m] = e.re * x[call.sine ? n - 1 - e.index : e.index];
    }
    this->inner_.r2c(v, s, root * call.scale, scratch + this->rest_at_);
    s[1] = 0;
    for (index_t k = 0; k < n; ++k) {
      const Entry& e = out_[static_cast<std::size_t>(k)];
      const T value = e.re * s[2 * e.index] + e.im * s[2 * e.index + 1];
      y[k] = call.sine && k % 2 ? -value : value;
    }
  }

 private:
  struct Entry {
    index_t index;
    T re, im;  // signs
  };
  std::vector<Entry> in_, out_;
};

/// Type 1, n = N + 1 (sines: N - 1), N odd: a complex transform of N numbers gives both halves of the outputs.
template <class T> class OddType1 final : public Base<T> {
 public:
  OddType1(const kernels::Table& table, index_t N, bool rows) : Base<T>(table, N, N, rows, N, 0) {}
  void run(const T* x, T* y, const Call& call, T* scratch) const noexcept override {
    const bool ends = call.orthogonal && !call.sine;
    this->steps_.fold(this->args(x, scratch, call, ends ? root : 1));
    this->inner_.c2c(scratch, false, call.scale, scratch + this->rest_at_);
    this->steps_.spread(this->args(scratch, y, call));
    if (!ends) return;
    this->scale_row(y, 0, root_half);
    this->scale_row(y, this->n_, root_half);
  }
};

/// N even: sums of mirrored elements go to type 1 of N / 2, differences to type 3 of N / 2 (sines: the other way round); their
/// results are the evens and the odds.
template <class T> class EvenType1 final : public Plan<T> {
 public:
  EvenType1(const kernels::Table& table, index_t N, bool rows)
      : N_(N),
        lanes_(rows ? table.fourier->width[sizeof(T) == 8] : 1),
        steps_((rows ? table.cosine->rows : table.cosine->line)[sizeof(T) == 8]),
        first_(Plan<T>::get(table, N / 2 + 1, 1, false, rows)),
        third_(Plan<T>::get(table, N / 2, 3, false, rows)) {
    minus_at_ = whole<T>((N / 2 + 1) * lanes_);
    rest_at_ = minus_at_ + whole<T>(N / 2 * lanes_);
    this->scratch_ = rest_at_ + std::max(first_->scratch(), third_->scratch());
  }

  void run(const T* x, T* y, const Call& call, T* scratch) const noexcept override {
    const bool ends = call.orthogonal && !call.sine;
    const index_t n = call.sine ? N_ - 1 : N_ + 1;
    T *plus = scratch, *minus = scratch + minus_at_, *rest = scratch + rest_at_;
    steps_.mirror({n, x, nullptr, plus, minus, nullptr, call.sine, ends ? root : 1});
    const Call inner{call.sine, true, false, call.scale};
    if (call.sine) {
      third_->run(plus, plus, inner, rest);
      if (N_ > 2) first_->run(minus, minus, inner, rest);
    } else {
      first_->run(plus, plus, inner, rest);
      third_->run(minus, minus, inner, rest);
    }
    steps_.join({n, plus, minus, y, nullptr, nullptr, call.sine, 1});
    if (!ends) return;
    for (index_t j = 0; j < lanes_; ++j) {
      y[j] *= static_cast<T>(root_half);
      y[N_ * lanes_ + j] *= static_cast<T>(root_half);
    }
  }

 private:
  index_t N_, lanes_, minus_at_ = 0, rest_at_ = 0;
  const kernels::CosineSet& steps_;
  std::shared_ptr<const Plan<T>> first_, third_;
};

template <class T> std::shared_ptr<const Plan<T>> make(const kernels::Table& table, index_t length, int type, bool rows) {
  if (type == 1) {
    if (length % 2) return std::make_shared<const OddType1<T>>(table, length, rows);
    return std::make_shared<const EvenType1<T>>(table, length, rows);
  }
  if (type < 4) return std::make_shared<const Type23<T>>(table, length, rows);
  if (length % 2) return std::make_shared<const OddType4<T>>(table, length);
  return std::make_shared<const Type4<T>>(table, length, rows);
}

}  // namespace

template <class T>
std::shared_ptr<const Plan<T>> Plan<T>::get(const kernels::Table& table, index_t n, int type, bool sine, bool rows) {
  if (rows && type == 4 && n % 2) return nullptr;
  const index_t length = type > 1 ? n : sine ? n + 1 : n - 1;
  const PlanKind one = type == 1 ? PlanKind::cosine1 : type < 4 ? PlanKind::cosine2 : PlanKind::cosine4;
  const PlanKind panel = type == 1 ? PlanKind::cosine1_rows : type < 4 ? PlanKind::cosine2_rows : PlanKind::cosine4_rows;
  return fourier::cached_plan<Plan<T>>({rows ? panel : one, dtype_of<T>::value, length, &table},
                                       [&] { return make<T>(table, length, type, rows); });
}
template class Plan<float>;
template class Plan<double>;

}  // namespace flatnet::engine::trigonometric
