"""Every transform of the catalogue at its largest tested size, as chain and as matrix: new rows come by themselves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from flatnet.transforms import CATALOGUE, Entry
from test_time_transforms import chain, matrix

pytestmark = pytest.mark.benchmark(max_time=0.1, min_rounds=5, disable_gc=True)
BATCH = 64


@pytest.mark.parametrize("side", [chain, matrix], ids=["chain", "matrix"])
@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_catalogue(timed: Callable[..., None], entry: Entry, side: Callable[..., Callable[[], np.ndarray]]) -> None:
    if entry.requires:
        pytest.importorskip(entry.requires)
    net = entry.build(max(entry.sizes))
    rng = np.random.default_rng(0)
    X = rng.standard_normal((net.shape[1], BATCH)).astype(np.result_type(net.dtype, np.float64))
    timed(f"{entry.name}({max(entry.sizes)}), batch {BATCH}, {X.dtype}", lambda: side(net, X, 1), net.toarray() @ X)
