#include "flatnet/network/paths.hpp"

#include <algorithm>
#include <limits>

#include "flatnet/core/parallel.hpp"
#include "flatnet/factors/kinds.hpp"

namespace flatnet {
namespace {

struct Least {
  static constexpr float none = std::numeric_limits<float>::infinity();
  static float of(float p, float q) { return p < q ? p : q; }
};
struct Sum {
  static constexpr double none = 0;
  static double of(double p, double q) { return p + q; }
};
struct Union {
  static constexpr std::uint64_t none = 0;
  static std::uint64_t of(std::uint64_t p, std::uint64_t q) { return p | q; }
};

// One block I (x) M (x) I_d: rows of `length` = d * lanes elements.
struct Core {
  index_t b, c, length;
  const index_t* begin;  // null: no zeros
  const Buffer* indices;
};

template <class Op, class T> void join(index_t length, const T* x, T* y) {
  for (index_t i = 0; i < length; ++i) y[i] = Op::of(x[i], y[i]);
}

// Row j of a block with zeros; Length > 0: known to the compiler.
template <class Op, index_t Length, class I, class T> void row(const Core& m, const I* at, index_t j, const T* x, T* y) {
  const index_t length = Length ? Length : m.length;
  std::fill_n(y, length, Op::none);
  for (index_t e = m.begin[j]; e < m.begin[j + 1]; ++e) join<Op>(length, x + static_cast<index_t>(at[e]) * length, y);
}

template <class Op, class I, class T> void rows(const Core& m, const I* at, index_t from, index_t to, const T* x, T* y) {
  for (index_t r = from; r < to; ++r) {
    const index_t i = r / m.b, j = r % m.b;
    const T* xi = x + i * m.c * m.length;
    if (m.length == 16) row<Op, 16>(m, at, j, xi, y + r * 16);
    else if (m.length == 1) row<Op, 1>(m, at, j, xi, y + r);
    else row<Op, 0>(m, at, j, xi, y + r * m.length);
  }
}

// All rows of blocks [from, to) without zeros are one row.
template <class Op, class T> void full(const Core& m, index_t from, index_t to, const T* x, T* y) {
  for (index_t i = from; i < to; ++i) {
    if (m.b == 0) continue;
    T* first = y + i * m.b * m.length;
    std::fill_n(first, m.length, Op::none);
    for (index_t k = 0; k < m.c; ++k) join<Op>(m.length, x + (i * m.c + k) * m.length, first);
    for (index_t j = 1; j < m.b; ++j) std::copy_n(first, m.length, first + j * m.length);
  }
}

template <class Op, class T> void gather(const Core& m, index_t a, const T* x, T* y) {
  if (!m.begin) {
    parallel_for(a, a * (m.b + m.c) * m.length > 1 << 20 ? default_threads() : 1,
                 [&](index_t i, int) { full<Op>(m, i, i + 1, x, y); });
    return;
  }
  constexpr index_t chunk = 4096;
  const index_t count = a * m.b;
  parallel_for((count + chunk - 1) / chunk, count * m.length > 1 << 20 ? default_threads() : 1, [&](index_t t, int) {
    const index_t from = t * chunk, to = std::min(count, from + chunk);
    if (m.indices->dtype == Dtype::i32) rows<Op>(m, m.indices->as<std::int32_t>(), from, to, x, y);
    else rows<Op>(m, m.indices->as<std::int64_t>(), from, to, x, y);
  });
}

template <class I> void scatter_rows(const Core& m, const I* at, index_t a, const std::uint64_t* x, std::uint64_t* y) {
  for (index_t r = 0; r < a * m.b; ++r) {
    const index_t i = r / m.b, j = r % m.b;
    const std::uint64_t* marks = x + r * m.length;
    if (std::all_of(marks, marks + m.length, [](std::uint64_t w) { return w == 0; })) continue;
    for (index_t e = m.begin[j]; e < m.begin[j + 1]; ++e)
      join<Union>(m.length, marks, y + (i * m.c + static_cast<index_t>(at[e])) * m.length);
  }
}

void scatter(const Core& m, index_t a, const std::uint64_t* x, std::uint64_t* y) {
  if (!m.begin) {  // the transpose of a block without zeros is one
    full<Union>({m.c, m.b, m.length, nullptr, nullptr}, 0, a, x, y);
    return;
  }
  std::fill_n(y, a * m.c * m.length, std::uint64_t{0});
  if (m.indices->dtype == Dtype::i32) scatter_rows(m, m.indices->as<std::int32_t>(), a, x, y);
  else scatter_rows(m, m.indices->as<std::int64_t>(), a, x, y);
}

// z[r] = x[p[r]] in rows of `length`; x itself without p.
template <class T> const T* taken(const Index& p, index_t length, const T* x, std::vector<T>& z) {
  if (!p) return x;
  z.resize(p->size() * static_cast<std::size_t>(length));
  for (std::size_t r = 0; r < p->size(); ++r)
    std::copy_n(x + (*p)[r] * length, length, z.data() + r * static_cast<std::size_t>(length));
  return z.data();
}

template <class T> T* room(const Index& p, index_t length, T* y, std::vector<T>& z) {
  if (!p) return y;
  z.resize(p->size() * static_cast<std::size_t>(length));
  return z.data();
}

// y[p[r]] = z[r], the inverse of `taken`.
template <class T> void put(const Index& p, index_t length, const std::vector<T>& z, T* y) {
  if (!p) return;
  for (std::size_t r = 0; r < p->size(); ++r)
    std::copy_n(z.data() + r * static_cast<std::size_t>(length), length, y + (*p)[r] * length);
}

}  // namespace

Paths::Paths(index_t a, index_t b, index_t c, index_t d) : a_(a), b_(b), c_(c), d_(d) {
  require(a >= 0 && b >= 0 && c >= 0 && d >= 0, "a pattern needs sizes >= 0, got (", a, ", ", b, ", ", c, ", ", d, ")");
}

Paths::Paths(const Factor& f) {
  if (const auto* g = f.get<Gather>()) {
    b_ = c_ = 1;
    d_ = f.rows();
    input_ = g->index;
    return;
  }
  const auto* g = f.get<Blocks>();
  if (g && f.synapses() == g->a * g->b * g->c * g->d) {
    a_ = g->a, b_ = g->b, c_ = g->c, d_ = g->d;
    input_ = g->input, output_ = g->output;
    return;
  }
  if (g && g->shared_a() && g->shared_d()) {  // one core with zeros
    Blocks core = *g;
    core.a = core.d = 1;
    core.vd = 0;
    core.input = core.output = nullptr;
    const Csr m = to_csr(Factor(f.kind(), core));
    a_ = g->a, b_ = g->b, c_ = g->c, d_ = g->d;
    begin_ = m.begin, indices_ = m.indices;
    input_ = g->input, output_ = g->output;
    return;
  }
  const Csr m = to_csr(f);
  b_ = m.rows, c_ = m.cols;
  begin_ = m.begin, indices_ = m.indices;
}

index_t Paths::work() const { return a_ * d_ * (begin_ ? begin_->back() + b_ : b_ + c_); }

template <class Op, class T> void Paths::swept(index_t lanes, const T* x, T* y) const {
  std::vector<T> from, to;
  const T* in = taken(input_, lanes, x, from);
  gather<Op>({b_, c_, d_ * lanes, begin_ ? begin_->data() : nullptr, &indices_}, a_, in, room(output_, lanes, y, to));
  put(output_, lanes, to, y);
}

void Paths::least(index_t lanes, const float* x, float* y) const { swept<Least>(lanes, x, y); }

void Paths::sum(index_t lanes, const double* x, double* y) const { swept<Sum>(lanes, x, y); }

void Paths::outputs(index_t words, const std::uint64_t* x, std::uint64_t* y) const { swept<Union>(words, x, y); }

void Paths::inputs(index_t words, const std::uint64_t* x, std::uint64_t* y) const {
  std::vector<std::uint64_t> from, to;
  const index_t length = d_ * words;
  const std::uint64_t* in = taken(output_, words, x, from);
  scatter({b_, c_, length, begin_ ? begin_->data() : nullptr, &indices_}, a_, in, room(input_, words, y, to));
  put(input_, words, to, y);
}

std::vector<index_t> count_marks(index_t count, index_t words, const std::uint64_t* x) {
  std::vector<index_t> counts(static_cast<std::size_t>(64 * words), 0);
  for (index_t r = 0; r < count; ++r)
    for (index_t w = 0; w < words; ++w)
      for (std::uint64_t marks = x[r * words + w]; marks; marks &= marks - 1)
        ++counts[static_cast<std::size_t>(64 * w + __builtin_ctzll(marks))];
  return counts;
}

}  // namespace flatnet
