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

// Whether the second half holds the pairs of the first exchange of `transpose` in registers. A turn parts them.
template <int L, int R>
inline constexpr bool exchanged =
    !kernels::fourier_line_turns(R) && L / 2 % Split<R>::a == 0 && L / 2 / Split<R>::a < Split<R>::b;

// Rows p .. p + L - 1 of R numbers each, from R vectors at their places. With a turn, rows begin with output `turn`: output
// c + A b has gone to place B c + b where c >= turn, B c + (b - 1 modulo B) where not.
template <class T, int L, int R> FLATNET_INLINE void put_rows(const T* at, T* y, int turn) {
  constexpr int A = Split<R>::a, B = Split<R>::b;
  const T* from[A];
  for (int c = 0; c < A; ++c) from[c] = at + 2 * L * B * ((c + turn) % A);
#pragma GCC unroll 1
  for (int k = 0; k < R; k += L)
#pragma GCC unroll 1
    for (int part = 0; part < 2; ++part)
      put_transposed<T, L, exchanged<L, R>>(
          [&](int i) {
            if constexpr (L % A == 0) return from[i % A] + 2 * L * (k / A + i / A) + L * part;
            else return from[(k + i) % A] + 2 * L * ((k + i) / A) + L * part;
          },
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
  const int turn = kernels::fourier_line_turns(R) ? static_cast<int>(g.turn) : 0;
  constexpr bool products = kernels::fourier_line_products(R);
  for (index_t c = 0; c < m; c += L, w += 2 * L * (products ? Split<R>::a + Split<R>::b : R)) {
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
        if constexpr (products) {
          const C v = C::planar(w + 2 * L * c);
          d[0] = d[0] * v;
          for (int b = 1; b < B; ++b) d[b] = d[b] * (v * C::planar(w + 2 * L * (A + b)));
        } else {
          for (int b = 0; b < B; ++b) d[b] = d[b] * C::planar(w + 2 * L * (c + A * b));
        }
        if constexpr (exchanged<L, R>) exchange_top<T, L, L / 2 / A>(d);
        T* row = t.at + 2 * L * B * c;
        const int back = c < turn;
        d[0].put_planar(row + 2 * L * (back ? B - 1 : 0));
        for (int b = 1; b < B; ++b) d[b].put_planar(row + 2 * L * (b - back));
      });
      put_rows<T, L, R>(t.at, y + 2 * R * p, turn);
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

// The first `count` numbers of a block go to y, the rest a row earlier.
template <class T, int L> FLATNET_INLINE void put_parts(const T* block, int count, T* y, index_t row) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) * L == 64) {
    constexpr int words = sizeof(T) / 4;
    for (int half = 0; half < 2; ++half) {
      const auto v = read<__m512>(block + L * half);
      const int left = 2 * count - L * half, kept = (left < 0 ? 0 : left > L ? L : left) * words;
      const auto mask = static_cast<__mmask16>((1U << kept) - 1);
      _mm512_mask_storeu_ps(y + L * half, mask, v);
      _mm512_mask_storeu_ps(y - 2 * row + L * half, static_cast<__mmask16>(~mask), v);
    }
    return;
  }
#endif
  for (int i = 0; i < 2 * L; ++i) y[i < 2 * count ? i : i - 2 * row] = block[i];
}

template <class T, int L, int R, bool inverse> void line_last(const FourierLineArgs& g) noexcept {
  using C = Cx<T, L>;
  constexpr int A = Split<R>::a, B = Split<R>::b;
  const T* x = static_cast<const T*>(g.x);
  const T* inner = static_cast<const T*>(g.inner);
  T* y = static_cast<T*>(g.y) + 2 * g.turn;
  const index_t s = g.s;
  const auto scale = all<typename C::V>(static_cast<T>(g.scale));
  Buffer<T, L, R> t;
  index_t row_end = g.turn ? g.row : s + L;
  for (index_t q = 0; q < s; q += L) {
    const bool parts = q + L == row_end;
    // Output c + A b.
    T* const to = parts ? t.at : y + 2 * q;
    const index_t next_c = parts ? 2 * L * B : 2 * s, next_b = parts ? 2 * L : 2 * s * A;
    const auto number = [&](int j) { return C::planar(x + 2 * (q + s * j)); };
    if constexpr (B == 1) {
      C a[R];
      for (int j = 0; j < R; ++j) a[j] = number(j);
      Dft<R>::run(a);
      for (int k = 0; k < R; ++k) a[k].scaled(scale).template put_together<inverse>(to + next_c * k);
    } else {
      t.first_half(inner, number);
      t.second_half([&](int c, C(&d)[B]) {
        for (int b = 0; b < B; ++b) d[b].scaled(scale).template put_together<inverse>(to + next_c * c + next_b * b);
      });
    }
    if (!parts) continue;
    for (int k = 0; k < R; ++k)
      put_parts<T, L>(t.at + 2 * L * Buffer<T, L, R>::place(k), L - static_cast<int>(g.turn), y + 2 * (q + s * k), g.row);
    row_end += g.row;
  }
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
