"""What this machine can do at most: `python bench/limits.py` prints it, the other scripts divide by it.

The arithmetic limit is the rate of fused multiply-adds, or of additions, on registers; the memory limit is the
rate of a copy, by plain or by streaming stores, within a working set of the size in question. All are the
best of some tries: a limit that a busy machine lowers would flatter.
"""

from __future__ import annotations

import argparse
import functools
from typing import Any

import numpy as np
from rivals import Unavailable, native

__all__ = [
    "add_rate",
    "chain_seconds",
    "copy_rate",
    "elementwise_seconds",
    "fma_rate",
    "fourier_seconds",
    "hadamard_seconds",
    "moved_rate",
]


@functools.cache
def fma_rate(dtype: str, threads: int) -> float:
    """Flop per second; a fused multiply-add is two."""
    module = native.load("limits")
    return float(module.fma_rate_f32(threads) if dtype == "float32" else module.fma_rate_f64(threads))


@functools.cache
def add_rate(dtype: str, threads: int) -> float:
    """Additions per second."""
    module = native.load("limits")
    return float(module.add_rate_f32(threads) if dtype == "float32" else module.add_rate_f64(threads))


@functools.cache
def copy_rate(working_set: int, threads: int, streaming: bool = False) -> float:
    """Bytes read and written per second by a copy whose source and target together have ``working_set`` bytes."""
    return float(native.load("limits").copy_rate(working_set, threads, streaming))


def moved_rate(working_set: int, threads: int) -> float:
    """The faster of a plain and a streaming copy."""
    return max(copy_rate(working_set, threads), copy_rate(working_set, threads, streaming=True))


def chain_seconds(net: Any, batch: int, dtype: str, threads: int) -> float:
    """Least time of a linear chain: its arithmetic at the FMA rate, or its data moved once, whichever is longer.

    Every weight multiplies each column once: one multiply-type instruction, two flop at the FMA rate. The data are
    x, y and the weights; those without a regular support also have a 32-bit index each.
    """
    size = np.dtype(dtype).itemsize
    moved = sum(net.shape) * batch * size
    for layer in net.layers:
        moved += layer.weight.synapses * (size + (0 if layer.weight.pattern else 4))
    arithmetic = 2 * net.synapses * batch / fma_rate(dtype, threads)
    return max(arithmetic, moved / moved_rate(_whole(moved), threads))


def elementwise_seconds(instructions: float, count: int, bytes_moved: float, dtype: str, threads: int) -> float:
    """Least time of one function on many numbers: its instructions on the multiply-add units, or its bytes moved once.

    ``instructions`` are fused multiply-adds (or as costly ones) for each of ``count`` results.
    """
    moved = bytes_moved / moved_rate(_whole(bytes_moved), threads)
    return max(2 * instructions * count / fma_rate(dtype, threads), moved)


def hadamard_seconds(n: int, batch: int, dtype: str, threads: int, arrays: int = 2) -> float:
    """Least time of Walsh-Hadamard transforms: n log2(n) additions a vector, or every array moved once (one in place).

    In place the vector is read and written, out of place x is read and y written: the same number of bytes, in
    a working set of one array or two.
    """
    return _least(n * np.log2(n) * batch, n * batch * np.dtype(dtype).itemsize, arrays, dtype, threads)


def fourier_seconds(n: int, batch: int, dtype: str, threads: int, real: bool = False) -> float:
    """Least time of Fourier transforms: the additions of split radix, multiplications hidden in them, or x and y moved once.

    Split radix with fused multiply-adds takes 8/3 n log2(n) instructions' worth of additions a complex vector,
    half of that a real one. ``dtype`` is that of a component.
    """
    size = np.dtype(dtype).itemsize * (1 if real else 2)
    return _least((4 / 3 if real else 8 / 3) * n * np.log2(n) * batch, n * batch * size, 2, dtype, threads)


def _least(additions: float, bytes_read: float, arrays: int, dtype: str, threads: int) -> float:
    moved = 2 * bytes_read / moved_rate(_whole(bytes_read * arrays), threads)
    return max(additions / add_rate(dtype, threads), moved)


def _whole(working_set: float) -> int:
    """The power of two nearest to a working set: few sizes are measured."""
    return min(1 << max(14, round(np.log2(working_set))), LARGEST)


def main() -> None:
    """Print the limits for one and two threads."""
    argparse.ArgumentParser(description=__doc__.split("\n")[0]).parse_args()
    names = ["FMA f32 [GF/s]", "FMA f64 [GF/s]", "add f32 [G/s]", "add f64 [G/s]"]
    names += [f"{kind} {size} [GB/s]" for size in SIZES for kind in ("copy", "stream")]
    table = []
    for threads in (1, 2):
        rates = [rate(dtype, threads) for rate in (fma_rate, add_rate) for dtype in ("float32", "float64")]
        rates += [copy_rate(size, threads, streaming) for size in SIZES.values() for streaming in (False, True)]
        table.append(rates)
    print(f"{'':22}{'1 thread':>10}{'2 threads':>11}")
    for name, one, two in zip(names, *table, strict=True):
        print(f"{name:22}{one / 1e9:10.0f}{two / 1e9:11.0f}")


SIZES = {"16 KiB": 1 << 14, "512 KiB": 1 << 19, "4 MiB": 1 << 22, "128 MiB": 1 << 27}
LARGEST = 1 << 28  # beyond it the rate is that of the memory: a larger copy would only take longer

if __name__ == "__main__":
    try:
        main()
    except Unavailable as reason:
        raise SystemExit(f"limits.py needs a compiler: {reason}") from None
