"""What a step of a network makes the machine do: the class of its kernel, its terms, its weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..factors import Factor

__all__ = ["KINDS", "Work", "work_of", "work_of_factor", "work_of_run"]

# Classes of kernels, each with a speed of its own; "rows" is what a row of a sparse matrix takes beside its entries. The class
# of a pattern is the shorter side of its blocks, rounded down; narrow ones have fewer rows side by side than a vector holds:
# one column pays for that.
_SIDES = (2, 4, 8, 16, 32)
_NARROW = 8
KINDS = (
    "dense",
    "sparse",
    "rows",
    "diagonal",
    "permutation",
    *(f"blocks {side}" for side in _SIDES),
    *(f"narrow blocks {side}" for side in _SIDES),
    *(f"shared blocks {side}" for side in _SIDES),
    "hadamard",
    "fourier",
    "butterfly",
)


@dataclass(frozen=True)
class Work:
    """One step on one vector.

    Attributes
    ----------
    kind : str
        One of `KINDS`, but not ``"rows"``: a sparse step takes those as well.
    terms : float
        Multiply-adds (additions of a Hadamard run, elements moved by a permutation).
    weights : float
        Weights that are read, in elements.
    rows, cols : int
        Outputs and inputs.
    """

    kind: str
    terms: float
    weights: float
    rows: int
    cols: int


def _blocks(pattern: tuple[int, int, int, int], shared: bool) -> tuple[str, float, float]:
    a, b, c, d = pattern
    terms = float(a) * b * c * d
    if b == c == 1:
        return "diagonal", terms, 1.0 if shared else terms
    if a == d == 1:
        return "dense", terms, terms
    side = max([s for s in _SIDES if s <= max(2, min(b, c))])
    sort = "shared " if shared else "narrow " if d < _NARROW else ""
    return f"{sort}blocks {side}", terms, float(b) * c if shared else terms


def work_of(kind: str, pattern: tuple[int, int, int, int] | None, synapses: int, rows: int, cols: int) -> Work:
    """Work of a factor of this kind, or of a product that will have it."""
    if pattern is not None:
        return Work(*_blocks(pattern, kind == "Kronecker"), rows, cols)
    if kind == "Permutation":
        return Work("permutation", float(rows), float(rows), rows, cols)
    # an index of 4 bytes beside each weight counts as half a double
    return Work("sparse", float(synapses), 1.5 * synapses, rows, cols)


def work_of_factor(factor: Factor) -> Work:
    """Work of one factor as it stands."""
    return work_of(factor.kind, factor.pattern, factor.synapses, *factor.shape)


def work_of_run(kind: str, n: int, layers: int) -> Work:
    """Work of `layers` neighbouring stages that run as one transform on n elements."""
    per_element = {"hadamard": 1.0, "fourier": 2.0, "butterfly": 2.0}[kind]
    return Work(kind, per_element * n * layers, 0.0 if kind == "hadamard" else n * layers * per_element, n, n)
