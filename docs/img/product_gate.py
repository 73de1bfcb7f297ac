"""The picture of docs/quickstart.md: two numbers multiplied by four logistic neurons, drawn by `flatnet.draw`.

    python docs/img/product_gate.py

writes product_gate.svg beside this file; a test compares the file with what this script makes.
"""

from __future__ import annotations

import pathlib

import flatnet as fn

TARGET = pathlib.Path(__file__).with_suffix(".svg")


def picture() -> str:
    """The SVG file: a scale that is a power of two, so that the weights are short numbers."""
    return fn.product_gate(scale=2.0**-4).draw().svg + "\n"


if __name__ == "__main__":
    TARGET.write_text(picture(), encoding="utf-8")
