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

// The common small blocks (radix-2 and radix-4 stages), sizes known to the compiler: all weights of a block stay in registers
// while its rows stream by, and nothing but loads, madds and stores is left in the loop.
template <class T, bool V, int B, int C>
inline index_t fixed_rows(const T (&w)[B][C], const T* x, T* y, index_t step, index_t p, index_t length) {
  using L = Lane<T, V>;
  typename L::type all[B][C];
  for (int j = 0; j < B; ++j)
    for (int k = 0; k < C; ++k) all[j][k] = L::all(w[j][k]);
  for (; p + L::step <= length; p += L::step) {
    typename L::type in[C];
    for (int k = 0; k < C; ++k) in[k] = L::get(x + k * step + p);
    for (int j = 0; j < B; ++j) {
      auto acc = all[j][0] * in[0];
      for (int k = 1; k < C; ++k) acc = L::fma(all[j][k], in[k], acc);
      L::put(y + j * step + p, acc);
    }
  }
  return p;
}

template <class T, int B, int C> inline void blocks_fixed(const BlocksArgs& g) {
  const bool merged = g.vd == 0;
  const index_t inner = merged ? 1 : g.d, length = merged ? g.d * g.lanes : g.lanes, step = g.d * g.lanes;
  for (index_t i = 0; i < g.a; ++i) {
    const T* x = static_cast<const T*>(g.x) + i * C * step;
    T* y = static_cast<T*>(g.y) + i * B * step;
    for (index_t l = 0; l < inner; ++l, x += g.lanes, y += g.lanes) {
      const T* v = static_cast<const T*>(g.values) + i * g.va + l * g.vd;
      T w[B][C];
      for (int j = 0; j < B; ++j)
        for (int k = 0; k < C; ++k) w[j][k] = v[j * g.vb + k * g.vc];
      const index_t tail = fixed_rows<T, true>(w, x, y, step, 0, length);
      fixed_rows<T, false>(w, x, y, step, tail, length);
    }
  }
}

// One column, weights contiguous along d: the d rows are the vector. R outputs at a time, terms in the order of `tile`.
template <class T, bool V, int R>
inline void column_tile(const T* v, index_t vb, index_t vc, index_t c, const T* x, T* y, index_t d, index_t l) {
  using L = Lane<T, V>;
  typename L::type acc[R];
  for (int r = 0; r < R; ++r) acc[r] = L::get(v + r * vb + l) * L::get(x + l);
  for (index_t k = 1; k < c; ++k) {
    const auto in = L::get(x + k * d + l);
    for (int r = 0; r < R; ++r) acc[r] = L::fma(L::get(v + r * vb + k * vc + l), in, acc[r]);
  }
  for (int r = 0; r < R; ++r) L::put(y + r * d + l, acc[r]);
}

template <class T, bool V>
inline void column_rows(const T* v, const BlocksArgs& g, const T* x, T* y, index_t l) {
  index_t j = 0;
  for (; j + 4 <= g.b; j += 4) column_tile<T, V, 4>(v + j * g.vb, g.vb, g.vc, g.c, x, y + j * g.d, g.d, l);
  if (g.b - j == 3) column_tile<T, V, 3>(v + j * g.vb, g.vb, g.vc, g.c, x, y + j * g.d, g.d, l);
  if (g.b - j == 2) column_tile<T, V, 2>(v + j * g.vb, g.vb, g.vc, g.c, x, y + j * g.d, g.d, l);
  if (g.b - j == 1) column_tile<T, V, 1>(v + j * g.vb, g.vb, g.vc, g.c, x, y + j * g.d, g.d, l);
}

template <class T> inline void blocks_column(const BlocksArgs& g) {
  for (index_t i = 0; i < g.a; ++i) {
    const T* v = static_cast<const T*>(g.values) + i * g.va;
    const T* x = static_cast<const T*>(g.x) + i * g.c * g.d;
    T* y = static_cast<T*>(g.y) + i * g.b * g.d;
    index_t l = 0;
    for (; l + width<T> <= g.d; l += width<T>) column_rows<T, true>(v, g, x, y, l);
    for (; l < g.d; ++l) column_rows<T, false>(v, g, x, y, l);
  }
}

template <class T> inline void clear(T* y, index_t count) {
  for (index_t i = 0; i < count; ++i) y[i] = T{};
}

template <class T> void blocks(const BlocksArgs& g) noexcept {
  if (g.c == 0) return clear(static_cast<T*>(g.y), g.a * g.b * g.d * g.lanes);
  if (g.lanes == 1 && g.vd == 1 && g.d >= width<T> && !g.input && !g.output) return blocks_column<T>(g);
  if (!g.input && !g.output && g.b == 2 && g.c == 2) return blocks_fixed<T, 2, 2>(g);
  if (!g.input && !g.output && g.b == 4 && g.c == 4) return blocks_fixed<T, 4, 4>(g);
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

// The complex radix-2 stage on planar rows, terms in the order of `complex_tile`.
template <class T, bool V>
inline index_t complex_pair(const T (&w)[2][2][2], const T* x, T* y, index_t step, index_t lanes, index_t p) {
  using L = Lane<T, V>;
  typename L::type vr[2][2], vi[2][2], minus[2][2];
  for (int j = 0; j < 2; ++j)
    for (int k = 0; k < 2; ++k) {
      vr[j][k] = L::all(w[j][k][0]);
      vi[j][k] = L::all(w[j][k][1]);
      minus[j][k] = L::all(-w[j][k][1]);
    }
  for (; p + L::step <= lanes; p += L::step) {
    const auto xr0 = L::get(x + p), xi0 = L::get(x + lanes + p), xr1 = L::get(x + step + p), xi1 = L::get(x + step + lanes + p);
    for (int j = 0; j < 2; ++j) {
      auto re = L::fma(minus[j][0], xi0, vr[j][0] * xr0);
      auto im = L::fma(vi[j][0], xr0, vr[j][0] * xi0);
      re = L::fma(minus[j][1], xi1, L::fma(vr[j][1], xr1, re));
      im = L::fma(vi[j][1], xr1, L::fma(vr[j][1], xi1, im));
      L::put(y + j * step + p, re);
      L::put(y + j * step + lanes + p, im);
    }
  }
  return p;
}

template <class T> inline void complex_blocks_pairs(const BlocksArgs& g) {
  const index_t size = 2 * g.lanes, step = g.d * size;
  for (index_t i = 0; i < g.a; ++i) {
    const T* x = static_cast<const T*>(g.x) + i * 2 * step;
    T* y = static_cast<T*>(g.y) + i * 2 * step;
    for (index_t l = 0; l < g.d; ++l, x += size, y += size) {
      const T* v = static_cast<const T*>(g.values) + 2 * (i * g.va + l * g.vd);
      T w[2][2][2];
      for (int j = 0; j < 2; ++j)
        for (int k = 0; k < 2; ++k)
          for (int h = 0; h < 2; ++h) w[j][k][h] = v[2 * (j * g.vb + k * g.vc) + h];
      const index_t tail = complex_pair<T, true>(w, x, y, step, g.lanes, 0);
      complex_pair<T, false>(w, x, y, step, g.lanes, tail);
    }
  }
}

template <class T> void complex_blocks(const BlocksArgs& g) noexcept {
  if (g.c == 0) return clear(static_cast<T*>(g.y), 2 * g.a * g.b * g.d * g.lanes);
  if (!g.input && !g.output && g.b == 2 && g.c == 2) return complex_blocks_pairs<T>(g);
  if (g.input && g.output) return complex_blocks_rows<T, true, true>(g);
  if (g.input) return complex_blocks_rows<T, true, false>(g);
  if (g.output) return complex_blocks_rows<T, false, true>(g);
  complex_blocks_rows<T, false, false>(g);
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
