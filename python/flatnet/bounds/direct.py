r"""LB2: rows and columns that go through a single weight, for two layers with any weights.

Let C = B A be a network of two layers. A filled row of B has one non-zero (the output is *direct*) or at least
two. A direct row i through the hidden unit v is C_i = B_iv A_v: row A_v has the support of C_i, and all direct
rows through v are proportional. With r filled rows, d of them direct,

.. math:: nnz(B) \ge \max(r, 2r - d), \qquad nnz(A) \ge \sum_v nnz(A_v) \ge \sum_{i\ direct} w_i / \rho_i =: x

where w_i = nnz(C_i) and rho_i bounds the number of rows that can be proportional to row i together: if G is the
set of direct rows through v, nnz(A_v) = w_i for every i in G, so it is their mean, and |G| <= rho_i. The least x
for d direct rows, X_d, adds up the d smallest w_i / rho_i: it is convex in d. Columns do the same with A and B
exchanged (d', X'), and both hold for one network, so

.. math:: N_s \ge \min_{d, d'} \; \max(X_d, c, 2c - d') + \max(X'_{d'}, r, 2r - d).

A dense n x n matrix without proportional rows or columns gives 4n - 2 (two triangular factors of order 2 reach
it). Lin and Tegmark (2016) count such networks for given constructions; this counts all of them.

**Errors.** For networks within s of f in the spectral norm and E in the Frobenius norm there are two readings,
and the larger bound counts. *Entry by entry*: an entry above s stays non-zero and a row longer than s filled, so
w_i counts the entries above s, r the rows longer than s; shorter rows are left out of r and d (one that is
filled adds at least 1 to nnz(B) whether direct or not). *Together*: direct rows may drop entries whose squares
add up to at most E^2, so that for every m >= 0

.. math:: \sum_{i\ direct} w_i(C) / \rho_i \ge \sum_{i\ direct} \sum_j \min(1 / \rho_i, m |f_ij|^2) - m E^2,

and r counts the rows that stay filled whichever E^2 takes away. Rows i and k can become proportional only
if unit vectors along them, seen through any vector u of norm 1, satisfy | |u.f_i| - |u.f_k| | <= sqrt(2) s
(1/|f_i| + 1/|f_k|): a row moves by at most s, and its direction by sqrt(2) s/|f_i|. Overlapping intervals are
chained to clusters. A set G of rows that becomes proportional keeps at most |f|_2^2 of its squared norm:
sum_{i in G} |f_i|^2 <= |f|_2^2 + E^2, which bounds |G| as well.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .bound import Asked, Bound, LowerBound, SkippedError, covered

if TYPE_CHECKING:
    from ..certify import LowerBounds

__all__ = ["DIRECT", "Side", "fewest"]

Array = np.ndarray[Any, Any]

_EPS = float(np.finfo(np.float64).eps)
# The product is looked at entry by entry up to this many non-zeros (a dense one of order 2048).
MAX_NONZEROS = 2**22
# Directions u through which rows are compared: rows that are not proportional agree in one by chance.
_PROBES = 2
# Relative rounding of sums of up to 2^31 positive terms, taken off at the end.
_SLACK = 1e-9


def _ceiling(facts: LowerBounds, asked: Asked) -> float:
    """No row and no column direct: two weights each."""
    if asked.layers != 2 or not math.isfinite(asked.frobenius):
        return 0.0
    return 2.0 * (facts.net.shape[0] + facts.net.shape[1])


def _prove(facts: LowerBounds, asked: Asked) -> LowerBound | None:
    if facts.whole.predicted or facts.whole.count > MAX_NONZEROS:
        raise SkippedError(f"LB2 looks at products of up to {MAX_NONZEROS} non-zeros, this has {facts.whole.count}")
    if facts.flat is None or not math.isfinite(facts.norm) or not math.isfinite(asked.rounding):
        return None
    csr = facts.flat.tocsr()
    row, weights = np.repeat(np.arange(csr.shape[0]), np.diff(csr.indptr)), csr.data
    if weights.dtype.kind != "c":
        weights = weights.astype(np.float64)
    near = asked.from_flat(facts.net.shape)
    sides = [
        Side.of(csr.shape, row, csr.indices, weights, near, facts.norm + asked.rounding),
        Side.of(csr.shape[::-1], csr.indices, row, weights, near, facts.norm + asked.rounding),
    ]
    values = [fewest(*(side.entrywise for side in sides))]
    if asked.eps > 0:
        values.append(fewest(*(side.together for side in sides)))
    value = math.ceil(max(values) * (1 - _SLACK))
    how = "rows and columns with a single weight carry the support of f"
    return LowerBound("direct rows (LB2)", value, 2, math.inf, asked.eps, covered(asked), how)


DIRECT = Bound(_ceiling, _prove)


@dataclass(frozen=True)
class Side:
    """What the rows of f (or its columns) cost if they are direct.

    Attributes
    ----------
    entrywise, together : tuple of (int, ndarray)
        Rows that are certainly filled, and X_0 = 0, X_1, X_2, ...: the least weights of d direct rows. By the
        two readings of the module.
    """

    entrywise: tuple[int, Array]
    together: tuple[int, Array]

    @classmethod
    def of(cls, shape: tuple[int, int], row: Array, col: Array, weights: Array, asked: Asked, norm: float) -> Side:
        """Rows of the matrix with ``weights`` at (row, col), whose spectral norm is at most ``norm``."""
        moduli = np.abs(weights).astype(np.float64)
        squares = np.bincount(row, weights=moduli**2, minlength=shape[0])
        lengths = np.sqrt(squares)
        above = asked.spectral * (1 + _SLACK)
        sure = lengths > above
        limit = (norm**2 + asked.frobenius**2) * (1 + _SLACK)
        ordered = np.sort(squares[squares > 0])
        largest = max(1, int(np.searchsorted(np.cumsum(ordered), limit, side="right")))
        groups = _groups(shape, row, col, weights, lengths, sure, asked.spectral)
        loose = int(((squares > 0) & ~sure).sum())
        groups = np.where(sure, np.minimum(groups + loose, largest), largest).astype(np.float64)
        kept = np.bincount(row, weights=moduli > above, minlength=shape[0])
        entrywise = (int(sure.sum()), _least(kept[sure] / groups[sure]))
        gone = int(np.searchsorted(np.cumsum(ordered), asked.frobenius**2 * (1 + _SLACK), side="right"))
        return cls(entrywise, (len(ordered) - gone, _pooled(row, moduli, groups, squares > 0, asked)))


def _groups(
    shape: tuple[int, int], row: Array, col: Array, weights: Array, lengths: Array, sure: Array, spectral: float
) -> Array:
    """Upper bound, for each row that is sure, of how many such rows can become proportional to it together."""
    found = np.ones(shape[0])
    where = np.flatnonzero(sure)
    if where.size < 2:
        return found
    # the sums over a row and over u are rounded by at most (terms + 8) eps of the product of the two norms
    noise = (4 * (shape[1] + 8) + 64 * shape[0]) * _EPS
    reach = np.minimum(math.sqrt(2) * spectral / lengths[where] + noise, 2.0)
    label = np.zeros(where.size)
    rng = np.random.default_rng(0)
    for _ in range(_PROBES):
        u = rng.standard_normal(shape[1])
        parts = [weights.real * u[col], weights.imag * u[col]]
        if weights.dtype.kind == "c":
            v = rng.standard_normal(shape[1])
            parts = [parts[0] - weights.imag * v[col], parts[1] + weights.real * v[col]]
            u = u + 1j * v
        seen = np.hypot(*(np.bincount(row, weights=part, minlength=shape[0])[where] for part in parts))
        label = _chained(seen / lengths[where] / np.linalg.norm(u), reach, label)
    sizes = np.bincount(label.astype(np.int64))
    found[where] = sizes[label.astype(np.int64)]
    return found


def _chained(centre: Array, reach: Array, label: Array) -> Array:
    """Clusters of overlapping intervals, within the clusters of ``label``: 8 apart, so that they never meet."""
    order = np.argsort(8 * label + centre - reach, kind="stable")
    left = (8 * label + centre - reach)[order]
    right = np.maximum.accumulate((8 * label + centre + reach)[order])
    new = np.empty(len(label))
    new[order] = np.concatenate([[0], np.cumsum(left[1:] > right[:-1])])
    return new


def _least(costs: Array) -> Array:
    """X_d: the d smallest added up, d = 0, 1, ..."""
    return np.concatenate([[0.0], np.cumsum(np.sort(costs))])


def _pooled(row: Array, moduli: Array, groups: Array, present: Array, asked: Asked) -> Array:
    """X_d where the entries that direct rows drop share the budget E^2, for the best of a few multipliers m."""
    best = np.zeros(int(present.sum()) + 1)
    if not asked.eps > 0 or not moduli.size:
        return best
    share, squares = 1 / groups[row], moduli**2
    worth = share[squares > 0] / squares[squares > 0]
    for m in np.unique(np.quantile(worth, [0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0])):
        if not math.isfinite(m):
            continue
        costs = np.bincount(row, weights=np.minimum(share, m * squares), minlength=len(present))
        best = np.maximum(best, _least(costs[present]) - m * asked.frobenius**2 * (1 + _SLACK))
    return best


def fewest(rows: tuple[int, Array], cols: tuple[int, Array]) -> float:
    """The minimum over d and d' of the module's formula.

    Parameters
    ----------
    rows, cols : tuple of (int, ndarray)
        Filled rows r and X; filled columns c and X'.

    Examples
    --------
    >>> dense = (5, 5.0 * np.arange(6))
    >>> fewest(dense, dense)
    18.0
    """
    (r, direct), (c, direct_columns) = rows, cols
    d = np.arange(len(direct))
    last = len(direct_columns) - 1

    def total(other: Array) -> Array:
        left = np.maximum(direct, np.maximum(c, 2 * c - other))
        return left + np.maximum(direct_columns[other], np.maximum(r, 2 * r - d))

    # convex in d' for every d: bisect for the first step up
    low, high = np.zeros(len(d), dtype=np.int64), np.full(len(d), last, dtype=np.int64)
    while (low < high).any():
        middle = (low + high) // 2
        up = total(np.minimum(middle + 1, last)) >= total(middle)
        low, high = np.where(up | (low == high), low, middle + 1), np.where(up, middle, high)
    return float(total(low).min())
