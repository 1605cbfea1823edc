"""The notebook's training loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from swiftreg.notebook._backward import (
    backward_propagation_with_dropout,
    backward_propagation_with_regularization,
    update_parameters,
)
from swiftreg.notebook._cost import compute_cost, compute_cost_with_regularization
from swiftreg.notebook._forward import (
    forward_propagation,
    forward_propagation_with_dropout,
    initialize_parameters,
)
from swiftreg.notebook._layers import Parameters
from swiftreg.notebook._masks import check_keep_prob
from swiftreg.notebook._plots import plot_costs

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def _matrix(array: ArrayLike, name: str) -> NDArray[np.float64]:
    """As float64 once, so that no iteration converts it again."""
    matrix: NDArray[Any] = np.asarray(array)
    if matrix.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold real numbers, got {matrix.dtype}")
    if matrix.ndim != 2 or matrix.size == 0:
        raise ValueError(f"{name} must be a matrix with entries, got shape {matrix.shape}")
    return matrix.astype(np.float64, copy=False)


def model(
    X: ArrayLike,
    Y: ArrayLike,
    learning_rate: float = 0.3,
    num_iterations: int = 30000,
    print_cost: bool = True,
    lambd: float = 0,
    keep_prob: float = 1,
    *,
    fresh_masks: bool = False,
    seed: int = 0,
) -> Parameters:
    """Trains the notebook's network, [X.shape[0], 20, 3, 1] units, by full-batch gradient descent.

    X is (features, m), Y is (1, m) of 0 and 1. lambd above 0 adds L2, keep_prob below 1 adds
    dropout to the hidden layers; not both (AssertionError). The cost (with dropout, without the L2
    term) is taken before each update: printed every 10000 iterations, collected every 1000 if
    print_cost, and drawn at the end where matplotlib is installed.

    With dropout the masks are those of NumPy's seed 1 in every iteration, as in the notebook;
    fresh_masks=True draws new ones in each, from `seed` (see forward_propagation_with_dropout).

    Returns the trained parameters.
    """
    if lambd != 0 and keep_prob != 1:
        raise AssertionError(f"lambd={lambd!r} and keep_prob={keep_prob!r}: use one at a time")
    X, Y = _matrix(X, "X"), _matrix(Y, "Y")
    keep_prob = check_keep_prob(keep_prob)
    costs = []
    parameters = initialize_parameters([X.shape[0], 20, 3, 1])
    for i in range(num_iterations):
        if keep_prob == 1:
            A, cache = forward_propagation(X, parameters)
        elif fresh_masks:
            A, cache = forward_propagation_with_dropout(X, parameters, keep_prob, seed=seed, step=i)
        else:
            A, cache = forward_propagation_with_dropout(X, parameters, keep_prob)
        if print_cost and i % 1000 == 0:
            if lambd == 0:
                cost = compute_cost(A, Y)
            else:
                cost = compute_cost_with_regularization(A, Y, parameters, lambd)
            costs.append(cost)
            if i % 10000 == 0:
                print(f"Cost after iteration {i}: {cost}")
        if keep_prob == 1:
            grads = backward_propagation_with_regularization(X, Y, cache, lambd)
        else:
            grads = backward_propagation_with_dropout(X, Y, cache, keep_prob)
        update_parameters(parameters, grads, learning_rate)
    plot_costs(costs, learning_rate)
    return parameters
