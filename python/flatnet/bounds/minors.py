r"""LB3: the average rank of random minors, for two layers with any weights.

Let C = B A be a network of two layers and I, J a random set of k rows and, independently, of k columns. Then
rank C[I, J] is at most the number of hidden units v that B[I, v] and A[v, J] both meet. On average

.. math:: R_k := E\,\mathrm{rank}\, C[I, J] \le \sum_v \phi_k(a_v) \psi_k(b_v)

with a_v and b_v the weights out of and into v; the linear program of :mod:`flatnet.bounds.covering` turns this
into a bound on sum_v (a_v + b_v). It is the counting of depth-2 superconcentrators (Radhakrishnan and Ta-Shma
2000), for the very matrix instead of the worst one. R_k comes

- from theory: in the Fourier matrix of prime order no minor vanishes (Chebotarev), so R_k = k, whatever the
  order and the non-zero scales of its rows and columns;
- from sampled minors, with probability 1 - delta over their choice.

**Errors.** For networks within s of f in the spectral norm rank C[I, J] >= #{sigma_i(f[I, J]) > s} (Weyl). For
networks within E in the Frobenius norm the error of a minor is k^2 E^2/(m n) on average, and for every t > 0

.. math:: \mathrm{rank}\, C[I, J] \ge \sum_i \min(1, \sigma_i^2/t) - |C[I, J] - f[I, J]|_F^2 / t

(Eckart and Young: rank r leaves the error sum_{i>r} sigma_i^2; each left out pays at least its share). Fixed t
in a list are tried, all of them within delta.

**Confidence.** Each of these functions g of (I, J) changes by at most 1 if one row or one column is exchanged
(the singular values of the common part interlace with both). Drawing I and J one by one is a martingale of
w = min(k, m-k) + min(k, n-k) steps, of which each lies in an interval of length 1 (the set drawn or what is left
over, whichever is smaller). The mean of T independent draws exceeds its expectation by more than
sqrt(w ln(1/p)/(2 T)) with probability at most p (Azuma, Hoeffding; McDiarmid 1989): a factor sqrt(k) better than
what holds for any variable in [0, k]. p is delta over the number of k and of functions. k = 1 and minors of all
rows and columns are not sampled but exact.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from .bound import Asked, Bound, LowerBound, SkippedError, covered
from .covering import covering, met, sizes

if TYPE_CHECKING:
    from ..certify import LowerBounds

__all__ = ["MINORS", "prime_fourier", "sampled_ranks"]

Array = np.ndarray[Any, Any]

_EPS = float(np.finfo(np.float64).eps)
# The matrix is looked at, and its minors are covered, up to this many entries (order 2048).
MAX_ENTRIES = 2**22
# Work for the minors, in k^3 a real one and 4 k^3 a complex one: about two seconds of one core.
MAX_WORK = 5e9
# Draws of minors of one size: at most, and the least that are worth while.
_MOST_DRAWS, _LEAST_DRAWS = 400, 4
# Thresholds t, as multiples of the mean error of a singular value of a minor.
_THRESHOLDS = tuple(4.0**power for power in range(-1, 6))


def _ceiling(facts: LowerBounds, asked: Asked) -> float:
    """The bound if every minor had full rank, from above: the covering by units of all degrees m/2^i, n/2^i."""
    rows, cols = facts.net.shape
    if asked.layers != 2 or not min(rows, cols) or not math.isfinite(asked.frobenius):
        return 0.0
    if asked.delta == 0 and not (asked.eps == 0 and rows == cols and _is_prime(rows)):
        return 0.0
    ks = sizes(min(rows, cols))
    counts = 2.0 ** np.arange(min(rows, cols).bit_length())
    degrees = [np.ceil(side / counts) for side in (rows, cols)]
    meetings = counts @ (met(rows, ks, degrees[0]) * met(cols, ks, degrees[1]))
    return math.ceil(float((np.array(ks) / meetings).max() * (counts @ (degrees[0] + degrees[1]))) * (1 + 1e-9))


def _prove(facts: LowerBounds, asked: Asked) -> LowerBound | None:
    rows, cols = facts.net.shape
    if rows * cols > MAX_ENTRIES:
        raise SkippedError(f"LB3 takes minors of up to {MAX_ENTRIES} entries, this matrix has {rows} x {cols}")
    if facts.whole.predicted or facts.flat is None:
        return None
    matrix = facts.flat.toarray()
    if not np.isfinite(matrix).all():
        return None
    ks = sizes(min(rows, cols))
    if asked.eps == 0 and prime_fourier(matrix, asked.rounding):
        target = f"the Fourier transform of prime order {rows} that f is up to rounding, order and scales"
        covered_by, confidence = covered(asked, target=target, rounding=0.0), 1.0
        how, ranks = "no minor of a Fourier matrix of prime order vanishes", np.array(ks, float)
    elif asked.delta > 0:
        ranks, draws = sampled_ranks(matrix, ks, asked.from_flat(facts.net.shape))
        confidence = 1 - asked.delta
        covered_by = f"{covered(asked)}, with confidence {confidence:.10g} over the choice of minors"
        how = f"ranks of {draws} sampled minors"
    else:
        return None
    value = math.ceil(covering(rows, cols, ks, ranks).value)
    return LowerBound("minors (LB3)", value, 2, math.inf, asked.eps, covered_by, how, confidence)


MINORS = Bound(_ceiling, _prove)


def prime_fourier(matrix: Array, rounding: float = 0.0) -> bool:
    """Whether a matrix is the Fourier matrix of a prime order, up to rounding.

    Rows and columns may be permuted and scaled: no entry is 0, and f_ij f_00/(f_i0 f_0j) = exp(2 pi i x_i y_j/n)
    with x and y permutations of 0..n-1. Any sign, any generator.

    Parameters
    ----------
    matrix : ndarray
    rounding : float
        By how much an entry may be off, beyond the rounding of its own dtype.

    Examples
    --------
    >>> prime_fourier(np.fft.fft(np.eye(7))), prime_fourier(np.fft.fft(np.eye(9)))
    (True, False)
    """
    n = matrix.shape[0]
    if matrix.shape != (n, n) or not _is_prime(n):
        return False
    least = float(np.abs(matrix).min())
    if not least > 0:
        return False
    eps = float(np.finfo(matrix.dtype).eps) if matrix.dtype.kind in "fc" else 0.0
    tolerance = 16 * eps + 4 * rounding / least
    if not tolerance < 0.1 / n:
        return False
    wide = matrix.astype(np.complex128)
    roots = wide * wide[0, 0] / (wide[:, :1] * wide[:1])
    powers = np.rint(np.angle(roots) * (n / (2 * math.pi))).astype(np.int64) % n
    if float(np.abs(roots - np.exp(2j * math.pi / n * powers)).max()) > tolerance:
        return False
    y = powers[1]
    if len(set(y.tolist())) < n:
        return False
    x = powers[:, int(np.flatnonzero(y == 1)[0])]
    return len(set(x.tolist())) == n and bool((np.outer(x, y) % n == powers).all())


def _is_prime(n: int) -> bool:
    return n > 1 and all(n % d for d in range(2, math.isqrt(n) + 1))


def sampled_ranks(matrix: Array, ks: list[int], asked: Asked) -> tuple[Array, int]:
    """Lower bounds of R_k, all of them with probability 1 - delta, and how many minors they are from.

    Parameters
    ----------
    matrix : ndarray
        f.
    ks : list of int
    asked : Asked
        Distance from f, delta and seed.
    """
    plans = {k: _draws(matrix, k, len(ks)) for k in ks}
    tests = 1 + (len(_THRESHOLDS) if asked.eps > 0 else 0)
    chance = asked.delta / (tests * max(1, sum(_steps(matrix.shape, k) > 0 for k in ks)))
    ranks = np.zeros(len(ks))
    for place, k in enumerate(ks):
        if not plans[k]:
            continue
        sums = np.zeros(tests)
        for minors in _minors(matrix, k, plans[k], asked.seed):
            sums += _tests(_values(minors), k, matrix.shape, asked)
        spread = 0.0 if k == 1 else math.sqrt(_steps(matrix.shape, k) * math.log(1 / chance) / (2 * plans[k]))
        ranks[place] = max(0.0, float(_less_errors(sums / plans[k], k, matrix.shape, asked).max()) - spread)
    return ranks * (1 - 1e-12), sum(plans.values())


def _steps(shape: tuple[int, ...], k: int) -> int:
    """Steps of the martingale: 0 where there is only one minor; k = 1 averages over all entries."""
    return 0 if k == 1 else sum(min(k, side - k) for side in shape)


def _draws(matrix: Array, k: int, number: int) -> int:
    """Minors of size k to look at, by the work that they may take; 0 leaves them out."""
    if k == 1 or _steps(matrix.shape, k) == 0:
        return 1
    work = float(k) ** 3 * (4 if matrix.dtype.kind == "c" else 1)
    draws = int(min(_MOST_DRAWS, MAX_WORK / number / work))
    return draws if draws >= _LEAST_DRAWS else 0


def _minors(matrix: Array, k: int, draws: int, seed: int) -> Iterator[Array]:
    """Stacks of minors; all entries, as 1 x 1 minors with the weight of one draw, for k = 1."""
    if k == 1:
        yield matrix.reshape(-1, 1, 1)
        return
    rows, cols = matrix.shape
    rng = np.random.default_rng([seed, k])
    stack = max(1, 2**18 // k**2)
    for start in range(0, draws, stack):
        count = min(stack, draws - start)
        chosen = [(rng.permutation(rows)[:k], rng.permutation(cols)[:k]) for _ in range(count)]
        yield np.stack([matrix[np.ix_(i, j)] for i, j in chosen])


def _values(minors: Array) -> Array:
    """Singular values of a stack of minors, lowered by what LAPACK may have added."""
    from ..spectrum import lapack_error

    minors = minors.astype(np.result_type(minors.dtype, np.float64), copy=False)
    k = minors.shape[1]
    if k == 1:
        return np.abs(minors).reshape(-1, 1)
    found = np.linalg.svd(minors, compute_uv=False)
    return np.maximum(found - lapack_error((k, k)) * found[:, :1], 0.0)


def _tests(values: Array, k: int, shape: tuple[int, ...], asked: Asked) -> Array:
    """The functions g, added up over a stack of minors: the numerical rank, then one for every threshold."""
    weight = 1.0 / (shape[0] * shape[1]) if k == 1 else 1.0
    found = [float((values > asked.spectral).sum())]
    if asked.eps > 0:
        squares = values**2
        found += [float(np.minimum(1.0, squares / t).sum()) for t in _levels(k, shape, asked)]
    return weight * np.array(found)


def _levels(k: int, shape: tuple[int, ...], asked: Asked) -> Array:
    """Thresholds t for minors of size k."""
    return np.array(_THRESHOLDS) * max(_mean_error(k, shape, asked) / k, np.finfo(np.float64).tiny)


def _mean_error(k: int, shape: tuple[int, ...], asked: Asked) -> float:
    return k * k / (shape[0] * shape[1]) * asked.frobenius**2 * (1 + 8 * _EPS)


def _less_errors(means: Array, k: int, shape: tuple[int, ...], asked: Asked) -> Array:
    """Lower bounds of the rank of C[I, J] from the means of the functions g."""
    if not asked.eps > 0:
        return means
    lost = _mean_error(k, shape, asked) / _levels(k, shape, asked)
    return np.concatenate([means[:1], means[1:] - lost * (1 + 8 * _EPS)])
