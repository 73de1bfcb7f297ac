"""Hidden units that no later layer reads, or that are always 0."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from .. import _core

if TYPE_CHECKING:
    from ..factors import Factor
    from ..network import Layer

__all__ = ["without_dead_units"]

Array = np.ndarray[Any, Any]
# Activations that map 0 to 0.
_ZERO_STAYS = (None, "relu", "square", "tanh", "gelu", "silu", "sin")
# Wider layers are not looked into.
_WIDEST = 1 << 26
# A pattern is given up for sparse rows where at most this share of its weights is left: a term takes longer there.
_SHARE = 0.25


class _Held(Protocol):
    layer: Layer


def without_dead_units(parts: Sequence[_Held]) -> list[tuple[int, int, int]]:
    """Drops them, in place.

    Returns
    -------
    list of (int, int, int)
        For each place between parts k and k + 1 where units were dropped: k, how many, of how many.

    Notes
    -----
    A unit is live when it may differ from 0 and a live unit of the next layer reads it. All inputs and outputs are live,
    and all units of a softmax. A unit whose row is empty is its activation of its bias: it stays unless that is 0.
    """
    weights = [part.layer.weight for part in parts]
    if len(parts) < 2 or max(w.shape[0] for w in weights) > _WIDEST or not any(map(_has_holes, weights)):
        return []
    live = _live(parts)
    dead = {k for k in range(len(parts) - 1) if not live[k + 1].all()}
    sliced: dict[int, Factor] = {}
    while dead:
        masks = [live[k] if k - 1 in dead else np.ones_like(live[k]) for k in range(len(live))]
        touched = sorted({k + side for k in dead for side in (0, 1)})
        tried = {k: _sliced(weights[k], masks[k + 1], masks[k]) for k in touched}
        failed = {k for k, made in tried.items() if made is None}
        if not failed:
            sliced = {k: made for k, made in tried.items() if made is not None}
            break
        dead -= failed | {k - 1 for k in failed}
    for k, weight in sliced.items():
        layer = parts[k].layer
        rows = live[k + 1] if k in dead else np.ones_like(live[k + 1])
        parts[k].layer = _layer(weight, layer, rows)
    return [(k, int((~live[k + 1]).sum()), live[k + 1].size) for k in sorted(dead)]


def _has_holes(factor: Factor) -> bool:
    pattern = factor.pattern
    if factor.generic or pattern is None:
        return factor.kind == "Sparse"
    return factor.synapses < pattern[0] * pattern[1] * pattern[2] * pattern[3]


def _live(parts: Sequence[_Held]) -> list[Array]:
    """Live units before the first part, after it, ..., after the last one."""
    layers = [part.layer for part in parts]
    paths = [_paths(layer.weight) for layer in layers]
    live = [np.ones(layers[0].weight.shape[1], bool)]
    for path, layer in zip(paths, layers, strict=True):
        reached = path.outputs(_marks(live[-1]))[:, 0] != 0
        if layer.bias is not None:
            reached |= layer.bias != 0
        live.append(reached | (layer.activation not in _ZERO_STAYS))
    live[-1][:] = True
    for k in range(len(layers) - 1, 0, -1):
        if layers[k - 1].activation == "softmax":  # every unit takes part in the others' outputs
            continue
        live[k] &= paths[k].inputs(_marks(live[k + 1]))[:, 0] != 0
        live[k][:1] |= not live[k].any()  # a layer has one unit at least
    return live


def _paths(factor: Factor) -> _core.Paths:
    if factor.generic and factor.pattern is not None:
        return _core.Paths.pattern(*factor.pattern)
    return _core.Paths(factor._handle)


def _marks(mask: Array) -> Array:
    return np.ascontiguousarray(mask[:, None].astype(np.uint64))


def _layer(weight: Factor, layer: Layer, rows: Array) -> Layer:
    from ..network import Layer

    return Layer(weight, None if layer.bias is None else layer.bias[rows], layer.activation)


def _sliced(factor: Factor, rows: Array, cols: Array) -> Factor | None:
    """The factor on these rows and columns, in its own format or one no slower; None where there is none."""
    from ..factors import Permutation, Sparse

    if rows.all() and cols.all():
        return factor
    if factor.generic:
        return None
    if factor.kind == "Permutation":
        index = factor._handle.index
        if index is not None and (rows == cols[index]).all():
            return Permutation((np.cumsum(cols) - 1)[index[rows]])
    kept = _blocks_of(factor, rows, cols)
    if kept is not None:
        return kept
    csr = factor.tocsr()[rows][:, cols]
    if factor.kind == "Sparse" or csr.nnz <= _SHARE * factor.synapses:
        return Sparse(csr, weak=factor.weak)
    return None


def _blocks_of(factor: Factor, rows: Array, cols: Array) -> Factor | None:
    """Whole blocks, or whole strands of a pattern I_a (x) K (x) I_d; rows and columns of a dense one."""
    from ..factors import Dense, Diagonal, Kronecker, KroneckerSparse

    pattern, values = factor.pattern, factor.values
    if pattern is None or values is None or factor.input_permutation is not None or factor.output_permutation is not None:
        return None
    a, b, c, d = pattern
    kind, weak = factor.kind, factor.weak
    if a == d == 1 and kind == "Dense":
        return Dense(values[0, :, :, 0][rows][:, cols], weak=weak)
    r, k = rows.reshape(a, b, d), cols.reshape(a, c, d)
    in_a, in_d = np.asarray(r.any(axis=(1, 2))), np.asarray(r.any(axis=(0, 1)))
    whole = bool((r == in_a[:, None, None]).all() and (k == in_a[:, None, None]).all())
    strands = bool((r == in_d).all() and (k == in_d).all())
    if kind not in ("Kronecker", "KroneckerSparse", "Diagonal") or not (whole or strands):
        return None
    left = (int(in_a.sum()), d) if whole else (a, int(in_d.sum()))
    if kind == "Kronecker":
        return Kronecker(left[0], values[0, :, :, 0], left[1], weak=weak)
    full = np.broadcast_to(values, pattern)
    kept = full[in_a] if whole else full[..., in_d]
    return Diagonal(kept.ravel(), weak=weak) if kind == "Diagonal" else KroneckerSparse(kept, weak=weak)
