// Passes of the discrete Fourier transform over rows of W lanes. Rows that are not planar, outputs with factors and scaled
// outputs go through a planar block on the stack: the arithmetic is compiled once a radix.
#include "flatnet/kernels/fourier.hpp"

#include "flatnet/kernels/transpose-inl.hpp"

#include "flatnet/kernels/fourier_butterflies-inl.hpp"

namespace flatnet::FLATNET_ISA {
namespace {

template <class T, int N> struct Pairs;
#define FLATNET_PAIRS(T, N, RE, IM)                                                                   \
  template <> struct Pairs<T, N> {                                                                    \
    static Vec<T> re(Vec<T> a, Vec<T> b) { return __builtin_shufflevector(a, b, FLATNET_EXPAND RE); } \
    static Vec<T> im(Vec<T> a, Vec<T> b) { return __builtin_shufflevector(a, b, FLATNET_EXPAND IM); } \
  };
#if FLATNET_VECTOR_BYTES == 64
FLATNET_PAIRS(float, 16, (0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30),
              (1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31))
FLATNET_PAIRS(double, 8, (0, 2, 4, 6, 8, 10, 12, 14), (1, 3, 5, 7, 9, 11, 13, 15))
#elif FLATNET_VECTOR_BYTES == 32
FLATNET_PAIRS(float, 8, (0, 2, 4, 6, 8, 10, 12, 14), (1, 3, 5, 7, 9, 11, 13, 15))
FLATNET_PAIRS(double, 4, (0, 2, 4, 6), (1, 3, 5, 7))
#else
FLATNET_PAIRS(float, 4, (0, 2, 4, 6), (1, 3, 5, 7))
FLATNET_PAIRS(double, 2, (0, 2), (1, 3))
#endif
#undef FLATNET_PAIRS

/// Rows as the kernels walk them.
template <class T> struct Rows {
  T* re;
  T* im;
  index_t pitch;
};
template <class T> inline Rows<T> rows_of(const FourierRows& r) {
  return {static_cast<T*>(r.re), static_cast<T*>(r.im), r.pitch};
}

template <class T> inline Complex<T> get(const Rows<T>& x, index_t row) {
  return {load(x.re + row * x.pitch), load(x.im + row * x.pitch)};
}
template <class T> inline void put(const Rows<T>& y, index_t row, Complex<T> v) {
  store(y.re + row * y.pitch, v.re);
  store(y.im + row * y.pitch, v.im);
}

template <class T> inline Complex<T> get_pairs(const T* p, bool swapped) {
  constexpr index_t N = width<T>;
  const auto a = load(p), b = load(p + N);
  const auto re = Pairs<T, N>::re(a, b), im = Pairs<T, N>::im(a, b);
  return swapped ? Complex<T>{im, re} : Complex<T>{re, im};
}
template <class T> inline void put_pairs(T* p, Complex<T> v) {
  constexpr index_t N = width<T>;
  store(p, Zip<T, N>::lo(v.re, v.im));
  store(p + N, Zip<T, N>::hi(v.re, v.im));
}

/// A row of any layout.
template <class T> inline Complex<T> get_any(const FourierRows& x, index_t row) {
  if (x.layout == FourierLayout::planar) return get(rows_of<T>(x), row);
  return get_pairs(static_cast<const T*>(x.re) + row * x.pitch, x.layout == FourierLayout::swapped);
}
template <class T> inline void put_any(const FourierRows& y, index_t row, Complex<T> v) {
  if (y.layout == FourierLayout::planar) return put(rows_of<T>(y), row, v);
  if (y.layout == FourierLayout::swapped) v = {v.im, v.re};
  put_pairs(static_cast<T*>(y.re) + row * y.pitch, v);
}

template <class T> inline Complex<T> times_scalar(Complex<T> v, const T* w) {
  return times(v, broadcast(w[0]), broadcast(w[1]));
}

/// Rows of x at distance s into a planar block.
template <class T> inline void gather_rows(const FourierRows& x, index_t row, index_t s, index_t count, T* block) {
  const Rows<T> y{block, block + width<T>, 2 * width<T>};
  const T* p = static_cast<const T*>(x.re) + row * x.pitch;
  const index_t step = s * x.pitch;
  const bool swapped = x.layout == FourierLayout::swapped;
  for (index_t j = 0; j < count; ++j) put(y, j, get_pairs(p + j * step, swapped));
}

/// A planar block into rows of y at distance s, with their factors and the scale.
template <class T> inline void scatter_rows(const T* block, index_t count, const FourierPassArgs& g, index_t row, index_t s) {
  const Rows<T> x{const_cast<T*>(block), const_cast<T*>(block) + width<T>, 2 * width<T>};
  const T* after = static_cast<const T*>(g.after);
  const auto scale = broadcast(static_cast<T>(g.scale));
  for (index_t k = 0; k < count; ++k) {
    auto v = get(x, k);
    if (after) v = times_scalar(v, after + 2 * (row + k * s) * g.after_step);
    if (g.scale != 1) v = {v.re * scale, v.im * scale};
    put_any(g.y, row + k * s, v);
  }
}

template <int R, bool Turned, class T> inline void step(const Rows<T>& x, const Rows<T>& y, const T* w) {
  Complex<T> a[R];
  FLATNET_UNROLL
  for (int j = 0; j < R; ++j) a[j] = get(x, j);
  butterfly(a, [&](int k, Complex<T> v) {
    if (Turned && k > 0) v = times_scalar(v, w + 2 * (k - 1));
    put(y, k, v);
  });
}

template <class T, int R> void pass(const FourierPassArgs& g) noexcept {
  alignas(64) T in[R * 2 * width<T>], out[R * 2 * width<T>];
  const Rows<T> in_block{in, in + width<T>, 2 * width<T>}, out_block{out, out + width<T>, 2 * width<T>};
  const Rows<T> x = rows_of<T>(g.x), y = rows_of<T>(g.y);
  const bool from = g.x.layout == FourierLayout::planar;
  const bool to = g.y.layout == FourierLayout::planar && !g.after && g.scale == 1;
  const T* twiddle = static_cast<const T*>(g.twiddle);
  for (index_t p = 0; p < g.m; ++p)
    for (index_t q = 0; q < g.s; ++q) {
      const index_t first = q + g.s * p, last = q + g.s * R * p;
      Rows<T> source{x.re + first * x.pitch, x.im + first * x.pitch, g.s * g.m * x.pitch};
      Rows<T> target{y.re + last * y.pitch, y.im + last * y.pitch, g.s * y.pitch};
      if (!from) {
        gather_rows(g.x, first, g.s * g.m, R, in);
        source = in_block;
      }
      if (!to) target = out_block;
      if (p == 0) step<R, false>(source, target, twiddle);
      else step<R, true>(source, target, twiddle + 2 * p * (R - 1));
      if (!to) scatter_rows(out, R, g, last, g.s);
    }
}

/// Any odd radix: four outputs a sweep over the sums and differences.
template <class T> void pass_odd(const FourierPassArgs& g) noexcept {
  constexpr index_t N = width<T>, most = fourier_largest_odd;
  const index_t r = g.radix, h = (r - 1) / 2;
  alignas(64) T in[most * 2 * N], out[most * 2 * N];
  const Rows<T> a{in, in + N, 2 * N}, b{out, out + N, 2 * N};
  const T* roots = static_cast<const T*>(g.roots);
  const T* twiddle = static_cast<const T*>(g.twiddle);
  for (index_t p = 0; p < g.m; ++p)
    for (index_t q = 0; q < g.s; ++q) {
      const index_t first = q + g.s * p, last = q + g.s * r * p;
      const Complex<T> x0 = get_any<T>(g.x, first);
      Complex<T> sum = x0;
      for (index_t j = 1; j <= h; ++j) {
        const auto u = get_any<T>(g.x, first + g.s * g.m * j), v = get_any<T>(g.x, first + g.s * g.m * (r - j));
        sum = sum + (u + v);
        put(a, j, u + v);
        put(a, r - j, u - v);
      }
      put(b, 0, sum);
      const T* w = twiddle + 2 * p * (r - 1);
      for (index_t k = 1; k <= h; ++k) {
        // Four sums each: shorter chains, and smaller rounding errors.
        Complex<T> cs[4] = {}, ss[4] = {};
        for (index_t j = 1, i = k; j <= h; j += 4) {
          FLATNET_UNROLL
          for (index_t e = 0; e < 4; ++e, i += k, i -= i >= r ? r : 0) {
            if (j + e > h) break;
            const auto t = get(a, j + e), u = get(a, r - j - e);
            const auto cos = broadcast(roots[2 * i]), sin = broadcast(roots[2 * i + 1]);
            cs[e] = {vmadd<T>(cos, t.re, cs[e].re), vmadd<T>(cos, t.im, cs[e].im)};
            ss[e] = {vmadd<T>(sin, u.re, ss[e].re), vmadd<T>(sin, u.im, ss[e].im)};
          }
        }
        const auto c = x0 + ((cs[0] + cs[1]) + (cs[2] + cs[3])), s = (ss[0] + ss[1]) + (ss[2] + ss[3]);
        auto lower = minus_i(c, s), upper = plus_i(c, s);
        if (p > 0) {
          lower = times_scalar(lower, w + 2 * (k - 1));
          upper = times_scalar(upper, w + 2 * (r - k - 1));
        }
        put(b, k, lower);
        put(b, r - k, upper);
      }
      scatter_rows(out, r, g, last, g.s);
    }
}

template <class T> void rows(const FourierRowsArgs& g) noexcept {
  const T* w = static_cast<const T*>(g.w);
  const T* after = static_cast<const T*>(g.after);
  const T* add = static_cast<const T*>(g.add);
  const auto scale = broadcast(static_cast<T>(g.scale));
  for (index_t i = 0; i < g.count; ++i) {
    const index_t to = g.yi ? g.yi[i] : i;
    auto v = get_any<T>(g.x, g.xi ? g.xi[i] : i);
    if (w) v = times_scalar(v, w + 2 * i);
    if (add) v = v + Complex<T>{load(add), load(add + width<T>)};
    if (after) v = times_scalar(v, after + 2 * to * g.after_step);
    if (g.scale != 1) v = {v.re * scale, v.im * scale};
    put_any(g.y, to, v);
  }
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA

#include "flatnet/kernels/fourier_columns-inl.hpp"
#include "flatnet/kernels/fourier_long-inl.hpp"
#include "flatnet/kernels/fourier_real-inl.hpp"

namespace flatnet::FLATNET_ISA {

#define FLATNET_PASSES(T)                                                                                   \
  {pass_odd<T>, nullptr, pass<T, 2>,  pass<T, 3>, pass<T, 4>,  pass<T, 5>, nullptr, pass<T, 7>, pass<T, 8>, \
   nullptr,     nullptr, pass<T, 11>, nullptr,    pass<T, 13>, nullptr,    nullptr, pass<T, 16>}
extern const kernels::FourierTable fourier_table;
const kernels::FourierTable fourier_table = {{width<float>, width<double>},
                                             {FLATNET_PASSES(float), FLATNET_PASSES(double)},
                                             {rows<float>, rows<double>},
                                             {unpack<float>, unpack<double>},
                                             {pack<float>, pack<double>},
                                             {columns_in<float>, columns_in<double>},
                                             {columns_out<float>, columns_out<double>},
                                             stream_copy,
                                             {turn<float>, turn<double>},
                                             {product<float>, product<double>}};
#undef FLATNET_PASSES

}  // namespace flatnet::FLATNET_ISA
