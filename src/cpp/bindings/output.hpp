#pragma once
// Arrays for results. A large one gets memory that an earlier result has given back, where some is kept: pages that the system
// must clear and map cost more than a transform that is done in one sweep.
#include <pybind11/numpy.h>

#include <vector>

namespace flatnet::python {

/// An uninitialised array in C order, aligned to 64 bytes where it is large. It owns its memory like any other array; when it
/// goes, up to 64 MiB stay with the process for the next ones. An allocator that the user has given NumPy
/// is left in place.
pybind11::array output(const pybind11::dtype& dtype, const std::vector<pybind11::ssize_t>& shape);

}  // namespace flatnet::python
