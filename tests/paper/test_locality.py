"""Sec. II D: low order, locality, symmetry; what N_c 2^(S_c) bounds, and the chain (n + 1)(n + 2)/2 -> 2n -> 3."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from flatnet.hamiltonians import Gaussian, Ising, chain_parameters, clique_counts, lattice_neurons, monomials

nx = pytest.importorskip("networkx")


@pytest.mark.parametrize(("n", "degree"), [(1, 4), (2, 4), (4, 3), (6, 2)])
def test_eq_9_counts_monomials(n: int, degree: int) -> None:
    """C(n + d, d) with the constant: "of order n^d" holds from n = 2 on."""
    exponents = itertools.product(range(degree + 1), repeat=n)
    assert monomials(n, degree) == sum(sum(e) <= degree for e in exponents)
    assert monomials(10**4, 4) == math.comb(10**4 + 4, 4) < 10**16
    assert monomials(1, 4) > 1**4


def test_eq_14_a_gaussian_has_a_positive_definite_form() -> None:
    """Its first sum should run over h_i y_i; mean h^-1 h_i / 2, covariance h^-1 / 2."""
    rng = np.random.default_rng(0)
    form = rng.standard_normal((4, 4))
    form = form @ form.T + np.eye(4)
    linear = rng.standard_normal(4)
    h = Gaussian(np.linalg.solve(form, linear) / 2, np.linalg.inv(form) / 2)
    y = rng.standard_normal((50, 4))
    expected = np.einsum("bi,ij,bj->b", y, form, y) - y @ linear
    difference = h(y) - expected
    np.testing.assert_allclose(difference, difference[0], rtol=1e-11)
    with pytest.raises(ValueError, match="positive definite"):
        Gaussian(np.zeros(2), np.diag([1.0, -1.0]))


@pytest.mark.parametrize("graph", [nx.cycle_graph(5), nx.petersen_graph(), nx.complete_graph(6), nx.grid_graph((4, 4))])
def test_neurons_are_complete_subgraphs_and_maximal_cliques_bound_them(graph) -> None:
    counts = clique_counts(graph)
    nodes = list(graph)
    complete = sum(
        all(graph.has_edge(a, b) for a, b in itertools.combinations(chosen, 2))
        for size in range(1, 7)
        for chosen in itertools.combinations(nodes, size)
    )
    assert counts.neurons == complete <= counts.by_cliques <= counts.by_largest


def test_n_c_2_to_the_s_c_is_false_for_covers() -> None:
    """K_{3,3}: 3 edges cover all vertices, 3 * 2^2 = 12 < 15. K_{3,3,3,3}: 9 cliques of 4 cover all edges, 9 * 2^4 < 255."""
    assert clique_counts(nx.complete_bipartite_graph(3, 3)).neurons == 15 > 3 * 2**2
    graph = nx.complete_multipartite_graph(3, 3, 3, 3)
    lines = [(a, 3 + b, 6 + (a + b) % 3, 9 + (a + 2 * b) % 3) for a in range(3) for b in range(3)]
    covered = {frozenset(edge) for line in lines for edge in itertools.combinations(line, 2)}
    assert covered == {frozenset(edge) for edge in graph.edges} and len(covered) == 54
    assert clique_counts(graph).neurons == 255 > 9 * 2**4


@pytest.mark.parametrize("side", [4, 7, 16])
def test_locality_makes_neurons_linear_in_n(side: int) -> None:
    """A periodic square lattice: sites and bonds, 3 L²."""
    assert Ising.lattice((side, side), J=1, h=1).neurons == lattice_neurons((side, side)) == 3 * side**2
    assert lattice_neurons((1024, 1024)) == 3 * 1024**2


@pytest.mark.parametrize("n", [3, 4, 10, 50])
def test_constants_of_a_chain_by_enumeration(n: int) -> None:
    """Linear terms and squares counted throughout, the constant never: n(n + 3)/2 -> 3n - 1 (3n periodic) -> 3."""
    terms = [(i,) for i in range(n)] + list(itertools.combinations_with_replacement(range(n), 2))
    assert chain_parameters(n) == len(terms) == n * (n + 3) // 2
    near = {t for t in terms if t[-1] - t[0] <= 1}
    assert chain_parameters(n, "nearest") == len(near) == 3 * n - 1
    ring = near | {t for t in terms if len(t) == 2 and t[1] - t[0] == n - 1}
    assert chain_parameters(n, "nearest", periodic=True) == len(ring) == 3 * n
    orbits = {frozenset(tuple(sorted((i + s) % n for i in t)) for s in range(n)) for t in ring}
    assert chain_parameters(n, "invariant", periodic=True) == len(orbits) == 3
    assert (n + 1) * (n + 2) // 2 == chain_parameters(n) + 1  # the paper counts the constant here, and only here
