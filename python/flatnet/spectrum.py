"""Singular values of a chain, with multiplicities, from its structure where it gives them, else from LAPACK.

Every value is a rigorous lower bound of the true singular value: what rounding may have added is taken off
first.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from .support import Digit, Support

if TYPE_CHECKING:
    from .factors import Factor

__all__ = ["FactorNorms", "Spectrum", "chain_rounding", "factor_norms", "lapack_error", "probed_norms", "spectrum_of"]

Array = np.ndarray[Any, Any]

_EPS = float(np.finfo(np.float64).eps)

# LAPACK (values only) takes about (8/3) n^3 operations, half of them at the speed of memory: some seconds of
# one core at n = 2048, a minute at 4096. Larger matrices without structure get no Schatten bound.
MAX_SVD_WORK = 2048.0**3
# Products A^H A are formed to see whether a factor is scaled-unitary up to this many multiply-adds.
_MAX_GRAM_WORK = 4e9
# A factor counts as scaled-unitary if its squared singular values agree this well; the rest is taken off.
_UNITARY = 1e-6
# One vector is sent through chains of up to this many synapses a factor to see which rows are not empty.
_MAX_PROBED = 2**27
# Tensor products with more distinct singular values than this have them rounded down onto a grid.
_MAX_DISTINCT = 2**16


@dataclass(frozen=True)
class Spectrum:
    """Lower bounds of the singular values of a matrix A.

    Attributes
    ----------
    values : ndarray
        Float64, descending: no larger than the true singular values.
    multiplicities : ndarray
        Float64 (whole numbers): how often each value stands.
    frobenius : float
        Upper bound of the Frobenius norm of A.
    how : str
        Where the values come from, one phrase.
    square : Fraction or None
        If all singular values are equal and their square is known exactly, that square.
    """

    values: Array
    multiplicities: Array
    frobenius: float
    how: str
    square: Fraction | None = None

    def rank(self, spectral: float, frobenius: float = math.inf) -> int:
        """Least rank of a matrix that is this close to A in the spectral norm and in the Frobenius norm.

        One singular value within ``spectral`` can go, and together the smallest whose squares add up to no more
        than ``frobenius`` squared (Eckart and Young).
        """
        large = int(self.multiplicities[self.values > spectral].sum())
        if not math.isfinite(frobenius):
            return large
        values, counts = self.values[::-1], self.multiplicities[::-1]
        values, counts = values[values > 0], counts[values > 0]
        squares = values**2
        before = np.cumsum(counts * squares) - counts * squares
        left = frobenius**2 * (1 + 1e-9) - before * (1 - 1e-9)
        gone = np.minimum(counts, np.floor(np.maximum(left, 0.0) / squares * (1 + 1e-9)))
        return max(large, int((counts - gone).sum()))


@dataclass(frozen=True)
class FactorNorms:
    """What the certificates need to know of one factor, without forming products of entries.

    Attributes
    ----------
    column_sum, row_sum : float
        Largest sum of moduli in a column and in a row: the induced 1- and infinity-norms.
    terms : int
        Most non-zeros in a row, the number of terms of an entry of a product with this factor on the left.
    integer : bool
        True if all entries are integers.
    """

    column_sum: float
    row_sum: float
    terms: int
    integer: bool

    @property
    def spectral_bound(self) -> float:
        """Upper bound of the spectral norm of the matrix of moduli: sqrt(norm_1 norm_inf)."""
        return math.sqrt(self.column_sum) * math.sqrt(self.row_sum)


def factor_norms(factor: Factor) -> FactorNorms:
    """Norms of one factor from its blocks, or from its rows where it has none.

    Raises
    ------
    TooLargeError
        If a factor without structure cannot be written out.
    """
    if factor.kind == "Permutation":
        return FactorNorms(1.0, 1.0, 1, True)
    if factor.pattern is not None:
        moduli = np.abs(np.asarray(factor.values)).astype(np.float64)
        rows, cols = moduli.sum(axis=2), moduli.sum(axis=1)
        return FactorNorms(_max(cols), _max(rows), factor.pattern[2], _integers(np.asarray(factor.values)))
    csr = factor.tocsr()
    moduli = np.abs(csr.data).astype(np.float64)
    rows = np.add.reduceat(np.append(moduli, 0.0), csr.indptr[:-1]) * (np.diff(csr.indptr) > 0)
    cols = np.bincount(csr.indices, weights=moduli, minlength=1)
    return FactorNorms(_max(cols), _max(rows), int(_max(np.diff(csr.indptr))), _integers(csr.data))


def _max(values: Array) -> float:
    return float(values.max()) if values.size else 0.0


def _integers(values: Array) -> bool:
    return values.dtype.kind in "iu" or bool((np.rint(values.real) == values).all())


def chain_rounding(norms: list[FactorNorms], widest: int, floats: np.finfo[Any]) -> float:
    """Spectral distance between the true product of a chain and any product that merging computes.

    A product C = A B of k terms is computed within k eps (|A| |B|), and entries below 4 k eps (|A| |B|) are
    dropped: each merge moves C by at most 5 k eps (|A| |B|). Along the chain this adds up to
    (prod_l (1 + 5 k_l eps) - 1) times the norm of |A_L| ... |A_1|. Terms that underflow add k tiny to an
    entry. Chains of integers are exact while no entry reaches 1 / (8 k eps): no sum is rounded and no 1 is
    dropped.

    Parameters
    ----------
    norms : list of FactorNorms
        In the order of application.
    widest : int
        Largest number of rows or columns in the chain.
    floats : numpy.finfo
        Of the coarsest dtype in the chain.
    """
    if len(norms) == 1:
        return 0.0
    eps, terms = float(floats.eps), [norm.terms for norm in norms[1:]]
    largest = math.prod(max(1.0, norm.row_sum) for norm in norms)
    if all(norm.integer for norm in norms) and largest * 8 * max(terms) * eps < 1:
        return 0.0
    bounds = [norm.spectral_bound for norm in norms]
    growth = math.expm1(sum(math.log1p(5 * k * eps) for k in terms)) * math.prod(bounds)
    return growth + sum(terms) * widest * float(floats.tiny) * math.prod(max(1.0, bound) for bound in bounds)


def probed_norms(factors: list[Factor], axis: int) -> Array:
    """Lower bounds of the row (``axis=1``) or column norms (``axis=0``) of a product that is not formed.

    One random vector x goes through the chain: |(A x)_i| <= norm(row i) norm(x). The rounding of the chain,
    (sum of terms) eps |A_L| ... |A_1| |x|, is taken off first. All zeros where a factor cannot be written
    out.
    """
    chain = factors if axis == 1 else factors[::-1]
    if any(max(factor.synapses, *factor.shape) > _MAX_PROBED for factor in chain):
        return np.zeros(0)
    sides = [factor.tocsr() if axis == 1 else factor.tocsr().T.tocsr() for factor in chain]
    value = np.random.default_rng(0).standard_normal(sides[0].shape[1])
    length, moduli, terms = float(np.linalg.norm(value)), np.abs(value), 0
    for A in sides:
        value, moduli = A @ value, abs(A) @ moduli
        terms += int(_max(np.diff(A.indptr))) + 2
    return (np.abs(value) - 2 * terms * _EPS * moduli) / length


def spectrum_of(factors: list[Factor], support: Support | None, form: Callable[[], Factor | None]) -> Spectrum | None:
    """Singular values of the product of ``factors`` (the first is applied first); None if out of reach.

    Tried in this order: scaled-unitary factors at both ends are taken off, since they only scale the values;
    what is left is a tensor product of shared cores; a block-diagonal factor with small blocks; a matrix
    small enough for LAPACK.

    Parameters
    ----------
    factors : list of Factor
    support : Support or None
        Closed form of the whole product, if it has one.
    form : callable
        Gives the whole product, or None where it is too large; called only if nothing else helps.
    """
    if any(0 in factor.shape for factor in factors):
        return Spectrum(np.zeros(1), np.ones(1), 0.0, "an empty matrix")
    inner = list(factors)
    scale = _Scale()
    while inner and (found := _isometry(inner[-1], left=True)) is not None:
        scale = scale.times(found)
        size = inner.pop().shape[1]
    while inner and (found := _isometry(inner[0], left=False)) is not None:
        scale = scale.times(found)
        size = inner.pop(0).shape[0]
    if not inner:
        return _all_equal(scale, size)
    if support is not None and support.tensor:
        return _tensor(support)
    if len(inner) == 1:
        alone = len(factors) == 1
        return _decomposed(inner[0], scale, "LAPACK" if alone else "LAPACK, between multiples of isometries")
    rows, cols = factors[-1].shape[0], factors[0].shape[1]
    work = float(rows) * cols * min(rows, cols) if support is None else support.block_work
    flat = form() if work <= MAX_SVD_WORK else None
    return None if flat is None else _decomposed(flat, _Scale(), "LAPACK")


@dataclass(frozen=True)
class _Scale:
    """Product of the squares c_l of scaled-unitary factors, and the relative error of that product."""

    square: float = 1.0
    error: float = 0.0
    exact: Fraction | None = Fraction(1)

    def times(self, other: _Scale) -> _Scale:
        exact = None if self.exact is None or other.exact is None else self.exact * other.exact
        error = (1 + self.error) * (1 + other.error + 2 * _EPS) - 1
        return _Scale(self.square * other.square, error, exact)

    @property
    def low(self) -> float:
        """Lower bound of the common singular value."""
        return math.sqrt(self.square * max(0.0, 1 - self.error)) * (1 - 2 * _EPS)

    @property
    def high(self) -> float:
        return math.sqrt(self.square * (1 + self.error)) * (1 + 2 * _EPS)


def _all_equal(scale: _Scale, size: int) -> Spectrum:
    return Spectrum(
        values=np.array([scale.low]),
        multiplicities=np.array([float(size)]),
        frobenius=scale.high * math.sqrt(size),
        how="every factor is a multiple of an isometry",
        square=scale.exact,
    )


def _isometry(factor: Factor, *, left: bool) -> _Scale | None:
    """c with A^H A = c I (``left``) or A A^H = c I, or None: singular values are multiplied by sqrt(c)."""
    rows, cols = factor.shape
    if (rows < cols) if left else (cols < rows):
        return None
    if factor.kind == "Permutation":
        return _Scale()
    if factor.pattern is not None:
        blocks = np.asarray(factor.values).transpose(0, 3, 1, 2)
        blocks = blocks.reshape(-1, *blocks.shape[2:])
        return _gram_of_blocks(blocks if left else blocks.conj().swapaxes(1, 2))
    return _gram_of_rows(factor, left)


def _gram_of_blocks(blocks: Array) -> _Scale | None:
    """The same for the blocks (count, b, c) of a block-diagonal matrix: B^H B = c I for every block."""
    count, b, c = blocks.shape
    work = float(count) * b * c * c
    if work > _MAX_GRAM_WORK or not np.isfinite(blocks).all():
        return None
    blocks = blocks.astype(np.result_type(blocks.dtype, np.float64), copy=False)
    squares = (np.abs(blocks) ** 2).sum(axis=1)
    if not _nearly_equal(squares):
        return None
    gram = blocks.conj().swapaxes(1, 2) @ blocks
    scale = float(squares.flat[0])
    off = np.abs(gram - scale * np.eye(c)).sum(axis=2)
    # rounding of a b-term sum of products with |B|^H |B| <= b * scale, entrywise, c entries in a row
    noise = 0.0 if _integers(blocks) else 2 * b * _EPS * c * scale
    return _scaled(scale, _max(off) + noise)


def _gram_of_rows(factor: Factor, left: bool) -> _Scale | None:
    csr = factor.tocsr()
    csr = csr if left else csr.conj().T.tocsr()
    if not csr.nnz or not np.isfinite(csr.data).all():
        return None
    csr = csr.astype(np.result_type(csr.dtype, np.float64))
    squares = np.bincount(csr.indices, weights=np.abs(csr.data) ** 2, minlength=csr.shape[1])
    row_counts = np.diff(csr.indptr).astype(np.float64)
    if not _nearly_equal(squares) or float((row_counts**2).sum()) > _MAX_GRAM_WORK / 100:
        return None
    gram = (csr.conj().T @ csr).tocsr()
    scale = float(squares[0])
    gram.setdiag(gram.diagonal() - scale)
    widest = _max(np.diff(gram.indptr))
    terms = _max(np.bincount(csr.indices, minlength=1))
    noise = 0.0 if _integers(csr.data) else 2 * terms * _EPS * widest * scale
    return _scaled(scale, float(abs(gram).sum(axis=1).max()) + noise)


def _nearly_equal(squares: Array) -> bool:
    low, high = float(squares.min()), _max(squares)
    return low > 0 and high - low <= _UNITARY * high


def _scaled(scale: float, deviation: float) -> _Scale | None:
    if deviation > _UNITARY * scale:
        return None
    exact = Fraction(scale) if deviation == 0 and scale == round(scale) else None
    return _Scale(scale, deviation / scale, exact)


def _tensor(support: Support) -> Spectrum:
    """All products of the cores' singular values; the identities multiply how often each stands."""
    values, counts, norm = np.ones(1), np.ones(1), 1.0
    known: dict[bytes, Array] = {}
    for digit in support.digits:
        if digit.kind == "identity":
            counts = counts * float(digit.rows)
            norm *= math.sqrt(digit.rows)
            continue
        sigma = _core_values(digit, known)
        norm *= float(np.linalg.norm(np.asarray(digit.core))) * (1 + 4 * _EPS * digit.rows * digit.cols)
        values, counts = _grouped(np.outer(values, sigma).ravel(), np.repeat(counts, len(sigma)))
    # one rounding per factor and digit in the products of values and in the norm
    slack = 1 - 4 * _EPS * len(support.digits)
    how = "products of the singular values of the tensor factors"
    return Spectrum(values * slack, counts, norm / slack, how)


def _core_values(digit: Digit, known: dict[bytes, Array]) -> Array:
    core = np.ascontiguousarray(digit.core)
    key = core.tobytes() + repr(core.shape).encode()
    if key not in known:
        sigma = np.linalg.svd(core.astype(np.result_type(core.dtype, np.float64)), compute_uv=False)
        known[key] = np.maximum(sigma - lapack_error(core.shape) * sigma[0], 0.0)
    return known[key]


def _grouped(values: Array, counts: Array) -> tuple[Array, Array]:
    """Add up the multiplicities of (nearly) equal values; each group takes its smallest value."""
    keep = counts > 0
    order = np.argsort(values[keep])[::-1]
    values, counts = values[keep][order], counts[keep][order]
    tolerance = 1e-13
    while True:
        with np.errstate(divide="ignore", invalid="ignore"):
            apart = values[1:] < values[:-1] * (1 - tolerance)
        starts = np.concatenate([[0], np.flatnonzero(apart) + 1])
        if len(starts) <= _MAX_DISTINCT:
            ends = np.append(starts[1:], len(values)) - 1
            return values[ends], np.add.reduceat(counts, starts)
        tolerance *= 10


def _decomposed(core: Factor, scale: _Scale, how: str) -> Spectrum | None:
    """Singular values of one factor times those of the isometries around it, by LAPACK block by block."""
    rows, cols = core.shape
    if core.pattern is not None:
        a, b, c, d = core.pattern
        stored = np.asarray(core.values)
        blocks = stored.transpose(0, 3, 1, 2).reshape(-1, *stored.shape[1:3])
        copies = (a * d) // max(1, len(blocks))
    else:
        csr = core.tocsr()
        if _max(np.diff(csr.indptr)) <= 1 and _max(np.bincount(csr.indices, minlength=1)) <= 1:
            blocks, copies = csr.data.reshape(-1, 1, 1), 1
        elif float(rows) * cols * min(rows, cols) <= MAX_SVD_WORK:
            blocks, copies = core.toarray()[None], 1
        else:
            return None
    count, b, c = blocks.shape
    if float(count) * b * c * min(b, c) > MAX_SVD_WORK or not np.isfinite(blocks).all():
        return None
    if blocks.size == 0:
        return Spectrum(np.zeros(1), np.ones(1), 0.0, "a zero matrix")
    blocks = blocks.astype(np.result_type(blocks.dtype, np.float64), copy=False)
    sigma = np.abs(blocks).reshape(-1) if b == c == 1 else np.linalg.svd(blocks, compute_uv=False).reshape(-1)
    sigma = np.sort(sigma)[::-1]
    lowered = np.maximum(sigma - lapack_error((b, c)) * sigma[0], 0.0) * scale.low
    norm = float(np.linalg.norm(sigma)) * (1 + lapack_error((b, c)) * math.sqrt(len(sigma)) + len(sigma) * _EPS)
    return Spectrum(
        values=lowered,
        multiplicities=np.full(len(sigma), float(copies)),
        frobenius=norm * math.sqrt(copies) * scale.high,
        how=how,
    )


def lapack_error(shape: tuple[int, ...]) -> float:
    """Relative (to the largest) error of a computed singular value.

    LAPACK bounds it by p(m, n) eps with a slowly growing p (Users' Guide, section 4.9); in practice p is of
    order 1. 16 max(m, n) covers p with three orders of magnitude to spare at n = 1024 and stays below 1e-11
    there.
    """
    return 0.0 if shape == (1, 1) else 16 * max(shape) * _EPS
