"""Where a machine's speeds are kept, and how they are measured anew."""

from __future__ import annotations

import functools
import os
import pathlib
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import _check, _core
from ._model import COLUMNS, FOOTPRINTS, Calibration, valid_table
from ._work import KINDS

__all__ = ["CalibrationWarning", "calibrate", "calibration", "calibration_path"]

_FORMAT = 3
_lock = threading.Lock()
_loaded: dict[pathlib.Path, Calibration | None] = {}

# Seconds a term in float32 for 1, 16 and 64 vectors (more as 64), in cache: the order of magnitude of a machine with 512-bit
# registers. Out of cache up to three times as long; other dtypes in proportion to their size. They rank formats; times need
# `calibrate`.
_TYPICAL = {
    "io": (2e-9, 5e-10, 3e-10),
    "dense": (1.5e-10, 3e-11, 2e-11),
    "sparse": (8e-10, 1.2e-10, 8e-11),
    "rows": (2e-9, 2e-10, 1e-10),
    "diagonal": (2e-10, 8e-11, 6e-11),
    "permutation": (8e-10, 3e-10, 2e-10),
    "blocks": (3e-10, 6e-11, 4e-11),
    "narrow blocks": (1e-9, 6e-11, 4e-11),
    "shared blocks": (3e-10, 6e-11, 4e-11),
    "hadamard": (5e-11, 3e-11, 3e-11),
    "fourier": (5e-11, 2.5e-11, 2.5e-11),
    "butterfly": (3e-10, 6e-11, 4e-11),
}


class CalibrationWarning(UserWarning):
    """A stored calibration cannot be used."""


@functools.cache
@functools.cache
def _processor() -> str:
    import platform

    processor = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as f:
            return next((line.split(":", 1)[1].strip() for line in f if line.startswith("model name")), processor)
    except OSError:
        return processor


def machine_name() -> str:
    """The processor, and the instruction set in use."""
    return f"{_processor()} ({_core.build_info()['isa']})"


def _machine() -> dict[str, str]:
    """What speeds depend on."""
    info = _core.build_info()
    parts = {"isa": "isa", "flatnet": "version", "compiler": "compiler"}
    return {"processor": _processor()} | {name: str(info[part]) for name, part in parts.items()}


def calibration_path() -> pathlib.Path:
    """The file that holds this machine's speeds.

    Returns
    -------
    pathlib.Path
        In ``$FLATNET_CACHE``, else in the user's cache folder (``$XDG_CACHE_HOME/flatnet``, ``~/.cache/flatnet``,
        ``~/Library/Caches/flatnet``); one file for each processor, instruction set and build.

    Examples
    --------
    >>> from flatnet.planning import calibration_path
    >>> calibration_path().suffix
    '.json'
    """
    folder = os.environ.get("FLATNET_CACHE")
    if folder:
        base = pathlib.Path(folder)
    elif sys.platform == "darwin":
        base = pathlib.Path.home() / "Library" / "Caches" / "flatnet"
    else:
        base = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "flatnet"
    return base / f"calibration-{_digest()}.json"


@functools.cache
def _digest() -> str:
    import hashlib
    import json

    return hashlib.sha256(json.dumps(_machine(), sort_keys=True).encode()).hexdigest()[:16]


@functools.cache
def _typical() -> Calibration:
    tables = {}
    for name in _check.FLOATS:
        scale = np.dtype(name).itemsize / 4
        by_kind = {kind: _TYPICAL.get(kind) or _TYPICAL[kind.rsplit(" ", 1)[0]] for kind in ("io", *KINDS)}
        rates = {
            kind: [[scale * v * k for k in (1, 1.5, 3)] for v in (*values, values[-1])] for kind, values in by_kind.items()
        }
        tables[name] = {"call": 3e-6, "step": 1e-7, "rates": rates}
    return Calibration({}, tables, measured=False)


def calibration(dtype: str) -> Calibration:
    """The speeds to plan with: this machine's, if :func:`calibrate` has stored them, else typical ones.

    A stored file that cannot be read, or is of another machine or format, is measured anew, with a warning.
    """
    path = calibration_path()
    with _lock:
        if path not in _loaded:
            _loaded[path] = _read(path)
        found = _loaded[path]
    return found if found is not None and dtype in found.tables else _typical()


def _read(path: pathlib.Path) -> Calibration | None:
    import json

    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as e:
        warnings.warn(f"the calibration {path} cannot be read ({e.strerror}): typical speeds are used", CalibrationWarning, 5)
        return None
    try:
        held = json.loads(text)
        usable = held["format"] == _FORMAT and held["machine"] == _machine() and all(map(valid_table, held["tables"].values()))
        usable = usable and set(held["tables"]) <= set(_check.FLOATS) and bool(held["tables"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        usable = False
    if usable:
        return Calibration(held["machine"], held["tables"])
    warnings.warn(f"the calibration {path} is damaged or of another machine: it is measured anew", CalibrationWarning, 5)
    return _measured(_check.FLOATS, None, path)


def _measured(dtypes: Sequence[str], progress: Callable[[int, int], None] | None, path: pathlib.Path | None) -> Calibration:
    from ._probes import count_probes, measure_dtype

    total, done = count_probes() * len(dtypes), 0

    def advance() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total)

    tables = {name: measure_dtype(np.dtype(name), advance) for name in dtypes}
    made = Calibration(_machine(), tables)
    if path is not None:
        _write(made, path)
    return made


def _write(made: Calibration, path: pathlib.Path) -> None:
    """Complete or not at all: two processes that write at once leave the file of one of them."""
    import json

    from ..serialize import atomic_writer

    held = {"format": _FORMAT, "machine": made.machine, "columns": COLUMNS, "footprints": FOOTPRINTS, "tables": made.tables}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_writer(path) as file:
            file.write(json.dumps(held).encode())
    except OSError as e:
        said = f"the calibration cannot be stored in {path} ({e.strerror}): it holds for this process"
        warnings.warn(said, CalibrationWarning, 4)


def calibrate(
    dtypes: Sequence[Any] = _check.FLOATS, progress: Callable[[int, int], None] | None = None, store: bool = True
) -> Calibration:
    """Measure this machine's speeds, for plans of ``effort="estimate"``; some seconds for each dtype.

    Parameters
    ----------
    dtypes : sequence of dtype
        Which of float32, float64, complex64 and complex128; those measured before are kept.
    progress : callable, optional
        Called as ``progress(done, total)``.
    store : bool
        Keep the speeds in :func:`calibration_path`; else they hold for this process.

    Returns
    -------
    Calibration

    Raises
    ------
    TypeError
        For another dtype.

    Warns
    -----
    CalibrationWarning
        If the speeds cannot be stored.

    Examples
    --------
    >>> from flatnet.planning import calibrate
    >>> calibrate(["float32"], store=False).measured
    True
    """
    names = [_check.dtype_of("calibrate", dtype).name for dtype in dtypes]
    path = calibration_path()
    made = _measured(names, progress, None)
    with _lock:
        before = _loaded.get(path)
        kept = Calibration(made.machine, {**(before.tables if before else {}), **made.tables})
        _loaded[path] = kept
    if store:
        _write(kept, path)
    return kept
