"""Backward: gradients, plain, with L2 and with dropout, and the update."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from swiftreg import _core
from swiftreg.notebook._layers import (
    Array,
    LayerNames,
    Parameters,
    in_layer,
    layer_names,
    parameter_names,
)
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


def _layer_gradients(
    gradients: dict[str, Array], layer: LayerNames, W: Array, dZ: Array, A: Any, lambd: float,
    want_da: bool,
) -> Any:
    """Puts dZ, dW and db into the dict and gives dA of the layer below (None if not wanted)."""
    try:
        dW, db, dA = _core.backward_l2(W, dZ, A, lambd, want_da)
    except (TypeError, ValueError) as error:
        raise in_layer(error, layer) from None
    gradients[layer.dz] = dZ
    gradients[layer.dw] = dW
    gradients[layer.db] = db
    return dA


def backward_propagation(X: ArrayLike, Y: ArrayLike, cache: Sequence[Array]) -> dict[str, Array]:
    """Gradients of `compute_cost`, from the cache of `forward_propagation`.

    From the last layer L to the first, with A0 = X:
    dZ = A - Y in layer L, below it dA where A > 0 and 0 elsewhere;
    dW = 1/m dZ A_below^T; db = 1/m * the sum of dZ over the examples, (n_l, 1);
    dA_below = W^T dZ.

    Returns a dict with the keys dZL, dWL, dbL, dA(L-1), dZ(L-1), ..., dZ1, dW1, db1.
    """
    return backward_propagation_with_regularization(X, Y, cache, 0.0)


def backward_propagation_with_regularization(
    X: ArrayLike, Y: ArrayLike, cache: Sequence[Array], lambd: float
) -> dict[str, Array]:
    """`backward_propagation` for `compute_cost_with_regularization`: dW gains lambd/m * W.

    lambd is 0 or more; ValueError otherwise.
    """
    layers = _entries(cache, 4, 0)
    gradients: dict[str, Array] = {}
    dZ = _core.backward_cost(cache[-3], Y)
    for index in range(layers - 1, -1, -1):
        layer = layer_names(layers)[index]
        W = cache[4 * index + 2]
        if index == 0:
            _layer_gradients(gradients, layer, W, dZ, X, lambd, False)
            break
        A = cache[4 * index - 3]
        dA = _layer_gradients(gradients, layer, W, dZ, A, lambd, True)
        gradients[layer.da_below] = dA
        dZ = _core.backward_activation(dA, A, _core.RELU, None)
    return gradients


def backward_propagation_with_dropout(
    X: ArrayLike, Y: ArrayLike, cache: Sequence[Array], keep_prob: float
) -> dict[str, Array]:
    """Gradients of `compute_cost` through `forward_propagation_with_dropout`, from its cache.

    As `backward_propagation`, with dA = W^T dZ * D / keep_prob. The D of the cache may be of any
    real type and hold 0 and 1 only. keep_prob is in (0, 1]; ValueError otherwise.
    """
    keep_prob = check_keep_prob(keep_prob)
    layers = _entries(cache, 5, 1)
    gradients: dict[str, Array] = {}
    dZ = _core.backward_cost(cache[-3], Y)
    W = cache[-2]
    for index in range(layers - 1, 0, -1):
        layer = layer_names(layers)[index]
        _, D, A, W_below, _ = cache[5 * index - 5 : 5 * index]
        dA = _layer_gradients(gradients, layer, W, dZ, A, 0.0, True)
        try:
            _core.apply_mask(dA, D, keep_prob, dA)
        except (TypeError, ValueError) as error:
            raise type(error)(f"D{index} of the cache: {error}") from None
        gradients[layer.da_below] = dA
        dZ = _core.backward_activation(dA, A, _core.RELU, None)
        W = W_below
    _layer_gradients(gradients, layer_names(layers)[0], W, dZ, X, 0.0, False)
    return gradients


def update_parameters(
    parameters: Parameters, grads: dict[str, Array], learning_rate: float
) -> Parameters:
    """Gradient descent: W - learning_rate * dW, b - learning_rate * db.

    Rebinds the entries of the given dict and returns it; the arrays themselves are not changed.
    After an error the dict is as it was.
    """
    updated: Parameters = {}
    for layer in parameter_names(parameters):
        try:
            updated[layer.w] = _core.update(
                parameters[layer.w], grads[layer.dw], learning_rate, None
            )
            updated[layer.b] = _core.update(
                parameters[layer.b], grads[layer.db], learning_rate, None
            )
        except (TypeError, ValueError) as error:
            raise in_layer(error, layer) from None
    parameters.update(updated)
    return parameters
