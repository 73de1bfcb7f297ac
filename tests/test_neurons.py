"""Small layers as one step: against NumPy in double precision, over layouts, dtypes, batches and threads."""

from __future__ import annotations

import warnings
from typing import Any

import flatnet as fn
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

Array = NDArray[Any]
RNG = np.random.default_rng(17)
ACTIVATIONS = {
    None: lambda t: t,
    "logistic": lambda t: 1 / (1 + np.exp(-t)),
    "relu": lambda t: np.maximum(t, 0),
    "tanh": np.tanh,
    "square": np.square,
    "softmax": lambda t: np.exp(t - t.max(-1, keepdims=True)) / np.exp(t - t.max(-1, keepdims=True)).sum(-1, keepdims=True),
}


def chain(widths: list[int], activations: list[str | None], dtype: str, paired: bool = False) -> fn.Network:
    """Weights in (-1, 1); with `paired`, logistic neurons come at b + t and b - t and are read alike."""
    layers = []
    for n, m, activation in zip(widths[:-1], widths[1:], activations, strict=True):
        A, b = RNG.uniform(-1, 1, (m, n)), RNG.uniform(-1, 1, m)
        if paired and layers:
            A[:, n // 2 : 2 * (n // 2)] = A[:, : n // 2]
        if paired and activation == "logistic":
            A[m // 2 : 2 * (m // 2)] = -A[: m // 2]
        layers.append(fn.Layer(A.astype(dtype), bias=b.astype(dtype), activation=activation))
    return fn.Network(layers)


def oracle(net: fn.Network, x: Array) -> Array:
    y = x.astype(np.float64)
    for layer in net.layers:
        t = y @ layer.weight.toarray().astype(np.float64).T
        y = ACTIVATIONS[layer.activation](t if layer.bias is None else t + layer.bias)
    return y


# In eps: sums of up to 17 terms below 1 and activations of 3 ulp; three layers whose rows add up to 16 at most pass errors on.
# 3000 eps is above what that adds up to, and far below any wrong digit.
def close(net: fn.Network, y: Array, exact: Array) -> bool:
    size = max(1.0, float(np.abs(exact).max(initial=0)))
    return bool((np.abs(y - exact) <= 3000 * np.finfo(y.dtype).eps * size).all())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("paired", [False, True])
@pytest.mark.parametrize(
    ("widths", "activations"),
    [
        ([2, 4, 1], ["logistic", None]),
        ([3, 8, 4, 1], ["logistic", "logistic", None]),
        ([5, 7, 3], ["relu", "softmax"]),
        ([16, 16, 16, 16], ["tanh", "logistic", "square"]),
    ],
)
def test_layouts(widths: list[int], activations: list[str | None], dtype: str, paired: bool) -> None:
    net = chain(widths, activations, dtype, paired)
    assert len(net.steps) == 1 and net.steps[0].startswith("neurons")
    for batch in (0, 1, 2, 3, 7, 8, 9, 31, 33, 1000):
        x = RNG.uniform(-1, 1, (batch, widths[0])).astype(dtype)
        exact = oracle(net, x)
        y = net(x)
        assert y.dtype == dtype and close(net, y, exact)
        strided = np.full((2 * batch + 1, widths[0] + 3), 9, dtype)[1::2, 1:-2]
        strided[...] = x
        swapped = x.astype(x.dtype.newbyteorder())
        for other in (np.asfortranarray(x), strided, x[::-1][::-1], swapped):
            assert (net(other) == y).all()
        columns = net.apply(np.ascontiguousarray(x.T), axis=0)
        # up to two vectors run in columns of one lane each, where a softmax adds in another order
        assert (y == columns.T).all() or activations[-1] == "softmax"
        for threads in (1, 2, 3):
            out = np.full((widths[-1], batch + 5), 7, dtype)
            net.apply(np.asfortranarray(x).T, axis=0, out=out[:, 2:-3], threads=threads)
            assert (out[:, 2:-3] == columns).all() and (out[:, :2] == 7).all() and (out[:, -3:] == 7).all()


@given(st.integers(1, 300), st.integers(0, 40), st.booleans(), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_bits_do_not_depend_on_the_batch(batch: int, cut: int, narrow: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    net = fn.product_gate(dtype="float32" if narrow else "float64")
    x = rng.uniform(-1, 1, (2, batch)).astype(net.dtype)
    whole, cut = net.apply(x, axis=0), min(cut, batch)
    parts = np.hstack([net.apply(x[:, :cut], axis=0), net.apply(x[:, cut:], axis=0)])
    assert (parts == whole).all() and (net(x.T)[:, 0] == whole[0]).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_large_results_go_past_the_caches(dtype: str) -> None:
    net = chain([2, 4, 3], ["logistic", None], dtype, paired=True)
    n = 1_100_001
    x = RNG.uniform(-2, 2, (2, n + 3)).astype(dtype)[:, 1:-2]
    y = np.empty((3, n + 31), dtype)
    part = net.apply(x[:, 600_000:600_100], axis=0)
    for shift in (0, 1, 6):
        got = net.apply(x, axis=0, out=y[:, shift : shift + n])
        assert (got[:, 600_000:600_100] == part).all() and close(net, got[:, -9:].T, oracle(net, x[:, -9:].T))


def test_complex_numbers_and_integers_take_the_layers() -> None:
    linear = fn.Network([fn.Layer(np.eye(3)), fn.Layer(np.ones((2, 3)), bias=[1.0, 2.0])])
    assert (linear(np.array([1j, 2, 3])) == np.array([6 + 1j, 7 + 1j])).all()
    net = chain([2, 4, 1], ["logistic", None], "float64", paired=True)
    with pytest.raises((TypeError, ValueError), match="complex"):
        net(np.array([1j, 2]))
    assert (net(np.array([1, 2])) == net([1.0, 2.0])).all()


def test_far_from_the_bias() -> None:
    net = fn.Network([fn.Layer([[1.0], [-1.0]], bias=[-3.0, -3.0], activation="logistic"), fn.Dense([[1.0, 1.0]])])
    assert net.steps == ["neurons 1 -> 2 -> 1, logistic, 1 pair"]
    x = np.array([[0.0], [0.4999], [0.5], [0.5001], [3.0], [50.0], [1000.0], [np.inf], [-np.inf], [np.nan]])
    with np.errstate(over="ignore"):
        exact = oracle(net, x)
    # two neurons of 2.5 ulp below 1, their sum, 2 s(b) added again: 4 eps of 1
    np.testing.assert_allclose(net(x), exact, rtol=0, atol=4 * np.finfo(float).eps)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (net(-x[:7]) == net(x[:7])).all()


def test_zeros_behind_unbounded_activations_take_part() -> None:
    # a zero times an infinite neuron is no number, as in the layers one by one
    net = fn.Network([fn.Layer(np.eye(2), activation="relu"), fn.Dense([[1.0, 0.0]])])
    assert net.steps == ["neurons 2 -> 2 -> 1, relu"]
    assert np.isnan(net([1.0, np.inf])).all() and (net([1.0, 2.0]) == 1).all()


def test_long_chains_are_seen_in_no_time() -> None:
    wide = [fn.Layer(RNG.uniform(-1, 1, (40, 40)), activation="tanh") for _ in range(60)]
    assert len(fn.Network(wide).steps) == 60
    narrow = [fn.Layer(RNG.uniform(-1, 1, (9, 9)), activation="tanh") for _ in range(60)]
    assert fn.Network(narrow).steps == ["neurons 9" + 60 * " -> 9" + ", tanh"]
    mixed = fn.Network([*wide[:3], fn.Dense(RNG.uniform(-1, 1, (9, 40))), *narrow[:4]])
    assert mixed.steps[:4] == [*(f"layer {i} Dense, tanh" for i in range(3)), "layer 3 Dense"]
    assert mixed.steps[4:] == ["neurons 9 -> 9 -> 9 -> 9 -> 9, tanh"]


def test_domains_in_one_pass() -> None:
    net = fn.product_gate()
    for x in (RNG.uniform(-1, 1, (100_000, 2)), RNG.uniform(-1, 1, (2, 100_000)).T, np.ones((5, 2), int)):
        assert net.certificate.holds(x)
        if x.dtype.kind == "f":
            for bad in (1.0000001, -2.0, np.nan, np.inf):
                y = x.copy()
                y[RNG.integers(len(y)), 1] = bad
                assert not net.certificate.holds(y) and not net.certificate.holds(y.astype(">f8"))
                with pytest.warns(fn.OutsideDomainWarning, match="1 of 100000 vectors"):
                    net(y)
    own = fn.Certificate(error=0.0, domain=((0.0, 0.1), (-1.0, 5.0)), dtype="float64", statement="two intervals")
    assert own.holds([[0.0, 5.0], [0.1, -1.0]]) and not own.holds([[0.0, 5.0], [0.2, 0.0]])
    assert not own.holds(np.array([[0.1, 0.0]], np.float32))  # 0.1 rounds up
    shared = fn.Certificate(error=0.0, domain=((0.0, 0.1),), dtype="float64", statement="one interval")
    assert shared.holds(np.array([[0.1, 0.0]], np.float32))
