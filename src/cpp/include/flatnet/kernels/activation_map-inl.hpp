// Activations of elements that lie side by side.
namespace flatnet::FLATNET_ISA {
namespace {

// Past the caches, where the instruction set can and p stands at a multiple of the vector.
template <class T> FLATNET_INLINE void store_past(T* p, Vec<T> v) {
#if defined(__clang__)
  __builtin_nontemporal_store(v, reinterpret_cast<Vec<T>*>(p));
#elif defined(__AVX512F__)
  _mm512_stream_si512(reinterpret_cast<__m512i*>(p), (__m512i)v);
#elif defined(__AVX2__)
  _mm256_stream_si256(reinterpret_cast<__m256i*>(p), (__m256i)v);
#else
  store(p, v);
#endif
}
FLATNET_INLINE void fence_stores() {
#if defined(__SSE2__)
  __builtin_ia32_sfence();
#endif
}

template <class T, Activation A> void map(const MapArgs& g) noexcept {
  const T* x = static_cast<const T*>(g.x);
  T* y = static_cast<T*>(g.y);
  constexpr index_t four = 4 * width<T>;
  const auto one = [](Vec<T> v) { return activate<T, A>(v); };
  index_t left = g.count;
  const auto address = reinterpret_cast<std::uintptr_t>(y);
  if (g.stream && address % sizeof(T) == 0 && left >= 2 * four) {
    const auto past = static_cast<index_t>(address % sizeof(Vec<T>) / sizeof(T)), head = past ? width<T> - past : 0;
    on_row(x, y, head, one);
    x += head, y += head, left -= head;
    for (; left >= four; x += four, y += four, left -= four) {
      Vec<T> v[4];
      load_four(x, v);
      activate_four<T, A>(v);
      for (int i = 0; i < 4; ++i) store_past(y + i * width<T>, v[i]);
    }
    fence_stores();
  }
  for (; left >= four; x += four, y += four, left -= four) {
    Vec<T> v[4];
    load_four(x, v);
    activate_four<T, A>(v);
    for (int i = 0; i < 4; ++i) store(y + i * width<T>, v[i]);
  }
  on_row(x, y, left, one);
}

// With E = expm1(-|t|) and e = exp(-|t|) of the same reduction: s(-b) |E| / (1 + e^-b e) above, -s(b) |E| / (1 + e^b e) below.
// No difference of near numbers is left: E 1.5 u, the quotient and the sum 2.5 u, the constants 1.5 u.
template <class T> void centred(const CentredArgs& g) noexcept {
  using M = Maths<T>;
  using X = Vec<T>;
  const X gain_below = M::all(static_cast<T>(g.below)), gain_above = M::all(static_cast<T>(g.above));
  const X ratio_below = M::all(static_cast<T>(g.ratio_below)), ratio_above = M::all(static_cast<T>(g.ratio_above));
  on_row(static_cast<const T*>(g.x), static_cast<T*>(g.y), g.count, [&](X t) {
    const auto above = t > M::all(T(0));
    const typename M::Reduced d = M::nearest(M::at_least(-M::magnitude(t), -M::E::deepest));
    const X s = M::power(d.shifted), q = M::small_expm1(d.r);
    const X change = M::magnitude(M::fma(s, q, s - M::all(T(1)))), e = M::fma(s, q, s);
    const X sum = M::fma(select(above, ratio_above, ratio_below), e, M::all(T(1)));
    return M::with_sign(select(above, gain_above, gain_below) * change / sum, t);
  });
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
