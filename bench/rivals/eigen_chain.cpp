// A chain of Eigen's compressed sparse rows times a batch: the way a C++ programmer would run it without flatnet.
// The factors and the two buffers between them are made once; a call allocates nothing.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <Eigen/Sparse>

#include <stdexcept>
#include <vector>

namespace py = pybind11;

namespace {

template <class T> using In = py::array_t<T, py::array::c_style>;

template <class T> class Chain {
 public:
  using Factor = Eigen::SparseMatrix<T, Eigen::RowMajor, int>;
  using Batch = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using Column = Eigen::Matrix<T, Eigen::Dynamic, 1>;

  // Appends a factor (applied after those before it) given by its compressed rows.
  void append(In<T> data, In<int> indices, In<int> begin, int columns) {
    const int rows = static_cast<int>(begin.size()) - 1;
    factors_.emplace_back(Eigen::Map<const Factor>(rows, columns, data.size(), begin.data(), indices.data(), data.data()));
  }

  // Y = A_L ... A_1 X for a C-order batch X of shape (inputs, columns).
  void apply(const In<T>& X, In<T>& Y, int threads) {
    const auto columns = X.shape(1);
    if (X.shape(0) != factors_.front().cols() || Y.shape(0) != factors_.back().rows() || Y.shape(1) != columns)
      throw std::invalid_argument("the batch does not fit the chain");
    const T* x = X.data();
    T* y = Y.mutable_data();
    py::gil_scoped_release release;
    Eigen::setNbThreads(threads);
    if (columns == 1) run<Eigen::Map<const Column>, Eigen::Map<Column>>(x, y, column_, 1);
    else run<Eigen::Map<const Batch>, Eigen::Map<Batch>>(x, y, batch_, columns);
  }

 private:
  template <class Input, class Output, class Buffer>
  void run(const T* x, T* y, Buffer (&buffer)[2], Eigen::Index columns) {
    const std::size_t last = factors_.size() - 1;
    Input first(x, factors_[0].cols(), columns);
    Output result(y, factors_[last].rows(), columns);
    if (last == 0) {
      result.noalias() = factors_[0] * first;
      return;
    }
    buffer[0].noalias() = factors_[0] * first;
    for (std::size_t i = 1; i < last; ++i) buffer[i % 2].noalias() = factors_[i] * buffer[(i + 1) % 2];
    result.noalias() = factors_[last] * buffer[(last + 1) % 2];
  }

  std::vector<Factor> factors_;
  Batch batch_[2];
  Column column_[2];
};

template <class T> void add(py::module_& module, const char* name) {
  py::class_<Chain<T>>(module, name)
      .def(py::init<>())
      .def("append", &Chain<T>::append)
      .def("apply", [](Chain<T>& chain, const In<T>& X, py::array_t<T> Y, int threads) {
        if (!(Y.flags() & py::array::c_style)) throw std::invalid_argument("Y must be in C order");
        In<T> out = py::reinterpret_borrow<In<T>>(Y);
        chain.apply(X, out, threads);
      });
}

}  // namespace

PYBIND11_MODULE(eigen_chain, module) {
  add<float>(module, "ChainF32");
  add<double>(module, "ChainF64");
}
