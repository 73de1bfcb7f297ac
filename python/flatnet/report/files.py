"""Turns files into the layers of a network, or into one sentence that says what is wrong with them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .mtx import read_mtx
from .npy import read_npy
from .npz import read_npz

__all__ = ["MOST_FACTORS", "Weights", "read_chain"]

#: Longest chain a report takes: the optimum over contiguous merges looks at L(L+1)/2 products.
MOST_FACTORS = 128
_SPARSE_BELOW = 0.25  # a dense array with a smaller share of non-zeros becomes a sparse factor
_DTYPES = {"f": (4, 8), "c": (8, 16), "i": (1, 2, 4, 8), "u": (1, 2, 4, 8)}


@dataclass(frozen=True)
class Weights:
    """One weight matrix of a file.

    Attributes
    ----------
    name : str
        File name, with the array's name where the file holds several.
    matrix : ndarray or scipy.sparse.csr_array
        Two axes, finite float or complex weights.
    """

    name: str
    matrix: Any

    @property
    def shape(self) -> tuple[int, int]:
        """Outputs and inputs."""
        rows, columns = self.matrix.shape
        return int(rows), int(columns)

    @property
    def synapses(self) -> int:
        """Non-zero weights."""
        return int(np.count_nonzero(self.matrix.data if hasattr(self.matrix, "indptr") else self.matrix))


def _read_npy_file(path: str) -> list[tuple[str, Any]]:
    name = os.path.basename(path)
    with open(path, "rb") as stream:
        return [(name, read_npy(stream, os.fstat(stream.fileno()).st_size, name))]


_READERS: dict[str, Callable[[str], list[tuple[str, Any]]]] = {
    ".npy": _read_npy_file,
    ".npz": read_npz,
    ".mtx": read_mtx,
}


def _reader(path: str) -> Callable[[str], list[tuple[str, Any]]]:
    """Return the reader for a path after looking at the file, not yet into it."""
    ending = os.path.splitext(path)[1].lower()
    try:
        status = os.stat(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ValueError(f"cannot read {path!r}: {reason}") from error
    if stat.S_ISDIR(status.st_mode):
        raise ValueError(f"{path!r} is a directory, name the files in it (applied in the order given)")
    if not stat.S_ISREG(status.st_mode):
        raise ValueError(f"{path!r} is not a regular file")
    if ending not in _READERS:
        raise ValueError(f"{path!r} ends in {ending or 'nothing'!r}, weights are read from {', '.join(_READERS)}")
    if status.st_size == 0:
        raise ValueError(f"{path!r} is empty")
    return _READERS[ending]


def _finite(values: np.ndarray) -> bool:
    """Whether all values are finite, a slab at a time so that no mask as large as the values is made."""
    flat = values.ravel(order="K")
    return all(bool(np.isfinite(flat[start : start + (1 << 22)]).all()) for start in range(0, flat.size, 1 << 22))


def _where_bad(matrix: Any) -> tuple[int, int, Any]:
    """Return row, column and value of the first weight that is not finite."""
    if hasattr(matrix, "indptr"):
        position = int(np.argmin(np.isfinite(matrix.data)))
        row = int(np.searchsorted(matrix.indptr, position, side="right")) - 1
        return row, int(matrix.indices[position]), matrix.data[position]
    row, column = divmod(int(np.argmin(np.isfinite(matrix))), matrix.shape[1])
    return row, column, matrix[row, column]


def _number_type(dtype: np.dtype[Any], name: str) -> np.dtype[Any]:
    """Return the dtype the weights will have: floats as they are, integers as float64."""
    if dtype.itemsize not in _DTYPES.get(dtype.kind, ()):
        raise ValueError(f"{name} holds {dtype} weights; convert them to float32, float64, complex64 or complex128")
    return dtype if dtype.kind in "fc" else np.dtype(np.float64)


def _accept(name: str, matrix: Any) -> Weights:
    """Check axes, type and values of one matrix."""
    if matrix.ndim != 2:
        raise ValueError(f"{name} has shape {tuple(matrix.shape)}, a weight matrix has two axes")
    if 0 in matrix.shape:
        raise ValueError(f"{name} is empty: its shape is {tuple(matrix.shape)}")
    matrix = matrix.astype(_number_type(matrix.dtype, name), copy=False)
    sparse = hasattr(matrix, "indptr")
    if not _finite(matrix.data if sparse else matrix):
        row, column, value = _where_bad(matrix)
        raise ValueError(f"{name} holds the weight {value} at row {row}, column {column}; weights must be finite")
    if not sparse and np.count_nonzero(matrix) < _SPARSE_BELOW * matrix.size:
        import scipy.sparse as sp

        matrix = sp.csr_array(matrix)
    return Weights(name, matrix)


def _check_chain(chain: Sequence[Weights]) -> None:
    if len(chain) > MOST_FACTORS:
        raise ValueError(f"the files hold {len(chain)} matrices, a report takes at most {MOST_FACTORS}")
    for first, then in zip(chain[:-1], chain[1:], strict=True):
        if then.shape[1] != first.shape[0]:
            raise ValueError(
                f"{then.name} ({then.shape[0]} x {then.shape[1]}) cannot follow {first.name} "
                f"({first.shape[0]} x {first.shape[1]}): {first.shape[0]} outputs meet {then.shape[1]} inputs"
            )


def read_chain(paths: Sequence[str]) -> list[Weights]:
    """Read files as one chain of weight matrices.

    Parameters
    ----------
    paths : sequence of str
        ``.npy``, ``.npz`` (plain or SciPy sparse) and ``.mtx`` files; the first is applied first.

    Returns
    -------
    list of Weights
        In the order of application.  A dense array with fewer than a quarter of its entries non-zero comes as
        CSR, so that the deep side runs as sparse as it is.

    Raises
    ------
    ValueError
        If a file is missing, damaged or hostile, a weight is not a finite number, or shapes do not chain.
    TooLargeError
        If a matrix does not fit in memory.

    Examples
    --------
    >>> import os, tempfile, numpy as np
    >>> from flatnet.report.files import read_chain
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     a, b = os.path.join(folder, "a.npy"), os.path.join(folder, "b.npy")
    ...     np.save(a, np.ones((4, 6)))
    ...     np.save(b, np.ones((3, 5)))
    ...     read_chain([a, b])
    Traceback (most recent call last):
        ...
    ValueError: b.npy (3 x 5) cannot follow a.npy (4 x 6): 4 outputs meet 5 inputs
    """
    chain: list[Weights] = []
    for path in paths:
        reader = _reader(path)
        try:
            matrices = reader(path)
        except OSError as error:
            raise ValueError(f"cannot read {path!r}: {error.strerror or error}") from error
        chain += [_accept(name, matrix) for name, matrix in matrices]
    _check_chain(chain)
    return chain
