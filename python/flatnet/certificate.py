"""Certificates: for which inputs a network computes what it says, within which error, in which precision."""

from __future__ import annotations

import math
import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from . import _core
from ._array import normalize_axis
from ._check import real_number
from .ellipsoids import Ellipsoids

__all__ = ["Certificate", "OutsideDomainWarning"]

Array = np.ndarray[Any, Any]
_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_DTYPES = ("float32", "float64")


class OutsideDomainWarning(UserWarning):
    """A network was given inputs for which its certificate does not hold."""


@dataclass(frozen=True)
class Certificate:
    """What a compiled network is certified to compute, where, how exactly and in which precision.

    Attributes
    ----------
    error : float
        Bound on ``|net(x) - f(x)|``, absolute, for every ``x`` in ``domain``: truncation and rounding of every operation
        in ``dtype`` (or a wider one) together, f in exact arithmetic on the given x.
    domain : tuple of (float, float)
        One closed interval for each input, or a single one that stands for every input.
    dtype : {"float64", "float32"}
        Precision of the weights and of the arithmetic.
    statement : str
        One sentence: f, and what the bound covers.
    floor : float
        The least error bound that any scale (sharpness) gives in this dtype on this domain; 0 where nothing stands in the way.
    scale : float or None
        λ of continuous gates (of the last gate, where there are several).
    sharpness : float or None
        β of bit gates.
    integers : bool
        True: only whole numbers within the domain are covered, for instance bits.
    truncation, rounding : float or None
        The two parts of ``error`` where both are known.
    ellipsoids : Ellipsoids or None
        Where given, only vectors within them are covered, and within the box of ``domain``.

    Raises
    ------
    ValueError
        If an error is negative or not finite, or an interval is empty or infinite.

    See Also
    --------
    Network.certificate : kept by pickle, copy, `save` and `load`; dropped by slicing and composition.

    Examples
    --------
    >>> import flatnet as fn
    >>> square = fn.Certificate(error=1e-9, domain=((-1.0, 1.0),), dtype="float64", statement="x squared on [-1, 1]")
    >>> square.covers([[0.5], [2.0], [float("nan")]])
    array([ True, False, False])
    """

    error: float
    domain: tuple[tuple[float, float], ...]
    dtype: str
    statement: str
    floor: float = 0.0
    scale: float | None = None
    sharpness: float | None = None
    integers: bool = False
    truncation: float | None = None
    rounding: float | None = None
    ellipsoids: Ellipsoids | None = None

    def __post_init__(self) -> None:
        for name in ("error", "floor", "scale", "sharpness", "truncation", "rounding"):
            value = getattr(self, name)
            if value is None and name not in ("error", "floor"):
                continue
            number = real_number("a certificate", name, value)
            if not (math.isfinite(number) and number >= 0.0):
                raise ValueError(f"a certificate needs a finite {name} >= 0, got {name}={value!r}")
            object.__setattr__(self, name, number)
        if self.dtype not in _DTYPES:
            raise ValueError(f"a certificate holds in {' or '.join(_DTYPES)}, got dtype={self.dtype!r}")
        if not isinstance(self.statement, str) or not isinstance(self.integers, bool):
            raise TypeError(
                f"a certificate needs a statement in words and integers as a bool, got {self.statement!r} and {self.integers!r}"
            )
        object.__setattr__(self, "domain", intervals("a certificate", self.domain))
        if self.ellipsoids is not None and self.ellipsoids.inputs != len(self.domain):
            raise ValueError(f"a certificate for {len(self.domain)} inputs has ellipsoids in {self.ellipsoids.inputs}")

    def bounds(self) -> tuple[Array, Array]:
        """Lower and upper ends of the domain, float64, one an input or one for all."""
        ends = np.array(self.domain, dtype=np.float64)
        return ends[:, 0], ends[:, 1]

    def covers(self, x: Any, axis: int = -1) -> Array:
        """Which vectors of a batch lie in the domain.

        Parameters
        ----------
        x : array_like
            Real; the inputs on ``axis``.
        axis : int, optional

        Returns
        -------
        ndarray of bool
            Shape of `x` without ``axis``; NaN is never covered.

        Raises
        ------
        ValueError
            If ``axis`` does not have one element for each input.
        """
        a = self._data(x, axis)
        low, high = self.bounds()
        inside = (a >= low) & (a <= high)
        if self.integers:
            inside &= a == np.rint(a)
        every = np.asarray(inside.all(axis=-1))
        return every if self.ellipsoids is None else every & self.ellipsoids.covers(a)

    def holds(self, x: Any, axis: int = -1) -> bool:
        """Whether every vector of the batch lies in the domain: one pass at the speed of memory, no mask."""
        a = self._data(x, axis)
        if a.size == 0:
            return True
        if self.ellipsoids is not None and not self.ellipsoids.covers(a).all():
            return False
        if self._boxed:
            return True
        if a.dtype.char in "fd" and a.dtype.isnative:
            inside = _core.lies_within(a, a.ndim - 1, *self._ends[a.dtype.char])
        else:
            lows, highs = self.bounds()
            batch = tuple(range(a.ndim - 1))
            inside = bool((a.min(axis=batch) >= lows).all() and (a.max(axis=batch) <= highs).all())
        return inside and (not self.integers or a.dtype.kind in "iu" or bool((a == np.rint(a)).all()))

    @cached_property
    def _ends(self) -> dict[str, tuple[Array, Array]]:
        """Lower and upper ends for floats of 32 and 64 bits; one of each where all inputs share an interval.

        A shared end counts as the data's dtype has it: 0.1 in float32 lies in [0, 0.1].
        """
        low, high = self.bounds()
        if len(set(self.domain)) > 1:
            return {"f": (low, high), "d": (low, high)}
        low, high = low[:1], high[:1]
        return {"f": (low.astype(np.float32).astype(np.float64), high.astype(np.float32).astype(np.float64)), "d": (low, high)}

    def check(self, x: Any, axis: int = -1, name: str = "") -> None:
        """Warn, with `OutsideDomainWarning`, if a vector of the batch lies outside the domain."""
        with np.errstate(invalid="ignore"):
            if self.holds(x, axis):
                return
        a = self._data(x, axis)
        outside = ~self.covers(a)
        row = a.reshape(-1, a.shape[-1])[int(np.argmax(outside))]
        count = f"{int(outside.sum())} of {outside.size} vectors lie outside"
        warnings.warn(
            f"{name or 'the network'} is certified for {self._missed(row)}: "
            f"{count}, where the error bound {self.error:.3g} does not hold",
            OutsideDomainWarning,
            stacklevel=_outside_of_flatnet(),
        )

    @cached_property
    def _boxed(self) -> bool:
        """Whether what lies in the ellipsoids lies in the domain, so that one test is enough."""
        if self.ellipsoids is None or self.integers:
            return False
        (low, high), ends = self.bounds(), self.ellipsoids.bounds()
        return bool((low <= ends[0]).all() and (ends[1] <= high).all())

    def _missed(self, row: Array) -> str:
        """What a vector outside misses, and where it is."""
        lows, highs = self.bounds()
        inside = (row >= lows) & (row <= highs)
        if self.integers:
            inside &= row == np.rint(row)
        if inside.all() and self.ellipsoids is not None:
            return f"{len(self.ellipsoids.centres)} ellipsoids of radius {self.ellipsoids.radius:g}, got a vector in none"
        where = int(np.argmin(inside))
        low, high = self.domain[where if len(self.domain) > 1 else 0]
        return f"{'whole numbers in ' if self.integers else ''}[{low:g}, {high:g}] at input {where}, got {row[where]:g}"

    def _data(self, x: Any, axis: int) -> Array:
        a = np.asarray(x)
        if a.dtype.kind not in "iuf":
            raise TypeError(f"a certificate covers real numbers, got {a.dtype}")
        if a.ndim and axis not in (-1, a.ndim - 1):
            a = np.moveaxis(a, normalize_axis(axis, a.ndim), -1)
        if a.ndim == 0 or (len(self.domain) > 1 and a.shape[-1] != len(self.domain)):
            raise ValueError(f"the certificate is for {len(self.domain)} inputs, x has shape {np.shape(x)} and axis {axis}")
        return a

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, strings and lists, as `save` writes them."""
        state = {field.name: getattr(self, field.name) for field in fields(self)}
        if self.ellipsoids is not None:
            state["ellipsoids"] = self.ellipsoids.to_dict()
        return {**state, "domain": [list(interval) for interval in self.domain]}

    @classmethod
    def from_dict(cls, state: Any) -> Certificate:
        """Back from `to_dict`; ValueError or TypeError if anything is missing, left over or out of range."""
        names = {field.name for field in fields(cls)}
        if not isinstance(state, Mapping) or set(state) != names:
            raise ValueError(f"a certificate has the fields {', '.join(sorted(names))}")
        ellipsoids = state["ellipsoids"]
        return cls(**{**state, "ellipsoids": None if ellipsoids is None else Ellipsoids.from_dict(ellipsoids)})


def intervals(what: str, domain: Any, inputs: int | None = None, strict: bool = False) -> tuple[tuple[float, float], ...]:
    """`domain` as closed finite intervals: one pair, or a sequence of pairs, one for each of `inputs`.

    low <= high, or low < high where `strict`.
    """
    text = " ".join(repr(domain).split())
    text = text if len(text) < 80 else text[:76] + " ..."
    sequence = isinstance(domain, (Sequence, np.ndarray)) and not isinstance(domain, (str, bytes)) and len(domain) > 0
    if not sequence:
        raise ValueError(f"{what} needs a domain (low, high) or one such pair an input, got {text}")
    pairs = list(domain) if all(isinstance(pair, (Sequence, np.ndarray)) for pair in domain) else [domain]
    found = []
    for pair in pairs:
        if isinstance(pair, (str, bytes)) or len(pair) != 2:
            raise ValueError(f"{what} needs a domain (low, high) or one such pair an input, got {text}")
        low, high = (real_number(what, "the domain", end) for end in pair)
        if not -math.inf < low <= high < math.inf or (strict and low == high):
            order = "<" if strict else "<="
            raise ValueError(f"{what} needs a domain (low, high) with low {order} high, both finite, got {text}")
        found.append((low, high))
    if inputs is not None and len(found) not in (1, inputs):
        raise ValueError(f"{what} of {inputs} inputs needs one interval or {inputs}, got {len(found)}")
    return tuple(found)


def _outside_of_flatnet() -> int:
    """stacklevel of the first caller that is not a file of this package."""
    level, frame = 2, sys._getframe(2)
    while frame.f_back is not None and os.path.abspath(frame.f_code.co_filename).startswith(_HERE):
        level, frame = level + 1, frame.f_back
    return level
