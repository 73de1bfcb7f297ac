"""Plans used for something else than they were made for: right, and said; and what they refuse."""

from __future__ import annotations

import dataclasses
import pickle
import warnings
from typing import Any

import flatnet as fn
import numpy as np
import pytest
from flatnet import planning


def test_another_use_than_planned_is_said_once() -> None:
    made = fn.haar(16).plan(batch=64, threads=1, dtype="float32")
    x = np.ones((64, 16), "float32")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made(x), made(x[:20])
    with pytest.warns(planning.PlanWarning, match=r"made for float32, this call computes in float64: it stays as it is"):
        made(x.astype("float64"))
    with pytest.warns(planning.PlanWarning, match=r"made for 64 vectors a call, this one has 1"):
        assert (made(x[0]) == made.network(x[0])).all()
    with pytest.warns(planning.PlanWarning, match=r"made for 1 threads, this call has 2"):
        made.apply(x, threads=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made(x[0].astype("float64"))
        made.apply(x, threads=2)


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128", "int32", "int64"])
@pytest.mark.parametrize("batch", [0, 1, 5, 40, 200])
@pytest.mark.parametrize("threads", [None, 1, 2, 5])
def test_every_other_use_is_right_and_is_said(dtype: str, batch: int, threads: int | None) -> None:
    # made for 16 float64 vectors and 2 threads; a Hadamard chain of whole numbers is exact in every dtype
    net = fn.hadamard(16)[1:]
    made = net.plan(batch=16, threads=2, dtype="float64")
    x = np.random.default_rng(batch).integers(-50, 50, (16, batch)).astype(dtype)
    result = (net.toarray().astype("int64") @ x.real.astype("int64")).astype(dtype)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        columns = made.apply(x, axis=0, threads=threads)
        rows = np.empty((batch, 16), dtype)
        assert made.apply(x.T, out=rows, threads=threads) is rows
    assert columns.dtype == dtype and (columns == result).all() and (rows == result.T).all()
    assert all(issubclass(w.category, planning.PlanWarning) for w in told)
    said = sorted(str(w.message).removeprefix("the plan was made for ").split(":")[0] for w in told)
    wanted = [f"float64, this call computes in {dtype}"] * (dtype != "float64")
    wanted += [f"16 vectors a call, this one has {batch}"] * (batch in (1, 200))
    wanted += [f"2 threads, this call has {threads}"] * (threads in (1, 5))
    assert said == sorted(wanted)


def test_a_plan_from_another_process_runs_with_what_is_there(script: Any) -> None:
    # made for more threads than any machine has, read where one thread is the default: same bits, and nothing to say
    made = fn.random_butterfly(64).plan(batch=8, threads=64)
    x = np.random.default_rng(0).normal(size=(8, 64))
    found = script(
        "import pickle, sys, warnings\n"
        "warnings.simplefilter('error')\n"
        f"made, x = pickle.loads(bytes.fromhex({pickle.dumps((made, x)).hex()!r}))\n"
        "sys.stdout.write(made(x).tobytes().hex())",
        FLATNET_THREADS="1",
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout == made(x).tobytes().hex()


def test_a_plan_of_merged_layers_still_knows_the_domain() -> None:
    domain = fn.Certificate(error=1e-9, domain=[(-1, 1)] * 4, dtype="float64", statement="a chain")
    net = fn.Network([np.eye(4) + 1, np.ones((4, 4)), np.ones((1, 4))], name="chain", certificate=domain)
    made = net.plan(batch=1, cost="synapses", depth=0)
    assert len(made.network) == 1 and made.network.certificate is None
    inside, outside = np.ones(4), np.array([0, 0, 2.0, 0])
    for each in (made, pickle.loads(pickle.dumps(made))):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            each(inside)
        for call in (each, each.apply, lambda x, each=each: each @ x):
            with pytest.warns(fn.OutsideDomainWarning, match=r"chain.* is certified for \[-1, 1\] at input 2, got 2"):
                call(outside)


def test_a_plan_from_another_machine_says_so() -> None:
    x = np.ones(16)
    made, counted = fn.haar(16).plan(batch=1), fn.haar(16).plan(batch=1, cost="synapses")
    made(x)  # what calls keep does not travel
    elsewhere, indifferent = (dataclasses.replace(p, machine="Z80 (v0)") for p in (made, counted))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert pickle.loads(pickle.dumps(made))(x).tobytes() == made(x).tobytes()
        pickle.loads(pickle.dumps(indifferent))
    with pytest.warns(planning.PlanWarning, match=r"made for Z80 \(v0\), this is .+: it stays as it is, plan again"):
        read = pickle.loads(pickle.dumps(elsewhere))
    assert read(x).tobytes() == made(x).tobytes()


@pytest.mark.parametrize(
    ("x", "error", "sentence"),
    [
        (np.ones(15), ValueError, "network maps 16 inputs, x has 15 on axis -1"),
        (np.ones((16, 3)), ValueError, "network maps 16 inputs, x has 3 on axis -1"),
        (np.float64(1.0), ValueError, "x must have at least one axis, got a scalar"),
        (np.ones(16, "float16"), TypeError, "float16"),
        (np.ones(16, bool), TypeError, "bool"),
        (np.array(["a"] * 16), TypeError, "str|<U1"),
        (None, TypeError, "object"),
    ],
    ids=str,
)
def test_a_plan_refuses_what_its_network_refuses(x: Any, error: type[Exception], sentence: str) -> None:
    net = fn.hadamard(16)
    made = net.plan(batch=4)
    said = []
    for call in (net, made, made.apply):
        with pytest.raises(error, match=sentence) as refused:
            call(x)
        said.append(str(refused.value))
    assert said[0] == said[1] == said[2]
    with pytest.raises(TypeError, match="a plan runs on arrays, got Network"):
        _ = made @ net
    for threads in (0, -1, 4097, 1.5, "2"):
        with pytest.raises((ValueError, TypeError), match="threads"):
            made.apply(np.ones(16), threads=threads)
    out = np.zeros(15)
    with pytest.raises(ValueError, match="out"):
        made.apply(np.ones(16), out=out)
    assert not out.any()
