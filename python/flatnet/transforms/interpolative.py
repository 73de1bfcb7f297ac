"""Low-rank networks in interpolative form: one hidden layer whose neurons are rows of the matrix itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .._check import finite_array, positive_int
from ..factors import Dense
from ..network import Network
from ._entry import Entry


def low_rank(A: ArrayLike, rank: int, *, dtype: DTypeLike | None = None) -> Network:
    r"""Approximation of a matrix by k = ``rank`` of its own rows, A ≈ B C with C = A[J] and B[J] = I.

    Parameters
    ----------
    A : array_like, shape (m, n)
        Real or complex, finite.
    rank : int
        Number of hidden neurons k, 1 to min(m, n).
    dtype : dtype, optional
        Pins the precision; by default that of ``A`` (integers become float64).

    Returns
    -------
    Network
        Maps ``(..., n) -> (..., m)`` with k hidden neurons and at most ``n k + k + (m - k) k`` synapses,
        attained by generic matrices; ``2 n k - k**2 + k`` for m = n.
        ``net.info["relative_error"]`` is ‖A - BC‖_F / ‖A‖_F.

    Raises
    ------
    ValueError
        If ``A`` is not a finite matrix or ``rank`` is not in 1..min(m, n).

    Notes
    -----
    Pivoted QR of the transpose, :math:`A^T \Pi = Q \begin{pmatrix} R_{11} & R_{12} \\ 0 & R_{22}
    \end{pmatrix}`, chooses the rows J and

    .. math:: A \approx \begin{pmatrix} I \\ X \end{pmatrix} A_J, \qquad X^T = R_{11}^{-1} R_{12}, \qquad
              \|A - BC\|_F = \|R_{22}\|_F ,

    zero up to rounding when A has rank <= k. If A has a lower numerical rank r, only r rows are combined and
    the columns of X for the other neurons are zero. Lin & Tegmark sec. III G count 2nk for dense B and C
    (with the two shapes exchanged); k² - k of these synapses are superfluous, and 2nk - k² + k is the least
    for generic A of rank k and one hidden layer. So flattening costs more when n - k > sqrt(k), not when k <
    n/2.

    Examples
    --------
    >>> import numpy as np
    >>> import flatnet as fn
    >>> A = np.add.outer(np.arange(6.0), np.arange(6.0) ** 2)      # rank 2
    >>> net = fn.low_rank(A, 2)
    >>> bool(np.allclose(net.toarray(), A)), net.neurons, net.info["relative_error"] < 1e-15
    (True, 2, True)
    """
    matrix = finite_array("low_rank", "A", A, ndim=2)
    rank = positive_int("low_rank", "rank", rank)
    if rank > min(matrix.shape):
        raise ValueError(
            f"low_rank needs a rank of 1 to {min(matrix.shape)} for a matrix of "
            f"{matrix.shape[0]} x {matrix.shape[1]}, got rank={rank}"
        )
    rows, mixing, error = _interpolative(matrix, rank)
    left = np.zeros((matrix.shape[0], rank), dtype=matrix.dtype)
    left[rows[:rank], np.arange(rank)] = 1
    left[rows[rank:]] = mixing
    return Network(
        [Dense(matrix[rows[:rank]]), Dense(left)],
        name=f"low_rank({matrix.shape[0]}x{matrix.shape[1]}, rank={rank})",
        dtype=dtype,
        info={"relative_error": error},
    )


def _interpolative(matrix: NDArray[Any], rank: int) -> tuple[NDArray[np.int64], NDArray[Any], float]:
    """Rows by decreasing pivot, the (m - rank) x rank mixing X, and the relative Frobenius error."""
    from scipy.linalg import qr, solve_triangular

    wide = np.result_type(matrix.dtype, np.float64)
    largest = float(np.max(np.abs(matrix)))
    if largest == 0.0:
        return np.arange(matrix.shape[0]), np.zeros((matrix.shape[0] - rank, rank)), 0.0
    # Divided by a power of two near the largest entry, so that norms neither overflow nor underflow.
    shrink = math.ldexp(1.0, min(1000, -math.frexp(largest)[1]))
    R, rows = qr(shrink * matrix.T.astype(wide), mode="r", pivoting=True)
    pivots = np.abs(np.diagonal(R))
    noise = max(matrix.shape) * float(np.finfo(matrix.dtype).eps) * pivots[0]
    independent = min(rank, int(np.count_nonzero(pivots > noise)))
    mixing = np.zeros((matrix.shape[0] - rank, rank), dtype=wide)
    mixing[:, :independent] = solve_triangular(R[:independent, :independent], R[:independent, rank:]).T
    error = float(np.linalg.norm(R[independent:, rank:]) / np.linalg.norm(R))
    return rows, mixing, error


def _catalogue_matrix(n: int) -> tuple[NDArray[np.float64], int]:
    rng = np.random.Generator(np.random.PCG64(n))
    rank = max(1, n // 4)
    return rng.standard_normal((n, rank)) @ rng.standard_normal((rank, n)), rank


def _catalogue_count(n: int) -> int:
    rank = max(1, n // 4)
    return 2 * n * rank - rank**2 + rank


ENTRIES = (
    Entry(
        name="low_rank",
        constructor=low_rank,
        arguments=_catalogue_matrix,
        sizes=(1, 4, 9, 32, 100),
        synapses=_catalogue_count,
        summary="interpolative decomposition of rank k: 2nk - k**2 + k",
    ),
)
