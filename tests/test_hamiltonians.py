"""Hamiltonians: values against SciPy and enumeration, exact conversions, counts, the dictionary of Table I."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import flatnet as fn
import networkx
import numpy as np
import pytest
from flatnet import hamiltonians as ham
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

RNG = np.random.default_rng(11)
EPS = np.finfo(np.float64).eps


def spd(n: int, rng: np.random.Generator, spread: float = 1.0) -> np.ndarray:
    """A covariance with eigenvalues between exp(-spread) and exp(spread)."""
    q = np.linalg.qr(rng.standard_normal((n, n)))[0]
    return (q * np.exp(rng.uniform(-spread, spread, n))) @ q.T


# --- real inputs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 7, 40])
@pytest.mark.parametrize("given_as", ["covariance", "precision", "whitening"])
def test_gaussian_is_scipy_s(n: int, given_as: str) -> None:
    covariance, mean = spd(n, RNG), RNG.standard_normal(n)
    if given_as == "covariance":
        h = ham.Gaussian(mean, covariance)
    elif given_as == "precision":
        h = ham.Gaussian(mean, precision=np.linalg.inv(covariance))
    else:
        h = ham.Gaussian.from_whitening(mean, np.linalg.inv(np.linalg.cholesky(covariance)))
    y = mean + 3 * RNG.standard_normal((5, 4, n))
    expected = -multivariate_normal(mean, covariance).logpdf(y).reshape(5, 4)
    np.testing.assert_allclose(h(y), expected, rtol=1e-12)
    np.testing.assert_allclose(h.quadratic()(y), expected, rtol=1e-11)
    np.testing.assert_allclose(h.quadratic().gaussian()(y), expected, rtol=1e-10)
    np.testing.assert_allclose(h.covariance, covariance, rtol=1e-10, atol=1e-12)
    assert (h.parameters, h.neurons, h.degree) == (n * (n + 3) // 2, n + 1, 2) or n == 1


def test_diagonal_gaussian_counts_2n() -> None:
    h = ham.Gaussian(np.zeros(5), covariance=np.arange(1.0, 6.0))
    full = ham.Gaussian(np.zeros(5), covariance=np.diag(np.arange(1.0, 6.0)))
    y = RNG.standard_normal((9, 5))
    np.testing.assert_allclose(h(y), full(y), rtol=1e-14)
    assert (h.parameters, full.parameters) == (10, 20)


def test_quadratic_is_its_polynomial() -> None:
    # degree 2 in 3 variables; both evaluate the same 10 coefficients, the order of sums differs: a few ulp of the largest term
    terms = {key: float(RNG.standard_normal()) for key in itertools.product(range(3), repeat=3) if sum(key) <= 2}
    p = ham.Polynomial(terms)
    q = p.quadratic()
    y = RNG.uniform(-2, 2, (50, 3))
    np.testing.assert_allclose(p(y), q(y), atol=100 * EPS * sum(map(abs, terms.values())))
    assert (p.terms, p.parameters, p.degree) == (10, 10, 2)
    assert q.terms == 10
    np.testing.assert_allclose((q + q)(y), 2 * q(y), rtol=1e-14)
    np.testing.assert_allclose((q + 3.0)(y), q(y) + 3.0, rtol=1e-14)


def test_polynomials_of_whole_numbers_stay_exact() -> None:
    p = ham.Polynomial({(20, 0): 1, (1, 3): Fraction(1, 3), (0, 0): -7})
    assert p([9, 3]) == 9**20 + 81 - 7
    assert p([9, 2]) == 9**20 + Fraction(72, 3) - 7
    assert (p + p)([2, 1]) == 2 * p([2, 1])


@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_a_form_of_rank_r_takes_r_plus_1_neurons(n: int) -> None:
    basis = np.linalg.qr(RNG.standard_normal((n, n)))[0]
    for positive, negative in [(n, 0), (0, n), (1, n - 1), (n // 2, n - n // 2), (n - 1, 0)]:
        values = np.concatenate([np.ones(positive), -np.ones(negative), np.zeros(n - positive - negative)])
        rank = int(np.count_nonzero(values))
        form = (basis * values * RNG.uniform(1, 2, n)) @ basis.T
        linear = form @ RNG.standard_normal(n)
        assert ham.Quadratic(form, linear).neurons == (rank + 1 if rank else 0)
        if rank < n:
            assert ham.Quadratic(form, linear + basis[:, -1]).neurons == (rank + 2 if rank else 1)


# --- bits and spins ---------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 7), st.integers(0, 2**32))
def test_bits_are_their_table(n: int, seed: int) -> None:
    table = np.random.default_rng(seed).integers(-1000, 1000, 2**n)
    h = ham.Bits.from_table(table)
    states = h.states()
    assert states.tolist() == [list(bits) for bits in itertools.product((0, 1), repeat=n)]
    assert h(states).tolist() == table.tolist()
    assert h(states).dtype == np.int64
    brute = [sum(c * all(y[i] for i in key) for key, c in h.coefficients.items()) for y in states.tolist()]
    assert brute == table.tolist()


def test_bits_keep_fractions_and_large_numbers() -> None:
    h = ham.Bits({(): Fraction(1, 3), (0, 1): Fraction(1, 7), (1,): 10**30})
    assert h([1, 1]) == Fraction(1, 3) + Fraction(1, 7) + 10**30
    assert ham.Bits.from_table(np.array([0, Fraction(1, 3)], dtype=object)).coefficients == {(0,): Fraction(1, 3)}


def brute_ising(h: ham.Ising, s: np.ndarray) -> list:
    pairs, fields = h.couplings.items(), h.fields.items()
    return [h.constant - sum(J * r[i] * r[j] for (i, j), J in pairs) - sum(v * r[i] for i, v in fields) for r in s.tolist()]


@pytest.mark.parametrize("shape", [(1,), (2,), (5,), (3, 3), (2, 3), (2, 2, 2), (2, 1, 3)])
@pytest.mark.parametrize("periodic", [False, True])
def test_spins_become_bits_exactly(shape: tuple, periodic: bool) -> None:
    for J, field in ((3, -2), (Fraction(1, 3), Fraction(2, 7)), (0.1, 0.3)):
        h = ham.Ising.lattice(shape, J, field, periodic)
        spins = h.states()
        bits = ham.to_bits(spins)
        assert (ham.to_spins(bits) == spins).all()
        if isinstance(J, float):
            # one rounding for each sum: units of Σ|J| + Σ|h|
            np.testing.assert_allclose(h(spins), brute_ising(h, spins), atol=1e-13)
            np.testing.assert_allclose(h.bits()(bits), h(spins), atol=1e-12)
        else:
            assert list(h(spins)) == brute_ising(h, spins)
            assert list(h.bits()(bits)) == list(h(spins))


def test_lattice_bonds() -> None:
    for shape, periodic in itertools.product([(4,), (3, 5), (2, 3), (3, 3, 4)], [False, True]):
        grid = networkx.grid_graph(list(reversed(shape)), periodic=periodic)
        number = {n: int(np.ravel_multi_index(n if isinstance(n, tuple) else (n,), shape)) for n in grid.nodes}
        edges = {tuple(sorted((number[a], number[b]))) for a, b in grid.edges}
        found = list(map(tuple, ham.bonds(shape, periodic).tolist()))
        assert set(found) == edges and len(found) == len(edges)


@pytest.mark.parametrize("n", [1, 3, 8, 16])
def test_ring_partition_function(n: int) -> None:
    # transfer matrix: Z = λ₊ⁿ + λ₋ⁿ, λ± = e^J cosh h ± sqrt(e^{2J} sinh² h + e^{-2J}); n = 1, 2 have fewer bonds than the ring
    J, h = 0.4, 0.3
    ring = ham.Ising.lattice((n,), J, h)
    if n > 2:
        root = math.sqrt(math.exp(2 * J) * math.sinh(h) ** 2 + math.exp(-2 * J))
        z = sum((math.exp(J) * math.cosh(h) + sign * root) ** n for sign in (1, -1))
    else:
        z = 2 * math.cosh(h)
    assert ring.log_partition() == pytest.approx(math.log(z), rel=1e-13)
    assert ring.bits().log_partition() == pytest.approx(math.log(z), rel=1e-13)


def test_graph_attributes_are_couplings() -> None:
    graph = networkx.Graph()
    graph.add_node("a", h=2)
    graph.add_edge("a", "b", J=3)
    graph.add_edge("b", "c")
    h = ham.Ising.from_graph(graph, J=5)
    assert h.couplings == {(0, 1): 3, (1, 2): 5} and h.fields == {0: 2}
    assert set(h.graph().edges) == {(0, 1), (1, 2)}


def test_markov_field_is_the_sum_of_its_tables() -> None:
    for q in (2, 3):
        tables = {(0, 2): RNG.standard_normal((q, q)), (2, 1): RNG.standard_normal((q, q)), (1,): RNG.standard_normal(q)}
        tables[(3, 0, 1)] = RNG.standard_normal((q, q, q))
        h = ham.MarkovField(tables, states=q)
        states = np.array(list(itertools.product(range(q), repeat=4)))
        expected = [sum(t[tuple(x[list(c)])] for c, t in tables.items()) for x in states]
        inputs = states if q == 2 else ham.one_hot(states, q)
        assert (h.states() == inputs).all()
        np.testing.assert_allclose(h(inputs), expected, atol=1e-13)
        np.testing.assert_allclose(h.bits()(inputs), expected, atol=1e-12)
        assert h.log_partition() == pytest.approx(logsumexp(-np.array(expected)), rel=1e-13)
        if q == 2:
            assert h.neurons <= ham.clique_counts(h.graph()).neurons


def test_potts_with_two_states_is_ising() -> None:
    potts, ising = ham.Potts.lattice((3, 3), 2, J=0.8), ham.Ising.lattice((3, 3), 0.4)
    bits = potts.states()
    np.testing.assert_allclose(potts(bits) - ising(ham.to_spins(bits)), -0.4 * 18, atol=1e-12)
    fields = RNG.standard_normal((3, 3))
    clock = ham.Potts({(0, 1): 1.0, (1, 2): -2.0}, 3, fields)
    x = np.array(list(itertools.product(range(3), repeat=3)))
    expected = -1.0 * (x[:, 0] == x[:, 1]) + 2.0 * (x[:, 1] == x[:, 2]) - fields[np.arange(3), x].sum(axis=1)
    np.testing.assert_allclose(clock(ham.one_hot(x, 3)), expected, atol=1e-14)
    assert clock.neurons == 2 * 3 + 9


# --- Table I ----------------------------------------------------------------------------------------------------


def test_kl_by_hamiltonians_is_kl_by_probabilities() -> None:
    for _ in range(20):
        p, q = (ham.Bits.from_table(3 * RNG.standard_normal(2**6)) for _ in range(2))
        a, b = ham.boltzmann(p), ham.boltzmann(q)
        assert a.sum() == pytest.approx(1.0, abs=1e-14)
        assert ham.kl(p, q) == pytest.approx(float((a * np.log(a / b)).sum()), rel=1e-12)
        assert ham.kl(p, p) == 0.0
        assert ham.kl(p, p + 5.0) == pytest.approx(0.0, abs=1e-14)  # the gauge


def test_kl_with_forbidden_states() -> None:
    half = ham.MarkovField({(0,): [0.0, np.inf]})
    fair = ham.MarkovField({(0,): [0.0, 0.0]})
    assert ham.kl(half, fair) == pytest.approx(math.log(2), rel=1e-15)
    assert ham.kl(fair, half) == math.inf
    with pytest.raises(ValueError, match="every state of q is forbidden"):
        ham.kl(fair, ham.MarkovField({(0,): [np.inf, np.inf]}))


# --- counts -----------------------------------------------------------------------------------------------------


def test_monomials_by_enumeration() -> None:
    for n, d in itertools.product(range(1, 6), range(5)):
        assert ham.monomials(n, d) == sum(1 for key in itertools.product(range(d + 1), repeat=n) if sum(key) <= d)
    assert ham.monomials(1, 4) == 5 > 1**4  # the paper's "of order n^d" needs n >= 2
    assert ham.monomials(10_000, 4) == math.comb(10_004, 4)


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 9])
def test_chain_parameters_by_enumeration(n: int, periodic: bool) -> None:
    neighbours = [(i, i + 1) for i in range(n - 1)] + ([(0, n - 1)] if periodic and n > 2 else [])
    everything = [(i,) for i in range(n)] + list(itertools.combinations_with_replacement(range(n), 2))
    near = [key for key in everything if len(key) == 1 or key[0] == key[1] or key in neighbours]
    shapes = {("linear",) if len(key) == 1 else ("square",) if key[0] == key[1] else ("pair",) for key in near}
    assert ham.chain_parameters(n, "all", periodic) == len(everything) == n * (n + 3) // 2
    assert ham.chain_parameters(n, "nearest", periodic) == len(near)
    assert ham.chain_parameters(n, "invariant", periodic) == len(shapes)


def test_chain_of_the_paper() -> None:
    for n in (3, 10, 100_000):
        assert ham.chain_parameters(n, "nearest") == 3 * n - 1
        assert ham.chain_parameters(n, "nearest", periodic=True) == 3 * n
        assert ham.chain_parameters(n, "invariant") == 3


@pytest.mark.parametrize("shape", [(6,), (4, 4), (3, 5), (2, 3, 4), (2, 2)])
@pytest.mark.parametrize("periodic", [False, True])
def test_lattices_take_a_neuron_for_each_site_and_bond(shape: tuple, periodic: bool) -> None:
    h = ham.Ising.lattice(shape, J=1.5, h=0.25, periodic=periodic)
    assert ham.lattice_neurons(shape, periodic) == h.terms == h.neurons
    if periodic and len(shape) == 2 and min(shape) > 2:
        assert h.neurons == 3 * math.prod(shape)


@pytest.mark.parametrize("sides", [(3, 3), (3, 3, 3, 3), (2, 2, 2)])
def test_cliques_by_brute_force(sides: tuple) -> None:
    graph = networkx.complete_multipartite_graph(*sides)
    counts = ham.clique_counts(graph)
    complete = sum(
        1
        for size in range(1, len(sides) + 1)
        for nodes in itertools.combinations(graph.nodes, size)
        if all(graph.has_edge(a, b) for a, b in itertools.combinations(nodes, 2))
    )
    assert counts.neurons == complete == math.prod(s + 1 for s in sides) - 1
    assert counts.neurons <= counts.by_cliques <= counts.by_largest


def test_clique_covers_do_not_bound() -> None:
    # K_{3,3}: three edges cover the vertices, and 3 cliques of 2 would give 3 * 2^2 = 12
    assert ham.clique_counts(networkx.complete_bipartite_graph(3, 3)).neurons == 15 > 3 * 2**2
    # K_{3,3,3,3}: the 9 rows of the orthogonal array OA(9, 4, 3, 2) are 4-cliques that cover all 54 edges
    rows = [(a, b, (a + b) % 3, (a + 2 * b) % 3) for a in range(3) for b in range(3)]
    cliques = [[3 * part + value for part, value in enumerate(row)] for row in rows]
    graph = networkx.complete_multipartite_graph(3, 3, 3, 3)
    covered = {frozenset(pair) for clique in cliques for pair in itertools.combinations(clique, 2)}
    assert covered == {frozenset(edge) for edge in graph.edges} and len(covered) == 54
    assert ham.clique_counts(graph).neurons == 255 > len(cliques) * 2**4


# --- bad input --------------------------------------------------------------------------------------------------

BAD = [
    (lambda: ham.Gaussian([0, 0], [[1, 2], [2, 1]]), ValueError, "positive definite covariance, the least eigenvalue is -1"),
    (lambda: ham.Gaussian([0, 0], precision=[[1, 1], [1, 1]]), ValueError, "positive definite precision"),
    (lambda: ham.Gaussian([0, 0], [1.0, 0.0]), ValueError, "least eigenvalue is 0"),
    (lambda: ham.Gaussian([0, 0], [[1, 2], [0, 1]]), ValueError, "symmetric"),
    (lambda: ham.Gaussian([0, 0]), ValueError, "neither"),
    (lambda: ham.Gaussian([0], [1], [1]), ValueError, "both"),
    (lambda: ham.Gaussian([0, 0], np.eye(3)), ValueError, r"\(3, 3\)"),
    (lambda: ham.Gaussian([], []), ValueError, "0 inputs"),
    (lambda: ham.Gaussian([0, np.inf], np.eye(2)), ValueError, "inf"),
    (lambda: ham.Gaussian([0, 1j], np.eye(2)), TypeError, "complex"),
    (lambda: ham.Gaussian.from_whitening([0, 0], np.zeros((2, 2))), ValueError, "invertible"),
    (lambda: ham.Quadratic([[1, 2, 3]]), ValueError, r"\(1, 3\)"),
    (lambda: ham.Quadratic(np.eye(2), [1.0]), ValueError, "got 1"),
    (lambda: ham.Quadratic(np.eye(2), constant=np.nan), ValueError, "nan"),
    (lambda: ham.Quadratic([[np.inf]]), ValueError, "inf"),
    (lambda: ham.Quadratic([[1.0, 0], [0, -1.0]]).gaussian(), ValueError, "least eigenvalue is -1"),
    (lambda: ham.Quadratic(np.eye(2)) + ham.Quadratic(np.eye(3)), ValueError, "3"),
    (lambda: ham.Polynomial({}), ValueError, "none"),
    (lambda: ham.Polynomial({(1,): 1, (1, 2): 1}), ValueError, "1 and 2"),
    (lambda: ham.Polynomial({(-1,): 1}), ValueError, "-1"),
    (lambda: ham.Polynomial({(1,): np.inf}), ValueError, "inf"),
    (lambda: ham.Polynomial([1, 2]), TypeError, "list"),
    (lambda: ham.Polynomial({(3,): 1}).quadratic(), ValueError, "degree 3"),
    (lambda: ham.Bits({}), ValueError, "only a constant"),
    (lambda: ham.Bits({(0,): np.nan}), ValueError, "nan"),
    (lambda: ham.Bits({(5,): 1.0}, inputs=2), ValueError, "no input 5"),
    (lambda: ham.Bits({0: 1.0}), TypeError, "0"),
    (lambda: ham.Bits({(0,): "x"}), TypeError, "'x'"),
    (lambda: ham.Bits.from_table([1, 2, 3]), ValueError, r"\(3,\)"),
    (lambda: ham.Bits({(0,): 1.0})([2]), ValueError, "got 2"),
    (lambda: ham.Bits({(0,): 1.0})([0, 1]), ValueError, "1 inputs"),
    (lambda: ham.Bits({(23,): 1.0}).states(), ValueError, "enumerated"),
    (lambda: ham.Ising({(0, 0): 1}), ValueError, "different"),
    (lambda: ham.Ising({(0, 1, 2): 1}), ValueError, "pairs"),
    (lambda: ham.Ising({}), ValueError, "inputs=0"),
    (lambda: ham.Ising({(0, 1): 1}, fields=[1]), ValueError, "got 1"),
    (lambda: ham.Ising({(0, 1): 1}, fields={7: 1}, inputs=2), ValueError, "no spin 7"),
    (lambda: ham.Ising({(0, 1): 1})([0, 1]), ValueError, "got 0"),
    (lambda: ham.Ising.lattice((2, 2, 2, 2)), ValueError, "1 to 3"),
    (lambda: ham.Ising.from_graph(networkx.Graph()), ValueError, "empty"),
    (lambda: ham.to_bits([0, 1]), ValueError, "spins"),
    (lambda: ham.to_spins([2]), ValueError, "bits"),
    (lambda: ham.MarkovField({(0,): [0.0, np.nan]}), ValueError, "nan"),
    (lambda: ham.MarkovField({(0,): [0.0, -np.inf]}), ValueError, "-inf"),
    (lambda: ham.MarkovField({(0, 0): np.zeros((2, 2))}), ValueError, "different"),
    (lambda: ham.MarkovField({(0, 1): np.zeros(2)}), ValueError, r"\(2, 2\)"),
    (lambda: ham.MarkovField({(0,): [0.0, np.inf]}).bits(), ValueError, "forbids 1"),
    (lambda: ham.MarkovField({}, states=1), ValueError, "states=1"),
    (lambda: ham.Potts({(0, 1): 1.0}, states=3)([1, 1, 0, 0, 0, 1]), ValueError, "exactly one 1"),
    (lambda: ham.Potts({(0, 1): 1.0}, states="3"), TypeError, "'3'"),
    (lambda: ham.Potts({(0, 1): 1.0}, 3, np.zeros((5, 2))), ValueError, r"\(5, 2\)"),
    (lambda: ham.one_hot([3], 3), ValueError, "0..2"),
    (lambda: ham.kl(ham.Bits({(0,): 1.0}), ham.Bits({(1,): 1.0})), ValueError, "1 bits and 2 bits"),
    (lambda: ham.boltzmann(ham.Quadratic([[1.0]])), ValueError, "real"),
    (lambda: ham.chain_parameters(3, "some"), ValueError, "'some'"),
    (lambda: ham.lattice_neurons((2, 0)), ValueError, "got sites=0"),
    (lambda: ham.clique_counts(networkx.DiGraph()), ValueError, "undirected"),
    (lambda: ham.Ellipsoids([[0.0]], [[[1.0]]], 0.0), ValueError, "radius"),
    (lambda: ham.Ellipsoids([[0.0]], [[1.0]], 1.0), ValueError, "3 axes"),
]


@pytest.mark.parametrize(("call", "error", "sentence"), BAD, ids=[str(i) for i in range(len(BAD))])
def test_bad_input_is_refused_with_both_sides(call, error: type, sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        call()


def test_every_kind_is_public() -> None:
    assert {kind.__name__ for kind in ham.KINDS} <= set(ham.__all__)
    assert set(ham.__all__) <= set(dir(fn.hamiltonians))
