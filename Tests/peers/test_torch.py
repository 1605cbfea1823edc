"""swiftreg.MLP against PyTorch: the same weights to 1e-10 after 100 steps in float64. Each test but the
first holds a line of docs/carry-over.md."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from networks import (
    BATCH,
    EXAMPLES,
    HIDDEN,
    LOSSES,
    OUTPUTS,
    STEPS,
    WIDTHS,
    Array,
    carried,
    data,
    difference,
    drawn_masks,
    epochs_of,
    fit,
    network,
    rows_of,
)
from swiftreg import MLP, CarryOverWarning, carry_over

torch.set_num_threads(1)  # its threads would spin on work as small as this
functional: Any = torch.nn.functional
TOLERANCE = 1e-10


# The cost of a batch, of its pre-activations and which rows it has.
Cost = Callable[[Any, slice], Any]


class Peer:
    """PyTorch's training from the weights that `made` has now."""

    def __init__(self, made: MLP) -> None:
        self.layers = [
            tuple(torch.tensor(p.copy(), requires_grad=True) for p in layer) for layer in made.weights
        ]
        self.weights, self.biases = [W for W, _ in self.layers], [b for _, b in self.layers]
        self.parameters = self.weights + self.biases

    def groups(self, **of_weights: Any) -> list[dict[str, Any]]:
        """The biases in a group of their own, with a weight_decay of 0."""
        return [{"params": self.weights, **of_weights}, {"params": self.biases, "weight_decay": 0.0}]

    def train(
        self,
        optimizer: torch.optim.Optimizer,
        X: Array,
        cost_of: Cost,
        *,
        batch: int = BATCH,
        drop: Callable[[int, int, Any], Any] = lambda step, l, a: a,
        before_update: Callable[[], object] = lambda: None,
        after_update: Callable[[], object] = lambda: None,
        after_epoch: Callable[[], object] = lambda: None,
    ) -> Array:
        """The costs of the epochs. `drop(step, l, a)` is what dropout makes of the values of layer l."""
        costs = []
        for step in range(STEPS):
            rows = rows_of(step, batch)
            optimizer.zero_grad()
            a = torch.from_numpy(X[rows])
            for l, (W, b) in enumerate(self.layers):
                z = functional.linear(drop(step, l, a), W, b)
                a = getattr(torch, HIDDEN[l])(z) if l < len(HIDDEN) else z
            cost = cost_of(a, rows)
            cost.backward()
            costs.append(cost.item())
            with torch.no_grad():
                before_update()
                optimizer.step()
                after_update()
            if rows.stop == EXAMPLES:
                after_epoch()
        return np.array(costs).reshape(epochs_of(batch), -1).mean(axis=1)

    def clip(self, limit: float) -> None:
        """To a norm of the whole gradient, as it is defined."""
        norm = torch.sqrt(sum((p.grad**2).sum() for p in self.parameters))
        for p in self.parameters:
            p.grad *= min(1.0, float(limit / norm))

    def penalty(self, l2: tuple[float, ...], l1: tuple[float, ...]) -> Any:
        return sum(
            a / (2 * BATCH) * (W**2).sum() + b / BATCH * W.abs().sum()
            for W, a, b in zip(self.weights, l2, l1)
        )

    def difference(self, made: MLP) -> float:
        return difference(made, [(W.detach().numpy(), b.detach().numpy()) for W, b in self.layers])


def our_loss(loss: str, smoothing: float = 0.0) -> Cost:
    """The loss as swiftreg defines it, of PyTorch's functions."""
    y = torch.from_numpy(data(loss)[1])
    if loss == "softmax_cross_entropy":
        return lambda z, rows: functional.cross_entropy(z, y[rows], label_smoothing=smoothing)
    if loss == "squared_error":
        return lambda z, rows: functional.mse_loss(z, y[rows], reduction="none").sum(1).mean() / 2
    y, of_logits = y * (1 - smoothing) + smoothing / 2, functional.binary_cross_entropy_with_logits
    return lambda z, rows: of_logits(z, y[rows], reduction="none").sum(1).mean()


# ---- Every optimizer, loss and regularizer -------------------------------------------------

OPTIMIZERS: dict[str, Callable[[Any, float], torch.optim.Optimizer]] = {
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


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("regularizer", REGULARIZERS)
def test_optimizers_losses_and_regularizers(optimizer: str, loss: str, regularizer: str) -> None:
    if regularizer == "smoothing" and loss == "squared_error":
        with pytest.raises(ValueError):
            network(loss, label_smoothing=0.1)
        return
    made = network(loss, optimizer=optimizer, **REGULARIZERS[regularizer])
    peer, before, clip_norm = Peer(made), made.parameters.copy(), made.optimizer_settings["clip_norm"]
    data_term = our_loss(loss, made.label_smoothing)
    masks = [drawn_masks(made, step) for step in range(STEPS)]

    def drop(step: int, l: int, a: Any) -> Any:
        mask = masks[step][l]
        return a if mask is None else a * torch.from_numpy(mask)

    def limit() -> None:
        if made.max_norm is not None:
            for W in peer.weights:
                W *= torch.clamp(made.max_norm / torch.linalg.vector_norm(W, dim=1, keepdim=True), max=1)

    expected = peer.train(
        OPTIMIZERS[optimizer](peer.groups(), made.learning_rate), data(loss)[0],
        lambda z, rows: data_term(z, rows) + peer.penalty(made.l2, made.l1), drop=drop,
        before_update=lambda: None if clip_norm is None else peer.clip(clip_norm), after_update=limit,
    )
    costs = fit(made)
    assert np.abs(made.parameters - before).max() > 1e-3
    np.testing.assert_allclose(costs, expected, rtol=1e-9)
    assert peer.difference(made) < TOLERANCE


# ---- Settings carried over -----------------------------------------------------------------


def test_dropout() -> None:
    p, loss = 0.3, "binary_cross_entropy"
    keep_prob = carried("torch.Dropout", p=p)["keep_prob"]
    made = network(loss, optimizer="adam", keep_prob=[1, keep_prob, keep_prob])
    peer, module = Peer(made), torch.nn.Dropout(p)

    def drop(step: int, l: int, a: Any) -> Any:
        if l == 0:
            return a
        torch.manual_seed(l)  # the same mask in every step
        return module(a)

    masks = [None, *(drop(0, l, torch.ones(EXAMPLES, WIDTHS[l], dtype=torch.float64)) for l in (1, 2))]
    for mask in masks[1:]:
        assert set(np.unique(mask.numpy())) == {0, 1 / (1 - p)}
        assert abs(float((mask == 0).double().mean()) - p) < 0.06
    optimizer = torch.optim.Adam(peer.parameters, lr=0.01)
    peer.train(optimizer, data(loss)[0], our_loss(loss), batch=EXAMPLES, drop=drop)
    fit(made, EXAMPLES, masks=[None, *(mask.numpy() > 0 for mask in masks[1:])])
    assert peer.difference(made) < TOLERANCE


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "adam"])
def test_weight_decay(optimizer: str) -> None:
    d, loss = 0.02, "squared_error"
    name = "torch.Adam" if optimizer == "adam" else "torch.SGD"
    more = {"momentum": 0.9, "nesterov": optimizer == "nesterov"} if "e" in optimizer else {}
    made = network(loss, **carried(name, lr=0.01, weight_decay=d, batch_size=BATCH, **more))
    assert made.optimizer == optimizer
    peer, of_all = Peer(made), Peer(made)
    everything = [{"params": of_all.parameters, "weight_decay": d}]
    for there, groups in ((peer, peer.groups(weight_decay=d)), (of_all, everything)):
        there.train(OPTIMIZERS[optimizer](groups, 0.01), data(loss)[0], our_loss(loss))
    fit(made)
    assert peer.difference(made) < TOLERANCE
    assert of_all.difference(made) > 1e-3  # that of the biases


def test_adamw() -> None:
    d, loss = 0.3, "binary_cross_entropy"
    made = network(loss, **carried("torch.AdamW", lr=0.01, weight_decay=d))
    peer, of_all = Peer(made), Peer(made)
    everything = [{"params": of_all.parameters, "weight_decay": d}]
    for there, groups in ((peer, peer.groups(weight_decay=d)), (of_all, everything)):
        there.train(torch.optim.AdamW(groups, lr=0.01), data(loss)[0], our_loss(loss))
    fit(made)
    assert peer.difference(made) < TOLERANCE
    assert of_all.difference(made) > 1e-3


def test_decoupled_weight_decay_is_adamw() -> None:
    d, loss = 0.3, "binary_cross_entropy"
    made = network(loss, **carried("torch.Adam", lr=0.01, weight_decay=d, decoupled_weight_decay=True))
    decoupled, adamw = Peer(made), Peer(made)
    optimizer = torch.optim.Adam(decoupled.groups(weight_decay=d), lr=0.01, decoupled_weight_decay=True)
    decoupled.train(optimizer, data(loss)[0], our_loss(loss))
    adamw.train(torch.optim.AdamW(adamw.groups(weight_decay=d), lr=0.01), data(loss)[0], our_loss(loss))
    fit(made)
    assert made.optimizer == "adamw"
    assert all(torch.equal(a, b) for a, b in zip(decoupled.parameters, adamw.parameters))
    assert decoupled.difference(made) < TOLERANCE


def test_dampening() -> None:
    """The first update is not dampened there."""
    q, loss = 0.4, "squared_error"
    there = {"lr": 0.02, "momentum": 0.8, "dampening": q}
    made = network(loss, **carried("torch.SGD", **there, update=1))
    peer = Peer(made)
    X, Y = data(loss)
    peer.train(torch.optim.SGD(peer.parameters, **there), X, our_loss(loss))
    for update in range(1, STEPS + 1):
        rows = rows_of(update - 1, BATCH)
        made.set_optimizer(**carried("torch.SGD", **there, update=update))
        if update == 2:
            with pytest.warns(CarryOverWarning, match="optimizer_state"):
                carry_over("torch.SGD", **there, update=update)
            made.optimizer_state[:] /= 1 - q
        made.fit(X[rows], Y[rows], shuffle=False)
    assert peer.difference(made) < TOLERANCE


def test_label_smoothing() -> None:
    s, loss = 0.2, "softmax_cross_entropy"
    made = network(optimizer="nesterov", **carried("torch.CrossEntropyLoss", label_smoothing=s))
    peer, module = Peer(made), torch.nn.CrossEntropyLoss(label_smoothing=s)
    X, Y = data(loss)
    labels = torch.from_numpy(Y.argmax(axis=1))
    expected = peer.train(
        OPTIMIZERS["nesterov"](peer.parameters, 0.01), X, lambda z, rows: module(z, labels[rows])
    )
    np.testing.assert_allclose(fit(made), expected, rtol=1e-9)
    assert peer.difference(made) < TOLERANCE


def test_class_weights() -> None:
    loss, per_class = "softmax_cross_entropy", np.array([0.2, 3.0, 1.0])
    made = network(loss, optimizer="momentum")
    peer, module = Peer(made), torch.nn.CrossEntropyLoss(weight=torch.from_numpy(per_class))
    X, Y = data(loss)
    labels = Y.argmax(axis=1)
    peer.train(
        OPTIMIZERS["momentum"](peer.parameters, 0.01), X,
        lambda z, rows: module(z, torch.from_numpy(labels[rows])),
    )
    fit(made, sample_weight=per_class[labels])
    assert peer.difference(made) < TOLERANCE


MEANS: dict[str, tuple[Any, float]] = {
    "squared_error": (torch.nn.MSELoss(), 2 / OUTPUTS),
    "binary_cross_entropy": (torch.nn.BCEWithLogitsLoss(), 1 / OUTPUTS),
}


@pytest.mark.parametrize("loss", MEANS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_losses_that_are_means_over_outputs(loss: str, optimizer: str) -> None:
    module, s = MEANS[loss]
    r, l2, l1, clip_norm = 0.01, 0.7, 0.05, 0.3
    scaled: dict[str, Any] = {"l2": l2 / s, "l1": l1 / s, "clip_norm": clip_norm / s}
    if optimizer in ("adam", "adamw"):
        scaled["epsilon"] = 1e-8 / s
    else:
        scaled["learning_rate"] = r * s
    made = network(loss, optimizer=optimizer, **scaled)
    peer = Peer(made)
    X, Y = data(loss)
    expected = peer.train(
        OPTIMIZERS[optimizer](peer.groups(), r), X,
        lambda z, rows: module(z, torch.from_numpy(Y[rows])) + peer.penalty((l2,) * 3, (l1,) * 3),
        before_update=lambda: peer.clip(clip_norm),
    )
    np.testing.assert_allclose(fit(made) * s, expected, rtol=1e-9)
    assert peer.difference(made) < TOLERANCE


def test_clip_grad_norm() -> None:
    """PyTorch adds 1e-6 to the norm that it divides by."""
    c, loss = 0.3, "squared_error"
    made = network(loss, optimizer="sgd", **carried("torch.clip_grad_norm_", max_norm=c))
    peer = Peer(made)
    clipped = []
    peer.train(
        torch.optim.SGD(peer.parameters, lr=0.01), data(loss)[0], our_loss(loss),
        before_update=lambda: clipped.append(
            torch.nn.utils.clip_grad_norm_(peer.parameters, c).item() > c
        ),
    )
    fit(made)
    assert all(clipped)
    assert TOLERANCE < peer.difference(made) < 1e-6


@pytest.mark.parametrize("in_loss", [False, True])
def test_clip_grad_norm_with_weight_decay(in_loss: bool) -> None:
    """`weight_decay` is added after the clipping: no equal. A penalty in the loss is clipped with it."""
    c, d, loss = 0.3, 0.3, "squared_error"
    made = network(loss, optimizer="sgd", learning_rate=0.05, clip_norm=c, l2=d * BATCH)
    peer = Peer(made)
    groups = peer.groups(weight_decay=0.0 if in_loss else d)
    data_term = our_loss(loss)
    peer.train(
        torch.optim.SGD(groups, lr=0.05), data(loss)[0],
        lambda z, rows: data_term(z, rows) + (peer.penalty((d * BATCH,) * 3, (0.0,) * 3) if in_loss else 0),
        before_update=lambda: torch.nn.utils.clip_grad_norm_(peer.parameters, c),
    )
    fit(made)
    assert peer.difference(made) < 1e-6 if in_loss else peer.difference(made) > 0.1


def test_renorm() -> None:
    """PyTorch adds 1e-7 to the norm that it divides by."""
    c, loss = 0.9, "binary_cross_entropy"
    made = network(loss, optimizer="sgd", learning_rate=0.1, **carried("torch.renorm", maxnorm=c))
    peer = Peer(made)

    def limit() -> None:
        for W in peer.weights:
            W.copy_(torch.renorm(W, 2, 0, c))

    peer.train(torch.optim.SGD(peer.parameters, lr=0.1), data(loss)[0], our_loss(loss), after_update=limit)
    fit(made)
    assert TOLERANCE < peer.difference(made) < 1e-6


SCHEDULES: dict[str, tuple[Callable[[Any], Any], dict[str, Any]]] = {
    "StepLR": (
        lambda optimizer: torch.optim.lr_scheduler.StepLR(optimizer, step_size=10, gamma=0.4),
        carried("torch.StepLR", step_size=10, gamma=0.4),
    ),
    "CosineAnnealingLR": (
        lambda optimizer: torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=25, eta_min=0.002),
        carried("torch.CosineAnnealingLR", T_max=25, eta_min=0.002),
    ),
}


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("kind", ["momentum", "adam"])
def test_schedules(schedule: str, kind: str) -> None:
    there, here = SCHEDULES[schedule]
    loss = "binary_cross_entropy"
    made = network(loss, optimizer=kind, **here)
    peer = Peer(made)
    optimizer = OPTIMIZERS[kind](peer.parameters, 0.01)
    scheduler = there(optimizer)
    peer.train(optimizer, data(loss)[0], our_loss(loss), after_epoch=scheduler.step)
    fit(made)
    assert peer.difference(made) < TOLERANCE
