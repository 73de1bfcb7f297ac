"""Sec. II A: Bayes' theorem as a softmax of Hamiltonians, how few functions there are, and Table I's dictionary."""

from __future__ import annotations

import itertools
import math

import flatnet as fn
import numpy as np
import pytest
from flatnet.hamiltonians import Bits, Gaussian, Ising, boltzmann, kl


def energies(states: int, bits: int, seed: int) -> list[Bits]:
    """Normalised Hamiltonians -ln p(y|x) of random distributions over all y, as polynomials in bits."""
    rng = np.random.default_rng(seed)
    tables = [-np.log(rng.dirichlet(np.ones(1 << bits))) for _ in range(states)]
    return [Bits.from_table(t) for t in tables]


def cube(n: int) -> np.ndarray:
    return (np.arange(1 << n)[:, None] >> np.arange(n)) & 1


@pytest.mark.parametrize(("classes", "bits"), [(2, 1), (3, 4), (10, 6)])
def test_eqs_1_to_8_the_posterior_is_a_softmax_of_hamiltonians(classes: int, bits: int) -> None:
    """Eq. 1 lost the factor p(x) in its denominator: p(x|y) = p(y|x) p(x) / sum over x' of p(y|x') p(x')."""
    hamiltonians, inputs = energies(classes, bits, classes), cube(bits)
    priors = np.random.default_rng(1).dirichlet(np.ones(classes))
    likelihood = np.exp(-np.stack([h(inputs) for h in hamiltonians], axis=1))
    np.testing.assert_allclose(likelihood.sum(axis=0), 1)
    joint = likelihood * priors
    expected = joint / joint.sum(axis=1, keepdims=True)
    net = fn.classifier(hamiltonians, priors)
    assert net[-1].activation == "softmax"
    assert np.abs(net(inputs) - expected).max() <= net.certificate.error + 1e-14
    without = likelihood / likelihood.sum(axis=1, keepdims=True)  # Eq. 1 as printed
    assert np.abs(without - expected).max() > 0.01


def test_only_differences_of_hamiltonians_matter() -> None:
    """H -> H + c(y), the same for all classes: |X| - 1 Hamiltonians are enough."""
    hamiltonians = energies(3, 4, 0)
    shift = energies(1, 4, 9)[0]
    moved = [h + shift for h in hamiltonians]
    priors = [0.2, 0.5, 0.3]
    before, after = fn.classifier(hamiltonians, priors), fn.classifier(moved, priors)
    assert np.abs(before(cube(4)) - after(cube(4))).max() <= before.certificate.error + after.certificate.error


def test_the_logarithm_of_the_prior_is_a_bias() -> None:
    same = [Bits({(0,): 1.0}, 2)] * 3
    net = fn.classifier(same, [0.5, 0.25, 0.25])
    np.testing.assert_allclose(net(cube(2)), [[0.5, 0.25, 0.25]] * 4, atol=1e-15)
    assert fn.classifier(same, [0.0, 0.25, 0.75])([0, 1])[0] == 0.0  # μ = inf


def test_the_swindle() -> None:
    """v^n probabilities become c v n numbers; 2^(2^n) Boolean functions take 2^n bits: over 10^78 from n = 260 on."""
    assert round(10**6 * math.log10(256)) == 2408240 and 256 * 10**6 == 256_000_000
    assert 2**259 < 10**78 < 2**260
    for n in (0, 1, 2, 3):
        tables = set(itertools.product((0, 1), repeat=2**n))
        assert len(tables) == 2 ** (2**n) == len({tuple(fn.multilinear(np.array(t)).tolist()) for t in tables})


def test_table_1_divergence_is_a_mean_energy_gap() -> None:
    """D(p||q) = <H_q - H_p>_p + ln Z_q - ln Z_p"""
    p, q = energies(2, 5, 3)
    first, second = boltzmann(p), boltzmann(q)
    assert kl(p, q) == pytest.approx(float((first * np.log(first / second)).sum()), rel=1e-12)
    assert kl(p, p) == pytest.approx(0, abs=1e-14)


@pytest.mark.parametrize("n", [2, 5, 10])
def test_table_1_spins_are_bits(n: int) -> None:
    """s = 2y - 1 turns Ising Hamiltonians into Eq. 12 exactly."""
    rng = np.random.default_rng(n)
    couplings = {pair: int(rng.integers(-5, 6)) for pair in itertools.combinations(range(n), 2)}
    spins = Ising(couplings, [int(h) for h in rng.integers(-5, 6, n)], inputs=n)
    assert (spins(2 * cube(n) - 1) == spins.bits()(cube(n))).all()


def test_table_1_quadratic_is_gaussian_and_translation_invariant_is_circulant() -> None:
    """H = (y - m)' S^-1 (y - m)/2 + const; a matrix that commutes with the shift is a convolution."""
    scipy_stats = pytest.importorskip("scipy.stats")
    mean, covariance = np.array([1.0, -2.0]), np.array([[2.0, 0.3], [0.3, 0.5]])
    y = np.random.default_rng(0).standard_normal((20, 2))
    expected = -scipy_stats.multivariate_normal(mean, covariance).logpdf(y)
    np.testing.assert_allclose(Gaussian(mean, covariance)(y), expected, rtol=1e-12)
    C = fn.convolution([3.0, 1.0, 0.0, 2.0], 8).toarray()
    shift = np.roll(np.eye(8), 1, axis=0)
    np.testing.assert_allclose(C @ shift, shift @ C, atol=1e-14)
