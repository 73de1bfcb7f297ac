"""The three pictures of a report: C_s against size, synapses over depth, C_t against the batch."""

from __future__ import annotations

from collections.abc import Sequence

from .model import Curve, Family, ProfileLine, ProfileTable, Row
from .svg import Axis, Plot, short
from .words import crossing

__all__ = ["batch_plot", "flattening_plot", "profile_plot"]


def flattening_plot(family: Family, rows: Sequence[Row]) -> str:
    """Draw C_s of one family against its size, with the closed form and the certified interval of the best depth."""
    found = [row for row in rows if row.C_s is not None]
    values = family.theory + family.low + family.high + [1.0]
    for row in found:
        values += [end for span in (row.C_s, row.C_s_planned) if span for end in (span.lower, span.upper)]
    xs = family.x + [row.x for row in found]
    y = Axis.around(values, "C_s")
    if family.log_x:
        x = Axis.around(xs, family.x_label, base=2)
    else:
        ends = Axis.around(xs, family.x_label, log=False)
        x = Axis(ends.low, ends.high, family.x_label, False, at=tuple(sorted(set(xs))))
    about = f"C_s at depth 0 runs from {_ends([row.C_s.upper for row in found if row.C_s])}. {family.source}"
    plot = Plot(family.name, x, y, about, width=360, height=290)
    plot.level(1.0)
    if family.low:
        plot.band(family.x, family.low, family.high, 0, "±1 std")
    if family.x:
        plot.line(family.x, family.theory, 0, f"theory: {family.formula}", dashed=True)
    for row in found:
        _flattening_marks(plot, row)
    return plot.svg()


def _flattening_marks(plot: Plot, row: Row) -> None:
    if row.C_s_planned:
        low, high = row.C_s_planned.lower, row.C_s_planned.upper
        tip = f"{row.label}: best at {row.planned_depth} hidden layers, C_s in [{short(low)}, {short(high)}]"
        plot.interval(row.x, low, high, 2, "best depth [lower, upper]", tip=tip, half=5)
    if row.C_s:
        tip = f"{row.label}: C_s = {short(row.C_s.upper)} at depth 0"
        plot.point(row.x, row.C_s.upper, 0, "flat", tip=tip, hollow=row.predicted)


def _ends(values: Sequence[float]) -> str:
    return f"{short(min(values))} to {short(max(values))}" if values else "nothing"


def profile_plot(table: ProfileTable) -> str:
    """Draw the synapses at every depth as intervals between the lower bound and the count."""
    lines = table.lines
    values = [line.upper for line in lines] + [line.lower for line in lines if line.lower > 0]
    spread = max(values) / max(min(values), 1.0)
    y = Axis.around(values, "synapses", room=0.06) if spread > 4 else Axis(0, 1.15 * max(values), "synapses", log=False)
    x = Axis(
        -0.6,
        max(line.depth for line in lines) + 0.6,
        "hidden layers (depth)",
        log=False,
        at=tuple(range(0, lines[-1].depth + 1, max(1, len(lines) // 16))),
    )
    best = min(lines, key=lambda line: (line.upper, line.depth))
    about = (
        f"{short(lines[0].upper)} synapses flat, {short(table.deep)} as written; "
        f"fewest {short(best.upper)} at {best.depth} hidden layers."
    )
    plot = Plot(f"{table.name}: synapses at each depth", x, y, about, width=720, height=340)
    half = min(16.0, 240 / len(lines))
    for line in lines:
        _profile_marks(plot, line, half)
    if len(lines) <= 16:
        for line in lines:
            plot.text(line.depth, line.upper, _grouped(line.upper) if len(lines) <= 12 else short(line.upper))
    return plot.svg()


def _profile_marks(plot: Plot, line: ProfileLine, half: float) -> None:
    exact = line.lower == line.upper
    where = "exactly" if exact else f"at least {_grouped(line.lower)}, at most"
    tip = f"depth {line.depth}: {where} {_grouped(line.upper)} synapses; {line.bound}; layers {line.partition}"
    if exact:
        plot.interval(line.depth, line.lower, line.upper, 0, "exact: bound and count agree", tip=tip, half=half)
    else:
        plot.interval(line.depth, max(line.lower, 1), line.upper, 2, "between bound and count", tip=tip, half=half)
    plot.point(line.depth, line.upper, 0 if exact else 2, tip=tip, hollow=line.predicted, radius=3.5)


def _grouped(value: float) -> str:
    return f"{value:,.0f}".replace(",", "\u2009")


def batch_plot(curves: Sequence[Curve]) -> str:
    """Draw C_t against the batch; above 1 the deep network is the faster one."""
    points = [point for curve in curves for point in curve.points if point.ratio]
    values = [value for point in points for value in (point.ratio, point.low, point.high) if value]
    x = Axis.around([float(point.batch) for point in points], "batch [vectors per call]", base=2)
    plot = Plot(
        "C_t against the batch",
        x,
        Axis.around([*values, 1.0], "C_t = flat / deep; above 1 deep is faster"),
        " ".join(crossing(curve) for curve in curves),
        width=720,
        height=380,
    )
    plot.level(1.0)
    for series, curve in enumerate(curves):
        _batch_marks(plot, curve, series % 8)
    return plot.svg()


def _batch_marks(plot: Plot, curve: Curve, series: int) -> None:
    there = [point for point in curve.points if point.ratio]
    batches = [point.batch for point in there]
    ratios = [point.ratio or 1.0 for point in there]
    plot.band(batches, [p.low or p.ratio or 1.0 for p in there], [p.high or p.ratio or 1.0 for p in there], series)
    plot.line(batches, ratios, series, curve.name)
    for point, ratio in zip(there, ratios, strict=True):
        tip = f"{curve.name}, batch {point.batch}: C_t = {short(ratio)} against {point.rival}"
        plot.point(point.batch, ratio, series, tip=tip, hollow="sparse" in point.rival.lower())
    if curve.crossing:
        plot.point(curve.crossing, 1.0, series, tip=f"{curve.name}: equal near batch {curve.crossing:.0f}")
        plot.text(curve.crossing, 1.0, f"{curve.crossing:.0f}", up=-17)
