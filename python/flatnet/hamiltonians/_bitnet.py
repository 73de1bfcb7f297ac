"""Networks of bit Hamiltonians: one logistic neuron for each product of bits, shared by all classes.

A product of k bits is σ(β(Σ y - k + ½)) up to exp(-β/2) (Lin & Tegmark, Eq. 13). β is an even whole number, so every argument
is exact: a whole multiple of β/2. A forbidden configuration is one more neuron, of weight +β where the bit must be 1 and -β
where it must be 0; its energy is a barrier so high that exp underflows to exactly 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..certificate import Certificate
from ..factors import Sparse
from ..network import Layer, Network
from ._base import Array
from ._posterior import softmax_rounding, uniform
from ._realnet import IMPOSSIBLE
from .bits import Bits
from .markov import Conjunction

UNDERFLOW = {"float32": 110.0, "float64": 750.0}  # exp of less is exactly 0
_LARGEST = {"float32": 1e30, "float64": 1e250}


@dataclass(frozen=True)
class Energies:
    """A class: a polynomial of bits, forbidden configurations, and what is added to both."""

    finite: Bits
    forbidden: Sequence[Conjunction]
    mu: float

    @property
    def constant(self) -> float:
        return float(self.finite.coefficients.get((), 0)) + self.mu

    @property
    def spread(self) -> float:
        """‖h‖₁ without the constant."""
        return float(sum(abs(value) for key, value in self.finite.coefficients.items() if key))


def energies(h: Any, mu: float) -> Energies:
    """From any Hamiltonian of a finite alphabet."""
    finite, forbidden = h.compiled() if hasattr(h, "compiled") else (h.bits(), [])
    return Energies(finite, forbidden, mu)


def bit_network(classes: Sequence[Energies], dtype: str, tol: float | None, head: bool, **facts: Any) -> Network:
    """softmax(-H - μ) of bit Hamiltonians (``head``), or the energy of a single one."""
    live = [c for c in classes if math.isfinite(c.mu)]
    products = list(dict.fromkeys(key for c in live for key in c.finite.coefficients if key))
    conjunctions = list(dict.fromkeys(where for c in live for where in c.forbidden))
    barrier = _barrier(live, dtype) if conjunctions else 0.0
    loads = [c.spread + barrier * len(c.forbidden) for c in live]
    error, beta = _sharpness(live, loads, dtype, tol, head, len(classes))
    n = live[0].finite.inputs
    hidden = _neurons([(key, (1,) * len(key)) for key in products] + conjunctions, beta, n, dtype)
    columns = {key: i for i, key in enumerate([*products, *conjunctions])}
    sign = -1.0 if head else 1.0
    rows: list[dict[int, float]] = []
    biases = []
    for c in classes:
        if not math.isfinite(c.mu):
            rows.append({})
            biases.append(IMPOSSIBLE)
            continue
        row = {columns[key]: sign * float(value) for key, value in c.finite.coefficients.items() if key}
        rows.append({**row, **{columns[where]: sign * barrier for where in c.forbidden}})
        biases.append(sign * c.constant)
    last = Layer(_sparse(rows, len(columns), dtype), np.array(biases).astype(dtype), "softmax" if head else None)
    certificate = Certificate(
        error=error,
        domain=((0.0, 1.0),) * n,
        dtype=dtype,
        statement=f"softmax(-H - mu) of {len(classes)} Hamiltonians of bits" if head else "a Hamiltonian of bits",
        floor=_error(live, loads, 1e9, dtype, head, len(classes)),
        sharpness=beta,
        integers=True,
    )
    return Network([hidden, last], certificate=certificate, **facts)


def _barrier(live: Sequence[Energies], dtype: str) -> float:
    """Above every finite energy by what underflows, twice over, and a power of two."""
    span = max(c.constant + c.spread for c in live) - min(c.constant - c.spread for c in live)
    return float(2.0 ** math.ceil(math.log2(2 * (UNDERFLOW[dtype] + span + 1))))


def _error(live: Sequence[Energies], loads: Sequence[float], beta: float, dtype: str, head: bool, classes: int) -> float:
    """Each neuron errs by exp(-β/2) and 4 units; a sum of m terms by m + 1 units of Σ|terms|, its weights by one.

    Barriers that are not up against a forbidden state add exp(-β/2) times their height and nothing else.
    """
    unit = float(np.finfo(dtype).eps) / 2
    gate = math.exp(-beta / 2)
    worst = 0.0
    for c, load in zip(live, loads, strict=True):
        m = len(c.finite.coefficients) + len(c.forbidden)
        size = c.spread + abs(c.constant) + (load - c.spread) * gate
        exact = head or c.mu == 0.0
        worst = max(worst, load * gate + unit * (4 * c.spread + (m + 3) * size if exact else 0.0))
    return min(1.0, uniform(worst) + softmax_rounding(classes, unit)) if head else worst


def _sharpness(
    live: Sequence[Energies], loads: Sequence[float], dtype: str, tol: float | None, head: bool, classes: int
) -> tuple[float, float]:
    """Error and β: the least even β that keeps ``tol``, by default one beyond which nothing is gained."""
    unit = float(np.finfo(dtype).eps) / 2
    largest = max(loads, default=0.0)
    if largest > _LARGEST[dtype]:
        raise ValueError(f"energies up to {largest:.3g} leave the range of {dtype}")
    most = 2 * math.ceil(math.log(4 / unit) + math.log1p(largest / max(1.0, max(c.spread for c in live))))
    floor = _error(live, loads, most, dtype, head, classes)
    if tol is None:
        return floor, float(most)
    if not floor <= tol:
        raise ValueError(f"{dtype} reaches an error of {floor:.3g} with these Hamiltonians, got tol={tol:g}")
    candidates = range(2, most + 1, 2)
    beta = next(b for b in candidates if _error(live, loads, b, dtype, head, classes) <= tol)
    return _error(live, loads, beta, dtype, head, classes), float(beta)


def _neurons(patterns: Sequence[Conjunction], beta: float, n: int, dtype: str) -> Layer:
    rows = [dict(zip(where, [beta if bit else -beta for bit in pattern], strict=True)) for where, pattern in patterns]
    bias = [-beta * (sum(pattern) - 0.5) for _, pattern in patterns]
    return Layer(_sparse(rows, n, dtype), np.array(bias).astype(dtype), "logistic")


def _sparse(rows: Sequence[dict[int, float]], columns: int, dtype: str) -> Sparse:
    import scipy.sparse as sp

    ends = np.cumsum([0, *map(len, rows)])
    index = np.array([i for row in rows for i in row], dtype=np.int64)
    data: Array = np.array([value for row in rows for value in row.values()], dtype=np.float64).astype(dtype)
    matrix = sp.csr_matrix((data, index, ends), shape=(len(rows), columns))
    matrix.sort_indices()
    return Sparse(matrix)
