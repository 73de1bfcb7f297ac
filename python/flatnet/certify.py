"""Certified lower bounds for the synapses of any network that computes a linear map.

The bounds are those of :data:`flatnet.bounds.BOUNDS`, one file each; this module gathers what they need to know
of a network and chooses the largest. Each says which networks it covers. A bound is an integer that no rounding
has pushed up: singular values are lowered by their error before they are used, and the sum is rounded down
before the integer above it is taken.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ._check import TooLargeError, error_bound, nonnegative_int, positive_int, real_number
from .bounds import BOUNDS, EXACT, Asked, LowerBound, SkippedError, exp_range
from .cost import as_network
from .merging import merged_layer
from .segments import Segment, SegmentTable, segment_table
from .spectrum import Spectrum, chain_rounding, factor_norms, probed_norms, spectrum_of
from .support import weights_at_hand

if TYPE_CHECKING:
    from .factors import Factor
    from .network import Network

__all__ = ["LowerBound", "LowerBounds", "exp_range", "lower_bound"]

Array = np.ndarray[Any, Any]


class LowerBounds:
    """Lower bounds for a linear network, for any number of layers.

    Parameters
    ----------
    table : SegmentTable
        Of a linear network.
    max_range : float, optional
        Gamma for every number of layers; by default that of the table's best network with that many layers.
    delta : float
        Probability with which a bound may fail; 0 leaves nothing to chance.
    seed : int
        Of the minors that are sampled if ``delta > 0``.
    """

    def __init__(self, table: SegmentTable, max_range: float | None = None, delta: float = 0.0, seed: int = 0) -> None:
        if max_range is not None and not float(max_range) >= 0:
            raise ValueError(f"max_range must be a number >= 0, got {max_range}")
        self.delta = real_number("a lower bound", "delta", delta)
        if not 0 <= self.delta < 1:
            raise ValueError(f"a lower bound needs 0 <= delta < 1, got delta={self.delta}")
        self.seed = nonnegative_int("a lower bound", "seed", seed)
        self.table = table
        self.net = table.net
        self.max_range = None if max_range is None else float(max_range)
        self.factors = [layer.weight for layer in table.net.layers]

    @cached_property
    def rounding(self) -> float:
        """Spectral distance within which merged networks compute f; inf where it cannot be bounded."""
        if not all(weights_at_hand(factor) for factor in self.factors):
            return math.inf
        dtypes = [factor.dtype for factor in self.factors if factor.dtype.kind in "fc"]
        floats = max((np.finfo(dtype) for dtype in [np.float64, *dtypes]), key=lambda info: info.eps)
        widest = max(max(factor.shape) for factor in self.factors)
        try:
            total = chain_rounding([factor_norms(factor) for factor in self.factors], widest, floats)
        except TooLargeError:
            return math.inf
        return total if math.isfinite(total) else math.inf

    @cached_property
    def spectrum(self) -> Spectrum | None:
        """Singular values of f, or None if they are out of reach."""
        if not math.isfinite(self.rounding):
            return None
        try:
            return spectrum_of(self.factors, self.table.flat_support, lambda: self.flat)
        except TooLargeError:
            return None

    def lower_bound(self, layers: int, eps: float = 0.0) -> LowerBound:
        """Largest of the bounds known for networks with exactly ``layers`` layers; of equal ones the widest class."""
        asked = self.asked(layers, eps)
        best: LowerBound | None = None
        skipped: list[str] = []
        for bound in BOUNDS:
            most = bound.ceiling(self, asked)
            if (most, math.inf) <= ((0.0, math.inf) if best is None else (float(best.value), best.range)):
                continue
            try:
                found = bound.prove(self, asked)
            except SkippedError as reason:
                skipped.append(str(reason))
                continue
            if found is not None and (best is None or (found.value, found.range) > (best.value, best.range)):
                best = found
            if found is not None and bound is EXACT:
                break
        assert best is not None
        return replace(best, skipped=tuple(skipped))

    def asked(self, layers: int, eps: float) -> Asked:
        """The class of networks to bound, with the distances from f that it allows."""
        allowed = eps * self.frobenius if eps > 0 else 0.0
        return Asked(
            layers=layers,
            log_range=self._log_range(layers),
            eps=eps,
            rounding=self.rounding,
            spectral=allowed + self.rounding,
            frobenius=allowed + self.rounding * math.sqrt(min(self.net.shape)),
            delta=self.delta,
            seed=self.seed,
        )

    def _log_range(self, layers: int) -> float:
        if self.max_range is None:
            return self.table.partition(min(layers, self.table.layers)).log_range
        if self.max_range == 0:
            return -math.inf
        return math.log(self.max_range) if self.max_range < math.inf else math.inf

    @property
    def whole(self) -> Segment:
        """Count of the product of all layers."""
        return self.table.segment(0, self.table.layers - 1)

    @cached_property
    def flat(self) -> Factor | None:
        """The product of all layers, formed now if the table did not need it; None if it is too large."""
        table = self.table
        if table.flat is not None:
            return table.flat
        if self.whole.predicted or self.whole.nbytes > table.max_bytes:
            return None
        try:
            return merged_layer(self.net, 0, table.layers - 1).weight
        except TooLargeError:
            return None

    @cached_property
    def frobenius(self) -> float:
        """Upper bound of the Frobenius norm of f; inf where it is not known."""
        if self.spectrum is not None:
            return self.spectrum.frobenius
        if self.flat is None:
            return math.inf
        return _norm(self.flat) * (1 + 1e-9) + self.rounding * math.sqrt(min(self.net.shape))

    @cached_property
    def norm(self) -> float:
        """Upper bound of the spectral norm of f: the Frobenius norm without the singular values but the largest."""
        known = self.spectrum
        if known is None or not math.isfinite(self.frobenius):
            return self.frobenius
        squares = known.multiplicities * known.values**2
        others = max(0.0, float(squares.sum() - known.values.max(initial=0.0) ** 2))
        return math.sqrt(max(self.frobenius**2 * (1 + 1e-10) - others * (1 - 1e-10), 0.0))

    def filled(self, axis: int, asked: Asked) -> int:
        """Rows (axis 1) or columns (axis 0) that no covered network leaves empty.

        A row of norm r stays non-empty if every covered matrix is closer than r; with an error budget E in
        the Frobenius norm at most the smallest rows whose squares add up to E^2 can go.
        """
        support = self.table.flat_support
        spectral, frobenius = asked.spectral, asked.frobenius
        if support is not None and support.exact and (spectral == 0 or support.floor > spectral):
            return support.filled(axis)
        if not math.isfinite(frobenius):
            return 0
        if self.table.flat is None:
            return int((probed_norms(self.factors, axis) > spectral).sum())
        squares = self._squares[axis]
        single = int((squares > spectral**2 * (1 + 1e-9)).sum())
        gone = np.searchsorted(np.cumsum(squares), frobenius**2 * (1 + 1e-9), side="right")
        together = len(squares) - int(gone)
        return max(single, together)

    @cached_property
    def _squares(self) -> tuple[Array, Array]:
        """Squared norms of the columns and of the rows of the formed product, ascending."""
        assert self.table.flat is not None
        csr = self.table.flat.tocsr()
        row = np.repeat(np.arange(csr.shape[0]), np.diff(csr.indptr))
        weights = np.abs(csr.data).astype(np.float64) ** 2
        sides = (np.bincount(index, weights=weights, minlength=1) for index in (csr.indices, row))
        by_column, by_row = (np.sort(side) for side in sides)
        return by_column, by_row


def _norm(factor: Factor) -> float:
    data = factor.tocsr().data
    return float(np.linalg.norm(data.astype(np.result_type(data.dtype, np.float64))))


def lower_bound(
    net: Network, layers: int, max_range: float | None = None, eps: float = 0.0, delta: float = 0.0, seed: int = 0
) -> LowerBound:
    """Certified lower bound on the synapses of any network with ``layers`` layers that computes the same map.

    Parameters
    ----------
    net : Network
        A linear network; biases do not matter.
    layers : int
        Number of layers of the networks that the bound covers.
    max_range : float, optional
        Bound on the product of max|A_l| over the layers of the networks that are covered; by default the
        range of the best merged network with that many layers (with all of the network's own layers, if there
        are more). ``math.inf`` leaves the weights free.
    eps : float
        Relative error allowed in the Frobenius norm.
    delta : float
        Probability with which the bound may fail: above 0, minors are sampled for LB3. It grows only with the
        square root of log(1/delta), so that 1e-9 costs little more than 0.05.
    seed : int
        Of the sampled minors.

    Returns
    -------
    LowerBound
        The largest of LB0 (one layer: the product itself), LB1 (rows, columns and rank), LB2 (two layers: direct
        rows and columns), LB3 (two layers: ranks of random minors), all for any weights, and LB4 (Schatten, for
        a range up to ``max_range``).

    Raises
    ------
    ValueError
        If ``layers < 1``, ``eps`` is negative or nan, or ``max_range`` is, or ``delta`` is not in [0, 1).
    TypeError
        If a layer has an activation.

    Examples
    --------
    >>> import flatnet as fn
    >>> from flatnet.certify import lower_bound
    >>> bound = lower_bound(fn.hadamard(1024), layers=5)
    >>> bound.name, bound.value
    ('Schatten (LB4)', 20480)

    Without a bound on the weights, a Fourier transform of prime order in two layers:

    >>> import math, numpy as np
    >>> prime = fn.Network([np.fft.fft(np.eye(67))])
    >>> bound = lower_bound(prime, layers=2, max_range=math.inf)
    >>> bound.name, bound.value
    ('minors (LB3)', 484)
    """
    net = as_network("lower_bound", net)
    layers = positive_int("lower_bound", "layers", layers)
    eps = error_bound("lower_bound", "eps", eps)
    for index, layer in enumerate(net.layers):
        if layer.activation is not None:
            raise TypeError(f"lower_bound needs a linear network, layer {index} has the activation {layer.activation!r}")
    return LowerBounds(segment_table(net), max_range, delta, seed).lower_bound(layers, eps)
