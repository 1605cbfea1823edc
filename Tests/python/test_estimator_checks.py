"""scikit-learn's own checks of an estimator, without exemptions."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from swiftreg import MLPClassifier, MLPClassifierCV, MLPRegressor, MLPRegressorCV

# A small grid: the checks fit some hundred times.
GRID: dict[str, Any] = {"alphas": 2, "keep_probs": [1.0], "cv": 3, "hidden_layer_sizes": (20,)}


def expected_failures(estimator: Any) -> dict[str, str]:
    """An example of weight 2 is held out, or drops units, as one; two equal examples each do.

    scikit-learn's own MLP with early_stopping=True fails these, and five more.
    """
    if not getattr(estimator, "early_stopping", False) and getattr(estimator, "keep_prob", 1) == 1:
        return {}
    reason = "one draw for an example, whatever its weight"
    return {f"check_sample_weight_equivalence_on_{kind}_data": reason for kind in ("dense", "sparse")}


# Some checks train on a few examples or on noise.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks([
    MLPClassifier(),
    MLPRegressor(),
    MLPClassifier(early_stopping=True),
    MLPRegressor(early_stopping=True),
    MLPClassifier(class_weight="balanced"),
    MLPClassifier(keep_prob=0.8),
    MLPRegressor(keep_prob=0.8),
    MLPClassifierCV(**GRID),
    MLPRegressorCV(**GRID),
], expected_failed_checks=expected_failures)
def test_scikit_learn_accepts_the_estimators(estimator: Any, check: Any) -> None:
    check(estimator)
