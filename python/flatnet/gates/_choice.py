"""Choices that gates share: arguments, the best bias of a recipe, the recipe that copies a number."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .._check import integer, real_number
from ..certificate import intervals
from ._circuit import unit_roundoff
from ._precision import positive_number, real_dtype
from ._recipe import Recipe
from ._rounding import Input, best_scales, reading
from .derivatives import _value, roots, usable

Domain = tuple[tuple[float, float], ...]


def arguments(what: str, activation: object, domain: Any, inputs: int, dtype: DTypeLike) -> tuple[str, Domain, np.dtype[Any]]:
    """Checked activation, one interval for each input (its ends as the dtype rounds them, too), precision."""
    name, precision = usable(what, activation), real_dtype(what, dtype)
    found = intervals(what, domain, inputs, strict=True)
    box = tuple((min(low, float(precision.type(low))), max(high, float(precision.type(high)))) for low, high in found)
    return name, box if len(box) == inputs else box * inputs, precision


def scales_of(what: str, scale: object, recipe: Recipe, precision: np.dtype[Any]) -> tuple[float, ...] | None:
    """None for "auto", else the scale as the dtype holds it, for every input."""
    if isinstance(scale, str) and scale == "auto":
        return None
    number = positive_number(what, "scale", scale)
    with np.errstate(over="ignore", under="ignore"):
        held = float(precision.type(number))
        weight = float(np.float64(held) ** recipe.degree)
    if not (math.isfinite(held) and held >= np.finfo(precision).tiny and 1.0 / np.finfo(precision).max < weight < math.inf):
        raise ValueError(f"{what} in {precision} cannot hold the weights 1/scale**{recipe.degree} of scale={number:g}")
    return (held,) * len(recipe.kinds)


def bias_of(what: str, bias: object, name: str, recipe: Recipe, precision: np.dtype[Any]) -> float:
    """The bias asked for, or the best one, as the dtype holds it."""
    if bias is None:
        return float(precision.type(best_bias(name, recipe, unit_roundoff(precision))))
    number = real_number(what, "bias", bias)
    if not abs(number) <= 30:
        raise ValueError(f"{what} needs a bias between -30 and 30, got bias={bias!r}")
    held = float(precision.type(number))
    if _value(name, recipe.degree, held) == 0:
        raise ValueError(f"{what} needs a bias with a derivative {recipe.degree} of {name} other than zero, got bias={bias!r}")
    return held


@functools.lru_cache(maxsize=1024)
def best_bias(name: str, recipe: Recipe, u: float) -> float:
    """The bias with the least certified error on [-1, 1], among those where a derivative near the gate's degree vanishes.

    Examples
    --------
    >>> from flatnet.gates._recipe import product_recipe
    >>> import math
    >>> best_bias("logistic", product_recipe(2, 4), 2.0**-53) + math.acosh(5)
    0.0
    """
    d = recipe.degree
    candidates = {0.0, 1.0}
    for k in range(max(d - 1, 1), d + 3):
        candidates.update(roots(name, k))
    inputs = [reading([(1.0, Input(-1.0, 1.0))])] * len(recipe.kinds)
    best = (math.inf, math.inf, 0.0)
    for bias in sorted(candidates):
        if abs(_value(name, d, bias)) > 1e-12:
            made = best_scales(recipe, name, bias, inputs, u)
            best = min(best, (made.burden, abs(bias), bias))
    return best[2]


def gate_neurons(what: str, neurons: object) -> int:
    """Neurons of a product of two, or a sentence."""
    number = integer(what, "neurons", neurons)
    if number not in (2, 3, 4):
        raise ValueError(f"{what} makes products of 2, 3 or 4 neurons, got neurons={neurons!r}")
    return number


@functools.lru_cache(maxsize=64)
def copy_recipe(name: str) -> Recipe:
    """One neuron where the second derivative vanishes and the first does not; otherwise two, whose even terms cancel."""
    one = any(abs(_value(name, 1, z)) > 1e-6 for z in roots(name, 2))
    return Recipe(("single",), (1,)) if one else Recipe(("both",), (1,))


@functools.lru_cache(maxsize=64)
def pair_recipe(name: str) -> Recipe | None:
    """x y from two neurons, where the first derivative vanishes and the second does not; None: nowhere."""
    there = any(abs(_value(name, 2, z)) > 1e-6 for z in roots(name, 1))
    return Recipe(("single", "both"), (1, 1)) if there else None
