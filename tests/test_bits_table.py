"""Truth tables and multilinear coefficients: sums over subsets by definition, exact integers, round trips."""

from __future__ import annotations

import flatnet as fn
import numpy as np
import pytest


def mobius_by_definition(f: np.ndarray) -> list[int]:
    sets = range(f.size)
    return [sum((-1) ** ((K ^ T).bit_count()) * int(f[T]) for T in sets if T & ~K == 0) for K in sets]


@pytest.mark.parametrize("n", range(8))
def test_multilinear_is_the_alternating_sum_over_subsets(n: int) -> None:
    f = np.random.default_rng(n).integers(-50, 50, 1 << n)
    h = fn.multilinear(f)
    assert h.dtype == np.int64
    assert h.tolist() == mobius_by_definition(f)
    assert [sum(int(h[K]) for K in range(1 << n) if K & ~S == 0) for S in range(1 << n)] == f.tolist()


@pytest.mark.parametrize("n", [*range(11, 17), 20])
def test_round_trip(n: int) -> None:
    """Exact in whole numbers; in floats h is up to 2^n max|f| and each of 2n sums rounds it by u."""
    rng = np.random.default_rng(n)
    f = rng.integers(-(2**30), 2**30, 1 << n)
    assert (fn.truth_table(fn.multilinear(f)) == f).all()
    g = rng.standard_normal(1 << n)
    error = np.abs(fn.truth_table(fn.multilinear(g)) - g).max()
    assert error <= 2 * n * 2.0**-53 * 3.0**n * np.abs(g).max()
    assert n > 12 or error < 1e-10
    assert fn.multilinear(g.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("n", [18, pytest.param(22, marks=pytest.mark.slow)])
def test_in_place(n: int) -> None:
    """Parity's coefficients are (-2)^(|K| - 1); 2^n points, in the array that is given (2^24: bench/bits.py)."""
    count = np.zeros(1, np.int64)
    for _ in range(n):
        count = np.concatenate((count, count + 1))
    table = count % 2
    assert fn.multilinear(table, out=table) is table
    expected = np.where(count == 0, 0, (-2) ** np.maximum(count - 1, 0))
    assert (table == expected).all()
    fn.truth_table(table, out=table)
    assert (table == count % 2).all()


@pytest.mark.parametrize("n", [3, 13])
def test_layouts_dtypes_and_threads(n: int) -> None:
    rng = np.random.default_rng(5)
    f = rng.integers(-9, 9, (2, 3, 1 << n))
    expected = fn.multilinear(f)
    for kind in ("i1", "i2", "i4", ">i8", "f4", "f8", ">f8", "c8", "c16"):
        g = fn.multilinear(f.astype(kind))
        assert (g == expected).all()
        assert g.dtype == (np.int64 if "i" in kind else np.dtype(kind).newbyteorder("="))
    assert (fn.multilinear(f > 0) == fn.multilinear((f > 0).astype(int))).all()
    assert (fn.multilinear(f[:, ::-1, ::-1], threads=2) == fn.multilinear(f[:, ::-1, ::-1].copy())).all()
    wide = np.zeros((2, 3, 2 << n), np.int64)
    f.flags.writeable = False
    assert (fn.multilinear(f, out=wide[..., ::2]) == expected).all() and (wide[..., 1::2] == 0).all()
    assert fn.multilinear(np.empty((0, 8))).shape == (0, 8)


def test_overflow_of_exact_integers_is_refused() -> None:
    f = np.array([0, 2**60, 0, 0])
    assert fn.multilinear(f).tolist() == [0, 2**60, 0, -(2**60)]
    for big in (2**61, -(2**63)):
        with pytest.raises(ValueError, match=r"2\*\*2 times the largest entry"):
            fn.multilinear(np.array([0, big, 0, 0]))
    kept = np.array([1, 2**62, 3, 4])
    with pytest.raises(ValueError, match="could pass it"):
        fn.truth_table(kept, out=kept)
    assert kept.tolist() == [1, 2**62, 3, 4]


BAD = [
    (lambda: fn.multilinear(3), ValueError, "scalar"),
    (lambda: fn.multilinear([1, 2, 3]), ValueError, "n=3"),
    (lambda: fn.multilinear([]), ValueError, "n=0"),
    (lambda: fn.multilinear(np.ones(4, np.float16)), TypeError, "float16"),
    (lambda: fn.multilinear(np.array([2**64 - 1, 0], np.uint64)), ValueError, "18446744073709551615"),
    (lambda: fn.multilinear([1, 2], out=np.ones(2)), TypeError, "int64"),
    (lambda: fn.truth_table({(0,): 1.0}), TypeError, "object"),
]


@pytest.mark.parametrize(("call", "error", "sentence"), BAD, ids=[str(i) for i in range(len(BAD))])
def test_bad_input_is_refused_with_both_sides(call, error: type, sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        call()
