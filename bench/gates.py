"""Neurons against every rival, side by side in one process: `python bench/gates.py`.

The logistic function on arrays, products of pairs by a gate of four neurons, a compiled polynomial, and the classes of
scikit-learn's digits by a compiled QDA. torch runs the same layers. README.md says what the numbers mean.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import flatnet as fn
import numpy as np
from compare import ALONE, OWN, Case, Sides, View, add_rivals, main
from limits import elementwise_seconds
from numpy.typing import NDArray
from rivals import layers, pointwise
from timing import Call, agree

Array = NDArray[Any]
# Multiply-type instructions of one logistic value: an exponential of degree 6 or 11 with its reduction, and a reciprocal.
INSTRUCTIONS = {"float32": 11, "float64": 17}
PAIRS, BATCH = 1_000_000, 100_000
SHORT = {"float32": "f32", "float64": "f64"}
GATE_ERROR = {"float32": 1e-3, "float64": 1e-9}  # of the gate itself: its largest is 3e-5 and 3e-11


def logistic(n: int, dtype: str, threads: int) -> Sides:
    """fn.sigmoid into memory that exists; the expected result is SciPy's in double precision."""
    from scipy.special import expit

    x = np.random.default_rng(0).uniform(-20, 20, n).astype(dtype)
    out, alone = np.empty_like(x), np.empty_like(x)
    calls: dict[str, Call] = {OWN: lambda: fn.sigmoid(x, out=out, threads=threads)}
    if threads > 1:
        calls[ALONE] = lambda: fn.sigmoid(x, out=alone, threads=1)
    some = slice(None, None, max(1, n // 100_000))
    for name, call in calls.items():
        agree(name, call()[some], expit(x[some].astype(np.float64)))
    sides = Sides(calls, lambda: elementwise_seconds(INSTRUCTIONS[dtype], n, 2 * x.nbytes, dtype, threads))
    add_rivals(sides, {name: partial(make, x, threads) for name, make in pointwise.LOGISTIC.items()})
    return sides


def gate(layout: str, dtype: str, threads: int) -> Sides:
    """Products of pairs: u and v as arrays of their own, or side by side in the rows of one array."""
    net = fn.product_gate(dtype=dtype)
    axis = 0 if layout == "columns" else 1
    pairs = np.random.default_rng(0).uniform(-1, 1, (2, PAIRS) if axis == 0 else (PAIRS, 2)).astype(dtype)
    u, v = np.moveaxis(pairs, axis, 0)
    out, alone = (np.empty((1, PAIRS) if axis == 0 else (PAIRS, 1), dtype) for _ in range(2))
    calls: dict[str, Call] = {OWN: lambda: net.apply(pairs, axis=axis, out=out, threads=threads)}
    if threads > 1:
        calls[ALONE] = lambda: net.apply(pairs, axis=axis, out=alone, threads=1)
    for name, call in calls.items():
        agree(name, call().reshape(-1), u.astype(np.float64) * v, GATE_ERROR[dtype])
    moved = 3 * PAIRS * pairs.itemsize
    sides = Sides(calls, lambda: elementwise_seconds(4 * INSTRUCTIONS[dtype], PAIRS, moved, dtype, threads))
    numbers = pointwise.Gate.of(net)
    made = {name: partial(make, u, v, numbers, threads) for name, make in pointwise.GATES.items()}
    add_rivals(sides, made, GATE_ERROR[dtype])
    return sides


@functools.cache
def polynomial(dtype: str) -> tuple[fn.Network, Array, Array]:
    """All 210 monomials of degree up to 4 in 6 variables with random coefficients of sum 1; inputs and exact values."""
    rng = np.random.default_rng(0)
    exponents = [e for e in itertools.product(range(5), repeat=6) if sum(e) <= 4]
    coefficients = rng.standard_normal(len(exponents))
    coefficients /= np.abs(coefficients).sum()
    X = rng.uniform(-1, 1, (BATCH, 6)).astype(dtype)
    exact = np.zeros(BATCH)
    for c, e in zip(coefficients, exponents, strict=True):
        exact += c * np.prod(X.astype(np.float64) ** np.array(e), axis=1)
    net = fn.polynomial(dict(zip(exponents, coefficients.tolist(), strict=True)), domain=[(-1, 1)] * 6, dtype=dtype)
    return net, X, exact[:, None]


@functools.cache
def digits(dtype: str) -> tuple[fn.Network, Array, Array]:
    """QDA on ten principal components of scikit-learn's digits; its images over and over, and its own probabilities."""
    from sklearn.datasets import load_digits
    from sklearn.decomposition import PCA
    from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis

    images, labels = load_digits(return_X_y=True)
    points = PCA(10, random_state=0).fit_transform(images)
    fitted = QuadraticDiscriminantAnalysis().fit(points, labels)
    X = points[np.random.default_rng(0).integers(len(points), size=BATCH)]
    return fn.from_sklearn(fitted, dtype=dtype), X.astype(dtype), fitted.predict_proba(X)


# What is compiled, and how far from exact it may be [relative]: single precision has a floor of its own.
COMPILED: dict[str, tuple[Callable[[str], tuple[fn.Network, Array, Array]], dict[str, float]]] = {
    "polynomial n=6 d=4": (polynomial, {"float32": 1e-2, "float64": 1e-6}),
    "digits QDA": (digits, {"float32": 1e-2, "float64": 1e-5}),
}


def compiled(make: Any, errors: dict[str, float], dtype: str, threads: int) -> Sides:
    """A compiled network on rows, held to the function that it stands for."""
    net, X, expected = make(dtype)
    out, alone = (np.empty((BATCH, net.shape[0]), dtype) for _ in range(2))
    calls: dict[str, Call] = {OWN: lambda: net.apply(X, out=out, threads=threads)}
    if threads > 1:
        calls[ALONE] = lambda: net.apply(X, out=alone, threads=1)
    for name, call in calls.items():
        agree(name, call(), expected, errors[dtype])
    instructions = net.synapses + INSTRUCTIONS[dtype] * net.neurons
    moved = (X.nbytes + out.nbytes) * 1.0
    sides = Sides(calls, lambda: elementwise_seconds(instructions, BATCH, moved, dtype, threads))
    made = {name: partial(rival, net, X, threads) for name, rival in layers.LAYERS.items()}
    add_rivals(sides, made, errors[dtype])
    return sides


def cases() -> list[Case]:
    """Every row of the table of neurons."""
    found = []
    for dtype, short in SHORT.items():
        for power in (4, 5, 6, 7, 8):
            side = partial(logistic, 10**power, dtype)
            quick = power in (4, 6)
            found.append(Case("logistic", f"{short} logistic 10^{power}", 1.3, 1.7, side, quick=quick, dtype=dtype))
        fused, numpy = ((1.7, 2.2), (4, 6)) if dtype == "float32" else ((1.5, 2), (3.5, 4.5))
        for layout in ("columns", "rows"):
            side = partial(gate, layout, dtype)
            by_hand = (View("gate-numpy", *numpy, ("NumPy",)),)
            compiler = ("torch.compile",)
            name = f"{short} gate 10^6, {layout}"
            found.append(
                Case("gate", name, *fused, side, dtype=dtype, rivals=compiler, views=by_hand, quick=layout == "columns")
            )
    torch = ("torch",)
    for name, (make, errors) in COMPILED.items():
        for dtype, short in SHORT.items():
            side = partial(compiled, make, errors, dtype)
            row = name.split()[0]
            found.append(Case(row, f"{short} {name}, batch 10^5", 2, 4, side, dtype=dtype, rivals=torch))
    return found


if __name__ == "__main__":
    main(__doc__.split("\n")[0], cases(), {})
