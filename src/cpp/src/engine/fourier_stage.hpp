#pragma once
// Lines of an array to and from planar panels of W lanes. Internal to the engine.
#include <algorithm>
#include <cstring>

#include "flatnet/engine/lines.hpp"
#include "fourier_panel.hpp"

namespace flatnet::engine::fourier {

inline constexpr index_t most_group = 8;                // panels that are loaded and stored together
inline constexpr index_t most_lines = most_group * 16;  // of a group, on the widest instruction set

/// Outputs from here on are written past the caches: they would not stay there.
inline constexpr index_t streamed_bytes = index_t{16} << 20;

/// How many panels of so many elements are loaded and stored together: rows of an array are touched whole, once a group.
template <class T> index_t group_of(index_t panel) {
  const index_t fit = (index_t{1} << 20) / (panel * static_cast<index_t>(sizeof(T)));
  return fit >= most_group ? most_group : fit >= 4 ? 4 : fit >= 2 ? 2 : 1;
}

/// Some lines of one side of a call: element r of line j at data + (offset[j] + r * step) * parts components.
template <class T> struct Side {
  T* data;
  index_t step;   // elements
  index_t parts;  // 2: complex
  bool streamed;  // worth writing past the caches
  index_t present;
  index_t offset[most_lines];

  T* at(index_t j, index_t r) const { return data + (offset[j] + r * step) * parts; }
  bool neighbours() const {
    for (index_t j = 1; j < present; ++j)
      if (offset[j] - offset[j - 1] != 1) return false;
    return true;
  }
};

/// `count` elements of every line from panels of W lines, `step` numbers apart, or into them: element r, part h at row
/// r * parts + h of W numbers. Absent lanes of the last panel are 0. `swapped` exchanges the parts.
template <class T> class Stage {
 public:
  Stage(const kernels::Table& table, T* panels, index_t step) : table_(table), panels_(panels), step_(step) {}

  void load(const Side<T>& x, index_t count, bool swapped) const {
    const index_t whole = columns(x);
    if (whole) table_.fourier->columns_in[type](call(x, whole, count, swapped, false));
    for (index_t v = whole; v * W() < x.present; ++v) {
      T* panel = panels_ + v * step_;
      const index_t first = v * W(), present = std::min(W(), x.present - first);
      if (x.step == 1 || count == 1) {
        in_rows(x, first, present, count, panel, table_.transpose_in[type]);
        if (swapped) exchange(panel, count);
        continue;
      }
      for (index_t r = 0; r < count; ++r)
        for (index_t h = 0; h < x.parts; ++h) {
          T* row = panel + (r * x.parts + (swapped ? 1 - h : h)) * W();
          for (index_t j = 0; j < present; ++j) std::memcpy(row + j, x.at(first + j, r) + h, sizeof(T));
          std::fill(row + present, row + W(), T{});
        }
    }
  }

  void store(const Side<T>& y, index_t count, bool swapped) const {
    const index_t whole = columns(y);
    if (whole) table_.fourier->columns_out[type](call(y, whole, count, swapped, y.streamed));
    for (index_t v = whole; v * W() < y.present; ++v) {
      T* panel = panels_ + v * step_;
      const index_t first = v * W(), present = std::min(W(), y.present - first);
      if (y.step == 1 || count == 1) {
        if (swapped) exchange(panel, count);
        in_rows(y, first, present, count, panel, table_.transpose_out[type]);
        continue;
      }
      for (index_t r = 0; r < count; ++r)
        for (index_t h = 0; h < y.parts; ++h) {
          const T* row = panel + (r * y.parts + (swapped ? 1 - h : h)) * W();
          for (index_t j = 0; j < present; ++j) std::memcpy(y.at(first + j, r) + h, row + j, sizeof(T));
        }
    }
  }

 private:
  static constexpr int type = sizeof(T) == 4 ? 0 : 1;
  index_t W() const { return table_.fourier->width[type]; }
  // Whole panels of neighbouring columns.
  index_t columns(const Side<T>& x) const { return x.step != 1 && x.neighbours() ? x.present / W() : 0; }
  kernels::FourierColumnsArgs call(const Side<T>& x, index_t vectors, index_t count, bool swapped, bool streamed) const {
    return {count, vectors, x.at(0, 0), x.step * x.parts, panels_, step_, x.parts == 1, swapped, streamed};
  }
  void in_rows(const Side<T>& x, index_t first, index_t present, index_t count, T* panel,
               void (*transpose)(const kernels::TransposeArgs&) noexcept) const {
    index_t bytes[most_lines];
    for (index_t j = 0; j < present; ++j) bytes[j] = x.offset[first + j] * x.parts * static_cast<index_t>(sizeof(T));
    transpose({count * x.parts, present, W(), bytes, x.data, panel, 0, W()});
  }
  void exchange(T* panel, index_t count) const {
    for (index_t r = 0; r < count; ++r)
      std::swap_ranges(panel + 2 * r * W(), panel + (2 * r + 1) * W(), panel + (2 * r + 1) * W());
  }

  const kernels::Table& table_;
  T* panels_;
  index_t step_;
};

}  // namespace flatnet::engine::fourier
