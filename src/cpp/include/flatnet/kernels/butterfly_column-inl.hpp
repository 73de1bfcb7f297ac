// One column, stages of strides below the vector: row r of a vector takes both rows of its pair, r with bit d cleared (k = 0) and
// set (k = 1): y = V1 x1 + V0 x0. V0 and V1 hold each row's two weights: picked from 2 N weights lying side by side, or, shared
// along a, the same for all vectors.
namespace flatnet::FLATNET_ISA {
namespace {

// `parts` components an element (2: interleaved complex); d counts elements.
template <class T, int Parts, int D, int K, std::size_t... I> inline Vec<T> pair_row(Vec<T> x, std::index_sequence<I...>) {
  return FLATNET_SHUFFLE(x, x, static_cast<int>(K ? I | (Parts * D) : I & ~static_cast<std::size_t>(Parts * D))...);
}
// Weights of row r = (i, j, l) lie at 2 d (r / d) + k d + l of the 2 N weights from the vector's first row on.
template <class T, int Parts, int D, int K, std::size_t... I>
inline Vec<T> row_weights(Vec<T> low, Vec<T> high, std::index_sequence<I...>) {
  constexpr std::size_t chunk = Parts * D;
  return FLATNET_SHUFFLE(low, high, static_cast<int>(I / chunk * 2 * chunk + K * chunk + I % chunk)...);
}

template <class T, int Parts, int D> inline Vec<T> inner_stage(Vec<T> x, const T* v, const T* shared) {
  using Order = Lanes<T>;
  const Vec<T> x0 = pair_row<T, Parts, D, 0>(x, Order{}), x1 = pair_row<T, Parts, D, 1>(x, Order{});
  Vec<T> v0, v1;
  if (shared) {
    v0 = load(shared);
    v1 = load(shared + width<T>);
  } else {
    const Vec<T> low = load(v), high = load(v + width<T>);
    v0 = row_weights<T, Parts, D, 0>(low, high, Order{});
    v1 = row_weights<T, Parts, D, 1>(low, high, Order{});
  }
  if constexpr (Parts == 2) return complex_pair_sum<T>(v0, x0, v1, x1);
  else return vmadd<T>(v1, x1, v0 * x0);
}

template <class T, int Parts> inline Vec<T> inner_stage(index_t d, Vec<T> x, const T* v, const T* shared) {
  constexpr index_t N = width<T> / Parts;
  if constexpr (N > 1)
    if (d == 1) return inner_stage<T, Parts, 1>(x, v, shared);
  if constexpr (N > 2)
    if (d == 2) return inner_stage<T, Parts, 2>(x, v, shared);
  if constexpr (N > 4)
    if (d == 4) return inner_stage<T, Parts, 4>(x, v, shared);
  if constexpr (N > 8)
    if (d == 8) return inner_stage<T, Parts, 8>(x, v, shared);
  return x;
}

template <class T, int Parts> void column(const ButterflyArgs& g) noexcept {
  constexpr index_t N = width<T> / Parts;
  T shared[ButterflyArgs::most_stages][2 * width<T>];
  for (int t = 0; t < g.stages; ++t) {
    const ButterflyStage& s = g.stage[t];
    const T* v = static_cast<const T*>(s.values);
    if (s.va != 0) continue;
    for (index_t r = 0; r < N; ++r)
      for (index_t k = 0; k < 2; ++k)
        for (index_t h = 0; h < Parts; ++h)
          shared[t][k * width<T> + Parts * r + h] = v[Parts * (r / s.d % 2 * s.vb + k * s.vc + r % s.d * s.vd) + h];
  }
  T* x = static_cast<T*>(g.x);
  for (index_t p = 0; p < Parts * g.n; p += width<T>) {
    Vec<T> row = load(x + p);
    for (int t = 0; t < g.stages; ++t) {
      const ButterflyStage& s = g.stage[t];
      row = inner_stage<T, Parts>(s.d, row, static_cast<const T*>(s.values) + 2 * p, s.va == 0 ? shared[t] : nullptr);
    }
    store(x + p, row);
  }
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
