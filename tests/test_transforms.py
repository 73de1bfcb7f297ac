"""Every transform of the catalogue against its oracle and closed form; then what is particular to each."""

from __future__ import annotations

import sys
import warnings

import flatnet as fn
import numpy as np
import pytest
import scipy.fft
import scipy.signal
from catalog_transforms import ORACLES
from flatnet.transforms import CATALOGUE, Entry
from hypothesis import given, settings
from hypothesis import strategies as st

CASES = [pytest.param(entry, size, id=f"{entry.name}-{size}") for entry in CATALOGUE for size in entry.sizes]
NORMS = ("backward", "ortho", "forward")
RNG = np.random.default_rng(11)


def needs(entry: Entry) -> None:
    if entry.requires:
        pytest.importorskip(entry.requires)


def non_zeros(net: fn.Network) -> int:
    """Non-zeros of every layer's dense matrix: the count by brute force."""
    return sum(np.count_nonzero(layer.weight.toarray()) for layer in net)


def close(actual: np.ndarray, expected: np.ndarray, depth: int) -> None:
    # each layer rounds a few times; entries are compared with the largest of the matrix
    tolerance = 8 * (depth + 2) * np.finfo(np.float64).eps * max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance)


# --- over the whole catalogue -------------------------------------------------------------------------------


def test_every_row_has_an_oracle() -> None:
    assert {entry.name for entry in CATALOGUE} == set(ORACLES)
    assert len({entry.name for entry in CATALOGUE}) == len(CATALOGUE)


@pytest.mark.parametrize(("entry", "size"), CASES)
def test_matrix_equals_oracle(entry: Entry, size: int) -> None:
    needs(entry)
    net, expected = entry.build(size), ORACLES[entry.name](*entry.arguments(size))
    assert net.shape == expected.shape
    close(net.toarray(), expected, net.depth)


@pytest.mark.parametrize(("entry", "size"), CASES)
def test_applied_to_vectors_equals_oracle(entry: Entry, size: int) -> None:
    needs(entry)
    net, expected = entry.build(size), ORACLES[entry.name](*entry.arguments(size))
    x = RNG.uniform(-1, 1, (3, net.shape[1]))
    close(net(x), x @ expected.T, net.depth + net.shape[1])


@pytest.mark.parametrize(("entry", "size"), CASES)
def test_count_equals_closed_form_and_brute_force(entry: Entry, size: int) -> None:
    needs(entry)
    net = entry.build(size)
    assert net.synapses == non_zeros(net)
    if entry.synapses is not None:
        assert net.synapses == entry.synapses(size)


@pytest.mark.parametrize("entry", [entry for entry in CATALOGUE if entry.integer], ids=lambda entry: entry.name)
@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_integers_stay_exact(entry: Entry, dtype: type) -> None:
    size = entry.sizes[-1]
    net, oracle = entry.build(size), ORACLES[entry.name](*entry.arguments(size))
    x = RNG.integers(-50, 50, (4, net.shape[1])).astype(dtype)
    y = net(x)
    assert np.issubdtype(y.dtype, np.signedinteger)
    np.testing.assert_array_equal(y, x.astype(np.int64) @ oracle.T)


FOLLOWING = [entry for entry in CATALOGUE if entry.name not in ("convolution", "low_rank")]


@pytest.mark.parametrize("entry", FOLLOWING, ids=lambda entry: entry.name)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_precision_follows_the_input(entry: Entry, dtype: type) -> None:
    needs(entry)
    net = entry.build(entry.sizes[1])
    complex_net = np.issubdtype(net.toarray().dtype, np.complexfloating)
    y = net(np.ones(net.shape[1], dtype=dtype))
    assert y.dtype == (np.result_type(dtype, np.complex64) if complex_net else dtype)


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_dtype_pins_the_precision(entry: Entry) -> None:
    needs(entry)
    size = entry.sizes[1]
    complex_net = np.issubdtype(entry.build(size).toarray().dtype, np.complexfloating)
    wide, narrow = (np.complex128, np.complex64) if complex_net else (np.float64, np.float32)
    x = np.ones(entry.build(size).shape[1], dtype=np.float32)
    assert entry.constructor(*entry.arguments(size), dtype=wide)(x).dtype == wide
    assert entry.constructor(*entry.arguments(size), dtype=narrow)(x).dtype == narrow


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_rows_are_documented(entry: Entry) -> None:
    assert entry.summary
    assert entry.constructor is getattr(fn, entry.constructor.__name__)
    for section in ("Parameters", "Returns", "Raises", "Notes", "Examples"):
        assert f"    {section}\n    ---" in (entry.constructor.__doc__ or "")


# --- Fourier, cosine and sine -------------------------------------------------------------------------------


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("n", [1, 2, 16, 128])
def test_norms_are_those_of_scipy(n: int, norm: str) -> None:
    identity = np.eye(n)
    depth = n.bit_length()
    close(fn.dft(n, norm).toarray(), scipy.fft.fft(identity, norm=norm, axis=0), depth)
    close(fn.idft(n, norm).toarray(), scipy.fft.ifft(identity, norm=norm, axis=0), depth)
    for kind in (2, 3):
        close(fn.dct(n, kind, norm).toarray(), scipy.fft.dct(identity, kind, norm=norm, axis=0), 2 * depth)
        expected = scipy.fft.dst(identity, kind, norm=norm, axis=0)
        if norm == "ortho" and not np.allclose(expected @ expected.T, identity):
            continue  # SciPy up to 1.11 scales the first instead of the last frequency: not orthogonal
        close(fn.dst(n, kind, norm).toarray(), expected, 2 * depth)
    scale = {"backward": 1, "ortho": n**-0.5, "forward": 1 / n}[norm]
    close(fn.hadamard(n, norm).toarray(), scale * fn.hadamard(n).toarray(), depth)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 9), st.sampled_from(NORMS), st.booleans(), st.integers(0, 2**32))
def test_inverse_dft_undoes_the_dft(m: int, norm: str, real: bool, seed: int) -> None:
    n = 2**m
    rng = np.random.default_rng(seed)
    x = rng.normal(size=2 * n) if real else rng.normal(size=n) + 1j * rng.normal(size=n)
    close(fn.idft(n, norm, real)(fn.dft(n, norm, real)(x)), x, 4 * m)
    y = (fn.idft(n, norm, real) @ fn.dft(n, norm, real))(x)
    close(y, x, 4 * m)


@pytest.mark.parametrize("transform", [fn.dct, fn.dst])
@pytest.mark.parametrize("n", [1, 2, 8, 64])
def test_type_three_undoes_type_two(transform, n: int) -> None:
    product = (transform(n, 3, "forward") @ transform(n, 2)).toarray()
    close(product, np.eye(n), 4 * n.bit_length())
    orthogonal = transform(n, 2, "ortho")
    close((orthogonal.T @ orthogonal).toarray(), np.eye(n), 4 * n.bit_length())


@pytest.mark.parametrize("n", [1, 2, 4, 8, 32, 256])
def test_cosine_factors_have_at_most_two_non_zeros_a_row(n: int) -> None:
    for net in (fn.dct(n), fn.dst(n)):
        assert len(net) == max(1, 2 * (n.bit_length() - 1) - 2)
        assert max(int(np.count_nonzero(layer.weight.toarray(), axis=1).max()) for layer in net) <= 2


def test_trivial_twiddles_are_exact() -> None:
    for layer in fn.dft(4):
        assert set(layer.weight.toarray().ravel()) <= {0, 1, -1, 1j, -1j}
    for layer in fn.dft(8, real=True)[:2]:
        assert set(np.abs(layer.weight.toarray()).ravel()) <= {0, 1}


# --- Hadamard and subsets -----------------------------------------------------------------------------------


@pytest.mark.parametrize("base", [2, 4, 12, 20, 24, 28, 36, 40, 44, 60, 76])
def test_hadamard_bases_are_hadamard_matrices(base: int) -> None:
    H = fn.hadamard(4 * base, base=base).toarray()
    assert set(np.unique(H)) == {-1, 1}
    np.testing.assert_array_equal(H @ H.T, 4 * base * np.eye(4 * base))
    assert fn.hadamard(4 * base, base=base).synapses == 4 * base * (base + 4)


def test_hadamard_of_a_tera_counts_at_once() -> None:
    net = fn.hadamard(2**40)
    assert net.shape == (2**40, 2**40)
    assert (net.synapses, net.depth) == (2 * 2**40 * 40, 39)


def test_hadamard_is_scipy_s() -> None:
    linalg = pytest.importorskip("scipy.linalg")
    np.testing.assert_array_equal(fn.hadamard(64).toarray(), linalg.hadamard(64))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 8), st.integers(0, 2**32))
def test_mobius_undoes_zeta_exactly(m: int, seed: int) -> None:
    x = np.random.default_rng(seed).integers(-1000, 1000, 2**m)
    np.testing.assert_array_equal(fn.mobius(m)(fn.zeta(m)(x)), x)


# --- wavelets -----------------------------------------------------------------------------------------------

MODES = ("zero", "constant", "symmetric", "reflect", "periodic", "smooth", "antisymmetric", "antireflect")


@pytest.mark.parametrize("mode", ("periodization", *MODES))
@pytest.mark.parametrize("name", ["haar", "db4", "sym5", "bior1.3", "bior2.2", "coif2"])
def test_wavelet_equals_pywavelets(name: str, mode: str) -> None:
    pywt = pytest.importorskip("pywt")
    for n, levels in ((2, 1), (7, 1), (13, 2), (32, 2), (33, 3), (40, None)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyWavelets warns of levels that only see the boundary
            parts = pywt.wavedec(np.eye(n), name, mode=mode, level=levels, axis=0)
        expected, net = np.concatenate(parts), fn.wavelet(name, n, levels, mode)
        assert net.shape == expected.shape
        close(net.toarray(), expected, 4 * (len(net) + n))


@pytest.mark.parametrize("name", ["haar", "db2", "db4", "sym8", "coif1"])
def test_periodised_wavelets_are_orthogonal_and_count_as_they_should(name: str) -> None:
    pywt = pytest.importorskip("pywt")
    taps, n = pywt.Wavelet(name).dec_len, 64
    net = fn.wavelet(name, n, 3)
    # the published taps hold orthogonality to about 1e-12
    np.testing.assert_allclose((net.T @ net).toarray(), np.eye(n), atol=1e-11)
    if n >> 2 >= taps:
        assert net.synapses == 2 * (taps - 1) * (n - n // 8) + 3 * n


def test_haar_needs_no_pywavelets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pywt", None)
    assert fn.haar(8, 2).synapses == 8 * 2 + 4 * 2 + 4
    with pytest.raises(ImportError, match=r"pip install flatnet\[wavelets\]"):
        fn.wavelet("db4", 8)


def test_no_level_is_the_identity() -> None:
    np.testing.assert_array_equal(fn.haar(8, 0).toarray(), np.eye(8))
    assert fn.haar(8, 0).synapses == 8


# --- convolution, low rank, random --------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 7), st.data())
def test_convolution_equals_the_definition(m: int, data: st.DataObject) -> None:
    n = 2**m
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    kernel = rng.normal(size=data.draw(st.integers(1, n)))
    if data.draw(st.booleans()):
        kernel = kernel + 1j * rng.normal(size=kernel.shape)
    x = rng.normal(size=n)
    full = scipy.signal.convolve(np.concatenate((x, x)), kernel, method="direct")
    close(fn.convolution(kernel, n)(x), full[n : 2 * n], 8 * (m + 1))


def test_zeros_of_the_spectrum_are_not_synapses() -> None:
    net = fn.convolution(np.full(4, 0.25), 16)  # mean of 4: the spectrum vanishes at 3 of 16 frequencies
    assert net.synapses == 4 * 16 * 4 - 2 * 3 == non_zeros(net)
    assert fn.convolution(np.zeros(3), 8).synapses == 4 * 8 * 3 - 2 * 8
    wave = fn.convolution(np.sin(2 * np.pi * np.arange(16) / 16), 16)  # the other 14 vanish up to rounding
    assert wave.synapses == 4 * 16 * 4 - 2 * 14 == non_zeros(wave)


def test_convolution_promotes_as_numpy_does() -> None:
    single, double = np.ones(3, dtype=np.float32), np.ones(3)
    assert fn.convolution(single, 8)(np.ones(8, dtype=np.float32)).dtype == np.complex64
    assert fn.convolution(double, 8)(np.ones(8, dtype=np.float32)).dtype == np.complex128


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.data())
def test_low_rank_reproduces_a_matrix_of_its_rank(rows: int, columns: int, data: st.DataObject) -> None:
    rank = data.draw(st.integers(1, min(rows, columns)))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    A = rng.normal(size=(rows, rank)) @ rng.normal(size=(rank, columns))
    net = fn.low_rank(A, rank)
    np.testing.assert_allclose(net.toarray(), A, atol=1e-8 * np.abs(A).max())
    assert net.neurons == rank
    assert net.synapses == columns * rank + rank + (rows - rank) * rank == non_zeros(net)


def test_low_rank_names_its_error() -> None:
    A = np.diag([4.0, 3.0, 0.0])
    net = fn.low_rank(A, 1)
    assert net.info["relative_error"] == pytest.approx(0.6)  # ||diag(0, 3, 0)|| / ||A||
    np.testing.assert_array_equal(net.toarray(), np.diag([4.0, 0.0, 0.0]))


@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e300])
def test_low_rank_of_a_matrix_of_lower_rank(scale: float) -> None:
    A = scale * np.ones((5, 4))
    np.testing.assert_allclose(fn.low_rank(A, 3).toarray() / scale, np.ones((5, 4)), rtol=1e-14)
    np.testing.assert_array_equal(fn.low_rank(0 * A, 2).toarray(), 0 * A)
    single = np.outer([0.0, scale, 0.0], np.ones(4))
    np.testing.assert_array_equal(fn.low_rank(single, 2).toarray(), single)


def test_random_sparse_is_bernoulli() -> None:
    # 200 matrices of 50 x 50 at p = 0.3: the mean count is known to 0.3 %
    counts = [fn.random_sparse(50, 0.3, layers=1, seed=seed).synapses for seed in range(200)]
    assert abs(np.mean(counts) - 750) < 4 * np.sqrt(2500 * 0.21 / 200)
    assert abs(np.std(counts) / np.sqrt(2500 * 0.21) - 1) < 4 / np.sqrt(400)
    cells = sum(fn.random_sparse(8, 0.3, layers=1, seed=seed).toarray() for seed in range(500))
    assert np.abs(cells / 500 - 0.3).max() < 5 * np.sqrt(0.21 / 500)


def test_random_sparse_edges() -> None:
    assert fn.random_sparse(10, 0.0).synapses == 0
    np.testing.assert_array_equal(fn.random_sparse(10, 1.0, layers=1).toarray(), np.ones((10, 10)))
    assert fn.random_sparse(10, 1e-300).synapses == 0
    same = [fn.random_sparse(30, 0.1, seed=5).toarray() for _ in range(2)]
    np.testing.assert_array_equal(*same)


def test_random_sparse_forms_no_square_array() -> None:
    net = fn.random_sparse(20000, 1e-4, layers=1)
    assert abs(net.synapses - 40000) < 6 * 200


# --- matrix multiplication ----------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 3), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(0, 2**32))
def test_matmul_multiplies_exactly(t: int, a: int, b: int, c: int, seed: int) -> None:
    rows, inner, columns = (k * 2**t for k in (a, b, c))
    rng = np.random.default_rng(seed)
    N, M = rng.integers(-99, 99, (rows, inner)), rng.integers(-99, 99, (inner, columns))
    net = fn.matmul(N, columns, levels=t)
    assert len(net) == 2 * t + 1
    np.testing.assert_array_equal(net(M.ravel()), (N @ M).ravel())
    products = 7**t * (rows * inner * columns >> 3 * t)
    codes = sum(12 * 7**i * 4 ** (t - 1 - i) for i in range(t)) * ((inner + rows) * columns >> 2 * t)
    assert net.synapses == products + codes


def test_matmul_in_floating_point() -> None:
    N, M = RNG.normal(size=(12, 8)), RNG.normal(size=(8, 4))
    np.testing.assert_allclose(fn.matmul(N, 4, levels=2)(M.ravel()), (N @ M).ravel(), atol=1e-12)
    single = fn.matmul(N.astype(np.float32), 4)
    assert single(M.ravel().astype(np.float32)).dtype == np.float32


def test_matmul_counts_without_building_and_refuses_to_run_a_generic_matrix() -> None:
    net = fn.matmul(4096, columns=4096, levels=7)
    assert net.synapses == 4096**3 * 7**7 // 8**7 + 8 * 4096**2 * (7**7 - 4**7) // 4**7
    with pytest.raises(TypeError):
        fn.matmul(4, columns=4)(np.ones(16))


def test_matmul_keeps_the_matrix_it_was_given() -> None:
    N = np.arange(4.0).reshape(2, 2)
    net = fn.matmul(N, 2)
    N[:] = 0
    np.testing.assert_array_equal(net([1, 0, 0, 1]), [0, 1, 2, 3])
