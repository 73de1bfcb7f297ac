// Bias and activation on the rows of a panel, in place.
namespace flatnet::FLATNET_ISA {
namespace {

template <class T, Activation A> FLATNET_INLINE Vec<T> activate(Vec<T> x) {
  using M = Maths<T>;
  if constexpr (A == Activation::logistic) return M::logistic(x);
  if constexpr (A == Activation::relu) return select(x < M::all(T(0)), M::all(T(0)), x);
  if constexpr (A == Activation::square) return x * x;
  if constexpr (A == Activation::tanh) return M::tanh(x);
  if constexpr (A == Activation::softplus) return M::softplus(x);
  if constexpr (A == Activation::gelu) return gelu<T>(x);
  if constexpr (A == Activation::silu) return M::silu(x);
  if constexpr (A == Activation::sin) return sine<T>(x);
  if constexpr (A == Activation::exp) return M::exp(x);
  return x;
}

template <class T> FLATNET_INLINE void load_four(const T* x, Vec<T> (&v)[4]) {
  for (int i = 0; i < 4; ++i) v[i] = load(x + i * width<T>);
}
// Four vectors at a time, one look at the range of all of them.
template <class T, Activation A> FLATNET_INLINE void activate_four(Vec<T> (&v)[4]) {
  using M = Maths<T>;
  if constexpr (A == Activation::logistic) {
    const auto far = [&v](T limit) {
      return any((M::beyond(v[0], limit) | M::beyond(v[1], limit)) | (M::beyond(v[2], limit) | M::beyond(v[3], limit)));
    };
    if (__builtin_expect(far(M::E::near), 0)) {
      if (far(M::E::inner))
        for (int i = 0; i < 4; ++i) v[i] = M::logistic_any(v[i]);
      else
        for (int i = 0; i < 4; ++i) v[i] = M::logistic_far(v[i]);
      return;
    }
    M::logistic_near(v);
  } else {
    for (int i = 0; i < 4; ++i) v[i] = activate<T, A>(v[i]);
  }
}

// The first `count` < width elements, and zeros.
template <class T> FLATNET_INLINE Vec<T> load_part(const T* p, index_t count) {
  Vec<T> v{};
  __builtin_memcpy(&v, p, static_cast<std::size_t>(count) * sizeof(T));
  return v;
}
template <class T> FLATNET_INLINE void store_part(T* p, Vec<T> v, index_t count) {
  __builtin_memcpy(p, &v, static_cast<std::size_t>(count) * sizeof(T));
}

// f(v) for all vectors of a row; the last one may be short.
template <class T, class F> FLATNET_INLINE void on_row(const T* x, T* y, index_t count, F f) {
  index_t p = 0;
  for (; p + width<T> <= count; p += width<T>) store(y + p, f(load(x + p)));
  if (p < count) store_part(y + p, f(load_part(x + p, count - p)), count - p);
}

// x[p] = f(x[p] + b), or + side[p] if there is one, p < count.
template <class T, Activation A> void touch_row(T* x, index_t count, Vec<T> b, const T* side) {
  constexpr index_t w = width<T>;
  index_t p = 0;
  for (; p + 4 * w <= count; p += 4 * w) {
    Vec<T> v[4];
    load_four(x + p, v);
    for (int i = 0; i < 4; ++i) v[i] = v[i] + (side ? load(side + p + i * w) : b);
    activate_four<T, A>(v);
    for (int i = 0; i < 4; ++i) store(x + p + i * w, v[i]);
  }
  for (; p + w <= count; p += w) store(x + p, activate<T, A>(load(x + p) + (side ? load(side + p) : b)));
  if (p == count) return;
  const Vec<T> v = load_part(x + p, count - p) + (side ? load_part(side + p, count - p) : b);
  store_part(x + p, activate<T, A>(v), count - p);
}

template <class T, Activation A> void touch(const TouchArgs& g) noexcept {
  T* x = static_cast<T*>(g.x);
  const T* bias = static_cast<const T*>(g.bias);
  const Vec<T> none = broadcast<T>(T(-0.0));                        // -0 + v is v, whatever the sign of a zero
  if (g.lanes == 1) return touch_row<T, A>(x, g.rows, none, bias);  // a column: its biases lie side by side
  for (index_t r = 0; r < g.rows; ++r, x += g.lanes) touch_row<T, A>(x, g.lanes, bias ? broadcast<T>(bias[r]) : none, nullptr);
}

// s + t, and what its rounding left out into `low` (Knuth).
template <class V> FLATNET_INLINE void add_to(V& s, V& low, V t) {
  const V sum = s + t, back = sum - s;
  low = low + ((s - (sum - back)) + (t - back));
  s = sum;
}

// exp(x - max) over the rows of `count` lanes, each divided by their sum, added in the order of the rows with what rounding leaves
// out: one class is off by 1.3 u (exp) + 1/2 u of x's difference times |x - max|, as the data say, + 2 u.
template <class T> FLATNET_INLINE void softmax_lanes(T* x, index_t rows, index_t stride, index_t count) {
  using M = Maths<T>;
  using X = Vec<T>;
  const auto get = [count](const T* p) { return count == width<T> ? load(p) : load_part(p, count); };
  const auto put = [count](T* p, X v) { count == width<T> ? store(p, v) : store_part(p, v, count); };
  X most = get(x), sum{}, low{};
  for (index_t r = 1; r < rows; ++r) {
    const X v = get(x + r * stride);
    most = select(v > most, v, most);
  }
  for (index_t r = 0; r < rows; ++r) {
    const X e = M::exp(get(x + r * stride) - most);
    add_to(sum, low, e);
    put(x + r * stride, e);
  }
  sum = sum + low;
  for (index_t r = 0; r < rows; ++r) put(x + r * stride, get(x + r * stride) / sum);
}

// The same for one column: exponentials side by side, the sum one by one in the order of the rows.
template <class T> void softmax_column(T* x, index_t rows) {
  T most = x[0], sum = 0, low = 0;
  for (index_t r = 1; r < rows; ++r) most = x[r] > most ? x[r] : most;
  const Vec<T> m = broadcast<T>(most);
  on_row(x, x, rows, [m](Vec<T> v) { return Maths<T>::exp(v - m); });
  for (index_t r = 0; r < rows; ++r) add_to(sum, low, x[r]);
  const Vec<T> total = broadcast<T>(sum + low);
  on_row(x, x, rows, [total](Vec<T> v) { return v / total; });
}

template <class T> void touch_softmax(const TouchArgs& g) noexcept {
  T* x = static_cast<T*>(g.x);
  if (g.rows == 0) return;
  if (g.bias) touch<T, Activation::identity>(g);
  if (g.lanes == 1) return softmax_column(x, g.rows);
  for (index_t p = 0; p < g.lanes; p += width<T>)
    softmax_lanes(x + p, g.rows, g.lanes, g.lanes - p < width<T> ? g.lanes - p : width<T>);
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
