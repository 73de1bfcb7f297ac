r"""The linear program behind LB3: how few synapses can cover all random minors on average.

A hidden unit with a weights to the m outputs and b weights from the n inputs is met by k random rows and k
random columns with probability phi_k(a) psi_k(b), phi_k(a) = 1 - C(m-a, k)/C(m, k), psi_k(b) = 1 - C(n-b, k)/C(n, k).
The least synapses of units that are met R_k times for every k, in fractions x_ab of units, have the dual

.. math:: \max \sum_k y_k R_k \quad\text{with}\quad \sum_k y_k \phi_k(a) \psi_k(b) \le a + b, \; y \ge 0,

and every y that satisfies it gives a bound. HiGHS finds y; then it is checked against all (a, b) and divided by
the largest ratio of the two sides, so that neither its tolerances nor the pairs that it was not shown matter.
For m = n the pairs a = b suffice: phi_k(a) phi_k(b) <= (phi_k(a)^2 + phi_k(b)^2)/2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Covering", "covering", "met", "sizes"]

Array = np.ndarray[Any, Any]

_EPS = float(np.finfo(np.float64).eps)
# Four sizes of minors an octave lose less than 1e-6 of the bound against all sizes (prime n up to 1021).
_PER_OCTAVE = 4
# Constraints are added until no pair (a, b) is violated by more than this, which is then divided out.
_TOLERANCE = 1e-7
_MOST_ROUNDS = 40


@dataclass(frozen=True)
class Covering:
    """A feasible solution of the dual.

    Attributes
    ----------
    sizes : tuple of int
        The k.
    weights : ndarray
        y_k >= 0.
    value : float
        sum y_k R_k, rounded down.
    """

    sizes: tuple[int, ...]
    weights: Array
    value: float


def sizes(largest: int) -> list[int]:
    """Sizes k of minors that are looked at: 1 ... ``largest``, geometrically spaced.

    Examples
    --------
    >>> sizes(20)
    [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 13, 16, 19, 20]
    """
    steps = math.ceil(_PER_OCTAVE * math.log2(largest)) if largest > 1 else 0
    found = {min(largest, round(2 ** (step / _PER_OCTAVE))) for step in range(steps + 1)}
    return sorted(found | {largest})


def met(total: int, ks: list[int], degrees: Array | None = None) -> Array:
    """phi_k(a) for the given degrees a, by default 1..total (rows), and the given k (columns), rounded up.

    The product C(m-a, k)/C(m, k) = prod_i (m-a-i)/(m-i) of k factors carries a relative error of 2 k eps; its
    difference from 1 is rounded once more.

    Examples
    --------
    >>> met(4, [1, 2])
    array([[0.25      , 0.5       ],
           [0.5       , 0.83333333],
           [0.75      , 1.        ],
           [1.        , 1.        ]])
    """
    a = np.arange(1, total + 1, dtype=np.float64) if degrees is None else degrees
    missed, found = np.ones(len(a)), np.empty((len(a), len(ks)))
    for k in range(1, max(ks) + 1):
        missed = missed * np.maximum(total - a - k + 1, 0.0) / (total - k + 1)
        if k in ks:
            found[:, ks.index(k)] = np.minimum(1.0, (1.0 - missed) + (2 * k * missed + 4) * _EPS)
    return found


def covering(rows: int, cols: int, ks: list[int], ranks: Array) -> Covering:
    """Bound the synapses of units that are met ``ranks[i]`` times, on average, by minors of size ``ks[i]``.

    Parameters
    ----------
    rows, cols : int
        Outputs m and inputs n.
    ks : list of int
        Sizes of the minors, ascending, at most min(m, n).
    ranks : ndarray
        Lower bounds of R_k.

    Examples
    --------
    >>> math.ceil(covering(67, 67, sizes(67), np.array(sizes(67), dtype=float)).value)
    484
    """
    from scipy.optimize import linprog

    used = [index for index, rank in enumerate(ranks) if rank > 0]
    nothing = Covering(tuple(ks), np.zeros(len(ks)), 0.0)
    if not used:
        return nothing
    left = met(rows, [ks[index] for index in used])
    right = left if rows == cols else met(cols, [ks[index] for index in used])
    goal = np.asarray(ranks, dtype=np.float64)[used]
    pairs = _first_pairs(rows, cols)
    for _ in range(_MOST_ROUNDS):
        a, b = np.array(sorted(pairs)).T
        solved = linprog(-goal, A_ub=left[a] * right[b] / (a + b + 2)[:, None], b_ub=np.ones(len(a)), method="highs")
        if solved.x is None:
            return nothing
        y = np.maximum(solved.x, 0.0)
        worst, violated = _violated(left, right, y)
        if worst <= 1 + _TOLERANCE or violated <= pairs:
            break
        pairs |= violated
    slack = 1 - 8 * (len(used) + 16) * _EPS
    weights = np.zeros(len(ks))
    weights[used] = y * (slack / max(worst, _EPS))
    return Covering(tuple(ks), weights, float(weights[used] @ goal) * slack)


def _first_pairs(rows: int, cols: int) -> set[tuple[int, int]]:
    """Pairs (a - 1, b - 1) to begin with: equal degrees if the matrix is square, else a grid."""
    if rows == cols:
        return {(a - 1, a - 1) for a in sizes(rows)}
    return {(a - 1, b - 1) for a in sizes(rows)[::2] for b in sizes(cols)[::2]}


def _violated(left: Array, right: Array, y: Array) -> tuple[float, set[tuple[int, int]]]:
    """Largest ratio of the two sides of the constraints over all pairs, and the pairs where it is too large."""
    a = np.arange(1, len(left) + 1)
    if left is right:
        ratio = (left**2 @ y) / (2 * a)
        bad = [(int(i), int(i)) for i in _peaks(ratio)]
        return float(ratio.max()), set(bad)
    ratio = (left * y) @ right.T / (a[:, None] + np.arange(1, len(right) + 1))
    best = ratio.argmax(axis=1)
    tops = ratio[np.arange(len(best)), best]
    return float(tops.max()), {(int(i), int(best[i])) for i in _peaks(tops)}


def _peaks(ratio: Array) -> Array:
    """Local maxima above 1."""
    padded = np.concatenate([[-np.inf], ratio, [-np.inf]])
    return np.flatnonzero((ratio > 1) & (ratio >= padded[:-2]) & (ratio >= padded[2:]))
