// Vectors of one instruction set. Included by src/isa/<isa>.cpp only, after FLATNET_ISA (namespace) and FLATNET_VECTOR_BYTES.
// Everything but the table lives in an unnamed namespace: no inline function compiled above the ABI floor can be the copy
// that the linker keeps for everyone (tools/check_symbols.py guards it).
#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "flatnet/kernels/table.hpp"

#if defined(__clang__) || __GNUC__ >= 12
#define FLATNET_SHUFFLE __builtin_shufflevector
#else
#error "flatnet needs GCC 12 or Clang"
#endif
#define FLATNET_INLINE inline __attribute__((always_inline))

namespace flatnet::FLATNET_ISA {
namespace {

using namespace flatnet::kernels;

template <class T> struct vec_of;
#define FLATNET_VEC(T) \
  template <> struct vec_of<T> { typedef T type __attribute__((vector_size(FLATNET_VECTOR_BYTES))); };
FLATNET_VEC(float)
FLATNET_VEC(double)
FLATNET_VEC(std::int32_t)
FLATNET_VEC(std::int64_t)
#undef FLATNET_VEC
template <class T> using Vec = typename vec_of<T>::type;
template <class T> inline constexpr index_t width = FLATNET_VECTOR_BYTES / sizeof(T);  // elements a vector

template <class T> inline Vec<T> load(const T* p) {
  Vec<T> v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
template <class T> inline void store(T* p, Vec<T> v) { __builtin_memcpy(p, &v, sizeof v); }
template <class T> inline Vec<T> broadcast(T s) { return s - Vec<T>{}; }  // s - 0 keeps the sign of a zero

// madd(a, b, c) = a * b + c: fused where the instruction set fuses, in vectors and scalars alike, so that an element's result
// does not depend on whether it stood in a vector body or in a tail. Below AVX2 both round twice.
template <class T> inline Vec<T> vmadd(Vec<T> a, Vec<T> b, Vec<T> c) { return a * b + c; }
template <class T> inline T madd(T a, T b, T c) { return a * b + c; }
#if defined(__AVX512F__)
template <> inline Vec<float> vmadd<float>(Vec<float> a, Vec<float> b, Vec<float> c) {
  return (Vec<float>)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
}
template <> inline Vec<double> vmadd<double>(Vec<double> a, Vec<double> b, Vec<double> c) {
  return (Vec<double>)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
}
#elif defined(__AVX2__)
template <> inline Vec<float> vmadd<float>(Vec<float> a, Vec<float> b, Vec<float> c) {
  return (Vec<float>)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
}
template <> inline Vec<double> vmadd<double>(Vec<double> a, Vec<double> b, Vec<double> c) {
  return (Vec<double>)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
}
#elif defined(__aarch64__)
template <> inline Vec<float> vmadd<float>(Vec<float> a, Vec<float> b, Vec<float> c) {
  return (Vec<float>)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}
template <> inline Vec<double> vmadd<double>(Vec<double> a, Vec<double> b, Vec<double> c) {
  return (Vec<double>)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
}
#endif
#if defined(__AVX2__) || defined(__aarch64__)
template <> inline float madd<float>(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
template <> inline double madd<double>(double a, double b, double c) { return __builtin_fma(a, b, c); }
#endif

// One element or one vector of them, so that a loop body is written once for the vector part and the tail.
template <class T, bool Vector> struct Lane;
template <class T> struct Lane<T, true> {
  using type = Vec<T>;
  static constexpr index_t step = width<T>;
  static type get(const T* p) { return load(p); }
  static void put(T* p, type v) { store(p, v); }
  static type all(T s) { return broadcast(s); }
  static type fma(type a, type b, type c) { return vmadd<T>(a, b, c); }
};
template <class T> struct Lane<T, false> {
  using type = T;
  static constexpr index_t step = 1;
  static type get(const T* p) { return *p; }
  static void put(T* p, type v) { *p = v; }
  static type all(T s) { return s; }
  static type fma(type a, type b, type c) { return madd<T>(a, b, c); }
};

}  // namespace
}  // namespace flatnet::FLATNET_ISA
