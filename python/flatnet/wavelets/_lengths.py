"""How many levels and coefficients a transform has, and which wavelets there are."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ._arguments import PERIODIZATION, filter_bank, max_level, mode_code, require_pywt


def dwt_max_level(data_len: int, filter_len: Any) -> int:
    """The most useful number of levels, as ``pywt.dwt_max_level``: floor(log2(n / (K - 1))).

    Parameters
    ----------
    data_len : int
        Number of samples n.
    filter_len : int, str or wavelet
        Number of taps K, or a wavelet.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If K is below 2 or no whole number, or the wavelet is unknown.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.wavelets.dwt_max_level(1000, 10), fn.wavelets.dwt_max_level(1000, "haar")
    (6, 9)
    """
    taps = _taps(filter_len)
    if taps < 2:
        raise ValueError(f"invalid wavelet filter length: a filter needs at least 2 taps, got {taps}")
    n = int(data_len)
    if n < 0:
        raise ValueError(f"the data cannot have {n} samples")
    return max_level(n, taps)


def _taps(filter_len: Any) -> int:
    if isinstance(filter_len, (int, float, np.number)):
        taps = float(filter_len)
        if not taps.is_integer():
            raise ValueError(f"filter_len must be a whole number or a discrete wavelet, got {filter_len}")
        return int(taps)
    try:
        return filter_bank(filter_len).taps
    except TypeError as error:
        raise ValueError(str(error)) from None


def dwt_coeff_len(data_len: int, filter_len: Any, mode: Any) -> int:
    """Number of coefficients of one level, as ``pywt.dwt_coeff_len``.

    Parameters
    ----------
    data_len : int
        Number of samples n.
    filter_len : int or wavelet
        Number of taps K, or a wavelet.
    mode : str or int

    Returns
    -------
    int
        ceil(n/2) for "periodization", else floor((n + K - 1) / 2).

    Raises
    ------
    ValueError
        If a length is below 1 or the mode is unknown.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.wavelets.dwt_coeff_len(1000, 8, "symmetric"), fn.wavelets.dwt_coeff_len(1000, 8, "periodization")
    (503, 500)
    """
    n, taps, code = operator.index(data_len), _taps(filter_len), mode_code(mode)
    if n < 1:
        raise ValueError(f"data_len must be at least 1, got {n}")
    if taps < 1:
        raise ValueError(f"filter_len must be at least 1, got {taps}")
    return (n + 1) // 2 if code == PERIODIZATION else (n + taps - 1) // 2


def wavelist(family: str | None = None, kind: str = "discrete") -> list[str]:
    """Names of the wavelets, as ``pywt.wavelist``; ['db1', 'haar'] where PyWavelets is missing.

    Parameters
    ----------
    family : str, optional
        For instance "db", "sym", "bior".
    kind : {"discrete", "all", "continuous"}
        The transforms here take the discrete ones.

    Returns
    -------
    list of str

    Raises
    ------
    ValueError
        If PyWavelets knows no such family or kind.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.wavelets.wavelist("coif")[:2]
    ['coif1', 'coif2']
    """
    if family is None and kind == "discrete":
        try:
            import pywt
        except ImportError:
            return ["db1", "haar"]
        names: list[str] = pywt.wavelist(kind="discrete")
        return names
    listed: list[str] = require_pywt("the names of wavelets").wavelist(family, kind)
    return listed
