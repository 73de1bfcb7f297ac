"""Random chains: the sparse 0/1 matrices of the paper's Eq. (27), and butterflies with random weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from .._check import nonnegative_int, positive_int, power_of_two, probability, require_memory
from ..factors import KroneckerSparse, Sparse
from ..network import Network
from ._entry import Entry, log2_exact

if TYPE_CHECKING:
    import scipy.sparse


def random_sparse(n: int, p: float, layers: int = 2, seed: int = 0, *, dtype: DTypeLike | None = None) -> Network:
    r"""Chain of n x n matrices whose entries are 1 with probability p, independently, and 0 otherwise.

    Parameters
    ----------
    n : int
        Width [elements], >= 1.
    p : float
        Probability of an entry, 0 to 1.
    layers : int
        Number of matrices, >= 1.
    seed : int
        Seed of ``numpy.random.PCG64``; the same seed gives the same network.
    dtype : dtype, optional
        Pins the precision; by default it follows the input, and integers stay exact.

    Returns
    -------
    Network
        Maps ``(..., n) -> (..., n)``; the synapses are random, Binomial(layers n², p).

    Raises
    ------
    ValueError
        If a size, ``p`` or ``seed`` is out of range.

    Notes
    -----
    Two layers are the f = AB of Lin & Tegmark Eq. (27), where flattening multiplies the synapses by

    .. math:: C_s \approx \frac{1 - (1 - p^2)^n}{2p} \le \frac{1}{2p} .

    It is *below* 1 for n p < 2: the paper's "horribly inefficient" needs n p² large.
    `expected_flattening_cost` has the formula with its variance. The gaps between the ones of a matrix read
    row by row are geometric, so they are drawn directly, and no n x n array is formed.

    Examples
    --------
    >>> import flatnet as fn
    >>> net = fn.random_sparse(200, 0.05)
    >>> net.synapses, net.flatten(0).synapses
    (3935, 15240)
    """
    n = positive_int("random_sparse", "n", n)
    p = probability("random_sparse", "p", p)
    layers = positive_int("random_sparse", "layers", layers)
    rng = np.random.Generator(np.random.PCG64(nonnegative_int("random_sparse", "seed", seed)))
    require_memory(f"random_sparse(n={n}, p={p:g}, layers={layers})", int(16 * n * n * p) * (layers + 2) + 8 * n)
    factors = [Sparse(_random_ones(n, p, rng), weak=True) for _ in range(layers)]
    return Network(factors, name=f"random_sparse({n}, p={p:g}, layers={layers})", dtype=dtype)


def _random_ones(n: int, p: float, rng: np.random.Generator) -> scipy.sparse.csr_array:
    import scipy.sparse

    cells = n * n
    chunk = int(cells * p + 6.0 * (cells * p) ** 0.5) + 16  # six standard deviations: one draw nearly always
    drawn, last = [np.empty(0, dtype=np.int64)], -1
    while p > 0 and last < cells:
        gaps = np.minimum(rng.geometric(p, chunk), cells + 1)  # capped, so that sums stay in 64 bits
        drawn.append(last + np.cumsum(gaps))
        last = int(drawn[-1][-1])
    place = np.concatenate(drawn)
    place = place[place < cells]
    row, column = np.divmod(place, n)
    start = np.concatenate(([0], np.cumsum(np.bincount(row, minlength=n))))
    matrix: Any = scipy.sparse.csr_array((np.ones(len(place), dtype=np.int64), column, start), shape=(n, n))
    return matrix


def random_butterfly(n: int, seed: int = 0, *, dtype: DTypeLike | None = None) -> Network:
    r"""Butterfly chain with independent normal weights of variance 1/2, so that E‖y‖² = ‖x‖².

    Parameters
    ----------
    n : int
        Length [elements], a power of two.
    seed : int
        Seed of ``numpy.random.PCG64``; the same seed gives the same network.
    dtype : dtype, optional
        Pins the precision; by default it follows the input.

    Returns
    -------
    Network
        Maps ``(..., n) -> (..., n)``; ``2 n log2(n)`` synapses (n = 1: one), the pattern of `hadamard` with
        weights of its own in every place.

    Raises
    ------
    ValueError
        If ``n`` is not a power of two or ``seed`` is negative.

    Notes
    -----
    .. math:: B = B_{m-1} \cdots B_0, \qquad
              \mathrm{supp}\, B_s = I_{n/2^{s+1}} \otimes 1_{2\times2} \otimes I_{2^s}

    The generic chain with the support of the FFT (Lin & Tegmark sec. III G): flat it has n² synapses.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.random_butterfly(1024).synapses
    20480
    """
    stages = power_of_two("random_butterfly", n)
    rng = np.random.Generator(np.random.PCG64(nonnegative_int("random_butterfly", "seed", seed)))
    require_memory(f"random_butterfly(n={n})", 16 * n * stages)
    shapes = [(n >> (s + 1), 2, 2, 1 << s) for s in range(stages)] or [(1, 1, 1, 1)]
    factors = [KroneckerSparse(rng.normal(scale=np.sqrt(0.5), size=shape), weak=True) for shape in shapes]
    return Network(factors, name=f"random_butterfly({n}, seed={seed})", dtype=dtype)


ENTRIES = (
    Entry(
        name="random_sparse",
        constructor=random_sparse,
        arguments=lambda n: (n, min(1.0, 2.0 / n), 2, n),
        sizes=(1, 2, 10, 100),
        synapses=None,
        summary="entries 1 with probability p: about layers n² p",
        integer=True,
    ),
    Entry(
        name="random_butterfly",
        constructor=random_butterfly,
        arguments=lambda n: (n, n),
        sizes=(1, 2, 4, 8, 64, 256),
        synapses=lambda n: max(1, 2 * n * log2_exact(n)),
        summary="butterfly with random weights: 2n log2 n",
    ),
)
