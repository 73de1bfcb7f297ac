"""Product of bits by a single logistic neuron (Lin & Tegmark Eq. 13)."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from .._check import positive_int, require_memory, size
from ..factors import Dense
from ..network import Layer, Network
from ..transforms import Entry
from ._precision import positive_number, real_dtype
from .bits_sharpness import Sum, choose


def bit_product(
    k: int,
    sharpness: float | None = None,
    tol: float | None = None,
    *,
    hard: bool = False,
    dtype: DTypeLike = np.float64,
) -> Network:
    r"""Product of k bits, ``y_1 y_2 ... y_k``, by one logistic neuron and an identity output.

    Parameters
    ----------
    k : int
        Number of bits, >= 1.
    sharpness : float, optional
        Steepness β of the neuron, > 0.
    tol : float, optional
        Largest error allowed on bits, 0 < tol < 1/2, instead of ``sharpness``; sets β = 2 ln(1/tol). By
        default 1e-10, in float32 1e-5.
    hard : bool, keyword-only
        β so large that the neuron is exactly 0 or 1: no error at all.
    dtype : {float64, float32}, keyword-only
        Precision of the weights.

    Returns
    -------
    Network
        Maps ``(..., k) -> (..., 1)``: one neuron, k + 1 synapses. ``certificate`` bounds the error on bits.

    Raises
    ------
    ValueError
        If ``k`` is not positive, ``sharpness`` or ``tol`` is out of range or below what ``dtype`` rounds to, β(k - 1/2)
        overflows, or more than one of the three is given.
    TypeError
        If ``dtype`` is not float32 or float64.

    Notes
    -----
    .. math:: \prod_{i=1}^{k} y_i \approx \sigma\Bigl(-\beta\bigl(k - \tfrac12 - \sum_i y_i\bigr)\Bigr)

    is Lin & Tegmark Eq. (13). The worst inputs have k or k - 1 ones: the argument is ±β/2 and the error
    1/(1 + exp(β/2)) < exp(-β/2), whatever k. So D decimals need β = 2 D ln 10: 18.42, 32.24, 46.05, 69.08 for D = 4, 7,
    10, 15; the paper's "β > D ln 10 ≈ 23" forgets that the margin is 1/2 and leaves an error of 1e-5 at D = 10. D = 16 is
    refused: 1e-16 is below the roundoff of float64. (``tol`` includes the two units in the last place of the neuron,
    except within a factor 256 of them, where the formula stands as it is and ``certificate.error`` has both.)

    σ(β/2) rounds to 1 from β = 74.9 (float32: 34.7) on and σ(-β/2) to 0 from β = 1490.3 (208.0) on; ``hard=True`` takes
    β = 2048. β is rounded up to so few digits that its multiples are exact: the argument has no rounding error.

    Examples
    --------
    >>> import flatnet as fn
    >>> gate = fn.bit_product(3)
    >>> gate.synapses, gate.neurons
    (4, 1)
    >>> gate([[1, 1, 1], [1, 0, 1]]).round(9)
    array([[1.],
           [0.]])
    >>> fn.bit_product(3, hard=True)([[1, 1, 1], [1, 0, 1]])
    array([[1.],
           [0.]])
    """
    k = size("bit_product", "k", positive_int("bit_product", "k", k))
    precision = real_dtype("bit_product", dtype)
    require_memory(f"a gate of {k} bits", 3.0 * k * precision.itemsize)
    if tol is not None and not positive_number("bit_product", "tol", tol) < 0.5:
        raise ValueError(f"bit_product needs a tol between 0 and 1/2, got {tol!r}")
    chosen = choose("bit_product", k, Sum(np.ones(1)), precision, sharpness=sharpness, tol=tol, hard=hard)
    weights = np.full((1, k), chosen.beta, dtype=precision)
    hidden = Layer(Dense(weights), np.array([-chosen.beta * (k - 0.5)], dtype=precision), "logistic")
    return Network(
        [hidden, Layer(Dense(np.ones((1, 1), dtype=precision)))],
        name=f"bit_product({k})",
        certificate=chosen.certificate(f"the product of {k} bits"),
    )


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
