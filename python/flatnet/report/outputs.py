"""Where a report is written: judged before the work starts, written complete or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence

from ..serialize import atomic_writer
from .html import page
from .model import Report

__all__ = ["check_targets", "write_html", "write_json"]


def check_targets(targets: Sequence[str], sources: Sequence[str]) -> None:
    """Refuse a file to write that could not be written, or that is one of the files to read.

    Parameters
    ----------
    targets, sources : sequence of str
        Paths to write and to read.

    Raises
    ------
    ValueError
        Naming the path and what is wrong with it.

    Examples
    --------
    >>> check_targets(["/no/such/place/report.html"], [])
    Traceback (most recent call last):
        ...
    ValueError: cannot write '/no/such/place/report.html': its folder does not exist
    """
    read = {os.path.realpath(source) for source in sources}
    for place, path in enumerate(targets):
        target = os.path.realpath(path)
        if target in read:
            raise ValueError(f"cannot write {path!r}: it is one of the files to read")
        if target in (os.path.realpath(other) for other in targets[:place]):
            raise ValueError(f"cannot write {path!r} twice: give --json and --html different files")
        reason = _obstacle(target)
        if reason:
            raise ValueError(f"cannot write {path!r}: {reason}")


def _obstacle(target: str) -> str:
    """Return why ``target`` cannot be written, empty if it can."""
    if os.path.isdir(target):
        return "it is a directory"
    if os.path.exists(target) and not os.path.isfile(target):
        return "it is not a regular file"
    if os.path.exists(target) and not os.access(target, os.W_OK):
        return "it is read-only"
    if not os.path.isdir(os.path.dirname(target)):
        return "its folder does not exist"
    try:
        tempfile.TemporaryFile(dir=os.path.dirname(target)).close()
    except OSError as error:
        return error.strerror or str(error)
    return ""


def write_json(report: Report, path: str) -> None:
    """Write ``report.to_dict()`` as strict JSON."""
    text = json.dumps(report.to_dict(), indent=1, allow_nan=False, ensure_ascii=False)
    with atomic_writer(path) as stream:
        stream.write(text.encode("utf-8") + b"\n")


def write_html(report: Report, path: str) -> None:
    """Write the report's page."""
    text = page(report)
    with atomic_writer(path) as stream:
        stream.write(text.encode("utf-8"))
