#include "flatnet/network/product.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "flatnet/network/sparse_product.hpp"

namespace flatnet {
namespace {

// How two patterns meet: the pattern of left * right when it is one.
enum class Meeting { none, outer, inner, same, left_diagonal, right_diagonal };

struct Merged {
  Meeting meeting = Meeting::none;
  index_t a = 0, b = 0, c = 0, d = 0;
  bool share_a = false, share_d = false;
};

bool whole_a(const Blocks& g) { return g.shared_a() || g.a == 1; }
bool whole_d(const Blocks& g) { return g.shared_d() || g.d == 1; }
bool is_diagonal(const Blocks& g) { return g.b == 1 && g.c == 1; }

Merged meet(const Blocks& l, const Blocks& r) {
  Merged m;
  if (l.input || r.output) return m;
  m.share_a = whole_a(l) && whole_a(r);
  m.share_d = whole_d(l) && whole_d(r);
  if (l.a * l.c == r.a && l.d == r.b * r.d) {
    // inner index = (i1, k1, j2, l2): left acts outside of right
    m.meeting = Meeting::outer;
    m.a = l.a, m.b = l.b * r.b, m.c = l.c * r.c, m.d = r.d;
  } else if (l.a == r.a * r.b && l.c * l.d == r.d) {
    // inner index = (i2, j2, k1, l1): left acts inside of right
    m.meeting = Meeting::inner;
    m.a = r.a, m.b = r.b * l.b, m.c = r.c * l.c, m.d = l.d;
  } else if (l.a == r.a && l.d == r.d && l.c == r.b) {
    m.meeting = Meeting::same;
    m.a = l.a, m.b = l.b, m.c = r.c, m.d = l.d;
  } else if (is_diagonal(l)) {
    m.meeting = Meeting::left_diagonal;
    m.a = r.a, m.b = r.b, m.c = r.c, m.d = r.d;
    m.share_a = m.share_d = false;
  } else if (is_diagonal(r)) {
    m.meeting = Meeting::right_diagonal;
    m.a = l.a, m.b = l.b, m.c = l.c, m.d = l.d;
    m.share_a = m.share_d = false;
  }
  return m;
}

index_t stored(const Merged& m) { return checked_product("a product", {m.share_a ? 1 : m.a, m.b, m.c, m.share_d ? 1 : m.d}); }

// Weights of a pattern in type T, by (i, j, k, l), and of a diagonal pattern by row.
template <class T> struct Reader {
  const Blocks& g;
  const T* v;
  T operator()(index_t i, index_t j, index_t k, index_t l) const { return v[i * g.va + j * g.vb + k * g.vc + l * g.vd]; }
  T diagonal(index_t r) const { return v[r / g.d * g.va + r % g.d * g.vd]; }
};

// f(i, j, k, l, position) over the stored entries of the merged pattern, in memory order.
template <class F> void each(const Merged& m, F&& f) {
  index_t at = 0;
  for (index_t i = 0; i < (m.share_a ? 1 : m.a); ++i)
    for (index_t j = 0; j < m.b; ++j)
      for (index_t k = 0; k < m.c; ++k)
        for (index_t l = 0; l < (m.share_d ? 1 : m.d); ++l) f(i, j, k, l, at++);
}

template <class T> void fill_outer(const Merged& m, const Reader<T>& left, const Reader<T>& right, T* out) {
  const Blocks &l = left.g, &r = right.g;
  each(m, [&](index_t i, index_t j, index_t k, index_t q, index_t at) {
    const index_t k1 = k / r.c;
    out[at] = left(i, j / r.b, k1, j % r.b * r.d + q) * right(i * l.c + k1, j % r.b, k % r.c, q);
  });
}

template <class T> void fill_inner(const Merged& m, const Reader<T>& left, const Reader<T>& right, T* out) {
  const Blocks &l = left.g, &r = right.g;
  each(m, [&](index_t i, index_t j, index_t k, index_t q, index_t at) {
    const index_t j2 = j / l.b, k1 = k % l.c;
    out[at] = left(i * r.b + j2, j % l.b, k1, q) * right(i, j2, k / l.c, k1 * l.d + q);
  });
}

template <class T> void fill_same(const Merged& m, const Reader<T>& left, const Reader<T>& right, double eps, T* out) {
  const index_t inner = left.g.c, nd = m.share_d ? 1 : m.d;
  struct Context {
    const Merged& m;
    const Reader<T>&left, &right;
    double eps;
    T* out;
    index_t inner, nd;
  } c{m, left, right, eps, out, inner, nd};
  const index_t rows = (m.share_a ? 1 : m.a) * m.b;
  const double work =
      static_cast<double>(rows) * static_cast<double>(inner) * static_cast<double>(m.c) * static_cast<double>(nd);
  parallel_for(rows, work < 1e5 ? 1 : default_threads(), [&c](index_t row, int) {
    const index_t i = row / c.m.b, j = row % c.m.b;
    std::vector<Sum<T>> sums(static_cast<std::size_t>(c.m.c));
    for (index_t l = 0; l < c.nd; ++l) {
      std::fill(sums.begin(), sums.end(), Sum<T>{});
      for (index_t k = 0; k < c.inner; ++k) {
        const T w = c.left(i, j, k, l);
        if (w == T{}) continue;
        for (index_t n = 0; n < c.m.c; ++n) sums[n].add(w, c.right(i, k, n, l));
      }
      for (index_t n = 0; n < c.m.c; ++n) c.out[(row * c.m.c + n) * c.nd + l] = sums[n].value(c.eps);
    }
  });
}

// The values of a dense pattern, row-major whatever its strides.
Buffer contiguous(const Blocks& g, Dtype t) {
  const Buffer own = convert(g.values.get(), t);
  if (g.vc == 1 && g.vb == g.c) return own;
  auto p = allocate(g.b * g.c, t);
  with_type(t, [&](auto v) {
    using T = decltype(v);
    for (index_t j = 0; j < g.b; ++j)
      for (index_t k = 0; k < g.c; ++k) static_cast<T*>(p.get())[j * g.c + k] = own.as<T>()[j * g.vb + k * g.vc];
  });
  return {p, g.b * g.c, t};
}

template <class T>
void fill(const Merged& m, const Blocks& l, const Blocks& r, Dtype t, double eps, T* out) {
  if (m.meeting == Meeting::same && m.a == 1 && m.d == 1) {
    // float32 factors meet in double, as the sparse path does, and are rounded once.
    const Dtype wide = t == Dtype::f32 ? Dtype::f64 : t == Dtype::c64 ? Dtype::c128 : t;
    auto sums = allocate(m.b * m.c, wide);
    dense_product(contiguous(l, wide), contiguous(r, wide), sums.get(), m.b, l.c, m.c, eps);
    const Buffer rounded = convert({sums, m.b * m.c, wide}, t);
    std::copy(rounded.as<T>(), rounded.as<T>() + m.b * m.c, out);
    return;
  }
  const Buffer lv = convert(l.values.get(), t), rv = convert(r.values.get(), t);
  const Reader<T> left{l, lv.as<T>()}, right{r, rv.as<T>()};
  switch (m.meeting) {
    case Meeting::outer: return fill_outer(m, left, right, out);
    case Meeting::inner: return fill_inner(m, left, right, out);
    case Meeting::same: return fill_same(m, left, right, eps, out);
    case Meeting::left_diagonal:
      return each(m, [&](index_t i, index_t j, index_t k, index_t q, index_t at) {
        out[at] = left.diagonal((i * m.b + j) * m.d + q) * right(i, j, k, q);
      });
    default:
      return each(m, [&](index_t i, index_t j, index_t k, index_t q, index_t at) {
        out[at] = left(i, j, k, q) * right.diagonal((i * m.c + k) * m.d + q);
      });
  }
}

const char* kind_of(const Merged& m) {
  if (m.a == 1 && m.d == 1) return "Dense";
  if (m.a == 1 && m.b == 1 && m.c == 1) return "Diagonal";
  return m.share_a && m.share_d ? "Kronecker" : "KroneckerSparse";
}

Factor merge(const Merged& m, const Factor& left, const Factor& right, double max_bytes) {
  const Blocks &l = *left.get<Blocks>(), &r = *right.get<Blocks>();
  const Dtype t = product_dtype(left.dtype(), right.dtype());
  const index_t count = stored(m);
  refuse_above(max_bytes, static_cast<double>(count) * static_cast<double>(size_of(t)), left.rows(), right.cols());
  if (t == Dtype::i64)
    require(left.max_abs() * right.max_abs() * static_cast<double>(std::max<index_t>(l.c, 1)) < 4.6e18,
            "integer products could pass 2^62: largest weights ", left.max_abs(), " and ", right.max_abs());
  auto p = allocate(count, t);
  with_type(t, [&](auto v) {
    using T = decltype(v);
    fill<T>(m, l, r, t, product_eps(left.dtype(), right.dtype()), static_cast<T*>(p.get()));
  });
  const index_t nd = m.share_d ? 1 : m.d;
  Blocks b{m.a,
           m.b,
           m.c,
           m.d,
           m.share_a ? 0 : m.b * m.c * nd,
           m.c * nd,
           nd,
           m.share_d ? 0 : 1,
           Values(Buffer{p, count, t}),
           r.input,
           l.output,
           l.no_zeros && r.no_zeros && m.meeting != Meeting::same};
  return Factor(kind_of(m), std::move(b));
}

double longest_row(const Factor& f) {
  if (const auto* b = f.get<Blocks>()) return static_cast<double>(b->c);
  const auto* m = f.get<Csr>();
  index_t longest = m ? 0 : 1;
  if (m)
    for (index_t r = 0; r < m->rows; ++r) longest = std::max(longest, (*m->begin)[r + 1] - (*m->begin)[r]);
  return static_cast<double>(longest);
}

}  // namespace

Dtype product_dtype(Dtype l, Dtype r) {
  if (is_integer(l) && is_integer(r)) return Dtype::i64;
  const bool narrow = (l == Dtype::f32 || l == Dtype::c64) && (r == Dtype::f32 || r == Dtype::c64);
  if (is_complex(l) || is_complex(r)) return narrow ? Dtype::c64 : Dtype::c128;
  return narrow ? Dtype::f32 : Dtype::f64;
}

double product_eps(Dtype l, Dtype r) {
  if (is_integer(l) && is_integer(r)) return 0.0;
  const bool single = l == Dtype::f32 || l == Dtype::c64 || r == Dtype::f32 || r == Dtype::c64;
  return single ? 0x1p-23 : 0x1p-52;
}

void refuse_above(double max_bytes, double bytes, index_t rows, index_t cols) {
  if (bytes > max_bytes)
    throw too_large_error(sentence("the product of ", rows, " x ", cols, " needs at least ", bytes / 1048576.0,
                                   " MiB, the limit is ", max_bytes / 1048576.0, " MiB"));
}

ProductEstimate estimate_product(const Factor& left, const Factor& right) {
  require(left.cols() == right.rows(), "the left factor takes ", left.cols(), " inputs, the right one gives ", right.rows());
  if (left.get<Gather>()) return {static_cast<double>(right.synapses()), static_cast<double>(right.bytes())};
  if (right.get<Gather>()) return {static_cast<double>(left.synapses()), static_cast<double>(left.bytes())};
  const auto* l = left.get<Blocks>();
  const auto* r = right.get<Blocks>();
  const auto item = static_cast<double>(size_of(product_dtype(left.dtype(), right.dtype())));
  if (l && r) {
    const Merged m = meet(*l, *r);
    if (m.meeting != Meeting::none) {
      const double per_block = static_cast<double>(m.b) * static_cast<double>(m.c);
      const double cells = per_block * static_cast<double>(m.a) * static_cast<double>(m.d);
      const double held = per_block * static_cast<double>(m.share_a ? 1 : m.a) * static_cast<double>(m.share_d ? 1 : m.d);
      double synapses = cells;
      // Shared cores multiply as K1 (x) K2: their non-zeros multiply, exactly.
      if (cells > 0 && m.share_a && m.share_d && (m.meeting == Meeting::outer || m.meeting == Meeting::inner))
        synapses = static_cast<double>(left.synapses()) / static_cast<double>(l->a * l->d) *
                   static_cast<double>(right.synapses()) / static_cast<double>(r->a * r->d) * static_cast<double>(m.a) *
                   static_cast<double>(m.d);
      return {synapses, held * item};
    }
  }
  const double cells = static_cast<double>(left.rows()) * static_cast<double>(right.cols());
  const auto* lm = left.get<Csr>();
  const auto* rm = right.get<Csr>();
  const double terms = lm && rm ? sparse_terms(*lm, *rm) : static_cast<double>(left.synapses()) * longest_row(right);
  const double synapses = std::min(cells, terms);
  return {synapses, synapses * (item + 8.0)};
}

Factor product(const Factor& left, const Factor& right, double max_bytes) {
  require(left.cols() == right.rows(), "the left factor takes ", left.cols(), " inputs, the right one gives ", right.rows());
  if (const auto* p = left.get<Gather>()) return right.permuted(nullptr, p->index);
  if (const auto* p = right.get<Gather>()) return left.permuted(p->index, nullptr);
  const auto* l = left.get<Blocks>();
  const auto* r = right.get<Blocks>();
  if (l && r) {
    const Merged m = meet(*l, *r);
    if (m.meeting != Meeting::none) return merge(m, left, right, max_bytes);
  }
  const Dtype t = product_dtype(left.dtype(), right.dtype());
  const double eps = product_eps(left.dtype(), right.dtype());
  if (r && r->a == 1 && r->d == 1 && !r->input && !r->output && !is_integer(t)) {
    const double cells = static_cast<double>(left.rows()) * static_cast<double>(right.cols());
    if (cells * static_cast<double>(size_of(t) + 8) <= max_bytes)
      return sparse_by_dense(to_csr(left), contiguous(*r, t), right.cols(), eps);
  }
  // 24 bytes an entry: the widest index and weight. Structured factors are opened only if their rows fit.
  refuse_above(max_bytes, 24.0 * (static_cast<double>(left.synapses()) + static_cast<double>(right.synapses())), left.rows(),
               right.cols());
  return sparse_product(to_csr(left), to_csr(right), t, eps, max_bytes);
}

}  // namespace flatnet
