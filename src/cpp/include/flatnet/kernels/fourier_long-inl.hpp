// What long single transforms need beside passes: the turn between their two
// halves, products with a chirp.
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

// Lanes that are all ones before lane `first`, zero from it on.
template <class T>
using Bits = Vec<std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>>;
template <class T> inline Bits<T> lanes_before(index_t first) {
  Bits<T> mask;
  for (index_t i = 0; i < width<T>; ++i) mask[i] = i < first ? -1 : 0;
  return mask;
}

/// Rows k .. k + W - 1 of the panel as a tile of rows j2, times their factors:
/// lanes in `mask` those of block b, the others of c.
template <class T>
inline void turn_tile(const FourierTurnArgs& g, const T* x, index_t here, const T* v, index_t b, index_t c, Bits<T> mask, T* y,
                      index_t pitch, bool streamed) {
  constexpr index_t N = width<T>;
  alignas(64) T tile[2 * N * N];
  transpose_half(x, here, tile);
  transpose_half(x + N, here, tile + N);
  const index_t blocks = (g.n1 + N - 1) / N;
  const T *s = static_cast<const T*>(g.s) + 2 * b, *t = static_cast<const T*>(g.s) + 2 * c;
  for (index_t j = 0; j < g.present; ++j, y += pitch, s += 2 * blocks, t += 2 * blocks) {
    auto re = broadcast(s[0]), im = broadcast(s[1]);
    if (b != c) {
      re = mask ? re : broadcast(t[0]);
      im = mask ? im : broadcast(t[1]);
    }
    const auto w = times(Complex<T>{load(v + 2 * j * N), load(v + (2 * j + 1) * N)}, re, im);
    const auto z = times(Complex<T>{load(tile + 2 * j * N), load(tile + (2 * j + 1) * N)}, w.re, w.im);
    streamed ? stream_pairs(y, z) : put_pairs(y, z);
  }
}

template <class T> void turn(const FourierTurnArgs& g) noexcept {
  constexpr index_t N = width<T>;
  alignas(64) T v[2 * N * N], rows[2 * N * N], tile[2 * N * N];
  const T* x = static_cast<const T*>(g.x);
  T* y = static_cast<T*>(g.y);
  // Lane i of a shifted tile is number (shift + i) % W of its block.
  for (index_t r = 0; r < 2 * g.present; ++r)
    for (index_t i = 0; i < N; ++i) v[r * N + i] = static_cast<const T*>(g.v)[r * N + (g.shift + i) % N];
  const auto mask = lanes_before<T>(N - g.shift);
  const index_t blocks = (g.n1 + N - 1) / N;
  index_t k = g.shift, b = 0;
  for (; k + N <= g.n1; k += N, ++b) {
    turn_tile(g, x + 2 * N * k, N, v, b, g.shift ? b + 1 : b, mask, y + 2 * k, g.pitch, g.streamed);
  }
  if (k == g.n1) return;
  // What is left: the last rows, and with a shift the first.
  const index_t left = g.n1 - k;
  __builtin_memcpy(rows, x + 2 * N * k, static_cast<std::size_t>(2 * N * left) * sizeof(T));
  __builtin_memcpy(rows + 2 * N * left, x, static_cast<std::size_t>(2 * N * g.shift) * sizeof(T));
  turn_tile(g, rows, left + g.shift, v, blocks - 1, g.shift ? 0 : blocks - 1, mask, tile, 2 * N, false);
  for (index_t j = 0; j < g.present; ++j) {
    __builtin_memcpy(y + j * g.pitch + 2 * k, tile + 2 * N * j, static_cast<std::size_t>(2 * left) * sizeof(T));
    __builtin_memcpy(y + j * g.pitch, tile + 2 * N * j + 2 * left, static_cast<std::size_t>(2 * g.shift) * sizeof(T));
  }
}

inline void settle() noexcept { stream_end(); }

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
