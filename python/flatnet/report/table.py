"""The report in a terminal: one row a network, the profile, and the conventions below them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .model import GateLine, ProfileTable, Report
from .svg import short
from .words import COLUMNS, GATE_COLUMNS, cells, classes, gate_cells, seconds

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = ["show"]

# Columns that stand side by side, by the width of the terminal [characters].
_LAYOUTS = (
    (164, ((0, 1, 2, 3, 4, 5, 6, 7, 8, 9),)),
    (110, ((0, 1, 2, 3, 4, 5, 6), (0, 7, 8, 9))),
    (0, ((0, 1, 2, 3, 4), (0, 5, 6, 7), (0, 8, 9))),
)


def _table(columns: tuple[int, ...], rows: list[list[str]], title: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(title=title or None, title_justify="left", header_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        words = column in (0, len(COLUMNS) - 1)
        table.add_column(COLUMNS[column][0], justify="left" if words else "right", no_wrap=not words)
    for row in rows:
        table.add_row(*(row[column] for column in columns))
    return table


def _profile(profile: ProfileTable) -> Table:
    from rich import box
    from rich.table import Table

    title = f"{profile.name}: profile" + (f", times of a batch of {profile.batch}" if profile.batch else "")
    table = Table(title=title, title_justify="left", header_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("depth", "[lower, upper] synapses", "neurons", "range", "time", "bound"):
        table.add_column(name, justify="left" if name == "bound" else "right", no_wrap=name != "bound")
    for line in profile.lines:
        upper = f"{'~' * line.predicted}{line.upper:,}"
        table.add_row(
            str(line.depth), f"[{line.lower:,}, {upper}]", f"{line.neurons:,}",
            "" if line.range is None else short(line.range), "" if line.seconds is None else seconds(line.seconds),
            line.bound,
        )  # fmt: skip
    return table


def _gates(lines: list[GateLine], narrow: bool) -> Table:
    from rich import box
    from rich.table import Table

    columns = (2, 5, 6, 7) if narrow else range(1, len(GATE_COLUMNS))
    table = Table(title="Neurons that compute", title_justify="left", header_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(GATE_COLUMNS[0][0], overflow="fold")
    for column in columns:
        table.add_column(GATE_COLUMNS[column][0], justify="right", no_wrap=True)
    for line in lines:
        row = gate_cells(line)
        table.add_row(row[0], *(row[column] for column in columns))
    return table


def show(report: Report, console: Console) -> None:
    """Print a report.

    Parameters
    ----------
    report : Report
        What to print; rows of a large suite that only draw a curve are left to the page.
    console : rich.console.Console
        Where to.  On a narrow one, counts, ratios and times get a table each.

    Examples
    --------
    >>> from rich.console import Console
    >>> from flatnet.report.model import Report
    >>> show(Report("t", "now", [], {}, {}, "synapses: non-zero weights"), Console(width=60))
    <BLANKLINE>
    How it is counted
    synapses: non-zero weights
    """
    from rich.text import Text

    rows = [cells(row) for row in report.rows if row.shown]
    layout = next(groups for width, groups in _LAYOUTS if console.width >= width)
    for place, columns in enumerate(layout if rows else ()):
        if any(row[column] for row in rows for column in columns[1:]):
            console.print(_table(columns, rows, "" if place else report.title))
    for profile in report.profiles[:1]:
        console.print(_profile(profile))
        console.print(Text("lower bounds hold for, at\n" + "\n".join(classes(profile)) + "\n"))
    if report.gates:
        console.print(_gates(report.gates, console.width < 110))
    for sentence in report.remarks:
        console.print(Text(sentence))
    console.print(Text("\nHow to read it" if rows else "", style="bold"))
    for name, meaning in COLUMNS[2:] if rows else ():
        console.print(Text.assemble((f"{name}: ", "bold"), meaning))
    for name, meaning in GATE_COLUMNS[5:] if report.gates else ():
        console.print(Text.assemble((f"{name} (neurons that compute): ", "bold"), meaning))
    console.print(Text("How it is counted", style="bold"))
    console.print(Text(report.conventions))
