"""Reads ``.npz`` archives (plain or of ``scipy.sparse.save_npz``): sizes are judged before a byte is unpacked."""

from __future__ import annotations

import os
import zipfile
import zlib
from typing import Any

import numpy as np

from .._check import require_memory
from .npy import DAMAGE, read_npy
from .sparse import from_members

__all__ = ["read_npz"]

_MOST_ARRAYS = 4096
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what NumPy writes


def _members(archive: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    """Return the archive's members after checking names, methods and the memory they ask for."""
    infos = archive.infolist()
    if not infos:
        raise ValueError(f"{name} holds no arrays")
    if len(infos) > _MOST_ARRAYS:
        raise ValueError(f"{name} holds {len(infos)} members, at most {_MOST_ARRAYS} are read")
    seen = set()
    for info in infos:
        if not info.filename.endswith(".npy"):
            raise ValueError(f"{name} holds {info.filename!r}, which is not a NumPy array")
        if info.filename in seen:
            raise ValueError(f"{name} holds two arrays named {info.filename[:-4]!r}")
        if info.compress_type not in _METHODS or info.flag_bits & 1:
            raise ValueError(f"{name}: {info.filename!r} is encrypted or packed in a way NumPy never writes")
        seen.add(info.filename)
    require_memory(f"{name} unpacked", sum(info.file_size for info in infos))
    return infos


def read_npz(path: str) -> list[tuple[str, Any]]:
    """Read every matrix of an ``.npz`` file, in the archive's order.

    Parameters
    ----------
    path : str
        Written by ``numpy.savez``, ``numpy.savez_compressed`` or ``scipy.sparse.save_npz``.

    Returns
    -------
    list of (str, ndarray or scipy.sparse.csr_array)
        Names as sentences call them (``chain.npz[arr_0]``) and matrices.  A SciPy file holds one.

    Raises
    ------
    ValueError
        If the archive is damaged, holds pickled objects, or its sparse arrays contradict each other.
    TooLargeError
        If its members unpack to more than fits in memory; raised before any is unpacked.

    Examples
    --------
    >>> import os, tempfile, numpy as np
    >>> from flatnet.report.npz import read_npz
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "chain.npz")
    ...     np.savez(path, first=np.eye(2), second=np.ones((3, 2)))
    ...     [(name, matrix.shape) for name, matrix in read_npz(path)]
    [('chain.npz[first]', (2, 2)), ('chain.npz[second]', (3, 2))]
    """
    name = os.path.basename(path)
    try:
        with zipfile.ZipFile(path) as archive:
            infos = _members(archive, name)
            keys = [info.filename[:-4] for info in infos]
            sparse = {"format", "shape", "data"} <= set(keys)
            arrays: dict[str, np.ndarray] = {}
            for info, key in zip(infos, keys, strict=True):
                with archive.open(info) as stream:
                    label, kinds = f"{name}[{key}]", "SU" if sparse and key == "format" else "biufc"
                    arrays[key] = read_npy(stream, info.file_size, label, kinds=kinds)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ValueError(f"{name} is not a readable .npz archive: {error}") from error
    except MemoryError:
        raise
    except DAMAGE as error:
        if type(error) is ValueError:
            raise
        raise ValueError(f"{name} is a damaged .npz archive ({type(error).__name__})") from error
    if sparse:
        return [(name, from_members(arrays, name))]
    return [(f"{name}[{key}]" if len(arrays) > 1 else name, array) for key, array in arrays.items()]
