"""Gates as small networks: products, monomials, polynomials and bits from a few neurons, each with its certificate.

A gate is one file here and one line in `CATALOGUE`.
"""

from __future__ import annotations

from ..transforms import Entry
from . import bits, bits_polynomial, bits_symmetric, product, products, tent
from .bits import bit_product
from .bits_polynomial import bit_function, bit_polynomial
from .bits_symmetric import bit_parity, bit_symmetric
from .bits_table import multilinear, truth_table
from .derivatives import derivative, derivative_table
from .product import copy_gate, product_gate
from .products import fan_in, monomial, product_flat, product_tree
from .tent import tent_map

CATALOGUE: tuple[Entry, ...] = (
    *product.ENTRIES,
    *products.ENTRIES,
    *tent.ENTRIES,
    *bits.ENTRIES,
    *bits_polynomial.ENTRIES,
    *bits_symmetric.ENTRIES,
)

__all__ = [
    "CATALOGUE",
    "bit_function",
    "bit_parity",
    "bit_polynomial",
    "bit_product",
    "bit_symmetric",
    "copy_gate",
    "derivative",
    "derivative_table",
    "fan_in",
    "monomial",
    "multilinear",
    "product_flat",
    "product_gate",
    "product_tree",
    "tent_map",
    "truth_table",
]
