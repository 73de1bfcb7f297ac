"""Walsh-Hadamard transforms of others on arrays: NumPy, torch, and FFHT row by row.

A rival is ``make(x, axis, threads)``: it prepares what it can and returns a call without arguments that gives
H x along the axis, or raises Unavailable.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import loops
from .native import Unavailable

__all__ = ["INNERMOST", "ROWS"]

Array = NDArray[Any]
Call = Callable[[], Any]
LARGEST_CORE = 64  # Kronecker by GEMM: n = 64 x 64 x ...


def numpy_strided(x: Array, axis: int, threads: int) -> Call:
    """Sums and differences of halves between two buffers, one stage after the other."""
    buffers = [np.empty_like(x), np.empty_like(x)]
    shape, n = x.shape, x.shape[axis]
    outer, inner = int(np.prod(shape[:axis], dtype=int)), int(np.prod(shape[axis + 1 :], dtype=int))

    def call() -> Array:
        source, d = x, 1
        for stage in range(n.bit_length() - 1):
            target = buffers[stage % 2]
            before = source.reshape(outer * (n // (2 * d)), 2, d * inner)
            after = target.reshape(before.shape)
            np.add(before[:, 0], before[:, 1], out=after[:, 0])
            np.subtract(before[:, 0], before[:, 1], out=after[:, 1])
            source, d = target, 2 * d
        return source

    return call


def _core(n: int, dtype: Any) -> Array:
    H = np.ones((1, 1), dtype)
    while len(H) < n:
        H = np.block([[H, H], [H, -H]])
    return H


def _cores(n: int, dtype: Any) -> list[Array]:
    """H_n as a Kronecker product of orders up to LARGEST_CORE, as equal as can be."""
    bits = n.bit_length() - 1
    parts = -(-bits // (LARGEST_CORE.bit_length() - 1))
    return [_core(1 << (bits // parts + (part < bits % parts)), dtype) for part in range(parts)]


def numpy_kron(x: Array, axis: int, threads: int) -> Call:
    """A Kronecker product of small Hadamard matrices, each applied by the BLAS."""
    n = x.shape[axis]
    cores = _cores(n, x.dtype)
    outer, inner = int(np.prod(x.shape[:axis], dtype=int)), int(np.prod(x.shape[axis + 1 :], dtype=int))

    def call() -> Array:
        y, before = x, 1
        for H in cores:
            after = n // (before * len(H)) * inner
            if after == 1:
                y = y.reshape(outer * before, len(H)) @ H  # symmetric
            else:
                y = np.matmul(H, y.reshape(outer * before, len(H), after))
            before *= len(H)
        return y.reshape(x.shape)

    return call


def torch_strided(x: Array, axis: int, threads: int) -> Call:
    """NumPy's way with torch's threads and fused loops."""
    torch = _torch()
    torch.set_num_threads(threads)
    source_all, buffers = torch.from_numpy(x), [torch.empty(x.shape, dtype=torch.from_numpy(x[:0]).dtype) for _ in range(2)]
    n = x.shape[axis]
    outer, inner = int(np.prod(x.shape[:axis], dtype=int)), int(np.prod(x.shape[axis + 1 :], dtype=int))

    def call() -> Any:
        source, d = source_all, 1
        for stage in range(n.bit_length() - 1):
            target = buffers[stage % 2]
            before = source.view(outer * (n // (2 * d)), 2, d * inner)
            after = target.view(before.shape)
            torch.add(before[:, 0], before[:, 1], out=after[:, 0])
            torch.sub(before[:, 0], before[:, 1], out=after[:, 1])
            source, d = target, 2 * d
        return source

    return call


def torch_kron(x: Array, axis: int, threads: int) -> Call:
    """NumPy's Kronecker product with torch's GEMM."""
    torch = _torch()
    torch.set_num_threads(threads)
    n, source = x.shape[axis], torch.from_numpy(x)
    cores = [torch.from_numpy(H) for H in _cores(n, x.dtype)]
    outer, inner = int(np.prod(x.shape[:axis], dtype=int)), int(np.prod(x.shape[axis + 1 :], dtype=int))

    def call() -> Any:
        y, before = source, 1
        for H in cores:
            y = torch.matmul(H, y.reshape(outer * before, len(H), n // (before * len(H)) * inner))
            before *= len(H)
        return y.reshape(x.shape)

    return call


def ffht_rows(x: Array, axis: int, threads: int) -> Call:
    """FFHT out of place on every row, in a C loop; a row is one thread's."""
    return loops.ffht_rows(x, threads)


def _torch() -> Any:
    try:
        import torch
    except ModuleNotFoundError:
        raise Unavailable("torch is not installed") from None
    return torch


ROWS = {"FFHT": ffht_rows, "NumPy GEMM": numpy_kron, "torch": torch_strided}
INNERMOST = {"NumPy strided": numpy_strided, "NumPy GEMM": numpy_kron, "torch strided": torch_strided, "torch GEMM": torch_kron}
