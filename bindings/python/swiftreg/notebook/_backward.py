"""Backward: gradients, plain, with L2 and with dropout, and the update."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swiftreg import _core
from swiftreg.notebook._calls import refuse_bool, tolerant
from swiftreg.notebook._layers import Array, Parameters, in_layer, layer_names, parameter_names
from swiftreg.notebook._masks import check_keep_prob

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike


def _entries(cache: Sequence[Array], size: int, without: int) -> int:
    """The number of layers of a cache with `size` entries a layer, the last `without` fewer."""
    layers, rest = divmod(len(cache) + without, size)
    if layers < 1 or rest:
        kind = "(Z, D, A, W, b), the last without D" if without else "(Z, A, W, b)"
        raise ValueError(f"cache must hold {kind} of each layer, got {len(cache)} entries")
    return layers


@tolerant
def backward_propagation(X: ArrayLike, Y: ArrayLike, cache: Sequence[Array]) -> dict[str, Array]:
    """Gradients of `compute_cost`, from the cache of `forward_propagation`.

    From the last layer L to the first, with A0 = X:
    dZ = A - Y in layer L, below it dA where A > 0 and 0 elsewhere;
    dW = 1/m dZ A_below^T; db = 1/m * the sum of dZ over the examples, (n_l, 1);
    dA_below = W^T dZ.

    Returns a dict with the keys dZL, dWL, dbL, dA(L-1), dZ(L-1), ..., dZ1, dW1, db1.
    """
    return backward_propagation_with_regularization(X, Y, cache, 0.0)


@tolerant
def backward_propagation_with_regularization(
    X: ArrayLike, Y: ArrayLike, cache: Sequence[Array], lambd: float
) -> dict[str, Array]:
    """`backward_propagation` for `compute_cost_with_regularization`: dW gains lambd/m * W.

    lambd is 0 or more; ValueError otherwise.
    """
    refuse_bool(lambd, "lambd")
    names = layer_names(_entries(cache, 4, 0))
    return _core.backward(X, Y, tuple(cache), names, lambd, None, in_layer)


@tolerant
def backward_propagation_with_dropout(
    X: ArrayLike, Y: ArrayLike, cache: Sequence[Array], keep_prob: float
) -> dict[str, Array]:
    """Gradients of `compute_cost` through `forward_propagation_with_dropout`, from its cache.

    As `backward_propagation`, with dA = W^T dZ * D / keep_prob. The D of the cache may be of any
    real type and hold 0 and 1 only. keep_prob is in (0, 1]; ValueError otherwise.
    """
    keep_prob = check_keep_prob(keep_prob)
    names = layer_names(_entries(cache, 5, 1))
    return _core.backward(X, Y, tuple(cache), names, 0.0, keep_prob, in_layer)


@tolerant
def update_parameters(
    parameters: Parameters, grads: dict[str, Array], learning_rate: float
) -> Parameters:
    """Gradient descent: W - learning_rate * dW, b - learning_rate * db.

    Rebinds the entries of the given dict and returns it; the arrays themselves are not changed.
    After an error the dict is as it was.
    """
    refuse_bool(learning_rate, "learning_rate")
    names = parameter_names(parameters)
    parameters.update(_core.update_parameters(parameters, grads, names, learning_rate))
    return parameters
