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
        raise ValueError(
            "expected_flattening_cost needs p in (0, 1], got p=0: there are no synapses to compare with"
        )
    if p == 1:
        return ExpectedCost(0.5, 0.0)
    size = float(n)
    log_z = size * math.log1p(-p * p)
    z, filled = math.exp(log_z), -math.expm1(log_z)
    # (1 - 2p^2 + p^3) / (1 - p^2)^2 = 1 + p^3 / ((1 - p) (1 + p)^2): no cancellation for small p
    log_pair = size * math.log1p(p**3 / ((1 - p) * (1 + p) ** 2))
    # z^2 (e^t - 1), in the form that neither cancels (small t) nor overflows (large t)
    excess = z * z * math.expm1(log_pair) if log_pair < 1 else math.exp(2 * log_z + log_pair) - z * z
    product_part = (z * filled + 2 * (size - 1) * excess) / (4 * size * size * p * p)
    shared_part = filled * z / (2 * size * p * (1 + p))
    factor_part = filled * filled * (1 - p) / (8 * size * size * p**3)
    return ExpectedCost(filled / (2 * p), math.sqrt(max(0.0, product_part - shared_part + factor_part)))
