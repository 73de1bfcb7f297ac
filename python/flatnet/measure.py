"""Wall-clock flattening cost C_t: the deep network against its best flat rival, and against the planned one.

The method. Both sides see the same batch, one column per vector, in the same dtype and with the same number
of threads. Results are compared before anything is timed. Samples are taken in rounds, every side once per
round and in rotating order, so that a slow spell of the machine falls on all of them; a sample repeats its
call until it lasts 50 us, well above the clock's resolution. Medians and the 10 % and 90 % quantiles are
reported. The flattened side is the fastest of a dense product (NumPy's BLAS), a sparse product (SciPy) and
flatnet's own flat network, and is named.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ._check import positive_int
from .cost import as_network
from .rivals import Sides, deviation_allowed

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from .network import Network
    from .planning import Plan

__all__ = [
    "BatchSweep",
    "Measurement",
    "Quantiles",
    "Timing",
    "clock_for",
    "interleaved",
    "measure",
    "measure_batches",
    "shortest",
    "time_networks",
]

Array = np.ndarray[Any, Any]
Clock = Callable[[], float]

# A sample lasts at least this long: some thousand ticks of a 10-50 ns clock.
_SAMPLE_SECONDS = 50e-6
_SHORT_SAMPLE = 20e-6  # where the shortest of many samples counts
_FEWEST_ROUNDS = 3


@dataclass(frozen=True)
class Quantiles:
    """A median with the 10 % and 90 % quantiles of its samples."""

    median: float
    q10: float
    q90: float

    @classmethod
    def of(cls, samples: Array) -> Quantiles:
        if samples.size == 0:
            return cls(math.nan, math.nan, math.nan)
        q10, median, q90 = np.quantile(samples, [0.1, 0.5, 0.9])
        return cls(float(median), float(q10), float(q90))

    def __float__(self) -> float:
        return self.median

    def __repr__(self) -> str:
        return f"{self.median:.3g} [{self.q10:.3g}, {self.q90:.3g}]"


@dataclass(frozen=True)
class Timing:
    """Seconds for one application to the whole batch.

    Attributes
    ----------
    seconds, q10, q90 : float
        Median and 10 % and 90 % quantiles; nan if this side could not be run.
    samples : int
        Number of samples.
    method : str
        What was run.
    """

    seconds: float
    q10: float
    q90: float
    samples: int
    method: str

    @classmethod
    def of(cls, samples: Array, method: str) -> Timing:
        found = Quantiles.of(samples)
        return cls(found.median, found.q10, found.q90, int(samples.size), method)

    def __float__(self) -> float:
        return self.seconds


@dataclass(frozen=True, repr=False)
class Measurement:
    """Times of the deep, the flattened and the planned network on one batch.

    Attributes
    ----------
    deep, flat, planned : Timing
        ``flat`` is the fastest of ``rivals``; ``planned`` is what ``net.plan`` chooses for this batch, dtype and threads.
    ratio : Quantiles
        C_t = flat / deep, from the ratios within each round; above 1 the deep network is faster.
    flat_method : str
        Name of the fastest flat method, or why there is none.
    rivals : tuple of Timing
        Every flat method that was timed.
    batch, threads : int
        Columns of the batch; threads given to BLAS and to flatnet.
    dtype : numpy.dtype
        Of the batch.
    planned_layers : int
    """

    deep: Timing
    flat: Timing
    planned: Timing
    ratio: Quantiles
    flat_method: str
    rivals: tuple[Timing, ...]
    batch: int
    threads: int
    dtype: np.dtype[Any]
    planned_layers: int
    net_name: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The same as plain dicts and numbers, for JSON; times that are not there become None."""
        sides = {name: _plain(vars(getattr(self, name))) for name in ("deep", "flat", "planned", "ratio")}
        rest = {"batch": self.batch, "threads": self.threads, "dtype": str(self.dtype)}
        names = {"flat_method": self.flat_method, "planned_layers": self.planned_layers, "net": self.net_name}
        return {**sides, **rest, **names, "rivals": [_plain(vars(rival)) for rival in self.rivals]}

    def __repr__(self) -> str:
        about = f"batch {self.batch}, {self.dtype}, {self.threads} thread(s)"
        lines = [f"Measurement of {self.net_name or 'network'}: {about}"]
        for name in ("deep", "flat", "planned"):
            side = getattr(self, name)
            lines.append(f"{name:>8}  {side.seconds:.3e} s [{side.q10:.3e}, {side.q90:.3e}]  {side.method}")
        lines.append(f"     C_t  {self.ratio!r} = flat / deep")
        if self.deep.q90 > 2 * self.deep.q10:
            lines.append("the times spread by more than a factor 2: the machine is busy")
        return "\n".join(lines)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in values.items()}


@dataclass(frozen=True)
class BatchSweep:
    """C_t for several batch sizes.

    Attributes
    ----------
    measurements : tuple of Measurement
        One per batch, in the order asked for.
    """

    measurements: tuple[Measurement, ...]

    @property
    def batches(self) -> list[int]:
        return [m.batch for m in self.measurements]

    @property
    def ratios(self) -> list[float]:
        """Median C_t for each batch."""
        return [m.ratio.median for m in self.measurements]

    @property
    def crossing(self) -> float:
        """Batch at which C_t passes 1, interpolated in the logarithms; nan if it does not in this span."""
        pairs = sorted((m.batch, m.ratio.median) for m in self.measurements if m.ratio.median > 0)
        for (low, below), (high, above) in zip(pairs, pairs[1:], strict=False):
            if (below - 1) * (above - 1) <= 0 and below != above:
                share = math.log(below) / (math.log(below) - math.log(above))
                return low * (high / low) ** share
        return math.nan


def measure(
    net: Network,
    batch: int = 256,
    threads: int = 1,
    dtype: DTypeLike | None = None,
    rounds: int = 21,
    budget: float = 1.0,
    flat: Network | None = None,
    flat_error: float = 0.0,
    plan: Plan | None = None,
) -> Measurement:
    """Time a deep network against its flattened and its planned form.

    Parameters
    ----------
    net : Network
        The deep network.
    batch : int
        Vectors per application; the batch has shape (inputs, batch), C order.
    threads : int
        Threads for BLAS (through threadpoolctl) and for flatnet; SciPy's sparse product always runs on one.
    dtype : dtype, optional
        Of the batch; by default that of the weights. Results follow NumPy promotion.
    rounds : int
        Most rounds; fewer (at least 3) if the budget is spent.
    budget : float
        Time for the rounds [seconds].
    flat : Network, optional
        The flattened network; by default ``net`` merged as far as its activations permit.
    flat_error : float
        Relative error that ``flat`` is allowed, if it approximates.
    plan : Plan, optional
        The planned side, of ``net``: also one with an error, or of ``effort="measure"``; by default what
        ``net.plan(batch, threads)`` gives.

    Returns
    -------
    Measurement
        ``flat`` is nan, with the reason as its method, if the flat network does not fit in memory.

    Raises
    ------
    ValueError
        If ``batch``, ``threads`` or ``rounds`` is not positive, or ``plan`` is one of another network.
    TypeError
        If ``dtype`` is not float32, float64, complex64 or complex128.
    ArithmeticError
        If two sides disagree by more than rounding can explain.

    Notes
    -----
    C_t is the wall-clock counterpart of C_s (Lin and Tegmark 2016, Eq. 26), which the paper does not
    consider. A dense product runs nearer to the machine's peak than a sparse chain does, so that C_t is
    usually the smaller one; it depends on the batch, see :func:`measure_batches`.

    Examples
    --------
    >>> import flatnet as fn
    >>> found = fn.measure(fn.hadamard(64), batch=16, rounds=3)
    >>> found.ratio.median > 0
    True
    """
    net = as_network("measure", net)
    if plan is not None and plan.of is not net:
        names = [one.name or repr(one).partition(",")[0] for one in (net, plan.of)]
        raise ValueError(f"measure needs a plan of the very network, {names[0]}, got one of {names[1]}")
    sides = Sides(net, dtype, flat, flat_error, plan)
    return _measured(sides, _positive("measure", batch, threads, rounds), budget)


def measure_batches(
    net: Network,
    batches: Sequence[int] = (1, 4, 16, 64, 256, 1024),
    threads: int = 1,
    dtype: DTypeLike | None = None,
    rounds: int = 21,
    budget: float = 1.0,
    progress: Callable[[int, int], None] | None = None,
) -> BatchSweep:
    """Time a network for several batch sizes; the flat networks are formed once.

    Parameters
    ----------
    net : Network
    batches : sequence of int
    threads, dtype, rounds
        As :func:`measure`.
    budget : float
        Time for the rounds of each batch [seconds].
    progress : callable, optional
        Called as ``progress(done, total)`` after each batch.

    Returns
    -------
    BatchSweep
        ``.ratios`` is C_t against ``.batches``, ``.crossing`` the batch where deep and flat are equally fast.

    Examples
    --------
    >>> import flatnet as fn
    >>> from flatnet.measure import measure_batches
    >>> measure_batches(fn.hadamard(64), batches=(1, 16), rounds=3).batches
    [1, 16]
    """
    sides = Sides(as_network("measure_batches", net), dtype, None, 0.0)
    sizes = [_positive("measure_batches", batch, threads, rounds) for batch in batches]
    found = []
    for done, size in enumerate(sizes, start=1):
        found.append(_measured(sides, size, budget))
        if progress is not None:
            progress(done, len(sizes))
    return BatchSweep(tuple(found))


def _positive(what: str, batch: Any, threads: Any, rounds: Any) -> tuple[int, int, int]:
    checked = [positive_int(what, name, v) for name, v in (("batch", batch), ("threads", threads), ("rounds", rounds))]
    return checked[0], checked[1], checked[2]


def _measured(sides: Sides, size: tuple[int, int, int], budget: float) -> Measurement:
    batch, threads, rounds = size
    X = sides.batch(batch)
    rivals = sides.rivals(X, threads)
    plan = sides.plan(batch, threads)
    calls = {"deep": sides.deep(X, threads), "planned": sides.planned(plan, X, threads), **rivals}
    with _threads(threads):
        _agree(X, calls, sides, plan.error)
        if plan.network is sides.net:
            del calls["planned"]
        samples = dict(zip(calls, interleaved(list(calls.values()), rounds, budget), strict=True))
    deep = samples["deep"]
    timed = tuple(Timing.of(samples[name], name) for name in rivals)
    best = min(timed, key=lambda side: side.seconds, default=None)
    nothing = np.empty(0)
    return Measurement(
        deep=Timing.of(deep, f"flatnet, {len(sides.net)} layers"),
        flat=Timing.of(nothing, sides.reason) if best is None else best,
        planned=Timing.of(samples.get("planned", deep), f"flatnet, {len(plan.layers)} layers"),
        ratio=Quantiles.of(nothing if best is None else samples[best.method] / deep),
        flat_method=sides.reason if best is None else best.method,
        rivals=timed,
        batch=batch,
        threads=threads,
        dtype=X.dtype,
        planned_layers=len(plan.layers),
        net_name=sides.net.name,
    )


def _agree(X: Array, calls: dict[str, Callable[[], Array]], sides: Sides, plan_error: float) -> None:
    """Compare every side with the deep one; this is also the first warm-up call."""
    results = {name: np.array(call(), copy=True) for name, call in calls.items()}
    deep = results.pop("deep")
    for name, result in results.items():
        allowed = deviation_allowed(sides, X, deep, plan_error if name == "planned" else sides.flat_error)
        found = float(np.linalg.norm((result - deep).ravel()))
        if found > allowed:
            raise ArithmeticError(f"{name} and the deep network disagree by {found:.3g} where rounding explains {allowed:.3g}")


def _threads(threads: int) -> Any:
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=threads, user_api="blas")


def clock_for(threads: int) -> Clock:
    """A clock for calls of so many threads: one thread's own processor time, which other load on the machine leaves alone.

    Where it is coarser than a microsecond, and for several threads, it is the time that passes.
    """
    fine = time.get_clock_info("thread_time").resolution < 1e-6
    return time.thread_time if threads == 1 and fine else time.perf_counter


def shortest(call: Callable[[], Any], seconds: float, clock: Clock = time.perf_counter) -> float:
    """Shortest time of calls repeated until they took `seconds` in all.

    There are three samples at least, of as many calls as last some 20 us. What the machine did in between does not use up the
    time: a sample counts with four times the shortest one at most. A clock that stood still for a while does not make samples
    long: the time on the wall, though much of it may be the machine's, bounds them.
    """
    started = time.perf_counter()
    best = _timed(call, 1, clock)
    repeats = max(1, math.ceil(_SHORT_SAMPLE / max(best, (time.perf_counter() - started) / 100, 1e-9)))
    counted, count, end = 0.0, 0, time.perf_counter() + 20 * seconds
    while (counted < seconds and time.perf_counter() < end) or count < _FEWEST_ROUNDS:
        once = _timed(call, repeats, clock)
        best, count = min(best, once), count + 1
        counted += min(once, 4 * best) * repeats
    return best


def interleaved(calls: list[Callable[[], Any]], rounds: int, budget: float, clock: Clock = time.perf_counter) -> list[Array]:
    """Seconds per call, one array of samples per side, every side once per round in rotating order."""
    once = [min(_timed(call, 1, clock) for _ in range(3)) for call in calls]
    repeats = [max(1, math.ceil(_SAMPLE_SECONDS / max(seconds, 1e-9))) for seconds in once]
    per_round = sum(seconds * repeat for seconds, repeat in zip(once, repeats, strict=True))
    rounds = max(min(rounds, _FEWEST_ROUNDS), min(rounds, int(budget / max(per_round, 1e-9))))
    samples = np.empty((len(calls), rounds))
    start, turn = time.perf_counter(), 0
    while turn < rounds and (turn < _FEWEST_ROUNDS or time.perf_counter() - start < budget):
        for place in range(len(calls)):
            side = (turn + place) % len(calls)
            samples[side, turn] = _timed(calls[side], repeats[side], clock)
        turn += 1
    return list(samples[:, :turn])


def _timed(call: Callable[[], Any], repeats: int, clock: Clock = time.perf_counter) -> float:
    start = clock()
    for _ in range(repeats):
        call()
    return (clock() - start) / repeats


def time_networks(
    nets: Sequence[Network | None], batch: int, threads: int = 1, rounds: int = 21, budget: float = 2.0
) -> list[float]:
    """Median seconds of several forms of one network on the same batch, in interleaved rounds.

    Parameters
    ----------
    nets : sequence of Network or None
        Forms of one network; None is passed through as nan.
    batch, threads, rounds, budget
        As :func:`measure`.

    Returns
    -------
    list of float
        Seconds for one application to the batch.
    """
    there = [net for net in nets if net is not None]
    if not there:
        return [math.nan] * len(nets)
    sides = [Sides(net, None, net, 0.0) for net in there]
    X = sides[0].batch(batch)
    with _threads(threads):
        samples = iter(interleaved([side.deep(X, threads) for side in sides], rounds, budget))
    return [math.nan if net is None else Quantiles.of(next(samples)).median for net in nets]
