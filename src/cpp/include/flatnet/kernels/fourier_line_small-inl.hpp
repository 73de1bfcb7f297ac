// Transforms whose numbers fit the registers: the passes of kernels/fourier_line.hpp one after the other, unrolled.
namespace flatnet::FLATNET_ISA {
namespace {

template <class T, int L, int vectors, int S, int R, int... rest>
FLATNET_INLINE void small_passes(Cx<T, L> (&a)[vectors], const T* w, std::integer_sequence<int, R, rest...>) {
  using C = Cx<T, L>;
  constexpr int butterflies = vectors / R;
  C out[vectors];
  for (int b = 0; b < butterflies; ++b) {
    C c[R];
    for (int j = 0; j < R; ++j) c[j] = a[b + butterflies * j];
    Dft<R>::run(c);
    if constexpr (sizeof...(rest) > 0)
      for (int k = 1; k < R; ++k) c[k] = c[k] * C::planar(w + 2 * L * (b * (R - 1) + k - 1));
    if constexpr (S < L) weave<S, R>(c);
    for (int k = 0; k < R; ++k)
      if constexpr (S < L) out[b * R + k] = c[k];
      else out[(b * L % S + S * (b * L / S * R + k)) / L] = c[k];
  }
  for (int i = 0; i < vectors; ++i) a[i] = out[i];
  if constexpr (sizeof...(rest) > 0)
    small_passes<T, L, vectors, S * R>(a, w + 2 * L * butterflies * (R - 1), std::integer_sequence<int, rest...>{});
}

template <class T, int L, bool inverse, int... R> void line_small(const FourierLineArgs& g) noexcept {
  using C = Cx<T, L>;
  constexpr int vectors = (R * ... * 1) / L;
  const T* x = static_cast<const T*>(g.x);
  T* y = static_cast<T*>(g.y);
  C a[vectors];
  for (int i = 0; i < vectors; ++i) a[i] = C::template pairs<inverse>(x + 2 * L * i);
  small_passes<T, L, vectors, 1>(a, static_cast<const T*>(g.w), std::integer_sequence<int, R...>{});
  const auto scale = all<typename C::V>(static_cast<T>(g.scale));
  for (int i = 0; i < vectors; ++i) a[i].scaled(scale).template put_pairs<inverse>(y + 2 * L * i);
}

// One number by itself, with the parts of Cx that transforms of 2 and 4 need.
template <class T> struct One {
  T re, im;
  FLATNET_INLINE One operator+(One o) const { return {re + o.re, im + o.im}; }
  FLATNET_INLINE One operator-(One o) const { return {re - o.re, im - o.im}; }
  FLATNET_INLINE One plus_i(One o) const { return {re - o.im, im + o.re}; }
  FLATNET_INLINE One minus_i(One o) const { return {re + o.im, im - o.re}; }
};

template <class T, bool inverse, int N> void line_tiny(const FourierLineArgs& g) noexcept {
  T a[2 * N];
  One<T> c[N];
  __builtin_memcpy(a, g.x, sizeof a);
  for (int i = 0; i < N; ++i) c[i] = {a[2 * i + inverse], a[2 * i + !inverse]};
  if constexpr (N > 1) Dft<N>::run(c);
  const T scale = static_cast<T>(g.scale);
  for (int i = 0; i < N; ++i) {
    a[2 * i + inverse] = c[i].re * scale;
    a[2 * i + !inverse] = c[i].im * scale;
  }
  __builtin_memcpy(g.y, a, sizeof a);
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
