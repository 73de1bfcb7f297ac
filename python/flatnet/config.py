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
    """Folder of the C++ headers.

    Returns
    -------
    str
        To pass as ``-I``; the headers are included as ``<flatnet/flatnet.hpp>``.

    Examples
    --------
    >>> import os, flatnet as fn
    >>> os.path.basename(fn.get_include())
    'include'
    """
    return os.path.join(os.path.dirname(os.path.abspath(_core.__file__)), "include")


def get_cmake_dir() -> str:
    """Folder of the CMake package.

    Returns
    -------
    str
        To pass as ``-Dflatnet_DIR=``, so that ``find_package(flatnet)`` succeeds and defines ``flatnet::flatnet``.

    Examples
    --------
    >>> import os, flatnet as fn
    >>> os.path.basename(fn.get_cmake_dir())
    'flatnet'
    """
    return os.path.join(os.path.dirname(os.path.abspath(_core.__file__)), "lib", "cmake", "flatnet")
