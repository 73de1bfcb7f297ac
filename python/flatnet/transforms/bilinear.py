"""Multiplication by a fixed matrix as a deep network: a bilinear scheme's encoders, products, decoders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .._check import finite_array, nonnegative_int, positive_int
from ..factors import Factor, Kronecker, LazyBlocks
from ..network import Network
from ._entry import Entry

Array = NDArray[Any]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class _Shape:
    """Sizes of N (rows x inner) and M (inner x columns), halved ``levels`` times into blocks."""

    rows: int
    inner: int
    columns: int
    levels: int

    def block(self, size: int) -> int:
        return size >> self.levels


# U, V (rank x 4) weigh the quadrants of N and M in each product, W (4 x rank) the products in each
# quadrant of NM; quadrants in row-major order. Strassen, Numerische Mathematik 13 (1969) 354.
SCHEMES: dict[str, tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = {
    "strassen": (
        np.array(
            [
                [1, 0, 0, 1],
                [0, 0, 1, 1],
                [1, 0, 0, 0],
                [0, 0, 0, 1],
                [1, 1, 0, 0],
                [-1, 0, 1, 0],
                [0, 1, 0, -1],
            ]
        ),
        np.array(
            [
                [1, 0, 0, 1],
                [1, 0, 0, 0],
                [0, 1, 0, -1],
                [-1, 0, 1, 0],
                [0, 0, 0, 1],
                [1, 1, 0, 0],
                [0, 0, 1, 1],
            ]
        ),
        np.array([[1, 0, 0, 1, -1, 0, 1], [0, 0, 1, 0, 1, 0, 0], [0, 1, 0, 1, 0, 0, 0], [1, -1, 1, 0, 0, 1, 0]]),
    )
}


def matmul(
    N: ArrayLike | int,
    columns: int,
    scheme: str = "strassen",
    levels: int = 1,
    *,
    dtype: DTypeLike | None = None,
) -> Network:
    r"""Left multiplication by a fixed matrix, ``vec(M) -> vec(N M)`` row-major, by Strassen's recursion.

    Parameters
    ----------
    N : array_like of shape (rows, inner), or int
        The fixed matrix, finite. An integer n stands for a generic n x n matrix: it counts, and calling the
        network raises TypeError.
    columns : int
        Columns of M; rows, inner and columns must be divisible by 2**levels.
    scheme : {"strassen"}
        Bilinear scheme of the 2 x 2 blocks.
    levels : int
        Depth t of the recursion, >= 0; t = 0 is the flat network N ⊗ I.
    dtype : dtype, optional
        Pins the precision; by default that of ``N``, and for an integer ``N`` that of the input: integers
        stay exact.

    Returns
    -------
    Network
        Maps ``(..., inner*columns) -> (..., rows*columns)`` in 2t + 1 layers: t encoders of M, one layer of
        7**t products with the encoded blocks of N, t decoders; the two reorderings are folded into the outer
        layers. For n x n matrices ``n**3 (7/8)**t + 8 n**2 ((7/4)**t - 1)`` synapses. Counting forms no block
        of N; the count is structural (zeros that the encoding of this N produces are not sought) until
        ``net.count_exact()``.

    Raises
    ------
    ValueError
        If a size is not divisible by 2**levels, ``N`` is not a finite matrix or the scheme is unknown.

    Notes
    -----
    .. math:: \mathrm{vec}(NM) = P_{out} \Bigl[\prod_i I \otimes W \otimes I\Bigr]
              \Bigl[\bigoplus_{r < 7^t} (U^{\otimes t} N)_r \otimes I\Bigr]
              \Bigl[\prod_i I \otimes V \otimes I\Bigr] P_{in}\, \mathrm{vec}(M)

    U, V and W have 12 non-zeros each; encoder i (from 1) has 12·7^{i-1} n²/4^i of them, the decoders the
    same, the middle 7^t (n/2^t)³. Lin & Tegmark sec. III G read n^{log2 7} as the synapse count, C_s "at
    least O(n^{0.627})": with its additions the full recursion is 9 n^{log2 7} - 8 n², cheaper than n³ only
    from n = 2^17 on, though one level pays from n = 50 on; and a bound from below needs Ω and holds for this
    chain, not for every network.

    Examples
    --------
    >>> import flatnet as fn
    >>> fn.matmul(1024, columns=1024, levels=5).synapses, 1024**3
    (680026112, 1073741824)
    >>> fn.matmul([[1, 2], [3, 4]], columns=2)([1, 0, 0, 1])
    array([1, 2, 3, 4])
    """
    if scheme not in SCHEMES:
        raise ValueError(f"matmul knows the schemes {', '.join(map(repr, SCHEMES))}, got {scheme!r}")
    matrix = None if isinstance(N, (int, np.integer)) and not isinstance(N, bool) else _fixed_matrix(N)
    rows, inner = (positive_int("matmul", "N", N),) * 2 if matrix is None else matrix.shape
    columns = positive_int("matmul", "columns", columns)
    levels = nonnegative_int("matmul", "levels", levels)
    if any(size % 2**levels for size in (rows, inner, columns)):
        raise ValueError(
            f"matmul with levels={levels} needs sizes divisible by {2**levels}, got N of {rows} x {inner} and columns={columns}"
        )
    shape = _Shape(rows, inner, columns, levels)
    text = f"{rows}x{inner}{' generic' if matrix is None else ''}"
    return Network(
        _factors(matrix, shape, scheme),
        name=f"matmul({text}, {columns}, {scheme}, levels={levels})",
        dtype=dtype,
        flat_form=_generic_flat(shape) if matrix is None else None,
    )


def _generic_flat(shape: _Shape) -> Network:
    """N (x) I of a generic N: what the chain multiplies out to, which no merge of generic layers can see."""
    pattern = (1, shape.rows, shape.inner, shape.columns)
    return Network([LazyBlocks(pattern, None, shared_d=True, dtype=np.int64, weak=True)])


def _fixed_matrix(N: ArrayLike) -> Array:
    matrix: Array = finite_array("matmul", "N", N, ndim=2, exact_integers=True)
    if 0 in matrix.shape:
        raise ValueError(f"matmul needs a matrix N that is not empty, got {matrix.shape[0]} x {matrix.shape[1]}")
    return matrix


def _factors(matrix: Array | None, shape: _Shape, scheme: str) -> list[Factor]:
    U, V, W = SCHEMES[scheme]
    t = shape.levels
    block_in = shape.block(shape.inner) * shape.block(shape.columns)
    block_out = shape.block(shape.rows) * shape.block(shape.columns)
    to_blocks = _to_blocks(shape.inner, shape.columns, t)
    from_blocks = _from_blocks(shape.rows, shape.columns, t)
    encoders = [_coder(V, i, t, block_in, input=None if i else to_blocks) for i in range(t)]
    decoders = [_coder(W, i, t, block_out, output=None if i else from_blocks) for i in reversed(range(t))]
    return [*encoders, _products(matrix, shape, U), *decoders]


def _coder(
    K: NDArray[np.int64],
    level: int,
    levels: int,
    block: int,
    input: Callable[[], Index] | None = None,
    output: Callable[[], Index] | None = None,
) -> Factor:
    """I (x) K (x) I of one level of the recursion; a reordering is formed when it is first applied."""
    a, d = max(K.shape) ** level, 4 ** (levels - 1 - level) * block
    if input is None and output is None:
        return Kronecker(a, K, d, weak=True)
    return LazyBlocks(
        (a, *K.shape, d),
        lambda: K[None, :, :, None],
        shared_a=True,
        shared_d=True,
        dtype=np.int64,
        weak=True,
        input=input,
        output=output,
        synapses=a * d * int(np.count_nonzero(K)),
    )


def _products(matrix: Array | None, shape: _Shape, U: NDArray[np.int64]) -> Factor:
    """The middle layer: 7^t independent blocks of the encoded N, shared by the columns of a block."""
    pattern = (
        len(U) ** shape.levels,
        shape.block(shape.rows),
        shape.block(shape.inner),
        shape.block(shape.columns),
    )
    if matrix is None:
        return LazyBlocks(pattern, None, shared_d=True, dtype=np.int64, weak=True)
    integer = matrix.dtype.kind == "i"
    if shape.levels == 0:
        return Kronecker(1, matrix, shape.columns, weak=integer)
    _refuse_overflow(matrix, U, shape.levels)
    return LazyBlocks(pattern, _encoder(matrix, U, shape), shared_d=True, dtype=matrix.dtype, weak=integer)


def _refuse_overflow(matrix: Array, U: NDArray[np.int64], levels: int) -> None:
    # Each level grows entries at most by the largest row sum of |U| (2 for Strassen).
    growth = int(np.abs(U).sum(axis=1).max()) ** levels
    if matrix.dtype.kind == "i":
        largest, limit = max(int(matrix.max()), -int(matrix.min())), int(np.iinfo(np.int64).max)
    else:
        parts = (np.abs(matrix.real).max(), np.abs(matrix.imag).max())
        largest, limit = int(max(parts)), int(np.finfo(matrix.dtype).max)
    if growth * largest > limit:
        raise ValueError(
            f"matmul encodes N to entries of up to {growth} max|N| with max|N| = {largest:.3g}, "
            f"{matrix.dtype.name} holds {limit:.3g}"
        )


def _encoder(matrix: Array, U: NDArray[np.int64], shape: _Shape) -> Callable[[], Array]:
    matrix = matrix.copy()  # the network keeps the N it was given

    def encoded() -> Array:
        order = _block_axes(shape.levels)
        blocks = matrix.reshape(_split(shape.rows, shape.levels) + _split(shape.inner, shape.levels)).transpose(order)
        blocks = blocks.reshape((1,) + (4,) * shape.levels + (shape.block(shape.rows) * shape.block(shape.inner),))
        for _ in range(shape.levels):  # (done, 4, ..., block) -> (done * 7, ..., block)
            blocks = np.einsum("rq,dq...->dr...", U.astype(matrix.dtype), blocks)
            blocks = blocks.reshape((-1, *blocks.shape[2:]))
        return blocks.reshape(-1, shape.block(shape.rows), shape.block(shape.inner), 1)

    return encoded


def _split(size: int, levels: int) -> tuple[int, ...]:
    return (2,) * levels + (size >> levels,)


def _block_axes(levels: int) -> list[int]:
    """Axes (r1..rt, r', c1..ct, c') in the order (r1, c1, ..., rt, ct, r', c')."""
    return [axis for i in range(levels + 1) for axis in (i, levels + 1 + i)]


def _to_blocks(rows: int, columns: int, levels: int) -> Callable[[], Index]:
    """Index array that reads a row-major matrix block by block, quadrant of quadrant."""

    def index() -> Index:
        place = np.arange(rows * columns).reshape(_split(rows, levels) + _split(columns, levels))
        return place.transpose(_block_axes(levels)).ravel()

    return index


def _from_blocks(rows: int, columns: int, levels: int) -> Callable[[], Index]:
    """Index array that reads a block-ordered matrix row by row: the inverse of `_to_blocks`."""

    def index() -> Index:
        order = _to_blocks(rows, columns, levels)()
        inverse = np.empty_like(order)
        inverse[order] = np.arange(len(order))
        return inverse

    return index


def strassen_synapses(n: int, levels: int) -> int:
    """n³(7/8)^t + 8n²((7/4)^t - 1), in integers."""
    products = int(7**levels)
    return products * (n >> levels) ** 3 + 8 * (products * (n >> levels) ** 2 - n * n)


def _catalogue_matrix(n: int) -> tuple[NDArray[np.int64], int, str, int]:
    # random entries: no sum of blocks vanishes, so that the structural count is the exact one
    rng = np.random.Generator(np.random.PCG64(n))
    return rng.integers(1, 10**5, (n, n)), n, "strassen", min(2, n.bit_length() - 1)


ENTRIES = (
    Entry(
        name="matmul",
        constructor=matmul,
        arguments=_catalogue_matrix,
        sizes=(1, 2, 4, 8),
        synapses=lambda n: strassen_synapses(n, min(2, n.bit_length() - 1)),
        summary="fixed N times M by Strassen: n³(7/8)^t + 8n²((7/4)^t - 1)",
        integer=True,
    ),
)
