"""Flattening with an error: small weights are dropped, the error is measured on the whole product."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ._check import require_memory
from .segments import SegmentTable, merged_layer, segment_table

if TYPE_CHECKING:
    from .factors import Factor
    from .network import Layer, Network

__all__ = ["droppable", "truncated"]

Array = np.ndarray[Any, Any]


def truncated(
    net: Network, depth: int, eps: float, table: SegmentTable | None = None
) -> tuple[Network, float]:
    """Cheapest truncated network over the best partition for each number of layers up to ``depth + 1``.

    Parameters
    ----------
    net : Network
        A linear network (biases allowed).
    depth : int
        Most hidden layers.
    eps : float
        Relative error allowed in the Frobenius norm, positive.
    table : SegmentTable, optional
        Of ``net``, if it is at hand.

    Returns
    -------
    Network
        Fewest synapses, then the smallest range, then the fewest layers.
    float
        Its relative error, measured against the product of all layers.

    Raises
    ------
    ValueError
        If a weight is not finite.
    TooLargeError
        If the product of all layers does not fit in memory: the error is measured against it.
    """
    from .network import Network

    table = segment_table(net) if table is None else table
    rows, cols = net.shape
    require_memory("flatten with eps > 0 (the product of all layers)", 2 * rows * cols * net.dtype.itemsize)
    target = np.asarray(Network([layer.weight for layer in net.layers]).toarray())
    scale = _norm(target)
    if not math.isfinite(scale):
        raise ValueError("flatten with eps > 0 needs finite weights, the network has NaN or infinite ones")
    found = []
    for q in range(1, min(depth + 1, len(net)) + 1):
        layers = [merged_layer(net, i, j) for i, j in table.partition(q).segments]
        kept, error = _thinned([layer.weight for layer in layers], target, eps * scale)
        candidate = Network(_with_weights(net, layers, kept), name=net.name)
        found.append((candidate, error / scale if scale else 0.0))
    return min(found, key=lambda pair: (pair[0].synapses, _range(pair[0]), len(pair[0])))


def _thinned(weights: list[Factor], target: Array, allowed: float) -> tuple[list[Factor], float]:
    """Drop weights of one chain; return the factors and the absolute error that was reached."""
    if len(weights) == 1:
        kept, error = _fewest_entries(weights[0], allowed)
        return [kept], error
    chain = [weight.tocsr() for weight in weights]
    peaks = [weight.max_abs or 1.0 for weight in weights]
    # a threshold is a modulus relative to the layer's largest; only values that occur make a difference
    steps = np.unique(np.concatenate([np.abs(A.data) / peak for A, peak in zip(chain, peaks, strict=True)]))
    low, high, reached = -1, len(steps), 0.0
    while high - low > 1:
        middle = (low + high) // 2
        error = _norm(target - _chain_product(_cut(chain, peaks, steps[middle])))
        if error <= allowed:
            low, reached = middle, error
        else:
            high = middle
    if low < 0:
        return weights, 0.0
    return [_factor(A) for A in _cut(chain, peaks, steps[low])], reached


def _cut(chain: list[Any], peaks: list[float], threshold: float) -> list[Any]:
    """The CSR chain without the entries whose relative modulus is at most ``threshold``."""
    thin = []
    for A, peak in zip(chain, peaks, strict=True):
        B = A.copy()
        B.data = np.where(np.abs(B.data) / peak <= threshold, 0, B.data)
        B.eliminate_zeros()
        thin.append(B)
    return thin


def _chain_product(chain: list[Any]) -> Array:
    total = chain[0].toarray()
    for A in chain[1:]:
        total = A @ total
    return np.asarray(total)


def _fewest_entries(weight: Factor, allowed: float) -> tuple[Factor, float]:
    """Keep as few entries as a Frobenius error of at most ``allowed`` permits: the largest ones.

    Parameters
    ----------
    weight : Factor
    allowed : float
        Absolute error.

    Returns
    -------
    Factor
        The same entries without the smallest ones; no other matrix within the error has fewer.
    float
        Norm of what was dropped.
    """
    csr = weight.tocsr()
    squares = np.abs(csr.data).astype(np.float64) ** 2
    order = np.argsort(squares, kind="stable")
    dropped = np.cumsum(squares[order])
    # the running sum of k squares carries a relative rounding error of at most k eps
    slack = 1 + len(dropped) * float(np.finfo(np.float64).eps)
    number = int(np.searchsorted(dropped * slack, allowed**2, side="right"))
    if number == 0:
        return weight, 0.0
    thin = csr.copy()
    thin.data = thin.data.copy()
    thin.data[order[:number]] = 0
    thin.eliminate_zeros()
    return _factor(thin), math.sqrt(float(dropped[number - 1]))


def droppable(weight: Factor, allowed: float) -> int:
    """Most entries that can be left out of a matrix with a Frobenius error of at most ``allowed``, rounded up.

    The counterpart of the choice above for lower bounds: rounding errors of the running sums work the other way.
    """
    squares = np.sort(np.abs(weight.tocsr().data).astype(np.float64) ** 2)
    slack = 1 + (len(squares) + 8) * float(np.finfo(np.float64).eps)
    return int(np.searchsorted(np.cumsum(squares), allowed**2 * slack * slack, side="right"))


def _factor(csr: Any) -> Factor:
    """Dense where more than half of the entries are left, else sparse."""
    from .factors import Dense, Sparse

    return Dense(csr.toarray()) if 2 * csr.nnz > csr.shape[0] * csr.shape[1] else Sparse(csr)


def _with_weights(net: Network, layers: list[Layer], weights: list[Factor]) -> list[Layer]:
    """Put thinner weights into the layers; the last bias takes up what that changes in the constant term."""
    from .network import Layer, Network

    thin = [Layer(w, bias=layer.bias) for w, layer in zip(weights, layers, strict=True)]
    if all(layer.bias is None for layer in layers):
        return thin
    origin = np.zeros(net.shape[1], dtype=net.dtype)
    last = thin[-1].bias
    missing = net(origin) - Network(thin)(origin)
    return [*thin[:-1], Layer(thin[-1].weight, bias=missing if last is None else last + missing)]


def _norm(A: Array) -> float:
    return float(np.linalg.norm(A.astype(np.result_type(A.dtype, np.float64), copy=False)))


def _range(net: Network) -> float:
    return math.prod(layer.weight.max_abs for layer in net.layers)
