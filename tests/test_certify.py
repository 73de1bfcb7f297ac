"""Lower bounds: never above a count that exists, tight where theory says so, and each with its class."""

from __future__ import annotations

import math
from collections.abc import Iterator

import flatnet as fn
import numpy as np
import pytest
import scipy.sparse as sp
from flatnet import _core
from flatnet.bounds.schatten import schatten
from flatnet.certify import LowerBounds, lower_bound
from flatnet.flatten import segment_table
from flatnet.spectrum import Spectrum, spectrum_of


def random_matrix(rng: np.random.Generator, rows: int, cols: int, kind: int) -> np.ndarray:
    """Real, integer, complex or rank-one, with some zeros."""
    A = rng.standard_normal((rows, cols))
    if kind == 1:
        A = rng.integers(-2, 3, size=A.shape).astype(np.float64)
    elif kind == 2:
        A = A + 1j * rng.standard_normal(A.shape)
    elif kind == 3:
        A = np.outer(A[:, 0], A[0])
    return A * (rng.random(A.shape) < rng.choice([0.3, 0.6, 1.0]))


def random_chain(rng: np.random.Generator) -> list[np.ndarray]:
    widths = rng.integers(1, 8, size=int(rng.integers(2, 6)))
    kind = int(rng.integers(5))
    chain = [random_matrix(rng, r, c, kind) for r, c in zip(widths[1:], widths[:-1], strict=True)]
    if kind == 4:  # scales between neurons: a diagonal and its inverse around every hidden layer
        for left, right in zip(chain[1:], chain[:-1], strict=True):
            scale = 10.0 ** rng.uniform(-3, 3, size=len(right))
            right *= scale[:, None]
            left /= scale
    return chain


def synapses(chain: list[np.ndarray]) -> int:
    return sum(int(np.count_nonzero(A)) for A in chain)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Tens of thousands of tiny products: a team of threads for each would take most of the time."""
    before = _core.default_threads()
    _core.set_default_threads(1)
    yield
    _core.set_default_threads(before)


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
def test_never_above_the_count_on_ten_thousand_chains() -> None:
    """All layer counts of 10^4 chains; some are rank-deficient, rectangular, complex, badly scaled."""
    rng = np.random.default_rng(0)
    tight = 0
    for _ in range(10_000):
        chain = random_chain(rng)
        net = fn.Network(chain)
        facts = LowerBounds(segment_table(net))
        for layers in range(1, len(net) + 1):
            bound = facts.lower_bound(layers)
            assert 0 <= bound.value <= facts.table.partition(layers).count
            tight += bound.value == facts.table.partition(layers).count
        assert bound.value <= synapses(chain)
    assert tight > 10_000  # one layer is always exact


@pytest.mark.parametrize("seed", range(200))
def test_rescaled_chains_are_covered_with_their_own_range(seed: int) -> None:
    """The bound from the product alone holds for any chain of it, once the range is that chain's."""
    rng = np.random.default_rng(seed)
    chain = random_chain(rng)
    product = np.linalg.multi_dot(chain[::-1]) if len(chain) > 1 else chain[0]
    gamma = math.prod(float(np.abs(A).max()) for A in chain)
    assert lower_bound(fn.Network([product]), len(chain), max_range=gamma).value <= synapses(chain)


@pytest.mark.parametrize("seed", range(200))
def test_errors_are_covered(seed: int) -> None:
    """A chain near f is no cheaper than the bound of f with that error."""
    rng = np.random.default_rng(seed)
    chain = random_chain(rng)
    eps = float(rng.choice([0.01, 0.1, 0.5]))
    product = np.linalg.multi_dot(chain[::-1]) if len(chain) > 1 else chain[0]
    noise = rng.standard_normal(product.shape)
    f = product + noise * (0.9 * eps * np.linalg.norm(product) / (1 + eps) / np.linalg.norm(noise))
    assert np.linalg.norm(f - product) <= eps * np.linalg.norm(f)
    gamma = math.prod(float(np.abs(A).max()) for A in chain)
    bound = lower_bound(fn.Network([f]), len(chain), max_range=gamma, eps=eps)
    assert bound.value <= synapses(chain)


@pytest.mark.parametrize("m", [4, 6, 8, 10, 12, 20])
def test_tight_where_the_layers_divide_log_n(m: int) -> None:
    for net in (fn.dft(2**m), fn.hadamard(2**m)):
        for row in fn.profile(net).rows:
            layers = row.depth + 1
            assert row.lower <= row.upper <= 1.0615 * row.lower + 1
            if m % layers == 0:
                assert row.lower == row.upper == layers * 2 ** (m + m // layers)


def test_tight_in_exact_integers_at_any_size() -> None:
    facts = LowerBounds(segment_table(fn.hadamard(2**40)))
    assert facts.rounding == 0.0
    for layers in (2, 4, 5, 8, 10, 20, 40):
        assert facts.lower_bound(layers).value == layers * 2 ** (40 + 40 // layers)


def dense_values(net: fn.Network) -> np.ndarray:
    return np.linalg.svd(net.toarray().astype(np.result_type(net.dtype, float)), compute_uv=False)


STRUCTURED = {
    "dft": (lambda: fn.dft(32), "multiple of an isometry"),
    "ortho": (lambda: fn.dft(32, norm="ortho"), "multiple of an isometry"),
    "haar": (lambda: fn.haar(32), "multiple of an isometry"),
    "permuted": (lambda: fn.Network([fn.Permutation([2, 0, 1]), fn.Diagonal([2.0, -2.0, 2.0])]), "isometry"),
    "tall": (lambda: fn.Network([np.eye(4, 2), 3 * np.eye(6, 4)]), "isometry"),
    "zeta": (lambda: fn.zeta(6), "tensor factors"),
    "kron": (lambda: fn.kron(fn.Dense([[1.0, 2.0], [3.0, 4.0]]), fn.zeta(2)), "tensor factors"),
    "among identities": (
        lambda: fn.Network([fn.Kronecker(2, [[1.0, 2.0], [0.0, 1.0]], 6), fn.Kronecker(4, [[3.0, 1.0], [1.0, 0.0]], 3)]),
        "tensor factors",
    ),
    "convolution": (
        lambda: fn.Network([fn.dft(16), fn.Diagonal(np.arange(16.0)), fn.idft(16)]),
        "between multiples of isometries",
    ),
    "blocks": (lambda: fn.KroneckerSparse(np.random.default_rng(0).random((3, 2, 4, 5))), "LAPACK"),
    "own weights": (lambda: fn.random_butterfly(16, seed=0), "LAPACK"),
    "sparse": (lambda: fn.random_sparse(40, 0.1, layers=3), "LAPACK"),
    "wide": (lambda: fn.Network([np.random.default_rng(0).random((3, 50)), np.ones((7, 3))]), "LAPACK"),
}


@pytest.mark.parametrize("name", list(STRUCTURED))
def test_singular_values_from_structure(name: str) -> None:
    """Equal to the dense ones, from below, with the right multiplicities."""
    build, how = STRUCTURED[name]
    net = build()
    net = net if isinstance(net, fn.Network) else fn.Network([net])
    table = segment_table(net)
    found = LowerBounds(table).spectrum
    assert found is not None and how in found.how
    values = np.sort(np.repeat(found.values, found.multiplicities.astype(int)))[::-1]
    truth = dense_values(net)
    truth = np.concatenate([truth, np.zeros(max(0, len(values) - len(truth)))])
    np.testing.assert_allclose(values, truth[: len(values)], rtol=1e-9, atol=1e-9 * truth[0])
    assert np.allclose(truth[len(values) :], 0, atol=1e-9 * truth[0])
    assert (values <= truth[: len(values)] * (1 + 1e-13)).all()
    norm = float(np.linalg.norm(truth))
    assert norm * (1 - 1e-13) <= found.frobenius <= norm * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_rank_left_by_an_error(seed: int) -> None:
    """Eckart and Young: the fewest singular values whose rest fits into the error, with multiplicities."""
    rng = np.random.default_rng(seed)
    values = np.sort(rng.uniform(0, 2, size=6))[::-1]
    counts = rng.integers(1, 9, size=6)
    all_values = np.repeat(values, counts)
    known = Spectrum(values, counts.astype(float), float(np.linalg.norm(all_values)), "drawn")
    tails = np.sqrt(np.append(np.cumsum(all_values[::-1] ** 2)[::-1], 0.0))
    for error in (0.0, 0.1, 1.0, 3.0, 5.0, 100.0):
        assert known.rank(error, error) == int(np.argmax(tails <= error))
        assert known.rank(error) == (all_values > error).sum() <= known.rank(error, error)


def test_large_tensor_products_have_their_multiplicities() -> None:
    net = fn.zeta(20)
    found = LowerBounds(segment_table(net)).spectrum
    golden = (1 + math.sqrt(5)) / 2
    assert len(found.values) == 21
    np.testing.assert_allclose(found.values, golden ** np.arange(20, -22, -2.0), rtol=1e-11)
    assert found.multiplicities.tolist() == [math.comb(20, k) for k in range(21)]


def test_isometries_are_recognised_at_any_size() -> None:
    factors = [layer.weight for layer in fn.hadamard(2**40)]
    found = spectrum_of(factors, None, lambda: None)
    assert (found.square, found.multiplicities[0]) == (2**40, 2**40)


def test_nearly_unitary_is_not_unitary() -> None:
    q = np.linalg.qr(np.random.default_rng(0).standard_normal((6, 6)))[0]
    assert "isometry" in LowerBounds(segment_table(fn.Network([q]))).spectrum.how
    assert "LAPACK" in LowerBounds(segment_table(fn.Network([q + 1e-3 * np.eye(6)]))).spectrum.how


@pytest.mark.parametrize("seed", range(20))
def test_rounding_of_merges_is_covered(seed: int) -> None:
    """float32 merges stay within the distance that the bounds grant to covered networks, in any order."""
    rng = np.random.default_rng(seed)
    widths = rng.integers(1, 40, size=6)
    chain = [rng.standard_normal((r, c)).astype(np.float32) for r, c in zip(widths[1:], widths[:-1], strict=True)]
    net = fn.Network(chain)
    exact = np.linalg.multi_dot([A.astype(np.float64) for A in chain[::-1]])
    table = segment_table(net)
    rounding = LowerBounds(table).rounding
    for segments in (((0, 4),), ((0, 2), (3, 4)), ((0, 0), (1, 4))):
        merged = [layer.weight.toarray().astype(np.float64) for layer in table.form(segments)]
        product = np.linalg.multi_dot(merged[::-1]) if len(merged) > 1 else merged[0]
        assert 0 < np.linalg.norm(product - exact, 2) <= rounding
    assert rounding < 0.01 * np.prod([np.linalg.norm(np.abs(A), 2) for A in chain])


def test_rounding_noise_is_no_rank() -> None:
    """A product of rank 1 up to rounding: noise of 1e-17 to the power 2/L would otherwise count."""
    rng = np.random.default_rng(0)
    u = rng.standard_normal((20, 1))
    net = fn.Network([u.T / 3, np.ones((1, 1)) / 7, u / 11, u.T, u * 0.1])
    spectrum = LowerBounds(segment_table(net)).spectrum
    assert spectrum.rank(LowerBounds(segment_table(net)).rounding) == 1
    row = fn.profile(net).rows[-1]
    assert 0 < row.lower <= row.upper


def test_the_class_is_said() -> None:
    rows = fn.profile(fn.dft(16)).rows
    assert rows[0].bound == "exact (LB0)" and "any weights" in rows[0].class_of_networks
    assert "2 layers (1 hidden)" in rows[1].class_of_networks and "<= 1," in rows[1].class_of_networks
    bound = lower_bound(fn.dft(16), 3, eps=0.1)
    assert "relative Frobenius error <= 0.1" in bound.class_of_networks and bound.range == 1.0


def test_trivial_bound_holds_for_any_weights() -> None:
    """With free weights only rows, columns and rank are left: LB1."""
    rng = np.random.default_rng(0)
    net = fn.Network([rng.standard_normal((2, 9)), rng.standard_normal((7, 2))])
    bound = lower_bound(net, 4, max_range=math.inf)
    assert (bound.name, bound.value) == ("LB1", 7 + 9 + 2 * 2)


def test_unformed_products_still_have_rows_and_columns() -> None:
    """One random vector through the chain shows which rows and columns are not empty."""
    rng = np.random.default_rng(0)
    chain = [sp.random(300, 300, density=2 / 300, random_state=rng, format="csr") for _ in range(3)]
    net = fn.Network(chain)
    small = LowerBounds(segment_table(net, max_bytes=1000))
    assert small.table.flat is None and small.spectrum is None
    product = (chain[2] @ chain[1] @ chain[0]).toarray()
    rows, cols = (np.count_nonzero(product.any(axis=axis)) for axis in (1, 0))
    assert small.lower_bound(3).value == rows + cols + 1
    assert small.lower_bound(1).name == "LB1"


def test_errors_spread_by_mirsky_beat_weyl() -> None:
    """10 % of the norm of a DFT is more than one singular value: Weyl alone would leave nothing."""
    bound = lower_bound(fn.dft(256), 2, eps=0.1)
    assert bound.value == pytest.approx(0.9 * 8192, rel=1e-3)


def test_a_smaller_range_gives_a_larger_bound() -> None:
    net = fn.random_butterfly(32, seed=0)
    wide, narrow = (lower_bound(net, 5, max_range=gamma).value for gamma in (1e3, 1e-3))
    assert narrow > wide
    assert lower_bound(net, 5, max_range=0.0).name == "LB1"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"layers": 0}, "needs layers >= 1, got layers=0"),
        ({"layers": 1, "eps": -1.0}, "needs a finite eps >= 0"),
        ({"layers": 1, "max_range": -1.0}, "max_range must be a number >= 0, got -1.0"),
        ({"layers": 1, "max_range": math.nan}, "max_range must be a number >= 0, got nan"),
    ],
)
def test_bad_arguments(arguments: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        lower_bound(fn.hadamard(4), **arguments)


def test_activations_are_refused_by_layer() -> None:
    net = fn.Network([np.eye(2), fn.Layer(np.eye(2), activation="relu")])
    with pytest.raises(TypeError, match="layer 1 has the activation 'relu'"):
        lower_bound(net, 1)


def test_schatten_is_rounded_down() -> None:
    values, counts = np.array([math.sqrt(1024)]), np.array([1024.0])
    for layers in (1, 2, 5, 10):
        exact = layers * 1024 ** (1 + 1 / layers)
        assert exact * (1 - 1e-12) <= schatten(values, counts, layers, 0.0) <= exact
    assert schatten(values, counts, 2, -math.inf) == schatten(values, counts, 2, math.inf) == 0.0
    assert schatten(values, counts, 2, 0.0, shift=40.0) == 0.0
