#include "fourier_panel.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace flatnet::engine::fourier {

namespace {

struct Root { long double re, im; };

// Angles are folded into an octant, where sine and cosine lose nothing.
Root root_of(index_t k, index_t n) {
  const long double eighth = 2 * std::acos(-1.0L) / (8 * static_cast<long double>(n));
  index_t x = 8 * k;
  const bool lower = x > 4 * n;  // below the real axis after one turn
  if (lower) x = 8 * n - x;
  const bool left = x > 2 * n;
  if (left) x = 4 * n - x;
  const bool steep = x > n;
  if (steep) x = 2 * n - x;
  const long double angle = eighth * static_cast<long double>(x);
  long double c = std::cos(angle), s = std::sin(angle);
  if (steep) std::swap(c, s);
  return {left ? -c : c, lower ? s : -s};
}

}  // namespace

void unit_root(index_t k, index_t n, double* w) {
  const Root r = root_of(k, n);
  w[0] = static_cast<double>(r.re);
  w[1] = static_cast<double>(r.im);
}

template <class T>
UnitRoots<T>::UnitRoots(index_t n) : n_(n), values_(static_cast<std::size_t>(2 * n)) {
  for (index_t k = 0; k < n; ++k) {
    const Root r = root_of(k, n);
    values_[2 * k] = static_cast<T>(r.re);
    values_[2 * k + 1] = static_cast<T>(r.im);
  }
}

FourierRows swapped(FourierRows x) {
  switch (x.layout) {
    case FourierLayout::planar: std::swap(x.re, x.im); break;
    case FourierLayout::pairs: x.layout = FourierLayout::swapped; break;
    case FourierLayout::swapped: x.layout = FourierLayout::pairs; break;
  }
  return x;
}

index_t power(index_t g, index_t e, index_t p) {
  __int128 result = 1, base = g;
  for (; e; e >>= 1, base = base * base % p)
    if (e & 1) result = result * base % p;
  return static_cast<index_t>(result);
}

std::vector<index_t> prime_factors(index_t n) {
  std::vector<index_t> factors;
  for (index_t p = 2; p * p <= n; ++p)
    for (; n % p == 0; n /= p) factors.push_back(p);
  if (n > 1) factors.push_back(n);
  return factors;
}

index_t primitive_root(index_t p) {
  const auto factors = prime_factors(p - 1);
  for (index_t g = 2;; ++g)
    if (std::all_of(factors.begin(), factors.end(), [&](index_t f) { return power(g, (p - 1) / f, p) != 1; })) return g;
}

index_t smooth_length(index_t n) {
  index_t best = 1;
  while (best < n) best *= 2;
  for (index_t a = 1; a < best; a *= 7)
    for (index_t b = a; b < best; b *= 5)
      for (index_t c = b; c < best; c *= 3) {
        index_t d = c;
        while (d < n) d *= 2;
        best = std::min(best, d);
      }
  return best;
}

namespace {

// Radices of the passes for a length whose prime factors are small, largest
// first: few passes, powers of two balanced.
std::vector<index_t> radices_of(index_t n) {
  std::vector<index_t> radices;
  int twos = 0;
  for (const index_t p : prime_factors(n))
    if (p == 2) ++twos;
    else radices.push_back(p);
  // 16 and 8 as far as possible; what is left over is shared: 2^5 = 8 * 4, 2^2
  // = 4.
  while (twos > 0) {
    const int take = twos == 5 || twos == 6 || twos == 9 || twos == 10 || twos == 3 ? 3 : std::min(twos, 4);
    radices.push_back(index_t{1} << take);
    twos -= take;
  }
  std::sort(radices.rbegin(), radices.rend());
  return radices;
}

// What a pass of radix r over rows of `size` needs: its place in the table (0:
// the generic kernel), twiddles, roots.
template <class T> struct Pass {
  index_t radix, kernel;
  std::vector<T> twiddles, roots;
  Pass(const kernels::FourierTable& table, index_t size, index_t r)
      : radix(r), kernel(r <= kernels::fourier_largest_radix && table.pass[sizeof(T) == 8][r] ? r : 0) {
    const UnitRoots<T> unit(size);
    for (index_t p = 0; p < size / r; ++p)
      for (index_t k = 1; k < r; ++k) twiddles.insert(twiddles.end(), unit(p * k), unit(p * k) + 2);
    if (kernel) return;
    const UnitRoots<T> circle(r);
    for (index_t t = 0; t < r; ++t) roots.insert(roots.end(), {circle(t)[0], -circle(t)[1]});
  }
  index_t bytes() const { return static_cast<index_t>((twiddles.size() + roots.size()) * sizeof(T)); }
};

template <class T> class Passes final : public PanelPlan<T> {
 public:
  Passes(const kernels::FourierTable& table, index_t n) : PanelPlan<T>(table, n) {
    index_t size = n;
    for (const index_t r : radices_of(n)) {
      steps_.emplace_back(table, size, r);
      this->bytes_ += steps_.back().bytes();
      size /= r;
    }
    this->passes_ = static_cast<index_t>(steps_.size());
    this->scratch_ = std::clamp<index_t>(this->passes_ - 1, 0, 2) * 2 * this->lanes() * n;
  }

  void run(const FourierRows& x, const FourierRows& y, const T* after, index_t after_step, double scale, T* scratch,
           FourierFetch* fetch) const noexcept override {
    const index_t W = this->lanes(), count = this->passes_;
    if (count == 0)
      return this->kernels_.rows[PanelPlan<T>::type]({x, y, 1, nullptr, nullptr, nullptr, after, after_step, nullptr, scale});
    const FourierRows buffers[2] = {planar_rows(scratch, W), planar_rows(scratch + 2 * W * this->n_, W)};
    FourierRows from = x;
    index_t m = this->n_, s = 1;
    for (index_t i = 0; i < count; ++i) {
      const Pass<T>& step = steps_[i];
      const index_t r = step.radix;
      const bool last = i + 1 == count;
      const FourierRows to = last ? y : buffers[i & 1];
      m /= r;
      this->kernels_.pass[PanelPlan<T>::type][step.kernel]({from, to, m, s, step.twiddles.data(), last ? after : nullptr,
                                                            after_step, last ? scale : 1.0, r, step.roots.data(), 0, fetch});
      s *= r;
      from = to;
    }
  }

 private:
  std::vector<Pass<T>> steps_;
};

// More rows than the first cache holds, n = r m: one pass of radix r, then for
// each of its outputs k the m rows that lead to outputs k, k + r, ...: they
// stay near from one pass to the next. x is read once, y written once.
template <class T> class Deep final : public PanelPlan<T> {
 public:
  Deep(const kernels::FourierTable& table, index_t n, bool accurate)
      : PanelPlan<T>(table, n),
        first_(table, n, radices_of(n).front()),
        rest_(PanelPlan<T>::make(table, n / first_.radix, accurate)) {
    // Rows of a power-of-two distance would share a few cache sets: one row
    // more.
    pitch_ = rest_->n() + (rest_->n() % 8 == 0);
    own_ = first_.radix * pitch_ * 2 * this->lanes();
    this->scratch_ = own_ + rest_->scratch();
    this->bytes_ = first_.bytes() + rest_->bytes();
    this->passes_ = 1 + rest_->passes();
  }

  void run(const FourierRows& x, const FourierRows& y, const T* after, index_t after_step, double scale, T* scratch,
           FourierFetch* fetch) const noexcept override {
    const index_t W = this->lanes(), r = first_.radix;
    const FourierRows middle = planar_rows(scratch, W);
    this->kernels_.pass[PanelPlan<T>::type][first_.kernel](
        {x, middle, rest_->n(), 1, first_.twiddles.data(), nullptr, 0, 1.0, r, first_.roots.data(), pitch_, fetch});
    for (index_t k = 0; k < r; ++k)
      rest_->run(from_row<T>(middle, k * pitch_), every(from_row<T>(y, k), r), after ? after + 2 * k * after_step : nullptr,
                 r * after_step, scale, scratch + own_, fetch);
  }

 private:
  Pass<T> first_;
  std::shared_ptr<const PanelPlan<T>> rest_;
  index_t pitch_ = 0, own_ = 0;
};

// n = a b: for each j < b the a rows j, j + b, ..., times exp(-2 pi i jk / n);
// then for each k < a the b rows of output k.
template <class T> class Split final : public PanelPlan<T> {
 public:
  Split(const kernels::FourierTable& table, index_t a, index_t b, bool accurate)
      : PanelPlan<T>(table, a * b),
        a_(PanelPlan<T>::make(table, a, accurate)),
        b_(a == b ? a_ : PanelPlan<T>::make(table, b, accurate)) {
    const UnitRoots<T> unit(this->n_);
    twiddles_.reserve(static_cast<std::size_t>(2 * this->n_));
    for (index_t j = 0; j < b; ++j)
      for (index_t k = 0; k < a; ++k) twiddles_.insert(twiddles_.end(), unit(j * k), unit(j * k) + 2);
    // Rows of a power-of-two distance would share a few cache sets: one row
    // more.
    pitch_ = b % 8 == 0 ? b + 1 : b;
    own_ = a * pitch_ * 2 * this->lanes();
    this->scratch_ = own_ + std::max(a_->scratch(), b_->scratch());
    this->bytes_ = static_cast<index_t>(twiddles_.size() * sizeof(T)) + a_->bytes() + (a == b ? 0 : b_->bytes());
  }

  void run(const FourierRows& x, const FourierRows& y, const T* after, index_t after_step, double scale, T* scratch,
           FourierFetch*) const noexcept override {
    const index_t W = this->lanes(), a = a_->n(), b = b_->n();
    const FourierRows middle = planar_rows(scratch, W);
    for (index_t j = 0; j < b; ++j)
      a_->run(every(from_row<T>(x, j), b), every(from_row<T>(middle, j), pitch_), j ? twiddles_.data() + 2 * j * a : nullptr, 1,
              1.0, scratch + own_);
    for (index_t k = 0; k < a; ++k)
      b_->run(from_row<T>(middle, k * pitch_), every(from_row<T>(y, k), a), after ? after + 2 * k * after_step : nullptr,
              a * after_step, scale, scratch + own_);
  }

 private:
  std::shared_ptr<const PanelPlan<T>> a_, b_;
  std::vector<T> twiddles_;
  index_t pitch_ = 0, own_ = 0;
};

// A transform of one vector, by a panel whose lanes are all the same: how the
// plans make the spectra of their own factors.
template <class T>
std::vector<T> spectrum(const kernels::FourierTable& table, const std::vector<double>& x, double scale) {
  const auto n = static_cast<index_t>(x.size() / 2);
  const auto plan = PanelPlan<double>::make(table, n);
  const index_t W = table.width[1];
  std::vector<double> panel(x.size() * W), scratch(plan->scratch() + 8);
  for (std::size_t i = 0; i < x.size(); ++i) std::fill_n(panel.begin() + i * W, W, x[i]);
  const FourierRows rows = planar_rows(panel.data(), W);
  plan->run(rows, rows, nullptr, 0, scale, scratch.data());
  std::vector<T> y(x.size());
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = static_cast<T>(panel[i * W]);
  return y;
}

// Rader: with a primitive root g of p, outputs g^-j are x_0 + the cyclic
// convolution of x[g^j] and exp(-2 pi i g^-j / p).
template <class T> class Rader final : public PanelPlan<T> {
 public:
  Rader(const kernels::FourierTable& table, index_t p) : PanelPlan<T>(table, p), inner_(PanelPlan<T>::make(table, p - 1)) {
    const index_t g = primitive_root(p), h = power(g, p - 2, p);
    const UnitRoots<double> unit(p);
    std::vector<double> kernel;
    for (index_t j = 0, a = 1, b = 1; j < p - 1; ++j, a = a * g % p, b = b * h % p) {
      in_.push_back(a);
      out_.push_back(b);
      kernel.insert(kernel.end(), unit(b), unit(b) + 2);
    }
    factors_ = spectrum<T>(table, kernel, 1.0 / static_cast<double>(p - 1));
    own_ = 2 * this->lanes() * (p + 1);
    this->scratch_ = own_ + inner_->scratch();
    this->bytes_ = static_cast<index_t>(factors_.size() * sizeof(T)) + 16 * (p - 1) + inner_->bytes();
  }

  void run(const FourierRows& x, const FourierRows& y, const T* after, index_t after_step, double scale, T* scratch,
           FourierFetch*) const noexcept override {
    const index_t W = this->lanes(), count = this->n_ - 1;
    T* first = scratch;  // x_0, then the sum of all
    const FourierRows zero = planar_rows(first, W), sum = planar_rows(first + 2 * W, W);
    const FourierRows panel = planar_rows(first + 4 * W, W);
    const auto rows = this->kernels_.rows[PanelPlan<T>::type];
    rows({x, zero, 1, nullptr, nullptr, nullptr, nullptr, 0, nullptr, 1.0});
    rows({x, panel, count, in_.data(), nullptr, nullptr, nullptr, 0, nullptr, 1.0});
    inner_->run(panel, panel, nullptr, 0, 1.0, scratch + own_);
    rows({panel, sum, 1, nullptr, nullptr, nullptr, nullptr, 0, first, 1.0});
    rows({panel, panel, 1, nullptr, nullptr, factors_.data(), nullptr, 0, first, 1.0});
    rows({from_row<T>(panel, 1), from_row<T>(panel, 1), count - 1, nullptr, nullptr, factors_.data() + 2, nullptr, 0, nullptr,
          1.0});
    inner_->run(swapped(panel), swapped(panel), nullptr, 0, 1.0, scratch + own_);
    rows({sum, y, 1, nullptr, nullptr, nullptr, after, after_step, nullptr, scale});
    rows({panel, y, count, nullptr, out_.data(), nullptr, after, after_step, nullptr, scale});
  }

 private:
  std::shared_ptr<const PanelPlan<T>> inner_;
  std::vector<index_t> in_, out_;
  std::vector<T> factors_;
  index_t own_ = 0;
};

// Bluestein: jk = (j^2 + k^2 - (k - j)^2) / 2 makes the transform a convolution
// with a chirp, of a smooth length >= 2n - 1.
template <class T> class Bluestein final : public PanelPlan<T> {
 public:
  Bluestein(const kernels::FourierTable& table, index_t n)
      : PanelPlan<T>(table, n), length_(smooth_length(2 * n - 1)), inner_(PanelPlan<T>::make(table, length_)) {
    const UnitRoots<double> unit(2 * n);
    std::vector<double> kernel(static_cast<std::size_t>(2 * length_));
    for (index_t j = 0, square = 0; j < n; square = (square + 2 * j + 1) % (2 * n), ++j) {
      const double *c = unit(square), re = c[0], im = c[1];
      chirp_.insert(chirp_.end(), {static_cast<T>(re), static_cast<T>(im)});
      for (const index_t at : {j, (length_ - j) % length_}) {
        kernel[2 * at] = re;
        kernel[2 * at + 1] = -im;
      }
    }
    factors_ = spectrum<T>(table, kernel, 1.0 / static_cast<double>(length_));
    own_ = 2 * this->lanes() * length_;
    this->scratch_ = own_ + inner_->scratch();
    this->bytes_ = static_cast<index_t>((chirp_.size() + factors_.size()) * sizeof(T)) + inner_->bytes();
  }

  void run(const FourierRows& x, const FourierRows& y, const T* after, index_t after_step, double scale, T* scratch,
           FourierFetch*) const noexcept override {
    const index_t W = this->lanes(), n = this->n_;
    const FourierRows panel = planar_rows(scratch, W);
    const auto rows = this->kernels_.rows[PanelPlan<T>::type];
    rows({x, panel, n, nullptr, nullptr, chirp_.data(), nullptr, 0, nullptr, 1.0});
    std::fill(scratch + 2 * W * n, scratch + own_, T{});
    inner_->run(panel, panel, nullptr, 0, 1.0, scratch + own_);
    rows({panel, panel, length_, nullptr, nullptr, factors_.data(), nullptr, 0, nullptr, 1.0});
    inner_->run(swapped(panel), swapped(panel), nullptr, 0, 1.0, scratch + own_);
    rows({panel, y, n, nullptr, nullptr, chirp_.data(), after, after_step, nullptr, scale});
  }

 private:
  index_t length_;
  std::shared_ptr<const PanelPlan<T>> inner_;
  std::vector<T> chirp_, factors_;
  index_t own_ = 0;
};

constexpr index_t passes_limit = 256;  // rows whose passes stay near the first cache

constexpr index_t direct_limit = 163;  // primes up to here by their definition

}  // namespace

template <class T>
std::shared_ptr<const PanelPlan<T>> PanelPlan<T>::make(const kernels::FourierTable& table, index_t n, bool accurate) {
  const index_t largest = largest_prime(n);
  if (largest <= (accurate ? kernels::fourier_largest_odd : direct_limit)) {
    if (n <= passes_limit || n == largest) return std::make_shared<Passes<T>>(table, n);
    return std::make_shared<Deep<T>>(table, n, accurate);
  }
  if (largest < n) return std::make_shared<Split<T>>(table, n / largest, largest, accurate);
  // Three passes of radix 3 in a row round more: in double precision Rader then
  // errs 1.1 times as much as pocketfft (n = 379).
  const bool rounds_more = sizeof(T) == 8 && (n - 1) % 27 == 0;
  if (!rounds_more && largest_prime(n - 1) <= 31) return std::make_shared<Rader<T>>(table, n);
  return std::make_shared<Bluestein<T>>(table, n);
}

template class UnitRoots<float>;
template class UnitRoots<double>;
template class PanelPlan<float>;
template class PanelPlan<double>;

}  // namespace flatnet::engine::fourier
