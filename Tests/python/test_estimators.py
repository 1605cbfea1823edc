"""The estimators: targets, arguments, training in parts."""

from __future__ import annotations

import copy
import os
import pickle
import signal
import threading
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import sklearn
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_iris, make_classification, make_multilabel_classification, make_regression
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning, NotFittedError
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from swiftreg import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

Array = NDArray[Any]


def two_classes(count: int = 200) -> tuple[Array, Array]:
    X, y = make_classification(count, 6, n_informative=4, class_sep=1.5, random_state=4)
    return X, y


# ---- Targets -------------------------------------------------------------------------------


def test_labels_of_any_kind() -> None:
    X, y = load_iris(return_X_y=True)
    parameters = {"random_state": 0, "max_iter": 60, "learning_rate_init": 0.01}
    numbers = MLPClassifier(**parameters).fit(X, y)
    for names in (np.array(["setosa", "versicolor", "virginica"]), np.array([-7, 0, 3]), [1.0, 2.0, 3.0]):
        names = np.asarray(names)
        named = MLPClassifier(**parameters).fit(X, names[y])
        assert np.array_equal(named.classes_, names)
        assert np.array_equal(named.predict(X), names[numbers.predict(X)])
        assert np.array_equal(named.predict_proba(X), numbers.predict_proba(X))
    probabilities = numbers.predict_proba(X)
    assert probabilities.shape == (150, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert numbers.score(X, y) > 0.9
    assert numbers.out_activation_ == "softmax" and numbers.n_outputs_ == 3


def test_two_classes_have_one_output() -> None:
    X, y = two_classes()
    model = MLPClassifier(random_state=0).fit(X, np.where(y == 1, "yes", "no"))
    assert model.classes_.tolist() == ["no", "yes"] and model.n_outputs_ == 1
    probabilities = model.predict_proba(X)
    assert probabilities.shape == (200, 2)
    assert np.array_equal(model.predict(X) == "yes", probabilities[:, 1] > 0.5)
    assert model.score(X, np.where(y == 1, "yes", "no")) > 0.85


def test_multi_label() -> None:
    X, Y = make_multilabel_classification(200, 8, n_classes=4, random_state=1)
    model = MLPClassifier(random_state=0, max_iter=300, learning_rate_init=0.01).fit(X, Y)
    predicted = model.predict(X)
    assert predicted.shape == Y.shape and set(np.unique(predicted)) == {0, 1}
    assert (predicted == Y).mean() > 0.9
    assert np.array_equal(predicted, model.predict_proba(X) > 0.5)
    sparse = MLPClassifier(random_state=0, max_iter=300, learning_rate_init=0.01)
    sparse.fit(X, scipy.sparse.csr_matrix(Y))
    assert np.array_equal(sparse.coefs_[0], model.coefs_[0])
    stopping = MLPClassifier(random_state=0, early_stopping=True).fit(X, Y)
    assert len(stopping.validation_scores_) == stopping.n_iter_


def test_several_outputs() -> None:
    X, Y = make_regression(200, 5, n_targets=3, random_state=2)
    model = TransformedTargetRegressor(
        MLPRegressor(random_state=0, learning_rate_init=0.01), transformer=StandardScaler()
    ).fit(X, Y)
    assert model.predict(X).shape == Y.shape
    assert model.score(X, Y) > 0.95


def test_data_frames() -> None:
    X, y = two_classes()
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(6)])
    labels = pd.Series(np.where(y == 1, "yes", "no"), index=np.arange(200)[::-1])
    weights = pd.Series(np.linspace(0.5, 1, 200))
    model = MLPClassifier(random_state=0, max_iter=20).fit(frame, labels, weights)
    plain = MLPClassifier(random_state=0, max_iter=20).fit(X, np.asarray(labels), np.asarray(weights))
    assert model.feature_names_in_.tolist() == list(frame.columns) and model.n_features_in_ == 6
    assert np.array_equal(model.predict_proba(frame), plain.predict_proba(X))
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame.rename(columns={"x0": "other"}))
    with pytest.warns(UserWarning, match="feature names"):
        model.predict(X)


def test_a_column_of_labels_is_one_label_each() -> None:
    X, y = two_classes()
    with pytest.warns(DataConversionWarning):
        column = MLPClassifier(random_state=0, max_iter=3).fit(X, y[:, None])
    assert column.predict(X).shape == y.shape


def test_the_type_of_the_data_is_the_networks() -> None:
    X, y = two_classes()
    single = MLPClassifier(random_state=0, max_iter=5).fit(X.astype(np.float32), y)
    double = MLPClassifier(random_state=0, max_iter=5).fit(X, y)
    assert single.coefs_[0].dtype == single.predict_proba(X).dtype == np.float32
    assert double.coefs_[0].dtype == double.predict_proba(X.astype(np.float32)).dtype == np.float64
    integers = MLPClassifier(random_state=0, max_iter=5).fit((10 * X).astype(int), y)
    assert integers.coefs_[0].dtype == np.float64


# ---- Regularizers --------------------------------------------------------------------------


def penalty(model: Any, l1: float, l2: float, n: int) -> float:
    return sum(l2 / (2 * n) * np.sum(W**2) + l1 / n * np.sum(np.abs(W)) for W in model.coefs_)


@pytest.mark.parametrize("l1_ratio", [0.0, 0.3, 1.0])
def test_the_loss_has_the_elastic_net(l1_ratio: float) -> None:
    X, y = two_classes()
    parameters = {"hidden_layer_sizes": (7,), "random_state": 1, "max_iter": 1, "batch_size": 200}
    bare = MLPClassifier(alpha=0, **parameters).fit(X, y)
    still = {"warm_start": True, "learning_rate_init": 1e-300}
    bare.set_params(**still).fit(X, y)
    with_it = MLPClassifier(alpha=5.0, l1_ratio=l1_ratio, **parameters, **still).fit(X, y)
    # The same weights, which do not change.
    for mine, their in zip(with_it.coefs_ + with_it.intercepts_, bare.coefs_ + bare.intercepts_):
        mine[...] = their
    loss = with_it.fit(X, y).loss_
    expected = penalty(bare, 5.0 * l1_ratio, 5.0 * (1 - l1_ratio), 200)
    assert loss - bare.loss_ == pytest.approx(expected, rel=1e-9)


def test_a_number_for_each_layer() -> None:
    X, y = two_classes()
    model = MLPClassifier(
        (8, 6), ["tanh", "leaky_relu"], alpha=[0.0, 50.0, 0.0], keep_prob=[0.9, 0.8, 0.7],
        random_state=0,
    ).fit(X, y)
    assert model.network_.keep_prob == (0.9, 0.8, 0.7)
    assert model.network_.l2 == (0.0, 50.0, 0.0)
    assert tuple(model.network_.activation) == ("tanh", "leaky_relu")
    norms = [np.sqrt(np.mean(W**2)) for W in model.coefs_]
    assert norms[1] < 0.7 * norms[0] and norms[1] < 0.7 * norms[2]
    assert MLPClassifier((8, 6), keep_prob=0.7).fit(X, y).network_.keep_prob == (1.0, 0.7, 0.7)


def test_regularizers_have_their_effects() -> None:
    X, y = two_classes()
    size = {"hidden_layer_sizes": 30, "random_state": 0, "max_iter": 100, "learning_rate_init": 0.01}
    plain = MLPClassifier(**size).fit(X, y)
    weight = np.abs(plain.coefs_[0]).sum()
    assert np.abs(MLPClassifier(alpha=10, **size).fit(X, y).coefs_[0]).sum() < 0.7 * weight
    bounded = MLPClassifier(max_norm=0.5, **size).fit(X, y)
    assert np.linalg.norm(bounded.coefs_[0], axis=0).max() <= 0.5 * (1 + 1e-12)
    assert np.linalg.norm(plain.coefs_[0], axis=0).max() > 0.6
    smoothed = MLPClassifier(label_smoothing=0.2, **size).fit(X, y)
    assert smoothed.loss_ > plain.loss_ and smoothed.predict_proba(X).max() < 0.99
    assert plain.predict_proba(X).max() > 0.999
    decayed = MLPClassifier(solver="adamw", weight_decay=3.0, **size).fit(X, y)
    assert np.abs(decayed.coefs_[0]).sum() < 0.7 * weight
    still = MLPClassifier(solver="sgd", momentum=0, clip_norm=1e-9, **size).fit(X, y)
    assert np.ptp(still.loss_curve_) < 1e-6 * still.loss_
    dropped = MLPClassifier(keep_prob=0.5, **size).fit(X, y)
    assert dropped.loss_ > plain.loss_


def test_monte_carlo_dropout() -> None:
    X, y = two_classes()
    model = MLPClassifier(30, keep_prob=0.7, random_state=0).fit(X, y)
    mean, deviation = model.predict_proba(X, mc_samples=400, return_std=True)
    assert mean.shape == deviation.shape == (200, 2)
    np.testing.assert_allclose(mean.sum(axis=1), 1)
    assert 0.02 < deviation.max() < 0.5
    assert 0 < np.abs(mean - model.predict_proba(X)).max() < 0.2
    assert np.array_equal(mean, model.predict_proba(X, mc_samples=400))
    assert np.array_equal(model.predict(X, mc_samples=400), mean[:, 1] > 0.5)
    assert np.array_equal(model.predict_log_proba(X, mc_samples=400), np.log(mean))
    assert not model.predict_proba(X, return_std=True)[1].any()
    with pytest.raises(ValueError, match="mc_samples == 0"):
        model.predict(X, mc_samples=0)
    with pytest.raises(TypeError, match="mc_samples"):
        model.predict_proba(X, mc_samples=2.5)

    regressor = MLPRegressor(30, keep_prob=0.7, random_state=0).fit(X, X[:, 0])
    mean, deviation = regressor.predict(X, mc_samples=50, return_std=True)
    assert mean.shape == deviation.shape == (200,) and deviation.min() > 0
    assert np.array_equal(mean, regressor.predict(X, mc_samples=50))


# ---- Weights of examples and classes -------------------------------------------------------


def test_class_weights_are_sample_weights() -> None:
    X, y = make_classification(200, 6, n_informative=4, n_classes=3, weights=[0.7, 0.2], random_state=4)
    parameters = {"random_state": 0, "max_iter": 30, "batch_size": 50}
    share = np.bincount(y)
    for class_weight, weights in (
        ("balanced", (len(y) / (3 * share))[y]),
        ({0: 0.5, 1: 2.0}, np.array([0.5, 2.0, 1.0])[y]),
    ):
        model = MLPClassifier(class_weight=class_weight, **parameters).fit(X, y)
        same = MLPClassifier(**parameters).fit(X, y, weights)
        np.testing.assert_allclose(model.predict_proba(X), same.predict_proba(X), rtol=1e-6)
    both = MLPClassifier(class_weight={0: 0.5}, **parameters).fit(X, y, np.linspace(1, 2, 200))
    same = MLPClassifier(**parameters).fit(X, y, np.linspace(1, 2, 200) * np.where(y == 0, 0.5, 1))
    np.testing.assert_allclose(both.predict_proba(X), same.predict_proba(X), rtol=1e-6)


def test_an_example_of_weight_0_is_as_if_never_given() -> None:
    X, y = two_classes()
    weights = np.where(np.arange(200) % 3 == 0, 0.0, 1.0)
    kept = weights > 0
    parameters = {"random_state": 0, "max_iter": 10, "batch_size": 20}
    left_out = MLPClassifier(**parameters).fit(X, y, weights)
    never = MLPClassifier(**parameters).fit(X[kept], y[kept])
    np.testing.assert_allclose(left_out.predict_proba(X), never.predict_proba(X), rtol=1e-12)
    for wrong in (np.zeros(200), -weights, weights[:5], np.full(200, np.nan)):
        with pytest.raises(ValueError):
            MLPClassifier().fit(X, y, wrong)


# ---- Validation ----------------------------------------------------------------------------


def test_an_eval_set_does_not_change_training() -> None:
    X, y = two_classes(300)
    model = MLPClassifier(random_state=0, max_iter=30)
    told = clone(model).fit(X[:200], y[:200], eval_set=(X[200:], y[200:]))
    alone = model.fit(X[:200], y[:200])
    assert np.array_equal(told.coefs_[0], alone.coefs_[0])
    assert alone.validation_scores_ is None and alone.validation_loss_curve_ is None
    assert len(told.validation_scores_) == len(told.validation_loss_curve_) == 30
    assert told.validation_scores_[-1] == told.score(X[200:], y[200:])
    chosen = told.predict_proba(X[200:])[np.arange(100), y[200:]]
    assert told.validation_loss_curve_[-1] == pytest.approx(-np.log(chosen).mean(), rel=1e-9)


@pytest.mark.parametrize("kind", ["two classes", "three classes", "one class", "labels", "numbers", "columns", "constant"])
@pytest.mark.parametrize("weighted", [False, True])
def test_validation_scores_are_scikit_learns(kind: str, weighted: bool) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 4))
    y: Any = {
        "two classes": np.where(X[:, 0] > 0, "yes", "no"), "three classes": np.digitize(X[:, 0], [-0.5, 0.5]),
        "one class": np.zeros(120, int), "labels": (X[:, :3] > 0).astype(int), "numbers": X[:, 0] + X[:, 1],
        "columns": X[:, :2] * X[:, 2:], "constant": np.ones(120),
    }[kind]
    weights = rng.integers(0, 3, 40).astype(float) if weighted else None
    estimator = MLPRegressor if kind in ("numbers", "columns", "constant") else MLPClassifier
    expected = []

    def watch(model: Any) -> None:
        measure = r2_score if estimator is MLPRegressor else accuracy_score
        expected.append(measure(y[80:], model.predict(X[80:]), sample_weight=weights))

    model = estimator(random_state=0, max_iter=15, n_iter_no_change=np.inf)
    model.fit(X[:80], y[:80], X_val=X[80:], y_val=y[80:], sample_weight_val=weights, callbacks=watch)
    np.testing.assert_allclose(model.validation_scores_, expected, rtol=1e-12)


def best_epoch(losses: list[float], scores: list[float] | None, tol: float) -> int:
    """The rule as documented: better by tol, or as high a score and a loss lower by tol."""
    best = 0
    for i in range(1, len(losses)):
        if scores is None:
            better = losses[i] < losses[best] - tol
        else:
            better = scores[i] > scores[best] + tol or (
                scores[i] >= scores[best] and losses[i] < losses[best] - tol
            )
        best = i if better else best
    return best


@pytest.mark.parametrize("stop_on", ["loss", "score", "roc_auc", "function"])
def test_early_stopping_keeps_the_best_weights(stop_on: str) -> None:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(400, 10))
    y = (X[:, 0] + rng.normal(size=400) > 0).astype(int)
    seen: list[Array] = []

    def look(model: Any) -> None:
        seen.append(model.coefs_[0].copy())

    def auc(model: Any, X: Array, y: Array) -> float:
        return float(roc_auc_score(y, model.predict_proba(X)[:, 1]))

    model = MLPClassifier(
        100, learning_rate_init=0.01, early_stopping=True, random_state=0, n_iter_no_change=8,
        stop_on=auc if stop_on == "function" else stop_on,
    )
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(10)])
    model.fit(frame[:200], y[:200], X_val=frame[200:], y_val=y[200:], callbacks=look)
    scores, losses = model.validation_scores_, model.validation_loss_curve_
    assert len(scores) == len(losses) == len(seen) == model.n_iter_ < 200
    best = best_epoch(losses, None if stop_on == "loss" else scores, 1e-4)
    assert best < len(scores) - 1 and losses[best] < losses[-1]
    assert np.array_equal(model.coefs_[0], seen[best])
    assert model.best_iter_ == best + 1
    assert model.best_validation_score_ == scores[best] and model.best_validation_loss_ == losses[best]
    if stop_on == "loss":
        assert losses[best] < min(losses) + 1e-4 and len(scores) == best + 1 + 9
    told = model.score(frame[200:], y[200:]) if stop_on in ("loss", "score") else auc(model, frame[200:], y[200:])
    assert told == scores[best]


def test_early_stopping_of_a_regressor_splits_by_itself() -> None:
    X, y = make_regression(300, 5, random_state=0)
    model = MLPRegressor(early_stopping=True, random_state=0, max_iter=500, learning_rate_init=0.01)
    model.fit(X, y / y.std())
    assert model.best_validation_score_ > max(model.validation_scores_) - 0.01 > 0.9
    assert model.best_validation_loss_ < min(model.validation_loss_curve_) + 1e-4
    with pytest.raises(ValueError, match=r"validation_fraction=0\.1 of n_samples=3"):
        model.fit(X[:3], y[:3])


def test_eval_sets_that_will_not_do() -> None:
    X, y = two_classes()
    for wrong, message in (
        (X, "eval_set must be"),
        ((X, y, y, y), "eval_set must be .* of 4"),
        ((X, y + 5), "y of eval_set has the labels"),
        ((X[:, :3], y), "3 features"),
        ((X, y[:5]), "inconsistent"),
    ):
        with pytest.raises(ValueError, match=message):
            MLPClassifier(max_iter=2).fit(X, y, eval_set=wrong)
    with pytest.raises(ValueError, match="eval_set has 1 outputs, but 2"):
        MLPRegressor(max_iter=2).fit(X, X[:, :2], eval_set=(X, y))


# ---- partial_fit ---------------------------------------------------------------------------


@pytest.mark.parametrize("solver", ["sgd", "adam"])
@pytest.mark.parametrize("keep_prob", [1.0, 0.7])
def test_partial_fit_continues_like_fit(solver: str, keep_prob: float) -> None:
    X, y = two_classes()
    parameters: dict[str, Any] = {"solver": solver, "keep_prob": keep_prob, "random_state": 7}
    whole = MLPClassifier(max_iter=6, batch_size=64, **parameters).fit(X, y)
    parts = MLPClassifier(batch_size=64, **parameters)
    for i in range(6):
        parts.partial_fit(X, y, classes=[0, 1] if i == 0 else None)
        if i == 2:
            parts = pickle.loads(pickle.dumps(parts))
        if i == 4:
            parts = copy.deepcopy(parts)
    assert np.array_equal(parts.network_.parameters, whole.network_.parameters)
    assert np.array_equal(parts.network_.optimizer_state, whole.network_.optimizer_state)
    assert parts.loss_curve_ == whole.loss_curve_ and parts.t_ == whole.t_
    parts.set_params(alpha=3.0).partial_fit(X, y)
    assert parts.network_.l2 == (3.0, 3.0) and parts.network_.epoch == 7
    assert len(parts.loss_curve_) == 7


def test_partial_fit_needs_its_classes() -> None:
    X, y = two_classes()
    model = MLPClassifier()
    with pytest.raises(ValueError, match="classes"):
        model.partial_fit(X, y)
    model.partial_fit(X[y == 0], y[y == 0], classes=[0, 1, 2])
    assert model.predict_proba(X).shape == (200, 3)
    model.partial_fit(X, y, classes=[2, 1, 0])
    with pytest.raises(ValueError, match=r"classes=\[0, 1\] are not those"):
        model.partial_fit(X, y, classes=[0, 1])
    with pytest.raises(ValueError, match=r"labels \[9\]"):
        model.partial_fit(X, np.where(y == 0, 9, y))
    with pytest.raises(AttributeError) as error:
        MLPClassifier(early_stopping=True).partial_fit(X, y, classes=[0, 1])
    assert "does not support early_stopping=True" in str(error.value.__cause__)
    with pytest.raises(AttributeError):
        MLPClassifier(class_weight="balanced").partial_fit(X, y, classes=[0, 1])
    X, Y = make_multilabel_classification(50, random_state=1)
    assert MLPClassifier().partial_fit(X, Y).partial_fit(X, Y).predict(X).shape == Y.shape


def test_warm_start_begins_with_the_last_weights() -> None:
    X, y = two_classes()
    model = MLPClassifier(warm_start=True, max_iter=50, random_state=0, keep_prob=0.9)
    first = model.fit(X, y).loss_curve_[-1]
    kept = model.network_
    model.set_params(alpha=1e-3, max_iter=10).fit(X, y)
    assert model.network_ is not kept and model.network_.l2 == (1e-3, 1e-3)
    assert model.network_.seed != kept.seed  # other masks than before
    assert len(model.loss_curve_) == 60 and model.n_iter_ == 10
    assert abs(model.loss_curve_[50] - first) < 0.5 * (model.loss_curve_[0] - first)
    cold = clone(model).set_params(warm_start=False).fit(X, y).fit(X, y)
    assert len(cold.loss_curve_) == 10 and cold.loss_curve_[0] > 1.5 * first
    with pytest.raises(ValueError, match="hidden_layer_sizes=7"):
        model.set_params(hidden_layer_sizes=7).fit(X, y)
    with pytest.raises(ValueError, match="warm_start"):
        model.set_params(hidden_layer_sizes=(100,)).fit(X[y == 0], y[y == 0])


def test_callbacks_see_the_estimator_and_can_stop_it() -> None:
    X, y = two_classes()
    scores: list[float] = []

    def look(model: Any) -> None:
        scores.append(model.score(X, y))

    def stop(model: Any) -> bool:
        return bool(model.n_iter_ == 4)

    model = MLPClassifier(random_state=0).fit(X, y, callbacks=[stop, look])
    assert model.n_iter_ == len(scores) == 4 and scores[-1] == model.score(X, y)
    with pytest.raises(TypeError, match="callbacks must be functions, got 3"):
        model.fit(X, y, callbacks=[3])

    def fail(model: Any) -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        model.fit(X, y, callbacks=fail)


def test_verbose_prints_every_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    X, y = two_classes()
    model = MLPClassifier(random_state=0, verbose=True, early_stopping=True, stop_on="score", n_iter_no_change=2)
    model.fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"Iteration 1, loss = {model.loss_curve_[0]:.8f}"
    assert lines[1] == f"Validation score: {model.validation_scores_[0]:.6f}"
    assert len(lines) == 2 * model.n_iter_ + 1 and lines[-1].endswith("Stopping.")


# ---- Other tools of scikit-learn ------------------------------------------------------------


def test_pipelines_grids_and_cross_validation() -> None:
    X, y = load_iris(return_X_y=True)
    pipeline = make_pipeline(
        StandardScaler(), MLPClassifier(20, random_state=0, max_iter=40, learning_rate_init=0.02)
    )
    assert cross_val_score(pipeline, X, y, cv=3).min() > 0.8
    grid = {"mlpclassifier__alpha": [1e-4, 300.0], "mlpclassifier__keep_prob": [1.0, 0.8]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(X, y)
    assert search.best_params_["mlpclassifier__alpha"] == 1e-4
    assert search.best_score_ > 0.8 > search.cv_results_["mean_test_score"].min()
    pipeline.fit(X, y, mlpclassifier__eval_set=(StandardScaler().fit_transform(X), y))
    assert len(pipeline[-1].validation_scores_) == 40


def test_metadata_is_routed() -> None:
    X, y = two_classes()
    weights = np.where(np.arange(200) % 2 == 0, 0.0, 1.0)
    seen: list[Any] = []
    with sklearn.config_context(enable_metadata_routing=True):
        model = MLPClassifier(random_state=0, max_iter=3).set_score_request(sample_weight=False)
        model.set_fit_request(sample_weight=True, eval_set=True, callbacks=True)
        search = GridSearchCV(model, {"alpha": [0.1]}, cv=2)
        search.fit(X, y, sample_weight=weights, eval_set=(X, y), callbacks=seen.append)
    assert len(seen) == 9 and seen[-1] is search.best_estimator_
    assert search.best_estimator_.t_ == 300  # half of the examples, in 3 epochs
    assert len(search.best_estimator_.validation_scores_) == 3


def test_the_same_random_state_is_the_same_bits() -> None:
    X, y = two_classes()
    make = lambda state: MLPClassifier(keep_prob=0.8, random_state=state, max_iter=5, early_stopping=True)  # noqa: E731
    one = make(3).fit(X, y).network_.parameters
    assert np.array_equal(one, make(3).fit(X, y).network_.parameters)
    assert np.array_equal(one, make(np.random.RandomState(3)).fit(X, y).network_.parameters)
    assert not np.array_equal(one, make(4).fit(X, y).network_.parameters)
    assert not np.array_equal(make(None).fit(X, y).coefs_[0], make(None).fit(X, y).coefs_[0])


def test_pickles_and_copies_predict_the_same() -> None:
    X, y = two_classes()
    model = MLPClassifier(random_state=0, max_iter=5).fit(X, y)
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert np.array_equal(other.predict_proba(X), model.predict_proba(X))
        assert other.get_params() == model.get_params()
    unfitted = pickle.loads(pickle.dumps(MLPClassifier(alpha=3)))
    assert unfitted.alpha == 3
    with pytest.raises(NotFittedError):
        unfitted.predict(X)
    assert not hasattr(unfitted, "coefs_")


def test_threads_share_a_fitted_estimator() -> None:
    X, y = two_classes()
    model = MLPClassifier(100, random_state=0, max_iter=5).fit(X, y)
    expected = model.predict_proba(X)
    wrong: list[Any] = []

    def predict() -> None:
        try:
            for _ in range(200):
                if not np.array_equal(model.predict_proba(X), expected):
                    wrong.append("different")
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=predict) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_warns_unless_it_converged() -> None:
    X, y = two_classes()
    with pytest.warns(ConvergenceWarning, match="MLPClassifier made max_iter=3 iterations"):
        MLPClassifier(max_iter=3).fit(X, y)
    with pytest.warns(UserWarning, match="batch_size=500, which is clipped to the 200"):
        MLPClassifier(max_iter=1, batch_size=500).fit(X, y)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        MLPClassifier(max_iter=5, batch_size=500).fit(X, y)
    assert [warning.filename for warning in caught] == [__file__, __file__]


def test_ctrl_c_ends_with_the_weights_so_far() -> None:
    X, y = two_classes()

    def interrupt(model: Any) -> None:
        if model.n_iter_ == 3:
            os.kill(os.getpid(), signal.SIGINT)

    model = MLPClassifier(random_state=0)
    with pytest.warns(UserWarning, match="interrupted by the user after [34] iterations"):
        model.fit(X, y, callbacks=interrupt)
    assert model.n_iter_ in (3, 4) and model.score(X, y) > 0.3
