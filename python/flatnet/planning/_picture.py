"""The picture of a plan: the user's layers as boxes in a row, what runs of them below, as wide as what it stands for."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ..draw import Picture
from ..report.svg import element

if TYPE_CHECKING:
    from ._plan import Plan

__all__ = ["picture"]

_INK, _SOFT, _KEPT, _MERGED, _RUN = "#1d2129", "#5b6472", "#e8ecf3", "#cfe3ff", "#d6f2dc"
_BOX, _GAP, _HIGH, _LEFT, _TOP, _LINE = 74, 8, 34, 12, 40, 16
_MOST_LINES = 16


def _box(left: float, top: float, width: float, fill: str, *lines: str) -> list[str]:
    """A rectangle with one or two lines of text."""
    middle = left + width / 2
    made = [element("rect", x=left, y=top, width=width, height=_HIGH, rx=4, fill=fill, stroke=_SOFT)]
    for k, line in enumerate(lines):
        y = top + _HIGH / 2 + (4 if len(lines) == 1 else -2 + 13 * k)
        style = {"text_anchor": "middle", "font_size": 11 - 2 * k, "fill": _INK if k == 0 else _SOFT}
        made.append(element("text", escape(line), x=middle, y=y, **style))
    return made


def picture(plan: Plan) -> Picture:
    """Draw what was merged, what runs as a transform and what stays."""
    of = plan.of.layers
    step = _BOX + _GAP
    width = 2 * _LEFT + len(of) * step
    parts: list[str] = [element("text", escape(plan._title()), x=_LEFT, y=18, font_size=13, fill=_INK)]
    for i, layer in enumerate(of):
        parts += _box(_LEFT + i * step, _TOP, _BOX, _KEPT, layer.weight.kind[:12], str(layer.weight.synapses))
    low = _TOP + _HIGH + 34
    for (first, last), layer, why in zip(plan.partition, plan.layers, plan.why, strict=True):
        left, right = _LEFT + first * step, _LEFT + last * step + _BOX
        fill = _MERGED if first < last else _RUN if why.startswith("run") else _KEPT
        for i in range(first, last + 1):
            x = _LEFT + i * step + _BOX / 2
            parts.append(element("line", x1=x, y1=_TOP + _HIGH, x2=x, y2=low, stroke=_SOFT))
        parts += _box(left, low, right - left, fill, layer.weight.kind[:12], str(layer.weight.synapses))
    first_line = low + _HIGH + 22
    lines = _lines(plan)
    for k, line in enumerate(lines):
        place = {"x": _LEFT, "y": first_line + _LINE * k}
        parts.append(element("text", escape(line), **place, font_size=11, fill=_INK if k == 0 else _SOFT))
    style = {"font_family": "system-ui, sans-serif", "xmlns": "http://www.w3.org/2000/svg"}
    width = max(width, 2 * _LEFT + 6 * max(map(len, lines)))
    high = first_line + _LINE * len(lines)
    return Picture(element("svg", *parts, viewBox=f"0 0 {width} {high}", width=width, height=high, **style))


def _lines(plan: Plan) -> list[str]:
    """What changed, and why: a line for each merge and each rewrite."""
    said = [f"{plan.of.synapses} synapses in {len(plan.of)} layers, run as {plan.network.synapses} in {len(plan.layers)}"]
    for (first, last), why in zip(plan.partition, plan.why, strict=True):
        if first < last:
            said.append(f"{first}..{last}  {why}")
    said += [str(rewrite) for rewrite in plan.rewrites if rewrite.kind != "free merge"]
    return said if len(said) <= _MOST_LINES else [*said[: _MOST_LINES - 1], f"and {len(said) - _MOST_LINES + 1} more"]
