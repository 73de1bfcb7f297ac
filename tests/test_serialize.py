"""save and load: the same bits back, and a sentence for everything that is not a whole file of ours."""

from __future__ import annotations

import io
import json
import os
import pathlib
import pickle
import stat
import subprocess
import sys
import warnings
import zipfile

import flatnet as fn
import numpy as np
import pytest
import scipy.sparse as sp
from catalog import CASES
from flatnet.operator import ACTIVATIONS
from flatnet.serialize import atomic_writer
from flatnet.transforms import CATALOGUE

RNG = np.random.default_rng(7)


def layers() -> dict[str, list]:
    """What the catalogue's rows of factors lack: biases, activations, pinned and shared weights."""
    weights = RNG.normal(size=(4, 3))
    return {
        "non-linear": [
            fn.Layer(weights, bias=RNG.normal(size=4), activation="logistic"),
            fn.Layer(fn.Diagonal(RNG.normal(size=4)), activation="relu"),
            fn.Layer(RNG.normal(size=(2, 4)).astype("f4"), bias=np.zeros(2), activation="square"),
        ],
        "activations": [fn.Layer(RNG.normal(size=(3, 3)), activation=name) for name in ACTIVATIONS],
        "complex-bias": [fn.Layer(weights + 1j, bias=np.ones(4) * 1j)],
        "columns": [fn.Dense(np.asfortranarray(RNG.normal(size=(6, 9))))],
        "transposed": list(fn.dft(16).T),
        "pinned": list(fn.dft(32, dtype="complex64")),
        "shared": [fn.Dense(RNG.normal(size=(5, 5)))] * 3,
    }


LAYERS = layers()
MAKERS = {
    **{f"{case.row.name}-{case.dtype}": lambda case=case: case.net for case in CASES},
    **{entry.name: lambda entry=entry: entry.build(entry.sizes[-1]) for entry in CATALOGUE},
    **{name: lambda name=name: fn.Network(LAYERS[name], name=name, info={"made": "by hand"}) for name in LAYERS},
    "product_gate": fn.product_gate,
    "bit_product": lambda: fn.bit_product(3),
}
REQUIRED = {entry.name: entry.requires for entry in CATALOGUE if entry.requires}


@pytest.fixture(params=MAKERS)
def net(request: pytest.FixtureRequest) -> fn.Network:
    if request.param in REQUIRED:
        pytest.importorskip(REQUIRED[request.param])
    return MAKERS[request.param]()


@pytest.fixture
def target(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "net.flatnet"


def probe(net: fn.Network, kind: str) -> np.ndarray:
    return np.random.default_rng(3).integers(-9, 9, size=(5, net.shape[1])).astype(kind) / 8


def bits(array: np.ndarray) -> tuple[str, tuple[int, ...], bytes]:
    return array.dtype.str, array.shape, array.tobytes()


def test_same_bits_after_load(net: fn.Network, target: pathlib.Path) -> None:
    fn.save(target, net)
    again = fn.load(target)
    for attribute in ("name", "info", "shape", "dtype", "synapses", "neurons", "depth", "nbytes", "is_linear"):
        assert getattr(again, attribute) == getattr(net, attribute), attribute
    for old, new in zip(net.layers, again.layers, strict=True):
        assert new.weight.kind == old.weight.kind
        assert new.activation == old.activation
        assert (new.weight.weak, new.weight.dtype) == (old.weight.weak, old.weight.dtype)
    same_results(again, net)


def same_results(again: fn.Network, net: fn.Network) -> None:
    for kind in ("f4", "f8", "c16") if net.is_linear else ("f4", "f8"):
        x = probe(net, kind)
        if net.certificate is not None and not net.certificate.holds(x):
            for made in (again, net):
                with pytest.warns(fn.OutsideDomainWarning):
                    made(x)
            x = np.round(np.clip(x, *net.certificate.bounds())).astype(kind)  # bits are whole numbers
        assert bits(again(x)) == bits(net(x))


def test_integers_stay_exact_after_load(target: pathlib.Path) -> None:
    net = fn.hadamard(32)
    fn.save(target, net)
    x = np.arange(64).reshape(2, 32)
    assert bits(fn.load(target)(x)) == bits(net(x))
    assert fn.load(target)(x).dtype.kind == "i"


def test_generic_and_lazy_factors(target: pathlib.Path) -> None:
    """A factor that is only counted stays so; one that generates its weights needs few of them."""
    generic = fn.matmul(32, 32, levels=2)
    fn.save(target, generic)
    assert fn.load(target).synapses == generic.synapses
    fn.save(target, fn.hadamard(2**40))
    assert fn.load(target).synapses == 2 * 40 * 2**40
    assert target.stat().st_size < 100_000


def test_flat_form_travels_along(target: pathlib.Path) -> None:
    flat = fn.Network([fn.Dense(np.eye(3))], name="flat")
    fn.save(target, fn.Network([fn.Dense(2 * np.eye(3)), fn.Dense(np.eye(3) / 2)], flat_form=flat))
    again = fn.load(target)
    assert again.depth == 1
    assert again.flat_form is not None and again.flat_form.flat_form is None
    assert again.flat_form.name == "flat"
    same_results(again.flat_form, flat)


def test_layers_and_factors_save_as_networks(target: pathlib.Path) -> None:
    factor = fn.Diagonal([1.0, 2.0])
    for item in (factor, fn.Layer(factor), fn.Network([factor])):
        fn.save(target, item)
        assert len(fn.load(target)) == 1
    with pytest.raises(TypeError, match="Network, Layer or Factor, got list"):
        fn.save(target, [factor])


def test_equal_networks_give_equal_files(tmp_path: pathlib.Path) -> None:
    for copy in ("a", "b"):
        fn.save(tmp_path / copy, fn.dft(64))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_shared_arrays_are_stored_once(target: pathlib.Path) -> None:
    dense = fn.Dense(RNG.normal(size=(100, 100)))
    fn.save(target, fn.Network([dense] * 5))
    assert target.stat().st_size < 2 * 80_000


def test_numpy_reads_the_arrays_without_pickle(target: pathlib.Path) -> None:
    weights = RNG.normal(size=(3, 4))
    fn.save(target, fn.Network([fn.Dense(weights)]))
    with np.load(target, allow_pickle=False) as archive:
        assert any(np.array_equal(archive[key].ravel(), weights.ravel()) for key in archive.files[1:])


@pytest.mark.parametrize("path_type", [str, os.fspath, pathlib.Path, os.fsencode])
def test_paths_of_every_type(path_type, target: pathlib.Path) -> None:
    fn.save(path_type(target), fn.hadamard(4))
    assert fn.load(path_type(target)).synapses == 16


# -- files that are not ours, or no longer whole ----------------------------------------------------------------------


def members(path: pathlib.Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rebuilt(path: pathlib.Path, parts: dict[str, bytes] | list[tuple[str, bytes]], method: int = 0) -> pathlib.Path:
    pairs = parts.items() if isinstance(parts, dict) else parts
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", method) as archive:
        warnings.simplefilter("ignore", UserWarning)  # a duplicate name
        for name, content in pairs:
            archive.writestr(name, content)
    return path


def npy(array: np.ndarray, **options) -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array(out, array, **options)
    return out.getvalue()


@pytest.fixture
def parts(target: pathlib.Path) -> dict[str, bytes]:
    """A saved network of two layers, one with a bias, member by member."""
    sparse = fn.Sparse(sp.csr_array(np.array([[1.0, 0, 2], [0, 3, 0]])))
    fn.save(target, fn.Network([sparse, fn.Layer(fn.Dense(np.eye(2)), bias=np.ones(2))], name="small"))
    return members(target)


def header(parts: dict[str, bytes]) -> dict:
    return json.loads(parts["flatnet.json"])


def with_header(parts: dict[str, bytes], head: object) -> dict[str, bytes]:
    return {**parts, "flatnet.json": json.dumps(head).encode()}


def refuses(path: pathlib.Path, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as caught:
        fn.load(path)
    text = str(caught.value)
    assert text.startswith(f"cannot load {path}: ") and "\n" not in text


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip at all" * 9, pickle.dumps([1]), npy(np.eye(3))])
def test_foreign_files(content: bytes, target: pathlib.Path) -> None:
    target.write_bytes(content)
    refuses(target, "not a zip file")


def test_an_npz_is_not_a_network(target: pathlib.Path) -> None:
    np.savez(target.with_suffix(".npz"), a=np.eye(3))
    refuses(target.with_suffix(".npz"), "not a flatnet file")


def test_truncation_anywhere(parts: dict[str, bytes], target: pathlib.Path) -> None:
    whole = target.read_bytes()
    for length in range(0, len(whole), 7):
        target.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="cannot load"):
            fn.load(target)


def test_one_flipped_byte_anywhere(parts: dict[str, bytes], target: pathlib.Path) -> None:
    """Every byte, one at a time: refused with a sentence, or of no consequence (a date, a comment)."""
    whole = target.read_bytes()
    expected = fn.load(target).toarray() if fn.load(target).is_linear else fn.load(target)(np.eye(3))
    refused = 0
    for position in range(len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= 0x55
        target.write_bytes(damaged)
        try:
            net = fn.load(target)
        except ValueError:
            refused += 1
        else:
            assert bits(net(np.eye(3))) == bits(expected), position
    assert refused > 0.8 * len(whole)


def test_missing_and_extra_members(parts: dict[str, bytes], target: pathlib.Path) -> None:
    for name in parts:
        rest = {key: value for key, value in parts.items() if key != name}
        refuses(rebuilt(target, rest), "flatnet.json" if name == "flatnet.json" else f"'{name}'.*does not hold")
    refuses(rebuilt(target, {**parts, "evil.pkl": b"x"}), "'evil.pkl'.*does not name")


def test_duplicate_members(parts: dict[str, bytes], target: pathlib.Path) -> None:
    refuses(rebuilt(target, [*parts.items(), ("0.npy", parts["0.npy"])]), "members share")


def test_compressed_members(parts: dict[str, bytes], target: pathlib.Path) -> None:
    bomb = {**parts, "0.npy": npy(np.zeros(1 << 20))}
    refuses(rebuilt(target, bomb, zipfile.ZIP_DEFLATED), "compressed")


def test_sizes_are_checked_before_memory_is_asked_for(parts: dict[str, bytes], target: pathlib.Path) -> None:
    claim = io.BytesIO()
    np.lib.format.write_array_header_1_0(claim, {"descr": "<f8", "fortran_order": False, "shape": (1 << 50,)})
    refuses(rebuilt(target, {**parts, "0.npy": claim.getvalue()}), "bytes")


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (np.zeros(3, "f2"), "float16"),
        (np.zeros(3, "?"), "bool"),
        (np.zeros(3, "U4"), "<U4"),
        (np.zeros(3, "u8"), "uint64"),
        (np.zeros(3, [("a", "f8")]), "type "),
        (np.zeros(3, "M8[s]"), "datetime64"),
    ],
)
def test_wrong_dtypes(array: np.ndarray, sentence: str, parts: dict[str, bytes], target: pathlib.Path) -> None:
    refuses(rebuilt(target, {**parts, "0.npy": npy(array)}), sentence)


def test_object_arrays_are_not_unpickled(parts: dict[str, bytes], target: pathlib.Path) -> None:
    class Trap:
        def __reduce__(self):
            return pytest.fail, ("unpickled",)

    refuses(rebuilt(target, {**parts, "0.npy": npy(np.array([Trap()]))}), "pickle|object")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "Expecting value"),
        (b"{", "Expecting"),
        (b"\xff\xfe", "decode"),
        (b"[" * 200_000, "damaged|recursion"),
        (b'{"a": ' * 100_000, "damaged|recursion"),
        (b"3" * 10_000, "digits|not a flatnet file"),
        (b"null", "not a flatnet file"),
        (b"[]", "not a flatnet file"),
        (b'{"format": NaN}', "NaN"),
        (b'{"format": 1, "format": 2}', "repeats a key"),
    ],
)
def test_header_that_is_no_header(text: bytes, sentence: str, parts: dict[str, bytes], target: pathlib.Path) -> None:
    refuses(rebuilt(target, {**parts, "flatnet.json": text}), sentence)


@pytest.mark.parametrize("version", [0, 2, 10**30, True, "1", None, 1.0])
def test_other_versions(version: object, parts: dict[str, bytes], target: pathlib.Path) -> None:
    refuses(rebuilt(target, with_header(parts, header(parts) | {"version": version})), "reads version 1")


def test_header_with_one_value_replaced(parts: dict[str, bytes], target: pathlib.Path) -> None:
    """Every value of the header, replaced by values of other types: a network or a sentence, nothing else."""
    head = header(parts)
    places = list(walk(head))
    assert len(places) > 20
    for place in places:
        for value in (None, True, -1, 2**70, 1.5, "", "x", [], {}, [1], {"kind": "Dense"}):
            rebuilt(target, with_header(parts, replaced(head, place, value)))
            try:
                fn.load(target)
            except ValueError as error:
                assert "\n" not in str(error)


def walk(value: object, place: tuple = ()):
    if place:
        yield place
    if isinstance(value, dict):
        for key, item in value.items():
            yield from walk(item, (*place, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from walk(item, (*place, index))


def replaced(head: dict, place: tuple, value: object) -> dict:
    copy = json.loads(json.dumps(head))
    at = copy
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    return copy


def test_layers_that_do_not_chain(parts: dict[str, bytes], target: pathlib.Path) -> None:
    head = header(parts)
    head["networks"][0]["layers"].reverse()
    refuses(rebuilt(target, with_header(parts, head)), "3|2")


def test_indices_out_of_range(parts: dict[str, bytes], target: pathlib.Path) -> None:
    arrays = header(parts)["networks"][0]["layers"][0]["arrays"]
    tried = 0
    for name in arrays.values():
        stored = np.lib.format.read_array(io.BytesIO(parts[name]))
        if stored.dtype.kind == "i":
            for bad in (-1, 10**6):
                damaged = stored.copy()
                damaged[-1] = bad
                refuses(rebuilt(target, {**parts, name: npy(damaged)}), "cannot load")
                tried += 1
    assert tried >= 4, "a sparse factor stores its column indices and its row starts"


def test_only_the_file_system_raises_os_errors(tmp_path: pathlib.Path) -> None:
    with pytest.raises(FileNotFoundError):
        fn.load(tmp_path / "none")
    with pytest.raises(OSError, match=r"[Dd]irectory|denied"):
        fn.load(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        refuses(tmp_path / "pipe", "not a regular file")


# -- writing ----------------------------------------------------------------------------------------------------------


def test_a_failed_save_leaves_the_old_file(target: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fn.save(target, fn.hadamard(4))
    before = target.read_bytes()
    monkeypatch.setattr(np.lib.format, "write_array", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fn.save(target, fn.dft(1024))
    assert target.read_bytes() == before
    assert os.listdir(target.parent) == [target.name]


def interrupt(*args: object, **options: object) -> None:
    raise KeyboardInterrupt


def test_save_into_a_missing_folder(tmp_path: pathlib.Path) -> None:
    with pytest.raises(FileNotFoundError):
        fn.save(tmp_path / "missing" / "net", fn.hadamard(4))


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_permissions_links_and_devices(tmp_path: pathlib.Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    fn.save(real, fn.hadamard(4))
    assert stat.S_IMODE(real.stat().st_mode) == 0o666 & ~current_umask()
    real.chmod(0o600)
    link.symlink_to(real)
    fn.save(link, fn.hadamard(8))
    assert link.is_symlink() and stat.S_IMODE(real.stat().st_mode) == 0o600
    assert fn.load(real).shape == (8, 8)
    with pytest.raises(ValueError, match="regular file"), atomic_writer(tmp_path):
        pass


def current_umask() -> int:
    code = "import os; print(os.umask(0))"
    return int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True).stdout)
