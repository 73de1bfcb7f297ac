"""Random data for the tests of transforms, and how near a transform must come to its definition."""

from __future__ import annotations

from typing import Any

import numpy as np


def data(shape: Any, dtype: Any = "float64", seed: int = 0) -> np.ndarray:
    """Standard normal numbers, complex ones with independent parts."""
    random = np.random.default_rng(seed)
    x = random.standard_normal(shape)
    return (x + 1j * random.standard_normal(shape) if np.dtype(dtype).kind == "c" else x).astype(dtype)


def close(y: np.ndarray, wanted: np.ndarray, n: int) -> None:
    """An FFT of n points errs by at most c eps log2(n), c < 8, relative to the largest value it meets.

    Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., thm. 24.2; the 8 n leaves room for small n.
    """
    assert y.shape == wanted.shape
    bound = 8 * np.finfo(y.dtype).eps * np.log2(8 * n)
    assert np.abs(y - wanted).max(initial=0) <= bound * max(np.abs(wanted).max(initial=0), 1e-300)
