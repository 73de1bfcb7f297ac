"""The records of a report: what is counted and measured, before anyone decides how to show it.

`Report.to_dict` is the ``--json`` format; `Report.from_dict` reads it back.  Fields only ever hold numbers, text,
lists and records, never nan (``None`` says that there is no such number), so that the file is strict JSON.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Curve", "Family", "GateLine", "ProfileLine", "ProfileTable", "Report", "Row", "Span", "Times", "Timing", "finite"]

#: Raised when a field changes its meaning; new fields do not raise it.
VERSION = 1
SCHEMA = "flatnet-report"


def finite(value: Any) -> float | None:
    """Return ``value`` as a float, None where it is missing, nan or infinite.

    Examples
    --------
    >>> finite(2), finite(float("nan"))
    (2.0, None)
    """
    return float(value) if value is not None and math.isfinite(value) else None


@dataclass(frozen=True)
class Span:
    """A certified interval.

    Attributes
    ----------
    lower, upper : float
        Ends; equal where the value is exact.
    """

    lower: float
    upper: float

    @property
    def exact(self) -> bool:
        """Whether both ends agree."""
        return math.isclose(self.lower, self.upper, rel_tol=1e-12)


@dataclass(frozen=True)
class Times:
    """Wall-clock time of one call [s].

    Attributes
    ----------
    median, q10, q90 : float
        Over interleaved rounds.
    """

    median: float
    q10: float
    q90: float


@dataclass(frozen=True)
class Timing:
    """The wall-clock flattening cost C_t at one batch.

    Attributes
    ----------
    batch, threads : int
        Vectors per call, threads of both sides.
    dtype : str
        Of the data.
    deep, flat, planned : Times
        The network as written, its flattened matrix, the network with the fewest synapses; None if not timed.
    ratio, low, high : float
        C_t = flat / deep and its spread over the rounds.
    rival : str
        The product that ran the flattened matrix fastest.
    """

    batch: int
    threads: int
    dtype: str
    deep: Times | None
    flat: Times | None
    planned: Times | None
    ratio: float | None
    low: float | None
    high: float | None
    rival: str


@dataclass(frozen=True)
class Row:
    """One network of the report.

    Attributes
    ----------
    family, label : str
        Which family it belongs to, what the table calls it.
    x : float
        Where the family's plot places it.
    inputs, outputs, depth : int
        Sizes, and hidden layers as written.
    deep, flat, planned : int
        Synapses as written, at depth 0, and of the contiguous merge with the fewest; None if not counted.
    planned_depth : int
        Hidden layers of the latter.
    predicted : bool
        Whether a count stands on a prediction because the product would not fit in memory.
    C_s, C_s_planned : Span
        Flattening cost in synapses at depth 0, and the interval for the best depth.
    C_n : float
        Flattening cost in neurons at depth 0; None where the network has no hidden layer.
    theory : float
        C_s by the closed form, where there is one.
    timing : Timing
        None if not timed; ``note`` says why, or what else a reader should know.
    shown : bool
        Whether the terminal lists it; the others only draw a curve.
    """

    family: str
    label: str
    x: float
    inputs: int
    outputs: int
    depth: int
    deep: int
    flat: int | None
    planned: int | None
    planned_depth: int | None
    predicted: bool = False
    C_s: Span | None = None
    C_s_planned: Span | None = None
    C_n: float | None = None
    theory: float | None = None
    timing: Timing | None = None
    note: str = ""
    shown: bool = True


@dataclass(frozen=True)
class Family:
    """Rows that share a plot of C_s, and the closed form drawn through them.

    Attributes
    ----------
    name, x_label, formula, source : str
        Title, horizontal axis, the closed form and where it comes from.
    log_x : bool
        Whether the horizontal axis is logarithmic.
    x, theory, low, high : list of float
        The curve; ``low`` and ``high`` (one standard deviation) are empty where it is exact.
    """

    name: str
    x_label: str
    formula: str
    source: str
    log_x: bool
    x: list[float]
    theory: list[float]
    low: list[float]
    high: list[float]


@dataclass(frozen=True)
class ProfileLine:
    """Networks with exactly ``depth`` hidden layers; see `flatnet.profile`."""

    depth: int
    lower: int
    upper: int
    neurons: int
    bytes: int
    range: float | None
    seconds: float | None
    partition: str
    predicted: bool
    bound: str
    class_of_networks: str


@dataclass(frozen=True)
class ProfileTable:
    """The profile of one network: a line for every depth, timed on ``batch`` vectors with one thread if at all."""

    name: str
    deep: int
    batch: int | None
    lines: list[ProfileLine]


@dataclass(frozen=True)
class GateLine:
    """One network of neurons that compute, held against its certificate.

    Attributes
    ----------
    label, statement : str
        Its call, and what it computes in words.
    depth, neurons, synapses : int
    dtype : str
    certified : float
        The bound of its certificate; None where it computes exactly by construction.
    seen : float
        Largest error over ``inputs`` inputs: random ones, or all where they are bits.
    inputs : int
    C_n : Span
        Neurons of the best network with one hidden layer over its own; None where nothing is known.
    class_of_networks : str
        The networks that the lower end of C_n covers.
    """

    label: str
    statement: str
    depth: int
    neurons: int
    synapses: int
    dtype: str
    certified: float | None
    seen: float
    inputs: int
    C_n: Span | None
    class_of_networks: str


@dataclass(frozen=True)
class Curve:
    """C_t of one network against the batch.

    Attributes
    ----------
    name : str
    points : list of Timing
        By increasing batch.
    crossing : float
        Batch at which flat and deep take the same time; None if C_t stays on one side of 1.
    """

    name: str
    points: list[Timing]
    crossing: float | None


@dataclass(frozen=True)
class Report:
    """Everything a report knows.

    Examples
    --------
    >>> import json
    >>> from flatnet.report.model import Report
    >>> empty = Report(title="t", created="now", sources=["a.npy"], options={}, machine={}, conventions="c")
    >>> Report.from_dict(json.loads(json.dumps(empty.to_dict()))) == empty
    True
    """

    title: str
    created: str
    sources: list[str]
    options: dict[str, Any]
    machine: dict[str, Any]
    conventions: str
    remarks: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    families: list[Family] = field(default_factory=list)
    profiles: list[ProfileTable] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    gates: list[GateLine] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as the ``--json`` file holds it, ``schema`` and ``version`` first."""
        return {"schema": SCHEMA, "version": VERSION, **dataclasses.asdict(self)}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Report:
        """Return the report that `to_dict` wrote.

        Raises
        ------
        ValueError
            If it is another schema or a later version, or a field is missing.
        """
        kind, version = stored.get("schema"), stored.get("version")
        if kind != SCHEMA or version != VERSION:
            raise ValueError(f"a report is {SCHEMA} version {VERSION}, this is {kind!r} version {version!r}")
        report = _restore(cls, {key: value for key, value in stored.items() if key not in ("schema", "version")})
        assert isinstance(report, Report)
        return report


def _restore(kind: Any, value: Any) -> Any:
    """Rebuild a value of the annotated type ``kind`` from JSON's dicts and lists."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        inner = [option for option in typing.get_args(kind) if option is not type(None)]
        return None if value is None else _restore(inner[0], value)
    if typing.get_origin(kind) is list:
        return [_restore(typing.get_args(kind)[0], item) for item in value]
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        try:
            return kind(**{name: _restore(hints[name], item) for name, item in value.items()})  # type: ignore[operator]
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"a {getattr(kind, '__name__', kind)} of the report is damaged: {error}") from error
    return value
