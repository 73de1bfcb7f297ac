"""Fast Hankel transform on a logarithmic grid (FFTLog): two real Fourier transforms around a product."""

from __future__ import annotations

import math
import warnings

import numpy as np
from numpy.typing import ArrayLike

from ._arguments import Array
from ._basic import irfft, rfft


def fht(a: ArrayLike, dln: float, mu: float, offset: float = 0.0, bias: float = 0.0) -> Array:
    r"""Fast Hankel transform of samples at logarithmic distances.

    Parameters
    ----------
    a : array_like
        Real, ``(..., n)``, samples at r_j = r_c exp((j - (n - 1)/2) dln).
    dln : float
        Logarithmic step.
    mu : float
        Order of the Bessel function.
    offset : float
        ln(k_c r_c): where the result's grid is centred.
    bias : float
        Exponent q of the power law that is taken out before the transform.

    Returns
    -------
    ndarray
        Real, ``(..., n)``, at k_j = k_c exp((j - (n - 1)/2) dln).

    Notes
    -----
    .. math:: A(k) = \int_0^\infty a(r)\, J_\mu(kr)\, k\, dr

    A. J. S. Hamilton, Mon. Not. R. Astron. Soc. 312 (2000) 257, appendix B.

    Examples
    --------
    >>> r = np.exp(np.linspace(-8, 8, 256))
    >>> dln = np.log(r[1] / r[0])
    >>> A = fn.fft.fht(r * np.exp(-r**2 / 2), dln, mu=0.0)  # its own transform
    >>> bool(np.abs(A[64:192] - (r * np.exp(-r**2 / 2))[64:192]).max() < 1e-3)
    True
    """
    x = np.asarray(a)
    centred = np.arange(x.shape[-1]) - (x.shape[-1] - 1) / 2
    if bias != 0:
        x = x * np.exp(-bias * dln * centred)
    y = _product(x, _coefficients(x.shape[-1], dln, mu, offset, bias, False))
    if bias != 0:
        y *= np.exp(-bias * (dln * centred + offset))
    return y


def ifht(A: ArrayLike, dln: float, mu: float, offset: float = 0.0, bias: float = 0.0) -> Array:
    """Inverse of :func:`fht`.

    Parameters
    ----------
    A : array_like
        Real, ``(..., n)``.
    dln, mu, offset, bias
        As in :func:`fht`.

    Returns
    -------
    ndarray
        Real, ``(..., n)``.

    Examples
    --------
    >>> a = np.array([0.0, 1.0, 2.0, 1.0])
    >>> np.round(fn.fft.ifht(fn.fft.fht(a, 0.5, 1.0), 0.5, 1.0), 10)
    array([0., 1., 2., 1.])
    """
    x = np.asarray(A)
    centred = np.arange(x.shape[-1]) - (x.shape[-1] - 1) / 2
    if bias != 0:
        x = x * np.exp(bias * (dln * centred + offset))
    y = _product(x, 1 / np.conj(_coefficients(x.shape[-1], dln, mu, offset, bias, True)))
    if bias != 0:
        y *= np.exp(bias * dln * centred)
    return y


def fhtoffset(dln: float, mu: float, initial: float = 0.0, bias: float = 0.0) -> float:
    """The offset next to `initial` at which the fast Hankel transform rings least.

    Parameters
    ----------
    dln, mu, bias
        As in :func:`fht`.
    initial : float
        Where to look.

    Returns
    -------
    float
        The offset that makes the last coefficient of the transform real (Hamilton 2000, eq. 30).

    Examples
    --------
    >>> round(fn.fft.fhtoffset(0.1, 2.0), 10)
    0.0454581478
    """
    from scipy.special import loggamma

    y = 1j * math.pi / (2 * dln)
    phase = loggamma((mu + 1 + bias) / 2 + y).imag + loggamma((mu + 1 - bias) / 2 + y).imag
    turns = (math.log(2) - initial) / dln + phase / math.pi
    return float(initial + (turns - np.round(turns)) * dln)


def _product(x: Array, u: Array) -> Array:
    spectrum = rfft(x)
    spectrum *= u
    return np.ascontiguousarray(irfft(spectrum, x.shape[-1])[..., ::-1])


def _coefficients(n: int, dln: float, mu: float, offset: float, bias: float, inverse: bool) -> Array:
    """u_m = (k_c r_c)^(-2 pi i m / (n dln)) 2^z gamma((mu + 1 + z)/2) / gamma((mu + 1 - z)/2), z = q + 2 pi i m / (n dln)."""
    from scipy.special import loggamma, poch

    half = np.arange(n // 2 + 1) * (math.pi / (n * dln))  # Im z / 2
    plus, minus = (mu + 1 + bias) / 2, (mu + 1 - bias) / 2
    with np.errstate(all="ignore"):
        log_u = loggamma(plus + 1j * half) - np.conj(loggamma(minus + 1j * half))
        u = np.exp(log_u + math.log(2) * bias + 2j * half * (math.log(2) - offset))
    if n % 2 == 0:
        u[-1] = u[-1].real
    if not np.isfinite(u[0]):  # gamma at a pole: the quotient is a product of bias + ... factors
        u[0] = 2.0**bias * poch(minus, plus - minus)
    if np.isinf(u[0]) and not inverse:
        warnings.warn("singular transform; consider changing the bias", stacklevel=3)
        u[0] = 0
    elif u[0] == 0 and inverse:
        warnings.warn("singular inverse transform; consider changing the bias", stacklevel=3)
        u[0] = np.inf
    return u
