#include <pybind11/stl.h>

#include "bindings.hpp"
#include "flatnet/core/check.hpp"
#include "flatnet/core/eigen.hpp"
#include "flatnet/core/isa.hpp"
#include "flatnet/core/parallel.hpp"
#include "flatnet/transforms/list.hpp"

namespace py = pybind11;

namespace flatnet::python {
namespace {

py::dict build_info() {
  py::dict d;
  d["version"] = FLATNET_VERSION;
  d["compiler"] = FLATNET_COMPILER;
  d["isa"] = active_isa();
  d["available_isas"] = available_isas();
  d["threads"] = default_threads();
  d["threading"] = threading_layer();
  d["eigen"] = std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) + "." +
               std::to_string(EIGEN_MINOR_VERSION);
  d["pybind11"] = std::to_string(PYBIND11_VERSION_MAJOR) + "." + std::to_string(PYBIND11_VERSION_MINOR);
  return d;
}

std::vector<Factor> transform(const std::string& name, index_t n) {
  const Network net = name == "hadamard" ? hadamard(n)
                      : name == "dft"    ? dft(n)
                      : name == "idft"   ? dft(n, true)
                      : name == "zeta"   ? zeta(static_cast<int>(n))
                      : name == "mobius"
                          ? zeta(static_cast<int>(n), true)
                          : throw shape_error("the C++ transforms are hadamard, dft, idft, zeta, mobius, got '" + name + "'");
  std::vector<Factor> factors;
  for (const Layer& layer : net.layers()) factors.push_back(layer.weight);
  return factors;
}

}  // namespace

void bind_info(py::module_& m) {
  py::register_exception_translator([](std::exception_ptr p) {
    try {
      if (p) std::rethrow_exception(p);
    } catch (const too_large_error& e) {
      const py::object type = py::module_::import("flatnet._check").attr("TooLargeError");
      PyErr_SetString(type.ptr(), e.what());
    } catch (const std::bad_alloc&) {
      const py::object type = py::module_::import("flatnet._check").attr("TooLargeError");
      PyErr_SetString(type.ptr(), "this needs more memory than the system gives");
    }
  });
  active_kernels();   // a wrong FLATNET_ISA is an error of the import, not of the first call
  default_threads();  // likewise FLATNET_THREADS
  m.def("build_info", &build_info);
  m.def("default_threads", &default_threads);
  m.def("set_default_threads", &set_default_threads, py::arg("n"));
  m.def("transform", &transform, py::arg("name"), py::arg("n"),
        "Factors of a transform built in C++, in the order of application.");
}

}  // namespace flatnet::python
