"""Discrete Fourier transform: radix-2 butterflies, complex or embedded in the reals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .._check import power_of_two, require_memory
from ..factors import Factor, FourierStage, Kronecker, Sparse
from ..network import Network
from ._entry import Entry, Norm, log2_exact, norm_scale
from ._rows import csr_of_rows

if TYPE_CHECKING:
    import scipy.sparse


def dft(n: int, norm: Norm = "backward", real: bool = False, *, dtype: DTypeLike | None = None) -> Network:
    r"""Discrete Fourier transform as log2(n) radix-2 butterfly factors, bit reversal folded into the first.

    Parameters
    ----------
    n : int
        Length [elements], a power of two.
    norm : {"backward", "ortho", "forward"}
        Scale 1, 1/sqrt(n) or 1/n, as in scipy.fft; folded into the last factor.
    real : bool
        True gives the real embedding: ``[Re x; Im x] -> [Re y; Im y]``, 2n numbers to 2n numbers.
    dtype : dtype, optional
        Pins the precision; by default it follows the input. A real input gives a complex output
        (``real=False``).

    Returns
    -------
    Network
        Maps ``(..., n) -> (..., n)`` with ``2 n log2(n)`` synapses, complex weights counted once (n = 1: the
        identity, one synapse); ``real=True`` maps ``(..., 2n) -> (..., 2n)`` with ``6 n log2(n) - 6 n + 8``.

    Raises
    ------
    ValueError
        If ``n`` is not a power of two or the norm is unknown.

    Notes
    -----
    .. math:: F_n = S_{m-1} \cdots S_1 S_0 P, \qquad
              S_s = I_{n/2^{s+1}} \otimes \begin{pmatrix} I & W \\ I & -W \end{pmatrix},
              \qquad W = \mathrm{diag}(e^{-2\pi i l/2^{s+1}})_{l < 2^s}

    with P the bit reversal. In real numbers a butterfly has 12 non-zeros, and 8 where the twiddle is 1 or -i.
    Stages 0 and 1 hold only such twiddles (4n each); stage s >= 2 has n/2^{s+1} blocks of 2^s butterflies,
    two of them trivial: 6n - 4n/2^s. The sum over s is 6n log2 n - 6n + 8, which holds from n = 1 on.
    Flattening cost n/(2 log2 n): Lin & Tegmark sec. III G, where "O(n/log n) ~ O(n)" drops the logarithm.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.dft(1024).synapses, fn.dft(1024).flatten(0).synapses
    (20480, 1048576)
    >>> fn.dft(8, real=True).synapses
    104
    """
    return _transform("dft", n, norm, real, inverse=False, dtype=dtype)


def idft(n: int, norm: Norm = "backward", real: bool = False, *, dtype: DTypeLike | None = None) -> Network:
    r"""Inverse discrete Fourier transform, the inverse of `dft` with the same ``norm``.

    Parameters
    ----------
    n : int
        Length [elements], a power of two.
    norm : {"backward", "ortho", "forward"}
        Scale 1/n, 1/sqrt(n) or 1, as in scipy.fft; folded into the last factor.
    real : bool
        True gives the real embedding: ``[Re x; Im x] -> [Re y; Im y]``.
    dtype : dtype, optional
        Pins the precision; by default it follows the input.

    Returns
    -------
    Network
        Maps ``(..., n) -> (..., n)`` with ``2 n log2(n)`` synapses; ``real=True`` maps ``(..., 2n) -> (...,
        2n)`` with ``6 n log2(n) - 6 n + 8``.

    Raises
    ------
    ValueError
        If ``n`` is not a power of two or the norm is unknown.

    Notes
    -----
    .. math:: F_n^{-1} = \tfrac1n\, \bar S_{m-1} \cdots \bar S_0 P

    with the stages of `dft` conjugated (Lin & Tegmark sec. III G).

    Examples
    --------
    >>> import flatnet as fn
    >>> (fn.idft(4) @ fn.dft(4))([1.0, 2.0, 3.0, 4.0]).real
    array([1., 2., 3., 4.])
    """
    return _transform("idft", n, norm, real, inverse=True, dtype=dtype)


def _transform(what: str, n: int, norm: Norm, real: bool, inverse: bool, dtype: DTypeLike | None) -> Network:
    stages = power_of_two(what, n)
    scale = norm_scale(what, norm, n, inverse)
    factors = _real_factors(what, n, scale, inverse) if real else _complex_factors(what, n, scale, inverse)
    if stages == 0:
        factors = [Kronecker(1, np.eye(2) if real else np.ones((1, 1), dtype=np.complex128), 1, weak=True)]
    return Network(factors, name=f"{what}({n}{', real=True' if real else ''})", dtype=dtype)


def _complex_factors(what: str, n: int, scale: float, inverse: bool) -> list[Factor]:
    order = bit_reversal(what, n)
    factors: list[Factor] = [FourierStage(n, s, inverse, weak=True) for s in range(log2_exact(n))]
    if factors:
        factors[0] = factors[0].permuted(input=order)
        factors[-1] = factors[-1].scaled(scale) if scale != 1.0 else factors[-1]
    return factors


def bit_reversal(what: str, n: int) -> NDArray[np.int64]:
    """Index array of length n = 2**m: entry i is i with its m bits reversed. Its own inverse."""
    require_memory(f"{what}(n={n})", 8 * n)
    reversed_bits = np.zeros(1, dtype=np.int64)
    while len(reversed_bits) < n:
        reversed_bits = np.concatenate((2 * reversed_bits, 2 * reversed_bits + 1))
    return reversed_bits


def _real_factors(what: str, n: int, scale: float, inverse: bool) -> list[Factor]:
    stages = log2_exact(n)
    require_memory(f"{what}(n={n}, real=True)", 6 * n * stages * 16)
    orders = [bit_reversal(what, n)] + [np.arange(n)] * max(0, stages - 1)
    matrices = [_real_stage(n, s, 1.0 if inverse else -1.0, orders[s]) for s in range(stages)]
    if matrices:
        matrices[-1] = matrices[-1] * scale
    return [Sparse(matrix, weak=True) for matrix in matrices]


def _real_stage(n: int, stage: int, sign: float, order: NDArray[np.int64]) -> scipy.sparse.csr_array:
    """S_stage on [Re; Im] as a 2n × 2n CSR matrix; ``sign`` is that of the twiddle's imaginary part.

    Inputs are taken from the places ``order`` (the bit reversal, for the first stage).
    """
    half = 1 << stage
    cosine, sine = half_circle(half)
    position = np.arange(n)
    twiddle = position % half
    top = position - position % (2 * half) + twiddle  # of a in (a + W b, a - W b); b lies `half` further on
    side = np.where(position % (2 * half) < half, 1.0, -1.0)
    one, c, s = np.ones(n), side * cosine[twiddle], side * sign * sine[twiddle]
    a, b = order[top], order[top + half]
    # Re: Re a + c Re b - s Im b.   Im: Im a + s Re b + c Im b.
    columns = np.stack((np.stack((a, b, b + n), axis=1), np.stack((a + n, b, b + n), axis=1)))
    values = np.stack((np.stack((one, c, -s), axis=1), np.stack((one, s, c), axis=1)))
    return csr_of_rows(values.reshape(2 * n, 3), columns.reshape(2 * n, 3), (2 * n, 2 * n))


def half_circle(half: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """cos and sin of pi*l/half for l < half, from angles <= pi/4: 0 and 1 are exact."""
    index = np.arange(half)
    folded = np.minimum(index, half - index)  # angle in [0, pi/2]
    small = 4 * folded <= half
    angle = np.pi * np.where(small, folded, 0.5 * (half - 2 * folded)) / half
    cosine = np.where(small, np.cos(angle), np.sin(angle))
    sine = np.where(small, np.sin(angle), np.cos(angle))
    return np.where(2 * index > half, -cosine, cosine), sine


def _complex_count(n: int) -> int:
    return max(1, 2 * n * log2_exact(n))


def _real_count(n: int) -> int:
    return 6 * n * log2_exact(n) - 6 * n + 8


ENTRIES = tuple(
    Entry(
        name=constructor.__name__ + ("_real" if real else ""),
        constructor=constructor,
        arguments=(lambda n: (n, "backward", True)) if real else (lambda n: (n,)),
        sizes=(1, 2, 4, 8, 64, 256),
        synapses=_real_count if real else _complex_count,
        summary=f"{label}{', real embedding: 6n log2 n - 6n + 8' if real else ': 2n log2 n'}",
    )
    for constructor, label in (
        (dft, "discrete Fourier transform"),
        (idft, "inverse discrete Fourier transform"),
    )
    for real in (False, True)
)
