"""Cosine and sine transforms I to IV, along one axis or several."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .. import _check, _core
from ._arguments import (
    Array,
    Result,
    as_input,
    fill_padded,
    length,
    norm_mode,
    one_axis,
    part,
    reusable,
    shape_and_axes,
    workers_count,
)

_small = _core.cosine_small  # a whole small transform of a plain array in one call, or None where it does not apply


def _kind(name: str, type: Any) -> tuple[bool, int]:
    """(sine, type) of the transform that is computed: the inverse of II is III, those of I and IV are themselves."""
    kind = _check.integer(name, "type", type)
    if not 1 <= kind <= 4:
        raise ValueError(f"invalid {'DST' if 'dst' in name else 'DCT'} type {kind}, should be 1, 2, 3 or 4")
    if name.startswith("i") and kind in (2, 3):
        kind = 5 - kind
    return "dst" in name, kind


def _scale(norm: Any, name: str, sine: bool, kind: int, lengths: list[int]) -> float:
    """The logical length of an axis of n elements is 2 n; 2 (n - 1) for DCT-I, 2 (n + 1) for DST-I."""
    mode = norm_mode(norm, not name.startswith("i"))
    shift = 0 if kind != 1 else 1 if sine else -1
    total = math.prod(2 * (n + shift) for n in lengths)
    return 1.0 if mode == 0 else 1.0 / total if mode == 2 else 1.0 / math.sqrt(total)


def _passes(a: Array, y: Array, axes: list[int], sine: bool, kind: int, scale: float, ortho: bool, threads: int) -> None:
    """y = transform of `a`, cut or padded, over `axes`; complex data part by part."""
    if a.dtype.kind == "c":
        _passes(a.real, y.real, axes, sine, kind, scale, ortho, threads)
        _passes(a.imag, y.imag, axes, sine, kind, scale, ortho, threads)
        return
    if a.shape != y.shape:
        fill_padded(y, a)
        a = y
    for axis in reversed(axes):
        _core.cosine(a, y, axis, kind, sine, scale, ortho, threads)
        a, scale = y, 1.0


def _transform(
    name: str,
    x: Any,
    a: Array,
    kind: Any,
    axes: list[int],
    lengths: list[int],
    norm: Any,
    overwrite_x: Any,
    workers: Any,
    orthogonalize: Any,
    out: Any,
) -> Array:
    sine, number = _kind(name, kind)
    if number == 1 and not sine and min(lengths) < 2:
        raise ValueError(f"{name} of type 1 needs at least 2 data points, got {min(lengths)}")
    scale = _scale(norm, name, sine, number, lengths)
    ortho = norm == "ortho" if orthogonalize is None else bool(orthogonalize)
    threads = workers_count(workers)
    shape = list(a.shape)
    for axis, n in zip(axes, lengths):
        shape[axis] = n
    result = Result(out, tuple(shape), a.dtype, x, reusable(a, x, overwrite_x))
    if result.array.size:
        _passes(a[part(a.ndim, axes, lengths)], result.array, axes, sine, number, scale, ortho, threads)
    return result.done()


def _r2r(
    name: str, x: Any, kind: Any, n: Any, axis: Any, norm: Any, overwrite_x: Any, workers: Any, orthogonalize: Any, out: Any
) -> Array:
    a = as_input(x)
    axis = one_axis(axis, a.ndim)
    n = length(n, a.shape[axis])
    return _transform(name, x, a, kind, [axis], [n], norm, overwrite_x, workers, orthogonalize, out)


def _r2rn(
    name: str, x: Any, kind: Any, s: Any, axes: Any, norm: Any, overwrite_x: Any, workers: Any, orthogonalize: Any, out: Any
) -> Array:
    a = as_input(x)
    lengths, which = shape_and_axes(a.shape, s, axes)
    if not which:
        if out is None:
            return np.asarray(x)
        out[...] = a
        return out
    return _transform(name, x, a, kind, which, lengths, norm, overwrite_x, workers, orthogonalize, out)


def dct(
    x: ArrayLike,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    orthogonalize: bool | None = None,
    *,
    out: Array | None = None,
) -> Array:
    r"""Discrete cosine transform along an axis.

    Parameters
    ----------
    x : array_like
        Real; of complex data the parts are transformed one by one.
    type : {1, 2, 3, 4}
    n, axis, overwrite_x, workers, out
        As in :func:`fft`.
    norm : {"backward", "ortho", "forward"}, optional
        Scale 1, 1/sqrt(N) or 1/N with N = 2 n (type 1: N = 2 (n - 1)).
    orthogonalize : bool, optional
        Scale the first (type 1: and the last) element so that the matrix is orthogonal up to a factor; by default
        with norm "ortho" only.

    Returns
    -------
    ndarray
        ``n`` elements along `axis`, float32 for float32, float64 for float64 and integers.

    Raises
    ------
    ValueError
        For an unknown type, or n = 1 with type 1.

    Notes
    -----
    .. math::
        \text{I:}\ & y_k = x_0 + (-1)^k x_{n-1} + 2 \sum_{j=1}^{n-2} x_j \cos\frac{\pi jk}{n-1} \\
        \text{II:}\ & y_k = 2 \sum_j x_j \cos\frac{\pi (2j+1) k}{2n} \\
        \text{III:}\ & y_k = x_0 + 2 \sum_{j \ge 1} x_j \cos\frac{\pi j (2k+1)}{2n} \\
        \text{IV:}\ & y_k = 2 \sum_j x_j \cos\frac{\pi (2j+1)(2k+1)}{4n}

    II and III through a real Fourier transform of n points (Makhoul, IEEE Trans. ASSP 28 (1980) 27).

    Examples
    --------
    >>> np.abs(fn.fft.dct([1.0, 1.0, 1.0, 1.0]))
    array([8., 0., 0., 0.])
    """
    y = _small(0, x, type, n, axis, norm, overwrite_x, workers, orthogonalize, out)
    return _r2r("dct", x, type, n, axis, norm, overwrite_x, workers, orthogonalize, out) if y is None else y


def idct(
    x: ArrayLike,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    orthogonalize: bool | None = None,
    *,
    out: Array | None = None,
) -> Array:
    """Inverse of :func:`dct` of the same type.

    Parameters
    ----------
    x, type, n, axis, norm, overwrite_x, workers, orthogonalize, out
        As in :func:`dct`. The scales are 1/N, 1/sqrt(N) and 1.

    Returns
    -------
    ndarray
        ``n`` elements along `axis`.

    Examples
    --------
    >>> fn.fft.idct([8.0, 0.0, 0.0, 0.0])
    array([1., 1., 1., 1.])
    """
    y = _small(1, x, type, n, axis, norm, overwrite_x, workers, orthogonalize, out)
    return _r2r("idct", x, type, n, axis, norm, overwrite_x, workers, orthogonalize, out) if y is None else y


def dst(
    x: ArrayLike,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    orthogonalize: bool | None = None,
    *,
    out: Array | None = None,
) -> Array:
    r"""Discrete sine transform along an axis.

    Parameters
    ----------
    x, type, n, axis, overwrite_x, workers, out
        As in :func:`dct`.
    norm : {"backward", "ortho", "forward"}, optional
        Scale 1, 1/sqrt(N) or 1/N with N = 2 n (type 1: N = 2 (n + 1)).
    orthogonalize : bool, optional
        Scale the last element (types 2 and 3) so that the matrix is orthogonal up to a factor; by default with
        norm "ortho" only.

    Returns
    -------
    ndarray
        ``n`` elements along `axis`.

    Notes
    -----
    .. math::
        \text{I:}\ & y_k = 2 \sum_j x_j \sin\frac{\pi (j+1)(k+1)}{n+1} \\
        \text{II:}\ & y_k = 2 \sum_j x_j \sin\frac{\pi (2j+1)(k+1)}{2n} \\
        \text{III:}\ & y_k = (-1)^k x_{n-1} + 2 \sum_{j<n-1} x_j \sin\frac{\pi (j+1)(2k+1)}{2n} \\
        \text{IV:}\ & y_k = 2 \sum_j x_j \sin\frac{\pi (2j+1)(2k+1)}{4n}

    Examples
    --------
    >>> fn.fft.dst([1.0, -1.0], type=2)[-1:]
    array([4.])
    """
    y = _small(2, x, type, n, axis, norm, overwrite_x, workers, orthogonalize, out)
    return _r2r("dst", x, type, n, axis, norm, overwrite_x, workers, orthogonalize, out) if y is None else y


def idst(
    x: ArrayLike,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    orthogonalize: bool | None = None,
    *,
    out: Array | None = None,
) -> Array:
    """Inverse of :func:`dst` of the same type.

    Parameters
    ----------
    x, type, n, axis, norm, overwrite_x, workers, orthogonalize, out
        As in :func:`dst`. The scales are 1/N, 1/sqrt(N) and 1.

    Returns
    -------
    ndarray
        ``n`` elements along `axis`.

    Examples
    --------
    >>> np.round(fn.fft.idst(fn.fft.dst([1.0, 2.0])), 12)
    array([1., 2.])
    """
    y = _small(3, x, type, n, axis, norm, overwrite_x, workers, orthogonalize, out)
    return _r2r("idst", x, type, n, axis, norm, overwrite_x, workers, orthogonalize, out) if y is None else y
