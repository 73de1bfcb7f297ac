"""flatnet: how deep should a network be?

Deep networks are chains of cheap factors. flatnet writes them, counts their synapses and neurons exactly, certifies
what flattening costs, and runs them fast. See Lin & Tegmark, "Why does deep and cheap learning work so well?"
(arXiv:1608.08225).
"""

try:
    from . import _core as _core
except ImportError as e:
    if e.name != "flatnet":  # the extension is there and does not load: its own sentence says why
        raise
    raise ImportError(
        "flatnet's extension is missing: was the package installed (pip install .) or only its sources found?"
    ) from e

from . import fft, hamiltonians, planning, wavelets
from ._check import TooLargeError
from .activations import exp, gelu, max_pool, relu, sigmoid, sigmoid_centred, silu, sin, softmax, softplus, square, tanh
from .algebra import block_diag, hstack, kron, vstack
from .certificate import Certificate, OutsideDomainWarning
from .certify import LowerBound, lower_bound
from .config import get_cmake_dir, get_include, show_config
from .convolve import convolve
from .cost import Cost, Interval, cost
from .draw import draw
from .expected import expected_flattening_cost
from .factors import Dense, Diagonal, Factor, FourierStage, Kronecker, KroneckerSparse, Permutation, Sparse
from .flatten import FlatteningCost, flattening_cost
from .gates import (
    bit_function,
    bit_parity,
    bit_polynomial,
    bit_product,
    bit_symmetric,
    copy_gate,
    monomial,
    multilinear,
    polynomial,
    product_flat,
    product_gate,
    product_tree,
    quadratic_form,
    tent_map,
    truth_table,
)
from .hamiltonians import classifier
from .interop.scipy import as_linear_operator
from .interop.sklearn import from_sklearn
from .measure import Measurement, measure
from .network import Layer, Network
from .predict import Estimate, predict_nnz
from .profile import Profile, profile
from .serialize import load, save
from .transforms import (
    convolution,
    dct,
    dft,
    dst,
    haar,
    hadamard,
    idft,
    low_rank,
    matmul,
    mobius,
    random_butterfly,
    random_sparse,
    wavelet,
    zeta,
)
from .walsh import fwht

__version__: str = _core.build_info()["version"]

__all__ = [
    "Certificate",
    "Cost",
    "Dense",
    "Diagonal",
    "Estimate",
    "Factor",
    "FlatteningCost",
    "FourierStage",
    "Interval",
    "Kronecker",
    "KroneckerSparse",
    "Layer",
    "LowerBound",
    "Measurement",
    "Network",
    "OutsideDomainWarning",
    "Permutation",
    "Profile",
    "Sparse",
    "TooLargeError",
    "as_linear_operator",
    "bit_function",
    "bit_parity",
    "bit_polynomial",
    "bit_product",
    "bit_symmetric",
    "block_diag",
    "classifier",
    "convolution",
    "convolve",
    "copy_gate",
    "cost",
    "dct",
    "dft",
    "draw",
    "dst",
    "exp",
    "expected_flattening_cost",
    "fft",
    "flattening_cost",
    "from_sklearn",
    "fwht",
    "gelu",
    "get_cmake_dir",
    "get_include",
    "haar",
    "hadamard",
    "hamiltonians",
    "hstack",
    "idft",
    "kron",
    "load",
    "low_rank",
    "lower_bound",
    "matmul",
    "max_pool",
    "measure",
    "mobius",
    "monomial",
    "multilinear",
    "planning",
    "polynomial",
    "predict_nnz",
    "product_flat",
    "product_gate",
    "product_tree",
    "profile",
    "quadratic_form",
    "random_butterfly",
    "random_sparse",
    "relu",
    "save",
    "show_config",
    "sigmoid",
    "sigmoid_centred",
    "silu",
    "sin",
    "softmax",
    "softplus",
    "square",
    "tanh",
    "tent_map",
    "truth_table",
    "vstack",
    "wavelet",
    "wavelets",
    "zeta",
]
