"""Sizes of products of layers that are not formed: closed forms, counts by bits, sketches with error bars.

What is predicted is the size of the pattern: an entry is counted where at least one path leads from the input to the output.
That the terms of an entry may cancel is not looked at. In this order:

1. *closed form*: tensor products of identities and blocks (`flatnet.support`), whatever the size.
2. *counted*, exactly, where the work, which is known beforehand, is small: the pattern is formed if few paths lead through it;
   or each input is a bit, 64 of them a word, and every layer takes the union over its rows.
3. *sketch* (Cohen 1998): each input draws an exponential rank, every layer takes the minimum over its rows. The least rank of
   the s inputs that reach an output is exponential with rate s, so that (k - 1) / sum of k of them estimates s without bias,
   with a relative standard error of 1 / sqrt(k - 2), for all outputs at once. Of these sizes only the proportions are used:
   they are the probabilities with which outputs are drawn, whose sizes are then counted by bits. The mean of size over
   probability is unbiased whatever the sketch says, and its spread gives error bars that do not take outputs for independent.
   A control variate takes out what the number of paths explains, n (1 - exp(-paths / n)) of n inputs if they met at random.
4. *bound*: layers too large even for that; the ends are certain, the value is the number of paths.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _core
from .factors import LazyBlocks
from .support import Support, support_of, support_product, weights_at_hand

if TYPE_CHECKING:
    from .factors import Factor

__all__ = ["EXACT_WORK", "EXACT_WORK_IN_A_TABLE", "Estimate", "Sizes"]

Array = np.ndarray[Any, Any]

# Words of 64 bits that an exact count may touch, and eight times the paths that it may join: about 0.1 s for one product and
# 5 ms a segment in a table.
EXACT_WORK = 2**26
EXACT_WORK_IN_A_TABLE = 2**22
_WORK_A_PATH = 8
# Layers with more rows or columns are bounded, not followed: a lane of a sketch takes 4 bytes a row.
_WIDEST = 2**27
# Ranks of a sketch: 16 floats are one line of the cache for each row.
_RANKS = 16
# Elements of one array on the way: 2^26 ranks are 256 MiB, 2^23 words and 2^25 sums 64 and 256 MiB.
_RANKS_AT_ONCE, _WORDS_AT_ONCE, _SUMS_AT_ONCE = 2**26, 2**23, 2**25
# The normal distribution's two-sided 99 % quantile.
_Z = 2.5758293035489004


@dataclass(frozen=True)
class Estimate:
    """A predicted number of entries between two ends.

    Attributes
    ----------
    value : int
        The count if ``exact``, else the estimate.
    lower, upper : int
        Equal to ``value`` if ``exact``; certain ends with the method ``"bound"``; else 99 % error bars, cut to what is certain.
    exact : bool
        True if nothing was estimated.
    method : str
        ``"closed form"``, ``"counted"``, ``"sketch"`` or ``"bound"``, see :func:`flatnet.predict_nnz`.
    """

    value: int
    lower: int
    upper: int
    exact: bool
    method: str

    @classmethod
    def known(cls, value: int, method: str) -> Estimate:
        return cls(value, value, value, True, method)


class Sizes:
    """Sizes of the segments of a chain, and what following paths through it needs, made at first use.

    Parameters
    ----------
    factors : list of Factor
        The first one is applied first.
    samples, seed : int, optional
        As in :func:`flatnet.predict_nnz`.
    work : int, optional
        Words that an exact count of a segment may touch.
    """

    def __init__(self, factors: list[Factor], samples: int = 64, seed: int = 0, work: int = EXACT_WORK_IN_A_TABLE) -> None:
        self.factors, self.seed, self.limit = factors, seed, work
        self.samples = -(-samples // 64) * 64
        self._paths: dict[int, _core.Paths | None] = {}
        self._patterns: dict[int, Any] = {}
        self._ranks: tuple[tuple[int, int, int], Array] | None = None

    @cached_property
    def supports(self) -> list[Support | None]:
        return [support_of(factor) for factor in self.factors]

    def row(self, start: int, first: int, stop: int) -> list[Estimate]:
        """Predictions for the segments start..first to start..stop (inclusive)."""
        found: dict[int, Estimate] = {}
        support: Support | None = None
        for end in range(start, stop + 1):
            added = self.supports[end]
            if end == start:
                support = added
                found[end] = Estimate.known(self.factors[end].synapses, "counted")
            else:
                support = None if support is None or added is None else support_product(added, support)
                if support is not None:
                    found[end] = Estimate.known(support.nonzeros, "closed form")
        open_ends = [end for end in range(first, stop + 1) if end not in found]
        found |= self._formed(start, open_ends)
        open_ends = [end for end in open_ends if end not in found]
        for end in [end for end in open_ends if not self._followed(start, end)]:
            found[end] = self._bound(start, end)
        open_ends = [end for end in open_ends if end not in found]
        found |= self._counted(start, open_ends)
        found |= self._sketched(start, [end for end in open_ends if end not in found])
        return [found[end] for end in range(first, stop + 1)]

    def paths(self, index: int) -> _core.Paths | None:
        """The entries of a layer as a graph; None where they are too many or not at hand."""
        if index not in self._paths:
            self._paths[index] = _paths(self.factors[index])
        return self._paths[index]

    def _followed(self, start: int, end: int) -> bool:
        return all(self.paths(index) is not None for index in range(start, end + 1))

    def _sweep(self, start: int, end: int) -> list[_core.Paths]:
        found = [self.paths(index) for index in range(start, end + 1)]
        return [paths for paths in found if paths is not None]

    def _widest(self, start: int, end: int) -> int:
        return max(1, *(max(factor.shape) for factor in self.factors[start : end + 1]))

    def _bound(self, start: int, end: int) -> Estimate:
        """Paths, the size of the matrix, and one entry a row and column if no layer has an empty one."""
        chain = self.factors[start : end + 1]
        rows, cols = chain[-1].shape[0], chain[0].shape[1]
        upper = min(rows * cols, rows * math.prod(map(_longest_row, chain)), cols * math.prod(map(_longest_column, chain)))
        paths = cols
        for factor in chain:
            paths = paths * factor.synapses // max(1, factor.shape[1])
        whole = all(_is_whole_pattern(factor) for factor in chain)
        lower = min(upper, max(rows, cols)) if whole else 0
        return Estimate(min(upper, max(lower, paths)), lower, upper, lower == upper, "bound")

    def _formed(self, start: int, ends: list[int]) -> dict[int, Estimate]:
        """Patterns multiplied out, as far as each product joins few paths: columns of the left times rows of the right."""
        found: dict[int, Estimate] = {}
        pattern = self.pattern(start) if ends else None
        for end in range(start + 1, max(ends, default=start) + 1):
            left = None if pattern is None else self.pattern(end)
            if pattern is None or left is None:
                break
            columns = np.bincount(left.indices, minlength=left.shape[1])
            if int(columns @ np.diff(pattern.indptr)) > self.limit // _WORK_A_PATH:
                break
            pattern = left @ pattern
            if end in ends:
                found[end] = Estimate.known(pattern.nnz, "counted")
        return found

    def pattern(self, index: int) -> Any:
        """Where a layer has entries, a CSR array of bools; None where they are too many or not at hand."""
        if index not in self._patterns:
            factor, found = self.factors[index], None
            if weights_at_hand(factor) and max(factor.synapses, *factor.shape) <= self.limit // _WORK_A_PATH:
                found = factor.tocsr().astype(bool)
            self._patterns[index] = found
        return self._patterns[index]

    def _counted(self, start: int, ends: list[int]) -> dict[int, Estimate]:
        """Exact counts for those ends whose work is within the limit: from the inputs in one sweep, else from the outputs."""
        cols = self.factors[start].shape[1]
        found: dict[int, Estimate] = {}
        work, by_columns = 0, []
        for end in range(start, max(ends, default=start - 1) + 1):
            work += self._sweep(end, end)[0].work
            if end in ends:
                rows = self.factors[end].shape[0]
                if work * -(-cols // 64) <= self.limit:
                    by_columns.append(end)
                elif work * -(-rows // 64) <= self.limit:
                    sizes = self._row_sizes(start, end, np.arange(rows))
                    found[end] = Estimate.known(int(sizes.sum()), "counted")
        if by_columns:
            totals = dict.fromkeys(by_columns, 0)
            for part in self._parts(start, by_columns[-1], np.arange(cols)):
                marks = _marks(cols, part)
                for index in range(start, by_columns[-1] + 1):
                    marks = self._sweep(index, index)[0].outputs(marks)
                    if index in totals:
                        totals[index] += int(_core.count_marks(marks).sum())
            found |= {end: Estimate.known(total, "counted") for end, total in totals.items()}
        return found

    def _parts(self, start: int, end: int, places: Array) -> list[Array]:
        """As many places at once as words for them fit: at most 8, one line of the cache for each row."""
        step = 64 * min(8, max(1, _WORDS_AT_ONCE // self._widest(start, end)))
        return [places[at : at + step] for at in range(0, len(places), step)]

    def _row_sizes(self, start: int, end: int, rows: Array) -> Array:
        """Entries of these rows of the product start..end, counted."""
        sizes = [np.zeros(0, np.int64)]
        for part in self._parts(start, end, rows):
            marks = _marks(self.factors[end].shape[0], part)
            for paths in reversed(self._sweep(start, end)):
                marks = paths.inputs(marks)
            sizes.append(_core.count_marks(marks)[: len(part)])
        return np.concatenate(sizes)

    def _sketched(self, start: int, ends: list[int]) -> dict[int, Estimate]:
        """Sketches for these ends; in groups, so that the sums of all ranks of a group fit."""
        found: dict[int, Estimate] = {}
        if ends:
            widest = self._widest(start, ends[-1])
            lanes = min(_RANKS, 2 ** (max(1, _RANKS_AT_ONCE // widest).bit_length() - 1))
            step = max(1, _SUMS_AT_ONCE // widest)
            cols = self.factors[start].shape[1]
            for group in (ends[at : at + step] for at in range(0, len(ends), step)):
                sums: dict[int, Array] = {}
                met: dict[int, Array] = {}
                paths = np.ones((cols, 1))
                for index in range(start, group[-1] + 1):
                    paths = self._sweep(index, index)[0].sum(paths)
                    if index in group:
                        met[index] = -cols * np.expm1(-paths[:, 0] / cols)
                for lane in range(0, _RANKS, lanes):
                    least = self._exponentials(cols, lane, lanes)
                    for index in range(start, group[-1] + 1):
                        least = self._sweep(index, index)[0].least(least)
                        if index in group:
                            sums[index] = sums.get(index, 0.0) + least.sum(axis=1, dtype=np.float64)
                found |= {end: self._drawn(start, end, sums[end], met[end]) for end in group}
        return found

    def _exponentials(self, n: int, lane: int, lanes: int) -> Array:
        """Ranks of n inputs, drawn in double precision: a float keeps the digits of the smallest ones."""
        key = (n, lane, lanes)
        if self._ranks is None or self._ranks[0] != key:
            rng = np.random.default_rng([self.seed, *key])
            self._ranks = key, rng.standard_exponential((n, lanes)).astype(np.float32)
        return self._ranks[1]

    def _drawn(self, start: int, end: int, sums: Array, met: Array) -> Estimate:
        """The mean of size over probability, for rows drawn in proportion to their sketched sizes.

        ``met`` are the sizes if paths met at random. Cut to twice the sketched sizes, so that no row weighs much more than its
        draws tell, they are the control variate: a regression over the draws, whose total over all rows is known.
        """
        cols = self.factors[start].shape[1]
        filled = np.flatnonzero(np.isfinite(sums))
        if len(filled) <= self.samples:
            return Estimate.known(int(self._row_sizes(start, end, filled).sum()), "counted")
        sketched = np.clip((_RANKS - 1) / sums[filled], 1.0, cols)
        weights, controls = _steadied(sketched), np.minimum(met[filled], 2 * sketched)
        heights = np.cumsum(weights)
        draws = np.random.default_rng([self.seed, start, end]).random(self.samples) * heights[-1]
        chosen = np.minimum(np.searchsorted(heights, draws, side="right"), len(filled) - 1)
        sizes = self._row_sizes(start, end, filled[chosen])
        scale = heights[-1] / weights[chosen]
        ratios, explained = sizes * scale, controls[chosen] * scale
        centred = explained - explained.mean()
        # as below, two draws that deviate and explain nothing: controls that hardly vary are left alone
        slope = float(centred @ ratios) / float(centred @ centred + 2 / (_RANKS - 1) * explained.mean() ** 2)
        seen, where = np.unique(chosen, return_index=True)
        known, rest = int(sizes[where].sum()), len(filled) - len(seen)
        value = float(ratios.mean() + slope * (controls.sum() - explained.mean()))
        value = min(max(value, float(known + rest)), float(known + rest * cols))
        residuals = ratios - ratios.mean() - slope * centred
        # Two draws are added that deviate as a sketch does, 1 / sqrt(k - 1): a sample that happens to see equal rows only is
        # then not taken for certain. Student's quantile by its expansion in 1 / degrees of freedom.
        spread = float(residuals @ residuals) / value**2 + 2 / (_RANKS - 1)
        quantile = _Z + (_Z**3 + _Z) / (4 * self.samples) + (5 * _Z**5 + 16 * _Z**3 + 3 * _Z) / (96 * self.samples**2)
        half = quantile * value * math.sqrt(spread / (self.samples + 1) / self.samples)
        lower = max(known + rest, math.floor(value - half))
        upper = min(known + rest * cols, math.ceil(value + half))
        return Estimate(min(upper, max(lower, round(value))), lower, upper, lower == upper, "sketch")


def _steadied(sizes: Array) -> Array:
    """Sketched sizes without the part of their differences that is noise.

    Logarithms of sketched sizes scatter by the variance of log Gamma(k), 1 / (k - 1/2) nearly. Sizes within four deviations of
    the median are drawn in to it by the share that noise has in their variance: rows that are alike are then drawn alike.
    Larger differences are real and stay.
    """
    noise = 1 / (_RANKS - 0.5)
    logs = np.log(sizes)
    apart = logs - np.median(logs)
    near = np.abs(apart) <= 4 * math.sqrt(noise)
    variance = float((apart[near] ** 2).mean())
    apart[near] *= max(0.0, 1 - noise / variance) if variance else 0.0
    return np.exp(apart)


def _marks(count: int, places: Array) -> Array:
    """Bit t of the row places[t], 64 bits a word: shape (count, words)."""
    words = -(-len(places) // 64)
    marks = np.zeros((count, words), np.uint64)
    bits = np.arange(len(places))
    np.bitwise_or.at(marks, (places, bits // 64), np.uint64(1) << (bits % 64).astype(np.uint64))
    return marks


def _paths(factor: Factor) -> _core.Paths | None:
    if max(factor.shape) > _WIDEST:
        return None
    if weights_at_hand(factor):
        return _core.Paths(factor._handle)
    return _core.Paths.pattern(*factor.pattern) if _is_whole_pattern(factor) and factor.pattern else None


def _is_whole_pattern(factor: Factor) -> bool:
    """Whether the factor is known to have all entries of its pattern, in its place; nothing is formed."""
    if isinstance(factor, LazyBlocks) and not factor.formed and any(factor._sides):
        return False
    return factor.pattern is not None and factor.synapses == math.prod(factor.pattern)


def _longest_row(factor: Factor) -> int:
    if factor.kind == "Permutation":
        return 1
    return min(factor.shape[1], factor.synapses) if factor.pattern is None else factor.pattern[2]


def _longest_column(factor: Factor) -> int:
    if factor.kind == "Permutation":
        return 1
    return min(factor.shape[0], factor.synapses) if factor.pattern is None else factor.pattern[1]
