"""The cost of flattening two random sparse matrices: Eq. 27 of Lin and Tegmark, with its error bar."""

from __future__ import annotations

import math
from typing import NamedTuple

from ._check import positive_int, probability

__all__ = ["ExpectedCost", "expected_flattening_cost"]


class ExpectedCost(NamedTuple):
    """Mean and standard deviation of the synaptic flattening cost C_s."""

    mean: float
    std: float


def expected_flattening_cost(n: int, p: float) -> ExpectedCost:
    r"""Expected C_s of a product of two random sparse n x n matrices, with its standard deviation.

    Parameters
    ----------
    n : int
        Rows and columns of each factor, at least 1; as large as one likes.
    p : float
        Probability that an entry is 1 (else 0), in (0, 1].

    Returns
    -------
    ExpectedCost
        ``(mean, std)`` of N_s(A B) / (N_s(A) + N_s(B)), to first order in the fluctuations.

    Raises
    ------
    ValueError
        If ``n < 1`` or ``p`` is not in (0, 1].
    TypeError
        If ``n`` is not an integer.

    Notes
    -----
    With z = (1 - p^2)^n the product F = A B has E N_F = n^2 (1 - z) entries and the factors D = 2 n^2 p on
    average, so

    .. math:: C_s = \frac{1 - (1 - p^2)^n}{2 p}      (Lin and Tegmark 2016, Eq. 27).

    The paper gives no variance. Two entries of F are dependent if they share a row or a column, and F depends
    on the counts of its factors:

    .. math::

        Var N_F &= n^2 z (1-z) + 2 n^2 (n-1) [(1 - 2p^2 + p^3)^n - z^2], \qquad
        Cov(N_F, N_A + N_B) = 2 n^3 p^2 z / (1 + p) \\
        Var C_s &\approx Var N_F / D^2 - 2 E N_F Cov / D^3 + (E N_F)^2 \, 2 n^2 p (1-p) / D^4

    Without the covariance the error bar is about twice too wide. The paper concludes that flattening is
    "horribly inefficient" for p << 1; that holds for n >> 1/p^2. **C_s < 1, flattening saves synapses,
    whenever n < ln(1 - 2p) / ln(1 - p^2), about 2/p**: a mean degree n p below 2.

    Examples
    --------
    >>> mean, std = expected_flattening_cost(200, 0.1)
    >>> print(f"{mean:.4f} +- {std:.4f}")
    4.3301 +- 0.0211
    """
    n = positive_int("expected_flattening_cost", "n", n)
    p = probability("expected_flattening_cost", "p", p)
    if p == 0:
        raise ValueError("expected_flattening_cost needs p in (0, 1], got p=0: there are no synapses to compare with")
    if p == 1:
        return ExpectedCost(0.5, 0.0)
    size = float(n)
    # p^2 would underflow below 1e-154; there log(1 - p^2) = -p^2 and the like hold to all digits
    tiny = p < 1e-100
    pull = p if tiny else -math.log1p(-p * p) / p
    log_z = -(size * p) * pull
    z = math.exp(log_z)
    # 1 - z = filled * n p pull
    filled = -math.expm1(log_z) / -log_z if log_z else 1.0
    pairs = (1 - 1 / size) * _pairs(size, p, log_z, tiny) / 2
    product_part = (z * filled * (pull / p) / 4 + pairs) / size
    shared_part = filled * pull * z / (2 * (1 + p))
    factor_part = filled * filled * pull * (pull / p) * (1 - p) / 8
    variance = product_part - shared_part + factor_part
    return ExpectedCost(filled * size * pull / 2, math.sqrt(max(0.0, variance)))


def _pairs(size: float, p: float, log_z: float, tiny: bool) -> float:
    """[(1 - 2p^2 + p^3)^n - z^2] / p^2, without cancellation for small p and overflow for large n."""
    z = math.exp(log_z)
    if tiny:
        return z * z * size * p
    # (1 - 2p^2 + p^3) / (1 - p^2)^2 = 1 + p^3 / ((1 - p) (1 + p)^2)
    log_pair = size * math.log1p(p**3 / ((1 - p) * (1 + p) ** 2))
    if log_pair < 1:
        return z * z * math.expm1(log_pair) / (p * p)
    return (math.exp(2 * log_z + log_pair) - z * z) / (p * p)
