"""The functions of the course notebook at its shapes, through Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from cases import plain_notebook
from group import Group
from measure import SWIFTREG, Case, Contestant
from swiftreg import notebook

KEEP_PROB, LAMBD = 0.86, 0.7


def data(rng: np.random.Generator) -> tuple[Any, Any]:
    """Points and labels like the notebook's: (2, 211), (1, 211) uint8."""
    X = 0.3 * rng.normal(size=(2, 211))
    Y = (X[:1] + X[1:] + 0.1 * rng.normal(size=(1, 211)) > 0).astype(np.uint8)
    return X, Y


def _agree(left: Any, right: Any) -> None:
    if isinstance(left, dict):
        assert list(left) == list(right)
        left, right = tuple(left.values()), tuple(right.values())
    if isinstance(left, tuple):
        for a, b in zip(left, right, strict=True):
            _agree(a, b)
    else:
        assert np.allclose(left, right, rtol=1e-9, atol=1e-12)


def functions(threads: int, quick: bool) -> Iterator[Case]:
    X, Y = data(np.random.default_rng(5))
    parameters = notebook.initialize_parameters([2, 20, 3, 1])
    A3, cache = plain_notebook.forward_propagation(X, parameters)
    _, dropped = plain_notebook.forward_propagation_with_dropout(X, parameters, KEEP_PROB)
    grads = plain_notebook.backward_propagation_with_regularization(X, Y, cache, LAMBD)
    arguments: dict[str, tuple[Any, ...]] = {
        "compute_cost_with_regularization": (A3, Y, parameters, LAMBD),
        "backward_propagation_with_regularization": (X, Y, cache, LAMBD),
        "forward_propagation_with_dropout": (X, parameters, KEEP_PROB),
        "backward_propagation_with_dropout": (X, Y, dropped, KEEP_PROB),
        "forward_propagation": (X, parameters),
        "compute_cost": (A3, Y),
        "update_parameters": (parameters, grads, 0.0),
    }
    for name, given in arguments.items():
        ours: Callable[..., Any] = getattr(notebook, name)
        theirs: Callable[..., Any] = getattr(plain_notebook, name)
        _agree(ours(*given), theirs(*given))
        yield Case(
            name, 1,
            [
                Contestant(SWIFTREG, lambda f=ours, given=given: f(*given)),  # type: ignore[misc]
                Contestant("NumPy, notebook", lambda f=theirs, given=given: f(*given)),  # type: ignore[misc]
            ],
        )


GROUPS = [
    Group(
        "notebook", "The notebook's functions, 2-20-3-1 units, 211 examples, float64", "us",
        functions, "Microseconds a call, through Python on both sides. The first four are those "
        "that the notebook's reader writes.",
    )
]
