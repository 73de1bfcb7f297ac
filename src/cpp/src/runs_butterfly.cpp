// Runs of 2 x 2 stages in passes: how a run is cut, how its weights are packed, and its way over panels.
#include <algorithm>

#include "flatnet/core/parallel.hpp"
#include "flatnet/kernels/butterfly.hpp"
#include "flatnet/network/passes.hpp"

namespace flatnet {
namespace {

using kernels::ButterflyAlong;
using kernels::ButterflyPass;

const Blocks& blocks_of(const Factor& f) { return *f.get<Blocks>(); }

// Stages from i on whose strides double, or halve, from each to the next.
int chained(const std::vector<Factor>& stages, int i, bool& up) {
  int length = 1;
  up = true;
  for (int j = i + 1; j < static_cast<int>(stages.size()); ++j, ++length) {
    const index_t before = blocks_of(stages[j - 1]).d, d = blocks_of(stages[j]).d;
    if (length == 1) up = d > before;
    if (up ? d != 2 * before : 2 * d != before) break;
  }
  return length;
}

// Row of pair i whose bit `bit` is clear; the other row of the pair has it set.
index_t first_of_pair(index_t i, int bit) { return (i >> bit << (bit + 1)) | (i & ((index_t{1} << bit) - 1)); }

// The weights of a run's stages as they lie in the factors.
template <class T> struct Weights {
  std::vector<const Blocks*> blocks;
  std::vector<const T*> values;

  explicit Weights(const std::vector<Factor>& stages) {
    for (const Factor& f : stages) {
      blocks.push_back(&blocks_of(f));
      values.push_back(blocks_of(f).values.get(dtype_of<T>::value).template as<T>());
    }
  }
  // (0,0), (0,1), (1,0), (1,1) of the pair of which `row` is the first row, `step` apart in `to`.
  void pair(int stage, index_t row, T* to, index_t step) const {
    const Blocks& b = *blocks[static_cast<std::size_t>(stage)];
    const T* v = values[static_cast<std::size_t>(stage)] + row / (2 * b.d) * b.va + row % b.d * b.vd;
    to[0] = v[0], to[step] = v[b.vc], to[2 * step] = v[b.vb], to[3 * step] = v[b.vb + b.vc];
  }
};

int bits_of(index_t width) {
  int bits = 1;
  while (index_t{1} << bits < width) ++bits;
  return bits;
}

}  // namespace

std::shared_ptr<const Passes> Passes::of(const std::vector<Factor>& stages) {
  index_t stored = 0, packed = 0;
  for (const Factor& f : stages) {
    if (is_complex(f.dtype())) return nullptr;
    stored += blocks_of(f).values.size();
    packed += 2 * f.rows();
  }
  return packed <= 4 * stored ? std::shared_ptr<const Passes>(new Passes(stages)) : nullptr;
}

Passes::Passes(const std::vector<Factor>& stages) : stages_(stages), rows_(stages.front().rows()) {
  const int count = static_cast<int>(stages.size());
  for (int i = 0; i < count;) {
    bool up = true;
    const int length = chained(stages, i, up), passes = (length + ButterflyPass::most_stages - 1) / ButterflyPass::most_stages;
    for (int p = 0, done = 0; p < passes; ++p) {  // as few passes as will do, of about equal length
      int taken = (length - done + passes - p - 1) / (passes - p);
      // Sweeps of two are at their best.
      if (taken % 2 == 1 && taken < ButterflyPass::most_stages && p + 1 < passes) ++taken;
      passes_.push_back({i + done, taken, up, blocks_of(stages[up ? i + done : i + done + taken - 1]).d});
      longest_ = std::max(longest_, taken);
      done += taken;
    }
    i += length;
  }
  // Pads are where the rows of the widest pass are; the other passes stay between two of them, or step over whole groups.
  for (const Pass& p : passes_) group_ = std::max(group_, p.lowest);
  for (const Pass& p : passes_)
    if (p.lowest < group_ && group_ % (p.lowest << p.stages) != 0) group_ = 0;
  for (int bits = 1; bits < widths; ++bits) sweeps_[bits] = sweeps_along(index_t{1} << bits);
  const index_t size = 2 * rows_ * count;
  for (const Dtype t : {Dtype::f32, Dtype::f64}) {
    const auto packed = [this, t, size](index_t width) {
      return Values(size, t, [this, t, size, width]() -> Buffer {
        auto to = allocate(size, t);
        with_type(t, [&](auto v) {
          auto* at = static_cast<decltype(v)*>(to.get());
          width > 0 ? pack_along(at, width) : pack(at);
        });
        return {to, size, t};
      });
    };
    packed_[t == Dtype::f64] = packed(0);
    for (int bits = 1; bits < widths; ++bits) along_[t == Dtype::f64][bits] = packed(index_t{1} << bits);
  }
}

const void* Passes::weights(Dtype component) const { return packed_[component == Dtype::f64].get().data.get(); }

const void* Passes::weights_along(Dtype component, index_t width) const {
  return along_[component == Dtype::f64][bits_of(width)].get().data.get();
}

// Blocks, sweeps, groups, stages and pairs in the order of ButterflyPass.
template <class T> void Passes::pack(T* to) const {
  const Weights<T> weights(stages_);
  for (const Pass& p : passes_)
    for (index_t base = 0; base < rows_; base += p.lowest << p.stages)
      for (index_t l = base; l < base + p.lowest; ++l)
        for (int done = 0, count = 0; done < p.stages; done += count) {
          count = ButterflyPass::sweep(p.stages - done);
          const int bit = p.up ? done : p.stages - done - count;
          for (index_t group = 0; group < index_t{1} << (p.stages - count); ++group)
            for (int t = 0; t < count; ++t)
              for (index_t i = 0; i < index_t{1} << (count - 1); ++i, to += 4) {
                const index_t local = first_of_pair(i, p.up ? t : count - 1 - t);
                const index_t row = (group >> bit << (bit + count)) | (local << bit) | (group & ((index_t{1} << bit) - 1));
                weights.pair(p.first + done + t, l + row * p.lowest, to, 1);
              }
        }
}

// Sweep after sweep in the order of ButterflyAlong.
template <class T> void Passes::pack_along(T* to, index_t width) const {
  const Weights<T> weights(stages_);
  for (const Pass& p : sweeps_[bits_of(width)]) {
    if (p.lowest < width) {
      for (index_t base = 0; base < rows_; base += width)
        for (int t = 0; t < p.stages; ++t, to += 2 * width)
          for (index_t row = base; row < base + width; ++row) {
            const index_t d = weights.blocks[static_cast<std::size_t>(p.first + t)]->d;
            T four[4];
            weights.pair(p.first + t, row & ~d, four, 1);
            to[row - base] = four[row & d ? 2 : 0], to[row - base + width] = four[row & d ? 3 : 1];
          }
      continue;
    }
    for (index_t base = 0; base < rows_; base += p.lowest << p.stages)
      for (index_t l = base; l < base + p.lowest; l += width)
        for (int t = 0; t < p.stages; ++t)
          for (index_t i = 0; i < index_t{1} << (p.stages - 1); ++i, to += 4 * width)
            for (index_t v = 0; v < width; ++v)
              weights.pair(p.first + t, l + v + first_of_pair(i, p.up ? t : p.stages - 1 - t) * p.lowest, to + v, width);
  }
}

// Stages that a sweep takes at one place: along their strides, within vectors, or not at all.
std::vector<Passes::Pass> Passes::sweeps_along(index_t width) const {
  std::vector<Pass> sweeps;
  const auto stride = [&](int stage) { return blocks_of(stages_[static_cast<std::size_t>(stage)]).d; };
  const auto way = [&](int stage) {
    const index_t d = stride(stage);
    return d % width == 0 ? 1 : rows_ % width == 0 && width % (2 * d) == 0 ? 2 : 0;
  };
  for (const Pass& p : passes_)
    for (int first = p.first; first < p.first + p.stages;) {
      int whole = 1;
      while (first + whole < p.first + p.stages && way(first + whole) == way(first)) ++whole;
      for (int done = 0, taken = 0; done < whole && way(first) > 0; done += taken) {
        const int parts = (whole - done + ButterflyAlong::most_stages - 1) / ButterflyAlong::most_stages;
        taken = (whole - done + parts - 1) / parts;
        const int from = first + done;
        sweeps.push_back({from, taken, p.up, stride(p.up ? from : from + taken - 1)});
      }
      first += whole;
    }
  return sweeps;
}

int Passes::run_along(const kernels::Table& k, Dtype component, int first, void* x, int threads) const {
  const index_t width = k.butterfly->width[static_cast<int>(component)];
  const char* weights = static_cast<const char*>(weights_along(component, width));
  for (const Pass& p : sweeps_[bits_of(width)]) {
    if (p.first == first) {
      const index_t groups = rows_ / width >> (p.lowest < width ? 0 : p.stages);
      parallel_for(threads, threads, [&](index_t part, int) {
        k.butterfly->along[component == Dtype::f64](
            {p.stages, p.up, rows_, p.lowest, x, weights, groups * part / threads, groups * (part + 1) / threads});
      });
      return p.stages;
    }
    weights += 2 * rows_ * p.stages * size_of(component);
  }
  return 0;
}

bool Passes::all_along(index_t width) const {
  std::size_t swept = 0;
  for (const Pass& p : sweeps_[bits_of(width)]) swept += static_cast<std::size_t>(p.stages);
  return swept == stages_.size();
}

RowPlace Passes::middle(index_t lanes, void* data) const {
  constexpr index_t pad = 16;  // elements: rows at powers of two would meet in few sets of the caches
  return {data, lanes, group_ > 1 ? group_ : 0, pad};
}

index_t Passes::middle_size(index_t lanes) const { return middle(lanes, nullptr).at(rows_); }

void Passes::run(const kernels::Table& k, Dtype component, index_t lanes, const RowPlace& x, const RowPlace& middle,
                 const RowPlace& y, void* buffer, bool stream, int threads) const {
  const index_t size = size_of(component);
  const char* weights = static_cast<const char*>(this->weights(component));
  for (const Pass& p : passes_) {
    const bool last = &p == &passes_.back();
    const Task task{&p == &passes_.front() ? x : middle, last ? y : middle, weights, lanes, rows_ >> p.stages, stream && last};
    parallel_for(threads, threads, [&](index_t part, int) {
      char* own = static_cast<char*>(buffer) + part * this->buffer(lanes) * size;
      run_blocks(k, component, p, task, own, task.blocks * part / threads, task.blocks * (part + 1) / threads);
    });
    weights += 2 * rows_ * p.stages * size;
  }
}

void Passes::run_blocks(const kernels::Table& k, Dtype component, const Pass& p, const Task& task, void* buffer, index_t begin,
                        index_t end) const {
  const RowPlace &from = task.from, &to = task.to;
  const index_t size = size_of(component), rows = p.lowest << p.stages;
  const bool one = p.lowest == 1;  // block after block, else row after row within those of one stretch
  const bool together = one && (from.group == 0 || rows % from.group == 0) && (to.group == 0 || rows % to.group == 0);
  const index_t step = together ? rows_ : rows, each = together ? task.blocks : p.lowest;  // of what one call may do
  kernels::ButterflyPass args{p.stages,
                              p.up,
                              true,
                              task.stream,
                              0,
                              task.lanes,
                              nullptr,
                              one ? from.at(rows) : from.step,
                              from.at(p.lowest),
                              nullptr,
                              one ? to.at(rows) : to.step,
                              to.at(p.lowest),
                              buffer,
                              nullptr};
  for (index_t i = begin; i < end; i += args.blocks) {
    const index_t base = i / each * step, first = i % each;
    args.blocks = std::min(each - first, end - i);
    args.x = static_cast<const char*>(from.data) + (from.at(base) + first * args.x_next) * size;
    args.y = static_cast<char*>(to.data) + (to.at(base) + first * args.y_next) * size;
    args.weights = task.weights + i * (index_t{2} << p.stages) * p.stages * size;
    k.butterfly->pass[component == Dtype::f64](args);
  }
}

}  // namespace flatnet
