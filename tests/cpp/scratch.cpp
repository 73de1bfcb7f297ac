// What calls take from memory: nothing after the first one, and before that no more for a large batch than for a small one.
#include <thread>

#include "allocations.hpp"
#include "flatnet/network/network.hpp"
#include "flatnet/transforms/list.hpp"
#include "harness.hpp"
#include "oracle.hpp"

using namespace flatnet;
using test::Random;

namespace {

struct Named {
  const char* name;
  Network net;
};

Network butterfly(Random& random, index_t n, Dtype t) {
  std::vector<Layer> layers;
  for (index_t d = 1; d < n; d *= 2)
    layers.emplace_back(kronecker_sparse(test::numbers(random, 2 * n, t), n / (2 * d), 2, 2, d));
  return Network(std::move(layers));
}

// Chains of every kind of step, each in real numbers.
std::vector<Named> chains(index_t n) {
  Random random(50);
  const auto some = [&](index_t count) { return test::numbers<float>(random, count); };
  const Factor pair[] = {test::random_sparse(random, n, n, 8.0 / static_cast<double>(n), Dtype::f32),
                         test::random_sparse(random, n, n, 8.0 / static_cast<double>(n), Dtype::f32)};
  return {
      {"sparse pair", Network({pair[0], pair[1]})},
      {"butterfly", butterfly(random, n, Dtype::f32)},
      {"hadamard", hadamard(n)},
      {"fourier", dft(n)},
      {"dense, bias, logistic",
       Network({Layer(dense(some(16 * n), 16, n), Values(some(16)), Activation::logistic), Layer(dense(some(16 * n), n, 16))})},
      {"neurons", Network({Layer(dense(some(2 * n), 2, n), Values(some(2)), Activation::logistic),
                           Layer(dense(copy_of<float>({1, -1, 2, 1, -1, 2}), 3, 2), Values(), Activation::logistic),
                           Layer(dense(some(3 * n), n, 3))})},
      {"permuted",
       Network({permutation(test::shared(random.permutation(n))), pair[0], kronecker_sparse(some(2 * n), n / 2, 2, 2, 1)})}};
}

// A batch in rows or in columns, in a dtype that every chain computes in.
struct Data {
  index_t n, batch;
  std::vector<c64> x, y;
  Data(index_t n_, index_t batch_) : n(n_), batch(batch_), x(static_cast<std::size_t>(n * batch), c64(1)), y(x.size()) {}
  void call(const Network& net, bool columns, int threads) {
    const index_t s = sizeof(c64);
    const Extents sizes = columns ? Extents{n, batch} : Extents{batch, n};
    const Extents strides = columns ? Extents{batch * s, s} : Extents{n * s, s};
    net.apply({x.data(), Scalar::c64, false, sizes, strides}, {y.data(), Dtype::c64, sizes, strides}, columns ? 0 : 1, threads);
  }
  void call_real(const Network& net, bool columns, int threads) {
    const index_t s = sizeof(float);
    const Extents sizes = columns ? Extents{n, batch} : Extents{batch, n};
    const Extents strides = columns ? Extents{batch * s, s} : Extents{n * s, s};
    net.apply({x.data(), Scalar::f32, false, sizes, strides}, {y.data(), Dtype::f32, sizes, strides}, columns ? 0 : 1, threads);
  }
};

bool is_real(const Named& chain) { return std::string(chain.name) != "fourier"; }
bool is_linear(const Named& chain) {
  return std::string(chain.name) != "dense, bias, logistic" && std::string(chain.name) != "neurons";
}

}  // namespace

TEST(calls_after_the_first_allocate_nothing) {
  for (const index_t n : {16, 1024})
    for (const Named& chain : chains(n))
      for (const index_t batch : {1, 2, 16, 100}) {
        if (test::emulated() && n * batch > 2048) continue;
        for (const bool columns : {false, true})
          for (const int threads : {1, 2})
            for (const bool real : {false, true}) {
              if (real ? !is_real(chain) : !is_linear(chain)) continue;
              Data data(n, batch);
              const auto call = [&] {
                real ? data.call_real(chain.net, columns, threads) : data.call(chain.net, columns, threads);
              };
              call();
              const test::Allocated found = test::allocated(call);
              CHECK(found.count == 0, chain.name, n, batch, columns, threads, real, found.count, found.bytes);
            }
      }
}

// A thread that has no scratch yet, a network whose weights are ready: what the call takes is scratch. Two panels of 16 columns of
// the widest layer, or 4 MiB; a transform on the user's arrays may choose another way where the arrays leave the cache, and has
// a tile for it; a run of stages on whole rows of them has a block of at most 256 KiB.
TEST(scratch_does_not_grow_with_the_batch) {
  const index_t n = test::emulated() ? 512 : 2048;
  const long most = std::max<long>(4 << 20, 2 * 16 * n * static_cast<long>(sizeof(c64)));
  for (const Named& chain : chains(n))
    for (const bool real : {false, true}) {
      if (real ? !is_real(chain) : !is_linear(chain)) continue;
      for (const bool columns : {false, true}) {
        long before = -1;
        for (const index_t batch : {256, 1024}) {
          Data data(n, batch);
          const auto call = [&] { real ? data.call_real(chain.net, columns, 1) : data.call(chain.net, columns, 1); };
          call();
          test::Allocated found{};
          std::thread([&] { found = test::allocated(call); }).join();
          CHECK(found.bytes <= most, chain.name, batch, columns, real, found.bytes, most);
          CHECK(before < 0 || found.bytes <= std::max<long>(before, 256 << 10) + (64 << 10), chain.name, batch, columns, real,
                found.bytes, before);
          before = found.bytes;
        }
      }
    }
}

TEST_MAIN
