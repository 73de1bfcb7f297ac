"""Two chains of the default report that are no transforms: a graph of images, a multigrid hierarchy."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..network import Network

__all__ = ["digits_propagation", "prolongation"]


def _neighbour_graph(neighbours: int) -> Any:
    """Return D^(-1/2) (W + I) D^(-1/2) of the k-nearest-neighbour graph of scikit-learn's 1797 digits."""
    import scipy.sparse as sp
    from sklearn.datasets import load_digits
    from sklearn.neighbors import kneighbors_graph

    graph = sp.csr_array(kneighbors_graph(load_digits().data, neighbours, mode="connectivity"))
    joined = sp.csr_array(graph.maximum(graph.T) + sp.identity(graph.shape[0], format="csr"))
    scale = sp.dia_array((joined.sum(axis=1)[None] ** -0.5, [0]), shape=joined.shape)
    return sp.csr_array(scale @ joined @ scale)


def digits_propagation(hops: int, neighbours: int = 8) -> Network:
    r"""Propagation over ``hops`` steps of the nearest-neighbour graph of the scikit-learn digits.

    Parameters
    ----------
    hops : int
        Number of factors.
    neighbours : int, default 8
        Of each image, in Euclidean distance; edges count in both directions.

    Returns
    -------
    Network
        Maps ``(..., 1797) -> (..., 1797)``: one value per image, averaged with its neighbours at each step.

    Raises
    ------
    ModuleNotFoundError
        If scikit-learn is missing (``pip install 'flatnet[report]'``).

    Notes
    -----
    .. math:: f = S^K, \qquad S = D^{-1/2} (W + I) D^{-1/2}

    Simplified graph convolution (Wu et al. 2019) precomputes :math:`S^K`; whether that pays is the question of
    flattening.  In the terms of Lin & Tegmark, Eq. 16, it is a Markov chain up to the normalisation.

    Examples
    --------
    >>> digits_propagation(3).depth
    2
    """
    step = _neighbour_graph(neighbours)
    return Network([step] * hops, name=f"digits graph, {hops} hops")


def _linear_interpolation(coarse: int) -> Any:
    """Return P (2c + 1 x c): coarse point j sits at fine point 2j + 1 and is halved towards its two neighbours."""
    import scipy.sparse as sp

    columns = np.repeat(np.arange(coarse), 3)
    rows = 2 * columns + np.tile([0, 1, 2], coarse)
    return sp.csr_array((np.tile([0.5, 1.0, 0.5], coarse), (rows, columns)), shape=(2 * coarse + 1, coarse))


def prolongation(levels: int, coarse: int = 3, axes: int = 2) -> Network:
    r"""Multigrid prolongation from a coarse grid to the finest, one interpolation per level.

    Parameters
    ----------
    levels : int
        Number of factors.
    coarse : int, default 3
        Interior points of the coarsest grid along each axis; a finer grid has ``2 c + 1``.
    axes : int, default 2
        2 for bilinear interpolation, 1 for linear, 3 for trilinear.

    Returns
    -------
    Network
        Maps ``(..., coarse**axes) -> (..., c_L**axes)`` with :math:`c_l = 2^l (c_0 + 1) - 1`.

    Notes
    -----
    A level has :math:`(3 c_l)^d` synapses; L merged levels spread each coarse point over :math:`2^{L+1} - 1` fine ones
    along each axis, so

    .. math:: C_s = \frac{c_0^d (2^{L+1} - 1)^d}{3^d \sum_{l<L} c_l^d} \to \frac{2^d (2^d - 1)}{3^d}
              \quad (c_0 \gg 1, L \gg 1),

    2/3 for linear, 4/3 for bilinear and 56/27 for trilinear interpolation: whether depth pays depends on the dimension.

    Examples
    --------
    >>> net = prolongation(2)
    >>> net.shape, net.synapses
    ((225, 9), 522)
    """
    import scipy.sparse as sp

    factors = []
    for level in range(levels):
        along = step = _linear_interpolation(2**level * (coarse + 1) - 1)
        for _ in range(axes - 1):
            step = sp.csr_array(sp.kron(step, along, format="csr"))
        factors.append(step)
    return Network(factors, name=f"multigrid prolongation, {levels} levels")


def prolongation_cost(levels: int, coarse: int = 3, axes: int = 2) -> float:
    """Return C_s of `prolongation` by the formula of its notes.

    Examples
    --------
    >>> round(prolongation_cost(2), 4)
    0.8448
    """
    grids = [2**level * (coarse + 1) - 1 for level in range(levels)]
    return float((coarse * (2 ** (levels + 1) - 1)) ** axes / (3**axes * sum(grid**axes for grid in grids)))
