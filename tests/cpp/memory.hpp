#pragma once
/// Numbers and memory for kernel tests: a seeded generator, panels between guard zones at any alignment, sizes around a vector.
#include <cmath>
#include <complex>
#include <cstdint>
#include <cstring>
#include <limits>
#include <set>
#include <type_traits>
#include <vector>

#include "flatnet/core/types.hpp"

namespace test {

using flatnet::index_t;

/// splitmix64: the same numbers on every machine.
struct Random {
  std::uint64_t state;
  explicit Random(std::uint64_t seed) : state(seed) {}
  std::uint64_t bits() {
    std::uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  index_t below(index_t n) { return static_cast<index_t>(bits() % static_cast<std::uint64_t>(n)); }
  double unit() { return static_cast<double>(bits() >> 11) * 0x1p-53; }

  /// Floats of both signs and several magnitudes; integers whose products and short sums stay in range, wide enough that
  /// a product needs all bits of the type.
  template <class T> T number() {
    if constexpr (flatnet::is_complex_v<T>) {
      const auto re = number<typename T::value_type>();
      return {re, number<typename T::value_type>()};
    } else if constexpr (std::is_integral_v<T>) {
      const index_t reach = sizeof(T) == 4 ? index_t{1} << 12 : index_t{1} << 28;
      return static_cast<T>(below(2 * reach + 1) - reach);
    } else {
      return static_cast<T>(std::ldexp(2 * unit() - 1, static_cast<int>(below(7)) - 3));
    }
  }
  std::vector<index_t> permutation(index_t n) {
    std::vector<index_t> p(static_cast<std::size_t>(n));
    for (index_t i = 0; i < n; ++i) p[i] = i;
    for (index_t i = n; i > 1; --i) std::swap(p[i - 1], p[below(i)]);
    return p;
  }
};

/// `size` elements, `shift` elements past a 64-byte boundary, between guard zones that `intact` looks at.
template <class T> class Guarded {
 public:
  explicit Guarded(index_t size, index_t shift = 0) : bytes_((size + 2 * zone + shift) * sizeof(T) + 64, fence), size_(size) {
    const auto start = reinterpret_cast<std::uintptr_t>(bytes_.data());
    const auto first = (start + zone * sizeof(T) + 63) / 64 * 64 + static_cast<std::size_t>(shift) * sizeof(T);
    at_ = first - start;
  }
  T* data() { return reinterpret_cast<T*>(bytes_.data() + at_); }
  const T* data() const { return reinterpret_cast<const T*>(bytes_.data() + at_); }
  T& operator[](index_t i) { return data()[i]; }
  const T& operator[](index_t i) const { return data()[i]; }
  index_t size() const { return size_; }
  bool intact() const {
    const std::size_t end = at_ + static_cast<std::size_t>(size_) * sizeof(T);
    for (std::size_t i = 0; i < bytes_.size(); ++i)
      if ((i < at_ || i >= end) && bytes_[i] != fence) return false;
    return true;
  }
  bool same_bits(const Guarded& other) const {
    return size_ == other.size_ && std::memcmp(data(), other.data(), static_cast<std::size_t>(size_) * sizeof(T)) == 0;
  }

 private:
  static constexpr unsigned char fence = 0xA5;
  static constexpr index_t zone = 16;  // elements
  std::vector<unsigned char> bytes_;
  index_t size_;
  std::size_t at_ = 0;
};

/// Counts around a vector of N elements.
inline std::set<index_t> around(index_t N) { return {1, std::max<index_t>(N / 2, 1), N, N + 1, 3 * N, 8 * N + 2}; }
/// Panel widths: those, and the ones that networks use.
inline std::vector<index_t> panel_lanes(index_t N) {
  std::set<index_t> s = around(N);
  s.insert({1, 2, 16, 48, 64});
  return {s.begin(), s.end()};
}

/// A wider type in which sums of products of T are exact, or 2^11 and 2^29 times more precise.
template <class T> using Wide = std::conditional_t<sizeof(T) == 4, double, long double>;

/// A sum of products beside its magnitude: the oracle of every linear kernel.
template <class T> struct Terms {
  Wide<T> sum = 0, magnitude = 0;
  index_t count = 0;
  void add(T v, T x) {
    const Wide<T> p = Wide<T>(v) * Wide<T>(x);
    sum += p;
    magnitude += std::abs(p);
    ++count;
  }
  /// Integers: equal. Floats: k products and k - 1 additions in any order, fused or not, stay within k u / (1 - k u) of the sum
  /// of magnitudes, u = eps / 2 (Higham, Accuracy and Stability, sec. 3.1). k eps leaves room for the oracle's own rounding;
  /// a product that underflows adds at most one subnormal.
  bool allows(T got) const {
    if constexpr (std::is_integral_v<T>) {
      return Wide<T>(got) == sum;
    } else {
      using L = std::numeric_limits<T>;
      const auto k = static_cast<Wide<T>>(count);
      return std::abs(Wide<T>(got) - sum) <= k * Wide<T>(L::epsilon()) * magnitude + k * Wide<T>(L::denorm_min());
    }
  }
};

}  // namespace test
