"""The names of options, and the library's numbers for them."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from swiftreg import _core

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

ACTIVATIONS = {
    "identity": _core.IDENTITY, "relu": _core.RELU, "leaky_relu": _core.LEAKY_RELU,
    "tanh": _core.TANH, "sigmoid": _core.SIGMOID,
}
LOSSES = {
    "binary_cross_entropy": _core.BINARY_CROSS_ENTROPY,
    "softmax_cross_entropy": _core.SOFTMAX_CROSS_ENTROPY,
    "squared_error": _core.SQUARED_ERROR,
}
INITS = {
    "he": _core.INIT_HE, "xavier": _core.INIT_XAVIER, "lecun": _core.INIT_LECUN,
    "notebook": _core.INIT_NOTEBOOK,
}
OPTIMIZERS = {
    "sgd": _core.SGD, "momentum": _core.MOMENTUM, "nesterov": _core.NESTEROV,
    "adam": _core.ADAM, "adamw": _core.ADAMW,
}
SCHEDULES = {
    "constant": _core.CONSTANT, "step": _core.STEP, "cosine": _core.COSINE,
    "inverse_scaling": _core.INVERSE_SCALING,
}
_DTYPES = (np.dtype(np.float32), np.dtype(np.float64))
# What Network.set_optimizer takes after the optimizer.
SETTINGS = (
    "schedule", "period", "learning_rate", "momentum", "beta1", "beta2", "epsilon",
    "weight_decay", "clip_norm", "decay", "min_learning_rate",
)


class OptimizerSettings(TypedDict, total=False):
    """The keywords of `MLP.set_optimizer`; as those of `MLP`."""

    learning_rate: float | None
    momentum: float
    beta1: float
    beta2: float
    epsilon: float
    weight_decay: float
    clip_norm: float | None
    schedule: str
    decay: float
    period: int
    min_learning_rate: float


def number_of(names: dict[str, int], name: object, argument: str) -> int:
    """The library's number for a name."""
    if not isinstance(name, str):
        raise TypeError(f"{argument} must be a string, got {name!r}")
    if name not in names:
        raise ValueError(f"{argument} must be one of {', '.join(map(repr, names))}, got {name!r}")
    return names[name]


def name_of(names: dict[str, int], number: int) -> str:
    return next(name for name, n in names.items() if n == number)


def limit(value: float | None, argument: str) -> float:
    """A limit of a norm as the library takes it, to which 0 is none: to the caller that is None."""
    if value is None:
        return 0.0
    if isinstance(value, Real) and value == 0:
        raise ValueError(f"{argument} must be above 0, or None, got {value!r}")
    return value


def activation_numbers(activation: str | Sequence[str], hidden: int) -> tuple[int, ...]:
    if isinstance(activation, str):
        return (number_of(ACTIVATIONS, activation, "activation"),) * max(hidden, 0)
    try:
        names = list(activation)
    except TypeError:
        raise TypeError(f"activation must be a name or names, got {activation!r}") from None
    if len(names) != hidden:
        raise ValueError(
            f"activation must be a name or hold {hidden}, for each hidden layer its own, "
            f"got {activation!r}"
        )
    return tuple(number_of(ACTIVATIONS, name, "activation") for name in names)


def is_float64(dtype: DTypeLike) -> bool:
    try:
        chosen = np.dtype(dtype)
    except TypeError:
        raise TypeError(f"dtype must be float32 or float64, got {dtype!r}") from None
    if dtype is None or chosen not in _DTYPES or not chosen.isnative:
        raise ValueError(f"dtype must be float32 or float64, got {dtype!r}")
    return chosen == np.float64
