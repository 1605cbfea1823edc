"""Calls that were written for other copies of the notebook's helpers.

Common copies give `model` and `load_2D_dataset` an argument `is_plot`, and some have arguments of
their own. A call that these functions do not take says what they take, and how to keep one's own.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, ParamSpec, TypeGuard, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


def is_bool(value: Any) -> TypeGuard[bool]:
    return isinstance(value, (bool, np.bool_))


def refuse_bool(value: Any, name: str) -> None:
    """TypeError for True and False in place of a number, of which Python makes 1 and 0."""
    if is_bool(value):
        raise TypeError(f"{name} must be a number, got {value!r}")


def tolerant(function: Callable[P, T]) -> Callable[P, T]:
    """The function, with a TypeError that helps for arguments that it does not take."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*arguments: P.args, **keywords: P.kwargs) -> T:
        try:
            return function(*arguments, **keywords)
        except TypeError:
            try:
                signature.bind(*arguments, **keywords)
            except TypeError as misfit:
                raise _not_taken(function.__name__, signature, misfit) from None
            raise

    return call


def takes_is_plot_from(first: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A decorator: a bool among the positional arguments from `first` on is `is_plot`.

    Common copies have `is_plot` there, where the course's functions have nothing that is a bool.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(function)
        def call(*arguments: P.args, **keywords: P.kwargs) -> T:
            for position in range(first, len(arguments)):
                if is_bool(arguments[position]):
                    moved: Any = {"is_plot": arguments[position], **keywords}
                    others: Any = arguments[:position] + arguments[position + 1 :]
                    return function(*others, **moved)
            return function(*arguments, **keywords)

        return call

    return decorate


def _not_taken(name: str, signature: inspect.Signature, misfit: TypeError) -> TypeError:
    """The error of a call that does not fit a function's signature."""
    taken = ", ".join(
        parameter.name
        if parameter.default is parameter.empty
        else f"{parameter.name}={parameter.default!r}"
        for parameter in signature.parameters.values()
    )
    return TypeError(
        f"{name} of swiftreg.notebook: {misfit}. It takes ({taken})."
        f" To keep a {name} of your own, define it after `from swiftreg.notebook import *`,"
        " or import the other functions by their names"
    )
