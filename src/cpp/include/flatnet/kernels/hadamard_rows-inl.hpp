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

// The first sweep on R neighbouring vectors, its results go to put(number, vector); Low as `low` in HadamardRowsArgs.
template <class T, int R, int Low, class Put> FLATNET_INLINE void head(const T* x, Put&& put) {
  constexpr index_t N = width<T>;
  Vec<T> v[R];
  const T* again = x;
  asm("" : "+r"(again));
  FLATNET_UNROLL
  for (int i = 0; i < R; ++i) v[i] = Low == 0 ? first_stage<T>(x + i * N, again + i * N) : load(x + i * N);
  lane_stages<T, 2>(v);
  butterflies(v);
  FLATNET_UNROLL
  for (int i = 0; i < R; ++i) put(i, v[i]);
}

// How a block is worked on: from x, in t, to y (t itself, unless y is written past the caches); `ahead` elements behind x is
// what is fetched meanwhile, 0: nothing.
template <class T> struct Way {
  Scale<T> scale;
  bool stream;
  index_t ahead;
};

template <class T, int R, int Low, bool Stream>
inline void heads(const T* x, T* y, index_t count, const Way<T>& way, Fetch how) {
  constexpr index_t step = R * width<T>;
  for (index_t i = 0; i < count; ++i) {
    if (how == Fetch::soon || (how == Fetch::places && i % 2 == 0)) {
      FLATNET_UNROLL
      for (int k = 0; k < R; ++k) __builtin_prefetch(x + i * step + way.ahead + k * width<T>, 0, 2);
    }
    head<T, R, Low>(x + i * step, [&, to = y + i * step](int k, Vec<T> v) {
      write<Stream>(to + k * width<T>, way.scale.on ? v * way.scale.factor : v);
    });
  }
}

template <class T, int R, int Low> inline void heads(const T* x, T* y, index_t count, const Way<T>& way, Fetch how) {
  way.stream&& aligned(y, 0) ? heads<T, R, Low, true>(x, y, count, way, how) : heads<T, R, Low, false>(x, y, count, way, how);
}

template <class T, int Low> inline void heads(int bits, const T* x, T* y, index_t count, const Way<T>& way, Fetch how) {
  switch (bits) {
    case 0: return heads<T, 1, Low>(x, y, count, way, how);
    case 1: return heads<T, 2, Low>(x, y, count, way, how);
    case 2: return heads<T, 4, Low>(x, y, count, way, how);
    case 3: return heads<T, 8, Low>(x, y, count, way, how);
    default:
      if constexpr (radix_bits == 4) heads<T, 16, Low>(x, y, count, way, how);
  }
}

// A block of 2 R vectors: its second half stays in registers for the last stage.
template <class T, int R, int Low, bool Stream> inline void halves(const T* x, T* t, T* y, const Way<T>& way) {
  constexpr index_t N = width<T>;
  if (way.ahead) {
    FLATNET_UNROLL
    for (int k = 0; k < 2 * R; ++k) __builtin_prefetch(x + way.ahead + k * N, 0, 2);
  }
  head<T, R, Low>(x, [&](int i, Vec<T> v) { store<T>(t + i * N, v); });
  head<T, R, Low>(x + R * N, [&](int i, Vec<T> v) {
    const Vec<T> u = load(t + i * N);
    Vec<T> sum = u + v, difference = u - v;
    if (way.scale.on) sum = sum * way.scale.factor, difference = difference * way.scale.factor;
    write<Stream>(y + i * N, sum);
    write<Stream>(y + (R + i) * N, difference);
  });
}

// A block of 2^bits vectors. Its last two sweeps fetch what is ahead.
template <class T, int Low> inline void block(const T* x, T* t, T* y, int bits, const Way<T>& way) {
  const auto fetch = [&](Fetch how) { return way.ahead ? how : Fetch::none; };
  if (bits <= radix_bits) return heads<T, Low>(bits, x, y, 1, way, fetch(Fetch::soon));
  if (bits == radix_bits + 1) {
    constexpr int R = 1 << radix_bits;
    return way.stream && aligned(y, 0) ? halves<T, R, Low, true>(x, t, y, way) : halves<T, R, Low, false>(x, t, y, way);
  }
  const Scale<T> one(1.0);
  int sweeps = (bits + radix_bits - 1) / radix_bits;
  int r = (bits + sweeps - 1) / sweeps;
  heads<T, Low>(r, x, t, index_t{1} << (bits - r), {one, false, way.ahead}, fetch(sweeps == 2 ? Fetch::places : Fetch::none));
  index_t inner = width<T> << r;
  for (bits -= r; --sweeps > 0; bits -= r) {
    r = (bits + sweeps - 1) / sweeps;
    const bool last = sweeps == 1;
    const T* next = way.ahead && sweeps <= 2 ? x + way.ahead : nullptr;
    Sweep<T>{t,
             inner,
             last ? y : t,
             inner,
             inner,
             1,
             index_t{1} << (bits - r),
             last ? way.scale : one,
             last && way.stream,
             {next, inner, last ? Fetch::odd_rows : Fetch::places}}(r);
    inner <<= r;
  }
}

constexpr index_t in_row_bytes = 512;               // a sweep fetches this far ahead in its rows
constexpr index_t second_bytes = index_t{1} << 20;  // more than this is not near

// 2^bits elements, bits >= lane_bits. Beyond a block, sweeps of 8 rows: their distance is a power of two, and more rows would
// not fit the ways of the first cache.
template <class T, int Low> void vector(const T* x, T* t, T* y, int bits, const Way<T>& way) {
  if (bits <= block_bits<T>) return block<T, Low>(x, t, y, bits - lane_bits<T>, way);
  const index_t part = index_t{1} << (bits - 3);
  const Way<T> inside{Scale<T>(1.0), false, way.ahead};
  for (index_t i = 0; i < 8; ++i) vector<T, Low>(x + i * part, t + i * part, t + i * part, bits - 3, inside);
  const bool far = 8 * part * index_t{sizeof(T)} > second_bytes;
  Sweep<T>{t, part, y,         part,       part,
           1, 1,    way.scale, way.stream, {far ? t + in_row_bytes / index_t{sizeof(T)} : nullptr, part, Fetch::soon}}(3);
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

// Rows side by side in y at any alignment: several at a time through scratch. After each row the lines of memory that it fills
// are written past the caches, a few at a time lest they hold up the next row.
template <class T, int Low> inline void stream_rows(const HadamardRowsArgs& g, const Way<T>& way) {
  constexpr index_t N = width<T>;
  const int bits = g.log_n + g.low;
  const index_t n = index_t{1} << bits, together = index_t{1} << (block_bits<T> - bits);
  const T* x = static_cast<const T*>(g.x);
  T* y = static_cast<T*>(g.y);
  T* t = static_cast<T*>(g.scratch);
  const auto past = static_cast<index_t>(reinterpret_cast<std::uintptr_t>(y) % FLATNET_VECTOR_BYTES / sizeof(T));
  const index_t lead = (N - past) % N;
  for (index_t i = 0; i < g.count; i += together, y += together * n) {
    const index_t rows = g.count - i < together ? g.count - i : together;
    index_t done = lead;
    for (index_t r = 0; r < rows; ++r) {
      vector<T, Low>(x + (i + r) * g.x_step, t + r * n, t + r * n, bits, way);
      for (; done + N <= (r + 1) * n; done += N) write<true>(y + done, load(t + done));
    }
    __builtin_memcpy(y, t, static_cast<std::size_t>(lead) * sizeof(T));
    __builtin_memcpy(y + done, t + done, static_cast<std::size_t>(rows * n - done) * sizeof(T));
  }
}

template <class T, int Low> inline void long_rows(const HadamardRowsArgs& g) {
  const T* x = static_cast<const T*>(g.x);
  T* y = static_cast<T*>(g.y);
  const int bits = g.log_n + g.low;
  const index_t n = index_t{1} << bits;
  // From a block or a page ahead on, so that it is there when its turn comes.
  const index_t ahead = n < 4096 / index_t{sizeof(T)}     ? 4096 / index_t{sizeof(T)}
                        : n < index_t{1} << block_bits<T> ? n
                                                          : index_t{1} << block_bits<T>;
  const Way<T> way{Scale<T>(g.scale), g.stream, g.fetch ? ahead : 0};
  if (g.stream && bits <= block_bits<T> && g.y_step == n && !aligned(y, 0) &&
      reinterpret_cast<std::uintptr_t>(y) % sizeof(T) == 0) {
    stream_rows<T, Low>(g, {way.scale, false, way.ahead});
  } else {
    for (index_t i = 0; i < g.count; ++i) {
      T* to = y + i * g.y_step;
      vector<T, Low>(x + i * g.x_step, g.stream ? static_cast<T*>(g.scratch) : to, to, bits, way);
    }
  }
  if (g.stream) fence();
}

template <class T> void hadamard_rows(const HadamardRowsArgs& g) noexcept {
  const int bits = g.log_n + g.low;
  if (bits >= lane_bits<T>) return g.low ? long_rows<T, 1>(g) : long_rows<T, 0>(g);
  const T* x = static_cast<const T*>(g.x);
  T* y = static_cast<T*>(g.y);
  const Scale<T> scale(g.scale);
  const index_t n = index_t{1} << bits;
  const bool together = g.x_step == n && g.y_step == n;
  for (index_t i = 0; i < (together ? 1 : g.count); ++i)
    short_rows(x + i * g.x_step, y + i * g.y_step, together ? n * g.count : n, bits, g.low, scale);
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
