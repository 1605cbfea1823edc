"""Errors of the estimators, and their import without scikit-learn."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.datasets import make_classification

import swiftreg
from swiftreg import MLPClassifier, MLPClassifierCV, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module")
def two_classes() -> tuple[NDArray[Any], NDArray[Any]]:
    X, y = make_classification(60, 6, n_informative=4, random_state=4)
    return X, y



@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"hidden_layer_sizes": (10, 0)}, r"hidden_layer_sizes.*\(10, 0\)"),
        ({"hidden_layer_sizes": 2.5}, r"hidden_layer_sizes.*2\.5"),
        ({"hidden_layer_sizes": "big"}, "hidden_layer_sizes.*'big'"),
        ({"activation": "swish"}, "activation.*'swish'"),
        ({"activation": ["relu", "tanh"]}, "activation.*1 names.*'tanh'"),
        ({"activation": None}, "activation.*None"),
        ({"solver": "lbfgs"}, "solver.*'lbfgs'"),
        ({"learning_rate": 0.1}, r"learning_rate.*0\.1"),
        ({"alpha": -1}, "alpha == -1"),
        ({"alpha": float("nan")}, "alpha.*nan"),
        ({"alpha": float("inf")}, "alpha.*inf"),
        ({"alpha": [1, 2, 3]}, r"alpha.*2 numbers, one for each layer of weights.*\(1, 2, 3\)"),
        ({"alpha": "small"}, "alpha"),
        ({"l1_ratio": 1.5}, r"l1_ratio == 1\.5"),
        ({"keep_prob": 0}, "keep_prob == 0"),
        ({"keep_prob": [0.5, 1.5]}, r"keep_prob\[1\] == 1\.5"),
        ({"keep_prob": [0.5]}, r"keep_prob.*2 numbers, one for the input and each hidden layer, got \(0\.5,\)"),
        ({"max_norm": 0}, "max_norm == 0"),
        ({"clip_norm": -1}, "clip_norm == -1"),
        ({"label_smoothing": 1.0}, r"label_smoothing == 1\.0"),
        ({"batch_size": 0}, "batch_size == 0"),
        ({"batch_size": "all"}, "batch_size"),
        ({"learning_rate_init": 0}, "learning_rate_init == 0"),
        ({"max_iter": 0}, "max_iter == 0"),
        ({"max_iter": 2.5}, "max_iter"),
        ({"tol": -1}, "tol == -1"),
        ({"momentum": 1}, "momentum == 1"),
        ({"beta_1": 1.0}, r"beta_1 == 1\.0"),
        ({"epsilon": 0}, "epsilon == 0"),
        ({"weight_decay": -1}, "weight_decay == -1"),
        ({"n_iter_no_change": 0}, "n_iter_no_change == 0"),
        ({"validation_fraction": 1}, "validation_fraction == 1"),
        ({"shuffle": "yes"}, "shuffle.*'yes'"),
        ({"random_state": "seed"}, "seed"),
        ({"class_weight": "even"}, "class_weight"),
        ({"n_iter_no_change": "never"}, "n_iter_no_change.*'never'"),
        ({"stop_on": "lost"}, "stop_on.*'lost'"),
        ({"stop_on": None}, "stop_on.*None"),
        ({"init": "glorot"}, "init.*'glorot'"),
    ],
)
def test_bad_parameters_are_named(two_classes: Any, parameters: dict[str, Any], message: str) -> None:
    X, y = two_classes
    with pytest.raises((ValueError, TypeError), match=message):
        MLPClassifier(**{"max_iter": 1, **parameters}).fit(X, y)


def test_bad_data_are_refused(two_classes: Any) -> None:
    X, y = two_classes
    with pytest.raises(ValueError, match="continuous"):
        MLPClassifier().fit(X, X[:, 0])
    with pytest.raises(ValueError):
        MLPClassifier().fit(X, np.c_[y, y + 1])  # several outputs of several classes
    with pytest.raises(ValueError, match="could not convert|string"):
        MLPRegressor().fit(X, np.where(y == 1, "yes", "no"))
    model = MLPRegressor(max_iter=1, warm_start=True).fit(X, X[:, :2])
    with pytest.raises(ValueError, match="y has 1 outputs, but 2"):
        model.fit(X, y)


def test_a_loss_that_is_not_finite_is_an_error(two_classes: Any) -> None:
    X, y = two_classes
    model = MLPRegressor(solver="sgd", learning_rate_init=1e3, random_state=0)
    with pytest.raises(FloatingPointError, match="step"):
        model.fit(X, 1e150 * X[:, 0])
    assert not hasattr(model, "coefs_") and not hasattr(model, "n_features_in_")
    model.set_params(learning_rate_init=0.001).fit(X, X[:, 0])
    before = model.predict(X)
    with pytest.raises(FloatingPointError, match="step"):
        model.set_params(learning_rate_init=1e3).fit(X[:, :3], 1e150 * X[:, 0])
    assert np.array_equal(model.predict(X), before)


def test_without_scikit_learn() -> None:
    code = """
import sys
sys.modules["sklearn"] = None
import swiftreg
from swiftreg import *
assert "MLPClassifier" in dir(swiftreg)
assert {"notebook", "plot"} <= set(dir(swiftreg)) and "find_spec" not in dir(swiftreg)
assert swiftreg.notebook.model
swiftreg.MLPRegressor
"""
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert run.stderr.splitlines()[-1] == (
        "ImportError: swiftreg.MLPRegressor needs scikit-learn, which is not installed:"
        ' pip install scikit-learn  (the extra "sklearn" of swiftreg)'
    )
    with pytest.raises(AttributeError, match="no attribute 'MLPTransformer'"):
        swiftreg.MLPTransformer  # noqa: B018


@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
def test_everything_public_is_documented(estimator: type) -> None:
    assert estimator.__doc__
    for name, thing in vars(estimator).items():
        if callable(thing) and not name.startswith("_"):
            assert thing.__doc__, name


@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor, MLPClassifierCV])
def test_parameters_that_were_meant(estimator: type) -> None:
    l2 = "alphas" if estimator is MLPClassifierCV else "alpha"
    for name, meant in {"l2": l2, "lambd": l2, "lr": "learning_rate_init", "seed": "random_state",
                        "epochs": "max_iter", "optimizer": "solver", "patience": "n_iter_no_change"}.items():
        message = f"{estimator.__name__} has no parameter '{name}': did you mean {meant}"
        with pytest.raises(TypeError, match=message):
            estimator(**{name: 1})
        with pytest.raises(ValueError, match=message):
            estimator().set_params(**{name: 1})


@pytest.mark.parametrize("wrong", [np.random.default_rng(0), 1.5, -1, "0"])
@pytest.mark.parametrize("estimator", [MLPClassifier, MLPClassifierCV])
def test_random_state_is_named(
    estimator: type, wrong: Any, two_classes: tuple[NDArray[Any], NDArray[Any]]
) -> None:
    with pytest.raises(ValueError, match=r"random_state must be an integer in 0 to 2\*\*32 - 1.*, got "):
        estimator(random_state=wrong).fit(*two_classes)


def test_columns_of_text_are_named() -> None:
    frame = pd.DataFrame({"age": [1.0, 2.0, 3.0, 4.0], "city": ["Oslo", "Rome", "Oslo", "Rome"]})
    y = [0, 1, 0, 1]
    for columns in (frame, frame.astype({"city": "category"})):
        with pytest.raises(ValueError, match="column 'city' of X must hold real numbers.*OneHotEncoder"):
            MLPClassifier().fit(columns, y)
    model = MLPClassifier().fit(frame.assign(city=[0, 1, 0, 1]), y)
    with pytest.raises(ValueError, match="column 'city' of X must hold real numbers"):
        model.predict(frame)
    assert MLPClassifier().fit(frame.assign(city=["1", "2", "1", "2"]), y).n_features_in_ == 2
