"""Several levels along several axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.exceptions import AxisError

from .. import _core
from ._arguments import (
    Array,
    as_samples,
    axis_index,
    filter_banks,
    levels_of,
    mode_codes,
    most_levels,
    require_samples,
    thread_count,
)
from ._axes import analyze, checked_bands, idwt2, idwtn


def wavedec2(
    data: Any,
    wavelet: Any,
    mode: Any = "symmetric",
    level: int | None = None,
    axes: Sequence[int] = (-2, -1),
    *,
    threads: int | None = None,
) -> list[Any]:
    """All levels along two axes, as ``pywt.wavedec2``.

    Parameters
    ----------
    data : array_like, shape (..., n0, n1)
    wavelet, mode
        As in :func:`dwt`, or a pair of them, one per axis.
    level : int, optional
        Number of levels L; by default the smaller :func:`dwt_max_level` of the two axes.
    axes : pair of int
        Two different ones.
    threads : int, optional

    Returns
    -------
    list
        [cA_L, (cH_L, cV_L, cD_L), ..., (cH_1, cV_1, cD_1)]; [data] for L = 0.

    Raises
    ------
    ValueError
        As :func:`dwt2`; if data have fewer than 2 dimensions, axes repeat, or the level is negative.

    Examples
    --------
    >>> import flatnet as fn
    >>> cA, (cH, cV, cD) = fn.wavelets.wavedec2([[1, 1], [3, 3]], "haar", level=1)
    >>> cA.round(12).tolist(), cH.round(12).tolist()
    ([[4.0]], [[-2.0]])
    """
    x = np.asarray(data)
    if x.ndim < 2:
        raise ValueError(f"wavedec2 needs data of at least 2 dimensions, got {x.ndim}")
    axes = tuple(axes)
    if len(axes) != 2:
        raise ValueError(f"wavedec2 needs 2 axes, got {len(axes)}")
    chosen = _unique("wavedec2", axes, x.ndim)
    banks, codes = filter_banks(wavelet, chosen), mode_codes(mode, chosen)
    levels = levels_of(most_levels([x.shape[i] for i in chosen], banks), level)
    team = thread_count(threads)
    if levels == 0:
        return [x]
    a = as_samples(x)
    found: list[Any] = []
    if chosen[0] + 1 == chosen[1]:
        bands = _core.wavelet_dec2(banks[0], banks[1], codes[0], codes[1], a, chosen[0], levels, team)
        # [aa_L, ad_L, da_L, dd_L, ..., ad_1, da_1, dd_1]
        details = [(bands[i + 1], bands[i], bands[i + 2]) for i in range(1, len(bands), 3)]
        return [bands[0], *details]
    for _ in range(levels):
        c = analyze(a, banks, codes, chosen, team)
        a = c["aa"]
        found.append((c["da"], c["ad"], c["dd"]))
    return [a, *reversed(found)]


def waverec2(
    coeffs: Any, wavelet: Any, mode: Any = "symmetric", axes: Sequence[int] = (-2, -1), *, threads: int | None = None
) -> Array:
    """The inverse of :func:`wavedec2`, as ``pywt.waverec2``.

    Parameters
    ----------
    coeffs : list or tuple
        [cA_L, (cH_L, cV_L, cD_L), ..., (cH_1, cV_1, cD_1)]; a None stands for zeros.
    wavelet, mode, axes, threads
        As in :func:`wavedec2`.

    Returns
    -------
    ndarray, shape (..., n0, n1)

    Raises
    ------
    ValueError
        If the list is empty, details are no triples, or shapes do not fit.

    Examples
    --------
    >>> import flatnet as fn
    >>> coeffs = fn.wavelets.wavedec2([[1, 2], [3, 4]], "haar")
    >>> fn.wavelets.waverec2(coeffs, "haar").round(12).tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    if not isinstance(coeffs, (list, tuple)):
        raise ValueError(f"waverec2 needs a list or tuple of coefficients, got {type(coeffs).__name__}")
    axes = tuple(axes)
    if len(axes) != len(set(axes)):
        raise ValueError(f"waverec2 needs two different axes, got {axes}")
    if len(coeffs) < 1:
        raise ValueError("waverec2 needs at least one array of coefficients, got none")
    if len(coeffs) == 1:
        return coeffs[0]
    a = np.asarray(coeffs[0])
    for details in coeffs[1:]:
        if not isinstance(details, (list, tuple)) or len(details) != 3:
            raise ValueError(
                f"Unexpected detail coefficient type: {type(details)}. Detail coefficients must be a 3-tuple of arrays as"
                " returned by wavedec2; array_to_coeffs and unravel_coeffs give them with output_format='wavedec2'"
            )
        bands = tuple(None if c is None else np.asarray(c) for c in details)
        shapes = {c.shape for c in bands if c is not None}
        if len(shapes) > 1:
            raise ValueError(f"the details of a level must be of one shape, got {sorted(shapes)}")
        if shapes:
            shape = shapes.pop()
            a = a[tuple(slice(-1) if m == d + 1 else slice(None) for m, d in zip(a.shape, shape))]
        a = idwt2((a, bands), wavelet, mode, axes, threads=threads)  # type: ignore[arg-type]
    return a


def wavedecn(
    data: Any,
    wavelet: Any,
    mode: Any = "symmetric",
    level: int | None = None,
    axes: Sequence[int] | int | None = None,
    *,
    threads: int | None = None,
) -> list[Any]:
    """All levels along any axes, as ``pywt.wavedecn``.

    Parameters
    ----------
    data : array_like
        At least 1-D.
    wavelet, mode
        As in :func:`dwt`, or a sequence of them, one per axis.
    level : int, optional
        Number of levels L; by default the least :func:`dwt_max_level` of the axes.
    axes : int or sequence of int, optional
        By default all; no axis twice.
    threads : int, optional

    Returns
    -------
    list
        [cA_L, {details of level L}, ..., {details of level 1}], keys as in :func:`dwtn`; [data] for L = 0.

    Raises
    ------
    ValueError
        As :func:`dwtn`; if axes repeat or the level is negative.

    Examples
    --------
    >>> import flatnet as fn
    >>> cA, details = fn.wavelets.wavedecn([[1, 1], [3, 3]], "haar", level=1)
    >>> cA.round(12).tolist(), sorted(details)
    ([[4.0]], ['ad', 'da', 'dd'])
    """
    x = np.asarray(data)
    if x.ndim < 1:
        raise ValueError("wavedecn needs data of at least 1 dimension, got a scalar")
    chosen = _unique("wavedecn", _axes_of(axes, x.ndim), x.ndim)
    banks = filter_banks(wavelet, chosen)
    levels = levels_of(most_levels([x.shape[i] for i in chosen], banks), level)
    codes, team = mode_codes(mode, chosen), thread_count(threads)
    if levels == 0:
        return [x]
    a = as_samples(x)
    found: list[Any] = []
    for done in range(levels):
        for i, code in zip(chosen, codes, strict=True):
            require_samples(a.shape[i], code, done + 1)
        bands = analyze(a, banks, codes, chosen, team)
        a = bands.pop("a" * len(chosen))
        found.append(bands)
    return [a, *reversed(found)]


def waverecn(
    coeffs: Any,
    wavelet: Any,
    mode: Any = "symmetric",
    axes: Sequence[int] | int | None = None,
    *,
    threads: int | None = None,
) -> Array:
    """The inverse of :func:`wavedecn`, as ``pywt.waverecn``.

    Parameters
    ----------
    coeffs : list
        [cA_L, {details of level L}, ..., {details of level 1}]; a band that is missing stands for zeros.
    wavelet, mode, axes, threads
        As in :func:`wavedecn`.

    Returns
    -------
    ndarray

    Raises
    ------
    ValueError
        If the list is empty, details are no dictionaries, or keys, dimensions or shapes do not fit.

    Examples
    --------
    >>> import flatnet as fn
    >>> coeffs = fn.wavelets.wavedecn([[1, 2], [3, 4]], "haar")
    >>> fn.wavelets.waverecn(coeffs, "haar").round(12).tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    if len(coeffs) < 1:
        raise ValueError("waverecn needs at least one array of coefficients, got none")
    for details in coeffs[1:]:
        if not isinstance(details, dict):
            raise ValueError(
                f"Unexpected detail coefficient type: {type(details)}. Detail coefficients must be a dictionary of arrays as"
                " returned by wavedecn; array_to_coeffs and unravel_coeffs give them with output_format='wavedecn'"
            )
    levels = [checked_bands(details) for details in coeffs[1:]]
    if not levels:
        return coeffs[0]
    a = None if coeffs[0] is None else np.asarray(coeffs[0])
    if a is None and not any(levels):
        raise ValueError("waverecn needs at least one band of coefficients, got none")
    dimensions = {c.ndim for bands in levels for c in bands.values()} | ({a.ndim} if a is not None else set())
    if len(dimensions) > 1:
        raise ValueError(f"all coefficients must have one number of dimensions, got {sorted(dimensions)}")
    ndim = dimensions.pop()
    chosen = _unique("waverecn", _axes_of(axes, ndim), ndim)
    for done, bands in enumerate(levels):
        if a is None and not bands:
            continue
        if done > 0 and a is not None:
            a = _fitted(a, bands)
        if a is not None:
            bands["a" * len(chosen)] = a
        a = idwtn(bands, wavelet, mode, chosen, threads=threads)
    assert a is not None
    return a


def _fitted(a: Array, bands: dict[str, Array]) -> Array:
    """The approximation without the last sample of every axis on which the details have one less."""
    if not bands:
        return a
    shape = next(iter(bands.values())).shape
    if any(not 0 <= m - d <= 1 for m, d in zip(a.shape, shape)):
        raise ValueError(f"an approximation of shape {a.shape} does not go with details of shape {shape}")
    return a[tuple(slice(d) for d in shape)]


def _axes_of(axes: Sequence[int] | int | None, ndim: int) -> Sequence[int]:
    if axes is None:
        return range(ndim)
    return (axes,) if isinstance(axes, (int, np.integer)) else tuple(axes)


def _unique(what: str, axes: Sequence[int], ndim: int) -> list[int]:
    """Axes counted from 0, none of them twice."""
    try:
        chosen = [axis_index(axis, ndim) for axis in axes]
    except AxisError:
        if len(axes) != len(set(axes)):
            raise ValueError(f"the axes passed to {what} must be unique, got {tuple(axes)}") from None
        raise
    if len(chosen) != len(set(chosen)):
        raise ValueError(f"the axes passed to {what} must be unique, got {tuple(axes)}")
    return chosen
