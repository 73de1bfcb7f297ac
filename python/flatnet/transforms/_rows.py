"""Sparse matrices written down row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import scipy.sparse


def csr_of_rows(values: NDArray[np.float64], columns: NDArray[np.int64], shape: tuple[int, int]) -> scipy.sparse.csr_array:
    """CSR matrix whose row r holds ``values[r]`` at ``columns[r]``, zeros left out; both (rows, terms)."""
    import scipy.sparse

    kept = values != 0
    start = np.concatenate(([0], np.cumsum(np.count_nonzero(kept, axis=1))))
    matrix: Any = scipy.sparse.csr_array((values[kept], columns[kept], start), shape=shape)
    matrix.sort_indices()
    return matrix
