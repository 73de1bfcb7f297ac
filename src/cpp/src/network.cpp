#include "flatnet/network/network.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "flatnet/core/memory.hpp"
#include "flatnet/core/panel.hpp"
#include "flatnet/core/scratch.hpp"

namespace flatnet {
namespace {

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

// Steps of whole elements along every axis that has steps.
bool in_elements(const ConstArrayView& x, index_t element) {
  for (std::size_t i = 0; i < x.sizes.size(); ++i)
    if (x.sizes[i] != 1 && x.strides[i] % element != 0) return false;
  return true;
}

void check_compute(const Network& net, Dtype compute) {
  for (const Layer& layer : net.layers()) {
    const Dtype w = layer.weight.dtype();
    const bool weighted = !layer.weight.get<Gather>();
    require(!weighted || is_complex(compute) || !is_complex(w), "weights are ", name(w), ", the network computes in ",
            name(compute));
    require(!weighted || !is_integer(compute) || is_integer(w), "weights are ", name(w), ", the network computes in ",
            name(compute));
    require(layer.activation == Activation::identity || compute == Dtype::f32 || compute == Dtype::f64,
            "activations work on float32 and float64, the computation is in ", name(compute));
    require(!layer.bias || !is_integer(compute), "a layer with a bias computes in floats, not in ", name(compute));
  }
}

// Entries times vectors of lanes, of a step that is done by rows; a part below some 10 us is not worth a thread.
constexpr index_t least_part = 16384;
index_t work_of(const Step& step, index_t lanes) { return step.weight->get<Csr>()->values.size() * (1 + lanes / 16); }

}  // namespace

struct Network::Programs {
  std::once_flag made[4];
  Program program[4];
  std::atomic<unsigned> ready{0};  // bits by dtype and one_lane: a computation in it was checked, its weights are converted
};

Network::Network(std::vector<Layer> layers) : layers_(std::move(layers)), programs_(std::make_shared<Programs>()) {
  require(!layers_.empty(), "a network needs at least one layer, got none");
  for (std::size_t i = 0; i + 1 < layers_.size(); ++i)
    require(layers_[i].weight.rows() == layers_[i + 1].weight.cols(), "layer ", i, " gives ", layers_[i].weight.rows(),
            " outputs, layer ", i + 1, " takes ", layers_[i + 1].weight.cols(), " inputs");
  for (Layer& layer : layers_) {
    require(!layer.bias || layer.bias.size() == layer.weight.rows(), "a layer of ", layer.weight.rows(),
            " outputs needs as many biases, got ", layer.bias.size());
    if (const auto* m = layer.weight.get<Csr>())
      if (auto pattern = recognise(*m)) layer.weight = std::move(*pattern);
    const auto* m = layer.weight.get<Csr>();
    touched_ += static_cast<double>(std::max({layer.weight.rows(), layer.weight.cols(), m ? m->values.size() : 0}));
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

const Program& Network::program(Dtype dtype) const {
  const auto make = [this](bool wide, bool real) -> Program& {
    const int which = wide + 2 * !real;
    std::call_once(programs_->made[which], [&] { programs_->program[which] = program_of(layers_, wide, real); });
    return programs_->program[which];
  };
  // They differ only where a Fourier run was seen in weights of 32 bits, or small layers as one step.
  const Program& common = make(false, true);
  const bool wide = component(dtype) == Dtype::f64 && common.narrow;
  return make(wide, !common.neurons || dtype == Dtype::f32 || dtype == Dtype::f64);
}

std::vector<std::string> Network::steps(Dtype dtype) const {
  std::vector<std::string> words;
  for (const Step& step : program(dtype).steps) words.push_back(describe(step));
  return words;
}

void Network::prepare(Dtype dtype) const {
  for (const bool one_lane : {false, true}) prepare(dtype, one_lane);
}

// The steps to run; all that is done once for them is done.
const Program& Network::prepare(Dtype dtype, bool one_lane) const {
  const unsigned bit = 1u << (2 * static_cast<int>(dtype) + one_lane);
  const bool ready = programs_->ready.load(std::memory_order_acquire) & bit;
  if (!ready) check_compute(*this, dtype);
  const Program& program = this->program(dtype);
  if (ready) return program;
  for (const Step& step : program.steps) flatnet::prepare(step, dtype, one_lane);
  programs_->ready.fetch_or(bit, std::memory_order_release);
  return program;
}

void Network::apply(const ConstArrayView& x, const ArrayView& y, int axis, int threads, const kernels::Table* kernels) const {
  check_shapes(*this, x, y, axis);
  check_conversion(x.scalar, y.dtype);
  require(threads >= 0 && threads <= max_threads, "the number of threads must be from 1 to ", max_threads,
          ", or 0 for the default, got ", threads);
  const kernels::Table& k = kernels ? *kernels : active_kernels();
  const Panels panels(x, y, axis);
  if (panels.columns() == 0 || rows() == 0) return;
  const Program& program = prepare(y.dtype, panels.columns() <= 2);
  const double touched = touched_ * static_cast<double>(panels.columns());
  // Waking a team takes some 10 us, the time of about 10^5 touched elements: below that one thread does it all.
  const int wanted = touched < 1e5 ? 1 : threads > 0 ? threads : default_threads();
  if (program.whole && fits(*program.whole, y)) {
    const bool direct = !x.swapped && x.scalar == scalar_of(y.dtype) && in_elements(x, size_of(y.dtype));
    if (!direct) run(panels, {}, k, y.dtype, wanted);
    const ConstArrayView again{y.data, scalar_of(y.dtype), false, y.sizes, y.strides};
    return flatnet::run(*program.whole, k, direct ? x : again, y, axis, wanted);
  }
  if (run_direct(program.steps, k, x, y, axis, threads > 0 ? threads : default_threads())) return;
  run(panels, program.steps, k, y.dtype, wanted);
}

// One panel through all steps; `threads` share the rows of those steps that allow it.
void Network::pass(const Panels& panels, const std::vector<Step>& steps, const kernels::Table& k, Dtype dtype, index_t first,
                   index_t present, index_t lanes, std::byte* from, std::byte* to, int threads) {
  const index_t row = lanes * size_of(dtype);
  Rows at = steps.empty() || !by_rows(steps.front()) ? Rows{} : panels.input(first, present, lanes);
  if (!at.data) {
    panels.load(k, first, present, lanes, from);
    at = {from, row};
  }
  for (const Step& step : steps) {
    if (!by_rows(step)) {
      if (flatnet::run(step, k, dtype, lanes, from, to) == to) std::swap(from, to);
      at = {from, row};
      continue;
    }
    const bool last = &step == &steps.back();
    Rows y = last ? panels.output(first, present, lanes) : Rows{};
    if (step.touched() && y.step != row) y = {};
    const bool direct = y.data;
    if (!direct) y = {to, row};
    const index_t parts = std::min<index_t>(threads, work_of(step, lanes) / least_part);
    if (parts > 1) {
      parallel_for(parts, threads, [&](index_t part, int) { run_rows(step, k, dtype, lanes, at, y, part, parts); });
    } else {
      run_rows(step, k, dtype, lanes, at, y, 0, 1);
    }
    if (step.touched()) touch(step, k, dtype, lanes, y.data);
    if (direct) return;
    std::swap(from, to);
    at = {from, row};
  }
  panels.store(k, first, present, lanes, from);
}

void Network::run(const Panels& panels, const std::vector<Step>& steps, const kernels::Table& k, Dtype dtype,
                  int threads) const {
  index_t widest = std::max(cols(), rows());
  for (const Step& step : steps) widest = std::max(widest, step.rows);
  // Sparse rows take any number of lanes; the rest is at its best with 16.
  const bool sparse = !steps.empty() && std::all_of(steps.begin(), steps.end(), by_rows);
  const index_t lanes = panels.lanes(widest, sparse ? 8 : 16);
  require_memory("a panel",
                 2.0 * static_cast<double>(widest) * static_cast<double>(lanes) * static_cast<double>(size_of(dtype)));
  const index_t panel = (std::max<index_t>(widest, 1) * lanes * size_of(dtype) + 63) / 64 * 64;  // bytes
  const index_t count = (panels.columns() + lanes - 1) / lanes;
  // Threads take panels; where there are fewer panels than threads, rows.
  const bool thin = count < threads;
  const int team = thin ? 1 : threads;
  require_memory("scratch for the panels", 2.0 * static_cast<double>(panel) * team);
  const Scratch scratch(static_cast<std::size_t>(2 * panel * team));

  parallel_for(count, team, [&](index_t i, int thread) {
    std::byte* const from = scratch.data() + 2 * panel * thread;
    const index_t first = i * lanes, present = std::min(lanes, panels.columns() - first);
    pass(panels, steps, k, dtype, first, present, lanes, from, from + panel, thin ? threads : 1);
  });
}

}  // namespace flatnet
