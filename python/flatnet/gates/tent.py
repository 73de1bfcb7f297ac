"""Telgarsky's sawtooth: a tent map composed with itself, where depth pays exponentially and exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .._check import positive_int
from ..certificate import Certificate
from ..factors import Dense
from ..network import Layer, Network
from ..transforms import Entry
from ._precision import real_dtype

_CARRIED = 12  # compositions up to which the network carries its flat form of 2^k neurons


def tent_map(k: int, dtype: DTypeLike = np.float64) -> Network:
    r"""Sawtooth with 2^k linear pieces on [0, 1]: the tent map composed k times, exact in floating point.

    Parameters
    ----------
    k : int
        Compositions, 1 to 50 (float32: 1 to 21).
    dtype : {float64, float32}

    Returns
    -------
    Network
        Maps ``(..., 1) -> (..., 1)``: 2k ReLUs in k layers, 4k synapses. Up to k = 12 its ``flat_form`` has 2^k ReLUs in one
        layer.

    Raises
    ------
    ValueError, TypeError
        If ``k`` or ``dtype`` is out of range.

    Notes
    -----
    .. math:: t(x) = 2\,\mathrm{relu}(x) - 4\,\mathrm{relu}(x - \tfrac12)

    rises from 0 to 1 and falls back. k layers of two ReLUs with merged affine maps have 4k synapses: 2 in the first layer, 4 in
    each of the others, 2 in the output. One hidden layer of m ReLUs has at most m + 1 pieces (Telgarsky 2015), so
    C_n >= (2^k - 1)/2k: the example among Lin & Tegmark's no-flattening theorems where the bound holds for all weights.

    Examples
    --------
    >>> import flatnet as fn
    >>> net = fn.tent_map(3)
    >>> net.neurons, net.synapses, net([0.125])
    (6, 12, array([1.]))
    >>> fn.flattening_cost(net, depth=1).C_n
    [1.16667, 1.33333]
    """
    k = positive_int("tent_map", "k", k)
    precision = real_dtype("tent_map", dtype)
    most = np.finfo(precision).nmant - 2
    if k > most:
        raise ValueError(f"tent_map in {precision} is exact up to k={most}, got k={k}")
    return _network(k, precision, _flat(k, precision) if 1 < k <= _CARRIED else None)


def _certificate(k: int, precision: np.dtype[Any]) -> Certificate:
    return Certificate(
        error=0.0,
        domain=((0.0, 1.0),),
        dtype=precision.name,
        statement=f"the tent map composed {k} times, without rounding: differences of neighbouring binades are exact",
    )


def _network(k: int, precision: np.dtype[Any], flat: Network | None) -> Network:
    bias = np.array([0.0, -0.5], dtype=precision)
    tent = np.array([2.0, -4.0], dtype=precision)
    layers = [Layer(Dense(np.ones((2, 1), dtype=precision)), bias, "relu")]
    layers += [Layer(Dense(np.stack([tent, tent])), bias, "relu") for _ in range(k - 1)]
    layers.append(Layer(Dense(tent[None, :])))
    return Network(layers, name=f"tent_map({k})", flat_form=flat, info={"pieces": 2**k}, certificate=_certificate(k, precision))


def _flat(k: int, precision: np.dtype[Any]) -> Network:
    """2^k relu(x) and a kink of -+2^(k+1) at every multiple of 2^-k between 0 and 1."""
    count = 2**k
    kinks = np.arange(count) / count
    slopes = np.where(np.arange(count) % 2, -2.0, 2.0) * count
    slopes[0] = count
    hidden = Layer(Dense(np.ones((count, 1), dtype=precision)), (-kinks).astype(precision), "relu")
    return Network(
        [hidden, Layer(Dense(slopes[None, :].astype(precision)))], name=f"tent_map({k}), flat", info={"pieces": count}
    )


ENTRIES = (
    Entry(
        name="tent_map",
        constructor=tent_map,
        arguments=lambda k: (k,),
        sizes=(1, 2, 5),
        synapses=lambda k: 4 * k,
        summary="sawtooth of 2^k pieces from 2k ReLUs: 4k synapses",
    ),
)
