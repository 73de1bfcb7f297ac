"""Factors: what they hold, count and report, and how they are transposed, scaled, permuted and converted."""

from __future__ import annotations

import flatnet as fn
import numpy as np
import pytest
import scipy.sparse as sp
from catalog import FACTOR_CASES, FLOATS, Case, generator, permuted_matrix, random
from flatnet.factors import KINDS, LazyBlocks

pytestmark = pytest.mark.usefixtures("one_blas_thread")
every_factor = pytest.mark.parametrize("case", FACTOR_CASES, ids=lambda case: case.name)


def factor_of(case: Case) -> tuple[fn.Factor, np.ndarray]:
    (factor,), (matrix,) = case.build()
    return factor, matrix


def close(actual: np.ndarray, expected: np.ndarray, roundings: int = 2) -> bool:
    """Equal up to a few roundings of each entry (the oracle may form exp and products in double precision)."""
    eps = np.finfo(actual.dtype).eps if actual.dtype.kind in "fc" else 0
    return actual.shape == expected.shape and bool((np.abs(actual - expected) <= roundings * eps * np.abs(expected)).all())


def test_the_catalogue_has_every_kind() -> None:
    assert {type(factor_of(case)[0]) for case in FACTOR_CASES} >= set(KINDS)


@every_factor
def test_matrix(case: Case) -> None:
    """toarray, tocsr, shape, dtype, synapses and max_abs are the oracle's, entry by entry."""
    factor, matrix = factor_of(case)
    trigonometric = 4 if factor.kind == "FourierStage" else 0  # NumPy's exp and ours round differently
    weights = np.where(np.abs(matrix) < 1e-15, 0, matrix) if trigonometric else matrix  # exp(i pi/2) has a real part of 0
    assert factor.shape == matrix.shape
    assert factor.dtype == matrix.dtype
    array = factor.toarray()
    assert np.abs(array - weights).max(initial=0) <= trigonometric * np.finfo("f4" if "64" in str(matrix.dtype) else "f8").eps
    csr = factor.tocsr()
    assert isinstance(csr, sp.csr_array) and csr.shape == matrix.shape
    assert csr.has_canonical_format and (csr.toarray() == array).all() and csr.data.all()
    assert factor.synapses == np.count_nonzero(weights) == csr.nnz
    assert factor.max_abs == pytest.approx(np.abs(matrix).max(initial=0), rel=1e-6)
    assert (factor.depth, factor.neurons, len(factor.layers), factor.is_linear) == (0, 0, 1, True)


@every_factor
def test_stored_bytes(case: Case) -> None:
    """nbytes is what the arrays take, shared weights once."""
    factor, _ = factor_of(case)
    factor.toarray()
    meta, arrays = factor._state()
    if factor.kind == "Sparse":
        arrays["indices"] = arrays["indices"].astype(np.int32)  # held in 32 bits when rows and columns fit
    assert factor.nbytes == sum(a.nbytes for a in arrays.values())
    assert meta["kind"] == factor.kind


@every_factor
def test_pattern_and_values_describe_the_matrix(case: Case) -> None:
    factor, matrix = factor_of(case)
    if factor.kind in ("Sparse", "Permutation"):
        assert factor.pattern is None
        assert factor.kind == "Permutation" or (factor.values == factor.tocsr().data).all()
        return
    a, b, c, d = factor.pattern
    assert (a * b * d, a * c * d) == factor.shape
    values = factor.values
    assert values.shape[0] in (1, a) and values.shape[1:3] == (b, c) and values.shape[3] in (1, d)
    full = np.zeros((a, b, d, a, c, d), matrix.dtype)
    for i in range(a):
        for m in range(d):
            full[i, :, m, i, :, m] = np.broadcast_to(values, (a, b, c, d))[i, :, :, m]
    again = permuted_matrix(full.reshape(factor.shape), factor.input_permutation, factor.output_permutation)
    assert (again == factor.toarray()).all()


@every_factor
def test_what_a_factor_shows_is_read_only(case: Case) -> None:
    factor, _ = factor_of(case)
    for array in (factor.values, factor.input_permutation, factor.output_permutation):
        if array is not None:
            assert not array.flags.writeable
            with pytest.raises(ValueError, match="cannot set WRITEABLE flag"):
                array.flags.writeable = True


@every_factor
def test_transpose_and_conjugate_keep_structure(case: Case) -> None:
    factor, _ = factor_of(case)
    array = factor.toarray()
    for other, expected in (
        (factor.T, array.T),
        (factor.conj(), array.conj()),
        (factor.H, array.conj().T),
        (factor.T.T, array),
        (factor.H.conj().T, array),
    ):
        assert (other.toarray() == expected).all() and other.shape == expected.shape
        assert other.synapses == factor.synapses
        assert other.nbytes == factor.nbytes or factor.kind == "Sparse"  # row pointers for rows or for columns
        assert (other.dtype, other.weak) == (factor.dtype, factor.weak)
        assert (other.pattern is None) == (factor.pattern is None)
    if factor.pattern is not None:
        a, b, c, d = factor.pattern
        assert factor.T.pattern == (a, c, b, d)
        sides = factor.input_permutation is None, factor.output_permutation is None
        assert (factor.T.output_permutation is None, factor.T.input_permutation is None) == sides


@every_factor
def test_scaled(case: Case) -> None:
    """A Python number keeps the precision of the weights; a whole number keeps integers."""
    for scale in (2, -3, 0, 0.5, 1 - 2j, np.float32(0.25), np.int64(3)):
        factor, _ = factor_of(case)
        scaled = factor.scaled(scale)
        assert close(
            scaled.toarray(),
            factor.toarray() * complex(scale) if isinstance(scale, complex) else factor.toarray() * scale,
            4,
        )
        assert scaled.synapses == (factor.synapses if scale else 0)
        assert scaled.shape == factor.shape and scaled.weak == (factor.weak or factor.kind == "Permutation")
        base = factor.dtype if factor.dtype.kind != "i" or isinstance(scale, (int, np.integer)) else np.dtype("f8")
        if isinstance(scale, complex):
            base = {"float32": np.dtype("c8"), "float64": np.dtype("c16")}.get(base.name, base)
        assert scaled.dtype == base
        assert (2 * factor if scale == 2 else factor * scale).toarray().tobytes() == scaled.toarray().tobytes()


@every_factor
def test_permuted(case: Case) -> None:
    """Folded index arrays: the same kind and count, and rows and columns where NumPy puts them."""
    for sides in ("i", "o", "io", ""):
        factor, _ = factor_of(case)
        rng, (rows, cols) = generator(case.name + sides), factor.shape
        p, q = rng.permutation(cols), rng.permutation(rows)
        arguments = {**({"input": p} if "i" in sides else {}), **({"output": q} if "o" in sides else {})}
        folded = factor.permuted(**arguments)
        expected = permuted_matrix(factor.toarray(), arguments.get("input"), arguments.get("output"))
        assert (folded.toarray() == expected).all()
        assert (folded.kind, folded.synapses, folded.dtype) == (factor.kind, factor.synapses, factor.dtype)
        back = folded.permuted(**{side: np.argsort(index) for side, index in arguments.items()})
        assert (back.toarray() == factor.toarray()).all()


@every_factor
def test_astype(case: Case) -> None:
    for dtype in FLOATS:
        factor, _ = factor_of(case)
        if factor.dtype.kind == "c" and dtype.kind != "c":
            with pytest.raises(TypeError, match=f"{factor.kind} has {factor.dtype.name} weights, {dtype.name} would drop"):
                factor.astype(dtype)
            continue
        pinned = factor.astype(dtype)
        assert pinned.weak is False and pinned.synapses == factor.synapses
        if factor.kind != "Permutation":
            assert pinned.dtype == dtype
            assert (pinned.toarray() == factor.toarray().astype(dtype)).all()


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_constructors_convert(dtype: np.dtype) -> None:
    """dtype= casts and pins; complex weights are never cut to their real parts."""
    weights = random(generator("convert"), "f8", (3, 3))
    makers = {
        "Dense": lambda a: fn.Dense(a, dtype=dtype),
        "Diagonal": lambda a: fn.Diagonal(a[0], dtype=dtype),
        "Kronecker": lambda a: fn.Kronecker(2, a, 2, dtype=dtype),
        "KroneckerSparse": lambda a: fn.KroneckerSparse(a[None, :, :, None], dtype=dtype),
        "Sparse": lambda a: fn.Sparse(sp.csr_array(a), dtype=dtype),
    }
    for name, make in makers.items():
        factor = make(weights)
        assert factor.dtype == dtype and not factor.weak
        assert close(factor.toarray()[:1, :1], weights[:1, :1].astype(dtype))
        assert make(weights.astype("i4")).dtype == dtype
        if dtype.kind == "c":
            assert make(weights * 1j).dtype == dtype
        else:
            with pytest.raises(TypeError, match=rf"{name}: \w+ is complex128, {dtype.name} would drop its imaginary part"):
                make(weights * 1j)


@pytest.mark.parametrize("dtype", ["i1", "u2", "i4", "u8"])
def test_integer_weights(dtype: str) -> None:
    """Pinned integers become float64; weak ones stay int64, and only they keep integer data exact."""
    array = np.arange(6, dtype=dtype).reshape(2, 3)
    assert fn.Dense(array).dtype == np.float64 and fn.Dense(array, weak=True).dtype == np.int64
    x = np.array([1, 2, 3])
    assert fn.Dense(array)(x).dtype == np.float64 and fn.Dense(array, weak=True)(x).dtype == np.int64
    assert fn.Dense(array, weak=True, dtype="f4").dtype == np.float32


def test_factors_keep_their_own_copy() -> None:
    """Changing an array afterwards changes no factor, and no constructor changes an array."""
    rng = generator("copy")
    A, v, p = random(rng, "f8", (4, 4)), random(rng, "f8", 4), rng.permutation(4)
    csr = sp.csr_array(A)
    makers = [
        (A, lambda: fn.Dense(A)), (v, lambda: fn.Diagonal(v)), (A, lambda: fn.Kronecker(2, A, 3)),
        (A, lambda: fn.KroneckerSparse(A.reshape(2, 2, 2, 2))), (p, lambda: fn.Permutation(p)),
        (csr.data, lambda: fn.Sparse(csr)), (csr.indices, lambda: fn.Sparse(csr)),
        (p, lambda: fn.Dense(A).permuted(input=p)), (v, lambda: fn.Layer(A, bias=v)),
    ]  # fmt: skip
    for source, make in makers:
        before = source.copy()
        factor = make()
        matrix = factor(np.eye(factor.shape[1]))
        assert (source == before).all()
        source[...] = source[::-1].copy()
        assert (factor(np.eye(factor.shape[1])) == matrix).all()
        source[...] = before


def test_sparse_inputs() -> None:
    """Any scipy format; duplicates are summed and exact zeros dropped without touching the given matrix."""
    rows, cols, data = [0, 0, 1, 1, 1], [1, 1, 0, 2, 2], [1.0, 2.0, 3.0, 4.0, -4.0]
    coo = sp.coo_array((data, (rows, cols)), shape=(2, 3))
    expected = np.array([[0, 3.0, 0], [3.0, 0, 0]])
    for matrix in (coo, coo.tocsc(), coo.tolil(), coo.todok(), sp.csr_matrix(expected), sp.bsr_array(expected)):
        factor = fn.Sparse(matrix)
        assert factor.synapses == 2 and (factor.toarray() == expected).all()
    unsorted = sp.csr_array((np.array([1.0, 2.0]), np.array([2, 0]), np.array([0, 2])), shape=(1, 3))
    assert (fn.Sparse(unsorted).toarray() == [[2, 0, 1]]).all()
    assert (unsorted.indices == [2, 0]).all()
    factor = fn.Sparse(([1.0, 2.0], [0, 2], [0, 1, 2]), shape=(2, 3))
    assert (factor.toarray() == [[1, 0, 0], [0, 0, 2]]).all()
    wide = fn.Sparse(([1.0, 5.0], [3, 2**40], [0, 1, 2]), shape=(2, 2**40 + 1))  # 64-bit columns
    assert wide.shape == (2, 2**40 + 1) and wide.synapses == 2 and wide.tocsr().indices.dtype == np.int64


def test_sizes_without_memory() -> None:
    """A Kronecker factor of 2**40 points holds its core only, and counts exactly."""
    factor = fn.Kronecker(2**20, [[1, 1], [1, -1]], 2**19, weak=True)
    assert factor.shape == (2**40, 2**40) and factor.synapses == 2**41 and factor.nbytes == 32
    assert factor.T.synapses == factor.conj().synapses == factor.scaled(3).synapses == 2**41
    assert "1099511627776 x 1099511627776" in repr(factor)


def test_fourier_twiddles_are_exact_where_they_can_be() -> None:
    """cos(pi/2) is 0, not 6e-17: quarter turns carry no rounding, and conjugate roots are conjugate bits."""
    values = fn.FourierStage(16, 3).values
    w = values[0, 0, 1]
    assert w[0] == 1 and w[4] == -1j and w[2].real == -w[2].imag
    assert (w[1:4].real == -w[:4:-1].real).all() and (w[1:4].imag == w[:4:-1].imag).all()
    assert (fn.FourierStage(16, 3, inverse=True).values == values.conj()).all()
    assert fn.FourierStage(2, 0).synapses == 4
    assert fn.FourierStage(2**40, 39).shape == (2**40, 2**40)


def test_repr_says_what_it_is() -> None:
    assert repr(fn.Dense(np.eye(2))) == "Dense(2 x 2, 2 synapses, float64)"
    assert repr(fn.Kronecker(2, [[1, 1]], 3, weak=True)) == ("Kronecker(6 x 12, a=2, b=1, c=2, d=3, 12 synapses, int64, weak)")
    assert "input and output permuted" in repr(fn.Dense(np.eye(2)).permuted([1, 0], [1, 0]))
    assert repr(fn.Permutation([1, 0])) == "Permutation(2 x 2, 2 synapses, int64)"


# --- weights formed at first use --------------------------------------------------------------------------------


def test_lazy_weights_are_formed_once_and_late() -> None:
    calls = []

    def make() -> np.ndarray:
        calls.append(1)
        return np.array([1.0, 0.0, 2.0, 3.0]).reshape(1, 2, 2, 1)

    factor = LazyBlocks((3, 2, 2, 1), make, shared_a=True, input=lambda: [1, 0, 2, 3, 4, 5])
    assert (factor.shape, factor.synapses, factor.nbytes, factor.dtype) == ((6, 6), 12, 80, np.float64)
    assert not factor.formed and not calls and "not formed" in repr(factor)
    net = fn.Network([factor])
    assert not factor.formed
    y = net(np.arange(6.0))
    assert factor.formed and len(calls) == 1
    assert (net.T.T(np.arange(6.0)) == y).all() and len(calls) == 1
    factor.count_exact()
    assert factor.synapses == 9


def test_generic_weights_are_counted_not_given() -> None:
    factor = LazyBlocks((7, 512, 512, 512), None, shared_d=True)
    assert factor.generic and factor.synapses == 939524096
    for use in (factor.toarray, lambda: factor(np.zeros(factor.shape[1])), lambda: factor.T, factor.tocsr):
        with pytest.raises((TypeError, ValueError), match=r"generic|needs"):
            use()
