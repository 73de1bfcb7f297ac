"""Bad input: one sentence that names both sides, `out` and the network as they were, and never a crash."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import flatnet as fn
import numpy as np
import pytest
import scipy.sparse as sp
from numpy.lib.stride_tricks import as_strided

NAN = float("nan")
NET = fn.hadamard(4)


class OneAxis:
    """A sparse array of one axis, as SciPy has them from 1.13 on."""

    ndim, shape, dtype, tocsr = 1, (3,), np.dtype(float), None


def eye(n: int, dtype: Any = float) -> sp.csr_array:
    return sp.csr_array(sp.identity(n, dtype))


ONES = np.ones(4)
EYE = np.eye(2)
READ = "integers, float32, float64, complex64 or complex128"
COMPUTE = "float32, float64, complex64, complex128"
HUGE = fn.Kronecker(2**40, [[1.0, 1.0], [1.0, 1.0]], 1)

Refusal = tuple[Callable[[], Any], type[Exception], str]


def sparse(data: Any, indices: Any, indptr: Any, shape: Any = (1, 2)) -> fn.Sparse:
    return fn.Sparse((data, indices, indptr), shape=shape)


DATA: list[Refusal] = [
    (lambda: NET(np.ones(3)), ValueError, "network maps 4 inputs, x has 3 on axis -1"),
    (lambda: NET(np.ones((4, 5))), ValueError, "network maps 4 inputs, x has 5 on axis -1"),
    (lambda: NET.apply(np.ones((3, 4)), axis=0), ValueError, "network maps 4 inputs, x has 3 on axis 0"),
    (lambda: NET @ np.ones((3, 3)), ValueError, "network maps 4 inputs, x has 3 on axis -2"),
    (lambda: NET([]), ValueError, "network maps 4 inputs, x has 0 on axis -1"),
    (lambda: NET.apply(ONES, axis=1), ValueError, "axis 1 is out of range for an array of 1 axes"),
    (lambda: NET.apply(ONES, axis=-2), ValueError, "axis -2 is out of range for an array of 1 axes"),
    (lambda: NET.apply(ONES, axis=2**70), ValueError, f"axis {2**70} is out of range for an array of 1 axes"),
    (lambda: NET.apply(ONES, axis=0.0), TypeError, "apply needs a whole number for axis, got 0.0"),
    (lambda: NET.apply(ONES, axis=True), TypeError, "apply needs a whole number for axis, got True"),
    (lambda: NET.apply(ONES, axis=None), TypeError, "apply needs a whole number for axis, got None"),
    (lambda: NET.apply(ONES, axis=(0,)), TypeError, "apply needs a whole number for axis, got (0,)"),
    (lambda: NET(np.ones(4, "f2")), TypeError, f"x must be {READ}, got float16"),
    (lambda: NET(np.ones(4, "g")), TypeError, f"x must be {READ}, got {np.dtype('g').name}"),
    (lambda: NET(np.ones(4, "G")), TypeError, f"x must be {READ}, got {np.dtype('G').name}"),
    (lambda: NET(np.ones(4, "?")), TypeError, f"x must be {READ}, got bool"),
    (lambda: NET(np.ones(4, "O")), TypeError, f"x must be {READ}, got object"),
    (lambda: NET(["a"] * 4), TypeError, f"x must be {READ}, got str32"),
    (lambda: NET(np.zeros(4, "M8[s]")), TypeError, f"x must be {READ}, got datetime64[s]"),
    (lambda: NET(np.zeros(4, "m8[s]")), TypeError, f"x must be {READ}, got timedelta64[s]"),
    (lambda: NET(np.zeros(4, "f8,f8")), TypeError, f"x must be {READ}, got void128"),
    (lambda: NET([2**70] * 4), TypeError, f"x must be {READ}, got object"),
    (lambda: NET(None), TypeError, f"x must be {READ}, got object"),
    (lambda: NET(NET), TypeError, f"x must be {READ}, got object"),
    (lambda: NET([[1, 2], [3]]), ValueError, "x must be a rectangular array: …"),
    (lambda: NET(3.0), ValueError, "x must have at least one axis, got a scalar"),
    (lambda: NET @ np.array(3.0), ValueError, "x must have at least one axis, got a scalar"),
    (lambda: NET(eye(4)), TypeError, "x must be an array, got a sparse matrix: …"),
    (lambda: NET.apply(ONES, threads=0), ValueError, "apply needs threads >= 1, got threads=0"),
    (lambda: NET.apply(ONES, threads=-3), ValueError, "apply needs threads >= 1, got threads=-3"),
    (lambda: NET.apply(ONES, threads=2**40), ValueError, f"apply needs threads <= 4096, got threads={2**40}"),
    (lambda: NET.apply(ONES, threads=1.5), TypeError, "apply needs a whole number for threads, got 1.5"),
    (lambda: NET.apply(ONES, threads=True), TypeError, "apply needs a whole number for threads, got True"),
    (lambda: NET.apply(ONES, isa="v9"), ValueError, "…'v9', this machine and build run: …"),
    (lambda: NET.apply(ONES, isa=3), TypeError, "apply needs the name of an instruction set for isa, got 3"),
    (lambda: NET.flops(-1), ValueError, "flops needs batch >= 0, got batch=-1"),
    (lambda: NET.flops(1.5), TypeError, "flops needs a whole number for batch, got 1.5"),
]

WEIGHTS: list[Refusal] = [
    (lambda: fn.Dense([1.0, 2.0]), ValueError, "Dense needs 2 axes for A, got 1"),
    (lambda: fn.Dense(3.0), ValueError, "Dense needs 2 axes for A, got 0"),
    (lambda: fn.Dense(np.ones((1, 2, 2))), ValueError, "Dense needs 2 axes for A, got 3"),
    (lambda: fn.Dense([[1, 2], [3]]), ValueError, "Dense needs a rectangular array for A: …"),
    (lambda: fn.Dense([[True]]), TypeError, f"Dense: A must be {READ}, got bool"),
    (lambda: fn.Dense([["a"]]), TypeError, f"Dense: A must be {READ}, got str32"),
    (lambda: fn.Dense([[None]]), TypeError, f"Dense: A must be {READ}, got object"),
    (lambda: fn.Dense(np.ones((2, 2), "f2")), TypeError, f"Dense: A must be {READ}, got float16"),
    (lambda: fn.Dense(np.ones((2, 2), "g")), TypeError, f"Dense: A must be {READ}, got {np.dtype('g').name}"),
    (lambda: fn.Dense([[1.0, NAN]]), ValueError, "Dense needs finite weights, A has nan at (0, 1)"),
    (lambda: fn.Dense([[1.0], [-np.inf]]), ValueError, "Dense needs finite weights, A has -inf at (1, 0)"),
    (lambda: fn.Dense([[complex(0, np.inf)]]), ValueError, "Dense needs finite weights, A has infj at (0, 0)"),
    (lambda: fn.Dense(eye(2)), TypeError, "Dense needs an array for A, got a sparse matrix: use Sparse"),
    (lambda: fn.Dense(EYE, dtype="f2"), TypeError, f"Dense computes in {COMPUTE}, got dtype float16"),
    (lambda: fn.Dense(EYE, dtype="i4"), TypeError, f"Dense computes in {COMPUTE}, got dtype int32"),
    (lambda: fn.Dense(EYE, dtype="nonsense"), TypeError, f"Dense computes in {COMPUTE}, got dtype 'nonsense'"),
    (lambda: fn.Dense([[1e300]], dtype="f4"), ValueError, "Dense: A reaches 1e+300, float32 only 3.40282e+38"),
    (lambda: fn.Dense([[1e300]]).astype("f4"), ValueError, "Dense has weights up to 1e+300, float32 reaches …"),
    (lambda: fn.Dense([[2**63]], weak=True), ValueError, f"Dense: A must fit int64, the largest entry is {2**63}"),
    (lambda: fn.Diagonal(EYE), ValueError, "Diagonal needs 1 axis for v, got 2"),
    (lambda: fn.Diagonal([NAN]), ValueError, "Diagonal needs finite weights, v has nan at (0,)"),
    (lambda: fn.Kronecker(0, EYE, 1), ValueError, "Kronecker needs a >= 1, got a=0"),
    (lambda: fn.Kronecker(2, EYE, -1), ValueError, "Kronecker needs d >= 1, got d=-1"),
    (lambda: fn.Kronecker(1.0, EYE, 1), TypeError, "Kronecker needs a whole number for a, got 1.0"),
    (lambda: fn.Kronecker("2", EYE, 1), TypeError, "Kronecker needs a whole number for a, got '2'"),
    (lambda: fn.Kronecker(2, EYE, NAN), TypeError, "Kronecker needs a whole number for d, got nan"),
    (lambda: fn.Kronecker(2, [1.0], 1), ValueError, "Kronecker needs 2 axes for K, got 1"),
    (lambda: fn.KroneckerSparse(np.ones((2, 2, 2))), ValueError, "KroneckerSparse needs 4 axes for values, got 3"),
    (lambda: fn.Permutation([0, 0]), ValueError, "a permutation of 2 points names each index once, 0 stands twice"),
    (lambda: fn.Permutation([0, 2]), ValueError, "a permutation of 2 points needs indices from 0 to 1, got 2"),
    (lambda: fn.Permutation([-1, 0]), ValueError, "a permutation of 2 points needs indices from 0 to 1, got -1"),
    (lambda: fn.Permutation([0.0, 1.0]), TypeError, "Permutation needs a one-dimensional array of whole numbers, …"),
    (lambda: fn.Permutation([[0]]), TypeError, "Permutation needs a one-dimensional array …, got 2 axes of int64"),
    (
        lambda: fn.Permutation([True, False]),
        TypeError,
        "Permutation needs a one-dimensional array …, got 1 axes of bool",
    ),
    (lambda: fn.Permutation(3), TypeError, "Permutation needs a one-dimensional array …, got 0 axes of int64"),
    (
        lambda: fn.Permutation(np.array([2**63], "u8")),
        ValueError,
        f"Permutation needs indices below 2**63, got {2**63}",
    ),
    (lambda: fn.FourierStage(10, 0), ValueError, "FourierStage needs a power of two, got n=10"),
    (lambda: fn.FourierStage(-8, 0), ValueError, "FourierStage needs a power of two, got n=-8"),
    (lambda: fn.FourierStage(0, 0), ValueError, "FourierStage needs a power of two, got n=0"),
    (lambda: fn.FourierStage(1, 0), ValueError, "FourierStage needs n >= 2, got n=1"),
    (lambda: fn.FourierStage(8.0, 0), TypeError, "FourierStage needs a whole number for n, got 8.0"),
    (lambda: fn.FourierStage(8, 3), ValueError, "FourierStage of 8 points has the stages 0 to 2, got stage=3"),
    (lambda: fn.FourierStage(8, 63), ValueError, "FourierStage of 8 points has the stages 0 to 2, got stage=63"),
    (lambda: fn.FourierStage(8, 2**40), ValueError, f"FourierStage of 8 points …, got stage={2**40}"),
    (lambda: fn.FourierStage(8, -1), ValueError, "FourierStage needs stage >= 0, got stage=-1"),
    (lambda: fn.FourierStage(8, 1.0), TypeError, "FourierStage needs a whole number for stage, got 1.0"),
    (lambda: fn.FourierStage(8, 0, dtype="f4"), TypeError, "FourierStage has complex weights, float32 would drop …"),
    (lambda: fn.Dense(EYE).permuted(input=[0]), ValueError, "the input permutation has 1 entries, the factor 2 inputs"),
    (lambda: fn.Dense(EYE).permuted(output=[0, 0]), ValueError, "the output permutation must name 0 .. 1 once each, …"),
    (lambda: fn.Dense(EYE).permuted(output=[0, 2]), ValueError, "the output permutation must name 0 .. 1 once each, …"),
    (lambda: fn.Dense(EYE).permuted(output=[0.0, 1.0]), TypeError, "output needs …, got 1 axes of float64"),
    (
        lambda: fn.Sparse(eye(3)).permuted([0, 1]),
        ValueError,
        "the input permutation has 2 entries, the factor 3 …",
    ),
    (
        lambda: fn.Permutation([1, 0]).permuted([0]),
        ValueError,
        "the input permutation has 1 entries, the factor 2 inputs",
    ),
    (lambda: fn.Dense(EYE).scaled("a"), TypeError, "a factor is scaled by a number, got 'a'"),
]

SPARSE: list[Refusal] = [
    (lambda: fn.Sparse(EYE), TypeError, "Sparse needs a scipy.sparse matrix or (data, indices, indptr), got ndarray"),
    (lambda: fn.Sparse(([1.0], [0])), ValueError, "Sparse needs (data, indices, indptr), got a tuple of 2"),
    (
        lambda: sparse([1.0], [0], [0, 1], None),
        ValueError,
        "Sparse needs shape=(rows, columns) with a tuple, got shape=None",
    ),
    (lambda: sparse([1.0], [0], [0, 1], 3), ValueError, "Sparse needs shape=(rows, columns) with a tuple, got shape=3"),
    (lambda: sparse([1.0], [0], [0, 1], (-1, 2)), ValueError, "Sparse needs shape >= 0, got shape=-1"),
    (lambda: sparse([1.0], [0], [0, 1], (1.0, 2)), TypeError, "Sparse needs a whole number for shape, got 1.0"),
    (
        lambda: sparse([1.0], [0], [0, 1], (1, 2**70)),
        ValueError,
        f"Sparse: 64-bit indices reach 2**62, got shape={2**70}",
    ),
    (lambda: sparse([1.0], [0], [0, 1], (2, 2)), ValueError, "a sparse factor of 2 rows needs 3 row pointers, got 2"),
    (lambda: sparse([1.0], [0], [1, 1]), ValueError, "row pointers must run from 0 to 1, got 1 to 1"),
    (lambda: sparse([1.0], [0], [0, 5]), ValueError, "row pointers must run from 0 to 1, got 0 to 5"),
    (lambda: sparse([1.0] * 2, [0, 1], [0, 2, 1, 2], (3, 2)), ValueError, "row pointers must not decrease, row 1 does"),
    (lambda: sparse([1.0], [2], [0, 1]), ValueError, "column indices must lie below 2, row 0 has 2"),
    (lambda: sparse([1.0], [-1], [0, 1]), ValueError, "column indices must lie below 2, row 0 has -1"),
    (lambda: sparse([1.0] * 2, [1, 0], [0, 2]), ValueError, "column indices must ascend within a row, row 0 does not"),
    (lambda: sparse([1.0] * 2, [1, 1], [0, 2]), ValueError, "column indices must ascend within a row, row 0 does not"),
    (lambda: sparse([1.0], [0.5], [0, 1]), TypeError, "indices needs a one-dimensional array of whole numbers, …"),
    (lambda: sparse([1.0], [[0]], [0, 1]), TypeError, "indices needs a one-dimensional array …, got 2 axes of int64"),
    (lambda: sparse([1.0, 2.0], [0], [0, 1]), ValueError, "a sparse factor has 1 column indices, but 2 values"),
    (lambda: sparse(1.0, 0, 0), ValueError, "Sparse needs 1 axis for data, got 0"),
    (lambda: sparse([NAN], [0], [0, 1]), ValueError, "Sparse needs finite weights, data has nan at (0,)"),
    (lambda: fn.Sparse(eye(2, dtype=bool)), TypeError, f"Sparse: data must be {READ}, got bool"),
    (lambda: fn.Sparse(eye(2), shape=(3, 3)), ValueError, "Sparse got shape=(3, 3), the matrix has (2, 2)"),
    (lambda: fn.Sparse(OneAxis()), ValueError, "Sparse needs 2 axes, got 1"),
]

NETWORKS: list[Refusal] = [
    (lambda: fn.Network([]), ValueError, "a network needs at least one layer, got an empty list"),
    (lambda: fn.Network({}), ValueError, "a network needs at least one layer, got an empty list"),
    (lambda: fn.Network(5), TypeError, "a network needs a list of layers, got int"),
    (lambda: fn.Network(None), TypeError, "a network needs a list of layers, got NoneType"),
    (lambda: fn.Network([3]), TypeError, "layer 0 of a network needs a Factor, an array or …, got int"),
    (lambda: fn.Network([EYE, None]), TypeError, "layer 1 of a network needs a Factor, an array or …, got NoneType"),
    (lambda: fn.Network("abc"), TypeError, "layer 0 of a network needs a Factor, an array or …, got str"),
    (lambda: fn.Network([[1, 2]]), ValueError, "Dense needs 2 axes for A, got 1"),
    (
        lambda: fn.Network([np.ones((2, 3)), np.ones((2, 4))]),
        ValueError,
        "layer 0 gives 2 outputs, layer 1 takes 4 inputs",
    ),
    (lambda: fn.hadamard(4) @ fn.hadamard(8), ValueError, "layer 2 gives 8 outputs, layer 3 takes 4 inputs"),
    (lambda: np.eye(3) @ NET, ValueError, "layer 1 gives 4 outputs, layer 2 takes 3 inputs"),
    (lambda: eye(3) @ NET, ValueError, "layer 1 gives 4 outputs, layer 2 takes 3 inputs"),
    (lambda: NET @ eye(3), ValueError, "layer 0 gives 3 outputs, layer 1 takes 4 inputs"),
    (lambda: fn.Network([EYE * NAN]), ValueError, "Dense needs finite weights, A has nan at (0, 0)"),
    (lambda: fn.Network([EYE], dtype="i4"), TypeError, f"a network computes in {COMPUTE}, got dtype int32"),
    (lambda: NET[1.0], TypeError, "a network needs a whole number for index, got 1.0"),
    (lambda: NET["a"], TypeError, "a network needs a whole number for index, got 'a'"),
    (lambda: NET[None], TypeError, "a network needs a whole number for index, got None"),
    (lambda: NET[5], IndexError, "the network has 2 layers, got index 5"),
    (lambda: NET[::2], ValueError, "a network is sliced in the order of its layers, got a step of 2"),
    (lambda: NET[::-1], ValueError, "a network is sliced in the order of its layers, got a step of -1"),
    (lambda: NET[1:1], ValueError, "a slice of a network needs at least one layer, [1:1] of 2 holds none"),
    (lambda: fn.Layer(EYE, bias=[1.0]), ValueError, "a layer of 2 outputs needs as many biases, got 1"),
    (lambda: fn.Layer(EYE, bias=EYE), ValueError, "a layer needs 1 axis for bias, got 2"),
    (lambda: fn.Layer(EYE, bias=[NAN, 1]), ValueError, "a layer needs finite weights, bias has nan at (0,)"),
    (lambda: fn.Layer(EYE, bias=[True, False]), TypeError, f"a layer: bias must be {READ}, got bool"),
    (
        lambda: fn.Layer(EYE, activation="swish"),
        ValueError,
        "activations are logistic, relu, square, softmax, tanh, softplus, gelu, silu, sin, exp or None, got 'swish'",
    ),
    (lambda: fn.Layer(EYE, activation=3), ValueError, "activations are logistic, relu, square, … or None, got 3"),
    (
        lambda: fn.Layer(EYE * 1j, activation="relu"),
        TypeError,
        "activations work on real layers, the weight is complex128",
    ),
    (
        lambda: fn.Layer(EYE, activation="relu")([1j, 2]),
        ValueError,
        "activations work on float32 and float64, … complex128",
    ),
    (lambda: fn.Layer(None), TypeError, "a layer needs a Factor, an array or a scipy.sparse matrix, got NoneType"),
]

SIZES: list[Refusal] = [
    (lambda: HUGE.toarray(), fn.TooLargeError, f"a matrix of {2**41} x {2**41} needs …, … are available"),
    (lambda: fn.hadamard(2**40).toarray(), fn.TooLargeError, f"a matrix of {2**40} x {2**40} needs …, … are available"),
    (lambda: HUGE.tocsr(), fn.TooLargeError, f"a sparse matrix of {2**41} x {2**41} needs …, … are available"),
    (lambda: HUGE(np.broadcast_to(1.0, (2**41,))), fn.TooLargeError, "the result needs 16 TiB, … are available"),
    (lambda: fn.block_diag(HUGE, EYE), fn.TooLargeError, f"a sparse matrix of {2**41} x {2**41} needs …"),
    (lambda: fn.Network([HUGE, fn.Network([HUGE])[0]]).toarray(), fn.TooLargeError, "a matrix of … needs …"),
    (
        lambda: fn.Kronecker(2**40, EYE, 2**40),
        ValueError,
        "… would need … rows, columns or entries; 64-bit indices reach 2^62",
    ),
    (
        lambda: fn.Kronecker(2**62, EYE, 1),
        ValueError,
        "… would need … rows, columns or entries; 64-bit indices reach 2^62",
    ),
    (lambda: fn.Kronecker(2**70, EYE, 1), ValueError, f"Kronecker: 64-bit indices reach 2**62, got a={2**70}"),
    (lambda: fn.FourierStage(2**63, 0), ValueError, f"FourierStage: 64-bit indices reach 2**62, got n={2**63}"),
    (lambda: fn.kron(HUGE, HUGE), ValueError, f"kron: 64-bit indices reach 2**62, got outputs={2**82}"),
    (lambda: sparse([1.0], [0], [0, 1], (1, 2**45)).T, fn.TooLargeError, "…needs…"),
    (lambda: sparse([1.0], [0], [0, 1], (1, 2**45))(np.broadcast_to(1.0, (2**45,))), fn.TooLargeError, "…needs…"),
    (
        lambda: sparse([1.0], [0], [0, 1], (1, 2**62))(np.broadcast_to(np.int8(1), (2**62,))),
        fn.TooLargeError,
        "…needs…",
    ),
    (
        lambda: sparse([1.0], [0], [0, 1], (1, 2**58))(np.broadcast_to(np.int8(1), (3, 2**58))),
        fn.TooLargeError,
        "…needs…",
    ),
]

TABLE = {"data": DATA, "weights": WEIGHTS, "sparse": SPARSE, "networks": NETWORKS, "sizes": SIZES}


@pytest.mark.parametrize(
    ("use", "error", "sentence"),
    [pytest.param(*row, id=f"{name}-{i}") for name, rows in TABLE.items() for i, row in enumerate(rows)],
)
def test_refused_with_a_sentence(use: Callable[[], Any], error: type[Exception], sentence: str) -> None:
    """One line, complete (… in the table stands for anything), of exactly that type; the network still works."""
    with pytest.raises(error) as caught:
        use()
    message = str(caught.value)
    assert caught.type is error
    assert re.fullmatch(re.escape(sentence).replace("…", ".*"), message), message
    assert "\n" not in message and len(message) < 400
    assert (NET(ONES) == [4, 0, 0, 0]).all() and (ONES == 1).all()


# --- out --------------------------------------------------------------------------------------------------------


def shared(offset: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """x and an out that begins `offset` elements later in the same memory."""
    memory = np.arange(40.0)
    return memory[:32].reshape(8, 4), memory[offset : 32 + offset].reshape(8, 4)


def misaligned(memory: bytearray) -> tuple[np.ndarray, ...]:
    """An out that begins in the middle of the first element of x."""
    return tuple(np.frombuffer(memory, "f8", 32, offset).reshape(8, 4) for offset in (0, 4))


def read_only() -> np.ndarray:
    out = np.zeros((8, 4))
    out.flags.writeable = False
    return out


X = np.arange(32.0).reshape(8, 4)
OUT: dict[str, tuple[Callable[[], tuple[Any, Any]], type[Exception], str]] = {
    "list": (lambda: (X, [[0.0] * 4] * 8), TypeError, "out must be a NumPy array, got list"),
    "rows": (lambda: (X, np.zeros((7, 4))), ValueError, r"out has shape \(7, 4\), the result has \(8, 4\)"),
    "axes": (lambda: (X, np.zeros(32)), ValueError, r"out has shape \(32,\), the result has \(8, 4\)"),
    "float32": (lambda: (X, np.zeros((8, 4), "f4")), TypeError, r"out has dtype <f4, the result is <f8 \(float64\)"),
    "complex": (lambda: (X, np.zeros((8, 4), "c16")), TypeError, r"out has dtype <c16, the result is <f8 \(float64\)"),
    "integer": (lambda: (X, np.zeros((8, 4), "i8")), TypeError, r"out has dtype <i8, the result is <f8 \(float64\)"),
    "swapped": (lambda: (X, np.zeros((8, 4), ">f8")), TypeError, r"out has dtype >f8, the result is <f8 \(float64\)"),
    "object": (lambda: (X, np.zeros((8, 4), "O")), TypeError, r"out has dtype \|O, the result is <f8 \(float64\)"),
    "read-only": (lambda: (X, read_only()), ValueError, "out is read-only, the result must be written there"),
    "broadcast": (lambda: (X, as_strided(np.zeros(4), (8, 4), (0, 8))), ValueError, "out repeats elements .*"),
    "sliding": (lambda: (X, as_strided(np.zeros(40), (8, 4), (8, 8))), ValueError, "out repeats elements .*"),
    "later": (lambda: shared(1), ValueError, "out overlaps x without being x: .*"),
    "last element": (lambda: shared(8), ValueError, "out overlaps x without being x: .*"),
    "transposed": (lambda: (lambda a: (a, a.T))(np.ones((4, 4))), ValueError, "out overlaps x without being x: .*"),
    "reversed": (lambda: (lambda a: (a, a[::-1]))(X.copy()), ValueError, "out overlaps x without being x: .*"),
    "misaligned": (lambda: misaligned(bytearray(264)), ValueError, "out overlaps x without being x: .*"),
}  # fmt: skip


@pytest.mark.parametrize("name", OUT)
def test_out_is_refused_and_untouched(name: str) -> None:
    make, error, sentence = OUT[name]
    x, out = make()
    x_before, before = np.copy(x), np.copy(out)
    with pytest.raises(error, match=f"^{sentence}$"):
        NET.apply(x, out=out)
    assert (np.copy(out) == before).all() and (x == x_before).all()


def test_out_beside_x_is_not_out_over_x() -> None:
    """Interleaved columns of one array share an address range, not a byte."""
    memory = np.zeros((8, 8))
    x, out = memory[:, ::2], memory[:, 1::2]
    x[...] = X
    assert NET.apply(x, out=out) is out and (out == NET(X)).all() and (x == X).all()


BROKEN_CALLS: dict[str, Callable[[np.ndarray], Any]] = {
    "overflow": lambda out: fn.hadamard(8).apply(np.full((8, 8), 2**62), out=out.view("i8")),
    "activation": lambda out: fn.Layer(np.eye(8), activation="relu").apply(
        np.ones((4, 8)) * 1j, out=out.view("c16").reshape(4, 8)
    ),
    "length": lambda out: fn.hadamard(8).apply(np.ones((8, 9)), out=out),
    "dtype": lambda out: fn.hadamard(8).apply(np.ones((8, 8), "f2"), out=out),
    "threads": lambda out: fn.hadamard(8).apply(np.ones((8, 8)), out=out, threads=0),
    "isa": lambda out: fn.hadamard(8).apply(np.ones((8, 8)), out=out, isa="none"),
    "generic": lambda out: fn.matmul(2, 4).apply(np.ones((8, 8)), out=out),
}


@pytest.mark.parametrize("name", BROKEN_CALLS)
def test_a_failed_call_leaves_out_as_it_was(name: str) -> None:
    out = np.full((8, 8), 7.0)
    with pytest.raises((ValueError, TypeError)):
        BROKEN_CALLS[name](out)
    assert (out == 7).all()


def test_a_failed_constructor_changes_nothing() -> None:
    A = np.array([[1.0, NAN], [0.0, 1.0]])
    unsorted = sp.csr_array((np.array([1.0, NAN]), np.array([1, 0]), np.array([0, 2])), shape=(1, 2))
    for make in (lambda: fn.Dense(A), lambda: fn.Network([np.eye(2), A]), lambda: fn.Sparse(unsorted)):
        with pytest.raises(ValueError, match="finite"):
            make()
    assert np.isnan(A[0, 1]) and (unsorted.indices == [1, 0]).all()


# --- the extension, asked directly ------------------------------------------------------------------------------


NONSENSE = """
import sys
from flatnet import _core
nonsense = [None, "x", -1, 2**70, 1.5, [], {}, np.zeros(3), np.zeros((2, 2), "O"), object()]
factor, network = _core.Factor.permutation(np.arange(3)), fn.hadamard(4)._runner
static = ("blocks", "sparse", "permutation", "fourier_stage")
functions = [getattr(o, name) for o in (_core, factor, network) for name in dir(o) if not name.startswith("_")]
for function in [*functions, *(getattr(_core.Factor, name) for name in static), _core.Factor, _core.Network]:
    for count in range(6 if callable(function) else 0):
        for value in nonsense:
            last = f"{function} with {count} times {value!r}"
            try:
                function(*[value] * count)
            except (TypeError, ValueError, MemoryError):
                pass
            except BaseException as e:
                print(last, "raises", repr(e))
print("alive")
"""


def test_methods_refuse_none_for_the_factor(script: Any) -> None:
    """pybind11 would hand None to a member pointer as a null pointer."""
    result = script("""
from flatnet import _core
for kind in (_core.Factor, _core.Network):
    for name in (n for n in dir(kind) if not n.startswith("_")):
        member = vars(kind)[name]
        for count in (1, 2, 3, 5):
            try:
                (member.fget if isinstance(member, property) else getattr(kind, name))(*[None] * count)
            except (TypeError, ValueError):
                pass
print("alive")
""")
    assert (result.returncode, result.stdout) == (0, "alive\n"), result.stderr


def test_every_function_of_the_extension_refuses_nonsense(script: Any) -> None:
    """Wrong types in every position of every function and method: TypeError or ValueError, never a crash."""
    result = script(NONSENSE)
    assert (result.returncode, result.stdout) == (0, "alive\n"), result.stderr
