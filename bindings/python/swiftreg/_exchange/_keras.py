"""Keras's Sequential."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from swiftreg._carry_over import carry_over
from swiftreg._exchange._layers import Layers, NoEqual, layers_of
from swiftreg._extras import missing

try:
    import keras
except ImportError:
    raise missing("Exchange with Keras needs", "keras", "keras") from None

if TYPE_CHECKING:
    from swiftreg._exchange._layers import Network
    from swiftreg._mlp import MLP

# Name here: the layer there, its settings, and the function of the same values, if there is one.
_ACTIVATIONS: dict[str, tuple[str, dict[str, Any], str | None]] = {
    "identity": ("Identity", {}, "linear"),
    "relu": ("ReLU", {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}, "relu"),
    "leaky_relu": ("LeakyReLU", {"negative_slope": 0.01}, None),  # the function's slope is 0.2
    "tanh": ("Activation", {"activation": "tanh"}, "tanh"),
    "sigmoid": ("Activation", {"activation": "sigmoid"}, "sigmoid"),
    "gelu": ("Activation", {"activation": "gelu"}, "gelu"),
    "silu": ("Activation", {"activation": "silu"}, "silu"),
    "selu": ("Activation", {"activation": "selu"}, "selu"),
    "softmax": ("Softmax", {"axis": -1}, "softmax"),
}


def to_keras(network: MLP, logits: bool) -> Any:
    dtype = network.dtype.name
    model = keras.Sequential([keras.Input((network.layer_dims[0],), dtype=dtype)])
    for keep_prob, W, b, activation in layers_of(network):
        if keep_prob != 1:
            model.add(keras.layers.Dropout(1 - keep_prob, dtype=dtype))
        dense = keras.layers.Dense(len(W), dtype=dtype)
        model.add(dense)
        dense.set_weights([W.T, b])
        if activation != "identity":
            kind, settings, _ = _ACTIVATIONS[activation]
            model.add(getattr(keras.layers, kind)(**settings, dtype=dtype))
    if logits and network.loss != "squared_error":
        model.pop()
    return model


def from_keras(
    kind: type[Network], model: Any, loss: str | None, batch_size: int | None, settings: dict[str, Any]
) -> Network:
    if not isinstance(model, keras.Sequential):
        raise TypeError(f"model must be a keras.Sequential, got {type(model).__name__}")
    if not model.built:
        raise ValueError("model has no weights: it was not built, as it has no keras.Input and no data yet")
    layers, dense = Layers(), []
    for number, layer in enumerate(_flat(model)):
        where = f"layer {number} ({type(layer).__name__} {layer.name!r})"
        if type(layer) is keras.layers.Dense:
            W, *bias = (_array(values) for values in layer.get_weights())
            layers.dense(where, W.T, bias[0] if bias else None)
            layers.activation(where, _activation(where, layer.activation))
            dense.append((where, layer))
        elif type(layer) is keras.layers.Dropout:
            if layer.noise_shape is not None and any(n is not None for n in layer.noise_shape):
                raise NoEqual(where, f"noise_shape is {layer.noise_shape}")
            layers.dropout(where, layer.rate)
        elif type(layer) not in (keras.layers.InputLayer, keras.layers.Flatten):
            layers.activation(where, _activation(where, layer))
    penalties = {
        name: [_penalty(where, layer.kernel_regularizer, name, batch_size) for where, layer in dense]
        for name in ("l2", "l1") if name not in settings
    }
    carried: dict[str, Any] = {name: values for name, values in penalties.items() if any(values)}
    if "max_norm" not in settings:
        carried["max_norm"] = _max_norm(dense)
    for where, layer in dense:
        for name in ("bias_regularizer", "activity_regularizer", "bias_constraint"):
            if getattr(layer, name) is not None:
                _left_out(where, name)
    return layers.network(kind, loss, carried | settings)


def _flat(model: Any) -> list[Any]:
    return [
        inner for layer in model.layers
        for inner in (_flat(layer) if isinstance(layer, keras.Sequential) else [layer])
    ]


def _array(values: Any) -> Any:
    halves = ("float16", "bfloat16")
    return values.astype(np.float32) if values.dtype.name in halves else values


def _activation(where: str, layer: Any) -> str:
    """The name here of a layer, or of an activation function."""
    function = layer
    if isinstance(layer, keras.layers.Activation):
        function = layer.activation
    elif isinstance(layer, keras.layers.Layer):
        function = None
    for name, (kind, settings, equal) in _ACTIVATIONS.items():
        if function is not None:
            if equal is not None and function is getattr(keras.activations, equal):
                return name
        elif type(layer) is getattr(keras.layers, kind):
            for setting, value in settings.items():
                there = getattr(layer, setting)
                if there != value and not (setting == "axis" and there == 1):
                    raise NoEqual(where, f"{setting} is {there!r}, and {value!r} here")
            return name
    raise NoEqual(where, "" if function is None else f"activation {getattr(function, '__name__', function)!r}")


def _penalty(where: str, regularizer: Any, name: str, batch_size: int | None) -> float:
    """What `l2` or `l1` is here. There, l2 * sum of W**2 + l1 * sum of |W| is added to the mean of a batch."""
    if regularizer is None:
        return 0.0
    if type(regularizer) not in (keras.regularizers.L1, keras.regularizers.L2, keras.regularizers.L1L2):
        _left_out(where, f"kernel_regularizer {type(regularizer).__name__}")
        return 0.0
    strength = float(getattr(regularizer, name, 0.0))
    if strength == 0:
        return 0.0
    if batch_size is None:
        raise ValueError(
            f"{where} has a kernel_regularizer, whose {name} here depends on the batches: give batch_size,"
            f" or {name}"
        )
    settings: dict[str, Any] = {name: strength, "batch_size": batch_size}
    return float(carry_over(f"keras.{name.upper()}", **settings)[name])


def _max_norm(dense: list[tuple[str, Any]]) -> float | None:
    """The limit that all layers share."""
    limits = []
    for where, layer in dense:
        constraint = layer.kernel_constraint
        same = type(constraint) is keras.constraints.MaxNorm and constraint.axis == 0
        if constraint is not None and not same:
            _left_out(where, f"kernel_constraint {type(constraint).__name__}")
        limits.append(float(constraint.max_value) if same else None)
    if len(set(limits)) > 1:
        _left_out(dense[limits.index(max(limits, key=bool))][0], "kernel_constraint unlike that of other layers")
        return None
    return limits[0]


def _left_out(where: str, what: str) -> None:
    """Warns of a setting for training."""
    warnings.warn(f"{where}: {what} has no equal in swiftreg and is left out", stacklevel=6)
