"""Rounding: what floating point does to a gate, operation by operation, as a bound.

The kernels add the terms of a row in the order of its columns, with or without fused operations, add the bias last, and
evaluate activations within `ULPS` units in the last place. `u` is the unit roundoff, 2^-53 or 2^-24; any other value
answers how many bits a gate would need.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ._recipe import Recipe
from .derivatives import _value, bound

# Of docs/activations.md, with half an ulp for instruction sets without fused operations, which the logistic function needs not.
ULPS = {"logistic": 2.0, "tanh": 3.5, "softplus": 4.0, "gelu": 6.5, "silu": 3.5, "sin": 3.5, "exp": 2.0, "square": 0.5}
_SLACK = 1 + 1e-3  # second-order terms: u is at most 2^-8 times what it multiplies here
_DOUBLE = 2.0**-53
NEAR = 0.499  # kernels/neurons-inl.hpp joins pairs up to 1/2; t is rounded


@dataclass(frozen=True)
class Input:
    """A network's input on [low, high]."""

    low: float
    high: float
    error: float = 0.0

    @property
    def magnitude(self) -> float:
        return max(abs(self.low), abs(self.high))


@dataclass(frozen=True)
class Output:
    """A gate as its readers see it: the weights `factor * recipe.weights` on neurons of size `value`."""

    recipe: Recipe
    factor: float  # common factor c of the output weights
    bias: float
    centre: float  # sigma(b)
    value: float  # bound of |sigma| over the gate's range
    spread: float  # bound of |sigma - sigma(b)|
    low: float  # of the exact product
    high: float
    error: float  # |c (sum w h + offset sigma(b)) - product|, h the neurons as computed
    truncation: float
    _sums: list[tuple[float, float]] = field(default_factory=list, compare=False)

    @property
    def magnitude(self) -> float:
        return max(abs(self.low), abs(self.high))

    def running(self, leads: bool) -> float:
        """Sum over the row's additions of the bound of the running sum, per unit of |c|; a row's first term adds nothing."""
        if not self._sums:
            w = self.recipe.weights
            partial = abs(self.centre) * np.abs(np.cumsum(w)) + self.spread * np.cumsum(np.abs(w))
            self._sums.append((float(partial.sum()), float(partial[1:].sum())))
        return self._sums[0][leads]

    @functools.cached_property
    def total(self) -> float:
        return self.recipe.total


Source = Input | Output


@dataclass(frozen=True)
class Reading:
    """An affine function of a layer's outputs, and what computing it from the neurons costs, in units of u.

    A row of the next layer may read several of them, interleaved: every addition of one then rounds a running sum that may
    hold all of the others.
    """

    low: float  # of the exact value
    high: float
    error: float  # of the exact affine function of the neurons as computed
    own: float  # rounding of products, gates' weights and running sums
    weights: float  # rounding of the weights of inputs, where they are not exact
    additions: int
    size: float  # bound of the running sum
    constant: float
    offsets: float  # of the constants that gates leave to the bias
    exact: bool  # the coefficients of inputs are +-1, or there are none

    @property
    def magnitude(self) -> float:
        return max(abs(self.low), abs(self.high))


def reading(terms: Sequence[tuple[float, Source]], constant: float = 0.0) -> Reading:
    """Sum of coefficient * source + constant; terms in the order of the columns."""
    low = high = constant
    error = own = weights = running = offsets = 0.0
    additions = 0
    for coefficient, source in terms:
        a = abs(coefficient)
        ends = (coefficient * source.low, coefficient * source.high)
        low, high, error = low + min(ends), high + max(ends), error + a * source.error
        if isinstance(source, Input):
            size = a * source.magnitude
            running += size
            own += size + running
            weights += size
            additions += 1
            continue
        weight = a * abs(source.factor)
        whole = a * (source.magnitude + source.error)
        own += weight * source.total * source.value  # products
        own += 3 * whole if source.recipe.uniform else 3 * weight * source.total * source.value  # weights, rounded
        own += source.recipe.neurons * running + weight * source.running(running == 0)  # partial sums
        offset = weight * abs(source.recipe.offset) * abs(source.centre)
        running += whole + offset
        offsets += offset
        additions += source.recipe.neurons
    exact = all(abs(c) == 1 for c, source in terms if isinstance(source, Input))
    return Reading(low, high, error, own, weights, additions, running, constant, offsets, exact)


def row_error(readings: Sequence[Reading], scales: Sequence[float], u: float, exact: bool) -> tuple[float, float]:
    """Rounding of the row sum of scale * reading, as kernels compute it; and a bound of the row."""
    sizes = [a * r.size for a, r in zip(scales, readings)]
    total = sum(sizes)
    error = 0.0
    for a, size, r in zip(scales, sizes, readings):
        error += a * r.own + (0.0 if exact else a * r.weights) + r.additions * (total - size)
    offsets = sum(a * r.offsets for a, r in zip(scales, readings))
    constants = sum(a * abs(r.constant) for a, r in zip(scales, readings))
    error += 4 * (offsets + constants) if offsets else constants  # a sum of several parts, or one number, rounded
    size = total + offsets + constants
    return u * (error + size) * _SLACK, size


def ulp(value: float, u: float) -> float:
    """Unit in the last place of the largest number up to `value`."""
    return 2 * u * 2.0 ** math.floor(math.log2(value)) if value > 0 else 0.0


@dataclass(frozen=True)
class Made:
    """A gate with its scales, judged: what readers see and what it costs them."""

    output: Output
    scales: tuple[float, ...]
    burden: float  # truncation, and half the bound of all rounding: what is seen of it


def activation_error(name: str, value: float, reach: float, u: float) -> float:
    """What evaluating a neuron of at most `value` rounds, at inputs within `reach` of its bias.

    Logistic neurons at b + t and b - t that are read alike are computed as one: up to abs(t) = 1/2 nearer to their sum than two
    neurons are, from there on as the two less 2 sigma(b), which rounds twice more, as sigma(b) does.
    """
    joined = 3 * u * value if name == "logistic" and reach > NEAR else 0.0
    return ULPS[name] * ulp(value, u) + joined


def judge(recipe: Recipe, name: str, bias: float, scales: tuple[float, ...], inputs: Sequence[Reading], u: float) -> Made:
    """The error of a gate at given scales."""
    magnitudes = [r.magnitude for r in inputs]
    scaled = tuple(a * (m + r.error) for a, m, r in zip(scales, magnitudes, inputs))
    reach = recipe.reach(scaled)
    slope = bound(name, 1, bias, reach)
    centre = _value(name, 0, bias)
    spread = slope * reach
    value = abs(centre) + spread
    share = recipe.divisor() * _value(name, recipe.degree, bias) * math.prod(a**r for a, r in zip(scales, recipe.powers))
    factor = 1.0 / share if abs(share) > 1e-300 else math.inf
    steps = [a * r for a, r in zip(scales, recipe.powers)]
    exact = all(r.exact and (p == 1 or _few_bits(a)) for a, p, r in zip(scales, recipe.powers, inputs))
    rounded, size = row_error(inputs, steps, u, exact)
    rounded += u * (abs(bias) + reach)  # the bias is added last
    if any(r.constant or r.offsets for r in inputs):
        rounded += u * (abs(bias) + size)  # and is itself rounded where it is a sum
    neuron = slope * rounded + activation_error(name, value, reach, u)
    ideal = math.prod(m**r for m, r in zip(magnitudes, recipe.powers))
    moved = math.prod((m + r.error) ** p for m, r, p in zip(magnitudes, inputs, recipe.powers))
    truncation = recipe.truncation(name, bias, scaled) * moved * (1 + 1e-9) if moved else 0.0
    error = truncation + (moved - ideal) + abs(factor) * recipe.total * neuron + 8 * min(u, _DOUBLE) * moved
    low, high = product_range([(r.low, r.high) for r in inputs], recipe.powers)
    if recipe.skip:  # the gate leaves x y + sigma'/(sigma'' a) y
        linear = abs(_value(name, 1, bias) / (_value(name, 2, bias) * scales[0])) * moved / max(magnitudes[0], 1e-300)
        low, high = low - linear, high + linear
    output = Output(recipe, factor, bias, centre, value, spread, low, high, error * (1 + 1e-9), truncation)
    burden = error + row_error([reading([(1.0, output)])], [1.0], u, True)[0]
    return Made(output, scales, (burden + truncation) / 2)


def _few_bits(a: float) -> bool:
    """A mantissa of 8 bits or fewer: its small multiples are exact."""
    mantissa, _ = math.frexp(a)
    return (mantissa * 256).is_integer()


def product_range(ranges: list[tuple[float, float]], powers: tuple[int, ...]) -> tuple[float, float]:
    """Interval of prod u^r."""
    low = high = 1.0
    for (a, b), r in zip(ranges, powers):
        ends = (a**r, b**r)
        lo, hi = (min(ends), max(ends)) if r % 2 or a > 0 or b < 0 else (0.0, max(ends))
        corners = (low * lo, low * hi, high * lo, high * hi)
        low, high = min(corners), max(corners)
    return low, high


def few_bits(scale: float) -> float:
    """The nearest number with a mantissa of 4 bits: its products with small integers are exact in every dtype."""
    mantissa, exponent = math.frexp(scale)
    return math.ldexp(round(mantissa * 16) / 16, exponent)


def best_scales(recipe: Recipe, name: str, bias: float, inputs: Sequence[Reading], u: float) -> Made:
    """The scales with the least burden: every input's own, so that all are of one size inside the gate."""
    magnitudes = [r.magnitude or 1.0 for r in inputs]

    def at(scale: float) -> Made:
        return judge(recipe, name, bias, tuple(few_bits(scale / m) for m in magnitudes), inputs, u)

    if name == "square" and recipe.degree == 2:
        return at(1.0)
    # The burden falls with the scale, then rises: halving between powers of two, then the sixteenths around the best.
    low, high = -2, min(200, 900 // recipe.degree)
    while high - low > 1:
        middle = (low + high) // 2
        if at(2.0**-middle).burden > at(2.0 ** -(middle + 1)).burden:
            low = middle
        else:
            high = middle
    found = [at(2.0**-high * m / 8) for m in (5, 6, 7, 8, 9, 10, 11, 12, 13, 14)]
    return min(found, key=lambda made: made.burden)
