"""Chains of sparse factors against every rival, side by side in one process: `python bench/butterfly.py`.

Random butterflies, Monarch chains and pairs of random sparse matrices on batches of columns. Every side gets the same
factors and the same array of shape (n, batch), and its result is checked before it is timed. `flatnet` runs the
chain as it stands, the rows ending in "-planned" what `net.plan(batch, threads)` made of it. README.md says what
the numbers mean.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from functools import partial
from typing import Any

import flatnet as fn
import numpy as np
from compare import ALONE, OWN, Case, Sides, View, add_rivals, main
from limits import chain_seconds
from numpy.typing import NDArray
from rivals import CHAINS
from timing import Call, agree

Array = NDArray[Any]
PLANNED = "flatnet, planned"
DENSE = ("dense GEMM",)


@functools.cache
def butterfly(n: int) -> fn.Network:
    """log2(n) factors with two random weights a row."""
    return fn.random_butterfly(n)


@functools.cache
def monarch(b: int) -> fn.Network:
    """Two factors with b blocks of b x b random weights each: (1, b, b, b) times (b, b, b, 1)."""
    rng = np.random.default_rng(0)
    patterns = ((b, b, b, 1), (1, b, b, b))  # the first one is applied first
    return fn.Network([fn.KroneckerSparse(rng.standard_normal(pattern) / np.sqrt(b)) for pattern in patterns])


@functools.cache
def pair(n: int, p: float) -> fn.Network:
    """Two matrices whose entries are random numbers with probability p, else zero."""
    import scipy.sparse

    rng = np.random.default_rng(0)
    return fn.Network([scipy.sparse.random(n, n, p, "csr", random_state=rng) for _ in range(2)])


def sides(make: Callable[[], fn.Network], batch: int, dtype: str, threads: int) -> Sides:
    """One chain on one batch; the expected result is SciPy's in double precision."""
    made = make()
    net = fn.Network(made.layers, dtype=dtype)
    X = np.random.default_rng(1).standard_normal((net.shape[1], batch)).astype(dtype)
    factors = [layer.weight.tocsr() for layer in made.layers]
    expected = functools.reduce(lambda Y, A: A @ Y, factors, X.astype(np.float64))
    out, planned_out, alone_out = (np.empty((net.shape[0], batch), dtype) for _ in range(3))
    plan = net.plan(batch, threads, dtype=dtype)
    calls: dict[str, Call] = {
        OWN: lambda: net.apply(X, axis=0, out=out, threads=threads),
        PLANNED: lambda: plan.apply(X, axis=0, out=planned_out),
    }
    if threads > 1:
        calls[ALONE] = lambda: net.apply(X, axis=0, out=alone_out, threads=1)
    for name, call in calls.items():
        agree(name, call(), expected)
    found = Sides(calls, lambda: chain_seconds(net, batch, dtype, threads))
    add_rivals(found, {rival.name: partial(rival.make, factors, X, threads) for rival in CHAINS})
    return found


def cases() -> list[Case]:
    """Every row of the table of chains."""
    found = []

    def add(row: str, name: str, make: Any, batch: int, dtype: str, must: float, aim: float, **more: Any) -> None:
        short = {"float32": "f32", "float64": "f64"}[dtype]
        rivals = more.get("rivals", ("",))
        views = (*more.pop("views", ()), View(f"{row}-planned", must, aim, rivals, PLANNED))
        call = partial(sides, make, batch, dtype)
        found.append(Case(row, f"{short} {name}, batch {batch}", must, aim, call, dtype=dtype, views=views, **more))

    for dtype in ("float32", "float64"):
        for n in (1024, 16384):
            for batch in (256, 16, 1):
                bounds = (3, 5) if batch < 256 else (3.5, 5) if n == 1024 else (6, 10)
                quick = n == 1024 or batch == 256
                add("butterfly", f"butterfly n={n}", partial(butterfly, n), batch, dtype, *bounds, quick=quick)
        for b in (32, 64):
            for batch in (10, 1000):
                bounds = (1, 1) if batch == 10 else (2, 4)
                everyone = (View("monarch-all", 1, 1),)
                name = f"monarch n={b * b}"
                add("monarch", name, partial(monarch, b), batch, dtype, *bounds, rivals=DENSE, views=everyone, quick=b == 32)
        bounds_of = {"float32": {1: (1.2, 2), 16: (2, 3), 256: (2.5, 3.3)}, "float64": {256: (2, 2.7)}}
        for batch, bounds in bounds_of[dtype].items():
            add("pair", "pair n=4096 p=0.01", partial(pair, 4096, 0.01), batch, dtype, *bounds)
    return found


if __name__ == "__main__":
    main(__doc__.split("\n")[0], cases(), {})
