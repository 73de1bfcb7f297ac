"""Plans: how a polynomial is made of multiplications, and the circuit of a plan.

One parameter spans the family: terms of degree above k are divided by monomials of degree k,

    p = (terms of degree <= k) + sum_m m q_m(x),        deg q_m <= d - k, and so on for q_m,

k = 1 is Horner's scheme in many variables, k = d makes every monomial by itself, k about d/2 needs the fewest products of
a dense polynomial (Paterson and Stockmeyer in many variables). Divisors are chosen to cover the most terms first, monomials
are split into halves that are there already where possible, and what occurs twice is made once. Sums cost nothing: they are
affine maps between layers.
"""

from __future__ import annotations

import functools
from collections import Counter
from fractions import Fraction
from typing import NamedTuple

from ._circuit import Affine, Circuit, Gate
from ._recipe import Recipe
from ._terms import Terms

Exponents = tuple[int, ...]
Node = int  # inputs first, then products in the order in which they are made


class Form(NamedTuple):
    """An affine function of nodes: sorted terms and an exact constant, since centres come and go."""

    terms: tuple[tuple[Node, float], ...]
    constant: Fraction = Fraction(0)


class Plan:
    """Products of affine forms, each made once."""

    def __init__(self, inputs: int, centre: tuple[float, ...]) -> None:
        self.inputs = inputs
        self.centre = centre  # inputs enter as x_i - centre_i
        self.products: list[tuple[Form, Form]] = []
        self.level = [0] * inputs
        self._known: dict[tuple[Form, Form], Node] = {}
        self.result = Form(())
        self.rounded = 0.0  # bound of what rounding the coefficients of the terms changes

    def product(self, a: Form, b: Form) -> tuple[Node, float]:
        """The node a b is a multiple of, and the multiple: factors are made once for all their multiples."""
        (a, s), (b, t) = _unit(a), _unit(b)
        key = (a, b) if a <= b else (b, a)
        if key not in self._known:
            self._known[key] = len(self.level)
            self.level.append(1 + max(self.level[k] for form in key for k, _ in form.terms))
            self.products.append(key)
        return self._known[key], s * t

    def read(self, node: Node) -> Form:
        """One node, or an input less its centre."""
        return Form(((node, 1.0),), Fraction(-self.centre[node] if node < self.inputs else 0.0))

    @property
    def depth(self) -> int:
        return max((self.level[k] for k, _ in self.result.terms), default=0)


def _unit(form: Form) -> tuple[Form, float]:
    lead = form.terms[0][1]
    if lead == 1.0:
        return form, 1.0
    return Form(tuple((k, c / lead) for k, c in form.terms), form.constant / Fraction(lead)), lead


def plan(terms: Terms, k: int, centre: tuple[float, ...] | None = None) -> Plan:
    """The plan of a polynomial for one k; with a centre, terms are those in x - centre."""
    made = Plan(len(next(iter(terms))), centre or (0.0,) * len(next(iter(terms))))
    divided: dict[tuple[Exponents, ...], list[tuple[Exponents, Terms]]] = {}
    needed = _monomials(terms, k, divided, ())
    monomials: dict[Exponents, Node] = {}
    for e in sorted(needed, key=sum):
        _make(e, made, monomials, needed)

    def form(part: Terms, path: tuple[Exponents, ...]) -> Form:
        coefficients: Counter[Node] = Counter()
        constant = Fraction(part.get((0,) * made.inputs, 0.0))
        low = {e: c for e, c in part.items() if 0 < sum(e) <= k}
        for e, c in low.items():
            coefficients[monomials[e]] += c  # type: ignore[assignment]
            constant += Fraction(c) * made.read(monomials[e]).constant
        for divisor, rest in divided[path]:
            quotient = form(rest, (*path, divisor))
            if not quotient.terms:  # a constant times a monomial
                coefficients[monomials[divisor]] += float(quotient.constant)  # type: ignore[assignment]
                constant += quotient.constant * made.read(monomials[divisor]).constant
                continue
            node, multiple = made.product(made.read(monomials[divisor]), quotient)
            coefficients[node] += multiple  # type: ignore[assignment]
        return Form(tuple(sorted((n, float(c)) for n, c in coefficients.items() if c)), constant)

    made.result = form(terms, ())
    return made


def _groups(part: Terms, k: int) -> dict[Exponents, Terms]:
    """Terms of degree above k by a divisor of degree k; the divisor of the most terms first."""
    high = {e: c for e, c in part.items() if sum(e) > k}
    groups: dict[Exponents, Terms] = {}
    count = Counter(d for e in high for d in _divisors(e, k))
    while high:
        best = max(count, key=lambda d: (count[d], max(d), d))
        taken = [e for e in high if all(a >= b for a, b in zip(e, best))]
        count.subtract(d for e in taken for d in _divisors(e, k))
        groups[best] = {tuple(a - b for a, b in zip(e, best)): high.pop(e) for e in taken}
    return groups


@functools.lru_cache(maxsize=1 << 16)
def _divisors(e: Exponents, k: int) -> tuple[Exponents, ...]:
    """Monomials of degree k that divide e."""
    if not e:
        return ((),) if k == 0 else ()
    return tuple((r, *rest) for r in range(min(e[0], k) + 1) for rest in _divisors(e[1:], k - r))


def _monomials(
    part: Terms, k: int, divided: dict[tuple[Exponents, ...], list[tuple[Exponents, Terms]]], path: tuple[Exponents, ...]
) -> set[Exponents]:
    """Every monomial of degree 1 to k that a form reads, and every divisor; `divided`: quotients by the divisors so far."""
    needed = {e for e in part if 0 < sum(e) <= k}
    divided[path] = list(_groups(part, k).items())
    for divisor, rest in divided[path]:
        needed |= {divisor} | _monomials(rest, k, divided, (*path, divisor))
    return needed


def _make(e: Exponents, made: Plan, monomials: dict[Exponents, Node], needed: set[Exponents]) -> Node:
    """The node of a monomial: halves that are known or needed anyway, then equal halves, at the least depth."""
    if e in monomials:
        return monomials[e]
    degree = sum(e)
    if degree == 1:
        monomials[e] = e.index(1)
        return monomials[e]
    half = 1 << ((degree - 1).bit_length() - 1)  # parts of degree up to this keep the depth at ceil(log2 degree)
    best: tuple[tuple[int, bool], Exponents, Exponents] | None = None
    for size in range(degree - half, degree // 2 + 1):
        for a in _divisors(e, size):
            b = tuple(p - q for p, q in zip(e, a))
            new = sum(sum(part) > 1 and part not in monomials and part not in needed for part in {a, b})
            rank = (new, a != b)
            if best is None or rank < best[0]:
                best = (rank, a, b)
    assert best is not None
    left, right = (_make(part, made, monomials, needed) for part in best[1:])
    node, _ = made.product(made.read(left), made.read(right))
    monomials[e] = node
    return node


class Recipes(NamedTuple):
    """Recipes and biases of the gates that a circuit is made of."""

    product: tuple[Recipe, float]
    square: tuple[Recipe, float]
    copy: tuple[Recipe, float]


def circuit(made: Plan, recipes: Recipes, activation: str, domain: tuple[tuple[float, float], ...], relays: bool) -> Circuit:
    """Gates by layer, with copies of what is read later; a sum that is read later travels as one number."""
    return _Builder(made, recipes).build(activation, domain, relays, made.rounded)


class _Builder:
    def __init__(self, made: Plan, recipes: Recipes) -> None:
        self.plan, self.recipes = made, recipes
        self.layers: list[list[Gate]] = [[] for _ in range(made.depth)]
        self.place: dict[tuple[object, int], int] = {}  # (what, level) -> index in the layer of that level
        for node in range(made.inputs):
            self.place[node, 0] = node

    def build(self, activation: str, domain: tuple[tuple[float, float], ...], relays: bool, rounded: float) -> Circuit:
        for index, (a, b) in enumerate(self.plan.products):
            node = self.plan.inputs + index
            level = self.plan.level[node]
            left, right = self._read(a, level - 1), self._read(b, level - 1)
            recipe, bias = self.recipes.square if left == right else self.recipes.product
            gate = Gate(recipe, bias, (left,) if left == right else (left, right))
            self.place[node, level] = self._add(level, gate)
        return Circuit(activation, domain, self.layers, self._read(self.plan.result, self.plan.depth), relays, rounded)

    def _add(self, level: int, gate: Gate) -> int:
        self.layers[level - 1].append(gate)
        return len(self.layers[level - 1]) - 1

    def _read(self, form: Form, level: int) -> Affine:
        """A form as the outputs of one layer; what is older is copied up to it, one number for several terms.

        Copies of inputs and of sums are made less their centres: a copy is as exact as its range is small.
        """
        constant = form.constant
        old = [(k, c) for k, c in form.terms if self.plan.level[k] < level]
        terms = [(self.place[k, level], c) for k, c in form.terms if self.plan.level[k] == level]
        shift = sum((-Fraction(c) * self.plan.read(k).constant for k, c in old), Fraction(0))
        constant += shift
        if len(old) == 1:
            terms.append((self._copied(old[0][0], level), old[0][1]))
        elif old:
            part = Form(tuple(old), -shift)
            if (part, level) not in self.place:
                self.place[part, level] = self._copy(self._read(part, level - 1), level)
            terms.append((self.place[part, level], 1.0))
        return Affine(tuple(sorted(terms)), float(constant))

    def _copied(self, node: Node, level: int) -> int:
        if (node, level) not in self.place:
            shift = float(self.plan.read(node).constant) if level == 1 else 0.0
            self.place[node, level] = self._copy(Affine(((self._copied(node, level - 1), 1.0),), shift), level)
        return self.place[node, level]

    def _copy(self, form: Affine, level: int) -> int:
        recipe, bias = self.recipes.copy
        return self._add(level, Gate(recipe, bias, (form,)))


def neurons(found: Circuit) -> int:
    """Hidden neurons of the network that a circuit compiles to."""
    gates = sum(gate.recipe.neurons for layer in found.layers for gate in layer)
    return gates + (sum(len(layer) for layer in found.layers[:-1]) if found.relays else 0)
