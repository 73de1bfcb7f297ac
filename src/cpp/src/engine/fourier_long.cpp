// Long single vectors: n = n1 n2, x read as n1 rows of n2. Panels of W columns are transformed, turned and written to W-row
// blocks (`middle`), whose panels give W neighbouring outputs of every row of y: two passes over memory.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "flatnet/core/parallel.hpp"
#include "fourier_vector.hpp"

namespace flatnet::engine::fourier {
namespace {

/// exp(-2 pi i e / n) for any e < n from two tables of about sqrt(n) entries, in double.
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
  index_t bytes() const { return static_cast<index_t>((low_.size() + high_.size()) * sizeof(double)); }

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
  LongPlan(const kernels::Table& table, index_t n1, index_t n2)
      : VectorPlan<T>(table, n1 * n2),
        first_(panel_plan<T>(table, n1)),
        second_(n1 == n2 ? first_ : panel_plan<T>(table, n2)),
        W_(this->lanes()),
        tiles_((n2 + W_ - 1) / W_),
        blocks_((n1 + W_ - 1) / W_),
        units_(n1 * n2) {
    for (index_t j = 0; j < tiles_ * W_; ++j)
      for (int h = 0; h < 2; ++h)
        for (index_t i = 0; i < W_; ++i) {
          double w[2];
          units_.get(j % n2 * i, w);
          turns_.push_back(static_cast<T>(w[h]));
        }
    middle_ = whole_lines(blocks_ * n2 * 2 * W_ * size);
    panel_ = 2 * W_ * std::max(n1, n2);
    group_ = group_of<T>(panel_);
    own_ = whole_lines((group_ * panel_ + 2 * W_ * blocks_ + std::max(first_->scratch(), second_->scratch())) * size);
    this->scratch_bytes_ = shared_bytes(1);
    this->bytes_ = static_cast<index_t>(turns_.size()) * size + units_.bytes() + first_->bytes() + second_->bytes();
  }

  index_t shared_bytes(int threads) const override { return middle_ + threads * own_; }

  void shared(const void* x, void* y, bool inverse, double scale, void* scratch, int threads) const noexcept override {
    T* middle = static_cast<T*>(scratch);
    std::byte* own = static_cast<std::byte*>(scratch) + middle_;
    // Groups of neighbouring tiles: a row of the array is touched once a group.
    parallel_for((tiles_ + group_ - 1) / group_, threads, [&](index_t i, int thread) {
      columns(static_cast<const T*>(x), i * group_, inverse, middle, reinterpret_cast<T*>(own + thread * own_));
    });
    parallel_for((blocks_ + group_ - 1) / group_, threads, [&](index_t i, int thread) {
      rows(middle, i * group_, inverse, scale, static_cast<T*>(y), x != y, reinterpret_cast<T*>(own + thread * own_));
    });
  }

 private:
  static constexpr index_t size = sizeof(T);

  // Tiles first .. first + group - 1: columns of x, transformed, turned into rows of the blocks.
  void columns(const T* x, index_t first, bool inverse, T* middle, T* own) const {
    const index_t n1 = first_->n(), n2 = second_->n(), whole = std::clamp<index_t>(n2 / W_ - first, 0, group_);
    T* factors = own + group_ * panel_;
    this->table_.fourier->columns_in[VectorPlan<T>::type](
        {n1, whole, const_cast<T*>(x) + 2 * first * W_, 2 * n2, own, panel_, false, inverse, false});
    for (index_t t = first; t < std::min(first + group_, tiles_); ++t) {
      const index_t from = t * W_, present = std::min(W_, n2 - from);
      T* panel = own + (t - first) * panel_;
      if (present < W_) {
        std::fill_n(panel, 2 * W_ * n1, T{});
        for (index_t r = 0; r < n1; ++r)
          for (index_t j = 0; j < 2 * present; ++j)
            std::memcpy(panel + (2 * r + (j + inverse) % 2) * W_ + j / 2, x + 2 * (r * n2 + from) + j, sizeof(T));
      }
      const FourierRows rows = planar_rows(panel, W_);
      first_->run(rows, rows, nullptr, 0, 1.0, factors + 2 * W_ * blocks_);
      for (index_t b = 0; b < blocks_; ++b)
        for (index_t j = 0; j < W_; ++j) {
          double w[2];
          units_.get((from + j) % n2 * b * W_, w);
          factors[2 * (b * W_ + j)] = static_cast<T>(w[0]);
          factors[2 * (b * W_ + j) + 1] = static_cast<T>(w[1]);
        }
      this->table_.fourier->turn[VectorPlan<T>::type]({panel, n1, present, turns_.data() + 2 * W_ * from, factors,
                                                       middle + 2 * W_ * from, n2 * 2 * W_, middle_ >= streamed_bytes});
    }
  }

  // Blocks first .. first + group - 1: W outputs side by side in every row of y.
  void rows(T* middle, index_t first, bool inverse, double scale, T* y, bool apart, T* own) const {
    const index_t n1 = first_->n(), n2 = second_->n(), block = n2 * 2 * W_,
                  whole = std::clamp<index_t>(n1 / W_ - first, 0, group_);
    for (index_t b = 0; b < std::min(group_, blocks_ - first); ++b) {
      second_->run(planar_rows(middle + (first + b) * block, W_), planar_rows(own + b * block, W_), nullptr, 0, scale,
                   own + group_ * panel_ + 2 * W_ * blocks_);
    }
    T* to = y + 2 * first * W_;
    const bool streamed = apart && 2 * this->n_ * size >= streamed_bytes;
    this->table_.fourier->columns_out[VectorPlan<T>::type]({n2, whole, to, 2 * n1, own, block, false, inverse, streamed});
    if (whole == std::min(group_, blocks_ - first)) return;
    const index_t present = n1 - (first + whole) * W_;
    const T* panel = own + whole * block;
    for (index_t r = 0; r < n2; ++r)
      for (index_t j = 0; j < 2 * present; ++j)
        std::memcpy(to + 2 * (r * n1 + whole * W_) + j, panel + (2 * r + (j + inverse) % 2) * W_ + j / 2, sizeof(T));
  }

  std::shared_ptr<const PanelPlan<T>> first_, second_;
  index_t W_, tiles_, blocks_;
  TwoLevels units_;
  std::vector<T> turns_;
  index_t panel_ = 0, group_ = 1;  // elements of a panel, panels of a group
  index_t middle_ = 0, own_ = 0;   // bytes
};

}  // namespace

std::pair<index_t, index_t> long_factors(index_t n, index_t lanes) {
  const auto factors = prime_factors(n);
  if (factors.empty() || factors.back() > 61) return {0, 0};
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

template <class T> std::shared_ptr<VectorPlan<T>> long_plan(const kernels::Table& table, index_t n1, index_t n2) {
  return std::make_shared<LongPlan<T>>(table, n1, n2);
}
template std::shared_ptr<VectorPlan<float>> long_plan<float>(const kernels::Table&, index_t, index_t);
template std::shared_ptr<VectorPlan<double>> long_plan<double>(const kernels::Table&, index_t, index_t);

}  // namespace flatnet::engine::fourier
