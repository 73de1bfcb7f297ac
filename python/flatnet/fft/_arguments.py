"""What the arguments of scipy.fft's functions mean: arrays, lengths, axes, norms, workers. Every refusal is one sentence."""

from __future__ import annotations

import contextlib
import math
import operator
import os
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .. import _check, _core
from .._array import check_out

Array = np.ndarray[Any, Any]
COMPLEX: dict[str, np.dtype[Any]] = {"float32": np.dtype("complex64"), "float64": np.dtype("complex128")}
REAL: dict[str, np.dtype[Any]] = {"complex64": np.dtype("float32"), "complex128": np.dtype("float64")}
_NATIVE = frozenset((*COMPLEX.values(), *REAL.values()))
_NORMS = {None: 0, "backward": 0, "ortho": 1, "forward": 2}
_chosen = threading.local()


# --- arrays -------------------------------------------------------------------------------------------------------


def as_input(x: Any) -> Array:
    """`x` as a native, aligned array of float32, float64, complex64 or complex128; integers become float64.

    No copy of an array that is one already, whatever its strides.
    """
    if hasattr(x, "tocsr"):
        raise TypeError("x must be an array, got a sparse matrix: pass x.toarray()")
    try:
        a = x if type(x) is np.ndarray else np.asarray(x)
    except ValueError as e:
        raise ValueError(f"x must be a rectangular array: {e}") from None
    if a.dtype in _NATIVE and a.flags.c_contiguous and a.flags.aligned:
        return a
    _check.refuse_dtype("x", a.dtype)
    native = np.dtype("float64" if a.dtype.kind in "iu" else a.dtype.name)
    if a.dtype != native or not regular(a):
        return a.astype(native, order="C")
    return a


def regular(a: Array) -> bool:
    """True where the elements lie at whole multiples of their size, aligned: what the engine reads without a copy."""
    return a.flags.aligned and not any(step % a.itemsize for step, n in zip(a.strides, a.shape, strict=True) if n > 1)


def as_complex(a: Array) -> Array:
    """A real array as a complex one; a complex one as it is."""
    return a if a.dtype.kind == "c" else a.astype(COMPLEX[a.dtype.name])


def allocated(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """A new array; a large one that memory cannot hold is refused with its size (asking the system costs 30 us)."""
    nbytes = math.prod(shape) * dtype.itemsize
    if nbytes < 1 << 16:
        return np.empty(shape, dtype)
    if nbytes > 1 << 28:
        _check.require_memory("the result", float(nbytes))
    return _core.output(dtype, shape)


class Result:
    """Where a result is written: a new array, `out=`, or x itself with overwrite_x.

    `array` is regular; `done()` hands back what the caller gets.
    """

    def __init__(self, out: Any, shape: tuple[int, ...], dtype: np.dtype[Any], x: Any, reuse: Array | None = None) -> None:
        self._copy_to: Array | None = None
        if out is not None:
            kept = check_out(out, shape, dtype, x if isinstance(x, np.ndarray) else np.empty(0))
            if not regular(kept):
                self._copy_to, kept = kept, np.empty(shape, dtype)
            self.array = kept
        elif reuse is not None and reuse.shape == shape and reuse.dtype == dtype and reuse.flags.writeable:
            self.array = reuse
        else:
            self.array = allocated(shape, dtype)

    def done(self) -> Array:
        if self._copy_to is None:
            return self.array
        self._copy_to[...] = self.array
        return self._copy_to


def reusable(a: Array, x: Any, overwrite_x: Any) -> Array | None:
    """The array that a transform may destroy: x with overwrite_x, or the copy that `as_input` made of it."""
    ours = bool(overwrite_x) if a is x else a.base is None and (type(x) is np.ndarray or isinstance(x, (list, tuple)))
    return a if ours and (a.flags.c_contiguous or a.flags.f_contiguous) else None


# --- lengths and axes ---------------------------------------------------------------------------------------------


def one_axis(axis: Any, ndim: int) -> int:
    """A non-negative axis of an array."""
    i = _check.integer("the transform", "axis", axis)
    if not -ndim <= i < ndim:
        raise np.exceptions.AxisError(f"axis {i} is out of range for an array of {ndim} dimensions")
    return i % ndim


def length(n: Any, default: int) -> int:
    """The length of a transform, >= 1."""
    value = default if n is None else _check.integer("the transform", "n", n)
    if value < 1:
        raise ValueError(f"invalid number of data points ({value}) specified, a transform needs at least 1")
    return value


def _integers(values: Any, name: str) -> list[int]:
    try:
        return [operator.index(v) for v in (values if np.iterable(values) else (values,))]
    except TypeError:
        raise ValueError(f"{name} must be a scalar or iterable of integers, got {values!r}") from None


def shape_and_axes(shape: tuple[int, ...], s: Any, axes: Any) -> tuple[list[int], list[int]]:
    """Lengths and non-negative axes of an n-D transform of an array of `shape`."""
    ndim = len(shape)
    which = list(range(ndim)) if axes is None else _integers(axes, "axes")
    which = [a + ndim if a < 0 else a for a in which]
    if any(not 0 <= a < ndim for a in which):
        raise ValueError(f"axes exceeds dimensionality of input: axes={axes!r} of an array of {ndim} dimensions")
    if len(set(which)) != len(which):
        raise ValueError(f"all axes must be unique, got axes={axes!r}")
    if s is None:
        lengths = [shape[a] for a in which]
    else:
        lengths = _integers(s, "shape")
        if axes is None:
            if len(lengths) > ndim:
                raise ValueError(f"shape requires more axes than are present: {len(lengths)} lengths for {ndim} dimensions")
            which = which[ndim - len(lengths) :]
        elif which and len(which) != len(lengths):
            raise ValueError(
                "when given, axes and shape arguments have to be of the same length, "
                f"got {len(which)} axes and {len(lengths)} lengths"
            )
        lengths = [shape[a] if n == -1 else n for n, a in zip(lengths, which)]
    if any(n < 1 for n in lengths):
        raise ValueError(f"invalid number of data points ({lengths}) specified, a transform needs at least 1 on every axis")
    return lengths, which


def part(ndim: int, axes: Sequence[int], stops: Sequence[int]) -> tuple[slice, ...]:
    """The index of the first `stops` elements along each of `axes`."""
    index = [slice(None)] * ndim
    for axis, stop in zip(axes, stops):
        index[axis] = slice(0, stop)
    return tuple(index)


def resized(a: Array, axes: Sequence[int], lengths: Sequence[int]) -> Array:
    """`a` cut or padded with zeros to `lengths`: a view where nothing is padded."""
    kept = a[part(a.ndim, axes, lengths)]
    if all(kept.shape[axis] == n for axis, n in zip(axes, lengths)):
        return kept
    shape = list(a.shape)
    for axis, n in zip(axes, lengths):
        shape[axis] = n
    padded = np.zeros(shape, a.dtype)
    padded[tuple(slice(0, n) for n in kept.shape)] = kept
    return padded


def fill_padded(out: Array, a: Array) -> None:
    """Writes `a` to the corner of `out`, zeros elsewhere."""
    corner = tuple(slice(0, n) for n in a.shape)
    out[corner] = a
    for axis, n in enumerate(a.shape):
        if n < out.shape[axis]:
            out[(*corner[:axis], slice(n, None))] = 0


# --- norms, workers, plans ----------------------------------------------------------------------------------------


def norm_mode(norm: Any, forward: bool) -> int:
    """0: no scale, 1: 1/sqrt(N), 2: 1/N."""
    try:
        mode = _NORMS[norm]
    except (KeyError, TypeError):
        raise ValueError(f'Invalid norm value {norm!r}, should be "backward", "ortho" or "forward"') from None
    return mode if forward else 2 - mode


def norm_scale(norm: Any, forward: bool, total: int) -> float:
    """The factor on a transform over `total` points."""
    mode = norm_mode(norm, forward)
    return 1.0 if mode == 0 else 1.0 / total if mode == 2 else 1.0 / math.sqrt(total)


def workers_count(workers: Any) -> int:
    """The number of threads that `workers` means: None is the default, -1 all cores, -2 all but one."""
    if workers is None:
        return get_workers()
    count = _check.integer("the transform", "workers", workers)
    cores = os.cpu_count() or 1
    if count == 0:
        raise ValueError("workers must not be zero")
    if count < -cores:
        raise ValueError(f"workers value out of range; got {count}, must not be less than {-cores}")
    return _check.threads("the transform", count if count > 0 else count + 1 + cores, "workers")


def get_workers() -> int:
    """Default number of threads of the transforms in this context.

    Returns
    -------
    int
        The number given to the innermost :func:`set_workers`; outside of it flatnet's default, which is
        ``FLATNET_THREADS`` or all cores. (scipy.fft's own default is 1, and stays 1 where flatnet is its backend.)

    Examples
    --------
    >>> with fn.fft.set_workers(2):
    ...     fn.fft.get_workers()
    2
    """
    return getattr(_chosen, "workers", None) or _core.default_threads()


@contextlib.contextmanager
def set_workers(workers: int) -> Iterator[None]:
    """Context manager: default number of threads in this thread of Python.

    Parameters
    ----------
    workers : int
        Threads; -1 means all cores, -2 all but one.

    Yields
    ------
    None

    Examples
    --------
    >>> with fn.fft.set_workers(4), fn.fft.set_workers(1):
    ...     fn.fft.get_workers()
    1
    """
    count = workers_count(operator.index(workers))
    before = getattr(_chosen, "workers", None)
    _chosen.workers = count
    try:
        yield
    finally:
        _chosen.workers = before


def check_plan(plan: Any, kind: str, n: int, dtype: np.dtype[Any]) -> None:
    """A plan made for another transform is refused; the transform itself finds its tables in the same cache."""
    if plan is None:
        return
    if not isinstance(plan, _core.FourierTransform):
        raise NotImplementedError(f"a precomputed plan must be one of flatnet.fft.plan, got {plan!r}")
    if (plan.kind, plan.n, np.dtype(plan.dtype)) != (kind, n, dtype):
        raise ValueError(
            f"the plan is for {plan.kind} of n={plan.n} in {plan.dtype}, the call needs {kind} of n={n} in {dtype}"
        )


def no_plan(plan: Any) -> None:
    """n-D transforms take no plan, as in SciPy."""
    if plan is not None:
        raise NotImplementedError(f"a precomputed plan belongs to a 1-D transform, got {plan!r} for an n-D one")
