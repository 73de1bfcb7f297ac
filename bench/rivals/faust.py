"""pyfaust, the Python face of FAµST: `pip install pyfaust`.

Its factors are listed as a product is written, the last applied first. It multiplies arrays in Fortran order only,
and copies others at every call, so that is the order it gets.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from .native import Unavailable

__all__ = ["opt_butterfly", "optimized", "plain"]

Array = NDArray[Any]
Call = Callable[[], Array]
SLOW_ROWS = 4096  # `optimize` takes minutes on longer butterflies


@functools.cache
def _imported() -> ModuleType:
    try:
        with _quiet():
            import pyfaust
    except Exception as reason:  # its shared libraries may be missing as well
        raise Unavailable(f"pyfaust cannot be imported ({reason})") from None
    return pyfaust


def plain(factors: Sequence[Any], X: Array, threads: int) -> Call:
    """``F @ X`` with the factors as they are."""
    return _times(_faust(factors, X), X)


def opt_butterfly(factors: Sequence[Any], X: Array, threads: int) -> Call:
    """`opt_butterfly_faust`, which turns every butterfly factor into two diagonals and a permutation."""
    if any(np.diff(factor.tocsr().indptr).tolist() != [2] * factor.shape[0] for factor in factors):
        raise Unavailable("opt_butterfly_faust is for factors with two entries in each row")
    faust = _faust(factors, X)
    return _times(_imported().opt_butterfly_faust(faust), X)


def optimized(factors: Sequence[Any], X: Array, threads: int) -> Call:
    """`optimize_memory`, then `optimize_time` measured on this batch: what `optimize` does, but for pruning."""
    rows = factors[-1].shape[0]
    if rows > SLOW_ROWS:
        raise Unavailable(f"its optimize takes minutes for {rows} rows, the bench asks for {SLOW_ROWS} at most")
    faust = _faust(factors, X)
    with _quiet():
        faust = faust.optimize_memory().optimize_time(nsamples=3, mat=np.asfortranarray(X))
    return _times(faust, X)


def _faust(factors: Sequence[Any], X: Array) -> Any:
    pyfaust = _imported()
    return pyfaust.Faust([csr_matrix(factor.astype(X.dtype)) for factor in reversed(factors)])


def _times(faust: Any, X: Array) -> Call:
    x = np.asfortranarray(X)
    return lambda: faust @ x


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """What its compiled part prints stays out of the table."""
    sys.stdout.flush()
    kept = os.dup(1)
    sink = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(sink)
