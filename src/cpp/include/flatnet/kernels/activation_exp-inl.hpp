// Exponentials on vectors, and the activations made of them. Everything is written for whole vectors: a tail is padded to one,
// so that an element's bits do not depend on where it stands. u is the unit roundoff, 2^-24 or 2^-53.
//
// Reduction: y = n ln 2 + r, n ln2_high exact. `nearest` has |r| <= ln(2)/2; `floored` has 0 <= r < ln 2, give or take the
// rounding of y / ln 2: with positive coefficients each step of Horner's rule then rounds a function that rises with r, and the
// result rises with the argument. Polynomials are minimax (Remez); relative errors 3e-9 (f32) and 4e-18 (f64).
#if defined(__AVX2__) || defined(__aarch64__)
#define FLATNET_FUSED 1  // vmadd rounds once
#else
#define FLATNET_FUSED 0
#endif

namespace flatnet::FLATNET_ISA {
namespace {

template <class T> struct Exp;
template <> struct Exp<float> {
  using Int = std::int32_t;
  using Unsigned = std::uint32_t;
  static constexpr float magic = 12582912.0f;  // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
  static constexpr float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
  static constexpr float lowest = -104.0f, highest = 89.0f;  // exp is 0 below, infinite above
  static constexpr float near = 15.9f, inner = 64.0f;        // of the logistic function: 2^n + 1 is exact, 2^n is normal
  static constexpr float deepest = 86.0f;                    // e^-86 is normal, and e^60 times it below half an ulp of 1
  static constexpr int mantissa = 23, bias = 127;
  // (e^r - 1)/r on [0, ln 2]
  static constexpr float rising[] = {0.99999980361f,  0.50000582523f, 0.16661012760f,
                                     0.041915001715f, 0.00779225983f, 0.00194877697f};
  // (e^r - 1 - r)/r^2 on [-ln(2)/2, ln(2)/2]
  static constexpr float second[] = {0.4999999345f, 0.1666652063f, 0.04166838804f, 0.008368716869f, 0.001381459904f};
  // 2 atanh(S/2) = S + S^3 sum_k log1p[k] (S/2)^2k / 8, S = 2t/(2 + t), 0 <= t <= 1
  static constexpr float log1p[] = {0.6666666732f / 8, 0.3999970621f / 32, 0.285923648f / 128, 0.21706461f / 512,
                                    0.2322492177f / 2048};
};
template <> struct Exp<double> {
  using Int = std::int64_t;
  using Unsigned = std::uint64_t;
  static constexpr double magic = 6755399441055744.0;  // 1.5 * 2^52
  static constexpr double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;
  static constexpr double lowest = -746.0, highest = 710.0;
  static constexpr double near = 36.0, inner = 600.0;
  static constexpr double deepest = 700.0;
  static constexpr int mantissa = 52, bias = 1023;
  static constexpr double rising[] = {1.000000000000000893,    0.49999999999992213579,   0.16666666666901088111,
                                      0.041666666631672676631, 0.0083333336352972633445, 0.0013888872582884277344,
                                      0.00019841843851313988,  0.000024788225767812272,  2.7760729207969137e-6,
                                      2.5622268929243705e-7,   3.5296829856914524e-8};
  static constexpr double second[] = {0.5000000000000010627,     0.1666666666666641253,   0.04166666666653015828,
                                      0.008333333333494459104,   0.001388888894363020408, 0.0001984126950657974839,
                                      0.00002480149309881806750, 2.755758637589587970e-6, 2.763024840746524375e-7,
                                      2.500006022014612844e-8};
  static constexpr double log1p[] = {
      0.666666666666666586 / 8,       0.400000000000145966 / 32,    0.285714285671050609 / 128,   0.222222227178017817 / 512,
      0.181817894173264479 / 2048,    0.153855705929122436 / 8192,  0.133141355508811629 / 32768, 0.120011551828577787 / 131072,
      0.0880033176508687737 / 524288, 0.16164938169471338 / 2097152};
};

template <class T> using Ints = Vec<typename Exp<T>::Int>;
template <class T> struct unsigned_of {
  typedef typename Exp<T>::Unsigned type __attribute__((vector_size(FLATNET_VECTOR_BYTES)));
};

// The elements' bits as integers and back.
template <class To, class From> FLATNET_INLINE To bits(From v) {
  To t;
  static_assert(sizeof t == sizeof v);
  __builtin_memcpy(&t, &v, sizeof t);
  return t;
}

template <class M, class X> FLATNET_INLINE X select(M m, X a, X b) { return m ? a : b; }

// True if any lane of a comparison's result is set.
template <class M> FLATNET_INLINE bool any(M m) {
#if defined(__AVX512F__)
  return _mm512_test_epi32_mask((__m512i)m, (__m512i)m) != 0;
#elif defined(__AVX2__)
  return !_mm256_testz_si256((__m256i)m, (__m256i)m);
#elif defined(__aarch64__)
  return vmaxvq_u32((uint32x4_t)m) != 0;
#else
  std::uint64_t words[sizeof m / 8], all = 0;
  __builtin_memcpy(words, &m, sizeof m);
  for (std::uint64_t w : words) all |= w;
  return all != 0;
#endif
}

template <class T> struct Maths {
  using E = Exp<T>;
  using X = Vec<T>;
  using I = Ints<T>;

  FLATNET_INLINE static X all(T s) { return broadcast<T>(s); }
  FLATNET_INLINE static X fma(X a, X b, X c) { return vmadd<T>(a, b, c); }
  template <std::size_t N> FLATNET_INLINE static X horner(const T (&c)[N], X x) {
    X p = all(c[N - 1]);
#pragma GCC unroll 32
    for (int k = static_cast<int>(N) - 2; k >= 0; --k) p = fma(p, x, all(c[k]));
    return p;
  }
  FLATNET_INLINE static X magnitude(X x) { return bits<X>(bits<I>(x) & ~bits<I>(all(T(-0.0)))); }
  FLATNET_INLINE static X with_sign(X x, X sign) { return bits<X>(bits<I>(x) | (bits<I>(sign) & bits<I>(all(T(-0.0))))); }
  // A NaN compares false and stays.
  FLATNET_INLINE static X at_least(X x, T low) { return select(x < all(low), all(low), x); }
  FLATNET_INLINE static X at_most(X x, T high) { return select(x > all(high), all(high), x); }
  // Lanes where |x| <= limit does not hold, NaN among them.
  FLATNET_INLINE static auto beyond(X x, T limit) { return ~(magnitude(x) <= all(limit)); }

  // a b - high, exactly, where high is a b rounded.
  FLATNET_INLINE static X product_low(X a, X b, X high) {
#if FLATNET_FUSED
    return fma(a, b, -high);
#else
    const T splitter = T((1 << (sizeof(T) == 4 ? 12 : 27)) + 1);  // Veltkamp and Dekker
    const X ca = a * splitter, cb = b * splitter;
    const X ah = ca - (ca - a), al = a - ah, bh = cb - (cb - b), bl = b - bh;
    return ((ah * bh - high) + ah * bl + al * bh) + al * bl;
#endif
  }

  struct Reduced {
    X r, shifted;  // the low bits of `shifted` hold n
  };
  FLATNET_INLINE static Reduced nearest(X y) {
    const X shifted = fma(y, all(T(1.44269504088896340736)), all(E::magic)), n = shifted - all(E::magic);
    return {fma(n, all(-E::ln2_low), fma(n, all(-E::ln2_high), y)), shifted};
  }
  // 2^n while n stays within the exponents of normal numbers.
  FLATNET_INLINE static X power(X shifted) { return bits<X>((bits<I>(shifted) << E::mantissa) + bits<I>(all(T(1)))); }
  // p 2^n in two steps: results below the normal numbers round once, those above become infinite.
  FLATNET_INLINE static X scaled(X p, X shifted) {
    using U = typename unsigned_of<T>::type;
    constexpr typename E::Int offset = 8192;
    const I whole = bits<I>(shifted) - bits<I>(all(E::magic));
    const I half = bits<I>(bits<U>(whole + offset) >> 1) - offset / 2, rest = whole - half;
    return (p * bits<X>((half + E::bias) << E::mantissa)) * bits<X>((rest + E::bias) << E::mantissa);
  }
  // e^r - 1, |r| <= ln(2)/2: 1.3 u.
  FLATNET_INLINE static X small_expm1(X r) { return fma(r * r, horner(E::second, r), r); }

  // Off by 1 u (last sum) + 0.35 u (r's products) + 0.25 u (r): below 1.3 ulp; exp(-inf) = 0, exp(0) = 1.
  FLATNET_INLINE static X exp(X y) {
    const Reduced e = nearest(at_most(at_least(y, E::lowest), E::highest));
    return scaled(fma(fma(horner(E::second, e.r), e.r, all(T(1))), e.r, all(T(1))), e.shifted);
  }

  // 1 + e^-x = 1 + s + s r q(r), s = 2^n. For |x| <= near, 1 + s is exact and the sum rounds once: 1 u, with 0.4 u of q and 0.5 u of
  // r, and the quotient 0.5 ulp: at most 1.8 ulp in all of float's arguments. In double what the sum leaves out corrects the
  // quotient, 1.4 ulp; the result is 1/(sum + product factor) to some 2^-100 before it rounds, and rises with x as that does.
  struct Denominator { X power, sum, product, factor; };
  FLATNET_INLINE static Denominator denominator(X x) {
    const X shifted = fma(x, all(T(-1.44269504088896340736)), all(T(-0.5))) + all(E::magic), n = shifted - all(E::magic);
    const X r = fma(n, all(-E::ln2_low), fma(n, all(-E::ln2_high), -x)), s = power(shifted);
    return {s, s + all(T(1)), s * r, horner(E::rising, r)};
  }
  // 1/(sum + product factor + rest), sum the largest: as exact without fused operations as with them.
  FLATNET_INLINE static X reciprocal(X sum, X product, X factor, X rest) {
    const X t = product * factor, v = sum + t, y = all(T(1)) / v, one = v * y;
    const X low = ((sum - v) + t) + (product_low(product, factor, t) + rest);
    return y + y * (((all(T(1)) - one) - product_low(v, y, one)) - low * y);
  }
  // |x| <= near. N vectors in step: one chain of 25 operations after the other would fill the processor's queues with waiting ones.
  template <int N> FLATNET_INLINE static void logistic_near(X (&x)[N]) {
    constexpr int top = static_cast<int>(sizeof E::rising / sizeof E::rising[0]) - 1;
    const auto each = [](auto f) {
#pragma GCC unroll 4
      for (int i = 0; i < N; ++i) f(i);
    };
    X r[N], s[N], p[N];
    each([&](int i) { s[i] = fma(x[i], all(T(-1.44269504088896340736)), all(T(-0.5))); });
    each([&](int i) { s[i] = s[i] + all(E::magic); });
    each([&](int i) { r[i] = s[i] - all(E::magic); });
    each([&](int i) { x[i] = fma(r[i], all(-E::ln2_high), -x[i]); });
    each([&](int i) { s[i] = power(s[i]); });
    each([&](int i) { r[i] = fma(r[i], all(-E::ln2_low), x[i]); });
    each([&](int i) { p[i] = all(E::rising[top]); });
#pragma GCC unroll 32
    for (int k = top - 1; k >= 0; --k) each([&](int i) { p[i] = fma(p[i], r[i], all(E::rising[k])); });
    each([&](int i) { r[i] = s[i] * r[i]; });
    each([&](int i) { s[i] = s[i] + all(T(1)); });
    if constexpr (!FLATNET_FUSED) return each([&](int i) { x[i] = reciprocal(s[i], r[i], p[i], X{}); });
    each([&](int i) { x[i] = fma(r[i], p[i], s[i]); });
    if constexpr (sizeof(T) == 4) return each([&](int i) { x[i] = all(T(1)) / x[i]; });
    X y[N];
    each([&](int i) { y[i] = all(T(1)) / x[i]; });
    each([&](int i) { s[i] = fma(r[i], p[i], s[i] - x[i]); });
    each([&](int i) { x[i] = fma(-x[i], y[i], all(T(1))); });
    each([&](int i) { x[i] = fma(y[i], fma(-s[i], y[i], x[i]), y[i]); });
  }
  FLATNET_INLINE static X logistic_near(X x) {
    X one[] = {x};
    logistic_near(one);
    return one[0];
  }
  // near < |x| <= inner: what the rounding of 1 + s leaves out joins s r q, which then rounds by itself, 0.3 u: 2.0 ulp.
  FLATNET_INLINE static X far_denominator(Denominator d) {
    return d.sum + fma(d.product, d.factor, all(T(1)) - (d.sum - d.power));
  }
  FLATNET_INLINE static X logistic_far(X x) {
    const Denominator d = denominator(x);
    if constexpr (!FLATNET_FUSED) return reciprocal(d.sum, d.product, d.factor, all(T(1)) - (d.sum - d.power));
    return select(beyond(x, E::near), all(T(1)) / far_denominator(d), logistic_near(x));
  }
  // Any x. Below -inner the logistic function is exp(x) to the last bit, above it is 1.
  static __attribute__((noinline)) X logistic_any(X x) {
    const X y = logistic_far(at_most(at_least(x, -E::inner), E::inner));
    return select(x < all(-E::inner), exp(x), select(x > all(E::inner), all(T(1)), select(x == x, y, x + x)));
  }
  FLATNET_INLINE static X logistic(X x) {
    if (__builtin_expect(!any(beyond(x, E::near)), 1)) return logistic_near(x);
    return any(beyond(x, E::inner)) ? logistic_any(x) : logistic_far(x);
  }

  // x/(1 + e^-x); far below, x times the exponential before it leaves the normal numbers, so that the result rounds once.
  FLATNET_INLINE static X silu(X x) {
    const X y = at_most(at_least(x, -E::inner), E::inner);
    const X inside = x / far_denominator(denominator(y));
    if (__builtin_expect(!any(beyond(x, E::inner)), 1)) return inside;
    const X z = at_least(x, E::lowest - 8);  // x e^x is zero there
    const Reduced e = nearest(at_most(z, T(0)));
    const X tail = scaled(z * fma(fma(horner(E::second, e.r), e.r, all(T(1))), e.r, all(T(1))), e.shifted);
    return select(x < all(-E::inner), tail, select(x > all(E::inner), x, inside));
  }

  // -m/(m + 2), m = expm1(-2|x|) = 2^n (e^r - 1) + (2^n - 1): 1.5 u, and u each for the sum and the quotient.
  FLATNET_INLINE static X tanh(X x) {
    const Reduced e = nearest(at_least(T(-2) * magnitude(x), T(-60)));  // 1 to the last bit from there on
    const X s = power(e.shifted), m = fma(s, small_expm1(e.r), s - all(T(1)));
    return with_sign(magnitude(m / (m + all(T(2)))), x);
  }

  // max(x, 0) + log1p(t), t = exp(-|x|): S = 2t/(2 + t) is off by 3 u, 2 atanh(S/2) passes that on.
  FLATNET_INLINE static X softplus(X x) {
    const X t = exp(-magnitude(x)), s = (t + t) / (t + all(T(2))), z = s * s;
    return select(x > all(T(0)), x, all(T(0))) + fma(s * z, horner(E::log1p, z), s);
  }
};

}  // namespace
}  // namespace flatnet::FLATNET_ISA
