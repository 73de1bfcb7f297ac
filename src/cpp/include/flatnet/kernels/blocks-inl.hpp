// I_a (x) (b x c) (x) I_d on a panel: the one shape of every structured factor (Dense, Diagonal, Kronecker, butterfly, Monarch,
// Fourier stage). A register tile holds R output rows of C vectors; the k loop broadcasts one weight per row and reuses the C
// loaded vectors R times. 4 x 4 accumulators + 4 loads + 1 broadcast = 21 of 32 registers (512-bit, NEON); 4 x 2 + 2 + 1 = 11 of 16.
namespace flatnet::FLATNET_ISA {
namespace {

// Rows of a panel: row k of the current block, either at a fixed distance or through a permutation.
template <class T, bool Permuted> struct Rows {
  T* base;
  index_t step;          // elements between consecutive rows (Permuted: between entries of `index`)
  const index_t* index;  // rows of the panel
  index_t size;          // elements a row
  T* operator[](index_t k) const {
    if constexpr (Permuted) return base + index[k * step] * size;
    return base + k * step;
  }
};

// y[0..R) = sum_k v[j,k] x[k] on C lanes starting at p. Terms are added in the order of k, the first one as a plain product.
template <class T, bool V, int R, int C, bool In, bool Out>
inline void tile(const T* v, index_t vb, index_t vc, index_t c, const Rows<const T, In>& x, const Rows<T, Out>& y, index_t j0,
                 index_t p) {
  using L = Lane<T, V>;
  typename L::type acc[R][C];
  const T* x0 = x[0] + p;
  for (int r = 0; r < R; ++r)
    for (int q = 0; q < C; ++q) acc[r][q] = L::all(v[r * vb]) * L::get(x0 + q * L::step);
  for (index_t k = 1; k < c; ++k) {
    const T* xk = x[k] + p;
    typename L::type in[C];
    for (int q = 0; q < C; ++q) in[q] = L::get(xk + q * L::step);
    for (int r = 0; r < R; ++r) {
      const auto w = L::all(v[r * vb + k * vc]);
      for (int q = 0; q < C; ++q) acc[r][q] = L::fma(w, in[q], acc[r][q]);
    }
  }
  for (int r = 0; r < R; ++r)
    for (int q = 0; q < C; ++q) L::put(y[j0 + r] + p + q * L::step, acc[r][q]);
}

template <class T, bool V, int C, bool In, bool Out>
inline void tile_rows(const T* v, index_t vb, index_t vc, index_t b, index_t c, const Rows<const T, In>& x,
                      const Rows<T, Out>& y, index_t p) {
  index_t j = 0;
  for (; j + 4 <= b; j += 4) tile<T, V, 4, C>(v + j * vb, vb, vc, c, x, y, j, p);
  if (b - j == 3) tile<T, V, 3, C>(v + j * vb, vb, vc, c, x, y, j, p);
  if (b - j == 2) tile<T, V, 2, C>(v + j * vb, vb, vc, c, x, y, j, p);
  if (b - j == 1) tile<T, V, 1, C>(v + j * vb, vb, vc, c, x, y, j, p);
}

inline constexpr int row_vectors = FLATNET_REGISTERS >= 32 ? 4 : 2;

// One block (b x c) on rows of `length` elements.
template <class T, bool In, bool Out>
inline void block(const T* v, index_t vb, index_t vc, index_t b, index_t c, const Rows<const T, In>& x, const Rows<T, Out>& y,
                  index_t length) {
  index_t p = 0;
  for (; p + row_vectors * width<T> <= length; p += row_vectors * width<T>)
    tile_rows<T, true, row_vectors>(v, vb, vc, b, c, x, y, p);
  for (; p + width<T> <= length; p += width<T>) tile_rows<T, true, 1>(v, vb, vc, b, c, x, y, p);
  for (; p < length; ++p) tile_rows<T, false, 1>(v, vb, vc, b, c, x, y, p);
}

template <class T, bool In, bool Out> inline void blocks_rows(const BlocksArgs& g) {
  const T* values = static_cast<const T*>(g.values);
  const T* x = static_cast<const T*>(g.x);
  T* y = static_cast<T*>(g.y);
  // Weights shared along d: the d rows of a block are one long row.
  const bool merged = !In && !Out && g.vd == 0;
  const index_t inner = merged ? 1 : g.d;
  const index_t length = merged ? g.d * g.lanes : g.lanes;
  for (index_t i = 0; i < g.a; ++i)
    for (index_t l = 0; l < inner; ++l) {
      const Rows<const T, In> rx{In ? x : x + (i * g.c * g.d + l) * g.lanes, In ? g.d : g.d * g.lanes,
                                 In ? g.input + i * g.c * g.d + l : nullptr, g.lanes};
      const Rows<T, Out> ry{Out ? y : y + (i * g.b * g.d + l) * g.lanes, Out ? g.d : g.d * g.lanes,
                            Out ? g.output + i * g.b * g.d + l : nullptr, g.lanes};
      block<T>(values + i * g.va + l * g.vd, g.vb, g.vc, g.b, g.c, rx, ry, length);
    }
}

// One column, weights contiguous along d: the d rows are the vector. Same order of terms as `tile`.
template <class T> inline void blocks_column(const BlocksArgs& g) {
  const T* values = static_cast<const T*>(g.values);
  for (index_t i = 0; i < g.a; ++i)
    for (index_t j = 0; j < g.b; ++j) {
      const T* v = values + i * g.va + j * g.vb;
      const T* x = static_cast<const T*>(g.x) + i * g.c * g.d;
      T* y = static_cast<T*>(g.y) + (i * g.b + j) * g.d;
      index_t l = 0;
      for (; l + width<T> <= g.d; l += width<T>) {
        Vec<T> acc = load(v + l) * load(x + l);
        for (index_t k = 1; k < g.c; ++k) acc = vmadd<T>(load(v + k * g.vc + l), load(x + k * g.d + l), acc);
        store(y + l, acc);
      }
      for (; l < g.d; ++l) {
        T acc = v[l] * x[l];
        for (index_t k = 1; k < g.c; ++k) acc = madd<T>(v[k * g.vc + l], x[k * g.d + l], acc);
        y[l] = acc;
      }
    }
}

template <class T> inline void clear(T* y, index_t count) {
  for (index_t i = 0; i < count; ++i) y[i] = T{};
}

template <class T> void blocks(const BlocksArgs& g) noexcept {
  if (g.c == 0) return clear(static_cast<T*>(g.y), g.a * g.b * g.d * g.lanes);
  if (g.lanes == 1 && g.vd == 1 && g.d >= width<T> && !g.input && !g.output) return blocks_column<T>(g);
  if (g.input && g.output) return blocks_rows<T, true, true>(g);
  if (g.input) return blocks_rows<T, true, false>(g);
  if (g.output) return blocks_rows<T, false, true>(g);
  blocks_rows<T, false, false>(g);
}

// Complex weights on planar rows: (vr + i vi)(xr + i xi), terms in the order vr xr, -vi xi, vr xi, vi xr of each k.
template <class T, bool V, int R, int C, bool In, bool Out>
inline void complex_tile(const T* v, index_t vb, index_t vc, index_t c, const Rows<const T, In>& x, const Rows<T, Out>& y,
                         index_t j0, index_t lanes, index_t p) {
  using L = Lane<T, V>;
  typename L::type re[R][C], im[R][C];
  const T* x0 = x[0] + p;
  for (int q = 0; q < C; ++q)
    for (int r = 0; r < R; ++r) {
      const auto xr = L::get(x0 + q * L::step), xi = L::get(x0 + lanes + q * L::step);
      const T* w = v + 2 * r * vb;
      re[r][q] = L::fma(L::all(-w[1]), xi, L::all(w[0]) * xr);
      im[r][q] = L::fma(L::all(w[1]), xr, L::all(w[0]) * xi);
    }
  for (index_t k = 1; k < c; ++k) {
    const T* xk = x[k] + p;
    for (int q = 0; q < C; ++q) {
      const auto xr = L::get(xk + q * L::step), xi = L::get(xk + lanes + q * L::step);
      for (int r = 0; r < R; ++r) {
        const T* w = v + 2 * (r * vb + k * vc);
        re[r][q] = L::fma(L::all(-w[1]), xi, L::fma(L::all(w[0]), xr, re[r][q]));
        im[r][q] = L::fma(L::all(w[1]), xr, L::fma(L::all(w[0]), xi, im[r][q]));
      }
    }
  }
  for (int r = 0; r < R; ++r)
    for (int q = 0; q < C; ++q) {
      L::put(y[j0 + r] + p + q * L::step, re[r][q]);
      L::put(y[j0 + r] + lanes + p + q * L::step, im[r][q]);
    }
}

template <class T, bool V, int C, bool In, bool Out>
inline void complex_tile_rows(const T* v, const BlocksArgs& g, const Rows<const T, In>& x, const Rows<T, Out>& y, index_t p) {
  index_t j = 0;
  for (; j + 2 <= g.b; j += 2) complex_tile<T, V, 2, C>(v + 2 * j * g.vb, g.vb, g.vc, g.c, x, y, j, g.lanes, p);
  if (j < g.b) complex_tile<T, V, 1, C>(v + 2 * j * g.vb, g.vb, g.vc, g.c, x, y, j, g.lanes, p);
}

template <class T, bool In, bool Out> inline void complex_blocks_rows(const BlocksArgs& g) {
  const T* values = static_cast<const T*>(g.values);
  const T* x = static_cast<const T*>(g.x);
  T* y = static_cast<T*>(g.y);
  const index_t size = 2 * g.lanes;
  for (index_t i = 0; i < g.a; ++i)
    for (index_t l = 0; l < g.d; ++l) {
      const Rows<const T, In> rx{In ? x : x + (i * g.c * g.d + l) * size, In ? g.d : g.d * size,
                                 In ? g.input + i * g.c * g.d + l : nullptr, size};
      const Rows<T, Out> ry{Out ? y : y + (i * g.b * g.d + l) * size, Out ? g.d : g.d * size,
                            Out ? g.output + i * g.b * g.d + l : nullptr, size};
      const T* v = values + 2 * (i * g.va + l * g.vd);
      index_t p = 0;
      for (; p + 2 * width<T> <= g.lanes; p += 2 * width<T>) complex_tile_rows<T, true, 2>(v, g, rx, ry, p);
      for (; p + width<T> <= g.lanes; p += width<T>) complex_tile_rows<T, true, 1>(v, g, rx, ry, p);
      for (; p < g.lanes; ++p) complex_tile_rows<T, false, 1>(v, g, rx, ry, p);
    }
}

template <class T> void complex_blocks(const BlocksArgs& g) noexcept {
  if (g.c == 0) return clear(static_cast<T*>(g.y), 2 * g.a * g.b * g.d * g.lanes);
  if (g.input && g.output) return complex_blocks_rows<T, true, true>(g);
  if (g.input) return complex_blocks_rows<T, true, false>(g);
  if (g.output) return complex_blocks_rows<T, false, true>(g);
  complex_blocks_rows<T, false, false>(g);
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
