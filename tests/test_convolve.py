"""flatnet.convolve and flatnet.fft.circulant beside numpy.convolve and the circulant matrix itself.

Tolerances: three transforms of at most 8 n points err by less than 8 eps log2(8 n) each (tests/test_fft.py), relative to
the product of the 2-norms, which bounds every element of a convolution.
"""

from __future__ import annotations

import math
from typing import Any

import flatnet as fn
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from signals import data

DTYPES = ("float32", "float64", "complex64", "complex128")
MODES = ("full", "same", "valid")


def close(y: np.ndarray, wanted: np.ndarray, a: np.ndarray, v: np.ndarray) -> None:
    assert y.shape == wanted.shape
    bound = 24 * np.finfo(y.dtype).eps * math.log2(8 * (a.size + v.size)) * np.linalg.norm(a) * np.linalg.norm(v)
    assert np.abs(y - wanted).max(initial=0) <= bound


def exact(a: np.ndarray, v: np.ndarray, mode: str) -> np.ndarray:
    wide = complex if "c" in a.dtype.kind + v.dtype.kind else float
    return np.convolve(a.astype(wide), v.astype(wide), mode)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_against_numpy(dtype: str, mode: str) -> None:
    # Either side of the direct method's limit, single blocks, overlapping blocks, kernels longer than the data.
    for n, m in (
        (1, 1),
        (5, 2),
        (24, 24),
        (25, 25),
        (2, 40),
        (100, 7),
        (100, 64),
        (1000, 24),
        (1000, 25),
        (5000, 100),
        (20000, 33),
    ):
        a, v = data(n, dtype), data(m, dtype, 1)
        y = fn.convolve(a, v, mode)
        assert y.dtype == dtype
        close(y, exact(a, v, mode), a, v)


@given(
    n=st.integers(1, 300),
    m=st.integers(1, 300),
    mode=st.sampled_from(MODES),
    one=st.sampled_from(DTYPES),
    other=st.sampled_from(DTYPES),
)
def test_dtypes_promote_and_arguments_commute(n: int, m: int, mode: str, one: str, other: str) -> None:
    a, v = data(n, one), data(m, other, 1)
    y = fn.convolve(a, v, mode)
    assert y.dtype == np.result_type(one, other)
    close(y, exact(a, v, mode), a, v)
    close(fn.convolve(v, a, mode), y, a, v)


@pytest.mark.parametrize("m", [3, 50])
@pytest.mark.parametrize("dtype", DTYPES)
def test_batches_axes_and_layouts(dtype: str, m: int) -> None:
    a, v = data((3, 4, 200), dtype), data((4, m), dtype, 1)
    wanted = np.array([[exact(a[i, j], v[j], "full") for j in range(4)] for i in range(3)])
    close(fn.convolve(a, v), wanted, a[0, 0], 4 * v)
    shared = fn.convolve(a, v[1])
    assert np.array_equal(shared[2, 1], fn.convolve(a[2, 1], v[1]))
    for axis in (0, 1, -1):
        turned = np.moveaxis(a, -1, axis)
        assert np.array_equal(fn.convolve(turned, v[1], axis=axis), np.moveaxis(shared, -1, axis))
    backwards = a[..., ::-1]
    assert np.array_equal(fn.convolve(backwards, v[1]), fn.convolve(backwards.copy(), v[1]))
    swapped = a.astype(a.dtype.newbyteorder("S"))
    assert np.array_equal(fn.convolve(swapped, v[1]), shared)
    misaligned = np.zeros(a.nbytes + 1, np.uint8)[1:].view(a.dtype).reshape(a.shape)
    misaligned[...] = a
    misaligned.flags.writeable = False
    assert np.array_equal(fn.convolve(misaligned, v[1]), shared)
    out = np.empty_like(shared)
    assert fn.convolve(a, v[1], out=out) is out and np.array_equal(out, shared)
    assert fn.convolve(a[:0], v[1]).shape == (0, 4, 199 + m)


@pytest.mark.parametrize("dtype", DTYPES)
def test_any_number_of_threads_gives_the_same_bits(dtype: str) -> None:
    for n, m in ((100_000, 5), (100_000, 300), (40_000, 30_000)):
        a, v = data((2, n), dtype), data(m, dtype)
        one = fn.convolve(a, v, threads=1)
        assert all(np.array_equal(one, fn.convolve(a, v, threads=threads)) for threads in (2, 5))


@given(n=st.integers(1, 400), m=st.integers(1, 400), bits=st.integers(1, 26), seed=st.integers(0, 99))
def test_integers_are_exact(n: int, m: int, bits: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    a = random.integers(-(1 << bits), 1 << bits, n)
    v = random.integers(-(1 << bits), 1 << bits, m)
    y = fn.convolve(a, v)
    assert y.dtype == np.int64 and np.array_equal(y, np.convolve(a, v))
    assert np.array_equal(fn.convolve(a.astype("int32"), v.astype(">i8"), "same"), np.convolve(a, v, "same"))


def test_integers_that_could_overflow_are_refused() -> None:
    assert fn.convolve([2**31], [2**31 - 1])[0] == 2**31 * (2**31 - 1)
    with pytest.raises(ValueError, match="exact int64 sums"):
        fn.convolve([2**32], [2**31])
    with pytest.raises(ValueError, match="exact int64 sums"):
        fn.convolve(np.full(3, 2**63, np.uint64), [1, 1])


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda: fn.convolve([1.0], []), ValueError, "at least one element"),
        (lambda: fn.convolve([1.0], 2.0), ValueError, "v must have at least one axis"),
        (lambda: fn.convolve([1.0], [1.0], "wrap"), ValueError, "mode of full, same, valid, got 'wrap'"),
        (lambda: fn.convolve([1.0], [1.0], axis=1), IndexError, "axis 1 is out of range"),
        (lambda: fn.convolve(np.ones((2, 3)), np.ones((3, 3))), ValueError, "do not broadcast"),
        (lambda: fn.convolve(np.ones(3, "float16"), [1.0]), TypeError, "a must be .* got float16"),
        (lambda: fn.convolve([1.0], np.ones(3, bool)), TypeError, "v must be .* got bool"),
        (lambda: fn.convolve([1.0], [1.0], threads=0), ValueError, "threads >= 1"),
        (lambda: fn.convolve([1.0], [1.0], out=np.empty(2)), ValueError, r"out has shape \(2,\)"),
        (lambda: fn.fft.circulant([[1.0]]), ValueError, "kernel of 1 axis, got 2"),
        (lambda: fn.fft.circulant([1.0, 2.0], 1), ValueError, "n=1 and 2 elements"),
        (lambda: fn.fft.circulant([1.0, 2.0])([1.0]), ValueError, "the circulant has n=2, x has 1 elements on axis 0"),
        (lambda: fn.fft.circulant(np.ones(2, "float32"))(np.ones(2)), TypeError, "of float32, x of float64 needs float64"),
    ],
)
def test_refusals(call: Any, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        call()


def test_out_must_lie_apart() -> None:
    a = np.ones(8)
    with pytest.raises(ValueError, match="out overlaps a or v"):
        fn.convolve(a[:4], [1.0, 1.0], out=a[3:])


# --- circulants ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [1, 2, 5, 16, 60, 101, 256])
def test_a_circulant_is_its_matrix(n: int, dtype: str) -> None:
    h = data((n + 1) // 2, dtype)
    padded = np.concatenate([h, np.zeros(n - len(h), dtype)])
    matrix = np.array([np.roll(padded, i) for i in range(n)]).T
    plan = fn.fft.circulant(h, n)
    assert (plan.n, plan.shape, plan.dtype) == (n, (n, n), np.dtype(dtype)) and plan.nbytes > 0
    assert repr(plan) == f"flatnet.fft.Circulant(n={n}, dtype={dtype})"
    real = np.dtype(dtype).type(0).real.dtype
    for kind in (real, np.result_type(real, "complex64")):
        for count in (1, 3, 40):  # lines one by one, and side by side
            x = data((count, n), kind, 2)
            wanted = x @ matrix.T.astype(np.result_type(dtype, kind))
            for y in (plan(x), plan.apply(np.ascontiguousarray(x.T), axis=0).T, plan.apply(x[::-1])[::-1]):
                assert y.dtype == np.result_type(dtype, kind)
                close(y, wanted, x[0], 3 * h)
    x = data((40, n), dtype)
    y = plan(x)
    assert plan(x, x) is x and np.array_equal(x, y)
    assert plan(np.zeros((0, n), dtype)).shape == (0, n)


def test_a_circulant_agrees_with_its_network() -> None:
    h = data(8, "float64")
    x = data((3, 64), "float64")
    close(fn.fft.circulant(h, 64)(x), fn.convolution(h, 64)(x).real, x, h)


@pytest.mark.parametrize("dtype", DTYPES)
def test_circulants_give_the_same_bits_for_any_number_of_threads(dtype: str) -> None:
    plan = fn.fft.circulant(data(30, dtype), 1000)
    for x, axis in ((data((77, 1000), dtype), 1), (data((1000, 77), dtype), 0)):
        one = plan.apply(x, axis, workers=1)
        assert all(np.array_equal(one, plan.apply(x, axis, workers=workers)) for workers in (2, 5))
