"""Quadratic forms of rank r in r + 1 or 2r logistic neurons: directions, scales, rounded weights.

With z = W(y - m), signs s and directions v_j of weights w_j = ±1 such that Σ w_j v_j = 0 and Σ w_j v_j v_jᵀ = diag(s),

    ½ Σ s_i z_i² ≈ Σ_j w_j [σ(b + λ t_j) - σ(b)] / (λ² σ''(b)),     t_j = v_j . z.

The linear terms cancel because Σ w_j t_j = 0. r + 1 directions, of a definite form those of a regular simplex, stand at the
bias -arccosh 2: there σ''' is 0 and σ'' largest, so each neuron's φ(t) = [σ(b+t) - σ(b) - σ'(b)t]/σ''(b) obeys
t²/2 - M t⁴/24 <= φ(t) <= t²/2 for every t, with M = max|σ''''|/σ''(b): the error has a known sign and no remainder.

2r directions, ±e_i/√2, cancel all odd terms, and stand at the bias -arccosh 5, where σ'''' is 0: a pair gives

    [σ(b+x) + σ(b-x) - 2σ(b)]/σ''(b) = 12 (cosh x - 1)/(5 + cosh x),     x²  less  0 to x⁶/240.

λ is such that the output weight 1/(λ² σ'') is a power of two: multiplying by it does not round.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..gates._directions import directions
from ._base import Array


@dataclass(frozen=True)
class Place:
    """Where on the logistic function the neurons of a form stand."""

    bias: float

    @cached_property
    def value(self) -> float:
        return 1 / (1 + math.exp(-self.bias))

    @cached_property
    def slope(self) -> float:
        return self.value * (1 - self.value)

    @cached_property
    def curvature(self) -> float:
        return self.slope * (1 - 2 * self.value)

    def scale(self, exponent: int) -> float:
        """λ with 1/(λ² σ'') = 2**exponent."""
        return float(2.0 ** (-exponent / 2) / math.sqrt(self.curvature))


SIMPLEX = Place(-math.acosh(2.0))
PAIRS = Place(-math.acosh(5.0))


@dataclass(frozen=True)
class Quadric:
    """½ Σ_i signs_i z_i² + slope . (y - centre) + constant, z = whitening (y - centre)."""

    whitening: Array  # (r, n)
    signs: Array  # (r,), ±1
    centre: Array  # (n,)
    slope: Array  # (n,)
    constant: float
    paired: bool = False  # 2r neurons, not r + 1

    @property
    def place(self) -> Place:
        return PAIRS if self.paired else SIMPLEX

    @property
    def rank(self) -> int:
        return len(self.signs)

    @property
    def sloped(self) -> bool:
        return bool(self.slope.any())

    @property
    def neurons(self) -> int:
        """r + 1 or 2r for the form, one for what of the linear part leaves its range."""
        return len(self.weights) + int(self.sloped)

    @property
    def convex(self) -> bool:
        """A positive definite form of its variables without slope: its value bounds its arguments."""
        return self.rank > 0 and not self.sloped and bool((self.signs > 0).all())

    @cached_property
    def _made(self) -> tuple[Array, Array]:
        if not self.paired:
            return directions(self.signs)
        axes = np.repeat(np.eye(self.rank), 2, axis=0) * math.sqrt(0.5)
        return axes * np.tile([1.0, -1.0], self.rank)[:, None], np.repeat(self.signs, 2)

    @property
    def directions(self) -> Array:
        """v_j, (m, r)."""
        return self._made[0]

    @property
    def weights(self) -> Array:
        """w_j, (m,)."""
        return self._made[1]

    @cached_property
    def rows(self) -> Array:
        """t_j = rows_j . (y - centre), (m, n)."""
        return np.asarray(self.directions @ self.whitening)

    @cached_property
    def magnitudes(self) -> Array:
        """|v_j| |W|: what rounding of `rows` is relative to."""
        return np.asarray(np.abs(self.directions) @ np.abs(self.whitening))

    @property
    def quartic(self) -> float:
        """Largest Σ t_j⁴ / (Σ t_j²)² on the simplex: one large and r equal small ones."""
        r = self.rank
        return (r * r - r + 1) / (r * (r + 1))


def quadric(h: Any) -> Quadric:
    """From a Gaussian (as it is whitened) or a Quadratic (by its eigenvectors)."""
    if hasattr(h, "whitening"):
        n = h.inputs
        return Quadric(h.whitening, np.ones(n), h.mean, np.zeros(n), h.log_normaliser)
    values, vectors = np.linalg.eigh(h.h)
    kept = np.abs(values) > h.inputs * np.finfo(np.float64).eps * np.abs(values).max(initial=0.0)
    values, vectors = values[kept], vectors[:, kept]
    inside = vectors.T @ h.linear
    centre = -0.5 * vectors @ (inside / values)
    slope = h.linear - vectors @ inside
    slope[np.abs(slope) <= 4 * h.inputs * np.finfo(np.float64).eps * np.abs(h.linear).max()] = 0.0
    constant = h.constant + h.linear @ centre + centre @ h.h @ centre
    return Quadric(np.sqrt(2 * np.abs(values))[:, None] * vectors.T, np.sign(values), centre, slope, float(constant))


def balanced(rows: Array, weights: Array, dtype: str) -> Array:
    """``rows`` as the dtype holds them, with Σ_j w_j rows_j = 0 exactly: then their rounding has no linear part.

    All entries of a column are multiples of one power of two, below two units in the last place of the largest, and those that
    lose least by it move one step where the sum asks for it.
    """
    digits, held = min(np.finfo(dtype).nmant + 1, 62 - len(rows).bit_length()), np.finfo(dtype)
    top = np.frexp(np.abs(rows).max(axis=0) * (1 + 2.0 ** (2 - digits)))[1]
    if top.max() > held.maxexp or top[rows.any(axis=0)].min(initial=0) - digits < held.minexp - held.nmant:
        raise ValueError(f"{dtype} cannot hold weights of 2**{top.min()} to 2**{top.max()}: inputs of another unit are needed")
    exact = np.ldexp(rows, digits - top)
    steps = np.rint(exact)
    excess = (weights[:, None] * steps).astype(np.int64).sum(axis=0)
    change = -np.sign(excess) * weights[:, None]
    order = np.argsort(np.argsort(-(exact - steps) * change, axis=0, kind="stable"), axis=0)
    each, rest = np.divmod(np.abs(excess), len(rows))
    steps += change * (each + (order < rest))
    return np.ldexp(steps, top - digits).astype(dtype)
