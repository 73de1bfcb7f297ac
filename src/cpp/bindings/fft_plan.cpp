// Plan objects in raw CPython: a call costs a few dozen nanoseconds beyond the transform.
#include <algorithm>
#include <cstddef>
#include <new>

#include "bindings.hpp"
#include "flatnet/core/parallel.hpp"
#include "flatnet/core/scratch.hpp"
#include "flatnet/engine/fourier.hpp"
#include "fourier_kind.hpp"
#include "plain_arrays.hpp"

#include <structmember.h>

namespace flatnet::python {
namespace {

using engine::FourierPlan;
using engine::Lines;
constexpr const char* kind_names[] = {"c2c", "r2c", "c2r"};
constexpr index_t threaded_transform = index_t{1} << 18;  // elements from which on rows are shared among threads

const Proxy* as_array(PyObject* x) {
  return PyObject_TypeCheck(x, py::detail::npy_api::get().PyArray_Type_) ? py::detail::array_proxy(x) : nullptr;
}
bool has_type(const Proxy* a, PyObject* wanted) {
  return a->descr == wanted || py::detail::npy_api::get().PyArray_EquivTypes_(a->descr, wanted);
}

PyObject* empty_like(const Proxy* x, Dtype t, ssize_t last) {
  ssize_t shape[64];
  std::copy_n(x->dimensions, x->nd, shape);
  shape[x->nd - 1] = last;
  return empty(t, x->nd, shape);
}

/// One row by the plan, several by the engine, which may work on many at once.
void run_rows(const FourierPlan& plan, Kind kind, index_t rows, index_t n_in, index_t n_out, const void* x, void* y,
              bool inverse, double scale) {
  if (rows == 1) {
    const Scratch scratch(static_cast<std::size_t>(plan.scratch_bytes()));
    run_vector(plan, kind, x, y, inverse, scale, scratch.data());
    return;
  }
  const Lines lines = Lines::rows(rows, n_in, n_out);
  const int threads = rows * plan.n() >= threaded_transform ? default_threads() : 1;
  run_lines(kind, plan.component(), lines, x, y, inverse, scale, threads);
}

/// The same, without the GIL where it takes long; false with a Python error set where memory ran out.
bool run_guarded(const FourierPlan& plan, Kind kind, index_t rows, index_t n_in, index_t n_out, const void* x, void* y,
                 bool inverse, double scale) {
  PyThreadState* state = rows * plan.n() >= long_transform ? PyEval_SaveThread() : nullptr;
  const char* failed = nullptr;
  std::string sentence;
  try {
    run_rows(plan, kind, rows, n_in, n_out, x, y, inverse, scale);
  } catch (const std::exception& e) {
    sentence = e.what();
    failed = sentence.c_str();
  }
  if (state) PyEval_RestoreThread(state);
  if (failed) PyErr_SetString(PyExc_MemoryError, failed);
  return !failed;
}

// --- the plan object -------------------------------------------------------------------------------------------------

struct PlanObject {
  PyObject_HEAD vectorcallfunc call;
  std::shared_ptr<const FourierPlan> plan;
  Kind kind;
  bool inverse;
  double scale;
  index_t n_in, n_out;
  Dtype in, out;
  PyObject* norm;
};

PlanObject* self_of(PyObject* o) { return reinterpret_cast<PlanObject*>(o); }

/// One sentence for an array that a plan cannot take; null.
PyObject* refuse(const PlanObject* p, const char* which, PyObject* a, Dtype wanted, index_t last) {
  const Proxy* array = as_array(a);
  if (!array) return PyErr_Format(PyExc_TypeError, "the plan needs a NumPy array for %s, got %s", which, Py_TYPE(a)->tp_name);
  if (!has_type(array, descriptor(wanted)))
    return PyErr_Format(PyExc_TypeError, "the plan needs %s of dtype %s, got %S", which, name(wanted), array->descr);
  if (array->nd < 1 || array->dimensions[array->nd - 1] != last) {
    const py::object shape = py::reinterpret_borrow<py::object>(a).attr("shape");
    return PyErr_Format(PyExc_ValueError, "the plan (%s of n=%zd) needs %zd elements on the last axis of %s, its shape is %S",
                        kind_names[static_cast<int>(p->kind)], static_cast<ssize_t>(p->plan->n()), static_cast<ssize_t>(last),
                        which, shape.ptr());
  }
  if (!(array->flags & contiguous) || !(array->flags & aligned))
    return PyErr_Format(PyExc_ValueError, "the plan needs %s contiguous and aligned, got strides that are not: copy it first",
                        which);
  return nullptr;
}

bool fits(const Proxy* a, PyObject* type, index_t last) {
  constexpr int both = contiguous | aligned;
  return a && has_type(a, type) && a->nd >= 1 && a->dimensions[a->nd - 1] == last && (a->flags & both) == both;
}

bool same_batch(const Proxy* x, const Proxy* y, index_t& rows) {
  rows = 1;
  if (x->nd != y->nd) return false;
  for (int i = 0; i + 1 < x->nd; ++i) {
    if (x->dimensions[i] != y->dimensions[i]) return false;
    rows *= x->dimensions[i];
  }
  return true;
}

PyObject* plan_call(PyObject* self, PyObject* const* args, std::size_t count, PyObject* names) {
  const PlanObject* p = self_of(self);
  const ssize_t positional = PyVectorcall_NARGS(count), named = names ? PyTuple_GET_SIZE(names) : 0;
  PyObject* out = positional > 1 ? args[1] : nullptr;
  if (named == 1 && positional == 1 && PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, 0), "out") == 0) out = args[1];
  else if (named || positional < 1 || positional > 2)
    return PyErr_Format(PyExc_TypeError, "a plan is called as p(x) or p(x, out), got %zd arguments", positional + named);
  const Proxy* x = as_array(args[0]);
  if (!fits(x, descriptor(p->in), p->n_in)) return refuse(p, "x", args[0], p->in, p->n_in);
  py::object result;
  if (!out || out == Py_None) {
    result = py::reinterpret_steal<py::object>(empty_like(x, p->out, p->n_out));
    if (!result) return nullptr;
  } else {
    if (!fits(as_array(out), descriptor(p->out), p->n_out)) return refuse(p, "out", out, p->out, p->n_out);
    result = py::reinterpret_borrow<py::object>(out);
  }
  const Proxy* y = py::detail::array_proxy(result.ptr());
  index_t rows;
  if (!same_batch(x, y, rows))
    return PyErr_Format(PyExc_ValueError, "out has the shape %S, the plan needs x's %S with %zd on the last axis",
                        result.attr("shape").ptr(), py::reinterpret_borrow<py::object>(args[0]).attr("shape").ptr(),
                        static_cast<ssize_t>(p->n_out));
  if (!(y->flags & writeable)) return PyErr_Format(PyExc_ValueError, "out is read-only, the result must be written there");
  const char* x_end = x->data + rows * p->n_in * size_of(p->in);
  const char* y_end = y->data + rows * p->n_out * size_of(p->out);
  if (x->data < y_end && y->data < x_end && !(p->kind == Kind::c2c && x->data == y->data))
    return PyErr_Format(PyExc_ValueError, "out overlaps x without being x: the result would be read while it is written");
  if (rows && !run_guarded(*p->plan, p->kind, rows, p->n_in, p->n_out, x->data, y->data, p->inverse, p->scale)) return nullptr;
  return result.release().ptr();
}

void plan_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  self_of(self)->plan.~shared_ptr();
  Py_XDECREF(self_of(self)->norm);
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* plan_repr(PyObject* self) {
  const PlanObject* p = self_of(self);
  return PyUnicode_FromFormat("flatnet.fft.plan(%zd, '%s', kind='%s', inverse=%s, norm=%R)", static_cast<ssize_t>(p->plan->n()),
                              name(p->in), kind_names[static_cast<int>(p->kind)], p->inverse ? "True" : "False", p->norm);
}

PyGetSetDef plan_attributes[] = {
    {"n", [](PyObject* o, void*) { return PyLong_FromSsize_t(static_cast<ssize_t>(self_of(o)->plan->n())); }, nullptr,
     "Length of the transform [elements].", nullptr},
    {"kind", [](PyObject* o, void*) { return PyUnicode_FromString(kind_names[static_cast<int>(self_of(o)->kind)]); }, nullptr,
     "\"c2c\", \"r2c\" or \"c2r\".", nullptr},
    {"inverse", [](PyObject* o, void*) { return PyBool_FromLong(self_of(o)->inverse); }, nullptr,
     "Whether the exponent's sign is +1.", nullptr},
    {"norm", [](PyObject* o, void*) { return Py_NewRef(self_of(o)->norm); }, nullptr, "As given to flatnet.fft.plan.", nullptr},
    {"dtype", [](PyObject* o, void*) { return Py_NewRef(descriptor(self_of(o)->in)); }, nullptr, "Of x.", nullptr},
    {"out_dtype", [](PyObject* o, void*) { return Py_NewRef(descriptor(self_of(o)->out)); }, nullptr, "Of the result.",
     nullptr},
    {"workspace",
     [](PyObject* o, void*) { return PyLong_FromSsize_t(static_cast<ssize_t>(self_of(o)->plan->scratch_bytes())); }, nullptr,
     "Bytes that a call borrows from its thread.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr}};

PyMemberDef plan_members[] = {{"__vectorcalloffset__", T_PYSSIZET, offsetof(PlanObject, call), READONLY, nullptr},
                              {nullptr, 0, 0, 0, nullptr}};

PyType_Slot plan_slots[] = {
    {Py_tp_dealloc, reinterpret_cast<void*>(&plan_dealloc)},
    {Py_tp_repr, reinterpret_cast<void*>(&plan_repr)},
    {Py_tp_call, reinterpret_cast<void*>(&PyVectorcall_Call)},
    {Py_tp_members, plan_members},
    {Py_tp_getset, plan_attributes},
    {Py_tp_doc,
     const_cast<char*>("A Fourier transform of one length; made by flatnet.fft.plan. Immutable, safe from many threads.")},
    {0, nullptr}};

PyType_Spec plan_spec = {"flatnet._core.FourierTransform", sizeof(PlanObject), 0,
                         Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_DISALLOW_INSTANTIATION, plan_slots};

PyTypeObject* plan_type = nullptr;

py::object make_plan(index_t n, const std::string& precision, const std::string& kind, bool inverse, double scale,
                     const py::object& norm) {
  const Dtype component = precision == "float32" ? Dtype::f32 : Dtype::f64;
  auto plan = engine::fourier_plan(component, n);
  auto* p = PyObject_New(PlanObject, plan_type);
  if (!p) throw py::error_already_set();
  new (&p->plan) std::shared_ptr<const FourierPlan>(std::move(plan));
  p->call = &plan_call;
  p->kind = kind == "c2c" ? Kind::c2c : kind == "r2c" ? Kind::r2c : Kind::c2r;
  p->inverse = inverse;
  p->scale = scale;
  p->n_in = p->kind == Kind::c2r ? n / 2 + 1 : n;
  p->n_out = p->kind == Kind::r2c ? n / 2 + 1 : n;
  p->in = p->kind == Kind::r2c ? component : complex_of(component);
  p->out = p->kind == Kind::c2r ? component : complex_of(component);
  p->norm = Py_NewRef(norm.ptr());
  return py::reinterpret_steal<py::object>(reinterpret_cast<PyObject*>(p));
}

}  // namespace

void bind_fft_plan(py::module_& m) {
  plan_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&plan_spec));
  if (!plan_type) throw py::error_already_set();
  m.attr("FourierTransform") = py::reinterpret_borrow<py::object>(reinterpret_cast<PyObject*>(plan_type));
  descriptor(Dtype::f32);
  m.def("fourier_transform", &make_plan, py::arg("n"), py::arg("precision"), py::arg("kind"), py::arg("inverse"),
        py::arg("scale"), py::arg("norm"), "A plan object; see flatnet.fft.plan.");
}

}  // namespace flatnet::python
