#include "flatnet/engine/wavelet.hpp"

#include <pybind11/stl.h>

#include <optional>

#include "arrays.hpp"
#include "bindings.hpp"
#include "flatnet/core/check.hpp"
#include "flatnet/core/isa.hpp"
#include "output.hpp"

namespace flatnet::python {
namespace {

using engine::FilterBank;
using engine::WaveletArray;
using engine::WaveletMode;

// Real components that one element of a float or complex array holds, and their type. Python has checked the dtype.
struct Element {
  Dtype component;
  index_t parts;
  explicit Element(const py::array& x) {
    const char kind = x.dtype().kind();
    if (kind != 'c' && kind != 'f')
      throw shape_error("a wavelet transform takes float and complex arrays, got " + py::str(x.dtype()).cast<std::string>());
    parts = kind == 'c' ? 2 : 1;
    component = x.itemsize() == 4 * parts ? Dtype::f32 : Dtype::f64;
  }
};

WaveletMode mode_from(int mode) {
  require(mode >= 0 && mode < engine::wavelet_modes, "wavelet modes are 0 to ", engine::wavelet_modes - 1, ", got ", mode);
  return static_cast<WaveletMode>(mode);
}

constexpr int c_order = py::array::c_style | py::detail::npy_api::NPY_ARRAY_ALIGNED_;

// x as the engine wants it, copied only when its layout asks for it: blocks at one distance, rows at one distance, whole rows.
struct Source {
  py::array array;
  Element element;
  WaveletArray layout;

  Source(const py::array& x, int axis) : array(x), element(x), layout() {
    require(axis >= 0 && axis < x.ndim(), "axis ", axis, " is out of range for an array of ", x.ndim(), " dimensions");
    if (!fits(axis)) {
      array = py::array::ensure(x, c_order);
      fits(axis);
    }
  }

 private:
  bool fits(int axis) {
    const auto whole = [this](py::ssize_t i) { return static_cast<index_t>(array.strides(i)); };
    const index_t size = array.itemsize(), component = size / element.parts;
    index_t inner = 1, outer = 1, block = 0;
    bool fit = reinterpret_cast<std::uintptr_t>(array.data()) % static_cast<std::size_t>(component) == 0;
    for (py::ssize_t i = array.ndim() - 1; i > axis; --i) {
      fit = fit && (array.shape(i) == 1 || whole(i) == inner * size);
      inner *= array.shape(i);
    }
    const index_t n = array.shape(axis), step = n == 1 ? inner * size : whole(axis);
    fit = fit && step % component == 0 &&
          (step == inner * size || inner * element.parts >= engine::wavelet_rows_from(element.component));
    for (py::ssize_t i = axis - 1; i >= 0; --i) {
      if (array.shape(i) == 1) continue;
      if (outer == 1) block = whole(i);
      fit = fit && whole(i) == block * outer && block % component == 0;
      outer *= array.shape(i);
    }
    layout = {outer, n, inner * element.parts, block / component, step / component};
    return fit;
  }
};

std::vector<py::ssize_t> shape_of(const py::array& x) { return {x.shape(), x.shape() + x.ndim()}; }

const kernels::Table* table_of(const std::string& isa) { return isa.empty() ? nullptr : &kernels_of(isa); }

py::list decompose(const FilterBank& bank, int mode_code, const py::array& x, int axis, index_t levels, int threads,
                   const std::string& isa) {
  const WaveletMode mode = mode_from(mode_code);
  const Source source(x, axis);
  require(levels >= 1 && levels <= 1 << 20, "a wavelet decomposition needs 1 to 2**20 levels, got ", levels);
  require(source.layout.n >= 1, "a wavelet transform needs at least 1 sample, the axis has 0");
  auto shape = shape_of(x);
  py::list result(static_cast<std::size_t>(levels) + 1);
  std::vector<void*> targets(result.size());
  const py::dtype dtype = x.dtype();
  const auto add = [&](index_t i) {
    py::array band = output(dtype, shape);
    targets[static_cast<std::size_t>(i)] = band.mutable_data();
    result[static_cast<std::size_t>(i)] = std::move(band);
  };
  for (index_t l = levels; l >= 1; --l) {
    shape[axis] = engine::wavelet_length(shape[axis], bank.taps(), mode);
    add(l);
  }
  add(0);
  released([&] {
    engine::wavelet_dec(source.element.component, bank, mode, levels, source.layout, source.array.data(), targets.data(),
                        threads, table_of(isa));
  });
  return result;
}

// The array itself where it is in C order and aligned.
py::array in_c_order(const py::array& x) { return (x.flags() & c_order) == c_order ? x : py::array::ensure(x, c_order); }

// The arrays of a list if they are alike: one dtype and number of axes.
std::optional<std::vector<py::array>> alike(const py::list& list) {
  std::vector<py::array> arrays;
  for (const py::handle item : list) {
    if (!py::isinstance<py::array>(item)) return std::nullopt;
    arrays.push_back(py::reinterpret_borrow<py::array>(item));
    const py::array &one = arrays.back(), &first = arrays.front();
    if (one.ndim() != first.ndim() || (one.dtype().ptr() != first.dtype().ptr() && !one.dtype().equal(first.dtype())))
      return std::nullopt;
  }
  return arrays;
}

std::optional<py::array> reconstruct(const FilterBank& bank, int mode_code, const py::list& coefficients, int axis, int threads,
                                     const std::string& isa) {
  const WaveletMode mode = mode_from(mode_code);
  require(coefficients.size() >= 2, "a wavelet reconstruction needs at least 2 arrays, got ", coefficients.size());
  const auto arrays = alike(coefficients);
  if (!arrays) return std::nullopt;
  const py::array& finest = arrays->back();
  const Element element(finest);
  require(axis >= 0 && axis < finest.ndim(), "axis ", axis, " is out of range for ", finest.ndim(), " dimensions");
  std::vector<py::array> whole;
  std::vector<const void*> data;
  std::vector<index_t> lengths;
  for (const py::array& c : *arrays) {
    for (py::ssize_t i = 0; i < c.ndim(); ++i)
      require(i == axis || c.shape(i) == finest.shape(i), "coefficients need ", finest.shape(i), " on axis ", i, ", got ",
              c.shape(i));
    whole.push_back(in_c_order(c));
    data.push_back(whole.back().data());
    lengths.push_back(c.shape(axis));
  }
  auto shape = shape_of(finest);
  shape[axis] = std::max<index_t>(0, engine::wavelet_inverse_length(shape[axis], bank.taps(), mode));
  index_t outer = 1, inner = element.parts;
  for (int i = 0; i < axis; ++i) outer *= shape[i];
  for (std::size_t i = axis + 1; i < shape.size(); ++i) inner *= shape[i];
  py::array y = output(finest.dtype(), shape);
  void* const target = y.mutable_data();
  released([&] {
    engine::wavelet_rec(element.component, bank, mode, lengths, outer, inner, data.data(), target, threads, table_of(isa));
  });
  return y;
}

// One level after the other: approximation, then details of every level, [aa, ad, da, dd, ad, da, dd, ...].
py::list decompose_plane(const FilterBank& first, const FilterBank& second, int first_mode, int second_mode, const py::array& x,
                         int axis, index_t levels, int threads, const std::string& isa) {
  const engine::WaveletPlane plane{{&first, &second}, {mode_from(first_mode), mode_from(second_mode)}};
  require(axis >= 0 && axis + 1 < x.ndim(), "axes ", axis, " and ", axis + 1, " are out of range for an array of ", x.ndim(),
          " dimensions");
  require(levels >= 1 && levels <= 1 << 20, "a wavelet decomposition needs 1 to 2**20 levels, got ", levels);
  std::vector<py::array> details;
  py::array a = x;
  for (index_t l = 0; l < levels; ++l) {
    auto shape = shape_of(a);
    require(shape[axis] >= 1 && shape[axis + 1] >= 1, "a wavelet transform needs at least 1 sample, the axes have ",
            shape[axis], " and ", shape[axis + 1]);
    const Source source(a, axis);
    const WaveletArray& g = source.layout;
    const engine::WaveletPlanes planes{g.outer, g.n, shape[axis + 1], g.inner / shape[axis + 1], g.block_step, g.step};
    for (const int i : {0, 1}) shape[axis + i] = engine::wavelet_length(shape[axis + i], plane.bank[i]->taps(), plane.mode[i]);
    std::vector<py::array> bands;
    void* targets[4];
    for (void*& target : targets) {
      bands.push_back(output(x.dtype(), shape));
      target = bands.back().mutable_data();
    }
    released([&] {
      engine::wavelet_dec2(source.element.component, plane, planes, source.array.data(), targets, threads, table_of(isa));
    });
    a = bands[0];
    details.insert(details.begin(), bands.begin() + 1, bands.end());
  }
  py::list result;
  result.append(a);
  for (const py::array& band : details) result.append(band);
  return result;
}

py::array reconstruct_plane(const FilterBank& first, const FilterBank& second, int first_mode, int second_mode,
                            const std::vector<py::array>& bands, int axis, int threads, const std::string& isa) {
  const engine::WaveletPlane plane{{&first, &second}, {mode_from(first_mode), mode_from(second_mode)}};
  require(bands.size() == 4, "a wavelet reconstruction along two axes needs 4 arrays, got ", bands.size());
  auto shape = shape_of(bands[0]);
  require(axis >= 0 && axis + 1 < static_cast<int>(shape.size()), "axes ", axis, " and ", axis + 1, " are out of range for ",
          shape.size(), " dimensions");
  const Element element(bands[0]);
  std::vector<py::array> whole;
  const void* data[4];
  for (const py::array& band : bands) {
    require(shape_of(band) == shape && band.dtype().equal(bands[0].dtype()), "the four bands need one shape and dtype");
    whole.push_back(in_c_order(band));
    data[whole.size() - 1] = whole.back().data();
  }
  index_t outer = 1, inner = element.parts;
  for (int i = 0; i < axis; ++i) outer *= shape[i];
  for (std::size_t i = axis + 2; i < shape.size(); ++i) inner *= shape[i];
  const index_t m0 = shape[axis], m1 = shape[axis + 1];
  for (const int i : {0, 1})
    shape[axis + i] =
        std::max<index_t>(0, engine::wavelet_inverse_length(shape[axis + i], plane.bank[i]->taps(), plane.mode[i]));
  py::array y = output(bands[0].dtype(), shape);
  void* const target = y.mutable_data();
  released([&] {
    engine::wavelet_rec2(element.component, plane, {outer, m0, m1, inner, m0 * m1 * inner, m1 * inner}, data, target, threads,
                         table_of(isa));
  });
  return y;
}

}  // namespace

void bind_wavelet(py::module_& m) {
  py::class_<FilterBank, std::shared_ptr<FilterBank>>(m, "FilterBank",
                                                      "Four wavelet filters of one length, arranged for the kernels.")
      .def(py::init<const std::vector<double>&, const std::vector<double>&, const std::vector<double>&,
                    const std::vector<double>&>(),
           py::arg("dec_lo"), py::arg("dec_hi"), py::arg("rec_lo"), py::arg("rec_hi"), "Filters as PyWavelets orders them.")
      .def_property_readonly("taps", &FilterBank::taps, "Taps of each filter.");
  m.def("wavelet_dec", &decompose, py::arg("bank"), py::arg("mode"), py::arg("x"), py::arg("axis"), py::arg("levels"),
        py::arg("threads"), py::arg("isa") = "",
        "[cA_L, cD_L, ..., cD_1] along one axis of a native float or complex array; threads 0 is the default.");
  m.def("wavelet_rec", &reconstruct, py::arg("bank"), py::arg("mode"), py::arg("coefficients"), py::arg("axis"),
        py::arg("threads"), py::arg("isa") = "",
        "The inverse of wavelet_dec, from arrays that differ along the axis only; None when they have not one dtype and "
        "number of axes.");
  m.def("wavelet_dec2", &decompose_plane, py::arg("bank0"), py::arg("bank1"), py::arg("mode0"), py::arg("mode1"), py::arg("x"),
        py::arg("axis"), py::arg("levels"), py::arg("threads"), py::arg("isa") = "",
        "[aa_L, ad_L, da_L, dd_L, ..., ad_1, da_1, dd_1] along an axis and the next.");
  m.def("wavelet_rec2", &reconstruct_plane, py::arg("bank0"), py::arg("bank1"), py::arg("mode0"), py::arg("mode1"),
        py::arg("bands"), py::arg("axis"), py::arg("threads"), py::arg("isa") = "",
        "The inverse of one level of wavelet_dec2, from [aa, ad, da, dd].");
}

}  // namespace flatnet::python
