#pragma once
/// A run of 2 x 2 stages with weights of their own, cut into passes (kernels/butterfly.hpp): rows move from memory to the nearest
/// cache once for up to seven stages, and the weights, packed once more in the order of reading, are one stream.
#include <memory>
#include <vector>

#include "flatnet/factors/factor.hpp"
#include "flatnet/kernels/table.hpp"

namespace flatnet {

/// Rows of a panel or of an array: row r at data + r * step [elements], `pad` more after every `group` rows.
struct RowPlace {
  void* data = nullptr;
  index_t step = 0, group = 0, pad = 0;

  index_t at(index_t r) const { return r * step + (group > 0 ? r / group * pad : 0); }
};

class Passes {
 public:
  Passes(const Passes&) = delete;
  Passes& operator=(const Passes&) = delete;
  /// Null for complex weights, and for stages whose weights, shared, are few: those are better read where they are.
  static std::shared_ptr<const Passes> of(const std::vector<Factor>& stages);

  /// Packs the weights for a computation in floats or doubles, at first use: for panels, or for single columns and vectors of `width`.
  const void* weights(Dtype component) const;
  const void* weights_along(Dtype component, index_t width) const;

  /// Elements of the buffer that each thread of `run` needs beside its panels, and of a panel with pads between x and y.
  index_t buffer(index_t lanes) const { return (index_t{1} << longest_) * lanes; }
  RowPlace middle(index_t lanes, void* data) const;
  index_t middle_size(index_t lanes) const;
  /// Whether there is anything in the middle.
  bool several() const { return passes_.size() > 1; }

  /// x -> middle -> ... -> y, all of `lanes` columns, a multiple of the width. Each may be the other. The threads share the blocks of
  /// each pass. y is written past the caches where `stream` says so and its rows are aligned to 64 bytes.
  void run(const kernels::Table& k, Dtype component, index_t lanes, const RowPlace& x, const RowPlace& middle,
           const RowPlace& y, void* buffer, bool stream = false, int threads = 1) const;

  /// One column in place: the stages from stage `first` on that go in one sweep along their strides; how many, 0 where none does.
  int run_along(const kernels::Table& k, Dtype component, int first, void* x, int threads = 1) const;
  /// True when such sweeps take all stages.
  bool all_along(index_t width) const;

 private:
  struct Pass {
    int first, stages;
    bool up;
    index_t lowest;  // the smallest stride
  };
  // What one pass does: `blocks` counts those of the whole run.
  struct Task {
    const RowPlace &from, &to;
    const char* weights;
    index_t lanes, blocks;
    bool stream;
  };
  explicit Passes(const std::vector<Factor>& stages);
  void run_blocks(const kernels::Table& k, Dtype component, const Pass& p, const Task& task, void* buffer, index_t begin,
                  index_t end) const;
  template <class T> void pack(T* to) const;
  template <class T> void pack_along(T* to, index_t width) const;
  std::vector<Pass> sweeps_along(index_t width) const;

  std::vector<Factor> stages_;
  std::vector<Pass> passes_;
  index_t rows_ = 0;
  int longest_ = 1;
  index_t group_ = 0;               // rows between the pads of `middle`
  static constexpr int widths = 5;  // vectors of 2 to 16 elements, by their bits
  std::vector<Pass> sweeps_[widths];
  Values packed_[2], along_[2][widths];  // by component
};

}  // namespace flatnet
