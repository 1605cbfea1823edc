"""X as a data frame of pandas, polars or pyarrow, or as a sparse matrix."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from numpy.typing import NDArray
from sklearn.compose import make_column_transformer
from sklearn.datasets import make_classification, make_multilabel_classification
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from swiftreg import MLPClassifier, MLPClassifierCV, MLPRegressor, MLPRegressorCV, _frames

pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
Array = NDArray[Any]
NAMES = ["a", "b", "c", "d"]


def table(dtype: str = "float64", count: int = 120) -> tuple[Array, Array]:
    X, y = make_classification(count, 4, n_informative=3, n_redundant=0, random_state=4)
    return X.astype(dtype), y


def frames(X: Array) -> dict[str, Any]:
    columns = {name: X[:, i] for i, name in enumerate(NAMES)}
    return {
        "pandas": pd.DataFrame(columns),
        "pandas, nullable": pd.DataFrame(columns).convert_dtypes(),
        "pandas, arrow": pd.DataFrame(columns).convert_dtypes(dtype_backend="pyarrow"),
        "polars": pl.DataFrame(columns),
        "pyarrow": pa.table(columns),
    }


# ---- Data frames ---------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", list(frames(np.zeros((1, 4)))))
def test_frames_are_arrays_with_names(kind: str, dtype: str) -> None:
    X, y = table(dtype)
    frame = frames(X)[kind]
    for make in (MLPClassifier, MLPRegressor):
        first = {"classes": [0, 1]} if make is MLPClassifier else {}
        model = make(random_state=0, max_iter=3, early_stopping=True).fit(frame, y, X_val=frame, y_val=y)
        plain = make(random_state=0, max_iter=3, early_stopping=True).fit(X, y, X_val=X, y_val=y)
        assert np.array_equal(model.coefs_[0], plain.coefs_[0]) and model.coefs_[0].dtype == dtype
        assert model.feature_names_in_.tolist() == NAMES and model.n_features_in_ == 4
        assert np.array_equal(model.predict(frame), plain.predict(X))
        parts = make(random_state=0).partial_fit(frame, y, **first).partial_fit(frame, y)
        assert np.array_equal(
            parts.coefs_[0], make(random_state=0).partial_fit(X, y, **first).partial_fit(X, y).coefs_[0]
        )
        renamed = frames(X)[kind]
        renamed = renamed.rename_columns([*"efgh"]) if kind == "pyarrow" else (
            renamed.rename({"a": "e"}) if kind == "polars" else renamed.rename(columns={"a": "e"}))
        with pytest.raises(ValueError, match="feature names"):
            model.predict(renamed)
        weights = np.where(np.arange(120) % 4 == 0, 0.0, 1.0)
        some = make(random_state=0, max_iter=3).fit(frame, y, weights)
        assert np.array_equal(some.coefs_[0], make(random_state=0, max_iter=3).fit(X, y, weights).coefs_[0])
        if kind != "pandas, nullable" or dtype == "float64":
            labels = {"pandas": pd.Series, "polars": pl.Series, "pyarrow": pa.array}[kind.split(",")[0]]
            assert np.array_equal(make(random_state=0, max_iter=3).fit(frame, labels(y)).coefs_[0],
                                  make(random_state=0, max_iter=3).fit(X, y).coefs_[0])


@pytest.mark.parametrize("kind", list(frames(np.zeros((1, 4)))))
def test_cross_validation_of_frames(kind: str) -> None:
    X, y = table("float32")
    frame = frames(X)[kind]
    weights = np.where(np.arange(120) % 4 == 0, 0.0, 1.0)
    arguments: dict[str, Any] = {"alphas": 2, "keep_probs": [0.8], "cv": 2, "random_state": 0, "max_iter": 4}
    for make in (MLPClassifierCV, MLPRegressorCV):
        model, plain = make(**arguments).fit(frame, y, weights), make(**arguments).fit(X, y, weights)
        assert np.array_equal(model.coefs_[0], plain.coefs_[0]) and model.coefs_[0].dtype == np.float32
        assert model.feature_names_in_.tolist() == NAMES
        assert np.array_equal(model.predict(frame), plain.predict(X))


def test_columns_of_several_types() -> None:
    X, y = table()
    flag = X[:, 0] > 0
    expected = np.c_[flag, X[:, 1].astype(np.float32), (10 * X[:, 2]).astype(int)]
    columns = {"flag": flag, "b": X[:, 1].astype(np.float32), "c": (10 * X[:, 2]).astype(np.int64)}
    for frame in (
        pd.DataFrame(columns), pd.DataFrame(columns).astype({"flag": "boolean", "b": "Float32", "c": "Int64"}),
        pl.DataFrame(columns), pa.table(columns),
        pd.DataFrame(columns).astype({"c": "category"}), pd.DataFrame(columns).astype(object),
    ):
        assert np.array_equal(_frames.numbers(frame, "X"), expected)
        model = MLPClassifier(random_state=0, max_iter=3).fit(frame, y)
        assert np.array_equal(model.predict_proba(frame),
                              MLPClassifier(random_state=0, max_iter=3).fit(expected, y).predict_proba(expected))
    single = {name: column for name, column in columns.items() if name != "c"}
    for frame in (pd.DataFrame(single), pl.DataFrame(single), pa.table(single)):
        assert _frames.numbers(frame, "X").dtype == np.float32
    missing = {"a": [1, None, 3], "b": [True, False, None]}
    for frame in (pl.DataFrame(missing), pa.table(missing), pd.DataFrame(missing),
                  pd.DataFrame(missing).convert_dtypes()):
        np.testing.assert_array_equal(_frames.numbers(frame, "X"), [[1, 1], [np.nan, 0], [3, np.nan]])
        with pytest.raises(ValueError, match="NaN"):
            MLPRegressor().fit(frame, [1.0, 2.0, 3.0])
    with pytest.raises(TypeError, match="column 'city' of X must hold real numbers, got Python objects of type str"):
        _frames.numbers(pd.DataFrame({"a": [1.0], "city": ["Bern"]}), "X")
    with pytest.raises(ValueError, match="Bern"):
        MLPRegressor().fit(pd.DataFrame({"a": [1.0, 2.0], "city": ["Bern", "Basel"]}), [1, 2])


# ---- Sparse matrices -----------------------------------------------------------------------


def forms(X: Array) -> list[Any]:
    return [scipy.sparse.csr_array(X), scipy.sparse.csc_matrix(X), scipy.sparse.coo_array(X)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("keep_prob", [1.0, [0.9, 0.7]])
def test_sparse_and_dense_train_to_the_same_bits(solver: str, dtype: str, keep_prob: Any) -> None:
    X, y = make_classification(330, 70, n_informative=10, n_classes=3, random_state=1)
    X = np.where(np.abs(X) > 0.8, X, 0).astype(dtype)
    weights = np.linspace(0, 2, 330)
    parameters: dict[str, Any] = {
        "random_state": 0, "max_iter": 4, "solver": solver, "keep_prob": keep_prob, "batch_size": 64,
        "early_stopping": True,
    }
    dense = MLPClassifier((40,), **parameters).fit(X, y, weights, eval_set=(X[:100], y[:100]))
    for sparse in forms(X):
        model = MLPClassifier((40,), **parameters)
        model.fit(sparse, y, weights, eval_set=(scipy.sparse.csr_array(X[:100]), y[:100]))
        assert np.array_equal(model.network_.parameters, dense.network_.parameters)
        np.testing.assert_allclose(model.loss_curve_, dense.loss_curve_, rtol=1e-12)
        np.testing.assert_allclose(model.validation_loss_curve_, dense.validation_loss_curve_, rtol=1e-12)
        assert np.array_equal(model.predict_proba(sparse), dense.predict_proba(X))
        assert np.array_equal(model.predict_proba(X, mc_samples=3), dense.predict_proba(sparse, mc_samples=3))
    own = MLPClassifier((40,), **parameters).fit(sparse, y)  # splits by itself
    assert np.array_equal(own.coefs_[0], MLPClassifier((40,), **parameters).fit(X, y).coefs_[0])


def test_sparse_partial_fit_and_other_targets() -> None:
    X, Y = make_multilabel_classification(150, 30, n_classes=4, random_state=1)
    for make, y in ((MLPClassifier, Y), (MLPRegressor, Y.astype(float)), (MLPRegressor, X[:, 0])):
        sparse, dense = make(random_state=0), make(random_state=0)
        for part in (slice(0, 70), slice(70, 150)):
            sparse.partial_fit(scipy.sparse.csc_array(X[part]), y[part])
            dense.partial_fit(X[part].astype(float), y[part])
        assert np.array_equal(sparse.network_.parameters, dense.network_.parameters)
        assert np.array_equal(sparse.network_.optimizer_state, dense.network_.optimizer_state)
        before = sparse.network_.parameters.copy()
        sparse.set_params(solver="sgd", learning_rate_init=1e300)
        with pytest.raises(FloatingPointError, match="step"):
            sparse.partial_fit(scipy.sparse.csr_array(1e200 * X), y)
        assert np.array_equal(sparse.network_.parameters, before)


def test_encoders_and_text_in_a_pipeline() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"city": rng.choice(["Bern", "Basel", "Chur"], 150), "size": rng.normal(size=150)})
    y = (frame["city"] == "Bern") & (frame["size"] > 0)
    columns = make_column_transformer(
        (OneHotEncoder(), ["city"]), remainder="passthrough", sparse_threshold=1.0
    )
    model = make_pipeline(columns, MLPClassifier(random_state=0, learning_rate_init=0.02)).fit(frame, y)
    assert model.score(frame, y) > 0.95
    words = ["good fine film", "bad dull film", "fine good", "dull bad"] * 20
    model = make_pipeline(TfidfVectorizer(), MLPClassifier(random_state=0, learning_rate_init=0.02))
    assert model.fit(words, [1, 0, 1, 0] * 20).score(words, [1, 0, 1, 0] * 20) == 1


LARGE = r"""
import re, warnings
import numpy as np, scipy.sparse
from swiftreg import MLPClassifier

warnings.simplefilter("ignore")
rng = np.random.default_rng(0)
n, features, each = 20_000, 50_000, 50
indices = rng.integers(0, features, size=n * each)
X = scipy.sparse.csr_array((np.ones(n * each), indices, np.arange(0, n * each + 1, each)), (n, features))
y = (X[:, :2000].sum(axis=1) > 2).astype(int)
model = MLPClassifier(random_state=0, max_iter=1).fit(X, y)
model.predict(X)
assert model.coefs_[0].dtype == np.float64
# ru_maxrss would include that of the process which started this one.
print(int(re.search(r"VmHWM:\s+(\d+) kB", open("/proc/self/status").read())[1]) // 1024)
"""


def test_memory_does_not_grow_with_rows_times_columns() -> None:
    """As a dense array X would have 8 GB."""
    environment = {**os.environ, "SWIFTREG_NUM_THREADS": "2"}
    run = subprocess.run([sys.executable, "-c", LARGE], capture_output=True, text=True, env=environment)
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) < 600
