"""A small network as a picture, as in Figure 2 of Lin & Tegmark: circles add, squares apply, lines multiply."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ._check import TooLargeError
from .picture import TEXT_HEIGHT, TEXT_WIDTH, Box, Circle, Drawing, Line, Mark, Picture, Text

if TYPE_CHECKING:
    from .network import Layer, Network

__all__ = ["Picture", "draw"]

_INK, _SOFT, _LINE, _MINUS = "#1d2129", "#5b6472", "#1f6fd1", "#d1550f"
_LABELS, _LAYER_LABELS = 64, 32  # above so many lines, in all and between two layers, nobody can tell whose a number is
_SEARCHED = 400  # above so many lines numbers are not moved out of each other's way
_RADIUS = 11.0
_NUMBER, _CAPTION = 11.0, 12.0  # font sizes
_NAMED = 40  # inputs or outputs that still have room for their names

# What stands in a square; other activations by their own name.
_SYMBOLS = {"logistic": "σ", "square": "x²"}
# Activations that look at all outputs of the layer: one box for all of them.
_WHOLE = ("softmax",)


@dataclass(frozen=True)
class _Column:
    """Where one layer's units stand: heights ``ys`` at ``x``, the lines to the next layer start at ``out``."""

    x: float
    out: float
    ys: np.ndarray


def draw(
    net: Network,
    *,
    labels: bool | None = None,
    max_neurons: int = 400,
    max_synapses: int = 4000,
) -> Drawing:
    """Draw a network, inputs on the left.

    Parameters
    ----------
    net : Network
        A small one.
    labels : bool, optional
        Whether lines carry their weights as numbers; by default they do where there are at most 64 lines, 32 between
        two layers, and no two numbers would cover each other.  Weights of 1 are left out.
    max_neurons, max_synapses : int
        Largest network drawn, inputs and outputs included among the neurons; larger ones are refused before any
        weight is written out.

    Returns
    -------
    Drawing
        With ``.svg``, ``.save(path)`` and ``.plot(ax=None)``, which draws it with matplotlib; a notebook shows it.

    Raises
    ------
    TooLargeError
        If the network has more units or synapses than a reader could tell apart.

    Notes
    -----
    As in Lin & Tegmark, Fig. 2: squares apply the activation, circles sum, lines multiply by the constants that label
    them, and an input of 1 carries the biases; a softmax, which looks at all of its inputs, is one tall box.  (The
    caption of that figure asks for sigma''(0) != 0, "which can always be arranged by biasing"; for the logistic
    function it is 0 without a bias.)  Negative weights are dashed and orange, complex ones show modulus by width.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.hadamard(4).draw().svg.count("<circle")
    12
    >>> fn.hadamard(1024).draw()
    Traceback (most recent call last):
        ...
    flatnet._check.TooLargeError: a drawing shows at most 400 neurons and 4000 synapses, hadamard(1024) has 11264, 20480
    """
    units = net.shape[1] + net.neurons + net.shape[0]
    if units > max_neurons or net.synapses > max_synapses:
        raise TooLargeError(
            f"a drawing shows at most {max_neurons} neurons and {max_synapses} synapses, "
            f"{net.name or 'the network'} has {units}, {net.synapses}"
        )
    layers = [_Wires.of(layer) for layer in net.layers]
    counts = [len(wires.weights) for wires in layers]
    wanted = labels if labels is not None else sum(counts) <= _LABELS and max(counts) <= _LAYER_LABELS
    drawing, crowded = _compose(net, layers, wanted)
    if crowded and labels is None:
        return _compose(net, layers, False)[0]
    return drawing


@dataclass(frozen=True)
class _Wires:
    """One layer's lines: from unit ``source`` to unit ``target``; the source -1 is the input of 1."""

    source: np.ndarray
    target: np.ndarray
    weights: np.ndarray
    units: int
    activation: str | None

    @classmethod
    def of(cls, layer: Layer) -> _Wires:
        matrix = layer.weight.tocsr().tocoo()
        row, column = matrix.coords if hasattr(matrix, "coords") else (matrix.row, matrix.col)
        weights = matrix.data
        if layer.bias is not None:
            lit = np.flatnonzero(layer.bias)
            row, column = np.concatenate([row, lit]), np.concatenate([column, np.full(lit.size, -1)])
            weights = np.concatenate([weights, np.asarray(layer.bias)[lit]])
        order = np.lexsort((column, row))
        return cls(column[order], row[order], weights[order], layer.weight.shape[0], layer.activation)

    def shares(self) -> np.ndarray:
        """How far along its line each number stands: those that meet in one unit are spread from 1/4 to 3/4."""
        first = np.searchsorted(self.target, self.target, side="left")
        fan = np.searchsorted(self.target, self.target, side="right") - first
        return 0.25 + 0.5 * (np.arange(self.target.size) - first + 0.5) / fan

    @property
    def biased(self) -> bool:
        return bool(np.any(self.source < 0))


def _columns(net: Network, layers: Sequence[_Wires], labels: bool) -> tuple[list[_Column], float, float]:
    """Place every layer's units; return them with the picture's width and height without the caption."""
    sizes = [net.shape[1], *(wires.units for wires in layers)]
    rows = [size + int(i < len(layers) and layers[i].biased) for i, size in enumerate(sizes)]
    pitch = max(13.0, min(50.0 if labels else 40.0, 900.0 / max(rows)))
    height = pitch * max(rows) + 24
    columns, x = [], 56.0
    for i in range(len(sizes)):
        wide = _box_width(layers[i - 1].activation, _RADIUS) / 2 + 30.0 if i and layers[i - 1].activation else 0.0
        top = (height - pitch * (rows[i] - 1)) / 2
        columns.append(_Column(x, x + wide, top + pitch * np.arange(rows[i])))
        lines = len(layers[i].weights) if i < len(layers) else 0
        x += wide + max(190.0 if labels else 110.0, min(0.3 * height, 330.0), min(20.0 * lines, 330.0) if labels else 0.0)
    return columns, columns[-1].out + 56.0, height


def _compose(net: Network, layers: Sequence[_Wires], labels: bool) -> tuple[Drawing, bool]:
    """Return the drawing, and whether some of its numbers cover each other."""
    columns, width, height = _columns(net, layers, labels)
    pitches = [float(column.ys[1] - column.ys[0]) for column in columns if len(column.ys) > 1]
    radius = min([_RADIUS, *(0.4 * pitch for pitch in pitches)])
    lines: list[Mark] = []
    numbers: list[Mark] = []
    crowded = False
    for wires, start, end in zip(layers, columns[:-1], columns[1:], strict=True):
        ends = _ends(wires, start, end, radius)
        lines += _lines(wires, ends)
        if labels:
            placed, close = _numbers(wires, ends)
            numbers += placed
            crowded |= close
    units: list[Mark] = _inputs(net, layers, columns, radius)
    for wires, column in zip(layers, columns[1:], strict=True):
        units += _units(wires, column, radius)
    units += _outputs(columns[-1], layers[-1].units, radius)
    caption = textwrap.wrap(_caption(layers, labels), max(40, int((width - 24) / (TEXT_WIDTH * _CAPTION))))
    width = max(width, TEXT_WIDTH * _CAPTION * max(map(len, caption)) + 24)
    rows = [Text(12.0, height + 16 + 17 * i, row, _CAPTION, "start", _SOFT) for i, row in enumerate(caption)]
    about = f"{net.name or 'network'}: {net.synapses} synapses, {net.neurons} neurons, depth {net.depth}"
    return Drawing.of(about, width, height + 12 + 17 * len(rows) + 5, [*lines, *units, *numbers, *rows]), crowded


def _ends(wires: _Wires, start: _Column, end: _Column, radius: float) -> np.ndarray:
    """x1, y1, x2, y2 of each line; the source -1 is the input of 1, the lowest of its column."""
    count = wires.weights.size
    x1, x2 = np.full(count, start.out + radius), np.full(count, end.x - radius)
    return np.stack([x1, start.ys[wires.source], x2, end.ys[wires.target]], axis=1) if count else np.empty((0, 4))


def _lines(wires: _Wires, ends: np.ndarray) -> list[Mark]:
    scale = float(np.abs(wires.weights).max()) if wires.weights.size else 1.0
    fine = 1.0 if wires.weights.size <= 400 else 0.5
    marks: list[Mark] = []
    for weight, (x1, y1, x2, y2) in zip(wires.weights, ends.tolist(), strict=True):
        minus = weight.real < 0
        thick = fine * (0.6 + 1.2 * float(abs(weight)) / scale)
        marks.append(Line(x1, y1, x2, y2, _MINUS if minus else _LINE, thick, fine, bool(minus), _number(weight)))
    return marks


def _numbers(wires: _Wires, ends: np.ndarray) -> tuple[list[Mark], bool]:
    """Return a number for each line that is not 1, and whether some cover each other.

    Each goes to the place along its line, near its share, that covers no number before it and meets the fewest other lines.
    """
    which = np.flatnonzero(wires.weights != 1)
    texts = [_number(wires.weights[i]) for i in which]
    half = np.array([(TEXT_WIDTH * len(text) * _NUMBER / 2 + 2, TEXT_HEIGHT * _NUMBER / 2 + 1) for text in texts]).reshape(
        -1, 2
    )
    places = np.empty((which.size, 2))
    crowded, marks = False, list[Mark]()
    x1, y1, x2, y2 = ends.T if len(ends) else np.empty((4, 0))
    for k, (i, share) in enumerate(zip(which, wires.shares()[which], strict=True)):
        shares = np.concatenate([[share], np.linspace(0.1, 0.9, 41)]) if ends.shape[0] <= _SEARCHED else np.array([share])
        at = ends[i, :2] + shares[:, None] * (ends[i, 2:] - ends[i, :2])
        gap = np.abs(at[:, None] - places[None, :k]) - (half[k] + half[:k])
        covered = np.any(np.all(gap < 0, axis=2), axis=1)
        heights = y1 + (at[:, :1] - x1) / (x2 - x1) * (y2 - y1)
        met = np.sum(np.abs(heights - at[:, 1:]) < half[k, 1], axis=1) - 1
        best = int(np.argmin(100.0 * covered + met + 4 * np.abs(shares - share)))
        crowded |= bool(covered[best])
        places[k] = at[best]
        marks.append(Text(float(at[best, 0]), float(at[best, 1]), texts[k], _NUMBER, pad=True))
    return marks, crowded


def _number(weight: complex) -> str:
    """Return a weight in at most three digits a part.

    Examples
    --------
    >>> _number(-0.70711), _number(1 - 1j), _number(1j), _number(240800.0)
    ('-0.707', '1-1i', '1i', '2.408e5')
    """
    if np.iscomplexobj(weight) and weight.imag:
        real = f"{weight.real:.3g}" if abs(weight.real) > 1e-12 * abs(weight) else ""
        return f"{real}{weight.imag:{'+' if real else ''}.3g}i"
    text = f"{weight.real:.4g}" if abs(weight.real) >= 1000 else f"{weight.real:.3g}"
    return text.replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")


def _box_width(activation: str | None, radius: float) -> float:
    if activation is None or activation in _WHOLE:
        return 1.8 * radius
    return max(1.8 * radius, TEXT_WIDTH * radius * len(_SYMBOLS.get(activation, activation)) + 6)


def _units(wires: _Wires, column: _Column, radius: float) -> list[Mark]:
    """Return the neurons of a layer: circles that sum and, where there is an activation, the boxes that apply it."""
    ys = column.ys[: wires.units].tolist()
    circles: list[Mark] = [Circle(column.x, y, radius) for y in ys]
    if wires.activation is None:
        return circles
    wide, sign = _box_width(wires.activation, radius), _SYMBOLS.get(wires.activation, wires.activation)
    joints: list[Mark] = [Line(column.x + radius, y, column.out - wide / 2, y) for y in ys]
    if wires.activation in _WHOLE:
        middle, high = (ys[0] + ys[-1]) / 2, ys[-1] - ys[0] + 2.2 * radius
        upright = high > TEXT_WIDTH * _NUMBER * len(sign)
        text: list[Mark] = [Text(column.out, middle, sign, _NUMBER, upright=True)] if upright else []
        return [*circles, *joints, Box(column.out, middle, wide, high, wires.activation), *text]
    boxes: list[Mark] = [Box(column.out, y, wide, 1.8 * radius, wires.activation) for y in ys]
    size = min(13.0, 1.2 * radius) if len(sign) == 1 else 0.9 * radius
    signs: list[Mark] = [Text(column.out, y, sign, size) for y in ys] if radius > 6 else []
    return [*circles, *joints, *boxes, *signs]


def _inputs(net: Network, layers: Sequence[_Wires], columns: Sequence[_Column], radius: float) -> list[Mark]:
    """Return the inputs, named where there is room, and an input of 1 in every column whose next layer is biased."""
    size = min(13.0, 1.5 * radius + 2)
    marks: list[Mark] = []
    for k in range(net.shape[1]):
        y = float(columns[0].ys[k])
        marks.append(Circle(columns[0].x, y, radius, "#eef1f5"))
        if net.shape[1] <= _NAMED:
            marks.append(Text(columns[0].x - radius - 6, y, f"x{_below(k)}", size, "end"))
    for wires, column in zip(layers, columns[:-1], strict=True):
        if wires.biased:
            marks.append(Text(column.out + radius - 5, float(column.ys[-1]), "1", size, "end"))
    return marks


def _outputs(column: _Column, count: int, radius: float) -> list[Mark]:
    if count > _NAMED:
        return []
    size, x = min(13.0, 1.5 * radius + 2), column.out + radius + 6
    return [Text(x, float(column.ys[k]), f"y{_below(k)}", size, "start") for k in range(count)]


def _below(k: int) -> str:
    return str(k).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _caption(layers: Sequence[_Wires], labels: bool) -> str:
    applied = sorted({wires.activation for wires in layers if wires.activation})
    parts = ["circles add"]
    squares = [name for name in applied if name not in _WHOLE]
    if squares:
        parts.append(f"squares apply {', '.join(squares)}")
    parts += [f"the tall box applies {name}" for name in applied if name in _WHOLE]
    plain = "lines multiply, wider is larger"
    parts.append("lines multiply by their label, by 1 where there is none" if labels else plain)
    if any(bool((wires.weights.real < 0).any()) for wires in layers):
        parts.append("dashed is negative")
    return "; ".join(parts)
