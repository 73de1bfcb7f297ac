"""Planning by measurement: segments are timed on the planned batch, the most promising first, within a budget."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .._check import TooLargeError
from ..measure import clock_for, interleaved, shortest
from ..rivals import random_batch
from ._edges import Setting, table_of
from ._reasons import reasons
from ._search import Edge, Path, front, search

if TYPE_CHECKING:
    from ..network import Network
    from ._plan import Row

__all__ = ["measured_front", "time_whole"]

Array = np.ndarray[Any, Any]
Tell = Callable[[float, str], None]
# Whole networks that are timed against each other in the end, beside the deepest and the flattest if they are not far behind.
_FINALISTS = 5
_MODELLED = 2  # and of those that the model finds best
_FAR_BEHIND = 3.0  # times slower than the best, as the sum of its segments: not worth timing whole
_SHARE_FOR_FINAL = 0.4  # of the budget
_EDGE_SECONDS = 1e-3
_MOST_ROUNDS = 50


def measured_front(
    net: Network,
    setting: Setting,
    edges: list[Edge],
    most: int,
    max_bytes: float | None,
    budget: float,
    progress: bool | Tell | None,
) -> tuple[list[Row], list[tuple[str, ...]], list[str]]:
    """Rows of the front, why each step runs as it does, and notes.

    Edges that the budget does not reach are modelled, times the median of measured over modelled. Segments timed alone leave
    out what neighbours do to the cache, so that the best partitions are timed whole in the end, beside the deepest and the
    flattest.
    """
    from ._plan import Row

    x = random_batch(net.shape[1], setting.batch, setting.dtype)
    with _telling(progress) as tell:
        timed, said = _time_edges(net, setting, edges, budget * (1 - _SHARE_FOR_FINAL), tell)
        paths = _by_layers(net, timed, most, max_bytes)
        # what the model would choose stands for segments whose own times mislead
        others = sorted(_by_layers(net, edges, most, max_bytes).values(), key=lambda path: path.cost)[:_MODELLED]
        whole = _time_paths(net, setting, paths, others, x, budget * _SHARE_FOR_FINAL, tell)
    for path in others:
        known = paths.get(path.layers)
        if known is None or whole.get(path.segments, np.inf) < whole.get(known.segments, np.inf):
            paths[path.layers] = path
    rows, ordered = [], front(paths)
    for path in ordered:
        took = whole.get(path.segments)
        seconds = path.seconds if took is None else took
        rows.append(Row(path.layers - 1, path.segments, path.synapses, path.nbytes, seconds, took is not None))
    return rows, reasons(ordered, timed, setting), said


def _by_layers(net: Network, edges: list[Edge], most: int, max_bytes: float | None) -> dict[int, Path]:
    return {count: path for count, path in search(len(net), edges, max_bytes).items() if count <= most}


@contextmanager
def _telling(progress: bool | Tell | None) -> Iterator[Tell]:
    if callable(progress):
        yield progress
        return
    try:
        from ..report.show import progress as bar
    except ImportError:
        bar = None  # type: ignore[assignment]
    if progress is False or bar is None:
        yield lambda share, text: None
        return
    with bar() as tell:
        yield tell


def _time_edges(net: Network, setting: Setting, edges: list[Edge], budget: float, tell: Tell) -> tuple[list[Edge], list[str]]:
    order, clock = _promising(len(net), edges), clock_for(setting.threads)
    took: dict[Edge, float] = {}
    ratios: list[float] = []
    idle: dict[int, float] = {}  # by width: seconds of a layer that does next to nothing
    left_out: list[str] = []
    start = time.perf_counter()
    for edge in order:
        spent = time.perf_counter() - start
        if spent >= budget:
            break
        tell(min(spent / budget, 1.0) * (1 - _SHARE_FOR_FINAL), f"layers {edge.first}..{edge.last} {edge.why}")
        try:
            part = table_of(net).form(edge.segments)
            call = _call(part, random_batch(part.shape[1], setting.batch, setting.dtype), setting)
        except TooLargeError as refused:
            left_out.append(str(refused))
            took[edge] = np.inf
            continue
        alone = shortest(call, _EDGE_SECONDS, clock)
        width = max(part.shape)
        if width not in idle:
            nothing = _call(_idle(width, setting), random_batch(width, setting.batch, setting.dtype), setting)
            idle[width] = shortest(nothing, _EDGE_SECONDS, clock)
        seconds = max(alone - idle[width] * sum(part.shape) / (2 * width), alone / 10)
        took[edge] = seconds
        ratios.append(seconds / edge.seconds)
    factor = statistics.median(ratios) if ratios else 1.0
    timed = []
    for edge in edges:
        seconds = took.get(edge, edge.seconds * factor)
        if np.isfinite(seconds):
            cost = setting.chosen(seconds, edge.synapses, edge.nbytes)
            timed.append(replace(edge, seconds=seconds, cost=cost))
    said = f"{len(ratios)} of {len(edges)} segments timed on the planned batch, the others modelled"
    return timed, [*left_out, said]


def _idle(width: int, setting: Setting) -> Network:
    """A diagonal of ones: what remains of its time is the call, and the way into panels and back."""
    from ..factors import Diagonal
    from ..network import Network

    ones = np.ones(width, setting.dtype if setting.dtype.kind in "fc" else np.float64)
    return Network([Diagonal(ones)])


def _promising(layers: int, edges: list[Edge]) -> list[Edge]:
    """Edges by the cost of the best whole path that uses them."""
    before, after = [0.0] + [np.inf] * layers, [np.inf] * layers + [0.0]
    for edge in sorted(edges, key=lambda e: e.last):
        before[edge.last + 1] = min(before[edge.last + 1], before[edge.first] + edge.seconds)
    for edge in sorted(edges, key=lambda e: -e.first):
        after[edge.first] = min(after[edge.first], after[edge.last + 1] + edge.seconds)
    return sorted(edges, key=lambda e: (before[e.first] + e.seconds + after[e.last + 1], e.first, e.last, len(e.segments)))


def _call(net: Network, x: Array, setting: Setting) -> Callable[[], Array]:
    out = net.apply(x, axis=0, threads=setting.threads)
    return lambda: net.apply(x, axis=0, out=out, threads=setting.threads)


def time_whole(nets: list[Network], setting: Setting, budget: float, progress: bool | Tell | None) -> list[float]:
    """Median seconds of each network on the planned batch, in interleaved rounds."""
    x = random_batch(nets[0].shape[1], setting.batch, setting.dtype)
    with _telling(progress) as tell:
        tell(0.0, "whole networks")
        samples = interleaved([_call(made, x, setting) for made in nets], _MOST_ROUNDS, budget, clock_for(setting.threads))
        tell(1.0, "whole networks")
    return [float(np.median(times)) for times in samples]


def _time_paths(
    net: Network, setting: Setting, paths: dict[int, Path], others: list[Path], x: Array, budget: float, tell: Tell
) -> dict[tuple[tuple[int, int], ...], float]:
    """Median seconds of the best whole partitions, in interleaved rounds."""
    ranked = sorted(paths.values(), key=lambda p: (p.seconds, p.layers))
    near = [path for path in ranked if path.seconds <= _FAR_BEHIND * ranked[0].seconds]
    chosen = [*near[:_FINALISTS], *(path for path in near[_FINALISTS:] if path.layers in (min(paths), max(paths)))]
    nets = {}
    for path in [*chosen, *others]:
        try:
            nets[path.segments] = table_of(net).form(path.segments)
        except TooLargeError:
            continue
    tell(1 - _SHARE_FOR_FINAL, "whole networks")
    samples = interleaved([_call(made, x, setting) for made in nets.values()], _MOST_ROUNDS, budget, clock_for(setting.threads))
    return {segments: float(np.median(times)) for segments, times in zip(nets, samples, strict=True)}
