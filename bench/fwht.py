"""Walsh-Hadamard transforms against every rival, side by side in one process: `python bench/fwht.py`.

Single vectors are transformed in place by C functions in a C loop (FFHT's and flatnet's, the same signature); batches
go from x to y. FFHT is found through the environment's FLATNET_FFHT. README.md says what the numbers mean.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import flatnet as fn
import numpy as np
from compare import ALONE, OWN, Case, Figure, Sides, add_rivals, main
from limits import hadamard_seconds
from numpy.typing import NDArray
from rivals import Unavailable, loops, walsh
from timing import Call, pinned

Array = NDArray[Any]


def by_definition(x: Array, y: Array, axis: int, samples: int = 24) -> None:
    """Some outputs against the sum that defines them, H[i, j] = (-1)^popcount(i & j), in double precision."""
    lines, found = (np.moveaxis(a, axis, -1).reshape(-1, x.shape[axis]) for a in (x, y))
    rng = np.random.default_rng(1)
    j = np.arange(x.shape[axis])
    for _ in range(samples):
        line, i = rng.integers(len(lines)), rng.integers(len(j))
        odd = i & j
        for shift in (32, 16, 8, 4, 2, 1):
            odd ^= odd >> shift
        expected = np.where(odd & 1, -1.0, 1.0) @ lines[line].astype(np.float64)
        scale = np.linalg.norm(lines[line].astype(np.float64)) * (1e-5 if x.itemsize == 4 else 1e-13)
        assert abs(found[line, i] - expected) < scale, f"flatnet is off by {abs(found[line, i] - expected):.1e} at {i}"


def data(shape: tuple[int, ...], dtype: str) -> Array:
    """Normal numbers, always the same."""
    return np.random.default_rng(0).standard_normal(shape, dtype=dtype)


def in_place(x: Array, threads: int) -> loops.Loop:
    """fn.fwht with threads on one vector, over and over; the data are put back outside of the time."""
    import time

    buffer = np.empty_like(x)

    def seconds(repeats: int) -> float:
        spent = 0.0
        for done in range(0, repeats, 8):
            np.copyto(buffer, x)
            begin = time.perf_counter()
            for _ in range(min(8, repeats - done)):
                fn.fwht(buffer, out=buffer, threads=threads)
            spent += time.perf_counter() - begin
        return spent / repeats

    return loops.Loop(seconds, buffer)


def single(log_n: int, dtype: str, threads: int) -> Sides:
    """One vector, in place."""
    x = data((1 << log_n,), dtype)
    calls: dict[str, Call] = {OWN: loops.flatnet_fht(x) if threads == 1 else in_place(x, threads)}
    if threads > 1:
        calls[ALONE] = in_place(x, 1)
    by_definition(x, calls[OWN](), 0)
    sides = Sides(calls, lambda: hadamard_seconds(1 << log_n, 1, dtype, threads, arrays=1))
    add_rivals(sides, {"FFHT": lambda: loops.ffht(x)})
    return sides


def batch(shape: tuple[int, int], axis: int, dtype: str, threads: int) -> Sides:
    """Rows (axis 1) or columns (axis 0) of an array, x to y."""
    x = data(shape, dtype)
    y = np.empty_like(x)
    calls: dict[str, Call] = {OWN: lambda: fn.fwht(x, axis=axis, out=y, threads=threads)}
    if threads > 1:
        calls[ALONE] = lambda: fn.fwht(x, axis=axis, out=y, threads=1)
    by_definition(x, calls[OWN](), axis)
    n, count = shape[axis], shape[1 - axis]
    sides = Sides(calls, lambda: hadamard_seconds(n, count, dtype, threads))
    rivals = walsh.ROWS if axis == 1 else walsh.INNERMOST
    add_rivals(sides, {name: partial(make, x, axis, threads) for name, make in rivals.items()})
    return sides


def cases() -> list[Case]:
    """Every Walsh-Hadamard row of the table."""
    found = []
    for dtype, must in (("float32", 1.8), ("float64", 1.6)):
        aim, short = (2.4, "f32") if dtype == "float32" else (2.1, "f64")
        for log_n in (8, 10, 12, 14, 16, 18, 20):
            side = partial(single, log_n, dtype)
            threads = (1, 2) if log_n >= 20 else (1,)
            found.append(
                Case(
                    f"{short}-single",
                    f"{short} 2^{log_n}",
                    must,
                    aim,
                    side,
                    threads,
                    quick=log_n in (8, 12, 16, 20),
                    dtype=dtype,
                )
            )
        for log_n in (22, 24, 26):
            found.append(
                Case(
                    f"{short}-large",
                    f"{short} 2^{log_n}",
                    2.2,
                    3,
                    partial(single, log_n, dtype),
                    quick=log_n == 22,
                    dtype=dtype,
                )
            )
        for shape, row_must, row_aim in (((4096, 1024), 2.5, 4), ((256, 65536), 2.5, 4), ((65536, 256), 1.6, 2)):
            name = f"{short} rows {shape[0]} x {shape[1]}"
            found.append(Case(f"{short}-rows", name, row_must, row_aim, partial(batch, shape, 1, dtype), dtype=dtype))
        for shape, in_must, in_aim in (((1024, 4096), 8, 15), ((256, 65536), 6, 10)):
            name = f"{short} innermost {shape[0]} x {shape[1]}"
            found.append(Case(f"{short}-innermost", name, in_must, in_aim, partial(batch, shape, 0, dtype), dtype=dtype))
    return found


def call_cost(quick: bool) -> list[Figure]:
    """What a call of Python costs: 16 points, out= given."""
    x = data((16,), "float32")
    y = np.empty_like(x)
    try:
        kernel = loops.flatnet_fht(x).seconds(100000)
    except Unavailable:
        kernel = 0.0
    cost = least(lambda: fn.fwht(x, out=y), 200 if quick else 2000)
    note = f"fn.fwht(x, out=y) on 16 points less the kernel's {kernel * 1e9:.0f} ns"
    return [Figure("python-call", "fwht", (cost - kernel) * 1e6, "us", float("inf"), note)]


def least(call: Callable[[], Any], repeats: int) -> float:
    """Shortest of 20 times `repeats` calls [s a call]."""
    import timeit

    with pinned(1):
        return min(timeit.repeat(call, number=repeats, repeat=20)) / repeats


if __name__ == "__main__":
    main(__doc__.split("\n")[0], cases(), {"python-call": call_cost})
