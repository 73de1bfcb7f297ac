// Hadamard matrices of small orders that are no powers of two: R. E. A. C. Paley, J. Math. Phys. 12 (1933) 311.
#include "flatnet/engine/fwht.hpp"

namespace flatnet::engine {
namespace {

using Signs = std::vector<std::int8_t>;

bool is_prime(index_t q) {
  for (index_t d = 2; d * d <= q; ++d)
    if (q % d == 0) return false;
  return q > 1;
}

// The quadratic character of a field of q = p or p^2 elements, at the difference of elements number i and j; q = 0: no such field.
struct Field {
  index_t q = 0, p = 0;
  index_t nonsquare = 0;         // of GF(p)
  std::vector<std::int8_t> chi;  // of GF(p)

  explicit Field(index_t order) {
    index_t root = 3;
    while (root * root < order) root += 2;
    if (order % 2 == 0) return;
    p = is_prime(order) ? order : root * root == order && is_prime(root) ? root : 0;
    if (p == 0) return;
    q = order;
    chi.assign(static_cast<std::size_t>(p), -1);
    chi[0] = 0;
    for (index_t i = 1; i < p; ++i) chi[i * i % p] = 1;
    while (chi[nonsquare] != -1) ++nonsquare;
  }

  // Element number i of GF(p^2) is i / p + (i % p) sqrt(nonsquare): a square there when its norm is one in GF(p).
  std::int8_t operator()(index_t i, index_t j) const {
    if (q == p) return chi[(i - j + p) % p];
    const index_t u = (i / p - j / p + p) % p, v = (i % p - j % p + p) % p;
    return chi[((u * u - nonsquare * v % p * v) % p + p) % p];
  }
};

// Zero corner, first row 1, first column `border`, inside the character.
Signs bordered(const Field& f, std::int8_t border) {
  const index_t n = f.q + 1;
  Signs s(static_cast<std::size_t>(n * n), 0);
  for (index_t i = 1; i < n; ++i) {
    s[i] = 1;
    s[i * n] = border;
    for (index_t j = 1; j < n; ++j) s[i * n + j] = f(i - 1, j - 1);
  }
  return s;
}

// q = 3 mod 4: S is skew and S S^T = q I, so (I + S)(I + S)^T = (q + 1) I.
Signs paley_one(const Field& f) {
  const index_t n = f.q + 1;
  Signs s = bordered(f, -1);
  for (index_t i = 0; i < n; ++i) s[i * n + i] = 1;
  return s;
}

// q = 1 mod 4: S is symmetric; its zeros become [[1, -1], [-1, -1]], its entries s become s [[1, 1], [1, -1]].
Signs paley_two(const Field& f) {
  const index_t m = f.q + 1, n = 2 * m;
  const Signs s = bordered(f, 1);
  Signs h(static_cast<std::size_t>(n * n));
  for (index_t i = 0; i < n; ++i)
    for (index_t j = 0; j < n; ++j) {
      const int entry = s[i / 2 * m + j / 2];
      const int core = entry ? entry * (i % 2 && j % 2 ? -1 : 1) : (i % 2 || j % 2 ? -1 : 1);
      h[i * n + j] = static_cast<std::int8_t>(core);
    }
  return h;
}

Signs doubled(const Signs& half, index_t n) {
  const index_t m = n / 2;
  Signs h(static_cast<std::size_t>(n * n));
  for (index_t i = 0; i < n; ++i)
    for (index_t j = 0; j < n; ++j) {
      const int entry = half[i % m * m + j % m];
      h[i * n + j] = static_cast<std::int8_t>(i >= m && j >= m ? -entry : entry);
    }
  return h;
}

}  // namespace

std::vector<std::int8_t> hadamard_core(index_t order) {
  if (order == 1) return {1};
  if (order < 1 || order > largest_hadamard_core || (order != 2 && order % 4 != 0)) return {};
  if (const Signs half = hadamard_core(order / 2); !half.empty()) return doubled(half, order);
  if (const Field f(order - 1); f.q % 4 == 3) return paley_one(f);
  if (const Field f(order / 2 - 1); f.q % 4 == 1) return paley_two(f);
  return {};
}

index_t hadamard_base(index_t n) {
  if (n < 1) return 0;
  index_t odd = n;
  while (odd % 2 == 0) odd /= 2;
  if (odd == 1) return 1;
  for (index_t base = 4 * odd; base <= n && base <= largest_hadamard_core && n % base == 0; base *= 2)
    if (!hadamard_core(base).empty()) return base;
  return 0;
}

}  // namespace flatnet::engine
