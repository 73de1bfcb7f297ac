"""Patterns whose weights are formed at first use, or never: counts need only the structure."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from .. import _check, _core
from ..operator import Array
from .base import Factor, _side


class LazyBlocks(Factor):
    """A pattern (a, b, c, d) whose weights `make` returns at first use.

    Parameters
    ----------
    pattern : (int, int, int, int)
        (a, b, c, d).
    make : callable or None
        Returns values of shape (a or 1, b, c, d or 1); None: the weights are generic, only counted, and
        applying raises TypeError.
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
                    _side("input", input() if input else None), _side("output", output() if output else None)
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
        """Bytes of the weights and index arrays, formed or not."""
        a, b, c, d = self._pattern
        weights = (1 if self._shared[0] else a) * b * c * (1 if self._shared[1] else d) * self._dtype.itemsize
        return weights + 8 * sum(n for n, side in zip(reversed(self.shape), self._sides, strict=True) if side)

    def astype(self, dtype: Any, *, weak: bool = False) -> Factor:
        """The same pattern with weights that are formed in `dtype`; nothing is formed now."""
        if self.formed:
            return super().astype(dtype, weak=weak)
        d = _check.dtype_of(self.kind, dtype)
        if self._dtype.kind == "c" and d.kind != "c":
            raise TypeError(f"{self.kind} has {self._dtype.name} weights, {d.name} would drop their imaginary parts")
        shared_a, shared_d = self._shared
        sides = dict(zip(("input", "output"), self._sides, strict=True))
        return LazyBlocks(
            self._pattern, self._make, shared_a=shared_a, shared_d=shared_d, dtype=d, weak=weak, synapses=self.synapses, **sides
        )

    def _state(self) -> tuple[dict[str, Any], dict[str, Array]]:
        if not self.generic:
            return super()._state()
        meta = {"kind": self.kind, "weak": self.weak, "shape": list(self.shape), "generic": list(self._pattern)}
        return {**meta, "shared": list(self._shared), "dtype": self._dtype.name, "synapses": self.synapses}, {}

    @staticmethod
    def _generic_from_state(meta: dict[str, Any]) -> LazyBlocks:
        """A generic factor again; inconsistent facts are a ValueError."""
        a, b, c, d = (_check.nonnegative_int("a generic factor", "generic", n) for n in meta["generic"])
        shared_a, shared_d = (bool(s) for s in meta["shared"])
        dtype = np.dtype(meta["dtype"])
        if dtype.name not in ("int64", *_check.FLOATS):
            raise ValueError(f"weights are int64, {', '.join(_check.FLOATS)}, got {dtype.name}")
        count = _check.nonnegative_int("a generic factor", "synapses", meta["synapses"])
        if [a * b * d, a * c * d] != list(meta["shape"]) or count > a * b * c * d:
            raise ValueError(f"a generic factor ({a}, {b}, {c}, {d}) does not have shape {meta['shape']} and {count} synapses")
        return LazyBlocks(
            (a, b, c, d), None, shared_a=shared_a, shared_d=shared_d, dtype=dtype, weak=bool(meta["weak"]), synapses=count
        )

    @cached_property
    def synapses(self) -> int:
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
        state = "generic" if self.generic else "not formed"
        return f"KroneckerSparse({rows} x {cols}, {self.synapses} synapses ({state}), {self.dtype.name})"
