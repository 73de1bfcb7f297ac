"""The layers of a network run by others: torch's modules, compiled or not, and SciPy's compressed rows.

`LAYERS` has ``make(net, X, threads)`` for a batch of rows, shape (batch, inputs).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import pytorch
from .native import Unavailable

__all__ = ["LAYERS"]

Array = NDArray[Any]
Call = Callable[[], Array]


def torch_layers(net: Any, X: Array, threads: int) -> Call:
    """``nn.Sequential`` of `Linear` and activations, layer by layer."""
    torch = pytorch.library(threads)
    model, x = pytorch.sequential(net, X.dtype.name, threads), torch.from_numpy(X)
    return lambda: model(x).numpy()


def compiled_layers(net: Any, X: Array, threads: int) -> Call:
    """The same through torch.compile."""
    torch = pytorch.library(threads)
    x = torch.from_numpy(X)
    model = pytorch.compiled(pytorch.sequential(net, X.dtype.name, threads), x)
    return lambda: model(x).numpy()


def scipy_layers(net: Any, X: Array, threads: int) -> Call:
    """Compressed rows times columns, bias added and activation applied in place; one thread."""
    from scipy.special import expit, softmax

    steps = []
    for layer in net.layers:
        if layer.activation not in (None, "logistic", "softmax"):
            raise Unavailable(f"written for logistic and softmax layers, not for {layer.activation}")
        bias = None if layer.bias is None else layer.bias.astype(X.dtype)[:, None]
        steps.append((layer.weight.tocsr().astype(X.dtype), bias, layer.activation))
    columns = np.ascontiguousarray(X.T)

    def call() -> Array:
        y = columns
        for matrix, bias, activation in steps:
            y = matrix @ y
            if bias is not None:
                y += bias
            if activation == "logistic":
                expit(y, out=y)
            elif activation == "softmax":
                y = softmax(y, axis=0)
        return y.T

    return call


LAYERS = {"torch": torch_layers, "torch.compile": compiled_layers, "SciPy CSR layers": scipy_layers}
