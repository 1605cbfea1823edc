"""Defaults that train well, warnings with a remedy, and arguments in the forms of other libraries."""

from __future__ import annotations

import math
import pickle
import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes, load_digits, load_wine, make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import swiftreg
from swiftreg import MLPClassifier, MLPRegressor

Array = NDArray[Any]
quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def told(call: Any) -> list[str]:
    """The texts of the warnings that a call gives."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [str(warning.message) for warning in caught]


# ---- Early stopping ------------------------------------------------------------------------


@quiet
def test_few_positives_are_found_by_early_stopping() -> None:
    """20,000 rows of which 7 % are positive: stopping on accuracy would keep "no" to all."""
    X, y = make_classification(
        20_000, 30, n_informative=7, n_redundant=0, weights=[0.93], class_sep=0.8, flip_y=0.02,
        random_state=0,
    )
    X = StandardScaler().fit_transform(X).astype(np.float32)
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.25, stratify=y, random_state=0)
    model = MLPClassifier(early_stopping=True, random_state=0, max_iter=60)
    aucs: list[float] = []

    def look(model: Any) -> None:
        aucs.append(float(roc_auc_score(y_test, model.predict_proba(X_test)[:, 1])))

    model.fit(X, y, callbacks=look)
    kept = roc_auc_score(y_test, model.predict_proba(X_test)[:, 1])
    assert kept == aucs[model.best_iter_ - 1]
    assert kept > max(aucs) - 0.03 and kept > 0.85


@quiet
@pytest.mark.parametrize("rows", [90, 40])
def test_fewer_validation_examples_than_classes(rows: int) -> None:
    X, y = load_digits(return_X_y=True)
    model = MLPClassifier(early_stopping=True, random_state=0, max_iter=50).fit(X[:rows], y[:rows])
    assert model.t_ == model.n_iter_ * (rows - math.ceil(rows / 10))
    assert model.score(X[:rows], y[:rows]) > 0.5


@quiet
def test_a_class_of_one_example_is_trained_on() -> None:
    X, y = make_classification(100, 6, n_informative=4, random_state=4)
    names = np.where(np.arange(100) == 17, "rare", np.where(y == 1, "yes", "no"))
    seen: list[Any] = []
    model = MLPClassifier(early_stopping=True, random_state=0, max_iter=300, learning_rate_init=0.01,
                          n_iter_no_change=math.inf, alpha=0)
    model.fit(X, names, callbacks=lambda m: seen.append(m.coefs_[0].copy()))
    assert model.classes_.tolist() == ["no", "rare", "yes"]
    model.coefs_ = [seen[-1], model.coefs_[1]]
    search = GridSearchCV(
        MLPClassifier(early_stopping=True, max_iter=3), {"alpha": [0.1, 1.0]}, cv=2,
    ).fit(X[names != "rare"][:40], names[names != "rare"][:40])
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_the_split_has_every_label_in_proportion() -> None:
    from swiftreg._estimators._split import hold_out

    rng = np.random.default_rng(0)
    for _ in range(300):
        n = int(rng.integers(4, 200))
        labels = rng.choice(["a", "b", "c", "d"], size=n, p=[0.7, 0.2, 0.08, 0.02])
        fraction = float(rng.uniform(0.05, 0.9))
        held = max(2, math.ceil(fraction * n - 1e-9))
        counts = dict(zip(*np.unique(labels, return_counts=True)))
        if n - held < max(2, len(counts)):
            continue
        train, test = hold_out(n, fraction, labels, np.random.RandomState(1))
        assert sorted([*train, *test]) == list(range(n)) and len(test) == held
        for label, count in counts.items():
            of_label = int((labels[test] == label).sum())
            assert of_label < count
            if held * count / n < count - 1:
                assert abs(of_label - held * count / n) <= len(counts)
        again = hold_out(n, fraction, labels, np.random.RandomState(1))
        assert np.array_equal(train, again[0]) and np.array_equal(test, again[1])
        assert not set(hold_out(n, fraction, None, np.random.RandomState(1))[1]) & set(
            hold_out(n, fraction, None, np.random.RandomState(1))[0])


@pytest.mark.parametrize(("fraction", "rows"), [(0.1, 3), (0.99, 5)])
def test_too_few_examples_to_split_name_validation_fraction(fraction: float, rows: int) -> None:
    X, y = load_wine(return_X_y=True)
    with pytest.raises(ValueError, match=f"validation_fraction={fraction} of n_samples={rows} .*X_val"):
        MLPClassifier(early_stopping=True, validation_fraction=fraction).fit(X[:rows], [0, 1, 0, 1, 0][:rows])


@quiet
def test_validation_data_in_the_forms_of_other_libraries() -> None:
    X, y = make_classification(150, 6, n_informative=4, random_state=4)
    weights = np.linspace(0, 1, 50)
    fit = MLPClassifier(early_stopping=True, random_state=0, max_iter=20).fit
    expected = fit(X[:100], y[:100], eval_set=(X[100:], y[100:], weights)).validation_loss_curve_
    for given in (
        {"eval_set": [(X[100:], y[100:], weights)]},
        {"X_val": X[100:], "y_val": y[100:], "sample_weight_val": weights},
    ):
        assert fit(X[:100], y[:100], **given).validation_loss_curve_ == expected
    for given, message in (
        ({"eval_set": [(X, y), (X, y)]}, "eval_set must be .* a list of 2 tuples"),
        ({"eval_set": []}, "eval_set must be .* list of 0"),
        ({"X_val": X}, "y_val must be given with X_val"),
        ({"y_val": y}, "X_val must be given with y_val"),
        ({"sample_weight_val": y}, "sample_weight_val must be given with X_val"),
        ({"eval_set": (X, y), "X_val": X, "y_val": y}, "eval_set and X_val"),
        ({"X_val": X, "y_val": y + 3}, r"y_val has the labels \[3 4\]"),
        ({"X_val": X[:, :2], "y_val": y}, "X_val and y_val: X has 2 features"),
        ({"X_val": X, "y_val": y, "sample_weight_val": 0 * y}, "sample_weight_val must have a weight"),
    ):
        with pytest.raises(ValueError, match=message):
            fit(X, y, **given)


@quiet
def test_a_pipeline_transforms_validation_data() -> None:
    import sklearn

    X, y = load_wine(return_X_y=True)
    with sklearn.config_context(enable_metadata_routing=True):
        model = MLPClassifier(random_state=0, max_iter=30).set_fit_request(X_val=True, y_val=True)
        pipeline = make_pipeline(StandardScaler(), model, transform_input=["X_val"])
        pipeline.fit(X, y, X_val=X, y_val=y)
        assert pipeline[-1].validation_scores_[-1] == pipeline.score(X, y) > 0.9


# ---- The noise of dropout ------------------------------------------------------------------


def noisy_losses(count: int, until: int, noise: float) -> list[float]:
    rng = np.random.default_rng(7)
    return [math.exp(-min(i, until) / 40) + noise * rng.normal() for i in range(count)]


@pytest.mark.parametrize("until", [30, 120, 400])
def test_auto_waits_until_a_noisy_loss_no_longer_falls(until: int) -> None:
    from swiftreg._estimators._stopping import TrainingLoss

    losses = noisy_losses(5000, until, 0.02)
    ends = {}
    for rule in ("auto", 10):
        judge = TrainingLoss(rule, 1e-4, True)
        for i in range(1, 5001):
            judge.take(losses[:i])
            if judge.is_over:
                break
        ends[rule] = i
        said = judge.warning(losses[:i])
        # A fixed number of epochs stops a long decrease too early, or a flat loss too late.
        if (rule, until) in ((10, 400), ("auto", 30)):
            assert said is not None and "noise of dropout" in said
    # Noise hides the end of a decrease; a flat loss is detected within about twice its epochs.
    assert min(until, 150) < ends["auto"] < 2.5 * until + 60
    assert ends[10] < ends["auto"]


@pytest.mark.parametrize(("rows", "batch", "keep_prob", "waits"), [(100, 10, 1.0, 25), (100, 2, 1.0, 10), (100, 2, 0.9, 20)])
def test_auto_waits_for_a_number_of_updates(rows: int, batch: int, keep_prob: float, waits: int) -> None:
    """With early stopping: 10 epochs, with dropout 20, and in any case 250 updates."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows + 30, 3))
    y = rng.integers(0, 2, rows + 30)  # nothing to learn: the loss soon rises
    data = {"X": X[:rows], "y": y[:rows], "X_val": X[rows:], "y_val": y[rows:]}
    model = MLPClassifier(early_stopping=True, batch_size=batch, keep_prob=keep_prob, learning_rate_init=0.01, random_state=0)
    model.fit(**data)
    assert model.n_iter_ == model.best_iter_ + waits + 1 < 200
    # max_iter epochs warn where there was progress in the last 10, with dropout 20.
    if waits == 25:
        clone(model).set_params(max_iter=model.best_iter_ + waits).fit(**data)
    with pytest.warns(ConvergenceWarning, match="has not converged yet"):
        clone(model).set_params(max_iter=model.best_iter_ + 1).fit(**data)


def test_the_fall_of_a_noisy_loss_and_its_error() -> None:
    from swiftreg._estimators._stopping import fall

    rng = np.random.default_rng(0)
    falls, errors = zip(*(
        fall((-0.002 * np.arange(100) + 0.1 * rng.normal(size=100)).tolist()) for _ in range(2000)
    ))
    assert np.mean(falls) == pytest.approx(0.002 * 25, rel=0.1)
    assert np.mean(errors) == pytest.approx(np.std(falls), rel=0.1)
    assert fall([1.0] * 19) == (math.inf, 0.0) and fall([1.0] * 20) == (0.0, 0.0)


def test_dropout_with_auto_trains_for_longer() -> None:
    X, y = load_wine(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    auto = MLPClassifier(keep_prob=0.5, random_state=0, max_iter=300)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        auto.fit(X, y)
    ten = clone(auto).set_params(n_iter_no_change=10)
    said = told(lambda: ten.fit(X, y))
    assert ten.n_iter_ < auto.n_iter_
    assert "for the noise of dropout" in said[0] and 'n_iter_no_change="auto"' in said[0]
    assert log_loss(y, auto.predict_proba(X)) < log_loss(y, ten.predict_proba(X))
    assert len(caught) == 1


# ---- Warnings ------------------------------------------------------------------------------


def test_a_scale_that_spoils_training_is_told_with_the_remedy() -> None:
    import pandas as pd
    import scipy.sparse

    X, y = load_wine(return_X_y=True, as_frame=True)
    model = MLPClassifier(random_state=0, max_iter=500, learning_rate_init=0.01)
    (first, *others) = told(lambda: model.fit(X, y))
    assert "column 'proline' has a root mean square of 810.2" in first and "1 other column is above" in first
    assert "make_pipeline(StandardScaler(), MLPClassifier(...))" in first
    assert "column 12 has" in told(lambda: model.fit(X.to_numpy(), y))[0]
    assert "MaxAbsScaler" in told(lambda: model.fit(scipy.sparse.csr_array(X.to_numpy()), y))[0]
    scaled = StandardScaler().fit_transform(X)
    assert told(lambda: model.fit(scaled, y)) == []
    assert "small scale" in told(lambda: model.fit(1e-5 * scaled, y))[0]
    assert isinstance(X, pd.DataFrame)

    X, y = load_diabetes(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    regressor = MLPRegressor(random_state=0, max_iter=300)
    assert "TransformedTargetRegressor(MLPRegressor(...)" in told(lambda: regressor.fit(X, y))[0]
    assert "tol can end" in told(lambda: regressor.fit(X, 1e-5 * y))[0]
    regressor.set_params(early_stopping=True)
    target = TransformedTargetRegressor(regressor, transformer=StandardScaler())
    assert told(lambda: target.fit(X, y)) == []
    assert target.score(X, y) > 0.4


def test_a_search_warns_once() -> None:
    X, y = load_wine(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    pipeline = make_pipeline(StandardScaler(), MLPClassifier(max_iter=2))
    grid = {"mlpclassifier__alpha": [0.1, 1.0, 10.0]}
    for search in (GridSearchCV(pipeline, grid, cv=3), GridSearchCV(MLPClassifier(max_iter=2), {"alpha": [1, 2]})):
        with pytest.warns(ConvergenceWarning) as caught:
            search.fit(X, y)
        assert len(caught) == 1
    # Another estimator, and each direct fit, warn again.
    assert len(told(lambda: [MLPClassifier(max_iter=2).fit(X, y) for _ in range(3)])) == 3
    original = MLPClassifier(max_iter=2)
    one, two = clone(original), clone(original)
    assert len(told(lambda: one.fit(X, y))) == 1 and told(lambda: two.fit(X, y)) == []
    assert told(lambda: pickle.loads(pickle.dumps(clone(two))).fit(X, y)) == []
    assert len(told(lambda: original.fit(X, y))) == 1
    assert len(told(lambda: clone(MLPClassifier(max_iter=2)).fit(X, y))) == 1


def test_a_search_in_processes_warns_once_in_each() -> None:
    code = (
        "from sklearn.datasets import load_iris\n"
        "from sklearn.model_selection import GridSearchCV\n"
        "from swiftreg import MLPClassifier\n"
        "search = GridSearchCV(MLPClassifier(max_iter=2), {'alpha': [0.1, 1.0, 10.0, 30.0]}, cv=5, n_jobs=2)\n"
        "search.fit(*load_iris(return_X_y=True))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 1 <= run.stderr.count("ConvergenceWarning") <= 3, run.stderr  # two workers, and the refit here


@quiet
def test_a_halving_search_with_early_stopping_has_scores() -> None:
    from sklearn.experimental import enable_halving_search_cv  # noqa: F401
    from sklearn.model_selection import HalvingGridSearchCV

    X, y = load_digits(return_X_y=True)
    model = MLPClassifier((20,), early_stopping=True, max_iter=30, learning_rate_init=0.02, random_state=0)
    search = HalvingGridSearchCV(model, {"alpha": [0.1, 1.0, 10.0]}, cv=3, random_state=0)
    search.fit(X[:400] / 16, y[:400])
    assert np.isfinite(search.cv_results_["mean_test_score"]).all() and search.best_score_ > 0.5


def test_a_low_keep_prob_and_a_dropout_argument() -> None:
    X, y = load_wine(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    model = MLPClassifier(keep_prob=0.2, max_iter=2)
    assert any("To drop 20%, set keep_prob=0.8" in text for text in told(lambda: model.fit(X, y)))
    assert len(told(lambda: MLPClassifier(keep_prob=0.3, max_iter=2).fit(X, y))) == 1
    for estimator in (MLPClassifier, MLPRegressor):
        name = estimator.__name__
        with pytest.raises(TypeError, match=f"{name} has no parameter 'dropout': .*keep_prob = 1 - dropout"):
            estimator(dropout=0.5)
        with pytest.raises(ValueError, match=f"{name} has no parameter 'dropout': .*keep_prob = 1 - dropout"):
            estimator().set_params(dropout=0.5)
        with pytest.raises(TypeError, match=f"{name} has no parameter 'hidden'$"):
            estimator(hidden=3)
        with pytest.raises(ValueError, match="Invalid parameter 'hidden'"):
            estimator().set_params(hidden=3)

    class Mine(MLPRegressor):
        def __init__(self, hidden: int = 3, **more: Any) -> None:
            super().__init__((hidden,), **more)

    assert Mine(4, keep_prob=0.5).hidden_layer_sizes == (4,)


# ---- Initial weights -----------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("init", ["xavier", "he", "lecun", "torch"])
@quiet
def test_initial_weights(init: str, dtype: str) -> None:
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(dtype)
    model = MLPClassifier((300, 200), init=init, random_state=5, max_iter=1, learning_rate_init=1e-300)
    model.fit(X, y)
    words = swiftreg._core.philox(model.network_.parameters.size, model.network_.seed, 2**16 - 1, 0)
    at = 0
    for W, b in model.network_.weights:
        n_out, n_in = W.shape
        r = {"xavier": 6 / (n_in + n_out), "he": 6 / n_in, "lecun": 3 / n_in, "torch": 1 / n_in}[init] ** 0.5
        for part, drawn in ((W, True), (b, init == "torch")):
            own = words[at : at + part.size].astype(float).reshape(part.shape)
            expected = r * ((2 * own + 1) / 2**32 - 1) if drawn else np.zeros(part.shape)
            np.testing.assert_allclose(part, expected, rtol=1e-6 if dtype == "float32" else 1e-14,
                                       atol=1e-298)
            at += part.size
    model.set_params(learning_rate_init=0.01, max_iter=20).fit(X, y)
    assert model.score(X, y) > 0.95
