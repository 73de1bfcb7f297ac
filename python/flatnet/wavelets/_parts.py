"""One approximation or detail of a signal by itself."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .. import _core
from ._arguments import Array, as_samples, filter_bank, mode_code, thread_count
from ._axis import synthesize


def downcoef(
    part: str, data: Any, wavelet: Any, mode: Any = "symmetric", level: int = 1, *, threads: int | None = None
) -> Array:
    """The approximation ('a') or the detail ('d') of one level of a 1-D signal, as ``pywt.downcoef``.

    Parameters
    ----------
    part : {'a', 'd'}
    data : array_like, shape (n,)
    wavelet, mode, threads
        As in :func:`dwt`.
    level : int
        At least 1.

    Returns
    -------
    ndarray, shape (m,)

    Raises
    ------
    ValueError
        If data is not 1-D, the part is neither, or the level is below 1.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.wavelets.downcoef("a", [1, 1, 2, 2, 5, 5, 6, 6], "haar", level=2).round(12).tolist()
    [3.0, 11.0]
    """
    x = as_samples(data)
    levels = _check_part("downcoef", part, x, level)
    bank = filter_bank(wavelet)
    found = _core.wavelet_dec(bank, mode_code(mode), x, 0, levels, thread_count(threads))
    return found[0] if part == "a" else found[1]


def upcoef(part: str, coeffs: Any, wavelet: Any, level: int = 1, take: int = 0, *, threads: int | None = None) -> Array:
    """The signal that one level's approximation ('a') or detail ('d') stands for, as ``pywt.upcoef``.

    Parameters
    ----------
    part : {'a', 'd'}
    coeffs : array_like, shape (m,)
    wavelet, threads
        As in :func:`dwt`.
    level : int
        At least 1.
    take : int
        Length of the central part to return; 0 is all.

    Returns
    -------
    ndarray
        2m + K - 2 samples for one level and K taps, all of them as zeros lie beyond the coefficients.

    Raises
    ------
    ValueError
        If coeffs is not 1-D or empty, the part is neither, or the level is below 1.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.wavelets.upcoef("a", [2.0, 4.0], "haar", level=2).round(12).tolist()
    [1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0]
    """
    c = as_samples(coeffs)
    levels = _check_part("upcoef", part, c, level)
    if c.size < 1:
        raise ValueError("upcoef needs at least 1 coefficient, got 0")
    bank = filter_bank(wavelet)
    # All samples that a coefficient meets are those of a line with K/2 - 1 zeros on both sides.
    margin = bank.taps // 2 - 1
    for step in range(levels):
        padded = np.pad(c, margin)
        zeros = np.zeros_like(padded)
        pair = [zeros, padded] if part == "d" and step == 0 else [padded, zeros]
        c = synthesize(bank, 0, pair, 0, thread_count(threads))
    if 0 < take < c.size:
        before = (c.size - take) // 2
        return c[before : before + take]
    return c


def _check_part(what: str, part: str, x: Array, level: int) -> int:
    if x.ndim != 1:
        raise ValueError(f"{what} needs a 1-D array, got {x.ndim} axes")
    if part not in ("a", "d"):
        raise ValueError(f"{what} needs 'a' or 'd' as its part, got {part!r}")
    levels = operator.index(level)
    if levels < 1:
        raise ValueError(f"{what} needs level >= 1, got {levels}")
    return levels
