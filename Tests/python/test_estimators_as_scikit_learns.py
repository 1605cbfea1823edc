"""Without dropout, the estimators train as scikit-learn's own: same losses, same weights."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import sklearn.neural_network
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNet, LogisticRegression

import swiftreg

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

Array = NDArray[Any]
# No training of this file stops before max_iter, except in tests of stopping.
LONG = {"tol": 0.0, "n_iter_no_change": 1000, "shuffle": False, "warm_start": True}


def data(kind: str, count: int = 120) -> tuple[Array, Array]:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(count, 6))
    scores = X[:, :4] + 0.5 * rng.normal(size=(count, 4))
    y = {
        "binary": (scores[:, 0] > scores[:, 1]).astype(int),
        "multiclass": np.argmax(scores, axis=1),
        "multilabel": (scores > 0).astype(int),
        "regression": scores[:, 0] * scores[:, 1],
        "outputs": scores[:, :2],
    }[kind]
    return X, y


def pair(kind: str, **parameters: Any) -> tuple[Any, Any]:
    """Our estimator and scikit-learn's, with the same weights and nothing else learned."""
    regression = kind in ("regression", "outputs")
    name = "MLPRegressor" if regression else "MLPClassifier"
    ours, theirs = getattr(swiftreg, name)(), getattr(sklearn.neural_network, name)()
    X, y = data(kind)
    for estimator in (ours, theirs):
        estimator.set_params(**{**LONG, "hidden_layer_sizes": (9, 5), "random_state": 3, **parameters})
        rate = estimator.learning_rate_init
        # A fit that changes almost nothing creates the attributes.
        estimator.set_params(max_iter=1, learning_rate_init=1e-300).fit(X, y)
        estimator.set_params(max_iter=40, learning_rate_init=rate)
    rng = np.random.default_rng(11)
    for l, (W, b) in enumerate(zip(ours.coefs_, ours.intercepts_)):
        W[...], b[...] = rng.normal(size=W.shape) / 3, rng.normal(size=b.shape) / 3
        theirs.coefs_[l][...], theirs.intercepts_[l][...] = W, b
    theirs.t_ = ours.t_ = 0
    theirs.loss_curve_, theirs.best_loss_, theirs._no_improvement_count = [], np.inf, 0
    ours.loss_curve_ = []
    return ours, theirs


def compare(ours: Any, theirs: Any, tolerance: float = 1e-9) -> None:
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=0, atol=tolerance)
    for mine, their in zip(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_):
        np.testing.assert_allclose(mine, their, rtol=0, atol=10 * tolerance)
    assert ours.n_iter_ == theirs.n_iter_ and ours.t_ == theirs.t_
    assert theirs.loss_curve_[-1] < 0.9 * theirs.loss_curve_[0]


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel", "regression"])
@pytest.mark.parametrize(
    "parameters",
    [
        {"solver": "sgd", "momentum": 0.0},
        {"solver": "sgd", "nesterovs_momentum": False},
        {"solver": "sgd"},
        {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.2},
        # scikit-learn adds epsilon elsewhere; if both are tiny, the results agree.
        {"solver": "adam", "epsilon": 1e-30, "learning_rate_init": 0.01},
    ],
    ids=["sgd", "momentum", "nesterov", "invscaling", "adam"],
)
def test_same_loss_curve_and_weights(kind: str, parameters: dict[str, Any]) -> None:
    ours, theirs = pair(
        kind, **{"learning_rate_init": 0.05, "batch_size": 30, "alpha": 0.3, **parameters}
    )
    X, y = data(kind)
    compare(ours.fit(X, y), theirs.fit(X, y))
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), atol=1e-7)
    if hasattr(theirs, "predict_proba"):
        np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-7)
        np.testing.assert_allclose(ours.predict_log_proba(X), theirs.predict_log_proba(X), atol=1e-6)
    assert ours.score(X, y) == pytest.approx(theirs.score(X, y))
    assert ours.out_activation_ == theirs.out_activation_
    assert (ours.n_layers_, ours.n_outputs_) == (theirs.n_layers_, theirs.n_outputs_)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("batch_size", ["auto", 32, 7])
def test_same_with_every_activation_and_a_last_batch_that_is_smaller(
    activation: str, batch_size: Any
) -> None:
    ours, theirs = pair(
        "multiclass", solver="sgd", learning_rate_init=0.02, activation=activation,
        batch_size=batch_size,
    )
    X, y = data("multiclass")
    compare(ours.fit(X, y), theirs.fit(X, y))


def test_same_with_several_outputs_but_for_the_mean_that_scikit_learn_reports() -> None:
    ours, theirs = pair("outputs", solver="sgd", learning_rate_init=0.02, alpha=0.0)
    X, y = data("outputs")
    ours.fit(X, y), theirs.fit(X, y)
    np.testing.assert_allclose(ours.loss_curve_, 2 * np.array(theirs.loss_curve_), rtol=1e-9)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), atol=1e-8)
    assert ours.predict(X).shape == y.shape


def test_same_with_sample_weights() -> None:
    try:
        sklearn.neural_network.MLPClassifier().fit([[0.0], [1.0]], [0, 1], sample_weight=[1, 1])
    except TypeError:
        pytest.skip(f"scikit-learn {sklearn.__version__} has no sample_weight in its MLPClassifier")
    ours, theirs = pair("multiclass", solver="sgd", learning_rate_init=0.05, alpha=0.3)
    X, y = data("multiclass")
    weights = np.random.default_rng(2).uniform(0.1, 3, len(y))
    compare(ours.fit(X, y, weights), theirs.fit(X, y, weights))


@pytest.mark.parametrize("learning_rate", ["constant", "adaptive"])
def test_stops_where_scikit_learn_stops(learning_rate: str) -> None:
    ours, theirs = pair("binary", solver="sgd", learning_rate=learning_rate, learning_rate_init=0.5)
    X, y = data("binary")
    for estimator in (ours, theirs):
        estimator.set_params(tol=2e-3, n_iter_no_change=3, max_iter=400)
        with warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)
            estimator.fit(X, y)
    assert 3 < ours.n_iter_ < 400
    compare(ours, theirs)
    assert ours.best_loss_ == pytest.approx(theirs.best_loss_, abs=1e-9)


def test_early_stopping_is_scikit_learns() -> None:
    ours, theirs = pair("binary", learning_rate_init=0.01, epsilon=1e-30, solver="adam")
    X, y = data("binary")
    rng = np.random.default_rng(1)
    noisy = np.where(rng.random(len(y)) < 0.2, 1 - y, y)
    for estimator in (ours, theirs):
        estimator.set_params(early_stopping=True, n_iter_no_change=5, max_iter=300, random_state=9)
        estimator.set_params(validation_fraction=0.25)
    ours.set_params(stop_on="score")
    theirs.validation_scores_, theirs.best_validation_score_ = [], -np.inf
    # Both draw the split from random_state, but scikit-learn draws no seed before it: the held-out
    # examples are given to ours.
    from sklearn.model_selection import train_test_split

    train_X, test_X, train_y, test_y = train_test_split(
        X, noisy, test_size=0.25, random_state=np.random.RandomState(9), stratify=noisy
    )
    theirs.fit(X, noisy)
    ours.fit(train_X, train_y, eval_set=(test_X, test_y))
    assert 5 < theirs.n_iter_ < 300
    np.testing.assert_allclose(ours.validation_scores_, theirs.validation_scores_)
    assert ours.best_validation_score_ == theirs.best_validation_score_ == max(ours.validation_scores_)
    compare(ours, theirs, 1e-8)
    assert ours.best_loss_ is None
    assert ours.score(test_X, test_y) == ours.best_validation_score_ > ours.validation_scores_[-1]


def test_scikit_learns_epsilon_makes_little_difference() -> None:
    """The figures of the documentation about epsilon."""
    ours, theirs = pair("binary", learning_rate_init=0.01)
    X, y = data("binary")
    ours.fit(X, y), theirs.fit(X, y)
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=0, atol=1e-4)
    assert np.abs(np.subtract(ours.loss_curve_, theirs.loss_curve_)).max() > 0


@pytest.mark.parametrize("C", [0.01, 0.3, 10.0])
def test_without_hidden_layers_it_is_logistic_regression(C: float) -> None:
    """alpha is 1 / C there, where another algorithm finds the optimum."""
    for kind in ("binary", "multiclass"):
        X, y = data(kind)
        theirs = LogisticRegression(C=C, tol=1e-10, max_iter=1000).fit(X, y)
        ours = swiftreg.MLPClassifier(
            (), solver="sgd", learning_rate_init=0.3, alpha=1 / C, batch_size=120, random_state=0,
            max_iter=6000, tol=0, n_iter_no_change=6000,
        ).fit(X, y)
        np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=2e-4)


@pytest.mark.parametrize("l1_ratio", [0.0, 0.4, 1.0])
def test_without_hidden_layers_it_is_the_elastic_net(l1_ratio: float) -> None:
    """alpha is n times alpha there."""
    X, y = data("regression")
    y = y + X[:, 0] - 0.3 * X[:, 3]
    theirs = ElasticNet(alpha=0.2, l1_ratio=l1_ratio, tol=1e-12, max_iter=10**6).fit(X, y)
    ours = swiftreg.MLPRegressor(
        (), solver="sgd", momentum=0.0, learning_rate_init=1e-3, alpha=0.2 * 120, l1_ratio=l1_ratio,
        batch_size=120, random_state=0, max_iter=15000, tol=0, n_iter_no_change=15000,
    ).fit(X, y)
    # A subgradient step of L1 oscillates around 0 by the learning rate.
    np.testing.assert_allclose(ours.coefs_[0][:, 0], theirs.coef_, atol=1e-3)
    np.testing.assert_allclose(ours.intercepts_[0], theirs.intercept_, atol=1e-3)


def test_stops_by_default_where_scikit_learn_stops() -> None:
    ours, theirs = pair("binary", solver="sgd", learning_rate_init=0.5)
    X, y = data("binary")
    ours.set_params(tol=2e-3, n_iter_no_change="auto", max_iter=400).fit(X, y)
    theirs.set_params(tol=2e-3, n_iter_no_change=10, max_iter=400).fit(X, y)
    assert 10 < ours.n_iter_ == theirs.n_iter_ < 400


def test_parameters_have_scikit_learns_defaults() -> None:
    for name in ("MLPClassifier", "MLPRegressor"):
        ours = getattr(swiftreg, name)().get_params()
        theirs = getattr(sklearn.neural_network, name)().get_params()
        assert set(theirs) - set(ours) <= {"max_fun", "loss"}
        # "auto" is scikit-learn's 10, unless there is dropout.
        assert ours.pop("n_iter_no_change") == "auto" and theirs["n_iter_no_change"] == 10
        assert all(ours[key] == theirs[key] for key in set(ours) & set(theirs))
