// Table of contents of flatnet._core.
#include "bindings.hpp"

PYBIND11_MODULE(_core, m) {
  m.doc() = "flatnet's C++ core; the public names are in the package flatnet.";
  flatnet::python::bind_factor(m);
  flatnet::python::bind_network(m);
  flatnet::python::bind_network_call(m);
  flatnet::python::bind_paths(m);
  flatnet::python::bind_fourier(m);
  flatnet::python::bind_fft_plan(m);
  flatnet::python::bind_fft_small(m);
  flatnet::python::bind_signal(m);
  flatnet::python::bind_wavelet(m);
  flatnet::python::bind_fwht(m);
  flatnet::python::bind_activation(m);
  flatnet::python::bind_interval(m);
  flatnet::python::bind_info(m);
}
