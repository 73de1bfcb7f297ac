#include "flatnet/core/interval.hpp"

#include "arrays.hpp"
#include "bindings.hpp"

namespace flatnet::python {
namespace {

using Ends = py::array_t<double, py::array::c_style | py::array::forcecast>;

bool within(const py::array& x, int axis, const Ends& low, const Ends& high) {
  require(low.ndim() == 1 && high.ndim() == 1 && low.size() == high.size() && low.size() > 0,
          "intervals need as many lower as upper ends, at least one, got ", low.size(), " and ", high.size());
  const ConstArrayView from = view(x);
  const double *lows = low.data(), *highs = high.data();
  const index_t count = low.size();
  if (x.size() < 10'000) return lies_within(from, axis, lows, highs, count);
  return released([&] { return lies_within(from, axis, lows, highs, count); });
}

}  // namespace

void bind_interval(py::module_& m) {
  m.def("lies_within", &within, py::arg("x"), py::arg("axis"), py::arg("low"), py::arg("high"),
        "Whether low[i] <= x <= high[i] for every float with index i on `axis`, or with one interval for every float.");
}

}  // namespace flatnet::python
