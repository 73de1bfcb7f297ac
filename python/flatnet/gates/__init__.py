"""Gates as small networks: products, monomials, polynomials and bits from a few neurons, each with its certificate.

A gate is one file here and one line in `CATALOGUE`.
"""

from __future__ import annotations

from ..transforms import Entry
from . import bits, product, products, tent
from .bits import bit_product
from .derivatives import derivative, derivative_table
from .product import copy_gate, product_gate
from .products import fan_in, monomial, product_flat, product_tree
from .tent import tent_map

CATALOGUE: tuple[Entry, ...] = (*product.ENTRIES, *products.ENTRIES, *tent.ENTRIES, *bits.ENTRIES)

__all__ = [
    "CATALOGUE",
    "bit_product",
    "copy_gate",
    "derivative",
    "derivative_table",
    "fan_in",
    "monomial",
    "product_flat",
    "product_gate",
    "product_tree",
    "tent_map",
]
