"""Markov random fields: sums of tables over cliques."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .._check import integer, positive_int
from ._base import MOST_STATES, Array, Hamiltonian
from .bits import Bits

Conjunction = tuple[tuple[int, ...], tuple[int, ...]]  # inputs, the bits that they must have


class MarkovField(Hamiltonian):
    r"""Energies of configurations of cliques of n variables with q states each.

    Parameters
    ----------
    tables : mapping from tuple of int to array_like
        Variables of a clique -> energies, shape (q,) * len(clique); ``inf`` forbids a configuration (probability exactly 0).
    states : int
        q >= 2.
    variables : int, optional
        n; by default one more than the largest number in a clique.

    Raises
    ------
    ValueError
        If a table has another shape, nan or -inf, or a clique repeats a variable.

    Notes
    -----
    .. math:: H(x) = \sum_c E_c(x_c), \qquad p(x) \propto \prod_c \exp(-E_c(x_c))

    With q = 2 the inputs are the n bits; with more they are one-hot, n q bits, q for each variable (`one_hot`). A neuron stands
    for each non-zero coefficient: with two states at most one for each complete subgraph, `clique_counts`.

    Examples
    --------
    >>> import numpy as np, flatnet as fn
    >>> H = fn.hamiltonians.MarkovField({(0, 1): [[0.0, 1.0], [1.0, 0.0]], (1, 2): [[0.0, np.inf], [0.0, 0.0]]})
    >>> H([[0, 1, 1], [0, 0, 1]])
    array([ 1., inf])
    >>> H.neurons
    4
    """

    alphabet = "bit"

    def __init__(self, tables: Mapping[Any, Any], states: int = 2, variables: int | None = None) -> None:
        what = type(self).__name__
        self.q = integer(what, "states", states)
        if self.q < 2:
            raise ValueError(f"{what} needs states >= 2, got states={self.q}")
        if not isinstance(tables, Mapping) or (not tables and variables is None):
            raise ValueError(f"{what} needs a mapping from cliques to tables, got {tables!r}")
        self.tables = {_clique(what, key): _table(what, key, table, self.q) for key, table in tables.items()}
        if len(self.tables) != len(tables):
            raise ValueError(f"{what} needs a clique once, {len(tables)} keys name {len(self.tables)} cliques")
        largest = max((max(clique) for clique in self.tables if clique), default=-1)
        self.variables = positive_int(what, "variables", largest + 1 if variables is None else variables)
        if largest >= self.variables:
            raise ValueError(f"{what} of {self.variables} variables has no variable {largest}")
        self.inputs = self.variables if self.q == 2 else self.variables * self.q

    def _value(self, y: Array) -> Array:
        x = y if self.q == 2 else from_one_hot(y, self.q)
        total = np.zeros(x.shape[:-1])
        for clique, table in self.tables.items():
            total = total + table[tuple(x[..., i] for i in clique)]
        return total[()]

    def states(self) -> Array:
        """All states, one a row, the last variable changing fastest; one-hot for more than two states."""
        if self.q == 2:
            return super().states()
        if self.variables * math.log2(self.q) > 22:
            raise ValueError(
                f"{type(self).__name__} has {self.q}**{self.variables} states, {MOST_STATES} are enumerated at most"
            )
        count = self.q**self.variables
        return one_hot(np.stack(np.unravel_index(np.arange(count), (self.q,) * self.variables), axis=-1), self.q)

    def bits(self) -> Bits:
        """The polynomial of its inputs; refused where a configuration is forbidden, which no finite polynomial does."""
        finite, forbidden = self.compiled()
        if forbidden:
            raise ValueError(f"{type(self).__name__} forbids {len(forbidden)} configurations, a polynomial is finite")
        return finite

    def compiled(self) -> tuple[Bits, list[Conjunction]]:
        """The finite part as a polynomial, and the forbidden configurations as conjunctions of its inputs."""
        total: dict[tuple[int, ...], float] = {}
        forbidden: list[Conjunction] = []
        for clique, table in self.tables.items():
            for where in np.argwhere(np.isinf(table)).tolist():
                forbidden.append(_conjunction(clique, where, self.q))
            for key, value in self._coefficients(clique, np.where(np.isinf(table), 0.0, table)).items():
                total[key] = total.get(key, 0.0) + value
        return Bits(total, self.inputs), list(dict.fromkeys(forbidden))

    def _coefficients(self, clique: tuple[int, ...], table: Array) -> dict[tuple[int, ...], float]:
        if not clique:
            return {(): float(table)}
        if self.q > 2:
            return {
                tuple(sorted(i * self.q + a for i, a in zip(clique, where, strict=True))): float(table[tuple(where)])
                for where in np.argwhere(table != 0).tolist()
            }
        found = Bits.from_table(table.ravel()).coefficients
        return {tuple(sorted(clique[i] for i in key)): float(value) for key, value in found.items()}

    @property
    def degree(self) -> int:
        finite, forbidden = self.compiled()
        return max([finite.degree, *(len(where) for where, _ in forbidden)])

    @property
    def terms(self) -> int:
        finite, forbidden = self.compiled()
        return finite.terms + len(forbidden)

    @property
    def parameters(self) -> int:
        return sum(table.size for table in self.tables.values())

    @property
    def neurons(self) -> int:
        finite, forbidden = self.compiled()
        return finite.neurons + len(forbidden)

    def graph(self) -> Any:
        """The networkx graph whose edges join variables that share a clique."""
        import networkx

        made = networkx.Graph()
        made.add_nodes_from(range(self.variables))
        made.add_edges_from((a, b) for clique in self.tables for a in clique for b in clique if a < b)
        return made


def one_hot(x: Any, q: int) -> Array:
    """States 0..q-1 of n variables as n q bits, ``(..., n) -> (..., n q)``.

    Examples
    --------
    >>> from flatnet.hamiltonians import one_hot
    >>> one_hot([2, 0], 3)
    array([0, 0, 1, 1, 0, 0])
    """
    a = np.asarray(x)
    if a.ndim == 0 or a.dtype.kind not in "iu" or (a.size and not 0 <= a.min() <= a.max() < q):
        raise ValueError(f"one_hot needs whole numbers 0..{q - 1} on an axis, got {a.dtype} of shape {a.shape}")
    return (a[..., None] == np.arange(q)).astype(np.int64).reshape(*a.shape[:-1], a.shape[-1] * q)


def from_one_hot(y: Any, q: int) -> Array:
    """The states that n q bits stand for; refused where a variable has not exactly one 1."""
    a = np.asarray(y)
    groups = a.reshape(*a.shape[:-1], -1, q)
    if (groups.sum(axis=-1) != 1).any():
        raise ValueError(f"one-hot bits have exactly one 1 among the {q} of a variable, got another number")
    return np.asarray(groups.argmax(axis=-1))


def _clique(what: str, key: Any) -> tuple[int, ...]:
    if not isinstance(key, tuple):
        raise TypeError(f"{what} needs tuples of variables as cliques, got {key!r}")
    clique = tuple(integer(what, "a variable", i) for i in key)
    if len(set(clique)) != len(clique) or (clique and min(clique) < 0):
        raise ValueError(f"{what} needs cliques of different variables >= 0, got {key!r}")
    return clique


def _table(what: str, key: tuple[Any, ...], table: Any, q: int) -> Array:
    a = np.asarray(table)
    if a.dtype.kind not in "iuf" or a.shape != (q,) * len(key):
        raise ValueError(f"{what} needs energies of shape {(q,) * len(key)} for clique {key!r}, got {a.dtype} of {a.shape}")
    a = a.astype(np.float64)
    if np.isnan(a).any() or (a == -np.inf).any():
        raise ValueError(f"{what} needs energies above -inf, clique {key!r} has {'nan' if np.isnan(a).any() else '-inf'}")
    return a


def _conjunction(clique: tuple[int, ...], where: list[int], q: int) -> Conjunction:
    if q == 2:
        order = sorted(range(len(clique)), key=clique.__getitem__)
        return tuple(clique[i] for i in order), tuple(where[i] for i in order)
    return tuple(sorted(i * q + a for i, a in zip(clique, where, strict=True))), (1,) * len(clique)
