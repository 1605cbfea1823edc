"""The notebook's own checks: its graded functions on its test cases, with the original's results."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from swiftreg import notebook

Array = NDArray[Any]


def arrays(values: dict[str, Any]) -> dict[str, Array]:
    return {name: np.array(value, dtype=np.float64) for name, value in values.items()}


def test_compute_cost_with_regularization(notebook_cases: dict[str, Any]) -> None:
    case = notebook_cases["compute_cost_with_regularization"]
    parameters = arrays(case["parameters"])
    A3, Y = np.array(case["A3"]), np.array(case["Y"])
    cost = notebook.compute_cost_with_regularization(A3, Y, parameters, lambd=case["lambd"])
    assert type(cost) is np.float64
    assert cost.shape == ()
    expected = float(case["expected"].removeprefix("np.float64(").removesuffix(")"))
    assert cost == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("name", ["regularization", "dropout"])
def test_backward_propagation(notebook_cases: dict[str, Any], name: str) -> None:
    case = notebook_cases[f"backward_propagation_with_{name}"]
    function = getattr(notebook, f"backward_propagation_with_{name}")
    kind = "lambd" if name == "regularization" else "keep_prob"
    cache = tuple(np.array(entry) for entry in case["cache"])
    by_keyword = function(np.array(case["X"]), np.array(case["Y"]), cache, **{kind: case[kind]})
    by_position = function(np.array(case["X"]), np.array(case["Y"]), cache, case[kind])
    assert list(by_keyword) == [
        "dZ3", "dW3", "db3", "dA2", "dZ2", "dW2", "db2", "dA1", "dZ1", "dW1", "db1",
    ]
    for key, gradient in by_keyword.items():
        np.testing.assert_array_equal(gradient, by_position[key])
        np.testing.assert_allclose(
            gradient, case["expected"][key], rtol=1e-12, atol=1e-15, err_msg=key
        )
        assert gradient.shape == np.shape(case["expected"][key])
        assert gradient.dtype == np.float64
    for l in (1, 2, 3):
        assert by_keyword[f"db{l}"].shape[1] == 1


def test_forward_propagation_with_dropout(notebook_cases: dict[str, Any]) -> None:
    case = notebook_cases["forward_propagation_with_dropout"]
    parameters = arrays(case["parameters"])
    A3, cache = notebook.forward_propagation_with_dropout(
        np.array(case["X"]), parameters, keep_prob=case["keep_prob"]
    )
    np.testing.assert_allclose(A3, case["expected_A3"], rtol=1e-14)
    assert len(cache) == 14
    for name, entry, expected in zip(case["cache_order"].split(), cache, case["expected_cache"]):
        np.testing.assert_allclose(entry, expected, rtol=1e-13, atol=1e-15, err_msg=name)
        assert entry.shape == np.shape(expected)
        if name in parameters:
            assert entry is parameters[name]
        if name[0] == "D":
            assert entry.dtype == np.int64


def test_initialize_parameters() -> None:
    parameters = notebook.initialize_parameters([2, 20, 3, 1])
    assert list(parameters) == ["W1", "b1", "W2", "b2", "W3", "b3"]
    assert parameters["W1"][0].tolist() == [1.2647513225859208, 0.30865907535175385]


def test_star_import_gives_exactly_the_interface() -> None:
    names: dict[str, Any] = {}
    exec("from swiftreg.notebook import *", names)
    names.pop("__builtins__")
    assert set(names) == {
        "sigmoid", "relu", "initialize_parameters", "forward_propagation",
        "forward_propagation_with_dropout", "compute_cost", "compute_cost_with_regularization",
        "backward_propagation", "backward_propagation_with_regularization",
        "backward_propagation_with_dropout", "update_parameters", "predict", "predict_dec",
        "plot_decision_boundary", "load_2D_dataset", "model",
    }
    assert all(callable(function) for function in names.values())
