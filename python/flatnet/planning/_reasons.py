"""Why each layer of a plan runs as it does, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ._edges import Setting
from ._search import Edge, Path

__all__ = ["reasons"]


def reasons(paths: Sequence[Path], edges: Iterable[Edge], setting: Setting) -> list[tuple[str, ...]]:
    """For every layer of every path: how it runs, and for merged ones what that costs beside the same layers one by one."""
    alone: dict[int, float] = {}
    for edge in edges:
        if edge.first == edge.last:
            alone[edge.first] = min(edge.cost, alone.get(edge.first, edge.cost))
    return [tuple(_reason(edge, alone, setting.cost) for edge in path.edges for _ in edge.segments) for path in paths]


def _reason(edge: Edge, alone: dict[int, float], cost: str) -> str:
    if len(edge.segments) > 1 or edge.first == edge.last or any(i not in alone for i in range(edge.first, edge.last + 1)):
        return edge.why
    before = sum(alone[i] for i in range(edge.first, edge.last + 1))
    if cost == "seconds":
        return f"{edge.why}, {edge.cost * 1e6:.3g} us for {before * 1e6:.3g} one by one"
    return f"{edge.why}, {edge.cost:.0f} {cost} for {before:.0f} one by one"
