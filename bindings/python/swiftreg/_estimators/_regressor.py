"""MLPRegressor."""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np

from swiftreg._estimators._base import BaseMLP
from swiftreg._estimators._bases import RegressorMixin, available_if
from swiftreg._estimators._engine import Examples
from swiftreg._estimators._network import Array, BaseNetwork


class RegressorTargets(RegressorMixin, BaseNetwork):
    """Numbers as targets."""

    n_outputs_: int

    def predict(self, X: Any, *, mc_samples: int | None = None, return_std: bool = False) -> Any:
        """The predictions for X (n_samples, n_features), of the shape that y had.

        With `mc_samples`, the mean over as many networks thinned by dropout (Gal and Ghahramani
        2016), always the same ones; with `return_std` also the standard deviation over them (0
        without mc_samples), as a tuple.
        """
        mean, deviation = (self._decode(part) for part in self._outputs(X, mc_samples))
        return (mean, deviation) if return_std else mean

    def predict_dropout(self, X: Any, n_samples: int = 100) -> tuple[Array, Array]:
        """Monte Carlo dropout: mean and standard deviation of the predictions.

        Over `n_samples` networks thinned by dropout (Gal and Ghahramani 2016), always the same ones;
        each of the shape of `predict`. The deviation has divisor n_samples.
        """
        found: tuple[Array, Array] = self.predict(X, mc_samples=n_samples, return_std=True)
        return found

    # ---- Targets ---------------------------------------------------------------------------

    def _learn_targets(
        self, y: Array, weights: Array | None, first: bool, incremental: bool
    ) -> None:
        if first:
            self.n_outputs_ = 1 if y.ndim == 1 else y.shape[1]
        else:
            self._check_targets(y, "y")

    def _check_targets(self, y: Array, name: str) -> None:
        outputs = 1 if y.ndim == 1 else y.shape[1]
        if outputs != self.n_outputs_:
            raise ValueError(f"{name} has {outputs} outputs, but {self.n_outputs_} were learned")

    def _loss(self) -> tuple[str, str]:
        return "squared_error", "identity"

    def _encode(self, y: Array, dtype: Any) -> Array:
        return y.reshape(len(y), self.n_outputs_).astype(dtype, copy=False)

    def _decode(self, outputs: Array) -> Array:
        return outputs.ravel() if self.n_outputs_ == 1 else outputs

    def _score(self, data: Examples, outputs: Array) -> float:
        """R^2, the mean over the outputs; as r2_score, 1 or 0 for targets that are all the same."""
        if data.size < 2:
            return math.nan  # R^2 needs two
        Y = data.Y.astype(np.float64)
        weight = 1.0 if data.weights is None else data.weights[:, None]
        residual = (weight * (Y - outputs) ** 2).sum(axis=0)
        total = (weight * (Y - np.average(Y, axis=0, weights=data.weights)) ** 2).sum(axis=0)
        varies = total != 0
        scores = np.where(residual == 0, 1.0, 0.0)
        scores[varies] = 1 - residual[varies] / total[varies]
        return float(scores.mean())

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


class MLPRegressor(RegressorTargets, BaseMLP):
    """A multi-layer perceptron for regression, with dropout, as a scikit-learn estimator.

    It minimizes half the squared error, summed over the outputs, and the penalties of
    `MLPClassifier`, whose parameters and attributes it has but for label_smoothing, class_weight and
    classes_. Targets should be of order 1: scale them, for example with
    sklearn.compose.TransformedTargetRegressor.

    What validation scores are made of is the coefficient of determination R^2. scikit-learn's
    MLPRegressor reports the mean over several outputs in loss_curve_ where this is their sum; the
    gradients, and so the weights, are the same.
    """

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        eval_set: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
        callbacks: Any = None,
    ) -> Self:
        """Trains on X (n_samples, n_features) and y (n_samples,) or (n_samples, n_outputs).

        Arguments, warnings and errors are those of `MLPClassifier.fit`. Returns self.
        """
        validation = (eval_set, X_val, y_val, sample_weight_val)
        return self._fit(X, y, sample_weight, validation, callbacks)

    @available_if(BaseMLP._trains_in_parts)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Trains for one epoch more, with the optimizer's state as it was.

        Weights that are all 0 train nothing. Returns self; an exception leaves the estimator as it was.
        """
        return self._fit(X, y, sample_weight, incremental=True)
