"""Frequencies, shifts and lengths that transform fast."""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np
from numpy.fft import fftshift, ifftshift

from ._arguments import Array

__all__ = ["fftfreq", "fftshift", "ifftshift", "next_fast_len", "prev_fast_len", "rfftfreq"]

_LONGEST = 1 << 60


def fftfreq(n: int, d: float = 1.0, *, xp: Any = None, device: Any = None) -> Array:
    """Frequencies of :func:`fft`'s values, in cycles per unit of `d`.

    Parameters
    ----------
    n : int
        Length [elements].
    d : float
        Distance between samples.
    xp, device : optional
        A namespace of arrays other than NumPy, and its device.

    Returns
    -------
    ndarray
        ``[0, 1, ..., -2, -1] / (n d)``.

    Examples
    --------
    >>> fn.fft.fftfreq(4, 0.25)
    array([ 0.,  1., -2., -1.])
    """
    return np.fft.fftfreq(n, d) if xp is None or xp is np else xp.fft.fftfreq(n, d=d, device=device)


def rfftfreq(n: int, d: float = 1.0, *, xp: Any = None, device: Any = None) -> Array:
    """Frequencies of :func:`rfft`'s values, in cycles per unit of `d`.

    Parameters
    ----------
    n, d, xp, device
        As in :func:`fftfreq`.

    Returns
    -------
    ndarray
        ``[0, 1, ..., n//2] / (n d)``.

    Examples
    --------
    >>> fn.fft.rfftfreq(4, 0.25)
    array([0., 1., 2.])
    """
    return np.fft.rfftfreq(n, d) if xp is None or xp is np else xp.fft.rfftfreq(n, d=d, device=device)


def _target(target: Any) -> int:
    n = operator.index(target)
    if n < 0:
        raise ValueError(f"Target length must be positive, got {n}")
    if n > _LONGEST:
        raise ValueError(f"Target length is too large to perform an FFT: {n}")
    return n


@functools.lru_cache(256)
def _smooth(n: int, primes: tuple[int, ...], up: bool) -> int:
    """The nearest product of `primes` that is >= n (up) or <= n."""
    best = 1 << (n - 1).bit_length() if up else 1 << (n.bit_length() - 1)

    def search(product: int, left: tuple[int, ...]) -> None:
        nonlocal best
        if not left:  # powers of two fill up the rest
            quotient = -(-n // product) if up else n // product
            power = 1 << (quotient - 1).bit_length() if up else 1 << (quotient.bit_length() - 1)
            best = min(best, product * power) if up else max(best, product * power)
            return
        limit = best if up else n
        while product <= limit:
            search(product, left[1:])
            product *= left[0]

    search(1, primes)
    return best


def next_fast_len(target: int, real: bool = False) -> int:
    """The smallest fast length >= `target`.

    Parameters
    ----------
    target : int
        Length [elements].
    real : bool
        For transforms of real data.

    Returns
    -------
    int
        A product of 2, 3, 5 (and of 7 and 11 for complex data).

    Examples
    --------
    >>> fn.fft.next_fast_len(1021), fn.fft.next_fast_len(1021, real=True)
    (1024, 1024)
    """
    return _nearest(target, real, up=True)


def prev_fast_len(target: int, real: bool = False) -> int:
    """The largest fast length <= `target`.

    Parameters
    ----------
    target, real
        As in :func:`next_fast_len`.

    Returns
    -------
    int
        A product of 2, 3, 5 (and of 7 and 11 for complex data).

    Examples
    --------
    >>> fn.fft.prev_fast_len(1021), fn.fft.prev_fast_len(1021, real=True)
    (1008, 1000)
    """
    return _nearest(target, real, up=False)


def _nearest(target: int, real: bool, *, up: bool) -> int:
    n = _target(target)
    return n if n < 3 else _smooth(n, (5, 3) if real else (11, 7, 5, 3), up)
