"""Wavelet transforms against PyWavelets, and Haar also against plain NumPy: `python bench/wavelets.py`.

Each side is called as its users call it, arrays allocated by the call; coefficients and reconstructions are checked
against PyWavelets' first. README.md says what the numbers mean.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import flatnet as fn
import numpy as np
from compare import ALONE, OWN, Case, Figure, Sides, main
from limits import LARGEST, fma_rate, moved_rate
from numpy.typing import NDArray
from rivals import Unavailable
from timing import Call, agree, pinned

Array = NDArray[Any]
TAPS = {"haar": 2, "db4": 8}


def wavelet_seconds(samples: int, taps: int, levels: int, axes: int, dtype: str, threads: int) -> float:
    """Least time: multiply-adds of all levels, or the signal read and the coefficients written once.

    A level takes ``taps`` multiply-adds a sample and axis; the next has 2**-axes as many samples.
    """
    size = np.dtype(dtype).itemsize
    work = 2 * taps * axes * samples * sum(2.0 ** (-axes * level) for level in range(levels))
    working_set = min(LARGEST, 1 << max(14, round(np.log2(2 * samples * size))))
    return max(work / fma_rate(dtype, threads), 2 * samples * size / moved_rate(working_set, threads))


def rival() -> Any:
    """PyWavelets."""
    try:
        import pywt
    except ImportError:
        raise Unavailable("PyWavelets is not installed") from None
    return pywt


def numpy_haar(x: Array, levels: int, axis: int) -> list[Array]:
    """Haar by strided slices, as one writes it without a library."""
    tap, found = np.sqrt(x.dtype.type(0.5)), []
    even, odd = ([slice(None)] * x.ndim for _ in range(2))
    even[axis], odd[axis] = slice(0, None, 2), slice(1, None, 2)
    for _ in range(levels):
        a, b = x[tuple(even)], x[tuple(odd)]
        found.append((a - b) * tap)
        x = (a + b) * tap
    return [x, *reversed(found)]


def check(name: str, found: Any, expected: Any) -> None:
    """All bands of both."""
    for one, right in zip(flat(found), flat(expected), strict=True):
        agree(name, one, right)


def flat(coeffs: Any) -> list[Array]:
    """The arrays of nested lists and tuples."""
    return [coeffs] if isinstance(coeffs, np.ndarray) else [band for part in coeffs for band in flat(part)]


def one_axis(shape: tuple[int, ...], axis: int, wavelet: str, dtype: str, inverse: bool, threads: int) -> Sides:
    """wavedec or waverec, all levels."""
    pywt = rival()
    x = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    coeffs = pywt.wavedec(x, wavelet, axis=axis)
    levels = len(coeffs) - 1
    calls: dict[str, Call]
    if inverse:
        calls = {
            OWN: lambda: fn.wavelets.waverec(coeffs, wavelet, axis=axis, threads=threads),
            "PyWavelets": lambda: pywt.waverec(coeffs, wavelet, axis=axis),
        }
        alone = partial(fn.wavelets.waverec, coeffs, wavelet, axis=axis, threads=1)
    else:
        calls = {
            OWN: lambda: fn.wavelets.wavedec(x, wavelet, axis=axis, threads=threads),
            "PyWavelets": lambda: pywt.wavedec(x, wavelet, axis=axis),
        }
        alone = partial(fn.wavelets.wavedec, x, wavelet, axis=axis, threads=1)
        if wavelet == "haar":
            calls["NumPy"] = lambda: numpy_haar(x, levels, axis)
    return sides(calls, alone, (x.size, TAPS[wavelet], levels, 1, dtype, threads))


def two_axes(shape: tuple[int, int], wavelet: str, dtype: str, inverse: bool, threads: int) -> Sides:
    """wavedec2 or waverec2, four levels."""
    pywt = rival()
    x = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    coeffs = pywt.wavedec2(x, wavelet, level=4)
    own, other, given = (
        (fn.wavelets.waverec2, pywt.waverec2, partial(lambda call, **k: call(coeffs, wavelet, **k)))
        if inverse
        else (fn.wavelets.wavedec2, pywt.wavedec2, partial(lambda call, **k: call(x, wavelet, level=4, **k)))
    )
    calls = {OWN: lambda: given(own, threads=threads), "PyWavelets": lambda: given(other)}
    return sides(calls, lambda: given(own, threads=1), (x.size, TAPS[wavelet], 4, 2, dtype, threads))


def sides(calls: dict[str, Call], alone: Call, work: tuple[int, int, int, int, str, int]) -> Sides:
    """The sides, every rival's result checked."""
    expected = calls["PyWavelets"]()
    for name, call in calls.items():
        check(name, call(), expected)
    if work[-1] > 1:
        calls[ALONE] = alone
    return Sides(calls, lambda: wavelet_seconds(*work))


def cases() -> list[Case]:
    """Every wavelet row of the table."""
    found = []
    for dtype, short in (("float32", "f32"), ("float64", "f64")):
        for wavelet in TAPS:
            for inverse, word in ((False, "dec"), (True, "rec")):
                name = f"{short} {wavelet} {word}"
                for log_n in (13, 17, 22):
                    side = partial(one_axis, (1 << log_n,), -1, wavelet, dtype, inverse)
                    threads = (1, 2) if log_n >= 22 else (1,)
                    found.append(Case("last-axis", f"{name} 2^{log_n}", 4, 10, side, threads, quick=log_n == 17))
                for shape in ((4096, 1024), (64, 65536)):
                    side = partial(one_axis, shape, -1, wavelet, dtype, inverse)
                    label = f"{name} {shape[0]} x {shape[1]}"
                    found.append(Case("last-axis", label, 4, 10, side, quick=shape[0] == 4096))
                for shape, axis in (((4096, 1024), 0), ((64, 512, 128), 1)):
                    side = partial(one_axis, shape, axis, wavelet, dtype, inverse)
                    label = f"{name} {' x '.join(map(str, shape))}, {axis}"
                    found.append(Case("other-axes", label, 10, 20, side, quick=axis == 0))
                side = partial(two_axes, (2048, 2048), wavelet, dtype, inverse)
                found.append(Case("two-axes", f"{name} 2048 x 2048", 10, 20, side))
    return found


def call_cost(quick: bool) -> list[Figure]:
    """What a call of Python costs: 16 samples, one level; all levels of 1024 samples."""
    import timeit

    repeats = 200 if quick else 2000
    small, signal = np.ones(16, np.float32), np.ones(1024, np.float32)
    calls = {
        "dwt of 16": lambda: fn.wavelets.dwt(small, "haar"),
        "wavedec of 1024": lambda: fn.wavelets.wavedec(signal, "haar"),
    }
    with pinned(1):
        least = {name: min(timeit.repeat(call, number=repeats, repeat=20)) / repeats for name, call in calls.items()}
    return [Figure("python-call", name, 1e6 * seconds, "us", float("inf"), "Haar") for name, seconds in least.items()]


if __name__ == "__main__":
    main(__doc__.split("\n")[0], cases(), {"python-call": call_cost})
