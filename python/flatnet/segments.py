"""The table of all merged segments of a chain, and the exact optimum over its contiguous partitions.

Nodes 0..L are the places between layers, an edge is a merged segment, a partition into q layers is a path of
q edges. Counting the segments costs O(L^2) products, each from the one before; the optimum for every q costs
O(L^3) additions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ._check import TooLargeError, require_memory
from .degrees import Degrees, clustering, degrees_product, heaviest_paths, row_sum_bound
from .factors import product, product_estimate
from .support import Support, csr_bytes, support_of, support_product, weights_at_hand

if TYPE_CHECKING:
    from .factors import Factor
    from .network import Layer, Network

__all__ = ["DEFAULT_MAX_BYTES", "Partition", "Segment", "SegmentTable", "segment_table"]

# A segment is formed to be counted only below this size: 2^30 bytes are one dense complex product at n =
# 8192.
DEFAULT_MAX_BYTES = 2**30

# Below this size [bytes] the system is not asked for the memory that is free.
_ALWAYS_FITS = 2**20

# log ranges are compared in steps of 2^-30, so that rounding in max|product| does not choose between equal
# ranges; zero (range 0) and infinite ranges lie beyond every finite sum.
_STEPS = 2**30
_EPS = float(np.finfo(np.float64).eps)
_ZERO, _INFINITE = -(2**90), 2**80


@dataclass(frozen=True)
class Segment:
    """What one merged segment costs: synapses, log max|product|, stored bytes, and how the count was found.

    ``predicted`` is True where the product was not formed and its count is a prediction; ``log_range`` is
    then (and where ``range_exact`` is False) an upper bound.
    """

    count: int
    log_range: float
    nbytes: int
    predicted: bool = False
    range_exact: bool = True

    @property
    def steps(self) -> int:
        """The logarithm of the range as an integer, additive and comparable without rounding."""
        if self.log_range == -math.inf:
            return _ZERO
        return round(self.log_range * _STEPS) if math.isfinite(self.log_range) else _INFINITE


@dataclass(frozen=True)
class Partition:
    """A way to merge: the segments (first, last), 0-based and inclusive, and what they cost together."""

    segments: tuple[tuple[int, int], ...]
    count: int
    log_range: float
    predicted: bool
    nbytes: int

    @property
    def layers(self) -> int:
        return len(self.segments)


class SegmentTable:
    """Costs of all mergeable segments of a network, and the cheapest partition into any number of layers.

    Parameters
    ----------
    net : Network
    max_bytes : int, optional
        A segment whose product may need more is not formed but predicted; by default 2^30 bytes, and never
        more than the memory that is free.

    Attributes
    ----------
    layers : int
        Number of layers L.
    least_layers : int
        Fewest layers that merging alone can reach: 1 for a linear network, else one per activation that
        stands before the last layer, and one more.
    count, log_range, predicted : list of list
        ``count[i][j]`` are the synapses of the merged layers i..j (inclusive); None where an activation
        stands inside.
    flat : Factor or None
        The product of all layers, if it was formed.
    """

    def __init__(self, net: Network, max_bytes: int | None = None) -> None:
        self.net = net
        self.layers = len(net)
        self.max_bytes = DEFAULT_MAX_BYTES if max_bytes is None else max_bytes
        self.flat: Factor | None = None
        self.flat_support: Support | None = None
        self.least_layers = 1 + sum(layer.activation is not None for layer in net.layers[:-1])
        factors = [layer.weight for layer in net.layers]
        self.supports = [support_of(factor) for factor in factors]
        self._table: list[list[Segment | None]] = []
        for start in range(self.layers):
            row: list[Segment | None] = [None] * self.layers
            stop = _last_mergeable(net, start)
            grower = _Grower(factors, self.supports, start, self.max_bytes)
            row[start] = grower.segment()
            for end in range(start + 1, stop + 1):
                row[end] = grower.extend()
            if start == 0 and stop == self.layers - 1:
                self.flat, self.flat_support = grower.weight, grower.support
            self._table.append(row)
        self._best: list[dict[int, tuple[int, int, int]]] | None = None

    def segment(self, i: int, j: int) -> Segment:
        """Cost of the merged layers i..j (0-based, inclusive); ValueError if an activation stands inside."""
        found = self._table[i][j]
        if found is None:
            raise ValueError(f"layers {i}..{j} cannot be merged: an activation stands between them")
        return found

    @property
    def count(self) -> list[list[int | None]]:
        return [[None if s is None else s.count for s in row] for row in self._table]

    @property
    def log_range(self) -> list[list[float | None]]:
        return [[None if s is None else s.log_range for s in row] for row in self._table]

    @property
    def predicted(self) -> list[list[bool | None]]:
        return [[None if s is None else s.predicted for s in row] for row in self._table]

    def partition(self, q: int) -> Partition:
        """Cheapest partition into exactly q layers: fewest synapses, then the smallest range.

        Both are sums over the segments, so that the dynamic programme is exact.

        Raises
        ------
        ValueError
            If q is not between ``least_layers`` and ``layers``.
        """
        if not self.least_layers <= q <= self.layers:
            raise ValueError(f"merging reaches {self.least_layers} to {self.layers} layers, got {q}")
        best = self._optimum()
        segments: list[tuple[int, int]] = []
        end = self.layers
        for layers in range(q, 0, -1):
            start = best[layers][end][2]
            segments.append((start, end - 1))
            end = start
        return self._sum(tuple(segments[::-1]))

    def best(self, most: int) -> Partition:
        """Cheapest partition into at most ``most`` layers: synapses, then range, then fewest layers."""
        options = [self.partition(q) for q in range(self.least_layers, min(most, self.layers) + 1)]
        count = min(p.count for p in options)
        steps = [sum(self.segment(i, j).steps for i, j in p.segments) for p in options]
        least = min(s for s, p in zip(steps, options, strict=True) if p.count == count)
        slack = 2 * self.layers  # half a step of rounding per segment and side
        return next(p for s, p in zip(steps, options, strict=True) if p.count == count and s <= least + slack)

    def form(self, segments: tuple[tuple[int, int], ...]) -> Network:
        """Form the network of a partition; TooLargeError, with nothing formed, if a layer does not fit."""
        from .network import Network

        if len(segments) == self.layers:
            return self.net
        for i, j in segments:
            if i < j:
                require_memory(f"the product of layers {i}..{j}", self.segment(i, j).nbytes)
        return Network([merged_layer(self.net, i, j) for i, j in segments], name=self.net.name)

    def _sum(self, segments: tuple[tuple[int, int], ...]) -> Partition:
        parts = [self.segment(i, j) for i, j in segments]
        logs = [part.log_range for part in parts]
        return Partition(
            segments=segments,
            count=sum(part.count for part in parts),
            log_range=add_logs(*logs),
            predicted=any(part.predicted for part in parts),
            nbytes=sum(part.nbytes for part in parts),
        )

    def _optimum(self) -> list[dict[int, tuple[int, int, int]]]:
        """best[q][j] = (synapses, range in steps, start of the last one) for layers 0..j-1 in q segments."""
        if self._best is None:
            self._best = [{0: (0, 0, 0)}]
            for q in range(1, self.layers + 1):
                self._best.append(
                    {j: found for j in range(q, self.layers + 1) if (found := self._step(q, j))}
                )
        return self._best

    def _step(self, q: int, end: int) -> tuple[int, int, int] | None:
        assert self._best is not None
        before = self._best[q - 1]
        options = []
        for start in range(q - 1, end):
            part = self._table[start][end - 1]
            if part is not None and start in before:
                count, steps, _ = before[start]
                options.append((count + part.count, steps + part.steps, start))
        return min(options, default=None)


def _last_mergeable(net: Network, start: int) -> int:
    """Last layer that can be merged with layer ``start``: the first one from there on with an activation."""
    for end in range(start, len(net)):
        if net.layers[end].activation is not None:
            return end
    return len(net) - 1


class _Grower:
    """Walks one row of the table, the products of layers start..end, forming as little as the count needs."""

    def __init__(
        self, factors: list[Factor], supports: list[Support | None], start: int, max_bytes: int
    ) -> None:
        self.factors, self.supports, self.max_bytes = factors, supports, max_bytes
        self.start = self.end = start
        self.weight: Factor | None = factors[start]
        self.support = supports[start]
        self.degrees: Degrees | None = None
        self.paths: np.ndarray[Any, Any] | None = None
        self.walked = start
        self.formable = weights_at_hand(factors[start])
        self.last = Segment(factors[start].synapses, _log_peak(factors[start]), factors[start].nbytes)

    def segment(self) -> Segment:
        return self.last

    def extend(self) -> Segment:
        """Multiply the next layer on and say what the product costs."""
        self.end += 1
        left = self.factors[self.end]
        before, formed = self.support, self.weight
        added = self.supports[self.end]
        self.support = None if before is None or added is None else support_product(added, before)
        closed = self.support
        peak = self._peak(closed) if closed is not None and closed.exact else None
        if closed is not None and peak is not None:
            self.weight = None
            self.last = self._from_support(closed, peak)
        else:
            self.formable = self.formable and weights_at_hand(left)
            self._form(left)
            self.last = self._counted() if self.weight is not None else self._predicted(left, formed)
        return self.last

    def _peak(self, closed: Support) -> float | None:
        """Largest modulus of a product whose entries are single terms; None if the weights are too many."""
        if closed.peak_exact:
            return closed.peak
        for index in range(self.walked, self.end + 1):
            found = heaviest_paths(self.factors[index], self.paths)
            if found is None:
                return None
            self.paths, self.walked = found, index + 1
        assert self.paths is not None
        # one rounding a layer; upwards, so that the merged network itself is within the range
        return float(self.paths.max(initial=0.0)) * (1 + 4 * (self.end - self.start) * _EPS)

    def _form(self, left: Factor) -> None:
        """Form the product of start..end, from the one before it if that is at hand, as long as it fits."""
        weight = self.weight
        first = self.end
        if weight is None and self.formable:
            weight, first = self.factors[self.start], self.start + 1
        self.weight = None
        if weight is None or not self.formable:
            return
        for index in range(first, self.end + 1):
            if not _fits(self.factors[index], weight, self.max_bytes):
                self.formable = False
                return
            try:
                weight = product(self.factors[index], weight)
            except ValueError:  # too large after all, or an integer beyond 2^62
                self.formable = False
                return
        self.weight = weight

    def _counted(self) -> Segment:
        assert self.weight is not None
        return Segment(self.weight.synapses, _log(self.weight.max_abs), self.weight.nbytes)

    def _from_support(self, closed: Support, peak: float, range_exact: bool = True) -> Segment:
        itemsize = np.result_type(*(f.dtype for f in self.factors[self.start : self.end + 1])).itemsize
        return Segment(closed.nonzeros, _log(peak), closed.nbytes(itemsize), range_exact=range_exact)

    def _predicted(self, left: Factor, formed: Factor | None) -> Segment:
        """Count without the entries: exactly where no two terms meet, else from the factors' degrees."""
        bound = add_logs(self.last.log_range, _log(row_sum_bound(left)))
        if self.support is not None and self.support.exact:
            known = self._from_support(self.support, self.support.peak, range_exact=False)
            return known if known.log_range < bound else replace(known, log_range=bound)
        if self.degrees is None:
            known_part = [formed] if formed is not None else self.factors[self.start : self.end]
            self.degrees = Degrees.of_chain(known_part, self.last.count)
        self.degrees = degrees_product(left, self.degrees)
        chain = self.factors[self.start : self.end + 1]
        count = round(self.degrees.count * clustering(chain, self.degrees))
        if self.support is not None:
            count = min(count, self.support.nonzeros) if self.degrees.modelled else self.support.nonzeros
        rows, cols = left.shape[0], self.factors[self.start].shape[1]
        count = min(count, rows * cols)
        itemsize = np.result_type(*(f.dtype for f in chain)).itemsize
        size = min(rows * cols * itemsize, csr_bytes(count, rows, cols, itemsize))
        return Segment(count, bound, size, predicted=True, range_exact=False)


def _log_peak(factor: Factor) -> float:
    return _log(factor.max_abs) if weights_at_hand(factor) else math.inf


def _fits(left: Factor, right: Factor, max_bytes: int) -> bool:
    need = product_estimate(left, right)[1]
    if need > max_bytes or need < _ALWAYS_FITS:
        return need <= max_bytes
    try:
        require_memory("a merged segment", need)
    except TooLargeError:
        return False
    return True


def _log(value: float) -> float:
    """Natural logarithm with log 0 = -inf; nan counts as an infinite weight."""
    if value == 0:
        return -math.inf
    return math.log(value) if value < math.inf else math.inf


def add_logs(*logs: float) -> float:
    """Logarithm of a product of moduli, in which a zero wins over infinity."""
    return -math.inf if -math.inf in logs else sum(logs)


def segment_table(net: Network, max_bytes: int | None = None) -> SegmentTable:
    """Count every contiguous merge of a network's layers.

    Parameters
    ----------
    net : Network
        L layers; segments are merged across linear layers only.
    max_bytes : int, optional
        Largest product [bytes] that is formed to be counted; larger ones are predicted and marked.

    Returns
    -------
    SegmentTable

    Examples
    --------
    >>> import flatnet as fn
    >>> table = segment_table(fn.zeta(3))
    >>> table.count[0][2], table.partition(2).segments
    (27, ((0, 0), (1, 2)))
    """
    return SegmentTable(net, max_bytes)


def merged_layer(net: Network, i: int, j: int) -> Layer:
    """Form the layer that does the work of layers i..j (0-based, inclusive).

    Its weight is A_j ... A_i, its bias A_j(... (A_{i+1} b_i + b_{i+1}) ...) + b_j, its activation that of
    layer j.

    Raises
    ------
    TooLargeError
        If a product on the way does not fit in memory; nothing has been allocated for it then.
    """
    from .network import Layer, Network

    first = net.layers[i]
    weight, bias = first.weight, first.bias
    for layer in net.layers[i + 1 : j + 1]:
        require_memory(f"the product of layers {i}..{j}", product_estimate(layer.weight, weight)[1])
        weight = product(layer.weight, weight)
        if bias is not None:
            bias = Network([layer.weight])(bias)
        if layer.bias is not None:
            bias = layer.bias if bias is None else bias + layer.bias
    return Layer(weight, bias=bias, activation=net.layers[j].activation)
