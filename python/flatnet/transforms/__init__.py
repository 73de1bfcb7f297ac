"""Transforms as deep networks of sparse factors.

A transform is one file here (the constructors and their rows of the catalogue) and one line in `CATALOGUE`;
tests, benches and the table of the docs read the catalogue.
"""

from __future__ import annotations

from . import bilinear, circulant, cosine, fourier, interpolative, randoms, subsets, walsh, wavelets
from ._entry import Entry
from .bilinear import matmul
from .circulant import convolution
from .cosine import dct, dst
from .fourier import dft, idft
from .interpolative import low_rank
from .randoms import random_butterfly, random_sparse
from .subsets import mobius, zeta
from .walsh import hadamard
from .wavelets import haar, wavelet

CATALOGUE: tuple[Entry, ...] = (
    *fourier.ENTRIES,
    *walsh.ENTRIES,
    *cosine.ENTRIES,
    *wavelets.ENTRIES,
    *subsets.ENTRIES,
    *circulant.ENTRIES,
    *interpolative.ENTRIES,
    *randoms.ENTRIES,
    *bilinear.ENTRIES,
)

__all__ = [
    "CATALOGUE",
    "Entry",
    "convolution",
    "dct",
    "dft",
    "dst",
    "haar",
    "hadamard",
    "idft",
    "low_rank",
    "matmul",
    "mobius",
    "random_butterfly",
    "random_sparse",
    "wavelet",
    "zeta",
]
