// Bias and activation on the rows of a panel, in place.
// logistic(x) = s / (1 + t), t = exp(-|x|), s = 1 for x >= 0 and t below: no overflow, no cancellation, exactly 1/2 at 0, NaN kept.
// exp(y), y <= 0: y = n ln 2 + r with |r| <= ln(2)/2, Taylor in r. Truncation: r^14/14! = 4e-18 (f64, degree 13), r^8/8! = 5e-9
// (f32, degree 7), below half a unit roundoff; 2^n is applied in two halves, so that subnormal results round once.
namespace flatnet::FLATNET_ISA {
namespace {

template <class T> struct Exp;
template <> struct Exp<float> {
  using Int = std::int32_t;
  static constexpr float magic = 12582912.0f;  // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
  static constexpr float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f, lowest = -104.0f;
  static constexpr int degree = 7, mantissa = 23, bias = 127;
};
template <> struct Exp<double> {
  using Int = std::int64_t;
  static constexpr double magic = 6755399441055744.0;  // 1.5 * 2^52
  static constexpr double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10, lowest = -746.0;
  static constexpr int degree = 13, mantissa = 52, bias = 1023;
};

inline constexpr double inverse_factorial[] = {
    1.0,        1.0,         1.0 / 2,      1.0 / 6,       1.0 / 24,       1.0 / 120,       1.0 / 720,
    1.0 / 5040, 1.0 / 40320, 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800.0};

// The elements' bits as integers and back.
template <class To, class From> inline To bits(From v) {
  To t;
  static_assert(sizeof t == sizeof v);
  __builtin_memcpy(&t, &v, sizeof t);
  return t;
}

template <class T, bool V> struct Math {
  using E = Exp<T>;
  using L = Lane<T, V>;
  using X = typename L::type;
  using I = typename Lane<typename E::Int, V>::type;

  static X select(bool m, X a, X b) { return m ? a : b; }
  template <class M> static X select(M m, X a, X b) { return m ? a : b; }

  static X exp_nonpositive(X y) {
    const X low = L::all(E::lowest);
    y = select(y < low, low, y);  // a NaN compares false and stays
    const X shifted = L::fma(y, L::all(T(1.44269504088896340736)), L::all(E::magic));
    const X n = shifted - L::all(E::magic);
    const X r = L::fma(n, L::all(-E::ln2_low), L::fma(n, L::all(-E::ln2_high), y));
    X p = L::all(T(inverse_factorial[E::degree]));
    for (int k = E::degree - 1; k >= 0; --k) p = L::fma(p, r, L::all(T(inverse_factorial[k])));
    const I whole = bits<I>(shifted) - bits<I>(L::all(E::magic));
    const I half = whole >> 1, rest = whole - half;
    const X first = bits<X>((half + E::bias) << E::mantissa), second = bits<X>((rest + E::bias) << E::mantissa);
    return (p * first) * second;
  }
  static X logistic(X x) {
    const X zero = L::all(T(0)), one = L::all(T(1));
    const X t = exp_nonpositive(select(x > zero, -x, x));
    return select(x >= zero, one, t) / (one + t);
  }
  static X relu(X x) { return select(x < L::all(T(0)), L::all(T(0)), x); }
};

template <class T, bool V, Activation A> inline typename Lane<T, V>::type activate(typename Lane<T, V>::type x) {
  if constexpr (A == Activation::logistic) return Math<T, V>::logistic(x);
  if constexpr (A == Activation::relu) return Math<T, V>::relu(x);
  if constexpr (A == Activation::square) return x * x;
  return x;
}

template <class T, Activation A> void touch(const TouchArgs& g) noexcept {
  T* x = static_cast<T*>(g.x);
  const T* bias = static_cast<const T*>(g.bias);
  for (index_t r = 0; r < g.rows; ++r, x += g.lanes) {
    const T b = bias ? bias[r] : T(0);
    index_t p = 0;
    for (; p + width<T> <= g.lanes; p += width<T>) {
      const Vec<T> v = load(x + p);
      store(x + p, activate<T, true, A>(bias ? v + broadcast(b) : v));
    }
    for (; p < g.lanes; ++p) x[p] = activate<T, false, A>(bias ? x[p] + b : x[p]);
  }
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
