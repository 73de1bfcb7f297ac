#pragma once
/// Blocks with weights of their own, packed once more in the order in which matrix products read them (kernels/butterfly.hpp).
#include <memory>

#include "flatnet/factors/factor.hpp"
#include "flatnet/kernels/table.hpp"

namespace flatnet {

class Tiles {
 public:
  Tiles(const Tiles&) = delete;
  Tiles& operator=(const Tiles&) = delete;
  /// Packed weights beyond this size are no longer worth their memory.
  static constexpr index_t most_bytes = index_t{1} << 28;

  /// Null where other kernels do as well: complex or shared weights, blocks of few rows or columns, matrices beyond `most_bytes`.
  static std::shared_ptr<const Tiles> of(const Factor& f);

  /// Packs the weights for a computation in floats or doubles and tiles of `rows` (8 or 16), at first use.
  const void* weights(Dtype component, int rows) const;

  /// y = A x on `lanes` columns, any number; rows lie `x_row` and `y_row` elements apart, x and y apart from each other. Part `part`
  /// of `parts` of the rows of y.
  void run(const kernels::Table& k, Dtype component, index_t lanes, const void* x, index_t x_row, void* y, index_t y_row,
           index_t part = 0, index_t parts = 1) const;

 private:
  explicit Tiles(Blocks blocks);
  template <class T> void pack(T* to, int rows) const;

  Blocks blocks_;
  Values packed_[2][2];  // by component and tile
};

}  // namespace flatnet
