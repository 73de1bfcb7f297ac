// Contiguous lines, and tiles of columns: gathered into scratch by their first sweep, scattered by their last.
#include <algorithm>

#include "flatnet/core/parallel.hpp"
#include "flatnet/core/scratch.hpp"
#include "fwht_parts.hpp"

namespace flatnet::engine::walsh {
namespace {

void mix(const Shape& s, index_t width, void* y, index_t step, void* scratch) {
  s.kernels.mix[s.type]({s.base, s.signs, width, y, step, y, step, scratch, s.scale});
}

constexpr int direct_bits = 3;                     // log2 of the rows that a pass takes without tiles
constexpr index_t row_fetch_bytes = 512;           // such a pass fetches this far ahead in its rows
constexpr index_t third_bytes = index_t{1} << 22;  // what a task wants to stay in the third cache
constexpr index_t deep_bytes = index_t{1} << 26;   // up to here sweeps of eight rows, depth first, are best

int log2_floor(index_t n) {
  int k = 0;
  while (n >>= 1) ++k;
  return k;
}

// Lines that stay in the second cache.
void near_lines(const Shape& s, index_t count, const void* x, index_t x_step, void* y, index_t y_step, bool stream) {
  const index_t bytes = s.line() * s.bytes, step = s.section() << s.low;
  stream = stream && s.base == 1;
  const bool fetch = count * bytes > fetched_bytes;
  const index_t chunk = std::clamp<index_t>(near_bytes / bytes, 1, std::max<index_t>(count / (4 * s.threads), 1));
  const index_t own = stream ? std::max<index_t>(bytes / 64 * 64 + 64, index_t{1} << 15) : sums_bytes(s);
  const Scratch scratch(static_cast<std::size_t>(s.threads * own));
  parallel_for((count + chunk - 1) / chunk, s.threads, [&](index_t task, int thread) {
    const index_t first = task * chunk, present = std::min(chunk, count - first);
    void* t = scratch.data() + thread * own;
    if (s.base == 1) {
      s.kernels.rows[s.type]({present, s.log_n, s.low, at(x, first * x_step, s), x_step, at(y, first * y_step, s), y_step,
                              s.scale, stream, t, fetch});
      return;
    }
    for (index_t i = first; i < first + present; ++i) {
      void* line = at(y, i * y_step, s);
      s.kernels.rows[s.type]({s.base, s.log_n, s.low, at(x, i * x_step, s), step, line, step, 1.0, false, nullptr, fetch});
      mix(s, step, line, step, t);
    }
  });
}

// Columns across `rows` rows of each section, `width` components each, in place in y. Up to eight rows are streams that caches
// follow by themselves; more go through tiles.
void across(const Shape& s, int rows_log, index_t width, void* y, double scale) {
  const index_t rows = index_t{1} << rows_log;
  const bool direct = rows_log <= direct_bits;
  const Tiles tiles(direct ? near_bytes / 8 / s.bytes : tile_width(s, rows), width, y, s.bytes);
  const index_t bytes = direct ? 0 : rows * tiles.tile * s.bytes;
  const Scratch scratch(static_cast<std::size_t>(s.threads * bytes));
  parallel_for(s.base * tiles.count(), s.threads, [&](index_t task, int thread) {
    const index_t i = task % tiles.count(), c = tiles.first(i);
    char* p = at(y, (task / tiles.count() << rows_log) * width + c, s);
    void* t = direct ? nullptr : scratch.data() + thread * bytes;
    s.kernels.columns[s.type](
        {rows_log, tiles.width(i), p, width, p, width, t, direct ? row_fetch_bytes / s.bytes : tiles.ahead(i), scale, false});
  });
}

// A line beyond the second cache. Up to `deep_bytes` sweeps of eight rows, depth first, shared by the threads as eight blocks and
// one sweep; beyond, two passes over memory: blocks that the third cache may hold, then columns across the blocks.
void far_line(const Shape& s, const void* x, void* y) {
  const int bits = s.log_n + s.low, least = log2_floor(near_bytes / s.bytes);
  const bool deep = s.bytes << bits <= deep_bytes, fetch = s.bytes << bits > fetched_bytes;
  const int split = !deep ? bits - log2_floor(third_bytes / s.bytes) : s.threads == 1 ? 0 : direct_bits;
  const int block_bits = bits - std::min(split, std::max(bits - least, 0));
  const index_t block = index_t{1} << block_bits;
  const bool one_pass = bits == block_bits;
  const double scale = s.base == 1 ? s.scale : 1.0;
  parallel_for(s.line() >> block_bits, s.threads, [&](index_t i, int) {
    s.kernels.rows[s.type]({1, block_bits - s.low, s.low, at(x, i * block, s), block, at(y, i * block, s), block,
                            one_pass ? scale : 1.0, false, nullptr, fetch});
  });
  if (!one_pass) across(s, bits - block_bits, block, y, scale);
  if (s.base == 1) return;
  const index_t width = s.section() << s.low;
  const Tiles tiles(index_t{2048} / s.bytes, width, y, s.bytes);
  const Scratch scratch(static_cast<std::size_t>(s.threads * sums_bytes(s)));
  parallel_for(tiles.count(), s.threads, [&](index_t i, int thread) {
    mix(s, tiles.width(i), at(y, tiles.first(i), s), width, scratch.data() + thread * sums_bytes(s));
  });
}

}  // namespace

index_t tile_width(const Shape& s, index_t rows) {
  return std::clamp<index_t>(2 * near_bytes / (rows * s.bytes) * s.bytes / 64 * 64, 256, 4096) / s.bytes;
}

Tiles::Tiles(index_t tile_, index_t width_, const void* y, index_t bytes) : tile(std::min(tile_, width_)), whole(width_) {
  const auto past = static_cast<index_t>(reinterpret_cast<std::uintptr_t>(y) % 64);
  if (past % bytes == 0 && whole > tile) lead = past ? (64 - past) / bytes : 0;
}

void columns(const Shape& s, const ColumnTile& c, void* sums) {
  void* tile = s.section() > 8 ? c.tile : nullptr;
  const index_t x_part = s.section() * c.x_step, y_part = s.section() * c.y_step;
  if (s.base == 1) {
    s.kernels.columns[s.type]({s.log_n, c.width, c.x, c.x_step, c.y, c.y_step, tile, 0, s.scale, c.stream});
    return;
  }
  for (index_t b = 0; b < s.base; ++b)
    s.kernels.columns[s.type](
        {s.log_n, c.width, at(c.x, b * x_part, s), c.x_step, at(c.y, b * y_part, s), c.y_step, tile, 0, 1.0, false});
  for (index_t r = 0; r < s.section(); ++r) mix(s, c.width, at(c.y, r * c.y_step, s), y_part, sums);
}

void lines(const Shape& s, index_t count, const void* x, index_t x_step, void* y, index_t y_step, bool stream) {
  if (s.line() * s.bytes <= 2 * near_bytes) return near_lines(s, count, x, x_step, y, y_step, stream);
  for (index_t i = 0; i < count; ++i) far_line(s, at(x, i * x_step, s), at(y, i * y_step, s));
}

}  // namespace flatnet::engine::walsh
