"""Words that the terminal and the page share: what a column means, how a number is written."""

from __future__ import annotations

import re

from .model import Curve, GateLine, ProfileTable, Row, Span, Timing
from .svg import short

__all__ = [
    "COLUMNS",
    "GATE_COLUMNS",
    "GLOSSARY",
    "cells",
    "classes",
    "crossing",
    "gate_cells",
    "headline",
    "interval",
    "ratio",
    "rival",
    "seconds",
]

#: Heading and meaning of every column of the table.
COLUMNS = (
    ("network", "what is flattened"),
    ("n", "inputs (outputs x inputs where they differ)"),
    ("deep", "synapses as written"),
    ("flat", "synapses at depth 0"),
    ("planned", "fewest synapses of all contiguous merges, and at how many hidden layers"),
    ("C_s", "flat / deep, Eq. 26 of Lin & Tegmark"),
    ("best C_s", "[lower, upper] over all depths: no network of the printed class goes below lower"),
    ("C_n", "neurons flat / deep, Eq. 25: 0 for every linear network, which flattens to one matrix without any"),
    ("C_t", "time flat / time deep, with the 10 % and 90 % quantiles"),
    ("rival", "the product that ran the flat matrix fastest"),
)

#: The same of the table of gates.
GATE_COLUMNS = (
    ("network", "a call that makes it"),
    ("depth", "hidden layers"),
    ("neurons", "hidden units"),
    ("synapses", "non-zero weights"),
    ("dtype", "precision of the weights"),
    ("certified", "bound on the error for every input of the domain, rounding included"),
    ("seen", "largest error on random inputs of the domain, or on all inputs of bits"),
    ("C_n", "neurons with one hidden layer over neurons: [certified from below, best known]"),
)

GLOSSARY = (
    ("synapse", "a non-zero weight"),
    ("neuron", "a hidden unit"),
    ("depth", "hidden layers: layers - 1"),
    ("flattening", "merging neighbouring layers into one until at most a given number of hidden layers is left"),
    (
        "C_s, C_n, C_t",
        "synapses, neurons and wall-clock time after flattening, divided by those before; above 1 depth pays",
    ),
    ("flat", "the whole network as one matrix, depth 0"),
    ("planned", "in counts the contiguous merge with the fewest synapses, in times what `net.plan` chooses for the batch"),
    ("rival", "the best dense or sparse product on this machine; what flat is timed with"),
    ("lower bound", "certified: no network of the printed class with that depth has fewer synapses"),
    ("range", "product over the layers of their largest absolute weight; the Schatten bound holds up to it"),
    ("predicted", "a count of a product that memory cannot hold, marked ~ or by a hollow point"),
)


def gate_cells(line: GateLine) -> list[str]:
    """Return the cells of a row of `GATE_COLUMNS`.

    Examples
    --------
    >>> gate_cells(GateLine("gate", "x y", 1, 4, 12, "float64", 8e-11, 2.1e-11, 100, Span(1, 1), ""))
    ['gate', '1', '4', '12', 'float64', '8e-11', '2.1e-11', '1']
    """
    sure = "" if line.certified is None else f"{line.certified:.2g}"
    counts = (str(line.depth), f"{line.neurons:,}", f"{line.synapses:,}")
    return [line.label, *counts, line.dtype, sure, f"{line.seen:.2g}", interval(line.C_n)]


def seconds(value: float) -> str:
    """Return a time with its unit, three digits.

    Examples
    --------
    >>> seconds(0.00123), seconds(2.5e-7), seconds(12.0)
    ('1.23 ms', '0.25 µs', '12 s')
    """
    for unit, scale in (("s", 1.0), ("ms", 1e-3)):
        if value >= scale:
            return f"{value / scale:.3g} {unit}"
    return f"{value / 1e-6:.3g} µs"


def interval(span: Span | None) -> str:
    """Return an interval, or one number where both ends agree.

    Examples
    --------
    >>> interval(Span(0.9421, 1.0)), interval(Span(51.2, 51.2)), interval(None)
    ('[0.942, 1]', '51.2', '')
    """
    if span is None:
        return ""
    return ratio(span.upper) if span.exact else f"[{ratio(span.lower)}, {ratio(span.upper)}]"


def ratio(value: float) -> str:
    """Return a ratio with three significant digits.

    Examples
    --------
    >>> ratio(26214.4), ratio(0.55123), ratio(1.0)
    ('26214', '0.551', '1')
    """
    return f"{value:.0f}" if value >= 1000 else f"{value:.3g}"


def _time_ratio(timing: Timing | None) -> str:
    if timing is None or timing.ratio is None:
        return ""
    spread = f" ({ratio(timing.low)} to {ratio(timing.high)})" if timing.low and timing.high else ""
    return f"{short(float(f'{timing.ratio:.3g}'))}{spread}"


def cells(row: Row) -> list[str]:
    """Return one row of the table, a text for each of `COLUMNS`.

    Examples
    --------
    >>> from flatnet.report.model import Row, Span
    >>> row = Row("DFT", "DFT", 1024, 1024, 1024, 9, 20480, 1048576, 20480, 4, C_s=Span(51.2, 51.2))
    >>> cells(row)[:6]
    ['DFT', '1024', '20,480', '1,048,576', '20,480 at 4', '51.2']
    """
    size = f"{row.inputs}" if row.inputs == row.outputs else f"{row.outputs} x {row.inputs}"
    mark = "~" if row.predicted else ""
    planned = "" if row.planned is None else f"{row.planned:,} at {row.planned_depth}"
    return [
        row.label,
        size,
        f"{row.deep:,}",
        "" if row.flat is None else f"{mark}{row.flat:,}",
        planned,
        interval(row.C_s),
        interval(row.C_s_planned),
        "" if row.C_n is None else ratio(row.C_n),
        _time_ratio(row.timing),
        rival(row.timing) if row.timing else row.note,
    ]


def rival(timing: Timing) -> str:
    """Return the rival's name in as few words as a table has room for."""
    return timing.rival.replace("NumPy, ", "").replace("flatnet flat", "flatnet")


def headline(row: Row) -> list[str]:
    """Return what a reader wants to know first about one network, in sentences.

    Examples
    --------
    >>> row = Row("f", "DFT", 1024, 1024, 1024, 9, 20480, 1048576, 20480, 4, C_s=Span(51.2, 51.2))
    >>> headline(row)
    ['DFT: flat needs 51.2 times the synapses (1,048,576 instead of 20,480).']
    """
    if row.C_s is None or row.flat is None:
        return []
    cheaper = row.C_s.upper < 1
    what = f"{ratio(row.C_s.upper)} times the synapses ({row.flat:,} instead of {row.deep:,})"
    say = [f"{row.label}: flat needs {'only ' * cheaper}{what}."]
    if row.planned is not None and row.planned < min(row.deep, row.flat):
        say.append(
            f"{row.label}: the fewest, {row.planned:,}, are at {row.planned_depth} hidden layers, neither flat nor as written."
        )
    timing = row.timing
    if timing and timing.ratio:
        faster = "deep" if timing.ratio > 1 else "flat"
        factor = ratio(max(timing.ratio, 1 / timing.ratio))
        say.append(f"{row.label}: at batch {timing.batch}, {faster} is {factor} times as fast; flat was run by {timing.rival}.")
    return say


def crossing(curve: Curve) -> str:
    """Return where C_t of a network passes 1, in a sentence.

    Examples
    --------
    >>> crossing(Curve("DFT 1024", [], 23.4))
    'DFT 1024: flat and deep take the same time near batch 23.'
    """
    if curve.crossing:
        return f"{curve.name}: flat and deep take the same time near batch {curve.crossing:.0f}."
    ratios = [point.ratio for point in curve.points if point.ratio]
    if not ratios:
        return f"{curve.name}: the flat side could not be timed."
    return f"{curve.name}: {'deep' if ratios[0] > 1 else 'flat'} is faster at every batch measured."


def classes(table: ProfileTable) -> list[str]:
    """Return which networks the lower bounds of a profile hold for, depths that share a class together.

    Examples
    --------
    >>> from flatnet.report.model import ProfileLine
    >>> text = "linear networks with {} layers ({} hidden), any weights"
    >>> lines = [ProfileLine(d, 1, 1, 0, 8, 1.0, None, "1", False, "LB1", text.format(d + 1, d)) for d in (1, 2, 3)]
    >>> classes(ProfileTable("f", 8, None, lines))
    ['depth 1 to 3: linear networks of that depth, any weights']
    """
    found: dict[str, list[int]] = {}
    for line in table.lines:
        text = re.sub(r"with \d+ layers? \(\d+ hidden\)", "of that depth", line.class_of_networks)
        found.setdefault(text, []).append(line.depth)
    return [f"depth {_depths(depths)}: {text}" for text, depths in found.items()]


def _depths(depths: list[int]) -> str:
    """Return consecutive depths as a range, others as a list."""
    if len(depths) > 1 and depths[-1] - depths[0] == len(depths) - 1:
        return f"{depths[0]} to {depths[-1]}"
    return ", ".join(map(str, depths))
