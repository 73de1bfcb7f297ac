#pragma once
// Cosine and sine transforms of one contiguous vector, planned once per (n, type). Internal to the engine.
#include <memory>

#include "flatnet/core/types.hpp"
#include "flatnet/kernels/table.hpp"

namespace flatnet::engine::trigonometric {

template <class T> class LinePlan {
 public:
  virtual ~LinePlan() = default;
  static std::shared_ptr<const LinePlan> make(const kernels::Table& table, index_t n, int type, bool sine);

  /// See engine/cosine.hpp. x, y: n contiguous elements, y may be x; scratch 64-byte aligned.
  virtual void run(const T* x, T* y, T scale, bool orthogonal, void* scratch) const noexcept = 0;
  index_t scratch_bytes() const { return scratch_bytes_; }

 protected:
  index_t scratch_bytes_ = 0;
};

}  // namespace flatnet::engine::trigonometric
