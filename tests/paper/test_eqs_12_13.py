"""Sec. II B, Eqs. 12 and 13: functions of bits, and where the paper's sharpness and its count of neurons err."""

from __future__ import annotations

import math

import flatnet as fn
import numpy as np
import pytest


def cube(n: int) -> np.ndarray:
    return (np.arange(1 << n)[:, None] >> np.arange(n)) & 1


def popcount(n: int) -> np.ndarray:
    return cube(n).sum(axis=1)


@pytest.mark.parametrize("n", [1, 2, 8, 16, 20])
def test_eq_12_every_function_has_2_to_the_n_coefficients_uniquely(n: int) -> None:
    rng = np.random.default_rng(n)
    f = rng.integers(-1000, 1000, 1 << n)
    h = fn.multilinear(f)
    assert h.shape == f.shape
    assert (fn.truth_table(h) == f).all()
    assert (fn.multilinear(fn.truth_table(f)) == f).all()  # one to one


def test_eq_12_is_the_network_mobius() -> None:
    f = np.arange(64) ** 2
    assert (fn.multilinear(f) == fn.mobius(6)(f)).all()
    assert (fn.zeta(6) @ fn.mobius(6)).toarray().tolist() == np.eye(64).tolist()


@pytest.mark.parametrize("k", [1, 2, 3, 10, 100, 1000])
def test_eq_13_the_worst_inputs_have_k_and_k_less_1_ones(k: int) -> None:
    """The error is σ(-β/2) = 1/(1 + e^(β/2)), independent of k."""
    beta = 20.0
    inputs = np.tril(np.ones((k + 1, k)), -1)
    error = np.abs(fn.bit_product(k, sharpness=beta)(inputs)[:, 0] - (np.arange(k + 1) == k))
    assert error.max() == error[k - 1]
    assert error[k - 1 :] == pytest.approx(1 / (1 + math.exp(beta / 2)), rel=1e-11)
    assert (error[: k - 1] < 1e-12).all()


@pytest.mark.parametrize(("digits", "sharpness"), [(4, 18.42), (7, 32.24), (10, 46.05), (15, 69.08)])
def test_eq_13_d_decimals_need_twice_the_sharpness(digits: int, sharpness: float) -> None:
    """The paper: β > D ln 10, "about 23" for D = 10. The margin is 1/2: β = 2 D ln 10; D ln 10 leaves half of the decimals."""
    assert 2 * digits * math.log(10) == pytest.approx(sharpness, abs=0.006)
    ones = np.array([[1, 1, 1], [1, 1, 0]])
    exact = np.array([1, 0])
    ours = np.abs(fn.bit_product(3, sharpness=2 * digits * math.log(10))(ones)[:, 0] - exact).max()
    theirs = np.abs(fn.bit_product(3, sharpness=digits * math.log(10))(ones)[:, 0] - exact).max()
    assert ours <= 10.0**-digits + 2.0**-52
    assert theirs == pytest.approx(10.0 ** (-digits / 2), rel=0.01)


def test_three_layers_approximate_any_function() -> None:
    """Sum over K of h_K times its neuron: error <= norm(h)_1 e^(-β/2), with at most 2^n - 1 neurons."""
    rng = np.random.default_rng(8)
    table = rng.standard_normal(256)
    h = fn.multilinear(table)
    for beta in (23.0, 46.0, 59.6):
        net = fn.bit_function(table, sharpness=beta)
        error = np.abs(net(cube(8))[:, 0] - table).max()
        assert net.neurons <= 255
        assert error <= net.certificate.error
        assert net.certificate.truncation <= np.abs(h[1:]).sum() * math.exp(-beta / 2) * (1 + 1e-9)


@pytest.mark.parametrize(("n", "degree"), [(6, 2), (9, 3), (12, 1)])
def test_low_order_takes_binomially_many_neurons(n: int, degree: int) -> None:
    h = (popcount(n) <= degree).astype(int)
    net = fn.bit_polynomial(h, hard=True)
    assert net.neurons == sum(math.comb(n, k) for k in range(1, degree + 1))
    assert (net(cube(n))[:, 0] == [sum(math.comb(int(s), k) for k in range(degree + 1)) for s in popcount(n)]).all()


@pytest.mark.parametrize("n", [2, 5, 10, 16])
def test_neurons_are_not_proportional_to_the_terms(n: int) -> None:
    """Parity has all 2^n - 1 terms and n neurons; the error stays at 2 e^(-β/2)."""
    parity = popcount(n) % 2
    assert np.count_nonzero(fn.multilinear(parity)[1:]) == 2**n - 1
    net = fn.bit_parity(n, sharpness=46.05)
    assert net.neurons == n
    assert np.abs(net(cube(n))[:, 0] - parity).max() <= min(n, 2.01) * math.exp(-46.05 / 2) + n * 2.0**-52  # sums round


@pytest.mark.parametrize("n", [3, 7, 10])
def test_any_symmetric_function_needs_at_most_n(n: int) -> None:
    values = np.random.default_rng(n).integers(-50, 50, n + 1)
    net = fn.bit_symmetric(values, hard=True)
    assert net.neurons <= n
    assert (net(cube(n))[:, 0] == values[popcount(n)]).all()
