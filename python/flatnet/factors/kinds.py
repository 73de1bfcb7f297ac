"""The kinds of factors that hold their weights: dense, diagonal, Kronecker, permutation, Fourier stage."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .. import _check, _core
from .base import Factor, _index, given_weights


class Dense(Factor):
    """A dense matrix.

    Parameters
    ----------
    A : array_like, shape (m, n)
        Weights; integers become float64.
    dtype : optional
        float32, float64, complex64 or complex128 to convert to.
    weak : bool, optional
        Let the precision follow the data.

    Raises
    ------
    ValueError, TypeError
        If `A` is not two-dimensional, not numeric, or holds NaN or inf.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.Dense([[1.0, 2.0], [0.0, 3.0]])([1.0, 1.0])
    array([3., 3.])
    """

    kind: ClassVar[str] = "Dense"

    def __init__(self, A: Any, *, dtype: Any = None, weak: bool = False) -> None:
        a = given_weights("Dense", "A", A, 2, dtype, weak)
        self.weak = weak
        self._given = _core.Factor.blocks("Dense", a.reshape(1, *a.shape, 1), 1, 1)


class Diagonal(Factor):
    """A diagonal matrix.

    Parameters
    ----------
    v : array_like, shape (n,)
        The diagonal.
    dtype, weak : optional
        As in `Dense`.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.Diagonal([1.0, 0.0, 2.0]).synapses
    2
    """

    kind: ClassVar[str] = "Diagonal"

    def __init__(self, v: Any, *, dtype: Any = None, weak: bool = False) -> None:
        a = given_weights("Diagonal", "v", v, 1, dtype, weak)
        self.weak = weak
        self._given = _core.Factor.blocks("Diagonal", a.reshape(1, 1, 1, -1), 1, a.size)


class Kronecker(Factor):
    r"""I_a (x) K (x) I_d with one shared core K.

    Parameters
    ----------
    a, d : int
        Sizes of the identities, >= 1. They cost no memory: a Hadamard chain of 2**40 points is a few numbers.
    K : array_like, shape (b, c)
        The core.
    dtype, weak : optional
        As in `Dense`; weak integers stay exact.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.Kronecker(2, [[1.0, 1.0], [1.0, -1.0]], 1)([1.0, 2.0, 3.0, 4.0])
    array([ 3., -1.,  7., -1.])
    """

    kind: ClassVar[str] = "Kronecker"

    def __init__(self, a: int, K: Any, d: int, *, dtype: Any = None, weak: bool = False) -> None:
        a = _check.size("Kronecker", "a", _check.positive_int("Kronecker", "a", a))
        d = _check.size("Kronecker", "d", _check.positive_int("Kronecker", "d", d))
        core = given_weights("Kronecker", "K", K, 2, dtype, weak)
        self.weak = weak
        self._given = _core.Factor.blocks("Kronecker", core.reshape(1, *core.shape, 1), a, d)


class KroneckerSparse(Factor):
    r"""The pattern (a, b, c, d): support I_a (x) 1_(b x c) (x) I_d with weights of its own.

    Butterfly stages, Monarch factors, block-diagonal, dense and diagonal matrices are all of this shape.

    Parameters
    ----------
    values : array_like, shape (a, b, c, d)
        Entry [i, j, k, l] stands at row (i*b + j)*d + l, column (i*c + k)*d + l.
    dtype, weak : optional
        As in `Dense`.

    Examples
    --------
    >>> import numpy as np, flatnet as fn
    >>> fn.KroneckerSparse(np.arange(1.0, 9.0).reshape(1, 2, 2, 2)).toarray()
    array([[1., 0., 3., 0.],
           [0., 2., 0., 4.],
           [5., 0., 7., 0.],
           [0., 6., 0., 8.]])
    """

    kind: ClassVar[str] = "KroneckerSparse"

    def __init__(self, values: Any, *, dtype: Any = None, weak: bool = False) -> None:
        v = given_weights("KroneckerSparse", "values", values, 4, dtype, weak)
        self.weak = weak
        self._given = _core.Factor.blocks("KroneckerSparse", v, v.shape[0], v.shape[3])


class FourierStage(Factor):
    r"""One radix-2 decimation-in-time stage of the discrete Fourier transform.

    .. math:: I_{n/2d} \otimes \begin{pmatrix} I_d & W \\ I_d & -W \end{pmatrix}, \quad d = 2^{stage},
              \quad W = \mathrm{diag}(e^{\mp 2 \pi i l / 2d}),\ l < d

    Parameters
    ----------
    n : int
        Points, a power of two >= 2.
    stage : int
        0 .. log2(n) - 1, applied in this order after bit reversal.
    inverse : bool, optional
        The sign + of the inverse transform (not its 1/n).
    dtype, weak : optional
        complex64 or complex128 to pin the weights to; weak: precision follows the data.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.FourierStage(8, 0).synapses
    16
    """

    kind: ClassVar[str] = "FourierStage"

    def __init__(self, n: int, stage: int, inverse: bool = False, *, dtype: Any = None, weak: bool = False) -> None:
        stages = _check.power_of_two("FourierStage", n)
        if stages == 0:
            raise ValueError("FourierStage needs n >= 2, got n=1")
        s = _check.nonnegative_int("FourierStage", "stage", stage)
        if s >= stages:
            raise ValueError(f"FourierStage of {n} points has the stages 0 to {stages - 1}, got stage={s}")
        self.weak = weak
        handle = _core.Factor.fourier_stage(_check.size("FourierStage", "n", n), s, bool(inverse))
        if dtype is not None:
            d = _check.dtype_of("FourierStage", dtype)
            if d.kind != "c":
                raise TypeError(f"FourierStage has complex weights, {d.name} would drop their imaginary parts")
            handle = handle.astype(d)
        self._given = handle


class Permutation(Factor):
    """A permutation of the coordinates: ``y = x[index]``. As a layer of its own it counts n synapses.

    Parameters
    ----------
    index : array_like of int, shape (n,)
        Each of 0 .. n-1 once.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.Permutation([2, 0, 1])([10.0, 20.0, 30.0])
    array([30., 10., 20.])
    """

    kind: ClassVar[str] = "Permutation"

    def __init__(self, index: Any) -> None:
        p = np.asarray(index) if len(np.shape(index)) != 1 or len(index) else np.empty(0, np.int64)
        self._given = _core.Factor.permutation(_index("Permutation", p))
