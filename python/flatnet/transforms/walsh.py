"""Walsh-Hadamard transform: butterflies with one shared core, after a Hadamard core of another order."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .. import _core
from .._check import positive_int, power_of_two
from ..factors import Factor, Kronecker
from ..network import Network
from ._entry import Entry, Norm, log2_exact, norm_scale

LARGEST_BASE = 1024  # the core is stored and applied densely: base**2 entries


def hadamard(n: int, norm: Norm = "backward", base: int = 1, *, dtype: DTypeLike | None = None) -> Network:
    r"""Walsh-Hadamard transform in natural order, as butterfly factors.

    Parameters
    ----------
    n : int
        Length [elements], ``base`` times a power of two.
    norm : {"backward", "ortho", "forward"}
        Scale 1, 1/sqrt(n) or 1/n, as in scipy.fft; folded into the last factor.
    base : int
        Order of the dense core: 1, 2, or any order up to 1024 that doubling and the two constructions of
        Paley over a field of p or p² elements reach: 12, 20, 24, 28, 36, 40, 44, 48, 52, 56, 60, ...
    dtype : dtype, optional
        Pins the precision; by default it follows the input. Integers stay exact with norm "backward".

    Returns
    -------
    Network
        Maps ``(..., n) -> (..., n)``; ``n base + 2 n log2(n/base)`` synapses, ``2 n log2(n)`` for base 1
        (n = 1: the identity, one synapse). Counting needs no entries: n = 2**40 is as quick as n = 2.

    Raises
    ------
    ValueError
        If ``n`` is not ``base`` times a power of two, the norm is unknown or no matrix of that order is known
        here.

    Notes
    -----
    .. math:: H_n = (H_b \otimes I) \prod_{s=0}^{k-1} (I_{b 2^{k-1-s}} \otimes H_2 \otimes I_{2^s}),
              \qquad n = b\,2^k

    The flattening cost n / (2 log2 n) is the "Fast Walsh-Hadamard Transform" of Lin & Tegmark, sec. III G; in
    the class of weights bounded by 1 it is exact at every depth L - 1 with L a divisor of log2 n. Paley I
    (order q + 1, q = 3 mod 4) and II (order 2q + 2, q = 1 mod 4): Paley, J. Math. Phys. 12 (1933) 311.

    Examples
    --------
    >>> import flatnet as fn
    >>> net = fn.hadamard(8)
    >>> net.synapses, net.depth
    (48, 2)
    >>> net([1, 0, 0, 0, 0, 0, 0, 1])
    array([2, 0, 0, 2, 0, 2, 2, 0])
    """
    stages, core = _stages_and_core(n, base)
    scale = norm_scale("hadamard", norm, n)
    kind = np.int64 if scale == 1.0 else np.float64  # all factors of one kind: a scaled chain is no integer network
    butterfly = np.array([[1, 1], [1, -1]])
    cores = [(1, core, n // base)] if base > 1 or stages == 0 else []
    cores += [(n >> (s + 1), butterfly, 1 << s) for s in range(stages)]
    factors: list[Factor] = [Kronecker(a, K.astype(kind), d, weak=True) for a, K, d in cores]
    if scale != 1.0:
        factors[-1] = factors[-1].scaled(scale)
    name = f"hadamard({n}{f', base={base}' if base > 1 else ''})"
    return Network(factors, name=name, dtype=dtype)


def _stages_and_core(n: int, base: int) -> tuple[int, NDArray[np.int64]]:
    base = positive_int("hadamard", "base", base)
    if base == 1:
        return power_of_two("hadamard", n), np.ones((1, 1), dtype=np.int64)
    quotient, rest = divmod(positive_int("hadamard", "n", n), base)
    if rest or quotient & (quotient - 1):
        raise ValueError(f"hadamard with base={base} needs {base} times a power of two, got n={n}")
    core = hadamard_matrix(base) if base <= LARGEST_BASE else None
    if core is None:
        raise ValueError(
            f"hadamard knows the bases 1, 2 and the orders up to {LARGEST_BASE} from doubling and Paley's "
            f"constructions (12, 20, 28, 36, ...), got base={base}"
        )
    return log2_exact(quotient), core


def hadamard_matrix(order: int) -> NDArray[np.int64] | None:
    """Dense ±1 matrix H (order × order, int64) with H Hᵀ = order·I, or None where none is known here."""
    core = _core.hadamard_core(order)
    return None if core is None else core.astype(np.int64)


ENTRIES = (
    Entry(
        name="hadamard",
        constructor=hadamard,
        arguments=lambda n: (n,),
        sizes=(1, 2, 4, 8, 64, 256),
        synapses=lambda n: max(1, 2 * n * log2_exact(n)),
        summary="Walsh-Hadamard transform: 2n log2 n",
        integer=True,
    ),
    Entry(
        name="hadamard_base12",
        constructor=hadamard,
        arguments=lambda n: (n, "backward", 12),
        sizes=(12, 24, 96),
        synapses=lambda n: 12 * n + 2 * n * log2_exact(n // 12),
        summary="Hadamard matrix of order 12 times Walsh-Hadamard: 12n + 2n log2(n/12)",
        integer=True,
    ),
)
