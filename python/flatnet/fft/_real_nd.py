"""Cosine and sine transforms I to IV over several axes."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike

from .. import _core
from ._arguments import Array
from ._real import _r2rn

_small = _core.cosine_small_nd  # a whole small transform of a plain array in one call, or None where it does not apply


def dctn(
    x: ArrayLike,
    type: int = 2,
    s: Any = None,
    axes: Any = None,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    orthogonalize: bool | None = None,
    out: Array | None = None,
) -> Array:
    """Discrete cosine transform over several axes.

    Parameters
    ----------
    x, type, norm, overwrite_x, workers, orthogonalize, out
        As in :func:`dct`.
    s, axes
        As in :func:`fftn`.

    Returns
    -------
    ndarray
        Lengths `s` on `axes`.

    Examples
    --------
    >>> fn.fft.dctn([[1.0, 1.0], [1.0, 1.0]])
    array([[16.,  0.],
           [ 0.,  0.]])
    """
    y = _small(0, x, type, s, axes, norm, overwrite_x, workers, orthogonalize, out)
    return _r2rn("dctn", x, type, s, axes, norm, overwrite_x, workers, orthogonalize, out) if y is None else y


def idctn(
    x: ArrayLike,
    type: int = 2,
    s: Any = None,
    axes: Any = None,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    orthogonalize: bool | None = None,
    *,
    out: Array | None = None,
) -> Array:
    """Inverse of :func:`dctn` of the same type.

    Parameters
    ----------
    x, type, norm, overwrite_x, workers, orthogonalize, out
        As in :func:`idct`.
    s, axes
        As in :func:`fftn`.

    Returns
    -------
    ndarray
        Lengths `s` on `axes`.

    Examples
    --------
    >>> fn.fft.idctn([[16.0, 0.0], [0.0, 0.0]])
    array([[1., 1.],
           [1., 1.]])
    """
    y = _small(1, x, type, s, axes, norm, overwrite_x, workers, orthogonalize, out)
    return _r2rn("idctn", x, type, s, axes, norm, overwrite_x, workers, orthogonalize, out) if y is None else y


def dstn(
    x: ArrayLike,
    type: int = 2,
    s: Any = None,
    axes: Any = None,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    orthogonalize: bool | None = None,
    *,
    out: Array | None = None,
) -> Array:
    """Discrete sine transform over several axes.

    Parameters
    ----------
    x, type, norm, overwrite_x, workers, orthogonalize, out
        As in :func:`dst`.
    s, axes
        As in :func:`fftn`.

    Returns
    -------
    ndarray
        Lengths `s` on `axes`.

    Examples
    --------
    >>> np.round(fn.fft.dstn([[1.0]]), 12)
    array([[4.]])
    """
    y = _small(2, x, type, s, axes, norm, overwrite_x, workers, orthogonalize, out)
    return _r2rn("dstn", x, type, s, axes, norm, overwrite_x, workers, orthogonalize, out) if y is None else y


def idstn(
    x: ArrayLike,
    type: int = 2,
    s: Any = None,
    axes: Any = None,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    orthogonalize: bool | None = None,
    *,
    out: Array | None = None,
) -> Array:
    """Inverse of :func:`dstn` of the same type.

    Parameters
    ----------
    x, type, norm, overwrite_x, workers, orthogonalize, out
        As in :func:`idst`.
    s, axes
        As in :func:`fftn`.

    Returns
    -------
    ndarray
        Lengths `s` on `axes`.

    Examples
    --------
    >>> np.round(fn.fft.idstn(fn.fft.dstn([[1.0, 2.0]])), 12)
    array([[1., 2.]])
    """
    y = _small(3, x, type, s, axes, norm, overwrite_x, workers, orthogonalize, out)
    return _r2rn("idstn", x, type, s, axes, norm, overwrite_x, workers, orthogonalize, out) if y is None else y
