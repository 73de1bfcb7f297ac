// Butterflies between vectors and inside them, and sweeps of 2^r rows along their columns.
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include <utility>

#include "flatnet/kernels/hadamard.hpp"

namespace flatnet::FLATNET_ISA {
namespace {

constexpr int radix_bits = FLATNET_REGISTERS >= 32 ? 4 : 3;  // rows of a sweep that stay in registers, half of which hold data
template <class T> inline constexpr int lane_bits = width<T> == 16 ? 4 : width<T> == 8 ? 3 : width<T> == 4 ? 2 : 1;

#define FLATNET_UNROLL _Pragma("GCC unroll 16")

// H_R across R vectors (or scalars) in registers.
template <class V, int R> FLATNET_INLINE void butterflies(V (&v)[R]) {
  FLATNET_UNROLL
  for (int h = 1; h < R; h *= 2) {
    FLATNET_UNROLL
    for (int p = 0; p < R / 2; ++p) {
      const int i = p / h * 2 * h + p % h;
      const V a = v[i], b = v[i + h];
      v[i] = a + b;
      v[i + h] = a - b;
    }
  }
}

// H_2 inside a vector, between lanes that differ in bit D: one shuffle and one fused multiply-add by +-1 (a single rounding).
template <class T, int D, std::size_t... I> FLATNET_INLINE Vec<T> lane_stage(Vec<T> v, std::index_sequence<I...>) {
  const Vec<T> other = FLATNET_SHUFFLE(v, v, static_cast<int>(I ^ D)...);
  if constexpr (std::is_integral_v<T>) {
    constexpr Vec<T> minus = {((I & D) ? T(-1) : T(0))...};
    return minus ? other - v : other + v;
  } else {
    constexpr Vec<T> sign = {((I & D) ? T(-1) : T(1))...};
    return vmadd<T>(v, sign, other);
  }
}

template <class T, int D, int R> FLATNET_INLINE void lane_stages(Vec<T> (&v)[R]) {
  if constexpr (D < width<T>) {
    FLATNET_UNROLL
    for (int i = 0; i < R; ++i) v[i] = lane_stage<T, D>(v[i], std::make_index_sequence<width<T>>{});
    lane_stages<T, 2 * D>(v);
  }
}

template <class T> struct Scale {
  T factor;
  bool on;
  explicit Scale(double s) : factor(static_cast<T>(s)), on(s != 1.0) {}
};

template <class V> FLATNET_INLINE V read(const void* p) {
  V v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
template <bool Stream, class V> FLATNET_INLINE void write(void* p, V v) {
#if defined(__AVX512F__)
  if constexpr (Stream && sizeof(V) == 64) return _mm512_stream_si512(reinterpret_cast<__m512i*>(p), (__m512i)v);
#elif defined(__AVX2__)
  if constexpr (Stream && sizeof(V) == 32) return _mm256_stream_si256(static_cast<__m256i*>(p), (__m256i)v);
#elif defined(__SSE2__)
  if constexpr (Stream && sizeof(V) == 16) return _mm_stream_si128(static_cast<__m128i*>(p), (__m128i)v);
#endif
  __builtin_memcpy(p, &v, sizeof v);
}
inline void fence() {
#if defined(__SSE2__)
  _mm_sfence();
#endif
}

inline bool aligned(const void* p, index_t step_bytes) {
  return (reinterpret_cast<std::uintptr_t>(p) | static_cast<std::uintptr_t>(step_bytes)) % FLATNET_VECTOR_BYTES == 0;
}

// H_R across R rows, one vector (or scalar) V of each.
template <class T, class V, int R, bool Stream>
FLATNET_INLINE void column(const T* x, index_t xs, T* y, index_t ys, const Scale<T>& scale) {
  V v[R];
  FLATNET_UNROLL
  for (int i = 0; i < R; ++i) v[i] = read<V>(x + i * xs);
  butterflies(v);
  if (scale.on) {
    FLATNET_UNROLL
    for (int i = 0; i < R; ++i) v[i] = v[i] * scale.factor;
  }
  FLATNET_UNROLL
  for (int i = 0; i < R; ++i) write<Stream>(y + i * ys, v[i]);
}

template <class T> struct quarter_of;
#define FLATNET_QUARTER(T) \
  template <> struct quarter_of<T> { typedef T type __attribute__((vector_size(16))); };
FLATNET_QUARTER(float)
FLATNET_QUARTER(double)
FLATNET_QUARTER(std::int32_t)
FLATNET_QUARTER(std::int64_t)
#undef FLATNET_QUARTER

// Columns first .. end - 1 that fill no vector.
template <class T, int R>
inline void odd_columns(const T* x, index_t xs, T* y, index_t ys, index_t c, index_t end, const Scale<T>& scale) {
  using Quarter = typename quarter_of<T>::type;
  constexpr index_t q = 16 / sizeof(T);
  for (; c < end && (end - c) % q; ++c) column<T, T, R, false>(x + c, xs, y + c, ys, scale);
  for (; c < end; c += q) column<T, Quarter, R, false>(x + c, xs, y + c, ys, scale);
}

// What a sweep fetches meanwhile. For later, to the second cache: all rows at every second place, or the second half of the rows,
// each odd one, at every place, which together are everything when the next sweep does the latter. Soon: all rows.
enum class Fetch { none, places, odd_rows, soon };

template <class T, int R, bool Stream, Fetch How>
inline void strip(const T* x, index_t xs, T* y, index_t ys, index_t end, const T* next, index_t ns, const Scale<T>& scale) {
  for (index_t c = 0; c < end; c += width<T>) {
    if constexpr (How != Fetch::none) {
      FLATNET_UNROLL
      for (int i = How == Fetch::odd_rows; i < R; i += How == Fetch::odd_rows ? 2 : 1)
        __builtin_prefetch(next + c + i * ns, 0, How == Fetch::soon ? 3 : 2);
    }
    column<T, Vec<T>, R, Stream>(x + c, xs, y + c, ys, scale);
  }
}

// Memory that a sweep fetches while it works: row r, column c at at + r * step + c.
template <class T> struct Ahead {
  const T* at;  // null: none
  index_t step;
  Fetch how;
};

// A sweep over 2^bits rows of `width` elements, at every place: rows hi * 2^bits * inner + t * inner + lo, t below 2^bits.
template <class T> struct Sweep {
  const T* x;
  index_t xs;
  T* y;
  index_t ys;
  index_t width, inner, outer;
  Scale<T> scale;
  bool stream;
  Ahead<T> ahead;

  // Rows that are misaligned alike start with a narrow column, so that no line of y belongs to two vectors.
  index_t lead() const {
    const auto at = reinterpret_cast<std::uintptr_t>(y) % FLATNET_VECTOR_BYTES;
    const bool alike = ys * index_t{sizeof(T)} % FLATNET_VECTOR_BYTES == 0 && at % sizeof(T) == 0;
    return at && alike && width >= 8 * flatnet::FLATNET_ISA::width<T> ? (FLATNET_VECTOR_BYTES - at) / sizeof(T) : 0;
  }
  template <int R, bool Stream, Fetch How> void rows() const {
    const index_t xr = inner * xs, yr = inner * ys, nr = inner * ahead.step;
    const index_t first = lead(),
                  last = first + (width - first) / flatnet::FLATNET_ISA::width<T> * flatnet::FLATNET_ISA::width<T>;
    for (index_t hi = 0; hi < outer; ++hi)
      for (index_t lo = 0; lo < inner; ++lo) {
        const index_t row = hi * R * inner + lo;
        const T* from = x + row * xs;
        T* to = y + row * ys;
        if (first) odd_columns<T, R>(from, xr, to, yr, 0, first, scale);
        const T* next = How == Fetch::none ? nullptr : ahead.at + row * ahead.step + first;
        if (How == Fetch::places && hi % 2)
          strip<T, R, Stream, Fetch::none>(from + first, xr, to + first, yr, last - first, next, nr, scale);
        else strip<T, R, Stream, How>(from + first, xr, to + first, yr, last - first, next, nr, scale);
        if (last < width) odd_columns<T, R>(from, xr, to, yr, last, width, scale);
      }
  }
  template <int R, bool Stream> void fetching() const {
    if constexpr (R >= 4) {
      if (ahead.at) {
        if (ahead.how == Fetch::soon) return rows<R, Stream, Fetch::soon>();
        return ahead.how == Fetch::places ? rows<R, Stream, Fetch::places>() : rows<R, Stream, Fetch::odd_rows>();
      }
    }
    rows<R, Stream, Fetch::none>();
  }
  template <int R> void run() const {
    if (stream && aligned(y + lead(), ys * sizeof(T))) return fetching<R, true>();
    fetching<R, false>();
  }
  void operator()(int bits) {
    // neighbouring rows are one
    if (xs == width && ys == width && (!ahead.at || ahead.step == width)) {
      width *= inner;
      xs = ys = ahead.step = width;
      inner = 1;
    }
    switch (bits) {
      case 0: return run<1>();
      case 1: return run<2>();
      case 2: return run<4>();
      case 3: return run<8>();
      default:
        if constexpr (radix_bits == 4) run<16>();
    }
  }
};

// H of 2^log_n rows of `width` elements: sweeps through `t` (rows `ts` apart), read from x first, written to y last. The first
// two sweeps fetch the rows of the next tile, `ahead` elements from those of x.
template <class T> struct Tile {
  const T* x;
  index_t xs;
  T* y;
  index_t ys;
  T* t;
  index_t ts, width;
  Scale<T> scale;
  bool stream;
  index_t ahead;

  void operator()(int log_n) const {
    const Scale<T> one(1.0);
    const int sweeps = log_n <= radix_bits ? 1 : (log_n + radix_bits - 1) / radix_bits;
    index_t inner = 1;
    for (int s = 0, left = log_n; s < sweeps; ++s) {
      const int bits = (left + sweeps - s - 1) / (sweeps - s);
      const bool first = s == 0, last = s == sweeps - 1;
      left -= bits;
      const T* next = ahead && s < 2 ? x + ahead : nullptr;
      const Fetch how = sweeps == 1 ? Fetch::soon : first ? Fetch::places : Fetch::odd_rows;
      Sweep<T>{first ? x : t, first ? xs : ts,    last ? y : t,       last ? ys : ts, width,
               inner,         index_t{1} << left, last ? scale : one, last && stream, {next, xs, how}}(bits);
      inner <<= bits;
    }
  }
};

}  // namespace
}  // namespace flatnet::FLATNET_ISA
