// Sparse rows in slices of four.
#include "flatnet/factors/sliced.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "flatnet/core/memory.hpp"
#include "flatnet/factors/factor.hpp"

namespace flatnet {
namespace {

constexpr index_t slice = kernels::CsrArgs::slice;
// Rows are sorted by length within windows: lengths alike side by side, and neighbours stay near each other. The rows that fill
// the last slice up have no entries and come last of all: the kernel leaves them out.
constexpr index_t window = 4096;
// What a row costs beside its entries, in entries, when rows are shared between threads.
constexpr index_t row_cost = 8;

template <class F> void with_index(int bits, F&& f) {
  if (bits == 16) f(std::uint16_t{});
  else if (bits == 32) f(std::int32_t{});
  else f(std::int64_t{});
}

index_t length_of(const Csr& m, index_t r) { return r < m.rows ? (*m.begin)[r + 1] - (*m.begin)[r] : 0; }

index_t index_at(const Csr& m, index_t e) {
  return m.indices.dtype == Dtype::i32 ? static_cast<index_t>(m.indices.as<std::int32_t>()[e]) : m.indices.as<index_t>()[e];
}

// f(place in the slices' order, entry of the matrix) for the entries of the slice whose rows are order[0..3].
template <class F> void each_entry(const Csr& m, const index_t* order, index_t at, F&& f) {
  const index_t common = length_of(m, order[slice - 1]);
  for (index_t e = 0; e < common; ++e)
    for (index_t k = 0; k < slice; ++k) f(at++, (*m.begin)[order[k]] + e);
  for (index_t k = 0; k < slice; ++k)
    for (index_t e = common; e < length_of(m, order[k]); ++e) f(at++, (*m.begin)[order[k]] + e);
}

// The rows of slice s, rows beyond the last included.
template <class R> void rows_of(const R* order, index_t s, index_t* rows) {
  for (index_t k = 0; k < slice; ++k) rows[k] = static_cast<index_t>(order[slice * s + k]);
}

}  // namespace

std::shared_ptr<Sliced> no_slices() { return std::make_shared<Sliced>(); }

int Sliced::index_bits(const Csr& m) { return m.cols <= 65536 ? 16 : m.indices.dtype == Dtype::i32 ? 32 : 64; }

void Sliced::arrange(const Csr& m) {
  const index_t slices = (m.rows + slice - 1) / slice, places = slice * slices, entries = (*m.begin)[m.rows];
  const int bits = index_bits(m);
  const Dtype row = bits == 64 ? Dtype::i64 : Dtype::i32;
  std::vector<index_t> order(static_cast<std::size_t>(places));
  std::iota(order.begin(), order.end(), index_t{0});
  for (index_t first = 0; first < places; first += window)
    std::stable_sort(order.begin() + first, order.begin() + std::min(first + window, places),
                     [&](index_t p, index_t q) { return length_of(m, p) > length_of(m, q); });

  const std::shared_ptr<index_t[]> begin(new index_t[static_cast<std::size_t>(slices) + 1]);
  begin[0] = 0;
  const Buffer places_of{allocate(places, row), places, row}, lengths{allocate(places, row), places, row};
  const auto indices = std::shared_ptr<void>(allocate((entries * bits + 63) / 64, Dtype::i64));
  with_index(bits, [&](auto i) {
    using I = decltype(i);
    using R = std::conditional_t<sizeof(I) == 8, std::int64_t, std::int32_t>;
    for (index_t p = 0; p < places; ++p) {
      static_cast<R*>(const_cast<void*>(places_of.data.get()))[p] = static_cast<R>(order[p]);
      static_cast<R*>(const_cast<void*>(lengths.data.get()))[p] = static_cast<R>(length_of(m, order[p]));
    }
    for (index_t s = 0; s < slices; ++s) {
      index_t next = begin[s];
      each_entry(m, order.data() + slice * s, begin[s], [&](index_t at, index_t e) {
        static_cast<I*>(indices.get())[at] = static_cast<I>(index_at(m, e));
        next = at + 1;
      });
      begin[s + 1] = next;
    }
  });
  order_ = places_of;
  lengths_ = lengths;
  indices_ = indices;
  begin_ = begin;
  slices_ = slices;
}

template <class T> void Sliced::fill(const Csr& m, Weights& to) const {
  const Buffer own = m.values.get(), given = own.dtype == dtype_of<T>::value ? own : convert(own, dtype_of<T>::value);
  const T* v = given.as<T>();
  const bool shared = given.size > 0 && std::all_of(v, v + given.size, [v](const T& w) {
                        return std::memcmp(&w, v, sizeof w) == 0;  // bits: NaN is itself, -0 is not +0
                      });
  const index_t size = shared ? 1 : given.size;
  const auto values = allocate(size, dtype_of<T>::value);
  T* out = static_cast<T*>(values.get());
  if (shared) {
    out[0] = v[0];
  } else {
    with_index(index_bits(m), [&](auto i) {
      using R = std::conditional_t<sizeof(i) == 8, std::int64_t, std::int32_t>;
      for (index_t s = 0; s < slices_; ++s) {
        index_t rows[slice];
        rows_of(order_.as<R>(), s, rows);
        each_entry(m, rows, begin_[s], [&](index_t at, index_t e) { out[at] = v[e]; });
      }
    });
  }
  to.values = {values, size, dtype_of<T>::value};
  to.shared = shared;
}

kernels::CsrArgs Sliced::args(const Csr& m, Dtype dtype) {
  std::call_once(arranged_, [&] { arrange(m); });
  Weights& w = weights_[static_cast<int>(dtype)];
  std::call_once(w.made, [&] { with_type(dtype, [&](auto t) { fill<decltype(t)>(m, w); }); });
  kernels::CsrArgs args{};
  args.first = 0;
  args.last = slices_;
  args.rows = m.rows;
  args.begin = begin_.get();
  args.order = order_.data.get();
  args.lengths = lengths_.data.get();
  args.indices = indices_.get();
  args.values = w.values.data.get();
  args.shared = w.shared;
  return args;
}

void Sliced::share(kernels::CsrArgs& args, index_t part, index_t parts) {
  const auto cost = [&](index_t s) { return args.begin[s] + row_cost * slice * s; };
  const auto cut = [&](index_t p) {
    const index_t wanted = cost(args.last) / parts * p;
    index_t low = 0, high = args.last;
    while (low < high) {
      const index_t middle = (low + high) / 2;
      if (cost(middle) < wanted) low = middle + 1;
      else high = middle;
    }
    return p == parts ? args.last : low;
  };
  const index_t first = cut(part), last = cut(part + 1);
  args.first = first;
  args.last = last;
}

}  // namespace flatnet
