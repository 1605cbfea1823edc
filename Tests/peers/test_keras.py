"""swiftreg.MLP against Keras: the same weights to 2e-6 after 100 steps. Each test holds a line of
docs/carry-over.md.

Weights, gradients and updates are float64, but Keras has products and losses of float64 on
TensorFlow only: here, on PyTorch, they are float32, and that is what the tolerance is for. A setting
that is carried over wrongly shows in the second digit.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from networks import (
    BATCH,
    EXAMPLES,
    HIDDEN,
    OUTPUTS,
    STEPS,
    WIDTHS,
    Array,
    carried,
    data,
    difference,
    epochs_of,
    fit,
    network,
    rows_of,
)
from swiftreg import MLP

os.environ["KERAS_BACKEND"] = "torch"  # read when Keras is imported

import keras
import torch

torch.set_num_threads(1)  # its threads would spin on work as small as this

# Of Keras, about NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

TOLERANCE = 2e-6
LOSSES: dict[str, Any] = {
    # As swiftreg defines them, where Keras has a mean over the outputs.
    "binary_cross_entropy": lambda y, z: OUTPUTS * keras.losses.binary_crossentropy(y, z, from_logits=True),
    "softmax_cross_entropy": keras.losses.CategoricalCrossentropy(from_logits=True),
    "squared_error": lambda y, z: OUTPUTS / 2 * keras.losses.mean_squared_error(y, z),
}


@pytest.fixture(scope="module", autouse=True)
def float64() -> Iterator[None]:
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx(before)


class Peer:
    """A model with the weights that `made` has now; `drop` are layers for the input and the hidden ones."""

    def __init__(self, made: MLP, drop: tuple[Any, ...] = (None, None, None), **of_dense: Any) -> None:
        self.dense = [
            keras.layers.Dense(n_out, activation=activation, **of_dense)
            for n_out, activation in zip(WIDTHS[1:], (*HIDDEN, None))
        ]
        layers = [layer for pair in zip(drop, self.dense) for layer in pair if layer is not None]
        self.model = keras.Sequential([keras.Input((WIDTHS[0],)), *layers])
        for layer, (W, b) in zip(self.dense, made.weights):
            layer.set_weights([W.T, b])

    def train(
        self,
        optimizer: Any,
        loss: str | Any,
        X: Array,
        Y: Array,
        batch: int = BATCH,
        before_epoch: Callable[[], object] = lambda: None,
    ) -> Array:
        """The costs of the epochs."""
        self.model.compile(optimizer, LOSSES[loss] if isinstance(loss, str) else loss)
        callback = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: before_epoch())
        history = self.model.fit(
            X, Y, batch_size=batch, epochs=epochs_of(batch), shuffle=False, verbose=0,
            callbacks=[callback],
        )
        return np.array(history.history["loss"])

    def difference(self, made: MLP) -> float:
        return difference(made, [(W.T, b) for W, b in (layer.get_weights() for layer in self.dense)])


def without_biases(optimizer: Any) -> Any:
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


def test_dropout() -> None:
    rate, loss = 0.3, "binary_cross_entropy"
    made = network(loss, optimizer="nesterov", keep_prob=[1, 1 - rate, 1 - rate])
    drop = (None, keras.layers.Dropout(rate, seed=1), keras.layers.Dropout(rate, seed=2))
    peer = Peer(made, drop)
    starts = [layer.seed_generator.state.numpy() for layer in drop[1:]]

    def rewind() -> None:
        """So that the mask is the same in every step."""
        for layer, start in zip(drop[1:], starts):
            layer.seed_generator.state.assign(start)

    rewind()
    masks = [
        keras.ops.convert_to_numpy(layer(np.ones((EXAMPLES, width)), training=True))
        for layer, width in zip(drop[1:], WIDTHS[1:])
    ]
    for mask in masks:
        np.testing.assert_allclose(np.unique(mask), [0, 1 / (1 - rate)], rtol=1e-15)
        assert abs((mask == 0).mean() - rate) < 0.06
    optimizer = keras.optimizers.SGD(0.01, momentum=0.9, nesterov=True)
    peer.train(optimizer, loss, *data(loss), EXAMPLES, rewind)
    fit(made, EXAMPLES, masks=[None, *(mask > 0 for mask in masks)])
    assert peer.difference(made) < TOLERANCE


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("kind", ["sgd", "momentum", "nesterov"])
def test_sgd(loss: str, kind: str) -> None:
    made = network(loss, optimizer=kind)
    peer = Peer(made)
    momentum = 0.0 if kind == "sgd" else 0.9
    optimizer = keras.optimizers.SGD(0.01, momentum=momentum, nesterov=kind == "nesterov")
    expected = peer.train(optimizer, loss, *data(loss))
    np.testing.assert_allclose(fit(made), expected, rtol=1e-6)
    assert peer.difference(made) < TOLERANCE


def fit_with_their_epsilon(made: MLP, epsilon: float) -> None:
    X, Y = data(made.loss)
    for step in range(STEPS):
        rows = rows_of(step, BATCH)
        made.set_optimizer(epsilon=carried("keras.Adam", epsilon=epsilon, update=step + 1)["epsilon"])
        made.fit(X[rows], Y[rows], shuffle=False)


@pytest.mark.parametrize("epsilon", [1e-7, 1e-3])
def test_adam(epsilon: float) -> None:
    loss = "softmax_cross_entropy"
    made, plain = network(loss, optimizer="adam"), network(loss, optimizer="adam", epsilon=epsilon)
    peer = Peer(made)
    peer.train(keras.optimizers.Adam(0.01, epsilon=epsilon), loss, *data(loss))
    fit_with_their_epsilon(made, epsilon)
    fit(plain)
    assert peer.difference(made) < TOLERANCE
    assert peer.difference(plain) > 10 * TOLERANCE


def test_adamw() -> None:
    d, loss = 0.3, "binary_cross_entropy"
    made = network(loss, **carried("keras.AdamW", learning_rate=0.01, weight_decay=d))
    peer, of_all = Peer(made), Peer(made)
    peer.train(without_biases(keras.optimizers.AdamW(0.01, weight_decay=d)), loss, *data(loss))
    of_all.train(keras.optimizers.AdamW(0.01, weight_decay=d), loss, *data(loss))
    fit_with_their_epsilon(made, 1e-7)
    assert peer.difference(made) < TOLERANCE
    assert of_all.difference(made) > 1e-3  # the biases too


def test_l2() -> None:
    factor, loss = 0.01, "binary_cross_entropy"
    made = network(loss, optimizer="nesterov", **carried("keras.L2", l2=factor, batch_size=BATCH))
    peer = Peer(made, kernel_regularizer=keras.regularizers.L2(factor))
    expected = peer.train(keras.optimizers.SGD(0.01, momentum=0.9, nesterov=True), loss, *data(loss))
    np.testing.assert_allclose(fit(made), expected, rtol=1e-6)
    assert peer.difference(made) < TOLERANCE


def test_l1() -> None:
    factor, loss = 0.005, "squared_error"
    made = network(loss, optimizer="momentum", **carried("keras.L1", l1=factor, batch_size=BATCH))
    peer = Peer(made, kernel_regularizer=keras.regularizers.L1(factor))
    expected = peer.train(keras.optimizers.SGD(0.01, momentum=0.9), loss, *data(loss))
    np.testing.assert_allclose(fit(made), expected, rtol=1e-6)
    assert peer.difference(made) < TOLERANCE


def test_max_norm() -> None:
    """Keras adds 1e-7 to the norm that it divides by, also where it is below the limit."""
    c, loss = 0.9, "binary_cross_entropy"
    made = network(loss, optimizer="sgd", learning_rate=0.1, **carried("keras.MaxNorm", max_value=c))
    peer = Peer(made, kernel_constraint=keras.constraints.MaxNorm(c, axis=0))
    free = Peer(made)
    for there in (peer, free):
        there.train(keras.optimizers.SGD(0.1), loss, *data(loss))
    fit(made)
    assert peer.difference(made) < 1e-4
    assert free.difference(made) > 0.1


def test_global_clipnorm() -> None:
    c, loss = 0.3, "squared_error"
    made = network(
        loss, optimizer="momentum", **carried("keras.global_clipnorm", global_clipnorm=c)
    )
    peer, free = Peer(made), Peer(made)
    peer.train(keras.optimizers.SGD(0.01, momentum=0.9, global_clipnorm=c), loss, *data(loss))
    free.train(keras.optimizers.SGD(0.01, momentum=0.9), loss, *data(loss))
    fit(made)
    assert peer.difference(made) < TOLERANCE
    assert free.difference(made) > 1e-3


def test_label_smoothing() -> None:
    s = 0.2
    there: dict[str, Callable[[Any, Any], Any]] = {
        "softmax_cross_entropy": keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=s),
        "binary_cross_entropy": lambda y, z: OUTPUTS
        * keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=s)(y, z),
    }
    for loss, their_loss in there.items():
        made = network(loss, optimizer="momentum", label_smoothing=s)
        peer = Peer(made)
        expected = peer.train(keras.optimizers.SGD(0.01, momentum=0.9), their_loss, *data(loss))
        np.testing.assert_allclose(fit(made), expected, rtol=1e-6)
        assert peer.difference(made) < TOLERANCE


@pytest.mark.parametrize("loss", ["squared_error", "binary_cross_entropy"])
def test_losses_that_are_means_over_outputs(loss: str) -> None:
    factor = 0.01
    their_loss, s = {
        "squared_error": (keras.losses.MeanSquaredError(), 2 / OUTPUTS),
        "binary_cross_entropy": (keras.losses.BinaryCrossentropy(from_logits=True), 1 / OUTPUTS),
    }[loss]
    made = network(
        loss, **carried("keras.SGD", learning_rate=0.05, momentum=0.9, loss_scale=s),
        **carried("keras.L2", l2=factor, batch_size=BATCH, loss_scale=s),
    )
    peer = Peer(made, kernel_regularizer=keras.regularizers.L2(factor))
    expected = peer.train(keras.optimizers.SGD(0.05, momentum=0.9), their_loss, *data(loss))
    np.testing.assert_allclose(fit(made) * s, expected, rtol=1e-6)
    assert peer.difference(made) < TOLERANCE


SCHEDULES: dict[str, tuple[Callable[[], Any], int, dict[str, Any]]] = {
    "ExponentialDecay": (
        lambda: keras.optimizers.schedules.ExponentialDecay(
            0.01, decay_steps=40, decay_rate=0.4, staircase=True
        ),
        BATCH,
        carried(
            "keras.ExponentialDecay", initial_learning_rate=0.01, decay_steps=40, decay_rate=0.4,
            staircase=True, batch_size=BATCH, examples=EXAMPLES,
        ),
    ),
    "CosineDecay": (
        lambda: keras.optimizers.schedules.CosineDecay(0.01, decay_steps=60, alpha=0.2),
        EXAMPLES,
        carried("keras.CosineDecay", initial_learning_rate=0.01, decay_steps=60, alpha=0.2),
    ),
}


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedules(schedule: str) -> None:
    there, batch, here = SCHEDULES[schedule]
    loss = "binary_cross_entropy"
    made, momentum = network(loss, optimizer="sgd", **here), network(loss, optimizer="momentum", **here)
    peer, with_momentum = Peer(made), Peer(made)
    peer.train(keras.optimizers.SGD(there()), loss, *data(loss), batch)
    with_momentum.train(keras.optimizers.SGD(there(), momentum=0.9), loss, *data(loss), batch)
    fit(made, batch), fit(momentum, batch)
    assert peer.difference(made) < TOLERANCE
    assert with_momentum.difference(momentum) > 1e-3  # Keras's v holds the rates


def test_gradient_accumulation() -> None:
    """Two batches of BATCH make an update, and the schedule counts batches, not updates."""
    loss, factor, parts = "binary_cross_entropy", 0.01, 2
    there = {"initial_learning_rate": 0.05, "decay_steps": 40, "decay_rate": 0.4, "staircase": True}
    here = carried("keras.gradient_accumulation_steps", gradient_accumulation_steps=parts)
    here |= carried("keras.L2", l2=factor, batch_size=parts * BATCH)
    by_batches, by_updates = (
        network(
            loss, optimizer="sgd", **here,
            **carried("keras.ExponentialDecay", **there, batch_size=size, examples=EXAMPLES),
        )
        for size in (BATCH, parts * BATCH)
    )
    peer = Peer(by_batches, kernel_regularizer=keras.regularizers.L2(factor))
    schedule = keras.optimizers.schedules.ExponentialDecay(*there.values())
    optimizer = keras.optimizers.SGD(schedule, gradient_accumulation_steps=parts)
    peer.train(optimizer, loss, *data(loss))
    for made in (by_batches, by_updates):
        made.fit(*data(loss), epochs=epochs_of(BATCH), batch_size=parts * BATCH, shuffle=False)
    assert peer.difference(by_batches) < TOLERANCE
    assert peer.difference(by_updates) > 1e-3


@pytest.mark.parametrize("kind", ["sample_weight", "class_weight"])
def test_sample_weight(kind: str) -> None:
    """The weighted sum is divided by the number of examples there, by the sum of weights here."""
    loss, factor = "softmax_cross_entropy", 0.01
    X, Y = data(loss)
    per_class = np.array([0.2, 3.0, 1.5])
    weights = per_class[Y.argmax(axis=1)] if kind == "class_weight" else np.linspace(0.1, 2.9, EXAMPLES)
    scale = float(weights.sum()) / EXAMPLES
    made = network(
        loss, **carried("keras.SGD", learning_rate=0.05, momentum=0.9, loss_scale=scale),
        **carried("keras.L2", l2=factor, batch_size=float(weights.sum()), loss_scale=scale),
    )  # fmt: skip
    peer = Peer(made, kernel_regularizer=keras.regularizers.L2(factor))
    peer.model.compile(keras.optimizers.SGD(0.05, momentum=0.9), LOSSES[loss])
    there: dict[str, Any] = (
        {"class_weight": dict(enumerate(per_class))} if kind == "class_weight" else {"sample_weight": weights}
    )
    labels = Y.argmax(axis=1)
    if kind == "class_weight":
        sparse = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        peer.model.compile(keras.optimizers.SGD(0.05, momentum=0.9), sparse)
    peer.model.fit(
        X, labels if kind == "class_weight" else Y, batch_size=EXAMPLES, epochs=STEPS, shuffle=False,
        verbose=0, **there,
    )
    fit(made, EXAMPLES, sample_weight=weights)
    assert peer.difference(made) < TOLERANCE
