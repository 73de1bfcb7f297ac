"""The product of two factors: the dense product within its bound, zeros by the rule, structure kept, size refused."""

from __future__ import annotations

import re
from typing import Any

import flatnet as fn
import numpy as np
import pytest
import scipy.sparse as sp
from catalog import FACTOR_CASES, FLOATS, Case, butterfly, generator, pattern_matrix, random
from flatnet import TooLargeError, _core
from flatnet.factors import LazyBlocks, product, product_estimate
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.usefixtures("one_blas_thread")


def divisors(n: int) -> list[int]:
    return [d for d in range(1, n + 1) if n % d == 0]


@st.composite
def factor_with(draw: st.DrawFn, size: int, side: str, dtype: np.dtype) -> tuple[fn.Factor, np.ndarray]:
    """Any kind of factor with `size` rows (or columns), and its matrix."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    kinds = [
        "dense",
        "sparse",
        "diagonal",
        "permutation",
        *(["pattern", "kronecker", "shared a", "shared d"] if size else []),
    ]
    kind = draw(st.sampled_from(kinds))
    other = draw(st.integers(0, 9))
    shape = (size, other) if side == "rows" else (other, size)
    if kind == "dense":
        matrix = random(rng, dtype, shape)
        factor: fn.Factor = fn.Dense(matrix)
    elif kind == "sparse":
        matrix = np.where(rng.random(shape) < 0.4, random(rng, dtype, shape), 0).astype(dtype)
        factor = fn.Sparse(sp.csr_array(matrix))
    elif kind == "diagonal":
        v = random(rng, dtype, size)
        factor, matrix = fn.Diagonal(v), np.diag(v)
    elif kind == "permutation":
        index = rng.permutation(size)
        factor, matrix = fn.Permutation(index), np.eye(size, dtype=dtype)[index]
    else:
        a = draw(st.sampled_from(divisors(size)))
        d = draw(st.sampled_from(divisors(size // a)))
        b, c = size // a // d, draw(st.integers(1, 3))
        b, c = (b, c) if side == "rows" else (c, b)
        shape = (1 if kind in ("kronecker", "shared a") else a, b, c, 1 if kind in ("kronecker", "shared d") else d)
        values = random(rng, dtype, shape)
        matrix = pattern_matrix(values, a, d)
        if kind == "kronecker":
            factor = fn.Kronecker(a, values[0, :, :, 0], d)
        elif kind == "pattern":
            factor = fn.KroneckerSparse(values)
        else:
            factor = LazyBlocks((a, b, c, d), lambda: values, dtype=dtype, shared_a=kind[-1] == "a", shared_d=kind[-1] == "d")
    for at, n in enumerate(("output", "input")):
        if draw(st.booleans()) and draw(st.booleans()):
            index = rng.permutation(matrix.shape[at])
            factor = factor.permuted(**{n: index})
            matrix = matrix[index] if at == 0 else matrix[:, np.argsort(index)]
    return factor, matrix


@st.composite
def factor_pairs(draw: st.DrawFn) -> tuple[tuple[fn.Factor, np.ndarray], tuple[fn.Factor, np.ndarray]]:
    size = draw(st.sampled_from([0, 1, 2, 4, 6, 8, 12, 24]))
    dtypes = st.sampled_from(FLOATS)
    return draw(factor_with(size, "columns", draw(dtypes))), draw(factor_with(size, "rows", draw(dtypes)))


def check(left: fn.Factor, A: np.ndarray, right: fn.Factor, B: np.ndarray) -> fn.Factor:
    """A sum of k products of magnitude m loses k u m, and is zero below 4 k eps m (eps of the less precise factor); the
    result is rounded once: |product - oracle| <= (4 k + 2) eps m. Terms that are not there give no entry.
    """
    merged = product(left, right)
    value, magnitude = A.astype("c16") @ B, np.abs(A).astype("f8") @ np.abs(B)
    terms = (A != 0).astype(int) @ (B != 0).astype(int)
    eps = max((np.finfo(m.dtype).eps for m in (A, B) if m.dtype.kind != "i"), default=0)
    array = merged.toarray()
    assert array.shape == merged.shape == value.shape
    assert (np.abs(array - value) <= (4 * terms + 2) * eps * magnitude).all()
    assert not array[terms == 0].any()
    kept = (terms == 1) | (np.abs(value) > 4 * terms * eps * magnitude)
    clear = (terms <= 1) | (np.abs(np.abs(value) - 4 * terms * eps * magnitude) > terms * eps * magnitude)
    assert ((array != 0) == (kept & (terms > 0)))[clear].all()
    assert merged.synapses == np.count_nonzero(array)
    synapses, nbytes = product_estimate(left, right)
    assert synapses >= merged.synapses
    assert nbytes + 8 * (2 + sum(merged.shape)) + 16 * sum(merged.shape) >= merged.nbytes  # pointers and permutations
    return merged


@given(factor_pairs())
@settings(max_examples=400)
def test_products_of_any_two_factors(pair: tuple[tuple[fn.Factor, np.ndarray], tuple[fn.Factor, np.ndarray]]) -> None:
    (left, A), (right, B) = pair
    merged = check(left, A, right, B)
    strong = [f.dtype for f in (left, right) if f.kind != "Permutation"]
    assert merged.dtype == (np.result_type(*strong) if strong else np.int64)
    x = random(generator("x"), "f8", (3, B.shape[1]))
    y = merged(x)
    expected = left(right(x))
    bound = np.abs(x) @ (np.abs(A).astype("f8") @ np.abs(B)).T
    assert (np.abs(y - expected) <= (8 * sum(A.shape) + 8 * sum(B.shape)) * np.finfo("f4").eps * bound).all()


PAIRS = [
    (a, b)
    for a in FACTOR_CASES
    for b in FACTOR_CASES
    if a.net.shape[1] == b.net.shape[0] and a.dtype in (None, np.dtype("c8")) and b.dtype in (None, np.dtype("f8"))
]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair[0].name}*{pair[1].name}")
def test_products_in_the_catalogue(pair: tuple[Case, Case]) -> None:
    a, b = pair
    (left,), (A,), (right,), (B,) = *a.build(), *b.build()
    A, B = (np.where(np.abs(m) < 1e-15, 0, m) for m in (A, B))  # NumPy's exp(i pi/2) has a real part
    merged = check(left, A, right, B)
    weights = [f for f in (left, right) if f.kind != "Permutation"]
    assert merged.weak == (bool(weights) and all(f.weak for f in weights))


# --- structure --------------------------------------------------------------------------------------------------


def kronecker_sparse(*shape: int) -> fn.Factor:
    return fn.KroneckerSparse(random(generator(str(shape)), "f8", shape))


MEETINGS = [
    ((2, 2, 2, 4), (4, 2, 2, 2), (2, 4, 4, 2)),  # neighbouring butterfly stages
    ((4, 2, 2, 2), (2, 2, 2, 4), (2, 4, 4, 2)),  # the other way round
    ((1, 3, 2, 4), (2, 2, 5, 2), (1, 6, 10, 2)),  # rectangular ones
    ((3, 2, 4, 5), (3, 4, 1, 5), (3, 2, 1, 5)),  # equal blocks
    ((1, 2, 2, 2), (2, 2, 2, 1), (1, 4, 4, 1)),  # the last two stages: dense
    ((2, 3, 2, 2), (1, 1, 1, 8), (2, 3, 2, 2)),  # a diagonal on the right
    ((1, 1, 1, 12), (2, 3, 2, 2), (2, 3, 2, 2)),  # a diagonal on the left
    ((1, 1, 1, 6), (1, 1, 1, 6), (1, 1, 1, 6)),
    ((1, 2, 3, 1), (1, 3, 4, 1), (1, 2, 4, 1)),
]


@pytest.mark.parametrize(("left", "right", "pattern"), MEETINGS, ids=str)
def test_patterns_merge(left: tuple[int, ...], right: tuple[int, ...], pattern: tuple[int, ...]) -> None:
    l_factor, r_factor = kronecker_sparse(*left), kronecker_sparse(*right)
    merged = check(l_factor, l_factor.toarray(), r_factor, r_factor.toarray())
    assert merged.pattern == pattern
    a, b, c, d = pattern
    assert merged.kind == ("Dense" if a == d == 1 else "Diagonal" if a == b == c == 1 else "KroneckerSparse")


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_a_butterfly_flattens_to_the_oracle(dtype: np.dtype) -> None:
    """Stage by stage: patterns (., 2^s, 2^s, .), then the dense matrix; the folded input permutation stays folded."""
    layers, matrices = butterfly(generator("flat"), dtype)
    merged, matrix = layers[0], matrices[0]
    for s, (layer, stage) in enumerate(zip(layers[1:], matrices[1:]), 2):
        merged, matrix = product(layer, merged), stage.astype("c16") @ matrix
        assert merged.pattern == (2 ** (5 - s), 2**s, 2**s, 1)
        assert merged.input_permutation is not None and merged.dtype == dtype
    assert merged.kind == "Dense" and merged.synapses == 1024
    assert np.abs(merged.toarray() - matrix).max() <= 100 * np.finfo(dtype).eps * np.abs(matrix).max()


def test_shared_weights_stay_shared() -> None:
    """Stages of 2**40 points multiply in a few numbers."""
    H = [[1, 1], [1, -1]]
    merged = product(fn.Kronecker(2**38, H, 2, weak=True), fn.Kronecker(2**39, H, 1, weak=True))
    assert merged.shape == (2**40, 2**40) and merged.nbytes == 16 * 8 and merged.synapses == 2**42
    assert merged.kind == "Kronecker" and merged.weak and merged.dtype == np.int64
    stages = product(fn.FourierStage(2**40, 2), fn.FourierStage(2**40, 1))
    assert stages.pattern == (2**37, 4, 4, 2) and stages.nbytes == 2 * 16 * 16


@pytest.mark.parametrize("case", FACTOR_CASES, ids=lambda case: case.name)
def test_permutations_fold(case: Case) -> None:
    """P A and A P have the kind, the count, the weights and the precision of A."""
    (factor,), _ = case.build()
    rng, (rows, cols) = generator(case.name), factor.shape
    p, q = rng.permutation(rows), rng.permutation(cols)
    for merged, expected in (
        (product(fn.Permutation(p), factor), factor.toarray()[p]),
        (product(factor, fn.Permutation(q)), factor.toarray()[:, np.argsort(q)]),
    ):
        assert (merged.toarray() == expected).all()
        assert (merged.kind, merged.synapses, merged.dtype, merged.weak) == (
            factor.kind,
            factor.synapses,
            factor.dtype,
            factor.weak,
        )
    undone = product(fn.Permutation(np.argsort(p)), product(fn.Permutation(p), factor))
    assert (undone.toarray() == factor.toarray()).all()


def test_folded_permutations_between_patterns_are_respected() -> None:
    """A permutation between two patterns breaks the pattern, not the product."""
    rng = generator("between")
    left, right = kronecker_sparse(2, 2, 2, 4), kronecker_sparse(4, 2, 2, 2)
    p = rng.permutation(16)
    for first, second in (
        (left.permuted(input=p), right),
        (left, right.permuted(output=p)),
        (left.permuted(input=p), right.permuted(output=p)),
    ):
        check(first, first.toarray(), second, second.toarray())


# --- zeros ------------------------------------------------------------------------------------------------------


def entry(left: list[float], right: list[float], dtype: Any = "f8", other: Any = None) -> float:
    """The one entry of a row times a column, through sparse rows and through dense blocks."""
    a, b = np.array([left], dtype), np.array(right, other or dtype)[:, None]
    dense = product(fn.Dense(a), fn.Dense(b)).toarray()[0, 0]
    sparse = product(fn.Sparse(sp.csr_array(a)), fn.Sparse(sp.csr_array(b))).toarray()[0, 0]
    assert dense == sparse
    return dense


def test_numerical_zeros() -> None:
    """Zero when |sum| <= 4 k eps (sum of magnitudes), k > 1 terms."""
    assert entry([1, 1, 1], [0.1, 0.2, -0.3]) == 0  # 5.6e-17 of 0.6
    assert entry([1, 1], [1, -1 + 15 * 2.0**-52]) == 0  # the threshold is 4 * 2 * 2^-52 * 2 = 16 * 2^-52
    assert entry([1, 1], [1, -1 + 17 * 2.0**-52]) == 17 * 2.0**-52
    assert entry([1, 1], [1, -1 + 2.0**-30], "f8", "f4") == 0  # eps of the less precise factor
    assert entry([1, 1], [1, -1 + 2.0**-30], "f8") == 2.0**-30
    assert entry([1j, 1], [1, -1j], "c16") == 0
    assert entry([1e200, 1e200], [1e100, -1e100]) == 0


def test_single_terms_are_never_zero() -> None:
    """Nothing cancels, however small."""
    assert entry([1e-300, 0], [1e-8, 5]) == 1e-308
    assert entry([5e-324], [1]) == 5e-324
    assert product(fn.Diagonal([1e-200]), fn.Diagonal([1e-100])).toarray() == [[1e-300]]


def test_terms_with_a_zero_factor_do_not_count() -> None:
    """k counts terms of two non-zero weights: one term stays, whatever stands beside it."""
    assert entry([1e-300, 0, 0], [1, 1e10, 1]) == 1e-300


def test_exact_products_of_integers() -> None:
    """No threshold: int64 sums, refused where an entry could pass 2**62."""
    rng = generator("integers")
    A, B = rng.integers(-(2**20), 2**20, (5, 7)), rng.integers(-(2**20), 2**20, (7, 6))
    for make in (lambda m: fn.Dense(m, weak=True), lambda m: fn.Sparse(sp.csr_array(m), weak=True)):
        merged = product(make(A), make(B))
        assert merged.dtype == np.int64 and merged.weak and (merged.toarray() == A @ B).all()
        assert product(make(A), make(B * 0)).synapses == 0
        with pytest.raises(ValueError, match=r"could pass 2\^62"):
            product(make(A), make(B * 2**40))
    with pytest.raises(ValueError, match=r"could pass 2\^62"):
        product(fn.Kronecker(2, [[2**40]], 2, weak=True), fn.Kronecker(2, [[2**40]], 2, weak=True))


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("full", [0.2, 0.7, 1.0])
def test_full_matrices_are_multiplied_as_their_sparse_rows(dtype: np.dtype, full: float) -> None:
    """Weights, zeros by the rule among them, and format are those of the same matrix in sparse rows."""
    rng = generator(f"full {full}")
    S = np.where(rng.random((130, 20)) < 0.15, rng.choice([-1, 1], (130, 20)), 0).astype(dtype)
    B = np.where(rng.random((20, 50)) < full, random(rng, dtype, (20, 50)), 0)
    B[10:] = B[:10]  # terms that cancel
    S = fn.Sparse(sp.csr_array(S))
    found, wanted = product(S, fn.Dense(B.astype(dtype))), product(S, fn.Sparse(sp.csr_array(B.astype(dtype))))
    assert found.kind == wanted.kind and found.synapses == wanted.synapses
    assert (found.toarray() == wanted.toarray()).all() and found.dtype == wanted.dtype


def test_half_full_is_dense() -> None:
    """Sparse rows up to half of the cells, Dense above."""
    eye = sp.csr_array(sp.identity(8))
    assert product(fn.Sparse(eye), fn.Sparse(eye)).kind == "Sparse"
    full = fn.Sparse(sp.csr_array(np.triu(np.ones((8, 8)))))
    assert product(full, full).kind == "Dense"


# --- dtypes and threads -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("left", FLOATS, ids=str)
@pytest.mark.parametrize("right", FLOATS, ids=str)
def test_precision_of_products(left: np.dtype, right: np.dtype) -> None:
    """NumPy's promotion of what is pinned; weak factors follow, and only say whether they are complex."""
    strong = [fn.Dense(np.eye(2, dtype=d)) for d in (left, right)]
    weak = [fn.Dense(np.eye(2, dtype=d), weak=True) for d in (left, right)]
    assert product(*strong).dtype == np.result_type(left, right) and not product(*strong).weak
    assert product(*weak).weak
    for merged in (product(strong[0], weak[1]), product(weak[1], strong[0])):
        assert merged.dtype == (np.result_type(left, "c8") if right.kind == "c" else left) and not merged.weak
    integers = fn.Kronecker(1, [[1, 1], [1, -1]], 1, weak=True)
    assert product(strong[0], integers).dtype == product(integers, strong[0]).dtype == left


def test_products_do_not_depend_on_threads() -> None:
    rng, before = generator("threads"), _core.default_threads()
    A, B = (sp.random(400, 400, density=0.02, random_state=rng, format="csr") for _ in range(2))
    left, right = fn.Sparse(A), fn.Sparse(B)
    blocks = fn.KroneckerSparse(random(rng, "f4", (8, 6, 30, 2))), fn.KroneckerSparse(random(rng, "f4", (8, 30, 7, 2)))
    results = set()
    try:
        for threads in (1, 2, 3, 7):
            _core.set_default_threads(threads)
            sparse = product(left, right)
            results.add((sparse.values.tobytes(), sparse.tocsr().indices.tobytes(), product(*blocks).values.tobytes()))
    finally:
        _core.set_default_threads(before)
    assert len(results) == 1


# --- size -------------------------------------------------------------------------------------------------------


def test_products_that_memory_cannot_hold_are_refused_before_allocation(script: Any) -> None:
    """Dense, sparse, structured: a sentence with both sizes; the process never grows."""
    result = script(
        """
import resource, scipy.sparse as sp
from flatnet.factors import product
n = 2**18
column, row = np.ones((n, 1)), np.ones((1, n))
small = sp.csr_array(column[:2**14])
trials = [(fn.Dense(column), fn.Dense(row), None), (fn.Sparse(small), fn.Sparse(small.T.tocsr()), 1e8),
          (fn.Diagonal(np.ones(n)), fn.Kronecker(2**17, np.ones((2, 2**20)), 1), None)]
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for left, right, max_bytes in trials:
    try:
        product(left, right, max_bytes)
        print("made")
    except fn.TooLargeError as e:
        print(e)
print("grown", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    )
    *sentences, grown = result.stdout.splitlines()
    assert result.returncode == 0, result.stderr
    assert len(sentences) == 3
    for sentence in sentences:
        assert re.fullmatch(r"the product of \d+ x \d+ needs .* MiB, the limit is .* MiB", sentence)
    assert int(grown.split()[1]) < 100_000  # KiB


@pytest.mark.parametrize("kind", ["dense", "sparse", "pattern"])
def test_max_bytes(kind: str) -> None:
    make = {
        "dense": lambda: fn.Dense(np.ones((16, 16))),
        "sparse": lambda: fn.Sparse(sp.csr_array(np.ones((16, 16)))),
        "pattern": lambda: fn.KroneckerSparse(np.ones((2, 4, 4, 2))),
    }[kind]
    size = product(make(), make()).nbytes
    assert product(make(), make(), max_bytes=1e6).synapses > 0
    with pytest.raises(TooLargeError, match=r"the product of 16 x 16 needs .* MiB, the limit is .* MiB"):
        product(make(), make(), max_bytes=size / 2)
    with pytest.raises(MemoryError):
        product(make(), make(), max_bytes=0)


def test_wide_sparse_products_take_what_they_hold() -> None:
    """2**45 columns and a handful of entries: no array of that length is made."""
    wide = fn.Sparse(([1.0, 2.0], [3, 2**44], [0, 1, 2]), shape=(2, 2**45))
    merged = product(fn.Dense([[1.0, 1.0], [0.0, 3.0]]), wide)
    assert merged.shape == (2, 2**45) and merged.synapses == 3 and merged.kind == "Sparse"
    assert merged.tocsr()[1, 2**44] == 6


def test_products_that_do_not_chain() -> None:
    with pytest.raises(ValueError, match="the left factor takes 3 inputs, the right one gives 2"):
        product(fn.Dense(np.ones((2, 3))), fn.Dense(np.ones((2, 3))))
    with pytest.raises(ValueError, match="the left factor takes 3 inputs, the right one gives 2"):
        product_estimate(fn.Permutation([0, 1, 2]), fn.Dense(np.ones((2, 3))))
