"""What the transforms refuse, each with a sentence that names both sides."""

from __future__ import annotations

import flatnet as fn
import numpy as np
import pytest

BAD = [
    (lambda: fn.hadamard(10), ValueError, "hadamard needs a power of two, got n=10"),
    (lambda: fn.hadamard(20, base=12), ValueError, "12 times a power of two, got n=20"),
    (lambda: fn.hadamard(184, base=92), ValueError, "got base=92"),
    (lambda: fn.hadamard(8, "unit"), ValueError, "got 'unit'"),
    (lambda: fn.hadamard(0), ValueError, "got n=0"),
    (lambda: fn.hadamard(-4), ValueError, "-4"),
    (lambda: fn.hadamard(8.0), TypeError, "8.0"),
    (lambda: fn.dft(12), ValueError, "dft needs a power of two, got n=12"),
    (lambda: fn.idft(12), ValueError, "idft needs a power of two, got n=12"),
    (lambda: fn.dft(8, "unit"), ValueError, "got 'unit'"),
    (lambda: fn.dct(12), ValueError, "dct needs a power of two, got n=12"),
    (lambda: fn.dct(8, type=4), ValueError, "types 2 and 3, got type=4"),
    (lambda: fn.dst(8, norm="unit"), ValueError, "got 'unit'"),
    (lambda: fn.haar(12), ValueError, "haar needs a power of two, got n=12"),
    (lambda: fn.haar(8, 4), ValueError, "at most 3 levels at n=8, got levels=4"),
    (lambda: fn.haar(8, -1), ValueError, "-1"),
    (lambda: fn.zeta(-1), ValueError, "-1"),
    (lambda: fn.mobius(1.5), TypeError, "1.5"),
    (lambda: fn.convolution(np.ones(9), 8), ValueError, "1 to 8 values, got 9"),
    (lambda: fn.convolution([], 8), ValueError, "got 0"),
    (lambda: fn.convolution([1.0], 12), ValueError, "got n=12"),
    (lambda: fn.convolution([np.nan], 8), ValueError, "kernel"),
    (lambda: fn.convolution(np.ones((2, 2)), 8), ValueError, "kernel"),
    (lambda: fn.low_rank(np.eye(3), 4), ValueError, "rank of 1 to 3 .* got rank=4"),
    (lambda: fn.low_rank(np.eye(3), 0), ValueError, "rank"),
    (lambda: fn.low_rank(np.full((2, 2), np.inf), 1), ValueError, "A"),
    (lambda: fn.low_rank(np.ones(3), 1), ValueError, "A"),
    (lambda: fn.random_sparse(5, 1.5), ValueError, "1.5"),
    (lambda: fn.random_sparse(5, np.nan), ValueError, "nan"),
    (lambda: fn.random_sparse(0, 0.5), ValueError, "0"),
    (lambda: fn.random_sparse(5, 0.5, layers=0), ValueError, "0"),
    (lambda: fn.random_sparse(5, 0.5, seed=-1), ValueError, "-1"),
    (lambda: fn.random_butterfly(6), ValueError, "got n=6"),
    (lambda: fn.matmul(6, columns=6, levels=2), ValueError, "divisible by 4, got N of 6 x 6 and columns=6"),
    (lambda: fn.matmul(4, columns=4, scheme="magic"), ValueError, "got 'magic'"),
    (lambda: fn.matmul(4, columns=4, levels=-1), ValueError, "-1"),
    (lambda: fn.matmul(0, columns=4), ValueError, "0"),
    (lambda: fn.matmul(np.ones(4), columns=4), ValueError, "N"),
    (lambda: fn.matmul(np.ones((2, 2), dtype=bool), columns=2), TypeError, "bool"),
    (lambda: fn.matmul(np.full((2, 2), 2**62), columns=2), ValueError, "int64 holds"),
    (lambda: fn.matmul(np.full((2, 2), -1.5e308), columns=2), ValueError, "float64 holds"),
    (lambda: fn.matmul(np.full((2, 2), np.nan), columns=2), ValueError, "N"),
]


@pytest.mark.parametrize(("call", "error", "sentence"), BAD, ids=[str(i) for i in range(len(BAD))])
def test_bad_input_is_refused_with_both_sides(call, error: type, sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        call()


def test_bad_wavelets_are_refused() -> None:
    pytest.importorskip("pywt")
    with pytest.raises(ValueError, match="got 'nosuch'"):
        fn.wavelet("nosuch", 8)
    with pytest.raises(TypeError, match="got 4"):
        fn.wavelet(4, 8)  # type: ignore[arg-type]  # the point of the test
    with pytest.raises(ValueError, match="got 'mirror'"):
        fn.wavelet("db2", 8, mode="mirror")
    with pytest.raises(ValueError, match="at most 3 levels at n=8, got levels=4"):
        fn.wavelet("db2", 8, 4)
    with pytest.raises(ValueError, match="at least 2 values"):
        fn.wavelet("haar", 1, 1, "reflect")


def test_what_memory_cannot_hold_is_refused_before_allocation() -> None:
    with pytest.raises(MemoryError):
        fn.dft(2**50)
    with pytest.raises(MemoryError):
        fn.dct(2**50)
    with pytest.raises(MemoryError):
        fn.random_sparse(10**9, 0.5)
    with pytest.raises(MemoryError):
        fn.random_butterfly(2**50)
    with pytest.raises(MemoryError):
        fn.haar(2**50)
