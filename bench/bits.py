"""Functions of bits: `python bench/bits.py`, on one core.

First the transform between truth table and coefficients at 2^24 points, against the same additions in NumPy and 16 bytes
a point of traffic; then a random function of 16 bits as a network of about 61000 neurons, applied to all 2^16 inputs and
compared with its table, and parity as 16 neurons beside it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import flatnet as fn
import numpy as np
from timing import interleaved

POINTS = 24
PORTION = 4096  # inputs between two lines of progress


def numpy_mobius(x: np.ndarray) -> np.ndarray:
    """The same sums, one bit at a time, in place."""
    step = 1
    while step < x.size:
        pairs = x.reshape(-1, 2, step)
        pairs[:, 1] -= pairs[:, 0]
        step *= 2
    return x


def table_times(kind: str) -> None:
    """Seconds of the transform in place and of NumPy's, after comparing them."""
    start = np.random.default_rng(0).integers(-9, 9, 1 << POINTS).astype(kind)
    work, ours, theirs = start.copy(), fn.multilinear(start), numpy_mobius(start.copy())
    if not (ours == theirs).all():
        raise SystemExit(f"the two transforms of {kind} differ")

    def fresh(transform: Callable[[np.ndarray], object]) -> Callable[[], object]:
        def call() -> object:
            np.copyto(work, start)  # or the numbers would grow from call to call; counted on both sides
            return transform(work)

        return call

    calls = {
        "flatnet": fresh(lambda x: fn.multilinear(x, out=x, threads=1)),
        "NumPy": fresh(numpy_mobius),
        "copy": lambda: np.copyto(work, start),
    }
    seconds = {side: float(np.median(times)) for side, times in interleaved(calls, 5).items()}
    text = ", ".join(f"{side} {value:.3f} s" for side, value in seconds.items())
    print(
        f"2^{POINTS} points, {kind}, in place, one thread: {text}; NumPy / flatnet {seconds['NumPy'] / seconds['flatnet']:.2f}"
    )


def exhaustive(name: str, net: fn.Network, table: np.ndarray, bits: int) -> None:
    """Every input; the errors are counted, the seconds are those of the network alone."""
    inputs = ((np.arange(1 << bits)[:, None] >> np.arange(bits)) & 1).astype(net.dtype)
    wrong, seconds = 0, 0.0
    for i in range(0, 1 << bits, PORTION):
        begin = time.perf_counter()
        y = net.apply(inputs[i : i + PORTION], threads=1)[:, 0]
        seconds += time.perf_counter() - begin
        wrong += int(np.count_nonzero(y != table[i : i + PORTION]))
        print(f"\r{name}: {min(i + PORTION, 1 << bits)} inputs, {wrong} wrong, {seconds:.2f} s", end="", flush=True)
    per = seconds / (net.neurons << bits)
    print(f"; {net.neurons} neurons, {net.synapses} synapses, {per * 1e9:.2f} ns a neuron and input")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bits", type=int, default=16, help="bits of the random function")
    bits = parser.parse_args().bits
    for kind in ("float64", "int64"):
        table_times(kind)
    table = np.random.default_rng(0).integers(0, 2, 1 << bits)
    parity = np.array([S.bit_count() & 1 for S in range(1 << bits)])
    for kind in ("float32", "float64"):
        exhaustive(f"random function, {kind}", fn.bit_function(table, hard=True, dtype=kind), table, bits)
        exhaustive(f"parity, {kind}", fn.bit_parity(bits, hard=True, dtype=kind), parity, bits)


if __name__ == "__main__":
    main()
