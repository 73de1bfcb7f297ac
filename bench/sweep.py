"""The logistic function in single precision on all 2^32 inputs: `python bench/sweep.py`.

Prints the largest error in units in the last place, where it is, and whether every value is in order. `--fraction 0.01` takes
evenly spaced pieces of that share of the inputs. Pieces are runs of neighbouring bit patterns: all numbers of a
few binades, in order, so that monotonicity is seen as well; the last value of a piece is checked against the next piece.

The reference is 1 / (1 + exp(-x)) in double precision. With an exponential within 2 of its units in the last place and
two rounded operations, its relative error is below 4 * 2^-53; a unit in the last place of a single is at least 2^-24 of
the value, so the reference, and with it the maximum printed, is wrong by less than 4 * 2^-29 < 1e-8 of that unit. Where the
exponential overflows (x < -709.7) the reference is 0 and the true value below 1e-308, less than 1e-262 of the least single.
The reference itself is compared with 80-bit arithmetic, where NumPy has it, on 2^16 inputs of every run.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import flatnet as fn
import numpy as np
from numpy.typing import NDArray

PIECE = 1 << 21  # inputs; with their references they fit in a cache of 32 MiB
LEAST = 2.0**-149  # least positive single: its unit in the last place, and that of everything below 2^-126
BOUND = 2.0  # [ulp] what flatnet promises


@dataclass(frozen=True)
class Piece:
    """What one run of bit patterns gives; ``first`` and ``last`` are its values at its ends."""

    begin: int
    largest: float  # [ulp]
    at: float
    unordered: int
    outside: int
    first: float
    last: float


def reference(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The logistic function in double precision, or in that of x."""
    with np.errstate(over="ignore", under="ignore"):
        return 1 / (1 + np.exp(-x))


def ulp(y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit in the last place of single precision at each value in [0, 1]."""
    return np.maximum(np.ldexp(1.0, np.frexp(y)[1] - 24), LEAST)


def piece(begin: int) -> Piece:
    """Errors on the bit patterns begin, ..., begin + PIECE - 1."""
    x = np.arange(begin, begin + PIECE, dtype=np.uint64).astype(np.uint32).view(np.float32)
    y = fn.sigmoid(x, threads=1)
    numbers = ~np.isnan(x)
    outside = int(np.count_nonzero(np.isnan(y) == numbers))  # NaN for NaN, and for nothing else
    x, y = x[numbers], y[numbers]
    if not x.size:
        return Piece(begin, 0.0, np.nan, 0, outside, np.nan, np.nan)
    exact = reference(x.astype(np.float64))
    wide = y.astype(np.float64)
    outside += int(np.count_nonzero((wide < 0) | (wide > 1)))
    errors = np.abs(wide - exact) / ulp(exact)
    worst = int(np.argmax(errors))
    rising = 1 if x[0] >= 0 and not np.signbit(x[0]) else -1  # negative numbers go down as their bits go up
    unordered = int(np.count_nonzero(rising * np.diff(wide) < 0))
    return Piece(begin, float(errors[worst]), float(x[worst]), unordered, outside, float(wide[0]), float(wide[-1]))


def reference_error(samples: int = 1 << 16) -> float:
    """Largest difference of the reference from 80-bit arithmetic, in units in the last place of single precision."""
    x = np.random.default_rng(0).uniform(-110, 30, samples).astype(np.float32)
    exact = reference(x.astype(np.longdouble))  # type: ignore[arg-type]
    double = reference(x.astype(np.float64))
    return float(np.max(np.abs((exact - double).astype(np.float64)) / ulp(double)))


def neighbours_out_of_order(pieces: list[Piece]) -> int:
    """Values at the seams between pieces that lie next to each other, on the same side of 0."""
    count = 0
    for left, right in zip(pieces, pieces[1:], strict=False):
        if right.begin == left.begin + PIECE and right.begin != 1 << 31:
            rising = 1 if right.begin < 1 << 31 else -1
            count += rising * (right.first - left.last) < 0
    return count


def main() -> None:
    """Sweep and print; status 1 where a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--fraction", type=float, default=1.0, help="share of the inputs")
    parser.add_argument("--threads", type=int, default=2, help="pieces at a time")
    chosen = parser.parse_args()
    if not 0 < chosen.fraction <= 1:
        parser.error(f"--fraction lies in (0, 1], got {chosen.fraction:g}")
    if chosen.threads < 1:
        parser.error(f"--threads is at least 1, got {chosen.threads}")
    total = (1 << 32) // PIECE
    # The ends of both signs, where x is infinite or NaN, and zero are always among them.
    wanted = np.linspace(0, total - 1, max(1, round(chosen.fraction * total))).astype(int).tolist()
    infinite = (0x7F800000 // PIECE, 0xFF800000 // PIECE)
    begins = [index * PIECE for index in sorted({*wanted, 0, total // 2, *infinite})]
    pieces: list[Piece] = []
    start = shown = time.perf_counter()
    with ThreadPoolExecutor(chosen.threads) as pool:
        for found in pool.map(piece, begins):
            pieces.append(found)
            now = time.perf_counter()
            if now - shown > 5:
                shown = now
                left = (now - start) * (len(begins) / len(pieces) - 1)
                worst = max(pieces, key=lambda p: p.largest)
                progress = (
                    f"{100 * len(pieces) / len(begins):5.1f} %, {left:5.0f} s left, largest so far {worst.largest:.4f} ulp"
                )
                print(progress, file=sys.stderr, flush=True)
    worst = max(pieces, key=lambda p: p.largest)
    unordered = sum(p.unordered for p in pieces) + neighbours_out_of_order(pieces)
    outside = sum(p.outside for p in pieces)
    print(f"{len(pieces) * PIECE} of {1 << 32} inputs in {time.perf_counter() - start:.0f} s, {fn.show_config()['isa']}")
    print(f"largest error {worst.largest:.4f} ulp at x = {worst.at!r}; promised: at most {BOUND:g}")
    print(f"pairs of neighbours out of order: {unordered}; values outside [0, 1] or NaN where none belongs: {outside}")
    print(f"reference against long double: {reference_error():.1e} ulp of single precision")
    raise SystemExit(int(worst.largest > BOUND or unordered > 0 or outside > 0))


if __name__ == "__main__":
    main()
