"""MLflow loads what it saved, in each of its formats: predictions bit for bit, and training goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from swiftreg import MLPClassifier, MLPRegressor

mlflow: Any = pytest.importorskip("mlflow")
pytestmark = pytest.mark.filterwarnings("ignore")


def estimators() -> dict[str, Any]:
    rng = np.random.default_rng(2)
    X = rng.normal(size=(60, 4))
    names = np.array(["ant", "bee", "cat"])[rng.integers(3, size=60)]
    settings: dict[str, Any] = {"max_iter": 5, "n_iter_no_change": 50, "random_state": 0, "keep_prob": 0.9}
    return {
        "classifier": MLPClassifier((5,), **settings).fit(X, names),
        "regressor": MLPRegressor((5,), solver="sgd", **settings).fit(X.astype(np.float32), X[:, :2]),
        "pipeline": make_pipeline(StandardScaler(), MLPClassifier((5,), **settings)).fit(X, names),
    }


@pytest.mark.parametrize("form", ["skops", "pickle", "cloudpickle"])
@pytest.mark.parametrize("name", ["classifier", "regressor", "pipeline"])
def test_round_trip(name: str, form: str, tmp_path: Path) -> None:
    from mlflow import sklearn

    estimator, path = estimators()[name], tmp_path / "model"
    # With its requirements, MLflow does not look for them in another process.
    options: dict[str, Any] = {"serialization_format": form, "pip_requirements": ["scikit-learn"]}
    if form == "skops":
        data = skops.io.dumps(estimator)
        options["skops_trusted_types"] = skops.io.get_untrusted_types(data=data)
    sklearn.save_model(estimator, path, **options)
    again = sklearn.load_model(str(path))
    X = np.random.default_rng(3).normal(size=(9, 4))
    for method in ("predict", "predict_proba"):
        if hasattr(estimator, method):
            np.testing.assert_array_equal(getattr(again, method)(X), getattr(estimator, method)(X))
    if name != "pipeline":
        y = estimator.predict(X)
        for one in (estimator, again):
            one.partial_fit(X, y)
        np.testing.assert_array_equal(again.coefs_[0], estimator.coefs_[0])
    model = mlflow.pyfunc.load_model(str(path))
    assert len(model.predict(X)) == 9
