"""LB2, direct rows and columns: small cases by hand, the minimum against brute force, errors."""

from __future__ import annotations

import math

import flatnet as fn
import numpy as np
import pytest
from flatnet.bounds import SkippedError, direct
from flatnet.bounds.bound import Asked
from flatnet.bounds.direct import DIRECT, Side, fewest
from flatnet.certify import LowerBounds, lower_bound
from flatnet.flatten import segment_table


def bound(matrix: np.ndarray, eps: float = 0.0) -> int:
    facts = LowerBounds(segment_table(fn.Network([matrix])), math.inf)
    found = DIRECT.prove(facts, facts.asked(2, eps))
    assert found is not None
    return found.value


@pytest.mark.parametrize("n", [1, 2, 3, 7, 40])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_dense_nonsingular(n: int, dtype: type) -> None:
    """4n - 2, above the 4n - 6 of the separate count: one direct row and one direct column at most."""
    rng = np.random.default_rng(n)
    matrix = rng.standard_normal((n, n)).astype(dtype)
    if np.dtype(dtype).kind == "c":
        matrix = matrix + 1j * rng.standard_normal((n, n))
    assert bound(matrix) == 4 * n - 2 >= 4 * n - 6


def test_reached() -> None:
    """Triangular factors of order 2, one row, one column, permutations, nothing at all."""
    assert bound(np.array([[1.0, 2.0], [3.0, 4.0]])) == 6
    for n in (1, 2, 9):
        assert bound(np.ones((1, n))) == bound(np.ones((n, 1))) == n + 1
        assert bound(np.eye(n)[::-1]) == 2 * n
        assert bound(np.zeros((n, 3))) == 0
    assert bound(np.outer(np.arange(1.0, 6), np.arange(1.0, 8))) == 5 + 7


@pytest.mark.parametrize("seed", range(30))
def test_repeated_rows_are_shared(seed: int) -> None:
    """r copies of every row of a k x n matrix: r k + k n synapses do, whatever the copies' scales."""
    rng = np.random.default_rng(seed)
    k, n, r = (int(v) for v in rng.integers(1, 8, size=3))
    matrix = rng.integers(-3, 4, size=(k, n)).astype(np.float64)
    copies = np.repeat(matrix, r, axis=0) * np.repeat(2.0 ** rng.integers(-3, 4, size=k * r), n).reshape(-1, n)
    filled = int(matrix.any(axis=1).sum())
    assert bound(copies) <= filled * r + int(np.count_nonzero(matrix))
    assert bound(copies.T) == bound(copies)


@pytest.mark.parametrize("seed", range(50))
def test_minimum_is_the_minimum(seed: int) -> None:
    """The bisection over convex sequences finds what trying all pairs finds."""
    rng = np.random.default_rng(seed)
    sides = []
    for _ in range(2):
        steps = np.sort(rng.integers(0, 9, size=int(rng.integers(0, 12))) / rng.integers(1, 4))
        sides.append((int(rng.integers(0, len(steps) + 1)), np.concatenate([[0.0], np.cumsum(steps)])))
    (r, X), (c, Y) = sides
    tried = [max(X[d], c, 2 * c - e) + max(Y[e], r, 2 * r - d) for d in range(len(X)) for e in range(len(Y))]
    assert fewest(*sides) == pytest.approx(min(tried), rel=1e-12)


def asked(spectral: float = 0.0, frobenius: float = 0.0, eps: float = 0.0) -> Asked:
    return Asked(2, math.inf, eps, 0.0, spectral, frobenius, 0.0, 0)


def side(matrix: np.ndarray, **errors: float) -> Side:
    row, col = np.nonzero(matrix)
    norm = float(np.linalg.norm(matrix, 2)) if matrix.size else 0.0
    return Side.of(matrix.shape, row, col, matrix[row, col], asked(**errors), norm)


def test_only_proportional_rows_are_shared() -> None:
    """Costs of direct rows: the support over the number of proportional rows, complex scales included."""
    base = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 1.0]])
    both = np.concatenate([base, 3j * base[:1], -0.1 * base[:1]])
    filled, least = side(both).entrywise
    assert filled == 4
    np.testing.assert_allclose(np.diff(least), [2 / 3, 2 / 3, 2 / 3, 2.0])
    fourier = np.fft.fft(np.eye(128))
    np.testing.assert_allclose(np.diff(side(fourier).entrywise[1]), 128)


def test_small_entries_do_not_count_above_the_error() -> None:
    matrix = np.array([[1.0, 1e-9, 1.0], [1e-9, 1e-9, 0.0], [5.0, 2.0, 1e-9]])
    filled, least = side(matrix, spectral=1e-8).entrywise
    assert filled == 2 and least[-1] == pytest.approx(2 * 2 / 2)  # the short row may go with either of them


def test_errors_together() -> None:
    """Entries of equal modulus: a tenth of the norm removes a hundredth of the rows, not all of them."""
    for n in (128, 256):
        matrix = np.fft.fft(np.eye(n))
        values = [bound(matrix, eps) for eps in (0.0, 0.01, 0.1, 0.3)]
        assert values == sorted(values, reverse=True)
        assert values[0] == 4 * n - 2 and values[2] > 0.9 * 4 * n and values[3] > 2 * 0.9 * n
    assert bound(np.fft.fft(np.eye(16)), eps=1.0) == 0


def test_errors_spread_over_all_entries_leave_rank_and_rows() -> None:
    """LB1 counts the singular values that survive together as well: 0.1 of the norm is 1 % of equal ones."""
    found = lower_bound(fn.dft(256), 3, max_range=math.inf, eps=0.1)
    assert (found.name, found.value) == ("LB1", 3 * math.ceil(0.99 * 256))


def test_class_and_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = np.random.default_rng(0).standard_normal((9, 9))
    found = lower_bound(fn.Network([matrix]), 2, max_range=math.inf)
    assert (found.name, found.value, found.range, found.confidence) == ("direct rows (LB2)", 34, math.inf, 1.0)
    assert "2 layers (1 hidden), any widths, any weights, equal to f" in found.class_of_networks
    monkeypatch.setattr(direct, "MAX_NONZEROS", 80)
    found = lower_bound(fn.Network([matrix]), 2, max_range=math.inf)
    sentence = "LB2 looks at products of up to 80 non-zeros, this has 81"
    assert (found.name, found.skipped) == ("LB1", (sentence,))
    net = fn.Network([matrix, np.eye(9)])
    assert f"not computed: {sentence}" in repr(fn.profile(net, max_range=math.inf))
    facts = LowerBounds(segment_table(fn.Network([matrix])))
    with pytest.raises(SkippedError, match="up to 80 non-zeros"):
        DIRECT.prove(facts, facts.asked(2, 0.0))


def test_only_two_layers() -> None:
    facts = LowerBounds(segment_table(fn.Network([np.ones((4, 4))])))
    assert [DIRECT.ceiling(facts, facts.asked(layers, 0.0)) for layers in (1, 2, 3)] == [0, 16, 0]
