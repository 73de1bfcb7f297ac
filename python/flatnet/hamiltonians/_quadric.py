"""Quadratic forms of rank r in r + 1 logistic neurons: directions, scales, and bounds on their errors.

With z = W(y - m), signs s and r + 1 directions v_j of weights w_j = ±1 such that Σ w_j v_j = 0 and Σ w_j v_j v_jᵀ = diag(s),

    ½ Σ s_i z_i² ≈ Σ_j w_j [σ(b + λ t_j) - σ(b)] / (λ² σ''(b)),     t_j = v_j . z,     b = -arccosh 2.

The linear terms cancel because Σ w_j t_j = 0, the cubic ones because σ'''(b) = 0. There σ'' is largest, so each neuron's
φ(t) = [σ(b+t) - σ(b) - σ'(b)t]/σ''(b) obeys t²/2 - M t⁴/24 <= φ(t) <= t²/2 for every t, with M = max|σ''''|/σ''(b): the error
has a known sign and a bound without remainder. For a definite form the directions are those of a regular simplex.

λ is such that the output weight 1/(λ² σ'') is a power of two: multiplying by it does not round.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ._base import Array
from ._region import Region

BIAS = -math.acosh(2.0)
SIGMOID = 1 / (1 + math.exp(-BIAS))
CURVATURE = SIGMOID * (1 - SIGMOID) * (1 - 2 * SIGMOID)  # 1/(6√3), the largest σ''
# σ'''' = v √(1-4v) (1-12v) with v = s(1-s); its largest modulus, 0.127684, lies at v = (15 + √105)/120
QUARTIC = 0.12769 / CURVATURE


@dataclass(frozen=True)
class Quadric:
    """½ Σ_i signs_i z_i² + slope . (y - centre) + constant, z = whitening (y - centre)."""

    whitening: Array  # (r, n)
    signs: Array  # (r,), ±1
    centre: Array  # (n,)
    slope: Array  # (n,)
    constant: float

    @property
    def rank(self) -> int:
        return len(self.signs)

    @property
    def sloped(self) -> bool:
        return bool(self.slope.any())

    @property
    def neurons(self) -> int:
        """r + 1 for the form, one for what of the linear part leaves its range."""
        return (self.rank + 1 if self.rank else 0) + int(self.sloped)

    @property
    def convex(self) -> bool:
        """A positive definite form of its variables without slope: its value bounds its arguments."""
        return self.rank > 0 and not self.sloped and bool((self.signs > 0).all())

    @cached_property
    def _directions(self) -> tuple[Array, Array]:
        return directions(self.signs)

    @property
    def weights(self) -> Array:
        """w_j, (r + 1,)."""
        return self._directions[1]

    @cached_property
    def rows(self) -> Array:
        """t_j = rows_j . (y - centre), (r + 1, n)."""
        return np.asarray(self._directions[0] @ self.whitening)

    @cached_property
    def magnitudes(self) -> Array:
        """|v_j| |W|: what rounding of `rows` is relative to."""
        return np.asarray(np.abs(self._directions[0]) @ np.abs(self.whitening))

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


def directions(signs: Array) -> tuple[Array, Array]:
    """v (r + 1, r) and w = ±1 (r + 1,) with Σ w_j v_j = 0 and Σ w_j v_j v_jᵀ = diag(signs).

    One more w has the sign of the majority, so Σ w ≠ 0 has it too, and the vectors with Σ w_j u_j = 0 carry the form Σ w_j u_j²
    with exactly the signs asked (Sylvester).
    """
    r = len(signs)
    majority = 1.0 if (signs > 0).sum() >= (signs < 0).sum() else -1.0
    w = np.concatenate([signs, [majority]]) if r else np.zeros(0)
    if r == 0:
        return np.zeros((0, 0)), w
    basis = np.linalg.qr(np.column_stack([w, np.eye(r + 1)[:, :r]]))[0][:, 1:]  # w . basis = 0
    values, vectors = np.linalg.eigh(basis.T @ (w[:, None] * basis))
    order = np.argsort(values)
    wanted = np.argsort(signs, kind="stable")  # negative ones first, as the eigenvalues are
    v = np.empty((r + 1, r))
    v[:, wanted] = (basis @ vectors / np.sqrt(np.abs(values)))[:, order]
    return v, w


def scale(exponent: int) -> float:
    """λ with 1/(λ² σ'') = 2**exponent."""
    return float(2.0 ** (-exponent / 2) / math.sqrt(CURVATURE))


@dataclass(frozen=True)
class Reach:
    """How far the neurons of a quadric are driven on a region."""

    t: Array  # largest |t_j|
    sums: Array  # Σ_i |rows_ji y_i| + |rows_j . centre|: what rounding while the network runs is relative to
    made: Array  # Σ_i magnitudes_ji (|y_i| + |centre_i|): what rounding while the weights are made is relative to
    slope: float  # largest |slope . (y - centre)|
    slope_sum: float

    @classmethod
    def of(cls, q: Quadric, region: Region) -> Reach:
        widths = region.magnitude + np.abs(q.centre)
        slope = float(region.sup(q.slope[None, :], q.centre)[0]) if q.sloped else 0.0
        sums = region.sums(q.rows) + np.abs(q.rows @ q.centre)
        return cls(region.sup(q.rows, q.centre), sums, q.magnitudes @ widths, slope, float(np.abs(q.slope) @ widths))

    @property
    def square(self) -> float:
        """Largest Σ t_j², at most."""
        return float((self.t**2).sum())


def truncation(q: Quadric, reach: Reach, lam: float, squares: Array) -> Array:
    """Width of the interval of H - network before rounding, for Σ t_j² up to each of ``squares``.

    Neurons of positive weight fall short by M λ² t⁴/24 at most, those of negative weight exceed by as much.
    """
    fourth = reach.t**4
    positive = np.full(len(squares), fourth[q.weights > 0].sum())
    if q.convex:
        positive = np.minimum(positive, q.quartic * squares**2)
    return QUARTIC * lam**2 / 24 * (positive + float(fourth[q.weights < 0].sum()))


def rounding(q: Quadric, reach: Reach, exponent: int, bias: float, unit: float, squares: Array) -> Array:
    """Bound on what rounding adds to a form, for Σ t_j² up to each of ``squares``.

    Arguments: n products, n sums with them, the rounded weights and bias: n + 3 units of Σ|terms|; before that the weights were
    made in float64, by sums of n products: n + 5 of its units. Activations: 4 units of σ (2 units in the last place). The
    sum of r + 1 terms and the bias, in any order: r + 3 units of the largest partial sum. The bias itself: one.
    """
    if not q.rank:
        return np.zeros(len(squares))
    n, lam, weight = len(q.centre), scale(exponent), 2.0**exponent
    t = np.repeat(reach.t[:, None], len(squares), axis=1)
    if q.convex:
        t = np.minimum(t, np.sqrt(q.rank / (q.rank + 1) * squares))
    top = np.minimum(BIAS + lam * t, 40.0)
    sigma = 1 / (1 + np.exp(-top))
    slope = np.where(top < 0, sigma * (1 - sigma), 0.25)
    arguments = (n + 3) * unit * (lam * reach.sums + abs(BIAS)) + (n + 5) * 2.0**-53 * lam * reach.made
    terms = weight * sigma.sum(axis=0)
    # products with a power of two are exact; terms of one sign and a bias of the other keep every partial sum below the larger
    largest = np.maximum(terms, abs(bias)) if abs(q.weights.sum()) == q.rank + 1 else terms + abs(bias)
    return np.asarray(weight * (slope.T @ arguments) + unit * (4 * terms + (q.rank + 3) * largest + abs(bias)))


def copy_scale(reach: Reach, inputs: int, unit: float) -> tuple[float, float]:
    """λ and error bound of the neuron [σ(λx) - ½] 4/λ that passes the slope on: |error| <= λ²|x|³/12 + rounding."""
    if not reach.slope:
        return 1.0, 0.0
    lam = 2.0 ** np.arange(-60, 8) / reach.slope
    argument = (2 * inputs + 8) * unit * lam * reach.slope_sum
    errors = lam**2 * reach.slope**3 / 12 + 4 / lam * (argument / 4 + 10 * unit)
    best = int(np.argmin(errors))
    return float(lam[best]), float(errors[best])
