"""Plan objects: one transform of contiguous vectors, called again and again."""

from __future__ import annotations

from numpy.typing import DTypeLike

from .. import _check, _core
from ._arguments import REAL, length, norm_scale

KINDS = ("c2c", "r2c", "c2r")


def plan(
    n: int, dtype: DTypeLike = "complex64", kind: str = "c2c", inverse: bool = False, norm: str | None = None
) -> _core.FourierTransform:
    """A Fourier transform of one length, ready to be called with little more cost than the transform itself.

    Parameters
    ----------
    n : int
        Length [elements] of the transform; that of the real side for "r2c" and "c2r".
    dtype : dtype
        The precision, given by any of float32, float64, complex64 and complex128.
    kind : {"c2c", "r2c", "c2r"}
        Complex, real to half a spectrum, half a spectrum to real.
    inverse : bool
        The sign of the exponent is +1: ``("c2c", True)`` is ifft, ``("c2r", True)`` irfft, ``("r2c", True)`` ihfft;
        ``("c2r", False)`` is hfft.
    norm : {"backward", "ortho", "forward"}, optional
        As in the function of that name.

    Returns
    -------
    FourierTransform
        ``p(x)`` and ``p(x, out)`` take NumPy arrays ``(n,)`` or rows ``(..., n)``, contiguous, of exactly ``p.dtype``
        (`out`: ``p.out_dtype``; x itself for "c2c" in place), and return the result. Safe from many threads; the GIL
        is released for transforms that take long. Attributes ``n, kind, inverse, norm, dtype, out_dtype, workspace``.

    Raises
    ------
    ValueError
        For a length below 1, an unknown kind or norm; when called, for a shape or layout that does not fit.
    TypeError
        For another dtype; when called, for an array of another dtype.

    Notes
    -----
    The tables are those of the functions' own bounded cache; a plan keeps its tables alive.

    Examples
    --------
    >>> p = fn.fft.plan(4, "complex128")
    >>> p(np.array([1, 2, 0, 0], "complex128"))
    array([ 3.+0.j,  1.-2.j, -1.+0.j,  1.+2.j])
    """
    precision = _check.dtype_of("fft.plan", dtype).name
    n = length(n, 1)
    if kind not in KINDS:
        raise ValueError(f"a plan is one of {', '.join(KINDS)}, got kind={kind!r}")
    # hfft (c2r, forward) and irfft (c2r, inverse) share norms with fft and ifft.
    scale = norm_scale(norm, not inverse, n)
    return _core.fourier_transform(
        n, REAL[precision].name if precision in REAL else precision, kind, bool(inverse), scale, norm
    )
