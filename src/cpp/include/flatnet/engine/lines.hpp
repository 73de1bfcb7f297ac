#pragma once
/// Many transforms along one axis of an array: every other axis is batch. A line is one vector along the axis.
#include "flatnet/core/view.hpp"

namespace flatnet::engine {

struct Lines {
  index_t n_in = 0, n_out = 0;     // elements of a line of x, of y
  index_t x_step = 1, y_step = 1;  // from one element of a line to the next [elements of x, of y]
  BatchAxes batch;                 // slowest first, the smallest step of y runs fastest; steps [elements]; axes of length 1
                                   // left out, neighbours merged
  index_t count = 1;               // lines: the product of the sizes in batch

  /// Sizes of x and strides [bytes] of both arrays, which differ in size along `axis` only. Strides must be multiples of the
  /// element sizes (shape_error otherwise).
  Lines(const Extents& x_sizes, const Extents& x_strides, index_t x_element, const Extents& y_sizes, const Extents& y_strides,
        index_t y_element, int axis);
  /// `count` contiguous rows of n elements in both arrays.
  static Lines rows(index_t count, index_t n_in, index_t n_out);

  /// Offsets [elements] of lines first .. first + present - 1.
  void offsets(index_t first, index_t present, index_t* x, index_t* y) const;

 private:
  Lines() = default;
};

}  // namespace flatnet::engine
