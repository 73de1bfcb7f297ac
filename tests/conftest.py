"""Shared fixtures: one instruction set at a time, scripts in a process of their own, reproducible random examples."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from collections.abc import Callable, Iterator

import flatnet as fn
import pytest
from hypothesis import HealthCheck, settings
from threadpoolctl import threadpool_limits

# The same examples on every run; HYPOTHESIS_PROFILE=explore looks for new ones.
_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("flatnet", deadline=None, derandomize=True, database=None, suppress_health_check=_SLOW)
settings.register_profile("explore", deadline=None, max_examples=5000, suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "flatnet"))

Script = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(params=fn.show_config()["available_isas"])
def isa(request: pytest.FixtureRequest) -> str:
    """Every instruction set that this build carries and this machine runs."""
    return str(request.param)


@pytest.fixture(scope="module")
def one_blas_thread() -> Iterator[None]:
    """Small oracles: a team of BLAS threads costs more than it saves."""
    with threadpool_limits(1, user_api="blas"):
        yield


@pytest.fixture
def script() -> Script:
    """Runs Python code in a new process; `environment` adds variables. A hang fails after `timeout` seconds."""
    package = str(pathlib.Path(fn.__file__).resolve().parent.parent)

    def run(code: str, timeout: float = 120, **environment: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join(p for p in (package, os.environ.get("PYTHONPATH", "")) if p)
        return subprocess.run(
            [sys.executable, "-c", "import flatnet as fn, numpy as np\n" + code],
            capture_output=True,
            text=True,
            timeout=timeout,
            env={**os.environ, "PYTHONPATH": path, **environment},
            check=False,
        )

    return run
