"""The picture of README.md: synapses of the Fourier transform on 1024 points at every depth, with bounds.

    python docs/img/dft_profile.py

writes dft_profile.svg beside this file, from `flatnet.profile`. It needs flatnet and nothing else; a test
compares the file with what this script makes.
"""

from __future__ import annotations

import pathlib

import flatnet as fn
from flatnet.profile import Profile
from flatnet.report.svg import STYLE, Axis, Plot

TARGET = pathlib.Path(__file__).with_suffix(".svg")
AGREE = "bound and count agree: no network of this depth and range is cheaper"
# One palette for light and dark pages: a paper of its own behind the picture.
PALETTE = "--ink:#1d2129;--soft:#5b6472;--rule:#e3e6ea;--paper:#ffffff;--s0:#1f6fd1;--s2:#d1550f;"


def grouped(count: int) -> str:
    """1048576 as 1 048 576, with thin spaces."""
    return f"{count:,}".replace(",", "\u2009")


def picture(table: Profile) -> str:
    """The SVG file: one interval per depth, from the lower bound to the count of the best merge."""
    deepest = table.rows[-1].depth
    x = Axis(-0.6, deepest + 0.6, "hidden layers (depth)", log=False, at=tuple(range(deepest + 1)))
    y = Axis(12_000, 1_700_000, "")
    about = "; ".join(f"depth {row.depth}: {row.lower} to {row.upper}" for row in table.rows)
    title = "Synapses of the Fourier transform on 1024 points, at every depth: certified bound and best merge"
    plot = Plot(title, x, y, about, width=860, height=400)
    for row in table.rows:
        exact = row.lower == row.upper
        label = AGREE if exact else "between bound and count"
        plot.interval(row.depth, row.lower, row.upper, 0 if exact else 2, label, half=16)
        plot.text(row.depth, row.upper, grouped(row.upper))
        if not exact:
            plot.text(row.depth, row.lower, f"≥ {grouped(row.lower)}", up=-18)
    style = f"<style>svg{{{PALETTE}background:var(--paper)}}{STYLE}</style>"
    head, body = plot.svg().split(">", 1)
    return f'{head} xmlns="http://www.w3.org/2000/svg" width="{plot.width}">{style}{body}\n'


if __name__ == "__main__":
    TARGET.write_text(picture(fn.profile(fn.dft(1024))), encoding="utf-8")
