"""Hamiltonians of bits: H(y) = Σ_K h_K Π_{i in K} y_i (Lin & Tegmark, Eq. 12)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from .._check import integer, positive_int
from ._base import Array, Hamiltonian

_CHUNK = 1 << 22  # products at a time


class Bits(Hamiltonian):
    r"""A multilinear polynomial of n bits.

    Parameters
    ----------
    terms : mapping from tuple of int to number
        Index tuple -> coefficient; ``()`` is the constant. A repeated index counts once, as y² = y. Integers and fractions
        stay exact.
    inputs : int, optional
        Number of bits; by default one more than the largest index.

    Attributes
    ----------
    coefficients : dict
        Sorted index tuple -> coefficient, without zeros.

    Raises
    ------
    ValueError
        If a coefficient is not finite or an index out of range.

    Notes
    -----
    .. math:: H(y) = \sum_{K \subseteq \{0..n-1\}} h_K \prod_{i \in K} y_i

    Every function of bits is one, with 2ⁿ coefficients (Lin & Tegmark, Eq. 12). As a network it has one logistic neuron for
    each coefficient but the constant (Eq. 13), of sharpness β > 2 ln(‖h‖₁/tol); the paper's D ln 10 forgets that the margin
    is ½.

    Examples
    --------
    >>> import flatnet as fn
    >>> H = fn.hamiltonians.Bits({(): 1, (0,): -2, (0, 1): 3})
    >>> H([[0, 0], [1, 0], [1, 1]]), H.degree, H.neurons
    (array([ 1, -1,  2]), 2, 2)
    """

    alphabet = "bit"

    def __init__(self, terms: Mapping[Any, Any], inputs: int | None = None) -> None:
        if not isinstance(terms, Mapping):
            raise TypeError(f"Bits needs a mapping from index tuples to coefficients, got {type(terms).__name__}")
        found: dict[tuple[int, ...], Any] = {}
        for key, value in terms.items():
            where = _indices(key)
            found[where] = found.get(where, 0) + coefficient("Bits", key, value)
        self.coefficients = {
            key: value for key, value in sorted(found.items(), key=lambda kv: (len(kv[0]), kv[0])) if value != 0
        }
        largest = max((key[-1] for key in found if key), default=-1)
        self.inputs = largest + 1 if inputs is None else positive_int("Bits", "inputs", inputs)
        if not 0 <= largest < self.inputs and largest >= 0:
            raise ValueError(f"Bits of {self.inputs} inputs has no input {largest}")
        if self.inputs < 1:
            raise ValueError("Bits needs at least one input, got only a constant")

    @classmethod
    def from_table(cls, values: Any) -> Bits:
        """From all 2ⁿ values, the last bit changing fastest: the Möbius transform, exact for integers.

        Parameters
        ----------
        values : array_like, shape (2**n,)
            In the order of ``states()``. `flatnet.bit_function` and `flatnet.multilinear` have the first bit changing
            fastest: ``values.reshape((2,) * n).T.ravel()`` turns one order into the other.
        """
        table = np.asarray(values)
        n = table.size.bit_length() - 1
        if table.ndim != 1 or n < 1 or table.size != 1 << n:
            raise ValueError(f"a table of n bits has 2**n values, got shape {table.shape}")
        moebius = table.copy() if table.dtype == object or table.dtype.kind in "iuf" else None
        if moebius is None:
            raise TypeError(f"a table of energies has real values, got {table.dtype}")
        if moebius.dtype.kind in "iu":
            moebius = moebius.astype(object)  # whole numbers of any size
        for axis in range(n):  # one sweep a bit, over all states at once
            pairs = moebius.reshape(1 << axis, 2, -1)
            pairs[:, 1] -= pairs[:, 0]
        kept = np.flatnonzero(moebius != 0)
        return cls({tuple(i for i in range(n) if s >> (n - 1 - i) & 1): moebius[s] for s in kept.tolist()}, inputs=n)

    def _value(self, y: Array) -> Array:
        return evaluate(self.coefficients, y)

    @property
    def degree(self) -> int:
        return max(map(len, self.coefficients), default=0)

    @property
    def terms(self) -> int:
        return len(self.coefficients)

    @property
    def neurons(self) -> int:
        return self.terms - (() in self.coefficients)

    def bits(self) -> Bits:
        """Itself."""
        return self

    def __add__(self, other: Any) -> Bits:
        if isinstance(other, (int, float, Fraction)):
            return Bits({**self.coefficients, (): self.coefficients.get((), 0) + other}, self.inputs)
        if not hasattr(other, "bits"):
            return NotImplemented
        more = other.bits()
        if more.inputs != self.inputs:
            raise ValueError(f"a Hamiltonian of {self.inputs} bits is added to one of {more.inputs}")
        keys = {*self.coefficients, *more.coefficients}
        return Bits({k: self.coefficients.get(k, 0) + more.coefficients.get(k, 0) for k in keys}, self.inputs)

    __radd__ = __add__


def coefficient(what: str, key: Any, value: Any) -> Any:
    """A number as it is: int and Fraction exactly, anything else as a finite float."""
    if isinstance(value, (int, Fraction)) and not isinstance(value, bool):
        return value
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, (bool, np.bool_, str, bytes, complex)):
        raise TypeError(f"{what} needs real coefficients, got {value!r} for {key!r}")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{what} needs finite coefficients, got {number} for {key!r}")
    return number


def _indices(key: Any) -> tuple[int, ...]:
    if not isinstance(key, tuple):
        raise TypeError(f"Bits needs tuples of indices, got {key!r}")
    found = tuple(sorted({integer("Bits", "an index", i) for i in key}))
    if found and found[0] < 0:
        raise ValueError(f"Bits needs indices >= 0, got {key!r}")
    return found


def grouped(terms: Mapping[tuple[int, ...], Any]) -> list[tuple[Array, Array]]:
    """(indices (m, k), coefficients (m,)) for each order k; see `numbers` for their dtypes."""
    orders: dict[int, list[tuple[int, ...]]] = {}
    for key in terms:
        orders.setdefault(len(key), []).append(key)
    found = []
    for k, keys in sorted(orders.items()):
        values = [terms[key] for key in keys]
        found.append((np.array(keys, dtype=np.int64).reshape(len(keys), k), numbers(values)))
    return found


def numbers(values: list[Any]) -> Array:
    """int64 if all are small whole numbers, objects if all are exact, float64 otherwise."""
    if all(isinstance(v, int) for v in values) and sum(abs(v) for v in values) < 1 << 62:
        return np.array(values, dtype=np.int64)
    if all(isinstance(v, (int, Fraction)) for v in values):
        return np.array([Fraction(v) for v in values], dtype=object)
    return np.array([float(v) for v in values], dtype=np.float64)


def evaluate(terms: Mapping[tuple[int, ...], Any], y: Array) -> Array:
    """Σ_K h_K Π_{i in K} y_i on a batch (..., n) of whole numbers."""
    rows = y.reshape(-1, y.shape[-1])
    groups = grouped(terms)
    dtype = np.result_type(*[c.dtype for _, c in groups]) if groups else np.dtype(np.int64)
    total = np.zeros(len(rows), dtype)
    for index, values in groups:
        step = max(1, _CHUNK // max(1, len(index)))
        for start in range(0, len(rows), step):
            part = rows[start : start + step]
            products = np.ones((len(part), len(index)), np.int64)
            for place in index.T:
                products *= part[:, place]
            total[start : start + step] += products @ values if values.dtype != object else (products * values).sum(axis=1)
    return total.reshape(y.shape[:-1])[()]
