"""Flattening with an error: small weights are dropped, the error is measured on the whole product."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ._check import require_memory
from .merging import merged_layer
from .segments import SegmentTable, segment_table

if TYPE_CHECKING:
    from .factors import Factor
    from .network import Layer, Network

__all__ = ["droppable", "truncated"]

Array = np.ndarray[Any, Any]


def truncated(net: Network, depth: int, eps: float, table: SegmentTable | None = None) -> tuple[Network, float]:
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
    """Drop the relatively smallest weights of one chain; return the factors and the absolute error reached.

    The number to drop is found by bisection; the error is measured on the whole product each time.
    """
    from .network import Network

    if len(weights) == 1:
        thinnest, error = _fewest_entries(weights[0], allowed)
        return [thinnest], error
    chain = [weight.tocsr() for weight in weights]
    peaks = [weight.max_abs or 1.0 for weight in weights]
    # moduli relative to the layer's largest, smallest first; rounded, so that equal weights go layer by layer
    relative = [np.round(np.abs(A.data) / peak, 12) for A, peak in zip(chain, peaks, strict=True)]
    order = np.argsort(np.concatenate(relative), kind="stable")
    low, high, reached, kept = 0, len(order) + 1, 0.0, weights
    while high - low > 1:
        middle = (low + high) // 2
        thin = _without(chain, order[:middle])
        error = _norm(target - Network(thin).toarray())
        if error <= allowed:
            low, reached, kept = middle, error, thin
        else:
            high = middle
    return kept, reached


def _without(chain: list[Any], dropped: Array) -> list[Factor]:
    """The CSR chain as factors, without the entries at ``dropped`` (positions in the joined data)."""
    keep = np.ones(sum(A.nnz for A in chain), dtype=bool)
    keep[dropped] = False
    ends = np.cumsum([A.nnz for A in chain])
    return [_masked(A, part) for A, part in zip(chain, np.split(keep, ends[:-1]), strict=True)]


def _masked(csr: Any, keep: Array) -> Factor:
    thin = csr.copy()
    thin.data = np.where(keep, csr.data, 0)
    thin.eliminate_zeros()
    return _factor(thin)


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
    keep = np.ones(csr.nnz, dtype=bool)
    keep[order[:number]] = False
    return _masked(csr, keep), math.sqrt(float(dropped[number - 1]))


def droppable(weight: Factor, allowed: float) -> int:
    """Most entries that a Frobenius error of at most ``allowed`` lets one leave out of a matrix, rounded up.

    The counterpart of the choice above for lower bounds: rounding errors of the running sums work the other
    way.
    """
    squares = np.sort(np.abs(weight.tocsr().data).astype(np.float64) ** 2)
    slack = 1 + (len(squares) + 8) * float(np.finfo(np.float64).eps)
    return int(np.searchsorted(np.cumsum(squares), allowed**2 * slack * slack, side="right"))


def _factor(csr: Any) -> Factor:
    """Dense where more than half of the entries are left, else sparse."""
    from .factors.kinds import Dense
    from .factors.sparse import Sparse

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
