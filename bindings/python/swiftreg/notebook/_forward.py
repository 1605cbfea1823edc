"""Forward: activations, initial parameters, propagation with and without dropout, predictions."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np

from swiftreg import _core
from swiftreg.notebook._calls import is_bool, refuse_bool, tolerant
from swiftreg.notebook._layers import Array, LayerNames, Parameters, in_layer, parameter_names
from swiftreg.notebook._masks import check_keep_prob, leave_numpy_after, notebook_masks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray


def _activate(x: ArrayLike, activation: int) -> Any:
    a = _core.forward_activation(x, activation, None)
    return a if a.ndim else a[()]


def sigmoid(x: ArrayLike) -> Any:
    """1 / (1 + exp(-x)), without overflow. Any shape; a scalar gives a NumPy scalar."""
    return _activate(x, _core.SIGMOID)


def relu(x: ArrayLike) -> Any:
    """max(0, x). Any shape; a scalar gives a NumPy scalar. NaN stays NaN."""
    return _activate(x, _core.RELU)


@tolerant
def initialize_parameters(layer_dims: Sequence[int]) -> Parameters:
    """Initial parameters of a network with the given widths, the input's first.

    Seeds NumPy's global generator with 3, then for each layer in turn
    W = randn(n_l, n_{l-1}) / sqrt(n_{l-1}) and b = zeros of shape (n_l, 1).

    Returns a dict with the keys W1, b1, W2, b2, ... in this order. Raises ValueError for fewer than
    two widths or one below 1, TypeError for what is no integer.
    """
    try:
        widths = [index(n) for n in layer_dims]
        if any(is_bool(n) for n in layer_dims):
            raise TypeError
    except TypeError:
        raise TypeError(f"layer_dims must hold integers, got {layer_dims!r}") from None
    if len(widths) < 2 or min(widths) < 1:
        raise ValueError(f"layer_dims must hold two or more widths above 0, got {layer_dims!r}")
    generator = _core.LegacyGenerator(3)
    parameters: Parameters = {}
    for layer, (below, width) in enumerate(zip(widths, widths[1:]), start=1):
        parameters[f"W{layer}"] = generator.normal((width, below)) / np.sqrt(below)
        parameters[f"b{layer}"] = np.zeros((width, 1))
    np.random.set_state(generator.state())
    return parameters


@tolerant
def forward_propagation(X: ArrayLike, parameters: Parameters) -> tuple[Array, tuple[Array, ...]]:
    """Z = W A + b and A = relu(Z) layer by layer, sigmoid(Z) in the last.

    X is (n_0, m). Returns (A of the last layer, cache) with the cache (Z1, A1, W1, b1, Z2, A2, W2,
    b2, ...), which holds the caller's own W and b.

    Raises ValueError where shapes do not fit, naming the layer.
    """
    return _core.forward(X, parameters, parameter_names(parameters), None, 1.0, in_layer)


def _hidden_widths(parameters: Parameters, names: Sequence[LayerNames]) -> tuple[int, ...]:
    widths = []
    for layer in names[:-1]:
        W = parameters[layer.w]
        try:
            widths.append(len(W))
        except TypeError:
            raise ValueError(f"{layer.w} must have two dimensions, got {W!r}") from None
    return tuple(widths)


@tolerant
def forward_propagation_with_dropout(
    X: ArrayLike,
    parameters: Parameters,
    keep_prob: float = 0.5,
    *,
    seed: int | None = None,
    step: int = 0,
) -> tuple[Array, tuple[Array, ...]]:
    """`forward_propagation` with inverted dropout on the hidden layers: A = relu(Z) * D / keep_prob.

    keep_prob in (0, 1] is the probability to keep a unit. As in the notebook, NumPy's global
    generator is seeded with 1 and D = rand(n_l, m) < keep_prob drawn for each hidden layer in turn:
    the same masks in every call, and the generator is left behind those draws.

    With `seed` (0 to 2**64 - 1) the masks are swiftreg's own instead: those of `step` (0 to
    2**48 - 1), so that every step has fresh ones, and NumPy's generator is left alone. D of layer l
    is then, for each column r, swiftreg.dropout_mask(n_l, keep_prob, seed=seed,
    stream=step * 2**16 + l, offset=r * 2**34).

    Returns (A of the last layer, cache) with the cache (Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2,
    ..., Z, A, W, b); A is already masked and scaled, D holds integers 0 and 1.
    """
    names = parameter_names(parameters)
    keep_prob = check_keep_prob(keep_prob)
    refuse_bool(seed, "seed")
    refuse_bool(step, "step")
    shape = X.shape if isinstance(X, np.ndarray) else np.shape(X)
    if len(shape) != 2:
        raise ValueError(f"X must have two dimensions, (features, examples), got shape {shape}")
    examples = shape[1]
    widths = _hidden_widths(parameters, names)
    if seed is None:
        drawn = notebook_masks(widths, examples, keep_prob)
        masks: tuple[Array, ...] = drawn.layers
        leave_numpy_after(drawn)
    else:
        masks = tuple([
            _core.layer_mask((width, examples), keep_prob, seed, step, layer, 0)
            for layer, width in enumerate(widths, start=1)
        ])
    return _core.forward(X, parameters, names, masks, keep_prob, in_layer)


@tolerant
def predict(X: ArrayLike, y: ArrayLike, parameters: Parameters) -> NDArray[np.int64]:
    """Predictions, int of shape (1, m): 1 where the output is above 0.5. Never dropout.

    Prints "Accuracy: " and the share of columns where they equal the labels y, of shape (1, m).
    """
    A, _ = forward_propagation(X, parameters)
    p = (A[:1] > 0.5).astype(np.int64)
    labels = np.asarray(y)
    if labels.shape != p.shape:
        raise ValueError(f"y must have shape {p.shape} to fit X, got {labels.shape}")
    print("Accuracy: " + str(np.mean(p[0] == labels[0])))
    return p


@tolerant
def predict_dec(parameters: Parameters, X: ArrayLike) -> NDArray[np.bool_]:
    """Whether the output is above 0.5, bool of shape (1, m). Mind the order of the arguments."""
    A, _ = forward_propagation(X, parameters)
    above: NDArray[np.bool_] = A > 0.5
    return above
