// A network as a raw CPython callable for plain arrays.
#include <algorithm>
#include <cstddef>
#include <new>

#include "bindings.hpp"
#include "flatnet/network/network.hpp"
#include "plain_arrays.hpp"

#include <structmember.h>

namespace flatnet::python {
namespace {

struct CallObject {
  PyObject_HEAD vectorcallfunc call;
  PyObject* owner;
  const Network* network;
  int dtypes;  // bit t - f32: data of dtype t stay so
  int threads;
};

CallObject* self_of(PyObject* o) { return reinterpret_cast<CallObject*>(o); }

/// Whether the network computes data of dtype t in t.
bool keeps(const CallObject* call, Dtype t) { return call->dtypes >> (static_cast<int>(t) - static_cast<int>(Dtype::f32)) & 1; }

// What one call asks for. Where anything about it is out of the ordinary there is none, and the long way says why.
struct Asked {
  const Proxy* x;
  PyObject* out;  // borrowed; null: a new array
  Dtype dtype;
  int axis, threads;
};

// A whole number from `least` to `most`; an int proper, as a subclass may be a bool.
std::optional<int> whole_number(PyObject* o, int least, int most) {
  if (!PyLong_CheckExact(o)) return {};
  int overflow = 0;
  const long v = PyLong_AsLongAndOverflow(o, &overflow);
  return overflow == 0 && v >= least && v <= most ? std::optional<int>(static_cast<int>(v)) : std::nullopt;
}

// The bytes from the first to the last that an array without empty axes spans.
struct Span {
  const char *begin, *end;
  Span(const Proxy* a, index_t element) : begin(a->data), end(a->data + element) {
    for (int i = 0; i < a->nd; ++i) {
      const index_t reach = (a->dimensions[i] - 1) * a->strides[i];
      (reach < 0 ? begin : end) += reach;
    }
  }
};

// True where y may be written while x is read: apart, or the same array.
bool writable_beside(const Proxy* x, const Proxy* y, index_t element) {
  const Span from(x, element), to(y, element);
  if (from.end <= to.begin || to.end <= from.begin) return true;
  return x->data == y->data && std::equal(x->strides, x->strides + x->nd, y->strides) &&
         std::equal(x->dimensions, x->dimensions + x->nd, y->dimensions);
}

std::optional<Asked> asked_of(const CallObject* call, PyObject* const* args, std::size_t count) {
  const Proxy* x = count > 0 && count <= 4 ? exact_array(args[0], aligned) : nullptr;
  if (!x || x->nd < 1) return {};
  const auto t = float_dtype(x);
  if (!t || !keeps(call, *t)) return {};
  Asked asked{x, nullptr, *t, x->nd - 1, call->threads};
  if (count > 1) {
    const auto axis = whole_number(args[1], -x->nd, x->nd - 1);
    if (!axis) return {};
    asked.axis = *axis < 0 ? *axis + x->nd : *axis;
  }
  if (count > 2 && args[2] != Py_None) asked.out = args[2];
  if (count > 3 && args[3] != Py_None) {
    const auto threads = whole_number(args[3], 1, max_threads);
    if (!threads) return {};
    asked.threads = *threads;
  }
  return x->dimensions[asked.axis] == call->network->cols() ? std::optional<Asked>(asked) : std::nullopt;
}

// Sizes of the result, if they are worth a call and memory need not be asked for.
bool sized(const CallObject* call, const Asked& asked, ssize_t* shape) {
  index_t left = checked_bytes / size_of(asked.dtype);
  for (int i = 0; i < asked.x->nd; ++i) {
    shape[i] = i == asked.axis ? call->network->rows() : asked.x->dimensions[i];
    if (shape[i] < 1 || (left /= shape[i]) == 0) return false;
  }
  return true;
}

// `out` as given, if the result may be written there.
bool takes(const Asked& asked, const ssize_t* shape) {
  const Proxy* y = exact_array(asked.out, contiguous | aligned | writeable);
  return y && y->nd == asked.x->nd && y->descr == descriptor(asked.dtype) && std::equal(shape, shape + y->nd, y->dimensions) &&
         writable_beside(asked.x, y, size_of(asked.dtype));
}

bool applied(const CallObject* call, const Asked& asked, const Proxy* y) {
  const Network& net = *call->network;
  const Proxy* x = asked.x;
  ConstArrayView from{x->data, scalar_of(asked.dtype), false, {}, {}};
  ArrayView to{y->data, asked.dtype, {}, {}};
  index_t vectors = 1;
  for (int i = 0; i < x->nd; ++i) {
    if (i != asked.axis) vectors *= x->dimensions[i];
    from.sizes.push_back(x->dimensions[i]), from.strides.push_back(x->strides[i]);
    to.sizes.push_back(y->dimensions[i]), to.strides.push_back(y->strides[i]);
  }
  const bool release = vectors * std::max(net.cols(), net.rows()) * static_cast<index_t>(net.layers().size()) >= long_transform;
  PyThreadState* state = release ? PyEval_SaveThread() : nullptr;
  bool done = true;
  try {
    net.apply(from, to, asked.axis, asked.threads);
  } catch (const std::exception&) { done = false; }
  if (state) PyEval_RestoreThread(state);
  return done;
}

// (x, axis=-1, out=None, threads=None): one aligned, native array (no subclass), whatever its strides, to a new array or to a
// contiguous one; None for all other calls, which the caller then makes the long way, and where that raises, it says why.
PyObject* network_call(PyObject* self, PyObject* const* args, std::size_t count, PyObject* names) {
  const CallObject* call = self_of(self);
  ssize_t shape[64];
  const auto asked = names ? std::nullopt : asked_of(call, args, static_cast<std::size_t>(PyVectorcall_NARGS(count)));
  if (!asked || !sized(call, *asked, shape)) Py_RETURN_NONE;
  PyObject* y = asked->out;
  if (y) {
    if (!takes(*asked, shape)) Py_RETURN_NONE;
    Py_INCREF(y);
  } else if (!(y = empty(asked->dtype, asked->x->nd, shape))) {
    return nullptr;
  }
  if (applied(call, *asked, py::detail::array_proxy(y))) return y;
  Py_DECREF(y);
  Py_RETURN_NONE;
}

void call_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  Py_XDECREF(self_of(self)->owner);
  type->tp_free(self);
  Py_DECREF(type);
}

PyMemberDef call_members[] = {{"__vectorcalloffset__", T_PYSSIZET, offsetof(CallObject, call), READONLY, nullptr},
                              {nullptr, 0, 0, 0, nullptr}};

PyType_Slot call_slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(&call_dealloc)},
                            {Py_tp_call, reinterpret_cast<void*>(&PyVectorcall_Call)},
                            {Py_tp_members, call_members},
                            {Py_tp_doc, const_cast<char*>("A network applied to plain arrays; None for all other calls.")},
                            {0, nullptr}};

PyType_Spec call_spec = {"flatnet._core.NetworkCall", sizeof(CallObject), 0,
                         Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_DISALLOW_INSTANTIATION, call_slots};

PyTypeObject* call_type = nullptr;

py::object make_call(const py::object& network, int dtypes, int threads) {
  if (!py::isinstance<Network>(network))
    throw py::type_error(std::string("a call is made of a Network, got ") + Py_TYPE(network.ptr())->tp_name);
  const auto& net = network.cast<const Network&>();
  auto* call = PyObject_New(CallObject, call_type);
  if (!call) throw py::error_already_set();
  call->call = &network_call;
  call->owner = Py_NewRef(network.ptr());
  call->network = &net;
  call->dtypes = dtypes;
  call->threads = threads;
  return py::reinterpret_steal<py::object>(reinterpret_cast<PyObject*>(call));
}

}  // namespace

void bind_network_call(py::module_& m) {
  call_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&call_spec));
  if (!call_type) throw py::error_already_set();
  m.attr("NetworkCall") = py::reinterpret_borrow<py::object>(reinterpret_cast<PyObject*>(call_type));
  m.def("network_call", &make_call, py::arg("network"), py::arg("dtypes"), py::arg("threads"),
        "The network as a callable on plain arrays; bit k of dtypes: data of float32, float64, complex64, complex128 stay so.");
}

}  // namespace flatnet::python
