#include "flatnet/factors/kinds.hpp"

#include <cmath>

namespace flatnet {
namespace {

constexpr index_t index_limit = index_t{1} << 62;

Factor blocks(const char* kind, Blocks b) { return Factor(kind, std::move(b)); }

}  // namespace

c128 unit_root(index_t k, index_t n) {
  k %= n;
  const index_t octant = 8 * k / n;         // 0 .. 7
  const index_t rest = 8 * k - octant * n;  // angle inside the octant, in units of 2 pi / 8n
  constexpr long double tau = 6.283185307179586476925286766559005768L;
  const bool mirrored = octant % 2 == 1;
  const long double angle = tau * static_cast<long double>(mirrored ? n - rest : rest) / (8.0L * static_cast<long double>(n));
  double c = static_cast<double>(std::cos(angle)), s = static_cast<double>(std::sin(angle));
  if (mirrored) std::swap(c, s);
  switch (octant / 2) {
    case 0: return {c, s};
    case 1: return {-s, c};
    case 2: return {-c, -s};
    default: return {s, -c};
  }
}

index_t checked_product(const char* what, std::initializer_list<index_t> factors) {
  long double wide = 1;
  index_t p = 1;
  for (const index_t f : factors) {
    wide *= static_cast<long double>(f);
    if (wide > static_cast<long double>(index_limit))
      throw shape_error(
          sentence(what, " would need ", static_cast<double>(wide), " rows, columns or entries; 64-bit indices reach 2^62"));
    p *= f;
  }
  return p;
}

Factor dense(Buffer values, index_t m, index_t n) {
  require(m >= 0 && n >= 0, "a dense factor needs sizes >= 0, got ", m, " x ", n);
  require(values.size == m * n, "a dense factor of ", m, " x ", n, " needs ", m * n, " values, got ", values.size);
  Blocks b;
  b.b = m;
  b.c = n;
  b.vb = n;
  b.vc = 1;
  b.values = Values(std::move(values));
  return blocks("Dense", std::move(b));
}

Factor diagonal(Buffer values) {
  Blocks b;
  b.b = b.c = 1;
  b.d = values.size;
  b.vb = b.vc = 1;
  b.vd = 1;
  b.values = Values(std::move(values));
  return blocks("Diagonal", std::move(b));
}

Factor kronecker(index_t a, Buffer core, index_t b, index_t c, index_t d) {
  require(a >= 0 && b >= 0 && c >= 0 && d >= 0, "a Kronecker factor needs sizes >= 0, got a=", a, ", a core of ", b, " x ", c,
          ", d=", d);
  require(core.size == b * c, "a core of ", b, " x ", c, " needs ", b * c, " values, got ", core.size);
  checked_product("a Kronecker factor", {a, b < 1 ? 1 : b, c < 1 ? 1 : c, d});
  Blocks k{a, b, c, d, 0, c, 1, 0, Values(std::move(core)), nullptr, nullptr, false};
  return blocks("Kronecker", std::move(k));
}

Factor kronecker_sparse(Buffer values, index_t a, index_t b, index_t c, index_t d, bool share_a, bool share_d) {
  require(a >= 0 && b >= 0 && c >= 0 && d >= 0, "a pattern needs sizes >= 0, got (", a, ", ", b, ", ", c, ", ", d, ")");
  checked_product("a Kronecker-sparse factor", {a, b < 1 ? 1 : b, c < 1 ? 1 : c, d});
  const index_t sa = share_a ? 1 : a, sd = share_d ? 1 : d;
  require(values.size == sa * b * c * sd, "a pattern (", a, ", ", b, ", ", c, ", ", d, ") needs ", sa * b * c * sd,
          " values, got ", values.size);
  Blocks k{a,       b,       c,    d, share_a ? 0 : b * c * sd, c * sd, sd, share_d ? 0 : 1, Values(std::move(values)),
           nullptr, nullptr, false};
  return blocks("KroneckerSparse", std::move(k));
}

Factor fourier_stage(index_t n, int stage, bool inverse) {
  require(n >= 2 && (n & (n - 1)) == 0, "a Fourier stage needs a power of two, got n=", n);
  require(stage >= 0 && stage < 62 && (index_t{2} << stage) <= n, "a Fourier stage of n=", n,
          " points is numbered from 0 below log2(n), got ", stage);
  const index_t d = index_t{1} << stage;
  auto make = [d, inverse]() -> Buffer {
    auto p = allocate(4 * d, Dtype::c128);
    c128* v = static_cast<c128*>(p.get());
    for (index_t l = 0; l < d; ++l) {
      const c128 w = unit_root(inverse ? l : 2 * d - l, 2 * d);
      v[l] = v[2 * d + l] = 1.0;
      v[d + l] = w;
      v[3 * d + l] = -w;
    }
    return {p, 4 * d, Dtype::c128};
  };
  Blocks k{n / (2 * d), 2, 2, d, 0, 2 * d, d, 1, Values(4 * d, Dtype::c128, make), nullptr, nullptr, true, inverse ? 1 : -1};
  return blocks("FourierStage", std::move(k));
}

Factor sparse(index_t rows, index_t cols, Index begin, std::vector<index_t> indices, Buffer values) {
  const auto count = static_cast<index_t>(indices.size());
  require(rows >= 0 && cols >= 0, "a sparse factor needs sizes >= 0, got ", rows, " x ", cols);
  require(static_cast<index_t>(begin->size()) == rows + 1, "a sparse factor of ", rows, " rows needs ", rows + 1,
          " row pointers, got ", begin->size());
  require(values.size == count, "a sparse factor has ", count, " column indices, but ", values.size, " values");
  require(begin->front() == 0 && begin->back() == count, "row pointers must run from 0 to ", count, ", got ", begin->front(),
          " to ", begin->back());
  for (index_t r = 0; r < rows; ++r) {
    require((*begin)[r] <= (*begin)[r + 1] && (*begin)[r + 1] <= count, "row pointers must not decrease, row ", r, " does");
    for (index_t e = (*begin)[r]; e < (*begin)[r + 1]; ++e) {
      require(indices[e] >= 0 && indices[e] < cols, "column indices must lie below ", cols, ", row ", r, " has ", indices[e]);
      require(e == (*begin)[r] || indices[e - 1] < indices[e], "column indices must ascend within a row, row ", r, " does not");
    }
  }
  const bool narrow = rows < (index_t{1} << 31) && cols < (index_t{1} << 31);
  auto p = allocate(count, narrow ? Dtype::i32 : Dtype::i64);
  for (index_t e = 0; e < count; ++e) {
    if (narrow) static_cast<std::int32_t*>(p.get())[e] = static_cast<std::int32_t>(indices[e]);
    else static_cast<std::int64_t*>(p.get())[e] = indices[e];
  }
  return Factor("Sparse", Csr{rows, cols, std::move(begin), Buffer{p, count, narrow ? Dtype::i32 : Dtype::i64},
                              Values(std::move(values))});
}

Factor permutation(Index index) {
  const auto n = static_cast<index_t>(index->size());
  std::vector<bool> seen(index->size(), false);
  for (const index_t i : *index) {
    require(i >= 0 && i < n, "a permutation of ", n, " points needs indices from 0 to ", n - 1, ", got ", i);
    require(!seen[static_cast<std::size_t>(i)], "a permutation of ", n, " points names each index once, ", i, " stands twice");
    seen[static_cast<std::size_t>(i)] = true;
  }
  return Factor("Permutation", Gather{std::move(index)});
}

}  // namespace flatnet
