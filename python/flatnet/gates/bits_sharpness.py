"""Sharpness β of bit gates: what a tolerance needs, what a dtype can hold, and the bound that follows.

A neuron that counts k bits is σ(β(count - k + 1/2)): on bits its argument is ±β/2 or farther from 0. Everything below
follows from this margin. Sums are kept exact: β is rounded up to so few digits that every multiple of β/2 that a neuron
can meet, 2 k of them, is a number of the dtype, whatever the order of summation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._check import boolean
from ..certificate import Certificate
from ._precision import positive_number

Array = np.ndarray[Any, Any]
HARD = 2048.0  # σ(±1024) is exactly 0 or 1 in float32 and in float64; a power of two, so that its multiples are exact
# In float64, thus in every dtype that may run the network: 1 + exp(-m) is 1 from m = 53 ln 2 on, exp(-m) is 0 from 1075 ln 2.
_ROUNDS_TO_ONE, _VANISHES = 54 * math.log(2), 1076 * math.log(2)
_LOGISTIC = 2  # units in the last place: what the logistic kernels keep to
_LEAST = 1.0  # β where the tolerance asks for nothing


def exact_sums(terms: Array, total: float, digits: int) -> bool:
    """Whether sums of ``terms`` up to ``total`` fit ``digits`` binary digits: all are multiples of one power of two."""
    c = np.abs(terms[terms != 0])
    if c.size == 0:
        return True
    mantissa, exponent = np.frexp(c)
    whole = np.ldexp(mantissa, 53).astype(np.int64)
    trailing = np.frexp((whole & -whole).astype(np.float64))[1] - 1
    unit = int((exponent - 53 + trailing).min())
    with np.errstate(over="ignore"):
        return bool(np.ldexp(total, -unit) <= 2.0**digits * (1 - 1e-9))


@dataclass(frozen=True)
class Sum:
    """An output c_0 + sum of c_j g_j over neurons g_j that should be 0 or 1.

    Attributes
    ----------
    coefficients : ndarray
        c_j as asked for, float64.
    constant : float
        c_0.
    peak : float
        max|c_j| where neurons count the same bits with thresholds that all differ, so that at most two of them
        are at ±β/2, two at ±3β/2 and so on; inf elsewhere.
    given : float
        Error that the coefficients bring with them.
    """

    coefficients: Array
    constant: float = 0.0
    peak: float = math.inf
    given: float = 0.0

    @property
    def mass(self) -> float:
        """Sum of |c_j|."""
        with np.errstate(over="ignore"):
            return float(np.abs(self.coefficients).sum())

    @property
    def single(self) -> bool:
        """One neuron with weight ±2^e and nothing added: the output rounds nothing."""
        return self.coefficients.size == 1 and self.constant == 0 and abs(math.frexp(self.coefficients[0])[0]) == 0.5

    def sharpness(self, tol: float) -> float:
        """Least β whose `truncation` is at most ``tol``: mass e^(-β/2), or 2 peak e^(-β/2)/(1 - e^(-β)) if that is less."""
        if self.mass == 0:
            return _LEAST
        by_mass = math.log(self.mass) - math.log(tol)
        by_peak = math.asinh(self.peak / tol) if self.peak / tol < 1e300 else math.inf
        return max(2 * min(by_mass, by_peak), _LEAST)

    def truncation(self, margin: float) -> float:
        """Bound on the error if every argument is at least ``margin`` from 0."""
        if margin >= _VANISHES:
            return 0.0
        t = math.exp(-margin)
        by_peak = 2 * self.peak * t / (1 - t * t) if margin > 0 else math.inf
        return min(self.mass * t / (1 + t), by_peak)

    def rounding(self, what: str, margin: float, precision: np.dtype[Any]) -> float:
        """Bound on what ``precision`` adds: coefficients, logistic function, products, and sums in any order."""
        u = float(np.finfo(precision).eps) / 2
        total = self.mass + abs(self.constant)
        cast = float(np.abs(self.coefficients.astype(precision).astype(np.float64) - self.coefficients).sum())
        cast += abs(float(precision.type(self.constant)) - self.constant) + self.given
        neuron = self._neurons(margin, precision)
        digits = int(np.finfo(precision).nmant) + 1
        terms = np.append(self.coefficients, self.constant)
        if self.coefficients.size == 0 or self.single or (margin >= _VANISHES and exact_sums(terms, total, digits)):
            return cast + neuron
        # Each term meets at most one rounding a sum and one of its product: (1 + u)^k - 1 <= k u / (1 - k u).
        k = self.coefficients.size + 1
        if k * u > 0.25:
            raise ValueError(f"{what} in {precision} cannot bound the rounding of a sum of {k} terms")
        # (1 + 2^-20): the second order, and this bound's own rounding
        return (cast + neuron + k * u / (1 - k * u) * total) * (1 + 2**-20)

    def _neurons(self, margin: float, precision: np.dtype[Any]) -> float:
        """What the neurons' last places add, near 1 and in their tails, and underflow of the tails and of their products."""
        if margin >= _VANISHES:
            return 0.0
        u = float(np.finfo(precision).eps) / 2
        near_one = 0.0 if margin >= _ROUNDS_TO_ONE else u
        last = max(near_one, 2 * u * math.exp(-margin)) + float(np.finfo(precision).smallest_subnormal)
        return _LOGISTIC * last * self.mass + self.coefficients.size * float(np.finfo(precision).smallest_subnormal)


@dataclass(frozen=True)
class Sharpness:
    """A sharpness for one network, and what it certifies."""

    beta: float
    truncation: float
    rounding: float
    floor: float
    precision: np.dtype[Any]

    def certificate(self, statement: str) -> Certificate:
        """The bound in words, for inputs that are 0 or 1."""
        return Certificate(
            error=self.truncation + self.rounding,
            domain=((0.0, 1.0),),
            dtype=self.precision.name,
            statement=statement,
            floor=self.floor,
            sharpness=self.beta,
            integers=True,
            truncation=self.truncation,
            rounding=self.rounding,
        )


def choose(
    what: str,
    ones: int,
    output: Sum,
    precision: np.dtype[Any],
    *,
    sharpness: float | None,
    tol: float | None,
    hard: bool,
) -> Sharpness:
    """β from one of ``sharpness``, ``tol`` and ``hard``; by default tol = 1e-10 (float32: 1e-5) or twice the rounding.

    ``ones`` is the largest number of bits that a neuron counts, ``output`` what is done with the neurons.
    """
    hard = boolean(what, "hard", hard)
    if (sharpness is not None) + (tol is not None) + hard > 1:
        raise ValueError(f"{what} takes sharpness or tol or hard, got sharpness={sharpness!r}, tol={tol!r} and hard={hard!r}")
    with np.errstate(over="ignore"):
        total = output.mass + abs(output.constant) + output.given
    if not total <= float(np.finfo(precision).max):
        raise ValueError(f"{what} in {precision} cannot hold values that add up to more than {np.finfo(precision).max:.3g}")
    exact_margin = HARD / 2
    floor = output.rounding(what, exact_margin, precision)
    if hard:
        beta = _short(what, HARD, ones, precision)
    elif sharpness is not None:
        beta = _held(what, positive_number(what, "sharpness", sharpness), ones, precision)
    else:
        beta = _short(what, _from_tolerance(what, tol, output, precision), ones, precision)
    margin = beta / 2 - _uncertainty(beta, ones, precision)
    if margin <= 0:
        raise ValueError(f"{what} in {precision} cannot tell {ones} ones from {ones - 1} with sharpness={beta:g}")
    rounding = output.rounding(what, margin, precision)
    return Sharpness(beta, output.truncation(margin), rounding, min(floor, rounding), precision)


def _from_tolerance(what: str, tol: object, output: Sum, precision: np.dtype[Any]) -> float:
    rounding = output.rounding(what, 1.0, precision)
    default = max(1e-10 if precision.name == "float64" else 1e-5, 2 * rounding)
    tolerance = default if tol is None else positive_number(what, "tol", tol)
    if tolerance <= rounding:
        hint = "; hard=True is exact" if output.rounding(what, HARD / 2, precision) == 0 else ""
        unit = float(np.finfo(precision).eps) / 2
        raise ValueError(
            f"{what} in {precision}, whose unit roundoff is {unit:.3g}, rounds by up to {rounding:.3g}, got tol={tol!r}{hint}"
        )
    # Eq. 13 has no room for rounding in its last two digits: there a single product keeps β = 2 ln(1/tol), as D decimals ask.
    near = output.single and rounding > tolerance / 256
    return output.sharpness(tolerance if near else tolerance - rounding)


def _digits(ones: int, precision: np.dtype[Any]) -> int:
    """Binary digits of β that leave all multiples of β/2 up to 2 ``ones`` exact; with 0 digits only powers of two do."""
    return int(np.finfo(precision).nmant) + 1 - (2 * ones - 1).bit_length()


def _short(what: str, beta: float, ones: int, precision: np.dtype[Any]) -> float:
    """``beta`` rounded up to the digits that keep sums exact."""
    digits = _digits(ones, precision)
    if digits < 0:
        raise ValueError(f"{what} in {precision} cannot count to {ones} in halves")
    mantissa, exponent = math.frexp(beta)
    return _held(what, math.ldexp(math.ceil(math.ldexp(mantissa, digits)), exponent - digits), ones, precision)


def _held(what: str, beta: float, ones: int, precision: np.dtype[Any]) -> float:
    """``beta`` in ``precision``, if it and the largest argument are finite and normal there."""
    with np.errstate(over="ignore", under="ignore"):
        stored = float(precision.type(beta))
        largest = precision.type(stored * ones)
    if not np.isfinite(largest) or stored < float(np.finfo(precision).tiny):
        raise ValueError(f"{what} in {precision} cannot hold sharpness*(k - 1/2) of sharpness={beta:g} and k={ones}")
    return stored


def _uncertainty(beta: float, ones: int, precision: np.dtype[Any]) -> float:
    """Bound on the error of an argument: 0 where all sums are exact, else ones + 2 roundings of at most ones * β."""
    mantissa, digits = math.frexp(beta)[0], _digits(ones, precision)
    if digits >= 0 and (mantissa == 0.5 or math.ldexp(mantissa, digits).is_integer()):
        return 0.0
    return 1.01 * (ones + 2) * ones * beta * float(np.finfo(precision).eps) / 2
