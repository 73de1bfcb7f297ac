"""What this build is and runs on."""

from __future__ import annotations

import os
from typing import Any

from . import _core


def show_config() -> dict[str, Any]:
    """Version, instruction set, threads, BLAS, compiler and versions of the build.

    Returns
    -------
    dict
        Keys ``version, isa, available_isas, threads, threading, compiler, eigen, pybind11, numpy, blas``.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.show_config()["isa"] in fn.show_config()["available_isas"]
    True
    """
    import numpy as np

    info = dict(_core.build_info())
    info["numpy"] = np.__version__
    blas = np.show_config(mode="dicts")["Build Dependencies"].get("blas", {})
    info["blas"] = f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip()
    return info


def get_include() -> str:
    """Folder of the C++ headers."""
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "include")


def get_cmake_dir() -> str:
    """Folder to pass as ``-Dflatnet_DIR=`` (or in ``CMAKE_PREFIX_PATH``) so that ``find_package(flatnet)`` succeeds."""
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib", "cmake", "flatnet")
