"""Weights from files: what is honest is read exactly, what is not ends in one sentence, whatever the bytes."""

from __future__ import annotations

import io
import pathlib
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.io
import scipy.sparse as sp
from flatnet import TooLargeError
from flatnet.report.files import MOST_FACTORS, read_chain
from hypothesis import given
from hypothesis import strategies as st

A = np.arange(12.0).reshape(3, 4) - 5
RNG = np.random.default_rng(3)
SPARSE = sp.csr_array(sp.random(40, 30, density=0.1, random_state=3))
COORDINATE = "%%MatrixMarket matrix coordinate real general\n"


def npy(array: Any, **options: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def npz(*arrays: Any, **named: Any) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, *arrays, **named)
    return stream.getvalue()


def csr(**changed: Any) -> bytes:
    """A 3 x 3 matrix as scipy.sparse.save_npz writes it, with members replaced."""
    members = {
        "format": np.bytes_("csr"),
        "shape": np.array([3, 3]),
        "data": np.ones(2),
        "indices": np.array([0, 2]),
        "indptr": np.array([0, 1, 2, 2]),
    }
    return npz(**{**members, **changed})


def archive(name: str, content: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as file:
        file.writestr(name, content)
    return stream.getvalue()


def bomb() -> bytes:
    """A member that says it unpacks to 2^62 bytes."""
    content = archive("w.npy", npy(A))
    central = content.index(b"PK\x01\x02")
    claim = struct.pack("<HHQ", 1, 8, 2**62)  # ZIP64: the uncompressed size
    name_end = central + 46 + len("w.npy")
    grown = bytearray(content[:name_end] + claim + content[name_end:])
    grown[central + 24 : central + 28] = b"\xff" * 4
    grown[central + 30 : central + 32] = struct.pack("<H", len(claim))
    end = grown.index(b"PK\x05\x06")
    size = struct.unpack("<I", grown[end + 12 : end + 16])[0] + len(claim)
    grown[end + 12 : end + 16] = struct.pack("<I", size)
    return bytes(grown)


def write(folder: pathlib.Path, name: str, content: bytes | str) -> str:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


@pytest.mark.parametrize(
    "array",
    [A, np.asfortranarray(A), A.astype(">f4"), A.astype(np.int16), A.astype(np.uint64), A * (1 - 2j), A.astype("<c8")],
    ids=lambda array: f"{array.dtype.str}{'F' * array.flags.f_contiguous}",
)
def test_npy_is_read_exactly(array: np.ndarray, tmp_path: pathlib.Path) -> None:
    (weights,) = read_chain([write(tmp_path, "w.npy", npy(array))])
    expected = array.astype(array.dtype.newbyteorder("=")) if array.dtype.kind in "fc" else array.astype(np.float64)
    assert weights.matrix.dtype == expected.dtype
    np.testing.assert_array_equal(weights.matrix, expected)


@pytest.mark.parametrize("container", [sp.csr_array, sp.csr_matrix])
@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "bsr", "dia"])
def test_scipy_npz_is_read_exactly(kind: str, container: Callable[..., Any], tmp_path: pathlib.Path) -> None:
    path = str(tmp_path / "s.npz")
    sp.save_npz(path, container(SPARSE).asformat(kind))
    (weights,) = read_chain([path])
    assert weights.name == "s.npz"
    assert weights.synapses == SPARSE.nnz
    np.testing.assert_array_equal(weights.matrix.toarray(), SPARSE.toarray())


def test_a_chain_in_one_archive_keeps_its_order(tmp_path: pathlib.Path) -> None:
    chain = read_chain([write(tmp_path, "chain.npz", npz(A, np.ones((2, 3))))])
    assert [weights.name for weights in chain] == ["chain.npz[arr_0]", "chain.npz[arr_1]"]
    assert [weights.shape for weights in chain] == [(3, 4), (2, 3)]


SQUARE = RNG.standard_normal((5, 5))
MATRICES = {
    "general": SPARSE.toarray(),
    "symmetric": SQUARE + SQUARE.T,
    "skew-symmetric": SQUARE - SQUARE.T,
    "hermitian": SQUARE + SQUARE.T + 1j * (SQUARE - SQUARE.T),
}


@pytest.mark.parametrize("layout", [np.asarray, sp.coo_array], ids=["array", "coordinate"])
@pytest.mark.parametrize("symmetry", MATRICES)
def test_matrix_market_is_read_as_scipy_writes_it(symmetry: str, layout: Callable, tmp_path: pathlib.Path) -> None:
    path = str(tmp_path / "m.mtx")
    scipy.io.mmwrite(path, layout(MATRICES[symmetry]), symmetry=symmetry, precision=17, comment="two\nlines")
    (weights,) = read_chain([path])
    matrix = weights.matrix.toarray() if sp.issparse(weights.matrix) else weights.matrix
    np.testing.assert_allclose(matrix, MATRICES[symmetry], rtol=1e-15)


def test_matrix_market_patterns_and_duplicates(tmp_path: pathlib.Path) -> None:
    text = "%%MatrixMarket matrix coordinate pattern general\n% a comment\n\n2 3 3\n1 1\n1 1\n2 3"
    (weights,) = read_chain([write(tmp_path, "p.mtx", text)])
    np.testing.assert_array_equal(weights.matrix.toarray(), [[2, 0, 0], [0, 0, 1]])
    empty = "%%MatrixMarket matrix coordinate real general\n2 3 0\n"
    assert read_chain([write(tmp_path, "e.mtx", empty)])[0].synapses == 0


HEADER = npy(A)
HOSTILE = {
    "npy, wrong magic": ("w.npy", b"\x94NUMPY" + HEADER[6:], "does not start with the .npy signature"),
    "npy, cut in the header": ("w.npy", HEADER[:40], "damaged .npy header"),
    "npy, cut in the data": ("w.npy", HEADER[:200], r"announces shape \(3, 4\) of float64 = 96 bytes, 72 bytes follow"),
    "npy, absurd shape": ("w.npy", HEADER.replace(b"(3, 4)", b"(3, 4" + b"0" * 30 + b")"), "announces shape|damaged"),
    "npy, negative shape": ("w.npy", HEADER.replace(b"(3, 4)", b"(-3,-4)"), "impossible shape"),
    "npy, longer than it says": ("w.npy", HEADER.replace(b"(3, 4)", b"(3, 3)"), "goes on after its last entry"),
    "npy, code in the header": ("w.npy", HEADER.replace(b"(3, 4)", b"exit()"), "damaged .npy header"),
    "npy, pickled objects": ("w.npy", npy(np.array([[1, "a"]], object), allow_pickle=True), "pickled .* never loaded"),
    "npy, records": ("w.npy", npy(np.zeros(3, [("a", float)])), "a matrix of numbers is needed"),
    "npy, text": ("w.npy", npy(np.array([["a"]])), "a matrix of numbers is needed"),
    "npy, float16": ("w.npy", npy(A.astype(np.float16)), "float16 weights; convert them"),
    "npy, longdouble": ("w.npy", npy(A.astype(np.longdouble)), "weights; convert them"),
    "npy, bool": ("w.npy", npy(A > 0), "bool weights; convert them"),
    "npy, one axis": ("w.npy", npy(A[0]), r"w.npy has shape \(4,\), a weight matrix has two axes"),
    "npy, three axes": ("w.npy", npy(A[None]), "a weight matrix has two axes"),
    "npy, no rows": ("w.npy", npy(A[:0]), r"w.npy is empty: its shape is \(0, 4\)"),
    "npy, nan": ("w.npy", npy(np.where(A == 1, np.nan, A)), "the weight nan at row 1, column 2"),
    "npy, inf": ("w.npy", npy(np.where(A == 1, -np.inf, A)), "the weight -inf at row 1, column 2"),
    "empty file": ("w.npy", b"", "is empty"),
    "unknown ending": ("w.csv", b"1,2", "ends in '.csv', weights are read from .npy, .npz, .mtx"),
    "npz, no archive": ("w.npz", HEADER, "not a readable .npz archive"),
    "npz, cut": ("w.npz", npz(A)[:150], "not a readable .npz archive"),
    "npz, bomb": ("w.npz", bomb(), "w.npz unpacked needs .* available"),
    "npz, text inside": ("w.npz", archive("w.txt", b"1"), "holds 'w.txt', which is not a NumPy array"),
    "npz, LZMA": ("w.npz", archive("w.npy", HEADER, zipfile.ZIP_LZMA), "packed in a way NumPy never"),
    "npz, objects": ("w.npz", npz(np.array([[None]], object)), r"w.npz\[arr_0\] holds pickled"),
    "npz, empty": ("w.npz", npz(), "holds no arrays"),
    "npz, one axis": ("w.npz", npz(A, A[0]), r"w.npz\[arr_1\] has shape"),
    "csr, pointers decrease": ("w.npz", csr(indptr=np.array([0, 2, 1, 2])), "'indptr' decreases at line 1"),
    "csr, pointers past end": ("w.npz", csr(indptr=np.array([0, 1, 2, 9])), "'indptr' runs from 0 to 9, expected"),
    "csr, pointers missing": ("w.npz", csr(indptr=np.array([0, 1, 2])), "'indptr' has 3 entries"),
    "csr, index too large": ("w.npz", csr(indices=np.array([0, 3])), r"'indices' holds 3, outside 0\.\.2"),
    "csr, index negative": ("w.npz", csr(indices=np.array([0, -1])), r"'indices' holds -1, outside"),
    "csr, indices are floats": ("w.npz", csr(indices=np.array([0.0, 1.0])), "'indices' should be a row of integers"),
    "csr, values missing": ("w.npz", csr(data=np.ones(1)), "1 values but 2 indices"),
    "csr, nan": ("w.npz", csr(data=np.array([1, np.nan])), "the weight nan at row 1, column 2"),
    "csr, huge shape": ("w.npz", csr(shape=np.array([3, 2**62])), "needs .* available"),
    "csr, negative shape": ("w.npz", csr(shape=np.array([-3, 3])), "impossible shape"),
    "csr, three axes": ("w.npz", csr(shape=np.array([3, 3, 3])), "3 axes, a matrix has 2"),
    "csr, unknown format": ("w.npz", csr(format=np.bytes_("lil")), "names the sparse format 'lil'"),
    "csr, format is an object": ("w.npz", csr(format=np.array(None, object)), "pickled"),
    "csc, huge and hollow": ("w.npz", csr(format=np.bytes_("csc"), shape=np.array([2**50, 3])), "needs .* available"),
    "bsr, flat blocks": ("w.npz", csr(format=np.bytes_("bsr")), "do not tile"),
    "coo, no rows": ("w.npz", csr(format=np.bytes_("coo")), "without its 'row' array"),
    "dia, no offsets": ("w.npz", csr(format=np.bytes_("dia")), "without its 'offsets' array"),
    "mtx, no banner": ("w.mtx", "hello\n", "does not start with"),
    "mtx, unknown field": ("w.mtx", COORDINATE.replace("real", "quaternion"), "does not define"),
    "mtx, no sizes": ("w.mtx", COORDINATE, "should give 3 sizes"),
    "mtx, sizes of an array": ("w.mtx", COORDINATE + "3 3\n1 1 1\n", "should give 3 sizes after its comments"),
    "mtx, negative sizes": ("w.mtx", COORDINATE + "3 -3 1\n1 1 1\n", "should give 3 sizes"),
    "mtx, missing entries": ("w.mtx", COORDINATE + "3 3 99999999999\n1 1 1\n", "announces 99999999999 entries"),
    "mtx, huge and hollow": ("w.mtx", COORDINATE + "99999999999999 3 1\n1 1 1.0\n", "needs .* available"),
    "mtx, huge array": ("w.mtx", "%%MatrixMarket matrix array real general\n99999999 99999999\n1\n", "cannot hold"),
    "mtx, fewer lines": ("w.mtx", COORDINATE + "3 3 2\n1 1 1.00000000\n", "announces 2 lines of 3 numbers, it holds 1"),
    "mtx, more lines": ("w.mtx", COORDINATE + "3 3 1\n1 1 1\n2 2 1\n", "announces 1 lines of 3 numbers, it holds 2"),
    "mtx, out of range": ("w.mtx", COORDINATE + "3 3 1\n4 1 1.0\n", r"entry 1 at \(4, 1\) of 3 x 3"),
    "mtx, counted from 0": ("w.mtx", COORDINATE + "3 3 1\n0 1 1.0\n", r"entry 1 at \(0, 1\) of 3 x 3"),
    "mtx, words": ("w.mtx", COORDINATE + "3 3 1\n1 1 one\n", "w.mtx is damaged: could not convert"),
    "mtx, nan": ("w.mtx", COORDINATE + "3 3 1\n2 3 nan\n", "the weight nan at row 1, column 2"),
    "mtx, not square": ("w.mtx", COORDINATE.replace("general", "symmetric") + "3 4 0\n", "must be square"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_end_in_one_sentence(case: str, tmp_path: pathlib.Path) -> None:
    name, content, sentence = HOSTILE[case]
    with pytest.raises(ValueError, match=sentence) as caught:
        read_chain([write(tmp_path, name, content)])
    assert "\n" not in str(caught.value)


def test_what_does_not_fit_is_called_too_large(tmp_path: pathlib.Path) -> None:
    with pytest.raises(TooLargeError):
        read_chain([write(tmp_path, "w.npz", bomb())])


def test_what_is_no_file_is_named(tmp_path: pathlib.Path) -> None:
    (tmp_path / "d.npy").mkdir()
    (tmp_path / "zero.npy").symlink_to("/dev/zero")
    for name, sentence in [("d.npy", "is a directory"), ("zero.npy", "not a regular file"), ("no.npy", "No such file")]:
        with pytest.raises(ValueError, match=sentence):
            read_chain([str(tmp_path / name)])
    with pytest.raises(ValueError, match="null"):
        read_chain(["a\0.npy"])


def test_shapes_that_do_not_chain_are_named_with_both_files(tmp_path: pathlib.Path) -> None:
    a, b = write(tmp_path, "a.npy", npy(A)), write(tmp_path, "b.mtx", COORDINATE + "5 6 1\n1 1 1.0\n")
    with pytest.raises(ValueError, match=r"b.mtx \(5 x 6\) cannot follow a.npy \(3 x 4\): 3 outputs meet 6 inputs"):
        read_chain([a, b])
    square = write(tmp_path, "s.npy", npy(np.eye(2)))
    with pytest.raises(ValueError, match=f"hold {MOST_FACTORS + 1} matrices"):
        read_chain([square] * (MOST_FACTORS + 1))


def test_mostly_zero_arrays_become_sparse(tmp_path: pathlib.Path) -> None:
    few, many = write(tmp_path, "few.npy", npy(np.eye(8))), write(tmp_path, "many.npy", npy(np.ones((8, 8))))
    first, second = read_chain([few, many])
    assert sp.issparse(first.matrix) and isinstance(second.matrix, np.ndarray)
    assert (first.synapses, second.synapses) == (8, 64)


VALID = {
    ".npy": npy(A),
    ".npz": csr(),
    ".mtx": (COORDINATE + "3 3 2\n1 1 1.5\n2 3 -2e0\n").encode(),
}


@given(st.sampled_from(sorted(VALID)), st.data())
def test_damaged_bytes_are_refused_or_read(tmp_path_factory: pytest.TempPathFactory, ending: str, data: Any) -> None:
    content = bytearray(VALID[ending])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / f"damaged{ending}"
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    try:
        chain = read_chain([str(path)])
    except ValueError as error:
        assert "\n" not in str(error)
    else:
        assert all(np.isfinite(weights.matrix.sum()) for weights in chain)
