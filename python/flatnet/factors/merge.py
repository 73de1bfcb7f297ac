"""The product of two neighbours: flattening, one step."""

from __future__ import annotations

import numpy as np

from .. import _check, _core
from .base import Factor


def product(left: Factor, right: Factor, max_bytes: float | None = None) -> Factor:
    r"""left @ right as one factor in its best format; `right` is applied first.

    Chainable patterns, diagonals and permutations stay structured; everything else goes through sparse rows and is held densely
    above half full.

    Parameters
    ----------
    left, right : Factor
        ``left.shape[1] == right.shape[0]``.
    max_bytes : float, optional
        The most that the result may take; default: three quarters of the memory available.

    Raises
    ------
    TooLargeError
        Before anything is allocated, naming the size.

    Notes
    -----
    An entry that sums k > 1 terms is zero when :math:`|c_{ij}| \le 4 k \epsilon (|A| |B|)_{ij}` with the eps of the less
    precise factor; integers are exact.

    Examples
    --------
    >>> import flatnet as fn
    >>> from flatnet.factors import product
    >>> first, second = (layer.weight for layer in fn.hadamard(4))
    >>> product(second, first)
    Dense(4 x 4, 16 synapses, int64, weak)
    """
    limit = 0.75 * _check.available_memory() if max_bytes is None else max_bytes
    handle = _core.product(left._handle, right._handle, limit)
    weak = left.weak and right.weak
    # A permutation has no precision of its own.
    strong = [f.dtype for f in (left, right) if not f.weak and f.kind != "Permutation"]
    if "Permutation" in (left.kind, right.kind):
        other = left if right.kind == "Permutation" else right
        return Factor._wrap(handle, other.weak)
    if strong:
        expected = np.result_type(*strong)
        if handle.dtype.kind == "c" and expected.kind != "c":
            expected = np.result_type(expected, np.complex64)
        if handle.dtype != expected:
            handle = handle.astype(expected)
    return Factor._wrap(handle, weak)


def product_estimate(left: Factor, right: Factor) -> tuple[float, float]:
    """Upper bounds (synapses, bytes) of ``left @ right`` from the structure; nothing is formed."""
    return _core.estimate_product(left._handle, right._handle)
