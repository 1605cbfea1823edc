"""Inputs of element types that have no buffer format: bfloat16 and the like, of ml_dtypes."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

import swiftreg
from swiftreg import MLP, MLPClassifier, notebook

TYPES = ["bfloat16", "float8_e4m3fn", "float8_e5m2", "int4"]


@pytest.mark.parametrize("name", TYPES)
def test_they_are_converted_exactly(name: str) -> None:
    rng = np.random.default_rng(0)
    X = (rng.normal(size=(12, 3)) * 2).astype(getattr(ml_dtypes, name))
    exact = X.astype(np.float32)
    assert exact.any()
    y = np.arange(12) % 2
    weights = np.abs(rng.normal(size=12)).astype(ml_dtypes.bfloat16)
    for dtype in ("float32", "float64"):
        network, other = MLP([3, 4, 1], dtype=dtype), MLP([3, 4, 1], dtype=dtype)
        np.testing.assert_array_equal(network.predict(X), other.predict(exact))
        np.testing.assert_array_equal(network.predict(X[::-2].T.copy().T), other.predict(exact[::-2]))
        network.fit(X, y, sample_weight=weights)
        other.fit(exact, y, sample_weight=weights.astype(np.float32))
        assert network.to_bytes() == other.to_bytes()
        assert network.cost(X, X[:, :1] > 0) == other.cost(exact, X[:, :1] > 0)
    dropped = swiftreg.dropout(X, 0.5, seed=3)
    assert dropped.dtype == np.float32
    np.testing.assert_array_equal(dropped, swiftreg.dropout(exact, 0.5, seed=3))
    np.testing.assert_array_equal(notebook.relu(X), notebook.relu(exact))
    fitted = MLPClassifier((3,), max_iter=500, tol=1.0, n_iter_no_change=1).fit(X, y)
    np.testing.assert_array_equal(fitted.predict(X), fitted.predict(exact))


@pytest.mark.parametrize("values", [np.zeros((2, 3), "datetime64[D]"), np.zeros((2, 3), "V8"), np.zeros((2, 3), "i4,f8")])
def test_others_are_refused(values: Any) -> None:
    with pytest.raises(TypeError, match="^X "):
        MLP([3, 1]).predict(values)
