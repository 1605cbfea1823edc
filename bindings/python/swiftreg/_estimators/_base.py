"""Training of the two estimators, with validation and callbacks."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from sklearn.metrics import get_scorer
from sklearn.utils.validation import validate_data

from swiftreg import MLP
from swiftreg._estimators._engine import Examples, data_loss, outputs, train_network
from swiftreg._estimators._network import (
    BaseNetwork,
    drawn_seed,
    make_network,
    random_state_of,
    weighted_rows,
    whole_or_not,
)
from swiftreg._estimators._settings import (
    check_parameters,
    drops,
    hidden_widths,
    keep_prob_warning,
    network_settings,
    optimizer_settings,
)
from swiftreg._estimators._split import hold_out
from swiftreg._estimators._stopping import TrainingLoss, Validation

Callback = Callable[[Any], object]


class BaseMLP(BaseNetwork):
    """Training for max_iter epochs, or until the loss no longer falls."""

    network_: MLP
    n_layers_: int
    out_activation_: str
    n_iter_: int
    t_: int
    loss_: float
    loss_curve_: list[float]
    best_loss_: float | None
    best_iter_: int | None
    validation_scores_: list[float] | None
    validation_loss_curve_: list[float] | None
    best_validation_score_: float | None
    best_validation_loss_: float | None
    # What network_ was made with: its settings, its optimizer's, the initial rate.
    _made_with: tuple[dict[str, Any], dict[str, Any], float]
    _starts: int  # earlier fits of these weights
    _rate: float  # at which SGD learns now

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
        n_iter_no_change: float | str = "auto",
        stop_on: Any = "loss",
        init: str = "xavier",
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
        self.stop_on = stop_on
        self.init = init

    # ---- Data ------------------------------------------------------------------------------

    def _checked(
        self, X: Any, y: Any, weights: Any, first: bool, incremental: bool
    ) -> Examples | None:
        """Examples to train with; None for partial_fit without any of a weight above 0."""
        dtype = (np.float64, np.float32) if first else self._dtype
        X, y, weights = weighted_rows(X, y, weights, "sample_weight")
        nothing = weights is not None and len(weights) == 0
        if nothing and not incremental:
            raise ValueError("sample_weight must have a weight above 0, got only zeros")
        if nothing and not first:
            return None
        if nothing:
            X = validate_data(
                self, X, reset=True, dtype=dtype, accept_sparse="csr", ensure_min_samples=0
            )
            y = np.asarray(y)
        else:
            X, y = self._arrays(X, y, reset=first, dtype=dtype)
        self._learn_targets(y, weights, first, incremental)
        return self._examples(X, y, weights, "sample_weight")

    def _checked_validation(self, data: tuple[Any, Any, Any], names: list[str], dtype: Any) -> Examples:
        X, y, weights = weighted_rows(*data, names[2])
        if weights is not None and len(weights) == 0:
            raise ValueError(f"{names[2]} must have a weight above 0, got only zeros")
        try:
            X, y = self._arrays(X, y, reset=False, dtype=dtype)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{names[0]} and {names[1]}: {error}") from error
        self._check_targets(y, names[1])
        return self._examples(X, y, weights, names[2])

    def _split(self, data: Examples, random_state: np.random.RandomState) -> tuple[Examples, Examples]:
        train, held_out = hold_out(
            data.size, self.validation_fraction, self._strata(data.y), random_state
        )
        return data.rows(train), data.rows(held_out)

    # ---- Training --------------------------------------------------------------------------

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        validation: tuple[Any, Any, Any, Any] = (None, None, None, None),
        callbacks: Any = None,
        *,
        incremental: bool = False,
    ) -> Self:
        with whole_or_not(self):
            parameters = self.get_params(deep=False)
            check_parameters(parameters)
            hooks = _callbacks(callbacks)
            given = _validation(*validation)
            first = not hasattr(self, "network_") or not (self.warm_start or incremental)
            train = self._checked(X, y, sample_weight, first, incremental)
            if train is None:
                return self
            held_out = None
            if given is not None:
                held_out = self._checked_validation(*given, dtype=train.X.dtype)
            random_state = random_state_of(self.random_state)
            if self.early_stopping and held_out is None:
                train, held_out = self._split(train, random_state)
            self._prepare_network(parameters, train, random_state, first, incremental)
            if not incremental:
                self._warn_of_scale(train)
            self._train(train, held_out, hooks, incremental)
        return self

    def _trains_in_parts(self) -> bool:
        """Whether there is a partial_fit."""
        if self.early_stopping:
            raise AttributeError("partial_fit does not support early_stopping=True")
        return True

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
            self._seed = drawn_seed(random_state)
            self.network_ = make_network(
                settings, optimizer, self._seed, self.learning_rate_init, self.init
            )
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
            self._seed = (drawn_seed(random_state) + self._starts) % 2**64
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
            self.best_loss_ = None if self.early_stopping else math.inf
        self.best_iter_ = self.best_validation_score_ = self.best_validation_loss_ = None
        self.loss_curve_ = list(self.loss_curve_)
        self._made_with = (settings, optimizer, self.learning_rate_init)
        low = keep_prob_warning(settings["keep_prob"])
        if low is not None:
            self._warn("keep_prob", f"has {low}", UserWarning)

    def _replace_network(self, settings: dict[str, Any], optimizer: dict[str, Any]) -> None:
        parameters = self.network_.parameters
        self.network_ = make_network(
            settings, optimizer, self._seed, self.learning_rate_init, self.init
        )
        self.network_.parameters[:] = parameters

    def _train(
        self,
        train: Examples,
        held_out: Examples | None,
        callbacks: list[Callback],
        incremental: bool,
    ) -> None:
        if train.size == 0:
            self.n_iter_ = 0
            return
        network = self.network_
        batch_size = self._batch(train.size)
        dropout = drops(network.keep_prob)
        by_loss = isinstance(self.stop_on, str) and self.stop_on == "loss"
        updates = math.ceil(train.size / batch_size)
        validation = Validation(self.n_iter_no_change, self.tol, dropout, by_loss, updates)
        training = TrainingLoss(self.n_iter_no_change, self.tol, dropout)
        if self.best_loss_ is not None:
            training.best = self.best_loss_
        judge = validation if self.early_stopping else training
        best = network.parameters.copy() if self.early_stopping else None
        before = len(self.loss_curve_)
        epochs = 1 if incremental else self.max_iter
        decays = self.solver == "sgd" and self.learning_rate == "invscaling"
        self.n_iter_ = 0
        self.validation_scores_ = None if held_out is None else []
        self.validation_loss_curve_ = None if held_out is None else []
        is_over, message = False, None

        def ended(loss: float) -> bool:
            """Records an epoch and judges it; whether the training is over."""
            nonlocal is_over, message
            self.loss_ = loss
            self.n_iter_ += 1
            self.t_ += train.size
            self.loss_curve_.append(loss)
            if self.verbose:
                print(f"Iteration {self.n_iter_}, loss = {loss:.8f}")
            if not self.early_stopping:
                training.take(self.loss_curve_[before:])
                self.best_loss_ = training.best
            if held_out is not None:
                score, loss = self._validate(held_out)
                value = -loss if validation.by_loss else score
                if best is not None and validation.take(self.n_iter_, value, loss):
                    best[:] = network.parameters
                    self.best_iter_ = self.n_iter_
                    self.best_validation_score_ = score
                    self.best_validation_loss_ = loss
            # All of them are called, whatever the first one says.
            if any([bool(callback(self)) for callback in callbacks]):  # noqa: C419
                is_over = True
                return True
            if decays:
                self._set_rate(self.learning_rate_init / (self.t_ + 1) ** self.power_t)
            if not incremental and judge.is_over and not self._slows_down(judge):
                is_over = True
                if not self.early_stopping:
                    message = training.warning(self.loss_curve_[before:])
            return is_over

        try:
            train_network(network, train, epochs, batch_size, bool(self.shuffle), ended)
            if message is not None:
                self._warn("noise", message)
            is_over |= self.early_stopping and not validation.improves
            if not incremental and self.n_iter_no_change != math.inf and not is_over:
                self._warn("max_iter", f"made max_iter={self.max_iter} iterations and has not converged yet")
        except KeyboardInterrupt:
            self._warn(
                "interrupted", f"was interrupted by the user after {self.n_iter_} iterations",
                UserWarning,
            )
        finally:
            if best is not None:
                network.parameters[:] = best

    def _validate(self, held_out: Examples) -> tuple[float, float]:
        """The score and the loss on examples that are not trained on, recorded."""
        assert self.validation_scores_ is not None and self.validation_loss_curve_ is not None
        loss = data_loss(self.network_, held_out)
        if not math.isfinite(loss):
            raise FloatingPointError(
                f"the validation loss is not finite after iteration {self.n_iter_}: too large a"
                " learning rate, or values in X or y"
            )
        if isinstance(self.stop_on, str) and self.stop_on in ("loss", "score"):
            score = self._score(held_out, outputs(self.network_, held_out.X))
        else:
            score = self._scored(held_out)
        if self.verbose:
            print(f"Validation score: {score:.6f}")
        self.validation_scores_.append(score)
        self.validation_loss_curve_.append(loss)
        return score, loss

    def _scored(self, held_out: Examples) -> float:
        """The score of the scorer `stop_on`, to which this estimator has no names of features."""
        judged = copy.copy(self)
        judged.__dict__.pop("feature_names_in_", None)
        if callable(self.stop_on) and not hasattr(self.stop_on, "_score_func"):
            return float(self.stop_on(judged, held_out.X, held_out.y))
        scorer = self.stop_on if callable(self.stop_on) else get_scorer(self.stop_on)
        weights = {} if held_out.weights is None else {"sample_weight": held_out.weights}
        return float(scorer(judged, held_out.X, held_out.y, **weights))

    def _batch(self, count: int) -> int:
        if isinstance(self.batch_size, str):
            return min(200, count)
        if self.batch_size > count:
            self._warn(
                "batch_size",
                f"has batch_size={self.batch_size}, which is clipped to the {count} examples there are",
                UserWarning,
            )
        return min(int(self.batch_size), count)

    def _slows_down(self, judge: TrainingLoss | Validation) -> bool:
        """Where the rate is adaptive and not yet as small as it gets: divides it by 5."""
        what = "Training loss"
        if isinstance(judge, Validation):
            what = "Validation loss" if judge.by_loss else "Validation score"
        message = f"{what} did not improve by tol={self.tol:g} for {judge.patience:g} epochs."
        slows = self.solver == "sgd" and self.learning_rate == "adaptive" and self._rate > 1e-6
        if slows:
            self._set_rate(self._rate / 5)
            judge.misses = 0
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


def _callbacks(callbacks: Any) -> list[Callback]:
    found = [callbacks] if callable(callbacks) else list(callbacks or ())
    for callback in found:
        if not callable(callback):
            raise TypeError(f"callbacks must be functions, got {callback!r}")
    return found


def _validation(
    eval_set: Any, X_val: Any, y_val: Any, sample_weight_val: Any
) -> tuple[tuple[Any, Any, Any], list[str]] | None:
    """(X, y, sample_weight) to validate with and their names, from the arguments of fit."""
    if eval_set is None:
        if (X_val is None) != (y_val is None):
            missing, given = ("y_val", "X_val") if y_val is None else ("X_val", "y_val")
            raise ValueError(f"{missing} must be given with {given}")
        if X_val is None:
            if sample_weight_val is not None:
                raise ValueError("sample_weight_val must be given with X_val and y_val")
            return None
        return (X_val, y_val, sample_weight_val), ["X_val", "y_val", "sample_weight_val"]
    if X_val is not None or y_val is not None or sample_weight_val is not None:
        raise ValueError("eval_set and X_val, y_val are the same thing: give one of them")
    form = "eval_set must be (X, y) or (X, y, sample_weight), or a list of one such tuple, got"
    if not isinstance(eval_set, (tuple, list)):
        raise ValueError(f"{form} {type(eval_set).__name__}")
    if len(eval_set) == 1 and isinstance(eval_set[0], (tuple, list)):
        eval_set = eval_set[0]
    elif isinstance(eval_set, list) and len(eval_set) > 1 and all(isinstance(s, tuple) for s in eval_set):
        raise ValueError(f"{form} a list of {len(eval_set)} tuples")
    if len(eval_set) not in (2, 3):
        raise ValueError(f"{form} {type(eval_set).__name__} of {len(eval_set)}")
    names = ["X of eval_set", "y of eval_set", "sample_weight of eval_set"]
    return (eval_set[0], eval_set[1], eval_set[2] if len(eval_set) == 3 else None), names
