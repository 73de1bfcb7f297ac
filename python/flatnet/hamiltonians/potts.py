"""Potts Hamiltonians: q-valued sites that gain energy where neighbours agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .._check import finite_array, integer
from .bits import coefficient
from .ising import bonds
from .markov import MarkovField


class Potts(MarkovField):
    r"""Sites with q states, couplings J and fields.

    Parameters
    ----------
    couplings : mapping from (int, int) to number
        Pairs of sites -> J_ij.
    states : int
        q >= 2.
    fields : array_like, shape (q,) or (n, q), optional
        h_i(a): energy gained in state a, the same at every site or for each site.
    variables : int, optional
        Number of sites n; by default one more than the largest in a pair.

    Notes
    -----
    .. math:: H(x) = -\sum_{\langle ij \rangle} J_{ij}\, \delta(x_i, x_j) - \sum_i h_i(x_i)

    Inputs are one-hot, n q bits: q neurons for each bond, one for each non-zero field. With q = 2 they are n bits, and with
    J = 2K it is the Ising Hamiltonian with couplings K up to a constant.

    Examples
    --------
    >>> import flatnet as fn
    >>> H = fn.hamiltonians.Potts.lattice((4,), states=3)
    >>> H(fn.hamiltonians.one_hot([[0, 0, 0, 0], [0, 1, 2, 2]], 3)), H.neurons
    (array([-4., -1.]), 12)
    """

    def __init__(self, couplings: Mapping[Any, Any], states: int, fields: Any = None, variables: int | None = None) -> None:
        if not isinstance(couplings, Mapping):
            raise TypeError(f"Potts needs a mapping from pairs to couplings, got {type(couplings).__name__}")
        for pair in couplings:
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise ValueError(f"Potts couples pairs of sites, got {pair!r}")
        states = integer("Potts", "states", states)
        if states < 2:
            raise ValueError(f"Potts needs states >= 2, got states={states}")
        eye = np.eye(states)
        tables: dict[Any, Any] = {pair: -float(coefficient("Potts", pair, J)) * eye for pair, J in couplings.items()}
        if fields is not None:
            h = finite_array("Potts", "fields", fields)
            sites = max([1 + max(pair) for pair in couplings], default=0) if variables is None else variables
            sites = h.shape[0] if h.ndim == 2 and variables is None else sites
            if h.shape not in ((states,), (sites, states)):
                raise ValueError(f"Potts of {sites} sites and {states} states needs fields (q,) or (n, q), got {h.shape}")
            tables.update({(i,): -row for i, row in enumerate(np.broadcast_to(h, (sites, states)))})
        super().__init__(tables, states, variables)

    @classmethod
    def lattice(cls, shape: Any, states: int, J: Any = 1.0, fields: Any = None, periodic: bool = True) -> Potts:
        """Nearest neighbours on a hypercubic lattice of 1 to 3 axes, as `Ising.lattice`."""
        pairs = bonds(shape, periodic)
        return cls(dict.fromkeys(map(tuple, pairs.tolist()), J), states, fields, variables=int(np.prod(shape)))
