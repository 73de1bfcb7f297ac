"""The report: its numbers are the theory's, its page is self-contained, its file reads back as what was written."""

from __future__ import annotations

import dataclasses
import html.parser
import io
import json
import math
import pathlib
import re
import xml.etree.ElementTree as ET

import flatnet as fn
import numpy as np
import pytest
from flatnet.report.chains import digits_propagation, prolongation, prolongation_cost
from flatnet.report.html import page
from flatnet.report.model import Curve, Report, Row, Span, Times, Timing
from flatnet.report.outputs import write_html, write_json
from flatnet.report.plots import batch_plot
from flatnet.report.run import Options, report
from flatnet.report.suite import suite
from flatnet.report.svg import Axis, Plot, element, short
from flatnet.report.table import show
from flatnet.report.words import cells, interval
from rich.console import Console

pytest.importorskip("sklearn")

VOID = {"meta", "br"}


@pytest.fixture(scope="module")
def counted() -> Report:
    """The quick default suite, counted but not timed."""
    return report([], Options(quick=True, timed=False))


@pytest.fixture
def timed(tmp_path: pathlib.Path) -> Report:
    """A chain from a file whose name would break out of a careless page."""
    path = tmp_path / "a<b>&'.npz"
    np.savez(path, np.eye(8), np.ones((4, 8)), np.ones((2, 4)))
    return report([str(path)], Options(batch=4, quick=True))


def text_of(report: Report, width: int) -> str:
    console = Console(width=width, file=io.StringIO())
    show(report, console)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_every_family_of_the_issue_is_in_the_suite() -> None:
    names = " ".join(group.name for group in suite())
    for family in ("DFT", "Hadamard", "Haar", "zeta", "DCT", "low rank", "Strassen", "digits graph", "multigrid"):
        assert family in names
    assert [f"np = {k}" in names for k in (1, 2, 4)] == [True] * 3
    sizes = [case.x for case in suite()[0].cases]
    assert sizes == [2**m for m in range(2, 11)]


def test_counts_meet_the_closed_forms(counted: Report) -> None:
    held = 0
    for family in counted.families:
        for row in (row for row in counted.rows if row.family == family.name and row.theory is not None):
            assert row.C_s is not None and row.theory is not None
            if family.low:  # five standard deviations; the seeds are fixed
                low = family.low[family.x.index(row.x)]
                assert abs(row.C_s.upper - row.theory) < 5 * (row.theory - low)
            else:
                assert row.C_s.upper == pytest.approx(row.theory, rel=1e-12)
            held += 1
    assert held > 40


def test_bounds_lie_below_counts_and_planned_is_the_least(counted: Report) -> None:
    for row in counted.rows:
        if row.C_s_planned is None:
            continue
        assert row.C_s_planned.lower <= row.C_s_planned.upper <= min(1.0, row.C_s.upper if row.C_s else 1.0)
        assert row.planned is not None and row.planned == round(row.C_s_planned.upper * row.deep)


def test_the_numbers_that_the_issue_asks_for() -> None:
    dft = next(case for case in suite()[0].cases if case.x == 1024)
    lines = fn.profile(dft.build()).rows
    assert dft.profiled
    assert [line.upper for line in lines] == [1048576, 65536, 32768, 24576] + [20480] * 6
    assert [line.depth + 1 for line in lines if line.lower == line.upper] == [1, 2, 5, 10]
    strassen = next(case for group in suite() for case in group.cases if case.label == "Strassen 1024, t = 5")
    assert strassen.shown and strassen.flat is not None
    assert (strassen.build().synapses, strassen.flat().synapses) == (680026112, 1024**3)


@pytest.mark.parametrize(("levels", "axes"), [(1, 1), (4, 1), (3, 2), (2, 3)])
def test_prolongation_interpolates_linear_functions(levels: int, axes: int) -> None:
    net = prolongation(levels, 3, axes)
    assert net.flatten().synapses / net.synapses == pytest.approx(prolongation_cost(levels, 3, axes))
    fine = 2**levels * 4 - 1
    coarse = np.ones(3**axes)
    inner = (slice(2**levels - 1, fine - 2**levels + 1),) * axes  # between the outermost coarse points
    np.testing.assert_allclose(net(coarse).reshape((fine,) * axes)[inner], 1.0)
    assert prolongation_cost(14, 1000, 2) == pytest.approx(4 / 3, rel=3e-3)
    assert prolongation_cost(14, 1000, 1) == pytest.approx(2 / 3, rel=3e-3)


def test_propagation_is_symmetric_and_keeps_the_degree_vector() -> None:
    net = digits_propagation(2)
    step = net.layers[0].weight.tocsr()
    assert abs(step - step.T).max() == 0
    degrees = np.diff(step.indptr).astype(float)
    assert degrees.min() >= 9  # eight neighbours and itself
    np.testing.assert_allclose(net(np.sqrt(degrees)), np.sqrt(degrees))


def test_json_is_strict_and_reads_back(counted: Report, timed: Report, tmp_path: pathlib.Path) -> None:
    for made in (counted, timed):
        write_json(made, str(tmp_path / "r.json"))
        stored = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
        assert (stored["schema"], stored["version"]) == ("flatnet-report", 1)
        assert Report.from_dict(stored) == made
        assert stored["conventions"] == fn.cost(fn.hadamard(2)).__repr__().partition("\n")[2]
        assert stored["machine"]["instruction set"].startswith(fn.show_config()["isa"])


@pytest.mark.parametrize(
    "damage",
    [{"version": 2}, {"schema": "other"}, {"rows": [{"family": "x"}]}, {"rows": [{"unknown": 1}]}, {"rows": 3}],
    ids=str,
)
def test_another_schema_is_refused(damage: dict[str, object], timed: Report) -> None:
    with pytest.raises(ValueError, match="report"):
        Report.from_dict({**timed.to_dict(), **damage})


class Page(html.parser.HTMLParser):
    """Checks that tags balance and collects what a page refers to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [str(value) for name, value in attributes if name in ("src", "href", "srcset", "data", "action")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def pictures(text: str) -> list[ET.Element]:
    return [ET.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", text, re.DOTALL)]


def test_the_page_is_whole_and_loads_nothing(counted: Report, timed: Report, tmp_path: pathlib.Path) -> None:
    for made in (counted, timed):
        write_html(made, str(tmp_path / "r.html"))
        text = (tmp_path / "r.html").read_text(encoding="utf-8")
        parsed = Page(text)
        assert parsed.open == [] and parsed.links == []
        assert not {"script", "link", "img", "iframe", "object"} & set(parsed.tags)
        assert "url(" not in text and "@import" not in text and "http" not in text
        assert "prefers-color-scheme:dark" in text and "@media print" in text
        for line in made.conventions.splitlines():
            assert line.partition(":")[0] in text


def test_pictures_have_titles_and_stay_inside_their_frame(counted: Report, timed: Report) -> None:
    made = pictures(page(counted)) + pictures(page(timed))
    assert len(made) == len(counted.families) + len(counted.profiles) + len(timed.profiles) + 1
    for picture in made:
        assert picture.findtext("title") and picture.findtext("desc")
        _, _, width, height = map(float, picture.attrib["viewBox"].split())
        for circle in picture.iter("circle"):
            assert 0 <= float(circle.attrib["cx"]) <= width and -1 <= float(circle.attrib["cy"]) <= height
        for line in picture.iter("polyline"):
            points = [tuple(map(float, pair.split(","))) for pair in line.attrib["points"].split()]
            assert all(math.isfinite(x) and math.isfinite(y) and 0 <= x <= width for x, y in points)


def test_names_from_files_are_escaped(timed: Report) -> None:
    text = page(timed)
    assert "a<b>" not in text and "a&lt;b&gt;&amp;" in text


def test_a_chain_has_a_row_a_profile_and_a_curve(timed: Report) -> None:
    (row,), (profile,), (curve,) = timed.rows, timed.profiles, timed.curves
    assert (row.deep, row.flat, row.planned, row.planned_depth) == (8 + 32 + 8, 16, 16, 0)
    assert row.C_s == Span(1 / 3, 1 / 3) and row.C_n == 0.0
    assert [line.partition for line in profile.lines] == ["1-3", "1 2-3", "1 2 3"]
    assert all(line.seconds for line in profile.lines) and profile.batch == 4
    assert [point.batch for point in curve.points] == [1, 4, 16, 64, 256]
    assert row.timing == curve.points[1] and row.timing.rival and row.timing.threads == 1
    assert timed.families == []


@pytest.mark.parametrize("width", [80, 120, 200])
def test_the_terminal_shows_every_number_at_any_width(width: int, counted: Report) -> None:
    text = text_of(counted, width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    for row in (row for row in counted.rows if row.shown):
        for cell in cells(row)[2:7]:
            assert cell in text
    assert "Schatten (LB4)" in text and "non-zero weights" in text
    assert "max|A_l| <= 1" in " ".join(text.split())


def test_predictions_and_missing_times_are_marked() -> None:
    row = Row("f", "big", 8, 8, 8, 1, 10, 40, 10, 1, predicted=True, C_s=Span(4, 4), note="too large to run")
    assert cells(row)[3] == "~40" and cells(row)[8] == "" and cells(row)[9] == "too large to run"
    assert interval(Span(0.25, 1.0)) == "[0.25, 1]"


def timing(batch: int, ratio: float | None, rival: str = "dense GEMM") -> Timing:
    times = Times(1e-3, 1e-3, 1e-3)
    return Timing(batch, 1, "float64", times, times, times, ratio, ratio, ratio, rival)


def test_the_crossing_is_marked_where_it_is() -> None:
    curve = Curve("net", [timing(1, 0.25), timing(16, 4.0, "sparse CSR (SciPy)")], 4.0)
    picture = ET.fromstring(batch_plot([curve]))
    circles = picture.findall(".//circle")
    assert [c.attrib["class"].split()[0] for c in circles] == ["dot", "ring", "dot"]
    x = [float(c.attrib["cx"]) for c in circles]
    assert x[2] == pytest.approx((x[0] + x[1]) / 2, abs=0.1)  # halfway on a logarithmic axis
    assert "equal near batch 4" in (picture.findtext("desc") or "") + "".join(picture.itertext())


def test_a_side_that_could_not_run_leaves_the_picture_whole(timed: Report) -> None:
    curve = dataclasses.replace(timed.curves[0], points=[timing(1, None, "no flat network")], crossing=None)
    text = page(dataclasses.replace(timed, curves=[curve]))
    assert "no flat network" in text
    pictures(text)


@pytest.mark.parametrize(
    ("axis", "ticks"),
    [
        (Axis(1, 1000, ""), [1, 10, 100, 1000]),
        (Axis(3, 900, "", base=2), [4, 16, 64, 256]),
        (Axis(0.3, 1.2, ""), [0.5, 1.0]),
        (Axis(0, 7, "", log=False), [0, 1, 2, 3, 4, 5, 6, 7]),
        (Axis(-0.6, 3.6, "", log=False, at=(0, 2, 4)), [0, 2]),
        (Axis(1, 1e12, ""), [1e0, 1e2, 1e4, 1e6, 1e8, 1e10, 1e12]),
    ],
)
def test_ticks_are_round_and_inside(axis: Axis, ticks: list[float]) -> None:
    found = axis.ticks()
    assert all(axis.low * 0.999 <= tick <= axis.high * 1.001 for tick in found)
    assert set(ticks) <= set(np.round(found, 9)) and len(found) <= 12


def test_axes_of_one_value_or_none_still_work() -> None:
    for values in ([], [3.0], [float("nan"), 2.0]):
        axis = Axis.around(values, "x")
        assert axis.low < axis.high and axis.ticks()
    assert Plot("t", Axis.around([1.0], "x"), Axis.around([1.0], "y")).svg().count("<svg") == 1


def test_marks_are_escaped_and_short() -> None:
    assert element("text", x=1.5, class_='a"b') == '<text x="1.5" class="a&quot;b"/>'
    assert [short(x) for x in (0, 1e-9, 123456, 1234567, -2.5)] == ["0", "10⁻⁹", "123456", "1.23·10⁶", "-2.5"]


def test_gates_stay_below_their_certificates(counted: Report) -> None:
    labels = [line.label for line in counted.gates]
    assert len(labels) == len(set(labels)) >= 10
    for line in counted.gates:
        assert line.certified is None or line.seen <= line.certified
        assert line.C_n is None or (0 < line.C_n.lower <= line.C_n.upper and line.class_of_networks)
    parity = next(line for line in counted.gates if line.label.startswith("bit_function(parity"))
    assert (parity.neurons, parity.seen, parity.certified, parity.inputs) == (1023, 0.0, 0.0, 1024)
    for text in (page(counted), text_of(counted, 170), text_of(counted, 80)):
        assert "Neurons that compute" in text and all(label in re.sub(r"\s", "", text) for label in ("product_tree(8)",))


def test_files_have_no_gates(timed: Report) -> None:
    assert timed.gates == [] and "Neurons that compute" not in page(timed) + text_of(timed, 120)
