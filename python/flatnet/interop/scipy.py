"""Networks as SciPy linear operators."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from ..factors import Factor
from ..network import Layer, Network

if TYPE_CHECKING:
    from scipy.sparse.linalg import LinearOperator

__all__ = ["as_linear_operator"]


def as_linear_operator(net: Network | Layer | Factor) -> LinearOperator:
    r"""View a linear network as a ``scipy.sparse.linalg.LinearOperator``.

    Every solver of ``scipy.sparse.linalg`` (``eigs``, ``svds``, ``gmres``, ``lsqr``, ...) then runs on the network's
    kernels, without a matrix.

    Parameters
    ----------
    net : Network, Layer or Factor
        A linear network, ``(..., n) -> (..., m)``: no activation and no bias.

    Returns
    -------
    scipy.sparse.linalg.LinearOperator
        Of shape ``(m, n)`` and the network's dtype; ``operator.net`` is the network. Results have the dtype of
        ``net @ x``. Operators compose as SciPy's do, and can be pickled.

    Raises
    ------
    TypeError
        If ``net`` is not a network, or has an activation or a bias; the sentence names the layer.

    Notes
    -----
    It is a subclass, not an object with the right methods: ``aslinearoperator`` keeps only ``matvec`` and ``rmatvec``
    of such an object and loops over columns. Here ``_matmat`` and ``_rmatmat`` pass the whole batch through the chain
    at once, and ``.H`` and ``.T`` are the network's own,

    .. math:: \langle y, A x \rangle = \langle A^H y, x \rangle .

    Works with SciPy 1.11 and later, and with the batches of SciPy 1.18: ``operator @ X`` takes ``(..., n, batch)`` with any of
    them, ``matvec`` and ``matmat`` more than two axes with those that do.

    Examples
    --------
    The zeta transform on 2**6 points is a Kronecker power, its norm the sixth power of the golden ratio:

    >>> import flatnet as fn
    >>> from scipy.sparse.linalg import svds
    >>> operator = fn.as_linear_operator(fn.zeta(6))
    >>> svds(operator, k=1, return_singular_vectors=False).round(6)
    array([17.944272])
    """
    if isinstance(net, (Layer, Factor)):
        net = Network([net])
    if not isinstance(net, Network):
        raise TypeError(f"as_linear_operator views a Network, Layer or Factor, got {type(net).__name__}")
    for index, layer in enumerate(net.layers):
        if layer.activation is not None:
            raise TypeError(f"a linear operator needs linear layers, layer {index} has activation {layer.activation!r}")
        if layer.bias is not None:
            raise TypeError(f"a linear operator maps 0 to 0, layer {index} has a bias")
    operator: LinearOperator = _operator_class()(net)
    return operator


@functools.cache
def _operator_class() -> Any:
    """The subclass, made on first use so that importing flatnet does not import SciPy."""
    from scipy.sparse.linalg import LinearOperator

    class NetworkOperator(LinearOperator):  # type: ignore[misc]
        """``net`` seen by SciPy; see `flatnet.as_linear_operator`."""

        def __init__(self, net: Network) -> None:
            super().__init__(net.dtype, net.shape)
            self.net = net

        @functools.cached_property
        def _net_adjoint(self) -> Network:
            return self.net.H

        def _matvec(self, x: Any) -> np.ndarray:
            return _vectors(self.net, x)

        def _rmatvec(self, x: Any) -> np.ndarray:
            return _vectors(self._net_adjoint, x)

        def _matmat(self, X: Any) -> np.ndarray:
            return self.net.apply(X, axis=-2)

        def _rmatmat(self, X: Any) -> np.ndarray:
            return self._net_adjoint.apply(X, axis=-2)

        def dot(self, x: Any) -> Any:
            stacked = isinstance(x, np.ndarray) and x.ndim > 2  # as SciPy does since 1.18
            return self.net @ x if stacked else super().dot(x)

        def _adjoint(self) -> LinearOperator:
            return NetworkOperator(self._net_adjoint)

        def _transpose(self) -> LinearOperator:
            return NetworkOperator(self.net.T)

        def __reduce__(self) -> tuple[Any, tuple[Network]]:
            return as_linear_operator, (self.net,)

    return NetworkOperator


def _vectors(net: Network, x: Any) -> np.ndarray:
    """SciPy hands over ``(n,)``, before 1.18 also a column ``(n, 1)``, since 1.18 also ``(..., n)``."""
    x = np.asarray(x)
    return net.apply(x, axis=0 if x.shape == (net.shape[1], 1) else -1)
