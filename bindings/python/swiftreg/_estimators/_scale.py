"""Columns and targets whose scale spoils training."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

# Initial weights and learning rates suit inputs and targets of order 1. Pixels of 0 to 16 still train.
LARGE_INPUT = 30.0
SMALL_INPUT = 1e-3
LARGE_TARGET = 10.0
SMALL_TARGET = 0.03


def _root_mean_squares(X: Any) -> NDArray[np.float64]:
    """The root mean square of each column; X is dense or CSR, with at least one row."""
    if scipy.sparse.issparse(X):
        squares = np.bincount(X.indices, np.square(X.data, dtype=np.float64), X.shape[1])
    else:
        squares = np.zeros(X.shape[1])
        for first in range(0, len(X), 4096):
            part = X[first : first + 4096]
            squares += np.einsum("ij,ij->j", part, part, dtype=np.float64)
    scales: NDArray[np.float64] = np.sqrt(squares / X.shape[0])
    return scales


def input_warning(X: Any, names: Any, estimator: str) -> str | None:
    """What is wrong with the scale of the columns of X, and the remedy; None for nothing."""
    scales = _root_mean_squares(X)
    remedy = f"Scale X first: make_pipeline(StandardScaler(), {estimator}(...))."
    if scipy.sparse.issparse(X):
        remedy = f"Scale X first: make_pipeline(MaxAbsScaler(), {estimator}(...))."
    large = np.flatnonzero(scales > LARGE_INPUT)
    if len(large) > 0:
        worst = int(scales.argmax())
        name = f"column {worst}" if names is None else f"column {str(names[worst])!r}"
        more = len(large) - 1
        others = f", and {more} other column{' is' if more == 1 else 's are'} above {LARGE_INPUT:g}"
        return (
            f"an X with columns of a large scale, which can spoil training: {name} has a root mean square"
            f" of {scales[worst]:.4g}{others if more > 0 else ''}. {remedy}"
        )
    if not scipy.sparse.issparse(X) and 0 < scales.max() < SMALL_INPUT:
        return (
            "an X with columns of a small scale only, which can spoil training: the largest root mean"
            f" square is {scales.max():.4g}. {remedy}"
        )
    return None


def target_warning(Y: NDArray[Any], estimator: str) -> str | None:
    """What is wrong with the scale of a regressor's targets, (n, outputs), and the remedy."""
    scales = _root_mean_squares(Y)
    worst = int(scales.argmax())
    if scales[worst] > LARGE_TARGET:
        wrong = f"a y of a large scale, which can spoil training: a root mean square of {scales[worst]:.4g}"
    elif 0 < scales[worst] < SMALL_TARGET:
        wrong = (
            "a y of a small scale, so that tol can end training too early: a root mean square of"
            f" {scales[worst]:.4g}"
        )
    else:
        return None
    return (
        f"{wrong}. Scale y to order 1: TransformedTargetRegressor({estimator}(...),"
        " transformer=StandardScaler())."
    )
