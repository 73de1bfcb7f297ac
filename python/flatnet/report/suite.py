"""The default report: which networks, at which sizes, and the closed form each family is held against."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..expected import expected_flattening_cost
from ..network import Network
from ..transforms import dct, dft, haar, hadamard, low_rank, matmul, random_sparse, zeta
from .chains import digits_propagation, prolongation, prolongation_cost

__all__ = ["Case", "Group", "suite"]

_RANK = 16


@dataclass(frozen=True)
class Case:
    """One network of a group.

    Attributes
    ----------
    x : float
        Where the group's plot places it.
    label : str
        Its name in the table.
    build : callable
        Makes the network.
    shown : bool
        Whether the terminal lists it; the others only draw the curve.
    timed, curved, profiled : bool
        Whether C_t is measured, at every batch, and whether its whole profile is kept.
    flat : callable or None
        Makes the flat network where it is known beforehand; other depths are then not counted.
    """

    x: float
    label: str
    build: Callable[[], Network]
    shown: bool = False
    timed: bool = False
    curved: bool = False
    profiled: bool = False
    flat: Callable[[], Network] | None = None


@dataclass(frozen=True)
class Group:
    """Networks of one kind and the theory for their C_s.

    Attributes
    ----------
    name, x_label, formula, source : str
        Title of the plot, its axis, the closed form and where that comes from.
    cases : tuple of Case
        By increasing ``x``.
    theory : callable or None
        ``theory(x)`` is C_s at depth 0 and its standard deviation (0 where it is exact).
    log_x : bool
        Whether ``x`` belongs on a logarithmic axis.
    """

    name: str
    x_label: str
    formula: str
    source: str
    cases: tuple[Case, ...]
    theory: Callable[[float], tuple[float, float]] | None = None
    log_x: bool = True


def _exact(formula: Callable[[float], float]) -> Callable[[float], tuple[float, float]]:
    return lambda x: (formula(x), 0.0)


def _powers(name: str, make: Callable[[int], Network], top: int, curved: Sequence[int] = (),
            profiled: bool = False) -> tuple[Case, ...]:  # fmt: skip
    """Cases at n = 4, 8, ..., 2**top; the largest one is shown and timed, those in ``curved`` at every batch."""
    last = 2**top
    sizes = [2**m for m in range(2, top + 1)]
    small = [Case(n, f"{name} {n}", partial(make, n), timed=n in curved, curved=n in curved) for n in sizes[:-1]]
    return (*small, Case(last, f"{name} {last}", partial(make, last), True, True, last in curved, profiled))


def _haar_cost(n: float) -> float:
    m = math.log2(n)
    return n * (m + 1) / (n * m + 2 * n - 2)


def _zeta_cost(n: float) -> float:
    m = math.log2(n)
    return 3**m / (1.5 * m * 2**m)


def _dct_cost(n: float) -> float:
    m = round(math.log2(n))
    up = sum(n + (2**k - (-1) ** k) // 3 * (n / 2**k - 2) for k in range(1, m - 1))
    return n * n / (2 * n * m + up)


def _low_rank_cost(n: float) -> float:
    return n * n / (2 * n * _RANK - _RANK**2 + _RANK)


def _low_rank(n: int) -> Network:
    rng = np.random.default_rng(n)
    return low_rank(rng.standard_normal((n, _RANK)) @ rng.standard_normal((_RANK, n)), _RANK)


def _strassen_synapses(n: float, levels: int) -> float:
    return n**3 * (7 / 8) ** levels + 8 * n**2 * ((7 / 4) ** levels - 1)


def _strassen_levels(n: float) -> int:
    """Return the number of recursions with the fewest synapses (at least one)."""
    return min(range(1, round(math.log2(n)) + 1), key=lambda t: _strassen_synapses(n, t))


def _strassen_cost(n: float) -> float:
    return n**3 / _strassen_synapses(n, _strassen_levels(n))


def _transforms(top: int) -> list[Group]:
    return [
        Group("DFT", "n", "n / (2 log₂ n)", "Radix-2 FFT, complex weights count once (Lin & Tegmark, sec. III G).",
              _powers("DFT", dft, top, (64, 1024), profiled=True), _exact(lambda n: n / (2 * math.log2(n)))),
        Group("Hadamard", "n", "n / (2 log₂ n)", "Fast Walsh-Hadamard transform, weights 1 and -1.",
              _powers("Hadamard", hadamard, top, (128,)), _exact(lambda n: n / (2 * math.log2(n)))),
        Group("Haar wavelet", "n", "n(m+1) / (nm+2n-2), m = log₂ n",
              "Copies counted as layers of their own: flat is cheaper, against the paper's claim for wavelets.",
              _powers("Haar", haar, top), _exact(_haar_cost)),
        Group("zeta (subset sums)", "n = 2^m", "(3/2)^m / 1.5m", "Merging two or three stages saves 25 %.",
              _powers("zeta", lambda n: zeta(round(math.log2(n))), top), _exact(_zeta_cost)),
        Group("DCT-II", "n", "n² / N_s(deep)", "Real factors with at most two non-zeros a row.",
              _powers("DCT", dct, top), _exact(_dct_cost)),
    ]  # fmt: skip


def _low_ranks(top: int) -> Group:
    sizes = [2**m for m in range(5, top + 1)]
    name = f"low rank, k = {_RANK}"
    cases = [Case(n, f"{name}, n = {n}", partial(_low_rank, n), n == sizes[-1], n == sizes[-1]) for n in sizes]
    source = "Interpolative form [I; X] C, the fewest for generic rank k; the paper counts 2nk."
    return Group(name, "n", "n² / (2nk - k² + k)", source, tuple(cases), _exact(_low_rank_cost))


def _random(degree: int, sizes: Sequence[int]) -> Group:
    cases = [Case(n, f"random sparse {n}, np = {degree}", partial(random_sparse, n, degree / n, seed=n), n == sizes[-1],
                  n == sizes[-1]) for n in sizes]  # fmt: skip
    source = "Two factors of zeros and ones. C_s < 1 for np < 2: there flattening saves synapses."
    return Group(f"random sparse, np = {degree}", "n", "Eq. 27 and its std", source, tuple(cases),
                 lambda n: expected_flattening_cost(round(n), degree / n))  # fmt: skip


def _strassen(n: int) -> Network:
    return matmul(n, n, levels=_strassen_levels(n))


def _products(top: int) -> Group:
    sizes = [2**m for m in range(5, top + 1)]
    flat = partial(matmul, levels=0)
    names = {n: f"Strassen {n}, t = {_strassen_levels(n)}" for n in sizes}
    cases = [Case(n, names[n], partial(_strassen, n), n == 1024, flat=partial(flat, n, n)) for n in sizes]
    numbers = np.random.default_rng(0).standard_normal((64, 64))
    cases[1] = Case(64, "Strassen 64, t = 1", partial(matmul, numbers, 64), True, True, flat=partial(flat, numbers, 64))
    source = "N M for a fixed n x n matrix N, at the best number t of recursions; flat is N ⊗ I. Pays from n = 50 on."
    return Group("Strassen", "n", "n³ / (n³(7/8)^t + 8n²((7/4)^t-1))", source, tuple(cases), _exact(_strassen_cost))


def _graph() -> Group:
    cases = [Case(hops, f"digits graph, {hops} hops", partial(digits_propagation, hops), shown=True, timed=True,
                  curved=hops == 3, profiled=hops == 4) for hops in (2, 3, 4)]  # fmt: skip
    source = "Real data: propagation over the nearest-neighbour graph (k = 8) of 1797 scikit-learn digits."
    return Group("digits graph", "hops K", "", source, tuple(cases), log_x=False)


def _multigrid(top: int) -> Group:
    small = [Case(levels, f"multigrid, {levels} levels", partial(prolongation, levels)) for levels in range(1, top)]
    large = Case(top, f"multigrid, {top} levels", partial(prolongation, top), True, True, True, True)
    source = "Bilinear interpolation from a 3 x 3 grid: flat is cheaper. From a large grid C_s tends to 4/3."
    return Group("multigrid prolongation", "levels L", "(2^(L+1)-1)² / Σc_l²", source, (*small, large),
                 _exact(lambda levels: prolongation_cost(round(levels))), log_x=False)  # fmt: skip


def suite(quick: bool = False) -> list[Group]:
    """Return the groups of the default report.

    Parameters
    ----------
    quick : bool, default False
        Smaller sizes, for a first look.

    Examples
    --------
    >>> [group.name for group in suite()][:2]
    ['DFT', 'Hadamard']
    """
    top = 8 if quick else 10
    random = [_random(degree, (100, 300) if quick else (100, 200, 400, 1000)) for degree in (1, 2, 4)]
    return [*_transforms(top), _low_ranks(top), *random, _products(10 if quick else 12), _graph(),
            _multigrid(4 if quick else 5)]  # fmt: skip
