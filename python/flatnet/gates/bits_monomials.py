"""Monomials in bits as the rows of a sparse matrix of ones: from a mapping, or from all 2**n coefficients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from .. import _check
from .bits_table import as_table

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Monomials:
    """``constant + sum over rows r of coefficients[r] * product of the bits indices[begin[r]:begin[r + 1]]``.

    Every row has at least one bit, each once and in ascending order; no two rows are equal and no coefficient is 0.
    """

    bits: int
    constant: float
    coefficients: Array
    begin: Array
    indices: Array

    @property
    def degrees(self) -> Array:
        """Bits of each row."""
        return np.diff(self.begin)


def monomials(what: str, terms: Any, bits: Any = None) -> Monomials:
    """From index tuples -> coefficients, or from an array of 2**n coefficients."""
    n = None if bits is None else _check.size(what, "bits", _check.positive_int(what, "bits", bits))
    if isinstance(terms, Mapping):
        return _from_mapping(what, terms, n)
    return _from_table(what, terms, n)


def real_coefficients(what: str, given: Any) -> Array:
    """One axis of finite real numbers as float64; whole numbers beyond 2**53 would lose digits and are refused."""
    a = as_table(what, given)
    if a.dtype.kind == "c":
        raise TypeError(f"{what} needs real coefficients, got {a.dtype}")
    if a.ndim != 1:
        raise ValueError(f"{what} needs one axis of coefficients, got {a.ndim}")
    if a.dtype.kind == "i" and a.size and max(abs(int(a.max())), abs(int(a.min()))) > 1 << 53:
        raise ValueError(f"{what} holds whole numbers up to 2**53 in float64, got {a[np.argmax(np.abs(a.astype(np.float64)))]}")
    if not np.isfinite(a).all():
        where = int(np.argmin(np.isfinite(a)))
        raise ValueError(f"{what} needs finite coefficients, got {a[where]} at {where}")
    return a.astype(np.float64)


def _from_table(what: str, terms: Any, n: int | None) -> Monomials:
    if isinstance(terms, (set, frozenset, str, bytes, int, float)) or terms is None:
        raise TypeError(f"{what} needs index tuples -> coefficients or 2**n coefficients, got {type(terms).__name__}")
    h = real_coefficients(what, terms)
    have = _check.power_of_two(what, h.size)
    if n is not None and n != have:
        raise ValueError(f"{what} of bits={n} has {1 << n if n < 63 else f'2**{n}'} coefficients, got {h.size}")
    if have == 0:
        raise ValueError(f"{what} needs at least one bit, got a single coefficient")
    masks = np.flatnonzero(h[1:]) + 1
    # A row of `member` takes 64 bytes, its indices half of the bits on average.
    _check.require_memory(f"{what} of {have} bits and {masks.size} terms", masks.size * (64.0 + 32.0 * have))
    member = np.unpackbits(masks.astype("<u8").view(np.uint8).reshape(-1, 8), axis=1, count=have, bitorder="little")
    begin = np.concatenate(([0], np.cumsum(member.sum(axis=1, dtype=np.int64))))
    return Monomials(have, float(h[0]), h[masks], begin, np.nonzero(member)[1])


def _from_mapping(what: str, terms: Mapping[Any, Any], n: int | None) -> Monomials:
    keys = list(terms)
    if wrong := set(map(type, keys)) - {tuple, frozenset}:
        raise TypeError(f"{what} needs tuples of indices as keys, got {min(kind.__name__ for kind in wrong)}")
    values = real_coefficients(what, np.array(list(terms.values()))) if keys else np.empty(0)
    lengths = np.fromiter(map(len, keys), np.int64, len(keys))
    flat = _indices(what, list(chain.from_iterable(keys)))
    if flat.size and flat.min() < 0:
        raise ValueError(f"{what} needs indices >= 0, got {flat.min()}")
    largest = int(flat.max()) if flat.size else -1
    if n is None and largest < 0:
        raise ValueError(f"{what} needs bits=n where no term has an index, got {len(keys)} terms")
    n = largest + 1 if n is None else n
    if largest >= n:
        raise ValueError(f"{what} of bits={n} has indices below {n}, got {largest}")
    return _canonical(n, np.repeat(np.arange(len(keys)), lengths), flat, values)


def _indices(what: str, flat: list[Any]) -> Array:
    try:
        found = np.array(flat) if flat else np.empty(0, np.int64)
    except (ValueError, OverflowError):
        found = np.empty(1, object)
    if found.ndim != 1 or found.dtype.kind not in "iu" or (found.size and int(found.max()) >= 1 << 62):
        raise TypeError(f"{what} needs whole numbers below 2**62 as indices, got {found.dtype} of {found.ndim} axes")
    return found.astype(np.int64)


def _canonical(n: int, row: Array, index: Array, values: Array) -> Monomials:
    """Repeated indices drop out (y² = y), equal monomials add up, zeros vanish; rows ascend by degree, then by index."""
    order = np.lexsort((index, row))
    row, index = row[order], index[order]
    first = np.ones(row.size, dtype=bool)
    first[1:] = (row[1:] != row[:-1]) | (index[1:] != index[:-1])
    row, index = row[first], index[first]
    degree = np.bincount(row, minlength=values.size)
    constant = float(values[degree == 0].sum())
    starts = np.cumsum(degree) - degree
    kept_rows, kept_values = [], []
    for d in np.unique(degree[degree > 0]):  # the degrees that occur, not the terms
        rows = np.flatnonzero(degree == d)
        supports, which = np.unique(index[starts[rows, None] + np.arange(d)], axis=0, return_inverse=True)
        sums = np.bincount(which.reshape(-1), weights=values[rows], minlength=len(supports))
        kept_rows.append(supports[sums != 0])
        kept_values.append(sums[sums != 0])
    lengths = [np.full(len(rows), rows.shape[1]) for rows in kept_rows]
    begin = np.concatenate(([0], np.cumsum(np.concatenate(lengths)))) if lengths else np.zeros(1, np.int64)
    indices = np.concatenate([rows.reshape(-1) for rows in kept_rows]) if kept_rows else np.empty(0, np.int64)
    coefficients = np.concatenate(kept_values) if kept_values else np.empty(0)
    return Monomials(n, constant, coefficients, begin.astype(np.int64), indices)
