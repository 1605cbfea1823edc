"""The choice of alpha and keep_prob: a whole grid, cross-validated."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import peers
import swiftreg
from group import Group
from measure import SWIFTREG, Case, Contestant

ALPHAS = [float(alpha) for alpha in np.logspace(-3, 2, 6)]
KEEP_PROBS = [1.0, 0.9, 0.8, 0.5]
FOLDS = 5
FITS = len(ALPHAS) * len(KEEP_PROBS) * FOLDS


def _search(estimator: Any, grid: dict[str, Any], processes: int) -> Any:
    from sklearn.model_selection import GridSearchCV

    return GridSearchCV(estimator, grid, cv=FOLDS, n_jobs=processes, refit=False)


def _contestants(X: Any, y: Any, epochs: int, threads: int) -> list[Contestant]:
    from joblib import parallel_config
    from sklearn.base import clone
    from sklearn.neural_network import MLPClassifier as TheirClassifier

    from swiftreg import MLPClassifier, MLPClassifierCV

    same = {
        "hidden_layer_sizes": (100,), "learning_rate_init": 0.001, "max_iter": epochs, "random_state": 0,
    }
    whole = MLPClassifierCV(
        alphas=ALPHAS, keep_probs=KEEP_PROBS, cv=FOLDS, n_iter_no_change=math.inf, **same
    )
    ours = _search(
        MLPClassifier(n_iter_no_change=math.inf, **same), {"alpha": ALPHAS, "keep_prob": KEEP_PROBS}, threads
    )
    # Without dropout, so without a second axis of the grid.
    theirs = _search(TheirClassifier(n_iter_no_change=epochs + 1, **same), {"alpha": ALPHAS}, threads)

    def by(search: Any) -> Callable[[], Any]:
        def run() -> Any:
            with warnings.catch_warnings(), parallel_config("loky", inner_max_num_threads=1):
                warnings.simplefilter("ignore")
                return search.fit(X, y)

        return run

    # Of fits without dropout.
    accuracies = [
        np.asarray(by(search)().cv_results_["mean_test_score"]).reshape(len(ALPHAS), -1)[:3, 0]
        for search in (clone(whole).set_params(scoring="accuracy"), ours, theirs)
    ]
    assert np.ptp(accuracies, axis=0).max() < 0.05, accuracies

    def use(n: int) -> Callable[[], None]:
        return lambda: swiftreg.set_num_threads(n)

    one = [Contestant("swiftreg, 1 thread", by(whole), before=use(1))] if threads > 1 else []
    return [
        Contestant(SWIFTREG, by(whole), before=use(threads)),
        *one,
        Contestant("GridSearchCV, swiftreg", by(ours)),
        Contestant("GridSearchCV, scikit-learn", by(theirs), work=len(ALPHAS) * FOLDS),
    ]


def grids(threads: int, quick: bool) -> Iterator[Case]:
    if peers.sklearn is None:
        return
    from sklearn.datasets import load_breast_cancer, load_digits
    from sklearn.preprocessing import scale

    # Of the processes, which inherit them.
    os.environ |= {"SWIFTREG_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    epochs = 10 if quick else 50
    for name, load in (("digits", load_digits), ("breast cancer", load_breast_cancer)):
        X, y = load(return_X_y=True)
        yield Case(f"{name}, {epochs} epochs", FITS, _contestants(scale(X).astype(np.float32), y, epochs, threads))


GROUPS = [
    Group(
        "grid", "Cross-validation of a grid", "fits/s", grids,
        f"Fits a second: {len(ALPHAS)} alphas, {len(KEEP_PROBS)} keep_probs and {FOLDS} folds, 100 hidden units, Adam, "
        "float32, the same number of epochs for all. swiftreg is `MLPClassifierCV`, which also takes the loss of the "
        "fold after each epoch; GridSearchCV divides its fits over as many processes as the table has threads. "
        "scikit-learn has no keep_prob: the fits of its alphas and folds.",
    ),
]
