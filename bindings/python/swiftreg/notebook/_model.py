"""The notebook's training loop."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from swiftreg._history import Progress
from swiftreg._mlp import MLP
from swiftreg.notebook._calls import refuse_bool, takes_is_plot_from, tolerant
from swiftreg.notebook._cost import compute_cost, compute_cost_with_regularization
from swiftreg.notebook._forward import (
    forward_propagation,
    forward_propagation_with_dropout,
    initialize_parameters,
)
from swiftreg.notebook._layers import Parameters, parameter_names
from swiftreg.notebook._masks import check_keep_prob, leave_numpy_after, notebook_masks
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


HIDDEN = (20, 3)


# Common copies of the notebook have is_plot where the course's has lambd.
@takes_is_plot_from(5)
@tolerant
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
    is_plot: bool = True,
) -> Parameters:
    """Trains the notebook's network, [X.shape[0], 20, 3, 1] units, by full-batch gradient descent.

    X is (features, m), Y is (1, m) of 0 and 1. lambd above 0 adds L2, keep_prob below 1 adds
    dropout to the hidden layers; not both (AssertionError). The cost (with dropout and the L2 term)
    is taken before each update: printed every 10000 iterations, collected every 1000 if
    print_cost, and drawn at the end where matplotlib is installed, unless is_plot is False.

    With dropout the masks are those of NumPy's seed 1 in every iteration, as in the notebook;
    fresh_masks=True draws new ones in each, from `seed` (see forward_propagation_with_dropout).

    Returns the trained parameters. Ctrl-C ends the training at once. Raises FloatingPointError if a
    cost or a gradient is not finite, where the notebook goes on with NaN. TypeError for True or
    False in place of a number; a bool as sixth positional argument or later is is_plot, as in
    common copies of the notebook.
    """
    for name, number in (
        ("learning_rate", learning_rate), ("num_iterations", num_iterations), ("lambd", lambd),
        ("keep_prob", keep_prob), ("seed", seed),
    ):
        refuse_bool(number, name)
    if lambd != 0 and keep_prob != 1:
        raise AssertionError(f"lambd={lambd!r} and keep_prob={keep_prob!r}: use one at a time")
    X, Y = _matrix(X, "X"), _matrix(Y, "Y")
    if Y.shape != (1, X.shape[1]):
        raise ValueError(f"Y must have shape (1, {X.shape[1]}) to fit X, got {Y.shape}")
    try:
        iterations = max(0, operator.index(num_iterations))
    except TypeError:
        raise TypeError(f"num_iterations must be an integer, got {num_iterations!r}") from None
    keep_prob = check_keep_prob(keep_prob)
    dropout = keep_prob < 1
    parameters = initialize_parameters([X.shape[0], *HIDDEN, 1])
    network = _network(X.shape[0], learning_rate, lambd, keep_prob, seed)
    for layer, (W, b) in zip(parameter_names(parameters), network.weights):
        # The network trains these very arrays from here on, as the cost's functions see.
        W[...], b[...] = parameters[layer.w], parameters[layer.b][:, 0]
        parameters[layer.w], parameters[layer.b] = W, b[:, None]
    costs: list[np.float64] = []

    def collect(i: int) -> None:
        """The cost in iteration i, before its update."""
        if not dropout:
            A, _ = forward_propagation(X, parameters)
        elif fresh_masks:
            A, _ = forward_propagation_with_dropout(X, parameters, keep_prob, seed=seed, step=i)
        else:
            A, _ = forward_propagation_with_dropout(X, parameters, keep_prob)
        if lambd == 0:
            cost = compute_cost(A, Y)
        else:
            cost = compute_cost_with_regularization(A, Y, parameters, lambd)
        costs.append(cost)
        if i % 10000 == 0:
            print(f"Cost after iteration {i}: {cost}")

    def report(progress: Progress) -> None:
        if progress.epoch < iterations:
            collect(progress.epoch)

    if print_cost and iterations > 0:
        collect(0)
    masks = None
    if dropout and not fresh_masks:
        drawn = notebook_masks(HIDDEN, X.shape[1], keep_prob)
        masks = [None, *(kept.T for kept in drawn.layers)]
        if iterations > 0:
            leave_numpy_after(drawn)
    network.fit(
        X.T, Y.T, epochs=iterations, shuffle=False, masks=masks,
        callback=report if print_cost else None, callback_every=1000,
    )
    if is_plot and costs:
        plot_costs(costs, learning_rate)
    return {name: array.copy() for name, array in parameters.items()}


def _network(
    features: int, learning_rate: float, lambd: float, keep_prob: float, seed: int
) -> MLP:
    try:
        return MLP(
            [features, *HIDDEN, 1], keep_prob=keep_prob, l2=lambd, seed=seed, optimizer="sgd",
            learning_rate=learning_rate, dtype=np.float64,
        )
    except (TypeError, ValueError) as error:
        # What is called lambd here is l2 there.
        text = str(error)
        if not text.startswith("l2"):
            raise
        raise type(error)("lambd" + text.removeprefix("l2")) from None
