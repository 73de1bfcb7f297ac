"""LB3, ranks of random minors: the linear program in exact arithmetic, theory, sampling, errors."""

from __future__ import annotations

import itertools
import math
import time
from fractions import Fraction

import flatnet as fn
import numpy as np
import pytest
from flatnet.bounds import minors
from flatnet.bounds.bound import Asked
from flatnet.bounds.covering import covering, met, sizes
from flatnet.bounds.minors import MINORS, prime_fourier, sampled_ranks
from flatnet.certify import LowerBounds, lower_bound
from flatnet.flatten import segment_table
from scipy.optimize import linprog


def exactly_met(total: int, a: int, k: int) -> Fraction:
    return 1 - Fraction(math.comb(total - a, k), math.comb(total, k))


@pytest.mark.parametrize("total", [1, 2, 9, 101])
def test_probabilities_are_rounded_up(total: int) -> None:
    ks = sizes(total)
    for a, row in enumerate(met(total, ks), 1):
        for k, value in zip(ks, row, strict=True):
            exact = exactly_met(total, a, k)
            assert exact <= Fraction(float(value)) <= exact * (1 + Fraction(1, 10**11))


def test_distances_from_the_computed_product() -> None:
    """It may be off by the rounding itself."""
    near = Asked(2, math.inf, 0.1, 1e-3, 0.5, 0.6, 0.0, 0).from_flat((9, 4))
    assert (near.spectral, near.frobenius) == (0.501, 0.602)


@pytest.mark.parametrize(("rows", "cols"), [(1, 1), (2, 2), (7, 7), (12, 5), (5, 12), (1, 9), (67, 67), (40, 200)])
def test_dual_is_feasible_in_exact_arithmetic(rows: int, cols: int) -> None:
    """Every pair (a, b), with rational weights: sum y_k phi_k(a) psi_k(b) <= a + b, and the value is below y.R."""
    ks = sizes(min(rows, cols))
    found = covering(rows, cols, ks, np.array(ks, dtype=float))
    weights = [(k, Fraction(float(y))) for k, y in zip(ks, found.weights, strict=True) if y > 0]
    left = [[exactly_met(rows, a, k) for k, _ in weights] for a in range(1, rows + 1)]
    right = [[exactly_met(cols, b, k) for k, _ in weights] for b in range(1, cols + 1)]
    square = rows == cols  # phi(a) phi(b) <= (phi(a)^2 + phi(b)^2) / 2
    pairs = [(i, i) for i in range(rows)] if square else list(itertools.product(range(rows), range(0, cols, 7)))
    for i, j in pairs:
        total = sum(y * p * q for (_, y), p, q in zip(weights, left[i], right[j], strict=True))
        assert total <= i + j + 2
    assert found.value <= sum(y * k for k, y in weights)
    assert found.value > 0


@pytest.mark.parametrize(("n", "value"), [(67, 484), (257, 2346), (1021, 11343)])
def test_prime_fourier_in_seconds(n: int, value: int) -> None:
    net = fn.Network([np.fft.fft(np.eye(n))])
    start = time.process_time()
    found = lower_bound(net, 2, max_range=math.inf)
    assert time.process_time() - start < 20
    assert (found.name, found.value, found.confidence) == ("minors (LB3)", value, 1.0)
    assert f"any weights, equal to the Fourier transform of prime order {n}" in found.class_of_networks


def test_484_is_what_the_program_gives_with_all_sizes() -> None:
    """A primal solution in rational numbers costs less than 484 and meets all minors, the dual is above 483."""
    n = 67
    ks = np.arange(1, n + 1)
    phi = met(n, ks.tolist())
    primal = linprog(2.0 * ks, A_ub=-(phi**2).T, b_ub=-ks.astype(float), method="highs").x
    units = [Fraction(max(0.0, float(x))) for x in primal]
    worst = min(sum(x * exactly_met(n, a, k) ** 2 for a, x in enumerate(units, 1) if x) / k for k in range(1, n + 1))
    assert covering(n, n, sizes(n), np.array(sizes(n), dtype=float)).value > 483
    assert sum(2 * a * x for a, x in enumerate(units, 1)) / worst < 484


@pytest.mark.parametrize("seed", range(40))
def test_covering_is_below_the_units_it_is_made_of(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, cols, units = (int(v) for v in rng.integers(1, 30, size=3))
    a, b = rng.integers(1, rows + 1, size=units), rng.integers(1, cols + 1, size=units)
    ks = sizes(min(rows, cols))
    ranks = (met(rows, ks)[a - 1] * met(cols, ks)[b - 1]).sum(axis=0) * (1 - 1e-12)
    assert covering(rows, cols, ks, ranks).value <= (a + b).sum()
    assert covering(rows, cols, ks, 0 * ranks).value == 0


def test_prime_fourier_is_recognised_from_its_entries() -> None:
    rng = np.random.default_rng(0)
    for n in (2, 3, 13, 101):
        F = np.fft.fft(np.eye(n))
        scaled = F[rng.permutation(n)][:, rng.permutation(n)] * rng.uniform(0.1, 9, size=(n, 1)) * np.exp(1j * np.arange(n))
        for matrix in (F, F.conj() / n, scaled, F.astype(np.complex64), F[:, np.arange(n) * (n - 1) % n]):
            assert prime_fourier(matrix)
    for n in (1, 4, 9, 15):
        assert not prime_fourier(np.fft.fft(np.eye(n)))
    F = np.fft.fft(np.eye(13))
    touched = F.copy()
    touched[3, 5] *= 1 + 1e-9
    assert not prime_fourier(touched) and prime_fourier(touched, rounding=1e-8)
    for matrix in (F[:, :12], np.ones((13, 13)), np.eye(13), rng.standard_normal((13, 13)), F[np.zeros(13, dtype=int)]):
        assert not prime_fourier(matrix)


def test_products_that_are_prime_fourier_are_named_so() -> None:
    """The bound on any weights and the bound on a bounded range, each with its class, at the same depth."""
    net = fn.Network([np.fft.fft(np.eye(67)), fn.Permutation(np.arange(67)[::-1].copy())])
    any_weights, bounded = fn.profile(net, max_range=math.inf).rows[1], fn.profile(net).rows[1]
    assert (any_weights.bound, any_weights.lower) == ("minors (LB3)", 484)
    assert "any weights" in any_weights.class_of_networks and "order and scales" in any_weights.class_of_networks
    assert (bounded.bound, bounded.lower) == ("Schatten (LB4)", 1097)
    assert "product of max|A_l| <= 1," in bounded.class_of_networks
    cost = fn.flattening_cost(net, depth=1, max_range=math.inf)
    assert cost.bounds[1].name == "minors (LB3)" and "lower end: minors (LB3): linear networks" in repr(cost)
    assert "lower end: Schatten (LB4): linear" in repr(fn.flattening_cost(net, depth=1))


def asked(delta: float, seed: int = 0, eps: float = 0.0, frobenius: float = 0.0) -> Asked:
    return Asked(2, math.inf, eps, 0.0, frobenius, frobenius, delta, seed)


def true_ranks(matrix: np.ndarray, ks: list[int]) -> np.ndarray:
    """Averages over all minors."""
    found = []
    for k in ks:
        rows, cols = (list(itertools.combinations(range(side), k)) for side in matrix.shape)
        stack = np.array([matrix[np.ix_(i, j)] for i in rows for j in cols])
        found.append(np.linalg.matrix_rank(stack, tol=1e-9).mean())
    return np.array(found)


@pytest.mark.parametrize("shape", [(6, 6), (4, 7), (7, 3)])
def test_sampled_ranks_lie_below_the_true_ones(shape: tuple[int, int]) -> None:
    """In every one of 40 draws with delta = 0.2, and not by much; one entry and all entries are exact."""
    rng = np.random.default_rng(1)
    matrix = rng.integers(-1, 2, size=shape).astype(np.float64)
    ks = list(range(1, min(shape) + 1))
    truth = true_ranks(matrix, ks)
    for seed in range(40):
        ranks, draws = sampled_ranks(matrix, ks, asked(0.2, seed))
        assert (ranks <= truth).all() and (ranks > truth - 0.4).all() and draws > 100
        assert ranks[0] == pytest.approx(np.count_nonzero(matrix) / matrix.size, rel=1e-9)
        if shape[0] == shape[1]:
            assert ranks[-1] == pytest.approx(np.linalg.matrix_rank(matrix), rel=1e-9)


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("eps", [0.01, 0.2, 0.7])
def test_ranks_with_errors_hold_for_the_worst_matrix_found(seed: int, eps: float) -> None:
    """Nearby matrices made to have few entries, or low rank, still have the average rank promised."""
    rng = np.random.default_rng(seed)
    matrix = rng.standard_normal((5, 6)) * (rng.random((5, 6)) < 0.8)
    allowed = eps * float(np.linalg.norm(matrix))
    ks = [1, 2, 3, 5]
    ranks, _ = sampled_ranks(matrix, ks, asked(0.1, seed, eps, allowed))
    order = np.argsort(np.abs(matrix).ravel())
    thin = matrix.ravel().copy()
    thin[order[: int((np.cumsum(thin[order] ** 2) <= allowed**2).sum())]] = 0
    u, s, v = np.linalg.svd(matrix)
    gone = np.cumsum(s[::-1] ** 2)[::-1] <= allowed**2
    flat = (u[:, :5] * np.where(gone, 0, s)) @ v[:5]
    for near in (thin.reshape(5, 6), flat):
        assert np.linalg.norm(near - matrix) <= allowed * (1 + 1e-12)
        assert (ranks <= true_ranks(near, ks) + 1e-9).all()


def test_sampling_is_deterministic_and_says_its_confidence() -> None:
    net = fn.hadamard(32)
    first, same, other = (lower_bound(net, 2, max_range=math.inf, delta=1e-3, seed=seed) for seed in (0, 0, 1))
    assert first == same and first.name == "minors (LB3)" and abs(first.value - other.value) < 10
    assert first.confidence == 0.999 and "with confidence 0.999" in first.class_of_networks
    assert "sampled minors" in first.how and first.value > 4 * 32 - 2
    surer = lower_bound(net, 2, max_range=math.inf, delta=1e-12)
    assert 0.9 * first.value < surer.value <= first.value
    assert fn.profile(net, max_range=math.inf, delta=1e-3).rows[1].lower == first.value
    assert fn.flattening_cost(net, 1, max_range=math.inf, delta=1e-3).bounds[1] == first


def test_nothing_is_left_to_chance_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minors, "sampled_ranks", None)
    assert lower_bound(fn.hadamard(32), 2, max_range=math.inf).confidence == 1.0
    # with a range, the Schatten bound is above what any minors can give: none are drawn
    assert lower_bound(fn.hadamard(1024), 2, delta=0.5).name == "Schatten (LB4)"


def test_ceiling_is_above_the_bound() -> None:
    for n in (2, 3, 17, 64, 257):
        facts = LowerBounds(segment_table(fn.Network([np.eye(n)])), delta=0.1)
        ks = sizes(n)
        assert covering(n, n, ks, np.array(ks, float)).value <= MINORS.ceiling(facts, facts.asked(2, 0.0))
        assert MINORS.ceiling(facts, facts.asked(3, 0.0)) == 0


def test_work_is_limited_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minors, "MAX_ENTRIES", 1000)
    found = lower_bound(fn.hadamard(32), 2, max_range=math.inf, delta=0.1)
    assert found.skipped == ("LB3 takes minors of up to 1000 entries, this matrix has 32 x 32",)
    monkeypatch.undo()
    monkeypatch.setattr(minors, "MAX_WORK", 1e5)
    less = lower_bound(fn.hadamard(32), 2, max_range=math.inf, delta=0.1)
    assert less.value > 0


@pytest.mark.parametrize(
    ("arguments", "kind", "sentence"),
    [
        ({"delta": 1.0}, ValueError, "needs 0 <= delta < 1, got delta=1.0"),
        ({"delta": -0.1}, ValueError, "needs 0 <= delta < 1, got delta=-0.1"),
        ({"delta": math.nan}, ValueError, "needs 0 <= delta < 1, got delta=nan"),
        ({"delta": "0.1"}, TypeError, "needs a real number for delta, got '0.1'"),
        ({"seed": -1}, ValueError, "needs seed >= 0, got seed=-1"),
        ({"seed": 0.5}, TypeError, "needs a whole number for seed, got 0.5"),
    ],
)
def test_bad_arguments(arguments: dict, kind: type[Exception], sentence: str) -> None:
    for call in (lambda **k: lower_bound(fn.hadamard(4), 2, **k), lambda **k: fn.profile(fn.hadamard(4), **k)):
        with pytest.raises(kind, match=sentence):
            call(**arguments)
    with pytest.raises(kind, match=sentence):
        fn.flattening_cost(fn.hadamard(4), **arguments)


def test_products_that_overflow_have_no_minors() -> None:
    net = fn.Network([np.full((5, 5), 1e200), np.full((5, 5), 1e200)])
    for eps in (0.0, 0.1):
        assert lower_bound(net, 2, max_range=math.inf, eps=eps, delta=0.1).value <= 50
