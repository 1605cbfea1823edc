"""swiftreg.MLP against MindSpore on the CPU, in float32: the same weights to 3e-6 after 15 updates."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from networks import BATCH, Array, carried, data, difference, network, rows_of
from swiftreg import MLP, CarryOverWarning, carry_over

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import mindspore
    from mindspore import Parameter, Tensor, nn, ops

mindspore.set_context(mode=mindspore.PYNATIVE_MODE, device_target="CPU")
TOLERANCE, UPDATES, LOSS = 3e-6, 15, "squared_error"


def train(made: MLP, make: Any) -> list[tuple[Array, Array]]:
    """MindSpore's training from the weights that `made` has now."""
    X, Y = (Tensor(values.astype(np.float32)) for values in data(LOSS))
    W = [Parameter(Tensor(W.T.astype(np.float32)), name=f"w{l}") for l, (W, _) in enumerate(made.weights)]
    b = [Parameter(Tensor(b.astype(np.float32)), name=f"b{l}") for l, (_, b) in enumerate(made.weights)]

    def cost(X: Any, Y: Any) -> Any:
        a = ops.tanh(ops.matmul(X, W[0]) + b[0])
        a = ops.relu(ops.matmul(a, W[1]) + b[1])
        return ((ops.matmul(a, W[2]) + b[2] - Y) ** 2).sum(axis=1).mean() / 2

    optimizer = make(W, b)
    gradient = mindspore.value_and_grad(cost, None, optimizer.parameters)
    for update in range(UPDATES):
        rows = rows_of(update, BATCH)
        optimizer(gradient(X[rows], Y[rows])[1])
    return [(weights.asnumpy().T, biases.asnumpy()) for weights, biases in zip(W, b)]


def groups(W: Any, b: Any, weight_decay: float) -> list[dict[str, Any]]:
    return [{"params": W, "weight_decay": weight_decay}, {"params": b, "weight_decay": 0.0}]


def fit(made: MLP) -> None:
    X, Y = data(LOSS)
    for update in range(UPDATES):
        rows = rows_of(update, BATCH)
        made.fit(X[rows], Y[rows], shuffle=False)


@pytest.mark.parametrize("there", [{}, {"momentum": 0.8}, {"momentum": 0.8, "nesterov": True}])
def test_sgd(there: dict[str, Any]) -> None:
    d = 0.05
    made = network(
        LOSS, **carried("mindspore.SGD", learning_rate=0.02, weight_decay=d, batch_size=BATCH, **there)
    )
    theirs = train(made, lambda W, b: nn.SGD(groups(W, b, d), 0.02, **there))
    free = train(made, lambda W, b: nn.SGD(W + b, 0.02, **there))
    fit(made)
    assert difference(made, theirs) < TOLERANCE
    assert difference(made, free) > 1e-3


@pytest.mark.parametrize("use_nesterov", [False, True])
def test_momentum(use_nesterov: bool) -> None:
    there = {"learning_rate": 0.02, "momentum": 0.8, "use_nesterov": use_nesterov}
    made = network(LOSS, **carried("mindspore.Momentum", **there))
    theirs = train(made, lambda W, b: nn.Momentum(W + b, 0.02, 0.8, use_nesterov=use_nesterov))
    fit(made)
    assert difference(made, theirs) < TOLERANCE
    if use_nesterov:
        with pytest.warns(CarryOverWarning, match="plain momentum"):
            carry_over("mindspore.Momentum", **there)
