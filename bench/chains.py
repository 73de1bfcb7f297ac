"""Chains that people run: hops on graphs of real data, multigrid cycles, image pyramids.

Each is written as its user would, one layer an operation; what pays is for the planner to find. Beside `flatnet.report.chains`.
"""

from __future__ import annotations

from typing import Any

import flatnet as fn
import numpy as np
import scipy.sparse as sp
from flatnet.report.chains import _linear_interpolation, digits_propagation

__all__ = ["label_spreading", "picture_diffusion", "pyramid", "read_out", "v_cycle"]


def label_spreading(hops: int, labelled: int = 300) -> fn.Network:
    """Values of some digits spread over the nearest-neighbour graph of all 1797 (Zhou et al. 2003, without restart)."""
    graph = digits_propagation(hops)
    seeds = np.random.default_rng(0).choice(1797, labelled, replace=False)
    put = sp.csr_array((np.ones(labelled), (seeds, np.arange(labelled))), shape=(1797, labelled))
    return fn.Network([put, *graph], name=f"digits, {labelled} labels, {hops} hops")


def read_out(hops: int, read: int = 200) -> fn.Network:
    """Hops on the graph of the digits of which some nodes are read: the receptive field of a minibatch."""
    nodes = np.random.default_rng(1).choice(1797, read, replace=False)
    take = sp.csr_array((np.ones(read), (np.arange(read), nodes)), shape=(read, 1797))
    return fn.Network([*digits_propagation(hops), take], name=f"digits, {hops} hops, {read} read")


def picture_diffusion(hops: int, step: int = 8) -> fn.Network:
    """Diffusion along the pixels of scikit-learn's photograph of a flower: neighbours weighted by how like they are."""
    from sklearn.datasets import load_sample_image
    from sklearn.feature_extraction.image import img_to_graph

    grey = load_sample_image("flower.jpg").mean(axis=2)[::step, ::step] / 255
    graph = sp.csr_array(img_to_graph(grey)).astype(float)
    graph.data = np.exp(-10 * graph.data**2)
    graph.setdiag(1.0)
    walk = sp.diags(1 / np.asarray(graph.sum(axis=1)).ravel()) @ graph
    return fn.Network([sp.csr_array(walk)] * hops, name=f"pixels of a photograph, {hops} hops")


def pyramid(side: int = 128, levels: int = 3) -> fn.Network:
    """Blur along each axis, then every other pixel of every other row: the low-pass pyramid of Burt and Adelson (1983)."""
    layers: list[Any] = []
    for _ in range(levels):
        blur = sp.diags([np.full(side - abs(k), w) for k, w in _TAPS.items()], list(_TAPS), format="csr")
        eye = sp.eye(side, format="csr")
        half = eye[::2]
        layers += [sp.kron(eye, blur, "csr"), sp.kron(blur, eye, "csr"), sp.kron(half, half, "csr")]
        side //= 2
    return fn.Network(layers, name=f"pyramid, {levels} levels")


_TAPS = {-2: 1 / 16, -1: 4 / 16, 0: 6 / 16, 1: 4 / 16, 2: 1 / 16}


def v_cycle(levels: int = 3, coarse: int = 3, damping: float = 0.8) -> fn.Network:
    """One multigrid V(1,1)-cycle for Poisson's equation on a square, from 0: right-hand side in, approximate solution out.

    Notes
    -----
    Damped Jacobi on the five-point stencil, bilinear interpolation, its transpose over 4 to restrict, the coarsest grid solved.
    Each operation is a layer on the whole state, the right-hand sides of all finer grids among it:
    residual after smoothing, restriction, ..., coarse solve, ..., correction of the smoothed guess, smoothing.
    """
    sides = [2**level * (coarse + 1) - 1 for level in range(levels, -1, -1)]  # finest first
    matrices = [_poisson(n) for n in sides]
    up = [_bilinear(n) for n in sides[1:]]
    kept, down, rise = 0, [], []
    for A, P in zip(matrices, up, strict=False):
        n = A.shape[0]
        eye, before = sp.eye(n, format="csr"), sp.eye(kept, format="csr")
        smooth = damping * sp.diags(1 / A.diagonal())  # one step from 0
        down.append(_beside(before, sp.vstack([eye, eye - A @ smooth])))
        down.append(_beside(sp.eye(kept + n, format="csr"), P.T / 4))
        rise.append(_beside(before, sp.hstack([smooth, eye - smooth @ A])))
        rise.append(_beside(before, sp.vstack([sp.hstack([eye, 0 * P]), sp.hstack([smooth, P])])))
        kept += n
    solve = _beside(sp.eye(kept, format="csr"), sp.csr_array(np.linalg.inv(matrices[-1].toarray())))
    return fn.Network([*down, solve, *reversed(rise)], name=f"V-cycle, {sides[0]} x {sides[0]}")


def _beside(first: Any, second: Any) -> Any:
    return sp.block_diag([first, second], format="csr") if first.shape[0] else sp.csr_array(second)


def _poisson(n: int) -> Any:
    """Five-point Laplacian on n x n interior points of the unit square."""
    one = sp.diags([np.full(n - 1, -1.0), np.full(n, 2.0), np.full(n - 1, -1.0)], [-1, 0, 1]) * (n + 1) ** 2
    eye = sp.eye(n)
    return sp.csr_array(sp.kron(one, eye) + sp.kron(eye, one))


def _bilinear(coarse: int) -> Any:
    along = _linear_interpolation(coarse)
    return sp.kron(along, along, format="csr")
