"""Other people's logistic functions and product gates on arrays, each writing to memory that exists where it can.

`LOGISTIC` has ``make(x, threads)``. `GATES` has ``make(u, v, gate, threads)`` for the four terms of a logistic product
gate; every side evaluates the four functions on s = scale (u + v) and d = scale (u - v), as one would by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import pytorch
from .native import Unavailable

__all__ = ["GATES", "LOGISTIC", "Gate"]

Array = NDArray[Any]
Call = Callable[[], Array]


@dataclass(frozen=True)
class Gate:
    """weight (S(s + bias) + S(-s + bias) - S(d + bias) - S(-d + bias)), S the logistic function."""

    scale: float
    bias: float
    weight: float

    @classmethod
    def of(cls, net: Any) -> Gate:
        """Read the numbers off a network with four neurons; AssertionError if it has another form."""
        hidden, output = net.layers
        A, W = hidden.weight.toarray(), output.weight.toarray()
        scale, weight, bias = abs(A[0, 0]), abs(W[0, 0]), hidden.bias[0]
        same = W[0] * A[:, 0] * A[:, 1] > 0  # terms in u + v have a positive weight, those in u - v a negative one
        assert A.shape == (4, 2) and same.all() and output.bias is None and hidden.activation == "logistic"
        assert (np.abs(A) == scale).all() and (np.abs(W) == weight).all() and (hidden.bias == bias).all()
        return cls(float(scale), float(bias), float(weight))


def _numexpr(threads: int) -> ModuleType:
    try:
        import numexpr
    except ImportError as reason:
        raise Unavailable(f"numexpr cannot be imported ({reason})") from None
    numexpr.set_num_threads(threads)
    return numexpr


def _numpy_logistic(t: Array) -> None:
    """1 / (1 + exp(-t)) in place."""
    np.negative(t, out=t)
    with np.errstate(over="ignore"):
        np.exp(t, out=t)
    t += 1
    np.reciprocal(t, out=t)


def numpy_logistic(x: Array, threads: int) -> Call:
    """1 / (1 + exp(-x)), every step in place; one thread."""
    out = np.empty_like(x)

    def call() -> Array:
        np.copyto(out, x)
        _numpy_logistic(out)
        return out

    return call


def scipy_logistic(x: Array, threads: int) -> Call:
    """scipy.special.expit; one thread."""
    from scipy.special import expit

    out = np.empty_like(x)
    return lambda: expit(x, out=out)


def torch_logistic(x: Array, threads: int) -> Call:
    """torch.sigmoid."""
    torch = pytorch.library(threads)
    source, out = torch.from_numpy(x), np.empty_like(x)
    target = torch.from_numpy(out)

    def call() -> Array:
        torch.sigmoid(source, out=target)
        return out

    return call


def numexpr_logistic(x: Array, threads: int) -> Call:
    """1 / (1 + exp(-x)) by numexpr; constants of the array's dtype."""
    numexpr, out = _numexpr(threads), np.empty_like(x)
    names = {"x": x, "one": x.dtype.type(1)}
    return lambda: numexpr.evaluate("one / (one + exp(-x))", names, {}, out=out)


LOGISTIC = {
    "torch": torch_logistic,
    "scipy expit": scipy_logistic,
    "numexpr": numexpr_logistic,
    "NumPy in place": numpy_logistic,
}


def numpy_gate(u: Array, v: Array, gate: Gate, threads: int) -> Call:
    """Buffers made once, every step in place."""
    s, d, t, y = (np.empty(u.shape, u.dtype) for _ in range(4))
    scale, bias, weight = (u.dtype.type(number) for number in (gate.scale, gate.bias, gate.weight))

    def call() -> Array:
        np.add(u, v, out=s)
        np.subtract(u, v, out=d)
        np.multiply(s, scale, out=s)
        np.multiply(d, scale, out=d)
        np.add(s, bias, out=y)
        _numpy_logistic(y)
        for sum_or_difference, sign, combine in ((d, 1, np.subtract), (s, -1, np.add), (d, -1, np.subtract)):
            (np.add if sign > 0 else np.subtract)(bias, sum_or_difference, out=t)
            _numpy_logistic(t)
            combine(y, t, out=y)
        np.multiply(y, weight, out=y)
        return y

    return call


def _torch_gate(gate: Gate) -> Callable[[Any, Any], Any]:
    torch = pytorch.library(1)
    scale, bias, weight = gate.scale, gate.bias, gate.weight

    def product(u: Any, v: Any) -> Any:
        s, d = scale * (u + v), scale * (u - v)
        return weight * (torch.sigmoid(s + bias) - torch.sigmoid(d + bias) + torch.sigmoid(bias - s) - torch.sigmoid(bias - d))

    return product


def torch_gate(u: Array, v: Array, gate: Gate, threads: int) -> Call:
    """Operation by operation."""
    torch = pytorch.library(threads)
    product, a, b = _torch_gate(gate), torch.from_numpy(u), torch.from_numpy(v)
    return lambda: product(a, b).numpy()


def compiled_gate(u: Array, v: Array, gate: Gate, threads: int) -> Call:
    """torch.compile, one fused loop."""
    torch = pytorch.library(threads)
    a, b = torch.from_numpy(u), torch.from_numpy(v)
    product = pytorch.compiled(_torch_gate(gate), a, b)
    return lambda: product(a, b).numpy()


def numexpr_gate(u: Array, v: Array, gate: Gate, threads: int) -> Call:
    """One expression, evaluated in blocks that fit in cache."""
    numexpr, out, kind = _numexpr(threads), np.empty(u.shape, u.dtype), u.dtype.type
    names = {"u": u, "v": v, "a": kind(gate.scale), "b": kind(gate.bias), "w": kind(gate.weight), "one": kind(1)}
    terms = ("one/(one+exp(-a*(u+v)-b))", "one/(one+exp(-a*(u-v)-b))", "one/(one+exp(a*(u+v)-b))", "one/(one+exp(a*(u-v)-b))")
    text = f"w*({terms[0]}-{terms[1]}+{terms[2]}-{terms[3]})"
    return lambda: numexpr.evaluate(text, names, {}, out=out)


GATES = {
    "torch.compile": compiled_gate,
    "torch eager": torch_gate,
    "NumPy in place": numpy_gate,
    "numexpr": numexpr_gate,
}
