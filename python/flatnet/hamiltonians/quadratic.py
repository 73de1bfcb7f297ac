"""Quadratic Hamiltonians: H(y) = constant + linear . y + y^T h y (Lin & Tegmark, Eq. 14)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._check import finite_array, real_number
from ._base import Array, Hamiltonian

if TYPE_CHECKING:
    from .gaussian import Gaussian


class Quadratic(Hamiltonian):
    r"""A polynomial of degree 2 in n real numbers.

    Parameters
    ----------
    h : array_like, shape (n, n)
        Second-order coefficients; only their symmetric part counts.
    linear : array_like, shape (n,), optional
        First-order coefficients.
    constant : float, optional

    Raises
    ------
    ValueError
        If sizes differ or a coefficient is not finite.

    Notes
    -----
    .. math:: H(y) = c + \sum_i l_i y_i + \sum_{ij} h_{ij} y_i y_j

    Lin & Tegmark, Eq. 14, is p = exp(h + Σ h_i y_i - Σ h_ij y_i y_j) (its index j of the first sum should be i): constant -h,
    linear -h_i. It is a density only if (h_ij) is positive definite, with covariance h⁻¹/2 and mean h⁻¹h_i/2: `gaussian`.
    A form of rank r takes r + 1 logistic neurons, one more if the linear part leaves its range.

    Examples
    --------
    >>> import flatnet as fn
    >>> H = fn.hamiltonians.Quadratic([[1.0, 0.5], [0.5, 1.0]], linear=[-1.0, 0.0])
    >>> float(H([1.0, 1.0])), H.terms, H.parameters, H.neurons
    (2.0, 4, 6, 3)
    """

    def __init__(self, h: Any, linear: Any = None, constant: Any = 0.0) -> None:
        form = _real("h", finite_array("Quadratic", "h", h, 2))
        if form.shape[0] != form.shape[1] or form.shape[0] == 0:
            raise ValueError(f"Quadratic needs a square h, got shape {form.shape}")
        self.inputs = form.shape[0]
        self.h = (form + form.T) / 2
        first = np.zeros(self.inputs) if linear is None else _real("linear", finite_array("Quadratic", "linear", linear, 1))
        if first.size != self.inputs:
            raise ValueError(f"Quadratic of {self.inputs} inputs needs as many linear coefficients, got {first.size}")
        self.linear = first
        self.constant = real_number("Quadratic", "constant", constant)
        if not np.isfinite(self.constant):
            raise ValueError(f"Quadratic needs a finite constant, got {self.constant}")

    def _value(self, y: Array) -> Array:
        y = y.astype(np.float64, copy=False)
        return np.asarray(((y @ self.h + self.linear) * y).sum(axis=-1) + self.constant)[()]

    @property
    def degree(self) -> int:
        return 2 if self.h.any() else int(self.linear.any())

    @property
    def terms(self) -> int:
        upper = int(np.count_nonzero(np.triu(self.h)))
        return upper + int(np.count_nonzero(self.linear)) + int(self.constant != 0)

    @property
    def parameters(self) -> int:
        return (self.inputs + 1) * (self.inputs + 2) // 2

    @property
    def neurons(self) -> int:
        from ._quadric import quadric

        return quadric(self).neurons

    def quadratic(self) -> Quadratic:
        """Itself."""
        return self

    def gaussian(self) -> Gaussian:
        """The normal density proportional to exp(-H); refused, with the eigenvalue, where h is not positive definite."""
        from .gaussian import Gaussian

        require_positive("a density exp(-H) needs a positive definite h", self.h)
        return Gaussian(-np.linalg.solve(2 * self.h, self.linear), precision=2 * self.h)

    def __add__(self, other: Any) -> Quadratic:
        if isinstance(other, (int, float)):
            return Quadratic(self.h, self.linear, self.constant + other)
        if not hasattr(other, "quadratic"):
            return NotImplemented
        q = other.quadratic()
        if q.inputs != self.inputs:
            raise ValueError(f"a Hamiltonian of {self.inputs} inputs is added to one of {q.inputs}")
        return Quadratic(self.h + q.h, self.linear + q.linear, self.constant + q.constant)

    __radd__ = __add__


def _real(name: str, a: Array) -> Array:
    if a.dtype.kind == "c":
        raise TypeError(f"Quadratic needs real coefficients, {name} is {a.dtype}")
    return a.astype(np.float64)


def require_positive(sentence: str, form: Array) -> None:
    """Refuses a symmetric matrix whose least eigenvalue is not positive beyond rounding."""
    values = np.linalg.eigvalsh(form)
    if not values[0] > values.size * np.finfo(np.float64).eps * max(abs(values[-1]), abs(values[0])):
        raise ValueError(f"{sentence}, the least eigenvalue is {values[0]:.6g} and the largest {values[-1]:.6g}")
