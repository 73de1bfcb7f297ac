"""Fourier transforms of others on arrays: scipy.fft, numpy.fft, mkl_fft, pyFFTW, ducc0 and torch.

A rival is ``make(x, axis, threads)``: complex x gives the whole spectrum, real x half of it. It plans beforehand
and writes to memory of its own where its interface allows (SciPy's does not).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .loops import pyfftw
from .native import Unavailable

__all__ = ["ALL", "SCIPY", "Unavailable", "spectrum"]

Array = NDArray[Any]
Call = Callable[[], Any]
SCIPY = "scipy.fft"
PLANNING_SECONDS = 5.0  # FFTW settles for the best plan it has met by then


def spectrum(x: Array, axis: int) -> Array:
    """Memory for the transform of x."""
    shape = list(x.shape)
    if x.dtype.kind != "c":
        shape[axis] = shape[axis] // 2 + 1
    return np.empty(shape, np.result_type(x.dtype, np.complex64))


def scipy_fft(x: Array, axis: int, threads: int) -> Call:
    """As installed, with SciPy's own implementation whatever backend is set."""
    import scipy.fft

    run = scipy.fft.fft if x.dtype.kind == "c" else scipy.fft.rfft
    return lambda: run(x, axis=axis, workers=threads)


def numpy_fft(x: Array, axis: int, threads: int) -> Call:
    """numpy.fft, one thread."""
    run, out = (np.fft.fft if x.dtype.kind == "c" else np.fft.rfft), spectrum(x, axis)
    return lambda: run(x, axis=axis, out=out)


def mkl(x: Array, axis: int, threads: int) -> Call:
    """mkl_fft; its threads are MKL's."""
    try:
        import mkl_fft
    except ImportError as reason:
        raise Unavailable(f"mkl_fft cannot be imported: {reason}") from None
    run, out = (mkl_fft.fft if x.dtype.kind == "c" else mkl_fft.rfft), spectrum(x, axis)
    return lambda: run(x, axis=axis, out=out)


def ducc(x: Array, axis: int, threads: int) -> Call:
    """ducc0.fft."""
    try:
        import ducc0
    except ModuleNotFoundError:
        raise Unavailable("ducc0 is not installed") from None
    run, out, axes = (ducc0.fft.c2c if x.dtype.kind == "c" else ducc0.fft.r2c), spectrum(x, axis), (axis,)
    return lambda: run(x, axes=axes, out=out, nthreads=threads)


def fftw(x: Array, axis: int, threads: int) -> Call:
    """A pyFFTW plan object, FFTW_MEASURE, called as it is called when its arrays stay the same."""
    if pyfftw is None:
        raise Unavailable("pyfftw cannot be imported")
    source = pyfftw.empty_aligned(x.shape, x.dtype)
    out = spectrum(x, axis)
    target = pyfftw.empty_aligned(out.shape, out.dtype)
    plan = pyfftw.FFTW(
        source, target, axes=(axis,), flags=("FFTW_MEASURE",), threads=threads, planning_timelimit=PLANNING_SECONDS
    )
    source[...] = x

    def call() -> Array:
        plan.execute()
        return target

    return call


def torch(x: Array, axis: int, threads: int) -> Call:
    """torch.fft."""
    try:
        import torch as library
    except ModuleNotFoundError:
        raise Unavailable("torch is not installed") from None
    library.set_num_threads(threads)
    run, source, out = (library.fft.fft if x.dtype.kind == "c" else library.fft.rfft), library.from_numpy(x), spectrum(x, axis)
    target = library.from_numpy(out)
    return lambda: run(source, dim=axis, out=target)


ALL = {"pyFFTW": fftw, "mkl_fft": mkl, "ducc0": ducc, SCIPY: scipy_fft, "numpy.fft": numpy_fft, "torch": torch}
