"""Other people's ways to apply a chain of sparse matrices, each with what it can do and why it may be missing.

A rival is one function here or in a file of its own, and one line in `CHAINS`. It gets the factors as scipy.sparse
(first applied first) and a batch of shape (inputs, columns) in C order, prepares whatever it can once, and returns
a call without arguments that gives the result. One that needs Kronecker-sparse factors, or a matrix of moderate
size, says so with `Unavailable`.
"""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import faust, lazy, native, pytorch
from .native import Unavailable

__all__ = ["CHAINS", "Call", "ChainRival", "Unavailable", "mkl_library"]

Array = NDArray[Any]
Call = Callable[[], Array]


@dataclass(frozen=True)
class ChainRival:
    """A way to run a chain.

    Attributes
    ----------
    name : str
        As in tables and benchmark names.
    make : callable
        ``make(factors, X, threads)`` prepares the rival and returns the call to time.
    threaded : bool
        Whether it can use more than one thread.
    """

    name: str
    make: Callable[[Sequence[Any], Array, int], Call]
    threaded: bool


def scipy_chain(factors: Sequence[Any], X: Array, threads: int) -> Call:
    """SciPy's compressed sparse rows, one product after the other."""
    matrices = [factor.astype(X.dtype) for factor in factors]
    return lambda: reduce(lambda Y, A: A @ Y, matrices, X)


def eigen_chain(factors: Sequence[Any], X: Array, threads: int) -> Call:
    """Eigen's SparseMatrix<T, RowMajor> in C++, buffers kept between calls."""
    module = native.load("eigen_chain", native.eigen_include())
    chain = _typed(module, X)()
    for data, indices, begin, columns in _compressed(factors, X):
        chain.append(data, indices, begin, columns)
    return _into(chain.apply, factors, X, threads)


def mkl_chain(factors: Sequence[Any], X: Array, threads: int) -> Call:
    """MKL's inspector-executor sparse matrices, optimised for this batch."""
    path = mkl_library()
    # By default its workers spin for 200 ms on cores that the next rival needs; 1 ms still spans back-to-back calls.
    os.environ.setdefault("KMP_BLOCKTIME", "1")
    module = native.load("mkl_chain")
    try:
        module.open(path)
        chain = _typed(module, X)()
    except RuntimeError as error:
        raise Unavailable(f"MKL cannot be opened: {error}") from None
    for data, indices, begin, columns in _compressed(factors, X):
        chain.append(data, indices, begin, columns, X.shape[1])
    return _into(chain.apply, factors, X, threads)


def dense_product(factors: Sequence[Any], X: Array, threads: int) -> Call:
    """The whole chain as one matrix, by NumPy's BLAS."""
    product = np.ascontiguousarray(native.dense_matrix(factors).astype(X.dtype))
    out = np.empty((product.shape[0], X.shape[1]), X.dtype)
    return lambda: np.matmul(product, X, out=out)


CHAINS = (
    ChainRival("SciPy CSR chain", scipy_chain, threaded=False),
    ChainRival("Eigen sparse chain", eigen_chain, threaded=True),
    ChainRival("MKL sparse chain", mkl_chain, threaded=True),
    ChainRival("torch CSR chain", pytorch.chain, threaded=True),
    ChainRival("pyfaust", faust.plain, threaded=True),
    ChainRival("pyfaust opt_butterfly", faust.opt_butterfly, threaded=True),
    ChainRival("pyfaust optimize", faust.optimized, threaded=True),
    ChainRival("lazylinop ksm", lazy.ksm, threaded=True),
    ChainRival("lazylinop fused halves", lazy.halves, threaded=True),
    ChainRival("lazylinop fused halves (torch)", lazy.halves_in_torch, threaded=True),
    ChainRival("lazylinop optimize", lazy.optimized, threaded=True),
    ChainRival("dense GEMM (NumPy)", dense_product, threaded=True),
    ChainRival("dense GEMM (torch)", pytorch.dense_product, threaded=True),
)


def _typed(module: Any, X: Array) -> Any:
    names = {"float32": "ChainF32", "float64": "ChainF64"}
    if X.dtype.name not in names:
        raise Unavailable(f"compiled for float32 and float64, not for {X.dtype.name}")
    return getattr(module, names[X.dtype.name])


def _compressed(factors: Sequence[Any], X: Array) -> list[tuple[Array, Array, Array, int]]:
    parts = [factor.tocsr().astype(X.dtype) for factor in factors]
    return [(A.data, A.indices.astype(np.int32), A.indptr.astype(np.int32), A.shape[1]) for A in parts]


def _into(apply: Callable[[Array, Array, int], None], factors: Sequence[Any], X: Array, threads: int) -> Call:
    out = np.empty((factors[-1].shape[0], X.shape[1]), X.dtype)

    def call() -> Array:
        apply(X, out, threads)
        return out

    return call


def mkl_library() -> str:
    """Path of MKL's single run-time library, from the wheel."""
    try:
        files = importlib.metadata.files("mkl") or []
    except importlib.metadata.PackageNotFoundError:
        raise Unavailable("MKL is not installed (pip install mkl)") from None
    for file in files:
        if file.name.startswith("libmkl_rt.so"):
            return str(file.locate())
    raise Unavailable("the package mkl holds no libmkl_rt")
