"""MLPClassifierCV and MLPRegressorCV."""

from __future__ import annotations

from typing import Any

import numpy as np

from swiftreg import MLP
from swiftreg._estimators._classifier import ClassifierTargets
from swiftreg._estimators._cv import BaseMLPCV
from swiftreg._estimators._engine import Array, Examples, outputs
from swiftreg._estimators._regressor import RegressorTargets


class MLPClassifierCV(ClassifierTargets, BaseMLPCV):
    """An MLPClassifier whose alpha and keep_prob are chosen by cross-validation.

    For every point of the grid of alphas and keep_probs, every repetition of the seed and every fold, a
    network is trained on the fold's training part, with early stopping on the loss of its test part
    (without dropout and penalties), and scored there with the weights of its best epoch. The chosen
    point is then trained on all examples, for the median of the folds' best epochs. Fold and
    repetition choose the seed, so that the points of the grid are compared on the same masks and
    orders. The same random_state gives the same choice and the same bits for every n_jobs and joblib
    backend.

    Parameters
    ----------
    alphas : penalties, at least 0; or an integer, so many from alpha_ratio times the largest to the
        largest on a log scale. The largest is m * ||X' (Y - mean Y)||_2 / n (the spectral norm) for
        m examples in a batch: with it, no hidden unit lowers the loss, to first order, by more than its L2 penalty.
    alpha_ratio : in (0, 1): the smallest of the derived alphas divided by the largest.
    keep_probs : probabilities to keep a unit, each a number or a sequence as in `MLPClassifier`.
    cv : an integer (folds, stratified for classes), a splitter of scikit-learn, an iterable of (train,
        test) row numbers, or None for 5 folds.
    scoring : a scorer of scikit-learn or its name, a higher value being better; None: the negative log
        loss (summed over the labels for multi-label targets), for a regressor the negative squared
        error.
    n_repeats : trainings with other seeds for each point and fold; their scores are averaged.
    rule : "best", the highest mean score over the folds; or "1se", the simplest point whose mean score
        is within one standard error (of the best point's mean over the folds) of the best: that with
        the largest alpha, and of these with the lowest keep_prob.
    n_jobs : as joblib has it; the grid is divided over its workers, also those of another backend, as
        with joblib.parallel_config(backend="dask"). None: the threads of the library.
    progress : show a bar over the trainings, with tqdm.
    max_iter : the most epochs of a training. n_iter_no_change, tol : a training in a fold stops after
        more than n_iter_no_change epochs in a row without a loss lower by tol than the lowest;
        "auto": 10, with dropout 20. math.inf: never.
    learning_rate_init : three times that of `MLPClassifier`: the validation loss ends a training early
        enough, and the trainings of the grid need fewer epochs.

    The other parameters are those of `MLPClassifier`, for every training.

    Attributes
    ----------
    alpha_, keep_prob_, n_epochs_ : chosen, and the epochs of the last training.
    alphas_, keep_probs_ : the grid. n_splits_ : folds.
    cv_results_ : as GridSearchCV's, to make a data frame of; besides, the standard error of the mean
        score (se_test_score), mean_n_epochs, median_n_epochs, and mean_weight_norm, the Euclidean norm
        of all weights.
    scores_ : (alphas, keep_probs, folds): the mean over the repetitions.
    best_index_, best_score_ : of the chosen point, in cv_results_. choices_ : the index by each rule.
    network_, coefs_, intercepts_, loss_curve_, n_iter_, t_, classes_, n_features_in_,
        feature_names_in_, n_layers_, n_outputs_, out_activation_ : of the last training, as
        `MLPClassifier` has them.
    """

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        alphas: Any = 6,
        alpha_ratio: float = 1e-4,
        keep_probs: Any = (1.0, 0.8, 0.5),
        cv: Any = None,
        scoring: Any = None,
        n_repeats: int = 1,
        rule: str = "best",
        n_jobs: int | None = None,
        progress: bool = False,
        solver: str = "adam",
        l1_ratio: float = 0.0,
        max_norm: float | None = None,
        label_smoothing: float = 0.0,
        class_weight: Any = None,
        batch_size: int | str = "auto",
        learning_rate_init: float = 0.003,
        max_iter: int = 500,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.01,
        clip_norm: float | None = None,
        n_iter_no_change: float | str = "auto",
        init: str = "xavier",
    ) -> None:
        super().__init__(
            hidden_layer_sizes,
            activation,
            alphas=alphas,
            alpha_ratio=alpha_ratio,
            keep_probs=keep_probs,
            cv=cv,
            scoring=scoring,
            n_repeats=n_repeats,
            rule=rule,
            n_jobs=n_jobs,
            progress=progress,
            solver=solver,
            l1_ratio=l1_ratio,
            max_norm=max_norm,
            batch_size=batch_size,
            learning_rate_init=learning_rate_init,
            max_iter=max_iter,
            shuffle=shuffle,
            random_state=random_state,
            tol=tol,
            momentum=momentum,
            nesterovs_momentum=nesterovs_momentum,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            weight_decay=weight_decay,
            clip_norm=clip_norm,
            n_iter_no_change=n_iter_no_change,
            init=init,
        )
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight

    def _fold_loss(self, network: MLP, data: Examples, rows: Array) -> float:
        losses = self._losses(outputs(network, data.X, rows, logits=True), data.Y[rows])
        return float(np.average(losses, weights=None if data.weights is None else data.weights[rows]))


class MLPRegressorCV(RegressorTargets, BaseMLPCV):
    """An MLPRegressor whose alpha and keep_prob are chosen by cross-validation.

    Parameters and attributes are those of `MLPClassifierCV`, but for label_smoothing, class_weight and
    classes_. The default score is the negative squared error, the mean over examples and outputs.
    """

    def _fold_loss(self, network: MLP, data: Examples, rows: Array) -> float:
        squares = np.square(outputs(network, data.X, rows) - data.Y[rows], dtype=np.float64)
        weights = None if data.weights is None else data.weights[rows]
        return float(np.average(squares.mean(axis=1), weights=weights))
