"""Chains of Kronecker-sparse factors, butterflies and Monarch, against sparse chains and the dense product."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import flatnet as fn
import numpy as np
import pytest
from butterfly import monarch
from rivals import CHAINS, Call

pytestmark = pytest.mark.benchmark(max_time=0.3, min_rounds=5, disable_gc=True)
N = 1024


def own_chain(factors: Sequence[Any], X: np.ndarray, threads: int) -> Call:
    """flatnet, from the same compressed rows as the rivals; it finds their pattern itself."""
    net = fn.Network(factors, dtype=X.dtype)
    out = np.empty((factors[-1].shape[0], X.shape[1]), X.dtype)
    return lambda: net.apply(X, axis=0, out=out, threads=threads)


SIDES = {"flatnet": (own_chain, True), **{rival.name: (rival.make, rival.threaded) for rival in CHAINS}}
CASES = [(side, threads) for side, (_, threaded) in SIDES.items() for threads in ((1, 2) if threaded else (1,))]


@functools.cache
def problem(batch: int, dtype: str) -> tuple[list[Any], np.ndarray, np.ndarray]:
    """Factors, a batch and the result in double precision."""
    factors = [layer.weight.tocsr() for layer in fn.random_butterfly(N).layers]
    X = np.random.default_rng(0).standard_normal((N, batch)).astype(dtype)
    return factors, X, functools.reduce(lambda Y, A: A @ Y, factors, X.astype(np.float64))


@pytest.mark.parametrize(("side", "threads"), CASES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch", [1, 16, 256])
def test_butterfly(timed: Callable[..., None], batch: int, dtype: str, side: str, threads: int) -> None:
    factors, X, expected = problem(batch, dtype)
    make = functools.partial(SIDES[side][0], factors, X, threads)
    timed(f"butterfly n={N}, batch {batch}, {dtype}", make, expected, threads)


@functools.cache
def blocks(b: int, batch: int, dtype: str) -> tuple[list[Any], np.ndarray, np.ndarray]:
    """A Monarch chain as compressed rows, a batch and the result in double precision."""
    factors = [layer.weight.tocsr() for layer in monarch(b).layers]
    X = np.random.default_rng(0).standard_normal((b * b, batch)).astype(dtype)
    return factors, X, functools.reduce(lambda Y, A: A @ Y, factors, X.astype(np.float64))


@pytest.mark.parametrize("side", [side for side, threads in CASES if threads == 1])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch", [10, 1000])
def test_monarch(timed: Callable[..., None], batch: int, dtype: str, side: str) -> None:
    factors, X, expected = blocks(32, batch, dtype)
    make = functools.partial(SIDES[side][0], factors, X, 1)
    timed(f"monarch n=1024, batch {batch}, {dtype}", make, expected, 1)
