"""Probabilities of classes."""

from __future__ import annotations

from numpy.typing import ArrayLike

from .. import _check, _core
from ._arguments import Array, checked_isa, data, result


def softmax(x: ArrayLike, axis: int = -1, out: Array | None = None, *, threads: int | None = None, isa: str = "") -> Array:
    r"""exp(x) over its sum along one axis.

    Parameters
    ----------
    x : array_like
        Real numbers of at least one axis, any strides and byte order; integers are computed in float64.
    axis : int, optional
        The axis of the classes.
    out, threads, isa
        As for `sigmoid`.

    Returns
    -------
    ndarray
        float32 or float64, of the shape of `x`; non-negative, of sum 1 up to rounding. A class at -inf has probability 0
        exactly; vectors of nothing but -inf, or with NaN or +inf, are NaN.

    Raises
    ------
    ValueError, TypeError
        As for `sigmoid`; also if the axis is not there.

    Notes
    -----
    .. math:: p_i = \frac{e^{x_i}}{\sum_j e^{x_j}} = \frac{e^{x_i - \max x}}{\sum_j e^{x_j - \max x}}

    This is Lin & Tegmark Eq. (8) with x = -H - μ: Bayes' theorem for Hamiltonians H and priors e^-μ. One class is off by
    at most (6 + |x - max x|)/2 ulp, of which |x - max x|/2 is the rounding of the difference; the sum is compensated, so
    that the number of classes does not matter.

    Examples
    --------
    >>> import numpy as np, flatnet as fn
    >>> fn.softmax([1000.0, 1000.0, -np.inf])
    array([0.5, 0.5, 0. ])
    """
    a = data(x)
    if a.ndim == 0:
        raise ValueError("softmax needs at least one axis, got a scalar")
    i = _check.integer("softmax", "axis", axis)
    if not -a.ndim <= i < a.ndim:
        raise ValueError(f"axis {i} is out of range for an array of {a.ndim} axes")
    team = _check.threads("softmax", threads)
    y = result(a, out)
    _core.softmax(a, y, i % a.ndim, team, checked_isa("softmax", isa))
    return y
