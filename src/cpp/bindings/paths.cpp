#include "flatnet/network/paths.hpp"

#include "arrays.hpp"
#include "bindings.hpp"

namespace flatnet::python {
namespace {

template <class T> using Rows = py::array_t<T, py::array::c_style>;
using Marks = Rows<std::uint64_t>;

// A sweep from `rows` rows of x to `to` rows of the result; f(lanes, x, y) does it.
template <class T, class F> Rows<T> swept(const Rows<T>& x, index_t rows, index_t to, F&& f) {
  require(x.ndim() == 2 && x.shape(0) == rows, "a sweep needs an array of ", rows, " rows, got ", x.ndim(), " axes and ",
          x.ndim() ? x.shape(0) : 0, " rows");
  Rows<T> y(std::vector<index_t>{to, x.shape(1)});
  const T* from = x.data();
  T* result = y.mutable_data();
  const index_t lanes = x.shape(1);
  released([&] { f(lanes, from, result); });
  return y;
}

Rows<float> least(const Paths& p, const Rows<float>& x) {
  return swept(x, p.cols(), p.rows(), [&](index_t lanes, const float* from, float* to) { p.least(lanes, from, to); });
}

Rows<double> sum(const Paths& p, const Rows<double>& x) {
  return swept(x, p.cols(), p.rows(), [&](index_t lanes, const double* from, double* to) { p.sum(lanes, from, to); });
}

Marks outputs(const Paths& p, const Marks& x) {
  return swept(x, p.cols(), p.rows(),
               [&](index_t words, const std::uint64_t* from, std::uint64_t* to) { p.outputs(words, from, to); });
}

Marks inputs(const Paths& p, const Marks& x) {
  return swept(x, p.rows(), p.cols(),
               [&](index_t words, const std::uint64_t* from, std::uint64_t* to) { p.inputs(words, from, to); });
}

py::array_t<index_t> counted(const Marks& x) {
  require(x.ndim() == 2, "marks are an array of two axes, got ", x.ndim());
  const index_t rows = x.shape(0), words = x.shape(1);
  const std::uint64_t* marks = x.data();
  const std::vector<index_t> counts = released([&] { return count_marks(rows, words, marks); });
  return py::array_t<index_t>(static_cast<index_t>(counts.size()), counts.data());
}

}  // namespace

void bind_paths(py::module_& m) {
  py::class_<Paths>(m, "Paths", "The non-zero entries of a factor, as a graph from inputs to outputs.")
      .def(py::init([](const Factor& f) { return released([&] { return Paths(f); }); }), py::arg("factor"))
      .def_static(
          "pattern", [](index_t a, index_t b, index_t c, index_t d) { return Paths(a, b, c, d); }, py::arg("a"), py::arg("b"),
          py::arg("c"), py::arg("d"), "I_a (x) 1_(b x c) (x) I_d.")
      .def_property_readonly("rows", [](const Paths& p) { return p.rows(); })
      .def_property_readonly("cols", [](const Paths& p) { return p.cols(); })
      .def_property_readonly("work", [](const Paths& p) { return p.work(); })
      .def("least", &least, py::arg("x"), "(cols, lanes) -> (rows, lanes): the least over the entries of each row, else inf.")
      .def("sum", &sum, py::arg("x"), "(cols, lanes) -> (rows, lanes): the sum over the entries of each row.")
      .def("outputs", &outputs, py::arg("marks"), "(cols, words) -> (rows, words): the union over the entries of each row.")
      .def("inputs", &inputs, py::arg("marks"), "(rows, words) -> (cols, words): the union over the entries of each column.");
  m.def("count_marks", &counted, py::arg("marks"), "Rows that have each of the 64 bits of each word.");
}

}  // namespace flatnet::python
