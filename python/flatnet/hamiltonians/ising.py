"""Ising Hamiltonians: spins on a graph or a lattice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from .._check import integer, positive_int
from ._arguments import lattice_shape
from ._base import Array, Hamiltonian
from .bits import Bits, coefficient, evaluate, numbers


class Ising(Hamiltonian):
    r"""Spins s_i = ±1 with couplings J and fields h.

    Parameters
    ----------
    couplings : mapping from (int, int) to number
        Pairs of different spins -> J_ij; a pair given both ways is the sum. Integers and fractions stay exact.
    fields : mapping from int to number, sequence, or number, optional
        h_i; a number stands for all spins.
    inputs : int, optional
        Number of spins; by default one more than the largest index.
    constant : number, optional

    Raises
    ------
    ValueError
        If a spin couples to itself, an index is out of range, or a number is not finite.

    Notes
    -----
    .. math:: H(s) = c - \sum_{\langle ij \rangle} J_{ij} s_i s_j - \sum_i h_i s_i

    With bits y = (s + 1)/2, i.e. s = 2y - 1, it is the polynomial `bits` with coefficients
    -4J_ij, 2Σ_j J_ij - 2h_i and c - ΣJ + Σh: the same function, exactly. Networks take the bits.

    Examples
    --------
    >>> import flatnet as fn
    >>> ring = fn.hamiltonians.Ising.lattice((4,), J=1)
    >>> int(ring([1, 1, 1, 1])), int(ring([1, -1, 1, -1])), int(ring.bits()([1, 0, 1, 0]))
    (-4, 4, 4)
    >>> fn.hamiltonians.Ising.lattice((4, 4), J=1, h=1).terms       # 3 L²: sites and bonds
    48
    """

    alphabet = "spin"

    def __init__(self, couplings: Mapping[Any, Any], fields: Any = 0, inputs: int | None = None, constant: Any = 0) -> None:
        self.couplings = _pairs(couplings)
        largest = max((pair[1] for pair in self.couplings), default=-1)
        if inputs is None and isinstance(fields, Mapping):
            largest = max([largest, *(integer("Ising", "a spin", i) for i in fields)])
        if inputs is None and isinstance(fields, (Sequence, np.ndarray)):
            largest = max(largest, len(fields) - 1)
        self.inputs = positive_int("Ising", "inputs", largest + 1 if inputs is None else inputs)
        if largest >= self.inputs:
            raise ValueError(f"Ising of {self.inputs} spins has no spin {largest}")
        self.fields = _fields(fields, self.inputs)
        self.constant = coefficient("Ising", "the constant", constant)

    @classmethod
    def lattice(cls, shape: Any, J: Any = 1, h: Any = 0, periodic: bool = True) -> Ising:
        """Nearest neighbours on a hypercubic lattice.

        Parameters
        ----------
        shape : int or tuple of int
            Sites along 1 to 3 axes, row-major; a periodic axis of 2 sites has one bond between them, one of 1 site none.
        J, h : number
            Coupling of every bond, field at every site.
        periodic : bool
        """
        index = bonds(shape, periodic)
        return cls(dict.fromkeys(map(tuple, index.tolist()), J), h, inputs=int(np.prod(lattice_shape(shape))))

    @classmethod
    def from_graph(cls, graph: Any, J: Any = 1, h: Any = 0) -> Ising:
        """Spins on the nodes of a networkx graph, in its order; an edge's ``"J"`` and a node's ``"h"`` go before J and h."""
        place = {node: i for i, node in enumerate(graph.nodes)}
        if not place:
            raise ValueError("Ising needs a graph with nodes, got an empty one")
        couplings = {(place[a], place[b]): data.get("J", J) for a, b, data in graph.edges(data=True)}
        return cls(couplings, [data.get("h", h) for _, data in graph.nodes(data=True)], inputs=len(place))

    def _value(self, s: Array) -> Array:
        return evaluate(self.monomials(), s)

    def monomials(self) -> dict[tuple[int, ...], Any]:
        """Coefficients of products of spins."""
        found: dict[tuple[int, ...], Any] = {key: -value for key, value in self.couplings.items()}
        found.update({(i,): -value for i, value in self.fields.items()})
        return {(): self.constant, **found} if self.constant else found

    def bits(self) -> Bits:
        """The same function of the bits y = (s + 1)/2; exact, but for one rounding of each sum of floats."""
        linear: dict[int, Any] = {i: -2 * _exact(h) for i, h in self.fields.items()}
        for (i, j), J in self.couplings.items():
            for site in (i, j):
                linear[site] = linear.get(site, 0) + 2 * _exact(J)
        constant = _exact(self.constant) - sum(map(_exact, self.couplings.values())) + sum(map(_exact, self.fields.values()))
        numbers_given = [self.constant, *self.couplings.values(), *self.fields.values()]
        back: Any = float if any(isinstance(v, float) for v in numbers_given) else _simplest
        found: dict[tuple[int, ...], Any] = {(): back(constant)}
        found.update({(i,): back(v) for i, v in linear.items()})
        found.update({pair: -4 * J for pair, J in self.couplings.items()})
        return Bits(found, self.inputs)

    @property
    def degree(self) -> int:
        return 2 if self.couplings else int(bool(self.fields))

    @property
    def terms(self) -> int:
        return len(self.couplings) + len(self.fields) + int(bool(self.constant))

    @property
    def neurons(self) -> int:
        return self.bits().neurons

    def graph(self) -> Any:
        """The networkx graph of its couplings."""
        import networkx

        made = networkx.Graph()
        made.add_nodes_from(range(self.inputs))
        made.add_edges_from(self.couplings)
        return made

    def coupling_array(self) -> tuple[Array, Array]:
        """Pairs (m, 2) and their couplings (m,)."""
        return np.array(list(self.couplings), np.int64).reshape(-1, 2), numbers(list(self.couplings.values()))


def bonds(shape: Any, periodic: bool = True) -> Array:
    """Pairs of neighbouring sites (m, 2) of a lattice, each once, row-major numbers.

    Parameters
    ----------
    shape : int or tuple of int
        Sites along 1 to 3 axes.
    periodic : bool

    Returns
    -------
    ndarray of int64, shape (m, 2)
        D·N pairs for N sites on a periodic lattice of D axes longer than 2.

    Examples
    --------
    >>> from flatnet.hamiltonians import bonds
    >>> bonds((2, 2), periodic=False).tolist()
    [[0, 1], [0, 2], [1, 3], [2, 3]]
    """
    sizes = lattice_shape(shape)
    site = np.arange(int(np.prod(sizes))).reshape(sizes)
    pairs = []
    for axis, length in enumerate(sizes):
        if periodic and length > 2:
            pairs.append(np.stack([site, np.roll(site, -1, axis)], axis=-1).reshape(-1, 2))
        else:
            ahead, behind = np.arange(1, length), np.arange(length - 1)
            pairs.append(np.stack([site.take(behind, axis), site.take(ahead, axis)], axis=-1).reshape(-1, 2))
    found = np.sort(np.concatenate(pairs), axis=1)
    return found[np.lexsort(found.T[::-1])]


def _pairs(couplings: Any) -> dict[tuple[int, int], Any]:
    if not isinstance(couplings, Mapping):
        raise TypeError(f"Ising needs a mapping from pairs to couplings, got {type(couplings).__name__}")
    found: dict[tuple[int, int], Any] = {}
    for key, value in couplings.items():
        if not isinstance(key, tuple) or len(key) != 2:
            raise ValueError(f"Ising couples pairs of spins, got {key!r}")
        i, j = sorted(integer("Ising", "a spin", k) for k in key)
        if i == j or i < 0:
            raise ValueError(f"Ising couples two different spins of numbers >= 0, got {key!r}")
        found[i, j] = found.get((i, j), 0) + coefficient("Ising", key, value)
    return {pair: J for pair, J in sorted(found.items()) if J != 0}


def _fields(fields: Any, n: int) -> dict[int, Any]:
    items: Iterable[tuple[Any, Any]]
    if isinstance(fields, Mapping):
        items = fields.items()
    elif isinstance(fields, (Sequence, np.ndarray)) and not isinstance(fields, (str, bytes)):
        if len(fields) != n:
            raise ValueError(f"Ising of {n} spins needs as many fields, got {len(fields)}")
        items = enumerate(fields)
    else:
        items = ((i, fields) for i in range(n))
    found = {integer("Ising", "a spin", i): coefficient("Ising", i, value) for i, value in items}
    if found and not 0 <= min(found) <= max(found) < n:
        raise ValueError(f"Ising of {n} spins has no spin {max(found) if max(found) >= n else min(found)}")
    return {i: value for i, value in found.items() if value != 0}


def _exact(value: Any) -> Fraction:
    return Fraction(value)


def _simplest(value: Fraction) -> Any:
    return int(value) if value.denominator == 1 else value


def to_spins(bits: Any) -> Array:
    """s = 2y - 1, exactly, as integers.

    Examples
    --------
    >>> from flatnet.hamiltonians import to_spins
    >>> to_spins([0, 1])
    array([-1,  1])
    """
    y = np.asarray(bits)
    if not np.isin(y, (0, 1)).all():
        raise ValueError("bits are 0 and 1, got something else")
    return 2 * y.astype(np.int64) - 1


def to_bits(spins: Any) -> Array:
    """y = (s + 1)/2, exactly, as integers.

    Examples
    --------
    >>> from flatnet.hamiltonians import to_bits
    >>> to_bits([-1, 1])
    array([0, 1])
    """
    s = np.asarray(spins)
    if not np.isin(s, (-1, 1)).all():
        raise ValueError("spins are -1 and 1, got something else")
    return (s.astype(np.int64) + 1) // 2
