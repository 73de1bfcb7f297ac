"""Reads Matrix Market files: the size line is held against the bytes that follow before memory is asked for.

The body is parsed here, with NumPy: SciPy's compiled reader can crash the process on a damaged body.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

from .._check import require_memory
from .npy import DAMAGE
from .sparse import tidy

__all__ = ["read_mtx"]

_NUMBERS = {"real": 1, "double": 1, "integer": 1, "unsigned-integer": 1, "complex": 2, "pattern": 0}
_SYMMETRIES = ("general", "symmetric", "skew-symmetric", "hermitian")
_LINE = 1 << 12  # bytes of the longest line looked at


@dataclass(frozen=True)
class _Header:
    layout: str  # "coordinate" or "array"
    numbers: int  # per entry: 0 for a pattern, 2 for complex
    symmetry: str
    rows: int
    columns: int
    entries: int  # lines that follow


def _banner(line: bytes, name: str) -> tuple[str, str, str]:
    words = line.decode("latin-1").lower().split()
    if len(words) != 5 or words[0] != "%%matrixmarket" or words[1] != "matrix":
        raise ValueError(f"{name} does not start with a '%%MatrixMarket matrix ...' line")
    layout, field, symmetry = words[2:]
    known = layout in ("coordinate", "array") and field in _NUMBERS and symmetry in _SYMMETRIES
    if not known or (layout, field) == ("array", "pattern"):
        raise ValueError(f"{name} announces {' '.join(words[2:])!r}, which Matrix Market does not define")
    return layout, field, symmetry


def _sizes(line: bytes, wanted: int, name: str) -> list[int]:
    words = line.split()
    if len(words) != wanted or not all(word.isdigit() and len(word) < 20 for word in words):
        shown = line[:60].decode("latin-1").strip()
        raise ValueError(f"{name} should give {wanted} sizes after its comments, found {shown!r}")
    return [int(word) for word in words]


def _header(stream: IO[bytes], name: str) -> _Header:
    """Read up to the size line and refuse sizes that the bytes after it cannot hold or that memory cannot."""
    layout, field, symmetry = _banner(stream.readline(_LINE), name)
    line = stream.readline(_LINE)
    while line.startswith(b"%") or (line and not line.strip()):
        line = stream.readline(_LINE)
    rows, columns, *count = _sizes(line, 3 if layout == "coordinate" else 2, name)
    if symmetry != "general" and rows != columns:
        raise ValueError(f"{name} announces a {symmetry} matrix of {rows} x {columns}, it must be square")
    if layout == "coordinate":
        entries, memory = count[0], 80 * count[0] + 8 * (rows + columns + 2)
    else:
        entries, memory = rows * columns, 32 * rows * columns
        if symmetry != "general":
            entries = rows * (rows - 1) // 2 if symmetry == "skew-symmetric" else rows * (rows + 1) // 2
    numbers = _NUMBERS[field]
    least = entries * (2 * numbers + (4 if layout == "coordinate" else 0))  # "1 1 " and "1\n"
    left = os.fstat(stream.fileno()).st_size - stream.tell()
    if left + 1 < least:  # the last line end may be missing
        raise ValueError(f"{name} announces {entries} entries, the {left} bytes that follow cannot hold them")
    require_memory(name, memory)
    return _Header(layout, numbers, symmetry, rows, columns, entries)


def _body(stream: IO[bytes], header: _Header, name: str) -> np.ndarray:
    """Return the lines as a table of floats (indices are exact up to 2**53)."""
    wanted = header.numbers + (2 if header.layout == "coordinate" else 0)
    if header.entries == 0 and not stream.read(_LINE).strip():
        return np.empty((0, wanted))
    try:
        table = np.loadtxt(stream, comments="%", ndmin=2, encoding="latin-1")
    except DAMAGE as error:
        raise ValueError(f"{name} is damaged: {str(error).split(';')[0]}") from error
    if table.shape != (header.entries, wanted):
        raise ValueError(
            f"{name} announces {header.entries} lines of {wanted} numbers, it holds {table.shape[0]} of {table.shape[1]}"
        )
    return table


def _values(table: np.ndarray) -> np.ndarray:
    """Return the weights of the remaining columns: none (pattern), real, or real and imaginary part."""
    if table.shape[1] == 0:
        return np.ones(table.shape[0])
    return table[:, 0] if table.shape[1] == 1 else table[:, 0] + 1j * table[:, 1]


def _mirrored(values: np.ndarray, symmetry: str) -> np.ndarray:
    return -values if symmetry == "skew-symmetric" else values.conj() if symmetry == "hermitian" else values


def _sparse(table: np.ndarray, header: _Header, name: str) -> Any:
    import scipy.sparse as sp

    index, values = table[:, :2], _values(table[:, 2:])
    sides = np.array([header.rows, header.columns])
    if not np.all((index >= 1) & (index <= sides) & (index == np.floor(index))):
        line = int(np.argmin(np.all((index >= 1) & (index <= sides) & (index == np.floor(index)), axis=1)))
        place = ", ".join(f"{value:.15g}" for value in index[line])
        raise ValueError(f"{name} places entry {line + 1} at ({place}) of {header.rows} x {header.columns}")
    row, column = (index.T - 1).astype(np.int64)
    if header.symmetry != "general":
        off = row != column
        row, column = np.concatenate([row, column[off]]), np.concatenate([column, row[off]])
        values = np.concatenate([values, _mirrored(values[off], header.symmetry)])
    return tidy(sp.coo_array((values, (row, column)), shape=(header.rows, header.columns)))


def _dense(table: np.ndarray, header: _Header) -> np.ndarray:
    values = _values(table)
    if header.symmetry == "general":
        return values.reshape(header.columns, header.rows).T  # listed column by column
    matrix = np.zeros((header.columns, header.rows), values.dtype)
    upper = np.triu_indices(header.rows, 1 if header.symmetry == "skew-symmetric" else 0)
    matrix[upper[::-1]] = _mirrored(values, header.symmetry)
    matrix.T[upper[::-1]] = values
    return matrix.T


def read_mtx(path: str) -> list[tuple[str, Any]]:
    """Read a Matrix Market file, coordinate or array.

    Parameters
    ----------
    path : str
        Uncompressed text.

    Returns
    -------
    list of (str, ndarray or scipy.sparse.csr_array)
        One name and matrix; coordinate files give CSR with duplicates summed and symmetry written out.

    Raises
    ------
    ValueError
        If the header lies about the entries that follow, or an entry is damaged or out of range.
    TooLargeError
        If the matrix does not fit in memory; raised before allocation.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from flatnet.report.mtx import read_mtx
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "w.mtx")
    ...     _ = path.write_text("%%MatrixMarket matrix coordinate real general\\n2 2 9000000000\\n1 1 1.0\\n")
    ...     read_mtx(str(path))
    Traceback (most recent call last):
        ...
    ValueError: w.mtx announces 9000000000 entries, the 8 bytes that follow cannot hold them
    """
    name = os.path.basename(path)
    with open(path, "rb") as stream:
        header = _header(stream, name)
        table = _body(stream, header, name)
    if header.layout == "coordinate":
        return [(name, _sparse(table, header, name))]
    return [(name, _dense(table, header))]
