"""1-D Fourier transforms along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .. import _core
from ._arguments import (
    COMPLEX,
    REAL,
    Array,
    Result,
    as_complex,
    as_input,
    check_plan,
    fill_padded,
    length,
    norm_scale,
    one_axis,
    part,
    resized,
    reusable,
    workers_count,
)

_small = _core.fourier_small  # a whole small transform of a plain array in one call, or None where it does not apply


def mirror(y: Array, axis: int, others: tuple[int, ...] = ()) -> None:
    """Writes the upper half along `axis` from the lower one: y[-k] = conj(y[k]), k over `axis` and `others` alike."""
    n = y.shape[axis]
    if n < 3:
        return
    low: list[Any] = [slice(None)] * y.ndim
    low[axis] = slice((n - 1) // 2, 0, -1)
    high: list[Any] = [slice(None)] * y.ndim
    high[axis] = slice(n // 2 + 1, None)
    # An index along another axis is its own negative (0) or lies in the reversed rest.
    pairs = [(low, high)]
    for other in others:
        split = []
        for source, target in pairs:
            for a, b in ((slice(0, 1), slice(0, 1)), (slice(None, 0, -1), slice(1, None))):
                s, t = source.copy(), target.copy()
                s[other], t[other] = a, b
                split.append((s, t))
        pairs = split
    for source, target in pairs:
        np.conjugate(y[tuple(source)], out=y[tuple(target)])


def _c2c(x: Any, n: Any, axis: Any, norm: Any, inverse: bool, overwrite_x: Any, workers: Any, plan: Any, out: Any) -> Array:
    a = as_input(x)
    axis = one_axis(axis, a.ndim)
    n = length(n, a.shape[axis])
    scale = norm_scale(norm, not inverse, n)
    threads = workers_count(workers)
    dtype = a.dtype if a.dtype.kind == "c" else COMPLEX[a.dtype.name]
    check_plan(plan, "c2c", n, dtype)
    shape = (*a.shape[:axis], n, *a.shape[axis + 1 :])
    result = Result(out, shape, dtype, x, reusable(a, x, overwrite_x))
    y = result.array
    if y.size == 0:
        return result.done()
    kept = a[part(a.ndim, (axis,), (n,))]
    if a.dtype.kind == "f":
        half = y[part(a.ndim, (axis,), (n // 2 + 1,))]
        _core.r2c(resized(a, (axis,), (n,)), half, axis, inverse, scale, threads)
        mirror(y, axis)
    elif kept.shape[axis] < n:
        fill_padded(y, kept)
        _core.c2c(y, y, axis, inverse, scale, threads)
    else:
        _core.c2c(kept, y, axis, inverse, scale, threads)
    return result.done()


def _r2c(x: Any, n: Any, axis: Any, norm: Any, inverse: bool, workers: Any, plan: Any, out: Any) -> Array:
    a = as_input(x)
    if a.dtype.kind == "c":
        raise TypeError(f"x must be a real sequence, got {a.dtype}")
    axis = one_axis(axis, a.ndim)
    n = length(n, a.shape[axis])
    scale = norm_scale(norm, not inverse, n)
    threads = workers_count(workers)
    dtype = COMPLEX[a.dtype.name]
    check_plan(plan, "r2c", n, a.dtype)
    result = Result(out, (*a.shape[:axis], n // 2 + 1, *a.shape[axis + 1 :]), dtype, x)
    if result.array.size:
        _core.r2c(resized(a, (axis,), (n,)), result.array, axis, inverse, scale, threads)
    return result.done()


def _c2r(x: Any, n: Any, axis: Any, norm: Any, inverse: bool, workers: Any, plan: Any, out: Any) -> Array:
    a = as_complex(as_input(x))
    axis = one_axis(axis, a.ndim)
    n = length(n, 2 * (a.shape[axis] - 1))
    scale = norm_scale(norm, not inverse, n)
    threads = workers_count(workers)
    dtype = REAL[a.dtype.name]
    check_plan(plan, "c2r", n, a.dtype)
    result = Result(out, (*a.shape[:axis], n, *a.shape[axis + 1 :]), dtype, x)
    if result.array.size:
        _core.c2r(resized(a, (axis,), (n // 2 + 1,)), result.array, axis, inverse, scale, threads)
    return result.done()


def fft(
    x: ArrayLike,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    plan: Any = None,
    out: Array | None = None,
) -> Array:
    r"""Discrete Fourier transform along an axis.

    Parameters
    ----------
    x : array_like
        Real or complex; integers are computed in float64.
    n : int, optional
        Length [elements]: x is cut, or padded with zeros. By default x's own along `axis`.
    axis : int
    norm : {"backward", "ortho", "forward"}, optional
        Scale 1, 1/sqrt(n) or 1/n.
    overwrite_x : bool
        x may be destroyed: the result takes its memory where it fits.
    workers : int, optional
        Threads; -1 all cores. By default :func:`get_workers`. The result is bitwise the same for any number.
    plan : optional
        A plan of :func:`plan` for this n and dtype, or None.
    out : ndarray, optional
        Where the result is written; x itself for a transform in place.

    Returns
    -------
    ndarray
        complex64 for float32 and complex64, complex128 otherwise; ``n`` elements along `axis`.

    Raises
    ------
    ValueError
        For a length below 1, an unknown norm, a wrong `out`.
    TypeError
        For float16, longdouble, bool and object arrays.
    IndexError
        For an axis that x does not have.

    Notes
    -----
    .. math:: y_k = \sum_{j=0}^{n-1} x_j\, e^{-2\pi i jk/n}

    Real x goes through the real transform; the other half is its mirror image (Cooley & Tukey, Math. Comp. 19
    (1965) 297).

    Examples
    --------
    >>> fn.fft.fft([1.0, 2.0, 0.0, 0.0])
    array([ 3.+0.j,  1.-2.j, -1.+0.j,  1.+2.j])
    """
    y = _small(0, x, n, axis, norm, overwrite_x, workers, plan, out)
    return _c2c(x, n, axis, norm, False, overwrite_x, workers, plan, out) if y is None else y


def ifft(
    x: ArrayLike,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    plan: Any = None,
    out: Array | None = None,
) -> Array:
    r"""Inverse of :func:`fft` along an axis.

    Parameters
    ----------
    x, n, axis, overwrite_x, workers, plan, out
        As in :func:`fft`.
    norm : {"backward", "ortho", "forward"}, optional
        Scale 1/n, 1/sqrt(n) or 1.

    Returns
    -------
    ndarray
        Complex, ``n`` elements along `axis`.

    Notes
    -----
    .. math:: y_k = \frac1n \sum_j x_j\, e^{2\pi i jk/n}

    Examples
    --------
    >>> fn.fft.ifft([4.0, 0.0, 0.0, 0.0]).real
    array([1., 1., 1., 1.])
    """
    y = _small(1, x, n, axis, norm, overwrite_x, workers, plan, out)
    return _c2c(x, n, axis, norm, True, overwrite_x, workers, plan, out) if y is None else y


def rfft(
    x: ArrayLike,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    plan: Any = None,
    out: Array | None = None,
) -> Array:
    """Discrete Fourier transform of real data: the first n//2 + 1 values of :func:`fft`.

    Parameters
    ----------
    x : array_like
        Real.
    n, axis, norm, overwrite_x, workers, plan, out
        As in :func:`fft`.

    Returns
    -------
    ndarray
        Complex, ``n//2 + 1`` elements along `axis`.

    Raises
    ------
    TypeError
        For complex x.

    Examples
    --------
    >>> fn.fft.rfft([1.0, 2.0, 0.0, 0.0])
    array([ 3.+0.j,  1.-2.j, -1.+0.j])
    """
    y = _small(2, x, n, axis, norm, overwrite_x, workers, plan, out)
    return _r2c(x, n, axis, norm, False, workers, plan, out) if y is None else y


def irfft(
    x: ArrayLike,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    plan: Any = None,
    out: Array | None = None,
) -> Array:
    """Inverse of :func:`rfft`.

    Parameters
    ----------
    x : array_like
        The first ``n//2 + 1`` values of the transform of a real sequence; cut or padded to that.
    n : int, optional
        Length of the result; by default ``2 (m - 1)`` for m values.
    axis, norm, overwrite_x, workers, plan, out
        As in :func:`ifft`.

    Returns
    -------
    ndarray
        Real, ``n`` elements along `axis`. The imaginary parts of x[0] and, for even n, of x[n//2] do not count.

    Examples
    --------
    >>> fn.fft.irfft([3, 1 - 2j, -1])
    array([1., 2., 0., 0.])
    """
    y = _small(3, x, n, axis, norm, overwrite_x, workers, plan, out)
    return _c2r(x, n, axis, norm, True, workers, plan, out) if y is None else y


def hfft(
    x: ArrayLike,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    plan: Any = None,
    out: Array | None = None,
) -> Array:
    """Discrete Fourier transform of a Hermitian sequence, which is real.

    Parameters
    ----------
    x : array_like
        The first ``n//2 + 1`` values of a sequence with x[-j] = conj(x[j]).
    n, axis, norm, overwrite_x, workers, plan, out
        As in :func:`irfft`, norms as in :func:`fft`.

    Returns
    -------
    ndarray
        Real, ``n`` elements along `axis`.

    Examples
    --------
    >>> fn.fft.hfft([1.0, 1.0, 1.0])
    array([4., 0., 0., 0.])
    """
    y = _small(4, x, n, axis, norm, overwrite_x, workers, plan, out)
    return _c2r(x, n, axis, norm, False, workers, plan, out) if y is None else y


def ihfft(
    x: ArrayLike,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    plan: Any = None,
    out: Array | None = None,
) -> Array:
    """Inverse of :func:`hfft`: the conjugate of :func:`rfft`, over n.

    Parameters
    ----------
    x : array_like
        Real.
    n, axis, norm, overwrite_x, workers, plan, out
        As in :func:`ifft`.

    Returns
    -------
    ndarray
        Complex, ``n//2 + 1`` elements along `axis`.

    Examples
    --------
    >>> fn.fft.ihfft([4.0, 0.0, 0.0, 0.0]).real
    array([1., 1., 1.])
    """
    y = _small(5, x, n, axis, norm, overwrite_x, workers, plan, out)
    return _r2c(x, n, axis, norm, True, workers, plan, out) if y is None else y
