"""Compressed sparse rows."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .. import _check, _core
from .base import Factor, _index, given_weights


class Sparse(Factor):
    """A sparse matrix in compressed rows; exact zeros are dropped, duplicates summed.

    Parameters
    ----------
    csr : scipy.sparse matrix or array, or tuple (data, indices, indptr)
        The matrix. A tuple's columns must ascend within each row.
    shape : (int, int), optional
        Needed with a tuple.
    dtype, weak : optional
        As in `Dense`.

    Raises
    ------
    ValueError, TypeError
        If the index arrays are inconsistent, or the weights not finite or not numeric.

    Notes
    -----
    A support that is a pattern (a, b, c, d) is recognised when a network is made, and runs as `KroneckerSparse`.

    Examples
    --------
    >>> import scipy.sparse as sp, flatnet as fn
    >>> fn.Sparse(sp.identity(3, format="csr")).synapses
    3
    """

    kind: ClassVar[str] = "Sparse"

    def __init__(self, csr: Any, *, shape: tuple[int, int] | None = None, dtype: Any = None, weak: bool = False) -> None:
        if isinstance(csr, tuple):
            data, indices, indptr, shape = _tuple_parts(csr, shape)
        else:
            data, indices, indptr, shape = _scipy_parts(csr, shape)
        values = given_weights("Sparse", "data", data, 1, dtype, weak)
        self.weak = weak
        handle = _core.Factor.sparse(_index("indptr", indptr), _index("indices", indices), values, *shape)
        if values.size and not values.all():
            begin, kept, nonzero = handle.csr()
            handle = _core.Factor.sparse(begin, kept.astype(np.int64), nonzero, *shape)
        self._given = handle


def _tuple_parts(csr: Any, shape: Any) -> tuple[Any, Any, Any, tuple[int, int]]:
    if len(csr) != 3:
        raise ValueError(f"Sparse needs (data, indices, indptr), got a tuple of {len(csr)}")
    if not isinstance(shape, (tuple, list)) or len(shape) != 2:
        raise ValueError(f"Sparse needs shape=(rows, columns) with a tuple, got shape={shape!r}")
    rows, cols = (_check.size("Sparse", "shape", n) for n in shape)
    data, indices, indptr = csr
    indices = indices if np.size(indices) else np.empty(0, np.int64)
    return data, indices, indptr, (rows, cols)


def _scipy_parts(csr: Any, shape: Any) -> tuple[Any, Any, Any, tuple[int, int]]:
    if not hasattr(csr, "tocsr"):
        raise TypeError(f"Sparse needs a scipy.sparse matrix or (data, indices, indptr), got {type(csr).__name__}")
    if shape is not None and tuple(shape) != tuple(csr.shape):
        raise ValueError(f"Sparse got shape={tuple(shape)}, the matrix has {tuple(csr.shape)}")
    if csr.ndim != 2:
        raise ValueError(f"Sparse needs 2 axes, got {csr.ndim}")
    _check.refuse_dtype("Sparse: data", csr.dtype)
    m = csr.tocsr()
    if hasattr(m, "check_format"):
        m.check_format(full_check=True)
    if not m.has_canonical_format:
        m = m.copy()
        m.sum_duplicates()
    return m.data, m.indices, m.indptr, (int(m.shape[0]), int(m.shape[1]))
