"""Networks to Keras and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from random_networks import inputs_of, random_network, ulps
from swiftreg import MLP

# Of Keras, about NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def test_to_keras_and_back() -> None:
    worst = {"float32": 0.0, "float64": 0.0}
    for number in range(200):
        network = random_network(number)
        X = inputs_of(network, number)
        model = network.to_keras()
        name = network.dtype.name
        predictions = np.asarray(model.predict(X, verbose=0))
        if name == "float64":  # which Keras computes in float without TensorFlow
            np.testing.assert_allclose(predictions, network.predict(X), rtol=1e-4, atol=1e-4)
        else:
            worst[name] = max(worst[name], ulps(network, X, predictions))
        back = MLP.from_keras(model)
        assert (back.activation, back.loss, back.dtype) == (network.activation, network.loss, network.dtype)
        np.testing.assert_allclose(back.keep_prob, network.keep_prob, rtol=1e-15)
        np.testing.assert_array_equal(back.parameters, network.parameters)
        np.testing.assert_array_equal(back.predict(X), network.predict(X))
        logits = MLP.from_keras(network.to_keras(logits=True), loss=network.loss)
        np.testing.assert_array_equal(logits.parameters, network.parameters)
        assert logits.loss == network.loss
    print(f"\nlargest difference: {worst['float32']:.2f} ULP for each layer")
    assert worst["float32"] < 2


def test_settings_of_layers() -> None:
    def dense(units: int, activation: Any, **settings: Any) -> Any:
        return layers.Dense(
            units, activation, kernel_regularizer=keras.regularizers.L1L2(0.01, 0.02),
            kernel_constraint=keras.constraints.MaxNorm(3, axis=0), **settings,
        )

    model = keras.Sequential([
        keras.Input((4,)), layers.Flatten(), dense(5, "relu", use_bias=False), layers.Dropout(0.25),
        keras.Sequential([dense(3, None), layers.LeakyReLU(negative_slope=0.01)]),
        layers.Dense(2, keras.activations.softmax),
    ])  # fmt: skip
    with pytest.raises(ValueError, match=r"layer 1 \(Dense 'dense.*has a kernel_regularizer.*give batch_size"):
        MLP.from_keras(model)
    with pytest.warns(UserWarning, match="kernel_constraint unlike that of other layers has no equal"):
        assert MLP.from_keras(model, batch_size=10).max_norm is None
    network = MLP.from_keras(model, batch_size=10, max_norm=None, optimizer="sgd")
    assert network.activation == ("relu", "leaky_relu") and network.loss == "softmax_cross_entropy"
    assert network.keep_prob == (1, 0.75, 1) and network.optimizer == "sgd"
    np.testing.assert_allclose(network.l2, [2 * 0.02 * 10] * 2 + [0], rtol=1e-6)
    np.testing.assert_allclose(network.l1, [0.01 * 10] * 2 + [0], rtol=1e-6)
    assert MLP.from_keras(model, l1=0, l2=3, max_norm=1.0).l2 == (3, 3, 3)
    limited = keras.Sequential([keras.Input((2,)), dense(3, "relu"), dense(1, None)])
    assert MLP.from_keras(limited, batch_size=4).max_norm == 3
    with pytest.warns(UserWarning, match="kernel_regularizer OrthogonalRegularizer has no equal"):
        MLP.from_keras(keras.Sequential([keras.Input((2,)), layers.Dense(1, kernel_regularizer="orthogonal_regularizer")]))
    with pytest.warns(UserWarning, match="kernel_constraint NonNeg has no equal"):
        MLP.from_keras(keras.Sequential([keras.Input((2,)), layers.Dense(1, kernel_constraint="non_neg")]))
    with pytest.warns(UserWarning, match="bias_regularizer has no equal"):
        MLP.from_keras(keras.Sequential([keras.Input((2,)), layers.Dense(1, bias_regularizer="l2")]))


def test_functions_and_layers_of_the_same_name() -> None:
    """Keras's function "leaky_relu" has the slope 0.2, its layer LeakyReLU 0.3, ours 0.01."""
    for activation in ("leaky_relu", layers.LeakyReLU()):
        model = keras.Sequential([keras.Input((2,)), layers.Dense(3, activation), layers.Dense(1)])
        with pytest.raises(ValueError, match=r"layer 0 \(Dense .*activation|negative_slope is 0.3, and 0.01 here"):
            MLP.from_keras(model)


REFUSED: dict[str, tuple[Callable[[], list[Any]], str]] = {
    "batch normalization": (
        lambda: [layers.Dense(3), layers.BatchNormalization(), layers.Dense(1)],
        r"layer 1 \(BatchNormalization 'batch_normalization.*has no equal in swiftreg",
    ),
    "convolution": (lambda: [layers.Reshape((2, 1)), layers.Conv1D(1, 1)], r"layer 0 \(Reshape"),
    "relu6": (lambda: [layers.Dense(3), layers.ReLU(max_value=6.0), layers.Dense(1)], "max_value is 6.0, and None here"),
    "an activation": (lambda: [layers.Dense(3, "softplus"), layers.Dense(1)], "activation 'softplus'"),
    "an output": (lambda: [layers.Dense(3, "tanh")], "an output with tanh"),
    "noise": (
        lambda: [layers.Dropout(0.5, noise_shape=(None, 1)), layers.Dense(3)], "noise_shape is"
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_equal_is_named(name: str) -> None:
    make, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        MLP.from_keras(keras.Sequential([keras.Input((2,)), *make()]))


def test_other_models_are_refused() -> None:
    value = keras.Input((2,))
    functional = keras.Model(value, layers.Dense(1)(value))
    with pytest.raises(TypeError, match="model must be a keras.Sequential, got Functional"):
        MLP.from_keras(functional)
    with pytest.raises(ValueError, match="model has no weights: it was not built"):
        MLP.from_keras(keras.Sequential([layers.Dense(1)]))
