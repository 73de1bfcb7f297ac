#include "flatnet/factors/factor.hpp"

#include <algorithm>
#include <cmath>

#include "flatnet/core/memory.hpp"

namespace flatnet {
namespace {

void check_permutation(const char* side, const Index& p, index_t n) {
  if (!p) return;
  require(static_cast<index_t>(p->size()) == n, "the ", side, " permutation has ", p->size(), " entries, the factor ", n, " ",
          side, "s");
  std::vector<bool> seen(p->size(), false);
  for (const index_t i : *p) {
    require(i >= 0 && i < n && !seen[static_cast<std::size_t>(i)], "the ", side, " permutation must name 0 .. ", n - 1,
            " once each, ", i, " breaks it");
    seen[static_cast<std::size_t>(i)] = true;
  }
}

// f(v) for every stored weight of a pattern, whatever its strides.
template <class T, class F> void each_weight(const Blocks& g, const T* v, F&& f) {
  const index_t na = g.shared_a() ? std::min<index_t>(g.a, 1) : g.a, nd = g.shared_d() ? std::min<index_t>(g.d, 1) : g.d;
  for (index_t i = 0; i < na; ++i)
    for (index_t j = 0; j < g.b; ++j)
      for (index_t k = 0; k < g.c; ++k)
        for (index_t l = 0; l < nd; ++l) f(v[i * g.va + j * g.vb + k * g.vc + l * g.vd]);
}

template <class T> double magnitude(T v) {
  if constexpr (is_complex_v<T>) return std::hypot(static_cast<double>(v.real()), static_cast<double>(v.imag()));
  else return std::abs(static_cast<double>(v));
}

// New values, element by element, computed at first use.
template <class F> Values mapped(const Values& from, Dtype to, F f) {
  return Values(from.size(), to, [from, to, f]() -> Buffer {
    const Buffer in = convert(from.get(), to);
    auto p = allocate(in.size, to);
    with_type(to, [&](auto t) {
      using T = decltype(t);
      for (index_t i = 0; i < in.size; ++i) static_cast<T*>(p.get())[i] = f(in.as<T>()[i]);
    });
    return {p, in.size, to};
  });
}

Csr transposed(const Csr& m) {
  const Buffer own = m.values.get();
  const index_t count = own.size;
  require_memory("the row pointers of a transposed matrix", 8.0 * static_cast<double>(m.cols));
  auto begin = std::make_shared<std::vector<index_t>>(static_cast<std::size_t>(m.cols) + 1, 0);
  auto indices = allocate(count, m.indices.dtype);
  auto values = allocate(count, own.dtype);
  with_type(m.indices.dtype, [&](auto i) {
    using I = decltype(i);
    if constexpr (std::is_integral_v<I>) {
      const I* from = m.indices.as<I>();
      for (index_t e = 0; e < count; ++e) ++(*begin)[static_cast<std::size_t>(from[e]) + 1];
      for (index_t c = 0; c < m.cols; ++c) (*begin)[c + 1] += (*begin)[c];
      std::vector<index_t> next(begin->begin(), begin->end() - 1);
      with_type(own.dtype, [&](auto t) {
        using T = decltype(t);
        for (index_t r = 0; r < m.rows; ++r)
          for (index_t e = (*m.begin)[r]; e < (*m.begin)[r + 1]; ++e) {
            const index_t to = next[static_cast<std::size_t>(from[e])]++;
            static_cast<I*>(indices.get())[to] = static_cast<I>(r);
            static_cast<T*>(values.get())[to] = own.as<T>()[e];
          }
      });
    }
  });
  return {m.cols, m.rows, begin, Buffer{indices, count, m.indices.dtype}, Values(Buffer{values, count, own.dtype})};
}

// Rows reordered, columns renamed and sorted again: B[r, c'] = A[output[r], c] with c' = input[c].
Csr reordered(const Csr& m, const Index& input, const Index& output) {
  const Buffer own = m.values.get();
  auto begin = std::make_shared<std::vector<index_t>>(1, 0);
  begin->reserve(static_cast<std::size_t>(m.rows) + 1);
  auto indices = allocate(own.size, m.indices.dtype);
  auto values = allocate(own.size, own.dtype);
  std::vector<std::pair<index_t, index_t>> row;  // (new column, entry)
  with_type(m.indices.dtype, [&](auto i) {
    using I = decltype(i);
    if constexpr (std::is_integral_v<I>) {
      with_type(own.dtype, [&](auto t) {
        using T = decltype(t);
        index_t to = 0;
        for (index_t r = 0; r < m.rows; ++r) {
          const index_t from = output ? (*output)[r] : r;
          row.clear();
          for (index_t e = (*m.begin)[from]; e < (*m.begin)[from + 1]; ++e) {
            const auto c = static_cast<index_t>(m.indices.as<I>()[e]);
            row.emplace_back(input ? (*input)[c] : c, e);
          }
          std::sort(row.begin(), row.end());
          for (const auto& [c, e] : row) {
            static_cast<I*>(indices.get())[to] = static_cast<I>(c);
            static_cast<T*>(values.get())[to++] = own.as<T>()[e];
          }
          begin->push_back(to);
        }
      });
    }
  });
  return {m.rows, m.cols, begin, Buffer{indices, own.size, m.indices.dtype}, Values(Buffer{values, own.size, own.dtype})};
}

const Values* values_of(const Factor::Core& core) {
  if (const auto* b = std::get_if<Blocks>(&core)) return &b->values;
  if (const auto* m = std::get_if<Csr>(&core)) return &m->values;
  return nullptr;
}

// The same factor with other weights: `scale` times the old ones, conjugated where the sign is -1.
Factor with_values(const Factor& f, Values v, bool no_zeros, c128 scale = 1.0, int sign = 1) {
  Factor::Core core = f.core();
  if (auto* b = std::get_if<Blocks>(&core)) {
    b->values = std::move(v);
    b->no_zeros = b->no_zeros && no_zeros;
    b->root_scale = (sign < 0 ? std::conj(b->root_scale) : b->root_scale) * scale;
    // Scales from which float32 neither overflows nor vanishes: beyond them the weights speak for themselves.
    const double size = std::abs(b->root_scale);
    b->root_sign = size > 1e-30 && size < 1e30 ? sign * b->root_sign : 0;
  }
  if (auto* m = std::get_if<Csr>(&core)) {
    m->values = std::move(v);
    m->sliced = no_slices();
  }
  return Factor(f.kind(), std::move(core));
}

// A permutation has no weights to change: as a sparse matrix of ones it has.
Factor with_weights(const Factor& f) {
  if (!f.get<Gather>()) return f;
  return Factor("Sparse", to_csr(f));
}

}  // namespace

Index inverse(const Index& p) {
  if (!p) return p;
  auto q = std::make_shared<std::vector<index_t>>(p->size());
  for (std::size_t i = 0; i < p->size(); ++i) (*q)[static_cast<std::size_t>((*p)[i])] = static_cast<index_t>(i);
  return q;
}

Index compose(const Index& p, const Index& q) {
  if (!p) return q;
  if (!q) return p;
  auto r = std::make_shared<std::vector<index_t>>(q->size());
  for (std::size_t i = 0; i < q->size(); ++i) (*r)[i] = (*p)[static_cast<std::size_t>((*q)[i])];
  return r;
}

index_t Factor::rows() const {
  if (const auto* b = get<Blocks>()) return b->a * b->b * b->d;
  if (const auto* m = get<Csr>()) return m->rows;
  return static_cast<index_t>(get<Gather>()->index->size());
}

index_t Factor::cols() const {
  if (const auto* b = get<Blocks>()) return b->a * b->c * b->d;
  if (const auto* m = get<Csr>()) return m->cols;
  return static_cast<index_t>(get<Gather>()->index->size());
}

Dtype Factor::dtype() const {
  const Values* v = values_of(core_);
  return v ? v->dtype() : Dtype::i64;
}

index_t Factor::bytes() const {
  auto index_bytes = [](const Index& p) { return p ? static_cast<index_t>(p->size() * sizeof(index_t)) : 0; };
  if (const auto* b = get<Blocks>())
    return b->values.size() * size_of(b->values.dtype()) + index_bytes(b->input) + index_bytes(b->output);
  if (const auto* m = get<Csr>())
    return m->values.size() * size_of(m->values.dtype()) + m->indices.bytes() + index_bytes(m->begin);
  return index_bytes(get<Gather>()->index);
}

index_t Factor::synapses() const {
  const auto* b = get<Blocks>();
  if (get<Gather>()) return rows();
  if (b && b->no_zeros) return checked_product("a count", {b->a, b->b, b->c, b->d});
  const Buffer own = values_of(core_)->get();
  index_t count = 0;
  with_type(own.dtype, [&](auto t) {
    using T = decltype(t);
    auto add = [&](T v) { count += v != T{}; };
    if (b) each_weight(*b, own.as<T>(), add);
    else std::for_each(own.as<T>(), own.as<T>() + own.size, add);
  });
  if (!b) return count;
  return checked_product("a count", {count, b->shared_a() ? b->a : 1, b->shared_d() ? b->d : 1});
}

double Factor::max_abs() const {
  if (get<Gather>()) return rows() > 0 ? 1.0 : 0.0;
  const auto* b = get<Blocks>();
  const Buffer own = values_of(core_)->get();
  double largest = 0;
  with_type(own.dtype, [&](auto t) {
    using T = decltype(t);
    auto see = [&](T v) {
      const double m = magnitude(v);
      largest = m > largest || std::isnan(m) ? m : largest;
    };
    if (b) each_weight(*b, own.as<T>(), see);
    else std::for_each(own.as<T>(), own.as<T>() + own.size, see);
  });
  return largest;
}

double Factor::max_row_sum() const {
  if (get<Gather>()) return rows() > 0 ? 1.0 : 0.0;
  double largest = 0;
  const Buffer own = values_of(core_)->get();
  with_type(own.dtype, [&](auto t) {
    using T = decltype(t);
    const T* v = own.as<T>();
    if (const auto* b = get<Blocks>()) {
      const index_t na = b->shared_a() ? std::min<index_t>(b->a, 1) : b->a,
                    nd = b->shared_d() ? std::min<index_t>(b->d, 1) : b->d;
      for (index_t i = 0; i < na; ++i)
        for (index_t j = 0; j < b->b; ++j)
          for (index_t l = 0; l < nd; ++l) {
            double sum = 0;
            for (index_t k = 0; k < b->c; ++k) sum += magnitude(v[i * b->va + j * b->vb + k * b->vc + l * b->vd]);
            largest = std::max(largest, sum);
          }
    } else {
      const auto* m = get<Csr>();
      for (index_t r = 0; r < m->rows; ++r) {
        double sum = 0;
        for (index_t e = (*m->begin)[r]; e < (*m->begin)[r + 1]; ++e) sum += magnitude(v[e]);
        largest = std::max(largest, sum);
      }
    }
  });
  return largest;
}

Factor Factor::transpose() const {
  if (const auto* b = get<Blocks>()) {
    Blocks t = *b;
    std::swap(t.b, t.c);
    std::swap(t.vb, t.vc);
    std::swap(t.input, t.output);
    return Factor(kind_ == "FourierStage" ? "KroneckerSparse" : kind_, std::move(t));
  }
  if (const auto* m = get<Csr>()) return Factor(kind_, transposed(*m));
  return Factor(kind_, Gather{inverse(get<Gather>()->index)});
}

Factor Factor::conj() const {
  if (!is_complex(dtype())) return *this;
  return with_values(*this,
                     mapped(*values_of(core_), dtype(),
                            [](auto v) {
                              if constexpr (is_complex_v<decltype(v)>) return std::conj(v);
                              else return v;
                            }),
                     true, 1.0, -1);
}

Factor Factor::scaled(c128 s) const {
  const Factor f = with_weights(*this);
  Dtype to = f.dtype();
  if (is_integer(to)) to = Dtype::f64;
  if (s.imag() != 0) to = to == Dtype::f32 ? Dtype::c64 : to == Dtype::f64 ? Dtype::c128 : to;
  return with_values(f,
                     mapped(*values_of(f.core_), to,
                            [s](auto v) {
                              using T = decltype(v);
                              if constexpr (is_complex_v<T>) {
                                using R = typename T::value_type;
                                if (s.imag() == 0)
                                  return T(v.real() * static_cast<R>(s.real()), v.imag() * static_cast<R>(s.real()));
                                return v * T(s);
                              } else {
                                return static_cast<T>(v * static_cast<T>(s.real()));
                              }
                            }),
                     std::abs(s) > 1e-30, s);
}

Factor Factor::scaled_int(index_t s) const {
  const Factor f = with_weights(*this);
  if (!is_integer(f.dtype())) return f.scaled(c128(static_cast<double>(s)));
  require(f.max_abs() * std::abs(static_cast<double>(s)) < 9.2e18, "scaling by ", s,
          " passes the range of int64, the largest weight is ", f.max_abs());
  return with_values(f,
                     mapped(*values_of(f.core_), Dtype::i64,
                            [s](auto v) {
                              if constexpr (std::is_same_v<decltype(v), index_t>) return static_cast<index_t>(v * s);
                              else return v;
                            }),
                     s != 0);
}

Factor Factor::permuted(const Index& input, const Index& output) const {
  check_permutation("input", input, cols());
  check_permutation("output", output, rows());
  if (const auto* b = get<Blocks>()) {
    Blocks p = *b;
    p.input = compose(input, p.input);
    if (output) p.output = compose(inverse(output), p.output);
    return Factor(kind_, std::move(p));
  }
  if (const auto* m = get<Csr>()) return Factor(kind_, reordered(*m, input, output));
  return Factor(kind_, Gather{compose(input, compose(get<Gather>()->index, output))});
}

Factor Factor::astype(Dtype to) const {
  const Values* v = values_of(core_);
  if (!v || v->dtype() == to) return *this;
  return with_values(*this, mapped(*v, to, [](auto w) { return w; }), true);
}

}  // namespace flatnet
