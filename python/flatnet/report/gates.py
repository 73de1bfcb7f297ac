"""The part of the default report on neurons that compute: each network beside its certificate and what is seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..flatten import flattening_cost
from ..gates import (
    bit_function,
    bit_parity,
    bit_polynomial,
    monomial,
    polynomial,
    product_flat,
    product_gate,
    product_tree,
    quadratic_form,
    tent_map,
)
from ..network import Network
from .model import GateLine, Span

__all__ = ["GATES", "gate_lines"]

Array = np.ndarray[Any, Any]
_INPUTS = 20_000
_CUBIC = {(): 1.0, (0,): -2.0, (1, 2): 0.5, (3, 4, 5): 4.0, (0, 6, 7): -1.5}


_QUARTIC = {(0, 0, 0): 2.0, (2, 1, 1): 1.5, (0, 0, 3): -1.0, (1, 1, 1): 0.5}
_FORM = np.subtract.outer(np.arange(5.0), np.arange(5.0)) ** 2 / 16  # rank 3


@dataclass(frozen=True)
class _Gate:
    """A network and the function that it stands for, on rows of exact inputs."""

    label: str
    make: Callable[[], Network]
    exact: Callable[[Array], Array]
    statement: str = ""  # where no certificate has one
    bits: bool = False


def _product(x: Array) -> Array:
    return np.asarray(x.prod(axis=1))


def _tent(x: Array) -> Array:
    for _ in range(10):
        x = 1 - np.abs(2 * x - 1)
    return np.asarray(x[:, 0])


def _parity(x: Array) -> Array:
    return np.asarray(x.sum(axis=1) % 2)


def _parity_terms() -> Network:
    return bit_function([S.bit_count() & 1 for S in range(1 << 10)], hard=True)


def _cubic(x: Array) -> Array:
    return np.asarray(sum(h * x[:, list(K)].prod(axis=1) for K, h in _CUBIC.items()))


def _quartic(x: Array) -> Array:
    return np.asarray(sum(c * (x ** np.array(powers)).prod(axis=1) for powers, c in _QUARTIC.items()))


#: THE LIST: one line a network.
GATES = (
    _Gate("product_gate()", product_gate, _product),
    _Gate("product_gate(dtype='float32')", lambda: product_gate(dtype=np.float32), _product),
    _Gate("product_gate(neurons=3)", lambda: product_gate(neurons=3), _product),
    _Gate("product_tree(4)", lambda: product_tree(4), _product),
    _Gate("product_flat(4)", lambda: product_flat(4), _product),
    _Gate("product_tree(8)", lambda: product_tree(8), _product),
    _Gate("product_flat(8)", lambda: product_flat(8), _product),
    _Gate("monomial((3, 2))", lambda: monomial((3, 2)), lambda x: x[:, 0] ** 3 * x[:, 1] ** 2),
    _Gate("polynomial({...}), degree 4", lambda: polynomial(_QUARTIC), _quartic),
    _Gate("quadratic_form(h), rank 3", lambda: quadratic_form(_FORM), lambda x: np.einsum("bi,ij,bj->b", x, _FORM, x)),
    _Gate("tent_map(10)", lambda: tent_map(10), _tent, "a sawtooth of 1024 linear pieces"),
    _Gate("bit_polynomial({...}, tol=1e-9)", lambda: bit_polynomial(_CUBIC, 1e-9), _cubic, bits=True),
    _Gate("bit_parity(10)", lambda: bit_parity(10), _parity, bits=True),
    _Gate("bit_parity(10, hard=True)", lambda: bit_parity(10, hard=True), _parity, bits=True),
    _Gate("bit_function(parity of 10 bits)", _parity_terms, _parity, bits=True),
)


def gate_lines(quick: bool = False) -> list[GateLine]:
    """Count, certify and try every network of `GATES`.

    Parameters
    ----------
    quick : bool
        A tenth of the random inputs.

    Examples
    --------
    >>> line = gate_lines(quick=True)[0]
    >>> line.label, line.neurons, line.certified > line.seen > 0
    ('product_gate()', 4, True)
    """
    return [_line(gate, _INPUTS // 10 if quick else _INPUTS) for gate in GATES]


def _line(gate: _Gate, inputs: int) -> GateLine:
    net = gate.make()
    x = _inputs(net, inputs, gate.bits)
    seen = float(np.abs(net(x)[:, 0].astype(np.float64) - gate.exact(x.astype(np.float64))).max())
    cost = flattening_cost(net, depth=1) if net.depth == 1 or net.flat_form is not None else None
    known = cost is not None and cost.C_n.lower > 0
    sure = net.certificate
    return GateLine(
        label=gate.label,
        statement=sure.statement if sure else gate.statement,
        depth=net.depth,
        neurons=net.neurons,
        synapses=net.synapses,
        dtype=net.dtype.name,
        certified=sure.error if sure else None,
        seen=seen,
        inputs=len(x),
        C_n=Span(cost.C_n.lower, cost.C_n.upper) if cost is not None and known else None,
        class_of_networks=cost.class_of_networks if cost is not None and known else "",
    )


def _inputs(net: Network, count: int, bits: bool) -> Array:
    """Every vector of bits, or random points of the certified domain, [0, 1] where there is none."""
    n = net.shape[1]
    if bits:
        return ((np.arange(1 << n)[:, None] >> np.arange(n)) & 1).astype(net.dtype)
    low, high = net.certificate.bounds() if net.certificate else (np.zeros(1), np.ones(1))
    return (low + (high - low) * np.random.default_rng(0).random((count, n))).astype(net.dtype)
