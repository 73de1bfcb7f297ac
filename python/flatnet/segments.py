"""The table of all merged segments of a chain, and the exact optimum over its contiguous partitions.

Nodes 0..L are the places between layers, an edge is a merged segment, a partition into q layers is a path of
q edges. Counting the segments costs O(L^2) products, each from the one before; the optimum for every q costs
O(L^3) additions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from ._check import require_memory
from .cost import has_activation
from .merging import DEFAULT_MAX_BYTES, Grower, Segment, add_logs, log_peak, merged_layer
from .sizes import Sizes
from .support import Support

if TYPE_CHECKING:
    from .factors import Factor
    from .network import Network

__all__ = ["Partition", "Segment", "SegmentTable", "segment_table"]


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
        sizes = Sizes(factors)
        self.supports = sizes.supports
        self._table: list[list[Segment | None]] = []
        for start in range(self.layers):
            row: list[Segment | None] = [None] * self.layers
            stop = _last_mergeable(net, start)
            grower = Grower(sizes, start, stop, self.max_bytes)
            row[start] = grower.segment()
            for end in range(start + 1, stop + 1):
                row[end] = grower.extend()
            if start == 0 and stop == self.layers - 1:
                self.flat, self.flat_support = grower.weight, grower.support
            self._table.append(row)
        self._use_flat_form()
        self._best: list[dict[int, tuple[int, int, int]]] | None = None
        self._formed: WeakValueDictionary[tuple[tuple[int, int], ...], Network] = WeakValueDictionary()  # those in use

    def _use_flat_form(self) -> None:
        """Take the count of the whole product from a known flat form where it could only be predicted."""
        form, whole = self.net.flat_form, self._table[0][-1]
        if whole is None or not whole.predicted or form is None or len(form) > 1 or has_activation(form):
            return
        weight = form.layers[0].weight
        exact = not weight.generic
        log_range = log_peak(weight)
        self._table[0][-1] = Segment(
            weight.synapses, log_range, weight.nbytes, range_exact=exact, kind=weight.kind, pattern=weight.pattern
        )

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
        if (known := self._formed.get(segments)) is not None:
            return known
        for i, j in segments:
            if i < j:
                require_memory(f"the product of layers {i}..{j}", self.segment(i, j).nbytes)
        made = Network([merged_layer(self.net, i, j) for i, j in segments], name=self.net.name)
        self._formed[segments] = made
        return made

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
                self._best.append({j: found for j in range(q, self.layers + 1) if (found := self._step(q, j))})
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
    >>> from flatnet.flatten import segment_table
    >>> table = segment_table(fn.zeta(3))
    >>> table.count[0][2], table.partition(2).segments
    (27, ((0, 0), (1, 2)))
    """
    return SegmentTable(net, max_bytes)
