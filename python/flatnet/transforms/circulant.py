"""Circular convolution: a Fourier chain there and back, the kernel's spectrum folded into a neighbour."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .._check import finite_array, power_of_two
from ..factors import Dense, Factor, FourierStage, KroneckerSparse
from ..network import Network
from ._entry import Entry, log2_exact
from .fourier import bit_reversal


def convolution(kernel: ArrayLike, n: int, *, dtype: DTypeLike | None = None) -> Network:
    r"""Circular convolution with a kernel, ``y[i] = sum_j kernel[j] x[(i - j) mod n]``.

    Parameters
    ----------
    kernel : array_like, shape (k,), 1 <= k <= n
        Real or complex, finite; padded with zeros to n.
    n : int
        Length [elements], a power of two.
    dtype : dtype, optional
        Pins the precision, a complex one. By default NumPy's promotion of the kernel's dtype and the input's.

    Returns
    -------
    Network
        Maps ``(..., n) -> (..., n)``, complex: with a real kernel and a real input the imaginary part is
        rounding. ``4 n log2(n)`` synapses in 2 log2(n) layers, and two fewer for every zero of the kernel's
        spectrum (n = 1: one synapse). No bit reversal stands in the chain, and no diagonal.

    Raises
    ------
    ValueError
        If ``n`` is not a power of two, or the kernel is empty, longer than n, not finite or no vector.

    Notes
    -----
    With :math:`F = S_{m-1} \cdots S_0 P` (see `dft`), F symmetric and D the kernel's spectrum as a diagonal,

    .. math:: F^{-1} D F = \tfrac1n\, \bar S_{m-1} \cdots \bar S_1\, (\bar S_0\, P D P)\,
              S_0^T S_1^T \cdots S_{m-1}^T ,

    the bracket being one factor. A spectral value below :math:`4\,\mathrm{eps}\,\log_2 n\,\|kernel\|_2`, the
    rounding of the transform, is a zero. Lin & Tegmark sec. II D 3 count "n log2 n multiplications" for a
    convolution; as a network with every stage a layer it has 4 n log2 n synapses against n² flat.

    Examples
    --------
    >>> import flatnet as fn
    >>> net = fn.convolution([1.0, 2.0, 3.0], 8)
    >>> net.synapses, net.depth
    (96, 5)
    >>> net([0, 1, 0, 0, 0, 0, 0, 0]).real.round(12).astype(int)
    array([0, 1, 2, 3, 0, 0, 0, 0])
    """
    stages = power_of_two("convolution", n)
    taps = finite_array("convolution", "kernel", kernel, ndim=1)
    if not 1 <= len(taps) <= n:
        raise ValueError(f"convolution of length n={n} needs a kernel of 1 to {n} values, got {len(taps)}")
    precision = np.result_type(taps.dtype, np.complex64)
    name = f"convolution({len(taps)} taps, {n})"
    if stages == 0:
        return Network([Dense(taps.reshape(1, 1).astype(precision))], name=name, dtype=dtype)
    order = bit_reversal("convolution", n)
    spectrum = _spectrum(taps, n)[order]
    # S̄_0 times the diagonal: blocks [[d, e], [d, -e]] over neighbouring spectral values d, e.
    pairs = spectrum.reshape(-1, 1, 2)
    values = np.concatenate((pairs, pairs * np.array([1, -1])), axis=1).astype(precision) / n
    factors: list[Factor] = [FourierStage(n, s, weak=True).T for s in reversed(range(stages))]
    factors.append(KroneckerSparse(values[..., None]))
    factors += [FourierStage(n, s, True, weak=True) for s in range(1, stages)]
    return Network(factors, name=name, dtype=dtype)


def _spectrum(taps: NDArray[np.inexact], n: int) -> NDArray[np.complex128]:
    exact = taps.astype(np.complex128)
    spectrum: NDArray[np.complex128] = np.fft.fft(exact, n)
    noise = 4.0 * np.finfo(np.float64).eps * log2_exact(n) * float(np.linalg.norm(exact))
    spectrum[np.abs(spectrum) <= noise] = 0.0
    return spectrum


def _catalogue_kernel(n: int) -> NDArray[np.float64]:
    # geometric: spectrum (1 - r^k) / (1 - r w) has no zero
    return np.power(0.5, np.arange(min(n, 5)))


ENTRIES = (
    Entry(
        name="convolution",
        constructor=convolution,
        arguments=lambda n: (_catalogue_kernel(n), n),
        sizes=(1, 2, 4, 8, 64, 256),
        synapses=lambda n: max(1, 4 * n * log2_exact(n)),
        summary="circular convolution: 4n log2 n, less two per zero of the spectrum",
    ),
)
