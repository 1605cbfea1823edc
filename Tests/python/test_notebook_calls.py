"""Calls of other copies of the notebook after `from swiftreg.notebook import *`."""

from __future__ import annotations

import inspect
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

from swiftreg import notebook

X = np.random.default_rng(0).normal(size=(2, 30))
Y = (X[:1] + X[1:] > 0).astype(np.uint8)


@pytest.fixture(autouse=True)
def clean_figures() -> Any:
    plt.close("all")
    yield
    plt.close("all")


def same(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    return all(np.array_equal(ours[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize(
    ("arguments", "keywords", "options", "drawn"),
    [
        # model(X, Y, learning_rate, num_iterations, print_cost, is_plot, lambd, keep_prob)
        ((0.3, 1001, True, True), {}, {}, True),
        ((0.3, 1001, True, False), {}, {}, False),
        ((0.3, 1001, True, np.bool_(True)), {}, {}, True),
        ((0.3, 1001, True, False), {"lambd": 0.7}, {"lambd": 0.7}, False),
        ((0.3, 1001, True, True, 0.7, 1), {}, {"lambd": 0.7}, True),
        ((0.3, 1001, True, False, 0, 0.86), {}, {"keep_prob": 0.86}, False),
        ((0.3, 1001, True, False), {"keep_prob": 0.86}, {"keep_prob": 0.86}, False),
        # is_plot last, and by keyword
        ((0.3, 1001, True, 0.7, 1, False), {}, {"lambd": 0.7}, False),
        ((0.3, 1001), {"is_plot": False, "keep_prob": 0.86}, {"keep_prob": 0.86}, False),
        ((0.3, 1001), {"is_plot": True}, {}, True),
        # the course's own
        ((0.3, 1001, True, 0.7, 1), {}, {"lambd": 0.7}, True),
        ((0.3, 1001, False), {}, {}, False),
    ],
)
def test_is_plot(
    arguments: tuple[Any, ...], keywords: dict[str, Any], options: dict[str, float], drawn: bool
) -> None:
    trained = notebook.model(X, Y, *arguments, **keywords)
    assert bool(plt.get_fignums()) == drawn
    assert same(trained, notebook.model(X, Y, num_iterations=1001, print_cost=False, **options))


def test_is_plot_of_the_data(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments, keywords, drawn in (
        ((False,), {}, False), ((), {"is_plot": False}, False), ((True,), {}, True), ((), {}, True),
        ((None, False), {}, False),
    ):
        plt.close("all")
        assert notebook.load_2D_dataset(*arguments, **keywords)[0].shape == (2, 120)
        assert bool(plt.get_fignums()) == drawn


def test_a_bool_is_no_number() -> None:
    parameters = notebook.initialize_parameters([2, 3, 1])
    A, cache = notebook.forward_propagation(X, parameters)
    gradients = notebook.backward_propagation(X, Y, cache)
    _, dropped = notebook.forward_propagation_with_dropout(X, parameters, 0.5)
    for wrong in (True, False, np.bool_(True)):
        for call, name in (
            (lambda w=wrong: notebook.model(X, Y, lambd=w), "lambd"),
            (lambda w=wrong: notebook.model(X, Y, keep_prob=w), "keep_prob"),
            (lambda w=wrong: notebook.model(X, Y, w), "learning_rate"),
            (lambda w=wrong: notebook.model(X, Y, 0.3, w), "num_iterations"),
            (lambda w=wrong: notebook.model(X, Y, seed=w), "seed"),
            (lambda w=wrong: notebook.compute_cost_with_regularization(A, Y, parameters, w), "lambd"),
            (lambda w=wrong: notebook.backward_propagation_with_regularization(X, Y, cache, w), "lambd"),
            (lambda w=wrong: notebook.forward_propagation_with_dropout(X, parameters, w), "keep_prob"),
            (lambda w=wrong: notebook.forward_propagation_with_dropout(X, parameters, 0.5, seed=w), "seed"),
            (lambda w=wrong: notebook.backward_propagation_with_dropout(X, Y, dropped, w), "keep_prob"),
            (lambda w=wrong: notebook.update_parameters(parameters, gradients, w), "learning_rate"),
        ):
            with pytest.raises(TypeError, match=f"^{name} must be a number, got "):
                call()
    with pytest.raises(TypeError, match="layer_dims must hold integers"):
        notebook.initialize_parameters([2, True, 1])


@pytest.mark.parametrize("name", sorted(set(notebook.__all__) - {"relu", "sigmoid"}))
def test_other_arguments_get_an_error_that_helps(name: str) -> None:
    function = getattr(notebook, name)
    for arguments, keywords in (((), {"initialization": "he"}), ((1,) * 20, {})):
        with pytest.raises(TypeError) as caught:
            function(*arguments, **keywords)
        text = str(caught.value)
        assert text.startswith(f"{name} of swiftreg.notebook: ")
        for parameter in inspect.signature(function).parameters:
            assert parameter in text
        assert f"To keep a {name} of your own, define it after `from swiftreg.notebook import *`" in text


def test_errors_from_within_stay_as_they_are() -> None:
    def model(points: Any) -> Any:
        raise TypeError("mine")

    with pytest.raises(TypeError, match="^mine$"):
        notebook.plot_decision_boundary(model, X, Y)
    with pytest.raises(TypeError, match="^X must"):
        notebook.model(np.array([["a"]]), Y)
