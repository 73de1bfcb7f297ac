"""n-D Fourier transforms: axis by axis in the engine, the first pass into the result, the others in place there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .. import _core
from ._arguments import (
    COMPLEX,
    REAL,
    Array,
    Result,
    allocated,
    as_complex,
    as_input,
    fill_padded,
    no_plan,
    norm_scale,
    part,
    resized,
    reusable,
    shape_and_axes,
    workers_count,
)
from ._basic import mirror

_small = _core.fourier_small_nd  # a whole small transform of a plain array in one call, or None where it does not apply


def _sizes(a: Array, axes: list[int], lengths: list[int]) -> tuple[int, ...]:
    shape = list(a.shape)
    for axis, n in zip(axes, lengths):
        shape[axis] = n
    return tuple(shape)


def _complex_passes(
    source: Array, y: Array, axes: list[int], lengths: list[int], inverse: bool, scale: float, threads: int
) -> None:
    """y = transform of `source`, cut or padded, over `axes`; y may be source."""
    kept = source[part(source.ndim, axes, lengths)]
    if kept.shape != y.shape:
        fill_padded(y, kept)
        kept = y
    for axis in reversed(axes):
        _core.c2c(kept, y, axis, inverse, scale, threads)
        kept, scale = y, 1.0


def _real_passes(a: Array, half: Array, axes: list[int], lengths: list[int], inverse: bool, scale: float, threads: int) -> None:
    """half = real transform of `a` over the last of `axes`, then complex ones over the others."""
    last = axes[-1]
    cut = resized(a[part(a.ndim, axes, lengths)], (last,), (lengths[-1],))
    corner = half[tuple(slice(0, m) if axis != last else slice(None) for axis, m in enumerate(cut.shape))]
    _core.r2c(cut, corner, last, inverse, scale, threads)
    if corner.shape != half.shape:
        for axis in axes[:-1]:
            m = cut.shape[axis]
            half[(*[slice(None)] * axis, slice(m, None))] = 0
    for axis in reversed(axes[:-1]):
        _core.c2c(half, half, axis, inverse, 1.0, threads)


def _c2cn(x: Any, s: Any, axes: Any, norm: Any, inverse: bool, overwrite_x: Any, workers: Any, plan: Any, out: Any) -> Array:
    no_plan(plan)
    a = as_input(x)
    lengths, which = shape_and_axes(a.shape, s, axes)
    threads = workers_count(workers)
    scale = norm_scale(norm, not inverse, math.prod(lengths))
    if not which:
        if out is None:
            return np.asarray(x)
        out[...] = a
        return out
    shape = _sizes(a, which, lengths)
    dtype = a.dtype if a.dtype.kind == "c" else COMPLEX[a.dtype.name]
    result = Result(out, shape, dtype, x, reusable(a, x, overwrite_x))
    y = result.array
    if y.size == 0:
        return result.done()
    if a.dtype.kind == "c":
        _complex_passes(a, y, which, lengths, inverse, scale, threads)
    else:
        half = y[part(y.ndim, (which[-1],), (lengths[-1] // 2 + 1,))]
        _real_passes(a, half, which, lengths, inverse, scale, threads)
        mirror(y, which[-1], tuple(which[:-1]))
    return result.done()


def _r2cn(x: Any, s: Any, axes: Any, norm: Any, inverse: bool, workers: Any, plan: Any, out: Any) -> Array:
    no_plan(plan)
    a = as_input(x)
    if a.dtype.kind == "c":
        raise TypeError(f"x must be a real sequence, got {a.dtype}")
    lengths, which = shape_and_axes(a.shape, s, axes)
    threads = workers_count(workers)
    scale = norm_scale(norm, not inverse, math.prod(lengths))
    if not which:
        raise ValueError("at least 1 axis must be transformed")
    shape = _sizes(a, which, [*lengths[:-1], lengths[-1] // 2 + 1])
    result = Result(out, shape, COMPLEX[a.dtype.name], x)
    if result.array.size:
        _real_passes(a, result.array, which, lengths, inverse, scale, threads)
    return result.done()


def _c2rn(x: Any, s: Any, axes: Any, norm: Any, inverse: bool, workers: Any, plan: Any, out: Any) -> Array:
    no_plan(plan)
    a = as_complex(as_input(x))
    lengths, which = shape_and_axes(a.shape, s, axes)
    threads = workers_count(workers)
    if not which:
        raise ValueError("at least 1 axis must be transformed")
    last = which[-1]
    if s is None:
        lengths[-1] = 2 * (a.shape[last] - 1)
    if lengths[-1] < 1:
        raise ValueError(f"invalid number of data points ({lengths}) specified, a transform needs at least 1 on every axis")
    scale = norm_scale(norm, not inverse, math.prod(lengths))
    result = Result(out, _sizes(a, which, lengths), REAL[a.dtype.name], x)
    y = result.array
    if y.size == 0:
        return result.done()
    stops = [*lengths[:-1], lengths[-1] // 2 + 1]
    if len(which) == 1:
        half = resized(a, which, stops)
    else:
        half = allocated(_sizes(a, which, stops), a.dtype)
        cut = resized(a, (last,), (stops[-1],))
        _complex_passes(cut, half, which[:-1], lengths[:-1], inverse, 1.0, threads)
    _core.c2r(half, y, last, inverse, scale, threads)
    return result.done()


def fftn(
    x: ArrayLike,
    s: Any = None,
    axes: Any = None,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    plan: Any = None,
    out: Array | None = None,
) -> Array:
    r"""Discrete Fourier transform over several axes.

    Parameters
    ----------
    x : array_like
        Real or complex.
    s : int or sequence of int, optional
        Lengths on `axes`: x is cut, or padded with zeros; -1 keeps x's own. Without `axes`, of the last axes.
    axes : int or sequence of int, optional
        By default all axes, or the last ``len(s)``. Each at most once.
    norm, overwrite_x, workers, out
        As in :func:`fft`, n being the product of the lengths.
    plan : None

    Returns
    -------
    ndarray
        Complex, lengths `s` on `axes`; x itself where `axes` is empty.

    Raises
    ------
    ValueError
        Where `s` and `axes` do not fit x or each other, or a length is below 1.

    Notes
    -----
    .. math:: y_{k} = \sum_{j} x_{j}\, e^{-2\pi i \sum_a j_a k_a / n_a}

    Examples
    --------
    >>> fn.fft.fftn([[1.0, 0.0], [0.0, 0.0]]).real
    array([[1., 1.],
           [1., 1.]])
    """
    y = _small(0, x, s, axes, norm, overwrite_x, workers, plan, out)
    return _c2cn(x, s, axes, norm, False, overwrite_x, workers, plan, out) if y is None else y


def ifftn(
    x: ArrayLike,
    s: Any = None,
    axes: Any = None,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    plan: Any = None,
    out: Array | None = None,
) -> Array:
    """Inverse of :func:`fftn`.

    Parameters
    ----------
    x, s, axes, norm, overwrite_x, workers, plan, out
        As in :func:`fftn`; the scales are those of :func:`ifft`.

    Returns
    -------
    ndarray
        Complex.

    Examples
    --------
    >>> fn.fft.ifftn([[4.0, 0.0], [0.0, 0.0]]).real
    array([[1., 1.],
           [1., 1.]])
    """
    y = _small(1, x, s, axes, norm, overwrite_x, workers, plan, out)
    return _c2cn(x, s, axes, norm, True, overwrite_x, workers, plan, out) if y is None else y


def rfftn(
    x: ArrayLike,
    s: Any = None,
    axes: Any = None,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    plan: Any = None,
    out: Array | None = None,
) -> Array:
    """Discrete Fourier transform of real data over several axes: half of the last one.

    Parameters
    ----------
    x : array_like
        Real.
    s, axes, norm, overwrite_x, workers, plan, out
        As in :func:`fftn`.

    Returns
    -------
    ndarray
        Complex; ``s[-1]//2 + 1`` elements on the last of `axes`.

    Examples
    --------
    >>> fn.fft.rfftn([[1.0, 0.0, 0.0, 0.0]]).real
    array([[1., 1., 1.]])
    """
    y = _small(2, x, s, axes, norm, overwrite_x, workers, plan, out)
    return _r2cn(x, s, axes, norm, False, workers, plan, out) if y is None else y


def irfftn(
    x: ArrayLike,
    s: Any = None,
    axes: Any = None,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    plan: Any = None,
    out: Array | None = None,
) -> Array:
    """Inverse of :func:`rfftn`.

    Parameters
    ----------
    x, s, axes, norm, overwrite_x, workers, plan, out
        As in :func:`fftn`; `s` are the lengths of the result.

    Returns
    -------
    ndarray
        Real; by default ``2 (m - 1)`` elements on the last of `axes`, where x has m.

    Examples
    --------
    >>> fn.fft.irfftn([[4.0, 0.0, 0.0]])
    array([[1., 1., 1., 1.]])
    """
    y = _small(3, x, s, axes, norm, overwrite_x, workers, plan, out)
    return _c2rn(x, s, axes, norm, True, workers, plan, out) if y is None else y


def hfftn(
    x: ArrayLike,
    s: Any = None,
    axes: Any = None,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    plan: Any = None,
    out: Array | None = None,
) -> Array:
    """Discrete Fourier transform of Hermitian data over several axes, which is real.

    Parameters
    ----------
    x, s, axes, norm, overwrite_x, workers, plan, out
        As in :func:`irfftn`; the scales are those of :func:`fft`.

    Returns
    -------
    ndarray
        Real.

    Examples
    --------
    >>> fn.fft.hfftn([[1.0, 0.0, 0.0]])
    array([[1., 1., 1., 1.]])
    """
    y = _small(4, x, s, axes, norm, overwrite_x, workers, plan, out)
    return _c2rn(x, s, axes, norm, False, workers, plan, out) if y is None else y


def ihfftn(
    x: ArrayLike,
    s: Any = None,
    axes: Any = None,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    plan: Any = None,
    out: Array | None = None,
) -> Array:
    """Inverse of :func:`hfftn`.

    Parameters
    ----------
    x, s, axes, norm, overwrite_x, workers, plan, out
        As in :func:`rfftn`; the scales are those of :func:`ifft`.

    Returns
    -------
    ndarray
        Complex; ``s[-1]//2 + 1`` elements on the last of `axes`.

    Examples
    --------
    >>> fn.fft.ihfftn([[1.0, 1.0, 1.0, 1.0]]).real
    array([[1., 0., 0.]])
    """
    y = _small(5, x, s, axes, norm, overwrite_x, workers, plan, out)
    return _r2cn(x, s, axes, norm, True, workers, plan, out) if y is None else y
