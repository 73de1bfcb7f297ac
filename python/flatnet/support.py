"""Supports of chains in closed form: what can be counted without forming an entry.

A structured factor has the support I_a (x) M (x) I_d. The product of two such factors is again a tensor
product of identities and small blocks whenever their digits (the mixed-radix digits of the row and column
index) nest. If every entry of the product is then a single term, nothing can cancel: the count is exact,
whatever the size of the matrix.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .factors import Factor

__all__ = ["Digit", "Support", "support_of", "support_product"]

Array = np.ndarray[Any, Any]

# Lazily held weights above this size [bytes] are not formed for a count.
_LARGEST_FORMED = 2**28


@dataclass(frozen=True, eq=False)
class Digit:
    """One tensor factor of a support: an identity, an all-nonzero block, or a core with known entries.

    ``kind`` is ``"identity"`` (rows == cols), ``"full"`` (every entry non-zero) or ``"core"`` (entries in
    ``core``). ``varies`` says of an identity that the weights of the blocks differ along it.
    """

    kind: str
    rows: int
    cols: int
    core: Array | None = None
    varies: bool = False

    @property
    def nonzeros(self) -> int:
        if self.kind == "identity":
            return self.rows
        return self.rows * self.cols if self.core is None else int(np.count_nonzero(self.core))

    def filled(self, axis: int) -> int:
        """Number of rows (``axis=1``) or columns (``axis=0``) that are not empty."""
        if self.core is None:
            return self.cols if axis == 0 else self.rows
        return int(np.count_nonzero(self.core.any(axis=axis)))


@dataclass(frozen=True, eq=False)
class Support:
    """Tensor product of digits, most significant first, between two permutations.

    Attributes
    ----------
    digits : tuple of Digit
    exact : bool
        True if ``nonzeros`` is the exact count, False if only an upper bound (terms may cancel).
    peak : float
        Largest modulus of an entry; exact if ``peak_exact``, else an upper bound.
    floor : float
        Lower bound of the moduli of the non-zero entries, 0 if it is not known.
    tensor : bool
        True if the matrix is exactly the tensor product of its cores (identities have no weights).
    uniform : bool
        True if all non-zero entries have one modulus and no row or column is empty.
    """

    digits: tuple[Digit, ...]
    exact: bool
    peak: float
    floor: float
    peak_exact: bool
    tensor: bool
    uniform: bool
    input_permutation: Array | None = None
    output_permutation: Array | None = None

    @property
    def nonzeros(self) -> int:
        """Structural non-zeros of the matrix."""
        return math.prod(d.nonzeros for d in self.digits)

    @property
    def block_work(self) -> float:
        """Rows times columns times the shorter side of a block, summed over the diagonal of blocks."""
        blocks = [d for d in self.digits if d.kind != "identity"]
        rows, cols = math.prod(d.rows for d in blocks), math.prod(d.cols for d in blocks)
        copies = math.prod(d.rows for d in self.digits if d.kind == "identity")
        return float(copies) * rows * cols * min(rows, cols)

    def filled(self, axis: int) -> int:
        """Number of rows (``axis=1``) or columns (``axis=0``) of the matrix that are not empty."""
        return math.prod(d.filled(axis) for d in self.digits)

    @property
    def _blocks(self) -> list[int] | None:
        """Places of the digits that are no identity; None where they do not adjoin."""
        where = [i for i, d in enumerate(self.digits) if d.kind != "identity"]
        return None if where and where[-1] - where[0] + 1 != len(where) else where

    @property
    def form(self) -> tuple[str, tuple[int, int, int, int] | None]:
        """Kind and pattern of the factor that holds the product."""
        where = self._blocks
        if where is None:
            return "Sparse", None
        first, last = (where[0], where[-1] + 1) if where else (len(self.digits), len(self.digits))
        blocks = self.digits[first:last]
        b, c = math.prod(d.rows for d in blocks), math.prod(d.cols for d in blocks)
        pattern = (math.prod(d.rows for d in self.digits[:first]), b, c, math.prod(d.rows for d in self.digits[last:]))
        own = any(d.varies for d in self.digits)
        return "Dense" if pattern[0] == pattern[3] == 1 else "KroneckerSparse" if own else "Kronecker", pattern

    def nbytes(self, itemsize: int) -> int:
        """Bytes of the stored product: a pattern with shared weights where the blocks adjoin, else CSR."""
        folded = [p for p in (self.input_permutation, self.output_permutation) if p is not None]
        permutations = sum(p.nbytes for p in folded)
        if self._blocks is None:
            rows, cols = math.prod(d.rows for d in self.digits), math.prod(d.cols for d in self.digits)
            return csr_bytes(self.nonzeros, rows, cols, itemsize) + permutations
        stored = [d for d in self.digits if d.kind != "identity" or d.varies]
        return math.prod(d.rows * (1 if d.varies else d.cols) for d in stored) * itemsize + permutations


def csr_bytes(nonzeros: int, rows: int, cols: int, itemsize: int) -> int:
    """Bytes of compressed rows: weights, column indices of 4 bytes while they suffice, row starts of 8."""
    return nonzeros * (itemsize + (4 if cols < 2**31 else 8)) + 8 * (rows + 1)


def support_of(factor: Factor) -> Support | None:
    """Support of one factor in closed form, or None where its structure does not give it.

    Parameters
    ----------
    factor : Factor
        Any factor; entries are read only where they are few (a shared core) or decide the modulus.

    Returns
    -------
    Support or None
    """
    if factor.kind == "Permutation":
        n = int(factor.shape[0])
        ones = _structured((Digit("identity", n, n),), 1.0, 1.0, tensor=True, uniform=True)
        return replace(ones, input_permutation=_composed(factor.input_permutation, factor.output_permutation))
    if factor.pattern is None:
        return None
    a, b, c, d = factor.pattern
    if not weights_at_hand(factor):
        if factor.synapses != a * b * c * d:
            return None
        outer, inner = Digit("identity", a, a, varies=True), Digit("identity", d, d, varies=True)
        digits = (outer, Digit("full", b, c), inner)
        return replace(_structured(digits, math.inf, 0.0, tensor=False, uniform=False), peak_exact=False)
    values = np.asarray(factor.values)
    floor = _smallest(values)
    outer = Digit("identity", a, a, varies=values.shape[0] > 1)
    inner = Digit("identity", d, d, varies=values.shape[3] > 1)
    if factor.kind == "Kronecker":
        core = values[0, :, :, 0]
        uniform = bool(core.any(axis=0).all() and core.any(axis=1).all()) and _one_modulus(core[core != 0])
        digits = (outer, Digit("core", b, c, core), inner)
        built = _structured(digits, factor.max_abs, floor, tensor=True, uniform=uniform)
    elif factor.synapses == a * b * c * d:
        digits = (outer, Digit("full", b, c), inner)
        built = _structured(digits, factor.max_abs, floor, tensor=False, uniform=_one_modulus(values))
    else:
        return None
    return replace(built, input_permutation=factor.input_permutation, output_permutation=factor.output_permutation)


def _structured(digits: tuple[Digit, ...], peak: float, floor: float, *, tensor: bool, uniform: bool) -> Support:
    return Support(_canonical(list(digits)), True, peak, floor, True, tensor, uniform)


def _smallest(values: Array) -> float:
    """Smallest modulus of the non-zero entries; 0 if there are none."""
    moduli = np.abs(values[values != 0])
    return float(moduli.min()) if moduli.size else 0.0


def _one_modulus(values: Array) -> bool:
    """Whether all moduli agree within 4 eps: a product of one term per entry then has one modulus as well."""
    moduli = np.abs(values)
    if moduli.size == 0 or not np.isfinite(moduli).all():
        return False
    low, high = float(moduli.min()), float(moduli.max())
    eps = float(np.finfo(moduli.dtype).eps) if moduli.dtype.kind == "f" else 0.0
    return high - low <= 4 * eps * high


def weights_at_hand(factor: Factor) -> bool:
    """Whether weights can be looked at: not where they are only counted, or lazy and too large to form."""
    if factor.generic:
        return False
    return bool(getattr(factor, "formed", True)) or factor.nbytes <= _LARGEST_FORMED


def support_product(left: Support, right: Support) -> Support | None:
    """Support of ``left @ right`` (``right`` is applied first), or None if the digits do not nest.

    Returns
    -------
    Support or None
        ``exact`` only if every entry of the product is a single term, so that nothing can cancel. Underflow
        is not looked at: see ``floor``.
    """
    if not _cancel(left.input_permutation, right.output_permutation):
        return None
    joined = _join(list(left.digits[::-1]), list(right.digits[::-1]))
    if joined is None:
        return None
    digits, single, whole = joined
    exact = single and left.exact and right.exact
    tensor = left.tensor and right.tensor and whole
    known = left.peak_exact and right.peak_exact and (tensor or left.uniform or right.uniform)
    return Support(
        digits=_canonical(digits),
        exact=exact,
        peak=left.peak * right.peak,
        floor=left.floor * right.floor,
        peak_exact=exact and known,
        tensor=tensor and exact,
        uniform=exact and left.uniform and right.uniform,
        input_permutation=right.input_permutation,
        output_permutation=left.output_permutation,
    )


def _cancel(outer: Array | None, inner: Array | None) -> bool:
    """Whether two permutations that meet, z = (y[inner])[outer], leave everything in place."""
    total = _composed(inner, outer)
    return total is None or bool((total == np.arange(len(total))).all())


def _composed(first: Array | None, then: Array | None) -> Array | None:
    """Index array of x -> (x[first])[then]; None stands for the identity."""
    if first is None or then is None:
        return then if first is None else first
    return np.asarray(first)[np.asarray(then)]


def _join(left: list[Digit], right: list[Digit]) -> tuple[list[Digit], bool, bool] | None:
    """Multiply digit by digit, cutting the larger of two that meet (lists are stacks, first digit on top).

    Returns the digits, whether every entry is a single term, and whether no block was cut; None if digits do
    not nest.
    """
    digits: list[Digit] = []
    single = whole = True
    while left or right:
        if left and left[-1].cols == 1:
            digits.append(left.pop())
        elif right and right[-1].rows == 1:
            digits.append(right.pop())
        elif left and right:
            size = min(left[-1].cols, right[-1].rows)
            upper = _cut(left, size, columns=True)
            lower = _cut(right, size, columns=False)
            if upper is None or lower is None:
                return None
            whole = whole and upper[1] and lower[1]
            product = _meet(upper[0], lower[0])
            if product is None:
                return None
            digits.append(product[0])
            single = single and product[1]
        else:
            return None
    return digits, single, whole


def _cut(stack: list[Digit], size: int, *, columns: bool) -> tuple[Digit, bool] | None:
    """Take a digit whose column (or row) count is ``size`` off the stack, leaving the rest of it there."""
    digit = stack.pop()
    length = digit.cols if columns else digit.rows
    if length == size:
        return digit, True
    if length % size or digit.kind == "core":
        return None
    rest = length // size
    if digit.kind == "identity":
        stack.append(Digit("identity", rest, rest, varies=digit.varies))
        return Digit("identity", size, size, varies=digit.varies), True
    stack.append(Digit("full", 1, rest) if columns else Digit("full", rest, 1))
    return (Digit("full", digit.rows, size) if columns else Digit("full", size, digit.cols)), False


def _meet(upper: Digit, lower: Digit) -> tuple[Digit, bool] | None:
    """Product of two digits of matching size, and whether its entries are single terms."""
    if upper.kind == "identity":
        return (replace(lower, varies=upper.varies or lower.varies) if lower.kind == "identity" else lower), True
    if lower.kind == "identity":
        return upper, True
    if upper.kind == "full" and lower.kind == "full":
        return Digit("full", upper.rows, lower.cols), upper.cols == 1
    return None


def _canonical(digits: list[Digit]) -> tuple[Digit, ...]:
    """Merge neighbouring identities and neighbouring full blocks, and leave out identities of size 1."""
    merged: list[Digit] = []
    for digit in digits:
        if digit.kind == "identity" and digit.rows == 1:
            continue
        if merged and digit.kind == merged[-1].kind != "core":
            last = merged.pop()
            varies = last.varies or digit.varies
            digit = Digit(digit.kind, last.rows * digit.rows, last.cols * digit.cols, varies=varies)
        merged.append(digit)
    return tuple(merged) or (Digit("identity", 1, 1),)
