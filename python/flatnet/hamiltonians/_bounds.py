"""What a compiled quadratic form is off by: truncation of its neurons, and every rounding on the way through them.

Bounds are functions of S = Σ_j t_j², which the energy of a positive definite form bounds, and hold over the inputs' region.

Rounded weights are no error of first order. With ε_j the distance of neuron j's argument from b + λ t_j that they make,

    Σ_j w_j σ(b + λ t_j + ε_j) = Σ_j w_j [σ(b + λ t_j) + σ'(b) ε_j] + Σ_j w_j [σ'(b + λ t_j) - σ'(b)] ε_j + O(ε²).

In Σ w_j ε_j the share of the rows is 0, since `balanced` rounds them so that Σ w_j row_j = 0 still, and that of the biases
goes into the constant; the other sum is below max|σ''| λ Σ |t_j ε_j|. What is left is the arithmetic of a call: kernels add
products in the order of the columns, with or without fused operations, and the bias last; numbers up to 2^e are rounded by half
a unit in the last place of those below 2^e at most.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..gates._rounding import NEAR, ULPS
from ._base import Array
from ._quadric import SIMPLEX, Quadric
from ._region import Region

CURVATURE = SIMPLEX.curvature  # 1/(6√3), the largest σ''
# σ'''' = v √(1-4v) (1-12v) with v = s(1-s); its largest modulus, 0.127684, lies at v = (15 + √105)/120
QUARTIC = 0.12769 / CURVATURE
_DOUBLE = 2.0**-53
_SLACK = 1 + 1e-3  # products of two roundings
_PREFIXES = 1 << 22  # numbers of which partial sums are bounded one by one


@dataclass(frozen=True)
class Grown:
    """A bound on linear functions of y: ``most`` on the region, and ``fixed + rate √S`` where S bounds the arguments."""

    most: Array  # (m,)
    fixed: Array
    rate: Array | None

    def __call__(self, squares: Array) -> Array:
        """(m, len(squares))."""
        most = np.repeat(self.most[:, None], len(squares), axis=1)
        if self.rate is None:
            return most
        return np.minimum(most, self.fixed[:, None] + self.rate[:, None] * np.sqrt(squares))


@dataclass(frozen=True)
class Reach:
    """How far the neurons of a quadric are driven on a region."""

    t: Grown  # |t_j|
    running: Grown  # |Σ_{i <= j} w_i t_i|
    products: Grown  # Σ_i |rows_ji y_i| + Σ_{i > 0} |Σ_{k <= i} rows_jk y_k|: what the sum of t_j rounds
    drift: Grown  # what rounded rows move t_j by, in units of the dtype
    made: Grown  # what rows were made with, sums of n products, and moved by for it, in units of float64
    centre: Array  # |rows_j . centre|
    centre_sum: Array  # Σ_i |rows_ji centre_i|
    slope: float  # largest |slope . (y - centre)|
    slope_sum: float

    @classmethod
    def of(cls, q: Quadric, region: Region) -> Reach:
        far = np.maximum(np.abs(region.low - q.centre), np.abs(region.high - q.centre))
        shape = np.linalg.inv(q.whitening) if q.convex and q.rank == len(q.centre) else None
        near = None if shape is None else np.linalg.norm(shape, axis=1)
        zero = np.zeros(len(q.rows))
        sums = np.cumsum(q.weights[:, None] * q.rows, axis=0)

        def sized(rows: Array) -> Grown:
            return Grown(rows @ far, zero, None if near is None else rows @ near)

        slope = float(region.sup(q.slope[None, :], q.centre)[0]) if q.sloped else 0.0
        return cls(
            Grown(region.sup(q.rows, q.centre), zero, np.linalg.norm(q.directions, axis=1) if q.convex else None),
            Grown(
                region.sup(sums, q.centre),
                zero,
                np.linalg.norm(np.cumsum(q.weights[:, None] * q.directions, axis=0), axis=1) if q.convex else None,
            ),
            _sums(q.rows, q.centre, region, shape),
            sized(np.broadcast_to(4 * np.abs(q.rows).max(axis=0, initial=0.0), q.rows.shape)),
            sized(np.broadcast_to(2 * q.magnitudes.max(axis=0, initial=0.0), q.rows.shape)),
            np.abs(q.rows @ q.centre),
            np.abs(q.rows) @ np.abs(q.centre),
            slope,
            float(np.abs(q.slope) @ (region.magnitude + np.abs(q.centre))),
        )

    @property
    def square(self) -> float:
        """Largest Σ t_j², at most."""
        return float((self.t.most**2).sum())


def _sums(rows: Array, centre: Array, region: Region, shape: Array | None) -> Grown:
    """Products and partial sums of rows . y; partial sums of long rows are not looked at one by one."""
    m, n = rows.shape
    sizes = np.abs(rows)
    most, fixed = region.sums(rows), sizes @ np.abs(centre)
    rate = None if shape is None else sizes @ np.linalg.norm(shape, axis=1)
    if m * n * n > _PREFIXES:
        return Grown((n + 1) * most, (n + 1) * fixed, None if rate is None else (n + 1) * rate)
    prefixes = (rows[:, None, :] * np.tri(n)[1:]).reshape(-1, n)  # the first product is no sum

    def total(values: Array) -> Array:
        return np.asarray(values.reshape(m, n - 1).sum(axis=1))

    return Grown(
        most + total(region.sup(prefixes, np.zeros(n))),
        fixed + total(np.abs(prefixes @ centre)),
        None if rate is None or shape is None else rate + total(np.linalg.norm(prefixes @ shape, axis=1)),
    )


def quartic_at(argument: Array) -> Array:
    """Bound on 24 [t²/2 - φ(t)]/t⁴ of a simplex over |t| <= argument: the mean of -σ''''(b + s t)/σ'' with the weight 4 (1-s)³.

    -σ''''(z) rises from σ'' at z = b to its largest at b + 0.474, and is smaller below b, so the upper ends of pieces bound it.
    """
    ends = np.linspace(0.0, 1.0, 17)
    weights = (1 - ends[:-1]) ** 4 - (1 - ends[1:]) ** 4
    s = 1 / (1 + np.exp(-SIMPLEX.bias - np.minimum(argument, 0.47)[..., None] * ends[1:]))
    v = s * (1 - s)
    return np.where(argument <= 0.47, (v * np.sqrt(1 - 4 * v) * (12 * v - 1) / CURVATURE) @ weights * (1 + 1e-12), QUARTIC)


def pair_loss(x: Array) -> Array:
    """x² - 12 (cosh x - 1)/(5 + cosh x), what a pair falls short by: from 0 to x⁶/240, and convex in x².

    x² (5 + cosh x) - 12 (cosh x - 1) has the coefficients 1/(2k-2)! - 12/(2k)! of x^2k, 0 for k = 1 and 2 and positive beyond;
    times 40 it is below (5 + cosh x) x⁶/6, term by term. And 1/(5 + cosh √q) is convex:
    2x sinh² x - (x cosh x - sinh x)(5 + cosh x) has the coefficients [(2k+1)(4^k/2 - 5) + 4^k + 5]/(2k+1)! of x^(2k+1), 0 for
    k = 0 and 1 and positive beyond.
    """
    with np.errstate(over="ignore", divide="ignore"):
        direct = x**2 - 12 / (1 + 3 / np.sinh(x / 2) ** 2)
    return np.minimum(direct + 16 * _DOUBLE * x**2, x**6 / 240)


def truncation(q: Quadric, reach: Reach, lam: float, squares: Array) -> tuple[Array, Array]:
    """How far the network is below H before rounding, and how far above, for Σ t_j² up to each of ``squares``.

    A neuron of positive weight falls short by M λ² t⁴/24 at most, or half of what its pair does; one of negative weight exceeds
    by as much.
    """
    if not q.rank:
        return np.zeros(len(squares)), np.zeros(len(squares))
    t = reach.t(squares)
    if q.paired:
        each, whole = pair_loss(lam * t) / (2 * lam**2), pair_loss(lam * np.sqrt(squares / 2)) / lam**2
    else:
        share = quartic_at(lam * t.max(axis=0)) * lam**2 / 24
        each, whole = share * t**4, share * q.quartic * squares**2
    below, above = (each[q.weights == sign].sum(axis=0) for sign in (1.0, -1.0))
    return np.minimum(below, whole) if q.convex else below, above


def half_ulp(x: Array, unit: float) -> Array:
    """Largest rounding of numbers up to x: half a unit in the last place."""
    return np.asarray(np.ldexp(unit, np.frexp(np.maximum(x, 1e-300) * (1 + 2.0**-12))[1] - 1))


def rounding(q: Quadric, reach: Reach, exponent: int, constant: float, unit: float, squares: Array) -> Array:
    """Bound on what rounding adds to a form, for Σ t_j² up to each of ``squares``."""
    offset = abs(constant) + abs(float(q.weights.sum())) * 2.0**exponent * q.place.value
    copied = 2 * (reach.slope and 1.0 / copy_scale(reach, len(q.centre), unit)[0])
    result = squares / 2 + abs(constant) + reach.slope
    last = half_ulp(result, unit) + half_ulp(np.array(offset + copied), unit) + 8 * _DOUBLE * (offset + copied)
    if not q.rank:
        return np.asarray(last + unit * (2 * copied + reach.slope))
    n, lam, weight, bias = len(q.centre), q.place.scale(exponent), 2.0**exponent, q.place.bias
    t = reach.t(squares)
    top = np.minimum(bias + lam * t, 40.0)
    sigma = 1 / (1 + np.exp(-top))
    slope = np.where(top < 0, sigma * (1 - sigma), 0.25)
    # while the network runs: arguments, activations (products with a power of two are exact), sums
    arguments = unit * lam * reach.products(squares) + half_ulp(abs(bias) + lam * t, unit)
    sums = _running(q, reach, lam, squares)
    neurons = (slope * arguments).sum(axis=0) + half_ulp(sums, unit)[1:].sum(axis=0)
    neurons += _activations(q, lam, sigma, unit, squares)
    # while it is made: biases and rows; what is known of the biases only to float64 is not in the constant
    doubt = (n + 4) * _DOUBLE * (lam * reach.centre_sum + 2 * abs(bias))
    moved = (2 * half_ulp(abs(bias) + lam * reach.centre, unit) + doubt)[:, None]  # twice: of a pair once more, less b
    moved = moved + lam * (unit * reach.drift(squares) + (n + 5) * _DOUBLE * reach.made(squares))
    made = CURVATURE * (moved * (lam * t + moved)).sum(axis=0) + q.place.slope * float(doubt.sum())
    slopes = unit * (weight * sums[-1] + 2 * copied + reach.slope) if q.sloped else 0.0
    return np.asarray(_SLACK * (weight * (neurons + made) + last + slopes))


def _running(q: Quadric, reach: Reach, lam: float, squares: Array) -> Array:
    """Bounds on |Σ_{i <= j} w_i σ_i|: |σ''| is below `CURVATURE`, and Σ_{i <= j} t_i² below S."""
    linear = q.place.slope * lam * reach.running(squares)
    square = CURVATURE * lam**2 / 2 * np.minimum(squares, np.cumsum(reach.t(squares) ** 2, axis=0))
    return q.place.value * np.abs(np.cumsum(q.weights))[:, None] + linear + square


def _activations(q: Quadric, lam: float, sigma: Array, unit: float, squares: Array) -> Array:
    """Sum of the neurons' errors: only so many can leave the powers of two between which σ(b) lies as S allows."""
    total = 2 * half_ulp(sigma, unit).sum(axis=0)
    if q.convex:
        count = len(q.weights)
        power = 2.0 ** math.floor(math.log2(q.place.value))
        counted = np.full(len(squares), count * 2 * unit * power)
        while (power := 2 * power) < 1:
            least = math.log(power / (1 - power)) - q.place.bias  # of λt, to reach this power of two
            reached = np.floor(lam**2 * squares * _SLACK / least**2 / (2 if q.paired else 1))  # of a pair one neuron
            counted = counted + unit * power * np.minimum(reached, count)
        total = np.minimum(total, counted)
    far = 1 / (1 + math.exp(-q.place.bias - NEAR))
    joined = 3 * unit * (sigma * (sigma > far)).sum(axis=0)  # as `activation_error` has it for neurons at b + t and b - t
    return np.asarray(ULPS["logistic"] * total + joined)


def copy_scale(reach: Reach, inputs: int, unit: float) -> tuple[float, float]:
    """λ and error bound of the neuron [σ(λx) - ½] 4/λ that passes the slope on: |error| <= λ²|x|³/12 + rounding."""
    if not reach.slope:
        return 1.0, 0.0
    lam = 2.0 ** np.arange(-60, 8) / reach.slope
    argument = (2 * inputs + 8) * unit * lam * reach.slope_sum
    errors = lam**2 * reach.slope**3 / 12 + 4 / lam * (argument / 4 + 10 * unit)
    best = int(np.argmin(errors))
    return float(lam[best]), float(errors[best])
