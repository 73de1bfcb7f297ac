// One column: the vector lies along the rows of a stride, or holds whole strides, and the weights, each read once, are one stream in the order in which they are read. Twelve streams of 2 x 2 weights, as they lie in the factors, are more than the
// hardware foresees, and from the outer caches take twice to three times as long.
namespace flatnet::FLATNET_ISA {
namespace {

// Stage t of 2^S rows: four vectors of weights for every pair.
template <class T, int S, bool Up, int t>
[[gnu::always_inline]] inline void along_stage(Vec<T> (&row)[1 << S], const T* weights) {
  constexpr int bit = Up ? t : S - 1 - t, half = 1 << bit;
  FLATNET_UNROLL
  for (int i = 0; i < 1 << (S - 1); ++i) {
    const int j = (i >> bit << (bit + 1)) | (i & (half - 1));
    const T* w = weights + 4 * i * width<T>;
    const Vec<T> a = row[j], b = row[j + half];
    row[j] = vmadd<T>(load(w + width<T>), b, load(w) * a);
    row[j + half] = vmadd<T>(load(w + 3 * width<T>), b, load(w + 2 * width<T>) * a);
  }
}

template <class T, int S, bool Up> inline void along_sweep(const ButterflyAlong& g) {
  constexpr int R = 1 << S;
  constexpr index_t stage = 2 * R * width<T>;
  const T* weights = static_cast<const T*>(g.weights) + g.begin * S * stage;
  const index_t across = g.lowest / width<T>;  // groups of one stretch
  for (index_t first = g.begin; first < g.end;) {
    T* x = static_cast<T*>(g.x) + (first / across * across << S) * width<T>;
    const index_t from = first % across, to = across - from < g.end - first ? across : from + g.end - first;
    first += to - from;
    for (index_t l = from * width<T>; l < to * width<T>; l += width<T>, weights += S * stage) {
      T* at = x + l;
      Vec<T> row[R];
      FLATNET_UNROLL
      for (int j = 0; j < R; ++j) row[j] = load(at + j * g.lowest);
      along_stage<T, S, Up, 0>(row, weights);
      if constexpr (S > 1) along_stage<T, S, Up, 1>(row, weights + stage);
      if constexpr (S > 2) along_stage<T, S, Up, 2>(row, weights + 2 * stage);
      FLATNET_UNROLL
      for (int j = 0; j < R; ++j) store(at + j * g.lowest, row[j]);
    }
  }
}

// Stages of strides below the vector: row r of a vector takes both rows of its pair, each times a weight of its own.
template <class T, int D> inline Vec<T> within_stage(Vec<T> x, const T* weights) {
  const Vec<T> first = pair_row<T, 1, D, 0>(x, Lanes<T>{}), second = pair_row<T, 1, D, 1>(x, Lanes<T>{});
  return vmadd<T>(load(weights + width<T>), second, load(weights) * first);
}

template <class T, int S, int D, bool Up, int t> inline Vec<T> within_stages(Vec<T> x, const T* weights) {
  if constexpr (t < S) {
    x = within_stage<T, Up ? D << t : D << (S - 1 - t)>(x, weights + 2 * t * width<T>);
    return within_stages<T, S, D, Up, t + 1>(x, weights);
  }
  return x;
}

template <class T, int S, int D> inline void within_sweep(const ButterflyAlong& g) {
  const T* weights = static_cast<const T*>(g.weights) + g.begin * 2 * S * width<T>;
  T* x = static_cast<T*>(g.x);
  for (index_t p = g.begin * width<T>; p < g.end * width<T>; p += width<T>, weights += 2 * S * width<T>)
    store(x + p, g.up ? within_stages<T, S, D, true, 0>(load(x + p), weights)
                      : within_stages<T, S, D, false, 0>(load(x + p), weights));
}

template <class T, int S> inline void within_sweep(const ButterflyAlong& g) {
  constexpr index_t W = width<T>;
  if constexpr ((W >> S) >= 1)
    if (g.lowest == 1) return within_sweep<T, S, 1>(g);
  if constexpr ((W >> S) >= 2)
    if (g.lowest == 2) return within_sweep<T, S, 2>(g);
  if constexpr ((W >> S) >= 4)
    if (g.lowest == 4) return within_sweep<T, S, 4>(g);
  if constexpr ((W >> S) >= 8)
    if (g.lowest == 8) return within_sweep<T, S, 8>(g);
}

template <class T> void along(const ButterflyAlong& g) noexcept {
  if (g.lowest < width<T>) {
    if (g.stages == 1) return within_sweep<T, 1>(g);
    if (g.stages == 2) return within_sweep<T, 2>(g);
    return within_sweep<T, 3>(g);
  }
  if (g.stages == 1) return along_sweep<T, 1, true>(g);
  if (g.stages == 2) return g.up ? along_sweep<T, 2, true>(g) : along_sweep<T, 2, false>(g);
  return g.up ? along_sweep<T, 3, true>(g) : along_sweep<T, 3, false>(g);
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
