// Bad calls: one sentence that names both sides, before anything is written. Instruction sets and threads from the environment.
#include <cstdlib>

#include "flatnet/flatnet.hpp"
#include "harness.hpp"
#include "oracle.hpp"

using namespace flatnet;

namespace {

const Buffer four = copy_of<double>({1, 2, 3, 4});

Index points(std::initializer_list<index_t> list) { return test::shared(list); }

}  // namespace

// First: the choice is made once per process.
TEST(the_environment_chooses) {
  const char* before = std::getenv("FLATNET_ISA");
  const std::string kept = before ? before : "";
  setenv("FLATNET_ISA", "mmx", 1);
  std::string known;
  for (const std::string& isa : available_isas()) known += (known.empty() ? "" : ", ") + isa;
  CHECK_SENTENCE(shape_error, "FLATNET_ISA asks for instruction set 'mmx', this machine and build run: " + known, active_isa());
  CHECK_SENTENCE(shape_error, "kernels_of asks for instruction set 'mmx', this machine and build run: " + known,
                 kernels_of("mmx"));
  setenv("FLATNET_ISA", available_isas().front().c_str(), 1);
  CHECK(active_isa() == available_isas().front() && &active_kernels() == &kernels_of(active_isa()));
  setenv("FLATNET_ISA", available_isas().back().c_str(), 1);
  CHECK(active_isa() == available_isas().front());  // chosen once
  kept.empty() ? unsetenv("FLATNET_ISA") : setenv("FLATNET_ISA", kept.c_str(), 1);

  for (const char* text : {"many", "0", "-2", "3.5", "4097", "99999999999999999999"}) {
    setenv("FLATNET_THREADS", text, 1);
    CHECK_SENTENCE(shape_error, sentence("FLATNET_THREADS needs a whole number from 1 to 4096, got '", text, "'"),
                   default_threads());
  }
  setenv("FLATNET_THREADS", "3", 1);
  CHECK(default_threads() == 3);
  unsetenv("FLATNET_THREADS");
  CHECK_SENTENCE(shape_error, "the number of threads must be from 1 to 4096, got 0", set_default_threads(0));
  set_default_threads(2);
  CHECK(default_threads() == 2);
}

TEST(factors_refuse) {
  CHECK_SENTENCE(shape_error, "a dense factor of 2 x 3 needs 6 values, got 4", dense(four, 2, 3));
  CHECK_SENTENCE(shape_error, "a dense factor needs sizes >= 0, got -2 x -2", dense(four, -2, -2));
  CHECK_SENTENCE(shape_error, "a Kronecker factor needs sizes >= 0, got a=-1, a core of 2 x 2, d=1",
                 kronecker(-1, four, 2, 2, 1));
  CHECK_SENTENCE(shape_error, "a Kronecker factor needs sizes >= 0, got a=1, a core of -2 x -2, d=1",
                 kronecker(1, four, -2, -2, 1));
  CHECK_SENTENCE(shape_error, "a core of 2 x 3 needs 6 values, got 4", kronecker(1, four, 2, 3, 1));
  CHECK_SENTENCE(shape_error, "a Kronecker factor would need 3.68935e+19 rows, columns or entries; 64-bit indices reach 2^62",
                 kronecker(index_t{1} << 40, four, 2, 2, 1 << 23));
  CHECK_SENTENCE(shape_error, "a pattern needs sizes >= 0, got (1, -2, -2, 1)", kronecker_sparse(four, 1, -2, -2, 1));
  CHECK_SENTENCE(shape_error, "a pattern (2, 2, 2, 1) needs 8 values, got 4", kronecker_sparse(four, 2, 2, 2, 1));
  CHECK_SENTENCE(shape_error, "a Fourier stage needs a power of two, got n=12", fourier_stage(12, 0));
  for (const int stage : {-1, 3, 62, 63, 64, 100})
    CHECK_SENTENCE(shape_error, sentence("a Fourier stage of n=8 points is numbered from 0 below log2(n), got ", stage),
                   fourier_stage(8, stage));
  CHECK_SENTENCE(shape_error, "a permutation of 3 points needs indices from 0 to 2, got 3", permutation(points({0, 1, 3})));
  CHECK_SENTENCE(shape_error, "a permutation of 3 points names each index once, 1 stands twice",
                 permutation(points({0, 1, 1})));
}

TEST(sparse_rows_refuse) {
  const Buffer two = copy_of<double>({1, 2});
  CHECK_SENTENCE(shape_error, "a sparse factor needs sizes >= 0, got -1 x 2",
                 sparse(-1, 2, points({0}), {}, copy_of<double>({})));
  CHECK_SENTENCE(shape_error, "a sparse factor of 2 rows needs 3 row pointers, got 2",
                 sparse(2, 2, points({0, 2}), {0, 1}, two));
  CHECK_SENTENCE(shape_error, "a sparse factor has 1 column indices, but 2 values", sparse(2, 2, points({0, 1, 2}), {0}, two));
  CHECK_SENTENCE(shape_error, "row pointers must run from 0 to 2, got 0 to 1", sparse(2, 2, points({0, 1, 1}), {0, 1}, two));
  CHECK_SENTENCE(shape_error, "row pointers must not decrease, row 0 does", sparse(2, 2, points({0, 3, 2}), {0, 1}, two));
  CHECK_SENTENCE(shape_error, "row pointers must not decrease, row 0 does", sparse(3, 2, points({0, -1, 2, 2}), {0, 1}, two));
  CHECK_SENTENCE(shape_error, "column indices must lie below 2, row 1 has 2", sparse(2, 2, points({0, 1, 2}), {0, 2}, two));
  CHECK_SENTENCE(shape_error, "column indices must lie below 2, row 0 has -1", sparse(2, 2, points({0, 1, 2}), {-1, 1}, two));
  CHECK_SENTENCE(shape_error, "column indices must ascend within a row, row 0 does not",
                 sparse(1, 2, points({0, 2}), {1, 1}, two));
}

TEST(permuted_scaled_and_converted_refuse) {
  const Factor f = dense(four, 2, 2);
  CHECK_SENTENCE(shape_error, "the input permutation has 3 entries, the factor 2 inputs",
                 f.permuted(points({0, 1, 2}), nullptr));
  CHECK_SENTENCE(shape_error, "the output permutation must name 0 .. 1 once each, 1 breaks it",
                 f.permuted(nullptr, points({1, 1})));
  const Factor big = dense(copy_of<index_t>({index_t{1} << 60}), 1, 1);
  CHECK_SENTENCE(shape_error, "scaling by 16 passes the range of int64, the largest weight is 1.15292e+18", big.scaled_int(16));
  CHECK_SENTENCE(shape_error, "weights are complex128, the network computes in float64",
                 convert(copy_of<c128>({c128(1)}), Dtype::f64));
  CHECK_SENTENCE(shape_error, "weights are float64, the network computes in int64", convert(four, Dtype::i64));
}

TEST(networks_refuse) {
  const Factor f = dense(four, 2, 2), g = dense(copy_of<double>({1, 2, 3}), 1, 3);
  CHECK_SENTENCE(shape_error, "a network needs at least one layer, got none", Network({}));
  CHECK_SENTENCE(shape_error, "layer 0 gives 2 outputs, layer 1 takes 3 inputs", Network({f, g}));
  CHECK_SENTENCE(shape_error, "a layer of 2 outputs needs as many biases, got 4",
                 Network({Layer(f, Values(four), Activation::relu)}));
}

// Every refused call leaves the output as it was.
TEST(calls_refuse) {
  const Factor f = dense(four, 2, 2);
  const Network net({f}), turned({f.scaled(c128(0, 1))});
  const Network active({Layer(f, Values(), Activation::logistic)});
  const Network biased({Layer(hadamard(2).layers()[0].weight, Values(copy_of<double>({1, 2})), Activation::identity)});
  const double x[12] = {};
  double y[12];
  std::fill_n(y, 12, 7.0);
  c128 z[4] = {};
  std::int64_t i[4] = {};
  const c128* cz = z;
  const std::int64_t* ci = i;
  CHECK_SENTENCE(shape_error, "network maps 2 inputs, x has 3 on axis 1", net.apply(rows(x, 4, 3), rows(y, 4, 2), 1));
  CHECK_SENTENCE(shape_error, "axis 2 is out of range for an array of 2 dimensions",
                 net.apply(rows(x, 1, 2), rows(y, 1, 2), 2));
  CHECK_SENTENCE(shape_error, "axis -1 is out of range for an array of 2 dimensions",
                 net.apply(rows(x, 1, 2), rows(y, 1, 2), -1));
  CHECK_SENTENCE(shape_error, "the output needs 4 on axis 0, it has 3", net.apply(rows(x, 4, 2), rows(y, 3, 2), 1));
  CHECK_SENTENCE(shape_error, "the output needs 2 on axis 1, it has 3", net.apply(rows(x, 4, 2), rows(y, 4, 3), 1));
  CHECK_SENTENCE(shape_error, "x has 2 dimensions, the output 1",
                 net.apply(rows(x, 1, 2), ArrayView{y, Dtype::f64, {2}, {8}}, 1));
  CHECK_SENTENCE(shape_error, "x has 2 sizes and 1 strides",
                 net.apply({x, Scalar::f64, false, {1, 2}, {16}}, rows(y, 1, 2), 1));
  CHECK_SENTENCE(shape_error, "x is complex, the network computes in float64", net.apply(rows(cz, 1, 2), rows(y, 1, 2), 1));
  CHECK_SENTENCE(shape_error, "x holds floats, the network computes in int64",
                 hadamard(2).apply(rows(x, 1, 2), rows(i, 1, 2), 1));
  CHECK_SENTENCE(shape_error, "weights are complex128, the network computes in float64",
                 turned.apply(rows(x, 1, 2), rows(y, 1, 2), 1));
  CHECK_SENTENCE(shape_error, "weights are float64, the network computes in int64",
                 net.apply(rows(ci, 1, 2), rows(i, 1, 2), 1));
  CHECK_SENTENCE(shape_error, "activations work on float32 and float64, the computation is in complex128",
                 active.apply(rows(cz, 1, 2), rows(z, 1, 2), 1));
  CHECK_SENTENCE(shape_error, "a layer with a bias computes in floats, not in int64",
                 biased.apply(rows(ci, 1, 2), rows(i, 1, 2), 1));
  for (const int threads : {-1, 5000})
    CHECK_SENTENCE(shape_error, sentence("the number of threads must be from 1 to 4096, or 0 for the default, got ", threads),
                   net.apply(rows(x, 1, 2), rows(y, 1, 2), 1, threads));
  CHECK(std::all_of(y, y + 12, [](double v) { return v == 7; }));
}

TEST(transforms_refuse) {
  CHECK_SENTENCE(shape_error, "hadamard needs a power of two, got n=10", hadamard(10));
  CHECK_SENTENCE(shape_error, "hadamard needs a power of two, got n=0", hadamard(0));
  CHECK_SENTENCE(shape_error, "dft needs a power of two, got n=-8", dft(-8));
  CHECK_SENTENCE(shape_error, "zeta needs 0 to 60 elements, got m=61", zeta(61));
  CHECK_SENTENCE(shape_error, "zeta needs 0 to 60 elements, got m=-1", zeta(-1));
  CHECK_SENTENCE(shape_error, "bit reversal needs a power of two, got n=3", bit_reversal(3));
  // What cannot be held is refused before it is asked for.
  CHECK(!test::thrown<too_large_error>([] {
           const Network far({kronecker(index_t{1} << 50, copy_of<double>({1}), 1, 1, 1)});
           const double one = 1;
           double y = 0;
           far.apply({&one, Scalar::f64, false, {index_t{1} << 50}, {0}}, {&y, Dtype::f64, {index_t{1} << 50}, {0}}, 0);
         }).empty());
}

TEST_MAIN
