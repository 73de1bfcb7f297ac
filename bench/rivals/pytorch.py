"""torch on chains, on networks and on arrays; `pip install torch`, no part of the extra `bench`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .native import Unavailable, dense_matrix

__all__ = ["chain", "compiled", "dense_product", "library", "sequential"]

Array = NDArray[Any]
Call = Callable[[], Array]


@functools.cache
def _imported() -> ModuleType:
    try:
        import torch
    except ImportError as reason:
        raise Unavailable(f"torch cannot be imported ({reason})") from None
    torch.set_grad_enabled(False)
    return torch


def library(threads: int) -> ModuleType:
    """The module, its operations limited to some threads, gradients off."""
    torch = _imported()
    torch.set_num_threads(threads)
    return torch


def chain(factors: Sequence[Any], X: Array, threads: int) -> Call:
    """sparse_csr_tensor times a dense batch, one product after the other."""
    import warnings

    torch = library(threads)
    matrices = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # "in beta state"
        for factor in factors:
            A = factor.tocsr().astype(X.dtype)
            parts = [torch.from_numpy(part.copy()) for part in (A.indptr.astype(np.int32), A.indices.astype(np.int32), A.data)]
            matrices.append(torch.sparse_csr_tensor(*parts, size=A.shape))
    x = torch.from_numpy(X)
    return lambda: functools.reduce(lambda y, A: A @ y, matrices, x).numpy()


def dense_product(factors: Sequence[Any], X: Array, threads: int) -> Call:
    """The whole chain as one matrix, by the BLAS of torch."""
    torch = library(threads)
    product = torch.from_numpy(np.ascontiguousarray(dense_matrix(factors).astype(X.dtype)))
    x, out = torch.from_numpy(X), np.empty((product.shape[0], X.shape[1]), X.dtype)
    target = torch.from_numpy(out)

    def call() -> Array:
        torch.mm(product, x, out=target)
        return out

    return call


def sequential(net: Any, dtype: str, threads: int) -> Any:
    """The same layers as ``torch.nn.Sequential``: `Linear`, then the module of the activation.

    Raises
    ------
    Unavailable
        If torch is missing or has no module for an activation.
    """
    torch = library(threads)
    nn = torch.nn
    modules = {
        "logistic": nn.Sigmoid,
        "tanh": nn.Tanh,
        "softplus": nn.Softplus,
        "relu": nn.ReLU,
        "gelu": nn.GELU,
        "silu": nn.SiLU,
        "softmax": functools.partial(nn.Softmax, dim=-1),
        "sin": functools.partial(_pointwise, "sin"),
        "exp": functools.partial(_pointwise, "exp"),
        "square": functools.partial(_pointwise, "square"),
    }
    parts = []
    for layer in net.layers:
        weight = np.array(layer.weight.toarray(), dtype, order="C")
        linear = nn.Linear(weight.shape[1], weight.shape[0], bias=layer.bias is not None, dtype=getattr(torch, dtype))
        linear.weight.copy_(torch.from_numpy(weight))
        if layer.bias is not None:
            linear.bias.copy_(torch.from_numpy(np.array(layer.bias, dtype)))
        parts.append(linear)
        if layer.activation is not None:
            if layer.activation not in modules:
                raise Unavailable(f"torch has no module for the activation {layer.activation}")
            parts.append(modules[layer.activation]())
    return nn.Sequential(*parts).eval()


def _pointwise(name: str) -> Any:
    torch = _imported()

    class Pointwise(torch.nn.Module):  # type: ignore[name-defined]
        """One function of torch as a module."""

        def forward(self, x: Any) -> Any:
            return getattr(torch, name)(x)

    return Pointwise()


def compiled(function: Any, *tensors: Any) -> Any:
    """torch.compile (inductor), run once so that compiling is not timed.

    Raises
    ------
    Unavailable
        If it cannot compile here.
    """
    torch = _imported()
    try:
        made = torch.compile(function, dynamic=False)
        made(*tensors)
    except Exception as reason:  # whatever the compiler meets: no g++, no headers of Python, an unknown machine
        first = str(reason).strip().split("\n")[0][:160]
        raise Unavailable(f"torch.compile fails: {type(reason).__name__}: {first}") from None
    return made
