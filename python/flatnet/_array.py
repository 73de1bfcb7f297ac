"""Arrays in and out of a network: which dtype a call computes in, and what `out=` must be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _check

if TYPE_CHECKING:
    from .network import Layer

_COMPLEX: dict[str, np.dtype[Any]] = {"float32": np.dtype("complex64"), "float64": np.dtype("complex128")}
_KNOWN = frozenset("fdFDbBhHiIlLqQ")  # characters of the dtypes that flatnet computes with, in either byte order
_SMALL_INTEGERS = ("int8", "int16", "int32", "uint8", "uint16")


class Promotion:
    """What the layers of a network say about dtypes.

    Pinned weights promote as NumPy arrays do. Weak ones (built-in transforms) only say whether they are complex;
    if all are weak integers, integer data stay exact.
    """

    def __init__(self, layers: tuple[Layer, ...]) -> None:
        weights = [layer.weight for layer in layers]
        # A permutation has no weights: it says nothing about dtypes.
        self.strong = [w.dtype for w in weights if not w.weak and w.kind != "Permutation"]
        self.strong += [layer.bias.dtype for layer in layers if layer.bias is not None and not layer.weight.weak]
        self.complex = any(w.weak and w.dtype.kind == "c" for w in weights)
        self.complex |= any(layer.bias is not None and layer.bias.dtype.kind == "c" for layer in layers)
        self.integer = not self.strong and all(
            w.dtype.kind == "i" and layer.bias is None and layer.activation is None
            for w, layer in zip(weights, layers, strict=True)
        )
        self._found: dict[np.dtype[Any], np.dtype[Any]] = {}

    def result(self, x: np.dtype[Any]) -> np.dtype[Any]:
        """The dtype of the network's output for data of dtype `x`."""
        found = self._found.get(x)
        if found is None:
            found = self._found[x] = self._result(x)
        return found

    def _result(self, x: np.dtype[Any]) -> np.dtype[Any]:
        if x.kind in "iu":
            if self.integer:
                return np.dtype(np.int32 if x.name in _SMALL_INTEGERS else np.int64)
            x = np.dtype(np.float64)
        base = np.result_type(x.newbyteorder("="), *self.strong)
        return _complex(base) if self.complex else base

    @property
    def dtype(self) -> np.dtype[Any]:
        """The network's own dtype: its pinned weights', else double precision."""
        base: np.dtype[Any] = np.result_type(*self.strong) if self.strong else np.dtype(np.float64)
        return _complex(base) if self.complex else base


def _complex(d: np.dtype[Any]) -> np.dtype[Any]:
    return _COMPLEX.get(d.name, d)


def as_data(x: Any, what: str = "x", hint: str = "") -> np.ndarray[Any, Any]:
    """`x` as an array of at least one axis that flatnet computes with; no copy of an array. `hint`: instead of a sparse one."""
    if type(x) is np.ndarray and x.ndim > 0 and x.dtype.char in _KNOWN:
        return x
    if hasattr(x, "tocsr"):
        raise TypeError(f"{what} must be an array, got a sparse matrix: {hint}pass {what}.toarray()")
    try:
        a = np.asarray(x)
    except ValueError as e:
        raise ValueError(f"{what} must be a rectangular array: {e}") from None
    _check.refuse_dtype(what, a.dtype)
    if a.ndim == 0:
        raise ValueError(f"{what} must have at least one axis, got a scalar")
    return a


def normalize_axis(axis: Any, ndim: int) -> int:
    """A non-negative axis."""
    i = _check.integer("apply", "axis", axis)
    if not -ndim <= i < ndim:
        raise ValueError(f"axis {i} is out of range for an array of {ndim} axes")
    return i % ndim


def check_range(growth: float, x: np.ndarray[Any, Any], dtype: np.dtype[Any]) -> None:
    """Refuses exact integer arithmetic that could pass the range of `dtype` in any layer."""
    if x.size == 0:
        return
    largest = max(abs(int(x.max())), abs(int(x.min())))
    limit = int(np.iinfo(dtype).max)
    # Sums below 2**53 are exact; above it they are rounded, by less than one part in a million.
    bound = int(growth) if growth < 2.0**53 else growth * (1 + 1e-6)
    if bound * largest > limit:
        raise ValueError(
            f"exact {dtype.name} arithmetic reaches {limit}, growth {growth:.6g} times max|x| {largest} could pass it: "
            "use int64 or floats"
        )


def check_out(out: Any, shape: tuple[int, ...], dtype: np.dtype[Any], x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """`out` as given, if the result can be written there."""
    if not isinstance(out, np.ndarray):
        raise TypeError(f"out must be a NumPy array, got {type(out).__name__}")
    if out.shape != shape:
        raise ValueError(f"out has shape {out.shape}, the result has {shape}")
    if out.dtype != dtype:
        raise TypeError(f"out has dtype {out.dtype.str}, the result is {dtype.str} ({dtype.name})")
    if not out.flags.writeable:
        raise ValueError("out is read-only, the result must be written there")
    if not out.flags.c_contiguous and out.size and _repeats(out):
        raise ValueError(f"out repeats elements (strides {out.strides}, shape {out.shape}), the result needs one place each")
    if not np.may_share_memory(out, x):
        return out
    same = out.__array_interface__["data"] == x.__array_interface__["data"] and out.strides == x.strides
    if not (same and out.shape == x.shape) and _overlap(out, x):
        raise ValueError("out overlaps x without being x: the result would be read while it is written")
    return out


def _repeats(a: np.ndarray[Any, Any]) -> bool:
    """True where two indices may mean the same bytes: some step does not clear what the smaller steps span."""
    span = a.itemsize
    for step, n in sorted((abs(s), n) for s, n in zip(a.strides, a.shape, strict=True) if n > 1):
        if step < span:
            return True
        span += step * (n - 1)
    return False


def _overlap(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> bool:
    try:
        return bool(np.shares_memory(a, b, max_work=10_000))  # type: ignore[arg-type]
    except np.exceptions.TooHardError:
        return True
