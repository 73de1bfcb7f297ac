"""Networks of quadratic Hamiltonians: one hidden layer of logistic neurons, an affine layer, a softmax."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..certificate import Certificate
from ..ellipsoids import Ellipsoids
from ..factors import Dense, Sparse
from ..network import Layer, Network
from ._base import Array
from ._bounds import Reach, copy_scale, rounding, truncation
from ._posterior import STEPS, graded, softmax_rounding
from ._quadric import Quadric, balanced
from ._region import Region

IMPOSSIBLE = -1e30  # logit of a class of prior 0: exp underflows to exactly 0 in float32 and float64
_EXPONENTS = {"float32": range(-8, 27), "float64": range(-8, 60)}


@dataclass(frozen=True)
class Plan:
    """What one choice of scale gives: neurons' output weight 2**exponent, and the bound on the result."""

    error: float
    exponent: int = 0
    truncation: float | None = None
    rounding: float | None = None


def best_posterior(quadrics: Sequence[Quadric], mu: Array, region: Region, dtype: str) -> Plan:
    """The scale with the least bound on the posterior's error on a region; classes with infinite μ take no part."""
    live = [(q, Reach.of(q, region), float(m)) for q, m in zip(quadrics, mu, strict=True) if math.isfinite(m)]
    highest = _highest_least_energy(live, region)
    unit = float(np.finfo(dtype).eps) / 2

    def judged(exponent: int) -> Plan:
        parts = []
        for q, reach, m in live:
            squares = np.full(len(STEPS), reach.square)
            if q.convex:
                squares = np.clip(2 * (highest + STEPS - q.constant - m), 0.0, reach.square)
            parts.append(_parts(q, reach, exponent, m, unit, squares))
        below, above, rounded = np.array(parts).max(axis=0)  # one class below by all of it, another one above
        widths = np.maximum.accumulate(below + above + 2 * rounded)
        error = graded(widths, len(live)) + softmax_rounding(len(mu), unit)
        return Plan(min(error, 1.0), exponent, float(below[0] + above[0]) / 4, float(rounded[0]) / 2)

    return _least(judged, dtype)


def best_energy(q: Quadric, region: Region, dtype: str) -> Plan:
    """The scale with the least bound on the error of the energy itself."""
    reach, unit = Reach.of(q, region), float(np.finfo(dtype).eps) / 2

    def judged(exponent: int) -> Plan:
        below, above, rounded = (float(part[0]) for part in _parts(q, reach, exponent, 0.0, unit, np.array([reach.square])))
        return Plan(max(below, above) + rounded, exponent, max(below, above), rounded)

    return _least(judged, dtype)


def _least(judged: Callable[[int], Plan], dtype: str) -> Plan:
    """The least error over all exponents: truncation falls and rounding grows with them, so coarse steps find the place."""
    coarse = min((judged(e) for e in _EXPONENTS[dtype][::4]), key=lambda plan: plan.error)
    near = [judged(coarse.exponent + step) for step in (-3, -2, -1, 1, 2, 3)]
    return min([coarse, *near], key=lambda plan: plan.error)


def _parts(q: Quadric, reach: Reach, exponent: int, mu: float, unit: float, squares: Array) -> tuple[Array, Array, Array]:
    """How far truncation puts the network below H and above it, and what rounding and the slope's neuron add either way."""
    below, above = truncation(q, reach, q.place.scale(exponent), squares)
    copied = copy_scale(reach, len(q.centre), unit)[1]
    return below, above, rounding(q, reach, exponent, q.constant + mu, unit, squares) + copied


def _highest_least_energy(live: Sequence[tuple[Quadric, Reach, float]], region: Region) -> float:
    """Upper bound on min_k E_k(y) over the region.

    Within an ellipsoid the class it belongs to has E <= radius²/2 + constant + μ; in a box the least of the largest energies.
    """
    most = [q.constant + m + reach.slope + (reach.t.most[q.weights > 0] ** 2).sum() / 2 for q, reach, m in live]
    if region.centres is None:
        return float(min(most))
    return min(float(min(most)), region.radius**2 / 2 + max(q.constant + m for q, _, m in live))


def layers(quadrics: Sequence[Quadric], mu: Array, exponent: int, region: Region, dtype: str, sign: float) -> list[Layer]:
    """Hidden layer and affine layer: outputs sign (H_k + μ_k)."""
    rows, biases, entries, offsets = [], [], [], []
    unit, n = float(np.finfo(dtype).eps) / 2, len(quadrics[0].centre)
    for q, m in zip(quadrics, mu, strict=True):
        if not math.isfinite(m):
            entries.append(np.zeros(0))
            offsets.append(sign * IMPOSSIBLE)
            continue
        lam, weight, place = q.place.scale(exponent), 2.0**exponent, q.place
        own, offset = [], q.constant + float(m)
        if q.rank:
            inner = balanced(lam * q.rows, q.weights, dtype)
            at_centre = inner.astype(np.float64) @ q.centre
            bias = (place.bias - at_centre).astype(dtype)
            moved = bias + at_centre - place.bias
            rows.append(inner)
            biases.append(bias)
            own.append(weight * q.weights)
            offset -= weight * float(place.value * q.weights.sum() + place.slope * (q.weights @ moved))
        if q.sloped:
            lam = copy_scale(Reach.of(q, region), n, unit)[0]
            rows.append(lam * q.slope[None, :])
            biases.append(np.array([-lam * (q.slope @ q.centre)]))
            own.append(np.array([4 / lam]))
            offset -= 2 / lam
        entries.append(np.concatenate([np.zeros(0), *own]))
        offsets.append(offset)
    hidden = Layer(Dense(np.concatenate(rows).astype(dtype)), np.concatenate(biases).astype(dtype), "logistic")
    return [hidden, Layer(_block(entries, sign, dtype), (sign * np.array(offsets)).astype(dtype))]


def _block(entries: Sequence[Array], sign: float, dtype: str) -> Sparse:
    """Row k holds ``entries[k]``, after those of the rows above it."""
    import scipy.sparse as sp

    ends = np.cumsum([0, *map(len, entries)])
    data = (sign * np.concatenate(entries)).astype(dtype)
    return Sparse(sp.csr_matrix((data, np.arange(ends[-1]), ends), shape=(len(entries), int(ends[-1]))))


def affine(slopes: Array, offsets: Array, region: Region | None, dtype: str, name: str) -> Network:
    """softmax(-slopes y - offsets) by a single layer: no neuron at all where all Hamiltonians are linear."""
    possible = np.isfinite(offsets)
    weight = np.where(possible[:, None], -slopes, 0.0)
    bias = np.where(possible, -offsets, IMPOSSIBLE)
    certificate = None
    if region is not None:
        unit, n = float(np.finfo(dtype).eps) / 2, slopes.shape[1]
        sizes = np.abs(weight) @ region.magnitude + np.where(possible, np.abs(bias), 0.0)
        error = math.tanh((n + 4) * unit * float(sizes.max()) / 2) + softmax_rounding(len(bias), unit)
        certificate = certify(Plan(min(error, 1.0)), region, dtype, "the posterior of linear Hamiltonians", None)
    return Network([Layer(weight.astype(dtype), bias.astype(dtype), "softmax")], name=name, certificate=certificate)


def certify(plan: Plan, region: Region, dtype: str, statement: str, lam: float | None) -> Certificate:
    """The certificate of a plan on a region."""
    ellipsoids = None
    if region.centres is not None and region.shapes is not None:
        ellipsoids = Ellipsoids(region.centres, region.whitenings, region.radius)
    return Certificate(
        error=plan.error,
        domain=tuple(zip(region.low.tolist(), region.high.tolist(), strict=True)),
        dtype=dtype,
        statement=statement,
        floor=plan.error,
        scale=lam,
        truncation=plan.truncation,
        rounding=plan.rounding,
        ellipsoids=ellipsoids,
    )


def _fitting(
    best: Callable[[list[Quadric]], Plan], quadrics: Sequence[Quadric], tol: float | None
) -> tuple[Plan, list[Quadric]]:
    """r + 1 neurons a form, or the 2r of pairs where only they keep a tolerance."""
    plan = best(list(quadrics))
    if tol is not None and plan.error > tol:
        paired = [replace(q, paired=True) for q in quadrics]
        other = best(paired)
        if other.error < plan.error:
            return other, paired
    return plan, list(quadrics)


def posterior_network(
    quadrics: Sequence[Quadric], mu: Array, region: Region, dtype: str, tol: float | None = None, **facts: Any
) -> Network:
    """softmax(-H - μ) of quadratic Hamiltonians, with its certificate."""
    plan, forms = _fitting(lambda found: best_posterior(found, mu, region, dtype), quadrics, tol)
    if tol is None and plan.error > 0.5:
        raise ValueError(
            f"{dtype} has no scale with an error bound below 1/2 for these Hamiltonians on this region (the best is "
            f"{plan.error:.3g}): a smaller domain, a radius or a wider dtype is needed"
        )
    if tol is not None and plan.error > tol:
        raise ValueError(f"{dtype} reaches an error of {plan.error:.3g} with these Hamiltonians and inputs, got tol={tol:g}")
    made = layers(forms, mu, plan.exponent, region, dtype, -1.0)
    head = Layer(made[-1].weight, made[-1].bias, "softmax")
    statement = f"softmax(-H - mu) of {len(mu)} quadratic Hamiltonians; each probability within the error"
    lam = forms[0].place.scale(plan.exponent)
    return Network([*made[:-1], head], certificate=certify(plan, region, dtype, statement, lam), **facts)


def energy_network(q: Quadric, region: Region, dtype: str, tol: float | None = None, **facts: Any) -> Network:
    """One quadratic Hamiltonian, with its certificate."""
    plan, (form,) = _fitting(lambda found: best_energy(found[0], region, dtype), [q], tol)
    if tol is not None and plan.error > tol:
        raise ValueError(f"{dtype} reaches an error of {plan.error:.3g} on this domain, got tol={tol:g}")
    made = layers([form], np.zeros(1), plan.exponent, region, dtype, 1.0)
    statement = f"a quadratic Hamiltonian of rank {form.rank} in {form.neurons} logistic neurons"
    lam = form.place.scale(plan.exponent)
    return Network(made, certificate=certify(plan, region, dtype, statement, lam), **facts)
