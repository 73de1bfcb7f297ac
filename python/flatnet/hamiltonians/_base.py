"""What Hamiltonians share: a number of inputs, an alphabet, a value on batches, counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._check import refuse_dtype

Array = np.ndarray[Any, Any]
MOST_STATES = 1 << 22  # what is enumerated at most


class Hamiltonian:
    """H(y) = -ln p(y), up to a constant where no density is asked (Lin & Tegmark, Eqs. 2 and 3).

    Attributes
    ----------
    inputs : int
        Length of y.
    alphabet : {"real", "bit", "spin"}
        What the inputs are: real numbers, 0 and 1, or -1 and 1.
    degree : int
        As a polynomial.
    terms : int
        Monomials with a non-zero coefficient, the constant included.
    parameters : int
        Free constants of the family it is taken from.
    neurons : int
        Hidden logistic neurons that compute it.
    """

    alphabet = "real"
    inputs: int

    def __call__(self, y: Any) -> Array:
        """H(y) for a batch ``(..., inputs) -> (...)``, exact but for the rounding of float64 (integers: exact)."""
        return self._value(self._batch(y))

    def _value(self, y: Array) -> Array:
        raise NotImplementedError

    @property
    def degree(self) -> int:
        raise NotImplementedError

    @property
    def terms(self) -> int:
        raise NotImplementedError

    @property
    def parameters(self) -> int:
        return self.terms

    @property
    def neurons(self) -> int:
        raise NotImplementedError

    def _batch(self, y: Any) -> Array:
        what = type(self).__name__
        a = np.asarray(y)
        refuse_dtype(f"inputs of {what}", a.dtype)
        if a.dtype.kind == "c":
            raise TypeError(f"{what} is a function of real numbers, got {a.dtype}")
        if a.ndim == 0 or a.shape[-1] != self.inputs:
            raise ValueError(f"{what} has {self.inputs} inputs, y has shape {a.shape}")
        if self.alphabet != "real":
            low = 0 if self.alphabet == "bit" else -1
            wrong = (a != low) & (a != 1)
            if wrong.any():
                raise ValueError(f"{what} is a function of {low} and 1, got {a[wrong].flat[0]}")
            a = a.astype(np.int64)
        return a if a.dtype.kind in "iu" else a.astype(np.float64)

    def states(self) -> Array:
        """All states of a finite alphabet, one a row, the last input changing fastest."""
        return _words(self, -1 if self.alphabet == "spin" else 0, 1)

    def log_partition(self) -> float:
        """ln Z = ln of the sum of exp(-H) over all states, by enumeration in the log domain."""
        return log_sum_exp(-self(self.states()).astype(np.float64))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.inputs} inputs, degree {self.degree}, {self.terms} terms)"


def _words(h: Hamiltonian, low: int, high: int) -> Array:
    if h.alphabet == "real":
        raise ValueError(f"states are enumerated on finite alphabets, {type(h).__name__} is a function of real numbers")
    if h.inputs > 22:
        raise ValueError(f"{type(h).__name__} has 2**{h.inputs} states, {MOST_STATES} are enumerated at most")
    bits = np.arange(1 << h.inputs)[:, None] >> np.arange(h.inputs - 1, -1, -1) & 1
    return np.where(bits, high, low)


def log_sum_exp(x: Array, axis: int = -1) -> Any:
    """ln of the sum of exp(x) without overflow; -inf where everything is -inf."""
    top = x.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        return (np.log(np.exp(x - top).sum(axis=axis, keepdims=True)) + top).squeeze(axis)[()]
