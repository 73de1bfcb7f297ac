"""The catalogue of factors and chains: what flatnet builds, and beside it the same matrices in plain NumPy.

A row's `make(dtype)` returns the layers in the order of application and their dense matrices, formed by definition
(index loops, np.kron, rows of np.eye) without any flatnet code. Tests run over `CASES`: every row with every dtype of
its weights. A new factor kind needs one row in `FACTORS`.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import flatnet as fn
import numpy as np
import scipy.sparse as sp
from flatnet.factors import LazyBlocks

Matrix = np.ndarray[Any, Any]
Built = tuple[list[Any], list[Matrix]]  # layers, their matrices
FLOATS = tuple(np.dtype(name) for name in ("float32", "float64", "complex64", "complex128"))
COMPLEX = FLOATS[2:]
ISAS = tuple(fn.show_config()["available_isas"])
INTEGERS = tuple(np.dtype(name) for name in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"))


# --- plain oracles --------------------------------------------------------------------------------------------


def pattern_matrix(values: Matrix, a: int, d: int) -> Matrix:
    """Entry [i, j, k, m] at row (i*b + j)*d + m, column (i*c + k)*d + m; axes of length 1 are shared."""
    values = np.asarray(values)
    _, b, c, _ = values.shape
    values = np.broadcast_to(values, (a, b, c, d))
    matrix = np.zeros((a * b * d, a * c * d), values.dtype)
    for i, j, k, m in np.ndindex(a, b, c, d):
        matrix[(i * b + j) * d + m, (i * c + k) * d + m] = values[i, j, k, m]
    return matrix


def kronecker_matrix(a: int, core: Matrix, d: int) -> Matrix:
    core = np.asarray(core)
    return np.kron(np.kron(np.eye(a, dtype=core.dtype), core), np.eye(d, dtype=core.dtype))


def fourier_matrix(n: int, stage: int, sign: int) -> Matrix:
    """I (x) [[I, W], [I, -W]] with W = diag(exp(sign 2 pi i l / 2d))."""
    d = 2**stage
    w = np.diag(np.exp(sign * 2j * np.pi * np.arange(d) / (2 * d)))
    block = np.block([[np.eye(d), w], [np.eye(d), -w]])
    return np.kron(np.eye(n // (2 * d)), block)


def permutation_matrix(index: Matrix) -> Matrix:
    """y = x[index]."""
    return np.eye(len(index), dtype=np.int64)[index]


def permuted_matrix(core: Matrix, input: Matrix | None = None, output: Matrix | None = None) -> Matrix:
    """y = z[output], z = core(x[input])."""
    rows, cols = core.shape
    into = np.eye(cols, dtype=core.dtype)[np.arange(cols) if input is None else input]
    return (core @ into)[np.arange(rows) if output is None else output]


def bit_reversal(bits: int) -> Matrix:
    return np.array([int(f"{i:0{bits}b}"[::-1], 2) for i in range(2**bits)])


# --- random weights -------------------------------------------------------------------------------------------


def generator(name: str) -> np.random.Generator:
    """Each row has its own numbers, whatever else is in the catalogue."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def random(rng: np.random.Generator, dtype: Any, shape: tuple[int, ...] | int) -> Matrix:
    """Standard normal numbers; of integers the whole range of the dtype."""
    dtype = np.dtype(dtype)
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        return rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)
    values = rng.normal(size=shape)
    return (values + 1j * rng.normal(size=shape) if dtype.kind == "c" else values).astype(dtype)


def random_csr(rng: np.random.Generator, dtype: Any, rows: int, cols: int, density: float) -> Any:
    keep = rng.random((rows, cols)) < density
    return sp.csr_array(np.where(keep, random(rng, dtype, (rows, cols)), 0).astype(dtype))


# --- rows -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One chain: `make(rng, dtype)`, and the dtypes of weights it comes in (None: weak, precision follows x)."""

    name: str
    make: Callable[[np.random.Generator, Any], Built]
    dtypes: tuple[Any, ...] = FLOATS


@dataclass(frozen=True)
class Case:
    """A row with one dtype of weights."""

    row: Row
    dtype: Any

    @property
    def name(self) -> str:
        return f"{self.row.name}-{'weak' if self.dtype is None else self.dtype.name}"

    def build(self) -> Built:
        """New layers and matrices; the same numbers each time."""
        return self.row.make(generator(self.name), self.dtype)

    @cached_property
    def net(self) -> fn.Network:
        return fn.Network(self.build()[0], name=self.name)

    @cached_property
    def matrices(self) -> list[Matrix]:
        return self.build()[1]

    @property
    def integer(self) -> bool:
        """Weak integers throughout: integer data stay exact."""
        return all(m.dtype.kind == "i" for m in self.matrices)

    def result_dtype(self, x: Any) -> np.dtype[Any]:
        """NumPy's promotion; weak weights only say whether they are complex, integers elsewhere become float64."""
        x = np.dtype(x)
        if x.kind in "iu":
            if self.integer:
                return np.dtype("i4" if np.can_cast(x, "i4") else "i8")
            x = np.dtype("f8")
        if self.dtype is None:
            return np.result_type(x, "c8") if any(m.dtype.kind == "c" for m in self.matrices) else x
        return np.result_type(x, *(m.dtype for m in self.matrices if m.dtype.kind != "i"))

    def apply(self, x: Matrix) -> Matrix:
        """The oracle: the matrices applied to the last axis, in order, in double precision (integers: exactly)."""
        x = np.asarray(x)
        exact = self.integer and x.dtype.kind in "iu"
        y = x.astype("i8" if exact else "c16" if x.dtype.kind == "c" else "f8")
        for matrix in self.matrices:
            y = y @ matrix.T
        return y

    def tolerance(self, x: Matrix, dtype: Any) -> Matrix:
        """Entrywise bound on |computed - oracle| for a result in `dtype`.

        With u = eps/2 a sum of k products loses at most k u of its magnitudes; a complex product twice that, and
        sqrt(2) from components to modulus: below 3k. Converting a weight to `dtype` rounds once more, x once. With
        K = 1 + sum over layers of (3 k + 1), k the longest row, the chain loses K u |A_L| ... |A_1| |x| (Higham,
        Accuracy and Stability, sec. 3.5), and the oracle itself at most as much: K eps together.
        """
        total, y = 1, np.abs(np.asarray(x).astype("c16"))
        for matrix in self.matrices:
            total += 3 * int((matrix != 0).sum(axis=1).max(initial=0)) + 1
            y = y @ np.abs(matrix).astype("f8").T
        return total * np.finfo(dtype).eps * y


def one(factor: Any, matrix: Matrix) -> Built:
    return [factor], [matrix]


def dense(rows: int, cols: int) -> Callable[..., Built]:
    def make(rng: np.random.Generator, dtype: Any) -> Built:
        matrix = random(rng, dtype, (rows, cols))
        return one(fn.Dense(matrix), matrix)

    return make


def dense_from_strides(rng: np.random.Generator, dtype: Any) -> Built:
    matrix = random(rng, dtype, (12, 14))[::-2, ::3].T  # neither C nor Fortran order
    return one(fn.Dense(matrix), matrix.copy())


def diagonal(n: int) -> Callable[..., Built]:
    def make(rng: np.random.Generator, dtype: Any) -> Built:
        v = random(rng, dtype, n)
        return one(fn.Diagonal(v), np.diag(v))

    return make


def kronecker(a: int, b: int, c: int, d: int) -> Callable[..., Built]:
    def make(rng: np.random.Generator, dtype: Any) -> Built:
        core = random(rng, dtype, (b, c))
        return one(fn.Kronecker(a, core, d), kronecker_matrix(a, core, d))

    return make


def pattern(a: int, b: int, c: int, d: int) -> Callable[..., Built]:
    def make(rng: np.random.Generator, dtype: Any) -> Built:
        values = random(rng, dtype, (a, b, c, d))
        return one(fn.KroneckerSparse(values), pattern_matrix(values, a, d))

    return make


def shared(a: int, b: int, c: int, d: int, axis: str) -> Callable[..., Built]:
    """Weights that do not depend on the index a (or d)."""

    def make(rng: np.random.Generator, dtype: Any) -> Built:
        values = random(rng, dtype, (1 if axis == "a" else a, b, c, 1 if axis == "d" else d))
        factor = LazyBlocks((a, b, c, d), lambda: values, dtype=dtype, shared_a=axis == "a", shared_d=axis == "d")
        return one(factor, pattern_matrix(values, a, d))

    return make


def fourier(n: int, stage: int, inverse: bool = False) -> Callable[..., Built]:
    def make(rng: np.random.Generator, dtype: Any) -> Built:
        factor = fn.FourierStage(n, stage, inverse, dtype=dtype, weak=dtype is None)
        matrix = fourier_matrix(n, stage, 1 if inverse else -1)
        return one(factor, matrix if dtype is None else matrix.astype(dtype))

    return make


def permutation(n: int) -> Callable[..., Built]:
    def make(rng: np.random.Generator, dtype: Any) -> Built:
        index = rng.permutation(n)
        return one(fn.Permutation(index), permutation_matrix(index))

    return make


def sparse(rows: int, cols: int, density: float) -> Callable[..., Built]:
    def make(rng: np.random.Generator, dtype: Any) -> Built:
        csr = random_csr(rng, dtype, rows, cols, density)
        return one(fn.Sparse(csr), csr.toarray())

    return make


def sparse_pattern(rng: np.random.Generator, dtype: Any) -> Built:
    """A butterfly stage given as CSR: recognised when it runs."""
    matrix = pattern_matrix(random(rng, dtype, (2, 2, 2, 5)), 2, 5)
    return one(fn.Sparse(sp.csr_array(matrix)), matrix)


def permuted(make_core: Callable[..., Built], sides: str) -> Callable[..., Built]:
    def make(rng: np.random.Generator, dtype: Any) -> Built:
        (factor,), (matrix,) = make_core(rng, dtype)
        rows, cols = matrix.shape
        p = rng.permutation(cols) if "i" in sides else None
        q = rng.permutation(rows) if "o" in sides else None
        return one(factor.permuted(input=p, output=q), permuted_matrix(matrix, p, q))

    return make


# Sizes stand around the vector widths (2 to 16 elements), the tiles of 4 rows and the panels of 16 to 64 lanes.
FACTORS = [
    Row("dense-1x1", dense(1, 1)),
    Row("dense-5x3", dense(5, 3)),
    Row("dense-16x17", dense(16, 17)),
    Row("dense-33x31", dense(33, 31)),
    Row("dense-strides", dense_from_strides),
    Row("dense-0x4", dense(0, 4)),
    Row("dense-4x0", dense(4, 0)),
    Row("diagonal-1", diagonal(1)),
    Row("diagonal-17", diagonal(17)),
    Row("diagonal-64", diagonal(64)),
    Row("kronecker-2-3x2-4", kronecker(2, 3, 2, 4)),
    Row("kronecker-1-2x2-16", kronecker(1, 2, 2, 16)),
    Row("kronecker-3-4x4-1", kronecker(3, 4, 4, 1)),
    Row("kronecker-2-6x7-3", kronecker(2, 6, 7, 3)),
    Row("pattern-4-2-2-1", pattern(4, 2, 2, 1)),
    Row("pattern-1-2-2-16", pattern(1, 2, 2, 16)),
    Row("pattern-2-3-3-17", pattern(2, 3, 3, 17)),
    Row("pattern-2-5-4-8", pattern(2, 5, 4, 8)),
    Row("pattern-3-1-4-2", pattern(3, 1, 4, 2)),
    Row("pattern-2-3-0-2", pattern(2, 3, 0, 2)),
    Row("shared-a", shared(3, 2, 2, 9, "a")),
    Row("shared-d", shared(3, 2, 4, 5, "d")),
    Row("fourier-first", fourier(16, 0), (None, *COMPLEX)),
    Row("fourier-middle", fourier(16, 2), (None, *COMPLEX)),
    Row("fourier-last-inverse", fourier(32, 4, True), (None, *COMPLEX)),
    Row("permutation-7", permutation(7), (None,)),
    Row("permutation-32", permutation(32), (None,)),
    Row("sparse-7x9", sparse(7, 9, 0.3)),
    Row("sparse-40x33", sparse(40, 33, 0.1)),
    Row("sparse-no-entries", sparse(3, 4, 0.0)),
    Row("sparse-0x5", sparse(0, 5, 0.5)),
    Row("sparse-full", sparse(4, 5, 1.0)),
    Row("sparse-pattern", sparse_pattern),
    Row("permuted-dense", permuted(dense(9, 6), "io")),
    Row("permuted-input", permuted(pattern(2, 2, 2, 4), "i")),
    Row("permuted-output", permuted(pattern(1, 3, 2, 5), "o")),
    Row("permuted-both", permuted(kronecker(2, 3, 4, 3), "io")),
    Row("permuted-fourier", permuted(fourier(8, 1), "io"), (None, *COMPLEX)),
    Row("permuted-sparse", permuted(sparse(8, 11, 0.4), "io")),
    Row("permuted-permutation", permuted(permutation(9), "io"), (None,)),
]


# --- chains ---------------------------------------------------------------------------------------------------


def join(*parts: Built) -> Built:
    return [layer for layers, _ in parts for layer in layers], [m for _, matrices in parts for m in matrices]


def butterfly(rng: np.random.Generator, dtype: Any) -> Built:
    stages = [pattern(2 ** (4 - s), 2, 2, 2**s)(rng, dtype) for s in range(5)]
    return join(permuted(lambda *_: stages[0], "i")(rng, dtype), *stages[1:])


def every_kind(rng: np.random.Generator, dtype: Any) -> Built:
    return join(
        dense(6, 9)(rng, dtype), sparse(12, 6, 0.4)(rng, dtype), diagonal(12)(rng, dtype), permutation(12)(rng, dtype),
        kronecker(2, 3, 2, 3)(rng, dtype), pattern(3, 2, 3, 2)(rng, dtype), permuted(dense(5, 12), "io")(rng, dtype),
    )  # fmt: skip


def bottleneck(rng: np.random.Generator, dtype: Any) -> Built:
    return join(dense(50, 3)(rng, dtype), sparse(70, 50, 0.1)(rng, dtype), dense(2, 70)(rng, dtype))


def no_hidden_units(rng: np.random.Generator, dtype: Any) -> Built:
    return join(dense(0, 4)(rng, dtype), dense(3, 0)(rng, dtype))


def lists_and_arrays(rng: np.random.Generator, dtype: Any) -> Built:
    first, second = random(rng, dtype, (4, 3)), random_csr(rng, dtype, 5, 4, 0.6)
    net = fn.Network([first, second])
    (third,), (matrix,) = diagonal(5)(rng, dtype)
    return [net, fn.Layer(third)], [first, second.toarray(), matrix]


def real_and_complex(rng: np.random.Generator, dtype: Any) -> Built:
    return join(dense(8, 5)(rng, dtype), fourier(8, 1)(rng, np.result_type(dtype, "c8")), diagonal(8)(rng, dtype))


def weak_dft(rng: np.random.Generator, dtype: Any) -> Built:
    factors = [fn.FourierStage(16, s, weak=True) for s in range(4)]
    matrices = [fourier_matrix(16, s, -1) for s in range(4)]
    reversal = bit_reversal(4)
    return [factors[0].permuted(input=reversal), *factors[1:]], [
        permuted_matrix(matrices[0], reversal),
        *matrices[1:],
    ]


def on_every_bit(bits: int, core: list[list[int]]) -> Callable[..., Built]:
    def make(rng: np.random.Generator, dtype: Any) -> Built:
        sizes = [(2 ** (bits - 1 - s), 2**s) for s in range(bits)]
        matrices = [kronecker_matrix(a, np.array(core), d) for a, d in sizes]
        return [fn.Kronecker(a, core, d, weak=True) for a, d in sizes], matrices

    return make


def weak_integers(rng: np.random.Generator, dtype: Any) -> Built:
    """Every kind that can hold integers, one after the other."""
    first, blocks, v = rng.integers(-3, 4, (6, 5)), rng.integers(-3, 4, (2, 2, 3, 1)), rng.integers(-3, 4, 4)
    csr, index = sp.csr_array(rng.integers(-1, 2, (4, 4))), rng.permutation(4)
    layers = [
        fn.Dense(first, weak=True), fn.KroneckerSparse(blocks, weak=True), fn.Diagonal(v, weak=True),
        fn.Sparse(csr, weak=True), fn.Permutation(index),
    ]  # fmt: skip
    return layers, [first, pattern_matrix(blocks, 2, 1), np.diag(v), csr.toarray(), permutation_matrix(index)]


CHAINS = [
    Row("butterfly-32", butterfly),
    Row("every-kind", every_kind),
    Row("bottleneck", bottleneck),
    Row("no-hidden-units", no_hidden_units),
    Row("arrays-and-networks", lists_and_arrays),
    Row("real-and-complex", real_and_complex, FLOATS[:2]),
    Row("weak-dft-16", weak_dft, (None,)),
    Row("weak-hadamard-32", on_every_bit(5, [[1, 1], [1, -1]]), (None,)),
    Row("weak-zeta-16", on_every_bit(4, [[1, 0], [1, 1]]), (None,)),
    Row("weak-integers", weak_integers, (None,)),
]

CASES = [Case(row, dtype) for row in [*FACTORS, *CHAINS] for dtype in row.dtypes]
FACTOR_CASES = [Case(row, dtype) for row in FACTORS for dtype in row.dtypes]
INTEGER_CASES = [case for case in CASES if case.integer]
