"""The base of all factors: a matrix with structure, held by the C++ core."""

from __future__ import annotations

import numbers
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .. import _check, _core
from ..operator import Array, Operator

if TYPE_CHECKING:
    from ..network import Layer

_KINDS: dict[str, type[Factor]] = {}


class Factor(Operator):
    """A matrix with structure, immutable; it works as a one-layer network too.

    Attributes
    ----------
    kind : str
        Name of the class.
    weak : bool
        True for the weights of built-in transforms: the precision follows the data.
    generic : bool
        True for a factor whose weights are not given, only counted (``matmul`` with an integer).
    """

    kind: ClassVar[str] = "Factor"
    weak: bool = False
    generic: bool = False
    _given: Any = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.kind not in _KINDS:
            _KINDS[cls.kind] = cls

    @property
    def _handle(self) -> _core.Factor:
        return self._given

    @staticmethod
    def _wrap(handle: _core.Factor, weak: bool) -> Factor:
        """The Python face of a core factor."""
        cls = _KINDS[handle.kind]
        f = cls.__new__(cls)
        f._given = handle
        f.weak = weak
        return f

    @property
    def layers(self) -> tuple[Layer, ...]:  # type: ignore[override]
        from ..network import Layer

        return (Layer(self),)

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self._handle.rows, self._handle.cols

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of the stored weights."""
        return self._handle.dtype

    @property
    def nbytes(self) -> int:
        """Stored bytes: weights and index arrays; shared weights once."""
        return self._handle.nbytes

    @cached_property
    def synapses(self) -> int:
        """Non-zero entries of the matrix; shared weights count wherever they stand."""
        return self._handle.synapses()

    @cached_property
    def max_abs(self) -> float:
        """Largest absolute value of an entry."""
        return self._handle.max_abs()

    @property
    def pattern(self) -> tuple[int, int, int, int] | None:
        """(a, b, c, d) of the support I_a (x) 1_(b x c) (x) I_d; None for Sparse and Permutation."""
        return self._handle.pattern

    @property
    def values(self) -> Array | None:
        """Weights: shape (a or 1, b, c, d or 1) for a pattern (1: shared), (nnz,) for Sparse; read-only."""
        return self._handle.values

    @property
    def input_permutation(self) -> Array | None:
        """p with core(x[p]), or None."""
        return self._handle.input_permutation

    @property
    def output_permutation(self) -> Array | None:
        """p with y = core(...)[p], or None."""
        return self._handle.output_permutation

    @property
    def T(self) -> Factor:
        """The transposed matrix; structure and permutations are kept."""
        return self._wrap(self._handle.transpose(), self.weak)

    @property
    def H(self) -> Factor:
        """The adjoint (conjugate transpose)."""
        return self.T.conj()

    def conj(self) -> Factor:
        """The complex conjugate."""
        return self._wrap(self._handle.conj(), self.weak)

    def scaled(self, s: Any) -> Factor:
        """The matrix times a number; a Python number keeps the precision of the weights."""
        if isinstance(s, (bool, np.bool_)) or not isinstance(s, numbers.Number):
            raise TypeError(f"a factor is scaled by a number, got {s!r}")
        # A permutation has no precision of its own: scaled ones follow the data, as the number does.
        weak = self.weak or self.kind == "Permutation"
        if isinstance(s, numbers.Integral) and self.dtype.kind == "i":
            if abs(int(s)) >= 1 << 62:
                raise ValueError(f"exact weights are scaled by whole numbers below 2**62, got {int(s)}")
            return self._wrap(self._handle.scaled_int(int(s)), weak)
        try:
            z = complex(s)  # type: ignore[call-overload]
        except OverflowError:
            z = complex(np.inf)
        if not np.isfinite(z):
            raise ValueError(f"a factor is scaled by a finite number, got {s!r}")
        return self._wrap(self._handle.scaled(z), weak)

    def permuted(self, input: Any = None, output: Any = None) -> Factor:
        """y = z[output] with z = self(x[input]); the index arrays fold into the factor and are not counted."""
        return self._wrap(self._handle.permuted(_side("input", input), _side("output", output)), self.weak)

    def astype(self, dtype: Any, *, weak: bool = False) -> Factor:
        """Weights converted to `dtype` and pinned there."""
        d = _check.dtype_of(self.kind, dtype)
        if self.dtype.kind == "c" and d.kind != "c":
            raise TypeError(f"{self.kind} has {self.dtype.name} weights, {d.name} would drop their imaginary parts")
        largest = float(np.finfo(d).max)
        if d.name in ("float32", "complex64") and self.max_abs > largest:
            raise ValueError(f"{self.kind} has weights up to {self.max_abs:.6g}, {d.name} reaches {largest:.6g}")
        return self._wrap(self._handle.astype(d), weak)

    def tocsr(self) -> Any:
        """The matrix as scipy.sparse.csr_array, exact zeros dropped."""
        from scipy.sparse import csr_array

        rows, cols = self.shape
        needed = 8.0 * rows + (8.0 + self.dtype.itemsize) * self.synapses
        _check.require_memory(f"a sparse matrix of {rows} x {cols}", needed)
        begin, indices, values = self._handle.csr()
        return csr_array((values, indices, begin), shape=self.shape)

    def count_exact(self) -> Any:
        """Counts the synapses with every weight formed."""
        from ..cost import cost
        from ..network import Network

        return cost(Network([self]))

    def _state(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """What a file needs: JSON-able facts and named arrays."""
        handle = self._handle
        meta: dict[str, Any] = {"kind": self.kind, "weak": self.weak, "shape": list(self.shape)}
        arrays = {"values": handle.values}
        if handle.pattern is not None:
            meta["a"], meta["d"] = handle.pattern[0], handle.pattern[3]
            arrays["input"], arrays["output"] = handle.input_permutation, handle.output_permutation
        elif self.kind == "Permutation":
            arrays = {"index": handle.index}
        else:
            arrays["begin"], arrays["indices"], arrays["values"] = handle.csr()
        return meta, {k: np.ascontiguousarray(v) for k, v in arrays.items() if v is not None}

    @staticmethod
    def _from_state(meta: dict[str, Any], arrays: dict[str, Array]) -> Factor:
        """The inverse of `_state`; anything inconsistent is a ValueError."""
        try:
            kind, weak = meta["kind"], bool(meta["weak"])
            rows, cols = (_check.size("a factor", "shape", n) for n in meta["shape"])
            if kind not in _KINDS or kind == "Factor":
                raise ValueError(f"factors are {', '.join(k for k in _KINDS if k != 'Factor')}, got {kind!r}")
            if "generic" in meta:
                from .lazy import LazyBlocks

                return LazyBlocks._generic_from_state(meta)
            if kind == "Permutation":
                handle = _core.Factor.permutation(_index("index", arrays["index"]))
            elif kind == "Sparse":
                begin, indices = _index("begin", arrays["begin"]), _index("indices", arrays["indices"])
                handle = _core.Factor.sparse(begin, indices, _weights(arrays["values"]), rows, cols)
            else:
                a, d = (_check.size("a factor", name, meta[name]) for name in "ad")
                handle = _core.Factor.blocks(kind, _weights(arrays["values"]), a, d)
                handle = handle.permuted(_side("input", arrays.get("input")), _side("output", arrays.get("output")))
        except (KeyError, TypeError, AttributeError) as e:
            raise ValueError(f"the state of a factor is incomplete or of a wrong type: {e!r}") from None
        if (handle.rows, handle.cols) != (rows, cols):
            raise ValueError(f"the state says {rows} x {cols}, its arrays make {handle.rows} x {handle.cols}")
        return Factor._wrap(handle, weak)

    def __reduce__(self) -> tuple[Any, ...]:
        return Factor._from_state, self._state()

    def __repr__(self) -> str:
        rows, cols = self.shape
        about = f"{rows} x {cols}"
        if self.pattern is not None and self.kind not in ("Dense", "Diagonal"):
            about += ", a={}, b={}, c={}, d={}".format(*self.pattern)
        folded = [side for side in ("input", "output") if getattr(self, f"{side}_permutation") is not None]
        if folded:
            about += f", {' and '.join(folded)} permuted"
        return f"{self.kind}({about}, {self.synapses} synapses, {self.dtype.name}{', weak' if self.weak else ''})"


def _side(name: str, p: Any) -> Array | None:
    return None if p is None else _index(name, p)


def _index(name: str, p: Any) -> Array:
    a = np.asarray(p)
    if a.ndim != 1 or a.dtype.kind not in "iu":
        raise TypeError(f"{name} needs a one-dimensional array of whole numbers, got {a.ndim} axes of {a.dtype.name}")
    if a.dtype == np.uint64 and a.size and int(a.max()) > np.iinfo(np.int64).max:
        raise ValueError(f"{name} needs indices below 2**63, got {int(a.max())}")
    return np.ascontiguousarray(a, dtype=np.int64)


def _weights(values: Array) -> Array:
    if values.dtype.name not in ("int64", *_check.FLOATS):
        raise ValueError(f"weights are int64, {', '.join(_check.FLOATS)}, got {values.dtype.name}")
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def given_weights(what: str, name: str, values: Any, ndim: int, dtype: Any, weak: bool) -> Array:
    """Weights as a constructor takes them: finite, native, cast to `dtype` if asked; weak integers stay int64."""
    a = _check.finite_array(what, name, values, ndim, exact_integers=weak and dtype is None)
    if dtype is None:
        return a
    d = _check.dtype_of(what, dtype)
    if a.dtype.kind == "c" and d.kind != "c":
        raise TypeError(f"{what}: {name} is {a.dtype.name}, {d.name} would drop its imaginary part")
    if a.size and d.name in ("float32", "complex64") and np.abs(a).max() > np.finfo(d).max:
        raise ValueError(f"{what}: {name} reaches {np.abs(a).max():.6g}, {d.name} only {np.finfo(d).max:.6g}")
    return a.astype(d)
