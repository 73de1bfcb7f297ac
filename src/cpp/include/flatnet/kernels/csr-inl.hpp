// Sparse rows on a panel: a slice of four rows at a time, so that the sums of four rows are in flight (a sum alone waits four
// cycles for each of its entries) and no branch is missed at the end of a row; two vectors of lanes a row are eight registers of
// sums. Each sum has its entries in their order, whatever the width of the panel.
namespace flatnet::FLATNET_ISA {
namespace {

// What a sum starts from: w x + (-0) is w x, its sign of zero included. A row without entries is +0.
template <class T> inline T csr_start(bool entries) {
  if constexpr (std::is_integral_v<T>) return T(0);
  else return entries ? T(-0.0) : T(0);
}

template <class I> using RowIndex = std::conditional_t<sizeof(I) == 8, std::int64_t, std::int32_t>;

// One slice: where its entries and its rows are. `Row`: the distance of rows, or 0 where only the call knows it.
template <class T, class I, bool Shared, index_t Row> struct CsrSlice {
  static constexpr int S = static_cast<int>(CsrArgs::slice);
  const CsrArgs& g;
  const I* indices;
  const T* values;
  const RowIndex<I>* order;
  const RowIndex<I>* lengths;
  index_t common;  // entries that all rows have
  int present;     // rows

  CsrSlice(const CsrArgs& args, index_t s)
      : g(args),
        indices(static_cast<const I*>(args.indices) + args.begin[s]),
        values(static_cast<const T*>(args.values) + (Shared ? 0 : args.begin[s])),
        order(static_cast<const RowIndex<I>*>(args.order) + S * s),
        lengths(static_cast<const RowIndex<I>*>(args.lengths) + S * s),
        common(static_cast<index_t>(lengths[S - 1])),
        present(static_cast<int>(args.rows - S * s < S ? args.rows - S * s : S)) {}

  const T* row(index_t e) const {
    return static_cast<const T*>(g.x) + static_cast<index_t>(indices[e]) * (Row ? Row : g.x_row);
  }

  // Q vectors (or single lanes) from lane p on.
  template <bool V, int Q> FLATNET_INLINE void run(index_t p) const {
    using L = Lane<T, V>;
    typename L::type sum[S][Q];
    for (int k = 0; k < S; ++k)
      for (int q = 0; q < Q; ++q) sum[k][q] = L::all(csr_start<T>(lengths[k] > 0));
    const auto add = [&](typename L::type(&to)[Q], index_t e) __attribute__((always_inline)) {
      const T* x = row(e) + p;
      const auto w = L::all(values[Shared ? 0 : e]);
      for (int q = 0; q < Q; ++q) to[q] = L::fma(w, L::get(x + q * L::step), to[q]);
    };
    index_t e = 0;
    for (const index_t end = S * common; e < end; e += S)
      for (int k = 0; k < S; ++k) add(sum[k], e + k);
    for (int k = 0; k + 1 < S; ++k)
      for (const index_t end = e + static_cast<index_t>(lengths[k]) - common; e < end; ++e) add(sum[k], e);
    for (int k = 0; k < S; ++k)
      if (k < present) {
        T* y = static_cast<T*>(g.y) + static_cast<index_t>(order[k]) * g.y_row + p;
        for (int q = 0; q < Q; ++q) L::put(y + q * L::step, sum[k][q]);
      }
  }
};

template <class T, class I, bool Shared, index_t Row> inline void csr_slices(const CsrArgs& g) {
  for (index_t s = g.first; s < g.last; ++s) {
    const CsrSlice<T, I, Shared, Row> slice(g, s);
    if constexpr (Row == 1) {
      slice.template run<false, 1>(0);
    } else {
      index_t p = 0;
      for (; p + 2 * width<T> <= g.lanes; p += 2 * width<T>) slice.template run<true, 2>(p);
      for (; p + width<T> <= g.lanes; p += width<T>) slice.template run<true, 1>(p);
      for (; p < g.lanes; ++p) slice.template run<false, 1>(p);
    }
  }
}

// Rows of one column and of 16 have loops of their own: no product to find a row.
template <class T, class I, bool Shared> inline void csr_rows(const CsrArgs& g) {
  if (g.x_row == 1 && g.lanes == 1) csr_slices<T, I, Shared, 1>(g);
  else if (sizeof(I) < 8 && g.x_row == 16) csr_slices<T, I, Shared, sizeof(I) < 8 ? 16 : 0>(g);
  else csr_slices<T, I, Shared, 0>(g);
}

template <class T, class I> void csr(const CsrArgs& g) noexcept {
  if (g.shared) csr_rows<T, I, true>(g);
  else csr_rows<T, I, false>(g);
}

// Complex weights: re and im of two rows are four sums.
template <class T, class I, bool V, int S>
inline void complex_csr_rows(const CsrArgs& g, const CsrSlice<T, I, true, 0>& slice, const T* values, index_t step, int first,
                             index_t p) {
  using L = Lane<T, V>;
  constexpr index_t all = CsrArgs::slice;
  typename L::type re[S], im[S];
  for (int k = 0; k < S; ++k) re[k] = im[k] = L::all(csr_start<T>(slice.lengths[first + k] > 0));
  const auto add = [&](int k, index_t e) __attribute__((always_inline)) {
    const T* x = slice.row(e) + p;
    const auto xr = L::get(x), xi = L::get(x + g.lanes);
    const T* w = values + step * e;
    re[k] = L::fma(L::all(-w[1]), xi, L::fma(L::all(w[0]), xr, re[k]));
    im[k] = L::fma(L::all(w[1]), xr, L::fma(L::all(w[0]), xi, im[k]));
  };
  for (index_t e = first; e < all * slice.common; e += all)
    for (int k = 0; k < S; ++k) add(k, e + k);
  index_t e = all * slice.common;
  for (int k = 0; k < first; ++k) e += static_cast<index_t>(slice.lengths[k]) - slice.common;
  for (int k = 0; k < S; ++k)
    for (const index_t end = e + static_cast<index_t>(slice.lengths[first + k]) - slice.common; e < end; ++e) add(k, e);
  for (int k = 0; k < S; ++k)
    if (first + k < slice.present) {
      T* y = static_cast<T*>(g.y) + static_cast<index_t>(slice.order[first + k]) * g.y_row + p;
      L::put(y, re[k]);
      L::put(y + g.lanes, im[k]);
    }
}

template <class T, class I> void complex_csr(const CsrArgs& g) noexcept {
  const index_t step = g.shared ? 0 : 2;
  for (index_t s = g.first; s < g.last; ++s) {
    const CsrSlice<T, I, true, 0> slice(g, s);
    const T* values = static_cast<const T*>(g.values) + step * g.begin[s];
    index_t p = 0;
    for (; p + width<T> <= g.lanes; p += width<T>)
      for (int k = 0; k < CsrArgs::slice; k += 2) complex_csr_rows<T, I, true, 2>(g, slice, values, step, k, p);
    for (; p < g.lanes; ++p)
      for (int k = 0; k < CsrArgs::slice; k += 2) complex_csr_rows<T, I, false, 2>(g, slice, values, step, k, p);
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
