"""What this machine can do at most: `python bench/limits.py` prints it, the other scripts divide by it.

The arithmetic limit is the rate of fused multiply-adds on registers; the memory limit is the rate of a plain
copy within a working set of the size in question. Both are the best of some tries: a limit that a busy
machine lowers would flatter.
"""

from __future__ import annotations

import argparse
import functools

import numpy as np
from rivals import Unavailable, native

__all__ = ["butterfly_seconds", "copy_rate", "fma_rate"]


@functools.cache
def fma_rate(dtype: str, threads: int) -> float:
    """Flop per second; a fused multiply-add is two."""
    module = native.load("limits")
    return float(module.fma_rate_f32(threads) if dtype == "float32" else module.fma_rate_f64(threads))


@functools.cache
def copy_rate(working_set: int, threads: int) -> float:
    """Bytes read and written per second by a copy whose source and target together have ``working_set`` bytes."""
    return float(native.load("limits").copy_rate(working_set, threads))


def butterfly_seconds(n: int, batch: int, dtype: str, threads: int) -> float:
    """Least time of a butterfly chain: its arithmetic at the FMA rate, or its data moved once, whichever is longer.

    A 2 x 2 block on one column takes 4 multiply-type instructions (2 products, 2 multiply-adds), so n log2(n)
    / 2 blocks cost 2 n log2(n) of them: 4 n log2(n) flop at the FMA rate. The data are x, y and 2 n log2(n)
    weights.
    """
    stages = int(np.log2(n))
    size = np.dtype(dtype).itemsize
    moved = (2 * n * batch + 2 * n * stages) * size
    return max(4 * n * stages * batch / fma_rate(dtype, threads), moved / copy_rate(moved, threads))


def main() -> None:
    """Print both limits for one and two threads."""
    argparse.ArgumentParser(description=__doc__.split("\n")[0]).parse_args()
    print("threads  FMA f32 [GF/s]  FMA f64 [GF/s]  " + "  ".join(f"copy {name:>7} [GB/s]" for name in SIZES))
    for threads in (1, 2):
        flops = [fma_rate(dtype, threads) / 1e9 for dtype in ("float32", "float64")]
        bytes_moved = [copy_rate(size, threads) / 1e9 for size in SIZES.values()]
        print(f"{threads:7}  {flops[0]:14.0f}  {flops[1]:14.0f}  " + "  ".join(f"{rate:19.0f}" for rate in bytes_moved))


SIZES = {"16 KiB": 1 << 14, "512 KiB": 1 << 19, "4 MiB": 1 << 22, "128 MiB": 1 << 27}

if __name__ == "__main__":
    try:
        main()
    except Unavailable as reason:
        raise SystemExit(f"limits.py needs a compiler: {reason}") from None
