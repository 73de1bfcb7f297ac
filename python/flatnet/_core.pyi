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

    def steps(self, dtype: np.dtype[Any]) -> list[str]:
        """What runs when the network computes in `dtype`, a line a step."""

    def program(self, dtype: np.dtype[Any]) -> list[tuple[str, int, int]]:
        """The same as ("layer", "hadamard", "fourier", "butterfly" or "neurons", first layer, number of layers)."""

    @property
    def weights(self) -> list[Factor]:
        """The factors as they run, recognised patterns included."""

class Paths(metaclass=_Type):
    """The non-zero entries of a factor, as a graph from inputs to outputs."""

    def __init__(self, factor: Factor) -> None: ...
    @staticmethod
    def pattern(
        a: SupportsInt | SupportsIndex,
        b: SupportsInt | SupportsIndex,
        c: SupportsInt | SupportsIndex,
        d: SupportsInt | SupportsIndex,
    ) -> Paths:
        """I_a (x) 1_(b x c) (x) I_d."""

    @property
    def rows(self) -> int: ...
    @property
    def cols(self) -> int: ...
    @property
    def work(self) -> int:
        """Elements that one sweep with one lane touches."""

    def least(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """(cols, lanes) -> (rows, lanes): the least over the entries of each row, else inf."""

    def sum(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """(cols, lanes) -> (rows, lanes): the sum over the entries of each row."""

    def outputs(self, marks: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """(cols, words) -> (rows, words): the union over the entries of each row."""

    def inputs(self, marks: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """(rows, words) -> (cols, words): the union over the entries of each column."""

def count_marks(marks: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Rows that have each of the 64 bits of each word."""

def lies_within(x: NDArray[Any], axis: SupportsInt | SupportsIndex, low: ArrayLike, high: ArrayLike) -> bool:
    """Whether low[i] <= x <= high[i] for every float with index i on `axis`, or with one interval for every float."""

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

def activate_plain(f: int, x: object, out: object, threads: object, /) -> NDArray[Any] | None:
    """activate_plain(f, x, out, threads): activation number f of a plain array of floats; None for all other calls."""

def activate(f: int, x: NDArray[Any], out: NDArray[Any], threads: int, isa: str = "") -> None:
    """Writes activation number f of x, element by element, to `out`."""

def logistic_centred(bias: float, x: NDArray[Any], out: NDArray[Any], threads: int, isa: str = "") -> None:
    """Writes s(bias + x) - s(bias) to `out`, s the logistic function."""

def softmax(x: NDArray[Any], out: NDArray[Any], axis: int, threads: int, isa: str = "") -> None:
    """Writes exp(x - max x) over its sum along `axis` to `out`."""

def fwht_plain(x: object, out: object) -> NDArray[Any] | None:
    """The unscaled natural transform of the last axis of a C-contiguous native floating-point array; None for all else."""

def fwht(
    x: NDArray[Any],
    out: NDArray[Any],
    axis: SupportsInt | SupportsIndex,
    base: SupportsInt | SupportsIndex,
    order: SupportsInt | SupportsIndex,
    scale: SupportsFloat | SupportsIndex,
    threads: SupportsInt | SupportsIndex,
    isa: str = "",
) -> None:
    """Writes scale * H x along `axis` to `out`; both of one native dtype, order 0 natural, 1 sequency, 2 dyadic."""

def hadamard_core(order: SupportsInt | SupportsIndex) -> NDArray[np.int8] | None:
    """A +-1 matrix H with H H^T = order I, or None where none is known."""

def hadamard_base(n: SupportsInt | SupportsIndex) -> int:
    """The smallest base with n = base 2^k, 0 where none is known."""

def c2c(
    x: NDArray[Any],
    out: NDArray[Any],
    axis: SupportsInt | SupportsIndex,
    inverse: bool,
    scale: SupportsFloat | SupportsIndex,
    threads: SupportsInt | SupportsIndex,
    isa: str = "",
) -> None:
    """Complex to complex along one axis, times scale; out may be x."""

def r2c(
    x: NDArray[Any],
    out: NDArray[Any],
    axis: SupportsInt | SupportsIndex,
    inverse: bool,
    scale: SupportsFloat | SupportsIndex,
    threads: SupportsInt | SupportsIndex,
    isa: str = "",
) -> None:
    """Real to the first n // 2 + 1 outputs; inverse: their conjugates."""

def c2r(
    x: NDArray[Any],
    out: NDArray[Any],
    axis: SupportsInt | SupportsIndex,
    inverse: bool,
    scale: SupportsFloat | SupportsIndex,
    threads: SupportsInt | SupportsIndex,
    isa: str = "",
) -> None:
    """The real sums of a spectrum given by its first n // 2 + 1 values."""

def fourier_cache_clear() -> None:
    """Forgets all plans."""

def fourier_cache_bytes() -> int:
    """Bytes held by the cache of plans."""

def output(dtype: np.dtype[Any], shape: Sequence[SupportsInt | SupportsIndex]) -> NDArray[Any]:
    """An uninitialised array in C order for a large result."""

def cosine(
    x: NDArray[Any],
    out: NDArray[Any],
    axis: SupportsInt | SupportsIndex,
    type: SupportsInt | SupportsIndex,
    sine: bool,
    scale: SupportsFloat | SupportsIndex,
    orthogonal: bool,
    threads: SupportsInt | SupportsIndex,
    isa: str = "",
) -> None:
    """Cosine or sine transform of type 1 to 4 along one axis, times scale; out may be x."""

def convolve(
    a: NDArray[Any],
    v: NDArray[Any],
    out: NDArray[Any],
    axis: SupportsInt | SupportsIndex,
    first: SupportsInt | SupportsIndex,
    threads: SupportsInt | SupportsIndex,
    isa: str = "",
) -> None:
    """Elements first, first + 1, ... of the full convolution along one axis; the batch of a and v is that of out."""

class Circulant(metaclass=_Type):
    """Circular convolution with a kept spectrum; see flatnet.fft.circulant."""

    def __init__(self, kernel: NDArray[Any], isa: str = "") -> None: ...
    def apply(
        self,
        x: NDArray[Any],
        out: NDArray[Any],
        axis: SupportsInt | SupportsIndex,
        threads: SupportsInt | SupportsIndex,
    ) -> None:
        """Writes the circular convolution of x along `axis` to out; out may be x."""

    @property
    def n(self) -> int: ...
    @property
    def nbytes(self) -> int: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...

class NetworkCall:
    """A network applied to plain arrays; None for all other calls."""

    def __call__(self, x: object, axis: object = -1, out: object = None, threads: object = None, /) -> NDArray[Any] | None: ...

def network_call(network: Network, dtypes: SupportsInt | SupportsIndex, threads: SupportsInt | SupportsIndex) -> NetworkCall:
    """The network as a callable on plain arrays; bit k of dtypes: data of float32, float64, complex64, complex128 stay so."""

class FourierTransform:
    """A Fourier transform of one length; made by flatnet.fft.plan. Immutable, safe from many threads."""

    @property
    def n(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def inverse(self) -> bool: ...
    @property
    def norm(self) -> str | None: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    @property
    def out_dtype(self) -> np.dtype[Any]: ...
    @property
    def workspace(self) -> int:
        """Bytes that a call borrows from its thread."""

    def __call__(self, x: NDArray[Any], out: NDArray[Any] | None = None, /) -> NDArray[Any]: ...

def fourier_transform(
    n: SupportsInt | SupportsIndex,
    precision: str,
    kind: str,
    inverse: bool,
    scale: SupportsFloat | SupportsIndex,
    norm: object,
) -> FourierTransform:
    """A plan object; see flatnet.fft.plan."""

def fourier_small(*args: object) -> NDArray[Any] | None:
    """fft, ifft, rfft, irfft, hfft, ihfft (which = 0 .. 5) of a small plain array, or None where it is not one."""

def fourier_small_nd(*args: object) -> NDArray[Any] | None:
    """fftn, ifftn, rfftn, irfftn, hfftn, ihfftn (which = 0 .. 5) of a small plain array, or None where it is not one."""

def cosine_small(*args: object) -> NDArray[Any] | None:
    """dct, idct, dst, idst (which = 0 .. 3) of a small plain array, or None where it is not one."""

def cosine_small_nd(*args: object) -> NDArray[Any] | None:
    """dctn, idctn, dstn, idstn (which = 0 .. 3) of a small plain array, or None where it is not one."""

class FilterBank(metaclass=_Type):
    """Four wavelet filters of one length, arranged for the kernels."""

    def __init__(
        self, dec_lo: Sequence[float], dec_hi: Sequence[float], rec_lo: Sequence[float], rec_hi: Sequence[float]
    ) -> None:
        """Filters as PyWavelets orders them."""

    @property
    def taps(self) -> int:
        """Taps of each filter."""

def wavelet_dec(
    bank: FilterBank, mode: int, x: NDArray[Any], axis: int, levels: int, threads: int, isa: str = ""
) -> list[NDArray[Any]]:
    """[cA_L, cD_L, ..., cD_1] along one axis of a native float or complex array; threads 0 is the default."""

def wavelet_rec(
    bank: FilterBank, mode: int, coefficients: list[Any], axis: int, threads: int, isa: str = ""
) -> NDArray[Any] | None:
    """The inverse of wavelet_dec, from arrays that differ along the axis only; None when they have not one dtype."""

def wavelet_dec2(
    bank0: FilterBank,
    bank1: FilterBank,
    mode0: int,
    mode1: int,
    x: NDArray[Any],
    axis: int,
    levels: int,
    threads: int,
    isa: str = "",
) -> list[NDArray[Any]]:
    """[aa_L, ad_L, da_L, dd_L, ..., ad_1, da_1, dd_1] along an axis and the next."""

def wavelet_rec2(
    bank0: FilterBank,
    bank1: FilterBank,
    mode0: int,
    mode1: int,
    bands: Sequence[NDArray[Any]],
    axis: int,
    threads: int,
    isa: str = "",
) -> NDArray[Any]:
    """The inverse of one level of wavelet_dec2, from [aa, ad, da, dd]."""
