"""Networks on disk: one file, no pickle, and nothing in it believed before it is checked.

The file is a zip archive whose members are stored, not compressed, so that none can grow while it is read:

``flatnet.json``
    format, format version and a list of networks: number 0 is the one that was saved, others are flat forms.
    Each layer holds its factor's ``meta`` and the names of its ``arrays``, its ``bias`` and its ``activation``; a
    network with a certificate holds its fields.
``0.npy, 1.npy, ...``
    the arrays in NumPy's own format, little-endian; one that several layers share is there once.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from .certificate import Certificate
from .factors import Factor
from .network import Layer, Network
from .report.npy import DAMAGE, read_npy

if TYPE_CHECKING:  # imported where it is used: `import flatnet` stays light
    import zipfile

__all__ = ["atomic_writer", "load", "save"]

FORMAT = "flatnet.network"
VERSION = 1
_HEADER = "flatnet.json"
_NETWORK_KEYS = {"name", "info", "layers", "flat_form"}
_LAYER_KEYS = {"meta", "arrays", "bias", "activation"}
_DTYPES = ("float32", "float64", "complex64", "complex128", "int32", "int64")
_ZIP64 = 1 << 30  # bytes from which a member gets 64-bit sizes; the format's own limit is 2**31


def _nonsense() -> tuple[type[Exception], ...]:
    """What zipfile, NumPy and a factor's constructor raise when fed nonsense."""
    import zipfile

    return (zipfile.BadZipFile, *DAMAGE)


def save(path: str | os.PathLike[str], net: Network | Layer | Factor) -> None:
    """Write a network to one file.

    The file appears under its name only when it is complete: it is written beside the target, flushed to the disk
    and moved over it. An interrupted or failed call leaves what was there before.

    Parameters
    ----------
    path : str or os.PathLike
        Where to write; no suffix is added. An existing file is replaced and keeps its permissions.
    net : Network, Layer or Factor
        What to write. Factors are stored in their own structure, never as dense matrices.

    Raises
    ------
    TypeError
        If ``net`` is none of the three.
    OSError
        If the file system refuses.

    See Also
    --------
    load : read it back.

    Notes
    -----
    The file is an uncompressed zip archive of ``.npy`` members and one JSON header; it holds no pickle. After
    `load` every result is bitwise what it was before.

    Examples
    --------
    >>> import os, tempfile
    >>> import flatnet as fn
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "h.flatnet")
    ...     fn.save(path, fn.hadamard(8))
    ...     fn.load(path).synapses
    48
    """
    if isinstance(net, (Layer, Factor)):
        net = Network([net])
    if not isinstance(net, Network):
        raise TypeError(f"save writes a Network, Layer or Factor, got {type(net).__name__}")
    arrays = _Arrays()
    header = {"format": FORMAT, "version": VERSION, "networks": _describe(net, arrays)}
    text = json.dumps(header, allow_nan=False, indent=1)
    import zipfile

    with atomic_writer(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        with _member(archive, _HEADER, len(text)) as out:
            out.write(text.encode())
        for name, array in arrays.named():
            with _member(archive, name, array.nbytes) as out:
                np.lib.format.write_array(out, array, version=(1, 0), allow_pickle=False)


def load(path: str | os.PathLike[str]) -> Network:
    """Read a network that `save` wrote.

    Parameters
    ----------
    path : str or os.PathLike
        The file.

    Returns
    -------
    Network
        With the structure, dtypes, name and results of the one that was saved, bit for bit.

    Raises
    ------
    ValueError
        If anything inside the file is wrong: not a flatnet file, written by a newer version, truncated, damaged
        (each member's checksum is verified), members missing, left over or listed twice, sizes that disagree,
        compressed members, unexpected dtypes, indices out of range, layers that do not chain.
    OSError
        If the file system refuses; for no other reason.

    See Also
    --------
    save : write a network.

    Notes
    -----
    No byte of the file is ever executed or unpickled. Sizes are compared with the size of the file before memory is
    asked for, so a small file cannot claim a large array.

    Examples
    --------
    >>> import os, tempfile
    >>> import flatnet as fn
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "d.flatnet")
    ...     fn.save(path, fn.dft(1024))
    ...     fn.load(path)([1.0] + [0.0] * 1023)[:3]
    array([1.+0.j, 1.+0.j, 1.+0.j])
    """
    where = os.fsdecode(path)
    mode = os.stat(where).st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):  # opening a pipe would wait for its writer
        raise ValueError(f"cannot load {where}: not a regular file")
    with open(where, "rb") as file:
        try:
            return _read(file, os.fstat(file.fileno()).st_size)
        except _nonsense() as error:
            raise ValueError(f"cannot load {where}: {_reason(error)}") from error
        except OSError as error:
            if error.errno != errno.EINVAL:  # EINVAL: the archive pointed before its own start
                raise
            raise ValueError(f"cannot load {where}: an offset lies outside the file") from error


@contextlib.contextmanager
def atomic_writer(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a file that takes its name only once it is complete.

    Parameters
    ----------
    path : str or os.PathLike
        The final name. A symbolic link is followed; permissions of an existing file are kept.

    Yields
    ------
    file object
        Binary, seekable, in the target's folder; flushed to the disk and moved over ``path`` at the end of the
        ``with`` block, removed if the block raises.

    Raises
    ------
    ValueError
        If ``path`` exists and is not a regular file (a device must not be replaced by one).
    OSError
        If the file system refuses.
    """
    target = os.path.realpath(os.fsdecode(path))
    if os.path.exists(target) and not os.path.isfile(target):
        raise ValueError(f"only a regular file can be written over, {target} is not one")
    partial = os.path.join(os.path.dirname(target), f".flatnet-{os.urandom(8).hex()}.tmp")
    try:
        with open(partial, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(target):
            os.chmod(partial, stat.S_IMODE(os.stat(target).st_mode))
        os.replace(partial, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(partial)
        raise


class _Arrays:
    """The arrays of a file under construction: member names, one per distinct piece of memory."""

    def __init__(self) -> None:
        self._names: dict[Any, str] = {}
        self._arrays: list[np.ndarray] = []  # keeps them alive, so that an address stays one array's

    def add(self, array: np.ndarray) -> str:
        array = np.asarray(array)
        if array.dtype.name not in _DTYPES:
            raise TypeError(f"a flatnet file holds {', '.join(_DTYPES)}, got an array of {array.dtype}")
        address = array.__array_interface__["data"][0]
        key = (address, array.shape, array.strides, array.dtype.str)
        if key not in self._names:
            self._names[key] = f"{len(self._arrays)}.npy"
            self._arrays.append(array)
        return self._names[key]

    def named(self) -> Iterator[tuple[str, np.ndarray]]:
        for name, array in zip(self._names.values(), self._arrays):
            yield name, array.astype(array.dtype.newbyteorder("<"), copy=False)


def _describe(net: Network, arrays: _Arrays) -> list[dict[str, Any]]:
    networks: list[dict[str, Any]] = []
    pending: Network | None = net
    while pending is not None:
        flat_form = pending.flat_form
        networks.append(
            {
                "name": pending.name,
                "info": pending.info,
                "layers": [_describe_layer(layer, arrays) for layer in pending.layers],
                "flat_form": None if flat_form is None else len(networks) + 1,
                **({} if pending.certificate is None else {"certificate": pending.certificate.to_dict()}),
            }
        )
        pending = flat_form
    return networks


def _describe_layer(layer: Layer, arrays: _Arrays) -> dict[str, Any]:
    meta, parts = layer.weight._state()
    return {
        "meta": meta,
        "arrays": {key: arrays.add(part) for key, part in parts.items()},
        "bias": None if layer.bias is None else arrays.add(layer.bias),
        "activation": layer.activation,
    }


def _member(archive: zipfile.ZipFile, name: str, nbytes: int) -> IO[bytes]:
    import zipfile

    info = zipfile.ZipInfo(name)  # dated 1980: equal networks give equal files
    info.external_attr = 0o644 << 16
    return archive.open(info, "w", force_zip64=nbytes >= _ZIP64)


def _read(file: IO[bytes], size: int) -> Network:
    import zipfile

    with zipfile.ZipFile(file) as archive:
        members = _members(archive, size)
        header = json.loads(archive.read(members[_HEADER]).decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
        networks = _networks(header)
        wanted = {name for network in networks for layer in network["layers"] for name in _names(layer)}
        if missing := sorted(wanted - members.keys()):
            raise ValueError(f"the header names {missing[0]!r}, which the archive does not hold")
        if extra := sorted(members.keys() - wanted - {_HEADER}):
            raise ValueError(f"the archive holds {extra[0]!r}, which the header does not name")
        arrays = {name: _read_array(archive, members[name]) for name in sorted(wanted)}
    built: Network | None = None
    for network in reversed(networks):
        layers = [_layer(layer, arrays) for layer in network["layers"]]
        certificate = Certificate.from_dict(network["certificate"]) if "certificate" in network else None
        built = Network(layers, name=network["name"], flat_form=built, info=network["info"], certificate=certificate)
    assert built is not None
    return built


def _members(archive: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    import zipfile

    infos = archive.infolist()
    members = {info.filename: info for info in infos}
    if _HEADER not in members:
        raise ValueError(f"not a flatnet file, it has no member {_HEADER!r}")
    if len(members) != len(infos):
        raise ValueError(f"{len(infos)} members share {len(members)} names")
    for info in infos:
        if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
            raise ValueError(f"member {info.filename!r} is compressed, flatnet files store their members")
    if (claimed := sum(info.file_size for info in infos)) > size:
        raise ValueError(f"its members claim {claimed} bytes, the file has {size}")
    return members


def _networks(header: Any) -> list[dict[str, Any]]:
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ValueError(f"not a flatnet file, its header does not say {FORMAT!r}")
    version = header.get("version")
    if type(version) is not int or version != VERSION:
        raise ValueError(f"format version {version!r}, this flatnet reads version {VERSION}")
    networks = header.get("networks")
    if not isinstance(networks, list) or not networks:
        raise ValueError("its header lists no networks")
    for number, network in enumerate(networks):
        what = f"network {number}"
        follower = None if number == len(networks) - 1 else number + 1
        _expect(isinstance(network, dict) and network.keys() - {"certificate"} == _NETWORK_KEYS, f"keys of {what}")
        _expect(network["flat_form"] == follower, f"flat form of {what}")
        _expect(isinstance(network["name"], str), f"name of {what}")
        _expect(isinstance(network["info"], dict), f"info of {what}")
        _expect(isinstance(network["layers"], list), f"list of layers of {what}")
        for index, layer in enumerate(network["layers"]):
            _check_layer(layer, f"layer {index} of {what}")
    return networks


def _check_layer(layer: Any, what: str) -> None:
    _expect(isinstance(layer, dict) and layer.keys() == _LAYER_KEYS, f"keys of {what}")
    _expect(isinstance(layer["meta"], dict), f"meta of {what}")
    _expect(isinstance(layer["arrays"], dict), f"arrays of {what}")
    _expect(all(isinstance(name, str) for name in layer["arrays"].values()), f"arrays of {what}")
    _expect(layer["bias"] is None or isinstance(layer["bias"], str), f"bias of {what}")
    _expect(layer["activation"] is None or isinstance(layer["activation"], str), f"activation of {what}")


def _expect(condition: bool, what: str) -> None:
    if not condition:
        raise ValueError(f"the {what} in its header cannot be read")


def _names(layer: dict[str, Any]) -> Iterator[str]:
    yield from layer["arrays"].values()
    if layer["bias"] is not None:
        yield layer["bias"]


def _layer(layer: dict[str, Any], arrays: dict[str, np.ndarray]) -> Layer:
    weight = Factor._from_state(layer["meta"], {key: arrays[name] for key, name in layer["arrays"].items()})
    bias = None if layer["bias"] is None else arrays[layer["bias"]]
    return Layer(weight, bias=bias, activation=layer["activation"])


def _read_array(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(info) as member:
        array = read_npy(member, info.file_size, f"member {info.filename!r}", kinds="fci")
    if array.dtype.name not in _DTYPES:
        raise ValueError(f"member {info.filename!r} holds {array.dtype}, expected one of {', '.join(_DTYPES)}")
    return array


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        raise ValueError("its header repeats a key")
    return unique


def _no_constant(name: str) -> float:
    raise ValueError(f"its header holds {name}")


def _reason(error: Exception) -> str:
    import zipfile

    if isinstance(error, (ValueError, zipfile.BadZipFile)):
        return str(error)
    return f"it is damaged ({type(error).__name__}: {error})"
