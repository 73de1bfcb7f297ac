"""Polynomials as they come: exponents and coefficients, numpy.polynomial series, SymPy polynomials."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from .._check import nonnegative_int, real_number

Terms = dict[tuple[int, ...], float]
_MOST_DEGREE, _MOST_TERMS = 24, 20_000


def read_terms(what: str, given: Any) -> tuple[Terms, Any]:
    """Exponents -> coefficient, zeros dropped, and the domain that came along (or None)."""
    domain = None
    kind = type(given).__module__.partition(".")[0]
    if kind == "sympy":
        pairs = _from_sympy(what, given)
    elif type(given).__module__.startswith("numpy.polynomial") and hasattr(given, "convert"):
        plain = given.convert(kind=np.polynomial.Polynomial)
        pairs = [((k,), c) for k, c in enumerate(plain.coef)]
        domain = tuple(float(end) for end in given.domain)
    elif isinstance(given, Mapping):
        pairs = [((k,) if not isinstance(k, tuple) else k, c) for k, c in given.items()]
    else:
        raise TypeError(
            f"{what} needs a mapping of exponents to coefficients, a numpy.polynomial series or a sympy.Poly, "
            f"got {type(given).__name__}"
        )
    if not pairs:
        raise ValueError(f"{what} needs at least one term, got none")
    terms: Terms = {}
    inputs = len(pairs[0][0])
    for exponents, coefficient in pairs:
        e = tuple(nonnegative_int(what, "an exponent", k) for k in exponents)
        if len(e) != inputs or not e:
            raise ValueError(f"{what} needs as many exponents in every term, got {len(e)} beside {inputs}")
        c = real_number(what, "a coefficient", coefficient)
        if not math.isfinite(c):
            raise ValueError(f"{what} needs finite coefficients, got {c} for exponents {e}")
        if sum(e) > _MOST_DEGREE and c:
            raise ValueError(f"{what} goes to degree {_MOST_DEGREE}, got degree {sum(e)}")
        if c:
            terms[e] = terms.get(e, 0.0) + c
    if len(terms) > _MOST_TERMS:
        raise ValueError(f"{what} goes to {_MOST_TERMS} terms, got {len(terms)}")
    return terms or {(0,) * inputs: 0.0}, domain


def centred(terms: Terms, centre: tuple[float, ...]) -> Terms | None:
    """Terms in x - centre; None: too many, or too large for a float."""
    if sum(math.prod(k + 1 for k in e) for e in terms) > _MOST_TERMS:
        return None
    exact: dict[tuple[int, ...], Fraction] = {}
    for e, c in terms.items():
        sides = [[math.comb(r, j) * Fraction(m) ** (r - j) for j in range(r + 1)] for r, m in zip(e, centre)]
        for lower in itertools.product(*(range(r + 1) for r in e)):
            part = math.prod((side[j] for side, j in zip(sides, lower)), start=Fraction(c))
            if part:
                exact[lower] = exact.get(lower, Fraction(0)) + part
    try:
        return {e: float(c) for e, c in exact.items() if float(c)} or {(0,) * len(centre): 0.0}
    except OverflowError:
        return None


def rounding(terms: Terms, sizes: tuple[float, ...]) -> float:
    """Bound of what rounding the coefficients changes: when they are shifted, divided by the leading one, multiplied back."""
    return 32 * 2.0**-53 * sum(abs(c) * math.prod(s**k for s, k in zip(sizes, e)) for e, c in terms.items())


def _from_sympy(what: str, given: Any) -> list[tuple[tuple[int, ...], Any]]:
    poly = (
        given if hasattr(given, "terms") and hasattr(given, "gens") else given.as_poly() if hasattr(given, "as_poly") else None
    )
    if poly is None:
        raise TypeError(f"{what} needs a sympy.Poly or an expression that is one, got {given!r}")
    pairs = []
    for exponents, coefficient in poly.terms():
        if not coefficient.is_real or coefficient.free_symbols:
            raise TypeError(f"{what} needs real numbers as coefficients, got {coefficient}")
        pairs.append((tuple(int(k) for k in exponents), float(coefficient)))
    return pairs
