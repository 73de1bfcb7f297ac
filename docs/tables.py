"""What the pages take from the code: the table of transforms and the conventions of counting.

    python docs/tables.py

rewrites what stands between the markers ``<!-- name -->`` and ``<!-- /name -->`` of every page; a test holds
the pages to it.
"""

from __future__ import annotations

import importlib.util
import pathlib
import re
from typing import Any

from flatnet import gates, transforms
from flatnet.cost import CONVENTIONS
from flatnet.transforms import Entry

FOLDER = pathlib.Path(__file__).resolve().parent


def conventions() -> str:
    """The conventions as they are printed with every count."""
    return f"```text\n{CONVENTIONS}\n```"


def transform_table() -> str:
    """One row per entry of the catalogues, with its largest tested size as the example."""
    lines = ["| Call | What it is, and its synapses | Exact | Inputs → outputs | Synapses |", "|---|---|---|---|---|"]
    for entry in (*transforms.CATALOGUE, *gates.CATALOGUE):
        size = max(entry.sizes)
        about = entry.summary.replace("**", "^") + (f" (needs {entry.requires})" if entry.requires else "")
        exact = "yes" if entry.integer else ""
        lines.append(f"| `{_call(entry, size)}` | {about} | {exact} | {_example(entry, size)} |")
    return "\n".join(lines)


def _call(entry: Entry, size: int) -> str:
    return f"fn.{entry.constructor.__name__}({', '.join(_argument(value) for value in entry.arguments(size))})"


def _argument(value: Any) -> str:
    return repr(value) if isinstance(value, (int, float, str)) else "…"


def _example(entry: Entry, size: int) -> str:
    if entry.requires and importlib.util.find_spec(entry.requires) is None:
        raise SystemExit(f"the table needs {entry.requires} for {entry.name}")
    net = entry.build(size)
    return f"{net.shape[1]} → {net.shape[0]} | {net.synapses}"


def rewritten(page: str) -> str:
    """A page with everything between its markers made anew."""
    for name, make in (("conventions", conventions), ("transforms", transform_table)):
        marked = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        if found := marked.search(page):
            page = page[: found.end(1)] + make() + "\n" + page[found.start(2) :]
    return page


if __name__ == "__main__":
    for path in sorted(FOLDER.glob("*.md")):
        path.write_text(rewritten(path.read_text(encoding="utf-8")), encoding="utf-8")
