"""The course notebook "Regularization" on swiftreg's kernels: a drop-in for its helpers.

    from swiftreg.notebook import *

after the notebook's function cells gives it these functions in place of its own: the same names,
arguments, shapes, dicts, caches, return types and side effects, for any number of layers. Examples
are columns: X is (features, m), Y is (outputs, m). Layer l computes

    Z = W A + b,  A = relu(Z), in the last layer sigmoid(Z)

with W of shape (n_l, n_{l-1}) and b of shape (n_l, 1), in dicts with the keys W1, b1, W2, b2, ...

Data may be float64, float32, integers or lists, in any memory layout; if every array of a call is
float32, so are its results. Bad input raises ValueError or TypeError that name the argument; a dict
without a key that is needed raises KeyError, as in the notebook.

Is my own function right? `swiftreg.notebook.check(function)` says which quantity is wrong, by how
much, and the likely mistake; `check(model=globals())` does so for all functions of a notebook. The
star import leaves `check` out.

Is it really dropout? The notebook seeds NumPy with 1 in every forward pass, so its masks never
change from iteration to iteration, and so it is here by default. Fresh masks for every iteration
are an option: `model(..., fresh_masks=True)` and the `seed` and `step` of
`forward_propagation_with_dropout`.
"""

from swiftreg.notebook._backward import (
    backward_propagation,
    backward_propagation_with_dropout,
    backward_propagation_with_regularization,
    update_parameters,
)
from swiftreg.notebook._check import Report as Report
from swiftreg.notebook._check import check as check
from swiftreg.notebook._cost import compute_cost, compute_cost_with_regularization
from swiftreg.notebook._data import load_2D_dataset
from swiftreg.notebook._forward import (
    forward_propagation,
    forward_propagation_with_dropout,
    initialize_parameters,
    predict,
    predict_dec,
    relu,
    sigmoid,
)
from swiftreg.notebook._model import model
from swiftreg.notebook._plots import plot_decision_boundary

__all__ = [
    "backward_propagation",
    "backward_propagation_with_dropout",
    "backward_propagation_with_regularization",
    "compute_cost",
    "compute_cost_with_regularization",
    "forward_propagation",
    "forward_propagation_with_dropout",
    "initialize_parameters",
    "load_2D_dataset",
    "model",
    "plot_decision_boundary",
    "predict",
    "predict_dec",
    "relu",
    "sigmoid",
    "update_parameters",
]
