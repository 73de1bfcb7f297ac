#include "flatnet/engine/fourier.hpp"

#include "arrays.hpp"
#include "bindings.hpp"
#include "flatnet/core/check.hpp"
#include "flatnet/core/isa.hpp"

namespace flatnet::python {
namespace {

using Transform = void (*)(Dtype, const engine::Lines&, const void*, void*, bool, double, int, const kernels::Table*);

// x and out native, their dtypes right and out written whole: the callers in flatnet.fft have seen to it.
void transform(Transform run, const char* name, bool complex_x, bool complex_y, const py::array& x, py::array& out, int axis,
               bool inverse, double scale, int threads, const std::string& isa) {
  const auto in = view(x);
  const auto y = mutable_view(out);
  const Dtype component = flatnet::component(y.dtype);
  const bool single = component == Dtype::f32;
  const Scalar wanted = complex_x ? (single ? Scalar::c64 : Scalar::c128) : (single ? Scalar::f32 : Scalar::f64);
  // The words are made only when they are needed: naming a dtype takes longer than a small transform.
  if (is_complex(y.dtype) != complex_y || is_integer(y.dtype) || in.scalar != wanted || in.swapped)
    throw shape_error(
        sentence(name, " got arrays of types ", std::string(py::str(x.dtype())), " and ", std::string(py::str(out.dtype()))));
  const index_t part = size_of(component);
  const engine::Lines lines(in.sizes, in.strides, complex_x ? 2 * part : part, y.sizes, y.strides, complex_y ? 2 * part : part,
                            axis);
  const kernels::Table* table = isa.empty() ? nullptr : &kernels_of(isa);
  released([&] { run(component, lines, in.data, y.data, inverse, scale, threads, table); });
}

void define(py::module_& m, const char* name, Transform run, bool complex_x, bool complex_y, const char* doc) {
  m.def(
      name,
      [=](const py::array& x, py::array& out, int axis, bool inverse, double scale, int threads, const std::string& isa) {
        transform(run, name, complex_x, complex_y, x, out, axis, inverse, scale, threads, isa);
      },
      py::arg("x"), py::arg("out"), py::arg("axis"), py::arg("inverse"), py::arg("scale"), py::arg("threads"),
      py::arg("isa") = "", doc);
}

}  // namespace

void bind_fourier(py::module_& m) {
  define(m, "c2c", &engine::c2c, true, true, "Complex to complex along one axis, times scale; out may be x.");
  define(m, "r2c", &engine::r2c, false, true, "Real to the first n // 2 + 1 outputs; inverse: their conjugates.");
  define(m, "c2r", &engine::c2r, true, false, "The real sums of a spectrum given by its first n // 2 + 1 values.");
  m.def("fourier_cache_clear", &engine::fourier_cache_clear, "Forgets all plans.");
  m.def("fourier_cache_bytes", &engine::fourier_cache_bytes, "Bytes held by the cache of plans.");
}

}  // namespace flatnet::python
