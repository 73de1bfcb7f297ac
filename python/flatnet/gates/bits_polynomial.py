"""Any function of bits with one hidden layer, a logistic neuron for each monomial (Lin & Tegmark Eqs. 12 and 13)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..bounds.cube import changing_edges
from ..factors import Dense, Sparse
from ..network import Layer, Network
from ..transforms import Entry
from ._precision import real_dtype
from .bits_monomials import Monomials, monomials, real_coefficients
from .bits_sharpness import Sum, choose, exact_sums
from .bits_symmetric import bit_symmetric
from .bits_table import as_table, multilinear


def bit_polynomial(
    terms: Any,
    tol: float | None = None,
    *,
    bits: int | None = None,
    sharpness: float | None = None,
    hard: bool = False,
    dtype: DTypeLike = np.float64,
) -> Network:
    r"""Polynomial in bits, one logistic neuron for each monomial; the constant is a bias.

    Parameters
    ----------
    terms : mapping, or array_like of shape (2**n,)
        Index tuple -> coefficient: ``{(): 1.0, (0, 2): -0.5}`` is 1 - y_0 y_2 / 2. An index may repeat, as y² = y, and equal
        monomials add up. Or all coefficients as `multilinear` gives them: bit i of the index is y_i.
    tol : float, optional
        Largest error allowed on bits, absolute, > 0. By default 1e-10, in float32 1e-5, or twice the bound on rounding where
        that is larger.
    bits : int, optional, keyword-only
        Number of inputs n; by default the largest index + 1.
    sharpness : float, optional, keyword-only
        Steepness β of all neurons instead of ``tol``.
    hard : bool, keyword-only
        β so large that neurons are exactly 0 or 1. What is left is the rounding of the sum, which is none for whole
        numbers and other multiples of a power of two within the dtype's digits.
    dtype : {float64, float32}, keyword-only
        Precision of the weights.

    Returns
    -------
    Network
        Maps ``(..., n) -> (..., 1)``: as many neurons m as there are monomials with an index, m + (the sum of their degrees)
        synapses. ``certificate`` bounds the error on bits.

    Raises
    ------
    ValueError
        If an index is out of range, a coefficient is not finite, ``tol`` is below what ``dtype`` can bound, or β overflows.
    TypeError
        If keys are no tuples of whole numbers or the dtype is refused.

    See Also
    --------
    bit_function : from a truth table.
    bit_symmetric : n neurons where the order of the bits does not matter.

    Notes
    -----
    .. math:: f(y) \approx h_\emptyset + \sum_{K \ne \emptyset} h_K\,
              \sigma\Bigl(\beta\bigl(\textstyle\sum_{i \in K} y_i - |K| + \tfrac12\bigr)\Bigr), \qquad
              |\text{error}| \le \|h\|_1 e^{-\beta/2}

    is Lin & Tegmark Eqs. (12) and (13); so β = 2 ln(norm(h)_1/tol), where the paper's β > D ln 10 counts neither the margin of
    1/2 nor the coefficients. From ``tol`` the rounding of the dtype is taken off first: for m terms in any order of
    summation up to (m + 3) u norm(h)_1, u the unit roundoff.

    A linear term takes a neuron too, as in the paper: a hidden layer has one activation, and a copy through a logistic
    neuron, scaled down, would bring an error of its own. "One neuron per term" is only an upper bound on what f needs:
    see `bit_parity`.

    Examples
    --------
    >>> import flatnet as fn
    >>> net = fn.bit_polynomial({(): 1.0, (0,): 2.0, (0, 2): -3.0}, tol=1e-9)
    >>> net.neurons, net.synapses, net.shape
    (2, 5, (1, 3))
    >>> net([[0, 0, 0], [1, 0, 0], [1, 1, 1]]).round(8).tolist()
    [[1.0], [3.0], [0.0]]
    >>> net.certificate.error <= 1e-9, round(net.certificate.sharpness, 2)
    (True, 44.67)
    """
    return _compiled("bit_polynomial", monomials("bit_polynomial", terms, bits), 0.0, tol, sharpness, hard, dtype)


def bit_function(
    table: Any,
    tol: float | None = None,
    *,
    sharpness: float | None = None,
    hard: bool = False,
    dtype: DTypeLike = np.float64,
) -> Network:
    r"""Any function of n bits from its truth table, with at most 2^n - 1 logistic neurons.

    Parameters
    ----------
    table : array_like, shape (2**n,)
        ``table[S]`` is the value where bit i of S is y_i; real numbers or bools.
    tol, sharpness, hard, dtype : optional
        As in `bit_polynomial`.

    Returns
    -------
    Network
        Maps ``(..., n) -> (..., 1)``; `bit_polynomial` of the coefficients that `multilinear` finds. Where f depends on the
        number of ones alone, `bit_symmetric` is its ``flat_form``.

    Raises
    ------
    ValueError, TypeError
        As `bit_polynomial` does, or if the table has no 2^n entries.

    Notes
    -----
    Coefficients of whole-number tables are exact. Those of other tables carry the rounding of n sums; the certificate
    holds it against the table: sum of |f(T)| 2^(n - abs(T)) n u, which limits dense tables to small n.

    Examples
    --------
    The majority of three bits:

    >>> import flatnet as fn
    >>> net = fn.bit_function([0, 0, 0, 1, 0, 1, 1, 1], hard=True)
    >>> net.neurons
    4
    >>> net([[0, 1, 1], [0, 1, 0]])
    array([[1.],
           [0.]])
    >>> net.certificate.error
    0.0
    """
    given = as_table("bit_function", table)
    values = real_coefficients("bit_function", given)
    coefficients = multilinear(given if given.dtype.kind == "i" else values)
    error = 0.0 if given.dtype.kind == "i" else _rounded(values)
    net = _compiled("bit_function", monomials("bit_function", coefficients), error, tol, sharpness, hard, dtype)
    net.info["cube"] = {"bits": net.shape[1], "edges": changing_edges(values)}
    if (steps := _symmetric(values)) is not None:
        net.flat_form = bit_symmetric(steps, tol, sharpness=sharpness, hard=hard, dtype=dtype)
    return net


def _symmetric(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
    """The value for each number of ones, if that is all the table depends on."""
    ones = np.zeros(1, dtype=np.int64)
    while ones.size < values.size:
        ones = np.concatenate((ones, ones + 1))
    steps = values[(1 << np.arange(int(ones[-1]) + 1)) - 1]
    return steps if (values == steps[ones]).all() else None


def _rounded(values: np.ndarray[Any, Any]) -> float:
    """Bound on what the rounding of the Möbius transform does to any value of the function."""
    n = values.size.bit_length() - 1
    if exact_sums(values, float(np.abs(values).max()) * 2.0**n, 53):
        return 0.0
    weights = np.ones(1)
    for _ in range(n):  # 2^(n - |T|)
        weights = np.concatenate((2 * weights, weights))
    with np.errstate(over="ignore"):
        return 1.01 * n * 2.0**-53 * float(np.abs(values) @ weights)


def _compiled(
    what: str, found: Monomials, given: float, tol: float | None, sharpness: float | None, hard: bool, dtype: DTypeLike
) -> Network:
    """One neuron a monomial, whatever gave the monomials; ``given`` is the error that the coefficients bring."""
    precision = real_dtype(what, dtype)
    with np.errstate(over="ignore"):
        stored = np.append(found.coefficients, found.constant).astype(precision)
    if not np.isfinite(stored).all():
        raise ValueError(f"{what} in {precision} cannot hold coefficients up to {np.abs(found.coefficients).max():g}")
    degrees, terms = found.degrees, found.coefficients.size
    degree = int(degrees.max()) if terms else 0
    output = Sum(found.coefficients, found.constant, given=given)
    chosen = choose(what, max(degree, 1), output, precision, sharpness=sharpness, tol=tol, hard=hard)
    constant = np.array([found.constant], dtype=precision) if found.constant else None
    if terms:
        weights = np.full(found.indices.size, chosen.beta, dtype=precision)
        bias = (chosen.beta * (0.5 - degrees)).astype(precision)
        hidden = Layer(Sparse((weights, found.indices, found.begin), shape=(terms, found.bits)), bias, "logistic")
        layers = [hidden, Layer(Dense(stored[None, :-1]), constant)]
    else:
        nothing = Sparse((np.empty(0, precision), np.empty(0, np.int64), np.zeros(2, np.int64)), shape=(1, found.bits))
        layers = [Layer(nothing, constant)]
    statement = f"a polynomial of degree {degree} with {terms} terms in {found.bits} bits"
    name = f"{what}({found.bits} bits, {terms} terms)"
    return Network(layers, name=name, certificate=chosen.certificate(statement))


ENTRIES = (
    Entry(
        name="bit_polynomial",
        constructor=bit_polynomial,
        arguments=lambda n: (np.ones(1 << n),),
        sizes=(1, 2, 5, 8),
        synapses=lambda n: n * (1 << n) // 2 + (1 << n) - 1,
        summary="polynomial in bits, one logistic neuron a term: terms + their degrees (n bits, all terms: (n/2 + 1) 2**n - 1)",
    ),
    Entry(
        name="bit_function",
        constructor=bit_function,
        arguments=lambda n: (np.arange(1 << n) % 2,),
        sizes=(1, 2, 5, 8),
        synapses=lambda n: 2,
        summary="function of n bits from its truth table: its terms + their degrees (here f = y_0)",
    ),
)
