"""The command line: exit statuses, one sentence for whatever is wrong, and no file before it is complete."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys

import flatnet as fn
import numpy as np
import pytest
from flatnet.cli import main
from flatnet.report.model import Report

pytest.importorskip("rich")


@pytest.fixture
def chain(tmp_path: pathlib.Path) -> list[str]:
    """Two files of a chain with 6 inputs and 2 outputs."""
    rng = np.random.default_rng(0)
    paths = [tmp_path / "a.npy", tmp_path / "b.npy"]
    for path, shape in zip(paths, [(3, 6), (2, 3)]):
        np.save(path, rng.standard_normal(shape))
    return [str(path) for path in paths]


def sentence(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on stderr."""
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("flatnet: ") and err.endswith("\n") and err.count("\n") == 1
    return err


def test_a_chain_is_reported_in_all_three_forms(
    chain: list[str], tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, numbers = tmp_path / "r.html", tmp_path / "r.json"
    assert main(["report", *chain, "--quick", "--batch", "8", "--html", str(page), "--json", str(numbers)]) == 0
    out = capsys.readouterr().out
    assert "a.npy → b.npy" in out and "non-zero weights" in out
    report = Report.from_dict(json.loads(numbers.read_text(encoding="utf-8")))
    assert (report.rows[0].deep, report.rows[0].flat, report.rows[0].inputs) == (24, 12, 6)
    assert report.rows[0].timing is not None and report.rows[0].timing.batch == 8
    assert "a.npy → b.npy" in page.read_text(encoding="utf-8")
    assert {path.name for path in tmp_path.iterdir()} == {"a.npy", "b.npy", "r.html", "r.json"}


def test_a_single_matrix_has_nothing_to_flatten(chain: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", chain[0]]) == 0
    out = capsys.readouterr().out
    assert "a.npy: depth 0, nothing to flatten: one 3 x 6 matrix with 18 synapses, 100 % of its entries." in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no-such-file.npy"], "No such file"),
        (["b.npy", "a.npy"], "a.npy (3 x 6) cannot follow b.npy (2 x 3): 2 outputs meet 6 inputs"),
        (["."], "is a directory"),
        (["a.npy", "--html", "nowhere/r.html"], "its folder does not exist"),
        (["a.npy", "--html", "."], "it is a directory"),
        (["a.npy", "--html", "/dev/null"], "not a regular file"),
        (["a.npy", "--html", "a.npy"], "it is one of the files to read"),
        (["a.npy", "--html", "r", "--json", "./r"], "different files"),
        (["a.npy", "b.npy", "--batch", "999999999999999"], "timing 999999999999999 vectors of 6 numbers needs"),
    ],
)
def test_bad_input_is_one_sentence_and_status_1(
    arguments: list[str],
    message: str,
    chain: list[str],
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert main(["report", *arguments]) == 1
    assert message in sentence(capsys)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "arguments are required: COMMAND"),
        (["plot"], "invalid choice: 'plot'"),
        (["report", "--batch", "0"], "needs a positive integer, got '0'"),
        (["report", "--batch", "1.5"], "needs a positive integer, got '1.5'"),
        (["report", "--threads", "-1"], "needs a positive integer, got '-1'"),
        (["report", "--colour"], "unrecognized arguments: --colour"),
    ],
)
def test_a_wrong_command_line_is_one_sentence_and_status_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert message in sentence(capsys)


@pytest.mark.parametrize("arguments", [["--help"], ["report", "--help"], ["info", "--help"]])
def test_help_explains_and_succeeds(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 0
    assert "usage: flatnet" in capsys.readouterr().out


def test_info_names_what_the_issue_tracker_will_ask_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info"]) == 0
    out = capsys.readouterr().out
    for word in ("flatnet", fn.__version__, "instruction set", "threads", "BLAS", "compiler", "Eigen"):
        assert word in out


def test_missing_extras_are_named(
    chain: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["report"]) == 1
    assert "needs rich and sklearn: pip install 'flatnet[report]'" in sentence(capsys)
    assert main(["report", *chain]) == 1
    assert "needs rich: pip install 'flatnet[report]'" in sentence(capsys)
    assert main(["info"]) == 0


@pytest.mark.parametrize("moment", ["flatnet.report.run.profile", "flatnet.report.outputs.page", "os.replace"])
def test_an_interrupt_leaves_nothing_half_written(
    moment: str,
    chain: list[str],
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    old = tmp_path / "r.html"
    old.write_text("what was there before")
    monkeypatch.setattr(moment, interrupt)
    assert main(["report", *chain, "--no-time", "--html", str(old)]) == 130
    assert capsys.readouterr().err == "flatnet: interrupted, no file was left half-written\n"
    assert old.read_text() == "what was there before"
    assert {path.name for path in tmp_path.iterdir()} == {"a.npy", "b.npy", "r.html"}


def environment() -> dict[str, str]:
    package = str(pathlib.Path(fn.__file__).resolve().parent.parent)
    return {**os.environ, "PYTHONPATH": os.pathsep.join([package, os.environ.get("PYTHONPATH", "")])}


def test_a_signal_ends_the_process_with_status_130(tmp_path: pathlib.Path) -> None:
    # The process says on a pipe that it is at work; the signal cannot come too early or too late.
    code = (
        "import signal, sys, flatnet.report.run as run\n"
        # a shell starts background jobs with SIGINT ignored, and Python keeps it so
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "def forever(*_):\n"
        "    print('at work', flush=True)\n"
        "    while True: pass\n"
        "run.profile = forever\n"
        "from flatnet.cli import main\n"
        "sys.exit(main(['report', 'w.npy', '--json', 'r.json']))\n"
    )
    np.save(tmp_path / "w.npy", np.eye(2))
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "at work\n"
    process.send_signal(signal.SIGINT)
    try:
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert err == "flatnet: interrupted, no file was left half-written\n"
    assert [path.name for path in tmp_path.iterdir()] == ["w.npy"]


def test_the_module_is_the_command(tmp_path: pathlib.Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "flatnet", "report", "none.npy"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == "flatnet: cannot read 'none.npy': No such file or directory\n"
