"""What every constructor of this package shares: the catalogue's row and scipy.fft's norms."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from ..network import Network

Norm = Literal["backward", "ortho", "forward"]


@dataclass(frozen=True)
class Entry:
    """One row of the catalogue: what tests, benches and the table of the docs need to know.

    Attributes
    ----------
    name : str
        Unique name of the row; a constructor with a switch may stand in several rows.
    constructor : callable
        The public function; ``constructor(*arguments(size))`` is the network.
    arguments : callable
        ``arguments(size)`` gives the positional arguments for one size, the same at every call.
    sizes : tuple of int
        Sizes small enough to compare with a dense oracle.
    synapses : callable or None
        ``synapses(size)``: closed form of the count, exact for every size of the row; None where it is
        random.
    summary : str
        One line for the table of transforms.
    integer : bool
        True where an integer input gives an exact integer output.
    requires : str
        Package that must be importable besides NumPy and SciPy, or "".
    """

    name: str
    constructor: Callable[..., Network]
    arguments: Callable[[int], tuple[Any, ...]]
    sizes: tuple[int, ...]
    synapses: Callable[[int], int] | None
    summary: str
    integer: bool = False
    requires: str = ""

    def build(self, size: int) -> Network:
        """Network of this row at one size."""
        return self.constructor(*self.arguments(size))


def norm_scale(what: str, norm: str, n: int, inverse: bool = False) -> float:
    """Factor of scipy.fft's norm on a transform with H Hᵀ = n, or on its inverse (``inverse=True``).

    "backward" scales the inverse by 1/n, "forward" the transform, "ortho" both by 1/sqrt(n).
    """
    if norm not in ("backward", "ortho", "forward"):
        raise ValueError(f"{what} knows the norms 'backward', 'ortho' and 'forward', got {norm!r}")
    if norm == "ortho":
        return 1.0 / math.sqrt(n)
    return 1.0 / n if (norm == "forward") != inverse else 1.0


def log2_exact(n: int) -> int:
    """log2 of a power of two, for the closed forms of the catalogue."""
    return n.bit_length() - 1
