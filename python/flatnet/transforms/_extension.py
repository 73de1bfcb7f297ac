"""Boundary rules of PyWavelets as linear maps: the samples, weighted, that stand for a position outside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MODES = (
    "periodization",
    "zero",
    "constant",
    "symmetric",
    "reflect",
    "periodic",
    "smooth",
    "antisymmetric",
    "antireflect",
)

Index = NDArray[np.int64]
Weight = NDArray[np.float64]


def extension(mode: str, n: int, position: Index) -> tuple[Index, Weight]:
    """Samples and weights that stand for ``position`` (any shape) of a signal of n samples.

    The two reflections about a sample, "reflect" and "antireflect", need n > 1.
    Returns index and weight of shape (*position.shape, terms); the extended value is sum(weight * x[index]).
    """
    if mode == "antireflect":
        return _antireflect(n, position)
    if mode == "smooth" and n > 1:
        return _smooth(n, position)
    weight = np.ones(position.shape)
    if mode == "zero":
        weight = ((position >= 0) & (position < n)).astype(np.float64)
        index = np.clip(position, 0, n - 1)
    elif mode == "periodic":
        index = position % n
    elif mode == "periodization":  # an odd length is first made even by repeating the last sample
        index = np.minimum(position % (n + n % 2), n - 1)
    elif mode in ("symmetric", "antisymmetric"):
        index = position % (2 * n)
        if mode == "antisymmetric":
            weight = np.where(index < n, 1.0, -1.0)
        index = np.minimum(index, 2 * n - 1 - index)
    elif mode == "reflect":
        index = position % (2 * n - 2)
        index = np.minimum(index, 2 * n - 2 - index)
    else:  # constant, and smooth for a single sample
        index = np.clip(position, 0, n - 1)
    return index[..., None], weight[..., None]


def _smooth(n: int, position: Index) -> tuple[Index, Weight]:
    # Straight lines through the two outermost samples: x[-k] = (1+k) x[0] - k x[1], the same on the right.
    left, right = position < 0, position >= n
    beyond = np.where(left, -position, np.where(right, position - (n - 1), 0)).astype(np.float64)
    neighbour = np.where(left, 1, n - 2)
    return np.stack((np.clip(position, 0, n - 1), neighbour), axis=-1), np.stack((1.0 + beyond, -beyond), axis=-1)


def _antireflect(n: int, position: Index) -> tuple[Index, Weight]:
    # Point reflection at both ends; two of them shift by 2(n-1) and add 2(x[n-1] - x[0]).
    turns, inside = np.divmod(position, 2 * n - 2)
    mirrored = inside >= n
    index = np.minimum(inside, 2 * n - 2 - inside)
    first, last = np.zeros_like(index), np.full_like(index, n - 1)
    weight = np.stack((np.where(mirrored, -1.0, 1.0), -2.0 * turns, 2.0 * turns + 2.0 * mirrored), axis=-1)
    return np.stack((index, first, last), axis=-1), weight
