#include <pybind11/stl.h>

#include "arrays.hpp"
#include "bindings.hpp"
#include "flatnet/network/product.hpp"

namespace flatnet::python {
namespace {

using LayerSpec = std::tuple<Factor, std::optional<py::array>, int>;  // weight, bias, activation

Network make_network(const std::vector<LayerSpec>& specs) {
  std::vector<Layer> layers;
  for (const auto& [weight, bias, activation] : specs) {
    require(activation >= 0 && activation < kernels::activation_count, "activations are numbered below ",
            kernels::activation_count, ", got ", activation);
    layers.emplace_back(weight, bias ? Values(buffer(*bias)) : Values(), static_cast<Activation>(activation));
  }
  return Network(std::move(layers));
}

void apply(const Network& net, const py::array& x, py::array out, int axis, int threads, const std::string& isa) {
  const ConstArrayView from = view(x);
  const ArrayView to = mutable_view(out);
  released([&] { net.apply(from, to, axis, threads, isa.empty() ? nullptr : &kernels_of(isa)); });
}

const char* name(Step::Kind kind) {
  switch (kind) {
    case Step::Kind::hadamard: return "hadamard";
    case Step::Kind::fourier: return "fourier";
    case Step::Kind::butterfly: return "butterfly";
    case Step::Kind::neurons: return "neurons";
    case Step::Kind::layer: break;
  }
  return "layer";
}

// Largest growth of |x| through the first k layers, over all k: what exact integers must hold.
double growth(const Network& net) {
  double bound = 1, largest = 1;
  for (const Layer& layer : net.layers()) largest = std::max(largest, bound *= layer.weight.max_row_sum());
  return largest;
}

}  // namespace

void bind_network(py::module_& m) {
  py::class_<Network>(m, "Network", "Layers ready to run; see flatnet.network.")
      .def(py::init(&make_network), py::arg("layers"))
      .def("apply", &apply, py::arg("x"), py::arg("out"), py::arg("axis"), py::arg("threads"), py::arg("isa") = "",
           "Writes the network's output along `axis` to `out`, whose dtype is that of the computation.")
      .def("growth", &growth)
      .def(
          "steps", [](const Network& n, const py::dtype& d) { return released([&, t = dtype_from(d)] { return n.steps(t); }); },
          py::arg("dtype"), "What runs when the network computes in `dtype`, a line a step.")
      .def(
          "program",
          [](const Network& n, const py::dtype& d) {
            const Program& program = released([&, t = dtype_from(d)]() -> const Program& { return n.program(t); });
            std::vector<std::tuple<const char*, int, int>> found;
            for (const Step& s : program.steps) found.emplace_back(name(s.kind), s.first, s.count);
            return found;
          },
          py::arg("dtype"),
          "The same as (\"layer\", \"hadamard\", \"fourier\", \"butterfly\" or \"neurons\", first layer, number of layers).")
      .def_property_readonly(
          "weights",
          [](const Network& n) {
            std::vector<Factor> w;
            for (const Layer& layer : n.layers()) w.push_back(layer.weight);
            return w;
          },
          "The factors as they run, recognised patterns included.");
  m.def(
      "product",
      [](const Factor& l, const Factor& r, double max_bytes) { return released([&] { return product(l, r, max_bytes); }); },
      py::arg("left"), py::arg("right"), py::arg("max_bytes"), "left @ right in its best format.");
  m.def(
      "estimate_product",
      [](const Factor& l, const Factor& r) {
        const ProductEstimate e = estimate_product(l, r);
        return py::make_tuple(e.synapses, e.bytes);
      },
      py::arg("left"), py::arg("right"), "Upper bounds (synapses, bytes) of left @ right; nothing is formed.");
}

}  // namespace flatnet::python
