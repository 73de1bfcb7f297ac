// What long single transforms need beside passes: the turn between their two halves, products with a chirp.
namespace flatnet::FLATNET_ISA {
namespace {

template <class T> inline void transpose_registers(Vec<T> (&t)[width<T>]) {
  constexpr int N = width<T>;
  Vec<T> s[N];
  FLATNET_UNROLL
  for (int round = 1; round < N; round *= 2) {
    FLATNET_UNROLL
    for (int i = 0; i < N / 2; ++i) {
      s[2 * i] = Zip<T, N>::lo(t[i], t[i + N / 2]);
      s[2 * i + 1] = Zip<T, N>::hi(t[i], t[i + N / 2]);
    }
    FLATNET_UNROLL
    for (int i = 0; i < N; ++i) t[i] = s[i];
  }
}

template <class T> inline void transpose_half(const T* x, index_t rows, T* y) {
  constexpr index_t N = width<T>;
  Vec<T> t[N];
  if (rows == N) {
    FLATNET_UNROLL
    for (index_t i = 0; i < N; ++i) t[i] = load(x + 2 * i * N);
  } else {
    for (index_t i = 0; i < N; ++i) t[i] = i < rows ? load(x + 2 * i * N) : Vec<T>{};
  }
  transpose_registers<T>(t);
  FLATNET_UNROLL
  for (index_t i = 0; i < N; ++i) store(y + 2 * i * N, t[i]);
}

template <class T> void turn(const FourierTurnArgs& g) noexcept {
  constexpr index_t N = width<T>;
  alignas(64) T tile[2 * N * N];
  const Rows<T> rows{tile, tile + N, 2 * N};
  const Rows<const T> v{static_cast<const T*>(g.v), static_cast<const T*>(g.v) + N, 2 * N};
  const T* x = static_cast<const T*>(g.x);
  const T* s = static_cast<const T*>(g.s);
  T* y = static_cast<T*>(g.y);
  for (index_t k = 0; k < g.n1; k += N, x += 2 * N * N, s += 2 * N, y += g.block) {
    const index_t here = g.n1 - k < N ? g.n1 - k : N;
    transpose_half(x, here, tile);
    transpose_half(x + N, here, tile + N);
    const Rows<T> to{y, y + N, 2 * N};
    for (index_t j = 0; j < g.present; ++j) {
      const Complex<T> lane{load(v.re + j * v.pitch), load(v.im + j * v.pitch)};
      const auto w = times_scalar(lane, s + 2 * j);
      const auto z = times(get(rows, j), w.re, w.im);
      if (g.streamed) {
        stream(to.re + j * to.pitch, z.re);
        stream(to.im + j * to.pitch, z.im);
      } else {
        put(to, j, z);
      }
    }
  }
  if (g.streamed) stream_end();
}

template <class T> void product(const FourierProductArgs& g) noexcept {
  constexpr index_t N = width<T>;
  const T* x = static_cast<const T*>(g.x);
  const T* w = static_cast<const T*>(g.w);
  T* y = static_cast<T*>(g.y);
  const auto scale = broadcast(static_cast<T>(g.scale));
  alignas(64) T block[6 * N];
  for (index_t i = 0; i < g.count; i += N) {
    const bool whole = i + N <= g.count;
    const auto bytes = static_cast<std::size_t>((whole ? N : g.count - i) * 2) * sizeof(T);
    const T *from = x + 2 * i, *by = w + 2 * i;
    if (!whole) {
      for (index_t j = 0; j < 4 * N; ++j) block[j] = T{};
      __builtin_memcpy(block, from, bytes);
      __builtin_memcpy(block + 2 * N, by, bytes);
      from = block;
      by = block + 2 * N;
    }
    const auto v = get_pairs(from, g.swap_in), f = get_pairs(by, false);
    auto z = times(v, f.re, f.im);
    z = {z.re * scale, z.im * scale};
    if (g.swap_out) z = {z.im, z.re};
    put_pairs(whole ? y + 2 * i : block + 4 * N, z);
    if (!whole) __builtin_memcpy(y + 2 * i, block + 4 * N, bytes);
  }
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
