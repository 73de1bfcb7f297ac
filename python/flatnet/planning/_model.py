"""The time model: seconds of a step from its work, the number of vectors and what was measured on the machine."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from ._work import KINDS, Work

__all__ = ["COLUMNS", "FOOTPRINTS", "Calibration", "footprint"]

# The vectors and the bytes touched for each panel at which speeds are measured; between them logarithms are interpolated.
COLUMNS = (1, 16, 64, 256)
FOOTPRINTS = (float(1 << 17), float(1 << 20), float(1 << 23))


def _lanes(columns: int) -> int:
    """Vectors of a panel: as Panels::lanes, its limit by cache left aside."""
    return 1 if columns <= 2 else min(64, -(-columns // 16) * 16)


def footprint(weights: float, widest: int, columns: int, itemsize: int) -> float:
    """Bytes that one panel's pass through a step touches: its weights and two panels."""
    return itemsize * (weights + 2.0 * _lanes(columns) * widest)


def _between(points: tuple[float, ...], values: list[float], at: float) -> float:
    """Piecewise linear in the logarithms, constant outside."""
    if at <= points[0]:
        return values[0]
    for low, high, first, second in zip(points, points[1:], values, values[1:], strict=False):
        if at <= high:
            share = math.log(at / low) / math.log(high / low)
            return first ** (1 - share) * second**share
    return values[-1]


@dataclass(frozen=True)
class Calibration:
    """Speeds of one machine.

    Attributes
    ----------
    machine : dict
        What the speeds hold for: processor, instruction set, versions.
    tables : dict
        By dtype: ``call`` and ``step`` [seconds a call, seconds a step], ``rates`` [seconds a term] by class of kernel, each
        a row for every entry of `COLUMNS` and a column for every entry of `FOOTPRINTS`.
    measured : bool
        False for the speeds that come with flatnet.
    """

    machine: dict[str, str]
    tables: dict[str, Any]
    measured: bool = True
    _at: dict[tuple[str, int], dict[str, list[float]]] = field(default_factory=dict, compare=False, repr=False)

    def rate(self, kind: str, dtype: str, columns: int, touched: float) -> float:
        """Seconds a term."""
        here = self._at.get((dtype, columns))
        if here is None:
            rates, places = self.tables[dtype]["rates"], tuple(map(float, COLUMNS))
            across = {name: zip(*rows, strict=True) for name, rows in rates.items()}
            here = {
                name: [_between(places, list(values), float(columns)) for values in table] for name, table in across.items()
            }
            self._at[dtype, columns] = here
        return _between(FOOTPRINTS, here[kind], touched)

    def seconds(self, work: Work, dtype: str, itemsize: int, columns: int, threads: int, beside: float = 0.0) -> float:
        """Seconds of one step on a batch, in a network that reads `beside` other weights before it comes here again."""
        touched = footprint(work.weights + beside, max(work.rows, work.cols), columns, itemsize)
        panels = -(-columns // _lanes(columns))
        alone = work.terms * columns * self.rate(work.kind, dtype, columns, touched)
        if work.kind == "sparse":
            alone += work.rows * columns * self.rate("rows", dtype, columns, touched)
        return alone / min(threads, panels) + float(self.tables[dtype]["step"]) * panels

    def moved(self, elements: int, dtype: str, itemsize: int, columns: int, threads: int) -> float:
        """Seconds to bring a batch into panels and back; `elements` are a vector's inputs and outputs."""
        panels = -(-columns // _lanes(columns))
        touched = footprint(0.0, elements // 2, columns, itemsize)
        alone = elements * columns * self.rate("io", dtype, columns, touched)
        return float(self.tables[dtype]["call"]) + alone / min(threads, panels)


def valid_table(table: Any) -> bool:
    """Whether a table read from a file can be computed with."""
    try:
        rates = table["rates"]
        numbers = [table["call"], table["step"]]
        for kind in ("io", *KINDS):
            if len(rates[kind]) != len(COLUMNS) or any(len(row) != len(FOOTPRINTS) for row in rates[kind]):
                return False
            numbers += [value for row in rates[kind] for value in row]
    except (TypeError, KeyError):
        return False
    return all(isinstance(v, float) and math.isfinite(v) and v > 0 for v in numbers)
