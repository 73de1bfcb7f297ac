"""The planner: edges from the model or from measurement, the shortest path, the network of its partition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _check, _core
from ..cost import as_network
from ..truncate import truncated
from ._calibration import calibration, machine_name
from ._edges import Setting, all_edges, table_of
from ._model import Calibration
from ._plan import Plan, Row
from ._reasons import reasons
from ._rewrites import Rewrite, Rewritten, free_merges, rewritten, unchanged
from ._search import Edge, Path, front, search
from ._work import work_of_factor

if TYPE_CHECKING:
    from ..network import Network

__all__ = ["EFFORTS", "plan"]

EFFORTS = ("estimate", "measure")
_KEPT_PLANS = 8  # of effort="estimate" a network
COSTS = ("seconds", "synapses", "bytes")


def plan(
    net: Network,
    batch: int = 1,
    threads: int | None = None,
    effort: str = "estimate",
    *,
    dtype: Any = None,
    cost: str = "seconds",
    depth: int | None = None,
    max_bytes: float | None = None,
    eps: float = 0.0,
    rewrites: bool = True,
    budget: float = 2.0,
    progress: bool | Callable[[float, str], None] | None = None,
) -> Plan:
    r"""How flat to run a network: the cheapest partition of its layers into merged segments.

    Parameters
    ----------
    net : Network
    batch : int
        Vectors a call.
    threads : int, optional
        Of each call; by default FLATNET_THREADS, else all cores.
    effort : {"estimate", "measure"}
        Model the time of every segment from the machine's calibration (:func:`flatnet.planning.calibrate`), or time them.
    dtype : dtype, optional
        Of the data; by default that of the weights.
    cost : {"seconds", "synapses", "bytes"}
        What is minimised.
    depth : int, optional
        Most hidden layers.
    max_bytes : float, optional
        Most bytes of weights.
    eps : float
        Relative error allowed in the Frobenius norm: small weights are dropped. Linear networks only.
    rewrites : bool
        Hoist scalars, fold permutations and diagonals and drop units that nobody reads before anything is merged. The matrix
        stays as it is; ``p.rewrites`` says what was done.
    budget : float
        Time for ``effort="measure"`` [seconds], the counting of products before it left aside.
    progress : bool or callable, optional
        For ``effort="measure"``: True or None shows a bar on a terminal, False nothing; a callable gets (share, text).

    Returns
    -------
    Plan

    Raises
    ------
    ValueError, TypeError
        If an argument is out of its range, or no partition keeps to `depth` and `max_bytes`; the message names the least
        possible.
    TooLargeError
        If memory cannot hold what `depth` asks for; the message names the size, and nothing has been allocated.

    Notes
    -----
    .. math:: \min_{0 = k_0 < k_1 < \dots < k_q = L} \; \sum_{s=1}^{q} c(k_{s-1}, k_s)

    over all contiguous partitions, c the cost of the segment's product in its best format, or of a run of stages that the
    kernels do as one transform. Costs add up, so that the shortest path over O(L^2) edges is the optimum of all 2^(L-1)
    partitions. It is the minimisation of Lin and Tegmark (2016), Eq. 26, restricted to merges, with a cost of one's choice.

    Examples
    --------
    >>> import flatnet as fn
    >>> p = fn.zeta(9).plan(dtype=int, cost="synapses")
    >>> p.partition
    ((0, 2), (3, 5), (6, 8))
    >>> p([1] * 512).tolist()[-1]
    512
    """
    net = as_network("plan", net)
    setting = _setting(net, batch, threads, dtype, cost)
    if effort not in EFFORTS:
        raise ValueError(f"plan needs an effort of {' or '.join(map(repr, EFFORTS))}, got {effort!r}")
    most = len(net) if depth is None else _check.nonnegative_int("plan", "depth", depth) + 1
    if max_bytes is not None and not _check.real_number("plan", "max_bytes", max_bytes) > 0:
        raise ValueError(f"plan needs max_bytes > 0, got max_bytes={max_bytes}")
    eps = _check.error_bound("plan", "eps", eps)
    budget = _check.error_bound("plan", "budget", budget)
    if eps > 0:
        net._require_linear("plan with eps > 0")
    form = rewritten(net) if rewrites else unchanged(net)
    speeds = calibration(setting.table)
    asked = _Asked(net, form, setting, effort, most, max_bytes, budget, progress, speeds)
    if effort == "measure":
        return _truncated_plan(asked, eps) if eps > 0 else _merged_plan(asked)
    # kept on the network itself, which a plan refers to
    made: dict[Any, tuple[Calibration, Plan]] = net.__dict__.setdefault("_plans", {})
    key = (setting, most, max_bytes, eps, rewrites)
    if key not in made or made[key][0] is not speeds:
        while len(made) >= _KEPT_PLANS:
            del made[next(iter(made))]
        made[key] = (speeds, _truncated_plan(asked, eps) if eps > 0 else _merged_plan(asked))
    return replace(made[key][1], _told=set())  # each has its own warnings to give


@dataclass(frozen=True)
class _Asked:
    """The arguments of `plan`, checked; `most` is a number of layers."""

    net: Network
    form: Rewritten
    setting: Setting
    effort: str
    most: int
    max_bytes: float | None
    budget: float
    progress: bool | Callable[[float, str], None] | None
    speeds: Calibration

    @property
    def moved(self) -> float:
        """Seconds for the batch's way into panels and back."""
        s = self.setting
        return self.speeds.moved(sum(self.net.shape), s.table, s.dtype.itemsize, s.batch, s.threads)


def _merged_plan(asked: _Asked) -> Plan:
    """The best partition of the rewritten chain."""
    form, chain, setting = asked.form, asked.form.net, asked.setting
    edges, too_large = all_edges(chain, setting, asked.speeds)
    too_large.sort(key=lambda segment: segment[0] - segment[1])  # widest first
    left_out = [f"layers {form.groups[i][0]}..{form.groups[j][1]} {text}" for i, j, text in too_large]
    paths = _allowed(chain, edges, search(len(chain), edges, asked.max_bytes), asked.most, asked.max_bytes, left_out)
    if asked.effort == "measure":
        from ._measure import measured_front

        rows, whys, said = measured_front(chain, setting, edges, asked.most, asked.max_bytes, asked.budget, asked.progress)
        notes = [*left_out, *said]
    else:
        ordered = front(paths)
        rows = [Row(p.layers - 1, p.segments, p.synapses, p.nbytes, p.seconds + asked.moved) for p in ordered]
        whys = reasons(ordered, edges, setting)
        notes = [*left_out, _about(asked.speeds)]
    costs = [setting.chosen(row.seconds, row.synapses, row.nbytes) for row in rows]
    # a partition that was timed whole is believed before one that was not
    timed = [r for r, row in enumerate(rows) if row.measured] if setting.cost == "seconds" else []
    k = min(timed or range(len(rows)), key=lambda r: (costs[r], rows[r].synapses, rows[r].depth))
    table = table_of(chain)
    said_of = (*form.rewrites, *free_merges(table, form, rows[k].partition))
    return _plan(asked, table.form(rows[k].partition), rows[k], 0.0, rows, whys[k], said_of, notes)


def _plan(
    asked: _Asked,
    made: Network,
    row: Row,
    error: float,
    rows: Sequence[Row],
    why: tuple[str, ...],
    rewrites: tuple[Rewrite, ...],
    notes: Sequence[str],
) -> Plan:
    setting, of_user = asked.setting, asked.form.of_user
    made._watched = asked.net.certificate  # merged layers round in their own way: the domain holds for them, the bound does not
    return Plan(
        of=asked.net,
        network=made,
        partition=of_user(row.partition),
        batch=setting.batch,
        threads=setting.threads,
        dtype=setting.dtype,
        effort=asked.effort,
        cost=setting.cost,
        machine=machine_name(),
        seconds=row.seconds,
        error=error,
        front=tuple(replace(other, partition=of_user(other.partition)) for other in rows),
        why=why,
        rewrites=rewrites,
        notes=tuple(notes),
    )


def _setting(net: Network, batch: Any, threads: Any, dtype: Any, cost: Any) -> Setting:
    batch = _check.positive_int("plan", "batch", batch)
    count = _check.threads("plan", threads) or _core.default_threads()
    if cost not in COSTS:
        raise ValueError(f"plan needs a cost of {', '.join(COSTS)}, got {cost!r}")
    if dtype is None:
        return Setting(batch, count, net.dtype, cost)
    given = np.dtype(dtype)
    _check.refuse_dtype("plan: dtype", given)
    return Setting(batch, count, net._promotion.result(given), cost)


def _about(speeds: Calibration) -> str:
    if speeds.measured:
        return "speeds: this machine's calibration"
    return "speeds: typical ones; flatnet.planning.calibrate() measures this machine's"


def _allowed(
    net: Network, edges: list[Edge], paths: dict[int, Path], most: int, max_bytes: float | None, left_out: list[str]
) -> dict[int, Path]:
    if not paths:
        least = min(path.nbytes for path in search(len(net), [replace(e, cost=float(e.nbytes)) for e in edges]).values())
        raise ValueError(f"plan needs max_bytes >= {least} for this network, got max_bytes={max_bytes:g}")
    kept = {count: path for count, path in paths.items() if count <= most}
    if not kept:
        said = f"plan reaches depth {min(paths) - 1} at the least, got depth={most - 1}"
        raise _check.TooLargeError(f"{said}: {left_out[0]}") if left_out else ValueError(said)
    return kept


def _truncated_plan(asked: _Asked, eps: float) -> Plan:
    """The cheapest of the truncated networks of each depth."""
    chain, setting, speeds = asked.form.net, asked.setting, asked.speeds
    table = table_of(chain)
    found: dict[int, _Truncated] = {}
    for layers in range(1, min(asked.most, len(chain)) + 1):
        made, error = truncated(chain, layers - 1, eps, table)
        works = [work_of_factor(layer.weight) for layer in made.layers]
        weights = sum(work.weights for work in works)
        about = (setting.table, setting.dtype.itemsize, setting.batch, setting.threads)
        times = [speeds.seconds(work, *about, weights - work.weights) for work in works]
        took = asked.moved + sum(times)
        row = Row(made.depth, table.partition(len(made)).segments, made.synapses, made.nbytes, took)
        if asked.max_bytes is None or row.nbytes <= asked.max_bytes:
            found.setdefault(made.depth, _Truncated(row, made, error))
    if not found:
        raise ValueError(f"no truncated network keeps to max_bytes={asked.max_bytes:g}; a larger eps drops more weights")
    options, notes = list(found.values()), [_about(speeds)]
    if asked.effort == "measure":
        from ._measure import time_whole

        times = time_whole([option.made for option in options], setting, asked.budget, asked.progress)
        measured = zip(options, times, strict=True)
        options = [replace(option, row=replace(option.row, seconds=s, measured=True)) for option, s in measured]
        notes = [f"{len(options)} truncated networks timed on the planned batch"]
    best = min(options, key=lambda o: (setting.chosen(o.row.seconds, o.row.synapses, o.row.nbytes), o.row.depth))
    why = tuple(f"small weights dropped, eps={eps:g}" for _ in best.made.layers)
    return _plan(asked, best.made, best.row, best.error, [o.row for o in options], why, asked.form.rewrites, notes)


@dataclass(frozen=True)
class _Truncated:
    row: Row
    made: Network
    error: float
