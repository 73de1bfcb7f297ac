"""LB1: rows, columns and rank."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .bound import Asked, Bound, LowerBound, covered

if TYPE_CHECKING:
    from ..certify import LowerBounds

__all__ = ["TRIVIAL"]


def _ceiling(facts: LowerBounds, asked: Asked) -> float:
    return math.inf


def _prove(facts: LowerBounds, asked: Asked) -> LowerBound:
    """Filled rows in the last layer, filled columns in the first, the rank in each one between."""
    rank = 0 if facts.spectrum is None else facts.spectrum.rank(asked.spectral, asked.frobenius)
    rows, cols = (max(rank, facts.filled(axis, asked)) for axis in (1, 0))
    between = max(rank, min(rows, 1))
    value = max(rows, cols) if asked.layers == 1 else rows + cols + (asked.layers - 2) * between
    return LowerBound("LB1", value, asked.layers, math.inf, asked.eps, covered(asked), "filled rows and columns, rank")


TRIVIAL = Bound(_ceiling, _prove)
