// Steps on panels.
#include <algorithm>

#include "flatnet/core/isa.hpp"
#include "flatnet/engine/fourier.hpp"
#include "flatnet/factors/sliced.hpp"
#include "flatnet/kernels/activation.hpp"
#include "flatnet/kernels/butterfly.hpp"
#include "flatnet/network/neurons.hpp"
#include "flatnet/network/passes.hpp"
#include "flatnet/network/runs.hpp"
#include "flatnet/network/tiles.hpp"

namespace flatnet {
namespace {

// The dtype in which a kernel reads the weights: a real factor acts on real and imaginary parts alike.
Dtype weights_in(const Factor& f, Dtype compute) {
  return is_complex(f.dtype()) || f.get<Gather>() ? compute : component(compute);
}

// Lanes that a kernel for weights of dtype w sees on a panel of `lanes` columns: a complex panel is a real one of twice the lanes.
index_t row_of(Dtype w, Dtype compute, index_t lanes) { return is_complex(w) || !is_complex(compute) ? lanes : 2 * lanes; }

void run_sparse(const Csr& m, const kernels::Table& k, Dtype compute, Dtype w, index_t lanes, const Rows& x, const Rows& y,
                index_t part, index_t parts) {
  kernels::CsrArgs args = m.sliced->args(m, w);
  if (parts > 1) Sliced::share(args, part, parts);
  const index_t element = size_of(component(compute));
  args.x = x.data;
  args.y = y.data;
  args.lanes = row_of(w, compute, lanes);
  args.x_row = x.step / element;
  args.y_row = y.step / element;
  const int bits = Sliced::index_bits(m);
  (bits == 16 ? k.csr16 : bits == 32 ? k.csr32 : k.csr64)[static_cast<int>(w)](args);
}

void* run_weight(const Factor& f, const kernels::Table& k, Dtype compute, index_t lanes, void* x, void* y) {
  const Dtype w = weights_in(f, compute);
  const index_t row = row_of(w, compute, lanes);
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
    const index_t step = lanes * size_of(compute);
    run_sparse(*m, k, compute, w, lanes, {x, step}, {y, step}, 0, 1);
  } else {
    const index_t bytes = size_of(component(compute));
    k.gather[kernels::size_index(bytes)](
        {f.rows(), f.get<Gather>()->index->data(), x, y, is_complex(compute) ? 2 * lanes : lanes});
  }
  return y;
}

// Real weights act on real and imaginary parts alike.
void* run_tiles(const Step& step, const kernels::Table& k, Dtype compute, index_t lanes, const void* x, void* y) {
  const index_t row = row_of(component(compute), compute, lanes);
  step.tiles->run(k, component(compute), row, x, row, y, row);
  return y;
}

kernels::ButterflyStage stage_of(const Factor& f, Dtype w) {
  const Blocks& b = *f.get<Blocks>();
  return {b.d, b.va, b.vb, b.vc, b.vd, b.values.get(w).data.get()};
}

// How many stages from i on go in one sweep, and whether within the vector of a single column.
struct Group {
  int count = 1;
  bool column = false;
};

class Butterfly {
 public:
  Butterfly(const Step& step, const kernels::Table& k, Dtype compute, index_t lanes)
      : stages_(step.stages), passes_(step.passes.get()), k_(k), compute_(compute), lanes_(lanes) {}

  void run(index_t rows, void* x) const {
    const bool along = passes_ && lanes_ == 1 && (compute_ == Dtype::f32 || compute_ == Dtype::f64);
    for (int i = 0; i < static_cast<int>(stages_.size());) {
      if (const int taken = along ? passes_->run_along(k_, compute_, i, x) : 0; taken > 0) {
        i += taken;
        continue;
      }
      const Group g = group(i, rows);
      const Dtype w = weights_in(stages_[i], compute_);
      if (g.count == 1 && !g.column) {
        run_weight(stages_[i], k_, compute_, lanes_, x, x);
      } else {
        kernels::ButterflyArgs args{};
        args.n = rows;
        args.stages = g.count;
        for (int s = 0; s < g.count; ++s) args.stage[s] = stage_of(stages_[i + s], w);
        args.x = x;
        args.lanes = row_of(w, compute_, lanes_);
        (g.column ? k_.butterfly->column : k_.butterfly->sweep)[static_cast<int>(w)](args);
      }
      i += g.count;
    }
  }

 private:
  const Blocks& blocks(int i) const { return *stages_[i].get<Blocks>(); }

  Group group(int i, index_t rows) const {
    const Dtype w = weights_in(stages_[i], compute_);
    const index_t lanes = row_of(w, compute_, lanes_), width = k_.butterfly->width[static_cast<int>(w)];
    if (lanes == 1 && rows % width == 0)
      if (const int inner = within_vector(i, width, w)) return {inner, true};
    if (lanes != 1 && lanes % 16 != 0) return {};
    // Stages of strides d, 2d, 4d, ... or d, d/2, d/4, ...; for one column all with weights alike along d.
    const int end = static_cast<int>(stages_.size());
    int length = 1;
    const auto fits = [&](int j) {
      return weights_in(stages_[j], compute_) == w && (lanes > 1 || (blocks(j).d % width == 0 && alike(j, i)));
    };
    if (!fits(i)) return {};
    bool up = false;
    while (i + length < end && fits(i + length)) {
      const index_t before = blocks(i + length - 1).d, d = blocks(i + length).d;
      if (length == 1) up = d > before;
      if (up ? d != 2 * before : 2 * d != before) break;
      ++length;
    }
    // As few sweeps as will do, of equal length.
    const int most = k_.butterfly->fused[is_complex(w)], sweeps = (length + most - 1) / most;
    return {(length + sweeps - 1) / sweeps, false};
  }

  bool alike(int j, int i) const { return blocks(j).vd == blocks(i).vd && (blocks(j).vd == 0 || blocks(j).vd == 1); }

  int within_vector(int i, index_t width, Dtype w) const {
    int count = 0;
    while (i + count < static_cast<int>(stages_.size()) && count < kernels::ButterflyArgs::most_stages) {
      const Factor& f = stages_[i + count];
      if (weights_in(f, compute_) != w || f.get<Blocks>()->d >= width || !kernels::within(stage_of(f, w))) break;
      ++count;
    }
    return count;
  }

  const std::vector<Factor>& stages_;
  const Passes* passes_;
  const kernels::Table& k_;
  Dtype compute_;
  index_t lanes_;
};

// Passes over a panel, the other panel as their buffer.
bool passes_fit(const Step& step, const kernels::Table& k, Dtype compute, index_t lanes) {
  return step.passes && lanes > 1 && !is_integer(compute) &&
         lanes % k.butterfly->width[static_cast<int>(component(compute))] == 0;
}

void run_butterfly(const Step& step, const kernels::Table& k, Dtype compute, index_t lanes, void* x, void* scratch) {
  if (passes_fit(step, k, compute, lanes)) {
    const index_t row = row_of(component(compute), compute, lanes);
    const RowPlace panel{x, row};
    return step.passes->run(k, component(compute), row, panel, panel, panel, scratch);
  }
  const auto real = [](const Factor& f) { return !is_complex(f.dtype()); };
  if (lanes > 1 || !is_complex(compute) || !std::all_of(step.stages.begin(), step.stages.end(), real))
    return Butterfly(step, k, compute, lanes).run(step.rows, x);
  // One complex column and real weights: real and imaginary parts are two real columns.
  const Dtype part = component(compute);
  const int s = kernels::size_index(size_of(part));
  char* parts[] = {static_cast<char*>(scratch), static_cast<char*>(scratch) + step.rows * size_of(part)};
  k.deinterleave[s]({step.rows, x, parts[0], parts[1]});
  for (char* column : parts) Butterfly(step, k, part, 1).run(step.rows, column);
  k.interleave[s]({step.rows, x, parts[0], parts[1]});
}

void run_scale(const Step& step, const kernels::Table& k, Dtype compute, index_t lanes, void* x) {
  if (!step.scale_values) return;
  const Dtype w = is_complex(step.scale_values.dtype()) ? compute : component(compute);
  const index_t row = row_of(w, compute, lanes);
  k.blocks[static_cast<int>(w)](
      {1, 1, 1, step.rows, 0, 1, 1, 0, step.scale_values.get(w).data.get(), x, x, row, nullptr, nullptr});
}

// One column is a line of interleaved numbers; more of them make a panel.
void run_fourier(const Step& step, const kernels::Table& k, Dtype compute, index_t lanes, void* x, void* scratch) {
  if (lanes == 1 && step.n >= least_direct_points) {
    const index_t size = size_of(compute);
    const Extents sizes = {step.a, step.n, step.d}, strides = {step.n * step.d * size, step.d * size, size};
    const engine::Lines lines(sizes, strides, size, sizes, strides, size, 1);
    engine::c2c(component(compute), lines, x, x, step.inverse, 1.0, 1, &k);
  } else {
    engine::c2c_panel(k, component(compute), step.a, step.n, step.d, lanes, x, scratch, step.inverse);
  }
  run_scale(step, k, compute, lanes, x);
}

}  // namespace

void prepare(const Step& step, Dtype compute, bool one_lane) {
  const auto convert = [compute](const Factor& f) {
    const Dtype w = weights_in(f, compute);
    if (const auto* b = f.get<Blocks>()) b->values.get(w);
    if (const auto* m = f.get<Csr>()) m->sliced->args(*m, w);
  };
  if (step.weight) convert(*step.weight);
  const kernels::ButterflyTable& table = *active_kernels().butterfly;
  const Dtype part = component(compute);
  if (step.tiles && !is_integer(compute)) step.tiles->weights(part, table.tile_rows);
  if (step.neurons) step.neurons->prepare(part);
  if (step.passes && !is_integer(compute)) {
    if (one_lane) step.passes->weights_along(part, table.width[static_cast<int>(part)]);
    else step.passes->weights(part);
  } else {
    for (const Factor& f : step.stages) convert(f);
  }
  if (step.scale_values) step.scale_values.get(is_complex(step.scale_values.dtype()) ? compute : component(compute));
  if (step.bias) step.bias.get(compute);
}

void touch(const Step& step, const kernels::Table& k, Dtype compute, index_t lanes, void* x) {
  // A complex bias, interleaved, is the bias of 2 * rows planar rows.
  const index_t parts = is_complex(compute) ? 2 : 1;
  const kernels::TouchArgs args{step.rows * parts, lanes, step.bias ? step.bias.get(compute).data.get() : nullptr, x};
  k.activation->touch[kernels::size_index(size_of(component(compute)))][static_cast<int>(step.activation)](args);
}

void* run(const Step& step, const kernels::Table& k, Dtype compute, index_t lanes, void* x, void* y) {
  void* at = x;
  switch (step.kind) {
    case Step::Kind::layer:
      if (step.tiles && !is_integer(compute)) at = run_tiles(step, k, compute, lanes, x, y);
      else at = run_weight(*step.weight, k, compute, lanes, x, y);
      break;
    case Step::Kind::neurons: step.neurons->run(k, compute, lanes, x, lanes, at = y, lanes); break;
    case Step::Kind::butterfly: run_butterfly(step, k, compute, lanes, x, y); break;
    case Step::Kind::hadamard:
      engine::fwht_panel(k, component(compute), step.a, step.n, step.d, is_complex(compute) ? 2 * lanes : lanes, x);
      run_scale(step, k, compute, lanes, x);
      break;
    case Step::Kind::fourier: run_fourier(step, k, compute, lanes, x, y); break;
  }
  if (step.touched()) touch(step, k, compute, lanes, at);
  return at;
}

bool by_rows(const Step& step) { return step.kind == Step::Kind::layer && step.weight->get<Csr>(); }

void run_rows(const Step& step, const kernels::Table& k, Dtype compute, index_t lanes, const Rows& x, const Rows& y,
              index_t part, index_t parts) {
  run_sparse(*step.weight->get<Csr>(), k, compute, weights_in(*step.weight, compute), lanes, x, y, part, parts);
}

}  // namespace flatnet
