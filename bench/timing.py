"""Interleaved timing: every side once per round, in rotating order, so that a slow spell falls on all.

A sample repeats its call until it lasts 200 us, far above the clock's resolution, after one call that is not
timed. With more than one thread each sample starts after a pause: the workers of the side before go on
spinning for a while and would take its core. What is reported is the median of the samples and their
quartiles; ratios are taken inside each round, where both sides met the same machine.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Spread", "agree", "interleaved", "ratio", "threads_limited"]

SAMPLE_SECONDS = 200e-6
PAUSE_SECONDS = 3e-3  # rivals limits how long MKL's workers spin to 1 ms

Call = Callable[[], Any]


@dataclass(frozen=True)
class Spread:
    """Median and quartiles of some samples."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, samples: NDArray[np.float64]) -> Spread:
        low, median, high = np.quantile(samples, [0.25, 0.5, 0.75])
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


def _seconds(call: Call, repeats: int) -> float:
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
def threads_limited(threads: int) -> Iterator[None]:
    """BLAS and OpenMP libraries of this process limited to some threads."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=threads):
        yield
