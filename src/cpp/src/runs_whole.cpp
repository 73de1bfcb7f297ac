// Programs that are one transform, on the user's arrays; steps in words.
#include <cmath>
#include <sstream>

#include "flatnet/engine/fourier.hpp"
#include "flatnet/network/neurons.hpp"
#include "flatnet/network/runs.hpp"
#include "flatnet/transforms/list.hpp"

namespace flatnet {
namespace {

// Row s of the dyadic transform is row reversed(s) of the natural one, on either side of it; row s of the sequency ordered one is
// row reversed(s ^ s/2).
std::optional<engine::FwhtOrder> order_of(const Index& p, bool output) {
  const auto n = static_cast<index_t>(p->size());
  const Index bits = bit_reversal(n);
  const auto all = [&](auto expected) {
    for (index_t i = 0; i < n; ++i)
      if ((*p)[static_cast<std::size_t>(i)] != (*bits)[static_cast<std::size_t>(expected(i))]) return false;
    return true;
  };
  if (all([](index_t i) { return i; })) return engine::FwhtOrder::dyadic;
  if (output && all([](index_t i) { return i ^ (i >> 1); })) return engine::FwhtOrder::sequency;
  return std::nullopt;
}

// The axis that holds the vectors, seen as (a, n, d): lines of n elements, a and d are batch.
engine::Lines lines_of(const Whole& whole, const Extents& sizes, const Extents& x_strides, const Extents& y_strides, int axis,
                       index_t element) {
  Extents s, xs, ys;
  for (int i = 0; i < static_cast<int>(sizes.size()); ++i) {
    const index_t parts[] = {whole.a, whole.n, whole.d}, steps[] = {whole.n * whole.d, whole.d, 1};
    for (int p = 0; p < 3; ++p) {
      if (i != axis && p > 0) break;
      s.push_back(i == axis ? parts[p] : sizes[i]);
      xs.push_back(x_strides[i] * (i == axis ? steps[p] : 1));
      ys.push_back(y_strides[i] * (i == axis ? steps[p] : 1));
    }
  }
  return engine::Lines(s, xs, element, s, ys, element, axis + 1);
}

}  // namespace

std::optional<Whole> whole_of(const std::vector<Step>& steps) {
  if (steps.empty() || steps.size() > 2) return std::nullopt;
  const bool leading = !steps.front().weight;
  const Step& s = leading ? steps.front() : steps.back();
  if ((s.kind != Step::Kind::hadamard && s.kind != Step::Kind::fourier) || s.touched() || s.scale.imag() != 0)
    return std::nullopt;
  Whole whole{s.kind, s.a, s.n, s.d, engine::FwhtOrder::natural, s.inverse, s.scale.real()};
  if (steps.size() == 2) {
    const Step& other = leading ? steps.back() : steps.front();
    const auto* g = other.weight ? other.weight->get<Gather>() : nullptr;
    if (!g || other.touched() || s.kind != Step::Kind::hadamard || s.a != 1 || s.d != 1) return std::nullopt;
    const auto order = order_of(g->index, leading);
    if (!order) return std::nullopt;
    whole.order = *order;
  }
  return whole;
}

bool fits(const Whole& whole, const ArrayView& y) {
  if (whole.n < least_direct_points || (is_integer(y.dtype) && whole.scale != 1.0)) return false;
  for (std::size_t i = 0; i < y.sizes.size(); ++i)
    if (y.sizes[i] != 1 && y.strides[i] % size_of(y.dtype) != 0) return false;
  return true;
}

void run(const Whole& whole, const kernels::Table& k, const ConstArrayView& x, const ArrayView& y, int axis, int threads) {
  const engine::Lines lines = lines_of(whole, x.sizes, x.strides, y.strides, axis, size_of(y.dtype));
  if (whole.kind == Step::Kind::hadamard)
    engine::fwht(y.dtype, lines, x.data, y.data, 1, whole.order, whole.scale, threads, &k);
  else engine::c2c(component(y.dtype), lines, x.data, y.data, whole.inverse, whole.scale, threads, &k);
}

std::string describe(const Step& step) {
  std::ostringstream s;
  switch (step.kind) {
    case Step::Kind::layer:
      if (step.count > 0) s << "layer " << step.first << " " << step.weight->kind();
      else s << (step.weight->get<Gather>() ? "permutation" : "twiddles");
      break;
    case Step::Kind::butterfly: s << "butterfly " << step.count << " stages"; break;
    case Step::Kind::neurons: s << step.neurons->describe(); break;
    case Step::Kind::hadamard: s << "hadamard " << step.n; break;
    case Step::Kind::fourier: s << (step.inverse ? "inverse fourier " : "fourier ") << step.n; break;
  }
  if (step.a > 1 || step.d > 1) s << " (a=" << step.a << ", d=" << step.d << ")";
  if (step.scale.imag() != 0)
    s << " x (" << step.scale.real() << (step.scale.imag() < 0 ? "" : "+") << step.scale.imag() << "j)";
  else if (step.scale != c128(1.0)) s << " x " << step.scale.real();
  if (step.bias) s << ", bias";
  s << words(step.activation);
  return s.str();
}

}  // namespace flatnet
