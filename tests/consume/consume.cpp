// Walsh-Hadamard transforms of a batch through the installed library: the built-in chain, and one assembled by hand from
// Kronecker factors, against the definition H[i,j] = (-1)^popcount(i & j). Exit status 0 if all agree.
#include <flatnet/flatnet.hpp>

#include <cmath>
#include <iostream>
#include <vector>

namespace {

using flatnet::index_t;

constexpr index_t n = 1024, batch = 37;

// H_n = product over s of I_(n/2d) (x) [[1, 1], [1, -1]] (x) I_d, d = 2^s.
flatnet::Network by_hand() {
  const auto core = flatnet::copy_of<float>({1, 1, 1, -1});
  std::vector<flatnet::Layer> layers;
  for (index_t d = 1; d < n; d *= 2) layers.emplace_back(flatnet::kronecker(n / (2 * d), core, 2, 2, d));
  return flatnet::Network(std::move(layers));
}

int sign(index_t i, index_t j) {
  int s = 1;
  for (index_t both = i & j; both != 0; both &= both - 1) s = -s;
  return s;
}

// Small integers: sums of 1024 of them are exact in float, so every order of addition gives the same.
std::vector<float> data() {
  std::vector<float> x(n * batch);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(static_cast<int>(i * 7919 % 201) - 100);
  return x;
}

std::vector<float> by_definition(const std::vector<float>& x) {
  std::vector<float> y(x.size());
  for (index_t b = 0; b < batch; ++b)
    for (index_t i = 0; i < n; ++i) {
      float sum = 0;
      for (index_t j = 0; j < n; ++j) sum += static_cast<float>(sign(i, j)) * x[b * n + j];
      y[b * n + i] = sum;
    }
  return y;
}

bool agrees(const flatnet::Network& net, const std::vector<float>& x, const std::vector<float>& expected) {
  std::vector<float> y(x.size());
  net.apply(x.data(), y.data(), batch, /*threads=*/2);
  return y == expected;
}

}  // namespace

int main() {
  const auto x = data(), expected = by_definition(x);
  const flatnet::Network built_in = flatnet::hadamard(n), assembled = by_hand();
  const bool right = agrees(built_in, x, expected) && agrees(assembled, x, expected) && built_in.synapses() == 2 * n * 10 &&
                     assembled.synapses() == built_in.synapses();
  std::cout << "hadamard(" << n << ") on " << batch << " vectors, " << built_in.synapses() << " synapses, "
            << flatnet::active_isa() << " kernels, " << flatnet::threading_layer() << ": "
            << (right ? "agrees with its definition" : "WRONG") << "\n";
  return right ? 0 : 1;
}
