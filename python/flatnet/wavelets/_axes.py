"""One level along several axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from .. import _core
from ._arguments import (
    Array,
    Bank,
    as_samples,
    axis_index,
    filter_banks,
    mode_codes,
    thread_count,
)
from ._axis import one_dtype, synthesize

Details = tuple[Any, Any, Any]


def dwt2(
    data: Any, wavelet: Any, mode: Any = "symmetric", axes: Sequence[int] = (-2, -1), *, threads: int | None = None
) -> tuple[Array, tuple[Array, Array, Array]]:
    """One level along two axes, as ``pywt.dwt2``.

    Parameters
    ----------
    data : array_like, shape (..., n0, n1)
    wavelet, mode
        As in :func:`dwt`, or a pair of them, one per axis.
    axes : pair of int
        An axis given twice is transformed twice.
    threads : int, optional

    Returns
    -------
    cA, (cH, cV, cD) : ndarray
        Approximation, and details along axes[0], axes[1] and both.

    Raises
    ------
    ValueError
        As :func:`dwt`; if axes are not two, or wavelets or modes not one or two.

    Examples
    --------
    >>> import flatnet as fn
    >>> cA, (cH, cV, cD) = fn.wavelets.dwt2([[1, 2], [3, 8]], "haar")
    >>> cA.round(12).tolist(), cH.round(12).tolist(), cV.round(12).tolist(), cD.round(12).tolist()
    ([[7.0]], [[-4.0]], [[-3.0]], [[2.0]])
    """
    axes = tuple(axes)
    x = np.asarray(data)
    if len(axes) != 2:
        raise ValueError(f"dwt2 needs 2 axes, got {len(axes)}")
    if x.ndim < len(set(axes)):
        raise ValueError(f"dwt2 needs data of at least 2 dimensions, got {x.ndim}")
    c = dwtn(x, wavelet, mode, axes, threads=threads)
    return c["aa"], (c["da"], c["ad"], c["dd"])


def idwt2(
    coeffs: tuple[Any, Details],
    wavelet: Any,
    mode: Any = "symmetric",
    axes: Sequence[int] = (-2, -1),
    *,
    threads: int | None = None,
) -> Array:
    """The inverse of :func:`dwt2`, as ``pywt.idwt2``.

    Parameters
    ----------
    coeffs : (cA, (cH, cV, cD))
        Each array_like or None, which stands for zeros.
    wavelet, mode, axes, threads
        As in :func:`dwt2`.

    Returns
    -------
    ndarray, shape (..., n0, n1)

    Raises
    ------
    ValueError
        As :func:`idwt`; if axes are not two.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.wavelets.idwt2(fn.wavelets.dwt2([[1, 2], [3, 4]], "haar"), "haar").round(12).tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    low, (horizontal, vertical, diagonal) = coeffs
    axes = tuple(axes)
    if len(axes) != 2:
        raise ValueError(f"idwt2 needs 2 axes, got {len(axes)}")
    named = {"aa": low, "da": horizontal, "ad": vertical, "dd": diagonal}
    return idwtn(named, wavelet, mode, axes, threads=threads)


def dwtn(
    data: Any, wavelet: Any, mode: Any = "symmetric", axes: Sequence[int] | None = None, *, threads: int | None = None
) -> dict[str, Array]:
    """One level along any axes, as ``pywt.dwtn``.

    Parameters
    ----------
    data : array_like
        At least 1-D.
    wavelet, mode
        As in :func:`dwt`, or a sequence of them, one per axis.
    axes : sequence of int, optional
        By default all. An axis given twice is transformed twice.
    threads : int, optional

    Returns
    -------
    dict of str to ndarray
        Keys "a" and "d" per axis, in the order of the axes: "aa", "ad", "da", "dd" for two.

    Raises
    ------
    ValueError
        As :func:`dwt`; if wavelets or modes are not one or as many as axes.

    Examples
    --------
    >>> import flatnet as fn
    >>> {key: c.round(12).tolist() for key, c in fn.wavelets.dwtn([[1, 2], [3, 8]], "haar").items()}
    {'aa': [[7.0]], 'ad': [[-3.0]], 'da': [[-4.0]], 'dd': [[2.0]]}
    """
    x = as_samples(data)
    if x.ndim < 1:
        raise ValueError("dwtn needs data of at least 1 dimension, got a scalar")
    chosen = [axis_index(axis, x.ndim) for axis in (range(x.ndim) if axes is None else axes)]
    codes, banks = mode_codes(mode, chosen), filter_banks(wavelet, chosen)
    return analyze(x, banks, codes, chosen, thread_count(threads))


def analyze(x: Array, banks: list[Bank], codes: list[int], axes: list[int], threads: int) -> dict[str, Array]:
    """One level along axes counted from 0."""
    found = {"": x}
    done = 0
    while done < len(axes):
        grown: dict[str, Array] = {}
        if done + 2 == len(axes) and axes[done] + 1 == axes[done + 1]:
            for key, part in found.items():
                first, second = banks[done:]
                bands = _core.wavelet_dec2(first, second, codes[done], codes[done + 1], part, axes[done], 1, threads)
                grown |= zip((key + "aa", key + "ad", key + "da", key + "dd"), bands, strict=True)
            return grown
        for key, part in found.items():
            bands = _core.wavelet_dec(banks[done], codes[done], part, axes[done], 1, threads)
            grown |= zip((key + "a", key + "d"), bands, strict=True)
        found, done = grown, done + 1
    return found


def idwtn(
    coeffs: Mapping[str, Any],
    wavelet: Any,
    mode: Any = "symmetric",
    axes: Sequence[int] | None = None,
    *,
    threads: int | None = None,
) -> Array:
    """The inverse of :func:`dwtn`, as ``pywt.idwtn``.

    Parameters
    ----------
    coeffs : dict of str to array_like
        What is missing, or None, stands for zeros.
    wavelet, mode, axes, threads
        As in :func:`dwtn`.

    Returns
    -------
    ndarray

    Raises
    ------
    ValueError
        If no band of full key length is there, keys are no words over {a, d} of one length, or shapes differ.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.wavelets.idwtn(fn.wavelets.dwtn([[1, 2], [3, 4]], "haar"), "haar").round(12).tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    bands = checked_bands({key: c for key, c in coeffs.items() if c is not None})
    if not bands:
        raise ValueError("idwtn needs at least one band of coefficients, got none")
    depth = max(len(key) for key in bands)
    shape = next(c.shape for c in bands.values())
    if any(c.shape != shape for c in bands.values()):
        raise ValueError(f"the bands must all be of one shape, got {sorted({c.shape for c in bands.values()})}")
    if axes is None and depth > len(shape):
        raise ValueError(f"keys of {depth} letters need bands of {depth} dimensions, got {len(shape)}")
    chosen = [axis_index(axis, len(shape)) for axis in (range(depth) if axes is None else axes)]
    codes, banks = mode_codes(mode, chosen), filter_banks(wavelet, chosen)
    return synthesize_axes(bands, banks, codes, chosen, thread_count(threads))


def checked_bands(coeffs: Mapping[str, Any]) -> dict[str, Array]:
    """Arrays by key; None, letters beside a and d, and keys of several lengths are refused."""
    missing = [key for key, c in coeffs.items() if c is None]
    if missing:
        raise ValueError(f"the detail coefficients {missing} are None: use np.zeros_like for a band of zeros")
    wrong = [key for key in coeffs if not set(key) <= set("ad")]
    if wrong:
        raise ValueError(f"keys of bands are words over 'a' and 'd', got {wrong}")
    if len({len(key) for key in coeffs}) > 1:
        raise ValueError(f"keys of bands must have one length, got {sorted(coeffs)}")
    return {key: as_samples(c, "idwtn: the coefficients") for key, c in coeffs.items()}


def synthesize_axes(bands: Mapping[str, Array], banks: list[Bank], codes: list[int], axes: list[int], threads: int) -> Array:
    """The inverse of one level, from the last axis to the first."""
    left: dict[str, Array] = dict(bands)
    done = len(axes)
    while done > 0:
        if done >= 2 and axes[done - 2] + 1 == axes[done - 1]:
            left = _pair(left, done, banks, codes, axes, threads)
            done -= 2
            continue
        done -= 1
        merged = {}
        for key in map("".join, product("ad", repeat=done)):
            low, high = left.get(key + "a"), left.get(key + "d")
            if low is not None or high is not None:
                merged[key] = synthesize(banks[done], codes[done], list(one_dtype(low, high)), axes[done], threads)
        left = merged
    return left[""]


def _pair(
    left: dict[str, Array], done: int, banks: list[Bank], codes: list[int], axes: list[int], threads: int
) -> dict[str, Array]:
    """Two neighbouring axes at once."""
    merged = {}
    for key in map("".join, product("ad", repeat=done - 2)):
        four = [left.get(key + band) for band in ("aa", "ad", "da", "dd")]
        present = [c for c in four if c is not None]
        if not present:
            continue
        dtypes = {c.dtype for c in present}
        common = present[0].dtype
        if len(dtypes) > 1:
            common = np.dtype(np.complex128 if any(d.kind == "c" for d in dtypes) else np.float64)
        zeros = np.zeros(present[0].shape, common) if len(present) < 4 else present[0]
        whole = [zeros if c is None else c.astype(common, copy=False) for c in four]
        first, second = banks[done - 2 : done]
        at = axes[done - 2]
        merged[key] = _core.wavelet_rec2(first, second, codes[done - 2], codes[done - 1], whole, at, threads)
    return merged
