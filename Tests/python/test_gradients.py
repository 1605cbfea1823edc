"""Every gradient against central finite differences of the cost that it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import swiftreg
from swiftreg import _core, notebook

Array = NDArray[Any]
STEP = 1e-6


def differences(cost: Callable[[], float], array: Array) -> Array:
    """d cost / d array: (cost(x + h) - cost(x - h)) / 2h, one entry at a time."""
    gradient = np.empty_like(array)
    for index in np.ndindex(array.shape):
        value = array[index]
        array[index] = value + STEP
        above = cost()
        array[index] = value - STEP
        below = cost()
        array[index] = value
        gradient[index] = (above - below) / (2 * STEP)
    return gradient


def problem(widths: list[int], m: int) -> tuple[Array, Array, dict[str, Array]]:
    parameters = notebook.initialize_parameters(widths)
    rng = np.random.default_rng(4)
    for key in parameters:
        if key[0] == "b":
            parameters[key] = 0.2 * rng.normal(size=parameters[key].shape)
    X = rng.normal(size=(widths[0], m))
    Y = (rng.random((widths[-1], m)) < 0.5).astype(np.uint8)
    return X, Y, parameters


@pytest.mark.parametrize("widths", [[2, 1], [3, 5, 1], [2, 20, 3, 1], [4, 7, 6, 5, 2]])
@pytest.mark.parametrize("lambd", [0, 0.7])
def test_backward_propagation(widths: list[int], lambd: float) -> None:
    X, Y, parameters = problem(widths, 11)

    def cost() -> float:
        A, _ = notebook.forward_propagation(X, parameters)
        return float(notebook.compute_cost_with_regularization(A, Y, parameters, lambd))

    _, cache = notebook.forward_propagation(X, parameters)
    gradients = notebook.backward_propagation_with_regularization(X, Y, cache, lambd)
    for key, array in parameters.items():
        np.testing.assert_allclose(
            gradients["d" + key], differences(cost, array), rtol=1e-6, atol=1e-8, err_msg=key
        )
    if lambd == 0:
        plain = notebook.backward_propagation(X, Y, cache)
        assert all(np.array_equal(plain[key], gradients[key]) for key in gradients)


@pytest.mark.parametrize("widths", [[3, 5, 1], [2, 20, 3, 1], [4, 7, 6, 5, 2]])
@pytest.mark.parametrize("seed", [None, 12])
def test_backward_propagation_with_dropout(widths: list[int], seed: int | None) -> None:
    """The masks are the same in every pass, so the cost is a function of the parameters."""
    X, Y, parameters = problem(widths, 11)

    def cost() -> float:
        A, _ = notebook.forward_propagation_with_dropout(X, parameters, 0.7, seed=seed)
        return float(notebook.compute_cost(A, Y))

    _, cache = notebook.forward_propagation_with_dropout(X, parameters, 0.7, seed=seed)
    gradients = notebook.backward_propagation_with_dropout(X, Y, cache, 0.7)
    for key, array in parameters.items():
        np.testing.assert_allclose(
            gradients["d" + key], differences(cost, array), rtol=1e-6, atol=1e-8, err_msg=key
        )


def test_dropout_backward() -> None:
    rng = np.random.default_rng(5)
    a, g = rng.normal(size=(4, 9)), rng.normal(size=(4, 9))
    mask = np.empty((4, 9), np.uint8)

    def value() -> float:
        return float(np.sum(g * swiftreg.dropout(a, 0.6, seed=3, stream=1, mask=mask)))

    expected = differences(value, a)
    again = swiftreg.dropout_backward(g, 0.6, seed=3, stream=1)
    np.testing.assert_allclose(again, expected, rtol=1e-8, atol=1e-9)
    assert np.array_equal(swiftreg.dropout_backward(g, 0.6, mask=mask), again)


@pytest.mark.parametrize("activation", [_core.IDENTITY, _core.RELU, _core.SIGMOID])
def test_activations(activation: int) -> None:
    rng = np.random.default_rng(6)
    z, g = rng.normal(size=(5, 7)), rng.normal(size=(5, 7))

    def value() -> float:
        return float(np.sum(g * _core.forward_activation(z, activation, None)))

    a = _core.forward_activation(z, activation, None)
    np.testing.assert_allclose(
        _core.backward_activation(g, a, activation, None), differences(value, z), rtol=1e-7,
        atol=1e-8,
    )


def test_gradient_at_the_layer_below() -> None:
    rng = np.random.default_rng(7)
    W, A, b = rng.normal(size=(4, 6)), rng.normal(size=(6, 5)), rng.normal(size=(4, 1))
    g = rng.normal(size=(4, 5))

    def value() -> float:
        Z, _ = _core.forward_dense(W, b, A, _core.IDENTITY)
        return float(np.sum(g * Z))

    _, _, dA = _core.backward_l2(W, g, A, 0.0, True)
    assert dA is not None
    np.testing.assert_allclose(dA, differences(value, A), rtol=1e-7, atol=1e-8)
