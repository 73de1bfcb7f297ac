"""Your own chain of sparse matrices: how many hidden layers should it have?

    python examples/own_csr_chain.py [--quick]

The chain is heat on a square grid: at every step a cell takes the mean of itself and its four neighbours, and
the network is some steps in a row. Written as a chain a step has 5 synapses a cell; flattened, L steps reach
every cell within distance L and have 2 L^2 + 2 L + 1. Depth pays because reach grows faster than cost. On a
line (one axis) it does not: try AXES = 1.
"""

from __future__ import annotations

import argparse

import flatnet as fn
import numpy as np
import scipy.sparse as sp

AXES = 2


def heat_step(side: int) -> sp.csr_array:
    """Mean of a cell and its neighbours on a periodic grid of ``side`` cells along each axis."""
    ring = sp.csr_array((np.ones(2 * side), (np.tile(np.arange(side), 2), np.r_[1:side, 0, side - 1, 0 : side - 1])))
    line = sp.identity(side, format="csr")
    neighbours = sp.kron(ring, line) + sp.kron(line, ring) if AXES == 2 else ring
    return sp.csr_array((neighbours + sp.identity(neighbours.shape[0])) / (2 * AXES + 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a small grid and few samples")
    quick = parser.parse_args().quick
    side, steps = (12, 4) if quick else (40, 6)

    step = heat_step(side)
    net = fn.Network([step] * steps, name=f"{steps} steps of heat on {side}**{AXES} cells")
    print(net)

    x = np.random.default_rng(0).standard_normal(side**AXES)
    by_scipy = x
    for _ in range(steps):
        by_scipy = step @ by_scipy
    print(f"\nlargest difference from SciPy's products: {np.abs(net(x) - by_scipy).max():.0e}")

    print("\nThe best merge of neighbouring layers for every depth, and what no network of its range can go below:")
    print("depth  synapses  at least")
    for row in fn.profile(net).rows:
        print(f"{row.depth:5}  {row.upper:8}  {row.lower:8}")
    flat = fn.flattening_cost(net)
    print(f"\nC_s = {flat.C_s.upper:.2f}: flattened to depth 0 it has {flat.synapses} synapses, not {net.synapses}.")

    print("\nTime, in microseconds for the whole batch (the flat side is the fastest of three ways to run it):")
    for batch in (1, 64):
        found = fn.measure(net, batch=batch, rounds=5 if quick else 21)
        times = f"deep {found.deep.seconds * 1e6:8.1f}, flat {found.flat.seconds * 1e6:8.1f}"
        print(f"batch {batch:3}: {times}, C_t = {found.ratio.median:.2f} against {found.flat_method}")


if __name__ == "__main__":
    main()
