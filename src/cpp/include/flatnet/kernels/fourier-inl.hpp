// Passes of the discrete Fourier transform over rows of W lanes. Rows that are
// not planar, outputs with factors and scaled outputs go through a planar block
// on the stack: the arithmetic is compiled once a radix.
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

inline constexpr index_t rows_ahead = 24;  // how many rows before its turn a row of an array is asked for

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
template <class T>
inline void put(const Rows<T>& y, index_t row, Complex<T> v) {
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
template <class T> inline void stream_pairs(T* p, Complex<T> v) {
  constexpr index_t N = width<T>;
  stream(p, Zip<T, N>::lo(v.re, v.im));
  stream(p + N, Zip<T, N>::hi(v.re, v.im));
}

/// A row of any layout.
template <class T>
inline Complex<T> get_any(const FourierRows& x, index_t row) {
  if (x.layout == FourierLayout::planar) return get(rows_of<T>(x), row);
  return get_pairs(static_cast<const T*>(x.re) + row * x.pitch, x.layout == FourierLayout::swapped);
}
template <class T>
inline void put_any(const FourierRows& y, index_t row, Complex<T> v) {
  if (y.layout == FourierLayout::planar) return put(rows_of<T>(y), row, v);
  if (y.layout == FourierLayout::swapped) v = {v.im, v.re};
  T* p = static_cast<T*>(y.re) + row * y.pitch;
  y.streamed ? stream_pairs(p, v) : put_pairs(p, v);
}

template <class T> inline Complex<T> times_scalar(Complex<T> v, const T* w) {
  return times(v, broadcast(w[0]), broadcast(w[1]));
}

/// Rows of x at distance s into a planar block.
template <class T>
inline void gather_rows(const FourierRows& x, index_t row, index_t s, index_t count, T* block) {
  const Rows<T> y{block, block + width<T>, 2 * width<T>};
  for (index_t j = 0; j < count; ++j) put(y, j, get_any<T>(x, row + j * s));
}

/// A planar block into rows of y at distance s, with their factors and the
/// scale.
template <class T>
inline void scatter_rows(const T* block, index_t count, const FourierPassArgs& g, index_t row, index_t s) {
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

/// The share of the rows that one butterfly of `radix` rows takes. They are
/// asked for some rows before; those of the columns behind these while the last
/// ones are copied.
template <class T>
inline __attribute__((noinline)) void copy_some(FourierFetch* f, index_t radix) {
  for (f->credit += radix; f->credit >= f->passes && f->rows > 0; f->credit -= f->passes, f->rows -= 1) {
    const T* x = static_cast<const T*>(f->x);
    T* panel = static_cast<T*>(f->panel);
    const T* ahead = f->rows > rows_ahead ? x + rows_ahead * f->pitch : x + (rows_ahead - f->count) * f->pitch + 2 * width<T>;
    __builtin_prefetch(ahead, 0, 2);
    __builtin_prefetch(ahead + width<T>, 0, 2);
    __builtin_prefetch(ahead + 2 * width<T> - 1, 0, 2);
    put(Rows<T>{panel, panel + width<T>, 0}, 0, get_pairs(x, f->swapped));
    f->x = x + f->pitch;
    f->panel = panel + 2 * width<T>;
  }
}
template <class T> inline void copy_rows(FourierFetch* f, index_t radix) {
  if (f && f->rows > 0) copy_some<T>(f, radix);
}

template <int R, bool Turned, class T, class Get, class Put>
FLATNET_INLINE void step(Get&& get_row, Put&& put_row, const T* w) {
  Complex<T> a[R];
  FLATNET_UNROLL
  for (int j = 0; j < R; ++j) a[j] = get_row(j);
  butterfly(a, [&](int k, Complex<T> v) FLATNET_LAMBDA {
    if (Turned && k > 0) v = times_scalar(v, w + 2 * (k - 1));
    put_row(k, v);
  });
}

/// Every butterfly of a pass: row(j) of input from row `first` on in steps of s
/// m, outputs from row `last` on in steps of `by`.
template <class T, int R, class Get, class Put>
FLATNET_INLINE void sweep(const FourierPassArgs& g, Get&& get_row, Put&& put_row) {
  const T* twiddle = static_cast<const T*>(g.twiddle);
  const index_t by = g.spread ? g.spread : g.s, next = g.spread ? 1 : g.s * R;
  for (index_t p = 0; p < g.m; ++p)
    for (index_t q = 0; q < g.s; ++q) {
      const index_t first = q + g.s * p, last = q + next * p;
      const auto in = get_row(first, g.s * g.m);
      const auto out = put_row(last, by);
      if (p == 0) step<R, false, T>(in, out, twiddle);
      else step<R, true, T>(in, out, twiddle + 2 * p * (R - 1));
      copy_rows<T>(g.fetch, R);
    }
}

template <class T, int R> void pass(const FourierPassArgs& g) noexcept {
  const Rows<T> x = rows_of<T>(g.x), y = rows_of<T>(g.y);
  const bool from = g.x.layout == FourierLayout::planar, planar = g.y.layout == FourierLayout::planar;
  const bool to = planar && !g.after && g.scale == 1;
  const auto planar_in = [&](index_t first, index_t by) {
    return [p = x.re + first * x.pitch, d = x.im - x.re, step = by * x.pitch](int j)
               FLATNET_LAMBDA { return Complex<T>{load(p + j * step), load(p + j * step + d)}; };
  };
  const auto planar_out = [&](index_t last, index_t by) {
    return [p = y.re + last * y.pitch, d = y.im - y.re, step = by * y.pitch](int k, Complex<T> v) FLATNET_LAMBDA {
      store(p + k * step, v.re);
      store(p + k * step + d, v.im);
    };
  };
  constexpr bool direct = R == 2 || R == 4 || R == 5 || R == 8 || R == 16;
  if (from && to) return sweep<T, R>(g, planar_in, planar_out);
  if constexpr (direct) {
    if (from && !planar && !g.after) {
      const bool swap = g.y.layout == FourierLayout::swapped, scaled = g.scale != 1, streamed = g.y.streamed;
      const auto scale = broadcast(static_cast<T>(g.scale));
      return sweep<T, R>(g, planar_in, [&](index_t last, index_t by) {
        return [&, p = y.re + last * y.pitch, step = by * y.pitch](int k, Complex<T> v) FLATNET_LAMBDA {
          if (scaled) v = {v.re * scale, v.im * scale};
          if (swap) v = {v.im, v.re};
          streamed ? stream_pairs(p + k * step, v) : put_pairs(p + k * step, v);
        };
      });
    }
  }
  alignas(64) T in[R * 2 * width<T>], out[R * 2 * width<T>];
  const index_t by = g.spread ? g.spread : g.s, next = g.spread ? 1 : g.s * R;
  const T* twiddle = static_cast<const T*>(g.twiddle);
  const auto from_block = [&](int j) { return get(Rows<T>{in, in + width<T>, 2 * width<T>}, j); };
  const auto to_block = [&](int k, Complex<T> v) { put(Rows<T>{out, out + width<T>, 2 * width<T>}, k, v); };
  for (index_t p = 0; p < g.m; ++p)
    for (index_t q = 0; q < g.s; ++q) {
      gather_rows(g.x, q + g.s * p, g.s * g.m, R, in);
      if (p == 0) step<R, false, T>(from_block, to_block, twiddle);
      else step<R, true, T>(from_block, to_block, twiddle + 2 * p * (R - 1));
      scatter_rows(out, R, g, q + next * p, by);
      copy_rows<T>(g.fetch, R);
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
      const index_t first = q + g.s * p, last = q + (g.spread ? 1 : g.s * r) * p;
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
      scatter_rows(out, r, g, last, g.spread ? g.spread : g.s);
      copy_rows<T>(g.fetch, r);
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
                                             settle,
                                             {product<float>, product<double>}};
#undef FLATNET_PASSES

}  // namespace flatnet::FLATNET_ISA
