"""The options of the library, as its own table has them: names, ranges and defaults."""

from __future__ import annotations

import operator
from numbers import Real
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from swiftreg import _core

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

OPTIONS: dict[str, dict[str, Any]] = {option["name"]: option for option in _core.option_table()}
"""Every option of the library by its name."""

REG_ENUMS = ("activation", "loss", "init", "optimizer", "schedule", "function", "stop", "precision", "input_step")


def _numbers(enum: str) -> dict[str, int]:
    """The names of an enum, and the library's numbers for them."""
    return {
        name: number for number, (name, _) in enumerate(_core.enum_table(REG_ENUMS.index(enum)))
    }


ACTIVATIONS = _numbers("activation")
LOSSES = _numbers("loss")
INITS = _numbers("init")
OPTIMIZERS = _numbers("optimizer")
SCHEDULES = _numbers("schedule")
FUNCTIONS = _numbers("function")
STOPS = tuple(_numbers("stop"))
# What `MLP.set_optimizer` takes after the optimizer.
SETTINGS = tuple(
    name
    for name, option in OPTIONS.items()
    if option["structure"] == "reg_optimizer_options" and name != "optimizer"
)
_DTYPES = (np.dtype(np.float32), np.dtype(np.float64))


class OptimizerSettings(TypedDict, total=False):
    """The keywords of `MLP.set_optimizer`; as those of `MLP`."""

    learning_rate: float | None
    momentum: float
    beta1: float
    beta2: float | None
    epsilon: float
    weight_decay: float
    clip_norm: float | None
    schedule: str
    decay: float
    period: int
    min_learning_rate: float


def limit(value: float | None, argument: str) -> float:
    """A limit of a norm as the library takes it, to which 0 is none: to the caller that is None."""
    if value is None:
        return 0.0
    if isinstance(value, Real) and value == 0:
        raise ValueError(f"{argument} must be above 0, or None, got {value!r}")
    return value


def count(value: Any, argument: str) -> int:
    """An integer of 1 or more."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{argument} must be an integer, got {value!r}") from None
    if number < 1:
        raise ValueError(f"{argument} must be 1 or more, got {value!r}")
    return number


def is_float64(dtype: DTypeLike) -> bool:
    try:
        chosen = np.dtype(dtype)
    except TypeError:
        raise TypeError(f"dtype must be float32 or float64, got {dtype!r}") from None
    if dtype is None or chosen not in _DTYPES or not chosen.isnative:
        raise ValueError(f"dtype must be float32 or float64, got {dtype!r}")
    return chosen == np.float64
