"""fn.fwht against scipy.linalg.hadamard and plain sums: integers bit for bit, floats by the rounding of their stages."""

from __future__ import annotations

from typing import Any

import flatnet as fn
import numpy as np
import pytest
from flatnet import _core
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import hadamard

DTYPES = ["int32", "int64", "float32", "float64", "complex64", "complex128"]
FLOATS = DTYPES[2:]
BASES = [12, 20, 28, 36, 40, 44, 52, 60]


def data(shape: tuple[int, ...], dtype: str, seed: int = 0) -> np.ndarray:
    """Integers of a few bits as `dtype`: every sum below is exact in every dtype."""
    rng = np.random.default_rng(seed)
    x = rng.integers(-8, 9, shape)
    return (x + 1j * rng.integers(-8, 9, shape) if dtype.startswith("c") else x).astype(dtype)


def matrix(n: int, base: int = 1) -> np.ndarray:
    """H of order n, from the definition."""
    return np.kron(core(base), hadamard(n // base)) if base > 1 else hadamard(n)


def core(base: int) -> np.ndarray:
    h = _core.hadamard_core(base)
    assert h is not None
    return h.astype(np.int64)


def along(H: np.ndarray, x: np.ndarray, axis: int) -> np.ndarray:
    H = H.astype(x.dtype)  # sums of small integers: exact in floats too, and BLAS is quick
    return np.moveaxis(np.tensordot(H, x, axes=(1, axis)), 0, axis)


def equal(got: np.ndarray, want: np.ndarray) -> None:
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)


# --- the definition ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [1, 2, 4, 8, 16, 32, 64, 256, 1024])
def test_is_the_matrix(n: int, dtype: str, isa: str) -> None:
    x = data((3, n), dtype)
    equal(fn.fwht(x, isa=isa), along(hadamard(n), x, 1))


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("dtype", ["int64", "float32", "complex128"])
def test_bases(base: int, dtype: str, isa: str) -> None:
    H = core(base)
    equal(H @ H.T, base * np.eye(base, dtype=np.int64))
    for section in (1, 4, 64):
        x = data((5, base * section), dtype)
        equal(fn.fwht(x, base=base, isa=isa), along(matrix(base * section, base), x, 1))
        equal(fn.fwht(x.T.copy(), axis=0, base=base, isa=isa), along(matrix(base * section, base), x.T, 0))


@pytest.mark.parametrize(("n", "base"), [(64, 1), (24, 12), (160, 20), (56, 28), (72, 36), (104, 52), (1, 1), (176, 44)])
def test_base_defaults_to_the_smallest(n: int, base: int) -> None:
    x = data((n,), "int64")
    equal(fn.fwht(x), along(matrix(n, base), x, 0))
    equal(fn.fwht(x), fn.hadamard(n, base=base)(x))


@pytest.mark.parametrize("base", [2, 4, 16])
def test_a_power_of_two_as_base_is_the_same_transform(base: int) -> None:
    x = data((32,), "float64")
    equal(fn.fwht(x, base=base), fn.fwht(x))


@pytest.mark.parametrize("n", [1 << 13, 1 << 14, 1 << 16, 1 << 18, 1 << 19, 1 << 20, 12 << 16])
@pytest.mark.parametrize("dtype", ["int32", "float32", "float64", "complex64"])
def test_long_lines(n: int, dtype: str) -> None:
    """Against strided adds: reshape to (..., 2, h), h ascending."""
    x = data((n,), dtype)
    want, base = x.copy(), 12 if n % 3 == 0 else 1
    h = 1
    while h < n // base:
        v = want.reshape(-1, 2, h)
        want = np.stack([v[:, 0] + v[:, 1], v[:, 0] - v[:, 1]], 1).reshape(n)
        h *= 2
    if base > 1:
        want = np.tensordot(core(base).astype(dtype), want.reshape(base, -1), 1).reshape(n)
    equal(fn.fwht(x), want.astype(dtype))


def test_two_passes_over_tiles() -> None:
    x = data((1 << 23,), "float32")
    y = fn.fwht(x)
    rows = np.random.default_rng(0).integers(0, x.size, 2)
    for i in rows:
        bits = np.bitwise_and(np.arange(x.size, dtype=np.uint32), np.uint32(i))
        parity = bits ^ bits >> 16
        for shift in (8, 4, 2, 1):
            parity ^= parity >> shift
        assert y[i] == np.sum(np.where(parity & 1, -x, x), dtype=np.int64)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("n", [2, 64, 512])
def test_rounding(n: int, dtype: str) -> None:
    """Each of log2 n stages rounds once: |error| <= log2(n) u sum|x|, u = eps / 2, per component."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((4, n)) + (1j * rng.standard_normal((4, n)) if dtype.startswith("c") else 0)
    x = x.astype(dtype)
    H = hadamard(n).astype(np.longdouble)
    eps = np.finfo(dtype).eps
    for part in ("real", "imag"):
        got, v = getattr(fn.fwht(x), part), getattr(x, part).astype(np.longdouble)
        bound = np.log2(n) * eps / 2 * np.sum(np.abs(v), axis=1, keepdims=True)
        assert np.all(np.abs(got - v @ H) <= bound)


# --- layouts ----------------------------------------------------------------------------------------------------


def layouts(shape: tuple[int, ...], dtype: str) -> dict[str, np.ndarray]:
    """The same numbers in many forms."""
    x = data(shape, dtype)
    wide = np.zeros((*shape[:-1], 2 * shape[-1] + 1), dtype)
    wide[..., 1::2] = x
    record = np.zeros(shape, [("tag", "u1"), ("value", dtype)])
    record["value"] = x
    raw = np.zeros(x.nbytes + 1, np.uint8)[1:]
    misaligned = raw.view(dtype).reshape(shape)
    misaligned[...] = x
    locked = x.copy()
    locked.flags.writeable = False
    return {
        "plain": x,
        "fortran": np.asfortranarray(x),
        "every second": wide[..., 1::2],
        "backwards": x[..., ::-1].copy()[..., ::-1],
        "upside down": x[::-1].copy()[::-1],
        "record": record["value"],
        "misaligned": misaligned,
        "swapped": x.astype(x.dtype.newbyteorder()),
        "read-only": locked,
        "broadcast": np.broadcast_to(x[:1], shape),
    }


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(2, 3, 4), (4, 8, 16), (1, 64, 33), (64, 1, 1), (8, 2, 12)])
def test_every_layout_axis_and_isa(shape: tuple[int, ...], dtype: str, isa: str) -> None:
    for name, x in layouts(shape, dtype).items():
        before = x.copy()
        for axis in range(-3, 3):
            n = shape[axis]
            if fn._core.hadamard_base(n) == 0:
                continue
            H = matrix(n, fn._core.hadamard_base(n))
            want = along(H, np.asarray(x, dtype), axis)
            got = fn.fwht(x, axis, isa=isa)
            assert got.dtype == np.dtype(dtype), name
            np.testing.assert_array_equal(got, want, err_msg=name)
        np.testing.assert_array_equal(x, before)


@given(st.data())
def test_bits_depend_on_nothing_but_numbers(draw: st.DataObject) -> None:
    """Layout, threads, out and place change no bit of a floating-point result."""
    log_n = draw.draw(st.integers(0, 12))
    batch = draw.draw(st.sampled_from([1, 2, 7, 16, 33]))
    dtype = draw.draw(st.sampled_from(FLOATS))
    rng = np.random.default_rng(log_n * 100 + batch)
    x = rng.standard_normal((batch, 1 << log_n)).astype(dtype)
    if dtype.startswith("c"):
        x = x * np.exp(1j * np.arange(batch)).astype(dtype)[:, None]
    want = np.stack([fn.fwht(row) for row in x])
    equal(fn.fwht(x), want)
    for isa in fn.show_config()["available_isas"]:
        equal(fn.fwht(x, isa=isa), want)
    equal(fn.fwht(x.T.copy(), axis=0, threads=2).T, want)
    equal(fn.fwht(x[::-1, ::1], threads=3)[::-1], want)
    out = np.empty_like(x)
    assert fn.fwht(x, out=out) is out
    equal(out, want)
    fn.fwht(out, out=out)
    equal(out, fn.fwht(want))
    shifted = np.zeros(x.nbytes + 1, np.uint8)[1:].view(dtype).reshape(x.shape)
    equal(fn.fwht(x, out=shifted), want)


@pytest.mark.parametrize("shape", [(1 << 20,), (64, 1 << 14), (1 << 10, 600), (1 << 18, 3)])
@pytest.mark.parametrize("axis", [0, -1])
def test_threads_change_nothing(shape: tuple[int, ...], axis: int) -> None:
    if fn._core.hadamard_base(shape[axis]) == 0:
        return
    x = np.random.default_rng(3).standard_normal(shape).astype(np.float32)
    want = fn.fwht(x, axis, threads=1)
    for threads in (2, 3, 7):
        equal(fn.fwht(x, axis, threads=threads), want)
    buffer = np.zeros(x.size + 4, np.float32)[4:].reshape(shape)  # 16 bytes past a line, as malloc gives
    equal(fn.fwht(x, axis, out=buffer, threads=2), want)
    buffer[...] = x
    equal(fn.fwht(buffer, axis, out=buffer, threads=2), want)


@pytest.mark.parametrize(("shape", "axis"), [((4096, 1024), 1), ((16384, 256), 1), ((1024, 4096), 0), ((8, 1 << 19), 0)])
def test_written_past_the_caches(shape: tuple[int, ...], axis: int) -> None:
    x = data(shape, "float32")
    for shift in (0, 4, 16):
        out = np.zeros(x.size + 16, np.float32)[shift : shift + x.size].reshape(shape)
        fn.fwht(x, axis, out=out)
        some = np.s_[:, ::997] if axis == 0 else np.s_[::997]
        equal(out[some], along(hadamard(shape[axis]), x[some], axis))


@pytest.mark.parametrize("shape", [(0, 8), (8, 0), (3, 0, 4)])
def test_empty_batches(shape: tuple[int, ...]) -> None:
    axis = -1 if shape[-1] else 0
    x = np.empty(shape, np.float32)
    if fn._core.hadamard_base(shape[axis]):
        assert fn.fwht(x, axis).shape == shape


# --- norms, orders, dtypes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 8, 128, 24, 1 << 17])
@pytest.mark.parametrize("dtype", FLOATS)
def test_norms(n: int, dtype: str) -> None:
    """The scale is one more product, after everything else."""
    x = data((2, n), dtype)
    plain, real = fn.fwht(x), np.dtype(dtype).type(0).real.dtype
    equal(fn.fwht(x, norm="forward"), plain * real.type(1 / n))
    equal(fn.fwht(x, norm="ortho"), plain * real.type(1 / np.sqrt(n)))


@pytest.mark.parametrize("n", [8, 512, 1 << 15])
def test_ortho_is_its_own_inverse(n: int) -> None:
    x = np.random.default_rng(0).standard_normal(n)
    y = fn.fwht(x, norm="ortho")
    # 2 log2 n stages and two products, each within u of sums that grow to sqrt(n) |x|
    np.testing.assert_allclose(fn.fwht(y, norm="ortho"), x, rtol=0, atol=2 * (np.log2(n) + 1) * 2.3e-16 * np.linalg.norm(x))
    np.testing.assert_allclose(np.linalg.norm(y), np.linalg.norm(x), rtol=(np.log2(n) + 1) * 2.3e-16)


@pytest.mark.parametrize("log_n", [0, 1, 3, 6, 9])
def test_sequency_counts_sign_changes(log_n: int) -> None:
    n = 1 << log_n
    rows = fn.fwht(np.eye(n, dtype=int), axis=0, order="sequency")
    changes = np.count_nonzero(np.diff(rows, axis=1), axis=1)
    equal(changes, np.arange(n))
    natural = hadamard(n)
    equal(rows, natural[np.argsort(np.count_nonzero(np.diff(natural, axis=1), axis=1), kind="stable")])


@pytest.mark.parametrize("log_n", [0, 1, 3, 6, 8, 9, 13])
def test_dyadic_reverses_bits(log_n: int) -> None:
    n = 1 << log_n
    reverse = [int(format(i, f"0{log_n}b")[::-1], 2) if log_n else 0 for i in range(n)]
    x = data((3, n), "int64")
    equal(fn.fwht(x, order="dyadic"), fn.fwht(x)[:, reverse])


@pytest.mark.parametrize("order", ["sequency", "dyadic"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_orders_on_every_layout(order: Any, dtype: str, isa: str) -> None:
    x = data((5, 1 << 9), dtype)
    want = fn.fwht(x, order=order)
    natural = fn.fwht(x)
    equal(np.sort_complex(want) if dtype.startswith("c") else np.sort(want), np.sort(natural))
    equal(fn.fwht(np.asfortranarray(x), order=order, isa=isa), want)
    equal(fn.fwht(x.T.copy(), axis=0, order=order, isa=isa).T, want)
    y = x.copy()
    equal(fn.fwht(y, order=order, out=y, isa=isa, threads=2), want)


def test_orders_of_a_long_line() -> None:
    x = data((1 << 18,), "float32")
    want = fn.fwht(x, order="sequency", threads=1)
    equal(fn.fwht(x, order="sequency", threads=2), want)
    i = np.arange(x.size)
    code, place = i ^ i >> 1, np.zeros_like(i)
    for b in range(18):
        place |= (code >> b & 1) << (17 - b)
    equal(want, fn.fwht(x)[place])


@pytest.mark.parametrize(
    ("given_as", "result"), [("int8", "int32"), ("uint16", "int32"), ("uint32", "int64"), ("uint64", "int64")]
)
def test_integers_widen(given_as: str, result: str) -> None:
    x = np.arange(8, dtype=given_as)
    assert fn.fwht(x).dtype == result == fn.hadamard(8)(x).dtype
    equal(fn.fwht(x), (hadamard(8) @ x.astype(np.int64)).astype(result))
    assert fn.fwht(x, norm="ortho").dtype == np.float64


def test_lists_and_signs() -> None:
    equal(fn.fwht([1, -1, -1, 1]), np.array([0, 0, 0, 4]))
    signs = np.random.default_rng(0).choice([-1.0, 1.0], 1 << 16).astype(np.float32)
    equal(fn.fwht(fn.fwht(signs)), signs * np.float32(1 << 16))


def test_special_values_travel() -> None:
    x = np.zeros(64, np.float32)
    x[3] = np.inf
    y = fn.fwht(x)
    equal(y, np.where(hadamard(64)[:, 3] > 0, np.inf, -np.inf).astype(np.float32))
    x[5] = np.nan
    assert np.isnan(fn.fwht(x)).all()


def test_same_as_the_network() -> None:
    x = np.random.default_rng(5).standard_normal((3, 96))
    np.testing.assert_allclose(fn.fwht(x), fn.hadamard(96, base=12)(x), rtol=0, atol=96 * 2.3e-16 * np.abs(x).sum(1).max())


# --- bad input --------------------------------------------------------------------------------------------------

x8 = np.zeros((4, 8), np.float32)
BAD: list[tuple[Any, type[Exception], str]] = [
    (lambda: fn.fwht(np.zeros(10)), ValueError, "got n=10"),
    (lambda: fn.fwht(np.zeros(92)), ValueError, "got n=92"),
    (lambda: fn.fwht(np.zeros((3, 0))), ValueError, "got n=0"),
    (lambda: fn.fwht(np.zeros(24), base=20), ValueError, "20 times a power of two, got n=24"),
    (lambda: fn.fwht(np.zeros(92), base=92), ValueError, "got base=92"),
    (lambda: fn.fwht(np.zeros(24), base=0), ValueError, "base >= 1"),
    (lambda: fn.fwht(np.zeros(24), base=12.0), TypeError, "whole number for base"),
    (lambda: fn.fwht(np.zeros(24), order="sequency"), ValueError, "power of two, got n=24"),
    (lambda: fn.fwht(x8, order="walsh"), ValueError, "got 'walsh'"),
    (lambda: fn.fwht(x8, norm="unit"), ValueError, "got 'unit'"),
    (lambda: fn.fwht(x8, axis=2), ValueError, "axis 2 is out of range for an array of 2 axes"),
    (lambda: fn.fwht(x8, axis=-1.0), TypeError, "whole number for axis"),
    (lambda: fn.fwht(np.float64(3)), ValueError, "got a scalar"),
    (lambda: fn.fwht(x8, threads=0), ValueError, "threads >= 1"),
    (lambda: fn.fwht(x8, threads=5000), ValueError, "threads=5000"),
    (lambda: fn.fwht(x8, isa="v9"), ValueError, "'v9'"),
    (lambda: fn.fwht(x8.astype(np.float16)), TypeError, "float16"),
    (lambda: fn.fwht(x8.astype(np.longdouble)), TypeError, "got .*longdouble|got float128"),
    (lambda: fn.fwht(x8.astype(bool)), TypeError, "bool"),
    (lambda: fn.fwht(x8.astype(object)), TypeError, "object"),
    (lambda: fn.fwht(x8, out=np.zeros((4, 8))), TypeError, "out has dtype"),
    (lambda: fn.fwht(x8, out=np.zeros((8, 4), np.float32)), ValueError, "out has shape"),
    (lambda: fn.fwht(x8, out=[0] * 8), TypeError, "NumPy array"),
    (lambda: fn.fwht([[1, 2], [3]]), ValueError, "rectangular"),
    (lambda: fn.fwht(np.full(4, 1 << 29, np.int32)), ValueError, "could pass it"),
    (lambda: fn.fwht(np.full(2, 1 << 62)), ValueError, "could pass it"),
    (lambda: fn.fwht(np.full(2, 1 << 63, np.uint64)), ValueError, "could pass it"),
]


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_bad_input_is_refused_in_a_sentence(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words) as e:
        call()
    assert "\n" not in str(e.value)


def test_a_refused_call_leaves_out_alone() -> None:
    out = np.full(8, 7, np.int32)
    with pytest.raises(ValueError, match="could pass it"):
        fn.fwht(np.full(8, 1 << 29, np.int32), out=out)
    with pytest.raises(ValueError, match="overlaps"):
        fn.fwht(out[::-1], out=out)
    assert (out == 7).all()


def test_the_largest_integers_that_fit() -> None:
    x = np.full(4, (1 << 29) - 1, np.int32)
    equal(fn.fwht(x), np.array([(1 << 31) - 4, 0, 0, 0], np.int32))
