"""Merging neighbouring layers: what one merged segment costs, counted with as little formed as possible."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ._check import TooLargeError, require_memory
from .degrees import heaviest_paths, row_sum_bound
from .factors import product, product_estimate
from .sizes import Estimate, Sizes
from .support import Support, csr_bytes, support_product, weights_at_hand

if TYPE_CHECKING:
    from .factors import Factor
    from .network import Layer, Network

__all__ = ["DEFAULT_MAX_BYTES", "Grower", "Segment", "add_logs", "log_peak", "merged_layer"]

# A segment is formed to be counted only below this size: 2^30 bytes are a dense complex product at n = 8192.
DEFAULT_MAX_BYTES = 2**30

# Below this size [bytes] the system is not asked for the memory that is free.
_ALWAYS_FITS = 2**20

# log ranges are compared in steps of 2^-30, so that rounding in max|product| does not choose between equal
# ranges; zero (range 0) and infinite ranges lie beyond every finite sum.
_STEPS = 2**30
_EPS = float(np.finfo(np.float64).eps)
_ZERO, _INFINITE = -(2**90), 2**80


@dataclass(frozen=True)
class Segment:
    """What one merged segment costs: synapses, log max|product|, stored bytes, and how the count was found.

    ``predicted`` is True where the product was not formed and its count is a prediction; ``log_range`` is
    then (and where ``range_exact`` is False) an upper bound. ``kind`` and ``pattern`` are the format that the
    product has, or would have; ``estimate`` has the error bars of a prediction.
    """

    count: int
    log_range: float
    nbytes: int
    predicted: bool = False
    range_exact: bool = True
    kind: str = "Sparse"
    pattern: tuple[int, int, int, int] | None = None
    estimate: Estimate | None = None

    @property
    def steps(self) -> int:
        """The logarithm of the range as an integer, additive and comparable without rounding."""
        if self.log_range == -math.inf:
            return _ZERO
        return round(self.log_range * _STEPS) if math.isfinite(self.log_range) else _INFINITE


class Grower:
    """Walks one row of the table, the products of layers start..end up to stop, forming as little as the count needs."""

    def __init__(self, sizes: Sizes, start: int, stop: int, max_bytes: int) -> None:
        self.sizes, self.stop, self.max_bytes = sizes, stop, max_bytes
        self.factors, self.supports = factors, supports = sizes.factors, sizes.supports
        self.start = self.end = start
        self.weight: Factor | None = factors[start]
        self.support = supports[start]
        self.estimates: dict[int, Estimate] = {}
        self.paths: np.ndarray[Any, Any] | None = None
        self.walked = start
        self.formable = weights_at_hand(factors[start])
        own = factors[start]
        self.last = Segment(own.synapses, log_peak(own), own.nbytes, kind=own.kind, pattern=own.pattern)

    def segment(self) -> Segment:
        return self.last

    def extend(self) -> Segment:
        """Multiply the next layer on and say what the product costs."""
        self.end += 1
        left = self.factors[self.end]
        before = self.support
        added = self.supports[self.end]
        self.support = None if before is None or added is None else support_product(added, before)
        closed = self.support if self.support is not None and self._representable(self.support) else None
        peak = self._peak(closed) if closed is not None and closed.exact else None
        if closed is not None and peak is not None:
            self.weight = None
            self.last = self._from_support(closed, peak)
        else:
            self.formable = self.formable and weights_at_hand(left)
            self._form(left)
            self.last = self._counted() if self.weight is not None else self._predicted(left)
        return self.last

    def _dtype(self) -> np.dtype[Any]:
        return np.result_type(*(factor.dtype for factor in self.factors[self.start : self.end + 1]))

    def _representable(self, closed: Support) -> bool:
        """Whether no entry can underflow to 0 or overflow: else the floats decide the count."""
        dtype = self._dtype()
        if dtype.kind not in "fc" or not weights_at_hand(self.factors[self.end]):
            return True
        limits = np.finfo(dtype)
        return closed.floor >= limits.tiny and closed.peak <= limits.max

    def _peak(self, closed: Support) -> float | None:
        """Largest modulus of a product whose entries are single terms; None if the weights are too many."""
        if closed.peak_exact:
            return closed.peak
        for index in range(self.walked, self.end + 1):
            found = heaviest_paths(self.factors[index], self.paths)
            if found is None:
                return None
            self.paths, self.walked = found, index + 1
        assert self.paths is not None
        # one rounding a layer; upwards, so that the merged network itself is within the range
        return float(self.paths.max(initial=0.0)) * (1 + 4 * (self.end - self.start) * _EPS)

    def _form(self, left: Factor) -> None:
        """Form the product of start..end, from the one before it if that is at hand, as long as it fits."""
        weight = self.weight
        first = self.end
        if weight is None and self.formable:
            weight, first = self.factors[self.start], self.start + 1
        self.weight = None
        if weight is None or not self.formable:
            return
        for index in range(first, self.end + 1):
            if not _fits(self.factors[index], weight, self.max_bytes):
                self.formable = False
                return
            try:
                weight = product(self.factors[index], weight)
            except ValueError:  # too large after all, or an integer beyond 2^62
                self.formable = False
                return
        self.weight = weight

    def _counted(self) -> Segment:
        assert self.weight is not None
        w = self.weight
        return Segment(w.synapses, _log(w.max_abs), w.nbytes, kind=w.kind, pattern=w.pattern)

    def _from_support(self, closed: Support, peak: float, range_exact: bool = True) -> Segment:
        itemsize = self._dtype().itemsize
        kind, pattern = closed.form
        nbytes = closed.nbytes(itemsize)
        return Segment(closed.nonzeros, _log(peak), nbytes, range_exact=range_exact, kind=kind, pattern=pattern)

    def _predicted(self, left: Factor) -> Segment:
        """Count without the entries: exactly where no two terms meet, else the size of the pattern as it is predicted."""
        bound = add_logs(self.last.log_range, _log(row_sum_bound(left)))
        if self.support is not None and self.support.exact:
            known = self._from_support(self.support, self.support.peak, range_exact=False)
            return known if known.log_range < bound else replace(known, log_range=bound)
        if self.end not in self.estimates:
            ends = range(self.end, self.stop + 1)
            self.estimates = dict(zip(ends, self.sizes.row(self.start, self.end, self.stop), strict=True))
        estimate = self.estimates[self.end]
        rows, cols, count = left.shape[0], self.factors[self.start].shape[1], estimate.value
        itemsize = self._dtype().itemsize
        size = min(rows * cols * itemsize, csr_bytes(count, rows, cols, itemsize))
        kind = "Dense" if size == rows * cols * itemsize else "Sparse"
        pattern = (1, rows, cols, 1) if kind == "Dense" else None
        return Segment(count, bound, size, predicted=True, range_exact=False, kind=kind, pattern=pattern, estimate=estimate)


def log_peak(factor: Factor) -> float:
    return _log(factor.max_abs) if weights_at_hand(factor) else math.inf


def _fits(left: Factor, right: Factor, max_bytes: int) -> bool:
    need = product_estimate(left, right)[1]
    if need > max_bytes or need < _ALWAYS_FITS:
        return need <= max_bytes
    try:
        require_memory("a merged segment", need)
    except TooLargeError:
        return False
    return True


def _log(value: float) -> float:
    """Natural logarithm with log 0 = -inf; nan counts as an infinite weight."""
    if value == 0:
        return -math.inf
    return math.log(value) if value < math.inf else math.inf


def add_logs(*logs: float) -> float:
    """Logarithm of a product of moduli, in which a zero wins over infinity."""
    return -math.inf if -math.inf in logs else sum(logs)


def merged_layer(net: Network, i: int, j: int) -> Layer:
    """Form the layer that does the work of layers i..j (0-based, inclusive).

    Its weight is A_j ... A_i, its bias A_j(... (A_{i+1} b_i + b_{i+1}) ...) + b_j, its activation that of
    layer j.

    Raises
    ------
    TooLargeError
        If a product on the way does not fit in memory; nothing has been allocated for it then.
    """
    from .network import Layer, Network

    first = net.layers[i]
    weight, bias = first.weight, first.bias
    for layer in net.layers[i + 1 : j + 1]:
        require_memory(f"the product of layers {i}..{j}", product_estimate(layer.weight, weight)[1])
        weight = product(layer.weight, weight)
        if bias is not None:
            bias = Network([layer.weight])(bias)
        if layer.bias is not None:
            bias = layer.bias if bias is None else bias + layer.bias
    return Layer(weight, bias=bias, activation=net.layers[j].activation)
