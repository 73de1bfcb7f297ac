#include "flatnet/engine/lines.hpp"

#include "flatnet/core/check.hpp"

namespace flatnet::engine {
namespace {

index_t in_elements(const char* what, index_t bytes, index_t element) {
  require(bytes % element == 0, what, " has a stride of ", bytes, " bytes, its elements are ", element, " bytes long");
  return bytes / element;
}

}  // namespace

Lines::Lines(const Extents& x_sizes, const Extents& x_strides, index_t x_element, const Extents& y_sizes,
             const Extents& y_strides, index_t y_element, int axis) {
  require(axis >= 0 && axis < static_cast<int>(x_sizes.size()), "axis ", axis, " is out of range for an array of ",
          x_sizes.size(), " dimensions");
  require(x_sizes.size() == y_sizes.size() && x_sizes.size() == x_strides.size() && x_sizes.size() == y_strides.size(),
          "x has ", x_sizes.size(), " dimensions, the output ", y_sizes.size());
  for (std::size_t i = 0; i < x_sizes.size(); ++i) {
    const index_t size = x_sizes[i];
    const bool lone = size == 1;  // its stride is never used
    const index_t sx = lone ? 0 : in_elements("x", x_strides[i], x_element);
    const index_t sy = y_sizes[i] == 1 ? 0 : in_elements("the output", y_strides[i], y_element);
    if (static_cast<int>(i) == axis) {
      n_in = size;
      n_out = y_sizes[i];
      x_step = sx;
      y_step = sy;
      continue;
    }
    require(y_sizes[i] == size, "the output needs ", size, " on axis ", i, ", it has ", y_sizes[i]);
    count *= size;
    if (!lone) batch.push_back({size, sx, sy});
  }
  arrange(batch, &BatchAxis::y);
}

Lines Lines::rows(index_t count, index_t n_in, index_t n_out) {
  Lines lines;
  lines.n_in = n_in;
  lines.n_out = n_out;
  lines.count = count;
  if (count != 1) lines.batch.push_back({count, n_in, n_out});
  return lines;
}

void Lines::offsets(index_t first, index_t present, index_t* x, index_t* y) const {
  batch_offsets(batch, first, present, x, y);
}

}  // namespace flatnet::engine
