"""Discrete wavelet transforms as sparse factors, one per level, acting on the whole vector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .._check import nonnegative_int, positive_int, power_of_two, require_memory
from ..factors import Factor, Kronecker, Sparse
from ..network import Network
from ._entry import Entry, log2_exact
from ._extension import MODES, extension

if TYPE_CHECKING:
    import pywt
    import scipy.sparse


def haar(n: int, levels: int | None = None, *, dtype: DTypeLike | None = None) -> Network:
    r"""Orthonormal Haar transform in PyWavelets' order: cA_L, cD_L, ..., cD_1 concatenated.

    Parameters
    ----------
    n : int
        Length [elements], a power of two.
    levels : int, optional
        Number of levels L, 0 to log2(n); by default log2(n). L = 0 is the identity, one layer of n copies.
    dtype : dtype, optional
        Pins the precision; by default it follows the input.

    Returns
    -------
    Network
        Maps ``(..., n) -> (..., n)``; copies of finished coefficients are counted:
        ``2n(1 - 2**-L) + L n`` synapses, ``n log2(n) + 2n - 2`` for all levels.

    Raises
    ------
    ValueError
        If ``n`` is not a power of two or ``levels`` exceeds log2(n).

    Notes
    -----
    .. math:: cA_k = (x_{2k} + x_{2k+1})/\sqrt2, \qquad cD_k = (x_{2k} - x_{2k+1})/\sqrt2

    Lin & Tegmark sec. III G list the "Fast Wavelet Transform" with the FFT. That fails: a flat Haar matrix is
    sparse itself, n(log2 n + 1) synapses, *fewer* than the deep chain with its copies, and two layers are the
    cheapest.

    Examples
    --------
    >>> import flatnet as fn
    >>> net = fn.haar(256)
    >>> [net.flatten(depth).synapses for depth in (0, 1, 7)], net.synapses
    ([2304, 1408, 1408], 2558)
    """
    largest = power_of_two("haar", n)
    levels = largest if levels is None else nonnegative_int("haar", "levels", levels)
    if levels > largest:
        raise ValueError(f"haar has at most {largest} levels at n={n}, got levels={levels}")
    tap = np.sqrt(0.5)
    low, high = np.array([tap, tap]), np.array([-tap, tap])
    return _chain("haar", n, levels, low, high, "periodization", dtype)


def wavelet(
    name: str | pywt.Wavelet,
    n: int,
    levels: int | None = None,
    mode: str = "periodization",
    *,
    dtype: DTypeLike | None = None,
) -> Network:
    r"""Discrete wavelet transform of any PyWavelets filter, equal to ``pywt.wavedec`` concatenated.

    Parameters
    ----------
    name : str or pywt.Wavelet
        For instance "db4", "sym5", "bior2.2".
    n : int
        Length [elements], any.
    levels : int, optional
        Number of levels L; by default ``pywt.dwt_max_level(n, K)`` with K the filter's length. L = 0 is the
        identity, one layer of n copies.
    mode : str
        Boundary rule: "periodization" (default), "zero", "constant", "symmetric", "reflect", "periodic",
        "smooth", "antisymmetric", "antireflect", as in PyWavelets.
    dtype : dtype, optional
        Pins the precision; by default it follows the input.

    Returns
    -------
    Network
        Maps ``(..., n) -> (..., n_out)`` in the order cA_L, cD_L, ..., cD_1; n_out = n for "periodization"
        with n divisible by 2**L. Then, while the length that a level acts on is >= K and no tap is zero, the
        synapses are ``2 (K-1) n (1 - 2**-L) + L n``, copies counted.

    Raises
    ------
    ImportError
        If PyWavelets, which holds the filters, is missing.
    ValueError
        If the filter, the mode or the number of levels is unknown or out of range.

    Notes
    -----
    With h the low and g the high decomposition filter, x extended by the mode, o = K/2 for "periodization"
    else 1:

    .. math:: cA_k = \sum_{j<K} h_j\, x_{2k+o-j}, \qquad cD_k = \sum_{j<K} g_j\, x_{2k+o-j}

    A level is one factor: 2K non-zeros per pair of coefficients and one per coefficient that is copied on.
    Level l (from 0) acts on n/2^l values: K n/2^l + n - n/2^l, whose sum over l is the count above. Boundary
    terms that meet in one entry are added; a sum below 4·k·eps of its k terms is a zero. Lin & Tegmark sec.
    III G put wavelets with the FFT; their flattening cost is only of order log n, below 1 for `haar`.

    Examples
    --------
    >>> import flatnet as fn
    >>> net = fn.wavelet("db4", 1024, levels=5)
    >>> net.shape, net.synapses, 2 * 7 * (1024 - 32) + 5 * 1024
    ((1024, 1024), 19008, 19008)
    """
    filters = _filters(name)
    label = f"wavelet({filters.name!r})"
    n = positive_int(label, "n", n)
    if mode not in MODES:
        raise ValueError(f"{label} knows the modes {', '.join(MODES)}, got {mode!r}")
    low, high = (np.asarray(taps, dtype=np.float64) for taps in (filters.dec_lo, filters.dec_hi))
    # pywt.dwt_max_level, written out: floor(log2(n / (K - 1))), 0 below one level.
    default = max(0, (n // max(1, len(low) - 1)).bit_length() - 1)
    levels = default if levels is None else nonnegative_int(label, "levels", levels)
    largest = max(1, (n - 1).bit_length())
    if levels > largest:
        raise ValueError(f"{label} has at most {largest} levels at n={n}, got levels={levels}")
    return _chain(f"wavelet({filters.name}", n, levels, low, high, mode, dtype)


def _filters(name: str | pywt.Wavelet) -> pywt.Wavelet:
    try:
        import pywt
    except ImportError as error:
        raise ImportError(
            "wavelet needs the filters of PyWavelets, which is not installed: pip install flatnet[wavelets]"
        ) from error
    if isinstance(name, pywt.Wavelet):
        return name
    if not isinstance(name, str):
        raise TypeError(f"wavelet needs the name of a filter or a pywt.Wavelet, got {name!r}")
    if name not in pywt.wavelist(kind="discrete"):
        raise ValueError(f"wavelet knows the discrete filters of pywt.wavelist(kind='discrete'), got {name!r}")
    return pywt.Wavelet(name)


def _chain(
    label: str,
    n: int,
    levels: int,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    mode: str,
    dtype: DTypeLike | None,
) -> Network:
    require_memory(label, 12 * n * (2 * len(low) + levels))
    factors: list[Factor] = []
    length, done = n, 0
    for _ in range(levels):
        if length == 1 and mode in ("reflect", "antireflect"):
            raise ValueError(f"{label}) needs at least 2 values at every level for mode {mode!r}, got 1 of n={n}")
        level = _level(length, low, high, mode)
        factors.append(Sparse(_with_copies(level, done), weak=True))
        length, done = level.shape[0] // 2, done + level.shape[0] // 2
    factors = factors or [Kronecker(n, np.ones((1, 1)), 1, weak=True)]
    text = f"haar({n}, levels={levels})" if label == "haar" else f"{label}, {n}, levels={levels}, {mode})"
    return Network(factors, name=text, dtype=dtype)


def _level(n: int, low: NDArray[np.float64], high: NDArray[np.float64], mode: str) -> scipy.sparse.csr_array:
    """[cA; cD] from n values: a CSR matrix of 2 * coefficients rows."""
    taps = len(low)
    coefficients = (n + 1) // 2 if mode == "periodization" else (n + taps - 1) // 2
    offset = taps // 2 if mode == "periodization" else 1
    position = 2 * np.arange(coefficients)[:, None] + offset - np.arange(taps)
    column, weight = extension(mode, n, position)  # (coefficients, taps, terms)
    value = np.stack((low[:, None] * weight, high[:, None] * weight)).ravel()
    row = np.broadcast_to(np.arange(2 * coefficients).reshape(2, -1, 1, 1), (2, *column.shape)).ravel()
    return _summed(value, row, np.broadcast_to(column, (2, *column.shape)).ravel(), (2 * coefficients, n))


def _with_copies(level: scipy.sparse.csr_array, count: int) -> scipy.sparse.csr_array:
    """Block-diagonal matrix of ``level`` and the identity of ``count`` rows."""
    import scipy.sparse

    copies = np.arange(count)
    data = np.concatenate((level.data, np.ones(count)))
    indices = np.concatenate((level.indices, level.shape[1] + copies))
    indptr = np.concatenate((level.indptr, level.nnz + 1 + copies))
    shape = (level.shape[0] + count, level.shape[1] + count)
    matrix: Any = scipy.sparse.csr_array((data, indices, indptr), shape=shape)
    return matrix


def _summed(
    value: NDArray[np.float64], row: NDArray[np.int64], column: NDArray[np.int64], shape: tuple[int, int]
) -> scipy.sparse.csr_array:
    """CSR matrix of summed terms; an entry of k > 1 terms is zero when |sum| <= 4 k eps sum|terms|."""
    import scipy.sparse

    present = value != 0
    value = value[present]
    place, entry = np.unique(row[present] * shape[1] + column[present], return_inverse=True)
    total, terms = np.bincount(entry, value), np.bincount(entry)
    noise = 4.0 * terms * np.finfo(np.float64).eps * np.bincount(entry, np.abs(value))
    kept = (terms == 1) | (np.abs(total) > noise)
    matrix: Any = scipy.sparse.csr_array((total[kept], divmod(place[kept], shape[1])), shape=shape)
    return matrix


def _filter_count(taps: int, n: int, levels: int) -> int:
    return 2 * (taps - 1) * (n - (n >> levels)) + levels * n


ENTRIES = (
    Entry(
        name="haar",
        constructor=haar,
        arguments=lambda n: (n,),
        sizes=(1, 2, 4, 8, 64, 256),
        synapses=lambda n: max(1, _filter_count(2, n, log2_exact(n))),
        summary="Haar transform, copies counted: n log2 n + 2n - 2",
    ),
    Entry(
        name="wavelet_db4",
        constructor=wavelet,
        arguments=lambda n: ("db4", n, log2_exact(n) - 2),
        sizes=(8, 16, 64, 256),
        synapses=lambda n: _filter_count(8, n, log2_exact(n) - 2),
        summary="Daubechies wavelet with K taps, copies counted: 2(K-1)n(1 - 2**-L) + L n",
        requires="pywt",
    ),
)
