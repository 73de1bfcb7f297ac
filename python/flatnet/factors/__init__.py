"""Factors: matrices with structure. THE LIST of kinds is `KINDS`; a kind is one class with the core's shape behind it."""

from .base import Factor as Factor
from .kinds import Dense as Dense
from .kinds import Diagonal as Diagonal
from .kinds import FourierStage as FourierStage
from .kinds import Kronecker as Kronecker
from .kinds import KroneckerSparse as KroneckerSparse
from .kinds import Permutation as Permutation
from .lazy import LazyBlocks as LazyBlocks
from .merge import product as product
from .merge import product_estimate as product_estimate
from .sparse import Sparse as Sparse

KINDS = (Dense, Sparse, Diagonal, Permutation, Kronecker, KroneckerSparse, FourierStage)
