// Long single vectors: n = n1 n2, x read as n1 rows of n2. Tiles of W columns
// j2 are transformed, turned and written as rows j2 of n1 numbers (to y itself,
// which is scratch until then, unless it is x); tiles of W columns of those
// give W neighbouring outputs of every row of y: two passes over memory, during
// which the next tile is fetched.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "flatnet/core/parallel.hpp"
#include "fourier_vector.hpp"

namespace flatnet::engine::fourier {
namespace {

/// exp(-2 pi i e / n) for any e < n from two tables of about sqrt(n) entries,
/// in double.
class TwoLevels {
 public:
  explicit TwoLevels(index_t n) {
    while ((index_t{1} << (2 * bits_)) < n) ++bits_;
    const index_t low = index_t{1} << bits_, high = (n + low - 1) / low;
    fill(low_, low, 1, n);
    fill(high_, high, low, n);
  }
  void get(index_t e, double* w) const {
    const double* a = low_.data() + 2 * (e & ((index_t{1} << bits_) - 1));
    const double* b = high_.data() + 2 * (e >> bits_);
    w[0] = a[0] * b[0] - a[1] * b[1];
    w[1] = a[0] * b[1] + a[1] * b[0];
  }

 private:
  static void fill(std::vector<double>& to, index_t count, index_t step, index_t n) {
    for (index_t i = 0; i < count; ++i) {
      double w[2];
      unit_root(i * step, n, w);
      to.insert(to.end(), w, w + 2);
    }
  }
  int bits_ = 0;
  std::vector<double> low_, high_;
};

template <class T> class LongPlan final : public VectorPlan<T> {
 public:
  LongPlan(const kernels::Table& table, index_t n1, index_t n2, bool accurate)
      : VectorPlan<T>(table, n1 * n2),
        first_(panel_plan<T>(table, n1, accurate)),
        second_(n1 == n2 ? first_ : panel_plan<T>(table, n2, accurate)),
        W_(this->lanes()) {
    const TwoLevels unit(n1 * n2);
    double w[2];
    for (index_t j = 0; j < n2 + W_; ++j) {
      for (int h = 0; h < 2; ++h)
        for (index_t i = 0; i < W_; ++i) {
          unit.get(j % n2 * i, w);
          turns_.push_back(static_cast<T>(w[h]));
        }
      for (index_t b = 0; b * W_ < n1; ++b) {
        unit.get(j % n2 * b * W_, w);
        steps_.insert(steps_.end(), {static_cast<T>(w[0]), static_cast<T>(w[1])});
      }
    }
    own_ = whole_lines((4 * W_ * std::max(n1, n2) + std::max(first_->scratch(), second_->scratch())) * size);
    this->scratch_bytes_ = shared_bytes(1);
    this->bytes_ = static_cast<index_t>(turns_.size() + steps_.size()) * size + first_->bytes() + second_->bytes();
  }

  index_t shared_bytes(int threads) const override { return whole_lines(2 * this->n_ * size) + threads * own_; }

  void shared(const void* x, void* y, bool inverse, double scale, void* scratch, int threads) const noexcept override {
    const bool apart = x != y;
    T* middle = static_cast<T*>(apart ? y : scratch);
    std::byte* own = static_cast<std::byte*>(scratch) + whole_lines(2 * this->n_ * size);
    const index_t n1 = first_->n(), n2 = second_->n();
    const bool streamed = 2 * this->n_ * size >= streamed_bytes;
    const index_t turned = shift_of(middle, n1);
    each_tile(
        *first_, static_cast<const T*>(x), n2, threads, own,
        [&](index_t from, index_t present, T* panel, T* inner, FourierFetch* fetch) {
          first_->run(planar_rows(panel, W_), planar_rows(panel, W_), nullptr, 0, 1.0, inner, fetch);
          this->table_.fourier->turn[type]({panel, n1, present, turns_.data() + 2 * W_ * from,
                                            steps_.data() + 2 * from * ((n1 + W_ - 1) / W_), middle + 2 * from * n1, 2 * n1,
                                            turned, streamed && aligned(middle, n1)});
          if (streamed) this->table_.fourier->settle();
        },
        inverse);
    each_tile(
        *second_, middle, n1, threads, own,
        [&](index_t from, index_t present, T* panel, T* inner, FourierFetch* fetch) {
          T* to = static_cast<T*>(y) + 2 * from;
          const FourierRows planar = planar_rows(panel, W_);
          if (present < W_) {
            second_->run(planar, planar, nullptr, 0, scale, inner);
            return scatter(panel, n2, n1, present, inverse, to);
          }
          const bool past = streamed && aligned(to, n1) && reinterpret_cast<std::uintptr_t>(to) % 64 == 0;
          second_->run(planar, pair_rows(to, 2 * n1, inverse, past), nullptr, 0, scale, inner, fetch);
          if (past) this->table_.fourier->settle();
        },
        false);
  }

 private:
  static constexpr index_t size = sizeof(T);
  static constexpr int type = VectorPlan<T>::type;

  // Whether rows of `row` numbers all have a number at the same place where a vector of pairs (a line at most) is aligned; where.
  bool aligned(const T* data, index_t row) const {
    return row % W_ == 0 && reinterpret_cast<std::uintptr_t>(data) % static_cast<std::uintptr_t>(2 * size) == 0;
  }
  index_t shift_of(const T* data, index_t row) const {
    const index_t unit = std::min<index_t>(64, 2 * W_ * size);
    const index_t behind = static_cast<index_t>(reinterpret_cast<std::uintptr_t>(data)) % unit;
    return aligned(data, row) ? (unit - behind) % unit / (2 * size) : 0;
  }

  // W (or fewer) columns of an array of rows of `pitch` numbers to a panel, and
  // back.
  void gather(const T* x, index_t count, index_t pitch, index_t present, bool swap, T* panel) const {
    std::fill_n(panel, 2 * W_ * count, T{});
    for (index_t r = 0; r < count; ++r)
      for (index_t j = 0; j < 2 * present; ++j)
        std::memcpy(panel + (2 * r + (j + swap) % 2) * W_ + j / 2, x + 2 * r * pitch + j, sizeof(T));
  }
  void scatter(const T* panel, index_t count, index_t pitch, index_t present, bool swap, T* y) const {
    for (index_t r = 0; r < count; ++r)
      for (index_t j = 0; j < 2 * present; ++j)
        std::memcpy(y + 2 * r * pitch + j, panel + (2 * r + (j + swap) % 2) * W_ + j / 2, sizeof(T));
  }
  // run(first column, columns, panel, scratch, fetch) on all columns of an
  // array with rows of `pitch` numbers, W at a time from the first aligned one:
  // the next are copied during each run. Those before and behind are fewer.
  template <class Run>
  void each_tile(const PanelPlan<T>& plan, const T* x, index_t pitch, int threads, std::byte* own, Run&& run, bool swap) const {
    const index_t n = plan.n(), panel = 2 * W_ * std::max(first_->n(), second_->n()), shift = shift_of(x, pitch);
    const index_t tiles = (pitch - shift) / W_, behind = shift + tiles * W_;
    // The columns of a task's first tile are waited for.
    const index_t chunk = std::clamp<index_t>(tiles / threads, 1, 32), tasks = (tiles + chunk - 1) / chunk;
    parallel_for(tasks + 1, threads, [&](index_t i, int thread) {
      T *here = reinterpret_cast<T*>(own + thread * own_), *other = here + panel, *inner = other + panel;
      const auto part = [&](index_t first, index_t present) {
        if (present == 0) return;
        gather(x + 2 * first, n, pitch, present, swap, here);
        run(first, present, here, inner, static_cast<FourierFetch*>(nullptr));
      };
      if (i == tasks) {
        part(0, shift);
        return part(behind, pitch - behind);
      }
      const index_t first = shift + i * chunk * W_, last = std::min(behind, first + chunk * W_);
      this->table_.fourier->columns_in[type]({n, 1, const_cast<T*>(x) + 2 * first, 2 * pitch, here, panel, false, swap, false});
      for (index_t from = first; from < last; from += W_, std::swap(here, other)) {
        FourierFetch fetch{x + 2 * (from + W_), 2 * pitch, other, n, n, plan.passes(), swap};
        run(from, W_, here, inner, from + W_ < last ? &fetch : nullptr);
      }
    });
  }

  std::shared_ptr<const PanelPlan<T>> first_, second_;
  index_t W_;
  std::vector<T> turns_;  // planar vectors: lane i of row j2 is exp(-2 pi i j2 i / n)
  std::vector<T> steps_;  // pairs exp(-2 pi i j2 b W / n), blocks b of a row j2
                          // side by side
  index_t own_ = 0;       // bytes of a thread
};

}  // namespace

std::pair<index_t, index_t> long_factors(index_t n, index_t lanes, index_t largest) {
  if (n < 2 || largest_prime(n) > largest) return {0, 0};
  // The divisors nearest to the square root; of those, whole vectors first.
  const auto root = static_cast<index_t>(std::sqrt(static_cast<double>(n)));
  index_t best = 0, best_cost = 0;
  for (index_t a = std::max<index_t>(root / 16, 2); a <= root; ++a) {
    if (n % a) continue;
    const index_t b = n / a, waste = (a % lanes ? 1 : 0) + (b % lanes ? 1 : 0), cost = (a + b) * (8 + waste);
    if (best && cost >= best_cost) continue;
    best = a;
    best_cost = cost;
  }
  if (!best || n / best > index_t{1} << 15) return {0, 0};
  return {best, n / best};
}

template <class T>
std::shared_ptr<VectorPlan<T>> long_plan(const kernels::Table& table, index_t n1, index_t n2, bool accurate) {
  return std::make_shared<LongPlan<T>>(table, n1, n2, accurate);
}
template std::shared_ptr<VectorPlan<float>> long_plan<float>(const kernels::Table&, index_t, index_t, bool);
template std::shared_ptr<VectorPlan<double>> long_plan<double>(const kernels::Table&, index_t, index_t, bool);

}  // namespace flatnet::engine::fourier
