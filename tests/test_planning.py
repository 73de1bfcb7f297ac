"""Plans: the optimum over partitions, calibration and its file, what a plan says and how it runs."""

from __future__ import annotations

import itertools
import json
import math
import multiprocessing
import pathlib
import pickle
import re
import warnings
from typing import Any

import flatnet as fn
import numpy as np
import pytest
import scipy.sparse as sp
from flatnet import planning
from flatnet.planning import _calibration, _edges, _search
from flatnet.planning._model import COLUMNS, FOOTPRINTS, footprint
from flatnet.planning._work import KINDS, work_of_factor
from hypothesis import given
from hypothesis import strategies as st
from test_flatten import random_chain


@pytest.fixture
def cache(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """An empty cache folder, and no calibration in memory."""
    monkeypatch.setenv("FLATNET_CACHE", str(tmp_path))
    monkeypatch.setattr(_calibration, "_loaded", {})
    return planning.calibration_path()


def some_table() -> dict[str, Any]:
    rates = {kind: [[1e-10 * (1 + k)] * len(FOOTPRINTS) for _ in COLUMNS] for k, kind in enumerate(("io", *KINDS))}
    return {"call": 1e-6, "step": 1e-8, "rates": rates}


def stored(path: pathlib.Path, **changes: Any) -> None:
    path.write_text(
        json.dumps(
            {"format": _calibration._FORMAT, "machine": _calibration._machine(), "tables": {"float64": some_table()}} | changes
        )
    )


# --- the search ---------------------------------------------------------------------------------------------------


def enumerated(layers: int, edges: list[_search.Edge], most_bytes: float | None = None) -> dict[int, float]:
    """The cheapest cost for every number of layers, over every path there is."""
    best: dict[int, float] = {}

    def walk(node: int, cost: float, count: int, nbytes: int) -> None:
        if most_bytes is not None and nbytes > most_bytes:
            return
        if node == layers:
            best[count] = min(best.get(count, math.inf), cost)
            return
        for edge in edges:
            if edge.first == node:
                walk(edge.last + 1, cost + edge.cost, count + len(edge.segments), nbytes + edge.nbytes)

    walk(0, 0.0, 0, 0)
    return best


@pytest.mark.parametrize("cost", ["seconds", "synapses", "bytes"])
def test_the_optimum_is_that_of_exhaustive_search(cost: str) -> None:
    """200 random chains of up to 10 layers, each of the 2^(L-1) partitions looked at."""
    for seed in range(200):
        rng = np.random.default_rng(seed)
        net = fn.Network(random_chain(rng, int(rng.integers(1, 11))))
        setting = _edges.Setting(16, 1, np.dtype("float64"), cost)
        edges, _ = _edges.all_edges(net, setting, _calibration._typical())
        found, truth = _search.search(len(net), edges), enumerated(len(net), edges)
        assert found.keys() == truth.keys()
        for count, path in found.items():
            assert path.cost == pytest.approx(truth[count], rel=1e-12)
            assert [i for i, _ in path.segments] == [0, *(j + 1 for _, j in path.segments[:-1])]
            assert path.segments[-1][1] == len(net) - 1 and path.layers == count


@given(st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_no_path_within_the_bytes_is_missed(layers: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    edges = [
        _search.Edge(i, j, ((i, j),), float(rng.integers(1, 9)), 1, int(rng.integers(1, 9)), 0.0, "")
        for i in range(layers)
        for j in range(i, layers)
        for _ in range(rng.integers(1, 3))
    ]
    for most in (None, 4, 9, 20):
        found = _search.search(layers, edges, most)
        assert {count: path.cost for count, path in found.items()} == enumerated(layers, edges, most)


def test_fewest_synapses_are_those_of_flatten() -> None:
    for net in (fn.zeta(9), fn.haar(64), fn.random_sparse(100, 0.05, layers=5), fn.dft(128), fn.matmul(np.eye(8), 8, levels=2)):
        for depth in range(net.depth + 1):
            made = net.plan(cost="synapses", depth=depth, rewrites=False)
            assert made.network.synapses == net.flatten(depth).synapses, (net.name, depth)
            assert len(made.layers) <= depth + 1
            assert net.plan(cost="synapses", depth=depth).network.synapses <= made.network.synapses


def test_twenty_layers_are_planned_without_enumeration() -> None:
    net = fn.Network([np.triu(np.ones((6, 6)))] * 20)
    made = net.plan(cost="synapses")
    assert made.partition == ((0, 19),) and len(made.front) == 20


def test_caps() -> None:
    net = fn.zeta(6)
    free, tight = net.plan(cost="synapses"), net.plan(cost="synapses", max_bytes=300)
    assert tight.network.nbytes <= 300 < free.network.nbytes and tight.network.synapses >= free.network.synapses
    with pytest.raises(ValueError, match=r"^plan needs max_bytes >= 192 for this network, got max_bytes=3$"):
        net.plan(max_bytes=3)
    relu = fn.Network([fn.Layer(np.eye(3), activation="relu"), np.eye(3), fn.Layer(np.eye(3), activation="relu"), np.eye(3)])
    assert relu.plan(depth=2).partition in (((0, 0), (1, 2), (3, 3)),)
    with pytest.raises(ValueError, match=r"^plan reaches depth 2 at the least, got depth=1$"):
        relu.plan(depth=1)


def test_dropped_weights_stay_within_eps() -> None:
    rng = np.random.default_rng(5)
    A, B = (rng.standard_normal((40, 40)) * (rng.random((40, 40)) < 0.1) for _ in range(2))
    net = fn.Network([A, B])
    for eps in (0.01, 0.2):
        made = net.plan(batch=16, eps=eps)
        error = np.linalg.norm(made.network.toarray() - B @ A) / np.linalg.norm(B @ A)
        assert error <= eps * (1 + 1e-12) and made.error == pytest.approx(error, rel=1e-6, abs=1e-12)
    assert net.plan(cost="synapses", eps=0.2).network.synapses < net.plan(cost="synapses").network.synapses
    timed = net.plan(batch=16, eps=0.2, effort="measure", budget=0.01, progress=False)
    assert all(row.measured for row in timed.front) and timed.seconds == min(row.seconds for row in timed.front)
    assert fn.measure(net, batch=16, plan=timed, rounds=3).planned.seconds > 0
    with pytest.raises(TypeError, match="needs a linear network"):
        fn.Network([fn.Layer(A, activation="relu")]).plan(eps=0.1)


# --- what runs ----------------------------------------------------------------------------------------------------


def nets() -> list[fn.Network]:
    rng = np.random.default_rng(3)
    biased = [fn.Layer(rng.standard_normal((9, 7)), bias=rng.standard_normal(9)), rng.standard_normal((5, 9))]
    gate = [fn.Layer(rng.standard_normal((9, 5)), bias=rng.standard_normal(9), activation="logistic"), np.eye(9)[:4]]
    return [fn.zeta(6), fn.hadamard(64), fn.random_butterfly(64), fn.haar(64), fn.Network([*biased, *gate])]


@pytest.mark.parametrize("effort", ["estimate", "measure"])
@pytest.mark.parametrize("batch", [1, 40])
def test_a_plan_computes_the_network(effort: str, batch: int) -> None:
    for net in nets():
        made = net.plan(batch=batch, threads=1, effort=effort, budget=0.02, progress=False)
        x = np.random.default_rng(0).standard_normal((batch, net.shape[1]))
        wanted = net(x)
        scale = np.abs(wanted).max()
        assert np.abs(made(x) - wanted).max() <= 1e-12 * scale
        assert np.abs(made @ x.T - wanted.T).max() <= 1e-12 * scale
        out = np.empty((net.shape[0], batch))
        assert made.apply(x.T, axis=0, out=out) is out and (out == made @ x.T).all()
        assert len(made.why) == len(made.layers) == len(made.partition) and made.shape == net.shape
        assert [i for i, _ in made.partition] == [0, *(j + 1 for _, j in made.partition[:-1])]


def test_measured_plans_say_so_and_tell_their_progress() -> None:
    told: list[tuple[float, str]] = []
    net = fn.random_sparse(60, 0.1, layers=4)
    made = net.plan(batch=16, threads=1, effort="measure", budget=0.05, progress=lambda share, text: told.append((share, text)))
    assert any(row.measured for row in made.front) and any("segments timed" in note for note in made.notes)
    assert told and all(0 <= share <= 1 for share, _ in told) and [s for s, _ in told] == sorted(s for s, _ in told)
    chosen = next(row for row in made.front if row.partition == made.partition)
    assert chosen.measured and chosen.seconds == min(row.seconds for row in made.front if row.measured)


def test_estimates_are_deterministic_and_depend_on_the_batch(cache: pathlib.Path) -> None:
    net = fn.random_butterfly(256)
    first, second = (chain.plan(batch=16).to_dict() for chain in (net, fn.random_butterfly(256)))
    assert first == second == net.plan(batch=16).to_dict()
    one, many = (net.plan(batch=b) for b in (1, 4096))
    assert many.seconds > 100 * one.seconds
    assert json.loads(json.dumps(first)) == first


def test_runs_are_kept_as_runs(cache: pathlib.Path) -> None:
    made = fn.hadamard(1024).plan(batch=64)
    assert made.network.steps == ["hadamard 1024"] and set(made.why) == {"run: hadamard"}


def test_pickle_and_text() -> None:
    made = fn.haar(32).plan(batch=3, threads=1)
    again = pickle.loads(pickle.dumps(made))
    x = np.arange(32.0)
    assert again.to_dict() == made.to_dict() and (again(x) == made(x)).all()
    text = made.table()
    assert text.splitlines()[0] == "Plan of haar(32, levels=5): 3 vectors, 1 thread, float64, least time"
    assert "<- chosen" in text and repr(made) == text
    synapses = fn.zeta(6).plan(cost="synapses")
    assert synapses.why == ("merged: Kronecker, 216 synapses for 288 one by one",) * 2
    assert "0..2  merged: Kronecker, 216 synapses for 288 one by one" in synapses.plot().svg
    timed = fn.random_sparse(40, 0.05, layers=3).plan(16, 1, "measure", budget=0.01, progress=False, depth=0)
    assert re.fullmatch(r"merged: \w+, [\d.e+-]+ us for [\d.e+-]+ one by one", timed.why[0])
    picture = made.plot()
    assert picture.svg.startswith("<svg") and "haar(32, levels=5)" in picture.svg


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"batch": 0}, ValueError, "plan needs batch >= 1, got batch=0"),
        ({"batch": 2.5}, TypeError, "plan needs a whole number for batch, got 2.5"),
        ({"threads": 0}, ValueError, "plan needs threads >= 1, got threads=0"),
        ({"effort": "fast"}, ValueError, "plan needs an effort of 'estimate' or 'measure', got 'fast'"),
        ({"cost": "energy"}, ValueError, "plan needs a cost of seconds, synapses, bytes, got 'energy'"),
        ({"depth": -1}, ValueError, "plan needs depth >= 0, got depth=-1"),
        ({"max_bytes": 0}, ValueError, "plan needs max_bytes > 0, got max_bytes=0"),
        ({"eps": -1.0}, ValueError, "plan needs a finite eps >= 0, got eps=-1.0"),
        ({"budget": math.nan}, ValueError, "plan needs a finite budget >= 0, got budget=nan"),
        (
            {"dtype": "float16"},
            TypeError,
            "plan: dtype must be integers, float32, float64, complex64 or complex128, got float16",
        ),
        ({"max_bytes": "1 GiB"}, TypeError, "plan needs a real number for max_bytes, got '1 GiB'"),
    ],
)
def test_refusals(arguments: dict[str, Any], error: type[Exception], sentence: str) -> None:
    with pytest.raises(error) as said:
        fn.haar(8).plan(**arguments)
    assert str(said.value) == sentence


def test_segments_that_memory_cannot_hold_are_left_out_with_their_size() -> None:
    wide = fn.low_rank(np.ones((2, 1)) @ np.ones((1, 2)), 1)
    net = fn.kron(wide, fn.hadamard(2**20))
    made = net.plan(batch=1, cost="synapses", depth=1)
    assert any("merged would take" in note and "are available" in note for note in made.notes)
    with pytest.raises(
        fn.TooLargeError, match=r"at the least, got depth=0: layers 0\.\.21 merged would take .*iB, .* are avail"
    ):
        net.plan(batch=1, depth=0)


# --- speeds -------------------------------------------------------------------------------------------------------


def test_calibration_is_stored_and_read_again(cache: pathlib.Path) -> None:
    assert not planning.calibration("float64").measured
    told: list[tuple[int, int]] = []
    made = planning.calibrate(["float64"], progress=lambda done, total: told.append((done, total)))
    assert cache.exists() and made.measured and told[-1][0] == told[-1][1] == len(told)
    _calibration._loaded.clear()
    again = planning.calibration("float64")
    assert again.measured and again.tables == made.tables
    assert not planning.calibration("complex64").measured  # not measured: typical
    assert "this machine's calibration" in fn.haar(8).plan().notes[-1]
    for rows in made.tables["float64"]["rates"].values():
        assert all(1e-13 < value < 1e-4 for row in rows for value in row)


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"not json",
        b"[1, 2]",
        b'{"format": 1}',
        b"\xff\xfe\x00",
        b"[" * 100000,
        {"format": 1},
        {"machine": {"processor": "another"}},
        {"tables": {}},
        {"tables": {"float64": {"call": 1.0}}},
        {"tables": {"float64": some_table() | {"step": math.nan}}},
        {"tables": {"float16": some_table()}},
    ],
    ids=str,
)
def test_a_damaged_or_foreign_file_is_ignored_and_rebuilt(
    damage: bytes | dict[str, Any], cache: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flatnet.planning import _probes

    monkeypatch.setattr(_probes, "measure_dtype", lambda dtype, progress: some_table())
    if isinstance(damage, bytes):
        cache.write_bytes(damage)
    else:
        stored(cache, **damage)
    with pytest.warns(planning.CalibrationWarning, match="is damaged or of another machine: it is measured anew"):
        assert planning.calibration("float64").measured
    _calibration._loaded.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert planning.calibration("float64").tables["float64"] == some_table()


def test_a_file_that_cannot_be_read_is_left_alone(cache: pathlib.Path) -> None:
    cache.mkdir(parents=True)
    with pytest.warns(planning.CalibrationWarning, match=r"cannot be read \(.+\): typical speeds are used"):
        made = fn.haar(8).plan()
    assert cache.is_dir() and "typical" in made.notes[-1]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flatnet.planning import _probes

    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FLATNET_CACHE", str(tmp_path / "file" / "below"))
    monkeypatch.setattr(_calibration, "_loaded", {})
    monkeypatch.setattr(_probes, "measure_dtype", lambda dtype, progress: some_table())
    with pytest.warns(planning.CalibrationWarning, match="cannot be stored in"):
        planning.calibrate(["float64"])
    assert planning.calibration("float64").measured


def _write_often(folder: str, value: float) -> None:
    path = pathlib.Path(folder) / "calibration.json"
    tables = {"float64": some_table() | {"call": value}}
    for _ in range(50):
        _calibration._write(planning.Calibration(_calibration._machine(), tables), path)


def test_two_processes_that_write_at_once_leave_one_whole_file(tmp_path: pathlib.Path) -> None:
    context = multiprocessing.get_context("spawn")  # a fork would copy the locks that other threads of the tests hold
    writers = [context.Process(target=_write_often, args=(str(tmp_path), float(k + 1))) for k in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        writer.kill()
    assert [writer.exitcode for writer in writers] == [0, 0]
    held = json.loads((tmp_path / "calibration.json").read_text())
    assert held["tables"]["float64"]["call"] in (1.0, 2.0) and len(list(tmp_path.iterdir())) == 1


def test_the_model_is_monotone() -> None:
    """More vectors, more terms and larger footprints never take less time with speeds that fall with neither."""
    speeds = _calibration._typical()
    work = work_of_factor(fn.Dense(np.ones((64, 64))))
    times = [speeds.seconds(work, "float64", 8, columns, 1) for columns in (1, 2, 16, 64, 65, 256, 1000)]
    assert times == sorted(times)
    short, long = (fn.Sparse(sp.csr_array(A)) for A in (np.eye(512), np.eye(32).repeat(16, axis=1)))
    short, long = (speeds.seconds(work_of_factor(f), "float64", 8, 64, 1) for f in (short, long))
    assert short > long, "512 entries in as many rows take longer than in 32"
    assert speeds.seconds(work, "float64", 8, 256, 2) < speeds.seconds(work, "float64", 8, 256, 1)
    sizes = [footprint(w, n, c, 8) for w, n, c in itertools.product((0.0, 1e6), (10, 1000), (1, 16, 300))]
    assert all(size > 0 for size in sizes)
    narrow, wide = (work_of_factor(fn.KroneckerSparse(np.ones((2, 4, 5, d)))).kind for d in (7, 8))
    assert (narrow, wide) == ("narrow blocks 4", "blocks 4")
    for kind in KINDS:
        inside, outside = (speeds.rate(kind, "float32", 16, touched) for touched in FOOTPRINTS[:2])
        between = speeds.rate(kind, "float32", 16, math.sqrt(FOOTPRINTS[0] * FOOTPRINTS[1]))
        assert between == pytest.approx(math.sqrt(inside * outside))
