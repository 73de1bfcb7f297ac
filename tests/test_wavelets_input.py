"""What flatnet.wavelets refuses, warns of, and hands to PyWavelets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from flatnet import wavelets as fw

pywt = pytest.importorskip("pywt")
pytestmark = pytest.mark.filterwarnings("ignore:Level value of:UserWarning")

X = np.ones(8)
REFUSED = [
    (lambda: fw.dwt([], "db2"), ValueError, "at least 1 sample, the axis has 0"),
    (lambda: fw.dwt(np.ones((0, 4)), "db2", axis=0), ValueError, "at least 1 sample"),
    (lambda: fw.wavedec([], "db2", level=1), ValueError, "at least 1 sample"),
    (lambda: fw.dwt2(np.ones((0, 4)), "db2"), ValueError, "at least 1 sample"),
    (lambda: fw.dwt([1.0], "db2", "reflect"), ValueError, "at least 2 of them, level 1 has 1"),
    (lambda: fw.dwt(np.ones((3, 1)), "haar", "antireflect"), ValueError, "at least 2"),
    (lambda: fw.dwt2(np.ones((3, 1)), "haar", "antireflect"), ValueError, "at least 2"),
    (lambda: fw.dwt(X, "db2", axis=1), ValueError, "axis 1 is out of range: the data have 1 dimensions"),
    (lambda: fw.dwt(X, "db2", axis=1), IndexError, "axis 1"),
    (lambda: fw.dwt(1.0, "db2"), ValueError, "axis -1 is out of range"),
    (lambda: fw.wavedec(X, "db2", axis=3), ValueError, "axis 3"),
    (lambda: fw.wavedec(X, "db2", axis=1.0), TypeError, "float"),
    (lambda: fw.wavedec(X, "haar", level=-1), ValueError, "at least 0, got -1"),
    (lambda: fw.wavedec(X, "haar", level=1.5), TypeError, "float"),
    (lambda: fw.dwt(X, "nope"), ValueError, "nope"),
    (lambda: fw.dwt(X, "morl"), ValueError, "'morl' is continuous"),
    (lambda: fw.dwt(X, pywt.DiscreteContinuousWavelet("morl")), ValueError, "continuous wavelet 'morl'"),
    (lambda: fw.dwt(X, 3), TypeError, "a wavelet is a name"),
    (lambda: fw.dwt(X, None), TypeError, "a wavelet is a name"),
    (lambda: fw.dwt(X, ([1, 2], [1, 2], [1, 2], [1])), ValueError, "one length, got 2, 2, 2 and 1 taps"),
    (lambda: fw.dwt(X, ([], [], [], [])), ValueError, "got 0, 0, 0 and 0 taps"),
    (lambda: fw.dwt(X, "haar", "nope"), ValueError, "unknown mode 'nope'; the modes are zero, constant"),
    (lambda: fw.dwt(X, "haar", 9), ValueError, "numbered 0 to 8, got 9"),
    (lambda: fw.dwt(X, "haar", None), TypeError, "a mode is a name or a number"),
    (lambda: fw.dwt(X, "haar", threads=0), ValueError, "threads >= 1"),
    (lambda: fw.dwt(X.astype(np.longdouble), "haar"), TypeError, "longdouble|float128"),
    (lambda: fw.dwt(X.astype(np.clongdouble), "haar"), TypeError, "complex256|clongdouble"),
    (lambda: fw.dwt(X.astype(object), "haar"), TypeError, "object"),
    (lambda: fw.dwt2(np.ones((4, 4), np.longdouble), "haar"), TypeError, "longdouble|float128"),
    (lambda: fw.dwt(np.array(["1", "2"]), "haar"), TypeError, "str"),
    (lambda: fw.idwt(None, None, "haar"), ValueError, "got None for both"),
    (lambda: fw.idwt(np.ones(3), np.ones(4), "haar"), ValueError, r"one shape, got \(3,\) and \(4,\)"),
    (lambda: fw.idwt([1, 2, 4], [4, 1, 3], "db4"), ValueError, "3 coefficients are too few for filters of 8 taps"),
    (lambda: fw.idwt([], [], "haar"), ValueError, "0 coefficients are too few"),
    (lambda: fw.waverec(X, "haar"), ValueError, "list or tuple of arrays, got ndarray"),
    (lambda: fw.waverec([], "haar"), ValueError, "got none"),
    (lambda: fw.waverec([X, [1.0] * 8], "haar"), ValueError, "Unexpected detail coefficient type"),
    (
        lambda: fw.waverec([X, np.ones(5)], "haar"),
        ValueError,
        r"shape \(8,\) does not go with details of shape \(5,\)",
    ),
    (lambda: fw.waverec([X, X, np.ones(99)], "haar"), ValueError, "99 do not go with an approximation of length 16"),
    (lambda: fw.waverec([None, None], "haar"), ValueError, "None for both"),
    (lambda: fw.dwt2(X, "haar"), ValueError, "at least 2 dimensions, got 1"),
    (lambda: fw.dwt2(np.ones((4, 4)), "haar", axes=(0,)), ValueError, "2 axes, got 1"),
    (lambda: fw.dwtn(np.ones((4, 4)), "haar", axes=(0, 5)), ValueError, "axis 5"),
    (lambda: fw.dwtn(np.ones((4, 4)), ("haar",) * 3), ValueError, "number of wavelets .* got 3 and 2"),
    (lambda: fw.dwtn(np.ones((4, 4)), "haar", ("zero",) * 3), ValueError, "number of modes .* got 3 and 2"),
    (lambda: fw.wavedec2(np.ones((4, 4)), "haar", axes=(1, -1)), ValueError, "must be unique"),
    (lambda: fw.wavedecn(np.array(0), "haar"), ValueError, "at least 1 dimension"),
    (lambda: fw.idwtn({"aa": np.ones((2, 2)), "ad": np.ones((2, 3))}, "haar"), ValueError, "one shape"),
    (lambda: fw.idwtn({"aa": None}, "haar"), ValueError, "at least one band"),
    (lambda: fw.idwtn({"xx": np.ones((2, 2))}, "haar"), ValueError, "words over 'a' and 'd'"),
    (lambda: fw.waverec2([np.ones((2, 2)), np.ones((2, 2))], "haar"), ValueError, "Unexpected detail coefficient type"),
    (lambda: fw.waverecn([np.ones((2, 2)), np.ones((2, 2))], "haar"), ValueError, "Unexpected detail coefficient type"),
    (lambda: fw.upcoef("x", X, "haar"), ValueError, "'a' or 'd' as its part, got 'x'"),
    (lambda: fw.downcoef("a", np.ones((2, 2)), "haar"), ValueError, "1-D array, got 2 axes"),
    (lambda: fw.downcoef("a", X, "haar", level=0), ValueError, "level >= 1, got 0"),
    (lambda: fw.dwt_max_level(8, 1), ValueError, "at least 2 taps, got 1"),
    (lambda: fw.dwt_max_level(8, 2.5), ValueError, "whole number"),
    (lambda: fw.dwt_max_level(8, "morl"), ValueError, "continuous"),
    (lambda: fw.dwt_coeff_len(0, 4, "zero"), ValueError, "at least 1, got 0"),
]


@pytest.mark.parametrize("call, error, words", REFUSED, ids=range(len(REFUSED)))
def test_refused_with_a_sentence(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_empty_batches() -> None:
    for found in fw.wavedec(np.ones((0, 8)), "db2", level=1):
        assert found.shape == (0, 5)
    assert fw.idwt(np.ones((0, 5)), np.ones((0, 5)), "db2").shape == (0, 8)
    assert fw.dwtn(np.ones((3, 8, 0)), "db2", axes=(0, 1))["aa"].shape == (3, 5, 0)


@pytest.mark.filterwarnings("default:Level value of:UserWarning")
def test_warnings() -> None:
    with pytest.warns(UserWarning, match="Level value of 9 is too high"):
        fw.wavedec(np.ones(8), "haar", level=9)
    with pytest.warns(DeprecationWarning, match="renamed to 'periodization'"):
        fw.dwt(np.ones(8), "haar", "per")


def test_what_pywt_does_is_handed_to_it() -> None:
    assert fw.coeffs_to_array is pywt.coeffs_to_array and fw.fswavedecn is pywt.fswavedecn
    with pytest.raises(AttributeError, match="nothing_of_the_sort"):
        _ = fw.nothing_of_the_sort


def test_haar_needs_no_pywt(script: Any) -> None:
    done = script(
        """
import sys
assert "pywt" not in sys.modules and "scipy.sparse" not in sys.modules
sys.modules["pywt"] = None
a, d = fn.wavelets.dwt(np.arange(8.0), "haar")
assert np.allclose(fn.wavelets.idwt(a, d, "db1"), np.arange(8.0))
assert fn.wavelets.wavelist() == ["db1", "haar"]
try:
    fn.wavelets.dwt(np.arange(8.0), "db2")
except ImportError as error:
    print(error)
"""
    )
    assert done.returncode == 0, done.stderr
    assert "PyWavelets" in done.stdout and "pip install flatnet[wavelets]" in done.stdout
