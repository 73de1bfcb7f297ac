// Bluestein for one vector of any length: jk = (j^2 + k^2 - (k - j)^2) / 2 makes its transform a convolution with a chirp.
#include <cstring>

#include "fourier_vector.hpp"

namespace flatnet::engine::fourier {
namespace {

template <class T> class ChirpPlan final : public VectorPlan<T> {
 public:
  ChirpPlan(const kernels::Table& table, index_t n)
      : VectorPlan<T>(table, n),
        length_(4 * smooth_length((2 * n + 2) / 4)),
        inner_(VectorPlan<T>::make(table, length_, false)) {
    std::vector<double> kernel(static_cast<std::size_t>(2 * length_));
    for (index_t j = 0, square = 0; j < n; square = (square + 2 * j + 1) % (2 * n), ++j) {
      double w[2];
      unit_root(square, 2 * n, w);
      chirp_.insert(chirp_.end(), {static_cast<T>(w[0]), static_cast<T>(w[1])});
      for (const index_t at : {j, (length_ - j) % length_}) {
        kernel[2 * at] = w[0];
        kernel[2 * at + 1] = -w[1];
      }
    }
    transform_constants(table, kernel, 1.0 / static_cast<double>(length_));
    factors_.assign(kernel.begin(), kernel.end());
    buffer_ = whole_lines(2 * length_ * static_cast<index_t>(sizeof(T)));
    this->scratch_bytes_ = shared_bytes(1);
    this->bytes_ = static_cast<index_t>((chirp_.size() + factors_.size()) * sizeof(T)) + inner_->bytes();
  }

  index_t shared_bytes(int threads) const override { return buffer_ + inner_->shared_bytes(threads); }

  void shared(const void* x, void* y, bool inverse, double scale, void* scratch, int threads) const noexcept override {
    const auto product = this->table_.fourier->product[VectorPlan<T>::type];
    T* z = static_cast<T*>(scratch);
    void* inner = static_cast<std::byte*>(scratch) + buffer_;
    const index_t n = this->n_;
    product({n, x, chirp_.data(), z, 1.0, inverse, false});
    std::memset(z + 2 * n, 0, static_cast<std::size_t>(length_ - n) * 2 * sizeof(T));
    inner_->shared(z, z, false, 1.0, inner, threads);
    product({length_, z, factors_.data(), z, 1.0, false, false});
    inner_->shared(z, z, true, 1.0, inner, threads);
    product({n, z, chirp_.data(), y, scale, false, inverse});
  }

 private:
  index_t length_;
  std::shared_ptr<const VectorPlan<T>> inner_;
  std::vector<T> chirp_, factors_;
  index_t buffer_ = 0;
};

}  // namespace

template <class T> std::shared_ptr<VectorPlan<T>> chirp_plan(const kernels::Table& table, index_t n) {
  return std::make_shared<ChirpPlan<T>>(table, n);
}
template std::shared_ptr<VectorPlan<float>> chirp_plan<float>(const kernels::Table&, index_t);
template std::shared_ptr<VectorPlan<double>> chirp_plan<double>(const kernels::Table&, index_t);

}  // namespace flatnet::engine::fourier
