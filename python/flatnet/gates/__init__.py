"""Gates as small networks: products of real numbers and of bits from a few logistic neurons.

A gate is one file here and one line in `CATALOGUE`.
"""

from __future__ import annotations

from ..transforms import Entry
from . import bits, product
from .bits import bit_product
from .product import product_gate

CATALOGUE: tuple[Entry, ...] = (*product.ENTRIES, *bits.ENTRIES)

__all__ = ["CATALOGUE", "bit_product", "product_gate"]
