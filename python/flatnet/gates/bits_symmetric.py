"""Functions of the number of ones among n bits, parity first, in n logistic neurons."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .._check import boolean, positive_int, require_memory, size
from ..bounds.cube import symmetric_edges
from ..factors import Dense
from ..network import Layer, Network
from ..transforms import Entry
from ._precision import real_dtype
from .bits_monomials import real_coefficients
from .bits_sharpness import Sum, choose, exact_sums


def bit_symmetric(
    values: Any,
    tol: float | None = None,
    *,
    sharpness: float | None = None,
    hard: bool = False,
    count_first: bool = False,
    dtype: DTypeLike = np.float64,
) -> Network:
    r"""Symmetric function of n bits, a logistic neuron for each jump: at most n.

    Parameters
    ----------
    values : array_like, shape (n + 1,)
        ``values[k]`` is f where k of the bits are 1; real numbers or bools.
    tol : float, optional
        Largest error allowed on bits, absolute, > 0. By default 1e-10, in float32 1e-5, or twice the bound on rounding where
        that is larger.
    sharpness : float, optional, keyword-only
        Steepness β of all neurons instead of ``tol``.
    hard : bool, keyword-only
        β so large that neurons are exactly 0 or 1.
    count_first : bool, keyword-only
        One linear neuron counts the ones for all others: one neuron and one hidden layer more, 3n synapses in place of
        n² + n. ``flatten(1)`` gives the other form.
    dtype : {float64, float32}, keyword-only
        Precision of the weights.

    Returns
    -------
    Network
        Maps ``(..., n) -> (..., 1)``: J neurons and (n + 1) J synapses, J the number of k with values[k] ≠ values[k - 1].
        ``certificate`` bounds the error on bits.

    Raises
    ------
    ValueError
        If there are fewer than two values, one is not finite, ``tol`` is below what ``dtype`` can bound, or β overflows.
    TypeError
        If the values are not real or the dtype is refused.

    See Also
    --------
    bit_parity : the alternating one.

    Notes
    -----
    .. math:: f(y) \approx f_0 + \sum_{k=1}^{n} (f_k - f_{k-1})\,\sigma\Bigl(\beta\bigl(\textstyle\sum_i y_i - k +
              \tfrac12\bigr)\Bigr).

    With s ones the arguments are β(s - k + 1/2), so that at most two neurons are at ±β/2, two at ±3β/2 and so on: with
    Δ = max|f_k - f_{k-1}|

    .. math:: |\text{error}| \le 2\Delta\,(e^{-\beta/2} + e^{-3\beta/2} + \dots) = \frac{\Delta}{\sinh(\beta/2)},

    whatever n, and at most the sum of the jumps times e^(-β/2); β = 2 arsinh(Δ/tol), or 2 ln(sum/tol) if that is less.

    Lin & Tegmark (after Eq. 13) say that the neurons are proportional to the number of terms. That is what their
    construction takes, not what is needed: parity has 2^n - 1 terms.

    Examples
    --------
    >>> import flatnet as fn
    >>> exactly_two = fn.bit_symmetric([0, 0, 1, 0, 0], hard=True)
    >>> exactly_two.neurons, exactly_two.synapses
    (2, 10)
    >>> exactly_two([[1, 0, 1, 0], [1, 1, 1, 0]])
    array([[1.],
           [0.]])
    """
    what = "bit_symmetric"
    steps = real_coefficients(what, values)
    if steps.size < 2:
        raise ValueError(f"{what} needs n + 1 >= 2 values, got {steps.size}")
    return _compiled(what, steps, tol, sharpness, hard, boolean(what, "count_first", count_first), dtype)


def bit_parity(
    n: int,
    tol: float | None = None,
    *,
    sharpness: float | None = None,
    hard: bool = False,
    count_first: bool = False,
    dtype: DTypeLike = np.float64,
) -> Network:
    r"""Parity of n bits, 1 where the number of ones is odd, in n logistic neurons.

    Parameters
    ----------
    n : int
        Number of bits, >= 1.
    tol, sharpness, hard, count_first, dtype : optional
        As in `bit_symmetric`.

    Returns
    -------
    Network
        Maps ``(..., n) -> (..., 1)``: n neurons, n² + n synapses.

    Raises
    ------
    ValueError, TypeError
        As `bit_symmetric` does, or if ``n`` is not positive.

    Notes
    -----
    .. math:: \sum_{k=1}^{n} (-1)^{k+1} \sigma\Bigl(\beta\bigl(\textstyle\sum_i y_i - k + \tfrac12\bigr)\Bigr), \qquad
              |\text{error}| \le 1/\sinh(\beta/2) \approx 2 e^{-\beta/2}.

    As a polynomial, parity is the sum over all K ≠ ∅ of (-2)^(|K| - 1) times the product of the bits of K: 2^n - 1 terms, so as
    many neurons by Lin & Tegmark's Eq. (13), and norm(h)_1 = (3^n - 1)/2. Both networks have one hidden layer.

    With hard neurons (thresholds) and one hidden layer, parity needs at least about sqrt(π n/2) of them: it changes along
    each of the n 2^(n-1) edges of the cube, so some neuron must, and a hyperplane cuts at most
    ceil(n/2) C(n, floor(n/2)) of them (O'Neil 1971). `flattening_cost` gives the interval.

    Examples
    --------
    >>> import flatnet as fn
    >>> parity = fn.bit_parity(10, hard=True)
    >>> parity.neurons, fn.bit_function(parity([[S >> i & 1 for i in range(10)] for S in range(1024)])[:, 0]).neurons
    (10, 1023)
    >>> parity([1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
    array([1.])
    """
    what = "bit_parity"
    n, counted = size(what, "n", positive_int(what, "n", n)), boolean(what, "count_first", count_first)
    require_memory(f"bit_parity of {n} bits", 48.0 * n if counted else 16.0 * n * n)
    return _compiled(what, np.arange(n + 1) % 2.0, tol, sharpness, hard, counted, dtype)


def _compiled(
    what: str,
    values: np.ndarray[Any, Any],
    tol: float | None,
    sharpness: float | None,
    hard: bool,
    count_first: bool,
    dtype: DTypeLike,
) -> Network:
    precision = real_dtype(what, dtype)
    n = values.size - 1
    with np.errstate(over="ignore"):
        jumps = np.diff(values)
        stored = jumps.astype(precision)
    if not np.isfinite(stored).all() or not np.isfinite(precision.type(values[0])):
        raise ValueError(f"{what} in {precision} cannot hold jumps up to {np.abs(jumps).max():g}")
    places = np.flatnonzero(jumps)
    # np.diff rounds each jump by half a unit in its last place at most, unless all are exact.
    exact = exact_sums(values, 2.0 * float(np.abs(values).max()), 53)
    given = 0.0 if exact else 1.01 * 2.0**-53 * float(np.abs(jumps).sum())
    peak = float(np.abs(jumps).max())
    output = Sum(jumps[places], float(values[0]), peak=peak, given=given)
    chosen = choose(what, n, output, precision, sharpness=sharpness, tol=tol, hard=hard)
    certificate = chosen.certificate(f"a symmetric function of {n} bits with {places.size} jumps")
    constant = np.array([values[0]], dtype=precision) if values[0] else None
    bias = (-chosen.beta * (places + 0.5)).astype(precision)  # the jump between k - 1 and k ones stands at place k - 1
    last = Layer(Dense(stored[None, places]), constant)
    name = f"{what}({n})"
    info = {"cube": {"bits": n, "edges": symmetric_edges(values)}} if n <= 4096 else None
    if not places.size:
        return Network(
            [Layer(Dense(np.zeros((1, n), dtype=precision)), constant)], name=name, info=info, certificate=certificate
        )
    require_memory(
        f"{what} of {n} bits and {places.size} jumps", 0.0 if count_first else 2.0 * n * places.size * precision.itemsize
    )
    if count_first:
        count = Layer(Dense(np.ones((1, n), dtype=precision)))
        steps = Layer(Dense(np.full((places.size, 1), chosen.beta, dtype=precision)), bias, "logistic")
        return Network([count, steps, last], name=name, info=info, certificate=certificate)
    weights = Dense(np.full((places.size, n), chosen.beta, dtype=precision))
    return Network([Layer(weights, bias, "logistic"), last], name=name, info=info, certificate=certificate)


ENTRIES = (
    Entry(
        name="bit_symmetric",
        constructor=bit_symmetric,
        arguments=lambda n: (np.arange(n + 1) ** 2,),
        sizes=(1, 2, 5, 12),
        synapses=lambda n: n * (n + 1),
        summary="function of the number of ones, a logistic neuron a jump: (n + 1) jumps",
    ),
    Entry(
        name="bit_parity",
        constructor=bit_parity,
        arguments=lambda n: (n,),
        sizes=(1, 2, 5, 12),
        synapses=lambda n: n * (n + 1),
        summary="parity of n bits in n logistic neurons: n² + n synapses",
    ),
)
