#pragma once
/// The batch, cut into panels. A panel holds `lanes` columns side by side: row r of the panel is element r of each column, so
/// that kernels run along the batch whatever the layout of the arrays. Complex panels are planar (kernels/table.hpp).
#include "flatnet/core/view.hpp"
#include "flatnet/kernels/table.hpp"

namespace flatnet {

class Panels {
 public:
  static constexpr index_t max_lanes = 64;
  static constexpr index_t cache_bytes = index_t{512} << 10;  // two panels aim at half of a 1 MiB L2

  /// Views of the same batch shape; `axis` holds the vectors.
  Panels(const ConstArrayView& x, const ArrayView& y, int axis);

  index_t columns() const { return columns_; }

  /// Columns a panel: 1 for a single column, else a multiple of 16 (one 512-bit float register, two of double), as many as
  /// let two panels of `widest` rows stay in cache. Depends on shapes and dtype only, never on threads.
  index_t lanes(index_t widest) const;

  /// Columns first .. first + present - 1 to a panel in the dtype of y; the other lanes become zero.
  void load(const kernels::Table& k, index_t first, index_t present, index_t lanes, void* panel) const;
  /// A panel to columns first .. of y.
  void store(const kernels::Table& k, index_t first, index_t present, index_t lanes, const void* panel) const;

 private:
  ConstArrayView x_;
  ArrayView y_;
  std::vector<BatchAxis> batch_;  // slowest first; steps [bytes]
  index_t columns_ = 1;
  index_t n_in_ = 0, n_out_ = 0;
  index_t x_step_ = 0, y_step_ = 0;  // bytes along the axis
};

}  // namespace flatnet
