"""Measuring a machine: how long one term of each class of kernel takes, in cache and out of it, for few vectors and many."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..measure import clock_for, shortest
from ._model import COLUMNS, FOOTPRINTS, footprint
from ._work import KINDS, Work, work_of_factor, work_of_run

if TYPE_CHECKING:
    from ..network import Network

__all__ = ["count_probes", "measure_dtype"]

Array = np.ndarray[Any, Any]
Progress = Callable[[int, int], None]
# A probe is repeated until it has taken this long in all; its shortest time counts.
_PROBE_SECONDS = 3e-3
# Entries a row of the two sparse probes; an entry and a row each have their share of both.
_A_ROW = {"sparse": 16, "rows": 2}


def _normal(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    x = rng.standard_normal(shape)
    return (x + 1j * rng.standard_normal(shape) if dtype.kind == "c" else x).astype(dtype)


def _network(kind: str, n: int, dtype: np.dtype[Any]) -> tuple[Network, Work]:
    """A square network of one step of `kind` on n = 2^k >= 64 elements, and its work."""
    from .. import transforms
    from ..factors import Dense, Diagonal, Kronecker, KroneckerSparse, Permutation, Sparse
    from ..network import Network

    rng = np.random.default_rng(n)
    stages = n.bit_length() - 1
    if kind in ("hadamard", "fourier"):
        net = transforms.hadamard(n) if kind == "hadamard" else transforms.dft(n)
        return net, work_of_run(kind, n, stages)
    if kind == "butterfly":
        return Network(transforms.random_butterfly(n), dtype=dtype), work_of_run(kind, n, stages)
    side = int(kind.split()[-1]) if kind[-1].isdigit() else 1
    inner = 1 if kind.startswith("narrow") else min(16, n // side)
    if kind == "dense":
        factor: Any = Dense(_normal(rng, (n, n), dtype))
    elif kind in ("sparse", "rows"):
        each = _A_ROW[kind]
        apart = n // each
        columns = (np.arange(each) * apart + rng.integers(0, apart, (n, each))).ravel()
        factor = Sparse((_normal(rng, (each * n,), dtype), columns, np.arange(0, each * n + 1, each)), shape=(n, n))
    elif kind == "diagonal":
        factor = Diagonal(_normal(rng, (n,), dtype))
    elif kind == "permutation":
        factor = Permutation(rng.permutation(n))
    elif kind.startswith("shared"):
        factor = Kronecker(n // (side * inner), _normal(rng, (side, side), dtype), inner)
    else:
        factor = KroneckerSparse(_normal(rng, (n // (side * inner), side, side, inner), dtype))
    return Network([factor]), work_of_factor(factor)


def _size(kind: str, columns: int, itemsize: int, target: float) -> int:
    """The largest n = 2^k whose probe fits the footprint, 64 at the least."""
    n = 64
    while n < 1 << 22:
        wider = 2 * n
        weights = {
            "dense": wider * wider,
            "sparse": 24 * wider,
            "rows": 3 * wider,
            "diagonal": wider,
            "permutation": wider,
        }.get(kind)
        if weights is None:
            side = int(kind.split()[-1]) if kind.startswith(("blocks", "narrow")) else 0
            weights = side * wider if side else 2 * wider * (wider.bit_length() - 1) if kind in ("fourier", "butterfly") else 0
        if footprint(float(weights), wider, columns, itemsize) > target:
            break
        n = wider
    return n


def _shortest(net: Network, x: Array) -> float:
    out = net.apply(x, axis=0, threads=1)
    return shortest(lambda: net.apply(x, axis=0, out=out, threads=1), _PROBE_SECONDS, clock_for(1))


def count_probes() -> int:
    """Steps of progress that measure_dtype takes."""
    return (len(KINDS) + 1) * len(COLUMNS) * len(FOOTPRINTS) + 1


def measure_dtype(dtype: np.dtype[Any], progress: Callable[[], None]) -> dict[str, Any]:
    """Seconds for each class of kernel: see `Calibration`.

    The time of moving panels in and out is that of one diagonal less its own multiplications, taken from a chain of five; all
    other steps are timed as what they add to a chain, since the first and the last may read and write the user's arrays.
    """
    from ..network import Network

    itemsize = dtype.itemsize
    small = _network("diagonal", 64, dtype)[0].layers[0]
    x = np.ones((64, 1), dtype)
    call, chain = _shortest(Network([small]), x), _shortest(Network([small] * 9), x)
    step = max((chain - call) / 8, 1e-9)
    call = max(call - step, 1e-9)
    progress()
    rates: dict[str, list[list[float]]] = {kind: [] for kind in ("io", *KINDS)}
    for columns in COLUMNS:
        for row in rates.values():
            row.append([])
        for target in FOOTPRINTS:
            n = _size("diagonal", columns, itemsize, target)
            layer = _network("diagonal", n, dtype)[0].layers[0]
            x = np.ones((n, columns), dtype)
            one, five = _shortest(Network([layer]), x), _shortest(Network([layer] * 5), x)
            diagonal = max((five - one) / 4, one / 50)
            io = max(one - call - diagonal, one / 50)
            here = {"io": io / (2 * n * columns), "diagonal": diagonal / (n * columns)}
            progress()
            for kind in KINDS:
                if kind.startswith("narrow") and columns > 1:  # vectors lie along the columns, whatever the rows do
                    here[kind] = here[kind.removeprefix("narrow ")]
                elif kind not in here:
                    net, work = _network(kind, _size(kind, columns, itemsize, target), dtype)
                    took = _probe(kind, net, columns, dtype, call)
                    if kind in _WHOLE:  # on the user's arrays: what moving in and out would take is part of it
                        moves = 2 if kind == "fourier" and dtype.kind != "c" else 1
                        took = max(took - moves * here["io"] * 2 * net.shape[1] * columns, took / 4)
                    here[kind] = took / (work.terms * columns)
                progress()
            here["sparse"], here["rows"] = _apart(here["sparse"], here["rows"])
            for kind, value in here.items():
                rates[kind][-1].append(value)
    return {"call": call, "step": step, "rates": rates}


_WHOLE = ("hadamard", "fourier", "butterfly")
_JOINED = ("permutation", "blocks 2", "narrow blocks 2", "shared blocks 2")  # neighbours of their kind are computed together


def _probe(kind: str, net: Network, columns: int, dtype: np.dtype[Any], call: float) -> float:
    """Seconds that the one step of `net` adds to a network; those of a transform are of a call on its own, less `call`."""
    from ..network import Network

    n, layer = net.shape[1], net.layers[0]
    x = np.ones((n, columns), np.result_type(dtype, np.complex64) if kind == "fourier" else dtype)
    if kind in _WHOLE:
        took = _shortest(net, x)
        return max(took - call, took / 10)
    if kind in _JOINED:
        other = _network("rows", n, dtype)[0].layers[0]
        without, more = _shortest(Network([other] * 2), x), 1
        took = _shortest(Network([other, layer, other]), x)
    else:
        without = _shortest(net, x)
        more = 8 if without < 50e-6 else 2
        took = _shortest(Network([layer] * (1 + more)), x)
    return max((took - without) / more, without / 50)


def _apart(many: float, few: float) -> tuple[float, float]:
    """Seconds an entry and seconds a row, from the seconds an entry of rows with 16 and with 2."""
    sixteen, two = _A_ROW["sparse"], _A_ROW["rows"]
    entry = min(max((sixteen * many - two * few) / (sixteen - two), many / 4), many)
    return entry, max(two * (few - entry), many / 10)
