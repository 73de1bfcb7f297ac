"""Bayes classifiers as networks: softmax(-H - μ) (Lin & Tegmark, Eqs. 4 to 8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..network import Network
from ._arguments import box_region, hamiltonian_list, log_priors, precision_name, region_of, tolerance_of
from ._base import Array, Hamiltonian
from ._bitnet import bit_network, energies
from ._polynet import polynomial_network
from ._quadric import quadric
from ._realnet import affine, posterior_network
from .networks import quadratic_of


def classifier(
    hamiltonians: Sequence[Hamiltonian],
    priors: Any,
    *,
    domain: Any = None,
    radius: float | None = None,
    tol: float | None = None,
    dtype: DTypeLike = np.float64,
) -> Network:
    r"""Posterior probabilities of classes as a network of logistic neurons with a softmax at its end.

    Parameters
    ----------
    hamiltonians : sequence of Hamiltonian
        One for each class x: H_x(y) = -ln p(y|x), with equal numbers of inputs. Gaussians, quadratics and polynomials may stand
        together, and so may all those of bits (spins are taken as bits y = (s + 1)/2).
    priors : array_like, shape (classes,), or None
        p(x), summing to 1; None for equal ones. A class of prior 0 gets exactly 0.
    domain : (float, float) or one such pair for each input, optional, keyword-only
        Where inputs lie: the certificate covers this box, and scales are chosen for it. Needed where a real Hamiltonian is not
        a Gaussian.
    radius : float, optional, keyword-only
        Gaussians only: inputs lie within so many standard deviations of at least one class of positive prior. Without
        ``domain`` the default leaves a probability of 1e-9 outside.
    tol : float, optional, keyword-only
        Largest error of a probability allowed. Quadratic forms take 2r neurons where r + 1 do not keep it; refused, with the
        floor, if they do not either.
    dtype : {float64, float32}, keyword-only
        Precision of the network.

    Returns
    -------
    Network
        Maps ``(..., n) -> (..., classes)``, with a `Certificate` whose ``error`` bounds that of every probability. A single
        layer without neurons where all Hamiltonians are linear, or Gaussians with one covariance.

    Raises
    ------
    ValueError
        If there is none, numbers of inputs or priors differ, priors are negative, nan or do not sum to 1, the domain is missing
        or empty, or ``tol`` is out of reach.
    TypeError
        If an item is no Hamiltonian, or bits and reals are mixed.

    Notes
    -----
    .. math:: p(x|y) = \frac{e^{-[H_x(y) + \mu_x]}}{\sum_{x'} e^{-[H_{x'}(y) + \mu_{x'}]}}, \qquad \mu_x = -\ln p(x)

    Lin & Tegmark, Eqs. 4 to 8; their Eq. 1 lost the factor p(x) in its denominator. μ is the bias of the last layer. The
    same function of y added to every H changes nothing. Everything stays in the log domain; the softmax subtracts the largest
    exponent.

    A quadratic form of rank r takes r + 1 neurons, so a Gaussian n + 1, where the paper's recipe would take 4 for each product.
    2r neurons in pairs, at the bias where σ'''' is 0, err by O(λ⁴): their certificate is smaller by a factor of 20 in float32.
    A bit Hamiltonian takes one neuron for each non-zero coefficient, shared by all classes; energies of ``inf`` give exactly 0.

    The certificate follows from bounds on the errors δ_x of each H_x: with Δp_x = ∫ p_x(s) [δ_x - Σ p_x'(s) δ_x'] ds along the
    way from H to its network, |Δp| <= tanh(w/4) if all δ lie in an interval of width w, so <= e/2 for errors within e. A
    quadratic compiled at λ is low by O(λ² H²), which is large where H is: such a class counts by its own probability only,
    so sup δ exp(-(H - min H) + δ) over the far classes is added to a fourth of the width over the near ones.

    Examples
    --------
    >>> import flatnet as fn
    >>> G = fn.hamiltonians.Gaussian
    >>> net = fn.classifier([G([0.0, 0.0], [1.0, 1.0]), G([2.0, 0.0], [1.0, 4.0])], priors=[0.25, 0.75])
    >>> net.neurons, net([1.0, 0.0]).round(6), net.certificate.error < 1e-6
    (6, array([0.4, 0.6]), True)
    """
    classes = hamiltonian_list(hamiltonians)
    mu = -log_priors(priors, len(classes))
    precision = precision_name("classifier", dtype)
    tolerance = tolerance_of("classifier", tol)
    name = f"classifier({len(classes)} classes)"
    if classes[0].alphabet != "real":
        if domain is not None or radius is not None:
            raise ValueError("Hamiltonians of bits are certified on bits, got a domain or a radius")
        made = [energies(h, float(m)) for h, m in zip(classes, mu, strict=True)]
        return bit_network(made, precision, tolerance, True, name=name)
    box = box_region("classifier", domain, classes[0].inputs)
    if max(h.degree for h in classes) > 2:
        if box is None:
            raise ValueError("classifier needs a domain for Hamiltonians of degree above 2, got none")
        return polynomial_network(classes, mu, box, precision, tolerance, name)
    linear = _linear(classes)
    if linear is not None:
        return affine(linear[0], linear[1] + mu, box, precision, name)
    region = region_of(classes, mu, box, radius)
    return posterior_network([quadric(h) for h in map(quadratic_of, classes)], mu, region, precision, tolerance, name=name)


def _linear(classes: Sequence[Hamiltonian]) -> tuple[Array, Array] | None:
    """Slopes and offsets if all Hamiltonians differ by linear functions only: the common part is a gauge."""
    forms = [quadratic_of(h) for h in classes]
    if all(hasattr(f, "whitening") and np.array_equal(f.whitening, forms[0].whitening) for f in forms):
        w, origin = forms[0].whitening, forms[0].mean
        shifts = np.array([w @ (f.mean - origin) for f in forms])
        slopes = -shifts @ w
        constants = np.array([f.log_normaliser - forms[0].log_normaliser for f in forms])
        return slopes, (shifts**2).sum(axis=1) / 2 - slopes @ origin + constants
    quadratics = [f.quadratic() for f in forms]
    if any(not np.array_equal(q.h, quadratics[0].h) for q in quadratics):
        return None
    return np.array([q.linear for q in quadratics]), np.array([q.constant for q in quadratics])
