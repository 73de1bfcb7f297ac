"""Classifiers of polynomial Hamiltonians: one compiled polynomial a class, side by side, relayed to equal depth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..certificate import Certificate
from ..factors import Sparse
from ..network import Layer, Network
from ._base import Array
from ._posterior import softmax_rounding, uniform
from ._quadric import quadric
from ._realnet import IMPOSSIBLE, Plan, certify, energy_network
from ._region import Region
from .polynomial import real_terms


@dataclass
class Branch:
    """A class's energy: hidden layers of logistic neurons and an affine read-out, within ``error``."""

    weights: list[Any]  # scipy.sparse, one a hidden layer
    biases: list[Array]
    out: Any  # (1, width)
    offset: float
    error: float


def polynomial_network(classes: Sequence[Any], mu: Array, region: Region, dtype: str, tol: float | None, name: str) -> Network:
    """softmax(-H - μ) where some H is of degree above 2."""
    unit = float(np.finfo(dtype).eps) / 2
    live = [k for k, m in enumerate(mu) if math.isfinite(m)]
    branches = {k: _branch(classes[k], region, dtype, tol) for k in live}
    depth = max(len(b.weights) for b in branches.values())
    for k, branch in branches.items():
        size = _size(classes[k], region)
        while len(branch.weights) < depth and branch.weights:
            _relay(branch, size, unit, dtype)
        branch.error += 3 * unit * (size + abs(float(mu[k])))
    error = min(1.0, uniform(max(b.error for b in branches.values())) + softmax_rounding(len(mu), unit))
    if tol is not None and error > tol:
        raise ValueError(f"{dtype} reaches an error of {error:.3g} with these Hamiltonians and inputs, got tol={tol:g}")
    layers = [_side_by_side([b for b in branches.values() if b.weights], level, dtype) for level in range(depth)]
    head = _head(branches, mu, len(classes), dtype)
    plan: Certificate = certify(Plan(error), region, dtype, f"softmax(-H - mu) of {len(mu)} polynomial Hamiltonians", None)
    return Network([*layers, head], name=name, certificate=plan)


def _branch(h: Any, region: Region, dtype: str, tol: float | None) -> Branch:
    """Its compiled network, taken apart; a constant has no neurons."""
    if h.degree <= 2:
        form = quadric(h if hasattr(h, "whitening") else h.quadratic())
        if not form.neurons:
            return Branch([], [], None, form.constant, 0.0)
        net = energy_network(form, region, dtype)
    else:
        from ..gates import polynomial

        pairs = list(zip(region.low.tolist(), region.high.tolist(), strict=True))
        net = polynomial(real_terms(h), tol=tol, domain=pairs, dtype=dtype, relays=False)
    *hidden, last = net.layers
    if any(layer.activation != "logistic" for layer in hidden) or last.activation is not None:
        raise ValueError(f"classifier needs layers of logistic neurons, got {[layer.activation for layer in net.layers]}")
    biases = [np.zeros(layer.shape[0]) if layer.bias is None else layer.bias for layer in hidden]
    offset = 0.0 if last.bias is None else float(last.bias[0])
    assert net.certificate is not None
    return Branch([layer.weight.tocsr() for layer in hidden], biases, last.weight.tocsr(), offset, net.certificate.error)


def _size(h: Any, region: Region) -> float:
    """Bound on |H| over the box, term by term."""
    largest = region.magnitude
    if hasattr(h, "coefficients"):
        return float(sum(abs(float(c)) * np.prod(largest ** np.array(r)) for r, c in h.coefficients.items()))
    q = h.quadratic()
    return float(largest @ np.abs(q.h) @ largest + np.abs(q.linear) @ largest + abs(q.constant))


def _relay(branch: Branch, size: float, unit: float, dtype: str) -> None:
    """One more layer, a copy neuron [σ(λH) - ½] 4/λ: its error is λ² |H|³/12, and 4/λ times the rounding of σ and its sum."""
    if size == 0.0:
        size = 1.0
    lam = 2.0 ** round(math.log2((240 * unit / size**3) ** (1 / 3)))
    branch.error += lam**2 * (size + branch.error) ** 3 / 12 + 4 / lam * 10 * unit + 8 * unit * size
    branch.weights.append((lam * branch.out).astype(dtype))
    branch.biases.append(np.array([lam * branch.offset]))
    branch.out, branch.offset = _row([4 / lam]), -2 / lam


def _row(values: Sequence[float]) -> Any:
    import scipy.sparse as sp

    return sp.csr_matrix(np.array([values]))


def _side_by_side(branches: Sequence[Branch], level: int, dtype: str) -> Layer:
    import scipy.sparse as sp

    join = sp.vstack if level == 0 else sp.block_diag
    weight = join([b.weights[level] for b in branches], format="csr").astype(dtype)
    return Layer(Sparse(weight), np.concatenate([b.biases[level] for b in branches]).astype(dtype), "logistic")


def _head(branches: dict[int, Branch], mu: Array, classes: int, dtype: str) -> Layer:
    """Rows -out_k, biases -(offset_k + μ_k); a class of prior 0 reads nothing."""
    import scipy.sparse as sp

    width = sum(b.out.shape[1] for b in branches.values() if b.weights)
    rows, start = [], 0
    bias = np.full(classes, IMPOSSIBLE)
    for k in range(classes):
        branch = branches.get(k)
        if branch is None or not branch.weights:
            rows.append(sp.csr_matrix((1, width)))
        else:
            end = start + branch.out.shape[1]
            left, right = sp.csr_matrix((1, start)), sp.csr_matrix((1, width - end))
            rows.append(sp.hstack([left, -branch.out, right], format="csr"))
            start = end
        if branch is not None:
            bias[k] = -(branch.offset + float(mu[k]))
    return Layer(Sparse(sp.vstack(rows, format="csr").astype(dtype)), bias.astype(dtype), "softmax")
