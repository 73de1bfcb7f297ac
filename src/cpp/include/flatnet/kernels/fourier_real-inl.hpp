// Spectra of real rows from complex rows of half the length, and back.
namespace flatnet::FLATNET_ISA {
namespace {

// With A = Z_k, B = Z_{h-k}: E = (A + conj B) / 2 and O = (A - conj B) / 2i are the spectra of the even and the odd elements,
// X_k = E + w^k O, X_{h-k} = conj(E - w^k O).
template <class T> void unpack(const FourierRealArgs& g) noexcept {
  const index_t h = g.half;
  const T* w = static_cast<const T*>(g.w);
  const T factor = static_cast<T>(g.scale), sign = g.conjugate ? -factor : factor;
  const auto re_scale = broadcast(factor);
  const auto re_half = broadcast(factor / 2), im_half = broadcast(sign / 2);
  const Rows<T> z = rows_of<T>(g.z);
  const auto zero = get(z, 0);
  put_any(g.x, 0, Complex<T>{(zero.re + zero.im) * re_scale, Vec<T>{}});
  put_any(g.x, h, Complex<T>{(zero.re - zero.im) * re_scale, Vec<T>{}});
  for (index_t k = 1; k <= h - k; ++k) {
    const auto a = get(z, k), b = get(z, h - k);
    const Complex<T> e{a.re + b.re, a.im - b.im}, d{a.re - b.re, a.im + b.im};
    const auto wr = broadcast(w[2 * k]), wi = broadcast(w[2 * k + 1]);
    // -i w d
    const Complex<T> t{vmadd<T>(wi, d.re, wr * d.im), vnmadd<T>(wr, d.re, wi * d.im)};
    put_any(g.x, k, Complex<T>{(e.re + t.re) * re_half, (e.im + t.im) * im_half});
    put_any(g.x, h - k, Complex<T>{(e.re - t.re) * re_half, (t.im - e.im) * im_half});
  }
}

// Z_k = (X_k + conj X_{h-k}) + i w^-k (X_k - conj X_{h-k}); the imaginary parts of X_0 and X_h are not read.
template <class T> void pack(const FourierRealArgs& g) noexcept {
  const index_t h = g.half;
  const T* w = static_cast<const T*>(g.w);
  const Rows<T> z = rows_of<T>(g.z);
  const auto sign = broadcast(g.conjugate ? T(-1) : T(1));
  const auto first = get_any<T>(g.x, 0), last = get_any<T>(g.x, h);
  put(z, 0, Complex<T>{first.re + last.re, first.re - last.re});
  for (index_t k = 1; k <= h - k; ++k) {
    auto a = get_any<T>(g.x, k), b = get_any<T>(g.x, h - k);
    a.im = a.im * sign;
    b.im = b.im * sign;
    const Complex<T> e{a.re + b.re, a.im - b.im}, d{a.re - b.re, a.im + b.im};
    const auto wr = broadcast(w[2 * k]), wi = broadcast(w[2 * k + 1]);
    // i conj(w) d
    const Complex<T> t{vnmadd<T>(wr, d.im, wi * d.re), vmadd<T>(wi, d.im, wr * d.re)};
    put(z, k, e + t);
    put(z, h - k, Complex<T>{e.re - t.re, t.im - e.im});
  }
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
