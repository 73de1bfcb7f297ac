// Chains of small layers on a strip of columns that is as long as the nearest cache holds it: a layer after the other, row by row.
// Rows of few terms keep their weights in registers while the strip streams by; of others two rows are summed side by side on four
// vectors: eight sums in flight are what two multiply-add units of four cycles take. Sums are those of blocks-inl.hpp and
// csr-inl.hpp: terms in their order, the first one as a plain product, the bias last.
namespace flatnet::FLATNET_ISA {
namespace {

#define FLATNET_UNROLL _Pragma("GCC unroll 8")

inline constexpr index_t strip_bytes = index_t{16} << 10;  // of what stands between two layers: 64 rows of four vectors
inline constexpr index_t longest_strip = 32;               // vectors

// (cosh t - 1) / t^2 in z = t^2 <= 1/4: the first term left out is below 2e-9 (f32) and 6e-18 (f64) of it.
template <class T> struct Cosh;
template <> struct Cosh<float> { static constexpr float series[] = {0.5f, 1.0f / 24, 1.0f / 720, 1.0f / 40320}; };
template <> struct Cosh<double> {
  static constexpr double series[] = {0.5,           1.0 / 24,        1.0 / 720,          1.0 / 40320,
                                      1.0 / 3628800, 1.0 / 479001600, 1.0 / 87178291200.0};
};
template <class T> inline constexpr T cosh_limit = T(0.25);  // of z

// Rows of a strip: where the first one begins, and the distance to the next [elements].
template <class T> struct Strip {
  T* at;
  index_t row;
  T* operator[](index_t r) const { return at + r * row; }
};

template <class T> FLATNET_INLINE Vec<T> neuron_start(std::int32_t terms) { return broadcast(terms > 0 ? T(-0.0) : T(0)); }

// One row of C terms on n vectors.
template <class T, int C>
inline void few_terms(const T* weight, const std::uint16_t* column, T bias, const Strip<const T>& x, T* y, index_t n) {
  Vec<T> w[C];
  const T* in[C];
  FLATNET_UNROLL
  for (int e = 0; e < C; ++e) w[e] = broadcast(weight[e]), in[e] = x[column[e]];
  const Vec<T> b = broadcast(bias);
  for (index_t p = 0; p < n * width<T>; p += width<T>) {
    Vec<T> sum = w[0] * load(in[0] + p);
    FLATNET_UNROLL
    for (int e = 1; e < C; ++e) sum = vmadd<T>(w[e], load(in[e] + p), sum);
    store(y + p, sum + b);
  }
}

// R rows from r on, Q vectors from p on.
template <class T, int R, int Q>
inline void many_terms(const NeuronLayer& g, int r, const Strip<const T>& x, const Strip<T>& y, index_t p) {
  const T* weight = static_cast<const T*>(g.weight);
  const auto add = [&](Vec<T>(&to)[Q], std::int32_t e) __attribute__((always_inline)) {
    const T* in = x[g.column[e]] + p;
    const Vec<T> w = broadcast(weight[e]);
    FLATNET_UNROLL
    for (int q = 0; q < Q; ++q) to[q] = vmadd<T>(w, load(in + q * width<T>), to[q]);
  };
  Vec<T> sum[R][Q];
  std::int32_t common = g.begin[r + 1] - g.begin[r];
  FLATNET_UNROLL
  for (int k = 0; k < R; ++k) {
    const std::int32_t count = g.begin[r + k + 1] - g.begin[r + k];
    common = count < common ? count : common;
    FLATNET_UNROLL
    for (int q = 0; q < Q; ++q) sum[k][q] = neuron_start<T>(count);
  }
  for (std::int32_t e = 0; e < common; ++e) {
    FLATNET_UNROLL
    for (int k = 0; k < R; ++k) add(sum[k], g.begin[r + k] + e);
  }
  FLATNET_UNROLL
  for (int k = 0; k < R; ++k)
    for (std::int32_t e = g.begin[r + k] + common; e < g.begin[r + k + 1]; ++e) add(sum[k], e);
  FLATNET_UNROLL
  for (int k = 0; k < R; ++k) {
    const Vec<T> b = broadcast(static_cast<const T*>(g.bias)[r + k]);
    FLATNET_UNROLL
    for (int q = 0; q < Q; ++q) store(y[g.to[r + k]] + p + q * width<T>, sum[k][q] + b);
  }
}

template <class T, int R>
inline void many_terms_strip(const NeuronLayer& g, int r, const Strip<const T>& x, const Strip<T>& y, index_t n) {
  index_t q = 0;
  for (; q + 4 <= n; q += 4) many_terms<T, R, 4>(g, r, x, y, q * width<T>);
  for (; q < n; ++q) many_terms<T, R, 1>(g, r, x, y, q * width<T>);
}

// R rows of a full layer from r on, Q vectors from p on: a vector of x serves all rows.
template <class T, int R, int Q>
inline void full_terms(const NeuronLayer& g, int r, const Strip<const T>& x, const Strip<T>& y, index_t p) {
  const T* w = static_cast<const T*>(g.weight) + r * g.full;
  const T* in = x.at + p;
  Vec<T> sum[R][Q];
  FLATNET_UNROLL
  for (int k = 0; k < R; ++k) {
    FLATNET_UNROLL
    for (int q = 0; q < Q; ++q) sum[k][q] = broadcast(w[k * g.full]) * load(in + q * width<T>);
  }
  for (int e = 1; e < g.full; ++e) {
    in += x.row;
    Vec<T> v[Q];
    FLATNET_UNROLL
    for (int q = 0; q < Q; ++q) v[q] = load(in + q * width<T>);
    FLATNET_UNROLL
    for (int k = 0; k < R; ++k) {
      const Vec<T> weight = broadcast(w[k * g.full + e]);
      FLATNET_UNROLL
      for (int q = 0; q < Q; ++q) sum[k][q] = vmadd<T>(weight, v[q], sum[k][q]);
    }
  }
  FLATNET_UNROLL
  for (int k = 0; k < R; ++k) {
    const Vec<T> b = broadcast(static_cast<const T*>(g.bias)[r + k]);
    FLATNET_UNROLL
    for (int q = 0; q < Q; ++q) store(y[g.to[r + k]] + p + q * width<T>, sum[k][q] + b);
  }
}

template <class T, int R>
inline void full_terms_strip(const NeuronLayer& g, int r, const Strip<const T>& x, const Strip<T>& y, index_t n) {
  index_t q = 0;
  for (; q + 2 <= n; q += 2) full_terms<T, R, 2>(g, r, x, y, q * width<T>);
  for (; q < n; ++q) full_terms<T, R, 1>(g, r, x, y, q * width<T>);
}

// All sums of a layer on n vectors.
template <class T> void neuron_sums(const NeuronLayer& g, const Strip<const T>& x, const Strip<T>& y, index_t n) {
  const int rows = g.plain + g.pairs;
  int r = 0;
  if (g.full > 4)
    for (; r + 4 <= rows; r += 4) full_terms_strip<T, 4>(g, r, x, y, n);
  for (; r < rows; ++r) {
    const std::int32_t terms = g.begin[r + 1] - g.begin[r];
    const T* w = static_cast<const T*>(g.weight) + g.begin[r];
    const std::uint16_t* column = g.column + g.begin[r];
    const T bias = static_cast<const T*>(g.bias)[r];
    T* to = y[g.to[r]];
    if (terms == 1) few_terms<T, 1>(w, column, bias, x, to, n);
    else if (terms == 2) few_terms<T, 2>(w, column, bias, x, to, n);
    else if (terms == 3) few_terms<T, 3>(w, column, bias, x, to, n);
    else if (terms == 4) few_terms<T, 4>(w, column, bias, x, to, n);
    else if (r + 1 < rows && g.begin[r + 2] - g.begin[r + 1] > 4) many_terms_strip<T, 2>(g, r++, x, y, n);
    else many_terms_strip<T, 1>(g, r, x, y, n);
  }
}

// s(b + t) + s(b - t) - 2 s(b) where t is large: by the two neurons, their sum rounded once.
template <class T> [[gnu::noinline]] Vec<T> pair_far(Vec<T> t, const T* pair) {
  const Vec<T> b = broadcast(pair[2]);
  Vec<T> sum = Maths<T>::logistic_any(b + t), low = broadcast(-pair[4]);
  add_to(sum, low, Maths<T>::logistic_any(b - t));
  add_to(sum, low, broadcast(-pair[3]));
  return sum + low;
}

// One pair on Q vectors in step. z: 1 u and twice that of t; the series 1 u; c - 1, the sum, the product and the quotient 1 u each: q
// is off by 6 u of itself, and by what t is off.
template <class T, int Q> FLATNET_INLINE void pair_values(const T* pair, T* t) {
  using M = Maths<T>;
  constexpr auto& series = Cosh<T>::series;
  constexpr int top = static_cast<int>(sizeof series / sizeof series[0]) - 1;
  const auto each = [](auto f) __attribute__((always_inline)) {
    FLATNET_UNROLL
    for (int q = 0; q < Q; ++q) f(q);
  };
  Vec<T> z[Q], y[Q];
  each([&](int q) { z[q] = load(t + q * width<T>) * load(t + q * width<T>); });
  auto near = z[0] <= M::all(cosh_limit<T>);
  each([&](int q) { near = near & (z[q] <= M::all(cosh_limit<T>)); });
  each([&](int q) { y[q] = M::all(series[top]); });
  FLATNET_UNROLL
  for (int k = top - 1; k >= 0; --k) each([&](int q) { y[q] = M::fma(y[q], z[q], M::all(series[k])); });
  each([&](int q) { y[q] = z[q] * y[q]; });
  const Vec<T> gain = broadcast(pair[0]), middle = broadcast(pair[1]);
  each([&](int q) { y[q] = gain * y[q] / (middle + y[q]); });
  if (__builtin_expect(any(~near), 0))
    for (int q = 0; q < Q; ++q) y[q] = select(z[q] <= M::all(cosh_limit<T>), y[q], pair_far(load(t + q * width<T>), pair));
  each([&](int q) { store(t + q * width<T>, y[q]); });
}

template <class T> void neuron_pairs(const NeuronLayer& g, const Strip<T>& y, index_t n) {
  for (int p = 0; p < g.pairs; ++p) {
    const T* pair = static_cast<const T*>(g.pair) + NeuronLayer::pair_numbers * p;
    T* t = y[g.to[g.plain + p]];
    index_t q = 0;
    for (; q + 4 <= n; q += 4) pair_values<T, 4>(pair, t + q * width<T>);
    for (; q < n; ++q) pair_values<T, 1>(pair, t + q * width<T>);
  }
}

template <class T, Activation A> void neuron_activation(const NeuronLayer& g, const Strip<T>& y, index_t n) {
  for (int r = 0; r < g.plain; ++r) {
    T* at = y[g.to[r]];
    index_t q = 0;
    for (; q + 4 <= n; q += 4, at += 4 * width<T>) {
      Vec<T> v[4];
      load_four(at, v);
      activate_four<T, A>(v);
      FLATNET_UNROLL
      for (int i = 0; i < 4; ++i) store(at + i * width<T>, v[i]);
    }
    for (; q < n; ++q, at += width<T>) store(at, activate<T, A>(load(at)));
  }
}

template <class T> inline void neuron_layer(const NeuronLayer& g, const Strip<const T>& x, const Strip<T>& y, index_t n) {
  neuron_sums<T>(g, x, y, n);
  if (g.pairs > 0) neuron_pairs<T>(g, y, n);
  switch (g.activation) {
    case Activation::logistic: return neuron_activation<T, Activation::logistic>(g, y, n);
    case Activation::relu: return neuron_activation<T, Activation::relu>(g, y, n);
    case Activation::square: return neuron_activation<T, Activation::square>(g, y, n);
    case Activation::tanh: return neuron_activation<T, Activation::tanh>(g, y, n);
    case Activation::softplus: return neuron_activation<T, Activation::softplus>(g, y, n);
    case Activation::gelu: return neuron_activation<T, Activation::gelu>(g, y, n);
    case Activation::silu: return neuron_activation<T, Activation::silu>(g, y, n);
    case Activation::sin: return neuron_activation<T, Activation::sin>(g, y, n);
    case Activation::exp: return neuron_activation<T, Activation::exp>(g, y, n);
    default: return;
  }
}

// All layers on n vectors.
template <class T> struct NeuronStrip {
  alignas(64) T between[2][strip_bytes / sizeof(T)];

  void run(const NeuronsArgs& g, Strip<const T> x, const Strip<T>& y, index_t n) {
    for (int l = 0; l + 1 < g.layers; ++l) {
      const Strip<T> to{between[l % 2], n * width<T>};
      neuron_layer<T>(g.layer[l], x, to, n);
      x = {to.at, to.row};
    }
    neuron_layer<T>(g.layer[g.layers - 1], x, y, n);
  }

  // The result to `y`, past the caches: its vectors are aligned.
  void run_past(const NeuronsArgs& g, const Strip<const T>& x, const Strip<T>& y, index_t n) {
    const Strip<T> held{between[(g.layers - 1) % 2], n * width<T>};
    run(g, x, held, n);
    for (int r = 0; r < g.outputs; ++r)
      for (index_t p = 0; p < n * width<T>; p += width<T>) store_past(y[r] + p, load(held[r] + p));
  }

  // Fewer columns than a vector has: copied, with zeros beside them.
  void run_part(const NeuronsArgs& g, const Strip<const T>& x, const Strip<T>& y, index_t count) {
    alignas(64) T from[NeuronsArgs::most_rows * width<T>], to[NeuronsArgs::most_rows * width<T>];
    for (int r = 0; r < g.inputs; ++r) store(from + r * width<T>, load_part(x[r], count));
    run(g, {from, width<T>}, {to, width<T>}, 1);
    for (int r = 0; r < g.outputs; ++r) store_part(y[r], load(to + r * width<T>), count);
  }
};

template <class T> void neurons(const NeuronsArgs& g) noexcept {
  const Strip<const T> x{static_cast<const T*>(g.x), g.x_row};
  const Strip<T> y{static_cast<T*>(g.y), g.y_row};
  NeuronStrip<T> strip;
  index_t longest = strip_bytes / static_cast<index_t>(sizeof(Vec<T>)) / g.widest;
  longest = longest < longest_strip ? longest : longest_strip;
  // Past the caches only where vectors stand where vectors do, in every row.
  const auto past = static_cast<index_t>(reinterpret_cast<std::uintptr_t>(y.at) % sizeof(Vec<T>));
  const bool stream = g.stream && past % static_cast<index_t>(sizeof(T)) == 0 && (g.outputs == 1 || g.y_row % width<T> == 0);
  index_t p = 0;
  if (stream && past > 0) {
    p = width<T> - past / static_cast<index_t>(sizeof(T));
    p = p < g.lanes ? p : g.lanes;
    strip.run_part(g, x, y, p);
  }
  for (index_t left = (g.lanes - p) / width<T>; left > 0;) {
    const index_t n = left < longest ? left : longest;
    const Strip<const T> from{x.at + p, x.row};
    const Strip<T> to{y.at + p, y.row};
    if (stream) strip.run_past(g, from, to, n);
    else strip.run(g, from, to, n);
    p += n * width<T>, left -= n;
  }
  if (p < g.lanes) strip.run_part(g, {x.at + p, x.row}, {y.at + p, y.row}, g.lanes - p);
  if (stream) fence_stores();
}

}  // namespace
}  // namespace flatnet::FLATNET_ISA
