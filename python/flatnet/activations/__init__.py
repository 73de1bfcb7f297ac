"""Activations of arrays: the functions that end a `flatnet.Layer`, and max-pooling.

`ELEMENTWISE` lists those of single elements; docs/activations.md has their errors.
"""

from __future__ import annotations

from ._centred import sigmoid_centred
from ._elements import exp, gelu, relu, sigmoid, silu, sin, softplus, square, tanh
from ._pooling import max_pool
from ._softmax import softmax

# THE LIST of functions of single elements: public name -> name of the activation.
ELEMENTWISE = {
    "sigmoid": "logistic",
    "tanh": "tanh",
    "softplus": "softplus",
    "relu": "relu",
    "gelu": "gelu",
    "silu": "silu",
    "sin": "sin",
    "exp": "exp",
    "square": "square",
}

__all__ = [
    "ELEMENTWISE",
    "exp",
    "gelu",
    "max_pool",
    "relu",
    "sigmoid",
    "sigmoid_centred",
    "silu",
    "sin",
    "softmax",
    "softplus",
    "square",
    "tanh",
]
