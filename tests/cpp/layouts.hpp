#pragma once
/// Arrays of any layout for tests of `Network::apply`: axes in any order in memory, gaps, negative steps, any byte alignment,
/// either byte order. The bytes between the elements are fenced.
#include <algorithm>
#include <cstring>
#include <vector>

#include "flatnet/core/view.hpp"
#include "memory.hpp"

namespace test {

using flatnet::Scalar;

/// f(S{}) with the C++ type of a scalar.
template <class F> decltype(auto) with_scalar_type(Scalar s, F&& f) {
  switch (s) {
    case Scalar::i8: return f(std::int8_t{});
    case Scalar::i16: return f(std::int16_t{});
    case Scalar::i32: return f(std::int32_t{});
    case Scalar::i64: return f(std::int64_t{});
    case Scalar::u8: return f(std::uint8_t{});
    case Scalar::u16: return f(std::uint16_t{});
    case Scalar::u32: return f(std::uint32_t{});
    case Scalar::u64: return f(std::uint64_t{});
    case Scalar::f32: return f(float{});
    case Scalar::f64: return f(double{});
    case Scalar::c64: return f(flatnet::c64{});
    default: return f(flatnet::c128{});
  }
}

/// How an array lies in memory. `slowest_first` orders the axes; a gap [elements] follows every run of an axis.
struct Layout {
  std::vector<int> slowest_first;
  index_t gap = 0;
  std::vector<bool> backwards = {};
  bool misaligned = false;
  bool swapped = false;
};

class Array {
 public:
  Array(std::vector<index_t> sizes, index_t item, const Layout& layout)
      : sizes_(std::move(sizes)), strides_(sizes_.size()), item_(item), layout_(layout) {
    index_t step = item + (layout.misaligned ? 1 : 0);
    for (auto axis = layout.slowest_first.rbegin(); axis != layout.slowest_first.rend(); ++axis) {
      strides_[*axis] = step;
      step = step * std::max<index_t>(sizes_[*axis], 1) + layout.gap * item;
    }
    at_ = layout.misaligned ? 1 : 0;
    for (std::size_t i = 0; i < layout.backwards.size(); ++i)
      if (layout.backwards[i] && sizes_[i] > 0) {
        at_ += (sizes_[i] - 1) * strides_[i];
        strides_[i] = -strides_[i];
      }
    bytes_.assign(static_cast<std::size_t>(step + item + 1), 0xA5);
  }

  const std::vector<index_t>& sizes() const { return sizes_; }
  flatnet::ConstArrayView input(Scalar s) const { return {bytes_.data() + at_, s, layout_.swapped, sizes_, strides_}; }
  flatnet::ArrayView output(flatnet::Dtype t) { return {bytes_.data() + at_, t, sizes_, strides_}; }
  index_t count() const {
    index_t n = 1;
    for (const index_t s : sizes_) n *= s;
    return n;
  }
  /// Element number i in C order, whatever the layout.
  template <class T> T get(index_t i) const {
    T v;
    std::memcpy(&v, bytes_.data() + offset(i), sizeof v);
    return v;
  }
  template <class T> void put(index_t i, T v) {
    unsigned char raw[sizeof(T)];
    std::memcpy(raw, &v, sizeof v);
    constexpr std::size_t part = flatnet::is_complex_v<T> ? sizeof(T) / 2 : sizeof(T);
    if (layout_.swapped)
      for (std::size_t b = 0; b < sizeof(T); b += part) std::reverse(raw + b, raw + b + part);
    std::memcpy(bytes_.data() + offset(i), raw, sizeof v);
  }
  /// True when no byte outside the elements was written.
  bool fenced() const {
    auto rest = bytes_;
    for (index_t i = 0; i < count(); ++i) std::fill_n(rest.begin() + offset(i), item_, static_cast<unsigned char>(0xA5));
    return std::all_of(rest.begin(), rest.end(), [](unsigned char b) { return b == 0xA5; });
  }
  const std::vector<unsigned char>& bytes() const { return bytes_; }

 private:
  index_t offset(index_t i) const {
    index_t at = at_;
    for (std::size_t axis = sizes_.size(); axis-- > 0;) {
      at += i % sizes_[axis] * strides_[axis];
      i /= sizes_[axis];
    }
    return at;
  }
  std::vector<index_t> sizes_, strides_;  // strides in bytes
  index_t item_;
  Layout layout_;
  index_t at_ = 0;
  std::vector<unsigned char> bytes_;
};

/// THE LIST of layouts of a three-axis array.
inline std::vector<Layout> layouts() {
  return {{{0, 1, 2}},
          {{2, 1, 0}},
          {{1, 2, 0}},
          {{0, 2, 1}, 3},
          {{1, 0, 2}, 1, {true, false, true}},
          {{2, 0, 1}, 2, {false, true, true}},
          {{0, 1, 2}, 0, {false, false, true}, true},
          {{2, 1, 0}, 1, {}, true},
          {{0, 1, 2}, 0, {}, false, true},
          {{1, 2, 0}, 5, {true, true, true}, true, true}};
}

}  // namespace test
