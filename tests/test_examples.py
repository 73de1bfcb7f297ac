"""The scripts of examples/ run, quickly, and say what they are there to say."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import flatnet as fn
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))

# Sentences that do not depend on the machine.
SAYS = {
    "own_csr_chain.py": ["depth  synapses  at least", "    0      5904      5904", "C_s = 2.05", "batch  64: deep"],
    "fft_vs_dense.py": ["768 synapses in 6 layers, 4096 in one.", "between 5.33333 and 5.33333", "batch  16: deep"],
    "digits_qda.py": [
        "110 logistic neurons",
        "float64: 1797 of 1797",
        "float32: 1797 of 1797",
        "200 neurons in pairs",
        "OutsideDomainWarning",
    ],
    "product_gate.py": ["4 neurons, 12 synapses, float64", "scale 2^-8", "sharpness 46.1  error 1e-10"],
}


def test_there_are_four() -> None:
    assert {path.name for path in EXAMPLES} == set(SAYS)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_example_runs(path: pathlib.Path, tmp_path: pathlib.Path) -> None:
    package = str(pathlib.Path(fn.__file__).resolve().parent.parent)
    paths = os.pathsep.join(p for p in (package, os.environ.get("PYTHONPATH", "")) if p)
    ran = subprocess.run([sys.executable, str(path), "--quick"], capture_output=True, text=True, timeout=300,
                         cwd=tmp_path, env={**os.environ, "PYTHONPATH": paths}, check=False)  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert not ran.stderr
    assert not [sentence for sentence in SAYS[path.name] if sentence not in ran.stdout], ran.stdout
    assert not list(tmp_path.iterdir()), "an example leaves no files behind"
