"""The product gate on a batch of pairs: logistic neurons fused by flatnet, and the same sums written with NumPy."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import flatnet as fn
import numpy as np
import pytest

pytestmark = pytest.mark.benchmark(max_time=0.3, min_rounds=5, disable_gc=True)
PAIRS = 100_000
Call = Callable[[], Any]


def fused(gate: fn.Network, pairs: np.ndarray, threads: int) -> Call:
    out = gate.apply(pairs, threads=threads)
    return lambda: gate.apply(pairs, out=out, threads=threads)


def numpy_layers(gate: fn.Network, pairs: np.ndarray, threads: int) -> Call:
    hidden, output = gate.layers
    A, b, W = hidden.weight.toarray(), hidden.bias, output.weight.toarray()

    def call() -> np.ndarray:
        t = pairs @ A.T
        t += b
        np.negative(t, out=t)
        np.exp(t, out=t)
        t += 1
        np.reciprocal(t, out=t)
        return t @ W.T

    return call


CASES = [("flatnet", fused, 1), ("flatnet", fused, 2), ("NumPy", numpy_layers, 1)]


@functools.cache
def problem(dtype: str) -> tuple[fn.Network, np.ndarray]:
    return fn.product_gate(dtype=dtype), np.random.default_rng(0).uniform(-1, 1, (PAIRS, 2)).astype(dtype)


@pytest.mark.parametrize(("side", "make", "threads"), CASES, ids=[f"{side}-{threads}" for side, _, threads in CASES])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_product_gate(timed: Callable[..., None], dtype: str, side: str, make: Any, threads: int) -> None:
    gate, pairs = problem(dtype)
    # A gate is not exact: its own largest error is 3e-5 in single and 3e-11 in double precision.
    product = pairs.prod(axis=1, keepdims=True, dtype=np.float64)
    call = functools.partial(make, gate, pairs, threads)
    timed(f"product gate, {PAIRS} pairs, {dtype}", call, product, threads, 1e-3 if dtype == "float32" else 1e-9)
