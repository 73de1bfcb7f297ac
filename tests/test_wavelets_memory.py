"""Memory of results, and lines that are joined, cut or extended together."""

from __future__ import annotations

import gc
import subprocess
import sys

import numpy as np
import pytest
from flatnet import wavelets as fw

pytestmark = pytest.mark.filterwarnings("ignore:Level value of:UserWarning")
LARGE = 1 << 17  # float64: details of one level have 512 KiB


def one_by_one(x: np.ndarray, wavelet: str, mode: str, level: int) -> list[np.ndarray]:
    rows = [fw.wavedec(row, wavelet, mode, level) for row in x]
    return [np.stack(bands) for bands in zip(*rows, strict=True)]


# A line has the same bits alone and among others, however its levels are taken: 33 rows are joined, 70000 samples cut,
# 35 and 1000 samples have levels of odd length.
@pytest.mark.parametrize(
    "shape", [(33, 1024), (700, 96), (3, 1 << 16), (2, 70016), (1, 1 << 17), (21, 35), (9, 1000), (300, 64)]
)
@pytest.mark.parametrize("mode", ["symmetric", "periodization", "antireflect"])
@pytest.mark.parametrize("dtype", ["float32", "complex128"])
def test_rows_together_are_rows_alone(shape: tuple[int, int], mode: str, dtype: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape).astype(dtype)
    for wavelet in ("haar", ([0.5, 0.25, 1.0, -0.5],) * 4):
        level = 5 if shape[1] < 1000 else 9
        together = fw.wavedec(x, wavelet, mode, level, threads=1)
        alone = one_by_one(x, wavelet, mode, level)
        for one, two in zip(together, alone, strict=True):
            np.testing.assert_array_equal(one, two)
        back = fw.waverec(together, wavelet, mode, threads=1)
        np.testing.assert_array_equal(
            back, np.stack([fw.waverec([c[r] for c in together], wavelet, mode) for r in range(shape[0])])
        )
        np.testing.assert_array_equal(back, fw.waverec(together, wavelet, mode, threads=3))
        if wavelet == "haar":
            assert np.abs(back[:, : shape[1]] - x).max() < (1e-5 if dtype == "float32" else 1e-13)


@pytest.mark.parametrize("shape", [(4096, 40), (512, 1024), (320, 130), (5, 64, 700), (96, 5000)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_columns_are_rows(shape: tuple[int, ...], dtype: str) -> None:
    x = np.random.default_rng(1).standard_normal(shape).astype(dtype)
    rows = np.ascontiguousarray(np.moveaxis(x, -2, -1))
    for wavelet in ("haar", ([0.5, 0.25, 1.0, -0.5],) * 4):
        down, along = fw.wavedec(x, wavelet, axis=-2), fw.wavedec(rows, wavelet)
        for one, two in zip(down, along, strict=True):
            np.testing.assert_array_equal(np.moveaxis(one, -2, -1), two)
        back = fw.waverec(down, wavelet, axis=-2, threads=1)
        np.testing.assert_array_equal(np.moveaxis(back, -2, -1), fw.waverec(along, wavelet))
        np.testing.assert_array_equal(back, fw.waverec(down, wavelet, axis=-2, threads=3))


def test_large_results_are_arrays_like_any_other() -> None:
    x = np.arange(LARGE, dtype=float)
    _, cD = fw.dwt(x, "haar")
    assert cD.flags.owndata and cD.flags.writeable and cD.flags.c_contiguous and cD.ctypes.data % 64 == 0
    expected = cD.copy()
    cD.resize(2 * cD.size, refcheck=False)  # grows with zeros
    np.testing.assert_array_equal(cD[: expected.size], expected)
    assert not cD[expected.size :].any()
    cD.resize(7, refcheck=False)
    np.testing.assert_array_equal(cD, expected[:7])


def test_memory_of_a_result_is_used_again_and_not_before() -> None:
    x = np.arange(LARGE, dtype=float)
    held = [fw.dwt(x + i, "haar") for i in range(20)]
    places = {c.ctypes.data for pair in held for c in pair}
    assert len(places) == 40
    for i, (cA, _) in enumerate(held):
        assert cA[0] == pytest.approx((1 + 2 * i) / 2**0.5)
    view = held[0][0][3:]
    del held
    gc.collect()
    again = fw.dwt(x, "haar")
    assert {c.ctypes.data for c in again} <= places
    assert view[0] == pytest.approx(13 / 2**0.5)


def test_arrays_may_outlive_everything() -> None:
    code = (
        "import numpy as np, flatnet as fn, sys\n"
        f"sys.kept = fn.wavelets.dwt(np.ones({LARGE}), 'haar')\n"
        "for i in range(40): fn.wavelets.dwt(np.ones(1 << 21), 'haar')\n"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120).stderr == ""
