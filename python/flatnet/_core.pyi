"""flatnet's C++ core; the public names are in the package flatnet."""

from collections.abc import Sequence
from typing import Any, SupportsComplex, SupportsFloat, SupportsIndex, SupportsInt

import numpy as np
from numpy.typing import ArrayLike, NDArray

class _Type(type):
    """pybind11's metaclass."""

class Factor(metaclass=_Type):
    """A matrix with structure; see flatnet.factors. Immutable."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Always TypeError: factors are made by the static methods."""

    @staticmethod
    def blocks(kind: str, values: NDArray[Any], a: SupportsInt | SupportsIndex, d: SupportsInt | SupportsIndex) -> Factor:
        """I_a (x) (b x c) (x) I_d from values of shape (a or 1, b, c, d or 1); an axis of length 1 is shared."""

    @staticmethod
    def sparse(
        begin: ArrayLike,
        indices: ArrayLike,
        values: NDArray[Any],
        rows: SupportsInt | SupportsIndex,
        cols: SupportsInt | SupportsIndex,
    ) -> Factor:
        """Compressed rows: row pointers, columns (ascending within a row), weights."""

    @staticmethod
    def permutation(index: ArrayLike) -> Factor:
        """y = x[index]."""

    @staticmethod
    def fourier_stage(n: SupportsInt | SupportsIndex, stage: SupportsInt | SupportsIndex, inverse: bool) -> Factor:
        """A radix-2 stage of the discrete Fourier transform, weights formed at first use."""

    @property
    def kind(self) -> str: ...
    @property
    def rows(self) -> int: ...
    @property
    def cols(self) -> int: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    @property
    def nbytes(self) -> int: ...
    @property
    def pattern(self) -> tuple[int, int, int, int] | None:
        """(a, b, c, d), or None for sparse rows and permutations."""

    @property
    def values(self) -> NDArray[Any] | None:
        """Stored weights, read-only: (a or 1, b, c, d or 1) or (entries,); None for a permutation."""

    @property
    def index(self) -> NDArray[np.int64] | None:
        """The index array of a permutation, read-only."""

    @property
    def input_permutation(self) -> NDArray[np.int64] | None: ...
    @property
    def output_permutation(self) -> NDArray[np.int64] | None: ...
    def synapses(self) -> int:
        """Non-zero entries of the matrix."""

    def max_abs(self) -> float:
        """Largest magnitude of an entry."""

    def max_row_sum(self) -> float:
        """Largest sum of magnitudes over a row."""

    def transpose(self) -> Factor: ...
    def conj(self) -> Factor: ...
    def scaled(self, scale: complex | SupportsComplex | SupportsFloat | SupportsIndex) -> Factor: ...
    def scaled_int(self, scale: SupportsInt | SupportsIndex) -> Factor: ...
    def permuted(self, input: ArrayLike | None, output: ArrayLike | None) -> Factor: ...
    def astype(self, dtype: np.dtype[Any]) -> Factor: ...
    def csr(self) -> tuple[NDArray[np.int64], NDArray[Any], NDArray[Any]]:
        """(row pointers, columns, values), exact zeros dropped."""

    def dense(self) -> NDArray[Any]:
        """All entries, row-major."""

class Network(metaclass=_Type):
    """Layers ready to run; see flatnet.network."""

    def __init__(self, layers: Sequence[tuple[Factor, NDArray[Any] | None, SupportsInt | SupportsIndex]]) -> None:
        """(weight, bias, number of the activation) in the order of application."""

    def apply(
        self,
        x: NDArray[Any],
        out: NDArray[Any],
        axis: SupportsInt | SupportsIndex,
        threads: SupportsInt | SupportsIndex,
        isa: str = "",
    ) -> None:
        """Writes the network's output along `axis` to `out`, whose dtype is that of the computation."""

    def growth(self) -> float:
        """Largest growth of max|x| through the first layers: what exact integers must hold."""

    @property
    def weights(self) -> list[Factor]:
        """The factors as they run, recognised patterns included."""

def product(left: Factor, right: Factor, max_bytes: SupportsFloat | SupportsIndex) -> Factor:
    """left @ right in its best format."""

def estimate_product(left: Factor, right: Factor) -> tuple[float, float]:
    """Upper bounds (synapses, bytes) of left @ right; nothing is formed."""

def build_info() -> dict[str, Any]:
    """version, compiler, isa, available_isas, threads, threading, eigen, pybind11."""

def default_threads() -> int: ...
def set_default_threads(n: SupportsInt | SupportsIndex) -> None: ...
def transform(name: str, n: SupportsInt | SupportsIndex) -> list[Factor]:
    """Factors of a transform built in C++, in the order of application."""
