"""The networks and data that functions are checked on, with the formulas in NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"
Parameters: TypeAlias = "dict[str, Array]"


@dataclass(frozen=True)
class Layer:
    """The quantities of a layer; D is None where there is no dropout."""

    Z: Array
    D: Array | None
    A: Array
    W: Array
    b: Array


@dataclass(frozen=True)
class Case:
    """A network of three layers, with biases that are not 0, and data for it."""

    X: Array
    Y: Array
    parameters: Parameters

    @property
    def m(self) -> int:
        return int(self.X.shape[1])

    def copy(self) -> Case:
        parameters = {name: array.copy() for name, array in self.parameters.items()}
        return Case(self.X.copy(), self.Y.copy(), parameters)

    def forward(self, masks: Sequence[Array] | None = None, keep_prob: float = 1.0) -> list[Layer]:
        A, layers = self.X, []
        for l in (1, 2, 3):
            W, b = self.parameters[f"W{l}"], self.parameters[f"b{l}"]
            Z = W @ A + b
            A = sigmoid(Z) if l == 3 else relu(Z)
            D = None
            if masks is not None and l < 3:
                D = masks[l - 1]
                A = A * D / keep_prob
            layers.append(Layer(Z, D, A, W, b))
        return layers


def sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def relu(x: Array) -> Array:
    return np.asarray(np.maximum(0, x))


def cross_entropy(A: Array, Y: Array) -> float:
    y = Y.astype(np.float64)
    return float(-np.mean(y * np.log(A) + (1 - y) * np.log(1 - A)))


def make_case(widths: Sequence[int], m: int, seed: int, labels: Any = np.int64) -> Case:
    generator = np.random.RandomState(seed)
    parameters: Parameters = {}
    for l in (1, 2, 3):
        below, width = widths[l - 1], widths[l]
        parameters[f"W{l}"] = generator.randn(width, below) / np.sqrt(below)
        parameters[f"b{l}"] = 0.3 * generator.randn(width, 1)
    # Both classes; the pattern favors neither.
    Y = (np.arange(m) % 5 % 2 == 0).astype(labels).reshape(1, m)
    return Case(generator.randn(widths[0], m), Y, parameters)


def plain_cases() -> list[Case]:
    """Other widths in every layer, then hidden layers of equal width and labels as in data.mat."""
    return [make_case((3, 5, 4, 1), 7, 11), make_case((2, 6, 6, 1), 11, 12, np.uint8)]


def flat(layers: Sequence[Layer], masks: Any = None) -> tuple[Array, ...]:
    """The cache as the notebook's functions have it; `masks` is the dtype of each D."""
    entries: list[Array] = []
    for layer in layers:
        entries.append(layer.Z.copy())
        if layer.D is not None:
            entries.append(layer.D.astype(masks))
        entries += [layer.A.copy(), layer.W.copy(), layer.b.copy()]
    return tuple(entries)
