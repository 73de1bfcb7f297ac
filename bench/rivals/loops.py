"""Kernels in a C loop through ctypes: flatnet's C interface, FFHT, FFTW and MKL, each as a call that times itself."""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import functools
import os
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import mkl_library, native
from .native import Unavailable

# MKL carries functions of FFTW's names and makes them global when it is first used: a library of FFTW that is loaded later
# would call them, and be measured as MKL. So FFTW comes first.
try:
    import pyfftw
except ImportError:
    pyfftw = None

__all__ = ["Loop", "ffht", "ffht_rows", "fftw", "flatnet_fft", "flatnet_fht", "mkl_dfti", "pyfftw"]

Array = NDArray[Any]
Pointer = ctypes.c_void_p
FFHT = "FLATNET_FFHT"  # environment: a checkout of FALCONN-LIB/FFHT
FFTW_MEASURE = 0
DFTI_COMPLEX, DFTI_REAL, DFTI_SINGLE, DFTI_DOUBLE = 32, 33, 35, 36
DFTI_PLACEMENT, DFTI_NOT_INPLACE = 11, 44
DFTI_CONJUGATE_EVEN_STORAGE, DFTI_COMPLEX_COMPLEX = 10, 39


class Loop:
    """A call that returns its result, and ``seconds(repeats)``: what one of some calls in a row takes."""

    def __init__(self, seconds: Callable[[int], float], result: Array, *kept: Any) -> None:
        self.seconds = seconds
        self._result = result
        self._kept = kept  # plans and arrays that the loop points to

    def __call__(self) -> Array:
        self.seconds(1)
        return self._result


@functools.cache
def _loops() -> ctypes.CDLL:
    import flatnet as fn

    include = pathlib.Path(fn.get_include())
    archive = include.parent / "lib" / "libflatnet.a"
    if not archive.exists():
        raise Unavailable(f"{archive} is not there: install flatnet itself")
    library = native.library("loops", [native.HERE / "loops.c"], [f"-I{include}"], [str(archive), "-lstdc++", "-lm"])
    library.flatnet_function.restype = Pointer
    for name in ("in_place", "executed", "executed_variadic"):
        getattr(library, name).restype = ctypes.c_double
    return library


def _own(name: str) -> Pointer:
    return Pointer(_loops().flatnet_function(name.encode()))


@functools.cache
def _ffht() -> ctypes.CDLL:
    folder = os.environ.get(FFHT)
    if not folder:
        raise Unavailable(f"the environment's {FFHT} must name a checkout of FALCONN-LIB/FFHT")
    sources = [pathlib.Path(folder) / name for name in ("fht.c", "fast_copy.c")]
    for source in sources:
        if not source.exists():
            raise Unavailable(f"{FFHT}: {source} is not there")
    return native.library("ffht", sources, ["-march=native"], [])


def _name(x: Array) -> str:
    return {"float32": "fht_float", "float64": "fht_double"}[x.dtype.name]


def _in_place(function: Pointer, x: Array) -> Loop:
    buffer = _aligned(x.shape, x.dtype)
    log_n = int(np.log2(x.size))

    def seconds(repeats: int) -> float:
        return float(_loops().in_place(function, _at(buffer), _at(x), ctypes.c_size_t(x.nbytes), log_n, ctypes.c_long(repeats)))

    return Loop(seconds, buffer, x)


def flatnet_fht(x: Array) -> Loop:
    """flatnet's fht_float or fht_double, in place on one vector."""
    return _in_place(_own(_name(x)), x)


def ffht(x: Array) -> Loop:
    """FFHT's."""
    return _in_place(_address(_ffht(), _name(x)), x)


def ffht_rows(x: Array, threads: int) -> Callable[[], Array]:
    """FFHT's out-of-place transform of every row, rows shared by OpenMP threads."""
    function, out = _address(_ffht(), _name(x) + "_oop"), np.empty_like(x)
    count, n = x.shape
    arguments = (_at(x), _at(out), ctypes.c_size_t(n * x.itemsize), int(np.log2(n)), ctypes.c_long(count), threads)
    run = _loops().rows

    def call() -> Array:
        run(function, *arguments)
        return out

    return call


def _executed(function: Pointer, plan: Any, x: Array, y: Array, loop: str, *kept: Any) -> Loop:
    run = getattr(_loops(), loop)

    def seconds(repeats: int) -> float:
        return float(run(function, plan, _at(x), _at(y), ctypes.c_long(repeats)))

    return Loop(seconds, y, x, plan, *kept)


def flatnet_fft(x: Array) -> Loop:
    """flatnet_fft_execute on a plan for one contiguous vector; a real x gives half of the spectrum."""
    x, y = _pair(x)
    make = ctypes.CFUNCTYPE(Pointer, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_double)(
        _own("plan_new").value
    )
    plan = Pointer(make(x.size, 0 if x.dtype.kind == "c" else 1, 0 if _single(x) else 1, 0, 1.0))
    assert plan.value, "flatnet_fft_plan_new refused"
    return _executed(_own("execute"), plan, x, y, "executed")


@functools.cache
def _fftw_libraries() -> dict[str, ctypes.CDLL]:
    paths = {prefix: ctypes.util.find_library(prefix.replace("w", "w3")) for prefix in ("fftwf", "fftw")}
    if not all(paths.values()):
        raise Unavailable("FFTW's shared library is not there (libfftw3-dev)")
    return {prefix: ctypes.CDLL(path) for prefix, path in paths.items()}


with contextlib.suppress(Unavailable):
    _fftw_libraries()


def fftw(x: Array) -> Loop:
    """FFTW planned with FFTW_MEASURE, called through its guru-free execute_dft."""
    prefix = "fftwf" if _single(x) else "fftw"
    library = _fftw_libraries()[prefix]
    source, target = _pair(x)
    if x.dtype.kind == "c":
        make, execute = getattr(library, prefix + "_plan_dft_1d"), prefix + "_execute_dft"
        sign: tuple[int, ...] = (-1,)
    else:
        make, execute, sign = getattr(library, prefix + "_plan_dft_r2c_1d"), prefix + "_execute_dft_r2c", ()
    make.restype = Pointer
    plan = Pointer(make(x.size, _at(source), _at(target), *sign, FFTW_MEASURE))
    source[...] = x  # planning writes to it
    return _executed(_address(library, execute), plan, source, target, "executed")


def mkl_dfti(x: Array) -> Loop:
    """MKL's DFTI descriptor, what mkl_fft calls, on one core."""
    library = ctypes.CDLL(mkl_library())
    source, target = _pair(x)
    handle = Pointer()
    create = getattr(library, f"DftiCreateDescriptor_{'s' if _single(x) else 'd'}_1d")
    real = x.dtype.kind != "c"
    create(ctypes.byref(handle), DFTI_REAL if real else DFTI_COMPLEX, ctypes.c_long(x.size))
    library.DftiSetValue(handle, DFTI_PLACEMENT, DFTI_NOT_INPLACE)
    if real:
        library.DftiSetValue(handle, DFTI_CONJUGATE_EVEN_STORAGE, DFTI_COMPLEX_COMPLEX)
    if library.DftiCommitDescriptor(handle):
        raise Unavailable(f"MKL has no descriptor for {x.size} points")
    return _executed(_address(library, "DftiComputeForward"), handle, source, target, "executed_variadic")


def _single(x: Array) -> bool:
    return x.dtype.name in ("float32", "complex64")


def _pair(x: Array) -> tuple[Array, Array]:
    source = _aligned(x.shape, x.dtype)
    source[...] = x
    if x.dtype.kind == "c":
        return source, _aligned(x.shape, x.dtype)
    return source, _aligned((x.size // 2 + 1,), np.result_type(x.dtype, np.complex64))


def _aligned(shape: tuple[int, ...], dtype: Any) -> Array:
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.empty(size + 64, np.uint8)
    begin = -raw.ctypes.data % 64
    return raw[begin : begin + size].view(dtype).reshape(shape)


def _at(x: Array) -> Pointer:
    return Pointer(x.ctypes.data)


def _address(library: ctypes.CDLL, name: str) -> Pointer:
    return ctypes.cast(getattr(library, name), Pointer)
