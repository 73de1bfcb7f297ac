#pragma once
#include <pybind11/pybind11.h>

namespace flatnet::python {

void bind_factor(pybind11::module_& m);
void bind_network(pybind11::module_& m);
void bind_network_call(pybind11::module_& m);
void bind_paths(pybind11::module_& m);
void bind_fourier(pybind11::module_& m);
void bind_fft_plan(pybind11::module_& m);
void bind_fft_small(pybind11::module_& m);
void bind_signal(pybind11::module_& m);
void bind_wavelet(pybind11::module_& m);
void bind_fwht(pybind11::module_& m);
void bind_activation(pybind11::module_& m);
void bind_interval(pybind11::module_& m);
void bind_info(pybind11::module_& m);

}  // namespace flatnet::python
