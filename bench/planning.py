"""How good the planner's choices are: `python bench/planning.py`.

Each line is one chain, batch and dtype. Timed in one process, in interleaved rounds: the chain as it stands (deep), its product
(flat), the plans of both efforts, and the best of all contiguous partitions: a first look at every one finds it, above eight
layers at the LOOKED whose segments, each timed, take least together. `gain` is the better of deep and flat over the plan,
`best` the best partition over the plan: 1 and more means that nothing was missed; rewrites can bring more. Speeds are measured
first (`flatnet.planning.calibrate`).
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

import flatnet as fn
import numpy as np
from chains import label_spreading, picture_diffusion, pyramid, read_out, v_cycle
from flatnet.measure import clock_for, shortest
from flatnet.planning import calibrate
from flatnet.report.chains import digits_propagation, prolongation
from timing import Spread, agree, budgeted, pinned, ratio, threads_limited

Partition = tuple[tuple[int, int], ...]
CHAINS: dict[str, Callable[[], fn.Network]] = {
    "digits graph, 3 hops": lambda: digits_propagation(3),
    "digits graph, 4 hops": lambda: digits_propagation(4),
    "multigrid, 4 levels": lambda: prolongation(4),
    "multigrid, 6 levels": lambda: prolongation(6),
    "multigrid V-cycle 15 x 15": lambda: v_cycle(2),
    "multigrid V-cycle 31 x 31": lambda: v_cycle(3),
    "digits graph, 300 labels, 4 hops": lambda: label_spreading(4, 300),
    "digits graph, 6 hops, 200 read": lambda: read_out(6, 200),
    "photograph, 4 hops": lambda: picture_diffusion(4),
    "pyramid of 64 x 64, 2 levels": lambda: pyramid(64, 2),
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


LOOKED = 60


class Segments:
    """The merged segments of a chain, formed once and without the planner."""

    def __init__(self, net: fn.Network) -> None:
        self.net = net
        self.known: dict[tuple[int, int], fn.Network] = {}

    def form(self, i: int, j: int) -> fn.Network:
        if (i, j) not in self.known:
            self.known[i, j] = fn.Network([self.net[i]]) if i == j else self.net[i : j + 1].flatten(0)
        return self.known[i, j]

    def network(self, partition: Partition) -> fn.Network:
        return fn.Network([self.form(i, j) for i, j in partition])

    def candidates(self, batch: int, dtype: str, threads: int) -> list[Partition]:
        """All contiguous partitions; of long chains those whose segments take least together."""
        layers = len(self.net)
        every = [
            tuple((i, j - 1) for i, j in itertools.pairwise((0, *cuts, layers)))
            for count in range(layers)
            for cuts in itertools.combinations(range(1, layers), count)
        ]
        if layers <= 8:
            return every
        took = {(i, j): self._look(i, j, batch, dtype, threads) for i in range(layers) for j in range(i, layers)}
        return sorted(every, key=lambda partition: sum(took[part] for part in partition))[:LOOKED]

    def _look(self, i: int, j: int, batch: int, dtype: str, threads: int) -> float:
        made = self.form(i, j)
        x = np.ones((made.shape[1], batch), dtype)
        return Side(made, x, threads).first_look()


class Side:
    """A network on a batch, and the clock for its threads: with one of them other load on the machine counts little."""

    def __init__(self, made: fn.Network, x: np.ndarray, threads: int) -> None:
        self.out = made.apply(x, axis=0, threads=threads)
        self.run = lambda: made.apply(x, axis=0, out=self.out, threads=threads)
        self.clock = clock_for(threads)

    def __call__(self) -> None:
        self.run()

    def seconds(self, repeats: int) -> float:
        start = self.clock()
        for _ in range(repeats):
            self.run()
        return (self.clock() - start) / repeats

    def first_look(self) -> float:
        return shortest(self.run, 1e-3, self.clock)


def line(name: str, batch: int, dtype: str, threads: int, seconds: float) -> Line:
    """Time one case."""
    net = CHAINS[name]()
    x = np.random.default_rng(0).standard_normal((net.shape[1], batch)).astype(dtype)
    expected = net.apply(x.astype(np.float64), axis=0)

    def side(made: fn.Network) -> Side:
        found = Side(made, x, threads)
        agree(name, found.out, expected)
        return found

    flat = ((0, len(net) - 1),)
    segments = Segments(net)
    looked = {part: side(segments.network(part)).first_look() for part in segments.candidates(batch, dtype, threads)}
    best = min(looked, key=lambda partition: looked[partition])
    plans = {effort: net.plan(batch, threads, effort, dtype=dtype, progress=False) for effort in ("estimate", "measure")}
    sides = {"deep": side(net), "flat": side(segments.network(flat)), "best": side(segments.network(best))}
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
    parser.add_argument("--stored", action="store_true", help="plan with the stored speeds")
    parser.add_argument("--json", metavar="FILE")
    chosen = parser.parse_args()
    if not chosen.stored:
        calibrate(chosen.dtype, store=False)
    names = ["deep", "flat", "best", "estimate", "measure"]
    heads = ["gain, estimate", "best, estimate", "gain, measure", "best, measure", "measured plan"]
    print(f"{'chain':33} {'batch':>5} {'dtype':8} T " + " ".join(f"{n:>9}" for n in names) + "  " + "  ".join(heads))
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
        print(f"{name:33} {batch:5} {dtype:8} {threads} {times}  {'  '.join(shown)}  {parts}")
    print("times in us, medians; gain = better of deep and flat / plan; best = best partition / plan")
    if chosen.json:
        with open(chosen.json, "w", encoding="utf-8") as file:
            json.dump({"config": fn.show_config(), "lines": [asdict(entry) for entry in lines]}, file, indent=1)


if __name__ == "__main__":
    main()
