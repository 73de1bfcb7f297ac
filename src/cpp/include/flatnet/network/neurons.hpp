#pragma once
/// Chains of small layers with activations, packed for the kernel that runs them in one go (kernels/neurons.hpp).
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "flatnet/kernels/neurons.hpp"
#include "flatnet/network/layer.hpp"

namespace flatnet {

/// ", logistic"; nothing for the identity.
const char* words(Activation activation);

class Neurons {
 public:
  Neurons(const Neurons&) = delete;
  Neurons& operator=(const Neurons&) = delete;

  /// Rows and columns of a layer, before its pairs are joined; up to `narrow` every layer is worth it.
  static constexpr index_t most_width = 256, narrow = 16;

  /// Real weights in floats, in blocks or sparse, small enough.
  static bool is_small(const Layer& layer, index_t width);
  /// Small layers first .. first + count - 1, two or more; null where other kernels do as well: without an activation between two
  /// layers, and for wide layers with nothing to leave out. A softmax at the end is the caller's.
  static std::shared_ptr<const Neurons> of(const std::vector<Layer>& layers, int first, int count);

  int layers() const { return static_cast<int>(layers_.size()); }
  /// Packs the weights for floats or doubles, at first use.
  void prepare(Dtype component) const;
  /// `lanes` columns, any number, x and y apart; rows lie x_row and y_row elements apart. `stream`: y past the caches.
  void run(const kernels::Table& k, Dtype component, index_t lanes, const void* x, index_t x_row, void* y, index_t y_row,
           bool stream = false) const;
  /// Multiply-adds a column, activations counted as several.
  index_t work() const;
  /// "2 -> 4 -> 1, logistic, in 2 pairs".
  std::string describe() const;

  /// A layer in numbers: rows over the units of the layer before, and what becomes of the sums.
  struct Stage {
    index_t rows = 0, cols = 0;  // units after, before
    std::vector<double> weight;  // rows x cols
    std::vector<char> present;   // the same: entries that take part
    std::vector<double> bias;    // empty: none; of a pair: what is added to t
    std::vector<double> centre;  // of a pair: b; NaN: a plain neuron
    Activation activation = Activation::identity;
    index_t neurons = 0;  // rows before pairs were joined

    index_t pairs() const;
    index_t entries() const;
  };

 private:
  struct Packed {
    std::once_flag made;
    std::vector<kernels::NeuronLayer> layers;
    std::vector<std::int32_t> begin;
    std::vector<std::uint16_t> column, to;
    std::vector<std::byte> numbers;
  };
  Neurons(std::vector<Layer> layers);
  template <class T> static std::vector<Stage> stages(const std::vector<Layer>& layers);
  template <class T> void pack(Packed& to) const;
  const Packed& packed(Dtype component) const;

  std::vector<Layer> layers_;
  std::vector<Stage> stages_;  // in doubles: what is said, and the sizes of all
  int widest_ = 1;
  mutable Packed packed_[2];
};

}  // namespace flatnet
