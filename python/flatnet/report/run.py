"""Counts and times the networks of a report into the records of `model`."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits

from .._check import available_memory, require_memory
from ..cost import CONVENTIONS
from ..measure import Measurement, measure, measure_batches
from ..measure import Timing as Side
from ..network import Network
from ..profile import Profile, profile
from .files import Weights, read_chain
from .gates import gate_lines
from .info import machine
from .model import Curve, Family, ProfileLine, ProfileTable, Report, Row, Span, Times, Timing, finite
from .suite import Case, Group, suite
from .words import crossing, headline

__all__ = ["Options", "report"]

_BATCHES = (1, 4, 16, 64, 256, 1024)
_MOST_WORK = 2**30  # multiply-adds per call of a batch that nobody asked for: about a second
_TIMED_DEPTHS = 16  # a profile with more rows is counted only
Tell = Callable[[float, str], None]


@dataclass(frozen=True)
class Options:
    """What a reader can ask for on the command line.

    Attributes
    ----------
    batch, threads : int
        For C_t.
    quick : bool
        Smaller default suite, a third of the time for every timing.
    timed : bool
        Whether C_t is measured at all.
    """

    batch: int = 256
    threads: int = 1
    quick: bool = False
    timed: bool = True

    @property
    def budget(self) -> float:
        """Seconds for the rounds of one timing."""
        return 0.2 if self.quick else 0.6

    @property
    def batches(self) -> tuple[int, ...]:
        """Batches at which C_t is drawn."""
        return tuple(sorted({*_BATCHES, self.batch} - ({1024} if self.quick else set())))


@dataclass
class _Made:
    """Records in the making."""

    rows: list[Row]
    families: list[Family]
    profiles: list[ProfileTable]
    curves: list[Curve]
    remarks: list[str]


def report(files: Sequence[str], options: Options = Options(), tell: Tell = lambda share, text: None) -> Report:
    """Report on files as one network, or on the default suite.

    Parameters
    ----------
    files : sequence of str
        Weight matrices, the first applied first; empty for the default suite.
    options : Options
        What to time and how.
    tell : callable
        ``tell(share, text)`` is called before every piece of work.

    Returns
    -------
    Report
        Records to show or to write.

    Raises
    ------
    ValueError
        If a file cannot be read as a weight matrix, or shapes do not chain.
    TooLargeError
        If memory cannot hold the batch that C_t is measured on.

    Examples
    --------
    >>> import os, tempfile, numpy as np
    >>> from flatnet.report.run import Options, report
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "w.npy")
    ...     np.save(path, np.eye(3))
    ...     report([path]).remarks
    ['w.npy: depth 0, nothing to flatten: one 3 x 3 matrix with 3 synapses, 33.3 % of its entries.']
    """
    # Counting runs on one thread of BLAS: a second one that waits for a busy core makes it many times slower.
    with threadpool_limits(limits=1, user_api="blas"):
        return _report(files, options, tell)


def _report(files: Sequence[str], options: Options, tell: Tell) -> Report:
    tell(0.0, "reading" if files else "listing")
    chain = read_chain(files) if files else []
    groups = [_file_group(chain)] if files else suite(options.quick)
    made = _Made([], [], [], [], [_nothing(chain[0])] if len(chain) == 1 else [])
    steps = _Steps(tell, sum(_weight(case, options) for group in groups for case in group.cases))
    for group in groups:
        for case in group.cases:
            steps.begin(case.label, _weight(case, options))
            _add(made, group, case, options)
        if len(group.cases) > 1:
            made.families.append(_family(group))
    gates = [] if files else gate_lines(options.quick)
    made.remarks += [crossing(curve) for curve in made.curves]
    tell(1.0, "done")
    return Report(
        title="Flattening: what it costs" if not files else f"Flattening {_chain_name(chain)}",
        created=datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        sources=[weights.name for weights in chain] or ["default suite"],
        options={**asdict(options), "budget": options.budget},
        machine=dict(machine()),
        conventions=CONVENTIONS,
        remarks=made.remarks,
        rows=made.rows,
        families=made.families,
        profiles=made.profiles,
        curves=made.curves,
        gates=gates,
    )


class _Steps:
    """Turns pieces of work of known weight into the share that is done."""

    def __init__(self, tell: Tell, total: float) -> None:
        self._tell, self._total, self._done = tell, total, 0.0

    def begin(self, text: str, weight: float) -> None:
        self._tell(self._done / self._total, text)
        self._done += weight


def _weight(case: Case, options: Options) -> float:
    """About how long a case takes [s]."""
    times = 0.0
    if options.timed:
        times = len(options.batches) * case.curved + (case.timed and not case.curved) + 2 * case.profiled
    return 0.05 + options.budget * times


def _chain_name(chain: Sequence[Weights]) -> str:
    names = [weights.name for weights in chain]
    return " → ".join(names) if len(names) <= 4 else f"{names[0]} → … → {names[-1]} ({len(names)} factors)"


def _nothing(weights: Weights) -> str:
    rows, columns = weights.shape
    share = 100 * weights.synapses / (rows * columns)
    return (f"{weights.name}: depth 0, nothing to flatten: one {rows} x {columns} matrix with {weights.synapses:,} "
            f"synapses, {share:.3g} % of its entries.")  # fmt: skip


def _file_group(chain: Sequence[Weights]) -> Group:
    """Return the files as a group of one network."""
    name = _chain_name(chain)
    several = len(chain) > 1
    net = Network([weights.matrix for weights in chain], name=name)
    case = Case(net.shape[1], name, partial(_itself, net), True, several, several, several)
    return Group(name, "n", "", "", (case,))


def _itself(net: Network) -> Network:
    return net


def _add(made: _Made, group: Group, case: Case, options: Options) -> None:
    """Count and time one network."""
    net = case.build()
    flat = case.flat() if case.flat else None
    timing, curve = None, None
    if options.timed and case.timed:
        _check_batch(net, options.batch)
        timing, curve = _timed(net, flat, case, options)
    if flat is not None:
        made.rows.append(_known_row(group, case, net, flat, timing))
        return
    measured = options.timed and case.profiled and len(net) <= _TIMED_DEPTHS
    counted = profile(net, options.batch if measured else None, measured)
    made.rows.append(_row(group, case, net, counted, timing))
    if curve:
        made.curves.append(curve)
    if case.profiled:
        made.profiles.append(_profile(case, net, counted))
        made.remarks += headline(made.rows[-1])


def _batch_bytes(net: Network, batch: int) -> int:
    """Memory of a batch: input, output and four panels of the widest layer."""
    width = max(side for layer in net.layers for side in layer.weight.shape)
    return 6 * width * batch * max(8, np.dtype(net.dtype).itemsize)


def _check_batch(net: Network, batch: int) -> None:
    """Refuse a batch that memory cannot hold."""
    require_memory(f"timing {batch} vectors of {net.shape[1]} numbers", _batch_bytes(net, batch))


def _batches(net: Network, options: Options) -> list[int]:
    """Batches at which C_t is drawn; those beyond the one asked for only where they are cheap."""
    room = available_memory() // 4
    return [
        batch
        for batch in options.batches
        if batch <= options.batch or (batch * net.synapses <= _MOST_WORK and _batch_bytes(net, batch) <= room)
    ]


def _timed(net: Network, flat: Network | None, case: Case, options: Options) -> tuple[Timing, Curve | None]:
    if not case.curved:
        return _timing(measure(net, options.batch, options.threads, budget=options.budget, flat=flat)), None
    sweep = measure_batches(net, _batches(net, options), options.threads, budget=options.budget)
    points = [_timing(found) for found in sweep.measurements]
    return points[sweep.batches.index(options.batch)], Curve(case.label, points, finite(sweep.crossing))


def _timing(found: Measurement) -> Timing:
    return Timing(
        batch=found.batch,
        threads=found.threads,
        dtype=str(found.dtype),
        deep=_times(found.deep),
        flat=_times(found.flat),
        planned=_times(found.planned),
        ratio=finite(found.ratio.median),
        low=finite(found.ratio.q10),
        high=finite(found.ratio.q90),
        rival=found.flat_method,
    )


def _times(side: Side) -> Times | None:
    return Times(side.seconds, side.q10, side.q90) if math.isfinite(side.seconds) else None


def _row(group: Group, case: Case, net: Network, counted: Profile, timing: Timing | None) -> Row:
    """Return the row of a network whose depths were all counted."""
    deep = net.synapses
    first = counted.rows[0]
    flat = first if first.depth == 0 else None
    best = min(counted.rows, key=lambda row: (row.upper, row.range, row.depth))
    least = min(row.lower for row in counted.rows)
    return replace(
        _bare_row(group, case, net, timing),
        flat=flat.upper if flat else None,
        planned=best.upper,
        planned_depth=best.depth,
        predicted=first.predicted or best.predicted,
        C_s=Span(flat.lower / deep, flat.upper / deep) if flat and deep else None,
        C_s_planned=Span(least / deep, best.upper / deep) if deep else None,
        C_n=flat.neurons / net.neurons if flat and net.neurons else None,
    )


def _known_row(group: Group, case: Case, net: Network, flat: Network, timing: Timing | None) -> Row:
    """Return the row of a network that only its known flat form is held against."""
    ratio = flat.synapses / net.synapses
    return replace(
        _bare_row(group, case, net, timing),
        flat=flat.synapses,
        C_s=Span(ratio, ratio),
        C_n=flat.neurons / net.neurons,
        note="" if timing else "generic N, not run",
    )


def _bare_row(group: Group, case: Case, net: Network, timing: Timing | None) -> Row:
    return Row(
        family=group.name,
        label=case.label,
        x=float(case.x),
        inputs=net.shape[1],
        outputs=net.shape[0],
        depth=net.depth,
        deep=net.synapses,
        flat=None,
        planned=None,
        planned_depth=None,
        theory=group.theory(case.x)[0] if group.theory else None,
        timing=timing,
        shown=case.shown,
    )


def _profile(case: Case, net: Network, counted: Profile) -> ProfileTable:
    lines = [
        ProfileLine(
            depth=row.depth,
            lower=row.lower,
            upper=row.upper,
            neurons=row.neurons,
            bytes=row.bytes,
            range=finite(row.range),
            seconds=finite(row.seconds),
            partition=" ".join(f"{i + 1}-{j + 1}" if i < j else f"{i + 1}" for i, j in row.partition),
            predicted=row.predicted,
            bound=row.bound,
            class_of_networks=row.class_of_networks,
        )
        for row in counted.rows
    ]
    return ProfileTable(case.label, net.synapses, counted.batch, lines)


def _family(group: Group) -> Family:
    xs = [float(case.x) for case in group.cases] if group.theory else []
    found = [group.theory(x) for x in xs] if group.theory else []
    spread = any(std > 0 for _, std in found)
    return Family(
        name=group.name,
        x_label=group.x_label,
        formula=group.formula,
        source=group.source,
        log_x=group.log_x,
        x=xs,
        theory=[float(mean) for mean, _ in found],
        low=[float(mean - std) for mean, std in found] if spread else [],
        high=[float(mean + std) for mean, std in found] if spread else [],
    )
