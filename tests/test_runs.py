"""Runs of stages in chains assembled by hand: what is seen, and that the result is that of the layers."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import flatnet as fn
import numpy as np
import pytest
import scipy.linalg
import scipy.sparse as sp
from catalog import ISAS, bit_reversal, generator, random
from test_apply import LAYOUTS, flat, laid_out

pytestmark = pytest.mark.usefixtures("one_blas_thread")

N, M = 64, 6  # from here on a transform runs on the user's arrays
H = np.array([[1.0, 1.0], [1.0, -1.0]])
REVERSAL = bit_reversal(M)


@functools.lru_cache(maxsize=4)
def matrices(net: fn.Network) -> list[np.ndarray]:
    return [layer.weight.toarray() for layer in net]


def magnitudes(net: fn.Network, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """The layers one by one as dense matrices in double precision: result, |A_L| ... |A_1| |x|, and roundings."""
    y, size, total = x.astype(np.complex128), np.abs(x).astype(np.float64), 1
    for layer, A in zip(net, matrices(net), strict=True):
        total += 3 * int((A != 0).sum(axis=1).max(initial=0)) + 1
        y, size = y @ A.T, size @ np.abs(A).T
        if layer.bias is not None:
            y, size = y + layer.bias, size + np.abs(layer.bias)
        if layer.activation == "relu":
            y = np.maximum(y.real, 0)
    return y, size, total


def check(net: fn.Network, x: np.ndarray, **how: Any) -> None:
    """Within K eps |A_L| ... |A_1| |x| of the layers (as in catalog.Case.tolerance).

    A run replaces its layers by a transform with fewer roundings on the same sums: the bound of the layers covers it.
    """
    y = net.apply(x, **how)
    expected, size, total = magnitudes(net, x)
    error = np.abs(y - expected)
    assert (error <= total * np.finfo(y.dtype).eps * size).all(), (net.steps, float((error / size).max()))


def data(name: str, dtype: Any = "c16", batch: int = 21, n: int = N) -> np.ndarray:
    return random(generator(name), dtype, (batch, n))


def kronecker_stages(order: Any = range(M), weak: bool = False) -> list[fn.Kronecker]:
    return [fn.Kronecker(N >> (s + 1), H, 1 << s, weak=weak) for s in order]


def twiddles(s: int, sign: int = -1) -> np.ndarray:
    """As a user writes them: the angle is rounded, and pi before it."""
    return np.exp(sign * 2j * np.pi * np.arange(1 << s) / (2 << s))


def fourier_values(s: int, sign: int = -1, n: int = N) -> np.ndarray:
    d, w = 1 << s, twiddles(s, sign)
    block = np.array([[np.ones(d), w], [np.ones(d), -w]])
    return np.broadcast_to(block, (n // (2 * d), 2, 2, d)).copy()


def fourier_stages(sign: int = -1) -> list[fn.KroneckerSparse]:
    return [fn.KroneckerSparse(fourier_values(s, sign)) for s in range(M)]


def as_csr(factor: Any) -> sp.csr_array:
    return sp.csr_array(factor.toarray())


# --- Hadamard runs ----------------------------------------------------------------------------------------------

FULL = [f"hadamard {N}"]
HADAMARD: dict[str, tuple[Callable[[], Any], list[str]]] = {
    "kronecker": (kronecker_stages, FULL),
    "bits downwards": (lambda: kronecker_stages(reversed(range(M))), FULL),
    "bits in any order": (lambda: kronecker_stages([3, 0, 5, 1, 4, 2]), FULL),
    "own weights": (lambda: [fn.KroneckerSparse(np.broadcast_to(H[:, :, None], (N >> (s + 1), 2, 2, 1 << s)))
                             if s else fn.KroneckerSparse(np.broadcast_to(H[:, :, None], (N // 2, 2, 2, 1)))
                             for s in range(M)], FULL),
    "csr": (lambda: [as_csr(f) for f in kronecker_stages()], FULL),
    "one dense matrix": (lambda: [scipy.linalg.hadamard(N).astype(float)], FULL),
    "cores of 4 and 8": (lambda: [fn.Kronecker(16, scipy.linalg.hadamard(4), 1), fn.Kronecker(2, scipy.linalg.hadamard(8), 4),
                                  fn.Kronecker(1, H, 32)], FULL),
    "scaled stages": (lambda: [0.5 * f for f in kronecker_stages()], [f"hadamard {N} x 0.015625"]),
    "scaled by a complex number": (lambda: 1j * fn.Network(kronecker_stages()), [f"hadamard {N} x (0+1j)"]),
    "scaled by a diagonal": (lambda: [*kronecker_stages(), fn.Diagonal(np.full(N, 0.25))], [f"hadamard {N} x 0.25"]),
    "slice": (lambda: fn.Network(kronecker_stages())[2:5], ["hadamard 8 (a=2, d=4)"]),
    "low bits": (lambda: fn.Network(kronecker_stages())[:4], ["hadamard 16 (a=4, d=1)"]),
    "high bits": (lambda: fn.Network(kronecker_stages())[1:], ["hadamard 32 (a=1, d=2)"]),
    "two ranges": (lambda: kronecker_stages([0, 4, 1, 5]), ["hadamard 4 (a=16, d=1)", "hadamard 4 (a=1, d=16)"]),
    "a bit twice": (lambda: kronecker_stages([0, 1, 2, 2, 3]), ["hadamard 8 (a=8, d=1)", "hadamard 4 (a=4, d=4)"]),
    "transposed": (lambda: fn.Network(kronecker_stages()).T, FULL),
    "built in": (lambda: fn.hadamard(N, "ortho"), [f"hadamard {N} x 0.125"]),
    "dyadic": (lambda: [*kronecker_stages(), fn.Permutation(REVERSAL)], [*FULL, "layer 6 Permutation"]),
    "permuted inside": (lambda: [f.permuted(input=REVERSAL) if i == 3 else f for i, f in enumerate(kronecker_stages())],
                        ["hadamard 8 (a=8, d=1)", "permutation", "hadamard 8 (a=1, d=8)"]),
    "permutations that cancel": (lambda: [fn.Permutation(REVERSAL), fn.Permutation(REVERSAL), *kronecker_stages()], FULL),
}  # fmt: skip


@pytest.mark.parametrize("name", HADAMARD)
def test_hadamard_runs(name: str) -> None:
    make, steps = HADAMARD[name]
    built = make()
    net = built if isinstance(built, fn.Network) else fn.Network(built)
    assert net.steps == steps
    for dtype in ("f4", "f8", "c8", "c16"):
        for batch in (1, 2, 5, 70):
            check(net, data(name, dtype, batch))
    x = data(name, "f8", 33)
    assert np.allclose(net.apply(np.ascontiguousarray(x.T), axis=0).T, net(x), rtol=0, atol=1e-12)


def test_no_scale_of_a_network_is_lost() -> None:
    """Scales that a product of doubles cannot hold stay in their layers."""
    net = fn.Network([1e-120 * f for f in kronecker_stages()[:3]] + [1e120 * f for f in kronecker_stages()[3:]])
    check(net, data("scales", "f8"))
    small = fn.Network([1e-6 * f for f in kronecker_stages(weak=True)])
    check(small, np.float32(1e30) * data("scales", "f4"))  # 1e-36 in all: a number that float32 hardly holds
    lost = fn.Network([1e-120 * f for f in kronecker_stages()[:3]])
    assert "hadamard" not in " ".join(lost.steps)
    assert not lost(data("scales", "f8")).any(), "below the smallest double, as in the layers"


@pytest.mark.parametrize("dtype", ["i1", "i4", "i8"])
def test_integers_stay_exact(dtype: str) -> None:
    x = generator("exact").integers(-100, 100, (37, N)).astype(dtype)
    expected = x.astype("i8") @ scipy.linalg.hadamard(N)
    stages = [fn.Kronecker(N >> (s + 1), [[1, 1], [1, -1]], 1 << s, weak=True) for s in range(M)]
    for net, factor, steps in [
        (fn.Network(stages), 1, FULL),
        (fn.Network([*stages[:3], 3 * stages[3], -stages[4], stages[5]]), -3, [f"hadamard {N} x -3"]),
        (fn.Network([fn.Sparse(as_csr(f).astype("i8"), weak=True) for f in stages]), 1, FULL),
    ]:
        assert net.steps == steps
        for batch in (1, 2, 16, 37):
            y = net(x[:batch])
            assert y.dtype == (np.int64 if dtype == "i8" else np.int32) and (y == factor * expected[:batch]).all()
            columns = net.apply(np.ascontiguousarray(x[:batch].T), axis=0)
            assert (y == columns.T).all()
    large = np.full((2, N), 2**40)
    assert (fn.Network(stages)(large)[:, 0] == N * 2**40).all()


@pytest.mark.parametrize("order", ["natural", "dyadic", "sequency"])
def test_walsh_orders_by_hand(order: str) -> None:
    """A permutation after (or, in dyadic order, before) the run gives fwht's order; one transform does both."""
    i = np.arange(N)
    rows = {"natural": i, "dyadic": REVERSAL, "sequency": REVERSAL[i ^ (i >> 1)]}[order]
    x = data(order, "f8")
    net = fn.Network([*kronecker_stages(), fn.Permutation(rows)])
    assert (net(x) == fn.fwht(x, order=order)).all()
    check(net, x)
    if order == "dyadic":
        assert (fn.Network([fn.Permutation(rows), *kronecker_stages()])(x) == net(x)).all()


# --- Fourier runs -----------------------------------------------------------------------------------------------


def hand_dft(sign: int = -1) -> list[Any]:
    first, *rest = fourier_stages(sign)
    return [first.permuted(input=REVERSAL), *rest]


def decimation_in_frequency() -> list[Any]:
    *rest, last = [f.T for f in reversed(fourier_stages())]
    return [*rest, last, fn.Permutation(REVERSAL)]


SHUFFLE = generator("shuffle").permutation(N)
FOURIER: dict[str, tuple[Callable[[], Any], list[str]]] = {
    "folded reversal": (hand_dft, ["fourier 64"]),
    "reversal as a layer": (lambda: [fn.Permutation(REVERSAL), *fourier_stages()], ["fourier 64"]),
    "inverse": (lambda: hand_dft(1), ["inverse fourier 64"]),
    "decimation in frequency": (decimation_in_frequency, ["fourier 64"]),
    "csr": (lambda: [sp.csr_array(np.eye(N)[REVERSAL]), *[as_csr(f) for f in fourier_stages()]], ["fourier 64"]),
    "csr, reversal folded": (lambda: [as_csr(f) for f in hand_dft()], ["fourier 64"]),
    "csr, in frequency": (lambda: [as_csr(f) for f in fn.dft(N).T], ["fourier 64"]),
    "built in": (lambda: fn.dft(N), ["fourier 64"]),
    "built in, inverse": (lambda: fn.idft(N), ["inverse fourier 64 x 0.015625"]),
    "adjoint": (lambda: fn.dft(N).H, ["inverse fourier 64"]),
    "transposed": (lambda: fn.dft(N).T, ["fourier 64"]),
    "conjugate": (lambda: fn.dft(N).conj(), ["inverse fourier 64"]),
    "scaled": (lambda: fn.dft(N) / 8, ["fourier 64 x 0.125"]),
    "every stage scaled": (lambda: [f * 0.5**0.5 for f in hand_dft()], ["fourier 64 x 0.125"]),
    "scaled by a complex number": (lambda: (1 - 2j) * fn.dft(N), ["fourier 64 x (1-2j)"]),
    "permuted": (lambda: fn.Permutation(SHUFFLE) @ fn.dft(N), ["fourier 64", "layer 6 Permutation"]),
    "permuted before": (lambda: fn.dft(N) @ fn.Permutation(SHUFFLE), ["permutation", "fourier 64"]),
    "first stages": (lambda: fn.dft(N)[:4], ["permutation", "fourier 16 (a=4, d=1)"]),
    "batched, reversed": (lambda: [fn.dft(16)[0].weight, *fn.dft(16)[1:]], ["fourier 16"]),
    "last stages": (lambda: fn.dft(N)[2:], ["twiddles", "fourier 16 (a=1, d=4)"]),
    "middle stages": (lambda: fn.dft(N)[1:4], ["twiddles", "fourier 8 (a=4, d=2)"]),
    "two stages": (lambda: fn.dft(N)[2:4], ["butterfly 2 stages"]),
    "transposed slice": (lambda: fn.dft(N).T[1:5], ["fourier 16 (a=2, d=2)", "twiddles"]),
    "there and back": (lambda: fn.Network([fn.dft(N), fn.idft(N)]), ["fourier 64", "inverse fourier 64 x 0.015625"]),
    "after a sparse layer": (lambda: [sp.csr_array(sp.random(N, N, density=0.1, random_state=1)), *hand_dft()],
                             ["layer 0 Sparse", "fourier 64"]),
    "before a diagonal": (lambda: [fn.dft(N), np.diag(np.arange(1.0, N + 1))], ["fourier 64", "layer 6 Dense"]),
    "filter": (lambda: [fn.dft(N), fn.Diagonal(np.arange(1.0, N + 1)), fn.idft(N)],
               ["fourier 64", "layer 6 Diagonal", "inverse fourier 64 x 0.015625"]),
    "blocks": (lambda: fn.kron(np.eye(3), fn.dft(N)), ["fourier 64 (a=3, d=1)", "layer 6 Kronecker"]),
}  # fmt: skip


@pytest.mark.parametrize("name", FOURIER)
def test_fourier_runs(name: str) -> None:
    make, steps = FOURIER[name]
    built = make()
    net = built if isinstance(built, fn.Network) else fn.Network(built)
    assert net.steps == steps
    for dtype in ("f4", "f8", "c8", "c16"):
        for batch in (1, 2, 5, 70):
            check(net, data(name, dtype, batch, net.shape[1]))
    x = data(name, "c16", 33, net.shape[1])
    y, columns = net(x), net.apply(np.ascontiguousarray(x.T), axis=0).T
    assert np.abs(y - columns).max() <= 1e-12 * np.abs(y).max()


def test_a_hand_assembled_dft_is_the_transform() -> None:
    for n in (64, 1024):
        stages = [fn.KroneckerSparse(fourier_values(s, n=n)) for s in range(n.bit_length() - 1)]
        net = fn.Network([fn.Permutation(bit_reversal(n.bit_length() - 1)), *stages])
        x = data("transform", "c16", 7, n)
        np.testing.assert_allclose(net(x), np.fft.fft(x), rtol=0, atol=1e-14 * n)
        assert (net(x) == fn.dft(n)(x)).all(), "the same kernels, the same bits"


def test_weights_of_single_precision() -> None:
    """complex64 weights are roots of unity to a computation in complex64, and themselves in complex128."""
    net = fn.Network([fn.Permutation(REVERSAL), *[f.astype("c8") for f in fourier_stages()]])
    assert net.dtype == np.complex64 and net.steps == ["fourier 64"]
    check(net, data("single", "c8"))
    x = data("single", "c16")
    check(net, x)  # to the precision of double: the weights' rounding is part of the network
    assert np.abs(net(x) - np.fft.fft(x)).max() > 1e-9


# --- runs inside longer chains ----------------------------------------------------------------------------------


def test_biases_and_activations_end_runs() -> None:
    stages = kronecker_stages()
    bias = data("bias", "f8", 1)[0]
    relu = fn.Layer(stages[5], bias=bias, activation="relu")
    net = fn.Network([*stages[:5], relu, *stages, fn.Layer(np.eye(N), bias=bias)])
    assert net.steps == ["hadamard 64, bias, relu", "hadamard 64", "layer 12 Dense, bias"]
    assert len(net) == net.depth + 1 == 13
    for dtype in ("f4", "f8"):
        for batch in (1, 3, 40):
            check(net, data("activation", dtype, batch))
    middle = fn.Network([*stages[:2], fn.Layer(stages[2], activation="relu"), *stages[3:]])
    assert middle.steps == ["hadamard 8 (a=8, d=1), relu", "hadamard 8 (a=1, d=8)"]
    check(middle, data("middle", "f8"))
    late = fn.Network([*stages[:5], fn.Layer(stages[5].permuted(output=SHUFFLE), bias=bias)])
    assert late.steps == ["hadamard 64", "permutation, bias"]
    check(late, data("late", "f8"))


@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "c16"])
def test_butterflies_between_transforms(dtype: str) -> None:
    own = fn.random_butterfly(N)
    net = fn.Network([own, *kronecker_stages(weak=True), own.T, fn.dft(N)])
    assert net.steps == ["butterfly 6 stages", "hadamard 64", "butterfly 6 stages", "fourier 64"]
    check(net, data("between", dtype, 1))
    check(net, data("between", dtype, 50))


def test_layers_are_counted_as_given() -> None:
    net = fn.Network([fn.Permutation(REVERSAL), *fourier_stages()])
    assert len(net) == 7 and net.synapses == N + 2 * N * M and net[0].weight.kind == "Permutation"
    assert fn.hadamard(2**40).steps == [f"hadamard {2**40}"]


# --- near misses ------------------------------------------------------------------------------------------------


def changed(factor: Any, by: complex) -> fn.KroneckerSparse:
    values = np.broadcast_to(factor.values, factor.pattern).astype("c16" if np.iscomplexobj(by) else factor.dtype).copy()
    values[-1, 1, 0, -1] += by
    return fn.KroneckerSparse(values)


@pytest.mark.parametrize("by", [1e-3, 1e-12])
@pytest.mark.parametrize("stage", range(M))
def test_one_weight_off_is_no_hadamard_stage(stage: int, by: float) -> None:
    stages: list[Any] = kronecker_stages()
    stages[stage] = changed(stages[stage], by)
    net = fn.Network(stages)
    assert net.steps != FULL and (stage in (1, M - 2) or "hadamard" in " ".join(net.steps))
    check(net, data("off", "f8"))


@pytest.mark.parametrize("by", [1e-3, 1e-3j, 1e-14])
@pytest.mark.parametrize("stage", range(M))
def test_one_weight_off_is_no_fourier_stage(stage: int, by: complex) -> None:
    stages: list[Any] = fourier_stages()
    stages[stage] = changed(stages[stage], complex(by))
    net = fn.Network([fn.Permutation(REVERSAL), *stages])
    assert "fourier 64" not in net.steps
    check(net, data("off"))


NEAR: dict[str, Callable[[], list[Any]]] = {
    "twiddles of another stage": lambda: [*hand_dft()[:3], fn.KroneckerSparse(fourier_values(3) ** 2), *hand_dft()[4:]],
    "signs mixed": lambda: [*hand_dft()[:3], *fourier_stages(1)[3:]],
    "stages swapped": lambda: [hand_dft()[i] for i in (0, 1, 3, 2, 4, 5)],
    "csr, rows exchanged": lambda: [as_csr(hand_dft()[0])[[1, 0, *range(2, N)]], *hand_dft()[1:]],
    "csr, a sign": lambda: [as_csr(hand_dft()[0]) - 2 * sp.csr_array(([1.0], ([2], [REVERSAL[2]])), (N, N)), *hand_dft()[1:]],
    "csr, a column": lambda: [sp.csr_array(as_csr(hand_dft()[0])[:, [*range(N - 2), N - 1, N - 2]]), *hand_dft()[1:]],
    "a stage missing": lambda: [hand_dft()[i] for i in (0, 1, 2, 4, 5)],
    "another permutation": lambda: [fourier_stages()[0].permuted(input=SHUFFLE), *fourier_stages()[1:]],
    "no permutation": lambda: list(fourier_stages()),
    "rows scaled apart": lambda: [*hand_dft()[:-1], fn.KroneckerSparse(fourier_values(5) * [[[1.0]], [[2.0]]])],
    "a stage with an activation of complex weights left out": lambda: [*hand_dft()[:2], *hand_dft()[3:]],
}


@pytest.mark.parametrize("name", NEAR)
def test_near_fourier_runs_are_computed_as_they_are(name: str) -> None:
    net = fn.Network(NEAR[name]())
    assert net.steps != ["fourier 64"]
    for dtype in ("c8", "c16"):
        check(net, data(name, dtype))
        check(net, data(name, dtype, 1))


def test_zeros_and_other_cores_are_no_hadamard_stages() -> None:
    for core in ([[1.0, 1.0], [1.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]], [[-1.0, 1.0], [1.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]]):
        net = fn.Network([fn.Kronecker(N >> (s + 1), core, 1 << s) for s in range(M)])
        assert net.steps == ["butterfly 6 stages"]
        check(net, data("cores", "f8"))
        check(net, data("cores", "c8", 1))


# --- the ways to ask --------------------------------------------------------------------------------------------

WAYS = {
    "hadamard": lambda: fn.Network([0.5 * f for f in kronecker_stages(weak=True)]),
    "fourier": lambda: fn.dft(N),
    "chain": lambda: fn.Network([fn.dft(N), fn.Diagonal(np.arange(1.0, N + 1), weak=True), fn.idft(N)]),
    "butterfly": lambda: fn.random_butterfly(N),
}


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("isa", ISAS)
def test_threads_out_and_alignment_change_no_bit(name: str, isa: str) -> None:
    net = WAYS[name]()
    for dtype in ("f4", "c8", "c16"):
        x = data(name, dtype, 600)
        expected = net.apply(x, isa=isa, threads=1)
        check(net, x[:40], isa=isa)
        for threads in (2, 5):
            out = np.empty_like(expected)
            assert net.apply(x, out=out, threads=threads, isa=isa) is out and (out == expected).all()
        memory = np.zeros(x.nbytes + 1, np.uint8)
        misaligned = memory[1:].view(x.dtype).reshape(x.shape)
        misaligned[...] = x
        assert (net.apply(misaligned, isa=isa) == expected).all()
        if expected.dtype == x.dtype:
            z = x.copy()
            assert net.apply(z, out=z, isa=isa) is z and (z == expected).all()


@pytest.mark.parametrize("name", WAYS)
def test_any_array(name: str) -> None:
    net = WAYS[name]()
    base = generator(name).integers(-9, 10, (10, N))
    expected = net(base.astype("f8"))
    for kind in ("i1", "u1" if (base >= 0).all() else "i2", "i8", "f4", ">f8", ">f4"):
        y = net(base.astype(kind))
        assert np.abs(y - expected).max() <= 1e-4 * np.abs(expected).max()
    views = [np.repeat(base, 2, axis=1)[:, ::2], base[::-1, ::-1][::-1, ::-1], np.asfortranarray(base)]
    records = np.zeros(base.shape, [("tag", "u1"), ("value", "f8")])
    records["value"] = base
    for view in [*(v.astype("f8", order="K") for v in views), records["value"]]:
        assert np.abs(net(view) - expected).max() <= 1e-13 * np.abs(expected).max() * N
    row = base[0].astype("f8")
    same = net(np.broadcast_to(row, (4, N)))
    assert np.abs(same - net(row)).max() <= 1e-13 * np.abs(same).max() * N
    assert net(np.zeros((0, N))).shape == (0, N) and net(np.zeros((3, 0, N))).shape == (3, 0, N)
    frozen = base.astype("f8")
    frozen.flags.writeable = False
    assert net(frozen).shape == base.shape
    out = np.zeros((10, 2 * N), expected.dtype)[:, ::2]
    net.apply(base.astype("f8"), out=out)
    assert np.abs(out - expected).max() <= 1e-13 * np.abs(expected).max() * N


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout(layout: str) -> None:
    """Steps of the array that a transform takes as they are, and steps that it cannot take (record fields)."""
    for name in WAYS:
        net = WAYS[name]()
        for dtype in ("f4", "f8", "c16"):
            x = data(name, dtype, 12)
            expected = net(x)
            a, axis = laid_out(x, LAYOUTS[layout], 3, 4)
            # A Fourier run may go another way in another layout of x or of y; Hadamard and 2 x 2 stages have one order of sums.
            same = name in ("hadamard", "butterfly")
            bound = 0 if same else 40 * np.finfo(expected.dtype).eps * np.abs(expected).max()
            assert np.abs(flat(net.apply(a, axis), axis) - expected).max() <= bound, (name, dtype)
            if expected.dtype == x.dtype:
                a.flags.writeable = True
                assert net.apply(a, axis, out=a) is a
                assert np.abs(flat(a, axis) - expected).max() <= bound, (name, dtype)
    along = np.broadcast_to(data("along", "c16", 3)[:, :1], (3, N))
    for name in ("hadamard", "fourier"):
        net = WAYS[name]()
        assert np.abs(net(along) - net(along.copy())).max() <= 1e-12


def test_nan_and_infinity_travel() -> None:
    x = np.zeros((3, N))
    x[0, 5], x[1, 7] = np.nan, np.inf
    for name in ("hadamard", "fourier"):
        y = WAYS[name]()(x)
        assert np.isnan(y[0]).all() and not np.isfinite(y[1]).any() and not y[2].any()


def test_steps_of_single_layers() -> None:
    assert fn.Dense(np.ones((2, 3))).steps == ["layer 0 Dense"]
    assert (
        fn.Network([fn.Permutation([0, 1])]).steps == [] and (fn.Network([fn.Permutation([0, 1])])([3.0, 4.0]) == [3, 4]).all()
    )
    assert fn.Layer(np.eye(2), bias=[0.0, 1.0], activation="logistic").steps == ["layer 0 Dense, bias, logistic"]
