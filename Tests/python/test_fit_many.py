"""Many trainings in one call, the way of the estimators: the bits of one after the other."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from numpy.typing import NDArray

import swiftreg
from swiftreg import MLP, _core

Array = NDArray[Any]
EPOCHS = 6


@pytest.fixture(params=[1, 2, 3])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = swiftreg.get_num_threads()
    swiftreg.set_num_threads(request.param)
    yield request.param
    swiftreg.set_num_threads(before)


def examples() -> tuple[Array, Array, Array, list[tuple[Array, Array]]]:
    """X, Y, weights, and the rows of training and validation of four folds."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(230, 9))
    X[rng.random(X.shape) < 0.5] = 0
    Y = (X[:, 0] * X[:, 1] > 0).astype(float)[:, None]
    order = rng.permutation(230)
    return X, Y, rng.uniform(0.1, 2, 230), [(np.sort(order[i::4]), order[i - 1 :: 4]) for i in range(4)]


def network(i: int, **options: Any) -> MLP:
    return MLP([9, 5 + i, 1], keep_prob=1 - 0.1 * (i % 3), l2=0.1 * i, seed=i, dtype="float64", **options)


def job(network: MLP, X: Any, fold: tuple[Array, Array], patience: int | None = None, epochs: int = EPOCHS) -> Any:
    _, Y, weights, _ = examples()
    data, validation = (X, Y, weights, fold[0]), (X, Y, weights, fold[1])
    return network._network, data, validation, epochs, 32, True, patience, 0.0


def collect(jobs: list[Any]) -> dict[int, Any]:
    found: dict[int, Any] = {}

    def done(i: int, outcome: Any) -> None:
        assert i not in found
        found[i] = outcome

    _core.fit_many(jobs, done)
    return found


def test_the_bits_are_those_of_one_after_the_other(threads: int) -> None:
    X, Y, weights, folds = examples()
    for form in (X, scipy.sparse.csr_array(X)):
        networks = [network(i) for i in range(8)]
        found = collect([job(n, form, folds[i % 4], 1 if i == 2 else None) for i, n in enumerate(networks)])
        assert sorted(found) == list(range(8))
        for i, many in enumerate(networks):
            (train, test), one = folds[i % 4], network(i)
            history = one.fit(
                X[train], Y[train], sample_weight=weights[train], epochs=EPOCHS, batch_size=32,
                validation_data=(X[test], Y[test], weights[test]), patience=1 if i == 2 else None,
            )
            costs, validation_costs, best, seconds = found[i]
            assert np.array_equal(one.parameters, many.parameters)
            assert np.array_equal(one.optimizer_state, many.optimizer_state)
            assert np.array_equal(costs, history.cost) and np.array_equal(validation_costs, history.validation_cost)
            assert best == history.best_epoch and seconds > 0
            assert (many.step, many.epoch) == (one.step, one.epoch)


def test_a_fit_that_fails_stops_no_other(threads: int) -> None:
    X, _, _, folds = examples()
    networks = [network(i) for i in range(5)]
    networks[1].set_optimizer("sgd", learning_rate=1e300)
    before = networks[1].parameters.copy()
    jobs = [job(n, X, folds[0]) for n in networks]
    wrong = (X, 2 + np.zeros((230, 1)), None, folds[0][0])
    outside = (jobs[0][1][0], jobs[0][1][1], None, np.array([0, 230]))
    jobs[2] = (jobs[2][0], wrong, *jobs[2][2:])
    jobs[3] = (jobs[3][0], outside, *jobs[3][2:])
    found = collect(jobs)
    assert len(found) == 5
    assert isinstance(found[1], FloatingPointError) and "not finite at step" in str(found[1])
    assert isinstance(found[2], ValueError) and "Y[" in str(found[2]) and "must be in [0, 1]" in str(found[2])
    assert isinstance(found[3], ValueError) and "rows[1] is 230; it must be below row_count" in str(found[3])
    assert np.array_equal(networks[1].parameters, before)
    assert [n.epoch for n in networks] == [EPOCHS, 0, 0, 0, EPOCHS]
    assert np.isfinite(found[0][0]).all() and np.isfinite(found[4][0]).all()


def test_networks_are_free_as_they_end(threads: int) -> None:
    X, _, _, folds = examples()
    networks = [network(i) for i in range(6)]
    predictions: dict[int, Array] = {}
    _core.fit_many(
        [job(n, X, folds[0]) for n in networks],
        lambda i, outcome: predictions.setdefault(i, networks[i].predict(X)),
    )
    for i, n in enumerate(networks):
        assert np.array_equal(predictions[i], n.predict(X))
    _core.fit_many([], print)


def test_an_exception_of_done_ends_the_trainings(threads: int) -> None:
    X, _, _, folds = examples()
    networks = [network(i) for i in range(40)]

    def done(i: int, outcome: Any) -> None:
        raise LookupError(f"job {i}")

    with pytest.raises(LookupError, match="job"):
        _core.fit_many([job(n, X, folds[0], epochs=200) for n in networks], done)
    ended = [n.epoch for n in networks]
    assert 200 in ended and 0 in ended
    networks[0].fit(X, examples()[1])  # free


def test_ctrl_c_ends_the_trainings(threads: int) -> None:
    X, _, _, folds = examples()
    networks = [network(i) for i in range(4)]
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    start = time.perf_counter()
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            _core.fit_many([job(n, X, folds[0], epochs=10**7) for n in networks], print)
    finally:
        timer.cancel()
    assert time.perf_counter() - start < 60
    assert sum(n.epoch > 0 for n in networks) <= threads
    assert all(n.epoch < 10**7 for n in networks)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda j, n: [j[0], j[0]], RuntimeError, "in training by a call of this thread"),
        (lambda j, n: [j[0], (MLP([9, 2, 1])._network, *j[1][1:])], ValueError, r"jobs\[1\] has another dtype"),
        (lambda j, n: [j[0], (n, *j[1][1:])], TypeError, r"jobs\[1\] must begin with a Network"),
        (lambda j, n: [j[0], j[1][:-1]], TypeError, r"jobs\[1\] must be a tuple of 8"),
        (lambda j, n: [j[0], (j[1][0], j[1][1][:3], *j[1][2:])], TypeError, "data must be a tuple of 4"),
        (lambda j, n: [j[0], (*j[1][:3], -1, *j[1][4:])], ValueError, "epochs must be in 0 to"),
        (lambda j, n: [j[0], (*j[1][:6], 0, j[1][7])], ValueError, "patience must be 1 or more"),
        (lambda j, n: 3, TypeError, "int"),
    ],
)
def test_bad_jobs_train_nothing(
    change: Callable[[list[Any], MLP], Any], error: type[Exception], message: str
) -> None:
    X, _, _, folds = examples()
    networks = [network(i) for i in range(2)]
    jobs = [job(n, X, folds[0]) for n in networks]
    with pytest.raises(error, match=message):
        _core.fit_many(change(jobs, networks[1]), print)
    assert [n.epoch for n in networks] == [0, 0]
    networks[0].fit(X, examples()[1])  # free
