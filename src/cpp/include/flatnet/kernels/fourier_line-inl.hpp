// Passes of the Fourier transform of one vector (kernels/fourier_line.hpp).
//
// A radix too large for the registers is a product A B: the numbers j = B a + b are transformed over a, weighted with
// exp(-2 pi i b c / (A B)) and kept in a buffer, then transformed over b; output c + A d comes from place B c + d.
namespace flatnet::FLATNET_ISA {
namespace {

template <int R> struct Split { static constexpr int a = fourier_line_first(R), b = R / a; };

template <class T, int L, int R> struct Buffer {
  static constexpr int A = Split<R>::a, B = Split<R>::b;
  alignas(64) T at[2 * L * R];
  // Place of number j at first, of output k at last.
  static constexpr int place(int k) { return k % A * B + k / A; }

  // number(j) gives the number j.
  template <class F> FLATNET_INLINE void first_half(const T* inner, F&& number) {
    using C = Cx<T, L>;
#pragma GCC unroll 1
    for (int b = 0; b < B; ++b, inner += 2 * (A - 1)) {
      C c[A];
      for (int a = 0; a < A; ++a) c[a] = number(B * a + b);
      Dft<A>::run(c);
      for (int k = 1; k < A; ++k) c[k] = c[k] * C::both(inner + 2 * (k - 1));
      for (int k = 0; k < A; ++k) c[k].put_planar(at + 2 * L * (B * k + b));
    }
  }
  // put(c, d) takes the outputs d[b] = c + A b; place B c + b is theirs.
  template <class F> FLATNET_INLINE void second_half(F&& put) {
    using C = Cx<T, L>;
#pragma GCC unroll 1
    for (int c = 0; c < A; ++c) {
      C d[B];
      for (int b = 0; b < B; ++b) d[b] = C::planar(at + 2 * L * (B * c + b));
      Dft<B>::run(d);
      put(c, d);
    }
  }
};

// Whether the second half holds the pairs of the first exchange of `transpose` in registers.
template <int L, int R> inline constexpr bool exchanged = L / 2 % Split<R>::a == 0 && L / 2 / Split<R>::a < Split<R>::b;

// Rows p .. p + L - 1 of R numbers each, from R vectors at their places.
template <class T, int L, int R> FLATNET_INLINE void put_rows(const T* at, T* y) {
#pragma GCC unroll 1
  for (int k = 0; k < R; k += L)
#pragma GCC unroll 1
    for (int part = 0; part < 2; ++part)
      put_transposed<T, L, exchanged<L, R>>([&](int i) { return at + 2 * L * Buffer<T, L, R>::place(k + i) + L * part; },
                                            [&](int i) { return y + 2 * (R * i + k) + L * part; });
}

template <class T, int L, int R, bool inverse> void line_first(const FourierLineArgs& g) noexcept {
  using C = Cx<T, L>;
  static_assert(R % L == 0);
  const T* x = static_cast<const T*>(g.x);
  const T* inner = static_cast<const T*>(g.inner);
  const T* w = static_cast<const T*>(g.w);
  T* y = static_cast<T*>(g.y);
  const index_t m = g.m;
  for (index_t c = 0; c < m; c += L, w += 2 * L * R) {
    const index_t p = c < m - L ? c : m - L;
    if constexpr (Split<R>::b == 1) {
      C a[R];
      for (int j = 0; j < R; ++j) a[j] = C::template apart<inverse>(x + 2 * (p + m * j));
      Dft<R>::run(a);
      for (int k = 1; k < R; ++k) a[k] = a[k] * C::planar(w + 2 * L * k);
      static_assert(R == L);
      transpose<T, L>(a);
      for (int i = 0; i < R; ++i) a[i].put_planar(y + 2 * R * (p + i));
    } else {
      constexpr int A = Split<R>::a, B = Split<R>::b;
      Buffer<T, L, R> t;
      t.first_half(inner, [&](int j) { return C::template apart<inverse>(x + 2 * (p + m * j)); });
      t.second_half([&](int c, C(&d)[B]) {
        for (int b = 0; b < B; ++b) d[b] = d[b] * C::planar(w + 2 * L * (c + A * b));
        if constexpr (exchanged<L, R>) exchange_top<T, L, L / 2 / A>(d);
        for (int b = 0; b < B; ++b) d[b].put_planar(t.at + 2 * L * (B * c + b));
      });
      put_rows<T, L, R>(t.at, y + 2 * R * p);
    }
  }
}

template <class T, int L, int R> void line_middle(const FourierLineArgs& g) noexcept {
  using C = Cx<T, L>;
  const T* x = static_cast<const T*>(g.x);
  const T* inner = static_cast<const T*>(g.inner);
  const T* w = static_cast<const T*>(g.w);
  T* y = static_cast<T*>(g.y);
  const index_t s = g.s, far = g.s * g.m;
  for (index_t p = 0; p < g.m; ++p, w += 2 * R)
    for (index_t q = 0; q < s; q += L) {
      const T* from = x + 2 * (q + s * p);
      T* to = y + 2 * (q + s * R * p);
      if constexpr (Split<R>::b == 1) {
        C a[R];
        for (int j = 0; j < R; ++j) a[j] = C::planar(from + 2 * far * j);
        Dft<R>::run(a);
        a[0].put_planar(to);
        for (int k = 1; k < R; ++k) (a[k] * C::both(w + 2 * k)).put_planar(to + 2 * s * k);
      } else {
        Buffer<T, L, R> t;
        t.first_half(inner, [&](int j) { return C::planar(from + 2 * far * j); });
        constexpr int A = Split<R>::a, B = Split<R>::b;
        t.second_half([&](int c, C(&d)[B]) {
          for (int b = 0; b < B; ++b) (d[b] * C::both(w + 2 * (c + A * b))).put_planar(to + 2 * s * (c + A * b));
        });
      }
    }
}

template <class T, int L, int R, bool inverse> void line_last(const FourierLineArgs& g) noexcept {
  using C = Cx<T, L>;
  const T* x = static_cast<const T*>(g.x);
  const T* inner = static_cast<const T*>(g.inner);
  T* y = static_cast<T*>(g.y);
  const index_t s = g.s;
  const auto scale = all<typename C::V>(static_cast<T>(g.scale));
  for (index_t q = 0; q < s; q += L) {
    const auto number = [&](int j) { return C::planar(x + 2 * (q + s * j)); };
    const auto put = [&](int k, C v) { v.scaled(scale).template put_together<inverse>(y + 2 * (q + s * k)); };
    if constexpr (Split<R>::b == 1) {
      C a[R];
      for (int j = 0; j < R; ++j) a[j] = number(j);
      Dft<R>::run(a);
      for (int k = 0; k < R; ++k) put(k, a[k]);
    } else {
      constexpr int A = Split<R>::a, B = Split<R>::b;
      Buffer<T, L, R> t;
      t.first_half(inner, number);
      t.second_half([&](int c, C(&d)[B]) {
        for (int b = 0; b < B; ++b) put(c + A * b, d[b]);
      });
    }
  }
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
