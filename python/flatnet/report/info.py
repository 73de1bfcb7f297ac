"""What the numbers of a report were measured on."""

from __future__ import annotations

import os
import platform

__all__ = ["machine"]


def _processor() -> str:
    """Return the processor's name as the system gives it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as stream:
            for line in stream:
                if line.lower().startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _cores() -> int:
    """Return the cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine() -> dict[str, str]:
    """Return version, instruction set, threads, BLAS, compiler and versions, ready to print.

    Returns
    -------
    dict of str to str
        In the order in which ``flatnet info`` prints them.

    Examples
    --------
    >>> from flatnet.report.info import machine
    >>> list(machine())[:4]
    ['flatnet', 'instruction set', 'threads', 'BLAS']
    """
    import scipy

    from ..config import show_config

    config = show_config()
    others = [isa for isa in config["available_isas"] if isa != config["isa"]]
    return {
        "flatnet": str(config["version"]),
        "instruction set": config["isa"] + (f" (also built and available: {', '.join(others)})" if others else ""),
        "threads": f"{config['threads']} by default, {_cores()} cores, {config['threading']}",
        "BLAS": f"{config['blas']} (NumPy's build)",
        "compiler": str(config["compiler"]),
        "Eigen": str(config["eigen"]),
        "pybind11": str(config["pybind11"]),
        "NumPy, SciPy": f"{config['numpy']}, {scipy.__version__}",
        "Python": f"{platform.python_version()} ({platform.python_implementation()})",
        "processor": _processor(),
        "system": f"{platform.system()} {platform.machine()}",
    }
