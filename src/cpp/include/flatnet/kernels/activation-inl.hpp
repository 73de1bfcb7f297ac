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

template <class T, Activation A> void touch(const TouchArgs& g) noexcept {
  T* x = static_cast<T*>(g.x);
  const T* bias = static_cast<const T*>(g.bias);
  if (g.lanes == 1) {  // a column: its biases lie side by side
    index_t r = 0;
    for (; r + width<T> <= g.rows; r += width<T>) {
      const Vec<T> v = load(x + r);
      store(x + r, activate<T, A>(bias ? v + load(bias + r) : v));
    }
    const index_t rest = g.rows - r;
    if (rest == 0) return;
    const Vec<T> v = load_part(x + r, rest);
    return store_part(x + r, activate<T, A>(bias ? v + load_part(bias + r, rest) : v), rest);
  }
  for (index_t r = 0; r < g.rows; ++r, x += g.lanes) {
    if (bias) {
      const Vec<T> b = broadcast<T>(bias[r]);
      on_row(x, x, g.lanes, [b](Vec<T> v) { return activate<T, A>(v + b); });
    } else {
      on_row(x, x, g.lanes, [](Vec<T> v) { return activate<T, A>(v); });
    }
  }
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
