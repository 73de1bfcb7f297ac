#include "flatnet/network/network.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "flatnet/core/memory.hpp"
#include "flatnet/core/panel.hpp"
#include "flatnet/core/scratch.hpp"

namespace flatnet {
namespace {

// The dtype in which a kernel reads the weights: a real factor acts on real and imaginary parts alike.
Dtype weights_in(const Factor& f, Dtype compute) {
  return is_complex(f.dtype()) || f.get<Gather>() ? compute : component(compute);
}

// One layer on a panel: x (cols rows) -> y (rows rows), `lanes` columns. Returns where the result is: x when the layer works
// in place, else y. Weights were prepared: nothing here allocates.
void* run(const Layer& layer, const kernels::Table& k, Dtype compute, index_t lanes, void* x, void* y) {
  const Factor& f = layer.weight;
  const Dtype w = weights_in(f, compute);
  const index_t parts = is_complex(compute) ? 2 : 1;  // components an element
  const index_t row = is_complex(w) ? lanes : lanes * parts;
  if (const auto* b = f.get<Blocks>()) {
    kernels::BlocksArgs args{b->a,
                             b->b,
                             b->c,
                             b->d,
                             b->va,
                             b->vb,
                             b->vc,
                             b->vd,
                             b->values.get(w).data.get(),
                             x,
                             y,
                             row,
                             b->input ? b->input->data() : nullptr,
                             b->output ? b->output->data() : nullptr};
    if (kernels::in_place(args, is_complex(w))) args.y = y = x;
    k.blocks[static_cast<int>(w)](args);
  } else if (const auto* m = f.get<Csr>()) {
    const auto& table = m->indices.dtype == Dtype::i32 ? k.csr32 : k.csr64;
    table[static_cast<int>(w)]({m->rows, m->begin->data(), m->indices.data.get(), m->values.get(w).data.get(), x, y, row});
  } else {
    const index_t bytes = size_of(component(compute));
    k.gather[kernels::size_index(bytes)]({f.rows(), f.get<Gather>()->index->data(), x, y, lanes * parts});
  }
  if (!layer.bias && layer.activation == Activation::identity) return y;
  // A complex bias, interleaved, is the bias of 2 * rows planar rows.
  const kernels::TouchArgs touch{f.rows() * parts, lanes, layer.bias ? layer.bias.get(compute).data.get() : nullptr, y};
  (component(compute) == Dtype::f32 ? k.touch_f32 : k.touch_f64)[static_cast<int>(layer.activation)](touch);
  return y;
}

void check_shapes(const Network& net, const ConstArrayView& x, const ArrayView& y, int axis) {
  const int ndim = static_cast<int>(x.sizes.size());
  require(axis >= 0 && axis < ndim, "axis ", axis, " is out of range for an array of ", ndim, " dimensions");
  require(x.sizes[axis] == net.cols(), "network maps ", net.cols(), " inputs, x has ", x.sizes[axis], " on axis ", axis);
  require(static_cast<int>(y.sizes.size()) == ndim, "x has ", ndim, " dimensions, the output ", y.sizes.size());
  for (int i = 0; i < ndim; ++i) {
    const index_t expected = i == axis ? net.rows() : x.sizes[i];
    require(y.sizes[i] == expected, "the output needs ", expected, " on axis ", i, ", it has ", y.sizes[i]);
  }
  require(x.strides.size() == x.sizes.size(), "x has ", x.sizes.size(), " sizes and ", x.strides.size(), " strides");
  require(y.strides.size() == y.sizes.size(), "the output has ", y.sizes.size(), " sizes and ", y.strides.size(), " strides");
}

// Nothing is cast down in silence: complex data need a complex computation, fractions a float one.
void check_conversion(Scalar x, Dtype compute) {
  require(is_complex(compute) || (x != Scalar::c64 && x != Scalar::c128), "x is complex, the network computes in ",
          name(compute));
  require(!is_integer(compute) || x < Scalar::f32, "x holds floats, the network computes in ", name(compute));
}

void check_compute(const Network& net, Dtype compute) {
  for (const Layer& layer : net.layers()) {
    require(layer.activation == Activation::identity || compute == Dtype::f32 || compute == Dtype::f64,
            "activations work on float32 and float64, the computation is in ", name(compute));
    require(!layer.bias || !is_integer(compute), "a layer with a bias computes in floats, not in ", name(compute));
  }
}

}  // namespace

Network::Network(std::vector<Layer> layers) : layers_(std::move(layers)) {
  require(!layers_.empty(), "a network needs at least one layer, got none");
  for (std::size_t i = 0; i + 1 < layers_.size(); ++i)
    require(layers_[i].weight.rows() == layers_[i + 1].weight.cols(), "layer ", i, " gives ", layers_[i].weight.rows(),
            " outputs, layer ", i + 1, " takes ", layers_[i + 1].weight.cols(), " inputs");
  for (Layer& layer : layers_) {
    require(!layer.bias || layer.bias.size() == layer.weight.rows(), "a layer of ", layer.weight.rows(),
            " outputs needs as many biases, got ", layer.bias.size());
    if (const auto* m = layer.weight.get<Csr>())
      if (auto pattern = recognise(*m)) layer.weight = std::move(*pattern);
  }
}

index_t Network::synapses() const {
  index_t sum = 0;
  for (const Layer& layer : layers_) sum += layer.weight.synapses();
  return sum;
}

index_t Network::neurons() const {
  index_t sum = 0;
  for (std::size_t i = 0; i + 1 < layers_.size(); ++i) sum += layers_[i].weight.rows();
  return sum;
}

void Network::prepare(Dtype dtype) const {
  check_compute(*this, dtype);
  for (const Layer& layer : layers_) {
    const Dtype w = weights_in(layer.weight, dtype);
    if (const auto* b = layer.weight.get<Blocks>()) b->values.get(w);
    if (const auto* m = layer.weight.get<Csr>()) m->values.get(w);
    if (layer.bias) layer.bias.get(dtype);
  }
}

void Network::apply(const ConstArrayView& x, const ArrayView& y, int axis, int threads, const kernels::Table* kernels) const {
  check_shapes(*this, x, y, axis);
  check_conversion(x.scalar, y.dtype);
  require(threads >= 0 && threads <= 4096, "the number of threads must be from 1 to 4096, or 0 for the default, got ", threads);
  const kernels::Table& k = kernels ? *kernels : active_kernels();
  const Panels panels(x, y, axis);
  if (panels.columns() == 0 || rows() == 0) return;
  prepare(y.dtype);

  index_t widest = cols();
  for (const Layer& layer : layers_) widest = std::max(widest, layer.weight.rows());
  const index_t lanes = panels.lanes(widest);
  require_memory("a panel",
                 2.0 * static_cast<double>(widest) * static_cast<double>(lanes) * static_cast<double>(size_of(y.dtype)));
  const index_t panel = (std::max<index_t>(widest, 1) * lanes * size_of(y.dtype) + 63) / 64 * 64;  // bytes
  const index_t count = (panels.columns() + lanes - 1) / lanes;
  // Waking a team takes some 10 us, the time of about 10^5 touched elements: below that one thread does it all.
  const double touched =
      static_cast<double>(widest) * static_cast<double>(panels.columns()) * static_cast<double>(layers_.size());
  const int wanted = touched < 1e5 ? 1 : threads > 0 ? threads : default_threads();
  const int team = static_cast<int>(std::min<index_t>(count, wanted));
  require_memory("scratch for the panels", 2.0 * static_cast<double>(panel) * team);
  const Scratch scratch(static_cast<std::size_t>(2 * panel * team));

  parallel_for(count, team, [&](index_t i, int thread) {
    std::byte* from = scratch.data() + 2 * panel * thread;
    std::byte* to = from + panel;
    const index_t first = i * lanes, present = std::min(lanes, panels.columns() - first);
    panels.load(k, first, present, lanes, from);
    for (const Layer& layer : layers_) {
      if (run(layer, k, y.dtype, lanes, from, to) == to) std::swap(from, to);
    }
    panels.store(k, first, present, lanes, from);
  });
}

}  // namespace flatnet
