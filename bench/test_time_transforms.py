"""Fourier, Hadamard and Haar transforms: the chain, its cheapest merge, the matrix, a library."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import flatnet as fn
import numpy as np
import pytest
import scipy.fft
from rivals import Unavailable

pytestmark = pytest.mark.benchmark(max_time=0.3, min_rounds=5, disable_gc=True)
N = 1024
Call = Callable[[], Any]


def network(net: fn.Network, X: np.ndarray, threads: int) -> Call:
    """A network that writes to an array of its own."""
    out = net.apply(X, axis=0, threads=threads)
    return lambda: net.apply(X, axis=0, out=out, threads=threads)


def chain(net: fn.Network, X: np.ndarray, threads: int) -> Call:
    return network(net, X, threads)


def fewest_synapses(net: fn.Network, X: np.ndarray, threads: int) -> Call:
    return network(net.flatten(net.depth), X, threads)


def matrix(net: fn.Network, X: np.ndarray, threads: int) -> Call:
    A = np.ascontiguousarray(net.toarray().astype(X.dtype))
    out = np.empty((A.shape[0], X.shape[1]), X.dtype)
    return lambda: np.matmul(A, X, out=out)


def sparse_matrix(net: fn.Network, X: np.ndarray, threads: int) -> Call:
    A = net.flatten(0)[0].weight.tocsr().astype(X.dtype)
    return lambda: A @ X


def fft_library(net: fn.Network, X: np.ndarray, threads: int) -> Call:
    return lambda: scipy.fft.fft(X, axis=0, workers=threads)


def strided_butterflies(net: fn.Network, X: np.ndarray, threads: int) -> Call:
    """The Hadamard stages as NumPy views: one addition and one subtraction a stage."""

    def call() -> np.ndarray:
        Y = X
        for stage in range(N.bit_length() - 1):
            pairs = Y.reshape(-1, 2, 1 << stage, X.shape[1])
            Y = np.stack((pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]), axis=1)
        return Y.reshape(X.shape)

    return call


def wavelet_library(net: fn.Network, X: np.ndarray, threads: int) -> Call:
    try:
        import pywt
    except ModuleNotFoundError:
        raise Unavailable("PyWavelets is not installed") from None
    return lambda: np.concatenate(pywt.wavedec(X, "haar", mode="periodization", axis=0))


# transform: dtype, batches, sides; a side that uses one thread at most is only timed with one.
TRANSFORMS: dict[str, tuple[str, tuple[int, ...], dict[str, Any]]] = {
    "dft": ("complex64", (1, 4, 16, 64, 256), {"flatnet chain": chain, "flatnet, fewest synapses": fewest_synapses,
                                               "dense GEMM": matrix, "scipy.fft": fft_library}),
    "hadamard": ("float32", (1, 16, 256), {"flatnet chain": chain, "flatnet, fewest synapses": fewest_synapses,
                                           "dense GEMM": matrix, "NumPy butterflies": strided_butterflies}),
    "haar": ("float32", (1, 16, 256), {"flatnet chain": chain, "flatnet, fewest synapses": fewest_synapses,
                                       "flat CSR (SciPy)": sparse_matrix, "PyWavelets": wavelet_library}),
}  # fmt: skip
ONE_THREAD = {strided_butterflies, sparse_matrix, wavelet_library}
CASES = [
    (transform, batch, side, threads)
    for transform, (_, batches, sides) in TRANSFORMS.items()
    for batch in batches
    for side, make in sides.items()
    for threads in ((1,) if make in ONE_THREAD else (1, 2))
]


@functools.cache
def problem(transform: str, batch: int) -> tuple[fn.Network, np.ndarray, np.ndarray]:
    """A network, a batch and the result of the matrix in double precision."""
    dtype = TRANSFORMS[transform][0]
    net = getattr(fn, transform)(N)
    rng = np.random.default_rng(0)
    X = rng.standard_normal((N, batch)) + (1j * rng.standard_normal((N, batch)) if dtype == "complex64" else 0)
    return net, X.astype(dtype), net.toarray() @ X.astype(dtype).astype(np.result_type(dtype, np.float64))


@pytest.mark.parametrize(("transform", "batch", "side", "threads"), CASES)
def test_transform(timed: Callable[..., None], transform: str, batch: int, side: str, threads: int) -> None:
    dtype, _, sides = TRANSFORMS[transform]
    net, X, expected = problem(transform, batch)
    make = functools.partial(sides[side], net, X, threads)
    timed(f"{transform} n={N}, batch {batch}, {dtype}", make, expected, threads)
