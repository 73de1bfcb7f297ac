"""Networks as SciPy linear operators: the same numbers, the batch in one pass, SciPy's solvers on top."""

from __future__ import annotations

import pickle
import subprocess
import sys

import flatnet as fn
import numpy as np
import pytest
import scipy
import scipy.sparse as sp
from flatnet.transforms import CATALOGUE
from scipy.sparse.linalg import LinearOperator, aslinearoperator, eigs, gmres, lsqr, svds

SCIPY = tuple(int(part) for part in scipy.__version__.split(".")[:2])
RNG = np.random.default_rng(11)

SPARSE = fn.Sparse(sp.csr_array(RNG.normal(size=(4, 6)).round()))
NETS = {
    "wide": fn.Network([fn.Dense(RNG.normal(size=(6, 9))), SPARSE]),
    "complex": fn.Network([fn.Dense(RNG.normal(size=(5, 3)) + 1j * RNG.normal(size=(5, 3)))]),
    "one-input": fn.Network([fn.Dense(RNG.normal(size=(4, 1)))]),
    "one-output": fn.Network([fn.Dense(RNG.normal(size=(1, 4)))]),
}
ROWS = {entry.name: entry for entry in CATALOGUE}
KINDS = ["f4", "f8", "c8", "c16"]


@pytest.fixture(params=[*NETS, *ROWS])
def net(request: pytest.FixtureRequest) -> fn.Network:
    if request.param in NETS:
        return NETS[request.param]
    row = ROWS[request.param]
    if row.requires:
        pytest.importorskip(row.requires)
    return row.build(row.sizes[len(row.sizes) // 2])


def data(shape: tuple[int, ...], kind: str) -> np.ndarray:
    values = RNG.normal(size=shape)
    return (values + 1j * RNG.normal(size=shape) if kind[0] == "c" else values).astype(kind)


def tolerance(A: np.ndarray, *arrays: np.ndarray) -> float:
    """Each of at most 10 factors rounds once per term; the norms bound every partial sum that the chains here make."""
    eps = max(np.finfo(array.dtype).eps for array in arrays)
    return 100 * eps * max(1.0, np.linalg.norm(A)) * max(np.linalg.norm(array) for array in arrays)


@pytest.mark.parametrize("kind", KINDS)
def test_every_product_agrees_with_the_matrix(net: fn.Network, kind: str) -> None:
    operator, A = fn.as_linear_operator(net), net.toarray()
    rows, columns = operator.shape
    x, X, y, Y = (data(shape, kind) for shape in [(columns,), (columns, 5), (rows,), (rows, 5)])
    products = [
        (operator.matvec(x), A @ x),
        (operator.matmat(X), A @ X),
        (operator.rmatvec(y), A.conj().T @ y),
        (operator.rmatmat(Y), A.conj().T @ Y),
        (operator @ X, A @ X),
        (operator.H @ Y, A.conj().T @ Y),
        (operator.T @ y, A.T @ y),
        (operator.T.H @ X, A.conj() @ X),
        (operator.H.H @ x, A @ x),
        (operator * x, A @ x),
        ((2 * operator + operator) @ X, 3 * (A @ X)),
    ]
    for got, expected in products:
        assert got.shape == expected.shape
        np.testing.assert_allclose(got, expected, rtol=0, atol=3 * tolerance(A, x, X, y, Y))


def test_adjoint_identity(net: fn.Network) -> None:
    """<y, A x> = <A^H y, x>."""
    operator = fn.as_linear_operator(net)
    x, y = data(operator.shape[1:], "c16"), data(operator.shape[:1], "c16")
    left, right = np.vdot(y, operator.matvec(x)), np.vdot(operator.rmatvec(y), x)
    assert abs(left - right) <= tolerance(net.toarray(), x) * np.linalg.norm(y)


def test_shape_dtype_and_type(net: fn.Network) -> None:
    operator = fn.as_linear_operator(net)
    assert isinstance(operator, LinearOperator)
    assert aslinearoperator(operator) is operator
    assert (operator.shape, operator.dtype, operator.net) == (net.shape, net.dtype, net)
    again = pickle.loads(pickle.dumps(operator))
    x = data(operator.shape[1:], "f8")
    assert (again @ x).tobytes() == (operator @ x).tobytes()


def test_columns_pass_through_the_chain_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """The batch is one call: no loop over columns, forward or backward."""
    calls = []
    apply = fn.Network.apply

    def counted(self, x, *args, **options):
        calls.append(np.shape(x))
        return apply(self, x, *args, **options)

    operator = fn.as_linear_operator(fn.hadamard(8))
    monkeypatch.setattr(fn.Network, "apply", counted)
    operator.matmat(np.ones((8, 7)))
    operator.rmatmat(np.ones((8, 7)))
    assert calls == [(8, 7), (8, 7)]


@pytest.mark.filterwarnings("ignore::FutureWarning")  # SciPy 1.18 warns about columns in matvec
def test_column_vectors_and_matrices() -> None:
    operator, A = fn.as_linear_operator(NETS["wide"]), NETS["wide"].toarray()
    column = data((9, 1), "f8")
    assert operator.matvec(column).shape == (4, 1)
    np.testing.assert_allclose(operator.matvec(column), A @ column, rtol=1e-13)
    one = fn.as_linear_operator(NETS["one-input"])
    np.testing.assert_allclose(one.matvec(np.array([[2.0]])).ravel(), 2 * NETS["one-input"].toarray().ravel())


@pytest.mark.skipif(SCIPY < (1, 18), reason="batches of vectors came with SciPy 1.18")
def test_batches_of_vectors() -> None:
    operator, A = fn.as_linear_operator(NETS["wide"]), NETS["wide"].toarray()
    x, X = data((2, 3, 9), "f8"), data((2, 9, 4), "f8")
    np.testing.assert_allclose(operator.matvec(x), x @ A.T, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(operator.matmat(X), A @ X, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_stacks_of_matrices(kind: str) -> None:
    """operator @ X for (..., n, batch), with every SciPy."""
    net = NETS["wide"]
    operator, A = fn.as_linear_operator(net), net.toarray()
    X, Y = data((2, 3, 9, 5), kind), data((3, 4, 2), kind)
    for got, expected in [(operator @ X, A @ X), (operator.dot(X), A @ X), (operator.H @ Y, A.conj().T @ Y)]:
        np.testing.assert_allclose(got, expected, rtol=0, atol=3 * tolerance(A, X, Y))
    with pytest.raises(ValueError, match="network maps 9 inputs, x has 4 on axis -2"):
        operator @ Y


def test_empty_batches() -> None:
    assert fn.as_linear_operator(NETS["wide"]).matmat(np.ones((9, 0))).shape == (4, 0)


def test_singular_values() -> None:
    net = NETS["wide"]
    expected = np.linalg.svd(net.toarray(), compute_uv=False)[:2]
    found = svds(fn.as_linear_operator(net), k=2, return_singular_vectors=False)
    np.testing.assert_allclose(sorted(found, reverse=True), expected, rtol=1e-10)


def test_eigenvalues() -> None:
    """A circulant's eigenvalues are the transform of its kernel."""
    kernel = np.array([4.0, 1.0, 0.0, 0.5])
    net = fn.convolution(kernel, 32)
    found = eigs(fn.as_linear_operator(net), k=1, which="LM", return_eigenvectors=False, v0=np.ones(32) + 0j)
    np.testing.assert_allclose(np.abs(found[0]), np.abs(np.fft.fft(kernel, 32)).max(), rtol=1e-10)


def test_solvers() -> None:
    """Solves against the Hadamard chain plus a diagonal, and least squares against a wide one."""
    n = 32
    net = fn.hadamard(n)
    operator = fn.as_linear_operator(net) + aslinearoperator(sp.csr_array(20 * np.eye(n)))
    b = data((n,), "f8")
    x, status = gmres(operator, b, atol=1e-12)
    assert status == 0
    np.testing.assert_allclose(net @ x + 20 * x, b, atol=1e-4)
    wide = NETS["wide"]
    solution = lsqr(fn.as_linear_operator(wide), np.ones(4), atol=1e-14, btol=1e-14)[0]
    np.testing.assert_allclose(wide @ solution, np.ones(4), atol=1e-9)


def test_factors_and_layers_are_networks_of_one_layer() -> None:
    for item in (fn.Diagonal([1.0, 2.0]), fn.Layer(fn.Diagonal([1.0, 2.0]))):
        np.testing.assert_array_equal(fn.as_linear_operator(item) @ [3.0, 4.0], [3.0, 8.0])


def test_refusals_name_the_layer() -> None:
    identity = fn.Dense(np.eye(2))
    with pytest.raises(TypeError, match="layer 1 has activation 'relu'"):
        fn.as_linear_operator(fn.Network([identity, fn.Layer(identity, activation="relu")]))
    with pytest.raises(TypeError, match="layer 1 has a bias"):
        fn.as_linear_operator(fn.Network([identity, fn.Layer(identity, bias=np.ones(2))]))
    with pytest.raises(TypeError, match="Network, Layer or Factor, got ndarray"):
        fn.as_linear_operator(np.eye(2))
    operator = fn.as_linear_operator(identity)
    with pytest.raises(ValueError, match=r"(?i)dimension mismatch"):
        operator @ np.ones(3)
    with pytest.raises(TypeError):
        operator.matmat(sp.csr_array(np.eye(2)))


def test_scipy_is_imported_on_first_use() -> None:
    code = (
        "import sys, flatnet; assert 'scipy' not in sys.modules;"
        "flatnet.as_linear_operator(flatnet.hadamard(4)); assert 'scipy' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], timeout=120, check=True)
