"""The polynomial compiler: terms to a network of gates, with a certified error."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..network import Network
from ..transforms import Entry
from ._choice import Domain, arguments, bias_of, copy_recipe, gate_neurons, pair_recipe
from ._circuit import Circuit, compiled, unit_roundoff
from ._flat import one_layer
from ._plan import Plan, Recipes, circuit, plan
from ._plan import neurons as hidden_neurons
from ._precision import positive_number
from ._recipe import Recipe, product_recipe
from ._terms import Terms, centred, read_terms, rounding
from .product import polynomial_info
from .quadratic import quadratic_form

_MOST_TRIED = 8  # circuits whose error is certified before the compiler gives up


def polynomial(
    terms: Any,
    tol: float | None = None,
    domain: Any = None,
    activation: str = "logistic",
    dtype: DTypeLike = np.float64,
    *,
    neurons: int | None = None,
    relays: bool | None = None,
) -> Network:
    r"""Polynomial in n variables as a network of gates, with a certified error.

    Parameters
    ----------
    terms : mapping, numpy.polynomial series or sympy.Poly
        Exponents to coefficient, ``{(2, 1, 0): 1.5, ...}`` (or ``{3: 1.5}`` in one variable); a ``Polynomial``, ``Chebyshev``,
        ...; a ``sympy.Poly`` with real coefficients, its generators in order. Degree up to 24.
    tol : float, optional
        Largest error, absolute, on the whole domain. The network with the fewest hidden neurons that is certified within it is
        returned. By default no tolerance is asked, and gates of four neurons are used.
    domain : (float, float) or n such pairs, optional
        Intervals that the inputs stay in: by default that of the numpy.polynomial series, else (-1, 1).
    activation : str
        As for `product_gate`.
    dtype : {float64, float32}
    neurons : {4, 3, 2}, optional, keyword-only
        Neurons of a product, as for `product_gate`; by default what ``tol`` needs.
    relays : bool, optional, keyword-only
        A linear layer between two layers of gates (more exact, more neurons) or merged affine maps; by default what
        ``tol`` needs.

    Returns
    -------
    Network
        Maps ``(..., n) -> (..., 1)``. Its ``certificate`` has the error bound, the ``floor``, and the scale of the last layer;
        ``info["multiplications"]`` is the number of products. Up to 1024 neurons its ``flat_form`` has one hidden layer:
        Π(r_i + 1) neurons a monomial, or one less.

    Raises
    ------
    ValueError
        If ``tol`` is below what any of the networks tried reaches in this dtype (the floor is in the message), a coefficient
        is not finite, or the domain is empty or infinite.
    TypeError
        If ``terms`` is no polynomial with real coefficients.

    Notes
    -----
    A polynomial of degree d in n variables has C(n + d, d) terms (Lin & Tegmark Eq. 9), and one product makes a monomial
    from two lower ones: their corollary of sec. II C spends 4 neurons on each. Here terms share subproducts, high terms are
    divided by monomials of one degree k (k = 1 is Horner's scheme, k = d/2 needs the fewest products of a dense polynomial),
    squares take two neurons, sums are free, inputs may enter less the centres of their intervals, and of all these
    the cheapest network that keeps ``tol`` is kept. Degree 2 is one `quadratic_form` of rank + 1 neurons where that keeps it.
    Each gate is scaled to the range of its inputs. That "the number of neurons does not depend on ε" holds in exact
    arithmetic; in floating point there is a floor, below which the compiler refuses.

    Examples
    --------
    >>> import flatnet as fn
    >>> net = fn.polynomial({(2, 1): 1.5, (0, 1): -1.0, (0, 0): 0.25}, tol=1e-6)
    >>> net([0.5, -1.0]).round(6), net.info["multiplications"]
    (array([0.875]), 2)
    >>> net.certificate.error <= 1e-6
    True
    >>> fn.polynomial({(4,): 1.0}, tol=1e-20)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    ValueError: polynomial in float64 is certified within ... at best on this domain, got tol=1e-20
    """
    what = "polynomial"
    found, natural = read_terms(what, terms)
    inputs = len(next(iter(found)))
    box_given = domain if domain is not None else natural if natural is not None else (-1, 1)
    name, box, precision = arguments(what, activation, box_given, inputs, dtype)
    accepted = math.inf if tol is None else positive_number(what, "tol", tol)
    if neurons is not None and gate_neurons(what, neurons) == 2 and pair_recipe(name) is None:
        raise ValueError(f"polynomial needs a point where the slope of {name} vanishes for products of 2 neurons, it has none")
    choices = _choices(found, name, box, precision, neurons, relays, tol is not None)
    best, floor = _chosen(choices, accepted, precision)
    if tol is not None and neurons is None and relays is None and max(map(sum, found)) == 2:
        single = _quadratic(found, name, box, precision, accepted)
        if single is not None and (best is None or single.neurons < hidden_neurons(best[1])):
            return single
    if best is None:
        raise ValueError(f"polynomial in {precision} is certified within {floor:.3g} at best on this domain, got tol={tol!r}")
    made, chosen = best
    degree = max(sum(e) for e in found)
    return compiled(
        what,
        chosen,
        precision,
        statement=f"a polynomial of degree {degree} in {inputs} inputs from {name} gates: truncation and rounding",
        name=f"polynomial({inputs} inputs, degree {degree})",
        floor=floor,
        flat_form=one_layer(found, name, box, precision) if len(chosen.layers) > 1 else None,
        info={**polynomial_info(inputs, found), "multiplications": len(made.products)},
    )


Choice = tuple[Plan, Circuit]


def _choices(
    terms: Terms,
    name: str,
    box: Domain,
    precision: np.dtype[Any],
    gate: int | None,
    relays: bool | None,
    wanted: bool,
) -> list[Choice]:
    """Circuits for every k, kind of gate and of relays, the fewest neurons first."""
    degree = max(sum(e) for e in terms)
    few = [p for family in _plans(terms, degree, box) for p in _shortest(family)]
    gates = [gate] if gate is not None else [3, 4, *([2] if pair_recipe(name) else [])] if wanted else [4]
    linear = [relays] if relays is not None else [False, True] if wanted else [False]
    found = []
    for count in gates:
        recipes = _recipes(name, count, precision)
        found += [(p, circuit(p, recipes, name, box, bool(flag))) for p in few for flag in linear if not flag or p.depth > 1]
    if not found:  # relays were asked for, and there is nothing between
        found = [(p, circuit(p, _recipes(name, gates[-1], precision), name, box, False)) for p in few]
    return sorted(found, key=lambda choice: (hidden_neurons(choice[1]), len(choice[1].layers)))


def _quadratic(terms: Terms, name: str, box: Domain, precision: np.dtype[Any], accepted: float) -> Network | None:
    """Degree 2 in one layer, if that keeps the tolerance."""
    n = len(box)
    h, linear, constant = np.zeros((n, n)), np.zeros(n), 0.0
    for e, c in terms.items():
        where = [k for k, r in enumerate(e) for _ in range(r)]
        if len(where) == 2:
            h[where[0], where[1]] += c
        elif where:
            linear[where[0]] += c
        else:
            constant = c
    try:
        made = quadratic_form(h, linear, constant, activation=name, domain=box, tol=accepted, dtype=precision)
    except ValueError:
        return None
    made.info["multiplications"] = made.neurons - 1
    return made


def _shortest(family: list[Plan]) -> list[Plan]:
    """The three plans of the fewest products; of as many products the shallowest."""
    plans = {len(p.products): p for p in sorted(family, key=_order)[::-1]}
    return sorted(plans.values(), key=_order)[:3]


def _plans(terms: Terms, degree: int, box: Domain) -> list[list[Plan]]:
    """A plan for every k, in the inputs and, where that makes their ranges smaller, in the inputs less their centres."""
    centre = tuple((low + high) / 2 for low, high in box)
    sizes = tuple(max(abs(low), abs(high)) for low, high in box)
    versions: list[tuple[Terms, tuple[float, ...] | None]] = [(terms, None)]
    shifted = centred(terms, centre) if any(abs(m) > 0.05 * s for m, s in zip(centre, sizes)) else None
    if shifted is not None:
        versions.append((shifted, centre))
    families: list[list[Plan]] = []
    for version, origin in versions:
        families.append([])
        reach = sizes if origin is None else tuple(s + abs(m) for s, m in zip(sizes, origin))
        try:
            lost = rounding(version, reach)
        except OverflowError:
            lost = math.inf
        for k in range(max(degree, 1), 0, -1):
            made = plan(version, k, origin)
            made.rounded = lost
            families[-1].append(made)
    return families


def _order(p: Plan) -> tuple[int, int]:
    return len(p.products), p.depth


def _recipes(name: str, count: int, precision: np.dtype[Any]) -> Recipes:
    recipes = (product_recipe(2, count), Recipe(("both",), (2,)), copy_recipe(name))
    return Recipes(*((r, bias_of("polynomial", None, name, r, precision)) for r in recipes))


def _chosen(choices: list[Choice], accepted: float, precision: np.dtype[Any]) -> tuple[Choice | None, float]:
    """The first circuit certified within the tolerance, and the least error seen."""
    u = unit_roundoff(precision)
    floor = math.inf
    if accepted == math.inf:  # of the smallest networks the most exact
        least = hidden_neurons(choices[0][1])
        equal = [choice for choice in choices if hidden_neurons(choice[1]) == least][:_MOST_TRIED]
        choices = [*sorted(equal, key=lambda choice: choice[1].judged(u).error), *choices[len(equal) :]]
    # many neurons between relays are the most exact: if they cannot, nothing of this family can
    exact = sorted(choices[_MOST_TRIED:], key=lambda c: (not c[1].relays, -hidden_neurons(c[1])))
    for choice in choices[:_MOST_TRIED] + exact[:_MOST_TRIED]:
        error = choice[1].judged(u).error
        floor = min(floor, error)
        if error <= accepted:
            return choice, floor
    return None, floor


def _chebyshev(degree: int) -> Terms:
    """T_d on [-1, 1]: an example with cancelling coefficients."""
    coefficients = np.polynomial.chebyshev.cheb2poly([0] * degree + [1])
    return {(k,): float(c) for k, c in enumerate(coefficients) if c}


ENTRIES = (
    Entry(
        name="polynomial",
        constructor=polynomial,
        arguments=lambda degree: (_chebyshev(degree),),
        sizes=(2, 3, 5),
        synapses=None,
        summary="polynomials, subproducts shared, e.g. Chebyshev's T_5",
    ),
)
