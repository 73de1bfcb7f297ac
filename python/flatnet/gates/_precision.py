"""Precision of a gate: its scale or sharpness is tuned to it, so it is pinned, never weak."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .._check import dtype_of, real_number


def real_dtype(what: str, dtype: DTypeLike) -> np.dtype[Any]:
    """float32 or float64, or a sentence."""
    precision = dtype_of(what, dtype)
    if precision.kind == "c":
        raise TypeError(f"{what} is made in float32 or float64, got {precision}")
    return precision


def positive_number(what: str, name: str, value: object) -> float:
    """A positive finite float, or a sentence."""
    number = real_number(what, name, value)
    if not 0.0 < number < np.inf:
        raise ValueError(f"{what} needs a positive finite {name}, got {value!r}")
    return number
