// The bridge to Eigen, and Eigen as the oracle: factors there and back, products, networks on matrices of any strides.
#include "flatnet/core/eigen.hpp"

#include "flatnet/network/product.hpp"
#include "flatnet/transforms/list.hpp"
#include "harness.hpp"
#include "oracle.hpp"

using namespace flatnet;
using Eigen::Dynamic;
using test::matrix_of;
using test::Random;

namespace {

template <class T, int Order = Eigen::ColMajor> using Dense = Eigen::Matrix<T, Dynamic, Dynamic, Order>;
template <class T> using Strided = Eigen::Map<Dense<T>, 0, Eigen::Stride<Dynamic, Dynamic>>;

template <class T> Dense<T> random_matrix(Random& random, index_t rows, index_t cols) {
  return Dense<T>::NullaryExpr(rows, cols, [&] { return random.number<T>(); });
}

template <class M> bool same(const test::Matrix& a, const M& b) {
  if (a.rows != b.rows() || a.cols != b.cols()) return false;
  for (index_t r = 0; r < a.rows; ++r)
    for (index_t c = 0; c < a.cols; ++c)
      if (a(r, c) != test::widened(b(r, c))) return false;
  return true;
}

// |A - B| within a few roundings of |L| |R|, entry by entry.
template <class T> bool close(const Dense<T>& a, const Dense<T>& b, const Dense<T>& l, const Dense<T>& r) {
  using R = typename Eigen::NumTraits<T>::Real;
  const Dense<R> bound = (l.cwiseAbs() * r.cwiseAbs()) * R(8 * (l.cols() + 4)) * Eigen::NumTraits<R>::epsilon();
  return a.rows() == b.rows() && a.cols() == b.cols() && ((a - b).cwiseAbs().array() <= bound.array()).all();
}

template <class T> void there_and_back() {
  Random random(50);
  const Dense<T> m = random_matrix<T>(random, 5, 7);
  CHECK(same(matrix_of(from_eigen(m)), m) && same(matrix_of(from_eigen(m.transpose())), m.transpose()));
  CHECK(same(matrix_of(from_eigen(m.block(1, 2, 3, 4))), m.block(1, 2, 3, 4)));
  CHECK(from_eigen(m).kind() == "Dense" && from_eigen(m).dtype() == dtype_of<T>::value);

  Dense<T> holes = m;
  for (index_t i = 0; i < holes.size(); ++i)
    if (i % 3 != 0) holes.data()[i] = T(0);
  const Eigen::SparseMatrix<T> by_column = holes.sparseView();
  const Eigen::SparseMatrix<T, Eigen::RowMajor> by_row = holes.sparseView();
  Eigen::SparseMatrix<T, Eigen::RowMajor, index_t> loose = by_row;
  loose.uncompress();
  CHECK(same(matrix_of(from_eigen(by_column)), holes) && same(matrix_of(from_eigen(by_row)), holes));
  CHECK(same(matrix_of(from_eigen(loose)), holes) && same(matrix_of(from_eigen(by_column.transpose())), holes.transpose()));
  CHECK(from_eigen(by_column).synapses() == by_column.nonZeros());

  CHECK(to_eigen_dense<T>(from_eigen(m)) == m && to_eigen_dense<T>(from_eigen(by_column)) == holes);
  CHECK((to_eigen<T, Eigen::RowMajor>(from_eigen(by_column)).toDense() == holes));
  CHECK(to_eigen<T>(from_eigen(by_row)).nonZeros() == by_row.nonZeros());
}

// Every kind of factor, opened by Eigen, multiplies as Eigen multiplies.
template <class T> void eigen_is_the_oracle() {
  Random random(51);
  const auto all = test::factors(random, dtype_of<T>::value);
  for (const test::Named& n : all) {
    const Dense<T> a = to_eigen_dense<T>(n.factor);
    CHECK(same(matrix_of(n.factor), a), n.name);
    const Dense<T> x = random_matrix<T>(random, n.factor.cols(), 37), expected = to_eigen<T>(n.factor) * x;
    CHECK(close<T>(apply_columns(Network({n.factor}), x), expected, a, x), n.name);
    const test::Named& other = all[static_cast<std::size_t>(random.below(static_cast<index_t>(all.size())))];
    if (other.factor.rows() != n.factor.cols()) continue;
    const Dense<T> b = to_eigen_dense<T>(other.factor), merged = to_eigen_dense<T>(product(n.factor, other.factor, 1e9));
    CHECK(close<T>(merged, a * b, a, b), n.name, other.name);
  }
}

}  // namespace

TEST(factors_there_and_back) {
  there_and_back<float>();
  there_and_back<double>();
  there_and_back<c64>();
  there_and_back<c128>();
  there_and_back<std::int32_t>();
  there_and_back<std::int64_t>();
}

TEST(eigen_agrees) {
  eigen_is_the_oracle<float>();
  eigen_is_the_oracle<double>();
  eigen_is_the_oracle<c64>();
  eigen_is_the_oracle<c128>();
}

TEST(columns_are_the_batch_whatever_their_strides) {
  Random random(52);
  const Network net = hadamard(16);
  const Dense<double> x = random_matrix<double>(random, 16, 20), expected = apply_columns(net, x);
  CHECK(expected.isApprox(to_eigen_dense<double>(from_eigen(apply_columns(net, Dense<double>::Identity(16, 16)))) * x));

  const Dense<double, Eigen::RowMajor> by_row = x;
  CHECK(apply_columns(net, by_row) == expected);
  CHECK(apply_columns(net, Dense<double>(x.transpose()).transpose()) == expected);
  CHECK(apply_columns(net, x.middleCols(3, 5)) == expected.middleCols(3, 5));
  CHECK(apply_columns(net, x.col(4)) == expected.col(4));
  CHECK(apply_columns(net, 1.0 * x) == expected);

  // Every second row, every third place: no copy of either side.
  std::vector<double> from(3000, NAN), to(3000, NAN);
  Strided<double> sx(from.data(), 16, 20, {100, 3}), sy(to.data(), 16, 20, {2, 50});
  sx = x;
  apply_columns(net, sx, sy, 2);
  CHECK(sy == expected);
  CHECK(std::count_if(to.begin(), to.end(), [](double v) { return !std::isnan(v); }) == 16 * 20);

  // A (batch, n) array in C order is a column-major n x batch matrix.
  std::vector<double> rows_in(x.data(), x.data() + x.size()), rows_out(rows_in.size());
  net.apply(rows_in.data(), rows_out.data(), 20);
  CHECK((Eigen::Map<Dense<double>>(rows_out.data(), 16, 20) == expected));

  Dense<double> y = Dense<double>::Zero(18, 22);
  apply_columns(net, x, y.block(1, 1, 16, 20));
  CHECK(y.block(1, 1, 16, 20) == expected && y.row(0).isZero() && y.row(17).isZero() && y.col(21).isZero());
}

TEST(scalars_convert_as_they_should) {
  Random random(53);
  const Dense<double> x = random_matrix<double>(random, 8, 3);
  const Dense<c128> spectrum = apply_columns(dft(8), x.cast<c128>());
  Dense<c128> written(8, 3);
  apply_columns(dft(8), x, written);
  CHECK(written == spectrum);
  CHECK((apply_columns(dft(8, true), spectrum).real() - x).norm() <= 1e-14 * x.norm());
  CHECK_SENTENCE(shape_error, "weights are complex128, the network computes in float64", apply_columns(dft(8), x));
  CHECK_SENTENCE(shape_error, "weights are complex128, the network computes in float64", to_eigen<double>(fourier_stage(8, 1)));
  CHECK_SENTENCE(shape_error, "network maps 8 inputs, x has 3 on axis 0", apply_columns(dft(8), x.transpose().cast<c128>()));
  CHECK_SENTENCE(shape_error, "the output needs 8 on axis 0, it has 7", apply_columns(dft(8), x, written.topRows(7)));
}

TEST(empty_matrices) {
  CHECK(apply_columns(hadamard(4), Dense<double>(4, 0)).cols() == 0);
  CHECK(to_eigen<double>(from_eigen(Dense<double>(0, 3))).cols() == 3);
  CHECK(to_eigen_dense<double>(from_eigen(Eigen::SparseMatrix<double>(3, 2))).isZero());
}

TEST_MAIN
