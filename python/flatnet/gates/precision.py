"""Precision as a third cost of flattening: bits that a product needs, deep and flat."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from .._check import integer
from ._choice import arguments, best_bias, copy_recipe
from ._circuit import Circuit, Gate, affine
from ._precision import positive_number
from ._recipe import Recipe, product_recipe
from .products import flat_neurons

_MOST_BITS = 512


@dataclass(frozen=True)
class PrecisionCost:
    """Bits of the significand with which a product of n numbers is certified within a tolerance.

    Attributes
    ----------
    flat : int
        One hidden layer of 2^n neurons.
    deep : int
        A tree of gates with merged affine maps.
    relayed : int
        The tree with a linear layer between two layers of gates.
    """

    flat: int
    deep: int
    relayed: int

    @property
    def C_bits(self) -> float:
        """Bits of the flat network over those of the deep one."""
        return self.flat / self.deep


def precision_cost(n: int, tol: float = 1e-3, activation: str = "logistic") -> PrecisionCost:
    r"""Bits that a product of n numbers in [-1, 1] needs for an error, flat against deep.

    Parameters
    ----------
    n : int
        Number of factors, 2 to 12.
    tol : float
        Largest error.
    activation : str
        As for `product_gate`.

    Returns
    -------
    PrecisionCost

    Raises
    ------
    ValueError
        If n or ``tol`` is out of range, or 512 bits are not enough.

    Notes
    -----
    The third cost of flattening beside synapses and neurons. The certified error is evaluated for a unit roundoff
    u = 2^-p; the fewest bits p that keep ``tol`` are returned (float32 has 24, float64 53). A flat gate divides a sum of 2^n
    terms by λⁿ: its error is of order u^(2/(n+2)), at its best bias u^(4/(n+4)), so that each further bit of accuracy costs
    (n + 4)/4 bits; for gates with relays it is 3/2 whatever n.

    Examples
    --------
    >>> cost = precision_cost(8, 1e-3)
    >>> cost.flat > 2 * cost.relayed
    True
    """
    what = "precision_cost"
    count = integer(what, "n", n)
    if not 2 <= count <= 12:
        raise ValueError(f"precision_cost is for 2 to 12 factors, got n={n}")
    wanted = positive_number(what, "tol", tol)
    name, box, _ = arguments(what, activation, (-1, 1), count, "float64")
    if 1 << count not in flat_neurons(name, count):
        raise ValueError(f"precision_cost of {count} factors needs a derivative {count} that is not zero, {name} has none")
    flat = _one_layer(count)
    trees = [_tree(count, name, relays) for relays in (False, True)]
    bits = [_bits(what, make, name, box, wanted) for make in (flat, *trees)]
    return PrecisionCost(*bits)


def _one_layer(n: int) -> Any:
    recipe = product_recipe(n, 1 << n)
    inputs = tuple(affine(k) for k in range(n))
    return lambda name, box: Circuit(name, box, [[Gate(recipe, _bias(name, recipe), inputs)]], affine(0))


@functools.lru_cache(maxsize=64)
def _bias(name: str, recipe: Recipe) -> float:
    return best_bias(name, recipe, 2.0**-53)


def _tree(n: int, name: str, relays: bool) -> Any:
    layers, width = [], n
    while width > 1:
        gates = []
        for start in range(0, width, 2):
            recipe = product_recipe(2, 4) if start + 1 < width else copy_recipe(name)
            gates.append(Gate(recipe, _bias(name, recipe), tuple(affine(start + k) for k in range(len(recipe.kinds)))))
        layers.append(gates)
        width = len(gates)
    return lambda name, box: Circuit(name, box, layers, affine(0), relays)


def _bits(what: str, make: Any, name: str, box: Any, tol: float) -> int:
    """The fewest bits, by halving: more bits never hurt by more than the grid of scales."""
    low, high = 2, _MOST_BITS
    if make(name, box).judged(2.0**-high).error > tol:
        raise ValueError(f"{what} finds no precision up to {_MOST_BITS} bits for this tolerance, got tol={tol:g}")
    while high - low > 1:
        middle = (low + high) // 2
        if make(name, box).judged(2.0**-middle).error <= tol:
            high = middle
        else:
            low = middle
    return high
