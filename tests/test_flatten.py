"""Flattening: the exact optimum over contiguous merges, truncation with its error, the ends of the costs."""

from __future__ import annotations

import itertools
import math

import flatnet as fn
import numpy as np
import pytest
import scipy.sparse as sp
from flatnet.flatten import flatten, segment_table

Matrix = np.ndarray


def random_chain(rng: np.random.Generator, layers: int, integers: bool = True) -> list[Matrix]:
    """Sparse matrices of random widths 1..8; integers, so that a zero of a product is exactly 0."""
    widths = rng.integers(1, 9, size=layers + 1)
    chain = []
    for rows, cols in zip(widths[1:], widths[:-1], strict=True):
        A = rng.integers(-2, 3, size=(rows, cols)) if integers else rng.standard_normal((rows, cols))
        chain.append((A * (rng.random((rows, cols)) < rng.uniform(0.3, 1.0))).astype(np.float64))
    return chain


def merged(chain: list[Matrix], cuts: tuple[int, ...]) -> list[Matrix]:
    """The products between the cuts, first matrix applied first."""
    ends = (0, *cuts, len(chain))
    return [np.linalg.multi_dot(chain[i:j][::-1]) if j - i > 1 else chain[i] for i, j in itertools.pairwise(ends)]


def exhaustive(chain: list[Matrix]) -> dict[int, tuple[int, float]]:
    """Best (synapses, range) over all partitions into q layers, by looking at every one of the 2^(L-1)."""
    best: dict[int, tuple[int, float]] = {}
    for q in range(1, len(chain) + 1):
        for cuts in itertools.combinations(range(1, len(chain)), q - 1):
            parts = merged(chain, cuts)
            count = sum(int(np.count_nonzero(P)) for P in parts)
            found = (count, math.prod(float(np.abs(P).max()) for P in parts))
            best[q] = min(best.get(q, found), found)
    return best


@pytest.mark.parametrize("seed", range(40))
def test_optimum_equals_exhaustive_search(seed: int) -> None:
    rng = np.random.default_rng(seed)
    chain = random_chain(rng, int(rng.integers(1, 11)))
    net, truth = fn.Network(chain), exhaustive(chain)
    table = segment_table(net)
    for q, (count, size) in truth.items():
        partition = table.partition(q)
        assert partition.count == count
        assert math.exp(partition.log_range) == pytest.approx(size)
        assert not partition.predicted
        formed = table.form(partition.segments)
        assert (len(formed), formed.synapses) == (q, count)
        np.testing.assert_allclose(formed.toarray(), merged(chain, ())[0], atol=1e-9)
    for depth in range(len(chain)):
        options = [truth[q] for q in range(1, depth + 2)]
        flat = flatten(net, depth)
        assert flat.depth <= depth
        assert flat.synapses == min(count for count, _ in options)
        peak = math.prod(layer.weight.max_abs for layer in flat)
        assert peak == pytest.approx(min(size for count, size in options if count == flat.synapses))


def test_fewest_layers_among_equals() -> None:
    net = fn.dft(1024)
    assert [len(net.flatten(depth)) for depth in (3, 4, 5, 9, 100)] == [4, 5, 5, 5, 5]
    assert net.flatten(9).name == net.name


def test_nothing_to_merge_gives_the_network_itself() -> None:
    net = fn.Network([np.ones((1, 9)), np.ones((9, 1))])
    assert net.flatten(1) is net
    assert fn.Network([np.eye(3)]).flatten() is not None


def test_merging_carries_biases() -> None:
    rng = np.random.default_rng(0)
    layers = [fn.Layer(A, bias=rng.standard_normal(A.shape[0])) for A in random_chain(rng, 4, integers=False)]
    net = fn.Network(layers)
    x = rng.standard_normal((5, net.shape[1]))
    for depth in range(4):
        np.testing.assert_allclose(net.flatten(depth)(x), net(x), rtol=1e-12, atol=1e-12)


def activated(rng: np.random.Generator) -> fn.Network:
    """Three linear layers, an activation, two linear layers, an activation at the end."""
    chain = [rng.standard_normal((6, 6)) for _ in range(5)]
    activations = (None, None, "relu", None, "logistic")
    return fn.Network([fn.Layer(A, bias=A[0], activation=a) for A, a in zip(chain, activations, strict=True)])


def test_activations_are_not_merged_across() -> None:
    net = activated(np.random.default_rng(0))
    flat = net.flatten(1)
    assert [layer.activation for layer in flat] == ["relu", "logistic"]
    x = np.random.default_rng(1).standard_normal((7, 6))
    np.testing.assert_allclose(flat(x), net(x), rtol=1e-12)
    assert segment_table(net).count[2][3] is None
    with pytest.raises(ValueError, match="reaches depth 1 at the least, got depth=0"):
        net.flatten(0)
    with pytest.raises(TypeError, match="layer 2 has the activation 'relu'"):
        net.flatten(1, eps=0.1)
    assert [row.depth for row in fn.profile(net).rows] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ((-1,), ValueError, "needs depth >= 0, got depth=-1"),
        ((0.5,), TypeError, "needs a whole number for depth, got 0.5"),
        ((True,), TypeError, "needs a whole number for depth"),
        ((0, -1e-3), ValueError, "needs a finite eps >= 0, got eps=-0.001"),
        ((0, math.nan), ValueError, "needs a finite eps >= 0, got eps=nan"),
        ((0, "small"), TypeError, "needs a real number for eps, got 'small'"),
    ],
)
def test_bad_arguments(arguments: tuple, error: type, sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        fn.hadamard(4).flatten(*arguments)
    with pytest.raises(error, match=sentence):
        fn.flattening_cost(fn.hadamard(4), *arguments)


# ---- with an error


@pytest.mark.parametrize("eps", [1e-12, 0.01, 0.3, 0.9, 1.0, 2.0])
def test_without_hidden_layers_truncation_is_optimal(eps: float) -> None:
    A = np.random.default_rng(0).standard_normal((12, 9))
    flat = fn.Network([A]).flatten(0, eps=eps)
    error = np.linalg.norm(flat.toarray() - A) / np.linalg.norm(A)
    assert error <= eps
    smallest = np.sort(np.abs(A).ravel())[: A.size - flat.synapses + 1]
    if flat.synapses > 0 and eps != 1.0:
        assert np.linalg.norm(smallest) > eps * np.linalg.norm(A)  # one entry less is too few


@pytest.mark.parametrize("build", [lambda: fn.dct(32), lambda: fn.haar(32), lambda: fn.dft(16)])
@pytest.mark.parametrize("eps", [1e-3, 0.05, 0.4])
def test_truncated_chains_keep_their_error(build, eps: float) -> None:
    net = build()
    whole = net.toarray()
    before = None
    for depth in range(net.depth + 1):
        cost = fn.flattening_cost(net, depth, eps=eps)
        error = np.linalg.norm(cost.net.toarray() - whole) / np.linalg.norm(whole)
        assert error <= eps * (1 + 1e-9)
        assert cost.error == pytest.approx(error, abs=1e-12)
        assert cost.net.depth <= depth
        assert cost.net.synapses <= net.flatten(depth).synapses
        assert cost.C_s.lower <= cost.C_s.upper
        assert before is None or cost.C_s.upper <= before  # more depth never costs more
        before = cost.C_s.upper


def test_equal_weights_are_dropped_one_by_one() -> None:
    """All non-zeros of a random sparse chain are 1: a threshold alone could only keep all or none."""
    net = fn.random_sparse(60, 0.05, layers=3, seed=0)
    flat = net.flatten(2, eps=0.3)
    assert 0 < flat.synapses < net.flatten(2).synapses


def test_truncation_keeps_the_constant_term() -> None:
    rng = np.random.default_rng(0)
    layers = [fn.Layer(rng.standard_normal((6, 6)), bias=rng.standard_normal(6)) for _ in range(3)]
    net = fn.Network(layers)
    np.testing.assert_allclose(net.flatten(2, eps=0.3)(np.zeros(6)), net(np.zeros(6)), rtol=1e-12)


# ---- costs


def test_the_ends_of_c_s() -> None:
    cost = fn.flattening_cost(fn.dft(1024))
    assert cost.C_s == (51.2, 51.2)
    assert cost.net.synapses == 1024**2
    deeper = fn.flattening_cost(fn.dft(1024), depth=9)
    assert deeper.C_s.upper == 1.0
    assert deeper.C_s.lower == 19295 / 20480  # the least of the bounds for 1..10 layers, at 7 of them
    assert len(deeper.bounds) == 10
    assert "at most" not in deeper.class_of_networks and "7 layers" in deeper.class_of_networks


def test_c_n_of_linear_networks() -> None:
    cost = fn.flattening_cost(fn.haar(64), depth=3)
    assert cost.C_n == (0.0, 0.0)
    assert cost.net.neurons > 0  # the net of fewest synapses is another minimiser
    alone = fn.flattening_cost(fn.Network([np.eye(3)]))
    assert math.isnan(alone.C_n.lower) and math.isnan(alone.C_n.upper)
    assert "no hidden layer" in alone.C_n_reason and "no hidden layer" in repr(alone)


def test_flat_forms_give_c_n_its_upper_end() -> None:
    flat = fn.Network([fn.Layer(np.ones((8, 4)), activation="square"), np.ones((1, 8))])
    inner = fn.Layer(np.eye(4), activation="square")
    net = fn.Network([inner, inner, np.ones((1, 4))], flat_form=flat)
    cost = fn.flattening_cost(net, depth=1)
    assert cost.net is flat
    assert cost.C_n == (0.0, 8 / 8)
    assert cost.C_s == (0.0, 40 / 12)
    assert "flat form" in cost.C_n_reason
    with pytest.raises(ValueError, match="reaches depth 2 at the least, got depth=0"):
        fn.flattening_cost(net, depth=0)
    merged_neurons = fn.flattening_cost(activated(np.random.default_rng(0)), depth=4)
    assert merged_neurons.C_n == (0.0, 6 / 24)


def test_a_zero_network() -> None:
    cost = fn.flattening_cost(fn.Network([np.zeros((3, 2)), np.ones((2, 3))]))
    assert (cost.synapses, cost.range) == (0, 0.0)
    assert cost.C_s == (0.0, 0.0)


# ---- products that do not fit


def test_segments_that_do_not_fit_are_predicted() -> None:
    rng = np.random.default_rng(0)
    chain = [sp.random(3000, 3000, density=3 / 3000, random_state=rng, format="csr") for _ in range(4)]
    net = fn.Network(chain)
    true, small = segment_table(net), segment_table(net, max_bytes=200_000)
    for j in range(1, 4):
        assert small.predicted[0][j] and not true.predicted[0][j]
        assert small.count[0][j] == pytest.approx(true.count[0][j], rel=0.02)
        assert small.log_range[0][j] >= true.log_range[0][j]  # an upper bound
    assert small.partition(1).predicted and not small.partition(4).predicted


def test_banded_products_are_predicted_from_blocks_of_columns() -> None:
    band = sp.diags([1.0] * 5, offsets=range(-2, 3), shape=(4000, 4000)).tocsr()
    net = fn.Network([band] * 4)
    true, small = segment_table(net), segment_table(net, max_bytes=1000)
    assert small.count[0][3] == pytest.approx(true.count[0][3], rel=0.2)


def test_too_large_is_refused_by_size_before_it_is_formed() -> None:
    net = fn.dft(2**20)
    cost = fn.flattening_cost(net)  # the count needs no entry
    assert cost.C_s == (26214.4, 26214.4)
    for form in (lambda: cost.net, lambda: net.flatten()):
        with pytest.raises(fn.TooLargeError, match=r"layers 0\.\.19 needs 16 TiB"):
            form()
    assert net.flatten(9).synapses == 10 * 2**22


def test_c_t_once_measured() -> None:
    cost = fn.flattening_cost(fn.hadamard(16))
    assert math.isnan(cost.C_t.lower)
    found = cost.measure(batch=4)
    assert cost.C_t == (found.ratio.q10, found.ratio.q90)


def test_a_range_below_the_networks_own_is_said() -> None:
    cost = fn.flattening_cost(fn.zeta(4), depth=3, max_range=0.5)
    assert "the network found has the range 1 and lies outside" in cost.class_of_networks
