// Vectors of L lanes (at most a register) and complex numbers in pairs of them, with the moves that lanes need.
#include <utility>

#include "flatnet/kernels/fourier_line.hpp"

namespace flatnet::FLATNET_ISA {
namespace {

template <class T, int L> struct lanes_of;
#define FLATNET_LANES(T, L) \
  template <> struct lanes_of<T, L> { typedef T type __attribute__((vector_size(L * sizeof(T)))); };
FLATNET_LANES(float, 1)
FLATNET_LANES(float, 2)
FLATNET_LANES(float, 4)
FLATNET_LANES(float, 8)
FLATNET_LANES(float, 16)
FLATNET_LANES(double, 1)
FLATNET_LANES(double, 2)
FLATNET_LANES(double, 4)
FLATNET_LANES(double, 8)
#undef FLATNET_LANES
template <class T, int L> using Lanes = typename lanes_of<T, L>::type;

template <class V> FLATNET_INLINE V read(const void* p) {
  V v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
template <class V> FLATNET_INLINE void write(void* p, V v) { __builtin_memcpy(p, &v, sizeof v); }
template <class V, class T> FLATNET_INLINE V all(T s) { return s - V{}; }

// a * b + c and c - a * b, fused where the instruction set fuses.
template <class V> FLATNET_INLINE V fma(V a, V b, V c) { return a * b + c; }
template <class V> FLATNET_INLINE V fnma(V a, V b, V c) { return c - a * b; }
#define FLATNET_FUSED(V, M, fused, negated)                                                 \
  template <> FLATNET_INLINE V fma<V>(V a, V b, V c) { return (V)fused((M)a, (M)b, (M)c); } \
  template <> FLATNET_INLINE V fnma<V>(V a, V b, V c) { return (V)negated((M)a, (M)b, (M)c); }
#define FLATNET_FLOATS(L) Lanes<float, L>
#define FLATNET_DOUBLES(L) Lanes<double, L>
#if defined(__AVX512F__)
FLATNET_FUSED(FLATNET_FLOATS(16), __m512, _mm512_fmadd_ps, _mm512_fnmadd_ps)
FLATNET_FUSED(FLATNET_DOUBLES(8), __m512d, _mm512_fmadd_pd, _mm512_fnmadd_pd)
#endif
#if defined(__AVX2__)
FLATNET_FUSED(FLATNET_FLOATS(8), __m256, _mm256_fmadd_ps, _mm256_fnmadd_ps)
FLATNET_FUSED(FLATNET_DOUBLES(4), __m256d, _mm256_fmadd_pd, _mm256_fnmadd_pd)
FLATNET_FUSED(FLATNET_FLOATS(4), __m128, _mm_fmadd_ps, _mm_fnmadd_ps)
FLATNET_FUSED(FLATNET_DOUBLES(2), __m128d, _mm_fmadd_pd, _mm_fnmadd_pd)
#elif defined(__aarch64__)
#define FLATNET_FMA(a, b, c) vfmaq_f32(c, a, b)
#define FLATNET_FNMA(a, b, c) vfmsq_f32(c, a, b)
FLATNET_FUSED(FLATNET_FLOATS(4), float32x4_t, FLATNET_FMA, FLATNET_FNMA)
#undef FLATNET_FMA
#undef FLATNET_FNMA
#define FLATNET_FMA(a, b, c) vfmaq_f64(c, a, b)
#define FLATNET_FNMA(a, b, c) vfmsq_f64(c, a, b)
FLATNET_FUSED(FLATNET_DOUBLES(2), float64x2_t, FLATNET_FMA, FLATNET_FNMA)
#undef FLATNET_FMA
#undef FLATNET_FNMA
#endif
#undef FLATNET_FUSED
#undef FLATNET_FLOATS
#undef FLATNET_DOUBLES

// Lane l of the result is lane F::at(l) of (a, b).
template <class F, class V, int... l> FLATNET_INLINE V shuffled(V a, V b, std::integer_sequence<int, l...>) {
  return FLATNET_SHUFFLE(a, b, F::at(l)...);
}
template <class F, int L, class V> FLATNET_INLINE V shuffle(V a, V b) {
  return shuffled<F>(a, b, std::make_integer_sequence<int, L>{});
}
template <int first> struct EverySecond {
  static constexpr int at(int l) { return 2 * l + first; }
};
// Blocks of S lanes of a and b in turns, from block `first` on.
template <int S, int L, int first> struct Turns {
  static constexpr int at(int l) { return (l / S % 2) * L + (l / (2 * S) + first) * S + l % S; }
};
// The last number of pairs first: real (imaginary) parts of two vectors of pairs, and back.
template <int L, int first> struct SecondBackwards {
  static constexpr int at(int l) { return 2 * (L - 1 - l) + first; }
};
template <int L, int first> struct PairsBackwards {
  static constexpr int at(int l) { return l % 2 * L + L - 1 - l / 2 - first; }
};

// Planar blocks between the first and the last pass hold number n in lane order<T, L>(n): shuffles within 128 bits, which are
// the cheapest, then take pairs apart and put them together. floats: bits of n, high to low, t h.. b -> lane bits h.. t b;
// doubles: t h.. -> h.. t.
template <class T, int L> struct Order {
  static constexpr int inside = 16 / sizeof(T);  // lanes of 128 bits
  static constexpr int number(int lane) {        // held by a lane
    if (L < inside) return lane;
    const int top = lane % inside / (inside / 2), high = lane / inside, low = lane % (inside / 2);
    return top * (L / 2) + high * (inside / 2) + low;
  }
};
// Of each 128 bits of a and b: the numbers a[first], a[first + 2], b[first], b[first + 2] (doubles: a[first], b[first]).
template <class T, int L, int first> struct Apart {
  static constexpr int inside = Order<T, L>::inside;
  static constexpr int at(int l) {
    const int i = l % inside, block = l - i;
    return inside == 4 ? (i / 2) * L + block + i % 2 * 2 + first : i * L + block + first;
  }
};
// Of each 128 bits: a[first], b[first], a[first + 1], b[first + 1], first = 0 or 2 (doubles: a[first / 2], b[first / 2]).
template <class T, int L, int first> struct Together {
  static constexpr int inside = Order<T, L>::inside;
  static constexpr int at(int l) {
    const int i = l % inside, block = l - i;
    return inside == 4 ? i % 2 * L + block + i / 2 + first : i * L + block + first / 2;
  }
};
// Blocks of 128 bits: those of a, then those of b, whose number is `first` modulo 2.
template <class T, int L, int first> struct Blocks {
  static constexpr int inside = Order<T, L>::inside;
  static constexpr int at(int l) {
    const int block = l / inside, blocks = L / inside;
    return block / (blocks / 2) * L + (block % (blocks / 2) * 2 + first) * inside + l % inside;
  }
};

// Pairs of vectors that differ in one bit of their index.
template <class Low, class High, int L, int bit, class V, int count> FLATNET_INLINE void exchange(V (&v)[count]) {
  for (int i = 0; i < count; ++i)
    if (!(i & bit)) {
      const V a = v[i], b = v[i + bit];
      v[i] = shuffle<Low, L>(a, b);
      v[i + bit] = shuffle<High, L>(a, b);
    }
}
// Vector i, number n becomes vector n, number i; numbers in their order.
template <class T, int L, class V> FLATNET_INLINE void transpose(V (&v)[L]) {
  using Low = Together<T, L, 0>;
  using High = Together<T, L, 2>;
  if constexpr (L >= 2) exchange<Low, High, L, L / 2>(v);
  if constexpr (sizeof(T) == 4 && L >= 4) exchange<Low, High, L, 1>(v);
  constexpr int first = sizeof(T) == 4 ? 2 : 1;  // lowest bit of the numbers of blocks
  if constexpr (16 / sizeof(T) * 2 <= L) exchange<Blocks<T, L, 0>, Blocks<T, L, 1>, L, first>(v);
  if constexpr (16 / sizeof(T) * 4 <= L) exchange<Blocks<T, L, 0>, Blocks<T, L, 1>, L, 2 * first>(v);
}

// A vector of two halves in memory; the second comes in without a shuffle.
template <class T, int L> FLATNET_INLINE Lanes<T, L> halves(const T* a, const T* b) {
  using V = Lanes<T, L>;
#if defined(__AVX512F__)
  if constexpr (sizeof(V) == 64)
    return (V)_mm512_maskz_insertf64x4(0xff, _mm512_castpd256_pd512(read<__m256d>(a)), read<__m256d>(b), 1);
#endif
#if defined(__AVX2__)
  if constexpr (sizeof(V) == 32) return (V)_mm256_insertf128_pd(_mm256_castpd128_pd256(read<__m128d>(a)), read<__m128d>(b), 1);
#endif
  V v;
  __builtin_memcpy(&v, a, sizeof v / 2);
  __builtin_memcpy(reinterpret_cast<char*>(&v) + sizeof v / 2, b, sizeof v / 2);
  return v;
}

// Vectors at(0) .. at(L - 1) in memory, transposed, to to(0) .. to(L - 1). The exchange of the halves of a vector is done by
// the loads. `exchanged`: the first exchange is done.
template <class T, int L, bool exchanged, class At, class To> FLATNET_INLINE void put_transposed(At&& at, To&& to) {
  using V = Lanes<T, L>;
  using Low = Together<T, L, 0>;
  using High = Together<T, L, 2>;
  constexpr int inside = 16 / sizeof(T), first = sizeof(T) == 4 ? 2 : 1;
  V v[L];
  if constexpr (L > inside) {
#pragma GCC unroll 16
    for (int i = 0; i < L; ++i)
      v[i] = halves<T, L>(at(i & ~first) + (i & first ? L / 2 : 0), at(i | first) + (i & first ? L / 2 : 0));
  } else {
    for (int i = 0; i < L; ++i) v[i] = read<V>(at(i));
  }
  if constexpr (!exchanged) exchange<Low, High, L, L / 2>(v);
  if constexpr (sizeof(T) == 4) exchange<Low, High, L, 1>(v);
  if constexpr (L == 4 * inside) exchange<Blocks<T, L, 0>, Blocks<T, L, 1>, L, 2 * first>(v);
  for (int i = 0; i < L; ++i) {
    const int swapped = i / first % 2 * 2 + i / first / 2 % 2;  // with four blocks, the loads took the higher of their bits
    write(to(L == 4 * inside ? i - i / first % 4 * first + swapped * first : i), v[i]);
  }
}

// Complex numbers, L of them: a block of planar memory.
template <class T, int L> struct Cx {
  using V = Lanes<T, L>;
  V re, im;

  static FLATNET_INLINE Cx planar(const T* p) { return {read<V>(p), read<V>(p + L)}; }
  static FLATNET_INLINE Cx both(const T* p) { return {all<V>(p[0]), all<V>(p[1])}; }
  template <bool swap> static FLATNET_INLINE Cx pairs(const T* p) {
    const V a = read<V>(p), b = read<V>(p + L);
    return {shuffle<EverySecond<swap>, L>(a, b), shuffle<EverySecond<!swap>, L>(a, b)};
  }
  // The same in the lanes of Order.
  template <bool swap> static FLATNET_INLINE Cx apart(const T* p) {
    const V a = read<V>(p), b = read<V>(p + L);
    return {shuffle<Apart<T, L, swap>, L>(a, b), shuffle<Apart<T, L, !swap>, L>(a, b)};
  }
  template <bool swap> FLATNET_INLINE void put_together(T* p) const {
    const V a = swap ? im : re, b = swap ? re : im;
    write(p, shuffle<Together<T, L, 0>, L>(a, b));
    write(p + L, shuffle<Together<T, L, 2>, L>(a, b));
  }
  FLATNET_INLINE void put_planar(T* p) const {
    write(p, re);
    write(p + L, im);
  }
  template <bool swap> FLATNET_INLINE void put_pairs(T* p) const {
    const V a = swap ? im : re, b = swap ? re : im;
    write(p, L == 1 ? a : shuffle<Turns<1, L, 0>, L>(a, b));
    write(p + L, L == 1 ? b : shuffle<Turns<1, L, L / 2>, L>(a, b));
  }
  // L numbers in memory, the last one first.
  static FLATNET_INLINE Cx backwards(const T* p) {
    const V a = read<V>(p), b = read<V>(p + L);
    return {shuffle<SecondBackwards<L, 0>, L>(a, b), shuffle<SecondBackwards<L, 1>, L>(a, b)};
  }
  FLATNET_INLINE void put_backwards(T* p) const {
    write(p, L == 1 ? re : shuffle<PairsBackwards<L, 0>, L>(re, im));
    write(p + L, L == 1 ? im : shuffle<PairsBackwards<L, L / 2>, L>(re, im));
  }
  FLATNET_INLINE Cx operator+(Cx o) const { return {re + o.re, im + o.im}; }
  FLATNET_INLINE Cx operator-(Cx o) const { return {re - o.re, im - o.im}; }
  FLATNET_INLINE Cx operator*(Cx w) const { return {fnma<V>(im, w.im, re * w.re), fma<V>(im, w.re, re * w.im)}; }
  FLATNET_INLINE Cx scaled(V s) const { return {re * s, im * s}; }
  FLATNET_INLINE Cx plus_i(Cx o) const { return {re - o.im, im + o.re}; }   // this + i o
  FLATNET_INLINE Cx minus_i(Cx o) const { return {re + o.im, im - o.re}; }  // this - i o
  FLATNET_INLINE Cx add(T c, Cx o) const { return {fma<V>(all<V>(c), o.re, re), fma<V>(all<V>(c), o.im, im)}; }
  FLATNET_INLINE Cx sub(T c, Cx o) const { return {fnma<V>(all<V>(c), o.re, re), fnma<V>(all<V>(c), o.im, im)}; }
  FLATNET_INLINE Cx plus_i(T c, Cx o) const { return {fnma<V>(all<V>(c), o.im, re), fma<V>(all<V>(c), o.re, im)}; }
  FLATNET_INLINE Cx minus_i(T c, Cx o) const { return {fma<V>(all<V>(c), o.im, re), fnma<V>(all<V>(c), o.re, im)}; }
};

// R vectors, whose lanes are blocks of S numbers, become one sequence: the first block of each vector in turn, then the
// second of each. Where a vector has fewer blocks than there are vectors, groups of that many vectors keep to themselves:
// group g of the vectors' block b is vector b * (R / group) + g of the sequence.
template <int S, int R, int L, class V> FLATNET_INLINE void weave(V (&v)[R]) {
  constexpr int group = R < L / S ? R : L / S;
  V out[R];
  for (int g = 0; g < R / group; ++g) {
    V t[group], s[group];
    for (int i = 0; i < group; ++i) t[i] = v[g * group + i];
    for (int round = 1; round < group; round *= 2) {
      for (int i = 0; i < group / 2; ++i) {
        s[2 * i] = shuffle<Turns<S, L, 0>, L>(t[i], t[i + group / 2]);
        s[2 * i + 1] = shuffle<Turns<S, L, L / 2 / S>, L>(t[i], t[i + group / 2]);
      }
      for (int i = 0; i < group; ++i) t[i] = s[i];
    }
    for (int i = 0; i < group; ++i) out[i * (R / group) + g] = t[i];
  }
  for (int i = 0; i < R; ++i) v[i] = out[i];
}
template <int S, int R, class T, int L> FLATNET_INLINE void weave(Cx<T, L> (&a)[R]) {
  typename Cx<T, L>::V t[R];
  for (int i = 0; i < R; ++i) t[i] = a[i].re;
  weave<S, R, L>(t);
  for (int i = 0; i < R; ++i) a[i].re = t[i], t[i] = a[i].im;
  weave<S, R, L>(t);
  for (int i = 0; i < R; ++i) a[i].im = t[i];
}

template <class T, int L, int bit, int count> FLATNET_INLINE void exchange_top(Cx<T, L> (&a)[count]) {
  typename Cx<T, L>::V t[count];
  for (int i = 0; i < count; ++i) t[i] = a[i].re;
  exchange<Together<T, L, 0>, Together<T, L, 2>, L, bit>(t);
  for (int i = 0; i < count; ++i) a[i].re = t[i], t[i] = a[i].im;
  exchange<Together<T, L, 0>, Together<T, L, 2>, L, bit>(t);
  for (int i = 0; i < count; ++i) a[i].im = t[i];
}
template <class T, int L> FLATNET_INLINE void transpose(Cx<T, L> (&a)[L]) {
  typename Cx<T, L>::V t[L];
  for (int i = 0; i < L; ++i) t[i] = a[i].re;
  transpose<T, L>(t);
  for (int i = 0; i < L; ++i) a[i].re = t[i], t[i] = a[i].im;
  transpose<T, L>(t);
  for (int i = 0; i < L; ++i) a[i].im = t[i];
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
