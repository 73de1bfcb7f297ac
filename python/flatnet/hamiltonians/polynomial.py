"""Polynomial Hamiltonians of real variables, by exponents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .._check import integer
from ._base import Array, Hamiltonian
from .bits import coefficient
from .counts import monomials
from .quadratic import Quadratic


class Polynomial(Hamiltonian):
    r"""A polynomial in n real numbers.

    Parameters
    ----------
    terms : mapping from tuple of int to number
        Exponents (r_1, ..., r_n) -> coefficient, as `flatnet.polynomial` takes them.

    Raises
    ------
    ValueError
        If there is no term, exponents are negative or differ in number, or a coefficient is not finite.

    Notes
    -----
    .. math:: H(y) = \sum_r h_r\, y_1^{r_1} \cdots y_n^{r_n}      (Lin & Tegmark, Eq. 9)

    Of degree d it has at most C(n+d, d) coefficients. Up to degree 2 it is compiled as a `Quadratic`, beyond by
    `flatnet.polynomial`.

    Examples
    --------
    >>> import flatnet as fn
    >>> H = fn.hamiltonians.Polynomial({(4, 0): 1.0, (1, 1): -2.0})
    >>> H([[1.0, 0.0], [2.0, 1.0]]), H.degree, H.parameters
    (array([ 1., 12.]), 4, 15)
    """

    def __init__(self, terms: Mapping[Any, Any]) -> None:
        if not isinstance(terms, Mapping):
            raise TypeError(f"Polynomial needs a mapping from exponents to coefficients, got {type(terms).__name__}")
        if not terms:
            raise ValueError("Polynomial needs at least one term, got none")
        found = {}
        for key, value in terms.items():
            if not isinstance(key, tuple) or not key:
                raise TypeError(f"Polynomial needs tuples of exponents, got {key!r}")
            exponents = tuple(integer("Polynomial", "an exponent", r) for r in key)
            if min(exponents) < 0:
                raise ValueError(f"Polynomial needs exponents >= 0, got {key!r}")
            found[exponents] = coefficient("Polynomial", key, value)
        lengths = sorted({len(key) for key in found})
        if len(lengths) > 1:
            raise ValueError(f"Polynomial needs as many exponents in every term, got {lengths[0]} and {lengths[-1]}")
        self.inputs = lengths[0]
        self.coefficients = {key: value for key, value in sorted(found.items()) if value != 0}

    def _value(self, y: Array) -> Array:
        exact = y.dtype.kind in "iu" and all(not isinstance(v, float) for v in self.coefficients.values())
        y = y.astype(object) if exact else y.astype(np.float64, copy=False)
        dtype = object if exact else np.float64
        total: Any = np.zeros(y.shape[:-1], dtype)
        for exponents, value in self.coefficients.items():
            term: Any = np.full(y.shape[:-1], value, dtype)
            for i, r in enumerate(exponents):
                term = term * y[..., i] ** r if r else term
            total = total + term
        return np.asarray(total, dtype)[()]

    @property
    def degree(self) -> int:
        return max((sum(key) for key in self.coefficients), default=0)

    @property
    def terms(self) -> int:
        return len(self.coefficients)

    @property
    def parameters(self) -> int:
        return monomials(self.inputs, self.degree)

    @property
    def neurons(self) -> int:
        if self.degree <= 2:
            return self.quadratic().neurons
        from ..gates import polynomial

        return int(polynomial(real_terms(self)).neurons)

    def quadratic(self) -> Quadratic:
        """The same function as a `Quadratic`; refused above degree 2."""
        if self.degree > 2:
            raise ValueError(f"a quadratic Hamiltonian has degree 2, this polynomial has degree {self.degree}")
        n = self.inputs
        h, linear, constant = np.zeros((n, n)), np.zeros(n), 0.0
        for exponents, value in self.coefficients.items():
            where = [i for i, r in enumerate(exponents) for _ in range(r)]
            if not where:
                constant = float(value)
            elif len(where) == 1:
                linear[where[0]] = float(value)
            else:
                i, j = where
                h[i, j] += float(value) / 2
                h[j, i] += float(value) / 2
        return Quadratic(h, linear, constant)

    def __add__(self, other: Any) -> Polynomial:
        if not isinstance(other, Polynomial):
            return NotImplemented
        if other.inputs != self.inputs:
            raise ValueError(f"a Hamiltonian of {self.inputs} inputs is added to one of {other.inputs}")
        keys = {*self.coefficients, *other.coefficients, (0,) * self.inputs}
        return Polynomial({k: self.coefficients.get(k, 0) + other.coefficients.get(k, 0) for k in keys})


def real_terms(h: Polynomial) -> dict[tuple[int, ...], float]:
    """Exponents to coefficients in float64, as `flatnet.polynomial` takes them."""
    return {exponents: float(value) for exponents, value in h.coefficients.items()}
