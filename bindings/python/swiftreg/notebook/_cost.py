"""Costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from swiftreg import _core
from swiftreg.notebook._calls import refuse_bool, tolerant
from swiftreg.notebook._layers import Parameters, parameter_names

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@tolerant
def compute_cost(a3: ArrayLike, Y: ArrayLike) -> np.float64:
    """The cross-entropy 1/m * sum of -(Y log a3 + (1 - Y) log(1 - a3)), a NumPy scalar.

    a3 and Y are (outputs, m). A term 0 * infinity counts 0, as any NaN; a saturated wrong answer
    gives infinity, without a warning.
    """
    cost, _ = _core.cost(a3, Y, None, 0.0)
    return np.float64(cost)


@tolerant
def compute_cost_with_regularization(
    A3: ArrayLike, Y: ArrayLike, parameters: Parameters, lambd: float
) -> np.float64:
    """`compute_cost` plus lambd / (2 m) * the sum of the squares of all weights. Not of biases.

    lambd is 0 or more; ValueError otherwise.
    """
    refuse_bool(lambd, "lambd")
    weights = tuple([parameters[layer.w] for layer in parameter_names(parameters)])
    cost, _ = _core.cost(A3, Y, weights, lambd)
    return np.float64(cost)
