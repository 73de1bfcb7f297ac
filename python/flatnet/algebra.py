"""Networks from networks: Kronecker products, block diagonals, stacks. Every result is a network of the same depth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import _check
from .factors import Diagonal, Factor, Sparse
from .network import Network, as_factor
from .operator import Operator


def _network(item: Any, what: str) -> Network:
    net = item if isinstance(item, Network) else Network([item] if isinstance(item, Operator) else [as_factor(item, what)])
    net._require_linear(what)
    return net


def _identity(n: int) -> Factor:
    return Diagonal(np.ones(n, np.int64), weak=True)


def kron(a: Any, b: Any) -> Network:
    r"""Kronecker product of two linear networks: first I (x) b, then a (x) I.

    Parameters
    ----------
    a, b : Network, Factor, ndarray or scipy.sparse
        Linear.

    Returns
    -------
    Network
        Maps ``a.shape[1] * b.shape[1]`` inputs; ``len(a) + len(b)`` layers. Patterns stay patterns:
        :math:`I_m \otimes (a,b,c,d) = (ma,b,c,d)` and :math:`(a,b,c,d) \otimes I_m = (a,b,c,dm)`.

    Examples
    --------
    >>> import numpy as np, flatnet as fn
    >>> net = fn.kron(fn.hadamard(2), fn.hadamard(4))
    >>> bool((net.toarray() == fn.hadamard(8).toarray()).all()), net.synapses
    (True, 48)
    """
    left, right = _network(a, "kron"), _network(b, "kron")
    inner = [_kron_identity(layer.weight, before=left.shape[1], after=1) for layer in right]
    outer = [_kron_identity(layer.weight, before=1, after=right.shape[0]) for layer in left]
    return Network([*inner, *outer])


def _kron_identity(w: Factor, before: int, after: int) -> Factor:
    """I_before (x) w (x) I_after."""
    from . import _core

    for name, n in zip(("outputs", "inputs"), w.shape, strict=True):
        _check.size("kron", name, before * n * after)
    permuted = w.input_permutation is not None or w.output_permutation is not None
    if w.pattern is not None and not permuted:
        a, _, _, d = w.pattern
        values = np.asarray(w.values)
        shared_a, shared_d = values.shape[0] == 1, values.shape[3] == 1
        if (shared_a or before == 1) and (shared_d or after == 1):
            kind = "Kronecker" if shared_a and shared_d else "KroneckerSparse"
            return Factor._wrap(_core.Factor.blocks(kind, values, before * a, d * after), w.weak)
        if not shared_a and before != 1:
            values = np.tile(values, (before, 1, 1, 1))
        if not shared_d and after != 1:
            values = np.repeat(values, after, axis=3)
        return Factor._wrap(_core.Factor.blocks("KroneckerSparse", values, before * a, d * after), w.weak)
    import scipy.sparse as sp

    m = w.tocsr()
    m = sp.kron(sp.kron(sp.identity(before, m.dtype), m), sp.identity(after, m.dtype), format="csr")
    return _sparse(m, [w])


def _sparse(m: Any, parts: Sequence[Factor]) -> Factor:
    """m in the dtype of its parts: weak ones and permutations follow the others, and only say whether they are complex."""
    strong = [f.dtype for f in parts if not f.weak and f.kind != "Permutation"]
    if not strong:
        return Sparse(m, weak=True)
    return Sparse(m, dtype=np.result_type(*strong, *([np.complex64] if m.dtype.kind == "c" else [])))


def _aligned(nets: Sequence[Network]) -> list[list[Factor]]:
    """The layers of all networks side by side; shorter ones relay (identity layers, counted) at their end."""
    depth = max(len(net) for net in nets)
    return [[net[i].weight if i < len(net) else _identity(net.shape[0]) for net in nets] for i in range(depth)]


def _joined(factors: Sequence[Factor], how: str) -> Factor:
    import scipy.sparse as sp

    blocks = [f.tocsr() for f in factors]
    if how == "diagonal":
        m = sp.block_diag(blocks, format="csr")
    else:
        m = (sp.hstack if how == "row" else sp.vstack)(blocks, format="csr")
    return _sparse(m, factors)


def _list(nets: Sequence[Any], what: str) -> list[Network]:
    if isinstance(nets, (Operator, np.ndarray)) or not isinstance(nets, Sequence):
        raise TypeError(f"{what} needs a list of networks, got {type(nets).__name__}")
    if not nets:
        raise ValueError(f"{what} needs at least one network, got none")
    return [_network(net, what) for net in nets]


def block_diag(*nets: Any) -> Network:
    """Networks side by side: each acts on its own inputs and gives its own outputs.

    Parameters
    ----------
    *nets : Network, Factor, ndarray or scipy.sparse
        Linear; shorter ones are relayed to the depth of the longest, and the relays are counted.

    Returns
    -------
    Network
        Inputs and outputs are those of all networks, in order.

    Raises
    ------
    ValueError, TypeError
        If there is none, or one is not linear.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.block_diag(fn.hadamard(2), fn.hadamard(4)).shape
    (6, 6)
    """
    return Network([_joined(row, "diagonal") for row in _aligned(_list(nets, "block_diag"))])


def hstack(nets: Sequence[Any]) -> Network:
    """[A B ...]: the inputs are stacked, the outputs added.

    Parameters
    ----------
    nets : sequence of Network, Factor, ndarray or scipy.sparse
        Linear, with equal numbers of outputs; shorter ones are relayed as in `block_diag`.

    Returns
    -------
    Network
        Maps the inputs of all networks, in order, to their common outputs.

    Raises
    ------
    ValueError, TypeError
        If the outputs differ in number, or a network is not linear.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.hstack([fn.hadamard(4), fn.haar(4)]).shape
    (4, 8)
    """
    items = _list(nets, "hstack")
    outputs = sorted({net.shape[0] for net in items})
    if len(outputs) > 1:
        raise ValueError(f"hstack needs equal numbers of outputs, got {outputs[0]} and {outputs[-1]}")
    rows = _aligned(items)
    layers = [_joined(row, "diagonal") for row in rows[:-1]]
    return Network([*layers, _joined(rows[-1], "row")])


def vstack(nets: Sequence[Any]) -> Network:
    """[A; B; ...]: every network sees all inputs, the outputs are stacked.

    Parameters
    ----------
    nets : sequence of Network, Factor, ndarray or scipy.sparse
        Linear, with equal numbers of inputs; shorter ones are relayed as in `block_diag`.

    Returns
    -------
    Network
        Maps the common inputs to the outputs of all networks, in order.

    Raises
    ------
    ValueError, TypeError
        If the inputs differ in number, or a network is not linear.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.vstack([fn.hadamard(4), fn.haar(4)]).shape
    (8, 4)
    """
    items = _list(nets, "vstack")
    inputs = sorted({net.shape[1] for net in items})
    if len(inputs) > 1:
        raise ValueError(f"vstack needs equal numbers of inputs, got {inputs[0]} and {inputs[-1]}")
    rows = _aligned(items)
    return Network([_joined(rows[0], "column"), *[_joined(row, "diagonal") for row in rows[1:]]])


__all__ = ["block_diag", "hstack", "kron", "vstack"]
