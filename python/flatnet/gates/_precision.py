"""Precision of a gate: its scale or sharpness is tuned to it, so it is pinned, never weak."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike


def real_dtype(what: str, dtype: DTypeLike) -> np.dtype[Any]:
    """float32 or float64, or a sentence."""
    precision = np.dtype(dtype)
    if precision not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise TypeError(f"{what} is made in float32 or float64, got {precision}")
    return precision


def positive_number(what: str, name: str, value: object) -> float:
    """A positive finite float, or a sentence."""
    if not isinstance(value, (int, float, np.integer, np.floating)) or isinstance(value, bool):
        raise TypeError(f"{what} needs a positive number for {name}, got {value!r}")
    number = float(value)
    if not 0.0 < number < np.inf:
        raise ValueError(f"{what} needs a positive finite {name}, got {value!r}")
    return number
