"""Discrete wavelet transforms with the names and signatures of PyWavelets.

    from flatnet import wavelets as pywt

The transforms are flatnet's own; ``threads=`` is added to each. Helpers that only rearrange coefficients
(``coeffs_to_array``, ``array_to_coeffs``, ``ravel_coeffs``, ``unravel_coeffs``, ``wavedecn_shapes``,
``wavedecn_size``, ``dwtn_max_level``), ``fswavedecn`` and ``fswaverecn``, ``pad``, ``families``, ``Wavelet`` and ``Modes``
are PyWavelets' own, looked up when asked for.
"""

from typing import Any

from ._arguments import require_pywt
from ._axes import dwt2, dwtn, idwt2, idwtn
from ._axis import dwt, idwt, wavedec, waverec
from ._lengths import dwt_coeff_len, dwt_max_level, wavelist
from ._levels import wavedec2, wavedecn, waverec2, waverecn
from ._parts import downcoef, upcoef

__all__ = [
    "downcoef",
    "dwt",
    "dwt2",
    "dwt_coeff_len",
    "dwt_max_level",
    "dwtn",
    "idwt",
    "idwt2",
    "idwtn",
    "upcoef",
    "wavedec",
    "wavedec2",
    "wavedecn",
    "wavelist",
    "waverec",
    "waverec2",
    "waverecn",
]

_FROM_PYWT = (
    "Modes",
    "Wavelet",
    "array_to_coeffs",
    "coeffs_to_array",
    "dwtn_max_level",
    "families",
    "fswavedecn",
    "fswaverecn",
    "pad",
    "ravel_coeffs",
    "unravel_coeffs",
    "wavedecn_shapes",
    "wavedecn_size",
)


def __getattr__(name: str) -> Any:
    if name in _FROM_PYWT:
        return getattr(require_pywt(f"flatnet.wavelets.{name}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
