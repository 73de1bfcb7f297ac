"""Two random sparse matrices (Eq. 27 of Lin & Tegmark), and multiplication by a fixed matrix after Strassen."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import flatnet as fn
import numpy as np
import pytest
from rivals import CHAINS, Call
from test_time_butterfly import CASES, own_chain

pytestmark = pytest.mark.benchmark(max_time=0.3, min_rounds=5, disable_gc=True)
SIZE, DEGREE = 2000, 4  # n and the mean number n p of ones a row; flattening saves synapses below 2


def flat_sparse(factors: list[Any], X: np.ndarray, threads: int) -> Call:
    """The product as one sparse matrix, by SciPy."""
    product = (factors[1] @ factors[0]).astype(X.dtype)
    return lambda: product @ X


PAIR_SIDES = {"flatnet": own_chain, "flat CSR (SciPy)": flat_sparse, **{rival.name: rival.make for rival in CHAINS}}


@functools.cache
def pair(batch: int, dtype: str) -> tuple[list[Any], np.ndarray, np.ndarray]:
    """Two factors, a batch and the result in double precision."""
    factors = [layer.weight.tocsr() for layer in fn.random_sparse(SIZE, DEGREE / SIZE).layers]
    X = np.random.default_rng(0).standard_normal((SIZE, batch)).astype(dtype)
    return factors, X, factors[1] @ (factors[0] @ X.astype(np.float64))


@pytest.mark.parametrize(("side", "threads"), [*CASES, ("flat CSR (SciPy)", 1)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch", [1, 256])
def test_sparse_pair(timed: Callable[..., None], batch: int, dtype: str, side: str, threads: int) -> None:
    factors, X, expected = pair(batch, dtype)
    make = functools.partial(PAIR_SIDES[side], factors, X, threads)
    timed(f"random sparse pair n={SIZE}, {DEGREE} ones a row, batch {batch}, {dtype}", make, expected, threads)


@functools.cache
def square(n: int, dtype: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """N, M and N M in double precision."""
    N, M = np.random.default_rng(0).standard_normal((2, n, n)).astype(dtype)
    return N, M, N.astype(np.float64) @ M.astype(np.float64)


def strassen(levels: int, N: np.ndarray, M: np.ndarray, threads: int) -> Call:
    net = fn.matmul(N, columns=M.shape[1], levels=levels)
    out = np.empty_like(M)
    return lambda: net.apply(M.reshape(-1), out=out.reshape(-1), threads=threads).reshape(M.shape)


def gemm(N: np.ndarray, M: np.ndarray, threads: int) -> Call:
    out = np.empty_like(M)
    return lambda: np.matmul(N, M, out=out)


LAYERS = {"flatnet, Strassen 1 level": functools.partial(strassen, 1),
          "flatnet, Strassen 2 levels": functools.partial(strassen, 2), "GEMM": gemm}  # fmt: skip


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("side", LAYERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [256, 512])
def test_fixed_matrix(timed: Callable[..., None], n: int, dtype: str, side: str, threads: int) -> None:
    N, M, expected = square(n, dtype)
    timed(f"N M with N fixed, n={n}, {dtype}", functools.partial(LAYERS[side], N, M, threads), expected, threads)
