"""Activations of arrays against mpmath, bit by bit where they must agree: layouts, dtypes, threads, out=, instruction sets."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import flatnet as fn
import mpmath as mp
import numpy as np
import pytest
import scipy.special
from catalog import ISAS
from flatnet.activations import ELEMENTWISE
from hypothesis import given, settings
from hypothesis import strategies as st

FLOATS = [np.dtype("f4"), np.dtype("f8")]
FUSED = [isa for isa in ISAS if isa != "v2"]

# The exact functions, and the bounds of docs/activations.md in ulp for float32 and float64.
EXACT: dict[str, Callable[[Any], Any]] = {
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "tanh": mp.tanh,
    "softplus": lambda x: mp.log1p(mp.exp(x)) if x < 0 else x + mp.log1p(mp.exp(-x)),
    "relu": lambda x: max(x, mp.mpf(0)),
    "gelu": lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2,
    "silu": lambda x: x / (1 + mp.exp(-x)),
    "sin": mp.sin,
    "exp": mp.exp,
    "square": lambda x: x * x,
}
BOUNDS = {
    "sigmoid": (2.0, 1.9),
    "tanh": (3.0, 3.0),
    "softplus": (3.0, 3.5),
    "relu": (0.0, 0.0),
    "gelu": (6.0, 6.0),
    "silu": (3.0, 3.0),
    "sin": (3.0, 3.0),
    "exp": (1.5, 1.5),
    "square": (0.5, 0.5),
}
# Where the result is neither 0 nor infinite nor the argument itself, in float32 and float64.
RANGES = {
    "sigmoid": ((-105, 20), (-746, 40)),
    "softplus": ((-105, 20), (-746, 40)),
    "gelu": ((-14.5, 8), (-38.8, 9)),
    "silu": ((-109, 20), (-752, 40)),
    "exp": ((-105, 88), (-746, 709)),
    "sin": ((-1e4, 1e4), (-1e6, 1e6)),
}


def ulps(y: np.ndarray, exact: list[Any]) -> float:
    """The largest |y - exact| in units of the spacing of floats at `exact`, that of the subnormals below the normal numbers."""
    info = np.finfo(y.dtype)
    worst = 0.0
    for got, true in zip(y.tolist(), exact, strict=True):
        exponent = max(mp.frexp(true)[1] if true else info.minexp, info.minexp + 1)
        worst = max(worst, float(abs(mp.mpf(got) - true) / mp.mpf(2) ** (exponent - info.nmant - 1)))
    return worst


def arguments(name: str, dtype: np.dtype) -> np.ndarray:
    """Evenly spaced over the range that matters, every magnitude of both signs, for the sine up to the largest floats."""
    rng = np.random.default_rng(3)
    low, high = RANGES.get(name, ((-20, 20), (-40, 40)))[dtype == "f8"]
    parts = [rng.uniform(low, high, 500), np.ldexp(rng.uniform(-2, 2, 300), rng.integers(-70, 3, 300))]
    parts.append(np.ldexp(rng.uniform(-1, 1, 50), -1070 if dtype == "f8" else -140))
    if name == "sin":
        parts.append(np.ldexp(rng.uniform(-2, 2, 200), rng.integers(0, 1022 if dtype == "f8" else 126, 200)))
        parts.append(np.round(rng.uniform(0, 2600, 100)) * np.pi)
    return np.concatenate(parts).astype(dtype)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_errors_in_ulp(name: str, dtype: np.dtype) -> None:
    """Within the documented bound; without fused operations half an ulp more, but for the logistic function."""
    x = arguments(name, dtype)
    with mp.workdps(340 if name == "sin" else 40):
        exact = [EXACT[name](mp.mpf(v)) for v in x.tolist()]
        for isa in ISAS:
            error = ulps(getattr(fn, name)(x, isa=isa), exact)
            more = 0.5 if isa == "v2" and name not in ("relu", "square", "sigmoid") else 0
            assert error <= BOUNDS[name][dtype == "f8"] + more, isa


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("isa", ISAS)
def test_sigmoid_rises(isa: str, dtype: np.dtype) -> None:
    """On sorted samples, over neighbouring floats, and across the places where its reduction or its formula changes."""
    integer = np.dtype(f"i{dtype.itemsize}")
    rng = np.random.default_rng(4)
    edges = np.concatenate(
        [np.arange(-64, 64) * math.log(2), [15.9, -15.9, 36.0, -36.0, 64, -64, 600, -600], rng.normal(0, 9, 200)]
    )
    for at in edges.astype(dtype):
        if at != 0:
            bits = np.array(at).view(integer) + np.arange(-64, 64, dtype=integer)
            x = np.sort(bits.view(dtype))
            assert (np.diff(fn.sigmoid(x, isa=isa)) >= 0).all(), at
    x = np.sort(rng.uniform(-110 if dtype == "f4" else -750, 40, 200_000)).astype(dtype)
    assert (np.diff(fn.sigmoid(x, isa=isa)) >= 0).all()
    tiny = np.linspace(-1e-6, 1e-6, 100_001).astype(dtype)
    assert (np.diff(fn.sigmoid(tiny, isa=isa)) >= 0).all()


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_special_values(dtype: np.dtype, isa: str) -> None:
    x = np.array([-np.inf, -0.0, 0.0, np.inf, np.nan], dtype)
    expected = {
        "sigmoid": [0, 0.5, 0.5, 1, np.nan],
        "tanh": [-1, -0.0, 0, 1, np.nan],
        "relu": [0, -0.0, 0, np.inf, np.nan],
        "gelu": [-0.0, -0.0, 0, np.inf, np.nan],
        "silu": [-0.0, -0.0, 0, np.inf, np.nan],
        "sin": [np.nan, -0.0, 0, np.nan, np.nan],
        "exp": [0, 1, 1, np.inf, np.nan],
        "square": [np.inf, 0, 0, np.inf, np.nan],
    }
    for name, values in expected.items():
        y = getattr(fn, name)(x, isa=isa)
        np.testing.assert_array_equal(y, np.array(values, dtype))
        np.testing.assert_array_equal(
            np.signbit(y[:4]), np.signbit(np.array(values[:4])) if name != "sin" else np.signbit(y[:4])
        )
    assert np.isnan(fn.softplus(x, isa=isa)[4]) and fn.softplus(x, isa=isa)[[0, 3]].tolist() == [0, np.inf]


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_same_bits_everywhere(name: str, dtype: np.dtype) -> None:
    """Vector body and tail, any layout, byte order and alignment, in place, threads, fused instruction sets."""
    f = getattr(fn, name)
    x = (5 * np.random.default_rng(5).standard_normal((40, 37))).astype(dtype)
    x[::7, ::5] *= 50
    y = f(x)
    bits = y.view(f"u{dtype.itemsize}")

    def same(other: np.ndarray) -> None:
        np.testing.assert_array_equal(np.ascontiguousarray(other).view(bits.dtype), bits)

    for count in (0, 1, 2, 7, 15, 16, 17, 33, 64, 65, 100):
        line = x.ravel()[:count]
        np.testing.assert_array_equal(f(line).view(bits.dtype), bits.ravel()[:count])
        np.testing.assert_array_equal(f(x.ravel()[3 : 3 + count]).view(bits.dtype), bits.ravel()[3 : 3 + count])
    same(f(np.asfortranarray(x)))
    same(f(x[::-1, ::-1])[::-1, ::-1])
    wide = np.zeros((80, 111), dtype)
    wide[::2, ::3] = x
    same(f(wide[::2, ::3]))
    same(f(x.astype(dtype.newbyteorder())))
    raw = np.zeros(x.nbytes + 1, np.uint8)[1:].view(np.uint8)
    odd = np.ndarray(x.shape, dtype, raw.data)
    odd[:] = x
    same(f(odd))
    for target in (np.empty_like(x), np.empty_like(x, order="F"), wide[1::2, 1::3]):
        assert f(x, out=target) is target
        same(target)
    place = x.copy()
    assert f(place, place) is place
    same(place)
    for isa in FUSED:
        same(f(x, isa=isa))
    big = np.tile(x.ravel(), 60)
    for threads in (1, 2, 3):
        np.testing.assert_array_equal(f(big, threads=threads).view(bits.dtype), np.tile(bits.ravel(), 60))


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_results(name: str) -> None:
    """Integers compute in float64, scalars give scalars, float32 stays; empty arrays too."""
    f = getattr(fn, name)
    for kind in "bhilqBHILQ":
        y = f(np.arange(4, dtype=kind).reshape(2, 2))
        assert y.dtype == "f8" and y.shape == (2, 2)
        np.testing.assert_array_equal(y.ravel(), f([0.0, 1.0, 2.0, 3.0]))
    assert isinstance(f(0.5), float) and f(0.5) == f([0.5])[0]
    assert isinstance(f(np.float32(0.5)), np.float32) and f(np.array(3)).shape == ()
    assert f(np.zeros((0, 3), "f4")).shape == (0, 3) and f(np.zeros((0, 3), "f4")).dtype == "f4"
    whole = np.empty(())
    assert f(2.0, out=whole) is whole and whole == f(2.0)


@pytest.mark.parametrize("name", [*ELEMENTWISE, "softmax"])
def test_bad_input(name: str) -> None:
    f = getattr(fn, name)
    x = np.ones(8)
    for dtype in ("f2", "?", "O", "g"):
        with pytest.raises(TypeError, match=np.dtype(dtype).name):
            f(x.astype(dtype))
    with pytest.raises(TypeError, match="real numbers, x is complex128"):
        f(x + 1j)
    with pytest.raises(ValueError, match="rectangular"):
        f([[1.0, 2.0], [3.0]])
    for threads, error in ((0, ValueError), (1.5, TypeError)):
        with pytest.raises(error, match="threads"):
            f(x, threads=threads)
    with pytest.raises(ValueError, match="v9"):
        f(x, isa="v9")
    with pytest.raises(ValueError, match="shape"):
        f(x, out=np.ones(7))
    with pytest.raises(TypeError, match="<f4"):
        f(x, out=np.ones(8, "f4"))
    with pytest.raises(TypeError, match="NumPy array"):
        f(x, out=[0.0] * 8)
    space = np.ones(12)
    with pytest.raises(ValueError, match="overlaps"):
        f(space[:8], out=space[2:10])
    assert (space == 1).all()


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_centred_sigmoid(dtype: np.dtype) -> None:
    """Within 6 ulp of the difference for arguments of all magnitudes, 0 at 0, the limits at infinity, NaN at NaN."""
    rng = np.random.default_rng(6)
    t = np.concatenate([rng.uniform(-60, 60, 150), np.ldexp(rng.uniform(-2, 2, 150), rng.integers(-60, 3, 150))]).astype(dtype)
    for bias in (0.0, -math.acosh(5), 1.317, -30.0, 30.0, -60.0):
        with mp.workdps(90):
            b = mp.mpf(bias)
            exact = [1 / (1 + mp.exp(-b - v)) - 1 / (1 + mp.exp(-b)) for v in map(mp.mpf, t.tolist())]
            for isa in ISAS:
                assert ulps(fn.sigmoid_centred(t, bias, isa=isa), exact) <= 6.5, (bias, isa)
        ends = fn.sigmoid_centred(np.array([-np.inf, 0, np.inf, np.nan], dtype), bias)
        s = 1 / (1 + math.exp(-bias))
        np.testing.assert_allclose(ends, [-s, 0, 1 / (1 + math.exp(bias)), np.nan], rtol=4 * np.finfo(dtype).eps)
    assert isinstance(fn.sigmoid_centred(0.25, 1), float)
    for bias, error in ((math.inf, ValueError), (1e4, ValueError), ("1", TypeError)):
        with pytest.raises(error, match="bias"):
            fn.sigmoid_centred(t, bias)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_softmax(dtype: np.dtype, isa: str) -> None:
    """Each class within (8 + |x - max x|) u of scipy's in double; the shift by a constant that floats hold changes nothing."""
    rng = np.random.default_rng(7)
    u = np.finfo(dtype).eps / 2
    for shape, axis in (((3, 5), -1), ((40, 7, 3), 1), ((1000, 4), 0), ((1, 1), 0), ((17,), 0)):
        x = np.round(rng.normal(0, 20, shape) * 1024).astype(dtype) / 1024
        y = fn.softmax(x, axis, isa=isa)
        expected = scipy.special.softmax(x.astype("g"), axis=axis)
        away = np.abs(x - x.max(axis=axis, keepdims=True))
        assert (
            y.dtype == dtype
            and (np.abs(y - expected) <= (8 + away) * u * expected + 2 * np.finfo(dtype).smallest_subnormal).all()
        )
        np.testing.assert_array_equal(fn.softmax(x + dtype.type(64), axis, isa=isa), fn.softmax(x.copy() + 0, axis, isa=isa))
        np.testing.assert_array_equal(fn.softmax(x, axis, isa=isa, threads=3), y)
        place = x.copy(order="F")
        np.testing.assert_array_equal(fn.softmax(place, axis, out=place, isa=isa), y)
    y = fn.softmax(np.array([[0, -np.inf, 0], [-np.inf] * 3, [0, np.inf, 1], [np.nan, 0, 0]], dtype), isa=isa)
    np.testing.assert_array_equal(y[0], [0.5, 0, 0.5])
    assert np.isnan(y[1:]).all()
    layer = fn.Layer(np.eye(5, dtype=dtype), np.arange(5, dtype=dtype), "softmax")
    x = rng.normal(size=(9, 5)).astype(dtype)
    np.testing.assert_array_equal(layer.apply(x, isa=isa), fn.softmax(x + np.arange(5, dtype=dtype), isa=isa))


def test_softmax_of_many_classes() -> None:
    """The sum is compensated: 10^5 equal classes have 10^-5 each to the last digits."""
    y = fn.softmax(np.zeros((4, 100_000), "f4"))
    assert (np.abs(y * 1e5 - 1) <= 2.0**-23).all()


@given(
    n=st.integers(1, 20),
    m=st.integers(1, 9),
    k=st.integers(1, 5),
    l=st.integers(1, 5),
    s=st.integers(1, 6),
    t=st.integers(1, 6),
)
@settings(max_examples=60, deadline=None)
def test_max_pool(n: int, m: int, k: int, l: int, s: int, t: int) -> None:  # noqa: E741
    x = np.random.default_rng(n * m).integers(-9, 9, (2, n, m))
    if k > n or l > m:
        with pytest.raises(ValueError, match="window"):
            fn.max_pool(x, (k, l), (s, t))
        return
    windows = np.lib.stride_tricks.sliding_window_view(x, (k, l), axis=(1, 2))[:, ::s, ::t]
    y = fn.max_pool(x, (k, l), (s, t))
    np.testing.assert_array_equal(y, windows.max(axis=(-1, -2)))
    assert y.dtype == x.dtype
    one = np.lib.stride_tricks.sliding_window_view(x, k, axis=1)[:, ::k]
    np.testing.assert_array_equal(fn.max_pool(x, k, axis=1), one.max(axis=-1))


def test_max_pool_refuses_and_keeps() -> None:
    x = np.array([1.0, np.nan, 0.0, -1.0])
    np.testing.assert_array_equal(fn.max_pool(x, 2), [np.nan, 0])
    out = np.empty(2)
    assert fn.max_pool(x, 2, out=out) is out
    for bad in ({"kernel": 0}, {"kernel": 5}, {"kernel": 2, "stride": 0}, {"kernel": (2, 2)}, {"kernel": 2, "axis": 1}):
        with pytest.raises(ValueError, match="max_pool"):
            fn.max_pool(x, **bad)
    with pytest.raises(ValueError, match="overlaps"):
        fn.max_pool(x, 2, out=x[:2])
    with pytest.raises(TypeError, match="complex"):
        fn.max_pool(x + 1j, 2)
