// Columns of an array to and from planar panels. A row of the array is often a
// page away from the next one: each is touched once, whole, and asked for some
// rows ahead.
namespace flatnet::FLATNET_ISA {
namespace {

template <bool Write> inline void fetch(const void* p, index_t bytes) {
  for (index_t i = 0; i < bytes; i += 64) __builtin_prefetch(static_cast<const char*>(p) + i, Write, 2);
}

template <class T> void columns_in(const FourierColumnsArgs& g) noexcept {
  constexpr index_t N = width<T>;
  const index_t row = g.real ? N : 2 * N, bytes = g.vectors * row * static_cast<index_t>(sizeof(T));
  for (index_t r = 0; r < g.n; ++r) {
    const T* x = static_cast<const T*>(g.array) + r * g.pitch;
    T* panel = static_cast<T*>(g.panel) + r * row;
    fetch<false>(x + rows_ahead * g.pitch, bytes);
    for (index_t v = 0; v < g.vectors; ++v, x += row, panel += g.step) {
      if (g.real) {
        store(panel, load(x));
      } else {
        const auto z = get_pairs(x, g.swapped);
        store(panel, z.re);
        store(panel + N, z.im);
      }
    }
  }
}

template <bool Streamed, class T>
inline void put_row(const FourierColumnsArgs& g, const T* panel, T* y) {
  constexpr index_t N = width<T>;
  for (index_t v = 0; v < g.vectors; ++v, panel += g.step) {
    Vec<T> a = load(panel), b{};
    if (!g.real) {
      b = load(panel + N);
      const auto re = g.swapped ? b : a, im = g.swapped ? a : b;
      a = Zip<T, N>::lo(re, im);
      b = Zip<T, N>::hi(re, im);
    }
    Streamed ? stream(y, a) : store(y, a);
    y += N;
    if (g.real) continue;
    Streamed ? stream(y, b) : store(y, b);
    y += N;
  }
}

/// Elements from p to the next multiple of 64 bytes.
template <class T> inline index_t to_line(const T* p) {
  return static_cast<index_t>((64 - reinterpret_cast<std::uintptr_t>(p) % 64) % 64 / sizeof(T));
}

/// The whole lines of y past the caches, the rest plainly; y is aligned to its
/// elements.
template <class T> inline void stream_row(const T* x, index_t count, T* y) {
  constexpr index_t N = width<T>;
  const index_t head = to_line(y);
  index_t i = 0;
  for (; i < head && i < count; ++i) y[i] = x[i];
  for (; i + N <= count; i += N) stream(y + i, load(x + i));
  for (; i < count; ++i) y[i] = x[i];
}

inline constexpr index_t rows_together = 4;  // of a streamed output out of line: written to a block, then shifted
inline constexpr index_t most_vectors = 8;

template <class T> void columns_out(const FourierColumnsArgs& g) noexcept {
  constexpr index_t N = width<T>;
  const index_t row = g.real ? N : 2 * N, count = g.vectors * row, bytes = count * static_cast<index_t>(sizeof(T));
  const T* panel = static_cast<const T*>(g.panel);
  T* y = static_cast<T*>(g.array);
  const auto address = reinterpret_cast<std::uintptr_t>(y);
  const bool aligned = address % 64 == 0 && g.pitch * static_cast<index_t>(sizeof(T)) % 64 == 0;
  const bool shifted = g.streamed && !aligned && address % sizeof(T) == 0 && bytes >= 256;
  index_t r = 0;
  if (g.streamed && aligned) {
    for (; r < g.n; ++r) put_row<true>(g, panel + r * row, y + r * g.pitch);
  } else if (shifted) {
    alignas(64) T block[rows_together][most_vectors * 2 * N];
    for (; r < g.n; r += rows_together) {
      const index_t here = g.n - r < rows_together ? g.n - r : rows_together;
      for (index_t i = 0; i < here; ++i) put_row<false>(g, panel + (r + i) * row, block[i]);
      for (index_t i = 0; i < here; ++i) stream_row(block[i], count, y + (r + i) * g.pitch);
    }
  }
  for (; r < g.n; ++r) {
    fetch<true>(y + (r + rows_ahead) * g.pitch, bytes);
    put_row<false>(g, panel + r * row, y + r * g.pitch);
  }
  if (g.streamed) stream_end();
}

inline void stream_copy(const FourierCopyArgs& g) noexcept {
  constexpr index_t vector = FLATNET_VECTOR_BYTES;
  const char* x = static_cast<const char*>(g.x);
  char* y = static_cast<char*>(g.y);
  const char* next = static_cast<const char*>(g.next);
  const auto misaligned = static_cast<index_t>(reinterpret_cast<std::uintptr_t>(y) % 64);
  index_t i = misaligned ? 64 - misaligned : 0;
  if (i > g.bytes) i = g.bytes;
  __builtin_memcpy(y, x, static_cast<std::size_t>(i));
  for (; i + vector <= g.bytes; i += vector) {
    stream(reinterpret_cast<float*>(y + i), load(reinterpret_cast<const float*>(x + i)));
    if (next) __builtin_prefetch(next + i, 0, 2);
  }
  __builtin_memcpy(y + i, x + i, static_cast<std::size_t>(g.bytes - i));
  stream_end();
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
