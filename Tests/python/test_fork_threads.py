"""Threads and forks: no call hangs, and the results are those of a single call.

Calls that may hang run in a separate process with a time limit.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import swiftreg
from swiftreg import _core

Array = NDArray[Any]
TIME_LIMIT = 300

# Large enough for several threads: elementwise, a product, a product that takes working memory.
LARGE = """
    import os, signal, sys, threading, time, warnings
    import numpy as np
    import swiftreg
    from swiftreg import _core

    # Python 3.12 and later warn about forks with threads, which are tested here.
    warnings.filterwarnings("ignore", ".*multi-threaded.*fork", DeprecationWarning)
    a = np.random.default_rng(0).normal(size=300_000).astype(np.float32)
    W, X = (np.random.default_rng(i).normal(size=(200, 200)) for i in (1, 2))
    b = np.zeros((200, 1))

    def large_calls():
        dropped = swiftreg.dropout(a, 0.6, seed=5)
        _, A = _core.forward_dense(W, b, X, _core.SIGMOID)
        return dropped.tobytes() + A.tobytes()
"""


def run(program: str, threads: int) -> str:
    """The output of a program; it must succeed within the time limit."""
    environment = {**os.environ, "SWIFTREG_NUM_THREADS": str(threads)}
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(LARGE) + textwrap.dedent(program)],
        env=environment, capture_output=True, text=True, timeout=TIME_LIMIT, check=False,
    )
    assert result.returncode == 0, result.stderr or result
    return result.stdout.strip()


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


@needs_fork
@pytest.mark.parametrize("threads", [1, 2, 4])
def test_a_hundred_children_after_use(threads: int) -> None:
    """Each child makes its own pool. SIGALRM ends one that hangs, and the parent sees it."""
    program = """
        expected = large_calls()
        children = []
        for i in range(100):
            child = os.fork()
            if child == 0:
                signal.alarm(60)
                try:
                    same = large_calls() == expected and large_calls() == expected
                    assert swiftreg.get_num_threads() == THREADS
                    os._exit(0 if same else 3)
                except BaseException:
                    os._exit(4)
            children.append(child)
            if len(children) == 8:
                assert os.waitstatus_to_exitcode(os.waitpid(children.pop(0), 0)[1]) == 0
        for child in children:
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert large_calls() == expected
        print("ok")
    """
    assert run(program.replace("THREADS", str(threads)), threads) == "ok"


@needs_fork
def test_fork_while_other_threads_are_in_a_call() -> None:
    """No lock of the pool stays locked in the child, whatever other threads do."""
    program = """
        expected = large_calls()
        stop = threading.Event()

        def keep_busy():
            while not stop.is_set():
                large_calls()

        workers = [threading.Thread(target=keep_busy) for _ in range(3)]
        for worker in workers:
            worker.start()
        for i in range(100):
            time.sleep(0.0005 * (i % 7))
            child = os.fork()
            if child == 0:
                signal.alarm(60)
                os._exit(0 if large_calls() == expected else 3)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        stop.set()
        for worker in workers:
            worker.join()
        print("ok")
    """
    assert run(program, 2) == "ok"


@needs_fork
def test_grandchildren() -> None:
    program = """
        expected = large_calls()
        for depth in range(5):
            child = os.fork()
            if child != 0:
                os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 255)
            signal.alarm(60)
            assert large_calls() == expected
        print("ok", flush=True)
        os._exit(0)
    """
    assert run(program, 2) == "ok"


@needs_fork
def test_multiprocessing_by_fork() -> None:
    program = """
        import multiprocessing

        def work(seed):
            return float(swiftreg.dropout(a, 0.5, seed=seed).sum())

        expected = [work(seed) for seed in range(20)]
        with multiprocessing.get_context("fork").Pool(4) as pool:
            assert pool.map(work, range(20)) == expected
        print("ok")
    """
    assert run(program, 2) == "ok"


def at_once(count: int, body: Callable[[int], None]) -> None:
    """Runs body(i) on `count` threads that start together; raises an exception of a thread here."""
    barrier = threading.Barrier(count)
    errors: list[BaseException] = []

    def work(i: int) -> None:
        try:
            barrier.wait(60)
            body(i)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(i,), daemon=True) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIME_LIMIT)
    assert not any(thread.is_alive() for thread in threads), "a call hangs"
    if errors:
        raise errors[0]


@pytest.fixture
def restore_threads() -> Any:
    before = swiftreg.get_num_threads()
    yield
    swiftreg.set_num_threads(before)


def calls(seed: int) -> list[Array]:
    rng = np.random.default_rng(seed)
    a = rng.normal(size=500_000).astype(np.float32)
    W, A, dZ = (rng.normal(size=(150, 150)) for _ in range(3))
    b = rng.normal(size=(150, 1))
    probabilities = rng.random((1, 100_000))
    labels = (rng.random((1, 100_000)) < 0.5).astype(np.float64)
    gradients = _core.backward_l2(W, dZ, A, 0.5, True)
    return [
        swiftreg.dropout(a, 0.7, seed=seed),
        swiftreg.dropout_backward(a, 0.7, seed=seed),
        *_core.forward_dense(W, b, A, _core.RELU),
        *(g for g in gradients if g is not None),
        np.array(_core.cost(probabilities, labels, (W,), 0.5)),
    ]


def assert_equal(results: list[Array], expected: list[Array]) -> None:
    for result, wanted in zip(results, expected, strict=True):
        assert np.array_equal(result, wanted)


@pytest.mark.parametrize("pool", [1, 2, 4])
def test_sixteen_threads_at_once(pool: int, restore_threads: None) -> None:
    swiftreg.set_num_threads(1)
    expected = [calls(seed) for seed in range(16)]
    swiftreg.set_num_threads(pool)

    def body(i: int) -> None:
        for _ in range(3):
            assert_equal(calls(i), expected[i])

    at_once(16, body)


def test_the_number_of_threads_may_change_during_calls(restore_threads: None) -> None:
    swiftreg.set_num_threads(1)
    expected = [calls(seed) for seed in range(6)]
    stop = threading.Event()

    def body(i: int) -> None:
        if i == 6:
            n = 0
            while not stop.is_set():
                n += 1
                swiftreg.set_num_threads(n % 5 + 1)
                assert 1 <= swiftreg.get_num_threads() <= 5
            return
        try:
            for _ in range(5):
                assert_equal(calls(i), expected[i])
        finally:
            finished.append(i)
            if len(finished) == 6:
                stop.set()

    finished: list[int] = []
    at_once(7, body)


def test_set_num_threads_is_what_get_num_threads_tells(restore_threads: None) -> None:
    for n in (1, 2, 3, 256, 1):
        swiftreg.set_num_threads(n)
        assert swiftreg.get_num_threads() == n
        assert swiftreg.build_info()["num_threads"] == n
    for wrong in (0, -1, 257, 2**40):
        with pytest.raises(ValueError, match=str(wrong)):
            swiftreg.set_num_threads(wrong)
    with pytest.raises(TypeError):
        swiftreg.set_num_threads(1.5)  # type: ignore[arg-type]
    assert swiftreg.get_num_threads() == 1


@pytest.mark.parametrize(
    ("own", "openmp", "expected"),
    [("3", "2", 3), (None, "2", 2), (None, "4,2", 4), ("0", "2", 2), ("x", None, None), (None, None, None)],
)
def test_where_the_number_of_threads_comes_from(
    own: str | None, openmp: str | None, expected: int | None
) -> None:
    environment = {k: v for k, v in os.environ.items() if k not in ("SWIFTREG_NUM_THREADS", "OMP_NUM_THREADS")}
    environment |= {"SWIFTREG_NUM_THREADS": own} if own is not None else {}
    environment |= {"OMP_NUM_THREADS": openmp} if openmp is not None else {}
    output = subprocess.run(
        [sys.executable, "-c", "import swiftreg; print(swiftreg.get_num_threads())"],
        env=environment, capture_output=True, text=True, timeout=TIME_LIMIT, check=True,
    ).stdout
    assert int(output) == (expected or min(len(os.sched_getaffinity(0)), 256))


def test_the_pool_is_bounded() -> None:
    """One pool serves any number of calling threads; a call does not create threads."""
    program = """
        def tasks():
            return len(os.listdir("/proc/self/task"))

        before = tasks()
        counts = []

        def work():
            for _ in range(20):
                large_calls()
                counts.append(tasks())

        workers = [threading.Thread(target=work) for _ in range(16)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        # A joined thread may stay in the list for a moment.
        deadline = time.monotonic() + 30
        while tasks() > before + 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert tasks() == before + 3, tasks() - before
        assert max(counts) <= before + 16 + 3, max(counts)
        print("ok")
    """
    if not os.path.isdir("/proc/self/task"):
        pytest.skip("no /proc to count threads by")
    assert run(program, 4) == "ok"
