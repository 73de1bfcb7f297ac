"""PyWavelets' own tests of the discrete transforms, run from the installed package with flatnet's functions in place."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys

import flatnet as fn
import pytest

pytest.importorskip("pywt.tests")

# Tests by name that do not apply, with the reason.
NOT_APPLICABLE: dict[str, str] = {}
# Within tests: complex256 arrays, which PyWavelets narrows to complex128, are refused by flatnet, so wavelets_in_pywt
# takes that dtype out of the lists that some tests loop over. All other dtypes stay.

FILES = ("test_dwt_idwt", "test_multilevel", "test_multidim")
# The least that must pass, so that an empty collection is no success (PyWavelets 1.8 has 20, 58 and 25).
LEAST = {"test_dwt_idwt": 15, "test_multilevel": 45, "test_multidim": 20}


@pytest.mark.parametrize("file", FILES)
def test_pywavelets_own_tests_pass(file: str, tmp_path: pathlib.Path) -> None:
    here = pathlib.Path(__file__).parent
    package = pathlib.Path(fn.__path__[0]).parent
    command = [sys.executable, "-m", "pytest", "-q", "-p", "wavelets_in_pywt", "-p", "no:cacheprovider"]
    command += ["--rootdir", str(tmp_path), "--pyargs", f"pywt.tests.{file}"]
    for name in NOT_APPLICABLE:
        command += ["--deselect", name]
    path = os.pathsep.join(p for p in (str(here), str(package), os.environ.get("PYTHONPATH", "")) if p)
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": path}, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed and int(passed[1]) >= LEAST[file], done.stdout[-2000:]
    assert "failed" not in done.stdout
    assert "flatnet's functions: downcoef dwt dwt2" in done.stdout
