"""Fast Fourier, cosine and sine transforms with the names and signatures of scipy.fft, and a backend for it.

    import scipy.fft, flatnet
    with scipy.fft.set_backend(flatnet.fft):
        ...

Beyond scipy.fft: ``out=`` on every transform, :func:`plan` and :func:`circulant`. Direct calls use flatnet's default
number of threads and refuse float16, longdouble, bool and object arrays by name; as a backend flatnet does what SciPy
does (float16 in float32, one worker unless told otherwise, longdouble by SciPy itself).
"""

from collections.abc import Callable
from typing import Any

from ._arguments import get_workers, set_workers
from ._backend import call as _call
from ._basic import fft, hfft, ifft, ihfft, irfft, rfft
from ._circulant import Circulant, circulant
from ._hankel import fht, fhtoffset, ifht
from ._helpers import fftfreq, fftshift, ifftshift, next_fast_len, prev_fast_len, rfftfreq
from ._nd import fftn, hfftn, ifftn, ihfftn, irfftn, rfftn
from ._plan import plan
from ._planes import fft2, hfft2, ifft2, ihfft2, irfft2, rfft2
from ._real import dct, dst, idct, idst
from ._real_nd import dctn, dstn, idctn, idstn

__all__ = [
    "Circulant",
    "circulant",
    "dct",
    "dctn",
    "dst",
    "dstn",
    "fft",
    "fft2",
    "fftfreq",
    "fftn",
    "fftshift",
    "fht",
    "fhtoffset",
    "get_workers",
    "hfft",
    "hfft2",
    "hfftn",
    "idct",
    "idctn",
    "idst",
    "idstn",
    "ifft",
    "ifft2",
    "ifftn",
    "ifftshift",
    "ifht",
    "ihfft",
    "ihfft2",
    "ihfftn",
    "irfft",
    "irfft2",
    "irfftn",
    "next_fast_len",
    "plan",
    "prev_fast_len",
    "rfft",
    "rfft2",
    "rfftfreq",
    "rfftn",
    "set_workers",
]

__ua_domain__ = "numpy.scipy.fft"


def __ua_function__(method: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """scipy.fft calls this (the uarray protocol) where flatnet.fft is its backend."""
    return _call(method, args, kwargs)
