"""What every benchmark shares: a result is checked before it is timed, and rivals stand in one group."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rivals import Unavailable
from timing import agree, threads_limited

Make = Callable[[], Callable[[], Any]]


@pytest.fixture
def timed(benchmark: Any, request: pytest.FixtureRequest) -> Callable[..., None]:
    """``timed(group, make, expected, threads, tolerance)`` prepares a side, checks its result and times it."""

    def run(group: str, make: Make, expected: Any, threads: int = 1, tolerance: float = 0.0) -> None:
        benchmark.group = f"{group}, {threads} thread{'s' * (threads > 1)}"
        with threads_limited(threads):
            try:
                call = make()
            except Unavailable as reason:
                pytest.skip(str(reason))
            agree(request.node.name, call(), expected, tolerance)
            benchmark(call)

    return run
