"""Timing: every side computes the same, the rival is the best one and has a name, what cannot run says so."""

from __future__ import annotations

import dataclasses
import json
import math
import time

import flatnet as fn
import numpy as np
import pytest
from flatnet import rivals
from flatnet.measure import Measurement, measure, measure_batches, time_networks
from flatnet.rivals import Sides

QUICK = {"rounds": 3, "budget": 0.01}


@pytest.mark.parametrize("dtype", [None, "float32", "float64", "complex64", "complex128"])
@pytest.mark.parametrize("build", [lambda: fn.hadamard(32), lambda: fn.dft(16), lambda: fn.haar(32)])
def test_all_sides_agree_in_every_dtype(build, dtype: str | None) -> None:
    net = build()
    found = measure(net, batch=5, dtype=dtype, **QUICK)
    assert found.deep.seconds > 0 and found.planned.seconds > 0
    assert found.flat.method == found.flat_method == min(found.rivals, key=lambda r: r.seconds).method
    assert found.ratio.q10 <= found.ratio.median <= found.ratio.q90
    wanted = np.dtype(dtype or net.dtype)
    assert found.dtype == (np.result_type(wanted, np.complex64) if net.dtype.kind == "c" else wanted)


def test_every_rival_computes_the_flat_product() -> None:
    """A real matrix with a complex batch goes through the real products as twice the columns."""
    for net in (fn.haar(64), fn.hadamard(16), fn.dft(16)):
        for dtype in ("float64", "complex128"):
            sides = Sides(net, dtype, None, 0.0)
            X = sides.batch(3)
            truth = net.toarray() @ X
            calls = sides.rivals(X, threads=1)
            for call in calls.values():
                np.testing.assert_allclose(call(), truth, atol=1e-12 * np.abs(truth).max())
    assert any("dense GEMM (NumPy" in name for name in calls)
    assert "sparse CSR (SciPy)" in Sides(fn.haar(64), None, None, 0.0).rivals(np.ones((64, 1)), 1)


def test_biases_are_added_on_the_flat_side() -> None:
    rng = np.random.default_rng(0)
    net = fn.Network([fn.Layer(rng.random((4, 4)), bias=rng.random(4)) for _ in range(2)])
    assert len(measure(net, batch=3, **QUICK).rivals) == 2


def test_networks_with_activations_are_flattened_as_far_as_they_go() -> None:
    layers = [fn.Layer(np.eye(3)), fn.Layer(np.eye(3), activation="relu"), fn.Layer(np.eye(3))]
    found = measure(fn.Network(layers), batch=2, **QUICK)
    assert found.flat_method.startswith("flatnet flat")


def test_planned_is_what_plan_gives() -> None:
    """haar: the cheapest merges depend on the batch; whatever the planner chooses is what is timed."""
    net = fn.haar(64)
    for batch in (1, 64):
        made = net.plan(batch, 1, dtype="float32")
        assert measure(net, batch=batch, dtype="float32", **QUICK).planned_layers == len(made.layers)
        assert Sides(net, "float32", None, 0.0).plan(batch, 1).partition == made.partition
    own = net.plan(batch=4, cost="synapses", depth=2)
    assert measure(net, batch=4, plan=own, **QUICK).planned_layers == len(own.layers)
    with pytest.raises(ValueError, match="needs a plan of the very network"):
        measure(fn.haar(32), plan=own)


def test_a_plan_with_an_error_is_held_to_its_error() -> None:
    rng = np.random.default_rng(0)
    net = fn.Network([rng.standard_normal((30, 30)) for _ in range(2)])
    rough = net.plan(batch=8, eps=0.3)
    assert rough.error > 0.1 and measure(net, batch=8, plan=rough, **QUICK).planned.seconds > 0
    with pytest.raises(ArithmeticError, match="planned and the deep network disagree"):
        measure(net, batch=8, plan=dataclasses.replace(rough, error=0.0), **QUICK)


def test_wrong_results_are_not_timed() -> None:
    wrong = fn.Network([2 * np.eye(8)])
    with pytest.raises(ArithmeticError, match="disagree by"):
        measure(fn.hadamard(8), batch=2, flat=wrong, **QUICK)


def test_an_allowed_error_is_allowed() -> None:
    cost = fn.flattening_cost(fn.dct(32), depth=2, eps=0.2)
    assert cost.measure(batch=4).flat.seconds > 0


def test_what_does_not_fit_is_nan_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: object, depth: int = 0, eps: float = 0.0) -> fn.Network:
        raise fn.TooLargeError("the product of layers 0..2 needs 8 TiB, 1 GiB are available")

    monkeypatch.setattr(fn.Network, "flatten", refuse)
    found = measure(fn.hadamard(8), batch=2, **QUICK)
    assert math.isnan(found.flat.seconds) and math.isnan(found.ratio.median)
    assert "needs 8 TiB" in found.flat_method and "needs 8 TiB" in repr(found)
    assert found.deep.seconds > 0


def test_a_dense_rival_that_does_not_fit_leaves_the_sparse_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(what: str, nbytes: float) -> None:
        if "dense" in what:
            raise fn.TooLargeError("too large")

    monkeypatch.setattr(rivals, "require_memory", refuse)
    names = [rival.method for rival in measure(fn.haar(64), batch=2, **QUICK).rivals]
    assert "sparse CSR (SciPy)" in names and not any("GEMM" in name for name in names)


def test_blas_threads_are_set_and_restored() -> None:
    threadpoolctl = pytest.importorskip("threadpoolctl")
    before = threadpoolctl.threadpool_info()
    measure(fn.hadamard(8), batch=2, threads=1, **QUICK)
    assert threadpoolctl.threadpool_info() == before


def test_sweep_over_batches() -> None:
    seen: list[tuple[int, int]] = []
    sweep = measure_batches(fn.hadamard(16), batches=(1, 8), progress=lambda done, total: seen.append((done, total)), **QUICK)
    assert sweep.batches == [1, 8] and len(sweep.ratios) == 2
    assert seen == [(1, 2), (2, 2)]


def test_crossing_is_interpolated_in_the_logarithms() -> None:
    base = measure(fn.hadamard(8), batch=1, **QUICK)

    def at(batch: int, ratio: float) -> Measurement:
        quantiles = type(base.ratio)(ratio, ratio, ratio)
        return Measurement(**{**vars(base), "batch": batch, "ratio": quantiles})

    sweep = type(measure_batches(fn.hadamard(8), batches=(1,), **QUICK))
    assert sweep((at(1, 0.5), at(16, 2.0))).crossing == pytest.approx(4.0)
    assert math.isnan(sweep((at(1, 2.0), at(16, 4.0))).crossing)


def test_networks_are_timed_side_by_side() -> None:
    net = fn.hadamard(16)
    seconds = time_networks([net, None, net.flatten()], batch=2, rounds=3, budget=0.01)
    assert seconds[0] > 0 and math.isnan(seconds[1]) and seconds[2] > 0
    rows = fn.profile(net, batch=4, measure=True).rows
    assert all(row.seconds > 0 for row in rows)
    assert all(math.isnan(row.seconds) for row in fn.profile(net).rows)


def test_json() -> None:
    found = measure(fn.hadamard(8), batch=2, **QUICK)
    assert json.loads(json.dumps(found.to_dict()))["flat_method"] == found.flat_method
    profile = json.loads(json.dumps(fn.profile(fn.hadamard(8)).to_dict(), allow_nan=False))
    assert profile["rows"][0]["upper"] == 64 and profile["rows"][0]["seconds"] is None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"batch": 0}, "needs batch >= 1, got batch=0"),
        ({"threads": 0}, "needs threads >= 1, got threads=0"),
        ({"rounds": 0}, "needs rounds >= 1, got rounds=0"),
    ],
)
def test_bad_arguments(arguments: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        measure(fn.hadamard(8), **arguments)
    with pytest.raises(TypeError, match="float16"):
        measure(fn.hadamard(8), dtype="float16")


def test_a_clock_that_stands_still_ends() -> None:
    from flatnet.measure import shortest

    started = time.perf_counter()
    assert shortest(lambda: None, 0.01, lambda: 1.0) == 0.0
    assert time.perf_counter() - started < 60  # a fraction of a second: without an end, never
