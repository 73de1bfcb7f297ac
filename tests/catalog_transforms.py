"""A plain NumPy oracle for every row of the transform catalogue: the dense matrix by definition.

No flatnet code: an oracle takes the arguments that the row gives its constructor and returns the matrix. A
new row needs one function here and one line in ORACLES.
"""

from __future__ import annotations

from collections.abc import Callable
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[Any]


def fourier(n: int, sign: float) -> Matrix:
    turns = np.outer(np.arange(n), np.arange(n)) % n / n
    return np.exp(2j * np.pi * sign * turns)


def dft(n: int) -> Matrix:
    return fourier(n, -1)


def idft(n: int) -> Matrix:
    return fourier(n, 1) / n


def real_embedding(matrix: Matrix) -> Matrix:
    return np.block([[matrix.real, -matrix.imag], [matrix.imag, matrix.real]])


def hadamard(n: int) -> Matrix:
    # (-1)^(number of common bits of row and column)
    common = np.arange(n)[:, None] & np.arange(n)
    parity = np.zeros_like(common)
    for bit in range(max(1, n.bit_length())):
        parity ^= common >> bit & 1
    return 1 - 2 * parity


def hadamard_base12(n: int, norm: str, base: int) -> Matrix:
    # Paley: I + S with S skew from the squares modulo 11, {1, 3, 4, 5, 9}
    character = np.array([0, 1, -1, 1, 1, 1, -1, -1, -1, 1, -1])
    core = np.eye(12, dtype=int)
    core[0, 1:], core[1:, 0] = 1, -1
    core[1:, 1:] += character[(np.arange(11)[:, None] - np.arange(11)) % 11]
    return np.kron(core, hadamard(n // 12))


def half_turns(numerator: Matrix, denominator: int) -> Matrix:
    """Angle pi * numerator / denominator, reduced to one turn in integers."""
    return np.pi * (numerator % (2 * denominator)) / denominator


def dct(n: int, kind: int) -> Matrix:
    k, j = np.arange(n)[:, None], np.arange(n)
    if kind == 2:
        return 2 * np.cos(half_turns(k * (2 * j + 1), 2 * n))
    return np.where(j == 0, 1.0, 2 * np.cos(half_turns(j * (2 * k + 1), 2 * n)))


def dst(n: int, kind: int) -> Matrix:
    k, j = np.arange(n)[:, None], np.arange(n)
    if kind == 2:
        return 2 * np.sin(half_turns((k + 1) * (2 * j + 1), 2 * n))
    return np.where(j == n - 1, (-1.0) ** k, 2 * np.sin(half_turns((j + 1) * (2 * k + 1), 2 * n)))


def filter_bank(n: int, low: Matrix, levels: int) -> Matrix:
    """Periodised orthogonal filter bank: rows of cA_L, cD_L, ..., cD_1."""
    taps = len(low)
    high = low[::-1] * (-1.0) ** (np.arange(taps) + 1)
    approximation, rows = np.eye(n), []
    for _ in range(levels):
        length = len(approximation)
        low_pass, high_pass = np.zeros((2, length // 2, length))
        for k in range(length // 2):
            for j in range(taps):
                low_pass[k, (2 * k + taps // 2 - j) % length] += low[j]
                high_pass[k, (2 * k + taps // 2 - j) % length] += high[j]
        rows.insert(0, high_pass @ approximation)
        approximation = low_pass @ approximation
    return np.concatenate([approximation, *rows])


def haar(n: int) -> Matrix:
    return filter_bank(n, np.full(2, 0.5**0.5), n.bit_length() - 1)


def daubechies(vanishing: int) -> Matrix:
    """Decomposition low pass of 2N taps: (1 + z)^N times the roots of Daubechies' P inside the circle."""
    binomials = [comb(vanishing - 1 + k, k) for k in range(vanishing)]
    y = np.roots(binomials[::-1])  # y = (2 - z - 1/z)/4
    z = [root for value in y for root in np.roots([1, 4 * value - 2, 1]) if abs(root) < 1]
    taps = np.real(np.poly([-1.0] * vanishing + z))
    return taps[::-1] * (np.sqrt(2) / taps.sum())


def wavelet_db4(name: str, n: int, levels: int) -> Matrix:
    return filter_bank(n, daubechies(4), levels)


def subsets(m: int) -> Matrix:
    index = np.arange(2**m)
    return ((index[:, None] & index) == index).astype(int)


def mobius(m: int) -> Matrix:
    sign = np.array([(-1) ** index.bit_count() for index in range(2**m)])  # (-1)^|S|
    return subsets(m) * sign[:, None] * sign


def convolution(kernel: Matrix, n: int) -> Matrix:
    padded = np.concatenate((kernel, np.zeros(n - len(kernel))))
    return padded[(np.arange(n)[:, None] - np.arange(n)) % n]


def low_rank(matrix: Matrix, rank: int) -> Matrix:
    return matrix


def bernoulli_ones(n: int, p: float, rng: np.random.Generator) -> Matrix:
    """n x n ones and zeros, read row by row: the gap to the next one is geometric."""
    cells, place = np.zeros(n * n, dtype=int), -1
    gaps = iter(rng.geometric(p, int(n * n * p + 6 * (n * n * p) ** 0.5) + 16))
    while (place := place + int(next(gaps))) < n * n:
        cells[place] = 1
    return cells.reshape(n, n)


def random_sparse(n: int, p: float, layers: int, seed: int) -> Matrix:
    rng = np.random.Generator(np.random.PCG64(seed))
    product = np.eye(n, dtype=int)
    for _ in range(layers):
        product = bernoulli_ones(n, p, rng) @ product
    return product


def random_butterfly(n: int, seed: int) -> Matrix:
    rng = np.random.Generator(np.random.PCG64(seed))
    product = np.eye(n)
    half = 1
    while half < n:
        weights = rng.normal(scale=0.5**0.5, size=(n // (2 * half), 2, 2, half))
        stage = np.zeros((n, n))
        for block, row, column, place in np.ndindex(weights.shape):
            first = 2 * half * block + place
            stage[first + half * row, first + half * column] = weights[block, row, column, place]
        product, half = stage @ product, 2 * half
    return product if n > 1 else rng.normal(scale=0.5**0.5, size=(1, 1))


def matmul(N: Matrix, columns: int, scheme: str, levels: int) -> Matrix:
    return np.kron(N, np.eye(columns, dtype=int))


ORACLES: dict[str, Callable[..., Matrix]] = {
    "dft": dft,
    "dft_real": lambda n, norm, real: real_embedding(dft(n)),
    "idft": idft,
    "idft_real": lambda n, norm, real: real_embedding(idft(n)),
    "hadamard": hadamard,
    "hadamard_base12": hadamard_base12,
    "dct2": dct,
    "dct3": dct,
    "dst2": dst,
    "dst3": dst,
    "haar": haar,
    "wavelet_db4": wavelet_db4,
    "zeta": subsets,
    "mobius": mobius,
    "convolution": convolution,
    "low_rank": low_rank,
    "random_sparse": random_sparse,
    "random_butterfly": random_butterfly,
    "matmul": matmul,
}
