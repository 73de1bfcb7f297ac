// Runs of stages: the butterfly kernels give the bits of the block kernels on every instruction set, chains are seen for what they
// are, and programs compute what their layers do.
#include "flatnet/network/runs.hpp"

#include <cstring>

#include "flatnet/kernels/butterfly.hpp"
#include "flatnet/network/network.hpp"
#include "flatnet/network/passes.hpp"
#include "flatnet/network/tiles.hpp"
#include "flatnet/transforms/list.hpp"
#include "harness.hpp"
#include "oracle.hpp"

using namespace flatnet;
using test::Random;

namespace {

std::vector<unsigned char> panel_of(Random& random, Dtype component, index_t count) {
  const Buffer b = test::numbers(random, count, component);
  const auto* p = static_cast<const unsigned char*>(b.data.get());
  return {p, p + b.bytes()};
}

struct Weights {
  Buffer values;
  kernels::ButterflyStage stage;
};

// Weights of their own, or shared along a, along d or along both.
Weights weights(Random& random, index_t n, index_t d, Dtype w, bool share_a, bool share_d) {
  const index_t a = share_a ? 1 : n / (2 * d), inner = share_d ? 1 : d;
  Buffer v = test::numbers(random, 4 * a * inner, w);
  const void* data = v.data.get();
  return {std::move(v), {d, share_a ? 0 : 4 * inner, 2 * inner, inner, share_d ? 0 : 1, data}};
}

// The stages one by one with the block kernel.
void one_by_one(const kernels::Table& k, Dtype w, const std::vector<Weights>& run, index_t n, void* x, index_t lanes) {
  for (const Weights& s : run)
    k.blocks[static_cast<int>(w)]({n / (2 * s.stage.d), 2, 2, s.stage.d, s.stage.va, s.stage.vb, s.stage.vc, s.stage.vd,
                                   s.stage.values, x, x, lanes, nullptr, nullptr});
}

std::string said(const Network& net, Dtype t = Dtype::f64) {
  std::string all;
  for (const std::string& s : net.steps(t)) all += (all.empty() ? "" : "; ") + s;
  return all;
}

Network hadamard_by_hand(int m, double scale) {
  std::vector<Layer> layers;
  for (int s = 0; s < m; ++s)
    layers.emplace_back(
        kronecker(index_t{1} << (m - 1 - s), copy_of<double>({scale, scale, scale, -scale}), 2, 2, index_t{1} << s));
  return Network(std::move(layers));
}

}  // namespace

TEST(sweeps_give_the_bits_of_the_stages) {
  Random random(71);
  for (const std::string& isa : test::isas()) {
    const kernels::Table& k = kernels_of(isa);
    for (const Dtype w : {Dtype::i32, Dtype::i64, Dtype::f32, Dtype::f64, Dtype::c64, Dtype::c128})
      for (const int stages : {2, 3})
        for (const bool up : {false, true})
          for (const index_t lanes : {1, 16, 48})
            for (const index_t lowest : {1, 2, 16, 32})
              for (const int sharing : {0, 1, 2, 3}) {
                const int t = static_cast<int>(w);
                if (stages > k.butterfly->fused[is_complex(w)]) continue;
                if (lanes == 1 && lowest % k.butterfly->width[t] != 0) continue;
                const index_t n = 3 * (lowest << stages);
                std::vector<Weights> run;
                kernels::ButterflyArgs args{};
                for (int s = 0; s < stages; ++s) {
                  const index_t d = lowest << (up ? s : stages - 1 - s);
                  run.push_back(weights(random, n, d, w, sharing & 1, sharing & 2));
                  args.stage[s] = run.back().stage;
                }
                auto x = panel_of(random, component(w), n * lanes * (is_complex(w) ? 2 : 1));
                auto expected = x;
                one_by_one(k, w, run, n, expected.data(), lanes);
                args.n = n;
                args.stages = stages;
                args.x = x.data();
                args.lanes = lanes;
                k.butterfly->sweep[t](args);
                CHECK(x == expected, isa, name(w), stages, up, lanes, lowest, sharing);
              }
  }
}

TEST(columns_give_the_bits_of_the_stages) {
  Random random(72);
  for (const std::string& isa : test::isas()) {
    const kernels::Table& k = kernels_of(isa);
    for (const Dtype w : {Dtype::i32, Dtype::i64, Dtype::f32, Dtype::f64, Dtype::c64, Dtype::c128})
      for (const index_t vectors : {1, 2, 5})
        for (const int sharing : {0, 1, 3}) {
          const index_t width = k.butterfly->width[static_cast<int>(w)], n = vectors * width;
          std::vector<Weights> run;
          for (index_t d = 1; d < width; d *= 2)
            run.insert(run.begin() + random.below(static_cast<index_t>(run.size()) + 1),
                       weights(random, n, d, w, sharing & 1, sharing & 2));
          if (run.empty()) continue;
          kernels::ButterflyArgs args{};
          args.n = n;
          args.lanes = 1;
          for (const Weights& s : run) {
            CHECK(kernels::within(s.stage), sharing);
            args.stage[args.stages++] = s.stage;
          }
          auto x = panel_of(random, component(w), n * (is_complex(w) ? 2 : 1));
          auto expected = x;
          one_by_one(k, w, run, n, expected.data(), 1);
          args.x = x.data();
          k.butterfly->column[static_cast<int>(w)](args);
          CHECK(x == expected, isa, name(w), vectors, sharing);
        }
  }
}

// Stages with weights of their own, of strides 2^order[i].
std::vector<Factor> own_stages(Random& random, index_t n, const std::vector<int>& order, Dtype w) {
  std::vector<Factor> stages;
  for (const int bit : order) {
    const index_t d = index_t{1} << bit;
    stages.push_back(kronecker_sparse(test::numbers(random, 2 * n, w), n / (2 * d), 2, 2, d));
  }
  return stages;
}

TEST(passes_give_the_bits_of_the_stages) {
  Random random(74);
  const std::vector<std::vector<int>> orders = {{0},
                                                {3, 2, 1, 0},
                                                {0, 1, 2, 3, 4, 5, 6, 7},
                                                {7, 6, 5, 4, 3, 2, 1, 0},
                                                {2, 3, 4, 5, 6},
                                                {0, 2, 4, 1, 1, 0},
                                                {0, 1, 2, 3, 4, 4, 3, 2, 1, 0},
                                                {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}};
  for (const std::string& isa : test::isas()) {
    const kernels::Table& k = kernels_of(isa);
    for (const Dtype t : {Dtype::f32, Dtype::f64})
      for (const auto& order : orders)
        for (const index_t vectors : {1, 2, 3, 5}) {
          const index_t size = size_of(t), lanes = vectors * k.butterfly->width[static_cast<int>(t)];
          const index_t n = index_t{order.size() > 10 ? 1 : 3} << (*std::max_element(order.begin(), order.end()) + 1);
          if (order.size() > 10 && vectors > 1) continue;
          const std::vector<Factor> stages = own_stages(random, n, order, t);
          const auto passes = Passes::of(stages);
          CHECK(passes, name(t));
          auto expected = panel_of(random, t, n * lanes);
          const auto x = expected;
          for (const Factor& f : stages) {
            const Blocks& g = *f.get<Blocks>();
            k.blocks[static_cast<int>(t)]({g.a, 2, 2, g.d, g.va, g.vb, g.vc, g.vd, g.values.get(t).data.get(), expected.data(),
                                           expected.data(), lanes, nullptr, nullptr});
          }
          constexpr int most_threads = 3;
          std::vector<unsigned char> buffer(static_cast<std::size_t>(passes->buffer(lanes) * size * most_threads));
          for (int threads = 1; threads <= most_threads; ++threads) {
            auto in_place = x;
            const RowPlace panel{in_place.data(), lanes};
            passes->run(k, t, lanes, panel, panel, panel, buffer.data(), false, threads);
            CHECK(in_place == expected, isa, name(t), order.size(), vectors, threads);
          }
          // Rows of x and y at other distances, the panel between with its pads.
          const index_t x_row = lanes + 3, y_row = lanes + 5;
          std::vector<unsigned char> from(static_cast<std::size_t>(n * x_row * size)),
              to(static_cast<std::size_t>(n * y_row * size));
          std::vector<unsigned char> between(static_cast<std::size_t>(passes->middle_size(lanes) * size)), got(x.size());
          for (index_t r = 0; r < n; ++r) std::memcpy(&from[r * x_row * size], &x[r * lanes * size], lanes * size);
          passes->run(k, t, lanes, {from.data(), x_row}, passes->middle(lanes, between.data()), {to.data(), y_row},
                      buffer.data(), false, static_cast<int>(vectors) % most_threads + 1);
          for (index_t r = 0; r < n; ++r) std::memcpy(&got[r * lanes * size], &to[r * y_row * size], lanes * size);
          CHECK(got == expected, isa, name(t), order.size(), vectors);
        }
  }
}

// Sweeps along the strides of one column and within its vectors, and by hand what is left to them: vectors that do not fit.
TEST(single_columns_give_the_bits_of_the_stages) {
  Random random(77);
  for (const std::string& isa : test::isas()) {
    const kernels::Table& k = kernels_of(isa);
    for (const Dtype t : {Dtype::f32, Dtype::f64})
      for (const auto& order : std::vector<std::vector<int>>{
               {4}, {0}, {1, 0}, {4, 5, 6, 7, 8}, {9, 8, 7, 6, 5, 4, 3, 2, 1, 0}, {0, 1, 2, 3, 4, 5}, {3, 1, 2, 5, 5, 0}}) {
        const index_t n = index_t{3} << (*std::max_element(order.begin(), order.end()) + 1);
        const std::vector<Factor> stages = own_stages(random, n, order, t);
        const auto passes = Passes::of(stages);
        auto x = panel_of(random, t, n);
        auto expected = x;
        const auto by_hand = [&](std::size_t i, void* at) {
          const Blocks& g = *stages[i].get<Blocks>();
          k.blocks[static_cast<int>(t)](
              {g.a, 2, 2, g.d, g.va, g.vb, g.vc, g.vd, g.values.get(t).data.get(), at, at, 1, nullptr, nullptr});
        };
        std::size_t swept = 0;
        for (std::size_t i = 0; i < stages.size();) {
          const int taken = passes->run_along(k, t, static_cast<int>(i), x.data(), static_cast<int>(i % 3) + 1);
          if (taken == 0) by_hand(i, x.data());
          i += static_cast<std::size_t>(std::max(taken, 1));
          swept += static_cast<std::size_t>(taken);
        }
        for (std::size_t i = 0; i < stages.size(); ++i) by_hand(i, expected.data());
        CHECK(x == expected, isa, name(t), order.size());
        const index_t width = k.butterfly->width[static_cast<int>(t)];
        CHECK(n % width != 0 || swept == order.size(), isa, name(t), swept);
      }
  }
}

TEST(weights_that_few_numbers_share_are_not_packed) {
  Random random(75);
  std::vector<Factor> shared, complex;
  for (const index_t d : {1, 2, 4}) {
    shared.push_back(kronecker(32 / (2 * d), test::numbers(random, 4, Dtype::f64), 2, 2, d));
    complex.push_back(kronecker_sparse(test::numbers(random, 16, Dtype::c128), 8 / (2 * d), 2, 2, d));
  }
  CHECK(!Passes::of(shared) && !Passes::of(complex));
  CHECK(!Tiles::of(kronecker(3, test::numbers(random, 64, Dtype::f64), 8, 8, 2)));
  CHECK(!Tiles::of(dense(test::numbers(random, 64, Dtype::c128), 8, 8)) &&
        !Tiles::of(dense(test::numbers(random, 56, Dtype::f64), 7, 8)));
}

TEST(tiles_give_the_bits_of_the_blocks) {
  Random random(76);
  struct Pattern { index_t a, b, c, d; };
  for (const std::string& isa : test::isas()) {
    const kernels::Table& k = kernels_of(isa);
    for (const Dtype t : {Dtype::f32, Dtype::f64})
      for (const Pattern p :
           {Pattern{1, 8, 4, 1}, {1, 19, 11, 1}, {2, 9, 5, 3}, {3, 16, 8, 1}, {1, 33, 7, 5}, {1, 100, 390, 1}})
        for (const bool permuted : {false, true}) {
          Factor f = kronecker_sparse(test::numbers(random, p.a * p.b * p.c * p.d, t), p.a, p.b, p.c, p.d);
          if (permuted) f = f.permuted(test::shared(random.permutation(f.cols())), test::shared(random.permutation(f.rows())));
          const Blocks& g = *f.get<Blocks>();
          const auto tiles = Tiles::of(f);
          CHECK(tiles, p.b);
          const index_t width = k.butterfly->width[static_cast<int>(t)], size = size_of(t);
          for (const index_t lanes :
               {index_t{1}, index_t{2}, width, width + 1, 2 * width, 3 * width - 1, 4 * width, 5 * width + 3}) {
            const auto x = panel_of(random, t, f.cols() * lanes);
            std::vector<unsigned char> expected(static_cast<std::size_t>(f.rows() * lanes * size)), got(expected.size());
            k.blocks[static_cast<int>(t)]({g.a, g.b, g.c, g.d, g.va, g.vb, g.vc, g.vd, g.values.get(t).data.get(), x.data(),
                                           expected.data(), lanes, g.input ? g.input->data() : nullptr,
                                           g.output ? g.output->data() : nullptr});
            for (const index_t parts : {1, 3}) {
              std::fill(got.begin(), got.end(), static_cast<unsigned char>(0));
              for (index_t part = 0; part < parts; ++part)
                tiles->run(k, t, lanes, x.data(), lanes, got.data(), lanes, part, parts);
              CHECK(got == expected, isa, name(t), p.a, p.b, p.c, p.d, lanes, permuted, parts);
            }
          }
        }
  }
}

TEST(chains_are_seen_for_what_they_are) {
  CHECK(said(hadamard(1024)) == "hadamard 1024", said(hadamard(1024)));
  CHECK(said(hadamard_by_hand(5, 0.5)) == "hadamard 32 x 0.03125", said(hadamard_by_hand(5, 0.5)));
  CHECK(said(dft(256), Dtype::c128) == "fourier 256", said(dft(256), Dtype::c128));
  CHECK(said(dft(8, true), Dtype::c64) == "inverse fourier 8 x 0.125", said(dft(8, true), Dtype::c64));
  CHECK(said(zeta(4)) == "butterfly 4 stages", said(zeta(4)));
  std::vector<Layer> stages;
  for (int s = 2; s < 6; ++s) stages.emplace_back(fourier_stage(64, s));
  CHECK(said(Network(stages), Dtype::c128) == "twiddles; fourier 16 (a=1, d=4)", said(Network(stages), Dtype::c128));
  // Another permutation in front, and a run that it cuts.
  std::vector<Layer> layers = dft(16).layers();
  layers[2].weight = layers[2].weight.permuted(bit_reversal(16), nullptr);
  CHECK(said(Network(layers), Dtype::c128) == "permutation; fourier 4 (a=4, d=1); permutation; butterfly 2 stages",
        said(Network(layers), Dtype::c128));
}

TEST(weights_of_32_bits_are_roots_in_32_bits) {
  std::vector<Layer> layers = dft(64).layers();
  for (Layer& layer : layers) layer.weight = layer.weight.astype(Dtype::c64);
  const Network net(layers);
  CHECK(said(net, Dtype::c64) == "fourier 64" && said(net, Dtype::c128) == "permutation; butterfly 6 stages",
        said(net, Dtype::c64), said(net, Dtype::c128));
}

TEST(pairs_and_permutations_in_sparse_rows) {
  Random random(73);
  for (const index_t n : {2, 8, 64}) {
    const Factor stage = kronecker(n / 2, copy_of<double>({0.5, 0.5, 0.5, -0.5}), 2, 2, 1);
    for (const bool in : {false, true})
      for (const bool out : {false, true}) {
        const Factor f = stage.permuted(in ? test::shared(random.permutation(n)) : nullptr,
                                        out ? test::shared(random.permutation(n)) : nullptr);
        const Csr m = to_csr(f);
        const auto seen = pairs_in(m);
        CHECK(seen && test::matrix_of(*seen) == test::matrix_of(f), n, in, out);
        CHECK(!permutation_in(m), n);
      }
    const Index p = test::shared(random.permutation(n));
    const Index seen = permutation_in(to_csr(permutation(p)));
    CHECK(seen && *seen == *p, n);
    CHECK(!pairs_in(to_csr(permutation(p))), n);
  }
  // A sum twice, a sum alone, unequal weights.
  const auto csr = [](std::vector<index_t> columns, Buffer v) {
    const auto n = static_cast<index_t>(columns.size() / 2);
    std::vector<index_t> begin;
    for (index_t r = 0; r <= n; ++r) begin.push_back(2 * r);
    return *sparse(n, n, std::make_shared<std::vector<index_t>>(std::move(begin)), std::move(columns), std::move(v)).get<Csr>();
  };
  CHECK(pairs_in(csr({0, 1, 0, 1}, copy_of<double>({1, -1, 1, 1}))));
  CHECK(pairs_in(csr({0, 1, 2, 3, 0, 1, 2, 3}, copy_of<double>({1, -1, 1, -1, 1, 1, 1, 1}))), "both differences first");
  CHECK(!pairs_in(csr({0, 1, 0, 1}, copy_of<double>({1, 1, 1, 1}))));
  CHECK(!pairs_in(csr({0, 1, 0, 1}, copy_of<double>({1, 1, -1, -1}))));
  CHECK(!pairs_in(csr({0, 1, 0, 1}, copy_of<double>({1, 1, 2, -2}))));
}

TEST_MAIN
