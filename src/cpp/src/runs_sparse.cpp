// Sparse rows that are a permutation, or the first stage of a transform with one folded in.
#include <algorithm>

#include "flatnet/factors/kinds.hpp"
#include "flatnet/network/runs.hpp"

namespace flatnet {
namespace {

index_t column(const Csr& m, index_t at) {
  return m.indices.dtype == Dtype::i32 ? static_cast<index_t>(m.indices.as<std::int32_t>()[at]) : m.indices.as<index_t>()[at];
}

bool rows_of(const Csr& m, index_t entries) {
  if (m.rows != m.cols || m.rows == 0 || m.values.size() != m.rows * entries) return false;
  for (index_t r = 0; r <= m.rows; ++r)
    if ((*m.begin)[static_cast<std::size_t>(r)] != r * entries) return false;
  return true;
}

Index unless_identity(std::vector<index_t> p) {
  for (std::size_t i = 0; i < p.size(); ++i)
    if (p[i] != static_cast<index_t>(i)) return std::make_shared<std::vector<index_t>>(std::move(p));
  return nullptr;
}

// Row r is s (x[c] + x[c']) or s (x[c] - x[c']); two rows to a pair of columns. The core is I (x) s [[1, 1], [1, -1]].
template <class T> std::optional<Factor> paired(const Csr& m, const Buffer& own) {
  const T* v = own.as<T>();
  const index_t n = m.rows;
  T s{};  // the weights of the first sum
  for (index_t r = 0; r < n && s == T{}; ++r)
    if (v[2 * r] == v[2 * r + 1]) s = v[2 * r];
  // The sum of two columns is found by its first column; then the rows of both are placed.
  std::vector<index_t> sum(static_cast<std::size_t>(n), -1), difference(static_cast<std::size_t>(n), -1);
  const T minus = T{} - s;
  if (s == T{} || n % 2 != 0) return std::nullopt;
  for (index_t r = 0; r < n; ++r) {
    const bool plus = v[2 * r] == s && v[2 * r + 1] == s;
    const bool apart = (v[2 * r] == s && v[2 * r + 1] == minus) || (v[2 * r] == minus && v[2 * r + 1] == s);
    index_t& place = (plus ? sum : difference)[static_cast<std::size_t>(column(m, 2 * r))];
    if (!(plus || apart) || place >= 0) return std::nullopt;
    place = r;
  }
  std::vector<index_t> input(static_cast<std::size_t>(n)), output(static_cast<std::size_t>(n));
  std::vector<bool> used(static_cast<std::size_t>(n), false);
  // Pairs are numbered by their columns where these are neighbours, else in the order of their sums: where one side needs no
  // permutation it gets none.
  bool neighbours = true;
  for (index_t r = 0; r < n; ++r)
    neighbours = neighbours && column(m, 2 * r) % 2 == 0 && column(m, 2 * r + 1) == column(m, 2 * r) + 1;
  index_t count = 0;
  for (index_t r = 0; r < n; ++r) {
    const index_t c = column(m, 2 * r), other = column(m, 2 * r + 1), pair = neighbours ? c / 2 : count;
    if (sum[static_cast<std::size_t>(c)] != r) continue;
    const index_t d = difference[static_cast<std::size_t>(c)];
    if (d < 0 || column(m, 2 * d + 1) != other || used[static_cast<std::size_t>(c)] || used[static_cast<std::size_t>(other)])
      return std::nullopt;
    used[static_cast<std::size_t>(c)] = used[static_cast<std::size_t>(other)] = true;
    const bool ahead = v[2 * d] == s;  // x[c] - x[other]
    input[static_cast<std::size_t>(2 * pair)] = ahead ? c : other;
    input[static_cast<std::size_t>(2 * pair + 1)] = ahead ? other : c;
    output[static_cast<std::size_t>(2 * pair)] = r;
    output[static_cast<std::size_t>(2 * pair + 1)] = d;
    ++count;
  }
  if (2 * count != n) return std::nullopt;
  auto core = allocate(4, own.dtype);
  for (int i = 0; i < 4; ++i) static_cast<T*>(core.get())[i] = i == 3 ? minus : s;
  Blocks g = *kronecker(n / 2, {core, 4, own.dtype}, 2, 2, 1).get<Blocks>();
  g.input = unless_identity(std::move(input));
  g.output = unless_identity(std::move(output));
  return Factor("Kronecker", std::move(g));
}

}  // namespace

Index permutation_in(const Csr& m) {
  if (!rows_of(m, 1)) return nullptr;
  const Buffer own = m.values.get();
  const bool ones = with_type(own.dtype, [&](auto t) {
    using T = decltype(t);
    return std::all_of(own.as<T>(), own.as<T>() + own.size, [](T w) { return w == T(1); });
  });
  std::vector<index_t> index(static_cast<std::size_t>(m.rows));
  std::vector<bool> seen(index.size(), false);
  for (index_t r = 0; r < m.rows && ones; ++r) {
    const index_t c = index[static_cast<std::size_t>(r)] = column(m, r);
    if (seen[static_cast<std::size_t>(c)]) return nullptr;
    seen[static_cast<std::size_t>(c)] = true;
  }
  return ones ? std::make_shared<std::vector<index_t>>(std::move(index)) : nullptr;
}

std::optional<Factor> pairs_in(const Csr& m) {
  if (!rows_of(m, 2) || m.rows < 2) return std::nullopt;
  const Buffer own = m.values.get();
  return with_type(own.dtype, [&](auto t) { return paired<decltype(t)>(m, own); });
}

}  // namespace flatnet
