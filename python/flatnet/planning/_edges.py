"""All ways to do the work of layers i..j: as they stand, merged, or as part of a run that the kernels know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from .. import _check
from ..segments import SegmentTable
from ._model import Calibration
from ._search import Edge
from ._work import Work, work_of, work_of_run

if TYPE_CHECKING:
    from ..network import Network

__all__ = ["Setting", "all_edges", "table_of"]

# Products above this size [bytes] are not formed in order to be counted, nor those above an equal share of what all may take.
_FORMED_TO_COUNT = 2**26
_FORMED_ALTOGETHER = 2**29
_tables: WeakKeyDictionary[Network, SegmentTable] = WeakKeyDictionary()


@dataclass(frozen=True)
class Setting:
    """What a plan is made for: vectors a call, threads, dtype of the computation, what is minimised."""

    batch: int
    threads: int
    dtype: np.dtype[Any]
    cost: str

    @cached_property
    def table(self) -> str:
        """Name of the dtype whose speeds hold: integers run as fast as floats of their size."""
        return {"int32": "float32", "int64": "float64"}.get(self.dtype.name, self.dtype.name)

    def chosen(self, seconds: float, synapses: int, nbytes: int) -> float:
        return seconds if self.cost == "seconds" else float(synapses if self.cost == "synapses" else nbytes)


def table_of(net: Network) -> SegmentTable:
    """The counts of all merges of a network, made once."""
    if net not in _tables:
        merges = len(net) * (len(net) + 1) // 2
        _tables[net] = SegmentTable(net, min(_FORMED_TO_COUNT, _FORMED_ALTOGETHER // merges))
    return _tables[net]


def all_edges(net: Network, setting: Setting, speeds: Calibration) -> tuple[list[Edge], list[tuple[int, int, str]]]:
    """Edges of the search; and segments that memory cannot hold, first and last layer and what they would take."""
    table, edges = table_of(net), []
    left_out: list[tuple[int, int, str]] = []
    have = _check.available_memory()

    held = [work_of(w.kind, w.pattern, table.segment(i, i).count, w.rows, w.cols) for i, w in enumerate(net._runner.weights)]
    weights = [work.weights for work in held]  # as they run: patterns in sparse rows are seen

    def seconds(work: Work, first: int, last: int) -> float:
        beside = sum(weights[:first]) + sum(weights[last + 1 :])
        return speeds.seconds(work, setting.table, setting.dtype.itemsize, setting.batch, setting.threads, beside)

    for first in range(len(net)):
        for last in range(first, len(net)):
            if net.layers[last].activation is not None and last > first and net.layers[last - 1].activation is not None:
                break
            try:
                segment = table.segment(first, last)
            except ValueError:
                break
            if first < last and segment.nbytes > have:
                size = _check.readable_bytes(segment.nbytes)
                left_out.append((first, last, f"merged would take {size}, {_check.readable_bytes(have)} are available"))
                continue
            if first == last:
                work, why = held[first], "as it stands"
            else:
                rows, cols = net.layers[last].weight.shape[0], net.layers[first].weight.shape[1]
                work, why = work_of(segment.kind, segment.pattern, segment.count, rows, cols), f"merged: {segment.kind}"
                why += ", count predicted" if segment.predicted else ""
            took = seconds(work, first, last)
            cost = setting.chosen(took, segment.count, segment.nbytes)
            edges.append(Edge(first, last, ((first, last),), cost, segment.count, segment.nbytes, took, why))
    edges += _runs(net, setting, seconds)
    return edges, left_out


def _runs(net: Network, setting: Setting, seconds: Callable[[Work, int, int], float]) -> list[Edge]:
    """Every part of every run that the kernels do as one transform."""
    edges, table = [], table_of(net)
    for kind, begin, count in net._runner.program(setting.dtype):
        if kind in ("layer", "neurons"):
            continue
        for first in range(begin, begin + count):
            for last in range(first, begin + count):
                chain = range(first, last + 1)
                parts = [table.segment(i, i) for i in chain]
                stages = sum(_stages(net, i) for i in chain)
                work = work_of_run(kind, net.layers[last].weight.shape[0], max(stages, 1))
                took, synapses, nbytes = seconds(work, first, last), sum(p.count for p in parts), sum(p.nbytes for p in parts)
                cost = setting.chosen(took, synapses, nbytes)
                segments = tuple((i, i) for i in chain)
                edges.append(Edge(first, last, segments, cost, synapses, nbytes, took, f"run: {kind}"))
    return edges


def _stages(net: Network, i: int) -> int:
    pattern = net.layers[i].weight.pattern
    return max(pattern[1], pattern[2]).bit_length() - 1 if pattern is not None else 0
