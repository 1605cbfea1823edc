"""Settings carried over from other libraries: `carry_over`, and the table that it reads.

docs/carry-over.md is written from the same table by `make carry-over`.
"""

from __future__ import annotations

import difflib
import inspect
import math
from numbers import Integral, Real

from swiftreg._carry_over import (
    _dlib,
    _keras,
    _mindspore,
    _mlx,
    _optax,
    _paddle,
    _pytorch,
    _r,
    _scikit_learn,
    _tinygrad,
    _vowpal_wabbit,
    _weka,
    _xgboost,
)
from swiftreg._carry_over._table import CarryOverWarning as CarryOverWarning
from swiftreg._carry_over._table import Library, Settings, parameters_of

LIBRARIES: tuple[Library, ...] = (
    _scikit_learn.LIBRARY, _pytorch.LIBRARY, _keras.LIBRARY, _optax.LIBRARY, _mlx.LIBRARY,
    _mindspore.LIBRARY, _paddle.LIBRARY, _tinygrad.LIBRARY, _r.LIBRARY, _xgboost.LIBRARY,
    _vowpal_wabbit.LIBRARY, _dlib.LIBRARY, _weka.LIBRARY,
)  # fmt: skip
_ENTRIES = {name: carry for library in LIBRARIES for name, carry in library.entries.items()}
# Numbers of the training.
_COUNTS, _SUMS = ("outputs", "update", "gradient_accumulation_steps"), ("batch_size", "examples")


def carry_over_names() -> list[str]:
    """The names that `carry_over` knows."""
    return sorted(_ENTRIES)


def carry_over(name: str, /, *, loss_scale: float = 1.0, **settings: object) -> Settings:
    """The settings of `MLP` that train as another library does.

    docs/carry-over.md has every name with what it computes; each is tested against the library.

    Parameters
    ----------
    name : of the other library's function or class, such as "torch.SGD", "mlx.Adam", "r.glmnet".
        `carry_over_names` lists them.
    loss_scale : s > 0, if the data term there is s times that here, such as 2 / outputs for
        PyTorch's MSELoss(): l2, l1, clip_norm and epsilon are divided by s, and the learning rate is
        multiplied by s for optimizers other than Adam and AdamW.
    settings : the arguments there, by their names there. What is not given is the default there.
        Besides, where the settings depend on them: batch_size and examples (their number in a
        batch, and in all; with weights of examples: the sums of these), outputs, and update (its
        number, from 1: the settings hold for that update alone, for `MLP.set_optimizer` before it).

    Returns
    -------
    Keyword arguments of `MLP`; those of an optimizer are also arguments of `MLP.set_optimizer`.

    Warns
    -----
    CarryOverWarning : a difference that the settings do not cover.

    Raises
    ------
    ValueError : an unknown name, a value out of range, or a setting that has no equal here.
    TypeError : an argument that the entry lacks or does not have.
    """
    if not isinstance(name, str):
        raise TypeError(f"name must be a string, got {name!r}")
    if name not in _ENTRIES:
        folded = {known.casefold(): known for known in _ENTRIES}
        near = difflib.get_close_matches(name.casefold(), folded, 3)
        hint = f"; near it: {', '.join(folded[word] for word in near)}" if near else ""
        raise ValueError(f"name must be one of swiftreg.carry_over_names(), got {name!r}{hint}")
    carry = _ENTRIES[name]
    scale = _number("loss_scale", loss_scale)
    if scale <= 0:
        raise ValueError(f"loss_scale must be above 0, got {loss_scale!r}")
    try:
        inspect.signature(carry).bind(**settings)
    except TypeError as error:
        known = ", ".join(parameters_of(carry)) or "no arguments"
        raise TypeError(f"carry_over({name!r}): {error}; it has {known}") from None
    for argument, value in settings.items():
        _check(argument, value)
    try:
        return _rescaled(carry(**settings), scale)
    except (TypeError, ValueError) as error:
        raise type(error)(f"carry_over({name!r}): {error}") from None


def _number(argument: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{argument} must be a number, got {value!r}")
    if not math.isfinite(value):
        raise ValueError(f"{argument} must be finite, got {value!r}")
    return float(value)


def _check(argument: str, value: object) -> None:
    if argument in _COUNTS and value is not None:
        if isinstance(value, bool) or not isinstance(value, Integral):
            raise TypeError(f"{argument} must be a whole number, got {value!r}")
        if value < 1:
            raise ValueError(f"{argument} must be at least 1, got {value!r}")
    elif argument in _SUMS and value is not None:
        if _number(argument, value) <= 0:
            raise ValueError(f"{argument} must be above 0, got {value!r}")
    elif isinstance(value, tuple | list):
        for part in value:
            _number(argument, part)
    elif value is not None and not isinstance(value, bool | str):
        _number(argument, value)


def _rescaled(settings: Settings, scale: float) -> Settings:
    """For a data term that is `scale` times ours."""
    if scale == 1:
        return settings
    scaled = dict(settings)
    for name in ("l2", "l1", "clip_norm", "epsilon"):
        if scaled.get(name) is not None:
            scaled[name] /= scale
    if "learning_rate" in scaled and scaled.get("optimizer") not in ("adam", "adamw"):
        scaled["learning_rate"] *= scale
    return scaled
