"""The notebook's functions against the formulas in NumPy, on random networks, types and layouts."""

from __future__ import annotations

import warnings
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

import oracles
from strategies import laid_out, layouts, networks
from swiftreg import notebook

Array = NDArray[Any]
Network = tuple[Array, Array, dict[str, Array]]


def close(ours: Any, theirs: Any, name: str = "") -> None:
    assert np.shape(ours) == np.shape(theirs), name
    np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-13, err_msg=name)


def same_numpy_state(ours: Any, theirs: Any) -> None:
    assert ours[0] == theirs[0]
    assert np.array_equal(ours[1], theirs[1])
    assert ours[2:] == theirs[2:]


@given(networks())
def test_forward(network: Network) -> None:
    X, _, parameters = network
    expected, expected_cache = oracles.forward(X, parameters)
    A, cache = notebook.forward_propagation(X, parameters)
    close(A, expected)
    assert len(cache) == len(expected_cache)
    for ours, theirs in zip(cache, expected_cache):
        close(ours, theirs)
    for l in oracles.names(parameters):
        assert cache[4 * l - 2] is parameters[f"W{l}"]
        assert cache[4 * l - 1] is parameters[f"b{l}"]


@given(networks(), st.sampled_from([0.5, 0.86, 1.0, 0.01]))
def test_forward_with_dropout(network: Network, keep_prob: float) -> None:
    X, _, parameters = network
    np.random.seed(77)
    np.random.randn()  # leaves half a pair behind, which seeding must drop
    expected, expected_cache = oracles.forward(X, parameters, keep_prob)
    expected_state = np.random.get_state()
    np.random.seed(78)
    np.random.randn()
    A, cache = notebook.forward_propagation_with_dropout(X, parameters, keep_prob)
    same_numpy_state(np.random.get_state(), expected_state)
    close(A, expected)
    assert len(cache) == len(expected_cache)
    for ours, theirs in zip(cache, expected_cache):
        close(ours, theirs)
        assert ours.dtype == theirs.dtype
    again, _ = notebook.forward_propagation_with_dropout(X, parameters, keep_prob)
    assert np.array_equal(A, again)


def test_forward_with_dropout_leaves_numpy_where_the_notebook_does() -> None:
    parameters = notebook.initialize_parameters([2, 20, 3, 1])
    X = np.zeros((2, 211))
    for _ in range(2):
        notebook.forward_propagation_with_dropout(X, parameters, keep_prob=0.86)
        assert np.random.rand() == 0.160400046327681


def test_a_large_network_draws_the_same_masks() -> None:
    """Beyond the sizes of buffers that are kept between calls."""
    parameters = notebook.initialize_parameters([1, 300, 2, 1])
    X = np.ones((1, 4000))
    _, cache = notebook.forward_propagation_with_dropout(X, parameters, 0.3)
    state = np.random.get_state()
    _, expected = oracles.forward(X, parameters, 0.3)
    same_numpy_state(state, np.random.get_state())
    assert np.array_equal(cache[1], expected[1])
    assert np.array_equal(cache[6], expected[6])


def test_the_masks_given_out_belong_to_the_caller() -> None:
    parameters = notebook.initialize_parameters([2, 20, 3, 1])
    X = np.ones((2, 9))
    _, first = notebook.forward_propagation_with_dropout(X, parameters, 0.5)
    expected = first[1].copy()
    first[1][...] = 9
    _, second = notebook.forward_propagation_with_dropout(X, parameters, 0.5)
    assert np.array_equal(second[1], expected)


@given(networks(), st.sampled_from([0.0, 0.1, 0.7, 30.0]))
def test_costs(network: Network, lambd: float) -> None:
    X, Y, parameters = network
    A, _ = oracles.forward(X, parameters)
    plain = notebook.compute_cost(A, Y)
    assert type(plain) is np.float64
    close(plain, oracles.cost(A, Y.astype(float)))
    full = notebook.compute_cost_with_regularization(A, Y, parameters, lambd)
    assert type(full) is np.float64
    close(full, oracles.cost(A, Y.astype(float), parameters, lambd))


def test_saturated_costs_are_silent() -> None:
    A = np.array([[0.0, 1.0, 0.5]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        right = notebook.compute_cost(A, np.array([[0, 1, 1]]))
        assert right == pytest.approx(np.log(2) / 3, rel=1e-15)
        assert notebook.compute_cost(A, np.array([[1, 1, 1]])) == np.inf
        assert notebook.compute_cost(np.array([[np.nan, 0.5]]), np.array([[1, 1]])) == (
            pytest.approx(np.log(2) / 2)
        )
        assert notebook.sigmoid(np.array([-1e6, 1e6])).tolist() == [0.0, 1.0]


@given(networks(), st.sampled_from([0.0, 0.7, 5.0]))
def test_backward(network: Network, lambd: float) -> None:
    X, Y, parameters = network
    _, cache = oracles.forward(X, parameters)
    expected = oracles.backward(X, Y.astype(float), cache, lambd)
    gradients = notebook.backward_propagation_with_regularization(X, Y, cache, lambd)
    assert list(gradients) == list(expected)
    for key in expected:
        close(gradients[key], expected[key], key)
    if lambd == 0:
        plain = notebook.backward_propagation(X, Y, cache)
        for key in expected:
            assert np.array_equal(plain[key], gradients[key])


mask_types = st.sampled_from([np.bool_, np.uint8, np.int64, np.int32, np.float64, np.float32])


@given(networks(), st.sampled_from([0.5, 0.86, 1.0]), mask_types, layouts)
def test_backward_with_dropout(
    network: Network, keep_prob: float, mask_type: Any, layout: str
) -> None:
    X, Y, parameters = network
    _, cache = oracles.forward(X, parameters, keep_prob)
    expected = oracles.backward(X, Y.astype(float), cache, 0.0, keep_prob)
    entries = list(cache)
    for d in range(1, len(entries) - 4, 5):
        entries[d] = laid_out(entries[d].astype(mask_type), layout)
        entries[d + 1] = laid_out(entries[d + 1], layout)
    gradients = notebook.backward_propagation_with_dropout(X, Y, tuple(entries), keep_prob)
    assert list(gradients) == list(expected)
    for key in expected:
        close(gradients[key], expected[key], key)
        if key.startswith("dA"):  # a dropped negative is -0, as the original leaves it
            same_sign = np.signbit(gradients[key]) == np.signbit(expected[key])
            assert same_sign[expected[key] != 0].all()


@given(networks())
def test_update_rebinds_the_dict(network: Network) -> None:
    X, Y, parameters = network
    _, cache = oracles.forward(X, parameters)
    gradients = oracles.backward(X, Y.astype(float), cache)
    before = {key: (array, array.copy()) for key, array in parameters.items()}
    result = notebook.update_parameters(parameters, gradients, 0.3)
    assert result is parameters
    assert list(result) == list(before)
    for key, (array, copy) in before.items():
        assert result[key] is not array
        assert np.array_equal(array, copy)
        close(result[key], copy - 0.3 * gradients["d" + key], key)


@given(networks(np.float32))
def test_float32_networks_give_float32(network: Network) -> None:
    X, Y, parameters = network
    A, cache = notebook.forward_propagation(X, parameters)
    assert {entry.dtype for entry in cache} == {np.dtype(np.float32)}
    expected, _ = oracles.forward(X.astype(float), {k: v.astype(float) for k, v in parameters.items()})
    np.testing.assert_allclose(A, expected, rtol=1e-4, atol=1e-5)
    gradients = notebook.backward_propagation_with_regularization(X, Y, cache, 0.7)
    assert {entry.dtype for entry in gradients.values()} == {np.dtype(np.float32)}
    double_cache = tuple(entry.astype(float) for entry in cache)
    wanted = oracles.backward(X.astype(float), Y.astype(float), double_cache, 0.7)
    for key in wanted:
        np.testing.assert_allclose(gradients[key], wanted[key], rtol=1e-3, atol=1e-4, err_msg=key)
    assert type(notebook.compute_cost(A, Y)) is np.float64


@pytest.mark.parametrize("kind", ["float32", "list", "int", "strided", "fortran"])
def test_data_of_other_kinds(kind: str) -> None:
    X = np.arange(14).reshape(2, 7) % 5 - 2.0
    parameters = notebook.initialize_parameters([2, 4, 1])
    given_X: Any = {
        "float32": X.astype(np.float32), "list": X.tolist(), "int": X.astype(np.int16),
        "strided": laid_out(X, "strided"), "fortran": laid_out(X, "F"),
    }[kind]
    expected, _ = oracles.forward(X, parameters)
    A, cache = notebook.forward_propagation(given_X, parameters)
    close(A, expected)
    Y: Any = [[1, 0, 1, 0, 1, 0, 1]]
    gradients = notebook.backward_propagation(given_X, Y, cache)
    for key, wanted in oracles.backward(X, np.array(Y), cache).items():
        close(gradients[key], wanted, key)
    dropped, _ = notebook.forward_propagation_with_dropout(given_X, parameters, 0.5)
    close(dropped, oracles.forward(X, parameters, 0.5)[0])
    lists = {key: value.tolist() for key, value in parameters.items()}
    close(notebook.forward_propagation(given_X, lists)[0], expected)
    close(notebook.forward_propagation_with_dropout(given_X, lists, 0.5)[0], dropped)


@given(layouts, st.sampled_from([np.float32, np.float64]))
def test_activations(layout: str, dtype: Any) -> None:
    x = laid_out(np.linspace(-40, 40, 123).reshape(3, 41).astype(dtype), layout)
    tolerance = 4 * np.finfo(dtype).eps
    assert notebook.sigmoid(x).dtype == dtype
    np.testing.assert_allclose(
        notebook.sigmoid(x), oracles.sigmoid(x.astype(float)), rtol=tolerance
    )
    assert np.array_equal(notebook.relu(x), oracles.relu(x))


def test_activations_of_scalars() -> None:
    assert notebook.sigmoid(0.0) == 0.5
    assert type(notebook.sigmoid(0)) is np.float64
    assert notebook.relu(-3) == 0
    assert np.isnan(notebook.relu(np.nan))
    assert notebook.relu([[-1, 2]]).tolist() == [[0, 2]]
    assert notebook.sigmoid([]).shape == (0,)


@given(st.lists(st.integers(1, 30), min_size=2, max_size=6))
def test_initial_parameters_are_numpys(widths: list[int]) -> None:
    np.random.seed(3)
    expected = {}
    for l, (below, width) in enumerate(zip(widths, widths[1:]), start=1):
        expected[f"W{l}"] = np.random.randn(width, below) / np.sqrt(below)
        expected[f"b{l}"] = np.zeros((width, 1))
    state = np.random.get_state()
    np.random.seed(99)
    parameters = notebook.initialize_parameters(widths)
    same_numpy_state(np.random.get_state(), state)
    assert list(parameters) == list(expected)
    for key in expected:
        assert np.array_equal(parameters[key], expected[key])
        assert parameters[key].dtype == np.float64


def test_predictions(capsys: pytest.CaptureFixture[str]) -> None:
    parameters = {"W1": np.array([[1.0]]), "b1": np.array([[0.0]])}
    X = np.array([[-1.0, 0.0, 1e-9, 2.0]])
    decided = notebook.predict_dec(parameters, X)
    assert decided.dtype == np.bool_
    assert decided.tolist() == [[False, False, True, True]]
    assert capsys.readouterr().out == ""
    predicted = notebook.predict(X, np.array([[0, 1, 1, 1]], np.uint8), parameters)
    assert predicted.dtype == np.dtype(int)
    assert predicted.tolist() == [[0, 0, 1, 1]]
    assert capsys.readouterr().out == "Accuracy: 0.75\n"


def test_predictions_on_a_fortran_ordered_grid() -> None:
    """The argument of plot_decision_boundary: the transpose of (k, 2) points."""
    parameters = notebook.initialize_parameters([2, 20, 3, 1])
    points = np.random.default_rng(0).normal(size=(93960, 2))
    decided = notebook.predict_dec(parameters, points.T)
    expected, _ = oracles.forward(points.T, parameters)
    clear = abs(expected - 0.5) > 1e-12
    assert np.array_equal(decided[clear], (expected > 0.5)[clear])


def test_fresh_masks_are_the_contracts() -> None:
    parameters = notebook.initialize_parameters([2, 6, 5, 1])
    X = np.random.default_rng(0).normal(size=(2, 9))
    np.random.seed(5)
    state = np.random.get_state()
    seen = []
    for step in (0, 1, 4000):
        A, cache = notebook.forward_propagation_with_dropout(
            X, parameters, 0.6, seed=2**40, step=step
        )
        for l, width in ((1, 6), (2, 5)):
            D = cache[5 * l - 4]
            for r in range(9):
                expected = oracles.dropout_mask(width, 0.6, 2**40, step * 2**16 + l, r * 2**34)
                assert np.array_equal(D[:, r], expected)
            masked = np.where(D == 1, oracles.relu(cache[5 * l - 5]) / 0.6, 0)
            np.testing.assert_allclose(cache[5 * l - 3], masked, rtol=1e-15)
        seen.append(cache[1])
    assert not np.array_equal(seen[0], seen[1])
    same_numpy_state(np.random.get_state(), state)
