"""Circular convolution with a kernel whose spectrum is kept: transform, product and transform back while a line is in cache."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .. import _check, _core
from ._arguments import Array, Result, as_input, one_axis, workers_count


class Circulant:
    """The circulant matrix of a kernel, ready to be applied; made by :func:`circulant`.

    Attributes
    ----------
    n : int
        Order of the matrix.
    dtype : dtype
        Of the kernel, which gives the precision.
    nbytes : int
        Bytes of the kept spectrum.
    shape : tuple of int
        ``(n, n)``.
    """

    def __init__(self, kernel: Array) -> None:
        self._core = _core.Circulant(kernel)
        self.n = int(self._core.n)
        self.dtype = np.dtype(self._core.dtype)
        self.nbytes = int(self._core.nbytes)
        self.shape = (self.n, self.n)

    def __repr__(self) -> str:
        return f"flatnet.fft.Circulant(n={self.n}, dtype={self.dtype})"

    def __call__(self, x: ArrayLike, out: Array | None = None) -> Array:
        """The circular convolution of every line ``x[..., :]`` with the kernel."""
        return self.apply(x, out=out)

    def apply(self, x: ArrayLike, axis: int = -1, out: Array | None = None, workers: int | None = None) -> Array:
        """The circular convolution along `axis`.

        Parameters
        ----------
        x : array_like
            ``n`` elements along `axis`, real or complex.
        axis : int
        out : ndarray, optional
            Where the result is written; x itself to work in place.
        workers : int, optional
            As in :func:`fft`.

        Returns
        -------
        ndarray
            Of x's shape; NumPy's promotion of x and the kernel.

        Examples
        --------
        >>> shift = fn.fft.circulant([0.0, 1.0, 0.0, 0.0])
        >>> np.round(shift.apply(np.eye(4), axis=0) @ [1, 2, 3, 4], 12)
        array([4., 1., 2., 3.])
        """
        a = as_input(x)
        axis = one_axis(axis, a.ndim)
        if a.shape[axis] != self.n:
            raise ValueError(f"the circulant has n={self.n}, x has {a.shape[axis]} elements on axis {axis}")
        dtype = np.result_type(a.dtype, self.dtype)
        if dtype.itemsize * (2 if dtype.kind == "f" else 1) != self.dtype.itemsize * (2 if self.dtype.kind == "f" else 1):
            raise TypeError(
                f"the circulant is of {self.dtype}, x of {a.dtype} needs {dtype}: make it from a kernel of that precision"
            )
        threads = workers_count(workers)
        given = a if a.dtype == dtype else a.astype(dtype)
        result = Result(out, a.shape, dtype, x)
        if result.array.size:
            self._core.apply(given, result.array, axis, threads)
        return result.done()


def circulant(kernel: ArrayLike, n: int | None = None) -> Circulant:
    r"""A circulant matrix as a reusable circular convolution.

    Parameters
    ----------
    kernel : array_like
        One axis, at most `n` elements, padded with zeros; integers become float64.
    n : int, optional
        Order [elements]; by default the kernel's length. Any length; those of :func:`next_fast_len` are fastest.

    Returns
    -------
    Circulant
        ``c(x, out=None)`` over the last axis, ``c.apply(x, axis)`` over any.

    Raises
    ------
    ValueError
        For a kernel of more than one axis, or longer than `n`, or empty.

    Notes
    -----
    .. math:: y_i = \sum_k h_k\, x_{(i-k) \bmod n} = F^{-1}\,\mathrm{diag}(F h)\,F x

    The spectrum F h / n is computed once. As a :class:`Network` of sparse factors: :func:`flatnet.convolution`.

    Examples
    --------
    >>> difference = fn.fft.circulant([1.0, -1.0], 4)
    >>> np.round(difference([1.0, 4.0, 9.0, 16.0]), 12)
    array([-15.,   3.,   5.,   7.])
    """
    h = as_input(kernel)
    if h.ndim != 1:
        raise ValueError(f"circulant needs a kernel of 1 axis, got {h.ndim}")
    order = h.shape[0] if n is None else _check.integer("circulant", "n", n)
    if order < 1 or h.shape[0] > order:
        raise ValueError(f"circulant needs 1 <= n and a kernel of at most n elements, got n={order} and {h.shape[0]} elements")
    padded = np.zeros(order, h.dtype)
    padded[: h.shape[0]] = h
    return Circulant(padded)


__all__ = ["Circulant", "circulant"]
