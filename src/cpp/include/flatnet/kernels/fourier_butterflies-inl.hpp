// Transforms of R complex vectors, every lane its own: butterfly<R>(a, emit)
// hands output k to emit(k, value). Counts are vector instructions (add,
// multiply, fused): 4: 16, 5: 32, 8: 52, 16: 148; odd R: (R - 1)^2 fused and 4
// (R - 1) additions.
namespace flatnet::FLATNET_ISA {
namespace {

template <class T> struct Complex { Vec<T> re, im; };

template <class T> inline Complex<T> operator+(Complex<T> a, Complex<T> b) { return {a.re + b.re, a.im + b.im}; }
template <class T> inline Complex<T> operator-(Complex<T> a, Complex<T> b) { return {a.re - b.re, a.im - b.im}; }
/// a - i b and a + i b
template <class T> inline Complex<T> minus_i(Complex<T> a, Complex<T> b) { return {a.re + b.im, a.im - b.re}; }
template <class T> inline Complex<T> plus_i(Complex<T> a, Complex<T> b) { return {a.re - b.im, a.im + b.re}; }

/// c - a * b, fused where the instruction set fuses.
template <class T> inline Vec<T> vnmadd(Vec<T> a, Vec<T> b, Vec<T> c) { return vmadd<T>(-a, b, c); }
#if defined(__AVX512F__)
template <>
inline Vec<float> vnmadd<float>(Vec<float> a, Vec<float> b, Vec<float> c) {
  return (Vec<float>)_mm512_fnmadd_ps((__m512)a, (__m512)b, (__m512)c);
}
template <>
inline Vec<double> vnmadd<double>(Vec<double> a, Vec<double> b, Vec<double> c) {
  return (Vec<double>)_mm512_fnmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
}
#elif defined(__AVX2__)
template <>
inline Vec<float> vnmadd<float>(Vec<float> a, Vec<float> b, Vec<float> c) {
  return (Vec<float>)_mm256_fnmadd_ps((__m256)a, (__m256)b, (__m256)c);
}
template <>
inline Vec<double> vnmadd<double>(Vec<double> a, Vec<double> b, Vec<double> c) {
  return (Vec<double>)_mm256_fnmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
}
#endif

/// a (wr + i wi)
template <class T> inline Complex<T> times(Complex<T> a, Vec<T> wr, Vec<T> wi) {
  return {vnmadd<T>(a.im, wi, a.re * wr), vmadd<T>(a.im, wr, a.re * wi)};
}

// cos and sin of 2 pi t / R, t = 0 .. (R - 1) / 2.
template <int R> struct Roots;
template <> struct Roots<3> {
  static constexpr double cos[] = {1, -0.5};
  static constexpr double sin[] = {0, 0.8660254037844386};
};
template <> struct Roots<5> {
  static constexpr double cos[] = {1, 0.30901699437494745, -0.80901699437494745};
  static constexpr double sin[] = {0, 0.95105651629515353, 0.58778525229247314};
};
template <> struct Roots<7> {
  static constexpr double cos[] = {1, 0.62348980185873348, -0.22252093395631439, -0.90096886790241915};
  static constexpr double sin[] = {0, 0.7818314824680298, 0.97492791218182362, 0.43388373911755812};
};
template <> struct Roots<11> {
  static constexpr double cos[] = {
      1, 0.84125353283118121, 0.41541501300188644, -0.14231483827328514, -0.6548607339452851, -0.95949297361449737};
  static constexpr double sin[] = {
      0, 0.54064081745559756, 0.90963199535451833, 0.98982144188093268, 0.75574957435425827, 0.28173255684142967};
};
template <> struct Roots<13> {
  static constexpr double cos[] = {1,
                                   0.88545602565320991,
                                   0.56806474673115581,
                                   0.12053668025532305,
                                   -0.35460488704253562,
                                   -0.74851074817110108,
                                   -0.97094181742605201};
  static constexpr double sin[] = {0,
                                   0.46472317204376856,
                                   0.82298386589365635,
                                   0.99270887409805397,
                                   0.93501624268541483,
                                   0.66312265824079519,
                                   0.23931566428755777};
};

#define FLATNET_LAMBDA __attribute__((always_inline))
#define FLATNET_UNROLL _Pragma("GCC unroll 16")

// Odd R: with t_j = a_j + a_{R-j} and u_j = a_j - a_{R-j}, outputs k and R - k
// are (a_0 + sum cos t_j) -+ i (sum sin u_j).
template <int R, class T, class Emit>
FLATNET_INLINE void butterfly(const Complex<T> (&a)[R], Emit&& emit) {
  constexpr int h = (R - 1) / 2;
  Complex<T> t[h + 1], u[h + 1], sum = a[0];
  FLATNET_UNROLL
  for (int j = 1; j <= h; ++j) {
    t[j] = a[j] + a[R - j];
    u[j] = a[j] - a[R - j];
    sum = sum + t[j];
  }
  emit(0, sum);
  FLATNET_UNROLL
  for (int k = 1; k <= h; ++k) {
    Complex<T> c = a[0], s{};
    FLATNET_UNROLL
    for (int j = 1; j <= h; ++j) {
      const int i = j * k % R, folded = i > h ? R - i : i;
      const auto cos = broadcast(static_cast<T>(Roots<R>::cos[folded]));
      const auto sin = broadcast(static_cast<T>(i > h ? -Roots<R>::sin[folded] : Roots<R>::sin[folded]));
      c = {vmadd<T>(cos, t[j].re, c.re), vmadd<T>(cos, t[j].im, c.im)};
      s = j == 1 ? Complex<T>{sin * u[j].re, sin * u[j].im}
                 : Complex<T>{vmadd<T>(sin, u[j].re, s.re), vmadd<T>(sin, u[j].im, s.im)};
    }
    emit(k, minus_i(c, s));
    emit(R - k, plus_i(c, s));
  }
}

template <class T, class Emit>
FLATNET_INLINE void butterfly(const Complex<T> (&a)[2], Emit&& emit) {
  emit(0, a[0] + a[1]);
  emit(1, a[0] - a[1]);
}

template <class T>
FLATNET_INLINE void fourier4(Complex<T> a0, Complex<T> a1, Complex<T> a2, Complex<T> a3, Complex<T>* y) {
  const auto s = a0 + a2, d = a0 - a2, t = a1 + a3, u = a1 - a3;
  y[0] = s + t;
  y[1] = minus_i(d, u);
  y[2] = s - t;
  y[3] = plus_i(d, u);
}

template <class T, class Emit>
FLATNET_INLINE void butterfly(const Complex<T> (&a)[4], Emit&& emit) {
  Complex<T> y[4];
  fourier4(a[0], a[1], a[2], a[3], y);
  FLATNET_UNROLL
  for (int k = 0; k < 4; ++k) emit(k, y[k]);
}

/// Outputs k and k + half: e + w o and e - w o, w = c (1 - i t), and -i times
/// that when Quarter: two fused for (1 - i t) o, four for the rest. T1 says
/// that t is 1.
template <bool Quarter, bool T1, class T, class Emit>
FLATNET_INLINE void turned(Complex<T> e, Complex<T> o, double c, double t, int k, int half, Emit&& emit) {
  const auto vc = broadcast(static_cast<T>(c)), vt = broadcast(static_cast<T>(t));
  // (1 - i t) o = (o.re + t o.im) + i (o.im - t o.re); -i (1 - i t) o = (o.im -
  // t o.re) - i (o.re + t o.im)
  const auto grow = T1 ? o.re + o.im : vmadd<T>(vt, o.im, o.re);
  const auto shrink = T1 ? o.im - o.re : vnmadd<T>(vt, o.re, o.im);
  if (Quarter) {
    emit(k, Complex<T>{vmadd<T>(vc, shrink, e.re), vnmadd<T>(vc, grow, e.im)});
    emit(k + half, Complex<T>{vnmadd<T>(vc, shrink, e.re), vmadd<T>(vc, grow, e.im)});
  } else {
    emit(k, Complex<T>{vmadd<T>(vc, grow, e.re), vmadd<T>(vc, shrink, e.im)});
    emit(k + half, Complex<T>{vnmadd<T>(vc, grow, e.re), vnmadd<T>(vc, shrink, e.im)});
  }
}
inline constexpr double half_root = 0.70710678118654752440;

template <class T, class Emit>
FLATNET_INLINE void butterfly(const Complex<T> (&a)[8], Emit&& emit) {
  Complex<T> e[4], o[4];
  fourier4(a[0], a[2], a[4], a[6], e);
  fourier4(a[1], a[3], a[5], a[7], o);
  emit(0, e[0] + o[0]);
  emit(4, e[0] - o[0]);
  turned<false, true>(e[1], o[1], half_root, 1, 1, 4, emit);
  emit(2, minus_i(e[2], o[2]));
  emit(6, plus_i(e[2], o[2]));
  turned<true, true>(e[3], o[3], half_root, 1, 3, 4, emit);
}

template <class T>
FLATNET_INLINE void fourier8(const Complex<T> (&a)[8], Complex<T> (&y)[8]) {
  butterfly(a, [&](int k, Complex<T> v) FLATNET_LAMBDA { y[k] = v; });
}

template <class T, class Emit>
FLATNET_INLINE void butterfly(const Complex<T> (&a)[16], Emit&& emit) {
  const Complex<T> even[8] = {a[0], a[2], a[4], a[6], a[8], a[10], a[12], a[14]};
  const Complex<T> odd[8] = {a[1], a[3], a[5], a[7], a[9], a[11], a[13], a[15]};
  Complex<T> e[8], o[8];
  fourier8(even, e);
  fourier8(odd, o);
  constexpr double c1 = 0.92387953251128675613,
                   t1 = 0.41421356237309504880;  // cos and tan of pi / 8
  constexpr double c3 = 0.38268343236508977173,
                   t3 = 2.4142135623730950488;  // of 3 pi / 8
  emit(0, e[0] + o[0]);
  emit(8, e[0] - o[0]);
  turned<false, false>(e[1], o[1], c1, t1, 1, 8, emit);
  turned<false, true>(e[2], o[2], half_root, 1, 2, 8, emit);
  turned<false, false>(e[3], o[3], c3, t3, 3, 8, emit);
  emit(4, minus_i(e[4], o[4]));
  emit(12, plus_i(e[4], o[4]));
  turned<true, false>(e[5], o[5], c1, t1, 5, 8, emit);
  turned<true, true>(e[6], o[6], half_root, 1, 6, 8, emit);
  turned<true, false>(e[7], o[7], c3, t3, 7, 8, emit);
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
