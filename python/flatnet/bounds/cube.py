"""Threshold neurons that a function of bits needs in one hidden layer: edges of the cube that hyperplanes can cut.

f changes its value along some edges of the cube {0, 1}^n. If f is an affine function of thresholds of affine functions of its
inputs, some threshold changes along each of these edges: its hyperplane cuts the edge. A hyperplane cuts at most
ceil(n/2) C(n, floor(n/2)) edges of the n 2^(n-1) (O'Neil 1971, by Sperner's theorem; the one halfway between opposite corners
does), so as many thresholds are needed as that number goes into the edges along which f changes.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["changing_edges", "most_cut_edges", "symmetric_edges", "threshold_neurons"]


def most_cut_edges(n: int) -> int:
    """Edges of the n-cube that one hyperplane can cut at most.

    Examples
    --------
    >>> [most_cut_edges(n) for n in (1, 2, 3, 4)]
    [1, 2, 6, 12]
    """
    return -(-n // 2) * math.comb(n, n // 2)


def threshold_neurons(n: int, edges: int) -> int:
    """Least number of thresholds in one hidden layer, for a function of n bits that changes along so many edges.

    Examples
    --------
    Parity changes along all n 2^(n-1):

    >>> [threshold_neurons(n, n << (n - 1)) for n in (1, 2, 4, 10, 100)]
    [1, 2, 3, 5, 13]
    """
    return -(-edges // most_cut_edges(n))


def symmetric_edges(values: np.ndarray[Any, Any]) -> int:
    """Edges along which f changes, f(y) = values[number of ones]: k C(n, k) lead from k - 1 ones to k.

    Examples
    --------
    >>> symmetric_edges(np.array([0, 1, 0, 1]))
    12
    """
    n = len(values) - 1
    return sum(k * math.comb(n, k) for k in (np.flatnonzero(np.diff(values)) + 1).tolist())


def changing_edges(table: np.ndarray[Any, Any]) -> int:
    """Edges along which a truth table of 2^n values changes.

    Examples
    --------
    >>> changing_edges(np.array([0, 0, 0, 1]))
    2
    """
    n = table.size.bit_length() - 1
    pairs = (table.reshape(-1, 2, 1 << i) for i in range(n))
    return sum(int(np.count_nonzero(pair[:, 0] != pair[:, 1])) for pair in pairs)
