"""swiftreg.MLP against dlib, in float32: the same weights to 1e-6 after 60 updates."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from networks import BATCH, EXAMPLES, Array, carried, data, difference, network, rows_of
from swiftreg import MLP, carry_over

UPDATES, TOLERANCE, LOSS = 60, 1e-6, "squared_error"
SOURCE = Path(__file__).with_name("dlib_driver.cpp")


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("dlib") / "driver"
    subprocess.run(
        ["c++", "-std=c++14", "-O1", str(SOURCE), "-o", str(made), "-ldlib", "-lblas", "-llapack", "-lpthread"],
        check=True,
    )
    return made


def train(driver: Path, made: MLP, kind: str, *numbers: float) -> tuple[float, list[tuple[Array, Array]]]:
    """The cost that dlib reports of the last batch, and its parameters."""
    X, Y = data(LOSS)
    words: list[Any] = [kind, *numbers, UPDATES, EXAMPLES, BATCH]
    for W, b in made.weights:
        words += [*W.T.ravel(), *b]
    for row in zip(X, Y):
        words += [*row[0], *row[1]]
    text = " ".join(word if isinstance(word, str) else f"{word:.9g}" for word in words)
    done = subprocess.run([driver], input=text, capture_output=True, text=True, check=True)
    cost, *values = map(float, done.stdout.split())
    at, layers = 0, []
    for W, b in made.weights:
        layers.append((np.reshape(values[at : at + W.size], W.T.shape).T, np.array(values[at + W.size :][: b.size])))
        at += W.size + b.size
    return cost, layers


def fit(made: MLP, each: Any = lambda t: {}) -> float:
    """The cost of the last batch."""
    X, Y = data(LOSS)
    for t in range(1, UPDATES + 1):
        made.set_optimizer(**each(t))
        rows = rows_of(t - 1, BATCH)
        cost = made.fit(X[rows], Y[rows], shuffle=False).cost[-1]
    return float(cost)


def test_sgd(driver: Path) -> None:
    d, momentum = 0.03, 0.8
    there = {"learning_rate": 0.02, "weight_decay": d, "momentum": momentum, "batch_size": BATCH}
    made, plain = (network(LOSS, **carried("dlib.sgd", **there)) for _ in range(2))
    _, theirs = train(driver, made, "sgd", 0.02, d, momentum)
    reported, free = train(driver, plain, "sgd", 0.02, 0.0, momentum)
    fit(made)
    assert difference(made, theirs) < TOLERANCE
    assert difference(made, free) > 1e-2
    without = network(LOSS, **carried("dlib.sgd", **{**there, "weight_decay": 0.0}))
    assert reported == pytest.approx(2 * fit(without), rel=1e-5)


def test_adam(driver: Path) -> None:
    d = 0.03

    def settings(t: int) -> dict[str, Any]:
        return carried("dlib.adam", learning_rate=0.005, weight_decay=d, batch_size=BATCH, update=t)

    first = settings(1)
    made = network(LOSS, **first)
    _, theirs = train(driver, made, "adam", 0.005, d, 0.9, 0.999)
    first.pop("l2")
    fit(made, lambda t: {name: value for name, value in settings(t).items() if name != "l2"})
    assert difference(made, theirs) < TOLERANCE
    with pytest.raises(TypeError, match="update is needed"):
        carry_over("dlib.adam")


def test_dropout_has_no_equal(driver: Path) -> None:
    done = subprocess.run([driver], input="dropout 0.3", capture_output=True, text=True, check=True)
    values = np.array(done.stdout.split(), float)
    assert set(values) == {0.0, 1.0} and abs(values.mean() - 0.7) < 0.06
    with pytest.raises(ValueError, match="does not scale"):
        carry_over("dlib.dropout_")
