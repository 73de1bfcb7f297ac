"""What a plan is: the network that runs, why, and what the other depths would cost."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ._calibration import machine_name

if TYPE_CHECKING:
    from ..draw import Picture
    from ..network import Layer, Network
    from ._rewrites import Rewrite

__all__ = ["Plan", "PlanWarning", "Row"]

Array = np.ndarray[Any, Any]
_FAR = 4  # a batch this many times larger or smaller than planned is worth a warning


class PlanWarning(UserWarning):
    """A plan is used for something else than it was made for."""


@dataclass(frozen=True)
class Row:
    """One depth of a plan's front: the best partition with exactly that many hidden layers.

    Attributes
    ----------
    depth : int
    partition : tuple of (int, int)
        Layers of the network merged into each layer, first and last, 0-based.
    synapses, nbytes : int
    seconds : float
        Of one call on the planned batch: modelled, or measured where ``measured``.
    measured : bool
    """

    depth: int
    partition: tuple[tuple[int, int], ...]
    synapses: int
    nbytes: int
    seconds: float
    measured: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class Plan:
    """A network and how flat to run it; made by :func:`plan` and :meth:`Network.plan`.

    Attributes
    ----------
    of : Network
        The user's network.
    network : Network
        What runs.
    partition : tuple of (int, int)
        Which layers of `of` each of its layers stands for: first and last, 0-based, inclusive.
    batch, threads : int
    dtype : numpy.dtype
        Of the computation.
    effort, cost : str
    machine : str
        Processor and instruction set that it was made for.
    seconds : float
        Of one call, modelled or (``effort="measure"``) measured.
    error : float
        Relative Frobenius error of dropped weights; 0 without ``eps``.
    front : tuple of Row
        The best partition of each depth.
    why : tuple of str
        For each layer, why it runs as it does.
    rewrites : tuple of Rewrite
        What was hoisted, folded, dropped or merged at no cost; each has a ``kind``, the user's ``layers`` and a ``text``.
    notes : tuple of str
        What was left out, and which speeds were used.
    """

    of: Network
    network: Network
    partition: tuple[tuple[int, int], ...]
    batch: int
    threads: int
    dtype: np.dtype[Any]
    effort: str
    cost: str
    machine: str
    seconds: float
    error: float
    front: tuple[Row, ...]
    why: tuple[str, ...]
    rewrites: tuple[Rewrite, ...]
    notes: tuple[str, ...]
    _told: set[str] = field(default_factory=set)

    __array_ufunc__ = None

    def __getstate__(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)} | {"_told": set()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.network._watched = self.of.certificate
        if self.cost == "seconds" and self.machine != machine_name():
            self._tell("machine", f"{self.machine}, this is {machine_name()}")

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers that run."""
        return self.network.layers

    @property
    def shape(self) -> tuple[int, int]:
        """(outputs, inputs)."""
        return self.network.shape

    def __call__(self, x: Any) -> Array:
        """Apply to the last axis, as :meth:`Network.__call__`."""
        call, dtype, least, most = self._plain
        y = call(x)
        if y is None:
            return self.apply(x)
        if y.dtype is not dtype or not least <= y.size <= most:
            self._check_use(y)
        return y

    @cached_property
    def _plain(self) -> tuple[Callable[..., Array | None], np.dtype[Any], float, float]:
        """What runs on plain arrays, and which results need no second look: their dtype, the fewest and most elements."""
        planned = self.batch * self.network.shape[0]
        watched = self.network._watched is not None  # then each call is checked, on the long way
        call = (lambda *_: None) if watched else self.network._plain_call(self.threads)
        return call, self.dtype, planned / _FAR, planned * _FAR

    def __matmul__(self, x: Any) -> Array:
        """Apply to columns, (n_in,) or (..., n_in, batch)."""
        if not isinstance(x, np.ndarray):
            raise TypeError(f"a plan runs on arrays, got {type(x).__name__}; compose with plan.network")
        return self.apply(x, axis=-1 if x.ndim == 1 else -2)

    def apply(self, x: Any, axis: int = -1, out: Array | None = None, threads: int | None = None) -> Array:
        """Apply along an axis, as :meth:`Network.apply`, with the planned number of threads by default.

        Warns
        -----
        PlanWarning
            Once for each: data of another dtype, four times more or fewer vectors, or another number of threads than planned.
            A plan that is unpickled on another machine than it was made for says so then.
            The plan stays as it is and the result is right; plan again for that use.
        """
        call, dtype, least, most = self._plain
        y = call(x, axis, out, threads)
        if y is None:
            y = self.network.apply(x, axis=axis, out=out, threads=self.threads if threads is None else threads)
        if y.dtype is not dtype or not least <= y.size <= most:
            self._check_use(y)
        if threads is not None and threads != self.threads:
            self._tell("threads", f"{self.threads} threads, this call has {threads}")
        return y

    def _check_use(self, y: Array) -> None:
        if y.dtype != self.dtype:
            self._tell("dtype", f"{self.dtype.name}, this call computes in {y.dtype.name}")
        vectors = y.size // max(self.network.shape[0], 1)
        if vectors and not self.batch / _FAR <= vectors <= self.batch * _FAR:
            self._tell("batch", f"{self.batch} vectors a call, this one has {vectors}")

    def _tell(self, about: str, found: str) -> None:
        if about not in self._told:
            self._told.add(about)
            warnings.warn(f"the plan was made for {found}: it stays as it is, plan again for this use", PlanWarning, 4)

    def _cells(self) -> list[list[str]]:
        rows = [["layers", "runs as", "size", "synapses", "why"]]
        for (first, last), layer, why in zip(self.partition, self.layers, self.why, strict=True):
            w = layer.weight
            pattern = " ({}, {}, {}, {})".format(*w.pattern) if w.pattern else ""
            which = str(first) if first == last else f"{first}..{last}"
            rows.append([which, w.kind + pattern, f"{w.shape[1]} -> {w.shape[0]}", str(w.synapses), why])
        return rows

    def _front_cells(self) -> list[list[str]]:
        rows = [["depth", "synapses", "bytes", "seconds", "partition"]]
        for row in self.front:
            parts = " ".join(str(i) if i == j else f"{i}..{j}" for i, j in row.partition)
            mark = "" if row.measured else "~"
            here = " <- chosen" if row.partition == self.partition else ""
            rows.append([str(row.depth), str(row.synapses), str(row.nbytes), f"{mark}{row.seconds:.3g}", parts + here])
        return rows

    def table(self) -> str:
        """What runs and why, and the best partition of every depth, as text; ``~`` marks modelled seconds.

        Examples
        --------
        >>> import flatnet as fn
        >>> print(fn.haar(8).plan(threads=1, cost="synapses").table().splitlines()[0])
        Plan of haar(8, levels=3): 1 vector, 1 thread, float64, fewest synapses
        """
        return "\n".join(
            [self._title(), *_aligned(self._cells()), *self._rewritten(), "", *_aligned(self._front_cells()), *self.notes]
        )

    def _rewritten(self) -> list[str]:
        return [f"rewritten: {rewrite}" for rewrite in self.rewrites]

    def _title(self) -> str:
        name = self.of.name or "network"
        vectors = "1 vector" if self.batch == 1 else f"{self.batch} vectors"
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        aim = {"seconds": "least time", "synapses": "fewest synapses", "bytes": "fewest bytes"}[self.cost]
        return f"Plan of {name}: {vectors}, {threads}, {self.dtype.name}, {aim}"

    __repr__ = table

    def __rich__(self) -> Any:
        from rich.console import Group
        from rich.table import Table

        tables = []
        for title, cells in ((self._title(), self._cells()), ("best partition of each depth", self._front_cells())):
            shown = Table(title=title, title_justify="left")
            for heading in cells[0]:
                shown.add_column(heading)
            for row in cells[1:]:
                shown.add_row(*row)
            tables.append(shown)
        return Group(tables[0], *self._rewritten(), tables[1], *self.notes)

    def plot(self) -> Picture:
        """A picture of the chain: the user's layers above, what runs below."""
        from ._picture import picture

        return picture(self)

    def to_dict(self) -> dict[str, Any]:
        """The same as plain dicts and numbers, for JSON."""
        rows = [{**vars(row), "partition": [list(part) for part in row.partition]} for row in self.front]
        about = {
            "batch": self.batch,
            "threads": self.threads,
            "dtype": self.dtype.name,
            "cost": self.cost,
            "effort": self.effort,
        }
        chosen = {"partition": [list(part) for part in self.partition], "seconds": self.seconds, "error": self.error}
        rewrites = [{"kind": r.kind, "layers": list(r.layers), "text": r.text} for r in self.rewrites]
        said = {"why": list(self.why), "rewrites": rewrites, "notes": list(self.notes)}
        return {"net": self.of.name, **about, **chosen, "front": rows, **said}


def _aligned(cells: list[list[str]]) -> list[str]:
    widths = [max(len(row[k]) for row in cells) for k in range(len(cells[0]))]
    return ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in cells]
