#pragma once
/// The weights of a factor: an immutable array in one dtype, given or generated at first use, with conversions to the dtype a
/// network computes in kept beside it. Safe from many threads.
#include <functional>
#include <memory>
#include <mutex>

#include "flatnet/core/types.hpp"

namespace flatnet {

/// A shared, immutable array.
struct Buffer {
  std::shared_ptr<const void> data;
  index_t size = 0;  // elements
  Dtype dtype = Dtype::f64;

  template <class T> const T* as() const { return static_cast<const T*>(data.get()); }
  index_t bytes() const { return size * size_of(dtype); }
};

/// Uninitialised memory of `size` elements; throws std::bad_alloc.
std::shared_ptr<void> allocate(index_t size, Dtype dtype);

class Values {
 public:
  Values() = default;
  explicit Values(Buffer given);
  /// `make` is called once, at first use; it returns `size` elements of `dtype`.
  Values(index_t size, Dtype dtype, std::function<Buffer()> make);

  index_t size() const { return state_ ? state_->size : 0; }
  Dtype dtype() const { return state_ ? state_->dtype : Dtype::f64; }
  explicit operator bool() const { return static_cast<bool>(state_); }

  /// The weights in their own dtype.
  const Buffer& get() const;
  /// The weights in `dtype`: float -> complex, float64 -> float32 and integer -> any are conversions; complex -> real and
  /// float -> integer throw shape_error.
  const Buffer& get(Dtype dtype) const;

 private:
  struct State {
    index_t size;
    Dtype dtype;
    std::function<Buffer()> make;
    std::mutex mutex;
    Buffer own;
    Buffer converted[dtype_count];
  };
  std::shared_ptr<State> state_;
};

/// A new buffer with the elements converted (rules as Values::get).
Buffer convert(const Buffer& from, Dtype to);

}  // namespace flatnet
