"""swiftreg.MLP against XGBoost's gblinear: at the optimum that it finds, the gradient here is 0."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import xgboost

from networks import Array, carried, optimality
from swiftreg import MLP

EXAMPLES, FEATURES, CLASSES = 60, 4, 3


def inputs() -> Array:
    return np.random.default_rng(2).normal(size=(EXAMPLES, FEATURES)).astype(np.float32).astype(float)


def targets(objective: str) -> Array:
    rng = np.random.default_rng(8)
    values = 1 + inputs() @ rng.normal(size=FEATURES) + rng.normal(size=EXAMPLES)
    if objective == "multi:softprob":
        return np.digitize(values, [0.0, 2.0])
    return values.astype(np.float32).astype(float) if objective == "reg:squarederror" else (values > 1).astype(int)


@pytest.mark.parametrize("objective", ["reg:squarederror", "binary:logistic", "multi:softprob"])
@pytest.mark.parametrize("there", [{"reg_lambda": 0.3}, {"reg_lambda": 0.05, "reg_alpha": 0.02}])
@pytest.mark.parametrize("weighted", [False, True])
def test_gblinear(objective: str, there: dict[str, float], weighted: bool) -> None:
    X, y = inputs(), targets(objective)
    outputs = CLASSES if objective == "multi:softprob" else 1
    weights = np.linspace(0.5, 2.0, EXAMPLES) if weighted else None
    parameters: dict[str, Any] = {
        "booster": "gblinear", "objective": objective, "updater": "coord_descent", "eta": 1.0,
        "lambda": there["reg_lambda"], "alpha": there.get("reg_alpha", 0.0), "tolerance": 0, "nthread": 1,
        "base_score": 0.5, "feature_selector": "cyclic",
    }
    if outputs > 1:
        parameters["num_class"] = outputs
    booster = xgboost.train(parameters, xgboost.DMatrix(X, y, weight=weights), 400)
    # The weights of each feature in turn, then the biases.
    model = json.loads(bytes(booster.save_raw("json")))["learner"]["gradient_booster"]["model"]
    found = np.array(model["weights"]).reshape(FEATURES + 1, outputs)
    m = EXAMPLES if weights is None else float(weights.sum())
    made = MLP(
        [FEATURES, outputs], dtype="float64",
        **carried("xgboost.gblinear", objective=objective, examples=m, **there),
    )
    ((W, b),) = made.weights
    W[:] = found[:-1].T
    # The bias of the booster comes on top of base_score.
    b[:] = found[-1] + {"reg:squarederror": 0.5, "binary:logistic": 0.0, "multi:softprob": 0.5}[objective]
    Y = np.eye(CLASSES)[y] if outputs > 1 else y[:, None]
    assert optimality(made, X, Y, weights) < 1e-6
    of_sum = carried("xgboost.gblinear", objective=objective, examples=1, **there)
    wrong = MLP([FEATURES, outputs], dtype="float64", **of_sum)
    wrong.parameters[:] = made.parameters
    assert optimality(wrong, X, Y, weights) > 1e-3
