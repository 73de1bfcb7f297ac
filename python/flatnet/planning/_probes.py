"""Measuring a machine: how long one term of each class of kernel takes, in cache and out of it, for few vectors and many."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..measure import shortest
from ._model import COLUMNS, FOOTPRINTS, footprint
from ._work import KINDS, Work, work_of_factor, work_of_run

if TYPE_CHECKING:
    from ..network import Network

__all__ = ["count_probes", "measure_dtype"]

Array = np.ndarray[Any, Any]
Progress = Callable[[int, int], None]
# A probe is repeated until it has taken this long in all; its shortest time counts.
_PROBE_SECONDS = 4e-3


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
    inner = min(16, n // side)
    if kind == "dense":
        factor: Any = Dense(_normal(rng, (n, n), dtype))
    elif kind == "sparse":
        rows = np.arange(0, 16 * n + 1, 16)
        columns = np.sort((np.arange(16) * (n // 16) + rng.integers(0, n // 16, (n, 16))) % n, axis=1).ravel()
        factor = Sparse((_normal(rng, (16 * n,), dtype), columns, rows), shape=(n, n))
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
        weights = {"dense": wider * wider, "sparse": 24 * wider, "diagonal": wider, "permutation": wider}.get(kind)
        if weights is None:
            side = int(kind.split()[-1]) if kind.startswith("blocks") else 0
            weights = side * wider if side else 2 * wider * (wider.bit_length() - 1) if kind in ("fourier", "butterfly") else 0
        if footprint(float(weights), wider, columns, itemsize) > target:
            break
        n = wider
    return n


def _shortest(net: Network, x: Array) -> float:
    out = net.apply(x, axis=0, threads=1)
    return shortest(lambda: net.apply(x, axis=0, out=out, threads=1), _PROBE_SECONDS)[0]


def count_probes() -> int:
    """Steps of progress that measure_dtype takes."""
    return (len(KINDS) + 1) * len(COLUMNS) * len(FOOTPRINTS) + 1


def measure_dtype(dtype: np.dtype[Any], progress: Callable[[], None]) -> dict[str, Any]:
    """Seconds for each class of kernel: see `Calibration`.

    The time of moving panels in and out is that of one diagonal less its own multiplications, taken from a chain of five.
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
            rates["io"][-1].append(io / (2 * n * columns))
            progress()
            for kind in KINDS:
                net, work = _network(kind, _size(kind, columns, itemsize, target), dtype)
                moved = rates["io"][-1][-1] * (work.rows + work.cols) * columns
                took = diagonal if kind == "diagonal" else _probe(kind, net, columns, dtype)
                whole = kind in ("hadamard", "fourier", "butterfly")
                spent = took if kind == "diagonal" else max(took - call - (0.0 if whole else moved), took / 10)
                terms = float(n) if kind == "diagonal" else work.terms
                rates[kind][-1].append(spent / (terms * columns))
                progress()
    return {"call": call, "step": step, "rates": rates}


def _probe(kind: str, net: Network, columns: int, dtype: np.dtype[Any]) -> float:
    made = np.result_type(dtype, np.complex64) if kind == "fourier" else dtype
    return _shortest(net, np.ones((net.shape[1], columns), made))
