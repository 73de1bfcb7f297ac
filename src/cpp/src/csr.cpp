// Structure lost and found: any factor as sparse rows, sparse rows as a pattern (a,b,c,d).
#include <algorithm>

#include "flatnet/core/memory.hpp"

#include "flatnet/factors/kinds.hpp"

namespace flatnet {
namespace {

Buffer index_buffer(index_t count, bool narrow) {
  const Dtype t = narrow ? Dtype::i32 : Dtype::i64;
  return {allocate(count, t), count, t};
}

void put_index(const Buffer& b, index_t at, index_t v) {
  if (b.dtype == Dtype::i32) static_cast<std::int32_t*>(const_cast<void*>(b.data.get()))[at] = static_cast<std::int32_t>(v);
  else static_cast<std::int64_t*>(const_cast<void*>(b.data.get()))[at] = v;
}

index_t index_at(const Buffer& b, index_t at) {
  return b.dtype == Dtype::i32 ? static_cast<index_t>(b.as<std::int32_t>()[at]) : b.as<std::int64_t>()[at];
}

Csr gather_csr(const Gather& g) {
  const auto n = static_cast<index_t>(g.index->size());
  auto begin = std::make_shared<std::vector<index_t>>(static_cast<std::size_t>(n) + 1);
  Buffer indices = index_buffer(n, n < (index_t{1} << 31));
  auto ones = allocate(n, Dtype::i64);
  for (index_t r = 0; r < n; ++r) {
    (*begin)[r + 1] = r + 1;
    put_index(indices, r, (*g.index)[r]);
    static_cast<std::int64_t*>(ones.get())[r] = 1;
  }
  return {n, n, begin, indices, Values(Buffer{ones, n, Dtype::i64})};
}

// Core row (i, j, l) of a pattern: f(column of x, weight) for its non-zero entries, columns in the order of k.
template <class T, class F> void each_entry(const Blocks& g, const T* v, index_t i, index_t j, index_t l, F&& f) {
  for (index_t k = 0; k < g.c; ++k) {
    const T w = v[i * g.va + j * g.vb + k * g.vc + l * g.vd];
    const index_t column = (i * g.c + k) * g.d + l;
    if (w != T{}) f(g.input ? (*g.input)[column] : column, w);
  }
}

template <class T> Csr blocks_csr(const Blocks& g, const Buffer& own) {
  const index_t rows = g.a * g.b * g.d, cols = g.a * g.c * g.d;
  const T* v = own.as<T>();
  require_memory("the row pointers of a sparse matrix", 8.0 * static_cast<double>(rows));
  auto begin = std::make_shared<std::vector<index_t>>(static_cast<std::size_t>(rows) + 1, 0);
  auto each_row = [&](auto&& f) {
    for (index_t i = 0, r = 0; i < g.a; ++i)
      for (index_t j = 0; j < g.b; ++j)
        for (index_t l = 0; l < g.d; ++l, ++r) f(i, j, l, g.output ? (*g.output)[r] : r);
  };
  each_row([&](index_t i, index_t j, index_t l, index_t r) {
    index_t& count = (*begin)[r + 1];
    each_entry(g, v, i, j, l, [&](index_t, T) { ++count; });
  });
  for (index_t r = 0; r < rows; ++r) (*begin)[r + 1] += (*begin)[r];
  const index_t count = (*begin)[rows];
  Buffer indices = index_buffer(count, rows < (index_t{1} << 31) && cols < (index_t{1} << 31));
  auto values = allocate(count, own.dtype);
  std::vector<std::pair<index_t, T>> row;
  each_row([&](index_t i, index_t j, index_t l, index_t r) {
    row.clear();
    each_entry(g, v, i, j, l, [&](index_t c, T w) { row.emplace_back(c, w); });
    if (g.input) std::sort(row.begin(), row.end(), [](const auto& p, const auto& q) { return p.first < q.first; });
    index_t at = (*begin)[r];
    for (const auto& [c, w] : row) {
      put_index(indices, at, c);
      static_cast<T*>(values.get())[at++] = w;
    }
  });
  return {rows, cols, begin, indices, Values(Buffer{values, count, own.dtype})};
}

// Explicit zeros dropped; the same matrix when there are none.
template <class T> Csr without_zeros(const Csr& m, const Buffer& own) {
  const T* v = own.as<T>();
  index_t kept = 0;
  for (index_t e = 0; e < own.size; ++e) kept += v[e] != T{};
  if (kept == own.size) return m;
  auto begin = std::make_shared<std::vector<index_t>>(static_cast<std::size_t>(m.rows) + 1, 0);
  Buffer indices = index_buffer(kept, m.indices.dtype == Dtype::i32);
  auto values = allocate(kept, own.dtype);
  index_t at = 0;
  for (index_t r = 0; r < m.rows; ++r) {
    for (index_t e = (*m.begin)[r]; e < (*m.begin)[r + 1]; ++e)
      if (v[e] != T{}) {
        put_index(indices, at, index_at(m.indices, e));
        static_cast<T*>(values.get())[at++] = v[e];
      }
    (*begin)[r + 1] = at;
  }
  return {m.rows, m.cols, begin, indices, Values(Buffer{values, kept, own.dtype})};
}

}  // namespace

Csr to_csr(const Factor& f) {
  if (const auto* g = f.get<Gather>()) return gather_csr(*g);
  if (const auto* m = f.get<Csr>()) {
    const Buffer own = m->values.get();
    return with_type(own.dtype, [&](auto t) { return without_zeros<decltype(t)>(*m, own); });
  }
  const auto& b = *f.get<Blocks>();
  const Buffer own = b.values.get();
  return with_type(own.dtype, [&](auto t) { return blocks_csr<decltype(t)>(b, own); });
}

std::optional<Factor> recognise(const Csr& m) {
  const auto& begin = *m.begin;
  if (m.rows == 0 || m.cols == 0) return std::nullopt;
  const index_t c = begin[1];
  if (c == 0 || m.values.size() != m.rows * c || index_at(m.indices, 0) != 0) return std::nullopt;
  // Row 0 of a pattern has its entries at columns 0, d, 2d, ...; with one entry a row, the first d rows are a diagonal.
  index_t d = 1;
  if (c > 1) d = index_at(m.indices, 1);
  else
    while (d < m.rows && index_at(m.indices, d) == d) ++d;
  if (d == 0 || m.cols % (c * d) != 0) return std::nullopt;
  const index_t a = m.cols / (c * d);
  if (m.rows % (a * d) != 0) return std::nullopt;
  const index_t b = m.rows / (a * d);
  for (index_t i = 0, r = 0; i < a; ++i)
    for (index_t j = 0; j < b; ++j)
      for (index_t l = 0; l < d; ++l, ++r) {
        if (begin[r] != r * c) return std::nullopt;
        for (index_t k = 0; k < c; ++k)
          if (index_at(m.indices, r * c + k) != (i * c + k) * d + l) return std::nullopt;
      }
  const Buffer own = m.values.get();
  auto values = allocate(own.size, own.dtype);
  with_type(own.dtype, [&](auto t) {
    using T = decltype(t);
    for (index_t ij = 0; ij < a * b; ++ij)
      for (index_t k = 0; k < c; ++k)
        for (index_t l = 0; l < d; ++l) static_cast<T*>(values.get())[(ij * c + k) * d + l] = own.as<T>()[(ij * d + l) * c + k];
  });
  return kronecker_sparse(Buffer{values, own.size, own.dtype}, a, b, c, d);
}

}  // namespace flatnet
