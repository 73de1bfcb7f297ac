"""A Hamiltonian as a network, and the exact posterior of several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..network import Network
from ._arguments import box_region, hamiltonian, hamiltonian_list, log_priors, precision_name, region_of, tolerance_of
from ._base import Array, Hamiltonian, log_sum_exp
from ._bitnet import bit_network, energies
from ._quadric import quadric
from ._realnet import energy_network
from .polynomial import real_terms


def network(h: Hamiltonian, *, domain: Any = None, tol: float | None = None, dtype: DTypeLike = np.float64) -> Network:
    """A Hamiltonian as a network of logistic neurons.

    Parameters
    ----------
    h : Hamiltonian
    domain : (float, float) or one such pair for each input, optional, keyword-only
        Where real inputs lie; a Gaussian's default reaches as far as a probability of 1e-9 outside.
    tol : float, optional, keyword-only
        Largest error allowed.
    dtype : {float64, float32}, keyword-only

    Returns
    -------
    Network
        Maps ``(..., n) -> (..., 1)``, with its certificate.

    Raises
    ------
    ValueError
        If the domain is missing or ``tol`` is out of reach.

    Examples
    --------
    >>> import flatnet as fn
    >>> net = fn.hamiltonians.network(fn.hamiltonians.Ising.lattice((3,), J=1), tol=1e-8)
    >>> net.neurons, net([1, 1, 1]).round(6), net.certificate.error < 1e-8
    (6, array([-3.]), True)
    """
    hamiltonian(h)
    precision = precision_name("network", dtype)
    tolerance = tolerance_of("network", tol)
    name = f"network({type(h).__name__})"
    if h.alphabet != "real":
        made = energies(h, 0.0)
        if made.forbidden:
            raise ValueError(f"{type(h).__name__} is infinite on {len(made.forbidden)} configurations, a network is finite")
        return bit_network([made], precision, tolerance, False, name=name)
    box = box_region("network", domain, h.inputs)
    if h.degree > 2:
        from ..gates import polynomial

        if box is None:
            raise ValueError("network needs a domain for a Hamiltonian of degree above 2, got none")
        pairs = list(zip(box.low.tolist(), box.high.tolist(), strict=True))
        return polynomial(real_terms(h), tol=tolerance, domain=pairs, dtype=precision)  # type: ignore[arg-type]
    form = quadric(quadratic_of(h))
    if not form.neurons:
        raise ValueError(f"{type(h).__name__} is constant, a network of neurons needs a form")
    region = region_of([h], np.zeros(1), box, None)
    return energy_network(form, region, precision, tolerance, name=name)


def posterior(hamiltonians: Sequence[Hamiltonian], priors: Any, y: Any) -> Array:
    """The exact posterior in float64, in the log domain: what `classifier` approximates.

    Parameters
    ----------
    hamiltonians : sequence of Hamiltonian
    priors : array_like, shape (classes,), or None
    y : array_like, shape (..., n)

    Returns
    -------
    ndarray, shape (..., classes)

    Raises
    ------
    ValueError
        If no class allows a y: its posterior is undefined.

    Examples
    --------
    >>> import flatnet as fn
    >>> never = fn.hamiltonians.MarkovField({(0,): [0.0, float("inf")]})
    >>> fn.hamiltonians.posterior([never, fn.hamiltonians.Bits({(0,): 0.0}, inputs=1)], None, [[0], [1]])
    array([[0.5, 0.5],
           [0. , 1. ]])
    """
    classes = hamiltonian_list(hamiltonians)
    logits = np.stack([-np.asarray(h(y), np.float64) for h in classes], axis=-1) + log_priors(priors, len(classes))
    total = log_sum_exp(logits)
    if np.isneginf(total).any():
        where = np.argwhere(np.isneginf(np.atleast_1d(total)))[0].tolist()
        raise ValueError(f"a posterior needs a class that allows y, none of {len(classes)} allows the one at {tuple(where)}")
    return np.asarray(np.exp(logits - np.asarray(total)[..., None]))


def quadratic_of(h: Hamiltonian) -> Any:
    """A Gaussian as it is, anything else of degree 2 by its coefficients."""
    return h if hasattr(h, "whitening") else h.quadratic()  # type: ignore[attr-defined]
