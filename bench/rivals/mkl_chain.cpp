// A chain of MKL sparse matrices (inspector-executor) times a batch. MKL is opened at run time from the library that the PyPI
// package `mkl` installs, so that nothing is needed to compile this. Handles are optimised once for many calls.
#include <dlfcn.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace py = pybind11;

namespace {

// The parts of mkl_spblas.h that are used, with 32-bit integers (LP64).
struct Description { int type, mode, diagonal; };
constexpr int non_transpose = 10, general = 20, zero_based = 0, row_major = 101;
using Handle = void*;

template <class T> using In = py::array_t<T, py::array::c_style>;

void* library = nullptr;

template <class F> F* symbol(const std::string& name) {
  void* found = dlsym(library, name.c_str());
  if (!found) throw std::runtime_error("MKL has no " + name);
  return reinterpret_cast<F*>(found);
}

void open(const std::string& path) {
  if (library) return;
  library = dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (!library) throw std::runtime_error(dlerror());
}

void check(int status, const char* what) {
  if (status) throw std::runtime_error(std::string(what) + " gives status " + std::to_string(status));
}

template <class T> class Chain {
 public:
  Chain() {
    const std::string prefix = std::is_same_v<T, float> ? "mkl_sparse_s_" : "mkl_sparse_d_";
    create_ = symbol<int(Handle*, int, int, int, int*, int*, int*, T*)>(prefix + "create_csr");
    mm_ = symbol<int(int, T, Handle, Description, int, const T*, int, int, T, T*, int)>(prefix + "mm");
    mv_ = symbol<int(int, T, Handle, Description, const T*, T, T*)>(prefix + "mv");
    mm_hint_ = symbol<int(Handle, int, Description, int, int, int)>("mkl_sparse_set_mm_hint");
    mv_hint_ = symbol<int(Handle, int, Description, int)>("mkl_sparse_set_mv_hint");
    optimize_ = symbol<int(Handle)>("mkl_sparse_optimize");
    destroy_ = symbol<int(Handle)>("mkl_sparse_destroy");
    set_threads_ = symbol<int(int)>("MKL_Set_Num_Threads_Local");
  }
  ~Chain() {
    for (auto& factor : factors_) destroy_(factor.handle);
  }
  Chain(const Chain&) = delete;

  // Appends a factor given by its compressed rows, inspected for batches of `batch` columns.
  void append(In<T> data, In<int> indices, In<int> begin, int columns, int batch) {
    Factor f{data, indices, begin, nullptr, static_cast<int>(begin.size()) - 1, columns};
    int* start = f.begin.mutable_data();
    check(create_(&f.handle, zero_based, f.rows, columns, start, start + 1, f.indices.mutable_data(), f.data.mutable_data()),
          "mkl_sparse_create_csr");
    if (batch == 1) mv_hint_(f.handle, non_transpose, plain_, 1000);
    else mm_hint_(f.handle, non_transpose, plain_, row_major, batch, 1000);
    check(optimize_(f.handle), "mkl_sparse_optimize");
    factors_.push_back(f);
    for (auto& buffer : buffer_) buffer.resize(std::max(buffer.size(), std::size_t(f.rows) * batch));
  }

  // Y = A_L ... A_1 X for a C-order batch X of shape (inputs, batch), batch as in append.
  void apply(const In<T>& X, In<T>& Y, int threads) {
    const int batch = static_cast<int>(X.shape(1));
    if (X.shape(0) != factors_.front().columns || Y.shape(0) != factors_.back().rows || Y.shape(1) != batch)
      throw std::invalid_argument("the batch does not fit the chain");
    if (buffer_[0].size() < std::size_t(factors_.front().rows) * batch) throw std::invalid_argument("batch not inspected");
    const T* from = X.data();
    T* result = Y.mutable_data();
    py::gil_scoped_release release;
    set_threads_(threads);
    for (std::size_t i = 0; i < factors_.size(); ++i) {
      T* to = i + 1 == factors_.size() ? result : buffer_[i % 2].data();
      const auto& f = factors_[i];
      if (batch == 1) mv_(non_transpose, T(1), f.handle, plain_, from, T(0), to);
      else mm_(non_transpose, T(1), f.handle, plain_, row_major, from, batch, batch, T(0), to, batch);
      from = to;
    }
  }

 private:
  struct Factor {
    In<T> data;
    In<int> indices, begin;
    Handle handle;
    int rows, columns;
  };
  const Description plain_{general, 0, 0};
  std::vector<Factor> factors_;
  std::vector<T> buffer_[2];
  int (*create_)(Handle*, int, int, int, int*, int*, int*, T*);
  int (*mm_)(int, T, Handle, Description, int, const T*, int, int, T, T*, int);
  int (*mv_)(int, T, Handle, Description, const T*, T, T*);
  int (*mm_hint_)(Handle, int, Description, int, int, int);
  int (*mv_hint_)(Handle, int, Description, int);
  int (*optimize_)(Handle);
  int (*destroy_)(Handle);
  int (*set_threads_)(int);
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

PYBIND11_MODULE(mkl_chain, module) {
  module.def("open", &open);
  add<float>(module, "ChainF32");
  add<double>(module, "ChainF64");
}
