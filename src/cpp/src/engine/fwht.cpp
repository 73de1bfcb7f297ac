// Chooses by layout: contiguous lines, tiles of neighbouring columns, or panels gathered element by element.
#include "flatnet/engine/fwht.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>

#include "flatnet/core/check.hpp"
#include "flatnet/core/isa.hpp"
#include "flatnet/core/parallel.hpp"
#include "flatnet/core/scratch.hpp"
#include "fwht_parts.hpp"

namespace flatnet::engine {
namespace {

using walsh::at;
using walsh::near_bytes;
using walsh::Shape;

constexpr index_t lone_bytes = index_t{1} << 19;    // less work than this is not worth a team of threads
constexpr index_t stream_bytes = index_t{1} << 23;  // outputs larger than this are written past the caches

// Every batch axis but the innermost as offsets; f(x, y, count, x step, y step) in elements for each run of the innermost one.
template <class F> void each_run(const Lines& l, F&& f) {
  if (l.batch.empty()) return f(index_t{0}, index_t{0}, index_t{1}, index_t{0}, index_t{0});
  const BatchAxis inner = l.batch.back();
  for (index_t first = 0; first < l.count; first += inner.size) {
    index_t x, y;
    l.offsets(first, 1, &x, &y);
    f(x, y, inner.size, inner.x, inner.y);
  }
}

void by_lines(const Shape& s, const Lines& l, const void* x, void* y, bool stream) {
  each_run(l, [&](index_t at_x, index_t at_y, index_t count, index_t x_step, index_t y_step) {
    walsh::lines(s, count, at(x, at_x << s.low, s), x_step << s.low, at(y, at_y << s.low, s), y_step << s.low, stream);
  });
}

// Contiguous lines in another order: the natural transform in scratch, then a permutation.
void by_ordered_lines(const Shape& s, const Lines& l, FwhtOrder order, const void* x, void* y) {
  const index_t bytes = s.line() * s.bytes, element = s.bytes << s.low;
  const bool far = bytes > 2 * near_bytes || l.count < s.threads;  // the threads share one line
  const Scratch scratch(static_cast<std::size_t>(bytes * (far ? 1 : s.threads)));
  Shape alone = s;
  alone.threads = far ? s.threads : 1;
  auto one = [&](index_t i, int thread) {
    index_t at_x, at_y;
    l.offsets(i, 1, &at_x, &at_y);
    std::byte* t = scratch.data() + (far ? 0 : thread * bytes);
    walsh::lines(alone, 1, at(x, at_x << s.low, s), 0, t, 0, false);
    char* to = at(y, at_y << s.low, s);
    const index_t piece = std::min<index_t>(s.n(), index_t{1} << 14);
    parallel_for(s.n() / piece, alone.threads,
                 [&](index_t p, int) { walsh::reorder(order, s.log_n, element, t, to, 1, p * piece, (p + 1) * piece); });
  };
  if (far) {
    for (index_t i = 0; i < l.count; ++i) one(i, 0);
  } else {
    parallel_for(l.count, s.threads, one);
  }
}

// The innermost batch axis lies side by side in both arrays.
void by_columns(const Shape& s, const Lines& l, const void* x, void* y, bool stream) {
  const index_t width = l.batch.back().size << s.low, runs = l.count / l.batch.back().size;
  const walsh::Tiles tiles(walsh::tile_width(s, s.n()), width, y, s.bytes);
  const index_t panel = s.n() * tiles.tile * s.bytes / 64 * 64 + 64, bytes = panel + walsh::sums_bytes(s);
  const Scratch scratch(static_cast<std::size_t>(s.threads * bytes));
  parallel_for(runs * tiles.count(), s.threads, [&](index_t task, int thread) {
    index_t at_x, at_y;
    l.offsets(task / tiles.count() * l.batch.back().size, 1, &at_x, &at_y);
    const index_t i = task % tiles.count(), c = tiles.first(i);
    std::byte* t = scratch.data() + thread * bytes;
    walsh::columns(s,
                   {at(x, (at_x << s.low) + c, s), l.x_step << s.low, at(y, (at_y << s.low) + c, s), l.y_step << s.low,
                    tiles.width(i), stream, t},
                   t + panel);
  });
}

template <class T> struct Gather {
  const Lines& lines;
  index_t x[64], y[64], count;
  Gather(const Lines& l, index_t first, index_t lanes) : lines(l), count(std::min(lanes, l.count - first)) {
    l.offsets(first, count, x, y);
  }
  void load(const T* from, T* panel, index_t lanes) const {
    for (index_t r = 0; r < lines.n_in; ++r)
      for (index_t j = 0; j < count; ++j) std::memcpy(panel + r * lanes + j, from + x[j] + r * lines.x_step, sizeof(T));
  }
  void store(const T* panel, T* to, index_t lanes, const Shape& s, FwhtOrder order) const {
    for (index_t r = 0; r < lines.n_in; ++r) {
      const T* row = panel + walsh::place(order, s.log_n, r) * lanes;
      for (index_t j = 0; j < count; ++j) std::memcpy(to + y[j] + r * lines.y_step, row + j, sizeof(T));
    }
  }
};

// Any steps: panels of up to 64 lines are gathered and scattered element by element.
template <class T> void by_panels(const Shape& s, const Lines& l, FwhtOrder order, const void* x, void* y) {
  const auto panel_bytes = [&](index_t lanes) { return lanes * s.n() * static_cast<index_t>(sizeof(T)); };
  index_t lanes = 64;
  while (lanes > 16 && (panel_bytes(lanes) > 2 * near_bytes || lanes >= 2 * l.count)) lanes /= 2;
  if (l.count == 1 || panel_bytes(lanes) > 8 * near_bytes) lanes = 1;
  const index_t tasks = (l.count + lanes - 1) / lanes;
  const int team = static_cast<int>(std::min<index_t>(s.threads, tasks));
  Shape alone = s;
  alone.threads = team == 1 ? s.threads : 1;
  const index_t panel = panel_bytes(lanes) / 64 * 64 + 64, bytes = panel + walsh::sums_bytes(s);
  const Scratch scratch(static_cast<std::size_t>(team * bytes));
  parallel_for(tasks, team, [&](index_t task, int thread) {
    const Gather<T> lines(l, task * lanes, lanes);
    std::byte* t = scratch.data() + thread * bytes;
    T* p = reinterpret_cast<T*>(t);
    lines.load(static_cast<const T*>(x), p, lanes);
    if (lanes == 1) {
      walsh::lines(alone, 1, p, 0, p, 0, false);
    } else {
      const index_t width = lanes << s.low;
      walsh::columns(s, {p, width, p, width, width, false, nullptr}, t + panel);
    }
    lines.store(p, static_cast<T*>(y), lanes, s, order);
  });
}

// The signs of the core in the type of a component; those of small cores are kept.
template <class T> std::shared_ptr<const void> signs_as(index_t order) {
  constexpr index_t kept_order = 256;
  static std::mutex guard;
  static std::map<index_t, std::shared_ptr<const void>> kept;
  const std::lock_guard<std::mutex> lock(guard);
  if (const auto found = kept.find(order); found != kept.end()) return found->second;
  const auto core = hadamard_core(order);
  require(!core.empty(), "fwht knows the bases 1, 2 and the orders up to ", largest_hadamard_core,
          " from doubling and Paley's constructions (12, 20, 28, 36, ...), got base=", order);
  const auto values = std::make_shared<std::vector<T>>(core.begin(), core.end());
  std::shared_ptr<const void> signs(values, values->data());
  if (order <= kept_order) kept.emplace(order, signs);
  return signs;
}

std::shared_ptr<const void> signs_of(index_t order, Dtype component) {
  switch (component) {
    case Dtype::i32: return signs_as<std::int32_t>(order);
    case Dtype::i64: return signs_as<std::int64_t>(order);
    case Dtype::f32: return signs_as<float>(order);
    default: return signs_as<double>(order);
  }
}

int log2_of(index_t n) {
  int k = 0;
  while (index_t{1} << k < n) ++k;
  return k;
}

bool is_power_of_two(index_t n) { return n > 0 && (n & (n - 1)) == 0; }

}  // namespace

void fwht(Dtype dtype, const Lines& lines, const void* x, void* y, index_t base, FwhtOrder order, double scale, int threads,
          const kernels::Table* table) {
  const index_t n = lines.n_in;
  require(n == lines.n_out, "x has ", n, " elements a line, the output ", lines.n_out);
  if (is_power_of_two(base) && n % base == 0) base = 1;  // Sylvester's matrix of that order is the transform itself
  require(base > 0 && n % base == 0 && is_power_of_two(n / base), "fwht with base=", base, " needs ", base,
          " times a power of two, got n=", n);
  require(base == 1 || order == FwhtOrder::natural, "the orders sequency and dyadic need a power of two, got base=", base);
  require(scale == 1.0 || !is_integer(dtype), "integers are not scaled, got scale=", scale);
  const Dtype part = component(dtype);
  const auto signs = base == 1 ? nullptr : signs_of(base, part);
  if (lines.count == 0) return;

  const kernels::Table& k = table ? *table : active_kernels();
  Shape s{*k.hadamard,
          static_cast<int>(part),
          size_of(part),
          is_complex(dtype) ? 1 : 0,
          log2_of(n / base),
          base,
          signs.get(),
          scale,
          threads > 0 ? threads : default_threads()};
  const index_t total = lines.count * s.line() * s.bytes;
  if (total < lone_bytes) s.threads = 1;
  const bool stream = x != y && total >= stream_bytes;
  const bool contiguous = n == 1 || (lines.x_step == 1 && lines.y_step == 1);
  if (contiguous && order != FwhtOrder::natural) return by_ordered_lines(s, lines, order, x, y);
  if (contiguous && (base == 1 || s.section() >= 16)) return by_lines(s, lines, x, y, stream);
  if (order == FwhtOrder::natural && !lines.batch.empty()) {
    const BatchAxis inner = lines.batch.back();
    if (inner.x == 1 && inner.y == 1 && inner.size << s.low >= 16) return by_columns(s, lines, x, y, stream);
  }
  switch (size_of(dtype)) {
    case 4: return by_panels<std::uint32_t>(s, lines, order, x, y);
    case 8: return by_panels<std::uint64_t>(s, lines, order, x, y);
    default: return by_panels<c128>(s, lines, order, x, y);
  }
}

void fwht_panel(const kernels::Table& table, Dtype component, index_t a, index_t n, index_t d, index_t lanes, void* panel) {
  const index_t width = d * lanes;
  const int type = static_cast<int>(component), log_n = log2_of(n);
  if (width <= 2) {
    table.hadamard->rows[type]({a, log_n, width == 2 ? 1 : 0, panel, n * width, panel, n * width, 1.0, false, nullptr, false});
    return;
  }
  for (index_t i = 0; i < a; ++i) {
    char* block = static_cast<char*>(panel) + i * n * width * size_of(component);
    table.hadamard->columns[type]({log_n, width, block, width, block, width, nullptr, 0, 1.0, false});
  }
}

void fwht_vector(const kernels::Table& table, Dtype component, int log_n, void* x) {
  const Shape s{*table.hadamard, static_cast<int>(component), size_of(component), 0, log_n, 1, nullptr, 1.0, 1};
  if (s.line() * s.bytes > walsh::near_bytes) return walsh::lines(s, 1, x, 0, x, 0, false);
  s.kernels.rows[s.type]({1, log_n, 0, x, s.line(), x, s.line(), 1.0, false, nullptr, false});
}

}  // namespace flatnet::engine
