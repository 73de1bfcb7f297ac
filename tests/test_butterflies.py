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
