"""How large the entries of a product can be, from the weights of its factors: one pass over the synapses, nothing formed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .support import weights_at_hand

if TYPE_CHECKING:
    from .factors import Factor

__all__ = ["heaviest_paths", "row_sum_bound"]

# Above this many synapses or rows the weights of a factor are not looked at one by one.
_LARGEST = 2**27


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
    return not weights_at_hand(factor) or max(factor.synapses, *factor.shape) > _LARGEST
