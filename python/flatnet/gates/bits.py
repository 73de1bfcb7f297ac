"""Product of bits by a single logistic neuron (Lin & Tegmark Eq. 13)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import DTypeLike

from .._check import positive_int
from ..factors import Dense
from ..network import Layer, Network
from ..transforms import Entry
from ._precision import positive_number, real_dtype


def bit_product(k: int, sharpness: float | None = None, tol: float | None = None, *, dtype: DTypeLike = np.float64) -> Network:
    r"""Product of k bits, ``y_1 y_2 ... y_k``, by one logistic neuron and an identity output.

    Parameters
    ----------
    k : int
        Number of bits, >= 1.
    sharpness : float, optional
        Steepness β of the neuron, > 0.
    tol : float, optional
        Largest error allowed on bits, 0 < tol < 1/2, instead of ``sharpness``; sets β = 2 ln(1/tol). By
        default 1e-10.
    dtype : {float64, float32}, keyword-only
        Precision of the weights.

    Returns
    -------
    Network
        Maps ``(..., k) -> (..., 1)``: one neuron, k + 1 synapses.

    Raises
    ------
    ValueError
        If ``k`` is not positive, ``sharpness`` or ``tol`` is out of range, or both are given.
    TypeError
        If ``dtype`` is not float32 or float64.

    Notes
    -----
    .. math:: \prod_{i=1}^{k} y_i \approx \sigma\Bigl(-\beta\bigl(k - \tfrac12 - \sum_i y_i\bigr)\Bigr)

    is Lin & Tegmark Eq. (13). The worst inputs have k or k - 1 ones: the argument is ±β/2 and the error
    1/(1 + exp(β/2)) < exp(-β/2), whatever k. So D decimals need β = 2 D ln 10, which is 46 for D = 10;
    the paper's "β > D ln 10 ≈ 23" forgets that the margin is 1/2 and leaves an error of 1e-5.

    Examples
    --------
    >>> import flatnet as fn
    >>> gate = fn.bit_product(3)
    >>> gate.synapses, gate.neurons
    (4, 1)
    >>> gate([[1, 1, 1], [1, 0, 1]]).round(9)
    array([[1.],
           [0.]])
    """
    k = positive_int("bit_product", "k", k)
    if sharpness is not None and tol is not None:
        raise ValueError(f"bit_product takes sharpness or tol, got sharpness={sharpness!r} and tol={tol!r}")
    if sharpness is None:
        tolerance = positive_number("bit_product", "tol", 1e-10 if tol is None else tol)
        if not tolerance < 0.5:
            raise ValueError(f"bit_product needs a tol between 0 and 1/2, got {tol!r}")
        beta = -2.0 * math.log(tolerance)
    else:
        beta = positive_number("bit_product", "sharpness", sharpness)
    precision = real_dtype("bit_product", dtype)
    with np.errstate(over="ignore", under="ignore"):
        weights = np.full((1, k), beta).astype(precision)
        bias = np.array([-beta * (k - 0.5)]).astype(precision)
    if not np.isfinite(bias).all() or not weights.all():
        raise ValueError(f"bit_product in {precision} cannot hold sharpness*(k - 1/2) of sharpness={beta:g} and k={k}")
    hidden = Layer(Dense(weights), bias, "logistic")
    return Network([hidden, Layer(Dense(np.ones((1, 1), dtype=precision)))], name=f"bit_product({k})")


ENTRIES = (
    Entry(
        name="bit_product",
        constructor=bit_product,
        arguments=lambda k: (k,),
        sizes=(1, 2, 5, 12),
        synapses=lambda k: k + 1,
        summary="product of k bits from one logistic neuron: k + 1 synapses",
    ),
)
