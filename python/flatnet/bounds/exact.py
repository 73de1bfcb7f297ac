"""LB0: one layer can only be the product itself."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..truncate import droppable
from .bound import Asked, Bound, LowerBound, covered

if TYPE_CHECKING:
    from ..certify import LowerBounds

__all__ = ["EXACT"]


def _ceiling(facts: LowerBounds, asked: Asked) -> float:
    return math.inf if asked.layers == 1 else 0.0


def _prove(facts: LowerBounds, asked: Asked) -> LowerBound | None:
    """Non-zeros of the product, without its smallest entries if eps allows that."""
    whole = facts.whole
    if whole.predicted or (asked.eps > 0 and (facts.flat is None or not math.isfinite(facts.frobenius))):
        return None
    value = whole.count
    if asked.eps > 0:
        assert facts.flat is not None
        value -= droppable(facts.flat, asked.frobenius)
    return LowerBound("exact (LB0)", value, 1, math.inf, asked.eps, covered(asked, rounding=0.0), "the product itself")


EXACT = Bound(_ceiling, _prove)
