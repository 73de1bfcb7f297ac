// Wavelets along a contiguous axis: vectors along the samples. Analysis first
// parts a tile into even and odd samples, so that every tap then costs one load
// and two multiply-adds for a vector of output pairs; synthesis zips what it
// has computed.
namespace flatnet::FLATNET_ISA {
namespace {

// Vectors of output computed together: 2 accumulators each.
constexpr index_t wavelet_line_block = FLATNET_REGISTERS >= 32 ? 4 : 2;
// Components of even and of odd samples in a tile: both lie in the first-level
// cache with what is read and written.
template <class T> constexpr index_t wavelet_tile = 4096 / sizeof(T);

// Two neighbouring vectors of rows <-> the vector of their even rows and that
// of their odd ones.
template <class T, index_t Width> struct Pairs;
#define FLATNET_EXPAND(...) __VA_ARGS__
#define FLATNET_PAIRS(T, WIDTH, EVEN, ODD, FIRST, SECOND)                                                               \
  template <> struct Pairs<T, WIDTH> {                                                                                  \
    static Vec<T> even(Vec<T> a, Vec<T> b) { return __builtin_shufflevector(a, b, FLATNET_EXPAND EVEN); }               \
    static Vec<T> odd(Vec<T> a, Vec<T> b) { return __builtin_shufflevector(a, b, FLATNET_EXPAND ODD); }                 \
    static Vec<T> first(Vec<T> even, Vec<T> odd) { return __builtin_shufflevector(even, odd, FLATNET_EXPAND FIRST); }   \
    static Vec<T> second(Vec<T> even, Vec<T> odd) { return __builtin_shufflevector(even, odd, FLATNET_EXPAND SECOND); } \
  };
#if FLATNET_VECTOR_BYTES == 64
FLATNET_PAIRS(float, 1, (0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30),
              (1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31),
              (0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23),
              (8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31))
FLATNET_PAIRS(double, 1, (0, 2, 4, 6, 8, 10, 12, 14), (1, 3, 5, 7, 9, 11, 13, 15), (0, 8, 1, 9, 2, 10, 3, 11),
              (4, 12, 5, 13, 6, 14, 7, 15))
FLATNET_PAIRS(double, 2, (0, 1, 4, 5, 8, 9, 12, 13), (2, 3, 6, 7, 10, 11, 14, 15), (0, 1, 8, 9, 2, 3, 10, 11),
              (4, 5, 12, 13, 6, 7, 14, 15))
#elif FLATNET_VECTOR_BYTES == 32
FLATNET_PAIRS(float, 1, (0, 2, 4, 6, 8, 10, 12, 14), (1, 3, 5, 7, 9, 11, 13, 15), (0, 8, 1, 9, 2, 10, 3, 11),
              (4, 12, 5, 13, 6, 14, 7, 15))
FLATNET_PAIRS(double, 1, (0, 2, 4, 6), (1, 3, 5, 7), (0, 4, 1, 5), (2, 6, 3, 7))
FLATNET_PAIRS(double, 2, (0, 1, 4, 5), (2, 3, 6, 7), (0, 1, 4, 5), (2, 3, 6, 7))
#else
FLATNET_PAIRS(float, 1, (0, 2, 4, 6), (1, 3, 5, 7), (0, 4, 1, 5), (2, 6, 3, 7))
FLATNET_PAIRS(double, 1, (0, 2), (1, 3), (0, 2), (1, 3))
FLATNET_PAIRS(double, 2, (0, 1), (2, 3), (0, 1), (2, 3))
#endif
#undef FLATNET_PAIRS
#undef FLATNET_EXPAND
// Two floats, a complex64 for instance, travel as one double.
template <> struct Pairs<float, 2> {
  using V = Vec<float>;
  using D = Vec<double>;
  static V even(V a, V b) { return (V)Pairs<double, 1>::even((D)a, (D)b); }
  static V odd(V a, V b) { return (V)Pairs<double, 1>::odd((D)a, (D)b); }
  static V first(V e, V o) { return (V)Pairs<double, 1>::first((D)e, (D)o); }
  static V second(V e, V o) { return (V)Pairs<double, 1>::second((D)e, (D)o); }
};

// Rows 2i of x to even, rows 2i+1 to odd, i < pairs.
template <class T, index_t Width>
inline void part(const T* x, index_t pairs, T* even, T* odd) {
  constexpr index_t N = width<T>;
  const index_t count = pairs * Width;
  const auto step = [&](index_t t) {
    const Vec<T> a = load(x + 2 * t), b = load(x + 2 * t + N);
    store(even + t, Pairs<T, Width>::even(a, b));
    store(odd + t, Pairs<T, Width>::odd(a, b));
  };
  index_t t = 0;
  for (; t + N <= count; t += N) step(t);
  if (t == count) return;
  if (count >= N) return step(count - N);
  for (; t < count; ++t) {
    const index_t row = t / Width, c = t % Width;
    even[t] = x[2 * row * Width + c];
    odd[t] = x[(2 * row + 1) * Width + c];
  }
}

template <class T>
inline void part_any(const T* x, index_t pairs, index_t w, T* even, T* odd) {
  if (w == 1) return part<T, 1>(x, pairs, even, odd);
  if (w == 2) return part<T, 2>(x, pairs, even, odd);
  for (index_t i = 0; i < pairs; ++i)
    for (index_t c = 0; c < w; ++c) {
      even[i * w + c] = x[2 * i * w + c];
      odd[i * w + c] = x[(2 * i + 1) * w + c];
    }
}

// The reverse, for rows that x has room for.
template <class T, index_t Width>
inline void zip(const T* even, const T* odd, index_t pairs, T* x) {
  constexpr index_t N = width<T>;
  const index_t count = pairs * Width;
  const auto step = [&](index_t t) {
    const Vec<T> e = load(even + t), o = load(odd + t);
    store(x + 2 * t, Pairs<T, Width>::first(e, o));
    store(x + 2 * t + N, Pairs<T, Width>::second(e, o));
  };
  index_t t = 0;
  for (; t + N <= count; t += N) step(t);
  if (t == count) return;
  if (count >= N) return step(count - N);
  for (; t < count; ++t) {
    const index_t row = t / Width, c = t % Width;
    x[2 * row * Width + c] = even[t];
    x[(2 * row + 1) * Width + c] = odd[t];
  }
}

template <class T>
inline void zip_any(const T* even, const T* odd, index_t pairs, index_t w, T* x) {
  if (w == 1) return zip<T, 1>(even, odd, pairs, x);
  if (w == 2) return zip<T, 2>(even, odd, pairs, x);
  for (index_t i = 0; i < pairs; ++i)
    for (index_t c = 0; c < w; ++c) {
      x[2 * i * w + c] = even[i * w + c];
      x[(2 * i + 1) * w + c] = odd[i * w + c];
    }
}

// Stores the first `count` elements of a vector.
template <class T> inline void store_some(T* p, Vec<T> v, index_t count) {
  for (index_t i = 0; i < count; ++i) p[i] = v[i];
}

// f(offset, K): K vectors of `count` elements, the first one alone and then
// from `lead` on; what is left is done again with the last vector. Needs count
// >= N >= lead.
template <class T, class F>
inline void each_block(index_t count, index_t lead, F&& f) {
  constexpr index_t N = width<T>, K = wavelet_line_block;
  if (lead > 0) f(0, std::integral_constant<index_t, 1>{});
  index_t t = lead;
  for (; t + K * N <= count; t += K * N) f(t, std::integral_constant<index_t, K>{});
  for (; t + N <= count; t += N) f(t, std::integral_constant<index_t, 1>{});
  if (t < count) f(count - N, std::integral_constant<index_t, 1>{});
}

// K vectors of low and of high pass from even and odd samples; row i+1 stands w
// components after row i.
template <class T, index_t K, index_t Taps>
inline void analyze_block(const T* f, index_t taps, index_t w, const T* even, const T* odd, Vec<T>* a, Vec<T>* d) {
  constexpr index_t N = width<T>;
  if constexpr (Taps > 0) taps = Taps;
  for (index_t q = 0; q < K; ++q) {
    const Vec<T> v = load(even + q * N);
    a[q] = broadcast(f[0]) * v;
    d[q] = broadcast(f[1]) * v;
  }
  for (index_t m = 1; m < taps; ++m) {
    const T* from = (m & 1 ? odd : even) + m / 2 * w;
    const Vec<T> low = broadcast(f[2 * m]), high = broadcast(f[2 * m + 1]);
    for (index_t q = 0; q < K; ++q) {
      const Vec<T> v = load(from + q * N);
      a[q] = vmadd<T>(low, v, a[q]);
      d[q] = vmadd<T>(high, v, d[q]);
    }
  }
}

template <class T, index_t Taps>
inline void analyze_tile(const WaveletArgs& g, const T* even, const T* odd, index_t count, T* lo, T* hi) {
  constexpr index_t N = width<T>;
  const T* f = static_cast<const T*>(g.filters);
  if (count < N) {
    Vec<T> a[1], d[1];
    analyze_block<T, 1, Taps>(f, g.taps, g.width, even, odd, a, d);
    store_some(lo, a[0], count);
    store_some(hi, d[0], count);
    return;
  }
  each_block<T>(count, 0, [&](index_t t, auto k) {
    constexpr index_t K = decltype(k)::value;
    Vec<T> a[K], d[K];
    analyze_block<T, K, Taps>(f, g.taps, g.width, even + t, odd + t, a, d);
    for (index_t q = 0; q < K; ++q) store(lo + t + q * N, a[q]);
    for (index_t q = 0; q < K; ++q) store(hi + t + q * N, d[q]);
  });
}

template <class T>
inline void analyze_tile_any(const WaveletArgs& g, const T* even, const T* odd, index_t count, T* lo, T* hi) {
  switch (g.taps) {
    case 4: return analyze_tile<T, 4>(g, even, odd, count, lo, hi);
    case 6: return analyze_tile<T, 6>(g, even, odd, count, lo, hi);
    case 8: return analyze_tile<T, 8>(g, even, odd, count, lo, hi);
    default: return analyze_tile<T, 0>(g, even, odd, count, lo, hi);
  }
}

// Two taps: each pair of rows is met once, nothing is kept.
template <class T, index_t Width>
void analyze_pairs(const WaveletArgs& g) noexcept {
  constexpr index_t N = width<T>;
  const T *f = static_cast<const T*>(g.filters), *x = static_cast<const T*>(g.x);
  T *lo = static_cast<T*>(g.lo), *hi = static_cast<T*>(g.hi);
  const index_t count = g.count * Width;
  const bool past_lo = g.stream_lo && streams<T>(lo, 0, count), past_hi = g.stream_hi && streams<T>(hi, 0, count);
  const auto step = [&](index_t t) {
    const Vec<T> u = load(x + 2 * t), v = load(x + 2 * t + N);
    const Vec<T> even = Pairs<T, Width>::even(u, v), odd = Pairs<T, Width>::odd(u, v);
    put(lo + t, vmadd<T>(broadcast(f[2]), odd, broadcast(f[0]) * even), past_lo);
    put(hi + t, vmadd<T>(broadcast(f[3]), odd, broadcast(f[1]) * even), past_hi);
  };
  index_t t = 0;
  for (; t + N <= count; t += N) step(t);
  if (t == count) return;
  if (count >= N) return step(count - N);
  for (; t < count; ++t) {
    const T even = x[(2 * (t / Width)) * Width + t % Width], odd = x[(2 * (t / Width) + 1) * Width + t % Width];
    lo[t] = madd<T>(f[2], odd, f[0] * even);
    hi[t] = madd<T>(f[3], odd, f[1] * even);
  }
}

template <class T> void analyze_line(const WaveletArgs& g) noexcept {
  constexpr index_t N = width<T>, room = wavelet_tile<T>;
  const index_t w = g.width, behind = (g.taps - 1) / 2 * w;
  if (g.taps == 2 && w == 1) return analyze_pairs<T, 1>(g);
  if (g.taps == 2 && w == 2) return analyze_pairs<T, 2>(g);
  if (behind + w > room / 2) return analyze_rows<T>(g);
  alignas(64) T even[room + N], odd[room + N];
  const T* x = static_cast<const T*>(g.x);
  T *lo = static_cast<T*>(g.lo), *hi = static_cast<T*>(g.hi);
  const index_t most = (room - behind) / w;
  for (index_t k = 0; k < g.count; k += most) {
    const index_t rows = g.count - k < most ? g.count - k : most, evens = rows + (g.taps - 1) / 2;
    const index_t pairs = g.taps % 2 ? evens - 1 : evens;  // behind the last sample that a tap meets may be no more
    store(even + evens * w, Vec<T>{});                     // a vector may reach beyond what is there
    store(odd + pairs * w, Vec<T>{});
    part_any(x + 2 * k * w, pairs, w, even, odd);
    if (pairs < evens)
      for (index_t c = 0; c < w; ++c) even[pairs * w + c] = x[2 * (k + pairs) * w + c];
    analyze_tile_any(g, even, odd, rows * w, lo + k * w, hi + k * w);
  }
}

// K vectors of even and of odd output rows.
template <class T, index_t K, index_t Taps>
inline void synthesize_block(const T* f, index_t taps, index_t w, const T* lo, const T* hi, Vec<T>* even, Vec<T>* odd) {
  constexpr index_t N = width<T>;
  if constexpr (Taps > 0) taps = Taps;
  for (index_t q = 0; q < K; ++q) {
    const Vec<T> a = load(lo + q * N);
    even[q] = broadcast(f[0]) * a;
    odd[q] = broadcast(f[1]) * a;
  }
  for (index_t i = 0; i < taps; ++i) {
    const T* t = f + 4 * i;
    if (i > 0)
      for (index_t q = 0; q < K; ++q) {
        const Vec<T> a = load(lo + i * w + q * N);
        even[q] = vmadd<T>(broadcast(t[0]), a, even[q]);
        odd[q] = vmadd<T>(broadcast(t[1]), a, odd[q]);
      }
    for (index_t q = 0; q < K; ++q) {
      const Vec<T> d = load(hi + i * w + q * N);
      even[q] = vmadd<T>(broadcast(t[2]), d, even[q]);
      odd[q] = vmadd<T>(broadcast(t[3]), d, odd[q]);
    }
  }
}

template <class T, index_t Width, index_t Taps>
void synthesize_line_of(const WaveletArgs& g) noexcept {
  constexpr index_t N = width<T>;
  const T* f = static_cast<const T*>(g.filters);
  const T *lo = static_cast<const T*>(g.lo), *hi = static_cast<const T*>(g.hi);
  T* x = static_cast<T*>(g.x);
  const index_t lead = to_boundary(x) / 2 / Width * Width;  // two vectors are written for one that is read
  const bool past = g.stream_x && streams<T>(x, 0, g.count * Width);
  each_block<T>(g.count * Width, g.count * Width >= 4 * N ? lead : 0, [&](index_t t, auto k) {
    constexpr index_t K = decltype(k)::value;
    Vec<T> even[K], odd[K];
    synthesize_block<T, K, Taps>(f, g.taps, Width, lo + t, hi + t, even, odd);
    for (index_t q = 0; q < K; ++q) {
      put(x + 2 * (t + q * N), Pairs<T, Width>::first(even[q], odd[q]), past);
      put(x + 2 * (t + q * N) + N, Pairs<T, Width>::second(even[q], odd[q]), past);
    }
  });
}

template <class T, index_t Width>
void synthesize_line_any(const WaveletArgs& g) noexcept {
  switch (g.taps) {
    case 1: return synthesize_line_of<T, Width, 1>(g);
    case 2: return synthesize_line_of<T, Width, 2>(g);
    case 4: return synthesize_line_of<T, Width, 4>(g);
    default: return synthesize_line_of<T, Width, 0>(g);
  }
}

// Rows of some components: even and odd rows are computed side by side and then
// zipped.
template <class T> void synthesize_narrow(const WaveletArgs& g) noexcept {
  constexpr index_t N = width<T>, room = wavelet_tile<T>;
  alignas(64) T even[room + N], odd[room + N];
  const index_t w = g.width, most = room / w;
  const T* f = static_cast<const T*>(g.filters);
  const T *lo = static_cast<const T*>(g.lo), *hi = static_cast<const T*>(g.hi);
  for (index_t k = 0; k < g.count; k += most) {
    const index_t rows = g.count - k < most ? g.count - k : most;
    each_block<T>(rows * w, 0, [&](index_t t, auto blocks) {
      constexpr index_t K = decltype(blocks)::value;
      Vec<T> e[K], o[K];
      synthesize_block<T, K, 0>(f, g.taps, w, lo + k * w + t, hi + k * w + t, e, o);
      for (index_t q = 0; q < K; ++q) store(even + t + q * N, e[q]);
      for (index_t q = 0; q < K; ++q) store(odd + t + q * N, o[q]);
    });
    zip_any(even, odd, rows, w, static_cast<T*>(g.x) + 2 * k * w);
  }
}

template <class T> void synthesize_line(const WaveletArgs& g) noexcept {
  const index_t w = g.width;
  if (g.count * w < width<T> || w > wavelet_tile<T>) return synthesize_rows<T>(g);
  if (w == 1) return synthesize_line_any<T, 1>(g);
  if (w == 2) return synthesize_line_any<T, 2>(g);
  // A tile of fewer than a vector's components at the end goes row by row.
  const index_t most = wavelet_tile<T> / w, rest = g.count % most;
  if (rest == 0 || rest * w >= width<T>) return synthesize_narrow<T>(g);
  WaveletArgs body = g, tail = g;
  body.count -= rest;
  tail.count = rest;
  tail.x = static_cast<T*>(g.x) + 2 * body.count * w;
  tail.lo = static_cast<T*>(g.lo) + body.count * w;
  tail.hi = static_cast<T*>(g.hi) + body.count * w;
  if (body.count > 0) synthesize_narrow<T>(body);
  synthesize_rows<T>(tail);
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
