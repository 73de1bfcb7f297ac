"""Dictionary between probabilities and Hamiltonians on finite alphabets (Lin & Tegmark, Table I)."""

from __future__ import annotations

import numpy as np

from ._base import Array, Hamiltonian


def boltzmann(h: Hamiltonian) -> Array:
    """p(y) = exp(-H(y))/Z over all states of a finite alphabet, in the order of ``h.states()``.

    Parameters
    ----------
    h : Hamiltonian
        Of bits or spins.

    Returns
    -------
    ndarray of float64

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.hamiltonians.boltzmann(fn.hamiltonians.Bits({(0,): 0.0}, inputs=1))
    array([0.5, 0.5])
    """
    energies = h(h.states()).astype(np.float64)
    return np.asarray(np.exp(-energies - h.log_partition()))


def kl(p: Hamiltonian, q: Hamiltonian) -> float:
    r"""Kullback-Leibler divergence of two Boltzmann distributions, in nats, from their Hamiltonians.

    Parameters
    ----------
    p, q : Hamiltonian
        On the same finite alphabet.

    Returns
    -------
    float
        >= 0; inf where q forbids what p allows.

    Raises
    ------
    ValueError
        If the alphabets differ, or every state of one is forbidden.

    Notes
    -----
    .. math:: D(p \| q) = \langle H_q - H_p \rangle_p + \ln Z_q - \ln Z_p

    Exact up to rounding, by enumeration.

    Examples
    --------
    >>> import flatnet as fn
    >>> coin = fn.hamiltonians.Bits({(0,): 1.0})
    >>> fn.hamiltonians.kl(coin, coin), round(fn.hamiltonians.kl(coin, fn.hamiltonians.Bits({(0,): 0.0}, inputs=1)), 6)
    (0.0, 0.110944)
    """
    if (p.alphabet, p.inputs) != (q.alphabet, q.inputs):
        raise ValueError(f"kl compares one alphabet, got {p.inputs} {p.alphabet}s and {q.inputs} {q.alphabet}s")
    states = p.states()
    if len(q.states()) != len(states):
        raise ValueError(f"kl compares one alphabet, got {len(states)} states and {len(q.states())}")
    energies = [h(states).astype(np.float64) for h in (p, q)]
    z = [h.log_partition() for h in (p, q)]
    if not np.isfinite(z).all():
        raise ValueError(f"kl needs distributions, every state of {'p' if not np.isfinite(z[0]) else 'q'} is forbidden")
    probabilities = np.exp(-energies[0] - z[0])
    possible = probabilities > 0
    gaps = energies[1][possible] - energies[0][possible]
    return max(0.0, float(probabilities[possible] @ gaps + z[1] - z[0]))
