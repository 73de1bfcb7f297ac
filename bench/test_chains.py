"""The chains of `chains.py` are what they say: a multigrid cycle solves, a pyramid is a filter, labels spread along edges."""

from __future__ import annotations

import chains
import numpy as np
from flatnet.report.chains import digits_propagation


def test_a_v_cycle_solves() -> None:
    """Multigrid theory promises an error reduced by a constant factor a cycle, whatever the grid."""
    for levels in (2, 3):
        cycle = chains.v_cycle(levels)
        A = chains._poisson(2**levels * 4 - 1)
        b = np.random.default_rng(0).standard_normal(A.shape[0])
        x = np.zeros_like(b)
        for _ in range(4):
            x += cycle(b - A @ x)
        assert np.linalg.norm(b - A @ x) < 0.35**4 * np.linalg.norm(b)


def test_a_pyramid_is_a_separable_filter() -> None:
    from scipy.ndimage import convolve1d

    picture = np.random.default_rng(0).standard_normal((32, 32))
    wanted = picture
    for _ in range(2):
        for axis in (0, 1):
            wanted = convolve1d(wanted, np.array([1, 4, 6, 4, 1]) / 16, axis=axis, mode="constant")
        wanted = wanted[::2, ::2]
    np.testing.assert_allclose(chains.pyramid(32, 2)(picture.ravel()), wanted.ravel(), atol=1e-14)


def test_hops_begin_and_end_where_they_say() -> None:
    graph = digits_propagation(1).toarray()
    put, take = chains.label_spreading(2, 10), chains.read_out(2, 10)
    seeds, nodes = put[0].weight.toarray(), take[-1].weight.toarray()
    np.testing.assert_allclose(put.toarray(), graph @ graph @ seeds, atol=1e-15)
    np.testing.assert_allclose(take.toarray(), nodes @ graph @ graph, atol=1e-15)
    walk = chains.picture_diffusion(1, step=32)
    np.testing.assert_allclose(walk(np.ones(walk.shape[1])), 1.0, rtol=1e-12)
