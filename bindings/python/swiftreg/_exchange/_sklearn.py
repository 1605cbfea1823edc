"""scikit-learn's MLPClassifier and MLPRegressor."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from swiftreg._carry_over import CarryOverWarning, carry_over
from swiftreg._exchange._layers import OUTPUT_ACTIVATIONS, Layers, NoEqual
from swiftreg._extras import missing

try:
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.preprocessing import LabelBinarizer
    from sklearn.utils.validation import check_is_fitted
except ImportError:
    raise missing("Exchange with scikit-learn needs", "scikit-learn", "sklearn") from None

if TYPE_CHECKING:
    from swiftreg._exchange._layers import Network
    from swiftreg._mlp import MLP

# Name there: name here.
_ACTIVATIONS = {
    "identity": "identity", "relu": "relu", "tanh": "tanh", "logistic": "sigmoid", "softmax": "softmax",
}


def from_sklearn(kind: type[Network], estimator: Any, settings: dict[str, Any]) -> Network:
    if not isinstance(estimator, (MLPClassifier, MLPRegressor)):
        raise TypeError(
            "estimator must be a fitted sklearn.neural_network.MLPClassifier or MLPRegressor, got"
            f" {type(estimator).__name__}"
        )
    check_is_fitted(estimator, "coefs_")
    layers, last = Layers(), len(estimator.coefs_) - 1
    for l, (W, b) in enumerate(zip(estimator.coefs_, estimator.intercepts_)):
        there = estimator.activation if l < last else estimator.out_activation_
        where = f"layer {l + 1} (activation {there!r})"
        if there not in _ACTIVATIONS:
            raise NoEqual(where)
        layers.dense(where, W.T, b)
        layers.activation(where, _ACTIVATIONS[there])
    return layers.network(kind, None, _settings(estimator) | settings)


# What `carry_over` reads of an estimator.
_READ = (
    "solver", "alpha", "learning_rate_init", "momentum", "nesterovs_momentum", "beta_1", "beta_2", "epsilon",
)


def _settings(estimator: Any) -> dict[str, Any]:
    if estimator.solver == "lbfgs":
        warnings.warn("solver='lbfgs' has no equal in swiftreg: the optimizer is the default", stacklevel=5)
        return {"l2": float(estimator.alpha)}
    if estimator.solver == "sgd" and estimator.learning_rate != "constant":
        warnings.warn(
            f"learning_rate={estimator.learning_rate!r} has no equal in swiftreg.MLP: the rate stays at"
            f" {estimator.learning_rate_init}", stacklevel=5,
        )
    with warnings.catch_warnings():  # the docstring has the caveat about epsilon
        warnings.simplefilter("ignore", CarryOverWarning)
        return dict(carry_over("sklearn.MLPClassifier", **{name: getattr(estimator, name) for name in _READ}))


def to_sklearn(network: MLP) -> Any:
    names = {here: there for there, here in _ACTIVATIONS.items()}
    for l, name in enumerate(network.activation):
        if name not in names or name != network.activation[0]:
            raise ValueError(
                f"hidden layer {l + 1} has no equal in scikit-learn, whose hidden layers share one of"
                f" {', '.join(map(repr, list(names)[:-1]))}: activation is {network.activation}"
            )
    arguments, left_out = _arguments(network)
    if left_out:
        warnings.warn(
            f"scikit-learn has no {', '.join(left_out)}: left out, for training only", stacklevel=3
        )
    if network.activation:
        arguments["activation"] = names[network.activation[0]]
    outputs = network.layer_dims[-1]
    if network.loss == "squared_error":
        estimator = MLPRegressor(**arguments)
    else:
        estimator = MLPClassifier(**arguments)
        if network.loss == "softmax_cross_entropy" and outputs == 1:
            raise ValueError("softmax of one output has no equal in scikit-learn")
        estimator.classes_ = np.arange(max(outputs, 2))
        several = network.loss == "binary_cross_entropy" and outputs > 1
        estimator._label_binarizer = LabelBinarizer().fit(
            np.eye(outputs, dtype=int) if several else estimator.classes_
        )
    estimator.coefs_ = [np.array(W.T, order="C") for W, _ in network.weights]
    estimator.intercepts_ = [b.copy() for _, b in network.weights]
    # What partial_fit goes on from.
    estimator.n_iter_, estimator.t_, estimator.loss_curve_ = 0, 0, []
    estimator._no_improvement_count, estimator.best_loss_ = 0, np.inf
    estimator.validation_scores_ = estimator.best_validation_score_ = None
    estimator.n_features_in_ = network.layer_dims[0]
    estimator.n_layers_ = len(network.layer_dims)
    estimator.n_outputs_ = outputs
    estimator.out_activation_ = names[OUTPUT_ACTIVATIONS[network.loss]]
    return estimator


# The solvers that equal optimizers here.
_SOLVERS = {"sgd": "sgd", "momentum": "sgd", "nesterov": "sgd", "adam": "adam"}


def _arguments(network: MLP) -> tuple[dict[str, Any], list[str]]:
    """The estimator's arguments, and the names of the settings here that it has no place for."""
    optimizer = network.optimizer_settings
    arguments: dict[str, Any] = {
        "hidden_layer_sizes": network.layer_dims[1:-1], "alpha": network.l2[0],
        "solver": _SOLVERS.get(network.optimizer, "adam"),
        "learning_rate_init": optimizer["learning_rate"],
        "momentum": 0.0 if network.optimizer == "sgd" else optimizer["momentum"],
        "nesterovs_momentum": network.optimizer == "nesterov",
        "beta_1": optimizer["beta1"], "beta_2": optimizer["beta2"], "epsilon": optimizer["epsilon"],
        "random_state": network.seed % 2**32,
    }
    differs = {
        "keep_prob": any(p != 1 for p in network.keep_prob), "l1": any(network.l1),
        "l2 of each layer": len(set(network.l2)) > 1, "max_norm": network.max_norm is not None,
        "label_smoothing": network.label_smoothing != 0,
        f"optimizer {network.optimizer!r}": network.optimizer not in _SOLVERS,
        "clip_norm": optimizer["clip_norm"] is not None, "schedule": optimizer["schedule"] != "constant",
    }
    return arguments, [name for name, there in differs.items() if there]
