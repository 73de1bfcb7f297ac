// Maximal runs of stages in a chain, and the steps that compute them.
//
// Hadamard stages on different bits commute: a run is the product over its ranges of neighbouring bits.
// Fourier stages T_s = I (x) [[I, W], [I, -W]] of strides d = B, 2B, ..., N/2 (A = N/B = 2^stages, l < B, k < A):
//     T ... T = I_{n/N} (x) (F_A (x) I_B) D (R_A (x) I_B),   D = diag(w_N^{k l}) at k B + l,   R_A the reversal of bits;
// transposed stages in the order N/2, ..., B give the transpose, (R_A (x) I_B) D (F_A (x) I_B). B = 1 leaves no D.
#include <algorithm>
#include <cmath>

#include "flatnet/network/runs.hpp"

#include "flatnet/network/neurons.hpp"
#include "flatnet/network/passes.hpp"
#include "flatnet/network/tiles.hpp"
#include "flatnet/transforms/list.hpp"

namespace flatnet {
namespace {

bool is_identity(const Index& p) {
  if (!p) return true;
  for (std::size_t i = 0; i < p->size(); ++i)
    if ((*p)[i] != static_cast<index_t>(i)) return false;
  return true;
}

struct Seen {
  bool pair = false;
  std::optional<HadamardStage> hadamard;
  std::optional<FourierStage> fourier;
  bool narrow = false;  // weights of 32-bit floats
  Index input, output;
  Index gather;  // a permutation and nothing else
  bool touched = false;
};

Seen see(const Layer& layer) {
  Seen s;
  s.touched = layer.bias || layer.activation != Activation::identity;
  if (const auto* p = layer.weight.get<Gather>()) s.gather = p->index;
  std::optional<Factor> paired;
  if (const auto* m = layer.weight.get<Csr>()) {
    s.gather = permutation_in(*m);
    paired = pairs_in(*m);
  }
  const Factor& weight = paired ? *paired : layer.weight;
  const auto* g = weight.get<Blocks>();
  if (!g) return s;
  s.pair = !paired && is_pair_stage(weight);
  s.hadamard = hadamard_stage(weight);
  s.fourier = fourier_stage_of(weight);
  s.narrow = component(layer.weight.dtype()) == Dtype::f32;
  s.input = g->input;
  s.output = g->output;
  return s;
}

index_t odd_part(index_t n) { return n / (n & -n); }

// Layers i .. i + length - 1.
struct Run {
  int length = 0;
  bool transposed = false;  // fourier
  int sign = 0;
  bool narrow = false;
};

class Finder {
 public:
  Finder(const std::vector<Layer>& layers, bool wide, bool real) : layers_(layers), wide_(wide), real_(real) {
    for (const Layer& layer : layers) seen_.push_back(see(layer));
  }

  Program find() {
    const int count = static_cast<int>(layers_.size());
    int waiting = 0;  // 2 x 2 stages before i that wait for neighbours
    for (int i = 0; i < count;) {
      const Run f = fourier_run(i), h = hadamard_run(i);
      const bool fourier = f.length > 0 && f.length >= h.length;
      if (fourier || h.length > 0) {
        pairs(i - waiting, waiting);
        waiting = 0;
        if (fourier) emit_fourier(i, f);
        else emit_hadamard(i, h);
        i += fourier ? f.length : h.length;
        continue;
      }
      if (const auto small = neurons(i)) {
        pairs(i - waiting, waiting);
        waiting = 0;
        i += emit_neurons(i, small);
        continue;
      }
      if (waiting > 0 && !(seen_[i].pair && joined(i))) {
        pairs(i - waiting, waiting);
        waiting = 0;
      }
      if (seen_[i].pair) ++waiting;
      else plain(i);
      ++i;
    }
    pairs(count - waiting, waiting);
    program_.whole = whole_of(program_.steps);
    return std::move(program_);
  }

 private:
  // Nothing stands between the stages of layers i - 1 and i.
  bool joined(int i) const { return !seen_[i - 1].touched && !seen_[i - 1].output && !seen_[i].input; }

  // Three stages, or all of a small transform: below that a sweep over 2 x 2 blocks does as well.
  Run fourier_run(int i) {
    Run run;
    index_t lowest = 0;
    for (int j = i; j < static_cast<int>(layers_.size()); ++j) {
      const Seen& s = seen_[j];
      if (!s.fourier || (s.narrow && wide_)) break;
      if (j > i && !joined(j)) break;
      const FourierStage& stage = *s.fourier;
      if (run.sign != 0 && stage.sign != 0 && stage.sign != run.sign) break;
      if (j > i) {
        const bool up = stage.d == 2 * lowest_of(j - 1), down = 2 * stage.d == lowest_of(j - 1);
        if (j == i + 1) run.transposed = down;
        if (run.transposed ? !(down && stage.in_frequency) : !(up && stage.in_time)) break;
        if (j == i + 1 && !(run.transposed ? seen_[i].fourier->in_frequency : seen_[i].fourier->in_time)) break;
      }
      if (stage.sign != 0) run.sign = stage.sign;
      run.narrow = run.narrow || s.narrow;
      run.length = j - i + 1;
      lowest = j == i ? stage.d : std::min(lowest, stage.d);
    }
    if (run.length < 2 || (run.length == 2 && lowest > 1)) run.length = 0;
    return run;
  }
  index_t lowest_of(int j) const { return seen_[j].fourier->d; }

  // Two bits or more; each bit once (a bit twice would be a scale: the layers are computed as they are).
  Run hadamard_run(int i) const {
    Run run;
    std::uint64_t bits = 0;
    for (int j = i; j < static_cast<int>(layers_.size()); ++j) {
      const Seen& s = seen_[j];
      if (!s.hadamard || (j > i && !joined(j)) || odd_part(s.hadamard->d) != odd_part(seen_[i].hadamard->d)) break;
      const std::uint64_t mine = bits_of(*s.hadamard);
      if (bits & mine) break;
      bits |= mine;
      run.length = j - i + 1;
    }
    if ((bits & (bits - 1)) == 0) run.length = 0;
    return run;
  }
  // The longest chain of small layers from i on that pays; none that would take a transform's stages.
  std::shared_ptr<const Neurons> neurons(int i) {
    if (!real_) return nullptr;
    // Where all of a chain did not pay, neither does its end; narrow layers always do.
    for (const index_t width : {Neurons::most_width, Neurons::narrow}) {
      const int end = small_from(i, width);
      if (width != Neurons::narrow && end == tried_) continue;
      if (auto small = Neurons::of(layers_, i, end - i)) return small;
      if (width != Neurons::narrow) tried_ = end;
    }
    return nullptr;
  }
  int small_from(int i, index_t width) {
    const int count = static_cast<int>(layers_.size());
    while (i < count && Neurons::is_small(layers_[i], width) && fourier_run(i).length == 0 && hadamard_run(i).length == 0)
      if (layers_[i++].activation == Activation::softmax) break;
    return i;
  }

  static std::uint64_t bits_of(const HadamardStage& s) {
    return static_cast<std::uint64_t>(s.n - 1) * static_cast<std::uint64_t>(s.d & -s.d);
  }

  Step step(Step::Kind kind, index_t n, int first, int count) const {
    Step s;
    s.kind = kind;
    s.rows = s.cols = n;
    s.first = first;
    s.count = count;
    return s;
  }

  void plain(int i) {
    const Layer& layer = layers_[i];
    if (seen_[i].gather && !seen_[i].touched) return gather(seen_[i].gather, i);
    if (absorb_scale(layer)) return;
    Step s = step(Step::Kind::layer, layer.weight.rows(), i, 1);
    s.cols = layer.weight.cols();
    s.weight = layer.weight;
    s.tiles = Tiles::of(layer.weight);
    s.bias = layer.bias;
    s.activation = layer.activation;
    program_.steps.push_back(std::move(s));
  }

  // y[r] = x[index[r]]; joins a permutation before it, and vanishes when nothing moves.
  void gather(Index index, int layer = -1) {
    if (!index) return;
    index = compose(pop_gather(), index);
    if (is_identity(index)) return;
    Step s = step(Step::Kind::layer, static_cast<index_t>(index->size()), std::max(layer, 0), layer < 0 ? 0 : 1);
    s.weight = permutation(std::move(index));
    program_.steps.push_back(std::move(s));
  }
  Index pop_gather() {
    if (program_.steps.empty()) return nullptr;
    const Step& last = program_.steps.back();
    const auto* g = last.weight ? last.weight->get<Gather>() : nullptr;
    if (!g || last.touched()) return nullptr;
    Index index = g->index;
    program_.steps.pop_back();
    return index;
  }

  // A diagonal of one number, after a transform: its scale.
  bool absorb_scale(const Layer& layer) {
    const auto* g = layer.weight.get<Blocks>();
    if (!g || g->b != 1 || g->c != 1 || g->input || g->output || layer.bias || layer.activation != Activation::identity)
      return false;
    if (program_.steps.empty()) return false;
    Step& last = program_.steps.back();
    if ((last.kind != Step::Kind::hadamard && last.kind != Step::Kind::fourier) || last.touched()) return false;
    const Buffer own = g->values.get();
    const bool constant = own.size > 0 && with_type(own.dtype, [&](auto t) {
                            const auto* v = own.as<decltype(t)>();
                            return std::all_of(v, v + own.size, [v](auto w) { return w == v[0]; });
                          });
    if (!constant || is_integer(own.dtype) != !is_floating(last)) return false;
    const c128 s = with_type(own.dtype, [&](auto t) { return c128(own.as<decltype(t)>()[0]); });
    if (!set_scale(last, last.scale * s, is_integer(own.dtype))) return false;
    ++last.count;
    return true;
  }
  // True for a step whose scale is a fraction: one of exact integers may only be joined by another.
  static bool is_floating(const Step& s) { return !s.scale_values || !is_integer(s.scale_values.dtype()); }

  static bool set_scale(Step& s, c128 scale, bool integer) {
    const double size = std::abs(scale);
    // float32 holds the scale as well as the result; whole numbers are those of a double.
    if (!(size > 1e-30 && size < 1e30) || (integer && size > 0x1p53)) return false;
    s.scale = scale;
    s.scale_values = Values();
    if (scale == c128(1.0)) return true;
    if (integer) s.scale_values = Values(copy_of<index_t>({static_cast<index_t>(scale.real())}));
    else if (scale.imag() == 0) s.scale_values = Values(copy_of<double>({scale.real()}));
    else s.scale_values = Values(copy_of<c128>({scale}));
    return true;
  }

  // Bias and activation of the run's last layer belong to the last step that came of it.
  void touch(int last) {
    if (!seen_[last].touched) return;
    program_.steps.back().bias = layers_[last].bias;
    program_.steps.back().activation = layers_[last].activation;
  }

  void pairs(int first, int count) {
    if (count == 0) return;
    if (count == 1) return plain(first);
    gather(seen_[first].input);
    Step s = step(Step::Kind::butterfly, layers_[first].weight.rows(), first, count);
    for (int i = first; i < first + count; ++i) {
      Blocks g = *layers_[i].weight.get<Blocks>();
      g.input = g.output = nullptr;
      s.stages.emplace_back(layers_[i].weight.kind(), std::move(g));
    }
    s.passes = Passes::of(s.stages);
    program_.steps.push_back(std::move(s));
    gather(inverse(seen_[first + count - 1].output));
    touch(first + count - 1);
  }

  int emit_neurons(int first, std::shared_ptr<const Neurons> small) {
    const int count = small->layers();
    Step s = step(Step::Kind::neurons, layers_[first + count - 1].weight.rows(), first, count);
    s.cols = layers_[first].weight.cols();
    if (layers_[first + count - 1].activation == Activation::softmax) s.activation = Activation::softmax;
    s.neurons = std::move(small);
    program_.steps.push_back(std::move(s));
    program_.neurons = true;
    return count;
  }

  void emit_hadamard(int first, const Run& run) {
    const index_t n = layers_[first].weight.rows();
    const index_t odd = odd_part(seen_[first].hadamard->d);
    std::uint64_t bits = 0;
    c128 scale = 1.0;
    bool integer = true;
    for (int i = first; i < first + run.length; ++i) {
      bits |= bits_of(*seen_[i].hadamard);
      scale *= seen_[i].hadamard->scale;
      integer = integer && seen_[i].hadamard->integer;
    }
    Step trial;
    if (!set_scale(trial, scale, integer)) {  // out of range as a product: the layers as they are
      for (int i = first; i < first + run.length; ++i) plain(i);
      return;
    }
    gather(seen_[first].input);
    for (std::uint64_t rest = bits; rest;) {
      const std::uint64_t low = rest & (~rest + 1), range = rest & ~(rest + low);
      rest &= ~range;
      Step s = step(Step::Kind::hadamard, n, first, run.length);
      s.d = odd * static_cast<index_t>(low);
      s.n = static_cast<index_t>(range / low) + 1;
      s.a = n / (s.n * s.d);
      program_.steps.push_back(std::move(s));
    }
    set_scale(program_.steps.back(), scale, integer);
    const int last = first + run.length - 1;
    gather(inverse(seen_[last].output));
    touch(last);
  }

  void emit_fourier(int first, const Run& run) {
    const int last = first + run.length - 1;
    const index_t n = layers_[first].weight.rows(), points = index_t{1} << run.length;
    const index_t lowest = seen_[run.transposed ? last : first].fourier->d;
    c128 scale = 1.0;
    for (int i = first; i <= last; ++i) scale *= seen_[i].fourier->scale;
    Step s = step(Step::Kind::fourier, n, first, run.length);
    if (!set_scale(s, scale, false)) {
      for (int i = first; i <= last; ++i) plain(i);
      return;
    }
    s.n = points;
    s.d = lowest;
    s.a = n / (points * lowest);
    s.inverse = run.sign > 0;
    program_.narrow = program_.narrow || run.narrow;
    const Index reversal = reversed_blocks(n, points, lowest);
    gather(seen_[first].input);
    if (!run.transposed) {
      reorder(reversal, s, false);
      program_.steps.push_back(std::move(s));
    } else {
      program_.steps.push_back(s);
      reorder(reversal, s, true);
    }
    gather(inverse(seen_[last].output));
    touch(last);
  }

  // I (x) (R_A (x) I_B): row k of each A blocks of B rows comes from row reversed(k).
  static Index reversed_blocks(index_t n, index_t points, index_t lowest) {
    const Index bits = bit_reversal(points);
    auto p = std::make_shared<std::vector<index_t>>(static_cast<std::size_t>(n));
    for (index_t r = 0; r < n; ++r) {
      const index_t block = r / lowest, k = block % points;
      (*p)[static_cast<std::size_t>(r)] = (block - k + (*bits)[static_cast<std::size_t>(k)]) * lowest + r % lowest;
    }
    return p;
  }

  // The reversal, and the twiddles D after it (transposed: before it).
  void reorder(const Index& reversal, const Step& s, bool transposed) {
    if (s.d == 1) return gather(reversal);
    const index_t points = s.n * s.d;
    auto p = allocate(points, Dtype::c128);
    for (index_t k = 0; k < s.n; ++k)
      for (index_t l = 0; l < s.d; ++l) {
        const index_t turn = k * l;  // below N
        static_cast<c128*>(p.get())[k * s.d + l] = unit_root(s.inverse ? turn : points - turn, points);
      }
    Factor twiddles = kronecker_sparse({p, points, Dtype::c128}, s.a, 1, 1, points, true);
    Step t = step(Step::Kind::layer, s.rows, s.first, 0);
    t.weight = transposed ? twiddles.permuted(nullptr, reversal) : twiddles.permuted(compose(pop_gather(), reversal), nullptr);
    program_.steps.push_back(std::move(t));
  }

  const std::vector<Layer>& layers_;
  bool wide_, real_;
  int tried_ = -1;  // the end of a chain of small layers that do not run as one step
  std::vector<Seen> seen_;
  Program program_;
};

}  // namespace

Program program_of(const std::vector<Layer>& layers, bool wide, bool real) { return Finder(layers, wide, real).find(); }

}  // namespace flatnet
