"""Compiles the C++ rivals on demand: one pybind11 module per source, kept under build/bench until its source changes.

The instruction set is the one flatnet runs with on this machine, so that no side has wider registers than the
other.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.metadata
import importlib.util
import os
import pathlib
import subprocess
import sysconfig
from collections.abc import Sequence
from functools import reduce
from types import ModuleType
from typing import Any

import flatnet as fn
import numpy as np

__all__ = ["HERE", "Unavailable", "dense_matrix", "eigen_include", "library", "load"]

HERE = pathlib.Path(__file__).resolve().parent
CACHE = HERE.parents[1] / "build" / "bench"

FIXED_FLAGS = [
    "-O3",
    "-DNDEBUG",
    "-std=gnu++17",
    "-ffp-contract=fast",
    "-shared",
    "-fPIC",
    "-fopenmp",
    "-fvisibility=hidden",
]

DENSE_ENTRIES = 1 << 25  # 256 MiB in double precision

# Tried in this order, from flatnet's own instruction set downwards; an old compiler may not know the first.
MACHINE_FLAGS = {
    "v4": (["-march=x86-64-v4", "-mprefer-vector-width=512"], ["-march=native", "-mprefer-vector-width=512"]),
    "v3": (["-march=x86-64-v3"], ["-mavx2", "-mfma"]),
    "v2": (["-march=x86-64-v2"], ["-msse4.2"]),
    "neon": ([],),
}


class Unavailable(Exception):
    """A rival that cannot run here, with the reason."""


def dense_matrix(factors: Sequence[Any]) -> np.ndarray:
    """The whole chain as one matrix, in double precision.

    Raises
    ------
    Unavailable
        If it has more than `DENSE_ENTRIES` entries.
    """
    entries = factors[-1].shape[0] * factors[0].shape[1]
    if entries > DENSE_ENTRIES:
        raise Unavailable(f"the whole matrix would have {entries:.1e} entries, the bench forms {DENSE_ENTRIES:.1e} at most")
    return reduce(lambda B, A: A @ B, factors[1:], factors[0].toarray())


def load(name: str, *include: str) -> ModuleType:
    """Import the extension made from ``<name>.cpp`` in this folder.

    Parameters
    ----------
    name : str
        Name of the source and of the module.
    *include : str
        Folders of headers besides those of pybind11 and Python.

    Raises
    ------
    Unavailable
        If pybind11 or a compiler is missing, or the source does not compile.
    """
    try:
        import pybind11
    except ModuleNotFoundError:
        raise Unavailable("pybind11 is not installed") from None
    source = HERE / f"{name}.cpp"
    folders = [pybind11.get_include(), sysconfig.get_path("include"), *include]
    compiler = os.environ.get("CXX", "g++")
    reason = ""
    for machine in MACHINE_FLAGS[fn.show_config()["isa"]]:
        command = [compiler, *FIXED_FLAGS, *machine, *(f"-isystem{folder}" for folder in folders), str(source)]
        target = CACHE / f"{name}-{_digest([source], command)}" / f"{name}{sysconfig.get_config_var('EXT_SUFFIX')}"
        if target.exists() or not (reason := _compile(command, target)):
            return _imported(name, target)
    raise Unavailable(f"{name}.cpp does not compile: {reason}")


def library(name: str, sources: Sequence[pathlib.Path], flags: list[str], archives: list[str]) -> ctypes.CDLL:
    """A shared library from C sources (``$CC``, else gcc), linked with archives and ``-l`` words; kept as in `load`.

    Raises
    ------
    Unavailable
        If there is no compiler or it refuses.
    """
    fixed = ["-O3", "-shared", "-fPIC", "-fopenmp", "-pthread", "-std=gnu99", "-fvisibility=default"]
    command = [os.environ.get("CC", "gcc"), *fixed, *flags, *map(str, sources), *archives]
    inputs = [*sources, *(pathlib.Path(archive) for archive in archives if not archive.startswith("-"))]
    target = CACHE / f"{name}-{_digest(inputs, command)}" / f"lib{name}.so"
    if not target.exists() and (reason := _compile(command, target)):
        raise Unavailable(f"{name} does not compile: {reason}")
    return ctypes.CDLL(str(target))


def _digest(inputs: Sequence[pathlib.Path], command: list[str]) -> str:
    made_of = hashlib.sha256(" ".join(command).encode())
    for file in inputs:
        made_of.update(file.read_bytes())
    return made_of.hexdigest()[:16]


def _compile(command: list[str], target: pathlib.Path) -> str:
    """Compile to ``target``; the first complaint, or nothing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f"{os.getpid()}.tmp")
    try:
        made = subprocess.run([*command, "-o", str(unfinished), "-ldl"], capture_output=True, text=True, check=False)
    except OSError as error:
        return f"{command[0]}: {error.strerror}"
    if made.returncode:
        complaints = [line for line in made.stderr.splitlines() if "error" in line]
        return (complaints or made.stderr.splitlines() or [f"{command[0]} gave status {made.returncode}"])[0]
    os.replace(unfinished, target)
    return ""


def _imported(name: str, target: pathlib.Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location(name, target)
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def eigen_include() -> str:
    """Folder of Eigen's headers: the pinned wheel cmeel-eigen, else the system's."""
    try:
        prefix = importlib.metadata.distribution("cmeel-eigen").locate_file("cmeel.prefix/include/eigen3")
        candidates = [pathlib.Path(str(prefix))]
    except importlib.metadata.PackageNotFoundError:
        candidates = []
    candidates += [pathlib.Path("/usr/include/eigen3"), pathlib.Path("/usr/local/include/eigen3")]
    for folder in candidates:
        if (folder / "Eigen" / "Sparse").exists():
            return str(folder)
    raise Unavailable("Eigen's headers are not there (pip install cmeel-eigen)")
