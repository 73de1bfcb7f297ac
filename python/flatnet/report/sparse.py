"""Checks a sparse matrix from a file before compiled code sees it: pointers, indices, sizes, values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .._check import require_memory

__all__ = ["from_members", "tidy"]

_NEEDS = {
    "csr": ("data", "indices", "indptr"),
    "csc": ("data", "indices", "indptr"),
    "bsr": ("data", "indices", "indptr"),
    "coo": ("data", "row", "col"),
    "dia": ("data", "offsets"),
}


def _integers(members: Mapping[str, np.ndarray], key: str, name: str) -> np.ndarray:
    array = members[key]
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise ValueError(f"{name}: {key!r} should be a row of integers, it is {array.dtype} of shape {array.shape}")
    return array.astype(np.int64, copy=False)


def _within(index: np.ndarray, bound: int, key: str, name: str) -> None:
    if index.size and (index.min() < 0 or index.max() >= bound):
        worst = index.min() if index.min() < 0 else index.max()
        raise ValueError(f"{name}: {key!r} holds {worst}, outside 0..{bound - 1}")


def _pointers(indptr: np.ndarray, lines: int, entries: int, name: str) -> None:
    """Check that ``indptr`` runs from 0 to ``entries`` in ``lines`` steps and never falls."""
    if indptr.size != lines + 1:
        raise ValueError(f"{name}: 'indptr' has {indptr.size} entries, {lines} compressed lines need {lines + 1}")
    if indptr[0] != 0 or indptr[-1] != entries:
        raise ValueError(f"{name}: 'indptr' runs from {indptr[0]} to {indptr[-1]}, expected 0 to {entries}")
    if np.any(indptr[1:] < indptr[:-1]):
        raise ValueError(f"{name}: 'indptr' decreases at line {int(np.argmax(indptr[1:] < indptr[:-1]))}")


def _shape(members: Mapping[str, np.ndarray], name: str) -> tuple[int, int]:
    shape = _integers(members, "shape", name)
    if shape.size != 2:
        raise ValueError(f"{name} holds a sparse array with {shape.size} axes, a matrix has 2")
    rows, columns = (int(side) for side in shape)
    if rows < 0 or columns < 0:
        raise ValueError(f"{name} has the impossible shape ({rows}, {columns})")
    require_memory(f"{name} as compressed rows", 8 * (rows + columns + 2))
    return rows, columns


def _block(data: np.ndarray, shape: tuple[int, int], name: str) -> tuple[int, int]:
    """Return the block size of a BSR matrix (1 x 1 for the others) after checking that it tiles the shape."""
    if data.ndim != 3 or 0 in data.shape[1:] or shape[0] % data.shape[1] or shape[1] % data.shape[2]:
        raise ValueError(f"{name}: blocks of shape {data.shape[1:]} do not tile a {shape[0]} x {shape[1]} matrix")
    return data.shape[1], data.shape[2]


def _compressed(kind: str, members: Mapping[str, np.ndarray], shape: tuple[int, int], name: str) -> Any:
    import scipy.sparse as sp

    data = members["data"]
    indices, indptr = _integers(members, "indices", name), _integers(members, "indptr", name)
    block = _block(data, shape, name) if kind == "bsr" else (1, 1)
    if kind != "bsr" and data.ndim != 1:
        raise ValueError(f"{name}: 'data' should be one row of values, its shape is {data.shape}")
    lines, across = shape[0] // block[0], shape[1] // block[1]
    if kind == "csc":
        lines, across = across, lines
    if indices.size != data.shape[0]:
        raise ValueError(f"{name}: {data.shape[0]} values but {indices.size} indices")
    _pointers(indptr, lines, indices.size, name)
    _within(indices, across, "indices", name)
    maker = {"csr": sp.csr_array, "csc": sp.csc_array, "bsr": sp.bsr_array}[kind]
    return maker((data, indices, indptr), shape=shape)


def _coordinates(members: Mapping[str, np.ndarray], shape: tuple[int, int], name: str) -> Any:
    import scipy.sparse as sp

    data, row, col = members["data"], _integers(members, "row", name), _integers(members, "col", name)
    if data.ndim != 1 or not data.size == row.size == col.size:
        raise ValueError(f"{name}: {data.size} values, {row.size} rows and {col.size} columns do not match")
    _within(row, shape[0], "row", name)
    _within(col, shape[1], "col", name)
    return sp.coo_array((data, (row, col)), shape=shape)


def _diagonals(members: Mapping[str, np.ndarray], shape: tuple[int, int], name: str) -> Any:
    import scipy.sparse as sp

    data, offsets = members["data"], _integers(members, "offsets", name)
    if data.ndim != 2 or data.shape[0] != offsets.size or np.unique(offsets).size != offsets.size:
        raise ValueError(f"{name}: diagonals of shape {data.shape} do not match {offsets.size} distinct offsets")
    return sp.dia_array((data, offsets), shape=shape)


def tidy(matrix: Any) -> Any:
    """Return ``matrix`` as CSR with sorted columns, duplicates summed and exact zeros dropped.

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> from flatnet.report.sparse import tidy
    >>> tidy(sp.coo_array(([1.0, 1.0, 0.0], ([0, 0, 1], [1, 1, 0])), shape=(2, 2))).data
    array([2.])
    """
    import scipy.sparse as sp

    csr = sp.csr_array(matrix)
    csr.sum_duplicates()
    csr.eliminate_zeros()
    return csr


def from_members(members: Mapping[str, np.ndarray], name: str) -> Any:
    """Build the matrix that ``scipy.sparse.save_npz`` stored, trusting none of its arrays.

    Parameters
    ----------
    members : mapping of str to ndarray
        The archive's arrays: ``format``, ``shape``, ``data`` and what the format needs.
    name : str
        How the sentence of an error calls the file.

    Returns
    -------
    scipy.sparse.csr_array
        Duplicates summed, exact zeros dropped.

    Raises
    ------
    ValueError
        If a member is missing, an index is out of range, pointers decrease, or sizes contradict each other.

    Examples
    --------
    >>> import numpy as np
    >>> from flatnet.report.sparse import from_members
    >>> stored = dict(format=np.array("coo"), shape=np.array([2, 2]), data=np.ones(1), row=np.array([5]),
    ...               col=np.array([0]))
    >>> from_members(stored, "w.npz")
    Traceback (most recent call last):
        ...
    ValueError: w.npz: 'row' holds 5, outside 0..1
    """
    kind = members["format"].item() if members["format"].size == 1 else ""
    kind = kind.decode("ascii", "replace") if isinstance(kind, bytes) else str(kind)
    if kind not in _NEEDS:
        raise ValueError(f"{name} names the sparse format {kind!r}, known are {', '.join(_NEEDS)}")
    missing = [key for key in _NEEDS[kind] if key not in members]
    if missing:
        raise ValueError(f"{name} is a {kind} matrix without its {missing[0]!r} array")
    if members["data"].dtype.kind not in "iufc":
        raise ValueError(f"{name} holds weights of type {members['data'].dtype}, numbers are needed")
    shape = _shape(members, name)
    if kind == "coo":
        return tidy(_coordinates(members, shape, name))
    if kind == "dia":
        return tidy(_diagonals(members, shape, name))
    return tidy(_compressed(kind, members, shape, name))
