"""What a lower bound is asked, what it answers, and which networks the answer covers, in words."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ..certify import LowerBounds

__all__ = ["Asked", "Bound", "LowerBound", "SkippedError", "covered", "exp_range"]


@dataclass(frozen=True)
class LowerBound:
    """A number of synapses below which no network of a class computes f.

    Attributes
    ----------
    name : str
        ``"exact (LB0)"``, ``"LB1"``, ``"direct rows (LB2)"``, ``"minors (LB3)"`` or ``"Schatten (LB4)"``.
    value : int
        The bound.
    layers : int
        Number of layers of the networks it covers.
    range : float
        The bound Gamma on the product of max|A_l|; inf where the weights are free.
    eps : float
        Relative Frobenius error allowed to them.
    class_of_networks : str
        The same in words.
    how : str
        Where the numbers behind the bound come from.
    confidence : float
        1, or 1 - delta if minors were sampled: the probability, over the choice of the minors, that the bound
        holds.
    skipped : tuple of str
        Bounds that might have been larger and were not computed, one sentence each.
    """

    name: str
    value: int
    layers: int
    range: float
    eps: float
    class_of_networks: str
    how: str
    confidence: float = 1.0
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asked:
    """The networks to bound.

    Attributes
    ----------
    layers : int
        Number of their layers.
    log_range : float
        Logarithm of Gamma, the bound on the product of max|A_l|.
    eps : float
        Relative Frobenius error allowed to them.
    rounding : float
        Spectral distance from f within which even exact ones lie.
    spectral, frobenius : float
        Distance from f, in either norm, that ``eps`` and ``rounding`` together allow.
    delta : float
        Probability with which a bound may fail; 0 leaves nothing to chance.
    seed : int
        Of whatever is sampled.
    """

    layers: int
    log_range: float
    eps: float
    rounding: float
    spectral: float
    frobenius: float
    delta: float
    seed: int

    def from_flat(self, shape: tuple[int, int]) -> Asked:
        """The same with distances from the product as it was computed, which is itself within ``rounding`` of f."""
        return replace(
            self,
            spectral=self.spectral + self.rounding,
            frobenius=self.frobenius + self.rounding * math.sqrt(min(shape)),
        )


class SkippedError(Exception):
    """A bound that is not computed because it would take too much work; the message says what and how much."""


class Bound(NamedTuple):
    """One way to bound synapses from below.

    Parameters
    ----------
    ceiling : callable
        A number, found at little cost, that the bound cannot exceed; 0 where it says nothing.
    prove : callable
        The bound, or None where it does not apply. May raise SkippedError.
    """

    ceiling: Callable[[LowerBounds, Asked], float]
    prove: Callable[[LowerBounds, Asked], LowerBound | None]


def covered(asked: Asked, gamma: float = math.inf, target: str = "f", rounding: float | None = None) -> str:
    """The class of networks in words.

    Parameters
    ----------
    asked : Asked
    gamma : float
        Bound on their range; inf for any weights.
    target : str
        What they compute.
    rounding : float, optional
        Spectral distance from the target that is still "equal"; by default that of ``asked``.
    """
    rounding = asked.rounding if rounding is None else rounding
    depth = f"{asked.layers} layer{'s' if asked.layers > 1 else ''} ({asked.layers - 1} hidden)"
    weights = "any weights" if gamma == math.inf else f"product of max|A_l| <= {gamma:.6g}"
    error = f"relative Frobenius error <= {asked.eps:g}" if asked.eps > 0 else f"equal to {target}"
    within = f" within {rounding:.1g} in spectral norm (rounding of the product)" if rounding > 0 else ""
    if math.isinf(rounding):
        within = " (weights not at hand: nothing is known of their distance)"
    return f"linear networks with {depth}, any widths, {weights}, {error}{within}"


def exp_range(log_range: float) -> float:
    """Range from its logarithm: 1 where the logarithm is 0, inf where it is too large for a float."""
    return math.exp(log_range) if log_range < 709.0 else math.inf
