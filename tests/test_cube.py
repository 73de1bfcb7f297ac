"""Thresholds that functions of bits need: edges that hyperplanes cut, counted on small cubes."""

from __future__ import annotations

import flatnet as fn
import numpy as np
import pytest
from flatnet.bounds.cube import changing_edges, most_cut_edges, symmetric_edges, threshold_neurons


def cube(n: int) -> np.ndarray:
    return (np.arange(1 << n)[:, None] >> np.arange(n)) & 1


def edges_by_definition(table: np.ndarray) -> int:
    n = table.size.bit_length() - 1
    return sum(bool(table[S] != table[S | 1 << i]) for S in range(1 << n) for i in range(n) if not S >> i & 1)


@pytest.mark.parametrize("n", range(1, 8))
def test_no_hyperplane_cuts_more_edges_and_the_middle_one_cuts_as_many(n: int) -> None:
    rng = np.random.default_rng(n)
    for _ in range(200):
        weights = rng.standard_normal(n) if rng.random() < 0.5 else rng.integers(-2, 3, n)
        threshold = rng.choice(cube(n) @ weights) + 1e-9
        assert edges_by_definition(cube(n) @ weights > threshold) <= most_cut_edges(n)
    assert edges_by_definition(cube(n).sum(axis=1) > (n - 1) // 2) == most_cut_edges(n)


@pytest.mark.parametrize("n", range(1, 7))
def test_edges_along_which_a_function_changes(n: int) -> None:
    rng = np.random.default_rng(n)
    table = rng.integers(0, 3, 1 << n)
    assert changing_edges(table) == edges_by_definition(table)
    values = rng.integers(0, 3, n + 1)
    assert symmetric_edges(values) == edges_by_definition(values[cube(n).sum(axis=1)])


def test_parity_and_its_terms_as_an_interval() -> None:
    for n in (2, 3, 8, 10):
        parity = fn.bit_parity(n)
        terms = fn.bit_function(cube(n).sum(axis=1) % 2, hard=True)
        few, many = fn.flattening_cost(parity, depth=1), fn.flattening_cost(terms, depth=1)
        least = threshold_neurons(n, n << (n - 1))
        assert (few.C_n.lower, few.C_n.upper) == (least / n, 1.0)
        assert many.C_n.lower == pytest.approx(least / (2**n - 1))
        assert many.C_n.upper == pytest.approx(n / (2**n - 1))
        assert "thresholds" in many.class_of_networks and "edges of the cube" in many.C_n_reason
    assert (threshold_neurons(2, 4), threshold_neurons(1000, 1000 << 999)) == (2, 40)


@pytest.mark.parametrize("table", [[0, 1, 1, 1], [0, 0, 0, 1, 0, 1, 1, 1], [2, 2], [0.5, 1, 1, 1.5]])
def test_symmetric_tables_have_a_flat_form(table: list[float]) -> None:
    net = fn.bit_function(table)
    n = net.shape[1]
    np.testing.assert_allclose(net.flat_form(cube(n))[:, 0], table, atol=1e-9)
    assert net.flat_form.neurons <= n
    assert fn.bit_function([0, 1, 0, 1]).flat_form is None


@pytest.mark.parametrize("info", [{"bits": 3}, {"bits": 2, "edges": 1}, {"bits": 3, "edges": 13}, {"bits": 3, "edges": -1}, 5])
def test_what_a_file_says_is_checked(info: object) -> None:
    net = fn.bit_parity(3)
    net.info["cube"] = info
    assert fn.flattening_cost(net, depth=1).C_n.lower == 0
