"""Recipes: the neurons of one gate as a difference quotient of the activation, and a bound on what the quotient leaves.

With F(t) = sigma(b + t) each input of a gate is differenced in one of three ways, r times over:

both     F(t + a u) - F(t - a u)    weights (-1)^j C(r, j) at t + (r - 2j) a u
forward  F(t + a u) - F(t)          weights (-1)^j C(r, j) at t + (r - j) a u
single   F(t + a u)                 one weight 1: the first derivative of what the others leave, once in a gate

A difference is an integral of F' over its step, so the weighted sum of all neurons is exactly
prod (step)^r E[F^(d)(S)], S = sum a_i u_i V_i with V_i the sum of r_i independent uniform numbers on [-1, 1] (both) or
[0, 1] (forward). What the gate adds to the product is the expectation of the Taylor expansion of F^(d) without its
first term, and the bounds below are the moments of S: for both, odd ones vanish and E S^2j <= (2j-1)!! (E S^2)^j, as a
uniform number's are below a Gaussian's of the same variance.
"""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .derivatives import _value, bound

Array = np.ndarray[Any, Any]
_MOMENTS = (2, 4)  # orders at which the Taylor expansion of F^(d) is cut; the best of them counts


@dataclass(frozen=True)
class Recipe:
    """How each input of a gate is differenced, and its power."""

    kinds: tuple[str, ...]
    powers: tuple[int, ...]
    skip: bool = False  # a linear skip connection takes away sigma^(d-1)(b), which need not vanish then

    @property
    def degree(self) -> int:
        return sum(self.powers)

    @property
    def has_single(self) -> bool:
        return "single" in self.kinds

    @functools.cached_property
    def neurons(self) -> int:
        return len(self.weights)

    @functools.cached_property
    def _table(self) -> tuple[Array, Array, float]:
        return _neurons(self)

    @property
    def directions(self) -> Array:
        """Whole multiples of the scaled inputs, (neurons, inputs)."""
        return self._table[0]

    @property
    def weights(self) -> Array:
        """Output weights before the common factor, (neurons,); signs alternate."""
        return self._table[1]

    @property
    def offset(self) -> float:
        """Weight of the constant sigma(b), which needs no neuron."""
        return self._table[2]

    @functools.cached_property
    def total(self) -> float:
        """Sum of |weights|."""
        return float(np.abs(self.weights).sum())

    @functools.cached_property
    def uniform(self) -> bool:
        """All weights of one size and no constant: rounding them changes the gate by a common factor only."""
        return self.offset == 0 and bool((np.abs(self.weights) == 1).all())

    def divisor(self) -> float:
        """The weighted sum is divisor * sigma^(d)(b) * prod (a_i u_i)^r_i."""
        return math.prod(2.0**r for kind, r in zip(self.kinds, self.powers) if kind == "both")

    def reach(self, scaled: tuple[float, ...]) -> float:
        """Largest |t| of any neuron, with |a_i u_i| <= scaled_i."""
        return sum(r * t for r, t in zip(self.powers, scaled))

    def truncation(self, name: str, bias: float, scaled: tuple[float, ...]) -> float:
        """Bound of |gate - prod u^r| / prod |u|^r at |a_i u_i| = scaled_i, in exact arithmetic."""
        lead = abs(_value(name, self.degree, bias))
        if lead == 0:
            return math.inf
        reach = self.reach(scaled)
        return min(self._cut(name, bias, scaled, cut, reach) for cut in _MOMENTS) / lead

    def _cut(self, name: str, bias: float, scaled: tuple[float, ...], cut: int, reach: float) -> float:
        # base: the derivative whose expectation the gate is; first: the term of it that makes the product
        base, first = (self.degree - 1, 1) if self.has_single else (self.degree, 0)
        moments = self._moments(scaled, cut)
        single = math.prod(t for kind, t in zip(self.kinds, scaled) if kind == "single") if self.has_single else 1.0
        total = bound(name, base + cut, bias, reach) * moments[cut] / math.factorial(cut)
        for k in range(cut):
            # a lone sigma(b) is the offset's, and the skip connection's is taken away elsewhere
            if k != first and not (k == 0 and self.has_single and (self.degree == 1 or self.skip)):
                total += abs(_value(name, base + k, bias)) * moments[k] / math.factorial(k)
        # the term that makes the product: E[S + t] = t, exactly, unless forward differences shift the mean
        if self.has_single and "forward" in self.kinds:
            total += abs(_value(name, base + 1, bias)) * sum(
                r * t / 2 for kind, r, t in zip(self.kinds, self.powers, scaled) if kind == "forward"
            )
        return total / single if single else math.inf

    def _moments(self, scaled: tuple[float, ...], order: int) -> list[float]:
        """Bounds of |E (t + S)^k|, k = 0 .. order, t the single input."""
        shift = variance = 0.0
        for kind, r, t in zip(self.kinds, self.powers, scaled):
            if kind == "single":
                shift += t
            elif kind == "forward":
                shift, variance = shift + r * t / 2, variance + r * t * t / 12
            else:
                variance += r * t * t / 3
        return [
            sum(
                math.comb(k, 2 * j) * shift ** (k - 2 * j) * math.prod(range(1, 2 * j, 2)) * variance**j
                for j in range(k // 2 + 1)
            )
            for k in range(order + 1)
        ]


@functools.lru_cache(maxsize=256)
def _neurons(recipe: Recipe) -> tuple[Array, Array, float]:
    sides = []
    for kind, r in zip(recipe.kinds, recipe.powers):
        if kind == "single":
            sides.append([(1, 1)])
        else:
            step = 2 if kind == "both" else 1
            sides.append([(r - step * j, (-1) ** j * math.comb(r, j)) for j in range(r + 1)])
    plus: list[tuple[list[int], int]] = []
    minus: list[tuple[list[int], int]] = []
    offset = 0.0
    for combination in itertools.product(*sides):
        direction, weight = [m for m, _ in combination], math.prod(w for _, w in combination)
        if not any(direction):
            offset += weight
        else:
            (plus if weight > 0 else minus).append((direction, weight))
    if recipe.kinds == ("single",):
        offset = -1.0
    rows: list[tuple[list[int], int]] = []  # + - + -, so that the running sum of the output stays small
    for a, b in itertools.zip_longest(plus, minus):
        rows += [row for row in (a, b) if row is not None]
    return np.array([d for d, _ in rows], dtype=np.float64), np.array([w for _, w in rows], dtype=np.float64), offset


def product_recipe(n: int, neurons: int) -> Recipe:
    """n-fold product from 2^n (both), 2^n - 1 (forward) or 2^(n-1) (one sign dropped) neurons."""
    if neurons == 1 << n:
        return Recipe(("both",) * n, (1,) * n)
    if neurons == (1 << (n - 1)):
        return Recipe(("single", *("both",) * (n - 1)), (1,) * n)
    return Recipe(("forward",) * n, (1,) * n)
