"""LB4: Schatten norms bound the synapses of networks of bounded range, for any depth."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from .bound import Asked, Bound, LowerBound, covered, exp_range

if TYPE_CHECKING:
    from ..certify import LowerBounds
    from ..spectrum import Spectrum

__all__ = ["SCHATTEN", "schatten"]

Array = np.ndarray[Any, Any]

_EPS = float(np.finfo(np.float64).eps)


def _ceiling(facts: LowerBounds, asked: Asked) -> float:
    return math.inf if math.isfinite(asked.log_range) else 0.0


def _prove(facts: LowerBounds, asked: Asked) -> LowerBound:
    """The error goes in through Weyl's inequality or through Mirsky's, whichever keeps more."""
    known, layers, log_range = facts.spectrum, asked.layers, asked.log_range
    value, how = 0, "singular values out of reach"
    if known is not None:
        how = known.how
        if known.square is not None and asked.spectral == 0.0 and log_range == 0.0:
            value = _ceil_root(layers, int(known.multiplicities.sum()), known.square)
        else:
            bounds = [schatten(known.values, known.multiplicities, layers, log_range, asked.spectral)]
            if asked.eps > 0:
                bounds.append(_mirsky(known, layers, log_range, asked.frobenius))
            value = math.ceil(max(bounds))
    gamma = exp_range(log_range)
    return LowerBound("Schatten (LB4)", value, layers, gamma, asked.eps, covered(asked, gamma), how)


SCHATTEN = Bound(_ceiling, _prove)


def schatten(values: Array, multiplicities: Array, layers: int, log_range: float, shift: float = 0.0) -> float:
    r"""Schatten bound on the synapses of a chain, rounded down.

    Parameters
    ----------
    values, multiplicities : ndarray
        Singular values of the product and how often each stands.
    layers : int
        Number of layers L.
    log_range : float
        Logarithm of Gamma, the product of max|A_l|; -inf (a zero layer) and inf give 0.
    shift : float
        Spectral error allowed; by Weyl's inequality every singular value may be smaller by this much.

    Returns
    -------
    float
        Not larger than the bound in exact arithmetic.

    Notes
    -----
    .. math:: N_s \ge L\, \Gamma^{-2/L} \sum_i \sigma_i(A)^{2/L}

    from nnz(A_l) >= norm_F(A_l)^2 / max|A_l|^2, the inequality of the means and Hoelder's for Schatten norms.
    Lin and Tegmark (2016) state such "no-flattening" results by counting one chain; this is a bound over all
    chains of the class. Rescaling whole layers leaves it as it is; rescaling single neurons (a diagonal D and
    its inverse between two layers) changes Gamma and so the class.

    Examples
    --------
    >>> import math, numpy as np
    >>> math.ceil(schatten(np.array([32.0]), np.array([1024.0]), 5, 0.0))
    20480
    """
    lowered = values - shift
    kept = lowered > 0
    if not kept.any() or not math.isfinite(log_range):
        return 0.0
    power = 2.0 / layers
    # exp(p (log sigma - log Gamma)): roundings of the logarithms, and one a layer in Gamma
    exponents = power * (np.log(lowered[kept]) - log_range)
    largest = float(np.abs(exponents).max()) + power * abs(log_range)
    total = math.fsum((multiplicities[kept] * np.exp(np.minimum(exponents, 600.0))).tolist())
    return layers * total * (1 - 4 * _EPS * (4 + largest + layers))


def _mirsky(known: Spectrum, layers: int, log_range: float, error: float) -> float:
    r"""The same bound for a Frobenius error E, by Mirsky's inequality sum (sigma_i - sigma'_i)^2 <= E^2.

    With d_i = sigma_i - sigma'_i and p = 2/L <= 1, sigma^p - (sigma - d)^p is convex in d and so at most
    d sigma^(p-1); by Cauchy and Schwarz the sum loses at most E sqrt(sum sigma^(2p-2)). The bound holds for
    the k largest values alone, for every k. One layer (p = 2) keeps at least (norm_F - E)^2.
    """
    kept = known.values > 0
    values, counts = known.values[kept], known.multiplicities[kept]
    if not values.size or not math.isfinite(log_range):
        return 0.0
    power = 2.0 / layers
    logs = np.log(values) - log_range
    slack = 4 * _EPS * (8 + len(values) + float(np.abs(logs).max()) + abs(log_range))
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        error = float(error * np.exp(-log_range))
        gained = np.cumsum(counts * np.exp(power * logs)) * (1 - slack)
        if layers == 1:
            return max(0.0, math.sqrt(float(gained[-1])) - error) ** 2 * (1 - slack)
        spent = np.sqrt(np.cumsum(counts * np.exp((2 * power - 2) * logs))) * (1 + slack)
        left = gained - error * spent
    left = left[np.isfinite(left)]
    return layers * max(0.0, float(left.max())) if left.size else 0.0


def _ceil_root(layers: int, size: int, square: Fraction) -> int:
    """Smallest integer N with N >= L n s^(1/L), in integer arithmetic: N^L >= (L n)^L s."""
    goal = Fraction(layers * size) ** layers * square
    low, high = 0, layers * size * (math.ceil(square) + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if middle**layers >= goal else (middle, high)
    return high
