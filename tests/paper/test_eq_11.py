"""Sec. II A and C: monomials, the multiplication gate of Eq. 11, and products of n numbers."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import flatnet as fn
import numpy as np
import pytest
from flatnet.gates import derivative, derivative_table

PAIRS = np.random.default_rng(0).uniform(-1, 1, (4000, 2))
GENERIC = -math.acosh(2.0)  # -1.3170, where |σ''| is largest


def worst(net: fn.Network) -> float:
    return float(np.abs(net(PAIRS)[:, 0] - PAIRS.prod(axis=1)).max())


@pytest.mark.parametrize(("n", "degree"), [(1, 4), (2, 3), (3, 4), (5, 2), (6, 6)])
def test_eq_9_monomials_of_low_degree(n: int, degree: int) -> None:
    """C(n + d, d), the constant counted; "of order n^d" bounds it from n = 2 on only for large d or n."""
    found = sum(sum(e) <= degree for e in itertools.product(range(degree + 1), repeat=n))
    assert found == math.comb(n + degree, degree)
    assert math.comb(1 + 4, 4) == 5 > 1**4


@pytest.mark.parametrize("scale", [0.1, 0.03, 0.01])
def test_eq_11_next_terms(scale: float) -> None:
    """m = xy [1 + λ² σ''''/(6σ'') (x² + y²) + ...]"""
    bias = -1.0
    second, fourth = (derivative("logistic", k, bias) for k in (2, 4))
    x, y = 0.8, -0.6
    gate = fn.product_gate(scale=scale, bias=bias)
    relative = gate([x, y])[0] / (x * y) - 1
    assert relative == pytest.approx(scale**2 * fourth / (6 * second) * (x * x + y * y), rel=20 * scale**2, abs=2e-10)


def test_the_limit_is_scale_to_zero_not_infinity() -> None:
    """The paper: "in the limit λ → ∞ ... becomes exact". At 1000 the gate returns nothing at all."""
    assert abs(fn.product_gate(scale=1000.0, bias=GENERIC)([0.5, 0.5])[0]) < 1e-5
    errors = [worst(fn.product_gate(scale=2.0**-k, bias=GENERIC)) for k in (4, 8)]
    assert math.log2(errors[0] / errors[1]) / 4 == pytest.approx(2.0, abs=0.02)


def test_the_best_bias_gains_two_orders() -> None:
    """σ'''' = 0 at b = -arccosh 5, where s(1 - s) = 1/12."""
    best = -math.acosh(5.0)
    assert best == pytest.approx(-2.292431669561178, abs=1e-15)
    assert derivative("logistic", 4, best) == pytest.approx(0, abs=1e-16)
    assert abs(derivative("logistic", 6, best) / derivative("logistic", 2, best)) == pytest.approx(1.5)
    errors = [worst(fn.product_gate(scale=2.0**-k, bias=best)) for k in (3, 6)]
    assert math.log2(errors[0] / errors[1]) / 3 == pytest.approx(4.0, abs=0.05)


def test_the_logistic_needs_a_bias() -> None:
    """σ''(0) = 0; |σ''| is largest, 1/(6 sqrt 3), at ±ln(2 + sqrt 3)."""
    expected = ["1/4", "0", "-1/8", "0", "1/4", "0", "-17/16", "0", "31/4"]
    assert list(derivative_table("logistic", 9))[-9:] == [Fraction(v) for v in expected]
    assert abs(derivative("logistic", 2, math.log(2 + math.sqrt(3)))) == pytest.approx(1 / (6 * math.sqrt(3)))
    assert derivative("logistic", 3, math.log(2 + math.sqrt(3))) == pytest.approx(0, abs=1e-16)
    with pytest.raises(ValueError):
        fn.product_gate(bias=0.0)


def test_four_neurons_are_not_the_least() -> None:
    """ "Merely 4": three do with an affine output, which the paper's A_i are."""
    assert [fn.product_gate(neurons=m).neurons for m in (4, 3)] == [4, 3]
    assert worst(fn.product_gate(neurons=3)) < 1.4e-7


@pytest.mark.parametrize("n", [2, 4, 8, 16, 32, 1024])
def test_n_numbers_take_4_n_less_4_neurons_in_log_n_layers(n: int) -> None:
    """The paper's "~4n"; a note on it quotes 160 neurons for n = 32, and the tree has 124."""
    tree = fn.product_tree(n)
    assert (tree.neurons, tree.depth) == (4 * (n - 1), n.bit_length() - 1)
    assert tree.synapses == 20 * n - 28


def test_the_tree_multiplies() -> None:
    x = np.random.default_rng(1).uniform(-1, 1, (500, 8))
    tree = fn.product_tree(8)
    assert np.abs(tree(x)[:, 0] - x.prod(axis=1)).max() <= tree.certificate.error < 1e-6


@pytest.mark.parametrize(("n", "flat"), [(2, 3), (4, 15), (6, 63)])
def test_one_hidden_layer_takes_exponentially_many(n: int, flat: int) -> None:
    """2^n by the paper's theorem; 2^n - 1 with an affine output, and no fewer with one bias: an interval of width 0."""
    tree = fn.product_tree(n)
    cost = fn.flattening_cost(tree, depth=1)
    assert cost.C_n.lower * tree.neurons == flat
    assert fn.product_flat(n).neurons in (flat, flat + 1)
