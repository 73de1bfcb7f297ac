"""Linear convolution along one axis of arrays of any shape."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import _check, _core
from ._array import as_data, check_out
from .fft._arguments import allocated, regular

Array = np.ndarray[Any, Any]
_EXACT = 1 << 63
MODES = ("full", "same", "valid")


def convolve(
    a: ArrayLike, v: ArrayLike, mode: str = "full", axis: int = -1, out: Array | None = None, threads: int | None = None
) -> Array:
    r"""Linear convolution along an axis.

    Parameters
    ----------
    a, v : array_like
        Real, complex or integer, at least one element each along `axis`; their other axes broadcast. A `v` of one
        axis goes over all lines of `a`.
    mode : {"full", "same", "valid"}
        All ``n_a + n_v - 1`` sums; the middle ``max(n_a, n_v)``; the ``max - min + 1`` that see no zero padding: as
        numpy.convolve.
    axis : int
        Of both arrays, counted from the end where they differ in their number of axes.
    out : ndarray, optional
        Where the result is written.
    threads : int, optional
        By default FLATNET_THREADS, else all cores; the result is bitwise the same for any number.

    Returns
    -------
    ndarray
        NumPy's promotion of a and v, integers beside floats as float64; int64 for integers on both sides, exact.

    Raises
    ------
    ValueError
        For an empty axis, an unknown mode, shapes that do not broadcast, a wrong `out`, and for integers that could
        pass the range of int64.
    TypeError
        For float16, longdouble, bool and object arrays.

    Notes
    -----
    .. math:: y_i = \sum_k v_k\, a_{i-k}

    Short kernels by sums of products, others through real (or complex) Fourier transforms of blocks that stay in
    cache; overlap-save where `v` is much the shorter. Integers go through float64 where its error provably stays
    below one half, else by sums of products in int64.

    Examples
    --------
    >>> fn.convolve([1.0, 2.0, 3.0], [0.0, 1.0, 0.5])
    array([0. , 1. , 2.5, 4. , 1.5])
    >>> fn.convolve([1, 2, 3], [1, 1], mode="valid")
    array([3, 5])
    """
    if mode not in MODES:
        raise ValueError(f"convolve needs a mode of {', '.join(MODES)}, got {mode!r}")
    x, h = _data("a", a), _data("v", v)
    count = _check.threads("convolve", threads) or _core.default_threads()
    x, h, place = _aligned_axes(x, h, axis)
    if x.shape[place] < h.shape[place]:
        x, h = h, x
    n_a, n_v = x.shape[place], h.shape[place]
    if n_v < 1:
        raise ValueError(f"convolve needs at least one element along the axis, got {n_a} and {n_v}")
    first, n_y = {"full": (0, n_a + n_v - 1), "same": ((n_v - 1) // 2, n_a), "valid": (n_v - 1, n_a - n_v + 1)}[mode]
    batch_x, batch_h = list(x.shape), list(h.shape)
    batch_x[place] = batch_h[place] = n_y
    try:
        shape = tuple(batch_x) if batch_x == batch_h else np.broadcast_shapes(tuple(batch_x), tuple(batch_h))
    except ValueError:
        raise ValueError(
            f"the axes of a and v other than the convolved one do not broadcast: {x.shape} and {h.shape}"
        ) from None
    if x.dtype.kind in "iu" and h.dtype.kind in "iu":
        return _integers(x, h, shape, place, first, out, count)
    one, other = (np.dtype(np.float64) if k.dtype.kind in "iu" else k.dtype for k in (x, h))
    dtype = one if one == other else np.result_type(one, other)
    result = _target(out, shape, dtype, a, v)
    y = result if regular(result) else np.empty(shape, dtype)
    _run(x.astype(dtype, copy=False), h.astype(dtype, copy=False), y, place, first, count)
    if y is not result:
        result[...] = y
    return result


def _data(name: str, values: ArrayLike) -> Array:
    """An array that the engine reads: native, aligned, at least one axis."""
    x = as_data(values, name)
    if x.dtype.isnative and x.flags.c_contiguous and x.flags.aligned:
        return x
    native = x.astype(np.dtype(x.dtype.name), copy=False)
    return native if regular(native) else native.copy()


def _aligned_axes(x: Array, h: Array, axis: Any) -> tuple[Array, Array, int]:
    """Both arrays with as many axes, and the axis; a kernel of one axis lies along it."""
    i = _check.integer("convolve", "axis", axis)
    ndim = max(x.ndim, h.ndim)
    if not -ndim <= i < ndim:
        raise np.exceptions.AxisError(f"axis {i} is out of range for arrays of {x.ndim} and {h.ndim} dimensions")
    place = i % ndim

    def spread(values: Array) -> Array:
        if values.ndim == ndim:
            return values
        if values.ndim == 1:
            return values.reshape([values.shape[0] if k == place else 1 for k in range(ndim)])
        return values.reshape((1,) * (ndim - values.ndim) + values.shape)

    return spread(x), spread(h), place


def _run(x: Array, h: Array, y: Array, place: int, first: int, threads: int) -> None:
    if y.size == 0:
        return
    to_x, to_h = list(y.shape), list(y.shape)
    to_x[place], to_h[place] = x.shape[place], h.shape[place]
    over_x = x if x.shape == tuple(to_x) else np.broadcast_to(x, to_x)
    over_h = h if h.shape == tuple(to_h) else np.broadcast_to(h, to_h)
    _core.convolve(over_x, over_h, y, place, first, threads)


def _target(out: Any, shape: tuple[int, ...], dtype: np.dtype[Any], a: Any, v: Any) -> Array:
    if out is None:
        return allocated(shape, dtype)
    for given in (a, v):
        if out is given or (isinstance(out, np.ndarray) and isinstance(given, np.ndarray) and np.may_share_memory(out, given)):
            raise ValueError("out overlaps a or v: the result would be read while it is written")
    return check_out(out, shape, dtype, np.empty(0))


def _largest(x: Array) -> int:
    return max(abs(int(x.max())), abs(int(x.min()))) if x.size else 0


def _integers(x: Array, h: Array, shape: tuple[int, ...], place: int, first: int, out: Any, threads: int) -> Array:
    n_v, n_a = h.shape[place], x.shape[place]
    reach = _largest(x) * _largest(h) * n_v  # of any partial sum
    if reach >= _EXACT:
        raise ValueError(
            f"exact int64 sums reach {_EXACT - 1}, max|a| {_largest(x)} times max|v| {_largest(h)} times {n_v} could pass it: "
            "use floats"
        )
    result = _target(out, shape, np.dtype(np.int64), x, h)
    if n_v > 24 and _float_error(x, h, n_a, n_v) < 0.25:
        y = np.empty(shape)
        _run(x.astype(np.float64), h.astype(np.float64), y, place, first, threads)
        np.rint(y, out=y)
        result[...] = y
        return result
    y = result if regular(result) else np.empty(shape, np.int64)
    _run(x.astype(np.int64, copy=False), h.astype(np.int64, copy=False), y, place, first, threads)
    if y is not result:
        result[...] = y
    return result


def _float_error(x: Array, h: Array, n_a: int, n_v: int) -> float:
    """A bound on the error of a convolution through float64 transforms of n points.

    Each of the three transforms errs by at most c eps log2(n) relative to its 2-norm (Higham, Accuracy and Stability,
    2nd ed., thm. 24.2, c < 8 with twiddles good to an ulp), and |y_i| <= |x|_2 |h|_2; the factor 64 leaves room for
    three of them, for the primes of a length, and for the products.
    """
    n = 4 * (n_a + n_v)
    norms = _largest(x) * math.sqrt(n_a) * _largest(h) * math.sqrt(n_v)
    return 64 * float(np.finfo(np.float64).eps) * math.log2(n) * norms
