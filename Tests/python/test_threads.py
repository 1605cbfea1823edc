"""Calls from several threads at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

import swiftreg
from swiftreg import notebook


def test_concurrent_calls_equal_single_calls() -> None:
    a = np.random.default_rng(0).normal(size=200_000)
    parameters = notebook.initialize_parameters([2, 50, 20, 1])
    X = np.random.default_rng(1).normal(size=(2, 700))

    def work(seed: int) -> tuple[float, float]:
        dropped = swiftreg.dropout(a, 0.6, seed=seed)
        A, _ = notebook.forward_propagation_with_dropout(X, parameters, 0.5, seed=seed)
        return float(dropped.sum()), float(A.sum())

    expected = [work(seed) for seed in range(32)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(32))) == expected


def advances_during(call: Callable[[], object]) -> bool:
    """Whether another Python thread runs well inside the call."""
    progress: list[float] = []
    done = threading.Event()

    def count() -> None:
        while not done.is_set():
            progress.append(time.perf_counter())
            time.sleep(0)

    watcher = threading.Thread(target=count)
    watcher.start()
    try:
        time.sleep(0.005)
        start = time.perf_counter()
        call()
        end = time.perf_counter()
    finally:
        done.set()
        watcher.join()
    margin = 0.1 * (end - start)
    return any(start + margin < moment < end - margin for moment in progress)


def test_large_calls_let_other_threads_run() -> None:
    """A busy machine may not give the other thread its turn; held, it would never have one."""
    a = np.ones(20_000_000, np.float32)
    assert any(
        advances_during(lambda: swiftreg.dropout(a, 0.5, seed=1, out=a)) for _ in range(20)
    )
