"""How good the planner's choices are: `python bench/planning.py`.

Each line is one chain, batch and dtype. Timed in one process, in interleaved rounds: the chain as it stands (deep), its product
(flat), the plans of both efforts, and the best of all contiguous partitions (a first look at every one finds it; above eight
layers, at those with up to three or all but one layers). `gain` is the better of deep and flat over the plan, `best` the best
partition over the plan: 1 and more means that nothing was missed. Speeds are measured first (`flatnet.planning.calibrate`).
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import flatnet as fn
import numpy as np
from flatnet.planning import calibrate
from flatnet.report.chains import digits_propagation, prolongation
from timing import Call, Spread, agree, budgeted, pinned, ratio, threads_limited

Partition = tuple[tuple[int, int], ...]
CHAINS: dict[str, Callable[[], fn.Network]] = {
    "digits graph, 3 hops": lambda: digits_propagation(3),
    "digits graph, 4 hops": lambda: digits_propagation(4),
    "multigrid, 4 levels": lambda: prolongation(4),
    "multigrid, 6 levels": lambda: prolongation(6),
    "zeta 2^8": lambda: fn.zeta(8),
    "haar 256": lambda: fn.haar(256),
    "random butterfly 256": lambda: fn.random_butterfly(256),
    "random sparse 1000, p = 0.003": lambda: fn.random_sparse(1000, 0.003, layers=4),
    "random sparse 1000, p = 0.03": lambda: fn.random_sparse(1000, 0.03, layers=3),
}


@dataclass(frozen=True)
class Line:
    """One case; times in seconds."""

    chain: str
    batch: int
    dtype: str
    threads: int
    partition: Partition
    best_partition: Partition
    times: dict[str, Spread]
    gain: dict[str, Spread]
    best: dict[str, Spread]


def partitions(layers: int) -> Iterator[Partition]:
    """All contiguous ones; of long chains those into few or almost all layers."""
    for count in range(1, layers + 1):
        if layers > 8 and 3 < count < layers - 1:
            continue
        for cuts in itertools.combinations(range(1, layers), count - 1):
            yield tuple((i, j - 1) for i, j in itertools.pairwise((0, *cuts, layers)))


def merged(net: fn.Network, partition: Partition) -> fn.Network:
    """The network of a partition, formed without the planner."""
    return fn.Network([net[i : j + 1].flatten(0) if i < j else net[i] for i, j in partition])


def first_look(call: Call) -> float:
    """Shortest of a few calls."""
    best = np.inf
    for _ in range(5):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return float(best)


def line(name: str, batch: int, dtype: str, threads: int, seconds: float) -> Line:
    """Time one case."""
    net = CHAINS[name]()
    x = np.random.default_rng(0).standard_normal((net.shape[1], batch)).astype(dtype)
    expected = net.apply(x.astype(np.float64), axis=0)

    def side(made: fn.Network) -> Call:
        out = made.apply(x, axis=0, threads=threads)
        agree(name, out, expected)
        return lambda: made.apply(x, axis=0, out=out, threads=threads)

    flat = ((0, len(net) - 1),)
    looked = {partition: first_look(side(merged(net, partition))) for partition in partitions(len(net))}
    best = min(looked, key=lambda partition: looked[partition])
    plans = {effort: net.plan(batch, threads, effort, dtype=dtype, progress=False) for effort in ("estimate", "measure")}
    sides = {"deep": side(net), "flat": side(merged(net, flat)), "best": side(merged(net, best))}
    sides |= {effort: side(plan.network) for effort, plan in plans.items()}
    samples = budgeted(sides, seconds, threads)
    other = "deep" if np.nanmedian(samples["deep"]) < np.nanmedian(samples["flat"]) else "flat"
    return Line(
        chain=name,
        batch=batch,
        dtype=dtype,
        threads=threads,
        partition=plans["measure"].partition,
        best_partition=best,
        times={key: Spread.of(taken) for key, taken in samples.items()},
        gain={effort: ratio(samples[other], samples[effort]) for effort in plans},
        best={effort: ratio(samples["best"], samples[effort]) for effort in plans},
    )


def main() -> None:
    """Measure and print; --json also writes the medians and quartiles."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", default="", help="chains whose name contains this")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 16, 256])
    parser.add_argument("--dtype", nargs="+", default=["float32"], choices=["float32", "float64"])
    parser.add_argument("--threads", type=int, nargs="+", default=[1])
    parser.add_argument("--seconds", type=float, default=1.0, help="a case")
    parser.add_argument("--json", metavar="FILE")
    chosen = parser.parse_args()
    calibrate(chosen.dtype, store=False)
    names = ["deep", "flat", "best", "estimate", "measure"]
    heads = ["gain, estimate", "best, estimate", "gain, measure", "best, measure", "measured plan"]
    print(f"{'chain':30} {'batch':>5} {'dtype':8} T " + " ".join(f"{n:>9}" for n in names) + "  " + "  ".join(heads))
    lines = []
    for name, dtype, threads, batch in itertools.product(CHAINS, chosen.dtype, chosen.threads, chosen.batch):
        if chosen.only not in name:
            continue
        with pinned(threads), threads_limited(threads):
            found = line(name, batch, dtype, threads, chosen.seconds)
        lines.append(found)
        times = " ".join(f"{found.times[n].median * 1e6:9.1f}" for n in names)
        shown = [f"{found.gain[e].median:14.2f}  {found.best[e].median:14.2f}" for e in ("estimate", "measure")]
        parts = " ".join(str(i) if i == j else f"{i}..{j}" for i, j in found.partition)
        print(f"{name:30} {batch:5} {dtype:8} {threads} {times}  {'  '.join(shown)}  {parts}")
    print("times in us, medians; gain = better of deep and flat / plan; best = best partition / plan")
    if chosen.json:
        with open(chosen.json, "w", encoding="utf-8") as file:
            json.dump({"config": fn.show_config(), "lines": [asdict(entry) for entry in lines]}, file, indent=1)


if __name__ == "__main__":
    main()
