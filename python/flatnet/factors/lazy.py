"""Patterns whose weights are formed at first use, or never: counts need only the structure."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from .. import _core
from ..operator import Array
from .base import Factor, _index


class LazyBlocks(Factor):
    """A pattern (a, b, c, d) whose weights `make` returns at first use.

    Parameters
    ----------
    pattern : (int, int, int, int)
        (a, b, c, d).
    make : callable or None
        Returns values of shape (a or 1, b, c, d or 1); None: the weights are generic, only counted, and applying raises TypeError.
    shared_a, shared_d : bool, optional
        The weights do not depend on that axis.
    dtype : dtype
        Dtype of the values.
    weak : bool, optional
        As in `Dense`.
    input, output : callable, optional
        Return the permutations of `Factor.permuted`, at first use.
    synapses : int, optional
        Structural count where it is less than a*b*c*d.

    Examples
    --------
    >>> from flatnet.factors import LazyBlocks
    >>> LazyBlocks((7, 512, 512, 512), None, shared_d=True).synapses
    939524096
    """

    kind: ClassVar[str] = "KroneckerSparse"

    def __init__(
        self,
        pattern: tuple[int, int, int, int],
        make: Callable[[], Array] | None,
        *,
        shared_a: bool = False,
        shared_d: bool = False,
        dtype: Any = np.float64,
        weak: bool = False,
        input: Callable[[], Array] | None = None,
        output: Callable[[], Array] | None = None,
        synapses: int | None = None,
    ) -> None:
        self._pattern = pattern
        self._make = make
        self._shared = (shared_a, shared_d)
        self._dtype = np.dtype(dtype)
        self._sides = (input, output)
        self.weak = weak
        a, b, c, d = pattern
        self._count = a * b * c * d if synapses is None else synapses
        self._lock = threading.Lock()

    @property
    def generic(self) -> bool:  # type: ignore[override]
        """True when the weights are not given, only counted."""
        return self._make is None

    @property
    def formed(self) -> bool:
        """True once the weights exist."""
        return self._given is not None

    @property
    def _handle(self) -> _core.Factor:
        with self._lock:
            if self._given is None:
                if self._make is None:
                    rows, cols = self.shape
                    raise TypeError(f"this {rows} x {cols} factor is generic: its weights are counted, not given")
                a, _, _, d = self._pattern
                handle = _core.Factor.blocks("KroneckerSparse", np.asarray(self._make(), self._dtype), a, d)
                input, output = self._sides
                self._given = handle.permuted(
                    _index("input", input() if input else None), _index("output", output() if output else None)
                )
            return self._given

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        a, b, c, d = self._pattern
        return a * b * d, a * c * d

    @property
    def pattern(self) -> tuple[int, int, int, int]:
        """(a, b, c, d)."""
        return self._pattern

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of the weights."""
        return self._dtype

    @property
    def nbytes(self) -> int:
        """Bytes that the weights take once formed, permutations left out."""
        a, b, c, d = self._pattern
        return (1 if self._shared[0] else a) * b * c * (1 if self._shared[1] else d) * self._dtype.itemsize

    @cached_property
    def synapses(self) -> int:  # type: ignore[override]
        """The structural count (generic weights) until `count_exact`."""
        return self._count

    def count_exact(self) -> Any:
        """Forms the weights and counts those that are not zero."""
        self.__dict__["synapses"] = self._handle.synapses()
        return super().count_exact()

    def __repr__(self) -> str:
        if self.formed:
            return super().__repr__()
        rows, cols = self.shape
        return f"KroneckerSparse({rows} x {cols}, {self.synapses} synapses ({'generic' if self.generic else 'not formed'}), {self.dtype.name})"
