"""Neurons: the logistic function, product gates and compiled networks, flatnet beside NumPy, SciPy, numexpr and torch."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import flatnet as fn
import gates
import numpy as np
import pytest
from rivals import layers, pointwise

pytestmark = pytest.mark.benchmark(max_time=0.3, min_rounds=5, disable_gc=True)
PAIRS = 100_000
DTYPES = ["float32", "float64"]
Call = Callable[[], Any]


def own_logistic(x: np.ndarray, threads: int) -> Call:
    out = np.empty_like(x)
    return lambda: fn.sigmoid(x, out=out, threads=threads)


@pytest.mark.parametrize("side", ["flatnet", *pointwise.LOGISTIC])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [10_000, 1_000_000])
def test_logistic(timed: Callable[..., None], n: int, dtype: str, side: str) -> None:
    x = np.random.default_rng(0).uniform(-20, 20, n).astype(dtype)
    make = own_logistic if side == "flatnet" else pointwise.LOGISTIC[side]
    timed(f"logistic, {n}, {dtype}", functools.partial(make, x, 1), pointwise.scipy_logistic(x.astype(float), 1)())


def own_gate(pairs: np.ndarray, gate: fn.Network, threads: int) -> Call:
    out = gate.apply(pairs, axis=0, threads=threads)
    return lambda: gate.apply(pairs, axis=0, out=out, threads=threads)[0]


@functools.cache
def problem(dtype: str) -> tuple[fn.Network, np.ndarray]:
    return fn.product_gate(dtype=dtype), np.random.default_rng(0).uniform(-1, 1, (2, PAIRS)).astype(dtype)


@pytest.mark.parametrize(("side", "threads"), [("flatnet", 1), ("flatnet", 2), *((side, 1) for side in pointwise.GATES)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_product_gate(timed: Callable[..., None], dtype: str, side: str, threads: int) -> None:
    gate, pairs = problem(dtype)

    def make() -> Call:
        if side == "flatnet":
            return own_gate(pairs, gate, threads)
        return pointwise.GATES[side](*pairs, pointwise.Gate.of(gate), threads)

    timed(f"product gate, {PAIRS} pairs, {dtype}", make, pairs.prod(axis=0, dtype=float), threads, gates.GATE_ERROR[dtype])


def own_layers(net: fn.Network, X: np.ndarray, threads: int) -> Call:
    out = net.apply(X, threads=threads)
    return lambda: net.apply(X, out=out, threads=threads)


@pytest.mark.parametrize("side", ["flatnet", *layers.LAYERS])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", gates.COMPILED)
def test_compiled(timed: Callable[..., None], name: str, dtype: str, side: str) -> None:
    make, errors = gates.COMPILED[name]
    net, X, expected = make(dtype)
    call = own_layers if side == "flatnet" else layers.LAYERS[side]
    timed(f"{name}, batch {len(X)}, {dtype}", functools.partial(call, net, X, 1), expected, 1, errors[dtype])
