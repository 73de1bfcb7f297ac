"""Flattening: the cheapest network of at most a given depth, found by merging neighbouring layers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ._check import error_bound, nonnegative_int
from .bounds.nonlinear import hidden_neurons, impossible
from .certify import LowerBound, LowerBounds, exp_range
from .cost import CONVENTIONS, Interval, as_network, has_activation, noted, ratio
from .merging import add_logs
from .segments import Partition, SegmentTable, segment_table
from .truncate import truncated

if TYPE_CHECKING:
    from .measure import Measurement
    from .network import Network

__all__ = ["FlatteningCost", "SegmentTable", "flatten", "flattening_cost", "segment_table"]


_ONE_MATRIX = "a linear network flattens to one matrix, without hidden neurons"
_NOTHING = "f has no hidden layer, so there is nothing to compare with"


def flatten(net: Network, depth: int = 0, eps: float = 0.0) -> Network:
    r"""Cheapest network of at most ``depth`` hidden layers that merging neighbouring layers gives.

    Parameters
    ----------
    net : Network
    depth : int
        Most hidden layers of the result.
    eps : float
        Relative error allowed, in the Frobenius norm: ``norm(f - f_eps) <= eps * norm(f)``.

    Returns
    -------
    Network
        Fewest synapses; among those the smallest range (product of max|A_l|), then the fewest layers. Biases
        and activations are carried along. With ``eps > 0`` small weights are dropped: without hidden layers
        the best possible choice, with hidden layers one threshold relative to each layer's largest weight,
        found by bisection on the measured error.

    Raises
    ------
    ValueError
        If ``depth < 0``, ``eps < 0`` or nan, or an activation keeps the network deeper than ``depth``.
    TypeError
        If ``depth`` is not an integer, or ``eps > 0`` and a layer has an activation.
    TooLargeError
        If a merged layer does not fit in memory; the message names its size.

    Notes
    -----
    This is the minimisation of Lin and Tegmark (2016), Eqs. 25-26, over contiguous merges only: exact within
    that set by dynamic programming, an upper bound for the paper's minimum over all networks. The paper's
    flattened networks have fewer hidden layers than f; here ``depth`` may be as large as one likes and f
    itself is then a candidate.

    Examples
    --------
    >>> import flatnet as fn
    >>> net = fn.zeta(9)
    >>> net.synapses, net.flatten(depth=8).synapses, net.flatten().synapses
    (6912, 5184, 19683)
    """
    net, depth, eps = _checked("flatten", net, depth, eps)
    if eps > 0:
        return truncated(net, depth, eps)[0]
    table = segment_table(net)
    return table.form(_reachable("flatten", table, depth).segments)


def _checked(what: str, net: Any, depth: Any, eps: Any) -> tuple[Network, int, float]:
    net = as_network(what, net)
    depth = nonnegative_int(what, "depth", depth)
    eps = error_bound(what, "eps", eps)
    if eps > 0:
        for index, layer in enumerate(net.layers):
            if layer.activation is not None:
                found = f"layer {index} has the activation {layer.activation!r}"
                raise TypeError(f"{what} with eps > 0 needs a linear network, {found}")
    return net, depth, eps


def _reachable(what: str, table: SegmentTable, depth: int) -> Partition:
    if depth + 1 < table.least_layers:
        raise ValueError(
            f"{what} reaches depth {table.least_layers - 1} at the least, got depth={depth}: "
            "layers are merged only where no activation stands between them"
        )
    return table.best(depth + 1)


@dataclass(frozen=True)
class _Found:
    """The upper end: a network that exists, or a partition of a table from which it can be formed; inf: none is known."""

    synapses: float
    log_range: float
    predicted: bool
    form: Callable[[], Network]

    @classmethod
    def of(cls, net: Network) -> _Found:
        peaks = [layer.weight.max_abs for layer in net.layers]
        log_range = add_logs(*(math.log(peak) if peak else -math.inf for peak in peaks))
        return cls(net.synapses, log_range, False, lambda: net)

    @classmethod
    def by_merging(cls, table: SegmentTable, choice: Partition) -> _Found:
        return cls(choice.count, choice.log_range, choice.predicted, lambda: table.form(choice.segments))

    @classmethod
    def unknown(cls, sentence: str) -> _Found:
        def form() -> Network:
            raise ValueError(sentence)

        return cls(math.inf, math.inf, False, form)


@dataclass(frozen=True, repr=False)
class FlatteningCost:
    """What it costs to flatten a network to at most ``depth`` hidden layers.

    Attributes
    ----------
    depth : int
    synapses : int or inf
        Of ``net``; inf if no network of at most ``depth`` hidden layers is known: ``net`` then raises a ValueError.
    C_s, C_n : Interval
        Synapses and neurons of the cheapest network of at most ``depth`` hidden layers over those of f: the
        upper end is reached by ``net`` (C_s), the lower end is certified for ``class_of_networks``.
    C_n_reason : str
        Why C_n is what it is.
    error : float
        Relative Frobenius error of ``net`` (0 for merges, which are exact up to rounding).
    range : float
        Product of max|A_l| over the layers of ``net``.
    predicted : bool
        True if a count behind the upper end is predicted because the product is too large to form.
    bounds : tuple of LowerBound
        The bound for each number of layers 1, 2, ..., depth + 1; the least of them is the lower end.
    class_of_networks : str
        The networks that the lower end covers.
    """

    of: Network
    depth: int
    eps: float
    synapses: float
    C_s: Interval
    C_n: Interval
    C_n_reason: str
    error: float
    range: float
    predicted: bool
    bounds: tuple[LowerBound, ...]
    class_of_networks: str
    _found: _Found

    @cached_property
    def net(self) -> Network:
        """The flattened network, formed when first asked for (TooLargeError if memory cannot hold it)."""
        return self._found.form()

    def measure(self, batch: int = 256, threads: int = 1) -> Measurement:
        """Time the same flattening and set ``C_t``; see :func:`flatnet.measure`."""
        from .measure import measure

        found = measure(self.of, batch=batch, threads=threads, flat=self.net, flat_error=self.error)
        self.__dict__["C_t"] = Interval(found.ratio.q10, found.ratio.q90)
        return found

    @cached_property
    def C_t(self) -> Interval:
        """Wall-clock cost of ``net`` over f, 10 % and 90 % quantiles; nan until :meth:`measure`."""
        return Interval(math.nan, math.nan)

    def _lower_end(self) -> str:
        """Name of the bound behind the lower end, and the networks that it covers."""
        least = min(self.bounds, key=lambda bound: bound.value, default=None)
        return self.class_of_networks if least is None else f"{least.name}: {self.class_of_networks}"

    def __repr__(self) -> str:
        name = self.of.name or "network"
        upper = f"{self.synapses}{' predicted' if self.predicted else ''} of {self.of.synapses} synapses"
        if self.synapses == math.inf:
            upper = "no network is known"
        lines = [
            f"FlatteningCost of {name} to at most {self.depth} hidden layers, eps={self.eps:g}",
            f"C_s in {self.C_s}: {upper}, range {self.range:.6g}, error {self.error:.3g}",
            f"C_n in {self.C_n}: {self.C_n_reason}",
            f"lower end: {self._lower_end()}",
            CONVENTIONS,
        ]
        return "\n".join(lines)

    def __rich__(self) -> Any:
        from rich.table import Table

        notes = f"lower end: {self._lower_end()}\nC_n: {self.C_n_reason}\n{CONVENTIONS}"
        title = f"{self.of.name or 'network'}, at most {self.depth} hidden layers, eps={self.eps:g}"
        table = Table(title=title)
        for name in ("synapses of f", "flattened", "C_s", "C_n", "range", "error"):
            table.add_column(name, justify="right")
        upper = f"{self.synapses}{' (predicted)' if self.predicted else ''}"
        cells = (self.of.synapses, upper, self.C_s, self.C_n, f"{self.range:.6g}", f"{self.error:.3g}")
        table.add_row(*(str(cell) for cell in cells))
        return noted(table, notes)


def flattening_cost(
    net: Network,
    depth: int = 0,
    eps: float = 0.0,
    max_range: float | None = None,
    delta: float = 0.0,
    seed: int = 0,
) -> FlatteningCost:
    r"""Flattening costs C_s and C_n, each between a certified lower bound and what merging reaches.

    Parameters
    ----------
    net : Network
    depth : int
        Most hidden layers of the flattened network.
    eps : float
        Relative error allowed, in the Frobenius norm; linear networks only.
    max_range : float, optional
        Bound Gamma on the product of max|A_l| for the class that the lower ends cover. By default each number
        of layers has its own: the range of the best merged network with exactly that many; ``math.inf`` stands
        for any weights.
    delta, seed : float, int
        Above 0, the lower end may fail with probability ``delta`` over the choice of sampled minors; see
        :func:`flatnet.lower_bound`.

    Returns
    -------
    FlatteningCost

    Raises
    ------
    ValueError, TypeError
        As :func:`flatten`; ValueError also if ``max_range`` is negative or nan or ``delta`` not in [0, 1). A
        non-linear network does not raise for a depth that its ``flat_form`` reaches, or for which a lower bound is known: the
        upper ends are then inf, and both are where no network of such neurons computes f.

    Notes
    -----
    .. math:: C_s = \min N_s(f_\epsilon^\ell) / N_s(f), \qquad C_n = \min N_n(f_\epsilon^\ell) / N_n(f)

    (Lin and Tegmark 2016, Eqs. 25-26.) The minimum is over at most ``depth`` hidden layers, and never more
    than f has: the lower end is the least bound over 1, ..., depth + 1 layers. The paper takes both minima
    over different networks, and so does this: for a linear f, C_n is exactly 0, since one matrix does the
    work of all layers and has no hidden neuron; ``net`` is the network of fewest synapses and may have hidden
    neurons. C_n of a network without hidden layers is 0/0 and given as nan. For non-linear networks the lower
    ends come from what a constructor says of the function (``net.info``): a homogeneous polynomial, by the rank of its space of
    derivatives, a number of linear pieces, or the edges of the cube along which a function of bits changes; otherwise 0.

    Examples
    --------
    >>> import flatnet as fn
    >>> cost = fn.flattening_cost(fn.dft(64))
    >>> cost.C_s, cost.C_n
    ([5.33333, 5.33333], [0, 0])
    """
    net, depth, eps = _checked("flattening_cost", net, depth, eps)
    depth = min(depth, net.depth)
    table = segment_table(net)
    if has_activation(net):
        return _non_linear(table, depth)
    facts = LowerBounds(table, max_range, delta, seed)
    bounds = tuple(facts.lower_bound(layers, eps) for layers in range(1, depth + 2))
    least = min(bounds, key=lambda bound: bound.value)
    covered = least.class_of_networks
    if eps > 0:
        made, error = truncated(net, depth, eps, table)
        found = _Found.of(made)
    else:
        found, error = _Found.by_merging(table, table.best(depth + 1)), 0.0
    if max_range is not None and exp_range(found.log_range) > max_range:
        covered += f"; the network found has the range {exp_range(found.log_range):.6g} and lies outside"
    return FlatteningCost(
        of=net,
        depth=depth,
        eps=eps,
        synapses=found.synapses,
        C_s=Interval(ratio(least.value, net.synapses), ratio(found.synapses, net.synapses)),
        C_n=Interval(math.nan, math.nan) if net.depth == 0 else Interval(0.0, 0.0),
        C_n_reason=_NOTHING if net.depth == 0 else _ONE_MATRIX,
        error=error,
        range=exp_range(found.log_range),
        predicted=found.predicted,
        bounds=bounds,
        class_of_networks=covered,
        _found=found,
    )


def _non_linear(table: SegmentTable, depth: int) -> FlatteningCost:
    """Costs of a network with activations: merges of its linear runs, and its flat form if one is known."""
    net = table.net
    flat = net.flat_form if net.flat_form is not None and net.flat_form.depth <= depth else None
    bound = hidden_neurons(net, depth, flat)
    options: list[tuple[float, _Found, float, str]] = []
    never = impossible(net, depth)
    if flat is None and depth + 1 < table.least_layers and (bound is not None or never):
        reason = never or f"no network of at most {depth} hidden layer{'s' * (depth > 1)} is known that computes f"
        options.append((math.inf, _Found.unknown(f"{net.name or 'network'}: {reason}"), math.inf, reason))
    elif flat is None or depth + 1 >= table.least_layers:
        found = _Found.by_merging(table, _reachable("flattening_cost", table, depth))
        # every merge takes its hidden layer away: what stays are the layers that end in an activation
        neurons: float = sum(layer.weight.shape[0] for layer in net.layers[:-1] if layer.activation is not None)
        reason = "merging every linear run leaves the layers that end in an activation"
        options.append((found.synapses, found, neurons, reason))
    if flat is not None:
        found = _Found.of(flat)
        reason = "the known flat form, which approximates the same function"
        options.append((found.synapses, found, flat.neurons, reason))
    synapses, found, _, _ = min(options, key=lambda option: option[0])
    _, _, neurons, reason = min(options, key=lambda option: option[2])
    least, covered = 0.0, "no lower bound is known here for networks with activations; 0 stands for none"
    if found.synapses == math.inf and never:
        least, covered = math.inf, never
    elif bound is not None:
        least, covered = bound.value, f"{bound.name}: {bound.class_of_networks}"
        reason = f"{reason}; at least {least} neurons by {bound.name}"
    c_n = Interval(math.nan, math.nan) if net.depth == 0 else Interval(ratio(least, net.neurons), ratio(neurons, net.neurons))
    # a hidden neuron that does anything has an incoming synapse, those of the last hidden layer an outgoing one as well
    fewest = 2 * least if depth == 1 else least + 1 if least else 0
    return FlatteningCost(
        of=net,
        depth=depth,
        eps=0.0,
        synapses=synapses,
        C_s=Interval(ratio(fewest, net.synapses), ratio(synapses, net.synapses)),
        C_n=c_n,
        C_n_reason=_NOTHING if net.depth == 0 else reason,
        error=0.0,
        range=exp_range(found.log_range),
        predicted=found.predicted,
        bounds=(),
        class_of_networks=covered,
        _found=found,
    )
