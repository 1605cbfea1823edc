"""What the two estimators share: from scikit-learn's data to a trained network."""

from __future__ import annotations

import math
import threading
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable
from numbers import Integral
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_regressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    check_scalar,
    validate_data,
)

from swiftreg import MLP
from swiftreg._estimators._bases import BaseEstimator
from swiftreg._estimators._settings import (
    check_parameters,
    hidden_widths,
    network_settings,
    optimizer_settings,
)

Array = NDArray[Any]
Callback = Callable[[Any], object]


class Examples(NamedTuple):
    """Checked data: y as the user gave it, weights of the examples or None."""

    X: Array
    y: Array
    weights: Array | None


class BaseMLP(BaseEstimator, ABC):
    """Training and prediction. A subclass knows what its targets mean."""

    network_: MLP
    n_features_in_: int
    n_outputs_: int
    n_layers_: int
    out_activation_: str
    n_iter_: int
    t_: int
    loss_: float
    loss_curve_: list[float]
    best_loss_: float | None
    validation_scores_: list[float] | None
    validation_loss_curve_: list[float] | None
    best_validation_score_: float | None
    # What network_ was made with: its settings, its optimizer's, the initial rate.
    _made_with: tuple[dict[str, Any], dict[str, Any], float]
    _seed: int
    _starts: int  # earlier fits of these weights
    _rate: float  # at which SGD learns now
    _misses: int  # epochs in a row without progress
    _lock: threading.Lock

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

    # ---- Of a subclass ---------------------------------------------------------------------

    @abstractmethod
    def _learn_targets(self, y: Array, first: bool, incremental: bool) -> None:
        """Sets what targets mean, or raises where they do not go with what was learned before."""

    def _check_targets(self, y: Array, name: str) -> None:
        """Raises ValueError for targets, of the argument `name`, unlike those that were learned."""

    @abstractmethod
    def _loss(self) -> tuple[str, str]:
        """The network's loss, and scikit-learn's name of its output activation."""

    @abstractmethod
    def _encode(self, y: Array, dtype: Any) -> Array:
        """Targets as the network has them, (examples, outputs)."""

    @abstractmethod
    def _decode(self, outputs: Array) -> Array:
        """Predictions from the network's outputs."""

    @abstractmethod
    def _score(self, y: Array, predictions: Array, weights: Array | None) -> float:
        """What early stopping looks at; more is better."""

    def _class_weights(self, y: Array) -> Array | None:
        return None

    def _strata(self, y: Array) -> Array | None:
        return None

    # ---- Training --------------------------------------------------------------------------

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        eval_set: Any = None,
        callbacks: Any = None,
        *,
        incremental: bool = False,
    ) -> Self:
        parameters = self.get_params(deep=False)
        check_parameters(parameters)
        if incremental and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        hooks = _callbacks(callbacks)
        first = not hasattr(self, "network_") or not (self.warm_start or incremental)
        train = self._checked(X, y, sample_weight, first, incremental)
        held_out = None
        if eval_set is not None:
            held_out = self._checked_eval_set(eval_set, train.X.dtype)
        random_state = check_random_state(self.random_state)
        if self.early_stopping and held_out is None:
            train, held_out = self._split(train, random_state)
        self._prepare_network(parameters, train, random_state, first, incremental)
        self._train(train, held_out, hooks, incremental)
        return self

    def _checked(self, X: Any, y: Any, weights: Any, first: bool, incremental: bool) -> Examples:
        dtype = (np.float64, np.float32) if first else self._dtype
        X, y = self._arrays(X, y, reset=first, dtype=dtype)
        self._learn_targets(y, first, incremental)
        return self._weighted(X, y, weights, "sample_weight")

    def _arrays(self, X: Any, y: Any, **options: Any) -> tuple[Array, Array]:
        X, y = validate_data(
            self, X, y, multi_output=True, y_numeric=is_regressor(self), **options
        )
        return X, column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y

    def _checked_eval_set(self, eval_set: Any, dtype: Any) -> Examples:
        if not isinstance(eval_set, (tuple, list)) or len(eval_set) not in (2, 3):
            raise ValueError(
                f"eval_set must be (X, y) or (X, y, sample_weight), got {type(eval_set).__name__}"
                + (f" of {len(eval_set)}" if isinstance(eval_set, (tuple, list)) else "")
            )
        X, y = self._arrays(eval_set[0], eval_set[1], reset=False, dtype=dtype)
        self._check_targets(y, "eval_set")
        weights = eval_set[2] if len(eval_set) == 3 else None
        return self._weighted(X, y, weights, "eval_set[2]")

    def _weighted(self, X: Array, y: Array, given: Any, name: str) -> Examples:
        """With the weights of the examples; those of weight 0 are left out, as if never given."""
        weights = self._class_weights(y)
        if given is not None:
            own = _check_sample_weight(given, X, dtype=X.dtype, ensure_non_negative=True)
            weights = own if weights is None else weights * own
        if weights is None:
            return Examples(X, y, None)
        weights = weights.astype(X.dtype, copy=False)
        kept = weights > 0
        if kept.all():
            return Examples(X, y, weights)
        if not kept.any():
            raise ValueError(f"{name} must have a weight above 0, got only zeros")
        return Examples(X[kept], y[kept], weights[kept])

    def _split(self, data: Examples, random_state: np.random.RandomState) -> tuple[Examples, Examples]:
        arrays = [data.X, data.y] if data.weights is None else list(data)
        parts = train_test_split(
            *arrays,
            test_size=self.validation_fraction,
            random_state=random_state,
            stratify=self._strata(data.y),
        )
        if data.weights is None:
            parts += [None, None]
        train, held_out = Examples(*parts[0::2]), Examples(*parts[1::2])
        if len(held_out.X) < 2:
            raise ValueError(
                f"validation_fraction={self.validation_fraction} of {len(data.X)} examples leaves"
                f" {len(held_out.X)} for validation, of which 2 are needed"
            )
        return train, held_out

    def _prepare_network(
        self,
        parameters: dict[str, Any],
        train: Examples,
        random_state: np.random.RandomState,
        first: bool,
        incremental: bool,
    ) -> None:
        """Makes the network, or takes over the one there is with what was learned."""
        loss, self.out_activation_ = self._loss()
        hidden = hidden_widths(self.hidden_layer_sizes)
        widths = (train.X.shape[1], *hidden, self.n_outputs_)
        dtype = "float32" if train.X.dtype == np.float32 else "float64"
        settings = network_settings(parameters, widths, loss, dtype)
        optimizer = optimizer_settings(parameters)
        if first:
            self._starts = 0
            self._seed = _drawn_seed(random_state)
            self.network_ = _network(settings, optimizer, self._seed, self.learning_rate_init)
            self.n_layers_ = len(widths)
            self.t_ = 0
            self.loss_curve_ = []
            self._rate = float(self.learning_rate_init)
        elif widths != tuple(self.network_.layer_dims):
            raise ValueError(
                f"hidden_layer_sizes={self.hidden_layer_sizes!r} does not go with the layers"
                f" {tuple(self.network_.layer_dims)} that were trained before"
            )
        elif not incremental:
            # The same weights, but a new optimizer, and other masks and orders of the examples.
            self._starts += 1
            self._seed = (_drawn_seed(random_state) + self._starts) % 2**64
            self._replace_network(settings, optimizer)
            self._rate = float(self.learning_rate_init)
        elif (settings, optimizer, self.learning_rate_init) != self._made_with:
            old, old_optimizer = self.network_, self._made_with[1]["optimizer"]
            self._replace_network(settings, optimizer)
            self.network_.step, self.network_.epoch = old.step, old.epoch
            if optimizer["optimizer"] == old_optimizer:
                self.network_.optimizer_state[:] = old.optimizer_state
            self._rate = float(self.learning_rate_init)
        if first or not incremental:
            self._misses = 0
            self.best_loss_ = None if self.early_stopping else math.inf
            self.best_validation_score_ = -math.inf if self.early_stopping else None
        self._made_with = (settings, optimizer, self.learning_rate_init)
        self._lock = threading.Lock()

    def _replace_network(self, settings: dict[str, Any], optimizer: dict[str, Any]) -> None:
        parameters = self.network_.parameters
        self.network_ = _network(settings, optimizer, self._seed, self.learning_rate_init)
        self.network_.parameters[:] = parameters

    def _train(
        self,
        train: Examples,
        held_out: Examples | None,
        callbacks: list[Callback],
        incremental: bool,
    ) -> None:
        network = self.network_
        Y = self._encode(train.y, train.X.dtype)
        validation = None
        if held_out is not None:
            validation = (held_out.X, self._encode(held_out.y, train.X.dtype), held_out.weights)
        batch_size = self._batch(len(train.X))
        best = network.parameters.copy() if self.early_stopping else None
        self.n_iter_ = 0
        self.validation_scores_ = None if held_out is None else []
        self.validation_loss_curve_ = None if held_out is None else []
        try:
            for _ in range(1 if incremental else self.max_iter):
                history = network.fit(
                    train.X,
                    Y,
                    epochs=1,
                    batch_size=batch_size,
                    shuffle=bool(self.shuffle),
                    sample_weight=train.weights,
                    validation_data=validation,
                )
                self.n_iter_ += 1
                self.t_ += len(train.X)
                self.loss_ = float(history.cost[0])
                self.loss_curve_.append(self.loss_)
                if self.verbose:
                    print(f"Iteration {self.n_iter_}, loss = {self.loss_:.8f}")
                if held_out is not None:
                    self._validate(held_out, history.validation_cost)
                if self._improves() and best is not None:
                    best[:] = network.parameters
                # All of them are called, whatever the first one says.
                if any([bool(callback(self)) for callback in callbacks]):
                    break
                if self.solver == "sgd" and self.learning_rate == "invscaling":
                    self._set_rate(self.learning_rate_init / (self.t_ + 1) ** self.power_t)
                if self._misses > self.n_iter_no_change and not self._slows_down():
                    break
            else:
                if not incremental:
                    warnings.warn(
                        f"{type(self).__name__} made max_iter={self.max_iter} iterations and has"
                        " not converged yet",
                        ConvergenceWarning,
                        stacklevel=4,
                    )
        except KeyboardInterrupt:
            warnings.warn(
                f"Training interrupted by the user after {self.n_iter_} iterations", stacklevel=4
            )
        finally:
            if best is not None:
                network.parameters[:] = best

    def _validate(self, held_out: Examples, cost: Array | None) -> None:
        """Records how the network does on examples that it is not trained on."""
        outputs = self.network_.predict(held_out.X)
        score = math.nan
        if np.isfinite(outputs).all():
            score = float(self._score(held_out.y, self._decode(outputs), held_out.weights))
        if self.verbose:
            print(f"Validation score: {score:.6f}")
        assert cost is not None
        assert self.validation_scores_ is not None and self.validation_loss_curve_ is not None
        self.validation_scores_.append(score)
        self.validation_loss_curve_.append(float(cost[0]))

    def _improves(self) -> bool:
        """Counts the epochs without progress; whether the last one is the best so far."""
        if self.early_stopping:
            assert self.validation_scores_ is not None and self.best_validation_score_ is not None
            score, least = self.validation_scores_[-1], self.best_validation_score_
            self._misses = self._misses + 1 if score < least + self.tol else 0
            if score > least:
                self.best_validation_score_ = score
            return score > least
        assert self.best_loss_ is not None
        loss, best = self.loss_, self.best_loss_
        self._misses = self._misses + 1 if loss > best - self.tol else 0
        self.best_loss_ = min(loss, best)
        return loss < best

    def _batch(self, count: int) -> int:
        if isinstance(self.batch_size, str):
            return min(200, count)
        if self.batch_size > count:
            warnings.warn(
                f"batch_size={self.batch_size} is clipped to the {count} examples there are",
                stacklevel=5,
            )
        return min(int(self.batch_size), count)

    def _slows_down(self) -> bool:
        """Where the rate is adaptive and not yet as small as it gets: divides it by 5."""
        what = "Validation score" if self.early_stopping else "Training loss"
        message = f"{what} did not improve by tol={self.tol:g} for {self.n_iter_no_change} epochs."
        slows = self.solver == "sgd" and self.learning_rate == "adaptive" and self._rate > 1e-6
        if slows:
            self._set_rate(self._rate / 5)
            self._misses = 0
        if self.verbose:
            print(message, f"Learning rate is now {self._rate:g}." if slows else "Stopping.")
        return slows

    def _set_rate(self, rate: float) -> None:
        """Changes the rate of SGD as scikit-learn does, whose velocity has the rate in it."""
        optimizer = self._made_with[1]
        if optimizer["optimizer"] != "sgd":
            state = self.network_.optimizer_state
            state *= self._rate / rate
        self.network_.set_optimizer(**optimizer, learning_rate=rate)
        self._rate = rate

    # ---- What was learned ------------------------------------------------------------------

    @property
    def _dtype(self) -> np.dtype[Any]:
        return self.network_.parameters.dtype

    @property
    def coefs_(self) -> list[Array]:
        """The weights, (below, above) for each layer: views of the network's own."""
        return [W.T for W, _ in self.network_.weights]

    @property
    def intercepts_(self) -> list[Array]:
        """The biases of each layer: views of the network's own."""
        return [b for _, b in self.network_.weights]

    def _outputs(self, X: Any, mc_samples: int | None) -> tuple[Array, Array]:
        """The network's outputs, and with dropout their standard deviation."""
        check_is_fitted(self)
        if mc_samples is not None:
            check_scalar(mc_samples, "mc_samples", Integral, min_val=1)
        X = validate_data(self, X, dtype=self._dtype, reset=False)
        # Estimators may predict in several threads, a network only in one.
        with self._lock:
            if mc_samples is None:
                outputs = self.network_.predict(X)
                return outputs, np.zeros_like(outputs)
            return self.network_.predict_dropout(X, mc_samples, seed=self._seed)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("_lock", None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if hasattr(self, "network_"):
            self._lock = threading.Lock()


def _drawn_seed(random_state: np.random.RandomState) -> int:
    return int(random_state.randint(2**63 - 1, dtype=np.int64))


def _network(
    settings: dict[str, Any], optimizer: dict[str, Any], seed: int, learning_rate: float
) -> MLP:
    network = MLP(**settings, seed=seed)
    network.set_optimizer(**optimizer, learning_rate=float(learning_rate))
    return network


def _callbacks(callbacks: Any) -> list[Callback]:
    found = [callbacks] if callable(callbacks) else list(callbacks or ())
    for callback in found:
        if not callable(callback):
            raise TypeError(f"callbacks must be functions, got {callback!r}")
    return found
