"""Eq. 27 with its variance, against Monte Carlo, exact enumeration and limits."""

from __future__ import annotations

import itertools
import math

import flatnet as fn
import numpy as np
import pytest


@pytest.mark.parametrize(("n", "p", "mean", "std"), [(100, 0.05, 2.214, 0.066), (200, 0.1, 4.330, 0.0211), (50, 1.0, 0.5, 0.0)])
def test_known_values(n: int, p: float, mean: float, std: float) -> None:
    found = fn.expected_flattening_cost(n, p)
    assert found.mean == pytest.approx(mean, rel=1e-3)
    assert found.std == pytest.approx(std, rel=5e-3, abs=1e-12)


@pytest.mark.parametrize(("n", "p"), [(40, 0.05), (60, 0.1)])
def test_against_monte_carlo(n: int, p: float) -> None:
    rng = np.random.default_rng(0)
    samples = []
    for _ in range(600):
        A, B = (rng.random((n, n)) < p for _ in range(2))
        samples.append(np.count_nonzero(A.astype(float) @ B) / (A.sum() + B.sum()))
    mean, std = fn.expected_flattening_cost(n, p)
    # the mean of the ratio differs from the ratio of the means by terms of second order, about std^2
    assert abs(np.mean(samples) - mean) < 4 * std / math.sqrt(600) + 2 * std**2
    assert np.std(samples) == pytest.approx(std, rel=4 / math.sqrt(2 * 600))


def test_moments_behind_it_by_enumeration() -> None:
    """n = 2: all 2^8 pairs of matrices with their probabilities give the delta-method value exactly."""
    n, p = 2, 0.3
    moments = np.zeros(5)
    for bits in itertools.product((0, 1), repeat=2 * n * n):
        A, B = np.reshape(bits[: n * n], (n, n)), np.reshape(bits[n * n :], (n, n))
        weight = p ** sum(bits) * (1 - p) ** (2 * n * n - sum(bits))
        F, D = np.count_nonzero(A @ B), sum(bits)
        moments += weight * np.array([F, D, F * F, F * D, D * D])
    F, D = moments[:2]
    varF, cov, varD = moments[2] - F * F, moments[3] - F * D, moments[4] - D * D
    mean, std = fn.expected_flattening_cost(n, p)
    assert mean == pytest.approx(F / D)
    assert std**2 == pytest.approx(varF / D**2 - 2 * F * cov / D**3 + F**2 * varD / D**4)


def test_flattening_saves_below_a_mean_degree_of_two() -> None:
    p = 1e-3
    turn = math.log(1 - 2 * p) / math.log(1 - p * p)
    assert fn.expected_flattening_cost(math.floor(turn), p).mean < 1
    assert fn.expected_flattening_cost(math.ceil(turn), p).mean > 1
    assert turn * p == pytest.approx(2, rel=0.01)


@pytest.mark.parametrize("n", [1, 10, 10**6, 10**15, 10**30])
@pytest.mark.parametrize("p", [1e-300, 1e-150, 1e-20, 1e-8, 0.5, 1 - 1e-16])
def test_stable_at_any_size(n: int, p: float) -> None:
    mean, std = fn.expected_flattening_cost(n, p)
    assert 0 <= mean <= 1 / (2 * p) * (1 + 1e-15)
    assert math.isfinite(std) and std >= 0


def test_small_p_does_not_cancel() -> None:
    """p = 1e-9, n = 1e6: C_s = n p / 2 up to n p^2, where 1 - (1 - p^2)^n loses most digits."""
    assert fn.expected_flattening_cost(10**6, 1e-9).mean == pytest.approx(10**6 * 1e-9 / 2, rel=1e-11)


@pytest.mark.parametrize(
    ("n", "p", "error"),
    [
        (0, 0.1, ValueError),
        (1.5, 0.1, TypeError),
        (5, 0.0, ValueError),
        (5, 1.1, ValueError),
        (5, math.nan, ValueError),
    ],
)
def test_bad_arguments(n: object, p: float, error: type) -> None:
    with pytest.raises(error, match="expected_flattening_cost needs"):
        fn.expected_flattening_cost(n, p)
