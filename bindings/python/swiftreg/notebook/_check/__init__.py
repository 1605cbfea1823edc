"""Whether a student's function is right, and if not, where and why."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any

from swiftreg.notebook._check._backward import check_backward
from swiftreg.notebook._check._calls import Wrong, undisturbed
from swiftreg.notebook._check._cost import check_cost
from swiftreg.notebook._check._forward import (
    check_activation,
    check_dropout_forward,
    check_forward,
)
from swiftreg.notebook._check._report import Finding, Report
from swiftreg.notebook._check._training import (
    check_initialize,
    check_model,
    check_predictions,
    check_update,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from swiftreg.notebook._check._training import Found

__all__ = ["Finding", "Report", "check"]

# In the order in which they build on one another.
_CHECKS: dict[str, Callable[[Callable[..., Any]], Found]] = {
    "relu": partial(check_activation, which="relu"),
    "sigmoid": partial(check_activation, which="sigmoid"),
    "initialize_parameters": check_initialize,
    "forward_propagation": check_forward,
    "compute_cost": check_cost,
    "backward_propagation": check_backward,
    "update_parameters": check_update,
    "predict": check_predictions,
    "predict_dec": partial(check_predictions, decimal=True),
    "compute_cost_with_regularization": partial(check_cost, lambd=0.7),
    "backward_propagation_with_regularization": partial(check_backward, lambd=0.7),
    "forward_propagation_with_dropout": check_dropout_forward,
    "backward_propagation_with_dropout": partial(check_backward, keep_prob=0.8),
    "model": check_model,
}


def check(function: Any = None, name: str | None = None, *, model: Any = None) -> Report:
    """Runs a function of the notebook on cases of its own, and says what is wrong with it.

    function : the function. It is told by its __name__.
    name : its name in the notebook, for a function that is called otherwise.
    model : in place of a function, a whole set: the `model` function of a notebook, which is checked
        with the functions that it calls; or a mapping of functions by their names, as `globals()`; or
        a module. Names that are not the notebook's are ignored.

    Known are relu, sigmoid, initialize_parameters, forward_propagation, compute_cost,
    backward_propagation, update_parameters, predict, predict_dec,
    compute_cost_with_regularization, backward_propagation_with_regularization,
    forward_propagation_with_dropout, backward_propagation_with_dropout and model.

    Returns a report that prints as text and is true if all is right. For a wrong function it names
    the first wrong quantity, its largest error and the likely mistake; these are its attributes
    quantity, error and mistake. A function of any style is right that computes the right values: with
    dropout, the masks are taken from the cache. Nothing that the function raises gets out, except
    KeyboardInterrupt; nothing that it prints or draws is shown; NumPy's generator is left as it was.

    Raises TypeError for what is no function, ValueError for a name that is not known.
    """
    if (function is None) == (model is None):
        raise TypeError("check takes a function, or model=..., one of them")
    if model is not None:
        return _check_set(model, name)
    if isinstance(function, (Mapping, ModuleType)):
        return _check_set(function, name)
    if not callable(function):
        raise TypeError(f"function must be a function, got {type(function).__name__}")
    return _check_one(function, _known_name(function, name))


def _known_name(function: Any, name: str | None) -> str:
    wanted = name if name is not None else getattr(function, "__name__", "")
    if wanted in _CHECKS:
        return wanted
    if name is None:
        # compute_cost_with_regularization_mine
        inside = [known for known in _CHECKS if known in wanted and known != "model"]
        if inside:
            return max(inside, key=len)
    raise ValueError(f"name must be one of {', '.join(_CHECKS)}, got {wanted!r}")


def _check_one(function: Callable[..., Any], name: str, **options: Any) -> Report:
    with undisturbed():
        try:
            findings, notes = _CHECKS[name](function, **options)
        except Wrong as wrong:
            return Report(name, (wrong.finding,), exception=wrong.exception)
        except Exception as error:
            # A result so strange that not even its comparison works.
            words = f"it cannot be compared with the right one: {type(error).__name__}: {error}"
            return Report(name, (Finding("the result", None, words, ""),), exception=error)
    return Report(name, tuple(findings), tuple(notes))


def _check_set(model: Any, name: str | None) -> Report:
    if name is not None:
        raise TypeError("name is for one function, not for a set")
    functions: Mapping[str, Any]
    if isinstance(model, Mapping):
        functions = model
    elif isinstance(model, ModuleType):
        functions = vars(model)
    elif callable(model):
        functions = {**getattr(model, "__globals__", {}), "model": model}
    else:
        raise TypeError(
            "model must be a function, a dict of functions as globals(), or a module,"
            f" got {type(model).__name__}"
        )
    present = [known for known in _CHECKS if callable(functions.get(known))]
    if not present:
        raise ValueError(f"model holds none of {', '.join(_CHECKS)}")
    parts: list[Report] = []
    for known in present:
        options: dict[str, Any] = {}
        if known == "model":
            # The run with dropout can be compared only if the masks are the course's.
            options["own_masks"] = not any(
                note.startswith("the masks are right, but") for part in parts for note in part.notes
            )
        parts.append(_check_one(functions[known], known, **options))
    return Report("model", parts=tuple(parts))
