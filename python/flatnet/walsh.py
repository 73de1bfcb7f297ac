"""The Walsh-Hadamard transform of arrays."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _array, _check, _core
from .transforms._entry import Norm, norm_scale

Order = Literal["natural", "sequency", "dyadic"]

_ORDERS = ("natural", "sequency", "dyadic")


def fwht(
    x: ArrayLike,
    axis: int = -1,
    norm: Norm = "backward",
    order: Order = "natural",
    out: NDArray[Any] | None = None,
    threads: int | None = None,
    *,
    base: int | None = None,
    isa: str = "",
) -> NDArray[Any]:
    r"""Walsh-Hadamard transform along one axis.

    Parameters
    ----------
    x : array_like
        Integers, float32, float64, complex64 or complex128, any strides and byte order; `n` elements on `axis`.
    axis : int, optional
        The axis that holds the vectors; all others are batch.
    norm : {"backward", "ortho", "forward"}, optional
        Scale 1, 1/sqrt(n) or 1/n, as in scipy.fft. With "ortho" the transform is its own inverse (base 1).
    order : {"natural", "sequency", "dyadic"}, optional
        Order of the rows of H: Sylvester's; by the number of sign changes (Walsh); by bit-reversed index (Paley).
    out : ndarray, optional
        Where to write: the shape of `x`, the result's dtype. May be `x` itself, may not overlap it otherwise.
    threads : int, optional
        Threads to use; None is the process's default (``FLATNET_THREADS``, else all cores). Lines are shared among them,
        and a long line too.
    base : int, optional
        Order of the dense core, n = base·2^k: 1 or an order that doubling and Paley's two constructions over fields of
        p or p² elements reach (12, 20, 28, 36, 40, 44, 48, 52, ...), up to 1024. By default the smallest that fits.
    isa : str, optional
        Instruction set to run instead of the process's (``flatnet.show_config()`` lists them); for tests.

    Returns
    -------
    ndarray
        H x in the precision of `x`. Integers stay exact with norm "backward": int8 to int32, uint8 and uint16 give int32,
        all others int64; with a scale they are computed in float64.

    Raises
    ------
    ValueError
        If `n` is not `base` times a power of two, the norm or order is unknown, `out` does not fit, or n·max|x| could
        pass the range of the integers. `out` is then untouched.
    TypeError
        If a dtype is not one of the above: float16, longdouble, bool and object are refused, nothing is cast down.

    Notes
    -----
    .. math:: y_i = c \sum_{j=0}^{n-1} (-1)^{\langle i, j\rangle} x_j, \qquad
              H_n = H_b \otimes H_2 \otimes \dots \otimes H_2, \qquad n = b\,2^k

    with ⟨i, j⟩ the number of bits that i and j share (b = 1). Row i of the sequency order is row reverse(i ^ i >> 1) of
    the natural one, row i of the dyadic order row reverse(i): J. L. Shanks, IEEE Trans. Comput. C-18 (1969) 457. All
    additions run in the order of ascending distance, so the result's bits depend on neither threads, nor layout, nor
    alignment, nor instruction set. `fwht` equals ``hadamard(n, norm, base)(x)``.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.fwht([1, 0, 1, 0, 0, 1, 1, 0])
    array([ 4,  2,  0, -2,  0,  2,  0,  2])
    >>> fn.fwht([1, 0, 1, 0, 0, 1, 1, 0], order="sequency")
    array([ 4,  0,  0,  0, -2,  2,  2,  2])
    """
    if (
        type(axis) is int
        and axis == -1
        and norm == "backward"
        and order == "natural"
        and threads is None
        and base is None
        and isa == ""
    ):
        y = _core.fwht_plain(x, out)
        if y is not None:
            return y
    a = _array.as_data(x)
    i = _check.integer("fwht", "axis", axis)
    if not -a.ndim <= i < a.ndim:
        raise ValueError(f"axis {i} is out of range for an array of {a.ndim} axes")
    i %= a.ndim
    n = a.shape[i]
    core = _core_order(n, base)
    if order not in _ORDERS:
        raise ValueError(f"fwht knows the orders 'natural', 'sequency' and 'dyadic', got {order!r}")
    if order != "natural" and n & (n - 1):
        raise ValueError(f"the orders 'sequency' and 'dyadic' need a power of two, got n={n}")
    scale = norm_scale("fwht", norm, n)
    team = _check.threads("fwht", threads)
    if not isinstance(isa, str):
        raise TypeError(f"fwht needs the name of an instruction set for isa, got {isa!r}")
    dtype = _result_dtype(a.dtype, norm)
    if dtype.kind == "i":
        _array.check_range(float(n), a, dtype)
    if out is None:
        if a.size * dtype.itemsize > 1 << 28:
            _check.require_memory("the result", a.size * dtype.itemsize)
        out = np.empty(a.shape, dtype)
    else:
        out = _array.check_out(out, a.shape, dtype, a)
    source = a
    if a.dtype != dtype or any(step % dtype.itemsize for step in a.strides):
        np.copyto(out, a)
        source = out
    if not any(step % dtype.itemsize for step in out.strides):
        _core.fwht(source, out, i, core, _ORDERS.index(order), scale, team, isa)
        return out
    # A field of a record whose elements do not lie at multiples of their size.
    whole = np.array(source)
    _core.fwht(whole, whole, i, core, _ORDERS.index(order), scale, team, isa)
    np.copyto(out, whole)
    return out


def _core_order(n: int, base: int | None) -> int:
    """The order of the dense core for vectors of n elements."""
    if base is None:
        core = _core.hadamard_base(n)
        if core == 0:
            raise ValueError(f"fwht needs a power of two or a known base (12, 20, 28, 36, ...) times one, got n={n}")
        return core
    core = _check.positive_int("fwht", "base", base)
    quotient, rest = divmod(n, core)
    if n == 0 or rest or quotient & (quotient - 1):
        raise ValueError(f"fwht with base={core} needs {core} times a power of two, got n={n}")
    return core


def _result_dtype(x: np.dtype[Any], norm: str) -> np.dtype[Any]:
    if x.kind not in "iu":
        return x.newbyteorder("=")
    if norm != "backward":
        return np.dtype(np.float64)
    return np.dtype(np.int32 if x.name in _array._SMALL_INTEGERS else np.int64)
