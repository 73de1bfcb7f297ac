"""Directions of a quadratic form of rank r in r + 1 neurons."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def directions(signs: Array) -> tuple[Array, Array]:
    """v (r + 1, r) and w = ±1 (r + 1,) with Σ w_j v_j = 0 and Σ w_j v_j v_jᵀ = diag(signs).

    One more w has the sign of the majority, so Σ w ≠ 0 has it too, and the vectors with Σ w_j u_j = 0 carry the form Σ w_j u_j²
    with exactly the signs asked (Sylvester). Signs alternate as far as they go, which keeps partial sums of the neurons small.
    """
    r = len(signs)
    majority = 1.0 if (signs > 0).sum() >= (signs < 0).sum() else -1.0
    w = np.concatenate([signs, [majority]]) if r else np.zeros(0)
    if r == 0:
        return np.zeros((0, 0)), w
    basis = np.linalg.qr(np.column_stack([w, np.eye(r + 1)[:, :r]]))[0][:, 1:]  # w . basis = 0
    values, vectors = np.linalg.eigh(basis.T @ (w[:, None] * basis))
    order = np.argsort(values)
    wanted = np.argsort(signs, kind="stable")  # negative ones first, as the eigenvalues are
    v = np.empty((r + 1, r))
    v[:, wanted] = (basis @ vectors / np.sqrt(np.abs(values)))[:, order]
    place = np.where(w == majority, 2 * np.cumsum(w == majority) - 2, 2 * np.cumsum(w != majority) - 1)
    order = np.argsort(place)
    return v[order], w[order]
