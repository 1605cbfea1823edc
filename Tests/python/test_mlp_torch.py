"""swiftreg.MLP against PyTorch: the same weights to 1e-10 after 100 steps in float64.

Both begin with the same weights and use the same masks, handed to both. PyTorch is large, so it is
not among the packages that the tests install: `make test-peers` runs this file where it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from swiftreg import MLP

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed: `make test-peers` runs these tests")

Array = NDArray[Any]
torch.set_num_threads(1)  # its threads would spin on work as small as this
WIDTHS, EXAMPLES, STEPS = (7, 16, 9, 3), 40, 100
HIDDEN = ("tanh", "relu")

OPTIMIZERS: dict[str, Any] = {
    "sgd": lambda groups, r: torch.optim.SGD(groups, lr=r),
    "momentum": lambda groups, r: torch.optim.SGD(groups, lr=r, momentum=0.9),
    "nesterov": lambda groups, r: torch.optim.SGD(groups, lr=r, momentum=0.9, nesterov=True),
    "adam": lambda groups, r: torch.optim.Adam(groups, lr=r),
    "adamw": lambda groups, r: torch.optim.AdamW(groups, lr=r),
}
REGULARIZERS: dict[str, dict[str, Any]] = {
    "none": {}, "l2": {"l2": 0.7}, "l1": {"l1": 0.05}, "elastic net": {"l1": 0.02, "l2": [0.5, 0.1, 0.9]},
    "dropout": {"keep_prob": [0.9, 0.6, 0.8]}, "max norm": {"max_norm": 0.9}, "clip": {"clip_norm": 0.05},
    "smoothing": {"label_smoothing": 0.1},
    "all": {"l2": 0.7, "l1": 0.02, "keep_prob": [0.9, 0.6, 0.8], "max_norm": 2.0, "clip_norm": 0.5},
}
LOSSES = ("binary_cross_entropy", "softmax_cross_entropy", "squared_error")


def targets(loss: str, rng: np.random.Generator) -> Array:
    if loss == "softmax_cross_entropy":
        return np.eye(WIDTHS[-1])[rng.integers(WIDTHS[-1], size=EXAMPLES)]
    if loss == "squared_error":
        return rng.normal(size=(EXAMPLES, WIDTHS[-1]))
    return (rng.random((EXAMPLES, WIDTHS[-1])) < 0.5).astype(float)


def data_term(loss: str, z: Any, y: Any, smoothing: float) -> Any:
    functional = torch.nn.functional
    if loss == "softmax_cross_entropy":
        return functional.cross_entropy(z, y, label_smoothing=smoothing)
    if loss == "squared_error":
        return functional.mse_loss(z, y, reduction="none").sum(1).mean() / 2
    y = y * (1 - smoothing) + smoothing / 2
    return functional.binary_cross_entropy_with_logits(z, y, reduction="none").sum(1).mean()


def train(network: MLP, X: Array, Y: Array, masks: list[Array | None]) -> tuple[list[tuple[Array, Array]], list[float]]:
    """With PyTorch's autograd and optimizers."""
    x, y = torch.from_numpy(X), torch.from_numpy(Y)
    layers = [tuple(torch.tensor(p.copy(), requires_grad=True) for p in layer) for layer in network.weights]
    weights, biases = [W for W, _ in layers], [b for _, b in layers]
    groups = [{"params": weights}, {"params": biases, "weight_decay": 0.0}]
    optimizer = OPTIMIZERS[network.optimizer](groups, network.learning_rate)
    clip_norm, costs = network.optimizer_settings["clip_norm"], []
    for _ in range(STEPS):
        optimizer.zero_grad()
        a = x
        for l, (W, b) in enumerate(layers):
            mask = masks[l]
            if mask is not None:
                a = a * torch.from_numpy(mask.astype(float)) / network.keep_prob[l]
            z = torch.nn.functional.linear(a, W, b)
            a = getattr(torch, HIDDEN[l])(z) if l < len(HIDDEN) else z
        cost = data_term(network.loss, a, y, network.label_smoothing)
        for W, l2, l1 in zip(weights, network.l2, network.l1):
            cost = cost + l2 / (2 * EXAMPLES) * (W**2).sum() + l1 / EXAMPLES * W.abs().sum()
        cost.backward()
        costs.append(float(cost.detach()))
        with torch.no_grad():
            if clip_norm is not None:
                # torch.nn.utils.clip_grad_norm_ adds 1e-6 to the norm.
                norm = torch.sqrt(sum((p.grad**2).sum() for p in weights + biases))
                for p in weights + biases:
                    p.grad *= min(1.0, float(clip_norm / norm))
            optimizer.step()
            if network.max_norm is not None:
                for W in weights:  # torch.renorm adds 1e-7
                    norms = torch.linalg.vector_norm(W, dim=1, keepdim=True)
                    W *= torch.clamp(network.max_norm / norms, max=1)
    return [(W.detach().numpy(), b.detach().numpy()) for W, b in layers], costs


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("regularizer", REGULARIZERS)
def test_the_same_weights(optimizer: str, loss: str, regularizer: str) -> None:
    if regularizer == "smoothing" and loss == "squared_error":
        with pytest.raises(ValueError):
            MLP(WIDTHS, loss=loss, label_smoothing=0.1)
        return
    network = MLP(
        WIDTHS, activation=HIDDEN, loss=loss, optimizer=optimizer, learning_rate=0.01, seed=5, dtype="float64",
        **REGULARIZERS[regularizer],
    )
    rng = np.random.default_rng(3)
    X, Y = rng.normal(size=(EXAMPLES, WIDTHS[0])), targets(loss, rng)
    masks = [
        None if keep_prob == 1 else rng.random((EXAMPLES, width)) < keep_prob
        for width, keep_prob in zip(WIDTHS, network.keep_prob)
    ]
    before = network.parameters.copy()
    expected, expected_costs = train(network, X, Y, masks)
    history = network.fit(X, Y, epochs=STEPS, shuffle=False, masks=masks)
    assert np.abs(network.parameters - before).max() > 0.01
    np.testing.assert_allclose(history.cost, expected_costs, rtol=1e-9)
    for (W, b), (expected_W, expected_b) in zip(network.weights, expected):
        np.testing.assert_allclose(W, expected_W, rtol=0, atol=1e-10)
        np.testing.assert_allclose(b, expected_b, rtol=0, atol=1e-10)


def test_l2_is_weight_decay_of_the_weights_only() -> None:
    """PyTorch's weight_decay is l2 / m, on a group without the biases."""
    network = MLP(WIDTHS, activation=HIDDEN, loss="squared_error", optimizer="sgd", l2=0.8, dtype="float64")
    rng = np.random.default_rng(4)
    X, Y = rng.normal(size=(EXAMPLES, WIDTHS[0])), targets("squared_error", rng)
    layers = [tuple(torch.tensor(p.copy(), requires_grad=True) for p in layer) for layer in network.weights]
    optimizer = torch.optim.SGD(
        [{"params": [W for W, _ in layers], "weight_decay": 0.8 / EXAMPLES}, {"params": [b for _, b in layers]}],
        lr=0.01,
    )
    for _ in range(STEPS):
        optimizer.zero_grad()
        a = torch.from_numpy(X)
        for l, (W, b) in enumerate(layers):
            z = torch.nn.functional.linear(a, W, b)
            a = getattr(torch, HIDDEN[l])(z) if l < len(HIDDEN) else z
        data_term("squared_error", a, torch.from_numpy(Y), 0.0).backward()
        optimizer.step()
    network.fit(X, Y, epochs=STEPS, shuffle=False)
    for ours, theirs in zip(network.weights, layers):
        for a, b in zip(ours, theirs):
            np.testing.assert_allclose(a, b.detach().numpy(), rtol=0, atol=1e-10)
