"""swiftreg.MLP against tinygrad, in float32: the same weights to 1e-6 after 8 updates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tinygrad import Context, Tensor
from tinygrad.nn import optim

from networks import BATCH, WIDTHS, carried, data, difference, network, rows_of
from swiftreg import MLP

TOLERANCE, UPDATES = 1e-6, 8
LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "binary_cross_entropy": lambda z, y: z.binary_crossentropy_logits(y, reduction="none").sum(1).mean(),
    "softmax_cross_entropy": lambda z, y: z.cross_entropy(y),
    "squared_error": lambda z, y: ((z - y) ** 2).sum(1).mean() / 2,
}


class Peer:
    """tinygrad's training from the weights that `made` has now."""

    def __init__(self, made: MLP) -> None:
        self.loss, (self.X, self.Y) = LOSSES[made.loss], data(made.loss)
        self.W = [Tensor(W.T.astype(np.float32)) for W, _ in made.weights]
        self.b = [Tensor(b.astype(np.float32)) for _, b in made.weights]

    def train(self, *optimizers: Any, drop: Callable[[Any], Any] = lambda a: a) -> None:
        # As a group: gradients are lazy, and the step of one optimizer alone would change those of the next.
        optimizer = optim.OptimizerGroup(*optimizers)
        with Context(TRAINING=1):
            for update in range(UPDATES):
                rows = rows_of(update, BATCH)
                X, Y = (Tensor(values[rows].astype(np.float32)) for values in (self.X, self.Y))
                a = drop((X @ self.W[0] + self.b[0]).tanh())
                a = (a @ self.W[1] + self.b[1]).relu()
                optimizer.zero_grad()
                self.loss(a @ self.W[2] + self.b[2], Y).backward()
                optimizer.step()

    def difference(self, made: MLP) -> float:
        return difference(made, [(W.numpy().T, b.numpy()) for W, b in zip(self.W, self.b)])


def fit(made: MLP, **options: Any) -> None:
    X, Y = data(made.loss)
    for update in range(UPDATES):
        rows = rows_of(update, BATCH)
        made.fit(X[rows], Y[rows], shuffle=False, **options)


@pytest.mark.parametrize(
    ("loss", "there"),
    [
        ("binary_cross_entropy", {}), ("softmax_cross_entropy", {"momentum": 0.8}),
        ("squared_error", {"momentum": 0.8, "nesterov": True}),
        ("binary_cross_entropy", {"momentum": 0.8, "classic": True}),
    ],
)  # fmt: skip
def test_sgd(loss: str, there: dict[str, Any]) -> None:
    d = 0.05
    made = network(loss, **carried("tinygrad.SGD", lr=0.02, weight_decay=d, batch_size=BATCH, **there))
    peer = Peer(made)
    peer.train(optim.SGD(peer.W, 0.02, weight_decay=d, **there), optim.SGD(peer.b, 0.02, **there))
    fit(made)
    assert peer.difference(made) < TOLERANCE


def test_adam() -> None:
    there = {"lr": 0.005, "b1": 0.8, "eps": 1e-3}
    made = network("softmax_cross_entropy", **carried("tinygrad.Adam", **there))
    peer = Peer(made)
    peer.train(optim.Adam(peer.W + peer.b, **there))
    fit(made)
    assert peer.difference(made) < TOLERANCE


def test_adamw() -> None:
    there = {"lr": 0.005, "eps": 1e-3}
    made = network("binary_cross_entropy", **carried("tinygrad.AdamW", weight_decay=0.3, **there))
    peer, of_all = Peer(made), Peer(made)
    peer.train(optim.AdamW(peer.W, weight_decay=0.3, **there), optim.AdamW(peer.b, weight_decay=0.0, **there))
    of_all.train(optim.AdamW(of_all.W + of_all.b, weight_decay=0.3, **there))
    fit(made)
    assert peer.difference(made) < TOLERANCE
    assert of_all.difference(made) > 1e-3


def test_dropout() -> None:
    p = 0.3
    made = network(
        "squared_error", optimizer="sgd", keep_prob=[1, carried("tinygrad.dropout", p=p)["keep_prob"], 1]
    )
    peer = Peer(made)

    def drop(a: Any) -> Any:
        Tensor.manual_seed(3)  # the same mask in every update
        return a.dropout(p)

    with Context(TRAINING=1):
        mask = drop(Tensor.ones(BATCH, WIDTHS[1])).numpy()
    np.testing.assert_allclose(np.unique(mask), [0, 1 / (1 - p)], rtol=1e-6)
    Tensor.training = True
    np.testing.assert_array_equal(drop(Tensor.ones(BATCH, WIDTHS[1])).numpy(), 1)  # it does nothing
    peer.train(optim.SGD(peer.W + peer.b, 0.01), drop=drop)
    fit(made, masks=[None, mask > 0, None])
    assert peer.difference(made) < TOLERANCE
