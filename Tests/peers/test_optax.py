"""swiftreg.MLP against Optax: the same weights to 1e-10 after 100 updates in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import optax
import pytest

from networks import (
    BATCH,
    EXAMPLES,
    STEPS,
    WIDTHS,
    Array,
    carried,
    data,
    difference,
    fit,
    network,
    rows_of,
)
from swiftreg import MLP, CarryOverWarning, carry_over

jax.config.update("jax_enable_x64", True)
TOLERANCE = 1e-10
Losses = dict[str, Callable[[Any, Any], Any]]
LOSSES: Losses = {
    "binary_cross_entropy": lambda z, y: optax.sigmoid_binary_cross_entropy(z, y).sum(1).mean(),
    "softmax_cross_entropy": lambda z, y: optax.softmax_cross_entropy(z, y).mean(),
    "squared_error": lambda z, y: optax.l2_loss(z, y).sum(1).mean(),
}
WEIGHTS_ONLY = [(True, False)] * (len(WIDTHS) - 1)


def train(
    made: MLP, optimizer: Any, batch: int = BATCH, targets: Callable[[Any], Any] = lambda y: y
) -> list[tuple[Array, Array]]:
    """Optax's training from the weights that `made` has now."""
    X, Y = data(made.loss)
    loss = LOSSES[made.loss]
    layers = [(jax.numpy.array(W), jax.numpy.array(b)) for W, b in made.weights]

    def cost(layers: Any, X: Any, Y: Any) -> Any:
        (W1, b1), (W2, b2), (W3, b3) = layers
        a = jax.nn.relu(jax.numpy.tanh(X @ W1.T + b1) @ W2.T + b2)
        return loss(a @ W3.T + b3, targets(Y))

    @jax.jit
    def step(layers: Any, state: Any, X: Any, Y: Any) -> Any:
        updates, state = optimizer.update(jax.grad(cost)(layers, X, Y), state, layers)
        return optax.apply_updates(layers, updates), state

    state = optimizer.init(layers)
    for number in range(STEPS):
        rows = rows_of(number, batch)
        layers, state = step(layers, state, X[rows], Y[rows])
    return [(np.asarray(W), np.asarray(b)) for W, b in layers]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("there", [{}, {"momentum": 0.8}, {"momentum": 0.8, "nesterov": True}])
def test_sgd(loss: str, there: dict[str, Any]) -> None:
    made = network(loss, **carried("optax.sgd", learning_rate=0.02, **there))
    theirs = train(made, optax.sgd(0.02, **there))
    fit(made)
    assert difference(made, theirs) < TOLERANCE


@pytest.mark.parametrize("eps", [1e-8, 1e-3])
def test_adam(eps: float) -> None:
    made = network("softmax_cross_entropy", **carried("optax.adam", learning_rate=0.01, b1=0.8, eps=eps))
    theirs = train(made, optax.adam(0.01, b1=0.8, eps=eps))
    fit(made)
    assert difference(made, theirs) < TOLERANCE
    with pytest.raises(ValueError, match="nesterov=True"):
        carried("optax.adam", learning_rate=0.01, nesterov=True)


def test_adamw() -> None:
    d, loss = 0.3, "binary_cross_entropy"
    made = network(loss, **carried("optax.adamw", learning_rate=0.01, weight_decay=d))
    theirs = train(made, optax.adamw(0.01, weight_decay=d, mask=WEIGHTS_ONLY))
    of_all = train(made, optax.adamw(0.01, weight_decay=d))
    usual = train(made, optax.adamw(0.01, mask=WEIGHTS_ONLY))
    plain = network(loss, **carried("optax.adamw", learning_rate=0.01))
    fit(made), fit(plain)
    assert difference(made, theirs) < TOLERANCE
    assert difference(plain, usual) < TOLERANCE  # d is 1e-4 if not given
    assert difference(made, of_all) > 1e-3
    with pytest.warns(CarryOverWarning, match="biases"):
        carry_over("optax.adamw", learning_rate=0.01)


def test_add_decayed_weights() -> None:
    d, loss = 0.05, "squared_error"
    decay = carried("optax.add_decayed_weights", weight_decay=d, batch_size=BATCH)
    made = network(loss, **carried("optax.sgd", learning_rate=0.01, momentum=0.9), **decay)
    there = optax.chain(optax.add_decayed_weights(d, WEIGHTS_ONLY), optax.sgd(0.01, momentum=0.9))
    theirs = train(made, there)
    fit(made)
    assert difference(made, theirs) < TOLERANCE


def clipped(first: str) -> tuple[MLP, list[tuple[Array, Array]]]:
    c, d, loss = 0.3, 0.3, "squared_error"
    made = network(
        loss, **carried("optax.sgd", learning_rate=0.05),
        **carried("optax.clip_by_global_norm", max_norm=c),
        **carried("optax.add_decayed_weights", weight_decay=d, batch_size=BATCH),
    )  # fmt: skip
    parts = [optax.add_decayed_weights(d, WEIGHTS_ONLY), optax.clip_by_global_norm(c)]
    if first == "clip":
        parts.reverse()
    theirs = train(made, optax.chain(*parts, optax.sgd(0.05)))
    fit(made)
    return made, theirs


def test_clip_by_global_norm() -> None:
    assert difference(*clipped("decay")) < TOLERANCE


def test_clip_before_decay() -> None:
    assert difference(*clipped("clip")) > 0.1


def test_smooth_labels() -> None:
    s, loss = 0.2, "softmax_cross_entropy"
    made = network(loss, optimizer="sgd", **carried("optax.smooth_labels", alpha=s))
    theirs = train(made, optax.sgd(0.01), targets=lambda y: optax.smooth_labels(y, s))
    fit(made)
    assert difference(made, theirs) < TOLERANCE


@pytest.mark.parametrize("momentum", [None, 0.9])
def test_schedules(momentum: float | None) -> None:
    loss = "binary_cross_entropy"
    step = carried(
        "optax.exponential_decay", init_value=0.02, transition_steps=40, decay_rate=0.4, staircase=True,
        batch_size=BATCH, examples=EXAMPLES,
    )
    cosine = carried("optax.cosine_decay_schedule", init_value=0.02, decay_steps=60, alpha=0.2)
    for here, there, batch in (
        (step, optax.exponential_decay(0.02, 40, 0.4, staircase=True), BATCH),
        (cosine, optax.cosine_decay_schedule(0.02, 60, 0.2), EXAMPLES),
    ):
        made = network(loss, optimizer="momentum" if momentum else "sgd", **here)
        theirs = train(made, optax.sgd(there, momentum=momentum), batch)
        fit(made, batch)
        assert difference(made, theirs) < 1e-8  # rates there are float32
