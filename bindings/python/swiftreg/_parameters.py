"""Errors of unknown parameters, which name the one that was meant."""

from __future__ import annotations

from functools import cache
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Any

_DROPOUT = "there is no dropout, but keep_prob, the probability to keep a unit: keep_prob = 1 - dropout"

# What libraries call the same thing.
_SYNONYMS = (
    ("l2", "alpha", "alphas", "lambd", "lambda_", "lam", "reg_lambda"),
    ("learning_rate_init", "learning_rate", "lr", "eta"),
    ("seed", "random_state"),
    ("optimizer", "solver"),
    ("activation", "activations"),
    ("layer_dims", "hidden_layer_sizes", "hidden_layers", "layers", "widths"),
    ("epochs", "max_iter", "n_epochs"),
    ("patience", "n_iter_no_change"),
    ("keep_prob", "keep_probs"),
)


@cache
def _names(function: Any) -> frozenset[str] | None:
    """The names of a function's parameters, or of a class's; None where it takes any."""
    parameters = signature(function).parameters.values()
    if any(p.kind == Parameter.VAR_KEYWORD for p in parameters):
        return None
    return frozenset(p.name for p in parameters)


def hint(cls: type, name: str) -> str:
    """What may have been meant by a parameter that the class lacks, to end an error with."""
    own = _names(cls) or frozenset()
    if name == "dropout" and own & {"keep_prob", "keep_probs"}:
        return f": {_DROPOUT}"
    alike = next((group for group in _SYNONYMS if name in group), (name,))
    meant = [other for other in alike if other in own]
    if meant:
        return f": did you mean {meant[0]}?"
    of_fit = (_names(cls.fit) if hasattr(cls, "fit") else None) or frozenset()
    meant = [other for other in alike if other in of_fit]
    return f": {meant[0]} is an argument of fit" if meant else ""


class ParameterNames:
    """Makes the errors of a class's unknown parameters."""

    __signature__: Signature

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # Python up to 3.11.2 would show the arguments of __new__ instead.
        own = signature(cls.__init__)
        cls.__signature__ = own.replace(parameters=list(own.parameters.values())[1:])

    if not TYPE_CHECKING:

        def __new__(cls, *args: Any, **parameters: Any) -> Any:
            names = _names(cls)
            for name in parameters:
                if names is not None and name not in names:
                    raise TypeError(f"{cls.__name__} has no parameter {name!r}{hint(cls, name)}")
            return super().__new__(cls)
