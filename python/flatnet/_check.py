"""Checks of arguments. Every failure is one sentence that names both sides."""

from __future__ import annotations

import math
import operator
import os
from typing import Any

import numpy as np

_MOST_THREADS = 4096  # max_threads in core/parallel.hpp
FLOATS = ("float32", "float64", "complex64", "complex128")


class TooLargeError(ValueError, MemoryError):
    """A result that memory cannot hold, refused before anything is allocated."""


def integer(what: str, name: str, value: Any) -> int:
    """`value` as an int; floats, bools and strings are refused."""
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{what} needs a whole number for {name}, got {value!r}")
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{what} needs a whole number for {name}, got {value!r}") from None


def boolean(what: str, name: str, value: Any) -> bool:
    """`value` as a bool; numbers and strings are refused."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{what} needs True or False for {name}, got {value!r}")
    return bool(value)


def positive_int(what: str, name: str, value: Any) -> int:
    """`value` as an int >= 1."""
    n = integer(what, name, value)
    if n < 1:
        raise ValueError(f"{what} needs {name} >= 1, got {name}={n}")
    return n


def threads(what: str, value: Any, name: str = "threads") -> int:
    """A number of threads, 1 to 4096; None is 0, the process's default."""
    if value is None:
        return 0
    n = positive_int(what, name, value)
    if n > _MOST_THREADS:
        raise ValueError(f"{what} needs {name} <= {_MOST_THREADS}, got {name}={n}")
    return n


def nonnegative_int(what: str, name: str, value: Any) -> int:
    """`value` as an int >= 0."""
    n = integer(what, name, value)
    if n < 0:
        raise ValueError(f"{what} needs {name} >= 0, got {name}={n}")
    return n


def size(what: str, name: str, value: Any) -> int:
    """`value` as a number of rows or columns: 0 .. 2**62."""
    n = nonnegative_int(what, name, value)
    if n > 1 << 62:
        raise ValueError(f"{what}: 64-bit indices reach 2**62, got {name}={n}")
    return n


def power_of_two(what: str, n: Any) -> int:
    """log2(n) for a power of two."""
    size = integer(what, "n", n)
    if size < 1 or size & (size - 1):
        raise ValueError(f"{what} needs a power of two, got n={size}")
    return size.bit_length() - 1


def real_number(what: str, name: str, value: Any) -> float:
    """`value` as a float; complex numbers, bools and strings are refused."""
    if isinstance(value, (bool, np.bool_, str, bytes, complex)):
        raise TypeError(f"{what} needs a real number for {name}, got {value!r}")
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{what} needs a number within double precision for {name}, got one beyond") from None
    except (TypeError, ValueError):
        raise TypeError(f"{what} needs a real number for {name}, got {value!r}") from None


def probability(what: str, name: str, value: Any) -> float:
    """`value` as a float in [0, 1]."""
    p = real_number(what, name, value)
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"{what} needs 0 <= {name} <= 1, got {name}={p}")
    return p


def error_bound(what: str, name: str, value: Any) -> float:
    """`value` as a finite float >= 0."""
    e = real_number(what, name, value)
    if not (math.isfinite(e) and e >= 0.0):
        raise ValueError(f"{what} needs a finite {name} >= 0, got {name}={e}")
    return e


def dtype_of(what: str, dtype: Any) -> np.dtype[Any]:
    """One of float32, float64, complex64, complex128, in native byte order."""
    try:
        d = np.dtype(dtype)
    except TypeError:
        raise TypeError(f"{what} computes in {', '.join(FLOATS)}, got dtype {dtype!r}") from None
    if d.name not in FLOATS or d == np.dtype(object):
        raise TypeError(f"{what} computes in {', '.join(FLOATS)}, got dtype {d.name}")
    return d.newbyteorder("=")


def refuse_dtype(what: str, dtype: np.dtype[Any]) -> None:
    """Refuses, by name, what flatnet does not compute with."""
    if dtype.kind in "iu" or (dtype.name in FLOATS):
        return
    raise TypeError(f"{what} must be integers, float32, float64, complex64 or complex128, got {dtype.name}")


def finite_array(
    what: str, name: str, values: Any, ndim: int | None = None, *, exact_integers: bool = False
) -> np.ndarray[Any, Any]:
    """A native array of float32/float64/complex64/complex128 without NaN or inf; integers become float64.

    With `exact_integers` they become int64 instead.
    """
    if hasattr(values, "tocsr"):
        raise TypeError(f"{what} needs an array for {name}, got a sparse matrix: use Sparse")
    try:
        a = np.asarray(values)
    except ValueError as e:
        raise ValueError(f"{what} needs a rectangular array for {name}: {e}") from None
    refuse_dtype(f"{what}: {name}", a.dtype)
    if ndim is not None and a.ndim != ndim:
        raise ValueError(f"{what} needs {ndim} {'axis' if ndim == 1 else 'axes'} for {name}, got {a.ndim}")
    if a.dtype.kind in "iu":
        if not exact_integers:
            return a.astype(np.float64)
        if a.dtype == np.uint64 and a.size and int(a.max()) > np.iinfo(np.int64).max:
            raise ValueError(f"{what}: {name} must fit int64, the largest entry is {int(a.max())}")
        return a.astype(np.int64, copy=False)
    a = a.astype(a.dtype.newbyteorder("="), copy=False)
    if a.size and not np.isfinite(a).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(a))[0])
        raise ValueError(f"{what} needs finite weights, {name} has {a[where]} at {where}")
    return a


def available_memory() -> int:
    """Bytes that can be allocated without swapping, as far as the system says."""
    try:
        with open("/proc/meminfo", encoding="ascii") as f:
            for line in f:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (ValueError, OSError, AttributeError):
        return 4 << 30


def readable_bytes(nbytes: float) -> str:
    """ "1.5 GiB"."""
    for unit in ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB"):
        if nbytes < 1024 or unit == "PiB":
            return f"{nbytes:.0f} {unit}" if unit == "bytes" else f"{nbytes:.4g} {unit}"
        nbytes /= 1024
    raise AssertionError


def require_memory(what: str, nbytes: float) -> None:
    """Refuses, before allocation, what would take more than the memory at hand."""
    have = available_memory()
    if nbytes > have:
        raise TooLargeError(f"{what} needs {readable_bytes(nbytes)}, {readable_bytes(have)} are available")
