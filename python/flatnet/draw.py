"""A small network as a picture, as in Figure 2 of Lin & Tegmark: circles add, squares apply, lines multiply."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from ._check import TooLargeError
from .report.svg import element
from .serialize import atomic_writer

if TYPE_CHECKING:
    from .network import Layer, Network

__all__ = ["Picture", "draw"]

_INK, _SOFT, _LINE, _MINUS = "#1d2129", "#5b6472", "#1f6fd1", "#d1550f"
_LABELS = 64  # above so many lines their numbers would cover each other
_RADIUS = 11.0


@dataclass(frozen=True)
class Picture:
    """A drawn network.

    Attributes
    ----------
    svg : str
        One ``<svg>`` element that refers to nothing outside itself.

    Examples
    --------
    >>> import flatnet as fn
    >>> picture = fn.hadamard(2).draw()
    >>> picture.svg.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    True
    """

    svg: str

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<Picture, {len(self.svg)} characters of SVG; save(path) writes it>"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture to an ``.svg`` file, complete or not at all.

        Parameters
        ----------
        path : str or os.PathLike
            Where to write; an existing file is replaced.

        Raises
        ------
        OSError
            If the file system refuses.
        """
        with atomic_writer(path) as stream:
            stream.write(self.svg.encode("utf-8"))


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
) -> Picture:
    """Draw a network, inputs on the left.

    Parameters
    ----------
    net : Network
        A small one.
    labels : bool, optional
        Whether lines carry their weights as numbers; by default up to 64 lines do.  Weights of 1 are left out.
    max_neurons, max_synapses : int
        Largest network drawn, inputs and outputs included among the neurons; larger ones are refused before any
        weight is written out.

    Returns
    -------
    Picture
        With ``.svg`` and ``.save(path)``; a notebook shows it.

    Raises
    ------
    TooLargeError
        If the network has more units or synapses than a reader could tell apart.

    Notes
    -----
    As in Lin & Tegmark, Fig. 2: squares apply the activation, circles sum, lines multiply by the constants that label
    them, and an input of 1 carries the biases.  (Its caption asks for sigma''(0) != 0, "which can always be
    arranged by biasing"; for the logistic function it is 0 without a bias.)  Negative weights are dashed and
    orange, complex ones show modulus by width.

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
    if labels is None:
        labels = sum(len(wires.weights) for wires in layers) <= _LABELS
    return Picture(_compose(net, layers, labels))


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
    gap = max(190.0 if labels else 110.0, min(0.3 * height, 330.0))
    columns, x = [], 56.0
    for i in range(len(sizes)):
        wide = 40.0 if i and layers[i - 1].activation else 0.0
        top = (height - pitch * (rows[i] - 1)) / 2
        columns.append(_Column(x, x + wide, top + pitch * np.arange(rows[i])))
        x += wide + gap
    return columns, x - gap + 56.0, height


def _compose(net: Network, layers: Sequence[_Wires], labels: bool) -> str:
    columns, width, height = _columns(net, layers, labels)
    pitches = [float(column.ys[1] - column.ys[0]) for column in columns if len(column.ys) > 1]
    radius = min([_RADIUS, *(0.4 * pitch for pitch in pitches)])
    lines, texts, units = [], [], []
    for wires, start, end in zip(layers, columns[:-1], columns[1:], strict=True):
        drawn, named = _wire_marks(wires, start, end, radius, labels)
        lines += drawn
        texts += named
    units += _inputs(net, layers, columns, radius)
    for wires, column in zip(layers, columns[1:], strict=True):
        units += [_unit(column, k, wires.activation, radius) for k in range(wires.units)]
    units += _outputs(columns[-1], layers[-1].units, radius)
    caption = _caption(layers, labels)
    width = max(width, 6.2 * len(caption) + 24)
    foot = element("text", escape(caption), x=12, y=height + 20, font_size=12, fill=_SOFT)
    about = f"{net.name or 'network'}: {net.synapses} synapses, {net.neurons} neurons, depth {net.depth}"
    sheet = element("rect", width=width, height=height + 34, fill="#ffffff")
    return element(
        "svg",
        element("title", escape(about)),
        sheet,
        *lines,
        *units,
        *texts,
        foot,
        xmlns="http://www.w3.org/2000/svg",
        width=width,
        height=height + 34,
        viewBox=f"0 0 {width:.0f} {height + 34:.0f}",
        role="img",
        font_family="system-ui, sans-serif",
        font_size=min(13.0, 1.5 * radius + 2),
    )


def _wire_marks(wires: _Wires, start: _Column, end: _Column, radius: float, labels: bool) -> tuple[list[str], list[str]]:
    """Return the lines of one layer and the numbers beside them."""
    scale = float(np.abs(wires.weights).max()) if wires.weights.size else 1.0
    fine = 1.0 if wires.weights.size <= 400 else 0.5
    lines, texts = [], []
    for source, target, weight, share in zip(wires.source, wires.target, wires.weights, wires.shares(), strict=True):
        x1, y1 = start.out + radius, float(start.ys[source])  # -1 is the input of 1, the lowest of its column
        x2, y2 = end.x - radius, float(end.ys[target])
        minus = weight.real < 0
        thick = fine * (0.6 + 1.2 * abs(weight) / scale)
        lines.append(
            element(
                "line",
                element("title", escape(_number(weight))),
                x1=x1,
                y1=y1,
                x2=x2,
                y2=y2,
                stroke=_MINUS if minus else _LINE,
                stroke_width=float(thick),
                stroke_opacity=fine,
                stroke_dasharray="5 3" if minus else None,
            )
        )
        if labels and weight != 1:
            texts.append(
                element(
                    "text",
                    escape(_number(weight)),
                    x=x1 + share * (x2 - x1),
                    y=y1 + share * (y2 - y1) + 4,
                    text_anchor="middle",
                    font_size=11,
                    fill=_INK,
                    stroke="#ffffff",
                    stroke_width=3,
                    paint_order="stroke",
                )
            )
    return lines, texts


def _number(weight: complex) -> str:
    """Return a weight in at most three digits a part.

    Examples
    --------
    >>> _number(-0.70711), _number(1 - 1j), _number(1j)
    ('-0.707', '1-1i', '1i')
    """
    if np.iscomplexobj(weight) and weight.imag:
        real = f"{weight.real:.3g}" if abs(weight.real) > 1e-12 * abs(weight) else ""
        return f"{real}{weight.imag:{'+' if real else ''}.3g}i"
    return f"{weight.real:.4g}" if abs(weight.real) >= 1000 else f"{weight.real:.3g}"


def _unit(column: _Column, k: int, activation: str | None, radius: float) -> str:
    """Return one neuron: a circle that sums and, where there is an activation, the square that applies it."""
    y = float(column.ys[k])
    circle = element("circle", cx=column.x, cy=y, r=radius, fill="#ffffff", stroke=_INK)
    if activation is None:
        return circle
    side = 1.8 * radius
    joint = element("line", x1=column.x + radius, y1=y, x2=column.out - side / 2, y2=y, stroke=_INK)
    square = element(
        "rect",
        element("title", escape(activation)),
        x=column.out - side / 2,
        y=y - side / 2,
        width=side,
        height=side,
        fill="#ffffff",
        stroke=_INK,
    )
    sign = element("text", "σ", x=column.out, y=y + 0.4 * radius, text_anchor="middle", fill=_INK)
    return circle + joint + square + (sign if radius > 6 else "")


def _inputs(net: Network, layers: Sequence[_Wires], columns: Sequence[_Column], radius: float) -> list[str]:
    """Return the inputs, named where there is room, and an input of 1 in every column whose next layer is biased."""
    marks = []
    named = net.shape[1] <= 40
    for k in range(net.shape[1]):
        y = float(columns[0].ys[k])
        marks.append(element("circle", cx=columns[0].x, cy=y, r=radius, fill="#eef1f5", stroke=_INK))
        if named:
            marks.append(element("text", f"x{_below(k)}", x=columns[0].x - radius - 6, y=y + 4, text_anchor="end", fill=_INK))
    for wires, column in zip(layers, columns[:-1], strict=True):
        if wires.biased:
            y = float(column.ys[-1])
            marks.append(element("text", "1", x=column.out + radius - 5, y=y + 4, text_anchor="end", fill=_INK))
    return marks


def _outputs(column: _Column, count: int, radius: float) -> list[str]:
    if count > 40:
        return []
    return [
        element("text", f"y{_below(k)}", x=column.out + radius + 6, y=float(column.ys[k]) + 4, fill=_INK) for k in range(count)
    ]


def _below(k: int) -> str:
    return str(k).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _caption(layers: Sequence[_Wires], labels: bool) -> str:
    applied = sorted({wires.activation for wires in layers if wires.activation})
    parts = ["circles add"]
    if applied:
        parts.append(f"squares apply {', '.join(applied)}")
    plain = "lines multiply, wider is larger"
    parts.append("lines multiply by their label, by 1 where there is none" if labels else plain)
    if any(bool((wires.weights.real < 0).any()) for wires in layers):
        parts.append("dashed is negative")
    return "; ".join(parts)
