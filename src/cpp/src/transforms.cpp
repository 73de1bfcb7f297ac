#include "flatnet/transforms/list.hpp"

namespace flatnet {
namespace {

// log2(n) stages I_{n/2d} (x) K (x) I_d, d = 1, 2, 4, ...: K applied to each bit of the index.
Network on_every_bit(int m, const Buffer& core) {
  std::vector<Layer> layers;
  if (m == 0) layers.emplace_back(dense(copy_of<index_t>({1}), 1, 1));
  for (int s = 0; s < m; ++s) layers.emplace_back(kronecker(index_t{1} << (m - 1 - s), core, 2, 2, index_t{1} << s));
  return Network(std::move(layers));
}

}  // namespace

int log2_exact(const char* what, index_t n) {
  require(n >= 1 && (n & (n - 1)) == 0, what, " needs a power of two, got n=", n);
  int m = 0;
  while ((index_t{1} << m) < n) ++m;
  return m;
}

Index bit_reversal(index_t n) {
  const int m = log2_exact("bit reversal", n);
  auto p = std::make_shared<std::vector<index_t>>(static_cast<std::size_t>(n), 0);
  for (index_t i = 1; i < n; ++i) (*p)[i] = (*p)[i >> 1] >> 1 | (i & 1) << (m - 1);
  return p;
}

Network hadamard(index_t n) { return on_every_bit(log2_exact("hadamard", n), copy_of<index_t>({1, 1, 1, -1})); }

Network zeta(int m, bool inverse) {
  require(m >= 0 && m <= 60, "zeta needs 0 to 60 elements, got m=", m);
  return on_every_bit(m, copy_of<index_t>({1, 0, inverse ? -1 : 1, 1}));
}

Network dft(index_t n, bool inverse) {
  const int m = log2_exact("dft", n);
  if (m == 0) return Network({Layer(dense(copy_of<c128>({c128(1)}), 1, 1))});
  std::vector<Layer> layers;
  for (int s = 0; s < m; ++s) layers.emplace_back(fourier_stage(n, s, inverse));
  layers.front().weight = layers.front().weight.permuted(bit_reversal(n), nullptr);
  if (inverse) layers.back().weight = layers.back().weight.scaled(1.0 / static_cast<double>(n));
  return Network(std::move(layers));
}

}  // namespace flatnet
