#pragma once
/// A network: layers in the order in which they are applied. y = sigma_L(A_L ... sigma_1(A_1 x + b_1) ... + b_L).
#include <memory>
#include <string>
#include <vector>

#include "flatnet/core/isa.hpp"
#include "flatnet/core/panel.hpp"
#include "flatnet/core/parallel.hpp"
#include "flatnet/core/view.hpp"
#include "flatnet/factors/kinds.hpp"
#include "flatnet/network/runs.hpp"

namespace flatnet {

class Network {
 public:
  /// At least one layer; neighbours must chain. CSR layers whose support is a pattern (a,b,c,d) are recognised.
  explicit Network(std::vector<Layer> layers);

  const std::vector<Layer>& layers() const { return layers_; }
  index_t rows() const { return layers_.back().weight.rows(); }
  index_t cols() const { return layers_.front().weight.cols(); }
  index_t synapses() const;
  index_t neurons() const;  // hidden widths, summed
  index_t depth() const { return static_cast<index_t>(layers_.size()) - 1; }

  /// Applies the network along `axis` of x; every other axis is batch. y.dtype is the dtype of the computation. All checks come
  /// before the first write; results are the same for any number of threads (0: the process's default). Complex data need a
  /// complex y, floats a float or complex one; integers must fit. y may be x itself (same strides), else they may not overlap.
  void apply(const ConstArrayView& x, const ArrayView& y, int axis, int threads = 0,
             const kernels::Table* kernels = nullptr) const;

  /// (batch, n) rows in C order.
  template <class T> void apply(const T* x, T* y, index_t batch, int threads = 1) const {
    apply(flatnet::rows(x, batch, cols()), flatnet::rows(y, batch, rows()), 1, threads);
  }

  /// Converts the weights to what a computation in `dtype` reads, ahead of the first call.
  void prepare(Dtype dtype) const;

  /// What runs when the network computes in `dtype`: the runs seen in its layers, and the layers between them.
  const Program& program(Dtype dtype) const;
  /// The same in words, a line a step.
  std::vector<std::string> steps(Dtype dtype) const;

 private:
  struct Programs;
  const Program& prepare(Dtype dtype, bool one_lane) const;
  void run(const Panels& panels, const std::vector<Step>& steps, const kernels::Table& k, Dtype dtype, int threads) const;
  static void pass(const Panels& panels, const std::vector<Step>& steps, const kernels::Table& k, Dtype dtype, index_t first,
                   index_t present, index_t lanes, std::byte* from, std::byte* to, int threads);
  std::vector<Layer> layers_;
  double touched_ = 0;                  // elements and sparse weights that one column goes through
  std::shared_ptr<Programs> programs_;  // made at first use, shared by copies
};

}  // namespace flatnet
