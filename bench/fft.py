"""Fourier transforms against every rival, side by side in one process: `python bench/fft.py`.

Single vectors below 2^12 run in a C loop on both sides (flatnet's plan, FFTW's, MKL's descriptor); longer ones and
batches through Python into memory that exists. README.md says what the numbers mean.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import flatnet as fn
import numpy as np
from compare import ALONE, OWN, Case, Figure, Sides, View, add_rivals, main
from fwht import least
from limits import fourier_seconds
from numpy.typing import NDArray
from rivals import fourier, loops
from timing import Call, agree

Array = NDArray[Any]
KERNEL_BELOW = 1 << 12  # shorter vectors are compared in a C loop
SHORT = {"complex64": "c64", "complex128": "c128", "float32": "f32", "float64": "f64"}
LARGE = ("mkl_fft", "ducc0", fourier.SCIPY)  # rivals of single vectors from 2^20 on


def data(shape: tuple[int, ...], dtype: str) -> Array:
    """Normal numbers, always the same."""
    rng = np.random.default_rng(0)
    if np.dtype(dtype).kind != "c":
        return rng.standard_normal(shape, dtype=dtype)
    x = np.empty(shape, dtype)
    x.real = rng.standard_normal(shape, dtype=x.real.dtype)
    x.imag = rng.standard_normal(shape, dtype=x.real.dtype)
    return x


def own(x: Array, axis: int, threads: int) -> Call:
    """flatnet into memory that exists; for a single vector its plan object."""
    kind = "c2c" if x.dtype.kind == "c" else "r2c"
    out = fourier.spectrum(x, axis)
    if x.ndim == 1 and threads == 1:
        plan = fn.fft.plan(len(x), x.dtype, kind)
        return lambda: plan(x, out)
    run = fn.fft.fft if kind == "c2c" else fn.fft.rfft
    return lambda: run(x, axis=axis, out=out, workers=threads)


def sides(shape: tuple[int, ...], axis: int, dtype: str, rivals: tuple[str, ...], threads: int) -> Sides:
    """Any array along one axis. The expected result is SciPy's in double precision."""
    import scipy.fft

    x = data(shape, dtype)
    complex_data = x.dtype.kind == "c"
    n = shape[axis]
    kernel = x.ndim == 1 and n < KERNEL_BELOW
    calls: dict[str, Call] = {OWN: loops.flatnet_fft(x) if kernel else own(x, axis, threads)}
    reference = scipy.fft.fft if complex_data else scipy.fft.rfft
    wide = x.astype(np.complex128 if complex_data else np.float64)
    agree(OWN, np.asarray(calls[OWN]()), reference(wide, axis=axis, workers=2))
    del wide
    if threads > 1:
        calls[ALONE] = own(x, axis, 1)
    component = {"c64": "float32", "c128": "float64"}.get(SHORT[dtype], dtype)
    found = Sides(calls, lambda: fourier_seconds(n, x.size // n, component, threads, real=not complex_data))
    if kernel:
        add_rivals(found, {"FFTW": partial(loops.fftw, x), "MKL": partial(loops.mkl_dfti, x)})
    else:
        add_rivals(found, {name: partial(fourier.ALL[name], x, axis, threads) for name in rivals})
    return found


def convolution(shape: tuple[int, int], taps: int, dtype: str, threads: int) -> Sides:
    """Rows convolved with one kernel."""
    import scipy.signal

    x, kernel = data(shape, dtype), data((taps,), dtype)
    calls: dict[str, Call] = {OWN: lambda: fn.convolve(x, kernel, axis=-1)}
    found = Sides(calls)
    rows = kernel[None, :]
    add_rivals(found, {"scipy.signal": lambda: lambda: scipy.signal.fftconvolve(x, rows, axes=-1)})
    return found


def cases() -> list[Case]:
    """Every Fourier row of the table, and convolution."""
    found = []
    everyone = tuple(fourier.ALL)

    def add(row: str, shape: tuple[int, ...], axis: int, dtype: str, must: float, aim: float, **more: Any) -> None:
        layout = "" if len(shape) == 1 else " rows" if axis == 1 else " innermost"
        size = _power(shape[0]) if len(shape) == 1 else f"{shape[0]} x {shape[1]}"
        rivals = LARGE if len(shape) == 1 and shape[0] >= 1 << 20 else everyone
        call = partial(sides, shape, axis, dtype, rivals)
        more["views"] = (View("scipy", 2.5, 5.0, (fourier.SCIPY,)),) if fourier.SCIPY in rivals and len(rivals) > 1 else ()
        more["dtype"] = dtype
        found.append(Case(row, f"{SHORT[dtype]}{layout} {size}", must, aim, call, **more))

    for dtype in ("complex64", "complex128"):
        short, double = SHORT[dtype], dtype == "complex128"
        for log_n in (8, 10, 12, 14, 16):
            bounds = (1.1, 1.5) if double else (1.1, 1.8)
            add(f"{short}-single", (1 << log_n,), 0, dtype, *bounds, threads=(1,), quick=log_n in (8, 12, 16))
        for log_n in (20, 22, 24):
            bounds = (2, 3.5) if double else (3, 6) if log_n < 24 else (2.5, 4)
            add(f"{short}-large", (1 << log_n,), 0, dtype, *bounds, quick=log_n == 20)
        for shape in ((4096, 1024), (256, 65536), (4096, 1000), (65536, 256)):
            bounds = (1.6, 2.5) if double else (1.6, 2.3) if shape[1] == 256 else (2.3, 4)
            add(f"{short}-rows", shape, 1, dtype, *bounds, quick=shape[1] in (1024, 1000))
        for shape in ((1024, 4096), (1000, 4096), (256, 65536)):
            bounds = (3, 5) if double else (3.5, 5) if shape[0] == 256 else (3.5, 6)
            add(f"{short}-innermost", shape, 0, dtype, *bounds, quick=shape[0] == 1024)
    for dtype in ("float32", "float64"):
        for log_n in (8, 10, 12, 16):
            add("rfft", (1 << log_n,), 0, dtype, 1, 1.5, threads=(1,), quick=log_n in (10, 16))
        for shape in ((4096, 1024), (256, 65536), (4096, 1000)):
            add("rfft", shape, 1, dtype, 1, 1.5, quick=shape == (4096, 1024))
    for dtype in ("complex64", "complex128"):
        for n in (101, 1009, 1536, 6000, 4099, 65537, 16807, 100000):
            add("primes-smooth", (n,), 0, dtype, 1.5, 3, threads=(1,), quick=n in (1009, 1536))
        for shape in ((4096, 1009), (4096, 1536)):
            add("primes-smooth", shape, 1, dtype, 1.5, 3, threads=(1,), quick=False)
    for dtype in ("float32", "float64"):
        for shape, taps in (((512, 4096), 512), ((1, 1 << 20), 4096)):
            call = partial(convolution, shape, taps, dtype)
            found.append(Case("convolve", f"{SHORT[dtype]} {shape[0]} x {shape[1]}, {taps} taps", 1.5, 3, call, (1,)))
    return found


def _power(n: int) -> str:
    return f"2^{n.bit_length() - 1}" if n & (n - 1) == 0 else f"n={n}"


def errors(quick: bool) -> list[Figure]:
    """rms error over 100 vectors, over that of pocketfft (scipy.fft in the same precision)."""
    import scipy.fft

    found = []
    sizes = (16, 256, 1000, 1009, 1024) if quick else (16, 60, 97, 256, 1000, 1009, 1024, 1536, 4096, 4099, 10000, 16384, 65536)
    for dtype, wider in (("complex64", np.complex128), ("complex128", np.clongdouble)):
        for n in sizes:
            x = data((100, n), dtype)
            exact = scipy.fft.fft(x.astype(wider))
            ours, theirs = (_rms(np.asarray(run(x)), exact) for run in (fn.fft.fft, scipy.fft.fft))
            note = f"rms error {ours:.2e}, pocketfft {theirs:.2e}"
            found.append(Figure("errors", f"{SHORT[dtype]} n={n}", ours / theirs, "x", 1.05, note))
    return found


def _rms(found: Array, exact: Array) -> float:
    return float(np.sqrt(np.mean(np.abs(found - exact) ** 2) / np.mean(np.abs(exact) ** 2)))


def call_cost(quick: bool) -> list[Figure]:
    """What a call of Python costs: 16 points, and what the kernel takes of it."""
    x = data((16,), "complex64")
    y = np.empty_like(x)
    kernel = loops.flatnet_fft(x).seconds(100000)
    plan = fn.fft.plan(16, "complex64")
    import scipy.fft

    costs: dict[str, tuple[Callable[[], Any], float, str]] = {
        "plan(x, out)": (lambda: plan(x, y), 0.3, ""),
        "fn.fft.fft(x, out=out)": (lambda: fn.fft.fft(x, out=y), float("inf"), ""),
        "fn.fft.fft(x)": (lambda: fn.fft.fft(x), float("inf"), ""),
        "scipy.fft.fft(x)": (lambda: scipy.fft.fft(x), float("inf"), "rival"),
    }
    if "pyFFTW" in fourier.ALL:
        try:
            call = fourier.fftw(x, 0, 1)
            costs["pyFFTW execute"] = (call, float("inf"), "rival")
        except fourier.Unavailable:
            pass
    repeats = 200 if quick else 5000
    return [
        Figure(
            "python-call",
            name,
            (least(call, repeats) - kernel) * 1e6,
            "us",
            must,
            note or f"less the kernel's {kernel * 1e9:.0f} ns",
        )
        for name, (call, must, note) in costs.items()
    ]


if __name__ == "__main__":
    main(__doc__.split("\n")[0], cases(), {"errors": errors, "python-call": call_cost})
