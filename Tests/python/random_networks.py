"""Networks of every kind, for round trips through other libraries, and the distance of their predictions
from ours."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from swiftreg import MLP
from swiftreg._options import ACTIVATIONS, LOSSES

Array = NDArray[Any]


def random_network(number: int, *, activations: tuple[str, ...] = tuple(ACTIVATIONS), mixed: bool = True) -> MLP:
    """A network that the number chooses; with `mixed`, each hidden layer has an activation of its own."""
    rng = np.random.default_rng(number)
    widths = [int(n) for n in rng.integers(1, 33, size=rng.integers(2, 6))]
    loss = str(rng.choice(list(LOSSES)))
    if loss == "softmax_cross_entropy":
        widths[-1] = max(widths[-1], 2)
    hidden = len(widths) - 2
    chosen = [str(name) for name in rng.choice(activations, size=hidden)]
    optimizer = str(rng.choice(["sgd", "momentum", "nesterov", "adam", "adamw"]))
    made = MLP(
        widths, loss=loss, activation=chosen if mixed or not hidden else chosen[0],
        dtype=str(rng.choice(["float32", "float64"])), seed=int(rng.integers(2**64, dtype=np.uint64)),
        keep_prob=[float(p) for p in rng.choice([1.0, 0.9, 0.5, 0.3], size=hidden + 1)],
        l2=[float(x) for x in rng.random(hidden + 1)], l1=float(rng.choice([0, 0.1])),
        max_norm=[None, 2.5][rng.integers(2)], init="lecun", optimizer=optimizer,
        learning_rate=float(rng.random()), clip_norm=[None, 1.5][rng.integers(2)],
        schedule=str(rng.choice(["constant", "step", "cosine"])),
        label_smoothing=0.0 if loss == "squared_error" else float(rng.choice([0, 0.1])),
    )
    for _, b in made.weights:
        b[:] = rng.normal(size=b.shape)
    return made


def inputs_of(network: MLP, number: int, m: int = 17) -> Array:
    return np.random.default_rng(number).normal(size=(m, network.layer_dims[0])).astype(network.dtype)


def ulps(network: MLP, X: Array, predictions: Any, *, of_one: bool = False) -> float:
    """The distance of predictions from the network's, in units in the last place per layer.

    For squared error the unit is that of s, the same output with the absolute values of inputs,
    weights and biases throughout, to which rounding errors are proportional. A probability, whose relative error
    is the error of its pre-activation (for softmax, that and the largest of the others), has 1 + s
    units (1 + s + max s) of its own; with `of_one`, of 1.
    """
    s = np.abs(X)
    for l, (W, b) in enumerate(network.weights):
        s = s @ np.abs(W.T) + np.abs(b)
        if l < len(network.activation) and network.activation[l] == "sigmoid":
            s += 0.5
    mine = network.predict(X)
    assert predictions.shape == mine.shape and predictions.dtype == mine.dtype
    if network.loss == "squared_error":
        unit = np.spacing(s)
    else:
        others = s.max(axis=1, keepdims=True) if network.loss == "softmax_cross_entropy" else 0
        unit = np.spacing(np.ones_like(mine) if of_one else mine) * (1 + s + others)
    return float((np.abs(predictions - mine) / unit).max()) / len(network.weights)
