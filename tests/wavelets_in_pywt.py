"""A pytest plugin: PyWavelets' own tests meet flatnet's transforms under the names of PyWavelets'."""

from __future__ import annotations

from typing import Any

import flatnet.wavelets
import numpy as np
import pytest
import pywt
from pywt import _dwt, _multidim, _multilevel

# What PyWavelets' own helpers (fswavedecn, dwtn_max_level, ...) call is replaced with it.
REPLACED = [name for name in flatnet.wavelets.__all__ if name != "wavelist"]


def pytest_configure() -> None:
    for name in REPLACED:
        own = getattr(flatnet.wavelets, name)
        setattr(pywt, name, own)
        for module in (_dwt, _multidim, _multilevel):
            if hasattr(module, name):
                setattr(module, name, own)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """complex256 leaves the lists of dtypes: flatnet refuses what it would have to narrow."""
    for module in {item.module for item in items if isinstance(item, pytest.Function)}:
        _without_complex256(module)


def _without_complex256(module: Any) -> None:
    if np.dtype(np.clongdouble) == np.complex128 or not hasattr(module, "dtypes_in"):
        return
    narrowed = [i for i, dtype in enumerate(module.dtypes_in) if dtype is np.clongdouble]
    for i in reversed(narrowed):
        del module.dtypes_in[i], module.dtypes_out[i]
    if hasattr(module, "dtypes_and_tolerances"):
        module.dtypes_and_tolerances[:] = [pair for pair in module.dtypes_and_tolerances if pair[0] is not np.clongdouble]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    terminalreporter.write_line(f"flatnet's functions: {' '.join(REPLACED)}")
