"""Multiplication gate: x y from three or four logistic neurons (Lin & Tegmark Eqs. 10 and 11)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..factors import Dense
from ..network import Layer, Network
from ..transforms import Entry
from ._precision import positive_number, real_dtype

FOUR_BIAS = -math.acosh(5.0)  # s(1-s) = 1/12: the fourth derivative vanishes, the error is O(scale**4)
THREE_BIAS = -math.acosh(2.0)  # s(1-s) = 1/6: the third derivative vanishes, the error is O(scale**2)


def product_gate(
    activation: str = "logistic",
    neurons: int = 4,
    scale: float | str = "auto",
    domain: tuple[float, float] = (-1, 1),
    dtype: DTypeLike = np.float64,
) -> Network:
    r"""Product of two numbers, ``(x, y) -> x y``, by one hidden layer of logistic neurons.

    Parameters
    ----------
    activation : {"logistic"}
        Activation of the hidden layer.
    neurons : {4, 3}
        Hidden neurons. Three need an output bias and are less exact.
    scale : float or "auto"
        Scale λ of the inputs inside the gate. "auto" balances the truncation, which falls with λ, against the
        rounding of ``dtype``, which grows as 1/λ².
    domain : (float, float)
        Interval that both inputs stay in; "auto" divides λ by its largest magnitude R.
    dtype : {float64, float32}
        Precision the gate is tuned for and stored in.

    Returns
    -------
    Network
        Maps ``(..., 2) -> (..., 1)``: 4 neurons and 12 synapses, or 3 neurons and 7 synapses.

    Raises
    ------
    ValueError
        If the activation, the number of neurons, the scale or the domain is not usable.
    TypeError
        If ``dtype`` is not float32 or float64.

    Notes
    -----
    With σ the logistic function and primes for derivatives at the bias b = -arccosh 5,

    .. math:: m(x,y) = \frac{\sigma(b+\lambda(x+y)) - \sigma(b+\lambda(x-y)) + \sigma(b-\lambda(x+y))
              - \sigma(b-\lambda(x-y))}{4\sigma''\lambda^2}
              = xy\Bigl[1 + \lambda^4 \frac{\sigma^{(6)}}{360\,\sigma''}(3x^4+10x^2y^2+3y^4) + \dots\Bigr],

    because σ'''' = 0 there. Three neurons at b = -arccosh 2, where σ''' = 0, with output bias σ(b)/(σ''λ²):

    .. math:: m_3(x,y) = \frac{\sigma(b+\lambda(x+y)) - \sigma(b+\lambda x) - \sigma(b+\lambda y) + \sigma(b)}
              {\sigma''\lambda^2} = xy\Bigl[1 - \tfrac{\lambda^2}{24}(4x^2+6xy+4y^2) + \dots\Bigr].

    With "auto" the largest error on [-R, R]² is about 3e-11 R² in float64 and 3e-5 R² in float32 (three
    neurons: 6e-8 and 1e-3). Lin & Tegmark's theorem of sec. II C says "in the limit λ → ∞ ... exact"; it is λ
    → 0, and in floating point neither: too small a λ loses all digits. "Merely 4 neurons" is not the least,
    since 3 do with an affine output; and the logistic needs a bias, as σ''(0) = 0.

    Examples
    --------
    >>> import flatnet as fn
    >>> gate = fn.product_gate()
    >>> gate.synapses, gate.neurons
    (12, 4)
    >>> gate([0.5, -0.25]).round(9)
    array([-0.125])
    """
    if activation != "logistic":
        raise ValueError(f"product_gate is made of 'logistic' neurons, got activation={activation!r}")
    if neurons not in (3, 4):
        raise ValueError(f"product_gate has 3 or 4 neurons, got neurons={neurons!r}")
    precision = real_dtype("product_gate", dtype)
    reach = _reach(domain)
    factor = (
        _automatic_scale(neurons, reach, precision)
        if isinstance(scale, str) and scale == "auto"
        else positive_number("product_gate", "scale", scale)
    )
    directions, signs, bias, offset = _four() if neurons == 4 else _three()
    curvature = _derivatives(bias)[1] * (4 if neurons == 4 else 1)
    with np.errstate(over="ignore", under="ignore"):
        inner = (factor * directions).astype(precision)
        outer = (signs / curvature / factor / factor).astype(precision)
    if not np.isfinite(outer).all() or not outer.all() or not np.abs(inner).max() >= np.finfo(precision).tiny:
        raise ValueError(f"product_gate in {precision} cannot hold the weights 1/scale**2 of scale={factor:g}")
    output_bias = np.array([offset * outer[0]], dtype=precision) if neurons == 3 else None
    hidden = Layer(Dense(inner), np.full(neurons, bias, dtype=precision), "logistic")
    return Network([hidden, Layer(Dense(outer[None, :]), output_bias)], name=f"product_gate({neurons} neurons)")


def _four() -> tuple[NDArray[np.float64], NDArray[np.float64], float, float]:
    # Signs alternate, so that the output's running sum stays small.
    directions = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, -1.0], [-1.0, 1.0]])
    return directions, np.array([1.0, -1.0, 1.0, -1.0]), FOUR_BIAS, 0.0


def _three() -> tuple[NDArray[np.float64], NDArray[np.float64], float, float]:
    directions = np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    return directions, np.array([1.0, -1.0, -1.0]), THREE_BIAS, _derivatives(THREE_BIAS)[0]


def _derivatives(bias: float) -> tuple[float, float]:
    """The logistic function and its second derivative s(1-s)(1-2s) at ``bias``."""
    s = 1.0 / (1.0 + math.exp(-bias))
    return s, s * (1.0 - s) * (1.0 - 2.0 * s)


def _reach(domain: tuple[float, float]) -> float:
    ends = np.asarray(domain)
    if ends.shape != (2,) or ends.dtype.kind not in "iuf" or not (-math.inf < ends[0] < ends[1] < math.inf):
        raise ValueError(f"product_gate needs a domain (low, high) with low < high, both finite, got {domain!r}")
    low, high = (float(end) for end in ends)
    return max(abs(low), abs(high))


def _automatic_scale(neurons: int, reach: float, precision: np.dtype[Any]) -> float:
    """Minimum of truncation + rounding on [-1, 1]²: c λ⁴ + r u/λ² (four neurons), c λ² + r u/λ² (three)."""
    unit = float(np.finfo(precision).eps) / 2
    s, curvature = _derivatives(FOUR_BIAS if neurons == 4 else THREE_BIAS)
    if neurons == 4:
        # c = |σ⁽⁶⁾/(360σ'')| (3 + 10 + 3) = (3/2)(16/360); r: half of the four rounded outputs σ(b)/(4σ'')
        return float((2 * s / (4 * curvature) * unit / (2 * (1 / 15))) ** (1 / 6)) / reach
    # c = (4 + 6 + 4)/24; r: product and sum of each of the four terms σ(b)/σ''
    return float((8 * s / curvature * unit / (14 / 24)) ** (1 / 4)) / reach


ENTRIES = (
    Entry(
        name="product_gate",
        constructor=product_gate,
        arguments=lambda neurons: ("logistic", neurons),
        sizes=(3, 4),
        synapses=lambda neurons: {3: 7, 4: 12}[neurons],
        summary="x y from 4 logistic neurons (12 synapses) or 3 (7 synapses)",
    ),
)
