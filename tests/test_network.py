"""Networks: how they are put together, sliced and shown; biases and activations; patterns recognised in CSR factors."""

from __future__ import annotations

import io
import math

import flatnet as fn
import numpy as np
import pytest
import scipy.sparse as sp
from catalog import CASES, FLOATS, ISAS, Case, butterfly, generator, pattern_matrix, random
from scipy.special import ndtr

pytestmark = pytest.mark.usefixtures("one_blas_thread")
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def network(*widths: int, dtype: str = "f8") -> fn.Network:
    rng = generator("network")
    return fn.Network([random(rng, dtype, (m, n)) for n, m in zip(widths, widths[1:])])


# --- structure ------------------------------------------------------------------------------------------------


@every_case
def test_counts_of_a_chain(case: Case) -> None:
    """Sums over the layers; widths and depth from the matrices."""
    net, matrices = case.net, case.matrices
    assert net.shape == (matrices[-1].shape[0], matrices[0].shape[1])
    assert len(net) == len(matrices) == net.depth + 1 == len(net.layers) == len(list(net))
    assert net.neurons == sum(m.shape[0] for m in matrices[:-1])
    assert net.synapses == sum(layer.weight.synapses for layer in net)
    assert net.nbytes == sum(layer.weight.nbytes for layer in net)
    assert net.is_linear


def test_flops_count_real_operations() -> None:
    assert fn.Network([np.ones((3, 4))]).flops() == 24
    assert fn.Network([np.ones((3, 4)) + 1j]).flops(batch=10) == 960
    assert fn.hadamard(8).flops(batch=0) == 0


def test_items_become_layers() -> None:
    """Arrays, nested lists, scipy.sparse, factors, layers and networks, the first one applied first."""
    rng = generator("items")
    A, B, C, D, E = (random(rng, "f8", (3, 3)) for _ in range(5))
    net = fn.Network(
        [
            A,
            sp.csr_array(B),
            fn.Dense(C),
            fn.Layer(D.tolist(), bias=[1.0, 2.0, 3.0]),
            fn.Network([E, fn.Permutation([2, 0, 1])]),
        ]
    )
    assert [layer.weight.kind for layer in net] == ["Dense", "Sparse", "Dense", "Dense", "Dense", "Permutation"]
    x = random(rng, "f8", 3)
    expected = (E @ (D @ C @ B @ A @ x + [1.0, 2.0, 3.0]))[[2, 0, 1]]
    np.testing.assert_allclose(net(x), expected, rtol=1e-12)
    assert all(isinstance(layer, fn.Layer) for layer in net)
    assert fn.Network(A).depth == fn.Network(sp.csr_array(A)).depth == fn.Network(fn.Dense(A)).depth == 0
    assert len(fn.Network(layer for layer in net)) == 6


def test_slices_are_networks_and_items_are_layers() -> None:
    net = network(4, 5, 6, 7, 8)
    assert isinstance(net[1], fn.Layer) and net[1].shape == (6, 5) and net[-1].shape == (8, 7)
    assert net[1] is net.layers[1]
    part = net[1:3]
    assert isinstance(part, fn.Network) and part.shape == (7, 5) and part.layers == net.layers[1:3]
    assert net[:].layers == net.layers and net[-2:].shape == (8, 6)
    x = random(generator("x"), "f8", (9, 4))
    assert (net[2:](net[:2](x)) == net(x)).all()
    assert (net[np.int64(3)].weight.toarray() == net.layers[3].weight.toarray()).all()


def test_names_and_facts_travel() -> None:
    net = fn.Network([np.eye(2)], name="mine", info={"source": "test"})
    assert net.name == "mine" and net.info == {"source": "test"} and net.flat_form is None
    assert fn.Network([np.eye(2)]).name == ""
    flat = fn.Network([np.eye(2)])
    assert fn.Network([np.eye(2)] * 2, flat_form=flat).flat_form is flat


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_pinned_networks(dtype: np.dtype) -> None:
    """dtype= converts all weights and biases; complex weights stay complex."""
    net = fn.Network([fn.hadamard(4), fn.Layer(np.eye(4), bias=np.ones(4))], dtype=dtype)
    assert net.dtype == dtype
    assert all(layer.weight.dtype == dtype and not layer.weight.weak for layer in net)
    assert net[2].bias.dtype == dtype
    assert net(np.ones(4, "f4")).dtype == dtype
    complex_net = fn.Network([fn.dft(4)], dtype=dtype)
    assert complex_net.dtype == np.result_type(dtype, "c8")
    assert fn.Network([fn.Permutation([1, 0])], dtype=dtype)(np.ones(2, "f4")).dtype == "f4"


def test_weak_weights_follow_the_data() -> None:
    for dtype in FLOATS:
        assert fn.hadamard(4)(np.ones(4, dtype)).dtype == dtype
        assert fn.Network([fn.hadamard(4), np.eye(4, dtype="f4")])(np.ones(4, dtype)).dtype == np.result_type(dtype, "f4")
    assert fn.dft(4)(np.ones(4, "f4")).dtype == np.complex64
    assert fn.hadamard(4)(np.ones(4, "i2")).dtype == np.int32
    assert fn.Network([fn.hadamard(4), np.eye(4, dtype="f4")])(np.ones(4, "i2")).dtype == np.float64


def test_representations_can_be_read() -> None:
    net = fn.Network([fn.hadamard(4), fn.Layer(fn.Dense(np.eye(4)), bias=np.ones(4), activation="relu")], name="<gate>")
    text = repr(net)
    assert text.splitlines()[0] == "Network <gate>: 4 -> 4, non-linear, depth 2, 20 synapses, 8 neurons, float64"
    assert "Kronecker" in text and "(2, 2, 2, 1)" in text and "bias, relu" in text
    page = net._repr_html_()
    assert "&lt;gate&gt;" in page and page.count("<tr>") == 4 and "<gate>" not in page
    assert repr(net[2]) == "Layer(Dense(4 x 4, 4 synapses, float64), bias, relu)"
    assert "76 more" in repr(fn.Network([np.eye(2)] * 100)) and len(repr(fn.Network([np.eye(2)] * 100)).splitlines()) < 30
    console = pytest.importorskip("rich.console").Console(width=120, file=io.StringIO())
    console.print(net)
    assert "Kronecker" in console.file.getvalue()


def test_numpy_does_not_loop_over_networks() -> None:
    """A network is one object to NumPy, neither a sequence of layers nor a number."""
    assert np.asarray(fn.hadamard(4)).shape == ()
    for broken in (
        lambda: np.ones(4) * fn.hadamard(4),
        lambda: np.add(fn.hadamard(4), 1),
    ):
        with pytest.raises(TypeError, match="Network"):
            broken()


# --- biases and activations -------------------------------------------------------------------------------------

ACTIVATIONS = {
    None: lambda z: z,
    "logistic": lambda z: 1 / (1 + np.exp(-z)),
    "relu": lambda z: np.maximum(z, 0),
    "square": lambda z: z * z,
    "softmax": lambda z: (
        np.exp(z - z.max(axis=-1, keepdims=True)) / np.exp(z - z.max(axis=-1, keepdims=True)).sum(axis=-1, keepdims=True)
    ),
    "tanh": np.tanh,
    "softplus": lambda z: np.logaddexp(z, 0),
    "gelu": lambda z: z * ndtr(z),
    "silu": lambda z: z / (1 + np.exp(-z)),
    "sin": np.sin,
    "exp": np.exp,
}
SLOPES = {"logistic": lambda z: 0.25, "square": lambda z: 2 * np.abs(z), "exp": np.exp}


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("dtype", FLOATS[:2], ids=str)
def test_layers_against_numpy(activation: str | None, dtype: np.dtype) -> None:
    """z = A x + b within K eps (|A||x| + |b|), K = k + 3 (k products, the bias, two conversions); then the slope of the
    activation at |z| (logistic 1/4, square 2|z|, exp itself, gelu and silu below 1.2, softmax 1/2 of the largest error, the
    others 1) carries that on, and its own evaluation loses a few eps of the result.
    """
    rng = generator(f"{activation}{dtype}")
    A, b = random(rng, dtype, (9, 7)), random(rng, dtype, 9)
    net = fn.Network([fn.Layer(A, bias=b, activation=activation)])
    assert net.is_linear is False and net.synapses == 63
    for batch in (1, 3, 16, 33):
        x = random(rng, dtype, (batch, 7))
        z = x.astype("f8") @ A.T.astype("f8") + b
        expected = ACTIVATIONS[activation](z)
        eps = np.finfo(dtype).eps
        error = 10 * eps * (np.abs(x) @ np.abs(A).T + np.abs(b))
        slope = SLOPES.get(activation, lambda z: 1.2)(z)
        for isa in ISAS:
            y = net.apply(x, isa=isa)
            assert y.dtype == dtype
            allowed = error.max(axis=-1, keepdims=True) if activation == "softmax" else error
            assert (np.abs(y - expected) <= slope * allowed + allowed**2 + 4 * eps * np.abs(expected)).all()


@pytest.mark.parametrize("dtype", FLOATS[:2], ids=str)
@pytest.mark.parametrize("isa", ISAS)
def test_logistic_over_the_whole_range(dtype: np.dtype, isa: str) -> None:
    """Within 4 eps of 1/(1 + exp(-z)) wherever the result is a normal number; exact at 0 and beyond."""
    info = np.finfo(dtype)
    z = np.linspace(float(np.log(info.tiny)) + 1, 50, 4001).astype(dtype)
    net = fn.Network([fn.Layer(fn.Diagonal(np.ones(1, dtype)), activation="logistic")])
    y = net.apply(z[:, None], isa=isa)[:, 0]
    power = np.exp(z.astype(np.longdouble))
    expected = power / (1 + power)
    assert (np.abs(y - expected) <= (4 * info.eps + 3 * np.finfo(np.longdouble).eps) * expected).all()
    assert (np.diff(y) >= -info.eps * y[1:]).all()
    special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, -1e4, 1e4], dtype)
    result = net.apply(special[:, None], isa=isa)[:, 0]
    np.testing.assert_array_equal(result, np.array([0.5, 0.5, 1, 0, np.nan, 0, 1], dtype))


@pytest.mark.parametrize("isa", ISAS)
def test_relu_and_square_as_ieee_says(isa: str) -> None:
    special = np.array([[-1.0, 0.0, 2.0, np.inf, -np.inf, np.nan]] * 18)
    ones = fn.Diagonal(np.ones(6))
    relu = fn.Network([fn.Layer(ones, activation="relu")]).apply(special, isa=isa)
    np.testing.assert_array_equal(relu, [[0, 0, 2, np.inf, 0, np.nan]] * 18)
    square = fn.Network([fn.Layer(ones, activation="square")]).apply(special, isa=isa)
    np.testing.assert_array_equal(square, [[1, 0, 4, np.inf, np.inf, np.nan]] * 18)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_affine_layers_take_complex_data(dtype: np.dtype) -> None:
    rng = generator("affine")
    A, b = random(rng, dtype, (5, 4)), random(rng, dtype, 5)
    net = fn.Network([fn.Layer(A, bias=b)])
    for batch in (1, 2, 20):
        x = random(rng, "c16", (batch, 4))
        np.testing.assert_allclose(net(x), x @ A.T.astype("c16") + b, rtol=1e-12, atol=1e-12)
    weak = fn.Layer(fn.Kronecker(2, [[1, 1], [1, -1]], 1, weak=True), bias=[1j, 0, 0, 0])
    assert weak(np.ones(4, "f4")).dtype == np.complex64
    np.testing.assert_array_equal(weak(np.ones(4)), [2 + 1j, 0, 2, 0])


def test_layers_with_bias_round_integers_to_doubles() -> None:
    y = fn.Layer(fn.Kronecker(1, [[1, 1]], 1, weak=True), bias=[0.5])(np.array([1, 2]))
    assert y.dtype == np.float64 and y == [3.5]


NONLINEAR = {
    "activation": (
        lambda: fn.Network([np.eye(3), fn.Layer(np.eye(3), activation="square")]),
        "layer 1 has the activation 'square'",
    ),
    "bias": (lambda: fn.Network([fn.Layer(np.eye(3), bias=np.ones(3)), np.eye(3)]), "layer 0 has a bias"),
}


@pytest.mark.parametrize("reason", NONLINEAR)
@pytest.mark.parametrize("what", ["T", "H", "conj", "toarray", "kron", "block_diag", "hstack", "vstack"])
def test_what_needs_a_linear_network_names_the_layer(reason: str, what: str) -> None:
    make, sentence = NONLINEAR[reason]
    net = make()
    uses = {
        "T": lambda: net.T, "H": lambda: net.H, "conj": lambda: net.conj(), "toarray": lambda: net.toarray(),
        "kron": lambda: fn.kron(np.eye(2), net), "block_diag": lambda: fn.block_diag(net, np.eye(2)),
        "hstack": lambda: fn.hstack([net, net]), "vstack": lambda: fn.vstack([np.eye(3), net]),
    }  # fmt: skip
    with pytest.raises(TypeError, match=f"{what} needs a linear network, {sentence}"):
        uses[what]()
    single = net[1 if reason == "activation" else 0]
    if what in ("T", "H", "conj", "toarray"):
        with pytest.raises(TypeError, match=f"{what} needs a linear network, layer 0 has"):
            _ = single.toarray() if what == "toarray" else single.conj() if what == "conj" else getattr(single, what)


# --- recognition ------------------------------------------------------------------------------------------------


def as_csr(layers: list) -> list:
    return [fn.Sparse(sp.csr_array(layer.toarray())) for layer in layers]


def with_a_stranger(matrix: np.ndarray) -> fn.Sparse:
    """The same matrix and one more row and column with a single entry: its support is no pattern any more."""
    return fn.Sparse(sp.block_diag([sp.csr_array(matrix), sp.csr_array([[1]], dtype=matrix.dtype)], format="csr"))


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_a_csr_butterfly_runs_as_patterns(dtype: np.dtype) -> None:
    layers, matrices = butterfly(generator("recognition"), dtype)
    net = fn.Network(as_csr(layers))
    assert [layer.weight.kind for layer in net] == ["Sparse"] * 5, "what the user gave stays as it is"
    kinds = [weight.kind for weight in net._runner.weights]
    assert kinds[1:] == ["KroneckerSparse"] * 4
    assert [weight.pattern for weight in net._runner.weights[1:]] == [(2 ** (4 - s), 2, 2, 2**s) for s in range(1, 5)]
    stranger = fn.Network([with_a_stranger(m) for m in matrices])
    assert {weight.kind for weight in stranger._runner.weights} == {"Sparse"}
    for data in FLOATS:
        for batch in (1, 2, 16, 70):
            x = random(generator("x"), data, (batch, 33))
            for isa in ISAS:
                recognised = net.apply(np.ascontiguousarray(x[:, :32]), isa=isa)
                plain = stranger.apply(x, isa=isa)
                assert recognised.tobytes() == np.ascontiguousarray(plain[:, :32]).tobytes(), (data, batch, isa)


SHAPES = [
    (1, 3, 4, 1),
    (1, 1, 1, 6),
    (4, 2, 3, 1),
    (1, 2, 2, 4),
    (3, 2, 2, 5),
    (2, 1, 4, 3),
    (2, 4, 1, 3),
    (5, 3, 3, 2),
    (1, 3, 1, 4),
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_patterns_are_recognised(shape: tuple[int, int, int, int]) -> None:
    """The recognised factor is the same matrix, whatever pattern of that support was chosen."""
    a, _, _, d = shape
    matrix = pattern_matrix(random(generator(str(shape)), "f8", shape), a, d)
    weight = fn.Network([sp.csr_array(matrix)])._runner.weights[0]
    assert weight.kind == "KroneckerSparse" and (weight.dense() == matrix).all()
    size = math.prod(shape)
    assert weight.synapses() == size == math.prod(weight.pattern)


def test_near_patterns_stay_sparse() -> None:
    """One entry missing, moved or added, an empty row, a zero matrix: rows are kept as they are, and right."""
    base = pattern_matrix(np.arange(1.0, 17.0).reshape(2, 2, 2, 2), 2, 2)
    variants = [base.copy() for _ in range(4)]
    variants[0][0, 0] = 0
    variants[1][0, [0, 1]] = variants[1][0, [1, 0]]
    variants[2][0, 1] = 5
    variants[3][3] = 0
    for matrix in (*variants, np.zeros((4, 4)), np.zeros((0, 3)), np.zeros((3, 0))):
        net = fn.Network([sp.csr_array(matrix)])
        assert net._runner.weights[0].kind == "Sparse"
        assert (net(np.eye(matrix.shape[1])) == matrix.T).all()


@pytest.mark.parametrize("shape", [(4, 3), (3, 5), (1, 1)])
def test_names_of_faust(shape: tuple[int, int]) -> None:
    """pyfaust: nnz_sum over the factors, density = nnz_sum / (rows columns), rcg = 1 / density."""
    rng = np.random.default_rng(0)
    factors = [rng.integers(0, 2, (6, shape[1])).astype(float), rng.integers(0, 2, (shape[0], 6)).astype(float)]
    net = fn.Network(factors)
    count = sum(np.count_nonzero(factor) for factor in factors)
    assert net.nnz_sum() == net.synapses == count
    assert net.density() == count / (shape[0] * shape[1])
    assert net.rcg() == 1 / net.density()


def test_names_of_faust_at_the_edges() -> None:
    """As pyfaust: an infinite gain without entries to compute with; a matrix without entries has no density."""
    zero, empty = fn.Network([np.zeros((2, 3))]), fn.Network([np.ones((4, 3)), np.ones((0, 4))])
    assert (zero.nnz_sum(), zero.density(), zero.rcg()) == (0, 0.0, np.inf)
    assert empty.nnz_sum() == 12 and np.isnan(empty.density()) and np.isnan(empty.rcg())
