"""Shortest paths through a chain: nodes are the places between layers, an edge does the work of the layers it spans."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Edge", "Path", "front", "search"]


@dataclass(frozen=True)
class Edge:
    """A way to do the work of layers first..last.

    Attributes
    ----------
    first, last : int
        0-based, inclusive.
    segments : tuple of (int, int)
        The layers of the planned network: one merged segment, or the layers of a run as they stand.
    cost : float
        What is minimised.
    synapses, nbytes : int
    seconds : float
    why : str
    """

    first: int
    last: int
    segments: tuple[tuple[int, int], ...]
    cost: float
    synapses: int
    nbytes: int
    seconds: float
    why: str


@dataclass(frozen=True)
class Path:
    """Edges from the first layer to the last, and what they cost together."""

    edges: tuple[Edge, ...]
    cost: float
    synapses: int
    nbytes: int
    seconds: float

    @property
    def segments(self) -> tuple[tuple[int, int], ...]:
        """The partition into layers."""
        return tuple(segment for edge in self.edges for segment in edge.segments)

    @property
    def layers(self) -> int:
        return len(self.segments)


_START = Path((), 0.0, 0, 0, 0.0)


def _extended(path: Path, edge: Edge) -> Path:
    return Path(
        (*path.edges, edge),
        path.cost + edge.cost,
        path.synapses + edge.synapses,
        path.nbytes + edge.nbytes,
        path.seconds + edge.seconds,
    )


def _order(path: Path) -> tuple[float, int, int, tuple[tuple[int, int], ...]]:
    """Cheapest first; the rest makes the choice among equals the same everywhere."""
    return path.cost, path.synapses, path.nbytes, path.segments


def search(layers: int, edges: Iterable[Edge], most_bytes: float | None = None) -> dict[int, Path]:
    """The cheapest path of every number of layers.

    Parameters
    ----------
    layers : int
        Of the chain.
    edges : iterable of Edge
    most_bytes : float, optional
        Paths whose weights take more are left out.

    Returns
    -------
    dict
        From the number of layers of the planned network to the path; numbers that no path reaches are missing.

    Notes
    -----
    Costs are added along a path, so that the best path to a node with q layers extends a best path to a node before it: O(L^3)
    comparisons. With `most_bytes` a node keeps every path that no other one beats in both cost and bytes.
    """
    ending: list[list[Edge]] = [[] for _ in range(layers + 1)]
    for edge in edges:
        ending[edge.last + 1].append(edge)
    best: list[dict[int, list[Path]]] = [{} for _ in range(layers + 1)]
    best[0] = {0: [_START]}
    for node in range(1, layers + 1):
        found: dict[int, list[Path]] = {}
        for edge in ending[node]:
            for count, paths in best[edge.first].items():
                kept = found.setdefault(count + len(edge.segments), [])
                for path in paths:
                    if most_bytes is not None:
                        if path.nbytes + edge.nbytes <= most_bytes:
                            kept.append(_extended(path, edge))
                    elif not kept or path.cost + edge.cost < kept[0].cost:
                        kept[:] = [_extended(path, edge)]
                    elif path.cost + edge.cost == kept[0].cost:
                        kept[:] = [min(kept[0], _extended(path, edge), key=_order)]
        best[node] = {count: _undominated(paths) for count, paths in sorted(found.items()) if paths}
    return {count: paths[0] for count, paths in best[layers].items()}


def _undominated(paths: list[Path]) -> list[Path]:
    """Cheapest first, each with fewer bytes than the one before it."""
    paths = sorted(paths, key=_order)
    kept = paths[:1]
    for path in paths[1:]:
        if path.nbytes < kept[-1].nbytes:
            kept.append(path)
    return kept


def front(paths: dict[int, Path]) -> tuple[Path, ...]:
    """The best path of each depth, flattest first."""
    return tuple(paths[count] for count in sorted(paths))
