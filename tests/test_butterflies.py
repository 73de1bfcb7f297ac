"""Runs of 2 x 2 stages with weights of their own: the bits of their layers, several stages a sweep."""

from __future__ import annotations

from typing import Any

import flatnet as fn
import numpy as np
import pytest
from catalog import ISAS, generator, pattern_matrix, random
from test_runs import SHUFFLE, N, check, data

pytestmark = pytest.mark.usefixtures("one_blas_thread")


def layers_of(net: fn.Network, x: np.ndarray, **how: Any) -> np.ndarray:
    for layer in net:
        x = fn.Network([layer]).apply(x, **how)
    return x


ORDERS = {
    "up": list(range(8)),
    "down": list(range(8))[::-1],
    "pairs": [1, 0, 3, 2, 5, 4, 7, 6],
    "jumps": [0, 2, 4, 6, 1, 3, 5, 7],
    "high": [4, 5, 6, 7],
    "bit twice": [0, 1, 1, 0, 7, 6, 6, 7],
}


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("order", ORDERS)
def test_butterflies_give_the_bits_of_their_layers(order: str, isa: str) -> None:
    """Sweeps of several stages round as the stages one by one do: own weights, shared ones, mixed; every dtype."""
    rng = generator(order)
    for weights in ("f4", "f8", "c8", "c16", "shared"):
        factors: list[Any] = []
        for i, s in enumerate(ORDERS[order]):
            a, d = 256 >> (s + 1), 1 << s
            if weights == "shared" and i % 5 != 4:
                factors.append(fn.Kronecker(a, random(rng, "f8", (2, 2)), d, weak=True))
            else:
                kind = "f8" if weights == "shared" else weights
                factors.append(fn.KroneckerSparse(random(rng, kind, (a, 2, 2, d)), weak=True))
        net = fn.Network(factors)
        assert net.steps == [f"butterfly {len(factors)} stages"]
        for dtype in ("f4", "f8", "c8", "c16"):
            x = data(order, dtype, 50, 256)
            full = layers_of(net, x, isa=isa, threads=1)
            for batch in (1, 2, 3, 16, 50):
                assert (net.apply(x[:batch], isa=isa, threads=1) == full[:batch]).all(), (weights, dtype, batch)


def test_integer_butterflies_are_exact() -> None:
    rng = generator("integers")
    factors = [fn.KroneckerSparse(rng.integers(-2, 3, (32 >> (s + 1), 2, 2, 1 << s)), weak=True) for s in range(5)]
    net = fn.Network(factors)
    matrix = np.eye(32, dtype=np.int64)
    for factor in factors:
        matrix = pattern_matrix(factor.values, factor.pattern[0], factor.pattern[3]) @ matrix
    for dtype in (np.int32, np.int64):
        x = rng.integers(-50, 50, (20, 32)).astype(dtype)
        for batch in (1, 20):
            assert (net(x[:batch]) == x[:batch] @ matrix.T).all()


def test_permutations_around_a_butterfly() -> None:
    first, *rest = fn.random_butterfly(N).layers
    last = rest.pop().weight
    net = fn.Network([first.weight.permuted(input=SHUFFLE), *rest, last.permuted(output=SHUFFLE)])
    assert net.steps == ["permutation", "butterfly 6 stages", "permutation"]
    check(net, data("around", "f8"))
    check(net, data("around", "f8", 1))


def own_stages(rng: np.random.Generator, dtype: str, bits: list[int], n: int) -> list[Any]:
    return [fn.KroneckerSparse(random(rng, dtype, (n >> (s + 1), 2, 2, 1 << s))) for s in bits]


def chains(rng: np.random.Generator, dtype: str) -> dict[str, list[Any]]:
    """Chains whose weights are packed: runs of stages, Monarch factors, dense layers, and what may stand between them."""

    def blocks(*pattern: int) -> fn.KroneckerSparse:
        return fn.KroneckerSparse(random(rng, dtype, pattern))

    bias = random(rng, dtype, (256,))
    return {
        "up": own_stages(rng, dtype, list(range(8)), 256),
        "down": own_stages(rng, dtype, list(range(8))[::-1], 256),
        "three stages": own_stages(rng, dtype, [4, 5, 6], 256),
        "up and down": own_stages(rng, dtype, [*range(8), *range(7, -1, -1)], 256),
        "run with an activation": [*own_stages(rng, dtype, list(range(7)), 256),
                                   fn.Layer(own_stages(rng, dtype, [7], 256)[0], bias, "relu")],
        "monarch": [blocks(1, 16, 16, 16), blocks(16, 16, 16, 1)],
        "rectangular": [blocks(1, 24, 16, 16), blocks(4, 9, 96, 1)],
        "dense": [fn.Dense(random(rng, dtype, (40, 256)))],
        "deep": [fn.Dense(random(rng, dtype, (70, 500))), fn.Layer(random(rng, dtype, (33, 70)), bias[:33])],
        "layers around a run": [fn.Layer(blocks(1, 16, 16, 16), bias, "relu"), *own_stages(rng, dtype, list(range(8)), 256),
                                fn.Layer(blocks(16, 8, 16, 1), bias[:128], "logistic")],
    }  # fmt: skip


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_columns_side_by_side_give_the_bits_of_rows(dtype: str, isa: str) -> None:
    """Arrays that are read and written in place of panels: any batch, any number of threads, outer axes, out= and no out=."""
    rng = generator(dtype)
    for name, layers in chains(rng, dtype).items():
        net = fn.Network(layers)
        x = data(name, dtype, 210, net.shape[1])
        rows = net.apply(x, isa=isa, threads=1)
        for batch in (1, 2, 3, 7, 8, 10, 33, 210):
            columns = np.ascontiguousarray(x[:batch].T)
            for threads in (1, 2):
                got = net.apply(columns, axis=0, isa=isa, threads=threads)
                assert (got == rows[:batch].T).all(), (name, batch, threads)
            out = np.full((net.shape[0] + 2, batch + 3), -7, dtype)
            net.apply(columns, axis=0, out=out[1:-1, 1 : batch + 1], isa=isa, threads=2)
            assert (out[1:-1, 1 : batch + 1] == got).all(), (name, batch)
            out[1:-1, 1 : batch + 1] = -7
            assert (out == -7).all(), "nothing is written beside the columns"
        cube = np.ascontiguousarray(x[:60].reshape(4, 15, -1).transpose(0, 2, 1))
        assert (net.apply(cube, axis=1, isa=isa, threads=2).transpose(0, 2, 1) == rows[:60].reshape(4, 15, -1)).all(), name
        if net.shape[0] == net.shape[1]:
            square = np.ascontiguousarray(x.T)
            assert (net.apply(square, axis=0, out=square, isa=isa) == rows.T).all(), name


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_results_larger_than_the_caches(dtype: str) -> None:
    """Whole rows of float32; pieces of those of float64, which the last stage writes past the caches, whole lines only."""
    net = fn.Network(fn.random_butterfly(8192).layers, dtype=dtype)
    columns = data("large", dtype, 8192, 320)
    memory = np.empty(8192 * 320 + 16, dtype)
    start = -memory.ctypes.data % 64 // memory.itemsize
    for past in (0, 3):  # elements past the beginning of a line
        whole = memory[(start + past) % 16 :][: columns.size].reshape(columns.shape)
        for threads in (1, 2):
            memory[:] = -7
            net.apply(columns, axis=0, out=whole, threads=threads)
            for part in (slice(0, 3), slice(11, 30), slice(290, 320)):
                assert (net.apply(columns[:, part].copy(), axis=0) == whole[:, part]).all()
