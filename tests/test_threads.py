"""Threads: the same bits from any number of them, from many callers at once, and in a forked child."""

from __future__ import annotations

import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import flatnet as fn
import numpy as np
import pytest
from catalog import CASES, FLOATS, Case, generator, random
from flatnet import _core
from flatnet.factors import LazyBlocks

pytestmark = pytest.mark.usefixtures("one_blas_thread")
TEAMS = (1, 2, 3, 7)
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def data(case: Case, batch: int, dtype: Any = "f4") -> np.ndarray:
    return random(generator(case.name), dtype, (batch, case.net.shape[1]))


@every_case
def test_any_number_of_threads_gives_the_same_bits(case: Case) -> None:
    """330 vectors are six panels; out= and columns go the same way."""
    dtype = FLOATS[len(case.name) % 4]
    x = data(case, 330, dtype)
    expected = case.net.apply(x, threads=1).tobytes()
    columns = np.ascontiguousarray(x.T)
    out = np.empty((330, case.net.shape[0]), case.result_dtype(dtype))
    for threads in TEAMS[1:]:
        assert case.net.apply(x, out=out, threads=threads).tobytes() == expected
        y = case.net.apply(columns, axis=0, threads=threads)
        assert np.ascontiguousarray(y.T).tobytes() == expected


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_large_networks_on_many_threads(dtype: np.dtype) -> None:
    """Enough work that a team is worth it; non-linear layers too."""
    rng = generator("large")
    weights = [random(rng, dtype, (256, 1, 4, 1)), random(rng, dtype, (1, 16, 16, 16))]
    layers: list[Any] = [fn.hadamard(1024), fn.KroneckerSparse(weights[0]), fn.KroneckerSparse(weights[1])]
    if dtype.kind == "f":
        layers.append(fn.Layer(random(rng, dtype, (64, 256)) / 100, bias=random(rng, dtype, 64), activation="logistic"))
    net = fn.Network(layers)
    x = random(rng, dtype, (1000, 1024))
    expected = net.apply(x, threads=1).tobytes()
    for threads in TEAMS[1:]:
        assert net.apply(x, threads=threads).tobytes() == expected
    assert net.apply(x.copy(), threads=4096).tobytes() == expected


def test_the_default_number_of_threads() -> None:
    before = _core.default_threads()
    assert 1 <= before == fn.show_config()["threads"]
    x = random(generator("default"), "f8", (500, 64))
    expected = fn.hadamard(64).apply(x, threads=1).tobytes()
    try:
        for threads in (1, 3, 4096):
            _core.set_default_threads(threads)
            assert _core.default_threads() == fn.show_config()["threads"] == threads
            assert fn.hadamard(64)(x).tobytes() == expected
        for wrong in (0, -1, 4097, 2**31 - 1):
            with pytest.raises(ValueError, match=f"the number of threads must be from 1 to 4096, got {wrong}"):
                _core.set_default_threads(wrong)
        assert _core.default_threads() == 4096
    finally:
        _core.set_default_threads(before)


# --- many callers -----------------------------------------------------------------------------------------------


def at_once(count: int, task: Any) -> list[Any]:
    """Results of task(i) from `count` Python threads that start together."""
    barrier = threading.Barrier(count)

    def run(i: int) -> Any:
        barrier.wait()
        return task(i)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.mark.parametrize("threads", [1, 3])
def test_one_network_from_many_python_threads(threads: int) -> None:
    """New networks each round, so that runners, weights and their conversions are first made under contention."""
    names = (
        "every-kind-float64",
        "weak-dft-16-weak",
        "butterfly-32-float32",
        "weak-hadamard-32-weak",
        "shared-a-float64",
    )
    for case in (case for case in CASES if case.name in names):
        xs = [data(case, 20 + 10 * i, FLOATS[i % 4]) for i in range(8)]
        expected = [case.net.apply(x, threads=1).tobytes() for x in xs]
        for _ in range(3):
            net = fn.Network(case.build()[0])
            results = at_once(8, lambda i: [net.apply(xs[i], threads=threads).tobytes() for _ in range(5)])  # noqa: B023
            for i, result in enumerate(results):
                assert result == [expected[i]] * 5


def test_counts_and_matrices_from_many_python_threads() -> None:
    for _ in range(5):
        net = fn.dft(64)
        results = at_once(6, lambda i: (net.synapses, net.T.toarray().tobytes(), repr(net), net.flatten(1).synapses))  # noqa: B023
        assert len(set(results)) == 1


def test_lazy_weights_are_made_once() -> None:
    calls = []

    def make() -> np.ndarray:
        calls.append(threading.get_ident())
        time.sleep(0.02)
        return np.ones((4, 2, 2, 1))

    net = fn.Network([LazyBlocks((4, 2, 2, 1), make)])
    results = at_once(6, lambda i: net(np.arange(8.0)).tobytes())
    assert len(set(results)) == 1 and len(calls) == 1


def test_python_runs_while_a_network_does() -> None:
    """The GIL is released: another Python thread counts while apply works (a held GIL would give it no turn)."""
    net = fn.Network([fn.hadamard(4096)] * 4)
    x = np.ones((1500, 4096), np.float32)
    done, counted = threading.Event(), [0]

    def count() -> None:
        while not done.is_set():
            counted[0] += 1
            time.sleep(0.0005)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)  # no turn by timeout
    other = threading.Thread(target=count)
    other.start()
    try:
        progress = 0
        for _ in range(20):
            before = counted[0]
            net.apply(x, threads=1)
            progress = counted[0] - before
            if progress > 1:
                break
    finally:
        sys.setswitchinterval(interval)
        done.set()
        other.join()
    assert progress > 1


# --- fork -------------------------------------------------------------------------------------------------------

FORK = """
import os, sys, threading, time
net = fn.Network([fn.dft(256), np.ones((64, 256))])
x = np.random.default_rng(0).normal(size=(500, 256)).astype(np.float32)
expected = net.apply(x, threads=1).tobytes()
if PARENT_USED_THREADS:
    assert net.apply(x, threads=3).tobytes() == expected
stop = threading.Event()
busy = threading.Thread(target=lambda: [fn.hadamard(256).apply(x, threads=2) for _ in iter(stop.is_set, True)])
if PARENT_IS_BUSY:
    busy.start()
def child():
    same = all(net.apply(x, threads=t).tobytes() == expected for t in (None, 1, 2, 3, 7))
    new = fn.hadamard(64).apply(np.ones((300, 64)), threads=4)
    os._exit(0 if same and (new[:, 0] == 64).all() else 1)
states = []
for _ in range(ROUNDS):
    pid = os.fork()
    if pid == 0:
        child()
    for _ in range(3000):  # 30 s
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            break
        time.sleep(0.01)
    else:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        status = "hung"
    states.append(status)
    assert net.apply(x, threads=3).tobytes() == expected, "the parent after the fork"
stop.set()
if PARENT_IS_BUSY:
    busy.join()
print(states)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.parametrize(("used", "busy"), [(False, False), (True, False), (True, True)])
def test_a_forked_child_computes_the_same_bits(script: Any, used: bool, busy: bool) -> None:
    """Before and after the parent has started a team, and while another of its threads runs one."""
    rounds = 4 if busy else 2
    values = {"PARENT_USED_THREADS": used, "PARENT_IS_BUSY": busy, "ROUNDS": rounds}
    code = "".join(f"{name} = {value}\n" for name, value in values.items()) + FORK
    result = script(code, timeout=300, PYTHONWARNINGS="ignore")
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == str([0] * rounds)


MULTIPROCESSING = """
import multiprocessing as mp
net = fn.Network([fn.hadamard(128)], name="sent")
def work(seed):
    x = np.random.default_rng(seed).normal(size=(200, 128))
    return net.apply(x, threads=2).tobytes()
def sent(pair):
    other, x = pair
    return other.apply(x, threads=2).tobytes()
if __name__ == "__main__":
    here = [work(seed) for seed in range(4)]
    with mp.get_context("fork").Pool(2) as pool:
        assert pool.map_async(work, range(4)).get(60) == here
        x = np.ones((100, 128))
        assert pool.map_async(sent, [(net, x)] * 3).get(60) == [net(x).tobytes()] * 3
    print("same")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_multiprocessing_with_fork(script: Any) -> None:
    result = script(MULTIPROCESSING, timeout=180, PYTHONWARNINGS="ignore")
    assert result.stdout.strip() == "same", result.stderr


# --- the environment --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("isa", fn.show_config()["available_isas"])
def test_the_instruction_set_can_be_forced(script: Any, isa: str) -> None:
    """The forced set runs: its bits are those of apply(isa=) here."""
    code = "print(fn.show_config()['isa'], fn.dft(64)(np.arange(64.0)).tobytes().hex())"
    result = script(code, FLATNET_ISA=isa)
    assert result.stdout.split() == [isa, fn.dft(64).apply(np.arange(64.0), isa=isa).tobytes().hex()]


@pytest.mark.parametrize("threads", ["1", "3", "4096"])
def test_the_number_of_threads_can_be_forced(script: Any, threads: str) -> None:
    result = script("print(fn.show_config()['threads'], fn.hadamard(2)([1, 2]))", FLATNET_THREADS=threads)
    assert result.stdout == f"{threads} [ 3 -1]\n", result.stderr


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@pytest.mark.parametrize("name", ["FLATNET_ISA", "FLATNET_THREADS"])
def test_an_empty_variable_is_none(script: Any, name: str) -> None:
    result = script(f"print(fn.show_config()['{'isa' if name == 'FLATNET_ISA' else 'threads'}'])", **{name: ""})
    expected = fn.show_config()["available_isas"][-1] if name == "FLATNET_ISA" else str(cores())
    assert result.stdout.strip() == expected


WRONG = [("FLATNET_ISA", value) for value in ("v9", "V3", "avx2", " v2", "v2,v3")]
WRONG += [("FLATNET_THREADS", value) for value in ("0", "-1", "x", "1.5", "1e3", "4097", "99999999999999999999", "2 ", " ")]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_wrong_variables_fail_the_import_with_a_sentence(script: Any, name: str, value: str) -> None:
    result = script("", **{name: value})
    last = result.stderr.strip().splitlines()[-1]
    assert result.returncode == 1
    if name == "FLATNET_ISA":
        isas = ", ".join(fn.show_config()["available_isas"])
        assert last == f"ImportError: FLATNET_ISA asks for instruction set '{value}', this machine and build run: {isas}"
    else:
        assert last == f"ImportError: FLATNET_THREADS needs a whole number from 1 to 4096, got '{value}'"
