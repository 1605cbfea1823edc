"""Whole networks in plain NumPy and float64, written from the header's formulas: the oracle of the
tests of `swiftreg.MLP`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

import oracles

Array = NDArray[Any]

erf = np.vectorize(math.erf, otypes=[float])


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
# Activation of the pre-activation z, and its derivative.
ACTIVATIONS: dict[str, Any] = {
    "identity": (lambda z: z, np.ones_like),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(z.dtype)),
    "leaky_relu": (lambda z: np.where(z > 0, z, 0.01 * z), lambda z: np.where(z > 0, 1, 0.01)),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
    "gelu": (
        lambda z: z * (1 + erf(z / 2**0.5)) / 2,
        lambda z: (1 + erf(z / 2**0.5)) / 2 + z * np.exp(-(z**2) / 2) / (2 * np.pi) ** 0.5,
    ),
    "silu": (lambda z: z * sigmoid(z), lambda z: sigmoid(z) * (1 + z * (1 - sigmoid(z)))),
    "selu": (
        lambda z: SELU_SCALE * np.where(z > 0, z, SELU_ALPHA * np.expm1(np.minimum(z, 0))),
        lambda z: SELU_SCALE * np.where(z > 0, 1, SELU_ALPHA * np.exp(np.minimum(z, 0))),
    ),
}
LOSSES = ("binary_cross_entropy", "softmax_cross_entropy", "squared_error")


def outputs(loss: str, z: Array) -> Array:
    if loss == "binary_cross_entropy":
        return 1 / (1 + np.exp(-z))
    if loss == "softmax_cross_entropy":
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)
    return z


def losses(loss: str, z: Array, y: Array) -> Array:
    """Of each example."""
    if loss == "binary_cross_entropy":
        return (np.logaddexp(0, z) - y * z).sum(axis=1)
    if loss == "softmax_cross_entropy":
        top = z.max(axis=1)
        log_sum = top + np.log(np.exp(z - top[:, None]).sum(axis=1))
        return log_sum * y.sum(axis=1) - (y * z).sum(axis=1)
    return ((z - y) ** 2).sum(axis=1) / 2


def shuffled(m: int, seed: int, epoch: int) -> Array:
    order = np.arange(m)
    w = [int(word) for word in oracles.philox(2 * m, seed, epoch * 2**16 + 2**16 - 2)]
    for i in range(m - 1, 0, -1):
        j = ((w[2 * i] + (w[2 * i + 1] << 32)) * (i + 1)) >> 64
        order[i], order[j] = order[j], order[i]
    return order


def initial(widths: tuple[int, ...], init: str, seed: int) -> list[tuple[Array, Array]]:
    if init == "notebook":
        random = np.random.RandomState(seed & 0xFFFFFFFF)
        return [
            (random.randn(n_out, n_in) / np.sqrt(n_in), np.zeros(n_out))
            for n_in, n_out in zip(widths, widths[1:])
        ]
    count = sum(n_out * (n_in + 1) for n_in, n_out in zip(widths, widths[1:]))
    unit = (2 * oracles.philox(count, seed, 2**16 - 1).astype(float) + 1) / 2**32 - 1
    at, layers = 0, []
    for n_in, n_out in zip(widths, widths[1:]):
        r = np.sqrt({"he": 6 / n_in, "xavier": 6 / (n_in + n_out), "lecun": 3 / n_in}[init])
        layers.append((r * unit[at : at + n_out * n_in].reshape(n_out, n_in), np.zeros(n_out)))
        at += n_out * (n_in + 1)
    return layers


@dataclass
class Network:
    """`layers` are W and b; they are trained in place."""

    layers: list[tuple[Array, Array]]
    activation: list[str]
    loss: str
    keep_prob: list[float]
    l2: list[float]
    l1: list[float]
    seed: int = 0
    label_smoothing: float = 0.0
    max_norm: float | None = None
    optimizer: str = "sgd"
    learning_rate: float = 0.01
    momentum: float = 0.9
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.01
    clip_norm: float | None = None
    schedule: str = "constant"
    decay: float = 0.5
    period: int = 10
    min_learning_rate: float = 0.0
    step: int = 0
    epoch: int = 0
    masks: list[Array | None] | None = None
    moments: list[list[Array]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.moments = [[np.zeros_like(p) for p in self.flat()] for _ in range(2)]

    def flat(self) -> list[Array]:
        return [p for layer in self.layers for p in layer]

    def smoothed(self, y: Array) -> Array:
        classes = 2 if self.loss == "binary_cross_entropy" else y.shape[1]
        return y * (1 - self.label_smoothing) + self.label_smoothing / classes

    def drop(self, a: Array, layer: int, rows: Array, data_rows: Array) -> Array:
        """The dropout factors of the layer's units."""
        keep_prob = self.keep_prob[layer]
        if keep_prob == 1:
            return np.ones_like(a)
        fixed = None if self.masks is None else self.masks[layer]
        if fixed is not None:
            return fixed[data_rows] / keep_prob
        mask = [
            oracles.dropout_mask(a.shape[1], keep_prob, self.seed, self.step * 2**16 + layer, int(r) * 2**34)
            for r in rows
        ]
        return np.array(mask) / keep_prob

    def forward(self, x: Array, rows: Array | None = None, data_rows: Array | None = None) -> tuple[Array, list[Array], list[Array]]:
        """Pre-activations of the output; the inputs of the layers, and their dropout factors."""
        a, inputs, factors = x, [], []
        for l, (W, b) in enumerate(self.layers):
            factor = np.ones_like(a) if rows is None else self.drop(a, l, rows, rows if data_rows is None else data_rows)
            a = a * factor
            inputs.append(a)
            factors.append(factor)
            z = a @ W.T + b
            a = ACTIVATIONS[self.activation[l]][0](z) if l < len(self.layers) - 1 else z
        return z, inputs, factors

    def penalty(self, m: float) -> float:
        return sum(
            l2 / (2 * m) * float((W**2).sum()) + l1 / m * float(abs(W).sum())
            for (W, _), l2, l1 in zip(self.layers, self.l2, self.l1)
        )

    def cost(self, x: Array, y: Array, weight: Array | None = None) -> tuple[float, float]:
        weight = np.ones(len(x)) if weight is None else weight
        m = weight.sum()
        data = float((weight * losses(self.loss, self.forward(x)[0], self.smoothed(y))).sum() / m)
        return data + self.penalty(m), data

    def gradient(
        self, x: Array, y: Array, weight: Array | None = None, first_row: int = 0,
        data_rows: Array | None = None,
    ) -> tuple[float, list[Array]]:
        """The cost with dropout at the present step, and the gradient of each W and b."""
        weight = np.ones(len(x)) if weight is None else weight
        y, m = self.smoothed(y), weight.sum()
        z, inputs, factors = self.forward(x, first_row + np.arange(len(x)), data_rows)
        cost = float((weight * losses(self.loss, z, y)).sum() / m) + self.penalty(m)
        out = outputs(self.loss, z)
        scale = y.sum(axis=1, keepdims=True) if self.loss == "softmax_cross_entropy" else 1
        dz, gradients = weight[:, None] * (out * scale - y), []
        for l in range(len(self.layers) - 1, -1, -1):
            W, _ = self.layers[l]
            dW = dz.T @ inputs[l] / m + self.l2[l] / m * W + self.l1[l] / m * np.sign(W)
            gradients = [dW, dz.sum(axis=0) / m, *gradients]
            if l > 0:
                below, b = self.layers[l - 1]
                pre_activations = inputs[l - 1] @ below.T + b
                dz = (dz @ W) * factors[l] * ACTIVATIONS[self.activation[l - 1]][1](pre_activations)
        return cost, gradients

    def rate(self) -> float:
        r, e = self.learning_rate, self.epoch
        if self.schedule == "step":
            return r * self.decay ** (e // self.period)
        if self.schedule == "cosine":
            low = self.min_learning_rate
            return low + (r - low) * (1 + np.cos(np.pi * min(e, self.period) / self.period)) / 2
        if self.schedule == "inverse_scaling":
            return r / (e + 1) ** self.decay
        return r

    def apply(self, gradients: list[Array]) -> None:
        r, t = self.rate(), self.step + 1
        if self.clip_norm is not None:
            norm = np.sqrt(sum((g**2).sum() for g in gradients))
            gradients = [g * min(1, self.clip_norm / norm) for g in gradients] if norm > 0 else gradients
        for p, g, u, v in zip(self.flat(), gradients, *self.moments):
            if self.optimizer == "sgd":
                p -= r * g
            elif self.optimizer in ("momentum", "nesterov"):
                u *= self.momentum
                u += g
                p -= r * (u if self.optimizer == "momentum" else g + self.momentum * u)
            elif self.optimizer == "rmsprop":
                u *= self.beta2
                u += (1 - self.beta2) * g**2
                p -= r * g / (np.sqrt(u) + self.epsilon)
            elif self.optimizer == "lion":
                if p.ndim == 2:
                    p *= 1 - r * self.weight_decay
                p -= r * np.sign(self.beta1 * u + (1 - self.beta1) * g)
                u *= self.beta2
                u += (1 - self.beta2) * g
            else:
                if self.optimizer == "adamw" and p.ndim == 2:
                    p *= 1 - r * self.weight_decay
                u *= self.beta1
                u += (1 - self.beta1) * g
                v *= self.beta2
                v += (1 - self.beta2) * g**2
                p -= r / (1 - self.beta1**t) * u / (np.sqrt(v / (1 - self.beta2**t)) + self.epsilon)
            if self.max_norm is not None and p.ndim == 2:
                norms = np.sqrt((p**2).sum(axis=1, keepdims=True))
                p *= np.where(norms > self.max_norm, self.max_norm / np.maximum(norms, 1e-300), 1)
        self.step += 1

    def fit(
        self, x: Array, y: Array, epochs: int, batch_size: int | None = None, shuffle: bool = True,
        weight: Array | None = None,
    ) -> list[float]:
        m = len(x)
        weight = np.ones(m) if weight is None else weight
        size, costs = batch_size or m, []
        for _ in range(epochs):
            order = shuffled(m, self.seed, self.epoch) if shuffle else np.arange(m)
            sums = 0.0
            for first in range(0, m, size):
                rows = order[first : first + size]
                if weight[rows].sum() == 0:
                    continue
                cost, gradients = self.gradient(x[rows], y[rows], weight[rows], 0, rows)
                self.apply(gradients)
                sums += cost * weight[rows].sum()
            costs.append(sums / weight.sum())
            self.epoch += 1
        return costs


def of(network: Any, **changes: Any) -> Network:
    """The oracle of a `swiftreg.MLP`, with copies of its present weights."""
    settings = {**network.optimizer_settings, **changes}
    return Network(
        layers=[(W.astype(np.float64), b.astype(np.float64)) for W, b in network.weights],
        activation=list(network.activation), loss=network.loss, keep_prob=list(network.keep_prob),
        l2=list(network.l2), l1=list(network.l1), seed=network.seed,
        label_smoothing=network.label_smoothing, max_norm=network.max_norm,
        optimizer=network.optimizer, step=network.step, epoch=network.epoch, **settings,
    )
