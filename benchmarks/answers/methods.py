"""The contestants: how each is made, and the space in which it is tuned.

A space has its defaults first, then random draws. MLPClassifierCV and MLPRegressorCV are called once, with their
defaults, and choose by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from sklearn import neural_network
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge

import swiftreg
from answers.search import Candidate, Chosen, tuned

Draw = Callable[[np.random.Generator], Any]


class Method(NamedTuple):
    """A contestant. `fit` is given X, y, the number of classes (None: regression), budget and seed."""

    fit: Callable[[Any, Any, int | None, float, int], Chosen]
    network: bool
    space: str  # in words


def _log_uniform(low: float, high: float) -> Draw:
    return lambda rng: float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _one_of(*values: Any) -> Draw:
    return lambda rng: values[rng.integers(len(values))]


def _draws(defaults: Candidate, space: dict[str, Draw], seed: int) -> Iterator[Candidate]:
    rng = np.random.default_rng(seed)
    yield defaults
    while True:
        yield {name: draw(rng) for name, draw in space.items()}


HIDDEN = _one_of((50,), (100,), (200,), (100, 50))
NETWORK: dict[str, Draw] = {
    "hidden_layer_sizes": HIDDEN, "alpha": _log_uniform(1e-5, 100), "learning_rate_init": _log_uniform(3e-4, 1e-2),
    "batch_size": _one_of(32, 64, 200),
}
SKLEARN = {**NETWORK, "early_stopping": _one_of(False, True), "max_iter": _one_of(25, 50, 100, 200, 400)}
SWIFTREG = {**NETWORK, "keep_prob": _one_of(1.0, 0.9, 0.8, 0.5)}
TREES: dict[str, Draw] = {
    "learning_rate": _log_uniform(0.01, 0.3), "max_iter": _one_of(50, 100, 200, 400),
    "max_leaf_nodes": _one_of(4, 8, 16, 31), "min_samples_leaf": _one_of(2, 5, 10, 20, 50),
    "l2_regularization": _log_uniform(1e-3, 10),
}
TORCH: dict[str, Draw] = {
    "hidden": HIDDEN, "dropout": _one_of(0.0, 0.1, 0.2, 0.5), "lr": _log_uniform(3e-4, 1e-2),
    "weight_decay": _log_uniform(1e-6, 1), "batch_size": _one_of(32, 64, 200),
}


def _searched(
    classifier: type, regressor: type, defaults: Candidate, space: dict[str, Draw], **fixed: Any
) -> Callable[[Any, Any, int | None, float, int], Chosen]:
    def fit(X: Any, y: Any, classes: int | None, budget: float, seed: int) -> Chosen:
        kind = regressor if classes is None else classifier

        def make(candidate: Candidate) -> Any:
            return kind(random_state=seed, **fixed, **candidate)

        return tuned(make, _draws(defaults, space, seed), X, y, classes, budget, seed)

    return fit


def _linear(X: Any, y: Any, classes: int | None, budget: float, seed: int) -> Chosen:
    """Seventeen penalties over eight decades, while the budget lasts."""

    def make(candidate: Candidate) -> Any:
        if classes is None:
            return Ridge(alpha=1 / candidate["C"])
        return LogisticRegression(C=candidate["C"], max_iter=1000)

    grid = iter([{"C": float(10.0**p)} for p in sorted(np.arange(-4, 4.5, 0.5), key=abs)])
    return tuned(make, grid, X, y, classes, budget, seed)


def _once(classifier: type, regressor: type, **fixed: Any) -> Callable[..., Chosen]:
    """An estimator that is not searched over from outside."""

    def fit(X: Any, y: Any, classes: int | None, budget: float, seed: int) -> Chosen:
        model = (regressor if classes is None else classifier)(random_state=seed, **fixed).fit(X, y)
        found = {name: getattr(model, name) for name in ("alpha_", "keep_prob_", "n_epochs_") if hasattr(model, name)}
        return Chosen(model, found, 1)

    return fit


def _torch(X: Any, y: Any, classes: int | None, budget: float, seed: int) -> Chosen:
    from answers.torch_network import make

    target = y.astype(np.int64) if classes is not None else y[:, None]
    return tuned(
        lambda candidate: make(candidate, X.shape[1], classes, seed),
        _draws({}, TORCH, seed), X, target, classes, budget, seed,
    )


_LAYERS = "hidden layers 50, 100, 200 or 100-50; learning rate 0.0003 to 0.01; batches of 32, 64 or 200"
METHODS: dict[str, Method] = {
    "swiftreg CV": Method(
        _once(swiftreg.MLPClassifierCV, swiftreg.MLPRegressorCV), True,
        "MLPClassifierCV and MLPRegressorCV with their defaults, one call",
    ),
    "swiftreg default": Method(
        _once(swiftreg.MLPClassifier, swiftreg.MLPRegressor, early_stopping=True), True,
        "MLPClassifier and MLPRegressor with their defaults and early_stopping=True, not tuned",
    ),
    "swiftreg": Method(
        _searched(swiftreg.MLPClassifier, swiftreg.MLPRegressor, {}, SWIFTREG, early_stopping=True), True,
        f"early_stopping=True; {_LAYERS}; alpha 0.00001 to 100; keep_prob 1, 0.9, 0.8 or 0.5",
    ),
    "scikit-learn MLP": Method(
        _searched(neural_network.MLPClassifier, neural_network.MLPRegressor, {}, SKLEARN), True,
        f"{_LAYERS}; alpha 0.00001 to 100; early_stopping or not; max_iter 25, 50, 100, 200 or 400",
    ),
    "PyTorch": Method(
        _torch, True,
        "skorch, AdamW, early stopping on the validation loss with the best epoch's weights; "
        f"{_LAYERS}; dropout 0, 0.1, 0.2 or 0.5; weight_decay 0.000001 to 1",
    ),
    "boosting": Method(
        _searched(HistGradientBoostingClassifier, HistGradientBoostingRegressor, {}, TREES), False,
        "HistGradientBoosting; learning_rate 0.01 to 0.3; max_iter 50 to 400; 4 to 31 leaves of at least 2 to 50 "
        "examples; l2_regularization 0.001 to 10",
    ),
    "linear": Method(_linear, False, "LogisticRegression or Ridge; 17 penalties over eight decades"),
}
