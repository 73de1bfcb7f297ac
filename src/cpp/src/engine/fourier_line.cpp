#include "flatnet/engine/fourier_line.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <vector>

#include "flatnet/core/check.hpp"
#include "flatnet/core/memory.hpp"

namespace flatnet::engine {

using kernels::FourierLineArgs;
using kernels::FourierLineSet;
using kernels::FourierLineSmall;

namespace {

constexpr index_t alignment = 64;
/// Up to here a real transform is a complex one of the same length: as fast as one of half the length with its extra step,
/// and that step's roundings would be felt.
constexpr index_t direct = 64;

constexpr index_t largest = index_t{1} << 24;
constexpr index_t rounded(index_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

/// n = 2^a 3^b 5^c 7^d.
bool smooth(index_t n) {
  for (const index_t r : {2, 3, 5, 7})
    while (n % r == 0) n /= r;
  return n == 1;
}
constexpr int index_of(int radix) { return kernels::fourier_line_index(radix); }
bool power_of_two(index_t n) { return (n & (n - 1)) == 0; }

/// exp(-2 pi i k / n), computed for the first octant only: exact on the axes and symmetric. n is 1, 2 or a multiple of 4.
template <class T> class Roots {
 public:
  explicit Roots(index_t n) : n_(n), cosine_(static_cast<std::size_t>(n / 8 + 1)), sine_(cosine_.size()) {
    const long double step = 2 * 3.14159265358979323846264338327950288L / static_cast<long double>(n);
    for (index_t k = 0; k <= n / 8; ++k) {
      cosine_[k] = static_cast<T>(std::cos(step * static_cast<long double>(k)));
      sine_[k] = static_cast<T>(std::sin(step * static_cast<long double>(k)));
    }
  }
  void put(index_t k, T* re, T* im) const {
    const index_t quarter = (8 * k / n_ + 1) / 2;     // the nearest axis, in quarter turns
    const index_t past = (4 * k - quarter * n_) / 4;  // -n/8 .. n/8 steps from there
    const T c = cosine_[past < 0 ? -past : past], s = past < 0 ? -sine_[-past] : sine_[past];
    switch (quarter % 4) {
      case 0: *re = c, *im = -s; break;
      case 1: *re = -s, *im = -c; break;
      case 2: *re = -c, *im = s; break;
      default: *re = s, *im = c;
    }
  }

 private:
  index_t n_;
  std::vector<T> cosine_, sine_;
};

/// n as a product of at most `passes` radices that no one exceeds, largest last; whether there is one.
bool factored(const FourierLineSet& set, index_t n, int passes, int most, std::vector<int>& radices) {
  if (n == 1) return true;
  if (passes == 0) return false;
  for (int i = kernels::fourier_line_radix_count; i-- > 0;) {
    const int r = kernels::fourier_line_radices[i];
    if (r > most || n % r || !set.last[0][i] || !factored(set, n / r, passes - 1, r, radices)) continue;
    radices.push_back(r);
    return true;
  }
  return false;
}

/// Radices of the passes for n numbers, the first one's first; empty when the set cannot start on n. A pass costs as much for
/// a large radix as for a small one beyond the first cache, and nearly so in it: as few passes as there can be. A first pass
/// whose chunks of lanes overlap pays for the overlap.
std::vector<int> mixed_radices(const FourierLineSet& set, index_t n) {
  std::vector<int> best;
  double best_cost = 0;
  for (int i = 0; i < kernels::fourier_line_radix_count; ++i) {
    const int first = kernels::fourier_line_radices[i];
    const index_t m = n / first;
    if (!set.first[0][i] || first > 64 || n % first || m < set.lanes) continue;
    const double chunks = static_cast<double>((m + set.lanes - 1) / set.lanes * set.lanes) / static_cast<double>(m);
    for (int passes = 1;; ++passes) {
      std::vector<int> radices;
      if (!factored(set, m, passes, 64, radices)) continue;
      const double cost = passes + chunks;
      if (best.empty() || cost <= best_cost) {
        best = {first};
        best.insert(best.end(), radices.begin(), radices.end());
        best_cost = cost;
      }
      break;
    }
  }
  return best;
}

/// The same; powers of two in radices of equal size.
std::vector<int> radices_of(const FourierLineSet& set, index_t n) {
  if (!power_of_two(n)) return mixed_radices(set, n);
  int log = 0, least = 0, most = 8;
  while (index_t{1} << log < n) ++log;
  while (1 << least < set.lanes) ++least;
  while (!set.last[0][index_of(1 << most)]) --most;
  int passes = std::max(2, (log + most - 1) / most);
  int first = std::max(least, log / passes);
  while (first >= least && !(set.first[0][index_of(1 << first)] && n >> first >= set.lanes)) --first;
  if (first < least) return {};
  std::vector<int> radices = {1 << first};
  passes = std::max(passes - 1, (log - first + most - 1) / most);
  for (log -= first; log > 0; --passes) {
    const int take = log / passes;
    radices.push_back(1 << take);
    log -= take;
  }
  return radices;
}

}  // namespace

void LinePlan::Free::operator()(void* p) const { ::operator delete(p, std::align_val_t{alignment}); }

template <class T> class LineBuilder {
 public:
  LineBuilder(LinePlan& plan, const kernels::FourierLineTable& table, index_t n)
      : plan_(plan), table_(table), n_(n), roots_(n) {}

  /// Fills the plan; `real`: with the weights that turn a half-length transform into a real one.
  void run(bool real) {
    if (!small()) passes();
    align();
    const std::size_t first_real = weights_.size();
    if (real) {
      plan_.real_row_ = rounded(n_ / 4 * static_cast<index_t>(sizeof(T))) / static_cast<index_t>(sizeof(T));
      weights_.resize(first_real + static_cast<std::size_t>(2 * plan_.real_row_));
      for (index_t k = 1; k <= n_ / 4; ++k) {
        T* at = weights_.data() + first_real + k - 1;
        roots_.put(k, at, at + plan_.real_row_);
      }
    }
    plan_.weights_bytes_ = rounded(static_cast<index_t>(weights_.size() * sizeof(T)));
    require_memory("the plan of a transform", static_cast<double>(plan_.weights_bytes_));
    plan_.weights_.reset(::operator new(static_cast<std::size_t>(plan_.weights_bytes_) + 1, std::align_val_t{alignment}));
    T* at = static_cast<T*>(plan_.weights_.get());
    std::copy(weights_.begin(), weights_.end(), at);
    for (int i = 0; i < plan_.passes_; ++i) {
      plan_.pass_[i].weights = at + offsets_[static_cast<std::size_t>(i)];
      plan_.pass_[i].inner = at + inner_[static_cast<std::size_t>(i)];
    }
    plan_.real_weights_ = at + first_real;
    plan_.real_ = table_.real[size];
  }

 private:
  static constexpr int size = sizeof(T) == 4 ? 0 : 1;

  void push(index_t k) {
    T re, im;
    roots_.put(k, &re, &im);
    weights_.push_back(re);
    weights_.push_back(im);
  }
  /// Weights of the numbers q + s p = from .. from + lanes - 1 for outputs k = 1 .. r - 1, planar.
  void push_vectors(index_t from, index_t lanes, index_t s, index_t m, int r) {
    for (int k = 1; k < r; ++k) {
      const std::size_t at = weights_.size();
      weights_.resize(at + static_cast<std::size_t>(2 * lanes));
      for (index_t l = 0; l < lanes; ++l)
        roots_.put((from + l) / s * k % (r * m) * (n_ / (r * m)), &weights_[at + l], &weights_[at + lanes + l]);
    }
  }
  void align() { weights_.resize((weights_.size() * sizeof(T) + alignment - 1) / alignment * alignment / sizeof(T)); }
  /// A pass, and what its radix needs inside; its weights come next.
  void add(kernels::FourierLineKernel forward, kernels::FourierLineKernel inverse, index_t s, index_t m, int radix) {
    align();
    inner_.push_back(weights_.size());
    const int first = kernels::fourier_line_first(radix);
    if (first < radix)
      for (int b = 0; b < radix / first; ++b)
        for (int c = 1; c < first; ++c) push(b * c * (n_ / radix));
    align();
    offsets_.push_back(weights_.size());
    plan_.pass_[plan_.passes_++] = {{forward, inverse}, nullptr, nullptr, s, m};
  }
  /// exp(-2 pi i k p / n) for the numbers p = from .. of a vector, planar, in the order of its lanes.
  void push_vector(index_t from, const FourierLineSet& set, int k) {
    const std::size_t at = weights_.size();
    weights_.resize(at + static_cast<std::size_t>(2 * set.lanes));
    for (index_t l = 0; l < set.lanes; ++l)
      roots_.put((from + set.number[l]) * k, &weights_[at + l], &weights_[at + set.lanes + l]);
  }

  /// The weights of a first pass for one chunk.
  void push_chunk(index_t p, const FourierLineSet& set, int radix) {
    if (!kernels::fourier_line_products(radix)) {
      for (int k = 0; k < radix; ++k) push_vector(p, set, k);
      return;
    }
    const int first = kernels::fourier_line_first(radix);
    for (int c = 0; c < first; ++c) push_vector(p, set, c);
    for (int d = 0; d < radix / first; ++d) push_vector(p, set, first * d);
  }

  bool small() {
    if (!power_of_two(n_) || n_ >= index_t{1} << kernels::fourier_line_small) return false;
    int log = 0;
    while (index_t{1} << log < n_) ++log;
    const FourierLineSmall& kernel = table_.small[size][log];
    if (!kernel.run[0]) return false;
    add(kernel.run[0], kernel.run[1], 1, 1, 1);
    index_t s = 1;
    for (const int r : kernel.radices) {
      if (r == 0 || s * r == n_) break;
      const index_t m = n_ / s / r;
      for (index_t i = 0; i < s * m; i += kernel.lanes) push_vectors(i, kernel.lanes, s, m, r);
      s *= r;
    }
    return true;
  }

  void passes() {
    const FourierLineSet* set = table_.sets[size];
    std::vector<int> radices = radices_of(*set, n_);
    while (radices.empty()) radices = radices_of(*++set, n_);
    index_t s = 1;
    for (const int r : radices) {
      const index_t m = n_ / s / r;
      const int i = index_of(r);
      if (s == 1) add(set->first[0][i], set->first[1][i], s, m, r);
      else if (m > 1) add(set->middle[i], set->middle[i], s, m, r);
      else add(set->last[0][i], set->last[1][i], s, m, r);
      if (s == 1)
        for (index_t p = 0; p < m; p += set->lanes) push_chunk(std::min(p, m - set->lanes), *set, r);
      else if (m > 1)
        for (index_t p = 0; p < m; ++p)
          for (int k = 0; k < r; ++k) push(p * k * s);
      s *= r;
    }
    plan_.row_ = radices[0];
    plan_.turns_ = set->lanes * static_cast<index_t>(sizeof(T)) == alignment && kernels::fourier_line_turns(radices[0]);
    // Two planar vectors; the second begins a little past a multiple of a page, so that a pass does not read and write
    // addresses that agree in their last 12 bits.
    plan_.planar_bytes_ = rounded(2 * n_ * static_cast<index_t>(sizeof(T))) + 1088;
    plan_.scratch_bytes_ = rounded(2 * plan_.planar_bytes_);
  }

  LinePlan& plan_;
  const kernels::FourierLineTable& table_;
  index_t n_;
  Roots<T> roots_;
  std::vector<T> weights_;
  std::vector<std::size_t> offsets_, inner_;
};

bool LinePlan::supports(index_t n) {
  if (n < 1 || n > largest) return false;
  return power_of_two(n) || (n % 4 == 0 && n >= 16 && smooth(n));
}

std::shared_ptr<LinePlan> LinePlan::build(const kernels::Table& table, Dtype component, index_t n, bool real) {
  std::shared_ptr<LinePlan> plan(new LinePlan);
  plan->n_ = n;
  plan->component_bytes_ = size_of(component);
  if (component == Dtype::f32) LineBuilder<float>(*plan, *table.fourier_line, n).run(real);
  else LineBuilder<double>(*plan, *table.fourier_line, n).run(real);
  return plan;
}

std::shared_ptr<const LinePlan> LinePlan::make(const kernels::Table& table, Dtype component, index_t n) {
  require(supports(n), "a line plan wants a power of two or a 7-smooth multiple of 4 up to ", largest, ", got n = ", n);
  require(component == Dtype::f32 || component == Dtype::f64, "a line plan computes in float32 or float64, got ",
          name(component));
  const auto plan = build(table, component, n, supports_real(n) && n > direct);
  if (supports_real(n) && n > direct) {
    plan->half_ = build(table, component, n / 2, false);
    plan->packed_bytes_ = rounded(n * size_of(component));
    plan->scratch_bytes_ = std::max(plan->scratch_bytes_, plan->packed_bytes_ + plan->half_->scratch_bytes_);
  }
  return plan;
}

index_t LinePlan::bytes() const { return static_cast<index_t>(sizeof *this) + weights_bytes_ + (half_ ? half_->bytes() : 0); }

void LinePlan::c2c(const void* x, void* y, bool inverse, double scale, void* scratch) const noexcept {
  std::byte* planar[2] = {static_cast<std::byte*>(scratch), static_cast<std::byte*>(scratch) + planar_bytes_};
  // Whole vectors are stored to whole cache lines.
  const index_t number = 2 * component_bytes_, past = reinterpret_cast<std::uintptr_t>(y) % alignment;
  const index_t turn = turns_ && past % number == 0 && past > 0 ? (alignment - past) / number : 0;
  const void* from = x;
  for (int i = 0; i < passes_; ++i) {
    const Pass& pass = pass_[i];
    void* to = i + 1 == passes_ ? y : planar[i % 2];
    pass.kernel[inverse]({from, to, pass.weights, pass.inner, pass.s, pass.m, scale, turn, row_});
    from = to;
  }
}

template <class T> void LinePlan::r2c_direct(const void* x, void* y, bool inverse, double scale, void* scratch) const noexcept {
  T reals[direct], numbers[2 * direct];
  std::memcpy(reals, x, static_cast<std::size_t>(n_) * sizeof(T));
  for (index_t i = 0; i < n_; ++i) {
    numbers[2 * i] = reals[i];
    numbers[2 * i + 1] = 0;
  }
  c2c(numbers, numbers, inverse, scale, scratch);
  numbers[1] = numbers[n_ + 1] = 0;
  std::memcpy(y, numbers, static_cast<std::size_t>(n_ + 2) * sizeof(T));
}

template <class T> void LinePlan::c2r_direct(const void* x, void* y, bool inverse, double scale, void* scratch) const noexcept {
  T reals[direct], numbers[2 * direct + 2];
  std::memcpy(numbers, x, static_cast<std::size_t>(n_ + 2) * sizeof(T));
  numbers[1] = numbers[n_ + 1] = 0;
  for (index_t k = 1; k < n_ / 2; ++k) {
    numbers[2 * (n_ - k)] = numbers[2 * k];
    numbers[2 * (n_ - k) + 1] = -numbers[2 * k + 1];
  }
  c2c(numbers, numbers, inverse, scale, scratch);
  for (index_t i = 0; i < n_; ++i) reals[i] = numbers[2 * i];
  std::memcpy(y, reals, static_cast<std::size_t>(n_) * sizeof(T));
}

void LinePlan::r2c(const void* x, void* y, bool inverse, double scale, void* scratch) const noexcept {
  if (n_ <= direct) {
    component_bytes_ == 4 ? r2c_direct<float>(x, y, inverse, scale, scratch)
                          : r2c_direct<double>(x, y, inverse, scale, scratch);
    return;
  }
  half_->c2c(x, y, false, 1, scratch);
  real_.unpack({y, y, real_weights_, nullptr, inverse, n_ / 2, scale, 0, real_row_});
}

void LinePlan::c2r(const void* x, void* y, bool inverse, double scale, void* scratch) const noexcept {
  if (n_ <= direct) {
    component_bytes_ == 4 ? c2r_direct<float>(x, y, inverse, scale, scratch)
                          : c2r_direct<double>(x, y, inverse, scale, scratch);
    return;
  }
  std::byte* packed = static_cast<std::byte*>(scratch);
  real_.pack({x, packed, real_weights_, nullptr, !inverse, n_ / 2, scale, 0, real_row_});
  half_->c2c(packed, y, true, 1, packed + packed_bytes_);
}

}  // namespace flatnet::engine
