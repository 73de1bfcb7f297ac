"""Arguments that the transforms share: filter banks, boundary modes, arrays, axes, threads."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.exceptions import AxisError
from numpy.typing import NDArray

from .. import _check, _core

Array = NDArray[Any]
Bank = _core.FilterBank

MODES = ("zero", "constant", "symmetric", "periodic", "smooth", "periodization", "reflect", "antisymmetric", "antireflect")
PERIODIZATION = MODES.index("periodization")
_CODES = {name: code for code, name in enumerate(MODES)}
_OLD_MODES = {
    "zpd": "zero",
    "cpd": "constant",
    "sym": "symmetric",
    "ppd": "periodic",
    "sp1": "smooth",
    "per": "periodization",
    "asym": "antisymmetric",
    "asm": "antireflect",
}
_COMPUTED = {np.dtype(name): np.dtype(name) for name in _check.FLOATS}

# Banks of names and of pywt.Wavelet objects, whose filters cannot change; emptied when it has grown long.
_banks: dict[Any, Bank] = {}
_MOST_BANKS = 512


def filter_bank(wavelet: Any) -> Bank:
    """The filters of a name, a pywt.Wavelet, an object with ``filter_bank``, or four sequences of taps."""
    try:
        return _banks[wavelet]
    except (KeyError, TypeError):
        pass
    if isinstance(wavelet, str):
        return _remember(wavelet, _named(wavelet))
    filters = getattr(wavelet, "filter_bank", None)
    if filters is not None:
        bank = _from_filters(filters)
        return _remember(wavelet, bank) if _is_pywt(wavelet) else bank
    if _is_filters(wavelet):
        return _from_filters(wavelet)
    if type(wavelet).__name__ == "ContinuousWavelet":
        raise ValueError(f"dwt needs a discrete wavelet, got the continuous wavelet {wavelet.name!r}")
    raise TypeError(f"a wavelet is a name, a pywt.Wavelet, an object with filter_bank or four filters, got {wavelet!r}")


def filter_banks(wavelet: Any, axes: Sequence[int]) -> list[Bank]:
    """One bank per axis, from one wavelet for all or a sequence of them."""
    if isinstance(wavelet, str) or hasattr(wavelet, "filter_bank") or _is_filters(wavelet):
        return [filter_bank(wavelet)] * len(axes)
    if not isinstance(wavelet, Iterable):
        raise ValueError(f"wavelet must be a name, a Wavelet, four filters or a sequence of these, got {wavelet!r}")
    banks = [filter_bank(one) for one in wavelet]
    if len(banks) not in (1, len(axes)):
        raise ValueError(
            f"the number of wavelets must match the number of axes to be transformed, got {len(banks)} and {len(axes)}"
        )
    return banks if len(banks) == len(axes) else banks * len(axes)


def _remember(wavelet: Any, bank: Bank) -> Bank:
    if len(_banks) >= _MOST_BANKS:
        _banks.clear()
    _banks[wavelet] = bank
    return bank


def _is_pywt(wavelet: Any) -> bool:
    return type(wavelet).__name__ == "Wavelet" and type(wavelet).__module__.partition(".")[0] == "pywt"


def _is_filters(wavelet: Any) -> bool:
    """Four sequences, none of which names a wavelet or is a bank itself."""
    if isinstance(wavelet, str) or not hasattr(wavelet, "__len__") or len(wavelet) != 4:
        return False
    return all(hasattr(f, "__len__") and not isinstance(f, str) and np.ndim(f) == 1 and _is_numbers(f) for f in wavelet)


def _is_numbers(taps: Any) -> bool:
    return np.asarray(taps).dtype.kind in "iufcb"


def _from_filters(filters: Any) -> Bank:
    if len(filters) != 4:
        raise ValueError(f"a filter bank has 4 filters, got {len(filters)}")
    try:
        taps = [np.asarray(f, dtype=np.float64) for f in filters]
    except TypeError:
        raise ValueError("a filter bank needs real numbers as taps") from None
    if any(f.ndim != 1 for f in taps):
        raise ValueError(f"the filters of a bank must be 1-D, got {[f.ndim for f in taps]} axes")
    return Bank(*(f.tolist() for f in taps))


def _named(name: str) -> Bank:
    if name.lower() in ("haar", "db1"):
        tap = 0.7071067811865476  # sqrt(1/2), as PyWavelets has it
        return Bank([tap, tap], [-tap, tap], [tap, tap], [tap, -tap])
    pywt = require_pywt(f"the filters of {name!r}")
    wavelet = pywt.DiscreteContinuousWavelet(name)
    if not isinstance(wavelet, pywt.Wavelet):
        raise ValueError(
            f"dwt needs a discrete wavelet, {name!r} is continuous: flatnet.wavelets.wavelist() lists the discrete ones"
        )
    return _from_filters(wavelet.filter_bank)


def require_pywt(what: str) -> Any:
    """PyWavelets, imported at the first call that needs it."""
    try:
        import pywt
    except ImportError as error:
        raise ImportError(
            f"{what} come from PyWavelets, which is not installed ('haar' works without): pip install flatnet[wavelets]"
        ) from error
    return pywt


def mode_code(mode: Any) -> int:
    """The number of a boundary mode, given by name or by PyWavelets' number."""
    try:
        return _CODES[mode]
    except (KeyError, TypeError):
        pass
    if isinstance(mode, (int, np.integer)):
        if not 0 <= mode < len(MODES):
            raise ValueError(f"the modes are numbered 0 to {len(MODES) - 1}, got {mode}")
        return int(mode)
    if isinstance(mode, str) and mode in _OLD_MODES:
        name = _OLD_MODES[mode]
        warnings.warn(f"the mode {mode!r} has been renamed to {name!r}", DeprecationWarning, stacklevel=3)
        return _CODES[name]
    if isinstance(mode, str):
        raise ValueError(f"unknown mode {mode!r}; the modes are {', '.join(MODES)}")
    raise TypeError(f"a mode is a name or a number, got {mode!r}")


def mode_codes(modes: Any, axes: Sequence[int]) -> list[int]:
    """One mode per axis, from one mode for all or a sequence of them."""
    if isinstance(modes, (int, np.integer, str)):
        return [mode_code(modes)] * len(axes)
    if not isinstance(modes, Iterable):
        raise ValueError(f"mode must be a name, a number or a sequence of these, got {modes!r}")
    codes = [mode_code(mode) for mode in modes]
    if len(codes) not in (1, len(axes)):
        raise ValueError(
            f"the number of modes must match the number of axes to be transformed, got {len(codes)} and {len(axes)}"
        )
    return codes if len(codes) == len(axes) else codes * len(axes)


def as_samples(data: Any, what: str = "wavelets: the data") -> Array:
    """`data` in the precision of the transform: float16 as float32, other real types as float64, as PyWavelets computes."""
    x = np.asarray(data)
    computed = _COMPUTED.get(x.dtype)
    return x if computed is not None else x.astype(_computed(what, x.dtype))


def is_computed(x: Array) -> bool:
    """Whether the transforms take an array's dtype as it is."""
    return x.dtype in _COMPUTED


@cache
def _computed(what: str, dtype: np.dtype[Any]) -> np.dtype[Any]:
    if dtype == np.float16:
        return np.dtype(np.float32)
    if dtype.kind in "iub":
        return np.dtype(np.float64)
    _check.refuse_dtype(what, dtype)
    return dtype.newbyteorder("=")


def axis_index(axis: Any, ndim: int, what: str = "data") -> int:
    """`axis` counted from 0."""
    i = operator.index(axis)
    if not -ndim <= i < ndim:
        raise AxisError(f"axis {i} is out of range: the {what} have {ndim} dimensions")
    return i + ndim if i < 0 else i


def thread_count(threads: int | None) -> int:
    """0 for the process's default."""
    return _check.threads("a wavelet transform", threads)


def max_level(data_len: int, taps: int) -> int:
    """floor(log2(n / (taps - 1))), 0 below one level."""
    return max(0, (data_len // (taps - 1)).bit_length() - 1) if taps > 1 else 0


def most_levels(sizes: Sequence[int], banks: Sequence[Bank]) -> int:
    """The least :func:`max_level` of some axes."""
    return min(map(max_level, sizes, [bank.taps for bank in banks]))


def levels_of(most: int, level: Any) -> int:
    """The number of levels: by default the most for which a coefficient escapes the boundary."""
    if level is None:
        return most
    levels = operator.index(level)
    if levels < 0:
        raise ValueError(f"the level must be at least 0, got {levels}")
    if levels > most:
        warnings.warn(f"Level value of {levels} is too high: all coefficients will experience boundary effects.", stacklevel=3)
    return levels


def require_samples(n: int, mode: int, level: int = 1) -> None:
    """Refuse an empty axis, and one sample where the mode reflects about it."""
    if n < 1:
        raise ValueError("a wavelet transform needs at least 1 sample, the axis has 0")
    if n == 1 and MODES[mode] in ("reflect", "antireflect"):
        raise ValueError(f"mode {MODES[mode]!r} needs at least 2 samples, the axis has 1 at level {level}")
