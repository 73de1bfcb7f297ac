"""flatnet.wavelets against PyWavelets and against what a wavelet transform must satisfy.

Tolerance: a coefficient is a sum of K products (with up to three terms for a sample beyond the end), so one level errs
by at most (K + 6) eps times the sum of the terms' magnitudes; two implementations differ by twice that, L levels by L
times more, with the magnitudes of the approximations in between. `bound` is that product.
"""

from __future__ import annotations

import warnings
from typing import Any

import flatnet as fn
import numpy as np
import pytest
from flatnet import _core
from flatnet import wavelets as fw
from flatnet.wavelets._arguments import MODES, filter_bank
from hypothesis import given
from hypothesis import strategies as st
from signals import data

pywt = pytest.importorskip("pywt")

DISCRETE = pywt.wavelist(kind="discrete")
SOME = ("haar", "db4", "bior3.1", "coif2", "sym7", "dmey")
DTYPES = ("float32", "float64", "complex64", "complex128")
pytestmark = pytest.mark.filterwarnings("ignore:Level value of:UserWarning")


def bound(wavelet: str, mode: str, peak: float, dtype: Any, levels: int = 1, inverse: bool = False) -> float:
    bank = pywt.Wavelet(wavelet).filter_bank
    gain = max(np.abs(taps).sum() for taps in (bank[2:] if inverse else bank[:2])) * (2 if inverse else 1)
    if not inverse and mode in ("smooth", "antireflect"):
        gain *= 2 * len(bank[0]) + 3  # a sample k steps beyond the end is (1+k) x[0] - k x[1]
    eps = np.finfo(np.dtype(dtype)).eps
    return float(2 * levels * (len(bank[0]) + 6) * eps * gain**levels * peak)


def close(found: np.ndarray, expected: np.ndarray, tolerance: float) -> None:
    assert found.shape == expected.shape and found.dtype == expected.dtype
    assert found.size == 0 or np.abs(found - expected).max() <= tolerance


def lengths(mode: str, *all_lengths: int) -> list[int]:
    return [n for n in all_lengths if n > 1 or mode not in ("reflect", "antireflect")]


# One level, all wavelets and modes, signals shorter and longer than the filter.
@pytest.mark.parametrize("mode", MODES)
def test_dwt_and_idwt_equal_pywt_for_all_wavelets(mode: str) -> None:
    for wavelet in DISCRETE:
        for n in lengths(mode, 1, 2, 3, 8, 21, 150):
            x = data(n)
            expected = pywt.dwt(x, wavelet, mode)
            for found, right in zip(fw.dwt(x, wavelet, mode), expected, strict=True):
                close(found, right, bound(wavelet, mode, np.abs(x).max(), "float64"))
            peak = max(np.abs(c).max() for c in expected)
            close(
                fw.idwt(*expected, wavelet, mode),
                pywt.idwt(*expected, wavelet, mode),
                bound(wavelet, mode, peak, "float64", inverse=True),
            )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("mode", MODES)
def test_wavedec_and_waverec_equal_pywt(mode: str, dtype: str) -> None:
    for wavelet in SOME[:5]:
        for n in lengths(mode, 1, 5, 37, 600):
            x = data(n, dtype)
            levels = 3 if mode not in ("reflect", "antireflect") or n > 30 else 1
            expected = pywt.wavedec(x, wavelet, mode, level=levels)
            found = fw.wavedec(x, wavelet, mode, level=levels)
            tolerance = bound(wavelet, mode, np.abs(x).max(), dtype, levels)
            for one, right in zip(found, expected, strict=True):
                close(one, right, tolerance)
            peak = max(np.abs(c).max() for c in expected)
            close(
                fw.waverec(expected, wavelet, mode),
                pywt.waverec(expected, wavelet, mode),
                bound(wavelet, mode, peak, dtype, levels, inverse=True),
            )


# Rows narrower and wider than a vector, lines of one component and of several.
@pytest.mark.parametrize("shape", [(7, 9), (2, 33), (40, 3), (3, 20, 6), (30, 2, 17), (64, 33, 1), (12, 130)])
@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
def test_any_axis_equals_pywt(shape: tuple[int, ...], dtype: str) -> None:
    x = data(shape, dtype)
    for wavelet, mode in zip(("haar", "db4", "coif1"), ("symmetric", "periodization", "antireflect")):
        for axis in range(len(shape)):
            if shape[axis] == 1:
                continue
            expected = pywt.wavedec(x, wavelet, mode, level=2, axis=axis)
            tolerance = bound(wavelet, mode, np.abs(x).max(), dtype, 2)
            for found, right in zip(fw.wavedec(x, wavelet, mode, level=2, axis=axis), expected, strict=True):
                close(found, right, tolerance)
            peak = max(np.abs(c).max() for c in expected)
            close(
                fw.waverec(expected, wavelet, mode, axis=axis - len(shape)),
                pywt.waverec(expected, wavelet, mode, axis=axis),
                bound(wavelet, mode, peak, dtype, 2, inverse=True),
            )


@pytest.mark.parametrize("mode", [*MODES, ("periodic", "smooth")])
@pytest.mark.parametrize("axes", [(0, 1), (1, 2), (-1, 0), (2, 1)])
def test_two_axes_equal_pywt(mode: Any, axes: tuple[int, int]) -> None:
    x = data((19, 26, 11))
    for wavelet in ("haar", "db3", ("db2", "bior2.2")):
        expected = pywt.wavedec2(x, wavelet, mode, level=2, axes=axes)
        found = fw.wavedec2(x, wavelet, mode, level=2, axes=axes)
        tolerance = bound("bior2.2", "smooth", np.abs(x).max(), "float64", 4)
        close(found[0], expected[0], tolerance)
        for one, right in zip(found[1:], expected[1:], strict=True):
            for band, right_band in zip(one, right, strict=True):
                close(band, right_band, tolerance)
        # The coefficients of extended signals reach 100; both reconstructions add some of them.
        peak = max(np.abs(band).max() for level in expected[1:] for band in level)
        limit = bound("bior2.2", "zero", max(peak, np.abs(expected[0]).max()), "float64", 4, inverse=True)
        close(fw.waverec2(expected, wavelet, mode, axes), pywt.waverec2(expected, wavelet, mode, axes), limit)


@pytest.mark.parametrize("axes", [None, (0,), (2, 0), (1, 2), (3, 1, 2), (0, 0)])
def test_dwtn_equals_pywt(axes: tuple[int, ...] | None) -> None:
    x = data((8, 9, 10, 6), "float32")
    expected = pywt.dwtn(x, "db2", "symmetric", axes)
    found = fw.dwtn(x, "db2", "symmetric", axes)
    assert found.keys() == expected.keys()
    for key, band in expected.items():
        close(found[key], band, bound("db2", "symmetric", np.abs(x).max(), "float32", 4))
    peak = max(np.abs(band).max() for band in expected.values())
    limit = bound("db2", "symmetric", peak, "float32", 4, inverse=True)
    del expected["d" * len(next(iter(expected)))]  # a missing band stands for zeros
    close(fw.idwtn(expected, "db2", "symmetric", axes), pywt.idwtn(expected, "db2", "symmetric", axes), limit)


def test_planes_wider_and_higher_than_a_tile_equal_pywt() -> None:
    for shape in ((300, 2500), (700, 40)):
        x = data(shape, "float32")
        for wavelet, mode in (("haar", "periodic"), ("db4", "antireflect"), ("coif3", "periodization")):
            for found, right in zip(fw.dwtn(x, wavelet, mode).values(), pywt.dwtn(x, wavelet, mode).values(), strict=True):
                close(found, right, bound(wavelet, mode, np.abs(x).max(), "float32", 2))
            bands = pywt.dwt2(x, wavelet, mode)
            limit = bound(wavelet, mode, np.abs(bands[0]).max(), "float32", 2, inverse=True)
            close(fw.idwt2(bands, wavelet, mode), pywt.idwt2(bands, wavelet, mode), limit)


@pytest.mark.isa
def test_every_instruction_set(isa: str) -> None:
    for dtype in DTYPES:
        x = data((3, 1201), dtype)
        for wavelet in ("haar", "db2", "db4", "coif2"):
            for axis in (0, 1):
                bank, levels = filter_bank(wavelet), 1 if axis == 0 else 4
                found = _core.wavelet_dec(bank, MODES.index("symmetric"), x, axis, levels, 1, isa)
                expected = pywt.wavedec(x, wavelet, level=levels, axis=axis)
                for one, right in zip(found, expected, strict=True):
                    close(one, right, bound(wavelet, "symmetric", np.abs(x).max(), dtype, levels))
                back = _core.wavelet_rec(bank, MODES.index("symmetric"), found, axis, 1, isa)
                limit = bound(wavelet, "symmetric", np.abs(found[0]).max(), dtype, levels, inverse=True)
                assert np.abs(back[: x.shape[0], : x.shape[1]] - x).max() <= limit


@pytest.mark.parametrize("shape, axis", [((700_001,), 0), ((5000, 60), 1), ((4000, 70), 0), ((3, 50_000, 2), 1)])
def test_threads_give_the_same_bits(shape: tuple[int, ...], axis: int) -> None:
    x = data(shape, "float32")
    for wavelet, mode in (("haar", "symmetric"), ("db4", "periodization"), ("db3", "smooth")):
        one, three = (fw.wavedec(x, wavelet, mode, axis=axis, level=4, threads=threads) for threads in (1, 3))
        for a, b in zip(one, three, strict=True):
            np.testing.assert_array_equal(a, b)
        a, b = (fw.waverec(one, wavelet, mode, axis=axis, threads=threads) for threads in (1, 3))
        np.testing.assert_array_equal(a, b)


def test_threads_give_the_same_bits_on_planes() -> None:
    x = data((900, 700))
    for wavelet, mode in (("haar", "symmetric"), ("db4", "periodization")):
        one, three = (fw.dwtn(x, wavelet, mode, threads=threads) for threads in (1, 3))
        for key in one:
            np.testing.assert_array_equal(one[key], three[key])
        a, b = (fw.idwtn(one, wavelet, mode, threads=threads) for threads in (1, 3))
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("shape, axis", [((300_001,), 0), ((2, 70_000, 3), 1)])
def test_long_signals_equal_pywt(shape: tuple[int, ...], axis: int) -> None:
    x = data(shape)
    for wavelet, mode in (("haar", "symmetric"), ("db4", "antireflect"), ("sym20", "zero"), ("db2", "periodization")):
        expected = pywt.wavedec(x, wavelet, mode, level=8, axis=axis)
        for found, right in zip(fw.wavedec(x, wavelet, mode, level=8, axis=axis), expected, strict=True):
            close(found, right, bound(wavelet, mode, np.abs(x).max(), "float64", 8))
        back = fw.waverec(expected, wavelet, mode, axis=axis)
        peak = max(np.abs(c).max() for c in expected)
        # Orthogonal: eight levels keep the norm, and each errs by some 50 eps of the largest coefficient.
        close(back, pywt.waverec(expected, wavelet, mode, axis=axis), 1e-12 * peak)


# What holds for every wavelet transform.
@given(
    wavelet=st.sampled_from([w for w in DISCRETE if w != "dmey"]),
    mode=st.sampled_from(MODES),
    n=st.integers(2, 300),
    level=st.integers(1, 3),
    dtype=st.sampled_from(["float64", "complex128"]),
)
def test_perfect_reconstruction(wavelet: str, mode: str, n: int, level: int, dtype: str) -> None:
    x = data(n, dtype, seed=n)
    if mode in ("reflect", "antireflect") and n < 8:
        level = 1
    coeffs = fw.wavedec(x, wavelet, mode, level)
    back = fw.waverec(coeffs, wavelet, mode)
    assert 0 <= len(back) - n <= 1
    peak = max(np.abs(c).max() for c in coeffs)
    # PyWavelets' taps are rounded to some 1e-11 in places (sym, coif): the transform is perfect up to that.
    assert np.abs(back[:n] - x).max() <= 1e-9 * peak + bound(wavelet, mode, peak, dtype, level, inverse=True)


@given(wavelet=st.sampled_from(["haar", "db2", "db7", "sym4"]), k=st.integers(1, 40), level=st.integers(1, 4))
def test_orthogonal_wavelets_keep_the_norm(wavelet: str, k: int, level: int) -> None:
    x = data(k << level)
    energy = sum(np.vdot(c, c) for c in fw.wavedec(x, wavelet, "periodization", level))
    assert energy == pytest.approx(np.vdot(x, x), rel=1e-9)


@given(wavelet=st.sampled_from(SOME), mode=st.sampled_from(MODES), n=st.integers(8, 90))
def test_linear(wavelet: str, mode: str, n: int) -> None:
    x, y = data(n, seed=1), data(n, seed=2)
    both = fw.dwt(2.0 * x - 3.0 * y, wavelet, mode)
    for whole, a, b in zip(both, fw.dwt(x, wavelet, mode), fw.dwt(y, wavelet, mode), strict=True):
        peak = 5 * max(np.abs(x).max(), np.abs(y).max())
        close(whole, 2.0 * a - 3.0 * b, bound(wavelet, mode, peak, "float64"))


def test_integers_in_haar_sums_are_exact() -> None:
    bank = ([1, 1], [-1, 1], [1, 1], [1, -1])
    x = np.arange(-8, 8, dtype=np.int16)
    cA, cD = fw.dwt(x, bank)
    assert cA.tolist() == (x[::2].astype(float) + x[1::2]).tolist()
    assert cD.tolist() == [-1.0] * 8


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_layout_does_not_matter(dtype: str, axis: int) -> None:
    base = data((6, 10, 9), dtype)
    plain = fw.wavedec(base, "db2", level=2, axis=axis)
    wide = np.zeros((12, 30, 27), dtype)
    wide[::2, ::3, ::3] = base
    shifted = np.zeros(base.nbytes + 1, np.uint8)[1:].view(np.uint8)
    misaligned = np.ndarray(base.shape, dtype, buffer=shifted.data)
    misaligned[...] = base
    flipped = np.ascontiguousarray(base[::-1, ::-1, ::-1])[::-1, ::-1, ::-1]
    rows = np.zeros((6, 12, 9), dtype)[:, :10]
    rows[...] = base
    constant = base.copy()
    constant.setflags(write=False)
    swapped = base.astype(base.dtype.newbyteorder())
    for x in (wide[::2, ::3, ::3], misaligned, flipped, np.asfortranarray(base), rows, constant, swapped):
        before = x.copy()
        for found, expected in zip(fw.wavedec(x, "db2", level=2, axis=axis), plain, strict=True):
            assert found.dtype == expected.dtype and found.flags.c_contiguous and found.dtype.isnative
            np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(x, before)
    back = fw.waverec(plain, "db2", axis=axis)
    turned = [np.asfortranarray(c) for c in plain]
    np.testing.assert_array_equal(fw.waverec(turned, "db2", axis=axis), back)


def test_special_values_stay_where_they_are() -> None:
    x = np.ones(32)
    x[0], x[31] = np.inf, np.nan
    for mode in MODES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            expected, found = pywt.dwt(x, "db2", mode), fw.dwt(x, "db2", mode)
        for one, right in zip(found, expected, strict=True):
            np.testing.assert_array_equal(np.isfinite(one), np.isfinite(right), err_msg=mode)


@pytest.mark.parametrize(
    "given_dtype, computed",
    [("float16", "float32"), ("int8", "float64"), ("uint64", "float64"), ("bool", "float64"), ("float32", "float32")],
)
def test_dtypes_are_those_of_pywt(given_dtype: str, computed: str) -> None:
    x = np.array([3, 7, 1, 1, 0, 5, 4, 6]).astype(given_dtype)
    for found, expected in zip(fw.wavedec(x, "db2"), pywt.wavedec(x, "db2"), strict=True):
        assert found.dtype == expected.dtype == computed
    assert fw.dwt2(x.reshape(2, 4), "haar")[0].dtype == computed


def test_mixed_and_missing_coefficients() -> None:
    coeffs = fw.wavedec(data(40), "db2", level=3)
    mixed = [coeffs[0].astype("float32"), *coeffs[1:]]
    close(fw.waverec(mixed, "db2"), pywt.waverec(mixed, "db2"), 1e-13)
    complex_one = [coeffs[0], coeffs[1].astype("complex64"), *coeffs[2:]]
    close(fw.waverec(complex_one, "db2"), pywt.waverec(complex_one, "db2"), 1e-13)
    for missing in (0, 1, 3):
        some = [None if i == missing else c for i, c in enumerate(coeffs)]
        close(fw.waverec(some, "db2"), pywt.waverec(some, "db2"), 1e-13)
    for pair in ((coeffs[1], None), (None, coeffs[1])):
        close(fw.idwt(*pair, "db2"), pywt.idwt(*pair, "db2"), 1e-13)
    assert fw.waverec([coeffs[0]], "db2") is coeffs[0]
    assert fw.wavedec(coeffs[0], "db2", level=0)[0] is coeffs[0]


def test_waverecn_equals_pywt() -> None:
    x = data((9, 14, 5))
    coeffs = pywt.wavedecn(x, "db2", level=2)
    close(fw.waverecn(coeffs, "db2"), pywt.waverecn([c if i == 0 else dict(c) for i, c in enumerate(coeffs)], "db2"), 1e-12)
    for one, right in zip(fw.wavedecn(x, "db2", level=2), coeffs, strict=True):
        if isinstance(right, dict):
            assert all(np.allclose(one[key], right[key], rtol=0, atol=1e-12) for key in right)
        else:
            close(one, right, 1e-12)


def test_part_by_part_equals_pywt() -> None:
    x = data(50)
    for part in "ad":
        for level in (1, 2, 3):
            for mode in ("symmetric", "periodization", "zero"):
                found, expected = fw.downcoef(part, x, "db3", mode, level), pywt.downcoef(part, x, "db3", mode, level)
                close(found, expected, bound("db3", mode, 4, "float64", level))
            for take in (0, 7, 8, 1000):
                found, expected = fw.upcoef(part, x, "db3", level, take), pywt.upcoef(part, x, "db3", level, take)
                close(found, expected, bound("db3", "zero", 4, "float64", level, inverse=True))


def test_lengths_are_those_of_pywt() -> None:
    for n in (1, 2, 3, 7, 100, 1001):
        for taps in (2, 3, 8, 76):
            assert fw.dwt_max_level(n, taps) == pywt.dwt_max_level(n, taps)
            for mode in MODES:
                assert fw.dwt_coeff_len(n, taps, mode) == pywt.dwt_coeff_len(n, taps, mode)
    assert fw.dwt_max_level(1000, "sym5") == fw.dwt_max_level(1000, pywt.Wavelet("sym5")) == 6
    assert fw.dwt_coeff_len(10, pywt.Wavelet("db2"), 1) == pywt.dwt_coeff_len(10, pywt.Wavelet("db2"), 1)
    assert fw.wavelist() == DISCRETE and fw.wavelist("db") == pywt.wavelist("db")


# The forms in which a wavelet comes.
def test_filter_banks_in_every_form() -> None:
    class Own:
        filter_bank = pywt.Wavelet("db3").filter_bank

    x = data(30)
    expected = fw.dwt(x, "db3")
    forms = (
        pywt.Wavelet("db3"),
        Own(),
        Own.filter_bank,
        tuple(map(np.array, Own.filter_bank)),
        np.array(Own.filter_bank),
        "DB3",
    )
    for form in forms:
        for found, right in zip(fw.dwt(x, form), expected, strict=True):
            np.testing.assert_array_equal(found, right)
    named = pywt.Wavelet("db3", filter_bank=pywt.Wavelet("sym3").filter_bank)  # a name is no filter
    np.testing.assert_array_equal(fw.dwt(x, named)[0], fw.dwt(x, "sym3")[0])
    two = fw.dwt2(x.reshape(5, 6), (Own.filter_bank, "haar"))[0]
    close(two, pywt.dwt2(x.reshape(5, 6), ("db3", "haar"))[0], 1e-13)


def test_odd_filters_decompose_and_do_not_reconstruct() -> None:
    odd = ([1.0, 2.0, 3.0], [1.0, -1.0, 0.5], [1.0] * 3, [1.0] * 3)
    for bank in (odd, ([2.0], [3.0], [1.0], [1.0])):
        for mode in ("zero", "symmetric", "periodic"):
            for n in (1, 2, 9, 2000):
                for taps, found in zip(bank, fw.dwt(data(n), bank, mode)):
                    margin = len(taps) - 1
                    extended = np.convolve(pywt.pad(data(n), margin, mode), taps, "valid")
                    close(found, extended[1::2][: len(found)], 1e-13)
    with pytest.raises(ValueError, match="filters of even length, got 3 taps"):
        fw.idwt(np.ones(8), np.ones(8), odd)


@pytest.mark.parametrize("mode", ["periodization", "symmetric", "smooth", "antireflect"])
def test_the_network_says_the_same(mode: str) -> None:
    for name in ("haar", "db3"):
        net = fn.wavelet(name, 96, levels=3, mode=mode)
        x = data((4, 96))
        together = np.concatenate(fw.wavedec(x, name, mode, level=3), axis=-1)
        close(together, net(x), bound(name, mode, np.abs(x).max(), "float64", 3))
    close(np.concatenate(fw.wavedec(data(64), "haar", "periodization", level=6)), fn.haar(64)(data(64)), 1e-13)


# Refusals.
