// Sweeps of two or three 2 x 2 stages. A group of 2^S rows at distance d_min is loaded once, passes through S stages in registers
// and is stored once: a panel in L2 is read and written once for three stages. Terms as in blocks-inl.hpp, first one a plain product.
namespace flatnet::FLATNET_ISA {
namespace {

// Groups live in registers: every loop over their rows is unrolled.
#define FLATNET_UNROLL _Pragma("GCC unroll 8")

// One stage of a sweep, seen from a group: pair (j, j + 2^bit) has its weights at v + above * (j >> (bit + 1)) + below * (j mod 2^bit).
template <class T> struct GroupStage {
  const T* v;
  index_t above, below, vb, vc;
};

// The weight of a pair: one number for all lanes, or (Along) neighbours for neighbouring rows, `p` rows on.
template <class T, bool Along> inline Vec<T> weight(const T* v, index_t p) {
  if constexpr (Along) return load(v + p);
  else return broadcast(*v);
}

// Stage `t` of a group of 2^S rows, C vectors each.
template <class T, int S, bool Up, bool Along, int C, int t>
[[gnu::always_inline]] inline void group_stage(const GroupStage<T>& s, Vec<T> (&row)[1 << S][C], index_t p) {
  constexpr int bit = Up ? t : S - 1 - t, half = 1 << bit;
  FLATNET_UNROLL
  for (int i = 0; i < 1 << (S - 1); ++i) {
    const int j = (i >> bit << (bit + 1)) | (i & (half - 1));
    const T* v = s.v + (i >> bit) * s.above + (i & (half - 1)) * s.below;
    const T* u = v + s.vb;
    FLATNET_UNROLL
    for (int q = 0; q < C; ++q) {
      const index_t at = p + q * width<T>;
      const Vec<T> a = row[j][q], b = row[j + half][q];
      row[j][q] = vmadd<T>(weight<T, Along>(v + s.vc, at), b, weight<T, Along>(v, at) * a);
      row[j + half][q] = vmadd<T>(weight<T, Along>(u + s.vc, at), b, weight<T, Along>(u, at) * a);
    }
  }
}

// Rows `step` apart, from lane p on.
template <class T, int S, bool Up, bool Along, int C>
[[gnu::always_inline]] inline void group(const GroupStage<T> (&stage)[S], T* x, index_t step, index_t p) {
  constexpr int R = 1 << S;
  Vec<T> row[R][C];
  FLATNET_UNROLL
  for (int j = 0; j < R; ++j) FLATNET_UNROLL
  for (int q = 0; q < C; ++q) row[j][q] = load(x + j * step + p + q * width<T>);
  group_stage<T, S, Up, Along, C, 0>(stage[0], row, p);
  group_stage<T, S, Up, Along, C, 1>(stage[1], row, p);
  if constexpr (S == 3) group_stage<T, S, Up, Along, C, 2>(stage[2], row, p);
  FLATNET_UNROLL
  for (int j = 0; j < R; ++j) FLATNET_UNROLL
  for (int q = 0; q < C; ++q) store(x + j * step + p + q * width<T>, row[j][q]);
}

// Complex weights on planar rows. Terms wr ar, -wi ai, ur br, -ui bi of the real part, wr ai, wi ar, ur bi, ui br of the imaginary.
template <class T, int S, bool Up, int t>
[[gnu::always_inline]] inline void complex_group_stage(const GroupStage<T>& s, Vec<T> (&re)[1 << S], Vec<T> (&im)[1 << S]) {
  constexpr int bit = Up ? t : S - 1 - t, half = 1 << bit;
  FLATNET_UNROLL
  for (int i = 0; i < 1 << (S - 1); ++i) {
    const int j = (i >> bit << (bit + 1)) | (i & (half - 1));
    const T* v = s.v + (i >> bit) * s.above + (i & (half - 1)) * s.below;
    const Vec<T> ar = re[j], ai = im[j], br = re[j + half], bi = im[j + half];
    FLATNET_UNROLL
    for (int o = 0; o < 2; ++o) {
      const T* w = v + o * s.vb;
      const T* u = w + s.vc;
      const Vec<T> r = vmadd<T>(broadcast(w[1]), -ai, broadcast(w[0]) * ar);
      const Vec<T> m = vmadd<T>(broadcast(w[1]), ar, broadcast(w[0]) * ai);
      re[j + o * half] = vmadd<T>(broadcast(u[1]), -bi, vmadd<T>(broadcast(u[0]), br, r));
      im[j + o * half] = vmadd<T>(broadcast(u[1]), br, vmadd<T>(broadcast(u[0]), bi, m));
    }
  }
}

template <class T, int S, bool Up>
[[gnu::always_inline]] inline void complex_group(const GroupStage<T> (&stage)[S], T* x, index_t step, index_t lanes) {
  constexpr int R = 1 << S;
  Vec<T> re[R], im[R];
  FLATNET_UNROLL
  for (int j = 0; j < R; ++j) {
    re[j] = load(x + j * step);
    im[j] = load(x + j * step + lanes);
  }
  complex_group_stage<T, S, Up, 0>(stage[0], re, im);
  complex_group_stage<T, S, Up, 1>(stage[1], re, im);
  if constexpr (S == 3) complex_group_stage<T, S, Up, 2>(stage[2], re, im);
  FLATNET_UNROLL
  for (int j = 0; j < R; ++j) {
    store(x + j * step, re[j]);
    store(x + j * step + lanes, im[j]);
  }
}

// Even components twice, odd components twice with the sign (-, +), components of a pair swapped.
template <class T, std::size_t... I> inline Vec<T> twice_real(Vec<T> v, std::index_sequence<I...>) {
  return FLATNET_SHUFFLE(v, v, static_cast<int>(I / 2 * 2)...);
}
template <class T, std::size_t... I> inline Vec<T> twice_imaginary(Vec<T> v, std::index_sequence<I...>) {
  const Vec<T> sign = {(I % 2 ? T(1) : T(-1))...};
  return FLATNET_SHUFFLE(v, v, static_cast<int>(I / 2 * 2 + 1)...) * sign;
}
template <class T, std::size_t... I> inline Vec<T> swapped(Vec<T> v, std::index_sequence<I...>) {
  return FLATNET_SHUFFLE(v, v, static_cast<int>(I ^ 1)...);
}
template <class T> using Lanes = std::make_index_sequence<static_cast<std::size_t>(width<T>)>;

// Interleaved complex numbers: w a + u b, terms wr ar, -wi ai, ur br, -ui bi (and wr ai, wi ar, ur bi, ui br).
template <class T> inline Vec<T> complex_pair_sum(Vec<T> w, Vec<T> a, Vec<T> u, Vec<T> b) {
  Vec<T> y = twice_real<T>(w, Lanes<T>{}) * a;
  y = vmadd<T>(twice_imaginary<T>(w, Lanes<T>{}), swapped<T>(a, Lanes<T>{}), y);
  y = vmadd<T>(twice_real<T>(u, Lanes<T>{}), b, y);
  return vmadd<T>(twice_imaginary<T>(u, Lanes<T>{}), swapped<T>(b, Lanes<T>{}), y);
}

// One column, the vector along d: rows and weights interleaved. `p` and strides in components.
template <class T, std::size_t... I> inline Vec<T> one_complex(const T* v, std::index_sequence<I...>) {
  return FLATNET_SHUFFLE(broadcast(v[0]), broadcast(v[1]), static_cast<int>(I % 2 ? width<T> + I : I)...);
}
template <class T, bool Along> inline Vec<T> complex_weight(const T* v, index_t p) {
  if constexpr (Along) return load(v + p);
  else return one_complex(v, Lanes<T>{});
}

template <class T, int S, bool Up, bool Along, int t>
[[gnu::always_inline]] inline void complex_column_stage(const GroupStage<T>& s, Vec<T> (&row)[1 << S], index_t p) {
  constexpr int bit = Up ? t : S - 1 - t, half = 1 << bit;
  FLATNET_UNROLL
  for (int i = 0; i < 1 << (S - 1); ++i) {
    const int j = (i >> bit << (bit + 1)) | (i & (half - 1));
    const T* v = s.v + (i >> bit) * s.above + (i & (half - 1)) * s.below;
    const T* u = v + s.vb;
    const Vec<T> a = row[j], b = row[j + half];
    row[j] = complex_pair_sum<T>(complex_weight<T, Along>(v, p), a, complex_weight<T, Along>(v + s.vc, p), b);
    row[j + half] = complex_pair_sum<T>(complex_weight<T, Along>(u, p), a, complex_weight<T, Along>(u + s.vc, p), b);
  }
}

template <class T, int S, bool Up, bool Along>
[[gnu::always_inline]] inline void complex_column_group(const GroupStage<T> (&stage)[S], T* x, index_t step, index_t p) {
  constexpr int R = 1 << S;
  Vec<T> row[R];
  FLATNET_UNROLL
  for (int j = 0; j < R; ++j) row[j] = load(x + j * step + p);
  complex_column_stage<T, S, Up, Along, 0>(stage[0], row, p);
  complex_column_stage<T, S, Up, Along, 1>(stage[1], row, p);
  if constexpr (S == 3) complex_column_stage<T, S, Up, Along, 2>(stage[2], row, p);
  FLATNET_UNROLL
  for (int j = 0; j < R; ++j) store(x + j * step + p, row[j]);
}

// The stages of group q, row l of it: f(stage, first row). `parts` components an element.
template <class T, int S, bool Up, class F>
inline void each_group(const ButterflyArgs& g, index_t lowest, index_t inner, index_t parts, F&& f) {
  for (index_t q = 0; q < g.n / (lowest << S); ++q)
    for (index_t l = 0; l < inner; ++l) {
      GroupStage<T> stage[S];
      for (int t = 0; t < S; ++t) {
        const ButterflyStage& s = g.stage[t];
        const int bit = Up ? t : S - 1 - t;
        stage[t] = {static_cast<const T*>(s.values) + parts * (q * (index_t{1} << (S - 1 - bit)) * s.va + l * s.vd),
                    parts * s.va, parts * lowest * s.vd, parts * s.vb, parts * s.vc};
      }
      f(stage, (q << S) * lowest + l);
    }
}

template <class T, int S, bool Up> inline void sweep_real(const ButterflyArgs& g, index_t lowest) {
  T* x = static_cast<T*>(g.x);
  const index_t step = lowest * g.lanes;
  bool shared = true;
  for (int t = 0; t < S; ++t) shared = shared && g.stage[t].vd == 0;
  // Weights shared along d: the rows of one d are one long row. One column with weights of its own: the same, weights alongside.
  const bool whole = shared || g.lanes == 1;
  const index_t inner = whole ? 1 : lowest, length = whole ? step : g.lanes;
  each_group<T, S, Up>(g, lowest, inner, 1, [&](const GroupStage<T>(&stage)[S], index_t row) {
    T* at = x + row * g.lanes;
    index_t p = 0;
    if (!shared && g.lanes == 1) {
      for (; p < length; p += width<T>) group<T, S, Up, true, 1>(stage, at, step, p);
      return;
    }
    if constexpr (FLATNET_REGISTERS >= 32)
      for (; p + 2 * width<T> <= length; p += 2 * width<T>) group<T, S, Up, false, 2>(stage, at, step, p);
    for (; p < length; p += width<T>) group<T, S, Up, false, 1>(stage, at, step, p);
  });
}

template <class T, int S, bool Up> inline void sweep_complex(const ButterflyArgs& g, index_t lowest) {
  T* x = static_cast<T*>(g.x);
  const index_t size = 2 * g.lanes, step = lowest * size;
  if (g.lanes > 1) {
    each_group<T, S, Up>(g, lowest, lowest, 2, [&](const GroupStage<T>(&stage)[S], index_t row) {
      T* at = x + row * size;
      for (index_t p = 0; p < g.lanes; p += width<T>) complex_group<T, S, Up>(stage, at + p, step, g.lanes);
    });
    return;
  }
  const bool along = g.stage[0].vd != 0;
  each_group<T, S, Up>(g, lowest, 1, 2, [&](const GroupStage<T>(&stage)[S], index_t row) {
    for (index_t p = 0; p < step; p += width<T>) {
      if (along) complex_column_group<T, S, Up, true>(stage, x + row * size, step, p);
      else complex_column_group<T, S, Up, false>(stage, x + row * size, step, p);
    }
  });
}

template <class T> void sweep(const ButterflyArgs& g) noexcept {
  const bool up = g.stage[0].d < g.stage[1].d;
  const index_t lowest = up ? g.stage[0].d : g.stage[g.stages - 1].d;
  if (g.stages == 3) return up ? sweep_real<T, 3, true>(g, lowest) : sweep_real<T, 3, false>(g, lowest);
  return up ? sweep_real<T, 2, true>(g, lowest) : sweep_real<T, 2, false>(g, lowest);
}

inline constexpr int complex_fused = FLATNET_REGISTERS >= 32 ? 3 : 2;

template <class T> void complex_sweep(const ButterflyArgs& g) noexcept {
  const bool up = g.stage[0].d < g.stage[1].d;
  const index_t lowest = up ? g.stage[0].d : g.stage[g.stages - 1].d;
  if constexpr (complex_fused == 3)
    if (g.stages == 3) return up ? sweep_complex<T, 3, true>(g, lowest) : sweep_complex<T, 3, false>(g, lowest);
  return up ? sweep_complex<T, 2, true>(g, lowest) : sweep_complex<T, 2, false>(g, lowest);
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
