"""flatnet.fft beside numpy.fft, scipy.fft (called without a backend) and the sums themselves.

Tolerances. A transform of n points errs by less than c eps log2(n) relative to the 2-norm of its result, c a few units
(Higham, Accuracy and Stability, 2nd ed., thm. 24.2); lengths with large primes go through transforms of up to 4 n points.
`close` allows 8 eps log2(8 n) of the largest value, which is at most the 2-norm.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator

import flatnet as fn
import mpmath
import numpy as np
import pytest
import scipy.fft
from flatnet import _core
from flatnet.fft import _basic, _nd, _real, _real_nd
from hypothesis import given
from hypothesis import strategies as st
from signals import close, data

COMPLEX = ("complex64", "complex128")
REAL = ("float32", "float64")
# Around the widths of vectors and panels, powers, smooth lengths, primes for Rader and for Bluestein.
LENGTHS = (1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 30, 31, 32, 33, 64, 100, 127, 128, 243, 251, 256, 1000, 1009, 1024)
ONE_AXIS = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
SEVERAL = ("fftn", "ifftn", "rfftn", "irfftn", "hfftn", "ihfftn")
FROM_REAL = ("rfft", "ihfft", "rfftn", "ihfftn", "rfft2", "ihfft2")


def fourier(n: int, sign: int = -1) -> np.ndarray:
    """The matrix itself; its angles reduced exactly."""
    k = np.arange(n)
    return np.exp(sign * 2j * np.pi * (np.outer(k, k) % n) / n)


# --- the sums -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", COMPLEX)
@pytest.mark.parametrize("n", LENGTHS)
def test_fft_is_its_sum(n: int, dtype: str) -> None:
    x = data((3, n), dtype)
    close(fn.fft.fft(x), x.astype(complex) @ fourier(n), n)
    close(fn.fft.ifft(x), x.astype(complex) @ fourier(n, 1) / n, n)
    assert fn.fft.fft(x).dtype == dtype


@pytest.mark.parametrize("n", [1, 2, 5, 12, 17])
def test_against_mpmath(n: int) -> None:
    x = data(n, "complex128")
    with mpmath.workdps(40):
        wanted = [
            complex(mpmath.fsum(mpmath.mpc(v) * mpmath.expjpi(mpmath.mpf(-2 * j * k) / n) for j, v in enumerate(x)))
            for k in range(n)
        ]
    close(fn.fft.fft(x), np.array(wanted), n)


def cosine(p: np.ndarray, q: int) -> np.ndarray:
    """cos(pi p / q), the angle reduced exactly."""
    return np.cos(np.pi * (p % (2 * q)) / q)


# Twice the matrix, its rows j in and columns k out, without the halves at the ends; a sine is a cosine a quarter further.
COSINES = {
    ("dct", 1): lambda n, j, k: np.where((j == 0) | (j == n - 1), 1, 2) * cosine(j * k, n - 1),
    ("dct", 2): lambda n, j, k: 2 * cosine((2 * j + 1) * k, 2 * n),
    ("dct", 3): lambda n, j, k: np.where(j == 0, 1, 2) * cosine(j * (2 * k + 1), 2 * n),
    ("dct", 4): lambda n, j, k: 2 * cosine((2 * j + 1) * (2 * k + 1), 4 * n),
    ("dst", 1): lambda n, j, k: 2 * cosine(2 * (j + 1) * (k + 1) - (n + 1), 2 * (n + 1)),
    ("dst", 2): lambda n, j, k: 2 * cosine((2 * j + 1) * (k + 1) - n, 2 * n),
    ("dst", 3): lambda n, j, k: np.where(j == n - 1, 1, 2) * cosine((j + 1) * (2 * k + 1) - n, 2 * n),
    ("dst", 4): lambda n, j, k: 2 * cosine((2 * j + 1) * (2 * k + 1) - 2 * n, 4 * n),
}


@pytest.mark.parametrize("dtype", REAL)
@pytest.mark.parametrize(("name", "kind"), COSINES)
def test_cosines_and_sines_are_their_sums(name: str, kind: int, dtype: str) -> None:
    for n in (n for n in LENGTHS if n <= 128 and (n > 1 or (name, kind) != ("dct", 1))):
        j, k = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
        matrix = COSINES[name, kind](n, j, k)
        x = data((2, n), dtype)
        y = getattr(fn.fft, name)(x, kind)
        close(y, x.astype(float) @ matrix, 2 * n)
        assert y.dtype == dtype
        close(getattr(fn.fft, "i" + name)(y, kind), x, 16 * n)
        # norm "ortho": the matrix is orthogonal, and the transpose of III is II.
        rows = getattr(fn.fft, name)(np.eye(n), kind, norm="ortho")
        assert np.abs(rows @ rows.T - np.eye(n)).max() < 1e-12
        # A strided axis may go the way of panels where rows go one by one: other roundings, the same bound.
        close(getattr(fn.fft, name)(x.T, kind, axis=0).T, x.astype(float) @ matrix, 2 * n)


@pytest.mark.parametrize("dtype", [*REAL, *COMPLEX])
@pytest.mark.parametrize("name", ["dct", "dst", "idct", "idst"])
def test_cosines_match_scipy(name: str, dtype: str) -> None:
    x = data((4, 9, 5), dtype)
    for kind in (1, 2, 3, 4):
        for norm in (None, "ortho", "forward"):
            for orthogonalize in (None, True) if np.dtype(dtype).kind == "f" and name[-3:] == "dct" else (None,):
                for n, axis in ((None, -1), (7, 1), (12, 0)):
                    options = {"norm": norm, "orthogonalize": orthogonalize}
                    if name[-3:] == "dst" and norm == "ortho":
                        continue  # SciPy 1.11's are not orthogonal; the sums are tested above
                    wanted = getattr(scipy.fft, name)(x, kind, n, axis, **options)
                    close(getattr(fn.fft, name)(x, kind, n, axis, **options), wanted, 24)
        wanted = getattr(scipy.fft, name + "n")(x, kind, axes=(0, -1), s=(6, 3))
        close(getattr(fn.fft, name + "n")(x, kind, axes=(0, -1), s=(6, 3)), wanted, 36)


# --- as scipy.fft -------------------------------------------------------------------------------------------------


def test_names_and_signatures_are_scipys() -> None:
    missing = set(scipy.fft.__all__) - set(fn.fft.__all__)
    assert missing == {"set_backend", "skip_backend", "set_global_backend", "register_backend"}
    for name in sorted(
        set(fn.fft.__all__)
        & set(scipy.fft.__all__) - {"fftfreq", "rfftfreq", "fftshift", "ifftshift", "next_fast_len", "prev_fast_len"}
    ):
        ours = inspect.signature(getattr(fn.fft, name)).parameters
        theirs = inspect.signature(getattr(scipy.fft, name)).parameters
        assert [(p.name, p.default) for p in theirs.values()] == [
            (p.name, p.default) for p in ours.values() if p.name != "out"
        ], name


@pytest.mark.parametrize("dtype", [*REAL, *COMPLEX])
@pytest.mark.parametrize("name", ONE_AXIS)
def test_one_axis_matches_scipy(name: str, dtype: str) -> None:
    if name in FROM_REAL and dtype in COMPLEX:
        with pytest.raises(TypeError, match="x must be a real sequence"):
            getattr(fn.fft, name)(data(4, dtype))
        return
    for shape in ((6,), (5, 4), (3, 8, 7), (2, 33)):
        x = data(shape, dtype)
        for axis in range(-len(shape), len(shape)):
            for n in (None, 1, 2, 5, 16, 31):
                for norm in (None, "backward", "ortho", "forward"):
                    wanted = getattr(scipy.fft, name)(x, n, axis, norm)
                    y = getattr(fn.fft, name)(x, n, axis, norm)
                    close(y, wanted, 33)
                    assert y.dtype == wanted.dtype


@pytest.mark.parametrize("dtype", [*REAL, *COMPLEX])
@pytest.mark.parametrize("name", [*SEVERAL, *(n[:-1] + "2" for n in SEVERAL)])
def test_several_axes_match_scipy(name: str, dtype: str) -> None:
    if name in FROM_REAL and dtype in COMPLEX:
        with pytest.raises(TypeError, match="x must be a real sequence"):
            getattr(fn.fft, name)(data((4, 4), dtype))
        return
    for shape in ((5, 6), (4, 3, 8), (2, 1, 5, 4)):
        x = data(shape, dtype)
        for s, axes in (
            (None, (-2, -1)),
            (None, (0, -1)),
            (None, (1, 0)),
            ((7, 3), (0, 1)),
            ((2, 9), (-1, 0)),
            ((-1, 4), (0, 1)),
        ):
            for norm in (None, "ortho", "forward"):
                wanted = getattr(scipy.fft, name)(
                    x, [d if n == -1 else n for n, d in zip(s, x.shape)] if s else None, axes, norm
                )
                close(getattr(fn.fft, name)(x, s, axes, norm), wanted, 81)
        close(getattr(fn.fft, name)(x), getattr(scipy.fft, name)(x), x.size)


def test_shifts_frequencies_and_fast_lengths() -> None:
    x = data((4, 5), "float64")
    assert np.array_equal(fn.fft.fftshift(x, axes=1), np.fft.fftshift(x, axes=1))
    assert np.array_equal(fn.fft.ifftshift(x), np.fft.ifftshift(x))
    assert np.array_equal(fn.fft.fftfreq(7, 0.5), np.fft.fftfreq(7, 0.5))
    assert np.array_equal(fn.fft.rfftfreq(7, 0.5), np.fft.rfftfreq(7, 0.5))
    random = np.random.default_rng(1)
    for target in (*range(300), *map(int, 2 ** random.uniform(8, 32, 50))):
        for real in (False, True):
            assert fn.fft.next_fast_len(target, real) == scipy.fft.next_fast_len(target, real)
            n = fn.fft.prev_fast_len(target, real)
            assert n <= target and fn.fft.next_fast_len(n, real) == n and fn.fft.next_fast_len(n + 1, real) > target


def test_hankel() -> None:
    a = data((3, 32), "float64")
    for mu, offset, bias in ((0.0, 0.0, 0.0), (1.5, 0.3, 0.1), (0.5, -0.2, -0.3)):
        close(fn.fft.fht(a, 0.1, mu, offset, bias), scipy.fft.fht(a, 0.1, mu, offset, bias), 1000)
        close(fn.fft.ifht(fn.fft.fht(a, 0.1, mu, offset, bias), 0.1, mu, offset, bias), a, 1000)
        assert math.isclose(fn.fft.fhtoffset(0.1, mu, offset, bias), scipy.fft.fhtoffset(0.1, mu, offset, bias), abs_tol=1e-12)


# --- properties ---------------------------------------------------------------------------------------------------

shapes = st.tuples(st.integers(1, 4), st.integers(1, 70), st.integers(1, 4))
dtypes = st.sampled_from(COMPLEX)


@given(shape=shapes, axis=st.integers(0, 2), dtype=dtypes, seed=st.integers(0, 99))
def test_inverse_parseval_and_linearity(shape: tuple[int, ...], axis: int, dtype: str, seed: int) -> None:
    x, z = data(shape, dtype, seed), data(shape, dtype, seed + 100)
    n = shape[axis]
    y = fn.fft.fft(x, axis=axis)
    close(fn.fft.ifft(y, axis=axis), x, 4 * n)
    energy = np.vdot(x.astype(complex), x.astype(complex)).real
    assert math.isclose(np.vdot(y.astype(complex), y.astype(complex)).real, n * energy, rel_tol=64 * float(np.finfo(dtype).eps))
    close(fn.fft.fft(2 * x + z, axis=axis), 2 * y + fn.fft.fft(z, axis=axis), 4 * n)
    close(fn.fft.rfft(x.real, axis=axis), fn.fft.fft(x.real + 0j, axis=axis).take(range(n // 2 + 1), axis), n)
    close(fn.fft.irfft(fn.fft.rfft(x.real, axis=axis), n, axis), x.real, 4 * n)
    close(fn.fft.ifftn(fn.fft.fftn(x)), x, 4 * x.size)


@given(n=st.integers(1, 200), by=st.integers(0, 500), seed=st.integers(0, 99))
def test_shift_and_convolution(n: int, by: int, seed: int) -> None:
    x, h = data(n, "complex128", seed), data(n, "complex128", seed + 1)
    phases = np.exp(-2j * np.pi * (np.arange(n) * by % n) / n)
    close(fn.fft.fft(np.roll(x, by)), fn.fft.fft(x) * phases, n)
    circular = np.array([np.sum(h * np.roll(x[::-1], i + 1)) for i in range(n)])
    close(fn.fft.ifft(fn.fft.fft(x) * fn.fft.fft(h)), circular, 64 * n)


def layouts(x: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """The same numbers in every layout."""
    yield "C", x
    yield "F", np.asfortranarray(x)
    yield "backwards", x[::-1, ::-1].copy()[::-1, ::-1]
    spread = np.zeros((x.shape[0], 2 * x.shape[1]), x.dtype)
    spread[:, ::2] = x
    yield "every second", spread[:, ::2]
    swapped = x.astype(x.dtype.newbyteorder("S"))
    yield "byte-swapped", swapped
    raw = np.zeros(x.nbytes + 1, np.uint8)[1:]
    misaligned = raw.view(x.dtype).reshape(x.shape)
    misaligned[...] = x
    yield "misaligned", misaligned
    record = np.zeros(x.shape, [("tag", "u1"), ("value", x.dtype)])
    record["value"] = x
    yield "field of a record", record["value"]
    fixed = x.copy()
    fixed.flags.writeable = False
    yield "read-only", fixed


@pytest.mark.parametrize("dtype", [*REAL, *COMPLEX])
@pytest.mark.parametrize("name", ["fft", "ifft", "irfft", "fftn", "irfftn", "dct", "dst", "dctn"])
def test_layouts(name: str, dtype: str) -> None:
    function = getattr(fn.fft, name)
    x = data((6, 20), dtype)
    wanted = function(x)
    for layout, same in layouts(x):
        before = same.copy()
        y = function(same)
        close(y, wanted, 120)
        assert np.array_equal(same, before), layout
        assert y.dtype == wanted.dtype and y.dtype.isnative, layout
        out = np.empty_like(y, order="C")
        assert function(same, out=out) is out and np.array_equal(out, y), layout
        for where, strided in layouts(np.zeros_like(y)):
            if where not in ("byte-swapped", "read-only"):
                assert function(same, out=strided) is strided
                close(strided, y, 120)


@pytest.mark.parametrize("name", ["fft", "rfft", "dct", "fftn", "dctn"])
@pytest.mark.parametrize("dtype", ["int8", "uint16", "int32", "int64", "uint64"])
def test_integers_become_float64(name: str, dtype: str) -> None:
    x = np.arange(24).reshape(4, 6).astype(dtype)
    y = getattr(fn.fft, name)(x)
    assert y.dtype == ("float64" if name.startswith("dct") else "complex128")
    assert np.array_equal(y, getattr(fn.fft, name)(x.astype(float)))


def test_no_lines_and_no_points() -> None:
    for name in ("fft", "rfft", "irfft", "dct", "dst"):
        y = getattr(fn.fft, name)(np.zeros((0, 4)))
        assert y.size == 0 and y.shape == getattr(scipy.fft, name)(np.zeros((0, 4))).shape
        with pytest.raises(ValueError, match="invalid number of data points"):
            getattr(fn.fft, name)(np.zeros((3, 0)))
    assert fn.fft.fftn(np.zeros((0, 4)), axes=(1,)).shape == (0, 4)


def test_overwrite_x_reuses_its_memory() -> None:
    x = data((5, 16), "complex128")
    wanted = fn.fft.fft(x)
    assert fn.fft.fft(x, axis=1, overwrite_x=True) is x and np.array_equal(x, wanted)
    z = data((5, 16), "complex64")
    kept = z.copy()
    assert fn.fft.fft(z, out=z) is z and np.array_equal(z, fn.fft.fft(kept))


@pytest.mark.parametrize("dtype", [*REAL, *COMPLEX])
@pytest.mark.parametrize("name", ["fft", "irfft", "fftn", "rfftn", "dct", "dctn"])
def test_any_number_of_threads_gives_the_same_bits(name: str, dtype: str) -> None:
    if name in FROM_REAL and dtype in COMPLEX:
        return
    for shape in ((64, 100), (3, 4099), (4100, 3), (2, 3, 1024)):
        x = data(shape, dtype)
        one = getattr(fn.fft, name)(x, workers=1)
        for workers in (2, 3, 7):
            assert np.array_equal(one, getattr(fn.fft, name)(x, workers=workers))


@pytest.mark.isa
def test_every_instruction_set(isa: str) -> None:
    for dtype in REAL:
        single = np.result_type(dtype, "complex64")
        for n in LENGTHS:
            x, z = data((5, n), dtype), data((5, n), single)
            y = np.empty_like(z)
            _core.c2c(z, y, 1, False, 1.0, 1, isa)
            close(y, np.fft.fft(z.astype(complex)), n)
            half = np.empty((5, n // 2 + 1), single)
            _core.r2c(x, half, 1, False, 1.0, 1, isa)
            close(half, np.fft.rfft(x.astype(float)), n)
            back = np.empty_like(x)
            _core.c2r(half, back, 1, True, 1 / n, 1, isa)
            close(back, x, 4 * n)
            columns = data((n, 37), dtype)
            sides = np.empty_like(columns)
            for kind in (1, 2, 3, 4):
                for sine, reference in ((False, scipy.fft.dct), (True, scipy.fft.dst)):
                    if n == 1 and kind == 1 and not sine:
                        continue
                    _core.cosine(x, back, 1, kind, sine, 1.0, False, 1, isa)
                    close(back, reference(x.astype(float), kind), 4 * n)
                    _core.cosine(columns, sides, 0, kind, sine, 1.0, False, 1, isa)
                    close(sides, reference(columns.astype(float), kind, axis=0), 4 * n)


# --- short calls --------------------------------------------------------------------------------------------------

SHORT = [
    *((name, kwargs) for name in ONE_AXIS for kwargs in ({}, {"axis": 0}, {"axis": 1, "norm": "ortho"}, {"workers": 1})),
    *((name, kwargs) for name in SEVERAL for kwargs in ({}, {"axes": (2, 0)}, {"axes": 1, "norm": "forward"})),
    *((name, {"type": t, "axis": a, "norm": "ortho"}) for name in ("dct", "idst") for t in (1, 2, 3, 4) for a in (0, 1, -1)),
    *((name, {"type": t, "norm": "forward"}) for name in ("idctn", "dstn") for t in (1, 2, 3, 4)),
]


@pytest.mark.parametrize("dtype", [*REAL, *COMPLEX])
@pytest.mark.parametrize(("name", "kwargs"), SHORT)
def test_short_calls_give_what_the_long_way_gives(
    name: str, kwargs: dict[str, object], dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name in FROM_REAL and dtype in COMPLEX:
        return
    x = data((4, 8, 16), dtype)
    short = getattr(fn.fft, name)(x, **kwargs)
    out = np.empty_like(short)
    assert getattr(fn.fft, name)(x, out=out, **kwargs) is out
    for module in (_basic, _nd, _real, _real_nd):
        monkeypatch.setattr(module, "_small", lambda *args: None)
    long = getattr(fn.fft, name)(x, **kwargs)
    assert short.dtype == long.dtype and short.shape == long.shape
    assert np.array_equal(short, long) and np.array_equal(out, long)


@pytest.mark.parametrize("name", ["fft", "rfft", "dct", "fftn", "dctn"])
def test_short_calls_refuse_what_the_long_way_refuses(name: str) -> None:
    transform, x = getattr(fn.fft, name), data((4, 4), "float64")
    axis = "axes" if name.endswith("n") else "axis"
    for wrong in ({"norm": "no"}, {axis: 2}, {"workers": 0}, {"out": np.empty((4, 4), "float32")}, {"out": np.empty(3)}):
        with pytest.raises((ValueError, TypeError, IndexError)):
            transform(x, **wrong)
    locked = transform(x)
    locked.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        transform(x, out=locked)
    z = data((5, 4), "complex128")
    with pytest.raises(ValueError, match="overlaps"):
        fn.fft.fft(z[:4], out=z[1:])


@pytest.mark.parametrize("dtype", REAL)
@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_cosines_of_neighbouring_columns_do_not_touch(kind: int, dtype: str) -> None:
    x = data((64, 40), dtype)
    spoilt = x.copy()
    spoilt[5, 3] = np.nan
    others = np.arange(40) != 3
    for transform in (fn.fft.dct, fn.fft.dst):
        y, z = transform(x, kind, axis=0), transform(spoilt, kind, axis=0)
        assert np.array_equal(y[:, others], z[:, others]) and np.isnan(z[:, 3]).all()
        again = x.copy()
        assert transform(again, kind, axis=0, out=again) is again and np.array_equal(again, y)


# --- accuracy -----------------------------------------------------------------------------------------------------


def rms_error(y: np.ndarray, exact: np.ndarray) -> float:
    wide = exact.dtype
    return float(np.sqrt(np.mean(np.abs(y.astype(wide) - exact) ** 2) / np.mean(np.abs(exact) ** 2)))


# Powers, smooth, odd; primes by definition, by Rader and by a chirp, and their multiples.
MEASURED = [2, 3, 8, 16, 60, 64, 100, 101, 128, 137, 173, 193, 227, 250, 251, 255, 256, 263, 379, 500, 509, 511, 512, 541, 1000]
MEASURED += [1001, 1002, 1009, 1024, 1331, 2048, 4001, 4096, 4099, 5005, 10000]


@pytest.mark.parametrize("dtype", COMPLEX)
@pytest.mark.parametrize("n", MEASURED)
def test_rms_error_is_at_most_that_of_pocketfft(n: int, dtype: str) -> None:
    if dtype == "complex128" and np.finfo(np.longdouble).eps == np.finfo(float).eps:
        pytest.skip("needs a longdouble wider than double as its reference")
    x = data((100, n), dtype)
    exact = scipy.fft.fft(x.astype("complex128" if dtype == "complex64" else np.clongdouble))
    floor = 0.05 * float(np.finfo(dtype).eps)  # n = 2, 3: both err by next to nothing
    limit = 1.05 * rms_error(scipy.fft.fft(x), exact) + floor
    assert rms_error(fn.fft.fft(x), exact) <= limit
    assert rms_error(np.stack([fn.fft.fft(line) for line in x]), exact) <= limit
    real = x.real.copy()
    exact = scipy.fft.rfft(real.astype("float64" if dtype == "complex64" else np.longdouble))
    limit = 1.05 * rms_error(scipy.fft.rfft(real), exact) + floor
    assert rms_error(fn.fft.rfft(real), exact) <= limit
    assert rms_error(np.stack([fn.fft.rfft(line) for line in real]), exact) <= limit


@pytest.mark.parametrize("dtype", REAL)
@pytest.mark.parametrize("n", [64, 128, 256, 1000, 1024, 4096])
@pytest.mark.parametrize("kind", [2, 3, 4])
def test_rms_error_of_cosines_is_at_most_that_of_pocketfft(kind: int, n: int, dtype: str) -> None:
    if dtype == "float64" and np.finfo(np.longdouble).eps == np.finfo(float).eps:
        pytest.skip("needs a longdouble wider than double as its reference")
    x = data((100, n), dtype)
    exact = scipy.fft.dct(x.astype("float64" if dtype == "float32" else np.longdouble), kind)
    floor = 0.05 * float(np.finfo(dtype).eps)
    limit = 1.05 * rms_error(scipy.fft.dct(x, kind), exact) + floor
    assert rms_error(fn.fft.dct(x, kind), exact) <= limit
    assert rms_error(fn.fft.dct(x.T.copy(), kind, axis=0).T, exact) <= limit
