"""The sides of a measurement: the deep network, the planned one, and every honest way to run it flat."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ._check import TooLargeError, dtype_of, require_memory
from .cost import has_activation
from .segments import segment_table
from .spectrum import factor_norms

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from .network import Network
    from .planning import Plan

__all__ = ["Sides", "deviation_allowed", "random_batch"]

Array = np.ndarray[Any, Any]
Call = Callable[[], Array]

# Above this density a sparse product touches as many weights as a dense one, without its speed.
_SPARSE_BELOW = 0.3


class Sides:
    """The networks of one measurement, formed once for any number of batches.

    Parameters
    ----------
    net : Network
        The deep one.
    dtype : dtype or None
        Wanted for the batch.
    flat : Network or None
        The flattened one; merged from ``net`` if None.
    flat_error : float
        Relative error allowed to ``flat``.
    plan : Plan or None
        The planned one; None: what ``net.plan`` gives.

    Attributes
    ----------
    reason : str
        Why there is no flat side, else empty.
    """

    def __init__(
        self, net: Network, dtype: DTypeLike | None, flat: Network | None, flat_error: float, plan: Plan | None = None
    ) -> None:
        self.net = net
        self.given_plan = plan
        self.dtype = _batch_dtype(net, dtype)
        self.flat_error = flat_error
        self.reason = ""
        self.flat = flat
        if flat is None:
            try:
                self.flat = net.flatten(segment_table(net).least_layers - 1 if has_activation(net) else 0)
            except TooLargeError as refused:
                self.reason = f"no flat network: {refused}"

    def plan(self, batch: int, threads: int) -> Plan:
        """What ``net.plan`` gives for this batch, unless another plan was handed over."""
        if self.given_plan is not None:
            return self.given_plan
        plan: Plan = self.net.plan(batch, threads, dtype=self.dtype)
        return plan

    def batch(self, batch: int) -> Array:
        """Random normal batch of shape (inputs, batch), C order, always the same."""
        return random_batch(self.net.shape[1], batch, self.dtype)

    def deep(self, X: Array, threads: int) -> Call:
        return _network_call(self.net, X, threads)

    def planned(self, plan: Plan, X: Array, threads: int) -> Call:
        return _network_call(plan.network, X, threads)

    def rivals(self, X: Array, threads: int) -> dict[str, Call]:
        """Every way to run the flat network, by name."""
        if self.flat is None:
            return {}
        kinds = "+".join(dict.fromkeys(layer.weight.kind for layer in self.flat.layers))
        calls = {f"flatnet flat ({kinds})": _network_call(self.flat, X, threads)}
        if len(self.flat) > 1 or self.flat.layers[0].activation is not None:
            return calls
        if self._dense is not None:
            calls[f"dense GEMM (NumPy, {_blas_name()})"] = self._with_bias(_dense_call(self._dense, X))
        if self._sparse is not None:
            calls["sparse CSR (SciPy)"] = self._with_bias(_sparse_call(self._sparse, X))
        return calls

    def _with_bias(self, call: Call) -> Call:
        assert self.flat is not None
        bias = self.flat.layers[0].bias
        if bias is None:
            return call
        column = np.asarray(bias)[:, None]

        def affine() -> Array:
            Y = call()
            return np.add(Y, column, out=Y, casting="same_kind")

        return affine

    @cached_property
    def _weights(self) -> np.dtype[Any]:
        """dtype of the flat weights: real weights stay real for a complex batch."""
        assert self.flat is not None
        complex_weights = np.dtype(self.flat.dtype).kind == "c"
        return self.dtype if complex_weights or self.dtype.kind == "f" else np.zeros(0, self.dtype).real.dtype

    @cached_property
    def _dense(self) -> Array | None:
        assert self.flat is not None
        rows, cols = self.flat.shape
        try:
            require_memory("the dense flat matrix", 2 * rows * cols * self._weights.itemsize)
        except TooLargeError:
            return None
        return np.ascontiguousarray(self.flat.layers[0].weight.toarray().astype(self._weights, copy=False))

    @cached_property
    def _sparse(self) -> Any:
        assert self.flat is not None
        weight = self.flat.layers[0].weight
        rows, cols = weight.shape
        if weight.synapses > _SPARSE_BELOW * rows * cols:
            return None
        return weight.tocsr().astype(self._weights)


def random_batch(inputs: int, batch: int, dtype: np.dtype[Any]) -> Array:
    """Random normal batch of shape (inputs, batch), C order, always the same; the signs of one for integers."""
    require_memory("the batch", 4 * inputs * batch * dtype.itemsize)
    rng = np.random.default_rng(0)
    X = rng.standard_normal((inputs, batch))
    if dtype.kind == "c":
        X = X + 1j * rng.standard_normal((inputs, batch))
    return (np.sign(X) if dtype.kind == "i" else X).astype(dtype)


def _batch_dtype(net: Network, dtype: DTypeLike | None) -> np.dtype[Any]:
    """dtype of the batch: the weights' own, or the one asked for where they are weak, by NumPy promotion."""
    weights = np.dtype(net.dtype)
    if dtype is None:
        return weights if weights.kind in "fc" else np.dtype(np.float64)
    wanted = dtype_of("measure", dtype)
    if not all(layer.weight.weak for layer in net.layers):
        return np.result_type(wanted, weights)
    return np.result_type(wanted, np.complex64) if weights.kind == "c" else wanted


def _network_call(net: Network, X: Array, threads: int) -> Call:
    out = net.apply(X, axis=0, threads=threads)

    def call() -> Array:
        return net.apply(X, axis=0, out=out, threads=threads)

    return call


def _dense_call(A: Array, X: Array) -> Call:
    """GEMM; a real matrix sees a complex batch as twice as many real columns."""
    columns = X if A.dtype == X.dtype else X.view(A.dtype)
    out = np.empty((A.shape[0], columns.shape[1]), dtype=A.dtype)
    seen = out if A.dtype == X.dtype else out.view(X.dtype)

    def call() -> Array:
        np.matmul(A, columns, out=out)
        return seen

    return call


def _sparse_call(A: Any, X: Array) -> Call:
    columns = X if A.dtype == X.dtype else X.view(A.dtype)

    def call() -> Array:
        Y = A @ columns
        return Y if Y.dtype == X.dtype else Y.view(X.dtype)

    return call


def _blas_name() -> str:
    """Name of the BLAS that NumPy calls."""
    from threadpoolctl import threadpool_info

    names = {"openblas": "OpenBLAS", "mkl": "MKL", "blis": "BLIS", "accelerate": "Accelerate"}
    found = [pool["internal_api"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    return names.get(found[0], found[0]) if found else "BLAS"


def deviation_allowed(sides: Sides, X: Array, Y: Array, error: float = 0.0) -> float:
    """How far two right results may lie apart, in the Frobenius norm.

    A sum of k terms is computed within k eps of the sum of the moduli; along a chain this is at most
    eps sum_l (k_l + 2) times norm(|A_L|) ... norm(|A_1|) norm(X), with norm(|A|) <= sqrt(norm_1 norm_inf).
    The factor 8 covers complex arithmetic (2 sqrt 2) and that both sides err. Activations amplify by a factor
    that is not known: there the results must agree to half of the digits. ``error`` is the relative Frobenius error of one
    side, which a random batch amplifies a little.
    """
    eps = float(np.finfo(X.dtype).eps)
    size = float(np.linalg.norm(Y.ravel()))
    if has_activation(sides.net):
        return math.sqrt(eps) * max(size, 1.0)
    chain = [factor_norms(layer.weight) for layer in sides.net.layers]
    terms = sum(norm.terms + 2 for norm in chain) + sides.net.shape[1]
    growth = math.prod(norm.spectral_bound for norm in chain) * float(np.linalg.norm(X.ravel()))
    return 8 * eps * (terms * growth + size) + 4 * error * size
