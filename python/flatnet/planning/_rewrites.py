"""Rewrites that keep the matrix: scalars hoisted, permutations and diagonals folded, units that nobody reads dropped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from .._check import FLOATS
from ..merging import merged_layer
from ..segments import SegmentTable
from ._dead import without_dead_units

if TYPE_CHECKING:
    from ..factors import Factor
    from ..network import Layer, Network

__all__ = ["Rewrite", "Rewritten", "free_merges", "rewritten", "unchanged"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Rewrite:
    """One change of a chain that leaves its matrix as it is.

    Attributes
    ----------
    kind : str
        ``"scalar"``, ``"permutation"``, ``"diagonal"``, ``"dead units"`` or ``"free merge"``.
    layers : tuple of int
        The user's layers that it concerns, 0-based.
    text : str
        What was done, as a sentence.
    """

    kind: str
    layers: tuple[int, ...]
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Rewritten:
    """A chain after its rewrites.

    Attributes
    ----------
    net : Network
        The user's own where nothing was rewritten.
    groups : tuple of (int, int)
        For each of its layers the user's layers that it stands for: first and last, inclusive.
    rewrites : tuple of Rewrite
    """

    net: Network
    groups: tuple[tuple[int, int], ...]
    rewrites: tuple[Rewrite, ...] = ()

    def of_user(self, segments: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        """A partition of `net` as one of the user's layers."""
        return tuple((self.groups[i][0], self.groups[j][1]) for i, j in segments)


@dataclass
class _Part:
    """A layer, and the user's layers that it stands for."""

    layer: Layer
    first: int
    last: int

    @property
    def name(self) -> str:
        return f"layer {self.first}" if self.first == self.last else f"layers {self.first}..{self.last}"

    @property
    def plain(self) -> bool:
        return self.layer.bias is None and self.layer.activation is None


# None for a network that stays as it is: a value that holds its key would keep it for ever.
_known: WeakKeyDictionary[Network, Rewritten | None] = WeakKeyDictionary()
_DTYPES = tuple(map(np.dtype, ("int32", "int64", *FLOATS)))


def rewritten(net: Network) -> Rewritten:
    """The chain after all rewrites; made once for each network.

    Notes
    -----
    Every partition of `net` has a counterpart in the rewritten chain with no more synapses and weights, so that nothing is lost
    for the search. In exact arithmetic the matrix is the same; in floats a permutation, a sign and a power of two keep
    every bit of it, another scalar or diagonal rounds each weight once.
    """
    if net not in _known:
        _known[net] = _rewritten(net)
    return _known[net] or unchanged(net)


def unchanged(net: Network) -> Rewritten:
    """The chain as the user wrote it."""
    return Rewritten(net, tuple((i, i) for i in range(len(net))))


def _rewritten(net: Network) -> Rewritten | None:
    from ..network import Network

    parts = [_Part(layer, i, i) for i, layer in enumerate(net.layers)]
    said: list[Rewrite] = []
    for rule in (_hoisted, _folded_permutation, partial(_folded_diagonal, transforms=_in_transforms(net))):
        while (done := rule(parts)) is not None:
            said.append(done)
    for k, dropped, width in without_dead_units(parts):
        before, after = parts[k].last, parts[k + 1].first
        text = f"{dropped} of the {width} units between layers {before} and {after} are never read or always 0: dropped"
        said.append(Rewrite("dead units", (before, after), text))
    if not said:
        return None
    made = Network([part.layer for part in parts], name=net.name, flat_form=net.flat_form, info=net.info)
    if [made._promotion.result(d) for d in _DTYPES] != [net._promotion.result(d) for d in _DTYPES]:
        return None  # a layer that is gone had a say in the dtype of the results
    return Rewritten(made, tuple((part.first, part.last) for part in parts), tuple(said))


def _in_transforms(net: Network) -> set[int]:
    """Layers that run as part of a transform whose weights nobody reads: a diagonal folded in would undo it."""
    runs = net._runner.program(net.dtype)
    return {i for kind, begin, count in runs if kind in ("hadamard", "fourier") for i in range(begin, begin + count)}


def _stored(factor: Factor) -> int:
    values = factor.values
    return factor.shape[0] if values is None else int(values.size)


def _diagonal_of(factor: Factor) -> Array | None:
    """The stored weights of a square diagonal, one where they are shared; None for everything else."""
    pattern = factor.pattern
    rows, cols = factor.shape
    if factor.kind == "Sparse" and rows == cols == factor.synapses:
        _, indices, held = factor._handle.csr()
        return held if (indices == np.arange(rows)).all() else None
    if pattern is None or pattern[1:3] != (1, 1) or factor.generic:
        return None
    if factor.input_permutation is not None or factor.output_permutation is not None:
        return None
    values = factor.values
    return None if values is None else values.ravel()


# --- scalars ----------------------------------------------------------------------------------------------------------


def _hoisted(parts: list[_Part]) -> Rewrite | None:
    """One layer c I taken out: its number goes into the layer within reach that stores the fewest weights."""
    for k, part in enumerate(parts):
        v = _diagonal_of(part.layer.weight)
        if len(parts) == 1 or v is None or not part.plain or v.size == 0 or v[0] == 0 or (v != v[0]).any():
            continue
        for t in sorted(_within_reach(parts, k), key=lambda t: (_stored(parts[t].layer.weight), abs(t - k))):
            scaled = _scaled(parts[t].layer.weight, part.layer.weight, v[0].item())
            if scaled is None:
                continue
            target = parts[t]
            text = f"{part.name}, times {v[0].item():.6g}, is hoisted into {target.name}"
            if v[0] == 1:
                text = f"{part.name}, an identity, is dropped"
            target.layer = _with_weight(target.layer, scaled)
            near = parts[k - 1] if k > 0 else parts[1]
            near.first, near.last = min(near.first, part.first), max(near.last, part.last)
            del parts[k]
            return Rewrite("scalar", (part.first, target.first), text)
    return None


def _within_reach(parts: list[_Part], k: int) -> list[int]:
    """Layers whose weight may take a number of layer k: a number passes weights, not biases and activations."""
    found = []
    for t in range(k + 1, len(parts)):
        found.append(t)
        if not parts[t].plain:
            break
    for t in range(k - 1, -1, -1):
        if not parts[t].plain:
            break
        found.append(t)
    return [t for t in found if parts[t].layer.weight.kind != "Permutation" and not parts[t].layer.weight.generic]


def _scaled(target: Factor, scalar: Factor, c: complex) -> Factor | None:
    """`target` times c, of the dtype that both together say; None where that could overflow or underflow."""
    if target.values is None:
        return None
    try:
        made = target if c == 1 else target.scaled(c)
        wide = np.result_type(made.dtype, scalar.dtype)
        if wide.kind != made.dtype.kind:
            made = made.astype(wide, weak=made.weak)
        if not scalar.weak:
            pinned = [f.dtype for f in (scalar, target) if not f.weak]
            dtype = np.result_type(*pinned)
            if made.dtype.kind == "c" and dtype.kind != "c":
                dtype = np.result_type(dtype, np.complex64)
            made = made.astype(dtype)
    except (ValueError, TypeError):
        return None
    return made if _same_support(target, made) else None


def _same_support(before: Factor, after: Factor) -> bool:
    """No weight has overflowed, left the normal numbers or become 0."""
    if after.values is None or after.dtype.kind not in "fc":
        return True
    moduli = np.abs(after.values[np.nonzero(after.values)])
    limits = np.finfo(after.dtype)
    inside = moduli.size == 0 or (moduli.min() >= limits.tiny and moduli.max() <= limits.max)
    return bool(inside) and after.synapses == before.synapses


def _with_weight(layer: Layer, weight: Factor) -> Layer:
    from ..network import Layer

    return Layer(weight, layer.bias, layer.activation)


def free_merges(table: SegmentTable, form: Rewritten, partition: tuple[tuple[int, int], ...]) -> tuple[Rewrite, ...]:
    """Segments of a partition of `form.net` that have no more synapses than the largest of their layers."""
    found = []
    for (i, j), (first, last) in zip(partition, form.of_user(partition), strict=True):
        count, largest = table.segment(i, j).count, max(table.segment(k, k).count for k in range(i, j + 1))
        if i < j and count <= largest:
            text = f"layers {first}..{last} merge at no cost: {count} synapses, one of them had {largest}"
            found.append(Rewrite("free merge", tuple(range(first, last + 1)), text))
    return tuple(found)


# --- neighbours ---------------------------------------------------------------------------------------------------------


def _folded_permutation(parts: list[_Part]) -> Rewrite | None:
    """One permutation folded into a neighbour, sparse rows first: there it only renames."""

    def rank(other: _Part) -> int | None:
        return 2 if other.layer.weight.generic else {"Permutation": 0, "Sparse": 0}.get(other.layer.weight.kind, 1)

    return _folded(parts, "permutation", lambda part: part.layer.weight.kind == "Permutation", rank)


def _folded_diagonal(parts: list[_Part], transforms: set[int]) -> Rewrite | None:
    """One diagonal folded into a neighbour that has weights of its own."""

    def is_diagonal(part: _Part) -> bool:
        v = _diagonal_of(part.layer.weight)
        return v is not None and v.size > 1 and bool(v.all()) and part.first not in transforms

    def rank(other: _Part) -> int | None:
        weight = other.layer.weight
        own = weight.kind in ("Diagonal", "Sparse", "Dense", "KroneckerSparse") and not weight.generic
        return None if not own or transforms & set(range(other.first, other.last + 1)) else _stored(weight)

    return _folded(parts, "diagonal", is_diagonal, rank)


def _folded(
    parts: list[_Part], kind: str, foldable: Callable[[_Part], bool], rank: Callable[[_Part], int | None]
) -> Rewrite | None:
    for k, part in enumerate(parts):
        if not foldable(part):
            continue
        pairs = [(k, k + 1)] if k + 1 < len(parts) and part.layer.activation is None else []
        if k > 0 and parts[k - 1].layer.activation is None:
            pairs.append((k - 1, k))
        others = {pair: rank(parts[pair[0] if pair[1] == k else pair[1]]) for pair in pairs}
        for i, j in sorted((pair for pair in pairs if others[pair] is not None), key=lambda pair: others[pair] or 0):
            into = parts[i if j == k else j]
            layer = _merged(parts[i].layer, parts[j].layer)
            if layer is None or not _kept(kind, into.layer.weight, layer.weight):
                continue
            text = f"{part.name}, a {kind}, is folded into {into.name}"
            concerned = (part.first, into.first)
            parts[i : j + 1] = [_Part(layer, parts[i].first, parts[j].last)]
            return Rewrite(kind, concerned, text)
    return None


def _merged(first: Layer, second: Layer) -> Layer | None:
    from ..network import Network

    try:
        return merged_layer(Network([first, second]), 0, 1)
    except ValueError:  # too large, or an integer beyond 2^62
        return None


def _kept(kind: str, before: Factor, after: Factor) -> bool:
    """Whether folding left the neighbour in its format, with as many weights."""
    return kind == "permutation" or (after.kind == before.kind and _same_support(before, after))
