"""Reads one ``.npy`` stream without trusting it: sizes are compared before memory is asked for, nothing is unpickled.

NumPy's own reader would do for honest files.  A report is pointed at files from anywhere, so the header must
agree with the number of bytes that follow *before* anything is allocated.
"""

from __future__ import annotations

import math
import struct
import tokenize
from typing import IO, Any

import numpy as np

from .._check import require_memory

__all__ = ["DAMAGE", "read_npy"]

#: What the standard library, NumPy and SciPy raise on damaged input; each becomes one sentence.
DAMAGE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    EOFError,
    ArithmeticError,
    RuntimeError,
    SyntaxError,
    struct.error,
    tokenize.TokenError,
)

_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
_CHUNK = 1 << 24  # bytes per read: an interrupt is seen between two of them


def _header(stream: IO[bytes], name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Return shape, Fortran order and dtype as the header gives them."""
    try:
        version = np.lib.format.read_magic(stream)
    except DAMAGE as error:
        raise ValueError(f"{name} is not a NumPy array: it does not start with the .npy signature") from error
    if version == (3, 0):
        raise ValueError(f"{name} holds records with named fields, a matrix of numbers is needed")
    if version not in _HEADERS:
        raise ValueError(f"{name} uses .npy format {version}, known are (1, 0) and (2, 0)")
    try:
        shape, fortran, dtype = _HEADERS[version](stream)
    except (*DAMAGE, MemoryError) as error:
        raise ValueError(f"{name} has a damaged .npy header") from error
    if min(shape, default=0) < 0:
        raise ValueError(f"{name} has the impossible shape {shape}")
    return shape, fortran, dtype


def _fill(stream: IO[bytes], target: memoryview, name: str) -> None:
    done = 0
    while done < len(target):
        part = stream.read(min(_CHUNK, len(target) - done))
        if not part:
            raise ValueError(f"{name} is truncated: {len(target)} bytes were announced, {done} are there")
        target[done : done + len(part)] = part
        done += len(part)


def read_npy(stream: IO[bytes], size: int, name: str, *, kinds: str = "biufc") -> np.ndarray:
    """Read one array in NumPy's ``.npy`` format.

    Parameters
    ----------
    stream : binary file
        Positioned at the signature.
    size : int
        Bytes from there to the end, as the file system or the archive's directory says.
    name : str
        How the sentence of an error calls the array.
    kinds : str, default "biufc"
        Accepted ``dtype.kind`` characters (SciPy stores the name of a sparse format as text, "SU").

    Returns
    -------
    ndarray
        In native byte order.

    Raises
    ------
    ValueError
        If the header is damaged, announces other than ``size`` bytes, or asks for objects or records.
    TooLargeError
        If the array does not fit in memory; raised before allocation.

    Examples
    --------
    >>> import io, numpy as np
    >>> from flatnet.report.npy import read_npy
    >>> buffer = io.BytesIO()
    >>> np.save(buffer, np.eye(2))
    >>> size = buffer.tell(); _ = buffer.seek(0)
    >>> read_npy(buffer, size, "eye.npy")
    array([[1., 0.],
           [0., 1.]])
    """
    shape, fortran, dtype = _header(stream, name)
    if dtype.hasobject:
        raise ValueError(f"{name} holds pickled Python objects, which are never loaded; save numbers instead")
    if dtype.kind not in kinds or dtype.itemsize == 0:
        raise ValueError(f"{name} holds values of type {dtype}, a matrix of numbers is needed")
    nbytes, present = math.prod(shape) * dtype.itemsize, size - stream.tell()
    if nbytes > present:
        raise ValueError(f"{name} announces shape {shape} of {dtype} = {nbytes} bytes, {present} bytes follow")
    require_memory(name, nbytes)
    flat = np.empty(math.prod(shape), dtype)
    if nbytes:
        _fill(stream, flat.view(np.uint8).data, name)
    if stream.read(1):  # an archive checks a member's checksum here
        raise ValueError(f"{name} goes on after its last entry")
    return flat.reshape(shape, order="F" if fortran else "C").astype(dtype.newbyteorder("="), copy=False)
