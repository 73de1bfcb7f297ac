"""Transforms along one axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _core
from ._arguments import (
    PERIODIZATION,
    Array,
    Bank,
    as_samples,
    axis_index,
    filter_bank,
    is_computed,
    levels_of,
    max_level,
    mode_code,
    thread_count,
)


def dwt(data: Any, wavelet: Any, mode: Any = "symmetric", axis: int = -1, *, threads: int | None = None) -> tuple[Array, Array]:
    r"""One level of the discrete wavelet transform along an axis, as ``pywt.dwt``.

    Parameters
    ----------
    data : array_like, shape (..., n, ...)
        float32, float64, complex64 or complex128; float16 is computed in float32, integers and booleans in float64.
    wavelet : str, pywt.Wavelet, object with ``filter_bank``, or four sequences of taps
        'haar' needs no PyWavelets, the other names take their taps from it.
    mode : str or int
        How the signal goes on beyond its ends: "zero", "constant", "symmetric", "periodic", "smooth",
        "periodization", "reflect", "antisymmetric", "antireflect", or PyWavelets' number.
    axis : int
        The axis to transform.
    threads : int, optional
        By default flatnet's own number. The result does not depend on it.

    Returns
    -------
    cA, cD : ndarray, shape (..., m, ...)
        Approximation and detail; m = ceil(n/2) for "periodization", else floor((n + K - 1) / 2) for K taps.

    Raises
    ------
    ValueError
        If the axis is empty or out of range, the mode or wavelet unknown, or one sample is reflected about itself.
    TypeError
        For longdouble, object and other arrays that are no numbers of float64's range.

    Notes
    -----
    .. math:: cA_k = \sum_j h_j\, x_{2k+o-j}, \qquad cD_k = \sum_j g_j\, x_{2k+o-j}

    with x extended by the mode, o = K/2 for "periodization" and 1 otherwise (Mallat, IEEE PAMI 11, 1989).

    Examples
    --------
    >>> import flatnet as fn
    >>> cA, cD = fn.wavelets.dwt([1, 2, 3, 4, 5, 6], "haar")
    >>> (2**0.5 * cA).round(12).tolist(), (2**0.5 * cD).round(12).tolist()
    ([3.0, 7.0, 11.0], [-1.0, -1.0, -1.0])
    """
    x = as_samples(data)
    code = mode_code(mode)
    bank = filter_bank(wavelet)
    cA, cD = _core.wavelet_dec(bank, code, x, axis_index(axis, x.ndim), 1, thread_count(threads))
    return cA, cD


def idwt(cA: Any, cD: Any, wavelet: Any, mode: Any = "symmetric", axis: int = -1, *, threads: int | None = None) -> Array:
    r"""One level of the inverse transform along an axis, as ``pywt.idwt``.

    Parameters
    ----------
    cA, cD : array_like or None, shape (..., m, ...)
        Coefficients; one of them may be None, which stands for zeros. Of two dtypes the result is float64 or
        complex128.
    wavelet, mode, axis, threads
        As in :func:`dwt`; only "periodization" needs to be told.

    Returns
    -------
    ndarray, shape (..., n, ...)
        n = 2m for "periodization", else 2m - K + 2 for K taps.

    Raises
    ------
    ValueError
        If both are None, their shapes differ, or m is too small for the filter; if the filter's length is odd.

    Notes
    -----
    .. math:: x_t = \sum_k \tilde h_{t + s - 2k}\, cA_k + \tilde g_{t + s - 2k}\, cD_k

    with s = K - 2, or K/2 - 1 and k modulo m for "periodization".

    Examples
    --------
    >>> import flatnet as fn
    >>> cA, cD = fn.wavelets.dwt([1, 2, 3, 4, 5, 6], "haar")
    >>> fn.wavelets.idwt(cA, cD, "haar").round(12).tolist()
    [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    """
    if cA is None and cD is None:
        raise ValueError("idwt needs cA or cD, got None for both")
    low, high = one_dtype(
        None if cA is None else as_samples(cA, "idwt: cA"), None if cD is None else as_samples(cD, "idwt: cD")
    )
    code = mode_code(mode)
    bank = filter_bank(wavelet)
    i = axis_index(axis, low.ndim, "coefficients")
    if low.shape != high.shape:
        raise ValueError(f"cA and cD must have one shape, got {low.shape} and {high.shape}")
    return synthesize(bank, code, [low, high], i, thread_count(threads))


def one_dtype(low: Array | None, high: Array | None) -> tuple[Array, Array]:
    """Both coefficients in one dtype, None as zeros."""
    if low is None or high is None:
        present = low if high is None else high
        assert present is not None
        zeros = np.zeros_like(present)
        return (present, zeros) if high is None else (zeros, present)
    if low.dtype != high.dtype:
        common = np.complex128 if "c" in (low.dtype.kind, high.dtype.kind) else np.float64
        low, high = low.astype(common, copy=False), high.astype(common, copy=False)
    return low, high


def synthesize(bank: Bank, code: int, coefficients: list[Array], axis: int, threads: int) -> Array:
    """The inverse of some levels; an empty axis is refused as too short."""
    m = coefficients[-1].shape[axis]
    if m < 1 or (code != PERIODIZATION and 2 * m - bank.taps + 2 < 1):
        raise ValueError(
            f"{m} coefficients are too few for filters of {bank.taps} taps: wavelet and mode must be those of the decomposition"
        )
    rebuilt = _core.wavelet_rec(bank, code, coefficients, axis, threads)
    assert rebuilt is not None  # they have one dtype
    return rebuilt


def wavedec(
    data: Any,
    wavelet: Any,
    mode: Any = "symmetric",
    level: int | None = None,
    axis: int = -1,
    *,
    threads: int | None = None,
) -> list[Array]:
    r"""All levels of the discrete wavelet transform along an axis, as ``pywt.wavedec``.

    Parameters
    ----------
    data : array_like, shape (..., n, ...)
    wavelet, mode, axis, threads
        As in :func:`dwt`.
    level : int, optional
        Number of levels L; by default :func:`dwt_max_level`.

    Returns
    -------
    list of ndarray
        [cA_L, cD_L, ..., cD_1]; [data] for L = 0.

    Raises
    ------
    ValueError
        As :func:`dwt`, and for a negative level.

    Notes
    -----
    Level l transforms cA of level l-1. All levels of a tile are computed while it is in cache.

    Examples
    --------
    >>> import flatnet as fn
    >>> [c.round(12).tolist() for c in fn.wavelets.wavedec([1, 1, 1, 1, 2, 2, 2, 2], "haar", level=2)]
    [[2.0, 4.0], [0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]
    """
    x = np.asarray(data)
    bank = filter_bank(wavelet)
    i = axis_index(axis, x.ndim)
    levels = levels_of(max_level(x.shape[i], bank.taps), level)
    if levels == 0:
        return [x]
    return _core.wavelet_dec(bank, mode_code(mode), as_samples(x), i, levels, thread_count(threads))


def waverec(coeffs: Any, wavelet: Any, mode: Any = "symmetric", axis: int = -1, *, threads: int | None = None) -> Array:
    r"""The inverse of :func:`wavedec`, as ``pywt.waverec``.

    Parameters
    ----------
    coeffs : list or tuple of ndarray
        [cA_L, cD_L, ..., cD_1]. A None stands for zeros.
    wavelet, mode, axis, threads
        As in :func:`idwt`.

    Returns
    -------
    ndarray, shape (..., n, ...)
        One sample longer than the signal where that was odd.

    Raises
    ------
    ValueError
        If the list is empty or the lengths do not fit.

    Examples
    --------
    >>> import flatnet as fn
    >>> coeffs = fn.wavelets.wavedec([3, 7, 1, 1, -2, 5, 4, 6], "haar")
    >>> fn.wavelets.waverec(coeffs, "haar").round(12).tolist()
    [3.0, 7.0, 1.0, 1.0, -2.0, 5.0, 4.0, 6.0]
    """
    if not isinstance(coeffs, (list, tuple)):
        raise ValueError(f"waverec needs a list or tuple of arrays, got {type(coeffs).__name__}")
    if len(coeffs) < 1:
        raise ValueError("waverec needs at least one array of coefficients, got none")
    if len(coeffs) == 1:
        return coeffs[0]
    bank, code, team = filter_bank(wavelet), mode_code(mode), thread_count(threads)
    if _computed_alike(coeffs, axis):
        rebuilt = _core.wavelet_rec(bank, code, list(coeffs), axis_index(axis, coeffs[0].ndim, "coefficients"), team)
        if rebuilt is not None:
            return rebuilt
    for d in coeffs[1:]:
        if d is not None and not isinstance(d, np.ndarray):
            raise ValueError(
                f"Unexpected detail coefficient type: {type(d)}. Detail coefficients must be arrays as returned by wavedec;"
                " array_to_coeffs and unravel_coeffs give them with output_format='wavedec'"
            )
    arrays = [None if c is None else as_samples(c, "waverec: the coefficients") for c in coeffs]
    a = arrays[0]
    for d in arrays[1:]:
        a = _level(a, d, bank, code, axis, team)
    assert a is not None
    return a


def _computed_alike(coeffs: Any, axis: int) -> bool:
    """Whether the first two arrays can be used as they are; the extension sees to the others."""
    a, d = coeffs[0], coeffs[1]
    if type(a) is not np.ndarray or type(d) is not np.ndarray or not is_computed(a):
        return False
    return a.ndim == d.ndim and -a.ndim <= axis < a.ndim and a.shape[axis] == d.shape[axis] > 0


def _level(a: Array | None, d: Array | None, bank: Bank, code: int, axis: int, threads: int) -> Array:
    if a is None and d is None:
        raise ValueError("waverec needs the approximation or the details of every level, got None for both")
    low, high = one_dtype(a, d)
    i = axis_index(axis, low.ndim, "coefficients")
    low = _fitted(low, high, i)
    if low.shape != high.shape:
        raise ValueError(f"an approximation of shape {low.shape} does not go with details of shape {high.shape}")
    return synthesize(bank, code, [low, high], i, threads)


def _fitted(a: Array, d: Array, axis: int) -> Array:
    """The approximation without its last sample, where the details have one less."""
    if d.ndim == a.ndim and a.shape[axis] == d.shape[axis] + 1:
        return a[tuple(slice(s) for s in d.shape)]
    return a
