// Blocks with weights of their own as matrix products. The rows of a block are copied, a strip of C vectors wide and at most `deep`
// rows, to where they lie side by side: rows of a panel are powers of two apart, and would meet in few sets of the cache. A tile of
// 4 rows x 3 vectors (8 x 3 with 32 registers) has 12 multiply-adds in flight, more than 2 units x 4 cycles, and reads 7 vectors for
// them. Terms are added in the order of blocks-inl.hpp: the first one as a plain product.
namespace flatnet::FLATNET_ISA {
namespace {

inline constexpr int tile_rows = FLATNET_VECTOR_BYTES == 64 ? 16 : 8;  // as packed
inline constexpr int tile_part = FLATNET_REGISTERS >= 32 ? 8 : 4;      // as held in registers
inline constexpr int tile_vectors = 3;
inline constexpr index_t tile_deep = 256;                  // 256 x 3 vectors are 24 KiB with AVX2
inline constexpr index_t tile_weights = index_t{1} << 18;  // bytes of weights that stay in a cache while strips pass

// `count` elements of a row, the rest of C vectors zero.
template <class T, int C> inline void copy_row(const T* x, T* to, index_t count) {
  if (count == C * width<T>) {
    FLATNET_UNROLL
    for (int q = 0; q < C; ++q) store(to + q * width<T>, load(x + q * width<T>));
    return;
  }
  for (index_t p = 0; p < C * width<T>; ++p) to[p] = p < count ? x[p] : T{};
}

// Rows of y that a tile writes: row j at y[j], `count` lanes of each.
template <class T, int R, int C> struct TileOut {
  T* y[R];
  int rows;
  index_t count;
};

template <class T, int R, int C> inline void tile_load(const TileOut<T, R, C>& o, int first, Vec<T> (&acc)[tile_part][C]) {
  FLATNET_UNROLL
  for (int r = 0; r < tile_part; ++r) {
    if (first + r < o.rows && o.count == C * width<T>) {
      FLATNET_UNROLL
      for (int q = 0; q < C; ++q) acc[r][q] = load(o.y[first + r] + q * width<T>);
      continue;
    }
    T row[C * width<T>] = {};
    if (first + r < o.rows) __builtin_memcpy(row, o.y[first + r], static_cast<std::size_t>(o.count) * sizeof(T));
    for (int q = 0; q < C; ++q) acc[r][q] = load(row + q * width<T>);
  }
}

template <class T, int R, int C> inline void tile_store(const TileOut<T, R, C>& o, int first,
                                                        const Vec<T> (&acc)[tile_part][C]) {
  FLATNET_UNROLL
  for (int r = 0; r < tile_part; ++r) {
    if (first + r >= o.rows) return;
    T* y = o.y[first + r];
    if (o.count == C * width<T>) {
      FLATNET_UNROLL
      for (int q = 0; q < C; ++q) store(y + q * width<T>, acc[r][q]);
      continue;
    }
    T row[C * width<T>];
    for (int q = 0; q < C; ++q) store(row + q * width<T>, acc[r][q]);
    for (index_t p = 0; p < o.count; ++p) y[p] = row[p];
  }
}

// Rows first .. first + tile_part - 1 of a packed tile times `depth` rows of a strip.
template <class T, int C, bool Fresh>
[[gnu::noinline]] void tile_product(const T* weights, const T* strip, index_t depth, const TileOut<T, tile_rows, C>& out,
                                    int first) {
  Vec<T> acc[tile_part][C];
  const T* w = weights + first;
  index_t k = 0;
  if constexpr (Fresh) {
    FLATNET_UNROLL
    for (int r = 0; r < tile_part; ++r) FLATNET_UNROLL
    for (int q = 0; q < C; ++q) acc[r][q] = broadcast(w[r]) * load(strip + q * width<T>);
    k = 1, w += tile_rows, strip += C * width<T>;
  } else {
    tile_load<T, tile_rows, C>(out, first, acc);
  }
  for (; k < depth; ++k, w += tile_rows, strip += C * width<T>) {
    Vec<T> in[C];
    FLATNET_UNROLL
    for (int q = 0; q < C; ++q) in[q] = load(strip + q * width<T>);
    FLATNET_UNROLL
    for (int r = 0; r < tile_part; ++r) {
      const Vec<T> v = broadcast(w[r]);
      FLATNET_UNROLL
      for (int q = 0; q < C; ++q) acc[r][q] = vmadd<T>(v, in[q], acc[r][q]);
    }
  }
  tile_store<T, tile_rows, C>(out, first, acc);
}

// A block (i, l) and the rows of x and y that it meets.
template <class T> struct TileBlock {
  const TilesArgs& g;
  index_t i, l;
  const T* weights;
  const T* x(index_t k) const {
    const index_t r = (i * g.c + k) * g.d + l;
    return static_cast<const T*>(g.x) + (g.input ? g.input[r] : r) * g.x_row;
  }
  T* y(index_t j) const {
    const index_t r = (i * g.b + j) * g.d + l;
    return static_cast<T*>(g.y) + (g.output ? g.output[r] : r) * g.y_row;
  }
};

// Tiles first .. last - 1 of a block on lanes p .. p + count - 1, rows k0 .. k0 + depth - 1 of x.
template <class T, int C>
void tile_strip(const TileBlock<T>& block, index_t first, index_t last, index_t p, index_t count, index_t k0, index_t depth) {
  const TilesArgs& g = block.g;
  alignas(64) T copy[tile_deep * C * width<T>];
  const T* strip = copy;
  if (!g.input && g.d * g.x_row == C * width<T> && count == C * width<T>) strip = block.x(k0) + p;
  else
    for (index_t k = 0; k < depth; ++k) copy_row<T, C>(block.x(k0 + k) + p, copy + k * C * width<T>, count);
  for (index_t t = first; t < last; ++t) {
    const index_t j = t * tile_rows;
    TileOut<T, tile_rows, C> out;
    out.rows = static_cast<int>(g.b - j < tile_rows ? g.b - j : tile_rows);
    out.count = count;
    for (int r = 0; r < out.rows; ++r) out.y[r] = block.y(j + r) + p;
    const T* w = block.weights + (t * g.c + k0) * tile_rows;
    for (int part = 0; part < out.rows; part += tile_part) {
      if (k0 == 0) tile_product<T, C, true>(w, strip, depth, out, part);
      else tile_product<T, C, false>(w, strip, depth, out, part);
    }
  }
}

// One column: the vector lies along the packed rows, tiles side by side hide the latency of the sums.
template <class T, int G> inline void tile_column(const TileBlock<T>& block, index_t first) {
  constexpr int V = static_cast<int>(tile_rows / width<T>);
  const TilesArgs& g = block.g;
  const T* w = block.weights + first * g.c * tile_rows;
  const index_t tile = g.c * tile_rows, step = g.input ? 0 : g.d * g.x_row;
  const T* x = block.x(0);
  Vec<T> acc[G][V];
  FLATNET_UNROLL
  for (int t = 0; t < G; ++t) FLATNET_UNROLL
  for (int v = 0; v < V; ++v) acc[t][v] = load(w + t * tile + v * width<T>) * broadcast(*x);
  for (index_t k = 1; k < g.c; ++k) {
    w += tile_rows;
    x = g.input ? block.x(k) : x + step;
    const Vec<T> in = broadcast(*x);
    FLATNET_UNROLL
    for (int t = 0; t < G; ++t) FLATNET_UNROLL
    for (int v = 0; v < V; ++v) acc[t][v] = vmadd<T>(load(w + t * tile + v * width<T>), in, acc[t][v]);
  }
  FLATNET_UNROLL
  for (int t = 0; t < G; ++t) {
    T row[tile_rows];
    FLATNET_UNROLL
    for (int v = 0; v < V; ++v) store(row + v * width<T>, acc[t][v]);
    const index_t j = (first + t) * tile_rows;
    for (int r = 0; r < tile_rows && j + r < g.b; ++r) *block.y(j + r) = row[r];
  }
}

template <class T> inline void tile_block(const TileBlock<T>& block, index_t first, index_t last) {
  const TilesArgs& g = block.g;
  if (g.lanes == 1) {
    index_t t = first;
    for (; t + 4 <= last; t += 4) tile_column<T, 4>(block, t);
    for (; t < last; ++t) tile_column<T, 1>(block, t);
    return;
  }
  for (index_t k0 = 0; k0 < g.c; k0 += tile_deep) {
    const index_t depth = g.c - k0 < tile_deep ? g.c - k0 : tile_deep;
    const index_t bytes = depth * tile_rows * static_cast<index_t>(sizeof(T)), held = 1 + tile_weights / bytes;
    for (index_t t = first; t < last; t += held) {
      const index_t end = last - t < held ? last : t + held;
      for (index_t p = 0; p < g.lanes;) {
        const index_t left = g.lanes - p;
        if (left > 2 * width<T> && left != 4 * width<T>) {
          const index_t count = left < 3 * width<T> ? left : 3 * width<T>;
          tile_strip<T, 3>(block, t, end, p, count, k0, depth);
          p += count;
        } else if (left > width<T>) {
          const index_t count = left < 2 * width<T> ? left : 2 * width<T>;
          tile_strip<T, 2>(block, t, end, p, count, k0, depth);
          p += count;
        } else {
          tile_strip<T, 1>(block, t, end, p, left, k0, depth);
          p += left;
        }
      }
    }
  }
}

template <class T> void tiles(const TilesArgs& g) noexcept {
  const index_t each = (g.b + tile_rows - 1) / tile_rows;  // tiles a block
  for (index_t u = g.begin; u < g.end;) {
    const index_t at = u / each, first = u % each, last = each - first < g.end - u ? each : first + g.end - u;
    const TileBlock<T> block{g, at / g.d, at % g.d, static_cast<const T*>(g.weights) + at * each * g.c * tile_rows};
    tile_block<T>(block, first, last);
    u += last - first;
  }
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
