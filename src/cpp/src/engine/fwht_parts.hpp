#pragma once
// What the files of the Walsh-Hadamard engine share.
#include "flatnet/engine/fwht.hpp"
#include "flatnet/kernels/hadamard.hpp"

namespace flatnet::engine::walsh {

/// One transform as the kernels see it: components instead of elements.
struct Shape {
  const kernels::HadamardTable& kernels;
  int type;       // of a component: index into the kernels' tables
  index_t bytes;  // of a component
  int low;        // log2 of the components of an element: 0, or 1 for complex numbers
  int log_n;      // log2 of n / base
  index_t base;
  const void* signs;  // of the core, in the component type; null for base 1
  double scale;
  int threads;

  index_t parts() const { return index_t{1} << low; }
  index_t section() const { return index_t{1} << log_n; }  // elements between neighbours of the core
  index_t n() const { return base * section(); }           // elements
  index_t line() const { return n() << low; }              // components
};

/// Bytes that a task wants to stay in the second cache.
constexpr index_t near_bytes = index_t{1} << 18;
/// Arrays and vectors larger than this are fetched ahead.
constexpr index_t fetched_bytes = index_t{1} << 23;

inline const char* at(const void* p, index_t components, const Shape& s) {
  return static_cast<const char*>(p) + components * s.bytes;
}
inline char* at(void* p, index_t components, const Shape& s) { return static_cast<char*>(p) + components * s.bytes; }

/// `count` contiguous lines, `step` components apart: the lines shared by the threads, a long one too.
void lines(const Shape& s, index_t count, const void* x, index_t x_step, void* y, index_t y_step, bool stream);

/// Components of a tile of columns of `rows` rows: half a megabyte, a few lines of memory a row.
index_t tile_width(const Shape& s, index_t rows);
/// `width` components a row in tiles that begin at 64-byte boundaries of y, a narrow one first where y does not.
struct Tiles {
  index_t tile, whole, lead = 0;
  Tiles(index_t tile, index_t width, const void* y, index_t bytes);
  index_t count() const { return (whole - lead + tile - 1) / tile + (lead > 0); }
  index_t first(index_t i) const { return lead == 0 ? i * tile : i == 0 ? 0 : lead + (i - 1) * tile; }
  index_t width(index_t i) const { return (i + 1 < count() ? first(i + 1) : whole) - first(i); }
  index_t ahead(index_t i) const { return i + 1 < count() ? width(i) : 0; }
};

/// A tile of columns: n rows of `width` neighbouring components, `step` components from row to row. With `tile` (n * width
/// components) x is read once and y written once.
struct ColumnTile {
  const void* x;
  index_t x_step;
  void* y;
  index_t y_step;
  index_t width;
  bool stream;
  void* tile;
};
/// `sums`: sums_bytes(s) of scratch for the core.
void columns(const Shape& s, const ColumnTile& c, void* sums);
inline index_t sums_bytes(const Shape& s) { return s.base > 1 ? s.base * 64 : 0; }

/// y[i] = x[place(i)] for i in [first, end), elements of `bytes` bytes, n = 2^log_n: natural to another order.
void reorder(FwhtOrder order, int log_n, index_t bytes, const void* x, void* y, index_t y_step, index_t first, index_t end);
/// place(i).
index_t place(FwhtOrder order, int log_n, index_t i);

}  // namespace flatnet::engine::walsh
