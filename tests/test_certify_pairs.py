"""All bounds, one by one, on thousands of pairs of factors: never above the synapses of the pair."""

from __future__ import annotations

import math
from collections.abc import Iterator

import flatnet as fn
import numpy as np
import pytest
from flatnet import _core
from flatnet.bounds import BOUNDS, EXACT, LowerBound
from flatnet.certify import LowerBounds
from flatnet.flatten import segment_table

KINDS = ("integer", "ones", "real", "complex", "one a row", "one a column", "zero", "rank one", "triangular")


def random_factor(rng: np.random.Generator, rows: int, cols: int) -> np.ndarray:
    kind = rng.choice(KINDS, p=[0.15, 0.15, 0.15, 0.1, 0.1, 0.1, 0.02, 0.1, 0.13])
    A = rng.standard_normal((rows, cols))
    if kind in ("integer", "ones", "rank one"):
        A = rng.integers(-3, 4, size=A.shape).astype(np.float64)
    if kind == "ones":
        A = (A > 0).astype(np.float64)
    elif kind == "complex":
        A = A + 1j * rng.standard_normal(A.shape)
    elif kind == "one a row":
        A = np.eye(cols)[rng.integers(cols, size=rows)] * rng.choice([1.0, 2.0, -1.0], size=(rows, 1))
    elif kind == "one a column":
        A = (np.eye(rows)[rng.integers(rows, size=cols)] * rng.choice([1.0, 2.0, -1.0], size=(cols, 1))).T
    elif kind == "zero":
        A = np.zeros(A.shape)
    elif kind == "rank one":
        A = np.outer(A[:, 0], A[0])
    elif kind == "triangular":
        A = np.triu(A)
    return A if kind.startswith("one a") else A * (rng.random(A.shape) < rng.choice([0.15, 0.4, 0.8, 1.0]))


def single(A: np.ndarray) -> np.ndarray:
    return A.astype(np.complex64 if A.dtype.kind == "c" else np.float32)


def random_pair(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Mostly small; one in ten up to 40 wide; often a single input or output."""
    widths = rng.integers(1, 40 if rng.random() < 0.1 else 8, size=3)
    widths = np.where(rng.random(3) < [0.15, 0.0, 0.15], 1, widths)
    return random_factor(rng, widths[1], widths[0]), random_factor(rng, widths[2], widths[1])


def nearby(rng: np.random.Generator, product: np.ndarray, eps: float) -> np.ndarray:
    """A matrix f with norm(f - product) just below eps norm(f): the pair has that error for it."""
    noise = rng.standard_normal(product.shape) * (rng.random(product.shape) < rng.choice([0.1, 1.0]))
    if rng.random() < 0.3:
        noise = np.where(rng.random(product.shape) < 0.3, product, 0)
    norm = float(np.linalg.norm(noise))
    return product + (noise * (0.99 * eps * np.linalg.norm(product) / (1 + eps) / norm) if norm > 0 else 0)


def all_bounds(net: fn.Network, gamma: float, eps: float, delta: float, seed: int) -> list[LowerBound]:
    facts = LowerBounds(segment_table(net), gamma, delta, seed)
    asked = facts.asked(2, eps)
    found = [bound.prove(facts, asked) for bound in BOUNDS if bound is not EXACT]
    ceilings = [bound.ceiling(facts, asked) for bound in BOUNDS if bound is not EXACT]
    assert all(b is None or most == 0 or b.value <= most for b, most in zip(found, ceilings, strict=True))
    return [bound for bound in found if bound is not None]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Thousands of tiny products: a team of threads for each would take most of the time."""
    before = _core.default_threads()
    _core.set_default_threads(1)
    yield
    _core.set_default_threads(before)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_never_above_a_pair_that_exists(seed: int) -> None:
    """Given as a pair, as its product where that is exact, and as a matrix near it; one in ten with minors."""
    rng = np.random.default_rng(seed)
    seen: set[str] = set()
    for trial in range(400):
        A, B = random_pair(rng)
        product = B @ A
        gamma = float(np.abs(A).max() * np.abs(B).max())
        how, eps, net = int(rng.integers(3)), 0.0, fn.Network([A, B])
        if how == 0 and rng.random() < 0.3:
            net = fn.Network([single(A), single(B)])
        if how == 1 and (product == np.rint(product)).all():
            net = fn.Network([product])
        elif how == 2:
            eps = float(rng.choice([1e-3, 0.03, 0.2, 0.6]))
            f = nearby(rng, product, eps)
            if not np.linalg.norm(f - product) <= eps * np.linalg.norm(f):
                continue
            net = fn.Network([f])
        delta = 0.01 if trial % 10 == 0 else 0.0
        for bound in all_bounds(net, gamma, eps, delta, seed):
            seen.add(bound.name)
            assert 0 <= bound.value <= np.count_nonzero(A) + np.count_nonzero(B), (bound, A, B)
    assert seen == {"LB1", "direct rows (LB2)", "minors (LB3)", "Schatten (LB4)"}


@pytest.mark.parametrize("seed", range(40))
def test_scales_change_nothing_for_any_weights(seed: int) -> None:
    """Rows and columns scaled by powers of two: the same bounds where the range is free."""
    rng = np.random.default_rng(seed)
    matrix = random_factor(rng, 9, 7)
    scaled = 2.0 ** rng.integers(-2, 3, size=(9, 1)) * matrix * 2.0 ** rng.integers(-2, 3, size=7)
    for delta in (0.0, 0.1):
        values = [fn.Network([m]) for m in (matrix, scaled)]
        first, second = (LowerBounds(segment_table(net), math.inf, delta).lower_bound(2) for net in values)
        assert (first.name, first.value) == (second.name, second.value)


def test_largest_is_chosen_and_the_wider_class_of_equal_ones() -> None:
    """A permutation: LB1, LB2 and LB4 all say 2 n; the name is that of any weights."""
    net = fn.Network([np.eye(8)[::-1].copy()])
    assert {bound.value for bound in all_bounds(net, 1.0, 0.0, 0.0, 0)} == {16}
    found = LowerBounds(segment_table(net), 1.0).lower_bound(2)
    assert (found.name, found.value, found.range) == ("LB1", 16, math.inf)
