"""Gates as small networks: products, monomials, polynomials and bits from a few neurons, each with its certificate.

A gate is one file here and one line in `CATALOGUE`.
"""

from __future__ import annotations

from ..transforms import Entry
from . import bits, bits_polynomial, bits_symmetric, polynomials, product, products, quadratic, tent
from .bits import bit_product
from .bits_polynomial import bit_function, bit_polynomial
from .bits_symmetric import bit_parity, bit_symmetric
from .bits_table import multilinear, truth_table
from .derivatives import derivative, derivative_table
from .polynomials import polynomial
from .precision import PrecisionCost, precision_cost
from .product import copy_gate, product_gate
from .products import fan_in, monomial, product_flat, product_tree
from .quadratic import quadratic_form
from .tent import tent_map

CATALOGUE: tuple[Entry, ...] = (
    *product.ENTRIES,
    *products.ENTRIES,
    *tent.ENTRIES,
    *quadratic.ENTRIES,
    *polynomials.ENTRIES,
    *bits.ENTRIES,
    *bits_polynomial.ENTRIES,
    *bits_symmetric.ENTRIES,
)

__all__ = [
    "CATALOGUE",
    "PrecisionCost",
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
    "polynomial",
    "precision_cost",
    "product_flat",
    "product_gate",
    "product_tree",
    "quadratic_form",
    "tent_map",
    "truth_table",
]
