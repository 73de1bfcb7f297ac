"""The butterfly chain against every rival, side by side in one process: `python bench/butterfly.py`.

A chain of log2(n) factors with two random weights a row, n = 1024, applied to batches of 1, 16 and 256
columns. Each line is one case; `against` is time of the best rival over time of flatnet (above 1: flatnet is
faster), with the quartiles of the ratios within the rounds; `limit` is the share of what bench/limits.py says
the machine could do.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass

import flatnet as fn
import numpy as np
from limits import butterfly_seconds
from rivals import CHAINS, Call, Unavailable
from timing import Spread, agree, interleaved, ratio, threads_limited

OWN = "flatnet"


@dataclass(frozen=True)
class Line:
    """One case of the table; times in seconds."""

    n: int
    batch: int
    dtype: str
    threads: int
    times: dict[str, Spread]
    best_rival: str
    against: Spread
    limit_share: float | None


def sides(net: fn.Network, X: np.ndarray, threads: int) -> tuple[dict[str, Call], dict[str, str]]:
    """What to time, every result checked, and why some rivals are missing."""
    factors = [layer.weight.tocsr() for layer in net.layers]
    expected = X.astype(np.float64)
    for factor in factors:
        expected = factor @ expected
    out = np.empty_like(X)
    calls: dict[str, Call] = {OWN: lambda: net.apply(X, axis=0, out=out, threads=threads)}
    missing = {}
    for rival in CHAINS:
        try:
            calls[rival.name] = rival.make(factors, X, threads)
        except Unavailable as reason:
            missing[rival.name] = str(reason)
    for name, call in calls.items():
        agree(name, call(), expected)
    return calls, missing


def line(n: int, batch: int, dtype: str, threads: int, rounds: int, missing: dict[str, str]) -> Line:
    """Time one case."""
    net = fn.Network(fn.random_butterfly(n).layers, dtype=dtype)
    X = np.random.default_rng(0).standard_normal((n, batch)).astype(dtype)
    with threads_limited(threads):
        calls, absent = sides(net, X, threads)
        samples = interleaved(calls, rounds, threads)
    missing.update(absent)
    times = {name: Spread.of(seconds) for name, seconds in samples.items()}
    best = min((name for name in times if name != OWN), key=lambda name: times[name].median)
    try:
        share = butterfly_seconds(n, batch, dtype, threads) / times[OWN].median
    except Unavailable as reason:
        missing["share of the machine's limit"], share = str(reason), None
    return Line(n, batch, dtype, threads, times, best, ratio(samples[best], samples[OWN]), share)


def show(lines: list[Line], missing: dict[str, str]) -> None:
    """Print the table: microseconds, median [quartiles]."""
    names = list(dict.fromkeys(name for entry in lines for name in entry.times))
    rows = [["n", "batch", "dtype", "T", *names, "best rival", "against", "limit"]]
    for entry in lines:
        cells = [_micro(entry.times[name]) for name in names]
        against = f"{entry.against.median:.2f} [{entry.against.low:.2f}, {entry.against.high:.2f}]"
        share = "" if entry.limit_share is None else f"{100 * entry.limit_share:.0f} %"
        row = [entry.n, entry.batch, entry.dtype, entry.threads, *cells, entry.best_rival, against, share]
        rows.append([str(cell) for cell in row])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))
    print("times in us, median [quartiles]; against = best rival / flatnet; limit = share of the machine's limit")
    for name, reason in missing.items():
        print(f"left out: {name}: {reason}")


def _micro(time: Spread) -> str:
    return f"{time.median * 1e6:.0f} [{time.low * 1e6:.0f}, {time.high * 1e6:.0f}]"


def main() -> None:
    """Measure and print; --json also writes the samples' medians and quartiles."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--n", type=int, default=1024)
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 16, 256])
    parser.add_argument("--dtype", nargs="+", default=["float32", "float64"], choices=["float32", "float64"])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=101)
    parser.add_argument("--json", metavar="FILE")
    chosen = parser.parse_args()
    missing: dict[str, str] = {}
    lines = [
        line(chosen.n, batch, dtype, threads, chosen.rounds, missing)
        for dtype in chosen.dtype
        for threads in chosen.threads
        for batch in chosen.batch
    ]
    show(lines, missing)
    if chosen.json:
        with open(chosen.json, "w", encoding="utf-8") as file:
            json.dump({"config": fn.show_config(), "lines": [asdict(entry) for entry in lines]}, file, indent=1)


if __name__ == "__main__":
    main()
