"""The documentation is true: sessions print what it says, tables come from the code, links lead somewhere."""

from __future__ import annotations

import doctest
import importlib.util
import pathlib
import re
import textwrap
import types
import xml.etree.ElementTree

import flatnet as fn
import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "bench" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))


def blocks(text: str, language: str) -> list[tuple[int, str]]:
    """First line (from 0) and content of every fenced block of a language."""
    found = [match for match in FENCE.finditer(text) if match[2] == language]
    return [(text[: match.start(3)].count("\n"), textwrap.dedent(match[3])) for match in found]


def differences(text: str, name: str) -> list[str]:
    """What the Python blocks of a page print otherwise than it says; all blocks share one session."""
    session: dict[str, object] = {}
    reports: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for line, source in blocks(text, "python"):
        if ">>>" in source:
            test = doctest.DocTestParser().get_doctest(source, session, name, name, line)
            runner.run(test, out=reports.append, clear_globs=False)
            session = test.globs
        else:
            exec(compile("\n" * line + source, name, "exec"), session)
    return reports


@every_page
def test_sessions_run(page: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    reports = differences(page.read_text(encoding="utf-8"), page.name)
    assert not reports, "".join(reports)


def test_a_wrong_session_is_found() -> None:
    page = "```python\nx = 2\n```\ntext\n   ```python\n   >>> x + 1\n   4\n   ```\n"
    assert "Got:\n    3" in "".join(differences(page, "page"))
    assert not differences(page.replace("4", "3"), "page")


@every_page
def test_names_of_the_package_exist(page: pathlib.Path) -> None:
    names = set(re.findall(r"\bfn\.(\w+)", page.read_text(encoding="utf-8")))
    assert not {name for name in names if not hasattr(fn, name)}


@every_page
def test_links_lead_somewhere(page: pathlib.Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in LINK.findall(text):
        if re.match(r"\w+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{target} does not exist"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}, target


# --- README -----------------------------------------------------------------------------------------------------


def table(text: str, heading: str) -> list[list[str]]:
    """Cells of the first table after a heading, without its head."""
    section = text.split(f"\n## {heading}\n", 1)[1]
    rows = re.findall(r"^\|(.+)\|$", section.split("\n## ", 1)[0], re.MULTILINE)
    return [[cell.strip() for cell in row.split("|")] for row in rows[2:]]


CLAIMS = table((ROOT / "README.md").read_text(encoding="utf-8"), "What the paper claims")


def test_the_paper_has_claims() -> None:
    assert len(CLAIMS) >= 10 and all(len(row) == 4 and all(row) for row in CLAIMS)


@pytest.mark.parametrize(("call", "gives"), [(row[1], row[2]) for row in CLAIMS], ids=[row[1] for row in CLAIMS])
def test_claims_give_what_the_table_says(call: str, gives: str) -> None:
    assert repr(eval(call.strip("`"), {"fn": fn, "np": np})) == gives.strip("`")


@pytest.mark.parametrize("marker", ["report-command", "test-command"])
def test_readme_has_its_command_right_after_the_marker(marker: str) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    command = re.search(rf"^<!-- {marker} -->\n```bash\n(.+)\n```$", text, re.MULTILINE)
    assert command and command[1].startswith("python3 -m venv .venv && .venv/bin/pip install ")


# --- what the pages take from the code --------------------------------------------------------------------------


def script(path: str) -> types.ModuleType:
    specification = importlib.util.spec_from_file_location(pathlib.Path(path).stem, ROOT / path)
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["concepts.md", "layout.md"])
def test_tables_come_from_the_code(page: str) -> None:
    pytest.importorskip("pywt")
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert script("docs/tables.py").rewritten(text) == text, "run: python docs/tables.py"


def test_every_folder_has_its_line() -> None:
    listing = blocks((ROOT / "docs" / "layout.md").read_text(encoding="utf-8"), "")[0][1]
    folders = [path.parent for path in (ROOT / "python" / "flatnet").glob("*/__init__.py")]
    folders += [path for path in (ROOT / "src" / "cpp" / "include" / "flatnet").iterdir() if path.is_dir()]
    assert len(folders) >= 9
    assert not {path.name for path in folders if not re.search(rf"^ *{path.name}/ +\w", listing, re.MULTILINE)}


def words(picture: str) -> list[str]:
    """Every text of an SVG file: counts, bounds, title."""
    root = xml.etree.ElementTree.fromstring(picture)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    return ["".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")]


def test_picture_says_what_the_profile_says() -> None:
    module = script("docs/img/dft_profile.py")
    kept = words(module.TARGET.read_text(encoding="utf-8"))
    assert kept == words(module.picture(fn.profile(fn.dft(1024)))), "run: python docs/img/dft_profile.py"
    assert {"1\u2009048\u2009576", "65\u2009536", "32\u2009768", "24\u2009576", "20\u2009480"} <= set(kept)


def test_picture_of_the_gate_is_what_draw_makes() -> None:
    module = script("docs/img/product_gate.py")
    assert module.TARGET.read_text(encoding="utf-8") == module.picture(), "run: python docs/img/product_gate.py"
