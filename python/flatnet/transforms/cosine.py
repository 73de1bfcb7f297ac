"""Discrete cosine and sine transforms of types II and III: real factors, at most two non-zeros a row."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .._check import power_of_two, require_memory
from ..factors import Sparse
from ..network import Network
from ._entry import Entry, Norm, log2_exact
from ._rows import csr_of_rows

if TYPE_CHECKING:
    import scipy.sparse


def dct(n: int, type: int = 2, norm: Norm = "backward", *, dtype: DTypeLike | None = None) -> Network:
    r"""Discrete cosine transform of type II or III, equal to ``scipy.fft.dct``.

    Parameters
    ----------
    n : int
        Length [elements], a power of two.
    type : {2, 3}
        DCT-II, or its transpose up to scale, the DCT-III.
    norm : {"backward", "ortho", "forward"}
        As in scipy.fft: 1, orthogonal or 1/(2n); folded into the outer factors.
    dtype : dtype, optional
        Pins the precision; by default it follows the input.

    Returns
    -------
    Network
        Maps ``(..., n) -> (..., n)``; with m = log2(n) the synapses are

        .. math:: N_s = 2nm + \sum_{k=1}^{m-2} \bigl[n + J_k (n/2^k - 2)\bigr], \qquad J_k = (2^k - (-1)^k)/3,

        that is 4, 16, 58, 168 at n = 2, 4, 8, 16 (n = 1: one synapse), in max(1, 2m - 2) layers.

    Raises
    ------
    ValueError
        If ``n`` is not a power of two, or type or norm are unknown.

    Notes
    -----
    Write C2 and C4 for the raw sums :math:`\sum_j x_j \cos(\pi k(2j+1)/2n)` and
    :math:`\sum_j x_j \cos(\pi(2k+1)(2j+1)/4n)`, and N = n/2.

    *Down.* C2 of n: the even outputs are C2 of :math:`x_j + x_{n-1-j}`, the odd ones C4 of
    :math:`x_j - x_{n-1-j}`, both of length N. C4 of n: with :math:`c_j, s_j = \cos, \sin((2j+1)\pi/4n)` take
    U = C2 of :math:`c_j x_j + s_j x_{n-1-j}` and V' = C2 of :math:`(-1)^j (s_j x_j - c_j x_{n-1-j})`. Either
    step has two non-zeros a row; m of them cost 2nm.

    *Up.* With :math:`V_k = V'_{N-k}` a C4 block puts out :math:`U_0`, :math:`U_k \pm V_k` (0 < k < N) and
    :math:`V_N`: two rows with one and n - 2 with two non-zeros. A C2 block only interleaves: rows with one
    non-zero, counted. At level k there are :math:`J_k` C4 blocks among :math:`2^k` of length :math:`n/2^k`
    (:math:`J_{k+1} = 2^k - J_k`), so the layer has :math:`n + J_k(n/2^k - 2)`. Blocks of length 2 need no up
    step and the outermost interleaving is folded into the last layer: k runs from m - 2 to 1.

    The recursion is that of Plonka & Tasche, Linear Algebra Appl. 394 (2005) 309. Lin & Tegmark name the
    "variants and generalizations of the FFT" in sec. III G without counting one.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.dct(8).synapses
    58
    >>> fn.dct(4)([1.0, 1.0, 1.0, 1.0]).round(12)
    array([8., 0., 0., 0.])
    """
    return _trigonometric("dct", n, type, norm, dtype)


def dst(n: int, type: int = 2, norm: Norm = "backward", *, dtype: DTypeLike | None = None) -> Network:
    r"""Discrete sine transform of type II or III, equal to ``scipy.fft.dst``.

    Parameters
    ----------
    n : int
        Length [elements], a power of two.
    type : {2, 3}
        DST-II, or its transpose up to scale, the DST-III.
    norm : {"backward", "ortho", "forward"}
        As in scipy.fft: 1, orthogonal or 1/(2n); folded into the outer factors.
    dtype : dtype, optional
        Pins the precision; by default it follows the input.

    Returns
    -------
    Network
        Maps ``(..., n) -> (..., n)`` with the synapses and layers of `dct`.

    Raises
    ------
    ValueError
        If ``n`` is not a power of two, or type or norm are unknown.

    Notes
    -----
    .. math:: \mathrm{DST}_{II}(x)_k = \mathrm{DCT}_{II}\bigl((-1)^j x_j\bigr)_{n-1-k}

    because :math:`\sin(\pi(n-k)(2j+1)/2n) = (-1)^j \cos(\pi k(2j+1)/2n)`; signs and reversal are folded into
    the first and the last factor. See `dct` for the count (Lin & Tegmark sec. III G).

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.dst(8).synapses
    58
    >>> fn.dst(4, type=3)([0.0, 0.0, 0.0, 1.0])
    array([ 1., -1.,  1., -1.])
    """
    return _trigonometric("dst", n, type, norm, dtype)


def _trigonometric(what: str, n: int, kind: int, norm: Norm, dtype: DTypeLike | None) -> Network:
    levels = power_of_two(what, n)
    if kind not in (2, 3):
        raise ValueError(f"{what} knows the types 2 and 3, got type={kind!r}")
    if norm not in ("backward", "ortho", "forward"):
        raise ValueError(f"{what} knows the norms 'backward', 'ortho' and 'forward', got {norm!r}")
    require_memory(f"{what}(n={n})", 16 * cosine_synapses(n))
    chain = _cosine_chain(n, levels)
    if what == "dst":
        chain[0] = _scale_columns(chain[0], 1.0 - 2.0 * (np.arange(n) % 2))
        chain[-1] = chain[-1][::-1]
    scale = _output_scale(n, kind, norm)
    chain[-1] = _scale_rows(chain[-1], scale if what == "dct" else scale[::-1])
    if kind == 3:
        chain = [matrix.T.tocsr() for matrix in reversed(chain)]
    return Network([Sparse(matrix, weak=True) for matrix in chain], name=f"{what}({n}, type={kind})", dtype=dtype)


def _output_scale(n: int, kind: int, norm: Norm) -> NDArray[np.float64]:
    """Scale of output k of the raw sums C2; for type III, of input k of the transposed chain."""
    if norm == "ortho":
        scale = np.full(n, math.sqrt(2.0 / n))
        scale[0] = math.sqrt(1.0 / n)
        return scale
    scale = np.full(n, 2.0)
    if kind == 3:
        scale[0] = 1.0
    return scale / (2 * n) if norm == "forward" else scale


def _cosine_chain(n: int, levels: int) -> list[scipy.sparse.csr_array]:
    """Raw C2 of length n = 2**levels as CSR matrices, first applied first."""
    import scipy.sparse

    if levels == 0:
        return [scipy.sparse.csr_array(np.ones((1, 1)))]
    kinds = [np.zeros(1, dtype=np.int64)]  # per level, per block: 0 for C2, 1 for C4
    for _ in range(levels - 1):
        kinds.append(np.stack((np.zeros_like(kinds[-1]), 1 - kinds[-1]), axis=1).ravel())
    chain = [_down(n, kinds[k]) for k in range(levels)]
    chain += [_up(n, kinds[k]) for k in range(levels - 2, 0, -1)]
    interleave = np.arange(n).reshape(2, n // 2).T.ravel()
    chain[-1] = chain[-1][interleave]
    return chain


def _down(n: int, kinds: NDArray[np.int64]) -> scipy.sparse.csr_array:
    """One halving of every block: (block, half, j) from the inputs j and length-1-j of its block."""
    length = n // len(kinds)
    half = length // 2
    j = np.arange(half)
    angle = (2 * j + 1) * (np.pi / (4 * length))
    cosine, sine, sign = np.cos(angle), np.sin(angle), 1.0 - 2.0 * (j % 2)
    one = np.ones(half)
    leaf = math.sqrt(0.5) if half == 1 else 1.0  # C4 of length 1 is cos(pi/4), folded in here
    values = np.array([[[one, one], [leaf * one, -leaf * one]], [[cosine, sine], [sign * sine, -sign * cosine]]])
    columns = np.broadcast_to(np.stack((j, length - 1 - j)), (2, 2, 2, half))
    # axes: kind, half of the block, term, j -> kind, half, j, term
    return _block_rows(n, kinds, values.swapaxes(2, 3), columns.swapaxes(2, 3))


def _up(n: int, kinds: NDArray[np.int64]) -> scipy.sparse.csr_array:
    """One doubling of every block, from its halves (U, V'): interleaved for C2, U_k ± V_k for C4."""
    length = n // len(kinds)
    half = length // 2
    row = np.arange(length)
    columns, values = np.zeros((2, length, 2), dtype=np.int64), np.zeros((2, length, 2))
    columns[0, :, 0], values[0, :, 0] = row // 2 + half * (row % 2), 1.0
    k = (row + 1) // 2  # row 2k: U_k - V_k, row 2k-1: U_k + V_k, with V_k at half + (half - k)
    columns[1] = np.stack((np.minimum(k, half - 1), length - np.maximum(k, 1)), axis=1)
    values[1, :, 0] = k < half
    values[1, :, 1] = np.where(k > 0, np.where(row % 2, 1.0, -1.0), 0.0)
    return _block_rows(n, kinds, values, columns)


def _block_rows(
    n: int, kinds: NDArray[np.int64], values: NDArray[np.float64], columns: NDArray[np.int64]
) -> scipy.sparse.csr_array:
    """Block-diagonal CSR matrix: block b has the rows ``values[kinds[b]]`` at ``columns`` within the block.

    ``values`` and ``columns`` have shape (kinds, ..., 2), two candidates a row; zeros are left out.
    """
    length = n // len(kinds)
    data = values.reshape(2, length, 2)[kinds]
    index = columns.reshape(2, length, 2)[kinds] + length * np.arange(len(kinds))[:, None, None]
    return csr_of_rows(data.reshape(n, 2), index.reshape(n, 2), (n, n))


def _scale_rows(matrix: scipy.sparse.csr_array, scale: NDArray[np.floating[Any]]) -> scipy.sparse.csr_array:
    matrix = matrix.copy()
    matrix.data *= np.repeat(scale, np.diff(matrix.indptr))
    return matrix


def _scale_columns(matrix: scipy.sparse.csr_array, scale: NDArray[np.floating[Any]]) -> scipy.sparse.csr_array:
    matrix = matrix.copy()
    matrix.data *= scale[matrix.indices]
    return matrix


def cosine_synapses(n: int) -> int:
    """Closed form of the count derived in `dct`."""
    m = log2_exact(n)
    blocks = [((1 << k) + (1 if k % 2 else -1)) // 3 for k in range(1, m - 1)]  # C4 blocks of level k
    ups = sum(n + count * ((n >> k) - 2) for k, count in enumerate(blocks, start=1))
    return max(1, 2 * n * m + ups)


def _entry(constructor: Any, kind: int) -> Entry:
    roman = {2: "II", 3: "III"}[kind]
    return Entry(
        name=f"{constructor.__name__}{kind}",
        constructor=constructor,
        arguments=lambda n: (n, kind),
        sizes=(1, 2, 4, 8, 16, 128),
        synapses=cosine_synapses,
        summary=f"{constructor.__name__.upper()}-{roman}, two non-zeros a row: below (10/3) n log2 n",
    )


ENTRIES = tuple(_entry(constructor, kind) for constructor in (dct, dst) for kind in (2, 3))
