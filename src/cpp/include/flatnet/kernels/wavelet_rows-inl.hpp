// Wavelets along a strided axis: vectors along the rows, several output rows at
// a time so that a tap is loaded once for all.
namespace flatnet::FLATNET_ISA {
namespace {

// Output rows that are computed together: 2 * 4 accumulators cover two
// multiply-add units of latency 4.
constexpr index_t wavelet_rows_block = 4;
// Columns that are swept before the next rows: taps + 2 * block rows of them
// stay in the first-level cache.
template <class T> constexpr index_t wavelet_columns = 2048 / sizeof(T);

// Whether all vectors of rows that lie `step` components apart stand on the
// boundaries that a store past the caches asks for.
template <class T>
inline bool streams(const void* p, index_t step, index_t width_) {
  constexpr auto bytes = static_cast<std::uintptr_t>(FLATNET_VECTOR_BYTES);
  const auto whole = [](index_t n) { return static_cast<std::uintptr_t>(n) * sizeof(T) % bytes == 0; };
  return reinterpret_cast<std::uintptr_t>(p) % bytes == 0 && whole(step) && whole(width_);
}

template <class T> inline void put(T* p, Vec<T> v, bool past) {
#if defined(__AVX512F__)
  if (past) return _mm512_stream_si512(reinterpret_cast<__m512i*>(p), (__m512i)v);
#elif defined(__AVX2__)
  if (past) return _mm256_stream_si256(reinterpret_cast<__m256i*>(p), (__m256i)v);
#endif
  (void)past;
  store(p, v);
}
template <class T> inline void put(T* p, T v, bool) { *p = v; }

// Taps > 0 is a filter length known at compile time.
template <class T, bool Vector, index_t K, index_t Taps>
inline void analyze_column(const T* f, index_t taps, const T* x, index_t xs, T* lo, index_t ls, T* hi, index_t hs, bool past_lo,
                           bool past_hi) {
  using L = Lane<T, Vector>;
  if constexpr (Taps > 0) taps = Taps;
  typename L::type a[K], d[K];
  for (index_t q = 0; q < K; ++q) {
    const auto v = L::get(x + 2 * q * xs);
    a[q] = L::all(f[0]) * v;
    d[q] = L::all(f[1]) * v;
  }
  for (index_t m = 1; m < taps; ++m) {
    const auto low = L::all(f[2 * m]), high = L::all(f[2 * m + 1]);
    for (index_t q = 0; q < K; ++q) {
      const auto v = L::get(x + (2 * q + m) * xs);
      a[q] = L::fma(low, v, a[q]);
      d[q] = L::fma(high, v, d[q]);
    }
  }
  for (index_t q = 0; q < K; ++q) {
    put(lo + q * ls, a[q], past_lo);
    put(hi + q * hs, d[q], past_hi);
  }
}

// Elements from p to the next boundary of a vector; 0 for a pointer that never
// meets one.
template <class T> inline index_t to_boundary(const T* p) {
  const auto beyond = static_cast<index_t>(reinterpret_cast<std::uintptr_t>(p) % FLATNET_VECTOR_BYTES);
  const index_t bytes = beyond == 0 ? 0 : FLATNET_VECTOR_BYTES - beyond;
  return bytes % static_cast<index_t>(sizeof(T)) == 0 ? bytes / static_cast<index_t>(sizeof(T)) : 0;
}

// f(column, vector?) over columns [begin, end): a first vector, then vectors on
// the boundaries of y's row, the last one moved back to end with the row where
// there is room. Vectors overlap: f writes the same bits again.
template <class T, class F>
inline void each_column(index_t begin, index_t end, const T* y, F&& f) {
  constexpr index_t N = width<T>;
  index_t c = begin;
  if (end - begin >= 4 * N) {
    const index_t lead = to_boundary(y + begin);
    if (lead > 0) f(c, std::true_type{});
    c += lead;
  }
  for (; c + N <= end; c += N) f(c, std::true_type{});
  if (c == end) return;
  if (end - begin >= N) f(end - N, std::true_type{});
  else
    for (; c < end; ++c) f(c, std::false_type{});
}

template <class T, index_t Taps>
void analyze_rows_of(const WaveletArgs& g) noexcept {
  const T* f = static_cast<const T*>(g.filters);
  const T* x = static_cast<const T*>(g.x);
  T *lo = static_cast<T*>(g.lo), *hi = static_cast<T*>(g.hi);
  constexpr index_t K = wavelet_rows_block;
  const bool straight = streams<T>(hi, g.hi_step, g.width);  // or columns start off a boundary
  const bool past_lo = g.stream_lo && straight && streams<T>(lo, g.lo_step, g.width), past_hi = g.stream_hi && straight;
  for (index_t begin = 0; begin < g.width; begin += wavelet_columns<T>) {
    const index_t left = g.width - begin, end = begin + (left < 2 * wavelet_columns<T> ? left : wavelet_columns<T>);
    index_t k = 0;
    for (; k + K <= g.count; k += K)
      each_column<T>(begin, end, hi + k * g.hi_step, [&](index_t c, auto vector) {
        analyze_column<T, decltype(vector)::value, K, Taps>(f, g.taps, x + 2 * k * g.x_step + c, g.x_step,
                                                            lo + k * g.lo_step + c, g.lo_step, hi + k * g.hi_step + c,
                                                            g.hi_step, past_lo, past_hi);
      });
    for (; k < g.count; ++k)
      each_column<T>(begin, end, hi + k * g.hi_step, [&](index_t c, auto vector) {
        analyze_column<T, decltype(vector)::value, 1, Taps>(f, g.taps, x + 2 * k * g.x_step + c, g.x_step,
                                                            lo + k * g.lo_step + c, g.lo_step, hi + k * g.hi_step + c,
                                                            g.hi_step, past_lo, past_hi);
      });
    if (end == g.width) return;
  }
}

template <class T, bool Vector, index_t K, index_t Taps>
inline void synthesize_column(const T* f, index_t taps, const T* lo, index_t ls, const T* hi, index_t hs, T* x, index_t xs,
                              bool past) {
  using L = Lane<T, Vector>;
  if constexpr (Taps > 0) taps = Taps;
  typename L::type even[K], odd[K];
  for (index_t q = 0; q < K; ++q) {
    const auto a = L::get(lo + q * ls);
    even[q] = L::all(f[0]) * a;
    odd[q] = L::all(f[1]) * a;
  }
  for (index_t i = 0; i < taps; ++i) {
    const T* t = f + 4 * i;
    if (i > 0)
      for (index_t q = 0; q < K; ++q) {
        const auto a = L::get(lo + (q + i) * ls);
        even[q] = L::fma(L::all(t[0]), a, even[q]);
        odd[q] = L::fma(L::all(t[1]), a, odd[q]);
      }
    for (index_t q = 0; q < K; ++q) {
      const auto d = L::get(hi + (q + i) * hs);
      even[q] = L::fma(L::all(t[2]), d, even[q]);
      odd[q] = L::fma(L::all(t[3]), d, odd[q]);
    }
  }
  for (index_t q = 0; q < K; ++q) {
    put(x + 2 * q * xs, even[q], past);
    put(x + (2 * q + 1) * xs, odd[q], past);
  }
}

template <class T, index_t Taps>
void synthesize_rows_of(const WaveletArgs& g) noexcept {
  const T* f = static_cast<const T*>(g.filters);
  T* x = static_cast<T*>(g.x);
  const T *lo = static_cast<const T*>(g.lo), *hi = static_cast<const T*>(g.hi);
  constexpr index_t K = wavelet_rows_block;
  const bool past = g.stream_x && streams<T>(x, g.x_step, g.width);
  for (index_t begin = 0; begin < g.width; begin += wavelet_columns<T>) {
    const index_t left = g.width - begin, end = begin + (left < 2 * wavelet_columns<T> ? left : wavelet_columns<T>);
    index_t k = 0;
    for (; k + K <= g.count; k += K)
      each_column<T>(begin, end, x + 2 * k * g.x_step, [&](index_t c, auto vector) {
        synthesize_column<T, decltype(vector)::value, K, Taps>(f, g.taps, lo + k * g.lo_step + c, g.lo_step,
                                                               hi + k * g.hi_step + c, g.hi_step, x + 2 * k * g.x_step + c,
                                                               g.x_step, past);
      });
    for (; k < g.count; ++k)
      each_column<T>(begin, end, x + 2 * k * g.x_step, [&](index_t c, auto vector) {
        synthesize_column<T, decltype(vector)::value, 1, Taps>(f, g.taps, lo + k * g.lo_step + c, g.lo_step,
                                                               hi + k * g.hi_step + c, g.hi_step, x + 2 * k * g.x_step + c,
                                                               g.x_step, past);
      });
    if (end == g.width) return;
  }
}

template <class T> void analyze_rows(const WaveletArgs& g) noexcept {
  switch (g.taps) {
    case 2: return analyze_rows_of<T, 2>(g);
    case 4: return analyze_rows_of<T, 4>(g);
    case 8: return analyze_rows_of<T, 8>(g);
    default: return analyze_rows_of<T, 0>(g);
  }
}

template <class T> void synthesize_rows(const WaveletArgs& g) noexcept {
  switch (g.taps) {
    case 1: return synthesize_rows_of<T, 1>(g);
    case 2: return synthesize_rows_of<T, 2>(g);
    case 4: return synthesize_rows_of<T, 4>(g);
    default: return synthesize_rows_of<T, 0>(g);
  }
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
