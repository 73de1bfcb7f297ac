#pragma once
// Cosine and sine transforms of one contiguous vector, or of a panel of W vectors side by side. Internal to the engine.
#include <memory>

#include "flatnet/core/types.hpp"
#include "flatnet/kernels/table.hpp"

namespace flatnet::engine::trigonometric {

struct Call {
  bool sine;
  bool third;  // of the plans that serve types 2 and 3
  bool orthogonal;
  double scale;
};

/// See engine/cosine.hpp.
template <class T> class Plan {
 public:
  virtual ~Plan() = default;
  /// `rows`: for panels, row i of which is W numbers; null where there is no such plan (type 4 of odd lengths).
  static std::shared_ptr<const Plan> get(const kernels::Table& table, index_t n, int type, bool sine, bool rows);

  /// x, y: n numbers (rows); y may be x. scratch 64-byte aligned.
  virtual void run(const T* x, T* y, const Call& call, T* scratch) const noexcept = 0;
  index_t scratch() const { return scratch_; }  // elements
  index_t bytes() const { return bytes_; }      // of the tables

 protected:
  index_t scratch_ = 0, bytes_ = 0;
};

}  // namespace flatnet::engine::trigonometric
