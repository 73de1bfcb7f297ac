// Rader for one vector of prime length p: with a primitive root g of p, outputs g^-j are x_0 plus the cyclic convolution of
// x[g^j] and exp(-2 pi i g^-j / p), by transforms of p - 1 numbers.
#include <cstring>

#include "fourier_vector.hpp"

namespace flatnet::engine::fourier {
namespace {

/// g^0, g^1, .. g^(p-2) modulo p for the least primitive root g.
std::vector<index_t> powers_of_root(index_t p) {
  const index_t g = primitive_root(p);
  std::vector<index_t> powers = {1};
  while (static_cast<index_t>(powers.size()) < p - 1) powers.push_back(powers.back() * g % p);
  return powers;
}

template <class T> class RaderPlan final : public VectorPlan<T> {
 public:
  RaderPlan(const kernels::Table& table, index_t p)
      : VectorPlan<T>(table, p), inner_(VectorPlan<T>::make(table, p - 1, false)) {
    const auto powers = powers_of_root(p);
    const index_t count = p - 1;
    std::vector<double> kernel(static_cast<std::size_t>(2 * count));
    for (index_t j = 0; j < count; ++j) {
      in_.push_back(static_cast<std::int32_t>(powers[j]));
      const index_t back = powers[(count - j) % count];
      out_.push_back(static_cast<std::int32_t>(back));
      unit_root(back, p, kernel.data() + 2 * j);
    }
    transform_constants(table, kernel, 1.0 / static_cast<double>(count));
    factors_.assign(kernel.begin(), kernel.end());
    buffer_ = whole_lines(static_cast<index_t>(factors_.size() * sizeof(T)));
    this->scratch_bytes_ = buffer_ + inner_->scratch_bytes();
    this->bytes_ = buffer_ + 8 * count + inner_->bytes();
  }

  // The inverse is the forward transform read backwards: output k stands at p - k, half a turn further among the powers of g.
  void shared(const void* x, void* y, bool inverse, double scale, void* scratch, int) const noexcept override {
    const index_t count = this->n_ - 1, half = count / 2;
    T* z = static_cast<T*>(scratch);
    void* inner = static_cast<std::byte*>(scratch) + buffer_;
    T first[2];
    std::memcpy(first, x, sizeof first);
    const char* from = static_cast<const char*>(x);
    for (index_t j = 0; j < count; ++j) std::memcpy(z + 2 * j, from + in_[j] * pair, pair);
    inner_->c2c(z, z, false, 1.0, inner);
    const T sum[2] = {(first[0] + z[0]) * static_cast<T>(scale), (first[1] + z[1]) * static_cast<T>(scale)};
    this->table_.fourier->product[VectorPlan<T>::type]({count, z, factors_.data(), z, 1.0, false, false});
    z[0] += first[0];
    z[1] += first[1];
    inner_->c2c(z, z, true, scale, inner);
    std::memcpy(y, sum, sizeof sum);
    put(z, inverse ? half : 0, half, y);
    put(z + 2 * half, inverse ? 0 : half, half, y);
  }

 private:
  static constexpr index_t pair = 2 * sizeof(T);

  void put(const T* z, index_t from, index_t count, void* y) const {
    const std::int32_t* out = out_.data() + from;
    for (index_t j = 0; j < count; ++j) std::memcpy(static_cast<char*>(y) + out[j] * pair, z + 2 * j, pair);
  }

  std::shared_ptr<const VectorPlan<T>> inner_;
  std::vector<std::int32_t> in_, out_;
  std::vector<T> factors_;
  index_t buffer_ = 0;
};

}  // namespace

template <class T> std::shared_ptr<VectorPlan<T>> rader_plan(const kernels::Table& table, index_t p) {
  return std::make_shared<RaderPlan<T>>(table, p);
}
template std::shared_ptr<VectorPlan<float>> rader_plan<float>(const kernels::Table&, index_t);
template std::shared_ptr<VectorPlan<double>> rader_plan<double>(const kernels::Table&, index_t);

}  // namespace flatnet::engine::fourier
