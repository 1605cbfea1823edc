"""MLPClassifierCV and MLPRegressorCV: the grid, the choice, the refit, and the same bits on every backend."""

from __future__ import annotations

import copy
import hashlib
import os
import pickle
import signal
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, make_multilabel_classification
from sklearn.exceptions import NotFittedError
from sklearn.metrics import log_loss, mean_squared_error, roc_auc_score
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import swiftreg
from swiftreg import MLPClassifier, MLPClassifierCV, MLPRegressorCV

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
Array = NDArray[Any]
SMALL: dict[str, Any] = {"hidden_layer_sizes": (12,), "learning_rate_init": 0.02, "max_iter": 25, "random_state": 3}


def iris() -> tuple[Array, Array]:
    X, y = load_iris(return_X_y=True)
    return StandardScaler().fit_transform(X), y


def sha(model: Any) -> str:
    whole = [model.network_.parameters, model.scores_, model.cv_results_["mean_n_epochs"], model.alphas_]
    return hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in whole)).hexdigest()


# ---- The grid and its scores ---------------------------------------------------------------


@pytest.mark.parametrize("keep_prob", [1.0, 0.7])
def test_every_score_is_that_of_a_training_by_hand(keep_prob: float) -> None:
    X, y = iris()
    alphas = [0.3, 30.0]
    model = MLPClassifierCV(alphas=alphas, keep_probs=[keep_prob], cv=3, n_repeats=2, **SMALL).fit(X, y)
    seeds = np.random.RandomState(3).randint(2**63 - 1, size=(2, 3), dtype=np.int64)
    Y = np.eye(3)[y]
    for a, alpha in enumerate(alphas):
        best_epochs = []
        for f, (train, test) in enumerate(StratifiedKFold(3).split(X, y)):
            scores = []
            for r in range(2):
                network = swiftreg.MLP(
                    [4, 12, 3], loss="softmax_cross_entropy", keep_prob=keep_prob, l2=alpha, init="xavier",
                    seed=int(seeds[r, f]), learning_rate=0.02, dtype="float64",
                )
                history = network.fit(
                    X[train], Y[train], epochs=25, batch_size=len(train), min_delta=1e-4,
                    patience=10 if keep_prob == 1 else 20, validation_data=(X[test], Y[test]),
                )
                scores.append(-log_loss(y[test], network.predict(X[test])))
                best_epochs.append(int(history.validation_cost.argmin()) + 1)
            assert model.scores_[a, 0, f] == pytest.approx(np.mean(scores), rel=1e-12)
            assert model.cv_results_[f"split{f}_test_score"][a] == model.scores_[a, 0, f]
        assert model.cv_results_["median_n_epochs"][a] == np.median(best_epochs)
    # The refit, on all examples.
    assert model.alpha_ == 0.3 and model.keep_prob_ == keep_prob and model.best_index_ == 0
    assert model.n_epochs_ == model.n_iter_ == len(model.loss_curve_)
    network = swiftreg.MLP(
        [4, 12, 3], loss="softmax_cross_entropy", keep_prob=keep_prob, l2=0.3, init="xavier",
        seed=model.network_.seed, learning_rate=0.02, dtype="float64",
    )
    network.fit(X, Y, epochs=model.n_epochs_, batch_size=150)
    assert np.array_equal(network.parameters, model.network_.parameters)
    assert np.array_equal(model.predict_proba(X), network.predict(X))
    assert model.t_ == 150 * model.n_epochs_


def test_cv_results_are_grid_search_cvs() -> None:
    X, y = iris()
    ours = MLPClassifierCV(alphas=[0.1, 5.0], keep_probs=[0.8, 1.0], cv=3, **SMALL).fit(X, y)
    theirs = GridSearchCV(
        MLPClassifier(**SMALL), {"alpha": [0.1, 5.0], "keep_prob": [0.8, 1.0]}, cv=3, scoring="neg_log_loss"
    ).fit(X, y)
    assert set(theirs.cv_results_) <= set(ours.cv_results_)
    for name, column in theirs.cv_results_.items():
        mine = ours.cv_results_[name]
        assert type(mine) is type(column) and len(mine) == 4
        if name != "params":
            assert np.asarray(mine).dtype == np.asarray(column).dtype, name
    assert ours.cv_results_["params"] == theirs.cv_results_["params"]
    frame = pd.DataFrame(ours.cv_results_)
    best = frame.loc[ours.best_index_]
    assert best["rank_test_score"] == 1 and best["mean_test_score"] == ours.best_score_ == frame["mean_test_score"].max()
    splits = frame[[f"split{i}_test_score" for i in range(3)]].to_numpy()
    np.testing.assert_allclose(frame["mean_test_score"], splits.mean(axis=1))
    np.testing.assert_allclose(frame["std_test_score"], splits.std(axis=1))
    np.testing.assert_allclose(frame["se_test_score"], splits.std(axis=1, ddof=1) / np.sqrt(3))
    assert np.array_equal(ours.scores_.reshape(4, 3), splits)
    assert (frame["mean_fit_time"] > 0).all() and (frame["mean_weight_norm"] > 0).all()


def test_an_integer_of_alphas_spans_from_nothing_learned_to_next_to_no_penalty() -> None:
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    model = MLPClassifierCV((30,), alphas=5, keep_probs=1.0, cv=3, random_state=0, learning_rate_init=0.01,
                            max_iter=150).fit(X, y)
    moments = X.T @ (y - y.mean())[:, None] / len(y)
    assert model.alphas_[-1] == pytest.approx(200 * np.linalg.norm(moments, 2))
    np.testing.assert_allclose(np.diff(np.log10(model.alphas_)), 1)
    constant = log_loss(y, np.full(len(y), y.mean()))
    means = model.cv_results_["mean_test_score"]
    assert -means[-1] > 0.7 * constant and -means.max() < 0.2 * constant
    assert 0 <= model.best_index_ < 4
    one = MLPClassifierCV(alphas=1, alpha_ratio=0.01, keep_probs=1.0, cv=2, **SMALL).fit(X, y)
    assert one.alphas_ == pytest.approx(model.alphas_[-1] / 10)
    weights = np.where(np.arange(len(y)) % 2 == 0, 2.0, 1.0)
    for data in (X, scipy.sparse.csr_array(X)):
        weighted = MLPClassifierCV(alphas=2, keep_probs=1.0, cv=2, **SMALL).fit(data, y, weights)
        own = np.repeat(np.arange(len(y)), weights.astype(int))
        moments = X[own].T @ (y[own] - y[own].mean()) / len(own)
        assert weighted.alphas_[-1] == pytest.approx(200 * weights.mean() * np.linalg.norm(moments))
    flat = MLPRegressorCV(alphas=2, keep_probs=1.0, cv=2, **SMALL).fit(X, np.ones(len(y)))
    assert flat.alphas_[-1] == 1


# ---- The choice ----------------------------------------------------------------------------


def test_the_rule_of_one_standard_error_takes_the_simplest_near_the_best() -> None:
    X, y = load_diabetes(return_X_y=True)
    X, y = StandardScaler().fit_transform(X), (y - y.mean()) / y.std()
    models = {
        rule: MLPRegressorCV(alphas=4, keep_probs=[1.0, 0.6], cv=4, rule=rule, **SMALL).fit(X, y)
        for rule in ("best", "1se")
    }
    results = pd.DataFrame(models["best"].cv_results_)
    best = results.loc[results["mean_test_score"].idxmax()]
    near = results[results["mean_test_score"] >= best["mean_test_score"] - best["se_test_score"]]
    simplest = near.sort_values(["param_alpha", "param_keep_prob"], ascending=[False, True]).iloc[0]
    assert models["best"].alpha_ == best["param_alpha"] and models["best"].keep_prob_ == best["param_keep_prob"]
    assert models["1se"].alpha_ == simplest["param_alpha"] and models["1se"].keep_prob_ == simplest["param_keep_prob"]
    assert models["1se"].alpha_ > models["best"].alpha_
    assert models["1se"].choices_ == models["best"].choices_
    assert np.linalg.norm(models["1se"].coefs_[0]) < np.linalg.norm(models["best"].coefs_[0])
    assert models["1se"].score(X, y) > 0.4
    np.testing.assert_allclose(
        models["best"].best_score_, best["mean_test_score"]
    )


def test_scorings() -> None:
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    weights = np.linspace(0.5, 2, len(y))

    def own(model: Any, X: Array, y: Array) -> float:
        return float(roc_auc_score(y, model.predict_proba(X)[:, 1]))

    arguments: dict[str, Any] = {"alphas": [1.0, 100.0], "keep_probs": [1.0], "cv": 2, **SMALL}
    named = MLPClassifierCV(scoring="roc_auc", **arguments).fit(X, y)
    called = MLPClassifierCV(scoring=own, **arguments).fit(pd.DataFrame(X).add_prefix("x"), y)
    assert np.array_equal(named.scores_, called.scores_) and named.scores_.min() > 0.9
    default = MLPClassifierCV(**arguments).fit(X, y, weights)
    same = MLPClassifierCV(scoring="neg_log_loss", **arguments).fit(X, y, weights)
    np.testing.assert_allclose(default.scores_, same.scores_, rtol=1e-9)
    target = np.c_[X[:, 0], X[:, 1] / 2]
    default = MLPRegressorCV(**arguments).fit(X[:, 2:], target, weights)
    same = MLPRegressorCV(scoring="neg_mean_squared_error", **arguments).fit(X[:, 2:], target, weights)
    np.testing.assert_allclose(default.scores_, same.scores_, rtol=1e-9)
    assert mean_squared_error(target, default.predict(X[:, 2:])) < 0.2


def test_splitters_groups_and_weights() -> None:
    X, y = iris()
    groups = np.arange(150) % 7
    arguments: dict[str, Any] = {"alphas": [1.0], "keep_probs": [1.0], **SMALL}
    by_group = MLPClassifierCV(cv=GroupKFold(4), **arguments).fit(X, y, groups=groups)
    assert by_group.n_splits_ == 4 and by_group.scores_.shape == (1, 1, 4)
    listed = list(GroupKFold(4).split(X, y, groups))
    assert np.array_equal(MLPClassifierCV(cv=listed, **arguments).fit(X, y).scores_, by_group.scores_)
    masks = [(np.isin(np.arange(150), a), np.isin(np.arange(150), b)) for a, b in listed]
    assert np.array_equal(MLPClassifierCV(cv=masks, **arguments).fit(X, y).scores_, by_group.scores_)
    with pytest.raises(ValueError, match="groups"):
        MLPClassifierCV(cv=GroupKFold(4), **arguments).fit(X, y)
    # Examples of weight 0 are as if never given, in the folds too.
    weights = np.where(np.arange(150) % 5 == 0, 0.0, 1.0)
    kept = weights > 0
    holes = np.where(kept[:, None], X, np.nan)
    never = MLPClassifierCV(cv=KFold(3, shuffle=True, random_state=0), **arguments).fit(X[kept], y[kept])
    zero = MLPClassifierCV(cv=KFold(3, shuffle=True, random_state=0), **arguments).fit(holes, y, weights)
    np.testing.assert_allclose(zero.scores_, never.scores_)
    places = [(np.flatnonzero(kept)[a], np.flatnonzero(kept)[b])
              for a, b in KFold(3, shuffle=True, random_state=0).split(X[kept])]
    same = MLPClassifierCV(cv=places, **arguments).fit(holes, y, weights)
    assert np.array_equal(same.scores_, zero.scores_)
    left_out = MLPClassifierCV(class_weight={1: 0.0}, cv=3, **arguments).fit(X, y)
    assert left_out.t_ == 100 * left_out.n_epochs_


def test_targets_and_inputs_of_all_kinds() -> None:
    X, Y = make_multilabel_classification(120, 10, n_classes=3, random_state=1)
    X = X.astype(np.float32)
    arguments: dict[str, Any] = {"alphas": [0.1, 10.0], "keep_probs": [1.0, [0.9, 0.5]], "cv": 2, **SMALL}
    labels = MLPClassifierCV(**arguments).fit(X, Y)
    assert labels.predict(X).shape == Y.shape and labels.coefs_[0].dtype == np.float32
    sparse = MLPClassifierCV(**arguments).fit(scipy.sparse.csc_array(X), Y)
    assert sha(sparse) == sha(labels)
    assert labels.cv_results_["param_keep_prob"].dtype == object
    names = MLPClassifierCV(**arguments).fit(X, np.array(["no", "yes"])[Y[:, 0]])
    assert set(names.predict(X)) <= {"no", "yes"} and names.predict_log_proba(X).shape == (120, 2)
    pipeline = make_pipeline(StandardScaler(), MLPClassifierCV(**arguments))
    assert cross_val_score(pipeline, X, Y[:, 0], cv=2).min() > 0.5
    mean, deviation = names.predict_dropout(X, 10)
    assert mean.shape == deviation.shape == (120, 2)


# ---- The same everywhere -------------------------------------------------------------------


def on_backends() -> dict[str, Any]:
    return {
        "one": (None, None), "two": (2, None), "threading": (2, "threading"), "processes": (2, "loky"),
    }


def test_the_same_choice_and_bits_on_every_backend() -> None:
    X, y = iris()
    model = MLPClassifierCV(alphas=3, keep_probs=[1.0, 0.7], cv=3, n_repeats=2, **SMALL)
    expected = sha(clone(model).fit(X, y))
    before = swiftreg.get_num_threads()
    for threads in (1, 2):
        swiftreg.set_num_threads(threads)
        try:
            assert sha(clone(model).fit(X, y)) == expected
        finally:
            swiftreg.set_num_threads(before)
    for n_jobs, backend in on_backends().values():
        twin = clone(model).set_params(n_jobs=n_jobs)
        if backend is None:
            assert sha(twin.fit(X, y)) == expected
        else:
            with joblib.parallel_config(backend=backend):
                assert sha(twin.fit(X, y)) == expected
    other = clone(model).set_params(random_state=4).fit(X, y)
    assert sha(other) != expected


@pytest.mark.filterwarnings("ignore")
def test_the_same_on_dask() -> None:
    distributed = pytest.importorskip("distributed")
    X, y = iris()
    model = MLPClassifierCV(alphas=2, keep_probs=[1.0, 0.7], cv=3, **SMALL)
    expected = sha(clone(model).fit(X, y))
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None
    ) as cluster, distributed.Client(cluster):
        with joblib.parallel_config(backend="dask"):
            assert sha(clone(model).set_params(n_jobs=2).fit(X, y)) == expected


def test_the_same_on_ray() -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install ray")
    # In a process of its own, which Ray's threads end with.
    code = """
import joblib, ray
from ray.util.joblib import register_ray
from test_estimator_cv import *

X, y = iris()
model = MLPClassifierCV(alphas=2, keep_probs=[1.0, 0.7], cv=3, **SMALL)
print(sha(clone(model).fit(X, y)))
ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
register_ray()
with joblib.parallel_config(backend="ray"):
    print(sha(clone(model).set_params(n_jobs=2).fit(X, y)))
"""
    # No token in the home directory, and no report to anybody.
    environment = {
        **os.environ, "PYTHONPATH": str(Path(__file__).parent), "RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0",
    }
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert run.returncode == 0, run.stderr
    expected, found = run.stdout.split()[-2:]
    assert len(expected) == 64 and found == expected


def test_copies_and_pickles_keep_everything() -> None:
    X, y = iris()
    model = MLPClassifierCV(alphas=[1.0], keep_probs=[0.8], cv=2, **SMALL).fit(X, y)
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert np.array_equal(other.predict_proba(X), model.predict_proba(X)) and sha(other) == sha(model)
    with pytest.raises(NotFittedError):
        MLPClassifierCV().predict(X)
    assert not hasattr(model, "partial_fit")


# ---- Interrupted, failed, refused ----------------------------------------------------------


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_ctrl_c_keeps_finished_trainings(n_jobs: int | None) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 40))
    y = (X[:, 0] > 0).astype(int)
    # 766 trainings of tens of milliseconds: some are done after four seconds, and far from all.
    model = MLPClassifierCV((200,), alphas=[0.1, 1.0, 10.0] + list(range(20, 400)), keep_probs=1.0, cv=2,
                            random_state=0, max_iter=40, n_jobs=n_jobs)
    timer = threading.Timer(4.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        with joblib.parallel_config("threading"), pytest.warns(UserWarning, match=r"interrupted by the user: .* among the \d+ of 383 points"):
            model.fit(X, y)
    finally:
        timer.cancel()
    done = ~np.isnan(model.cv_results_["mean_test_score"])
    assert 0 < done.sum() < 383 and done[model.best_index_]
    assert model.predict(X).shape == (3000,)
    with pytest.raises(KeyboardInterrupt):
        interrupting = MLPClassifierCV(alphas=[1.0], keep_probs=1.0, cv=2, scoring=interrupt, **SMALL)
        interrupting.fit(X[:50], y[:50])
    assert not hasattr(interrupting, "alphas_")


def interrupt(*arguments: Any) -> float:
    raise KeyboardInterrupt


def test_points_that_fail_are_not_chosen() -> None:
    X, y = load_diabetes(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    y = y / 100
    arguments: dict[str, Any] = {"keep_probs": 1.0, "cv": 2, "solver": "sgd", "max_iter": 20, "random_state": 0}
    model = MLPRegressorCV(alphas=[1.0, 1e9], learning_rate_init=0.01, **arguments)
    with pytest.warns(match="2 of 4 trainings fail"):
        model.fit(X, y)
    assert model.alpha_ == 1.0 and np.isnan(model.scores_[1]).all()
    assert model.cv_results_["rank_test_score"].tolist() == [1, 2]
    with pytest.raises(FloatingPointError, match="no training had a finite loss"):
        MLPRegressorCV(alphas=[1e9], learning_rate_init=0.01, **arguments).fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        before = model.predict(X)
        with pytest.raises(FloatingPointError):
            model.set_params(alphas=[1e9]).fit(X, y)
    assert np.array_equal(model.predict(X), before) and model.alpha_ == 1.0


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"alphas": 0}, "alphas == 0"),
        ({"alphas": []}, "alphas must not be empty"),
        ({"alphas": [1.0, -1.0]}, r"alphas\[1\] == -1"),
        ({"alphas": "many"}, "alphas must be an integer or numbers, got 'many'"),
        ({"alpha_ratio": 1.0}, "alpha_ratio == 1"),
        ({"keep_probs": []}, "keep_probs must not be empty"),
        ({"keep_probs": [0.0]}, "keep_prob == 0"),
        ({"keep_probs": [[0.5, 0.5, 0.5]]}, "keep_prob must be a number or 2 numbers"),
        ({"keep_probs": "half"}, "keep_probs must be numbers"),
        ({"rule": "2se"}, "rule must be one of best, 1se, got '2se'"),
        ({"n_repeats": 0}, "n_repeats == 0"),
        ({"cv": 1}, "n_splits=1"),
        ({"cv": []}, "cv has no splits"),
        ({"scoring": "best"}, "best"),
        ({"batch_size": 0}, "batch_size == 0"),
        ({"solver": "lbfgs"}, "solver"),
    ],
)
def test_bad_parameters_are_named(parameters: dict[str, Any], message: str) -> None:
    X, y = iris()
    with pytest.raises((ValueError, TypeError), match=message):
        MLPClassifierCV(**{"cv": 2, "max_iter": 1, **parameters}).fit(X, y)
    with pytest.raises(TypeError, match="MLPClassifierCV has no parameter 'dropout': .*keep_prob = 1 - dropout"):
        MLPClassifierCV(dropout=0.5)


def test_a_bar_counts_the_trainings(capsys: pytest.CaptureFixture[str]) -> None:
    X, y = iris()
    MLPClassifierCV(alphas=[1.0, 2.0], keep_probs=1.0, cv=3, progress=True, **SMALL).fit(X, y)
    assert "6/6" in capsys.readouterr().err


def test_a_search_warns_of_one_thing_once() -> None:
    code = (
        "from sklearn.datasets import load_wine; from swiftreg import MLPClassifierCV\n"
        "search = MLPClassifierCV(cv=3, alphas=2, max_iter=3, keep_probs=[1.0, 0.2], n_jobs=2, random_state=0)\n"
        "search.fit(*load_wine(return_X_y=True))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lines = [line for line in run.stderr.splitlines() if "Warning: " in line]
    assert len(lines) == 3, run.stderr
    assert "MLPClassifierCV is given an X with columns of a large scale" in lines[0]
    assert "make_pipeline(StandardScaler(), MLPClassifierCV(...))" in lines[0]
    assert "keep_prob=0.2" in lines[1] and "max_iter=3" in lines[2]
