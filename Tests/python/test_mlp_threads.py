"""Networks in several threads; training with other threads and Ctrl-C."""

from __future__ import annotations

import copy
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from swiftreg import MLP, _core
from test_threads import advances_during

X = np.random.default_rng(1).normal(size=(200, 30)).astype(np.float32)
Y = (X[:, :1] > 0).astype(np.float32)


def network(**options: Any) -> MLP:
    return MLP([30, 50, 20, 1], keep_prob=0.7, **options)


def test_networks_in_threads_are_independent() -> None:
    def train(seed: int) -> bytes:
        n = network(seed=seed)
        for _ in range(5):
            n.fit(X, Y, epochs=4, batch_size=33)
            n.predict(X)
        return n.parameters.tobytes()

    expected = [train(seed) for seed in range(12)]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(train, range(12))) == expected


def test_training_lets_other_threads_run() -> None:
    n = network()
    assert any(advances_during(lambda: n.fit(X, Y, epochs=1000)) for _ in range(5))


def calls_of(n: MLP) -> list[Callable[[], object]]:
    """Calls that take the network's turn, and do not train it."""
    return [
        lambda: n.predict(X), lambda: n.decision_function(X), lambda: n.predict_dropout(X, 2),
        lambda: n.cost(X, Y), lambda: n.data_cost(X, Y), lambda: n.gradient(X, Y),
        lambda: n.check_gradient(X[:9], Y[:9]),
        lambda: n.step, lambda: n.epoch, lambda: n.memory(1, 1), lambda: n.optimizer,
        lambda: n.set_optimizer(learning_rate=n.learning_rate), n.to_bytes, lambda: copy.deepcopy(n),
        lambda: pickle.dumps(n), lambda: n.parameters, lambda: n.weights, lambda: n.optimizer_state,
    ]


@pytest.mark.parametrize("validates", [False, True])
@pytest.mark.parametrize("every", [1, 2])
def test_a_callback_may_use_the_network(validates: bool, every: int, tmp_path: Path) -> None:
    n, other, told = network(), network(), []
    validation = (X[:50], 1 - Y[:50]) if validates else None

    def callback(progress: Any) -> None:
        for call in calls_of(n):
            call()
        n.save(tmp_path / f"{progress.epoch}.safetensors")
        assert progress.epoch == n.epoch and progress.step == n.step
        assert n.cost(X, Y) != progress.cost
        told.append(progress.epoch)

    history = n.fit(X, Y, epochs=5, batch_size=64, callback=callback, callback_every=every,
                    validation_data=validation)
    expected = other.fit(X, Y, epochs=5, batch_size=64, validation_data=validation)
    assert told == ([1, 2, 3, 4, 5] if every == 1 else [2, 4, 5])
    assert np.array_equal(n.parameters, other.parameters)
    assert np.array_equal(n.optimizer_state, other.optimizer_state)
    assert np.array_equal(history.cost, expected.cost) and history.best_epoch == expected.best_epoch
    if validates:
        assert np.array_equal(history.validation_cost, expected.validation_cost)
    # Training from a checkpoint continues as the original did.
    loaded = MLP.load(tmp_path / "4.safetensors")
    if not validates:
        loaded.fit(X, Y, batch_size=64)
        assert np.array_equal(loaded.parameters, n.parameters)


def trains(n: MLP) -> dict[str, Callable[[], object]]:
    """Calls that a callback must not make, by name."""
    return {
        "fit": lambda: n.fit(X, Y),
        "fit of nothing": lambda: n.fit(X, Y, epochs=0),
        "apply": n.apply,
        "step": lambda: setattr(n, "step", 1),
        "epoch": lambda: setattr(n, "epoch", 1),
        "fit_many": lambda: _core.fit_many(
            [(n._network, (X, Y, None, None), None, 1, None, True, None, 0.0)], lambda i, outcome: None
        ),
    }


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_callback_must_not_train(optimizer: str) -> None:
    n, other = network(optimizer=optimizer), network(optimizer=optimizer)
    called = []

    def callback(progress: Any) -> None:
        for call in trains(n).values():
            with pytest.raises(RuntimeError, match="in training by a call of this thread, whose callback must not"):
                call()
        with pytest.raises(RuntimeError, match="optimizer must stay the same in a report"):
            n.set_optimizer("lion")
        called.append(progress)

    history = n.fit(X, Y, epochs=3, batch_size=64, callback=callback)
    assert np.array_equal(history.cost, other.fit(X, Y, epochs=3, batch_size=64).cost)
    assert len(called) == 3
    assert np.array_equal(n.parameters, other.parameters)
    assert np.array_equal(n.optimizer_state, other.optimizer_state)
    # Afterwards, it may all be done.
    for call in trains(n).values():
        call()
    n.set_optimizer("lion")


@pytest.mark.parametrize("name", list(trains(network())))
def test_another_thread_trains_after_the_callbacks(name: str) -> None:
    """Trainings take turns as a whole, while other calls may come between two epochs."""
    n, epochs, ended = network(), [], []
    started = threading.Event()

    def train() -> None:
        trains(n)[name]()
        ended.append(len(epochs))

    other = threading.Thread(target=train)

    def callback(progress: Any) -> None:
        epochs.append(progress.epoch)
        if not started.is_set():
            started.set()
            other.start()
        time.sleep(0.02)
        assert not ended
        assert n.epoch == progress.epoch
        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(n.predict, (X, X))
        assert np.array_equal(first, second)

    n.fit(X, Y, epochs=5, callback=callback)
    other.join()
    assert epochs == [1, 2, 3, 4, 5] and ended == [5]


def test_a_callback_may_change_the_regularization() -> None:
    n, other = network(dtype="float64"), network(dtype="float64")

    def callback(progress: Any) -> None:
        n.set_regularization(keep_prob=0.5 + 0.1 * progress.epoch, l2=0.1 * progress.epoch)

    n.fit(X, Y, epochs=4, callback=callback)
    for epoch in range(4):
        other.fit(X, Y)
        other.set_regularization(keep_prob=0.5 + 0.1 * (epoch + 1), l2=0.1 * (epoch + 1))
    assert np.array_equal(n.parameters, other.parameters) and n.l2 == other.l2


def test_a_callback_may_change_the_rate() -> None:
    n, other = network(dtype="float64"), network(dtype="float64")

    def callback(progress: Any) -> None:
        n.set_optimizer(learning_rate=0.001 / progress.epoch)

    n.fit(X, Y, epochs=4, callback=callback)
    for epoch in range(4):
        other.set_optimizer(learning_rate=0.001 / max(epoch, 1))
        other.fit(X, Y)
    assert np.array_equal(n.parameters, other.parameters)


def test_patience_with_a_callback_is_that_without() -> None:
    for validation in (None, (X[:50], 1 - Y[:50])):
        n, other, told = network(), network(), []
        arguments: dict[str, Any] = {"epochs": 200, "patience": 2, "min_delta": 1e-3}
        history = n.fit(X, Y, callback=lambda p: told.append(p.epoch), callback_every=7,
                        validation_data=validation, **arguments)
        expected = other.fit(X, Y, validation_data=validation, **arguments)
        assert np.array_equal(n.parameters, other.parameters)
        assert np.array_equal(history.cost, expected.cost) and history.best_epoch == expected.best_epoch
        assert history.stopped == expected.stopped
        last = len(expected.cost)
        assert told == [*range(7, last, 7), *([last] if last % 7 or last not in range(7, last, 7) else [])]


def test_predictions_in_several_threads() -> None:
    n = network()
    expected = n.predict(X)
    with ThreadPoolExecutor(8) as pool:
        assert all(np.array_equal(found, expected) for found in pool.map(lambda _: n.predict(X), range(64)))


def test_another_thread_waits_for_its_turn() -> None:
    n, inside, leave = network(), threading.Event(), threading.Event()

    def callback(progress: object) -> None:
        inside.set()
        assert leave.wait(60)

    trainer = threading.Thread(target=lambda: n.fit(X, Y, epochs=2, callback=callback))
    trainer.start()
    try:
        assert inside.wait(60)
        for call in calls_of(n):
            call()
    finally:
        leave.set()
        trainer.join()
    n.fit(X, Y)
    assert n.epoch == 3
    other = network()
    other.fit(X, Y, epochs=3)
    assert np.array_equal(n.parameters, other.parameters)


def test_threads_that_race_for_one_network() -> None:
    """Calls take turns; no state is torn and no call is lost."""
    n = network()

    def train() -> None:
        for _ in range(60):
            n.fit(X, Y, epochs=2, shuffle=False)
            n.parameters.sum()

    threads = [threading.Thread(target=train) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert n.epoch == n.step == 480
    other = network()
    other.fit(X, Y, epochs=480, shuffle=False)
    assert np.array_equal(n.parameters, other.parameters)


def test_a_signal_handler_does_not_wait_for_its_own_thread() -> None:
    n = network()

    def handler(number: int, frame: object) -> None:
        n.predict(X)

    old = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(RuntimeError, match="in use by a call of this thread"):
            n.fit(X, Y, epochs=10**9)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    assert n.history is not None and n.history.stopped == "interrupted"
    assert n.predict(X).shape == (200, 1)


class Alarm(Exception):
    pass


@contextmanager
def alarm_after(seconds: float, handler: Callable[[], object]) -> Iterator[None]:
    old = signal.signal(signal.SIGALRM, lambda number, frame: handler())
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


def test_a_signal_in_a_callback_keeps_what_is_trained() -> None:
    """As Ctrl-C, whose handler raises; one that uses the network may, since the callback may."""
    n, other, told = network(), network(), []

    def handler() -> None:
        told.append(n.predict(X))
        raise Alarm

    def callback(progress: Any) -> None:
        if progress.epoch == 3:
            time.sleep(60)

    with alarm_after(0.5, handler), pytest.raises(Alarm):
        n.fit(X, Y, epochs=10**9, callback=callback)
    assert n.history is not None and n.history.stopped == "interrupted"
    assert len(n.history.cost) == n.epoch == 3
    other.fit(X, Y, epochs=3)
    assert np.array_equal(n.parameters, other.parameters)
    assert np.array_equal(told[0], other.predict(X))


def test_a_signal_while_the_training_waits_for_the_network() -> None:
    """After a callback, the call of another thread that began meanwhile is waited for."""
    n, threads, busy = network(), [], threading.Event()
    many = np.tile(X, (50, 1))

    def predict() -> None:
        busy.set()
        n.predict_dropout(many, 500)

    def callback(progress: Any) -> None:
        threads.append(threading.Thread(target=predict))
        threads[-1].start()
        busy.wait()
        time.sleep(0.02)

    def handler() -> None:
        raise Alarm

    with alarm_after(0.1, handler), pytest.raises(Alarm):
        n.fit(X, Y, epochs=10**9, callback=callback)
    for thread in threads:
        thread.join()
    assert n.history is not None and n.history.stopped == "interrupted"
    assert len(n.history.cost) == n.epoch == len(threads) == 1
    n.fit(X, Y)


def test_a_network_that_is_dropped_while_it_trains() -> None:
    def callback(progress: object) -> None:
        time.sleep(0.001)

    def train(holder: list[MLP]) -> None:
        holder.pop().fit(X, Y, epochs=20, callback=callback)

    threads = [threading.Thread(target=train, args=([network()],)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


INTERRUPTED = """
import signal, sys, threading, time
import numpy as np
from swiftreg import MLP

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
X = np.random.default_rng(1).normal(size=(200, 30)); Y = X[:, :1] > 0
network, told = MLP([30, 50, 20, 1]), []
if "callback" in sys.argv:
    callback = lambda progress: told.append(progress)
else:
    callback = None

def tell():
    start = network.parameters.copy()
    while (network.parameters == start).all():  # until training runs
        time.sleep(0.01)
    print("training", flush=True)

threading.Thread(target=tell, daemon=True).start()
try:
    network.fit(X, Y, epochs=10**12, callback=callback, callback_every=1000, progress="bar" in sys.argv)
except KeyboardInterrupt:
    assert network.history.stopped == "interrupted"
    assert len(network.history.cost) == network.epoch == network.step > 0
    other = MLP([30, 50, 20, 1])
    other.fit(X, Y, epochs=network.epoch)
    assert np.array_equal(network.parameters, other.parameters)
    assert network.history.cost[-1] < network.history.cost[0]
    network.fit(X, Y)
    print("interrupted")
"""


@pytest.mark.parametrize("how", ["plain", "callback", "bar"])
def test_ctrl_c(how: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, how], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "training\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
        process.communicate()
    assert (process.returncode, out) == (0, "interrupted\n"), err


NOTEBOOK = """
import signal
import numpy as np
from swiftreg import notebook
signal.signal(signal.SIGINT, signal.default_int_handler)
X = np.random.default_rng(1).normal(size=(2, 200)); Y = X[:1] > 0
print("training", flush=True)
try:
    notebook.model(X, Y, num_iterations=10**12, print_cost=False)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_ctrl_c_in_the_notebook() -> None:
    process = subprocess.Popen([sys.executable, "-c", NOTEBOOK], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "training\n"
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=120)
    finally:
        process.kill()
        process.communicate()
    assert (process.returncode, out) == (0, "interrupted\n")


def test_the_memory_query_is_true() -> None:
    """The peak memory of a training, beyond data and parameters, is the predicted one within 5%."""
    program = """
import numpy as np
from swiftreg import MLP

def kilobytes(name):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(name))

X = np.random.default_rng(0).random((600, 2000), np.float32)
Y = np.ones((600, 10), np.float32)
MLP([4, 3, 10]).fit(X[:, :4], Y)
network = MLP([2000, 2000, 2000, 10], keep_prob=0.5)
network.parameters.sum()
before = kilobytes("VmRSS")
network.fit(X, Y, epochs=2, batch_size=BATCH, validation_data=(X, Y))
print(1024 * (kilobytes("VmHWM") - before) / network.memory(BATCH, 600, True))
"""
    if sys.platform != "linux":
        pytest.skip("needs /proc")
    for batch in ("64", "600"):
        run = subprocess.run(
            [sys.executable, "-c", program.replace("BATCH", batch)], capture_output=True, text=True, check=True
        )
        assert 0.95 < float(run.stdout) < 1.05
