"""Derivatives of the activations: closed recursions, exact at 0, bounded on intervals; and the biases where they vanish."""

from __future__ import annotations

import decimal
import functools
import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction

from .._check import nonnegative_int, real_number

__all__ = ["bound", "derivative", "derivative_table", "roots", "usable"]

_CONTEXT = decimal.Context(prec=70)  # 30 digits are left after the cancellations of the 24th derivative
_LARGEST_ORDER = 64
_SPAN, _STEP = 6.0, 0.125  # where and how finely roots are looked for
_REMAINDER = 8  # terms of the expansion about the centre before a bound on the whole line takes over
_WHY_NOT = {
    "relu": "its second derivative vanishes, and the sum of four is 2 sgn(xy) min(|x|, |y|) for every scale, not a product",
    "softmax": "it mixes the neurons of a layer",
    "maxpool": "it is piecewise linear",
}


@functools.cache
def _logistic_polynomial(k: int) -> tuple[int, ...]:
    """Coefficients of P_k in s = sigma(z): sigma^(k) = P_k(s), P_0 = s, P_(k+1) = P_k'(s) s (1 - s)."""
    if k == 0:
        return (0, 1)
    slope = [j * c for j, c in enumerate(_logistic_polynomial(k - 1))][1:]
    result = [0] * (len(slope) + 2)
    for j, c in enumerate(slope):
        result[j + 1] += c
        result[j + 2] -= c
    return tuple(result)


@functools.cache
def _hermite(k: int) -> tuple[int, ...]:
    """Coefficients of He_k, He_(k+1) = z He_k - He_k'."""
    if k == 0:
        return (1,)
    before = _hermite(k - 1)
    result = [0, *before]
    for j, c in enumerate(before[1:]):
        result[j] -= (j + 1) * c
    return tuple(result)


def _horner(coefficients: Sequence[int], z: Decimal) -> Decimal:
    value = Decimal(0)
    for c in reversed(coefficients):
        value = value * z + c
    return value


def _sigma(k: int, z: Decimal) -> Decimal:
    return _horner(_logistic_polynomial(k), 1 / (1 + (-z).exp()))


def _tanh(k: int, z: Decimal) -> Decimal:
    return 2 ** (k + 1) * _sigma(k, 2 * z) - (k == 0)


def _softplus(k: int, z: Decimal) -> Decimal:
    return (1 + z.exp()).ln() if k == 0 else _sigma(k - 1, z)


def _sin(k: int, z: Decimal) -> Decimal:
    # sin^(k) = +-sin, +-cos: the Taylor series at z, |z| a few units
    odd = k % 2 == 0
    term, total, j = (z if odd else Decimal(1)), Decimal(0), (1 if odd else 0)
    while abs(term) > Decimal(10) ** -66 or j < abs(z):
        total += term
        term *= -z * z / ((j + 1) * (j + 2))
        j += 2
    return total if k % 4 < 2 else -total


def _exp(k: int, z: Decimal) -> Decimal:
    return z.exp()


def _square(k: int, z: Decimal) -> Decimal:
    return (z * z, 2 * z, Decimal(2))[k] if k < 3 else Decimal(0)


def _silu(k: int, z: Decimal) -> Decimal:
    return z * _sigma(k, z) + (k * _sigma(k - 1, z) if k else 0)


@functools.cache
def _root_two_pi() -> Decimal:
    # pi = 16 atan(1/5) - 4 atan(1/239)
    with decimal.localcontext(_CONTEXT):
        total = Decimal(0)
        for weight, q in ((16, 5), (-4, 239)):
            for j in range(55):
                total += Decimal(weight * (-1) ** j) / ((2 * j + 1) * Decimal(q) ** (2 * j + 1))
        return (2 * total).sqrt()


def _normal(k: int, z: Decimal) -> Decimal:
    """k-th derivative of the normal distribution function."""
    density = (-z * z / 2).exp() / _root_two_pi()
    if k:
        return (-1) ** (k - 1) * _horner(_hermite(k - 1), z) * density
    term, total, j = z, Decimal(0), 1  # 1/2 + density * sum of z^(2j+1) / (2j+1)!!
    while abs(term) > Decimal(10) ** -66:
        total += term
        j += 2
        term *= z * z / j
    return Decimal("0.5") + density * total


def _gelu(k: int, z: Decimal) -> Decimal:
    return z * _normal(k, z) + (k * _normal(k - 1, z) if k else 0)


_EXACT: dict[str, Callable[[int, Decimal], Decimal]] = {
    "logistic": _sigma,
    "tanh": _tanh,
    "softplus": _softplus,
    "gelu": _gelu,
    "silu": _silu,
    "sin": _sin,
    "exp": _exp,
    "square": _square,
}


def usable(what: str, activation: object) -> str:
    """The name of an activation with derivatives, or the reason why it has none."""
    if isinstance(activation, str) and activation in _EXACT:
        return activation
    if isinstance(activation, str) and activation in _WHY_NOT:
        raise ValueError(f"{what} needs a smooth activation, {activation} is not one: {_WHY_NOT[activation]}")
    raise ValueError(f"{what} knows the derivatives of {', '.join(_EXACT)}, got activation={activation!r}")


def derivative(activation: str, order: int, at: float) -> float:
    """A derivative of an activation, correct to double precision.

    Parameters
    ----------
    activation : {"logistic", "tanh", "softplus", "gelu", "silu", "sin", "exp", "square"}
    order : int
        0 to 64.
    at : float
        Finite, |at| <= 300.

    Returns
    -------
    float

    Examples
    --------
    >>> round(derivative("logistic", 2, 0.0), 9), derivative("logistic", 3, 0.0)
    (0.0, -0.125)
    """
    name = usable("derivative", activation)
    k = _order("derivative", order)
    z = real_number("derivative", "at", at)
    if not abs(z) <= 300:
        raise ValueError(f"derivative needs |at| <= 300, got at={at!r}")
    return _value(name, k, z)


def _order(what: str, order: object) -> int:
    k = nonnegative_int(what, "order", order)
    if k > _LARGEST_ORDER:
        raise ValueError(f"{what} goes to order {_LARGEST_ORDER}, got order={k}")
    return k


@functools.lru_cache(maxsize=1 << 14)
def _value(name: str, k: int, z: float) -> float:
    with decimal.localcontext(_CONTEXT):
        return float(_EXACT[name](k, Decimal(z)))


def derivative_table(activation: str, order: int) -> tuple[Fraction, ...]:
    r"""Derivatives 0, 1, ..., ``order`` of an activation at 0 as exact fractions.

    Parameters
    ----------
    activation : {"logistic", "tanh", "sin", "exp", "square", "silu"}
        softplus and gelu take irrational values at 0 and are refused.
    order : int
        0 to 64.

    Returns
    -------
    tuple of Fraction

    Notes
    -----
    For the logistic function :math:`\sigma^{(k)} = P_k(\sigma)` with :math:`P_{k+1}(s) = P_k'(s)\,s(1-s)`; even derivatives
    vanish at 0, which is why the paper's gate (Lin & Tegmark Eq. 11) needs a bias.

    Examples
    --------
    >>> [str(value) for value in derivative_table("logistic", 9)[1:]]
    ['1/4', '0', '-1/8', '0', '1/4', '0', '-17/16', '0', '31/4']
    """
    name, last = usable("derivative_table", activation), _order("derivative_table", order)
    if name in ("softplus", "gelu"):
        raise ValueError(f"derivative_table gives fractions, {name} takes irrational values at 0: use derivative")
    return tuple(_at_zero(name, k) for k in range(last + 1))


def _at_zero(name: str, k: int) -> Fraction:
    def sigma(j: int) -> Fraction:
        return sum((Fraction(c, 2**i) for i, c in enumerate(_logistic_polynomial(j))), Fraction(0))

    if name == "logistic":
        return sigma(k)
    if name == "tanh":
        return 2 ** (k + 1) * sigma(k) - (k == 0)
    if name == "silu":
        return k * sigma(k - 1) if k else Fraction(0)
    if name == "sin":
        return Fraction((0, 1, 0, -1)[k % 4])
    if name == "exp":
        return Fraction(1)
    return Fraction(2 if k == 2 else 0)


@functools.cache
def _everywhere(k: int) -> float:
    """Bound of |sigma^(k)| on the real line, from Cauchy's estimate on a disc of radius rho < pi.

    |1 + e^-z| >= sin(rho) wherever |Im z| <= rho, pi/2 <= rho < pi; so |sigma^(k)| <= k! / (rho^k sin(rho)).
    """
    if k == 0:
        return 1.0
    rho = math.pi * max(k, 1.0) / (k + 1.0)
    return math.factorial(k) / (rho**k * math.sin(rho))


def _density_bound(j: int) -> float:
    """Bound of |d^j/dz^j of the normal density|: Cramer's |He_j(z)| exp(-z^2/4) <= 1.0865 sqrt(j!)."""
    return 1.0865 * math.sqrt(math.factorial(j)) / math.sqrt(2 * math.pi)


def _wide(name: str, k: int, far: float, high: float) -> float:
    """Bound of |f^(k)| for |z| <= far, z <= high."""
    if name == "logistic":
        return _everywhere(k)
    if name == "tanh":
        return 2.0 ** (k + 1) * _everywhere(k) if k else 1.0
    if name == "softplus":
        return max(high, 0.0) + math.log(2) if k == 0 else _everywhere(k - 1)
    if name == "silu":
        return far * _everywhere(k) + (k * _everywhere(k - 1) if k else 0.0)
    if name == "gelu":
        return (far, 1.13)[k] if k < 2 else k * _density_bound(k - 2) + far * _density_bound(k - 1)
    if name == "sin":
        return 1.0
    if name == "exp":
        return math.exp(high) if high < 709 else math.inf
    return (far * far, 2 * far, 2.0)[k] if k < 3 else 0.0


def bound(name: str, k: int, centre: float, reach: float) -> float:
    """Upper bound of |f^(k)| on [centre - reach, centre + reach], rounding included.

    The expansion about the centre, its remainder by a bound that holds further out: sharp for small reach.
    """
    if name == "square":
        return _wide(name, k, abs(centre) + reach, centre + reach) * (1 + 1e-12)
    total, power = 0.0, 1.0
    for j in range(_REMAINDER):
        total += abs(_value(name, k + j, centre)) * power
        power *= reach / (j + 1)
    far, high = abs(centre) + reach, centre + reach
    total += _wide(name, k + _REMAINDER, far, high) * power
    return min(total, _wide(name, k, far, high)) * (1 + 1e-12)


@functools.lru_cache(maxsize=256)
def roots(name: str, k: int) -> tuple[float, ...]:
    """Where f^(k) changes sign in [-6, 6], correct to double precision."""
    count = round(2 * _SPAN / _STEP)
    grid = [-_SPAN + _STEP * j for j in range(count + 1)]
    values = [_value(name, k, z) for z in grid]
    found = []
    with decimal.localcontext(_CONTEXT):
        for j, (z, v) in enumerate(zip(grid, values)):
            if abs(v) < 1e-60:
                found.append(z)
            elif j < count and v * values[j + 1] < 0 and abs(values[j + 1]) >= 1e-60:
                found.append(float(_bisect(_EXACT[name], k, Decimal(z), Decimal(grid[j + 1]))))
    return tuple(found) if len(found) < count // 2 else ()


def _bisect(f: Callable[[int, Decimal], Decimal], k: int, low: Decimal, high: Decimal) -> Decimal:
    """The root between two points of different sign: secants kept inside, then halves."""
    a, b = f(k, low), f(k, high)
    for step in range(200):
        if high - low < Decimal(10) ** -22:
            break
        middle = (low + high) / 2 if step % 3 == 2 else low - a * (high - low) / (b - a)
        value = f(k, middle)
        if value == 0:
            return middle
        if (value < 0) == (a < 0):
            low, a = middle, value
        else:
            high, b = middle, value
    return low - a * (high - low) / (b - a)
