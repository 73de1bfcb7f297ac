"""Functions of single elements."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from numpy.typing import ArrayLike

from .. import _check, _core
from ..operator import ACTIVATIONS
from ._arguments import Array, checked_isa, data, result

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _element(activation: str) -> Callable[[_Function], _Function]:
    """The function of single elements that a signature and a docstring describe: short calls go straight to C++."""
    number = ACTIVATIONS.index(activation)

    def make(described: _Function) -> _Function:
        what = described.__name__

        @functools.wraps(described)
        def function(x: Any, out: Array | None = None, *, threads: int | None = None, isa: str = "") -> Any:
            if not isa:
                y = _core.activate_plain(number, x, out, threads)
                if y is not None:
                    return y
            a, team = data(x), _check.threads(what, threads)
            y = result(a, out)
            _core.activate(number, a, y, team, checked_isa(what, isa))
            return y[()] if out is None and a.ndim == 0 else y

        return function  # type: ignore[return-value]

    return make


@_element("logistic")
def sigmoid(x: ArrayLike, out: Array | None = None, *, threads: int | None = None, isa: str = "") -> Any:
    r"""The logistic function 1/(1 + e^-x).

    Parameters
    ----------
    x : array_like or scalar
        Real numbers of any shape, strides and byte order; integers are computed in float64.
    out : ndarray, optional
        Where to write: the shape of `x`, the result's dtype. May be `x` itself, may not overlap it otherwise.
    threads : int, optional
        Threads to use; None is the process's default. The result does not depend on it.
    isa : str, optional
        Instruction set to run instead of the process's; for tests.

    Returns
    -------
    ndarray or scalar
        float32 or float64, of the shape of `x`, in [0, 1] and rising with `x`; 1/2 exactly at 0, NaN at NaN.

    Raises
    ------
    ValueError
        If `out` does not fit, or a number of threads or an instruction set is not there.
    TypeError
        If a dtype is not one of the above: complex, float16, longdouble, bool and object are refused.

    Notes
    -----
    .. math:: \sigma(x) = \frac{1}{1 + e^{-x}}

    Within 2.0 ulp in float32 and 1.9 ulp in float64, 2.3 where the processor cannot fuse a product and a sum;
    subnormal results included. Lin & Tegmark 2016 take it for every neuron of sec. II.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.sigmoid([-1.0, 0.0, 1.0]), float(fn.sigmoid(0))
    (array([0.26894142, 0.5       , 0.73105858]), 0.5)
    """


@_element("tanh")
def tanh(x: ArrayLike, out: Array | None = None, *, threads: int | None = None, isa: str = "") -> Any:
    r"""The hyperbolic tangent.

    Parameters
    ----------
    x, out, threads, isa
        As for `sigmoid`.

    Returns
    -------
    ndarray or scalar
        float32 or float64, of the shape of `x`, in [-1, 1].

    Raises
    ------
    ValueError, TypeError
        As for `sigmoid`.

    Notes
    -----
    .. math:: \tanh x = \frac{e^x - e^{-x}}{e^x + e^{-x}}

    Within 3 ulp; small arguments keep all their digits.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.tanh([-1.0, 0.0, 1e-9])
    array([-7.61594156e-01,  0.00000000e+00,  1.00000000e-09])
    """


@_element("softplus")
def softplus(x: ArrayLike, out: Array | None = None, *, threads: int | None = None, isa: str = "") -> Any:
    r"""ln(1 + e^x), the smooth ramp.

    Parameters
    ----------
    x, out, threads, isa
        As for `sigmoid`.

    Returns
    -------
    ndarray or scalar
        float32 or float64, of the shape of `x`.

    Raises
    ------
    ValueError, TypeError
        As for `sigmoid`.

    Notes
    -----
    .. math:: \operatorname{softplus}(x) = \ln(1 + e^x) = \max(x, 0) + \ln(1 + e^{-|x|})

    Within 3 ulp in float32 and 3.5 ulp in float64; no overflow, and far below it is e^x, down to the subnormal numbers.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.softplus([-50.0, 0.0, 1000.0])
    array([1.92874985e-22, 6.93147181e-01, 1.00000000e+03])
    """


@_element("relu")
def relu(x: ArrayLike, out: Array | None = None, *, threads: int | None = None, isa: str = "") -> Any:
    r"""max(x, 0), the rectifier.

    Parameters
    ----------
    x, out, threads, isa
        As for `sigmoid`.

    Returns
    -------
    ndarray or scalar
        float32 or float64, of the shape of `x`; NaN at NaN.

    Raises
    ------
    ValueError, TypeError
        As for `sigmoid`.

    Notes
    -----
    .. math:: \operatorname{relu}(x) = \max(x, 0)

    Exact.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.relu([-1, 0, 2])
    array([0., 0., 2.])
    """


@_element("gelu")
def gelu(x: ArrayLike, out: Array | None = None, *, threads: int | None = None, isa: str = "") -> Any:
    r"""x Φ(x), the Gaussian error linear unit.

    Parameters
    ----------
    x, out, threads, isa
        As for `sigmoid`.

    Returns
    -------
    ndarray or scalar
        float32 or float64, of the shape of `x`.

    Raises
    ------
    ValueError, TypeError
        As for `sigmoid`.

    Notes
    -----
    .. math:: \operatorname{gelu}(x) = x\,\Phi(x) = \tfrac12 x\,\operatorname{erfc}(-x/\sqrt2)

    The exact form of Hendrycks & Gimpel (arXiv:1606.08415), not the one with tanh. Within 6 ulp, far tail and subnormal
    results included.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.gelu([-30.0, -1.0, 1.0])
    array([-1.47201418e-196, -1.58655254e-001,  8.41344746e-001])
    """


@_element("silu")
def silu(x: ArrayLike, out: Array | None = None, *, threads: int | None = None, isa: str = "") -> Any:
    r"""x/(1 + e^-x), the sigmoid linear unit.

    Parameters
    ----------
    x, out, threads, isa
        As for `sigmoid`.

    Returns
    -------
    ndarray or scalar
        float32 or float64, of the shape of `x`.

    Raises
    ------
    ValueError, TypeError
        As for `sigmoid`.

    Notes
    -----
    .. math:: \operatorname{silu}(x) = x\,\sigma(x) = \frac{x}{1 + e^{-x}}

    Within 3 ulp, subnormal results included.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.silu([-1.0, 0.0, 1.0])
    array([-0.26894142,  0.        ,  0.73105858])
    """


@_element("sin")
def sin(x: ArrayLike, out: Array | None = None, *, threads: int | None = None, isa: str = "") -> Any:
    r"""The sine.

    Parameters
    ----------
    x, out, threads, isa
        As for `sigmoid`.

    Returns
    -------
    ndarray or scalar
        float32 or float64, of the shape of `x`; NaN at infinities.

    Raises
    ------
    ValueError, TypeError
        As for `sigmoid`.

    Notes
    -----
    .. math:: \sin x

    Within 3 ulp at any size of x: far out x is reduced with as many digits of π as it takes.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.sin([0.0, 1.0, 1e22])
    array([ 0.        ,  0.84147098, -0.85220085])
    """


@_element("exp")
def exp(x: ArrayLike, out: Array | None = None, *, threads: int | None = None, isa: str = "") -> Any:
    r"""The exponential function.

    Parameters
    ----------
    x, out, threads, isa
        As for `sigmoid`.

    Returns
    -------
    ndarray or scalar
        float32 or float64, of the shape of `x`.

    Raises
    ------
    ValueError, TypeError
        As for `sigmoid`.

    Notes
    -----
    .. math:: e^x

    Within 1.5 ulp, subnormal results included; infinite where no float is large enough.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.exp([-1000.0, 0.0, 1.0])
    array([0.        , 1.        , 2.71828183])
    """


@_element("square")
def square(x: ArrayLike, out: Array | None = None, *, threads: int | None = None, isa: str = "") -> Any:
    r"""x², the activation of exact products (Lin & Tegmark sec. II C).

    Parameters
    ----------
    x, out, threads, isa
        As for `sigmoid`.

    Returns
    -------
    ndarray or scalar
        float32 or float64, of the shape of `x`.

    Raises
    ------
    ValueError, TypeError
        As for `sigmoid`.

    Notes
    -----
    .. math:: x^2

    Rounds once.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.square([-3, 0.5])
    array([9.  , 0.25])
    """
