"""Lower bounds for synapses, one file each; this is the list that :mod:`flatnet.certify` chooses from."""

from __future__ import annotations

from .bound import Asked, Bound, LowerBound, SkippedError, covered, exp_range
from .direct import DIRECT
from .exact import EXACT
from .minors import MINORS
from .schatten import SCHATTEN
from .trivial import TRIVIAL

__all__ = ["BOUNDS", "EXACT", "Asked", "Bound", "LowerBound", "SkippedError", "covered", "exp_range"]

#: In the order in which they are tried: those that cost little first, since one that cannot exceed what is
#: known by then is not computed.
BOUNDS: tuple[Bound, ...] = (EXACT, TRIVIAL, SCHATTEN, DIRECT, MINORS)
