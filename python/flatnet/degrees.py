"""Predicting the non-zeros of a product that is too large to form.

The model: cut the columns of the matrix into G blocks of n_g columns and keep S[i, g], the expected number of
non-zeros of row i in block g. If non-zeros fall independently and evenly inside a block, the product with a
sparse matrix A has S'[i, g] = n_g (1 - prod_{k in row i of A} (1 - S[k, g] / n_g)). For one block and equal
degrees this is Eq. 27 of Lin and Tegmark, 1 - (1 - p_A p_B)^n; for one column per block it is the exact
pattern (no cancellation). Rows with a single term are exact for any number of blocks. What the model cannot
see, paths that meet again as on a mesh, is measured on a sample of rows. Related: the MNC sketch of
matrix-chain planners.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .support import weights_at_hand

if TYPE_CHECKING:
    from .factors import Factor

__all__ = ["Degrees", "clustering", "degrees_product", "heaviest_paths", "row_sum_bound"]

# 32 blocks keep the locality of banded and mesh-like matrices to 1/32 of their width at 32 numbers a row.
_BLOCKS = 32
# Rows that are multiplied out to see how non-zeros cluster, and the most entries that they may have together.
_SAMPLED_ROWS = 128
_SAMPLED_ENTRIES = 2**24
# Above this many synapses or rows the degrees of a factor are not looked at one by one.
_LARGEST = 2**27


@dataclass(frozen=True)
class Degrees:
    """Expected non-zeros of a matrix, by row and block of columns.

    Attributes
    ----------
    shape : (int, int)
        Rows and columns of the matrix.
    per_row : ndarray or None
        Shape (rows, blocks): expected non-zeros; None where the matrix is too large even for that.
    widths : ndarray
        Shape (blocks,): columns in each block.
    total : int
        Expected non-zeros of the whole matrix (used where ``per_row`` is None).
    """

    shape: tuple[int, int]
    per_row: np.ndarray[Any, Any] | None
    widths: np.ndarray[Any, Any]
    total: int

    @property
    def modelled(self) -> bool:
        return self.per_row is not None

    @property
    def count(self) -> int:
        """Predicted non-zeros of the matrix, never more than its size."""
        expected = self.total if self.per_row is None else round(math.fsum(self.per_row.sum(axis=0)))
        return min(expected, self.shape[0] * self.shape[1])

    @classmethod
    def of_chain(cls, factors: list[Factor], count: int) -> Degrees:
        """Degrees of A_j ... A_i, propagated from A_i on; only ``count`` where that is too large."""
        found = cls.of(factors[0])
        for left in factors[1:]:
            found = degrees_product(left, found)
        return found if found.modelled else cls(found.shape, None, found.widths, count)

    @classmethod
    def of(cls, factor: Factor) -> Degrees:
        """Exact degrees of a given factor."""
        rows, cols = factor.shape
        blocks = max(1, min(_BLOCKS, cols))
        edges = np.array([cols * g // blocks for g in range(blocks + 1)], dtype=np.float64)
        widths = np.diff(edges)
        if _too_large(factor):
            return cls((rows, cols), None, widths, factor.synapses)
        csr = factor.tocsr()
        row = np.repeat(np.arange(rows), np.diff(csr.indptr))
        block = np.searchsorted(edges, csr.indices, side="right") - 1
        flat = np.bincount(row * blocks + block, minlength=rows * blocks)
        return cls((rows, cols), flat.reshape(rows, blocks).astype(np.float64), widths, factor.synapses)


def degrees_product(left: Factor, right: Degrees) -> Degrees:
    """Degrees of ``left @ right`` under the model of this module.

    Parameters
    ----------
    left : Factor
        Shape (m, k).
    right : Degrees
        Of a matrix of shape (k, n).

    Returns
    -------
    Degrees
        Of the (m, n) product.
    """
    shape = (left.shape[0], right.shape[1])
    if right.per_row is None or _too_large(left):
        # every synapse of the left copies the average row of the right: no two copies meet
        upper = left.synapses * right.count // max(1, right.shape[0])
        return Degrees(shape, None, right.widths, min(upper, shape[0] * shape[1]))
    csr = left.tocsr()
    pattern = _ones(csr)
    widths = np.maximum(right.widths, 1.0)
    # log(1 - S/n) is -inf for a full row; -1e3 is as full (exp(-1e3) = 0) and survives the product with 0
    with np.errstate(divide="ignore"):
        empty = np.maximum(np.log1p(-np.minimum(right.per_row / widths, 1.0)), -1e3)
    per_row = -widths * np.expm1(pattern @ empty)
    return Degrees(shape, per_row, right.widths, 0)


def clustering(factors: list[Factor], degrees: Degrees) -> float:
    """How far the non-zeros of a product cluster: true over modelled count, on a sample of its rows.

    The sampled rows are multiplied out as patterns. Rows of a random sparse chain give 1, a band matrix,
    whose paths meet again and again, far less. As a ratio it takes nothing of the model's precision away
    where the model is right.

    Parameters
    ----------
    factors : list of Factor
        The chain, the first one applied first.
    degrees : Degrees
        Of its product.
    """
    if degrees.per_row is None or any(_too_large(factor) for factor in factors):
        return 1.0
    rows, cols = degrees.shape
    size = min(rows, _SAMPLED_ROWS, max(1, _SAMPLED_ENTRIES // max(1, cols)))
    sample = np.sort(np.random.default_rng(0).choice(rows, size=size, replace=False))
    expected = float(degrees.per_row[sample].sum())
    if expected == 0:
        return 1.0
    part = _ones(factors[-1].tocsr()[sample])
    for factor in factors[-2::-1]:
        part = _ones(part @ _ones(factor.tocsr()))
    return part.nnz / expected


def _ones(csr: Any) -> Any:
    return type(csr)((np.ones(csr.nnz), csr.indices, csr.indptr), shape=csr.shape)


def heaviest_paths(factor: Factor, heads: np.ndarray[Any, Any] | None) -> np.ndarray[Any, Any] | None:
    """Largest product of moduli over the paths that end in each output; None where the weights are too many.

    If every entry of a product is a single path, the largest of these is max|product|: the same as forming
    it, at one multiplication a synapse.

    Parameters
    ----------
    factor : Factor
    heads : ndarray or None
        The same for the outputs of the layers before, shape (columns,); ones if there are none.
    """
    if _too_large(factor):
        return None
    heads = np.ones(factor.shape[1]) if heads is None else heads
    if factor.pattern is None:
        csr = factor.tocsr()
        moduli = np.append(np.abs(csr.data) * heads[csr.indices], 0.0)
        return np.maximum.reduceat(moduli, csr.indptr[:-1]) * (np.diff(csr.indptr) > 0)
    a, b, c, d = factor.pattern
    if factor.input_permutation is not None:
        heads = heads[factor.input_permutation]
    tails = (np.abs(np.asarray(factor.values)) * heads.reshape(a, 1, c, d)).max(axis=2).reshape(a * b * d)
    return tails if factor.output_permutation is None else tails[factor.output_permutation]


def row_sum_bound(factor: Factor) -> float:
    """Largest sum of moduli in a row: max|A B| <= row_sum_bound(A) max|B|."""
    if not weights_at_hand(factor):
        return math.inf
    if _too_large(factor):
        widest = factor.shape[1] if factor.pattern is None else factor.pattern[2]
        return float(widest) * factor.max_abs
    csr = factor.tocsr()
    if csr.nnz == 0:
        return 0.0
    return float(np.asarray(abs(csr).sum(axis=1)).max())


def _too_large(factor: Factor) -> bool:
    return not weights_at_hand(factor) or max(factor.synapses, factor.shape[0] * _BLOCKS, factor.shape[1]) > _LARGEST
