"""Rewrites keep the matrix: each fires on a chain made for it, says so, and leaves every bit where it promises to."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import flatnet as fn
import numpy as np
import pytest
import scipy.sparse as sp
from flatnet.planning._rewrites import rewritten
from hypothesis import given, settings
from hypothesis import strategies as st

Array = np.ndarray[Any, Any]


def kinds(net: fn.Network) -> list[str]:
    return [rewrite.kind for rewrite in rewritten(net).rewrites]


def kept(net: fn.Network, exactly: bool = True) -> fn.Network:
    """The rewritten chain; its matrix and its groups are checked."""
    form = rewritten(net)
    made, wanted = form.net.toarray(), net.toarray()
    if exactly:
        np.testing.assert_array_equal(made, wanted)
    else:
        # one rounding a weight and layer, relative to the sums of the moduli
        moduli = np.linalg.multi_dot(
            [np.abs(layer.weight.toarray()) for layer in reversed(net.layers)] + [np.eye(net.shape[1])]
        )
        assert (np.abs(made - wanted) <= 4 * (len(net) + 1) * max(net.shape) * 2.0**-53 * moduli + 1e-300).all()
    assert made.dtype == wanted.dtype
    assert form.groups[0][0] == 0 and form.groups[-1][1] == len(net) - 1
    assert all(before[1] + 1 == after[0] for before, after in zip(form.groups, form.groups[1:], strict=False))
    assert len(form.groups) == len(form.net)
    return form.net


def dense(rng: np.random.Generator, *shape: int) -> fn.Dense:
    """Whole numbers: sums of their products are exact in any order."""
    return fn.Dense(rng.integers(1, 9, shape).astype(float))


# --- one case for each ------------------------------------------------------------------------------------------------


def test_a_permutation_is_folded_into_sparse_rows_first() -> None:
    rng = np.random.default_rng(0)
    S = sp.csr_array(rng.integers(1, 9, (9, 9)) * 1.0 * (rng.random((9, 9)) < 0.4))
    net = fn.Network([dense(rng, 9, 4), fn.Permutation(rng.permutation(9)), S])
    made = kept(net)
    assert kinds(net) == ["permutation"] and len(made) == 2 and made.synapses == net.synapses - 9
    assert str(rewritten(net).rewrites[0]) == "layer 1, a permutation, is folded into layer 2"
    assert rewritten(net).groups == ((0, 0), (1, 2))


def test_permutations_side_by_side_become_none() -> None:
    rng = np.random.default_rng(1)
    p = rng.permutation(8)
    net = fn.Network([fn.Permutation(p), fn.Permutation(np.argsort(p)), dense(rng, 3, 8)])
    assert len(kept(net)) == 1 and kinds(net) == ["permutation"] * 2


def test_a_diagonal_is_folded_into_weights_of_their_own_and_no_others() -> None:
    rng = np.random.default_rng(2)
    signs = fn.Diagonal(np.array([1.0, -1.0, 4.0, -0.5, 2.0, 1.0, -8.0, 1.0]))
    own = fn.Network([dense(rng, 8, 5), signs, dense(rng, 3, 8)])
    assert kinds(own) == ["diagonal"] and len(kept(own)) == 2
    shared = fn.Network([*fn.hadamard(8), signs])
    assert kinds(shared) == [] and rewritten(shared).net is shared


def test_scalars_are_hoisted_over_layers_and_transforms_become_whole() -> None:
    H = fn.hadamard(16)
    net = fn.Network([*H.layers[:2], fn.Kronecker(16, [[4]], 1, weak=True), *H.layers[2:]])
    made = kept(net)
    assert kinds(net) == ["scalar"] and made.steps == ["hadamard 16 x 4"]
    assert made(np.arange(16)).dtype == net(np.arange(16)).dtype == np.int64
    far = fn.Network([fn.Diagonal(np.full(6, 0.5)), np.ones((5, 6)), np.ones((4, 5)), np.eye(4)[:1], fn.Diagonal([-2.0])])
    assert len(kept(far)) == 3 and kinds(far)[:2] == ["scalar", "scalar"]


def test_an_identity_is_dropped_with_its_dtype_kept() -> None:
    net = fn.Network([fn.Dense(np.ones((3, 3), np.float32)), fn.Diagonal(np.ones(3))])
    made = kept(net)
    assert len(made) == 1 and made.dtype == np.float64
    assert rewritten(net).rewrites[0].text == "layer 1, an identity, is dropped"
    weak = fn.Network([fn.Kronecker(1, [[1, 2], [3, 4]], 1, weak=True), fn.Diagonal(np.ones(2), weak=True)])
    for made in (weak, rewritten(weak).net):
        assert made(np.array([1, 2])).dtype == np.dtype("float64")


def test_units_that_nobody_reads_are_dropped_through_all_layers() -> None:
    """The last layer reads one output: of a chain of stencils what its cone of inputs needs is left."""
    n = 64
    stencil = sp.csr_array(np.eye(n, k=-1) + np.eye(n) + np.eye(n, k=1))
    one = sp.csr_array(([1.0], ([0], [n // 2])), shape=(1, n))
    net = fn.Network([stencil, stencil, stencil, one])
    made = kept(net)
    assert [layer.weight.shape[0] for layer in made.layers] == [5, 3, 1, 1]
    assert made.synapses == 15 + 9 + 3 + 1
    assert kinds(net) == ["dead units"] * 3
    assert rewritten(net).rewrites[0].text == "59 of the 64 units between layers 0 and 1 are never read or always 0: dropped"


def test_units_that_are_always_0_are_dropped() -> None:
    into = sp.csr_array(([1.0, 2.0], ([1, 3], [0, 1])), shape=(6, 2))
    rng = np.random.default_rng(3)
    net = fn.Network([into, dense(rng, 4, 6), np.ones((2, 4))])
    made = kept(net)
    assert made.layers[0].weight.shape == (2, 2) and made.layers[1].weight.shape == (4, 2)


@pytest.mark.parametrize(("activation", "left"), [("relu", 2), ("square", 2), ("logistic", 3), (None, 2)])
def test_biases_and_activations_keep_units_alive(activation: str | None, left: int) -> None:
    """Row 1 is empty with a bias, row 2 is empty: 0 unless the activation makes it 1/2. Column 3 is read by nobody."""
    W = fn.Sparse(sp.csr_array(np.array([[1.0, 2.0], [0, 0], [0, 0], [3.0, 4.0]])))
    V = np.array([[1.0, 2.0, 3.0, 0.0], [4.0, 5.0, 6.0, 0.0]])
    net = fn.Network([fn.Layer(W, bias=[0.5, 0.25, 0.0, 1.0], activation=activation), V])
    form = rewritten(net)
    assert form.net.layers[0].weight.shape[0] == left
    x = np.array([[0.5, -2.0], [3.0, 0.125], [0.0, 0.0]])
    np.testing.assert_array_equal(form.net(x), net(x))


def test_whole_blocks_and_strands_of_patterns_are_dropped_and_the_pattern_is_kept() -> None:
    rng = np.random.default_rng(4)
    blocks = fn.KroneckerSparse(rng.integers(1, 9, (4, 3, 2, 1)).astype(float))
    first_two = sp.csr_array(np.eye(12)[:6])
    net = fn.Network([dense(rng, 8, 5), blocks, first_two, dense(rng, 2, 6)])
    made = kept(net)
    assert [layer.weight.kind for layer in made.layers] == ["Dense", "KroneckerSparse", "Sparse", "Dense"]
    assert made.layers[1].weight.pattern == (2, 3, 2, 1) and made.layers[0].weight.shape == (4, 5)
    strands = fn.Kronecker(1, rng.integers(1, 9, (2, 2)).astype(float), 6)
    keep = np.kron(np.eye(2), np.eye(6)[[0, 4]])
    net = fn.Network([dense(rng, 12, 3), strands, sp.csr_array(keep)])
    assert kept(net).layers[1].weight.pattern == (1, 2, 2, 2)


def test_a_pattern_is_given_up_only_where_little_of_it_is_left() -> None:
    H = fn.hadamard(64)
    few, many = np.eye(64)[:1], np.eye(64)[1:]
    assert kinds(fn.Network([*H, sp.csr_array(many)])) == []
    net = fn.Network([*H, sp.csr_array(few)])
    assert "dead units" in kinds(net) and kept(net).synapses < net.synapses / 2


def test_a_matrix_of_zeros_keeps_one_unit_a_layer() -> None:
    net = fn.Network([np.ones((5, 4)), sp.csr_array((5, 5)), np.ones((3, 5))])
    assert [layer.weight.shape for layer in kept(net).layers] == [(1, 4), (1, 1), (3, 1)]


def test_merges_at_no_cost_are_said() -> None:
    net = fn.Network([np.triu(np.ones((6, 6)))] * 3)
    made = net.plan(batch=8, cost="synapses")
    assert [r.kind for r in made.rewrites] == ["free merge"]
    assert made.rewrites[0].text == "layers 0..2 merge at no cost: 21 synapses, one of them had 21"
    assert "rewritten: layers 0..2 merge at no cost" in made.table()


# --- what is left alone -----------------------------------------------------------------------------------------------


def test_what_would_not_keep_the_matrix_is_left_alone() -> None:
    tiny = fn.Network([fn.Diagonal(np.full(2, 1e-30, "f4")), fn.Dense(np.full((2, 2), 1e-20, "f4"))])
    huge = fn.Network([fn.Diagonal(np.full(2, 1e30, "f4")), fn.Dense(np.full((2, 2), 1e20, "f4"))])
    both = fn.Network([fn.Diagonal(np.array([1e30, 1.0])), fn.Diagonal(np.array([1e300, 1.0]))])
    zero = fn.Network([fn.Diagonal(np.zeros(3)), np.ones((3, 3))])
    for net in (tiny, huge, both):
        assert kinds(net) == [], net
    assert "scalar" not in kinds(zero)
    bias = fn.Network([fn.Layer(np.ones((3, 3)), bias=np.ones(3)), fn.Diagonal(np.full(3, 2.0))])
    assert "scalar" not in kinds(bias)  # a number does not pass a bias; as a diagonal it is folded, the bias with it
    x = np.arange(3.0)
    np.testing.assert_array_equal(rewritten(bias).net(x), bias(x))
    relu = fn.Network([fn.Layer(np.ones((3, 3)), activation="relu"), fn.Diagonal(np.full(3, 2.0))])
    assert kinds(relu) == []
    assert kinds(fn.hadamard(2**10)) == kinds(fn.dft(256)) == kinds(fn.haar(64)) == []


def test_plans_can_do_without() -> None:
    net = fn.Network([np.ones((4, 4)), fn.Permutation([1, 0, 3, 2]), np.ones((4, 4))])
    made = net.plan(cost="synapses", rewrites=False)
    assert all(r.kind == "free merge" for r in made.rewrites) and len(made.front) == 3
    assert len(net.plan(cost="synapses").front) == 2


def test_a_network_and_its_rewrites_are_freed() -> None:
    for layers in ([np.ones((3, 3)), fn.Permutation([1, 2, 0])], [np.ones((3, 3))]):
        net = fn.Network(layers)
        rewritten(net)
        gone = weakref.ref(net)
        del net
        gc.collect()
        assert gone() is None


# --- random chains ----------------------------------------------------------------------------------------------------


@st.composite
def chains(draw: st.DrawFn, values: tuple[float, ...]) -> fn.Network:
    """Square or rectangular layers, among them all that is rewritten; weights from `values`."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(1, 6))
    layers: list[Any] = []
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(["dense", "sparse", "sparse", "permutation", "diagonal", "scalar", "blocks", "shared"]))
        if kind in ("dense", "sparse"):
            m = draw(st.integers(1, 6))
            A = rng.choice(values, (m, n)) * (rng.random((m, n)) < (0.3 if kind == "sparse" else 1.0))
            layers.append(fn.Dense(A) if kind == "dense" else fn.Sparse(sp.csr_array(A)))
            n = m
        elif kind == "permutation":
            layers.append(fn.Permutation(rng.permutation(n)))
        elif kind == "diagonal":
            layers.append(fn.Diagonal(rng.choice(values, n)))
        elif kind == "scalar":
            layers.append(fn.Diagonal(np.full(n, rng.choice(values))))
        elif kind == "blocks":
            layers.append(fn.KroneckerSparse(rng.choice(values, (n, 2, 1, 1))))
            n *= 2
        else:
            layers.append(fn.Kronecker(n, rng.choice(values, (1, 1)), 1))
    return fn.Network(layers)


@settings(deadline=None, max_examples=150)
@given(chains((-2.0, -1.0, -0.5, 1.0, 2.0, 4.0)))
def test_small_powers_of_two_and_permutations_keep_every_bit(net: fn.Network) -> None:
    """Sums of products of these are exact, whatever their order: at most 64 terms a layer, 2^12 in scale."""
    made = kept(net)
    assert made.synapses <= net.synapses and len(made) <= len(net)
    plan = net.plan(batch=2, threads=1, cost="synapses")
    np.testing.assert_array_equal(plan.network.toarray(), net.toarray())
    assert plan.partition[0][0] == 0 and plan.partition[-1][1] == len(net) - 1
    assert plan.network.synapses <= net.plan(batch=2, threads=1, cost="synapses", rewrites=False).network.synapses


@settings(deadline=None, max_examples=60)
@given(chains((-1.7, 0.3, 1.1, 0.0, 2.9)))
def test_other_weights_are_rounded_once_a_layer(net: fn.Network) -> None:
    kept(net, exactly=False)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(-3, 3).filter(bool), min_size=1, max_size=3))
def test_integer_chains_stay_exact(seed: int, scalars: list[int]) -> None:
    rng = np.random.default_rng(seed)
    layers: list[Any] = [*fn.hadamard(8), *(fn.Kronecker(8, [[c]], 1, weak=True) for c in scalars), *fn.zeta(3)]
    layers = [layers[i] for i in rng.permutation(len(layers))] + [fn.Permutation(rng.permutation(8))]
    net = fn.Network(layers)
    made = kept(net)
    x = rng.integers(-9, 9, (3, 8))
    np.testing.assert_array_equal(made(x), net(x))
    assert made(x).dtype == np.int64
