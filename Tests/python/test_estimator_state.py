"""State of an estimator: assignments, failed refits, classes and their weights."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
import sklearn.neural_network
from numpy.typing import NDArray
from sklearn.datasets import make_classification, make_multilabel_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.utils.class_weight import compute_sample_weight

from swiftreg import MLP, MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
Array = NDArray[Any]


def two_classes(count: int = 200) -> tuple[Array, Array]:
    X, y = make_classification(count, 6, n_informative=4, class_sep=1.5, random_state=4)
    return X, y


# ---- Assignments to weights ----------------------------------------------------------------


def test_weights_take_assignments_as_scikit_learns_do() -> None:
    X, y = two_classes()
    theirs = sklearn.neural_network.MLPClassifier((9, 5), max_iter=20, random_state=1).fit(X, y)
    for whole in (True, False):
        ours = MLPClassifier((9, 5), max_iter=1).fit(X, y)
        if whole:
            ours.coefs_, ours.intercepts_ = theirs.coefs_, theirs.intercepts_
        else:
            for i, (W, b) in enumerate(zip(theirs.coefs_, theirs.intercepts_)):
                ours.coefs_[i] = W
                ours.intercepts_[i] = b
        np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-12)
        assert all(np.array_equal(mine, their) for mine, their in zip(ours.coefs_, theirs.coefs_))
    # Federated averaging.
    others = [MLPClassifier((9, 5), max_iter=5, random_state=i).fit(X, y) for i in range(3)]
    ours.coefs_ = [np.mean(Ws, axis=0) for Ws in zip(*(other.coefs_ for other in others))]
    np.testing.assert_allclose(ours.coefs_[1], sum(other.coefs_[1] for other in others) / 3)
    copied = copy.deepcopy(ours.coefs_)
    copied[0] *= 2
    assert not np.array_equal(copied[0], ours.coefs_[0])
    assert len(pickle.loads(pickle.dumps(ours.coefs_))) == 3


@pytest.mark.parametrize("kind", ["estimator", "network"])
def test_assignments_that_do_not_fit_change_nothing(kind: str) -> None:
    X, y = two_classes()
    network = MLP([6, 4, 1], seed=1)
    model = MLPClassifier((4,), max_iter=1).fit(X, y)
    views = model.coefs_ if kind == "estimator" else network.weights
    flat = (model.network_ if kind == "estimator" else network).parameters
    before = flat.copy()
    good = [copy.deepcopy(view) for view in views]
    name = "coefs_" if kind == "estimator" else "weights"
    shape = r"coefs_\[1\] must have shape \(4, 1\), got \(2, 2\)"
    bad: list[Any] = [np.zeros((2, 2))]
    if kind == "network":
        shape = r"weights\[1\]\[0\] must have shape \(1, 4\), got \(2, 2\)"
        bad = [(np.zeros((2, 2)), np.zeros(1))]
    with pytest.raises(ValueError, match=shape):
        views[:] = [good[0], *bad]
    with pytest.raises(ValueError, match=shape):
        views[-1] = bad[0]
    with pytest.raises(ValueError, match=f"{name} must be given 2 layers, got 1"):
        views[:] = good[:1]
    with pytest.raises(IndexError):
        views[2] = good[0]
    for refused in (views.clear, views.pop, lambda: views.append(1), lambda: views.__delitem__(0)):
        with pytest.raises(TypeError, match=f"length of {name} is fixed"):
            refused()
    with pytest.raises(AttributeError):
        MLPClassifier().coefs_ = good
    assert np.array_equal(flat, before)


def test_network_weights_take_assignments() -> None:
    network, other = MLP([3, 4, 2], seed=1), MLP([3, 4, 2], seed=2)
    for i, (W, b) in enumerate(other.weights):
        network.weights[i] = (W, b + 1)
    assert np.array_equal(network.weights[0][0], other.weights[0][0])
    assert np.array_equal(network.weights[1][1], other.weights[1][1] + 1)
    network.weights = other.weights
    assert np.array_equal(network.parameters, other.parameters)
    with pytest.raises(TypeError, match="real numbers, got dtype complex"):
        network.weights[0] = (1j * other.weights[0][0], other.weights[0][1])


# ---- Failed fits ---------------------------------------------------------------------------


def failing(model: Any) -> None:
    if model.n_iter_ == 3:
        raise KeyError("mine")


def test_a_refit_that_fails_leaves_the_old_model_whole() -> None:
    X, y = two_classes()
    names = np.array(["no", "yes"])[y]
    for warm in (False, True):
        model = MLPClassifier(max_iter=10, random_state=0, warm_start=warm).fit(X, names)
        expected, curve = model.predict_proba(X), list(model.loss_curve_)
        state = dict(vars(model))
        for fails, error in (
            (lambda: model.fit(X[:, :3], y, callbacks=failing), ValueError if warm else KeyError),
            (lambda: model.fit(X, names, callbacks=failing), KeyError),
            (lambda: model.fit(X, names, sample_weight=[1, 2]), ValueError),
            (lambda: model.fit(X, [None] * 200), ValueError),
            (lambda: model.partial_fit(X, y), ValueError),
            (lambda: model.fit(X, names, eval_set=(X[:, :2], names)), ValueError),
        ):
            with pytest.raises(error):
                fails()
            assert vars(model) == state
            assert np.array_equal(model.predict_proba(X), expected)
            assert model.loss_curve_ == curve
    unfitted = MLPClassifier()
    with pytest.raises(KeyError):
        unfitted.fit(X, y, callbacks=failing)
    assert vars(unfitted) == vars(MLPClassifier())


def test_a_first_partial_fit_that_fails_can_be_repeated() -> None:
    X, y = two_classes()
    for make in (MLPClassifier, MLPRegressor):
        model = make()
        options = {"classes": [0]} if make is MLPClassifier else {"sample_weight": [-1.0] * 200}
        with pytest.raises(ValueError):
            model.partial_fit(X, y, **options)
        options = {"classes": [0, 1, 2]} if make is MLPClassifier else {}
        model.partial_fit(X[:, :4], y, **options)
        assert model.n_features_in_ == 4


# ---- Classes -------------------------------------------------------------------------------


@pytest.mark.parametrize("labels", [["cat"] * 12, [3] * 12])
def test_one_class(labels: list[Any]) -> None:
    X, _ = two_classes(12)
    forest = RandomForestClassifier(3).fit(X, labels)
    for model in (
        MLPClassifier(max_iter=3).fit(X, labels),
        MLPClassifier(max_iter=3, class_weight="balanced", keep_prob=0.8).fit(X, labels),
        MLPClassifier().partial_fit(X, labels, classes=labels[:1]),
    ):
        assert np.array_equal(model.predict_proba(X), forest.predict_proba(X))
        assert np.array_equal(model.predict_log_proba(X), np.zeros((12, 1)))
        assert np.array_equal(model.predict(X), forest.predict(X)) and model.score(X, labels) == 1
        mean, deviation = model.predict_dropout(X, 5)
        assert np.array_equal(mean, np.ones((12, 1))) and not deviation.any()


def test_class_weights_are_those_of_all_classes_whatever_a_batch_has() -> None:
    X, y = make_classification(200, 6, n_informative=4, n_classes=3, random_state=4)
    given = {0: 5.0, 2: 0.5}
    own = np.array([5.0, 1.0, 0.5])[y]
    parameters = {"random_state": 0, "max_iter": 5}
    ours = MLPClassifier(class_weight=given, **parameters)
    same = MLPClassifier(**parameters)
    some = y != 0
    ours.partial_fit(X[some], y[some], classes=[0, 1, 2]).partial_fit(X[~some], y[~some])
    same.partial_fit(X[some], y[some], own[some], classes=[0, 1, 2]).partial_fit(X[~some], y[~some], own[~some])
    assert np.array_equal(ours.coefs_[0], same.coefs_[0])
    # Validation data of one class, by the weights of training.
    for weight in (given, "balanced"):
        model = MLPClassifier(class_weight=weight, **parameters)
        model.fit(X, y, X_val=X[~some][:9], y_val=y[~some][:9])
        plain = MLPClassifier(**parameters)
        plain.fit(X, y, compute_sample_weight(weight, y), X_val=X[~some][:9], y_val=y[~some][:9])
        np.testing.assert_allclose(model.validation_loss_curve_, plain.validation_loss_curve_, rtol=1e-9)
        mixed = np.r_[0:40]
        model.fit(X, y, X_val=X[mixed], y_val=y[mixed])
        weights = compute_sample_weight(weight, y)
        plain.fit(X, y, weights, X_val=X[mixed], y_val=y[mixed], sample_weight_val=weights[mixed])
        np.testing.assert_allclose(model.validation_loss_curve_, plain.validation_loss_curve_, rtol=1e-9)
    with pytest.raises(ValueError, match=r"classes, \[0, 1, 2\], are not in class_weight"):
        MLPClassifier(class_weight={7: 2.0}).fit(X, y)


def test_class_weights_of_labels() -> None:
    X, Y = make_multilabel_classification(120, 8, n_classes=3, random_state=1)
    parameters = {"random_state": 0, "max_iter": 5}
    each = [{0: 1.0, 1: 2.0}, {0: 0.5, 1: 1.0}, {0: 1.0, 1: 3.0}]
    for weight in (each, "balanced"):
        model = MLPClassifier(class_weight=weight, **parameters).fit(X, Y)
        same = MLPClassifier(**parameters).fit(X, Y, compute_sample_weight(weight, Y))
        np.testing.assert_allclose(model.predict_proba(X), same.predict_proba(X), rtol=1e-9)
    with pytest.raises(ValueError, match="class_weight must be .* a list of 3 dicts"):
        MLPClassifier(class_weight={0: 1.0}).fit(X, Y)


# ---- Weights of examples -------------------------------------------------------------------


@pytest.mark.parametrize("make", [MLPClassifier, MLPRegressor])
def test_partial_fit_with_weights_of_0_is_a_no_op(make: Any) -> None:
    X, y = two_classes()
    first = {"classes": [0, 1]} if make is MLPClassifier else {}
    model = make(random_state=0).partial_fit(X, y, np.zeros(200), **first)
    assert model.t_ == 0 and model.predict(X).shape == (200,)
    model.partial_fit(X, y)
    before = model.coefs_[0].copy()
    bad = np.where(np.arange(200) < 100, np.nan, 1.0)[:, None] * X
    model.partial_fit(np.full_like(X, np.nan), y, np.zeros(200))
    assert np.array_equal(model.coefs_[0], before) and model.t_ == 200
    weights = np.where(np.arange(200) < 100, 0.0, 1.0)
    same = copy.deepcopy(model).partial_fit(X, y, weights)
    model.partial_fit(bad, y, weights)
    assert np.array_equal(model.coefs_[0], same.coefs_[0])


def test_values_of_examples_of_weight_0_are_not_looked_at() -> None:
    X, y = two_classes()
    weights = np.where(np.arange(200) % 3 == 0, 0.0, 1.0)
    holes = np.where(weights[:, None] == 0, np.nan, X)
    labels = np.where(weights == 0, np.nan, y.astype(float))
    for make, targets in ((MLPClassifier, labels), (MLPRegressor, labels)):
        model = make(max_iter=3, random_state=0).fit(holes, targets, weights)
        same = make(max_iter=3, random_state=0).fit(X[weights > 0], labels[weights > 0])
        np.testing.assert_allclose(model.coefs_[0], same.coefs_[0], rtol=1e-12)
        with pytest.raises(ValueError, match="NaN"):
            model.fit(holes, targets)


# ---- Probabilities from the logit ----------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_small_probabilities_are_exact(dtype: str) -> None:
    X, y = two_classes()
    X = X.astype(dtype)
    model = MLPClassifier((), max_iter=1).fit(X, y)
    model.coefs_ = [np.eye(6, 1)]
    model.intercepts_ = [np.zeros(1)]
    z = np.array([-80.0, -19.4, -0.5, 0.0, 0.5, 19.4, 80.0])
    grid = np.zeros((7, 6), dtype)
    grid[:, 0] = z
    probabilities = model.predict_proba(grid)
    exact = np.c_[1 / (1 + np.exp(z)), 1 / (1 + np.exp(-z))]
    tolerance = 1e-6 if dtype == "float32" else 1e-13
    np.testing.assert_allclose(probabilities, exact, rtol=tolerance * 20)
    assert probabilities.dtype == dtype
    assert np.array_equal(probabilities[:, 1], model.network_.predict(grid)[:, 0])
    logarithms = model.predict_log_proba(grid)
    np.testing.assert_allclose(logarithms, np.c_[-np.logaddexp(0, z), -np.logaddexp(0, -z)], rtol=20 * tolerance)
    assert logarithms.dtype == dtype
    three = MLPClassifier((), max_iter=1).fit(X, np.arange(200) % 3)
    three.coefs_ = [np.eye(6, 3) * 300]
    three.intercepts_ = [np.zeros(3)]
    np.testing.assert_allclose(three.predict_log_proba(grid)[-1], [0, -24000, -24000], rtol=1e-6)


def test_predict_dropout_is_monte_carlo_dropout() -> None:
    X, y = two_classes()
    model = MLPClassifier(30, keep_prob=0.7, random_state=0, max_iter=20).fit(X, y)
    mean, deviation = model.predict_dropout(X, 50)
    expected = model.predict_proba(X, mc_samples=50, return_std=True)
    assert np.array_equal(mean, expected[0]) and np.array_equal(deviation, expected[1])
    assert mean.shape == (200, 2) and deviation.max() > 0.01
    regressor = MLPRegressor(30, keep_prob=0.7, random_state=0, max_iter=20).fit(X, X[:, :2])
    mean, deviation = regressor.predict_dropout(X)
    assert mean.shape == deviation.shape == (200, 2) and deviation.min() > 0
    with pytest.raises(ValueError, match="mc_samples == 0"):
        model.predict_dropout(X, 0)
