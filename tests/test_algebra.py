"""Networks from networks: every operation against the same operation on dense matrices."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import flatnet as fn
import numpy as np
import pytest
import scipy.linalg
import scipy.sparse as sp
from catalog import CASES, Case, generator, random
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.usefixtures("one_blas_thread")
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


Oracle = tuple[np.ndarray, np.ndarray]  # a matrix in double precision, and the magnitudes that were summed for it


def product(*matrices: np.ndarray) -> Oracle:
    value, magnitude = matrices[0].astype("c16"), np.abs(matrices[0]).astype("f8")
    for matrix in matrices[1:]:
        value, magnitude = value @ matrix, magnitude @ np.abs(matrix)
    return value, magnitude


def oracle(case: Case) -> Oracle:
    return product(*case.matrices[::-1])


def same(net: fn.Network, expected: Oracle) -> None:
    """K eps of the magnitudes, K = sum of 3 columns + 1 over the layers: `Case.tolerance` with all entries present."""
    actual, (value, magnitude) = net.toarray(), expected
    assert actual.shape == net.shape == value.shape
    eps = np.finfo(np.result_type(actual.dtype, "f4")).eps
    terms = 1 + sum(3 * layer.weight.shape[1] + 1 for layer in net)
    assert (np.abs(actual - value) <= terms * eps * magnitude).all()


def both(combine: Any, *parts: Oracle) -> Oracle:
    """One operation on values and on magnitudes."""
    return combine(*(value for value, _ in parts)), combine(*(magnitude for _, magnitude in parts))


# --- composition ------------------------------------------------------------------------------------------------


@every_case
def test_composition_on_both_sides(case: Case) -> None:
    """Network, factor, layer and scipy.sparse on either side compose, an ndarray on the left does."""
    rng, (rows, cols), chain = generator(case.name), case.net.shape, case.matrices[::-1]
    left, right = random(rng, "f8", (3, rows)), random(rng, "f8", (cols, 2))
    for item in (
        left,
        sp.csr_array(left),
        sp.csr_matrix(left),
        sp.coo_array(left),
        fn.Dense(left),
        fn.Layer(left),
        fn.Network([left]),
    ):
        net = item @ case.net
        assert isinstance(net, fn.Network) and len(net) == len(case.net) + 1
        same(net, product(left, *chain))
    for item in (sp.csr_array(right), sp.csc_matrix(right), fn.Dense(right), fn.Layer(right), fn.Network([right])):
        net = case.net @ item
        assert isinstance(net, fn.Network) and net[0].shape == right.shape
        same(net, product(*chain, right))
    if rows == cols:
        same(case.net @ case.net, product(*chain, *chain))


def test_an_array_on_the_right_is_data() -> None:
    net = fn.hadamard(4)
    for x in (np.ones(4), np.ones((4, 3)), np.ones((2, 4, 3))):
        y = net @ x
        assert isinstance(y, np.ndarray) and (y == scipy.linalg.hadamard(4) @ x).all()


def test_factors_and_layers_compose() -> None:
    A, B = fn.Dense(np.array([[1.0, 2.0]])), fn.Layer(np.eye(2), bias=[1.0, 1.0], activation="relu")
    net = A @ B
    assert [layer.activation for layer in net] == ["relu", None]
    assert net([1.0, -3.0]) == [2.0]


def test_non_linear_networks_compose() -> None:
    """Composition, slicing and scalar multiples need no linear network."""
    gate = fn.Network([fn.Layer(np.eye(2), bias=[0.5, -0.5], activation="square")])
    x = random(generator("gate"), "f8", (5, 2))
    once = (x + [0.5, -0.5]) ** 2
    np.testing.assert_allclose((gate @ gate)(x), (once + [0.5, -0.5]) ** 2, rtol=1e-14)
    np.testing.assert_allclose((3.0 * gate)(x), 3 * once, rtol=1e-14)
    np.testing.assert_allclose((np.ones((1, 2)) @ gate)(x), once.sum(axis=1, keepdims=True), rtol=1e-14)
    affine = fn.Network([fn.Layer(np.eye(2), bias=[0.5, -0.5])])
    np.testing.assert_allclose((affine * 2)(x), 2 * (x + [0.5, -0.5]), rtol=1e-14)
    np.testing.assert_allclose((affine * 2j)(x), 2j * (x + [0.5, -0.5]), rtol=1e-14)
    np.testing.assert_allclose((-affine / 4)(x), -(x + [0.5, -0.5]) / 4, rtol=1e-14)


def test_composition_keeps_integers_and_precision() -> None:
    """Operators keep what they are: weak integers exact, float32 narrow."""
    x = np.array([3, -1, 4, 1])
    twice = fn.hadamard(4) @ fn.hadamard(4)
    assert twice(x).dtype == np.int64 and (twice(x) == 4 * x).all()
    shuffled = fn.Permutation([3, 2, 1, 0]) @ fn.hadamard(4)
    assert shuffled(x).dtype == np.int64 and (shuffled(x) == fn.hadamard(4)(x)[::-1]).all()
    assert (np.eye(4, dtype="f4") @ fn.hadamard(4))(x.astype("f4")).dtype == np.float32


@pytest.mark.parametrize("other", [3, 2.5, None, "A", [1, 2], {}, np.float64(2), object()], ids=repr)
def test_what_does_not_compose(other: Any) -> None:
    net = fn.hadamard(4)
    with pytest.raises((TypeError, ValueError)):
        net @ other
    with pytest.raises((TypeError, ValueError)):
        other @ net


# --- scalars ----------------------------------------------------------------------------------------------------

SCALARS = [2, -1, 0, 0.5, 1e-3, 1 + 2j, np.int8(-3), np.float32(0.5), np.complex64(1j), Fraction(1, 4), Decimal("0.5")]


@every_case
def test_scalar_multiples(case: Case) -> None:
    value, magnitude = oracle(case)
    for scale in SCALARS:
        z = complex(scale)
        for net in (scale * case.net, case.net * scale):
            assert len(net) == len(case.net)
            same(net, (value * z, magnitude * abs(z)))
            assert net.dtype == (np.result_type(case.net.dtype, "c8") if z.imag else case.net.dtype)
        if scale:
            same(case.net / scale, (value / z, magnitude / abs(z)))


@every_case
def test_negation(case: Case) -> None:
    assert ((-case.net).toarray() == -case.net.toarray()).all()


def test_whole_multiples_of_integer_networks_are_exact() -> None:
    x = np.array([2**40 + 1, 7, -5, 1])
    for net in (3 * fn.hadamard(4), fn.hadamard(4) * np.int64(3), -fn.hadamard(4) * -3):
        y = net(x)
        assert y.dtype == np.int64 and (y == 3 * (scipy.linalg.hadamard(4) @ x)).all()
    y = (2 * fn.Permutation([1, 0]))(np.array([2**53 + 1, 0]))
    assert y.dtype == np.int64 and (y == [0, 2**54 + 2]).all()
    assert (2.0 * fn.hadamard(4))(x).dtype == np.float64
    assert (0.5 * fn.Permutation([1, 0]))(np.ones(2, "f4")).dtype == np.float32


@pytest.mark.parametrize(
    "scale",
    [float("nan"), float("inf"), -np.inf, complex(0, np.nan), True, 2**70, 10**400],
    ids=lambda s: str(s)[:9],
)
def test_numbers_that_do_not_scale(scale: Any) -> None:
    for net in (fn.hadamard(4), fn.Permutation([1, 0])):
        with pytest.raises((TypeError, ValueError), match="scaled by"):
            scale * net


def test_division_by_zero_is_refused() -> None:
    for zero in (0, 0.0, 0j):
        with pytest.raises(ValueError, match="other than zero, got"):
            fn.hadamard(4) / zero


@pytest.mark.parametrize("other", ["a", None, [2], np.ones(4), sp.csr_array(sp.identity(4))], ids=lambda o: type(o).__name__)
def test_what_is_no_number_does_not_multiply(other: Any) -> None:
    for use in (lambda: fn.hadamard(4) * other, lambda: other * fn.hadamard(4), lambda: fn.hadamard(4) / other):
        with pytest.raises((TypeError, ValueError)):
            use()


# --- kron, block_diag, stacks -----------------------------------------------------------------------------------

SMALL = [case for case in CASES if max(case.net.shape) <= 16 and case.dtype in (None, np.dtype("f4"), np.dtype("c16"))]
small_pairs = st.tuples(st.sampled_from(SMALL), st.sampled_from(SMALL))


@given(small_pairs)
def test_kron(pair: tuple[Case, Case]) -> None:
    a, b = pair
    net = fn.kron(a.net, b.net)
    assert len(net) == len(a.net) + len(b.net)
    same(net, both(np.kron, oracle(a), oracle(b)))


def blocks(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    return np.block([[A, np.zeros((len(A), B.shape[1]))], [np.zeros((len(B), A.shape[1])), B]])


@given(small_pairs)
def test_block_diag(pair: tuple[Case, Case]) -> None:
    a, b = pair
    net = fn.block_diag(a.net, b.net)
    assert net.depth == max(a.net.depth, b.net.depth)
    same(net, both(blocks, oracle(a), oracle(b)))


@given(st.sampled_from(SMALL), st.integers(1, 3))
def test_stacks(case: Case, count: int) -> None:
    A = oracle(case)
    other = random(generator("stack"), "f4", A[0].shape)
    B = product(other)
    same(fn.hstack([case.net] * count), both(lambda *m: np.hstack(m), *[A] * count))
    same(fn.vstack([case.net] * count), both(lambda *m: np.vstack(m), *[A] * count))
    same(fn.hstack([case.net, other, sp.csr_array(other)]), both(lambda *m: np.hstack(m), A, B, B))
    same(fn.vstack([fn.Dense(other), case.net]), both(lambda *m: np.vstack(m), B, A))


def test_kron_keeps_patterns() -> None:
    """I (x) (a,b,c,d) = (ma,b,c,d) and (a,b,c,d) (x) I = (a,b,c,dm): shared cores stay shared."""
    net = fn.kron(fn.Dense(np.ones((2, 3))), fn.KroneckerSparse(np.ones((2, 1, 2, 5))))
    assert [layer.weight.pattern for layer in net] == [(6, 1, 2, 5), (1, 2, 3, 10)]
    large = fn.kron(fn.hadamard(2**20), fn.hadamard(2**20))
    assert large.shape == (2**40, 2**40) and large.synapses == 40 * 2**41
    assert {layer.weight.kind for layer in large} == {"Kronecker"}
    assert fn.kron(fn.hadamard(4), fn.hadamard(4))(np.arange(16)).dtype == np.int64


def test_relays_are_counted() -> None:
    """The shorter network waits as an identity, one synapse a coordinate and layer."""
    net = fn.block_diag(fn.hadamard(8), fn.Dense(np.ones((2, 2))))
    assert net.synapses == 48 + 4 + 2 * 2
    assert fn.block_diag(fn.Dense(np.ones((0, 3))), fn.hadamard(4)).shape == (4, 7)


@pytest.mark.parametrize("join", ["kron", "block_diag", "hstack", "vstack"])
def test_joined_networks_keep_precision(join: str) -> None:
    """Weak parts and permutations follow the others; weak integers stay exact together."""

    def joined(a: Any, b: Any) -> fn.Network:
        return getattr(fn, join)(a, b) if join in ("kron", "block_diag") else getattr(fn, join)([a, b])

    weak, narrow, swap = fn.hadamard(2), fn.Dense(np.ones((2, 2), "f4")), fn.Permutation([1, 0])
    x = np.ones(joined(weak, narrow).shape[1], "f4")
    for other in (weak, swap, fn.Dense(np.ones((2, 2), "f4"))):
        assert joined(other, narrow)(x).dtype == np.float32
        assert joined(narrow, other)(x).dtype == np.float32
    assert joined(fn.dft(2), narrow)(x).dtype == np.complex64
    assert joined(narrow, fn.Dense(np.eye(2)))(x).dtype == np.float64
    for other in (weak, swap):
        assert joined(weak, other)(x.astype("i8")).dtype == np.int64
        assert joined(other, weak)(x).dtype == np.float32


@pytest.mark.parametrize(
    ("use", "sentence"),
    [
        (lambda: fn.hstack([np.eye(2), np.eye(3)]), "hstack needs equal numbers of outputs, got 2 and 3"),
        (lambda: fn.vstack([np.eye(2), np.eye(3)]), "vstack needs equal numbers of inputs, got 2 and 3"),
        (lambda: fn.hstack([]), "hstack needs at least one network, got none"),
        (lambda: fn.vstack([]), "vstack needs at least one network, got none"),
        (lambda: fn.block_diag(), "block_diag needs at least one network, got none"),
        (lambda: fn.hstack(fn.hadamard(4)), "hstack needs a list of networks, got Network"),
        (lambda: fn.vstack(np.eye(2)), "vstack needs a list of networks, got ndarray"),
        (lambda: fn.hstack(3), "hstack needs a list of networks, got int"),
        (lambda: fn.kron(fn.hadamard(2), 3), "kron needs a Factor, an array or a scipy.sparse matrix, got int"),
        (lambda: fn.block_diag(fn.hadamard(2), None), "block_diag needs .*, got NoneType"),
    ],
)  # fmt: skip
def test_joins_refuse(use: Any, sentence: str) -> None:
    with pytest.raises((TypeError, ValueError), match=sentence):
        use()


# --- identities -------------------------------------------------------------------------------------------------


@given(st.sampled_from(CASES))
def test_identities(case: Case) -> None:
    """(A^T)^T = A, (A^H)^H = A, conj(conj A) = A, (B A)^H = A^H B^H; bit by bit, since nothing is computed."""
    net, A = case.net, case.net.toarray()
    assert (net.T.T.toarray() == A).all() and (net.H.H.toarray() == A).all() and (net.conj().conj().toarray() == A).all()
    assert net.T.synapses == net.conj().synapses == net.synapses
    left = (net.H @ net).H
    right = net.H @ net
    assert (left.toarray() == right.toarray()).all()


def test_flatten_accepts_compositions() -> None:
    net = fn.kron(fn.hadamard(2), fn.hadamard(2)) @ fn.Permutation([0, 2, 1, 3])
    flat = net.flatten()
    assert flat.depth == 0 and (flat.toarray() == net.toarray()).all()
