"""swiftreg.MLP against Paddle: the same weights to 1e-6 after 100 updates in float64."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from networks import BATCH, EXAMPLES, STEPS, WIDTHS, Array, carried, data, difference, fit, network, rows_of
from swiftreg import MLP

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # about a compiler cache
    import paddle
    from paddle.nn import functional

paddle.set_device("cpu")
paddle.set_default_dtype("float64")
TOLERANCE = 1e-6
LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "binary_cross_entropy": lambda z, y: functional.binary_cross_entropy_with_logits(
        z, y, reduction="none"
    ).sum(1).mean(),
    "softmax_cross_entropy": lambda z, y: functional.cross_entropy(z, y, soft_label=True),
    "squared_error": lambda z, y: functional.mse_loss(z, y, reduction="none").sum(1).mean() / 2,
}


class Peer:
    """Paddle's training from the weights that `made` has now."""

    def __init__(self, made: MLP) -> None:
        self.made_loss, (self.X, self.Y) = made.loss, data(made.loss)

        def parameter(values: Array) -> Any:
            return paddle.create_parameter(
                values.shape, "float64", default_initializer=paddle.nn.initializer.Assign(values.copy())
            )

        self.W = [parameter(W.T) for W, _ in made.weights]
        self.b = [parameter(b) for _, b in made.weights]

    def groups(self, weight_decay: float) -> list[dict[str, Any]]:
        return [{"params": self.W, "weight_decay": weight_decay}, {"params": self.b, "weight_decay": 0.0}]

    def train(self, optimizer: Any, drop: Callable[[Any], Any] = lambda a: a, batch: int = BATCH) -> None:
        loss = LOSSES[self.made_loss]
        for update in range(STEPS):
            rows = rows_of(update, batch)
            X, Y = paddle.to_tensor(self.X[rows]), paddle.to_tensor(self.Y[rows])
            a = drop(paddle.tanh(X @ self.W[0] + self.b[0]))
            a = functional.relu(a @ self.W[1] + self.b[1])
            loss(a @ self.W[2] + self.b[2], Y).backward()
            optimizer.step()
            optimizer.clear_grad()

    def difference(self, made: MLP) -> float:
        return difference(made, [(W.numpy().T, b.numpy()) for W, b in zip(self.W, self.b)])


@pytest.mark.parametrize("loss", LOSSES)
def test_sgd(loss: str) -> None:
    d = 0.05
    made = network(loss, **carried("paddle.SGD", learning_rate=0.02, weight_decay=d, batch_size=BATCH))
    peer, of_all = Peer(made), Peer(made)
    peer.train(paddle.optimizer.SGD(0.02, peer.groups(d)))
    of_all.train(paddle.optimizer.SGD(0.02, of_all.W + of_all.b, weight_decay=d))
    fit(made)
    assert peer.difference(made) < TOLERANCE
    assert of_all.difference(made) > 1e-3


@pytest.mark.parametrize("use_nesterov", [False, True])
def test_momentum(use_nesterov: bool) -> None:
    d = 0.05
    there = {"momentum": 0.8, "use_nesterov": use_nesterov}
    made = network(
        "squared_error",
        **carried("paddle.Momentum", learning_rate=0.02, weight_decay=d, batch_size=BATCH, **there),
    )
    peer = Peer(made)
    peer.train(paddle.optimizer.Momentum(0.02, parameters=peer.groups(d), **there))
    fit(made)
    assert peer.difference(made) < TOLERANCE


@pytest.mark.parametrize("epsilon", [1e-8, 1e-3])
@pytest.mark.parametrize("d", [0.0, 0.05])
def test_adam(epsilon: float, d: float) -> None:
    there = {"learning_rate": 0.01, "beta1": 0.8, "epsilon": epsilon}
    made = network("softmax_cross_entropy", **carried("paddle.Adam", weight_decay=d, batch_size=BATCH, **there))
    peer = Peer(made)
    peer.train(paddle.optimizer.Adam(parameters=peer.groups(d) if d else peer.W + peer.b, **there))
    fit(made)
    assert peer.difference(made) < TOLERANCE


def test_adamw() -> None:
    d = 0.3
    made = network("binary_cross_entropy", **carried("paddle.AdamW", learning_rate=0.01, weight_decay=d))
    peer, of_all = Peer(made), Peer(made)
    weights = {W.name for W in peer.W}
    peer.train(
        paddle.optimizer.AdamW(
            0.01, parameters=peer.W + peer.b, weight_decay=d, apply_decay_param_fun=weights.__contains__
        )
    )
    of_all.train(paddle.optimizer.AdamW(0.01, parameters=of_all.W + of_all.b, weight_decay=d))
    fit(made)
    assert peer.difference(made) < TOLERANCE
    assert of_all.difference(made) > 1e-3


def clipped(d: float) -> float:
    c = 0.3
    settings = carried("paddle.SGD", learning_rate=0.05, weight_decay=d, batch_size=BATCH)
    made = network("squared_error", **settings, **carried("paddle.ClipGradByGlobalNorm", clip_norm=c))
    peer = Peer(made)
    clip = paddle.nn.ClipGradByGlobalNorm(c)
    # One group: the norm of a clip there is that of a group.
    peer.train(paddle.optimizer.SGD(0.05, peer.W + peer.b, grad_clip=clip, weight_decay=d or None))
    fit(made)
    return peer.difference(made)


def test_clip() -> None:
    assert clipped(0.0) < TOLERANCE


def test_clip_with_weight_decay() -> None:
    assert clipped(0.3) > 0.1


def test_dropout() -> None:
    p = 0.3
    made = network(
        "squared_error", optimizer="sgd", keep_prob=[1, carried("paddle.Dropout", p=p)["keep_prob"], 1]
    )
    peer, module = Peer(made), paddle.nn.Dropout(p)

    def drop(a: Any) -> Any:
        paddle.seed(3)  # the same mask in every update
        return module(a)

    mask = drop(paddle.ones((EXAMPLES, WIDTHS[1]))).numpy()
    # The scale is a float32 there, also for float64.
    np.testing.assert_allclose(np.unique(mask), [0, 1 / (1 - p)], rtol=1e-7)
    peer.train(paddle.optimizer.SGD(0.01, peer.W + peer.b), drop, EXAMPLES)
    fit(made, EXAMPLES, masks=[None, mask > 0, None])
    assert peer.difference(made) < TOLERANCE
    with pytest.raises(ValueError, match="downscale_in_infer"):
        carried("paddle.Dropout", p=p, mode="downscale_in_infer")
    unscaled = paddle.nn.Dropout(p, mode="downscale_in_infer")
    assert set(np.unique(unscaled(paddle.ones((100, 100))).numpy())) == {0.0, 1.0}
