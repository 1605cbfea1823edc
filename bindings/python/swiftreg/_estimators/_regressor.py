"""MLPRegressor."""

from __future__ import annotations

from typing import Any, Self

from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score

from swiftreg._estimators._base import Array, BaseMLP


class MLPRegressor(RegressorMixin, BaseMLP):
    """A multi-layer perceptron for regression, with dropout, as a scikit-learn estimator.

    It minimizes half the squared error, summed over the outputs, and the penalties of
    `MLPClassifier`, whose parameters and attributes it has but for label_smoothing, class_weight and
    classes_. Targets should be of order 1: scale them, for example with
    sklearn.compose.TransformedTargetRegressor.

    What validation scores are made of is the coefficient of determination R^2. scikit-learn's
    MLPRegressor reports the mean over several outputs in loss_curve_ where this is their sum; the
    gradients, and so the weights, are the same.
    """

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: Any = 0.0001,
        l1_ratio: float = 0.0,
        keep_prob: Any = 1.0,
        max_norm: float | None = None,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.01,
        clip_norm: float | None = None,
        n_iter_no_change: float = 10,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.keep_prob = keep_prob
        self.max_norm = max_norm
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.weight_decay = weight_decay
        self.clip_norm = clip_norm
        self.n_iter_no_change = n_iter_no_change

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        eval_set: Any = None,
        callbacks: Any = None,
    ) -> Self:
        """Trains on X (n_samples, n_features) and y (n_samples,) or (n_samples, n_outputs).

        Arguments, warnings and errors are those of `MLPClassifier.fit`. Returns self.
        """
        return self._fit(X, y, sample_weight, eval_set, callbacks)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Trains for one epoch more, with the optimizer's state as it was. Returns self."""
        return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X: Any, *, mc_samples: int | None = None, return_std: bool = False) -> Any:
        """The predictions for X (n_samples, n_features), of the shape that y had.

        With `mc_samples`, the mean over as many networks thinned by dropout (Gal and Ghahramani
        2016), always the same ones; with `return_std` also the standard deviation over them (0
        without mc_samples), as a tuple.
        """
        mean, deviation = (self._decode(part) for part in self._outputs(X, mc_samples))
        return (mean, deviation) if return_std else mean

    def _learn_targets(self, y: Array, first: bool, incremental: bool) -> None:
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
        return y.reshape(len(y), -1).astype(dtype, copy=False)

    def _decode(self, outputs: Array) -> Array:
        return outputs.ravel() if self.n_outputs_ == 1 else outputs

    def _score(self, y: Array, predictions: Array, weights: Array | None) -> float:
        return float(r2_score(y, predictions, sample_weight=weights))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
