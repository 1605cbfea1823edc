"""The notebook as a whole: its code with only the star import added, and its three models."""

from __future__ import annotations

import contextlib
import io
import re
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.typing import NDArray

from swiftreg import notebook

Array = NDArray[Any]

# A notebook of the same structure: helpers and the training loop, then the graded functions in
# NumPy, as a student writes them. A star import after them replaces them.
STUDENT = """
import numpy as np
import oracles

def train(X, Y, learning_rate=0.3, num_iterations=30000, lambd=0, keep_prob=1):
    costs = []
    parameters = initialize_parameters([X.shape[0], 20, 3, 1])
    for i in range(num_iterations):
        if keep_prob == 1:
            a3, cache = forward_propagation(X, parameters)
        else:
            a3, cache = forward_propagation_with_dropout(X, parameters, keep_prob)
        if lambd == 0:
            cost = compute_cost(a3, Y)
        else:
            cost = compute_cost_with_regularization(a3, Y, parameters, lambd)
        if lambd == 0 and keep_prob == 1:
            grads = backward_propagation(X, Y, cache)
        elif lambd != 0:
            grads = backward_propagation_with_regularization(X, Y, cache, lambd)
        else:
            grads = backward_propagation_with_dropout(X, Y, cache, keep_prob)
        parameters = update_parameters(parameters, grads, learning_rate)
        costs.append(cost)
    return parameters, costs

def initialize_parameters(dims):
    np.random.seed(3)
    parameters = {}
    for l in range(1, len(dims)):
        parameters[f"W{l}"] = np.random.randn(dims[l], dims[l - 1]) / np.sqrt(dims[l - 1])
        parameters[f"b{l}"] = np.zeros((dims[l], 1))
    return parameters

def update_parameters(parameters, grads, learning_rate):
    for key in parameters:
        parameters[key] = parameters[key] - learning_rate * grads["d" + key]
    return parameters

forward_propagation = oracles.forward
compute_cost = oracles.cost
backward_propagation = oracles.backward

def compute_cost_with_regularization(A3, Y, parameters, lambd):
    return oracles.cost(A3, Y, parameters, lambd)

def backward_propagation_with_regularization(X, Y, cache, lambd):
    return oracles.backward(X, Y, cache, lambd)

def forward_propagation_with_dropout(X, parameters, keep_prob=0.5):
    return oracles.forward(X, parameters, keep_prob)

def backward_propagation_with_dropout(X, Y, cache, keep_prob):
    return oracles.backward(X, Y, cache, 0.0, keep_prob)
"""

KINDS: dict[str, dict[str, float]] = {
    "none": {}, "l2": {"lambd": 0.7}, "dropout": {"keep_prob": 0.86},
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_star_import_takes_over(kind: str, notebook_data: tuple[Array, ...]) -> None:
    train_X, train_Y = notebook_data[:2]
    before: dict[str, Any] = {}
    exec(STUDENT, before)
    after: dict[str, Any] = {}
    exec(STUDENT + "\nfrom swiftreg.notebook import *", after)
    expected, expected_costs = before["train"](train_X, train_Y, num_iterations=300, **KINDS[kind])
    state = np.random.get_state()
    parameters, costs = after["train"](train_X, train_Y, num_iterations=300, **KINDS[kind])
    assert np.array_equal(state[1], np.random.get_state()[1])
    assert state[2:] == np.random.get_state()[2:]
    np.testing.assert_allclose(costs, expected_costs, rtol=1e-12)
    assert list(parameters) == list(expected)
    for key in expected:
        np.testing.assert_allclose(parameters[key], expected[key], rtol=1e-9, atol=1e-12)


class Run(NamedTuple):
    parameters: dict[str, Array]
    printed: str
    costs: Array


@pytest.fixture(scope="module")
def runs(notebook_data: tuple[Array, ...]) -> dict[str, Run]:
    """The three models of 30000 iterations, as the notebook's cells train them."""
    train_X, train_Y, test_X, test_Y = notebook_data
    results = {}
    for kind, arguments in KINDS.items():
        plt.close("all")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            parameters = notebook.model(train_X, train_Y, **arguments)
            print("On the train set:")
            notebook.predict(train_X, train_Y, parameters)
            print("On the test set:")
            notebook.predict(test_X, test_Y, parameters)
        costs = np.array(plt.gca().lines[0].get_ydata())
        results[kind] = Run(parameters, printed.getvalue(), costs)
    plt.close("all")
    return results


@pytest.mark.parametrize("kind", KINDS)
def test_printed_output(kind: str, runs: dict[str, Run], notebook_runs: dict[str, Any]) -> None:
    expected = notebook_runs[kind]
    pattern = (
        r"Cost after iteration 0: (\S+)\nCost after iteration 10000: (\S+)\n"
        r"Cost after iteration 20000: (\S+)\n"
        r"On the train set:\nAccuracy: (\S+)\nOn the test set:\nAccuracy: (\S+)\n"
    )
    match = re.fullmatch(pattern, runs[kind].printed)
    assert match, runs[kind].printed
    *costs, train, test = map(float, match.groups())
    assert train == expected["train_accuracy"]
    assert test == expected["test_accuracy"]
    if "cost_at" in expected:
        wanted = [expected["cost_at"][str(i)] for i in (0, 10000, 20000)]
    else:
        wanted = expected["cost_every_1000"][::10]
    np.testing.assert_allclose(costs, wanted, rtol=1e-9)


@pytest.mark.parametrize("kind", ["none", "l2"])
def test_costs_and_parameters(
    kind: str, runs: dict[str, Run], notebook_runs: dict[str, Any]
) -> None:
    expected = notebook_runs[kind]
    np.testing.assert_allclose(runs[kind].costs, expected["cost_every_1000"], rtol=1e-9)
    tolerance = {"none": 1e-7, "l2": 1e-11}[kind]
    for key, value in expected["final_parameters"].items():
        np.testing.assert_allclose(
            runs[kind].parameters[key], value, rtol=0, atol=tolerance, err_msg=key
        )


def test_masks_of_the_dropout_run(
    notebook_data: tuple[Array, ...], notebook_runs: dict[str, Any]
) -> None:
    kept = notebook_runs["dropout"]["mask_kept"]
    parameters = notebook.initialize_parameters([2, 20, 3, 1])
    _, cache = notebook.forward_propagation_with_dropout(notebook_data[0], parameters, 0.86)
    for name, D in (("D1", cache[1]), ("D2", cache[6])):
        assert [int(D.sum()), D.size] == kept[name]


def test_l2_shrinks_the_weights(runs: dict[str, Run]) -> None:
    def norm(kind: str) -> float:
        return sum(float(np.sum(runs[kind].parameters[f"W{l}"] ** 2)) for l in (1, 2, 3))

    assert norm("l2") < norm("none") / 5


def test_a_training_run_repeats_bit_for_bit(notebook_data: tuple[Array, ...]) -> None:
    train_X, train_Y = notebook_data[:2]
    runs = [
        notebook.model(
            train_X, train_Y, num_iterations=200, keep_prob=0.86, print_cost=False,
            fresh_masks=fresh, seed=seed,
        )
        for fresh, seed in [(False, 0), (False, 0), (True, 0), (True, 0), (True, 1)]
    ]
    bits = [b"".join(array.tobytes() for array in parameters.values()) for parameters in runs]
    assert bits[0] == bits[1]
    assert bits[2] == bits[3]
    assert len(set(bits)) == 3
    plt.close("all")


def test_fresh_masks_train_too(notebook_data: tuple[Array, ...]) -> None:
    train_X, train_Y, test_X, test_Y = notebook_data
    parameters = notebook.model(
        train_X, train_Y, num_iterations=6000, keep_prob=0.86, print_cost=False, fresh_masks=True
    )
    assert (notebook.predict_dec(parameters, test_X) == test_Y).mean() > 0.9
    plt.close("all")
