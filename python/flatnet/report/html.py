"""The page of ``--html``: one file, no scripts, nothing loaded from anywhere, light or dark as the reader prefers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from .model import ProfileTable, Report
from .plots import batch_plot, flattening_plot, profile_plot
from .svg import STYLE, element, short
from .words import COLUMNS, GATE_COLUMNS, GLOSSARY, cells, classes, gate_cells, ratio, seconds

__all__ = ["page"]

_LIGHT = (
    "--ink:#1d2129;--soft:#5b6472;--rule:#e3e6ea;--paper:#ffffff;--page:#f6f7f9;--accent:#1f5fbf;"
    "--s0:#1f6fd1;--s1:#d1550f;--s2:#1b8f5f;--s3:#9a4fc4;--s4:#b8860b;--s5:#c2305e;--s6:#0f8b9d;--s7:#6b7280;"
)
_DARK = (
    "--ink:#e8eaed;--soft:#a2abb8;--rule:#31363f;--paper:#1b1e24;--page:#13151a;--accent:#8ab4f8;"
    "--s0:#6aa8f7;--s1:#f08a4b;--s2:#4cc38a;--s3:#c792ea;--s4:#e0b040;--s5:#f2789f;--s6:#4fc3d5;--s7:#9aa3b0;"
)

_PAGE = f"""
:root{{color-scheme:light dark;{_LIGHT}}}
@media (prefers-color-scheme:dark){{:root{{{_DARK}}}}}
*{{box-sizing:border-box}}
body{{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}}
main{{max-width:1240px;margin:0 auto;padding:32px 20px 64px}}
h1{{font-size:30px;line-height:1.2;margin:0 0 4px}}
h2{{font-size:21px;margin:44px 0 8px}}
p{{margin:6px 0 12px;max-width:76ch}}
.meta{{color:var(--soft);font-size:14px;margin:0}}
.key{{padding:14px 20px 14px 34px;margin:20px 0;background:var(--paper);border:1px solid var(--rule);
border-radius:10px}}
.key li{{margin:3px 0;max-width:96ch}}
figure{{margin:0;padding:10px 12px;background:var(--paper);border:1px solid var(--rule);border-radius:10px}}
.grid{{display:grid;grid-template-columns:repeat(auto-fill,minmax(330px,1fr));gap:16px}}
.wide{{max-width:900px;margin:0 0 16px}}
figcaption{{color:var(--soft);font-size:13px;line-height:1.4;padding:2px 4px 4px}}
.scroll{{overflow-x:auto;background:var(--paper);border:1px solid var(--rule);border-radius:10px;margin:0 0 16px}}
table{{border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums}}
th,td{{padding:6px 8px;text-align:right;white-space:nowrap;border-bottom:1px solid var(--rule)}}
th{{color:var(--soft);font-weight:600;vertical-align:bottom}}
tr:last-child td{{border-bottom:0}}
.text{{text-align:left;white-space:normal}}
th:first-child,td:first-child,th:last-child,td:last-child{{text-align:left}}
.note{{margin:0 0 28px;max-width:none}}
details{{margin:0 0 16px}}
summary{{cursor:pointer;color:var(--soft);margin:0 0 8px}}
dl{{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;margin:0;font-size:15px}}
dt{{font-weight:600}}
dd{{margin:0;color:var(--soft);overflow-wrap:anywhere}}
pre{{white-space:pre-wrap;font:13px/1.6 ui-monospace,monospace;background:var(--paper);border:1px solid var(--rule);
border-radius:10px;padding:14px 16px;margin:8px 0}}
@media (max-width:640px){{dl{{grid-template-columns:1fr}}dd{{margin-bottom:8px}}}}
@media print{{:root{{{_LIGHT}--page:#ffffff;}}body{{font-size:11pt}}main{{max-width:none;padding:0}}
figure,tr,dl{{break-inside:avoid}}h2{{break-after:avoid}}.scroll{{overflow:visible}}
th,td{{padding:3px 5px;font-size:8.5pt;white-space:normal}}}}
"""


def _table(head: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]], caption: str, text: Sequence[int] = ()) -> str:
    """Return a table; ``head`` pairs headings with their meanings, columns in ``text`` hold words."""
    kinds = ["text" if column in text else None for column in range(len(head))]
    titles = [
        element("th", escape(name), scope="col", title=meaning or None, class_=kind)
        for (name, meaning), kind in zip(head, kinds, strict=True)
    ]
    body = [
        element(
            "tr",
            *(element("td", escape(cell) or "&#8203;", class_=kind) for cell, kind in zip(row, kinds, strict=True)),
        )
        for row in rows
    ]
    table = element("table", element("thead", element("tr", *titles)), element("tbody", *body), aria_label=caption)
    return element("div", table, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _definitions(pairs: Iterable[tuple[str, str]]) -> str:
    return element("dl", *(element("dt", escape(name)) + element("dd", escape(text)) for name, text in pairs))


def _figure(picture: str, caption: str, *, wide: bool = False) -> str:
    return element("figure", picture, element("figcaption", escape(caption)), class_="wide" if wide else None)


def _section(title: str, *parts: str) -> str:
    return element("section", element("h2", escape(title)), *parts)


def _costs(report: Report) -> str:
    legend = _definitions([(name, meaning) for name, meaning in COLUMNS[2:]])
    table = _table(COLUMNS, [cells(row) for row in report.rows if row.shown], "costs of flattening")
    hidden = [cells(row) for row in report.rows if not row.shown]
    more = ""
    if hidden:
        others = _table(COLUMNS[:8], [row[:8] for row in hidden], "costs at the other sizes")
        more = element("details", element("summary", f"{len(hidden)} networks of other sizes, counted only"), others)
    return _section("What flattening costs", table, more, legend)


def _against_size(report: Report) -> str:
    figures = []
    for family in report.families:
        rows = [row for row in report.rows if row.family == family.name]
        if any(row.C_s for row in rows):
            figures.append(_figure(flattening_plot(family, rows), family.source))
    if not figures:
        return ""
    say = (
        "C_s = synapses flat / synapses deep. Points are counted, dashed curves are the closed forms; green bars "
        "hold the C_s of the best depth, from the certified lower bound to the best merge found."
    )
    return _section("C_s against size", element("p", escape(say)), element("div", *figures, class_="grid"))


def _profile(table: ProfileTable) -> str:
    head = [
        (name, "") for name in ("depth", "lower", "synapses", "neurons", "bytes", "range", "time", "layers merged", "bound")
    ]
    rows = []
    for line in table.lines:
        rows.append(
            [
                str(line.depth),
                f"{line.lower:,}",
                f"{'~' * line.predicted}{line.upper:,}",
                f"{line.neurons:,}",
                f"{line.bytes:,}",
                "" if line.range is None else short(line.range),
                "" if line.seconds is None else seconds(line.seconds),
                line.partition,
                line.bound,
            ]
        )
    caption = "Bars reach from the certified lower bound to the fewest synapses of all contiguous merges."
    if table.batch:
        caption += f" Times: a batch of {table.batch}, one thread."
    covered = "<br>".join(["Lower bounds hold for, at", *map(escape, classes(table))])
    return (
        _figure(profile_plot(table), caption, wide=True)
        + _table(head, rows, f"profile of {table.name}", text=(7, 8))
        + element("p", covered, class_="meta note")
    )


def _gates(report: Report) -> str:
    if not report.gates:
        return ""
    say = (
        "Products, polynomials and functions of bits by few neurons. Each carries a certificate; what is seen lies below it. "
        "Where one hidden layer needs more neurons, it also keeps fewer digits."
    )
    table = _table(GATE_COLUMNS, map(gate_cells, report.gates), "gates and their certificates")
    known = {line.class_of_networks: line.label for line in report.gates if line.class_of_networks}
    covered = "<br>".join(["Lower ends of C_n hold for", *(escape(f"{label}: {what}") for what, label in known.items())])
    return _section(
        "Neurons that compute",
        element("p", escape(say)),
        table,
        element("p", covered, class_="meta note") if known else "",
        _definitions(GATE_COLUMNS[5:]),
    )


def _times(report: Report) -> str:
    if not report.curves:
        return ""
    say = (
        "C_t = time of the flat matrix, run by the best dense or sparse product of this machine, divided by the "
        "time of the deep network. Shaded: 10 % to 90 % quantile over interleaved rounds. Filled points were timed "
        "against a dense product, hollow ones against a sparse product."
    )
    figure = _figure(batch_plot(report.curves), "Where a curve crosses 1, flat and deep take the same time.", wide=True)
    head = [(name, "") for name in ("network", "batch", "deep", "flat", "planned", "C_t", "10 % to 90 %", "rival")]
    rows = []
    for curve in report.curves:
        for point in curve.points:
            sides = [seconds(side.median) if side else "" for side in (point.deep, point.flat, point.planned)]
            spread = f"{ratio(point.low)} to {ratio(point.high)}" if point.low and point.high else ""
            rows.append([curve.name, str(point.batch), *sides, ratio(point.ratio) if point.ratio else "", spread, point.rival])
    return _section("C_t against the batch", element("p", escape(say)), figure, _table(head, rows, "times"))


def _machine(report: Report) -> str:
    pairs = [(name, str(value)) for name, value in {**report.machine, **report.options}.items()]
    return _section("Measured on", _definitions(pairs))


def _summary(report: Report) -> str:
    items = (element("li", escape(sentence)) for sentence in report.remarks)
    return element("ul", *items, class_="key") if report.remarks else ""


def page(report: Report) -> str:
    """Return the whole page.

    Parameters
    ----------
    report : Report
        What to show; names of files and networks are escaped.

    Returns
    -------
    str
        A complete HTML document that refers to nothing outside itself.

    Examples
    --------
    >>> from flatnet.report.model import Report
    >>> text = page(Report("a & b", "2026", ["a.npy"], {}, {}, "synapses: non-zero weights"))
    >>> text[:15], "<h1>a &amp; b</h1>" in text
    ('<!doctype html>', True)
    """
    sources = f"{report.created} · {', '.join(report.sources)}"
    head = element("header", element("h1", escape(report.title)), element("p", escape(sources), class_="meta"))
    profiles = "".join(_profile(table) for table in report.profiles)
    body = element(
        "main",
        head,
        _summary(report),
        _costs(report),
        _section("Profile over depth", profiles) if profiles else "",
        _times(report),
        _gates(report),
        _against_size(report),
        _section("How it is counted", element("pre", escape(report.conventions))),
        _section("Glossary", _definitions(GLOSSARY)),
        _machine(report),
    )
    meta = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        + element("title", escape(report.title))
        + element("style", _PAGE + STYLE)
    )
    return f'<!doctype html>\n<html lang="en"><head>{meta}</head><body>{body}</body></html>\n'
