// Strided rows: tiles of columns, and a dense core of signs.
namespace flatnet::FLATNET_ISA {
namespace {

template <class T> void hadamard_columns(const HadamardColumnsArgs& g) noexcept {
  T* y = static_cast<T*>(g.y);
  T* t = g.scratch ? static_cast<T*>(g.scratch) : y;
  Tile<T>{static_cast<const T*>(g.x), g.x_step, y,      g.y_step, t, g.scratch ? g.width : g.y_step, g.width,
          Scale<T>(g.scale),          g.stream, g.ahead}(g.log_n);
  if (g.stream) fence();
}

template <class T, bool Vector> FLATNET_INLINE typename Lane<T, Vector>::type signed_sum(typename Lane<T, Vector>::type x,
                                                                                         T sign,
                                                                                         typename Lane<T, Vector>::type sum) {
  using L = Lane<T, Vector>;
  if constexpr (std::is_integral_v<T>) {
    const typename L::type minus = L::all(sign >> 1);  // 0 or -1
    return sum + ((x ^ minus) - minus);
  } else {
    return L::fma(x, L::all(sign), sum);
  }
}

// One vector (or element) of each row; Rows sums at a time.
template <class T, bool Vector, int Rows>
inline void mixed_rows(const HadamardMixArgs& g, index_t i, const T* t, T* y, const Scale<T>& scale) {
  using L = Lane<T, Vector>;
  const T* signs = static_cast<const T*>(g.signs) + i * g.order;
  typename L::type sum[Rows] = {};
  for (index_t j = 0; j < g.order; ++j) {
    const typename L::type v = L::get(t + j * L::step);
    FLATNET_UNROLL
    for (int r = 0; r < Rows; ++r) sum[r] = signed_sum<T, Vector>(v, signs[r * g.order + j], sum[r]);
  }
  FLATNET_UNROLL
  for (int r = 0; r < Rows; ++r) L::put(y + (i + r) * g.y_step, scale.on ? sum[r] * scale.factor : sum[r]);
}

template <class T, bool Vector> inline void mixed_column(const HadamardMixArgs& g, index_t c, const Scale<T>& scale) {
  using L = Lane<T, Vector>;
  const T* x = static_cast<const T*>(g.x) + c;
  T* y = static_cast<T*>(g.y) + c;
  T* t = static_cast<T*>(g.scratch);
  for (index_t j = 0; j < g.order; ++j) L::put(t + j * L::step, L::get(x + j * g.x_step));
  index_t i = 0;
  for (; i + 4 <= g.order; i += 4) mixed_rows<T, Vector, 4>(g, i, t, y, scale);
  for (; i < g.order; ++i) mixed_rows<T, Vector, 1>(g, i, t, y, scale);
}

template <class T> void hadamard_mix(const HadamardMixArgs& g) noexcept {
  const Scale<T> scale(g.scale);
  index_t c = 0;
  for (; c + width<T> <= g.width; c += width<T>) mixed_column<T, true>(g, c, scale);
  for (; c < g.width; ++c) mixed_column<T, false>(g, c, scale);
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
