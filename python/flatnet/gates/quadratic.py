"""Quadratic forms of rank r from r + 1 neurons."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .._check import finite_array, real_number
from ..certificate import Certificate
from ..factors import Dense
from ..network import Layer, Network
from ..transforms import Entry
from ._choice import Domain, arguments
from ._circuit import unit_roundoff
from ._directions import directions
from ._precision import positive_number
from ._rounding import activation_error, few_bits
from .derivatives import _value, bound, roots

Array = np.ndarray[Any, Any]
_DOUBLE = 2.0**-53


def quadratic_form(
    h: Any,
    linear: Any = None,
    constant: float = 0.0,
    *,
    activation: str = "logistic",
    domain: Any = (-1, 1),
    tol: float | None = None,
    scale: float | str = "auto",
    dtype: DTypeLike = np.float64,
) -> Network:
    r"""Quadratic form ``y^T h y + linear . y + constant`` in one hidden layer, with a certified error.

    Parameters
    ----------
    h : array_like, shape (n, n)
        Real; only its symmetric part counts. It may be indefinite and of any rank r.
    linear : array_like, shape (n,), optional
    constant : float, optional
    activation, domain, scale, dtype
        As for `product_gate`, n inputs.
    tol : float, optional, keyword-only
        Largest error that is accepted.

    Returns
    -------
    Network
        Maps ``(..., n) -> (..., 1)``: r + 1 neurons; one more if ``linear`` is not in the range of h.

    Raises
    ------
    ValueError
        If h is not square or not finite, the form is zero, or ``tol`` is below what any scale reaches.
    TypeError
        If ``dtype`` is not float32 or float64.

    Notes
    -----
    .. math:: y^T h y \approx \frac{2}{\lambda^2 \sigma''}
              \sum_{j=0}^{r} w_j \bigl[\sigma(b + \lambda\, a_j \cdot y) - \sigma(b)\bigr],
              \qquad \sum_j w_j a_j = 0, \quad \sum_j w_j a_j a_j^T = h

    with w_j = ±1, one sign more of the commoner kind than h has eigenvalues of it: the complement of (1, ..., 1) with respect
    to diag(w) then has the signature of h. A linear part tilts the directions: Σ w_j a_j = λσ''/(2σ') linear. At a
    bias with σ''' = 0 the error is O(λ²). r + 1 is the least for an affine output; the corollary of Lin & Tegmark's
    sec. II C spends 4 neurons on each of up to r(r + 1)/2 products.

    Examples
    --------
    >>> import flatnet as fn
    >>> net = fn.quadratic_form([[1.0, 0.5], [0.5, -1.0]])
    >>> net.neurons, net([0.5, 0.25]).round(5)
    (3, array([0.3125]))
    """
    what = "quadratic_form"
    matrix = _real(what, "h", h, 2)
    n = len(matrix)
    if matrix.shape != (n, n) or n == 0:
        raise ValueError(f"quadratic_form needs a square matrix, got shape {matrix.shape}")
    symmetric = (matrix + matrix.T) / 2
    slope = np.zeros(n) if linear is None else _real(what, "linear", linear, 1)
    if slope.shape != (n,):
        raise ValueError(f"quadratic_form of {n} inputs needs a linear part of {n} entries, got {slope.shape[0]}")
    shift = real_number(what, "constant", constant)
    if not math.isfinite(shift):
        raise ValueError(f"quadratic_form needs a finite constant, got {constant!r}")
    name, box, precision = arguments(what, activation, domain, n, dtype)
    if not symmetric.any():
        raise ValueError(f"quadratic_form needs an entry other than zero in h + h^T, got {n} x {n} zeros")
    accepted = math.inf if tol is None else positive_number(what, "tol", tol)
    form = _Form(symmetric, slope, shift, name, _bias(what, name, precision), box, precision)
    best = _best(form)
    made = best
    if not (isinstance(scale, str) and scale == "auto"):
        made = form.at(positive_number(what, "scale", scale))
    if not math.isfinite(made.error):
        raise ValueError(f"quadratic_form in {precision} has no finite error bound at this scale, got scale={scale!r}")
    if made.error > accepted:
        raise ValueError(
            f"quadratic_form in {precision} is certified within {best.error:.3g} at its best scale, got tol={tol!r}"
        )
    return made.network(form, best.error)


def _real(what: str, name: str, values: Any, ndim: int) -> Array:
    array = finite_array(what, name, values, ndim)
    if array.dtype.kind == "c":
        raise TypeError(f"{what} needs real numbers for {name}, got {array.dtype}")
    return array.astype(np.float64)


def _bias(what: str, name: str, precision: np.dtype[Any]) -> float:
    """Where the third derivative vanishes and the second does not; anywhere for the square."""
    there = [z for z in roots(name, 3) if abs(_value(name, 2, z)) > 1e-9] or [0.0]
    bias = min(there, key=lambda z: (abs(_value(name, 0, z) / _value(name, 2, z)), z))
    return float(precision.type(bias))


@dataclass(frozen=True)
class _Form:
    """What is asked for."""

    h: Array
    slope: Array
    constant: float
    name: str
    bias: float
    box: Domain
    precision: np.dtype[Any]

    @functools.cached_property
    def weighted(self) -> Array:
        """h in inputs of size 1."""
        sizes = np.array([max(abs(low), abs(high)) or 1.0 for low, high in self.box])
        return self.h * np.outer(sizes, sizes)

    @functools.cached_property
    def untilted(self) -> tuple[Array, Array]:
        return _tilted(self.weighted, np.zeros(len(self.h)))

    def at(self, scale: float) -> _Made:
        """Directions, signs and the certified error at one scale."""
        sizes = np.array([max(abs(low), abs(high)) or 1.0 for low, high in self.box])
        first, second = _value(self.name, 1, self.bias), _value(self.name, 2, self.bias)
        tilt = np.zeros(len(sizes))
        if self.slope.any():
            if abs(first) < 1e-9:  # the slope needs a neuron in its linear range: this activation has none here
                return _Made(np.zeros((1, len(sizes))), np.ones(1), scale, 0.0, 0.0, math.inf, 0.0)
            tilt = scale * second / (2 * first) * self.slope * sizes
        rows, signs = _tilted(self.weighted, tilt) if tilt.any() else self.untilted
        with np.errstate(over="ignore", under="ignore"):
            inner = (scale * rows / sizes).astype(self.precision)
            factor = float(self.precision.type(2.0 / (scale * scale * second))) if scale * scale > 1e-300 else math.inf
        return self._judged(inner, signs, scale, factor, sizes)

    def _judged(self, inner: Array, signs: Array, scale: float, factor: float, sizes: Array) -> _Made:
        exact, u = inner.astype(np.float64), unit_roundoff(self.precision)
        reach = np.abs(exact) @ sizes
        far = float(reach.max())
        first, second, third = (_value(self.name, k, self.bias) for k in (1, 2, 3))
        with np.errstate(over="ignore", invalid="ignore"):
            # what the rounded weights are: linear and quadratic parts, with the error of computing them here
            line = factor * first * np.array([math.fsum(signs * column) for column in exact.T]) - self.slope
            line_error = np.abs(line) + 4 * _DOUBLE * (
                abs(factor * first) * np.abs(exact).sum(axis=0) * _DOUBLE + np.abs(self.slope)
            )
            square = factor * second / 2 * (exact.T * signs) @ exact - self.h
            square_error = np.abs(square) + (len(signs) + 3) * _DOUBLE * (
                abs(factor * second) / 2 * np.abs(exact).T @ np.abs(exact) + np.abs(self.h)
            )
            mismatch = float(line_error @ sizes + sizes @ square_error @ sizes)
            beyond = abs(third) * (reach**3).sum() / 6 + bound(self.name, 4, self.bias, far) * (reach**4).sum() / 24
            truncation = abs(factor) * float(beyond) + mismatch
            centre, spread = abs(_value(self.name, 0, self.bias)), bound(self.name, 1, self.bias, far) * reach
            value = centre + spread
            running = np.cumsum(np.abs(exact) * sizes, axis=1)
            entered = u * (reach + running.sum(axis=1) + abs(self.bias) + reach)
            neuron = bound(self.name, 1, self.bias, far) * entered + activation_error(self.name, float(value.max()), far, u)
            sums = centre * np.abs(np.cumsum(signs))[1:].sum() + np.cumsum(spread)[1:].sum()
            offset = abs(factor) * centre * abs(signs.sum()) + abs(self.constant)
            output = float(abs(factor) * (neuron.sum() + u * (value.sum() + sums)) + 3 * u * offset)
            output += u * float(sizes @ np.abs(self.h) @ sizes + np.abs(self.slope) @ sizes + abs(self.constant) + truncation)
            error = (truncation + output) * (1 + 1e-3)
        return _Made(inner, signs, scale, factor, truncation, error if math.isfinite(error) else math.inf, output)


@dataclass(frozen=True)
class _Made:
    inner: Array
    signs: Array
    scale: float
    factor: float
    truncation: float
    error: float
    rounding: float

    def network(self, form: _Form, floor: float) -> Network:
        precision, count = form.precision, len(self.signs)
        outer = (self.factor * self.signs).astype(precision)
        if not np.isfinite(outer).all() or (np.abs(self.inner[self.inner != 0]) < np.finfo(precision).tiny).any():
            raise ValueError(f"quadratic_form in {precision} cannot hold the weights 1/scale**2 of scale={self.scale:g}")
        hidden = Layer(Dense(self.inner), np.full(count, form.bias, dtype=precision), form.name)
        shift = form.constant - self.factor * _value(form.name, 0, form.bias) * float(self.signs.sum())
        certificate = Certificate(
            error=self.error,
            domain=form.box if len(set(form.box)) > 1 else form.box[:1],
            dtype=precision.name,
            statement=f"a quadratic form of {len(form.h)} inputs from {count} {form.name} neurons: truncation and rounding",
            floor=min(floor, self.error),
            scale=self.scale,
            truncation=min(self.truncation, self.error),
            rounding=self.rounding,
        )
        info = {"polynomial": {"inputs": len(form.h), "terms": _terms(form)}} if len(form.h) <= 64 else {}
        output = Layer(Dense(outer[None, :]), np.array([shift], dtype=precision))
        return Network([hidden, output], name=f"quadratic_form({len(form.h)})", info=info, certificate=certificate)


def _terms(form: _Form) -> list[Any]:
    n = len(form.h)
    found: list[Any] = [[[0] * n, form.constant]] if form.constant else []
    for i in range(n):
        if form.slope[i]:
            found.append([[int(k == i) for k in range(n)], float(form.slope[i])])
        for j in range(i, n):
            c = float(form.h[i, j]) * (1 if i == j else 2)
            if c:
                found.append([[(k == i) + (k == j) for k in range(n)], c])
    return found


def _tilted(h: Array, tilt: Array) -> tuple[Array, Array]:
    """a_j and w_j = +-1 with sum w a = tilt and sum w a a^T = h."""
    values, vectors = np.linalg.eigh(h)
    threshold = len(h) * 4 * _DOUBLE * np.abs(values).max()
    outside = tilt - vectors[:, np.abs(values) > threshold] @ (vectors[:, np.abs(values) > threshold].T @ tilt)
    if tilt.any():
        total = 1 if np.linalg.norm(outside) > 1e-9 * np.linalg.norm(tilt) else 0
        # sum w is 1 + |p - q| of the form that is left; subtracting the tilt's square keeps the signature for small scales
        for _ in range(3):
            excess = float(1 + abs((values > threshold).sum() - (values < -threshold).sum()))
            sign = 1.0 if (values > threshold).sum() >= (values < -threshold).sum() else -1.0
            values, vectors = np.linalg.eigh(h - sign * np.outer(tilt, tilt) / excess)
            if not total:
                break
    keep = np.abs(values) > (threshold if not tilt.any() else min(threshold, 0.25 * float(tilt @ tilt)))
    values, vectors = values[keep], vectors[:, keep]
    unit, w = directions(np.sign(values))
    found = unit @ (np.sqrt(np.abs(values))[:, None] * vectors.T)
    if tilt.any():
        found = found + tilt / w.sum()
    return found, w


def _best(form: _Form) -> _Made:
    """The scale with the least of truncation + rounding/2, whose bound is seldom reached: powers of two, then eighths."""

    def burden(made: _Made) -> float:
        return made.truncation + made.rounding / 2

    reach = np.array([max(abs(a), abs(b)) for a, b in form.box])
    size = float(np.sqrt(np.abs(form.h * np.outer(reach, reach)).max())) or 1.0
    plain = replace(form, slope=np.zeros_like(form.slope))  # the tilt is small and costs a decomposition for each scale
    low, high = -2, 50
    while high - low > 1:
        middle = (low + high) // 2
        if burden(plain.at(few_bits(2.0**-middle / size))) > burden(plain.at(few_bits(2.0 ** -(middle + 1) / size))):
            low = middle
        else:
            high = middle
    scales = [few_bits(2.0**-high / size * m / 8) for m in (5, 6, 7, 8, 9, 10, 11, 12, 13, 14)]
    return form.at(min(scales, key=lambda scale: burden(plain.at(scale))))


ENTRIES = (
    Entry(
        name="quadratic_form",
        constructor=quadratic_form,
        arguments=lambda n: (np.cos(np.subtract.outer(np.arange(n), np.arange(n)) ** 2),),
        sizes=(1, 3, 6),
        synapses=lambda n: (n + 1) * (n + 1),
        summary="yᵀ h y of rank r from r + 1 neurons: (r + 1)(n + 1) synapses",
    ),
)
