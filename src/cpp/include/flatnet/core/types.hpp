#pragma once
/// Scalar types. A network computes in one of the six `Dtype`s; data may arrive in any `Scalar` and is converted panel by panel.
#include <complex>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace flatnet {

using index_t = std::int64_t;
using c64 = std::complex<float>;
using c128 = std::complex<double>;

/// Types a network computes in. The order is that of the kernel tables.
enum class Dtype : int { i32 = 0, i64, f32, f64, c64, c128 };
inline constexpr int dtype_count = 6;

/// Types in which an input array may arrive.
enum class Scalar : int { i8 = 0, i16, i32, i64, u8, u16, u32, u64, f32, f64, c64, c128 };

template <class T> struct dtype_of;
template <> struct dtype_of<std::int32_t> { static constexpr Dtype value = Dtype::i32; };
template <> struct dtype_of<std::int64_t> { static constexpr Dtype value = Dtype::i64; };
template <> struct dtype_of<float> { static constexpr Dtype value = Dtype::f32; };
template <> struct dtype_of<double> { static constexpr Dtype value = Dtype::f64; };
template <> struct dtype_of<c64> { static constexpr Dtype value = Dtype::c64; };
template <> struct dtype_of<c128> { static constexpr Dtype value = Dtype::c128; };

template <class T> inline constexpr bool is_complex_v = std::is_same_v<T, c64> || std::is_same_v<T, c128>;

constexpr bool is_complex(Dtype t) { return t == Dtype::c64 || t == Dtype::c128; }
constexpr bool is_integer(Dtype t) { return t == Dtype::i32 || t == Dtype::i64; }

/// The type of one component: float for c64, double for c128, the type itself otherwise.
constexpr Dtype component(Dtype t) { return t == Dtype::c64 ? Dtype::f32 : t == Dtype::c128 ? Dtype::f64 : t; }

/// Bytes of one element.
constexpr index_t size_of(Dtype t) {
  switch (t) {
    case Dtype::i32:
    case Dtype::f32: return 4;
    case Dtype::c128: return 16;
    default: return 8;
  }
}

constexpr Scalar scalar_of(Dtype t) {
  switch (t) {
    case Dtype::i32: return Scalar::i32;
    case Dtype::i64: return Scalar::i64;
    case Dtype::f32: return Scalar::f32;
    case Dtype::f64: return Scalar::f64;
    case Dtype::c64: return Scalar::c64;
    default: return Scalar::c128;
  }
}

inline const char* name(Dtype t) {
  constexpr const char* names[] = {"int32", "int64", "float32", "float64", "complex64", "complex128"};
  return names[static_cast<int>(t)];
}

/// Calls f(T{}) with the C++ type of a dtype.
template <class F> decltype(auto) with_type(Dtype t, F&& f) {
  switch (t) {
    case Dtype::i32: return f(std::int32_t{});
    case Dtype::i64: return f(std::int64_t{});
    case Dtype::f32: return f(float{});
    case Dtype::f64: return f(double{});
    case Dtype::c64: return f(c64{});
    default: return f(c128{});
  }
}

}  // namespace flatnet
