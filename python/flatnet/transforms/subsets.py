"""Subset sums: the zeta transform over subsets of m elements, and its inverse, the Möbius transform."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from .._check import nonnegative_int
from ..factors import Kronecker
from ..network import Network
from ._entry import Entry


def zeta(m: int, *, dtype: DTypeLike | None = None) -> Network:
    r"""Sum over subsets, ``y[S] = sum of x[T] over T in S``, on the 2**m subsets of m elements.

    Parameters
    ----------
    m : int
        Number of elements, >= 0; bit i of an index says whether element i is in the set.
    dtype : dtype, optional
        Pins the precision; by default it follows the input, and integers stay exact.

    Returns
    -------
    Network
        Maps ``(..., 2**m) -> (..., 2**m)``; ``1.5 m 2**m`` synapses in m layers (m = 0: the identity, one
        synapse). Flat it has 3**m.

    Raises
    ------
    ValueError
        If ``m`` is negative.

    Notes
    -----
    .. math:: Z_m = \prod_{i=0}^{m-1} I_{2^{m-1-i}} \otimes
              \begin{pmatrix}1&0\\1&1\end{pmatrix} \otimes I_{2^i}

    It turns the coefficients h of a polynomial in bits, Lin & Tegmark Eq. (12), into its truth table. Merging
    r neighbouring layers costs :math:`2^m 1.5^r`, least per layer at r = 2 and 3: flattening by half saves a
    quarter.

    Examples
    --------
    >>> import flatnet as fn
    >>> net = fn.zeta(2)
    >>> net.synapses
    12
    >>> net([1, 10, 100, 1000])
    array([   1,   11,  101, 1111])
    """
    return _subset_chain("zeta", m, 1, dtype)


def mobius(m: int, *, dtype: DTypeLike | None = None) -> Network:
    r"""Möbius transform, ``y[S] = sum of (-1)**(|S| - |T|) x[T] over T in S``: the inverse of `zeta`.

    Parameters
    ----------
    m : int
        Number of elements, >= 0; bit i of an index says whether element i is in the set.
    dtype : dtype, optional
        Pins the precision; by default it follows the input, and integers stay exact.

    Returns
    -------
    Network
        Maps ``(..., 2**m) -> (..., 2**m)``; ``1.5 m 2**m`` synapses in m layers (m = 0: the identity, one
        synapse).

    Raises
    ------
    ValueError
        If ``m`` is negative.

    Notes
    -----
    .. math:: Z_m^{-1} = \prod_{i=0}^{m-1} I_{2^{m-1-i}} \otimes
              \begin{pmatrix}1&0\\-1&1\end{pmatrix} \otimes I_{2^i}

    Applied to a truth table it gives the unique coefficients h of Lin & Tegmark Eq. (12).

    Examples
    --------
    The truth table of ``a or b`` is the polynomial a + b - ab:

    >>> import flatnet as fn
    >>> fn.mobius(2)([0, 1, 1, 1])
    array([ 0,  1,  1, -1])
    """
    return _subset_chain("mobius", m, -1, dtype)


def _subset_chain(what: str, m: int, sign: int, dtype: DTypeLike | None) -> Network:
    m = nonnegative_int(what, "m", m)
    core = np.array([[1, 0], [sign, 1]], dtype=np.int64)
    factors = [Kronecker(1 << (m - 1 - i), core, 1 << i, weak=True) for i in range(m)]
    return Network(
        factors or [Kronecker(1, np.ones((1, 1), dtype=np.int64), 1, weak=True)],
        name=f"{what}({m})",
        dtype=dtype,
    )


ENTRIES = tuple(
    Entry(
        name=constructor.__name__,
        constructor=constructor,
        arguments=lambda m: (m,),
        sizes=(0, 1, 2, 3, 6, 8),
        synapses=lambda m: max(1, 3 * m * 2**m // 2),
        summary=summary,
        integer=True,
    )
    for constructor, summary in (
        (zeta, "sum over subsets of m elements: 1.5 m 2**m"),
        (mobius, "inverse of zeta: 1.5 m 2**m"),
    )
)
