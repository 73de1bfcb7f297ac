// What the weights of one factor say: a Hadamard stage, a Fourier stage, a stage of 2 x 2 blocks.
#include <cmath>
#include <limits>

#include "flatnet/factors/kinds.hpp"
#include "flatnet/network/runs.hpp"

namespace flatnet {
namespace {

constexpr bool power_of_two(index_t n) { return n > 0 && (n & (n - 1)) == 0; }

bool odd_bits(index_t v) {
  bool odd = false;
  for (; v; v &= v - 1) odd = !odd;
  return odd;
}

// True when every block of the pattern, at every place along a and d, is s times the Hadamard matrix, exactly.
template <class T> bool is_hadamard(const Blocks& g, const T* v) {
  const T s = v[0], minus = T(0) - s;
  const index_t na = g.shared_a() ? 1 : g.a, nd = g.shared_d() ? 1 : g.d;
  for (index_t i = 0; i < na; ++i)
    for (index_t j = 0; j < g.b; ++j)
      for (index_t k = 0; k < g.c; ++k) {
        const T expected = odd_bits(j & k) ? minus : s;
        for (index_t l = 0; l < nd; ++l)
          if (v[i * g.va + j * g.vb + k * g.vc + l * g.vd] != expected) return false;
      }
  return true;
}

template <class T> c128 widened(T v) {
  if constexpr (is_complex_v<T>) return {static_cast<double>(v.real()), static_cast<double>(v.imag())};
  else return static_cast<double>(v);
}

bool usable(c128 s) { return std::isfinite(s.real()) && std::isfinite(s.imag()) && s != c128(0); }

// True when the pairs are s (1, w_l; 1, -w_l) with the roots of one sign, `second` the strides of w: along k, or j (transposed).
template <class T> bool is_fourier(const Blocks& g, const T* v, c128 s, int sign, bool transposed) {
  using Part = decltype(std::abs(T{}));
  const double allowed = 4.0 * static_cast<double>(std::numeric_limits<Part>::epsilon()) * std::abs(s);
  const index_t first = transposed ? g.vc : g.vb, second = transposed ? g.vb : g.vc;
  const auto near = [&](index_t at, c128 expected) { return std::abs(widened(v[at]) - expected) <= allowed; };
  const index_t na = g.shared_a() ? 1 : g.a, nd = g.shared_d() ? 1 : g.d;
  for (index_t l = 0; l < nd; ++l) {
    const c128 w = s * unit_root(sign > 0 ? l : 2 * g.d - l, 2 * g.d);
    for (index_t i = 0; i < na; ++i) {
      const index_t at = i * g.va + l * g.vd;
      if (!near(at, s) || !near(at + first, s) || !near(at + second, w) || !near(at + first + second, -w)) return false;
    }
  }
  return true;
}

}  // namespace

bool is_pair_stage(const Factor& f) {
  const auto* g = f.get<Blocks>();
  return g && g->b == 2 && g->c == 2 && g->a > 0 && g->d > 0;
}

std::optional<HadamardStage> hadamard_stage(const Factor& f) {
  const auto* g = f.get<Blocks>();
  if (!g || g->b != g->c || g->b < 2 || !power_of_two(g->b) || g->a < 1 || g->d < 1 || g->root_sign != 0) return std::nullopt;
  const Buffer own = g->values.get();
  HadamardStage stage{g->a, g->b, g->d, 1.0, is_integer(own.dtype)};
  const bool found = with_type(own.dtype, [&](auto t) {
    using T = decltype(t);
    stage.scale = widened(own.as<T>()[0]);
    return is_hadamard(*g, own.as<T>());
  });
  // Whole numbers beyond 2^53 would lose digits here.
  if (!found || !usable(stage.scale) || (stage.integer && std::abs(stage.scale.real()) > 0x1p53)) return std::nullopt;
  return stage;
}

std::optional<FourierStage> fourier_stage_of(const Factor& f) {
  if (!is_pair_stage(f)) return std::nullopt;
  const auto& g = *f.get<Blocks>();
  if (!power_of_two(g.d)) return std::nullopt;
  FourierStage stage{g.a, g.d, false, false, 0, 1.0};
  if (g.root_sign != 0) {
    stage.scale = g.root_scale;
    stage.in_time = g.d == 1 || g.vc == g.d;
    stage.in_frequency = g.d == 1 || !stage.in_time;
    stage.sign = g.d == 1 ? 0 : g.root_sign;
    return stage;
  }
  if (g.d > 1 && (g.shared_d() || !is_complex(f.dtype()))) return std::nullopt;
  const Buffer own = g.values.get();
  return with_type(own.dtype, [&](auto t) -> std::optional<FourierStage> {
    using T = decltype(t);
    const T* v = own.as<T>();
    stage.scale = widened(v[0]);
    if (!usable(stage.scale)) return std::nullopt;
    if constexpr (std::is_integral_v<T>) {
      if (!is_hadamard(g, v)) return std::nullopt;
      stage.in_time = stage.in_frequency = true;
      return stage;
    } else {
      for (const int sign : {-1, 1})
        for (const bool transposed : {false, true}) {
          if (g.d == 1 && (sign > 0 || transposed)) break;
          if (!is_fourier(g, v, stage.scale, sign, transposed)) continue;
          stage.in_time = g.d == 1 || !transposed;
          stage.in_frequency = g.d == 1 || transposed;
          stage.sign = g.d == 1 ? 0 : sign;
          return stage;
        }
      return std::nullopt;
    }
  });
}

}  // namespace flatnet
