"""The largest element of each window."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .. import _array, _check
from ._arguments import Array


def max_pool(
    x: ArrayLike,
    kernel: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    axis: int | tuple[int, int] | None = None,
    out: Array | None = None,
) -> Array:
    r"""The largest element of each window along one axis or two.

    Parameters
    ----------
    x : array_like
        Integers, float32 or float64, any strides and byte order.
    kernel : int or (int, int)
        Elements of a window, one number an axis.
    stride : int or (int, int), optional
        Steps from window to window; by default the kernel, so that windows do not overlap.
    axis : int or (int, int), optional
        The axis or two axes of the windows; by default the last ones.
    out : ndarray, optional
        Where to write: the result's shape and the dtype of `x`; may not overlap `x`.

    Returns
    -------
    ndarray
        The dtype of `x`; an axis of n elements has floor((n - kernel)/stride) + 1. NaN where a window has one.

    Raises
    ------
    ValueError, TypeError
        If a window is longer than its axis, numbers and axes do not match, or `out` does not fit.

    Notes
    -----
    .. math:: y_i = \max_{0 \le k < K} x_{S i + k}

    The network max-pooling of Lin & Tegmark sec. II A; in two dimensions one axis after the other, which is the same.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.max_pool([3, 1, 4, 1, 5, 9], 2), fn.max_pool([[1, 2, 0], [0, 5, 1]], (2, 2), stride=1)
    (array([3, 4, 9]), array([[5, 5]]))
    """
    a = _array.as_data(x)
    if a.dtype.kind == "c":
        raise TypeError(f"max_pool compares real numbers, x is {a.dtype.name}")
    kernels = kernel if isinstance(kernel, tuple) else (kernel,)
    strides = kernels if stride is None else stride if isinstance(stride, tuple) else (stride,) * len(kernels)
    axes = tuple(range(-len(kernels), 0)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if len(kernels) not in (1, 2) or len(strides) != len(kernels) or len(axes) != len(kernels):
        raise ValueError(
            f"max_pool needs a kernel, a stride and an axis for one axis or for two, got {kernel!r}, {stride!r} and {axis!r}"
        )
    numbers = [_check.integer("max_pool", "axis", i) for i in axes]
    if any(not -a.ndim <= i < a.ndim for i in numbers) or len({i % a.ndim for i in numbers}) < len(numbers):
        raise ValueError(f"max_pool needs different axes of an array of {a.ndim}, got {axis!r}")
    y = a
    for i, k, s in zip(numbers, kernels, strides, strict=True):
        y = _pooled(y, i, _check.positive_int("max_pool", "kernel", k), _check.positive_int("max_pool", "stride", s))
    if out is None:
        return y
    out = _array.check_out(out, y.shape, y.dtype, a)
    if y.size and np.may_share_memory(out, a):
        raise ValueError("out overlaps x: the result would be read while it is written")
    np.copyto(out, y)
    return out


def _pooled(x: Array, axis: int, kernel: int, stride: int) -> Array:
    n = x.shape[axis]
    if kernel > n:
        raise ValueError(f"max_pool has a window of {kernel} elements, x has {n} on axis {axis}")
    reach = (n - kernel) // stride * stride + 1
    moved = np.moveaxis(x, axis, -1)
    y = np.array(moved[..., 0:reach:stride], dtype=x.dtype.newbyteorder("="))
    for k in range(1, kernel):
        np.maximum(y, moved[..., k : k + reach : stride], out=y)
    return np.moveaxis(y, -1, axis)
