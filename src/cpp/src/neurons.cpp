#include "flatnet/network/neurons.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "flatnet/factors/kinds.hpp"

namespace flatnet {
namespace {

using Stage = Neurons::Stage;

constexpr double plain = std::numeric_limits<double>::quiet_NaN();
// From here on a neuron of a pair is 0 or 1 to some 3e-7, and the middle of its quotient large.
constexpr double most_centre = 15;

// 2 s(b), rounded once where long double is wider.
long double base_of(double b) { return 2 / (1 + std::exp(-static_cast<long double>(b))); }

// Zeros of a dense layer take part where an infinite input times zero must be seen: not behind a bounded activation.
bool is_bounded(Activation a) { return a == Activation::logistic || a == Activation::tanh || a == Activation::sin; }

template <class T> Stage stage_of(const Layer& layer, bool keep_zeros) {
  Stage s;
  s.rows = s.neurons = layer.weight.rows();
  s.cols = layer.weight.cols();
  const auto size = static_cast<std::size_t>(s.rows * s.cols);
  s.weight.assign(size, 0.0);
  s.present.assign(size, 0);
  s.activation = layer.activation;
  constexpr Dtype t = dtype_of<T>::value;
  if (const auto* g = layer.weight.get<Blocks>()) {
    const T* v = g->values.get(t).template as<T>();
    for (index_t r = 0; r < s.rows; ++r) {
      const index_t l = r % g->d, j = r / g->d % g->b, i = r / (g->d * g->b);
      for (index_t k = 0; k < g->c; ++k) {
        const T w = v[i * g->va + j * g->vb + k * g->vc + l * g->vd];
        const auto e = static_cast<std::size_t>(r * s.cols + (i * g->c + k) * g->d + l);
        s.weight[e] = static_cast<double>(w);
        s.present[e] = keep_zeros || w != T(0);
      }
    }
  } else if (const auto* m = layer.weight.get<Csr>()) {
    const T* v = m->values.get(t).template as<T>();
    for (index_t j = 0; j < s.rows; ++j)
      for (index_t e = (*m->begin)[static_cast<std::size_t>(j)]; e < (*m->begin)[static_cast<std::size_t>(j) + 1]; ++e) {
        const index_t k = m->indices.dtype == Dtype::i32 ? m->indices.as<std::int32_t>()[e] : m->indices.as<index_t>()[e];
        s.weight[static_cast<std::size_t>(j * s.cols + k)] = static_cast<double>(v[e]);
        s.present[static_cast<std::size_t>(j * s.cols + k)] = 1;
      }
  }
  if (layer.bias) {
    const T* b = layer.bias.get(t).template as<T>();
    s.bias.assign(b, b + s.rows);
  }
  s.centre.assign(static_cast<std::size_t>(s.rows), plain);
  return s;
}

double bias_of(const Stage& s, index_t row) { return s.bias.empty() ? 0.0 : s.bias[static_cast<std::size_t>(row)]; }

// Rows j and k weigh the same inputs by opposite numbers.
bool are_opposite(const Stage& s, index_t j, index_t k) {
  for (index_t c = 0; c < s.cols; ++c) {
    const auto p = static_cast<std::size_t>(j * s.cols + c), q = static_cast<std::size_t>(k * s.cols + c);
    if (s.present[p] != s.present[q] || s.weight[p] != -s.weight[q]) return false;
  }
  return true;
}

// Columns j and k weigh alike in every row.
bool are_alike(const Stage& s, index_t j, index_t k) {
  for (index_t r = 0; r < s.rows; ++r) {
    const auto p = static_cast<std::size_t>(r * s.cols + j), q = static_cast<std::size_t>(r * s.cols + k);
    if (s.present[p] != s.present[q] || s.weight[p] != s.weight[q]) return false;
  }
  return true;
}

template <class V> void keep_rows(V& v, const std::vector<index_t>& rows, index_t cols) {
  V kept;
  for (const index_t r : rows) kept.insert(kept.end(), v.begin() + r * cols, v.begin() + (r + 1) * cols);
  v = std::move(kept);
}
template <class V> void keep_columns(V& v, const std::vector<index_t>& columns, index_t rows, index_t cols) {
  V kept;
  for (index_t r = 0; r < rows; ++r)
    for (const index_t c : columns) kept.push_back(v[static_cast<std::size_t>(r * cols + c)]);
  v = std::move(kept);
}

// Joins pairs of logistic neurons in `s` that `next` reads alike; a pair stands where its first neuron stood. Twice the value at t = 0,
// which a pair leaves out, goes to the biases of `next` in T.
template <class T> void join_pairs(Stage& s, Stage& next) {
  if (s.activation != Activation::logistic) return;
  std::vector<index_t> kept;
  std::vector<char> taken(static_cast<std::size_t>(s.rows), 0);
  std::vector<long double> constant(static_cast<std::size_t>(next.rows), 0.0L);
  bool found = false;
  for (index_t j = 0; j < s.rows; ++j) {
    if (taken[static_cast<std::size_t>(j)]) continue;
    kept.push_back(j);
    for (index_t k = j + 1; k < s.rows; ++k) {
      const double centre = 0.5 * bias_of(s, j) + 0.5 * bias_of(s, k);
      if (taken[static_cast<std::size_t>(k)] || !(std::abs(centre) <= most_centre)) continue;
      if (!are_opposite(s, j, k) || !are_alike(next, j, k)) continue;
      taken[static_cast<std::size_t>(k)] = 1;
      s.centre[static_cast<std::size_t>(j)] = centre;
      if (!s.bias.empty()) s.bias[static_cast<std::size_t>(j)] = static_cast<T>(bias_of(s, j) - centre);
      for (index_t r = 0; r < next.rows; ++r)
        constant[static_cast<std::size_t>(r)] += next.weight[static_cast<std::size_t>(r * next.cols + j)] * base_of(centre);
      found = true;
      break;
    }
  }
  if (!found) return;
  keep_rows(s.weight, kept, s.cols);
  keep_rows(s.present, kept, s.cols);
  keep_rows(s.centre, kept, 1);
  if (!s.bias.empty()) keep_rows(s.bias, kept, 1);
  keep_columns(next.weight, kept, next.rows, next.cols);
  keep_columns(next.present, kept, next.rows, next.cols);
  s.rows = next.cols = static_cast<index_t>(kept.size());
  const bool moved = std::any_of(constant.begin(), constant.end(), [](long double c) { return c != 0; });
  if (!moved) return;
  std::vector<double> bias;
  for (index_t r = 0; r < next.rows; ++r)
    bias.push_back(static_cast<double>(static_cast<T>(bias_of(next, r) + constant[static_cast<std::size_t>(r)])));
  next.bias = std::move(bias);
}

// gain, middle, b, 2 s(b) in two parts.
template <class T> T* pair_of(double b, T* to) {
  const long double base = base_of(b);
  const T high = static_cast<T>(base);
  for (const long double number : {-std::tanh(0.5L * b), 1 + std::cosh(1.0L * b), 1.0L * b, 1.0L * high, base - high})
    *to++ = static_cast<T>(number);
  return to;
}

}  // namespace

const char* words(Activation activation) {
  constexpr const char* all[kernels::activation_count] = {
      "", ", logistic", ", relu", ", square", ", softmax", ", tanh", ", softplus", ", gelu", ", silu", ", sin", ", exp"};
  return all[static_cast<int>(activation)];
}

index_t Stage::pairs() const {
  return static_cast<index_t>(std::count_if(centre.begin(), centre.end(), [](double b) { return !std::isnan(b); }));
}
index_t Stage::entries() const { return static_cast<index_t>(std::count(present.begin(), present.end(), 1)); }

bool Neurons::is_small(const Layer& layer, index_t width) {
  const Factor& f = layer.weight;
  const Dtype t = f.dtype();
  if ((t != Dtype::f32 && t != Dtype::f64) || (layer.bias && is_complex(layer.bias.dtype()))) return false;
  if (f.rows() < 1 || f.cols() < 1 || f.rows() > width || f.cols() > width) return false;
  const auto* g = f.get<Blocks>();
  if (!g) return f.get<Csr>() != nullptr;
  return !g->input && !g->output && (g->a * g->d == 1 || g->b != 2 || g->c != 2);  // 2 x 2 stages have kernels of their own
}

template <class T> std::vector<Stage> Neurons::stages(const std::vector<Layer>& layers) {
  std::vector<Stage> found;
  for (std::size_t l = 0; l < layers.size(); ++l)
    found.push_back(stage_of<T>(layers[l], l == 0 || !is_bounded(layers[l - 1].activation)));
  for (std::size_t l = 0; l + 1 < found.size(); ++l) join_pairs<T>(found[l], found[l + 1]);
  if (found.back().activation == Activation::softmax) found.back().activation = Activation::identity;
  return found;
}

Neurons::Neurons(std::vector<Layer> layers) : layers_(std::move(layers)), stages_(stages<double>(layers_)) {
  // Numbers rounded to floats may pair up in another way.
  for (const auto& all : {stages_, stages<float>(layers_)})
    for (const Stage& s : all) widest_ = std::max(widest_, static_cast<int>(s.rows));
}

std::shared_ptr<const Neurons> Neurons::of(const std::vector<Layer>& layers, int first, int count) {
  const auto begin = layers.begin() + first, end = begin + count;
  const auto active = [](const Layer& layer) { return layer.activation != Activation::identity; };
  if (count < 2 || std::none_of(begin, end - 1, active)) return nullptr;
  std::shared_ptr<const Neurons> made(new Neurons(std::vector<Layer>(begin, end)));
  constexpr index_t most = kernels::NeuronsArgs::most_rows;
  if (made->stages_.front().cols > most || made->widest_ > most) return nullptr;
  double entries = 0, all = 0;
  bool small = true;
  for (std::size_t l = 0; l < made->stages_.size(); ++l) {
    const Stage& s = made->stages_[l];
    const Factor& weight = made->layers_[l].weight;
    small = small && weight.rows() <= narrow && weight.cols() <= narrow;
    entries += static_cast<double>(s.entries());
    all += static_cast<double>(weight.get<Csr>() ? weight.get<Csr>()->values.size() : weight.rows() * weight.get<Blocks>()->c);
  }
  return small || entries <= 0.5 * all ? made : nullptr;
}

index_t Neurons::work() const {
  index_t sum = 0;
  for (const Stage& s : stages_) sum += s.entries() + (s.activation == Activation::identity ? 1 : 16) * s.rows;
  return sum;
}

std::string Neurons::describe() const {
  std::ostringstream s;
  index_t pairs = 0;
  s << "neurons " << stages_.front().cols;
  for (const Stage& stage : stages_) {
    s << " -> " << stage.neurons;
    pairs += stage.pairs();
  }
  bool said[kernels::activation_count] = {};
  for (const Stage& stage : stages_) {
    bool& before = said[static_cast<int>(stage.activation)];
    if (!before) s << words(stage.activation);
    before = true;
  }
  if (pairs > 0) s << ", " << pairs << (pairs == 1 ? " pair" : " pairs");
  return s.str();
}

template <class T> void Neurons::pack(Packed& to) const {
  const std::vector<Stage> all = stages<T>(layers_);
  std::size_t rows = 0, entries = 0;
  for (const Stage& s : all) rows += static_cast<std::size_t>(s.rows), entries += static_cast<std::size_t>(s.entries());
  constexpr int each = kernels::NeuronLayer::pair_numbers;
  to.numbers.resize((entries + (1 + each) * rows) * sizeof(T));
  to.begin.reserve(rows + all.size());
  to.column.reserve(entries);
  to.to.reserve(rows);
  T* weight = reinterpret_cast<T*>(to.numbers.data());
  T *bias = weight + entries, *pair = bias + rows;
  for (const Stage& s : all) {
    const auto pairs = static_cast<int>(s.pairs());
    const bool full = s.entries() == s.rows * s.cols;
    to.layers.push_back({static_cast<int>(s.rows) - pairs, pairs, full ? static_cast<int>(s.cols) : 0, s.activation,
                         to.begin.data() + to.begin.size(), to.column.data() + to.column.size(), to.to.data() + to.to.size(),
                         weight, bias, pair});
    std::int32_t at = 0;  // `begin` counts from the layer's own weights
    for (const bool joined : {false, true})
      for (index_t r = 0; r < s.rows; ++r) {
        const double b = s.centre[static_cast<std::size_t>(r)];
        if (std::isnan(b) == joined) continue;
        to.begin.push_back(at);
        to.to.push_back(static_cast<std::uint16_t>(r));
        for (index_t c = 0; c < s.cols; ++c) {
          const auto e = static_cast<std::size_t>(r * s.cols + c);
          if (!s.present[e]) continue;
          to.column.push_back(static_cast<std::uint16_t>(c));
          *weight++ = static_cast<T>(s.weight[e]);
          ++at;
        }
        *bias++ = s.bias.empty() ? T(-0.0) : static_cast<T>(s.bias[static_cast<std::size_t>(r)]);
        if (joined) pair = pair_of(b, pair);
      }
    to.begin.push_back(at);
  }
}

const Neurons::Packed& Neurons::packed(Dtype component) const {
  Packed& to = packed_[component == Dtype::f64];
  std::call_once(to.made, [&] {
    if (component == Dtype::f64) pack<double>(to);
    else pack<float>(to);
  });
  return to;
}

void Neurons::prepare(Dtype component) const { packed(component); }

void Neurons::run(const kernels::Table& k, Dtype component, index_t lanes, const void* x, index_t x_row, void* y, index_t y_row,
                  bool stream) const {
  const Packed& p = packed(component);
  k.neurons->run[component == Dtype::f64]({static_cast<int>(p.layers.size()), p.layers.data(),
                                           static_cast<int>(stages_.front().cols), static_cast<int>(stages_.back().rows),
                                           widest_, x, x_row, y, y_row, lanes, stream});
}

}  // namespace flatnet
