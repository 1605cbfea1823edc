"""Networks to scikit-learn's MLPClassifier and MLPRegressor, and back."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.tree import DecisionTreeClassifier

from random_networks import Array, inputs_of, random_network, ulps
from swiftreg import MLP

SHARED = ("identity", "relu", "tanh", "sigmoid")


def outputs_of(estimator: Any, X: Array) -> Array:
    """The outputs of the network: values, or probabilities of 1 for one output."""
    if isinstance(estimator, MLPRegressor):
        return np.asarray(estimator.predict(X)).reshape(len(X), -1)
    probabilities = np.asarray(estimator.predict_proba(X))
    return probabilities[:, 1:] if estimator.n_outputs_ == 1 else probabilities


def test_to_scikit_learn_and_back() -> None:
    largest = 0.0
    for number in range(200):
        network = random_network(number, activations=SHARED, mixed=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            estimator = network.to_sklearn()
        X = inputs_of(network, number)
        largest = max(largest, ulps(network, X, outputs_of(estimator, X)))
        back = MLP.from_sklearn(estimator)
        assert back.dtype == network.dtype and back.activation == network.activation
        assert back.loss == network.loss
        np.testing.assert_array_equal(back.parameters, network.parameters)
        np.testing.assert_array_equal(back.predict(X), network.predict(X))
        assert set(back.l2) == {network.l2[0]}
        if network.optimizer in ("momentum", "nesterov", "adam"):
            assert back.optimizer == network.optimizer
            assert back.learning_rate == network.learning_rate
    assert largest < 2


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "softmax_cross_entropy", "squared_error"])
@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov"])
def test_scikit_learn_trains_on(loss: str, outputs: int, optimizer: str) -> None:
    if loss == "softmax_cross_entropy" and outputs == 1:
        with pytest.raises(ValueError, match="softmax of one output has no equal in scikit-learn"):
            MLP([3, 1], loss=loss).to_sklearn()
        return
    network = MLP(
        [4, 5, outputs], activation="tanh", loss=loss, l2=0.3, optimizer=optimizer, learning_rate=0.1,
        momentum=0.8, dtype="float64",
    )
    estimator = network.to_sklearn()
    rng = np.random.default_rng(1)
    X = rng.normal(size=(30, 4))
    if loss == "squared_error":
        Y = rng.normal(size=(30, outputs))
        y = Y.ravel() if outputs == 1 else Y
    elif loss == "binary_cross_entropy":
        y = (rng.random((30, outputs)) < 0.5).astype(int)
        Y, y = y, y.ravel() if outputs == 1 else y
    else:
        y = rng.integers(outputs, size=30)
        Y = np.eye(outputs)[y]
    for _ in range(5):
        estimator.partial_fit(X, y)
    network.fit(X, Y, epochs=5)
    for (W, b), there, biases in zip(network.weights, estimator.coefs_, estimator.intercepts_):
        np.testing.assert_allclose(there.T, W, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(biases, b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("targets", ["binary", "words", "several labels", "values", "rows of values"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_fitted_estimators_come_in(dtype: Any, targets: str) -> None:
    rng = np.random.default_rng(2)
    X = rng.normal(size=(50, 4)).astype(dtype)
    y: Any = {
        "binary": X[:, 0] > 0, "words": np.array(["a", "b", "c"])[rng.integers(3, size=50)],
        "several labels": (X[:, :3] > 0).astype(int), "values": X[:, 0], "rows of values": X[:, :2],
    }[targets]
    kind = MLPRegressor if "values" in targets else MLPClassifier
    estimator = kind(
        hidden_layer_sizes=(6, 5), activation="logistic", alpha=0.25, solver="sgd", momentum=0.7,
        nesterovs_momentum=False, learning_rate_init=0.05, max_iter=9,
    ).fit(X, y)
    network = MLP.from_sklearn(estimator, seed=11, learning_rate=0.02)
    assert ulps(network, X, outputs_of(estimator, X)) < 2
    assert network.layer_dims[:3] == (4, 6, 5) and network.dtype == dtype
    assert (network.optimizer, network.learning_rate, network.seed) == ("momentum", 0.02, 11)
    assert network.optimizer_settings["momentum"] == 0.7 and network.l2 == (0.25,) * 3
    # A copy: each trains without changing the other.
    network.parameters[:] = 0
    assert all(W.any() for W in estimator.coefs_)


def test_features_that_scikit_learn_lacks_are_named() -> None:
    network = MLP([2, 3, 3, 1], keep_prob=0.5, l1=0.1, max_norm=2, schedule="cosine")
    with pytest.warns(UserWarning, match="has no keep_prob, l1, max_norm, schedule: left out"):
        network.to_sklearn()
    with pytest.warns(UserWarning, match="has no optimizer 'adamw': left out"):
        assert MLP([2, 1], optimizer="adamw").to_sklearn().solver == "adam"
    with pytest.raises(ValueError, match=r"hidden layer 1 has no equal in scikit-learn.*leaky_relu"):
        MLP([2, 3, 1], activation="leaky_relu").to_sklearn()
    with pytest.raises(ValueError, match="hidden layer 2 has no equal"):
        MLP([2, 3, 3, 1], activation=["relu", "tanh"]).to_sklearn()


def test_features_that_swiftreg_lacks_are_named() -> None:
    X, y = np.random.default_rng(0).random((20, 2)), np.arange(20) % 3 + 1
    poisson = MLPRegressor(loss="poisson", hidden_layer_sizes=(3,), max_iter=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        poisson.fit(X, y)
        quasi_newton = MLPClassifier((3,), solver="lbfgs", max_iter=2).fit(X, y)
        scaled = MLPClassifier((3,), solver="sgd", learning_rate="adaptive", max_iter=2).fit(X, y)
    with pytest.raises(ValueError, match=r"layer 2 \(activation 'exp'\) has no equal in swiftreg"):
        MLP.from_sklearn(poisson)
    with pytest.warns(UserWarning, match="solver='lbfgs' has no equal"):
        assert MLP.from_sklearn(quasi_newton).optimizer == "adam"
    with pytest.warns(UserWarning, match="learning_rate='adaptive' has no equal"):
        MLP.from_sklearn(scaled)
    with pytest.raises(TypeError, match="fitted sklearn.neural_network.MLPClassifier .* got DecisionTree"):
        MLP.from_sklearn(DecisionTreeClassifier())
    with pytest.raises(ValueError, match="not fitted yet"):
        MLP.from_sklearn(MLPClassifier())
