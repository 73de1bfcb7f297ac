// Between the transform Z of h complex numbers x[2j] + i x[2j+1] and the transform X of the 2 h real numbers x:
// with E = (Z[k] + conj Z[h-k]) / 2, O = (Z[k] - conj Z[h-k]) / 2i and w = exp(-pi i / h),
// X[k] = E + w^k O and X[h-k] = conj(E - w^k O).
namespace flatnet::FLATNET_ISA {
namespace {

// L numbers k, k + 1, ... and their mirrors h - k, h - k - 1, ...; both are read before either is written.
template <class T, int L> struct Mirror {
  using C = Cx<T, L>;
  C near, far;
  FLATNET_INLINE Mirror(const T* x, index_t h, index_t k)
      : near(C::template pairs<false>(x + 2 * k)), far(C::backwards(x + 2 * (h - k - L + 1))) {}
  FLATNET_INLINE void put(T* y, index_t h, index_t k) const {
    near.template put_pairs<false>(y + 2 * k);
    far.put_backwards(y + 2 * (h - k - L + 1));
  }
};

template <class T, int L> struct Unpack {
  using C = Cx<T, L>;
  using V = typename C::V;
  V half, sign;
  Unpack(T scale, bool conjugate) : half(all<V>(scale / 2)), sign(all<V>(conjugate ? T(-1) : T(1))) {}
  FLATNET_INLINE void run(Mirror<T, L>& m, C w) const {
    const C z = m.near, c = m.far, e = {z.re + c.re, (z.im - c.im) * sign};
    const V re = (z.re - c.re) * half, im = (z.im + c.im) * half;
    const V o_re = fma<V>(im, w.re, re * w.im), o_im = fnma<V>(re, w.re, im * w.im) * sign;
    m.near = {fma<V>(e.re, half, o_re), fma<V>(e.im, half, o_im)};
    m.far = {-fnma<V>(e.re, half, o_re), fnma<V>(e.im, half, o_im)};
  }
};

template <class T, int L> struct Pack {
  using C = Cx<T, L>;
  using V = typename C::V;
  V scale, signed_scale;
  Pack(T scale_, bool conjugate) : scale(all<V>(scale_)), signed_scale(all<V>(conjugate ? -scale_ : scale_)) {}
  FLATNET_INLINE void run(Mirror<T, L>& m, C w) const {
    const C x = {m.near.re * scale, m.near.im * signed_scale}, c = {m.far.re * scale, m.far.im * -signed_scale};
    const C e = x + c, o = (x - c) * C{w.re, -w.im};
    m.near = e.plus_i(o);
    m.far = {e.re + o.im, o.re - e.im};
  }
};

// Pairs (k, h - k) from k on, as long as L of them are left; what is left goes to fewer lanes.
template <template <class, int> class Step, class T, int L>
FLATNET_INLINE index_t mirrored(const FourierLineArgs& g, index_t k, T scale) {
  const T* x = static_cast<const T*>(g.x);
  const T* w = static_cast<const T*>(g.w);
  T* y = static_cast<T*>(g.y);
  const index_t h = g.m;
  const Step<T, L> step(scale, g.s != 0);
  for (; k + L - 1 <= h / 2; k += L) {
    Mirror<T, L> m(x, h, k);
    step.run(m, {read<typename Cx<T, L>::V>(w + k - 1), read<typename Cx<T, L>::V>(w + g.row + k - 1)});
    m.put(y, h, k);
  }
  return k;
}
template <template <class, int> class Step, class T> FLATNET_INLINE void all_mirrored(const FourierLineArgs& g, T scale) {
  index_t k = 1;
  if constexpr (width<T> >= 16) k = mirrored<Step, T, 16>(g, k, scale);
  if constexpr (width<T> >= 8) k = mirrored<Step, T, 8>(g, k, scale);
  if constexpr (width<T> >= 4) k = mirrored<Step, T, 4>(g, k, scale);
  k = mirrored<Step, T, 2>(g, k, scale);
  mirrored<Step, T, 1>(g, k, scale);
}

template <class T> void line_unpack(const FourierLineArgs& g) noexcept {
  T z[2];
  __builtin_memcpy(z, g.x, sizeof z);
  all_mirrored<Unpack, T>(g, static_cast<T>(g.scale));
  const T scale = static_cast<T>(g.scale), zero = g.s != 0 ? -T{} : T{};
  const T first[2] = {(z[0] + z[1]) * scale, zero}, last[2] = {(z[0] - z[1]) * scale, zero};
  __builtin_memcpy(static_cast<T*>(g.y), first, sizeof first);
  __builtin_memcpy(static_cast<T*>(g.y) + 2 * g.m, last, sizeof last);
}

template <class T> void line_pack(const FourierLineArgs& g) noexcept {
  T a, b;
  __builtin_memcpy(&a, g.x, sizeof a);
  __builtin_memcpy(&b, static_cast<const T*>(g.x) + 2 * g.m, sizeof b);
  const T scale = static_cast<T>(g.scale), first[2] = {(a + b) * scale, (a - b) * scale};
  all_mirrored<Pack, T>(g, scale);
  __builtin_memcpy(g.y, first, sizeof first);
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
