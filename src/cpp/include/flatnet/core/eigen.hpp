#pragma once
/// The bridge to Eigen, and the only header that includes it. flatnet.hpp does without it: a program that uses Eigen includes
/// this one as well. A batch is a matrix whose columns are the vectors; a C-order (batch, n) array is a column-major n x batch.
#include <Eigen/Core>
#include <Eigen/SparseCore>

#include "flatnet/factors/kinds.hpp"
#include "flatnet/network/network.hpp"

namespace flatnet {

/// A dense matrix or expression as a Dense factor; the entries are copied.
template <class Derived> Factor from_eigen(const Eigen::MatrixBase<Derived>& m) {
  using T = typename Derived::Scalar;
  const auto rows = static_cast<index_t>(m.rows()), cols = static_cast<index_t>(m.cols());
  auto values = allocate(rows * cols, dtype_of<T>::value);
  using RowMajor = Eigen::Array<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Eigen::Map<RowMajor>(static_cast<T*>(values.get()), m.rows(), m.cols()) = m.array();
  return dense({values, rows * cols, dtype_of<T>::value}, rows, cols);
}

/// A sparse matrix or expression, of either storage order, as a Sparse factor. Stored zeros stay stored; they are no synapses.
template <class Derived> Factor from_eigen(const Eigen::SparseMatrixBase<Derived>& m) {
  using T = typename Derived::Scalar;
  Eigen::SparseMatrix<T, Eigen::RowMajor, index_t> s = m.derived();
  s.makeCompressed();
  const auto rows = static_cast<index_t>(s.rows());
  const index_t *begin = s.outerIndexPtr(), *indices = s.innerIndexPtr();
  return sparse(rows, static_cast<index_t>(s.cols()), std::make_shared<std::vector<index_t>>(begin, begin + rows + 1),
                std::vector<index_t>(indices, indices + s.nonZeros()),
                copy_of(s.valuePtr(), static_cast<index_t>(s.nonZeros())));
}

/// The non-zero entries of any factor as a sparse matrix of T. Throws shape_error where T cannot hold the weights
/// (complex weights in a real T, floats in an integer T).
template <class T, int Order = Eigen::ColMajor> Eigen::SparseMatrix<T, Order, index_t> to_eigen(const Factor& f) {
  const Csr m = to_csr(f);
  const Buffer v = convert(m.values.get(), dtype_of<T>::value);
  Eigen::SparseMatrix<T, Eigen::RowMajor, index_t> s(m.rows, m.cols);
  s.resizeNonZeros(v.size);
  std::copy(m.begin->begin(), m.begin->end(), s.outerIndexPtr());
  with_type(m.indices.dtype, [&](auto i) {
    using I = decltype(i);
    if constexpr (std::is_integral_v<I>) std::copy_n(m.indices.as<I>(), v.size, s.innerIndexPtr());
  });
  std::copy_n(v.as<T>(), v.size, s.valuePtr());
  return s;
}

/// All entries of any factor: rows * cols of them. Throws as to_eigen.
template <class T> Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> to_eigen_dense(const Factor& f) {
  return to_eigen<T>(f).toDense();
}

namespace detail {

// The storage order of an expression, kept so that Eigen::Ref binds to its memory instead of copying it.
template <class Derived>
using Strided = Eigen::Matrix<typename Derived::Scalar, Eigen::Dynamic, Eigen::Dynamic,
                              Derived::IsRowMajor ? Eigen::RowMajor : Eigen::ColMajor>;
using AnyStride = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;

template <class M> std::vector<index_t> byte_strides(const M& m) {
  const auto size = static_cast<index_t>(sizeof(typename M::Scalar));
  return {static_cast<index_t>(m.rowStride()) * size, static_cast<index_t>(m.colStride()) * size};
}
template <class M> std::vector<index_t> sizes(const M& m) {
  return {static_cast<index_t>(m.rows()), static_cast<index_t>(m.cols())};
}

}  // namespace detail

/// y = net(x), column by column, without copies of either: matrices, blocks, maps with any strides and transposes are read and
/// written where they are; other expressions of x are evaluated first. The computation is in y's scalar type. y has net.rows()
/// rows and x.cols() columns and is written through Eigen's usual const_cast, so that a block may be passed as it is. y may be
/// x itself, else they may not overlap. Throws as Network::apply. (Not named apply: std::apply would be found for complex x.)
template <class X, class Y>
void apply_columns(const Network& net, const Eigen::MatrixBase<X>& x, const Eigen::MatrixBase<Y>& y, int threads = 0) {
  const Eigen::Ref<const detail::Strided<X>, 0, detail::AnyStride> from(x.derived());
  Eigen::Ref<detail::Strided<Y>, 0, detail::AnyStride> to(const_cast<Y&>(y.derived()));
  const Scalar scalar = scalar_of(dtype_of<typename X::Scalar>::value);
  net.apply({from.data(), scalar, false, detail::sizes(from), detail::byte_strides(from)},
            {to.data(), dtype_of<typename Y::Scalar>::value, detail::sizes(to), detail::byte_strides(to)}, 0, threads);
}

/// net(x) as a new matrix, column by column, in x's scalar type: apply_columns(net, x.template cast<c128>()) for complex weights.
template <class X>
Eigen::Matrix<typename X::Scalar, Eigen::Dynamic, Eigen::Dynamic> apply_columns(const Network& net,
                                                                                const Eigen::MatrixBase<X>& x,
                                                                                int threads = 0) {
  Eigen::Matrix<typename X::Scalar, Eigen::Dynamic, Eigen::Dynamic> y(net.rows(), x.cols());
  apply_columns(net, x, y, threads);
  return y;
}

}  // namespace flatnet
