"""Every row of the catalogue with every dtype of data on every instruction set, against the dense oracle."""

from __future__ import annotations

import functools
import pathlib

import flatnet as fn
import numpy as np
import pytest
import scipy.linalg
from catalog import CASES, FLOATS, INTEGER_CASES, INTEGERS, ISAS, Case, generator, random

BATCH = 17  # one more than the lanes of a 512-bit float register

pytestmark = pytest.mark.usefixtures("one_blas_thread")
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def data(case: Case, dtype: np.dtype, batch: int = BATCH) -> np.ndarray:
    """Integers take the whole range of their dtype, except where exact arithmetic would overflow."""
    rng = generator(case.name + dtype.name)
    shape = (batch, case.matrices[0].shape[1])
    if dtype.kind in "iu" and case.integer:
        return rng.integers(0 if dtype.kind == "u" else -100, 100, shape).astype(dtype)
    return random(rng, dtype, shape)


def agree(case: Case, x: np.ndarray, results: list[np.ndarray]) -> None:
    """The results have the promoted dtype and lie within the bound that `Case.tolerance` derives."""
    expected, dtype = case.apply(x), case.result_dtype(x.dtype)
    bound = 0 if dtype.kind == "i" else case.tolerance(x, dtype)
    for y in results:
        assert y.dtype == dtype and y.shape == expected.shape
        assert (np.abs(y - expected) <= bound).all()


@pytest.mark.isa
@every_case
def test_apply_agrees_with_the_oracle(case: Case) -> None:
    for dtype in (*FLOATS, *INTEGERS):
        x = data(case, dtype)
        agree(case, x, [case.net.apply(x, isa=isa) for isa in ISAS])


@every_case
def test_single_columns_agree_with_the_oracle(case: Case) -> None:
    """One vector takes kernels of its own."""
    for dtype in (*FLOATS, np.dtype("i4")):
        x = data(case, dtype, 1)[0]
        agree(case, x, [case.net.apply(x, isa=isa) for isa in ISAS])


def test_oracle_can_fail() -> None:
    """The bound is tight enough to see one entry change by 1e-12 of itself."""
    case = next(case for case in CASES if case.name == "every-kind-float64")
    x = data(case, np.dtype("f8"))
    y = case.net(x)
    agree(case, x, [y])
    y[3, 2] *= 1 + 1e-12
    with pytest.raises(AssertionError):
        agree(case, x, [y])


@every_case
def test_adjoint(case: Case) -> None:
    """<A x, y> = <x, A^H y>: both sides within the oracle's bound |y|^T tolerance(x)."""
    adjoint, (rows, cols) = case.net.H, case.net.shape
    # The adjoint's bound has the longest columns for the longest rows; the dot products lose `rows` and `cols` u.
    entries = [m != 0 for m in case.matrices]
    forward = sum(3 * int(e.sum(axis=1).max(initial=0)) + 1 for e in entries)
    backward = sum(3 * int(e.sum(axis=0).max(initial=0)) + 1 for e in entries)
    for dtype in FLOATS:
        rng = generator(case.name)
        x, y = random(rng, dtype, cols), random(rng, case.result_dtype(dtype), rows)
        magnitude = np.abs(y) @ case.tolerance(x, y.dtype) / (1 + forward)
        for isa in ISAS:
            left, right = np.vdot(y, case.net.apply(x, isa=isa)), np.vdot(adjoint.apply(y, isa=isa), x)
            assert abs(left - right) <= (2 + forward + backward + 3 * (rows + cols)) * magnitude


@every_case
def test_transpose_conjugate_and_adjoint_are_the_oracles(case: Case) -> None:
    oracle = np.linalg.multi_dot(case.matrices[::-1]) if len(case.matrices) > 1 else case.matrices[0]
    bound = case.tolerance(np.eye(case.net.shape[1]), "f4" if case.net.dtype.name in ("float32", "complex64") else "f8").T
    for net, expected, limit in (
        (case.net, oracle, bound),
        (case.net.T, oracle.T, bound.T),
        (case.net.conj(), oracle.conj(), bound),
        (case.net.H, oracle.conj().T, bound.T),
    ):
        matrix = net.toarray()
        assert matrix.dtype == net.dtype and matrix.shape == net.shape == expected.shape
        assert (np.abs(matrix - expected) <= 2 * limit).all()


@every_case
def test_dtype_of_the_network(case: Case) -> None:
    """The promotion of its pinned weights, double precision where there are none."""
    assert case.net.dtype == case.result_dtype("f8" if case.dtype is None else case.dtype)


def promotion_table() -> list[list[str]]:
    """Rows of the table in docs/concepts.md: words, an example, the result for each dtype of data; the headings first."""
    text = (pathlib.Path(__file__).parents[1] / "docs" / "concepts.md").read_text()
    lines = text.split("<!-- dtypes -->")[1].split("<!-- /dtypes -->")[0].strip().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [rows[0], *rows[2:]]


@pytest.mark.parametrize("row", promotion_table()[1:], ids=lambda row: row[0])
def test_documented_promotion(row: list[str]) -> None:
    """What the documentation promises of net(x), net @ X and out=, for every kind of weights with every dtype of data."""
    net = eval(row[1].strip("`"), {"fn": fn, "np": np})
    matrix = functools.reduce(lambda product, layer: layer.toarray() @ product, net.layers, np.eye(8))
    headings = promotion_table()[0][2:]
    known = {name for heading in headings for name in heading.split(", ")}
    assert known == {"int8", "int16", *(dtype.name for dtype in FLOATS), "int32", "int64"}
    for heading, promised in zip(headings, row[2:], strict=True):
        names = heading.split(", ")
        names += {"int32": ["uint8", "uint16"], "int64": ["uint32", "uint64"]}.get(names[-1], [])
        for name in names:
            x = np.arange(-8 if name[0] != "u" else 0, 8)[-8:].astype(name)
            dtype = promised.removesuffix(", exact")
            assert net(x).dtype == dtype, (row[0], name)
            assert (net @ np.stack([x, x], axis=1)).dtype == dtype
            assert net.apply(x, out=np.empty(8, dtype)).dtype == dtype
            assert promised.endswith(", exact") == (np.dtype(dtype).kind == "i")
            eps = np.finfo(dtype).eps if np.dtype(dtype).kind != "i" else 0
            # |x| adds up to 36 and the entries here are at most 1; no sum has more than 8 terms in each of 3 layers
            np.testing.assert_allclose(net(x), matrix @ x, rtol=0, atol=36 * 24 * eps)


# --- exact integers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", INTEGER_CASES, ids=lambda case: case.name)
def test_integers_reach_the_limit_exactly(case: Case, isa: str) -> None:
    """The largest data that the growth bound admits gives the oracle's integers; one more is refused."""
    growth = int(case.net._runner.growth())
    for dtype in ("i4", "i8"):
        limit = int(np.iinfo(dtype).max)
        largest = limit // growth
        x = np.array([[largest] * case.net.shape[1], [-largest] * case.net.shape[1]], dtype)
        x[:, 1::2] *= -1
        expected = x.astype(object)
        for matrix in case.matrices:
            expected = expected @ matrix.astype(object).T
        y = case.net.apply(x, isa=isa)
        assert y.dtype == dtype and (y == expected).all()
        if growth > 1:
            x[1, 0] = largest + 1
            with pytest.raises(ValueError, match=f"exact {np.dtype(dtype).name} arithmetic reaches {limit}"):
                case.net(x)


@pytest.mark.parametrize("row", [0, 1, 6])
@pytest.mark.parametrize("axis", [0, 1])
def test_one_large_integer_anywhere_is_found(row: int, axis: int) -> None:
    """2-D data: the growth check looks at every element."""
    net = fn.hadamard(8)
    x = np.zeros((8, 8), np.int64)
    x[row, 3] = -(2**60)
    with pytest.raises(ValueError, match="use int64 or floats"):
        net.apply(x, axis=axis)
    x[row, 3] = 2**60 - 1  # growth 8: the sums reach 2**63 - 8
    expected = (2**60 - 1) * np.where(np.arange(8) == row, 1, 0)[:, None] * scipy.linalg.hadamard(8)[3]
    np.testing.assert_array_equal(net.apply(x, axis=1), expected)
    np.testing.assert_array_equal(net.apply(x.T.copy(), axis=0), expected.T)


@pytest.mark.parametrize(("weight", "largest"), [(16440948372290153, 561), (2**62 + 1, 2), (3, 3074457345618258603)])
def test_growth_is_checked_without_rounding(weight: int, largest: int) -> None:
    """weight * largest is 2**63 or just above; double precision would say just below."""
    assert weight * largest >= 2**63
    with pytest.raises(ValueError, match="could pass"):
        fn.Diagonal([weight], weak=True)([largest])


def test_growth_of_hidden_layers_counts() -> None:
    """A hidden layer may overflow where the output would not."""
    net = fn.Network([fn.Dense([[2**40]], weak=True), fn.Dense([[0]], weak=True)])
    with pytest.raises(ValueError, match="could pass"):
        net(np.array([2**30]))
    np.testing.assert_array_equal(net(np.array([2**20])), [0])


def test_growth_beyond_double_precision_is_refused() -> None:
    """2**1100 is inf as a double."""
    net = fn.Network([fn.Kronecker(1, [[1, 1], [1, -1]], 1, weak=True)] * 1100)
    with pytest.raises(ValueError, match="could pass"):
        net(np.array([1, 0]))
    np.testing.assert_array_equal(net(np.array([0, 0])), [0, 0])


def test_integers_too_large_for_int64_are_refused() -> None:
    with pytest.raises(ValueError, match="arithmetic reaches"):
        fn.hadamard(1)(np.array([2**63], np.uint64))


def test_integer_data_are_not_cast_down() -> None:
    """Pinned float32 weights on integers compute in double precision: int64 has more digits than float32."""
    x = np.array([2**24 + 1, 2**24 + 3])
    y = fn.Diagonal(np.ones(2, np.float32))(x)
    assert y.dtype == np.float64 and (y == x).all()


# --- ieee -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_nan_and_inf_travel(dtype: np.dtype, isa: str) -> None:
    """A stored zero times inf is NaN, an entry that is not there is nothing, and other columns do not hear of it."""
    dense = fn.Dense(np.array([[1.0, 0.0], [0.0, 2.0]], dtype))
    sparse = fn.Diagonal(np.array([1.0, 2.0], dtype))
    for value in (np.nan, np.inf, -np.inf):
        x = np.ones((20, 2), dtype)
        x[3, 0] = value
        with np.errstate(invalid="ignore"):
            full, thin = dense.apply(x, isa=isa), sparse.apply(x, isa=isa)
        assert np.isnan(full[3, 1]) and not np.isfinite(full[3, 0])
        assert thin[3, 1] == 2 and not np.isfinite(thin[3, 0])
        others = np.arange(20) != 3
        assert (full[others] == [1, 2]).all() and (thin[others] == [1, 2]).all()


@pytest.mark.parametrize("dtype", FLOATS[:2], ids=str)
def test_signed_zeros_and_subnormals_survive(dtype: np.dtype, isa: str) -> None:
    """No flush to zero: a diagonal of ones and a permutation give the bits back."""
    tiny = np.finfo(dtype).smallest_subnormal
    x = np.array([[0.0, -0.0, tiny, -tiny, 3 * tiny]] * 18, dtype)
    for factor in (fn.Diagonal(np.ones(5, dtype)), fn.Permutation(np.arange(5))):
        assert factor.apply(x, isa=isa).tobytes() == x.tobytes()
