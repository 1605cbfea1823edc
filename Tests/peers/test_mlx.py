"""swiftreg.MLP against MLX on the CPU, in float32: the same weights to 1e-6 after 60 updates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optimizers
import numpy as np
import pytest

from networks import BATCH, OUTPUTS, WIDTHS, Array, carried, data, difference, network, rows_of
from swiftreg import MLP, CarryOverWarning, carry_over

mx.set_default_device(mx.cpu)
TOLERANCE, UPDATES = 1e-6, 60
LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "binary_cross_entropy": lambda z, y: nn.losses.binary_cross_entropy(
        z, y, with_logits=True, reduction="none"
    ).sum(1).mean(),
    "softmax_cross_entropy": lambda z, y: nn.losses.cross_entropy(z, y, reduction="mean"),
    "squared_error": lambda z, y: nn.losses.mse_loss(z, y, reduction="none").sum(1).mean() / 2,
}


class Peer:
    """MLX's training from the weights that `made` has now."""

    def __init__(self, made: MLP, loss: Callable[[Any, Any], Any] | None = None) -> None:
        self.loss = loss or LOSSES[made.loss]
        self.data = data(made.loss)
        self.W = [mx.array(W.astype(np.float32)) for W, _ in made.weights]
        self.b = [mx.array(b.astype(np.float32)) for _, b in made.weights]

    def train(
        self, of_weights: Any, of_biases: Any, drop: Callable[[Any], Any] = lambda a: a,
        clip_norm: float | None = None,
    ) -> None:
        """The biases have an optimizer of their own."""

        def cost(W: Any, b: Any, X: Any, Y: Any) -> Any:
            a = mx.tanh(X @ W[0].T + b[0])
            a = nn.relu(drop(a) @ W[1].T + b[1])
            return self.loss(a @ W[2].T + b[2], Y)

        gradient = mx.grad(cost, argnums=(0, 1))
        for update in range(UPDATES):
            rows = rows_of(update, BATCH)
            X, Y = (mx.array(values[rows].astype(np.float32)) for values in self.data)
            grads = gradient(self.W, self.b, X, Y)
            if clip_norm is not None:
                grads, _ = optimizers.clip_grad_norm(list(grads), clip_norm)
            self.W = of_weights.apply_gradients({"W": grads[0]}, {"W": self.W})["W"]
            self.b = of_biases.apply_gradients({"b": grads[1]}, {"b": self.b})["b"]
            mx.eval(self.W, self.b)

    def parameters(self) -> list[tuple[Array, Array]]:
        return [(np.array(W), np.array(b)) for W, b in zip(self.W, self.b)]


def fit(made: MLP, each: Callable[[int], dict[str, Any]] = lambda t: {}, **options: Any) -> None:
    """UPDATES updates; `each(t)` gives the settings of update t = 1, 2, ..."""
    X, Y = data(made.loss)
    for t in range(1, UPDATES + 1):
        made.set_optimizer(**each(t))
        rows = rows_of(t - 1, BATCH)
        made.fit(X[rows], Y[rows], shuffle=False, **options)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(
    "there", [{}, {"momentum": 0.8}, {"momentum": 0.8, "nesterov": True}, {"momentum": 0.8, "weight_decay": 0.05}]
)
def test_sgd(loss: str, there: dict[str, Any]) -> None:
    made = network(loss, **carried("mlx.SGD", learning_rate=0.02, batch_size=BATCH, **there))
    peer = Peer(made)
    of_biases = {**there, "weight_decay": 0.0}
    peer.train(optimizers.SGD(0.02, **there), optimizers.SGD(0.02, **of_biases))
    fit(made)
    assert difference(made, peer.parameters()) < TOLERANCE


def test_dampening() -> None:
    there = {"momentum": 0.8, "dampening": 0.4}
    made, plain = (
        network("squared_error", **carried("mlx.SGD", learning_rate=0.02, **{**there, "dampening": q}))
        for q in (0.4, 0.0)
    )
    peer = Peer(made)
    peer.train(optimizers.SGD(0.02, **there), optimizers.SGD(0.02, **there))
    fit(made), fit(plain)
    assert difference(made, peer.parameters()) < TOLERANCE
    assert difference(plain, peer.parameters()) > 1e-2


@pytest.mark.parametrize("eps", [1e-8, 1e-3])
def test_adam(eps: float) -> None:
    def settings(t: int) -> dict[str, Any]:
        return carried("mlx.Adam", learning_rate=0.002, eps=eps, update=t)

    made, plain = (network("softmax_cross_entropy", **settings(1)) for _ in range(2))
    plain.set_optimizer("adam", learning_rate=0.002, epsilon=eps)
    peer = Peer(made)
    peer.train(optimizers.Adam(0.002, eps=eps), optimizers.Adam(0.002, eps=eps))
    fit(made, settings), fit(plain)
    assert difference(made, peer.parameters()) < TOLERANCE
    assert difference(plain, peer.parameters()) > 0.05  # carried over plainly
    with pytest.raises(TypeError, match="update is needed"):
        carry_over("mlx.Adam", learning_rate=0.002)


def test_adam_with_correction() -> None:
    there = {"learning_rate": 0.002, "eps": 1e-3, "bias_correction": True}
    made = network("softmax_cross_entropy", **carried("mlx.Adam", **there))
    peer = Peer(made)
    peer.train(optimizers.Adam(**there), optimizers.Adam(**there))
    fit(made)
    assert difference(made, peer.parameters()) < TOLERANCE


@pytest.mark.parametrize("bias_correction", [False, True])
def test_adamw(bias_correction: bool) -> None:
    there = {"learning_rate": 0.002, "eps": 1e-3, "bias_correction": bias_correction}

    def settings(t: int) -> dict[str, Any]:
        return carried("mlx.AdamW", weight_decay=2.0, update=t, **there)

    made = network("binary_cross_entropy", **settings(1))
    peer = Peer(made)
    peer.train(optimizers.AdamW(weight_decay=2.0, **there), optimizers.AdamW(weight_decay=0.0, **there))
    fit(made, settings)
    assert difference(made, peer.parameters()) < TOLERANCE
    with pytest.warns(CarryOverWarning, match="biases"):
        carry_over("mlx.AdamW", update=1, **there)


def test_dropout() -> None:
    p = 0.3
    made = network(
        "squared_error", optimizer="sgd", keep_prob=[1, carried("mlx.Dropout", p=p)["keep_prob"], 1]
    )
    peer, module = Peer(made), nn.Dropout(p)

    def drop(a: Any) -> Any:
        mx.random.seed(3)  # the same mask in every update
        return module(a)

    mask = np.array(drop(mx.ones((BATCH, WIDTHS[1]))))
    np.testing.assert_allclose(np.unique(mask), [0, 1 / (1 - p)], rtol=1e-6)
    peer.train(optimizers.SGD(0.01), optimizers.SGD(0.01), drop)
    fit(made, masks=[None, mask > 0, None])
    assert difference(made, peer.parameters()) < TOLERANCE


def test_clip_grad_norm() -> None:
    c = 0.3
    made = network("squared_error", optimizer="sgd", **carried("mlx.clip_grad_norm", max_norm=c))
    peer, free = Peer(made), Peer(made)
    peer.train(optimizers.SGD(0.01), optimizers.SGD(0.01), clip_norm=c)
    free.train(optimizers.SGD(0.01), optimizers.SGD(0.01))
    fit(made)
    assert difference(made, peer.parameters()) < TOLERANCE
    assert difference(made, free.parameters()) > 1e-2


def test_label_smoothing() -> None:
    s = 0.2
    made = network(optimizer="sgd", **carried("mlx.cross_entropy", label_smoothing=s))
    peer = Peer(made, lambda z, y: nn.losses.cross_entropy(z, y, label_smoothing=s, reduction="mean"))
    peer.train(optimizers.SGD(0.01), optimizers.SGD(0.01))
    fit(made)
    assert difference(made, peer.parameters()) < TOLERANCE


def test_mse_loss() -> None:
    there = {"learning_rate": 0.02, "momentum": 0.8, "weight_decay": 0.05}
    scale = 2 / OUTPUTS
    made = network(
        **carried("mlx.mse_loss"), **carried("mlx.SGD", batch_size=BATCH, loss_scale=scale, **there)
    )
    peer = Peer(made, nn.losses.mse_loss)
    peer.train(optimizers.SGD(**there), optimizers.SGD(**{**there, "weight_decay": 0.0}))
    fit(made)
    assert difference(made, peer.parameters()) < TOLERANCE
