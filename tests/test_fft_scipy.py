"""scipy.fft's own public tests, from the installed SciPy, with flatnet as its only backend."""

from __future__ import annotations

import importlib.util
import os
import pathlib
import re
import subprocess
import sys

import flatnet as fn
import numpy as np
import pytest
import scipy
import scipy.fft

MODULES = ("test_basic", "test_numpy", "test_real_transforms", "test_multithreading", "test_backend", "test_fftlog")

# test_numpy is the name of test_basic before SciPy 1.13.


def _scipy_dst_is_orthogonal() -> bool:
    matrix = scipy.fft.dst(np.eye(4), norm="ortho", axis=0)
    return bool(np.allclose(matrix @ matrix.T, np.eye(4)))


# What does not apply, by name, with the reason. Everything else must pass.
DOES_NOT_APPLY: dict[str, str] = {}
if not _scipy_dst_is_orthogonal():
    REASON = "this SciPy (1.11.4 does) scales the first element of DST-II and III instead of the last: not orthogonal"
    DOES_NOT_APPLY |= {f"test_fftpack_equivalience[ortho-{kind}-{name}]": REASON for kind in (2, 3) for name in ("dst", "dstn")}
    DOES_NOT_APPLY |= {
        f"test_orthogonalize_dcst{kind}[dst-{norm}]": REASON for kind in (2, 3) for norm in ("backward", "ortho", "forward")
    }

# Read by every process of the tests at its start, workers of a pool included: flatnet is the only backend.
START = """
import flatnet
import scipy.fft
scipy.fft.set_global_backend(flatnet.fft, only=True)
"""
# SciPy's conftest.py looks its markers up in SciPy's pytest.ini, which a wheel does not carry.
PLUGIN = """
def pytest_configure(config):
    for name in ("array_api_backends", "array_api_compatible", "skip_xp_backends", "xfail_xp_backends"):
        config.addinivalue_line("markers", name)

def pytest_collection_modifyitems(items):
    items[:] = [item for item in items if item.name not in DOES_NOT_APPLY]
"""


@pytest.mark.parametrize("module", MODULES)
def test_scipys_own_tests_pass_with_flatnet_as_the_only_backend(module: str, tmp_path: pathlib.Path) -> None:
    specification = importlib.util.find_spec(f"scipy.fft.tests.{module}")
    if specification is None or specification.origin is None:
        pytest.skip(f"SciPy {scipy.__version__} has no scipy.fft.tests.{module}")
    (tmp_path / "sitecustomize.py").write_text(START)
    (tmp_path / "scipys_markers.py").write_text(f"DOES_NOT_APPLY = {list(DOES_NOT_APPLY)}\n{PLUGIN}")
    package = str(pathlib.Path(fn.__file__).parent.parent)
    path = os.pathsep.join(p for p in (str(tmp_path), package, os.environ.get("PYTHONPATH", "")) if p)
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "scipys_markers",
            "-p",
            "no:cacheprovider",
            "-W",
            "ignore::DeprecationWarning",
        ]
        + ["--pyargs", f"scipy.fft.tests.{module}"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]
    passed = re.search(r"(\d+) passed", result.stdout)
    assert passed and int(passed[1]) >= 5, result.stdout[-2000:]
