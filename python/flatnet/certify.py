"""Certified lower bounds for the synapses of any network that computes a linear map.

Each bound says which networks it covers. A bound is an integer that no rounding has pushed up: singular
values are lowered by their error before they are used, and the sum is rounded down before the integer above
it is taken.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ._check import TooLargeError, error_bound, positive_int
from .cost import as_network
from .merging import merged_layer
from .segments import SegmentTable, segment_table
from .spectrum import Spectrum, chain_rounding, factor_norms, probed_norms, spectrum_of
from .support import weights_at_hand
from .truncate import droppable

if TYPE_CHECKING:
    from .factors import Factor
    from .network import Network

__all__ = ["Certificate", "LowerBound", "exp_range", "lower_bound", "schatten"]

Array = np.ndarray[Any, Any]

_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class LowerBound:
    """A number of synapses below which no network of a class computes f.

    Attributes
    ----------
    name : str
        ``"exact (LB0)"``, ``"Schatten (LB4)"`` or ``"LB1"``.
    value : int
        The bound.
    layers : int
        Number of layers of the networks it covers.
    range : float
        The bound Gamma on the product of max|A_l|; inf where the weights are free.
    eps : float
        Relative Frobenius error allowed to them.
    class_of_networks : str
        The same in words.
    how : str
        Where the numbers behind the bound come from.
    """

    name: str
    value: int
    layers: int
    range: float
    eps: float
    class_of_networks: str
    how: str


class Certificate:
    """Lower bounds for a linear network, for any number of layers.

    Parameters
    ----------
    table : SegmentTable
        Of a linear network.
    max_range : float, optional
        Gamma for every number of layers; by default that of the table's best network with that many layers.
    """

    def __init__(self, table: SegmentTable, max_range: float | None = None) -> None:
        if max_range is not None and not float(max_range) >= 0:
            raise ValueError(f"max_range must be a number >= 0, got {max_range}")
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
        """Largest of the bounds known for networks with exactly ``layers`` layers."""
        if layers == 1 and (exact := self._exact(eps)) is not None:
            return exact
        log_range = self._log_range(layers)
        return max(self._trivial(layers, eps), self._schatten(layers, log_range, eps), key=lambda b: b.value)

    def _log_range(self, layers: int) -> float:
        if self.max_range is None:
            return self.table.partition(min(layers, self.table.layers)).log_range
        if self.max_range == 0:
            return -math.inf
        return math.log(self.max_range) if self.max_range < math.inf else math.inf

    @cached_property
    def flat(self) -> Factor | None:
        """The product of all layers, formed now if the table did not need it; None if it is too large."""
        table = self.table
        if table.flat is not None:
            return table.flat
        whole = table.segment(0, table.layers - 1)
        if whole.predicted or whole.nbytes > table.max_bytes:
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

    def _exact(self, eps: float) -> LowerBound | None:
        """LB0: one layer can only be the product itself, without its smallest entries if eps allows that."""
        whole = self.table.segment(0, self.table.layers - 1)
        if whole.predicted or (eps > 0 and (self.flat is None or not math.isfinite(self.frobenius))):
            return None
        value = whole.count
        if eps > 0:
            assert self.flat is not None
            value -= droppable(self.flat, self._shift(eps)[1])
        covered = _covered(1, math.inf, eps, 0.0)
        return LowerBound("exact (LB0)", value, 1, math.inf, eps, covered, "the product itself")

    def _shift(self, eps: float) -> tuple[float, float]:
        """Spectral and Frobenius distance from f of the networks that are covered."""
        allowed = eps * self.frobenius if eps > 0 else 0.0
        return allowed + self.rounding, allowed + self.rounding * math.sqrt(min(self.net.shape))

    def _trivial(self, layers: int, eps: float) -> LowerBound:
        """LB1: filled rows in the last layer, filled columns in the first, the rank in each one between."""
        rank = 0 if self.spectrum is None else self.spectrum.rank(self._shift(eps)[0])
        rows, cols = (max(rank, self._filled(axis, eps)) for axis in (1, 0))
        between = max(rank, min(rows, 1))
        value = max(rows, cols) if layers == 1 else rows + cols + (layers - 2) * between
        covered = _covered(layers, math.inf, eps, self.rounding)
        return LowerBound("LB1", value, layers, math.inf, eps, covered, "filled rows and columns, rank")

    def _filled(self, axis: int, eps: float) -> int:
        """Rows (axis 1) or columns (axis 0) that no covered network leaves empty.

        A row of norm r stays non-empty if every covered matrix is closer than r; with an error budget E in
        the Frobenius norm at most the smallest rows whose squares add up to E^2 can go.
        """
        support = self.table.flat_support
        spectral, frobenius = self._shift(eps)
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

    def _schatten(self, layers: int, log_range: float, eps: float) -> LowerBound:
        """LB4, with the error through Weyl's inequality or through Mirsky's, whichever keeps more."""
        known = self.spectrum
        value, how = 0, "singular values out of reach"
        if known is not None:
            spectral, frobenius = self._shift(eps)
            how = known.how
            if known.square is not None and spectral == 0.0 and log_range == 0.0:
                value = _ceil_root(layers, int(known.multiplicities.sum()), known.square)
            else:
                bounds = [schatten(known.values, known.multiplicities, layers, log_range, spectral)]
                if eps > 0:
                    bounds.append(_mirsky(known, layers, log_range, frobenius))
                value = math.ceil(max(bounds))
        gamma = exp_range(log_range)
        covered = _covered(layers, gamma, eps, self.rounding)
        return LowerBound("Schatten (LB4)", value, layers, gamma, eps, covered, how)


def schatten(values: Array, multiplicities: Array, layers: int, log_range: float, shift: float = 0.0) -> float:
    r"""Schatten bound on the synapses of a chain, rounded down.

    Parameters
    ----------
    values, multiplicities : ndarray
        Singular values of the product and how often each stands.
    layers : int
        Number of layers L.
    log_range : float
        Logarithm of Gamma, the product of max|A_l|; -inf (a zero layer) and inf give 0.
    shift : float
        Spectral error allowed; by Weyl's inequality every singular value may be smaller by this much.

    Returns
    -------
    float
        Not larger than the bound in exact arithmetic.

    Notes
    -----
    .. math:: N_s \ge L\, \Gamma^{-2/L} \sum_i \sigma_i(A)^{2/L}

    from nnz(A_l) >= norm_F(A_l)^2 / max|A_l|^2, the inequality of the means and Hoelder's for Schatten norms.
    Lin and Tegmark (2016) state such "no-flattening" results by counting one chain; this is a bound over all
    chains of the class. Rescaling whole layers leaves it as it is; rescaling single neurons (a diagonal D and
    its inverse between two layers) changes Gamma and so the class.

    Examples
    --------
    >>> import math, numpy as np
    >>> math.ceil(schatten(np.array([32.0]), np.array([1024.0]), 5, 0.0))
    20480
    """
    lowered = values - shift
    kept = lowered > 0
    if not kept.any() or not math.isfinite(log_range):
        return 0.0
    power = 2.0 / layers
    # exp(p (log sigma - log Gamma)): roundings of the logarithms, and one a layer in Gamma
    exponents = power * (np.log(lowered[kept]) - log_range)
    largest = float(np.abs(exponents).max()) + power * abs(log_range)
    total = math.fsum((multiplicities[kept] * np.exp(np.minimum(exponents, 600.0))).tolist())
    return layers * total * (1 - 4 * _EPS * (4 + largest + layers))


def _mirsky(known: Spectrum, layers: int, log_range: float, error: float) -> float:
    r"""The same bound for a Frobenius error E, by Mirsky's inequality sum (sigma_i - sigma'_i)^2 <= E^2.

    With d_i = sigma_i - sigma'_i and p = 2/L <= 1, sigma^p - (sigma - d)^p is convex in d and so at most
    d sigma^(p-1); by Cauchy and Schwarz the sum loses at most E sqrt(sum sigma^(2p-2)). The bound holds for
    the k largest values alone, for every k. One layer (p = 2) keeps at least (norm_F - E)^2.
    """
    kept = known.values > 0
    values, counts = known.values[kept], known.multiplicities[kept]
    if not values.size or not math.isfinite(log_range):
        return 0.0
    power = 2.0 / layers
    logs = np.log(values) - log_range
    slack = 4 * _EPS * (8 + len(values) + float(np.abs(logs).max()) + abs(log_range))
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        error = float(error * np.exp(-log_range))
        gained = np.cumsum(counts * np.exp(power * logs)) * (1 - slack)
        if layers == 1:
            return max(0.0, math.sqrt(float(gained[-1])) - error) ** 2 * (1 - slack)
        spent = np.sqrt(np.cumsum(counts * np.exp((2 * power - 2) * logs))) * (1 + slack)
        left = gained - error * spent
    left = left[np.isfinite(left)]
    return layers * max(0.0, float(left.max())) if left.size else 0.0


def _ceil_root(layers: int, size: int, square: Fraction) -> int:
    """Smallest integer N with N >= L n s^(1/L), in integer arithmetic: N^L >= (L n)^L s."""
    goal = Fraction(layers * size) ** layers * square
    low, high = 0, layers * size * (math.ceil(square) + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if middle**layers >= goal else (middle, high)
    return high


def _covered(layers: int, gamma: float, eps: float, rounding: float) -> str:
    """The class of networks in words."""
    depth = f"{layers} layer{'s' if layers > 1 else ''} ({layers - 1} hidden)"
    weights = "any weights" if gamma == math.inf else f"product of max|A_l| <= {gamma:.6g}"
    error = f"relative Frobenius error <= {eps:g}" if eps > 0 else "equal to f"
    within = f" within {rounding:.1g} in spectral norm (rounding of the product)" if rounding > 0 else ""
    if math.isinf(rounding):
        within = " (weights not at hand: nothing is known of their distance)"
    return f"linear networks with {depth}, any widths, {weights}, {error}{within}"


def _norm(factor: Factor) -> float:
    data = factor.tocsr().data
    return float(np.linalg.norm(data.astype(np.result_type(data.dtype, np.float64))))


def exp_range(log_range: float) -> float:
    """Range from its logarithm: 1 where the logarithm is 0, inf where it is too large for a float."""
    return math.exp(log_range) if log_range < 709.0 else math.inf


def lower_bound(net: Network, layers: int, max_range: float | None = None, eps: float = 0.0) -> LowerBound:
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
        are more).
    eps : float
        Relative error allowed in the Frobenius norm.

    Returns
    -------
    LowerBound
        The largest of LB0 (one layer: the product itself), LB1 (rows, columns and rank) and LB4 (Schatten).

    Raises
    ------
    ValueError
        If ``layers < 1``, ``eps`` is negative or nan, or ``max_range`` is.
    TypeError
        If a layer has an activation.

    Examples
    --------
    >>> import flatnet as fn
    >>> from flatnet.certify import lower_bound
    >>> bound = lower_bound(fn.hadamard(1024), layers=5)
    >>> bound.name, bound.value
    ('Schatten (LB4)', 20480)
    """
    net = as_network("lower_bound", net)
    layers = positive_int("lower_bound", "layers", layers)
    eps = error_bound("lower_bound", "eps", eps)
    for index, layer in enumerate(net.layers):
        if layer.activation is not None:
            raise TypeError(f"lower_bound needs a linear network, layer {index} has the activation {layer.activation!r}")
    return Certificate(segment_table(net), max_range).lower_bound(layers, eps)
