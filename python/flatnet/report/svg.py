"""SVG by hand: elements, logarithmic and linear axes, lines, bands, intervals and points.

A report's page must open anywhere, offline, light or dark: colours are CSS variables of the page, every mark carries
its numbers as a tooltip, and every picture has a title and a description for readers who cannot see it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape

__all__ = ["STYLE", "Axis", "Plot", "element", "short"]

#: Styles of the marks; a page defines the variables ``--ink --soft --rule --paper --s0 .. --s7``.
STYLE = """
.plot{display:block;width:100%;height:auto;font:12px/1.2 system-ui,sans-serif;fill:var(--ink)}
.plot .grid{stroke:var(--rule);stroke-width:1}
.plot .axis{stroke:var(--soft);stroke-width:1}
.plot .tick,.plot .name{fill:var(--soft)}
.plot .head{font-weight:600;font-size:13px}
.plot .line{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round}
.plot .dashed{stroke-dasharray:5 4}
.plot .band{fill:var(--c);opacity:.16}
.plot .bar{fill:var(--c);opacity:.3}
.plot .cap{stroke:var(--c);stroke-width:2.5}
.plot .dot{fill:var(--c);stroke:var(--paper);stroke-width:1.5}
.plot .ring{fill:var(--paper);stroke:var(--c);stroke-width:2}
.plot .level{stroke:var(--ink);stroke-width:1;stroke-dasharray:2 3}
.plot .halo{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
""" + "".join(f".s{i}{{--c:var(--s{i})}}" for i in range(8))

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def element(tag: str, *children: str, **attributes: object) -> str:
    """Return one element; attribute values are escaped, children are markup already.

    Parameters
    ----------
    tag : str
        Name of the element.
    *children : str
        Finished markup; escape text with `html.escape` before.
    **attributes : object
        ``None`` leaves one out, ``_`` in a name becomes ``-``, a trailing ``_`` is dropped, floats get 2 decimals.

    Examples
    --------
    >>> element("text", "n &lt; 8", x=1.0, class_="name")
    '<text x="1" class="name">n &lt; 8</text>'
    """
    parts = [tag]
    for key, value in attributes.items():
        if value is not None:
            text = f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
            parts.append(f'{key.rstrip("_").replace("_", "-")}="{escape(text)}"')
    head = " ".join(parts)
    return f"<{head}>{''.join(children)}</{tag}>" if children else f"<{head}/>"


def short(value: float) -> str:
    """Return a number in few characters, as an axis or a tooltip shows it.

    Examples
    --------
    >>> short(20480), short(0.0125), short(1e9), short(51.2)
    ('20480', '0.0125', '10⁹', '51.2')
    """
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if -4 < exponent < 6:
        return f"{value:.3f}".rstrip("0").rstrip(".") if exponent >= 0 else f"{value:.3g}"
    mantissa = f"{value / 10.0**exponent:.3g}"
    power = "10" + str(exponent).translate(_SUPERSCRIPT)
    return power if mantissa == "1" else f"{mantissa}·{power}"


@dataclass(frozen=True)
class Axis:
    """One axis: a range of values, logarithmic or not, and its ticks.

    Parameters
    ----------
    low, high : float
        Ends; positive where ``log``.
    label : str
        What is measured, with its unit.
    log : bool, default True
        Logarithmic scale.
    base : int, default 10
        2 places logarithmic ticks at powers of two.
    at : sequence of float, optional
        Exactly these ticks.

    Examples
    --------
    >>> Axis(1, 1000, "synapses").ticks()
    [1.0, 10.0, 100.0, 1000.0]
    >>> Axis(0, 10, "depth", log=False).ticks()
    [0, 2, 4, 6, 8, 10]
    """

    low: float
    high: float
    label: str
    log: bool = True
    base: int = 10
    at: tuple[float, ...] = ()

    @classmethod
    def around(cls, values: Iterable[float], label: str, *, log: bool = True, base: int = 10, room: float = 0.0) -> Axis:
        """Return an axis with some air around ``values`` (the positive ones where ``log``), ``room`` more on top."""
        kept = [value for value in values if math.isfinite(value) and (value > 0 or not log)]
        low, high = (min(kept), max(kept)) if kept else (1.0, 10.0)
        if log:
            air = max(0.06 * math.log(high / low), 0.12)
            high *= math.exp(air) * (high / low) ** room
            return cls(low * math.exp(-air), high, label, True, base)
        air = max(0.06 * (high - low), 0.4)
        return cls(low - air, high + air, label, False)

    def place(self, value: float) -> float:
        """Return where a value lies, 0 at the low end and 1 at the high one."""
        if self.log:
            return math.log(max(value, 1e-300) / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self, most: int = 7) -> list[float]:
        """Return at most about ``most`` round values inside the axis."""
        if self.at:
            return [value for value in self.at if self.low <= value <= self.high]
        return self._log_ticks(most) if self.log else self._linear_ticks(most)

    def _linear_ticks(self, most: int) -> list[float]:
        raw = (self.high - self.low) / most
        unit = 10.0 ** math.floor(math.log10(raw))
        step = next(unit * m for m in (1, 2, 5, 10) if unit * m >= raw)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [int(k * step) if step >= 1 else k * step for k in range(first, last + 1)]

    def _log_ticks(self, most: int) -> list[float]:
        first = math.ceil(math.log(self.low, self.base) - 1e-9)
        last = math.floor(math.log(self.high, self.base) + 1e-9)
        stride = max(1, math.ceil((last - first + 1) / most))
        powers = [float(self.base) ** k for k in range(first, last + 1) if k % stride == 0]
        if len(powers) >= 3 or self.base == 2:
            return powers
        for steps in ((1, 2, 5), (1, 1.5, 2, 3, 4, 5, 7)):
            values = [m * 10.0**k for k in range(first - 1, last + 1) for m in steps]
            inside = [value for value in values if self.low <= value <= self.high]
            if len(inside) >= 3:
                return inside
        return Axis(self.low, self.high, self.label, False)._linear_ticks(4)

    def name(self, value: float) -> str:
        """Return a tick's text."""
        if self.log and self.base == 2 and value >= 1 << 14:
            return "2" + str(round(math.log2(value))).translate(_SUPERSCRIPT)
        return short(value)


def _tip(text: str) -> tuple[str, ...]:
    return (element("title", escape(text)),) if text else ()


@dataclass
class Plot:
    """A plot under construction: marks are added, `svg` returns the picture.

    Parameters
    ----------
    title : str
        Shown on top and read out.
    x, y : Axis
        The axes.
    about : str
        One or two sentences for readers who cannot see the picture.
    width, height : int
        Size [pixels at scale 1].

    Examples
    --------
    >>> plot = Plot("C_s of the DFT", Axis(4, 1024, "n", base=2), Axis(1, 60, "C_s"), "It grows like n / log n.")
    >>> plot.line([4, 64, 1024], [1.0, 5.33, 51.2], 0, "theory")
    >>> plot.svg().startswith('<svg viewBox="0 0 640 398"')
    True
    """

    title: str
    x: Axis
    y: Axis
    about: str = ""
    width: int = 640
    height: int = 380
    _marks: list[str] = field(default_factory=list, repr=False)
    _legend: list[tuple[str, str]] = field(default_factory=list, repr=False)

    _LEFT, _RIGHT, _TOP, _BOTTOM = 76, 16, 34, 44

    def _head(self) -> int:
        return self._TOP + 18 * len(self._legend_rows())

    def _px(self, x: float) -> float:
        return self._LEFT + self.x.place(x) * (self.width - self._LEFT - self._RIGHT)

    def _py(self, y: float) -> float:
        # Marks are placed before the legend is known: its height is added when the picture is put together.
        return (1 - self.y.place(y)) * (self.height - self._TOP - self._BOTTOM)

    def _note(self, kind: str, series: int, label: str) -> None:
        if label and (kind, label) not in [(k.split()[0], text) for k, text in self._legend]:
            self._legend.append((f"{kind} s{series}", label))

    def line(self, xs: Sequence[float], ys: Sequence[float], series: int, label: str = "", *, dashed: bool = False) -> None:
        """Add a polyline."""
        points = " ".join(f"{self._px(x):.1f},{self._py(y):.1f}" for x, y in zip(xs, ys, strict=True))
        self._marks.append(element("polyline", points=points, class_=f"line s{series}{' dashed' * dashed}"))
        self._note("dash" if dashed else "line", series, label)

    def band(self, xs: Sequence[float], lows: Sequence[float], highs: Sequence[float], series: int, label: str = "") -> None:
        """Add the area between two curves."""
        there = [f"{self._px(x):.1f},{self._py(y):.1f}" for x, y in zip(xs, highs, strict=True)]
        back = [f"{self._px(x):.1f},{self._py(y):.1f}" for x, y in zip(xs, lows, strict=True)]
        self._marks.append(element("polygon", points=" ".join(there + back[::-1]), class_=f"band s{series}"))
        self._note("band", series, label)

    def interval(
        self, x: float, low: float, high: float, series: int, label: str = "", *, tip: str = "", half: float = 7.0
    ) -> None:
        """Add a bar from ``low`` to ``high`` with a stroke at either end; equal ends give one stroke."""
        left, right = self._px(x) - half, self._px(x) + half
        top, bottom = self._py(high), self._py(low)
        bar = element("rect", x=left, y=top, width=right - left, height=max(bottom - top, 0.0), class_="bar")
        caps = [element("line", x1=left, x2=right, y1=y, y2=y, class_="cap") for y in (top, bottom)]
        self._marks.append(element("g", *_tip(tip), bar, *caps, class_=f"s{series}"))
        self._note("span", series, label)

    def point(
        self,
        x: float,
        y: float,
        series: int,
        label: str = "",
        *,
        tip: str = "",
        hollow: bool = False,
        radius: float = 4.5,
    ) -> None:
        """Add a round mark."""
        kind = "ring" if hollow else "dot"
        circle = element("circle", *_tip(tip), cx=self._px(x), cy=self._py(y), r=radius, class_=f"{kind} s{series}")
        self._marks.append(circle)
        self._note(kind, series, label)

    def level(self, y: float) -> None:
        """Add a dotted horizontal line across the plot."""
        height = self._py(y)
        right = self.width - self._RIGHT
        self._marks.append(element("line", x1=self._LEFT, x2=right, y1=height, y2=height, class_="level"))

    def text(self, x: float, y: float, text: str, *, anchor: str = "middle", up: float = 9.0) -> None:
        """Add words at a place of the plot, ``up`` pixels above it."""
        self._marks.append(element("text", escape(text), x=self._px(x), y=self._py(y) - up, text_anchor=anchor, class_="halo"))

    def _legend_rows(self) -> list[list[tuple[int, str, str]]]:
        rows: list[list[tuple[int, str, str]]] = []
        left = self.width
        for kind, label in self._legend:
            span = 44 + 7 * len(label)  # a swatch, a gap and about 7 px a character
            if left + span > self.width - 8:
                rows.append([])
                left = 12
            rows[-1].append((left, kind, label))
            left += span
        return rows

    def _legend_marks(self) -> list[str]:
        marks = []
        for row, items in enumerate(self._legend_rows()):
            y = 38 + 18 * row
            for left, kind, label in items:
                marks += [_swatch(kind, left, y), element("text", escape(label), x=left + 24, y=y + 4, class_="name")]
        return marks

    def _frame(self) -> list[str]:
        inner = self.height - self._TOP - self._BOTTOM
        marks = []
        for tick in self.y.ticks():
            y = self._py(tick)
            marks.append(element("line", x1=self._LEFT, x2=self.width - self._RIGHT, y1=y, y2=y, class_="grid"))
            marks.append(element("text", self.y.name(tick), x=self._LEFT - 7, y=y + 4, text_anchor="end", class_="tick"))
        for tick in self.x.ticks(max(3, (self.width - 70) // 60)):
            x = self._px(tick)
            marks.append(element("line", x1=x, x2=x, y1=inner, y2=inner + 4, class_="axis"))
            marks.append(element("text", self.x.name(tick), x=x, y=inner + 18, text_anchor="middle", class_="tick"))
        middle = (self._LEFT + self.width - self._RIGHT) / 2
        marks.append(element("line", x1=self._LEFT, x2=self.width - self._RIGHT, y1=inner, y2=inner, class_="axis"))
        marks.append(element("text", escape(self.x.label), x=middle, y=inner + 37, text_anchor="middle", class_="name"))
        turned = f"translate(14 {inner / 2:.0f}) rotate(-90)"
        marks.append(element("text", escape(self.y.label), transform=turned, text_anchor="middle", class_="name"))
        return marks

    def svg(self) -> str:
        """Return the picture as one ``<svg>`` element."""
        head = self._head()
        height = self.height + head - self._TOP
        title = element("text", escape(self.title), x=12, y=18, class_="head")
        body = element("g", *self._frame(), *self._marks, transform=f"translate(0 {head})")
        about = [element("title", escape(self.title)), element("desc", escape(self.about))]
        return element(
            "svg",
            *about,
            title,
            *self._legend_marks(),
            body,
            viewBox=f"0 0 {self.width} {height}",
            role="img",
            aria_label=f"{self.title}. {self.about}",
            class_="plot",
        )


def _swatch(kind: str, left: float, y: float) -> str:
    """Return the little picture of a legend entry."""
    shape, series = kind.split()
    if shape in ("line", "dash"):
        dashed = " dashed" if shape == "dash" else ""
        return element("line", x1=left, x2=left + 18, y1=y, y2=y, class_=f"line {series}{dashed}")
    if shape in ("dot", "ring"):
        return element("circle", cx=left + 9, cy=y, r=4.5, class_=f"{shape} {series}")
    box = element("rect", x=left + 3, y=y - 6, width=12, height=12, class_="band" if shape == "band" else "bar")
    caps = [element("line", x1=left + 3, x2=left + 15, y1=y + d, y2=y + d, class_="cap") for d in (-6, 6)]
    return element("g", box, *(caps if shape == "span" else []), class_=series)
