// Columns of the batch <-> rows of the panel, in register tiles of N x N (N elements a vector): log2 N rounds of interleaving.
// Round: pairs (i, i + N/2) become (low halves interleaved, high halves interleaved); after log2 N rounds the tile is transposed.
namespace flatnet::FLATNET_ISA {
namespace {

template <class T, int N> struct Zip;
#define FLATNET_ZIP(T, N, LO, HI)                                                             \
  template <> struct Zip<T, N> {                                                              \
    static Vec<T> lo(Vec<T> a, Vec<T> b) { return FLATNET_SHUFFLE(a, b, FLATNET_EXPAND LO); } \
    static Vec<T> hi(Vec<T> a, Vec<T> b) { return FLATNET_SHUFFLE(a, b, FLATNET_EXPAND HI); } \
  };
#define FLATNET_EXPAND(...) __VA_ARGS__
#if FLATNET_VECTOR_BYTES == 64
FLATNET_ZIP(float, 16, (0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23),
            (8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31))
FLATNET_ZIP(double, 8, (0, 8, 1, 9, 2, 10, 3, 11), (4, 12, 5, 13, 6, 14, 7, 15))
#elif FLATNET_VECTOR_BYTES == 32
FLATNET_ZIP(float, 8, (0, 8, 1, 9, 2, 10, 3, 11), (4, 12, 5, 13, 6, 14, 7, 15))
FLATNET_ZIP(double, 4, (0, 4, 1, 5), (2, 6, 3, 7))
#else
FLATNET_ZIP(float, 4, (0, 4, 1, 5), (2, 6, 3, 7))
FLATNET_ZIP(double, 2, (0, 2), (1, 3))
#endif
#undef FLATNET_ZIP

template <class T> inline void transpose_tile(Vec<T> (&t)[width<T>]) {
  constexpr int N = width<T>;
  Vec<T> s[N];
  for (int round = 1; round < N; round *= 2) {
    for (int i = 0; i < N / 2; ++i) {
      s[2 * i] = Zip<T, N>::lo(t[i], t[i + N / 2]);
      s[2 * i + 1] = Zip<T, N>::hi(t[i], t[i + N / 2]);
    }
    for (int i = 0; i < N; ++i) t[i] = s[i];
  }
}

template <class T> inline T* column(const TransposeArgs& g, index_t j) {
  return reinterpret_cast<T*>(static_cast<char*>(g.data) + g.offsets[j]);
}

// Elements may lie at any byte: memcpy loads and stores.
template <class T> inline T get(const T* p) {
  T v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
template <class T> inline void put(T* p, T v) { __builtin_memcpy(p, &v, sizeof v); }

template <class T> void transpose_in(const TransposeArgs& g) noexcept {
  constexpr index_t N = width<T>;
  T* panel = static_cast<T*>(g.panel);
  index_t j = 0;
  for (; j + N <= g.columns; j += N) {
    index_t r = 0;
    for (; r + N <= g.n; r += N) {
      Vec<T> t[N];
      for (index_t i = 0; i < N; ++i) t[i] = load(column<T>(g, j + i) + r);
      transpose_tile<T>(t);
      for (index_t i = 0; i < N; ++i) store(panel + (r + i) * g.lanes + j, t[i]);
    }
    for (index_t i = 0; i < N; ++i)
      for (index_t q = r; q < g.n; ++q) panel[q * g.lanes + j + i] = get(column<T>(g, j + i) + q);
  }
  for (; j < g.columns; ++j)
    for (index_t r = 0; r < g.n; ++r) panel[r * g.lanes + j] = get(column<T>(g, j) + r);
  if (g.columns < g.lanes)
    for (index_t r = 0; r < g.n; ++r)
      for (index_t q = g.columns; q < g.lanes; ++q) panel[r * g.lanes + q] = T{};
}

template <class T> void transpose_out(const TransposeArgs& g) noexcept {
  constexpr index_t N = width<T>;
  const T* panel = static_cast<const T*>(g.panel);
  index_t j = 0;
  for (; j + N <= g.columns; j += N) {
    index_t r = 0;
    for (; r + N <= g.n; r += N) {
      Vec<T> t[N];
      for (index_t i = 0; i < N; ++i) t[i] = load(panel + (r + i) * g.lanes + j);
      transpose_tile<T>(t);
      for (index_t i = 0; i < N; ++i) store(column<T>(g, j + i) + r, t[i]);
    }
    for (index_t i = 0; i < N; ++i)
      for (index_t q = r; q < g.n; ++q) put(column<T>(g, j + i) + q, panel[q * g.lanes + j + i]);
  }
  for (; j < g.columns; ++j)
    for (index_t r = 0; r < g.n; ++r) put(column<T>(g, j) + r, panel[r * g.lanes + j]);
}

template <class T> void deinterleave(const PlanarArgs& g) noexcept {
  const T* z = static_cast<const T*>(g.interleaved);
  T* re = static_cast<T*>(g.re);
  T* im = static_cast<T*>(g.im);
  for (index_t i = 0; i < g.count; ++i) {
    re[i] = get(z + 2 * i);
    im[i] = get(z + 2 * i + 1);
  }
}

template <class T> void interleave(const PlanarArgs& g) noexcept {
  T* z = static_cast<T*>(g.interleaved);
  const T* re = static_cast<const T*>(g.re);
  const T* im = static_cast<const T*>(g.im);
  for (index_t i = 0; i < g.count; ++i) {
    put(z + 2 * i, re[i]);
    put(z + 2 * i + 1, im[i]);
  }
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
