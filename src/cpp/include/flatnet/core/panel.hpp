#pragma once
/// The batch, cut into panels. A panel holds `lanes` columns side by side: row r of the panel is element r of each column, so
/// that kernels run along the batch whatever the layout of the arrays. Complex panels are planar (kernels/table.hpp).
#include "flatnet/core/view.hpp"
#include "flatnet/kernels/table.hpp"

namespace flatnet {

/// Rows of a panel, or of an array that lies like one: row r starts at data + r * step bytes.
struct Rows {
  void* data = nullptr;
  index_t step = 0;
};

class Panels {
 public:
  static constexpr index_t max_lanes = 1024;
  static constexpr index_t wide_bytes = index_t{512} << 10;   // two panels aim at half of a 1 MiB L2, with up to 64 lanes
  static constexpr index_t narrow_bytes = index_t{64} << 10;  // panels of few rows: as many lanes as suit the nearer caches

  /// Views of the same batch shape; `axis` holds the vectors.
  Panels(const ConstArrayView& x, const ArrayView& y, int axis);

  index_t columns() const { return columns_; }

  /// Columns a panel: 1 for up to two columns, else a multiple of `grain`, as many as let two panels of `widest` rows stay in
  /// cache, and about as many in each panel. Depends on shapes and dtype only, never on threads. `grain` is 16 (one 512-bit
  /// float register, two of double), or 8 where every step takes that.
  index_t lanes(index_t widest, index_t grain = 16) const;

  /// Columns first .. first + present - 1 to a panel in the dtype of y; the other lanes become zero.
  void load(const kernels::Table& k, index_t first, index_t present, index_t lanes, void* panel) const;
  /// A panel to columns first .. of y.
  void store(const kernels::Table& k, index_t first, index_t present, index_t lanes, const void* panel) const;

  /// The columns where they are, if they lie in x like a panel of their own; no data otherwise, and where y is x.
  Rows input(index_t first, index_t present, index_t lanes) const;
  /// The same in y. (Rows that lie far apart would be written in the order of a step's rows, which no cache likes.)
  Rows output(index_t first, index_t present, index_t lanes) const;

 private:
  // Columns one step apart: the batch is one axis, or a single column.
  bool even() const { return batch_.size() <= 1; }
  index_t x_between() const { return batch_.empty() ? 0 : batch_[0].x; }
  index_t y_between() const { return batch_.empty() ? 0 : batch_[0].y; }
  void load_rows(const kernels::Table& k, const char* x, index_t present, index_t room, index_t lanes, char* panel) const;
  void store_rows(const kernels::Table& k, char* y, index_t present, index_t lanes, const char* panel) const;
  // The output leaves the cache: rows of whole cache lines are written past it (measured: 1.7 times the speed of plain stores; a
  // transpose, whose pieces are shorter, would lose as much).
  bool streams() const;
  bool native() const { return !swapped_ && scalar_ == scalar_of(dtype_); }

  const char* x_;
  char* y_;
  Scalar scalar_;
  bool swapped_;
  Dtype dtype_;
  BatchAxes batch_;  // slowest first; steps [bytes]
  index_t columns_ = 1;
  index_t n_in_ = 0, n_out_ = 0;
  index_t x_step_ = 0, y_step_ = 0;  // bytes along the axis
};

}  // namespace flatnet
