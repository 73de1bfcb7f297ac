"""Truth tables and multilinear coefficients of functions of bits (Lin & Tegmark Eq. 12), one from the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _array, _check
from ..network import Network
from ..transforms import mobius, zeta

Array = np.ndarray[Any, Any]
_WHOLE = 12  # up to 2**12 points a vector goes through all layers at once; longer ones are cut into a square


def multilinear(table: Any, *, out: Array | None = None, threads: int | None = None) -> Array:
    r"""Coefficients of a function of n bits from its truth table, by the fast Möbius transform.

    Parameters
    ----------
    table : array_like, shape (..., 2**n)
        ``table[..., S]`` is f at the bits of S: bit i of the index is y_i. Whole numbers and bools are
        computed exactly in int64, float32, float64 and complex numbers in their precision.
    out : ndarray, optional, keyword-only
        Where to write; may be ``table`` itself.
    threads : int, optional, keyword-only
        As in `Network.apply`.

    Returns
    -------
    ndarray, shape (..., 2**n)
        ``h[..., K]`` is the coefficient of the product of the bits of K.

    Raises
    ------
    ValueError
        If the last axis is no power of two, or exact integers could overflow: 2**n max|table| >= 2**63.
    TypeError
        If the dtype is refused.

    See Also
    --------
    truth_table : the inverse.
    bit_function : the network.

    Notes
    -----
    Lin & Tegmark Eq. (12): every f : {0,1}^n → R is

    .. math:: f(y) = \sum_{K} h_K \prod_{i \in K} y_i, \qquad h_K = \sum_{T \subseteq K} (-1)^{|K| - |T|} f(T),

    with 2^n coefficients, uniquely. The transform is the network `flatnet.mobius`, n additions a point; 2^24 points take
    about a second.

    Examples
    --------
    ``a or b`` is a + b - ab:

    >>> import flatnet as fn
    >>> fn.multilinear([0, 1, 1, 1])
    array([ 0,  1,  1, -1])
    """
    return _transformed("multilinear", mobius, table, out, threads)


def truth_table(coefficients: Any, *, out: Array | None = None, threads: int | None = None) -> Array:
    r"""Truth table of a polynomial in n bits from its coefficients, by the fast zeta transform.

    Parameters
    ----------
    coefficients : array_like, shape (..., 2**n)
        ``coefficients[..., K]`` belongs to the product of the bits of K; dtypes as in `multilinear`.
    out : ndarray, optional, keyword-only
        Where to write; may be ``coefficients`` itself.
    threads : int, optional, keyword-only
        As in `Network.apply`.

    Returns
    -------
    ndarray, shape (..., 2**n)
        ``f[..., S]``, the value at the bits of S.

    Raises
    ------
    ValueError
        If the last axis is no power of two, or exact integers could overflow.
    TypeError
        If the dtype is refused.

    See Also
    --------
    multilinear : the inverse.

    Notes
    -----
    .. math:: f(S) = \sum_{K \subseteq S} h_K

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.truth_table([0, 1, 1, -2])       # a + b - 2ab: exclusive or
    array([0, 1, 1, 0])
    """
    return _transformed("truth_table", zeta, coefficients, out, threads)


def _transformed(what: str, transform: Callable[[int], Network], given: Any, out: Array | None, threads: int | None) -> Array:
    x = as_table(what, given)
    n = _check.power_of_two(what, x.shape[-1])
    if x.dtype.kind == "i" and x.size:
        largest = max(abs(int(x.max())), abs(int(x.min())))
        if largest << n > np.iinfo(np.int64).max:
            raise ValueError(f"{what} in exact int64 reaches 2**63 - 1, 2**{n} times the largest entry {largest} could pass it")
    if out is None:
        y = np.array(x, order="C")
    else:
        y = _array.check_out(out, x.shape, x.dtype, x)
        if y is not x:
            np.copyto(y, x)
    if n <= _WHOLE:
        return transform(n).apply(y, out=y, threads=threads)
    square = y.reshape(*y.shape[:-1], 1 << (n - n // 2), 1 << (n // 2))  # a view: an axis can always be split
    transform(n // 2).apply(square, axis=-1, out=square, threads=threads)
    transform(n - n // 2).apply(square, axis=-2, out=square, threads=threads)
    return y


def as_table(what: str, given: Any) -> Array:
    """An array of at least one axis in native byte order: int64 (from whole numbers and bools), floats or complex."""
    try:
        a = np.asarray(given)
    except ValueError as e:
        raise ValueError(f"{what} needs a rectangular array: {e}") from None
    if a.dtype == np.bool_:
        a = a.astype(np.int64)
    a = _array.as_data(a, f"{what}: entries")
    if a.dtype.kind in "iu":
        if a.dtype.kind == "u" and a.dtype.itemsize == 8 and a.size and int(a.max()) > np.iinfo(np.int64).max:
            raise ValueError(f"{what} computes in int64, the largest entry is {int(a.max())}")
        return a.astype(np.int64, copy=False)
    return a.astype(a.dtype.newbyteorder("="), copy=False)
