// A network as a raw CPython callable for plain arrays.
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

bool applied(const CallObject* call, Dtype t, const void* x, void* y, index_t count) {
  const Network& net = *call->network;
  const index_t size = size_of(t), n_in = net.cols(), n_out = net.rows();
  const ConstArrayView from{x, scalar_of(t), false, {count, n_in}, {n_in * size, size}};
  const ArrayView to{y, t, {count, n_out}, {n_out * size, size}};
  const bool release = count * std::max(n_in, n_out) * static_cast<index_t>(net.layers().size()) >= long_transform;
  PyThreadState* state = release ? PyEval_SaveThread() : nullptr;
  bool done = true;
  try {
    net.apply(from, to, 1, call->threads);
  } catch (const std::exception&) { done = false; }
  if (state) PyEval_RestoreThread(state);
  return done;
}

// The last axis of one C-contiguous, aligned, native array (no subclass) to a new array; None for all other calls, which the
// caller then makes the long way, and where that raises, it says why.
PyObject* network_call(PyObject* self, PyObject* const* args, std::size_t count, PyObject* names) {
  const CallObject* call = self_of(self);
  const Proxy* x = PyVectorcall_NARGS(count) == 1 && !names ? plain_array(args[0]) : nullptr;
  if (!x || x->nd < 1 || x->dimensions[x->nd - 1] != call->network->cols()) Py_RETURN_NONE;
  const auto t = float_dtype(x);
  if (!t || !keeps(call, *t)) Py_RETURN_NONE;
  const index_t n_out = call->network->rows();
  ssize_t shape[64];
  index_t vectors = 1;
  for (int i = 0; i + 1 < x->nd; ++i) vectors *= shape[i] = x->dimensions[i];
  shape[x->nd - 1] = n_out;
  if (vectors == 0 || n_out == 0 || vectors > checked_bytes / (n_out * size_of(*t))) Py_RETURN_NONE;
  PyObject* y = empty(*t, x->nd, shape);
  if (!y) return nullptr;
  if (applied(call, *t, x->data, py::detail::array_proxy(y)->data, vectors)) return y;
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
                            {Py_tp_doc, const_cast<char*>("A network applied to plain arrays; None for all others.")},
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
