"""The extension's constructors with arbitrary arrays: refused with ValueError or TypeError, or a factor that is sound.

Sound: everything that can be asked of it agrees with the dense matrix that it reports, and no question reads or writes
outside its arrays (a crash of the test run is the failure).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from flatnet import _core
from flatnet.operator import ACTIVATIONS
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

pytestmark = pytest.mark.usefixtures("one_blas_thread")
REFUSED = (ValueError, TypeError)
KINDS = ["Dense", "Diagonal", "Kronecker", "KroneckerSparse", "FourierStage", "Sparse", "Permutation", "", "no kind"]
DTYPES = [np.dtype(name) for name in ("i4", "i8", "f4", "f8", "c8", "c16", "f2", "u1", "?", "O", ">f8", "S3")]
sizes = st.integers(-2, 5)
odd_sizes = st.one_of(sizes, st.sampled_from([2**31, 2**62, 2**63 - 1, -(2**63), 2**64, 1.5, "2", None]))
lists = hnp.array_shapes(min_dims=1, max_dims=1, min_side=0, max_side=6)
index_dtypes = st.sampled_from([np.dtype("i8"), np.dtype("i4"), np.dtype("f8")])
indices = hnp.arrays(index_dtypes, lists, elements=st.integers(-2, 7))


@st.composite
def values(draw: st.DrawFn, min_dims: int, max_dims: int) -> np.ndarray:
    shape = draw(hnp.array_shapes(min_dims=min_dims, max_dims=max_dims, min_side=0, max_side=4))
    a = np.arange(np.prod(shape), dtype="f8").reshape(shape) - 3
    if draw(st.booleans()):
        a = a[tuple(slice(None, None, -1) for _ in shape)]
    return a.astype(draw(st.sampled_from(DTYPES)))


def ask_everything(factor: _core.Factor) -> None:
    """Every question, and data through it; answers agree with its dense matrix."""
    rows, cols = factor.rows, factor.cols
    assert rows >= 0 and cols >= 0
    if rows * cols > 10_000:
        return
    matrix = factor.dense()
    assert matrix.shape == (rows, cols) and matrix.dtype == factor.dtype
    assert factor.synapses() == np.count_nonzero(matrix)
    assert factor.max_abs() == pytest.approx(np.abs(matrix).max(initial=0), rel=1e-6)
    assert factor.max_row_sum() == pytest.approx(np.abs(matrix).sum(axis=1).max(initial=0), rel=1e-6)
    begin, columns, kept = factor.csr()
    assert len(begin) == rows + 1 and len(columns) == len(kept) == begin[-1]
    assert (factor.transpose().dense() == matrix.T).all() and (factor.conj().dense() == matrix.conj()).all()
    assert (factor.scaled_int(2).dense() == 2 * matrix).all()
    _ = factor.nbytes, factor.pattern, factor.values, factor.index, factor.input_permutation, factor.output_permutation
    squared = _core.product(factor.transpose(), factor, 1e6)
    assert squared.rows == squared.cols == cols
    for compute in ("f4", "f8", "c8", "c16", "i4", "i8"):
        network = _core.Network([(factor, None, 0)])
        for batch in (1, 3, 20):
            x = np.ones((batch, cols), compute)
            out = np.full((batch, rows), 99, compute)
            try:
                network.apply(x, out, 1, 1)
            except ValueError:  # complex weights in real arithmetic, floats in integers
                assert (out == 99).all()
                continue
            assert (out == matrix.sum(axis=1)).all()


@given(st.sampled_from(KINDS), values(3, 5), odd_sizes, odd_sizes)
@settings(max_examples=500)
def test_blocks(kind: str, given_values: np.ndarray, a: Any, d: Any) -> None:
    try:
        factor = _core.Factor.blocks(kind, given_values, a, d)
    except REFUSED:
        return
    assert factor.kind == kind
    ask_everything(factor)


@given(
    st.sampled_from(KINDS[:5]),
    st.tuples(*[st.integers(0, 3)] * 4),
    st.booleans(),
    st.booleans(),
    st.sampled_from(DTYPES[:6]),
)
@settings(max_examples=300)
def test_blocks_that_fit(kind: str, shape: tuple[int, ...], share_a: bool, share_d: bool, dtype: np.dtype) -> None:
    a, b, c, d = shape
    held = (1 if share_a else a, b, c, 1 if share_d else d)
    weights = (np.arange(np.prod(held)) % 5 - 2).reshape(held).astype(dtype)
    ask_everything(_core.Factor.blocks(kind, weights, a, d))


@given(indices, indices, values(1, 2), odd_sizes, odd_sizes)
@settings(max_examples=500)
def test_sparse(begin: np.ndarray, columns: np.ndarray, given_values: np.ndarray, rows: Any, cols: Any) -> None:
    try:
        factor = _core.Factor.sparse(begin, columns, given_values, rows, cols)
    except REFUSED:
        return
    ask_everything(factor)


@given(st.integers(0, 4), st.integers(1, 5), st.integers(0, 2**20), st.integers(0, 3), st.sampled_from(DTYPES[:6]))
@settings(max_examples=300)
def test_nearly_sound_rows(rows: int, cols: int, seed: int, damage: int, dtype: np.dtype) -> None:
    """Sound rows with one number changed: refused, or still sound."""
    rng = np.random.default_rng(seed)
    keep = rng.random((rows, cols)) < 0.5
    begin = np.concatenate([[0], keep.sum(axis=1).cumsum()])
    columns = np.nonzero(keep)[1]
    weights = (np.arange(len(columns)) % 3 - 1).astype(dtype)
    broken = [None, begin, columns, None][damage]
    if broken is not None and broken.size:
        broken[rng.integers(broken.size)] += rng.choice([-2, -1, 1, 2, 2**40, -(2**62)])
    if damage == 3:
        weights = weights[:-1]
    try:
        factor = _core.Factor.sparse(begin, columns, weights, rows, cols)
    except REFUSED:
        assert damage
        return
    ask_everything(factor)


@given(indices, indices, indices)
@settings(max_examples=300)
def test_permutations(index: np.ndarray, input: np.ndarray, output: np.ndarray) -> None:
    try:
        factor = _core.Factor.permutation(index)
    except REFUSED:
        factor = _core.Factor.blocks("KroneckerSparse", np.ones((1, 2, 3, 2)), 1, 2)
    ask_everything(factor)
    try:
        ask_everything(factor.permuted(input, output))
    except REFUSED:
        return


@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 2**20))
def test_permuted_factors_stay_sound(rows: int, cols: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    dense = _core.Factor.blocks("Dense", np.arange(1.0, rows * cols + 1).reshape(1, rows, cols, 1), 1, 1)
    begin, columns, weights = dense.csr()
    for factor in (dense, _core.Factor.sparse(begin, columns.astype("i8"), weights, rows, cols)):
        ask_everything(factor.permuted(rng.permutation(cols), rng.permutation(rows)).permuted(rng.permutation(cols), None))


@given(odd_sizes, st.one_of(st.integers(-3, 70), st.sampled_from([2**31 - 1, 2**31, -(2**31), 1.5, None])), st.booleans())
@settings(max_examples=300)
def test_fourier_stages(n: Any, stage: Any, inverse: bool) -> None:
    try:
        factor = _core.Factor.fourier_stage(n, stage, inverse)
    except REFUSED:
        return
    assert factor.rows == factor.cols == n and factor.pattern[3] == 2**stage
    if n < 100:
        matrix = factor.dense()
        np.testing.assert_allclose(matrix.conj().T @ matrix, 2 * np.eye(n), atol=1e-12)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(-1, 12), st.integers(-1, 4)), max_size=4))
@settings(max_examples=300)
def test_networks(layers: list[tuple[int, int, int, int]]) -> None:
    """(rows, columns, activation, length of the bias): chained and sound, or refused."""
    specs = [
        (_core.Factor.blocks("Dense", np.ones((1, m, n, 1)), 1, 1), None if length < 0 else np.ones(length), activation)
        for m, n, activation, length in layers
    ]
    try:
        network = _core.Network(specs)
    except REFUSED:
        return
    assert all(a[0] == b[1] for a, b in zip(layers, layers[1:])) and all(0 <= s < len(ACTIVATIONS) for _, _, s, _ in layers)
    x, out = np.zeros((5, layers[0][1])), np.zeros((5, layers[-1][0]))
    network.apply(x, out, 1, 2)
    assert np.isfinite(out).all() and network.growth() >= 1 and len(network.weights) == len(layers)


BAD_CALLS = {
    "rows of out": ((3, 4), (3, 5), 1, 0, ""),
    "axes of out": ((3, 4), (12,), 1, 0, ""),
    "columns of x": ((3, 5), (3, 4), 1, 0, ""),
    "batch": ((3, 4), (2, 4), 1, 0, ""),
    "axis": ((3, 4), (3, 4), 2, 0, ""),
    "negative axis": ((3, 4), (3, 4), -1, 0, ""),
    "no axes": ((), (), 0, 0, ""),
    "threads": ((3, 4), (3, 4), 1, -1, ""),
    "many threads": ((3, 4), (3, 4), 1, 5000, ""),
    "instruction set": ((3, 4), (3, 4), 1, 0, "v9"),
}


@pytest.mark.parametrize("name", BAD_CALLS)
def test_apply_checks_for_itself(name: str) -> None:
    """C++ callers have no Python in front of them."""
    x_shape, out_shape, axis, threads, isa = BAD_CALLS[name]
    network = _core.Network([(_core.Factor.permutation(np.arange(4)), None, 0)])
    out = np.full(out_shape, 7.0)
    with pytest.raises(ValueError, match=r"network maps|output needs|dimensions|out of range|threads|instruction set"):
        network.apply(np.ones(x_shape), out, axis, threads, isa)
    assert (out == 7).all()


@pytest.mark.parametrize("dtype", ["f2", "g", "?", "O", "M8[s]", ">f8", "u8", "i2"])
def test_apply_writes_six_dtypes(dtype: str) -> None:
    network = _core.Network([(_core.Factor.permutation(np.arange(4)), None, 0)])
    with pytest.raises(TypeError, match="flatnet computes in"):
        network.apply(np.ones((3, 4)), np.zeros((3, 4), dtype), 1, 0)


def test_read_only_out_is_refused_by_the_extension() -> None:
    network = _core.Network([(_core.Factor.permutation(np.arange(4)), None, 0)])
    out = np.zeros((3, 4))
    out.flags.writeable = False
    with pytest.raises(ValueError, match="writ"):
        network.apply(np.ones((3, 4)), out, 1, 0)
