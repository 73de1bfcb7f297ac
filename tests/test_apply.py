"""Where data lie does not matter: any layout, batch size, output and instruction set gives the bits of one plain call.

`test_dtypes.py` holds the values of C-order calls against the dense oracle; here every other way of asking for the same
vectors is held, bit by bit, against such a call.
"""

from __future__ import annotations

import copy
import itertools
import pathlib
import pickle
from collections.abc import Callable

import flatnet as fn
import numpy as np
import pytest
from catalog import CASES, FLOATS, ISAS, Case, generator, random
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.usefixtures("one_blas_thread")
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)

# Every kind of factor stands for its kernel and for every dtype of weights: these meet every layout, dtype and
# instruction set. The other rows take turns with them.
KINDS = "dense-5x3 diagonal-17 kronecker-2-3x2-4 pattern-2-3-3-17 fourier-middle permutation-7 sparse-7x9 permuted-both"
FULL = {f"{row}-{dtype}" for row in (*KINDS.split(), "every-kind", "weak-integers") for dtype in (*FLOATS, "weak")}

BATCHES = (0, 1, 2, 3, 15, 16, 17, 31, 33, 63, 64, 65, 130)  # around lanes of 16, panels of 64 and one more than two
DTYPES = (*FLOATS, np.dtype("i4"), np.dtype("u1"))


def data(case: Case, dtype: np.dtype, batch: int) -> np.ndarray:
    rng, shape = generator(case.name), (batch, case.matrices[0].shape[1])
    return rng.integers(0, 100, shape).astype(dtype) if dtype.kind in "iu" else random(rng, dtype, shape)


def bits(a: np.ndarray) -> tuple[tuple[int, ...], str, bytes]:
    """Shape, dtype and every bit: signs of zeros count."""
    return a.shape, a.dtype.str, a.tobytes()


# --- layouts: an empty array of a given batch (p*q vectors) and the axis that holds the vectors ------------------

Layout = Callable[[int, int, int, np.dtype], tuple[np.ndarray, int]]


def zeros(*shape: int, dtype: np.dtype) -> np.ndarray:
    return np.zeros(shape, dtype)


def padded(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Every third element along each axis of a larger array."""
    return np.zeros([3 * n + 2 for n in shape], dtype)[tuple(slice(1, 3 * n + 1, 3) for n in shape)]


def field(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """A field of packed records: elements at odd addresses, strides that are no multiple of the element."""
    return np.zeros(shape, np.dtype([("tag", "u1"), ("value", dtype), ("more", "u2")]))["value"]


def shifted(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Contiguous, three bytes off any alignment."""
    count = int(np.prod(shape))
    return np.frombuffer(bytearray(count * dtype.itemsize + 3), dtype, count, 3).reshape(shape)


LAYOUTS: dict[str, Layout] = {
    "last axis": lambda p, q, n, t: (np.zeros((p * q, n), t), -1),
    "columns": lambda p, q, n, t: (np.zeros((n, p * q), t), 0),
    "fortran order": lambda p, q, n, t: (np.zeros((p * q, n), t, order="F"), 1),
    "fortran columns": lambda p, q, n, t: (np.zeros((n, p * q), t, order="F"), 0),
    "middle axis": lambda p, q, n, t: (np.zeros((p, n, q), t), 1),
    "middle axis, fortran order": lambda p, q, n, t: (np.zeros((p, n, q), t, order="F"), -2),
    "first of four axes": lambda p, q, n, t: (np.zeros((n, p, 1, q), t), 0),
    "axes in another order": lambda p, q, n, t: (np.zeros((q, n, p), t).transpose(2, 1, 0), 1),
    "negative strides": lambda p, q, n, t: (np.zeros((p * q, n), t)[::-1, ::-1], -1),
    "negative columns": lambda p, q, n, t: (np.zeros((n, p * q), t)[::-1, ::-1], 0),
    "backward batch": lambda p, q, n, t: (np.zeros((p, q, n), t)[::-1, ::-1], 2),
    "every third": lambda p, q, n, t: (padded((p * q, n), t), 1),
    "every third column": lambda p, q, n, t: (padded((n, p, q), t), 0),
    "record field": lambda p, q, n, t: (field((p, q, n), t), -1),
    "record field, columns": lambda p, q, n, t: (field((n, p * q), t), 0),
    "misaligned": lambda p, q, n, t: (shifted((p * q, n), t), -1),
    "misaligned columns": lambda p, q, n, t: (shifted((n, p * q), t), 0),
    "misaligned middle": lambda p, q, n, t: (shifted((p, n, q), t), 1),
}


def flat(y: np.ndarray, axis: int) -> np.ndarray:
    """(batch, n) of an array whose vectors lie along `axis`."""
    moved = np.moveaxis(y, axis, -1)
    return moved.reshape(int(np.prod(moved.shape[:-1])), moved.shape[-1])


def laid_out(x: np.ndarray, layout: Layout, p: int, q: int, dtype: np.dtype | None = None) -> tuple[np.ndarray, int]:
    """The vectors of x (p*q, n) in a layout, read-only."""
    a, axis = layout(p, q, x.shape[1], dtype or x.dtype)
    np.moveaxis(a, axis, -1)[...] = x.reshape(np.moveaxis(a, axis, -1).shape)
    a.flags.writeable = False
    return a, axis


@every_case
def test_layouts_of_x(case: Case) -> None:
    """Also with the bytes in the other order; x is read-only and unchanged."""
    p, q = 3, 7
    xs = {dtype: data(case, dtype, p * q) for dtype in DTYPES}
    expected = {(dtype, isa): bits(case.net.apply(x, isa=isa)) for dtype, x in xs.items() for isa in ISAS}
    for i, ((name, layout), dtype) in enumerate(itertools.product(LAYOUTS.items(), DTYPES)):
        if case.name not in FULL and i % 7:
            continue
        for order in (dtype, dtype.newbyteorder()):
            a, axis = laid_out(xs[dtype], layout, p, q, order)
            before = a.tobytes()
            for isa in ISAS if case.name in FULL else ISAS[i % len(ISAS) :][:1]:
                y = case.net.apply(a, axis, isa=isa)
                assert bits(flat(y, axis)) == expected[dtype, isa], (name, order, isa)
            assert a.tobytes() == before


@every_case
def test_plain_calls_give_what_the_long_way_gives(case: Case) -> None:
    """Plain arrays go a shorter way; others, and calls that name the instruction set, do not."""
    isa = str(fn.show_config()["isa"])
    for dtype in DTYPES:
        for batch in (0, 1, 2, 17, 70):
            x = data(case, dtype, batch)
            wide = x.reshape(1, batch, 1, -1) if batch else x
            for array in (x, wide, x[::-1], x.astype(dtype.newbyteorder()), x.view(np.recarray)):
                wanted = case.net.apply(array, isa=isa)
                for y in (case.net(array), case.net.apply(array, -1, None, 1), case.net.apply(array, array.ndim - 1)):
                    assert y.shape == wanted.shape and y.dtype == wanted.dtype and bits(y) == bits(wanted), (dtype, batch)
            columns = x.T
            wanted, out = case.net.apply(columns, 0, isa=isa), np.full((case.net.shape[0], batch), 7, wanted.dtype)
            assert case.net.apply(columns, -2, out, 2) is out and bits(out) == bits(wanted), (dtype, batch)
            assert bits(case.net @ columns) == bits(wanted)


@every_case
def test_layouts_of_out(case: Case) -> None:
    """The result goes where `out` says and nowhere else."""
    p, q = 3, 7
    for turn, dtype in enumerate(FLOATS):
        x = data(case, dtype, p * q)
        plain = case.net(x)
        for i, (name, layout) in enumerate(LAYOUTS.items()):
            if case.name not in FULL and (i + turn) % 4:
                continue
            out, axis = layout(p, q, plain.shape[1], plain.dtype)
            source = np.moveaxis(x.reshape(np.moveaxis(out, axis, -1).shape[:-1] + x.shape[1:]), -1, axis)
            base = out.base if out.base is not None else out
            memory = np.frombuffer(base, "u1") if isinstance(base, bytearray) else base.reshape(-1, order="A").view("u1")
            memory[...] = 0xA5
            guard = out.copy()
            assert case.net.apply(source, axis, out) is out
            assert bits(flat(out, axis)) == bits(plain), name
            out[...] = guard
            assert (memory == 0xA5).all(), name


@every_case
def test_batch_sizes(case: Case) -> None:
    """A vector's result does not depend on its company: every batch is the head of the largest, bit by bit."""
    for turn, dtype in enumerate((*FLOATS, np.dtype("i8"))):
        x = data(case, dtype, BATCHES[-1])
        for isa in ISAS if case.name in FULL else ISAS[turn % len(ISAS) :][:1]:
            full = case.net.apply(x, isa=isa)
            for batch in BATCHES[:-1]:
                y = case.net.apply(x[:batch], isa=isa, threads=1)
                assert bits(y) == bits(full[:batch]), (dtype, isa, batch)
            assert bits(case.net.apply(x[5], isa=isa)) == bits(full[5])


@every_case
def test_columns_by_matmul(case: Case) -> None:
    """net @ X takes columns, as NumPy's matmul: (n,), (n, batch) and (..., n, batch)."""
    x = data(case, np.dtype("f8"), 12)
    y = case.net(x)
    assert bits(case.net @ x[0]) == bits(y[0])
    assert bits((case.net @ x.T).T) == bits(y)
    stack = np.moveaxis(x.reshape(3, 4, -1), -1, -2)
    assert bits(np.moveaxis(case.net @ stack, -2, -1).reshape(y.shape)) == bits(y)


@every_case
def test_repeated_data(case: Case) -> None:
    """Strides of 0, along the batch and along the vectors."""
    cols = case.net.shape[1]
    for dtype in FLOATS:
        v = data(case, dtype, 1)[0]
        rows = np.broadcast_to(v, (4, 5, cols))
        assert bits(case.net(rows)) == bits(case.net(rows.copy()))
        same = np.broadcast_to(np.arange(20).astype(dtype)[:, None], (20, cols))
        assert bits(case.net(same)) == bits(case.net(same.copy()))
        assert bits(case.net.apply(same.T, axis=0)) == bits(case.net.apply(same.T.copy(), axis=0))


SQUARE = [case for case in CASES if case.matrices[0].shape[1] == case.matrices[-1].shape[0]]


@pytest.mark.parametrize("case", SQUARE, ids=lambda case: case.name)
def test_in_place(case: Case) -> None:
    """out may be x itself, whatever its layout."""
    for dtype in FLOATS:
        if case.result_dtype(dtype) != dtype:
            continue
        x = data(case, dtype, 21)
        expected = bits(case.net(x))
        for i, (name, layout) in enumerate(LAYOUTS.items()):
            if case.name not in FULL and i % 3:
                continue
            a, axis = laid_out(x, layout, 3, 7)
            a.flags.writeable = True
            assert case.net.apply(a, axis, out=a) is a
            assert bits(flat(a, axis)) == expected, name


@pytest.mark.parametrize("steps", [(8, 1), (8, -1), (-8, 1), (0, 1), (1, 3)], ids=str)
def test_short_way_sees_every_overlap(steps: tuple[int, int]) -> None:
    """An `out` at any distance from x is taken or refused as on the long way, and gets the same."""
    net, isa = fn.Network([random(generator("overlap"), "f8", (8, 8))]), str(fn.show_config()["isa"])
    held = random(generator("held"), "f8", 88)
    for at in range(64):
        found = []
        for more in ({}, {"isa": isa}):
            memory = held.copy()
            x = np.lib.stride_tricks.as_strided(memory[32:], (3, 8), tuple(8 * step for step in steps))
            out = memory[at : at + 24].reshape(3, 8)
            try:
                found.append((bits(net.apply(x, out=out, **more)), bits(memory)))
            except ValueError as error:
                found.append((str(error), bits(memory)))
        assert found[0] == found[1], (steps, at)


@every_case
def test_copies_give_the_same_bits(case: Case, tmp_path: pathlib.Path) -> None:
    """pickle, deepcopy, save and load, a second build from the same arrays."""
    x = data(case, np.dtype("f4"), 19)
    expected = bits(case.net(x))
    fn.save(tmp_path / "net.npz", case.net)
    copies = {
        "pickle": pickle.loads(pickle.dumps(case.net)),
        "deepcopy": copy.deepcopy(case.net),
        "copy": copy.copy(case.net),
        "load": fn.load(tmp_path / "net.npz"),
        "rebuilt": fn.Network(case.build()[0]),
    }
    for name, net in copies.items():
        assert bits(net(x)) == expected, name
        assert (net.shape, net.dtype, net.synapses) == (case.net.shape, case.net.dtype, case.net.synapses), name


@every_case
def test_zero_length_axes(case: Case) -> None:
    cols, rows = case.net.shape[1], case.net.shape[0]
    for dtype in FLOATS:
        for shape in ((0,), (0, 3), (2, 0, 3)):
            y = case.net(np.zeros((*shape, cols), dtype))
            assert y.shape == (*shape, rows) and y.dtype == case.result_dtype(dtype)
            assert case.net.apply(np.zeros((cols, *shape), dtype), axis=0).shape == (rows, *shape)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 65, 130])
def test_widths_around_the_vector(n: int, isa: str) -> None:
    """Numbers of rows that tile transposes in full, in part and not at all, for every batch size."""
    for dtype in DTYPES[:5]:
        rng = generator(f"{n}")
        scale = rng.integers(1, 9, n)
        net = fn.Network([fn.Diagonal(scale, weak=True), fn.Permutation(np.arange(n)[::-1])])
        for batch in BATCHES:
            x = rng.integers(-99, 99, (batch, n)).astype(dtype)
            expected = (x * scale.astype(dtype))[:, ::-1]
            assert (net.apply(x, isa=isa, threads=1) == expected).all()
            assert (net.apply(np.asfortranarray(x), isa=isa, threads=1) == expected).all()
            columns = net.apply(x.T, axis=0, isa=isa, threads=1).T
            assert (columns == expected).all()


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_wide_networks_use_narrow_panels(dtype: np.dtype) -> None:
    """Panels shrink to 16 lanes where 64 would leave the cache; the bits stay."""
    net = fn.Network([fn.Kronecker(2**13, [[1.0, 2.0], [3.0, 4.0]], 1, weak=True)])
    x = random(generator("wide"), dtype, (33, 2**14))
    full = net(x)
    for batch in (1, 3, 16, 20):
        assert bits(net(x[:batch])) == bits(full[:batch])
    expected = x.reshape(33, -1, 2) @ np.array([[1, 3], [2, 4]], dtype)
    assert np.allclose(full, expected.reshape(full.shape), rtol=1e-5)


# --- random chains, random ways to ask --------------------------------------------------------------------------


@st.composite
def question(draw: st.DrawFn) -> tuple[Case, np.ndarray, Layout, str, int | None, str]:
    case = draw(st.sampled_from(CASES))
    dtype = draw(st.sampled_from(DTYPES))
    x = data(case, dtype, 12)
    return (
        case,
        x * draw(st.sampled_from([1, 0])) if dtype.kind in "iu" else x,
        LAYOUTS[draw(st.sampled_from(sorted(LAYOUTS)))],
        draw(st.sampled_from(ISAS)),
        draw(st.sampled_from([None, 1, 2, 5])),
        draw(st.sampled_from(["none", "last axis", "columns", "record field", "every third"])),
    )


@given(question(), st.sampled_from([(12, 1), (1, 12), (3, 4), (2, 6)]))
@settings(max_examples=300)
def test_any_way_to_ask_gives_the_same_bits(asked: tuple, split: tuple[int, int]) -> None:
    case, x, layout, isa, threads, out_layout = asked
    expected = case.net.apply(x, isa=isa)
    a, axis = laid_out(x, layout, *split)
    shape = list(a.shape)
    shape[axis] = case.net.shape[0]
    out = None
    if out_layout != "none":
        form = {"last axis": zeros, "columns": lambda *s, dtype: np.zeros(s, dtype, order="F")}.get(out_layout)
        form = form or {
            "record field": lambda *s, dtype: field(s, dtype),
            "every third": lambda *s, dtype: padded(s, dtype),
        }.get(out_layout)
        out = form(*shape, dtype=expected.dtype)
    y = case.net.apply(a, axis, out, threads, isa=isa)
    assert bits(flat(y, axis)) == bits(expected)
