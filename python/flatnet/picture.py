"""Pictures made of marks: lines, circles, boxes and text, written as SVG or drawn by matplotlib."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from .report.svg import element
from .serialize import atomic_writer

__all__ = ["Box", "Circle", "Drawing", "Line", "Mark", "Picture", "Text"]

_INK, _PAPER = "#1d2129", "#ffffff"
TEXT_WIDTH, TEXT_HEIGHT = 0.58, 1.15  # of a character and a line, in font sizes: sans-serif digits are narrower


@dataclass(frozen=True)
class Picture:
    """A picture as SVG.

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
        """Write the picture, complete or not at all: ``.svg`` by itself, `Drawing` also ``.png``, ``.pdf`` and the like.

        Parameters
        ----------
        path : str or os.PathLike
            Where to write; an existing file is replaced.

        Raises
        ------
        ValueError
            If the name asks for another format that this picture cannot be written in.
        OSError
            If the file system refuses.
        ImportError
            If the format needs matplotlib and it is not installed (``pip install flatnet[report]``).
        """
        suffix = pathlib.Path(path).suffix.lower()
        if suffix in _BY_MATPLOTLIB:
            self._save_as(suffix[1:], path)
            return
        with atomic_writer(path) as stream:
            stream.write(self.svg.encode("utf-8"))

    def _save_as(self, kind: str, path: str | os.PathLike[str]) -> None:
        raise ValueError(f"this picture is SVG, got a name that ends in .{kind}")


_BY_MATPLOTLIB = (".png", ".pdf", ".jpg", ".jpeg", ".eps", ".ps", ".webp", ".tif", ".tiff")


@dataclass(frozen=True)
class Line:
    """A straight line; ``title`` is its tooltip."""

    x1: float
    y1: float
    x2: float
    y2: float
    colour: str = _INK
    width: float = 1.0
    opacity: float = 1.0
    dashed: bool = False
    title: str = ""

    def svg(self) -> str:
        """One element."""
        return element(
            "line",
            *_tooltip(self.title),
            x1=self.x1,
            y1=self.y1,
            x2=self.x2,
            y2=self.y2,
            stroke=self.colour,
            stroke_width=self.width,
            stroke_opacity=self.opacity,
            stroke_dasharray="5 3" if self.dashed else None,
        )

    def plot(self, ax: Any) -> None:
        """Add it to axes of matplotlib."""
        style = (0, (5, 3)) if self.dashed else "-"
        ax.plot(
            (self.x1, self.x2), (self.y1, self.y2), color=self.colour, lw=self.width, alpha=self.opacity, ls=style, zorder=1
        )


@dataclass(frozen=True)
class Circle:
    """A filled circle."""

    x: float
    y: float
    radius: float
    fill: str = _PAPER

    def svg(self) -> str:
        """One element."""
        return element("circle", cx=self.x, cy=self.y, r=self.radius, fill=self.fill, stroke=_INK)

    def plot(self, ax: Any) -> None:
        """Add it to axes of matplotlib."""
        from matplotlib.patches import Circle as Patch

        ax.add_patch(Patch((self.x, self.y), self.radius, facecolor=self.fill, edgecolor=_INK, zorder=2))


@dataclass(frozen=True)
class Box:
    """A filled rectangle around its centre."""

    x: float
    y: float
    width: float
    height: float
    title: str = ""

    def svg(self) -> str:
        """One element."""
        corner = {"x": self.x - self.width / 2, "y": self.y - self.height / 2}
        size = {"width": self.width, "height": self.height}
        return element("rect", *_tooltip(self.title), **corner, **size, fill=_PAPER, stroke=_INK)

    def plot(self, ax: Any) -> None:
        """Add it to axes of matplotlib."""
        from matplotlib.patches import Rectangle

        corner = (self.x - self.width / 2, self.y - self.height / 2)
        ax.add_patch(Rectangle(corner, self.width, self.height, facecolor=_PAPER, edgecolor=_INK, zorder=2))


@dataclass(frozen=True)
class Text:
    """A line of text whose middle is at height y; ``pad`` puts paper behind it, ``upright`` turns it by a right angle."""

    x: float
    y: float
    text: str
    size: float
    anchor: str = "middle"
    fill: str = _INK
    pad: bool = False
    upright: bool = False

    def svg(self) -> str:
        """Return the text, above a stroke of paper where it needs one: not every reader of SVG knows paint-order."""
        behind = ""
        if self.pad:
            half = max(0.0, TEXT_WIDTH * self.size * len(self.text) / 2 - self.size / 2)
            path = f"M{self.x - half:.1f} {self.y:.1f}H{self.x + half + 0.1:.1f}"
            behind = element("path", d=path, stroke=_PAPER, stroke_width=1.1 * self.size, stroke_linecap="round")
        return behind + element(
            "text",
            escape(self.text),
            x=self.x,
            y=self.y + 0.35 * self.size,  # half the height of a digit
            text_anchor=None if self.anchor == "start" else self.anchor,
            font_size=self.size,
            fill=self.fill,
            transform=f"rotate(-90 {self.x:.2f} {self.y:.2f})" if self.upright else None,
        )

    def plot(self, ax: Any) -> None:
        """Add it to axes of matplotlib."""
        side = {"middle": "center", "end": "right", "start": "left"}[self.anchor]
        behind = {"facecolor": _PAPER, "edgecolor": "none", "pad": 0.8} if self.pad else None
        style = {"ha": side, "va": "center_baseline", "color": self.fill, "bbox": behind, "zorder": 3}
        ax.text(self.x, self.y, self.text, fontsize=self.size, rotation=90 if self.upright else 0, **style)


Mark = Line | Circle | Box | Text


@dataclass(frozen=True, repr=False)
class Drawing(Picture):
    """A picture that matplotlib can draw as well: `plot`, and `save` to names such as ``net.png`` and ``net.pdf``.

    Attributes
    ----------
    svg : str
        One ``<svg>`` element that refers to nothing outside itself.
    width, height : float
        Its size in pixels, and in points where matplotlib draws it.
    marks : tuple
        What it is made of, from the back to the front.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.product_gate().draw()  # doctest: +ELLIPSIS
    <Picture, ... characters of SVG; save(path) writes it>
    """

    width: float
    height: float
    marks: tuple[Mark, ...]

    @classmethod
    def of(cls, title: str, width: float, height: float, marks: Sequence[Mark]) -> Drawing:
        """Write the marks as SVG on a sheet of paper."""
        svg = element(
            "svg",
            element("title", escape(title)),
            element("rect", width=width, height=height, fill=_PAPER),
            *(mark.svg() for mark in marks),
            xmlns="http://www.w3.org/2000/svg",
            width=width,
            height=height,
            viewBox=f"0 0 {width:.0f} {height:.0f}",
            role="img",
            font_family="system-ui, sans-serif",
        )
        return cls(svg, width, height, tuple(marks))

    def plot(self, ax: Any = None) -> Any:
        """Draw with matplotlib.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Text keeps its size in points: axes much smaller than the picture make it crowded.

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        ImportError
            If matplotlib is not installed (``pip install flatnet[report]``).

        Examples
        --------
        >>> import matplotlib
        >>> matplotlib.use("agg")
        >>> import flatnet as fn
        >>> ax = fn.hadamard(4).draw().plot()
        >>> len(ax.patches), len(ax.lines)
        (12, 16)
        """
        if ax is None:
            import matplotlib.pyplot as plt

            ax = plt.figure(figsize=(self.width / 72, self.height / 72)).add_axes((0.0, 0.0, 1.0, 1.0))
        for mark in self.marks:
            mark.plot(ax)
        ax.set(xlim=(0, self.width), ylim=(self.height, 0), aspect="equal")
        ax.set_axis_off()
        return ax

    def _save_as(self, kind: str, path: str | os.PathLike[str]) -> None:
        import matplotlib.pyplot as plt

        axes = self.plot()
        try:
            with atomic_writer(path) as stream:
                axes.figure.savefig(stream, format=kind, dpi=144)
        finally:
            plt.close(axes.figure)


def _tooltip(title: str) -> tuple[str, ...]:
    return (element("title", escape(title)),) if title else ()
