// Compressed sparse rows on a panel: one row of the matrix at a time, C vectors of lanes in registers, so that indices and
// weights are read once per C vectors.
namespace flatnet::FLATNET_ISA {
namespace {

template <class T, class I, bool V, int C>
inline void csr_lanes(const T* values, const I* indices, index_t count, const T* x, T* y, index_t lanes, index_t p) {
  using L = Lane<T, V>;
  typename L::type acc[C];
  for (int q = 0; q < C; ++q) acc[q] = typename L::type{};
  if (count > 0) {
    const T* x0 = x + static_cast<index_t>(indices[0]) * lanes + p;
    for (int q = 0; q < C; ++q) acc[q] = L::all(values[0]) * L::get(x0 + q * L::step);
  }
  for (index_t e = 1; e < count; ++e) {
    const T* xe = x + static_cast<index_t>(indices[e]) * lanes + p;
    const auto w = L::all(values[e]);
    for (int q = 0; q < C; ++q) acc[q] = L::fma(w, L::get(xe + q * L::step), acc[q]);
  }
  for (int q = 0; q < C; ++q) L::put(y + p + q * L::step, acc[q]);
}

template <class T, class I> void csr(const CsrArgs& g) noexcept {
  constexpr int C = 4;
  for (index_t r = 0; r < g.rows; ++r) {
    const index_t begin = g.begin[r], count = g.begin[r + 1] - begin;
    const T* v = static_cast<const T*>(g.values) + begin;
    const I* idx = static_cast<const I*>(g.indices) + begin;
    const T* x = static_cast<const T*>(g.x);
    T* y = static_cast<T*>(g.y) + r * g.lanes;
    index_t p = 0;
    for (; p + C * width<T> <= g.lanes; p += C * width<T>) csr_lanes<T, I, true, C>(v, idx, count, x, y, g.lanes, p);
    for (; p + width<T> <= g.lanes; p += width<T>) csr_lanes<T, I, true, 1>(v, idx, count, x, y, g.lanes, p);
    for (; p < g.lanes; ++p) csr_lanes<T, I, false, 1>(v, idx, count, x, y, g.lanes, p);
  }
}

template <class T, class I, bool V>
inline void complex_csr_lanes(const T* values, const I* indices, index_t count, const T* x, T* y, index_t lanes, index_t p) {
  using L = Lane<T, V>;
  typename L::type re{}, im{};
  if (count > 0) {
    const T* x0 = x + 2 * static_cast<index_t>(indices[0]) * lanes + p;
    const auto xr = L::get(x0), xi = L::get(x0 + lanes);
    re = L::fma(L::all(-values[1]), xi, L::all(values[0]) * xr);
    im = L::fma(L::all(values[1]), xr, L::all(values[0]) * xi);
  }
  for (index_t e = 1; e < count; ++e) {
    const T* xe = x + 2 * static_cast<index_t>(indices[e]) * lanes + p;
    const auto xr = L::get(xe), xi = L::get(xe + lanes);
    const T* w = values + 2 * e;
    re = L::fma(L::all(-w[1]), xi, L::fma(L::all(w[0]), xr, re));
    im = L::fma(L::all(w[1]), xr, L::fma(L::all(w[0]), xi, im));
  }
  L::put(y + p, re);
  L::put(y + lanes + p, im);
}

template <class T, class I> void complex_csr(const CsrArgs& g) noexcept {
  for (index_t r = 0; r < g.rows; ++r) {
    const index_t begin = g.begin[r], count = g.begin[r + 1] - begin;
    const T* v = static_cast<const T*>(g.values) + 2 * begin;
    const I* idx = static_cast<const I*>(g.indices) + begin;
    const T* x = static_cast<const T*>(g.x);
    T* y = static_cast<T*>(g.y) + 2 * r * g.lanes;
    index_t p = 0;
    for (; p + width<T> <= g.lanes; p += width<T>) complex_csr_lanes<T, I, true>(v, idx, count, x, y, g.lanes, p);
    for (; p < g.lanes; ++p) complex_csr_lanes<T, I, false>(v, idx, count, x, y, g.lanes, p);
  }
}

template <class T> void gather(const GatherArgs& g) noexcept {
  const T* x = static_cast<const T*>(g.x);
  T* y = static_cast<T*>(g.y);
  for (index_t r = 0; r < g.rows; ++r)
    __builtin_memcpy(y + r * g.width, x + g.index[r] * g.width, static_cast<std::size_t>(g.width) * sizeof(T));
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
