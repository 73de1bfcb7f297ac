"""lazylinop's Kronecker-sparse factors: `pip install lazylinop psutil pandas`, NumPy 2 or later.

Factors are four-dimensional arrays (a, b, c, d), listed as a product is written. `fuse` multiplies neighbours into
factors with larger blocks; the two halves of a butterfly of n points become two factors with blocks of sqrt(n).
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import pytorch
from .native import Unavailable

__all__ = ["halves", "halves_in_torch", "ksm", "optimized"]

Array = NDArray[Any]
Call = Callable[[], Array]
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
SLOW_ROWS = 4096  # above it fusing to three factors is no gain over halves and takes long
BENCHMARKED = 4  # factors; of longer chains `optimize` times so many fusions that it takes minutes
_fused_before: dict[tuple[int, int, int], list[Array]] = {}


@functools.cache
def _imported() -> ModuleType:
    kept = dict(os.environ)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module("lazylinop.butterfly")
    except Exception as reason:  # without pandas: AttributeError
        raise Unavailable(f"lazylinop.butterfly cannot be imported ({reason}); it needs psutil and pandas as well") from None
    finally:
        for name in THREADS:  # it sets the threads of every library that is loaded after it
            os.environ.pop(name, None)
            if name in kept:
                os.environ[name] = kept[name]


def ksm(factors: Sequence[Any], X: Array, threads: int) -> Call:
    """The chain as it is."""
    return _times(_imported().ksm(_values(factors, X)), X)


def halves(factors: Sequence[Any], X: Array, threads: int) -> Call:
    """Each half of the chain fused to one factor."""
    return _times(_imported().ksm(_fused(factors, X)), X)


def halves_in_torch(factors: Sequence[Any], X: Array, threads: int) -> Call:
    """The same on torch's tensors."""
    torch = pytorch.library(threads)
    operator = _imported().ksm([torch.from_numpy(np.ascontiguousarray(part)) for part in _fused(factors, X)])
    x = torch.from_numpy(X)
    return lambda: (operator @ x).numpy()


def optimized(factors: Sequence[Any], X: Array, threads: int) -> Call:
    """`optimize`: a benchmark of each fusion for this batch; chains of more factors go to three by its rule 'speed'."""
    rows = factors[-1].shape[0]
    if rows > SLOW_ROWS and len(factors) > BENCHMARKED:
        raise Unavailable(f"its optimize takes minutes for {len(factors)} factors of {rows} rows")
    butterfly = _imported()
    how = {"strategy": "benchmark", "backend": "xp", "batch_size": X.shape[1]}
    if len(factors) > BENCHMARKED:
        how = {"strategy": "speed", "backend": "xp", "n_factors": 3}
    with _elsewhere(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = butterfly.optimize(_values(factors, X), how, verbose=False)
    return _times(butterfly.ksm(made), X)


def _fused(factors: Sequence[Any], X: Array) -> list[Array]:
    """Both halves, the last applied first; fusing takes long, so it happens once a chain, in double precision."""
    if len(factors) < 4:
        raise Unavailable("halves of a chain need at least four factors")
    key = (len(factors), factors[0].shape[0], hash(factors[0].tocsr().data.tobytes()))
    if key not in _fused_before:
        values = _values(factors, X.astype(np.float64))
        fuse, middle = _imported().fuse, len(values) // 2
        _fused_before[key] = [np.ascontiguousarray(fuse(part)) for part in (values[:middle], values[middle:])]
    return [part.astype(X.dtype) for part in _fused_before[key]]


def _values(factors: Sequence[Any], X: Array) -> list[Array]:
    """Weights (a, b, c, d) of each factor, the last applied first."""
    return [_kronecker_sparse(factor.tocsr()).astype(X.dtype) for factor in reversed(factors)]


def _kronecker_sparse(A: Any) -> Array:
    """Weights (a, b, c, d) of a matrix with that support: entry [i, j, k, l] at ((i*b+j)*d+l, (i*c+k)*d+l)."""
    A.sort_indices()
    rows, columns = A.shape
    c = int(A.indptr[1])
    b = int(np.bincount(A.indices, minlength=columns)[0])
    d = int(A.indices[1] - A.indices[0]) if c > 1 else 1
    a = rows // max(b * d, 1)
    if (a * b * d, a * c * d, a * b * c * d) == (rows, columns, A.nnz):
        i, _, m, k = np.ogrid[:a, :b, :d, :c]  # rows in order, and the entries of each
        support = np.broadcast_to((i * c + k) * d + m, (a, b, d, c)).reshape(-1)
        if np.array_equal(A.indices, support) and np.all(np.diff(A.indptr) == c):
            return np.ascontiguousarray(A.data.reshape(a, b, d, c).transpose(0, 1, 3, 2))
    raise Unavailable("lazylinop's factors are Kronecker-sparse, this chain has another support")


def _times(operator: Any, X: Array) -> Call:
    return lambda: operator @ X


@contextlib.contextmanager
def _elsewhere() -> Iterator[None]:
    """It keeps what it measured in ``wisdom.csv`` in the working folder: a fresh one, left behind with it."""
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(here)
