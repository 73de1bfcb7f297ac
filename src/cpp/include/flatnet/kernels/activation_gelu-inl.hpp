// GELU, x Phi(x) with the normal distribution function Phi (Hendrycks & Gimpel 2016), in its exact form and to its far tail.
// Phi(-a) = exp(-a^2/2) w P(t), a >= 0, w = 1/(a + k), t = 1 - 2 k w in [-1, 1]: P is a polynomial of degree 10 (f32, k = 4,
// relative error 3e-9) or 22 (f64, k = 5, 1.3e-17). a^2/2 is taken to twice the precision: its rounding alone would cost a^2/2
// ulp.
namespace flatnet::FLATNET_ISA {
namespace {

template <class T> struct Normal;
template <> struct Normal<float> {
  static constexpr float k = 4.0f, furthest = 15.0f;  // x Phi(x) is zero below -furthest
  static constexpr float tail[] = {0.7552851306f,    -0.6078966591f,    0.3871373680f,    -0.1865212814f,
                                   0.06039753309f,   -0.007545268266f,  -0.003489317276f, 0.001645219297f,
                                   0.0001710546116f, -0.0002317986783f, -5.155659330e-5f};
  static constexpr float centre[] = {0.3989422787f,    -0.06649033235f,  0.009973170932f,
                                     -0.001185984702f, 0.0001131436494f, -7.530306861e-6f};
};
template <> struct Normal<double> {
  static constexpr double k = 5.0, furthest = 40.0;
  static constexpr double tail[] = {
      0.7691930497500629580,     -0.6653825028900566937,   0.4953056159699765887,      -0.3135331566713051714,
      0.1650203661703750253,     -0.06911863870629467953,  0.02079506680009145963,     -0.002993376770649268116,
      -0.0007978694007392487871, 0.0005448990650373230115, -0.00005937571381647131181, -0.00004976281037790303534,
      0.00001668116036458664543, 3.980871285666972487e-6,  -2.769145782282277865e-6,   -3.365122043499069501e-7,
      4.329837037415609406e-7,   4.209183333886914582e-8,  -6.584886840079739718e-8,   -9.144502081289173860e-9,
      7.667236107202653315e-9,   1.689105766515378083e-9,  -1.807321207814604340e-10};
  static constexpr double centre[] = {0.3989422804014325970,    -0.06649038006689948800,  0.009973557009906569197,
                                      -0.001187328214194216550, 0.0001154346805742268918, -9.444633052625459739e-6,
                                      6.659213047714863437e-7,  -4.116360050361729096e-8, 2.222335050760971635e-9,
                                      -8.926343699049443574e-11};
};

// Phi(-a) is off by about 4 u: P's last two steps 2 u, w 1 u, the exponential 1.3 u. x >= 0 takes x - x Phi(-x).
template <class T> FLATNET_INLINE Vec<T> gelu_outer(Vec<T> x) {
  using M = Maths<T>;
  using N = Normal<T>;
  using X = Vec<T>;
  const X one = M::all(T(1)), a = M::at_most(M::magnitude(x), N::furthest);
  const X square = a * a, low = M::product_low(a, a, square);
  typename M::Reduced e = M::nearest(T(-0.5) * square);
  e.r = M::fma(low, M::all(T(-0.5)), e.r);
  const X p = M::fma(M::fma(M::horner(M::E::second, e.r), e.r, one), e.r, one);
  const X w = one / (a + M::all(N::k)), t = M::fma(w, M::all(T(-2) * N::k), one);
  const X tail = w * M::horner(N::tail, t);
  const X below = M::scaled((M::at_least(x, -N::furthest) * tail) * p, e.shifted);
  return select(x < M::all(T(0)), below, x * (one - M::scaled(tail * p, e.shifted)));
}

// |x| <= 1: Phi(x) = 1/2 + x R(x^2), relative errors 1e-10 and 4e-18.
template <class T> FLATNET_INLINE Vec<T> gelu(Vec<T> x) {
  using M = Maths<T>;
  const auto outside = M::beyond(x, T(1));
  const Vec<T> y = x * M::fma(M::horner(Normal<T>::centre, x * x), x, M::all(T(0.5)));
  return any(outside) ? select(outside, gelu_outer<T>(x), y) : y;
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
