"""2-D Fourier transforms: the n-D ones over the last two axes."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike

from ._arguments import Array
from ._nd import fftn, hfftn, ifftn, ihfftn, irfftn, rfftn


def fft2(
    x: ArrayLike,
    s: Any = None,
    axes: Any = (-2, -1),
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    plan: Any = None,
    out: Array | None = None,
) -> Array:
    """Discrete Fourier transform over two axes.

    Parameters
    ----------
    x, s, axes, norm, overwrite_x, workers, plan, out
        As in :func:`fftn`; by default the last two axes.

    Returns
    -------
    ndarray
        Complex.

    Examples
    --------
    >>> fn.fft.fft2([[1.0, 0.0], [0.0, 0.0]]).real
    array([[1., 1.],
           [1., 1.]])
    """
    return fftn(x, s, axes, norm, overwrite_x, workers, plan=plan, out=out)


def ifft2(
    x: ArrayLike,
    s: Any = None,
    axes: Any = (-2, -1),
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    plan: Any = None,
    out: Array | None = None,
) -> Array:
    """Inverse of :func:`fft2`.

    Parameters
    ----------
    x, s, axes, norm, overwrite_x, workers, plan, out
        As in :func:`ifftn`; by default the last two axes.

    Returns
    -------
    ndarray
        Complex.

    Examples
    --------
    >>> fn.fft.ifft2([[4.0, 0.0], [0.0, 0.0]]).real
    array([[1., 1.],
           [1., 1.]])
    """
    return ifftn(x, s, axes, norm, overwrite_x, workers, plan=plan, out=out)


def rfft2(
    x: ArrayLike,
    s: Any = None,
    axes: Any = (-2, -1),
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    plan: Any = None,
    out: Array | None = None,
) -> Array:
    """Discrete Fourier transform of real data over two axes: half of the last one.

    Parameters
    ----------
    x, s, axes, norm, overwrite_x, workers, plan, out
        As in :func:`rfftn`; by default the last two axes.

    Returns
    -------
    ndarray
        Complex; ``s[-1]//2 + 1`` elements on the last of `axes`.

    Examples
    --------
    >>> fn.fft.rfft2([[1.0, 0.0, 0.0, 0.0]]).real
    array([[1., 1., 1.]])
    """
    return rfftn(x, s, axes, norm, overwrite_x, workers, plan=plan, out=out)


def irfft2(
    x: ArrayLike,
    s: Any = None,
    axes: Any = (-2, -1),
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    plan: Any = None,
    out: Array | None = None,
) -> Array:
    """Inverse of :func:`rfft2`.

    Parameters
    ----------
    x, s, axes, norm, overwrite_x, workers, plan, out
        As in :func:`irfftn`; by default the last two axes.

    Returns
    -------
    ndarray
        Real; by default ``2 (m - 1)`` elements on the last of `axes`, where x has m.

    Examples
    --------
    >>> fn.fft.irfft2([[4.0, 0.0, 0.0]])
    array([[1., 1., 1., 1.]])
    """
    return irfftn(x, s, axes, norm, overwrite_x, workers, plan=plan, out=out)


def hfft2(
    x: ArrayLike,
    s: Any = None,
    axes: Any = (-2, -1),
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    plan: Any = None,
    out: Array | None = None,
) -> Array:
    """Discrete Fourier transform of Hermitian data over two axes, which is real.

    Parameters
    ----------
    x, s, axes, norm, overwrite_x, workers, plan, out
        As in :func:`hfftn`; by default the last two axes.

    Returns
    -------
    ndarray
        Real; by default ``2 (m - 1)`` elements on the last of `axes`, where x has m.

    Examples
    --------
    >>> fn.fft.hfft2([[1.0, 0.0, 0.0]])
    array([[1., 1., 1., 1.]])
    """
    return hfftn(x, s, axes, norm, overwrite_x, workers, plan=plan, out=out)


def ihfft2(
    x: ArrayLike,
    s: Any = None,
    axes: Any = (-2, -1),
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    *,
    plan: Any = None,
    out: Array | None = None,
) -> Array:
    """Inverse of :func:`hfft2`.

    Parameters
    ----------
    x, s, axes, norm, overwrite_x, workers, plan, out
        As in :func:`ihfftn`; by default the last two axes.

    Returns
    -------
    ndarray
        Complex; ``s[-1]//2 + 1`` elements on the last of `axes`.

    Examples
    --------
    >>> fn.fft.ihfft2([[1.0, 1.0, 1.0, 1.0]]).real
    array([[1., 0., 0.]])
    """
    return ihfftn(x, s, axes, norm, overwrite_x, workers, plan=plan, out=out)
