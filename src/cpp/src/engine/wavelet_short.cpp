#include "wavelet_short.hpp"

#include <algorithm>

namespace flatnet::engine {
namespace {
constexpr index_t apart = 128;  // coefficients of a line from which it is worth a call of its own
}

template <class T>
ShortLevels<T>::ShortLevels(const kernels::Table& table, const FilterBank& bank, WaveletMode mode, index_t width,
                            const index_t* lengths, index_t levels)
    : kernels_(*table.wavelet), bank_(bank), width_(width), pitch_(0) {
  const index_t taps = bank.taps(), offset = mode == WaveletMode::periodization ? taps / 2 : 1, begin = offset - (taps - 1);
  for (index_t l = 0; l < levels; ++l) {
    const index_t n = lengths[l], count = lengths[l + 1], end = 2 * (count - 1) + offset + 1;
    if (l > 0 && n == lengths[l - 1]) {
      step_.push_back(step_.back());
      continue;
    }
    Step step{std::max<index_t>(0, -begin), std::max<index_t>(0, begin), n, count, 0, {}};
    const auto add = [&](index_t p) {
      const Mixture m = extension(mode, n, p);
      Beyond b{p + step.before, {}, m.terms, {}};
      for (int i = 0; i < m.terms; ++i) {
        b.row[i] = m.row[i] + step.before;
        b.weight[i] = static_cast<T>(m.weight[i]);
      }
      step.beyond.push_back(b);
    };
    for (index_t p = -step.before; p < 0; ++p) add(p);
    for (index_t p = n; p < end; ++p) add(p);
    step.pitch = (step.before + std::max(n, end) + 1) / 2 * 2 * width;
    pitch_ = std::max(pitch_, step.pitch);
    step_.push_back(steps_.size());
    steps_.push_back(std::move(step));
  }
  pitch_ = (pitch_ + 31) / 32 * 32;
}

template <class T> void ShortLevels<T>::extend(const Step& step, T* line) const {
  for (const Beyond& b : step.beyond)
    for (index_t c = 0; c < width_; ++c) {
      T sum = b.terms > 0 ? line[b.row[0] * width_ + c] : T{};
      if (b.terms > 0 && b.weight[0] != 1) sum *= b.weight[0];
      for (int i = 1; i < b.terms; ++i) sum += b.weight[i] * line[b.row[i] * width_ + c];
      line[b.to * width_ + c] = sum;
    }
}

template <class T>
void ShortLevels<T>::analyze(index_t lines, const T* x, index_t x_step, T* const* out, index_t first, T* scratch) const {
  const auto levels = static_cast<index_t>(step_.size());
  const auto kernel = kernels_.analyze_line[kernels::size_index(sizeof(T))];
  T *const extended = scratch, *const lo = scratch + lines * pitch_, *const hi = lo + lines * pitch_ / 2;
  for (index_t l = 0; l < levels; ++l) {
    const Step& now = step(l);
    for (index_t r = 0; r < lines; ++r) {
      T* const line = extended + r * now.pitch;
      std::copy(x + r * x_step, x + r * x_step + now.n * width_, line + now.before * width_);
      extend(now, line);
    }
    const index_t half = now.pitch / 2, size = now.count * width_;
    T* const details = out[levels - l] + first * size;
    const kernels::WaveletArgs whole{((lines - 1) * half + size) / width_,
                                     width_,
                                     bank_.taps(),
                                     bank_.analysis<T>(),
                                     extended + now.start * width_,
                                     lo,
                                     hi,
                                     width_,
                                     width_,
                                     width_};
    if (size <= apart) {
      kernel(whole);
      for (index_t r = 0; r < lines; ++r) std::copy(hi + r * half, hi + r * half + size, details + r * size);
    } else {
      kernels::WaveletArgs one = whole;
      one.count = now.count;
      for (index_t r = 0; r < lines; ++r) {
        one.x = extended + now.start * width_ + r * now.pitch;
        one.lo = lo + r * half;
        one.hi = details + r * size;
        kernel(one);
      }
    }
    x = lo;
    x_step = half;
  }
  const index_t size = step(levels - 1).count * width_;
  for (index_t r = 0; r < lines; ++r) std::copy(x + r * x_step, x + r * x_step + size, out[0] + (first + r) * size);
}

template class ShortLevels<float>;
template class ShortLevels<double>;

}  // namespace flatnet::engine
