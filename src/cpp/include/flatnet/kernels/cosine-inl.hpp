// Each step is written once, over an access to L neighbouring numbers of a vector (Line) or to one row of a panel (Rows).
#include "flatnet/kernels/cosine.hpp"

#include "flatnet/kernels/fourier_line_vec-inl.hpp"

namespace flatnet::FLATNET_ISA {
namespace {

template <int L> struct BackwardsOnes {
  static constexpr int at(int l) { return L - 1 - l; }
};
/// Numbers i, i + 1, ... of a vector; `back`: i, i - 1, ...
template <class T_, int L> struct Line {
  using T = T_;
  using V = Lanes<T, L>;
  using C = Cx<T, L>;
  using One = Line<T, 1>;
  static constexpr index_t step = L;

  static FLATNET_INLINE V get(const T* x, index_t i) { return read<V>(x + i); }
  static FLATNET_INLINE V back(const T* x, index_t i) {
    const V v = read<V>(x + i - L + 1);
    return L == 1 ? v : shuffle<BackwardsOnes<L>, L>(v, v);
  }
  static FLATNET_INLINE void put(T* y, index_t i, V v) { write(y + i, v); }
  static FLATNET_INLINE void put_back(T* y, index_t i, V v) {
    write(y + i - L + 1, L == 1 ? v : shuffle<BackwardsOnes<L>, L>(v, v));
  }
  static FLATNET_INLINE C pairs(const T* x, index_t j) { return C::template pairs<false>(x + 2 * j); }
  static FLATNET_INLINE C pairs_back(const T* x, index_t j) { return C::backwards(x + 2 * (j - L + 1)); }
  static FLATNET_INLINE void put_pairs(T* y, index_t j, C v) { v.template put_pairs<false>(y + 2 * j); }
  static FLATNET_INLINE void put_pairs_back(T* y, index_t j, C v) { v.put_backwards(y + 2 * (j - L + 1)); }
  static FLATNET_INLINE V weight(const T* w, index_t k) { return read<V>(w + k); }
  static FLATNET_INLINE V weight_back(const T* w, index_t k) { return back(w, k); }
  /// (-1)^j, (-1)^(j+1), ...
  static FLATNET_INLINE V alternating(index_t j) {
    T s[L];
    for (int l = 0; l < L; ++l) s[l] = l % 2 ? T(-1) : T(1);
    return read<V>(s) * (j % 2 ? T(-1) : T(1));
  }
};

template <class T_> struct Rows {
  using T = T_;
  static constexpr index_t W = width<T>;
  using V = Lanes<T, W>;
  using C = Cx<T, W>;
  using One = Rows;
  static constexpr index_t step = 1;

  static FLATNET_INLINE V get(const T* x, index_t i) { return read<V>(x + i * W); }
  static FLATNET_INLINE V back(const T* x, index_t i) { return get(x, i); }
  static FLATNET_INLINE void put(T* y, index_t i, V v) { write(y + i * W, v); }
  static FLATNET_INLINE void put_back(T* y, index_t i, V v) { put(y, i, v); }
  static FLATNET_INLINE C pairs(const T* x, index_t j) { return {get(x, 2 * j), get(x, 2 * j + 1)}; }
  static FLATNET_INLINE C pairs_back(const T* x, index_t j) { return pairs(x, j); }
  static FLATNET_INLINE void put_pairs(T* y, index_t j, C v) {
    put(y, 2 * j, v.re);
    put(y, 2 * j + 1, v.im);
  }
  static FLATNET_INLINE void put_pairs_back(T* y, index_t j, C v) { put_pairs(y, j, v); }
  static FLATNET_INLINE V weight(const T* w, index_t k) { return all<V>(w[k]); }
  static FLATNET_INLINE V weight_back(const T* w, index_t k) { return weight(w, k); }
  static FLATNET_INLINE V alternating(index_t j) { return all<V>(j % 2 ? T(-1) : T(1)); }
};

/// body(i) for i = first, first + step, ...; the last vector ends with the last number: it may lie over the one before.
template <class A, class F> FLATNET_INLINE void over(index_t first, index_t count, F&& body) {
  for (index_t i = 0; i < count; i += A::step) body(first + (i + A::step <= count ? i : count - A::step));
}

template <class A> struct Data {
  using T = typename A::T;
  const T *x, *x2, *w;
  T *y, *y2;
  explicit Data(const CosineArgs& g)
      : x(static_cast<const T*>(g.x)),
        x2(static_cast<const T*>(g.x2)),
        w(static_cast<const T*>(g.w)),
        y(static_cast<T*>(g.y)),
        y2(static_cast<T*>(g.y2)) {}
};
template <class A> FLATNET_INLINE typename A::V sign_of(bool negative) {
  return all<typename A::V>(typename A::T(negative ? -1 : 1));
}
template <class A> FLATNET_INLINE typename A::C conjugate(typename A::C z) { return {z.re, -z.im}; }

struct Split {
  static index_t count(const CosineArgs& g) { return g.n / 2; }
  template <class A> static FLATNET_INLINE void run(const CosineArgs& g) {
    const Data<A> d(g);
    const auto sign = sign_of<A>(g.sine);
    over<A>(0, g.n / 2, [&](index_t i) {
      const auto z = A::pairs(d.x, i);
      A::put(d.y, i, z.re);
      A::put_back(d.y, g.n - 1 - i, z.im * sign);
    });
    if (g.n % 2) A::One::put(d.y, g.n / 2, A::One::get(d.x, g.n - 1));
  }
};

struct Merge {
  static index_t count(const CosineArgs& g) { return g.n / 2; }
  template <class A> static FLATNET_INLINE void run(const CosineArgs& g) {
    const Data<A> d(g);
    const auto sign = sign_of<A>(g.sine);
    over<A>(0, g.n / 2, [&](index_t i) { A::put_pairs(d.y, i, {A::get(d.x, i), A::back(d.x, g.n - 1 - i) * sign}); });
    if (g.n % 2) A::One::put(d.y, g.n - 1, A::One::get(d.x, g.n / 2));
  }
};

/// Where the four numbers k, n - k, h - k, h + k stand: sines backwards, one place lower and in each other's place.
template <class A> struct Four {
  using V = typename A::V;
  V a, b, c, d;  // numbers k, n - k, h - k, h + k

  FLATNET_INLINE void put(typename A::T* y, index_t n, index_t k, bool sine) const {
    const index_t h = n / 2, o = sine ? 1 : 0;
    A::put(y, k - o, sine ? b : a);
    A::put_back(y, n - k - o, sine ? a : b);
    A::put_back(y, h - k - o, sine ? d : c);
    A::put(y, h + k - o, sine ? c : d);
  }
  static FLATNET_INLINE Four get(const typename A::T* x, index_t n, index_t k, bool sine) {
    const index_t h = n / 2, o = sine ? 1 : 0;
    const V p = A::get(x, k - o), q = A::back(x, n - k - o), r = A::back(x, h - k - o), s = A::get(x, h + k - o);
    return sine ? Four{q, p, s, r} : Four{p, q, r, s};
  }
};
template <class T> inline constexpr T root_half = static_cast<T>(0.707106781186547524400844362104849039L);
template <class T> inline constexpr T root_two = static_cast<T>(1.41421356237309504880168872420969808L);

struct FromHalf {
  static index_t count(const CosineArgs& g) { return g.n / 4; }
  template <class A> static FLATNET_INLINE void run(const CosineArgs& g) {
    using One = typename A::One;
    using C = typename A::C;
    using T = typename A::T;
    const Data<A> d(g);
    const index_t n = g.n, h = n / 2, m = h / 2 + 1, o = g.sine ? 1 : 0;
    const auto root = all<typename A::V>(root_half<T>);
    const auto z = One::pairs(d.x, 0);
    const auto sum = z.re + z.im;
    One::put(d.y, g.sine ? n - 1 : 0, sum + sum);
    One::put(d.y, h - o, (z.re - z.im) * all<typename One::V>(root_two<T>));
    over<A>(1, h / 2, [&](index_t k) {
      const C a = A::pairs(d.x, k), b = conjugate<A>(A::pairs_back(d.x, h - k));
      const C p = (a + b) * C{A::weight(d.w, k), A::weight(d.w + m, k)};
      const C q = (a - b) * C{A::weight(d.w + 2 * m, k), A::weight(d.w + 3 * m, k)};
      const C s = p + q, r = p - q;
      Four<A>{s.re, -s.im, (r.re - r.im) * root, (r.re + r.im) * root}.put(d.y, n, k, g.sine);
    });
  }
};

struct ToHalf {
  static index_t count(const CosineArgs& g) { return g.n / 4; }
  template <class A> static FLATNET_INLINE void run(const CosineArgs& g) {
    using One = typename A::One;
    using C = typename A::C;
    using T = typename A::T;
    const Data<A> d(g);
    const index_t n = g.n, h = n / 2, m = h / 2 + 1, o = g.sine ? 1 : 0;
    const auto root = all<typename A::V>(root_half<T>);
    const auto first = One::get(d.x, g.sine ? n - 1 : 0) * all<typename One::V>(static_cast<T>(g.first));
    const auto middle = One::get(d.x, h - o) * all<typename One::V>(root_two<T>);
    One::put_pairs(d.y, 0, {first + middle, first - middle});
    over<A>(1, h / 2, [&](index_t k) {
      const auto f = Four<A>::get(d.x, n, k, g.sine);
      const C a = {f.a, -f.b}, r = {(f.c + f.d) * root, (f.d - f.c) * root};
      const C e = (a + r) * C{A::weight(d.w, k), -A::weight(d.w + m, k)};
      const C t = (a - r) * C{A::weight(d.w + 2 * m, k), -A::weight(d.w + 3 * m, k)};
      A::put_pairs(d.y, k, e + t);
      A::put_pairs_back(d.y, h - k, conjugate<A>(e - t));
    });
  }
};

struct FromWhole {
  static index_t count(const CosineArgs& g) { return g.n / 2; }
  template <class A> static FLATNET_INLINE void run(const CosineArgs& g) {
    using C = typename A::C;
    const Data<A> d(g);
    const index_t n = g.n, m = n / 2 + 1, o = g.sine ? 1 : 0;
    A::One::put(d.y, g.sine ? n - 1 : 0, A::One::pairs(d.x, 0).re);
    over<A>(1, n / 2, [&](index_t k) {
      const C c = A::pairs(d.x, k) * C{A::weight(d.w, k), A::weight(d.w + m, k)};
      A::put(d.y, k - o, g.sine ? -c.im : c.re);
      A::put_back(d.y, n - k - o, g.sine ? c.re : -c.im);
    });
  }
};

struct ToWhole {
  static index_t count(const CosineArgs& g) { return g.n / 2; }
  template <class A> static FLATNET_INLINE void run(const CosineArgs& g) {
    using One = typename A::One;
    using C = typename A::C;
    const Data<A> d(g);
    const index_t n = g.n, m = n / 2 + 1, o = g.sine ? 1 : 0;
    const auto factor = all<typename One::V>(static_cast<typename A::T>(g.first));
    One::put_pairs(d.y, 0, {One::get(d.x, g.sine ? n - 1 : 0) * factor, typename One::V{}});
    over<A>(1, n / 2, [&](index_t k) {
      const auto p = A::get(d.x, k - o), q = A::back(d.x, n - k - o);
      const C a = g.sine ? C{q, -p} : C{p, -q};
      A::put_pairs(d.y, k, a * C{A::weight(d.w, k), -A::weight(d.w + m, k)});
    });
  }
};

struct Pair4 {
  static index_t count(const CosineArgs& g) { return (g.n / 2 + 1) / 2; }
  template <class A> static FLATNET_INLINE void run(const CosineArgs& g) {
    using C = typename A::C;
    const Data<A> d(g);
    const index_t h = g.n / 2;
    over<A>(0, (h + 1) / 2, [&](index_t j) {
      const C u = A::pairs(d.x, j), v = A::pairs_back(d.x, h - 1 - j);
      const C near = g.sine ? C{v.im, u.re} : C{u.re, v.im}, far = g.sine ? C{u.im, v.re} : C{v.re, u.im};
      A::put_pairs(d.y, j, near * C{A::weight(d.w, j), A::weight(d.w + h, j)});
      A::put_pairs_back(d.y, h - 1 - j, far * C{A::weight_back(d.w, h - 1 - j), A::weight_back(d.w + h, h - 1 - j)});
    });
  }
};

struct Part4 {
  static index_t count(const CosineArgs& g) { return (g.n / 2 + 1) / 2; }
  template <class A> static FLATNET_INLINE void run(const CosineArgs& g) {
    using C = typename A::C;
    const Data<A> d(g);
    const index_t h = g.n / 2;
    const auto sign = sign_of<A>(!g.sine);
    over<A>(0, (h + 1) / 2, [&](index_t k) {
      const C near = A::pairs(d.x, k) * C{A::weight(d.w, k), A::weight(d.w + h, k)};
      const C far = A::pairs_back(d.x, h - 1 - k) * C{A::weight_back(d.w, h - 1 - k), A::weight_back(d.w + h, h - 1 - k)};
      A::put_pairs(d.y, k, {near.re, far.im * sign});
      A::put_pairs_back(d.y, h - 1 - k, {far.re, near.im * sign});
    });
  }
};

struct Mirrored {
  static index_t count(const CosineArgs& g) { return g.n / 2; }
  template <class A> static FLATNET_INLINE void run(const CosineArgs& g) {
    using One = typename A::One;
    const Data<A> d(g);
    const index_t n = g.n;
    over<A>(0, n / 2, [&](index_t i) {
      const auto a = A::get(d.x, i), b = A::back(d.x, n - 1 - i);
      A::put(d.y, i, a + b);
      A::put(d.y2, i, a - b);
    });
    const auto middle = One::get(d.x, n / 2);
    One::put(d.y, n / 2, middle + middle);
    if (n == 1 || g.first == 1) return;
    const auto factor = all<typename One::V>(static_cast<typename A::T>(g.first));
    One::put(d.y, 0, One::get(d.y, 0) * factor);
    One::put(d.y2, 0, One::get(d.y2, 0) * factor);
  }
};

struct Joined {
  static index_t count(const CosineArgs& g) { return g.n / 2; }
  template <class A> static FLATNET_INLINE void run(const CosineArgs& g) {
    const Data<A> d(g);
    over<A>(0, g.n / 2, [&](index_t i) { A::put_pairs(d.y, i, {A::get(d.x, i), A::get(d.x2, i)}); });
    A::One::put(d.y, g.n - 1, A::One::get(d.x, g.n / 2));
  }
};

struct Fold {
  static index_t count(const CosineArgs& g) { return g.n / 2; }
  template <class A> static FLATNET_INLINE void run(const CosineArgs& g) {
    using One = typename A::One;
    const Data<A> d(g);
    const index_t N = g.n, o = g.sine ? 1 : 0;
    if (g.sine) {
      One::put_pairs(d.y, 0, {typename One::V{}, typename One::V{}});
    } else {
      const auto factor = all<typename One::V>(static_cast<typename A::T>(g.first));
      const auto a = One::get(d.x, 0) * factor, b = One::get(d.x, N) * factor;
      One::put_pairs(d.y, 0, {a + b, a - b});
    }
    over<A>(1, N / 2, [&](index_t j) {
      const auto a = A::get(d.x, j - o), b = A::back(d.x, N - j - o), sign = A::alternating(j);
      const auto plus = a + b, minus = a - b;
      const typename A::C z = {g.sine ? minus : plus, (g.sine ? plus : minus) * sign};
      A::put_pairs(d.y, j, z);
      A::put_pairs_back(d.y, N - j, g.sine ? typename A::C{-z.re, -z.im} : z);
    });
  }
};

struct Spread {
  static index_t count(const CosineArgs& g) { return g.n / 2 + (g.sine ? 0 : 1); }
  template <class A> static FLATNET_INLINE void run(const CosineArgs& g) {
    const Data<A> d(g);
    const index_t m = g.n / 2;
    if (g.sine)
      over<A>(0, m, [&](index_t i) { A::put_pairs(d.y, i, {-A::pairs_back(d.x, m - i).re, -A::pairs(d.x, i + 1).im}); });
    else over<A>(0, m + 1, [&](index_t i) { A::put_pairs(d.y, i, {A::pairs(d.x, i).re, A::pairs_back(d.x, m - i).im}); });
  }
};

/// As many numbers at once as a register has, fewer where there are fewer.
template <class T, class Step> void on_line(const CosineArgs& g) noexcept {
  const index_t count = Step::count(g);
  if constexpr (width<T> >= 16)
    if (count >= 16) return Step::template run<Line<T, 16>>(g);
  if constexpr (width<T> >= 8)
    if (count >= 8) return Step::template run<Line<T, 8>>(g);
  if constexpr (width<T> >= 4)
    if (count >= 4) return Step::template run<Line<T, 4>>(g);
  if constexpr (width<T> == 2)
    if (count >= 2) return Step::template run<Line<T, 2>>(g);
  Step::template run<Line<T, 1>>(g);
}
template <class T, class Step> void on_rows(const CosineArgs& g) noexcept { Step::template run<Rows<T>>(g); }

}  // namespace
}  // namespace flatnet::FLATNET_ISA
