// Columns of the batch <-> rows of the panel, in register tiles of N x N (N elements a vector): log2 N rounds of interleaving.
// Round: pairs (i, i + N/2) become (low halves interleaved, high halves interleaved); after log2 N rounds the tile is transposed.
namespace flatnet::FLATNET_ISA {
namespace {

// Two vectors, one after the other, dealt out and gathered: lo and hi are the halves of the interleaved pair, even and odd the
// elements at even and at odd places.
template <class T, int N> struct Zip;
#define FLATNET_EXPAND(...) __VA_ARGS__
#define FLATNET_DEAL(name, ...) \
  static Type name(Type a, Type b) { return FLATNET_SHUFFLE(a, b, __VA_ARGS__); }
#define FLATNET_ZIP(T, N, LO, HI, EVEN, ODD) \
  template <> struct Zip<T, N> {             \
    using Type = Vec<T>;                     \
    FLATNET_DEAL(lo, FLATNET_EXPAND LO)      \
    FLATNET_DEAL(hi, FLATNET_EXPAND HI)      \
    FLATNET_DEAL(even, FLATNET_EXPAND EVEN)  \
    FLATNET_DEAL(odd, FLATNET_EXPAND ODD)    \
  };
#if FLATNET_VECTOR_BYTES == 64
FLATNET_ZIP(float, 16, (0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23),
            (8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31),
            (0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30),
            (1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31))
FLATNET_ZIP(double, 8, (0, 8, 1, 9, 2, 10, 3, 11), (4, 12, 5, 13, 6, 14, 7, 15), (0, 2, 4, 6, 8, 10, 12, 14),
            (1, 3, 5, 7, 9, 11, 13, 15))
#elif FLATNET_VECTOR_BYTES == 32
FLATNET_ZIP(float, 8, (0, 8, 1, 9, 2, 10, 3, 11), (4, 12, 5, 13, 6, 14, 7, 15), (0, 2, 4, 6, 8, 10, 12, 14),
            (1, 3, 5, 7, 9, 11, 13, 15))
FLATNET_ZIP(double, 4, (0, 4, 1, 5), (2, 6, 3, 7), (0, 2, 4, 6), (1, 3, 5, 7))
#else
FLATNET_ZIP(float, 4, (0, 4, 1, 5), (2, 6, 3, 7), (0, 2, 4, 6), (1, 3, 5, 7))
FLATNET_ZIP(double, 2, (0, 2), (1, 3), (0, 2), (1, 3))
#endif
#undef FLATNET_ZIP
#undef FLATNET_DEAL

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
  return reinterpret_cast<T*>(static_cast<char*>(g.data) + (g.offsets ? g.offsets[j] : j * g.step));
}

// Elements may lie at any byte: memcpy loads and stores.
template <class T> inline T get(const T* p) {
  T v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
template <class T> inline void put(T* p, T v) { __builtin_memcpy(p, &v, sizeof v); }

// Columns of one to four elements that follow each other: the whole is one stretch of memory, dealt to the rows.
template <class T> inline bool follows(const TransposeArgs& g) {
  return !g.offsets && g.n >= 1 && g.n <= 4 && g.step == g.n * static_cast<index_t>(sizeof(T));
}

template <class T, int n> inline void narrow_in(const TransposeArgs& g) {
  constexpr index_t N = width<T>;
  using Z = Zip<T, N>;
  const T* x = static_cast<const T*>(g.data);
  T* panel = static_cast<T*>(g.panel);
  index_t j = 0;
  if constexpr (n != 3)
    for (; j + N <= g.columns; j += N) {
      Vec<T> v[n];
      for (int i = 0; i < n; ++i) v[i] = load(x + n * j + i * N);
      if constexpr (n == 1) {
        store(panel + j, v[0]);
      } else if constexpr (n == 2) {
        store(panel + j, Z::even(v[0], v[1]));
        store(panel + g.lanes + j, Z::odd(v[0], v[1]));
      } else {
        const Vec<T> even[] = {Z::even(v[0], v[1]), Z::even(v[2], v[3])}, odd[] = {Z::odd(v[0], v[1]), Z::odd(v[2], v[3])};
        store(panel + j, Z::even(even[0], even[1]));
        store(panel + g.lanes + j, Z::even(odd[0], odd[1]));
        store(panel + 2 * g.lanes + j, Z::odd(even[0], even[1]));
        store(panel + 3 * g.lanes + j, Z::odd(odd[0], odd[1]));
      }
    }
  for (; j < g.columns; ++j)
    for (int r = 0; r < n; ++r) panel[r * g.lanes + j] = get(x + n * j + r);
  for (int r = 0; r < n; ++r)
    for (index_t q = g.columns; q < g.room; ++q) panel[r * g.lanes + q] = T{};
}

template <class T, int n> inline void narrow_out(const TransposeArgs& g) {
  constexpr index_t N = width<T>;
  using Z = Zip<T, N>;
  T* y = static_cast<T*>(g.data);
  const T* panel = static_cast<const T*>(g.panel);
  index_t j = 0;
  if constexpr (n != 3)
    for (; j + N <= g.columns; j += N) {
      Vec<T> v[n];
      for (int i = 0; i < n; ++i) v[i] = load(panel + i * g.lanes + j);
      if constexpr (n == 2) {
        const Vec<T> first = Z::lo(v[0], v[1]);
        v[1] = Z::hi(v[0], v[1]);
        v[0] = first;
      } else if constexpr (n == 4) {
        const Vec<T> even[] = {Z::lo(v[0], v[2]), Z::hi(v[0], v[2])}, odd[] = {Z::lo(v[1], v[3]), Z::hi(v[1], v[3])};
        for (int h = 0; h < 2; ++h) {
          v[2 * h] = Z::lo(even[h], odd[h]);
          v[2 * h + 1] = Z::hi(even[h], odd[h]);
        }
      }
      for (int i = 0; i < n; ++i) store(y + n * j + i * N, v[i]);
    }
  for (; j < g.columns; ++j)
    for (int r = 0; r < n; ++r) put(y + n * j + r, panel[r * g.lanes + j]);
}

template <class T> void transpose_in(const TransposeArgs& g) noexcept {
  if (follows<T>(g))
    return g.n == 1 ? narrow_in<T, 1>(g) : g.n == 2 ? narrow_in<T, 2>(g) : g.n == 3 ? narrow_in<T, 3>(g) : narrow_in<T, 4>(g);
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
      for (index_t q = g.columns; q < g.room; ++q) panel[r * g.lanes + q] = T{};
}

template <class T> void transpose_out(const TransposeArgs& g) noexcept {
  if (follows<T>(g))
    return g.n == 1   ? narrow_out<T, 1>(g)
           : g.n == 2 ? narrow_out<T, 2>(g)
           : g.n == 3 ? narrow_out<T, 3>(g)
                      : narrow_out<T, 4>(g);
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
