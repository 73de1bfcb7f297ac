#include "flatnet/network/sparse_product.hpp"

#include <algorithm>
#include <atomic>

#include "flatnet/factors/kinds.hpp"

namespace flatnet {
namespace {

constexpr index_t chunk = 64;  // rows a task: fixed, so that the result does not depend on the number of threads

index_t column(const Csr& m, index_t e) {
  return m.indices.dtype == Dtype::i32 ? static_cast<index_t>(m.indices.as<std::int32_t>()[e])
                                       : m.indices.as<std::int64_t>()[e];
}

// Gustavson's row-by-row product: one dense accumulator a thread, the touched columns listed.
template <class T> struct Rows {
  std::vector<index_t> columns;
  std::vector<T> values;
  std::vector<index_t> counts;  // entries a row
};

template <class T> struct Accumulator {
  static constexpr index_t widest = index_t{1} << 24;  // columns of the dense accumulator: 24 bytes each and more
  std::vector<Sum<T>> sums;
  std::vector<index_t> touched;
  std::vector<std::pair<index_t, Sum<T>>> terms;

  void row(const Csr& l, const T* lv, const Csr& r, const T* rv, index_t i, double eps, Rows<T>& out) {
    if (r.cols > widest) return sorted_row(l, lv, r, rv, i, eps, out);
    if (sums.empty()) sums.resize(static_cast<std::size_t>(r.cols));
    touched.clear();
    for (index_t e = (*l.begin)[i]; e < (*l.begin)[i + 1]; ++e) {
      const index_t k = column(l, e);
      for (index_t f = (*r.begin)[k]; f < (*r.begin)[k + 1]; ++f) {
        Sum<T>& s = sums[static_cast<std::size_t>(column(r, f))];
        if (s.terms == 0) touched.push_back(column(r, f));
        s.add(lv[e], rv[f]);
      }
    }
    const auto before = static_cast<index_t>(out.columns.size());
    const auto keep = [&](index_t c) {
      Sum<T>& s = sums[static_cast<std::size_t>(c)];
      const T v = s.value(eps);
      s = Sum<T>{};
      if (v == T{}) return;
      out.columns.push_back(c);
      out.values.push_back(v);
    };
    // Where many columns were touched, a look at all of them takes less than sorting.
    if (16 * static_cast<index_t>(touched.size()) > r.cols) {
      for (index_t c = 0; c < r.cols; ++c) keep(c);
    } else {
      std::sort(touched.begin(), touched.end());
      std::for_each(touched.begin(), touched.end(), keep);
    }
    out.counts.push_back(static_cast<index_t>(out.columns.size()) - before);
  }

  // Very wide products: the terms of a row are listed and sorted by column, in the same order within a column.
  void sorted_row(const Csr& l, const T* lv, const Csr& r, const T* rv, index_t i, double eps, Rows<T>& out) {
    terms.clear();
    for (index_t e = (*l.begin)[i]; e < (*l.begin)[i + 1]; ++e) {
      const index_t k = column(l, e);
      for (index_t f = (*r.begin)[k]; f < (*r.begin)[k + 1]; ++f) {
        terms.emplace_back(column(r, f), Sum<T>{});
        terms.back().second.add(lv[e], rv[f]);
      }
    }
    std::stable_sort(terms.begin(), terms.end(), [](const auto& p, const auto& q) { return p.first < q.first; });
    const auto before = static_cast<index_t>(out.columns.size());
    for (std::size_t t = 0; t < terms.size();) {
      const index_t c = terms[t].first;
      Sum<T> s = terms[t].second;
      while (++t < terms.size() && terms[t].first == c) s.join(terms[t].second);
      const T v = s.value(eps);
      if (v == T{}) continue;
      out.columns.push_back(c);
      out.values.push_back(v);
    }
    out.counts.push_back(static_cast<index_t>(out.columns.size()) - before);
  }
};

// Entries of the product, counted without keeping them; counting ends once they are more than `enough`.
double symbolic_entries(const Csr& l, const Csr& r, double enough) {
  if (r.cols > (index_t{1} << 28)) return sparse_terms(l, r);  // no room to mark columns: the upper bound stands
  std::vector<index_t> seen(static_cast<std::size_t>(r.cols), -1);
  double count = 0;
  for (index_t i = 0; i < l.rows && count <= enough; ++i)
    for (index_t e = (*l.begin)[i]; e < (*l.begin)[i + 1]; ++e) {
      const index_t k = column(l, e);
      for (index_t f = (*r.begin)[k]; f < (*r.begin)[k + 1]; ++f) {
        index_t& s = seen[static_cast<std::size_t>(column(r, f))];
        count += s != i;
        s = i;
      }
    }
  return count;
}

template <class T> Factor assemble(const std::vector<Rows<T>>& parts, index_t rows, index_t cols) {
  index_t count = 0;
  for (const auto& p : parts) count += static_cast<index_t>(p.columns.size());
  const Dtype t = dtype_of<T>::value;
  if (2.0 * static_cast<double>(count) > static_cast<double>(rows) * static_cast<double>(cols)) {
    auto dense_values = allocate(rows * cols, t);
    T* v = static_cast<T*>(dense_values.get());
    std::fill(v, v + rows * cols, T{});
    index_t r = 0;
    for (const auto& p : parts) {
      std::size_t e = 0;
      for (const index_t n : p.counts) {
        for (index_t q = 0; q < n; ++q, ++e) v[r * cols + p.columns[e]] = p.values[e];
        ++r;
      }
    }
    return dense(Buffer{dense_values, rows * cols, t}, rows, cols);
  }
  const bool narrow = rows < (index_t{1} << 31) && cols < (index_t{1} << 31);
  const Dtype it = narrow ? Dtype::i32 : Dtype::i64;
  auto begin = std::make_shared<std::vector<index_t>>(1, 0);
  auto indices = allocate(count, it);
  auto values = allocate(count, t);
  index_t at = 0;
  for (const auto& p : parts) {
    for (const index_t n : p.counts) begin->push_back(begin->back() + n);
    for (std::size_t e = 0; e < p.columns.size(); ++e, ++at) {
      if (narrow) static_cast<std::int32_t*>(indices.get())[at] = static_cast<std::int32_t>(p.columns[e]);
      else static_cast<std::int64_t*>(indices.get())[at] = p.columns[e];
      static_cast<T*>(values.get())[at] = p.values[e];
    }
  }
  return Factor("Sparse", Csr{rows, cols, begin, Buffer{indices, count, it}, Values(Buffer{values, count, t})});
}

template <class T> double largest(const T* v, index_t count) {
  double m = 0;
  for (index_t i = 0; i < count; ++i) m = std::max(m, std::abs(static_cast<double>(v[i])));
  return m;
}

}  // namespace

namespace {

// Sums of one row of the product, column by column, as those of Sum.
template <class T> struct DenseRow {
  using Wide = typename Sum<T>::Wide;
  std::vector<Wide> sum;
  std::vector<double> magnitude, terms;

  void clear(index_t cols) {
    sum.assign(static_cast<std::size_t>(cols), Wide{});
    magnitude.assign(static_cast<std::size_t>(cols), 0.0);
    terms.assign(static_cast<std::size_t>(cols), 0.0);
  }
  void add(T v, const T* row) {
    if (v == T{}) return;
    for (std::size_t c = 0; c < sum.size(); ++c) {
      const Wide p = row[c] == T{} ? Wide{} : Wide(v) * Wide(row[c]);
      sum[c] += p;
      magnitude[c] += std::abs(p);
      terms[c] += row[c] == T{} ? 0.0 : 1.0;
    }
  }
  T value(std::size_t c, double eps) const {
    return terms[c] > 1 && std::abs(sum[c]) <= 4.0 * terms[c] * eps * magnitude[c] ? T{} : T(sum[c]);
  }
};

}  // namespace

Factor sparse_by_dense(const Csr& l, const Buffer& right, index_t cols, double eps) {
  const Dtype dtype = right.dtype;
  const Buffer lv = convert(l.values.get(), dtype);
  return with_type(dtype, [&](auto t) -> Factor {
    using T = decltype(t);
    if constexpr (std::is_integral_v<T>) {
      throw shape_error("a sparse matrix times a full one is done in floats, got integers");
    } else {
      auto product = allocate(l.rows * cols, dtype);
      T* const out = static_cast<T*>(product.get());
      const double work = static_cast<double>(lv.size) * static_cast<double>(cols);
      const int threads = work < 1e5 ? 1 : default_threads();
      std::vector<DenseRow<T>> rows(static_cast<std::size_t>(threads));
      for (DenseRow<T>& row : rows) row.clear(cols);
      parallel_for((l.rows + chunk - 1) / chunk, threads, [&](index_t i, int thread) {
        DenseRow<T>& row = rows[static_cast<std::size_t>(thread)];
        for (index_t r = i * chunk; r < std::min(l.rows, (i + 1) * chunk); ++r) {
          row.clear(cols);
          for (index_t e = (*l.begin)[r]; e < (*l.begin)[r + 1]; ++e)
            row.add(lv.as<T>()[e], right.as<T>() + column(l, e) * cols);
          for (index_t c = 0; c < cols; ++c) out[r * cols + c] = row.value(static_cast<std::size_t>(c), eps);
        }
      });
      const Factor whole = dense(Buffer{product, l.rows * cols, dtype}, l.rows, cols);
      const double filled = static_cast<double>(whole.synapses());
      if (2.0 * filled > static_cast<double>(l.rows) * static_cast<double>(cols)) return whole;
      return Factor("Sparse", to_csr(whole));
    }
  });
}

double sparse_terms(const Csr& l, const Csr& r) {
  double terms = 0;
  for (index_t e = 0; e < l.values.size(); ++e) {
    const index_t k = column(l, e);
    terms += static_cast<double>((*r.begin)[k + 1] - (*r.begin)[k]);
  }
  return terms;
}

Factor sparse_product(const Csr& l, const Csr& r, Dtype dtype, double eps, double max_bytes) {
  const auto item = static_cast<double>(size_of(dtype)) + 8.0;
  const double work = sparse_terms(l, r);
  double entries = std::min(static_cast<double>(l.rows) * static_cast<double>(r.cols), work);
  if (entries * item > max_bytes) entries = symbolic_entries(l, r, max_bytes / item);
  refuse_above(max_bytes, entries * item, l.rows, r.cols);
  const Buffer lv = convert(l.values.get(), dtype), rv = convert(r.values.get(), dtype);
  return with_type(dtype, [&](auto t) {
    using T = decltype(t);
    if constexpr (std::is_same_v<T, index_t>) {
      const double bound =
          largest(lv.as<T>(), lv.size) * largest(rv.as<T>(), rv.size) * static_cast<double>(std::max<index_t>(l.cols, 1));
      require(bound < 4.6e18, "integer products could pass 2^62: the bound is ", bound);
    }
    const index_t tasks = (l.rows + chunk - 1) / chunk;
    // Below some 10^5 multiplications a team of threads costs more than it saves.
    const int threads = work < 1e5 ? 1 : default_threads();
    std::vector<Rows<T>> parts(static_cast<std::size_t>(tasks));
    std::vector<Accumulator<T>> accumulators(static_cast<std::size_t>(threads));
    std::atomic<bool> out_of_memory{false};
    parallel_for(tasks, threads, [&](index_t i, int thread) {
      try {
        for (index_t row = i * chunk; row < std::min(l.rows, (i + 1) * chunk); ++row)
          accumulators[static_cast<std::size_t>(thread)].row(l, lv.as<T>(), r, rv.as<T>(), row, eps,
                                                             parts[static_cast<std::size_t>(i)]);
      } catch (const std::bad_alloc&) { out_of_memory = true; }
    });
    if (out_of_memory) throw std::bad_alloc();
    return assemble(parts, l.rows, r.cols);
  });
}

}  // namespace flatnet
