"""What the parameters of an estimator may be, and what they are in the terms of a network."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer_names
from sklearn.utils.validation import check_scalar

from swiftreg._options import ACTIVATIONS, OPTIMIZERS

# By the names of scikit-learn, where it has one: the library's own are those of its table.
_ACTIVATIONS = {"logistic" if name == "sigmoid" else name: name for name in sorted(ACTIVATIONS)}
_SOLVERS = tuple(sorted(name for name in OPTIMIZERS if name not in ("momentum", "nesterov")))
_LEARNING_RATES = ("adaptive", "constant", "invscaling")
_INITS = ("xavier", "he", "lecun", "torch")
# A keep_prob below this is more likely a drop rate than meant.
_LOW_KEEP_PROB = 0.3

# Name: type, least, most, which of these bounds are allowed themselves.
_SCALARS: dict[str, tuple[type, float, float | None, str]] = {
    "beta_1": (Real, 0, 1, "left"),
    "beta_2": (Real, 0, 1, "left"),
    "epsilon": (Real, 0, None, "neither"),
    "l1_ratio": (Real, 0, 1, "both"),
    "label_smoothing": (Real, 0, 1, "left"),
    "learning_rate_init": (Real, 0, None, "neither"),
    "max_iter": (Integral, 1, None, "left"),
    "momentum": (Real, 0, 1, "left"),
    "power_t": (Real, 0, None, "left"),
    "tol": (Real, 0, None, "left"),
    "validation_fraction": (Real, 0, 1, "neither"),
    "weight_decay": (Real, 0, None, "left"),
}
_NONE_OR_POSITIVE = ("clip_norm", "max_norm")
_FLAGS = ("early_stopping", "nesterovs_momentum", "shuffle", "warm_start")


def check_number(
    name: str, value: Any, kind: type, least: float, most: float | None, bounds: str
) -> None:
    check_scalar(value, name, kind, min_val=least, max_val=most, include_boundaries=bounds)
    if not math.isfinite(value):
        raise ValueError(f"{name} must be finite, got {value}")


def check_choice(name: str, value: Any, choices: Iterable[str]) -> None:
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r}")


def check_parameters(parameters: dict[str, Any]) -> None:
    """Raises ValueError or TypeError for a parameter that no data could make right."""
    for name, limits in _SCALARS.items():
        if name in parameters:
            check_number(name, parameters[name], *limits)
    for name in _NONE_OR_POSITIVE:
        if parameters[name] is not None:
            check_number(name, parameters[name], Real, 0, None, "neither")
    for name in _FLAGS:
        if not isinstance(parameters.get(name, True), (bool, np.bool_)):
            raise TypeError(f"{name} must be True or False, got {parameters[name]!r}")
    check_choice("solver", parameters["solver"], _SOLVERS)
    if "learning_rate" in parameters:
        check_choice("learning_rate", parameters["learning_rate"], _LEARNING_RATES)
    if parameters["batch_size"] != "auto":
        check_number("batch_size", parameters["batch_size"], Integral, 1, None, "left")
    check_choice("init", parameters["init"], _INITS)
    patience = parameters["n_iter_no_change"]
    if isinstance(patience, str):
        check_choice("n_iter_no_change", patience, ("auto",))
    elif patience != math.inf:
        check_number("n_iter_no_change", patience, Integral, 1, None, "left")
    _check_stop_on(parameters.get("stop_on", "loss"))


def _check_stop_on(stop_on: Any) -> None:
    if not callable(stop_on) and stop_on not in ("loss", "score"):
        if not isinstance(stop_on, str) or stop_on not in get_scorer_names():
            raise ValueError(
                'stop_on must be "loss", "score", the name of a scorer of scikit-learn or a function'
                f" (estimator, X, y), got {stop_on!r}"
            )


def drops(keep_prob: float | tuple[float, ...]) -> bool:
    """Whether there is any dropout."""
    return min(keep_prob) < 1 if isinstance(keep_prob, tuple) else keep_prob < 1


def keep_prob_warning(keep_prob: float | tuple[float, ...]) -> str | None:
    """What to say about a keep_prob that may be meant as a drop rate; None for nothing."""
    lowest = min(keep_prob) if isinstance(keep_prob, tuple) else keep_prob
    if lowest >= _LOW_KEEP_PROB:
        return None
    return (
        f"keep_prob={lowest:g} drops {1 - lowest:.0%} of the units: it is the probability to keep a"
        f" unit. To drop {lowest:.0%}, set keep_prob={1 - lowest:g}"
    )


def hidden_widths(sizes: Any) -> tuple[int, ...]:
    """The widths of the hidden layers, of which there may be none."""
    if isinstance(sizes, Integral):
        sizes = (sizes,)
    if isinstance(sizes, str) or not isinstance(sizes, Iterable):
        raise TypeError(f"hidden_layer_sizes must be an integer or integers, got {sizes!r}")
    widths = tuple(sizes)
    for width in widths:
        if not isinstance(width, Integral) or width < 1:
            raise ValueError(f"hidden_layer_sizes must be integers above 0, got {widths!r}")
    return tuple(int(width) for width in widths)


def _per_layer(
    name: str, value: Any, layers: int, most: float | None, bounds: str, places: str
) -> float | tuple[float, ...]:
    """A number, or one for each of the places, of which there are as many as layers of weights."""
    if isinstance(value, Iterable) and not isinstance(value, str):
        values = tuple(value)
        if len(values) != layers:
            raise ValueError(
                f"{name} must be a number or {layers} numbers, one for {places}, got {values!r}"
            )
        for i, x in enumerate(values):
            check_number(f"{name}[{i}]", x, Real, 0, most, bounds)
        return tuple(float(x) for x in values)
    check_number(name, value, Real, 0, most, bounds)
    return float(value)


def _scaled(alpha: float | tuple[float, ...], factor: float) -> float | tuple[float, ...]:
    if isinstance(alpha, tuple):
        return tuple(factor * x for x in alpha)
    return factor * alpha


def network_settings(
    parameters: dict[str, Any], widths: tuple[int, ...], loss: str, dtype: str
) -> dict[str, Any]:
    """The arguments of swiftreg.MLP without its seed and its optimizer."""
    layers = len(widths) - 1
    activation = parameters["activation"]
    names = [activation] if isinstance(activation, str) else activation
    if not isinstance(names, Iterable):
        raise TypeError(f"activation must be a name or names, got {activation!r}")
    names = list(names)
    for name in names:
        check_choice("activation", name, _ACTIVATIONS)
    if not isinstance(activation, str) and len(names) != layers - 1:
        raise ValueError(
            f"activation must be a name or {layers - 1} names, one for each hidden layer,"
            f" got {activation!r}"
        )
    own_names = [_ACTIVATIONS[name] for name in names]
    alpha = _per_layer("alpha", parameters["alpha"], layers, None, "left", "each layer of weights")
    ratio = float(parameters["l1_ratio"])
    return {
        "layer_dims": widths,
        "activation": own_names[0] if isinstance(activation, str) else own_names,
        "loss": loss,
        "keep_prob": _per_layer(
            "keep_prob", parameters["keep_prob"], layers, 1, "right", "the input and each hidden layer"
        ),
        "l2": _scaled(alpha, 1 - ratio),
        "l1": _scaled(alpha, ratio),
        "max_norm": parameters["max_norm"],
        "label_smoothing": parameters.get("label_smoothing", 0.0),
        "init": "lecun" if parameters["init"] == "torch" else parameters["init"],
        "dtype": dtype,
    }


def optimizer_settings(parameters: dict[str, Any]) -> dict[str, Any]:
    """The arguments of MLP.set_optimizer but for the learning rate."""
    solver = parameters["solver"]
    if solver == "sgd" and parameters["momentum"] > 0:
        optimizer = "nesterov" if parameters["nesterovs_momentum"] else "momentum"
    else:
        optimizer = solver
    return {
        "optimizer": optimizer,
        "momentum": parameters["momentum"],
        "beta1": parameters["beta_1"],
        "beta2": parameters["beta_2"],
        "epsilon": parameters["epsilon"],
        "weight_decay": parameters["weight_decay"],
        "clip_norm": parameters["clip_norm"],
        "schedule": "constant",
    }
