#include "flatnet/core/check.hpp"
#include "flatnet/engine/wavelet.hpp"

namespace flatnet::engine {

FilterBank::FilterBank(const std::vector<double>& dec_lo, const std::vector<double>& dec_hi, const std::vector<double>& rec_lo,
                       const std::vector<double>& rec_hi)
    : taps_(static_cast<index_t>(dec_lo.size())) {
  require(taps_ > 0 && dec_hi.size() == dec_lo.size() && rec_lo.size() == dec_lo.size() && rec_hi.size() == dec_lo.size(),
          "a filter bank needs four filters of one length, got ", dec_lo.size(), ", ", dec_hi.size(), ", ", rec_lo.size(),
          " and ", rec_hi.size(), " taps");
  for (std::size_t m = dec_lo.size(); m-- > 0;) {
    analysis64_.push_back(dec_lo[m]);
    analysis64_.push_back(dec_hi[m]);
  }
  for (std::size_t i = rec_lo.size() / 2; i-- > 0;)
    for (const auto* filter : {&rec_lo, &rec_hi})
      for (const std::size_t phase : {0, 1}) synthesis64_.push_back((*filter)[2 * i + phase]);
  const auto single = [](const std::vector<double>& taps) {
    std::vector<float> f;
    for (const double t : taps) f.push_back(static_cast<float>(t));
    return f;
  };
  analysis32_ = single(analysis64_);
  synthesis32_ = single(synthesis64_);
}

template <> const float* FilterBank::analysis<float>() const { return analysis32_.data(); }
template <> const double* FilterBank::analysis<double>() const { return analysis64_.data(); }
template <> const float* FilterBank::synthesis<float>() const { return synthesis32_.data(); }
template <> const double* FilterBank::synthesis<double>() const { return synthesis64_.data(); }

index_t wavelet_length(index_t n, index_t taps, WaveletMode mode) {
  return mode == WaveletMode::periodization ? (n + 1) / 2 : (n + taps - 1) / 2;
}

index_t wavelet_inverse_length(index_t m, index_t taps, WaveletMode mode) {
  return mode == WaveletMode::periodization ? 2 * m : 2 * m - taps + 2;
}

index_t wavelet_rows_from(Dtype component) { return 64 / size_of(component); }

}  // namespace flatnet::engine
