// Chains of packed steps on the user's arrays: columns that lie side by side are read and written where they are, and only what
// stands between two steps, or two passes of a run, goes through scratch.
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "flatnet/core/memory.hpp"
#include "flatnet/core/parallel.hpp"
#include "flatnet/core/scratch.hpp"
#include "flatnet/kernels/butterfly.hpp"
#include "flatnet/network/neurons.hpp"
#include "flatnet/network/passes.hpp"
#include "flatnet/network/runs.hpp"
#include "flatnet/network/tiles.hpp"

namespace flatnet {
namespace {

constexpr double least_cycles = 3e4;                       // that one thread should have to do: some 10 us
constexpr index_t row_bytes = 256;                         // of a run's rows, where its blocks leave room in the nearest cache
constexpr index_t block_bytes = index_t{16} << 10;         // of a block
constexpr index_t run_bytes = index_t{4} << 20;            // of all rows of a run between two passes
constexpr index_t stream_bytes = index_t{8} << 20;         // of y, from which on the caches will not keep it
constexpr index_t whole_row_bytes = index_t{4} << 10;      // of rows that a run takes whole, with y between its passes
constexpr index_t whole_block_bytes = index_t{256} << 10;  // of such a block
constexpr index_t line = 64;                               // bytes
constexpr index_t chain_bytes = index_t{384} << 10;        // of all rows between two layers

// The columns of x and y: `inner` of them side by side, for every combination of the other axes.
struct Columns {
  const char* x;
  char* y;
  index_t size;                  // bytes an element
  index_t x_row = 0, y_row = 0;  // elements from row to row
  index_t inner = 1, outer = 1;
  const ConstArrayView& from;
  const ArrayView& to;
  int axis, side = -1;

  // Where the columns of outer combination `o` start [bytes].
  void offsets(index_t o, index_t& x_at, index_t& y_at) const {
    x_at = y_at = 0;
    for (int i = static_cast<int>(from.sizes.size()) - 1; i >= 0; --i) {
      if (i == axis || i == side) continue;
      x_at += o % from.sizes[i] * from.strides[i];
      y_at += o % from.sizes[i] * to.strides[i];
      o /= from.sizes[i];
    }
  }
};

bool packed(const Step& s) { return s.neurons || (s.kind == Step::Kind::butterfly ? s.passes != nullptr : s.tiles != nullptr); }

// What fits: real floats in native order, another array for y, whole elements between rows, columns side by side (or only one).
bool columns_of(Columns& c) {
  const ConstArrayView& x = c.from;
  const ArrayView& y = c.to;
  if (is_complex(y.dtype) || is_integer(y.dtype) || x.swapped || x.scalar != scalar_of(y.dtype) || x.data == y.data)
    return false;
  if (x.strides[c.axis] % c.size != 0 || y.strides[c.axis] % c.size != 0) return false;
  c.x_row = x.strides[c.axis] / c.size;
  c.y_row = y.strides[c.axis] / c.size;
  for (int i = 0; i < static_cast<int>(x.sizes.size()); ++i) {
    if (i == c.axis || x.sizes[i] == 1) continue;
    if (x.strides[i] == c.size && y.strides[i] == c.size && c.side < 0) c.side = i;
    else c.outer *= x.sizes[i];
  }
  if (c.side >= 0) c.inner = x.sizes[c.side];
  return c.inner > 1 || c.outer == 1;
}

// Multiply-adds of vectors, two a cycle.
double cycles(const Step& s, double columns, index_t width) {
  const double entries = s.neurons ? static_cast<double>(s.neurons->work())
                         : s.kind == Step::Kind::butterfly
                             ? 2.0 * static_cast<double>(s.rows) * s.count
                             : static_cast<double>(s.weight->get<Blocks>()->c) * static_cast<double>(s.rows);
  return entries * columns / (2.0 * static_cast<double>(width));
}

class Chain {
 public:
  Chain(const std::vector<Step>& steps, const kernels::Table& k, Dtype t, const Columns& columns, int threads)
      : steps_(steps), k_(k), t_(t), c_(columns), width_(k.butterfly->width[static_cast<int>(t)]) {
    double work = 0;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      work += cycles(steps[i], static_cast<double>(c_.inner * c_.outer), width_);
      if (i + 1 < steps.size() || steps[i].touched()) between_ = std::max(between_, steps[i].rows);
      if (steps[i].kind == Step::Kind::butterfly) runs_ = true, widest_ = std::max(widest_, steps[i].rows);
    }
    threads_ = static_cast<int>(std::clamp(work / least_cycles, 1.0, static_cast<double>(threads)));
    whole_ = whole_rows();
    choose_lanes();
  }

  void run() const {
    const index_t short_by = shift();
    const index_t each = (c_.inner + short_by + lanes_ - 1) / lanes_, count = each * c_.outer;
    const bool thin = count < threads_;  // too few columns for the team: it shares the rows of a layer
    const int team = thin ? 1 : threads_;
    const index_t bytes = (2 * panel_ + buffer_ * (thin ? threads_ : 1)) * c_.size;
    require_memory("scratch for the panels", static_cast<double>(bytes) * team);
    const Scratch scratch(static_cast<std::size_t>(bytes * team));
    parallel_for(count, team, [&](index_t i, int thread) {
      char* own = reinterpret_cast<char*>(scratch.data()) + bytes * thread;
      const index_t begin = i % each * lanes_ - short_by, first = std::max<index_t>(begin, 0);
      index_t x_at, y_at;
      c_.offsets(i / each, x_at, y_at);
      columns({const_cast<char*>(c_.x) + x_at + first * c_.size, c_.x_row}, {c_.y + y_at + first * c_.size, c_.y_row},
              std::min(begin + lanes_, c_.inner) - first, own, thin ? threads_ : 1);
    });
  }

 private:
  // Columns a panel. They say where a column is computed, never how: its bits do not depend on them, nor on the threads.
  void choose_lanes() {
    index_t most = 36 * width_;
    if (whole_) most = c_.inner;
    else if (c_.inner == 1) most = 1;
    else if (runs_) {
      index_t deepest = 1;
      for (const Step& s : steps_)
        if (s.passes) deepest = std::max(deepest, s.passes->buffer(1));
      const index_t bytes = std::min({row_bytes, block_bytes / deepest, run_bytes / std::max(widest_, between_)});
      most = std::max(width_, bytes / c_.size / width_ * width_);
    } else if (between_ > 0) {
      most = std::clamp(chain_bytes / (between_ * c_.size) / (3 * width_), index_t{1}, index_t{3}) * 3 * width_;
    }
    // As many columns in each panel, and a panel for every thread.
    index_t panels = (c_.inner + most - 1) / most;
    if (panels * c_.outer < threads_ && runs_ && !whole_) panels = (threads_ + c_.outer - 1) / c_.outer;
    lanes_ = ((c_.inner + panels - 1) / panels + width_ - 1) / width_ * width_;
    if (c_.inner == 1) lanes_ = 1;
    for (const Step& s : steps_) {
      if (!s.passes) continue;
      if (!whole_) panel_ = std::max(panel_, s.passes->middle_size(lanes_));
      buffer_ = std::max(buffer_, s.passes->buffer(lanes_));
    }
    const index_t whole = line / c_.size;
    // A run with columns to be copied begins and ends in a panel.
    const index_t rows = runs_ ? std::max({between_, widest_, steps_.front().cols, steps_.back().rows}) : between_;
    if (!whole_) panel_ = (std::max(panel_, rows * lanes_) + whole - 1) / whole * whole;
    buffer_ = (buffer_ + whole - 1) / whole * whole;
  }

  // A run alone, on rows of y that lie side by side: they are read and written as one stream, in y itself between the passes.
  // (Pieces of rows, or a panel as long as y beside it, take up to twice as long once both have left the second cache.)
  bool whole_rows() const {
    const Step& step = steps_.front();
    return steps_.size() == 1 && runs_ && !step.touched() && step.passes->several() && c_.inner > 1 && c_.inner % width_ == 0 &&
           c_.y_row == c_.inner && c_.inner * c_.size <= whole_row_bytes &&
           step.passes->buffer(c_.inner) * c_.size <= whole_block_bytes;
  }

  // One panel: `present` columns from x to y.
  void columns(const RowPlace& x, const RowPlace& y, index_t present, char* scratch, int threads) const {
    void* const panels[] = {scratch, scratch + panel_ * c_.size};
    void* const buffer = scratch + 2 * panel_ * c_.size;
    // Runs take whole vectors: fewer columns are copied, and zeros with them.
    const bool staged = runs_ && present % width_ != 0;
    const index_t lanes = staged ? (present + width_ - 1) / width_ * width_ : present;
    RowPlace at = x;
    int held = -1;  // the panel that holds the data; none: the user's array
    if (staged) {
      load(x, panels[0], present, lanes, steps_.front().cols);
      at = {panels[held = 0], lanes};
    }
    for (const Step& step : steps_) {
      const bool direct = &step == &steps_.back() && !staged && !step.touched();
      const int other = held == 0 ? 1 : 0;
      if (step.kind == Step::Kind::butterfly) {
        const int out = held < 0 ? 1 : held;
        const RowPlace to = direct ? y : RowPlace{panels[out], lanes};
        step.passes->run(k_, t_, lanes, at, whole_ ? y : step.passes->middle(lanes, panels[1 - out]), to, buffer,
                         direct && !whole_ && streams(y, lanes), threads);
        at = to, held = out;
      } else if (step.neurons) {
        const RowPlace to = direct ? y : RowPlace{panels[other], lanes};
        step.neurons->run(k_, t_, lanes, at.data, at.step, to.data, to.step, direct && large());
        at = to, held = other;
      } else {
        const RowPlace to = direct ? y : RowPlace{panels[other], lanes};
        parallel_for(threads, threads, [&](index_t part, int) {
          step.tiles->run(k_, t_, lanes, at.data, at.step, to.data, to.step, part, threads);
        });
        at = to, held = other;
      }
      if (step.touched()) touch(step, k_, t_, lanes, at.data);
      if (direct) return;
    }
    store(at, y, present, steps_.back().rows);
  }

  bool large() const { return c_.inner * c_.outer * steps_.back().rows * c_.size >= stream_bytes; }

  // Whole lines, and more of them than the caches keep.
  bool streams(const RowPlace& y, index_t lanes) const {
    return large() && lanes * c_.size % line == 0 && y.step * c_.size % line == 0 &&
           reinterpret_cast<std::uintptr_t>(y.data) % line == 0;
  }

  // By how many columns the first panel is short, so that the others begin where lines of y do.
  index_t shift() const {
    if (whole_) return 0;
    const auto past = static_cast<index_t>(reinterpret_cast<std::uintptr_t>(c_.y) % line);
    if (!runs_ || !large() || c_.outer > 1 || lanes_ * c_.size % line != 0 || past % c_.size != 0) return 0;
    const index_t columns = past / c_.size;
    return columns > 0 && c_.y_row * c_.size % line == 0 ? columns + (lanes_ - line / c_.size) : 0;
  }

  void load(const RowPlace& x, void* panel, index_t present, index_t lanes, index_t rows) const {
    const auto bytes = static_cast<std::size_t>(present * c_.size), gap = static_cast<std::size_t>((lanes - present) * c_.size);
    for (index_t r = 0; r < rows; ++r) {
      char* to = static_cast<char*>(panel) + r * lanes * c_.size;
      std::memcpy(to, static_cast<const char*>(x.data) + x.at(r) * c_.size, bytes);
      std::memset(to + bytes, 0, gap);
    }
  }
  void store(const RowPlace& panel, const RowPlace& y, index_t present, index_t rows) const {
    for (index_t r = 0; r < rows; ++r)
      std::memcpy(static_cast<char*>(y.data) + y.at(r) * c_.size, static_cast<const char*>(panel.data) + panel.at(r) * c_.size,
                  static_cast<std::size_t>(present * c_.size));
  }

  const std::vector<Step>& steps_;
  const kernels::Table& k_;
  Dtype t_;
  const Columns& c_;
  index_t width_;
  index_t lanes_ = 1, panel_ = 0, buffer_ = 0;  // columns and elements
  index_t between_ = 0, widest_ = 0;            // rows between steps, rows of runs
  int threads_ = 1;
  bool runs_ = false, whole_ = false;
};

}  // namespace

namespace {

// One column and one run: in y, by sweeps that the threads share. The weights, each read once, are what takes time.
bool run_column(const std::vector<Step>& steps, const kernels::Table& k, Dtype t, const Columns& c, int threads) {
  const Step& step = steps.front();
  const index_t width = k.butterfly->width[static_cast<int>(t)];
  if (steps.size() > 1 || step.touched() || c.inner * c.outer != 1 || c.x_row != 1 || c.y_row != 1 ||
      !step.passes->all_along(width))
    return false;
  constexpr double bytes_a_cycle = 16, least_shared = 2e5;  // the team meets after every sweep
  const double work = 2.0 * static_cast<double>(step.rows * step.count * c.size) / bytes_a_cycle;
  const int team = static_cast<int>(std::clamp(work / least_shared, 1.0, static_cast<double>(threads)));
  std::memcpy(c.y, c.x, static_cast<std::size_t>(step.rows * c.size));
  for (int i = 0; i < step.count;) i += step.passes->run_along(k, t, i, c.y, team);
  return true;
}

}  // namespace

bool run_direct(const std::vector<Step>& steps, const kernels::Table& k, const ConstArrayView& x, const ArrayView& y, int axis,
                int threads) {
  if (steps.empty() || !std::all_of(steps.begin(), steps.end(), packed)) return false;
  Columns columns{static_cast<const char*>(x.data), static_cast<char*>(y.data), size_of(y.dtype), 0, 0, 1, 1, x, y, axis};
  if (!columns_of(columns)) return false;
  const bool runs = std::any_of(steps.begin(), steps.end(), [](const Step& s) { return s.kind == Step::Kind::butterfly; });
  if (runs && columns.inner <= 2) return run_column(steps, k, y.dtype, columns, threads);  // or panels of one lane
  Chain(steps, k, y.dtype, columns, threads).run();
  return true;
}

}  // namespace flatnet
