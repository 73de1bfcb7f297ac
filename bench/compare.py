"""What the scripts share: cases with a must and an aim, measured against every rival, shown as a table.

A case prepares its sides for a number of threads: flatnet first, then rivals, every result checked. A line is one
case measured; `against` is the time of the best rival over flatnet's, from the ratios within each round.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import flatnet as fn
import numpy as np
from rivals import Unavailable
from timing import Call, Spread, agree, budgeted, pinned, ratio, threads_limited

__all__ = ["ALONE", "OWN", "Case", "Figure", "Line", "Sides", "View", "add_rivals", "main", "measure"]

OWN = "flatnet"  # no rival is named so, and none begins with it
ALONE = "flatnet, one thread"  # beside two threads, for the speed-up


@dataclass
class Sides:
    """What to time, and what the machine could do at most."""

    calls: dict[str, Call]
    limit: Callable[[], float] | None = None  # seconds
    missing: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class View:
    """A line on the same samples: ``own`` against the best of the rivals whose names begin with one of ``rivals``."""

    row: str
    must: float
    aim: float
    rivals: tuple[str, ...] = ("",)
    own: str = OWN


@dataclass(frozen=True)
class Case:
    """A line of the table before it is measured: ``sides(threads)`` prepares and checks.

    ``views`` are further lines from the same samples; one without rivals is left out.
    """

    row: str
    name: str
    must: float
    aim: float
    sides: Callable[[int], Sides]
    threads: tuple[int, ...] = (1, 2)
    quick: bool = True  # whether --quick measures it
    dtype: str = ""  # what --dtype chooses by; "" is always measured
    rivals: tuple[str, ...] = ("",)  # as in a view
    views: tuple[View, ...] = ()


@dataclass(frozen=True)
class Line:
    """One case measured; times in seconds."""

    row: str
    case: str
    threads: int
    times: dict[str, Spread]
    best_rival: str
    against: Spread
    against_least: float  # of the shortest samples
    must: float
    aim: float
    limit_share: float | None = None
    speed_up: Spread | None = None
    own: str = OWN

    def verdict(self) -> str:
        """Whether the median reaches the aim, the must, or neither."""
        return "aim" if self.against.median >= self.aim else "must" if self.against.median >= self.must else "below"


@dataclass(frozen=True)
class Figure:
    """A number that is no ratio of times: an error, a cost; at most ``must``."""

    row: str
    case: str
    value: float
    unit: str
    must: float
    note: str = ""

    def reached(self) -> bool:
        """Whether it is within its bound."""
        return self.value <= self.must


def add_rivals(sides: Sides, made: Mapping[str, Callable[[], Call]], tolerance: float = 0.0) -> None:
    """Prepare rivals and check their results against flatnet's; one that cannot run is noted."""
    expected = np.asarray(sides.calls[OWN]()).copy()
    for name, make in made.items():
        try:
            call = make()
            found = np.asarray(call())
        except Unavailable as reason:
            sides.missing[name] = str(reason)
            continue
        agree(name, found.reshape(expected.shape), expected, tolerance)
        sides.calls[name] = call


def measure(case: Case, threads: int, seconds: float, missing: dict[str, str]) -> list[Line]:
    """Time one case. A line for the best rival, and one for each view of the same samples."""
    with threads_limited(threads), pinned(threads):
        sides = case.sides(threads)
        samples = budgeted(sides.calls, seconds, threads, OWN)
    missing.update(sides.missing)
    limit = None
    if sides.limit:
        try:
            limit = sides.limit()
        except Unavailable as reason:
            missing["share of the machine's limit"] = str(reason)
    times = {name: Spread.of(found) for name, found in samples.items()}
    speed_up = ratio(samples[ALONE], samples[OWN]) if ALONE in samples else None
    others = [name for name in times if not name.startswith(OWN)]
    lines = []
    for view in (View(case.row, case.must, case.aim, case.rivals), *case.views):
        names = [name for name in others if name.startswith(view.rivals)]
        if not names or view.own not in times:
            continue
        best = min(names, key=lambda name: times[name].median)
        own = samples[view.own]
        least = float(np.nanmin(samples[best]) / np.nanmin(own))
        share = None if limit is None else limit / times[view.own].median
        kept = times if view.row == case.row else {name: times[name] for name in (view.own, best)}
        figures = (view.must, view.aim, share, speed_up if view.own == OWN else None, view.own)
        lines.append(Line(view.row, case.name, threads, kept, best, ratio(samples[best], own), least, *figures))
    return lines


NAMES = (
    "row",
    "case",
    "T",
    "flatnet",
    "best rival",
    "its time",
    "against",
    "of least",
    "must",
    "aim",
    "reached",
    "limit",
    "T2/T1",
)
WIDTHS = (18, 31, 1, 7, 22, 8, 18, 8, 4, 3, 7, 5, 5)


def show(line: Line) -> None:
    """Print one line of the table."""
    against = f"{line.against.median:.2f} [{line.against.low:.2f}, {line.against.high:.2f}]"
    share = "" if line.limit_share is None else f"{100 * line.limit_share:.0f} %"
    speed_up = "" if line.speed_up is None else f"{line.speed_up.median:.2f}"
    best = line.times[line.best_rival].median
    cells = [line.row, line.case, line.threads, _time(line.times[line.own].median), line.best_rival, _time(best), against]
    _print([*cells, f"{line.against_least:.2f}", f"{line.must:g}", f"{line.aim:g}", line.verdict(), share, speed_up])


def show_figures(figures: Sequence[Figure]) -> None:
    """Print the numbers that are no ratios."""
    for figure in figures:
        bound = "" if figure.must == float("inf") else f"at most {figure.must:g}: {'yes' if figure.reached() else 'no'}"
        print(
            f"{figure.row:18}  {figure.case:31}  {figure.value:8.3g} {figure.unit:3}  {bound:18}  {figure.note}".rstrip(),
            flush=True,
        )


def _print(cells: Iterable[Any]) -> None:
    padded = (str(cell).ljust(width) for cell, width in zip(cells, WIDTHS, strict=True))
    print("  ".join(padded).rstrip(), flush=True)


def _time(seconds: float) -> str:
    for unit, factor in (("ns", 1e9), ("us", 1e6), ("ms", 1e3)):
        if seconds * factor < 1000:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds:.3g} s"


def main(description: str, cases: Sequence[Case], figures: Mapping[str, Callable[[bool], list[Figure]]]) -> None:
    """The command line of the scripts."""
    rows = [*dict.fromkeys(case.row for case in cases), *figures]
    dtypes = [*dict.fromkeys(case.dtype for case in cases if case.dtype)]
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rows", nargs="+", default=rows, metavar="ROW", choices=rows, help=f"some of: {', '.join(rows)}")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], metavar="T")
    parser.add_argument("--case", "--only", metavar="TEXT", default="", help="cases whose name holds TEXT")
    parser.add_argument("--dtype", nargs="+", metavar="DTYPE", default=dtypes, choices=dtypes, help=", ".join(dtypes))
    parser.add_argument("--seconds", type=float, default=3.0, help="time for one case [s]")
    parser.add_argument("--quick", action="store_true", help="fewer sizes, half a second a case")
    parser.add_argument("--json", metavar="FILE")
    chosen = parser.parse_args()
    seconds = 0.5 if chosen.quick else chosen.seconds
    missing: dict[str, str] = {}
    results: list[Line | Figure] = []
    begin = time.perf_counter()
    _print(NAMES)
    for threads in chosen.threads:
        for case in cases:
            wanted = case.row in chosen.rows and threads in case.threads and (case.quick or not chosen.quick)
            if wanted and chosen.case in case.name and case.dtype in ("", *chosen.dtype):
                lines = measure(case, threads, seconds, missing)
                for line in lines:
                    show(line)
                results += lines
                _keep(chosen.json, results)
    for row, make in figures.items():
        if row in chosen.rows:
            made = make(chosen.quick)
            show_figures(made)
            results += made
            _keep(chosen.json, results)
    print("against = best rival / flatnet, median [quartiles] of the rounds; of least = from the shortest samples;")
    print("limit = share of the machine's limit; T2/T1 = time of one thread over time of two")
    for name, reason in missing.items():
        print(f"left out: {name}: {reason}")
    print(f"{time.perf_counter() - begin:.0f} s on {machine()}")


def _keep(name: str | None, results: Sequence[Line | Figure]) -> None:
    """Write what there is so far: a run that is stopped leaves its lines."""
    if name:
        made_on = {"machine": machine(), "config": _plain(fn.show_config())}
        with open(name, "w", encoding="utf-8") as file:
            json.dump({**made_on, "results": [_entry(result) for result in results]}, file, indent=1)


def machine() -> str:
    """Processor, cores and the load that others put on it."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), model)
    except OSError:
        pass
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return f"{model}, {os.cpu_count()} cores, {fn.show_config()['isa']}, load {load:.1f}"


def _entry(result: Line | Figure) -> dict[str, Any]:
    return {"kind": type(result).__name__, **asdict(result)}


def _plain(config: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in config.items()}
