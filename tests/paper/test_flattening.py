"""Section III F-G of Lin and Tegmark: the flattening costs it states, with bounds, and where it errs."""

from __future__ import annotations

import math

import flatnet as fn
import numpy as np
import pytest


def rows(net: fn.Network) -> list[tuple[int, int]]:
    return [(row.lower, row.upper) for row in fn.profile(net).rows]


def test_dft_1024_over_all_depths() -> None:
    """C_s = n / (2 log2 n) is a theorem for unit weights: bound = count at 1, 2, 5 and 10 layers."""
    table = rows(fn.dft(1024))
    assert [upper for _, upper in table] == [1048576, 65536, 32768, 24576] + 6 * [20480]
    assert [layers for layers, (low, high) in enumerate(table, 1) if low == high] == [1, 2, 5, 10]
    assert all(low <= high <= 1.0615 * low for low, high in table)
    assert fn.flattening_cost(fn.dft(1024)).C_s == (51.2, 51.2)


@pytest.mark.parametrize(
    ("n", "flat", "best", "deep", "layers"),
    [(16, 80, 72, 94, 2), (64, 448, 320, 510, 2), (256, 2304, 1408, 2558, 2)],
)
def test_the_wavelet_transform_is_flattened_at_a_gain(n: int, flat: int, best: int, deep: int, layers: int) -> None:
    """The paper calls it costly; with copies counted, two layers are cheaper than one and than many."""
    net = fn.haar(n)
    counts = [high for _, high in rows(net)]
    assert (counts[0], min(counts), counts[-1]) == (flat, best, deep)
    assert counts[layers - 1] == best
    assert fn.flattening_cost(net, depth=net.depth).C_s.upper < 1


def test_the_zeta_transform_gains_a_quarter_by_partial_flattening() -> None:
    net = fn.zeta(9)
    counts = [high for _, high in rows(net)]
    assert (counts[0], counts[-1]) == (3**9, 6912)
    assert min(counts) == counts[2] == counts[3] == 5184


def test_neurons_of_linear_networks_are_free() -> None:
    """ "All hidden-layer neurons can be eliminated": C_n = 0, so only the synapses tell."""
    assert fn.flattening_cost(fn.dft(64)).C_n == (0.0, 0.0)


def test_generic_low_rank_has_fewer_synapses_than_the_paper_says() -> None:
    """The paper has n / 2k, from 2nk synapses; [I; X] C has 2nk - k^2 + k, so the cost is higher."""
    rng = np.random.default_rng(0)
    n, k = 40, 4
    A = rng.standard_normal((n, k)) @ rng.standard_normal((k, n))
    net = fn.low_rank(A, k)
    assert net.synapses == 2 * n * k - k * k + k
    found = fn.flattening_cost(net).C_s
    assert found == (n * n / net.synapses, n * n / net.synapses)


@pytest.mark.parametrize("degree", [1.2, 4.0])
def test_random_sparse_chains_follow_eq_27(degree: float) -> None:
    """Within 4 standard deviations; below a mean degree of 2 flattening saves synapses, against the text."""
    n = 300
    mean, std = fn.expected_flattening_cost(n, degree / n)
    found = [fn.flattening_cost(fn.random_sparse(n, degree / n, seed=seed)).C_s.upper for seed in range(5)]
    assert abs(np.mean(found) - mean) < 4 * std / math.sqrt(5) + 2 * std**2
    assert (mean < 1) == (degree < 2)
    # the bound at one layer is the product itself: exact
    assert fn.flattening_cost(fn.random_sparse(n, degree / n)).C_s.lower == found[0]
