"""flatnet as a backend of scipy.fft: what SciPy accepts and flatnet does not compute goes to SciPy's own implementation."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from . import _basic, _hankel, _nd, _planes, _real, _real_nd

_MODULES = (_basic, _nd, _planes, _real, _real_nd, _hankel)
_NAMES = (
    "fft ifft rfft irfft hfft ihfft fftn ifftn rfftn irfftn hfftn ihfftn fft2 ifft2 rfft2 irfft2 hfft2 ihfft2 "
    "dct idct dst idst dctn idctn dstn idstn fht ifht"
)
FUNCTIONS: dict[str, Callable[..., Any]] = {
    name: getattr(module, name) for name in _NAMES.split() for module in _MODULES if name in vars(module)
}
_OURS = frozenset("bhilqpBHILQPfdFD")  # dtype characters: integers, float32, float64, complex64, complex128
# Where `workers` stands among the positional arguments; fht and ifht have none.
_WORKERS = {name: None if name[-2] == "h" else 6 if name.strip("in")[:3] in ("dct", "dst") else 5 for name in FUNCTIONS}


def call(method: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call of scipy.fft's `method`."""
    name = method.__name__
    ours = FUNCTIONS.get(name)
    if ours is None:
        return NotImplemented
    key = "A" if name == "ifht" else "a" if name == "fht" else "x"
    x = args[0] if args else kwargs.get(key)
    if type(x) is not np.ndarray:
        if not isinstance(x, np.ndarray) and hasattr(x, "__array_namespace__") | hasattr(x, "__dlpack__"):
            return _scipy_itself(name, args, kwargs)  # another library's array: SciPy knows what to do with it
        x = np.asarray(x)
    if x.dtype.char not in _OURS:
        if x.dtype.char not in "e?":
            return _scipy_itself(name, args, kwargs)  # longdouble, objects, ...
        x = x.astype(np.float32 if x.dtype.char == "e" else np.float64)
    elif args and x is args[0]:  # the common case: nothing to rewrite
        return ours(*args, **_with_workers(name, args, kwargs))
    if args:
        return ours(x, *args[1:], **_with_workers(name, args, kwargs))
    return ours(**{**_with_workers(name, args, kwargs), key: x})


def _with_workers(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """scipy.fft's default number of workers is that of scipy.fft.set_workers, else 1."""
    place = _WORKERS[name]
    if kwargs.get("workers") is not None or place is None or len(args) > place:
        return kwargs
    return {**kwargs, "workers": _get_workers()()}


@functools.cache
def _get_workers() -> Callable[[], int]:
    from scipy.fft import get_workers  # costs a microsecond where it is asked for in each call

    return get_workers


def _scipy_itself(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The same call with SciPy's implementation, whichever backends are set, so that it cannot come back here."""
    import scipy.fft

    with scipy.fft.set_backend("scipy", only=True):
        return getattr(scipy.fft, name)(*args, **kwargs)
