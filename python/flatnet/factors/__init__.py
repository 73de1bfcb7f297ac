"""Factors: matrices with structure. THE LIST of kinds is `KINDS`; a kind is one class with the core's shape behind it."""

from .base import Factor as Factor
from .kinds import Dense, Diagonal, FourierStage, Kronecker, KroneckerSparse, Permutation
from .lazy import LazyBlocks as LazyBlocks
from .merge import product as product
from .merge import product_estimate as product_estimate
from .sparse import Sparse

KINDS = (Dense, Sparse, Diagonal, Permutation, Kronecker, KroneckerSparse, FourierStage)

__all__ = [kind.__name__ for kind in KINDS]
