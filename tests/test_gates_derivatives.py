"""Derivatives of activations: against mpmath, as exact fractions, and as bounds."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from flatnet.gates import derivative, derivative_table
from flatnet.gates._choice import best_bias
from flatnet.gates._recipe import product_recipe
from flatnet.gates.derivatives import _EXACT, bound, roots, usable

FUNCTIONS = {
    "logistic": lambda z: 1 / (1 + mpmath.exp(-z)),
    "tanh": mpmath.tanh,
    "softplus": lambda z: mpmath.log(1 + mpmath.exp(z)),
    "gelu": lambda z: z * mpmath.ncdf(z),
    "silu": lambda z: z / (1 + mpmath.exp(-z)),
    "sin": mpmath.sin,
    "exp": mpmath.exp,
    "square": lambda z: z * z,
}


def test_every_activation_with_derivatives_has_its_oracle() -> None:
    assert set(_EXACT) == set(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("z", [-2.2924316695611777, 0.0, 0.75, 5.5])
def test_derivatives_are_correct_to_double_precision(name: str, z: float) -> None:
    with mpmath.workdps(60):
        series = mpmath.taylor(FUNCTIONS[name], mpmath.mpf(z), 12)
        for k, coefficient in enumerate(series):
            want = float(coefficient * mpmath.factorial(k))
            scale = max(abs(want), 1e-25)  # what vanishes at 60 digits is zero
            assert abs(derivative(name, k, z) - want) <= 4e-16 * scale, k


def test_exact_fractions_at_zero() -> None:
    want = "1/2 1/4 0 -1/8 0 1/4 0 -17/16 0 31/4"
    assert derivative_table("logistic", 9) == tuple(Fraction(v) for v in want.split())
    assert derivative_table("tanh", 5) == (0, 1, 0, -2, 0, 16)
    assert derivative_table("sin", 4) == (0, 1, 0, -1, 0)
    assert derivative_table("square", 3) == (0, 0, 2, 0)
    for name in ("logistic", "tanh", "sin", "exp", "square", "silu"):
        table = derivative_table(name, 24)
        assert [float(v) for v in table] == pytest.approx([derivative(name, k, 0.0) for k in range(25)], rel=1e-15, abs=1e-25)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(("centre", "reach"), [(0.0, 0.01), (-1.3, 0.5), (2.0, 3.0), (-2.3, 40.0)])
def test_bounds_hold_and_are_sharp_for_small_reach(name: str, centre: float, reach: float) -> None:
    points = np.linspace(centre - reach, centre + reach, 61)
    for k in range(9):
        largest = max(abs(derivative(name, k, float(z))) for z in points)
        assert largest <= bound(name, k, centre, reach)
        if reach < 0.1:
            # what the expansion adds: the slope of the derivative over the reach, no more than tenfold for any k here
            slope = abs(derivative(name, k + 1, centre)) + abs(derivative(name, k + 2, centre)) + 1
            assert bound(name, k, centre, reach) <= largest + 10 * reach * slope


def test_roots_and_best_biases() -> None:
    assert roots("logistic", 4) == pytest.approx([-math.acosh(5), 0, math.acosh(5)], abs=1e-15)
    assert roots("logistic", 3) == pytest.approx([-math.acosh(2), math.acosh(2)], abs=1e-15)
    assert roots("gelu", 2) == pytest.approx([-math.sqrt(2), math.sqrt(2)], abs=1e-15)
    assert roots("exp", 3) == () and roots("square", 3) == ()
    # the fourth derivative vanishes at both signs; the rounding noise chooses the negative one
    assert best_bias("logistic", product_recipe(2, 4), 2.0**-53) == -math.acosh(5)
    assert best_bias("tanh", product_recipe(2, 4), 2.0**-53) == pytest.approx(-math.acosh(5) / 2, abs=1e-15)
    assert best_bias("logistic", product_recipe(2, 3), 2.0**-53) == pytest.approx(-math.acosh(2), abs=1e-15)
    assert best_bias("logistic", product_recipe(3, 4), 2.0**-53) == 0.0


BAD = [
    (lambda: usable("a gate", "relu"), ValueError, r"2 sgn\(xy\) min"),
    (lambda: usable("a gate", "softmax"), ValueError, "mixes"),
    (lambda: usable("a gate", 3), ValueError, "got activation=3"),
    (lambda: derivative("logistic", -1, 0.0), ValueError, "order=-1"),
    (lambda: derivative("logistic", 65, 0.0), ValueError, "order=65"),
    (lambda: derivative("logistic", 1, math.nan), ValueError, "nan"),
    (lambda: derivative("logistic", 1, "x"), TypeError, "'x'"),
    (lambda: derivative_table("gelu", 2), ValueError, "irrational"),
]


@pytest.mark.parametrize(("call", "error", "sentence"), BAD, ids=[str(i) for i in range(len(BAD))])
def test_bad_input(call, error: type, sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        call()
