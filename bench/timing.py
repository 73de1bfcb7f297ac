"""Interleaved timing: every side once per round, in rotating order, so that a slow spell falls on all.

A sample repeats its call until it lasts 200 us, far above the clock's resolution, after one call that is not
timed. With more than one thread each sample starts after a pause: the workers of the side before go on
spinning for a while and would take its core. What is reported is the median of the samples and their
quartiles; ratios are taken inside each round, where both sides met the same machine.
"""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Spread", "agree", "budgeted", "interleaved", "pinned", "ratio", "threads_limited"]

SAMPLE_SECONDS = 200e-6
PAUSE_SECONDS = 3e-3  # rivals limits how long MKL's workers spin to 1 ms

SLOW_FACTOR = 3.0  # a rival that takes longer than this many times the best is sampled in few rounds
SLOW_ROUNDS = 5
WARM_SECONDS = 5e-3  # longer calls warm the caches and the processor themselves

Call = Callable[[], Any]  # one with an attribute `seconds(repeats)` times itself: a loop outside Python


@dataclass(frozen=True)
class Spread:
    """Median and quartiles of some samples."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, samples: NDArray[np.float64]) -> Spread:
        low, median, high = np.nanquantile(samples, [0.25, 0.5, 0.75])
        return cls(float(median), float(low), float(high))


def interleaved(calls: Mapping[str, Call], rounds: int, threads: int = 1) -> dict[str, NDArray[np.float64]]:
    """Seconds per call of every side, one sample a round."""
    sides = list(calls.values())
    once = [min(_seconds(side, 1) for _ in range(3)) for side in sides]
    repeats = [max(1, math.ceil(SAMPLE_SECONDS / max(seconds, 1e-9))) for seconds in once]
    samples = np.empty((len(sides), rounds))
    for turn in range(rounds):
        for place in range(len(sides)):
            side = (turn + place) % len(sides)
            if threads > 1:
                time.sleep(PAUSE_SECONDS)
            sides[side]()
            samples[side, turn] = _seconds(sides[side], repeats[side])
    return dict(zip(calls, samples, strict=True))


def budgeted(calls: Mapping[str, Call], seconds: float, threads: int = 1, first: str = "") -> dict[str, NDArray[np.float64]]:
    """`interleaved`, with as many rounds (7 to 101) as fit into a time.

    Sides more than `SLOW_FACTOR` times slower than the best in a first look are sampled in `SLOW_ROUNDS` of the
    rounds; the others of theirs are NaN. ``first`` names a side that is sampled in every round all the same.
    """
    once = {name: _seconds(call, 1) for name, call in calls.items()}
    once = {name: min(once[name], _seconds(call, 1)) if once[name] < 1 else once[name] for name, call in calls.items()}
    best = min(once.values())
    repeats = {name: max(1, math.ceil(SAMPLE_SECONDS / max(t, 1e-9))) for name, t in once.items()}
    cost = {name: t * (repeats[name] + (t < WARM_SECONDS)) + (threads > 1) * PAUSE_SECONDS for name, t in once.items()}
    slow = [name for name in calls if once[name] > SLOW_FACTOR * best and name != first]
    left = seconds - sum(SLOW_ROUNDS * cost[name] for name in slow)
    rounds = int(np.clip(left / sum(cost[name] for name in calls if name not in slow), 7, 101))
    sampled = set(np.linspace(0, rounds - 1, SLOW_ROUNDS).astype(int).tolist())
    samples = {name: np.full(rounds, np.nan) for name in calls}
    names = list(calls)
    for turn in range(rounds):
        for place in range(len(names)):
            name = names[(turn + place) % len(names)]
            if name in slow and turn not in sampled:
                continue
            if threads > 1:
                time.sleep(PAUSE_SECONDS)
            if once[name] < WARM_SECONDS:
                _seconds(calls[name], 1)
            samples[name][turn] = _seconds(calls[name], repeats[name])
    return samples


def _seconds(call: Call, repeats: int) -> float:
    if hasattr(call, "seconds"):
        return call.seconds(repeats)
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats


def ratio(slow: NDArray[np.float64], fast: NDArray[np.float64]) -> Spread:
    """How many times longer one side takes than another, round by round."""
    return Spread.of(slow / fast)


def agree(name: str, found: NDArray[Any], expected: NDArray[Any], tolerance: float = 0.0) -> None:
    """Refuse to time a wrong result.

    AssertionError if its relative error, in the Frobenius norm, passes what rounding along a chain explains
    (1e-4 in single, 1e-11 in double precision) or ``tolerance``, whichever is larger.
    """
    assert found.shape == expected.shape, f"{name} has shape {found.shape}, expected {expected.shape}"
    single = found.dtype.name in ("float32", "complex64")
    error = np.linalg.norm((found - expected).ravel()) / max(float(np.linalg.norm(expected.ravel())), 1e-300)
    assert error < max(1e-4 if single else 1e-11, tolerance), f"{name} is off by {error:.1e}"


@contextlib.contextmanager
def pinned(threads: int) -> Iterator[None]:
    """One thread stays on one core (where the system can pin); more of them are left to the system."""
    if threads > 1 or not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


@contextlib.contextmanager
def threads_limited(threads: int) -> Iterator[None]:
    """BLAS and OpenMP libraries of this process limited to some threads."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=threads):
        yield
