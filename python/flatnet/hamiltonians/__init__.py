"""Hamiltonians H = -ln p and Bayes classifiers as networks.

A kind of Hamiltonian is one file here and one name in `KINDS`: its value on batches, its counts, and `quadratic`, `bits` or
`compiled`, which say how it becomes neurons.
"""

from __future__ import annotations

from ..ellipsoids import Ellipsoids
from ._base import Hamiltonian
from .bits import Bits
from .classifier import classifier
from .counts import CliqueCounts, chain_parameters, clique_counts, lattice_neurons, monomials
from .divergence import boltzmann, kl
from .gaussian import Gaussian
from .ising import Ising, bonds, to_bits, to_spins
from .markov import MarkovField, from_one_hot, one_hot
from .networks import network, posterior
from .polynomial import Polynomial
from .potts import Potts
from .quadratic import Quadratic

KINDS: tuple[type[Hamiltonian], ...] = (Bits, Gaussian, Ising, MarkovField, Polynomial, Potts, Quadratic)

__all__ = [
    "KINDS",
    "Bits",
    "CliqueCounts",
    "Ellipsoids",
    "Gaussian",
    "Hamiltonian",
    "Ising",
    "MarkovField",
    "Polynomial",
    "Potts",
    "Quadratic",
    "boltzmann",
    "bonds",
    "chain_parameters",
    "classifier",
    "clique_counts",
    "from_one_hot",
    "kl",
    "lattice_neurons",
    "monomials",
    "network",
    "one_hot",
    "posterior",
    "to_bits",
    "to_spins",
]
