// Contiguous vectors: lanes and 2^r registers in the first sweep, blocks of the first cache, then sweeps of whole blocks, depth
// first so that a block is finished while it is near.
namespace flatnet::FLATNET_ISA {
namespace {

template <class T> inline constexpr int block_bits = sizeof(T) == 4 ? 13 : 12;  // elements of 32 KiB

template <class T, std::size_t... I> FLATNET_INLINE Vec<T> alternating(std::index_sequence<I...>) {
  return Vec<T>{(I % 2 ? T(-1) : T(1))...};
}

// The stage between neighbouring lanes on the way from memory. AVX's load ports repeat the even or the odd floats by themselves,
// so that no shuffle is left; `again` is x, hidden from the compiler lest it load once and shuffle.
template <class T> FLATNET_INLINE Vec<T> first_stage(const T* x, const T*) {
  return lane_stage<T, 1>(load(x), std::make_index_sequence<width<T>>{});
}
#if defined(__AVX512F__)
template <> FLATNET_INLINE Vec<float> first_stage<float>(const float* x, const float* again) {
  const __m512 even = _mm512_maskz_moveldup_ps(0xFFFF, _mm512_loadu_ps(x));
  const __m512 odd = _mm512_maskz_movehdup_ps(0xFFFF, _mm512_loadu_ps(again));
  return vmadd<float>((Vec<float>)odd, alternating<float>(std::make_index_sequence<width<float>>{}), (Vec<float>)even);
}
#elif defined(__AVX2__)
template <> FLATNET_INLINE Vec<float> first_stage<float>(const float* x, const float* again) {
  const __m256 even = _mm256_moveldup_ps(_mm256_loadu_ps(x)), odd = _mm256_movehdup_ps(_mm256_loadu_ps(again));
  return vmadd<float>((Vec<float>)odd, alternating<float>(std::make_index_sequence<width<float>>{}), (Vec<float>)even);
}
#endif

// The first sweep on R neighbouring vectors; `low` as in HadamardRowsArgs.
template <class T, int R, bool Stream>
FLATNET_INLINE void head(const T* x, T* y, int low, const Scale<T>& scale) {
  constexpr index_t N = width<T>;
  Vec<T> v[R];
  if (low == 0) {
    const T* again = x;
    asm("" : "+r"(again));
    FLATNET_UNROLL
    for (int i = 0; i < R; ++i) v[i] = first_stage<T>(x + i * N, again + i * N);
  } else {
    FLATNET_UNROLL
    for (int i = 0; i < R; ++i) v[i] = load(x + i * N);
  }
  lane_stages<T, 2>(v);
  butterflies(v);
  if (scale.on) {
    FLATNET_UNROLL
    for (int i = 0; i < R; ++i) v[i] = v[i] * scale.factor;
  }
  FLATNET_UNROLL
  for (int i = 0; i < R; ++i) write<Stream>(y + i * N, v[i]);
}

template <class T, int R> inline void heads(const T* x, T* y, index_t count, int low, const Scale<T>& scale, bool stream) {
  constexpr index_t step = R * width<T>;
  if (stream && aligned(y, 0)) {
    for (index_t i = 0; i < count; ++i) head<T, R, true>(x + i * step, y + i * step, low, scale);
  } else {
    for (index_t i = 0; i < count; ++i) head<T, R, false>(x + i * step, y + i * step, low, scale);
  }
}

template <class T> inline void heads(int bits, const T* x, T* y, index_t count, int low, const Scale<T>& scale, bool stream) {
  switch (bits) {
    case 0: return heads<T, 1>(x, y, count, low, scale, stream);
    case 1: return heads<T, 2>(x, y, count, low, scale, stream);
    case 2: return heads<T, 4>(x, y, count, low, scale, stream);
    case 3: return heads<T, 8>(x, y, count, low, scale, stream);
    default:
      if constexpr (radix_bits == 4) heads<T, 16>(x, y, count, low, scale, stream);
  }
}

// A block of 2^bits vectors, worked on in t (y itself, unless y is written past the caches).
template <class T>
inline void block(const T* x, T* t, T* y, int bits, int low, const Scale<T>& scale, bool stream) {
  if (bits <= radix_bits) return heads(bits, x, y, 1, low, scale, stream);
  const Scale<T> one(1.0);
  int sweeps = (bits + radix_bits - 1) / radix_bits;
  int r = (bits + sweeps - 1) / sweeps;
  heads(r, x, t, index_t{1} << (bits - r), low, one, false);
  index_t inner = width<T> << r;
  for (bits -= r; --sweeps > 0; bits -= r) {
    r = (bits + sweeps - 1) / sweeps;
    const bool last = sweeps == 1;
    Sweep<T>{t, inner, last ? y : t, inner, inner, 1, index_t{1} << (bits - r), last ? scale : one, last && stream, 0}(r);
    inner <<= r;
  }
}

// 2^bits elements, bits >= lane_bits, worked on in t. Beyond a block, sweeps of 8 rows: their distance is a power of two, and more
// rows would not fit the ways of the first cache.
template <class T> void vector(const T* x, T* t, T* y, int bits, int low, const Scale<T>& scale, bool stream) {
  if (bits <= block_bits<T>) return block(x, t, y, bits - lane_bits<T>, low, scale, stream);
  const index_t part = index_t{1} << (bits - 3);
  const Scale<T> one(1.0);
  for (index_t i = 0; i < 8; ++i) vector(x + i * part, t + i * part, t + i * part, bits - 3, low, one, false);
  Sweep<T>{t, part, y, part, part, 1, 1, scale, stream, 0}(3);
}

// Rows shorter than a vector: `count` elements, as many rows side by side as fit.
template <class T> inline void short_rows(const T* x, T* y, index_t count, int bits, int low, const Scale<T>& scale) {
  constexpr index_t N = width<T>;
  const auto lanes = [](Vec<T> v, int bits, int low) {
    Vec<T> w[1] = {v};
    const auto all = std::make_index_sequence<width<T>>{};
    if (low <= 0 && bits > 0) w[0] = lane_stage<T, 1>(w[0], all);
    if constexpr (N > 2)
      if (low <= 1 && bits > 1) w[0] = lane_stage<T, 2>(w[0], all);
    if constexpr (N > 4)
      if (bits > 2) w[0] = lane_stage<T, 4>(w[0], all);
    return w[0];
  };
  index_t i = 0;
  for (; i + N <= count; i += N) {
    const Vec<T> v = lanes(load(x + i), bits, low);
    store<T>(y + i, scale.on ? v * scale.factor : v);
  }
  if (i == count) return;
  Vec<T> v = {};
  __builtin_memcpy(&v, x + i, static_cast<std::size_t>(count - i) * sizeof(T));
  v = lanes(v, bits, low);
  if (scale.on) v = v * scale.factor;
  __builtin_memcpy(y + i, &v, static_cast<std::size_t>(count - i) * sizeof(T));
}

// A copy past the caches, whole lines of memory where y has them.
inline void stream_copy(const char* x, char* y, index_t bytes) {
  constexpr index_t N = FLATNET_VECTOR_BYTES;
  index_t i = (N - static_cast<index_t>(reinterpret_cast<std::uintptr_t>(y) % N)) % N;
  i = i < bytes ? i : bytes;
  __builtin_memcpy(y, x, static_cast<std::size_t>(i));
  for (; i + N <= bytes; i += N) write<true>(y + i, read<Vec<std::int32_t>>(x + i));
  __builtin_memcpy(y + i, x + i, static_cast<std::size_t>(bytes - i));
}

// Rows side by side in y at any alignment: several at a time through scratch.
template <class T> inline void stream_rows(const HadamardRowsArgs& g, const Scale<T>& scale) {
  const int bits = g.log_n + g.low;
  const index_t n = index_t{1} << bits, together = bits < block_bits<T> ? index_t{1} << (block_bits<T> - bits) : 1;
  const T* x = static_cast<const T*>(g.x);
  T* y = static_cast<T*>(g.y);
  T* t = static_cast<T*>(g.scratch);
  for (index_t i = 0; i < g.count; i += together) {
    const index_t rows = g.count - i < together ? g.count - i : together;
    for (index_t r = 0; r < rows; ++r) vector(x + (i + r) * g.x_step, t + r * n, t + r * n, bits, g.low, scale, false);
    stream_copy(reinterpret_cast<const char*>(t), reinterpret_cast<char*>(y + i * n), rows * n * index_t{sizeof(T)});
  }
}

template <class T> void hadamard_rows(const HadamardRowsArgs& g) noexcept {
  const T* x = static_cast<const T*>(g.x);
  T* y = static_cast<T*>(g.y);
  const Scale<T> scale(g.scale);
  const int bits = g.log_n + g.low;
  const index_t n = index_t{1} << bits;
  if (bits < lane_bits<T>) {
    const bool together = g.x_step == n && g.y_step == n;
    for (index_t i = 0; i < (together ? 1 : g.count); ++i)
      short_rows(x + i * g.x_step, y + i * g.y_step, together ? n * g.count : n, bits, g.low, scale);
    return;
  }
  if (g.stream && bits <= block_bits<T> && g.y_step == n && !aligned(y, 0)) {
    stream_rows(g, scale);
  } else {
    for (index_t i = 0; i < g.count; ++i) {
      T* to = y + i * g.y_step;
      vector(x + i * g.x_step, g.stream ? static_cast<T*>(g.scratch) : to, to, bits, g.low, scale, g.stream);
    }
  }
  if (g.stream) fence();
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
