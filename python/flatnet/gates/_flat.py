"""Polynomials in one hidden layer: every monomial by differences of its own, all linear terms by one copy."""

from __future__ import annotations

import math

import numpy as np

from ..network import Network
from ._choice import Domain, best_bias, bias_of, copy_recipe
from ._circuit import Affine, Circuit, Gate, compiled, unit_roundoff
from ._recipe import Recipe
from ._terms import Terms
from .derivatives import _value, roots
from .product import polynomial_info

_MOST_NEURONS = 1 << 10  # of a flat form that a deep network carries


def vanishes(name: str, vanishing: int, standing: int) -> list[float]:
    """Biases where one derivative is zero and another is not."""
    return [z for z in roots(name, vanishing) if abs(_value(name, standing, z)) > 1e-9]


def monomial_recipes(name: str, powers: tuple[int, ...], u: float) -> tuple[list[Recipe], Recipe] | None:
    """Recipes of a monomial, all powers at least 1, and the one of fewest neurons whose error is O(scale²).

    Π(r_i + 1) neurons or one less; None: the derivative of its degree vanishes everywhere.
    """
    full = Recipe(("both",) * len(powers), powers)
    less = full if full.offset else Recipe(("forward",) * len(powers), powers)
    d = sum(powers)
    if abs(_value(name, d, best_bias(name, full, u))) < 1e-12:
        return None
    return [less, full], less if full.offset or vanishes(name, d + 1, d) else full


def one_layer(terms: Terms, name: str, box: Domain, precision: np.dtype[np.generic]) -> Network | None:
    """The network of a polynomial in one hidden layer; None where it would be too wide, or the activation has none."""
    neurons = sum(math.prod(r + 1 for r in e) for e in terms)
    if neurons > _MOST_NEURONS:
        return None
    gates: list[Gate] = []
    read: list[tuple[int, float]] = []
    linear = tuple((e.index(1), c) for e, c in sorted(terms.items(), reverse=True) if sum(e) == 1)
    if linear:
        recipe = copy_recipe(name)
        gates.append(Gate(recipe, bias_of("polynomial", None, name, recipe, precision), (Affine(linear),)))
        read.append((0, 1.0))
    for e, c in terms.items():
        if sum(e) < 2:
            continue
        found = monomial_recipes(name, tuple(r for r in e if r), unit_roundoff(precision))
        if found is None:
            return None
        recipe = found[1]
        inputs = tuple(Affine(((k, 1.0),)) for k, r in enumerate(e) if r)
        read.append((len(gates), c))
        gates.append(Gate(recipe, bias_of("polynomial", None, name, recipe, precision), inputs))
    constant = float(sum(c for e, c in terms.items() if not any(e)))
    made = Circuit(name, box, [gates], Affine(tuple(read), constant))
    degree = max(map(sum, terms))
    try:
        return compiled(
            "polynomial",
            made,
            precision,
            statement=f"a polynomial of degree {degree} in {len(box)} inputs from one layer of {name} neurons: "
            "truncation and rounding",
            name=f"polynomial({len(box)} inputs, degree {degree}), flat",
            info=polynomial_info(len(box), terms),
        )
    except ValueError:  # weights or error bounds beyond the dtype
        return None
