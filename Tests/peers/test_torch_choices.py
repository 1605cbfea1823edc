"""Activations and RMSprop against PyTorch: the same weights to 1e-10 after 100 steps in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from swiftreg import MLP

torch.set_num_threads(1)
STEPS, RATE = 100, 0.01
ACTIVATIONS: dict[str, type[nn.Module]] = {"gelu": nn.GELU, "silu": nn.SiLU, "selu": nn.SELU}
OPTIMIZERS: dict[str, Callable[..., Any]] = {
    "sgd": torch.optim.SGD, "adam": torch.optim.Adam, "rmsprop": torch.optim.RMSprop,
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_training(activation: str, optimizer: str) -> None:
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(64, 7)), rng.normal(size=(64, 3))
    ours = MLP(
        [7, 16, 9, 3], activation=activation, loss="squared_error", optimizer=optimizer,
        learning_rate=RATE, dtype="float64",
    )
    layers = [nn.Linear(W.shape[1], W.shape[0], dtype=torch.float64) for W, _ in ours.weights]
    for layer, (W, b) in zip(layers, ours.weights):
        layer.weight.data, layer.bias.data = torch.tensor(W.copy()), torch.tensor(b.copy())
    module = ACTIVATIONS[activation]
    theirs = nn.Sequential(layers[0], module(), layers[1], module(), layers[2])
    updates = OPTIMIZERS[optimizer](theirs.parameters(), lr=RATE)
    for _ in range(STEPS):
        updates.zero_grad()
        ((theirs(torch.tensor(X)) - torch.tensor(Y)) ** 2).sum().div(2 * len(X)).backward()
        updates.step()
    ours.fit(X, Y, epochs=STEPS, shuffle=False)
    for layer, (W, b) in zip(layers, ours.weights):
        np.testing.assert_allclose(W, layer.weight.detach().numpy(), rtol=0, atol=1e-10)
        np.testing.assert_allclose(b, layer.bias.detach().numpy(), rtol=0, atol=1e-10)
