"""The whole table of a network: for every depth the cheapest merge, and how little it could cost."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from ._check import TooLargeError, positive_int
from .certify import LowerBounds, exp_range
from .cost import CONVENTIONS, as_network, has_activation, noted
from .segments import Partition, SegmentTable, segment_table

if TYPE_CHECKING:
    from .network import Network

__all__ = ["Profile", "ProfileRow", "profile"]


@dataclass(frozen=True)
class ProfileRow:
    """The networks with exactly ``depth`` hidden layers.

    Attributes
    ----------
    depth : int
        Hidden layers.
    lower, upper : int
        Certified lower bound on the synapses of ``class_of_networks``, and the synapses of the best merge.
    neurons, bytes : int
        Hidden units and stored bytes of that merge.
    range : float
        Product of max|A_l| of that merge, the Gamma of the lower bound unless ``max_range`` was given.
    seconds : float
        Median time of one application to a whole batch; nan unless measured.
    partition : tuple of (int, int)
        Merged segments (first layer, last layer), 0-based and inclusive.
    predicted : bool
        True if a product of generic weights, or too large to form: ``upper`` and ``bytes`` are predictions then, ``range`` a
        bound.
    bound : str
        Name of the lower bound.
    class_of_networks : str
        What the lower bound covers.
    skipped : tuple of str
        Lower bounds that were not computed because of their work, one sentence each.
    """

    depth: int
    lower: int
    upper: int
    neurons: int
    bytes: int
    range: float
    seconds: float
    partition: tuple[tuple[int, int], ...]
    predicted: bool
    bound: str
    class_of_networks: str
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False)
class Profile:
    """All rows of a network, shallowest first, with the conventions they are counted by.

    Attributes
    ----------
    rows : list of ProfileRow
    net_name : str
    batch : int or None
        Columns of the batch that was timed.
    conventions : str
    """

    rows: list[ProfileRow]
    net_name: str
    batch: int | None = None
    conventions: str = CONVENTIONS

    def to_dict(self) -> dict[str, Any]:
        """The same as plain dicts, lists and numbers, for JSON; numbers that are not finite become None."""
        rows = [{key: _plain(value) for key, value in asdict(row).items()} for row in self.rows]
        return {"net": self.net_name, "batch": self.batch, "rows": rows, "conventions": self.conventions}

    def plot(self, ax: Any = None) -> Any:
        """Draw synapses against depth, the best merge as points above the certified lower bound.

        Parameters
        ----------
        ax : matplotlib Axes, optional

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        ImportError
            If matplotlib is not installed (``pip install flatnet[report]``).
        """
        if ax is None:
            import matplotlib.pyplot as plt

            ax = plt.subplots()[1]
        depths = [row.depth for row in self.rows]
        lower, upper = [row.lower for row in self.rows], [row.upper for row in self.rows]
        ax.fill_between(depths, lower, upper, alpha=0.2, linewidth=0)
        ax.plot(depths, upper, "o-", label="best merge")
        ax.plot(depths, lower, "_--", label="lower bound")
        ax.set(yscale="log", xlabel="hidden layers", ylabel="synapses", title=self.net_name)
        ax.legend()
        return ax

    def _cells(self) -> list[list[str]]:
        table = [["depth", "lower", "upper", "neurons", "bytes", "range", "bound"]]
        timed = any(not math.isnan(row.seconds) for row in self.rows)
        for row in self.rows:
            upper = f"{row.upper}{'*' if row.predicted else ''}"
            cells = [row.depth, row.lower, upper, row.neurons, row.bytes, f"{row.range:.6g}", row.bound]
            table.append([str(cell) for cell in cells] + ([f"{row.seconds:.3g}"] if timed else []))
        if timed:
            table[0].append(f"seconds (batch {self.batch})")
        return table

    def _notes(self) -> str:
        star = (
            "* predicted: a product of generic weights, or too large to form\n"
            if any(row.predicted for row in self.rows)
            else ""
        )
        skipped = "".join(f"not computed: {reason}\n" for reason in sorted({s for row in self.rows for s in row.skipped}))
        last = self.rows[-1].class_of_networks
        return f"{star}{skipped}lower covers, row by row, e.g. in the last: {last}\n{self.conventions}"

    def __repr__(self) -> str:
        cells = self._cells()
        widths = [max(len(row[k]) for row in cells) for k in range(len(cells[0]))]
        lines = ["  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in cells]
        return "\n".join([f"profile of {self.net_name or 'network'}", *lines, self._notes()])

    def __rich__(self) -> Any:
        from rich.table import Table

        header, *cells = self._cells()
        table = Table(title=f"profile of {self.net_name or 'network'}")
        for name in header:
            table.add_column(name, justify="left" if name == "bound" else "right")
        for row in cells:
            table.add_row(*row)
        return noted(table, self._notes())


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return [_plain(part) for part in value] if isinstance(value, tuple) else value


def profile(
    net: Network,
    batch: int | None = None,
    measure: bool = False,
    max_range: float | None = None,
    delta: float = 0.0,
    seed: int = 0,
) -> Profile:
    r"""Cheapest merge for every depth, between a certified lower bound and an exact count.

    Parameters
    ----------
    net : Network
    batch : int, optional
        Columns of the batch to time, 256 by default; without ``measure`` nothing is timed.
    measure : bool
        Also time every row's network (see :func:`flatnet.measure`), all of them in interleaved rounds.
    max_range : float, optional
        Gamma, the bound on the product of max|A_l| for the networks that the lower bounds cover. By default
        each row has its own: the range of its own best merge. With a smaller one the merge itself may lie
        outside the class; with ``math.inf`` the bounds hold for any weights.
    delta, seed : float, int
        Above 0, the bounds may fail with probability ``delta`` over the choice of sampled minors; see
        :func:`flatnet.lower_bound`.

    Returns
    -------
    Profile
        One row per depth 0, ..., L - 1, for networks with exactly that many hidden layers. Rows that merging
        cannot reach, because activations stand between the layers, are left out; rows of non-linear networks
        have the lower bound 0.

    Raises
    ------
    TypeError
        If ``net`` is not a network.
    ValueError
        If ``max_range`` is negative or nan, ``delta`` not in [0, 1), or ``batch`` not a positive integer.

    Notes
    -----
    The numerator of C_s (Lin and Tegmark 2016, Eq. 26) for every depth at once. At the depths where lower and
    upper agree the flattening cost is a theorem: for the FFT with weights of modulus 1 at every number of
    layers that divides log2 n. The paper's figure, n / (2 log2 n), is the ratio of the first to the last row.

    Examples
    --------
    >>> import flatnet as fn
    >>> for row in fn.profile(fn.dft(1024)).rows[:5]:
    ...     print(row.depth, row.lower, row.upper)
    0 1048576 1048576
    1 65536 65536
    2 30964 32768
    3 23171 24576
    4 20480 20480
    """
    net = as_network("profile", net)
    table = segment_table(net)
    facts = None if has_activation(net) else LowerBounds(table, max_range, delta, seed)
    partitions = [table.partition(q) for q in range(table.least_layers, table.layers + 1)]
    rows = [_row(table, facts, partition) for partition in partitions]
    if batch is not None or measure:
        batch = positive_int("profile", "batch", 256 if batch is None else batch)
    if measure and batch is not None:
        seconds = _seconds(table, partitions, batch)
        rows = [replace(row, seconds=time) for row, time in zip(rows, seconds, strict=True)]
    return Profile(rows=rows, net_name=net.name, batch=batch)


def _row(table: SegmentTable, facts: LowerBounds | None, partition: Partition) -> ProfileRow:
    ends = [end for _, end in partition.segments[:-1]]
    lower, name = 0, "none"
    skipped: tuple[str, ...] = ()
    covered = "no lower bound is known here for networks with activations; 0 stands for none"
    if facts is not None:
        bound = facts.lower_bound(partition.layers)
        lower, name, covered, skipped = bound.value, bound.name, bound.class_of_networks, bound.skipped
    return ProfileRow(
        depth=partition.layers - 1,
        lower=lower,
        upper=partition.count,
        neurons=sum(table.net.layers[end].weight.shape[0] for end in ends),
        bytes=partition.nbytes,
        range=exp_range(partition.log_range),
        seconds=math.nan,
        partition=partition.segments,
        predicted=partition.predicted,
        bound=name,
        class_of_networks=covered,
        skipped=skipped,
    )


def _seconds(table: SegmentTable, partitions: list[Partition], batch: int) -> list[float]:
    """Median seconds of each row's network on one batch; nan where it cannot be formed."""
    from .measure import time_networks

    nets: list[Network | None] = []
    for partition in partitions:
        try:
            nets.append(table.form(partition.segments))
        except TooLargeError:
            nets.append(None)
    return time_networks(nets, batch)
