"""Circuits: layers of gates with affine inputs, compiled to a network with neighbouring affine maps merged, and certified."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ..certificate import Certificate
from ..factors import Dense, Factor, Sparse
from ..network import Layer, Network
from ._recipe import Recipe
from ._rounding import Input, Made, Reading, Source, best_scales, judge, reading, row_error

Array = np.ndarray[Any, Any]
_DENSE_BELOW = 1 << 14  # entries of a weight that is held densely whatever its zeros


class Affine(NamedTuple):
    """Sum of coefficient * (output of the layer before), plus a constant; terms by index, ascending."""

    terms: tuple[tuple[int, float], ...]
    constant: float = 0.0


def affine(index: int, coefficient: float = 1.0) -> Affine:
    """One output of the layer before."""
    return Affine(((index, coefficient),))


class Gate(NamedTuple):
    """A recipe at a bias on affine inputs; scales None: the best ones."""

    recipe: Recipe
    bias: float
    inputs: tuple[Affine, ...]
    scales: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Circuit:
    """Gates by layer; `result` reads the last one.

    With `relays` a linear layer stands between two layers of gates and holds their outputs; otherwise the affine maps that
    meet there are merged. Merging saves neurons and layers and costs digits: the neurons of a gate then round its inputs
    independently of each other, and the gate divides the difference by its scale.
    """

    activation: str
    domain: tuple[tuple[float, float], ...]
    layers: list[list[Gate]]
    result: Affine
    relays: bool = False
    rounded: float = 0.0  # error of the coefficients themselves
    _judged: dict[float, Judged] = field(default_factory=dict, compare=False, repr=False)

    def judged(self, u: float) -> Judged:
        """Every gate's scales and errors, and the error of the result, for unit roundoff u."""
        if u not in self._judged:
            try:
                self._judged[u] = self._judge(u)
            except OverflowError:  # a power of a range leaves double precision
                self._judged[u] = Judged([], math.inf, math.inf)
        return self._judged[u]

    def _judge(self, u: float) -> Judged:
        sources: list[Source] = [Input(low, high) for low, high in self.domain]
        layers: list[list[Made]] = []
        for gates in self.layers:
            known: dict[Any, Made] = {}
            made = []
            for gate in gates:
                inputs = [_read(form, sources) for form in gate.inputs]
                key = (gate.recipe, gate.bias, gate.scales, *inputs)
                if key not in known:
                    known[key] = (
                        best_scales(gate.recipe, self.activation, gate.bias, inputs, u)
                        if gate.scales is None
                        else judge(gate.recipe, self.activation, gate.bias, gate.scales, inputs, u)
                    )
                made.append(known[key])
            layers.append(made)
            sources = [m.output for m in made]
            if self.relays and len(layers) < len(self.layers):
                sources = [
                    Input(
                        m.output.low, m.output.high, m.output.error + row_error([reading([(1.0, m.output)])], [1.0], u, True)[0]
                    )
                    for m in made
                ]
        last = _read(self.result, sources)
        rounding, _ = row_error([last], [1.0], u, last.exact)
        truncation = (
            sum(abs(c) * m.output.truncation for k, c in self.result.terms for m in [made[k]]) if len(self.layers) == 1 else 0.0
        )
        return Judged(layers, last.error + rounding + self.rounded, truncation)


class Judged(NamedTuple):
    """Gates with their scales, the certified error of the result, and the truncation of its last gates."""

    layers: list[list[Made]]
    error: float
    truncation: float


def unit_roundoff(precision: np.dtype[Any]) -> float:
    return float(np.finfo(precision).eps) / 2


def _read(form: Affine, sources: Sequence[Source]) -> Reading:
    return reading([(c, sources[k]) for k, c in form.terms], form.constant)


def compiled(
    what: str,
    circuit: Circuit,
    precision: np.dtype[Any],
    *,
    statement: str,
    name: str = "",
    floor: float | None = None,
    flat_form: Network | None = None,
    info: dict[str, Any] | None = None,
) -> Network:
    """The network of a circuit, with its certificate; ValueError where the weights leave the dtype."""
    judged = circuit.judged(unit_roundoff(precision))
    error = judged.error
    if not math.isfinite(error):
        raise ValueError(f"{what} in {precision} has no finite error bound on the domain {_short(circuit.domain)}")
    layers: list[Layer] = []
    last: tuple[Array, Array, Array] | None = None  # of the layer before: outer weights, their first neurons, constants
    width = len(circuit.domain)
    for gates, made in zip(circuit.layers, judged.layers):
        rows, columns, values, biases, count = [], [], [], [], 0
        for gate, facts in zip(gates, made):
            weight = gate.recipe.directions * np.array(facts.scales)
            index, coefficients, constant = _stacked(gate.inputs, last)
            block = weight @ coefficients
            used = np.flatnonzero(np.abs(coefficients).sum(axis=0))
            rows.append(np.repeat(np.arange(count, count + len(weight)), len(used)))
            columns.append(np.tile(index[used], len(weight)))
            values.append(block[:, used].ravel())
            biases.append(gate.bias + weight @ constant)
            count += len(weight)
        factor = _factor(what, (count, width), rows, columns, values, precision)
        layers.append(Layer(factor, np.concatenate(biases).astype(precision), circuit.activation))
        last = _outer(made)
        width = count
        if circuit.relays and len(layers) < 2 * len(circuit.layers) - 1:
            weights, first, constant = last
            relay = np.repeat(np.arange(len(made)), np.diff(first))
            factor = _factor(what, (len(made), width), [relay], [np.arange(width)], [weights], precision)
            layers.append(Layer(factor, constant.astype(precision) if constant.any() else None))
            last, width = None, len(made)
    index, coefficients, constant = _stacked((circuit.result,), last)
    factor = _factor(what, (1, width), [np.zeros(len(index), np.int64)], [index], [coefficients[0]], precision)
    bias = constant.astype(precision) if constant[0] else None
    layers.append(Layer(factor, bias))
    certificate = Certificate(
        error=error,
        domain=circuit.domain if len(set(circuit.domain)) > 1 else circuit.domain[:1],
        dtype=precision.name,
        statement=statement,
        floor=error if floor is None else min(floor, error),
        scale=max(judged.layers[-1][0].scales) if judged.layers else None,
        truncation=min(judged.truncation, error) if len(circuit.layers) == 1 else None,
        rounding=max(error - judged.truncation, 0.0) if len(circuit.layers) == 1 else None,
    )
    return Network(layers, name=name, flat_form=flat_form, info=info, certificate=certificate)


def _short(domain: tuple[tuple[float, float], ...]) -> str:
    return repr(domain if len(domain) < 4 else domain[:3])[:-1] + (")" if len(domain) < 4 else ", ...)")


def _outer(made: list[Made]) -> tuple[Array, Array, Array]:
    weights = [m.output.factor * m.output.recipe.weights for m in made]
    first = np.concatenate([[0], np.cumsum([len(w) for w in weights])])
    constants = np.array([m.output.factor * m.output.recipe.offset * m.output.centre for m in made])
    return np.concatenate(weights), first, constants


def _stacked(forms: Sequence[Affine], last: tuple[Array, Array, Array] | None) -> tuple[Array, Array, Array]:
    """Affine forms on the columns of the layer before: columns, (forms, columns) coefficients, constants."""
    constants = np.array([form.constant for form in forms], dtype=np.float64)
    entries: list[tuple[int, Array, Array]] = []
    for row, form in enumerate(forms):
        for k, c in form.terms:
            if last is None:
                entries.append((row, np.array([k]), np.array([c])))
            else:
                weights, first, offsets = last
                part = np.arange(first[k], first[k + 1])
                entries.append((row, part, c * weights[part]))
                constants[row] += c * offsets[k]
    columns = np.unique(np.concatenate([part for _, part, _ in entries])) if entries else np.zeros(0, np.int64)
    table = np.zeros((len(forms), len(columns)))
    for row, part, values in entries:
        table[row, np.searchsorted(columns, part)] += values
    return columns, table, constants


def _factor(
    what: str, shape: tuple[int, int], rows: list[Array], columns: list[Array], values: list[Array], precision: np.dtype[Any]
) -> Factor:
    r, c, v = np.concatenate(rows), np.concatenate(columns), np.concatenate(values)
    r, c, v = r[v != 0], c[v != 0], v[v != 0]  # an input that a difference leaves out
    with np.errstate(over="ignore", under="ignore"):
        held = v.astype(precision)
    if not np.isfinite(held).all() or (np.abs(held) < np.finfo(precision).tiny).any():
        raise ValueError(f"{what} in {precision} cannot hold weights of {np.abs(v).min():.3g} to {np.abs(v).max():.3g}")
    if shape[0] * shape[1] <= _DENSE_BELOW or len(v) * 2 > shape[0] * shape[1]:
        dense = np.zeros(shape, dtype=precision)
        dense[r, c] = held
        return Dense(dense)
    import scipy.sparse as sp

    return Sparse(sp.csr_array((held, (r, c)), shape=shape))
