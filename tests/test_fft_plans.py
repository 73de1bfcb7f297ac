"""What flatnet.fft refuses, its plan objects, and flatnet as a backend of scipy.fft."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import flatnet as fn
import numpy as np
import pytest
import scipy.fft
from signals import close, data

COMPLEX = ("complex64", "complex128")


# --- refusals -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float16", "bool", "longdouble", "clongdouble", "object", "datetime64[s]"])
@pytest.mark.parametrize("name", ["fft", "rfft", "irfft", "fftn", "dct", "dctn"])
def test_direct_calls_refuse_by_name(name: str, dtype: str) -> None:
    x = np.zeros(4, dtype)
    if x.dtype.name in ("float64", "complex128"):
        pytest.skip("longdouble is double here")
    with pytest.raises(TypeError, match=re.escape(f", got {x.dtype.name}")):
        getattr(fn.fft, name)(x)


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda: fn.fft.fft(1.0), IndexError, "axis -1 is out of range for an array of 0 dimensions"),
        (lambda: fn.fft.fft([1.0], axis=2), IndexError, "axis 2 is out of range"),
        (lambda: fn.fft.fft([1.0], n=0), ValueError, r"invalid number of data points \(0\)"),
        (lambda: fn.fft.fft([1.0], n=2.5), TypeError, "whole number for n, got 2.5"),
        (lambda: fn.fft.fft([1.0], norm="x"), ValueError, "Invalid norm value 'x'"),
        (lambda: fn.fft.irfft([1.0]), ValueError, "invalid number of data points"),
        (lambda: fn.fft.fft([1.0], workers=0), ValueError, "workers must not be zero"),
        (lambda: fn.fft.fft([1.0], workers=-999), ValueError, "workers value out of range"),
        (lambda: fn.fft.fft([1.0], plan="x"), NotImplementedError, "precomputed plan"),
        (lambda: fn.fft.fftn([[1.0]], plan="x"), NotImplementedError, "precomputed plan"),
        (lambda: fn.fft.fft([1.0, 2.0], plan=fn.fft.plan(3, "complex128")), ValueError, "the plan is for c2c of n=3"),
        (lambda: fn.fft.fftn([[1.0]], axes=(0, 0)), ValueError, "all axes must be unique"),
        (lambda: fn.fft.fftn([[1.0]], axes=(0, 2)), ValueError, "axes exceeds dimensionality"),
        (lambda: fn.fft.fftn([[1.0]], s=(1, 1, 1)), ValueError, "shape requires more axes than are present"),
        (lambda: fn.fft.fftn([[1.0]], s=(1,), axes=(0, 1)), ValueError, "of the same length"),
        (lambda: fn.fft.fftn([[1.0]], s=(1, 0)), ValueError, "invalid number of data points"),
        (lambda: fn.fft.fftn([[1.0]], s=(1.5, 2)), ValueError, "shape must be a scalar or iterable of integers"),
        (lambda: fn.fft.rfftn([[1.0]], axes=()), ValueError, "at least 1 axis must be transformed"),
        (lambda: fn.fft.dct([1.0], type=5), ValueError, "invalid DCT type 5"),
        (lambda: fn.fft.dct([1.0], type=1), ValueError, "at least 2 data points"),
        (lambda: fn.fft.fft([[1.0], [1.0, 2.0]]), ValueError, "rectangular"),
        (lambda: fn.fft.fft([1.0, 2.0], out=np.empty(3, complex)), ValueError, r"out has shape \(3,\)"),
        (lambda: fn.fft.fft([1.0, 2.0], out=np.empty(2)), TypeError, "out has dtype"),
        (lambda: fn.fft.plan(0), ValueError, "invalid number of data points"),
        (lambda: fn.fft.plan(4, "int32"), TypeError, "int32"),
        (lambda: fn.fft.plan(4, kind="x"), ValueError, "kind='x'"),
    ],
)
def test_refusals(call: Any, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        call()


# --- plans --------------------------------------------------------------------------------------------------------

PLANS = [
    ("c2c", False, "fft"),
    ("c2c", True, "ifft"),
    ("r2c", False, "rfft"),
    ("r2c", True, "ihfft"),
    ("c2r", True, "irfft"),
    ("c2r", False, "hfft"),
]


@pytest.mark.parametrize(("kind", "inverse", "name"), PLANS)
@pytest.mark.parametrize("dtype", COMPLEX)
def test_plans_do_what_the_functions_do(kind: str, inverse: bool, name: str, dtype: str) -> None:
    for n in (1, 2, 5, 16, 100, 1009):
        for norm in (None, "ortho", "forward"):
            p = fn.fft.plan(n, dtype, kind, inverse, norm)
            x = data((3, n // 2 + 1 if kind == "c2r" else n), p.dtype)
            wanted = getattr(fn.fft, name)(x, n, norm=norm)
            close(p(x), wanted, n)
            out = np.empty(wanted.shape[-1], wanted.dtype)
            assert p(x[1], out) is out and p(x[1], out=out) is out
            close(out, wanted[1], n)
            assert p(x[:0]).shape == wanted[:0].shape and p.out_dtype == wanted.dtype
            assert (p.n, p.kind, p.inverse, p.norm) == (n, kind, inverse, norm) and p.workspace >= 0
    x = data(16, "complex128")
    wanted = fn.fft.fft(x)
    assert np.array_equal(fn.fft.plan(16, "complex128")(x, x), wanted)
    assert repr(fn.fft.plan(16)) == "flatnet.fft.plan(16, 'complex64', kind='c2c', inverse=False, norm=None)"
    assert np.array_equal(fn.fft.fft(x, plan=fn.fft.plan(16, "complex128")), fn.fft.fft(x, n=16))


def test_plans_refuse() -> None:
    p = fn.fft.plan(8)
    x = np.zeros(8, "complex64")
    for args, error, sentence in (
        (([1.0] * 8,), TypeError, "needs a NumPy array for x, got list"),
        ((np.zeros(8),), TypeError, "x of dtype complex64, got float64"),
        ((np.zeros(7, "complex64"),), ValueError, r"needs 8 elements on the last axis of x, its shape is \(7,\)"),
        ((np.zeros(16, "complex64")[::2],), ValueError, "contiguous and aligned"),
        ((x, np.zeros(8)), TypeError, "out of dtype complex64"),
        ((x, np.zeros((2, 8), "complex64")), ValueError, "out has the shape"),
        ((), TypeError, r"called as p\(x\)"),
        ((x, x, x), TypeError, r"called as p\(x\)"),
        ((np.zeros((), "complex64"),), ValueError, "its shape is"),
    ):
        with pytest.raises(error, match=sentence):
            p(*args)
    with pytest.raises(TypeError, match="called as"):
        p(x, workers=2)
    both = np.zeros(12, "complex64")
    with pytest.raises(ValueError, match="out overlaps x"):
        p(both[:8], both[4:])
    x.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        p(np.zeros(8, "complex64"), x)
    with pytest.raises(TypeError):
        type(p)()


def test_plans_from_many_threads() -> None:
    p = fn.fft.plan(1000, "complex128")
    inputs = [data(1000, "complex128", seed) for seed in range(32)]
    wanted = [p(x) for x in inputs]
    with ThreadPoolExecutor(8) as pool:
        for y, expected in zip(pool.map(p, inputs), wanted):
            assert np.array_equal(y, expected)


# --- backend ------------------------------------------------------------------------------------------------------


def test_backend() -> None:
    x = data((4, 16), "float64")
    with scipy.fft.set_backend(fn.fft, only=True):
        assert np.array_equal(scipy.fft.fft(x), fn.fft.fft(x))
        assert np.array_equal(scipy.fft.dctn(x, 3, norm="ortho"), fn.fft.dctn(x, 3, norm="ortho"))
        assert np.array_equal(scipy.fft.fft(x=x, workers=2), fn.fft.fft(x))
        assert np.array_equal(scipy.fft.fft([1, 2, 3]), fn.fft.fft([1, 2, 3]))
        assert scipy.fft.fft(x.astype(np.float16)).dtype == np.complex64
        assert np.array_equal(scipy.fft.fft(np.array([True, False])), [1, 1])
        assert scipy.fft.fft(np.array([1, 2], dtype=object)).dtype == np.complex128
        with scipy.fft.set_workers(2):
            assert np.array_equal(scipy.fft.fft(x), fn.fft.fft(x))
        wide = x.astype(np.longdouble)
        y = scipy.fft.fft(wide)
        assert y.dtype == np.clongdouble
        assert scipy.fft.dct(wide).dtype == np.longdouble
    assert np.array_equal(y, scipy.fft.fft(wide))


def test_another_librarys_arrays_go_to_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    class Foreign:
        __array_namespace__ = None

        def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
            return np.ones(4)

    with scipy.fft.set_backend(fn.fft, only=True):
        assert np.array_equal(scipy.fft.fft(Foreign()), [4, 0, 0, 0])


def test_workers_of_a_context() -> None:
    everywhere = fn.fft.get_workers()
    with fn.fft.set_workers(3):
        assert fn.fft.get_workers() == 3
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(fn.fft.get_workers).result() == everywhere
    assert fn.fft.get_workers() == everywhere
    with pytest.raises(ValueError, match="zero"), fn.fft.set_workers(0):
        pass
