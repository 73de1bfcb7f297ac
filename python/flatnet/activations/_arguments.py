"""Arrays in and out of activations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _array, _check

Array = NDArray[Any]


def data(x: Any) -> Array:
    """x as an array of real numbers that flatnet computes with; a scalar has no axes."""
    if not isinstance(x, (list, tuple)) and not hasattr(x, "tocsr") and np.ndim(x) == 0:
        a = np.asarray(x)
        _check.refuse_dtype("x", a.dtype)
    else:
        a = _array.as_data(x)
    if a.dtype.kind == "c":
        raise TypeError(f"activations work on real numbers, x is {a.dtype.name}")
    return a


def result(a: Array, out: Array | None) -> Array:
    """Where the result goes: `out` if it fits, else a new array laid out as `a`."""
    dtype = np.dtype(np.float32 if a.dtype.newbyteorder("=") == np.float32 else np.float64)
    if out is not None:
        return _array.check_out(out, a.shape, dtype, a)
    if a.size * dtype.itemsize > 1 << 28:
        _check.require_memory("the result", a.size * dtype.itemsize)
    return np.empty_like(a, dtype=dtype, subok=False)


def checked_isa(what: str, isa: Any) -> str:
    if not isinstance(isa, str):
        raise TypeError(f"{what} needs the name of an instruction set for isa, got {isa!r}")
    return isa
