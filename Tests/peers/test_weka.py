"""swiftreg.MLP against Weka."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from networks import Array, carried, optimality
from swiftreg import MLP, CarryOverWarning, carry_over

FEATURES, HIDDEN, EXAMPLES = 3, 4, 20
DRIVER = Path(__file__).with_name("WekaDriver.java")
JAR = "/usr/share/java/weka.jar"


def inputs(m: int) -> Array:
    return np.random.default_rng(2).normal(size=(m, FEATURES)) * [1.0, 3.0, 0.5]


def weka(folder: Path, kind: str, X: Array, target: list[str], of_class: str, *options: object) -> str:
    arff = ["@relation r", *(f"@attribute a{i} numeric" for i in range(FEATURES)), f"@attribute y {of_class}", "@data"]
    arff += [",".join([*(repr(float(v)) for v in row), t]) for row, t in zip(X, target)]
    (folder / "data.arff").write_text("\n".join(arff) + "\n")
    done = subprocess.run(
        ["java", "-cp", JAR, str(DRIVER), kind, str(folder / "data.arff"), *map(str, options)],
        capture_output=True, text=True, check=True,
    )
    return done.stdout


def read(made: MLP, text: str) -> None:
    """The parameters of a network as Weka prints it: node 0 is the output."""
    numbers = [
        [float(word) for word in re.findall(r"^\s+(?:Threshold|Node \d+|Attrib a\d+)\s+(\S+)$", node, re.M)]
        for node in re.split(r"(?:Linear|Sigmoid) Node \d+", text)[1:]
    ]
    (W1, b1), (W2, b2) = made.weights
    b2[0], W2[0] = numbers[0][0], numbers[0][1:]
    b1[:], W1[:] = [node[0] for node in numbers[1:]], [node[1:] for node in numbers[1:]]


@pytest.mark.parametrize("decay", [False, True])
@pytest.mark.parametrize("momentum", [0.0, 0.4])
def test_multilayer_perceptron(decay: bool, momentum: float, tmp_path: Path) -> None:
    """From the initial weights there, which a rate of almost 0 keeps."""
    X = inputs(EXAMPLES)
    y = X @ [0.5, -0.2, 1.0] / 2 + 0.3

    def after(epochs: int, rate: float) -> str:
        return weka(
            tmp_path, "MultilayerPerceptron", X, [repr(float(v)) for v in y], "numeric", "-I", "-C", "-H",
            HIDDEN, "-M", momentum, "-L", rate, "-N", epochs, *(["-D"] if decay else []),
        )  # fmt: skip

    there = {"learning_rate": 0.3, "momentum": momentum, "decay": decay, "normalize": False}
    made = MLP([FEATURES, HIDDEN, 1], dtype="float64", **carried("weka.MultilayerPerceptron", **there))
    start = after(1, 1e-300)
    read(made, start)
    order = [int(np.argmin(np.abs(y - float(word)))) for word in re.findall(r"^order: (\S+)$", start, re.M)]
    assert sorted(order) == list(range(EXAMPLES)) != order
    history = made.fit(X[order], y[order], epochs=30, batch_size=1, shuffle=False)
    assert history.cost[-1] < history.cost[0] / 2
    mine = made.parameters.copy()
    read(made, after(30, 0.3))
    difference = np.abs(made.parameters - mine).max()
    if decay and momentum:
        assert difference > 1e-6
        with pytest.warns(CarryOverWarning) as caught:
            carry_over("weka.MultilayerPerceptron", **there)
        assert any("velocity" in str(record.message) for record in caught)
    else:
        assert difference < 1e-10


def test_logistic(tmp_path: Path) -> None:
    d, X = 2.0, inputs(60)
    labels = (X @ [1.0, -0.5, 2.0] + np.random.default_rng(4).logistic(size=60) > 0.3).astype(int)
    text = weka(tmp_path, "Logistic", X, ["pn"[label] for label in labels], "{n,p}", "-R", d)
    constant, *weights = map(float, text.split())
    # Of the first class, n for 0; of inputs as they are.
    mean, deviation = X.mean(axis=0), X.std(axis=0, ddof=1)
    classes = np.array([label == 1 for label in labels])
    made = MLP([FEATURES, 1], dtype="float64", **carried("weka.Logistic", ridge=d))
    ((W, b),) = made.weights
    W[0], b[0] = np.array(weights) * deviation, constant + np.dot(weights, mean)
    assert optimality(made, (X - mean) / deviation, classes[:, None].astype(float)) < 1e-5
    wrong = MLP([FEATURES, 1], dtype="float64", l2=d)
    wrong.parameters[:] = made.parameters
    assert optimality(wrong, (X - mean) / deviation, classes[:, None].astype(float)) > 1e-3
