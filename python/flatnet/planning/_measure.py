"""Planning by measurement: segments are timed on the planned batch, the most promising first, within a budget."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .._check import TooLargeError, require_memory
from ._edges import Setting
from ._search import Edge, Path, front, search

if TYPE_CHECKING:
    from ..network import Network
    from ._plan import Row

__all__ = ["measured_front"]

Array = np.ndarray[Any, Any]
Tell = Callable[[float, str], None]
# Whole networks that are timed against each other in the end, beside the deepest and the flattest.
_FINALISTS = 3
_SHARE_FOR_FINAL = 0.4  # of the budget


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
    from ._planner import _whys

    x = _batch(net, setting)
    with _telling(progress) as tell:
        timed, said = _time_edges(net, setting, edges, budget * (1 - _SHARE_FOR_FINAL), tell)
        paths = {count: path for count, path in search(len(net), timed, max_bytes).items() if count <= most}
        whole = _time_paths(net, setting, paths, x, budget * _SHARE_FOR_FINAL, tell)
    rows, whys = [], []
    for path in front(paths):
        took = whole.get(path.segments)
        seconds = path.seconds if took is None else took
        rows.append(Row(path.layers - 1, path.segments, path.synapses, path.nbytes, seconds, took is not None))
        whys.append(_whys(path.edges))
    return rows, whys, said


def _batch(net: Network, setting: Setting, rows: int | None = None) -> Array:
    """A batch of the planned size, one column a vector, always the same."""
    n = net.shape[1] if rows is None else rows
    require_memory("the batch to plan with", 4.0 * n * setting.batch * setting.dtype.itemsize)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, setting.batch))
    if setting.dtype.kind == "c":
        x = x + 1j * rng.standard_normal((n, setting.batch))
    if setting.dtype.kind == "i":
        return np.sign(x).astype(setting.dtype)
    return x.astype(setting.dtype)


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
    from ._planner import formed_segment

    order = _promising(len(net), edges)
    spent, took, ratios = 0.0, {}, []
    idle: dict[int, float] = {}  # by width: seconds of a layer that does next to nothing
    left_out: list[str] = []
    for edge in order:
        if spent >= budget:
            break
        tell(min(spent / budget, 1.0) * (1 - _SHARE_FOR_FINAL), f"layers {edge.first}..{edge.last} {edge.why}")
        try:
            part = formed_segment(net, edge.segments)
            x = _batch(part, setting)
        except TooLargeError as refused:
            left_out.append(str(refused))
            took[edge] = np.inf
            continue
        alone, cost = _shortest(part, x, setting)
        width = max(part.shape)
        if width not in idle:
            idle[width], more = _shortest(_idle(width, setting), _batch(part, setting, width), setting)
            cost += more
        seconds = max(alone - idle[width] * sum(part.shape) / (2 * width), alone / 10)
        took[edge] = seconds
        ratios.append(seconds / edge.seconds)
        spent += cost
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


def _shortest(net: Network, x: Array, setting: Setting, fewest: int = 3) -> tuple[float, float]:
    """Shortest time of a few calls, and what they took together [seconds]."""
    out = net.apply(x, axis=0, threads=setting.threads)
    best, spent = np.inf, 0.0
    while fewest > 0 or spent < 1e-3:
        start = time.perf_counter()
        net.apply(x, axis=0, out=out, threads=setting.threads)
        once = time.perf_counter() - start
        best, spent, fewest = min(best, once), spent + once, fewest - 1
    return float(best), spent


def _time_paths(
    net: Network, setting: Setting, paths: dict[int, Path], x: Array, budget: float, tell: Tell
) -> dict[tuple[tuple[int, int], ...], float]:
    """Median seconds of the best whole partitions, in interleaved rounds."""
    from ._planner import formed

    ranked = sorted(paths.values(), key=lambda p: (p.seconds, p.layers))
    chosen = [*ranked[:_FINALISTS], paths[max(paths)], paths[min(paths)]]
    nets = {}
    for path in chosen:
        try:
            nets[path.segments] = formed(net, path.segments)
        except TooLargeError:
            continue
    samples: dict[tuple[tuple[int, int], ...], list[float]] = {segments: [] for segments in nets}
    outs = {segments: made.apply(x, axis=0, threads=setting.threads) for segments, made in nets.items()}
    start, rounds = time.perf_counter(), 0
    while rounds < 3 or (time.perf_counter() - start < budget and rounds < 50):
        tell(1 - _SHARE_FOR_FINAL * max(0.0, 1 - (time.perf_counter() - start) / max(budget, 1e-9)), "whole networks")
        for segments, made in nets.items():
            begin = time.perf_counter()
            made.apply(x, axis=0, out=outs[segments], threads=setting.threads)
            samples[segments].append(time.perf_counter() - begin)
        rounds += 1
    return {segments: statistics.median(times) for segments, times in samples.items()}
