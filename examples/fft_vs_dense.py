"""The Fourier transform as a deep network against its matrix: from which batch on does depth pay in time?

    python examples/fft_vs_dense.py [--quick]

C_s, the flattening cost in synapses, does not depend on the batch. C_t, the one in time, does: a matrix
product of a large batch runs near the processor's peak, which a sparse chain cannot, and a single vector
costs the matrix one pass through memory.
"""

from __future__ import annotations

import argparse

import flatnet as fn
from flatnet.measure import measure_batches


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a small transform and few samples")
    quick = parser.parse_args().quick
    n, batches = (64, (1, 16)) if quick else (1024, (1, 4, 16, 64, 256))

    net = fn.dft(n)
    cost = fn.flattening_cost(net)
    print(f"{net.name}: {net.synapses} synapses in {len(net)} layers, {cost.synapses} in one.")
    print(f"C_s is between {cost.C_s.lower:g} and {cost.C_s.upper:g}: the bound and the count agree.")
    planned = net.flatten(net.depth)
    print(f"{len(planned)} layers do with {planned.synapses} synapses: half of the depth costs nothing.\n")

    print("C_t = time flat / time deep, one thread, complex64; above 1 the deep network is faster")
    sweep = measure_batches(net, batches, dtype="complex64", rounds=5 if quick else 21)
    for found in sweep.measurements:
        times = f"deep {found.deep.seconds * 1e6:9.1f} us, flat {found.flat.seconds * 1e6:9.1f} us"
        print(f"batch {found.batch:3}: {times}, C_t = {found.ratio.median:6.2f}  ({found.flat_method})")
    if sweep.crossing == sweep.crossing:
        print(f"equally fast near batch {sweep.crossing:.0f}")


if __name__ == "__main__":
    main()
