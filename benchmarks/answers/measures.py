"""What is measured: CPU time, and how good a model is on a test part."""

from __future__ import annotations

import math
import resource
import time
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, log_loss, mean_squared_error, r2_score, roc_auc_score

# `classes` is the number of classes, labels being 0, 1, ...; None: regression.


def cpu_seconds() -> float:
    """The CPU time of this process and of its children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def probabilities(model: Any, X: Any) -> Any:
    """In double, each row adding up to 1, as scikit-learn's measures want them."""
    p = np.asarray(model.predict_proba(X), float)
    return p / p.sum(axis=1, keepdims=True)


def _values(model: Any, X: Any) -> Any:
    return np.asarray(model.predict(X), float).ravel()


def loss(model: Any, X: Any, y: Any, classes: int | None) -> float:
    """The log loss or the mean squared error; infinite for outputs that are not finite."""
    outputs = _values(model, X) if classes is None else probabilities(model, X)
    if not np.isfinite(outputs).all():
        return math.inf
    if classes is None:
        return float(mean_squared_error(np.ravel(y), outputs))
    return float(log_loss(y, outputs, labels=np.arange(classes)))


def score(model: Any, X: Any, y: Any, classes: int | None) -> float:
    """The accuracy or R2."""
    if classes is None:
        return float(r2_score(np.ravel(y), _values(model, X)))
    return float(accuracy_score(y, model.predict(X)))


def auc(model: Any, X: Any, y: Any) -> float:
    """The area under the ROC curve; for several classes the mean of each against the rest."""
    p = probabilities(model, X)
    return float(roc_auc_score(y, p[:, 1]) if p.shape[1] == 2 else roc_auc_score(y, p, multi_class="ovr"))
