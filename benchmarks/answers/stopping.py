"""Early stopping by default against stopping on the validation loss by hand."""

from __future__ import annotations

import copy
import math
from typing import Any

from sklearn.model_selection import train_test_split

import swiftreg
from answers.data import Split
from answers.measures import auc, loss, score


def by_default_and_by_hand(split: Split, classes: int | None, seed: int) -> dict[str, Any]:
    """Score, loss and AUC on the test part: of the default rule, and of the epoch with the lowest validation loss.

    Both have the same tenth to validate on and the same seed, and so the same epochs. By hand, each of
    max_iter epochs is trained. `best_auc` is the highest AUC on the test part of any epoch, which no rule can
    know.
    """
    X, X_val, y, y_val = train_test_split(
        split.X, split.y, test_size=0.1, stratify=None if classes is None else split.y, random_state=seed
    )
    kind = swiftreg.MLPRegressor if classes is None else swiftreg.MLPClassifier
    default = kind(early_stopping=True, random_state=seed).fit(X, y, X_val=X_val, y_val=y_val)
    lowest, best = math.inf, default
    aucs: list[float] = []

    def watch(model: Any) -> None:
        nonlocal lowest, best
        if model.validation_loss_curve_[-1] < lowest:
            lowest, best = model.validation_loss_curve_[-1], copy.deepcopy(model)
        if classes == 2:
            aucs.append(auc(model, split.test_X, split.test_y))

    every = kind(n_iter_no_change=math.inf, random_state=seed)
    every.fit(X, y, X_val=X_val, y_val=y_val, callbacks=watch)
    test = (split.test_X, split.test_y)
    found: dict[str, Any] = {}
    for name, model, epochs in (("default", default, default.best_iter_), ("hand", best, best.n_iter_)):
        found[name] = {"score": score(model, *test, classes), "loss": loss(model, *test, classes), "epochs": epochs}
        if classes == 2:
            found[name]["auc"] = auc(model, *test)
    if classes == 2:
        found["best_auc"] = max(aucs)
    return found
