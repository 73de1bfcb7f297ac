#pragma once
#include <pybind11/pybind11.h>

namespace flatnet::python {

void bind_factor(pybind11::module_& m);
void bind_network(pybind11::module_& m);
void bind_info(pybind11::module_& m);

}  // namespace flatnet::python
